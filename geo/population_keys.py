"""Which neighborhood each row of a file means: by id, by name, or by a code that begins with an id."""

import re

import geopandas as gpd
import pandas as pd

from geo import headers
from geo.headers import has_phrase, normal
from geo.locate import leaf_neighborhoods, name_key

MOST = 0.5  # of the finest units: so many ids of one length make codes that longer ones may begin with
LEAST_CODE = 3  # characters of a code that others may begin with
KEY_HEADERS = (*headers.AREA_ID, *headers.AREA_NAME, *headers.NEIGHBORHOOD)


def unit_keys(neighborhoods: gpd.GeoDataFrame) -> dict[str, set[str]]:
    """Which units each id, name, English name and other name, as names are compared, stands for."""
    known: dict[str, set[str]] = {}
    ids = neighborhoods["neighborhood_id"].astype(str)
    for column in ("neighborhood_id", "name", "name_en", "aliases"):
        if column not in neighborhoods:
            continue
        for text, unit in zip(neighborhoods[column], ids, strict=True):
            for part in str(text).split(";") if column == "aliases" else [text]:
                if isinstance(part, str) and same_key(part):
                    known.setdefault(same_key(part), set()).add(unit)
    return known


def same_key(text: str) -> str:
    """As names are compared; numbers without zeros before them and a word that only numbers."""
    number = re.fullmatch(r"(?:[a-z]+[\s_-]*)?0*(\d+)(?:\.0)?", str(text).casefold().strip())
    return number.group(1) if number else name_key(text)


def best_key(cells: pd.DataFrame, neighborhoods: gpd.GeoDataFrame) -> tuple[str, pd.Series, int] | None:
    """The column that names most neighborhoods, the unit of each row, and how many characters of its codes they are."""
    leaves, others = leaf_neighborhoods(neighborhoods), units_above(neighborhoods)
    levels = [unit_keys(level) for level in (leaves, others)]
    codes = _codes(neighborhoods)
    best: tuple[str, pd.Series, int] | None = None
    best_score = (0.0, 0.0)
    for column in cells.columns:
        texts = cells[column]
        says = has_phrase(normal(column), KEY_HEADERS)
        for length in (0, *codes):
            unit = _named(cells, texts, levels, neighborhoods) if not length else texts.str[:length].map(codes[length])
            if length and not (texts.str.len() > length).fillna(False).any():
                continue
            score = (len(unit.dropna().unique()) / len(neighborhoods) + 0.02 * says, float(unit.notna().mean()))
            if unit.notna().any() and score > best_score:
                best, best_score = (column, unit, length), score
    return best


def _named(
    cells: pd.DataFrame, texts: pd.Series, levels: list[dict[str, set[str]]], neighborhoods: gpd.GeoDataFrame
) -> pd.Series:
    """The unit that each row names; a name that several bear is told by the parent that another column names."""
    # A unit that lies in others only is looked for where none of the finest bears the name.
    found = {
        text: next((level[same_key(text)] for level in levels if same_key(text) in level), set())
        for text in texts.dropna().unique()
    }
    unit = texts.map({text: next(iter(units)) for text, units in found.items() if len(units) == 1})
    several = {text: units for text, units in found.items() if len(units) > 1}
    if not several:
        return unit
    ids = neighborhoods["neighborhood_id"].astype(str)
    names = dict(zip(ids, neighborhoods["name"], strict=True))
    above = {
        unit: {same_key(parent), same_key(names.get(parent, parent))} if isinstance(parent, str) else set()
        for unit, parent in zip(ids, neighborhoods["parent_id"], strict=True)
    }
    open_rows = texts.isin(several).to_numpy()
    for other in cells.columns:
        second = cells[other]
        pairs = pd.DataFrame({"one": texts[open_rows], "two": second[open_rows]}).dropna().drop_duplicates()
        told = {}
        for one, two in zip(pairs["one"], pairs["two"], strict=True):
            fitting = [ident for ident in several[one] if same_key(two) in above.get(ident, set())]
            if len(fitting) == 1:
                told[(one, two)] = fitting[0]
        if told:
            named = pd.Series(zip(texts, second, strict=True), index=texts.index).map(told)
            unit = unit.fillna(named)
    return unit


def _codes(neighborhoods: gpd.GeoDataFrame) -> dict[int, dict[str, str]]:
    """The ids by their length, of lengths that most of the finest units share: longer codes may begin with them."""
    ids = leaf_neighborhoods(neighborhoods)["neighborhood_id"].astype(str)
    lengths = ids.str.len().value_counts()
    usual = [int(length) for length, n in lengths.items() if n > MOST * len(ids) and int(length) >= LEAST_CODE]
    return {length: {ident: ident for ident in ids[ids.str.len() == length]} for length in usual}


def units_above(neighborhoods: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return neighborhoods[~neighborhoods["neighborhood_id"].astype(str).isin(leaf_ids(neighborhoods)).to_numpy()]


def leaf_ids(neighborhoods: gpd.GeoDataFrame) -> set[str]:
    return set(leaf_neighborhoods(neighborhoods)["neighborhood_id"].astype(str))
