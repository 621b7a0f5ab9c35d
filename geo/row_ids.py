"""What tells one row from another: the source's own id, else a hash of what the row says."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from geo.columns import ColumnMap
from geo.own_files import unquoted
from geo.report import Notes
from geo.tables import Table

_HEX = np.array([f"{i:02x}" for i in range(256)], dtype="S2")


def event_ids(table: Table, mapping: ColumnMap) -> Any:
    """The source's id, else a hash of the row's mapped content; equal rows are told apart by their count."""
    picked = mapping.picked
    ids = np.full(len(table), None, dtype=object)
    if "event_id" in picked and not mapping.own and (table.columns[picked["event_id"]].codes >= 0).all():
        column = table.columns[picked["event_id"]]
        return pd.array(column.values.take(pa.array(column.codes)), dtype="str")
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
        for axis in _axes(table):
            total = (total * np.uint64(1_000_003)) ^ pd.util.hash_array(axis)
    return total


def _code_hash(table: Table) -> np.ndarray:
    """A hash a row over the codes of all columns: equal for rows of this table that are equal in every cell."""
    total = np.zeros(len(table), np.uint64)
    with np.errstate(over="ignore"):
        for column in table.columns.values():
            total = (total ^ column.codes.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            total ^= total >> np.uint64(29)
        for axis in _axes(table):
            total = (total ^ pd.util.hash_array(axis)) * np.uint64(0x9E3779B97F4A7C15)
    return total


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
        notes.add(
            "row.same_id", pd.Series(column.codes).duplicated().to_numpy() & (column.codes >= 0), column=column.name
        )
    maybe = np.flatnonzero(pd.Series(_code_hash(table)).duplicated(keep=False).to_numpy())
    known = [column.codes for column in table.columns.values()] + _axes(table)
    cells = pd.DataFrame({i: values[maybe] for i, values in enumerate(known)})
    rows = np.zeros(len(table), bool)
    rows[maybe[cells.duplicated().to_numpy()]] = True
    keep = np.zeros(len(table), bool)
    keep[kept] = True
    notes.add("row.repeats", rows & keep)
