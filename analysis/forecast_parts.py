"""
Parts: how many events to expect in each neighborhood, with a range of its own?

Expected events of the cells add up; ranges do not. How far parts scatter is what past windows, foretold from what was
known before them, tell of parts as large.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.calibrate import COVER_FROM, SIZES, Calibration
from analysis.exact import count_range
from analysis.history import History
from analysis.level import Level, find_level
from analysis.mixture import WINDOW_DAYS
from analysis.scores import range_cover

# A guess of the share by which a part misses beside the total's (one standard deviation), until past windows tell.
USUAL_MISS = 0.2
# Fewer parts with events, over all windows, tell nothing.
LEAST_PARTS = 20


def expect_parts(
    history: History,
    told: Mapping[int, np.ndarray],
    calibration: Calibration | None,
    level: Level,
    expected: np.ndarray,
    parts: np.ndarray,
    horizon: int,
    coverage: float = 0.8,
) -> pd.DataFrame:
    """
    Add up expected events by part.

    Parameters
    ----------
    history : History
    told : mapping of age to array of (cells,)
        Shares as they were foretold for past windows; see `analysis.forecast.Fit`.
    calibration : Calibration, optional
        What bends them.
    level : Level
        Of the days to come.
    expected : array of (cells,)
        Events expected in each cell.
    parts : array of (cells,)
        The part that each cell belongs to.
    horizon : int
        Days.
    coverage : float

    Returns
    -------
    DataFrame
        A row a part, in order: `part`, `expected` (adds up to the cells'), `low`, `high`, `dispersion` (size of the
        negative binomial).
    """
    names, code = np.unique(parts, return_inverse=True)
    mean = np.bincount(code, weights=expected, minlength=len(names))
    size = _size(history, told, calibration, level, code, len(names), horizon, coverage)
    low, high = count_range(mean, mean + mean**2 / size, coverage)
    return pd.DataFrame({"part": names, "expected": mean, "low": low, "high": high, "dispersion": size})


def _size(
    history: History,
    told: Mapping[int, np.ndarray],
    calibration: Calibration | None,
    level: Level,
    code: np.ndarray,
    n: int,
    horizon: int,
    coverage: float,
) -> float:
    """The size of the negative binomial with which past windows' ranges held as often as they promise."""
    usual = 1 / (level.miss**2 + USUAL_MISS**2)
    means, counts = [], []
    for end, share in told.items():
        start = end + WINDOW_DAYS
        if start < horizon or not np.isfinite(history.total(start - horizon, horizon)):
            continue
        total = find_level(history, horizon, start).daily * horizon
        if np.isfinite(total):
            bent = share if calibration is None else calibration.bend(share)
            means.append(np.bincount(code, weights=bent * total, minlength=n))
            counts.append(np.bincount(code, weights=history.counted(horizon, start - horizon), minlength=n))
    mean, found = (np.concatenate(arrays) if arrays else np.zeros(0) for arrays in (means, counts))
    busy = mean >= COVER_FROM
    if busy.sum() < LEAST_PARTS:
        return usual
    held = np.array([float(range_cover(found[busy], mean[busy], np.full(1, size), coverage).mean()) for size in SIZES])
    return float(SIZES[int(np.argmin(np.abs(held - coverage)))])
