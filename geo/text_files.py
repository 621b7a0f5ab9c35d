"""Delimited text → a table: encoding, separator, header and each row's line by evidence."""

import io
import mmap
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from geo.errors import InputError
from geo.limits import Limits
from geo.sniff import empty, read_bytes, to_text
from geo.tables import MAX_COLUMNS, Table, long_cell, looks_like_data, no_rows, title_rows, unique_names
from geo.text_columns import MAX_FIELD, TextColumn, text_column
from geo.text_keys import string_bytes

SEPARATORS = (",", "\t", ";", "|")
Body = bytes | mmap.mmap
HEAD = 200_000  # bytes at the top, which show the separator, titles and the header
MAPPED = 4_000_000  # bytes from which on a file is mapped
BLOCK = 1 << 20  # bytes that are parsed and coded at a time, by several threads
PLACES, FEW = 64, 0.25
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34


def load(path: Path, gzipped: bool, limits: Limits) -> Body:
    """The file's bytes: of a large plain file a map of it, so that it is not held in memory beside what it says."""
    if gzipped or not MAPPED <= path.stat().st_size <= limits.size:
        return read_bytes(path, gzipped, limits)
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def text_table(data: Body, path: Path) -> Table:
    """Read delimited text; encoding and separator by evidence."""
    body, encoding, replaced = _as_utf8(data)
    head = body[:HEAD].decode("utf-8", "ignore")
    separator = _separator(head, path)
    quoted = body.find(b'"') >= 0
    parsed = _parsed(body, head, separator, quoted, path)
    if quoted and not parsed.even and _swallows(body):
        # A stray quote may have taken lines into one cell; the way that gives more rows of the header's width is meant.
        literal = _parsed(body, head, separator, False, path)
        parsed = max(parsed, literal, key=lambda way: way.table.num_rows)
    columns = parsed.table.columns
    rows, parsed.table = parsed.table.num_rows, pa.table({})

    def coded(place: int) -> TextColumn:
        cells, columns[place] = columns[place], None  # what it was made of goes as soon as it is made
        return text_column(parsed.names[place], cells)

    # Arrow works without Python's lock: two columns at a time.
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(coded, range(len(columns))))
    return Table(
        columns=dict(zip(parsed.names, made, strict=True)),
        lines=parsed.lines, files=np.zeros(rows, np.int16), names=(path.name,), kind="text", encoding=encoding,
        header_line=parsed.header_line, separator=separator, headerless=parsed.headerless, broken=parsed.broken,
        facts=[("read.broken_characters", {"count": replaced, "encoding": encoding})] if replaced else [],
    )  # fmt: skip


def _as_utf8(data: Body) -> tuple[Body, str, int]:
    """The text as UTF-8 with newlines as they are counted, its encoding, and how many characters were broken."""
    replaced = 0
    if int(np.frombuffer(data, np.int8).min(initial=1)) > 0:  # neither above 127 nor zero: ASCII
        body, encoding = data, "utf-8"
    else:
        body, encoding = to_text(bytes(data))
        body = body.replace(b"\x00", b"")
        replaced = body.count("\ufffd".encode())
    if body.find(b"\r") >= 0 and body.find(b"\n") < 0:
        body = bytes(body).replace(b"\r", b"\n")
    return body, encoding, replaced


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


def _record_starts(body: Body, quoted: bool) -> np.ndarray:
    """The file line (from 1) on which each record starts; blank lines are none, newlines within quotes end none."""
    raw = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero(raw == _NEWLINE)
    if not len(raw):
        return np.empty(0, np.int64)
    begins = np.concatenate(([0], ends + 1))
    if begins[-1] >= len(raw):
        begins = begins[:-1]
    stops = np.concatenate((ends, [len(raw)]))[: len(begins)]
    lengths = stops - begins - ((stops > begins) & (raw[np.maximum(stops - 1, 0)] == _RETURN))
    starting = lengths > 0
    if quoted:
        # Parity of the quotes before each line: odd means that it continues a quoted cell. uint8 wraps, parity stays.
        parity = np.cumsum(raw == _QUOTE, dtype=np.uint8) & 1
        inside = np.concatenate(([False], parity[begins[1:] - 1].astype(bool)))
        starting = (starting | inside) & ~inside
    return np.flatnonzero(starting) + 1


def _swallows(body: Body) -> bool:
    """Whether a quote may be no quote: their number is odd, or some record would run over very many lines."""
    raw = np.frombuffer(body, np.uint8)
    starts = _record_starts(body, True)
    gaps = np.diff(np.append(starts, np.count_nonzero(raw == _NEWLINE) + 1))
    return np.count_nonzero(raw == _QUOTE) % 2 == 1 or bool(len(gaps) and gaps.max() > 200)


