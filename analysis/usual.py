"""Usual: what a cell's own past lets expect in the window, layer by layer, and how surely; for "more than usual"."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.as_of import daily_counts, in_window, past_days
from analysis.cells import Grid, count_events
from analysis.density import local_mean

# What a cell's own past says is one observation among many: its surroundings' past counts as one event beside it.
PRIOR_EVENTS = 1.0
# A place's own rate moves by this share (one standard deviation) from month to month with nothing new in it. With it
# one in a hundred cells of Philadelphia lies beyond p = 0.01 in an average month (`bench/usual_months.py`).
PLACE_VARIES = 0.58


@dataclass(frozen=True, eq=False)
class Usual:
    """
    Arrays of (rows, columns): events of the window in the layers whose past is known, their expected number, its shape.

    `days`: days of the past that were known, of the layer with most.
    """

    counts: np.ndarray
    mean: np.ndarray
    shape: np.ndarray
    days: float


def expected_from_past(
    known: pd.DataFrame, grid: Grid, *, start: pd.Timestamp, as_of: pd.Timestamp, bandwidth: float
) -> Usual | None:
    """
    Say what each cell's own 365 days before `start` let expect in [start, as_of).

    Parameters
    ----------
    known : DataFrame
        Events with `layer`, `event_start`, `event_end`, `count`, `x`, `y`.
    grid : Grid
    start, as_of : Timestamps with zone
        The window.
    bandwidth : float
        Metres: the surroundings whose past stands beside the cell's own.

    Returns
    -------
    Usual or None
        None where no layer's past is known for as long as the window: there is no usual then.

    Notes
    -----
    A layer's past is brought to its level in the window, over the whole city: a season or a general rise is nobody's
    news. The cell's rate has a gamma posterior (Marshall 1991, with the surroundings as prior); its variation is never
    taken for less than `PLACE_VARIES`. Days that are missing are not counted as calm.
    """
    length = (as_of - start).total_seconds() / 86_400
    area = grid.study_area
    mean, variance, counts = (np.zeros(area.shape) for _ in range(3))
    longest = 0.0
    for _, events in known.groupby(known["layer"].astype(object), sort=True):
        days = past_days(daily_counts(events), start)
        past = _count(grid, events.loc[in_window(events, start - pd.DateOffset(days=365), start)])
        now = _count(grid, events.loc[in_window(events, start, as_of)])
        if days < length or past[area].sum() <= 0:
            continue
        longest = max(longest, days)
        level = now[area].sum() / past[area].sum()
        around = np.maximum(local_mean(past, area, bandwidth / grid.cell_size), 1e-9)
        shape = PRIOR_EVENTS + past
        own = level * shape / (PRIOR_EVENTS / around + 1)
        mean += np.where(area, own, 0.0)
        variance += np.where(area, own**2 / np.minimum(shape, PLACE_VARIES**-2), 0.0)
        counts += np.where(area, now, 0.0)
    if longest == 0:
        return None
    shape = np.divide(mean**2, variance, out=np.full(area.shape, np.inf), where=variance > 0)
    return Usual(counts, mean, shape, longest)


def _count(grid: Grid, events: pd.DataFrame) -> np.ndarray:
    return count_events(grid, events["x"].to_numpy(), events["y"].to_numpy(), events["count"].to_numpy())
