"""Cities to attack: small ones made by hand, the sample city, and real ones; and releases of all their periods."""

import datetime as dt
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box
from sqlalchemy import text

from geo.errors import InputError
from geo.release_types import Period, Release
from geo.settings import Settings
from geo.workspace import Workspace, empty_events
from jobs.dataset import Dataset, load_dataset
from jobs.release import days28, month, release_period

ZONE = "Asia/Shanghai"
# A degree of longitude at the equator is 111 km; areas are squares of 0.01 degree, about 1.1 km.
SIDE = 0.01
EAST = 117.0
KINDS = {
    "theft.bicycle": 0.30, "burglary": 0.12, "fraud.telecom": 0.16, "assault": 0.08, "assault.domestic": 0.05,
    "traffic": 0.12, "dispute.noise": 0.06, "dispute.neighbor": 0.05, "hazard.lighting": 0.04, "hazard.fire": 0.02,
}  # fmt: skip


def squares(households: Mapping[str, int | None], side: float = SIDE) -> gpd.GeoDataFrame:
    """Square areas in a row, on the equator."""
    boxes = [box(EAST + i * side, 0, EAST + (i + 1) * side, side) for i in range(len(households))]
    frame = gpd.GeoDataFrame(
        {"neighborhood_id": list(households), "name": [f"{name}社区" for name in households]},
        geometry=boxes,
        crs="EPSG:4326",
    )
    return frame.assign(name_en=list(households), population=None, households=list(households.values()), parent_id=None)


def rows(
    days: Iterable[dt.date | dt.datetime],
    category: str | Sequence[str],
    points: np.ndarray,
    *,
    prefix: str = "e",
    counts: int = 1,
) -> pd.DataFrame:
    """Events at points (n, 2), each at 09:30 of its day unless the day has an hour, with ids that begin with a word."""
    starts = [day if isinstance(day, dt.datetime) else dt.datetime.combine(day, dt.time(9, 30)) for day in days]
    kinds = [category] * len(starts) if isinstance(category, str) else list(category)
    layers = [key.partition(".")[0] if key.partition(".")[0] in ("dispute", "hazard") else "incident" for key in kinds]
    moments = pd.DatetimeIndex(pd.to_datetime(starts)).tz_localize(ZONE)
    settled = pd.Series(moments + pd.Timedelta(days=3)).where([layer != "incident" for layer in layers])
    return (
        empty_events(ZONE)
        .reindex(range(len(starts)))
        .assign(
            event_id=[f"{prefix}{i:06}" for i in range(len(starts))],
            layer=layers,
            category=kinds,
            category_source="来源原文字样",
            event_start=moments,
            event_end=moments,
            reported_at=moments,
            closed_at=settled,
            severity=1.0,
            count=counts,
            lon=points[:, 0] if len(points) else None,
            lat=points[:, 1] if len(points) else None,
            precision="address",
            source=f"{prefix}.csv",
            source_row=range(2, len(starts) + 2),
            repairs="",
        )
    )


def random_rows(
    start: dt.date,
    days: int,
    per_day: Mapping[str, float],
    seed: int,
    *,
    elsewhere: float = 0.5,
    kinds: Mapping[str, float] = KINDS,
) -> pd.DataFrame:
    """Events of some kinds at some 40 doors an area, so many a day in each; a few lie outside every area."""
    rng = np.random.default_rng(seed)
    parts: list[pd.DataFrame] = []
    for number, (name, mean) in enumerate([*per_day.items(), ("elsewhere", elsewhere)]):
        doors = rng.uniform(0.05, 0.95, (40, 2)) * SIDE + [EAST + number * SIDE, 0.0]
        if name == "elsewhere":
            doors[:, 1] += 3 * SIDE
        n = int(rng.poisson(mean * days))
        when = [
            dt.datetime.combine(start, dt.time()) + dt.timedelta(minutes=int(m))
            for m in np.sort(rng.integers(0, days * 1440, n))
        ]
        chosen = rng.choice(list(kinds), n, p=np.array(list(kinds.values())))
        parts.append(rows(when, list(chosen), doors[rng.integers(0, len(doors), n)], prefix=f"{name}-{seed}-"))
    return pd.concat(parts, ignore_index=True)


def make(root: Path, areas: gpd.GeoDataFrame, *imports: pd.DataFrame, settings: Settings | None = None) -> Dataset:
    """A workspace with these areas and imports."""
    workspace = Workspace.create(root, settings or Settings(timezone=ZONE))
    workspace.replace_ground("areas.geojson", neighborhoods=areas)
    for number, frame in enumerate(imports):
        workspace.add_events(frame, f"{number}.csv", {})
    return load_dataset(workspace)


def copied(dataset: Dataset, root: Path) -> Dataset:
    """The same workspace in another folder, for what must leave no trace in the first."""
    dataset.workspace.engine.dispose()
    shutil.copytree(dataset.workspace.root, root)
    return load_dataset(root)


def months(first: str, n: int) -> list[Period]:
    """So many calendar months from one on."""
    starts = pd.date_range(first + "-01", periods=n, freq="MS")
    return [month(f"{start:%Y-%m}") for start in starts]


def stretches(first: dt.date, n: int) -> list[Period]:
    """So many stretches of 28 days from a day on."""
    return [days28(first + dt.timedelta(days=28 * i)) for i in range(n)]


def release_all(dataset: Dataset, periods: Iterable[Period]) -> tuple[list[Release], dict[str, str]]:
    """Release periods in turn; what is refused, by the error's key."""
    made, refused = [], {}
    for period in periods:
        try:
            made.append(release_period(dataset, period))
        except InputError as error:
            refused[period.key] = error.key
    return made, refused


def unreleased(dataset: Dataset, root: Path) -> Dataset:
    """A copy that has published nothing yet, and no layout."""
    copy = copied(dataset, root)
    with copy.workspace.engine.begin() as connection:
        for table in ("releases", "release_layouts"):
            connection.execute(text(f"delete from {table}"))
    return copy


def last_periods(dataset: Dataset, n: int) -> list[Period]:
    """So many months up to where the data are complete; 28 days each where so many months are not at hand."""
    end = dataset.as_of.date()
    first_of_month = pd.Timestamp(end).replace(day=1) - pd.DateOffset(months=n)
    by_months = months(f"{first_of_month:%Y-%m}", n)
    if by_months[0].start > dataset.first_day:
        return by_months
    return stretches(end - dt.timedelta(days=28 * n), n)
