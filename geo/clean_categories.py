"""The category, layer and harm of each row, and the rows that must never be listed or held at all."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geo import headers
from geo.categories import UNKNOWN, WordFinder, choose
from geo.coded import Coded, nothing
from geo.columns import ColumnMap
from geo.headers import has_phrase, normal
from geo.persons import mask
from geo.report import Notes
from geo.schema import LAYERS
from geo.tables import Table
from geo.taxonomy import Taxonomy
from geo.text_columns import TextColumn

REPEATS = 5  # a category text that occurs less often may be somebody's words
LISTED_UNKNOWN = 12
MAX_KINDS = 3000  # distinct texts; a column with more is no column of kinds


@dataclass(eq=False)
class Kinds:
    """A category's key, layer and weight a row, and the rows that name a refused subject."""

    key: Coded
    layer: Coded
    harm: np.ndarray
    refused: np.ndarray


def clean_categories(
    table: Table, mapping: ColumnMap, finder: WordFinder, taxonomy: Taxonomy, layer: str | None, notes: Notes
) -> Kinds:  # fmt: skip
    """Categorize every row; `layer` overrides the categories' own layers, a column of layers does too, row by row."""
    n, picked = len(table), mapping.picked
    keys = ["", *taxonomy.categories]
    place = {key: i for i, key in enumerate(keys)}
    if "category" in picked:
        column = table.columns[picked["category"]]
        answer = finder.categorize(column.texts)
        key = column.take(np.array([place[k] for k in answer.keys], dtype=np.int16), 0)
        banned = answer.refused != ""
        refused = column.take(banned, False) if banned.any() else np.zeros(n, bool)
        _note_unknown(column, np.where(banned, "-", answer.keys), notes)
        notes.add("category.blank", ~column.is_filled)
        if answer.chosen.any():
            notes.add("category.chosen", column.take(answer.chosen, False), column=column.name)
        key = _protected(table, mapping, finder, taxonomy, key, place, notes)
    else:
        key, refused = np.zeros(n, np.int16), np.zeros(n, bool)
        notes.add("category.none", None)
    # Layers are counted from 1; 0 is none.
    own = np.array([0, *(LAYERS.index(c.layer) + 1 for c in taxonomy.categories.values())], dtype=np.int8)
    final = own[key]
    if layer:
        final = np.full(n, LAYERS.index(layer) + 1, np.int8)
    elif "layer" in picked:
        said = meaning(table, picked, "layer", headers.LAYER_WORDS)
        forced = np.array([LAYERS.index(w) + 1 if w else 0 for w in said.words] + [0], dtype=np.int8)[said.codes]
        final = np.where(forced > 0, forced, final)
    nobody = final == 0
    if nobody.any():
        notes.add("layer.unknown", nobody & ~refused)
        final = np.where(nobody, np.int8(LAYERS.index("incident") + 1), final)
    unknown = key == 0
    if unknown.any():
        key = np.where(unknown, np.array([0, *(place[UNKNOWN[name]] for name in LAYERS)], dtype=np.int16)[final], key)
    harm = np.array([np.nan, *(c.harm for c in taxonomy.categories.values())], dtype=float)[key]
    return Kinds(Coded(key, keys), Coded(final, ("", *LAYERS)), harm, refused)


def _protected(
    table: Table, mapping: ColumnMap, finder: WordFinder, taxonomy: Taxonomy, key: np.ndarray,
    place: Mapping[str, int], notes: Notes,
) -> np.ndarray:  # fmt: skip
    """
    The categories, with violence at home and sexual offences taken from any column that names them.

    A source may call a row BATTERY and say in another column that it was domestic; such a row must never be listed.
    """
    found = key
    unlisted = {k for k, category in taxonomy.categories.items() if not category.listed}
    heads = ("assault", "order", "dispute", "other")
    rough = np.array([name == "" or name.startswith(heads) for name in place], dtype=bool)[key]
    for guess in mapping.guesses:
        column = table.columns[guess.source]
        if guess.canonical or guess.refused or guess.reason in ("free_text", "area") or column.distinct > MAX_KINDS:
            continue
        if has_phrase(normal(guess.source), headers.DOMESTIC):
            here = column.take(_says_yes(column), False) & rough
            found = np.where(here, np.int16(place["assault.domestic"]), found)
            continue
        named = np.array([place[k] if k in unlisted else 0 for k in finder.categorize(column.texts).keys], np.int16)
        if named.any():
            keys = column.take(named, 0)
            found = np.where((keys > 0) & rough, keys, found)
    if found is not key:
        notes.add("category.protected", found != key)
    return found


def _says_yes(column: TextColumn) -> np.ndarray:
    return np.array([str(text).strip().casefold() in headers.YES for text in column.texts], dtype=bool)


def _note_unknown(column: TextColumn, keys: np.ndarray, notes: Notes) -> None:
    unknown = keys == ""
    if not unknown.any():
        return
    counts = column.counts()
    order = np.argsort(-counts * unknown, kind="stable")[: int(unknown.sum())]
    # Texts that hardly repeat may be somebody's words: they are counted, not quoted.
    shown = [f"{mask(str(column.texts[i]))[:60]} ({counts[i]})" for i in order if counts[i] >= REPEATS][:LISTED_UNKNOWN]
    notes.add(
        "category.unknown",
        column.take(unknown, False),
        column=column.name,
        texts="; ".join(shown) or "–",
        kinds=int(unknown.sum()),
    )


def meaning(table: Table, picked: Mapping[str, str], name: str, words: dict[str, tuple[str, ...]]) -> Coded:
    """The meaning of a small column a row, nothing where it is blank or not understood."""
    if name not in picked:
        return nothing(len(table))
    column = table.columns[picked[name]]
    meant = choose(column.texts, words)
    known = list(words)
    codes = np.array([known.index(m) if m else -1 for m in meant], dtype=np.int8)
    return Coded(column.take(codes, -1), known)
