"""Forecasts add up, use nothing of `as_of` or later to the last bit, and work for thin, short and coarse histories."""

import numpy as np
import pandas as pd
import pytest

from analysis.cells import count_events
from analysis.forecast import fit_forecast, forecast
from geo.errors import InputError
from tests.analysis.worlds import AS_OF, ZONE, joined, make_events, planted, scattered, square_city

# Whole runs: `make test` has them, `make check` leaves them out.
pytestmark = pytest.mark.slow

GRID = square_city()


@pytest.fixture(scope="module")
def town() -> pd.DataFrame:
    """Two years, eight a day, one lasting spot at (1050, 2050) with one a day more."""
    rng = np.random.default_rng(11)
    return joined(scattered(rng, 5840, days=730), planted(rng, 730, 1050, 2050, days=730))


def test_cells_add_up_to_the_total_which_is_what_usually_happens(town):
    answer = forecast(town, GRID, as_of=AS_OF, horizon_days=28)
    assert answer.cells["expected"].sum() == pytest.approx(answer.total, rel=1e-12)
    assert answer.cells["expected_harm"].sum() == pytest.approx(answer.total_harm, rel=1e-12)
    assert answer.total == pytest.approx(9 * 28, rel=0.15)
    assert answer.total_low < 9 * 28 < answer.total_high
    assert len(answer.cells) == GRID.n_cells
    assert (answer.cells["expected_low"] <= answer.cells["expected_high"]).all()
    assert (answer.cells["dispersion"] > 0).all()


def test_the_lasting_spot_is_expected_to_last(town):
    cells = forecast(town, GRID, as_of=AS_OF, horizon_days=28).cells
    top = cells.loc[cells["expected"].idxmax()]
    assert (top["column"], top["row"]) == (10, 20)
    assert 14 < top["expected"] < 40


def test_the_order_of_rows_changes_no_bit(town):
    shuffled = town.sample(frac=1, random_state=1)
    first = forecast(town, GRID, as_of=AS_OF, horizon_days=7)
    second = forecast(shuffled, GRID, as_of=AS_OF, horizon_days=7)
    pd.testing.assert_frame_equal(first.cells, second.cells, check_exact=True)
    assert first.total == second.total


def test_nothing_of_as_of_or_later_is_used_to_the_last_bit(town):
    rng = np.random.default_rng(2)
    later = planted(rng, 500, 3050, 3050, days=20)
    later["event_start"] = later["event_end"] = AS_OF + pd.to_timedelta(rng.uniform(0, 40, 500), unit="D")
    late_report = planted(rng, 500, 2050, 550, days=20)
    late_report["reported_at"] = AS_OF + pd.Timedelta(3, "h")
    still_open = planted(rng, 100, 550, 550, days=0.4)
    still_open["event_end"] = AS_OF + pd.Timedelta(1, "D")
    mixed = joined(later, town, late_report, still_open)
    parts = np.where(GRID.centers()[0] < 1500, "west", "east")
    first, second = (forecast(frame, GRID, as_of=AS_OF, horizon_days=14, parts=parts) for frame in (town, mixed))
    pd.testing.assert_frame_equal(first.cells, second.cells, check_exact=True)
    assert (first.total, first.total_low, first.total_high, first.parameters) == (
        second.total, second.total_low, second.total_high, second.parameters,
    )  # fmt: skip
    pd.testing.assert_frame_equal(first.parts, second.parts, check_exact=True)
    assert np.array_equal(first.week.cells, second.week.cells)
    pd.testing.assert_frame_equal(first.week.by_hour, second.week.by_hour, check_exact=True)
    # Neither from other kinds of events, nor in what is fitted once for all horizons.
    others = scattered(rng, 900, days=700)
    one, other = (
        fit_forecast(frame, GRID, as_of=AS_OF, others=joined(*beside))
        for frame, beside in ((town, [others]), (mixed, [others, later, late_report]))
    )
    assert np.array_equal(one.share, other.share)
    assert one.parameters == other.parameters
    assert all(np.array_equal(one.told[end], other.told[end]) for end in one.told | other.told)


def test_counts_beside_it_are_plain_counts(town):
    cells = forecast(town, GRID, as_of=AS_OF, horizon_days=7).cells
    for days in (28, 56, 364):
        recent = town[town["event_start"] >= AS_OF - pd.Timedelta(days, "D")]
        assert cells[f"count_{days}"].to_numpy() == pytest.approx(
            count_events(GRID, recent["x"], recent["y"])[GRID.study_area]
        )


