"""
How one would say where a point is: which street it is on, and between which crossings.

A report "near Mill Road" sends a crew to the wrong lamp; "Mill Road between Oak and Elm" does not. This module finds
the names; the wording is the caller's.
"""

from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.checks import require_columns, require_metric

NEAR_STREET = 150.0  # metres within which a street is named
AT_CROSSING = 25.0  # metres within which a point is at a crossing rather than between two
LANE = "lane"
_RANK = {"ring": 0, "primary": 1, "secondary": 2, "local": 3, LANE: 4}
# Words that only tell which end of a street is meant, in the scripts and languages that read beside its name.
_ENDS = frozenset(
    (
        "north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest", "n", "s", "e", "w",
        "ne", "nw", "se", "sw", "nord", "sud", "est", "ouest",
    )
)  # fmt: skip
_STRAIGHT = -0.8  # cosine between two ends of one line: a street goes on under another name
_CROSSINGS_NEAR = 8  # crossings looked at around a point
_HEADING = 10.0  # metres over which the direction of a street at a crossing is taken
_DOUBLINGS = 20  # of steps along a street: a million pieces

PLACE_COLUMNS = (
    "street", "street_en", "from_street", "from_street_en", "to_street", "to_street_en", "at_crossing", "distance_m",
)  # fmt: skip


def describe_places(x: Any, y: Any, streets: Any) -> pd.DataFrame:
    """
    Name the nearest street of each point and the crossings between which it lies.

    Parameters
    ----------
    x, y : arrays of n floats
        Metres in the CRS of the streets; NaN where there is no point.
    streets : GeoDataFrame
        Columns of `geo.schema.STREET_COLUMNS`, metric CRS.

    Returns
    -------
    DataFrame, one row a point, columns `PLACE_COLUMNS`
        `street` is the nearest named street within `NEAR_STREET`, "" if there is none. `from_street` and `to_street`
        are the named streets that cross it next on either side, the western (then southern) crossing first; "" where
        the street ends without one, and `to_street` also where both are the same. Where `at_crossing` is true the point
        lies within `AT_CROSSING` of the crossing of `street` and `from_street`. `distance_m` is that to the street, NaN
        without one. The columns `_en` hold the same names in Latin script where the street file has them.
    """
    return PlaceFinder(streets).describe(x, y)


class PlaceFinder:
    """`describe_places` for streets that are asked more than once: what depends on them alone is worked out here."""

    def __init__(self, streets: Any) -> None:
        require_metric(streets.crs, "streets")
        require_columns(streets, ["name", "name_en", "road_class", "walkable", "u", "v"], "streets")
        named = streets[(streets["name"].fillna("") != "").to_numpy() & streets["walkable"].to_numpy(dtype=bool)]
        self._ways = None if named.empty else _NamedStreets(named)

    def describe(self, x: Any, y: Any) -> pd.DataFrame:
        """As `describe_places`."""
        x, y = np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))
        answer = {column: np.full(len(x), "", dtype=object) for column in PLACE_COLUMNS[:6]}
        answer |= {"at_crossing": np.zeros(len(x), dtype=bool), "distance_m": np.full(len(x), np.nan)}
        there = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        ways = self._ways
        if ways is None or len(there) == 0:
            return pd.DataFrame(answer)
        points = shapely.points(x[there], y[there])
        piece, distance = ways.nearest(points)
        near = piece >= 0
        there, piece = there[near], piece[near]
        if len(there) == 0:
            return pd.DataFrame(answer)
        answer["distance_m"][there] = distance[near]

        name, first, second = ways.name[piece], *ways.between(piece)
        at, that = ways.at_crossing(points[near], name)
        first, second = np.where(at, that, first), np.where(at, -1, second)
        same = (first >= 0) & (second >= 0) & (ways.family[first] == ways.family[second])
        second = np.where(same, -1, second)
        # A street with one crossing known is "near" it: the known one stands first.
        first, second = np.where(first < 0, second, first), np.where(first < 0, -1, second)
        answer["at_crossing"][there] = at
        for column, number in (("street", name), ("from_street", first), ("to_street", second)):
            answer[column][there] = ways.labels[number]
            answer[f"{column}_en"][there] = ways.labels_en[number]
        return pd.DataFrame(answer)


