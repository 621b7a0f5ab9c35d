"""
Layer tests: each layer by itself against its surroundings and its own past, and all of them together.

A layer's test knows nothing of the others, so that taking one away changes only what rests on it. Where a place rests
on one layer, another that is more than chance there too meets it.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cell_tests import GROUND_VARIES, score_cells
from analysis.cells import Grid, count_events
from analysis.exact import false_discovery, upper_tail
from analysis.usual import expected_from_past

TOGETHER = "together"
LAYERS = ("incident", "dispute", "hazard")
QUESTIONS = ("surroundings", "usual")
# Events of a second layer at one place that may be said to meet the first.
LEAST_MEETING = 2
_EACH = ("background", "usual", "q_surroundings", "q_usual")


def score_layers(
    window: pd.DataFrame, known: pd.DataFrame, grid: Grid, *, start: pd.Timestamp, as_of: pd.Timestamp,
    bandwidth: float, near_bandwidth: float, false_discovery_rate: float,
) -> tuple[pd.DataFrame, float]:  # fmt: skip
    """
    Test every cell for each layer of the window, and for all together where there are several.

    Parameters
    ----------
    window, known : DataFrames
        Events of the window, and all that are known, with `layer`, `x`, `y`, `count`, `event_start`, `event_end`.
    start, as_of, bandwidth, near_bandwidth, false_discovery_rate
        As for `analysis.hotspots.find_hotspots`; false discoveries are held down for each layer and question.

    Returns
    -------
    DataFrame, float
        As `analysis.cell_tests.score_cells` gives it for all together, but `p_value`, `q_value`, `q_surroundings` and
        `q_usual` are the smallest of all tests; and for each group (a layer, or `together`) its own `background`,
        `usual`, `q_surroundings` and `q_usual`, as `background:dispute`. Then the days of the past that were known.
    """
    present = set(window["layer"].astype(str))
    layers = [layer for layer in LAYERS if layer in present]
    groups = [(layer, layer) for layer in layers] + ([(TOGETHER, None)] if len(layers) > 1 else [])
    scored, days = {}, 0.0
    for name, layer in groups:
        now, ever = (events if layer is None else events[events["layer"] == layer] for events in (window, known))
        usual = expected_from_past(ever, grid, start=start, as_of=as_of, bandwidth=bandwidth)
        days = max(days, usual.days if usual else 0.0)
        scored[name] = score_cells(
            grid, _counts(grid, now), _counts(grid, ever), bandwidth=bandwidth, near_bandwidth=near_bandwidth,
            false_discovery_rate=false_discovery_rate, usual=usual,
        )  # fmt: skip
    cells = scored[groups[-1][0]].copy()
    for column in ("p_value", "q_value", "q_surroundings", "q_usual"):
        cells[column] = np.minimum.reduce([one[column].to_numpy() for one in scored.values()])
    for name, one in scored.items():
        for column in _EACH:
            cells[f"{column}:{name}"] = one[column]
    return cells, days


def groups_of(facts: pd.DataFrame) -> list[str]:
    """The layers that were tested, then `together`; from the columns of a frame of cells."""
    return [str(name).partition(":")[2] for name in facts.columns if str(name).startswith("q_surroundings:")]


def passed(facts: pd.DataFrame, level: float) -> dict[str, list[str]]:
    """For each question that some cell answers beyond chance, the groups for which one does."""
    found = {}
    for question in QUESTIONS:
        groups = [group for group in groups_of(facts) if (facts[f"q_{question}:{group}"] <= level).any()]
        if groups:
            found[question] = groups
    return found


def meeting_layers(places: Sequence[dict], level: float) -> list[list[str]]:
    """
    Which layers meet at each place, beyond chance.

    Parameters
    ----------
    places : sequence of dict
        `rests_on` (layers whose own test listed it), `by_layer` (events of each), `around` (events of each that its
        surroundings let expect).
    level : float
        Share of false meetings tolerated, over all pairs of a place and a further layer.

    Returns
    -------
    list of lists
        Two layers or more, or none.

    Notes
    -----
    The list chose the place by the layers it rests on, and not by the others: those are tested as if it had been drawn
    by lot, with the variation of ground that the cells' test allows for.
    """
    pairs = [
        (number, layer)
        for number, place in enumerate(places) if place["rests_on"]
        for layer, n in place["by_layer"].items() if layer not in place["rests_on"] and n >= LEAST_MEETING
    ]  # fmt: skip
    events = np.array([places[number]["by_layer"][layer] for number, layer in pairs], dtype=float)
    around = np.array([places[number]["around"][layer] for number, layer in pairs], dtype=float)
    q = false_discovery(upper_tail(events, around, np.full(len(pairs), GROUND_VARIES**-2)))
    meeting = [list(place["rests_on"]) for place in places]
    for (number, layer), value in zip(pairs, q, strict=True):
        if value <= level:
            meeting[number].append(layer)
    return [[layer for layer in LAYERS if layer in layers] if len(layers) > 1 else [] for layers in meeting]


def _counts(grid: Grid, events: pd.DataFrame) -> np.ndarray:
    return count_events(grid, events["x"].to_numpy(), events["y"].to_numpy(), events["count"].to_numpy())
