"""
A way along edges → its line, its legs, and the list of turns by street names.

Street names only: a piece without a name has street "", which the caller words. A short nameless piece (the footway
over a crossing) belongs to the street before it, so that the list reads as one would say it.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString

LOOK = 10.0  # metres before and behind a corner over which its angle is taken
STRAIGHT = 35.0  # degrees up to which one walks straight on
BACK = 150.0  # degrees from which one turns around
SHORT_NAMELESS = 25.0  # metres of a nameless piece that is not worth a line of its own


@dataclass(frozen=True)
class Turn:
    """One line of a turn list: `kind` is start, left, right, straight or back; then `length_m` along the street."""

    kind: str
    street: str
    street_en: str
    length_m: float


@dataclass(frozen=True)
class Leg:
    """The way from one point to the next."""

    line: LineString
    length_m: float
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Route:
    """A whole way: its line and its legs, whose lengths add up."""

    line: LineString
    length_m: float
    legs: tuple[Leg, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """A stretch of one edge in walking order: vertices (n, 2) in metres, and the names of its street."""

    xy: np.ndarray
    street: str
    street_en: str

    @property
    def length_m(self) -> float:
        """Metres."""
        return float(np.hypot(*np.diff(self.xy, axis=0).T).sum())


@dataclass
class _Run:
    """Parts in a row on one street, for its angles; `length_m` also holds the short nameless pieces it took in."""

    street: str
    street_en: str
    parts: list[Part]
    length_m: float


def make_leg(
    parts: list[Part], place: tuple[float, float], arrival: np.ndarray | None
) -> tuple[Leg, np.ndarray | None]:
    """
    Make a leg of its parts.

    Parameters
    ----------
    parts : list of Part
        In walking order; none if one stays where one is.
    place : (x, y)
        Where the leg begins.
    arrival : unit vector or None
        The direction in which the leg before came in; without one the first turn is "start".

    Returns
    -------
    Leg, direction in which it ends
    """
    if not parts:
        return Leg(LineString([place, place]), 0.0, ()), arrival
    line = LineString(_joined([part.xy for part in parts]))
    runs = _runs(parts)
    turns, direction = [], arrival
    for run in runs:
        out = _direction(run.parts, end=False)
        turns.append(Turn(_kind(direction, out), run.street, run.street_en, run.length_m))
        direction = _direction(run.parts, end=True)
    return Leg(line, sum(run.length_m for run in runs), tuple(turns)), _direction(parts, end=True)


def make_route(legs: list[Leg]) -> Route:
    """Join legs to a route."""
    xy = _joined([shapely.get_coordinates(leg.line) for leg in legs if leg.length_m > 0])
    line = LineString(xy) if len(xy) else legs[0].line
    return Route(line, sum(leg.length_m for leg in legs), tuple(legs))


def _joined(pieces: list[np.ndarray]) -> np.ndarray:
    """The vertices of pieces that follow one another, without those that stand twice in a row."""
    if not pieces:
        return np.zeros((0, 2))
    xy = np.vstack(pieces)
    return xy[np.append(True, np.any(np.abs(np.diff(xy, axis=0)) > 1e-9, axis=1))]


def _runs(parts: list[Part]) -> list[_Run]:
    runs: list[_Run] = []
    for part in parts:
        if runs and runs[-1].street == part.street:
            runs[-1].parts.append(part)
            runs[-1].length_m += part.length_m
        else:
            runs.append(_Run(part.street, part.street_en, [part], part.length_m))
    return _without_short(runs)


def _without_short(runs: list[_Run]) -> list[_Run]:
    kept: list[_Run] = []
    ahead = 0.0  # Metres of short nameless pieces at the very start, which the first street takes.
    for run in runs:
        short = run.street == "" and run.length_m <= SHORT_NAMELESS and len(runs) > 1
        if short and not kept:
            ahead += run.length_m
        elif short:
            kept[-1].length_m += run.length_m
        elif kept and kept[-1].street == run.street:
            kept[-1].parts += run.parts
            kept[-1].length_m += run.length_m
        else:
            run.length_m, ahead = run.length_m + ahead, 0.0
            kept.append(run)
    return kept or [_Run("", "", [part for run in runs for part in run.parts], ahead)]


def _direction(parts: list[Part], *, end: bool) -> np.ndarray:
    """The unit vector over the first or last `LOOK` metres of the parts."""
    xy = parts[-1].xy[::-1] if end else parts[0].xy
    along = np.append(0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
    at = min(LOOK, along[-1])
    step = np.array([np.interp(at, along, xy[:, 0]), np.interp(at, along, xy[:, 1])]) - xy[0]
    step = -step if end else step
    size = float(np.hypot(*step))
    return step / size if size else step


def _kind(before: np.ndarray | None, after: np.ndarray) -> str:
    if before is None:
        return "start"
    cross = before[0] * after[1] - before[1] * after[0]
    angle = float(np.degrees(np.arctan2(cross, before @ after)))
    if abs(angle) >= BACK:
        return "back"
    if abs(angle) <= STRAIGHT:
        return "straight"
    return "left" if angle > 0 else "right"
