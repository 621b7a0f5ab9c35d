"""
The gate for volunteers: what one may see of a plan (re-exported by `geo.privacy`).

It lets out what is on the list of `VolunteerPost` and nothing else: a street, an area, a time, topics, a round around
the crossing. No counts, no reasons, no categories, no hotspot; posts of officers do not pass at all. A post is placed
at the nearest crossing, never where reports were, and a place further from any crossing than one can see has no
coordinates. What is asked of others (names, round, sunset) is asked for the crossing, so that nothing finer comes back.
"""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

PUBLIC_CREWS = ("volunteers",)
# Four decimals of a degree are 11 m: a crossing, never a door.
PUBLIC_DECIMALS = 4
CROSSING_WITHIN = 150.0
WAYS_AT_A_CROSSING = 3
# Lengths are said to the next ten metres, minutes at a stroll with a look around.
ROUND_STEP_M = 10
METRES_PER_MINUTE = 50.0
# One checks in at the start, at every full hour that is not nearly the end, and at the end.
CHECK_IN_MINUTES, LEAST_BEFORE_END = 60, 30


@dataclass(frozen=True)
class VolunteerTurn:
    """One line of the way: `kind` as in `analysis.routes.Turn`, the street in both languages, metres to ten."""

    kind: str
    street: str
    street_en: str
    length_m: int


@dataclass(frozen=True)
class VolunteerRound:
    """
    A round from the crossing and back to it; there and back on one way, where `loop` is False.

    `corners` are (lon, lat) of crossings with four decimals, the first again at the end; `line` follows the streets in
    metres, to be drawn on the sheet's map and written nowhere else.
    """

    loop: bool
    length_m: int
    minutes: int
    turns: tuple[VolunteerTurn, ...]
    corners: tuple[tuple[float, float], ...]
    line: shapely.LineString


@dataclass(frozen=True)
class VolunteerPost:
    """
    All that a volunteer's product may say of a post.

    `lon` and `lat` are a crossing's, or None; `crossing` is the same in metres, for the sheet's map alone. `check_in`
    are the times to tell the station that all is well; `sunset` that of the day, None where it is not known.
    """

    number: int
    date: dt.date
    start: dt.time
    end: dt.time
    street: str
    area: str
    topics: tuple[str, ...]
    lon: float | None
    lat: float | None
    check_in: tuple[dt.time, ...]
    sunset: dt.time | None
    crossing: tuple[float, float] | None
    round: VolunteerRound | None


def for_volunteers(
    plan: Any,
    *,
    street_of: Callable[[float, float, str | None], str],
    area_of: Callable[[str | None], str],
    crossings: np.ndarray,
    to_degrees: Callable[[float, float], tuple[float, float]],
    topics_of: Callable[[Sequence[str], dt.date], Sequence[str]],
    round_of: Callable[[float, float], Any] | None = None,
    sunset_of: Callable[[dt.date, float, float], dt.time | None] | None = None,
) -> list[VolunteerPost]:
    """
    Let out the posts that volunteers keep, and of them only what may be public.

    Parameters
    ----------
    plan : analysis.plan.Plan
    street_of : callable (x, y, neighborhood_id) -> str
        Street and crossings of a place in metres.
    area_of : callable (neighborhood_id) -> str
    crossings : array of (n, 2) floats
        Metres; may be empty, and then nothing has coordinates.
    to_degrees : callable (x, y) -> (lon, lat)
    topics_of : callable (the plan's topics, day) -> topics
        Those that volunteers may talk of: `geo.topics.volunteer_topics`.
    round_of : callable (x, y) -> Round or None, optional
        The round around a crossing in metres: `analysis.rounds.short_round`. It is given nothing but the crossing.
    sunset_of : callable (day, lon, lat) -> time or None, optional

    Returns
    -------
    list of VolunteerPost
        In the order of their numbers.
    """
    posts = []
    for watch in sorted(plan.watches, key=lambda watch: watch.number):
        if watch.crew not in PUBLIC_CREWS:
            continue
        spot = _nearest_crossing(watch.x, watch.y, crossings)
        lon, lat = (round(degree, PUBLIC_DECIMALS) for degree in to_degrees(*spot)) if spot else (None, None)
        # The name is asked for at the crossing too: a name of the exact place would undo the move.
        area = area_of(watch.neighborhood_id)
        street = street_of(spot[0], spot[1], watch.neighborhood_id) if spot else area
        dark = sunset_of(watch.date, lon, lat) if sunset_of and lon is not None and lat is not None else None
        way = round_of(*spot) if round_of and spot else None
        posts.append(
            VolunteerPost(
                number=watch.number,
                date=watch.date,
                start=watch.start,
                end=watch.end,
                street=street,
                area=area,
                topics=tuple(topics_of(tuple(watch.topics), watch.date)),
                lon=lon,
                lat=lat,
                check_in=check_ins(watch.start, watch.end),
                sunset=dark,
                crossing=spot,
                round=None if way is None else _round(way, to_degrees),
            )
        )
    return posts


