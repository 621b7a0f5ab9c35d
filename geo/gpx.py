"""Routes for phones: a walk as GPX 1.1, with its stops as waypoints and route, and its line as a track. WGS 84 only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DECIMALS = 6
# What is handed to volunteers names crossings, never doors: 11 m.
PUBLIC_DECIMALS = 4


@dataclass(frozen=True)
class Waypoint:
    """A place to be at; degrees, EPSG:4326."""

    lon: float
    lat: float
    name: str
    description: str = ""
    symbol: str = ""


def route_gpx(name: str, description: str, waypoints: Sequence[Waypoint], track: np.ndarray) -> str:
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

    Returns
    -------
    str
        GPX 1.1, without any time, so that the same route gives the same text.
    """
    import gpxpy.gpx as gpx

    document = gpx.GPX()
    document.creator, document.name, document.description = "WalkWatch", name, description
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
    segment = gpx.GPXTrackSegment(
        [gpx.GPXTrackPoint(round(lat, DECIMALS), round(lon, DECIMALS)) for lon, lat in np.asarray(track, dtype=float)]
    )
    line = gpx.GPXTrack(name=name, description=description)
    line.segments.append(segment)
    document.tracks.append(line)
    return document.to_xml(version="1.1")


def corners_gpx(name: str, description: str, post: Waypoint, corners: Sequence[tuple[float, float]]) -> str:
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

    Returns
    -------
    str
        GPX 1.1 without any time; degrees with four decimals.
    """
    import gpxpy.gpx as gpx

    document = gpx.GPX()
    document.creator, document.name, document.description = "WalkWatch", name, description
    lon, lat = (round(degree, PUBLIC_DECIMALS) for degree in (post.lon, post.lat))
    document.waypoints.append(
        gpx.GPXWaypoint(lat, lon, name=post.name, description=post.description or None, symbol=post.symbol or None)
    )
    if corners:
        route = gpx.GPXRoute(name=name, description=description)
        # GPX writes latitude first.
        for lon, lat in corners:
            route.points.append(gpx.GPXRoutePoint(round(lat, PUBLIC_DECIMALS), round(lon, PUBLIC_DECIMALS)))
        document.routes.append(route)
    return document.to_xml(version="1.1")
