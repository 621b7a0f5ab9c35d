"""
Hotspots: which places hold more than their surroundings, or more than usual, beyond chance? Expected harm only ranks.

Every cell of the study area, empty ones too, is tested exactly (`analysis.cell_tests`), and false discoveries are held
down. Gi* stands beside it as description. Persons are no subject here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from analysis.as_of import daily_counts, in_window, known_at
from analysis.barriers import Barriers
from analysis.cell_tests import NEAR_SHARE, score_cells
from analysis.cells import Grid
from analysis.clusters import Places, find_places, same_place
from analysis.forecast import Forecast
from analysis.layer_tests import LAYERS, QUESTIONS, TOGETHER, groups_of, score_layers
from analysis.place_facts import COLUMNS, PlaceCells, describe
from geo.checks import require_columns, require_positive
from geo.errors import InputError

DEFAULT_CELL = 100.0


@dataclass(frozen=True)
class HotspotAnswer:
    """
    The list, the tested cells and the rows behind them.

    `hotspots`: one row a place, ranked, polygons in the grid's CRS, columns as in `analysis.place_facts`. `cells`: one
    row a study cell in flat order, columns as in `analysis.cell_tests.score_cells`.
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
    barriers: Barriers | None = None,
    naming: pd.DataFrame | None = None,
    crs: str | None = None,
) -> HotspotAnswer:
    """
    List the places where the last `days` before `as_of` held more than the surroundings, or than usual, beyond chance.

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
    barriers : Barriers, optional
        Water and rails that no street crosses: no place lies on both sides of them.
    naming : DataFrame, optional
        The events that places are named by: all of the city's, so that a filter of layers renames nothing.
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
    tested beside the cells, so that a spot on a corner is not lost. Where the past is known for as long as the window,
    cells and squares are tested against it too (`analysis.usual`). Both questions are asked of each layer by itself,
    and of all together (`analysis.layer_tests`); false discoveries are held down over all cells and squares of each.
    `reasons` of a place says which questions its cells passed, `rests_on` which layers would list it by themselves,
    `meets` which layers meet.

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
        cells, used["usual_days"] = score_layers(
            window,
            known,
            grid,
            start=start,
            as_of=as_of,
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
        same_place(spots["x"].to_numpy()),
        same_place(spots["y"].to_numpy()),
        spots["count"].to_numpy(),
        radius=radius,
        barriers=barriers,
    )
    ground = PlaceCells.of(places, placed, spots, cell_size, grid, cells, expected, false_discovery_rate)
    rests_on = (
        [] if grid is None else _resting(places, placed, flat, cells, grid, radius, barriers, false_discovery_rate)
    )
    named_by = known if naming is None else naming.loc[known_at(naming, as_of)]
    list_, rows = describe(
        places,
        ground,
        known,
        placed,
        rests_on=rests_on,
        named_by=named_by,
        as_of=as_of,
        days=days,
        daily=daily_counts(known),
    )
    hotspots = gpd.GeoDataFrame(list_, geometry="geometry", crs=grid.crs if grid else crs)
    return HotspotAnswer(hotspots, cells, tested, rows, used)


def _resting(
    places: Places, placed: pd.DataFrame, flat: np.ndarray, cells: pd.DataFrame, grid: Grid, radius: float,
    barriers: Barriers | None, level: float,
) -> list[list[str]]:  # fmt: skip
    """For each place the layers that would list it by themselves, from their own tests and their own points."""
    resting: list[list[str]] = [[] for _ in range(len(places))]
    for layer in groups_of(cells):
        if layer == TOGETHER:
            continue
        hot = np.zeros(grid.study_area.size, dtype=bool)
        hot[grid.flat_index] = (cells[[f"q_{question}:{layer}" for question in QUESTIONS]] <= level).any(axis=1)
        own = placed.loc[hot[flat] & (placed["layer"] == layer).to_numpy()]
        x, y, n = same_place(own["x"].to_numpy()), same_place(own["y"].to_numpy()), own["count"].to_numpy(dtype=float)
        alone, here = find_places(x, y, n, radius=radius, barriers=barriers).nearest(x, y), places.nearest(x, y)
        both = (alone >= 0) & (here >= 0)
        held = pd.DataFrame({"alone": alone[both], "here": here[both], "n": n[both]})
        held = held.groupby(["alone", "here"])["n"].sum().reset_index().sort_values(["n", "here"], kind="stable")
        # A place of the layer's own is the one that holds most of its events.
        for place in held.drop_duplicates("alone", keep="last")["here"].unique():
            resting[int(place)].append(layer)
    return [[layer for layer in LAYERS if layer in found] for found in resting]


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
    columns = ["row", "column", "x", "y", "count", "background", "usual", "p_value", "q_value"]
    columns += ["q_surroundings", "q_usual", "gi_z"]
    return pd.DataFrame({name: np.empty(0) for name in columns})


__all__ = ["COLUMNS", "HotspotAnswer", "find_hotspots", "score_cells"]
