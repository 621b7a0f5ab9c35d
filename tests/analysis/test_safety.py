"""Shares of shows of hands: published intervals, laws, and no area listed by chance or for being last."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from analysis.safety import (
    FLOOR_WEEKS,
    LEAST_ANSWERS,
    LEAST_SAFE_WEEKS,
    change,
    least_safe,
    newcombe,
    trend,
    trend_of_shares,
    wilson,
)
from geo.errors import InputError


@st.composite
def shares(draw, least: int = 1):
    answered = draw(st.integers(least, 300))
    return draw(st.integers(0, answered)), answered


@pytest.mark.parametrize(
    ("good", "answered", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_newcombe_prints_it(good, answered, low, high):
    # Newcombe (1998), Statist. Med. 17, 857–872, table I, method 3.
    assert wilson(good, answered) == pytest.approx((low, high), abs=5e-5)


def test_wilson_worked_by_hand():
    # 5 of 10 with z = 2: weight 0.4, middle (0.5 + 0.2) / 1.4 = 0.5, half 2 sqrt(0.025 + 0.01) / 1.4 = 0.26726.
    assert wilson(5, 10, z=2.0) == pytest.approx((0.23274, 0.76726), abs=1e-5)
    # None of 10 with z = 2: high = 0.4 / 1.4.
    assert wilson(0, 10, z=2.0) == pytest.approx((0.0, 2 / 7))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((48, 80), (56, 70), 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.1705, 0.8090),
        ((2, 7), (6, 7), 0.0582, 0.8062),
        ((0, 29), (5, 56), -0.0381, 0.1926),
        ((0, 20), (0, 10), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((0, 20), (10, 10), 0.6791, 1.0),
        ((0, 10), (10, 10), 0.6075, 1.0),
    ],
)
def test_differences_as_newcombe_prints_them(first, second, low, high):
    # Newcombe (1998), Statist. Med. 17, 873–890, table II, method 10, contrasts (a) to (h).
    assert newcombe(first, second) == pytest.approx((low, high), abs=5e-5)


@given(shares())
def test_an_interval_holds_its_share_within_0_and_1(share):
    low, high = wilson(*share)
    assert 0 <= low <= share[0] / share[1] <= high <= 1
    assert (low == 0) == (share[0] == 0)
    assert (high == 1) == (share[0] == share[1])


@given(shares())
def test_wilson_is_symmetric(share):
    good, answered = share
    low, high = wilson(good, answered)
    assert wilson(answered - good, answered) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(shares())
def test_one_more_good_answer_raises_both_ends(share):
    good, answered = share
    if good < answered:
        low, high = wilson(good, answered)
        more_low, more_high = wilson(good + 1, answered)
        assert more_low > low
        assert more_high > high


@given(shares(), st.integers(2, 9))
def test_more_hands_of_one_share_narrow_the_interval(share, times):
    low, high = wilson(*share)
    more_low, more_high = wilson(share[0] * times, share[1] * times)
    assert more_high - more_low < high - low


@given(shares(), shares())
def test_a_difference_turns_round_and_stays_within_bounds(first, second):
    low, high = newcombe(first, second)
    assert -1 <= low <= second[0] / second[1] - first[0] / first[1] <= high <= 1
    assert newcombe(second, first) == pytest.approx((-high, -low), abs=1e-12)


@pytest.mark.parametrize("bad", [(-1, 5), (6, 5), (0, 0)])
def test_counts_that_make_no_share_are_refused(bad):
    with pytest.raises(InputError, match="make no share"):
        wilson(*bad)


def test_a_change_is_called_only_beyond_its_interval():
    assert change((48, 80), (56, 70)).verdict == "rise"
    assert change((56, 70), (48, 80)).verdict == "fall"
    assert change((12, 20), (13, 20)).verdict == "chance"
    assert change((12, 20), (13, 20)).difference == pytest.approx(0.05)


def test_nine_answers_say_nothing():
    said = change((0, LEAST_ANSWERS - 1), (20, 20))
    assert (said.verdict, said.low) == ("unknown", None)


def test_the_trend_as_published():
    # Data of Graubard & Korn (1988): StatXact prints asymptotic p of 0.0882 (one-sided) with equally spaced scores and
    # 0.0078 (two-sided) with drinks a day.
    # Armitage (1955): carriers 19 of 516, 29 of 589, 24 of 293; chi-square for trend 7.19.
    _, p = trend_of_shares([1, 2, 3, 4, 5], [48, 38, 5, 1, 1], [17114, 14502, 793, 127, 38])
    assert p / 2 == pytest.approx(0.0882, abs=5e-5)
    _, p = trend_of_shares([0, 0.5, 1.5, 4, 8], [48, 38, 5, 1, 1], [17114, 14502, 793, 127, 38])
    assert p == pytest.approx(0.0078, abs=5e-5)
    slope, p = trend_of_shares([0, 1, 2], [19, 29, 24], [516, 589, 293])
    assert slope > 0
    assert p == pytest.approx(0.0073, abs=5e-5)


def evening(month, good, answered=40):
    return dt.date(2026, month, 5), good, answered


def test_a_steady_rise_is_a_trend_and_two_evenings_are_none():
    rise = [evening(1, 12), evening(4, 20), evening(7, 26), evening(10, 33)]
    assert trend(rise).verdict == "rise"
    assert trend(rise[::-1]) == trend(rise)
    assert trend(rise).per_year == pytest.approx(0.70, abs=0.03)
    assert trend([(day, 40 - good, n) for day, good, n in rise]).verdict == "fall"
    assert trend(rise[:2]).verdict == "unknown"
    assert trend([evening(1, 20), evening(4, 20), evening(7, 20)]).verdict == "chance"
    assert trend([evening(1, 40), evening(4, 40), evening(7, 40)]).p_value == 1.0


def test_too_few_answers_make_no_evening():
    assert trend([evening(1, 2, 9), evening(4, 20), evening(7, 30)]).verdict == "unknown"


def test_an_area_far_below_the_rest_gets_the_shorter_floor():
    city = {f"a{i}": (24, 30) for i in range(9)} | {"low": (9, 30)}
    found = least_safe(city)
    assert {area for area, safety in found.items() if safety.weeks == LEAST_SAFE_WEEKS} == {"low"}
    assert found["low"].rest == pytest.approx(0.8)
    assert list(found) == list(city)


def test_its_p_is_fishers():
    found = least_safe({"a": (9, 30), "b": (40, 60)})
    # Two areas: q of the lower is twice its p, at most the larger p.
    p = fisher_exact([[9, 21], [40, 20]], alternative="less").pvalue
    assert found["a"].q_value == pytest.approx(2 * p)


def test_nobody_is_listed_for_being_last():
    assert {a.weeks for a in least_safe({"a": (20, 30), "b": (21, 30), "c": (22, 30)}).values()} == {FLOOR_WEEKS}


def test_a_small_gap_proven_by_a_large_hall_is_not_clearly():
    found = least_safe({"a": (3500, 5000), "b": (3900, 5000)})
    assert found["a"].q_value < 1e-6
    assert found["a"].weeks == FLOOR_WEEKS


def test_too_few_answers_are_left_out_and_one_area_has_no_rest():
    assert set(least_safe({"a": (0, 9), "b": (20, 30)})) == {"b"}
    assert least_safe({"b": (2, 30)})["b"].weeks == FLOOR_WEEKS
    assert least_safe({}) == {}


@given(st.dictionaries(st.sampled_from("abcdefgh"), shares(least=0), max_size=8))
def test_every_area_has_one_of_two_floors_and_the_order_of_areas_changes_nothing(latest):
    found = least_safe(latest)
    assert all(safety.weeks in (LEAST_SAFE_WEEKS, FLOOR_WEEKS) for safety in found.values())
    assert least_safe(dict(reversed(latest.items()))) == found or len(found) == 1


def listed(rng, shares_of, runs=300):
    hits = np.zeros(len(shares_of))
    for _ in range(runs):
        n = rng.integers(15, 61, len(shares_of))
        good = rng.binomial(n, shares_of)
        found = least_safe({str(i): (int(good[i]), int(n[i])) for i in range(len(n))})
        hits += [found[str(i)].weeks == LEAST_SAFE_WEEKS for i in range(len(n))]
    return hits / runs


def test_alike_areas_are_listed_in_less_than_one_city_of_twenty():
    # Sum of shares of areas listed bounds the share of cities with any.
    assert listed(np.random.default_rng(8), np.full(15, 0.7)).sum() < 0.05


def test_a_gap_of_forty_points_is_mostly_found():
    assert listed(np.random.default_rng(8), np.array([0.35] + [0.75] * 14))[0] > 0.8
