"""
Planted faults of place in generated rows: how many are found, and how often clean rows are touched.

    python -m bench.place_faults [--seeds 4] [--rows 4000] [--only WORD] [--json FILE]

Three invented cities (`bench.place_worlds`), each with its neighborhoods and streets imported; each fault at several
doses, each file read by `jobs.intake.check` without saying anything about it. A row counts as *mended* within 25 m of
its true place, as *set aside* if it has no point or its point tells of no place, as *outside* if it is kept beyond
every neighborhood, where it is named but counted nowhere; else it is *missed*. A false alarm is a clean row that was
moved, or lost its point or its precision. Intervals are Wilson's, of 95 %; rows of one file stand and fall together,
so the files are counted too.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.place_worlds import KINDS, City, make_city, write_rows
from bench.planted_places import CASES, Planted
from geo.errors import InputError
from geo.workspace import Workspace
from jobs.ground import read_grounds, store_grounds
from jobs.intake import IntakeOptions, check

MOVED = 2.0  # metres by which a clean row may not move
Z = 1.959964
DATUM_WORDS = ("datum", "gcj", "bd09", "china")


def wilson(found: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if of == 0:
        return 0.0, 1.0
    share = found / of
    middle, half = share + Z**2 / (2 * of), Z * np.sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    low, high = ((middle + sign * half) / (1 + Z**2 / of) for sign in (-1, 1))
    return (0.0 if found == 0 else float(low)), (1.0 if found == of else float(high))


def judge(planted: Planted, workspace: Workspace, city: City, path: Path) -> dict[str, Any]:
    """Read one file and count what became of its faulty and its clean rows."""
    write_rows(city, planted.rows, planted.written, path, bare=planted.bare)
    started = time.process_time()
    n, bad = len(planted.rows), planted.faulty
    try:
        reading, _ = check(workspace, [path], IntakeOptions(crs=planted.crs))
    except InputError as error:
        asked = planted.expect == "datum" and any(word in error.key for word in DATUM_WORDS)
        none = {"mended": 0, "aside": 0, "outside": 0, "lowered": 0, "missed": 0 if asked else int(bad.sum())}
        return none | {
            "faulty": int(bad.sum()), "clean": int((~bad).sum()), "asked": asked, "false_rows": int((~bad).sum()),
            "moved": 0, "lost": 0, "dulled": 0, "codes": [], "refused": error.key, "seconds": 0.0,
        }  # fmt: skip
    seconds = time.process_time() - started
    events = reading.events
    at = events["source_row"].to_numpy() - 2
    xy = np.full((n, 2), np.nan)
    here = np.isfinite(events["lon"].to_numpy())
    xy[at[here]] = city.metres(events.loc[here, ["lon", "lat"]].to_numpy())
    precision = np.full(n, "", dtype=object)
    precision[at] = events["precision"].astype(str).to_numpy()
    in_unit = np.zeros(n, bool)
    in_unit[at] = events["neighborhood_id"].notna().to_numpy()
    true: np.ndarray = planted.rows[["x", "y"]].to_numpy(dtype=float)
    away = np.hypot(*(xy - true).T)
    placed = np.isfinite(xy[:, 0])
    aside = ~placed | (precision == "unknown")
    mended = placed & (away <= planted.near)
    outside = placed & ~in_unit & ~mended & ~aside
    dull = precision != "address"
    codes = sorted({f.code for f in reading.report.findings})
    loud = [f for f in reading.report.findings if any(word in f.code for word in DATUM_WORDS) and "suspect" in f.code]
    if planted.datum and not planted.crs:  # asked about the right one
        loud = [f for f in loud if planted.datum in map(str, f.facts.values())]
    moved, lost, unknown = ~bad & placed & (away > MOVED), ~bad & ~placed, ~bad & placed & (precision == "unknown")
    answer: dict[str, Any] = {
        "faulty": int(bad.sum()), "clean": int((~bad).sum()), "seconds": seconds, "codes": codes,
        "mended": int((bad & mended & ~aside).sum()), "aside": int((bad & aside).sum()),
        "outside": int((bad & outside).sum()), "lowered": int((bad & dull).sum()), "asked": bool(loud),
        "missed": int((bad & ~mended & ~aside & ~outside).sum()), "moved": int(moved.sum()), "lost": int(lost.sum()),
        "dulled": int((~bad & placed & dull & ~unknown).sum()), "false_rows": int((moved | lost | unknown).sum()),
    }  # fmt: skip
    if planted.expect == "precision":
        answer["missed"] = int((bad & ~dull).sum())
        answer["named_default"] = int((bad & (precision == "unknown")).sum())
    return answer


def run(seeds: int, rows: int, only: str = "") -> pd.DataFrame:
    """Judge every case in every city for so many seeds; one row a file."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            for kind in KINDS:
                city = make_city(kind, seed)
                workspace = _workspace(city, Path(folder) / f"{kind.name}{seed}")
                for number, (name, maker) in enumerate(CASES.items()):
                    if only not in name:
                        continue
                    rng = np.random.default_rng([seed, KINDS.index(kind), number])
                    planted = maker(city, rows, rng)
                    facts = judge(planted, workspace, city, Path(folder) / "rows.csv")
                    found.append({"case": name, "city": kind.name, "seed": seed, "expect": planted.expect} | facts)
    return pd.DataFrame(found)


