"""
Trend: is it more than before, beyond chance, and at which hours and weekdays does it happen?

A window is compared with the same dates one year earlier; where the data do not reach back, with the weeks just before,
and the answer says so. What lies in a missing month is unknown, never zero.
"""

import numpy as np
import pandas as pd

from analysis.as_of import daily_counts, find_gaps, first_day, in_window, known_at
from analysis.exact import conditional_test, false_discovery
from geo.checks import require_columns, require_positive

LEVEL = 0.05
# Fewer events than this tell nothing of hours or weekdays.
PEAK_EVENTS = 10
BAND_HOURS = 3
MAX_HOURS_SPAN = 24.0
MAX_DAYS_SPAN = 7.0


def compare_windows(
    events: pd.DataFrame, as_of: pd.Timestamp, days: int, by: str = "layer", *, fallback: bool = False
) -> pd.DataFrame:
    """
    Compare the counts of the last `days` with those of the same dates one year earlier.

    Parameters
    ----------
    events : DataFrame with `layer`, `event_start`, `event_end`, `count`, and the column `by`
    as_of : Timestamp with zone
    days : int
    by : str
        The column to group by: `layer`, or a neighborhood's id. Rows without a value are left out.
    fallback : bool
        Where the data do not reach back a year, compare with the weeks just before instead; `against` tells.

    Returns
    -------
    DataFrame
        Index: the values of `by`, ascending. Columns now, before (NaN if unknown), change (share; NaN if unknown or
        from zero), p_value, q_value (over all rows), verdict ("rise" | "fall" | "chance" | "unknown"), against
        ("last_year" | "weeks_before" | None). The verdict rests on q, so that many rows do not make a rise by their
        number.

    Notes
    -----
    The earlier window is unknown if the data begin after it or a stretch of it is missing: for a layer, its own data;
    else those of any layer that counts in the window now.

    References
    ----------
    Przyborowski & Wilenski (1940); Benjamini & Hochberg (1995).
    """
    require_columns(events, list(dict.fromkeys(["layer", by, "event_start", "event_end", "count"])), "events")
    require_positive(days=days)
    known = events.loc[known_at(events, as_of)]
    start = as_of - pd.DateOffset(days=days)
    year, weeks = pd.DateOffset(years=1), pd.DateOffset(days=days)
    windows = {"last_year": (start - year, as_of - year)}
    if fallback:
        windows["weeks_before"] = (start - weeks, start)
    now = _totals(known, by, start, as_of)
    before = {name: _totals(known, by, *window) for name, window in windows.items()}
    values = now.index
    for total in before.values():
        values = values.union(total.index)
    table = pd.DataFrame(index=values.sort_values().rename(by))
    table["now"] = now.reindex(table.index, fill_value=0.0)
    table["before"], table["against"] = np.nan, None
    against = _against(known, by, windows, start, as_of)
    for name, total in before.items():
        mine = np.array([against.get(value, against.get(None)) == name for value in table.index], dtype=bool)
        table.loc[mine, "before"] = total.reindex(table.index, fill_value=0.0)[mine]
        table.loc[mine, "against"] = name
    table["change"] = (table["now"] / table["before"].where(table["before"] > 0)) - 1
    told = table["before"].notna().to_numpy()
    p, q = np.full(len(table), np.nan), np.full(len(table), np.nan)
    p[told] = [conditional_test(*pair) for pair in table.loc[told, ["now", "before"]].to_numpy()]
    q[told] = false_discovery(p[told])
    table["p_value"], table["q_value"] = p, q
    rise = (table["now"] > table["before"]).to_numpy()
    verdict = np.select([~told, (q <= LEVEL) & rise, q <= LEVEL], ["unknown", "rise", "fall"], default="chance")
    table["verdict"] = verdict.astype(object)
    return table[["now", "before", "change", "p_value", "q_value", "verdict", "against"]]


