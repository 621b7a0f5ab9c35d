"""
Would anybody see from the figures' classes that one door's reports were there, or were not?

A household is one distinct coordinate in one period. Its events are taken out (or come in twice), the period is
published anew in a copy of the workspace, and the classes (shown, small, withheld, none) are laid beside the first.
"""

import dataclasses
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import text

from geo.release_types import Period, Release
from jobs.dataset import Dataset, load_dataset
from jobs.release import release_period
from tests.attack.differences import Tally

Key = tuple[object, ...]
LEAST_SHARE = 0.95


@dataclasses.dataclass
class Doors:
    """Households tried, and those for which some figure's class changed; `known` of all households in the city."""

    tried: int = 0
    changed: int = 0
    with_events: int = 0
    households: int = 0

    @property
    def share(self) -> float:
        """The share of households with events for which no class changed."""
        return 1 - self.changed / max(self.tried, 1)

    def share_of_all(self) -> float:
        """The same over all households: those without events change nothing, being in no count."""
        return 1 - (1 - self.share) * min(1.0, self.with_events / max(self.households, 1))


def classes(release: Release) -> dict[Key, str]:
    """The class of each figure; what has no figure is not there."""
    return {figure.key: figure.status for figure in release.figures}


class Remaker:
    """Publishes one period again and again with other events, from the state before it was first published."""

    def __init__(self, dataset: Dataset, folder: Path) -> None:
        """`dataset` has published what went before; `folder` is for a copy of its workspace."""
        dataset.workspace.engine.dispose()
        shutil.copytree(dataset.workspace.root, folder)
        self.dataset = load_dataset(folder)

    def remake(self, period: Period, events: pd.DataFrame | None = None) -> Release:
        """The release that these events would have made of the period; the copy is as before afterwards."""
        engine = self.dataset.workspace.engine
        with engine.begin() as connection:
            releases = connection.execute(text("select max(number) from releases")).scalar() or 0
            layouts = connection.execute(text("select max(number) from release_layouts")).scalar() or 0
        dataset = self.dataset if events is None else dataclasses.replace(self.dataset, events=events)
        try:
            return release_period(dataset, period)
        finally:
            with engine.begin() as connection:
                connection.execute(text("delete from releases where number > :n"), {"n": releases})
                connection.execute(text("delete from release_layouts where number > :n"), {"n": layouts})


def doors_of(events: pd.DataFrame, period: Period) -> list[np.ndarray]:
    """The positions of the events of each distinct coordinate whose spans begin in the period."""
    day = events["event_start"].dt.date
    inside = np.flatnonzero((events["lon"].notna() & (day >= period.start) & (day < period.end)).to_numpy())
    at = events.iloc[inside]
    return [inside[own] for own in at.groupby([at["lon"].round(7), at["lat"].round(7)]).indices.values()]


def without(events: pd.DataFrame, door: np.ndarray) -> pd.DataFrame:
    """The events but those of a door."""
    return events.drop(events.index[door])


def twice(events: pd.DataFrame, door: np.ndarray) -> pd.DataFrame:
    """The events, and those of a door once more, as of another household like it."""
    more = events.iloc[door]
    return pd.concat([events, more.assign(event_id=more["event_id"] + "+")], ignore_index=True)


def try_doors(
    remaker: Remaker,
    periods: Sequence[Period],
    change: Callable[[pd.DataFrame, np.ndarray], pd.DataFrame],
    *,
    most: int | None = None,
    seed: int = 8,
) -> Doors:
    """
    Change one door at a time, in each period, and publish it anew.

    Parameters
    ----------
    remaker : Remaker
        Of a workspace that has published nothing of these periods but something before, so that its layout stands.
    periods : sequence of Period
    change : `without` or `twice`
    most : int, optional
        So many doors, drawn by `seed` from all periods; all of them, if not given.
    """
    events = remaker.dataset.events
    doors = [(period, door) for period in periods for door in doors_of(events, period)]
    result = Doors(with_events=len(doors) // max(len(periods), 1))
    units = remaker.dataset.shown_units
    result.households = 0 if units is None else int(np.nansum(units["households"].astype(float)))
    if most is not None and most < len(doors):
        chosen = np.random.default_rng(seed).choice(len(doors), most, replace=False)
        doors = [doors[i] for i in sorted(chosen)]
    before: dict[str, dict[Key, str]] = {}
    for period, door in doors:
        if period.key not in before:
            before[period.key] = classes(remaker.remake(period))
        result.tried += 1
        result.changed += classes(remaker.remake(period, change(events, door))) != before[period.key]
    return result


def tally_doors(name: str, doors: Doors) -> Tally:
    """One hit where fewer than 95 % of the households change nothing; the attempts are the households."""
    tally = Tally()
    hits = [] if doors.share >= LEAST_SHARE else [f"only {doors.share:.1%} of {doors.tried} change no class"]
    tally.add(f"{name} ({doors.share:.1%}; of all homes {doors.share_of_all():.2%})", doors.tried, hits)
    return tally