def _workspace(city: City, root: Path) -> Workspace:
    units, streets = root.with_suffix(".units.geojson"), root.with_suffix(".streets.geojson")
    city.units.to_crs(4326).to_file(units, driver="GeoJSON")
    city.streets.to_crs(4326).to_file(streets, driver="GeoJSON")
    return store_grounds(root, read_grounds(None, {"neighborhoods": units, "streets": streets}))


def table(found: pd.DataFrame) -> str:
    """The Markdown tables: recall by case, false alarms by case."""
    lines = [
        "| fault | files found | rows | mended | set aside | outside | missed | recall (95 %) | clean rows touched |",
        "| --- | --: | --: | --: | --: | --: | --: | --- | --- |",
    ]
    for case, files in found[found["faulty"] > 0].groupby("case", sort=False):
        of, missed = int(files["faulty"].sum()), int(files["missed"].sum())
        expect = files["expect"].iloc[0]
        good: pd.Series = files["missed"] + files["outside"] <= 0.1 * files["faulty"]
        if expect == "datum":
            good = files["asked"]
            cells = "asked | | |"
            recall = _share(int(good.sum()), len(files))
        else:
            cells = f"{files['mended'].sum():,} | {files['aside'].sum():,} | {files['outside'].sum():,} |"
            if expect == "precision":
                cells = f"lowered {files['lowered'].sum():,} | of them unknown {files['aside'].sum():,} | |"
            recall = _share(of - missed - int(files["outside"].sum() if expect == "place" else 0), of)
        touched = _share(int(files["false_rows"].sum()), int(files["clean"].sum()))
        shown = "" if expect == "datum" else f"{missed:,}"
        lines.append(
            f"| {case} | {int(good.sum())} of {len(files)} | {of:,} | {cells} {shown} | {recall} | {touched} |"
        )
    lines += ["", "| clean control | files touched | rows | moved | lost | unknown | less precise | false alarms (95 %) | datum asked |", "| --- | --: | --: | --: | --: | --: | --: | --- | --: |"]  # fmt: skip # noqa: E501
    for case, files in found[found["expect"] == "clean"].groupby("case", sort=False):
        unknown = int(files["false_rows"].sum() - files["moved"].sum() - files["lost"].sum())
        lines.append(
            f"| {case} | {int((files['false_rows'] > 0).sum())} of {len(files)} | {files['clean'].sum():,} "
            f"| {files['moved'].sum():,} | {files['lost'].sum():,} | {unknown:,} | {files['dulled'].sum():,} "
            f"| {_share(int(files['false_rows'].sum()), int(files['clean'].sum()))} | {int(files['asked'].sum())} |"
        )
    return "\n".join(lines)


def _share(found: int, of: int) -> str:
    low, high = wilson(found, of)
    return f"{100 * found / max(of, 1):.2f} % ({100 * low:.2f}–{100 * high:.2f})"


def main() -> None:
    """Run what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = run(options.seeds, options.rows, options.only)
    print(table(found))
    refused = found[found.get("refused", pd.Series(index=found.index, dtype=object)).notna()]
    for one in refused.itertuples():
        print(f"refused: {one.case}, {one.city}, seed {one.seed}: {one.refused}")
    if options.json:
        options.json.write_text(json.dumps(found.to_dict("records"), ensure_ascii=False, default=str, indent=1))


if __name__ == "__main__":
    main()
