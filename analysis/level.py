"""
Level: how many events to expect in the whole area, and how far such totals miss.

A decayed daily mean, its half-life by how well it foretold past totals; missing days are left out. It knows no places.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from analysis.history import History

HALF_LIVES = (14.0, 28.0, 56.0, 112.0, 224.0, 448.0)
USUAL_HALF_LIFE = 112.0
# Windows, a week apart, that choose the half-life and tell how far totals miss: two years.
WINDOWS, STEP_DAYS = 104, 7
LEAST_WINDOWS = 3
# Totals that lately missed by more than they used to will go on so: the larger miss of the two counts.
LATELY_DAYS = 182
# Without enough windows to tell: totals then miss by this share (one standard deviation), Poisson noise apart.
USUAL_MISS = 0.15


@dataclass(frozen=True)
class Level:
    """
    Events a day to expect; `miss` is the share by which totals missed (one standard deviation), Poisson noise apart.

    `windows` counts past windows that told it, as many as lie side by side; 0 where the usual values are taken.
    """

    daily: float
    half_life_days: float
    miss: float
    windows: int


def find_level(history: History, horizon: int, before: int = 0) -> Level:
    """Find the level as it was known `before` days ago, for totals of `horizon` days."""
    ends = list(history.windows(horizon, WINDOWS, step=min(STEP_DAYS, horizon), before=before))
    apart = 1 + (ends[-1] - ends[0]) // horizon if ends else 0
    if apart < LEAST_WINDOWS:
        daily = decayed_mean(history, before, USUAL_HALF_LIFE)
        # A mean of few events is itself known to one over their root only.
        events = max(float(np.nansum(history.daily[before:])), 1.0)
        return Level(daily, USUAL_HALF_LIFE, float(np.hypot(USUAL_MISS, events**-0.5)), 0)
    found = np.array([history.total(end, horizon) for end in ends])
    told = {
        half_life: horizon * np.array([decayed_mean(history, end + horizon, half_life) for end in ends])
        for half_life in HALF_LIVES
    }
    # Square roots, so that busy months do not choose alone.
    half_life = min(HALF_LIVES, key=lambda h: float(np.nanmean((np.sqrt(found) - np.sqrt(told[h])) ** 2)))
    expected = told[half_life]
    usable = np.isfinite(expected) & (expected > 0)
    lately = usable & (np.array(ends) - before < LATELY_DAYS)
    miss = max(_miss(found[some], expected[some]) for some in (usable, lately))
    return Level(decayed_mean(history, before, half_life), half_life, miss, apart)


def _miss(found: np.ndarray, expected: np.ndarray) -> float:
    """Share by which totals missed (one standard deviation) beyond Poisson noise."""
    if not len(found):
        return 0.0
    excess = ((found - expected) ** 2 - expected).sum() / (expected**2).sum()
    return float(np.sqrt(max(excess, 0.0)))


def decayed_mean(history: History, before: int, half_life: float) -> float:
    """Events a day in the area, the decayed mean of the days before that; NaN where none is known."""
    series = history.daily[before:]
    known = np.isfinite(series)
    weight = np.exp2(-np.arange(len(series)) / half_life)[known]
    return float((series[known] * weight).sum() / weight.sum()) if known.any() else float("nan")


def total_range(total: float, level: Level, coverage: float) -> tuple[float, float]:
    """Range of the total: Poisson and miss together, widened by Student's t for the few windows that told."""
    spread = np.sqrt(total + (level.miss * total) ** 2)
    factor = float(stdtrit(max(level.windows - 1, 3), 0.5 + coverage / 2))
    return float(max(0.0, np.floor(total - factor * spread))), float(np.ceil(total + factor * spread))
