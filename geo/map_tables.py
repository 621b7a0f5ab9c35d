"""Map files and Parquet as tables of text: the heavy ones are read by a child process."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from geo.child import read_in_child
from geo.limits import Limits
from geo.sniff import Sniffed
from geo.tables import Table, no_rows, text_column

SMALL = 5_000_000  # bytes, about, unpacked; a small file of a kind whose reader is hardened cannot outgrow the memory


def map_table(path: Path, what: Sniffed, limits: Limits) -> Table:
    """
    Read a map file of points, or a Parquet file with or without points.

    Raises
    ------
    InputError
        If it holds no points, is damaged, or is beyond the limits.
    """
    size = path.stat().st_size * (20 if what.gzipped else 1)
    if what.kind in ("json", "gpkg") and size < SMALL:
        from geo.vector import points_table

        return points_table(path, what)
    if what.kind == "parquet":
        about, cells = read_in_child("parquet", path, limits, cells=10 * limits.cells)
    else:
        about, cells = read_in_child("map", path, limits, kind=what.kind, gzipped=what.gzipped)
    if not cells.num_rows:
        raise no_rows(path, 1)
    columns = {name: text_column(name, _strings(cells.column(name))) for name in cells.column_names if name[0:1] != "#"}
    x, y = (cells.column(axis).to_numpy() if axis in cells.column_names else None for axis in ("#x", "#y"))
    return Table(
        columns=columns, lines=np.arange(1, cells.num_rows + 1), files=np.zeros(cells.num_rows, np.int16),
        names=(path.name,), kind="map", encoding=about["encoding"], header_line=0, point_x=x, point_y=y,
        crs=about["crs"], facts=[(code, dict(facts)) for code, facts in about["facts"]],
    )  # fmt: skip


def _strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
