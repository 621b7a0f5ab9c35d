"""Our own exports of events: what only they can say comes back as it was written, as far as it may be believed."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geo.columns import numbers
from geo.persons import mask
from geo.schema import PRECISIONS
from geo.tables import Table

REPEATS = 5  # as on first reading: a text that hardly repeats may be somebody's words
MAX_SOURCES = 2_000  # names of files; more than that are no names of files
_REPAIRS = re.compile(r"[a-z_]+( [a-z_]+)*")
_QUOTED = re.compile(r"'(?=[=+\-@\t\r])")


def own_columns(table: Table, picked: Mapping[str, str], kept: np.ndarray, *, no_polygons: bool) -> dict[str, Any]:
    """
    The columns that a first reading makes and an export carries.

    Parameters
    ----------
    table, picked
        An export, and its columns.
    kept : array of ints
        The rows kept.
    no_polygons : bool
        Whether the file's own neighborhoods stand, since no polygons tell better.

    Notes
    -----
    Anybody can name columns like ours, so the cells are checked as on a first reading: texts that hardly repeat and
    words that we never write are left out.
    """
    found: dict[str, Any] = {}
    rules = {
        "precision": lambda text: text if text in PRECISIONS else "unknown",
        "repairs": lambda text: text if _REPAIRS.fullmatch(text) and len(text) < 120 else "",
    }
    for name, rule in rules.items():
        if name in picked:
            found[name] = to_category(_mapped(table, picked[name], rule, "" if name == "repairs" else "unknown")[kept])
    if "category_source" in picked:
        column = table.columns[picked["category_source"]]
        codes = column.codes[kept]
        often = np.bincount(codes[codes >= 0], minlength=len(column.texts)) >= REPEATS
        texts = [_plain(text) if many else None for text, many in zip(column.texts, often, strict=True)]
        found["category_source"] = to_category(column.take(np.array(texts, dtype=object), None)[kept])
    if "source" in picked and len(table.columns[picked["source"]].texts) <= MAX_SOURCES:
        found["source"] = to_category(_mapped(table, picked["source"], lambda text: _plain(text)[:200], "")[kept])
        if "source_row" in picked:
            column = table.columns[picked["source_row"]]
            line = column.take(np.nan_to_num(numbers(column.texts)).astype(np.int64), np.int64(0))
            found["source_row"] = np.where(line > 0, line, table.lines)[kept]
    if no_polygons and "neighborhood_id" in table.columns:
        found["neighborhood_id"] = to_category(_mapped(table, "neighborhood_id", _plain, None)[kept])
    return found


def unquoted(texts: np.ndarray) -> np.ndarray:
    """Texts without the apostrophe that our CSV puts before what a spreadsheet would run."""
    return np.array([_QUOTED.sub("", str(text), count=1) if str(text)[:1] == "'" else text for text in texts], object)


def to_category(values: np.ndarray) -> pd.Categorical:
    """Few distinct texts as a categorical, in the order of the alphabet; None stays none."""
    codes, kinds = pd.factorize(values)
    order = np.argsort(kinds.astype(str)) if len(kinds) else np.empty(0, int)
    new = np.empty(len(kinds) + 1, np.int32)
    new[order], new[-1] = np.arange(len(kinds)), -1
    return pd.Categorical.from_codes(new[codes], pd.Index(kinds[order], dtype="str"))


def _mapped(table: Table, name: str, rule: Any, blank: str | None) -> np.ndarray:
    column = table.columns[name]
    return column.take(np.array([rule(str(text)) for text in column.texts] or [], dtype=object), blank)


def _plain(text: str) -> str:
    return mask(str(unquoted(np.array([text], dtype=object))[0]))
