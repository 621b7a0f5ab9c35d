"""
Which names a map shows at a scale, and where: communities, water, parks and streets that do not collide.

Only places are decided here; the browser sets the type with its own fonts, so that a server without Chinese type still
gives Chinese maps.
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.ops import substring

from geo.schema import ROAD_CLASSES
from views import style
from views.basemap import Basemap
from views.mercator import HALF_WORLD_M, TILE

SPACING_M = 900.0  # a street is named once in so many metres on the ground
BEND_PIXELS = 2.4  # a name stands on straight stretches only
UPRIGHT_DEGREES = 48.0  # steeper than this, Chinese stands upright, stacked along the street
# The coarsest scale, in metres a pixel, at which a class of street is named.
STREETS_FROM = {"ring": 16.0, "primary": 11.0, "secondary": 5.0, "local": 3.0, "lane": 1.6}
WHOLE_CITY_PIXELS = 6000  # beyond it, places are found by regions
REGION_PIXELS = 2048
MAX_CANDIDATES = 1500


@dataclass(frozen=True)
class Label:
    """One name: its middle in pixels of the whole map, its turn in degrees (y down), and how it is set."""

    text: str
    x: float
    y: float
    angle: float
    size: float
    color: str
    bold: bool
    spacing: float
    stacked: bool

    @property
    def reach(self) -> tuple[float, float]:
        """Half width and half height of the upright box around it, in pixels."""
        long = text_width(self.text, self.size, self.spacing) / 2 + 3
        short = self.size * 0.62 + 2
        turn = np.radians(self.angle)
        cosine, sine = abs(np.cos(turn)), abs(np.sin(turn))
        if self.stacked:
            long = len(self.text) * (self.size + 1.5) / 2 + 3
        return long * cosine + short * sine, long * sine + short * cosine


def text_width(text: str, size: float, spacing: float = 0) -> float:
    """An estimate of a text's width in pixels: one em for a Chinese character, a little more than half for others."""
    return sum(size if ord(letter) > 0x2E7F else 0.56 * size for letter in text) + spacing * max(len(text) - 1, 0)


def place_labels(
    base: Basemap,
    scale: float,
    language: str,
    avoid: Sequence[tuple[float, float, float, float]] = (),
    region: tuple[float, float, float, float] | None = None,
) -> list[Label]:
    """
    Choose the names of a scale: marks were there first, then communities, water, parks, streets by class.

    Parameters
    ----------
    base : Basemap
    scale : float
        Pixels per Mercator metre.
    language : {"zh", "en"}
    avoid : (x, y, half width, half height)
        Boxes of marks, in pixels of the whole map.
    region : (left, top, right, bottom) in pixels, optional
        Keep names that lie wholly inside; without it, everywhere.
    """
    taken = _Boxes()
    for x, y, half_width, half_height in avoid:
        taken.add(x, y, half_width, half_height)
    placed = []
    for alternatives in _candidates(base, scale, language, region):
        for label in alternatives:
            half_width, half_height = label.reach
            if _inside(label, region) and taken.free(label.x, label.y, half_width, half_height):
                taken.add(label.x, label.y, half_width, half_height)
                placed.append(label)
                break
    return placed


def _inside(label: Label, region: tuple[float, float, float, float] | None) -> bool:
    if region is None:
        return True
    half_width, half_height = label.reach
    left, top, right, bottom = region
    across = left <= label.x - half_width and label.x + half_width <= right
    return across and top <= label.y - half_height and label.y + half_height <= bottom


def _candidates(base: Basemap, scale: float, language: str, region: Any) -> Iterable[list[Label]]:
    resolution = float(np.cos(np.radians(base.lat)) / scale)
    yield from _communities(base, scale, language)
    yield from _land_names(base, scale, language)
    yield from _street_names(base, scale, language, resolution, region)


def _communities(base: Basemap, scale: float, language: str) -> Iterable[list[Label]]:
    if base.neighborhoods is None:
        return
    areas = base.neighborhoods.geometry.area.to_numpy()
    for place in np.argsort(-areas, kind="stable"):
        row = base.neighborhoods.iloc[place]
        text = _name(row, language)
        wide = np.sqrt(areas[place]) * scale
        # A community smaller than its name is not named at this scale.
        if not text or wide < min(0.62 * text_width(text, 13, 3), 120):
            continue
        size = 14 if wide > 220 else 13 if wide > 90 else 11.5
        middle = row.geometry.representative_point()
        spacing = 3.0 if language == "zh" else 0.4
        alternatives = []
        for right, down in ((0, 0), (0, -0.18), (0, 0.18), (-0.18, 0), (0.18, 0)):
            point = shapely.Point(middle.x + right * wide / scale, middle.y - down * wide / scale)
            if row.geometry.contains(point):
                x, y = to_pixels(point.x, point.y, scale)
                alternatives.append(Label(text, x, y, 0.0, size, style.COMMUNITY_LABEL, True, spacing, False))
        yield alternatives


