"""Spreadsheets (XLSX, XLS): read by a child process, since its library cannot be stopped once led astray."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

from geo.errors import InputError
from geo.sniff import empty, require_safe_zip
from geo.tables import Table, looks_like_data, no_rows, text_column, title_rows, unique_names

SECONDS = 300


def excel_table(path: Path) -> Table:
    """
    Read the largest sheet of a workbook; rows above the header and empty rows are left out.

    Raises
    ------
    InputError
        If the workbook is damaged, too large, or holds no rows.
    """
    if path.suffix.lower() != ".xls":
        require_safe_zip(path)
    about, cells = _in_child(path)
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
    )  # fmt: skip


def _in_child(path: Path) -> tuple[dict, pa.Table]:
    command = [sys.executable, "-m", "geo.excel_child", str(path.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, cwd=Path(__file__).parents[1], check=False)
    except subprocess.TimeoutExpired as error:
        raise _unreadable(path) from error
    if done.returncode != 0:
        # Not what the library says: its words about a hostile file are no sentence for a page.
        raise _unreadable(path)
    line, _, stream = done.stdout.partition(b"\n")
    about = json.loads(line)
    if "too_large" in about:
        raise InputError(
            f"{path.name}: sheet {about['sheet']!r} spans {about['cells']} cells; "
            f"at most {about['too_large']} are read.",
            remedy="Delete the far cells, or save the sheet as CSV.",
            key="read.sheet_too_large", file=path.name, sheet=about["sheet"], cells=about["cells"],
            limit=about["too_large"],
        )  # fmt: skip
    if not stream:
        raise empty(path)
    return about, pa.ipc.open_stream(stream).read_all()


def _unreadable(path: Path) -> InputError:
    return InputError(
        f"{path.name}: the sheet cannot be read; it is damaged, locked with a password, "
        "or beyond the limits of time and memory.",
        remedy="Open it in a spreadsheet program and save it again without password, or save it as CSV.",
        key="read.sheet_unreadable", file=path.name,
    )  # fmt: skip
