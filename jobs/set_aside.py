"""Points set aside: found by reading, by hand, put back; and which rows of a workspace lie on them."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.errors import InputError
from geo.locate import assign_neighborhoods
from geo.point_precision import says_nothing
from geo.settings import Settings
from geo.workspace import Workspace
from views.i18n import Translator
from views.point_words import evidence_text

NEAR = 1.0  # metres: rows that lie so near a point lie on it
VAGUE = ("unknown", "area")  # precision of rows that reading set aside
METRES = 111_195.0  # a degree
Point = tuple[float, float]


@dataclass(frozen=True)
class SetAside:
    """One point with its evidence; `state` is `found`, `by_hand` or `put_back`, `where` its name and degrees."""

    lon: float
    lat: float
    rows: int
    share: float
    where: str
    signs: tuple[str, ...]
    facts: dict[str, Any]
    state: str

    def as_json(self, t: Translator) -> dict[str, Any]:
        """For a machine: the figures, and the evidence as a sentence."""
        return {
            "lon": self.lon, "lat": self.lat, "name": self.where, "rows": self.rows, "share": self.share,
            "signs": list(self.signs), "facts": self.facts, "evidence": evidence_text(self.signs, self.facts, t),
            "state": self.state,
        }  # fmt: skip


def read_point(text: str) -> Point:
    """
    `lon,lat` in degrees.

    Raises
    ------
    InputError
        If the text is no such pair.
    """
    try:
        lon, lat = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        lon = lat = np.nan
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise InputError(
            f"{text!r} is no point.",
            remedy="Write longitude and latitude in degrees, such as 116.3912,39.9075.",
            key="points.no_point", text=text,
        )  # fmt: skip
    return lon, lat


def put_back(workspace: Workspace, point: Point) -> SetAside:
    """
    Let a point that is set aside count as a place again.

    Raises
    ------
    InputError
        If no such point is set aside.
    """
    found = [one for one in list_points(workspace) if one.state != "put_back" and _is_near((one.lon, one.lat), point)]
    if not found:
        raise InputError(
            f"No point within a metre of {point[0]:g},{point[1]:g} is set aside.",
            remedy="List the points with imports --json, or look at the Data page.",
            key="points.not_aside", lon=f"{point[0]:g}", lat=f"{point[1]:g}",
        )  # fmt: skip
    settings = workspace.settings
    kept = [one for one in settings.points_set_aside if not _is_near(one, point)]
    back = settings.points_put_back
    if found[0].state == "found":
        back = [*back, (found[0].lon, found[0].lat)]
    _save(workspace, settings, back, kept, "put_back", point)
    return found[0]


def set_aside(workspace: Workspace, point: Point) -> SetAside:
    """
    Set a point aside by hand, or again.

    Raises
    ------
    InputError
        If no event lies within a metre of it.
    """
    settings = workspace.settings
    back = [one for one in settings.points_put_back if not _is_near(one, point)]
    known = any(_is_near(_pair(one), point) for one in found_points(workspace))
    events = workspace.events()
    if not known and not _near(events, [point]).any():
        raise InputError(
            f"No event lies within a metre of {point[0]:g},{point[1]:g}.",
            remedy="Write longitude before latitude, with the digits that the file has.",
            key="points.nothing_there", lon=f"{point[0]:g}", lat=f"{point[1]:g}",
        )  # fmt: skip
    aside = settings.points_set_aside
    if not known and not any(_is_near(one, point) for one in aside):
        aside = [*aside, point]
    _save(workspace, settings, back, aside, "set_aside", point)
    return next(one for one in list_points(workspace) if _is_near((one.lon, one.lat), point))


def _save(
    workspace: Workspace, settings: Settings, back: list[Point], aside: list[Point], action: str, point: Point
) -> None:  # fmt: skip
    workspace.save_settings(settings.model_copy(update={"points_put_back": back, "points_set_aside": aside}))
    workspace.log(f"point_{action}", lon=point[0], lat=point[1])


def found_points(workspace: Workspace) -> list[dict[str, Any]]:
    """The points that reading set aside, each once, as the reports of the imports in force say them."""
    found: list[dict[str, Any]] = []
    for row in workspace.imports():
        for finding in (row["report"] or {}).get("findings", []):
            listed = finding.get("points") or [finding]
            if finding["code"] in ("point.default", "point.defaults_more"):
                found += [
                    one for one in listed if "lon" in one and not any(_is_near(_pair(one), _pair(f)) for f in found)
                ]
    return found


def list_points(workspace: Workspace) -> list[SetAside]:
    """Every point set aside or put back, the one with most rows first; rows are those in force."""
    settings, events = workspace.settings, workspace.events()
    placed = max(int(events["lon"].notna().sum()), 1)
    points = []
    told = found_points(workspace)
    # What older imports set aside stands in no report, but their rows are marked.
    for lon, lat in _marked(events):
        if not any(_is_near(_pair(one), (lon, lat)) for one in told):
            told.append({"lon": lon, "lat": lat})
    for one in told:
        where = one.get("where") or f"{one.get('name') or ''} {one['lon']:.5f}, {one['lat']:.5f}".strip()
        back = any(_is_near(other, _pair(one)) for other in settings.points_put_back)
        signs, facts = tuple(one.get("signs", ())), dict(one.get("evidence", {}))
        points.append((_pair(one), where, signs, facts, "put_back" if back else "found"))
    points += [(p, f"{p[0]:.5f}, {p[1]:.5f}", (), {}, "by_hand") for p in settings.points_set_aside]
    listed = []
    for (lon, lat), where, signs, facts, state in points:
        rows = int(_near(events, [(lon, lat)]).sum())
        listed.append(SetAside(lon, lat, rows, rows / placed, where, signs, facts, state))
    return sorted(listed, key=lambda one: -one.rows)


def said(point: dict[str, Any], t: Translator) -> str:
    """One point as a line."""
    facts = {"rows": point["rows"], "where": point["name"], "evidence": point["evidence"]}
    return t("points.cli", state=t(f"points.state.{point['state']}"), **facts).rstrip()


def _marked(events: pd.DataFrame) -> list[Point]:
    """Points that at least a dozen rows of unknown exactness share, where the others are exact."""
    unknown = says_nothing(events)
    if not unknown.any():
        return []
    counts = events.loc[unknown].groupby(["lon", "lat"], observed=True).size()
    return [(float(lon), float(lat)) for lon, lat in counts[counts >= 12].index]


def mark_rows(
    events: pd.DataFrame, settings: Settings, found: list[dict[str, Any]], neighborhoods: gpd.GeoDataFrame | None
) -> np.ndarray:
    """
    Say which rows have a point that is set aside, and mend the frame where the planner decided.

    Rows put back lie where their point lies, exact to a block; rows set aside by hand count in no neighborhood, for
    what their file names is not known here.

    Parameters
    ----------
    events : DataFrame
        All events in force; `precision` and `neighborhood_id` are changed in place.
    found : list of dict
        From `found_points`. They hold for other imports too, in the layers in which they were found.
    neighborhoods : GeoDataFrame or None
        Canonical, in any CRS.

    Returns
    -------
    array of n bools
        Rows that no place is judged by.
    """
    vague = events["precision"].isin(VAGUE).to_numpy() & events["lon"].notna().to_numpy()
    aside = np.zeros(len(events), bool)
    for one in found:
        there = _near(events, [_pair(one)])
        layers = events["layer"][there & vague].unique()
        aside |= there & events["layer"].isin(layers).to_numpy()
    rest = events.loc[~aside]
    aside[~aside] = says_nothing(rest)
    by_hand = _near(events, settings.points_set_aside)
    back = _near(events, settings.points_put_back)
    aside = (aside | by_hand) & ~back
    # Rows of the same layers that a later file puts on a point found before are as vague as the first ones.
    strange = aside & ~vague
    if strange.any():
        _set(events, "precision", strange, "unknown")
        _set(events, "neighborhood_id", strange, None)
    mended = back & vague
    if mended.any():
        _set(events, "precision", mended, "block")
        if neighborhoods is not None:
            lon, lat = events["lon"].to_numpy()[mended], events["lat"].to_numpy()[mended]
            ids = assign_neighborhoods(lon, lat, neighborhoods)
            for unit in pd.unique(ids):
                rows = mended.copy()
                rows[mended] = (ids == unit) if unit is not None else pd.isna(ids)
                _set(events, "neighborhood_id", rows, unit)
    return aside


def _set(events: pd.DataFrame, name: str, rows: np.ndarray, value: str | None) -> None:
    column = events[name]
    if value is not None and isinstance(column.dtype, pd.CategoricalDtype) and value not in column.cat.categories:
        column = column.cat.add_categories([value])
    events[name] = column.where(~rows, np.nan if value is None else value)


def _pair(one: Any) -> Point:
    return float(one["lon"]), float(one["lat"])


def _is_near(one: Point, other: Point) -> bool:
    scale = np.cos(np.radians(one[1]))
    return bool(np.hypot((one[0] - other[0]) * scale, one[1] - other[1]) * METRES <= NEAR)


def _near(events: pd.DataFrame, points: list[Point]) -> np.ndarray:
    """Rows within a metre of one of the points."""
    lon, lat = events["lon"].to_numpy(float), events["lat"].to_numpy(float)
    found = np.zeros(len(events), bool)
    for x, y in points:
        close = np.flatnonzero(np.abs(lat - y) * METRES <= NEAR)
        off = np.hypot((lon[close] - x) * np.cos(np.radians(y)), lat[close] - y) * METRES
        found[close[off <= NEAR]] = True
    return found
