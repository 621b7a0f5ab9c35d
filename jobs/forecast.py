"""What to expect next: the forecast of a workspace, kept and written."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from analysis.forecast import SIMPLE, Fit, Forecast, fit_forecast, forecast
from geo.errors import InputError
from geo.export import export_table
from geo.locate import assign_neighborhoods
from geo.schema import GEOGRAPHIC_CRS
from jobs.backtest import kept_choice
from jobs.dataset import Dataset

FORECAST_COLUMNS = [
    "x", "y", "lon", "lat", "expected", "expected_low", "expected_high", "dispersion", "neighborhood_id",
    "count_28", "count_56", "count_364",
]  # fmt: skip


def expected(
    dataset: Dataset,
    *,
    as_of: pd.Timestamp | None = None,
    days: int = 7,
    layers: list[str] | None = None,
    categories: list[str] | None = None,
    listed_only: bool = False,
) -> Forecast:
    """
    Forecast the `days` from `as_of` on for every cell; kept with the workspace.

    Parameters
    ----------
    listed_only : bool
        Leave out what is never a stop or a post (violence at home, sexual offences): for plans and ranks.
    """
    moment = dataset.as_of if as_of is None else as_of
    method = method_for(dataset, moment, layers, categories)
    asked: dict[str, Any] = {
        "method": method,
        "as_of": moment.isoformat(),
        "layers": sorted(layers or []),
        "categories": sorted(categories or []),
        "listed_only": listed_only,
    }

    def compute() -> Forecast:
        if dataset.grid is None:
            raise InputError(
                "A forecast needs neighborhoods: without them there are no cells.",
                remedy="Import polygons with `import --neighborhoods FILE`.",
                key="forecast.no_grid",
            )
        grid = dataset.grid
        events = dataset.chosen(layers, categories)
        if listed_only:
            events = events[~events["category"].isin(dataset.unlisted)]
        # Other kinds of events tell where things happen, too.
        others = dataset.events.loc[dataset.events.index.difference(events.index)]
        others = others[~others["category"].isin(dataset.unlisted)]

        def fitted() -> Fit:
            return fit_forecast(events, grid, as_of=moment, others=others, method=method)

        # The fit takes longest and serves every horizon.
        fit = dataset.workspace.result("fit", asked, fitted)
        return forecast(events, grid, as_of=moment, horizon_days=days, others=others, method=method, fit=fit)

    return dataset.workspace.result("forecast", asked | {"days": days}, compute)


def method_for(
    dataset: Dataset, moment: pd.Timestamp, layers: list[str] | None = None, categories: list[str] | None = None
) -> str | None:
    """What won on the workspace's own past, once a backtest of these events has been run; None leaves it open."""
    choice = kept_choice(dataset, as_of=moment, layers=layers, categories=categories)
    return SIMPLE if choice == "simple" else None


def export_frame(answer: Forecast, dataset: Dataset) -> gpd.GeoDataFrame:
    """Every cell with its range, and the counts beside it; points in EPSG:4326."""
    cells = answer.cells
    points = gpd.GeoSeries.from_xy(cells["x"], cells["y"], crs=dataset.crs).to_crs(GEOGRAPHIC_CRS)
    frame = cells.assign(
        lon=points.x.round(6).to_numpy(),
        lat=points.y.round(6).to_numpy(),
    )
    leaves = dataset.leaves
    if leaves is not None:
        frame["neighborhood_id"] = assign_neighborhoods(
            frame["lon"].to_numpy(), frame["lat"].to_numpy(), leaves.to_crs(GEOGRAPHIC_CRS)
        )
    return gpd.GeoDataFrame(frame[FORECAST_COLUMNS], geometry=points.to_numpy(), crs=GEOGRAPHIC_CRS)


def write_forecast(answer: Forecast, dataset: Dataset, path: Path) -> None:
    """Write all cells; the format follows the file's ending. The log remembers it."""
    export_table(export_frame(answer, dataset), path)
    dataset.workspace.log("export", what="forecast", file=path.name, total=answer.total)
