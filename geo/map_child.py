"""A map file of points as text with coordinates beside it; run by `geo.child`, since its libraries are large."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from geo.sniff import Sniffed
from geo.vector import points_table


def read(path: Path, kind: str, gzipped: bool = False) -> tuple[dict[str, Any], pa.Table]:
    """Read it; `about` holds the reference system and what was found, `#x` and `#y` the coordinates."""
    table = points_table(path, Sniffed(kind, gzipped))
    assert table.point_x is not None
    assert table.point_y is not None
    columns: dict[str, pa.Array] = {
        name: pa.DictionaryArray.from_arrays(pa.array(column.codes, pa.int32(), mask=column.codes < 0), column.values)
        for name, column in table.columns.items()
    }
    for name, values in (("#x", table.point_x), ("#y", table.point_y)):
        columns[name] = pa.array(np.asarray(values, float))
    about = {"crs": table.crs, "facts": table.facts, "encoding": table.encoding}
    return about, pa.table(list(columns.values()), names=list(columns))
