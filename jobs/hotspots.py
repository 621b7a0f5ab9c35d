"""The hotspot list of a workspace: found, named, worded and written."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from analysis.cells import Grid, make_grid
from analysis.forecast import Forecast
from analysis.hotspots import HotspotAnswer, find_hotspots
from analysis.thin import LEAST_FOR_CORNERS, WIDE_CELL, WIDE_RADIUS
from geo.errors import InputError
from geo.export import export_table
from geo.schema import GEOGRAPHIC_CRS
from jobs.backtest import ours_and_others
from jobs.dataset import Dataset
from jobs.forecast import expected, method_for
from jobs.places import PlaceNames
from views.i18n import Translator
from views.words import category_list, layer_list, sentence

# Expected harm of the coming week ranks the list, whatever the period looked at.
RANK_DAYS = 7


def hotspot_list(
    dataset: Dataset,
    *,
    as_of: pd.Timestamp | None = None,
    days: int | None = None,
    layers: list[str] | None = None,
    categories: list[str] | None = None,
    radius: float | None = None,
    false_discovery_rate: float | None = None,
    residents_only: bool = False,
) -> HotspotAnswer:
    """
    Find the places that are more than chance; kept with the workspace, so a second call costs nothing.

    Parameters
    ----------
    as_of : Timestamp, optional
        The first moment not known; where the data are complete, if not given.
    days : int, optional
        Length of the window that ends at `as_of`; if not given, the setting, or longer where that holds few events.
    layers, categories : list of str, optional
        What to count; everything, if not given.
    radius : float, optional
        Metres; the setting, if not given.
    false_discovery_rate : float, optional
        Share of listed cells that may be chance; the setting, if not given.
    residents_only : bool
        Leave out what patrols recorded themselves: it lies where they walk.

    Raises
    ------
    InputError
        If only categories are asked for that are never listed.
    """
    settings = dataset.settings
    moment = dataset.as_of if as_of is None else as_of
    parameters: dict[str, Any] = {
        "as_of": moment.isoformat(),
        "days": days or dataset.usual_days,
        "layers": sorted(layers or []),
        "categories": sorted(categories or []),
        "radius": radius or settings.radius,
        "bandwidth": settings.bandwidth,
        "false_discovery_rate": false_discovery_rate or settings.false_discovery_rate,
        "residents_only": residents_only,
        "forecast": method_for(dataset, moment, layers, categories, residents_only=residents_only),
    }

    events, _ = ours_and_others(dataset, layers, categories, residents_only=residents_only)
    _require_listed(events, dataset, categories)

    def find(grid: Grid | None, radius: float, expected: Forecast | None) -> HotspotAnswer:
        return find_hotspots(
            events,
            grid,
            as_of=moment,
            days=parameters["days"],
            radius=radius,
            bandwidth=parameters["bandwidth"],
            false_discovery_rate=parameters["false_discovery_rate"],
            unlisted=dataset.unlisted,
            barriers=dataset.barriers,
            naming=dataset.events[~dataset.events["category"].isin(dataset.unlisted).to_numpy()],
            expected=expected,
        )

    def compute() -> HotspotAnswer:
        answer = find(
            dataset.grid, parameters["radius"], _next_week(dataset, moment, layers, categories, residents_only)
        )
        wide = _wide_grid(dataset, answer)
        if wide is not None:
            # A village rather than a corner: larger squares see what no corner of 100 m can show.
            wider = find(wide, max(WIDE_RADIUS, parameters["radius"]), None)
            answer = wider if len(wider.hotspots) else answer
        # A cell beyond chance on fewer than three points is no place: the empty list must not call it chance.
        beyond = int((answer.cells["q_value"] <= parameters["false_discovery_rate"]).sum()) if answer.tested else 0
        asked = {
            "layers": parameters["layers"],
            "categories": parameters["categories"],
            "set_aside": dataset.set_aside,
            "cells_beyond_chance": beyond,
            "days_asked": settings.days if days is None else days,
        }
        answer = replace(answer, parameters=answer.parameters | asked)
        # Without a grid the arithmetic has no CRS to give its shapes; the metres are the dataset's all the same.
        return answer if answer.hotspots.crs else replace(answer, hotspots=answer.hotspots.set_crs(dataset.crs))

    return dataset.workspace.result("hotspots", parameters, compute)


def thin_notes(answer: HotspotAnswer, dataset: Dataset, t: Translator) -> list[str]:
    """What a thin place is told: that the period is longer than usual, that squares are larger."""
    asked, usual = answer.parameters, dataset.settings.days
    notes = []
    if asked["days"] == dataset.usual_days > usual:
        notes.append(t("hotspots.thin.longer", days=asked["days"], usual=usual))
    if answer.tested and asked["cell_size"] > dataset.settings.cell_size:
        notes.append(t("hotspots.thin.wider", size=f"{asked['cell_size']:.0f}", radius=f"{asked['radius']:.0f}"))
    return notes


def _wide_grid(dataset: Dataset, answer: HotspotAnswer) -> Grid | None:
    """Larger squares for thin ground, where the usual ones list nothing and few events are the reason."""
    if len(answer.hotspots) or not answer.tested or dataset.grid is None or dataset.grid.cell_size >= WIDE_CELL:
        return None
    if answer.cells["count"].sum() >= LEAST_FOR_CORNERS or dataset.leaves is None:
        return None
    return make_grid(dataset.leaves.union_all(), WIDE_CELL, dataset.crs)


def _require_listed(events: pd.DataFrame, dataset: Dataset, categories: list[str] | None) -> None:
    """Raise InputError where all that is asked for is never listed."""
    found = sorted(set(events["category"].dropna().astype(str)))
    asked = dataset.taxonomy.matches(categories) if categories else found
    if asked and dataset.unlisted.issuperset(asked):
        names = ", ".join(categories or found)
        raise InputError(
            f"{names} is never a hotspot, a stop or a post: whom it concerns could be found out.",
            remedy="Ask for other categories.",
            key="hotspots.never_listed",
            categories=names,
        )


def _next_week(
    dataset: Dataset, moment: pd.Timestamp, layers: list[str] | None, categories: list[str] | None,
    residents_only: bool,
) -> Forecast | None:  # fmt: skip
    if dataset.grid is None:
        return None
    try:
        return expected(
            dataset, as_of=moment, days=RANK_DAYS, layers=layers, categories=categories, listed_only=True,
            residents_only=residents_only,
        )  # fmt: skip
    except InputError as error:
        # A history of days, or one that ended long ago, tells nothing of next week: the list goes by what was found.
        if error.key in ("forecast.too_short", "forecast.as_of_outside"):
            return None
        raise


def words(answer: HotspotAnswer, dataset: Dataset, t: Translator) -> pd.DataFrame:
    """
    Word the list in one language.

    Returns
    -------
    DataFrame
        Index as `answer.hotspots`; columns `place`, `neighborhood`, `why`, `layers`, `top_categories`, `trend`,
        `reasons`.
    """
    hotspots = answer.hotspots
    names = PlaceNames(dataset)
    return pd.DataFrame(
        {
            "place": names.places(hotspots["x"], hotspots["y"], hotspots["neighborhood_id"], t),
            "neighborhood": names.neighborhoods(hotspots["neighborhood_id"], t),
            "why": [sentence(why, dataset.taxonomy, t) for why in hotspots["why"]],
            "layers": [layer_list(layers, t) for layers in hotspots["layers"]],
            "top_categories": [category_list(top, dataset.taxonomy, t) for top in hotspots["top_categories"]],
            "trend": [t(f"trend.{trend}") for trend in hotspots["trend"]],
            "reasons": [t.joined(t(f"reason.{reason}") for reason in reasons) for reasons in hotspots["reasons"]],
        },
        index=hotspots.index,
    )


def export_frame(answer: HotspotAnswer, dataset: Dataset, t: Translator, limit: int | None = None) -> gpd.GeoDataFrame:
    """The list as planners export it: the design's columns in its order, EPSG:4326, worded in one language."""
    hotspots = answer.hotspots.to_crs(GEOGRAPHIC_CRS)
    worded = words(answer, dataset, t)
    centers = gpd.GeoSeries.from_xy(answer.hotspots["x"], answer.hotspots["y"], crs=dataset.crs).to_crs(GEOGRAPHIC_CRS)
    frame = hotspots.assign(
        **{name: worded[name] for name in worded.columns},
        peak_days=[peak_day_names(days, t) for days in hotspots["peak_days"]],
        lon=centers.x.round(6).to_numpy(),
        lat=centers.y.round(6).to_numpy(),
    )
    return frame[[*EXPORT_COLUMNS, "geometry"]].head(limit) if limit else frame[[*EXPORT_COLUMNS, "geometry"]]