def _land_names(base: Basemap, scale: float, language: str) -> Iterable[list[Label]]:
    for kind, color, spacing in (("water", style.WATER_LABEL, 7.0), ("park", style.PARK_LABEL, 1.0)):
        frame = base.land.get(kind)
        if frame is None or "name" not in frame:
            continue
        named = frame[frame["name"].fillna("").str.len() > 0]
        lengths = np.maximum(np.sqrt(named.geometry.area), named.geometry.length / 4).to_numpy() * scale
        for place in np.argsort(-lengths, kind="stable")[:200]:
            text = _name(named.iloc[place], language)
            shape = named.geometry.iloc[place]
            space = spacing if language == "zh" else spacing / 3
            if not text or lengths[place] < 0.5 * text_width(text, 11, space):
                continue
            point = (
                shape.representative_point() if shape.geom_type.endswith("Polygon") else shape.interpolate(0.5, True)
            )
            angle = _run_of(shape) if kind == "water" else 0.0
            x, y = to_pixels(point.x, point.y, scale)
            size = 13 if kind == "water" and lengths[place] > 300 else 11.5
            yield [Label(text, x, y, angle, size, color, False, space, False)]


def _run_of(shape: Any) -> float:
    box = shapely.minimum_rotated_rectangle(shape)
    if box.geom_type != "Polygon":
        return 0.0
    corners = np.asarray(box.exterior.coords)
    sides = np.diff(corners[:3], axis=0)
    long, short = sorted(sides, key=lambda side: -float(np.hypot(*side)))
    if np.hypot(*long) < 2.5 * np.hypot(*short):
        return 0.0
    return _readable(float(np.degrees(np.arctan2(-long[1], long[0]))))


def _street_names(base: Basemap, scale: float, language: str, resolution: float, region: Any) -> Iterable[list[Label]]:
    names = base.street_names
    if language == "en":
        names = np.where(base.street_names_en == "", base.street_names, base.street_names_en)
    if not len(names):
        return
    keep = names != ""
    if region is not None:
        box = [axis / scale for axis in region]
        bounds = shapely.bounds(base.streets)
        keep &= (bounds[:, 0] + HALF_WORLD_M <= box[2]) & (bounds[:, 2] + HALF_WORLD_M >= box[0])
        keep &= (HALF_WORLD_M - bounds[:, 3] <= box[3]) & (HALF_WORLD_M - bounds[:, 1] >= box[1])
    found = 0
    for rank, road_class in enumerate(ROAD_CLASSES):
        if resolution > STREETS_FROM[road_class]:
            break
        chosen = np.flatnonzero(keep & (base.rank == rank))
        size = (12.0, 11.5, 11.0, 10.5, 10.5)[rank]
        for text in sorted(set(names[chosen])):
            lines = shapely.get_parts(
                shapely.line_merge(shapely.union_all(base.streets[chosen[names[chosen] == text]]))
            )
            for alternatives in _along(lines, str(text), size, scale, resolution, language):
                yield alternatives
                found += 1
            if found > MAX_CANDIDATES:
                return


