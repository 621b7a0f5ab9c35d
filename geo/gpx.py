"""
Routes for phones: a walk as GPX 1.1, with its stops as waypoints and route, and its line as a track.

Degrees come in as WGS 84 and are written so, or shifted as maps made for China expect them: then the file's name ends
with that datum, so that a phone's list of routes shows it. Its keywords name the datum in every case.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo.china_datum import DATUMS, from_wgs84

DECIMALS = 6
# What is handed to volunteers names crossings, never doors: 11 m.
PUBLIC_DECIMALS = 4
WGS84 = "WGS 84"


@dataclass(frozen=True)
class Waypoint:
    """A place to be at; degrees, EPSG:4326."""

    lon: float
    lat: float
    name: str
    description: str = ""
    symbol: str = ""


def route_gpx(
    name: str, description: str, waypoints: Sequence[Waypoint], track: np.ndarray, *, datum: str = WGS84
) -> str:
    """
    Write a route as GPX text.

    Parameters
    ----------
    name, description : str
        Of the file, the route and the track; the description says the datum.
    waypoints : sequence of Waypoint
        In the order of the visit, the start first and, for a loop, last again.
    track : array of (n, 2) floats
        lon, lat along the line.
    datum : str
        `WGS 84`, or `GCJ-02` or `BD-09`, to which all degrees are shifted.

    Returns
    -------
    str
        GPX 1.1, without any time, so that the same route gives the same text.
    """
    import gpxpy.gpx as gpx

    name, waypoints = _named(name, datum), [_shifted(place, datum) for place in waypoints]
    line = np.asarray(track, dtype=float).reshape(-1, 2)
    line = np.column_stack(_moved(line[:, 0], line[:, 1], datum))
    document = gpx.GPX()
    document.creator, document.name, document.description = "WalkWatch", name, description
    document.keywords = datum
    route = gpx.GPXRoute(name=name, description=description)
    for place in waypoints:
        # GPX writes latitude first.
        route.points.append(gpx.GPXRoutePoint(round(place.lat, DECIMALS), round(place.lon, DECIMALS), name=place.name))
    for place in dict.fromkeys(waypoints):
        document.waypoints.append(
            gpx.GPXWaypoint(
                round(place.lat, DECIMALS),
                round(place.lon, DECIMALS),
                name=place.name,
                description=place.description or None,
                symbol=place.symbol or None,
            )
        )
    document.routes.append(route)
    segment = gpx.GPXTrackSegment([gpx.GPXTrackPoint(round(lat, DECIMALS), round(lon, DECIMALS)) for lon, lat in line])
    drawn = gpx.GPXTrack(name=name, description=description)
    drawn.segments.append(segment)
    document.tracks.append(drawn)
    return document.to_xml(version="1.1")


def corners_gpx(
    name: str, description: str, post: Waypoint, corners: Sequence[tuple[float, float]], *, datum: str = WGS84
) -> str:
    """
    Write a round from crossing to crossing as GPX text, with no track between them.

    Parameters
    ----------
    name, description : str
        Of the file and the route; the description says the datum.
    post : Waypoint
        The crossing of the post.
    corners : sequence of (lon, lat)
        In walking order; may be empty.
    datum : str
        As for `route_gpx`.

    Returns
    -------
    str
        GPX 1.1 without any time; degrees with four decimals.
    """
    import gpxpy.gpx as gpx

    name, post = _named(name, datum), _shifted(post, datum)
    document = gpx.GPX()
    document.creator, document.name, document.description = "WalkWatch", name, description
    document.keywords = datum
    lon, lat = (round(degree, PUBLIC_DECIMALS) for degree in (post.lon, post.lat))
    document.waypoints.append(
        gpx.GPXWaypoint(lat, lon, name=post.name, description=post.description or None, symbol=post.symbol or None)
    )
    if corners:
        route = gpx.GPXRoute(name=name, description=description)
        # GPX writes latitude first.
        round_ = np.asarray(corners, dtype=float)
        for lon, lat in np.column_stack(_moved(round_[:, 0], round_[:, 1], datum)):
            route.points.append(gpx.GPXRoutePoint(round(lat, PUBLIC_DECIMALS), round(lon, PUBLIC_DECIMALS)))
        document.routes.append(route)
    return document.to_xml(version="1.1")


def _named(name: str, datum: str) -> str:
    return name if datum == WGS84 else f"{name} · {datum}"


def _moved(lon: np.ndarray, lat: np.ndarray, datum: str) -> tuple[np.ndarray, np.ndarray]:
    return from_wgs84(lon, lat, datum) if datum in DATUMS else (lon, lat)


def _shifted(place: Waypoint, datum: str) -> Waypoint:
    lon, lat = _moved(np.array([place.lon]), np.array([place.lat]), datum)
    return replace(place, lon=float(lon[0]), lat=float(lat[0]))
