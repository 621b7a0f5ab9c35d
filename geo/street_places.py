"""
Where streets meet, and where a section of one lies: names of streets → a point, or nothing where two places fit.

A crossing is one cluster of nodes that both streets share; streets that meet again elsewhere are told apart by the area
that the row names, else not at all. A bridge shares no node with the road below and so does not meet it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from geo.crs import pick_metric_crs
from geo.name_match import DIRECTIONS, EXACT, LOOSE, STREET_TYPES, Found, NameIndex, is_chinese, keys
from geo.place_texts import CROSSING, SECTION, STREET, Said, readings
from geo.schema import GEOGRAPHIC_CRS

ONE_CROSSING = 60.0  # metres: nodes of two streets so near are one crossing, as where a road has two carriageways
SHORT = 300.0  # metres: a street or its part in the area named, no longer than this, is a place
LONGEST_SECTION = 600.0  # metres: the middle of a longer one says too little
SAME_PLACE = 50.0  # metres within which several readings say the same
HOLDS = 0.98  # of a street's length within one neighborhood: it lies there

SEVERAL = "several"


@dataclass(frozen=True)
class Spot:
    """
    A place found: degrees, or the leaf of `unit` for a street that lies in one neighborhood; `way` is how.

    `way` is `crossing`, `section`, `several` (two places fit; nothing is told) or "" (nothing found).
    """

    way: str = ""
    lon: float = np.nan
    lat: float = np.nan
    unit: int = -1
    near: bool = False


NOWHERE = Spot()


class StreetPlaces:
    """
    The named streets of a workspace.

    Parameters
    ----------
    streets : GeoDataFrame
        Columns of `geo.schema.STREET_COLUMNS`, any CRS; all named lines count, walked or not.
    areas : sequence of polygons
        In EPSG:4326, the leaves first, numbered as in `geo.area_names`.
    metric_crs : str, optional
    leaves : int, optional
        How many of the areas are leaves; by default all.
    """

    def __init__(
        self, streets: gpd.GeoDataFrame, areas: Sequence[Any], metric_crs: str | None = None, *,
        leaves: int | None = None,
    ) -> None:  # fmt: skip
        named = streets[(streets["name"].fillna("").astype(str) != "").to_numpy()]
        crs = metric_crs or pick_metric_crs(tuple(streets.to_crs(GEOGRAPHIC_CRS).total_bounds))
        self._to_metres = _transformer(GEOGRAPHIC_CRS, crs)
        self._to_degrees = _transformer(crs, GEOGRAPHIC_CRS)
        metric = named.to_crs(crs)
        self.lines = metric.geometry.to_numpy()
        self.u, self.v = named["u"].to_numpy(dtype=np.int64), named["v"].to_numpy(dtype=np.int64)
        self.length = shapely.length(self.lines)
        self.areas = [shapely.transform(area, lambda at: np.column_stack(self._to_metres(*at.T))) for area in areas]
        self._leaves = self.areas[:leaves]
        self._place_of_node: dict[int, np.ndarray] = {}
        for node, end in ((self.u, 0), (self.v, -1)):
            at = shapely.get_coordinates(shapely.get_point(self.lines, end)) if len(self.lines) else np.empty((0, 2))
            self._place_of_node.update(zip(node.tolist(), at, strict=True))
        self._pieces: dict[int, np.ndarray] = {}
        self._index(named["name"].astype(str).tolist(), _column(named, "name_en"))
        self._spots: dict[tuple[str, int], Spot] = {}
        self._found: dict[tuple[str, bool], Found] = {}

    def _index(self, names: list[str], english: list[str]) -> None:
        """Each distinct name is a street; under its key, its English name's, and both without direction or kind."""
        number: dict[str, int] = {}
        owner = np.array([number.setdefault(name, len(number)) for name in names], dtype=np.int64)
        order = np.argsort(owner, kind="stable")
        starts = np.searchsorted(owner[order], np.arange(len(number) + 1))
        self._pieces = {i: order[starts[i] : starts[i + 1]] for i in range(len(number))}
        spelled = dict.fromkeys(
            [*zip(number, range(len(number)), strict=True), *zip(english, owner.tolist(), strict=True)]
        )
        self._names = NameIndex([(text, i) for text, i in spelled if text], kinds=False)
        self._bare: dict[str, set[int]] = {}
        for key, owners in self._names.exact.items():
            if not is_chinese(key):
                for bare in _less(key):
                    self._bare.setdefault(bare, set()).update(owners)

    # --- names ------------------------------------------------------------------------------------------------------

    def known(self, key: str) -> bool:
        """Whether a key is letter by letter a street's name."""
        return key in self._names.exact

    def named(self, text: str, *, near: bool) -> Found:
        """The streets that a name may mean: letter by letter, without its direction or kind, with a slip of typing."""
        if (text, near) not in self._found:
            self._found[text, near] = self._named(text, near=near)
        return self._found[text, near]

    def _named(self, text: str, *, near: bool) -> Found:
        key = keys([text])[0]
        found = self._names.lookup(key)
        if found.how:
            return found
        if not is_chinese(key):
            # A name without direction or kind may be any street that only has one more; their meeting tells.
            fits = self._bare.get(key, set()) or self._names.exact.get(_undirected(key), set())
            if fits:
                return Found(frozenset(fits), LOOSE)
        return self._names.find([text])[0] if near else found

    # --- places -----------------------------------------------------------------------------------------------------

    def find(self, text: str, unit: int = -1) -> Spot:
        """
        The place that a text names.

        Parameters
        ----------
        text : str
        unit : int
            The leaf that the row names, -1 for none: of several places the one in it is meant.
        """
        if (text, unit) not in self._spots:
            self._spots[text, unit] = self._first(list(readings(text, self.known)), unit)
        return self._spots[text, unit]

    def meet(self, one: str, two: str, unit: int = -1) -> Spot:
        """The crossing of two streets by their names."""
        return self._first([Said(CROSSING, one, two), Said(STREET, one)], unit)

    def _first(self, said: list[Said], unit: int) -> Spot:
        several = NOWHERE
        for one in said:
            spot = self._place(one, unit)
            if spot.way == SEVERAL:
                several = spot
                if one.kind != STREET:
                    return spot  # two crossings fit: the street alone tells less
            elif spot.way:
                return spot
        return several

    def _place(self, said: Said, unit: int) -> Spot:
        if said.kind == STREET:
            return self._street(self.named(said.street, near=False), unit)
        names = [self.named(text, near=True) for text in (said.street, said.other, said.third) if text]
        slips = sum(name.how not in (EXACT, LOOSE) for name in names)
        if not all(name.how for name in names) or slips > 1:
            return NOWHERE
        if said.kind == CROSSING:
            spot = self._one(self._crossings(names[0], names[1]), unit, CROSSING)
        else:
            spot = self._section(names, unit)
        return Spot(spot.way, spot.lon, spot.lat, spot.unit, bool(slips)) if spot.way else spot

    def _crossings(self, one: Found, two: Found) -> list[np.ndarray]:
        """The nodes of each crossing of any street of the one with any of the other."""
        nodes: set[int] = set()
        for a in one.owners:
            for b in two.owners:
                if a != b:
                    nodes |= self._nodes(a) & self._nodes(b)
        return self._clusters(sorted(nodes))

    def _clusters(self, nodes: list[int]) -> list[np.ndarray]:
        if not nodes:
            return []
        at = np.array([self._place_of_node[node] for node in nodes])
        pairs = cKDTree(at).query_pairs(ONE_CROSSING, output_type="ndarray")
        linked = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(nodes), len(nodes)))
        _, group = connected_components(linked, directed=False)
        return [np.array(nodes)[group == i] for i in range(group.max() + 1)]

    def _nodes(self, street: int) -> set[int]:
        pieces = self._pieces[street]
        return {*self.u[pieces].tolist(), *self.v[pieces].tolist()}

    def _middle(self, nodes: np.ndarray) -> np.ndarray:
        """The node nearest to the middle of a crossing's nodes."""
        at = np.array([self._place_of_node[node] for node in nodes.tolist()])
        return np.asarray(at[np.argmin(((at - at.mean(axis=0)) ** 2).sum(axis=1))])

    def _one(self, clusters: list[np.ndarray], unit: int, way: str) -> Spot:
        return self._only([self._middle(nodes) for nodes in clusters], unit, way)

    def _only(self, places: list[np.ndarray], unit: int, way: str) -> Spot:
        """The one place among these, that of the row's area if it names one; `several` where two are left."""
        if not places:
            return NOWHERE
        if unit >= 0:
            here = [at for at in places if shapely.dwithin(self.areas[unit], shapely.Point(at), SAME_PLACE)]
            places = here or places
        first = places[0]
        if any(np.hypot(*(at - first)) > SAME_PLACE for at in places[1:]):
            return Spot(SEVERAL)
        lon, lat = self._to_degrees(first[:1], first[1:])
        return Spot(way, float(lon[0]), float(lat[0]))

    def _section(self, names: list[Found], unit: int) -> Spot:
        """The middle of the way along a street from one crossing to the next; nothing where two ways fit."""
        street, one, two = names
        starts, ends = self._crossings(street, one), self._crossings(street, two)
        if not starts or not ends or one.owners & two.owners:
            return NOWHERE
        pieces = np.concatenate([self._pieces[i] for i in street.owners])
        nodes, ends_of = np.unique(np.concatenate([self.u[pieces], self.v[pieces]]), return_inverse=True)
        head, tail = ends_of[: len(pieces)], ends_of[len(pieces) :]
        order = np.argsort(-self.length[pieces], kind="stable")  # of parallel pieces the shortest is written last
        graph = _graph(len(nodes), head[order], tail[order], self.length[pieces][order])
        marks = {int(np.searchsorted(nodes, n)): i for i, cluster in enumerate([*starts, *ends]) for n in cluster}
        found: list[np.ndarray] = []
        for i, cluster in enumerate(starts):
            sources = np.searchsorted(nodes, cluster)
            metres, before, _ = dijkstra(
                graph, directed=False, indices=sources, min_only=True, return_predecessors=True
            )
            for j, goal in enumerate(ends, start=len(starts)):
                at = np.searchsorted(nodes, goal)
                last = int(at[np.argmin(metres[at])])
                if not np.isfinite(metres[last]) or metres[last] > LONGEST_SECTION:
                    continue
                way = [last]
                while before[way[-1]] >= 0:
                    way.append(int(before[way[-1]]))
                # A way that passes another crossing of the two is not the section between them.
                if {marks[n] for n in way if n in marks} <= {i, j}:
                    found.append(self._half_way(nodes[np.array(way)], pieces))
        return self._only(found, unit, SECTION)

    def _half_way(self, way: np.ndarray, pieces: np.ndarray) -> np.ndarray:
        """The point in the middle of a path of nodes along these pieces."""
        parts: list[np.ndarray] = []
        for a, b in zip(way[:-1].tolist(), way[1:].tolist(), strict=True):
            both = pieces[
                ((self.u[pieces] == a) & (self.v[pieces] == b)) | ((self.u[pieces] == b) & (self.v[pieces] == a))
            ]
            piece = both[np.argmin(self.length[both])]
            at = shapely.get_coordinates(self.lines[piece])
            parts.append(at if self.u[piece] == a else at[::-1])
        if not parts:
            return self._place_of_node[int(way[0])]
        line = shapely.linestrings(np.concatenate(parts))
        return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(line, 0.5, normalized=True))[0])

    def _street(self, name: Found, unit: int) -> Spot:
        """A street alone: its middle where it, or its part in the area named, is short; else the area it lies in."""
        if len(name.owners) != 1:
            return Spot(SEVERAL) if name.owners else NOWHERE
        lines = shapely.union_all(self.lines[self._pieces[next(iter(name.owners))]])
        whole, limit = lines, SHORT
        if unit >= 0:
            # A street along the border lies in both areas; the strip beyond it does not count.
            limit += SAME_PLACE
            lines = shapely.intersection(whole, shapely.buffer(self.areas[unit], SAME_PLACE / 2))
            lines = whole if lines.is_empty else lines
        west, south, east, north = shapely.bounds(lines)
        if np.hypot(east - west, north - south) <= limit:
            middle = shapely.get_coordinates(shapely.line_interpolate_point(_longest(lines), 0.5, normalized=True))[0]
            lon, lat = self._to_degrees(middle[:1], middle[1:])
            return Spot(SECTION, float(lon[0]), float(lat[0]))
        for i, area in enumerate(self._leaves):
            if shapely.intersects(area, whole):
                share = shapely.length(shapely.intersection(area, whole)) / shapely.length(whole)
                if share >= HOLDS:
                    return Spot(SECTION, unit=i)
        return NOWHERE


