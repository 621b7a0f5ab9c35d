"""Plumbing between points on edges and a graph of nodes: points as extra nodes, blocks of bounded size, stretches."""

from typing import Any

import numpy as np
import shapely
from scipy.sparse import csr_array

MAX_NUMBERS = 8_000_000  # of one dense block of distances: 64 MB


def with_sources(graph: csr_array, u: Any, v: Any, to_u: Any, to_v: Any) -> csr_array:
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


def blocks(rows: np.ndarray, width: int) -> list[np.ndarray]:
    """Rows in blocks whose dense distances stay under `MAX_NUMBERS`."""
    size = max(1, MAX_NUMBERS // max(width, 1))
    return [rows[i : i + size] for i in range(0, len(rows), size)]


def stretch(line: Any, start: float, end: float) -> np.ndarray:
    """The vertices of a line between two distances from its beginning, in walking order: (n, 2)."""
    low, high = min(start, end), max(start, end)
    xy = shapely.get_coordinates(line)
    along = np.append(0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
    inner = (along > low) & (along < high)
    ends = np.column_stack([np.interp([low, high], along, xy[:, 0]), np.interp([low, high], along, xy[:, 1])])
    result = np.vstack([ends[:1], xy[inner], ends[1:]])
    return result if start <= end else result[::-1]
