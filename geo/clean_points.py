"""Coordinates of a table → degrees, each row's point mended, kept or set aside, with a finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely

from geo.coded import Coded
from geo.crs import MIN_SHARE, CrsGuess, detect_crs, project, require_crs
from geo.degrees import read_degree_pairs, read_degrees
from geo.errors import InputError
from geo.locate import leaf_neighborhoods
from geo.persons import mask
from geo.point_precision import point_precision, written_decimals
from geo.report import Notes
from geo.schema import GEOGRAPHIC_CRS
from geo.tables import Table
from geo.text_columns import TextColumn

MAX_TEXT_SHARE = 0.2  # of filled cells; above it the column is taken for the wrong one
BOX_PAD = 0.2  # of the area's size
WIDEST = 20  # degrees from the middle: a wider box tells no swapped axes
STRAY_SHARE = 0.1  # of points inside; below it an order of axes is not the file's
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_WKT = rf"(?i)^(?:SRID=\d+;)?\s*POINT\s*(?:Z|ZM)?\s*\(\s*(?P<x>{_NUMBER})\s+(?P<y>{_NUMBER})[^)]*\)$"
_DEGREES = r"[-+]?\d{1,3}\.\d+"  # with a decimal point: "13,40" is one number with a decimal comma
_PAIR = rf"^[(\[]?\s*(?P<x>{_DEGREES})\s*°?\s*[,，;；\s/]\s*(?P<y>{_DEGREES})\s*°?\s*[)\]]?$"


@dataclass(eq=False)
class Points:
    """Degrees (NaN without a point), precision, the system, and per word of repair the rows that were mended so."""

    lon: np.ndarray
    lat: np.ndarray
    precision: Coded
    crs: str
    mended: dict[str, np.ndarray] = field(default_factory=dict)


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
    x, y, degrees, source_crs = _raw(table, picked, notes, crs)
    fill = _fills(x, y)
    if fill.any():
        notes.add("point.fill", fill)
        x, y = np.where(fill, np.nan, x), np.where(fill, np.nan, y)
    exchanged = False
    if source_crs is None and not degrees:
        source_crs, exchanged = _find_crs(x, y, area, table, notes, metric_crs)
    elif source_crs is None:
        source_crs = GEOGRAPHIC_CRS
    elif area is not None and _is_projected(source_crs):
        exchanged = _northing_first(x, y, source_crs, area)
    if _is_projected(source_crs):
        given = np.isfinite(x)
        lon, lat = project(*((y, x) if exchanged else (x, y)), source_crs, GEOGRAPHIC_CRS)
        notes.add("point.out_of_range", given & np.isnan(lon))
        swapped = given & exchanged
        notes.add("point.axes_exchanged", swapped, crs=source_crs)
    else:
        lon, lat, swapped = _straight(x, y, area, notes)
        if source_crs != GEOGRAPHIC_CRS:
            lon, lat = project(lon, lat, source_crs, GEOGRAPHIC_CRS)
    decimals = written_decimals(table, picked)
    precision = point_precision(lon, lat, decimals, _is_projected(source_crs), notes)
    return Points(lon, lat, precision, source_crs, {"axes_swapped": swapped})


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


def _fills(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Values that stand for nothing: 0, 0; −1, −1; 999 and the like."""
    same = x == y
    if not same.any():
        return same
    same &= np.isin(x, (0, -1, 1, 99, 999, 9999, 99999, 999999, -9, -99, -999, -9999))
    return same | ((x == 0) & (y == 0))


def _find_crs(
    x: np.ndarray, y: np.ndarray, area: shapely.Geometry | None, table: Table, notes: Notes, metric_crs: str | None
) -> tuple[str, bool]:  # fmt: skip
    """The system in which the points lie in the area, and whether their northing comes first."""
    if not np.isfinite(x).any():
        return GEOGRAPHIC_CRS, False
    guess, exchanged = _fitting(x, y, area, [metric_crs] if metric_crs else []) if area is not None else (None, False)
    if guess is None:
        first = int(np.flatnonzero(np.isfinite(x))[0])
        file, line = table.names[int(table.files[first])], int(table.lines[first])
        facts = {"file": file, "line": line, "x": f"{x[first]:.10g}", "y": f"{y[first]:.10g}"}
        if area is not None:
            raise InputError(
                f"{file}: line {line}: the coordinates {x[first]:.10g}, {y[first]:.10g} are no degrees, "
                "and no reference system of the region puts them into the neighborhoods.",
                remedy="Say the system with --crs, and check that the neighborhoods are those of this place.",
                key="crs.nowhere", **facts,
            )  # fmt: skip
        raise InputError(
            f"{file}: line {line}: the coordinates {x[first]:.10g}, {y[first]:.10g} are no degrees, "
            "and their reference system is neither named nor to be found.",
            remedy="Say the system with --crs, such as --crs EPSG:4547, or import the neighborhoods first.",
            key="crs.unknown", **facts,
        )  # fmt: skip
    notes.add(
        "crs.detected",
        None,
        crs=guess.crs,
        name=guess.name,
        share=guess.share,
        next=guess.next_crs,
        next_share=guess.next_share,
        spread=round(guess.spread_m),
    )
    return guess.crs, exchanged


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


def _straight(
    x: np.ndarray, y: np.ndarray, area: shapely.Geometry | None, notes: Notes
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Degrees with swapped axes mended and impossible values set aside."""
    swapped = np.zeros(len(x), bool)
    box = _box(x, y, area) if area is not None or not _axes_apart(x, y) else None
    if box is not None:
        west, south, east, north = box
        turned = (y >= west) & (y <= east) & (x >= south) & (x <= north)
        if turned.any():
            swapped = turned & ~((x >= west) & (x <= east) & (y >= south) & (y <= north))
    notes.add("point.axes_swapped", swapped)
    lon, lat = (np.where(swapped, y, x), np.where(swapped, x, y)) if swapped.any() else (x, y)
    wrong = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if wrong.any():
        notes.add("point.out_of_range", wrong)
        lon, lat = np.where(wrong, np.nan, lon), np.where(wrong, np.nan, lat)
    return lon, lat, swapped


def _axes_apart(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the two axes run over numbers so far from each other that no row can have them exchanged."""
    if not len(x) or np.isnan(x).all():
        return True
    (left, right), (low, high) = ((float(np.fmin.reduce(v)), float(np.fmax.reduce(v))) for v in (x, y))
    return max(abs(low), abs(high)) <= 90 and (low > right + WIDEST or high < left - WIDEST)


def _box(x: np.ndarray, y: np.ndarray, area: shapely.Geometry | None) -> tuple[float, float, float, float] | None:
    """Where points belong: round the area, else round most points; turned where most latitudes are impossible."""
    if area is not None:
        west, south, east, north = shapely.bounds(area)
        pad = BOX_PAD * max(east - west, north - south)
        return west - pad, south - pad, east + pad, north + pad
    here = np.isfinite(x) & np.isfinite(y)
    if here.sum() < 3:
        return None
    if np.mean(np.abs(y[here]) > 90) > 0.5:
        x, y = y, x
    # The median and the usual distance from it: a few swapped or wild rows do not widen the box.
    (middle_x, reach_x), (middle_y, reach_y) = (_middle(values[here]) for values in (x, y))
    west, east, south, north = middle_x - reach_x, middle_x + reach_x, middle_y - reach_y, middle_y + reach_y
    if max(reach_x, reach_y) > WIDEST or not (west > north or east < south):
        return None  # too wide, or both axes run over the same numbers: a swap could not be told
    return west, south, east, north


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
