"""
Line features → lines that share vertices, with the words of the file's own columns.

Such files hold no topology: lines meet where they share a vertex, a loose end that misses the next line by less than a
tolerance is joined to it, and in a file that does not cut its lines at crossings they are cut where they cross.
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from geo.loose_ends import END_TOLERANCE, join_vertices, line_ends, meet_stretches
from geo.road_rules import has_steps, plain_word
from geo.schema import GEOGRAPHIC_CRS
from geo.street_lines import Lines, runs
from geo.street_noding import Crossings, levels_of, node_crossings

SAME_VERTEX = 0.1  # metres: coordinates are rounded to this before they are compared

_COLUMN_WORDS = {
    "name": (
        "name name:zh name_zh street_name streetname street road_name roadname st_name fullname full_name label nom "
        "nom_voie odonyme 道路名称 道路名 路名 街道名称 街道 道路 名称"
    ),
    "name_en": "name_en name:en nameen name_english english_name 英文名 英文名称",
    "ref": "ref route_no 道路编号",
    "highway": "highway road_class roadclass fclass class road_type roadtype street_type clsrte functional_class type kind 道路等级 等级 道路类型 类型",  # noqa: E501
    "bridge": "bridge is_bridge 桥 桥梁",
    "layer": "layer z_level 层",
    "walkable": "walkable 可步行",
    "tunnel": "tunnel is_tunnel 隧道",
    "steps": "steps stairs 台阶",
    "locked": "locked gated 封闭 是否封闭",
    "access": "access", "foot": "foot", "motorroad": "motorroad", "expressway": "expressway",
    "sidewalk": "sidewalk", "indoor": "indoor", "footway": "footway",
}  # fmt: skip


@dataclass(frozen=True)
class Mended:
    """How many loose ends were joined, how many lines had no place in the CRS and went, and how lines cross."""

    joined: int
    lost: int
    crossings: Crossings


def lines_of(frame: gpd.GeoDataFrame, metric_crs: str, *, tolerance: float = END_TOLERANCE) -> tuple[Lines, Mended]:
    """
    Number the vertices of line features, joining what lies at one place.

    Parameters
    ----------
    frame : GeoDataFrame
        Lines in EPSG:4326, with whatever columns the file has.
    metric_crs : str
        The CRS in which places are compared.
    tolerance : float
        Metres up to which a loose end is moved onto the line that it misses.

    Returns
    -------
    Lines, Mended
    """
    parts, row = shapely.get_parts(shapely.force_2d(frame.geometry.to_numpy()), return_index=True)
    points, line = shapely.get_coordinates(parts, return_index=True)
    x, y = Transformer.from_crs(GEOGRAPHIC_CRS, metric_crs, always_xy=True).transform(points[:, 0], points[:, 1])
    xy = np.column_stack([x, y])
    # A vertex on the other side of the earth has no place in this CRS; its line goes.
    lost = np.unique(line[~np.isfinite(xy).all(axis=1)])
    kept = ~np.isin(line, lost)
    points, xy, line = points[kept], xy[kept], line[kept]
    if len(line) == 0:
        none = Lines(line_table(frame).iloc[:0], line, line, points[:, 0], points[:, 1])
        return none, Mended(0, len(parts), Crossings(0, 0, 0, noded=False))

    words = line_table(frame)
    _, node = _shared_places(xy)
    points, xy, line, crossings = node_crossings(
        points, xy, line, node, levels_of(words)[row], near=max(tolerance, SAME_VERTEX), same=SAME_VERTEX
    )
    _, node = _shared_places(xy)
    loose = np.flatnonzero(line_ends(line) & (np.bincount(node)[node] == 1))
    points, xy, line, met = meet_stretches(points, xy, line, loose, tolerance)
    first, node = _shared_places(xy)
    node, joined = join_vertices(node, line, xy[first], tolerance)
    starts, sizes, _ = runs(line)
    table = words.iloc[row[line[starts]]].reset_index(drop=True)
    places = points[first][node]
    return Lines(table, sizes, node, places[:, 0], places[:, 1]), Mended(joined + met, len(lost), crossings)


def _shared_places(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first vertex at each place, and each vertex's place."""
    column, row = np.round((xy - xy.min(axis=0)) / SAME_VERTEX).astype(np.int64).T
    _, first, place = np.unique(column * (row.max() + 1) + row, return_index=True, return_inverse=True)
    return first, place


def line_table(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """The words that `geo.street_lines` needs, from the file's columns by their names; "" where there are none."""
    by_name = {
        str(column).strip().casefold().replace(" ", "_"): column for column in frame.columns if column != "geometry"
    }
    table = pd.DataFrame(index=range(len(frame)))
    for wanted, words in _COLUMN_WORDS.items():
        columns = [by_name[word] for word in words.split() if word in by_name]
        values = _texts(frame, columns[0]) if columns else [""] * len(frame)
        # A street without a name in the first column may have one in another.
        for column in columns[1:] if wanted == "name" and "" in values else ():
            values = [value or other for value, other in zip(values, _texts(frame, column), strict=True)]
        table[wanted] = pd.Series(values, dtype=object)
    stairs = {text: has_steps(text) for text in dict.fromkeys(table["highway"])}
    table["steps"] = table["steps"].mask(table["highway"].map(stairs).astype(bool), "yes")
    table["highway"] = table["highway"].map(plain_word)
    shut = table["walkable"].str.casefold().isin(["false", "0", "0.0", "no", "否"])
    table["foot"] = table["foot"].mask(shut, "no")
    table["source_id"] = (frame.index.to_numpy() + 1).astype(str)
    return table.drop(columns="walkable")


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    return [_text(value) for value in frame[column]]


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return ""
    if isinstance(value, (list, tuple)):
        return ";".join(str(part) for part in value)
    # Tabs and line breaks in a name are slips of typing; no sheet can print them.
    return " ".join(str(value).split())
