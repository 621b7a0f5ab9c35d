"""The walks of a plan: chosen as loops, laid along the streets, each with its day, hour, crew, topics and reasons."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from shapely.geometry import LineString

from analysis.around import Known, Surroundings
from analysis.crews import WALK_EARLIEST, WALK_LATEST, best_day, best_start, clock, hours_worth, walk_crew
from analysis.plan_ground import MOVED_SAID_M, Ground
from analysis.plan_stops import Areas, Candidates, place_reasons, shown_categories, shown_topics
from analysis.plan_types import CategoryTable, Reason, StartPoint, Stop, Walk
from analysis.walks import Loop, choose_loops

METRES_PER_MINUTE = 4200 / 60
# Six stops fill two hours; each further 20 minutes may hold one more.
MOST_STOPS, MINUTES_PER_FURTHER_STOP = 6, 20
# A neighborhood not yet visited adds this share of a middling stop's worth.
FLOOR_SHARE = 0.25
# Walks beyond the budget that are worked out to say what the next walker buys.
FURTHER_WALKS = 2
WEEKDAYS = (0, 1, 2, 3, 4)
# Said of a stop on a street this far from its hotspot's center.
# Keeps a stop where nothing is expected in the running: as the first of its neighborhood it still earns.
LEAST_PRIZE = 1e-9


@dataclass(frozen=True, eq=False)
class _Way:
    """A loop laid out: metres of each leg, where each stop lies, and minutes; `door` from the start to its street."""

    stops: tuple[int, ...]
    line: LineString
    legs: tuple[Any, ...]
    lengths: tuple[float, ...]
    places: tuple[tuple[float, float], ...]
    door: float
    dwell: float

    @property
    def length_m(self) -> float:
        return sum(self.lengths)

    @property
    def walking(self) -> float:
        return self.length_m / METRES_PER_MINUTE + 2 * self.door

    @property
    def minutes(self) -> float:
        return self.walking + self.dwell


def ways_out(ground: Ground, candidates: Candidates, starts: list[StartPoint]) -> tuple[np.ndarray, np.ndarray]:
    """
    Tell how far the candidates are from the starts.

    Returns
    -------
    array of (starts, candidates) floats, array of (candidates,) floats
        Minutes on foot from each start; and of a walk from the nearest start to each candidate alone and back, visit
        included; infinite where there is no way.
    """
    n = len(candidates.places)
    if not n or not starts:
        return np.full((len(starts), n), np.inf), np.full(n, np.inf)
    origin = np.array([[start.x, start.y] for start in starts])
    # The way from a station's door to its street is walked, too.
    out = (ground.metres(origin, candidates.xy) + ground.moved(origin)[:, None]) / METRES_PER_MINUTE
    return out, (2 * out).min(axis=0) + np.array([place.dwell for place in candidates.places])


def choose_walks(
    ground: Ground,
    candidates: Candidates,
    out: np.ndarray,
    alone: np.ndarray,
    *,
    walkers: int,
    minutes: float,
    seed: int,
    due: np.ndarray | None = None,
) -> list[Loop]:
    """
    Choose the walks, and two more than asked.

    Parameters
    ----------
    out, alone
        As `ways_out` gives them.
    due : array of (candidates,) ints, optional
        The neighborhood whose visit is due that each candidate lies in, -1 for none. As many of them as can be are
        visited by the walks asked for, and each costs as little as may be: only those that the walks worth most leave
        out are insisted on.
    """
    near = np.flatnonzero(alone <= minutes)
    if not walkers or not len(near):
        return []
    dwell = np.array([place.dwell for place in candidates.places])
    due = np.full(len(alone), -1) if due is None else due
    between = ground.metres(candidates.xy[near], candidates.xy[near], minutes * METRES_PER_MINUTE) / METRES_PER_MINUTE
    between = np.minimum(between, between.T)
    np.fill_diagonal(between, 0.0)
    prize = candidates.prize[near]

    def chosen(insisted: set[int]) -> list[Loop]:
        loops = choose_loops(
            out[:, near],
            between,
            dwell[near],
            prize + LEAST_PRIZE,
            walks=walkers + FURTHER_WALKS,
            budget=minutes,
            max_stops=max(MOST_STOPS, int(minutes // MINUTES_PER_FURTHER_STOP)),
            seed=seed,
            group=candidates.neighborhood[near],
            bonus=FLOOR_SHARE * float(np.median(prize[prize > 0])) if (prize > 0).any() else 0.0,
            serves=np.where(np.isin(due[near], list(insisted)), due[near], -1) if insisted else None,
        )
        return [Loop(one.start, tuple(near[list(one.stops)].tolist()), one.minutes, one.prize) for one in loops]

    def served(loops: list[Loop]) -> set[int]:
        return {int(due[k]) for loop in loops[:walkers] for k in loop.stops} - {-1}

    everyone = set(due[near].tolist()) - {-1}
    best, insisted = chosen(set()), set[int]()
    trial = best
    while insisted != everyone and (missed := everyone - served(trial)):
        # Once nobody new is left out, the last resort is to insist on all.
        insisted = insisted | missed if missed - insisted else everyone
        trial = chosen(insisted)
        if len(served(trial)) > len(served(best)):
            best = trial
    return best


def staff_walks(
    loops: list[Loop],
    starts: list[StartPoint],
    candidates: Candidates,
    *,
    ground: Ground,
    known: Known,
    city: Surroundings,
    hotspots: pd.DataFrame,
    areas: Areas,
    taxonomy: CategoryTable,
    week: datetime.date,
    minutes: float,
    due: np.ndarray,
    due_reasons: Mapping[int, tuple[Reason, ...]],
) -> tuple[list[Walk], list[tuple[int, ...]]]:
    """
    Lay the loops along the streets and give each its day, hour, crew and reasons.

    `due` is as in `choose_walks`; the first stop in such a neighborhood says why somebody comes there.

    Returns
    -------
    list of Walk, list of tuples of ints
        The walks, numbered by day and hour; and the stops of each loop in the order of choice.
    """
    used = np.zeros(7, dtype=int)
    drafts: list[tuple[int, float, int, _Way, StartPoint, Reason]] = []
    for loop in loops:
        way = _laid(ground, loop.stops, candidates, starts[loop.start], minutes, due)
        if way is None:
            continue
        rows = [known.rows_near(candidates.xy[k], candidates.places[k].radius) for k in way.stops]
        there = known.describe(np.unique(np.concatenate(rows)))
        worth, why = hours_worth(there, city)
        hour, _ = best_start(worth, way.minutes / 60, earliest=WALK_EARLIEST, latest=WALK_LATEST, around=15.0)
        day = best_day(there.weekdays, used, WEEKDAYS)
        used[day] += 1
        drafts.append((day, hour, len(drafts), way, starts[loop.start], why))
    walks, unsaid = [], dict(due_reasons)
    for number, (day, hour, _, way, start, why) in enumerate(sorted(drafts, key=lambda draft: draft[:3]), start=1):
        said = [unsaid.pop(int(due[k]), ()) for k in way.stops]
        stops = _stops(way, said, candidates, ground, city, hotspots, areas, taxonomy, known.days)
        harm, events = sum(stop.harm for stop in stops), sum(stop.events for stop in stops)
        percent = round(100 * harm / float(ground.harm.sum()), 1)
        walks.append(
            Walk(
                number=number,
                date=week + datetime.timedelta(days=day),
                start_time=clock(hour),
                start=start,
                stops=stops,
                line=way.line,
                length_m=way.length_m,
                minutes=way.minutes,
                walking_minutes=way.walking,
                legs=way.legs,
                crew=walk_crew([stop.who for stop in stops]),
                harm=harm,
                events=events,
                reasons=(
                    ("plan.reason.walk", {"n": len(stops), "percent": percent, "events": round(events, 1)}),
                    why,
                ),
            )
        )
    return walks, [draft[3].stops for draft in drafts]


def _laid(
    ground: Ground, stops: tuple[int, ...], candidates: Candidates, start: StartPoint, minutes: float, due: np.ndarray
) -> _Way | None:
    """
    The way of a walk. Should its real length not fit the minutes, the least worthy stop falls out until it does.

    Stops in neighborhoods whose visit is due fall out last.
    """
    while stops:
        way = _way(ground, stops, candidates, start)
        if way.minutes <= minutes:
            return way
        least = min(stops, key=lambda k: (due[k] >= 0, candidates.prize[k], k))
        stops = tuple(k for k in stops if k != least)
    return None


def _way(ground: Ground, stops: tuple[int, ...], candidates: Candidates, start: StartPoint) -> _Way:
    points = np.vstack([[start.x, start.y], candidates.xy[list(stops)], [start.x, start.y]])
    dwell = sum(candidates.places[k].dwell for k in stops)
    if ground.network is None:
        lengths = np.hypot(*np.diff(points, axis=0).T) * ground.detour
        places = tuple((float(x), float(y)) for x, y in points[1:-1])
        return _Way(stops, LineString(points), (), tuple(lengths.tolist()), places, 0.0, dwell)
    route = ground.network.route(points)
    # A stop lies where the leg to it ends: on the street, not in the middle of a block.
    places = tuple((float(leg.line.coords[-1][0]), float(leg.line.coords[-1][1])) for leg in route.legs[:-1])
    door = float(ground.moved(points[:1])[0]) / METRES_PER_MINUTE
    return _Way(
        stops, route.line, tuple(route.legs), tuple(float(leg.length_m) for leg in route.legs), places, door, dwell
    )


def _stops(
    way: _Way,
    said: Sequence[tuple[Reason, ...]],
    candidates: Candidates,
    ground: Ground,
    city: Surroundings,
    hotspots: pd.DataFrame,
    areas: Areas,
    taxonomy: CategoryTable,
    days: int,
) -> tuple[Stop, ...]:
    stops, passed = [], way.door
    for number, (k, leg_m, (x, y)) in enumerate(zip(way.stops, way.lengths, way.places, strict=False), start=1):
        place = candidates.places[k]
        passed += leg_m / METRES_PER_MINUTE
        hotspot = hotspots.iloc[place.hotspot] if place.hotspot >= 0 else None
        events, area = float((candidates.cells[k] @ ground.events)[0]), int(candidates.neighborhood[k])
        reasons = place_reasons(
            place.here,
            hotspot,
            kind=place.kind,
            radius=place.radius,
            days=days,
            events=events,
            any_hotspots=len(hotspots) > 0,
        )
        moved = float(np.hypot(x - place.x, y - place.y))
        aside: tuple[Reason, ...] = (
            (("plan.reason.moved", {"metres": round(moved)}),) if moved > MOVED_SAID_M and hotspot is not None else ()
        )
        stops.append(
            Stop(
                number=number,
                x=x,
                y=y,
                hotspot_id=None if hotspot is None else str(hotspot["hotspot_id"]),
                neighborhood_id=areas.ids[area] if area >= 0 else None,
                arrive_minute=passed,
                dwell_minutes=place.dwell,
                harm=float((candidates.cells[k] @ ground.harm)[0]),
                events=events,
                open_matters=place.here.open_matters,
                categories=shown_categories(place.here, hotspot, taxonomy),
                topics=shown_topics(place.here, city, taxonomy),
                who=place.who,
                reasons=said[number - 1] + _besides(said[number - 1], reasons) + aside,
                radius_m=place.radius,
            )
        )
        passed += place.dwell
    return tuple(stops)


def _besides(said: tuple[Reason, ...], reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """The other reasons; that nobody has been there this week goes without saying where nobody has for longer."""
    return tuple(reason for reason in reasons if not (said and reason[0] == "plan.reason.floor"))
