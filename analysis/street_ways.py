"""
Shortest ways between places on edges, piece by piece: read off the predecessors that compiled Dijkstra leaves.

`analysis.network` brings points onto edges and asks; this module knows how a way leaves its first edge, passes from
node to node, and enters its last.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse.csgraph import dijkstra
from shapely import LineString

from analysis.routes import Part
from analysis.street_graph import stretch, with_sources

SPECK = 1e-6  # metres; a stretch this short is a rounding error, not a way


@dataclass(frozen=True, eq=False)
class Ways:
    """
    All ways from some places to some others; made by `Network.ways`.

    Parameters
    ----------
    metres : array of (n, m) floats
        Of each shortest way; inf where a place is not finite.
    """

    metres: np.ndarray
    _network: Any
    _source: Any
    _target: Any
    _reach: np.ndarray
    _before: np.ndarray

    def parts(self, i: int, j: int) -> list[Part]:
        """The pieces of streets from source `i` to target `j`, in walking order; none where they are one place."""
        steps = self._steps(i, j)
        lines, names, names_en = self._network.lines, self._network.names, self._network.names_en
        return [
            Part(stretch(lines[edge], start, end), names[edge], names_en[edge])
            for edge, start, end in steps
            if abs(start - end) > SPECK
        ]

    def line(self, i: int, j: int) -> LineString | None:
        """The way from source `i` to target `j`; None where there is no way or no step to take."""
        if not np.isfinite(self.metres[i, j]):
            return None
        parts = self.parts(i, j)
        if not parts:
            return None
        return LineString(np.vstack([parts[0].xy, *(part.xy[1:] for part in parts[1:])]))

    def edges(self, i: int, j: int) -> list[int]:
        """The edges passed, in walking order."""
        return [edge for edge, start, end in self._steps(i, j) if abs(start - end) > SPECK]

    def _steps(self, i: int, j: int) -> list[tuple[int, float, float]]:
        """Edges with the metres from their beginning at which the way enters and leaves them."""
        net, n = self._network, len(self._network.node_x)
        edge, offset = int(self._source.edge[i]), float(self._source.offset_m[i])
        last, off = int(self._target.edge[j]), float(self._target.offset_m[j])
        if edge < 0 or last < 0:
            return []
        reach, before = self._reach[i], self._before[i]
        by_end = ((net.u[last], 0.0, off), (net.v[last], float(net.length_m[last]), net.length_m[last] - off))
        end, entry, rest = min(by_end, key=lambda way: reach[way[0]] + way[2])
        if edge == last and abs(offset - off) <= reach[end] + rest:
            return [(last, offset, off)]
        nodes = [int(end)]
        while before[nodes[-1]] < n:
            nodes.append(int(before[nodes[-1]]))
        nodes.reverse()
        steps = [(edge, offset, self._exit(edge, offset, nodes[0]))]
        for between, a in zip(net.edges_between(nodes[:-1], nodes[1:]), nodes[:-1], strict=True):
            length = float(net.length_m[between])
            steps.append((int(between), 0.0, length) if net.u[between] == a else (int(between), length, 0.0))
        return [*steps, (last, entry, off)]

    def _exit(self, edge: int, offset: float, node: int) -> float:
        """At which end of its edge a way leaves towards a node."""
        length = float(self._network.length_m[edge])
        if self._network.u[edge] == self._network.v[edge]:
            return 0.0 if offset <= length - offset else length
        return 0.0 if self._network.u[edge] == node else length


def search(network: Any, edge: np.ndarray, offset: np.ndarray, limit: float | None = None) -> np.ndarray:
    """Metres from places on edges to all nodes: (places, nodes); inf beyond the limit."""
    graph = with_sources(network.graph, network.u[edge], network.v[edge], offset, network.length_m[edge] - offset)
    n = len(network.node_x)
    return dijkstra(graph, indices=n + np.arange(len(edge)), limit=np.inf if limit is None else limit)[:, :n]


def search_ways(network: Any, edge: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `search`, and the node before each on its way; n and more where the way begins."""
    graph = with_sources(network.graph, network.u[edge], network.v[edge], offset, network.length_m[edge] - offset)
    n = len(network.node_x)
    reach, before = dijkstra(graph, indices=n + np.arange(len(edge)), return_predecessors=True)
    return reach[:, :n], before[:, :n]


def joined(network: Any, source: Any, rows: np.ndarray, target: Any, columns: np.ndarray, reach: np.ndarray) -> Any:
    """Metres from places on edges to others, (rows, columns), from the metres to all nodes."""
    edge, offset = target.edge[columns], target.offset_m[columns]
    metres = np.minimum(
        reach[:, network.u[edge]] + offset, reach[:, network.v[edge]] + (network.length_m[edge] - offset)
    )
    # On one edge one need not pass its ends.
    row, column = np.nonzero(source.edge[rows][:, None] == edge)
    straight = np.abs(source.offset_m[rows][row] - offset[column])
    metres[row, column] = np.minimum(metres[row, column], straight)
    return metres
