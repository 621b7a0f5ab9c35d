"""
Rows without coordinates: how many are put where their words say, and how many anywhere else.

    python -m bench.place_names [--seeds 3] [--rows 400] [--only WORD]

The three invented cities of `bench.place_worlds`, with units and streets imported; each file holds one way of saying a
place (a crossing, a section, an area's name, with slips of the pen and in both scripts), the truth is known. A crossing
counts as *right* within 30 m, a section within half of its length, an area if its unit is the one meant. What is
answered otherwise is *wrong*; rows left without an answer are *open*, and rightly so where the name means nothing.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from bench.place_faults import _share, _workspace
from bench.place_worlds import KINDS, City, make_city
from geo.errors import InputError
from geo.workspace import Workspace
from jobs.intake import IntakeOptions, check

# (texts, true metres or NaN, how far off is still right, true unit or "")
Said = tuple[list[str], np.ndarray, np.ndarray, list[str]]
Maker = Callable[[City, int, np.random.Generator], Said]
SHORT = {"Street": "St", "Avenue": "Ave", "North": "N", "South": "S", "East": "E", "West": "W"}
NEAR = 30.0


def _crossings(city: City) -> pd.DataFrame:
    """Corners where streets of two names meet: `one`, `two`, `x`, `y`; pairs that meet once."""
    ends = np.concatenate(
        [shapely.get_coordinates(shapely.get_point(city.streets.geometry.to_numpy(), k)) for k in (0, -1)]
    )
    table = pd.DataFrame({"x": ends[:, 0], "y": ends[:, 1], "name": np.tile(city.streets["name"].to_numpy(), 2)})
    rows = [
        {"x": xy[0], "y": xy[1], "one": names[0], "two": names[1]}
        for xy, group in table.drop_duplicates().groupby(["x", "y"])["name"]
        if len(names := sorted(group)) == 2
    ]
    return pd.DataFrame(rows).drop_duplicates(["one", "two"], keep=False).reset_index(drop=True)


def crossing(form: str, *, shorten: bool = False, slip: bool = False, script: str = "") -> Maker:
    """Two streets that meet, in the words of `form`; for China of its second half, after `|`."""

    def make(city: City, n: int, rng: np.random.Generator) -> Said:
        corners = _crossings(city).sample(n, random_state=int(rng.integers(1 << 31)), replace=True)
        words = form.split("|")[city.kind.name == "china"]
        said = []
        for one, two in zip(corners["one"], corners["two"], strict=True):
            pair = [one, two] if rng.random() < 0.5 else [two, one]
            pair = [_short(name) for name in pair] if shorten else pair
            pair[0] = _slip(pair[0], rng) if slip else pair[0]
            said.append(_script(words.format(*pair), script))
        return said, corners[["x", "y"]].to_numpy(), np.full(n, NEAR), [""] * n

    return make


def section(form: str) -> Maker:
    """A street between two others that cross it."""

    def make(city: City, n: int, rng: np.random.Generator) -> Said:
        corners = _crossings(city)
        sides = pd.concat([corners, corners.rename(columns={"one": "two", "two": "one"})])
        words = form.split("|")[city.kind.name == "china"]
        said, at, off = [], [], []
        streets = [group for _, group in sides.groupby("one") if len(group) > 4]
        for _ in range(n):
            group = streets[rng.integers(len(streets))].sort_values(["x", "y"]).reset_index(drop=True)
            k = int(rng.integers(len(group) - 1))
            a, b = group.iloc[k], group.iloc[k + 1]
            said.append(words.format(a["one"], a["two"], b["two"]))
            at.append(((a["x"] + b["x"]) / 2, (a["y"] + b["y"]) / 2))
            off.append(np.hypot(a["x"] - b["x"], a["y"] - b["y"]) / 2 + 20)
        return said, np.array(at), np.array(off), [""] * n

    return make


def area(*, slip: bool = False, script: str = "", bare: bool = False) -> Maker:
    """The name of a neighborhood."""

    def make(city: City, n: int, rng: np.random.Generator) -> Said:
        units = city.units.iloc[rng.integers(0, len(city.units), n)]
        said = [str(name).removesuffix("社区") if bare else str(name) for name in units["name"]]
        said = [_script(_slip(name, rng) if slip else name, script) for name in said]
        return said, np.full((n, 2), np.nan), np.zeros(n), units["id"].tolist()

    return make


def nothing(kind: str) -> Maker:
    """Names that mean no place here: no answer is right."""

    def make(city: City, n: int, rng: np.random.Generator) -> Said:
        china = city.kind.name == "china"
        if kind == "area":
            said = [f"{_name(rng, china)}{'社区' if china else ' Heights'}" for _ in range(n)]
        else:
            words = "{}与{}交叉口" if china else "{} & {}"
            ends = ("大道", "巷") if china else (" Boulevard", " Lane")
            said = [words.format(_name(rng, china) + ends[0], _name(rng, china) + ends[1]) for _ in range(n)]
        return said, np.full((n, 2), np.nan), np.zeros(n), [""] * n

    return make


def parallel(city: City, n: int, rng: np.random.Generator) -> Said:
    """Two streets of the city that never meet: no answer is right."""
    names = city.streets.drop_duplicates("name")["name"].to_numpy(dtype=object)
    meet = {frozenset(pair) for pair in zip(_crossings(city)["one"], _crossings(city)["two"], strict=True)}
    ends = ("路", "Street")
    same = np.array([str(name).endswith(ends) for name in names])
    words = "{}与{}交叉口" if city.kind.name == "china" else "{} & {}"
    said: list[str] = []
    while len(said) < n:
        pair = rng.choice(names[same], 2, replace=False)
        if frozenset(pair) not in meet:
            said.append(words.format(*pair))
    return said, np.full((n, 2), np.nan), np.zeros(n), [""] * n


def _name(rng: np.random.Generator, china: bool) -> str:
    if china:
        return "".join(rng.choice(list("凤龙虎雁鹤鹿泉桥塔庙"), 2))
    return "".join(rng.choice(["Kor", "Zan", "Wix", "Pul", "Tev", "Yom"], 2)).capitalize()


def _short(name: str) -> str:
    return " ".join(SHORT.get(word, word) for word in name.split())


def _slip(name: str, rng: np.random.Generator) -> str:
    """One letter left out, doubled or exchanged with the next; in a name of Han one character wrong."""
    if not name.isascii():
        k = 0 if len(name) < 5 else int(rng.integers(0, 2))
        return name[:k] + "某" + name[k + 1 :]
    k = int(rng.integers(1, len(name) - 2))
    while not (name[k].isalpha() and name[k + 1].isalpha()):
        k = int(rng.integers(1, len(name) - 2))
    how = rng.integers(3)
    return (name[:k] + name[k + 1 :], name[:k] + name[k] + name[k:], name[:k] + name[k + 1] + name[k] + name[k + 2 :])[
        how
    ]


def _script(text: str, script: str) -> str:
    if not script or text.isascii():
        return text
    import opencc

    return str(opencc.OpenCC(script).convert(text))


CASES: dict[str, tuple[str, Maker]] = {
    "crossing, &": ("place", crossing("{} & {}|{}与{}交叉口")),
    "crossing, at": ("place", crossing("{} at {}|{}{}路口")),
    "crossing, /": ("place", crossing("{}/{}|{}/{}")),
    "crossing, words shortened": ("place", crossing("{} and {}|{}和{}交汇处", shorten=True)),
    "crossing, capitals": ("place", lambda c, n, r: _upper(crossing("{} & {}|{}与{}交叉口")(c, n, r))),
    "crossing, one slip": ("place", crossing("{} & {}|{}与{}交叉口", slip=True)),
    "crossing, traditional": ("place", crossing("{} & {}|{}與{}交叉口", script="s2t")),
    "section, between": ("place", section("{} between {} and {}|{}（{}—{}）")),
    "section, from": ("place", section("{} from {} to {}|{}（{}至{}）")),
    "section, dashes": ("place", section("{} ({} - {})|{}{}至{}段")),
    "area": ("area", area()),
    "area, without its kind": ("area", area(bare=True)),
    "area, capitals": ("area", lambda c, n, r: _upper(area()(c, n, r))),
    "area, one slip": ("area", area(slip=True)),
    "area, traditional": ("area", area(script="s2t")),
    "names of no crossing": ("place", nothing("crossing")),
    "names of no area": ("area", nothing("area")),
    "streets that never meet": ("place", parallel),
}


def _upper(said: Said) -> Said:
    return [text.upper() for text in said[0]], *said[1:]


def judge(
    said: Said, kind: str, city: City, workspace: Workspace, path: Path, rng: np.random.Generator
) -> dict[str, Any]:
    """Read one file and count answers right, wrong and open."""
    texts, at, off, unit = said
    n = len(texts)
    china = city.kind.name == "china"
    header = {"place": "案发地点" if china else "location", "area": city.kind.headers[5]}[kind]
    number, when, category = city.kind.headers[:3]
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 525_600, n), unit="min")
    table = {
        number: [f"R{i:06d}" for i in range(n)],
        when: days.strftime("%Y-%m-%d %H:%M"),
        category: rng.choice(list(city.kind.categories), n),
        header: texts,
    }
    # One column of coordinates stays, with a point in a few rows, as real tables have it.
    lon, lat = city.kind.headers[6:]
    spare = city.degrees(city.addresses[rng.integers(0, len(city.addresses), max(1, n // 10))])
    rows = pd.DataFrame(table | {lon: "", lat: ""})
    more = rows.iloc[: len(spare)].copy()
    more[header], more[lon], more[lat] = "", spare[:, 0].round(6), spare[:, 1].round(6)
    pd.concat([rows, more]).to_csv(path, index=False)
    try:
        reading, _ = check(workspace, [path], IntakeOptions())
    except InputError as error:
        return {"n": n, "right": 0, "wrong": 0, "refused": error.key}
    events = reading.events.set_index(reading.events["source_row"] - 2).reindex(range(n))
    here = events["lon"].notna().to_numpy()
    xy = np.full((n, 2), np.nan)
    xy[here] = city.metres(events.loc[here, ["lon", "lat"]].to_numpy(dtype=float))
    named = events["neighborhood_id"].astype(object).where(events["neighborhood_id"].notna(), "").to_numpy()
    away = np.hypot(*(xy - at).T)
    if kind == "area":
        answered = named != ""
        right = answered & (named == np.asarray(unit, dtype=object)) & (np.asarray(unit, dtype=object) != "")
    else:
        answered, right = here, here & (away <= off)
    return {"n": n, "right": int(right.sum()), "wrong": int((answered & ~right).sum()), "refused": ""}


def run(seeds: int, rows: int, only: str = "") -> pd.DataFrame:
    """Judge every case in every city; one row a file."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            for kind in KINDS:
                city = make_city(kind, seed)
                workspace = _workspace(city, Path(folder) / f"{kind.name}{seed}")
                for number, (name, (what, maker)) in enumerate(CASES.items()):
                    if only in name:
                        rng = np.random.default_rng([seed, KINDS.index(kind), number, 7])
                        said = maker(city, rows, rng)
                        facts = judge(said, what, city, workspace, Path(folder) / "rows.csv", rng)
                        found.append({"case": name, "city": kind.name, "seed": seed, "example": said[0][0]} | facts)
    return pd.DataFrame(found)


def main() -> None:
    """Run what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    found = run(options.seeds, options.rows, options.only)
    print("| said as | city | rows | right (95 %) | wrong (95 %) | open | such as | refused |")
    print("| --- | --- | --: | --- | --- | --: | --- | --- |")
    latin = found["city"].where(found["city"] == "china", "west, south")
    for (case, city), files in found.groupby([found["case"], latin], sort=False):
        n, right, wrong = (int(files[column].sum()) for column in ("n", "right", "wrong"))
        refused = ", ".join(sorted(set(files["refused"]) - {""}))
        print(
            f"| {case} | {city} | {n:,} | {right:,}: {_share(right, n)} | {wrong:,}: {_share(wrong, n)} "
            f"| {n - right - wrong:,} | {files['example'].iloc[0]} | {refused} |"
        )


if __name__ == "__main__":
    main()
