"""
OpenStreetMap extracts (`.osm.pbf`): roads as arrays of vertices, and land (water, parks, rails) as shapes.

Nodes carry the topology: two ways meet where they share a node, so a bridge does not meet the road below it. The file
is opened by absolute path and format, since the reader would otherwise fetch addresses. Whoever shows such data credits
the OpenStreetMap contributors.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.compounds import is_compound
from geo.errors import InputError
from geo.road_rules import NO_ROAD, STEPS, plain_word
from geo.schema import GEOGRAPHIC_CRS
from geo.street_lines import Lines, runs

NAME_KEYS = ("name", "name:zh", "name:en", "ref")
RULE_KEYS = ("highway", "access", "foot", "motorroad", "expressway", "sidewalk", "indoor", "bridge", "layer", "footway")
ROAD_KEYS = (*NAME_KEYS, *RULE_KEYS)
_NO_PLACE = 2**31 - 1  # What the reader gives for a node that the file does not hold.
_SCALE = 1e-7  # OpenStreetMap keeps whole ten-millionths of a degree.

LAND_KEYS = ("natural", "waterway", "landuse", "leisure", "railway")
LAND_AREAS = {
    "natural": {"water": "water", "wood": "park"},
    "waterway": {"riverbank": "water", "dock": "water"},
    "landuse": {
        "reservoir": "water", "basin": "water", "forest": "park", "recreation_ground": "park", "village_green": "park",
    },
    "leisure": {"park": "park", "nature_reserve": "park", "garden": "park", "common": "park", "golf_course": "park"},
}  # fmt: skip
LAND_LINES = {
    "natural": {"coastline": "water"},
    "waterway": {"river": "water", "canal": "water"},
    "railway": {"rail": "rail", "light_rail": "rail", "narrow_gauge": "rail", "subway": "rail", "tram": "rail"},
}
_SHUT = frozenset(("no", "private"))
_OPENS = frozenset(("yes", "designated", "permissive", "public", "customers"))


@dataclass
class _Ways:
    """The vertices of many ways, one after another, as growing typed arrays (8 bytes a number)."""

    ids: array = field(default_factory=lambda: array("q"))
    sizes: array = field(default_factory=lambda: array("q"))
    refs: array = field(default_factory=lambda: array("q"))
    x: array = field(default_factory=lambda: array("q"))
    y: array = field(default_factory=lambda: array("q"))
    tags: list[dict[str, str]] = field(default_factory=list)

    def add(self, way: Any, tags: dict[str, str]) -> None:
        nodes = list(way.nodes)
        places = [node.location for node in nodes]
        self.refs.extend([node.ref for node in nodes])
        self.x.extend([place.x for place in places])
        self.y.extend([place.y for place in places])
        self.ids.append(way.id)
        self.sizes.append(len(nodes))
        self.tags.append(tags)


def read_osm(path: Path) -> tuple[Lines, gpd.GeoDataFrame]:
    """
    Read the roads and the land of an OpenStreetMap extract.

    Returns
    -------
    Lines
        All roads in use, walkable or not; vertices are keyed by their node's number.
    GeoDataFrame
        Land in EPSG:4326: columns `kind`, `name`, `name_en`, `geometry` (polygons and lines).

    Raises
    ------
    InputError
        If the file is no such extract or ends early.
    """
    require_osm(path)
    try:
        roads, land, shut = _read_ways(path)
        rings = _read_relations(path)
        members = _read_members(path, {member for _, ids in rings for member in ids}) if rings else _Ways()
        negative = _negative_nodes(path, (roads, land, members))
    except RuntimeError as error:
        raise _unreadable(path) from error
    lines = _road_lines(roads, shut, negative)
    frame, lines.compounds = _land_frame(land, members, rings, negative)
    return lines, frame


def require_osm(path: Path) -> None:
    """Raise InputError unless the file begins as OpenStreetMap's binary format does."""
    with path.open("rb") as handle:
        head = handle.read(64)
    if b"OSMHeader" not in head:
        raise _unreadable(path)


