"""
The city's own picture under every map: streets, water, parks, rails and neighborhoods, drawn from the workspace.

It answers "what does this piece of the map look like at this scale?" with pixels. Names are `views.labels`, events are
`views.event_picture`; nothing here asks a server.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.schema import ROAD_CLASSES
from views import style
from views.mercator import WEB_MERCATOR

METATILE = 4  # tiles drawn at one go, per side: the setup of a picture costs more than its lines
MARGIN = 24  # pixels drawn beyond the edge, so that a wide line does not end at it
LANES_FROM = 9.0  # metres a pixel above which lanes are no longer drawn
LOCALS_FROM = 24.0


@dataclass(frozen=True, eq=False)
class Basemap:
    """
    What the tiles are drawn from, in EPSG:3857 metres. Arrays of geometries, each with its search tree.

    `streets` and its companions run in parallel; `rank` is the position of the class in `ROAD_CLASSES`.
    """

    streets: np.ndarray
    rank: np.ndarray
    bridge: np.ndarray
    street_names: np.ndarray
    street_names_en: np.ndarray
    land: dict[str, gpd.GeoDataFrame]
    neighborhoods: gpd.GeoDataFrame | None
    study_area: Any
    bounds: tuple[float, float, float, float]
    lat: float


def make_basemap(
    streets: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
    neighborhoods: gpd.GeoDataFrame | None,
    points: tuple[np.ndarray, np.ndarray] | None = None,
) -> Basemap:
    """
    Prepare the frames of a workspace (any CRS) for drawing.

    Parameters
    ----------
    streets, land, neighborhoods : GeoDataFrame or None
        With the columns of `geo.schema`; what is missing is not drawn.
    points : (x, y) arrays in EPSG:3857 or None
        Where the events lie; they bound the map when there are no polygons.
    """
    if streets is not None and "beside" in streets:
        streets = streets[streets["beside"].eq("")]  # a sidewalk beside its street would draw it twice
    roads = _lines(streets)
    areas = None
    if neighborhoods is not None and len(neighborhoods):
        areas = neighborhoods.to_crs(WEB_MERCATOR)
        leaves = ~areas["neighborhood_id"].isin(areas["parent_id"].dropna())
        areas = areas[leaves & ~areas.geometry.is_empty].reset_index(drop=True)
    study_area = shapely.union_all(shapely.make_valid(areas.geometry.array)) if areas is not None else None
    bounds = _bounds(study_area, roads, points)
    middle = (bounds[1] + bounds[3]) / 2
    lat = float(np.degrees(2 * np.arctan(np.exp(middle * np.pi / 20037508.342789244)) - np.pi / 2))
    if study_area is not None:
        shapely.prepare(study_area)
    frame = streets.loc[_drawable(streets)] if streets is not None else None
    return Basemap(
        streets=roads,
        rank=_ranks(frame),
        bridge=frame["bridge"].fillna(False).to_numpy(bool) if frame is not None else np.zeros(0, bool),
        street_names=_texts(frame, "name"),
        street_names_en=_texts(frame, "name_en"),
        land=_land(land),
        neighborhoods=areas,
        study_area=study_area,
        bounds=bounds,
        lat=lat,
    )


def _drawable(frame: gpd.GeoDataFrame) -> np.ndarray:
    return np.asarray(frame.geometry.notna() & ~frame.geometry.is_empty)


def _lines(streets: gpd.GeoDataFrame | None) -> np.ndarray:
    if streets is None or streets.empty:
        return np.zeros(0, object)
    return np.asarray(streets.loc[_drawable(streets)].geometry.to_crs(WEB_MERCATOR).array)


def _ranks(frame: gpd.GeoDataFrame | None) -> np.ndarray:
    if frame is None:
        return np.zeros(0, int)
    order = {name: place for place, name in enumerate(ROAD_CLASSES)}
    return frame["road_class"].astype(str).map(order).fillna(len(ROAD_CLASSES) - 1).to_numpy(int)


def _texts(frame: gpd.GeoDataFrame | None, column: str) -> np.ndarray:
    if frame is None or column not in frame:
        return np.zeros(0 if frame is None else len(frame), object)
    return frame[column].astype(object).where(frame[column].notna(), "").to_numpy(object)


def _land(land: gpd.GeoDataFrame | None) -> dict[str, gpd.GeoDataFrame]:
    if land is None or land.empty:
        return {}
    land = land.loc[_drawable(land)].to_crs(WEB_MERCATOR)
    return {str(kind): part.reset_index(drop=True) for kind, part in land.groupby("kind", observed=True)}


def _bounds(area: Any, roads: np.ndarray, points: tuple[np.ndarray, np.ndarray] | None) -> tuple:
    if area is not None:
        return tuple(area.bounds)
    if points is not None and np.isfinite(points[0]).any():
        x, y = (axis[np.isfinite(axis)] for axis in points)
        # One stray point must not shrink the city to a dot.
        return (*(float(np.quantile(a, 0.002)) for a in (x, y)), *(float(np.quantile(a, 0.998)) for a in (x, y)))
    if len(roads):
        return tuple(shapely.total_bounds(roads))
    return (-2e7, -8e6, 2e7, 1e7)


def draw(base: Basemap, *, left: float, top: float, scale: float, width: int, height: int) -> np.ndarray:
    """
    Draw a rectangle of the map.

    Parameters
    ----------
    left, top : float
        The rectangle's upper left corner in EPSG:3857 metres.
    scale : float
        Pixels per Mercator metre.
    width, height : int
        In pixels.

    Returns
    -------
    array of (height, width, 4) uint8
    """
    pen = make_pen(left=left, top=top, scale=scale, width=width, height=height)
    draw_ground(pen, base)
    _draw_areas(pen, base, pen.box)
    return pen.pixels()


def make_pen(*, left: float, top: float, scale: float, width: int, height: int) -> "Pen":
    """An empty surface over a rectangle of the map, as `draw` takes it."""
    from matplotlib.backends.backend_agg import RendererAgg

    return Pen(RendererAgg(width, height, 72), left, top, scale, height)


def draw_ground(pen: "Pen", base: Basemap) -> None:
    """Land, parks, water, rails and streets; no outline of a neighborhood."""
    resolution = float(np.cos(np.radians(base.lat)) / pen.scale)
    pen.fill([pen.box], style.LAND)
    _draw_land(pen, base, pen.box, resolution)
    _draw_roads(pen, base, pen.box, resolution)


def _near(geometries: Any, box: Any) -> np.ndarray:
    values = np.asarray(geometries)
    if not len(values):
        return np.zeros(0, int)
    bounds = shapely.bounds(values)
    west, south, east, north = box.bounds
    return np.flatnonzero(
        (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    )


def _draw_land(pen: "Pen", base: Basemap, box: Any, resolution: float) -> None:
    for kind, color in (("park", style.PARK), ("water", style.WATER)):
        if kind not in base.land:
            continue
        shapes = np.asarray(base.land[kind].geometry.array)
        shapes = shapes[_near(shapes, box)]
        flat = shapely.get_dimensions(shapes) == 2
        pen.fill(shapely.clip_by_rect(shapely.make_valid(shapes[flat]), *box.bounds), color)
        if kind == "water":
            pen.lines(shapes[~flat], style.BANK, max(1.2, 8 / resolution) + 1.6)
            pen.lines(shapes[~flat], style.WATER, max(1.2, 8 / resolution))
            pen.lines(shapely.intersection(shapely.boundary(shapes[flat]), box), style.BANK, 0.8)
    if "rail" in base.land:
        rails = np.asarray(base.land["rail"].geometry.array)
        rails = rails[_near(rails, box)]
        pen.lines(rails, style.RAIL, 2.2 if resolution < 12 else 1.2)
        if resolution < 12:
            pen.lines(rails, "#FFFFFF", 1.0, dash=(6, 6), cap="butt")


def _draw_roads(pen: "Pen", base: Basemap, box: Any, resolution: float) -> None:
    seen = _near(base.streets, box)
    rank, bridge = base.rank[seen], base.bridge[seen]
    lines = shapely.simplify(base.streets[seen], 0.35 / pen.scale, preserve_topology=False)
    limit = len(ROAD_CLASSES) - (1 if resolution > LANES_FROM else 0) - (1 if resolution > LOCALS_FROM else 0)
    widths = [style.road_width(name, resolution) for name in ROAD_CLASSES]
    casings = [style.ROAD_WIDTHS[name][1] for name in ROAD_CLASSES]
    hair = resolution > 5.6
    for step in range(limit - 1, -1, -1):
        if ROAD_CLASSES[step] == "lane" and hair:
            pen.lines(lines[rank == step], style.HAIRLINE, 0.9)
        else:
            pen.lines(lines[rank == step], style.CASING, widths[step] + casings[step])
    for step in range(limit - 1, -1, -1):
        if not (ROAD_CLASSES[step] == "lane" and hair):
            pen.lines(lines[rank == step], "#FFFFFF", widths[step])
    for step in range(min(limit, 4) - 1, -1, -1):
        over = lines[(rank == step) & bridge]
        pen.lines(over, style.BRIDGE_CASING, widths[step] + 2.4, cap="butt")
        pen.lines(over, "#FFFFFF", widths[step])


def _draw_areas(pen: "Pen", base: Basemap, box: Any) -> None:
    if base.neighborhoods is None:
        return
    outside = shapely.difference(box, shapely.clip_by_rect(shapely.make_valid(base.study_area), *box.bounds))
    pen.fill([outside], "#FFFFFF", alpha=0.62)
    shapes = np.asarray(base.neighborhoods.geometry.array)
    edges = shapely.boundary(shapely.simplify(shapes[_near(shapes, box)], 0.4 / pen.scale))
    if len(edges):
        # One line where two neighborhoods meet: two dashed lines on each other would look solid.
        shared = shapely.line_merge(shapely.intersection(shapely.union_all(edges), box))
        pen.lines([shared], "#FFFFFF", 3.2, alpha=0.85)
        pen.lines([shared], style.NEIGHBORHOOD_EDGE, 1.1, dash=(7, 3), cap="butt")
    city = shapely.intersection(shapely.boundary(shapely.simplify(base.study_area, 0.4 / pen.scale)), box)
    pen.lines([city], style.CITY_EDGE, 1.6, cap="butt")


@dataclass
class Pen:
    """Strokes and fills in EPSG:3857 on an Agg surface whose y runs upward."""

    renderer: Any
    left: float
    top: float
    scale: float
    height: int

    @property
    def box(self) -> Any:
        """The rectangle drawn on, with a margin so that a wide line does not end at the edge."""
        width = self.renderer.width
        return shapely.box(
            self.left - MARGIN / self.scale,
            self.top - (self.height + MARGIN) / self.scale,
            self.left + (width + MARGIN) / self.scale,
            self.top + MARGIN / self.scale,
        )

    def pixels(self) -> np.ndarray:
        """What was drawn, as an array of (height, width, 4) uint8."""
        return np.asarray(self.renderer.buffer_rgba()).copy()

    def restore(self, pixels: np.ndarray) -> None:
        """Go back to what `pixels` gave."""
        np.asarray(self.renderer.buffer_rgba())[:] = pixels

    def outline(
        self, vertices: np.ndarray, codes: np.ndarray, color: str | None, edge: str | None, width: float
    ) -> None:
        """Fill and stroke a path given in pixels, y upward: the outlines of letters."""
        from matplotlib.colors import to_rgba
        from matplotlib.path import Path
        from matplotlib.transforms import IdentityTransform

        context = self.renderer.new_gc()
        context.set_antialiased(True)
        context.set_snap(False)
        context.set_linewidth(width)
        context.set_joinstyle("round")
        if edge:
            context.set_foreground(to_rgba(edge), isRGBA=True)
        face = to_rgba(color) if color else None
        self.renderer.draw_path(context, Path(vertices, codes), IdentityTransform(), face)

    def _pixels(self, coordinates: np.ndarray) -> np.ndarray:
        return np.column_stack(
            [
                (coordinates[:, 0] - self.left) * self.scale,
                self.height - (self.top - coordinates[:, 1]) * self.scale,
            ]
        )

    def fill(self, shapes: Iterable[Any], color: str, *, alpha: float = 1.0) -> None:
        self._stroke(_rings(shapes), None, 0, color, alpha, None, "butt", closed=True)

    def lines(
        self,
        shapes: Iterable[Any],
        color: str,
        width: float,
        *,
        dash: tuple[float, ...] | None = None,
        cap: str = "round",
        alpha: float = 1.0,
    ) -> None:
        parts = shapely.get_parts(np.asarray(list(shapes), object))
        while len(parts) and (shapely.get_type_id(parts) > 2).any():
            parts = shapely.get_parts(parts)
        parts = parts[np.isin(shapely.get_type_id(parts), (1, 2))]
        self._stroke(parts, color, width, None, alpha, dash, cap)

    def _stroke(
        self,
        parts: np.ndarray,
        color: str | None,
        width: float,
        face: str | None,
        alpha: float,
        dash: tuple[float, ...] | None,
        cap: str,
        *,
        closed: bool = False,
    ) -> None:
        from matplotlib.colors import to_rgba
        from matplotlib.path import Path
        from matplotlib.transforms import IdentityTransform

        coordinates, owner = shapely.get_coordinates(parts, return_index=True)
        if not len(coordinates):
            return
        codes = np.full(len(coordinates), Path.LINETO, Path.code_type)
        codes[np.r_[True, owner[1:] != owner[:-1]]] = Path.MOVETO
        if closed:
            codes[np.r_[owner[1:] != owner[:-1], True]] = Path.CLOSEPOLY
        context = self.renderer.new_gc()
        context.set_antialiased(True)
        context.set_snap(False)
        context.set_linewidth(width)
        context.set_capstyle(cap)
        context.set_joinstyle("round")
        if color:
            context.set_foreground(to_rgba(color, alpha), isRGBA=True)
        if dash:
            context.set_dashes(0, dash)
        path = Path(self._pixels(coordinates), codes)
        self.renderer.draw_path(context, path, IdentityTransform(), to_rgba(face, alpha) if face else None)


def _rings(shapes: Iterable[Any]) -> np.ndarray:
    parts = shapely.get_parts(np.asarray([s for s in shapes if s is not None and not s.is_empty], object))
    while len(parts) and (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    parts = parts[shapely.get_type_id(parts) == 3]
    # Holes run against their shell, or the non-zero fill rule of Agg would fill them.
    return shapely.get_rings(shapely.orient_polygons(parts)) if len(parts) else parts


def png(pixels: np.ndarray, *, flat: bool = False) -> bytes:
    """PNG bytes of an RGBA picture; a `flat` one is opaque and keeps to the map's own colors, a quarter of the size."""
    from PIL import Image

    image = Image.fromarray(pixels, "RGBA")
    if flat:
        image = image.convert("RGB").quantize(palette=_palette(), dither=Image.Dither.NONE)
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=False, compress_level=6)
    return buffer.getvalue()


