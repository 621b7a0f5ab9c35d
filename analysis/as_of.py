"""
What is known at a moment: which rows count, how many a day, which days are missing, where the data are complete.

Spans: an event counts in the window that holds the middle of its span, so that consecutive windows count it once; daily
counts spread a span evenly over its days, so that months-only data have no empty days.
"""

import datetime

import numpy as np
import pandas as pd
from scipy.special import gammaincc

from geo.errors import InputError

# A trailing stretch counts as data only from this share of the usual rate: one typo in 2099 is no data.
STRAY_SHARE = 0.2
# Rows behind a gap are strays too: a few of them behind a long one, or less than half behind one longer than the data.
GAP_SPACINGS, GAP_LEAST_DAYS, FEW_SHARE = 20, 90, 0.05
# Events that a stretch should hold before its rate says anything.
STRETCH_EVENTS = 20
# The last days still trickle in where they hold half of what is usual or less, which chance explains once in 1,000.
TRICKLE_SHARE = 0.5
TRICKLE_P = 0.001
TRICKLE_DAYS = 31
# A day that holds this share of what is usual counts as full.
FULL_SHARE = 0.75
# Empty days in a row are a gap, not a calm, where chance explains one in a million.
GAP_P = 1e-6
GAP_DAYS = 7


def known_at(events: pd.DataFrame, as_of: pd.Timestamp) -> np.ndarray:
    """
    True for rows that began before `as_of`, ended by then and, where that is told, were reported before it.

    Parameters
    ----------
    events : DataFrame with `event_start`, `event_end` and perhaps `reported_at`
    as_of : Timestamp with zone
        The first moment that is not known.
    """
    known = (events["event_start"] < as_of) & (events["event_end"] <= as_of)
    # A column of nothing but nulls may have lost its zone.
    if "reported_at" in events and events["reported_at"].notna().any():
        reported = events["reported_at"]
        known &= reported.isna() | (reported < as_of)
    return known.to_numpy()


def age_days(events: pd.DataFrame, as_of: pd.Timestamp) -> np.ndarray:
    """Days from the middle of each event's span to `as_of`."""
    start = (as_of - events["event_start"]).dt.total_seconds().to_numpy()
    end = (as_of - events["event_end"]).dt.total_seconds().to_numpy()
    return (start + end) / 2 / 86_400


