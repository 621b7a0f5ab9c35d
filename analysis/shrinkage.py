"""
Shrinkage, the simple forecast: decayed counts of each cell, shrunk towards its surroundings (gamma–Poisson).

Three numbers, chosen by how well they foretold the last windows. It needs little history and is the yardstick that
`analysis.mixture` must beat.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln

from analysis.density import spread_mass
from analysis.history import History

HALF_LIVES = (28.0, 90.0, 180.0, 365.0, 730.0)
SHAPES = (0.02, 0.05, 0.15, 0.3, 0.6, 1.2, 2.5, 5.0)
# Share of the narrow one in the prior surface of two widths (metres); a trace of the city's mean keeps all above 0.
NARROW_SHARES = (0.0, 0.5, 0.9)
NARROW, WIDE = 300.0, 800.0
FLAT_SHARE = 0.02
# One cell in a hundred may hold five times what its surroundings do, and anything round that.
ODD_SHARE, ODD_FACTOR, ODD_SHAPE = 0.01, 5.0, 0.3
CHOICE_WINDOWS = 4
LEAST_EVENTS = 20


@dataclass(frozen=True)
class Choice:
    """The numbers, and how many windows chose them: none where too little was known, and the usual ones are taken."""

    half_life_days: float = 180.0
    narrow_share: float = 0.5
    shape: float = 1.2
    windows: int = 0


def choose(history: History, horizon: int, before: int = 0) -> Choice:
    """Take the numbers under which the cells of the events of past windows, over `before` days ago, were likeliest."""
    # A day's events hardly tell two maps apart: windows of at least four weeks do, where the history has them.
    days = horizon
    if len(history.daily) - before >= 28 * (CHOICE_WINDOWS + 3):
        days = max(horizon, 28)
    ends = list(history.windows(days, CHOICE_WINDOWS, before=before))
    if not ends or history.weight[history.known >= before].sum() < LEAST_EVENTS:
        return Choice()
    scores: dict[tuple[float, float, float], float] = {}
    for end in ends:
        found = history.counted(days, end)
        some = found > 0
        for half_life in HALF_LIVES:
            own = history.decayed(history.weight, end + days, half_life)
            if not own.sum():
                continue
            narrow, wide = _around(history, own)
            for narrow_share in NARROW_SHARES:
                prior = _prior(narrow, wide, narrow_share)
                for shape in SHAPES:
                    key = (half_life, narrow_share, shape)
                    share = np.maximum(_shrink(own, prior, shape)[some], 1e-12)
                    scores[key] = scores.get(key, 0.0) + float(found[some] @ np.log(share))
    if not scores:
        return Choice()
    return Choice(*max(scores, key=lambda key: (scores[key], key)), len(ends))


def surface(history: History, before: float, choice: Choice) -> np.ndarray:
    """Each cell's share of the events to come, as it looked `before` days ago; sums to one."""
    own = history.decayed(history.weight, before, choice.half_life_days)
    return _shrink(own, _prior(*_around(history, own), choice.narrow_share), choice.shape)


def _around(history: History, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What lies around each cell, spread with the narrow and the wide Gaussian."""
    grid = history.grid
    image = np.zeros(grid.shape)
    image[grid.study_area] = own
    narrow, wide = max(NARROW, 1.5 * grid.cell_size), max(WIDE, 3 * grid.cell_size)
    first, second = (
        spread_mass(image, grid.study_area, width / grid.cell_size)[grid.study_area] for width in (narrow, wide)
    )
    return first, second


def _prior(narrow: np.ndarray, wide: np.ndarray, narrow_share: float) -> np.ndarray:
    """The surroundings' mean per cell: two widths and a trace of the city's mean."""
    mixed = narrow_share * narrow + (1 - narrow_share) * wide
    return (1 - FLAT_SHARE) * mixed + FLAT_SHARE * mixed.mean()


def _shrink(own: np.ndarray, prior: np.ndarray, shape: float) -> np.ndarray:
    """
    Mean of the posterior, as shares: own counts, and a gamma prior whose mean is the surroundings'.

    A few cells follow another rule, a wide one: where their own counts are too many for the first, they are believed.
    One shape for all would think a sudden spot away in a city that is even elsewhere.
    """
    mean = np.maximum(prior, 1e-12)
    usual = (shape + own) / (shape / mean + 1)
    odd = (ODD_SHAPE + own) / (ODD_SHAPE / (ODD_FACTOR * mean) + 1)
    against = _log_marginal(own, shape, mean) - _log_marginal(own, ODD_SHAPE, ODD_FACTOR * mean)
    weight = expit(np.log(ODD_SHARE / (1 - ODD_SHARE)) - against)
    rate = np.where(prior > 0, (1 - weight) * usual + weight * odd, 0.0)
    total = rate.sum()
    return rate / total if total > 0 else np.full(len(own), 1 / len(own))


def _log_marginal(own: np.ndarray, shape: float, mean: np.ndarray) -> np.ndarray:
    """Log probability of a count whose rate is gamma of that shape and mean, but for a term that all priors share."""
    return gammaln(shape + own) - gammaln(shape) + own * np.log(mean / (shape + mean)) - shape * np.log1p(mean / shape)
