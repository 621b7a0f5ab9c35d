"""
What intake costs and bears: a table over files of points, the ratio to pandas' reader, and mutated files.

    python -m bench.intake --table FOLDER          every file of points of the open data: rows, times, seconds, memory
    python -m bench.intake --ratio FILE... [--times N] [--rounds 7]   CSV → clean events against pandas' C reader
    python -m bench.intake --mutate 2000 [--seed 1]      outcomes of files with something wrong

Memory is the peak of a process of its own. `--times` repeats the rows, with days moved, up to the size wanted.
"""

import argparse
import collections
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

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


READERS = {
    "same": "the columns used",
    "dates": "the same, dates parsed",
    "all": "all columns",
    "text": "all columns as text",
}


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


def show_ratio(paths: list[Path], times: int, rounds: int) -> None:
    """Print the ratios of reading events to pandas' C reader on the same file: medians of rounds that take turns."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "all.csv"
        rows = _joined(paths, file, times)
        size = file.stat().st_size
        took = _self("--time-rounds", str(file), str(rounds))
        peaks = {what: _self("--peak", what, str(file))["megabytes"] for what in ("ours", "same", "text")}
    ours = took["seconds"].pop("ours")
    print(f"{rows:,} rows, {size / 1e6:,.0f} MB of text; columns used: {', '.join(took['columns'])}")
    print(f"medians of {rounds} rounds, taking turns; of processor time in brackets")
    print(f"events with report                 {ours[0]:7.3f} s  ({ours[1]:.3f})  {peaks['ours']:6.0f} MB")
    for kind, (wall, processor) in took["seconds"].items():
        name = READERS[kind]
        ratio = f"ratio {ours[0] / wall:5.2f}  ({ours[1] / processor:.2f})"
        peak = f"  {peaks[kind]:6.0f} MB" if kind in peaks else ""
        print(f"pandas C, {name:<24} {wall:7.3f} s  ({processor:.3f})  {ratio}{peak}")


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


def _readers(path: str) -> tuple[dict[str, collections.abc.Callable[[], object]], list[str]]:
    """What is timed: our reading, and pandas' C reader on the columns that it uses and on all; and those columns."""
    import pandas as pd

    from geo.read import read_events
    from geo.taxonomy import read_taxonomy

    taxonomy = read_taxonomy()

    def ours() -> Any:
        return read_events([Path(path)], taxonomy=taxonomy)

    guesses = ours().report.columns
    used = [g.source for g in guesses if g.canonical or g.reason in ("beside", "area")]
    dates = [g.source for g in guesses if g.canonical in TIMES or (g.reason == "beside" and "date" in g.source)]
    readers = {
        "ours": ours,
        "same": lambda: pd.read_csv(path, engine="c", usecols=used),
        "dates": lambda: pd.read_csv(path, engine="c", usecols=used, parse_dates=dates),
        "all": lambda: pd.read_csv(path, engine="c"),
        "text": lambda: pd.read_csv(path, engine="c", dtype=str),
    }
    return readers, used


def _time_rounds(path: str, rounds: int) -> None:
    readers, used = _readers(path)
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in readers}
    for _ in range(rounds + 1):
        for name, read in readers.items():
            took[name].append(_seconds(read))
    medians = {name: [statistics.median(one) for one in zip(*times[1:], strict=True)] for name, times in took.items()}
    print(json.dumps({"seconds": medians, "columns": used}))


def _peak(what: str, path: str) -> None:
    """Read once in this process and print its peak of memory."""
    import resource

    if what == "ours":
        from geo.read import read_events
        from geo.taxonomy import read_taxonomy

        read_events([Path(path)], taxonomy=read_taxonomy())
    else:
        import pandas as pd

        options: dict[str, Any] = {"dtype": str} if what == "text" else {}
        pd.read_csv(path, engine="c", **options)
    print(json.dumps({"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def _seconds(work: collections.abc.Callable[[], object]) -> tuple[float, float]:
    started, processor = time.perf_counter(), time.process_time()
    made = work()
    took = time.perf_counter() - started, time.process_time() - processor
    del made  # giving memory back is not part of reading, for nobody
    return took


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
    for (came, key), n in counts.most_common():
        print(f"  {n:>6} {came} {key}")
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
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--time-rounds", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(*options.measure)
    elif options.time_rounds:
        _time_rounds(options.time_rounds[0], int(options.time_rounds[1]))
    elif options.peak:
        _peak(*options.peak)
    if options.table:
        show_table(options.table)
    if options.ratio:
        show_ratio([path.resolve() for path in options.ratio], options.times, options.rounds)
    if options.mutate:
        sys.exit(1 if show_mutants(options.mutate, options.seed) else 0)


if __name__ == "__main__":
    main()
