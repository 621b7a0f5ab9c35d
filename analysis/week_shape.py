"""
Shape of the week: which share of the events to come falls on each weekday and into each band of three hours?

From spans that say so, shared out by the time they cover; few events are drawn to the shape of all events of the place,
and that to the same at all times. Shares sum to one, so that expected events, or harm, add up over the week.
"""

import numpy as np
import pandas as pd

from analysis.as_of import age_days, known_at
from geo.checks import require_columns

BAND_HOURS = 3
BANDS = 24 // BAND_HOURS
# Longer spans say neither hour nor weekday.
MAX_SPAN_HOURS = 24.0
# Events halve every so many days, and fewer than so many known ones tell nothing of their own.
HALF_LIFE, LEAST_EVENTS = 182.0, 30
# Events that the common shape weighs against the own ones, and the same at all times against the common shape.
COMMON_EVENTS, EVEN_EVENTS = 60.0, 20.0


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
    common = np.full((7, BANDS), 1 / (7 * BANDS))
    if everything is not None:
        seen, known = _banded(everything, as_of)
        if known >= LEAST_EVENTS:
            common = (seen + EVEN_EVENTS * common) / (seen.sum() + EVEN_EVENTS)
    seen, known = _banded(events, as_of)
    if known < LEAST_EVENTS:
        return common
    weight = COMMON_EVENTS if everything is not None else EVEN_EVENTS
    return np.asarray((seen + weight * common) / (seen.sum() + weight))


def _banded(events: pd.DataFrame, as_of: pd.Timestamp) -> tuple[np.ndarray, float]:
    """Decayed events by weekday and band, and how many known ones say their hour."""
    require_columns(events, ["event_start", "event_end", "count"], "events")
    known = events.loc[known_at(events, as_of)]
    hours = (known["event_end"] - known["event_start"]).dt.total_seconds().to_numpy() / 3600
    known, hours = known.loc[hours <= MAX_SPAN_HOURS], hours[hours <= MAX_SPAN_HOURS]
    count = known["count"].to_numpy(dtype=float)
    weight = count * 0.5 ** (age_days(known, as_of) / HALF_LIFE)
    local = known["event_start"].dt
    first = (local.day_of_week * 24 + local.hour + local.minute / 60 + local.second / 3600).to_numpy(dtype=float)
    bands = np.zeros(7 * BANDS)
    place = (first // BAND_HOURS).astype(int)
    for step in range(int(MAX_SPAN_HOURS / BAND_HOURS) + 1):
        start = (place + step) * BAND_HOURS
        overlap = np.minimum(first + hours, start + BAND_HOURS) - np.maximum(first, start)
        share = np.where(hours > 0, np.clip(overlap, 0, None) / np.where(hours > 0, hours, 1.0), step == 0)
        bands += np.bincount((place + step) % len(bands), weights=weight * share, minlength=len(bands))
    return bands.reshape(7, BANDS), float(count.sum())
