"""
The maps of the printed sheets: grey, legible on any printer, drawn as vectors by matplotlib.

`plan_map` shows the week, `walk_map` one walk. Look and order of layers follow the screens; names are outlines, so the
picture needs no font where it is printed. They draw what they are given and compute no figure.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from views.fonts import Face
from views.i18n import Translator
from views.plan_tables import ordinal
from views.print_labels import Board, glyphs_at, label_along, label_at, text_width

INK = "#1B2430"
GREY_TEXT, NAME_TEXT = "#55585C", "#4C525A"
LAND, WATER, WATER_BANK, PARK, CASING, BOUNDARY = "#FAFAFA", "#E2E3E4", "#C9CACB", "#ECECEC", "#CDCDCD", "#858B92"
HOTSPOT_FILL = "#DADCDE"
PX = 72 / 110  # the screens are measured at 110 dots an inch
# Dashes in points, told apart in grey; a fifth walk starts over and is named at its line.
DASHES: tuple[tuple[float, ...], ...] = ((), (6.0, 3.4), (1.5, 3.2), (8.5, 2.7, 1.6, 2.7))
ROUTE_WIDTH = 2.3
# Width of the white of a street, in pixels of the screens, at 8, 4, 2 and 1 metres a pixel.
STREET_WIDTHS = {
    "ring": (4.2, 6.5, 10.0, 16.0),
    "primary": (3.0, 4.8, 8.0, 13.0),
    "secondary": (2.0, 3.2, 5.5, 10.0),
    "local": (1.3, 2.4, 4.2, 8.0),
    "lane": (0.9, 1.5, 3.2, 6.0),
}
MINOR_FIRST = ("lane", "local", "secondary", "primary", "ring")
LEAST_WIDTH_M = 500.0
ROUND_METRES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)


class Sheet:
    """A map on paper while it is drawn: metres become points, and layers are added from the ground up."""

    def __init__(self, extent: tuple[float, float, float, float], width: float, height: float, face: Face) -> None:
        from matplotlib.figure import Figure

        self.extent, self.width, self.height, self.face = extent, width, height, face
        self.scale = width / (extent[2] - extent[0])  # points a metre
        self.board = Board(width, height, face)
        self.figure = Figure(figsize=(width / 72, height / 72), facecolor=LAND)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, width), ylim=(0, height))
        self.axes.axis("off")
        self._order = 0

    @property
    def metres_a_pixel(self) -> float:
        """Metres on the ground for one pixel of the screens' measures."""
        return PX / self.scale

    def on_paper(self, geometry: Any) -> Any:
        """Geometries in metres, clipped to the sheet with room for their width, in points."""
        room = 20 / self.scale
        x0, y0, x1, y1 = self.extent
        clipped = shapely.clip_by_rect(geometry, x0 - room, y0 - room, x1 + room, y1 + room)
        return shapely.transform(clipped, lambda xy: (xy - (x0, y0)) * self.scale)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """One place in points."""
        return (x - self.extent[0]) * self.scale, (y - self.extent[1]) * self.scale

    def draw(self, geometry: Any, **style: Any) -> None:
        """Draw points-on-paper geometries as one path."""
        path = _path(geometry)
        if path is not None:
            self.draw_path(path, **style)

    def draw_path(self, path: Any, **style: Any) -> None:
        """Draw a path above all that was drawn before."""
        from matplotlib.patches import PathPatch

        self._order += 1
        defaults = {"facecolor": "none", "edgecolor": "none", "linewidth": 0, "joinstyle": "round", "capstyle": "butt"}
        self.axes.add_patch(PathPatch(path, zorder=self._order, **{**defaults, **style}))

    def svg(self) -> str:
        """Write the labels on top and give the picture as SVG text, the same for the same map."""
        from matplotlib.path import Path

        for vertices, codes, color, halo in self.board.outlines:
            path = Path(vertices, codes)
            self.draw_path(path, edgecolor="white", linewidth=halo, alpha=0.92)
            self.draw_path(path, facecolor=color)
        buffer = io.StringIO()
        self.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return buffer.getvalue()


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
    with _style():
        spots = _marks(plan.walks, plan.watches)
        shapes = [walk.line for walk in plan.walks] + _near(hotspots, spots)
        if not spots and neighborhoods is not None:
            shapes = list(neighborhoods.geometry)
        elif not spots and streets is not None:
            shapes = list(streets.geometry)
        sheet = Sheet(_extent(spots, shapes, width, height, margin=0.09), width, height, face)
        _ground(sheet, streets, land, neighborhoods)
        _hotspots(sheet, hotspots)
        for walk in plan.walks:
            _route(sheet, walk, ROUTE_WIDTH)
        names = {(start.x, start.y): readable(t, start, face) for start in _starts(plan.walks)}
        _place_marks(sheet, plan.walks, plan.watches, names, stop_names={}, size=8.2, disc=7.4)
        for walk in plan.walks:
            _arrows(sheet, walk, ROUTE_WIDTH)
        _furniture(sheet, t, credit, streets)
        if len(plan.walks) > len(DASHES):
            _name_routes(sheet, plan.walks, t)
        _name_neighborhoods(sheet, neighborhoods, t)
        _name_streets(sheet, streets, t, size=7.4, classes=_named_classes(sheet.metres_a_pixel), beside=9.0)
        _name_water(sheet, land, t)
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
    with _style():
        spots = _marks([walk], [])
        sheet = Sheet(_extent(spots, [walk.line], width, height, margin=0.13), width, height, face)
        _ground(sheet, streets, land, neighborhoods, boundaries=False)
        _route(sheet, walk, 3.6, dashes=())
        names = {(walk.start.x, walk.start.y): start_name}
        by_place = {(stop.x, stop.y): name for stop, name in zip(walk.stops, stop_names, strict=True)}
        _furniture(sheet, t, credit, streets)
        _place_marks(sheet, [walk], [], names, stop_names=by_place, size=9.6, disc=9.8)
        _arrows(sheet, walk, 3.6)
        used = {turn.street for leg in walk.legs for turn in leg.turns if turn.street}
        _name_streets(sheet, streets, t, size=8.6, classes=MINOR_FIRST, beside=11.0, first=used)
        _name_water(sheet, land, t)
        return sheet.svg()