def _along(
    lines: np.ndarray, text: str, size: float, scale: float, resolution: float, language: str
) -> Iterable[list[Label]]:
    """For each even place along a street, the straight stretches nearest to it."""
    spacing = 1.5 if language == "zh" else 0.2
    flat = text_width(text, size, spacing) + 10
    gap = max(SPACING_M / resolution / scale, 1.6 * flat / scale)
    for line in lines[np.argsort(-shapely.length(lines), kind="stable")]:
        length = line.length
        if length * scale < flat * 0.9:
            break
        count = max(1, int(length // gap))
        for middle in (np.arange(count) + 0.5) * length / count:
            alternatives = []
            for shift in (0, 0.12, -0.12, 0.25, -0.25, 0.38, -0.38):
                at = middle + shift * length / count
                angle = _straight(line, at, flat, scale)
                if angle is None:
                    continue
                stacked = language == "zh" and abs(angle) > UPRIGHT_DEGREES and _is_han(text)
                point = line.interpolate(at)
                x, y = to_pixels(point.x, point.y, scale)
                alternatives.append(Label(text, x, y, angle, size, style.STREET_LABEL, False, spacing, stacked))
            yield alternatives


def _straight(line: Any, at: float, flat: float, scale: float) -> float | None:
    """The turn of the stretch of `flat` pixels around a place of a line; None where it bends or ends."""
    half = flat / scale / 2
    if at - half < 0 or at + half > line.length:
        return None
    stretch = shapely.get_coordinates(substring(line, at - half, at + half)) * scale
    run = stretch[-1] - stretch[0]
    reach = float(np.hypot(*run))
    if reach < flat * 0.9:
        return None
    off = np.abs(run[0] * (stretch[:, 1] - stretch[0, 1]) - run[1] * (stretch[:, 0] - stretch[0, 0])) / reach
    return None if off.max() >= BEND_PIXELS else _readable(float(np.degrees(np.arctan2(-run[1], run[0]))))


def _is_han(text: str) -> bool:
    return all(ord(letter) > 0x2E7F for letter in text)


def _readable(angle: float) -> float:
    return (angle + 90) % 180 - 90


def _name(row: Any, language: str) -> str:
    english = row.get("name_en")
    if language == "en" and isinstance(english, str) and english:
        return english
    name = row.get("name")
    return name if isinstance(name, str) else ""


def to_pixels(x: float, y: float, scale: float) -> tuple[float, float]:
    """EPSG:3857 metres to pixels of the whole map, y down from its upper left corner."""
    return (x + HALF_WORLD_M) * scale, (HALF_WORLD_M - y) * scale


class _Boxes:
    """Boxes in a coarse grid of buckets, so that a look-up touches only neighbors."""

    SIDE = 256.0

    def __init__(self) -> None:
        self._buckets: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}

    def _keys(self, x: float, y: float, half_width: float, half_height: float) -> Iterable[tuple[int, int]]:
        for column in range(int((x - half_width) // self.SIDE), int((x + half_width) // self.SIDE) + 1):
            for row in range(int((y - half_height) // self.SIDE), int((y + half_height) // self.SIDE) + 1):
                yield column, row

    def add(self, x: float, y: float, half_width: float, half_height: float) -> None:
        for key in self._keys(x, y, half_width, half_height):
            self._buckets.setdefault(key, []).append((x, y, half_width, half_height))

    def free(self, x: float, y: float, half_width: float, half_height: float) -> bool:
        return not any(
            abs(x - other[0]) < half_width + other[2] and abs(y - other[1]) < half_height + other[3]
            for key in self._keys(x, y, half_width, half_height)
            for other in self._buckets.get(key, ())
        )


def svg_of(labels: Iterable[Label], left: float, top: float) -> str:
    """The labels as one SVG for a tile whose corner is at (left, top); every text is escaped."""
    texts = "".join(_text(label, label.x - left, label.y - top) for label in labels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{TILE}" height="{TILE}" overflow="visible" '
        f'style="overflow:visible" font-family="{style.FACES}" text-anchor="middle" paint-order="stroke" '
        f'stroke="#fff" stroke-width="4" stroke-linejoin="round">{texts}</svg>'
    )


def _text(label: Label, x: float, y: float) -> str:
    weight = ' font-weight="700"' if label.bold else ""
    common = f'font-size="{label.size:g}" fill="{label.color}"{weight}'
    baseline = 0.36 * label.size
    if label.stacked:
        turn = np.radians(label.angle if label.angle > 0 else label.angle + 180)
        step = label.size + 1.5
        offsets = (np.arange(len(label.text)) - (len(label.text) - 1) / 2) * step
        xs = " ".join(f"{x + np.cos(turn) * offset:.1f}" for offset in offsets)
        ys = " ".join(f"{y + np.sin(turn) * offset + baseline:.1f}" for offset in offsets)
        return f'<text {common} x="{xs}" y="{ys}">{html.escape(label.text)}</text>'
    turn_text = f' transform="rotate({label.angle:.1f} {x:.1f} {y:.1f})"' if abs(label.angle) > 0.5 else ""
    # Letter spacing also follows the last letter: half of it keeps the middle in the middle.
    return (
        f'<text {common} x="{x + label.spacing / 2:.1f}" y="{y + baseline:.1f}" letter-spacing="{label.spacing:g}"'
        f"{turn_text}>{html.escape(label.text)}</text>"
    )
