"""
What the gate counts: events reduced to area, layer, group, day and quarter, and the counts of a period by figure.

Nothing here decides what is shown (`geo.privacy`). A group is the first level of the taxonomy for incidents, the
category itself for disputes and hazards. Categories that only the city may see count in no area and in no layer total.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geo.release_types import DAY_QUARTERS, WEEK_QUARTERS, Period
from geo.schema import LAYERS
from geo.taxonomy import Taxonomy

# Figure.key: table, area, layer, group, part.
Key = tuple[str, str | None, str, str | None, str | None]
ROW_COLUMNS = ("area_id", "layer", "group", "city_only", "day", "day_quarter", "week_quarter", "closed_day", "count")
# What a category that the taxonomy does not know is counted as.
UNKNOWN_GROUP = {"incident": "other", "dispute": "dispute.other", "hazard": "hazard.other"}
# Monday to Sunday to the quarters of the week.
QUARTER_OF_WEEKDAY = np.array([0, 0, 1, 1, 2, 3, 3])
NO_DAY = np.iinfo(np.int32).min


def countable(events: pd.DataFrame, area_of: Mapping[str, str], taxonomy: Taxonomy) -> pd.DataFrame:
    """
    Reduce events to what figures are counted from.

    Parameters
    ----------
    events : DataFrame
        The canonical columns; `x` empty and `lon` given marks a point that says nothing of its place.
    area_of : mapping of neighborhood_id to area_id
        The published area of each unit that events lie in.
    taxonomy : Taxonomy

    Returns
    -------
    DataFrame, one row an event record
        `area_id` ("" elsewhere), `layer`, `group`, `city_only`; `day` and `closed_day` in days since 1970 by the clock
        of the place (`NO_DAY` where not closed); `day_quarter`, `week_quarter` as positions (-1 where the span is
        longer); `count`.
    """
    group, city_only = _groups(events, taxonomy)
    area, area_names = pd.factorize(events["neighborhood_id"])
    names = np.array([*(area_of.get(str(unit), "") for unit in area_names), ""], dtype=object)
    area_id = names[area]
    if "x" in events:
        area_id[(events["lon"].notna() & events["x"].isna()).to_numpy()] = ""
    start = _local(events["event_start"])
    # A span that ends at midnight ends with the day before.
    end = np.maximum(start, _local(events["event_end"]) - np.timedelta64(1, "us"))
    closed = events["closed_at"]
    closed_day = (
        np.where(closed.notna(), _days(_local(closed)), NO_DAY)
        if closed.notna().any()
        else np.full(len(events), NO_DAY)
    )
    return pd.DataFrame(
        {
            "area_id": area_id,
            "layer": events["layer"].astype("object").to_numpy(),
            "group": group,
            "city_only": city_only,
            "day": _days(start),
            "day_quarter": _day_quarter(start, end),
            "week_quarter": _week_quarter(start, end),
            "closed_day": closed_day,
            "count": events["count"].to_numpy(dtype=np.int64),
        },
        columns=list(ROW_COLUMNS),
    )


def counts_of(rows: pd.DataFrame, period: Period) -> dict[Key, int]:
    """
    Count everything that a figure might say of one period; what is not in the answer was not reported at all.

    An event belongs to the period in which its span starts; a matter settled, to the one in which it was closed.
    """
    first, stop = day_number(period.start), day_number(period.end)
    began = rows[(rows["day"] >= first) & (rows["day"] < stop)]
    open_rows, city_only = began[~began["city_only"]], began[began["city_only"]]
    in_areas = open_rows[open_rows["area_id"] != ""]
    counts: dict[Key, int] = {}
    for table, frame, names in (
        ("area_layer", in_areas, ["area_id", "layer"]),
        ("area_group", in_areas, ["area_id", "layer", "group"]),
        ("area_day", in_areas[in_areas["day_quarter"] >= 0], ["area_id", "layer", "day_quarter"]),
        ("area_week", in_areas[in_areas["week_quarter"] >= 0], ["area_id", "layer", "week_quarter"]),
        ("city_layer", open_rows, ["layer"]),
        ("city_group", open_rows, ["layer", "group"]),
        ("city_group", city_only, ["layer", "group"]),
        ("city_day", open_rows[open_rows["day_quarter"] >= 0], ["layer", "day_quarter"]),
        ("city_week", open_rows[open_rows["week_quarter"] >= 0], ["layer", "week_quarter"]),
        ("area_settled", _settled(rows, first, stop), ["area_id", "layer"]),
    ):
        counts.update(_summed(table, frame, names))
    return counts


def day_number(day: object) -> int:
    """Days since 1970-01-01 of a date."""
    return int(np.datetime64(day, "D").astype(np.int64))  # type: ignore[call-overload]


def _settled(rows: pd.DataFrame, first: int, stop: int) -> pd.DataFrame:
    closed = (rows["closed_day"] >= first) & (rows["closed_day"] < stop)
    matters = rows["layer"].isin(LAYERS[1:]) & ~rows["city_only"] & (rows["area_id"] != "")
    return rows[closed & matters]


def _summed(table: str, frame: pd.DataFrame, names: list[str]) -> dict[Key, int]:
    total = frame.groupby(names, sort=True)["count"].sum()
    found: dict[Key, int] = {}
    for values, count in zip(total.index, total.to_numpy(), strict=True):
        facts = dict(zip(names, values if isinstance(values, tuple) else (values,), strict=True))
        part = None
        if "day_quarter" in facts:
            part = DAY_QUARTERS[facts["day_quarter"]]
        elif "week_quarter" in facts:
            part = WEEK_QUARTERS[facts["week_quarter"]]
        found[(table, facts.get("area_id"), facts["layer"], facts.get("group"), part)] = int(count)
    return found


def _groups(events: pd.DataFrame, taxonomy: Taxonomy) -> tuple[np.ndarray, np.ndarray]:
    """Group and whether only the city may see it, looked up once for each pair of category and layer."""
    category, categories = pd.factorize(events["category"])
    layer, layers = pd.factorize(events["layer"])
    # A category that is missing has the code -1 and stands last.
    names = [*(str(name) for name in categories), ""]
    pairs, codes = np.unique(
        np.where(category < 0, len(categories), category) * len(layers) + layer, return_inverse=True
    )
    looked_up = [_group(names[pair // len(layers)], str(layers[pair % len(layers)]), taxonomy) for pair in pairs]
    groups = np.array([group for group, _ in looked_up], dtype=object)
    only = np.array([city_only for _, city_only in looked_up], dtype=bool)
    return groups[codes], only[codes]


def _group(category: str, layer: str, taxonomy: Taxonomy) -> tuple[str, bool]:
    known = taxonomy.categories.get(category)
    if known is None:
        return UNKNOWN_GROUP[layer], False
    if known.public == "city" or not known.listed:
        return category, True
    first = category.partition(".")[0]
    return (first if layer == "incident" and first in taxonomy.categories else category), False


def _local(moments: pd.Series) -> np.ndarray:
    """Wall clock of the place, without zone."""
    local = moments.dt.tz_localize(None) if getattr(moments.dt, "tz", None) is not None else moments
    return local.to_numpy().astype("datetime64[us]")


def _days(moments: np.ndarray) -> np.ndarray:
    return moments.astype("datetime64[D]").astype(np.int64)


def _day_quarter(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    quarter = start.astype("datetime64[h]").astype(np.int64) // 6
    last = end.astype("datetime64[h]").astype(np.int64) // 6
    return np.where(quarter == last, quarter % 4, -1)


def _week_quarter(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    first, last = _days(start), _days(end)
    # 1970-01-01 was a Thursday.
    quarter, other = QUARTER_OF_WEEKDAY[(first + 3) % 7], QUARTER_OF_WEEKDAY[(last + 3) % 7]
    return np.where((quarter == other) & (last - first <= 1), quarter, -1)
