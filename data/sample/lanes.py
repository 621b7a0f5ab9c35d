"""From drawn lines to street pieces: which cuts are one street, what it is called, and where lines cross."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString

from data.sample import names
from data.sample.shapes import SNAP, parts

STUB = 10.0  # metres


@dataclass
class Street:
    """One line as drawn, before it is cut at crossings."""

    line: LineString
    name: str
    name_en: str
    road_class: str
    bridge: bool = False
    joins: bool = True


def named(cuts: list[tuple[LineString, int]], rng: np.random.Generator) -> list[Street]:
    """Join cuts that go straight on into one street, then name the longer ones."""
    chain = _chains([line for line, _ in cuts])
    length = {c: sum(line.length for (line, _), k in zip(cuts, chain, strict=True) if k == c) for c in set(chain)}
    pool = iter(names.street_stems())
    labels: dict[int, tuple[str, str, str]] = {}
    for c in sorted(length, key=lambda k: -length[k]):
        # Long streets always have a name; short and some other lanes have none, as on any real map.
        unnamed = length[c] <= 110 or (length[c] <= 300 and rng.random() < 0.1)
        name = None if unnamed else next(pool, None)
        if name is None:
            labels[c] = ("", "", "lane")
        else:
            road_class = "local" if length[c] > 300 else "lane"
            suffix, latin = names.SUFFIXES[road_class][int(rng.integers(2))]
            labels[c] = (name[0] + suffix, f"{name[1]} {latin}", road_class)
    return [Street(line, *labels[c]) for (line, _), c in zip(cuts, chain, strict=True)]


def _chains(lines: list[LineString]) -> list[int]:
    parent = list(range(len(lines)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    ends: dict[tuple[float, float], list[tuple[int, np.ndarray]]] = {}
    for i, line in enumerate(lines):
        a, b = np.array(line.coords[0]), np.array(line.coords[-1])
        heading = (b - a) / np.hypot(*(b - a))
        ends.setdefault(tuple(np.round(a, 1)), []).append((i, heading))
        ends.setdefault(tuple(np.round(b, 1)), []).append((i, -heading))
    for meeting in ends.values():
        for k, (i, first) in enumerate(meeting):
            for j, second in meeting[k + 1 :]:
                if first @ second < -0.9:
                    parent[root(j)] = root(i)
    return [root(i) for i in range(len(lines))]


def noded_pieces(streets: list[Street]) -> list[Street]:
    """Cut every line where it meets another; each piece keeps the words of the line it came from."""
    rank = {"ring": 0, "primary": 1, "secondary": 2, "local": 3, "lane": 4}
    order = sorted(streets, key=lambda s: (not s.bridge, rank[s.road_class]))
    tree = shapely.STRtree([s.line for s in order])
    noded = shapely.unary_union([s.line for s in order], grid_size=SNAP)
    pieces = []
    for part in parts(noded):
        middle = part.interpolate(0.5, normalized=True)
        near = tree.query(middle, predicate="dwithin", distance=0.3)
        source = order[int(near.min())]
        pieces.append(Street(part, source.name, source.name_en, source.road_class, source.bridge))
    return _without_stubs(pieces)


def _without_stubs(pieces: list[Street]) -> list[Street]:
    """Make one crossing of two that lie within a few metres: nobody calls that a street."""
    stubs = [p for p in pieces if p.line.length < STUB and not p.bridge]
    moved: dict[tuple[float, ...], tuple[float, ...]] = {}
    for stub in stubs:
        a, b = (_followed(stub.line.coords[k], moved) for k in (0, -1))
        if a != b:
            moved[b] = a
    kept = []
    for piece in pieces:
        ends = [_followed(piece.line.coords[k], moved) for k in (0, -1)]
        if ends[0] != ends[1] or piece.line.length > 10 * STUB:
            line = LineString([ends[0], *piece.line.coords[1:-1], ends[1]])
            kept.append(Street(line, piece.name, piece.name_en, piece.road_class, piece.bridge))
    return kept


def _followed(point: tuple[float, ...], moved: dict[tuple[float, ...], tuple[float, ...]]) -> tuple[float, ...]:
    while point in moved:
        point = moved[point]
    return point
