"""
The ground of the sample city: a river, main streets, blocks between them, and the pieces that become streets.

Everything is drawn in metres about an origin and rounded to degrees at the very end (`shapes.degrees`). Main streets
are warped lines; the blocks between them are cut in two until they have the size of a block (recursive cuts across the
longer side, as generators of street plans do). Lines meet at shared vertices, but a bridge passes over the river path.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.ops import linemerge, polygonize, substring

from data.sample import names
from data.sample.blocks import corners_of, cut_face, dead_ends, inside, lay_parks
from data.sample.lanes import Street, named, noded_pieces
from data.sample.shapes import SNAP, faces_of, parts, ribbon, sides_of, spline

LEVEL_NAMES = {name for _, _, name, _, _ in names.LEVEL}
HALF_WIDTH, HALF_LENGTH = 1380.0, 1790.0
FRAME = shapely.box(-2450, -1880, 2650, 1880)
RIVER_COURSE = (
    (-2900, 1010),
    (-2300, 800),
    (-1700, 560),
    (-1150, 130),
    (-600, -40),
    (-60, 150),
    (420, 210),
    (800, -80),
    (1010, -520),
    (1480, -830),
    (2150, -1010),
    (3000, -1500),
)
BANK_ROAD = 34.0  # from the water's edge to the riverside road
VILLAGE_RIM = ((1640, 640), (1990, 850), (2420, 800), (2560, 420), (2440, 60), (2080, -80), (1700, -70))
VILLAGE_CORE = ((1985, 560), (2150, 640), (2345, 575), (2395, 400), (2330, 215), (2120, 165), (1965, 285), (1930, 430))


@dataclass
class Ground:
    """What the city is drawn from, in metres about the origin."""

    ring: LineString
    river: Polygon
    river_axis: LineString
    bank: Polygon
    pieces: list[Street]
    blocks: list[Polygon]
    unit_lines: list[LineString]
    village: Polygon
    village_road: LineString
    parks: list[tuple[str, str, Polygon]]
    ponds: list[Polygon]
    rail: LineString

    @property
    def city(self) -> Polygon:
        return Polygon(self.ring.coords)


def draw_ground(rng: np.random.Generator) -> Ground:
    """Draw river, streets, blocks and parks."""
    axis = LineString(spline(RIVER_COURSE, 35.0))
    half = 38 + 7 * np.sin(np.linspace(0, 19, len(axis.coords)))
    river, bank = ribbon(axis, half), ribbon(axis, half + BANK_ROAD)
    ring = _ring()
    city = Polygon(ring.coords)
    village = _village(ring)
    drawn, unit_lines = _main_streets(ring, city, axis, bank, half)
    # Blocks are cut from lines that are already rounded: a cut that ends on one then meets it to the millimetre.
    main = noded_pieces(drawn)
    village_road, village_streets = _village_streets(
        rng, [c for s in main for c in (s.line.coords[0], s.line.coords[-1])]
    )
    faces = faces_of([s.line for s in main])
    cores = [face for face in faces if city.contains(face.representative_point()) and not _wet(face, bank)]
    cuts: list[tuple[LineString, int]] = []
    nodes = [Point(c) for s in main for c in (s.line.coords[0], s.line.coords[-1])]
    nodes += [Point(c) for face in cores for c in corners_of(face)]
    blocks = [block for face in cores for block in cut_face(face, rng, cuts, nodes, 0, (21000, 38000))]
    for face in _outskirts(main, city, village, bank):
        cut_face(face, rng, cuts, nodes, 2, (130000, 230000))
    parks, ponds, gone = lay_parks(blocks)
    lanes = named(cuts + dead_ends(blocks, parks, rng), rng)
    pieces = [p for p in noded_pieces(main + lanes + village_streets) if not any(inside(p.line, park) for park in gone)]
    pieces += _river_path(axis, half, pieces, city)
    return Ground(ring, river, axis, bank, pieces, blocks, unit_lines, village, village_road, parks, ponds, _rail())


def _ring() -> LineString:
    angle = np.linspace(0, 2 * np.pi, 121)
    wobble = 1 + 0.018 * np.sin(3 * angle + 0.5) + 0.012 * np.sin(5 * angle)
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.84 * HALF_LENGTH * wobble
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.84 * HALF_WIDTH * wobble
    xy = np.round(np.column_stack([x, y]), 1)
    xy[-1] = xy[0]
    return LineString(xy)


def _warp(xy: np.ndarray) -> np.ndarray:
    x, y = xy.T
    return np.column_stack(
        [
            x + 52 * np.sin(y / 620 + 0.7) + 0.055 * y + 18 * np.sin(x / 330 + y / 500),
            y + 48 * np.sin(x / 690 + 1.3) - 0.045 * x + 16 * np.sin(y / 300 - x / 450),
        ]
    )


def _main_streets(
    ring: LineString, city: Polygon, axis: LineString, bank: Polygon, half: np.ndarray
) -> tuple[list[Street], list[LineString]]:
    """The ring, the avenue, the long streets and the roads along the river; and all of them uncut, for the units."""
    drawn: list[tuple[LineString, str, str, str, bool]] = []
    steps = np.arange(-2600.0, 2601.0, 50.0)
    for at, road_class, name, latin, bridge in names.UPRIGHT:
        drawn.append(
            (LineString(_warp(np.column_stack([np.full_like(steps, at), steps]))), road_class, name, latin, bridge)
        )
    for at, road_class, name, latin, bridge in names.LEVEL:
        drawn.append(
            (LineString(_warp(np.column_stack([steps, np.full_like(steps, at)]))), road_class, name, latin, bridge)
        )
    avenue = LineString(
        spline(((-2700, -2080), (-1540, -1130), (-690, -385), (180, 215), (1000, 790), (2700, 2190)), 50)
    )
    drawn.append((avenue, "primary", *names.AVENUE, True))
    unit_lines = [ring, axis]
    streets = []
    outside_bank = shapely.difference(FRAME, bank)
    for line, road_class, name, latin, bridge in drawn:
        unit_lines.append(_clip_longest(line, city))
        reach: Any = city
        if road_class == "primary":
            # Out of town the level ones only go west: the village road takes over in the east.
            beyond = FRAME if name not in LEVEL_NAMES else shapely.box(-2450, -1880, -HALF_LENGTH * 0.9, 0)
            reach = shapely.union(city, beyond)
        for part in parts(line.intersection(reach)):
            for piece in parts(part.intersection(outside_bank)):
                if piece.length > 60:
                    streets.append(Street(piece, name, latin, road_class))
            crossings = [piece for piece in parts(part.intersection(bank)) if city.contains(piece)]
            if bridge and crossings:
                streets.append(Street(max(crossings, key=lambda p: p.length), name, latin, road_class, bridge=True))
    for quarter, (name, latin) in names.RING.items():
        side: Any = ring.intersection(_quarter(quarter))
        for part in parts(linemerge(side) if side.geom_type != "LineString" else side):
            streets += [Street(p, name, latin, "ring") for p in parts(part.difference(bank))]
            streets += [Street(p, name, latin, "ring", bridge=True) for p in parts(part.intersection(bank))]
    for edge, (name, latin) in zip(sides_of(axis, half + BANK_ROAD), names.RIVERSIDE.values(), strict=True):
        streets += [Street(p, name, latin, "secondary") for p in parts(LineString(edge).intersection(FRAME))]
    return streets, unit_lines


def _quarter(side: str) -> Polygon:
    corner = {"north": (-1, 1, 1, 1), "east": (1, 1, 1, -1), "south": (1, -1, -1, -1), "west": (-1, -1, -1, 1)}[side]
    x1, y1, x2, y2 = corner
    far, wide = 4000.0, 4000.0 * 0.86
    return Polygon([(0, 0), (x1 * far, y1 * wide), (x1 * far + x2 * far, y1 * wide + y2 * wide), (x2 * far, y2 * wide)])


def _clip_longest(line: LineString, area: Polygon) -> LineString:
    return max(parts(line.intersection(area)), key=lambda part: part.length)


def _outskirts(main: list[Street], city: Polygon, village: Polygon, bank: Polygon) -> list[Polygon]:
    """The fields and workshops around the city, as far as the map is drawn."""
    inner = shapely.union_all([city, village, bank])
    lines = [s.line for s in main] + [FRAME.exterior, village.exterior]
    return [face for face in faces_of(lines) if not inner.contains(face.representative_point())]


def _wet(face: Polygon, bank: Polygon) -> bool:
    return face.intersection(bank).area > 0.5 * face.area


def _river_path(axis: LineString, half: np.ndarray, pieces: list[Street], city: Polygon) -> list[Street]:
    """A path at the water's edge in the north: bridges pass over it, short ramps between them join it to the road."""
    edge, _ = sides_of(axis, half + 9.0)
    path = _clip_longest(LineString(edge), city.buffer(-90))
    road = [p for p in pieces if p.name == names.RIVERSIDE["north"][0]]
    road_nodes = [Point(c) for p in road for c in (p.line.coords[0], p.line.coords[-1])]
    bridges = shapely.union_all([p.line for p in pieces if p.bridge])
    stations: list[tuple[float, Point]] = []
    for node in road_nodes:
        at = path.project(node)
        foot = path.interpolate(at)
        if foot.distance(node) < 45 and bridges.distance(foot) > 60 and all(abs(at - s) > 330 for s, _ in stations):
            stations.append((at, node))
    stations.sort(key=lambda pair: pair[0])
    streets = [Street(LineString([n.coords[0], path.interpolate(s).coords[0]]), "", "", "lane") for s, n in stations]
    cut: list[Any] = [substring(path, a, b) for (a, _), (b, _) in pairwise(stations)]
    return streets + [Street(_rounded(line), *names.RIVER_PATH, "lane", joins=False) for line in cut]