def covers(daily: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> bool:
    """True if the data reach back to `start` and no day of [start, end) lies in a stretch that is missing."""
    if not len(daily):
        return False
    start, end = (moment.tz_localize(None).normalize() for moment in (start, end))
    begin = first_day(daily)
    # A quiet layer need not have an event on its very first day.
    patience = pd.Timedelta(np.ceil(len(pd.date_range(begin, daily.index[-1])) / daily.sum()), "D")
    if begin > start + min(patience, pd.Timedelta(7, "D")):
        return False
    whole = find_gaps(daily, begin, max(end, daily.index[-1] + pd.Timedelta(1, "D")))
    first = (start - begin).days
    return not whole[max(first, 0) : (end - begin).days].any()


def hour_weights(start: pd.Series, end: pd.Series, weights: np.ndarray) -> np.ndarray:
    """
    Share events out over the 24 local hours by the time their spans cover.

    Parameters
    ----------
    start, end : Series of timestamps in local time
        Spans of a day and more tell nothing of hours and are left out.
    weights : array of (n,) floats

    Returns
    -------
    array of (24,) floats
        Sums to the events that were used.

    References
    ----------
    Ratcliffe (2002), J. Quantitative Criminology 18(1), 23–43.
    """
    length = (end - start).dt.total_seconds().to_numpy() / 3600
    used = (length >= 0) & (length < MAX_HOURS_SPAN)
    local = start[used].dt
    first = (local.hour + local.minute / 60 + local.second / 3600).to_numpy(dtype=float)
    hours = np.arange(48)
    span = length[used]
    overlap = np.minimum((first + span)[:, None], hours + 1) - np.maximum(first[:, None], hours)
    share = np.clip(overlap, 0, None) / np.where(span > 0, span, 1)[:, None]
    share[span == 0] = np.floor(first[span == 0])[:, None] == hours
    total = np.asarray(weights, dtype=float)[used] @ share
    return total[:24] + total[24:]


def weekday_weights(start: pd.Series, end: pd.Series, weights: np.ndarray) -> np.ndarray:
    """Share events out over the weekdays (0 = Monday) by the days their spans cover; spans over a week are left out."""
    length = (end - start).dt.total_seconds().to_numpy() / 86_400
    used = (length >= 0) & (length <= MAX_DAYS_SPAN)
    local = start[used].dt
    first = local.day_of_week.to_numpy() + ((local.hour + local.minute / 60) / 24).to_numpy(dtype=float)
    days = np.arange(15)
    span = length[used]
    overlap = np.minimum((first + span)[:, None], days + 1) - np.maximum(first[:, None], days)
    share = np.clip(overlap, 0, None) / np.where(span > 0, span, 1)[:, None]
    share[span == 0] = np.floor(first[span == 0])[:, None] == days
    total = np.asarray(weights, dtype=float)[used] @ share
    return total[:7] + total[7:14] + np.concatenate([total[14:], np.zeros(6)])


def peak_hours(hours: np.ndarray) -> str | None:
    """The three hours in a row that hold most, as "19–22"; None under ten events."""
    if hours.sum() < PEAK_EVENTS - 1e-9:
        return None
    band = sum(np.roll(hours, -step) for step in range(BAND_HOURS))
    # Rounded, so that equal bands tie and the earliest wins whatever the order of the sums.
    first = int(np.argmax(np.round(band, 6)))
    return f"{first}–{(first + BAND_HOURS - 1) % 24 + 1}"


def peak_days(days: np.ndarray) -> list[int] | None:
    """Weekdays (0 = Monday) with more than their seventh beyond chance, all seven looked at; None under ten events."""
    from scipy.special import bdtrc

    total = round(float(days.sum()))
    if total < PEAK_EVENTS:
        return None
    counts = np.round(days)
    tail = np.where(counts > 0, bdtrc(np.maximum(counts - 1, 0), total, 1 / 7), 1.0)
    return [int(day) for day in np.flatnonzero(tail <= LEVEL / 7)]


def _against(
    known: pd.DataFrame, by: str, windows: dict, start: pd.Timestamp, as_of: pd.Timestamp
) -> dict[str | None, str | None]:
    """The first window that is known, per layer where layers are compared, else one for all under None."""
    daily = {str(layer): daily_counts(part) for layer, part in known.groupby("layer", observed=True)}
    known_windows = {
        name: {layer for layer, series in daily.items() if covers(series, *window)} for name, window in windows.items()
    }
    if by == "layer":
        return {layer: next((name for name in windows if layer in known_windows[name]), None) for layer in daily}
    present = set(known.loc[in_window(known, start, as_of), "layer"].unique())
    return {None: next((name for name in windows if present and present <= known_windows[name]), None)}


def _totals(events: pd.DataFrame, by: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    inside = events.loc[in_window(events, start, end)]
    return inside.groupby(inside[by].astype(object))["count"].sum().astype(float)
