"""Which neighborhood a place lies in: by its point, else by the name that its row gives."""

import re
import unicodedata
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.coded import Coded
from geo.schema import GEOGRAPHIC_CRS
from geo.text_keys import mixed


def leaf_neighborhoods(neighborhoods: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The units that are nobody's parent, in their order."""
    parents = set(neighborhoods["parent_id"].dropna().astype(str)) if "parent_id" in neighborhoods else set()
    ids = neighborhoods["neighborhood_id"].astype(str)
    return neighborhoods[~ids.isin(parents).to_numpy()]


def assign_neighborhoods(lon: np.ndarray, lat: np.ndarray, neighborhoods: gpd.GeoDataFrame) -> np.ndarray:
    """
    Say in which leaf neighborhood each point lies.

    Parameters
    ----------
    lon, lat : arrays of n floats
        Degrees; NaN where there is no point.
    neighborhoods : GeoDataFrame
        Canonical columns, in any CRS.

    Returns
    -------
    object array of n
        The ids as str, None outside. A point on a border, or where polygons overlap, goes to the unit whose id comes
        first (`border_order`), so that nothing is counted twice and the file's order does not matter.

    Notes
    -----
    Real files hold many rows a point, so only distinct points are asked; a tree of them is queried with each polygon.
    """
    found = locate(lon, lat, neighborhoods)
    return np.array([*found.words, None], dtype=object)[found.codes]


def locate(lon: np.ndarray, lat: np.ndarray, neighborhoods: gpd.GeoDataFrame) -> Coded:
    """The leaf neighborhood of each point, as `assign_neighborhoods`; its words are the ids of all leaves."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    leaves = leaf_neighborhoods(neighborhoods)
    ids = leaves["neighborhood_id"].astype(str).tolist()
    codes = np.full(len(lon), -1, np.int32)
    here = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    if not len(here) or not len(leaves):
        return Coded(codes, ids)
    if leaves.crs is not None and leaves.crs != GEOGRAPHIC_CRS:
        leaves = leaves.to_crs(GEOGRAPHIC_CRS)
    inverse, places = pd.factorize(place_keys(lon[here], lat[here]))
    row = np.empty(len(places), np.int64)
    row[inverse] = here  # any row of a place shows where it is
    tree = shapely.STRtree(np.asarray(shapely.points(lon[row], lat[row])))
    polygon, place = tree.query(leaves.geometry.to_numpy(), predicate="intersects")
    none = len(leaves)
    order = border_order(ids)
    rank = np.empty(none, np.int32)
    rank[order] = np.arange(none, dtype=np.int32)
    first = np.full(len(places), none, np.int32)
    np.minimum.at(first, place, rank[polygon])
    codes[here] = np.append(order.astype(np.int32), np.int32(-1))[first][inverse]
    return Coded(codes, ids)


def border_order(ids: Sequence[str]) -> np.ndarray:
    """
    The positions of the ids in the order in which units come to a point that several hold.

    Numbers within ids count as numbers (`9` before `10`, `A2` before `A10`), the rest as text, letter by letter.
    """

    def key(place: int) -> tuple[list[tuple[int, int, str]], str]:
        parts = re.findall(r"[0-9]+|[^0-9]+", ids[place])
        return [(0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts], ids[place]

    return np.array(sorted(range(len(ids)), key=key), dtype=np.int64)


def place_keys(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """A number of 64 bits a point, the same for the same point; two others share one by chance, hardly ever."""
    # Adding zero makes one zero of the two that floats have. Mixed once more, x and y may not stand for one another.
    first = mixed(np.uint64(1), (lon + 0.0).view(np.uint64))
    return mixed(first, (lat + 0.0).view(np.uint64))


def name_key(text: str) -> str:
    """A name as it is compared: width, case, blanks, marks and the words that only say what it is do not matter."""
    text = unicodedata.normalize("NFKC", str(text)).casefold().replace("臺", "台")
    return re.sub(r"[\s_\-–—'’.,/&()（）]+", "", text)


def match_names(texts: np.ndarray, neighborhoods: gpd.GeoDataFrame) -> np.ndarray:
    """
    The leaf neighborhood that each distinct text names by id, name or English name.

    Returns
    -------
    object array
        Ids; None where no unit, or more than one, goes by that name.
    """
    leaves = leaf_neighborhoods(neighborhoods)
    known: dict[str, set[str]] = {}
    ids = leaves["neighborhood_id"].astype(str).to_numpy()
    for column in ("neighborhood_id", "name", "name_en"):
        if column in leaves:
            for text, unit in zip(leaves[column].to_numpy(dtype=object), ids, strict=True):
                if isinstance(text, str) and name_key(text):
                    known.setdefault(name_key(text), set()).add(unit)
    found = [known.get(name_key(text), set()) or known.get(_bare_number(text), set()) for text in texts]
    return np.array([next(iter(units)) if len(units) == 1 else None for units in found], dtype=object)


def _bare_number(text: str) -> str:
    """`Ward 05`, `05`, `5.0` → `5`; other texts as they are."""
    number = re.fullmatch(r"(?:[a-z]+\s*)?0*(\d+)(?:\.0)?", str(text).casefold().strip())
    return number.group(1) if number else name_key(text)
