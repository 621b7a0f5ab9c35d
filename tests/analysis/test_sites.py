"""Covering: as good as trying everything, never above its bound, and apart as asked."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.ndimage import gaussian_filter
from shapely.geometry import LineString

from analysis.network import Network
from analysis.sites import (
    choose_sites,
    greedy_sites,
    pairs_nearer_than,
    straight_coverage,
    walking_coverage,
)
from geo.errors import InputError


def table(rows: list[list[int]]) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.array(rows, dtype=bool))


def best_by_trying(covers, demand, budget, apart) -> float:
    """The most that any allowed choice covers, by trying all."""
    dense, rivals = covers.toarray(), {tuple(pair) for pair in apart.tolist()}
    best = 0.0
    for size in range(budget + 1):
        for chosen in combinations(range(len(dense)), size):
            if not any(pair in rivals for pair in combinations(chosen, 2)):
                best = max(best, demand[dense[list(chosen)].any(axis=0)].sum() if chosen else 0.0)
    return best


def instance(seed: int, n: int = 9, cells: int = 60):
    rng = np.random.default_rng(seed)
    places, centers = rng.uniform(0, 1000, (n, 2)), rng.uniform(0, 1000, (cells, 2))
    demand = np.where(rng.random(cells) < 0.3, 0.0, rng.gamma(0.5, 2.0, cells))
    return straight_coverage(places, centers, reach=260, detour=1.3), demand, pairs_nearer_than(places, 300)


@pytest.mark.parametrize("seed", range(25))
def test_the_choice_is_the_best_of_all_choices(seed):
    covers, demand, apart = instance(seed)
    sites = choose_sites(covers, demand, budget=3, apart=apart)
    assert sites.covered == pytest.approx(best_by_trying(covers, demand, 3, apart), rel=2e-4)
    assert demand[covers.toarray()[list(sites.order)].any(axis=0)].sum() == pytest.approx(sites.covered)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), budget=st.integers(1, 5))
def test_greedy_is_never_better_and_both_keep_their_bound_and_the_spacing(seed, budget):
    covers, demand, apart = instance(seed)
    exact = choose_sites(covers, demand, budget=budget, apart=apart)
    greedy = greedy_sites(covers, demand, budget=budget, apart=apart)
    best = best_by_trying(covers, demand, budget, apart)
    assert greedy.covered <= exact.covered + 1e-9
    assert exact.covered <= best + 1e-9 <= exact.bound + 2e-9
    assert best <= greedy.bound + 1e-9
    for sites in (exact, greedy):
        assert len(sites.order) <= budget
        assert not {tuple(pair) for pair in apart.tolist()} & set(combinations(sorted(sites.order), 2))


def test_where_the_best_first_post_spoils_the_best_pair():
    # Candidate 0 alone covers most (4), but 1 and 2 together cover all 6.
    covers = table([[0, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
    demand = np.ones(6)
    assert choose_sites(covers, demand, budget=2).covered == 6
    assert greedy_sites(covers, demand, budget=2).covered == 5
    assert choose_sites(covers, demand, budget=2).bound == pytest.approx(6)


def test_a_cell_counts_once_whoever_covers_it():
    sites = choose_sites(table([[1, 1, 0], [0, 1, 1]]), np.array([1.0, 5.0, 2.0]), budget=2)
    assert sites.covered == 8
    assert sites.order == (1, 0)  # 7 first, then the 1 that is left


def test_among_equals_the_earlier_candidate_stands():
    covers, demand = table([[1, 0], [0, 1], [1, 0], [0, 1]]), np.ones(2)
    assert choose_sites(covers, demand, budget=1).order == (0,)
    assert set(choose_sites(covers, demand, budget=2).order) == {0, 1}


def test_a_post_that_adds_nothing_is_not_set():
    assert choose_sites(table([[1], [1]]), np.ones(1), budget=2).order == (0,)
    nothing = choose_sites(table([[1], [1]]), np.zeros(1), budget=2)
    assert (nothing.order, nothing.covered, nothing.bound) == ((), 0.0, 0.0)


def test_no_candidates_give_no_posts():
    assert choose_sites(sparse.csr_matrix((0, 4), dtype=bool), np.ones(4), budget=2).order == ()


def test_a_fixed_post_stays_and_keeps_others_at_a_distance():
    covers, demand = table([[1, 0, 0], [0, 1, 0], [0, 0, 1]]), np.array([0.0, 5.0, 1.0])
    sites = choose_sites(covers, demand, budget=2, apart=np.array([[0, 1]]), fixed=[0])
    assert set(sites.order) == {0, 2}


def test_two_fixed_posts_may_stand_close():
    sites = choose_sites(table([[1, 0], [0, 1]]), np.ones(2), budget=2, apart=np.array([[0, 1]]), fixed=[0, 1])
    assert set(sites.order) == {0, 1}


def test_more_fixed_posts_than_the_budget_holds_are_refused():
    with pytest.raises(InputError, match="2 posts are fixed, but the budget holds 1"):
        choose_sites(table([[1, 0], [0, 1]]), np.ones(2), budget=1, fixed=[0, 1])


def test_splitting_cells_changes_nothing():
    covers, demand, apart = instance(3)
    split = choose_sites(
        sparse.hstack([covers, covers], format="csr"), np.r_[demand / 4, demand * 3 / 4], budget=3, apart=apart
    )
    assert split.covered == pytest.approx(choose_sites(covers, demand, budget=3, apart=apart).covered)


def test_posts_exactly_at_the_spacing_are_far_enough():
    places = np.array([[0.0, 0.0], [300.0, 0.0], [599.9, 0.0]])
    assert pairs_nearer_than(places, 300).tolist() == [[1, 2]]


def test_a_straight_line_is_multiplied_by_the_detour():
    cells = np.array([[100.0, 0.0], [153.0, 0.0], [154.0, 0.0]])
    covers = straight_coverage(np.zeros((1, 2)), cells, reach=200, detour=1.3)  # 200 / 1.3 = 153.8
    assert covers.toarray().tolist() == [[True, True, False]]


def test_what_lies_across_a_river_without_a_bridge_is_not_covered():
    # Two streets 60 m apart, joined only 400 m to the east.
    lines = [
        LineString([(0, 0), (400, 0)]),
        LineString([(400, 0), (400, 60)]),
        LineString([(400, 60), (0, 60)]),
    ]
    streets = gpd.GeoDataFrame(
        {"name": "", "name_en": "", "walkable": True, "u": [0, 1, 2], "v": [1, 2, 3]}, geometry=lines, crs="EPSG:32650"
    )
    network = Network.from_streets(streets)
    covers = walking_coverage(network, np.array([[0.0, 0.0]]), np.array([[150.0, 0.0], [0.0, 60.0]]), reach=200)
    assert covers.toarray().tolist() == [[True, False]]


def test_the_same_question_has_the_same_answer():
    covers, demand, apart = instance(11, n=60, cells=400)
    first, second = (choose_sites(covers, demand, budget=6, apart=apart) for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_twenty_of_two_thousand_over_37_thousand_cells_are_all_but_proved_best():
    rng = np.random.default_rng(0)
    column, row = np.meshgrid(np.arange(200), np.arange(185))
    cells = np.column_stack([column.ravel(), row.ravel()]) * 100.0 + 50
    demand = np.zeros((185, 200))
    np.add.at(demand, (rng.integers(0, 185, 60), rng.integers(0, 200, 60)), rng.gamma(1.0, 30.0, 60))
    demand = (gaussian_filter(demand, 2) + 0.3 * gaussian_filter(rng.gamma(0.05, 1.0, (185, 200)), 1)).ravel()
    places = rng.uniform(0, (20_000, 18_500), (30_000, 2))
    most = np.argsort(-(straight_coverage(places, cells, reach=200, detour=1) @ demand), kind="stable")[:2000]
    covers = straight_coverage(places[most], cells, reach=200, detour=1.3)
    sites = choose_sites(covers, demand, budget=20, apart=pairs_nearer_than(places[most], 300))
    assert sites.method == "exact"
    assert sites.covered <= sites.bound <= sites.covered * 1.0002