def _unreadable(path: Path) -> InputError:
    return InputError(
        f"{path.name} cannot be read as an OpenStreetMap extract (.osm.pbf): it is damaged or cut short.",
        remedy="Download the extract again, or give the streets as GeoJSON or GPKG.",
        key="streets.not_osm",
        file=path.name,
    )


def _objects(path: Path, entities: Any, *filters: Any, locations: bool = False) -> Iterator[Any]:
    import osmium

    processor = osmium.FileProcessor(osmium.io.File(str(path.resolve()), "pbf"), entities)
    if locations:
        processor = processor.with_locations()
    for one in filters:
        processor = processor.with_filter(one)
    return iter(processor)


def _read_ways(path: Path) -> tuple[_Ways, _Ways, set[int]]:
    import osmium
    from osmium.osm import NODE, WAY

    roads, land = _Ways(), _Ways()
    shut: set[int] = set()
    keys = osmium.filter.KeyFilter("highway", "barrier", *LAND_KEYS)
    for item in _objects(path, NODE | WAY, keys, locations=True):
        tags = item.tags
        if item.is_node():
            if "barrier" in tags and _is_shut(dict(tags)):
                shut.add(item.id)
        elif "highway" in tags:
            if tags["highway"] not in NO_ROAD:
                # Asking for few tags is cheaper than taking all.
                get = tags.get
                roads.add(item, {key: value for key in ROAD_KEYS if (value := get(key))})
        elif _land_kind(own := dict(tags)) or is_compound(own):
            land.add(item, own)
    return roads, land, shut


def _is_shut(tags: dict[str, str]) -> bool:
    """A gate or chain that walkers cannot pass."""
    if "barrier" not in tags or tags.get("foot") in _OPENS:
        return False
    return tags.get("foot") in _SHUT or tags.get("locked") == "yes" or tags.get("access") in _SHUT


def _land_kind(tags: dict[str, str], *, area_only: bool = False) -> str | None:
    if tags.get("tunnel", "no") not in ("no", "") and "railway" in tags:
        return None
    for table in (LAND_AREAS,) if area_only else (LAND_AREAS, LAND_LINES):
        for key, kinds in table.items():
            kind = kinds.get(tags.get(key, ""))
            if kind:
                return kind
    return None


def _is_area(tags: dict[str, str]) -> bool:
    return _land_kind(tags, area_only=True) is not None or is_compound(tags)


def _read_relations(path: Path) -> list[tuple[dict[str, str], list[int]]]:
    import osmium
    from osmium.osm import RELATION

    found = []
    for relation in _objects(path, RELATION, osmium.filter.KeyFilter("type")):
        tags = dict(relation.tags)
        if tags.get("type") == "multipolygon" and _is_area(tags):
            found.append((tags, [member.ref for member in relation.members if member.type == "w"]))
    return found


def _read_members(path: Path, ids: set[int]) -> _Ways:
    import osmium
    from osmium.osm import NODE, WAY

    members = _Ways()
    for way in _objects(path, NODE | WAY, osmium.filter.EntityFilter(WAY), locations=True):
        if way.id in ids:
            members.add(way, {})
    return members


def _negative_nodes(path: Path, ways: Iterable[_Ways]) -> dict[int, tuple[int, int]]:
    """The places of nodes with negative numbers (edits never uploaded), which the reader's own index leaves out."""
    from osmium.osm import NODE

    wanted = {ref for one in ways for ref in one.refs if ref < 0}
    found: dict[int, tuple[int, int]] = {}
    if not wanted:
        return found
    for node in _objects(path, NODE):
        if node.id in wanted:
            found[node.id] = (node.location.x, node.location.y)
            # Sorted files begin with them; the many others need no look.
            if len(found) == len(wanted):
                break
    return found


def _vertices(ways: _Ways, negative: dict[int, tuple[int, int]]) -> tuple[np.ndarray, ...]:
    """Way index, node, x and y (ten-millionths of a degree) and whether the place is known, per vertex."""
    refs, x, y = (np.asarray(column, dtype=np.int64) for column in (ways.refs, ways.x, ways.y))
    for i in np.flatnonzero(refs < 0):
        x[i], y[i] = negative.get(int(refs[i]), (_NO_PLACE, _NO_PLACE))
    way = np.repeat(np.arange(len(ways.sizes)), np.asarray(ways.sizes, dtype=np.int64))
    known = (np.abs(x) <= 1_800_000_000) & (np.abs(y) <= 900_000_000)
    return way, refs, x, y, known


