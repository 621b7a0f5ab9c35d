"""Coordinates of a table → degrees, each row's point mended, kept or set aside, with a finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely

from geo.clean_datum import system_of, undo_datum
from geo.coded import Coded
from geo.crs import project
from geo.fill_values import far_fills, listed_fills
from geo.find_system import confirm_system, find_system, in_degrees, is_projected
from geo.ground_box import Ground, ground_of
from geo.locate import leaf_neighborhoods
from geo.mixed_systems import ELSEWHERE, in_no_system, mend_rows
from geo.point_precision import point_precision
from geo.raw_points import read_raw, read_values
from geo.report import Notes
from geo.schema import GEOGRAPHIC_CRS
from geo.tables import Table
from geo.two_pairs import compare_pairs

WIDEST = 20  # degrees from the middle: a wider box tells no swapped axes
NARROW = 2.0  # degrees; where all rows lie within them, none is looked at without polygons
REST = 20  # rows that must lie together, to judge others by them without polygons


@dataclass(eq=False)
class Points:
    """
    Degrees (NaN without a point), precision, the system, and per word of repair the rows that were mended so.

    `area` holds all neighborhoods together in degrees, None without any.
    """

    lon: np.ndarray
    lat: np.ndarray
    precision: Coded
    crs: str
    mended: dict[str, np.ndarray] = field(default_factory=dict)
    area: shapely.Geometry | None = None


def clean_points(
    table: Table, picked: Mapping[str, str], notes: Notes, *, neighborhoods: gpd.GeoDataFrame | None, crs: str | None,
    metric_crs: str | None = None,
) -> Points:  # fmt: skip
    """
    Bring every row's coordinates to degrees.

    Raises
    ------
    InputError
        If a coordinate column holds text, or the reference system is neither given nor to be found.
    """
    area = leaves = None
    if neighborhoods is not None and len(neighborhoods):
        leaves = leaf_neighborhoods(neighborhoods)
        leaves = leaves.to_crs(GEOGRAPHIC_CRS) if leaves.crs is not None and leaves.crs != GEOGRAPHIC_CRS else leaves
        area = shapely.union_all(leaves.geometry.to_numpy())
    crs, datum = system_of(crs)
    x, y, degrees, source_crs = read_raw(table, picked, notes, crs)
    ground = ground_of(area) if area is not None else None
    fill = listed_fills(x, y)
    if fill.any():
        x, y = np.where(fill, np.nan, x), np.where(fill, np.nan, y)
    exchanged = False
    if source_crs is None and not degrees:
        source_crs, exchanged = find_system(x, y, ground, table, notes, metric_crs)
    elif source_crs is None:
        source_crs = GEOGRAPHIC_CRS
        if ground is not None and not in_degrees(x, y):
            source_crs, exchanged = find_system(x, y, ground, table, notes, metric_crs, or_degrees=True)
    elif ground is not None:
        source_crs, exchanged = confirm_system(x, y, source_crs, ground, table, notes)
    projected = is_projected(source_crs)
    x, y = (y, x) if exchanged else (x, y)
    lon, lat = project(x, y, source_crs, GEOGRAPHIC_CRS) if projected else (x, y)
    ground = ground or _rest(lon, lat)
    mended: dict[str, np.ndarray] = {}
    aside = np.zeros(len(lon), bool)
    if exchanged:
        notes.add("point.axes_exchanged", np.isfinite(x), crs=source_crs)
    if ground is not None:
        lon, lat, mended, filler, aside = _strays(x, y, lon, lat, source_crs, ground, notes, projected=projected)
        fill |= filler
    notes.add("point.fill", fill)
    if exchanged:
        mended["axes_swapped"] = np.isfinite(lon) ^ mended.get("axes_swapped", np.zeros(len(lon), bool))
    lon, lat = _on_earth(x, y, lon, lat, aside, notes)
    if source_crs != GEOGRAPHIC_CRS and not projected:
        lon, lat = project(lon, lat, source_crs, GEOGRAPHIC_CRS)
    if {"lon", "lat", "x", "y"} <= set(picked) and table.point_x is None and "point" not in picked:
        lon, lat = _second_pair(lon, lat, table, picked, ground, notes, mended)
    lon, lat = undo_datum(lon, lat, datum, notes, mended)
    precision = point_precision(lon, lat, (x, y), source_crs, table, picked, leaves, notes)
    return Points(lon, lat, precision, datum or source_crs, mended, area)


def _strays(
    x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, crs: str, ground: Ground, notes: Notes,
    *, projected: bool,
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], np.ndarray, np.ndarray]:  # fmt: skip
    """
    Rows that lie nowhere near the ground: mended, set aside as fillers or as of no known system, else left.

    Gives the degrees, what was mended, the fillers, and all rows that lost their point.
    """
    rows = np.flatnonzero(~ground.near(lon, lat))
    rows = rows[np.isfinite(x[rows]) & np.isfinite(y[rows])]
    same = rows[x[rows] == y[rows]]
    lon, lat, mended = mend_rows(x, y, lon, lat, np.setdiff1d(rows, same), crs, ground, notes, projected=projected)
    filler = np.zeros(len(x), bool)
    rows = rows[~ground.near(lon[rows], lat[rows])]
    if not len(rows) or ground.few:
        return lon, lat, mended, filler, filler
    filler, repeated = far_fills(x, y, lon, lat, rows, ground, projected=projected)
    if repeated.any():
        first = int(np.flatnonzero(repeated)[0])
        notes.add("point.fill_repeated", repeated, x=f"{x[first]:.10g}", y=f"{y[first]:.10g}")
    rows = rows[~(filler | repeated)[rows]]
    unknown = np.zeros(len(x), bool)
    unknown[rows] = in_no_system(x[rows], y[rows], lon[rows], lat[rows], ground, projected=projected)
    notes.add("point.system_unknown", unknown)
    aside = filler | repeated | unknown
    if aside.any():
        lon, lat = np.where(aside, np.nan, lon), np.where(aside, np.nan, lat)
    if ground.rest:
        one, other = lon[rows], lat[rows]
        far = np.zeros(len(x), bool)
        far[rows] = (ground.gap(one, other) > ELSEWHERE) & (np.abs(one) <= 180) & (np.abs(other) <= 90)
        notes.add("point.far_from_rest", far)
    return lon, lat, mended, filler, aside


def _on_earth(
    x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, aside: np.ndarray, notes: Notes
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Points without those that are nowhere on earth."""
    wrong = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if lon is not x:
        wrong |= np.isnan(lon) & np.isfinite(x) & np.isfinite(y) & ~aside
    if wrong.any():
        notes.add("point.out_of_range", wrong)
        lon, lat = np.where(wrong, np.nan, lon), np.where(wrong, np.nan, lat)
    return lon, lat


