"""Rates of neighborhoods beside their counts: per 1,000 residents, per 1,000 households, or per kilometre of street."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from analysis.rates import steady_rates
from geo.errors import InputError
from geo.locate import assign_neighborhoods
from geo.schema import GEOGRAPHIC_CRS
from geo.sidewalks import once
from jobs.dataset import Dataset

TOUCHING = 1.0  # metres between neighbors whose borders were drawn apart
KNOWN_SHARE = 0.5  # of the units: known for fewer, an exposure says nothing of the city


@dataclass(frozen=True)
class NeighborhoodRates:
    """`per`: residents · households · street_km. `table`: index as asked; rate, low, high (in that unit), enough."""

    per: str
    table: pd.DataFrame


def neighborhood_rates(dataset: Dataset, counts: pd.Series) -> NeighborhoodRates | None:
    """
    Rates of the shown units for counts of a window, by the first of residents, households and streets that is known.

    Parameters
    ----------
    counts : Series of floats
        Events by the id of a shown unit; units not named have none.

    Returns
    -------
    NeighborhoodRates or None
        None where nothing is known to count by, or nothing happened there.
    """
    units = dataset.shown_units
    if units is None or len(units) < 2:
        return None
    found = next(((per, known) for per, known in _exposures(dataset) if known.gt(0).mean() >= KNOWN_SHARE), None)
    if found is None:
        return None
    per, exposure = found
    ids = units["neighborhood_id"].astype(str)
    events = counts.reindex(ids).fillna(0.0).to_numpy(dtype=float)
    one, other = shapely.STRtree(units.geometry.to_numpy()).query(
        units.geometry.to_numpy(), predicate="dwithin", distance=TOUCHING
    )
    try:
        rates = steady_rates(events, exposure.to_numpy(), np.column_stack([one, other])[one != other])
    except InputError:
        return None
    return NeighborhoodRates(per, rates.set_axis(pd.Index(ids), axis=0))


def _exposures(dataset: Dataset) -> list[tuple[str, pd.Series]]:
    """What may be counted by, for each shown unit: thousands of residents and of households, kilometres of street."""
    units, leaves = dataset.shown_units, dataset.leaves
    assert units is not None
    assert leaves is not None
    ids = units["neighborhood_id"].astype(str)
    shown = leaves["neighborhood_id"].astype(str).map(dataset.shown_unit_of)
    exposures = []
    for per, column in (("residents", "population"), ("households", "households")):
        own = pd.Series(units[column].to_numpy(dtype=float), index=ids)
        # A unit that gives no number of its own has that of its parts, if all of them give theirs.
        parts = leaves[column].astype(float).groupby(shown.to_numpy()).sum(min_count=1)
        whole = leaves[column].notna().groupby(shown.to_numpy()).all()
        exposures.append((per, own.fillna(parts.where(whole).reindex(ids)) / 1000))
    if dataset.streets is not None:
        walked = dataset.streets[once(dataset.streets)]
        middle = walked.geometry.interpolate(0.5, normalized=True).to_crs(GEOGRAPHIC_CRS)
        unit = pd.Series(assign_neighborhoods(middle.x.to_numpy(), middle.y.to_numpy(), leaves), dtype=object)
        km = pd.Series(walked["length_m"].to_numpy() / 1000).groupby(unit.map(dataset.shown_unit_of)).sum()
        exposures.append(("street_km", km.reindex(ids)))
    return exposures
