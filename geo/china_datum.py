"""
The two shifted datums of maps made for mainland China, GCJ-02 and BD-09, to and from WGS 84.

The law lets maps of mainland China be published only with coordinates that a secret function moves by up to 700 m
(GCJ-02, 火星坐标); one service moves them once more (BD-09, 百度坐标). What is written here is the published formula: a
polynomial with sines in degrees east of 105° and north of 35°, in metres on the ellipsoid of Krassovsky of 1940
(a = 6 378 245 m, e² = 0.006 693 421 622 965 943 23), and for BD-09 a turn and a stretch about the origin of degrees.

The forward formula is applied to the letter. Its inverse has no closed form: it is found by iteration to 1e-10 degrees,
a hundredth of a millimetre. The official function is not public; what map services give differs from the formula by
some metres (`AGREES_M`), and that, not the inverse, is the accuracy of a point whose datum was undone.

Where: services made for China shift the mainland, Hong Kong and Macau; Taiwan and every other country stay in WGS 84.
The land is told by an outline (`_LAND`) that is coarse at land borders; beyond it every function is the identity.

References
----------
The formula has been public since 2010 in many converters, none of which is used here. Some of them write π where BD-09
has 3000 π / 180, as the oldest publication has it, and are some 10 to 80 m off: googollee/eviltransform, issue 43.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import shapely

DATUMS = ("GCJ-02", "BD-09")
AGREES_M = 5  # metres between the published formula and what map services give
LAST_STEP = 2e-9  # degrees: each step of the inverse leaves a thirtieth of the one before, so 1e-10 remain
MOST_STEPS = 12

_SEMI_MAJOR, _ECCENTRICITY2 = 6378245.0, 0.00669342162296594323
_TURNS = np.pi * 3000.0 / 180.0
_BLOCK = 16_384  # points at a time: what they need then stays in the processor's cache

# Where maps are shifted, as a ring of longitude and latitude: the mainland with Hong Kong, Macau and Hainan, drawn here
# by hand, some ten kilometres off at land borders and wide at the coast.
_LAND = """
108.1 21.3, 107.9 21.55, 107.3 21.7, 106.75 21.95, 106.6 22.3, 106.6 22.55, 106.2 22.9, 105.8 23.0, 105.3 23.42,
104.9 23.15, 104.75 22.9, 104.3 22.75, 104.05 22.5, 103.9 22.5, 103.5 22.6, 103.0 22.5, 102.4 22.75, 102.15 22.4,
101.6 22.2, 101.8 21.9, 101.85 21.15, 101.2 21.3, 101.1 21.75, 100.5 21.45, 99.95 21.7, 99.2 22.1, 99.4 22.9,
98.8 23.15, 98.75 23.85, 98.6 24.05, 97.6 23.8, 97.5 24.6, 97.7 25.0, 98.1 25.4, 98.6 25.9, 98.6 27.5, 97.3 28.1,
96.3 28.4, 95.0 29.1, 94.0 29.0, 92.5 27.9, 91.7 27.75, 91.5 28.0, 89.6 28.1, 89.2 27.4, 88.9 27.25, 88.75 27.9,
86.2 27.85, 85.8 28.1, 85.2 28.25, 84.5 28.7, 83.9 29.2, 82.2 30.0, 81.0 30.05, 80.2 30.5, 79.0 31.2, 78.6 32.0,
78.8 33.6, 78.3 34.5, 77.8 35.4, 76.0 36.0, 75.0 36.9, 74.4 37.1, 74.7 38.0, 73.7 38.8, 73.4 39.4, 73.8 40.0,
74.9 40.4, 76.5 40.5, 78.2 41.1, 80.1 42.0, 80.2 44.1, 79.8 44.9, 81.7 45.3, 82.4 45.3, 82.2 45.6, 82.8 47.2,
84.9 46.9, 85.6 47.1, 85.5 47.9, 86.7 48.6, 87.0 49.2, 88.0 49.2, 90.0 47.8, 91.1 46.5, 90.8 45.3, 93.5 45.0,
95.4 44.3, 96.4 42.75, 100.0 42.7, 101.8 42.5, 105.0 41.6, 107.4 42.5, 110.0 42.7, 111.95 43.72, 111.6 44.3,
112.0 45.1, 113.8 44.75, 116.0 45.7, 116.6 46.3, 119.8 46.7, 119.7 47.2, 118.5 47.9, 116.2 47.8, 115.6 48.1,
116.7 49.8, 117.8 49.65, 119.3 50.2, 119.2 50.4, 120.7 52.0, 120.1 52.7, 121.0 53.3, 123.6 53.6, 125.6 53.1,
126.5 52.2, 127.0 51.3, 127.5 50.3, 127.6 49.8, 129.0 49.4, 130.5 49.0, 131.0 47.75, 132.5 47.85, 133.2 48.2,
134.6 48.45, 134.75 48.3, 134.0 46.5, 133.7 46.0, 133.1 45.1, 131.9 45.3, 131.3 44.9, 131.2 44.3, 131.2 43.5,
131.1 42.95, 130.6 42.4, 129.9 43.0, 129.75 42.45, 128.9 42.05, 128.1 42.0, 128.2 41.5, 127.2 41.5, 126.2 41.1,
124.9 40.45, 124.4 40.1, 124.2 39.8, 123.3 38.9, 121.0 38.3, 122.9 37.8, 122.9 36.7, 121.2 35.8, 120.0 35.0,
121.2 33.0, 122.2 31.9, 122.9 30.9, 123.0 29.9, 122.4 28.9, 121.6 27.8, 121.0 27.0, 120.0 25.6, 119.95 25.4,
119.2 24.9, 118.6 24.4, 117.5 23.4, 116.9 22.9, 115.9 22.5, 114.7 22.1, 114.2 21.8, 112.9 21.5, 111.5 20.6,
111.3 19.8, 110.7 18.5, 109.9 18.0, 108.5 18.3, 108.4 19.5, 108.7 20.7
"""
_NAMES = {
    "GCJ-02": ("gcj02", "gcj2", "gcj", "gcj02ll", "火星坐标", "火星坐标系", "火星", "国测局坐标", "国测局坐标系",
               "国测局加密坐标", "高德坐标", "高德坐标系", "腾讯坐标", "腾讯坐标系", "火星座標", "高德座標"),
    "BD-09": ("bd09", "bd9", "bd09ll", "bd", "百度坐标", "百度坐标系", "百度", "百度经纬度坐标", "百度座標"),
}  # fmt: skip
_BY_NAME = {name: datum for datum, names in _NAMES.items() for name in names}


def declared(text: str | None) -> str | None:
    """
    The datum that a text names: `GCJ-02` or `BD-09`; None for any other text.

    Case, width, blanks and marks do not matter: `gcj02`, `GCJ 02`, `火星坐标`, `bd-09`, `百度坐标系`.
    """
    if not text:
        return None
    key = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
    return _BY_NAME.get(key) or _BY_NAME.get(key.removeprefix("epsg"))


def is_shifted(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Whether maps of each place are published shifted; False for NaN. Degrees."""
    return np.asarray(shapely.contains_xy(_outline(), np.asarray(lon, float), np.asarray(lat, float)))


