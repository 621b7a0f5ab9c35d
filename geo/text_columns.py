"""One column of text: few distinct values and a code a row, or each row's cell where most of them differ."""

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.text_keys import mixed, shared_keys, string_bytes, text_keys

MAX_FIELD = 100_000  # characters
BLANKS = {"", "null", "none", "nan", "n/a", "na", "#n/a", "<na>", "nat", "-", "--", "\\n", "(null)", "<null>"}
_LONGEST_BLANK = max(map(len, BLANKS))
# Coding by distinct values costs a look into a table a row; where the table outgrows the cache it costs more than it
# saves. The first rows tell.
LOOK, MANY = 16_384, 6_000
_SPACE, _WIDE = 32, 127  # bytes up to the one, and from the other on, may be blanks at the rim of a cell


class TextColumn:
    """
    The trimmed cells of one column; blanks and their usual stand-ins are none.

    Parameters
    ----------
    name : str
    codes : array of n ints
        The position of each row's text among `values`, -1 where blank.
    values : pyarrow.StringArray
        The distinct texts, in the order in which they first occur.
    longest : int
        Characters of the longest text.

    Notes
    -----
    A column of many distinct texts holds `cells` instead, a text a row; its codes are made only where somebody asks
    for them. `to_read`, `spread` and `weights` serve both: read what has to be read, and bring it to the rows.
    """

    def __init__(
        self, name: str, codes: np.ndarray | None, values: pa.StringArray | None, longest: int = 0, *,
        cells: pa.StringArray | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.longest = longest
        self.cells = cells
        if cells is None:
            self.__dict__["_coded"] = (codes, values)

    @cached_property
    def _coded(self) -> tuple[np.ndarray, pa.StringArray]:
        assert self.cells is not None  # else the codes were given
        coded = self.cells.dictionary_encode()
        return coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), coded.dictionary

    def __len__(self) -> int:
        return len(self.codes) if self.cells is None else len(self.cells)

    @property
    def codes(self) -> np.ndarray:
        """The position of each row's text among the distinct ones, -1 where blank."""
        return self._coded[0]

    @property
    def values(self) -> pa.StringArray:
        """The distinct texts."""
        return self._coded[1]

    @cached_property
    def texts(self) -> np.ndarray:
        """The distinct texts as an object array of Python's."""
        return self.values.to_numpy(zero_copy_only=False).astype(object, copy=False)

    def take(self, values: np.ndarray, blank: object) -> np.ndarray:
        """One value a row, from one value a distinct text; `blank` where the cell is."""
        return np.append(values, np.array([blank], dtype=values.dtype))[self.codes]

    def counts(self) -> np.ndarray:
        """How many rows hold each distinct text."""
        return self._counts

    @cached_property
    def _counts(self) -> np.ndarray:
        return np.bincount(self.codes + 1, minlength=len(self.values) + 1)[1:]

    @cached_property
    def is_filled(self) -> np.ndarray:
        """Which rows are not blank."""
        if self.cells is None:
            return self.codes >= 0
        if not self.cells.null_count:
            return np.ones(len(self.cells), bool)
        return self.cells.is_valid().to_numpy(zero_copy_only=False)

    @cached_property
    def filled(self) -> int:
        """How many rows are not blank."""
        if self.cells is not None:
            return len(self.cells) - self.cells.null_count
        return int(np.count_nonzero(self.codes >= 0))

    @cached_property
    def to_read(self) -> pa.StringArray:
        """Texts none of which is blank: each distinct one, or every row's where most differ."""
        if self.cells is None:
            return self.values
        return self.cells.drop_null() if self.cells.null_count else self.cells

    def spread(self, values: np.ndarray, blank: object) -> np.ndarray:
        """One value a row from one value a text of `to_read`; `blank` where the cell is. May be `values` itself."""
        if self.cells is None:
            return self.take(values, blank)
        if not self.cells.null_count:
            return values
        out = np.full(len(self.cells), blank, dtype=values.dtype)
        out[self.is_filled] = values
        return out

    def read_texts(self) -> np.ndarray:
        """`to_read` as an object array of Python's texts."""
        return np.asarray(self.to_read.to_numpy(zero_copy_only=False).astype(object, copy=False))

    def floats(self) -> np.ndarray | None:
        """The cells as numbers, NaN where blank; None where some are none, or where few differ."""
        if self.cells is None:
            return None
        try:
            return np.asarray(self.cells.cast(pa.float64()).to_numpy(zero_copy_only=False, writable=True))
        except pa.ArrowInvalid:
            return None

    def weights(self) -> np.ndarray | None:
        """How many rows hold each text of `to_read`; None where it is one each."""
        return self.counts() if self.cells is None else None

    def cell(self, row: int) -> str:
        """The text of one row, `""` where it is blank."""
        if self.cells is not None:
            return self.cells[row].as_py() or ""
        return str(self.values[int(self.codes[row])].as_py()) if self.codes[row] >= 0 else ""

    def sample(self, size: int = 2000) -> np.ndarray:
        """Some distinct texts, spread over the file."""
        if self.cells is not None and len(self.cells) > 4 * size:
            # Rows at even steps might meet a pattern that returns as evenly.
            rows = mixed(np.uint64(1), np.arange(4 * size, dtype=np.uint64)) % np.uint64(len(self.cells))
            texts = self.cells.take(pa.array(np.sort(rows))).drop_null().unique()
        else:
            texts = self.to_read
        step = max(len(texts) // size, 1)
        some = texts.take(pa.array(np.arange(0, len(texts), step)[:size]))
        return some.to_numpy(zero_copy_only=False).astype(object, copy=False)

    def first(self, size: int) -> list[str]:
        """The first distinct texts."""
        texts = self.values if self.cells is None else self.cells.slice(0, 1000).drop_null().unique()
        return list(texts.slice(0, size).to_pylist())

    @cached_property
    def distinct(self) -> int:
        """How many distinct texts there are."""
        return len(self.values) if self.cells is None else self._meetings[0]

    def shared(self) -> np.ndarray:
        """The rows, in order, whose text some other row holds too; blank ones are not among them."""
        if self.cells is not None:
            return self._meetings[1]
        codes = self.codes
        return np.flatnonzero((codes >= 0) & (np.append(self.counts(), 0) > 1)[codes])

    @cached_property
    def _meetings(self) -> tuple[int, np.ndarray]:
        """The number of distinct cells, and the rows that share one."""
        distinct, rows = shared_keys(text_keys(self.to_read))
        return distinct, rows if self.filled == len(self) else np.flatnonzero(self.is_filled)[rows]

    def codes_of(self, rows: np.ndarray) -> np.ndarray:
        """Numbers that are equal where the texts of these rows are, -1 where they are blank."""
        if self.cells is None:
            return self.codes[rows]
        coded = self.cells.take(pa.array(rows)).dictionary_encode()
        return coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)


