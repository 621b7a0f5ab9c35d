"""How exact points are: rounded, on a lattice, shared map points, or a default. It moves no point."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from geo.coded import Coded
from geo.default_points import DefaultPoint, Places, find_defaults, find_places
from geo.lattice import AREA_STEP, METRES, Lattice, find_lattice
from geo.locate import place_keys
from geo.report import Notes
from geo.schema import PRECISIONS
from geo.tables import Table

FEW = 50  # rows below which nothing is said of shared points
SHARED = 2.0  # rows a point, on average, from which points stand for blocks
ALONE, SHARED_POINTS, SHARED_ROWS, BOTH_SHARE = 0.4, 20, 5, 0.15  # a file of exact points and of shared ones
TOLD = 12  # defaults told one by one
COORDINATES = ("lon", "lat", "x", "y", "point")
_ADDRESS, _BLOCK, _AREA, _UNKNOWN = (PRECISIONS.index(word) for word in ("address", "block", "area", "unknown"))


def point_precision(
    lon: np.ndarray, lat: np.ndarray, raw: tuple[np.ndarray, np.ndarray], crs: str, table: Table,
    picked: Mapping[str, str], units: Any, notes: Notes,
) -> Coded:  # fmt: skip
    """
    The precision of each row's point; what it rests on is told.

    Parameters
    ----------
    lon, lat : arrays of n floats
        Degrees, NaN without a point.
    raw : pair of arrays of n floats
        The coordinates as the file writes them, in `crs`.
    table, picked
        Whose columns tell a default from a busy place.
    units : GeoDataFrame or None
        Leaf neighborhoods in EPSG:4326.

    Returns
    -------
    Coded
        Of `geo.schema.PRECISIONS`. A snapped point is never `address`; a default is `unknown`, or `area` where it is
        the middle of one; without a point it is `unknown` too.
    """
    known = np.isfinite(lon)
    codes = np.full(len(lon), _UNKNOWN, np.int8)
    n = int(np.count_nonzero(known))
    if not n:
        return Coded(codes, PRECISIONS)
    rows = np.arange(len(lon)) if n == len(lon) else np.flatnonzero(known)
    every = n == len(lon)
    one, other = (lon, lat) if every else (lon[rows], lat[rows])
    places = find_places(rows, place_keys(one, other))
    defaults = _defaults(places, lon, lat, raw, table, picked, units, notes) if n >= FEW else []
    codes[rows] = _ADDRESS
    x, y = raw if every else (raw[0][rows], raw[1][rows])
    lattice = find_lattice(x, y, one, other, metres_a_unit(crs, float(np.median(other[:10_000]))))
    if lattice is not None:
        codes[rows[lattice.rows]] = _AREA if lattice.metres > AREA_STEP else _BLOCK
    _share(places, codes, defaults, notes)
    if lattice is not None:
        _tell(lattice, rows, len(lon), notes)
    for default in defaults:
        codes[default.where] = _AREA if default.area else _UNKNOWN
    return Coded(codes, PRECISIONS)


def says_nothing(events: pd.DataFrame) -> np.ndarray:
    """
    Which events have a point of unknown exactness among better ones: a default.

    Where most are unknown nothing better is to be had, and all of them stand.
    """
    placed = events["lon"].notna().to_numpy()
    unknown = (events["precision"] == "unknown").to_numpy() & placed
    return unknown if unknown.sum() < 0.5 * placed.sum() else np.zeros(len(events), bool)


def metres_a_unit(crs: str, lat: float) -> tuple[float, float]:
    """Metres per unit of x and y of a system, at a latitude."""
    try:
        system = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        return METRES * float(np.cos(np.radians(lat))), METRES
    if system.is_projected:
        factor = float(system.axis_info[0].unit_conversion_factor or 1.0)
        return factor, factor
    return METRES * float(np.cos(np.radians(lat))), METRES


def _share(places: Places, codes: np.ndarray, defaults: list[DefaultPoint], notes: Notes) -> None:
    """Points that many rows share stand for blocks: all points, or those alone where the others are exact."""
    n, counts = len(places.keys), places.counts
    if n < FEW:
        # So few rows show no pattern: an exact point is not promised.
        codes[places.rows] = np.maximum(codes[places.rows], _BLOCK)
        return
    gone = sum(default.rows for default in defaults)
    left, spots = n - gone, max(len(counts) - len(defaults), 1)
    many = counts >= SHARED_ROWS
    alone = int((counts == 1).sum())
    in_many = int(counts[many].sum()) - gone
    both = alone >= ALONE * left and many.sum() - len(defaults) >= SHARED_POINTS and in_many >= BOTH_SHARE * left
    if both:
        shared = places.rows[(counts >= 3)[np.searchsorted(places.distinct, places.keys)]]
    elif left / spots >= SHARED:
        shared = places.rows
    else:
        return
    mask = np.zeros(len(codes), bool)
    mask[shared] = True
    for default in defaults:
        mask[default.where] = False
    codes[mask] = np.maximum(codes[mask], _BLOCK)
    spots = int((counts >= 3).sum()) - len(defaults) if both else spots
    each = round(float(np.count_nonzero(mask)) / max(spots, 1), 1)
    notes.add("point.shared_some" if both else "point.snapped", mask, places=spots, each=each)


def _tell(lattice: Lattice, rows: np.ndarray, n: int, notes: Notes) -> None:
    mask = np.zeros(n, bool)
    mask[rows[lattice.rows]] = True
    metres = float(f"{lattice.metres:.3g}")
    share = float(lattice.rows.mean())
    if lattice.kind == "rounded" and lattice.decimals >= 0:
        notes.add("point.rounded", mask, decimals=lattice.decimals, metres=metres, share=share)
    else:
        notes.add("point.lattice", mask, metres=metres, share=share)


def _defaults(
    places: Places, lon: np.ndarray, lat: np.ndarray, raw: tuple[np.ndarray, np.ndarray], table: Table,
    picked: Mapping[str, str], units: Any, notes: Notes,
) -> list[DefaultPoint]:  # fmt: skip
    """The points set aside; those that are only suspected are told."""
    skipped = {picked[name] for name in COORDINATES if name in picked}
    columns = {name: column for name, column in table.columns.items() if name not in skipped}
    found = find_defaults(places, lon, lat, raw, columns, picked.get("category"), units)
    aside = [point for point in found if point.aside]
    for code, chosen in (("point.default", aside), ("point.suspected", [p for p in found if not p.aside])):
        for point in chosen[:TOLD]:
            facts = {"lon": point.lon, "lat": point.lat, "name": point.name, "share": point.share, "next": point.next}
            facts["where"] = f"{point.name} {point.lon:.5f}, {point.lat:.5f}".strip()
            notes.add(code, _mask([point], len(lon)), signs=list(point.signs), evidence=dict(point.facts), **facts)
    if len(aside) > TOLD:
        listed = [{"lon": p.lon, "lat": p.lat, "name": p.name, "rows": p.rows} for p in aside[TOLD:]]
        notes.add("point.defaults_more", _mask(aside[TOLD:], len(lon)), points=listed, places=len(listed))
    return aside


def _mask(points: list[DefaultPoint], n: int) -> np.ndarray:
    mask = np.zeros(n, bool)
    for point in points:
        mask[point.where] = True
    return mask