def check_ins(start: dt.time, end: dt.time) -> tuple[dt.time, ...]:
    """
    When to check in: at the start, every hour after it unless the end is near, and at the end.

    Parameters
    ----------
    start, end : time
        Of the shift; an end before the start lies on the next day.
    """
    first = start.hour * 60 + start.minute
    length = (end.hour * 60 + end.minute - first) % (24 * 60)
    between = range(CHECK_IN_MINUTES, length - LEAST_BEFORE_END + 1, CHECK_IN_MINUTES)
    moments = [(first + minute) % (24 * 60) for minute in (0, *between, length)]
    return tuple(dt.time(moment // 60, moment % 60) for moment in dict.fromkeys(moments))


def crossings_of(streets: gpd.GeoDataFrame | None) -> np.ndarray:
    """
    Where at least three pieces of street meet.

    Parameters
    ----------
    streets : GeoDataFrame or None
        One row a piece between crossings, in a metric CRS.

    Returns
    -------
    array of (n, 2) floats
        Metres, without repeats; empty without streets.
    """
    if streets is None or not len(streets):
        return np.empty((0, 2))
    lines = streets.geometry.to_numpy()
    ends = np.concatenate(
        [shapely.get_coordinates(shapely.get_point(lines, 0)), shapely.get_coordinates(shapely.get_point(lines, -1))]
    )
    places, ways = np.unique(np.round(ends, 2), axis=0, return_counts=True)
    return places[ways >= WAYS_AT_A_CROSSING]


def _round(way: Any, to_degrees: Callable[[float, float], tuple[float, float]]) -> VolunteerRound:
    """Of a round only its streets, lengths to ten metres, and its crossings with four decimals."""
    corners = [tuple(round(float(degree), PUBLIC_DECIMALS) for degree in to_degrees(*corner)) for corner in way.corners]
    turns = [
        VolunteerTurn(str(turn.kind), str(turn.street), str(turn.street_en), _to_step(turn.length_m))
        for turn in way.turns
    ]
    return VolunteerRound(
        loop=bool(way.loop),
        length_m=_to_step(way.length_m),
        minutes=math.ceil(way.length_m / METRES_PER_MINUTE),
        turns=tuple(turns),
        corners=tuple((lon, lat) for lon, lat in corners),
        line=shapely.force_2d(way.line),
    )


def _to_step(metres: float) -> int:
    return max(round(metres / ROUND_STEP_M), 1) * ROUND_STEP_M


def _nearest_crossing(x: float, y: float, crossings: np.ndarray) -> tuple[float, float] | None:
    if not len(crossings):
        return None
    away = np.hypot(crossings[:, 0] - x, crossings[:, 1] - y)
    nearest = int(np.argmin(away))
    return (float(crossings[nearest, 0]), float(crossings[nearest, 1])) if away[nearest] <= CROSSING_WITHIN else None
