"""
Which edge is nearest to each of many points, and where on it: squares of segments, searched all points at once.

A search tree answers point by point; most points of a city lie so near a street that looking at the segments in the
nine squares around each is enough, and that is one array operation. What the squares cannot decide is left to the tree.
Of edges equally near, as at every crossing, the first is taken: the same answer in every run.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import shapely

SQUARES = (30.0, 150.0)  # metres: most events lie nearer than this to a street, nearly all others than the second
FEW = 300  # points for which making the squares does not pay
_MOST_SQUARES = 4_000_000
_MOST_PAIRS = 100_000  # of a point and a segment, looked at together: they fit a processor's cache
_SAME = 1e-7  # metres within which two edges are equally near


@dataclass(frozen=True, eq=False)
class Nearest:
    """For each point: the edge, metres from its beginning, the place on it, metres from the point."""

    edge: np.ndarray
    offset_m: np.ndarray
    x: np.ndarray
    y: np.ndarray
    distance_m: np.ndarray


class EdgeFinder:
    """
    Finds the nearest of some edges.

    Parameters
    ----------
    lines : array of LineStrings
        In a metric CRS.
    """

    def __init__(self, lines: np.ndarray) -> None:
        self.lines = lines
        self.length_m = shapely.length(lines)
        self._tree = shapely.STRtree(lines)

    def nearest(self, x: np.ndarray, y: np.ndarray) -> Nearest:
        """
        Find the nearest edge of each point.

        Parameters
        ----------
        x, y : arrays of floats
            Finite; metres in the CRS of the lines.
        """
        n = len(x)
        answer = Nearest(np.full(n, -1, dtype=np.int64), *(np.full(n, np.nan) for _ in range(4)))
        left = np.arange(n)
        if n > FEW:
            for squares in self._squares:
                left = squares.search(x, y, left, answer)
        self._by_tree(x, y, left, answer)
        # Lengths summed in another order may differ in the last digit; no offset exceeds its edge.
        np.minimum(answer.offset_m, self.length_m[answer.edge], out=answer.offset_m)
        return answer

    def _by_tree(self, x: np.ndarray, y: np.ndarray, rows: np.ndarray, answer: Nearest) -> None:
        if not len(rows):
            return
        points = shapely.points(x[rows], y[rows])
        point, edge = self._tree.query_nearest(points, all_matches=True)
        order = np.lexsort([edge, point])
        found = edge[order][np.unique(point[order], return_index=True)[1]]
        line = self.lines[found]
        along = shapely.line_locate_point(line, points)
        on = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
        answer.edge[rows], answer.offset_m[rows] = found, along
        answer.x[rows], answer.y[rows] = on[:, 0], on[:, 1]
        answer.distance_m[rows] = np.hypot(on[:, 0] - x[rows], on[:, 1] - y[rows])

    @cached_property
    def _squares(self) -> list["_Squares"]:
        xy, edge = shapely.get_coordinates(self.lines, return_index=True)
        inner = edge[1:] == edge[:-1]
        start, step = xy[:-1][inner], np.diff(xy, axis=0)[inner]
        edge = edge[:-1][inner]
        length = np.hypot(step[:, 0], step[:, 1])
        before = np.cumsum(length) - length
        # Metres from the beginning of each segment's own line.
        before -= before[np.searchsorted(edge, edge)]
        segments = np.column_stack([start, step, 1.0 / np.where(length > 0, length, 1.0) ** 2, before, length])
        return [_Squares(segments, edge, size) for size in SQUARES]


def distinct(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Tell the distinct among many places.

    Returns
    -------
    first, inverse : arrays of ints
        A row of each distinct place, and the number of each row's place.
    """
    # Adding zero makes one of the two zeros that floats have; the factor keeps x and y from standing for one another.
    keys = (x + 0.0).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(29))) + (y + 0.0).view(np.uint64)
    inverse, places = pd.factorize(keys)
    first = np.empty(len(places), dtype=np.int64)
    first[inverse[::-1]] = np.arange(len(x) - 1, -1, -1)
    if ((x[first[inverse]] != x) | (y[first[inverse]] != y)).any():  # two places with one key: hardly ever
        _, first, inverse = np.unique(x + 1j * y, return_index=True, return_inverse=True)
    return first, inverse


