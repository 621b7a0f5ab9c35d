"""
The pictures of the community folder: each area by its outline, and the city shaded by what was published.

They show ground and published classes, never a point or a hotspot, and hold no coordinate and no metadata: places reach
the reader as pixels alone. Names are drawn as outlines, so that a screen needs no font for them.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from views import style
from views.basemap import Basemap, Pen, draw_ground, make_basemap, make_pen
from views.community_marks import (
    COLORS,
    LETTERS,
    NO_CLASS,
    MapWords,
    furniture,
    hatch,
    legend,
    letters,
    png_of,
    readable_name,
)
from views.fonts import Face
from views.i18n import Translator
from views.labels import Label, place_labels
from views.mercator import HALF_WORLD_M, WEB_MERCATOR
from views.print_labels import _line_of_glyphs, glyphs_at, text_width

AREA_SIZE = (620, 704)  # pixels; the frame of a slide at 1920 x 1080
CITY_SIZE = (1000, 760)
EDGE = 34  # pixels left free around an outline
LEAST_WIDTH_M = 300.0
MOST_CLASSES = 5
CITY_COLORS = 40
# Outline and names alone need no more.
FEW_COLORS = 24


@dataclass(frozen=True, eq=False)
class CommunityGround:
    """What the pictures are drawn on: streets and land, and the outlines of the areas by id, in EPSG:3857."""

    base: Basemap
    outlines: dict[str, Any]
    names: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Shade:
    """How much was published of an area: a number where it is shown, `small` where it is too few, else not stated."""

    value: int | None
    small: bool = False


def community_ground(
    areas: gpd.GeoDataFrame, streets: gpd.GeoDataFrame | None = None, land: gpd.GeoDataFrame | None = None
) -> CommunityGround:
    """
    Prepare the ground once for all pictures.

    Parameters
    ----------
    areas : GeoDataFrame
        The published areas with `neighborhood_id`, `name`, `name_en`; any CRS, polygons of any number of parts.
    streets, land : GeoDataFrame or None
        With the columns of `geo.schema`; without them the pictures show outlines alone.
    """
    base = make_basemap(streets, land, areas)
    merged = areas.to_crs(WEB_MERCATOR)
    outlines = {
        str(key): shapely.make_valid(shape)
        for key, shape in zip(merged["neighborhood_id"], merged.geometry, strict=True)
        if shape is not None and not shape.is_empty
    }
    english = merged["name_en"] if "name_en" in merged else merged["name"]
    names = {
        str(key): {"name": name if isinstance(name, str) else "", "name_en": other if isinstance(other, str) else ""}
        for key, name, other in zip(merged["neighborhood_id"], merged["name"], english, strict=True)
    }
    return CommunityGround(dataclasses.replace(base, neighborhoods=None), outlines, names)


def area_png(
    ground: CommunityGround,
    area_id: str,
    t: Translator,
    face: Face,
    words: MapWords,
    size: tuple[int, int] = AREA_SIZE,
) -> bytes:
    """
    Draw one area: its outline and name over streets, water and parks; what lies outside is pale.

    Parameters
    ----------
    area_id : str
        One of `ground.outlines`.
    size : (int, int)
        Pixels.

    Returns
    -------
    bytes
        A PNG without metadata, of few colors.
    """
    return area_pngs(ground, area_id, [t], face, words, size)[t.language]


def area_pngs(
    ground: CommunityGround,
    area_id: str,
    languages: Sequence[Translator],
    face: Face,
    words: MapWords,
    size: tuple[int, int] = AREA_SIZE,
) -> dict[str, bytes]:
    """Draw one area in several languages: the ground once, then the names of each; see `area_png`."""
    shape = ground.outlines[area_id]
    pen = _pen_over(shape.bounds, size, EDGE)
    near = _around(ground.base, pen.box)
    draw_ground(pen, near)
    inside = shapely.simplify(shape, 0.4 / pen.scale)
    pen.fill([shapely.difference(pen.box, shapely.make_valid(inside))], "#FFFFFF", alpha=0.62)
    edges = [shapely.boundary(part) for part in shapely.get_parts(inside) if part.geom_type == "Polygon"]
    pen.lines(edges, "#FFFFFF", 8.0, alpha=0.9)
    pen.lines(edges, style.ACCENT, 3.8)
    unnamed, pictures = pen.pixels(), {}
    for t in languages:
        pen.restore(unnamed)
        taken = furniture(pen, t, face, words, near.lat)
        name = readable_name(ground.names[area_id], t, face)
        if name:
            taken.append(_area_name(pen, inside, name, face, spaced=t.language == "zh"))
        _names(pen, near, t, face, taken)
        pictures[t.language] = png_of(pen, COLORS if len(near.streets) else FEW_COLORS)
    return pictures


def city_png(
    ground: CommunityGround,
    shades: dict[str, Shade],
    unit: str,
    t: Translator,
    face: Face,
    words: MapWords,
    size: tuple[int, int] = CITY_SIZE,
) -> bytes:
    """
    Draw all areas, shaded from light to dark by what was published; the small and the unstated are hatched.

    Parameters
    ----------
    shades : dict of area id to Shade
        An area without one is drawn as not stated.
    unit : str
        What the legend's numbers count, in the translator's language.
    """
    strip = 62
    width, height = size[0], size[1] - strip
    boxes = shapely.total_bounds(np.array(list(ground.outlines.values()), dtype=object))
    pen = _pen_over(boxes, (width, height), 26, below=strip)
    pen.fill([pen.box], "#FFFFFF")
    shapes = {key: shapely.simplify(shape, 0.4 / pen.scale) for key, shape in ground.outlines.items()}
    breaks = class_breaks([s.value for s in shades.values() if s.value is not None])
    for key, shape in shapes.items():
        value = shades.get(key, Shade(None)).value
        pen.fill([shape], NO_CLASS if value is None else style.RAMP[_class_of(value, breaks)])
    small = [shape for key, shape in shapes.items() if shades.get(key, Shade(None)).small]
    unstated = [shapes[key] for key in shapes if (s := shades.get(key, Shade(None))).value is None and not s.small]
    hatch(pen, small, rising=(True,))
    hatch(pen, unstated, rising=(True, False))
    _water(pen, ground.base)
    borders = shapely.line_merge(shapely.union_all([shapely.boundary(shape) for shape in shapes.values()]))
    pen.lines([borders], "#FFFFFF", 2.4, alpha=0.9)
    pen.lines([borders], style.NEIGHBORHOOD_EDGE, 1.0)
    pen.lines([shapely.boundary(shapely.union_all(list(shapes.values())))], style.CITY_EDGE, 1.6)
    legend(pen, _legend_entries(breaks, shades, t, bool(small), bool(unstated)), unit, face)
    taken = furniture(pen, t, face, words, ground.base.lat, above=strip)
    _city_names(pen, ground, shapes, t, face, taken)
    return png_of(pen, CITY_COLORS)


def class_breaks(values: Sequence[int]) -> list[int]:
    """
    Lower ends of at most five classes of about equally many areas; equal values are never parted.

    Examples
    --------
    >>> class_breaks([5, 5, 5, 5, 5, 5, 10, 20, 40, 80])
    [5, 10, 20, 40, 80]
    >>> class_breaks([10, 10])
    [10]
    """
    rest, breaks = np.sort(np.asarray(values, dtype=int)), list[int]()
    for classes in range(MOST_CLASSES, 0, -1):
        if not len(rest):
            break
        breaks.append(int(rest[0]))
        share = -(-len(rest) // classes)
        # What remains is shared among the classes that remain: a crowd at the low end costs one class, not three.
        rest = rest[max(share, int(np.searchsorted(rest, rest[0], side="right"))) :]
        rest = rest[rest > breaks[-1]]
    return breaks


def _class_of(value: int, breaks: Sequence[int]) -> int:
    """Place of the value's class on the ramp; few classes are spread over it."""
    at = int(np.searchsorted(breaks, value, side="right")) - 1
    last = len(style.RAMP) - 1
    return last if len(breaks) == 1 else round(1 + max(at, 0) * (last - 1) / (len(breaks) - 1))


