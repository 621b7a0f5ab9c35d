"""What to expect next: the forecast of a workspace, kept and written."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from analysis.as_of import known_at
from analysis.forecast import SIMPLE, Fit, Forecast, fit_forecast, forecast
from geo.errors import InputError
from geo.export import export_table
from geo.locate import assign_neighborhoods
from geo.schema import GEOGRAPHIC_CRS
from jobs.backtest import by_patrols, holidays_of, kept_choice, ours_and_others
from jobs.dataset import Dataset
from views.i18n import Translator

# Fewer known events than this tell hardly more than that all places are alike.
FEW_EVENTS = 20

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
    residents_only: bool = False,
) -> Forecast:
    """
    Forecast the `days` from `as_of` on for every cell; kept with the workspace.

    Parameters
    ----------
    listed_only : bool
        Leave out what is never a stop or a post (violence at home, sexual offences): for plans and ranks.
    residents_only : bool
        Leave out what patrols recorded themselves: it lies where they walk.

    Raises
    ------
    InputError
        Without neighborhoods, and as `analysis.forecast.forecast` does.
    """
    moment = dataset.as_of if as_of is None else as_of
    method = method_for(dataset, moment, layers, categories, residents_only=residents_only)
    asked: dict[str, Any] = {
        "method": method,
        "as_of": moment.isoformat(),
        "layers": sorted(layers or []),
        "categories": sorted(categories or []),
        "listed_only": listed_only,
        "residents_only": residents_only,
    }

    def compute() -> Forecast:
        if dataset.grid is None:
            raise InputError(
                "A forecast needs neighborhoods: without them there are no cells.",
                remedy="Import polygons with `import --neighborhoods FILE`.",
                key="forecast.no_grid",
            )
        grid = dataset.grid
        events, others = ours_and_others(dataset, layers, categories, residents_only=residents_only)
        if listed_only:
            events = events[~events["category"].isin(dataset.unlisted)]

        off = holidays_of(dataset, moment, days)

        def fitted() -> Fit:
            return fit_forecast(events, grid, as_of=moment, others=others, method=method, holidays=off)

        def kept() -> Fit:
            # The fit takes longest and serves every horizon.
            answer: Fit = dataset.workspace.result("fit", asked, fitted)
            return answer

        return forecast(events, grid, as_of=moment, horizon_days=days, fit=kept, holidays=off)

    return dataset.workspace.result("forecast", asked | {"days": days}, compute)


def method_for(
    dataset: Dataset,
    moment: pd.Timestamp,
    layers: list[str] | None = None,
    categories: list[str] | None = None,
    *,
    residents_only: bool = False,
) -> str | None:
    """What won on the workspace's own past, once a backtest of these events has been run; None leaves it open."""
    choice = kept_choice(dataset, as_of=moment, layers=layers, categories=categories, residents_only=residents_only)
    return SIMPLE if choice == "simple" else None


def notes(
    answer: Forecast,
    dataset: Dataset,
    t: Translator,
    *,
    layers: list[str] | None = None,
    categories: list[str] | None = None,
    residents_only: bool = False,
) -> list[str]:
    """What a reader should know of what the forecast rests on; nothing where it rests on enough."""
    events, others = ours_and_others(dataset, layers, categories, residents_only=residents_only)
    known = events[known_at(events, answer.as_of)]
    n, lines = int(known["count"].sum()), []
    if n < FEW_EVENTS:
        lines.append(t("forecast.note.few", n=n))
    elif answer.method == SIMPLE:
        lines.append(t("forecast.note.simple", history=answer.parameters["history_days"], events=n))
    if len(events["category"].unique()) == 1 and others.empty:
        lines.append(t("forecast.note.one_kind"))
    left_out = int(by_patrols(dataset.chosen(layers, categories)).sum()) if residents_only else 0
    return [*lines, t("forecast.note.residents", n=left_out)] if left_out else lines


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
