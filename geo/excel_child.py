"""Read one spreadsheet in a process of its own, under a memory limit, and hand its cells over as text.

Run as `python -m geo.excel_child FILE`; a hostile file can only end this process. The answer on standard output is one
JSON line about the sheets, then an Arrow stream of strings, row by row of the largest sheet.
"""

import datetime
import json
import sys
from pathlib import Path
from typing import Any

MEMORY = 3 << 30
MAX_CELLS = 40_000_000


def main(path: str) -> None:
    """Write the largest sheet of the workbook at `path` to standard output."""
    _limit_memory()
    import pyarrow as pa
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(path)
    sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    sizes = {sheet.name: sheet.total_height * sheet.total_width for sheet in sheets}
    sheet = max(sheets, key=lambda s: s.height * s.width)
    about = {"sheet": sheet.name, "sheets": {s.name: s.height for s in sheets if s.height}, "cells": sizes[sheet.name]}
    out = sys.stdout.buffer
    if sizes[sheet.name] > MAX_CELLS:
        out.write(json.dumps({**about, "too_large": MAX_CELLS}).encode() + b"\n")
        return
    rows = sheet.to_python(skip_empty_area=False)
    _fill_merged(rows, sheet)
    out.write(json.dumps(about).encode() + b"\n")
    width = max((len(row) for row in rows), default=0)
    columns = [pa.array([_text(row[i]) if i < len(row) else "" for row in rows], pa.string()) for i in range(width)]
    table = pa.table(columns, names=[str(i) for i in range(width)]) if width else pa.table({})
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    out.flush()


def _fill_merged(rows: list[list[Any]], sheet: Any) -> None:
    for (top, left), (bottom, right) in (sheet.merged_cell_ranges or []) if Path(sys.argv[1]).suffix == ".xlsx" else []:
        if bottom - top > 10_000 or top >= len(rows) or left >= len(rows[top]):
            continue
        # Only downwards: a value merged over rows belongs to each; a title merged over columns belongs to the first.
        for row in rows[top + 1 : bottom + 1]:
            if left == right and left < len(row):
                row[left] = rows[top][left]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(datetime.timedelta(seconds=round(value.total_seconds())))
    return "" if value is None else str(value)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the cell count still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1])
