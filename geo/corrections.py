"""Which rows are new, which are known, and which version of an id is in force, over several imports."""

import numpy as np
import pandas as pd

# What makes a row the same row. The file's name and line, and what the taxonomy or the polygons add, do not.
CONTENT = (
    "event_id",
    "category",
    "event_start",
    "event_end",
    "lon",
    "lat",
    "count",
    "status",
    "reported_at",
    "closed_at",
)


def keep_newest(frames: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """
    Keep, of every id, only the rows that the latest import brought.

    Parameters
    ----------
    frames : list of events
        One frame an import, oldest first. Ids that repeat within one import stay apart and stay.

    Returns
    -------
    list of events
        The frames without the superseded rows.
    """
    if len(frames) < 2:
        return frames
    kept: list[pd.DataFrame] = []
    later: np.ndarray | None = None
    for frame in reversed(frames):
        ids = _hashed(frame["event_id"])
        kept.append(frame if later is None else frame[~np.isin(ids, later)])
        later = ids if later is None else np.union1d(later, ids)
    return kept[::-1]


def unknown_rows(events: pd.DataFrame, stored: list[pd.DataFrame]) -> np.ndarray:
    """
    Say which rows have an id whose rows no import has brought yet, content for content.

    Parameters
    ----------
    events : events
    stored : list of events
        One frame an import, superseded versions included: the same file once more is known even if a correction came
        after it.

    Returns
    -------
    array of bools, one a row
        True where the row, or another row of its id, is new or differs from every version that is stored.
    """
    if not stored or events.empty:
        return np.ones(len(events), dtype=bool)
    mine = _by_id(events)
    known = np.zeros(len(mine), dtype=bool)
    for frame in stored:
        known |= (_by_id(frame).reindex(mine.index) == mine).all(axis=1).to_numpy()
    return np.logical_not(known)[mine.index.get_indexer(pd.Index(_hashed(events["event_id"])))]


def _by_id(events: pd.DataFrame) -> pd.DataFrame:
    """The sum of the content hashes, and the number of rows, of each id: equal exactly for equal sets of rows."""
    hashes = np.zeros(len(events), dtype=np.uint64)
    for position, name in enumerate(CONTENT):
        hashes = hashes * np.uint64(31) + _hashed(_plain(events[name])) + np.uint64(position)
    frame = pd.DataFrame({"content": _mixed(hashes), "rows": 1}, index=_hashed(events["event_id"]))
    return frame.groupby(level=0).sum()


def _plain(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        # One unit: files keep microseconds, readers may bring others.
        return column.dt.tz_convert("UTC").dt.as_unit("us").astype("int64")
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype("str")
    # Seven digits are a centimetre: what a file format rounds away is no correction.
    return column.round(7) if column.dtype == "float64" else column


def _hashed(column: pd.Series) -> np.ndarray:
    return pd.util.hash_pandas_object(column, index=False, categorize=True).to_numpy()


def _mixed(hashes: np.ndarray) -> np.ndarray:
    # splitmix64's finalizer: sums of raw hashes of near-equal rows could otherwise cancel.
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))
