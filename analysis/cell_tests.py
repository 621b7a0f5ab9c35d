"""
Cell tests: which cells hold more than chance explains, against their surroundings and against their own past?

Every cell of the study area, empty ones too, and every square of four is tested exactly, and false discoveries are held
down over all tests of a question.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.ndimage import convolve

from analysis.cells import Grid
from analysis.density import TRUNCATE, local_mean, smooth
from analysis.exact import false_discovery, upper_tail
from analysis.local_g import local_g
from analysis.usual import Usual

# What a cell's surroundings say is one observation among many: the city's mean counts as one event beside them.
PRIOR_EVENTS = 1.0
# Ground differs by this share (one standard deviation) from one cell to the next without any cell being a spot, so no
# surroundings are known better. Without it, maps drawn in proportion to residents, uneven as census units are, list
# something in more than a tenth of the runs (`bench/null_runs.py`).
GROUND_VARIES = 0.45
# Right around, at a quarter of the bandwidth and without the cell's own neighbors, it must stand out too: a hill of the
# background, or the edge of a dense quarter, is no spot.
NEAR_SHARE = 0.25
# Ground where the whole past holds nothing although its surroundings let expect this many: water, tracks, fenced land,
# or cells that no address is ever snapped to. Events are then expected on the rest.
UNUSED_FROM = 3.0


def score_cells(
    grid: Grid,
    counts: np.ndarray,
    past: np.ndarray,
    *,
    bandwidth: float,
    near_bandwidth: float,
    false_discovery_rate: float = 0.05,
    usual: Usual | None = None,
) -> pd.DataFrame:
    """
    Test every cell of the study area against its surroundings, and against its own past where that is known.

    Parameters
    ----------
    counts, past : arrays of (rows, columns) floats
        Events of the window, and of the whole known past, the window included.
    bandwidth, near_bandwidth : float
        Metres: the surroundings that are shown, and those right around.
    false_discovery_rate : float
        Cells below it in a first pass count as surroundings with their background only.
    usual : Usual, optional
        What each cell's own past lets expect.

    Returns
    -------
    DataFrame
        One row a study cell in flat order: row, column, x, y, count, background (expected count, wide surroundings),
        usual (expected count, own past; NaN if unknown), p_value (the smaller of the two tests; the cell's own, or that
        of a square of four cells where it says more than each of them), q_surroundings and q_usual (after
        Benjamini–Hochberg over all cells and squares of the test), q_value (the smaller of the two), gi_z.
    """
    area = grid.study_area
    expected = local_mean(past, area, bandwidth / grid.cell_size)
    usable = area & ~((past <= 0) & (expected >= UNUSED_FROM))
    widths = (bandwidth / grid.cell_size, near_bandwidth / grid.cell_size)
    inside = np.where(area, counts, 0.0)
    around = [_surroundings(inside, usable, area, width, neighbors=i) for i, width in enumerate(widths)]
    first = _judge(_tails(inside, around, area), area)
    # Hot cells are no measure of what is usual around them: in a second pass they count with their background only, so
    # that the spots of a small town do not hide one another.
    calm = np.where(first.q_value <= false_discovery_rate, np.minimum(inside, around[0][0]), inside)
    around = [_surroundings(calm, usable, area, width, neighbors=i) for i, width in enumerate(widths)]
    judged = [_judge(_tails(inside, around, area), area)]
    if usual is not None:
        judged.append(_judge(_tails(usual.counts, [(usual.mean, usual.shape)], area), area))
    row, column = grid.rows_columns()
    x, y = grid.centers()
    nothing = np.ones(int(area.sum()))
    q_surroundings, q_usual = judged[0].q_value[area], judged[1].q_value[area] if usual is not None else nothing
    p_value = np.minimum.reduce([one.p_value[area] for one in judged])
    return pd.DataFrame({
        "row": row, "column": column, "x": x, "y": y, "count": counts[area], "background": around[0][0][area],
        "usual": usual.mean[area] if usual is not None else np.nan, "p_value": p_value,
        "q_value": np.minimum(q_surroundings, q_usual), "q_surroundings": q_surroundings, "q_usual": q_usual,
        "gi_z": local_g(counts, area)[area],
    })  # fmt: skip


class _Tails(NamedTuple):
    """Exact p of one test: of the cells (rows, columns) that hold `counts`, and of the squares (one more of each)."""

    counts: np.ndarray
    own: np.ndarray
    four: np.ndarray


class _Judged(NamedTuple):
    """Arrays of (rows, columns)."""

    p_value: np.ndarray
    q_value: np.ndarray


def _tails(counts: np.ndarray, expectations: Sequence[tuple[np.ndarray, np.ndarray]], area: np.ndarray) -> _Tails:
    """Test cells, and squares of four, against each mean and shape; the weakest of them decides."""
    own, four = np.ones(area.shape), np.zeros((area.shape[0] + 1, area.shape[1] + 1))
    own[area] = np.maximum.reduce([upper_tail(counts[area], mean[area], shape[area]) for mean, shape in expectations])
    # A spot on a corner of four cells is seen by the square they make; all squares are tests of their own.
    for mean, shape in expectations:
        mean, shape = np.where(area, mean, 0.0), np.where(area, shape, np.inf)
        four = np.maximum(four, upper_tail(_four(counts), _four(mean), _four(shape, np.minimum)))
    return _Tails(counts, own, four)


def _judge(test: _Tails, area: np.ndarray) -> _Judged:
    """Hold false discoveries down over all cells and all squares of one question."""
    held = _four(area.astype(float)) > 1
    q = false_discovery(np.concatenate([test.own[area], test.four[held]]))
    own_q, four_q = np.ones(area.shape), np.ones(held.shape)
    own_q[area], four_q[held] = q[: area.sum()], q[area.sum() :]
    # A square counts only where it says more than each of its cells: one hot cell does not make its neighbors hot. What
    # it finds belongs to those of its cells where something happened.
    more = four_q < _four(own_q, np.minimum)
    happened = test.counts > 0
    p_value = np.where(happened, np.minimum(test.own, _least_of_four(np.where(more, test.four, 1.0))), test.own)
    q_value = np.where(happened, np.minimum(own_q, _least_of_four(np.where(more, four_q, 1.0))), own_q)
    return _Judged(p_value, q_value)


def _surroundings(
    counts: np.ndarray, usable: np.ndarray, area: np.ndarray, bandwidth_cells: float, *, neighbors: int
) -> tuple[np.ndarray, np.ndarray]:
    """
    Mean and shape of what a cell's surroundings let expect in it, the cell and its `neighbors` rings left out.

    The weighted count around stands for so many cells seen once; the city's mean counts as one event beside it. The
    unusable cells count neither way and expect nothing. The shape is that of the gamma posterior, bounded by how much
    ground varies anyway.
    """
    reach = int(np.ceil(TRUNCATE * bandwidth_cells)) + 1
    point = np.zeros((2 * reach + 1, 2 * reach + 1))
    point[reach, reach] = 1.0
    kernel = smooth(point, bandwidth_cells)
    own = (slice(reach - neighbors, reach + neighbors + 1),) * 2
    ground = usable.astype(float)

    def around(values: np.ndarray, weights: np.ndarray, smoothed: np.ndarray) -> np.ndarray:
        return np.maximum(smoothed - convolve(values, weights[own], mode="constant"), 0.0)

    events = around(counts * ground, kernel, smooth(counts * ground, bandwidth_cells))
    cells = around(ground, kernel, smooth(ground, bandwidth_cells))
    # The squared Gaussian is a narrower one: it tells how many cells the weights are worth.
    narrower = smooth(ground, bandwidth_cells / np.sqrt(2))
    squares = around(ground, kernel**2, narrower * (kernel**2).sum())
    city = counts[area].sum() / max(ground.sum(), 1.0)
    # A sliver of weight far out on the tail is no surroundings.
    reached = cells > 1e-6
    rate = np.divide(events, cells, out=np.zeros_like(events), where=reached)
    worth = np.divide(cells**2, squares, out=np.zeros_like(cells), where=reached & (squares > 1e-12))
    shape = PRIOR_EVENTS + rate * worth
    prior = PRIOR_EVENTS / city if city > 0 else np.inf
    return np.where(usable, shape / (prior + worth), 0.0), np.minimum(shape, GROUND_VARIES**-2)


def _four(values: np.ndarray, join: Callable[[np.ndarray, np.ndarray], np.ndarray] = np.add) -> np.ndarray:
    """Join each square of two by two cells; the squares at the rim hold fewer: (rows + 1, columns + 1)."""
    padded = np.pad(values, 1, constant_values=np.inf if join is np.minimum else 0.0)
    return join(join(padded[:-1, :-1], padded[1:, :-1]), join(padded[:-1, 1:], padded[1:, 1:]))


def _least_of_four(squares: np.ndarray) -> np.ndarray:
    """The least of the four squares that hold each cell: (rows, columns)."""
    return np.minimum(np.minimum(squares[:-1, :-1], squares[1:, :-1]), np.minimum(squares[:-1, 1:], squares[1:, 1:]))