def _pen_over(bounds: Any, size: tuple[int, int], edge: float, *, below: int = 0) -> Pen:
    """A surface that shows the bounds in the middle, with a strip left empty below."""
    west, south, east, north = (float(v) for v in bounds)
    width, height = size
    scale = min((width - 2 * edge) / max(east - west, LEAST_WIDTH_M), (height - 2 * edge) / max(north - south, 1.0))
    left, top = (west + east) / 2 - width / 2 / scale, (south + north) / 2 + height / 2 / scale
    return make_pen(left=left, top=top, scale=scale, width=width, height=height + below)


def _around(base: Basemap, box: Any) -> Basemap:
    """The part of the ground that one picture needs: 432 pictures cannot each look through a whole city."""
    west, south, east, north = box.bounds
    keep = np.zeros(len(base.streets), bool)
    if len(base.streets):
        b = shapely.bounds(base.streets)
        keep = (b[:, 0] <= east) & (b[:, 2] >= west) & (b[:, 1] <= north) & (b[:, 3] >= south)
    land = {kind: part.iloc[part.sindex.query(box)] for kind, part in base.land.items()}
    return dataclasses.replace(
        base,
        streets=base.streets[keep],
        rank=base.rank[keep],
        bridge=base.bridge[keep],
        street_names=base.street_names[keep],
        street_names_en=base.street_names_en[keep],
        # Names stand where the shape is seen, not where its far end lies.
        land={kind: part.clip(box).reset_index(drop=True) for kind, part in land.items() if len(part)},
        study_area=None,
    )


