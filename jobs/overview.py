"""What is getting worse, and where: layers and neighborhoods against the same weeks a year earlier, and the places."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.hotspots import HotspotAnswer
from analysis.open_matters import open_matters
from analysis.trend import compare_windows
from jobs.dataset import Dataset
from jobs.hotspots import hotspot_list
from jobs.rates import neighborhood_rates


@dataclass(frozen=True)
class Overview:
    """
    The first page's figures.

    Attributes
    ----------
    layers : DataFrame
        One row a layer: `now`, `before`, `change`, `p_value`, `verdict`.
    neighborhoods : DataFrame
        One row a shown unit with the same columns, `open` matters, and `rate` with `low`, `high` and `enough` (NaN and
        False where nothing is known to count by); most events first.
    rate_per : str or None
        What rates are per: residents · households (a thousand) · street_km.
    hotspots : HotspotAnswer
        The places, ranked.
    """

    layers: pd.DataFrame
    neighborhoods: pd.DataFrame
    rate_per: str | None
    hotspots: HotspotAnswer


def overview(
    dataset: Dataset,
    *,
    as_of: pd.Timestamp | None = None,
    days: int | None = None,
    layers: list[str] | None = None,
) -> Overview:
    """Compare the window with the same one a year earlier, else with the days before it, by layer and neighborhood."""
    moment = dataset.as_of if as_of is None else as_of
    window = days or dataset.usual_days
    parameters: dict[str, Any] = {"as_of": moment.isoformat(), "days": window, "layers": sorted(layers or [])}

    def compute() -> tuple[pd.DataFrame, pd.DataFrame, str | None]:
        events = dataset.chosen(layers)
        by_layer = compare_windows(events, as_of=moment, days=window, fallback=True)
        units = events.assign(unit=events["neighborhood_id"].astype("str").map(dataset.counted_unit_of))
        by_unit = compare_windows(units, as_of=moment, days=window, by="unit", fallback=True)
        waiting = units[open_matters(units, moment)].groupby("unit")["count"].sum()
        by_unit["open"] = waiting.reindex(by_unit.index, fill_value=0)
        rates = neighborhood_rates(dataset, by_unit["now"])
        columns = ["rate", "low", "high", "enough"]
        by_unit[columns] = rates.table[columns].reindex(by_unit.index) if rates else [np.nan, np.nan, np.nan, False]
        by_unit["enough"] = by_unit["enough"].fillna(False).astype(bool)
        ranked = by_unit.sort_values(["now", "open"], ascending=False, kind="stable")
        return by_layer, ranked, rates.per if rates else None

    by_layer, by_unit, per = dataset.workspace.result("overview", parameters, compute)
    return Overview(by_layer, by_unit, per, hotspot_list(dataset, as_of=moment, days=window, layers=layers))