EXPORT_COLUMNS = [
    "hotspot_id", "rank", "reasons", "layers", "neighborhood", "place", "events", "events_recent", "incidents",
    "disputes", "hazards", "open_matters", "harm", "gi_z", "p_value", "trend", "expected_next", "expected_low",
    "expected_high", "peak_hours", "peak_days", "top_categories", "radius_m", "lon", "lat", "why",
]  # fmt: skip


def peak_day_names(days: list[int] | None, t: Translator) -> str | None:
    """Weekdays by name, or None where too few are known."""
    return None if days is None else t.joined(t(f"weekday.{day}") for day in days)


def write_hotspots(
    answer: HotspotAnswer, dataset: Dataset, path: Path, t: Translator, limit: int | None = None
) -> None:
    """Write the list; the format follows the file's ending. The log remembers it."""
    frame = export_frame(answer, dataset, t, limit)
    export_table(frame, path)
    dataset.workspace.log("export", what="hotspots", file=path.name, rows=len(frame), parameters=answer.parameters)


def rows_behind(answer: HotspotAnswer, dataset: Dataset, hotspot_id: str) -> pd.DataFrame:
    """The events that make a hotspot, newest first; no free text, no persons."""
    ids = answer.rows.index[answer.rows == hotspot_id]
    columns = ["event_start", "layer", "category", "status", "count", "event_id", "source", "source_row"]
    return dataset.events.loc[ids, columns].sort_values("event_start", ascending=False)