def readable(t: Translator, place: Any, face: Face, fallback: str = "") -> str:
    """A place's name in the translator's language, or the other one, or `fallback`: whichever the face can draw."""
    # A Series' own `.name` is its label, so rows are asked by column.
    by_column = isinstance(place, pd.Series | Mapping)
    name, english = (place.get(c, "") if by_column else getattr(place, c, "") for c in ("name", "name_en"))
    wanted = (english, name) if t.language == "en" else (name, english)
    return next((text for text in wanted if isinstance(text, str) and text and face.can_draw(text)), fallback)


def _style() -> Any:
    import matplotlib

    # A fixed salt makes ids inside the SVG the same from run to run; dashes are given in points, not in line widths.
    return matplotlib.rc_context({"svg.hashsalt": "walkwatch", "svg.fonttype": "path", "lines.scale_dashes": False})


def _starts(walks: Sequence[Any]) -> list[Any]:
    return list({(walk.start.x, walk.start.y): walk.start for walk in walks}.values())


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
    spots: list[tuple[float, float]], shapes: Sequence[BaseGeometry], width: float, height: float, *, margin: float
) -> tuple[float, float, float, float]:
    """The ground to show: all shapes and places, a margin, at least 500 m, in the sheet's proportions."""
    bounds = [shape.bounds for shape in shapes if not shape.is_empty] + [(x, y, x, y) for x, y in spots]
    if not bounds:
        return (0.0, 0.0, 1000.0, 1000.0 * height / width)
    table = np.array(bounds)
    x0, y0, x1, y1 = table[:, 0].min(), table[:, 1].min(), table[:, 2].max(), table[:, 3].max()
    across = max((x1 - x0) * (1 + 2 * margin), (y1 - y0) * (1 + 2 * margin) * width / height, LEAST_WIDTH_M)
    up = across * height / width
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return (x - across / 2, y - up / 2, x + across / 2, y + up / 2)


