"""Any file of rows → columns of text, each as its distinct values and a code per row; its meaning comes later."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from geo.errors import InputError
from geo.limits import STANDARD, Limits
from geo.sniff import sniff
from geo.text_columns import MAX_FIELD, TextColumn, stack_columns, text_column

MAX_COLUMNS = 500
_NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?$", re.IGNORECASE)
_DATE_LIKE = re.compile(r"\d{2,4}[-/.年]\d{1,2}([-/.月]\d{1,4})?")


@dataclass(eq=False)
class Table:
    """
    Rows of text from one or several files of the same shape.

    `lines` holds each row's line in its file (or the feature's number), `files` its position in `names`. `point_x`,
    `point_y` and `crs` are set where the file has geometries; `header_line` is 0 where there are no lines.
    """

    columns: dict[str, TextColumn]
    lines: np.ndarray
    files: np.ndarray
    names: tuple[str, ...]
    kind: str
    encoding: str = ""
    header_line: int = 1
    separator: str = ""
    point_x: np.ndarray | None = None
    point_y: np.ndarray | None = None
    crs: str | None = None
    headerless: bool = False
    broken: list[tuple[int, str]] = field(
        default_factory=list
    )  # line, text of rows that have not as many cells as the header
    facts: list[tuple[str, dict]] = field(default_factory=list)  # findings about the file itself
    epoch_1904: bool = False  # bare day numbers count from 1904, as a workbook may say

    def __len__(self) -> int:
        return len(self.lines)


def read_tables(path: Path, *, limits: Limits = STANDARD, sheet: str | None = None) -> list[Table]:
    """
    Read every table that a file holds: one, or one a member of an archive.

    Raises
    ------
    InputError
        As `read_table`; a member is named by its archive.
    """
    from geo.unpack import unpacked, within

    with unpacked(path, limits) as found:
        tables = []
        for piece in found.pieces:
            try:
                table = read_table(piece.path, limits=limits, sheet=sheet)
            except InputError as error:
                raise within(error, piece) from error
            table.names = (piece.name,)
            tables.append(table)
        if found.ignored:
            names = ", ".join(found.ignored[:6]) + (" …" if len(found.ignored) > 6 else "")
            tables[0].facts.append(("read.zip_ignored", {"count": len(found.ignored), "names": names}))
    return tables


def read_table(path: Path, *, limits: Limits = STANDARD, sheet: str | None = None) -> Table:
    """
    Read one file of points as text.

    Parameters
    ----------
    path : Path
    limits : Limits
    sheet : str, optional
        Of a workbook; other kinds ignore it.

    Raises
    ------
    InputError
        If it is empty, of another kind than its ending says, damaged, too large, or holds no rows.
    """
    table = _read(path, limits, sheet)
    for column in table.columns.values():
        if column.longest > MAX_FIELD:
            long = [len(text) > MAX_FIELD for text in column.texts]
            row = int(np.flatnonzero(column.take(np.array(long), False))[0])
            raise long_cell(path, int(table.lines[row]))
    return table


def _read(path: Path, limits: Limits, sheet: str | None) -> Table:
    what = sniff(path, ("text", "json", "gpkg", "xlsx", "xls", "ods", "kml", "fgb", "parquet", "shp"))
    if what.kind == "text":
        from geo.text_files import load, text_table

        return text_table(load(path, what.gzipped, limits), path)
    if what.kind in ("xlsx", "xls", "ods"):
        from geo.excel import excel_table

        return excel_table(path, limits, sheet)
    from geo.map_tables import map_table

    return map_table(path, what, limits)


def from_rows(rows: Sequence[Sequence[str | None]], names: list[str]) -> dict[str, TextColumn]:
    """Columns from rows of strings, each row as long as `names`."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return {name: text_column(name, pa.array(column, pa.string())) for name, column in zip(names, columns, strict=True)}


def unique_names(cells: Sequence[str]) -> list[str]:
    """Header cells as distinct names: empty ones become `column 3`, repeats get a number."""
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = " ".join(cell.replace("\ufeff", "").split()) or f"column {position}"
        stem, n = name, 2
        while name in names:
            name, n = f"{stem} {n}", n + 1
        names.append(name)
    return names


def looks_like_data(cells: Sequence[str]) -> bool:
    """Whether a first row is data rather than a header: two cells of it are numbers or dates."""
    return sum(bool(_NUMBER.match(c.strip()) or _DATE_LIKE.match(c.strip())) for c in cells if c.strip()) >= 2


def no_rows(path: Path, line: int) -> InputError:
    """The error of a file that has a header and nothing below it."""
    return InputError(
        f"{path.name}: line {line}: a header and no rows below it.",
        remedy="Export it again; check the filter it was made with.", key="read.no_rows", file=path.name, line=line,
    )  # fmt: skip


def title_rows(rows: list[list[str]]) -> int:
    """How many of the first rows are titles: those with at most a third of the usual number of filled cells."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if len(filled) < 3:
        return 0
    usual = float(np.median(filled[1:]))
    skip = 0
    while skip < min(10, len(filled) - 2) and filled[skip] <= max(1, usual / 3) and usual >= 3:
        skip += 1
    return skip


def long_cell(path: Path, line: int) -> InputError:
    """The error of a cell beyond the limit."""
    return InputError(
        f"{path.name}: line {line}: a cell of more than {MAX_FIELD} characters.",
        remedy="Check the separator and the quotes of that line.",
        key="read.long_cell", file=path.name, line=line, limit=MAX_FIELD,
    )  # fmt: skip


def stack(tables: list[Table]) -> Table:
    """Tables of the same shape one below the other; names and lines of each row stay with it."""
    if len(tables) == 1:
        return tables[0]
    first = tables[0]
    columns = {name: stack_columns([table.columns[name] for table in tables]) for name in first.columns}
    has_points = first.point_x is not None
    return Table(
        columns=columns,
        lines=np.concatenate([table.lines for table in tables]),
        files=np.concatenate([np.full(len(table), i, np.int16) for i, table in enumerate(tables)]),
        names=tuple(table.names[0] for table in tables),
        kind=first.kind,
        encoding=", ".join(dict.fromkeys(table.encoding for table in tables)),
        header_line=first.header_line, separator=first.separator, headerless=first.headerless,
        point_x=np.concatenate([table.point_x for table in tables]) if has_points else None,
        point_y=np.concatenate([table.point_y for table in tables]) if has_points else None,
        crs=first.crs,
        facts=[fact for table in tables for fact in table.facts],
    )  # fmt: skip
