"""The coordinates of a table as they stand: from geometry, two columns or one text, with what holds none told."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.crs import require_crs
from geo.degrees import read_degree_pairs, read_degrees
from geo.errors import InputError
from geo.find_system import in_degrees, is_projected
from geo.persons import mask
from geo.report import Notes
from geo.tables import Table
from geo.text_columns import TextColumn

MAX_TEXT_SHARE = 0.2  # of filled cells; above it the column is taken for the wrong one
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_WKT = rf"(?i)^(?:SRID=\d+;)?\s*POINT\s*(?:Z|ZM)?\s*\(\s*(?P<x>{_NUMBER})\s+(?P<y>{_NUMBER})[^)]*\)$"
_DEGREES = r"[-+]?\d{1,3}\.\d+"  # with a decimal point: "13,40" is one number with a decimal comma
_PAIR = rf"^[(\[]?\s*(?P<x>{_DEGREES})\s*°?\s*[,，;；\s/]\s*(?P<y>{_DEGREES})\s*°?\s*[)\]]?$"


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


def read_raw(
    table: Table, picked: Mapping[str, str], notes: Notes, crs: str | None
) -> tuple[np.ndarray, np.ndarray, bool, str | None]:  # fmt: skip
    """
    Read the coordinates of a table as they stand.

    Parameters
    ----------
    table, picked
        Rows of text, and the column of each canonical name: `lon` and `lat`, `x` and `y`, or `point`.
    notes : Notes
        Gets what is blank, unreadable or not finite.
    crs : str or None
        The system declared; comes before the file's own.

    Returns
    -------
    x, y : arrays of n floats
        NaN in both where a row has no usable pair.
    degrees : bool
        Whether they are degrees by their header or their numbers.
    crs : str or None
        The system, where it is declared or read.

    Raises
    ------
    InputError
        If a column holds mostly text, or the declared name is none of a system.
    """
    declared = _declared(crs)
    if table.point_x is not None and table.point_y is not None:
        x, y = table.point_x.copy(), table.point_y.copy()
        endless = np.isinf(x) | np.isinf(y)
        notes.add("point.none", ~(np.isfinite(x) & np.isfinite(y)) & ~endless)
        notes.add("point.out_of_range", endless)
        x[~np.isfinite(x) | ~np.isfinite(y)] = np.nan
        known = declared or table.crs
        return x, np.where(np.isnan(x), np.nan, y), known is None and in_degrees(x, y), known
    if "point" in picked:
        column = table.columns[picked["point"]]
        one, other, _ = split_points(column.to_read)
        x, y = column.spread(one, np.nan), column.spread(other, np.nan)
        _note_unreadable(table, column, np.isnan(one), notes)
        notes.add("point.none", ~column.is_filled)
        return x, y, in_degrees(x, y), declared
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
    if degrees and declared and is_projected(declared) and in_degrees(x, y):
        notes.add("crs.declared_ignored", None, crs=declared)
        declared = None
    return x, y, degrees or (declared is None and in_degrees(x, y)), declared


def read_values(column: TextColumn) -> np.ndarray:
    """The numbers of a column, NaN where there is none."""
    values = column.floats()
    if values is None:
        values = column.spread(read_degrees(column.to_read), np.nan)
    return np.where(np.isfinite(values), values, np.nan)


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


def _floats(texts: pa.Array) -> np.ndarray:
    clean = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    return pc.cast(clean, pa.float64()).to_numpy(zero_copy_only=False)
