"""
Rates: events per resident, household or metre of street, steadied by empirical Bayes. Beside counts, never alone.

Where few live and many pass, a rate by residents says nothing of the risk there; where few live at all, one event makes
a high rate. So rates are drawn towards the mean of all, or of the units around, the more the less they rest on.
"""

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from geo.checks import require_same_shape
from geo.errors import InputError

COVERAGE = 0.9
# Fewer expected events than this tell no rate.
LEAST_EXPECTED = 5.0


def steady_rates(events: np.ndarray, exposure: np.ndarray, around: np.ndarray | None = None) -> pd.DataFrame:
    """
    Estimate each unit's rate with its range.

    Parameters
    ----------
    events : array of n floats ≥ 0
    exposure : array of n floats
        Residents, households or metres; units without any, or unknown (NaN), get no rate.
    around : array of (k, 2) ints, optional
        Pairs of neighboring units, each pair once or both ways: rates are then drawn towards the unit's surroundings
        (itself included), which must hold two units at least, else towards the mean of all.

    Returns
    -------
    DataFrame
        One row a unit: rate (empirical Bayes), low, high (90 %), raw (events over exposure), expected (events at the
        mean of all), enough (at least five events are expected).

    Raises
    ------
    InputError
        If no unit has any exposure, or nothing happened in those that have.

    Notes
    -----
    Marshall's estimator by moments, weighted by exposure; the range is that of the gamma posterior with the same mean.
    Where units differ no more than chance makes them, all have the mean's rate, with the mean's own uncertainty.

    References
    ----------
    Marshall (1991), Applied Statistics 40(2), 283–294.
    """
    events, exposure = np.asarray(events, dtype=float), np.asarray(exposure, dtype=float)
    require_same_shape(events=events, exposure=exposure)
    known = np.isfinite(exposure) & (exposure > 0)
    if not known.any():
        raise InputError(
            "No neighborhood has residents, households or streets to count by.",
            remedy="Import the population of the neighborhoods, or show counts only.", key="rates.no_exposure",
        )  # fmt: skip
    y, x = np.where(known, events, 0.0), np.where(known, exposure, 0.0)
    if y.sum() <= 0:
        raise InputError(
            "Nothing happened in the neighborhoods whose residents are known.",
            remedy="Choose a longer period or other categories.", key="rates.nothing",
        )  # fmt: skip
    raw = np.divide(y, x, out=np.full(len(y), np.nan), where=known)
    all_mean = y.sum() / x.sum()
    mean, variance, held = _moments(y, x, raw, known, np.empty((0, 2), int))
    mean[:], variance[:] = all_mean, _variance(y, x, raw, known, all_mean)
    total = np.full(len(y), y.sum())
    reached = np.full(len(y), x.sum())
    if around is not None:
        local_mean, local_variance, held = _moments(y, x, raw, known, np.asarray(around, dtype=int))
        # With two units at least, and something that happened in them, the surroundings speak for themselves.
        own = held["units"] >= 2
        own &= held["events"] > 0
        mean, variance = np.where(own, local_mean, mean), np.where(own, local_variance, variance)
        total, reached = np.where(own, held["events"], total), np.where(own, held["exposure"], reached)
    spread = variance > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where(spread, mean**2 / variance + y, total + 0.5)
        per = np.where(spread, mean / variance + x, reached)
    rate = np.where(spread, shape / per, mean)
    low, high = (gammaincinv(shape, tail) / per for tail in ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2))
    frame = pd.DataFrame({"rate": rate, "low": low, "high": high, "raw": raw, "expected": all_mean * x})
    frame.loc[~known, ["rate", "low", "high", "expected"]] = np.nan
    frame["enough"] = (frame["expected"] >= LEAST_EXPECTED).to_numpy()
    return frame


def _variance(y: np.ndarray, x: np.ndarray, raw: np.ndarray, known: np.ndarray, mean: float) -> float:
    """How much rates of all units differ beyond chance; 0 where they do not."""
    n = int(known.sum())
    squares = float((x[known] * (raw[known] - mean) ** 2).sum() / x.sum())
    return max(squares - mean / (x.sum() / n), 0.0)


def _moments(
    y: np.ndarray, x: np.ndarray, raw: np.ndarray, known: np.ndarray, around: np.ndarray
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Mean and variance of the rates in each unit's surroundings, itself included; and what those hold."""
    n = len(y)
    pairs = np.unique(np.vstack([around, around[:, ::-1], np.column_stack([np.arange(n)] * 2)]), axis=0)
    pairs = pairs[known[pairs[:, 1]]]
    unit, other = pairs.T

    def gathered(values: np.ndarray) -> np.ndarray:
        return np.bincount(unit, weights=values, minlength=n)

    events, exposure, units = gathered(y[other]), gathered(x[other]), gathered(np.ones(len(other)))
    mean = np.divide(events, exposure, out=np.zeros(n), where=exposure > 0)
    squares = gathered(x[other] * (raw[other] - mean[unit]) ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(exposure > 0, (squares - mean * units) / exposure, 0.0)
    return mean, np.maximum(variance, 0.0), {"events": events, "exposure": exposure, "units": units}
