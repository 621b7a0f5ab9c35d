"""What tells one row from another: the source's own id, else a hash of what the row says."""

import numpy as np
import pandas as pd

from geo.columns import ColumnMap
from geo.own_files import unquoted
from geo.report import Notes
from geo.tables import Table

_HEX = np.array([f"{i:02x}" for i in range(256)], dtype="S2")


def event_ids(table: Table, mapping: ColumnMap) -> np.ndarray:
    """The source's id, else a hash of the row's mapped content; equal rows are told apart by their count."""
    picked = mapping.picked
    ids = np.full(len(table), None, dtype=object)
    if "event_id" in picked:
        column = table.columns[picked["event_id"]]
        texts = unquoted(column.texts) if mapping.own else column.texts.astype(object)
        ids = column.take(texts, None)
    blank = ids == None  # noqa: E711
    if blank.any():
        ids[blank] = _hashes(table, mapping)[blank]
    return ids


def _row_hash(table: Table, mapping: ColumnMap) -> np.ndarray:
    """A 64-bit hash a row over what its mapped columns say, whatever their order and the file's encoding."""
    total = np.zeros(len(table), np.uint64)
    used = {c: s for c, s in mapping.picked.items() if c != "event_id"}
    # Rows without a point are told apart by the areas that they name.
    used |= {f"area {guess.source}": guess.source for guess in mapping.guesses if guess.reason == "area"}
    with np.errstate(over="ignore"):
        for canonical in sorted(used):
            column = table.columns[used[canonical]]
            salt = pd.util.hash_array(np.array([canonical], dtype=object))[0]
            values = (
                pd.util.hash_array(column.texts.astype(object), categorize=False)
                if len(column.texts)
                else np.empty(0, np.uint64)
            )
            total = (total * np.uint64(1_000_003)) ^ (column.take(values, np.uint64(0)) + salt)
        for axis in (table.point_x, table.point_y):
            if axis is not None:
                total = (total * np.uint64(1_000_003)) ^ pd.util.hash_array(
                    np.round(np.nan_to_num(axis, nan=-999.0), 7)
                )
    return total


def _hashes(table: Table, mapping: ColumnMap) -> np.ndarray:
    values = _row_hash(table, mapping)
    text = _HEX[values.astype(">u8").view("u1").reshape(-1, 8)].view("S16").ravel().astype(str).astype(object)
    # Equal rows of one file are two events; the same rows of another export are the same events again.
    order = pd.Series(values).groupby([pd.Series(values), pd.Series(table.files)]).cumcount().to_numpy()
    again = order > 0
    text[again] = [f"{one}-{number + 1}" for one, number in zip(text[again], order[again], strict=True)]
    return text


def note_repeats(table: Table, mapping: ColumnMap, kept: np.ndarray, notes: Notes) -> None:
    """Note ids that repeat, and rows equal in every cell; none is dropped: snapped points make equal rows normal."""
    if "event_id" in mapping.picked:
        column = table.columns[mapping.picked["event_id"]]
        notes.add(
            "row.same_id", pd.Series(column.codes).duplicated().to_numpy() & (column.codes >= 0), column=column.name
        )
    maybe = np.flatnonzero(pd.Series(_row_hash(table, mapping)).duplicated(keep=False).to_numpy())
    cells = pd.DataFrame({i: column.codes[maybe] for i, column in enumerate(table.columns.values())})
    rows = np.zeros(len(table), bool)
    rows[maybe[cells.duplicated().to_numpy()]] = True
    keep = np.zeros(len(table), bool)
    keep[kept] = True
    notes.add("row.repeats", rows & keep)
