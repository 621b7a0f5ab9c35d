"""
What share of next month's events do the foretold cells hold? `.venv/bin/python -m bench.walk_forward` tells, with
`WALKWATCH_OPEN_DATA` naming the folder of open data.

Forecasts from origins in a row, each knowing only what came before, beside the plain counts of the last 364 days.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from analysis.cells import count_events, make_grid
from analysis.forecast import forecast

HORIZON_DAYS = 28
COVERED = 0.01


@dataclass(frozen=True)
class City:
    """A city's records (local time, lon, lat), polygons, metric CRS, zone and origins."""

    name: str
    crs: str
    zone: str
    area: str
    read: Callable[[Path], pd.DataFrame]
    origins: pd.DatetimeIndex


def main() -> None:
    data = Path(os.environ["WALKWATCH_OPEN_DATA"])
    print("| city | origins | found in 1 % | 364 days' counts | expected / found there | cells held | totals held |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for city in CITIES:
        scores = score(city, data)
        ours, plain, ratio, cells = (scores[name].mean() for name in ("ours", "plain", "ratio", "cells"))
        print(
            f"| {city.name} | {len(scores)} | {ours:.1%} | {plain:.1%} | {ratio:.2f} | {cells:.0%} "
            f"| {int(scores['total'].sum())} of {len(scores)} |",
            flush=True,
        )


def score(city: City, data: Path) -> pd.DataFrame:
    """One row an origin."""
    polygons = gpd.read_file(data / city.area).to_crs(city.crs)
    grid = make_grid(shapely.union_all(shapely.make_valid(polygons.geometry.to_numpy())), 100.0, city.crs)
    rows = city.read(data).dropna()
    x, y = Transformer.from_crs(4326, city.crs, always_xy=True).transform(rows["lon"], rows["lat"])
    start = rows["at"].dt.tz_localize(city.zone, ambiguous=True, nonexistent="shift_forward")
    events = pd.DataFrame({"event_start": start, "event_end": start, "x": x, "y": y, "count": 1, "severity": 1.0})
    scores = []
    for day in city.origins:
        as_of = day.tz_localize(city.zone)
        answer = forecast(events, grid, as_of=as_of, horizon_days=HORIZON_DAYS)
        after = events[
            (events["event_start"] >= as_of) & (events["event_start"] < as_of + pd.DateOffset(days=HORIZON_DAYS))
        ]
        found = count_events(grid, after["x"].to_numpy(), after["y"].to_numpy())[grid.study_area]
        cells = answer.cells
        top, plain = (
            np.argsort(-cells[name].to_numpy(), kind="stable")[: int(COVERED * len(cells))]
            for name in ("expected", "count_364")
        )
        held = (found >= cells["expected_low"]) & (found <= cells["expected_high"])
        scores.append({
            "ours": found[top].sum() / found.sum(), "plain": found[plain].sum() / found.sum(),
            "ratio": cells["expected"].to_numpy()[top].sum() / found[top].sum(), "cells": held.to_numpy()[top].mean(),
            "total": answer.total_low <= found.sum() <= answer.total_high,
        })  # fmt: skip
    return pd.DataFrame(scores)


def _philadelphia(data: Path) -> pd.DataFrame:
    columns = ["dispatch_date", "dispatch_time", "point_x", "point_y"]
    rows = pd.concat(
        [pd.read_csv(path, usecols=columns) for path in sorted(data.glob("philadelphia/incidents_*.csv.gz"))]
    )
    at = pd.to_datetime(rows["dispatch_date"] + " " + rows["dispatch_time"])
    return pd.DataFrame({"at": at, "lon": rows["point_x"], "lat": rows["point_y"]})


def _boston(data: Path) -> pd.DataFrame:
    columns = ["OPEN_DT", "LONGITUDE", "LATITUDE"]
    rows = pd.read_csv(data / "boston" / "service_requests_311_2015.csv.gz", usecols=columns)
    at = pd.to_datetime(rows["OPEN_DT"], format="%m/%d/%Y %I:%M:%S %p")
    return pd.DataFrame({"at": at, "lon": rows["LONGITUDE"], "lat": rows["LATITUDE"]})


CITIES = (
    City(
        "Philadelphia", "EPSG:32618", "America/New_York", "philadelphia/neighborhoods.geojson", _philadelphia,
        pd.date_range("2022-07-01", "2023-11-15", freq="28D"),
    ),
    City(
        "Boston", "EPSG:32619", "America/New_York", "boston/neighborhoods.geojson", _boston,
        pd.date_range("2015-04-01", "2015-12-03", freq="28D"),
    ),
)  # fmt: skip


if __name__ == "__main__":
    main()
