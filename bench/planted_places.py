"""
The faults of place that `bench.place_faults` plants, and its clean controls: each makes one file of rows.

Made from what the faults are, without a look at how they are found.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from bench.place_worlds import City, make_rows, projected, texts

NEAR = 25.0  # metres within which a point is where it was


@dataclass
class Planted:
    """A file: the true rows, the two texts of each, which rows are faulty, and what the fault is."""

    rows: pd.DataFrame
    written: np.ndarray
    faulty: np.ndarray
    bare: bool = False
    expect: str = "place"  # place: mended or set aside; precision: lowered; datum: asked; clean: nothing
    near: float = NEAR
    datum: str = ""  # which must be asked about
    crs: str | None = None  # what is declared


Maker = Callable[[City, int, np.random.Generator], Planted]


# --- faults -------------------------------------------------------------------------------------------------------


def _plain(city: City, n: int, rng: np.random.Generator, **options: Any) -> Planted:
    rows = make_rows(city, n, rng, **options)
    degrees = city.degrees(rows[["x", "y"]].to_numpy())
    return Planted(rows, texts(degrees), np.zeros(n, bool))


def _some(planted: Planted, share: float, rng: np.random.Generator) -> np.ndarray:
    n = len(planted.rows)
    planted.faulty = np.zeros(n, bool)
    planted.faulty[rng.choice(n, max(1, round(share * n)), replace=False)] = True
    return planted.faulty


def swapped(share: float) -> Maker:
    """Axes swapped in some rows, or all."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        bad = _some(p, share, rng)
        p.written[bad] = p.written[bad][:, ::-1]
        return p

    return make


def mixed(system: int, share: float) -> Maker:
    """Rows of another system, the city's `system`-th, among degrees."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        bad = _some(p, share, rng)
        code = list(city.kind.others.values())[system]
        there = projected(city.degrees(p.rows.loc[bad, ["x", "y"]].to_numpy()), 4326, code)
        p.written[bad] = texts(there, 2)
        return p

    return make


def two_grids(share: float) -> Maker:
    """A file in one grid of metres or feet, with rows of another grid in it."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        bad = _some(p, share, rng)
        degrees = city.degrees(p.rows[["x", "y"]].to_numpy())
        main, other = (projected(degrees, 4326, code) for code in reversed(city.kind.others.values()))
        p.written = texts(np.where(bad[:, None], other, main), 2)
        return p

    return make


def whole(system: int) -> Maker:
    """A clean file all in the city's `system`-th grid."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        code = list(city.kind.others.values())[system]
        p.written = texts(projected(city.degrees(p.rows[["x", "y"]].to_numpy()), 4326, code), 2)
        p.expect = "clean"
        return p

    return make


def sign_lost(share: float) -> Maker:
    """Minus signs lost: of the longitude in the west, of the latitude in the south; in China none is there to lose."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        bad = _some(p, share, rng)
        p.written[bad] = [[text.lstrip("-") for text in row] for row in p.written[bad]]
        if city.kind.name == "china":
            p.faulty, p.expect = np.zeros(n, bool), "clean"
        return p

    return make


def fills(lon: str, lat: str, share: float) -> Maker:
    """A value that fills in for none."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        bad = _some(p, share, rng)
        p.written[bad, 0] = lon or p.written[bad, 0]
        p.written[bad, 1] = lat or p.written[bad, 1]
        return p

    return make


def far(share: float) -> Maker:
    """A slip of a digit: the whole degrees of the latitude off by one or two."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        bad = _some(p, share, rng)
        degrees = city.degrees(p.rows[["x", "y"]].to_numpy())
        degrees[bad, 1] += rng.choice([-2, -1, 1, 2], bad.sum())
        p.written = texts(degrees)
        return p

    return make


def office(share: float, *, blank: float = 0.9, bare: bool = False) -> Maker:
    """Rows without an address put on one address, the town hall; most lack street, zip and area too."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        bad = _some(p, share, rng)
        hall = city.addresses[rng.choice(len(city.addresses), p=city.weight)]
        empty = bad & (rng.random(n) < blank)
        p.rows.loc[empty, ["street", "zip", "area"]] = ""
        p.written[bad] = texts(city.degrees(hall[None]))[0]
        p.rows.loc[bad, ["x", "y"]] = np.nan
        p.bare = bare
        return p

    return make


def office_filled(share: float) -> Maker:
    """Rows put on one point while their columns say that they happened all over the city."""
    return office(share, blank=0.0)


def centroids(share: float) -> Maker:
    """Rows without an address put on the middle of their neighborhood; the street is blank, the area is right."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        bad = _some(p, share, rng)
        names = city.units["name"].to_numpy(dtype=object)
        unit = pd.Index(names).get_indexer(p.rows["area"])[bad]
        middles = city.units.geometry.centroid
        p.written[bad] = texts(city.degrees(np.column_stack([middles.x, middles.y])))[unit]
        p.rows.loc[bad, ["street", "zip"]] = ""
        p.rows.loc[bad, ["x", "y"]] = np.nan
        return p

    return make


