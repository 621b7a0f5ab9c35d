"""
How far it is on foot, and which way: the walkable streets as a graph, with points snapped anywhere along its edges.

Shortest paths are scipy's Dijkstra in compiled code; this module brings arbitrary points into the graph and out again.
Only the largest connected part is used: a stop on an island of the map could never be walked to. Texts of turns are
worded elsewhere; `analysis.routes` makes the list.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from analysis.routes import Part, Route, make_leg, make_route
from geo.checks import require_columns, require_metric
from geo.errors import InputError

MAX_NUMBERS = 8_000_000  # of one dense block of distances: 64 MB
TILE = 4.0  # side, in limits, of the squares in which near pairs are looked for
MIN_TILE = 500.0  # metres
MIN_CROSSING = 3  # street ends that make a crossing
SPECK = 1e-6  # metres; a stretch this short is a rounding error, not a way


@dataclass(frozen=True, eq=False)
class SnapResult:
    """Where points lie: edge (-1 for a point that is not finite), metres from its `u`, place on it, metres moved."""

    edge: np.ndarray
    offset_m: np.ndarray
    x: np.ndarray
    y: np.ndarray
    moved_m: np.ndarray


@dataclass(frozen=True, eq=False)
class Network:
    """
    The largest connected part of the walkable streets.

    Parameters
    ----------
    lines : array of LineStrings
        The edges, in a metric CRS, each drawn from `u` to `v`.
    u, v : arrays of ints
        The nodes at their ends, numbered from 0.
    length_m : array of floats
    names, names_en : arrays of str objects
        Of the street an edge belongs to; "" for none.
    node_x, node_y : arrays of floats
    parts : int
        Connected parts of all walkable streets, this one included.
    """

    lines: np.ndarray
    u: np.ndarray
    v: np.ndarray
    length_m: np.ndarray
    names: np.ndarray
    names_en: np.ndarray
    node_x: np.ndarray
    node_y: np.ndarray
    parts: int

    @classmethod
    def from_streets(cls, streets: Any) -> "Network":
        """
        Build the network from street pieces.

        Parameters
        ----------
        streets : GeoDataFrame
            Metric CRS, columns `walkable`, `name`, `name_en`, `u`, `v` (crossing ids), geometry (LineStrings).

        Raises
        ------
        InputError
            If the CRS is not metric, a column is missing, or no street is walkable.
        """
        require_metric(streets.crs, "streets")
        require_columns(streets, ["name", "name_en", "u", "v", "walkable"], "streets")
        walked = streets[streets["walkable"].to_numpy(dtype=bool)]
        if walked.empty:
            raise InputError(
                "There is no street that one may walk.",
                remedy="Import a street file with walkable streets.",
                key="network.empty",
            )
        ids, ends = np.unique(np.concatenate([walked["u"], walked["v"]]), return_inverse=True)
        u, v = ends[: len(walked)], ends[len(walked) :]
        lines = walked.geometry.to_numpy()
        length = shapely.length(lines)
        ones = np.ones(len(u))
        count, part = connected_components(csr_array((ones, (u, v)), shape=(len(ids), len(ids))), directed=False)
        largest = part[u] == np.bincount(part[u], weights=length, minlength=count).argmax()
        nodes, ends = np.unique(np.concatenate([u[largest], v[largest]]), return_inverse=True)
        n = int(largest.sum())
        names, names_en = (walked[c].fillna("").to_numpy(dtype=object)[largest] for c in ("name", "name_en"))
        x, y = np.empty(len(nodes)), np.empty(len(nodes))
        for end, which in ((ends[n:], -1), (ends[:n], 0)):
            points = shapely.get_point(lines[largest], which)
            x[end], y[end] = shapely.get_x(points), shapely.get_y(points)
        return cls(lines[largest], ends[:n], ends[n:], length[largest], names, names_en, x, y, int(count))

    def __post_init__(self) -> None:
        n = len(self.node_x)
        a, b = np.concatenate([self.u, self.v]), np.concatenate([self.v, self.u])
        weight, edge = np.tile(self.length_m, 2), np.tile(np.arange(len(self.u)), 2)
        order = np.lexsort([edge, weight, b, a])
        # Of parallel edges the shortest stays: a sparse matrix would add them up. Loops lead nowhere.
        key = a[order] * n + b[order]
        first = np.append(True, key[1:] != key[:-1]) & (a[order] != b[order])
        kept = order[first]
        starts = np.append(0, np.cumsum(np.bincount(a[kept], minlength=n)))
        object.__setattr__(self, "_graph", csr_array((weight[kept], b[kept], starts), shape=(n, n)))
        object.__setattr__(self, "_pairs", key[first])
        object.__setattr__(self, "_pair_edge", edge[kept])
        object.__setattr__(self, "_tree", shapely.STRtree(self.lines))

    _graph: Any = None
    _pairs: Any = None
    _pair_edge: Any = None
    _tree: Any = None

    def snap(self, x: Any, y: Any) -> SnapResult:
        """
        Move points to the nearest place on an edge.

        Parameters
        ----------
        x, y : arrays of floats
            Metres in the network's CRS. Points that share a place are looked up once.

        Returns
        -------
        SnapResult
        """
        x, y = np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))
        edge = np.full(len(x), -1, dtype=np.int64)
        offset, sx, sy, moved = (np.full(len(x), np.nan) for _ in range(4))
        there = np.isfinite(x) & np.isfinite(y)
        if there.any():
            places, inverse = np.unique(x[there] + 1j * y[there], return_inverse=True)
            points = shapely.points(places.real, places.imag)
            found = self._tree.query_nearest(points, all_matches=False)[1]
            line = self.lines[found]
            along = np.minimum(shapely.line_locate_point(line, points), self.length_m[found])
            on = shapely.line_interpolate_point(line, along)
            edge[there], offset[there] = found[inverse], along[inverse]
            sx[there], sy[there] = shapely.get_x(on)[inverse], shapely.get_y(on)[inverse]
            moved[there] = shapely.distance(points, on)[inverse]
        return SnapResult(edge, offset, sx, sy, moved)

    def distances(self, sources_xy: Any, targets_xy: Any, *, limit: float | None = None) -> np.ndarray:
        """
        Walking distances between all sources and all targets.

        Parameters
        ----------
        sources_xy, targets_xy : arrays of (n, 2) and (m, 2) floats
            Snapped first; the metres to the street are not counted.
        limit : float, optional
            Metres beyond which a distance is not wanted.

        Returns
        -------
        array of (n, m) floats
            Metres on the network; inf beyond the limit and from or to points that are not finite.

        Notes
        -----
        Time grows with sources × network; memory is n × m and one block of `MAX_NUMBERS`.
        """
        source, target = self._snapped(sources_xy), self._snapped(targets_xy)
        result = np.full((len(source.edge), len(target.edge)), np.inf)
        rows, columns = np.flatnonzero(source.edge >= 0), np.flatnonzero(target.edge >= 0)
        edge, offset = target.edge[columns], target.offset_m[columns]
        for block in _blocks(rows, len(self.node_x)):
            reach = self._from_points(source.edge[block], source.offset_m[block], limit)
            via_u = reach[:, self.u[edge]] + offset
            via_v = reach[:, self.v[edge]] + (self.length_m[edge] - offset)
            direct = np.where(
                source.edge[block][:, None] == edge, np.abs(source.offset_m[block][:, None] - offset), np.inf
            )
            result[np.ix_(block, columns)] = np.minimum(np.minimum(via_u, via_v), direct)
        if limit is not None:
            result[result > limit] = np.inf
        return result

    def within(
        self, sources_xy: Any, targets_xy: Any, limit: float, *, count_moved: bool = False
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """
        All pairs of a source and a target that lie at most `limit` metres apart on the network.

        Parameters
        ----------
        sources_xy, targets_xy : arrays of (n, 2) and (m, 2) floats
        limit : float
            Metres.
        count_moved : bool
            Whether the straight metres from each point to its street count as walked.

        Returns
        -------
        source_index, target_index, distance_m : arrays
            Sorted by source, then target.

        Notes
        -----
        Works square by square: what is near on foot is near in the plane, so each square needs only its own streets.
        Memory grows with the pairs found.
        """
        source, target = self._snapped(sources_xy), self._snapped(targets_xy)
        ends = _TargetEnds(self, target)
        found = [part for block, nodes in self._tiles(source, limit) for part in ends.near(source, block, nodes, limit)]
        if not found:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
        pair = np.concatenate([np.asarray(part[0]) for part in found])
        metres = np.concatenate([part[1] for part in found])
        s, t = pair // len(target.edge), pair % len(target.edge)
        if count_moved:
            metres = metres + source.moved_m[s] + target.moved_m[t]
        keep = metres <= limit
        order = np.argsort(pair[keep], kind="stable")
        return s[keep][order], t[keep][order], metres[keep][order]

    def route(self, points_xy: Sequence[Any]) -> Route:
        """
        The shortest way through points in the order given, along edges all the way.

        Parameters
        ----------
        points_xy : sequence of (x, y)
            At least two; each is snapped to the network first.

        Returns
        -------
        Route
            One leg between two points; a loop names its first point again at the end.

        Raises
        ------
        InputError
            If there are fewer than two points, or one is not finite.
        """
        at = self._snapped(points_xy)
        if len(at.edge) < 2 or (at.edge < 0).any():
            raise InputError(
                "A way needs at least two places with coordinates.",
                remedy="Give a start and a stop that lie on the map.",
                key="network.two_points",
            )
        ways = [self._way(at, i, i + 1) for i in range(len(at.edge) - 1)]
        legs, arrival = [], None
        for i, parts in enumerate(ways):
            leg, arrival = make_leg(parts, (at.x[i], at.y[i]), arrival)
            legs.append(leg)
        return make_route(legs)

    def crossings(self) -> pd.DataFrame:
        """
        The nodes where at least three street ends meet.

        Returns
        -------
        DataFrame
            Columns `x`, `y`, `node`, `streets` (sorted list of the names that meet, without "").
        """
        node = np.concatenate([self.u, self.v])
        name = np.tile(self.names, 2)
        degree = np.bincount(node, minlength=len(self.node_x))
        nodes = np.flatnonzero(degree >= MIN_CROSSING)
        named = pd.DataFrame({"node": node, "name": name})
        named = named[(named["name"] != "") & np.isin(node, nodes)].drop_duplicates().sort_values(["node", "name"])
        lists = named.groupby("node")["name"].agg(list)
        streets = [lists.get(one, []) for one in nodes]
        return pd.DataFrame({"x": self.node_x[nodes], "y": self.node_y[nodes], "node": nodes, "streets": streets})

    def _snapped(self, xy: Any) -> SnapResult:
        xy = np.asarray(xy, dtype=float).reshape(-1, 2)
        return self.snap(xy[:, 0], xy[:, 1])

    def _from_points(self, edge: np.ndarray, offset: np.ndarray, limit: float | None) -> np.ndarray:
        """Metres from points on edges to all nodes: (points, nodes)."""
        graph = self._with_sources(self._graph, self.u[edge], self.v[edge], offset, self.length_m[edge] - offset)
        n = len(self.node_x)
        reach = dijkstra(graph, indices=n + np.arange(len(edge)), limit=np.inf if limit is None else limit)
        return reach[:, :n]

    @staticmethod
    def _with_sources(graph: csr_array, u: Any, v: Any, to_u: Any, to_v: Any) -> csr_array:
        """The graph with one more node a point, which one only leaves, to either end of its edge; -1 is no end."""
        n, k = graph.shape[0], len(u)
        # On a loop both ways end at one node: the shorter is both.
        to_u, to_v = np.where(u == v, np.minimum(to_u, to_v), to_u), np.where(u == v, np.minimum(to_u, to_v), to_v)
        ends = np.column_stack([u, v]).ravel()
        there = ends >= 0
        per_row = there.reshape(-1, 2).sum(axis=1)
        data = np.append(graph.data, np.column_stack([to_u, to_v]).ravel()[there])
        indices = np.append(graph.indices, ends[there])
        starts = np.append(graph.indptr, graph.indptr[-1] + np.cumsum(per_row))
        return csr_array((data, indices, starts), shape=(n + k, n + k))

    def _tiles(self, source: SnapResult, limit: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Sources square by square, with the nodes that can lie within the limit of any of them."""
        side = max(TILE * limit, MIN_TILE)
        there = np.flatnonzero(source.edge >= 0)
        tile = np.floor(source.x[there] / side) + 1j * np.floor(source.y[there] / side)
        order = np.argsort(tile, kind="stable")
        changes = np.flatnonzero(tile[order][1:] != tile[order][:-1]) + 1
        for rows in np.split(there[order], changes) if len(there) else ():
            x, y = source.x[rows], source.y[rows]
            near = (self.node_x >= x.min() - limit) & (self.node_x <= x.max() + limit)
            near &= (self.node_y >= y.min() - limit) & (self.node_y <= y.max() + limit)
            nodes = np.flatnonzero(near)
            for block in _blocks(rows, len(nodes)):
                yield block, nodes

    def _way(self, at: SnapResult, i: int, j: int) -> list[Part]:
        """The parts of edges from the i-th to the j-th point."""
        edge, offset = at.edge[[i]], at.offset_m[[i]]
        last, off = int(at.edge[j]), float(at.offset_m[j])
        graph = self._with_sources(self._graph, self.u[edge], self.v[edge], offset, self.length_m[edge] - offset)
        n = len(self.node_x)
        reach, before = dijkstra(graph, indices=n, return_predecessors=True)
        by_end = ((self.u[last], 0.0, off), (self.v[last], float(self.length_m[last]), self.length_m[last] - off))
        end, entry, rest = min(by_end, key=lambda way: reach[way[0]] + way[2])
        if edge[0] == last and abs(offset[0] - off) <= reach[end] + rest:
            return self._parts([(last, float(offset[0]), off)])
        nodes = [int(end)]
        while before[nodes[-1]] != n:
            nodes.append(int(before[nodes[-1]]))
        nodes.reverse()
        pairs = np.asarray(nodes[:-1]) * n + np.asarray(nodes[1:])
        middle = self._pair_edge[np.searchsorted(self._pairs, pairs)] if len(pairs) else []
        steps = [(int(edge[0]), float(offset[0]), self._exit(int(edge[0]), float(offset[0]), nodes[0]))]
        for e, a in zip(middle, nodes[:-1], strict=True):
            forth = self.u[e] == a
            steps.append((int(e), 0.0 if forth else float(self.length_m[e]), float(self.length_m[e]) if forth else 0.0))
        return self._parts([*steps, (last, entry, off)])

    def _exit(self, edge: int, offset: float, node: int) -> float:
        """At which end of its edge a way leaves towards a node."""
        length = float(self.length_m[edge])
        if self.u[edge] == self.v[edge]:
            return 0.0 if offset <= length - offset else length
        return 0.0 if self.u[edge] == node else length

    def _parts(self, steps: list[tuple[int, float, float]]) -> list[Part]:
        return [
            Part(stretch(self.lines[edge], start, end), self.names[edge], self.names_en[edge])
            for edge, start, end in steps
            if abs(start - end) > SPECK
        ]


