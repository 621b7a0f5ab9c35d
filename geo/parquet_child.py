"""A Parquet file, with or without geometries, as text; run by `geo.child`, since its library trusts what it reads."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geo.errors import InputError
from geo.schema import GEOGRAPHIC_CRS

BATCH = 200_000


def read(path: Path, cells: int = 400_000_000) -> tuple[dict[str, Any], pa.Table]:
    """Read all columns that hold one value a row; `#x` and `#y` are the coordinates where it is GeoParquet."""
    file = pq.ParquetFile(path)
    found = file.metadata.num_rows * max(file.metadata.num_columns, 1)
    if found > cells:
        raise InputError(
            f"{path.name}: {found} cells; at most {cells} are read.",
            remedy="Split the file, or leave out columns.",
            key="read.too_many_cells", file=path.name, cells=found, limit=cells,
        )  # fmt: skip
    geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
    geometry = geo.get("primary_column") if isinstance(geo, dict) else None
    names = [f.name for f in file.schema_arrow if not pa.types.is_nested(f.type) and not _is_bytes(f.type)]
    names += [geometry] if geometry in file.schema_arrow.names else []
    table = file.read(columns=names)
    # Damaged pages give texts that are no text; who trusts them later would fall over them.
    table.validate(full=True)
    columns: dict[str, Any] = {}
    for name in table.column_names:
        if name == geometry:
            columns["#x"], columns["#y"] = _coordinates(table.column(name))
        else:
            columns[name] = _as_text(table.column(name))
    about: dict[str, Any] = {"crs": _crs(geo, geometry), "facts": [], "encoding": ""}
    return about, pa.table(list(columns.values()), names=list(columns))


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _coordinates(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    import shapely

    x, y = np.full(len(column), np.nan), np.full(len(column), np.nan)
    for start in range(0, len(column), BATCH):
        part = column.slice(start, BATCH)
        shapes = shapely.from_wkb(np.array(part.to_pylist(), dtype=object), on_invalid="ignore")
        here = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
        single = here & (shapely.get_type_id(shapes) == 0)
        rows = slice(start, start + len(shapes))
        x[rows] = np.where(single, shapely.get_x(shapes), np.nan)
        y[rows] = np.where(single, shapely.get_y(shapes), np.nan)
        other = here & ~single
        if other.any():
            middle = shapely.centroid(shapes[other])
            x[rows][other], y[rows][other] = shapely.get_x(middle), shapely.get_y(middle)
    return pa.array(x), pa.array(y)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(pa.string()) if pa.types.is_string(kind.value_type) else _as_text(_decoded(column))
    if pa.types.is_floating(kind):
        whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 1e15))
        if pc.all(pc.fill_null(whole, True)).as_py() is not False:
            column = column.cast(pa.int64(), safe=False)
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind):
        # To the second, in UTC where it has a zone: what an instant is must not hang on how a library writes zones.
        pattern = "%Y-%m-%d %H:%M:%SZ" if kind.tz else "%Y-%m-%d %H:%M:%S"
        seconds = column.cast(pa.timestamp("s", "UTC" if kind.tz else None), safe=False)
        return pc.strftime(seconds, format=pattern)
    return column.cast(pa.string())


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type)


def _crs(geo: Any, geometry: str | None) -> str | None:
    """The reference system by the file's own words; GeoParquet that says nothing means degrees."""
    if geometry is None:
        return None
    import pyproj

    said = geo.get("columns", {}).get(geometry, {}).get("crs", GEOGRAPHIC_CRS)
    if said is None:
        return None
    system = pyproj.CRS.from_user_input(said)
    authority = system.to_authority(min_confidence=70)
    if authority == ("OGC", "CRS84"):
        return GEOGRAPHIC_CRS
    return ":".join(authority) if authority else system.to_wkt()
