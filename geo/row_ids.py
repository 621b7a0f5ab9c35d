"""What tells one row from another: the source's own id, else a hash of what the row says."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from geo.columns import ColumnMap
from geo.own_files import unquoted
from geo.report import Notes
from geo.tables import Table
from geo.text_keys import mixed, shared_keys
from geo.where_columns import PLACE_COLUMNS

_HEX = np.array([f"{i:02x}" for i in range(256)], dtype="S2")


def event_ids(table: Table, mapping: ColumnMap) -> Any:
    """The source's id, else a hash of the row's mapped content; equal rows are told apart by their count."""
    picked = mapping.picked
    if "event_id" in picked and not mapping.own and table.columns[picked["event_id"]].filled == len(table):
        column = table.columns[picked["event_id"]]
        cells = column.cells if column.cells is not None else column.values.take(pa.array(column.codes))
        return pd.array(cells, dtype="str")
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
    if _axes(table) or {"lon", "x", "point"} & set(used):
        # Where there are coordinates, an address adds nothing that tells rows apart.
        used = {c: s for c, s in used.items() if c not in PLACE_COLUMNS}
    # Rows without a point are told apart by the areas that they name.
    used |= {f"area {guess.source}": guess.source for guess in mapping.guesses if guess.reason == "area"}
    with np.errstate(over="ignore"):
        for canonical in sorted(used):
            column = table.columns[used[canonical]]
            salt = pd.util.hash_array(np.array([canonical], dtype=object))[0]
            texts = column.read_texts()
            values = pd.util.hash_array(texts, categorize=False) if len(texts) else np.empty(0, np.uint64)
            total = (total * np.uint64(1_000_003)) ^ (column.spread(values, np.uint64(0)) + salt)
        for axis in _axes(table):
            total = (total * np.uint64(1_000_003)) ^ pd.util.hash_array(axis)
    return total


def _likely(table: Table) -> np.ndarray:
    """The rows, in order, that may equal another in every cell: all that do are among them."""
    n = len(table)
    varied = [column for column in table.columns.values() if column.cells is not None]
    rows = np.arange(n)
    if varied:
        # Where nearly all cells of a column differ, few rows are left to look at.
        column = min(varied, key=lambda one: len(one) - one.filled)
        rows = column.shared()
        if column.filled < n:
            rows = np.union1d(rows, np.flatnonzero(~column.is_filled))
    total = np.zeros(len(rows), np.uint64)
    whole = len(rows) == n
    for column in table.columns.values():
        if column.cells is None:
            total = mixed(total, (column.codes if whole else column.codes[rows]).astype(np.uint64))
    for axis in _axes(table):
        total = mixed(total, axis[rows].view(np.uint64))
    return rows[shared_keys(total)[1]]


def _axes(table: Table) -> list[np.ndarray]:
    """The coordinates of geometries, to the centimetre."""
    axes = (table.point_x, table.point_y)
    return [np.round(np.nan_to_num(axis, nan=-999.0), 7) for axis in axes if axis is not None]


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
        shared = column.shared()
        notes.add("row.same_id", _later(column.codes_of(shared)[None], shared, len(table)), column=column.name)
    maybe = _likely(table)
    known = [column.codes_of(maybe) for column in table.columns.values()] + [axis[maybe] for axis in _axes(table)]
    rows = _later(known, maybe, len(table))
    if len(kept) < len(table):
        keep = np.zeros(len(table), bool)
        keep[kept] = True
        rows &= keep
    notes.add("row.repeats", rows)


def _later(known: Sequence[np.ndarray] | np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """Of these rows those that equal an earlier one in everything known, as a mask over all n."""
    again = np.zeros(n, bool)
    if len(rows):
        again[rows[pd.DataFrame(dict(enumerate(known))).duplicated().to_numpy()]] = True
    return again
