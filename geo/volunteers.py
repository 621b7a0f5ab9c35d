"""
The gate for volunteers: what one may see of a plan (re-exported by `geo.privacy`).

It lets out what is on the list of `VolunteerPost` and nothing else: a street, an area, a time, topics. No counts, no
reasons, no categories, no hotspot; posts of officers do not pass at all. A post is placed at the nearest crossing,
never where reports were, and a place further from any crossing than one can see has no coordinates.
"""

import datetime as dt
from collections.abc import Callable
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


@dataclass(frozen=True)
class VolunteerPost:
    """All that a volunteer's product may say of a post. `lon` and `lat` are a crossing's, or None."""

    number: int
    date: dt.date
    start: dt.time
    end: dt.time
    street: str
    area: str
    topics: tuple[str, ...]
    lon: float | None
    lat: float | None


def for_volunteers(
    plan: Any,
    *,
    street_of: Callable[[float, float, str | None], str],
    area_of: Callable[[str | None], str],
    crossings: np.ndarray,
    to_degrees: Callable[[float, float], tuple[float, float]],
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
        posts.append(
            VolunteerPost(watch.number, watch.date, watch.start, watch.end, street, area, tuple(watch.topics), lon, lat)
        )
    return posts


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


def _nearest_crossing(x: float, y: float, crossings: np.ndarray) -> tuple[float, float] | None:
    if not len(crossings):
        return None
    away = np.hypot(crossings[:, 0] - x, crossings[:, 1] - y)
    nearest = int(np.argmin(away))
    return (float(crossings[nearest, 0]), float(crossings[nearest, 1])) if away[nearest] <= CROSSING_WITHIN else None
