"""
Which features of a map file are water, parks or rails, by the words in their columns; and which are no street at all.

The words are OpenStreetMap's keys, also packed into one column of other tags, the class words of extracts made from it,
and those of Chinese files. Names of files and layers say nothing.
"""

import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.compounds import is_compound
from geo.osm import LAND_AREAS, LAND_KEYS, LAND_LINES
from geo.road_rules import ROAD_CLASS_OF, plain_word
from geo.schema import LAND_KINDS

PACKED = "other_tags"  # one text of many tags: "key"=>"value","key"=>"value"
_PACKED_KEYS = (
    "highway", "access", "foot", "bridge", "tunnel", "layer", "footway", "sidewalk", "motorroad", "expressway",
    "indoor", "name:en", "name:zh", "ref", "barrier", "gated", "residential", "fence_type", *LAND_KEYS,
)  # fmt: skip
_CLASS_COLUMNS = ("kind", "fclass", "class", "type", "类型", "类别", "地类")
_AREA_WORDS = {
    "water": (
        "water reservoir basin riverbank river lake pond dock canal lagoon "
        "水 水体 水面 水域 水系 河流 湖泊 水库 坑塘 池塘"
    ),
    "park": (
        "park forest wood nature_reserve recreation_ground village_green garden common golf_course 公园 绿地 公园绿地 "
        "林地 森林 广场绿地"
    ),
}
_LINE_WORDS = {
    "water": "river canal coastline 河流 运河 水系",
    "rail": "rail railway light_rail narrow_gauge subway tram 铁路 轨道 轻轨 地铁",
}
# Keys of features that are no street, where the file's own `highway` is empty.
_OTHER_KEYS = (
    *LAND_KEYS, "barrier", "power", "aerialway", "aeroway", "man_made", "boundary", "building", "amenity", "pipeline",
)  # fmt: skip
_COMPOUND_KEYS = ("landuse", "access", "foot", "barrier", "gated", "residential", "fence_type")
_HIDDEN = ("", "no", "f", "false", "0")


def unpacked(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The features with the tags of a packed column as columns of their own, where they have none of that name."""
    if PACKED not in frame.columns:
        return frame
    packed = frame[PACKED].fillna("").astype(str)
    new = {}
    for key in _PACKED_KEYS:
        if key not in frame.columns and packed.str.contains(f'"{key}"=>', regex=False).any():
            new[key] = packed.str.extract(f'"{re.escape(key)}"=>"([^"]*)"', expand=False).fillna("")
    return frame.assign(**new)


def land_kinds(frame: gpd.GeoDataFrame) -> np.ndarray:
    """
    Whether each feature is land, and of which kind.

    Parameters
    ----------
    frame : GeoDataFrame
        With whatever columns the file has.

    Returns
    -------
    array of objects
        A word of `geo.schema.LAND_KINDS`, or "". Rails in tunnels are none.
    """
    kinds = np.full(len(frame), "", dtype=object)
    dimension = shapely.get_dimensions(frame.geometry.to_numpy())
    columns = _by_name(frame)
    if "kind" in columns:
        own = frame[columns["kind"]]
        kinds = np.where(own.isin(LAND_KINDS).to_numpy(), own.to_numpy(dtype=object), kinds)
    for of, tables in ((2, (LAND_AREAS,)), (1, (LAND_LINES,))):
        for table in tables:
            for key, words in table.items():
                if key in columns:
                    found = _mapped(frame[columns[key]], words)
                    kinds = np.where((kinds == "") & (dimension == of), found, kinds)
    for column in (columns[name] for name in _CLASS_COLUMNS if name in columns):
        word = _plain(frame[column])
        road = word.isin(set(ROAD_CLASS_OF)).to_numpy()
        for of, words_of in ((2, _AREA_WORDS), (1, _LINE_WORDS)):
            kind_of = {one: kind for kind, text in words_of.items() for one in text.split()}
            found = np.where(road, "", _mapped(word, kind_of))
            kinds = np.where((kinds == "") & (dimension == of), found, kinds)
    if "tunnel" in columns:
        below = ~frame[columns["tunnel"]].map(_text).str.casefold().isin(_HIDDEN).to_numpy()
        kinds = np.where((kinds == "rail") & below, "", kinds)
    return kinds


def no_streets(frame: gpd.GeoDataFrame, kinds: np.ndarray, highway: pd.Series) -> np.ndarray:
    """
    Whether each line is something else than a street: land, or a feature of another key without a road class.

    Parameters
    ----------
    frame, kinds
        The lines and their `land_kinds`.
    highway : Series of str
        Their road classes as the file says them, "" for none.
    """
    columns = _by_name(frame)
    road = highway.isin(set(ROAD_CLASS_OF)).to_numpy()
    other = kinds != ""
    if "highway" in columns:
        for key in _OTHER_KEYS:
            if key in columns:
                other |= ~frame[columns[key]].map(_text).isin(_HIDDEN).to_numpy()
        return np.asarray(other & ~(highway != "").to_numpy())
    return np.asarray(other & ~road)


def compounds_of(frame: gpd.GeoDataFrame) -> np.ndarray:
    """The areas of closed residential compounds among the features."""
    columns = _by_name(frame)
    if "landuse" not in columns or not len(frame):
        return np.zeros(0, dtype=object)
    shapes = frame.geometry.to_numpy()
    some = (frame[columns["landuse"]].eq("residential") & (shapely.get_dimensions(shapes) == 2)).to_numpy()
    tags = pd.DataFrame({key: frame[columns[key]].map(_text) for key in _COMPOUND_KEYS if key in columns})[some]
    closed = [is_compound({k: str(v) for k, v in row.items() if v}) for row in tags.to_dict("records")]
    return np.asarray(shapes[some][np.array(closed, dtype=bool)], dtype=object)


def says_anything(columns: Any) -> bool:
    """Whether a layer has a column that could tell land or streets."""
    names = {str(name).strip().casefold() for name in columns}
    return bool(names & {*_CLASS_COLUMNS, *LAND_KEYS, PACKED})


def _by_name(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    return {str(column).strip().casefold(): column for column in frame.columns if column != frame.geometry.name}


def _plain(values: pd.Series) -> pd.Series:
    words = {value: plain_word(value) for value in values.dropna().unique() if isinstance(value, str)}
    return pd.Series(_mapped(values, words), dtype=object)


def _mapped(values: pd.Series, words: dict[str, str]) -> np.ndarray:
    """Each value's word, "" for none; looked up once a distinct value."""
    codes, distinct = pd.factorize(values.astype(object))
    return np.array([*(words.get(one, "") for one in distinct), ""], dtype=object)[codes]


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None or value != value else str(value)
