"""
Ends of lines that just miss another line: joined to the vertex, or the stretch, that lies within a tolerance.

Street files drawn by hand have such ends by the dozen, and each would cut a street off the network. Lines that cross
without an end at the crossing are left alone: one of them may be a bridge.
"""

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

END_TOLERANCE = 1.0  # metres between a loose end and what it is joined to, where the caller gives no other
_NEIGHBORS = 8  # vertices looked at around a loose end


def line_ends(line: np.ndarray) -> np.ndarray:
    """Whether each vertex is the first or last of its line; `line` is the line of each vertex, in order."""
    ends = np.ones(len(line), dtype=bool)
    ends[1:-1] = (line[1:-1] != line[:-2]) | (line[1:-1] != line[2:])
    return ends


def meet_stretches(
    points: np.ndarray, xy: np.ndarray, line: np.ndarray, loose: np.ndarray, tolerance: float = END_TOLERANCE
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """
    Give a line a vertex where a loose end of another line touches its stretch between two vertices.

    Parameters
    ----------
    points, xy : arrays of (n, 2) floats
        Every vertex in degrees and in metres.
    line : array of n ints
        The line each belongs to.
    loose : array of ints
        The vertices that are loose ends.
    tolerance : float
        Metres.

    Returns
    -------
    points, xy, line, int
        The same with the new vertices in their places and the loose ends moved onto them; how many ends met a line.
    """
    start = np.flatnonzero(line[1:] == line[:-1])
    if len(loose) == 0 or len(start) == 0:
        return points, xy, line, 0
    stretches = np.asarray(shapely.linestrings(np.stack([xy[start], xy[start + 1]], axis=1)))
    end, found = shapely.STRtree(stretches).query(shapely.points(xy[loose]), "dwithin", tolerance)
    vertex, k = loose[end], start[found]
    along = xy[k + 1] - xy[k]
    share = ((xy[vertex] - xy[k]) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-12)
    foot = xy[k] + share[:, None] * along
    gap = np.hypot(*(foot - xy[vertex]).T)
    # Where a vertex is as near, the end is joined to that instead; no line is joined to itself.
    clear = np.minimum(np.hypot(*(xy[k] - xy[vertex]).T), np.hypot(*(xy[k + 1] - xy[vertex]).T)) > tolerance
    use = clear & (share > 0) & (share < 1) & (line[k] != line[vertex])
    order = np.lexsort([k[use], gap[use], vertex[use]])
    chosen = np.flatnonzero(use)[order]
    chosen = chosen[np.append(True, vertex[chosen][1:] != vertex[chosen][:-1])] if len(chosen) else chosen
    vertex, k, share, foot = vertex[chosen], k[chosen], share[chosen], foot[chosen]
    place = points[k] + share[:, None] * (points[k + 1] - points[k])
    points, xy = points.copy(), xy.copy()
    points[vertex], xy[vertex] = place, foot
    # Several ends on one stretch follow one another along it.
    order = np.lexsort([share, k])
    at = k[order] + 1
    return (
        np.insert(points, at, place[order], axis=0),
        np.insert(xy, at, foot[order], axis=0),
        np.insert(line, at, line[k[order]]),
        len(chosen),
    )


def join_vertices(
    node: np.ndarray, line: np.ndarray, places: np.ndarray, tolerance: float = END_TOLERANCE
) -> tuple[np.ndarray, int]:
    """
    Join loose ends to the nearest vertex of another line within the tolerance.

    Parameters
    ----------
    node, line : arrays of ints
        The place and the line of each vertex.
    places : array of (n, 2) floats
        Metres of each place.
    tolerance : float
        Metres.

    Returns
    -------
    array of ints, int
        The place of each vertex after joining; how many ends were joined.
    """
    uses = np.bincount(node, minlength=len(places))
    loose = np.flatnonzero(line_ends(line) & (uses[node] == 1))
    if len(loose) == 0 or len(places) < 2:
        return node, 0
    k = min(_NEIGHBORS, len(places))
    distance, near = cKDTree(places).query(places[node[loose]], k=k, distance_upper_bound=tolerance)
    near = np.where(np.isfinite(distance), near, node[loose][:, None])
    # A line is never joined to a vertex of its own: a short one would close on itself.
    own = np.isin(line[loose][:, None] * len(places) + near, line * len(places) + node)
    other = np.isfinite(distance) & ~own
    found = other.any(axis=1)
    target = near[np.arange(len(loose)), other.argmax(axis=1)][found]
    pairs = (np.ones(found.sum()), (node[loose[found]], target))
    group = connected_components(coo_array(pairs, shape=(len(places), len(places))), directed=False)[1]
    # Each group keeps the place of its most used vertex, so that a loose end moves and a crossing stays.
    order = np.lexsort([np.arange(len(places)), -uses])
    leader = np.empty(group.max() + 1, dtype=np.int64)
    leader[group[order[::-1]]] = order[::-1]
    return leader[group][node], int(found.sum())
