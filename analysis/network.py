"""
How far it is on foot, and which way: the walkable streets as a graph, with points snapped anywhere along its edges.

Shortest paths are scipy's Dijkstra in compiled code; this module brings arbitrary points into the graph and out again.
Only the largest connected part is used: a stop on an island of the map could never be walked to. Texts of turns are
worded elsewhere; `analysis.routes` makes the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from analysis.near_pairs import TargetEnds, tiles
from analysis.nearest_edges import EdgeFinder, distinct
from analysis.routes import Route, make_leg, make_route
from analysis.street_graph import blocks
from analysis.street_ways import Ways, joined, search, search_ways
from geo.checks import require_columns, require_metric
from geo.errors import InputError

MIN_CROSSING = 3  # street ends that make a crossing
FAR_M = 50.0  # metres moved by snapping from which a point is listed


@dataclass(frozen=True, eq=False)
class SnapResult:
    """Where points lie: edge (-1 for a point that is not finite), metres from its `u`, place on it, metres moved."""

    edge: np.ndarray
    offset_m: np.ndarray
    x: np.ndarray
    y: np.ndarray
    moved_m: np.ndarray

    def far(self, limit: float = FAR_M) -> np.ndarray:
        """The points that lie more than `limit` metres from the streets one can reach, farthest first."""
        order = np.argsort(-np.nan_to_num(self.moved_m), kind="stable")
        return order[np.nan_to_num(self.moved_m)[order] > limit]

    def part(self, rows: Any) -> "SnapResult":
        """Some of the points."""
        return SnapResult(*(values[rows] for values in (self.edge, self.offset_m, self.x, self.y, self.moved_m)))


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
    apart : DataFrame
        The parts left out, longest first: `edges`, `length_m`, and `x`, `y` in the middle of the longest edge.
    graph : sparse array of (nodes, nodes), made here
        Metres from node to node; of parallel edges the shortest.
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
    apart: pd.DataFrame
    graph: csr_array = field(init=False, repr=False)
    _pairs: np.ndarray = field(init=False, repr=False)
    _pair_edge: np.ndarray = field(init=False, repr=False)
    _finder: EdgeFinder = field(init=False, repr=False)

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
        walkable = streets["walkable"].to_numpy(dtype=bool)
        if "locked" in streets:
            walkable = walkable & ~streets["locked"].to_numpy(dtype=bool)
        walked = streets[walkable]
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
        part = part[u]
        largest = part == np.bincount(part, weights=length, minlength=count).argmax()
        nodes, ends = np.unique(np.concatenate([u[largest], v[largest]]), return_inverse=True)
        n = int(largest.sum())
        names, names_en = (walked[c].fillna("").to_numpy(dtype=object)[largest] for c in ("name", "name_en"))
        x, y = np.empty(len(nodes)), np.empty(len(nodes))
        xy, past = shapely.get_coordinates(lines[largest]), np.cumsum(shapely.get_num_coordinates(lines[largest]))
        sizes = np.diff(past, prepend=0)
        for end, vertex in ((ends[n:], past - 1), (ends[:n], past - sizes)):
            x[end], y[end] = xy[vertex].T
        apart = _parts_apart(lines[~largest], length[~largest], part[~largest])
        return cls(lines[largest], ends[:n], ends[n:], length[largest], names, names_en, x, y, int(count), apart)

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
        object.__setattr__(self, "graph", csr_array((weight[kept], b[kept], starts), shape=(n, n)))
        object.__setattr__(self, "_pairs", key[first])
        object.__setattr__(self, "_pair_edge", edge[kept])
        object.__setattr__(self, "_finder", EdgeFinder(self.lines))

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
            first, inverse = distinct(x[there], y[there])
            found = self._finder.nearest(x[there][first], y[there][first])
            edge[there], offset[there] = found.edge[inverse], found.offset_m[inverse]
            sx[there], sy[there], moved[there] = found.x[inverse], found.y[inverse], found.distance_m[inverse]
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
        for block in blocks(rows, len(self.node_x)):
            reach = search(self, source.edge[block], source.offset_m[block], limit)
            result[np.ix_(block, columns)] = joined(self, source, block, target, columns, reach)
        if limit is not None:
            result[result > limit] = np.inf
        return result

    def ways(self, sources_xy: Any, targets_xy: Any) -> Ways:
        """
        Walking distances between all sources and all targets, with the ways themselves.

        Parameters
        ----------
        sources_xy, targets_xy : arrays of (n, 2) and (m, 2) floats
            Snapped first; the metres to the street are not counted.

        Returns
        -------
        Ways
            `metres` as of `distances`; each way is drawn when asked for.

        Notes
        -----
        Memory is n × (m + 1.5 × nodes) numbers: for large n take the distances first, then the ways wanted.
        """
        return self._ways(self._snapped(sources_xy), self._snapped(targets_xy))

    def edges_between(self, a: Any, b: Any) -> np.ndarray:
        """The shortest edge from each node to the next, neighbors all."""
        keys = np.asarray(a, dtype=np.int64) * len(self.node_x) + np.asarray(b, dtype=np.int64)
        return self._pair_edge[np.searchsorted(self._pairs, keys)] if len(keys) else np.zeros(0, dtype=np.int64)

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
        ends = TargetEnds(self, target)
        found = [part for block, nodes in tiles(self, source, limit) for part in ends.near(source, block, nodes, limit)]
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
        legs, arrival = [], None
        for i in range(len(at.edge) - 1):
            ways = self._ways(at.part([i]), at.part([i + 1]))
            leg, arrival = make_leg(ways.parts(0, 0), (at.x[i], at.y[i]), arrival)
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

    def _ways(self, source: SnapResult, target: SnapResult) -> Ways:
        n, nodes = len(source.edge), len(self.node_x)
        metres = np.full((n, len(target.edge)), np.inf)
        reach, before = np.full((n, nodes), np.inf), np.full((n, nodes), nodes, dtype=np.int32)
        rows, columns = np.flatnonzero(source.edge >= 0), np.flatnonzero(target.edge >= 0)
        for block in blocks(rows, nodes):
            reach[block], before[block] = search_ways(self, source.edge[block], source.offset_m[block])
            metres[np.ix_(block, columns)] = joined(self, source, block, target, columns, reach[block])
        return Ways(metres, self, source, target, reach, before)


def _parts_apart(lines: np.ndarray, length: np.ndarray, part: np.ndarray) -> pd.DataFrame:
    order = np.lexsort([-length, part])
    _, first = np.unique(part[order], return_index=True)
    longest = order[first]
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines[longest], 0.5, normalized=True)).reshape(
        -1, 2
    )
    numbers = pd.DataFrame({"part": part, "length_m": length}).groupby("part")["length_m"].agg(["size", "sum"])
    apart = pd.DataFrame(
        {
            "edges": numbers["size"].to_numpy(dtype=np.int64),
            "length_m": numbers["sum"].to_numpy(dtype=float),
            "x": middle[:, 0],
            "y": middle[:, 1],
        }
    )
    return apart.sort_values("length_m", ascending=False, kind="stable").reset_index(drop=True)
