"""
Rows without a point → a place from what they say, the most exact first.

A name of the planner's gazetteer, a crossing, a section of a street, a neighborhood's name, its parent's. Judged are
distinct sets of cells. Where two places fit, or where a place lies outside the neighborhood that its row names, the row
gets none: it is counted where its names agree, and told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from geo.area_names import AreaNames, Named
from geo.clean_points import Points
from geo.coded import Coded
from geo.columns import ColumnMap
from geo.locate import leaf_neighborhoods, locate
from geo.name_match import EXACT, LOOSE
from geo.place_answers import AREA, CITY, GAZETTEER, PARENT, Answer, Areas, PlaceSources, answers_of
from geo.report import Notes
from geo.street_places import CROSSING, SECTION
from geo.tables import Table
from geo.text_columns import TextColumn
from geo.where_columns import PLACE_COLUMNS, shown

MIN_AGREEMENT = 0.5  # of placed rows: a column of areas names the neighborhoods that their points lie in
ENOUGH = 20  # rows with a point and a name, from which they must agree
REPAIRS = {
    GAZETTEER: "by_gazetteer",
    CROSSING: "by_crossing",
    SECTION: "by_section",
    AREA: "by_area_name",
    PARENT: "by_area_name",
}
SHOWN = 5  # texts that stayed without a place, of those in at least so many rows
REPEATS = 5


@dataclass(eq=False)
class PlacedRows:
    """Points and units with what texts told, and the column that names neighborhoods best."""

    points: Points
    units: Coded
    area_column: str | None


def place_rows(table: Table, mapping: ColumnMap, points: Points, sources: PlaceSources, notes: Notes) -> PlacedRows:
    """
    Say where each row belongs: by its point, else by its words.

    Parameters
    ----------
    table, mapping
        The rows and what their columns are.
    points : Points
        As the coordinates gave them; rows that words place get theirs in the answer.
    sources : PlaceSources
    notes : Notes

    Returns
    -------
    PlacedRows
    """
    names = sources.names
    n = len(table)
    none = Coded(np.full(n, -1, np.int32), list(names.ids) if names else [])
    leaves = leaf_neighborhoods(sources.units) if names and sources.units is not None else None
    units = none if leaves is None else locate(points.lon, points.lat, leaves)
    areas = Areas() if names is None else _judge(table, mapping, names, units.codes)
    if areas.agreement is not None:
        notes.add("point.agreement", None, column=areas.best, share=areas.agreement)
    vague = np.isfinite(points.lon) & points.precision.is_word("unknown")
    if vague.any():
        units = _named_only(units, vague, areas)
    open_rows = np.flatnonzero(np.isnan(points.lon))
    where = [table.columns[mapping.picked[c]] if c in mapping.picked else None for c in PLACE_COLUMNS]
    if not len(open_rows) or not (areas.columns or any(where)):
        return PlacedRows(points, units, areas.best)
    columns = [*areas.columns, *where]
    codes = np.column_stack([np.full(len(open_rows), -1) if c is None else c.codes[open_rows] for c in columns])
    group = pd.DataFrame(codes).groupby(list(range(codes.shape[1])), sort=False, dropna=False)
    first = group.head(1).index.to_numpy()
    which = group.ngroup().to_numpy()
    answers = answers_of(codes[first], areas, where, sources)
    return _spread(answers, which, open_rows, codes[first], columns, points, units, areas, sources, notes)


def _named_only(units: Coded, vague: np.ndarray, areas: Areas) -> Coded:
    """A default point lies somewhere, its rows happened elsewhere: the unit that they name counts, or none."""
    codes = np.where(vague, -1, units.codes)
    for column, named in zip(areas.columns, areas.named, strict=True):
        leaf = np.array([next(iter(one.leaves)) if len(one.leaves) == 1 else -1 for one in named], np.int32)
        codes = np.where(vague & (codes < 0), column.take(leaf, -1), codes)
    return Coded(codes.astype(units.codes.dtype), units.words)


def area_columns(mapping: ColumnMap) -> list[str]:
    """The columns that may name neighborhoods: the one given, else all whose header says so."""
    given = mapping.picked.get("neighborhood")
    return [given] if given else [guess.source for guess in mapping.guesses if guess.reason == "area"]


def _judge(table: Table, mapping: ColumnMap, names: AreaNames, here: np.ndarray) -> Areas:
    """Which columns of areas may be believed: where points tell, names must agree with them."""
    found: list[tuple[float, float, str, TextColumn, list[Named], float | None]] = []
    for name in area_columns(mapping):
        column = table.columns[name]
        named = names.resolve(column.texts)
        leaf = column.take(
            np.array([next(iter(one.leaves)) if len(one.leaves) == 1 else -1 for one in named], np.int32), -1
        )
        parent = column.take(
            np.array(
                [next(iter(one.parents)) if len(one.parents) == 1 and not one.leaves else -1 for one in named], np.int32
            ),
            -1,
        )
        known, above = leaf >= 0, parent >= 0
        if not known.any() and not above.any() and not any(one.leaves for one in named):
            continue
        both, beside = (here >= 0) & known, (here >= 0) & above
        agreement = _share(here[both] == leaf[both])
        if agreement is not None and agreement < MIN_AGREEMENT:
            continue
        pairs = zip(here[beside].tolist(), parent[beside].tolist(), strict=True)
        parental = _share(np.array([leaf_here in names.under[p] for leaf_here, p in pairs], dtype=bool))
        if parental is not None and parental < MIN_AGREEMENT:
            continue
        score = (0.75 if agreement is None else agreement) * float(known.mean())
        found.append((score, float(above.mean()), name, column, named, agreement))
    found.sort(key=lambda one: (-one[0], -one[1]))
    best = next(((name, agreement) for score, _, name, _, _, agreement in found if score > 0), (None, None))
    return Areas([one[3] for one in found], [one[4] for one in found], *best)


def _share(equal: np.ndarray) -> float | None:
    """The share of rows that agree; None where too few tell."""
    return float(equal.mean()) if len(equal) >= ENOUGH else None


# --- all rows --------------------------------------------------------------------------------------------------------


def _spread(
    answers: list[Answer], which: np.ndarray, rows: np.ndarray, codes: np.ndarray,
    columns: Sequence[TextColumn | None], points: Points, units: Coded, areas: Areas, sources: PlaceSources,
    notes: Notes,
) -> PlacedRows:  # fmt: skip
    """Bring the answers to their rows, and tell."""
    n, names = len(points.lon), sources.names
    leaves = len(names.ids) if names else 0
    words = [*units.words, *(names.parents if names else ())]
    unit = np.array([one.unit for one in answers], np.int32)
    drawn = np.array(
        [names is not None and (u < leaves or words[u] in names.drawn) if u >= 0 else False for u in unit], bool
    )
    way = np.array([one.way for one in answers], dtype=object)
    lon, lat = points.lon.copy(), points.lat.copy()
    lon[rows] = np.array([one.lon for one in answers])[which]
    lat[rows] = np.array([one.lat for one in answers])[which]
    unit_codes = units.codes.copy()
    unit_codes[rows] = np.where(drawn, unit, -1)[which]
    new = rows[np.isfinite(lon[rows])]
    if len(new) and names is not None and sources.units is not None:
        unit_codes[new] = locate(lon[new], lat[new], leaf_neighborhoods(sources.units)).codes
    kinds = [*points.precision.words, "address", "block", "area", "unknown"]
    offset = len(points.precision.words)
    precision = points.precision.codes.astype(np.int16)
    mine = np.array(
        [offset + ("address", "block", "area", "unknown").index(a.precision) if a.precision else -1 for a in answers]
    )
    precision[rows] = np.where(mine[which] >= 0, mine[which], precision[rows])
    mended = dict(points.mended)

    def mask(chosen: np.ndarray) -> np.ndarray:
        full = np.zeros(n, bool)
        full[rows] = chosen[which]
        return full

    counted = {w: mask((way == w) & ((unit >= 0) | np.isfinite([a.lon for a in answers]))) for w in REPAIRS}
    for one, word in REPAIRS.items():
        chosen = counted[one] & (mask(drawn) if one == PARENT else True)
        if chosen.any():
            mended[word] = mended.get(word, np.zeros(n, bool)) | chosen
    near = np.array([one.near for one in answers], bool)
    for one in (GAZETTEER, CROSSING, SECTION):
        slips = int((counted[one] & mask(near)).sum())
        notes.add(f"place.by_{one}", counted[one], near=slips)
    notes.add("point.by_name", counted[AREA], column=areas.best or _name_of(columns[-len(PLACE_COLUMNS) :]))
    if (slipped := near & (way == AREA)).any():
        notes.add("place.slips", mask(slipped), pairs=_pairs(slipped, codes, areas, unit, sources))
    notes.add("place.parent", counted[PARENT] & mask(drawn))
    notes.add("place.city", counted[PARENT] & ~mask(drawn))
    several, conflict = (np.array([getattr(a, name) for a in answers], bool) for name in ("several", "conflict"))
    notes.add("place.several", mask(several))
    notes.add("place.conflict", mask(conflict))
    open_ = (way == CITY) & (codes >= 0).any(axis=1)
    notes.add("place.unplaced", mask(open_), texts=_most(open_, which, codes, columns))
    words = [word if i < leaves or (names and word in names.drawn) else None for i, word in enumerate(words)]
    placed = replace(points, lon=lon, lat=lat, precision=Coded(precision, kinds), mended=mended)
    return PlacedRows(placed, Coded(unit_codes, words), areas.best)


def _name_of(columns: Sequence[TextColumn | None]) -> str:
    return next((column.name for column in columns if column is not None), "")


def _pairs(chosen: np.ndarray, codes: np.ndarray, areas: Areas, unit: np.ndarray, sources: PlaceSources) -> str:
    """Some texts with the neighborhood that each was taken for; they differ from its name by a letter."""
    assert sources.units is not None
    leaves = leaf_neighborhoods(sources.units)["name"].astype(str).tolist()
    pairs: dict[str, None] = {}
    for place in np.flatnonzero(chosen):
        for column, named, code in zip(areas.columns, areas.named, codes[place], strict=False):
            if code >= 0 and named[code].how not in ("", EXACT, LOOSE):
                pairs[f"{column.texts[code]} → {leaves[unit[place]]}"] = None
    return ", ".join(list(pairs)[:SHOWN])


def _most(
    open_: np.ndarray, which: np.ndarray, codes: np.ndarray, columns: Sequence[TextColumn | None]
) -> str:  # fmt: skip
    """The most frequent texts without a place, houses and what may be a person masked."""
    rows = np.bincount(which, minlength=len(codes))
    total: dict[str, int] = {}
    order = [*range(len(columns) - len(PLACE_COLUMNS), len(columns)), *range(len(columns) - len(PLACE_COLUMNS))]
    for place in np.flatnonzero(open_):
        found = next((columns[i].texts[codes[place, i]] for i in order if codes[place, i] >= 0), "")  # type: ignore[union-attr]
        text = shown(str(found))
        total[text] = total.get(text, 0) + int(rows[place])
    most = sorted(
        ((count, text) for text, count in total.items() if count >= REPEATS and text), key=lambda o: (-o[0], o[1])
    )
    return ", ".join(f"{text} ({count})" for count, text in most[:SHOWN])


def sure_of_some(table: Table, mapping: ColumnMap, sources: PlaceSources) -> bool:
    """Whether a table without coordinates says in words where its rows belong, and something is known to find it by."""
    if set(PLACE_COLUMNS) & set(mapping.picked):
        return sources.names is not None or sources.entries is not None or sources.street_places is not None
    if sources.names is None:
        return False
    for name in area_columns(mapping):
        column = table.columns[name]
        named = np.array([len(one.leaves | one.parents) > 0 for one in sources.names.resolve(column.texts)], dtype=bool)
        if len(named) and column.counts()[named].sum() > 0.5 * column.filled:
            return True
    return False
