"""
What the gate to the public costs and leaves: seconds a release, what is shown and withheld, which doors can be told.

    python -m bench.releases WORKSPACE FIRST_PERIOD COUNT [DOORS]

The workspace is copied; nothing is released in it. FIRST_PERIOD is a month (2022-01) or the first of 28 days
(2025-01-01). DOORS distinct places a period, drawn at random, are taken out one at a time, and the classes of all
figures compared (0: none). Prints Markdown.
"""

import datetime as dt
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from geo.errors import InputError
from geo.periods import days28, month
from geo.privacy import Rules, make_release
from geo.public_counts import countable, day_number
from geo.release_types import Period, Release
from geo.releases import layouts, stored_entries
from geo.workspace import Workspace
from jobs.dataset import Dataset, load_dataset
from jobs.release import release_period


def main(source: Path, first: str, count: int, doors: int) -> None:
    """Release the periods in a copy, then try the doors."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "w"
        shutil.copytree(source, root)
        dataset = load_dataset(Workspace.open(root))
        seconds, refused = [], []
        for period in _periods(first, count):
            clock = time.perf_counter()
            try:
                release_period(dataset, period)
                seconds.append(time.perf_counter() - clock)
            except InputError as error:
                refused.append(f"{period.key} ({error.key})")
        print(f"{len(seconds)} releases, {np.mean(seconds):.2f} s each, {max(seconds):.2f} s at most.", end=" ")
        print(f"Refused: {', '.join(refused) or 'none'}.\n")
        _print_classes([entry.release for entry in stored_entries(dataset.workspace)])
        if doors:
            _print_doors(dataset, doors)


def _periods(first: str, count: int) -> list[Period]:
    if len(first) == len("2022-01"):
        start = pd.Period(first, freq="M")
        return [month(str(start + number)) for number in range(count)]
    return [days28(dt.date.fromisoformat(first) + dt.timedelta(28 * number)) for number in range(count)]


def _print_classes(releases: list[Release]) -> None:
    counted = Counter((str(f.table), f.layer, str(f.status)) for one in releases for f in one.figures)
    lines = sorted({(name, layer) for name, layer, _ in counted})
    said = ("shown", "small", "withheld")
    table = {line: [counted[(*line, status)] for status in said] for line in lines}
    table["all", ""] = [sum(row[i] for row in table.values()) for i in range(len(said))]
    print("| table | layer | shown | small | withheld | withheld of what could be shown |\n|---|---|---|---|---|---|")
    for (name, layer), (shown, small, withheld) in table.items():
        share = f"{withheld / (shown + withheld):.1%}" if shown + withheld else ""
        print(f"| {name} | {layer} | {shown} | {small} | {withheld} | {share} |")


def _print_doors(dataset: Dataset, doors: int) -> None:
    """Take out one place's events, or one event, and compare the classes of all figures."""
    rows = countable(dataset.events, dataset.shown_unit_of, dataset.taxonomy)
    place = pd.factorize(pd.MultiIndex.from_frame(dataset.events[["lon", "lat"]]))[0]
    place[dataset.events["lon"].isna()] = -1
    rules, known, rng = Rules.of(dataset.settings), layouts(dataset.workspace), np.random.default_rng(1)
    changed = {"place": 0, "event": 0}
    tried, active = 0, []
    for entry in stored_entries(dataset.workspace):
        release = entry.release
        inside = (rows["day"] >= day_number(release.period.start)) & (rows["day"] < day_number(release.period.end))
        own, where = rows[inside], place[inside.to_numpy()]
        layers = {figure.layer for figure in release.figures}

        def remade(keep: np.ndarray, own=own, release=release, layers=layers, entry=entry) -> dict:  # type: ignore[no-untyped-def, type-arg]
            made = make_release(own[keep], release.areas, release.period, known[entry.layout], rules, (), layers)
            return {figure.key: figure.status for figure in made.figures}

        before = remade(np.ones(len(own), dtype=bool))
        found = np.unique(where[where >= 0])
        active.append(len(found))
        for door in rng.choice(found, min(doors, len(found)), replace=False):
            tried += 1
            at = np.flatnonzero(where == door)
            changed["place"] += int(remade(where != door) != before)
            changed["event"] += int(remade(np.arange(len(own)) != rng.choice(at)) != before)
    last = stored_entries(dataset.workspace)[-1].release
    homes = sum(area.households or 0 for area in last.areas)
    print(
        f"\n{tried} places of {np.mean(active):.0f} a period: without all events of one, no class changes for", end=" "
    )
    print(
        f"{1 - changed['place'] / tried:.1%}; without one event of it, for {1 - changed['event'] / tried:.1%}.", end=""
    )
    if homes:
        share = min(1.0, float(np.mean(active)) / homes)
        print(f" Of all {homes} households: {1 - changed['place'] / tried * share:.2%}.", end="")
    print()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(Path(arguments[0]), arguments[1], int(arguments[2]), int(arguments[3]) if len(arguments) > 3 else 0)
