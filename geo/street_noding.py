"""
Lines that cross without a shared vertex: bridges in a file cut at its crossings, plain crossings in one that is not.

Which of the two a file is, is decided over all its crossings. Where lines are cut they stay as they are; where they are
not, each crossing gets a vertex, unless the two lines differ in bridge, tunnel or layer.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.loose_ends import line_ends
from geo.road_rules import is_true, never_walked

FEWEST = 3  # crossings without a vertex from which a file is asked about at all
SHARE = 0.1  # of the junctions with a vertex, that those without must reach: a hilly suburb has few crossings of four
_FLAT_TUNNELS = ("building_passage", "culvert")


@dataclass(frozen=True)
class Crossings:
    """
    What lines without shared topology do where they meet.

    `shared`: places where two lines cross at a vertex of both; `bare`: places where they cross on one level without
    one; `levels`: places where they cross with different bridge, tunnel or layer; `noded`: whether the bare ones were
    given vertices.
    """

    shared: int
    bare: int
    levels: int
    noded: bool


def levels_of(table: pd.DataFrame) -> np.ndarray:
    """A number for each line that differs where bridge, tunnel or layer do; -1 for a motorway, never crossed."""
    tunnel = is_true(table["tunnel"].where(~table["tunnel"].str.casefold().isin(_FLAT_TUNNELS), ""))
    layer = pd.to_numeric(table["layer"], errors="coerce").fillna(0.0).to_numpy(dtype=float)
    level = np.unique(np.column_stack([is_true(table["bridge"]), tunnel, layer]), axis=0, return_inverse=True)[1]
    return np.where(never_walked(table["highway"]), -1, level.reshape(-1))


def node_crossings(
    points: np.ndarray,
    xy: np.ndarray,
    line: np.ndarray,
    node: np.ndarray,
    level: np.ndarray,
    *,
    near: float,
    same: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Crossings]:
    """
    Give lines a vertex where they cross, if the file leaves most crossings without one.

    Parameters
    ----------
    points, xy : arrays of (n, 2) floats
        Every vertex in degrees and in metres.
    line, node : arrays of n ints
        The line of each vertex, and its place: equal where vertices are shared.
    level : array of ints, one a line
        As of `levels_of`.
    near : float
        Metres around a loose end within which a crossing is that end's, to be joined and not crossed.
    same : float
        Metres up to which two places are one.

    Returns
    -------
    points, xy, line, Crossings
        As given where the file is cut at its crossings.
    """
    first, second, at, share = _bare_crossings(xy, line, node, near)
    one, other = level[line[first]], level[line[second]]
    motorway = (one < 0) | (other < 0)
    flat, apart = (one == other) & ~motorway, (one != other) & ~motorway
    group = _groups(at, same)
    bare, levels = len(np.unique(group[flat])), len(np.unique(group[apart]))
    shared, junctions = _shared_crossings(line, node)
    if bare < FEWEST or bare <= shared or bare < SHARE * junctions:
        return points, xy, line, Crossings(shared, bare, levels, noded=False)
    group = np.unique(group[flat], return_inverse=True)[1]
    segment = np.concatenate([first[flat], second[flat]])
    share, group = np.concatenate([share[flat, 0], share[flat, 1]]), np.tile(group, 2)
    points, xy, line = _with_vertices(points, xy, line, node, segment, share, group, same)
    return points, xy, line, Crossings(shared, bare, levels, noded=True)


def _bare_crossings(
    xy: np.ndarray, line: np.ndarray, node: np.ndarray, near: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of stretches of two lines that cross without a shared vertex, where, and at which share of each."""
    start = np.flatnonzero(line[1:] == line[:-1])
    stretches = np.asarray(shapely.linestrings(np.stack([xy[start], xy[start + 1]], axis=1)))
    i, j = shapely.STRtree(stretches).query(stretches, predicate="intersects")
    a, b = start[i], start[j]
    ends = (node[a], node[a + 1]), (node[b], node[b + 1])
    meets = np.logical_or.reduce([p == q for p in ends[0] for q in ends[1]])
    keep = (a < b) & (line[a] != line[b]) & ~meets
    a, b = a[keep], b[keep]
    one, other, between = xy[a + 1] - xy[a], xy[b + 1] - xy[b], xy[b] - xy[a]
    cross = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    # Stretches that lie on one another cross nowhere.
    flat = np.abs(cross) < 1e-9
    cross = np.where(flat, 1.0, cross)
    share = np.column_stack(
        [
            (between[:, 0] * other[:, 1] - between[:, 1] * other[:, 0]) / cross,
            (between[:, 0] * one[:, 1] - between[:, 1] * one[:, 0]) / cross,
        ]
    )
    at = xy[a] + share[:, :1] * one
    loose = np.flatnonzero(line_ends(line) & (np.bincount(node)[node] == 1))
    mine = np.zeros(len(at), dtype=bool)
    if len(loose) and len(at):
        hit, end = shapely.STRtree(np.asarray(shapely.points(xy[loose]))).query(shapely.points(at), "dwithin", near)[:2]
        mine[hit[(line[loose[end]] == line[a[hit]]) | (line[loose[end]] == line[b[hit]])]] = True
    keep = ~flat & ~mine
    return a[keep], b[keep], at[keep], np.clip(share[keep], 0.0, 1.0)