@cache
def _palette() -> Any:
    # One palette for all tiles: colors chosen anew for each would differ where two tiles meet.
    from PIL import Image, ImageColor

    white = np.array([255, 255, 255])
    colors = [style.LAND, style.WATER, style.BANK, style.PARK, style.RAIL, style.CASING, style.BRIDGE_CASING]
    lines = [style.HAIRLINE, style.NEIGHBORHOOD_EDGE, style.CITY_EDGE]
    own = [np.array(ImageColor.getrgb(color)) for color in (*colors, *lines)] + [white]
    mixed = [one + (other - one) * share for one, other in combinations(own, 2) for share in (1 / 3, 2 / 3)]
    masked = [color + (white - color) * 0.62 for color in own + mixed]
    unique = list(dict.fromkeys(tuple(np.round(color).astype(int).tolist()) for color in [*own, *masked[: len(own)]]))
    for color in [*mixed, *masked]:
        entry = tuple(np.round(color).astype(int).tolist())
        # Near twins would fill the palette's 256 places without being seen.
        if len(unique) < 256 and min(sum(abs(a - b) for a, b in zip(entry, u, strict=True)) for u in unique) > 5:
            unique.append(entry)
    image = Image.new("P", (1, 1))
    image.putpalette([part for color in unique for part in color])
    return image
