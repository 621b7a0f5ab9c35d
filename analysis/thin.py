"""Thin places: where a month holds a handful of events, longer periods and larger squares, and the answer says so."""

import numpy as np
import pandas as pd

# Fewer events than this in a window hold hardly three in any one place.
LEAST_IN_WINDOW = 50
PERIODS = (91, 365)
# Where even the longest period holds fewer than this, a hamlet is judged rather than a corner.
LEAST_FOR_CORNERS = 200
WIDE_CELL, WIDE_RADIUS = 500.0, 400.0


def fitting_days(daily: pd.Series, as_of: pd.Timestamp, days: int) -> int:
    """
    The period to look at: the one asked for where it holds enough events, else the first longer one that does.

    Parameters
    ----------
    daily : Series of floats by day
    as_of : Timestamp
        Exclusive end, with or without zone.
    days : int
        What a place with many events would look at.

    Returns
    -------
    int
        `days`, 91 or 365; never longer than the data reach back, and `days` where nothing longer holds more.
    """
    end = as_of.tz_localize(None).normalize()
    known = daily[daily.index < end]
    if not len(known):
        return days
    age = (end - pd.DatetimeIndex(known.index)).to_numpy() / np.timedelta64(1, "D")
    reach = float(np.max(age))

    def held(period: int) -> float:
        return float(known.to_numpy()[age <= period].sum())

    choices = [days, *(period for period in PERIODS if days < period <= reach)]
    enough = [period for period in choices if held(period) >= LEAST_IN_WINDOW]
    if enough:
        return enough[0]
    most = max(held(period) for period in choices)
    return next(period for period in choices if held(period) == most)
