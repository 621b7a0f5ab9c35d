"""The ground a plan stands on: where one can stop or stand, how far it is on foot, and what makes a plan impossible."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

from analysis.plan_types import Reason, StartPoint
from analysis.sites import straight_coverage, walking_coverage
from geo.errors import InputError

FARTHEST_START_M = 500.0
MOVED_SAID_M = 50.0  # metres to the nearest street one can reach from which it is said
# Without streets nothing tells where one can walk; a start this far from every cell is surely a slip.
FARTHEST_START_WITHOUT_STREETS_M = 5000.0
# A larger pool of places is first thinned to those in the cells with most harm.
LARGEST_POOL = 20_000
# A cell is cut into so many parts a side to tell which share of it lies within a radius.
PARTS = 4


@dataclass(frozen=True, eq=False)
class Ground:
    """
    Cells with what the week is expected to bring, and the places people can stand at.

    `cells` are the forecast's, `network` is None without streets: ways are then straight lines times `detour`.
    `forbidden` is an area where no stop and no post may be; walking through it is left to the people.
    """

    cells: pd.DataFrame
    network: Any
    detour: float
    forbidden: Any

    @cached_property
    def centers(self) -> np.ndarray:
        """Centers of the cells, (n, 2)."""
        return self.cells[["x", "y"]].to_numpy(dtype=float)

    @cached_property
    def harm(self) -> np.ndarray:
        """Expected harm of the week per cell."""
        return self.cells["expected_harm"].to_numpy(dtype=float)

    @cached_property
    def events(self) -> np.ndarray:
        """Expected events of the week per cell."""
        return self.cells["expected"].to_numpy(dtype=float)

    @cached_property
    def tree(self) -> cKDTree:
        """The cells' centers, searchable."""
        return cKDTree(self.centers)

    @cached_property
    def cell_size(self) -> float:
        """Side of a cell in metres, told from the centers."""
        steps = np.concatenate([np.diff(np.unique(self.centers[:, axis])) for axis in (0, 1)])
        return float(steps.min()) if len(steps) else 100.0

    @cached_property
    def crossings(self) -> np.ndarray:
        """The crossings of the streets, (n, 2); all their ends where they have none."""
        crossings = self.network.crossings()[["x", "y"]].to_numpy(dtype=float).reshape(-1, 2)
        return crossings if len(crossings) else np.column_stack([self.network.node_x, self.network.node_y])

    @cached_property
    def pool(self) -> np.ndarray:
        """Places to stand at, (n, 2): crossings within the area, or cell centers; none in the forbidden area."""
        if self.network is None:
            places = self.centers
        else:
            places = self.crossings
        distance, cell = self.tree.query(places) if len(places) else (np.zeros(0), np.zeros(0, dtype=int))
        kept = self.allowed(places) & (distance <= self.cell_size)
        places, cell = places[kept], cell[kept]
        if len(places) > LARGEST_POOL:
            most = np.argsort(-self.harm[cell], kind="stable")[:LARGEST_POOL]
            places = places[np.sort(most)]
        return places

    def allowed(self, places: np.ndarray) -> np.ndarray:
        """Which places lie outside the forbidden area."""
        if self.forbidden is None or not len(places):
            return np.ones(len(places), dtype=bool)
        return ~shapely.intersects_xy(self.forbidden, places[:, 0], places[:, 1])

    def coverage(self, places: np.ndarray, reach: float) -> sparse.csr_matrix:
        """Which cells are within `reach` metres on foot of which place."""
        if self.network is None:
            return straight_coverage(places, self.centers, reach=reach, detour=self.detour)
        return walking_coverage(self.network, places, self.centers, reach=reach)

    def shares_near(self, places: np.ndarray, radius: float | np.ndarray) -> sparse.csr_matrix:
        """
        Tell what share of each cell lies within `radius` metres of each place in a straight line, (places, cells).

        A stop's radius is hardly longer than a cell is wide: whole cells would credit it with what happens 150 m off.
        """
        radius = np.broadcast_to(np.asarray(radius, dtype=float), len(places))
        near = self.tree.query_ball_point(places, radius + self.cell_size * np.sqrt(0.5), return_sorted=True)
        place = np.repeat(np.arange(len(places)), [len(cells) for cells in near])
        cell = np.array([one for cells in near for one in cells], dtype=np.int64)
        away = self.centers[cell] - places[place] if len(cell) else np.zeros((0, 2))
        step = self.cell_size * (np.arange(PARTS) - (PARTS - 1) / 2) / PARTS
        squared = ((away[:, :1] + step) ** 2)[:, :, None] + ((away[:, 1:] + step) ** 2)[:, None, :]
        share = (squared <= (radius[place] ** 2)[:, None, None]).mean(axis=(1, 2))
        kept = share > 0
        shape = (len(places), len(self.centers))
        return sparse.csr_matrix((share[kept], (place[kept], cell[kept])), shape=shape)

    def worth_near(self, places: np.ndarray, radius: float) -> np.ndarray:
        """Expected harm within `radius` metres of each place in a straight line: a first look, before any walking."""
        return self.shares_near(places, radius) @ self.harm

    def metres(self, sources: np.ndarray, targets: np.ndarray, limit: float | None = None) -> np.ndarray:
        """Metres on foot between places, (n, m); infinite where there is no way, or none within `limit`."""
        if not len(sources) or not len(targets):
            return np.zeros((len(sources), len(targets)))
        if self.network is not None:
            return np.asarray(self.network.distances(sources, targets, limit=limit), dtype=float)
        straight = np.hypot(*(sources[:, None, :] - targets[None, :, :]).transpose(2, 0, 1)) * self.detour
        return straight if limit is None else np.where(straight <= limit, straight, np.inf)

    def moved(self, places: np.ndarray) -> np.ndarray:
        """How far each place lies from the nearest street one can walk on; 0 without streets."""
        if self.network is None or not len(places):
            return np.zeros(len(places))
        return np.asarray(self.network.snap(places[:, 0], places[:, 1]).moved_m, dtype=float).reshape(-1)