class _Squares:
    """The segments by the squares they touch. A segment is x, y, dx, dy, 1 / length², metres before, length."""

    def __init__(self, segments: np.ndarray, edge: np.ndarray, size: float) -> None:
        self.segments, self.edge = segments, edge
        self.columns = np.ascontiguousarray(segments[:, :5].T)
        ends = segments[:, :2] + segments[:, 2:4]
        low, high = np.minimum(segments[:, :2], ends).min(axis=0), np.maximum(segments[:, :2], ends).max(axis=0)
        area = float(np.prod(high - low + 3 * size))
        self.size = max(size, float(np.sqrt(area / _MOST_SQUARES)))
        # One empty square around all, so that every square with segments has eight neighbors.
        self.low = low - self.size
        self.wide, self.high = (np.floor((high - self.low) / self.size).astype(np.int64) + 2).tolist()
        square, segment = self._touched()
        self.segment = segment
        self.starts = np.append(0, np.cumsum(np.bincount(square, minlength=self.wide * self.high)))

    def _touched(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of a square and a segment that may touch it, sorted."""
        step, length = self.segments[:, 2:4], self.segments[:, 6]
        # In parts no longer than a square is wide, so that each lies in at most two by two.
        parts = np.maximum(np.ceil(length / self.size), 1).astype(np.int64)
        segment = np.repeat(np.arange(len(parts)), parts)
        number = np.arange(len(segment)) - np.repeat(np.cumsum(parts) - parts, parts)
        start = self.segments[segment, :2] + step[segment] * (number / parts[segment])[:, None]
        end = start + step[segment] / parts[segment][:, None]
        # A hair wider, against rounding at the border of a square.
        first = np.floor((np.minimum(start, end) - 1e-6 - self.low) / self.size).astype(np.int64)
        last = np.floor((np.maximum(start, end) + 1e-6 - self.low) / self.size).astype(np.int64)
        squares = [y * self.wide + x for x in (first[:, 0], last[:, 0]) for y in (first[:, 1], last[:, 1])]
        key = np.unique(np.concatenate(squares) * len(parts) + np.tile(segment, 4))
        return key // len(parts), key % len(parts)

    def search(self, x: np.ndarray, y: np.ndarray, rows: np.ndarray, answer: Nearest) -> np.ndarray:
        """Answer for those of the rows that the nine squares around decide; the others come back."""
        if not len(rows):
            return rows
        across, up = (x[rows] - self.low[0]) / self.size, (y[rows] - self.low[1]) / self.size
        inside = (across >= 1) & (across < self.wide - 1) & (up >= 1) & (up < self.high - 1)
        rest, rows, across, up = rows[~inside], rows[inside], across[inside], up[inside]
        column, line = across.astype(np.int64), up.astype(np.int64)
        square = line * self.wide + column
        order = np.argsort(square, kind="stable")  # neighbors look at the same segments
        rows, square = rows[order], square[order]
        # No segment outside the nine squares is nearer than their rim.
        beside = np.minimum.reduce([across - column, column + 1 - across, up - line, line + 1 - up])[order]
        rim = self.size * (1 + beside)
        begin = np.stack([self.starts[square + j * self.wide - 1] for j in (-1, 0, 1)], axis=1)
        count = np.stack([self.starts[square + j * self.wide + 2] for j in (-1, 0, 1)], axis=1) - begin
        some = count.sum(axis=1)
        left = [rest, rows[some == 0]]
        rows, rim, begin, count, some = (part[some > 0] for part in (rows, rim, begin, count, some))
        ends = np.cumsum(some)
        first = 0
        while first < len(rows):
            done = ends[first - 1] if first else 0
            last = max(first + 1, int(np.searchsorted(ends, done + _MOST_PAIRS, side="right")))
            part = slice(first, last)
            open_rows = self._decide(x, y, rows[part], rim[part], begin[part], count[part], answer)
            left.append(open_rows)
            first = last
        return np.sort(np.concatenate(left))

    def _decide(
        self, x: np.ndarray, y: np.ndarray, rows: np.ndarray, rim: np.ndarray,
        begin: np.ndarray, count: np.ndarray, answer: Nearest,
    ) -> np.ndarray:  # fmt: skip
        """Compare rows with the segments that `begin` and `count` point at, three runs a row."""
        runs, sizes = begin.ravel(), count.ravel()
        within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        segment = self.segment[np.repeat(runs, sizes) + within]
        some = count.sum(axis=1)
        starts = np.cumsum(some) - some
        ax, ay, dx, dy, inverse = (column[segment] for column in self.columns)
        px, py = np.repeat(x[rows], some) - ax, np.repeat(y[rows], some) - ay
        t = np.clip((px * dx + py * dy) * inverse, 0.0, 1.0)
        away = np.sqrt((px - t * dx) ** 2 + (py - t * dy) ** 2)
        least = np.minimum.reduceat(away, starts)
        # Few segments are nearly as near as the nearest; among them the first edge, and its nearest segment.
        at = np.flatnonzero(away <= np.repeat(least + _SAME, some))
        row, edge = np.repeat(np.arange(len(rows)), some)[at], self.edge[segment[at]]
        order = np.lexsort([away[at], edge, row])
        at, row = at[order], row[order]
        first = np.append(True, row[1:] != row[:-1])
        at = at[first]
        sure = least <= rim
        good, at = rows[sure], at[sure]
        which = segment[at]
        answer.edge[good] = self.edge[which]
        answer.offset_m[good] = self.segments[which, 5] + t[at] * self.segments[which, 6]
        answer.x[good], answer.y[good] = ax[at] + t[at] * dx[at], ay[at] + t[at] * dy[at]
        answer.distance_m[good] = away[at]
        return rows[~sure]