@dataclass(eq=False)
class _Parsed:
    """One way to read a text: its rows, the line of each, and the rows of another width."""

    table: pa.Table
    names: list[str]
    lines: np.ndarray
    broken: list[tuple[int, str]]
    header_line: int
    headerless: bool
    even: bool  # every line is a row and the quotes are in pairs: nothing can have been swallowed


def _parsed(body: Body, head: str, separator: str, quoted: bool, path: Path) -> _Parsed:
    top = body[:HEAD]
    skip = title_rows(_split(head, separator, quoted, 40))
    starts = _record_starts(top, quoted)
    whole = len(starts) <= skip + 1 and len(body) > len(top)
    starts = _record_starts(body, quoted) if whole else starts
    if not len(starts):  # Nothing but a byte-order mark, or signs that say nothing.
        raise empty(path)
    header_line = int(starts[min(skip, len(starts) - 1)])
    names, headerless = _header(head, separator, skip, quoted, path, header_line)
    below = skip if headerless else skip + 1
    if len(starts) <= below:
        raise no_rows(path, header_line)
    first = int(starts[below])
    start = _offset_of_line(body if whole else top, first)
    table = _parse_even(body, start, names, separator, quoted)
    if table is not None:
        lines = np.arange(first, first + table.num_rows, dtype=np.int64)
        return _Parsed(table, names, lines, [], header_line, headerless, True)
    lines = (starts if whole else _record_starts(body, quoted))[below:]
    table, broken_at = _parse(pa.py_buffer(body).slice(start), names, separator, quoted, path)
    broken = [(int(lines[min(i, len(lines) - 1)]), text) for i, text in broken_at]
    lines = np.delete(lines, [i for i, _ in broken_at if i < len(lines)]) if broken_at else lines
    if len(lines) != table.num_rows:
        # The quotes are too odd to tell each row's line; counted from the first it is still near.
        lines = np.arange(table.num_rows) + int(lines[0] if len(lines) else header_line + 1)
    return _Parsed(table, names, lines.astype(np.int64), broken, header_line, headerless, False)


def _parse_even(body: Body, start: int, names: list[str], separator: str, quoted: bool) -> pa.Table | None:
    """The rows of a file in good order: as many cells in each, and each on one line of its own; else None."""
    if len(names) < 2:
        return None
    stop = len(body)
    while stop > start and body[stop - 1] in (_NEWLINE, _RETURN):
        stop -= 1
    text = pa.py_buffer(body).slice(start, stop - start)
    few = _few_values(body, start, stop, names, separator)
    coded = pa.dictionary(pa.int32(), pa.string())
    convert = pacsv.ConvertOptions(
        column_types={name: coded if name in few else pa.string() for name in names}, strings_can_be_null=False
    )
    read = pacsv.ReadOptions(column_names=names, block_size=BLOCK)
    # An empty line is then a row without a cell: where there is none, rows and lines count alike.
    options = pacsv.ParseOptions(
        delimiter=separator, quote_char='"' if quoted else False, newlines_in_values=quoted, ignore_empty_lines=False
    )
    try:
        table = pacsv.read_csv(pa.BufferReader(text), read, options, convert)
    except pa.ArrowInvalid:
        return None
    if all(_has_empty(column) for column in table.columns):
        return None
    if not quoted:
        return table
    raw = np.frombuffer(text, np.uint8)
    even = np.count_nonzero(raw == _NEWLINE) + 1 == table.num_rows and np.count_nonzero(raw == _QUOTE) % 2 == 0
    return table if even else None


def _has_empty(column: pa.ChunkedArray) -> bool:
    for chunk in column.chunks:
        texts = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
        if texts.null_count or bool((np.diff(string_bytes(texts)[0]) == 0).any()):
            return True
    return False


def _few_values(body: Body, start: int, stop: int, names: list[str], separator: str) -> set[str]:
    """Columns of few distinct values, by lines taken all over a large file; being wrong costs time and nothing else."""
    if stop - start < MAPPED:
        return set()
    rows: list[list[str]] = []
    for place in range(start, stop, (stop - start) // PLACES + 1):
        lines = body[place : place + 4096].split(b"\n")[1:-1][:16]
        rows += [line.decode("utf-8", "replace").replace('"', "").split(separator) for line in lines]
    rows = [row for row in rows if len(row) == len(names)]
    if len(rows) < PLACES:
        return set()
    return {name for i, name in enumerate(names) if len({row[i] for row in rows}) < FEW * len(rows)}


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


def _offset_of_line(body: Body, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = body.find(b"\n", offset) + 1
    return offset


def _parse(
    body: pa.Buffer, names: list[str], separator: str, quoted: bool, path: Path
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
