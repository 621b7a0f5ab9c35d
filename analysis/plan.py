"""
The week's plan: which posts and walks make the most of few people, when, by whom, and why there.

One objective for both: expected harm of the week within reach. Posts are chosen by `analysis.sites`, walks by
`analysis.walks`; here their places, hours, crews, topics and reasons come together, with what is left out. The whole
week's harm within reach is counted, not only that of a shift's hours. Covered is not prevented.
"""

import dataclasses
import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.around import Known
from analysis.plan_floor import Floor, make_floor, not_kept, reachable_units, visited_units
from analysis.plan_ground import (
    Ground,
    moved_far,
    require_budget,
    require_expected,
    require_fixed_inside,
    require_overlap,
    require_reach,
    require_room,
    require_starts,
)
from analysis.plan_left_out import left_out
from analysis.plan_posts import POST_SPACING_M, choose_posts, staff_posts
from analysis.plan_stops import (
    COVERED_SHARE,
    HOTSPOT_WEIGHT,
    OPEN_MATTER_SHARE,
    STOP_RADIUS_M,
    STOP_SPACING_M,
    Areas,
    Candidates,
    stop_candidates,
    suggested_starts,
)
from analysis.plan_types import CategoryTable, Plan, Reason, StartPoint, Stop, Unreached, Walk, Watch, WithParents
from analysis.plan_walks import FLOOR_SHARE, FURTHER_WALKS, METRES_PER_MINUTE, choose_walks, staff_walks, ways_out
from analysis.sites import KEEPING_SHARE, Sites
from geo.checks import require_columns

# Real ways are about 1.3 times longer than straight lines.
DETOUR_FACTOR = 1.3
HOTSPOT_COLUMNS = ["hotspot_id", "rank", "events", "radius_m", "x", "y"]

__all__ = ["Plan", "StartPoint", "Stop", "Unreached", "Walk", "Watch", "make_plan", "monday_of"]


def monday_of(date: datetime.date) -> datetime.date:
    """The Monday of the date's week."""
    return date - datetime.timedelta(days=date.weekday())


