"""
From the figures of a release to the counts and sums of `geo.disclosure`, and back: which figures are withheld.

Two reasons withhold a figure that is large enough to be shown. Some are drawn by lot, from a seed that is never public;
others because hidden counts could be worked out from them. The lot is what makes the second reason safe: were nothing
else ever withheld, a gap alone would say "the counts hidden beside it are next to nothing". As it is, whatever the
audit may withhold the lot may withhold too, so that a gap rules out no count that the published figures allow.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from geo.disclosure import Structure, audit, withhold_more
from geo.public_counts import Key
from geo.release_types import DAY_QUARTERS, WEEK_QUARTERS, Figure, PublicArea
from geo.schema import LAYERS

STEP = 5
# A rounded figure stands for two less to two more.
HALF_STEP = 2
# The share of figures withheld by lot.
LOT = {
    "area_layer": 0.01,
    "city_layer": 0.01,
    "area_group": 0.04,
    "area_day": 0.04,
    "area_week": 0.04,
    "city_group": 0.04,
    "city_day": 0.04,
    "city_week": 0.04,
    "area_settled": 0.0,
}
# Which tables are withheld first; within one, the smallest figure.
LEAST_IMPORTANT_FIRST = (
    "area_week", "area_day", "area_settled", "city_day", "city_week", "area_group", "city_group", "area_layer",
    "city_layer",
)  # fmt: skip
Threshold = Callable[[Key], int]


@dataclass(frozen=True, eq=False)
class LayerCounts:
    """One layer's counts: their structure, what the public knows of each, and which figure stands for which."""

    structure: Structure
    low: np.ndarray
    high: np.ndarray
    shown: np.ndarray
    floor: np.ndarray
    order: np.ndarray
    positions: dict[Key, int]
    names: dict[int, Key]


def withhold(
    figures: Sequence[Figure],
    areas: Sequence[PublicArea],
    threshold: Threshold,
    apart: Collection[tuple[str, str]],
    draw: Callable[[Key], float],
) -> tuple[Figure, ...]:
    """
    Withhold by lot, then whatever the audit asks for besides.

    Parameters
    ----------
    figures : sequence of Figure
        `shown` or `small`.
    areas : sequence of PublicArea
    threshold : callable (key) -> int
        The least count that a figure shows as a number.
    apart : collection of (layer, group)
        Groups that are in no layer's total: only the city may see them.
    draw : callable (key) -> float
        A number from 0 to 1, the same for a key whatever the counts.
    """
    drawn = [
        _withheld(figure) if figure.status == "shown" and draw(figure.key) < LOT[figure.table] else figure
        for figure in figures
    ]
    chosen: set[Key] = set()
    for layer in LAYERS:
        counts = layer_counts(drawn, areas, layer, threshold, apart)
        if counts is not None:
            more = withhold_more(
                counts.structure, counts.low, counts.high, counts.shown, floor=counts.floor, order=counts.order
            )
            chosen |= {counts.names[int(position)] for position in more}
    return tuple(_withheld(figure) if figure.key in chosen else figure for figure in drawn)


def lot(seed: str, period: str) -> Callable[[Key], float]:
    """The numbers drawn for the figures of a period."""

    def draw(key: Key) -> float:
        digest = hashlib.sha256(repr((seed, period, key)).encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64

    return draw


def hidden_ranges(
    figures: Sequence[Figure],
    areas: Sequence[PublicArea],
    threshold: Threshold,
    apart: Collection[tuple[str, str]],
) -> dict[tuple[str, str | None, str, str | None], tuple[float, float]]:
    """
    The least and greatest value of every hidden count, published or not, by exact programs: slow.

    Returns
    -------
    dict
        From (table, area_id, layer, column) to (least, greatest). `area_id` is None for the city and "elsewhere" for
        what lies in no shown area; `column` is a group or quarter, "rest", or None for totals.
    """
    found = {}
    for layer in LAYERS:
        counts = layer_counts(figures, areas, layer, threshold, apart)
        if counts is None:
            continue
        least, most = audit(counts.structure, counts.low, counts.high, counts.shown)
        for position in np.flatnonzero(~counts.shown):
            table, area, _, group, part = counts.names[int(position)]
            found[(table, area, layer, group or part)] = (float(least[position]), float(most[position]))
    return found


def layer_counts(
    figures: Iterable[Figure],
    areas: Sequence[PublicArea],
    layer: str,
    threshold: Threshold,
    apart: Collection[tuple[str, str]],
) -> LayerCounts | None:
    """Lay out one layer's figures, or None where it has none that are tied by sums."""
    tied = [f for f in figures if f.layer == layer and f.table != "area_settled" and (layer, f.group) not in apart]
    if not tied:
        return None
    rows: list[str | None] = [area.area_id for area in areas if not area.too_small]
    tables = _tables(tied)
    structure = Structure.of(len(rows), [len(columns) for _, columns in tables])
    names: dict[int, Key] = {0: ("city_layer", None, layer, None, None)}
    for row, area in zip(structure.rows, [*rows, "elsewhere"], strict=True):
        names[int(row)] = ("area_layer", area, layer, None, None)
    for (kind, columns), cells, sums in zip(tables, structure.cells, structure.columns, strict=True):
        for line, area, table in [
            *((line, area, f"area_{kind}") for line, area in zip(cells, [*rows, "elsewhere"], strict=True)),
            (sums, None, f"city_{kind}"),
        ]:
            for position, column in zip(line, [*columns, "rest"], strict=True):
                group, part = (column, None) if kind == "group" else (None, column)
                names[int(position)] = (table, area, layer, group, part)
    positions = {key: position for position, key in names.items()}
    low, high = np.zeros(structure.size), np.full(structure.size, np.inf)
    floor, order = np.zeros(structure.size), np.zeros(structure.size, dtype=np.int64)
    shown = np.zeros(structure.size, dtype=bool)
    for figure in tied:
        at = positions[figure.key]
        floor[at] = threshold(figure.key)
        order[at] = LEAST_IMPORTANT_FIRST.index(figure.table) * 10**9 + (figure.value or 0)
        low[at], high[at] = range_of(figure, int(floor[at]))
        shown[at] = figure.status == "shown"
    return LayerCounts(structure, low, high, shown, floor, order, positions, names)


def range_of(figure: Figure, threshold: int) -> tuple[float, float]:
    """What a figure by itself says of its count: least and greatest."""
    if figure.status == "small":
        assert figure.below is not None
        return 0.0, float(figure.below - 1)
    if figure.status == "withheld":
        return float(threshold), np.inf
    assert figure.value is not None
    return float(max(threshold, figure.value - HALF_STEP)), float(figure.value + HALF_STEP)


def _tables(tied: Sequence[Figure]) -> list[tuple[str, list[str]]]:
    """The ways the layer is cut, each with its columns."""
    tables: list[tuple[str, list[str]]] = []
    groups = sorted({figure.group for figure in tied if figure.group is not None})
    if groups:
        tables.append(("group", groups))
    for kind, quarters in (("day", DAY_QUARTERS), ("week", WEEK_QUARTERS)):
        if any(figure.part in quarters for figure in tied):
            tables.append((kind, list(quarters)))
    return tables


def _withheld(figure: Figure) -> Figure:
    return Figure(figure.table, figure.area_id, figure.layer, figure.group, figure.part, "withheld")