def _road_lines(roads: _Ways, shut: set[int], negative: dict[int, tuple[int, int]]) -> Lines:
    way, refs, x, y, known = _vertices(roads, negative)
    cut_short = len(np.unique(way[~known]))
    # A way that leaves the extract lacks nodes: what lies on either side of the gap are two lines.
    gap = np.cumsum(~known)
    way, refs, x, y, gap = (values[known] for values in (way, refs, x, y, gap))
    starts, sizes, _ = runs(way, gap)
    nodes, node = np.unique(refs, return_inverse=True)
    columns = {key: [tags.get(key, "") for tags in roads.tags] for key in ROAD_KEYS}
    columns["name"] = [own or chinese for own, chinese in zip(columns["name"], columns["name:zh"], strict=True)]
    table = pd.DataFrame(columns, dtype=object).rename(columns={"name:en": "name_en"})
    table["steps"] = ["yes" if word in STEPS else "" for word in columns["highway"]]
    table["locked"] = ""
    words = {word: plain_word(word) for word in dict.fromkeys(columns["highway"])}
    table["highway"] = [words[word] for word in columns["highway"]]
    table["source_id"] = np.asarray(roads.ids, dtype=np.int64).astype(str)
    return Lines(
        table=table.iloc[way[starts]].reset_index(drop=True),
        sizes=sizes,
        node=node,
        lon=x * _SCALE,
        lat=y * _SCALE,
        shut=np.flatnonzero(np.isin(nodes, list(shut))),
        cut_short=cut_short,
    )


def _land_frame(
    land: _Ways, members: _Ways, rings: list[tuple[dict[str, str], list[int]]], negative: dict[int, tuple[int, int]]
) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """The land, and the closed compounds."""
    shapes = _way_shapes(land, negative)
    rows = [(tags, _closed_area(shape, tags)) for shape, tags in zip(shapes, land.tags, strict=True)]
    line_of = dict(zip(members.ids, _way_shapes(members, negative), strict=True))
    for tags, ids in rings:
        parts = [line_of[i] for i in ids if line_of.get(i) is not None]
        # Even-odd filling of all rings: outer and inner come out right whatever their roles say.
        rows.append((tags, shapely.build_area(shapely.multilinestrings(parts)) if parts else None))
    there = [(tags, shape) for tags, shape in rows if shape is not None and not shape.is_empty]
    kept = [(tags, shape) for tags, shape in there if _land_kind(tags)]
    compounds = [shape for tags, shape in there if is_compound(tags)]
    frame = gpd.GeoDataFrame(
        {
            "kind": [_land_kind(tags) for tags, _ in kept],
            "name": [tags.get("name", "") for tags, _ in kept],
            "name_en": [tags.get("name:en", "") for tags, _ in kept],
        },
        geometry=[shape for _, shape in kept],
        crs=GEOGRAPHIC_CRS,
    )
    return frame, np.array(compounds, dtype=object)


def _way_shapes(ways: _Ways, negative: dict[int, tuple[int, int]]) -> list[Any]:
    """One line a way; None where fewer than two of its nodes are in the file."""
    way, _, x, y, known = _vertices(ways, negative)
    sizes = np.bincount(way[known], minlength=len(ways.sizes))
    known &= sizes[way] >= 2
    starts, _, line = runs(way[known])
    shapes = np.full(len(ways.sizes), None, dtype=object)
    if len(starts):
        points = np.column_stack([x[known], y[known]]) * _SCALE
        shapes[way[known][starts]] = shapely.linestrings(points, indices=line)
    return list(shapes)


def _closed_area(shape: Any, tags: dict[str, str]) -> Any:
    if shape is None or not _is_area(tags):
        return shape
    return shapely.build_area(shape) if shape.is_closed else None
