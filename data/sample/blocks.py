"""
From faces between main streets to blocks: recursive cuts across the longer side, parks over some, lanes into others.
"""

from typing import Any

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.ops import split

from data.sample import names
from data.sample.shapes import SNAP, parts


def cut_face(
    face: Polygon,
    rng: np.random.Generator,
    cuts: list[tuple[LineString, int]],
    nodes: list[Point],
    depth: int,
    block_area: tuple[float, float],
) -> list[Polygon]:
    """Cut a face across its longer side until it is a block; remember each cut as a street."""
    box: Any = face.minimum_rotated_rectangle
    corners = np.array(box.exterior.coords)
    sides = np.hypot(*np.diff(corners[:3], axis=0).T)
    limit = rng.uniform(*block_area)
    if face.area < limit or sides.max() < 1.1 * np.sqrt(block_area[0]):
        return [face]
    long, short = (0, 1) if sides[0] >= sides[1] else (1, 2)
    direction = corners[long + 1] - corners[long]
    across = corners[short + 1] - corners[short]
    for fraction in rng.permutation([0.44, 0.5, 0.56, 0.38, 0.62, 0.33, 0.67]):
        middle = corners[long] + direction * fraction + across * 0.5
        line = _cut_line(face, middle, across, rng, nodes)
        if line is None:
            continue
        halves: list[Any] = [half for half in split(face, _longer(line)).geoms if half.area > 1]
        if len(halves) == 2 and all(_sound(half, block_area[0]) for half in halves):
            cuts.append((line, depth))
            nodes += [Point(line.coords[0]), Point(line.coords[-1])]
            return [b for half in halves for b in cut_face(half, rng, cuts, nodes, depth + 1, block_area)]
    return [face]


def _cut_line(
    face: Polygon, middle: np.ndarray, across: np.ndarray, rng: np.random.Generator, nodes: list[Point]
) -> LineString | None:
    turn = rng.normal(0, 0.03)
    across = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ across
    hits = parts(LineString([middle - across * 3, middle + across * 3]).intersection(face))
    if not hits:
        return None
    chord = min(hits, key=lambda part: part.distance(Point(middle)))
    ends = [_snapped(Point(c), face, nodes) for c in (chord.coords[0], chord.coords[-1])]
    line = LineString(ends)
    if line.length < 45 or not face.buffer(1.0).contains(line) or _too_slanted(line, face):
        return None
    return line


def _snapped(point: Point, face: Polygon, nodes: list[Point]) -> tuple[float, float]:
    # A cut that ends near another crossing on this border goes on through it: that makes crossroads, not jogs.
    border = face.exterior
    near = [n for n in nodes if n.distance(point) < 38 and n.distance(border) < 0.3]
    best = min(near, key=lambda n: n.distance(point)) if near else Point(np.round(point.coords[0], 1))
    return best.x, best.y


def _too_slanted(line: LineString, face: Polygon) -> bool:
    heading = np.subtract(line.coords[-1], line.coords[0]) / line.length
    border = face.exterior
    for point, sign in ((line.coords[0], 1), (line.coords[-1], -1)):
        at = border.project(Point(point))
        for step in (8.0, -8.0):
            along = np.subtract(border.interpolate((at + step) % border.length).coords[0], point)
            if along @ heading * sign / max(np.hypot(*along), 1e-9) > 0.84:
                return True
    return False


def _longer(line: LineString) -> LineString:
    (x1, y1), (x2, y2) = line.coords
    dx, dy = (x2 - x1) / line.length, (y2 - y1) / line.length
    return LineString([(x1 - dx, y1 - dy), (x2 + dx, y2 + dy)])


def _sound(part: Polygon, smallest: float) -> bool:
    box: Any = part.minimum_rotated_rectangle
    sides = np.hypot(*np.diff(np.array(box.exterior.coords)[:3], axis=0).T)
    return part.area > 0.42 * smallest and part.area / box.area > 0.52 and sides.min() > 0.3 * sides.max()


def corners_of(face: Polygon) -> list[tuple[float, float]]:
    xy = np.array(face.exterior.coords[:-1])
    ahead, behind = np.roll(xy, -1, axis=0) - xy, xy - np.roll(xy, 1, axis=0)
    cross = behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0]
    turn = np.abs(np.arctan2(cross, (behind * ahead).sum(axis=1)))
    return [tuple(point) for point in xy[turn > 0.6]]


def lay_parks(blocks: list[Polygon]) -> tuple[list[tuple[str, str, Polygon]], list[Polygon], list[Polygon]]:
    parks, ponds, whole = [], [], []
    for name, latin, x, y, size, pond in names.PARKS:
        first = min(blocks, key=lambda b: b.centroid.distance(Point(x, y)))
        members = [first]
        if size == 2:
            others = [b for b in blocks if b is not first and b.intersection(first).length > 60]
            members.append(
                max(
                    others,
                    key=lambda b: shapely.union(b, first).minimum_rotated_rectangle.area ** -1 * (b.area + first.area),
                )
            )
        union = shapely.union_all(members, grid_size=SNAP).buffer(0.2).buffer(-0.2)
        whole.append(union)
        inner = union.buffer(-16, join_style="mitre").buffer(6)
        parks.append((name, latin, inner))
        if pond:
            centre = union.representative_point()
            water = shapely.affinity.scale(centre.buffer(52, quad_segs=6), 1.25, 0.8)
            ponds.append(water.intersection(inner.buffer(-14)).buffer(-5).buffer(5))
    return parks, ponds, whole


def inside(line: LineString, park: Polygon) -> bool:
    return line.interpolate(0.5, normalized=True).within(park.buffer(-3))


def dead_ends(
    blocks: list[Polygon], parks: list[tuple[str, str, Polygon]], rng: np.random.Generator
) -> list[tuple[LineString, int]]:
    """Short lanes into the larger blocks, as yards have them."""
    lanes = []
    greens = shapely.union_all([park for *_, park in parks])
    for block in blocks:
        if block.area < 24000 or block.intersects(greens) or rng.random() > 0.45:
            continue
        around: Any = block.minimum_rotated_rectangle
        box = np.array(around.exterior.coords)
        sides = np.hypot(*np.diff(box[:3], axis=0).T)
        inward = (box[2] - box[1]) if sides[0] >= sides[1] else (box[1] - box[0])
        inward = inward / np.hypot(*inward) * rng.choice([-1, 1])
        middle = np.array(block.centroid.coords[0]) + rng.normal(0, 8, 2)
        hit = parts(LineString([middle, middle + inward * 400]).intersection(block))
        if hit and 45 < hit[0].length < 150:
            lanes.append((LineString([np.round(hit[0].coords[-1], 1), np.round(middle, 1)]), 9))
    return lanes
