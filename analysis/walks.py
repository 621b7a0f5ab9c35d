"""
Outreach walks: loops from a start over stops and back, worth the most within the minutes, dwell included.

An orienteering problem (Vansteenwegen, Souffriau & Van Oudheusden 2011, European Journal of Operational Research 209,
1–10). Where few stops are in reach it is solved exactly over all subsets; else by insertion, reordering and seeded
removal. Several walks are chosen one after the other, so that one walk more leaves the others as they are. How long a
way takes and what a stop is worth are the caller's; `analysis.plan` gives both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from typing import Any

import numpy as np

from analysis.walk_worth import Worth
from geo.checks import require_positive, require_same_shape

# With this many stops in reach or fewer, every subset is looked at; each one more doubles the work.
EXACT_STOPS = 10
# Up to this many stops the shortest order is found among all orders, else by reversing stretches.
ALL_ORDERS = 6
ROUNDS, SHORT_ROUNDS, LONG_SEARCHES = 300, 40, 3
# After this many rounds without a better loop the search goes on from the best one.
PATIENCE = 40
STILL_GOOD = 0.85
# A sum of legs and the length of the route laid along them may differ by rounding; a walk never uses this much.
SPARE_MINUTES = 1e-6


@dataclass(frozen=True)
class Loop:
    """One walk: the index of its start, its stops in order of visit, minutes (dwell included), and what it is worth."""

    start: int
    stops: tuple[int, ...]
    minutes: float
    prize: float


def choose_loops(
    from_start: np.ndarray,
    between: np.ndarray,
    dwell: np.ndarray,
    prize: np.ndarray,
    *,
    walks: int,
    budget: float,
    max_stops: int,
    seed: int,
    group: np.ndarray | None = None,
    bonus: float = 0.0,
    serves: np.ndarray | None = None,
) -> list[Loop]:
    """
    Choose walks one after the other, each from the start that makes it worth most; no two share a stop.

    Parameters
    ----------
    from_start : array of (starts, n) floats
        Minutes on foot from each start to each stop, the same back; infinite where there is no way.
    between : array of (n, n) floats
        Minutes on foot between stops, symmetric.
    dwell : array of (n,) floats
        Minutes spent at each stop.
    prize : array of (n,) floats ≥ 0
        What a visit is worth.
    walks : int
        How many, at most: a walk that would visit nothing ends the list.
    budget : float
        Minutes of a walk, dwell included, never exceeded.
    max_stops : int
        Stops of a walk, at most.
    seed : int
        Settles the search and the direction in which each loop is walked.
    group : array of (n,) ints, optional
        The neighborhood of each stop, -1 for none.
    bonus : float
        Extra worth of the best stop of each neighborhood that no walk before has visited.
    serves : array of (n,) ints, optional
        The neighborhood that must be visited this week which a stop serves, -1 for none. A walk that serves one more
        of them beats any other, whatever else they are worth; the minutes hold all the same.

    Returns
    -------
    list of Loop
        `prize` without the bonus.
    """
    require_same_shape(dwell=dwell, prize=prize)
    require_positive(budget=budget)
    group = np.full(len(prize), -1) if group is None else group
    free = np.ones(len(prize), dtype=bool)
    visited: set[int] = set()
    loops: list[Loop] = []
    seed %= 2**32  # A generator takes no negative seed.
    serves = np.full(len(prize), -1) if serves is None else serves.copy()
    # More than all the stops of any walk are worth together.
    premium = float(np.sort(prize + bonus)[::-1][:max_stops].sum()) + 1.0
    search = _Search(from_start, between, dwell, budget, max_stops, seed, premium, {})
    for number in range(walks):
        worth = np.where(free, prize + _first_visits(prize, free, group, visited) * bonus, 0.0)

        # A short search tells which starts are worth a long one.
        first = sorted(search.best(start, worth, serves, number, SHORT_ROUNDS) for start in range(len(from_start)))
        longer = [search.best(found[2], worth, serves, number, ROUNDS) for found in first[:LONG_SEARCHES] if found[3]]
        best = min(longer, default=None)
        if best is None:
            break
        _, minutes, start, stops = best
        if np.random.default_rng([seed, 7, number]).random() < 0.5:
            stops = stops[::-1]
        loops.append(Loop(start, stops, minutes, float(prize[list(stops)].sum())))
        free[list(stops)] = False
        visited.update(group[list(stops)].tolist())
        serves[np.isin(serves, serves[list(stops)])] = -1
    return loops


def best_loop(
    travel: np.ndarray,
    dwell: np.ndarray,
    prize: np.ndarray,
    *,
    budget: float,
    max_stops: int,
    rng: np.random.Generator,
    rounds: int = ROUNDS,
    exact_stops: int = EXACT_STOPS,
    serves: np.ndarray | None = None,
    premium: float = 0.0,
) -> tuple[int, ...]:
    """
    Find the stops of one loop, in order.

    Parameters
    ----------
    travel : array of (n + 1, n + 1) floats
        Minutes between places; row and column 0 are the start, k + 1 is stop k.
    dwell, prize : arrays of (n,) floats
        Minutes at, and worth of, each stop; stops worth nothing are never visited.
    budget, max_stops
        As in `choose_loops`.
    rng : numpy Generator
        Draws what the search takes out before it fills up again.
    rounds : int
        How often it does.
    exact_stops : int
        With this many stops in reach or fewer, the answer is the best of all subsets.
    serves, premium
        As in `choose_loops`: each neighborhood that the loop serves adds the premium to its worth, once.

    Returns
    -------
    tuple of ints
        Of loops worth the same, the shorter; empty if no stop can be visited within the budget.
    """
    budget = budget - SPARE_MINUTES
    alone = travel[0, 1:] + travel[1:, 0] + dwell
    near = np.flatnonzero((prize > 0) & (alone <= budget))
    if not len(near) or max_stops < 1:
        return ()
    places = np.r_[0, near + 1]
    small, stay = travel[np.ix_(places, places)], dwell[near]
    gain = Worth(prize[near], np.full(len(near), -1) if serves is None else serves[near], premium)
    if len(near) <= exact_stops:
        found = _exact(small, stay, gain, budget, max_stops)
    else:
        found = _searched(small, stay, gain, budget, max_stops, rng, rounds)
    return tuple(int(near[k]) for k in found)


@dataclass(frozen=True)
class _Search:
    """Loops from each start, kept for as long as they stay the best known."""

    from_start: np.ndarray
    between: np.ndarray
    dwell: np.ndarray
    budget: float
    max_stops: int
    seed: int
    premium: float
    # By start: the loop, what its stops were worth when it was found (each, and together), and after how many rounds.
    known: dict[int, tuple[tuple[int, ...], np.ndarray, float, int]]

    def best(
        self, start: int, worth: np.ndarray, serves: np.ndarray, number: int, rounds: int
    ) -> tuple[float, float, int, tuple[int, ...]]:
        """What the best loop is worth (negative, so that less is better), its minutes, the start, its stops."""
        gain = Worth(worth, serves, self.premium)
        stops, worth_then, total, searched = self.known.get(start, ((), worth[:0], 0.0, -1))
        same = np.array_equal(worth[list(stops)], worth_then) and gain.total(stops) == total
        # While none of its stops is taken or worth less, a loop stays the best: all others can only lose, too.
        if searched < rounds or not same:
            stops = best_loop(
                _with_start(self.from_start[start], self.between),
                self.dwell,
                worth,
                budget=self.budget,
                max_stops=self.max_stops,
                rng=np.random.default_rng([self.seed, start, number]),
                rounds=rounds,
                serves=serves,
                premium=self.premium,
            )
            self.known[start] = (stops, worth[list(stops)], gain.total(stops), rounds)
        minutes = loop_minutes(stops, self.from_start[start], self.between, self.dwell)
        return -gain.total(stops), minutes, start, stops


def loop_minutes(stops: Sequence[int], from_start: np.ndarray, between: np.ndarray, dwell: np.ndarray) -> float:
    """Minutes of a loop over these stops in this order, dwell included; 0 without stops."""
    if not len(stops):
        return 0.0
    at = np.asarray(stops)
    return float(from_start[at[0]] + between[at[:-1], at[1:]].sum() + from_start[at[-1]] + dwell[at].sum())


def _with_start(from_start: np.ndarray, between: np.ndarray) -> np.ndarray:
    travel = np.zeros((len(between) + 1,) * 2)
    travel[0, 1:] = travel[1:, 0] = from_start
    travel[1:, 1:] = between
    return travel


def _first_visits(prize: np.ndarray, free: np.ndarray, group: np.ndarray, visited: set[int]) -> np.ndarray:
    """1 at the most worthy free stop of each neighborhood without a visit, else 0."""
    first = np.zeros(len(prize))
    order = np.argsort(-prize, kind="stable")
    order = order[free[order] & (group[order] >= 0) & ~np.isin(group[order], list(visited))]
    first[order[np.unique(group[order], return_index=True)[1]]] = 1.0
    return first


def _exact(travel: np.ndarray, dwell: np.ndarray, gain: Worth, budget: float, max_stops: int) -> list[int]:
    """The best of all subsets, each in its shortest order (Held & Karp 1962)."""
    n = len(dwell)
    masks = np.arange(1 << n)
    member = (masks[:, None] >> np.arange(n)) & 1 == 1
    shortest = np.full((1 << n, n), np.inf)
    before = np.zeros((1 << n, n), dtype=np.int8)
    shortest[1 << np.arange(n), np.arange(n)] = travel[0, 1:]
    legs = travel[1:, 1:]
    for mask in range(1, 1 << n):
        outside = np.flatnonzero(~member[mask])
        reached = shortest[mask][:, None] + legs[:, outside]
        last = reached.argmin(axis=0)
        grown = mask | (1 << outside)
        value = reached[last, np.arange(len(outside))]
        better = value < shortest[grown, outside]
        shortest[grown[better], outside[better]] = value[better]
        before[grown[better], outside[better]] = last[better]
    minutes = (shortest + travel[1:, 0]).min(axis=1) + member @ dwell
    worth = np.where((minutes <= budget) & (member.sum(axis=1) <= max_stops), gain.of_sets(member), -1.0)
    worth[0] = 0.0
    mask = int(np.lexsort((masks, minutes, -worth))[0]) if worth.max() > 0 else 0
    order: list[int] = []
    at = int((shortest[mask] + travel[1:, 0]).argmin()) if mask else 0
    while mask:
        order.append(at)
        mask, at = mask & ~(1 << at), int(before[mask, at])
    return order[::-1]


def _searched(
    travel: np.ndarray,
    dwell: np.ndarray,
    gain: Worth,
    budget: float,
    max_stops: int,
    rng: np.random.Generator,
    rounds: int,
) -> list[int]:
    """Insertion, then: take some stops out at random, fill up again, keep what is worth more or takes less time."""
    best = _filled([], travel, dwell, gain, budget, max_stops, power=1.0, tabu=None)
    best_key = _key(best, travel, dwell, gain)
    for power in (0.5, 2.0, 4.0):
        route = _filled([], travel, dwell, gain, budget, max_stops, power=power, tabu=None)
        best, best_key = min((best_key, best), (_key(route, travel, dwell, gain), route))[::-1]
    route, key, idle = best, best_key, 0
    for _ in range(rounds):
        size = len(route)
        out = rng.integers(1, min(size, 4) + 1)
        gone = (rng.integers(size) + np.arange(out)) % size
        kept = [k for at, k in enumerate(route) if at not in gone]
        # Half of the time what was taken out may not come straight back, else the search circles round one answer.
        tabu = np.array(route)[gone] if rng.random() < 0.5 else None
        trial = _filled(
            kept, travel, dwell, gain, budget, max_stops, power=float(rng.choice([0.5, 1.0, 2.0, 4.0])), tabu=tabu
        )
        trial_key = _key(trial, travel, dwell, gain)
        # A somewhat worse loop is a fair place to go on from; the best is kept aside.
        if trial_key[0] <= key[0] * STILL_GOOD:
            route, key = trial, trial_key
        idle += 1
        if trial_key < best_key:
            best, best_key, idle = trial, trial_key, 0
        elif idle >= PATIENCE:
            route, key, idle = best, best_key, 0
    return best


def _key(route: list[int], travel: np.ndarray, dwell: np.ndarray, gain: Worth) -> tuple[float, float]:
    return -gain.total(route), _minutes(route, travel, dwell)


def _minutes(route: list[int], travel: np.ndarray, dwell: np.ndarray) -> float:
    stations = np.array([0, *(k + 1 for k in route), 0])
    return float(travel[stations[:-1], stations[1:]].sum() + dwell[route].sum())


def _filled(
    route: list[int],
    travel: np.ndarray,
    dwell: np.ndarray,
    gain: Worth,
    budget: float,
    max_stops: int,
    *,
    power: float,
    tabu: Any,
) -> list[int]:
    """Insert the stop with the best worth for its minutes until none fits, reordering after each."""
    route, blocked = list(route), np.zeros(len(dwell), dtype=bool)
    blocked[route] = True
    if tabu is not None:
        blocked[tabu] = True
    while len(route) < max_stops:
        stations = np.array([0, *(k + 1 for k in route), 0])
        a, b = stations[:-1], stations[1:]
        extra = (travel[a, 1:] + travel[b, 1:] - travel[a, b][:, None]) + dwell
        at = extra.argmin(axis=0)
        least = extra[at, np.arange(len(dwell))]
        fits = ~blocked & (_minutes(route, travel, dwell) + least <= budget)
        if not fits.any():
            break
        worth = gain.added(route) ** power
        stop = int(np.where(fits, worth / np.maximum(least, 1e-9), -1.0).argmax())
        route.insert(int(at[stop]), stop)
        blocked[stop] = True
        route = _reordered(route, travel)
    return route


@cache
def _orders(n: int) -> np.ndarray:
    """All orders of n stops that are not another's reverse."""
    return np.array([order for order in permutations(range(n)) if order[0] <= order[-1]])


def _reordered(route: list[int], travel: np.ndarray) -> list[int]:
    """The shortest order: exact for few stops, else no reversal of a stretch (2-opt) shortens it."""
    if len(route) < 3:
        return route
    if len(route) <= ALL_ORDERS:
        orders = np.array(route)[_orders(len(route))]
        stations = np.pad(orders + 1, ((0, 0), (1, 1)))
        return orders[travel[stations[:, :-1], stations[:, 1:]].sum(axis=1).argmin()].tolist()
    improved = True
    while improved:
        improved = False
        stations = np.array([0, *(k + 1 for k in route), 0])
        i, j = np.triu_indices(len(route), k=1)
        before = travel[stations[i], stations[i + 1]] + travel[stations[j + 1], stations[j + 2]]
        after = travel[stations[i], stations[j + 1]] + travel[stations[i + 1], stations[j + 2]]
        saved = before - after
        best = int(saved.argmax())
        if saved[best] > 1e-9:
            route[i[best] : j[best] + 1] = route[i[best] : j[best] + 1][::-1]
            improved = True
    return route
