"""List changes: which places entered the list since an earlier one, which left it, and how many stayed."""

from dataclasses import dataclass

import pandas as pd

from geo.checks import require_columns


@dataclass(frozen=True)
class ListChanges:
    """`entered`: rows of the new list. `left`: rows of the earlier one. `stayed`: hotspot_id, rank, rank_before."""

    entered: pd.DataFrame
    left: pd.DataFrame
    stayed: pd.DataFrame


def compare_lists(now: pd.DataFrame, before: pd.DataFrame) -> ListChanges:
    """
    Compare two lists by their ids, which name places and not lists.

    Parameters
    ----------
    now, before : DataFrames with `hotspot_id` and `rank`
    """
    require_columns(now, ["hotspot_id", "rank"], "now")
    require_columns(before, ["hotspot_id", "rank"], "before")
    both = now[["hotspot_id", "rank"]].merge(before[["hotspot_id", "rank"]], on="hotspot_id", suffixes=("", "_before"))
    return ListChanges(
        now[~now["hotspot_id"].isin(before["hotspot_id"])].sort_values("rank"),
        before[~before["hotspot_id"].isin(now["hotspot_id"])].sort_values("rank"),
        both.sort_values("rank").reset_index(drop=True),
    )
