"""From drawn lines to street pieces: which cuts are one street, what it is called, and where lines cross."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString

from data.sample import names
from data.sample.shapes import SNAP, parts


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
    pool = iter(names.stems())
    labels: dict[int, tuple[str, str, str]] = {}
    for c in sorted(length, key=lambda k: -length[k]):
        road_class = "local" if length[c] > 300 else "lane"
        stem = next(pool, None) if length[c] > 135 and rng.random() < 0.93 else None
        if stem is None:
            labels[c] = ("", "", road_class)
        else:
            suffix, latin = names.SUFFIXES[road_class][int(rng.integers(2))]
            labels[c] = (stem[0] + suffix, f"{stem[1]} {latin}", road_class)
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
    return pieces
