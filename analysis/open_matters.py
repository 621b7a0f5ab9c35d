"""Which matters are open at a moment: one rule for lists, pages and plans."""

import numpy as np
import pandas as pd


def open_matters(rows: pd.DataFrame, as_of: pd.Timestamp) -> np.ndarray:
    """
    Say which events are matters still open at a moment.

    Parameters
    ----------
    rows : DataFrame with `layer`, `event_start`, perhaps `status` and `closed_at`
    as_of : Timestamp with zone

    Returns
    -------
    array of bools, one a row
        True for disputes and hazards begun before and not settled by then. An incident cannot be settled, so a case
        whose file is still open is none.
    """
    if "status" not in rows or not len(rows):
        return np.zeros(len(rows), dtype=bool)
    settled_later = np.zeros(len(rows), dtype=bool)
    closed = np.zeros(len(rows), dtype=bool)
    if "closed_at" in rows and rows["closed_at"].notna().any():
        settled_later = (rows["closed_at"] >= as_of).to_numpy()
        closed = (rows["closed_at"] < as_of).to_numpy()
    is_open = (rows["status"].astype(object) == "open").to_numpy() & ~closed
    begun = (rows["event_start"] < as_of).to_numpy()
    return begun & rows["layer"].isin(["hazard", "dispute"]).to_numpy() & (is_open | settled_later)
