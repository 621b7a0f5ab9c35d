"""
Scores: how good was a map of what to expect, once the events are there?

Ties and the cell that the edge of the coverage cuts are shared out, so that no order of rows and no rounding decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.exact import upper_tail
from geo.checks import require_positive, require_same_shape

COVERAGES = (0.005, 0.01, 0.02, 0.05)


@dataclass(frozen=True)
class AreaScore:
    """
    What the cells named hold, for one coverage.

    `hits` of `events` lie in the share `coverage` of the area that the map puts first, `best` in the one a map of the
    events themselves would put first.
    """

    coverage: float
    hits: float
    events: float
    best: float

    @property
    def hit_rate(self) -> float:
        """Share of the events in the area named; NaN without events."""
        return self.hits / self.events if self.events else float("nan")

    @property
    def pai(self) -> float:
        """Prediction accuracy index (n/N)/(a/A): Chainey, Tompson & Uhlig (2008), Security Journal 21, 4–28."""
        return self.hit_rate / self.coverage

    @property
    def pei(self) -> float:
        """Prediction efficiency index n/n*: Hunt (2016), of what the best map of that size would have held."""
        return self.hits / self.best if self.best else float("nan")


def score_area(expected: np.ndarray, found: np.ndarray, coverages: Sequence[float] = COVERAGES) -> list[AreaScore]:
    """
    Score a map by the events in the share of the area that it puts first.

    Parameters
    ----------
    expected : array of (cells,) floats
        What the map says; only its order matters. Equal cells share the place that they take.
    found : array of (cells,) floats ≥ 0
        Events in each cell.
    coverages : shares of the area, above 0 and at most 1
        A cell cut by the edge counts in part.
    """
    expected, found = np.asarray(expected, dtype=float), np.asarray(found, dtype=float)
    require_same_shape(expected=expected, found=found)
    require_positive(**{f"coverage {coverage:g}": coverage for coverage in coverages})
    area = np.minimum(np.asarray(coverages, dtype=float), 1.0) * len(found)
    hits, best = _held(expected, found, area), _held(found, found, area)
    events = float(found.sum())
    return [AreaScore(float(c), float(h), events, float(b)) for c, h, b in zip(coverages, hits, best, strict=True)]


def _held(order: np.ndarray, found: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Events in the first `area` cells, linear within a group of equal cells."""
    values, group = np.unique(-order, return_inverse=True)
    cells = np.concatenate([[0.0], np.cumsum(np.bincount(group, minlength=len(values)))])
    events = np.concatenate([[0.0], np.cumsum(np.bincount(group, weights=found, minlength=len(values)))])
    return np.interp(area, cells, events)


def log_score(share: np.ndarray, found: np.ndarray) -> float:
    """
    Bits by which each event was more expected than on a map that is the same everywhere, on average.

    Parameters
    ----------
    share : array of (cells,) floats ≥ 0
        Brought to sum one here.
    found : array of (cells,) floats ≥ 0

    Returns
    -------
    float
        0 for the same everywhere; minus infinity if an event lies where the map says never; NaN without events.
    """
    share, found = np.asarray(share, dtype=float), np.asarray(found, dtype=float)
    require_same_shape(share=share, found=found)
    some = found > 0
    if not some.any():
        return float("nan")
    with np.errstate(divide="ignore"):
        bits = np.log2(share[some] / share.sum() * len(share))
    return float(found[some] @ bits / found[some].sum())


def range_cover(found: np.ndarray, mean: np.ndarray, dispersion: np.ndarray, coverage: float = 0.8) -> np.ndarray:
    """
    Tell how far each count lies within its central range, the ends on whole counts randomized.

    Parameters
    ----------
    found : array of counts
        Shares of spans are rounded.
    mean, dispersion : arrays
        Of a negative binomial; see `analysis.exact.upper_tail`.
    coverage : float

    Returns
    -------
    array of floats from 0 to 1
        1 inside, 0 outside, between on an end. If the distributions are true, its mean is `coverage` exactly.

    Notes
    -----
    It is the expectation over the randomization, so it needs no random numbers.

    References
    ----------
    Czado, Gneiting & Held (2009), Biometrics 65, 1254–1261.
    """
    count = np.rint(np.asarray(found, dtype=float))
    below = 1 - upper_tail(count, mean, dispersion)
    upto = 1 - upper_tail(count + 1, mean, dispersion)
    tail = (1 - coverage) / 2
    inside = np.clip(np.minimum(upto, 1 - tail) - np.maximum(below, tail), 0, None)
    # Far out in the tails both functions are 0 or 1 to the last digit: outside.
    return np.divide(inside, upto - below, out=np.zeros_like(inside), where=upto > below)
