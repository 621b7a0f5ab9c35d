"""
The maps of the printed sheets: grey, legible on any printer, drawn as vectors by matplotlib.

`plan_map` shows the week, `walk_map` one walk. Look and order of layers follow the screens; names are outlines, so the
picture needs no font where it is printed. They draw what they are given and compute no figure.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from views.fonts import Face
from views.i18n import Translator
from views.print_ground import (
    MINOR_FIRST,
    draw_furniture,
    draw_ground,
    draw_hotspots,
    name_neighborhoods,
    name_streets,
    name_water,
    named_classes,
)
from views.print_marks import DASHES, draw_arrows, draw_marks, draw_route, name_routes, starts_of
from views.print_sheet import Sheet, print_style, readable

ROUTE_WIDTH, WALK_ROUTE_WIDTH = 2.3, 3.6
LEAST_WIDTH_M = 500.0
CROWDED = 30  # marks on one map from which they are drawn smaller


def plan_map(
    plan: Any,
    *,
    streets: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
    neighborhoods: gpd.GeoDataFrame | None,
    hotspots: gpd.GeoDataFrame | None,
    t: Translator,
    face: Face,
    width: float,
    height: float,
    credit: str,
) -> str:
    """
    Draw the week's walks and posts.

    Parameters
    ----------
    plan : analysis.plan.Plan
        Places in metres.
    streets, land, neighborhoods, hotspots : GeoDataFrames or None
        In the plan's metric CRS.
    width, height : float
        Points.

    Returns
    -------
    str
        SVG.
    """
    with print_style():
        spots = _marks(plan.walks, plan.watches)
        shapes = [walk.line for walk in plan.walks] + _near(hotspots, spots)
        if not spots and neighborhoods is not None:
            shapes = list(neighborhoods.geometry)
        elif not spots and streets is not None:
            shapes = list(streets.geometry)
        sheet = Sheet(_extent(spots, shapes, width, height, margin=(34, 30)), width, height, face)
        draw_ground(sheet, streets, land, neighborhoods)
        draw_hotspots(sheet, hotspots)
        for walk in plan.walks:
            draw_route(sheet, walk, ROUTE_WIDTH)
        names = {(start.x, start.y): readable(t, start, face) for start in starts_of(plan.walks)}
        disc = 7.4 if len(spots) <= CROWDED else 5.6
        draw_marks(sheet, plan.walks, plan.watches, names, stop_names={}, size=8.2, disc=disc)
        for walk in plan.walks:
            draw_arrows(sheet, walk, ROUTE_WIDTH)
        draw_furniture(sheet, t, credit, streets)
        if len(plan.walks) > len(DASHES):
            name_routes(sheet, plan.walks, t)
        name_neighborhoods(sheet, neighborhoods, t)
        name_streets(sheet, streets, t, size=7.4, classes=named_classes(sheet.metres_a_pixel), beside=9.0)
        name_water(sheet, land, t)
        return sheet.svg()


def walk_map(
    walk: Any,
    *,
    streets: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
    neighborhoods: gpd.GeoDataFrame | None,
    stop_names: Sequence[str],
    start_name: str,
    t: Translator,
    face: Face,
    width: float,
    height: float,
    credit: str,
) -> str:
    """
    Draw one walk with its stops by name; every street the walk uses is named beside the line.

    Parameters
    ----------
    walk : analysis.plan.Walk
        Places in metres.
    stop_names : sequence of str
        One a stop, in order.

    Returns
    -------
    str
        SVG.
    """
    with print_style():
        spots = _marks([walk], [])
        sheet = Sheet(_extent(spots, [walk.line], width, height, margin=(58, 46)), width, height, face)
        draw_ground(sheet, streets, land, neighborhoods, boundaries=False)
        draw_route(sheet, walk, WALK_ROUTE_WIDTH, dashes=())
        names = {(walk.start.x, walk.start.y): start_name}
        by_place = {(stop.x, stop.y): name for stop, name in zip(walk.stops, stop_names, strict=True)}
        draw_furniture(sheet, t, credit, streets)
        draw_marks(sheet, [walk], [], names, stop_names=by_place, size=9.6, disc=9.8)
        draw_arrows(sheet, walk, WALK_ROUTE_WIDTH)
        used = {turn.street for leg in walk.legs for turn in leg.turns if turn.street}
        name_streets(sheet, streets, t, size=8.6, classes=MINOR_FIRST, beside=11.0, first=used)
        name_water(sheet, land, t)
        return sheet.svg()


def post_map(
    post: Any,
    *,
    streets: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
    neighborhoods: gpd.GeoDataFrame | None,
    t: Translator,
    face: Face,
    width: float,
    height: float,
    credit: str,
) -> str:
    """
    Draw one post for volunteers: the crossing, the round around it, every street by name; nothing of any report.

    Parameters
    ----------
    post : geo.volunteers.VolunteerPost
        With a `crossing` in metres.

    Returns
    -------
    str
        SVG.
    """
    with print_style():
        x, y = post.crossing
        lines = [] if post.round is None else [post.round.line]
        around = shapely.Point(x, y).buffer(LEAST_WIDTH_M / 4)
        sheet = Sheet(_extent([(x, y)], [*lines, around], width, height, margin=(40, 30)), width, height, face)
        draw_ground(sheet, streets, land, neighborhoods, boundaries=False)
        mark = SimpleNamespace(x=x, y=y, number=post.number)
        draw_furniture(sheet, t, credit, streets)
        if post.round is not None:
            way = SimpleNamespace(line=_one_way(post.round), number=post.number, legs=())
            draw_route(sheet, way, WALK_ROUTE_WIDTH, dashes=())
            draw_marks(sheet, [], [mark], {}, stop_names={}, size=9.6, disc=11.0)
            draw_arrows(sheet, way, WALK_ROUTE_WIDTH)
        else:
            draw_marks(sheet, [], [mark], {}, stop_names={}, size=9.6, disc=11.0)
        used = set() if post.round is None else {turn.street for turn in post.round.turns if turn.street}
        name_streets(sheet, streets, t, size=8.6, classes=MINOR_FIRST, beside=11.0, first=used)
        name_water(sheet, land, t)
        return sheet.svg()


def _one_way(way: Any) -> Any:
    """The line of a round; of one that leads there and back only the way there, so that arrows do not meet."""
    return way.line if way.loop else substring(way.line, 0, 0.5, normalized=True)


def _marks(walks: Sequence[Any], watches: Sequence[Any]) -> list[tuple[float, float]]:
    places = [stop for walk in walks for stop in walk.stops] + [walk.start for walk in walks] + list(watches)
    return [(place.x, place.y) for place in places]


def _near(hotspots: gpd.GeoDataFrame | None, spots: list[tuple[float, float]]) -> list[BaseGeometry]:
    """Outlines of the hotspots that somebody goes to."""
    if hotspots is None or not len(hotspots) or not spots:
        return []
    points = shapely.MultiPoint(spots)
    return list(hotspots.geometry[hotspots.geometry.distance(points) < 50])


def _extent(
    spots: list[tuple[float, float]],
    shapes: Sequence[BaseGeometry],
    width: float,
    height: float,
    *,
    margin: tuple[float, float],
) -> tuple[float, float, float, float]:
    """The ground to show: all shapes and places, `margin` points around for names, at least 500 m across."""
    bounds = [shape.bounds for shape in shapes if not shape.is_empty] + [(x, y, x, y) for x, y in spots]
    if not bounds:
        return (0.0, 0.0, 1000.0, 1000.0 * height / width)
    table = np.array(bounds)
    x0, y0, x1, y1 = table[:, 0].min(), table[:, 1].min(), table[:, 2].max(), table[:, 3].max()
    metres_a_point = max(
        (x1 - x0) / (width - 2 * margin[0]), (y1 - y0) / (height - 2 * margin[1]), LEAST_WIDTH_M / width
    )
    x, y, half, rise = (x0 + x1) / 2, (y0 + y1) / 2, width / 2 * metres_a_point, height / 2 * metres_a_point
    return (x - half, y - rise, x + half, y + rise)
