"""Dates and times written digit for digit alike, `2021-01-05 10:00:00+00`: read by position, not by pattern."""

import re

import numpy as np
import pyarrow as pa

SHORTEST, LONGEST = 10, 36
_ZERO, _NINE = ord("0"), ord("9")
_ZONE = re.compile(r"(?:\.\d+)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?")


def fixed_fields(array: pa.Array) -> dict[str, np.ndarray]:
    """
    Split texts of one length and form into year, month, day, and hour, minute, second, zone where they have them.

    Returns
    -------
    dict of arrays
        `y m d` and perhaps `H M S` as floats, `Z` as str; empty where the texts are not all alike.
    """
    cells = _cells(array)
    if cells is None or not _constant(cells, (4, 7), b"-/.") or not _digits(cells, (0, 1, 2, 3, 5, 6, 8, 9)):
        return {}
    fields = {"y": _number(cells, 0, 4), "m": _number(cells, 5, 7), "d": _number(cells, 8, 10)}
    width = cells.shape[1]
    if width == 10:
        return fields
    if width < 16 or not _constant(cells, (10,), b"T ") or not _constant(cells, (13,), b":"):
        return {}
    if not _digits(cells, (11, 12, 14, 15)):
        return {}
    fields |= {"H": _number(cells, 11, 13), "M": _number(cells, 14, 16)}
    rest = 16
    if width >= 19 and _constant(cells, (16,), b":"):
        if not _digits(cells, (17, 18)):
            return {}
        fields["S"] = _number(cells, 17, 19)
        rest = 19
    zone = _zone(cells[:, rest:])
    if zone is None:
        return {}
    fields["Z"] = np.full(len(cells), zone, dtype=object)
    return fields


def _cells(array: pa.Array) -> np.ndarray | None:
    """The texts as rows of bytes, where all have one length."""
    if not len(array) or array.null_count or not pa.types.is_string(array.type):
        return None
    _, offsets, data = array.buffers()
    if data is None:
        return None
    places = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    width = int(places[1] - places[0])
    if not SHORTEST <= width <= LONGEST or (np.diff(places) != width).any():
        return None
    return np.frombuffer(data, np.uint8)[places[0] : places[-1]].reshape(len(array), width)


def _constant(cells: np.ndarray, columns: tuple[int, ...], allowed: bytes) -> bool:
    first = cells[0, columns[0]]
    return int(first) in allowed and all(bool((cells[:, i] == first).all()) for i in columns)


def _digits(cells: np.ndarray, columns: tuple[int, ...]) -> bool:
    return all(bool(((cells[:, i] >= _ZERO) & (cells[:, i] <= _NINE)).all()) for i in columns)


def _number(cells: np.ndarray, start: int, stop: int) -> np.ndarray:
    value = np.zeros(len(cells), np.int32)
    for i in range(start, stop):
        value = value * 10 + (cells[:, i] - _ZERO)
    return value.astype(float)


def _zone(rest: np.ndarray) -> str | None:
    """The one zone behind all times, `""` for none; None where rows differ in more than a fraction of a second."""
    if not rest.shape[1]:
        return ""
    text = rest[0].tobytes().decode("latin-1")
    found = _ZONE.fullmatch(text)
    if not found:
        return None
    fraction = text.partition(found[1] or "\0")[0].rstrip()
    start = len(fraction)
    if start and not _digits(rest, tuple(range(1, start))):
        return None
    same = (rest[:, start:] == rest[0, start:]).all() and (not start or (rest[:, 0] == rest[0, 0]).all())
    return (found[1] or "") if same else None
