"""Place facts: what a listed place holds, counted from the rows that lie in its cells and are gathered to it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.as_of import in_window, past_days
from analysis.cells import Grid
from analysis.clusters import Places, same_place
from analysis.exact import conditional_test, count_range
from analysis.explain import why_hotspot
from analysis.forecast import Forecast
from analysis.layer_tests import TOGETHER, groups_of, meeting_layers, passed
from analysis.open_matters import open_matters
from analysis.place_ids import pack, pack_or_none, place_ids, unpack
from analysis.trend import covers, hour_weights, peak_days, peak_hours, weekday_weights

COLUMNS = (
    "hotspot_id", "rank", "reasons", "rests_on", "meets", "layers", "neighborhood_id", "events", "events_recent",
    "events_last_year", "incidents", "disputes", "hazards", "open_matters", "harm", "gi_z", "p_value",
    "expected_surroundings", "expected_usual", "trend", "expected_next", "expected_low", "expected_high", "peak_hours",
    "peak_days", "top_categories", "radius_m", "x", "y",
    "points", "cell_ids", "why", "expected_harm", "open_days", "halves_known", "geometry",
)  # fmt: skip
LAYER_COLUMNS = {"incident": "incidents", "dispute": "disputes", "hazard": "hazards"}
YEAR = pd.DateOffset(years=1)
TOP_CATEGORIES = 3
NEXT_DAYS = 7
# A place has changed against its own past where chance explains one in a hundred: it was picked for a high count, so
# one in twenty would call too many of them growing.
CHANGE_P = 0.01
FADING_P = 0.05
# Without a forecast, harm that halves in this time ranks.
HALF_LIFE_DAYS = 90.0
# Halves of a window are compared only where this share of its events is dated to a quarter of it or better.
SHORT_SPANS = 0.9
_NO_FACTS = ("row", "column", "x", "y", "count", "p_value")


@dataclass(frozen=True, eq=False)
class PlaceCells:
    """
    The cells of each place: pairs of a place and a cell, and what share of the cell's window events is the place's.

    `place` (n,) ints; `cell` (n,) packed absolute indices; `share` (n,) floats; `facts` with one value a pair:
    those of the cell tests, expected, variance, expected_harm (NaN where unknown).
    """

    place: np.ndarray
    cell: np.ndarray
    share: np.ndarray
    facts: pd.DataFrame
    cell_size: float
    level: float

    @classmethod
    def of(
        cls,
        places: Places,
        placed: pd.DataFrame,
        spots: pd.DataFrame,
        cell_size: float,
        grid: Grid | None,
        cells: pd.DataFrame,
        expected: Forecast | None,
        level: float,
    ) -> "PlaceCells":
        """Pair places with the cells of the points they gather; `spots` are those chosen among `placed`, at `level`."""
        x, y = spots["x"].to_numpy(), spots["y"].to_numpy()
        place = places.nearest(same_place(x), same_place(y))
        cell, weight = pack(x, y, cell_size), spots["count"].to_numpy(dtype=float)
        gathered = place >= 0
        held = pd.DataFrame({"place": place[gathered], "cell": cell[gathered], "weight": weight[gathered]})
        pairs = held.groupby(["place", "cell"])["weight"].sum().reset_index()
        all_cells = pack(placed["x"].to_numpy(), placed["y"].to_numpy(), cell_size)
        in_cell = pd.Series(placed["count"].to_numpy(dtype=float)).groupby(all_cells).sum()
        share = pairs["weight"].to_numpy() / in_cell.reindex(pairs["cell"]).to_numpy()
        told = [name for name in cells.columns if name not in _NO_FACTS]
        facts = pd.DataFrame(np.nan, index=pairs.index, columns=told)
        for name in ("expected", "variance", "expected_harm"):
            facts[name] = np.nan
        if grid is not None and len(pairs):
            column, row = unpack(pairs["cell"].to_numpy())
            flat = (row - grid.row0) * grid.shape[1] + column - grid.column0
            position = np.searchsorted(grid.flat_index, flat)
            for name in told:
                facts[name] = cells[name].to_numpy()[position]
            if expected is not None:
                table = expected.cells
                mean = table["expected"].to_numpy()[position] * NEXT_DAYS / expected.horizon_days
                facts["expected"] = mean
                facts["variance"] = mean + mean**2 / table["dispersion"].to_numpy()[position]
                facts["expected_harm"] = table["expected_harm"].to_numpy()[position] * NEXT_DAYS / expected.horizon_days
        return cls(pairs["place"].to_numpy(), pairs["cell"].to_numpy(), share, facts, cell_size, level)

    def assign(self, events: pd.DataFrame, places: Places) -> np.ndarray:
        """The place of each event of any time: gathered to it, and in one of its cells; else -1."""
        x, y = events["x"].to_numpy(dtype=float), events["y"].to_numpy(dtype=float)
        place = np.full(len(events), -1, dtype=np.int64)
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        cell = pack(x[known], y[known], self.cell_size)
        near = np.isin(cell, self.cell)
        known, cell = known[near], cell[near]
        nearest = places.nearest(same_place(x[known]), same_place(y[known]))
        pairs = pd.MultiIndex.from_arrays([self.place, self.cell])
        own = pd.MultiIndex.from_arrays([nearest, cell]).isin(pairs)
        place[known[own]] = nearest[own]
        return place


def describe(
    places: Places,
    ground: PlaceCells,
    known: pd.DataFrame,
    window: pd.DataFrame,
    *,
    rests_on: list[list[str]],
    named_by: pd.DataFrame,
    as_of: pd.Timestamp,
    days: int,
    daily: pd.Series,
) -> tuple[pd.DataFrame, pd.Series]:
    """
    Describe each place, ranked by expected harm.

    Parameters
    ----------
    places, ground
        The places and their cells.
    known, window : DataFrames
        All listed events known at `as_of`, and those of the window that have a point in the area.
    rests_on : list of lists
        The layers that would list each place by themselves; empty where nothing was tested.
    named_by : DataFrame
        The known events whose counts of a year name the places.
    as_of, days
        The window.
    daily : Series
        `daily_counts` of what is known: whether a year ago is known at all.

    Returns
    -------
    DataFrame, Series
        The list (columns `COLUMNS`), and the hotspot of each row of the window that lies in one.
    """
    start = as_of - pd.DateOffset(days=days)
    placed = known.loc[np.isin(pack_or_none(known, ground.cell_size), ground.cell)]
    place = ground.assign(placed, places)
    placed, place = placed.loc[place >= 0], place[place >= 0]
    now = ground.assign(window, places)
    past = _Past(
        in_window(placed, start - YEAR, as_of - YEAR),
        in_window(placed, as_of - pd.DateOffset(days=365), as_of),
        in_window(placed, start - pd.DateOffset(days=365), start),
        covers(daily, start - YEAR, as_of - YEAR),
        past_days(daily, start),
    )
    naming = named_by.loc[in_window(named_by, as_of - pd.DateOffset(days=365), as_of)]
    naming = naming.loc[np.isin(pack_or_none(naming, ground.cell_size), ground.cell)]
    held_by = (
        ground.assign(naming, places),
        pack_or_none(naming, ground.cell_size),
        naming["count"].to_numpy(dtype=float),
    )
    ids = place_ids(len(places), ground.place, ground.cell, *held_by)
    rows = []
    for number in range(len(places)):
        own, here = window.loc[now == number], place == number
        cells = ground.place == number
        rows.append(_row(own, placed.loc[here], past.at(here), ground, cells, as_of=as_of, days=days))
        rows[-1] |= {
            "hotspot_id": ids[number], "radius_m": float(places.radius_m[number]),
            "x": float(places.centers[number, 0]), "y": float(places.centers[number, 1]),
            "geometry": places.polygons[number],
        }  # fmt: skip
    for row, layers in zip(rows, rests_on or [[]] * len(rows), strict=True):
        row["rests_on"] = layers
    for row, layers in zip(rows, meeting_layers(rows, ground.level), strict=True):
        row["meets"] = layers
    kept = [name for name in (*COLUMNS, "tests") if name not in ("rank", "why")]
    table = pd.DataFrame(rows, columns=kept, dtype=object)
    # Rounded, so that the last bits of a sum never decide a rank; the id settles what is left.
    key = pd.DataFrame({
        "harm": -table["expected_harm"].astype(float).round(6), "events": -table["events"].astype(float),
        "hotspot_id": table["hotspot_id"].astype(str),
    })  # fmt: skip
    table = table.loc[key.sort_values(list(key.columns), kind="stable").index].reset_index(drop=True)
    table["rank"] = np.arange(1, len(table) + 1)
    facts: list[dict[str, Any]] = [{**row, "recent_days": max(days // 2, 1)} for row in table.to_dict("records")]  # type: ignore[dict-item]
    table["why"] = pd.Series([why_hotspot(row, days=days) for row in facts], index=table.index, dtype=object)
    lists = ["reasons", "rests_on", "meets", "tests", "layers", "peak_days", "top_categories", "cell_ids", "why"]
    words = ["hotspot_id", "neighborhood_id", "events_last_year", "trend", "peak_hours", "geometry"]
    for name in table.columns.difference([*lists, *words]):
        whole = name in (
            "rank",
            "events",
            "events_recent",
            "incidents",
            "disputes",
            "hazards",
            "open_matters",
            "points",
        )
        table[name] = table[name].astype("int64" if whole else "float64")
    inside = now >= 0
    names = pd.Series(np.array([*ids, ""], dtype=object)[now[inside]], index=window.index[inside], name="hotspot_id")
    return table[list(COLUMNS)], names.astype(object)


@dataclass(frozen=True, eq=False)
class _Past:
    """Which of a place's rows lie in which window of the past, and whether those windows are known."""

    last_year: np.ndarray
    year: np.ndarray
    before: np.ndarray
    last_year_known: bool
    days_before: float

    def at(self, here: np.ndarray) -> "_Past":
        return _Past(self.last_year[here], self.year[here], self.before[here], self.last_year_known, self.days_before)


