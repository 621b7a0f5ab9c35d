"""Spreadsheets (XLSX, XLS, ODS): read by a child process, since its library cannot be stopped once led astray."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from geo.child import read_in_child
from geo.limits import STANDARD, Limits
from geo.sniff import empty, zip_members
from geo.tables import Table, looks_like_data, no_rows, text_column, title_rows, unique_names


def excel_table(path: Path, limits: Limits = STANDARD, sheet: str | None = None) -> Table:
    """
    Read one sheet of a workbook; rows above the header and empty rows are left out.

    Parameters
    ----------
    path : Path
    limits : Limits
    sheet : str, optional
        The sheet's name; else the one with most rows among those whose header looks like events.

    Raises
    ------
    InputError
        If the workbook is damaged, too large, holds no rows or no such sheet.
    """
    if path.suffix.lower() != ".xls":
        zip_members(path, limits)
    about, cells = read_in_child("sheet", path, limits, sheet=sheet, cells=limits.cells)
    rows = cells.num_rows
    columns = [column.combine_chunks() if column.num_chunks else pa.array([], pa.string()) for column in cells.columns]
    if not rows or not columns:
        raise empty(path)
    filled = np.column_stack([np.asarray(pa.compute.not_equal(column, "")) for column in columns])
    used = np.flatnonzero(filled.any(axis=1))
    if not len(used):
        raise empty(path)
    top = [[column[int(i)].as_py() for column in columns] for i in used[:40]]
    skip = title_rows(top)
    header = top[min(skip, len(top) - 1)]
    headerless = looks_like_data(header)
    body = used[skip if headerless else skip + 1 :]
    if not len(body):
        raise no_rows(path, int(used[skip]) + 1)
    keep = [i for i in range(len(columns)) if header[i].strip() or filled[body, i].any()]
    names = unique_names(["" if headerless else header[i] for i in keep])
    picked = pa.array(body)
    facts = []
    if len(about["sheets"]) > 1:
        others = ", ".join(name for name in about["sheets"] if name != about["sheet"])
        facts.append(("read.sheets", {"sheet": about["sheet"], "others": others}))
    return Table(
        columns={name: text_column(name, columns[i].take(picked)) for name, i in zip(names, keep, strict=True)},
        lines=body.astype(np.int64) + 1, files=np.zeros(len(body), np.int16), names=(path.name,), kind="sheet",
        encoding="", header_line=int(used[skip]) + 1, headerless=headerless, facts=facts,
        epoch_1904=about["epoch_1904"],
    )  # fmt: skip