def _lowered(place: Callable[[City, np.ndarray, np.random.Generator], np.ndarray], share: float) -> Maker:
    """Rows whose points are moved by `place` to a few others; their precision must not stay `address`."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        bad = _some(p, share, rng)
        moved = place(city, p.rows.loc[bad, ["x", "y"]].to_numpy(), rng)
        p.written[bad] = texts(city.degrees(moved))
        p.rows.loc[bad, ["x", "y"]] = moved
        p.expect = "precision"
        return p

    return make


def lattice(step: float, share: float) -> Maker:
    """Points on a lattice of `step` metres, turned with the metric grid and shifted from round numbers."""

    def place(city: City, xy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        shift = rng.uniform(0, step, 2)
        return np.round((xy - shift) / step) * step + shift

    return _lowered(place, share)


def degree_lattice(decimals: int, share: float, *, shift: float = 0.0) -> Maker:
    """Coordinates rounded to so many decimals of a degree; a shift in degrees hides it from a count of decimals."""

    def place(city: City, xy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        degrees = np.round(city.degrees(xy), decimals) + shift
        return city.metres(degrees)

    return _lowered(place, share)


def corners(share: float) -> Maker:
    """Points moved to the nearest block corner."""

    def place(city: City, xy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.asarray(city.corners[cKDTree(city.corners).query(xy)[1]])

    return _lowered(place, share)


def map_points(number: int, share: float) -> Maker:
    """Points moved to the nearest of some hundred published map points, which lie on streets."""

    def place(city: City, xy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        points = city.addresses[rng.choice(len(city.addresses), number, replace=False)]
        return np.asarray(points[cKDTree(points).query(xy)[1]])

    return _lowered(place, share)


def datum(which: str, share: float) -> Maker:
    """GCJ-02 or BD-09 in the whole file or some rows; elsewhere than in China the file stays clean."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        if city.kind.name != "china":
            p.expect = "clean"
            return p
        bad = _some(p, share, rng)
        degrees = city.degrees(p.rows[["x", "y"]].to_numpy())
        degrees[bad] = shifted(degrees[bad], which)
        p.written = texts(degrees)
        p.expect, p.datum = "datum", which
        return p

    return make


def declared(which: str) -> Maker:
    """A file in GCJ-02 or BD-09 that is said to be: each row must come back to within a metre."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = datum(which, 1.0)(city, n, rng)
        if city.kind.name == "china":
            p.expect, p.crs, p.near = "place", which, 1.0
        return p

    return make


def web_map(share: float) -> Maker:
    """Rows in the metres of web maps among degrees."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        bad = _some(p, share, rng)
        there = projected(city.degrees(p.rows.loc[bad, ["x", "y"]].to_numpy()), 4326, 3857)
        p.written[bad] = texts(there, 2)
        return p

    return make