def from_wgs84(lon: np.ndarray, lat: np.ndarray, datum: str) -> tuple[np.ndarray, np.ndarray]:
    """
    Move points of WGS 84 to a shifted datum.

    Parameters
    ----------
    lon, lat : arrays of n floats
        Degrees; NaN stays NaN.
    datum : str
        `GCJ-02` or `BD-09`.

    Returns
    -------
    lon, lat : arrays of n floats
        Degrees in that datum; places whose maps are not shifted (`is_shifted`) stay to the bit.
    """
    shift = _forward(datum)
    return _where_shifted(np.asarray(lon, float), np.asarray(lat, float), shift)


def to_wgs84(lon: np.ndarray, lat: np.ndarray, datum: str) -> tuple[np.ndarray, np.ndarray]:
    """
    Undo a shifted datum: the inverse of `from_wgs84`, to better than 1e-9 degrees.

    Parameters
    ----------
    lon, lat : arrays of n floats
        Degrees in that datum; NaN stays NaN.
    datum : str
        `GCJ-02` or `BD-09`.

    Returns
    -------
    lon, lat : arrays of n floats
        Degrees of WGS 84. A point whose true place would lie where maps are not shifted stays to the bit.
    """
    _forward(datum)  # refuses other names
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    west, south, east, north = shapely.bounds(_outline())
    # The shift is two hundredths of a degree at most: what lies farther off needs no trial.
    near = (lon > west - 0.05) & (lon < east + 0.05) & (lat > south - 0.05) & (lat < north + 0.05)
    given_x, given_y = lon[near], lat[near]
    x, y = _in_blocks(given_x, given_y, lambda a, b: _undo(a, b, datum))
    true = is_shifted(x, y)
    undone_lon, undone_lat = lon.copy(), lat.copy()
    undone_lon[near], undone_lat[near] = np.where(true, x, given_x), np.where(true, y, given_y)
    return undone_lon, undone_lat