def make_plan(
    hotspots: pd.DataFrame,
    expected: Any,
    events: pd.DataFrame,
    *,
    network: Any = None,
    neighborhoods: Any = None,
    taxonomy: CategoryTable,
    week: datetime.date,
    walkers: int,
    walk_minutes: float,
    watches: int,
    watch_hours: float = 2.0,
    starts: Iterable[tuple[str, str, float, float]] = (),
    reach: float = 200.0,
    seed: int = 0,
    volunteers_until_hour: float = 21,
    days: int = 28,
    fixed: Sequence[tuple[float, float]] = (),
    forbidden: Any = None,
    detour_factor: float = DETOUR_FACTOR,
    last_visit_weeks: Mapping[str, int | None] | None = None,
    floor_weeks: Mapping[str, int] | None = None,
    unit_of: Mapping[str, str] | None = None,
    previous_posts: Sequence[tuple[float, float]] = (),
) -> Plan:
    """
    Plan one week of outreach walks and watch posts.

    Parameters
    ----------
    hotspots : GeoDataFrame
        As `HotspotAnswer.hotspots`, metric CRS; may be empty.
    expected : Forecast
        Of seven days, made from events of listed categories only: its `cells` give `x`, `y`, `expected`,
        `expected_harm`, its `as_of` the first moment not known.
    events : DataFrame
        Canonical columns with `x`, `y`; only those known before `as_of` and of listed categories are used.
    network : Network, optional
        The streets; without them straight lines are multiplied by `detour_factor`.
    neighborhoods : GeoDataFrame, optional
        In the metric CRS; only leaves count.
    taxonomy : mapping of category to an object with `who`, `topics`, `revisit_days`, `listed`
    week : date
        Any day of the week to plan; the plan stands on its Monday.
    walkers : int
        Walks in the week, each by one pair.
    walk_minutes : float
        Minutes of a walk from the start back to it, visits included; never exceeded.
    watches, watch_hours : int, float
        Posts in all, and hours each.
    starts : sequence of (name, name_en, x, y)
        Where walks begin and end; if none, meeting points are picked, and the plan says so.
    reach : float
        Metres on foot within which a post covers a cell.
    seed : int
        Settles the search and the direction of each walk.
    volunteers_until_hour : float
        A volunteers' shift ends by then.
    days : int
        Length of the window in which the hotspots were found.
    fixed : sequence of (x, y)
        Posts that must be kept; they count in `watches`.
    forbidden : shapely geometry, optional
        No stop and no post lies there.
    detour_factor : float
        Only without streets.
    last_visit_weeks : mapping of neighborhood to int or None, optional
        Weeks from its last visit to this week (1: last week); missing or None: never.
    floor_weeks : mapping of neighborhood to int, optional
        One visit in so many weeks, at least; without it there is no floor. One whose last chance this week is gets a
        stop or a post if any walk can reach it, else it is named.
    unit_of : mapping of leaf to neighborhood, optional
        What the floor counts by; each leaf for itself, if not given.
    previous_posts : sequence of (x, y)
        Posts of the last plan; they stay where others are hardly better, for at most 1 % of the harm posts cover.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If the budget is empty or negative, nothing is expected, the reach is longer than the area, streets and area
        do not overlap, a start is off the streets, a fixed post outside, or everything is forbidden.
    """
    require_budget(walkers, walk_minutes, watches, watch_hours)
    require_columns(expected.cells, ["x", "y", "expected", "expected_harm"], "expected")
    require_columns(hotspots, HOTSPOT_COLUMNS, "hotspots")
    ground = Ground(expected.cells, network, detour_factor, forbidden)
    kept = np.array(fixed, dtype=float).reshape(-1, 2)
    given = [StartPoint(str(name), str(name_en), float(x), float(y)) for name, name_en, x, y in starts]
    require_expected(ground)
    require_reach(ground, reach)
    require_overlap(ground)
    require_room(ground)
    require_fixed_inside(ground, kept)
    require_starts(ground, given)

    week, taxonomy, as_of = monday_of(week), WithParents(taxonomy), expected.as_of
    hotspots = hotspots.sort_values("rank", kind="stable").reset_index(drop=True)
    known = Known(events, taxonomy, as_of=as_of, week=pd.Timestamp(week, tz=as_of.tz), days=days)
    shared: dict[str, Any] = {
        "ground": ground,
        "known": known,
        "city": known.everywhere(),
        "hotspots": hotspots,
        "areas": Areas(neighborhoods),
        "taxonomy": taxonomy,
        "week": week,
    }
    areas = shared["areas"]
    before = np.array(previous_posts, dtype=float).reshape(-1, 2)
    posts, places, cells = choose_posts(
        ground, known, hotspots, watches=watches, reach=reach, fixed=kept, previous=before
    )
    watch_list = staff_posts(
        posts, places, cells, hours=watch_hours, until=volunteers_until_hour, reach=reach, n_fixed=len(kept),
        previous=before, **shared,
    )  # fmt: skip
    by_posts = _shares(cells, posts.order)
    candidates = stop_candidates(ground, known, hotspots, areas, taxonomy, by_posts)
    floor = make_floor(
        ground, areas, unit_of=unit_of, last_visit_weeks=last_visit_weeks or {}, floor_weeks=floor_weeks or {}
    )
    everywhere = np.ones(len(floor.ids), dtype=bool)
    starts_used = given
    if walkers and not given:
        # A meeting point can be picked in any neighborhood, so all can be reached.
        starts_used = suggested_starts(ground, candidates, walkers, _due_of(candidates, floor, floor.due(everywhere)))
    out, alone = ways_out(ground, candidates, starts_used if walkers else [])
    reachable = reachable_units(floor, candidates, alone, walk_minutes) if walkers and given else everywhere
    due = floor.due(reachable)
    by_post = visited_units(floor, areas, (watch.neighborhood_id for watch in watch_list)) & set(due)
    due_of = _due_of(candidates, floor, [unit for unit in due if unit not in by_post])
    loops = choose_walks(ground, candidates, out, alone, walkers=walkers, minutes=walk_minutes, seed=seed, due=due_of)
    asked, further = loops[:walkers], loops[walkers:]
    walk_list, walked = staff_walks(
        asked, starts_used, candidates, minutes=walk_minutes, due=due_of,
        due_reasons={unit: floor.reasons(unit) for unit in due}, **shared,
    )  # fmt: skip
    watch_list = _said_of_posts(watch_list, floor, areas, by_post)

    harm = ground.harm
    by_walks = [_shares(candidates.cells, stops) for stops in (*walked, *(loop.stops for loop in further))]
    by_all = _together(by_posts, by_walks[: len(walked)])
    left = left_out(
        ground, hotspots, candidates, alone, further, watches=watch_list, walks=walk_list, reach=reach,
        walkers=walkers, walk_minutes=walk_minutes, starts_given=bool(given), areas=areas,
    )  # fmt: skip
    visited = {stop.neighborhood_id for walk in walk_list for stop in walk.stops}
    visited |= {watch.neighborhood_id for watch in watch_list}
    # Named are those whose turn it is, and those that no walk can reach and nobody has visited yet.
    unseen = [unit for unit in np.flatnonzero(~reachable).tolist() if floor.since[unit] is None]
    open_ = [unit for unit in dict.fromkeys([*due, *unseen]) if unit not in visited_units(floor, areas, visited)]
    left += not_kept(
        floor,
        candidates,
        alone,
        [loop.stops for loop in further],
        due=open_,
        walkers=walkers,
        walk_minutes=walk_minutes,
    )
    return Plan(
        week=week,
        watches=tuple(watch_list),
        walks=tuple(walk_list),
        harm_total=float(harm.sum()),
        harm_covered=float(harm @ by_posts),
        harm_covered_bound=float(max(posts.bound, harm @ by_posts)),
        harm_covered_all=float(harm @ by_all),
        events_covered=float(ground.events @ by_all),
        unreached=tuple(left),
        on_streets=network is not None,
        detour_factor=None if network is not None else detour_factor,
        parameters={
            "as_of": str(as_of),
            "walkers": walkers,
            "walk_minutes": walk_minutes,
            "watches": watches,
            "watch_hours": watch_hours,
            "volunteers_until_hour": volunteers_until_hour,
            "reach": reach,
            "post_spacing_m": POST_SPACING_M,
            "stop_radius_m": STOP_RADIUS_M,
            "stop_spacing_m": STOP_SPACING_M,
            "open_matter_share": OPEN_MATTER_SHARE,
            "hotspot_weight": HOTSPOT_WEIGHT,
            "covered_share": COVERED_SHARE,
            "floor_share": FLOOR_SHARE,
            "walking_kmh": METRES_PER_MINUTE * 60 / 1000,
            "days": days,
            "starts_given": bool(given),
            "starts": [(start.name, round(start.x, 1), round(start.y, 1)) for start in starts_used],
            "fixed": len(kept),
            "forbidden": forbidden is not None,
            "post_candidates": len(places),
            "stop_candidates": len(candidates.places),
            "posts_method": posts.method,
            "hotspots": len(hotspots),
            "events_never_listed": known.left_out,
            "floor_weeks": {unit: floor.weeks[at] for at, unit in enumerate(floor.ids)},
            "last_visit_weeks": {unit: floor.since[at] for at, unit in enumerate(floor.ids)},
            "floor_due": [floor.ids[unit] for unit in due],
            "previous_posts": len(before),
            "keeping_share": KEEPING_SHARE,
        },
        seed=seed,
        worth=_worth_of_walks(harm, by_posts, by_walks, walkers),
        worth_watches=_worth_of_watches(harm, cells, posts, by_walks[: len(walked)]),
        visited=tuple(area for area in areas.ids if area in visited),
        unvisited=tuple(area for area in areas.ids if area not in visited),
        notes=tuple(
            _notes(
                detour=None if network is not None else detour_factor,
                hotspots=len(hotspots),
                suggested=bool(walkers) and not given,
                watches=(len(watch_list), watches),
                walks=(len(walk_list), walkers),
            )
        )
        + moved_far(ground, given if walkers else [], kept),
    )


