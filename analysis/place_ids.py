"""Place ids: each place is named after its cell that held most in a year, by place alone and never by earlier lists."""

import numpy as np
import pandas as pd


def pack(x: np.ndarray, y: np.ndarray, cell_size: float) -> np.ndarray:
    """One integer for the absolute column and row of each point's cell."""
    column, row = np.floor(x / cell_size).astype(np.int64), np.floor(y / cell_size).astype(np.int64)
    return (column << 32) + row


def unpack(cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The absolute columns and rows of packed cells."""
    column = (cell + (1 << 31)) >> 32
    return column, cell - (column << 32)


def pack_or_none(events: pd.DataFrame, cell_size: float) -> np.ndarray:
    """Packed cells; a number that is no cell for rows without a point."""
    x, y = events["x"].to_numpy(dtype=float), events["y"].to_numpy(dtype=float)
    known = np.isfinite(x) & np.isfinite(y)
    cell = np.full(len(events), np.iinfo(np.int64).min)
    cell[known] = pack(x[known], y[known], cell_size)
    return cell


def place_ids(
    n: int, place: np.ndarray, cell: np.ndarray, held_place: np.ndarray, held_cell: np.ndarray, weight: np.ndarray
) -> list[str]:
    """
    Name each place after its cell that held most, the first such; no two take the same cell.

    Parameters
    ----------
    n : int
        Places.
    place, cell : arrays of k ints
        The cells of each place, packed.
    held_place, held_cell, weight : arrays of m
        Place (-1 for none), packed cell and count of each event of a year.

    Returns
    -------
    list of str
        Such as `H5439-34488`: the absolute column and row.
    """
    held = pd.Series(weight).groupby([held_place, held_cell]).sum()
    pairs = pd.DataFrame({"place": place, "cell": cell})
    pairs["held"] = held.reindex(pd.MultiIndex.from_frame(pairs)).fillna(0.0).to_numpy()
    pairs["column"], pairs["row"] = unpack(cell)
    pairs = pairs.sort_values(["place", "held", "row", "column"], ascending=[True, False, True, True])
    total = pairs.groupby("place")["held"].sum()
    ids, taken = [""] * n, set()
    # The place that held most names itself first.
    for number in sorted(range(n), key=lambda k: (-total.get(k, 0.0), k)):
        own = pairs.loc[pairs["place"] == number]
        names = [f"H{column}-{row}" for column, row in zip(own["column"], own["row"], strict=True)]
        free = [name for name in names if name not in taken]
        name = free[0] if free else next(f"{names[0]}{end}" for end in _suffixes() if f"{names[0]}{end}" not in taken)
        taken.add(name)
        ids[number] = name
    return ids


def _suffixes() -> list[str]:
    return [f".{number}" for number in range(2, 1000)]
