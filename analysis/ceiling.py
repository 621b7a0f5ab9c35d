"""
Ceiling: how much could any map of the lasting rates find? What is left above a forecast's score is not all to be won.

Where a forecast misses two windows in a row in the same direction, the rate itself differs from it. That covariance
gives the spread of the true rates round the forecast; a map that knew them is simulated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.calibrate import RANK_SHARES
from analysis.scores import score_area

RUNS_PER_PAIR = 4
# A spread of rates beyond this (variance of the factor) is not believed.
MOST_SPREAD = 20.0


@dataclass(frozen=True, eq=False)
class Pair:
    """One forecast and what two windows in a row after it held; arrays of (cells,)."""

    expected: np.ndarray
    first: np.ndarray
    second: np.ndarray


def find_ceiling(pairs: Sequence[Pair], coverages: Sequence[float], rng: np.random.Generator) -> np.ndarray | None:
    """
    Simulate the hit rate of a map that knows the lasting rate of each cell.

    Returns
    -------
    array of (coverages,) floats, or None without pairs
    """
    if not pairs or not sum(pair.first.sum() for pair in pairs):
        return None
    cells = len(pairs[0].expected)
    bounds = np.unique(np.ceil(np.array(RANK_SHARES) * cells).astype(int))
    strata = []
    for pair in pairs:
        rank = np.empty(cells, dtype=int)
        rank[np.argsort(-pair.expected, kind="stable")] = np.arange(cells)
        strata.append(np.searchsorted(bounds, rank, side="right"))
    expected = np.concatenate([pair.expected for pair in pairs])
    stratum = np.concatenate(strata)
    # Each window is brought to its own total: a busy month is no lasting place.
    first = np.concatenate([_to_total(pair.first, pair.expected) for pair in pairs])
    second = np.concatenate([_to_total(pair.second, pair.expected) for pair in pairs])
    squares = np.bincount(stratum, weights=expected**2, minlength=len(bounds) + 1)
    together = np.bincount(stratum, weights=(first - expected) * (second - expected), minlength=len(bounds) + 1)
    spread = np.clip(np.divide(together, squares, out=np.zeros_like(squares), where=squares > 0), 0, MOST_SPREAD)
    rates = []
    for pair, here in zip(pairs, strata, strict=True):
        variance = spread[here]
        for _ in range(RUNS_PER_PAIR):
            factor = np.ones(cells)
            some = variance > 1e-6
            factor[some] = rng.gamma(1 / variance[some], variance[some])
            rate = pair.expected * factor
            # What a window holds is on average the rate: no counts need be drawn.
            rates.append([score.hit_rate for score in score_area(rate, rate, coverages)])
    return np.mean(rates, axis=0)


def _to_total(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    total = found.sum()
    return found * (expected.sum() / total) if total > 0 else expected
