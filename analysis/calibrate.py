"""
Calibration: what past windows say of a map's promises, by how high a cell ranks.

Cells that rank high were partly lucky and hold less than they promise (the winner's curse): the map is bent by found
over promised. How far single cells scatter round the bent map gives the size of their negative binomial.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from analysis.exact import POISSON_FROM
from analysis.scores import range_cover

# Strata end at these shares of the cells, ranked; those that promise fewer events, or are fewer cells over all
# windows, join the next.
RANK_SHARES = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.15, 0.4)
LEAST_PROMISED, LEAST_CELLS = 40.0, 100
# How much the chance in a factor weighs against its distance from one.
CHANCE_WEIGHT = 1.0
SIZES = np.append(np.geomspace(0.03, 1000.0, 40), POISSON_FROM)
# Where cells hold this many on average, the size is the one whose ranges hold as often as they promise; below, the
# likeliest one, because ranges on 0 and 1 tell little.
COVER_FROM = 0.5
COVERAGE = 0.8


@dataclass(frozen=True, eq=False)
class Trial:
    """A past window: what the map said of it, as shares, how many events were expected in all, and what was found."""

    share: np.ndarray
    total: float
    found: np.ndarray


@dataclass(frozen=True, eq=False)
class Calibration:
    """Per stratum of ranks: its first cells end at `bounds`; found over promised; size of the negative binomial."""

    bounds: np.ndarray
    factors: np.ndarray
    sizes: np.ndarray
    windows: int

    def bend(self, share: np.ndarray) -> np.ndarray:
        """The map with the winner's curse taken out; sums to one."""
        return _bend(share, self.bounds, self.factors)

    def size(self, share: np.ndarray) -> np.ndarray:
        """Size of the negative binomial of each cell."""
        return self.sizes[_strata(share, self.bounds)]


def calibrate(long: Sequence[Trial], exact: Sequence[Trial]) -> Calibration:
    """
    Learn from past windows.

    Parameters
    ----------
    long : windows whose events tell how the map bends; their own totals are used
    exact : windows of the length to be foretold, which tell how far cells scatter
    """
    share, found = [trial.share for trial in long], [trial.found for trial in long]
    promised = [trial.share * trial.found.sum() for trial in long]
    bounds = _bounds(share, promised)
    strata = [_strata(one, bounds) for one in share]
    held, hoped = (
        np.array([np.bincount(s, weights=v, minlength=len(bounds) + 1) for s, v in zip(strata, values, strict=True)])
        for values in (found, promised)
    )
    factors = _factors(held, hoped)
    return Calibration(bounds, factors, _sizes(exact, bounds, factors), len(long))


def _factors(held: np.ndarray, hoped: np.ndarray) -> np.ndarray:
    """
    Found over promised per stratum, from (windows, strata), drawn to 1 as far as it may be chance.

    How much the windows differ among themselves tells how far their ratio can be trusted.
    """
    windows, total = len(held), np.maximum(hoped.sum(axis=0), 1e-9)
    ratio = held.sum(axis=0) / total
    scatter = ((held - ratio * hoped) ** 2).sum(axis=0) + hoped.sum(axis=0)
    error = scatter / total**2 * windows / max(windows - 1, 1)
    away = (ratio - 1) ** 2
    return 1 + (ratio - 1) * away / (away + CHANCE_WEIGHT * error)


def _bounds(shares: Sequence[np.ndarray], promised: Sequence[np.ndarray]) -> np.ndarray:
    """Ranks at which strata end: the usual ones, but for those that promise too few events."""
    cells = len(shares[0])
    usual = np.unique(np.ceil(np.array(RANK_SHARES) * cells).astype(int))
    usual = usual[usual < cells]
    ranked = np.cumsum(sum(np.sort(values)[::-1] for values in promised))
    bounds, last = [], 0
    for bound in usual:
        before = ranked[last - 1] if last else 0.0
        enough = min(ranked[bound - 1] - before, ranked[-1] - ranked[bound - 1]) >= LEAST_PROMISED
        if enough and (bound - last) * len(shares) >= LEAST_CELLS:
            bounds.append(int(bound))
            last = int(bound)
    return np.array(bounds, dtype=int)


def _ranks(share: np.ndarray) -> np.ndarray:
    rank = np.empty(len(share), dtype=int)
    rank[np.argsort(-share, kind="stable")] = np.arange(len(share))
    return rank


def _strata(share: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    return np.searchsorted(bounds, _ranks(share), side="right")


def _bend(share: np.ndarray, bounds: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Between the middles of two strata the factor slides along the logarithm of the rank, so that no step shows."""
    edges = np.concatenate([[0], bounds, [len(share)]]).astype(float)
    middle = (np.log(edges[:-1] + 0.5) + np.log(edges[1:] + 0.5)) / 2
    bent = share * np.interp(np.log(_ranks(share) + 0.5), middle, factors)
    return bent / bent.sum()


def _sizes(trials: Sequence[Trial], bounds: np.ndarray, factors: np.ndarray) -> np.ndarray:
    mean = np.concatenate([_bend(trial.share, bounds, factors) * trial.total for trial in trials])
    found = np.concatenate([trial.found for trial in trials])
    strata = np.concatenate([_strata(trial.share, bounds) for trial in trials])
    sizes = np.full(len(bounds) + 1, 1.0)
    for stratum in range(len(sizes)):
        here = strata == stratum
        if here.any():
            busy = mean[here].mean() >= COVER_FROM
            sizes[stratum] = (_size_by_cover if busy else _size_by_likelihood)(found[here], mean[here])
    return sizes


def _size_by_cover(found: np.ndarray, mean: np.ndarray) -> float:
    miss = [abs(float(range_cover(found, mean, np.full(1, size), COVERAGE).mean()) - COVERAGE) for size in SIZES]
    return float(SIZES[int(np.argmin(miss))])


def _size_by_likelihood(found: np.ndarray, mean: np.ndarray) -> float:
    mean = np.maximum(mean, 1e-12)
    some = found > 0
    score = [
        float(
            (gammaln(found[some] + size) - gammaln(size) + found[some] * np.log(mean[some] / (size + mean[some]))).sum()
            - size * np.log1p(mean / size).sum()
        )
        for size in SIZES
    ]
    return float(SIZES[int(np.argmax(score))])