class _TargetEnds:
    """Targets by the node at either end of their edge, and by edge, for joining with what sources reach."""

    def __init__(self, network: Network, target: SnapResult) -> None:
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
        self, source: SnapResult, block: np.ndarray, nodes: np.ndarray, limit: float
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs (source × targets + target) and metres within the limit, once each."""
        network = self.network
        graph = network._graph[nodes][:, nodes] if len(nodes) else csr_array((0, 0))
        edge, offset = source.edge[block], source.offset_m[block]
        local = np.full(len(network.node_x), -1, dtype=np.int64)
        local[nodes] = np.arange(len(nodes))
        rest = network.length_m[edge] - offset
        graph = network._with_sources(graph, local[network.u[edge]], local[network.v[edge]], offset, rest)
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


def stretch(line: Any, start: float, end: float) -> np.ndarray:
    """The vertices of a line between two distances from its beginning, in walking order: (n, 2)."""
    low, high = min(start, end), max(start, end)
    xy = shapely.get_coordinates(line)
    along = np.append(0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
    inner = (along > low) & (along < high)
    ends = np.column_stack([np.interp([low, high], along, xy[:, 0]), np.interp([low, high], along, xy[:, 1])])
    result = np.vstack([ends[:1], xy[inner], ends[1:]])
    return result if start <= end else result[::-1]


def _blocks(rows: np.ndarray, width: int) -> list[np.ndarray]:
    """Rows in blocks whose dense distances stay under `MAX_NUMBERS`."""
    size = max(1, MAX_NUMBERS // max(width, 1))
    return [rows[i : i + size] for i in range(0, len(rows), size)]


def _expand(starts: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All members of each group asked for, and which question each answers."""
    sizes = starts[groups + 1] - starts[groups]
    which = np.repeat(np.arange(len(groups)), sizes)
    before = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.repeat(starts[groups], sizes) + np.arange(len(which)) - before, which
