"""What a plan is made of: posts, walks with their stops, what was left out, and the figures beside them."""

import datetime
from dataclasses import dataclass
from typing import Any, Protocol

from shapely.geometry import LineString

# A catalogue key and the facts its text quotes; `views.i18n` words it in either language.
Reason = tuple[str, dict[str, Any]]


class CategoryTable(Protocol):
    """What a plan asks of the taxonomy: a category's `who`, `topics`, `revisit_days` and `listed`, by its key."""

    def __getitem__(self, key: str, /) -> Any: ...


class WithParents:
    """A plain table by key that answers for a category it lacks with its parent, else with `other`."""

    def __init__(self, table: CategoryTable) -> None:
        self._table = table

    def __getitem__(self, key: str, /) -> Any:
        for candidate in (key, key.partition(".")[0], "other"):
            try:
                return self._table[candidate]
            except KeyError:
                continue
        raise KeyError(key)


@dataclass(frozen=True)
class StartPoint:
    """
    Where walks begin and end, in metres of the metric CRS.

    `given` is False for a meeting point the plan picked itself; it then has no name.
    """

    name: str
    name_en: str
    x: float
    y: float
    given: bool = True


@dataclass(frozen=True)
class Stop:
    """
    One visit of a walk.

    `harm` and `events` are what a week is expected to bring within the stop's radius, each cell counted at one stop
    only; `open_matters` and `categories` (most frequent first) are what is known there; `arrive_minute` counts from
    the walk's start.
    """

    number: int
    x: float
    y: float
    hotspot_id: str | None
    neighborhood_id: str | None
    arrive_minute: float
    dwell_minutes: float
    harm: float
    events: float
    open_matters: int
    categories: tuple[tuple[str, int], ...]
    topics: tuple[str, ...]
    who: str
    reasons: tuple[Reason, ...]
    radius_m: float


@dataclass(frozen=True)
class Walk:
    """
    One outreach walk of one pair: out from `start`, along `stops`, and back.

    `line` follows the streets where there are any; without streets it joins the stops, and `length_m` and the
    minutes are its length times the plan's detour factor, with no `legs`.
    """

    number: int
    date: datetime.date
    start_time: datetime.time
    start: StartPoint
    stops: tuple[Stop, ...]
    line: LineString
    length_m: float
    minutes: float
    walking_minutes: float
    legs: tuple[Any, ...]
    crew: tuple[str, ...]
    harm: float
    events: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Watch:
    """
    One watch post: where, when, by whom (`volunteers`, always a pair, or `officers`).

    `harm` and `events` are what the whole week is expected to bring within reach of this post alone; where two posts
    reach the same cell both count it, and the plan's own figures count it once.
    """

    number: int
    x: float
    y: float
    hotspot_id: str | None
    neighborhood_id: str | None
    date: datetime.date
    start: datetime.time
    end: datetime.time
    crew: str
    harm: float
    events: float
    categories: tuple[tuple[str, int], ...]
    topics: tuple[str, ...]
    reasons: tuple[Reason, ...]
    fixed: bool = False


@dataclass(frozen=True)
class Unreached:
    """A hotspot that no post and no walk gets to this week, and what it would take."""

    hotspot_id: str | None
    neighborhood_id: str | None
    harm: float
    reason: Reason


@dataclass(frozen=True, eq=False)
class Plan:
    """
    One week's posts and walks.

    Attributes
    ----------
    harm_total : float
        Expected harm of the week in the whole area.
    harm_covered, harm_covered_bound : float
        Of it, within reach of the posts, and what no choice of as many posts can exceed.
    harm_covered_all, events_covered : float
        Harm and events within reach of the posts or at the stops, each cell counted once. Covered is not prevented.
    worth : tuple of (walkers, share)
        Share of all harm covered with fewer or more walks, the posts unchanged.
    worth_watches : tuple of (watches, share)
        Share with one post fewer or more, the walks unchanged. Neither is chosen anew, so both are at least this.
    visited, unvisited : tuples of neighborhood ids
        Leaf neighborhoods with a stop or post this week, and those without.
    detour_factor : float or None
        What straight lines were multiplied by; None on streets.
    """

    week: datetime.date
    watches: tuple[Watch, ...]
    walks: tuple[Walk, ...]
    harm_total: float
    harm_covered: float
    harm_covered_bound: float
    harm_covered_all: float
    events_covered: float
    unreached: tuple[Unreached, ...]
    on_streets: bool
    detour_factor: float | None
    parameters: dict[str, Any]
    seed: int
    worth: tuple[tuple[int, float], ...] = ()
    worth_watches: tuple[tuple[int, float], ...] = ()
    visited: tuple[str, ...] = ()
    unvisited: tuple[str, ...] = ()
    notes: tuple[Reason, ...] = ()
