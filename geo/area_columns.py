"""Which columns of a file of polygons hold ids, names, other names, people and the unit above."""

import geopandas as gpd
import pandas as pd

from geo.headers import (
    AREA_ID,
    AREA_NAME,
    AREA_NAME_EN,
    HOUSEHOLDS,
    PARENT,
    POPULATION,
    has_phrase,
    normal,
)  # fmt: skip

# What else a unit is called, or was.
ALIASES = (
    "alias", "aliases", "old name", "former name", "formerly", "previous name", "aka", "also known as", "other name",
    "other names", "alt name", "alternative name", "short name", "曾用名", "别名", "別名", "旧名", "舊名", "原名",
    "又名", "俗称", "俗稱", "旧称", "原称", "简称", "簡稱",
)  # fmt: skip


def guess_area_columns(frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Which source column holds the id, the name, the English name, population, households and the parent unit."""
    attributes = [str(c) for c in frame.columns if c != frame.geometry.name]
    words = {column: normal(column) for column in attributes}
    picked: dict[str, str] = {}

    def best(canonical: str, phrases: tuple[str, ...], suits: pd.Series) -> None:
        scores = {
            c: has_phrase(words[c], phrases) + float(suits.get(c, 0)) for c in attributes
            if c not in picked.values() and has_phrase(words[c], phrases) and suits.get(c, 0) > 0
        }  # fmt: skip
        if scores:
            picked[canonical] = max(scores, key=lambda c: scores[c])

    texts = {c: frame[c].dropna().astype(str).str.strip() for c in attributes}
    numeric = {c: pd.to_numeric(frame[c], errors="coerce") for c in attributes}
    share = pd.Series({c: texts[c].nunique() / max(len(frame), 1) for c in attributes})
    worded = pd.Series(
        {c: float(texts[c].str.contains(r"[^\W\d_]", regex=True).mean()) if len(texts[c]) else 0.0 for c in attributes}
    )
    number = pd.Series({c: float((numeric[c] >= 0).mean()) for c in attributes})
    year = pd.Series({c: _year_in(words[c]) for c in attributes})
    best("name_en", AREA_NAME_EN, worded.where(worded > 0.8, 0))
    best("population", POPULATION, (number.where(number > 0.2, 0) * (1 + year / 10_000)))
    best("households", HOUSEHOLDS, (number.where(number > 0.2, 0) * (1 + year / 10_000)))
    # Of several names the finest: most distinct, then the one in mixed case without commas turned round.
    tidy = pd.Series({c: _tidiness(texts[c]) for c in attributes})
    best("name", AREA_NAME, (10 * share + 2 * tidy).where(worded > 0.5, 0))
    distinct = share.where(share >= 0.999, 0)
    best(
        "neighborhood_id",
        AREA_ID,
        distinct
        + 0.5 * pd.Series({c: float(words[c] not in ("objectid", "fid", "id")) for c in attributes}) * distinct,
    )
    if "name" not in picked:
        rest = worded.where((worded > 0.8) & (share > 0.5), 0).drop(list(picked.values()), errors="ignore")
        if len(rest) and rest.max() > 0:
            picked["name"] = str(rest.idxmax())
        elif "neighborhood_id" in picked:
            picked["name"] = picked["neighborhood_id"]
        else:
            best("name", AREA_NAME + AREA_ID, share)
    best("parent_id", PARENT, (share > 0).astype(float) + share)
    return {
        c: picked[c]
        for c in ("neighborhood_id", "name", "name_en", "population", "households", "parent_id")
        if c in picked
    }


def alias_columns(frame: gpd.GeoDataFrame, picked: dict[str, str]) -> list[str]:
    """The columns that hold other or older names of the units, and further columns of names than the one taken."""
    found = []
    for column in (str(c) for c in frame.columns if c != frame.geometry.name):
        if column in picked.values():
            continue
        texts = frame[column].dropna().astype(str)
        worded = texts.str.contains(r"[^\W\d_]", regex=True)
        if not len(texts) or worded.mean() <= 0.5:
            continue
        words = normal(column)
        another_name = has_phrase(words, AREA_NAME) >= 2 and texts.nunique() > 0.5 * len(frame)
        if has_phrase(words, ALIASES) >= 2 or another_name:
            found.append(column)
    return found


def parts_column(frame: gpd.GeoDataFrame, picked: dict[str, str]) -> str | None:
    """The column of ids of a file that gives a unit several rows, one for each of its parts; None where it does not."""
    if "neighborhood_id" in picked or "name" not in picked:
        return None
    names = frame[picked["name"]]
    for column in (str(c) for c in frame.columns if c != frame.geometry.name):
        ids = frame[column]
        if column in picked.values() or has_phrase(normal(column), AREA_ID) < 2 or ids.isna().any():
            continue
        share = ids.nunique() / max(len(frame), 1)
        pairs = pd.DataFrame({"id": ids, "name": names}).drop_duplicates()
        # One name an id and one id a name: the id of a unit above would bear the names of all below it.
        if 0.5 <= share < 1 and len(pairs) == ids.nunique() == names.nunique():
            return column
    return None


def _year_in(words: str) -> int:
    years = [int(part) for part in words.split() if part.isdigit() and 1900 <= int(part) <= 2100]
    return max(years, default=0)


def _tidiness(texts: pd.Series) -> float:
    if not len(texts):
        return 0.0
    return float(1 - 0.5 * texts.str.isupper().mean() - 0.3 * texts.str.contains("_|, ").mean())
