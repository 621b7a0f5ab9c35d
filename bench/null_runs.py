"""
How often does a random map list a hotspot? `WALKWATCH_OPEN_DATA=… .venv/bin/python -m bench.null_runs [--runs 200]`

Three kinds of chance, on the cells of cities of different size and sparseness: the same everywhere; in proportion to
residents, as uneven as their units are; in proportion to the city's own past, smoothed at the width of the background.
Each run draws 28 days of points of three layers, and 365 days before them from the same surface, and asks
`find_hotspots` what it lists. Listing anything is an error here. With `--planted` the other side: of extra events
planted round places drawn from the city's own smoothed past, how many spots are listed within 150 m?
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from scipy.special import betaincinv

from analysis.cells import Grid, count_events, make_grid
from analysis.density import spread_mass
from analysis.hotspots import find_hotspots

CELL_SIZE = 100.0
BANDWIDTH = 800.0
DAYS, PAST_DAYS = 28.0, 365.0
LAYERS, LAYER_SHARES = ("incident", "dispute", "hazard"), (0.6, 0.25, 0.15)
AS_OF = pd.Timestamp("2024-01-01", tz="UTC")


@dataclass(frozen=True)
class City:
    """Where a city's points, polygons and residents lie, its metric CRS, and how many events 28 days hold."""

    name: str
    crs: str
    area: str
    points: Callable[[Path], pd.DataFrame]
    events: int
    residents: tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--city", action="append")
    parser.add_argument("--planted", action="store_true")
    wanted = parser.parse_args()
    data = Path(os.environ["WALKWATCH_OPEN_DATA"])
    if wanted.planted:
        return print_planted([city for city in CITIES if not wanted.city or city.name in wanted.city], data)
    print("| city | cells | events | chance | listed something | of runs | share, 95 % | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for city in CITIES:
        if wanted.city and city.name not in wanted.city:
            continue
        grid, surfaces = read_city(city, data)
        for name, surface in surfaces.items():
            began = time.perf_counter()
            listed = sum(lists_something(grid, surface, city.events, seed) for seed in range(wanted.runs))
            low, high = share_interval(listed, wanted.runs)
            seconds = time.perf_counter() - began
            print(
                f"| {city.name} | {grid.n_cells} | {city.events} | {name} | {listed} | {wanted.runs} "
                f"| {low:.3f}–{high:.3f} | {seconds:.0f} |",
                flush=True,
            )


def print_planted(cities: list[City], data: Path) -> None:
    """A table of the shares of planted spots that are listed, 100 spots a figure."""
    print("| city | events in 28 days | extra events | within m | listed |")
    print("| --- | --- | --- | --- | --- |")
    for city in cities:
        grid, surfaces = read_city(city, data)
        for width in (40.0, 80.0):
            for extra in (6, 10, 14):
                found = sum(
                    planted_found(grid, surfaces["own past, 800 m"], city.events, extra, width, s) for s in range(5)
                )
                print(f"| {city.name} | {city.events} | {extra} | {width:.0f} | {found} % |", flush=True)


def planted_found(grid: Grid, surface: np.ndarray, n: int, extra: int, width: float, seed: int) -> int:
    """Plant 20 spots of `extra` events within `width` metres; how many are listed."""
    rng = np.random.default_rng([seed, extra, int(width)])
    x, y = draw(grid, surface, rng, rng.poisson(n))
    spot_x, spot_y = draw(grid, surface, rng, 20)
    angle, away = rng.uniform(0, 2 * np.pi, (20, extra)), width * np.sqrt(rng.uniform(size=(20, extra)))
    more_x, more_y = spot_x[:, None] + away * np.cos(angle), spot_y[:, None] + away * np.sin(angle)
    events = as_events(np.append(x, more_x), np.append(y, more_y), rng)
    listed = find_hotspots(events, grid, as_of=AS_OF, bandwidth=BANDWIDTH).hotspots
    away = np.hypot(listed["x"].to_numpy()[:, None] - spot_x, listed["y"].to_numpy()[:, None] - spot_y)
    return int((away.min(axis=0, initial=np.inf) <= 150).sum())


def read_city(city: City, data: Path) -> tuple[Grid, dict[str, np.ndarray]]:
    """The city's cells and its surfaces of chance, each summing to one over (rows, columns)."""
    polygons = gpd.read_file(data / city.area).to_crs(city.crs)
    grid = make_grid(shapely.union_all(shapely.make_valid(polygons.geometry.to_numpy())), CELL_SIZE, city.crs)
    points = city.points(data)
    x, y = Transformer.from_crs(4326, city.crs, always_xy=True).transform(*points.to_numpy(dtype=float).T)
    file, column = city.residents
    past = count_events(grid, np.asarray(x), np.asarray(y))
    surfaces = {
        "the same everywhere": grid.study_area.astype(float),
        "own past, 800 m": spread_mass(past, grid.study_area, BANDWIDTH / CELL_SIZE),
        "residents": residents_per_cell(grid, gpd.read_file(data / file).to_crs(city.crs), column),
    }
    return grid, {name: surface / surface.sum() for name, surface in surfaces.items()}


def residents_per_cell(grid: Grid, units: gpd.GeoDataFrame, column: str) -> np.ndarray:
    """Residents spread evenly over their unit, alike in all if none are told; a cell takes its centre's density."""
    residents = pd.to_numeric(units[column]).fillna(0) if column else 1.0
    density = (residents / units.area).to_numpy()
    cell, unit = shapely.STRtree(units.geometry.to_numpy()).query(shapely.points(*grid.centers()), predicate="within")
    surface = np.zeros(grid.study_area.size)
    surface[grid.flat_index[cell]] = density[unit]
    return surface.reshape(grid.shape)


def lists_something(grid: Grid, surface: np.ndarray, n: int, seed: int) -> bool:
    """Draw one random map and ask for its hotspots."""
    rng = np.random.default_rng(seed)
    now = as_events(*draw(grid, surface, rng, rng.poisson(n)), rng)
    before = as_events(*draw(grid, surface, rng, rng.poisson(n * PAST_DAYS / DAYS)), rng, (DAYS, DAYS + PAST_DAYS))
    events = pd.concat([now, before], ignore_index=True)
    return len(find_hotspots(events, grid, as_of=AS_OF, bandwidth=BANDWIDTH).hotspots) > 0


def draw(grid: Grid, surface: np.ndarray, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points with that surface, even within a cell."""
    row, column = np.divmod(rng.choice(surface.size, n, p=surface.ravel()), surface.shape[1])
    return (
        (column + grid.column0 + rng.uniform(size=n)) * grid.cell_size,
        (row + grid.row0 + rng.uniform(size=n)) * grid.cell_size,
    )


def as_events(
    x: np.ndarray, y: np.ndarray, rng: np.random.Generator, ages: tuple[float, float] = (0.001, DAYS)
) -> pd.DataFrame:
    """Events of all layers at these points, at random between these ages in days."""
    start = AS_OF - pd.to_timedelta(rng.uniform(*ages, len(x)), unit="D")
    return pd.DataFrame({
        "layer": rng.choice(LAYERS, len(x), p=LAYER_SHARES), "category": "theft", "event_start": start,
        "event_end": start, "severity": 1.0, "count": 1, "x": x, "y": y,
    })  # fmt: skip


def share_interval(hits: int, runs: int) -> tuple[float, float]:
    """Clopper–Pearson: the shares that `hits` of `runs` allow."""
    low = float(betaincinv(hits, runs - hits + 1, 0.025)) if hits else 0.0
    high = float(betaincinv(hits + 1, runs - hits, 0.975)) if hits < runs else 1.0
    return low, high


def _read(files: str, longitude: str, latitude: str) -> Callable[[Path], pd.DataFrame]:
    def read(data: Path) -> pd.DataFrame:
        parts = [pd.read_csv(path, usecols=[longitude, latitude]) for path in sorted(data.glob(files))]
        return pd.concat(parts)[[longitude, latitude]].dropna()

    return read


CITIES = (
    City(
        "Philadelphia", "EPSG:32618", "philadelphia/neighborhoods.geojson",
        _read("philadelphia/incidents_*.csv.gz", "point_x", "point_y"), 12_000,
        ("philadelphia/census_tracts_population.geojson", "total_pop"),
    ),
    City(
        "Chicago", "EPSG:32616", "chicago/community_areas_population.geojson",
        _read("chicago/abandoned_vehicles_311.csv.gz", "Longitude", "Latitude"), 2_600,
        ("chicago/community_areas_population.geojson", "POP2010"),
    ),
    City(
        "Taipei", "EPSG:32651", "taipei/districts.geojson",
        _read("taipei/residential_burglary_utf8bom.csv", "經度", "緯度"), 40,
        ("taipei/villages.geojson", ""),
    ),
    City(
        "Newcastle", "EPSG:32630", "newcastle/lsoa_2011.geojson",
        _read("newcastle/street_crime_*.csv.gz", "Longitude", "Latitude"), 8_000,
        ("newcastle/lsoa_2011.geojson", "population_2011"),
    ),
)  # fmt: skip


if __name__ == "__main__":
    main()
