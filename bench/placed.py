"""
Where the points of every file lie once read, without anything said about their system: the evidence as a table.

    python -m bench.placed [--folder FOLDER] [--only WORD] [--findings] [--json FILE]

Each file is read by `jobs.intake.check` with the neighborhoods around it and, where the open data hold them, its
streets. `FOLDER` is the open data, by default what WALKWATCH_OPEN_DATA names. `--findings` prints what was said of
systems and points, in full. Seconds are of one reading in this process, ground included in none.
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.intake import FILES
from geo.errors import InputError
from geo.workspace import Workspace
from jobs.ground import read_grounds, store_grounds
from jobs.intake import IntakeOptions, check, findings_json
from views.i18n import Translator

# What the list of intake lacks: finer units for a file whose rows name them, and points without polygons.
MORE = (
    ("taipei/residential_burglary_utf8bom.csv", "taipei/villages.geojson", ""),
    ("peers/geodanet.gpkg", "", "incident"),
)
STREETS = {"city_of_london": "city_of_london/moorgate.osm.pbf", "montreal": "montreal/montreal.gpkg"}
ABOUT_PLACE = ("crs.", "point.", "datum.", "place.", "places.", "gazetteer.")


def read_placed(folder: Path, file: str, polygons: str, layer: str, ground: dict[str, Workspace], root: Path) -> dict:
    """
    Read one file of points on its ground.

    Returns
    -------
    dict
        `file`, `polygons`, `refused` (a key, or none), and where it was read: `crs`, the counts `read`, `kept`,
        `placed`, `no_point`, `outside` (kept with a point, in no unit), `precision` and `repairs` (rows by word),
        `findings` as the report has them, those about place alone, and `seconds`.
    """
    name = file.partition("/")[0]
    streets = STREETS.get(name, "")
    key = polygons + streets
    if key not in ground:
        paths = {
            "neighborhoods": folder / polygons if polygons else None,
            "streets": folder / streets if streets else None,
        }
        ground[key] = store_grounds(root / str(len(ground)), read_grounds(None, paths))
    started = time.perf_counter()
    answer: dict[str, Any] = {"file": file, "polygons": polygons, "refused": None}
    try:
        reading, _ = check(ground[key], [folder / file], IntakeOptions(layer=layer or None))
    except InputError as error:
        return answer | {"refused": error.key, "seconds": time.perf_counter() - started}
    seconds = time.perf_counter() - started
    events, report = reading.events, reading.report
    here = events["lon"].notna()
    words: Counter[str] = Counter()
    for text, n in events["repairs"].astype(str).value_counts().items():
        words.update(dict.fromkeys(str(text).split(), int(n)))
    said = [finding for finding in report.findings if finding.code.startswith(ABOUT_PLACE)]
    return answer | {
        "crs": report.crs,
        "read": report.rows_read,
        "kept": report.rows_kept,
        "placed": int(here.sum()),
        "no_point": int((~here).sum()),
        "in_unit": int(events["neighborhood_id"].notna().sum()),
        "outside": int((here & events["neighborhood_id"].isna()).sum()) if polygons else 0,
        "precision": {str(word): int(n) for word, n in events["precision"].astype(str).value_counts().items()},
        "repairs": dict(words),
        "findings": said,
        "seconds": seconds,
    }


def read_all(folder: Path, only: str = "") -> list[dict]:
    """Read every file of points of the open data; see `read_placed`."""
    with tempfile.TemporaryDirectory() as root:
        ground: dict[str, Workspace] = {}
        return [
            read_placed(folder, file, polygons, layer, ground, Path(root))
            for file, polygons, layer in (*FILES, *MORE)
            if only in f"{file} {polygons}"
        ]


def table(placed: list[dict]) -> str:
    """The Markdown table: one row a file."""
    lines = [
        "| file, units | system | rows | with a point | none | outside | precision | repairs | said of places | s |",
        "| --- | --- | --: | --: | --: | --: | --- | --- | --- | --: |",
    ]
    for one in placed:
        units = Path(one["polygons"]).stem or "no units"
        if one["refused"]:
            lines.append(f"| {one['file']}, {units} | refused: {one['refused']} | | | | | | | | {one['seconds']:.1f} |")
            continue
        shown = [f"{word} {n:,}" for word, n in one["precision"].items() if n]
        mended = [f"{word} {n:,}" for word, n in one["repairs"].items()]
        codes = [f"{f.code} {f.rows:,}" if f.rows else f.code for f in one["findings"]]
        lines.append(
            f"| {one['file']}, {units} | {one['crs']} | {one['kept']:,} | {one['placed']:,} | {one['no_point']:,} "
            f"| {one['outside']:,} | {'; '.join(shown)} | {'; '.join(mended)} | {'; '.join(codes)} "
            f"| {one['seconds']:.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=os.environ.get("WALKWATCH_OPEN_DATA"))
    parser.add_argument("--only", default="")
    parser.add_argument("--findings", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.folder is None:
        parser.error("give --folder, or set WALKWATCH_OPEN_DATA")
    placed = read_all(Path(options.folder), options.only)
    print(table(placed))
    t = Translator("en")
    for one in placed:
        one["findings"] = findings_json(one.get("findings", []), t)
        if options.findings:
            print(f"\n{one['file']}, {one['polygons']}")
            for said in one["findings"]:
                print(f"  {said['code']} ({said['rows']:,}): {said['message']}")
    if options.json:
        options.json.write_text(json.dumps(placed, ensure_ascii=False, indent=1, default=str))


if __name__ == "__main__":
    main()
