"""
Pairs of points that are near on foot, without a table of all distances.

What is near on foot is near in the plane, so the city is taken square by square: each needs only its own streets, and
memory grows with the pairs found. The door is `analysis.network.Network.within`.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from analysis.street_graph import blocks, with_sources

TILE = 4.0  # side, in limits, of the squares in which near pairs are looked for
MIN_TILE = 500.0  # metres


def tiles(network: Any, source: Any, limit: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Sources square by square, with the nodes that can lie within the limit of any of them."""
    side = max(TILE * limit, MIN_TILE)
    there = np.flatnonzero(source.edge >= 0)
    tile = np.floor(source.x[there] / side) + 1j * np.floor(source.y[there] / side)
    order = np.argsort(tile, kind="stable")
    changes = np.flatnonzero(tile[order][1:] != tile[order][:-1]) + 1
    for rows in np.split(there[order], changes) if len(there) else ():
        x, y = source.x[rows], source.y[rows]
        near = (network.node_x >= x.min() - limit) & (network.node_x <= x.max() + limit)
        near &= (network.node_y >= y.min() - limit) & (network.node_y <= y.max() + limit)
        nodes = np.flatnonzero(near)
        for block in blocks(rows, len(nodes)):
            yield block, nodes


class TargetEnds:
    """Targets by the node at either end of their edge, and by edge, for joining with what sources reach."""

    def __init__(self, network: Any, target: Any) -> None:
        there = np.flatnonzero(target.edge >= 0)
        edge, offset = target.edge[there], target.offset_m[there]
        node = np.concatenate([network.u[edge], network.v[edge]])
        order = np.argsort(node, kind="stable")
        self.network, self.n = network, len(target.edge)
        self.target = np.tile(there, 2)[order]
        self.metres = np.concatenate([offset, network.length_m[edge] - offset])[order]
        self.starts = np.append(0, np.cumsum(np.bincount(node, minlength=len(network.node_x))))
        by_edge = np.argsort(edge, kind="stable")
        self.on_edge, self.offset = there[by_edge], offset[by_edge]
        self.edge_starts = np.append(0, np.cumsum(np.bincount(edge, minlength=len(network.u))))

    def near(
        self, source: Any, block: np.ndarray, nodes: np.ndarray, limit: float
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs (source × targets + target) and metres within the limit, once each."""
        network = self.network
        graph = network.graph[nodes][:, nodes] if len(nodes) else csr_array((0, 0))
        edge, offset = source.edge[block], source.offset_m[block]
        local = np.full(len(network.node_x), -1, dtype=np.int64)
        local[nodes] = np.arange(len(nodes))
        rest = network.length_m[edge] - offset
        graph = with_sources(graph, local[network.u[edge]], local[network.v[edge]], offset, rest)
        reach = dijkstra(graph, indices=len(nodes) + np.arange(len(block)), limit=limit)[:, : len(nodes)]
        row, column = np.nonzero(np.isfinite(reach))
        at, which = _expand(self.starts, nodes[column])
        pair = [block[row[which]] * self.n + self.target[at]]
        metres = [reach[row, column][which] + self.metres[at]]
        at, which = _expand(self.edge_starts, edge)
        pair.append(block[which] * self.n + self.on_edge[at])
        metres.append(np.abs(offset[which] - self.offset[at]))
        pairs, all_metres = np.concatenate(pair), np.concatenate(metres)
        keep = all_metres <= limit
        pairs, all_metres = pairs[keep], all_metres[keep]
        order = np.lexsort([all_metres, pairs])
        first = order[np.append(True, pairs[order][1:] != pairs[order][:-1])] if len(order) else order
        if len(first):
            yield pairs[first], all_metres[first]


def _expand(starts: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All members of each group asked for, and which question each answers."""
    sizes = starts[groups + 1] - starts[groups]
    which = np.repeat(np.arange(len(groups)), sizes)
    before = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.repeat(starts[groups], sizes) + np.arange(len(which)) - before, which