def _undirected(key: str) -> str:
    """A key without the direction at either end; "" where it has none, or where only its kind would be left."""
    words = key.split()
    bare = words[1:] if words[0] in DIRECTIONS else words[:-1] if words[-1] in DIRECTIONS else []
    return "" if len(bare) == 1 and bare[0] in STREET_TYPES else " ".join(bare)


def _less(key: str) -> set[str]:
    """What people leave of a name: without its direction, without its kind, without both."""
    bare = _undirected(key)
    found = {bare}
    for name in (key, bare):
        words = name.split()
        if len(words) > 1 and words[-1] in STREET_TYPES:
            found.add(" ".join(words[:-1]))
    return found - {""} - DIRECTIONS


def _graph(n: int, head: np.ndarray, tail: np.ndarray, metres: np.ndarray) -> csr_array:
    a, b = np.minimum(head, tail), np.maximum(head, tail)
    pair = a * n + b
    # The last of equal pairs, the shortest, stands; csr would add them up.
    _, last = np.unique(pair[::-1], return_index=True)
    keep = len(pair) - 1 - last
    return csr_array((np.maximum(metres[keep], 0.01), (a[keep], b[keep])), shape=(n, n))


def _longest(lines: Any) -> Any:
    merged = shapely.line_merge(lines) if lines.geom_type == "MultiLineString" else lines
    parts = shapely.get_parts(merged)
    parts = parts[shapely.get_type_id(parts) == 1]
    return parts[np.argmax(shapely.length(parts))]


def _column(frame: gpd.GeoDataFrame, name: str) -> list[str]:
    return frame[name].fillna("").astype(str).tolist() if name in frame else [""] * len(frame)


def _transformer(source: str, target: str) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True).transform
