"""Dates and times written digit for digit alike, `2021-01-05 10:00:00+00`: read by position, not by pattern."""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from geo.text_keys import string_bytes

SHORTEST, LONGEST = 10, 36
FIRST_YEAR, LAST_YEAR = 1850, 2200
NAT = np.datetime64("NaT", "s")
BLOCK = 1 << 15  # rows at a time: their bytes stay in the cache
_DAY = 86_400
_ZERO, _NINE = ord("0"), ord("9")
_ZONE = re.compile(r"(?:\.\d+)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?")


@dataclass(frozen=True, eq=False)
class FixedTimes:
    """
    What texts of one form say.

    `start` is datetime64[s] as written, NaT where there is no such date or clock; `clock` whether the form has a clock;
    `zone` the zone behind every text, `""` for none.
    """

    start: np.ndarray
    clock: bool
    zone: str


def fixed_times(array: pa.Array) -> FixedTimes | None:
    """Read texts of one length and form; None where they are not all alike."""
    cells = _cells(array)
    if cells is None:
        return None
    width = cells.shape[1]
    first = bytes(cells[0])
    if first[4] not in b"-/." or first[7] != first[4]:
        return None
    fixed, digits = {4: first[4], 7: first[4]}, [0, 1, 2, 3, 5, 6, 8, 9]
    clock, second, zone = width > 10, False, ""
    if clock:
        if width < 16 or first[10] not in b"T " or first[13] != ord(":"):
            return None
        fixed |= {10: first[10], 13: first[13]}
        digits += [11, 12, 14, 15]
        rest = 16
        second = width >= 19 and first[16] == ord(":")
        if second:
            fixed[16] = first[16]
            digits += [17, 18]
            rest = 19
        tail = first[rest:].decode("latin-1")
        found = _ZONE.fullmatch(tail)
        if not found:
            return None
        zone = found[1] or ""
        fraction = len(tail.partition(zone or "\0")[0].rstrip()) if tail else 0
        # A fraction of a second is a point and digits, which may differ; all behind it is the same in every row.
        digits += range(rest + 1, rest + fraction)
        fixed |= {rest + i: byte for i, byte in enumerate(first[rest:]) if i == 0 or i >= fraction}
    start = np.empty(len(cells), np.int64)
    for top in range(0, len(cells), BLOCK):
        block = np.array(cells[top : top + BLOCK].T, order="C", copy=True)
        if not all((block[i] == byte).all() for i, byte in fixed.items()):
            return None
        block -= _ZERO  # what stands before "0" wraps round, beyond "9"
        if not all(int(block[i].max()) <= 9 for i in digits):
            return None
        start[top : top + BLOCK] = _seconds(block, clock, second)
    return FixedTimes(start.view("M8[s]"), clock, zone)


def _seconds(block: np.ndarray, clock: bool, second: bool) -> np.ndarray:
    """Seconds since 1970 of the texts whose digits are the rows of `block`; NaT's number where they are no time."""
    wide = block.astype(np.int32)
    year = ((wide[0] * 10 + wide[1]) * 10 + wide[2]) * 10 + wide[3]
    month, day = wide[5] * 10 + wide[6], wide[8] * 10 + wide[9]
    known = _days()
    place = ((year - FIRST_YEAR) * 13 + month) * 32 + day
    wrong = (year < FIRST_YEAR) | (year > LAST_YEAR) | (month > 12) | (day > 31)
    days = known[np.where(wrong, 0, place)]
    seconds = days * _DAY
    wrong = days == _NO_DAY
    if clock:
        hour, minute = wide[11] * 10 + wide[12], wide[14] * 10 + wide[15]
        tick = wide[17] * 10 + wide[18] if second else 0
        past = hour * 3600 + minute * 60 + tick
        seconds += past
        wrong |= (minute >= 60) | (past > _DAY) | (hour > 24)
        if second:
            wrong |= tick >= 61
    seconds[wrong] = np.iinfo(np.int64).min
    return seconds


_NO_DAY = -(10**9)


@cache
def _days() -> np.ndarray:
    """Days since 1970 by year, month (13 a year) and day (32 a month); what is no date is marked."""
    year, month, day = np.meshgrid(
        np.arange(FIRST_YEAR, LAST_YEAR + 1), np.arange(13), np.arange(32), indexing="ij", sparse=True
    )
    months = (year - 1970) * 12 + (month - 1)
    dates = months.astype("M8[M]").astype("M8[D]") + (day - 1)
    valid = (month > 0) & (day > 0) & (dates.astype("M8[M]").astype(np.int64) == months)
    return np.where(valid, dates.astype(np.int64), _NO_DAY).ravel()


def _cells(array: pa.Array) -> np.ndarray | None:
    """The texts as rows of bytes, where all have one length."""
    if not len(array) or array.null_count or not pa.types.is_string(array.type):
        return None
    places, data = string_bytes(array)
    width = int(places[1] - places[0])
    if not SHORTEST <= width <= LONGEST or (np.diff(places) != width).any():
        return None
    return data[places[0] : places[-1]].reshape(len(array), width)
