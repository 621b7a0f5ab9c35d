"""
Three invented cities with their neighborhoods, streets and rows of events, whose true places are known.

One lies north in the west, round; one south in the east, long and bent; one in China, square around a lake. Nothing in
them is taken from a real place but the latitude. Rows lie at addresses along streets, some streets far busier than
others, and at three real busy places (a hospital, a mall, a station) whose rows are as complete as all others.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

UNITS = 36  # neighborhoods of a city
BUSY = (0.03, 0.05, 0.02)  # shares of rows at the three real busy places


@dataclass(frozen=True)
class Kind:
    """What differs between the cities: place, shape, language, and the systems its offices use."""

    name: str
    lon: float
    lat: float
    metric: int  # EPSG, the UTM zone
    others: dict[str, int]  # systems whose rows may be mixed in, by EPSG
    shape: str
    headers: tuple[str, ...]
    categories: tuple[str, ...]


KINDS = (
    Kind(
        "west", -82.97, 40.03, 32617, {"UTM": 32617, "state plane feet": 3735}, "round",
        ("Report No", "Occurred", "Offense", "Street", "Zip", "Area", "Longitude", "Latitude"),
        ("Theft", "Burglary", "Robbery", "Assault", "Vandalism", "Noise complaint", "Street light out", "Pothole"),
    ),
    Kind(
        "south", 172.62, -43.51, 32759, {"UTM": 32759, "national grid": 2193}, "long",
        ("id", "occurred_on", "category", "road", "postcode", "suburb", "lon", "lat"),
        ("Theft", "Burglary", "Robbery", "Assault", "Vandalism", "Noise complaint", "Street light out", "Pothole"),
    ),
    Kind(
        "china", 112.95, 28.21, 32649, {"UTM": 32649, "national grid": 4547}, "ring",
        ("编号", "发生时间", "类别", "路段", "邮编", "社区", "经度", "纬度"),
        ("盗窃", "入室盗窃", "抢劫", "打架", "故意损坏", "噪音扰民", "路灯不亮", "井盖缺失"),
    ),
)  # fmt: skip
_TREES = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Larch", "Maple", "Nutmeg",
    "Oak", "Poplar", "Quince", "Rowan",
)  # fmt: skip
_LIGHTS = ("North", "South", "East", "West", "Upper", "Lower", "Old", "New")
_HAN = "安宁和平福兴永昌明德光华文武春秋松柏梅兰竹菊江河湖海山石金玉云霞星月"


@dataclass(frozen=True)
class City:
    """One invented city; `addresses` and `corners` in metres, with the street and unit of each address."""

    kind: Kind
    units: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    addresses: np.ndarray
    street_of: np.ndarray
    unit_of: np.ndarray
    weight: np.ndarray
    corners: np.ndarray
    mixes: np.ndarray

    def degrees(self, xy: np.ndarray) -> np.ndarray:
        """Metres to degrees, (n, 2) of longitude and latitude."""
        return projected(xy, self.kind.metric, 4326)

    def metres(self, lonlat: np.ndarray) -> np.ndarray:
        """Degrees to metres."""
        return projected(lonlat, 4326, self.kind.metric)


def projected(xy: np.ndarray, source: int, target: int) -> np.ndarray:
    """Points of one EPSG code in another, x before y."""
    return np.column_stack(pyproj.Transformer.from_crs(source, target, always_xy=True).transform(xy[:, 0], xy[:, 1]))


def make_city(kind: Kind, seed: int) -> City:
    """Make the city of a kind; the seed moves its streets, units and busy places."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    center = projected(np.array([[kind.lon, kind.lat]]), 4326, kind.metric)[0]
    outline = _outline(kind.shape, rng)
    outline = shapely.transform(outline, lambda xy: xy + center)
    units = _units(kind, outline, rng)
    streets, corners = _streets(kind, outline, rng)
    along = [shapely.line_interpolate_point(line, np.arange(9.0, line.length - 8, 14.0)) for line in streets.geometry]
    street = np.repeat(np.arange(len(along)), [len(part) for part in along])
    places = shapely.get_coordinates(np.concatenate(along))
    places += rng.normal(0, 4.0, places.shape)
    tree = shapely.STRtree(units.geometry)
    point, unit = tree.query(shapely.points(places), predicate="intersects")
    point, first = np.unique(point, return_index=True)
    unit = unit[first]
    middle = np.hypot(*(places[point] - center).T)
    weight = rng.gamma(0.5, 1.0, len(streets))[street[point]] * rng.lognormal(0, 1, len(point))
    weight *= np.exp(-middle / 5000)
    names = streets["name"].to_numpy(dtype=object)
    mixes = rng.dirichlet(np.full(len(kind.categories), 1.5), len(units))
    return City(kind, units, streets, places[point], names[street[point]], unit, weight / weight.sum(), corners, mixes)


