"""What lies under a printed plan: parks, water, rails, streets, outlines, hotspots, their names, scale and credit."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from views.i18n import Translator
from views.print_labels import glyphs_at, label_along, label_at, text_width
from views.print_sheet import GREY_TEXT, INK, NAME_TEXT, PX, Sheet, readable

WATER, WATER_BANK, PARK, RAIL, CASING, BOUNDARY = "#E2E3E4", "#C9CACB", "#ECECEC", "#C4C5C6", "#CDCDCD", "#858B92"
HOTSPOT_FILL, HOTSPOT_EDGE = "#DADCDE", "#4A525C"
# Width of the white of a street, in pixels of the screens, at 8, 4, 2 and 1 metres a pixel.
STREET_WIDTHS = {
    "ring": (4.2, 6.5, 10.0, 16.0),
    "primary": (3.0, 4.8, 8.0, 13.0),
    "secondary": (2.0, 3.2, 5.5, 10.0),
    "local": (1.3, 2.4, 4.2, 8.0),
    "lane": (0.9, 1.5, 3.2, 6.0),
}
MINOR_FIRST = ("lane", "local", "secondary", "primary", "ring")
ROUND_METRES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)


def draw_ground(
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
            ("rail", "none", RAIL, 1.5),
        ):
            shapes = sheet.on_paper(land.geometry[(land["kind"] == kind).to_numpy()].to_numpy())
            areas = shapely.get_dimensions(shapes) == 2
            sheet.draw(shapes[areas], facecolor=fill, edgecolor=edge, linewidth=line_width)
            sheet.draw(shapes[~areas], edgecolor=edge, linewidth=max(line_width, 2.0 if kind == "water" else 0.0))
    if streets is not None and len(streets):
        _streets(sheet, _without_sidewalks(streets))
    if neighborhoods is not None and len(neighborhoods):
        shapes = sheet.on_paper(shapely.make_valid(neighborhoods.geometry.to_numpy()))
        shapes = shapely.simplify(shapes[~shapely.is_empty(shapes)], 0.3)
        paper = box(-5, -5, sheet.width + 5, sheet.height + 5)
        sheet.draw(paper.difference(shapely.union_all(shapes, grid_size=0.05)), facecolor="white", alpha=0.62)
        if boundaries:
            # A border that two units share is drawn once, or the dashes of one would fill the gaps of the other.
            borders = shapely.line_merge(shapely.union_all(shapely.boundary(shapes), grid_size=0.2))
            sheet.draw(borders, edgecolor="white", linewidth=1.9, alpha=0.8)
            sheet.draw(borders, edgecolor=BOUNDARY, linewidth=0.65, linestyle=(0, (4.6, 2.0)))


def draw_hotspots(sheet: Sheet, hotspots: gpd.GeoDataFrame | None) -> None:
    if hotspots is None or not len(hotspots):
        return
    shapes = sheet.on_paper(hotspots.geometry.to_numpy())
    sheet.draw(shapes, facecolor=HOTSPOT_FILL, alpha=0.55)
    sheet.draw(shapes, edgecolor="white", linewidth=2.6)
    sheet.draw(shapes, edgecolor=HOTSPOT_EDGE, linewidth=1.1)
    sheet.board.lines.extend(shapely.buffer(shapely.boundary(shapes[~shapely.is_empty(shapes)]), 1.0))


def draw_furniture(sheet: Sheet, t: Translator, credit: str, streets: gpd.GeoDataFrame | None) -> None:
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


def name_neighborhoods(sheet: Sheet, neighborhoods: gpd.GeoDataFrame | None, t: Translator) -> None:
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


def named_classes(metres_a_pixel: float) -> tuple[str, ...]:
    if metres_a_pixel > 7:
        return ("primary", "ring")
    return ("secondary", "primary", "ring") if metres_a_pixel > 3 else MINOR_FIRST


def name_streets(
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
    streets = _without_sidewalks(streets)
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


def name_water(sheet: Sheet, land: gpd.GeoDataFrame | None, t: Translator) -> None:
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


def _without_sidewalks(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The streets without the sidewalks beside them, which would draw and name each three times."""
    return streets[streets["beside"].eq("")] if "beside" in streets else streets


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


def _panel(sheet: Sheet, shape: Polygon) -> None:
    sheet.draw(shape, facecolor="white", alpha=0.86)
    sheet.board.taken.append(shape)


def _spots_in(shape: BaseGeometry) -> list[tuple[float, float]]:
    """Candidates inside an area: its middle, then a coarse lattice around it, nearest first."""
    center = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
    x0, y0, x1, y1 = shape.bounds
    xs, ys = np.meshgrid(np.linspace(x0, x1, 9)[1:-1], np.linspace(y0, y1, 9)[1:-1])
    lattice = np.column_stack([xs.ravel(), ys.ravel()])
    order = np.argsort(np.hypot(*(lattice - (center.x, center.y)).T), kind="stable")
    return [(center.x, center.y), *map(tuple, lattice[order])]


def _long_axis(shape: BaseGeometry) -> float:
    """Direction of a shape's longer side in degrees, between -90 and 90."""
    corners = np.array(shapely.get_coordinates(shape.minimum_rotated_rectangle)[:3])
    if len(corners) < 3:
        return 0.0
    sides = np.diff(corners, axis=0)
    dx, dy = sides[np.argmax(np.hypot(*sides.T))]
    angle = float(np.degrees(np.arctan2(dy, dx)))
    return angle - 180 if angle > 90 else angle + 180 if angle < -90 else angle