def _ground(
    sheet: Sheet,
    streets: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
    neighborhoods: gpd.GeoDataFrame | None,
    *,
    boundaries: bool = True,
) -> None:
    """Parks, water, rails, streets, then the veil outside the study area and the neighborhoods' outlines."""
    if land is not None and len(land):
        for kind, fill, edge, line_width in (
            ("park", PARK, PARK, 0.6),
            ("water", WATER, WATER_BANK, 0.8),
            ("rail", "none", "#C4C5C6", 1.5),
        ):
            shapes = sheet.on_paper(land.geometry[(land["kind"] == kind).to_numpy()].to_numpy())
            areas = shapely.get_dimensions(shapes) == 2
            sheet.draw(shapes[areas], facecolor=fill, edgecolor=edge, linewidth=line_width)
            sheet.draw(shapes[~areas], edgecolor=edge, linewidth=max(line_width, 2.0 if kind == "water" else 0.0))
    if streets is not None and len(streets):
        _streets(sheet, streets)
    if neighborhoods is not None and len(neighborhoods):
        shapes = sheet.on_paper(shapely.make_valid(neighborhoods.geometry.to_numpy()))
        shapes = shapely.simplify(shapes[~shapely.is_empty(shapes)], 0.3)
        paper = box(-5, -5, sheet.width + 5, sheet.height + 5)
        sheet.draw(paper.difference(shapely.union_all(shapes, grid_size=0.05)), facecolor="white", alpha=0.62)
        if boundaries:
            sheet.draw(shapely.boundary(shapes), edgecolor="white", linewidth=1.9, alpha=0.8)
            sheet.draw(shapely.boundary(shapes), edgecolor=BOUNDARY, linewidth=0.65, linestyle=(0, (4.6, 2.0)))


def _streets(sheet: Sheet, streets: gpd.GeoDataFrame) -> None:
    scale = sheet.metres_a_pixel
    classes = streets["road_class"].to_numpy()
    # Beyond these scales minor streets would only grey the paper.
    shown = [
        name for name in MINOR_FIRST if not (name == "lane" and scale > 9) and not (name == "local" and scale > 24)
    ]
    lines = {}
    for name in shown:
        geometry = sheet.on_paper(streets.geometry.to_numpy()[classes == name])
        geometry = shapely.simplify(geometry[~shapely.is_empty(geometry)], 0.25)
        merged = shapely.line_merge(shapely.union_all(geometry)) if len(geometry) else shapely.Point()
        lines[name] = (merged, _street_width(name, scale))
    for geometry, width in lines.values():
        sheet.draw(geometry, edgecolor=CASING, linewidth=width + 0.95, capstyle="round")
    for geometry, width in lines.values():
        sheet.draw(geometry, edgecolor="white", linewidth=width, capstyle="round")


def _street_width(road_class: str, metres_a_pixel: float) -> float:
    steps = np.log2([1, 2, 4, 8])
    widths = STREET_WIDTHS.get(road_class, STREET_WIDTHS["local"])[::-1]
    shrink = min(1.0, 8 / metres_a_pixel)  # beyond the table streets thin out with the scale
    return float(np.interp(np.log2(metres_a_pixel), steps, widths)) * PX * max(shrink, 0.35)


def _hotspots(sheet: Sheet, hotspots: gpd.GeoDataFrame | None) -> None:
    if hotspots is None or not len(hotspots):
        return
    shapes = sheet.on_paper(hotspots.geometry.to_numpy())
    sheet.draw(shapes, facecolor=HOTSPOT_FILL, alpha=0.55)
    sheet.draw(shapes, edgecolor="white", linewidth=2.6)
    sheet.draw(shapes, edgecolor="#4A525C", linewidth=1.1)
    sheet.board.lines.extend(shapely.buffer(shapely.boundary(shapes[~shapely.is_empty(shapes)]), 1.0))


def _route(sheet: Sheet, walk: Any, width: float, dashes: tuple[float, ...] | None = None) -> None:
    """The line, white-edged."""
    line = sheet.on_paper(walk.line)
    if line.is_empty:
        return
    pattern = DASHES[(walk.number - 1) % len(DASHES)] if dashes is None else dashes
    sheet.draw(line, edgecolor="white", linewidth=width + 2.4, capstyle="round")
    sheet.draw(line, edgecolor=INK, linewidth=width, linestyle=(0, pattern) if pattern else "solid")
    sheet.board.lines.append(line.buffer(width / 2 + 1.6))