def _row(
    own: pd.DataFrame,
    ever: pd.DataFrame,
    past: _Past,
    ground: PlaceCells,
    cells: np.ndarray,
    *,
    as_of: pd.Timestamp,
    days: int,
) -> dict[str, Any]:
    """All facts of one place but its name, rank and shape."""
    weight = own["count"].to_numpy(dtype=float)
    events = int(weight.sum())
    recent_days = max(days // 2, 1)
    recent, halves_known = _recent(own, weight, as_of - pd.DateOffset(days=recent_days), recent_days, days)
    by_layer = own.groupby(own["layer"].astype(object))["count"].sum()
    layers = [layer for layer in LAYER_COLUMNS if by_layer.get(layer, 0) > 0]
    ever_weight = ever["count"].to_numpy(dtype=float)
    share, facts = ground.share[cells], ground.facts.loc[cells]
    hours, weekdays = _peaks(ever.loc[past.year], ever_weight[past.year])
    still_open = open_matters(ever, as_of)
    column, row = unpack(ground.cell[cells])
    age = np.maximum((as_of - own["event_end"]).dt.total_seconds().to_numpy() / 86_400, 0)
    tested = bool(facts["q_value"].notna().all())
    harm = own["severity"].to_numpy(dtype=float) * weight
    forecast = bool(facts["expected_harm"].notna().all())
    counted = {str(layer): int(n) for layer, n in by_layer.items()}
    untested = {"reasons": ["count"], "tests": [], "by_layer": counted, "around": {}}
    return {
        **(_tests(facts, share, ground.level, events, counted) if tested else untested),
        "layers": layers,
        "neighborhood_id": _most(own["neighborhood_id"], weight) if "neighborhood_id" in own else None,
        "events": events,
        "events_recent": recent,
        "events_last_year": int(ever_weight[past.last_year].sum()) if past.last_year_known else None,
        **{name: int(by_layer.get(layer, 0)) for layer, name in LAYER_COLUMNS.items()},
        "open_matters": int(ever_weight[still_open].sum()),
        "open_days": (as_of - ever.loc[still_open, "event_start"].min()).days if still_open.any() else 0,
        "harm": float(np.nansum(harm)),
        "gi_z": float(facts["gi_z"].max()),
        "p_value": float(facts["q_value"].min()),
        "expected_surroundings": float((share * facts["background"]).sum()) if tested else np.nan,
        "expected_usual": float((share * facts["usual"]).sum(skipna=False)) if tested else np.nan,
        "trend": _trend(
            events,
            recent if halves_known else None,
            recent_days,
            days,
            float(ever_weight[past.before].sum()),
            past.days_before,
        ),
        "halves_known": halves_known,
        **_expected_next(share, facts),
        "expected_harm": (
            float((share * facts["expected_harm"]).sum())
            if forecast
            else float(np.nansum(harm * np.exp2(-age / HALF_LIFE_DAYS)))
        ),
        "peak_hours": hours,
        "peak_days": weekdays,
        "top_categories": _top(own),
        "points": len(np.unique(same_place(own[["x", "y"]].to_numpy()), axis=0)),
        "cell_ids": [f"{c}_{r}" for c, r in zip(column, row, strict=True)],
    }


def _expected_next(share: np.ndarray, facts: pd.DataFrame) -> dict[str, float]:
    """Expected events of the next seven days with their 80 % range: means and variances of the cells add up."""
    if facts["expected"].isna().any():
        return {"expected_next": np.nan, "expected_low": np.nan, "expected_high": np.nan}
    mean, variance = float((share * facts["expected"]).sum()), float((share * facts["variance"]).sum())
    low, high = count_range(np.array(mean), np.array(variance))
    return {"expected_next": mean, "expected_low": float(low), "expected_high": float(high)}


def _recent(
    own: pd.DataFrame, weight: np.ndarray, middle: pd.Timestamp, recent_days: int, days: int
) -> tuple[int, bool]:
    """Events since the middle of the window, spans by their share; and whether spans are short enough to tell."""
    first = (own["event_start"] - middle).dt.total_seconds().to_numpy() / 86_400
    last = (own["event_end"] - middle).dt.total_seconds().to_numpy() / 86_400
    span = last - first
    share = np.where(span > 0, np.clip(last, 0, None) - np.clip(first, 0, None), 0.0) / np.where(span > 0, span, 1)
    share = np.where(span > 0, share, first >= 0)
    short = weight[span <= recent_days / 2].sum() >= SHORT_SPANS * weight.sum()
    return round(float(weight @ share)), bool(short and recent_days < days)


def _tests(
    facts: pd.DataFrame, share: np.ndarray, level: float, events: int, by_layer: dict[str, int]
) -> dict[str, Any]:
    """Which questions list the place, for which layers, and with what figures: all together where that says it too."""
    found = passed(facts, level)
    said = []
    for question, column in (("surroundings", "background"), ("usual", "usual")):
        groups = found.get(question, [])
        # All of the place's events stand together, or belong to the one layer that was asked for.
        whole = [group for group in groups if group == TOGETHER or len(groups_of(facts)) == 1]
        for group in whole or groups:
            expected = float((share * facts[f"{column}:{group}"].to_numpy()).sum())
            said.append({
                "question": question, "layer": None if whole else group, "expected": expected,
                "n": events if whole else by_layer.get(group, 0),
            })  # fmt: skip
    around = {
        group: float((share * facts[f"background:{group}"].to_numpy()).sum())
        for group in groups_of(facts) if group != TOGETHER
    }  # fmt: skip
    return {"reasons": list(found), "tests": said, "by_layer": by_layer, "around": around}


def _trend(events: int, recent: int | None, recent_days: int, days: int, before: float, days_before: float) -> str:
    """new · growing · persistent · fading, by exact tests against the year before the window and between its halves."""
    faster = 0
    if recent is not None and conditional_test(recent, events - recent, recent_days, days - recent_days) <= FADING_P:
        faster = 1 if recent * (days - recent_days) > (events - recent) * recent_days else -1
    if faster < 0:
        return "fading"
    # A past shorter than the window compares nothing.
    if days_before < days:
        return "growing" if faster > 0 else "persistent"
    usual = before / days_before * days
    if conditional_test(events, int(before), days, days_before) > CHANGE_P:
        return "persistent"
    if events < usual:
        return "fading"
    return "new" if usual < 1 else "growing"


def _peaks(rows: pd.DataFrame, weight: np.ndarray) -> tuple[str | None, list[int] | None]:
    start, end = rows["event_start"], rows["event_end"]
    return peak_hours(hour_weights(start, end, weight)), peak_days(weekday_weights(start, end, weight))


def _top(rows: pd.DataFrame) -> list[tuple[str, int]]:
    counts = rows.groupby(rows["category"].astype(object))["count"].sum()
    ranked = sorted((-int(n), str(category)) for category, n in counts.items())
    return [(category, -n) for n, category in ranked[:TOP_CATEGORIES]]


def _most(values: pd.Series, weight: np.ndarray) -> str | None:
    """The value that holds most, the first by name if two do; None where all are null."""
    total = pd.Series(weight).groupby(values.astype(object).to_numpy()).sum()
    return None if not len(total) else str(total.index[int(np.argmax(total.to_numpy()))])