def _due_of(candidates: Candidates, floor: Floor, due: Sequence[int]) -> np.ndarray:
    """The neighborhood whose visit is due that each candidate lies in, -1 for none."""
    units = floor.of(candidates.neighborhood)
    return np.where(np.isin(units, list(due)), units, -1)


def _said_of_posts(watches: list[Watch], floor: Floor, areas: Areas, due: set[int]) -> list[Watch]:
    """The first post in each neighborhood whose visit is due says so."""
    unsaid, said = set(due), []
    for watch in watches:
        here = visited_units(floor, areas, [watch.neighborhood_id]) & unsaid
        unsaid -= here
        reasons = tuple(reason for unit in sorted(here) for reason in floor.reasons(unit))
        said.append(dataclasses.replace(watch, reasons=reasons + watch.reasons) if reasons else watch)
    return said


def _shares(cells: sparse.csr_matrix, rows: Sequence[int]) -> np.ndarray:
    """Share of each cell that these posts or stops cover together."""
    if not len(rows):
        return np.zeros(cells.shape[1])
    return np.minimum(np.asarray(cells[list(rows)].sum(axis=0), dtype=float).reshape(-1), 1.0)


def _together(by_posts: np.ndarray, by_walks: Sequence[np.ndarray]) -> np.ndarray:
    """Share of each cell covered by posts or walks: the stops' shares add up, a post covers all or nothing."""
    return np.maximum(by_posts, np.minimum(np.sum([np.zeros_like(by_posts), *by_walks], axis=0), 1.0))


