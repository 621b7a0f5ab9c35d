"""
A short round to walk from a crossing and back to it: a loop of streets by name that a pair can keep up for a shift.

It follows from the crossing and the streets alone, never from what was reported. Loops are a shortest way out and a
shortest way back that share nothing but the two ends; nameless streets count half as long again, since nobody can be
told to take them. Where no loop exists, it goes there and back along one way.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString

from analysis.routes import Part, Turn, make_leg

REACH = 250.0  # metres from the crossing that no corner of a round lies beyond
WANTED = 600.0  # metres: nine minutes at a stroll
LEAST, MOST = 240.0, 1000.0
LEAST_OUT = 80.0  # metres out, where there is no loop
NAMELESS = 1.5  # how much longer a street without a name counts
NODE_WITHIN = 15.0  # metres from the crossing asked for to the network's
MIN_CROSSING = 3


@dataclass(frozen=True, eq=False)
class Round:
    """
    A round: its line, its crossings in walking order (the first again at the end), its turns by street names.

    `loop` is False where it leads there and back on the same way; `turns` then tell only the way there. `corners` are
    (n, 2) metres.
    """

    line: LineString
    length_m: float
    corners: np.ndarray
    turns: tuple[Turn, ...]
    loop: bool


def short_round(network: Any, x: float, y: float, *, reach: float = REACH) -> Round | None:
    """
    Find a round from a crossing.

    Parameters
    ----------
    network : analysis.network.Network
    x, y : float
        The crossing, in metres.
    reach : float
        How far from it the round may lead, in metres as the crow flies.

    Returns
    -------
    Round or None
        None where no way leads `LEAST_OUT` metres out, or the crossing is not one of the network.
    """
    away = np.hypot(network.node_x - x, network.node_y - y)
    home = int(away.argmin())
    if away[home] > NODE_WITHIN:
        return None
    ground = _Ground(network, home, reach)
    loops = [loop for node in ground.order() if (loop := ground.loop(node)) is not None]
    if loops:
        return ground.round(min(loops, key=ground.rank), loop=True)
    out = [way for node in ground.order() if (way := ground.out(node)) is not None]
    return ground.round(max(out, key=ground.rank_out), loop=False) if out else None


class _Ground:
    """The streets around one crossing, as a small graph; of parallel streets the shorter stays."""

    def __init__(self, network: Any, home: int, reach: float) -> None:
        near = np.hypot(network.node_x - network.node_x[home], network.node_y - network.node_y[home]) <= reach
        inside = np.flatnonzero(near[network.u] & near[network.v] & (network.u != network.v))
        # A street between two near crossings may itself swing far out.
        x0, y0 = network.node_x[home], network.node_y[home]
        far = shapely.hausdorff_distance(network.lines[inside], shapely.Point(x0, y0)) > 1.2 * reach
        self.network, self.edges = network, inside[~far]
        self.nodes = np.unique(np.append(network.u[self.edges], network.v[self.edges]))
        self.nodes = np.union1d(self.nodes, [home])
        self.home = int(np.searchsorted(self.nodes, home))
        self.u, self.v = (np.searchsorted(self.nodes, end[self.edges]) for end in (network.u, network.v))
        self.length = network.length_m[self.edges]
        self.cost = np.where(network.names[self.edges] == "", NAMELESS, 1.0) * self.length
        self.by_pair: dict[tuple[int, int], int] = {}
        for e in np.lexsort([np.arange(len(self.edges)), self.cost]):
            pair = (int(min(self.u[e], self.v[e])), int(max(self.u[e], self.v[e])))
            self.by_pair.setdefault(pair, int(e))
        ends = np.bincount(np.append(network.u, network.v), minlength=len(network.node_x))
        self.crossing = ends[self.nodes] >= MIN_CROSSING
        self.graph = self._graph(np.ones(len(self.edges), dtype=bool))
        self.away, self.before = dijkstra(self.graph, indices=self.home, return_predecessors=True)

    def order(self) -> list[int]:
        """The crossings one can get to, nearest first, ties by place."""
        nodes = [int(n) for n in np.flatnonzero(np.isfinite(self.away) & self.crossing) if n != self.home]
        xy = np.column_stack([self.network.node_x[self.nodes], self.network.node_y[self.nodes]])
        return sorted(nodes, key=lambda n: (round(float(self.away[n]), 3), *np.round(xy[n], 2)))

    def loop(self, node: int) -> list[int] | None:
        """Nodes out to this one by the shortest way and back by another; None where there is none of fitting length."""
        out = self._path(self.before, node)
        if self.away[node] > MOST / 2 * NAMELESS:
            return None
        free = ~(np.isin(self.u, out[1:-1]) | np.isin(self.v, out[1:-1]))
        if len(out) == 2:
            free[self._edge(out[0], out[1])] = False
        back, before = dijkstra(self._graph(free), indices=node, return_predecessors=True)
        if not np.isfinite(back[self.home]):
            return None
        way = out + self._path(before, self.home, start=node)[1:]
        return way if LEAST <= self._length(way) <= MOST else None

    def out(self, node: int) -> list[int] | None:
        """Nodes out to this one and back the same way."""
        out = self._path(self.before, node)
        return out + out[-2::-1] if self._length(out) >= LEAST_OUT and self._length(out) * 2 <= MOST else None

    def rank(self, way: list[int]) -> tuple[float, ...]:
        """Near the wanted length and by streets with names; the smaller, the better; ties by place."""
        length, named = self._length(way), self._named(way)
        return (round(abs(length - WANTED) + WANTED * (1 - named), 1), *self._place(way))

    def rank_out(self, way: list[int]) -> tuple[float, ...]:
        """The longest by streets with names; the larger, the better."""
        return (round(self._length(way) * self._named(way), 1), round(self._length(way), 1), *self._place(way))

    def round(self, way: list[int], *, loop: bool) -> Round:
        """Lay the round along its streets."""
        way = self._turned(way) if loop else way
        parts = []
        for a, b in pairwise(way):
            e = self.edges[self._edge(a, b)]
            xy = shapely.get_coordinates(self.network.lines[e])
            forth = self.network.u[e] == self.nodes[a]
            parts.append(Part(xy if forth else xy[::-1], self.network.names[e], self.network.names_en[e]))
        leg, _ = make_leg(parts, (0.0, 0.0), None)
        told = leg if loop else make_leg(parts[: len(parts) // 2], (0.0, 0.0), None)[0]
        at = self.nodes[[n for n in way if self.crossing[n] or n == self.home]]
        corners = np.column_stack([self.network.node_x[at], self.network.node_y[at]])
        return Round(leg.line, self._length(way), corners, told.turns, loop)

    def _turned(self, way: list[int]) -> list[int]:
        """Of the two directions of a loop always the same: the one whose first corner lies further north, then east."""
        first, last = (tuple(np.round(self._xy(n)[::-1], 2)) for n in (way[1], way[-2]))
        return way if first >= last else way[::-1]

    def _xy(self, node: int) -> np.ndarray:
        n = self.nodes[node]
        return np.array([self.network.node_x[n], self.network.node_y[n]])

    def _place(self, way: list[int]) -> tuple[float, float]:
        xy = np.array([self._xy(n) for n in way]).mean(axis=0)
        return float(np.round(xy[0], 2)), float(np.round(xy[1], 2))

    def _edge(self, a: int, b: int) -> int:
        return self.by_pair[min(a, b), max(a, b)]

    def _length(self, way: list[int]) -> float:
        return float(sum(self.length[self._edge(a, b)] for a, b in pairwise(way)))

    def _named(self, way: list[int]) -> float:
        """Share of the way along streets with names."""
        edges = [self._edge(a, b) for a, b in pairwise(way)]
        named = sum(self.length[e] for e in edges if self.network.names[self.edges[e]] != "")
        return float(named / max(self._length(way), 1e-9))

    def _path(self, before: np.ndarray, node: int, start: int | None = None) -> list[int]:
        start = self.home if start is None else start
        nodes = [int(node)]
        while nodes[-1] != start:
            nodes.append(int(before[nodes[-1]]))
        return nodes[::-1]

    def _graph(self, free: np.ndarray) -> csr_array:
        kept = [e for e in self.by_pair.values() if free[e]]
        n = len(self.nodes)
        u, v, cost = self.u[kept], self.v[kept], self.cost[kept]
        return csr_array((np.tile(cost, 2), (np.append(u, v), np.append(v, u))), shape=(n, n))
