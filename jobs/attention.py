"""Which neighborhoods get the attention: shares of the minutes that walks stop and posts stand, by the plan book."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from geo.plan_book import Approved, Visit, approved, visits
from jobs.dataset import Dataset

# The floor of attention goes by as many weeks.
WEEKS = 13


def attention(dataset: Dataset, before: dt.date, weeks: int = WEEKS) -> dict[str, float]:
    """
    Share out the minutes of the weeks before a day.

    Parameters
    ----------
    before : date
        Only weeks that began before it, and at most so many before it, count.

    Returns
    -------
    dict of shown neighborhood to its share, which add up to one
        By the diary, where a walk or post has an entry in it; else an approved plan of a past week is taken as done.
        Empty where nobody went anywhere.
    """
    entries = {(entry.plan, entry.kind, entry.item): entry for entry in visits(dataset.workspace)}
    minutes: dict[str, float] = {}
    for plan in approved(dataset.workspace):
        if before - dt.timedelta(weeks=weeks) <= plan.week < before:
            for leaf, spent in _spent(plan, entries):
                unit = dataset.shown_unit_of.get(leaf or "")
                if unit is not None:
                    minutes[unit] = minutes.get(unit, 0.0) + spent
    total = sum(minutes.values())
    return {unit: spent / total for unit, spent in sorted(minutes.items())} if total else {}


def _spent(plan: Approved, entries: Mapping[tuple[int, Any, int], Visit]) -> list[tuple[str | None, float]]:
    """Each stop and post of a plan that took place: its leaf and its minutes."""
    spent = []
    for number, walk in plan.items("walk").items():
        entry = entries.get((plan.number, "walk", number))
        if entry is None or entry.done:
            visited = set(entry.stops) if entry is not None and entry.stops else None
            spent += [
                (stop["neighborhood_id"], float(stop["dwell_minutes"]))
                for stop in walk["stops"]
                if visited is None or int(stop["number"]) in visited
            ]
    for number, watch in plan.items("watch").items():
        entry = entries.get((plan.number, "watch", number))
        if entry is None or entry.done:
            spent.append((watch["neighborhood_id"], _minutes(watch["start"], watch["end"])))
    return spent


def _minutes(start: str, end: str) -> float:
    """Minutes from one clock time to another, past midnight too."""
    first, last = (dt.datetime.strptime(text, "%H:%M") for text in (start, end))
    return ((last - first).total_seconds() / 60) % (24 * 60)