def _legend_entries(
    breaks: Sequence[int], shades: dict[str, Shade], t: Translator, small: bool, unstated: bool
) -> list[tuple[str, str, tuple[bool, ...]]]:
    most = max((s.value for s in shades.values() if s.value is not None), default=0)
    tops = [*(start - 5 for start in breaks[1:]), most]
    entries: list[tuple[str, str, tuple[bool, ...]]] = [
        (f"{low:,}–{top:,}" if top > low else f"{low:,}", style.RAMP[_class_of(low, breaks)], ())
        for low, top in zip(breaks, tops, strict=False)
    ]
    if small:
        entries.append((t("community.map.small"), NO_CLASS, (True,)))
    if unstated:
        entries.append((t("community.map.unstated"), NO_CLASS, (True, False)))
    return entries


def _water(pen: Pen, base: Basemap) -> None:
    water = base.land.get("water")
    if water is not None:
        shapes = shapely.make_valid(np.asarray(water.geometry.array))
        pen.fill(shapes[shapely.get_dimensions(shapes) == 2], style.WATER, alpha=0.9)


def _area_name(pen: Pen, shape: Any, name: str, face: Face, *, spaced: bool) -> tuple[float, float, float, float]:
    """Write the area's own name large at its middle; the box it takes, y down."""
    middle = shapely.centroid(shape)
    if not shapely.contains(shape, middle):
        middle = shapely.point_on_surface(shape)
    width, height = pen.renderer.width, pen.height
    size, spacing = 34.0, 7.0 if spaced else 0.5
    while size > 18 and text_width(name, size, face, bold=True, spacing=spacing) > width * 0.56:
        size, spacing = size - 2, spacing * 0.94
    half = text_width(name, size, face, bold=True, spacing=spacing) / 2
    x, y = (middle.x - pen.left) * pen.scale, height - (pen.top - middle.y) * pen.scale
    x = float(np.clip(x, half + 6, max(width - half - 6, half + 6)))
    vertices, codes = _line_of_glyphs(name, size, face, bold=True, spacing=spacing)
    letters(pen, np.add(vertices, (x, y)), codes, style.ACCENT, 7.0)
    return x, height - y, half + 8, size * 0.7 + 4


def _names(pen: Pen, base: Basemap, t: Translator, face: Face, taken: list[tuple[float, float, float, float]]) -> None:
    """Names of water, parks and streets where nothing stands yet."""
    scale = pen.scale / LETTERS
    left, top = (pen.left + HALF_WORLD_M) * scale, (HALF_WORLD_M - pen.top) * scale
    width, height = pen.renderer.width / LETTERS, pen.height / LETTERS
    avoid = [(left + x / LETTERS, top + y / LETTERS, w / LETTERS, h / LETTERS) for x, y, w, h in taken]
    region = (left, top, left + width, top + height)
    for label in place_labels(base, scale, t.language, avoid, region):
        if face.can_draw(label.text):
            _label(pen, label, (label.x - left) * LETTERS, pen.height - (label.y - top) * LETTERS, face)


def _label(pen: Pen, label: Label, x: float, y: float, face: Face) -> None:
    size, spacing = label.size * LETTERS, label.spacing * LETTERS
    if not label.stacked:
        vertices, codes = _line_of_glyphs(label.text, size, face, bold=label.bold, spacing=spacing)
        turn = -np.radians(label.angle)
        turned = vertices @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        letters(pen, np.add(turned, (x, y)), codes, label.color, 5.0)
        return
    turn = np.radians(label.angle if label.angle > 0 else label.angle + 180)
    steps = (np.arange(len(label.text)) - (len(label.text) - 1) / 2) * (size + 1.5 * LETTERS)
    outlines = [
        glyphs_at(character, x + np.cos(turn) * step, y - np.sin(turn) * step, size, face)
        for character, step in zip(label.text, steps, strict=True)
    ]
    letters(pen, np.concatenate([o[0] for o in outlines]), np.concatenate([o[1] for o in outlines]), label.color, 5.0)


def _city_names(
    pen: Pen,
    ground: CommunityGround,
    shapes: dict[str, Any],
    t: Translator,
    face: Face,
    taken: list[tuple[float, float, float, float]],
) -> None:
    """Names of areas, the largest first, where they fit into their own outline and touch no other."""
    size, spacing = 15.0, 2.0 if t.language == "zh" else 0.2
    for key in sorted(shapes, key=lambda one: (-shapes[one].area, one)):
        name = readable_name(ground.names[key], t, face)
        middle = shapely.point_on_surface(shapes[key])
        half, rise = text_width(name, size, face, bold=True, spacing=spacing) / 2 + 3, size * 0.62
        x, y = (middle.x - pen.left) * pen.scale, (pen.top - middle.y) * pen.scale
        west, _, east, _ = shapes[key].bounds
        room = (east - west) * pen.scale
        free = all(abs(x - a) >= half + w or abs(y - b) >= rise + h for a, b, w, h in taken)
        if name and free and 2 * half <= room + 6 and half < x < pen.renderer.width - half:
            vertices, codes = _line_of_glyphs(name, size, face, bold=True, spacing=spacing)
            letters(pen, np.add(vertices, (x, pen.height - y)), codes, style.INK, 4.5)
            taken.append((x, y, half, rise))
