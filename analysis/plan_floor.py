"""
The floor of attention: which neighborhoods somebody must visit this week, so that plans do not only feed on themselves.

Records show where trouble was reported, not where it is; so every neighborhood is visited once in so many weeks (13,
and sooner where residents feel least safe), whatever is expected there. One is due when this week is the last chance to
keep that. Those never visited are taken in turn, so many a week that all have had a visit before the floor's weeks are
over.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.plan_ground import Ground
from analysis.plan_stops import Areas, Candidates
from analysis.plan_types import Reason, Unreached
from analysis.safety import FLOOR_WEEKS


@dataclass(frozen=True, eq=False)
class Floor:
    """
    The neighborhoods under the floor, in order of their ids, and what is known of each.

    Attributes
    ----------
    ids : list of str
    unit_of : array of (leaves,) ints
        Position of the neighborhood that each leaf belongs to, -1 for none.
    since : list of int or None
        Weeks from the last visit to the week planned (1: last week); None where nobody has been yet.
    weeks : list of int
        One visit in so many weeks.
    harm : array of (neighborhoods,) floats
        Expected harm of the week.
    """

    ids: list[str]
    unit_of: np.ndarray
    since: list[int | None]
    weeks: list[int]
    harm: np.ndarray

    def of(self, leaves: np.ndarray) -> np.ndarray:
        """Position of the neighborhood of each leaf, -1 for none."""
        known = np.append(self.unit_of, -1)  # A leaf of -1 takes the last.
        return known[leaves]

    @property
    def a_week(self) -> int:
        """So many visits a week keep the floor everywhere, if they are spread evenly."""
        tight = sorted(set(self.weeks))
        return max((math.ceil(sum(w <= limit for w in self.weeks) / limit) for limit in tight), default=0)

    def due(self, reachable: np.ndarray) -> list[int]:
        """
        Tell who must be visited this week, the most pressing first.

        Parameters
        ----------
        reachable : array of (neighborhoods,) bools
            Which of them a walk can get to at all. Of those never visited, the others wait for no turn: they would
            keep it for good.

        Returns
        -------
        list of ints
            Those whose last chance this week is; more of them where too many others share a later last chance; and the
            next ones that nobody has visited yet, by expected harm.
        """
        seen = [unit for unit, since in enumerate(self.since) if since is not None]
        slack = {unit: self.weeks[unit] - (self.since[unit] or 0) for unit in seen}
        seen.sort(key=lambda unit: (slack[unit], -self.harm[unit], unit))
        within = [sum(slack[unit] <= k for unit in seen) - self.a_week * k for k in range(max(self.weeks, default=0))]
        never = [unit for unit, since in enumerate(self.since) if since is None and reachable[unit]]
        never.sort(key=lambda unit: (self.weeks[unit], -self.harm[unit], unit))
        return seen[: max(within, default=0)] + never[: self.a_week]

    def reasons(self, unit: int) -> tuple[Reason, ...]:
        """Why somebody comes: for how long nobody has, and whether residents feel least safe there."""
        since = self.since[unit]
        said: tuple[Reason, ...] = (("plan.reason.never_visited", {}),)
        if since is not None:
            said = (("plan.reason.not_visited", {"n": since - 1}),) if since > 1 else ()
        if self.weeks[unit] < FLOOR_WEEKS:
            said += (("plan.reason.least_safe", {"n": self.weeks[unit]}),)
        return said


def make_floor(
    ground: Ground,
    areas: Areas,
    *,
    unit_of: Mapping[str, str] | None,
    last_visit_weeks: Mapping[str, int | None],
    floor_weeks: Mapping[str, int],
) -> Floor:
    """
    Bring together what the floor needs.

    Parameters
    ----------
    unit_of : mapping of leaf to neighborhood, optional
        Each leaf stands for itself, if not given.
    last_visit_weeks : mapping of neighborhood to int or None
        Weeks from the last visit to the week planned; missing or None: never.
    floor_weeks : mapping of neighborhood to int
        One visit in so many weeks; a neighborhood that is not in it has no floor.
    """
    leaves = [str(leaf if unit_of is None else unit_of.get(leaf, leaf)) for leaf in areas.ids]
    ids = sorted(set(leaves) & set(floor_weeks))
    position = {unit: at for at, unit in enumerate(ids)}
    mine = np.array([position.get(unit, -1) for unit in leaves], dtype=np.int64)
    of_cell = np.append(mine, -1)[areas.index(ground.centers)]
    harm = np.bincount(of_cell[of_cell >= 0], weights=ground.harm[of_cell >= 0], minlength=len(ids))
    since = [last_visit_weeks.get(unit) for unit in ids]
    return Floor(ids, mine, since, [max(int(floor_weeks[unit]), 1) for unit in ids], np.round(harm, 9))


def reachable_units(floor: Floor, candidates: Candidates, alone: np.ndarray, minutes: float) -> np.ndarray:
    """Which neighborhoods hold a place that a walk of its own gets to and back within the minutes."""
    found = np.zeros(len(floor.ids), dtype=bool)
    units = floor.of(candidates.neighborhood)
    found[units[(units >= 0) & (alone <= minutes)]] = True
    return found


def visited_units(floor: Floor, areas: Areas, leaves: Iterable[str | None]) -> set[int]:
    """The neighborhoods of these leaves."""
    position = {leaf: at for at, leaf in enumerate(areas.ids)}
    at = np.array([position.get(str(leaf), -1) for leaf in leaves], dtype=np.int64)
    return set(floor.of(at).tolist()) - {-1}


def not_kept(
    floor: Floor,
    candidates: Candidates,
    alone: np.ndarray,
    further: list[tuple[int, ...]],
    *,
    due: list[int],
    walkers: int,
    walk_minutes: float,
) -> list[Unreached]:
    """
    Name the neighborhoods whose visit is due and that nobody gets to, each with what it would take.

    Parameters
    ----------
    further : list of tuples of ints
        Stops of the walks beyond the budget, in order of choice.
    due : list of ints
        Those without a stop or post.
    """
    units = floor.of(candidates.neighborhood)
    left, waiting = [], 0
    for unit in due:
        mine = np.flatnonzero(units == unit)
        nearest = float(alone[mine].min()) if len(mine) else math.inf
        facts = {"weeks": floor.weeks[unit]}
        if not walkers:
            reason: Reason = ("plan.unreached.due_no_walkers", facts)
        elif not math.isfinite(nearest):
            reason = ("plan.unreached.due_no_way", facts)
        elif nearest > walk_minutes:
            limit = math.floor(walk_minutes)
            reason = ("plan.unreached.due_too_far", facts | {"minutes": math.ceil(nearest), "limit": limit})
        else:
            # One walk more goes to it, since it is insisted on; where several wait, one each.
            waiting += 1
            by_chance = (n for n, stops in enumerate(further, start=1) if set(stops) & set(mine.tolist()))
            reason = ("plan.unreached.due_more_walks", facts | {"n": min(next(by_chance, waiting), waiting)})
        left.append(Unreached(None, floor.ids[unit], float(floor.harm[unit]), reason))
    return left