def _arrows(sheet: Sheet, walk: Any, width: float) -> None:
    """Arrow heads on every leg that is long enough to carry one, off the marks."""
    arrow = width * 1.6 + 1.4
    for leg in [leg.line for leg in walk.legs] or [walk.line]:
        part = sheet.on_paper(leg)
        for piece in shapely.get_parts(part):
            if piece.length < 30:
                continue
            heads = max(1, int(piece.length // 95))
            for share in (np.arange(heads) + 0.5) / heads:
                _arrow(sheet, piece, share * piece.length, arrow)


def _arrow(sheet: Sheet, line: LineString, at: float, size: float) -> None:
    # Slide off corners, where an arrow points nowhere, and off marks.
    for shift in (0.0, 7.0, -7.0, 14.0, -14.0, 21.0, -21.0):
        a, b = (line.interpolate(at + shift + step) for step in (-size * 0.9, size * 0.9))
        spot = shapely.Point((a.x + b.x) / 2, (a.y + b.y) / 2).buffer(size * 1.1)
        if a.distance(b) > size * 1.7 and sheet.board.is_free(spot, lines=False):
            break
    else:
        return
    sheet.board.taken.append(spot)
    direction = np.array([b.x - a.x, b.y - a.y])
    along = direction / np.hypot(*direction)
    across = np.array([-along[1], along[0]])
    tip = np.array([(a.x + b.x) / 2, (a.y + b.y) / 2]) + along * size
    corners = [tip, tip - along * size * 1.9 + across * size * 0.85, tip - along * size * 1.9 - across * size * 0.85]
    sheet.draw(Polygon(corners), facecolor=INK, edgecolor="white", linewidth=0.7, joinstyle="miter")


def _place_marks(
    sheet: Sheet,
    walks: Sequence[Any],
    watches: Sequence[Any],
    start_names: dict[tuple[float, float], str],
    stop_names: dict[tuple[float, float], str],
    *,
    size: float,
    disc: float,
) -> None:
    """Starts, stops and posts, none of them on another; then their names around them."""
    spots = {(start.x, start.y): sheet.point(start.x, start.y) for start in _starts(walks)}
    for x, y in spots.values():
        _take(sheet, x, y, 6.8)
        _flag(sheet, x, y, 6.2)
    named = []
    for walk in walks:
        for stop in walk.stops:
            x, y = _beside_others(sheet, *sheet.point(stop.x, stop.y), disc)
            _disc(sheet, x, y, disc, str(stop.number))
            named.append((stop_names.get((stop.x, stop.y), ""), x, y, disc))
    for watch in watches:
        x, y = _beside_others(sheet, *sheet.point(watch.x, watch.y), 9.6)
        _shield(sheet, x, y, 11.5, str(watch.number))
    named += [(start_names.get(place, ""), x, y, 6.8) for place, (x, y) in spots.items()]
    for name, x, y, radius in named:
        if name:
            half = text_width(name, size, sheet.face, bold=True) / 2
            label_at(sheet.board, name, _around(x, y, half, radius, size), size=size, color=INK, bold=True, must=True)


def _around(x: float, y: float, half: float, radius: float, size: float) -> list[tuple[float, float]]:
    """Where a name may stand around a mark: below, above, right, left, then the corners, near and a little further."""
    spots = []
    for gap in (3.0, 9.0, 18.0):
        up, out = radius + size * 0.6 + gap, radius + half + gap
        spots += [(x, y - up), (x + out, y), (x - out, y), (x, y + up)]
        spots += [
            (x + half * 0.8, y - up),
            (x - half * 0.8, y - up),
            (x + half * 0.8, y + up),
            (x - half * 0.8, y + up),
        ]
    return spots


def _beside_others(sheet: Sheet, x: float, y: float, radius: float) -> tuple[float, float]:
    """The mark's place, moved just enough to touch no other mark; it is then tied to its place by a hairline."""
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False) + np.pi / 2
    for reach in (0.0, 8.0, 14.0, 20.0, 27.0, 36.0):
        for angle in angles if reach else angles[:1]:
            a, b = x + reach * np.cos(angle), y + reach * np.sin(angle)
            spot = shapely.Point(a, b).buffer(radius + 0.8)
            if sheet.board.is_free(spot, lines=False):
                if reach:
                    sheet.draw(LineString([(x, y), (a, b)]), edgecolor=INK, linewidth=0.7)
                    sheet.draw(shapely.Point(x, y).buffer(1.3), facecolor=INK)
                sheet.board.taken.append(spot)
                return a, b
    _take(sheet, x, y, radius)
    return x, y


def _take(sheet: Sheet, x: float, y: float, radius: float) -> None:
    sheet.board.taken.append(shapely.Point(x, y).buffer(radius + 0.8))


def _disc(sheet: Sheet, x: float, y: float, radius: float, number: str) -> None:
    circle = shapely.Point(x, y).buffer(radius - 1.0, quad_segs=24)
    sheet.draw(circle, edgecolor="white", linewidth=3.6)
    sheet.draw(circle, facecolor="white", edgecolor=INK, linewidth=1.7)
    _number(sheet, x, y, radius * (1.3 if len(number) == 1 else 1.0), number, INK)


def _shield(sheet: Sheet, x: float, y: float, half: float, number: str) -> None:
    from matplotlib.path import Path

    points = [(0, 1), (0.35, 0.84), (0.65, 0.78), (0.82, 0.78), (0.82, 0.0), (0.82, -0.62), (0.35, -0.9), (0, -1.08)]
    points += [(-0.35, -0.9), (-0.82, -0.62), (-0.82, 0.0), (-0.82, 0.78), (-0.65, 0.78), (-0.35, 0.84), (0, 1), (0, 1)]
    curve, line = Path.CURVE4, Path.LINETO
    codes = [
        Path.MOVETO,
        curve,
        curve,
        curve,
        line,
        curve,
        curve,
        curve,
        curve,
        curve,
        curve,
        line,
        curve,
        curve,
        curve,
    ]
    path = Path(np.array(points) * half + (x, y), [*codes, Path.CLOSEPOLY])
    sheet.draw_path(path, edgecolor="white", linewidth=2.4)
    sheet.draw_path(path, facecolor=INK)
    _number(sheet, x, y + half * 0.03, half * (1.05 if len(number) == 1 else 0.85), number, "white")


def _flag(sheet: Sheet, x: float, y: float, half: float) -> None:
    square = box(x - half, y - half, x + half, y + half).buffer(0.6)
    sheet.draw(square, edgecolor="white", linewidth=3.4)
    sheet.draw(square, facecolor="white", edgecolor=INK, linewidth=1.3)
    left, top = x - half * 0.5, y + half * 0.6
    sheet.draw(LineString([(left, top), (left, y - half * 0.7)]), edgecolor=INK, linewidth=1.2)
    flag = [(0, 0), (1.15, 0), (0.85, -0.38), (1.15, -0.8), (0, -0.8)]
    sheet.draw(Polygon([(left + a * half, top + b * half) for a, b in flag]), facecolor=INK)


def _number(sheet: Sheet, x: float, y: float, size: float, text: str, color: str) -> None:
    from matplotlib.path import Path

    sheet.draw_path(Path(*glyphs_at(text, x, y, size, sheet.face, bold=True)), facecolor=color)


def _furniture(sheet: Sheet, t: Translator, credit: str, streets: gpd.GeoDataFrame | None) -> None:
    """Scale bar bottom left, credit bottom right, and across the top the sentence that there are no streets."""
    from matplotlib.path import Path

    length = max((m for m in ROUND_METRES if m * sheet.scale <= sheet.width * 0.2), default=ROUND_METRES[0])
    bar = length * sheet.scale
    words = t("print.scale_km", n=length // 1000) if length >= 1000 else t("print.scale_m", n=length)
    total = bar + text_width(words, 7.2, sheet.face) + 18
    _panel(sheet, box(2, 2, 2 + total, 17))
    sheet.draw(LineString([(8, 12), (8, 8), (8 + bar, 8), (8 + bar, 12)]), edgecolor=INK, linewidth=0.9)
    sheet.draw(LineString([(8 + bar / 2, 8), (8 + bar / 2, 11)]), edgecolor=INK, linewidth=0.9)
    sheet.draw_path(Path(*glyphs_at(words, 12 + bar, 10, 7.2, sheet.face, align="left")), facecolor=GREY_TEXT)
    texts = [(credit, 2.0, "right")] if credit and sheet.face.can_draw(credit) else []
    for text, y, _ in texts:
        width = text_width(text, 6.6, sheet.face)
        _panel(sheet, box(sheet.width - width - 10, y, sheet.width - 2, y + 12))
        right = glyphs_at(text, sheet.width - 5, y + 6, 6.6, sheet.face, align="right")
        sheet.draw_path(Path(*right), facecolor=GREY_TEXT)
    if streets is None or not len(streets):
        text = t("print.straight_lines_map")
        width = text_width(text, 8.2, sheet.face, bold=True)
        middle = glyphs_at(text, sheet.width / 2, sheet.height - 11, 8.2, sheet.face, bold=True)
        _panel(
            sheet,
            box(sheet.width / 2 - width / 2 - 5, sheet.height - 19, sheet.width / 2 + width / 2 + 5, sheet.height - 3),
        )
        sheet.draw_path(Path(*middle), facecolor=INK)


def _panel(sheet: Sheet, shape: Polygon) -> None:
    sheet.draw(shape, facecolor="white", alpha=0.86)
    sheet.board.taken.append(shape)


def _name_routes(sheet: Sheet, walks: Sequence[Any], t: Translator) -> None:
    for walk in walks:
        line = sheet.on_paper(walk.line)
        if line.is_empty:
            continue
        spots = [line.interpolate(share, normalized=True) for share in (0.5, 0.4, 0.6, 0.3, 0.7)]
        around = [(p.x + dx, p.y + dy) for p in spots for dx, dy in ((0, 9), (0, -9), (22, 0), (-22, 0))]
        label_at(sheet.board, ordinal(t, "walk", walk.number), around, size=7.4, color=INK, bold=True)


def _name_neighborhoods(sheet: Sheet, neighborhoods: gpd.GeoDataFrame | None, t: Translator) -> None:
    if neighborhoods is None or not len(neighborhoods):
        return
    paper = box(0, 0, sheet.width, sheet.height)
    shapes = shapely.intersection(sheet.on_paper(shapely.make_valid(neighborhoods.geometry.to_numpy())), paper)
    for i in np.argsort(-shapely.area(shapes), kind="stable"):
        row, shape = neighborhoods.iloc[i], shapes[i]
        name = readable(t, row, sheet.face, str(row["neighborhood_id"]))
        if shape.area < 60 or not name:
            continue
        spacing = 1.9 if t.language == "zh" else 0.5
        label_at(
            sheet.board, name, _spots_in(shape), size=9.0, color=NAME_TEXT, bold=True, spacing=spacing, inside=shape
        )


def _spots_in(shape: BaseGeometry) -> list[tuple[float, float]]:
    """Candidates inside an area: its middle, then a coarse lattice around it, nearest first."""
    center = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
    x0, y0, x1, y1 = shape.bounds
    xs, ys = np.meshgrid(np.linspace(x0, x1, 9)[1:-1], np.linspace(y0, y1, 9)[1:-1])
    lattice = np.column_stack([xs.ravel(), ys.ravel()])
    order = np.argsort(np.hypot(*(lattice - (center.x, center.y)).T), kind="stable")
    return [(center.x, center.y), *map(tuple, lattice[order])]


def _named_classes(metres_a_pixel: float) -> tuple[str, ...]:
    if metres_a_pixel > 7:
        return ("primary", "ring")
    return ("secondary", "primary", "ring") if metres_a_pixel > 3 else MINOR_FIRST


def _name_streets(
    sheet: Sheet,
    streets: gpd.GeoDataFrame | None,
    t: Translator,
    *,
    size: float,
    classes: Sequence[str],
    beside: float,
    first: set[str] | frozenset[str] = frozenset(),
) -> None:
    """Names of streets: those the walk uses, then by class and length; what does not fit is left out."""
    if streets is None or not len(streets):
        return
    x0, y0, x1, y1 = sheet.extent
    wanted = (streets["road_class"].isin(classes) | streets["name"].isin(first)) & streets["name"].ne("")
    view = streets[wanted.to_numpy() & shapely.intersects(streets.geometry.to_numpy(), box(x0, y0, x1, y1))]
    groups = []
    for name, rows in view.groupby("name", observed=True, sort=True):
        parts: Any = shapely.get_parts(shapely.line_merge(shapely.union_all(sheet.on_paper(rows.geometry.to_numpy()))))
        rank = max(MINOR_FIRST.index(c) if c in MINOR_FIRST else 0 for c in rows["road_class"])
        groups.append((name not in first, -rank, -float(shapely.length(parts).sum()), name, rows.iloc[0], list(parts)))
    for unused, _, _, _, row, lines in sorted(groups, key=lambda group: group[:4]):
        text = readable(t, row, sheet.face)
        spacing = 1.6 if t.language == "zh" else 0.2
        if text:
            color = GREY_TEXT if unused else INK
            label_along(sheet.board, text, lines, size=size, color=color, spacing=spacing, beside=beside, apart=230.0)


def _name_water(sheet: Sheet, land: gpd.GeoDataFrame | None, t: Translator) -> None:
    if land is None or not len(land) or "name" not in land:
        return
    named = land[(land["kind"] == "water") & land["name"].fillna("").ne("")]
    for _, row in named.drop_duplicates("name").iterrows():
        shape = shapely.intersection(sheet.on_paper(row.geometry), box(0, 0, sheet.width, sheet.height))
        text = readable(t, row, sheet.face)
        if shape.is_empty or not text:
            continue
        if shape.geom_type.endswith("LineString"):
            label_along(sheet.board, text, list(shapely.get_parts(shape)), size=8.0, color=GREY_TEXT, spacing=4, most=1)
            continue
        for x, y in _spots_in(shape)[:30]:
            around = shapely.intersection(shape, shapely.Point(x, y).buffer(34))
            if around.is_empty or not shapely.intersects_xy(shape, x, y):
                continue
            angle = _long_axis(around)
            if label_at(sheet.board, text, [(x, y)], size=8.0, color=GREY_TEXT, spacing=3.5, angle=angle, halo=0.0):
                break


def _long_axis(shape: BaseGeometry) -> float:
    """Direction of a shape's longer side in degrees, between -90 and 90."""
    corners = np.array(shapely.get_coordinates(shape.minimum_rotated_rectangle)[:3])
    if len(corners) < 3:
        return 0.0
    sides = np.diff(corners, axis=0)
    dx, dy = sides[np.argmax(np.hypot(*sides.T))]
    angle = float(np.degrees(np.arctan2(dy, dx)))
    return angle - 180 if angle > 90 else angle + 180 if angle < -90 else angle


def _path(geometry: Any) -> Any:
    """One matplotlib path of any mix of lines and polygons; None where nothing is left."""
    from matplotlib.path import Path

    parts = shapely.get_parts(shapely.get_parts(np.atleast_1d(np.asarray(geometry, dtype=object))))
    parts = shapely.orient_polygons(parts)  # holes run against their rings, or they would be filled
    rings = [ring for part in parts for ring in _rings(part)]
    if not rings:
        return None
    vertices = np.concatenate(rings)
    codes = np.full(len(vertices), Path.LINETO, dtype=Path.code_type)
    codes[np.concatenate([[0], np.cumsum([len(ring) for ring in rings])[:-1]])] = Path.MOVETO
    return Path(vertices, codes)


def _rings(part: Any) -> list[np.ndarray]:
    if part.is_empty or part.geom_type == "Point":
        return []
    if part.geom_type == "Polygon":
        return [np.asarray(ring.coords)[:, :2] for ring in (part.exterior, *part.interiors)]
    if part.geom_type in ("LineString", "LinearRing"):
        return [np.asarray(part.coords)[:, :2]]
    return [ring for inner in shapely.get_parts(part) for ring in _rings(inner)]