def _worth_of_walks(
    harm: np.ndarray, by_posts: np.ndarray, by_walks: list[np.ndarray], walkers: int
) -> tuple[tuple[int, float], ...]:
    """Share of all harm covered with the first walks only, and with the further ones."""
    counts = range(max(walkers - FURTHER_WALKS, 0), walkers + FURTHER_WALKS + 1) if walkers else [0]
    return tuple((n, float(harm @ _together(by_posts, by_walks[:n]) / harm.sum())) for n in counts)


def _worth_of_watches(
    harm: np.ndarray, cells: sparse.csr_matrix, posts: Sites, by_walks: list[np.ndarray]
) -> tuple[tuple[int, float], ...]:
    """Share of all harm without the last post, as it is, and with the one that would add most."""
    n, total = len(posts.order), harm.sum()
    counts = [n - 1, n] if n else [0]
    table = [(k, float(harm @ _together(_shares(cells, posts.order[:k]), by_walks) / total)) for k in counts]
    if cells.shape[0] > n:
        left = harm * (1.0 - _together(_shares(cells, posts.order), by_walks))
        table.append((n + 1, table[-1][1] + float((cells @ left).max() / total)))
    return tuple(table)


def _notes(
    *, detour: float | None, hotspots: int, suggested: bool, watches: tuple[int, int], walks: tuple[int, int]
) -> Iterable[Reason]:
    """What every product must say about this plan; `watches` and `walks` are those set and those asked for."""
    yield "plan.covered_not_prevented", {}
    if detour is not None:
        yield "plan.note.no_streets", {"factor": f"{detour:g}"}
    if not hotspots:
        yield "plan.note.no_hotspots", {}
    if suggested:
        yield "plan.note.starts_suggested", {}
    if watches[0] < watches[1]:
        yield "plan.note.fewer_watches", {"n": watches[0], "asked": watches[1]}
    if walks[0] < walks[1]:
        yield "plan.note.fewer_walks", {"n": walks[0], "asked": walks[1]}
