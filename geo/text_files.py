"""Delimited text → a table: encoding, separator, header and each row's line by evidence."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from geo.errors import InputError
from geo.sniff import to_text
from geo.tables import (
    MAX_COLUMNS,
    MAX_FIELD,
    Table,
    long_cell,
    looks_like_data,
    no_rows,
    text_column,
    title_rows,
    unique_names,
)  # fmt: skip

SEPARATORS = (",", "\t", ";", "|")


def text_table(data: bytes, path: Path) -> Table:
    """Read delimited text; encoding and separator by evidence."""
    body, encoding = to_text(data)
    body = body.replace(b"\x00", b"")
    replaced = body.count("\ufffd".encode())
    if b"\r" in body and b"\n" not in body:
        body = body.replace(b"\r", b"\n")
    head = body[:200_000].decode("utf-8", "ignore")
    separator = _separator(head, path)
    quoted = b'"' in body
    parsed = _parsed(body, head, separator, quoted, path)
    if quoted and _swallows(body):
        # A stray quote may have taken lines into one cell; the way that gives more rows of the header's width is meant.
        literal = _parsed(body, head, separator, False, path)
        parsed = max(parsed, literal, key=lambda way: way.table.num_rows)
    rows = parsed.table.num_rows
    # Arrow works without Python's lock: two columns at a time.
    with ThreadPoolExecutor(2) as pool:
        coded = pool.map(text_column, parsed.names, parsed.table.columns)
    return Table(
        columns=dict(zip(parsed.names, coded, strict=True)),
        lines=parsed.lines, files=np.zeros(rows, np.int16), names=(path.name,), kind="text", encoding=encoding,
        header_line=parsed.header_line, separator=separator, headerless=parsed.headerless, broken=parsed.broken,
        facts=[("read.broken_characters", {"count": replaced, "encoding": encoding})] if replaced else [],
    )  # fmt: skip


def _separator(head: str, path: Path) -> str:
    if path.name.lower().removesuffix(".gz").endswith(".tsv") and "\t" in head:
        return "\t"
    lines = [re.sub(r'"[^"]*"', "", line) for line in head.splitlines()[:100] if line.strip()]
    if len(lines) > 2 and len(head) >= 200_000:
        lines = lines[:-1]

    def score(separator: str) -> tuple[float, int]:
        counts = np.array([line.count(separator) for line in lines])
        usual = int(np.median(counts))
        return (float((counts == usual).mean()) if usual else 0.0) * min(usual, 3), usual

    return max(SEPARATORS, key=score) if lines else ","


def _record_starts(body: bytes, quoted: bool) -> np.ndarray:
    """The file line (from 1) on which each record starts; blank lines are none, newlines within quotes end none."""
    raw = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero(raw == 10)
    if not len(raw):
        return np.empty(0, np.int64)
    begins = np.concatenate(([0], ends + 1))
    if begins[-1] >= len(raw):
        begins = begins[:-1]
    stops = np.concatenate((ends, [len(raw)]))[: len(begins)]
    lengths = stops - begins - ((stops > begins) & (raw[np.maximum(stops - 1, 0)] == 13))
    starting = lengths > 0
    if quoted:
        # Parity of the quotes before each line: odd means that it continues a quoted cell. uint8 wraps, parity stays.
        parity = np.cumsum(raw == 34, dtype=np.uint8) & 1
        inside = np.concatenate(([False], parity[begins[1:] - 1].astype(bool)))
        starting = (starting | inside) & ~inside
    return np.flatnonzero(starting) + 1


def _swallows(body: bytes) -> bool:
    """Whether a quote may be no quote: their number is odd, or some record would run over very many lines."""
    starts = _record_starts(body, True)
    gaps = np.diff(np.append(starts, body.count(b"\n") + 1))
    return body.count(b'"') % 2 == 1 or bool(len(gaps) and gaps.max() > 200)


@dataclass(eq=False)
class _Parsed:
    """One way to read a text: its rows, the line of each, and the rows of another width."""

    table: pa.Table
    names: list[str]
    lines: np.ndarray
    broken: list[tuple[int, str]]
    header_line: int
    headerless: bool


def _parsed(body: bytes, head: str, separator: str, quoted: bool, path: Path) -> _Parsed:
    starts = _record_starts(body, quoted)
    skip = title_rows(_split(head, separator, quoted, 40))
    header_line = int(starts[min(skip, len(starts) - 1)])
    names, headerless = _header(head, separator, skip, quoted, path, header_line)
    lines = starts[skip if headerless else skip + 1 :]
    if not len(lines):
        raise no_rows(path, header_line)
    table, broken_at = _parse(body[_offset_of_line(body, int(lines[0])) :], names, separator, quoted, path)
    broken = [(int(lines[min(i, len(lines) - 1)]), text) for i, text in broken_at]
    lines = np.delete(lines, [i for i, _ in broken_at if i < len(lines)]) if broken_at else lines
    if len(lines) != table.num_rows:
        # The quotes are too odd to tell each row's line; counted from the first it is still near.
        lines = np.arange(table.num_rows) + int(lines[0] if len(lines) else header_line + 1)
    return _Parsed(table, names, lines.astype(np.int64), broken, header_line, headerless)


def _split(head: str, separator: str, quoted: bool, rows: int) -> list[list[str]]:
    import csv
    from itertools import islice

    text = io.StringIO(head)
    plain = csv.reader(text, delimiter=separator, quoting=csv.QUOTE_NONE)
    reader = csv.reader(text, delimiter=separator) if quoted else plain
    try:
        return list(islice((row for row in reader if row), rows))
    except csv.Error:
        return [line.split(separator) for line in head.splitlines()[:rows] if line.strip()]


def _header(
    head: str, separator: str, skip: int, quoted: bool, path: Path, line: int
) -> tuple[list[str], bool]:  # fmt: skip
    """The columns' names, and whether the first row is data already."""
    rows = _split(head, separator, quoted, skip + 1)
    if len(rows) <= skip:
        raise no_rows(path, line)
    cells = rows[skip]
    if max(map(len, cells), default=0) > MAX_FIELD:
        raise long_cell(path, line)
    if len(cells) > MAX_COLUMNS:
        raise InputError(
            f"{path.name}: line {line}: {len(cells)} columns; at most {MAX_COLUMNS} are read.",
            remedy="Export only the columns that are needed.",
            key="read.too_many_columns", file=path.name, line=line, columns=len(cells), limit=MAX_COLUMNS,
        )  # fmt: skip
    if looks_like_data(cells):
        return [f"column {i + 1}" for i in range(len(cells))], True
    return unique_names(cells), False


