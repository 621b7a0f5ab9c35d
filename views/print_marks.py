"""What a plan puts on a printed map: routes with arrows, numbered stops, shields, starts, and the names around them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon, box

from views.i18n import Translator
from views.plan_tables import ordinal
from views.print_labels import LINE_HEIGHT, glyphs_at, in_two_lines, label_at, text_width
from views.print_sheet import INK, Sheet

# Dashes in points, told apart in grey; a fifth walk starts over and is named at its line.
DASHES: tuple[tuple[float, ...], ...] = ((), (6.0, 3.4), (1.5, 3.2), (8.5, 2.7, 1.6, 2.7))

WIDE_NAME = 130.0  # points; a wider name stands in two lines
# Points between a mark and its name.
NEAR_GAPS, FAR_GAPS = (2.5, 8.0), (2.5, 8.0, 16.0, 26.0)


def draw_route(sheet: Sheet, walk: Any, width: float, dashes: tuple[float, ...] | None = None) -> None:
    """The line, white-edged."""
    # There and back on one street is one line: drawn twice, its dashes would fill each other's gaps.
    line = shapely.line_merge(shapely.union_all([sheet.on_paper(walk.line)]))
    if line.is_empty:
        return
    pattern = DASHES[(walk.number - 1) % len(DASHES)] if dashes is None else dashes
    sheet.draw(line, edgecolor="white", linewidth=width + 2.4, capstyle="round")
    sheet.draw(line, edgecolor=INK, linewidth=width, linestyle=(0, pattern) if pattern else "solid")
    sheet.board.lines.append(line.buffer(width / 2 + 1.6))


def draw_arrows(sheet: Sheet, walk: Any, width: float) -> None:
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


def draw_marks(
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
    spots = {(start.x, start.y): sheet.point(start.x, start.y) for start in starts_of(walks)}
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
        x, y = _beside_others(sheet, *sheet.point(watch.x, watch.y), disc * 1.3)
        _shield(sheet, x, y, disc * 1.55, str(watch.number))
    named += [(start_names.get(place, ""), x, y, 6.8) for place, (x, y) in spots.items()]
    for name, x, y, radius in named:
        if name:
            _name_around(sheet, name, x, y, radius, size)


def _name_around(sheet: Sheet, name: str, x: float, y: float, radius: float, size: float) -> None:
    """Near the mark in one line, near it in two, else wherever it covers least: a name far off names another place."""
    broken = in_two_lines(name, size, sheet.face, most=0.0, bold=True)
    one_line = name if text_width(name, size, sheet.face, bold=True) <= WIDE_NAME else broken
    for text, gaps in ((one_line, NEAR_GAPS), (broken, NEAR_GAPS), (one_line, FAR_GAPS)):
        half = max(text_width(row, size, sheet.face, bold=True) for row in text.split("\n")) / 2
        high = size * LINE_HEIGHT * (text.count("\n") + 1) / 2
        spots = _around(x, y, half, high, radius, gaps)
        if label_at(sheet.board, text, spots, size=size, color=INK, bold=True, must=gaps is FAR_GAPS):
            return


def name_routes(sheet: Sheet, walks: Sequence[Any], t: Translator) -> None:
    for walk in walks:
        line = sheet.on_paper(walk.line)
        if line.is_empty:
            continue
        spots = [line.interpolate(share, normalized=True) for share in (0.5, 0.4, 0.6, 0.3, 0.7)]
        around = [(p.x + dx, p.y + dy) for p in spots for dx, dy in ((0, 9), (0, -9), (22, 0), (-22, 0))]
        label_at(sheet.board, ordinal(t, "walk", walk.number), around, size=7.4, color=INK, bold=True)


def starts_of(walks: Sequence[Any]) -> list[Any]:
    return list({(walk.start.x, walk.start.y): walk.start for walk in walks}.values())


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


def _around(
    x: float, y: float, half: float, high: float, radius: float, gaps: tuple[float, ...]
) -> list[tuple[float, float]]:
    """Where a name may stand around a mark: below, right, left, above, then the corners."""
    spots = []
    for gap in gaps:
        up, out = radius + high + gap, radius + half + gap
        spots += [(x, y - up), (x + out, y), (x - out, y), (x, y + up)]
        spots += [(x + a * half * 0.9, y + b * up) for a, b in ((1, -1), (-1, -1), (1, 1), (-1, 1))]
    return spots


def _beside_others(sheet: Sheet, x: float, y: float, radius: float) -> tuple[float, float]:
    """The mark's place, moved just enough to touch no other mark; a hairline then ties it to its place."""
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False) + np.pi / 2
    for reach in (0.0, 8.0, 14.0, 20.0, 27.0, 36.0):
        for angle in angles if reach else angles[:1]:
            a, b = x + reach * np.cos(angle), y + reach * np.sin(angle)
            spot = shapely.Point(a, b).buffer(radius + 0.8)
            if sheet.board.is_free(spot, lines=False):
                # A mark beside the one it shares its place with needs no hairline, which would cross that one's number.
                if reach and sheet.board.is_free(shapely.Point(x, y), lines=False):
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
