"""What stands on a published map beside the ground: scale, credit, legend, hatching, letters; and its bytes as PNG."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from views import style
from views.basemap import Pen
from views.fonts import Face
from views.i18n import Translator
from views.print_labels import glyphs_at, text_width

# Letters are this much larger than on a screen at one's desk: they are read from the back of a room.
LETTERS = 1.55
COLORS = 128
SCALE_STEPS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
HATCH, HATCH_GAP = "#8A949E", 9.0
NO_CLASS = "#FFFFFF"


@dataclass(frozen=True)
class MapWords:
    """What stands at the rim of every published map: who made its data, its datum, the number of its review."""

    credit: str = ""
    datum: str = "WGS 84"
    review_number: str = ""


def hatch(pen: Pen, shapes: Sequence[Any], *, rising: tuple[bool, ...]) -> None:
    """Slanting lines over the shapes, rising, falling or both: what stays apart from any shade in grey, too."""
    if not shapes or not rising:
        return
    west, south, east, north = pen.box.bounds
    gap, reach = HATCH_GAP * np.sqrt(2) / pen.scale, (east - west) + (north - south)
    offsets = np.arange(0, reach, gap)
    area = shapely.union_all(shapes)
    for up in rising:
        start = west - (north - south) + offsets if up else west + offsets
        run = (north - south) if up else -(north - south)
        feet = np.column_stack([start, np.full_like(start, south)])
        ends = np.stack([feet, np.column_stack([start + run, np.full_like(start, north)])], axis=1)
        pen.lines([shapely.intersection(shapely.union_all(shapely.linestrings(ends)), area)], HATCH, 1.1, cap="butt")


def furniture(
    pen: Pen, t: Translator, face: Face, words: MapWords, lat: float, *, above: int = 0
) -> list[tuple[float, float, float, float]]:
    """Scale bar bottom left, credit with datum and review number bottom right; the boxes they take, y down."""
    resolution = float(np.cos(np.radians(lat)) / pen.scale)
    width = pen.renderer.width
    metres = max((m for m in SCALE_STEPS if m / resolution <= width * 0.22), default=SCALE_STEPS[0])
    text = t("community.map.km", n=metres // 1000) if metres >= 1000 else t("community.map.m", n=metres)
    bar, size = metres / resolution, 11 * LETTERS
    total = bar + text_width(text, size, face) + 30
    taken = [_panel(pen, 6, 8 + above, total, 30)]
    y = 18.0 + above
    _stroke(pen, [(14, y + 6), (14, y), (14 + bar, y), (14 + bar, y + 6)], style.INK, 1.6)
    _stroke(pen, [(14 + bar / 2, y), (14 + bar / 2, y + 4)], style.INK, 1.6)
    _write(pen, text, 14 + bar + 8, 23 + above, size, face, style.INK, align="left")
    number = words.review_number or t("community.map.review_open")
    parts = [p for p in (words.credit, words.datum, t("community.map.review", number=number)) if p and face.can_draw(p)]
    lines = _lines_of(parts, "，" if t.language == "zh" else ", ", 8.6 * LETTERS, face, width - total - 40)
    step = 17.0
    longest = max((text_width(line, 8.6 * LETTERS, face) for line in lines), default=0.0)
    if lines:
        taken.append(_panel(pen, width - longest - 18, 6 + above, longest + 14, step * len(lines) + 8))
    for number_of_line, line in enumerate(reversed(lines)):
        at = 6 + above + 4 + step * (number_of_line + 0.5)
        _write(pen, line, width - 11, at, 8.6 * LETTERS, face, style.SECONDARY, align="right")
    return taken


def _lines_of(parts: Sequence[str], comma: str, size: float, face: Face, most: float) -> list[str]:
    """The parts in one line where they fit, else in several."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}{comma}{part}" if lines else part
        if lines and text_width(joined, size, face) <= most:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines


def legend(pen: Pen, entries: Sequence[tuple[str, str, tuple[bool, ...]]], unit: str, face: Face) -> None:
    """One strip below the map: the unit, then each class with its color, its hatching, its words."""
    size, x, y = 16.0, 14.0, 20.0
    x += _write(pen, unit, x, y + 8, size, face, style.INK, align="left") + 18
    for text, color, hatching in entries:
        corners = np.array([(x, y), (x + 26, y), (x + 26, y + 17), (x, y + 17)])
        box = shapely.Polygon(_ground(pen, corners))
        pen.fill([box], color)
        hatch(pen, [box], rising=hatching)
        pen.lines([shapely.boundary(box)], style.NEIGHBORHOOD_EDGE, 0.9)
        x += 33 + _write(pen, text, x + 33, y + 8, size, face, style.INK, align="left") + 20


def _panel(pen: Pen, x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    """White ground for letters; x, y from the lower left corner. The box it takes, y down."""
    corners = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
    pen.fill([shapely.Polygon(_ground(pen, corners))], "#FFFFFF", alpha=0.86)
    return x + width / 2, pen.height - y - height / 2, width / 2, height / 2


def _stroke(pen: Pen, points: Sequence[tuple[float, float]], color: str, width: float) -> None:
    pen.lines([shapely.LineString(_ground(pen, np.array(points)))], color, width, cap="butt")


def _ground(pen: Pen, pixels: np.ndarray) -> np.ndarray:
    """Pixels, y upward, back to the metres that the pen takes."""
    return np.column_stack([pen.left + pixels[:, 0] / pen.scale, pen.top - (pen.height - pixels[:, 1]) / pen.scale])


def _write(
    pen: Pen, text: str, x: float, y: float, size: float, face: Face, color: str, *, align: str = "middle"
) -> float:
    """Write a line, y upward; its width in pixels."""
    if not text or not face.can_draw(text):
        return 0.0
    vertices, codes = glyphs_at(text, x, y, size, face, align=align)
    pen.outline(vertices, codes, color, None, 0.0)
    return text_width(text, size, face)


def letters(pen: Pen, vertices: np.ndarray, codes: np.ndarray, color: str, halo: float) -> None:
    """Fill the outlines of letters over a white edge; pixels, y upward."""
    if len(vertices):
        pen.outline(vertices, codes, None, "#FFFFFF", halo)
        pen.outline(vertices, codes, color, None, 0.0)


def readable_name(names: dict[str, str], t: Translator, face: Face) -> str:
    """The name in the translator's language, or the other one, whichever the face can draw; else empty."""
    wanted = (names["name_en"], names["name"]) if t.language == "en" else (names["name"], names["name_en"])
    return next((text for text in wanted if text and face.can_draw(text)), "")


def png_of(pen: Pen, colors: int = COLORS) -> bytes:
    """The picture's bytes: a palette of its own colors, and nothing but the picture."""
    from PIL import Image

    image = Image.fromarray(pen.pixels(), "RGBA").convert("RGB")
    image = image.quantize(colors, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=False, compress_level=6)
    return buffer.getvalue()