class _NamedStreets:
    """The named pieces; names are numbers, with -1 for none."""

    def __init__(self, named: Any) -> None:
        self.lines = named.geometry.to_numpy()
        self.length = shapely.length(self.lines)
        self.rank = named["road_class"].astype(str).map(_RANK).fillna(_RANK["local"]).to_numpy(dtype=np.int64)
        self.name, labels = pd.factorize(named["name"].astype(str), sort=True)
        english = pd.Series(named["name_en"].fillna("").astype(str).to_numpy(), dtype=object)
        # One street has one English name, whichever of its pieces carries it.
        spelled = (
            english[english != ""].groupby(self.name[english != ""]).agg(lambda names: names.value_counts().index[0])
        )
        # The last label answers for number -1.
        self.labels = np.append(np.asarray(labels, dtype=object), "")
        self.labels_en = np.append(spelled.reindex(range(len(labels)), fill_value="").to_numpy(dtype=object), "")
        self._find_crossings(named["u"].to_numpy(), named["v"].to_numpy())

    def _find_crossings(self, u: np.ndarray, v: np.ndarray) -> None:
        n = len(self.lines)
        # Half 2p is piece p at its u, 2p + 1 at its v.
        self.half_node = np.column_stack([u, v]).ravel()
        half_name = np.repeat(self.name, 2)
        xy = np.empty((2 * n, 2))
        for end, which in ((0, 0), (1, -1)):
            xy[end::2] = shapely.get_coordinates(shapely.get_point(self.lines, which))
        self.half_xy = xy
        heading = self._headings()
        self.family = self._families(half_name, heading)
        at = pd.DataFrame({"node": self.half_node, "name": half_name, "rank": np.repeat(self.rank, 2)})
        at["metres"], at["family"] = np.repeat(self.length, 2), self.family[half_name]
        met = at.groupby(["node", "family", "name"], as_index=False).agg(rank=("rank", "min"), metres=("metres", "sum"))
        met = met[met.groupby("node")["family"].transform("nunique") > 1]
        # At each crossing the weightiest street first: by class, then by its metres there, then by name.
        self.met = met.sort_values(["node", "rank", "metres", "name"], ascending=[True, True, False, True])
        # Of streets that are one under two names the weightier stands for both.
        own = self.met.drop_duplicates(["node", "family"])
        self.crossing_node, first = np.unique(own["node"].to_numpy(), return_index=True)
        names = own["name"].to_numpy()
        self.first, self.second = names[first], names[first + 1] if len(first) else names
        self.half_crossing = self._crossing_of(self.half_node)
        self.terminal = self._walk_on(self.family[half_name], heading)

    def _families(self, half_name: np.ndarray, heading: np.ndarray) -> np.ndarray:
        """Of each name the number of its street: names that differ by their end alone and go on straight are one."""
        bare, _ = pd.factorize(np.array([_without_end(name) for name in self.labels[:-1]], dtype=object))
        ends = pd.DataFrame({"half": np.arange(len(half_name)), "node": self.half_node, "name": half_name})
        ends["bare"] = bare[half_name]
        alike = ends.groupby("bare")["name"].transform("nunique") > 1
        ends = ends[alike]
        pairs = ends.merge(ends, on=["node", "bare"], suffixes=("", "_on"))
        pairs = pairs[pairs["name"] < pairs["name_on"]]
        straight = (heading[pairs["half"]] * heading[pairs["half_on"]]).sum(axis=1) < _STRAIGHT
        one, other = pairs["name"].to_numpy()[straight], pairs["name_on"].to_numpy()[straight]
        n = len(self.labels) - 1
        return connected_components(csr_array((np.ones(len(one)), (one, other)), shape=(n, n)), directed=False)[1]

    def _crossing_of(self, node: np.ndarray) -> np.ndarray:
        if len(self.crossing_node) == 0:
            return np.full(len(node), -1)
        at = np.minimum(np.searchsorted(self.crossing_node, node), len(self.crossing_node) - 1)
        return np.where(self.crossing_node[at] == node, at, -1)

    def _walk_on(self, half_name: np.ndarray, heading: np.ndarray) -> np.ndarray:
        """From each half onward along its street: the half at the next crossing, -1 where the street ends first."""
        halves = np.arange(len(half_name))
        table = pd.DataFrame({"half": halves, "node": self.half_node, "name": half_name})
        table = table[self.half_crossing < 0]
        pairs = table.merge(table, on=["node", "name"], suffixes=("", "_on"))
        pairs = pairs[pairs["half"] != pairs["half_on"]]
        # Where a street forks, one goes on along the branch that turns least.
        cosine = (heading[pairs["half"]] * heading[pairs["half_on"]]).sum(axis=1)
        pairs = (
            pairs.assign(cosine=np.round(cosine, 6)).sort_values(["half", "cosine", "half_on"]).drop_duplicates("half")
        )
        step = halves.copy()
        # Entering the next piece at one end one arrives at the other.
        step[pairs["half"].to_numpy()] = pairs["half_on"].to_numpy() ^ 1
        for _ in range(_DOUBLINGS):
            step = step[step]
        return np.where(self.half_crossing[step] >= 0, step, -1)

    def _headings(self) -> np.ndarray:
        """Unit vectors from each half's node into its piece."""
        ahead = np.minimum(_HEADING, self.length)
        into = np.empty_like(self.half_xy)
        into[0::2] = shapely.get_coordinates(shapely.line_interpolate_point(self.lines, ahead))
        into[1::2] = shapely.get_coordinates(shapely.line_interpolate_point(self.lines, self.length - ahead))
        step = into - self.half_xy
        size = np.hypot(step[:, 0], step[:, 1])
        return step / np.where(size == 0, 1.0, size)[:, None]

    def nearest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The piece that names each point, -1 where none is near, and the metres to it."""
        piece, distance = _nearest(self.lines, points, np.arange(len(self.lines)))
        roads = np.flatnonzero(self.rank < _RANK[LANE])
        if len(roads):
            # A sidewalk carries its street's name, but it is the street that leads to the next crossing.
            road, _ = _nearest(self.lines, points, roads)
            same = (piece >= 0) & (road >= 0)
            same[same] = self.name[piece[same]] == self.name[road[same]]
            piece = np.where(same, road, piece)
        return piece, distance

    def between(self, piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The names that cross a piece's street next on either side, the western or southern crossing first."""
        ends = np.column_stack([self.terminal[2 * piece], self.terminal[2 * piece + 1]])
        names = np.where(ends >= 0, self._other(ends, self.name[piece][:, None]), -1)
        xy = self.half_xy[np.where(ends >= 0, ends, np.column_stack([2 * piece, 2 * piece + 1]))]
        west = np.round(xy[:, 0, 0] - xy[:, 1, 0], 2)
        swap = (west > 0) | ((west == 0) & (xy[:, 0, 1] > xy[:, 1, 1]))
        return np.where(swap, names[:, 1], names[:, 0]), np.where(swap, names[:, 0], names[:, 1])

    def _other(self, half: np.ndarray, name: np.ndarray) -> np.ndarray:
        """The weightiest street that crosses a street at a half's crossing."""
        if len(self.first) == 0:
            return np.full(np.broadcast_shapes(half.shape, name.shape), -1)
        return self._across(self.half_crossing[half], name)

    def _across(self, at: np.ndarray, name: np.ndarray) -> np.ndarray:
        """The weightiest street at a crossing that is not the named one."""
        return np.where(self.family[self.first[at]] == self.family[name], self.second[at], self.first[at])

    def at_crossing(self, points: np.ndarray, name: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether each point is at a crossing of its street, and the other street there."""
        none = np.zeros(len(points), dtype=bool)
        if len(self.crossing_node) == 0:
            return none, name
        _, half = np.unique(self.half_crossing, return_index=True)
        place = self.half_xy[half[self.half_crossing[half] >= 0]]
        near = min(_CROSSINGS_NEAR, len(place))
        distance, at = cKDTree(place).query(
            shapely.get_coordinates(points), k=range(1, near + 1), distance_upper_bound=AT_CROSSING
        )
        at = np.where(np.isfinite(distance), at, 0)
        # A road that passes above or below a crossing is not at it.
        pairs = pd.MultiIndex.from_frame(self.met[["node", "name"]])
        own = pd.MultiIndex.from_arrays([self.crossing_node[at].ravel(), np.repeat(name, near)])
        meets = own.isin(pairs).reshape(at.shape) & np.isfinite(distance)
        found = meets.any(axis=1)
        at = at[np.arange(len(at)), meets.argmax(axis=1)]
        return found, np.where(found, self._across(at, name), -1)


def _without_end(name: str) -> str:
    """A street's name without the word that tells which end of it is meant."""
    words = name.casefold().split()
    if len(words) > 1:
        return " ".join(word for word in words if word.strip(".") not in _ENDS) or name.casefold()
    return "".join(c for c in name if c not in "东西南北中東") or name


def _nearest(lines: np.ndarray, points: np.ndarray, among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    piece, distance = np.full(len(points), -1, dtype=np.int64), np.full(len(points), np.nan)
    (point, found), metres = shapely.STRtree(lines[among]).query_nearest(
        points, max_distance=NEAR_STREET, return_distance=True, all_matches=True
    )
    # Of pieces equally near the first in the file: the same answer in every run.
    order = np.lexsort([found, point])
    point, first = np.unique(point[order], return_index=True)
    piece[point], distance[point] = among[found[order][first]], metres[order][first]
    return piece, distance