def text_column(name: str, array: pa.ChunkedArray | pa.Array) -> TextColumn:
    """A column of strings, or of strings already coded by distinct ones; trimmed, blanks set apart."""
    if isinstance(array, pa.ChunkedArray) and pa.types.is_dictionary(array.type):
        array = array.unify_dictionaries()
    chunk = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if isinstance(chunk, pa.ChunkedArray):  # combine_chunks of no chunk at all
        chunk = pa.array([], pa.string())
    if not pa.types.is_dictionary(chunk.type) and _is_varied(chunk):
        cells, longest = _cells(chunk)
        return TextColumn(name, None, None, longest, cells=cells)
    coded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
    texts = coded.dictionary
    trimmed = _trimmed(texts)
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    if trimmed is not texts:
        again = trimmed.dictionary_encode()
        trimmed = again.dictionary
        codes = np.append(again.indices.to_numpy(zero_copy_only=False), np.int32(-1))[codes]
    blank = _blank(trimmed)
    if blank.any():
        codes = np.append(np.where(blank, -1, np.cumsum(~blank) - 1).astype(np.int32), np.int32(-1))[codes]
        trimmed = trimmed.filter(pa.array(~blank))
    return TextColumn(name, codes.astype(np.int32, copy=False), trimmed, _longest(trimmed))


