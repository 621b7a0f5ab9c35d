"""
Closed compounds: which streets lie in one, or behind its locked gates, and are therefore not walked through.

A stop may stand at the gate: the streets outside are walked as before. A wall alone closes nothing to whom the ways
inside admit (`foot=yes`).
"""

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.road_rules import admits

INSIDE = 0.5  # of a way's length in a compound from which it belongs to it
SMALLER = 0.5  # of the longest part of a street network, up to which another part is the one behind the gate
_CLOSED = frozenset(("private", "no", "residents", "permit", "customers"))
_WALLS = frozenset(("wall", "fence", "city_wall", "retaining_wall"))
_OPEN = frozenset(("yes", "designated", "permissive", "public"))


def is_compound(tags: dict[str, str]) -> bool:
    """Whether an area is a closed residential compound: living quarters that are walled, fenced, gated or private."""
    if tags.get("landuse") != "residential" or tags.get("foot") in _OPEN or tags.get("access") in _OPEN:
        return False
    closed = tags.get("access") in _CLOSED or tags.get("barrier") in _WALLS
    return closed or tags.get("gated") == "yes" or tags.get("residential") == "gated" or "fence_type" in tags


def in_compounds(lines: np.ndarray, compounds: np.ndarray, tags: pd.DataFrame) -> np.ndarray:
    """
    Whether each line lies in a compound for the greater part and does not admit walkers itself.

    Parameters
    ----------
    lines, compounds : arrays of LineStrings and polygons in one CRS
    tags : DataFrame
        Column `foot`, row by row as `lines`.
    """
    inside = np.zeros(len(lines), dtype=bool)
    if len(compounds) == 0:
        return inside
    line, area = shapely.STRtree(compounds).query(lines, predicate="intersects")
    within = shapely.length(shapely.intersection(lines[line], compounds[area]))
    inside[line[within >= INSIDE * np.maximum(shapely.length(lines[line]), 1e-12)]] = True
    return inside & ~admits(tags["foot"])


def behind_gates(
    node_u: np.ndarray,
    node_v: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    length: np.ndarray,
    walked: np.ndarray,
    *,
    any_gate: bool,
) -> np.ndarray:
    """
    Whether each walked line reaches the rest of its network through locked gates only.

    Parameters
    ----------
    node_u, node_v : arrays of ints
        The ends of each line where gates do not part it.
    u, v : arrays of ints
        The ends where they do.
    length : array of floats
    walked : array of bools

    Returns
    -------
    array of bools
        Of the parts that gates make of one network the longest stays open, and any that is not much smaller.
    """
    shut = np.zeros(len(u), dtype=bool)
    if not any_gate or not walked.any():
        return shut
    whole, part = _parts(node_u[walked], node_v[walked]), _parts(u[walked], v[walked])
    metres = np.bincount(part, weights=length[walked])
    longest = np.zeros(whole.max() + 1)
    np.maximum.at(longest, whole, metres[part])
    shut[walked] = metres[part] <= SMALLER * longest[whole]
    return shut


def _parts(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The connected part of each line."""
    nodes, ends = np.unique(np.concatenate([u, v]), return_inverse=True)
    a, b = ends[: len(u)], ends[len(u) :]
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(nodes), len(nodes)))
    return np.asarray(connected_components(graph, directed=False)[1][a])
