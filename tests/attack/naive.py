"""Releases made without a gate, one fault at a time: what the attacker must break before it may be believed."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from geo.release_types import DAY_QUARTERS, WEEK_QUARTERS, Figure, Period, PublicArea, Release, Table

COLUMNS = ("date", "area", "layer", "group", "day", "week", "count")
TABLES: tuple[Table, ...] = ("area_layer", "area_group", "city_layer", "city_group")
TIMES: tuple[Table, ...] = ("area_day", "area_week", "city_day", "city_week")


def month(key: str) -> Period:
    """The calendar month "2026-03"."""
    start = dt.date.fromisoformat(key + "-01")
    return Period(key, start, (start.replace(day=28) + dt.timedelta(days=4)).replace(day=1))


def days28(start: dt.date) -> Period:
    """28 days from a day."""
    return Period(f"{start}+28", start, start + dt.timedelta(days=28))


def events_of(table: Mapping[tuple[Any, ...], int], date: dt.date = dt.date(2026, 3, 9)) -> pd.DataFrame:
    """Events of one day from counts by (area, group) or (area, group, quarter of the day); area None is elsewhere."""
    rows = []
    for key, count in table.items():
        area, group, day = (*key, "unknown")[:3]
        layer = group.partition(".")[0] if group.partition(".")[0] in ("dispute", "hazard") else "incident"
        rows += [(date, area, layer, group, day, "mon-tue", 1)] * count
    return pd.DataFrame(rows, columns=list(COLUMNS))


def publish(
    events: pd.DataFrame,
    period: Period,
    areas: Sequence[str],
    *,
    tables: Collection[str] = TABLES,
    layout: Collection[tuple[str, str]] | None = None,
    threshold: int = 5,
    rounded_to: int = 5,
    zero_shown: bool = False,
    withhold: Collection[tuple[str, str | None, str | None]] = (),
) -> Release:
    """
    Publish counts with no audit: each figure is judged alone.

    Parameters
    ----------
    events : DataFrame
        `COLUMNS`; an `area` of None lies elsewhere.
    tables : which tables come out
    layout : (area, group) that have a figure; all that occur, if not given
    threshold, rounded_to : int
    zero_shown : bool
        Whether a count of none is published as 0.
    withhold : (table, area, group) withheld by hand
    """
    inside = events[(events["date"] >= period.start) & (events["date"] < period.end)]
    figures: list[Figure] = []

    def add(
        table: Table, area: str | None, layer: str, group: str | None, part: str | None, rows: pd.DataFrame
    ) -> None:
        count = int(rows["count"].sum())
        key = (table, area, group or part)
        if key in withhold:
            figures.append(Figure(table, area, layer, group, part, "withheld"))
        elif count >= threshold or (zero_shown and count == 0):
            value = (count + rounded_to // 2) // rounded_to * rounded_to
            figures.append(Figure(table, area, layer, group, part, "shown", value))
        else:
            figures.append(Figure(table, area, layer, group, part, "small", below=threshold))

    for layer, of_layer in events.groupby("layer"):
        here = inside[inside["layer"] == layer]
        for table in tables:
            level, _, what = table.partition("_")
            for area in areas if level == "area" else [None]:
                own = here if area is None else here[here["area"] == area]
                if what == "layer":
                    add(table, area, str(layer), None, None, own)
                elif what == "group":
                    for group in sorted(of_layer["group"].unique()):
                        if area is None or layout is None or (area, group) in layout:
                            add(table, area, str(layer), group, None, own[own["group"] == group])
                else:
                    for part in (*(DAY_QUARTERS if what == "day" else WEEK_QUARTERS), "unknown"):
                        add(table, area, str(layer), None, part, own[own[what] == part])
    return Release(period, tuple(PublicArea(area, area, "", 100) for area in areas), tuple(figures))