def _second_pair(
    lon: np.ndarray, lat: np.ndarray, table: Table, picked: Mapping[str, str], ground: Ground | None, notes: Notes,
    mended: dict[str, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Compare the degrees with the pair beside them; take a place from that where only it lies in the area."""
    one, other = (read_values(table.columns[picked[name]]) for name in ("x", "y"))
    fill = listed_fills(one, other)
    one, other = np.where(fill, np.nan, one), np.where(fill, np.nan, other)
    pairs = compare_pairs(lon, lat, one, other, ground)
    if pairs is None:
        return lon, lat
    notes.add(
        "point.pairs_differ", pairs.differ, metres=round(pairs.metres), x=picked["x"], y=picked["y"], crs=pairs.crs
    )
    lost = np.isnan(lon) | (pairs.differ & ~ground.within(lon, lat) if ground is not None else False)
    taken = lost & (ground.within(pairs.lon, pairs.lat) if ground is not None else np.isfinite(pairs.lon))
    if not taken.any():
        return lon, lat
    notes.add("point.pair_taken", taken, x=picked["x"], y=picked["y"], crs=pairs.crs)
    mended["other_pair"] = taken
    return np.where(taken, pairs.lon, lon), np.where(taken, pairs.lat, lat)


def _rest(lon: np.ndarray, lat: np.ndarray) -> Ground | None:
    """Without polygons, the ground is where most rows lie; None where all lie together, or far and wide."""
    if _axes_apart(lon, lat) and all(
        float(np.fmax.reduce(values)) - float(np.fmin.reduce(values)) <= NARROW
        and abs(float(np.fmax.reduce(values))) <= 180
        for values in (lon, lat)
        if np.isfinite(values).any()
    ):
        return None
    here = np.isfinite(lon) & np.isfinite(lat)
    if here.sum() < 3:
        return None
    one, other = lon[here], lat[here]
    if np.mean(np.abs(other) > 90) > 0.5:
        one, other = other, one
    (middle_x, reach_x), (middle_y, reach_y) = _middle(one), _middle(other)
    if max(reach_x, reach_y) > WIDEST:
        return None
    west, east, south, north = middle_x - reach_x, middle_x + reach_x, middle_y - reach_y, middle_y + reach_y
    inside = (one >= west) & (one <= east) & (other >= south) & (other <= north)
    if not inside.any():
        return None
    low, high = (np.quantile(np.column_stack([one[inside], other[inside]]), share, axis=0) for share in (0.01, 0.99))
    return Ground(
        shapely.box(*low, *high), (west, south, east, north), swaps=west > north or east < south, rest=True,
        few=bool(inside.sum() < REST),
    )  # fmt: skip


def _axes_apart(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the two axes run over numbers so far from each other that no row can have them exchanged."""
    if not len(x) or np.isnan(x).all():
        return True
    (left, right), (low, high) = ((float(np.fmin.reduce(v)), float(np.fmax.reduce(v))) for v in (x, y))
    return max(abs(low), abs(high)) <= 90 and (low > right + WIDEST or high < left - WIDEST)


def _middle(values: np.ndarray) -> tuple[float, float]:
    middle = float(np.median(values))
    return middle, 0.5 + 5 * float(np.quantile(np.abs(values - middle), 0.6))
