"""
Lines → street pieces: cut where lines share a vertex, measured in metres, numbered by crossing and connected part.

Which vertices are shared is the reader's business (`geo.osm` by node number, `geo.street_files` by coordinate); lines
that merely cross on the map, as a bridge and the road below it, stay apart.
"""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.compounds import behind_gates, in_compounds
from geo.road_rules import is_true, private, road_classes, walkable
from geo.schema import GEOGRAPHIC_CRS, STREET_COLUMNS
from geo.sidewalks import streets_beside

NOT_WALKED = -1  # The `piece` of a street that is not walkable.


@dataclass
class Lines:
    """
    Many lines as flat arrays, before they are cut.

    Parameters
    ----------
    table : DataFrame
        One row a line: `source_id`, `name`, `name_en`, `ref`, `bridge`, `layer`, `footway`, `steps`, `locked` and the
        columns of `geo.road_rules.walkable`, all str.
    sizes : array of ints
        Vertices of each line, in the table's order.
    node : array of ints
        The topological key of each vertex, numbered from 0: equal where lines meet.
    lon, lat : arrays of floats
        Degrees (EPSG:4326) of each vertex; equal where `node` is.
    shut : array of ints
        Nodes that nobody passes (locked gates).
    cut_short : int
        Lines that lack vertices because the file ends there.
    compounds : array of polygons
        Closed compounds, in degrees.
    """

    table: pd.DataFrame
    sizes: np.ndarray
    node: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    shut: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    cut_short: int = 0
    compounds: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=object))