def stack_columns(columns: list[TextColumn]) -> TextColumn:
    """Columns of several tables one below the other."""
    name, longest = columns[0].name, max(column.longest for column in columns)
    if any(column.cells is not None for column in columns):
        parts = [c.cells if c.cells is not None else _decoded(c) for c in columns]
        cells = pa.concat_arrays(parts)
        if _is_varied(cells):
            return TextColumn(name, None, None, longest, cells=cells)
        coded = cells.dictionary_encode()
        return TextColumn(name, coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), coded.dictionary, longest)
    texts = pa.concat_arrays([column.values for column in columns]).dictionary_encode()
    new = texts.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    codes, start = [], 0
    for column in columns:
        part = new[start : start + len(column.values)]
        codes.append(np.append(part, np.int32(-1))[column.codes])
        start += len(column.values)
    return TextColumn(name, np.concatenate(codes), texts.dictionary, longest)


def _is_varied(cells: pa.StringArray) -> bool:
    """Whether so many of the first cells differ that coding them all would cost more than it saves."""
    return len(cells) >= LOOK and len(cells.slice(0, LOOK).unique()) > MANY


def _decoded(column: TextColumn) -> pa.StringArray:
    return column.values.take(pa.array(column.codes, mask=column.codes < 0))


def _cells(chunk: pa.StringArray) -> tuple[pa.StringArray, int]:
    """The cells trimmed and with blanks as nulls, and the length of the longest; the strings are not copied."""
    trimmed = _trimmed(chunk)
    offsets, _ = string_bytes(trimmed)
    lengths = np.diff(offsets)
    short = np.flatnonzero(lengths <= _LONGEST_BLANK)
    blank = np.zeros(len(trimmed), bool)
    if trimmed.null_count:
        blank |= trimmed.is_null().to_numpy(zero_copy_only=False)
    if len(short):
        # Most short cells are empty; only the others are looked up.
        empty = lengths[short] == 0
        blank[short[empty]] = True
        rest = short[~empty]
        blank[rest] = _blank(trimmed.take(pa.array(rest)))
    if blank.any():
        bits = pa.py_buffer(np.packbits(~blank, bitorder="little").tobytes())
        _, places, data = trimmed.buffers()
        start = trimmed.offset * 4
        places = places.slice(start, (len(trimmed) + 1) * 4)
        trimmed = pa.StringArray.from_buffers(len(trimmed), places, data, bits)
    return trimmed, _longest(trimmed, int(lengths.max(initial=0)))


def _longest(texts: pa.StringArray, size: int | None = None) -> int:
    size = size if size is not None else pc.max(pc.binary_length(texts)).as_py() or 0
    return pc.max(pc.utf8_length(texts)).as_py() or 0 if size > MAX_FIELD else size


def _trimmed(texts: pa.StringArray) -> pa.StringArray:
    """The texts without blanks at their ends: the same array where none has any."""
    offsets, data = string_bytes(texts)
    if not len(data):
        return texts
    starts, stops = offsets[:-1], offsets[1:]
    if not len(starts):
        return texts
    inside = data[starts[0] : stops[-1]]
    if not len(inside) or (int(inside.min()) > _SPACE and int(inside.max()) < _WIDE):
        return texts
    # An empty text has no rim; its neighbor's byte stands in, which costs a look and changes nothing.
    first, last = data[np.minimum(starts, len(data) - 1)], data[np.maximum(stops - 1, 0)]
    if not ((first <= _SPACE) | (first >= _WIDE) | (last <= _SPACE) | (last >= _WIDE)).any():
        return texts
    ascii_only = int(inside.max()) < 128
    trimmed = pc.ascii_trim_whitespace(texts) if ascii_only else pc.utf8_trim_whitespace(texts)
    return texts if pc.all(pc.equal(trimmed, texts)).as_py() in (True, None) else trimmed


def _blank(texts: pa.StringArray) -> np.ndarray:
    """Which texts stand for nothing; only short ones can."""
    blank = np.zeros(len(texts), bool)
    short = np.flatnonzero(pc.less_equal(pc.binary_length(texts), _LONGEST_BLANK).to_numpy(zero_copy_only=False))
    if len(short):
        lower = pc.utf8_lower(texts.take(pa.array(short)))
        blank[short] = pc.is_in(lower, pa.array(sorted(BLANKS), lower.type)).to_numpy(zero_copy_only=False)
    return blank
