"""One sheet of a spreadsheet (XLSX, XLS, ODS) as text; run by `geo.child`, since its library cannot be stopped."""

import datetime
import html
import re
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from python_calamine import CalamineSheet, CalamineWorkbook

from geo import headers
from geo.errors import InputError
from geo.headers import has_phrase, normal

LOOK = 40  # rows at the top of a sheet in which its header is sought
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,7})"')
_WIDE_COLUMN = re.compile(rb'<(?:\w+:)?c r="([A-Z]{2,3})\d')
# What tells a sheet of events: its header names a place, a time, a kind.
_SIGNS = (
    headers.LON + headers.X + headers.POINT, headers.LAT + headers.Y, headers.CATEGORY, headers.NEIGHBORHOOD,
    tuple(phrase for phrases in headers.TIME_ROLES.values() for phrase in phrases),
)  # fmt: skip


def read(path: Path, sheet: str | None = None, cells: int = 40_000_000) -> tuple[dict[str, Any], pa.Table]:
    """
    Read the named sheet, else the one with most rows among those whose header looks like events.

    Returns
    -------
    (dict, pyarrow.Table)
        `sheet`, `sheets` (name → rows), `epoch_1904`; strings, row by row as they stand, `""` for empty cells.
    """
    far = _far_sheets(path, cells)
    for name, spans in far.items():
        # A sheet too large to read is still the one that is meant, unless another is named.
        if not sheet or sheet == name:
            raise _too_large(path, name, spans, cells)
    book = CalamineWorkbook.from_path(str(path))
    known = {name: book.get_sheet_by_name(name) for name in book.sheet_names if name not in far}
    heights = {name: one.height for name, one in known.items() if one.height}
    picked = _named(path, sheet, known) if sheet else _likeliest(known, cells)
    about = {"sheet": picked.name if picked else "", "sheets": heights, "epoch_1904": _counts_from_1904(path)}
    if picked is None:
        return about, pa.table({})
    _require_cells(path, picked, cells)
    rows = picked.to_python(skip_empty_area=False)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        _fill_merged(rows, picked)
    width = max((len(row) for row in rows), default=0)
    columns = [pa.array([_text(row[i]) if i < len(row) else "" for row in rows], pa.string()) for i in range(width)]
    return about, pa.table(columns, names=[str(i) for i in range(width)]) if width else pa.table({})


def _named(path: Path, sheet: str, known: dict[str, CalamineSheet]) -> CalamineSheet:
    if sheet not in known:
        names = ", ".join(known)
        raise InputError(
            f"{path.name}: there is no sheet {sheet!r}.",
            remedy=f"Choose among {names}.", key="read.no_sheet", file=path.name, sheet=sheet, known=names,
        )  # fmt: skip
    return known[sheet]


def _likeliest(known: dict[str, CalamineSheet], cells: int) -> CalamineSheet | None:
    filled = [one for one in known.values() if one.height and one.width]
    if len(filled) < 2:
        return filled[0] if filled else None

    def rank(one: CalamineSheet) -> tuple[bool, int, int]:
        # A sheet too large to read is still the one that is meant; it is refused with its size.
        if one.total_height * one.total_width > cells:
            return True, one.height, one.width
        return _signs(one) >= 2, one.height, one.width

    return max(filled, key=rank)


def _signs(sheet: CalamineSheet) -> int:
    """How many of place, time and kind the best of its first rows names."""
    rows = sheet.to_python(nrows=LOOK)
    words = [[normal(cell) for cell in row if isinstance(cell, str) and cell] for row in rows]
    return max((sum(any(has_phrase(w, sign) >= 2 for w in row) for sign in _SIGNS) for row in words), default=0)


def _require_cells(path: Path, sheet: CalamineSheet, cells: int) -> None:
    spans = sheet.total_height * sheet.total_width
    if spans > cells:
        raise _too_large(path, sheet.name, spans, cells)


def _too_large(path: Path, sheet: str, spans: int, cells: int) -> InputError:
    return InputError(
        f"{path.name}: sheet {sheet!r} spans {spans} cells; at most {cells} are read.",
        remedy="Delete the far cells, or save the sheet as CSV.",
        key="read.sheet_too_large", file=path.name, sheet=sheet, cells=spans, limit=cells,
    )  # fmt: skip


def _far_sheets(path: Path, cells: int) -> dict[str, int]:
    """
    Sheets of an XLSX that span more cells than are read, with how many.

    The library lays a sheet out from its first to its last cell before anybody can ask how far that is; one far cell
    would end the process for want of memory. So the places of cells are looked through first, as text.
    """
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return {}
    far = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name, member in _sheet_files(archive).items():
                with archive.open(member) as file:
                    rows, columns = _extent(file)
                if rows * columns > cells:
                    far[name] = rows * columns
    except (KeyError, OSError, zipfile.BadZipFile, zlib.error, EOFError):
        return {}  # damaged: the library says so
    return far


def _sheet_files(archive: zipfile.ZipFile) -> dict[str, str]:
    """The member that holds each sheet."""
    with archive.open("xl/workbook.xml") as file:
        book = file.read(1_000_000).decode("utf-8", "replace")
    with archive.open("xl/_rels/workbook.xml.rels") as file:
        links = file.read(1_000_000).decode("utf-8", "replace")
    targets = {}
    for link in re.findall(r"<Relationship\b[^>]*>", links):
        known = dict(_ATTRIBUTE.findall(link))
        targets[known.get("Id", "")] = known.get("Target", "")
    files = {}
    for sheet in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book):
        known = dict(_ATTRIBUTE.findall(sheet))
        target = targets.get(next((v for k, v in known.items() if k.endswith(":id")), ""), "")
        member = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if member in archive.namelist():
            files[html.unescape(known.get("name", ""))] = member
    return files


def _extent(file: IO[bytes]) -> tuple[int, int]:
    """The last row and the last column that any cell names; columns up to Z count as 26."""
    rows, columns, tail = 0, 26, b""
    while block := file.read(1 << 20):
        text = tail + block
        rows = max([rows, *map(int, _ROW.findall(text))])
        columns = max([columns, *map(_column_number, set(_WIDE_COLUMN.findall(text)))])
        tail = text[-64:]
    return rows, columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _fill_merged(rows: list[list[Any]], sheet: CalamineSheet) -> None:
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        if bottom - top > 10_000 or top >= len(rows) or left >= len(rows[top]):
            continue
        # Only downwards: a value merged over rows belongs to each; a title merged over columns belongs to the first.
        for row in rows[top + 1 : bottom + 1]:
            if left == right and left < len(row):
                row[left] = rows[top][left]


def _counts_from_1904(path: Path) -> bool:
    """Whether bare day numbers of the workbook count from 1904; cells formatted as dates are brought right already."""
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return False
    try:
        with zipfile.ZipFile(path) as archive, archive.open("xl/workbook.xml") as file:
            head = file.read(100_000)
    except (KeyError, zipfile.BadZipFile):
        return False
    return b'date1904="1"' in head or b'date1904="true"' in head


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
