"""
Hotspots: which places hold more than their surroundings, beyond chance? Expected harm ranks, it does not list.

Every cell of the study area, empty ones too, is tested exactly against a background smoothed over its surroundings, and
false discoveries are held down over all tests. Gi* stands beside it as description. Persons are no subject here.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.ndimage import convolve

from analysis.as_of import daily_counts, in_window, known_at
from analysis.cells import Grid, count_events
from analysis.clusters import find_places, same_place
from analysis.density import TRUNCATE, local_mean, smooth
from analysis.exact import false_discovery, upper_tail
from analysis.forecast import Forecast
from analysis.local_g import local_g
from analysis.place_facts import COLUMNS, PlaceCells, describe
from geo.checks import require_columns, require_positive
from geo.errors import InputError

LEAST_EVENTS = 3
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
DEFAULT_CELL = 100.0


@dataclass(frozen=True)
class HotspotAnswer:
    """
    The list, the tested cells and the rows behind them.

    `hotspots`: one row a place, ranked, polygons in the grid's CRS, columns as in `analysis.place_facts`. `cells`: one
    row a study cell in flat order: row, column (relative to the grid), x, y, count, background, p_value, q_value, gi_z.
    `tested`: cells tested; 0 without a grid. `rows`: the hotspot of each event row of the window that lies in one.
    `parameters`: all values used, among them those picked here.
    """

    hotspots: gpd.GeoDataFrame
    cells: pd.DataFrame
    tested: int
    rows: pd.Series
    parameters: dict[str, Any]


def find_hotspots(
    events: pd.DataFrame,
    grid: Grid | None,
    *,
    as_of: pd.Timestamp,
    days: int = 28,
    radius: float = 150.0,
    bandwidth: float = 800.0,
    false_discovery_rate: float = 0.05,
    unlisted: Collection[str] = (),
    expected: Forecast | None = None,
    crs: str | None = None,
) -> HotspotAnswer:
    """
    List the places where the last `days` before `as_of` held more than the surroundings, beyond chance.

    Parameters
    ----------
    events : DataFrame
        All events of the past that may be known, not only the window's: canonical columns with `x`, `y`.
    grid : Grid or None
        Without one, nothing can be tested: places are listed by their counts, and `tested` is 0.
    as_of : Timestamp with zone
        The first moment that is not known.
    days, radius, bandwidth, false_discovery_rate
        The window; metres from a place's center to its rim; metres (standard deviation of a Gaussian) of the
        background; the share of false cells tolerated on average.
    unlisted : collection of str
        Categories that never count: violence at home, sexual offences.
    expected : Forecast, optional
        On the same grid; its harm ranks the list, its counts are `expected_next` (brought to 7 days).
    crs : str, optional
        The CRS of the polygons where there is no grid.

    Raises
    ------
    InputError
        If nothing is known in the window, or nothing that is known lies in the area.

    Notes
    -----
    The background of a cell leaves the cell itself out and is uncertain: its rate has a gamma posterior, so the cell's
    count has a negative binomial distribution, whose tail is the p-value. The p-value is the larger one of two
    surroundings: `bandwidth`, and a quarter of it without the cell's eight neighbors. Every square of four cells is
    tested beside the cells, so that a spot on a corner is not lost; false discoveries are held down over both together.

    References
    ----------
    Castro & Singer (2006), Geographical Analysis 38(2), 180–208; Benjamini & Hochberg (1995).
    """
    require_columns(events, ["layer", "category", "event_start", "event_end", "severity", "count", "x", "y"], "events")
    require_positive(days=days, radius=radius, bandwidth=bandwidth, false_discovery_rate=false_discovery_rate)
    known = events.loc[known_at(events, as_of) & ~events["category"].isin(list(unlisted)).to_numpy()]
    start = as_of - pd.DateOffset(days=days)
    window = known.loc[in_window(known, start, as_of)]
    _require_events(known, window, start, as_of, days)
    # A quiet month inside the area is an answer; only a whole history outside it is a mistake.
    if grid is not None and not (grid.locate(known["x"].to_numpy(), known["y"].to_numpy()) >= 0).any():
        raise _none_inside(len(known))
    cell_size = grid.cell_size if grid else DEFAULT_CELL
    used: dict[str, Any] = {
        "as_of": str(as_of.date()), "days": days, "radius": radius, "bandwidth": max(bandwidth, 2 * cell_size),
        "near_bandwidth": max(NEAR_SHARE * bandwidth, 2 * cell_size), "false_discovery_rate": false_discovery_rate,
        "cell_size": cell_size, "tested": grid is not None,
    }  # fmt: skip
    # A point that stands for a whole village or district is no place of a few metres: it counts, but nowhere exactly.
    if "precision" in window:
        window = window.loc[(window["precision"].astype(object) != "area").to_numpy()]
        known = known.loc[(known["precision"].astype(object) != "area").to_numpy()]
    if grid is None:
        placed = window.loc[np.isfinite(window["x"]) & np.isfinite(window["y"])]
        chosen, cells, tested = np.ones(len(placed), dtype=bool), _no_cells(), 0
    else:
        counts = count_events(grid, window["x"].to_numpy(), window["y"].to_numpy(), window["count"].to_numpy())
        past = count_events(grid, known["x"].to_numpy(), known["y"].to_numpy(), known["count"].to_numpy())
        cells = score_cells(
            grid,
            counts,
            past,
            bandwidth=used["bandwidth"],
            near_bandwidth=used["near_bandwidth"],
            false_discovery_rate=false_discovery_rate,
        )
        tested = grid.n_cells
        flat = grid.locate(window["x"].to_numpy(), window["y"].to_numpy())
        placed, flat = window.loc[flat >= 0], flat[flat >= 0]
        significant = np.zeros(grid.study_area.size, dtype=bool)
        significant[grid.flat_index] = cells["q_value"].to_numpy() <= false_discovery_rate
        chosen = significant[flat]
    spots = placed.loc[chosen]
    places = find_places(
        same_place(spots["x"].to_numpy()), same_place(spots["y"].to_numpy()), spots["count"].to_numpy(), radius=radius
    )
    ground = PlaceCells.of(places, placed, spots, cell_size, grid, cells, expected)
    list_, rows = describe(places, ground, known, placed, as_of=as_of, days=days, daily=daily_counts(known))
    hotspots = gpd.GeoDataFrame(list_, geometry="geometry", crs=grid.crs if grid else crs)
    return HotspotAnswer(hotspots, cells, tested, rows, used)


def score_cells(
    grid: Grid,
    counts: np.ndarray,
    past: np.ndarray,
    *,
    bandwidth: float,
    near_bandwidth: float,
    false_discovery_rate: float = 0.05,
) -> pd.DataFrame:
    """
    Test every cell of the study area against its surroundings.

    Parameters
    ----------
    counts, past : arrays of (rows, columns) floats
        Events of the window, and of the whole known past, the window included.
    bandwidth, near_bandwidth : float
        Metres: the surroundings that are shown, and those right around.
    false_discovery_rate : float
        Cells below it in a first pass count as surroundings with their background only.

    Returns
    -------
    DataFrame
        One row a study cell in flat order: row, column, x, y, count, background (expected count, wide surroundings),
        p_value (the cell's own, or that of a square of four cells where it says more than each of them), q_value (after
        Benjamini–Hochberg over all cells and all squares), gi_z.
    """
    area = grid.study_area
    usual = local_mean(past, area, bandwidth / grid.cell_size)
    usable = area & ~((past <= 0) & (usual >= UNUSED_FROM))
    widths = (bandwidth / grid.cell_size, near_bandwidth / grid.cell_size)
    first = _judge(counts, counts, usable, area, widths)
    # Hot cells are no measure of what is usual around them: in a second pass they count with their background only, so
    # that the spots of a small town do not hide one another.
    calm = np.where(first.q_value <= false_discovery_rate, np.minimum(counts, first.background), counts)
    judged = _judge(counts, calm, usable, area, widths)
    row, column = grid.rows_columns()
    x, y = grid.centers()
    return pd.DataFrame({
        "row": row, "column": column, "x": x, "y": y, "count": counts[area], "background": judged.background[area],
        "p_value": judged.p_value[area], "q_value": judged.q_value[area], "gi_z": local_g(counts, area)[area],
    })  # fmt: skip


class _Judged(NamedTuple):
    """Arrays of (rows, columns)."""

    background: np.ndarray
    p_value: np.ndarray
    q_value: np.ndarray


def _judge(
    counts: np.ndarray, calm: np.ndarray, usable: np.ndarray, area: np.ndarray, widths: tuple[float, float]
) -> _Judged:
    """Test the counts of cells, and of squares of four, against what the calm counts around let expect."""
    wide = _surroundings(calm, usable, area, widths[0], neighbors=0)
    near = _surroundings(calm, usable, area, widths[1], neighbors=1)
    inside = np.where(area, counts, 0.0)
    own = np.ones(area.shape)
    own[area] = np.maximum(*(upper_tail(inside[area], mean[area], shape[area]) for mean, shape in (wide, near)))
    # A spot on a corner of four cells is seen by the square they make; all squares are tests of their own.
    around = [(np.where(area, mean, 0.0), np.where(area, shape, np.inf)) for mean, shape in (wide, near)]
    four = np.maximum(*(upper_tail(_four(inside), _four(m), _four(s, np.minimum)) for m, s in around))
    held = _four(area.astype(float)) > 1
    q = false_discovery(np.concatenate([own[area], four[held]]))
    own_q, four_q = np.ones(area.shape), np.ones(four.shape)
    own_q[area], four_q[held] = q[: area.sum()], q[area.sum() :]
    # A square counts only where it says more than each of its cells: one hot cell does not make its neighbors hot. What
    # it finds belongs to those of its cells where something happened.
    more = four_q < _four(own_q, np.minimum)
    happened = inside > 0
    p_value = np.where(happened, np.minimum(own, _least_of_four(np.where(more, four, 1.0))), own)
    q_value = np.where(happened, np.minimum(own_q, _least_of_four(np.where(more, four_q, 1.0))), own_q)
    return _Judged(wide[0], p_value, q_value)


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


def _require_events(
    known: pd.DataFrame, window: pd.DataFrame, start: pd.Timestamp, as_of: pd.Timestamp, days: int
) -> None:
    if len(window):
        return
    if not len(known):
        raise InputError(
            f"Nothing is known before {as_of.date()}.",
            remedy="Choose a later day, or import earlier events.",
            key="hotspots.nothing_known",
            as_of=str(as_of.date()),
        )
    first, last = known["event_start"].min().date(), known["event_end"].max().date()
    raise InputError(
        f"There are no events in the {days} days from {start.date()} to {as_of.date()}; "
        f"those known lie between {first} and {last}.",
        remedy="Choose another day or a longer period.",
        key="hotspots.period_empty",
        days=days,
        start=str(start.date()),
        as_of=str(as_of.date()),
        first=str(first),
        last=str(last),
    )


def _none_inside(n: int) -> InputError:
    return InputError(
        f"None of the {n} events lies in the study area.",
        remedy="Check the coordinates of the events and that the polygons are of the same city.",
        key="analysis.none_inside",
        n=n,
    )


def _no_cells() -> pd.DataFrame:
    columns = ["row", "column", "x", "y", "count", "background", "p_value", "q_value", "gi_z"]
    return pd.DataFrame({name: np.empty(0) for name in columns})


__all__ = ["COLUMNS", "HotspotAnswer", "find_hotspots", "score_cells"]
