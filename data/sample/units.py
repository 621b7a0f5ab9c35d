"""
The nested units of the sample city: station area, communities and a village, and the grids (网格) they consist of.

Units follow the long streets, the ring and the middle of the river. All three levels are put together from one set of
faces whose corners are already rounded degrees, so that children tile their parents exactly.
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import polygonize

from data.sample import names
from data.sample.ground import Ground
from data.sample.shapes import SNAP, degrees

SMALLEST_GRID = 128_000.0  # square metres; smaller faces join a neighbor of the same bank
PERSONS_PER_HOUSEHOLD = (2.3, 2.9)
VILLAGE_DENSITIES = (1900.0, 320.0)  # the second group has under fifty households, which the public gate must notice


@dataclass
class Unit:
    """One grid: its polygon in metres, its community's place in `names.COMMUNITIES` (-1: the village)."""

    polygon: Any
    community: int
    north: bool


def draw_units(ground: Ground, rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """
    Draw the units.

    Returns
    -------
    (GeoDataFrame, GeoDataFrame)
        All units in degrees, as written to the file; the grids alone in metres about the origin, with `density`
        (residents per square metre of dry land) and `business` (share of shops and offices).
    """
    grids = [*_city_grids(ground), *_village_grids(ground)]
    grids.sort(key=lambda u: (u.community % 100, -u.polygon.centroid.y, u.polygon.centroid.x))
    rows = []
    counters: dict[int, int] = {}
    for unit in grids:
        counters[unit.community] = counters.get(unit.community, 0) + 1
        rows.append(_grid_row(unit, counters[unit.community], ground, rng))
    metric = gpd.GeoDataFrame(rows, geometry="geometry")
    return _all_levels(metric), metric


def _city_grids(ground: Ground) -> list[Unit]:
    city = ground.city
    noded = shapely.unary_union(ground.unit_lines, grid_size=SNAP)
    faces = [f for f in polygonize(noded) if city.contains(f.representative_point())]
    axis = ground.river_axis
    units = [Unit(f, 0, _left_of(axis, f)) for f in faces]
    while True:
        smallest = min(units, key=lambda u: u.polygon.difference(ground.river).area)
        if smallest.polygon.difference(ground.river).area >= SMALLEST_GRID:
            break
        others = [u for u in units if u is not smallest and u.north == smallest.north]
        host = max(others, key=lambda u: u.polygon.intersection(smallest.polygon).length / np.sqrt(u.polygon.area))
        host.polygon = shapely.union_all([host.polygon, smallest.polygon])
        units.remove(smallest)
    seeds = np.array([(x, y) for _, _, x, y, *_ in names.COMMUNITIES], dtype=float)
    seed_north = np.array([_left_of(axis, shapely.Point(x, y)) for x, y in seeds])
    for unit in units:
        x, y = unit.polygon.difference(ground.river).centroid.coords[0]
        away = np.hypot(seeds[:, 0] - x, (seeds[:, 1] - y) * 1.15)
        unit.community = int(np.where(seed_north == unit.north, away, np.inf).argmin())
    return units


def _left_of(axis: shapely.LineString, shape: Any) -> bool:
    point = shape.representative_point()
    at = axis.project(point)
    a, b = axis.interpolate(max(at - 5, 0)), axis.interpolate(at + 5)
    return bool((b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x) > 0)


def _village_grids(ground: Ground) -> list[Unit]:
    lines = shapely.unary_union([ground.village.exterior, ground.village_road], grid_size=SNAP)
    inside = [f for f in polygonize(lines) if ground.village.buffer(1).contains(f.representative_point())]
    return [Unit(face, 99, True) for face in inside]


def _grid_row(unit: Unit, number: int, ground: Ground, rng: np.random.Generator) -> dict:
    village = unit.community == 99
    name, latin, *_ = names.VILLAGE if village else names.COMMUNITIES[unit.community]
    per_km2 = VILLAGE_DENSITIES[number - 1] if village else names.COMMUNITIES[unit.community][4]
    green = shapely.union_all([ground.river, *[park for *_, park in ground.parks]])
    population = int(unit.polygon.difference(green).area / 1e6 * per_km2 * rng.uniform(0.85, 1.15))
    parent = f"LX{15 if village else unit.community + 1:02d}"
    word = ("组", "Group") if village else ("网格", "Grid")
    return {
        "neighborhood_id": f"{parent}-{number}",
        "name": f"{name}第{names.ORDINALS[number - 1]}{word[0]}",
        "name_en": f"{latin} {word[1]} {number}",
        "population": population,
        "households": int(population / rng.uniform(*PERSONS_PER_HOUSEHOLD)),
        "parent_id": parent,
        "density": population / unit.polygon.difference(green).area,
        "business": 0.05 if village else names.COMMUNITIES[unit.community][5],
        "north": unit.north,
        "geometry": unit.polygon,
    }


def _all_levels(metric: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Node all borders once, round them to degrees, and build every level from the same faces."""
    borders = shapely.unary_union([p.boundary for p in metric.geometry], grid_size=SNAP)
    faces = list(polygonize(degrees(borders)))
    locate = shapely.STRtree([degrees(p.buffer(-1)) for p in metric.geometry])
    owner = [int(locate.query(f.representative_point(), predicate="within")[0]) for f in faces]
    grids = [_union([f for f, o in zip(faces, owner, strict=True) if o == i]) for i in range(len(metric))]
    leaf = metric.drop(columns=["density", "business", "north", "geometry"])
    parents = []
    for parent_id, rows in leaf.groupby("parent_id", sort=True):
        name, latin, *_ = names.VILLAGE if parent_id == "LX15" else names.COMMUNITIES[int(parent_id[2:]) - 1]
        parents.append(_parent(parent_id, name, latin, "LX", rows, _union([grids[i] for i in rows.index])))
    station = _parent("LX", *names.STATION_AREA, "", leaf, _union(grids))
    table = pd.concat([pd.DataFrame([station, *parents]), leaf.assign(geometry=grids)], ignore_index=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs="EPSG:4326")


def _parent(key: str, name: str, latin: str, above: str, rows: pd.DataFrame, geometry: Any) -> dict:
    return {
        "neighborhood_id": key,
        "name": name,
        "name_en": latin,
        "population": int(rows["population"].sum()),
        "households": int(rows["households"].sum()),
        "parent_id": above,
        "geometry": geometry,
    }


def _union(faces: list[Any]) -> Any:
    return shapely.coverage_union_all(faces)