def several(share: float) -> Maker:
    """Rows in both other grids and swapped rows among degrees, each of this share."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        which = rng.choice(4, n, p=[share, share, share, 1 - 3 * share])
        degrees = city.degrees(p.rows[["x", "y"]].to_numpy())
        for kind, code in enumerate(city.kind.others.values()):
            p.written[which == kind] = texts(projected(degrees[which == kind], 4326, code), 2)
        p.written[which == 2] = p.written[which == 2][:, ::-1]
        p.faulty = which < 3
        return p

    return make


def grid_swapped(share: float) -> Maker:
    """A file in a national grid or state plane, some of whose rows give northing before easting."""

    def make(city: City, n: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n, rng)
        code = list(city.kind.others.values())[1]
        p.written = texts(projected(city.degrees(p.rows[["x", "y"]].to_numpy()), 4326, code), 2)
        bad = _some(p, share, rng)
        p.written[bad] = p.written[bad][:, ::-1]
        return p

    return make


def short(maker: Maker, n: int = 80) -> Maker:
    """The same fault in a file of few rows."""
    return lambda city, _, rng: maker(city, n, rng)


def shifted(lonlat: np.ndarray, which: str) -> np.ndarray:
    """WGS-84 to GCJ-02 or BD-09 by the published formula, written here a second time to be independent."""
    a, e2 = 6378245.0, 0.00669342162296594323
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    x, y, pi = lon - 105.0, lat - 35.0, np.pi
    wave = (20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + wave
    north += (20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + wave
    east += (20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi)) * 2 / 3
    rad = np.radians(lat)
    magic = 1 - e2 * np.sin(rad) ** 2
    north = north * 180 / (a * (1 - e2) / (magic * np.sqrt(magic)) * pi)
    east = east * 180 / (a / np.sqrt(magic) * np.cos(rad) * pi)
    lon, lat = lon + east, lat + north
    if which == "BD-09":
        t = pi * 3000 / 180
        z = np.hypot(lon, lat) + 0.00002 * np.sin(lat * t)
        theta = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * t)
        lon, lat = z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006
    return np.column_stack([lon, lat])


# --- clean controls -----------------------------------------------------------------------------------------------


def clean(busy: tuple[float, ...] | None = None, *, decimals: int = 6, bare: bool = False, n: int = 0) -> Maker:
    """A clean file: real busy places, fewer decimals, fewer columns, few rows."""

    def make(city: City, number: int, rng: np.random.Generator) -> Planted:
        p = _plain(city, n or number, rng, **({} if busy is None else {"busy": busy}))
        p.written = texts(city.degrees(p.rows[["x", "y"]].to_numpy()), decimals)
        p.expect, p.bare = "clean", bare
        return p

    return make


def near_borders(city: City, n: int, rng: np.random.Generator) -> Planted:
    """A clean file whose every row lies within 30 m of a border between neighborhoods."""
    border = city.units.geometry.boundary.union_all()
    metres = rng.uniform(0, border.length, n)
    at = shapely.get_coordinates(shapely.line_interpolate_point(border, metres))
    p = _plain(city, n, rng)
    xy = at + rng.uniform(-20, 20, at.shape)
    p.rows[["x", "y"]] = xy
    p.written, p.expect = texts(city.degrees(xy)), "clean"
    return p


def neighbors_town(city: City, n: int, rng: np.random.Generator) -> Planted:
    """A clean file with 3 % of rows in a town 6 to 25 km beyond the city: outside, and rightly where they are."""
    p = _plain(city, n, rng)
    out = rng.choice(n, n * 3 // 100, replace=False)
    middle = np.array([city.units.total_bounds[[0, 2]].mean(), city.units.total_bounds[[1, 3]].mean()])
    turn, away = rng.uniform(0, 2 * np.pi, len(out)), rng.uniform(16_000, 35_000, len(out))
    p.rows.loc[out, ["x", "y"]] = middle + away[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    p.rows.loc[out, "area"] = ""
    p.written, p.expect = texts(city.degrees(p.rows[["x", "y"]].to_numpy())), "clean"
    return p


CASES: dict[str, Maker] = {
    **{f"axes swapped, {share:.0%}": swapped(share) for share in (1.0, 0.3, 0.02)},
    **{f"UTM among degrees, {share:.0%}": mixed(0, share) for share in (0.3, 0.05, 0.01)},
    **{f"state plane feet or national grid among degrees, {share:.0%}": mixed(1, share) for share in (0.3, 0.05, 0.01)},
    **{f"UTM in another grid, {share:.0%}": two_grids(share) for share in (0.3, 0.05, 0.01)},
    "web map metres among degrees, 5%": web_map(0.05),
    "two grids and swapped axes among degrees, 3% each": several(0.03),
    **{f"axes swapped in a grid, {share:.0%}": grid_swapped(share) for share in (1.0, 0.3, 0.02)},
    "UTM among degrees, 5% of 80 rows": short(mixed(0, 0.05)),
    "axes swapped, 5% of 80 rows": short(swapped(0.05)),
    **{f"minus sign lost, {share:.0%}": sign_lost(share) for share in (1.0, 0.3, 0.02)},
    **{f"fill {fill}, {fill}, 1%": fills(fill, fill, 0.01) for fill in ("0", "-1", "999")},
    "fill 0 for the latitude alone, 1%": fills("", "0", 0.01),
    "whole degree off, 1%": far(0.01),
    **{f"office point, columns blank, {share:.1%}": office(share) for share in (0.2, 0.1, 0.02, 0.005)},
    **{f"office point, columns of all areas, {share:.1%}": office_filled(share) for share in (0.2, 0.1, 0.02, 0.005)},
    **{f"office point, no other columns, {share:.1%}": office(share, bare=True) for share in (0.2, 0.1, 0.02)},
    **{f"middles of neighborhoods, {share:.0%}": centroids(share) for share in (0.2, 0.1, 0.02)},
    **{f"lattice of {step} m, shifted, {part:.0%}": lattice(step, part) for step in (100, 250) for part in (1.0, 0.3)},
    **{f"{d} decimals, {share:.0%}": degree_lattice(d, share) for d in (2, 3) for share in (1.0, 0.3)},
    "3 decimals, shifted, 100%": degree_lattice(3, 1.0, shift=0.000437),
    **{f"block corners, {share:.0%}": corners(share) for share in (1.0, 0.3)},
    **{f"400 map points, {share:.0%}": map_points(400, share) for share in (1.0, 0.3)},
    **{f"{which}, {share:.0%}": datum(which, share) for which in ("GCJ-02", "BD-09") for share in (1.0, 0.5)},
    **{f"{which}, declared": declared(which) for which in ("GCJ-02", "BD-09")},
    "clean": clean(),
    "clean, a mall with 12 %": clean((0.12, 0.05)),
    "clean, a mall with 25 %": clean((0.25,)),
    "clean, no other columns": clean(bare=True),
    "clean, a mall with 12 %, no other columns": clean((0.12, 0.05), bare=True),
    "clean, 5 decimals": clean(decimals=5),
    "clean, 15 decimals": clean(decimals=15),
    "clean, 80 rows": clean(n=80),
    "clean, all in UTM": whole(0),
    "clean, all in state plane feet or national grid": whole(1),
    "clean, near borders": near_borders,
    "clean, 3 % in another town": neighbors_town,
}  # fmt: skip