def require_budget(walkers: int, walk_minutes: float, watches: int, watch_hours: float) -> None:
    """Raise InputError unless the budget holds something and nothing in it is negative."""
    for name, value in (("walkers", walkers), ("watches", watches)):
        if value < 0:
            raise InputError(
                f"The number of {name} must not be negative; it is {value}.",
                remedy="Give 0 or more.",
                key=f"plan.negative_{name}",
                value=value,
            )
    if walkers == 0 and watches == 0:
        raise InputError(
            "The budget is empty: no walkers and no watches.",
            remedy="Give at least one walk or one watch.",
            key="plan.budget_empty",
        )
    if walkers and not walk_minutes > 0:
        raise InputError(
            f"A walk must last longer than 0 minutes; it is {walk_minutes:g}.",
            remedy="Give the minutes of a walk, 60 to 120 as a rule.",
            key="plan.walk_minutes",
            value=walk_minutes,
        )
    if watches and not 0 < watch_hours <= 12:
        raise InputError(
            f"A watch must last between 0 and 12 hours; it is {watch_hours:g}.",
            remedy="Give the hours of a watch, 2 as a rule.",
            key="plan.watch_hours",
            value=watch_hours,
        )


def require_expected(ground: Ground) -> None:
    """Raise InputError if nothing is expected anywhere: there is then nothing to plan by."""
    if not len(ground.cells) or not ground.harm.sum() > 0:
        raise InputError(
            "Nothing is expected anywhere in the week, so nothing can be planned by it.",
            remedy="Import events of the past months, or drop the filter on layers and categories.",
            key="plan.nothing_expected",
        )


def require_reach(ground: Ground, reach: float) -> None:
    """Raise InputError unless the reach is above zero and shorter than the city is wide."""
    width = float(np.ptp(ground.centers, axis=0).max() + ground.cell_size)
    if not 0 < reach < width:
        raise InputError(
            f"The reach of a post must lie between 0 m and the width of the area, {width:.0f} m; it is {reach:g} m.",
            remedy="Give 150 to 250 m, as far as one can see and hear.",
            key="plan.reach",
            reach=reach,
            width=width,
        )


def require_overlap(ground: Ground) -> None:
    """Raise InputError if no crossing of the streets lies in the area."""
    if ground.network is None:
        return
    if ground.tree.query(ground.crossings)[0].min() > ground.cell_size:
        raise InputError(
            "The streets and the area do not overlap: no crossing lies in it.",
            remedy="Import the streets of this city, or check the coordinate system of both files.",
            key="plan.streets_elsewhere",
        )


def require_room(ground: Ground) -> None:
    """Raise InputError if the forbidden area leaves no place to stand at."""
    if not len(ground.pool):
        raise InputError(
            "The forbidden area leaves no place for a post or a stop.",
            remedy="Make the forbidden area smaller.",
            key="plan.forbidden_all",
        )


def require_fixed_inside(ground: Ground, fixed: np.ndarray) -> None:
    """Raise InputError if a fixed post lies outside the area, or in the forbidden area."""
    if not len(fixed):
        return
    away = ground.tree.query(fixed)[0]
    for number, (distance, allowed) in enumerate(zip(away, ground.allowed(fixed), strict=True), start=1):
        if distance > ground.cell_size:
            metres = round(float(distance - ground.cell_size / 2))
            raise InputError(
                f"Fixed post {number} lies outside the area, {metres} m from it.",
                remedy="Move it into the area, or take it out.",
                key="plan.fixed_outside",
                number=number,
                metres=metres,
            )
        if not allowed:
            raise InputError(
                f"Fixed post {number} lies in the forbidden area.",
                remedy="Move the post, or change the forbidden area.",
                key="plan.fixed_forbidden",
                number=number,
            )


def require_starts(ground: Ground, starts: Sequence[StartPoint]) -> None:
    """Raise InputError if a start lies more than 500 m from the streets, or far outside the area."""
    if not starts:
        return
    places = np.array([[start.x, start.y] for start in starts], dtype=float)
    streets = ground.network is not None
    away = ground.moved(places) if streets else ground.tree.query(places)[0]
    limit = FARTHEST_START_M if streets else FARTHEST_START_WITHOUT_STREETS_M
    for number, (start, distance) in enumerate(zip(starts, away, strict=True), start=1):
        if not distance <= limit:
            what = "the streets" if streets else "the area"
            raise InputError(
                f"Start {number} {start.name!r} lies {distance:.0f} m from {what}.",
                remedy='Give it as "lon,lat" inside the city, longitude first.',
                key="plan.start_off_streets" if streets else "plan.start_outside",
                number=number,
                name=start.name,
                metres=round(float(distance)) if np.isfinite(distance) else -1,
            )


def moved_far(ground: Ground, starts: Sequence[StartPoint], fixed: np.ndarray) -> tuple[Reason, ...]:
    """What lies far from the streets one can reach though it was given: each start and fixed post, with the metres."""
    said: list[Reason] = []
    places = np.array([[start.x, start.y] for start in starts], dtype=float).reshape(-1, 2)
    for key, given in (("plan.note.start_moved", places), ("plan.note.post_moved", fixed)):
        away = ground.moved(given)
        far = np.flatnonzero(away > MOVED_SAID_M)
        said += [(key, {"number": int(at) + 1, "metres": round(float(away[at]))}) for at in far]
    return tuple(said)