def in_window(events: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> np.ndarray:
    """True where the middle of the event's span lies in [start, end)."""
    first = (events["event_start"] - start).dt.total_seconds().to_numpy()
    last = (events["event_end"] - start).dt.total_seconds().to_numpy()
    middle = (first + last) / 2
    return (middle >= 0) & (middle < (end - start).total_seconds())


def daily_counts(events: pd.DataFrame) -> pd.Series:
    """
    Count events by local day; spans of several days are spread evenly.

    Parameters
    ----------
    events : DataFrame with `event_start`, `event_end` (with zone) and `count`

    Returns
    -------
    Series of floats by day (timestamps without zone, ascending)
        Only days with events; a typo far off thus costs one row, not a century of zeros.
    """
    weight = events["count"].to_numpy(dtype=float)
    first = _local_day(events["event_start"])
    # A span that ends at midnight ends with the day before; a moment at midnight is of its own day.
    last = np.maximum(first, _local_day(events["event_end"] - pd.Timedelta(1, "us")))
    length = last - first + 1
    days, inverse = np.unique(np.column_stack([first, length]), axis=0, return_inverse=True)
    weight = np.bincount(inverse.ravel(), weights=weight, minlength=len(days))
    length = np.minimum(days[:, 1], 3660)
    day = np.repeat(days[:, 0], length) + _ranges(length)
    unique, position = np.unique(day, return_inverse=True)
    total = np.bincount(position, weights=np.repeat(weight / length, length), minlength=len(unique))
    return pd.Series(total, index=pd.to_datetime(unique, unit="D"), name="count")


def find_as_of(daily: pd.Series) -> datetime.date:
    """
    Find the first day that the data do not fully cover.

    Parameters
    ----------
    daily : Series of floats by day, from `daily_counts`

    Returns
    -------
    date
        Everything before it is complete as far as counts can tell; a window of N days is the N days before it.

    Raises
    ------
    InputError
        If there are no events.

    Notes
    -----
    First strays are set aside: going back from the largest date, days count as data once the stretch that ends there
    (7 days or as many as usually hold 20 events) holds a fifth of what such a stretch usually holds. Then the last days
    that together hold at most half of the usual count of their weekdays, beyond chance, are taken for still trickling
    in. Sparse data end the day after their last event.
    """
    daily = daily[daily > 0]
    if not len(daily):
        raise InputError("There are no events.", remedy="Import a file of events first.", key="as_of.no_events")
    day, count = _days(daily)
    end = int(day[_last_solid(day, count)])
    full = _fill(day, count, end - 8 * 7 - TRICKLE_DAYS, end)
    end -= _trickling(full)
    return datetime.date.fromordinal(datetime.date(1970, 1, 1).toordinal() + end + 1)


def find_gaps(daily: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> np.ndarray:
    """
    True for each day of [start, end) that lies in a run of empty days too long to be chance: missing, not calm.

    Parameters
    ----------
    daily : Series of floats by day, from `daily_counts`
    start, end : Timestamps without zone
        Midnights.
    """
    first, stop = _day_number(start), _day_number(end)
    series = _fill(*_days(daily), first, stop - 1)
    empty = series <= 0
    missing = np.zeros(len(series), dtype=bool)
    if empty.all() or not len(series):
        return ~missing if len(series) else missing
    longest_by_chance = max(GAP_DAYS, -np.log(GAP_P) * len(series) / series.sum())
    edges = np.flatnonzero(np.diff(np.concatenate([[False], empty, [False]]).astype(np.int8)))
    for begin, finish in zip(edges[::2], edges[1::2], strict=True):
        if finish - begin >= longest_by_chance:
            missing[begin:finish] = True
    return missing


def past_days(daily: pd.Series, start: pd.Timestamp) -> float:
    """Days of the 365 before `start` on which the data are known."""
    if not len(daily):
        return 0.0
    end = start.tz_localize(None).normalize()
    begin = max(first_day(daily), end - pd.Timedelta(365, "D"))
    return float((~find_gaps(daily, begin, end)).sum()) if begin < end else 0.0


def first_day(daily: pd.Series) -> pd.Timestamp:
    """The day where the data begin in earnest, found like their end: a few rows dated years before it are strays."""
    day, count = _days(daily)
    position = _last_solid(-day[::-1], count[::-1])
    return daily.index[len(day) - 1 - position]


def _last_solid(day: np.ndarray, count: np.ndarray) -> int:
    """Position of the last day that ends a stretch with a usual rate."""
    kept = _before_strays(day, count)
    day, count = day[:kept], count[:kept]
    total = np.concatenate([[0.0], np.cumsum(count)])
    low, high = np.searchsorted(total[1:] / total[-1], [0.05, 0.95])
    rate = (total[high + 1] - total[low]) / (day[high] - day[low] + 1)
    stretch = int(np.clip(np.ceil(STRETCH_EVENTS / rate), 7, 366))
    held = total[1:] - total[np.searchsorted(day, day - stretch, side="right")]
    return int(np.flatnonzero(held >= STRAY_SHARE * np.median(held))[-1])


def _before_strays(day: np.ndarray, count: np.ndarray) -> int:
    """How many of the days lie before rows that stand alone behind a gap, as dates in 2099 do."""
    kept = len(day)
    while kept > 1:
        gaps = np.diff(day[:kept])
        usual = max(GAP_LEAST_DAYS, GAP_SPACINGS * float(np.median(gaps)))
        # The last gap beyond the usual parts what may be strays from what is data.
        wide = np.flatnonzero(gaps > usual)
        if not len(wide):
            break
        cut = int(wide[-1]) + 1
        share = count[cut:kept].sum() / count[:kept].sum()
        alone = share < 0.5 and gaps[cut - 1] > max(day[cut - 1] - day[0], 365)
        if not (share < FEW_SHARE or alone):
            break
        kept = cut
    return kept


def _trickling(series: np.ndarray) -> int:
    """How many of the last days are still trickling in."""
    for run in range(min(TRICKLE_DAYS, len(series) - 28), 0, -1):
        past = series[: len(series) - run]
        weeks = min(8, len(past) // 7)
        by_weekday = past[len(past) - 7 * weeks :].reshape(weeks, 7).mean(axis=0)
        usual = by_weekday[np.arange(run) % 7]
        found, expected = series[len(series) - run :], usual.sum()
        if found.sum() > TRICKLE_SHARE * expected or found[0] >= FULL_SHARE * usual[0]:
            continue
        # P(N ≤ n) at half of the usual rate: low beyond what a quiet stretch explains.
        if gammaincc(np.floor(found.sum()) + 1, max(TRICKLE_SHARE * expected, 1e-12)) < TRICKLE_P or (
            found.sum() == 0 and expected > -np.log(TRICKLE_P)
        ):
            return run
    return 0


def _fill(day: np.ndarray, count: np.ndarray, first: int, last: int) -> np.ndarray:
    """Daily series from `first` to `last`, both included, with zeros."""
    inside = (day >= first) & (day <= last)
    series = np.zeros(max(0, last - first + 1))
    series[day[inside] - first] = count[inside]
    return series


def _days(daily: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    return daily.index.to_numpy().astype("datetime64[D]").astype(np.int64), daily.to_numpy(dtype=float)


def _local_day(times: pd.Series) -> np.ndarray:
    local = times.dt.tz_localize(None) if times.dt.tz is not None else times
    return local.to_numpy().astype("datetime64[D]").astype(np.int64)


def _day_number(moment: pd.Timestamp) -> int:
    return int(moment.to_datetime64().astype("datetime64[D]").astype(np.int64))


def _ranges(lengths: np.ndarray) -> np.ndarray:
    """0..length-1 for each length, one after another."""
    starts = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) - np.repeat(starts, lengths)
