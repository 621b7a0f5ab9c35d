"""Loops: as good as trying everything where that can be tried, and never a minute too long."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.walks import best_loop, choose_loops, loop_minutes


def instance(seed: int, n: int, side: float = 1500.0):
    """n stops at random around a start in the middle; minutes at 70 m a minute along lines 1.3 times longer."""
    rng = np.random.default_rng(seed)
    points = np.vstack([[side / 2, side / 2], rng.uniform(0, side, (n, 2))])
    travel = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) * 1.3 / 70
    return travel, rng.choice([12.0, 15.0], n), rng.gamma(0.7, 1.0, n)


def best_by_trying(travel, dwell, prize, budget, max_stops) -> float:
    best = 0.0
    for size in range(1, max_stops + 1):
        for chosen in combinations(range(len(dwell)), size):
            if prize[list(chosen)].sum() > best:
                least = min(loop_minutes(order, travel[0, 1:], travel[1:, 1:], dwell) for order in permutations(chosen))
                if least <= budget - 1e-6:
                    best = prize[list(chosen)].sum()
    return best


def on_a_line():
    """Start at 0, stops 10, 20 and 60 minutes along a road."""
    at = np.array([0.0, 10.0, 20.0, 60.0])
    return np.abs(at[:, None] - at[None]), np.full(3, 12.0), np.array([1.0, 1.0, 5.0])


def search(travel, dwell, prize, *, budget=90.0, max_stops=6, seed=0, **options):
    rng = np.random.default_rng(seed)
    return best_loop(travel, dwell, prize, budget=budget, max_stops=max_stops, rng=rng, **options)


@pytest.mark.parametrize("exact_stops", [0, 10])
@pytest.mark.parametrize(
    ("budget", "stops"),
    [
        (31, set()),  # the nearest takes 10 + 12 + 10
        (33, {0}),
        (65, {0, 1}),  # 20 + 24 + 20 = 64
        (133, {2}),  # 60 + 12 + 60 = 132 and 5 > 1 + 1
        (145, {0, 2}),  # 144; 0 and 1 are as good and as near, 0 stands earlier
        (157, {0, 1, 2}),
    ],
)
def test_stops_along_a_road_worked_by_hand(budget, stops, exact_stops):
    travel, dwell, prize = on_a_line()
    found = search(travel, dwell, prize, budget=budget, exact_stops=exact_stops)
    assert set(found) == stops or (budget == 145 and set(found) == {1, 2})


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("exact_stops", [0, 10])
def test_a_walk_is_the_best_of_all_walks_over_eight_stops(seed, exact_stops):
    travel, dwell, prize = instance(seed, 8)
    found = search(travel, dwell, prize, budget=80, max_stops=5, exact_stops=exact_stops)
    assert prize[list(found)].sum() == pytest.approx(best_by_trying(travel, dwell, prize, 80, 5))


@pytest.mark.parametrize("seed", range(40))
def test_the_search_finds_what_trying_all_subsets_of_twelve_finds(seed):
    travel, dwell, prize = instance(seed, 12)
    searched, exact = (search(travel, dwell, prize, seed=seed, exact_stops=limit) for limit in (0, 12))
    assert prize[list(searched)].sum() == pytest.approx(prize[list(exact)].sum())


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 30),
    budget=st.floats(5, 240),
    max_stops=st.integers(1, 9),
    cut=st.floats(0, 0.5),
)
def test_minutes_and_stops_never_exceed_what_was_asked(seed, n, budget, max_stops, cut):
    travel, dwell, prize = instance(seed, n)
    # Some places cannot be reached from one another at all.
    island = np.random.default_rng(seed).random(n + 1) < cut
    travel = np.where(island[:, None] == island[None], travel, np.inf)
    loops = choose_loops(
        travel[:1, 1:], travel[1:, 1:], dwell, prize, walks=3, budget=budget, max_stops=max_stops, seed=seed
    )
    for loop in loops:
        assert loop.minutes <= budget
        assert loop.minutes == pytest.approx(loop_minutes(loop.stops, travel[0, 1:], travel[1:, 1:], dwell))
        assert 1 <= len(loop.stops) <= max_stops
    visited = [stop for loop in loops for stop in loop.stops]
    assert len(visited) == len(set(visited))


def test_one_walker_more_leaves_the_other_walks_as_they_are():
    travel, dwell, prize = instance(5, 40, side=3000)
    starts = travel[[0, 7], 1:]
    few, more = (
        choose_loops(starts, travel[1:, 1:], dwell, prize, walks=walks, budget=90, max_stops=6, seed=3)
        for walks in (2, 3)
    )
    assert more[:2] == few
    assert len(more) == 3


def test_walks_begin_where_they_are_worth_most():
    travel = np.full((2, 2), 1.0)
    loops = choose_loops(
        np.array([[30.0, 2.0], [2.0, 30.0]]), travel, np.full(2, 12.0), np.array([1.0, 3.0]),
        walks=2, budget=20, max_stops=6, seed=0,
    )  # fmt: skip
    assert [(loop.start, loop.stops) for loop in loops] == [(0, (1,)), (1, (0,))]


def test_the_first_visit_of_a_neighborhood_is_worth_a_detour():
    # Two rich stops in neighborhood 0, a poor one in neighborhood 1; two stops fit.
    travel, dwell = np.full((3, 3), 5.0), np.full(3, 12.0)
    np.fill_diagonal(travel, 0)
    options = {"walks": 1, "budget": 45, "max_stops": 6, "seed": 0, "group": np.array([0, 0, 1])}
    prize = np.array([3.0, 2.0, 1.5])
    without = choose_loops(np.full((1, 3), 5.0), travel, dwell, prize, **options)
    bonus = choose_loops(np.full((1, 3), 5.0), travel, dwell, prize, bonus=1.0, **options)
    assert set(without[0].stops) == {0, 1}
    assert set(bonus[0].stops) == {0, 2}
    assert bonus[0].prize == 4.5  # the bonus steers, it is not counted


def test_a_seed_turns_a_walk_round_but_costs_nothing():
    travel, dwell, prize = instance(2, 9)
    orders = {
        choose_loops(travel[:1, 1:], travel[1:, 1:], dwell, prize, walks=1, budget=90, max_stops=6, seed=seed)[0]
        for seed in range(8)
    }
    assert len({loop.stops for loop in orders}) == 2
    assert len({frozenset(loop.stops) for loop in orders}) == 1


def test_the_same_seed_gives_the_same_walks():
    travel, dwell, prize = instance(9, 60, side=3000)
    first, second = (
        choose_loops(travel[:1, 1:], travel[1:, 1:], dwell, prize, walks=4, budget=120, max_stops=7, seed=1)
        for _ in range(2)
    )
    assert first == second


def test_a_long_walk_does_not_cross_itself():
    # Ten stops on a circle around the start: the shortest order goes round.
    angle = 2 * np.pi * np.arange(10) / 10
    points = np.vstack([[0, 0], np.column_stack([np.cos(angle), np.sin(angle)])]) * 10
    travel = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    found = search(travel, np.ones(10), np.ones(10), budget=200, max_stops=10, exact_stops=0)
    steps = np.diff(np.array([*found]))
    assert set(np.abs(steps) % 10) <= {1, 9}


def test_nothing_within_the_minutes_gives_no_walk():
    travel, dwell, prize = instance(1, 5)
    assert search(travel, dwell, prize, budget=10) == ()
    assert choose_loops(travel[:1, 1:], travel[1:, 1:], dwell, prize, walks=2, budget=10, max_stops=6, seed=0) == []
