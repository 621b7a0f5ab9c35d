"""A small city with a year of records in a workspace, for the community folder."""

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.settings import Settings
from geo.workspace import Workspace
from jobs.dataset import Dataset, load_dataset
from tests.geo.test_workspace import make_events
from tests.plan_world import CRS, toy_land, toy_neighborhoods, toy_streets

KINDS = (("incident", "theft"), ("incident", "fraud"), ("dispute", "dispute.noise"), ("hazard", "hazard.lighting"))
ZONE = "Asia/Shanghai"


def small_city(
    root,
    *,
    units: gpd.GeoDataFrame | None = None,
    streets: bool = True,
    per_day: int = 4,
    **settings,
) -> Dataset:
    """
    A workspace of the toy neighborhoods, `per_day` records a day in each from December 2025 to 22 November 2026.

    Ids and source texts are such that nothing of the program says them.
    """
    units = toy_neighborhoods() if units is None else units
    chosen = {"timezone": ZONE, "crs": CRS, "station": "柳溪派出所", "station_en": "Liuxi station"} | settings
    workspace = Workspace.create(root, Settings(**chosen))
    ground = {"neighborhoods": units.to_crs(4326)}
    if streets:
        ground |= {"streets": toy_streets().to_crs(4326), "land": toy_land().to_crs(4326)}
    workspace.replace_ground("a.geojson", **ground)
    rng = np.random.default_rng(7)
    days = pd.date_range("2025-12-01", "2026-11-21", freq="D")
    spots = [point for shape in units.geometry for point in [shape.representative_point()] * per_day]
    n = len(spots) * len(days)
    points = gpd.GeoSeries(spots, crs=units.crs).to_crs(4326)
    kinds = rng.choice(len(KINDS), n, p=(0.45, 0.15, 0.25, 0.15))
    start = days.repeat(len(spots)) + pd.to_timedelta(rng.integers(0, 24, n), unit="h")
    events = make_events(
        [f"ev-{number:06}-x" for number in range(n)],
        lon=np.tile(points.x, len(days)) + rng.normal(0, 5e-4, n),
        lat=np.tile(points.y, len(days)) + rng.normal(0, 5e-4, n),
        layer=[KINDS[kind][0] for kind in kinds],
        category=[KINDS[kind][1] for kind in kinds],
        category_source=[f"原文编码{kind}号" for kind in kinds],
    )
    moments = pd.DatetimeIndex(start).tz_localize(ZONE)
    workspace.add_events(events.assign(event_start=moments, event_end=moments), "records-of-a-station.csv", {})
    return load_dataset(workspace)