def _offset_of_line(body: bytes, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = body.index(b"\n", offset) + 1
    return offset


def _parse(
    body: bytes, names: list[str], separator: str, quoted: bool, path: Path
) -> tuple[pa.Table, list[tuple[int, str]]]:
    """Parse records to strings; rows with another number of cells come back apart, by position."""
    read = pacsv.ReadOptions(column_names=names, use_threads=True, block_size=8 << 20)
    convert = pacsv.ConvertOptions(column_types={name: pa.string() for name in names}, strings_can_be_null=False)

    def options(handler: object = None) -> pacsv.ParseOptions:
        return pacsv.ParseOptions(
            delimiter=separator,
            quote_char='"' if quoted else False,
            newlines_in_values=quoted,
            invalid_row_handler=handler,
        )

    try:
        return pacsv.read_csv(pa.BufferReader(body), read, options(), convert), []
    except pa.ArrowInvalid:
        pass
    broken: list[tuple[int, str]] = []

    def handler(row: pacsv.InvalidRow) -> str:
        broken.append((int(row.number or 1) - 1, row.text or ""))
        return "skip"

    read.use_threads = False  # only then are the rows numbered
    try:
        return pacsv.read_csv(pa.BufferReader(body), read, options(handler), convert), broken
    except pa.ArrowInvalid as error:
        raise InputError(
            f"{path.name}: the table cannot be read ({str(error).splitlines()[0][:120]}).",
            remedy="Export it again as CSV with quoted text.",
            key="read.unreadable", file=path.name, reason=str(error).splitlines()[0][:120],
        ) from error  # fmt: skip
