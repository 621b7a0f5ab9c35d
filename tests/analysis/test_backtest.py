"""The backtest walks forward, looks at nothing later, chooses honestly and says what it cannot test."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from analysis.backtest import METHODS, MIXTURE, SIMPLE, backtest
from analysis.ceiling import Pair, find_ceiling
from analysis.scores import COVERAGES
from geo.errors import InputError
from tests.analysis.worlds import AS_OF, ZONE, joined, make_events, planted, scattered, square_city

# Whole runs: `make test` has them, `make check` leaves them out.
pytestmark = pytest.mark.slow

GRID = square_city(2000.0)


def run(events, **arguments):
    return backtest(events, GRID, as_of=AS_OF, rng=np.random.default_rng(0), **arguments)


@pytest.fixture(scope="module")
def town() -> pd.DataFrame:
    """Four hundred days, six a day at random and places that come and go every two months."""
    rng = np.random.default_rng(3)
    places = [
        planted(rng, 60, *rng.uniform(100, 1900, 2), days=60).assign(
            event_start=lambda e, shift=start: e["event_start"] - pd.Timedelta(shift, "D"),
            event_end=lambda e: e["event_start"],
        )
        for start in rng.uniform(0, 340, 24)
    ]
    return joined(scattered(rng, 2400, days=400, side=1999.0), *places)


@pytest.fixture(scope="module")
def answer(town):
    return run(town, windows=12)


def test_every_method_is_scored_at_every_coverage(answer):
    assert set(answer.scores["method"]) == set(METHODS) - {"count_364"} | {"count_364"} & set(answer.scores["method"])
    assert len(answer.scores) == len(answer.summary) * len(COVERAGES)
    assert (answer.scores["hit_low"] <= answer.scores["hit_rate"] + 1e-9).all()
    assert (answer.scores["hit_rate"] <= answer.scores["hit_high"] + 1e-9).all()
    assert answer.scores["hit_rate"].between(0, 1).all()
    assert answer.scores["pei"].between(0, 1).all()
    assert (answer.scores["pai"] == answer.scores["hit_rate"] / answer.scores["coverage"]).all()
    assert answer.chosen in (MIXTURE, SIMPLE)


def test_windows_are_a_week_apart_and_end_with_what_is_known(answer):
    assert len(answer.windows) == 12
    starts, ends = zip(*answer.windows, strict=True)
    assert ends[-1] == AS_OF
    assert {end - start for start, end in answer.windows} == {pd.Timedelta(28, "D")}
    assert {second - first for first, second in pairwise(starts)} == {pd.Timedelta(7, "D")}


def test_places_that_come_and_go_are_found_better_than_by_a_map_of_the_year(answer):
    rates = answer.scores[answer.scores["coverage"] == 0.05].set_index("method")["hit_rate"]
    assert rates[MIXTURE] > rates["density"]
    bits = answer.summary.set_index("method")["log_score"]
    assert bits[MIXTURE] > max(bits["density"], 0)


def test_same_seed_same_answer_and_later_rows_change_no_bit(answer, town):
    rng = np.random.default_rng(9)
    later = planted(rng, 300, 1050, 1050, days=20)
    later["event_start"] = later["event_end"] = AS_OF + pd.to_timedelta(rng.uniform(0, 40, 300), unit="D")
    late_report = planted(rng, 200, 550, 550, days=20).assign(reported_at=AS_OF + pd.Timedelta(3, "h"))
    again = run(joined(later, town, late_report), windows=12)
    pd.testing.assert_frame_equal(answer.differences, again.differences, check_exact=True)
    assert (answer.facts, answer.chosen) == (again.facts, again.chosen)
    pd.testing.assert_frame_equal(answer.scores, again.scores, check_exact=True)
    pd.testing.assert_frame_equal(answer.summary, again.summary, check_exact=True)
    pd.testing.assert_frame_equal(answer.ceiling, again.ceiling, check_exact=True)
    assert answer.windows == again.windows


def test_where_nothing_is_to_be_won_the_simple_forecast_is_chosen():
    rng = np.random.default_rng(1)
    answer = run(scattered(rng, 1500, days=300, side=1999.0), windows=8)
    assert answer.chosen == SIMPLE


def test_the_ceiling_of_rates_known_exactly_is_their_own_share():
    rng = np.random.default_rng(2)
    expected = rng.gamma(0.5, 4.0, 2000)
    pairs = [Pair(expected, rng.poisson(expected), rng.poisson(expected)) for _ in range(6)]
    own = np.sort(expected)[::-1][:20].sum() / expected.sum()
    assert find_ceiling(pairs, [0.01], rng)[0] == pytest.approx(own, rel=0.12)


def test_the_ceiling_sees_lasting_rates_that_the_forecast_missed():
    rng = np.random.default_rng(2)
    flat = np.full(2000, 3.0)
    true = flat * rng.gamma(1.0, 1.0, 2000)
    pairs = [Pair(flat, rng.poisson(true), rng.poisson(true)) for _ in range(6)]
    knowing = np.sort(true)[::-1][:100].sum() / true.sum()
    assert find_ceiling(pairs, [0.05], rng)[0] == pytest.approx(knowing, rel=0.12)
    assert find_ceiling([], [0.05], rng) is None


def test_months_only_dates_and_missing_months_are_scored():
    rng = np.random.default_rng(3)
    months = pd.date_range("2024-06-01", "2026-05-01", freq="MS", tz=ZONE)
    month = pd.Series(months.delete(12).repeat(60))
    events = make_events(
        rng.uniform(0, 1999, len(month)), rng.uniform(0, 1999, len(month)), 0, event_start=month,
        event_end=month + pd.offsets.MonthBegin(1),
    )  # fmt: skip
    answer = run(events)
    assert len(answer.windows) >= 2
    assert np.isfinite(answer.summary["log_score"]).all()


def test_what_cannot_be_tested_is_said(town):
    with pytest.raises(InputError, match="are too short to test forecasts of 200 days"):
        run(town, horizon_days=200)
    with pytest.raises(InputError, match="reach beyond the history"):
        run(town, windows=300)
    with pytest.raises(InputError, match=r"The data end 9\d days before"):
        backtest(town, GRID, as_of=AS_OF + pd.Timedelta(90, "D"), rng=np.random.default_rng(0))
    with pytest.raises(InputError, match="nothing to forecast from"):
        backtest(town, GRID, as_of=AS_OF - pd.Timedelta(900, "D"), rng=np.random.default_rng(0))
    few = scattered(np.random.default_rng(0), 25, days=300, side=1999.0)
    with pytest.raises(InputError, match="too few to score"):
        run(few, windows=3)
    age = (AS_OF - town["event_start"]).dt.days
    holed = town[(age < 40) | (age > 75)]
    with pytest.raises(InputError, match="Windows overlap days that are missing"):
        run(holed, windows=12)
    assert run(holed).facts["skipped"] > 0
