"""
Where a printed map writes its names: glyph outlines, and a greedy placement in which nothing lies on anything.

All measures are points on paper (1/72 inch), y upwards. It does not know what the names mean; `views.print_maps` does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from views.fonts import Face, _font

STEEP_DEGREES = 48.0  # beyond this Chinese stands upright, stacked along the street
STRAIGHT_POINTS = 1.6  # a stretch that bends more than this carries no name
LINE_HEIGHT = 1.16
EM = 100.0


@dataclass
class Board:
    """
    The paper: its size, what is taken, and what is to be drawn.

    Attributes
    ----------
    width, height : float
        Points.
    taken : list of polygons
        Marks and labels; no label may touch them.
    lines : list of polygons
        Routes; names of streets keep beside them, names of places avoid them where they can.
    outlines : list of (vertices, codes, color, halo)
        Placed labels, ready for drawing.
    """

    width: float
    height: float
    face: Face
    taken: list[BaseGeometry] = field(default_factory=list)
    lines: list[BaseGeometry] = field(default_factory=list)
    outlines: list[tuple[np.ndarray, np.ndarray, str, float]] = field(default_factory=list)

    def is_free(self, box: BaseGeometry, *, lines: bool = True) -> bool:
        """Whether a label's box lies on the paper and touches nothing."""
        x0, y0, x1, y1 = box.bounds
        if x0 < 2 or y0 < 2 or x1 > self.width - 2 or y1 > self.height - 2:
            return False
        obstacles = self.taken + (self.lines if lines else [])
        return not (obstacles and bool(shapely.intersects(box, np.array(obstacles, dtype=object)).any()))

    def covered(self, box: BaseGeometry) -> float:
        """How much a label would cover, in square points; what hangs over the rim counts as a mark does."""
        over = box.area - box.intersection(shapely.box(2, 2, self.width - 2, self.height - 2)).area
        marks = sum(box.intersection(mark).area for mark in self.taken)
        return 10 * (over + marks) + sum(box.intersection(line).area for line in self.lines)


def label_at(
    board: Board,
    text: str,
    candidates: Iterable[tuple[float, float]],
    *,
    size: float,
    color: str,
    bold: bool = False,
    spacing: float = 0.0,
    angle: float = 0.0,
    halo: float = 2.6,
    must: bool = False,
    inside: BaseGeometry | None = None,
) -> bool:
    """
    Write the text, which may hold line breaks, centred on the first candidate where it is free.

    Parameters
    ----------
    candidates : (x, y) pairs
        Best first.
    angle : float
        Degrees, counter-clockwise.
    must : bool
        Where none is free, write it where it covers least; marks count ten times as much as lines.
    inside : polygon, optional
        The candidate has to lie in it.

    Returns
    -------
    bool
        Whether it was written.
    """
    rows = text.split("\n")
    width = max(text_width(row, size, board.face, bold=bold, spacing=spacing) for row in rows)
    spots = list(candidates)
    boxes = [_box(x, y, width + 2, size * LINE_HEIGHT * len(rows), angle) for x, y in spots]
    free = (i for i, box in enumerate(boxes) if board.is_free(box) and _lies_in(spots[i], inside))
    chosen = next(free, None)
    if chosen is None and must and spots:
        chosen = min(range(len(spots)), key=lambda i: (round(board.covered(boxes[i]), 3), i))
    if chosen is None:
        return False
    x, y = spots[chosen]
    for number, row in enumerate(rows):
        vertices, codes = _line_of_glyphs(row, size, board.face, bold=bold, spacing=spacing)
        vertices = np.add(vertices, (0, ((len(rows) - 1) / 2 - number) * size * LINE_HEIGHT))
        board.outlines.append((np.add(_turned(vertices, angle), (x, y)), codes, color, halo))
    board.taken.append(boxes[chosen])
    return True


def in_two_lines(text: str, size: float, face: Face, *, most: float, bold: bool = False) -> str:
    """The text, broken at the space nearest its middle where it is wider than `most` points."""
    spaces = [i for i, character in enumerate(text) if character == " "]
    if not spaces or text_width(text, size, face, bold=bold) <= most:
        return text
    at = min(spaces, key=lambda i: abs(i - len(text) / 2))
    return f"{text[:at]}\n{text[at + 1 :]}"


def label_along(
    board: Board,
    text: str,
    lines: Sequence[LineString],
    *,
    size: float,
    color: str,
    spacing: float = 1.0,
    beside: float = 0.0,
    halo: float = 2.6,
    apart: float = 400.0,
    most: int = 2,
) -> int:
    """
    Write a street's name on its straight stretches, at most `most` times and `apart` points from each other.

    Parameters
    ----------
    beside : float
        How far from the street's middle the name goes where a route covers the street.

    Returns
    -------
    int
        How often it was written.
    """
    flat = text_width(text, size, board.face, spacing=spacing)
    pitch = size * 1.12 + spacing * 0.4
    stacked = len(text) * pitch
    written: list[tuple[float, float]] = []
    for line in sorted(lines, key=lambda part: -part.length):
        for middle in _middles(line.length, min(flat, stacked)):
            chord = _chord(line, middle, flat)
            upright = _is_chinese(text) and chord is not None and abs(_angle(chord)) > STEEP_DEGREES
            if upright:
                chord = _chord(line, middle, stacked)
            if chord is None:
                continue
            x, y = chord.mean(axis=0)
            if any(np.hypot(x - a, y - b) < apart for a, b in written):
                continue
            spot = _first_free(board, chord, flat, stacked, size, beside, upright=upright)
            if spot is None:
                continue
            dx, dy, box = spot
            vertices, codes = (
                _column_of_glyphs(text, size, pitch, chord, board.face)
                if upright
                else _line_of_glyphs(text, size, board.face, spacing=spacing)
            )
            if not upright:
                vertices = np.add(_turned(vertices, _angle(chord)), (x, y))
            board.outlines.append((np.add(vertices, (dx, dy)), codes, color, halo))
            board.taken.append(box)
            written.append((x, y))
            if len(written) == most:
                return most
    return len(written)


