"""Scores: published values, ties, cells cut by the edge, and ranges that hold exactly as often as they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.scores import log_score, range_cover, score_area
from geo.errors import InputError


def test_pai_and_pei_of_three_equal_cells():
    # Observed 6, 3, 0 and predicted 3, 2, 1 on equal areas: cumulated PAI 2, 1.5, 1 and PEI 1, 1, 1.
    scores = score_area([3, 2, 1], [6, 3, 0], [1 / 3, 2 / 3, 1])
    assert [score.pai for score in scores] == pytest.approx([2, 1.5, 1])
    assert [score.pei for score in scores] == pytest.approx([1, 1, 1])
    assert [score.hit_rate for score in scores] == pytest.approx([6 / 9, 1, 1])


def test_a_cell_cut_by_the_edge_counts_in_part():
    half = score_area([3, 2, 1], [6, 3, 0], [0.5])[0]
    assert half.hits == pytest.approx(6 + 1.5)  # 1.5 cells: the first and half of the second
    assert half.best == pytest.approx(7.5)


def test_equal_cells_share_the_place_they_take():
    # Four cells tie for the second place of five; 2 of 5 cells are named: the first, and a quarter of the four.
    score = score_area([9, 1, 1, 1, 1], [2, 0, 8, 0, 0], [0.4])[0]
    assert score.hits == pytest.approx(2 + 8 / 4)
    assert score.best == pytest.approx(10)
    assert score.pei == pytest.approx(0.4)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=30), st.randoms())
def test_no_order_of_cells_changes_a_score(cells, random):
    shuffled = random.sample(cells, len(cells))
    for score, again in zip(*(score_area(*np.array(c, dtype=float).T) for c in (cells, shuffled)), strict=True):
        assert score.hits == pytest.approx(again.hits)
        assert 0 <= score.hits <= score.best + 1e-9 <= score.events + 2e-9


def test_no_events_give_no_rate():
    score = score_area([1, 2], [0, 0])[0]
    assert np.isnan([score.hit_rate, score.pai, score.pei, log_score(np.ones(2), np.zeros(2))]).all()


def test_log_score_is_bits_over_the_same_everywhere():
    assert log_score(np.ones(8), np.arange(8)) == pytest.approx(0)
    assert log_score([4, 2, 1, 1], [3, 1, 0, 0]) == pytest.approx((3 * 1 + 1 * 0) / 4)  # 4/8 of 4 cells: one bit
    assert log_score([1, 0], [0, 1]) == -np.inf


@pytest.mark.parametrize(("mean", "size"), [(0.3, 1e9), (2.0, 0.7), (40.0, 5.0)])
def test_ranges_of_true_distributions_hold_exactly_as_promised(mean, size):
    rng = np.random.default_rng(1)
    n = 40_000
    found = rng.poisson(mean * (rng.gamma(size, 1 / size, n) if size < 1e6 else 1.0), n)
    cover = range_cover(found, np.full(n, mean), np.full(n, size))
    assert cover.mean() == pytest.approx(0.8, abs=0.01)
    assert ((cover >= 0) & (cover <= 1)).all()


def test_counts_and_map_must_have_one_shape():
    with pytest.raises(InputError, match="must have the same shape"):
        score_area([1, 2, 3], [1, 2])
