"""One workspace loaded for asking: events, ground, grid and network in metres, and the moment the data know."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from analysis.as_of import daily_counts, find_as_of, first_day
from analysis.barriers import Barriers
from analysis.cells import Grid, make_grid
from analysis.network import Network
from analysis.places import PlaceFinder
from analysis.thin import fitting_days
from geo.crs import pick_metric_crs
from geo.errors import InputError
from geo.schema import GEOGRAPHIC_CRS, LAYERS
from geo.settings import Settings
from geo.taxonomy import Taxonomy
from geo.workspace import Workspace
from jobs.set_aside import found_points, mark_rows


@dataclass(frozen=True, eq=False)
class Dataset:
    """
    What every question is asked of. Frames of ground are in `crs`, in metres; None where the workspace has none.

    `set_aside` rows have a point that says nothing of where they were, such as an office's address given by default:
    they are counted, but no place is judged by them, so their `x` and `y` are empty.
    """

    id: str
    workspace: Workspace
    settings: Settings
    taxonomy: Taxonomy
    crs: str
    timezone: str
    as_of: pd.Timestamp
    first_day: dt.date
    set_aside: int
    events: pd.DataFrame
    neighborhoods: gpd.GeoDataFrame | None
    streets: gpd.GeoDataFrame | None
    land: gpd.GeoDataFrame | None

    @cached_property
    def leaves(self) -> gpd.GeoDataFrame | None:
        """The neighborhoods that are nobody's parent: the ones events lie in."""
        return None if self.neighborhoods is None else leaf_units(self.neighborhoods)

    @cached_property
    def shown_units(self) -> gpd.GeoDataFrame | None:
        """The neighborhoods people speak of: where units nest, the parents of the leaves; else all."""
        if self.neighborhoods is None or self.leaves is None:
            return None
        return self.neighborhoods[self.neighborhoods["neighborhood_id"].isin(set(self.shown_unit_of.values()))]

    @cached_property
    def shown_unit_of(self) -> dict[str, str]:
        """From a leaf's id to the id of the unit that is shown for it."""
        if self.neighborhoods is None or self.leaves is None:
            return {}
        # A parent may be named without being drawn; its leaves then stand for themselves.
        drawn = self.leaves["parent_id"].isin(set(self.neighborhoods["neighborhood_id"]))
        parent = self.leaves["parent_id"].where(drawn, self.leaves["neighborhood_id"])
        return dict(zip(self.leaves["neighborhood_id"], parent, strict=True))

    @cached_property
    def counted_unit_of(self) -> dict[str, str]:
        """The same, and the shown units themselves: a row without a point may name one and no leaf of it."""
        return {**{unit: unit for unit in self.shown_unit_of.values()}, **self.shown_unit_of}

    @cached_property
    def grid(self) -> Grid | None:
        """The cells of the study area, or None without neighborhoods."""
        if self.leaves is None:
            return None
        return make_grid(self.leaves.union_all(), self.settings.cell_size, self.crs)

    @cached_property
    def network(self) -> Network | None:
        """The walkable network, or None without streets."""
        return None if self.streets is None else Network.from_streets(self.streets)

    @cached_property
    def place_finder(self) -> PlaceFinder | None:
        """What names a point by its street and crossings, or None without streets."""
        return None if self.streets is None else PlaceFinder(self.streets)

    @cached_property
    def barriers(self) -> Barriers | None:
        """Water and rails that no street crosses, or None where the workspace knows of none."""
        return Barriers.of(self.land, self.streets)

    @cached_property
    def usual_days(self) -> int:
        """The period looked at where none is asked for: the setting, longer where it holds a handful of events."""
        return fitting_days(daily_counts(self.events), self.as_of, self.settings.days)

    @cached_property
    def unlisted(self) -> frozenset[str]:
        """Categories that are never a hotspot, a stop or a post: violence at home, sexual offences."""
        return frozenset(key for key, category in self.taxonomy.categories.items() if not category.listed)

    def chosen(self, layers: list[str] | None = None, categories: list[str] | None = None) -> pd.DataFrame:
        """The events of these layers and categories; a category's parent matches its children."""
        keep = np.ones(len(self.events), dtype=bool)
        if layers:
            unknown = [layer for layer in layers if layer not in LAYERS]
            if unknown:
                raise InputError(
                    f"There is no layer {unknown[0]!r}.",
                    remedy=f"Choose among {', '.join(LAYERS)}.",
                    key="dataset.unknown_layer",
                    layer=unknown[0],
                    known=", ".join(LAYERS),
                )
            keep &= self.events["layer"].isin(layers).to_numpy()
        if categories:
            keep &= self.events["category"].isin(self.taxonomy.matches(categories)).to_numpy()
        return self.events[keep]

    def moment(self, day: str | None) -> pd.Timestamp:
        """The start of a local day, exclusive end of what is known; without a day, where the data are complete."""
        return self.as_of if day is None else local_day(day, self.timezone)