def text_width(text: str, size: float, face: Face, *, bold: bool = False, spacing: float = 0.0) -> float:
    """The advance of the text in points, letter spacing between the characters included."""
    advances = sum(_glyph(face.bold if bold else face.regular, character)[2] for character in text)
    return advances * size / EM + spacing * max(len(text) - 1, 0)


def glyphs_at(
    text: str, x: float, y: float, size: float, face: Face, *, bold: bool = False, align: str = "middle"
) -> Any:
    """Outline (vertices, codes) of the text: its `middle` at the point, or its `left` or `right` end."""
    vertices, codes = _line_of_glyphs(text, size, face, bold=bold)
    half = text_width(text, size, face, bold=bold) / 2
    shift = {"middle": 0.0, "left": half, "right": -half}[align]
    return np.add(vertices, (x + shift, y)), codes


@cache
def _glyph(file: tuple[str, int], character: str) -> tuple[np.ndarray, np.ndarray, float]:
    from matplotlib.ft2font import LoadFlags

    font = _font(*file)
    font.set_size(EM, 72)
    try:
        glyph = font.load_char(ord(character), flags=LoadFlags.NO_HINTING)
    except RuntimeError:  # The face lacks it: its room stays empty, the sheet is still printed.
        glyph = font.load_char(ord(" "), flags=LoadFlags.NO_HINTING)
    vertices, codes = font.get_path()
    return np.asarray(vertices, dtype=float), np.asarray(codes), glyph.linearHoriAdvance / 65536


def _line_of_glyphs(
    text: str, size: float, face: Face, *, bold: bool = False, spacing: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    file = face.bold if bold else face.regular
    at = -text_width(text, size, face, bold=bold, spacing=spacing) / 2
    parts, codes = [], []
    for character in text:
        vertices, code, advance = _glyph(file, character)
        # Chinese fills the em from -0.12 to 0.88 of it, digits stand 0.73 high: 0.37 centres both.
        parts.append(vertices * (size / EM) + (at, -0.37 * size))
        codes.append(code)
        at += advance * size / EM + spacing
    return np.concatenate(parts) if parts else np.empty((0, 2)), np.concatenate(codes) if codes else np.empty(0)


def _column_of_glyphs(
    text: str, size: float, pitch: float, chord: np.ndarray, face: Face
) -> tuple[np.ndarray, np.ndarray]:
    top, bottom = (chord[0], chord[1]) if chord[0, 1] > chord[1, 1] else (chord[1], chord[0])
    shares = (np.arange(len(text)) + 0.5) / len(text)
    parts, codes = [], []
    for share, character in zip(shares, text, strict=True):
        vertices, code, advance = _glyph(face.regular, character)
        center = top + (bottom - top) * share
        parts.append(vertices * (size / EM) + center + (-advance * size / EM / 2, -0.37 * size))
        codes.append(code)
    return np.concatenate(parts), np.concatenate(codes)


def _first_free(
    board: Board,
    chord: np.ndarray,
    flat: float,
    stacked: float,
    size: float,
    beside: float,
    *,
    upright: bool,
) -> tuple[float, float, BaseGeometry] | None:
    """Shift and box of the first free place: on the street, else on either side of it."""
    x, y = chord.mean(axis=0)
    angle = _angle(chord)
    normal = np.array([-np.sin(np.radians(angle)), np.cos(np.radians(angle))])
    length = stacked if upright else flat
    for side in (0.0, beside, -beside) if beside else (0.0,):
        dx, dy = normal * side
        box = _box(x + dx, y + dy, length + 2, size * 1.1, angle)
        if board.is_free(box):
            return float(dx), float(dy), box
    return None


def _chord(line: LineString, middle: float, length: float) -> np.ndarray | None:
    """Ends of the stretch around `middle`, left to right, or None where it is too short or bends."""
    start, end = middle - length / 2 - 1, middle + length / 2 + 1
    if start < 0 or end > line.length:
        return None
    stretch = substring(line, start, end)
    ends = np.array([stretch.coords[0], stretch.coords[-1]])[:, :2]
    if stretch.hausdorff_distance(LineString(ends)) > STRAIGHT_POINTS:
        return None
    return ends if ends[0, 0] <= ends[1, 0] else ends[::-1]


def _middles(length: float, width: float) -> np.ndarray:
    """Where along a line to try, the middle first."""
    if length < width:
        return np.empty(0)
    spots = np.linspace(width / 2 + 1, length - width / 2 - 1, min(60, max(1, int(length / max(width, 1) * 3))))
    return spots[np.argsort(np.abs(spots - length / 2), kind="stable")]


def _angle(chord: np.ndarray) -> float:
    return float(np.degrees(np.arctan2(chord[1, 1] - chord[0, 1], chord[1, 0] - chord[0, 0])))


def _turned(vertices: np.ndarray, angle: float) -> np.ndarray:
    if not angle:
        return vertices
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return vertices @ np.array([[cos, sin], [-sin, cos]])


def _box(x: float, y: float, width: float, height: float, angle: float) -> Polygon:
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (width / 2, height / 2)
    return Polygon(np.add(_turned(corners, angle), (x, y)))


def _lies_in(spot: tuple[float, float], inside: BaseGeometry | None) -> bool:
    return inside is None or bool(shapely.intersects_xy(inside, *spot))


def _is_chinese(text: str) -> bool:
    return bool(text) and all("\u3400" <= character <= "\u9fff" for character in text)
