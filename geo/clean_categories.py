"""The category, layer and harm of each row, and the rows that must never be listed or held at all."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo import headers
from geo.categories import UNKNOWN, WordFinder, choose
from geo.columns import ColumnMap
from geo.headers import has_phrase, normal
from geo.persons import mask
from geo.report import Notes
from geo.tables import Table, TextColumn
from geo.taxonomy import Taxonomy

REPEATS = 5  # a category text that occurs less often may be somebody's words
LISTED_UNKNOWN = 12
MAX_KINDS = 3000  # distinct texts; a column with more is no column of kinds


@dataclass(eq=False)
class Kinds:
    """A category's key, layer and weight a row, and the refused word it names (`""` where none)."""

    key: np.ndarray
    layer: np.ndarray
    harm: np.ndarray
    refused: np.ndarray


def clean_categories(
    table: Table, mapping: ColumnMap, finder: WordFinder, taxonomy: Taxonomy, layer: str | None, notes: Notes
) -> Kinds:  # fmt: skip
    """Categorize every row; `layer` overrides the categories' own layers, a column of layers does too, row by row."""
    n, picked = len(table), mapping.picked
    said = meaning(table, picked, "layer", headers.LAYER_WORDS)
    forced = np.full(n, layer, dtype=object) if layer else np.where(said == None, "", said)  # noqa: E711
    if "category" in picked:
        column = table.columns[picked["category"]]
        answer = finder.categorize(column.texts)
        key, refused = column.take(answer.keys, ""), column.take(answer.refused, "")
        _note_unknown(column, np.where(answer.refused != "", "-", answer.keys), notes)
        notes.add("category.blank", column.codes < 0)
        notes.add("category.chosen", column.take(answer.chosen, False), column=column.name)
        key = _protected(table, mapping, finder, taxonomy, key, notes)
    else:
        key, refused = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
        notes.add("category.none", None)
    layers = {k: c.layer for k, c in taxonomy.categories.items()}
    codes, kinds = pd.factorize(key)
    own = np.array([layers.get(k, "") for k in kinds], dtype=object)[codes]
    final = np.where(forced != "", forced, own)
    nobody = final == ""
    notes.add("layer.unknown", nobody & (refused == ""))
    final = np.where(nobody, "incident", final)
    unknown = key == ""
    key = np.where(unknown, np.array([UNKNOWN[name] for name in final], dtype=object), key)
    codes, kinds = pd.factorize(key)
    harm = np.array([taxonomy[k].harm for k in kinds])[codes]
    return Kinds(key, final, harm, refused)


def _protected(
    table: Table, mapping: ColumnMap, finder: WordFinder, taxonomy: Taxonomy, key: np.ndarray, notes: Notes
) -> np.ndarray:  # fmt: skip
    """
    The categories, with violence at home and sexual offences taken from any column that names them.

    A source may call a row BATTERY and say in another column that it was domestic; such a row must never be listed.
    """
    found = key.copy()
    unlisted = {k for k, category in taxonomy.categories.items() if not category.listed}
    codes, kinds = pd.factorize(key)
    heads = ("assault", "order", "dispute", "other")
    rough = np.array([kind == "" or kind.startswith(heads) for kind in kinds], dtype=bool)[codes]
    for guess in mapping.guesses:
        column = table.columns[guess.source]
        if guess.canonical or guess.refused or guess.reason in ("free_text", "area") or len(column.values) > MAX_KINDS:
            continue
        if has_phrase(normal(guess.source), headers.DOMESTIC):
            found[column.take(_says_yes(column), False) & rough] = "assault.domestic"
            continue
        named = finder.categorize(column.texts).keys
        keys = column.take(np.array([k if k in unlisted else "" for k in named], dtype=object), "")
        here = (keys != "") & rough
        found[here] = keys[here]
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


def meaning(table: Table, picked: Mapping[str, str], name: str, words: dict[str, tuple[str, ...]]) -> np.ndarray:
    """The meaning of a small column a row, None where blank or not understood."""
    if name not in picked:
        return np.full(len(table), None, dtype=object)
    column = table.columns[picked[name]]
    meant = choose(column.texts, words)
    meant[meant == ""] = None
    return column.take(meant, None)