def leaf_units(neighborhoods: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The units that are nobody's parent."""
    return neighborhoods[~neighborhoods["neighborhood_id"].isin(set(neighborhoods["parent_id"].dropna()))]


def local_day(day: str, timezone: str) -> pd.Timestamp:
    """The first moment of a day written as YYYY-MM-DD, in the zone of the place."""
    try:
        return pd.Timestamp(pd.to_datetime(day, format="%Y-%m-%d")).tz_localize(timezone)
    except ValueError as error:
        raise InputError(
            f"{day!r} is no day.",
            remedy="Write it as YYYY-MM-DD, for example 2026-03-02.",
            key="dataset.no_day",
            day=day,
        ) from error


def load_dataset(workspace: Path | Workspace) -> Dataset:
    """
    Load a workspace for asking.

    Raises
    ------
    InputError
        If the folder is no workspace, or holds no events.
    """
    opened = workspace if isinstance(workspace, Workspace) else Workspace.open(workspace)
    settings = opened.settings
    events = opened.events()
    if events.empty:
        raise InputError(
            "The workspace holds no events.",
            remedy="Import a file of points first.",
            key="dataset.empty",
        )
    timezone = settings.timezone or str(events["event_start"].dt.tz or "UTC")
    ground = {name: opened.ground(name) for name in ("neighborhoods", "streets", "land")}
    crs = settings.crs or _crs_of(events)
    projected = {name: None if frame is None else frame.to_crs(crs) for name, frame in ground.items()}
    transformer = pyproj.Transformer.from_crs(GEOGRAPHIC_CRS, crs, always_xy=True)
    events["x"], events["y"] = np.nan, np.nan
    placed = events["lon"].notna()
    vague = placed & mark_rows(events, settings, found_points(opened), ground["neighborhoods"])
    placed &= ~vague
    x, y = transformer.transform(events.loc[placed, "lon"].to_numpy(), events.loc[placed, "lat"].to_numpy())
    events.loc[placed, "x"], events.loc[placed, "y"] = x, y
    daily = daily_counts(events)
    return Dataset(
        id=opened.data_version(),
        workspace=opened,
        settings=settings,
        taxonomy=opened.taxonomy(),
        crs=crs,
        timezone=timezone,
        as_of=pd.Timestamp(find_as_of(daily)).tz_localize(timezone),
        first_day=first_day(daily).date(),
        set_aside=int(vague.sum()),
        events=events,
        **projected,
    )


def _crs_of(events: pd.DataFrame) -> str:
    placed = events.dropna(subset=["lon", "lat"])
    if placed.empty:
        raise InputError(
            "No event has a point, and there are no neighborhoods.",
            remedy="Import neighborhoods, or a file with coordinates.",
            key="dataset.nowhere",
        )
    # Quantiles, so that one stray point does not choose the zone.
    west, east = placed["lon"].quantile([0.05, 0.95])
    south, north = placed["lat"].quantile([0.05, 0.95])
    return pick_metric_crs((west, south, east, north))
