"""
Tables and layers as files: CSV, XLSX, GeoJSON, GPKG, KML and Parquet, chosen by the file's ending.

Files are written whole or not at all, and the same content gives the same bytes: stamps inside them are fixed. Text
that a spreadsheet would take for a formula stays text.
"""

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import InputError
from geo.files import write_whole
from geo.schema import GEOGRAPHIC_CRS

# Stamped into files whose format insists on a date.
FIXED_STAMP = dt.datetime(2000, 1, 1)
COORDINATE_DECIMALS = 6
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
EXCEL_ROWS = 1_048_575
NAME_COLUMNS = ("place", "name", "hotspot_id", "neighborhood_id")


def export_table(frame: pd.DataFrame, path: Path, *, sheet: str = "WalkWatch", joiner: str = "; ") -> Path:
    """
    Write a table, or a layer where the frame has geometries, in the format that the file's ending names.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        A GeoDataFrame keeps its geometries in GeoJSON, KML (both in EPSG:4326), GPKG and Parquet; in CSV and XLSX they
        become `lon` and `lat` where the frame has none. A plain table with `lon` and `lat` becomes points.
    path : Path
        Ends in one of `.csv .xlsx .geojson .gpkg .kml .parquet`.
    sheet : str
        The sheet's or layer's name.
    joiner : str
        Stands between the parts of list-valued cells.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        For another ending, a layer without places, a folder that cannot be written, too many rows for a spreadsheet.
    """
    path = Path(path)
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        known = ", ".join(WRITERS)
        raise InputError(
            f"{path.name} ends in {path.suffix!r}, which is no known format.",
            remedy=f"End it in one of {known}.",
            key="export.unknown_format",
            file=path.name,
            ending=path.suffix,
            known=known,
        )
    plain = _plain(frame, joiner)
    try:
        write_whole(path, lambda temporary: writer(plain, temporary, path.name, sheet))
    except OSError as error:
        raise InputError(
            f"{path.parent} cannot be written to: {error.strerror or error}.",
            remedy="Check that the folder exists and may be written.",
            key="export.no_folder",
            folder=str(path.parent),
            reason=error.strerror or str(error),
        ) from error
    return path


def write_layers(layers: Mapping[str, gpd.GeoDataFrame], path: Path, *, joiner: str = "; ") -> None:
    """
    Write several layers into one GeoPackage, each in its own CRS.

    Parameters
    ----------
    layers : mapping of layer name to GeoDataFrame
    """
    plain = {name: _plain(layer, joiner) for name, layer in layers.items()}

    def write(temporary: Path) -> None:
        for number, (name, layer) in enumerate(plain.items()):
            _write_ogr(layer, temporary, "GPKG", layer=name, append=number > 0)

    write_whole(Path(path), write)


def write_sheets(
    sheets: Mapping[str, pd.DataFrame],
    path: Path,
    *,
    heading: Sequence[str] = (),
    print_landscape: bool = False,
) -> None:
    """
    Write tables as the sheets of one workbook, with a frozen head and columns as wide as their words.

    Parameters
    ----------
    sheets : mapping of sheet title to DataFrame
    heading : sequence of str
        Lines above each table.
    print_landscape : bool
        Set pages to A4 across, the head repeated, as wide as one page.
    """
    plain = {title: _plain(frame, "; ") for title, frame in sheets.items()}
    write_whole(Path(path), lambda temporary: _write_workbook(plain, temporary, heading, print_landscape))


def _plain(frame: pd.DataFrame, joiner: str) -> pd.DataFrame:
    """The frame with every cell a number, a truth value, a time or a text."""
    plain = frame.copy()
    geometry = frame.geometry.name if _has_geometry(frame) else None
    for column in plain.columns:
        if column == geometry:
            continue
        values = plain[column]
        if isinstance(values.dtype, pd.CategoricalDtype) or values.dtype == object:
            cells = values.astype(object).map(_text_of_many(joiner)).infer_objects()
            # What is still mixed becomes text: no format but a spreadsheet holds two types in one column.
            plain[column] = cells.map(_text_or_none) if cells.dtype == object else cells
    return plain


