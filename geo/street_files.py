"""
Line features → lines that share vertices, with the words of the file's own columns.

Such files hold no topology: lines meet where they share a vertex, and a loose end that misses the next line's vertex by
less than a metre is joined to it.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.road_rules import plain_word
from geo.schema import GEOGRAPHIC_CRS
from geo.street_lines import Lines

SAME_VERTEX = 0.1  # metres: coordinates are rounded to this before they are compared
END_TOLERANCE = 1.0  # metres between a loose end and the vertex it is joined to

_COLUMN_WORDS = {
    "name": (
        "name name:zh street_name streetname street road_name roadname st_name fullname full_name label nom nom_voie "
        "odonyme 道路名称 道路名 路名 街道名称 街道 道路 名称"
    ),
    "name_en": "name_en name:en nameen name_english english_name 英文名 英文名称",
    "ref": "ref route_no 道路编号",
    "highway": "highway road_class roadclass fclass class road_type roadtype street_type clsrte functional_class type kind 道路等级 等级 道路类型 类型",  # noqa: E501
    "bridge": "bridge is_bridge 桥 桥梁",
    "layer": "layer z_level 层",
    "walkable": "walkable 可步行",
    "access": "access", "foot": "foot", "motorroad": "motorroad", "expressway": "expressway",
    "sidewalk": "sidewalk", "indoor": "indoor", "footway": "footway",
}  # fmt: skip


def lines_of(frame: gpd.GeoDataFrame, metric_crs: str) -> tuple[Lines, int]:
    """
    Number the vertices of line features, joining what lies at one place.

    Parameters
    ----------
    frame : GeoDataFrame
        Lines in EPSG:4326, with whatever columns the file has.
    metric_crs : str
        The CRS in which places are compared.

    Returns
    -------
    Lines, int
        The lines, and how many loose ends were moved (by less than `END_TOLERANCE`) onto the vertex they missed.
    """
    parts, row = shapely.get_parts(shapely.force_2d(frame.geometry.to_numpy()), return_index=True)
    points, line = shapely.get_coordinates(parts, return_index=True)
    sizes = np.bincount(line, minlength=len(parts))
    x, y = Transformer.from_crs(GEOGRAPHIC_CRS, metric_crs, always_xy=True).transform(points[:, 0], points[:, 1])
    first, node = _shared_places(x, y)
    node, joined = _join_loose_ends(node, line, np.column_stack([x, y])[first])
    places = points[first][node]
    table = line_table(frame).iloc[row].reset_index(drop=True)
    return Lines(table, sizes, node, places[:, 0], places[:, 1]), joined


def _shared_places(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first vertex at each place, and each vertex's place."""
    column, row = (np.round((values - values.min()) / SAME_VERTEX).astype(np.int64) for values in (x, y))
    _, first, place = np.unique(column * (row.max() + 1) + row, return_index=True, return_inverse=True)
    return first, place


def _join_loose_ends(node: np.ndarray, line: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, int]:
    uses = np.bincount(node, minlength=len(places))
    is_end = np.ones(len(node), dtype=bool)
    is_end[1:-1] = (line[1:-1] != line[:-2]) | (line[1:-1] != line[2:])
    loose = np.flatnonzero(is_end & (uses[node] == 1))
    if len(loose) == 0 or len(places) < 2:
        return node, 0
    distance, near = cKDTree(places).query(
        places[node[loose]], k=min(8, len(places)), distance_upper_bound=END_TOLERANCE
    )
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


def line_table(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """The words that `geo.street_lines` needs, from the file's columns by their names; "" where there are none."""
    by_name = {
        str(column).strip().casefold().replace(" ", "_"): column for column in frame.columns if column != "geometry"
    }
    table = pd.DataFrame(index=range(len(frame)))
    for wanted, words in _COLUMN_WORDS.items():
        column = next((by_name[word] for word in words.split() if word in by_name), None)
        values = [""] * len(frame) if column is None else [_text(value) for value in frame[column]]
        table[wanted] = pd.Series(values, dtype=object)
    table["highway"] = table["highway"].map(plain_word)
    shut = table["walkable"].str.casefold().isin(["false", "0", "0.0", "no", "否"])
    table["foot"] = table["foot"].mask(shut, "no")
    table["source_id"] = (np.arange(len(frame)) + 1).astype(str)
    return table.drop(columns="walkable")


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return ""
    if isinstance(value, (list, tuple)):
        return ";".join(str(part) for part in value)
    return str(value).strip()
