"""Exact tests agree with published values, with scipy's distributions and with sums done by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.exact import conditional_test, count_range, e_test, false_discovery, upper_tail
from geo.errors import InputError


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 60), st.floats(0.001, 40), st.floats(0.1, 500))
def test_the_tail_is_that_of_the_negative_binomial(count, mean, size):
    expected = stats.nbinom.sf(count - 1, size, size / (size + mean))
    assert upper_tail(count, mean, size) == pytest.approx(expected, rel=1e-7, abs=1e-300)


@pytest.mark.parametrize(("count", "mean"), [(1, 0.3), (5, 0.3), (14, 2.1), (30, 0.5), (120, 100.0)])
def test_without_dispersion_it_is_the_poisson_tail_down_to_its_smallest_digits(count, mean):
    assert upper_tail(count, mean, np.inf) == pytest.approx(stats.poisson.sf(count - 1, mean), rel=1e-9)


def test_nothing_is_certain_and_something_from_nothing_is_impossible():
    assert upper_tail([0, 3], [0.0, 0.0], [1.0, 1.0]).tolist() == [1.0, 0.0]


def test_false_discovery_by_hand():
    # 0.01·4/1, 0.02·4/2, 0.03·4/3, 0.5·4/4; each takes the least from there on.
    assert false_discovery(np.array([0.5, 0.01, 0.03, 0.02])) == pytest.approx([0.5, 0.04, 0.04, 0.04])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_false_discovery_is_scipys(p_values):
    assert false_discovery(np.array(p_values)) == pytest.approx(stats.false_discovery_control(p_values), abs=1e-12)


@pytest.mark.parametrize(("first", "second", "p"), [(0, 3, 0.0884), (6, 2, 0.1749), (10, 5, 0.2062)])
def test_the_e_test_gives_the_published_values(first, second, p):
    assert e_test(first, second) == pytest.approx(p, abs=5e-5)
    assert e_test(second, first) == pytest.approx(p, abs=5e-5)


def test_the_conditional_test_by_hand():
    # 4 against 0: all four in the first half has probability 1/16, twice that is 1/8.
    assert conditional_test(4, 0) == pytest.approx(0.125)
    assert conditional_test(0, 4) == pytest.approx(0.125)
    assert conditional_test(2, 2) == 1.0
    assert conditional_test(0, 0) == 1.0
    # With one quarter of the exposure, 2 of 2 has probability 1/16.
    assert conditional_test(2, 0, 1, 3) == pytest.approx(0.125)


def test_a_doubling_from_two_to_four_is_chance_and_from_200_to_400_is_not():
    assert conditional_test(4, 2) > 0.6
    assert conditional_test(400, 200) < 1e-14


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 300), st.floats(1.0, 5.0))
def test_ranges_are_the_quantiles_of_scipy(mean, ratio):
    variance = mean * ratio
    low, high = count_range(np.array([mean]), np.array([variance]))
    if ratio > 1.001:
        size = mean**2 / (variance - mean)
        expected = stats.nbinom.ppf([0.1, 0.9], size, size / (size + mean))
        assert [low[0], high[0]] == expected.tolist()
    assert low[0] <= mean + 1 <= high[0] + 2


def test_a_poisson_range_and_the_range_of_nothing():
    low, high = count_range(np.array([5.8, 0.0]), np.array([5.8, 0.0]))
    assert (low[0], high[0]) == (3, 9)
    assert (low[1], high[1]) == (0, 0)


def test_an_exposure_must_be_positive():
    with pytest.raises(InputError, match="must be above zero"):
        conditional_test(1, 1, 0, 1)
