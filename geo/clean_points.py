"""Coordinates of a table → degrees, each row's point mended, kept or set aside, with a finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely

from geo.clean_datum import system_of, undo_datum
from geo.coded import Coded
from geo.crs import MIN_SHARE, CrsGuess, detect_crs, project, require_crs
from geo.degrees import read_degree_pairs, read_degrees
from geo.errors import InputError
from geo.fill_values import ELSEWHERE, far_fills, listed_fills
from geo.locate import leaf_neighborhoods
from geo.mixed_systems import Ground, are_whole_degrees, ground_of, in_no_system, mend_rows
from geo.persons import mask
from geo.point_precision import point_precision, written_decimals
from geo.report import Notes
from geo.schema import GEOGRAPHIC_CRS
from geo.tables import Table
from geo.text_columns import TextColumn
from geo.two_pairs import compare_pairs

MAX_TEXT_SHARE = 0.2  # of filled cells; above it the column is taken for the wrong one
WIDEST = 20  # degrees from the middle: a wider box tells no swapped axes
NARROW = 5.0  # degrees; where all rows lie within them, none is looked at without polygons
REST = 20  # rows that must lie together, to judge others by them without polygons
STRAY_SHARE = 0.1  # of points inside; below it an order of axes is not the file's
TELLS_METRES = 100.0  # systems that fit alike and differ by more are told apart by the planner
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_WKT = rf"(?i)^(?:SRID=\d+;)?\s*POINT\s*(?:Z|ZM)?\s*\(\s*(?P<x>{_NUMBER})\s+(?P<y>{_NUMBER})[^)]*\)$"
_DEGREES = r"[-+]?\d{1,3}\.\d+"  # with a decimal point: "13,40" is one number with a decimal comma
_PAIR = rf"^[(\[]?\s*(?P<x>{_DEGREES})\s*°?\s*[,，;；\s/]\s*(?P<y>{_DEGREES})\s*°?\s*[)\]]?$"


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


def split_points(texts: np.ndarray | pa.StringArray) -> tuple[np.ndarray, np.ndarray, bool]:
    """
    Read distinct texts that hold a point: `POINT (116.39 39.9)`, `116.39,39.9`, `(41.88, -87.63)`.

    Returns
    -------
    x, y : arrays of floats
        NaN where unreadable.
    sure : bool
        Whether the order is known: WKT says x first; a first number beyond 90 is a longitude.
    """
    array = texts if isinstance(texts, pa.Array) else pa.array([str(text) for text in texts], pa.string())
    wkt, pair = pc.extract_regex(array, _WKT), pc.extract_regex(array, _PAIR)
    found = pc.if_else(wkt.is_valid(), wkt, pair)
    x, y = (_floats(pc.struct_field(found, name)) for name in ("x", "y"))
    if found.null_count == len(found):
        x, y = read_degree_pairs(array.to_numpy(zero_copy_only=False))
        return x, y, True
    if wkt.null_count < len(wkt):
        return x, y, True
    if np.nanmax(np.abs(x), initial=0) > 90:
        return x, y, True
    if np.nanmax(np.abs(y), initial=0) > 90 or any(
        str(text).startswith("(") for text in array.slice(0, 20).to_pylist()
    ):
        return y, x, True  # "(latitude, longitude)", as open-data portals write it
    return x, y, False


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
    area = None
    if neighborhoods is not None and len(neighborhoods):
        leaves = leaf_neighborhoods(neighborhoods)
        leaves = leaves.to_crs(GEOGRAPHIC_CRS) if leaves.crs is not None and leaves.crs != GEOGRAPHIC_CRS else leaves
        area = shapely.union_all(leaves.geometry.to_numpy())
    crs, datum = system_of(crs)
    x, y, degrees, source_crs = _raw(table, picked, notes, crs)
    ground = ground_of(area) if area is not None else None
    fill = listed_fills(x, y)
    if fill.any():
        x, y = np.where(fill, np.nan, x), np.where(fill, np.nan, y)
    exchanged = False
    if source_crs is None and not degrees:
        source_crs, exchanged = _find_crs(x, y, ground, table, notes, metric_crs)
    elif source_crs is None:
        source_crs = GEOGRAPHIC_CRS
        if ground is not None and not _in_degrees(x, y):
            source_crs, exchanged = _find_crs(x, y, ground, table, notes, metric_crs, or_degrees=True)
    elif ground is not None:
        source_crs, exchanged = _confirmed(x, y, source_crs, ground, table, notes)
    projected = _is_projected(source_crs)
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
    decimals = written_decimals(table, picked)
    precision = point_precision(lon, lat, decimals, projected, notes)
    return Points(lon, lat, precision, datum or source_crs, mended, area)


def _raw(
    table: Table, picked: Mapping[str, str], notes: Notes, crs: str | None
) -> tuple[np.ndarray, np.ndarray, bool, str | None]:  # fmt: skip
    """Coordinates as they stand, whether they are degrees by their header, and the system where known."""
    declared = _declared(crs)
    if table.point_x is not None and table.point_y is not None:
        x, y = table.point_x.copy(), table.point_y.copy()
        notes.add("point.none", ~(np.isfinite(x) & np.isfinite(y)))
        x[~np.isfinite(x) | ~np.isfinite(y)] = np.nan
        known = declared or table.crs
        return x, np.where(np.isnan(x), np.nan, y), known is None and _in_degrees(x, y), known
    if "point" in picked:
        column = table.columns[picked["point"]]
        one, other, _ = split_points(column.to_read)
        x, y = column.spread(one, np.nan), column.spread(other, np.nan)
        _note_unreadable(table, column, np.isnan(one), notes)
        notes.add("point.none", ~column.is_filled)
        return x, y, _in_degrees(x, y), declared
    degrees = "lon" in picked and "lat" in picked
    if degrees and "x" in picked:
        notes.add("crs.degrees_preferred", None, x=picked["x"], y=picked["y"])
    pair = [table.columns[picked[name]] for name in (("lon", "lat") if degrees else ("x", "y"))]
    values, blank, infinite = [], np.zeros(len(table), bool), np.zeros(len(table), bool)
    for column in pair:
        value = column.floats()
        if value is None:
            read = read_degrees(column.to_read)
            _note_unreadable(table, column, np.isnan(read), notes)
            value = column.spread(read, np.nan)
        # inf and 1e999 are numbers to a parser and no place.
        endless = np.isinf(value)
        if endless.any():
            infinite |= endless
            value = np.where(endless, np.nan, value)
        values.append(value)
        blank |= ~column.is_filled
    x, y = values
    notes.add("point.none", blank)
    notes.add("point.out_of_range", infinite)
    one, other = np.isnan(x), np.isnan(y)
    if (one != other).any():
        x, y = np.where(other, np.nan, x), np.where(one, np.nan, y)
    if degrees and declared and _is_projected(declared) and _in_degrees(x, y):
        notes.add("crs.declared_ignored", None, crs=declared)
        declared = None
    return x, y, degrees or (declared is None and _in_degrees(x, y)), declared


def _declared(crs: str | None) -> str | None:
    if crs is None:
        return None
    system = require_crs(crs)
    authority = system.to_authority()
    return ":".join(authority) if authority else crs


def _note_unreadable(table: Table, column: TextColumn, unreadable: np.ndarray, notes: Notes) -> None:
    if not unreadable.any():
        return
    rows = column.spread(unreadable, False)
    n = int(rows.sum())
    first = int(np.flatnonzero(rows)[0])
    value = mask(column.cell(first))[:40]
    line, file = int(table.lines[first]), table.names[int(table.files[first])]
    if n > MAX_TEXT_SHARE * column.filled:
        raise InputError(
            f"{file}: line {line}: {value!r} in column {column.name!r} is no coordinate; "
            f"{n} of {column.filled} filled cells are none.",
            remedy="Say with --columns which columns hold the coordinates, or mend these cells.",
            key="read.coordinate_text", file=file, line=line, value=value, column=column.name, n=n,
            filled=column.filled,
        )  # fmt: skip
    notes.add("point.unreadable", rows, column=column.name, value=value)


def _find_crs(
    x: np.ndarray, y: np.ndarray, ground: Ground | None, table: Table, notes: Notes, metric_crs: str | None,
    *, or_degrees: bool = False,
) -> tuple[str, bool]:  # fmt: skip
    """
    The system in which the points lie in the area, and whether their northing comes first.

    `or_degrees`: whether the header says degrees, so that numbers which fit nowhere are judged one by one.
    """
    if not np.isfinite(x).any():
        return GEOGRAPHIC_CRS, False
    if ground is not None and are_whole_degrees(x, y, ground):
        return GEOGRAPHIC_CRS, False
    prefer = [metric_crs] if metric_crs else []
    guess, exchanged = _fitting(x, y, ground.area, prefer) if ground is not None else (None, False)
    if guess is None:
        if or_degrees:
            return GEOGRAPHIC_CRS, False
        raise _unknown_system(x, y, ground, table)
    facts = {"crs": guess.crs, "name": guess.name, "share": guess.share, "spread": round(guess.spread_m)}
    if guess.next_share > 0:
        notes.add("crs.detected", None, **facts, next=guess.next_crs, next_share=guess.next_share)
    else:
        notes.add("crs.detected_alone", None, **facts)
    if guess.spread_m > TELLS_METRES:
        notes.add("crs.uncertain", None, crs=guess.crs, other=guess.spread_crs, metres=round(guess.spread_m))
    return guess.crs, exchanged


def _unknown_system(x: np.ndarray, y: np.ndarray, ground: Ground | None, table: Table) -> InputError:
    facts = _first_point(x, y, table)
    start = f"{facts['file']}: line {facts['line']}: the coordinates {facts['x']}, {facts['y']} are no degrees, "
    if ground is not None:
        return InputError(
            start + "and no reference system of the region puts them into the neighborhoods.",
            remedy="Say the system with --crs, and check that the neighborhoods are those of this place.",
            key="crs.nowhere", **facts,
        )  # fmt: skip
    return InputError(
        start + "and their reference system is neither named nor to be found.",
        remedy="Say the system with --crs, such as --crs EPSG:4547, or import the neighborhoods first.",
        key="crs.unknown", **facts,
    )  # fmt: skip


def _first_point(x: np.ndarray, y: np.ndarray, table: Table) -> dict[str, Any]:
    first = int(np.flatnonzero(np.isfinite(x) & np.isfinite(y))[0])
    file, line = table.names[int(table.files[first])], int(table.lines[first])
    return {"file": file, "line": line, "x": f"{x[first]:.10g}", "y": f"{y[first]:.10g}"}


def _confirmed(
    x: np.ndarray, y: np.ndarray, crs: str, ground: Ground, table: Table, notes: Notes
) -> tuple[str, bool]:  # fmt: skip
    """
    The system that was declared or read, unless the neighborhoods contradict it; and whether northing comes first.

    Raises
    ------
    InputError
        If it puts none of a sample near the neighborhoods, and another one most of it into them.
    """
    here = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    here = here[:: max(len(here) // 400, 1)]
    if not len(here):
        return crs, False
    one, other = x[here], y[here]
    lon, lat = project(one, other, crs, GEOGRAPHIC_CRS)
    if _is_projected(crs) and _northing_first(one, other, crs, ground.area):
        return crs, True
    if ground.near(lon, lat).any():
        return crs, False
    if np.mean(ground.near(one, other) | ground.near(other, one)) >= MIN_SHARE:
        if _is_projected(crs):
            notes.add("crs.declared_ignored", None, crs=crs)
        return GEOGRAPHIC_CRS, False
    if not _is_projected(crs) and (_in_degrees(one, other) or are_whole_degrees(one, other, ground)):
        return crs, False
    guess, _ = _fitting(x, y, ground.area, [])
    if guess is None:
        return crs, False
    facts = _first_point(x, y, table) | {"crs": crs, "better": guess.crs, "name": guess.name, "share": guess.share}
    raise InputError(
        f"{facts['file']}: in {crs}, as said, no point lies near the neighborhoods; in {guess.crs} ({guess.name}) "
        f"{guess.share:.0%} lie inside. Line {facts['line']} has {facts['x']}, {facts['y']}.",
        remedy=f"Say --crs {guess.crs}, or check that the neighborhoods are those of this place.",
        key="crs.contradicted", **facts,
    )  # fmt: skip


def _fitting(
    x: np.ndarray, y: np.ndarray, area: shapely.Geometry, prefer: list[str]
) -> tuple[CrsGuess | None, bool]:  # fmt: skip
    """The system found with easting first, else with northing first, as Chinese surveyors name X and Y."""
    guess = detect_crs(x, y, area, prefer=prefer)
    if guess is not None:
        return guess, False
    turned = detect_crs(y, x, area, prefer=prefer)
    return turned, turned is not None


def _northing_first(x: np.ndarray, y: np.ndarray, crs: str, area: shapely.Geometry) -> bool:
    """Whether the points lie in the area only with their two numbers exchanged."""

    def share(one: np.ndarray, other: np.ndarray) -> float:
        lon, lat = project(one, other, crs, GEOGRAPHIC_CRS)
        return float(shapely.contains_xy(area, lon, lat).mean())

    here = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    here = here[:: max(len(here) // 400, 1)]
    if not len(here) or share(x[here], y[here]) >= STRAY_SHARE:
        return False
    return share(y[here], x[here]) >= MIN_SHARE


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
        west, south, east, north = ground.box
        one, other = lon[rows], lat[rows]
        gap = np.maximum.reduce([west - one, one - east, south - other, other - north])
        far = np.zeros(len(x), bool)
        far[rows] = (gap > ELSEWHERE) & (np.abs(one) <= 180) & (np.abs(other) <= 90)
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
    one, other = (_values(table.columns[picked[name]]) for name in ("x", "y"))
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


def _values(column: TextColumn) -> np.ndarray:
    """The numbers of a column, NaN where there is none."""
    values = column.floats()
    if values is None:
        values = column.spread(read_degrees(column.to_read), np.nan)
    return np.where(np.isfinite(values), values, np.nan)


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


def _in_degrees(x: np.ndarray, y: np.ndarray) -> bool:
    here = np.isfinite(x) & np.isfinite(y)
    if not here.any():
        return True
    return bool(np.count_nonzero((np.abs(x) <= 180) & (np.abs(y) <= 180) & here) > 0.5 * np.count_nonzero(here))


def _is_projected(crs: str) -> bool:
    return pyproj.CRS.from_user_input(crs).is_projected


def _floats(texts: pa.Array) -> np.ndarray:
    clean = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    return pc.cast(clean, pa.float64()).to_numpy(zero_copy_only=False)