@lru_cache(maxsize=1)
def _outline() -> shapely.Polygon:
    numbers = np.array([pair.split() for pair in _LAND.replace("\n", " ").split(",")], dtype=float)
    outline = shapely.Polygon(numbers)
    shapely.prepare(outline)
    return outline


_Move = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def _forward(datum: str) -> _Move:
    if datum == "GCJ-02":
        return _gcj
    if datum == "BD-09":
        return lambda lon, lat: _bd(*_gcj(lon, lat))
    raise ValueError(f"{datum!r} is no datum of {', '.join(DATUMS)}")


def _where_shifted(lon: np.ndarray, lat: np.ndarray, move: _Move) -> tuple[np.ndarray, np.ndarray]:
    here = is_shifted(lon, lat)
    new_lon, new_lat = lon.copy(), lat.copy()
    new_lon[here], new_lat[here] = _in_blocks(lon[here], lat[here], move)
    return new_lon, new_lat


def _in_blocks(lon: np.ndarray, lat: np.ndarray, move: _Move) -> tuple[np.ndarray, np.ndarray]:
    new_lon, new_lat = np.empty_like(lon), np.empty_like(lat)
    for begin in range(0, len(lon), _BLOCK):
        part = slice(begin, begin + _BLOCK)
        new_lon[part], new_lat[part] = move(lon[part], lat[part])
    return new_lon, new_lat


def _gcj(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The published formula from WGS 84 to GCJ-02, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    angle_x, angle_y = np.pi * x, np.pi * y
    root = np.sqrt(np.abs(x))
    # sin 3a = 3 sin a - 4 sin³ a spares four sines of twelve.
    third_x, third_y, double = np.sin(angle_x / 3.0), np.sin(angle_y / 3.0), np.sin(2.0 * angle_x)
    waves = (20.0 * _of_thrice(double) + 20.0 * double) * (2.0 / 3.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * _of_thrice(third_y) + 40.0 * third_y) * (2.0 / 3.0)
    north += (160.0 * np.sin(angle_y / 12.0) + 320.0 * np.sin(angle_y / 30.0)) * (2.0 / 3.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * _of_thrice(third_x) + 40.0 * third_x) * (2.0 / 3.0)
    east += (150.0 * np.sin(angle_x / 12.0) + 300.0 * np.sin(angle_x / 30.0)) * (2.0 / 3.0)
    sine2 = np.sin(np.radians(lat)) ** 2
    magic = 1.0 - _ECCENTRICITY2 * sine2
    root_magic = np.sqrt(magic)
    north_degrees = np.degrees(north * magic * root_magic / (_SEMI_MAJOR * (1.0 - _ECCENTRICITY2)))
    east_degrees = np.degrees(east * root_magic / (_SEMI_MAJOR * np.sqrt(1.0 - sine2)))
    return lon + east_degrees, lat + north_degrees


def _of_thrice(sine: np.ndarray) -> np.ndarray:
    """The sine of thrice the angle."""
    return sine * (3.0 - 4.0 * sine * sine)


def _bd(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The published formula from GCJ-02 to BD-09, in degrees."""
    radius = np.sqrt(lon * lon + lat * lat) + 0.00002 * np.sin(lat * _TURNS)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _TURNS)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _undo(lon: np.ndarray, lat: np.ndarray, datum: str) -> tuple[np.ndarray, np.ndarray]:
    if datum == "BD-09":
        lon, lat = _solve(_bd, lon, lat, lon - 0.0065, lat - 0.006)
    return _solve(_gcj, lon, lat, lon, lat)


def _solve(
    move: _Move, lon: np.ndarray, lat: np.ndarray, first_lon: np.ndarray, first_lat: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where `move` comes from: what is left of the way is subtracted, of which at most a thirtieth remains."""
    x, y = first_lon, first_lat
    for _ in range(MOST_STEPS):
        there_x, there_y = move(x, y)
        step_x, step_y = lon - there_x, lat - there_y
        x, y = x + step_x, y + step_y
        if max(np.abs(step_x).max(initial=0.0), np.abs(step_y).max(initial=0.0)) < LAST_STEP:
            break
    return x, y