def _text_of_many(joiner: str) -> Callable[[Any], Any]:
    def text(value: Any) -> Any:
        if isinstance(value, (list, tuple, np.ndarray, set, frozenset)):
            parts = sorted(value) if isinstance(value, (set, frozenset)) else value
            return joiner.join(_text_of_one(part) for part in parts)
        if isinstance(value, (dt.date, dt.time)) and not isinstance(value, dt.datetime):
            return value.isoformat()
        return value

    return text


def _text_or_none(value: Any) -> str | None:
    return None if value is None or value is pd.NA or value != value else str(value)


def _text_of_one(part: Any) -> str:
    return " ".join(str(piece) for piece in part) if isinstance(part, (list, tuple)) else str(part)


def _write_csv(frame: pd.DataFrame, path: Path, name: str, sheet: str) -> None:
    table = _with_lon_lat(frame)
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]) and not pd.api.types.is_datetime64_any_dtype(table[column]):
            table[column] = table[column].map(_harmless)
    table.columns = [_harmless(column) for column in table.columns]
    # The byte-order mark tells Excel that this is UTF-8; without it Chinese arrives garbled.
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would run gets an apostrophe in front, as a spreadsheet itself does."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        try:
            float(value)
        except ValueError:
            return f"'{value}"
    return value


def _write_xlsx(frame: pd.DataFrame, path: Path, name: str, sheet: str) -> None:
    if len(frame) > EXCEL_ROWS:
        raise InputError(
            f"{name} would have {len(frame):,} rows; a spreadsheet holds {EXCEL_ROWS:,}.",
            remedy="Write it as .csv or .parquet.",
            key="export.too_many_rows",
            file=name,
            rows=len(frame),
            most=EXCEL_ROWS,
        )
    _write_workbook({sheet: _with_lon_lat(frame)}, path, (), False)


