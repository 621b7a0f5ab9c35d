"""
What intake costs and bears: a table over files of points, the ratio to pandas' reader, and mutated files.

    python -m bench.intake --table FOLDER          every file of points of the open data: rows, times, seconds, memory
    python -m bench.intake --ratio FILE... [--times N]   CSV → clean events against pandas' C reader, in one run
    python -m bench.intake --mutate 2000 [--seed 1]      outcomes of files with something wrong

Memory is the peak of a process of its own. `--times` repeats the rows, with days moved, up to the size wanted.
"""

import argparse
import collections
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Each file of points, the polygons around it, and the layer where the file does not say it.
FILES = (
    ("philadelphia/incidents_2021.csv.gz", "philadelphia/neighborhoods.geojson", ""),
    ("philadelphia/incidents_2022.csv.gz", "philadelphia/neighborhoods.geojson", ""),
    ("philadelphia/incidents_2023.csv.gz", "philadelphia/neighborhoods.geojson", ""),
    ("newcastle/street_crime_2020-05_2022-06.csv.gz", "newcastle/lsoa_2011.geojson", ""),
    ("newcastle/2021-05-northumbria-street.csv.gz", "newcastle/lsoa_2011.geojson", ""),
    ("city_of_london/street_crime_2018-04_2020-11.csv.gz", "city_of_london/wards_2013.geojson", ""),
    ("boston/service_requests_311_2015.csv.gz", "boston/neighborhoods.geojson", ""),
    ("boston/larceny_incidents_2016-2018.csv.gz", "boston/neighborhoods.geojson", ""),
    ("chicago/abandoned_vehicles_311.csv.gz", "chicago/community_areas_population.geojson", "hazard"),
    ("memphis/robberies_2019.csv.gz", "memphis/precincts.geojson", ""),
    ("montreal/montreal.gpkg", "montreal/boroughs.geojson", "incident"),
    ("taipei/residential_burglary_utf8bom.csv", "taipei/districts.geojson", ""),
    ("taipei/residential_burglary_gb18030.csv", "taipei/districts.geojson", ""),
    ("peers/chicago_burglary_2016-01.csv", "chicago/community_areas_population.geojson", ""),
)
TIMES = (
    "event_start",
    "event_end",
    "date",
    "time",
    "time_band",
    "reported_at",
    "reported_date",
    "closed_at",
    "year",
    "month",
)


def measure(path: str, polygons: str, layer: str) -> None:
    """Read one file in this process; print what came of it as JSON."""
    import resource

    from geo.neighborhoods import read_neighborhoods
    from geo.read import read_events
    from geo.taxonomy import read_taxonomy

    neighborhoods = read_neighborhoods(Path(polygons))[0] if polygons else None
    taxonomy = read_taxonomy()
    started = time.perf_counter()
    report = read_events([Path(path)], taxonomy=taxonomy, layer=layer or None, neighborhoods=neighborhoods).report
    answer = {
        "seconds": time.perf_counter() - started,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "read": report.rows_read,
        "kept": report.rows_kept,
        "rejected": report.rows_rejected,
        "placed": report.rows_placed,
        "times": [f"{g.source} → {g.canonical}" for g in report.columns if g.canonical in TIMES],
        "findings": [f.code for f in report.findings],
    }
    print(json.dumps(answer, ensure_ascii=False))


def show_table(folder: Path) -> None:
    """Print a Markdown table over every file of points."""
    print("| file | read | kept | rejected | with a point | times | s | MB |")
    print("| --- | --: | --: | --: | --: | --- | --: | --: |")
    for file, polygons, layer in FILES:
        arguments = [str(folder / file), str(folder / polygons), layer]
        done = _self("--measure", *arguments)
        assert done["read"] == done["kept"] + done["rejected"]
        times = ", ".join(done["times"])
        shown = f"{file} (--layer {layer})" if layer else file
        print(
            f"| {shown} | {done['read']:,} | {done['kept']:,} | {done['rejected']:,} "
            f"| {done['placed']:,} | {times} | {done['seconds']:.1f} | {done['megabytes']:.0f} |",
            flush=True,
        )