def test_months_only_dates_are_shared_out_over_windows():
    rng = np.random.default_rng(3)
    month = pd.Series(pd.date_range("2024-06-01", "2026-05-01", freq="MS", tz=ZONE).repeat(60))
    n = len(month)
    events = make_events(
        rng.uniform(0, 3999, n), rng.uniform(0, 3999, n), np.zeros(n), event_start=month,
        event_end=month + pd.offsets.MonthBegin(1),
    )  # fmt: skip
    answer = forecast(events, GRID, as_of=AS_OF, horizon_days=28)
    assert answer.cells["count_28"].sum() == pytest.approx(60 * 28 / 31)
    assert answer.total == pytest.approx(60 / 30.4 * 28, rel=0.1)


@pytest.mark.parametrize(("n", "days"), [(600, 730), (500, 21), (40, 21), (3, 400), (1, 5)])
def test_thin_and_short_histories_still_have_an_answer(n, days):
    rng = np.random.default_rng(n)
    horizon = min(28, days - 4)
    answer = forecast(scattered(rng, n, days=days), GRID, as_of=AS_OF, horizon_days=horizon)
    assert np.isfinite(answer.cells.to_numpy(dtype=float)).all()
    assert answer.total_low <= answer.total <= answer.total_high
    if n >= 40:
        assert answer.total == pytest.approx(n / days * horizon, rel=0.5)


def test_a_missing_month_does_not_lower_the_level(town):
    age = (AS_OF - town["event_start"]).dt.days
    whole = forecast(town, GRID, as_of=AS_OF, horizon_days=28)
    holed = forecast(town[(age < 20) | (age > 50)], GRID, as_of=AS_OF, horizon_days=28)
    assert holed.total == pytest.approx(whole.total, rel=0.15)


def test_points_that_are_unknown_or_outside_are_no_part_of_the_total(town):
    nowhere = make_events([np.nan, -500.0], [np.nan, 50.0], [3.0, 3.0], count=10_000)
    first, second = (forecast(frame, GRID, as_of=AS_OF, horizon_days=7) for frame in (town, joined(town, nowhere)))
    assert second.total == first.total


def test_one_grave_event_is_no_rule(town):
    grave = make_events([3550.0], [3550.0], [5.0], severity=1000.0)
    cells = forecast(joined(town, grave), GRID, as_of=AS_OF, horizon_days=28).cells
    at = cells[(cells["column"] == 35) & (cells["row"] == 35)].iloc[0]
    assert at["expected_harm"] / at["expected"] < 150


def test_ranges_of_cells_hold_as_often_as_they_promise():
    held = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        rate = rng.gamma(0.5, 2.0, GRID.n_cells)
        rate *= 6000 / rate.sum()
        x, y = GRID.centers()
        cell = rng.choice(GRID.n_cells, 6000, p=rate / rate.sum())
        history = make_events(x[cell], y[cell], rng.uniform(0, 600, 6000))
        answer = forecast(history, GRID, as_of=AS_OF, horizon_days=28).cells
        found = rng.poisson(rate * 28 / 600)
        top = answer["expected"].rank(ascending=False) <= 160
        held.append(((found >= answer["expected_low"]) & (found <= answer["expected_high"]))[top].mean())
    # Ranges end on whole counts, so they hold somewhat more than the 80 % promised.
    assert 0.75 <= np.mean(held) <= 0.97


def test_recent_change_of_level_is_followed():
    rng = np.random.default_rng(8)
    events = joined(scattered(rng, 4000, days=700), scattered(rng, 1200, days=84))
    answer = forecast(events, GRID, as_of=AS_OF, horizon_days=28)
    assert answer.total == pytest.approx((4000 / 700 + 1200 / 84) * 28, rel=0.2)


def test_an_empty_history_is_refused():
    events = scattered(np.random.default_rng(0), 50, days=10)
    with pytest.raises(InputError, match="nothing to forecast from"):
        forecast(events, GRID, as_of=AS_OF - pd.Timedelta(1000, "D"), horizon_days=7)
    with pytest.raises(InputError, match="None of the 50 events lies in the study area"):
        forecast(events.assign(x=-9999.0), GRID, as_of=AS_OF, horizon_days=7)
    many = scattered(np.random.default_rng(0), 500, days=40)
    with pytest.raises(InputError, match="The data end 60 days before 2026-07-31: too long ago"):
        forecast(many, GRID, as_of=AS_OF + pd.Timedelta(60, "D"), horizon_days=7)
    with pytest.raises(InputError, match="10 days of history tell nothing of the next 5000 days"):
        forecast(events, GRID, as_of=AS_OF, horizon_days=5000)
    with pytest.raises(InputError, match="`horizon_days` must be above zero"):
        forecast(events, GRID, as_of=AS_OF, horizon_days=0)