def runs(*keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start and length of each run of equal keys, and the run that each position belongs to."""
    n = len(keys[0])
    if n == 0:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    new = np.ones(n, dtype=bool)
    new[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    starts = np.flatnonzero(new)
    return starts, np.diff(np.append(starts, n)), np.cumsum(new) - 1


def cut_at_crossings(lines: Lines, metric_crs: str) -> gpd.GeoDataFrame:
    """
    Cut lines where they share vertices, and describe the pieces.

    Parameters
    ----------
    lines : Lines
        At least one that `leads_somewhere`; the others vanish.
    metric_crs : str
        The CRS in which lengths are measured.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, columns `geo.schema.STREET_COLUMNS` and `named_beside` (the name is that of the street beside it).
        `piece` numbers the connected walkable parts by falling length; -1 where nobody walks. Ways that are private,
        lie in a compound or are cut off from the rest by locked gates are `locked` and not walkable.
    """
    line, node, lon, lat = _without_repeats(lines)
    start, end = _piece_ends(line, node, lines.shut)
    sizes = end - start + 1
    vertex = np.repeat(start - np.append(0, np.cumsum(sizes)[:-1]), sizes) + np.arange(sizes.sum())
    piece_of = np.repeat(np.arange(len(start)), sizes)
    x, y = Transformer.from_crs(GEOGRAPHIC_CRS, metric_crs, always_xy=True).transform(lon, lat)
    metric = shapely.linestrings(np.column_stack([x, y])[vertex], indices=piece_of)
    u, v = _number_crossings(node[start], node[end], lines.shut)

    tags = lines.table.iloc[line[start]].reset_index(drop=True)
    length = shapely.length(metric)
    geometry = shapely.linestrings(np.column_stack([lon, lat])[vertex], indices=piece_of)
    may_walk = walkable(tags)
    locked = private(tags) | (may_walk & in_compounds(geometry, lines.compounds, tags))
    may_walk &= ~locked
    locked |= behind_gates(node[start], node[end], u, v, length, may_walk, any_gate=len(lines.shut) > 0)
    may_walk &= ~locked
    names, english, named_beside, beside = _names(lines.table, line[start], tags, metric)
    number = tags.groupby("source_id", sort=False).cumcount().astype(str)
    street_id = (tags["source_id"].astype(str) + "-" + number).to_numpy(dtype=object)
    frame = gpd.GeoDataFrame(
        {
            "street_id": pd.array(street_id, dtype="str"),
            "name": pd.array(names, dtype="str"),
            "name_en": pd.array(english, dtype="str"),
            "road_class": pd.Categorical(road_classes(tags["highway"])),
            "walkable": may_walk,
            "bridge": is_true(tags["bridge"]),
            "length_m": length,
            "u": u,
            "v": v,
            "piece": number_pieces(u, v, length, may_walk),
            "steps": is_true(tags["steps"]),
            "locked": locked,
            "beside": pd.array(np.where(beside >= 0, street_id[beside], ""), dtype="str"),
        },
        geometry=geometry,
        crs=GEOGRAPHIC_CRS,
    )
    return frame[list(STREET_COLUMNS)].assign(named_beside=named_beside)


def leads_somewhere(lines: Lines) -> np.ndarray:
    """Whether each line has two vertices at different places."""
    line = np.repeat(np.arange(len(lines.sizes)), lines.sizes)
    moves = (line[1:] == line[:-1]) & (lines.node[1:] != lines.node[:-1])
    return np.bincount(line[1:][moves], minlength=len(lines.sizes)) > 0


def _without_repeats(lines: Lines) -> tuple[np.ndarray, ...]:
    """Line and vertex arrays without a vertex that stands twice in a row, and without lines of one vertex."""
    line = np.repeat(np.arange(len(lines.sizes)), lines.sizes)
    keep = np.ones(len(line), dtype=bool)
    keep[1:] = (line[1:] != line[:-1]) | (lines.node[1:] != lines.node[:-1])
    keep &= np.bincount(line[keep], minlength=len(lines.sizes))[line] >= 2
    return line[keep], lines.node[keep], lines.lon[keep], lines.lat[keep]


def _piece_ends(line: np.ndarray, node: np.ndarray, shut: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    uses = np.bincount(node, minlength=int(node.max()) + 1 if len(node) else 0)
    is_cut = uses[node] > 1
    is_cut |= np.isin(node, shut)
    is_cut[0] = is_cut[-1] = True
    changes = np.flatnonzero(line[1:] != line[:-1])
    is_cut[changes] = is_cut[changes + 1] = True
    at = np.flatnonzero(is_cut)
    same_line = line[at[:-1]] == line[at[1:]]
    return at[:-1][same_line], at[1:][same_line]


def _number_crossings(u: np.ndarray, v: np.ndarray, shut: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Crossings numbered from 0; behind a locked gate each piece ends at a crossing of its own."""
    ends = np.concatenate([u, v])
    locked = np.isin(ends, shut)
    ends[locked] = ends.max(initial=0) + 1 + np.arange(locked.sum())
    numbers = np.unique(ends, return_inverse=True)[1].astype(np.int64)
    return numbers[: len(u)], numbers[len(u) :]


def number_pieces(u: np.ndarray, v: np.ndarray, length: np.ndarray, may_walk: np.ndarray) -> np.ndarray:
    """The connected walkable part of each piece, 0 the longest, ties by first crossing; -1 where nobody walks."""
    n = int(max(u.max(initial=-1), v.max(initial=-1))) + 1
    pieces = np.full(len(u), NOT_WALKED, dtype=np.int64)
    if not may_walk.any():
        return pieces
    a, b = u[may_walk], v[may_walk]
    part = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)[1][a]
    labels, index = np.unique(part, return_inverse=True)
    total = np.bincount(index, weights=length[may_walk])
    rank = np.empty(len(labels), dtype=np.int64)
    rank[np.argsort(-total, kind="stable")] = np.arange(len(labels))
    pieces[may_walk] = rank[index]
    return pieces


def _names(
    table: pd.DataFrame, line: np.ndarray, tags: pd.DataFrame, metric: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Name and English name of each piece, whether they are those of the street beside it, and that street's index."""
    name, english, ref = (_firsts(table[column].to_numpy(dtype=object)) for column in ("name", "name_en", "ref"))
    name = np.where(name == "", english, name)
    # A main road without a name is known by its number; a lane's number says nothing to anybody.
    numbered = (name == "") & (ref != "") & ~np.isin(road_classes(table["highway"]), ["local", "lane"])
    name, english = np.where(numbered, ref, name)[line], english[line]
    source, street = streets_beside(metric, name, tags)
    beside = source >= 0
    return np.where(beside, name[source], name), np.where(beside, english[source], english), beside, street


def _firsts(texts: np.ndarray) -> np.ndarray:
    """The first of several names joined by `;` (a piece drawn through two streets)."""
    first = {text: text.split(";")[0].strip() if isinstance(text, str) else "" for text in dict.fromkeys(texts)}
    return np.array([first[text] for text in texts], dtype=object)