def make_rows(city: City, n: int, rng: np.random.Generator, *, busy: tuple[float, ...] = BUSY) -> pd.DataFrame:
    """
    Rows of events with true metres `x`, `y` beside what a file would hold.

    Columns `category`, `street`, `zip`, `area`, `when`, `x`, `y`; about `busy` of them at the real busy places.
    """
    at = rng.choice(len(city.addresses), n, p=city.weight)
    spots = rng.choice(len(city.addresses), len(busy), replace=False)
    for spot, share in zip(spots, busy, strict=True):
        at[rng.random(n) < share] = spot
    mix = city.mixes[city.unit_of[at]]
    for spot in spots:
        mix[at == spot] = rng.dirichlet(np.full(mix.shape[1], 0.4))
    code = (mix.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(0, mix.shape[1] - 1)
    when = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 525_600, n), unit="min")
    return pd.DataFrame(
        {
            "category": np.asarray(city.kind.categories, dtype=object)[code],
            "street": city.street_of[at],
            "zip": [str(41_000 + u // 4) for u in city.unit_of[at]],
            "area": city.units["name"].to_numpy(dtype=object)[city.unit_of[at]],
            "when": when,
            "x": city.addresses[at, 0],
            "y": city.addresses[at, 1],
        }
    )


def write_rows(city: City, rows: pd.DataFrame, written: np.ndarray, path: Path, *, bare: bool = False) -> None:
    """Write a CSV: `written` holds the two coordinates as texts, (n, 2); `bare` leaves street, zip and area out."""
    number, when, category, street, code, area, lon, lat = city.kind.headers
    table: dict[str, Any] = {
        number: [f"R{i:06d}" for i in range(len(rows))],
        when: rows["when"].dt.strftime("%Y-%m-%d %H:%M").to_numpy(),
        category: rows["category"].to_numpy(),
    }
    if not bare:
        table |= {street: rows["street"].to_numpy(), code: rows["zip"].to_numpy(), area: rows["area"].to_numpy()}
    pd.DataFrame(table | {lon: written[:, 0], lat: written[:, 1]}).to_csv(path, index=False)


def texts(numbers: np.ndarray, decimals: int = 6) -> np.ndarray:
    """Coordinates as a file writes them."""
    return np.array([[f"{v:.{decimals}f}" for v in row] for row in numbers], dtype=object)


def _outline(shape: str, rng: np.random.Generator) -> Any:
    if shape == "round":
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        radius = 5200 + 500 * np.sin(3 * turn + rng.uniform(0, 6)) + rng.normal(0, 120, 40)
        return shapely.Polygon(np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])).buffer(0)
    if shape == "long":
        spine = shapely.LineString([(-1500, -8000), (-500, -2500), (1200, 1500), (900, 4500), (2600, 8000)])
        return spine.buffer(1900, cap_style="flat")
    return shapely.box(-5200, -4600, 5200, 4600).difference(shapely.Point(rng.uniform(-800, 800, 2)).buffer(1500))


def _units(kind: Kind, outline: Any, rng: np.random.Generator) -> gpd.GeoDataFrame:
    west, south, east, north = outline.bounds
    seeds = rng.uniform((west, south), (east, north), (UNITS * 8, 2))
    seeds = seeds[shapely.contains_xy(outline, seeds)][:UNITS]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=outline))
    polygons = shapely.intersection(cells, outline)
    if kind.name == "china":
        pairs = rng.permutation([a + b for a in _HAN[:12] for b in _HAN[12:24]])[: len(polygons)]
        names = [f"{pair}社区" for pair in pairs]
    else:
        trees = [f"{light} {tree}field" for light in _LIGHTS for tree in _TREES]
        names = list(rng.permutation(trees)[: len(polygons)])
    table = {"id": [f"N{i:02d}" for i in range(len(polygons))], "name": names}
    return gpd.GeoDataFrame(table, geometry=polygons, crs=kind.metric)


def _streets(kind: Kind, outline: Any, rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """A grid turned and bent, with uneven blocks and one piece in twelve missing."""
    reach = 9500.0
    across, up = (np.cumsum(rng.uniform(110, 260, 2 * int(reach / 160))) for _ in range(2))
    across, up = across - across.mean(), up - up.mean()
    x, y = np.meshgrid(across, up)
    x, y = x + 90 * np.sin(y / 1400), y + 90 * np.sin(x / 1700)
    turn = rng.uniform(0.15, 0.7)
    xy = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=-1)
    middle = shapely.get_coordinates(outline.centroid)[0]
    xy = xy + middle + rng.normal(0, 5, xy.shape)
    pieces, names = [], []
    for axis in (0, 1):
        a, b = (xy[:, :-1], xy[:, 1:]) if axis else (xy[:-1], xy[1:])
        line = np.broadcast_to(np.arange(a.shape[0])[:, None] if axis else np.arange(a.shape[1]), a.shape[:2])
        half = (a + b) / 2
        kept = shapely.contains_xy(outline, half[..., 0], half[..., 1]) & (rng.random(a.shape[:2]) > 1 / 12)
        pieces.append(np.stack([a[kept], b[kept]], axis=1))
        names += [_street_name(kind, axis, int(number)) for number in line[kept]]
    lines = shapely.linestrings(np.concatenate(pieces))
    table = {"name": names, "highway": "residential"}
    corners = np.unique(np.concatenate(pieces).reshape(-1, 2), axis=0)
    return gpd.GeoDataFrame(table, geometry=lines, crs=kind.metric), corners


def _street_name(kind: Kind, axis: int, number: int) -> str:
    if kind.name == "china":
        return f"{_HAN[number % 12 + 12 * axis]}{_HAN[(number // 12 + 7 * axis) % len(_HAN)]}{'路' if axis else '街'}"
    tree, light = _TREES[number % len(_TREES)], _LIGHTS[number // len(_TREES)]
    return f"{light} {tree} {'Street' if axis else 'Avenue'}"
