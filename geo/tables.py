"""Any file of rows → columns of text, each as its distinct values and a code per row; its meaning comes later."""

import io
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from geo.errors import InputError
from geo.limits import STANDARD, Limits
from geo.sniff import read_bytes, sniff, to_text

MAX_COLUMNS = 500
MAX_FIELD = 100_000  # characters
BLANKS = {"", "null", "none", "nan", "n/a", "na", "#n/a", "<na>", "nat", "-", "--", "\\n", "(null)", "<null>"}
_LONGEST_BLANK = max(map(len, BLANKS))
SEPARATORS = (",", "\t", ";", "|")
_NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?$", re.IGNORECASE)
_DATE_LIKE = re.compile(r"\d{2,4}[-/.年]\d{1,2}([-/.月]\d{1,4})?")


@dataclass(frozen=True, eq=False)
class TextColumn:
    """
    Distinct trimmed values and, for each row, the position among them (`codes`; -1 where blank).

    `values` are Arrow's strings; `texts` are the same as Python's, made only where somebody asks for them.
    """

    name: str
    codes: np.ndarray
    values: pa.StringArray
    longest: int = 0  # characters of the longest text

    @cached_property
    def texts(self) -> np.ndarray:
        """The distinct values as an object array."""
        return self.values.to_numpy(zero_copy_only=False).astype(object, copy=False)

    def take(self, values: np.ndarray, blank: object) -> np.ndarray:
        """One value a row, from one value a distinct text; `blank` where the cell is."""
        return np.append(values, np.array([blank], dtype=values.dtype))[self.codes]

    def counts(self) -> np.ndarray:
        """How many rows hold each distinct text."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))

    def sample(self, size: int = 2000) -> np.ndarray:
        """Some distinct texts, spread over the file."""
        step = max(len(self.values) // size, 1)
        some = self.values.take(pa.array(np.arange(0, len(self.values), step)[:size]))
        return some.to_numpy(zero_copy_only=False).astype(object, copy=False)

    @property
    def filled(self) -> int:
        """Rows whose cell is not blank."""
        return int((self.codes >= 0).sum())


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
            raise _long_cell(path, int(table.lines[row]))
    return table


def _read(path: Path, limits: Limits, sheet: str | None) -> Table:
    what = sniff(path, ("text", "json", "gpkg", "xlsx", "xls", "ods", "kml", "fgb", "parquet", "shp"))
    if what.kind == "text":
        return text_table(read_bytes(path, what.gzipped, limits), path)
    if what.kind in ("xlsx", "xls", "ods"):
        from geo.excel import excel_table

        return excel_table(path, limits, sheet)
    from geo.map_tables import map_table

    return map_table(path, what, limits)


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


def text_column(name: str, array: pa.ChunkedArray | pa.Array) -> TextColumn:
    """Code a column of strings by its distinct trimmed values; blanks and their usual stand-ins get -1."""
    chunk = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if isinstance(chunk, pa.ChunkedArray):  # combine_chunks of no chunk at all
        chunk = pa.array([], pa.string())
    coded = chunk.dictionary_encode()
    texts = coded.dictionary
    trimmed = pc.ascii_trim_whitespace(texts) if _is_ascii(texts) else pc.utf8_trim_whitespace(texts)
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    if trimmed.nbytes != texts.nbytes and not pc.all(pc.equal(trimmed, texts)).as_py():
        again = trimmed.dictionary_encode()
        trimmed = again.dictionary
        codes = np.append(again.indices.to_numpy(zero_copy_only=False), np.int32(-1))[codes]
    blank = _blank(trimmed)
    if blank.any():
        codes = np.append(np.where(blank, -1, np.cumsum(~blank) - 1), -1)[codes]
        trimmed = trimmed.filter(pa.array(~blank))
    longest = pc.max(pc.binary_length(trimmed)).as_py() or 0
    if longest > MAX_FIELD:
        longest = pc.max(pc.utf8_length(trimmed)).as_py()
    return TextColumn(name, codes.astype(np.int32, copy=False), trimmed, longest)


def _is_ascii(texts: pa.StringArray) -> bool:
    data = texts.buffers()[2]
    return data is None or memoryview(data).tobytes().isascii()


def _blank(texts: pa.StringArray) -> np.ndarray:
    """Which texts stand for nothing; only short ones can."""
    blank = np.zeros(len(texts), bool)
    short = np.flatnonzero(pc.less_equal(pc.binary_length(texts), _LONGEST_BLANK).to_numpy(zero_copy_only=False))
    if len(short):
        lower = pc.utf8_lower(texts.take(pa.array(short)))
        blank[short] = pc.is_in(lower, pa.array(sorted(BLANKS), lower.type)).to_numpy(zero_copy_only=False)
    return blank


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


def stack(tables: list[Table]) -> Table:
    """Tables of the same shape one below the other; names and lines of each row stay with it."""
    if len(tables) == 1:
        return tables[0]
    first = tables[0]
    columns = {name: _stack_columns([table.columns[name] for table in tables]) for name in first.columns}
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


def _stack_columns(columns: list[TextColumn]) -> TextColumn:
    texts = pa.concat_arrays([column.values for column in columns]).dictionary_encode()
    new = texts.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    codes, start = [], 0
    for column in columns:
        part = new[start : start + len(column.values)]
        codes.append(np.append(part, np.int32(-1))[column.codes])
        start += len(column.values)
    longest = max(column.longest for column in columns)
    return TextColumn(columns[0].name, np.concatenate(codes), texts.dictionary, longest)


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


def _header(
    head: str, separator: str, skip: int, quoted: bool, path: Path, line: int
) -> tuple[list[str], bool]:  # fmt: skip
    """The columns' names, and whether the first row is data already."""
    rows = _split(head, separator, quoted, skip + 1)
    if len(rows) <= skip:
        raise no_rows(path, line)
    cells = rows[skip]
    if max(map(len, cells), default=0) > MAX_FIELD:
        raise _long_cell(path, line)
    if len(cells) > MAX_COLUMNS:
        raise InputError(
            f"{path.name}: line {line}: {len(cells)} columns; at most {MAX_COLUMNS} are read.",
            remedy="Export only the columns that are needed.",
            key="read.too_many_columns", file=path.name, line=line, columns=len(cells), limit=MAX_COLUMNS,
        )  # fmt: skip
    if looks_like_data(cells):
        return [f"column {i + 1}" for i in range(len(cells))], True
    return unique_names(cells), False


def _long_cell(path: Path, line: int) -> InputError:
    return InputError(
        f"{path.name}: line {line}: a cell of more than {MAX_FIELD} characters.",
        remedy="Check the separator and the quotes of that line.",
        key="read.long_cell", file=path.name, line=line, limit=MAX_FIELD,
    )  # fmt: skip


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