def _write_workbook(
    sheets: Mapping[str, pd.DataFrame], path: Path, heading: Sequence[str], print_landscape: bool
) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": FIXED_STAMP})
        look = {
            "head": book.add_format(
                {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#F2F3F3"}
            ),
            "cell": book.add_format({"text_wrap": True, "valign": "top"}),
            "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "align": "left"}),
            "note": book.add_format({"bold": True}),
        }
        for title, frame in sheets.items():
            _fill(book.add_worksheet(_sheet_title(title)), frame, heading, look, print_landscape)


def _fill(page: Any, frame: pd.DataFrame, heading: Sequence[str], look: Mapping[str, Any], landscape: bool) -> None:
    for row, line in enumerate(heading):
        page.write_string(row, 0, line, look["note"])
    top = len(heading)
    for number, column in enumerate(frame.columns):
        page.write_string(top, number, str(column), look["head"])
        values = frame[column]
        if pd.api.types.is_datetime64_any_dtype(values):
            # A spreadsheet knows no zones: the local clock stays as it reads.
            cells = [_write_time(page, look) if pd.notna(v) else None for v in values]
            for row, (write, value) in enumerate(zip(cells, values, strict=True), start=top + 1):
                if write:
                    write(row, number, value)
        else:
            for row, value in enumerate(values.tolist(), start=top + 1):
                _write_cell(page, row, number, value, look["cell"])
        page.set_column(number, number, _column_width(str(column), values))
    page.freeze_panes(top + 1, 0)
    if landscape:
        page.set_landscape()
        page.set_paper(9)  # A4
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.fit_to_pages(1, 0)
        page.repeat_rows(top)
        page.set_footer("&L&A&R&P / &N")


def _write_time(page: Any, look: Mapping[str, Any]) -> Callable[[int, int, Any], None]:
    def write(row: int, number: int, value: Any) -> None:
        page.write_datetime(row, number, pd.Timestamp(value).tz_localize(None).to_pydatetime(), look["time"])

    return write


def _write_cell(page: Any, row: int, number: int, value: Any, look: Any) -> None:
    if isinstance(value, bool):
        page.write_boolean(row, number, value, look)
    elif isinstance(value, (int, float)):
        if math.isfinite(value):
            page.write_number(row, number, value, look)
    elif value is not None and value is not pd.NA and value is not pd.NaT:
        page.write_string(row, number, str(value), look)


def _column_width(title: str, values: pd.Series) -> float:
    """Characters: as wide as most of its words, between 6 and 48; a Chinese character takes two."""
    sample = [title, *(str(value) for value in values.head(200) if value is not None)]
    widths = [sum(2 if ord(c) > 0x2E7F else 1 for c in text) for text in sample]
    return float(np.clip(np.quantile(widths, 0.95) + 2, max(6, min(widths[0] + 2, 16)), 48))


def _sheet_title(title: str) -> str:
    return "".join("_" if c in "[]:*?/\\'" else c for c in title)[:31] or "1"


def _write_geojson(frame: pd.DataFrame, path: Path, name: str, sheet: str) -> None:
    layer = _as_layer(frame, name).to_crs(GEOGRAPHIC_CRS)
    decimals = str(COORDINATE_DECIMALS)
    # The layer is named, or GDAL would name it after the temporary file.
    _write_ogr(layer, path, "GeoJSON", layer=Path(name).stem, RFC7946="YES", COORDINATE_PRECISION=decimals)


def _write_gpkg(frame: pd.DataFrame, path: Path, name: str, sheet: str) -> None:
    _write_ogr(_as_layer(frame, name), path, "GPKG", layer=sheet)


def _write_kml(frame: pd.DataFrame, path: Path, name: str, sheet: str) -> None:
    layer = _as_layer(frame, name).to_crs(GEOGRAPHIC_CRS)
    named = next((column for column in NAME_COLUMNS if column in layer.columns), None)
    if named is not None:
        layer = layer.assign(Name=layer[named].astype(str))
    _write_ogr(layer, path, "KML", layer=sheet)


def _write_parquet(frame: pd.DataFrame, path: Path, name: str, sheet: str) -> None:
    frame.to_parquet(path, index=False)


def _write_ogr(frame: gpd.GeoDataFrame, path: Path, driver: str, *, append: bool = False, **options: str) -> None:
    # Through our own door: it tells GDAL what to leave out before GDAL registers its drivers.
    from geo.gdal import pyogrio

    # A GeoPackage is stamped with the time of its last change; a fixed one keeps equal content equal.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{FIXED_STAMP:%Y-%m-%dT%H:%M:%S.000Z}"})
    if driver == "GPKG":
        # Its format has moments in UTC only.
        zoned = frame.select_dtypes("datetimetz").columns
        frame = frame.assign(**{column: frame[column].dt.tz_convert("UTC") for column in zoned})
    try:
        kind = None if len(frame) else "Unknown"
        pyogrio.write_dataframe(frame, path, driver=driver, append=append, geometry_type=kind, **options)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _has_geometry(frame: pd.DataFrame) -> bool:
    return isinstance(frame, gpd.GeoDataFrame) and frame._geometry_column_name in frame.columns


def _as_layer(frame: pd.DataFrame, name: str) -> gpd.GeoDataFrame:
    if _has_geometry(frame):
        return frame
    if {"lon", "lat"} <= set(frame.columns):
        points = gpd.points_from_xy(frame["lon"], frame["lat"], crs=GEOGRAPHIC_CRS)
        return gpd.GeoDataFrame(frame, geometry=points)
    raise InputError(
        f"{name} can hold only places, and this table has none.",
        remedy="Write it as .csv, .xlsx or .parquet.",
        key="export.not_a_place",
        file=name,
    )


def _with_lon_lat(frame: pd.DataFrame) -> pd.DataFrame:
    """A plain table; geometries become a point inside them, in degrees, where no `lon` and `lat` stand yet."""
    if not _has_geometry(frame):
        return pd.DataFrame(frame)
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    if {"lon", "lat"} <= set(table.columns):
        return table
    inside = gpd.GeoSeries(shapely.point_on_surface(frame.geometry.to_numpy()), crs=frame.crs)
    points = inside if frame.crs is None else inside.to_crs(GEOGRAPHIC_CRS)
    return table.assign(
        lon=points.x.round(COORDINATE_DECIMALS).to_numpy(), lat=points.y.round(COORDINATE_DECIMALS).to_numpy()
    )


WRITERS: dict[str, Callable[[pd.DataFrame, Path, str, str], None]] = {
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".geojson": _write_geojson,
    ".gpkg": _write_gpkg,
    ".kml": _write_kml,
    ".parquet": _write_parquet,
}
