"""Moments ↔ the clock of a place, for many rows: offsets change a few times a year, so only changes are looked up."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

NAT = np.datetime64("NaT", "s")
DAY = 86_400
_NOTHING = np.iinfo(np.int64).min  # how NaT is written
FEW = 24  # changes up to which comparing with each is cheaper than searching


@dataclass(eq=False)
class Localized:
    """UTC of clock times; `moved` are positions of times that were skipped, `folded` of those that came twice."""

    utc: np.ndarray
    moved: np.ndarray
    folded: np.ndarray


def to_local(utc: np.ndarray, zone: str) -> np.ndarray:
    """
    The clock of the zone at each moment.

    Parameters
    ----------
    utc : array of n datetime64[s]
        NaT stays NaT.
    zone : str

    Returns
    -------
    array of n datetime64[s]
    """
    seconds = utc.view(np.int64)
    span = _span(seconds)
    if span is None:
        return utc.copy()
    when, offsets = _changes(zone, *span)
    local = seconds + _stepped(seconds, when, offsets)
    local[seconds == _NOTHING] = _NOTHING
    return local.view("M8[s]")


def to_utc(clock: np.ndarray, zone: str) -> Localized:
    """
    The moment of each time on the clock of the zone.

    Skipped times move forward; of those that came twice the first is meant.

    Parameters
    ----------
    clock : array of n datetime64[s]
        NaT stays NaT.
    zone : str

    Returns
    -------
    Localized
    """
    none = np.empty(0, np.int64)
    seconds = clock.view(np.int64)
    span = _span(seconds)
    if span is None:
        return Localized(clock.copy(), none, none)
    when, offsets = _changes(zone, span[0] - 2 * DAY, span[1] + 2 * DAY)
    before, after = offsets[:-1], offsets[1:]
    # From `opens` to `shuts` the clock was skipped or ran twice; outside it tells the moment.
    opens, shuts = when + np.minimum(before, after), when + np.maximum(before, after)
    utc = seconds - _stepped(seconds, shuts, offsets)
    inside = np.zeros(len(seconds), bool)
    for first, last in zip(opens, shuts, strict=True):
        if first <= span[1] and last > span[0]:
            inside |= (seconds >= first) & (seconds < last)
    utc[seconds == _NOTHING] = _NOTHING
    rows = np.flatnonzero(inside)
    if not len(rows):
        return Localized(utc.view("M8[s]"), none, none)
    distinct, inverse = np.unique(clock[rows], return_inverse=True)
    index = pd.DatetimeIndex(distinct)
    summer = np.ones(len(index), bool)
    first = index.tz_localize(zone, ambiguous=summer, nonexistent="shift_forward")
    second = index.tz_localize(zone, ambiguous=~summer, nonexistent="shift_forward")
    moved = np.asarray(first.tz_localize(None) != index)
    folded = np.asarray(first != second) & ~moved
    utc[rows] = first.tz_convert(None).to_numpy().astype("M8[s]").view(np.int64)[inverse]
    return Localized(utc.view("M8[s]"), rows[moved[inverse]], rows[folded[inverse]])


def in_zone(utc: np.ndarray, zone: str) -> pd.DatetimeIndex:
    """Moments (datetime64[s], UTC) as pandas holds them in a zone; the array becomes its own, nothing is copied."""
    return pd.DatetimeIndex(utc.view(np.int64), dtype=pd.DatetimeTZDtype("s", zone), copy=False)


def midnights(seconds: np.ndarray) -> np.ndarray:
    """The midnight before or at each time, all in seconds."""
    return seconds // DAY * DAY


def _span(seconds: np.ndarray) -> tuple[int, int] | None:
    """The first and last time, None where there is none."""
    if not len(seconds):
        return None
    last = int(seconds.max())
    if last == _NOTHING:
        return None
    first = int(seconds.min())
    if first == _NOTHING:
        first = int(seconds[seconds != _NOTHING].min())
    return first, last


def _changes(zone: str, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """
    The moments between two at which the zone's offset changes, and the offsets before, between and after them.

    No zone has changed twice within a day, so the offsets at the ends of days show every change.
    """
    edges = np.arange(first // DAY, last // DAY + 2) * DAY
    offsets = _offsets(edges, zone)
    at = np.flatnonzero(offsets[1:] != offsets[:-1])
    low, high = edges[at], edges[at + 1]  # the offset changes after `low`, at `high` at the latest
    old = offsets[at]
    while len(at) and (high - low).max() > 1:
        middle = (low + high) // 2
        still = _offsets(middle, zone) == old
        low, high = np.where(still, middle, low), np.where(still, high, middle)
    return high, np.append(offsets[:1], offsets[at + 1])


def _offsets(utc: np.ndarray, zone: str) -> np.ndarray:
    index = pd.DatetimeIndex(utc.astype("M8[s]"), tz="UTC").tz_convert(zone)
    return np.asarray(index.tz_localize(None).to_numpy().astype("M8[s]").view(np.int64) - utc)


def _stepped(values: np.ndarray, steps: np.ndarray, levels: np.ndarray) -> np.ndarray | int:
    """The level of each value, which changes at each step."""
    if not len(steps):
        return int(levels[0])
    if len(steps) > FEW:
        return np.asarray(levels[np.searchsorted(steps, values, side="right")])
    place = np.zeros(len(values), np.int8)
    for step in steps:
        place += values >= step
    return np.asarray(levels[place])
