"""In which system the points of a table are: found by the neighborhoods, or declared and held against them."""

from typing import Any

import numpy as np
import pyproj
import shapely

from geo.crs import MIN_SHARE, CrsGuess, detect_crs, project
from geo.errors import InputError
from geo.ground_box import Ground
from geo.mixed_systems import are_whole_degrees
from geo.report import Notes
from geo.schema import GEOGRAPHIC_CRS
from geo.tables import Table

STRAY_SHARE = 0.1  # of points inside; below it an order of axes is not the file's
TELLS_METRES = 100.0  # systems that fit alike and differ by more are told apart by the planner


def find_system(
    x: np.ndarray, y: np.ndarray, ground: Ground | None, table: Table, notes: Notes, metric_crs: str | None,
    *, or_degrees: bool = False,
) -> tuple[str, bool]:  # fmt: skip
    """
    Find the system in which the points lie in the area, and whether their northing comes first.

    Parameters
    ----------
    x, y : arrays of n floats
        Numbers most of which are no degrees; NaN where none.
    ground : Ground or None
        Where points belong; without it nothing is found.
    table, notes
        For the line of a refusal; notes get share, next best system, and what cannot be told.
    metric_crs : str or None
        The workspace's system, which wins ties.
    or_degrees : bool
        Whether the header says degrees, so that numbers which fit nowhere are judged one by one.

    Raises
    ------
    InputError
        If no system of the region puts half of the points into the area.
    """
    if not np.isfinite(x).any():
        return GEOGRAPHIC_CRS, False
    if ground is not None and are_whole_degrees(x, y, ground):
        return GEOGRAPHIC_CRS, False
    prefer = [metric_crs] if metric_crs else []
    guess, exchanged = _fitting(x, y, ground.area, prefer) if ground is not None else (None, False)
    if guess is None:
        if or_degrees:
            return GEOGRAPHIC_CRS, False
        raise _unknown_system(x, y, ground, table)
    facts = {"crs": guess.crs, "name": guess.name, "share": guess.share, "spread": round(guess.spread_m)}
    if guess.next_share > 0:
        notes.add("crs.detected", None, **facts, next=guess.next_crs, next_share=guess.next_share)
    else:
        notes.add("crs.detected_alone", None, **facts)
    if guess.spread_m > TELLS_METRES:
        notes.add("crs.uncertain", None, crs=guess.crs, other=guess.spread_crs, metres=round(guess.spread_m))
    return guess.crs, exchanged


def confirm_system(
    x: np.ndarray, y: np.ndarray, crs: str, ground: Ground, table: Table, notes: Notes
) -> tuple[str, bool]:  # fmt: skip
    """
    Hold the system that was declared or read against the neighborhoods; also say whether northing comes first.

    Degrees in columns that were said to be a grid are taken as degrees, and told.

    Raises
    ------
    InputError
        If it puts none of a sample near the neighborhoods, and another one most of it into them.
    """
    here = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    here = here[:: max(len(here) // 400, 1)]
    if not len(here):
        return crs, False
    one, other = x[here], y[here]
    lon, lat = project(one, other, crs, GEOGRAPHIC_CRS)
    if is_projected(crs) and _northing_first(one, other, crs, ground.area):
        return crs, True
    if ground.near(lon, lat).any():
        return crs, False
    if np.mean(ground.near(one, other) | ground.near(other, one)) >= MIN_SHARE:
        if is_projected(crs):
            notes.add("crs.declared_ignored", None, crs=crs)
        return GEOGRAPHIC_CRS, False
    if not is_projected(crs) and (in_degrees(one, other) or are_whole_degrees(one, other, ground)):
        return crs, False
    guess, _ = _fitting(x, y, ground.area, [])
    if guess is None:
        return crs, False
    facts = _first_point(x, y, table) | {"crs": crs, "better": guess.crs, "name": guess.name, "share": guess.share}
    raise InputError(
        f"{facts['file']}: in {crs}, as said, no point lies near the neighborhoods; in {guess.crs} ({guess.name}) "
        f"{guess.share:.0%} lie inside. Line {facts['line']} has {facts['x']}, {facts['y']}.",
        remedy=f"Say --crs {guess.crs}, or check that the neighborhoods are those of this place.",
        key="crs.contradicted", **facts,
    )  # fmt: skip


def is_projected(crs: str) -> bool:
    """Whether a system is in metres or feet."""
    return pyproj.CRS.from_user_input(crs).is_projected


def in_degrees(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether more than half of the pairs may be degrees; so may none."""
    here = np.isfinite(x) & np.isfinite(y)
    if not here.any():
        return True
    return bool(np.count_nonzero((np.abs(x) <= 180) & (np.abs(y) <= 180) & here) > 0.5 * np.count_nonzero(here))


def _unknown_system(x: np.ndarray, y: np.ndarray, ground: Ground | None, table: Table) -> InputError:
    facts = _first_point(x, y, table)
    start = f"{facts['file']}: line {facts['line']}: the coordinates {facts['x']}, {facts['y']} are no degrees, "
    if ground is not None:
        return InputError(
            start + "and no reference system of the region puts them into the neighborhoods.",
            remedy="Say the system with --crs, and check that the neighborhoods are those of this place.",
            key="crs.nowhere", **facts,
        )  # fmt: skip
    return InputError(
        start + "and their reference system is neither named nor to be found.",
        remedy="Say the system with --crs, such as --crs EPSG:4547, or import the neighborhoods first.",
        key="crs.unknown", **facts,
    )  # fmt: skip


def _first_point(x: np.ndarray, y: np.ndarray, table: Table) -> dict[str, Any]:
    first = int(np.flatnonzero(np.isfinite(x) & np.isfinite(y))[0])
    file, line = table.names[int(table.files[first])], int(table.lines[first])
    return {"file": file, "line": line, "x": f"{x[first]:.10g}", "y": f"{y[first]:.10g}"}


def _fitting(
    x: np.ndarray, y: np.ndarray, area: shapely.Geometry, prefer: list[str]
) -> tuple[CrsGuess | None, bool]:  # fmt: skip
    """The system found with easting first, else with northing first, as Chinese surveyors name X and Y."""
    guess = detect_crs(x, y, area, prefer=prefer)
    if guess is not None:
        return guess, False
    turned = detect_crs(y, x, area, prefer=prefer)
    return turned, turned is not None


def _northing_first(x: np.ndarray, y: np.ndarray, crs: str, area: shapely.Geometry) -> bool:
    """Whether the points lie in the area only with their two numbers exchanged."""

    def share(one: np.ndarray, other: np.ndarray) -> float:
        lon, lat = project(one, other, crs, GEOGRAPHIC_CRS)
        return float(shapely.contains_xy(area, lon, lat).mean())

    here = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    here = here[:: max(len(here) // 400, 1)]
    if not len(here) or share(x[here], y[here]) >= STRAY_SHARE:
        return False
    return share(y[here], x[here]) >= MIN_SHARE