def show_ratio(paths: list[Path], times: int) -> None:
    """Print the ratio of reading events to pandas' C reader on the same text, the better of three runs each."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "all.csv"
        rows = _joined(paths, file, times)
        ours = _self("--time-ours", str(file))
        theirs = _self("--time-pandas", str(file))
    print(f"{rows:,} rows, {ours['bytes'] / 1e6:,.0f} MB of text")
    print(f"events with report   {ours['seconds']:7.2f} s  {ours['megabytes']:7.0f} MB")
    for name in ("plain", "text", "dates"):
        print(f"pandas C, {name:<10} {theirs[name]:7.2f} s   ratio {ours['seconds'] / theirs[name]:.1f}")
    print(f"pandas' peak memory           {theirs['megabytes']:7.0f} MB")


def _joined(paths: list[Path], target: Path, times: int) -> int:
    """All rows below one header, `times` times over; each time under other numbers, so that keys stay distinct."""
    rows = 0
    with target.open("wb") as sink:
        for again in range(times):
            for number, path in enumerate(paths):
                data = path.read_bytes()
                lines = (gzip.decompress(data) if path.suffix == ".gz" else data).rstrip(b"\n").split(b"\n")
                if not (again or number):
                    sink.write(lines[0] + b"\n")
                prefix = str(again).encode() if again else b""
                sink.write(b"".join(prefix + line + b"\n" for line in lines[1:]))
                rows += len(lines) - 1
    return rows


def _time_ours(path: str) -> None:
    import resource

    from geo.read import read_events
    from geo.taxonomy import read_taxonomy

    taxonomy = read_taxonomy()
    seconds = min(_seconds(lambda: read_events([Path(path)], taxonomy=taxonomy)) for _ in range(3))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": megabytes, "bytes": Path(path).stat().st_size}))


def _time_pandas(path: str) -> None:
    import resource

    import pandas as pd

    head = pd.read_csv(path, nrows=50)
    dates = [name for name in head if "date" in str(name).lower()][:1]
    answer = {
        "plain": min(_seconds(lambda: pd.read_csv(path, engine="c")) for _ in range(3)),
        "text": min(_seconds(lambda: pd.read_csv(path, engine="c", dtype=str)) for _ in range(3)),
        "dates": min(_seconds(lambda: pd.read_csv(path, engine="c", parse_dates=dates)) for _ in range(3)),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(answer))


def _seconds(work: collections.abc.Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def show_mutants(number: int, seed: int) -> int:
    """Read that many mutated files and print the outcomes; a file that takes half a minute counts as a traceback."""
    import signal

    from bench.mutants import make, outcome

    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    started, slowest = time.perf_counter(), 0.0

    def stop(*_: object) -> None:
        raise TimeoutError("half a minute")

    signal.signal(signal.SIGALRM, stop)
    with tempfile.TemporaryDirectory() as folder:
        for i in range(number):
            name, data = make(random.Random(seed * 1_000_000 + i))
            signal.alarm(30)
            before = time.perf_counter()
            what = outcome(Path(folder), name, data)
            slowest = max(slowest, time.perf_counter() - before)
            signal.alarm(0)
            counts[what] += 1
            if what[0] == "traceback":
                print(f"file {i}, {name}: {what[1]}")
        left = os.listdir(folder)
    total = collections.Counter(what for what, _ in counts.elements())
    print(f"{number} files in {time.perf_counter() - started:.0f} s, slowest {slowest:.1f} s, left behind {len(left)}")
    print(", ".join(f"{what} {total[what]}" for what in ("refused", "read", "traceback")))
    for (what, key), n in counts.most_common():
        print(f"  {n:>6} {what} {key}")
    return total["traceback"]


def _self(*arguments: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "bench.intake", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def main() -> None:
    """Run what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--ratio", type=Path, nargs="+")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--mutate", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--time-ours", help=argparse.SUPPRESS)
    parser.add_argument("--time-pandas", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(*options.measure)
    elif options.time_ours:
        _time_ours(options.time_ours)
    elif options.time_pandas:
        _time_pandas(options.time_pandas)
    if options.table:
        show_table(options.table)
    if options.ratio:
        show_ratio([path.resolve() for path in options.ratio], options.times)
    if options.mutate:
        sys.exit(1 if show_mutants(options.mutate, options.seed) else 0)


if __name__ == "__main__":
    main()
