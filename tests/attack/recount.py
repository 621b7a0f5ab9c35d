"""
The true counts, worked out apart from the gate's own counting: what the attacker is after, and a check on his rules.

If the truth broke a rule that the attacker believes, his programs would prove nothing; so it is laid beside every one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.release_types import DAY_QUARTERS, Figure, Period, Release
from geo.taxonomy import Taxonomy, read_taxonomy
from jobs.dataset import Dataset
from tests.attack.knowledge import ELSEWHERE, ROUNDED_TO, Atom, Knowledge, city_only_groups, threshold_of

WEEKDAY_QUARTER = np.array(["mon-tue", "mon-tue", "wed-thu", "wed-thu", "fri", "sat-sun", "sat-sun"], dtype=object)
DAY = np.timedelta64(1, "D")


def rows_of(dataset: Dataset) -> pd.DataFrame:
    """
    One row an event: what figures may be counted from.

    Returns
    -------
    DataFrame
        `date`, `closed` (days since 1970, -1 for open), `area` ("" elsewhere), `layer`, `group`, `only` (the city alone
        may see it), `day`, `week` (quarters), `count`.
    """
    events = dataset.events
    start, end = (events[name].dt.tz_localize(None).to_numpy("datetime64[us]") for name in ("event_start", "event_end"))
    end = np.maximum(end - np.timedelta64(1, "us"), start)
    group, only = _groups(events, dataset.taxonomy)
    area = events["neighborhood_id"].astype(object).map(dataset.shown_unit_of).astype(object)
    no_place = events["lon"].notna() & events["x"].isna()
    closed = events["closed_at"]
    local = closed.dt.tz_localize(None) if getattr(closed.dt, "tz", None) is not None else closed
    closed_day = np.where(closed.notna(), _day_numbers(local.to_numpy("datetime64[us]")), -1)
    return pd.DataFrame(
        {
            "date": _day_numbers(start),
            "closed": closed_day,
            "area": area.where(~no_place).fillna(ELSEWHERE).to_numpy(dtype=object),
            "layer": events["layer"].astype(str).to_numpy(dtype=object),
            "group": group,
            "only": only,
            "day": _day_quarters(start, end),
            "week": _week_quarters(start, end),
            "count": events["count"].to_numpy(int),
        }
    )


def _groups(events: pd.DataFrame, taxonomy: Taxonomy) -> tuple[np.ndarray, np.ndarray]:
    only_city = city_only_groups(taxonomy)
    pairs = pd.MultiIndex.from_arrays([events["category"].astype(str), events["layer"].astype(str)])
    codes, each = pd.factorize(pairs)
    groups = [key if key in only_city or layer != "incident" else key.partition(".")[0] for key, layer in each]
    only = [key in only_city for key, _ in each]
    return np.array(groups, dtype=object)[codes], np.array(only, dtype=bool)[codes]


def _day_numbers(moments: np.ndarray) -> np.ndarray:
    return moments.astype("datetime64[D]").astype(np.int64)


def _day_quarters(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    first = (start - start.astype("datetime64[D]")) // np.timedelta64(6, "h")
    last = (end - end.astype("datetime64[D]")) // np.timedelta64(6, "h")
    same = (first == last) & (start.astype("datetime64[D]") == end.astype("datetime64[D]"))
    return np.where(same, np.array(DAY_QUARTERS, dtype=object)[first], "unknown")


def _week_quarters(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    first, last = start.astype("datetime64[D]"), end.astype("datetime64[D]")
    one, other = (WEEKDAY_QUARTER[pd.DatetimeIndex(days).day_of_week] for days in (first, last))
    return np.where((one == other) & (last - first <= DAY), one, "unknown")


@dataclass(frozen=True)
class Truth:
    """The counts of one period, by atom (its stretch of time numbered 0) and by the city's own groups."""

    counts: Mapping[tuple[str, str, str, str], int]

    def of(self, atom: Atom) -> int:
        """The true count of an atom."""
        piece, _, layer, kind, name = atom
        return self.counts.get((piece, layer, kind, name), 0)


def truth_of(rows: pd.DataFrame, period: Period) -> Truth:
    """Count one period."""
    first, stop = (int(np.datetime64(day, "D").astype(np.int64)) for day in (period.start, period.end))
    inside = rows[(rows["date"] >= first) & (rows["date"] < stop)]
    counts: dict[tuple[str, str, str, str], int] = {}
    open_rows = inside[~inside["only"]]
    for kind, column in (("total", None), ("group", "group"), ("day", "day"), ("week", "week")):
        frame = open_rows.assign(name="" if column is None else open_rows[column])
        for (area, layer, name), n in frame.groupby(["area", "layer", "name"])["count"].sum().items():  # type: ignore
            counts[(area, layer, kind, name)] = int(n)
    for (layer, group), n in inside[inside["only"]].groupby(["layer", "group"])["count"].sum().items():  # type: ignore
        counts[("*", layer, "alone", group)] = int(n)
    closed = rows[(rows["closed"] >= first) & (rows["closed"] < stop) & ~rows["only"]]
    for (area, layer), n in closed.groupby(["area", "layer"])["count"].sum().items():  # type: ignore
        counts[(area, layer, "settled", "")] = int(n)
    return Truth(counts)


def contradictions(known: Knowledge, truths: Sequence[Truth]) -> list[str]:
    """
    What the attacker believes and the truth denies: nothing, if his rules are right.

    Parameters
    ----------
    known : Knowledge
        Of releases that share no days, in the order of their periods.
    truths : sequence of Truth
        One a release.
    """
    found = []
    # Where no days are shared, the stretches of time between first and last are periods or the gaps between them.
    for form, low, high, (number, key) in known.figures:
        if number >= 0:
            count = sum(truths[number].of(atom) for atom in form)
            if not low <= count <= high:
                found.append(f"release {number} {key}: {count} is not in {low}..{high}")
    return found


def misread(release: Release, truth: Truth) -> list[str]:
    """Figures that do not say what the rules say of their true count."""
    found = []
    only = city_only_groups(read_taxonomy())
    for figure in release.figures:
        if figure.table.startswith("area_") and figure.group in only:
            found.append(f"{figure.key} may only be seen of the city")
        if figure.status == "shown":
            count = count_of(figure, release, truth)
            nearest = (count + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO
            if figure.value != nearest or count < threshold_of(release, figure):
                found.append(f"{figure.key} is shown as {figure.value} and is {count}")
        elif figure.status == "small" and not count_of(figure, release, truth) < (figure.below or 0):
            found.append(f"{figure.key} is called small")
    return found


def count_of(figure: Figure, release: Release, truth: Truth) -> int:
    """The true count that a figure is about."""
    what = figure.table.partition("_")[2]
    kind = "total" if what == "layer" else what
    name = str(figure.group or figure.part or "")
    alone = truth.counts.get(("*", figure.layer, "alone", name))
    if figure.table == "city_group" and alone is not None:
        return alone
    areas = [figure.area_id] if figure.area_id else [*(area.area_id for area in release.areas), ELSEWHERE]
    return sum(truth.counts.get((str(area or ELSEWHERE), figure.layer, kind, name), 0) for area in areas)
