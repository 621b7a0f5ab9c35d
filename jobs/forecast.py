"""What to expect next: the forecast of a workspace, kept and written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analysis.as_of import known_at
from analysis.forecast import SIMPLE, Fit, Forecast, fit_forecast, forecast
from analysis.week_shape import BAND_HOURS
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

        off, parts = holidays_of(dataset, moment, days), unit_of_cells(dataset)

        def fitted() -> Fit:
            return fit_forecast(events, grid, as_of=moment, others=others, method=method, holidays=off)

        def kept() -> Fit:
            # The fit takes longest and serves every horizon.
            answer: Fit = dataset.workspace.result("fit", asked, fitted)
            return answer

        return forecast(events, grid, as_of=moment, horizon_days=days, fit=kept, holidays=off, parts=parts)

    return dataset.workspace.result("forecast", asked | {"days": days}, compute)


def unit_of_cells(dataset: Dataset) -> np.ndarray | None:
    """The shown neighborhood of each study cell, by its centre; at the rim, where that lies outside, the nearest."""
    grid, leaves = dataset.grid, dataset.leaves
    if grid is None or leaves is None:
        return None
    x, y = grid.centers()
    leaf = assign_neighborhoods(x, y, leaves)
    missing = np.flatnonzero(pd.isna(leaf))
    if len(missing):
        tree = shapely.STRtree(leaves.geometry.to_numpy())
        leaf[missing] = leaves["neighborhood_id"].to_numpy()[tree.nearest(shapely.points(x[missing], y[missing]))]
    return np.array([dataset.shown_unit_of[str(one)] for one in leaf])


def as_json(answer: Forecast, dataset: Dataset, t: Translator) -> dict[str, Any]:
    """
    The total by weekday, by hour and by neighborhood: each list adds up to it, and each row has its own 80 % range.

    `by_weekday` begins on Monday, `by_hour` holds bands of three hours; null, with a sentence beside, where the dates
    do not tell.
    """
    week, reason = answer.week, no_week(answer)
    days = None if week is None else _ranges(week.by_weekday, lambda k: {"weekday": k})
    hours = None
    if week is not None and week.by_hour is not None:
        hours = _ranges(week.by_hour, lambda k: {"from_hour": BAND_HOURS * k, "to_hour": BAND_HOURS * (k + 1)})
    parts = None
    if answer.parts is not None:
        names = answer.parts["part"]
        parts = _ranges(answer.parts, lambda k: {"neighborhood_id": str(names[k])})
    facts = {"by_weekday": days, "by_hour": hours, "by_neighborhood": parts}
    return facts if reason is None else facts | {"by_time_reason": t(reason)}


def no_week(answer: Forecast) -> str | None:
    """The key of the sentence that says why weekdays or hours are left out; None where both are told."""
    if answer.week is None:
        return "forecast.week.months" if answer.parameters["coarse"] else "forecast.week.few"
    return "forecast.week.no_hours" if answer.week.by_hour is None else None


def week_line(answer: Forecast, t: Translator) -> str | None:
    """One sentence: the weekday and the hours that should hold most; None where nothing is told of them."""
    if answer.week is None:
        return None
    days = answer.week.by_weekday
    day = int(days["expected"].to_numpy().argmax())
    words = {"day": t(f"weekday.{day}"), "of_day": f"{days['expected'][day] / answer.total:.0%}"}
    if answer.week.by_hour is None or not answer.total:
        return t("forecast.week.day", **words) if answer.total else None
    hours = answer.week.by_hour["expected"].to_numpy()
    band = int(hours.argmax())
    return t(
        "forecast.week.both", first=f"{BAND_HOURS * band}:00", last=f"{BAND_HOURS * (band + 1)}:00",
        of_hours=f"{hours[band] / answer.total:.0%}", **words,
    )  # fmt: skip


def _ranges(frame: pd.DataFrame, label: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        label(k) | {"expected": float(expected), "low": int(low), "high": int(high)}
        for k, (expected, low, high) in enumerate(frame[["expected", "low", "high"]].to_numpy(dtype=float))
    ]


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
