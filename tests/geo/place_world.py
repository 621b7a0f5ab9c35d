"""A small town for the tests of places in words: streets with crossings at known metres, and areas round them."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
from pyproj import Transformer
from shapely.geometry import LineString, box

CRS = "EPSG:32650"
EAST, NORTH = 440_000.0, 4_420_000.0
_TO_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform


def degrees(x: float, y: float) -> tuple[float, float]:
    """A place in metres from the corner of the town, in degrees."""
    lon, lat = _TO_DEGREES(EAST + x, NORTH + y)
    return float(lon), float(lat)


def metres_off(lon: float, lat: float, x: float, y: float) -> float:
    """How far a point lies from a place in metres of the town."""
    at = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(lon, lat)
    return float(np.hypot(at[0] - EAST - x, at[1] - NORTH - y))


def streets(names_x: list[str], names_y: list[str], *, step: float = 200.0, english: dict[str, str] | None = None,
            more: list[tuple[str, list[tuple[float, float]]]] | None = None) -> gpd.GeoDataFrame:  # fmt: skip
    """A grid: `names_x` run east at y = 0, step, …; `names_y` run north at x = 0, step, …; `more` are further lines."""
    nodes: dict[tuple[float, float], int] = {}
    rows = []

    def piece(name: str, a: tuple[float, float], b: tuple[float, float]) -> None:
        ends = [nodes.setdefault(end, len(nodes)) for end in (a, b)]
        rows.append((name, *ends, LineString([(EAST + x, NORTH + y) for x, y in (a, b)])))

    for j, name in enumerate(names_x):
        for i in range(len(names_y) - 1):
            piece(name, (i * step, j * step), ((i + 1) * step, j * step))
    for i, name in enumerate(names_y):
        for j in range(len(names_x) - 1):
            piece(name, (i * step, j * step), (i * step, (j + 1) * step))
    for name, line in more or []:
        for a, b in pairwise(line):
            piece(name, a, b)
    frame = gpd.GeoDataFrame(
        {
            "street_id": [str(i) for i in range(len(rows))],
            "name": [row[0] for row in rows],
            "name_en": [(english or {}).get(row[0], "") for row in rows],
            "road_class": "local",
            "walkable": True,
            "bridge": False,
            "length_m": [row[3].length for row in rows],
            "u": [row[1] for row in rows],
            "v": [row[2] for row in rows],
            "piece": 0,
        },
        geometry=[row[3] for row in rows],
        crs=CRS,
    )
    return frame.to_crs(4326)


ENGLISH = (
    ["Mill Road", "Station Road", "Harbour Street", "Chapel Lane"],
    ["Oak Avenue", "Elm Avenue", "North Church Street", "5th Avenue"],
)
CHINESE = (["中山路", "解放路", "人民路", "学府街"], ["建设街", "和平街", "新华路三段", "光明巷"])


def english_town() -> gpd.GeoDataFrame:
    """A grid of four by four streets, and a short mews."""
    return streets(*ENGLISH, more=[("Angel Mews", [(0, 100), (80, 100)])])


def chinese_town() -> gpd.GeoDataFrame:
    """The same in Chinese, with English names."""
    return streets(*CHINESE, english={"中山路": "Zhongshan Road", "建设街": "Jianshe Street"})


def areas(
    names: list[str], parents: list[str | None] | None = None, aliases: list[str] | None = None
) -> gpd.GeoDataFrame:
    """Areas from west to east over the grid, 300 m wide each."""
    shapes = [box(EAST - 50 + 300 * i, NORTH - 100, EAST - 50 + 300 * (i + 1), NORTH + 1000) for i in range(len(names))]
    return gpd.GeoDataFrame(
        {
            "neighborhood_id": [f"u{i}" for i in range(len(names))],
            "name": names,
            "name_en": "",
            "population": np.nan,
            "households": np.nan,
            "parent_id": parents or [None] * len(names),
            "aliases": aliases or [""] * len(names),
        },
        geometry=shapes,
        crs=CRS,
    ).to_crs(4326)
