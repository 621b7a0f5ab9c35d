"""What may change underneath releases: rows come late, are corrected, taken back; polygons move; kinds are planted."""

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from geo.errors import InputError
from geo.release_types import Period
from geo.releases import as_json, stored
from geo.schema import EVENT_COLUMNS
from jobs.dataset import Dataset, load_dataset
from jobs.release import days28, release_period
from tests.attack.differences import Tally
from tests.attack.households import Remaker

REFUSALS = ("release.twice", "release.overlap")
PLANTED = 80


def come_late(dataset: Dataset, share: float = 0.05, seed: int = 8) -> Dataset:
    """A share of all events comes in once more, under new ids, in the same places and times."""
    chosen = dataset.events.sample(frac=share, random_state=seed)
    late = chosen[list(EVENT_COLUMNS)].assign(event_id="late-" + chosen["event_id"].astype(str), superseded_by=None)
    dataset.workspace.add_events(late.reset_index(drop=True), "late.csv", {})
    return load_dataset(dataset.workspace.root)


def correct(dataset: Dataset, share: float = 0.05, seed: int = 9) -> Dataset:
    """A share of all events comes in anew with another category of their layer."""
    chosen = dataset.events.sample(frac=share, random_state=seed)
    new = (
        chosen["layer"]
        .astype(str)
        .map({"incident": "burglary", "dispute": "dispute.noise", "hazard": "hazard.lighting"})
    )
    corrected = chosen[list(EVENT_COLUMNS)].assign(category=new, superseded_by=None)
    dataset.workspace.add_events(corrected.reset_index(drop=True), "corrected.csv", {})
    return load_dataset(dataset.workspace.root)


def take_back(dataset: Dataset) -> Dataset:
    """The newest import is undone."""
    dataset.workspace.undo_import(dataset.workspace.imports()[-1]["import_id"])
    return load_dataset(dataset.workspace.root)


def move_polygons(dataset: Dataset, east: float = 120.0) -> Dataset:
    """Every neighborhood lies so many metres further east: strips of every one belong to its neighbor now."""
    ground = dataset.workspace.ground("neighborhoods")
    assert ground is not None
    moved = ground.to_crs(dataset.crs)
    moved = moved.set_geometry(moved.geometry.translate(xoff=east)).to_crs(ground.crs)
    dataset.workspace.replace_ground("moved.geojson", neighborhoods=moved)
    return load_dataset(dataset.workspace.root)


CHANGES: dict[str, Callable[[Dataset], Dataset]] = {
    "late rows": come_late,
    "corrected rows": correct,
    "an import taken back": take_back,
    "moved polygons": move_polygons,
}


def ask_again(dataset: Dataset, what: str) -> Tally:
    """Ask for every released period again and for 28 days across each; all must be refused, and what is stored stay."""
    tally, released = Tally(), stored(dataset.workspace)
    before = [as_json(release) for release in released]
    asked = [p for r in released for p in (r.period, days28(r.period.start + dt.timedelta(days=3)))]
    hits = [f"{period.key} was not refused" for period in asked if not _refused(dataset, period)]
    if [as_json(release) for release in stored(dataset.workspace)] != before:
        hits.append("what is stored has changed")
    tally.add(f"asked again after {what}", len(asked), hits)
    return tally


def _refused(dataset: Dataset, period: Period) -> bool:
    try:
        release_period(dataset, period)
    except InputError as error:
        return error.key in (*REFUSALS, "release.months_only", "release.missing", "release.not_complete")
    return False


def plant_unlisted(dataset: Dataset, period: Period, folder: Path, categories: Iterable[str] = ()) -> Tally:
    """Many events of each kind that only the city may see, all in one area: nothing else may change."""
    only = list(categories) or sorted(k for k, c in dataset.taxonomy.categories.items() if not c.listed)
    remaker, tally = Remaker(dataset, folder), Tally()
    before = remaker.remake(period)
    events = dataset.events
    placed = events[events["x"].notna() & events["neighborhood_id"].notna()]
    model = placed.iloc[[0] * PLANTED]
    noon = pd.Timestamp(period.start, tz=events["event_start"].dt.tz) + pd.Timedelta(days=9, hours=12)
    for category in only:
        layer = dataset.taxonomy.categories[category].layer
        ids = [f"planted-{category}-{i}" for i in range(PLANTED)]
        planted = pd.DataFrame(model).assign(
            event_id=ids, category=category, layer=layer, event_start=noon, event_end=noon, count=1, closed_at=noon
        )
        joined = pd.concat([events.astype({"category": object, "layer": object, "event_id": object}), planted])
        after = remaker.remake(period, joined.reset_index(drop=True))
        rest = [{f for f in release.figures if f.group != category} for release in (before, after)]
        below = [f for f in after.figures if f.group == category and f.area_id is not None]
        hits = [f"{figure.key} changed with {category}" for figure in rest[0] ^ rest[1]]
        tally.add("planted kinds of the city alone", len(after.figures), hits + [f"{f.key} is shown" for f in below])
    return tally