def _rounded(line: LineString) -> LineString:
    return LineString([line.coords[0], *np.round(np.array(line.coords)[1:-1], 1), line.coords[-1]])


def _village(ring: LineString) -> Polygon:
    rim = LineString(spline(VILLAGE_RIM, 60))
    faces = polygonize(shapely.unary_union([ring, rim], grid_size=SNAP))
    city = Polygon(ring.coords).buffer(-1)
    return next(face for face in faces if not city.contains(face.representative_point()))


def _village_streets(rng: np.random.Generator, main_ends: list[tuple[float, ...]]) -> tuple[LineString, list[Street]]:
    """The county road from the ring through the village, and the lanes about it."""
    gate = min((Point(c) for c in main_ends), key=lambda point: point.distance(Point(1800, 380))).coords[0]
    road: Any = LineString([gate, *spline(((1850, 385), (2150, 415), (2450, 330), (2900, 300)), 45)]).intersection(
        FRAME
    )
    core = Polygon(spline((*VILLAGE_CORE, VILLAGE_CORE[0]), 30))
    loop = LineString(core.exterior.coords)
    main = noded_pieces(
        [Street(road, *names.COUNTY_ROAD, "secondary"), Street(loop, "环村路", "Village Loop Road", "local")]
    )
    cuts: list[tuple[LineString, int]] = []
    nodes: list[Point] = []
    for face in faces_of([s.line for s in main]):
        cut_face(face, rng, cuts, nodes, 3, (5200, 9500))
    field_lane = LineString([(1985, 560), (1905, 690), (1800, 735)])
    names_here = iter(
        [
            ("石塘前巷", "Shitang Front Lane"),
            ("石塘后巷", "Shitang Back Lane"),
            ("塘边巷", "Tangbian Lane"),
            ("晒谷巷", "Shaigu Lane"),
        ]
    )
    streets = [*main, Street(field_lane, "", "", "lane")]
    for line, _ in sorted(cuts, key=lambda cut: -cut[0].length):
        streets.append(Street(line, *next(names_here, ("", "")), "lane"))
    return road, streets


def _rail() -> Any:
    return LineString(
        spline(((-2700, 1330), (-1900, 1560), (-700, 1640), (500, 1650), (1500, 1560), (2250, 1330), (2900, 1000)), 60)
    ).intersection(FRAME)
