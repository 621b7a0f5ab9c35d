"""
Shape of the week: how do the events to come fall on weekdays and bands of three hours, and how far may that miss?

From spans that say so, shared out by the time they cover; few events are drawn to the shape of all events of the place,
and that to the same at all times. Shares sum to one, so that expected events add up over the week.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.as_of import known_at
from analysis.exact import count_range
from geo.checks import require_columns

BAND_HOURS = 3
BANDS = 24 // BAND_HOURS
# Longer spans say neither hour nor weekday; those of most of a day say the weekday only.
MAX_SPAN_HOURS, MAX_HOUR_SPAN = 24.0, 18.0
# Events halve every so many days, older ones say nothing, and fewer than so many known ones tell nothing of their own.
HALF_LIFE, SPAN_DAYS, LEAST_EVENTS = 182.0, 1092, 30
# Events that the common shape weighs against the own ones, and the same at all times against the common shape.
COMMON_EVENTS, EVEN_EVENTS = 60.0, 20.0
# Past windows that tell by how much shares miss, and the guess that weighs as three of them.
TRIALS, USUAL_MISS, GUESS_TRIALS = 13, 0.1, 3


@dataclass(frozen=True)
class WeekSplit:
    """
    Expected events by weekday (0 = Monday) and by band of three hours: columns `expected`, `low`, `high` (80 %).

    Each adds up to the total; `cells` is the array of (7, 8). `by_hour` is None where no spans say their hour.
    """

    by_weekday: pd.DataFrame
    by_hour: pd.DataFrame | None
    cells: np.ndarray
    events: int


@dataclass(frozen=True, eq=False)
class Timed:
    """
    The events that say when they were, by local day (the last before `as_of` first) and band of three hours.

    `days` holds all that say their day; `bands` those that say their hour; `hours` and `dated` count the known rows.
    """

    bands: np.ndarray
    days: np.ndarray
    hours: float
    dated: float
    last_weekday: int

    @classmethod
    def of(cls, events: pd.DataFrame, as_of: pd.Timestamp) -> "Timed":
        """Share the known events out over the days and bands that their spans cover (Ratcliffe 2002)."""
        require_columns(events, ["event_start", "event_end", "count"], "events")
        known = events.loc[known_at(events, as_of)]
        midnight = as_of.tz_localize(None).normalize()
        span = (known["event_end"] - known["event_start"]).dt.total_seconds().to_numpy() / 3600
        first = (known["event_start"].dt.tz_localize(None) - midnight).dt.total_seconds().to_numpy() / 3600
        count = known["count"].to_numpy(dtype=float)
        near = (span <= MAX_SPAN_HOURS) & (first >= -24 * SPAN_DAYS)
        exact = near & (span <= MAX_HOUR_SPAN)
        bands, days = (_laid_out(first[rows], span[rows], count[rows]) for rows in (exact, near))
        weekday = int((midnight - pd.Timedelta(1, "D")).day_of_week)
        return cls(bands, days.sum(axis=1), float(count[exact].sum()), float(count[near].sum()), weekday)

    def weekdays(self, age: np.ndarray) -> np.ndarray:
        """The weekday of days so many before the last one; negative ones are to come."""
        return (self.last_weekday - age) % 7

    def seen(self, before: int = 0) -> np.ndarray:
        """Decayed events by weekday and band as known `before` days ago: all that say their day, by hours known."""
        age = np.arange(before, SPAN_DAYS)
        fall, weekday = np.exp2(-(age - before) / HALF_LIFE), self.weekdays(age)
        bands = np.zeros((7, BANDS))
        np.add.at(bands, weekday, self.bands[before:] * fall[:, None])
        days = np.bincount(weekday, weights=self.days[before:] * fall, minlength=7)
        # Where a weekday has none, or hardly any, that say their hour, the hours of all weekdays stand in.
        every = bands.sum(axis=0)
        every = every / every.sum() if every.sum() > 0 else np.full(BANDS, 1 / BANDS)
        hours = (bands + 1e-6 * every) / (bands.sum(axis=1) + 1e-6)[:, None]
        return np.asarray(days[:, None] * hours)


def week_shape(events: pd.DataFrame, as_of: pd.Timestamp, everything: pd.DataFrame | None = None) -> np.ndarray:
    """
    Find the shares of the bands of the week.

    Parameters
    ----------
    events : DataFrame with `event_start`, `event_end` (local time, with zone), `count`, perhaps `reported_at`
        Rows not known at `as_of`, and spans of more than a day, are ignored.
    as_of : Timestamp with zone
    everything : DataFrame, optional
        All events of the place, with the same columns: their shape stands in where `events` are few.

    Returns
    -------
    array of (7, 8) floats ≥ 0
        Weekday (0 = Monday) × band of three hours, local clock; sums to one. The same everywhere where fewer than 30
        known events, of `events` or of `everything`, say their hour.

    References
    ----------
    Ratcliffe (2002), J. Quantitative Criminology 18(1), 23–43.
    """
    return _shape(Timed.of(events, as_of), None if everything is None else Timed.of(everything, as_of))


def split_week(
    own: Timed,
    everything: Timed | None,
    *,
    total: float,
    horizon_days: int,
    miss: float,
    levels: np.ndarray | None = None,
) -> WeekSplit | None:
    """
    Split an expected total over the weekdays and hours of the days to come.

    Parameters
    ----------
    own, everything : Timed
        The events foretold, and all of the place (or None).
    total : float
        Expected events.
    horizon_days : int
    miss : float
        By what share the total may miss (one standard deviation), chance apart.
    levels : array of (horizon_days,) floats, optional
        How each day to come differs from others of its weekday: holidays.

    Returns
    -------
    WeekSplit, or None where fewer than 30 known events say even their day.
    """
    told = [timed for timed in (own, everything) if timed is not None]
    if max(timed.dated for timed in told) < LEAST_EVENTS:
        return None
    shape = _shape(own, everything)
    weekday = own.weekdays(-1 - np.arange(horizon_days))
    weight = shape.sum(axis=1)[weekday] * (1.0 if levels is None else levels)
    by_weekday = total * np.bincount(weekday, weights=weight, minlength=7) / weight.sum()
    cells = by_weekday[:, None] * shape / shape.sum(axis=1, keepdims=True)
    days_miss, hours_miss = _misses(own, everything, horizon_days)
    hours = max(timed.hours for timed in told) >= LEAST_EVENTS
    return WeekSplit(
        _ranged(by_weekday, np.hypot(miss, days_miss)),
        _ranged(cells.sum(axis=0), np.hypot(miss, hours_miss)) if hours else None,
        cells,
        round(own.dated),
    )


def _shape(own: Timed, everything: Timed | None, before: int = 0) -> np.ndarray:
    """Shares as known `before` days ago."""
    common = np.full((7, BANDS), 1 / (7 * BANDS))
    if everything is not None and everything.dated >= LEAST_EVENTS:
        seen = everything.seen(before)
        common = (seen + EVEN_EVENTS * common) / (seen.sum() + EVEN_EVENTS)
    if own.dated < LEAST_EVENTS:
        return common
    weight = COMMON_EVENTS if everything is not None else EVEN_EVENTS
    seen = own.seen(before)
    return np.asarray((seen + weight * common) / (seen.sum() + weight))


def _misses(own: Timed, everything: Timed | None, horizon: int) -> tuple[float, float]:
    """
    By what share weekdays, and bands, missed in past windows (one standard deviation) given their total, chance apart.

    Windows of whole weeks, as long as the horizon or longer; a guess weighs as three of them.
    """
    days = 7 * max(1, -(-horizon // 7))
    some = np.flatnonzero(own.days)
    reach = int(some[-1]) + 1 if len(some) else 0
    sums = np.zeros((2, 2))
    windows = 0
    for end in range(0, min(TRIALS * days, reach - 2 * days), days):
        shape = _shape(own, everything, end + days)
        found = np.zeros((7, BANDS))
        age = np.arange(end, end + days)
        np.add.at(found, own.weekdays(age), own.bands[age])
        dated = np.bincount(own.weekdays(age), weights=own.days[age], minlength=7)
        for kind, (seen, share) in enumerate(((dated, shape.sum(axis=1)), (found.sum(axis=0), shape.sum(axis=0)))):
            hoped = seen.sum() * share
            sums[kind] += ((seen - hoped) ** 2 - hoped * (1 - share)).sum(), (hoped**2).sum()
        windows += 1
    share = np.divide(sums[:, 0], sums[:, 1], out=np.zeros(2), where=sums[:, 1] > 0)
    both = (windows * np.maximum(share, 0) + GUESS_TRIALS * USUAL_MISS**2) / (windows + GUESS_TRIALS)
    return float(np.sqrt(both[0])), float(np.sqrt(both[1]))


def _ranged(mean: np.ndarray, miss: float) -> pd.DataFrame:
    low, high = count_range(mean, mean + (miss * mean) ** 2)
    return pd.DataFrame({"expected": mean, "low": low, "high": high})


def _laid_out(first: np.ndarray, span: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Events by day before midnight and band: array of (days, bands); what runs past midnight is the last day's."""
    bands = np.zeros(SPAN_DAYS * BANDS)
    place = np.floor(first / BAND_HOURS).astype(int)
    for step in range(int(MAX_SPAN_HOURS / BAND_HOURS) + 1):
        start = (place + step) * BAND_HOURS
        overlap = np.minimum(first + span, start + BAND_HOURS) - np.maximum(first, start)
        share = np.where(span > 0, np.clip(overlap, 0, None) / np.where(span > 0, span, 1.0), step == 0)
        at = np.clip(place + step + len(bands), 0, len(bands) - 1)
        bands += np.bincount(at, weights=count * share, minlength=len(bands))
    # The last day first.
    return bands.reshape(SPAN_DAYS, BANDS)[::-1]