def _groups(at: np.ndarray, same: float) -> np.ndarray:
    """The place of each crossing: one where they lie within `same` metres."""
    if len(at) == 0:
        return np.zeros(0, dtype=np.int64)
    pairs = cKDTree(at).query_pairs(same, output_type="ndarray")
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(at), len(at)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _shared_crossings(line: np.ndarray, node: np.ndarray) -> tuple[int, int]:
    """Places with a vertex of several lines at which at least four, and at least three, ways lead off."""
    ways = np.bincount(node, weights=np.where(line_ends(line), 1, 2))
    pairs = np.unique(np.column_stack([node, line]), axis=0)[:, 0]
    several = np.bincount(pairs, minlength=len(ways)) > 1
    return int((several & (ways >= 4)).sum()), int((several & (ways >= 3)).sum())


def _with_vertices(
    points: np.ndarray,
    xy: np.ndarray,
    line: np.ndarray,
    node: np.ndarray,
    segment: np.ndarray,
    share: np.ndarray,
    group: np.ndarray,
    same: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The vertices with one more on each stretch that a crossing lies on; a vertex that lies there already is moved."""
    length = np.hypot(*(xy[segment + 1] - xy[segment]).T)
    at_start, at_end = share * length <= same, (1 - share) * length <= same
    there = np.where(at_start, segment, np.where(at_end, segment + 1, -1))
    # Of each crossing the vertex that is there already gives the place, else the first stretch.
    order = np.lexsort([np.arange(len(group)), there < 0, group])
    leader = order[np.append(True, group[order][1:] != group[order][:-1])]
    on = segment[leader]
    place = points[on] + share[leader, None] * (points[on + 1] - points[on])
    place_xy = xy[on] + share[leader, None] * (xy[on + 1] - xy[on])
    fixed = there[leader] >= 0
    place[fixed], place_xy[fixed] = points[there[leader]][fixed], xy[there[leader]][fixed]
    points, xy = points.copy(), xy.copy()
    # All vertices that share a moved one's place go with it.
    moved = np.full(node.max() + 1, -1, dtype=np.int64)
    moved[node[there[there >= 0]]] = group[there >= 0]
    to = moved[node]
    points[to >= 0], xy[to >= 0] = place[to[to >= 0]], place_xy[to[to >= 0]]
    new = np.unique(np.column_stack([segment, group])[there < 0], axis=0, return_index=True)[1]
    new = np.flatnonzero(there < 0)[new]
    new = new[np.lexsort([share[new], segment[new]])]
    at = segment[new] + 1
    return (
        np.insert(points, at, place[group[new]], axis=0),
        np.insert(xy, at, place_xy[group[new]], axis=0),
        np.insert(line, at, line[segment[new]]),
    )
