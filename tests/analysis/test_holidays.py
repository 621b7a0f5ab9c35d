"""Holidays are learnt from their own past, used only where they win, and never from what comes later."""

import numpy as np
import pandas as pd
import pytest

from analysis.history import History
from analysis.holidays import Holidays
from analysis.level import find_level
from tests.analysis.test_level import GRID, daily_events
from tests.analysis.worlds import AS_OF

DAYS = 1460
TODAY = AS_OF.tz_localize(None)


def special(rows: list[tuple[int, int, str, str]]) -> pd.DataFrame:
    """Rows of (age in days, run, kind, group); age 0 is the day before `as_of`, negative days are to come."""
    frame = pd.DataFrame(rows, columns=["age", "run", "kind", "group"])
    frame["day"] = TODAY - pd.to_timedelta(frame.pop("age") + 1, unit="D")
    return frame.sort_values("day")


def calendar(next_in: int = 0) -> pd.DataFrame:
    """A week's break and three single days each year, the first day of the break `next_in` days ahead."""
    rows = []
    for year in range(-1, 5):
        first = year * 365 - next_in - 1
        rows += [(first - day, 10 * year, "week spring", "week") for day in range(7)]
        rows += [(first - gap, 10 * year + k, f"day {k}", "day") for k, gap in ((1, 90), (2, 150), (3, 250))]
    return special(rows)


def events(days: pd.DataFrame, factor: float, rate: float = 20.0, seed: int = 0) -> pd.DataFrame:
    age = (TODAY - days["day"]).dt.days.to_numpy() - 1
    mean = np.full(DAYS, rate)
    mean[age[(age >= 0) & (age < DAYS)]] *= factor
    return daily_events(np.random.default_rng(seed).poisson(mean))


def test_a_break_to_come_lowers_what_is_expected_by_what_it_did_before():
    days = calendar(next_in=0)
    past = History.of(events(days, 0.4), GRID, AS_OF, days)
    assert past.holidays.win(0)
    assert find_level(past, 7).daily == pytest.approx(8, rel=0.18)
    # Weeks later, days during the break are no sign that less is to come.
    after = History.of(events(calendar(next_in=-7), 0.4), GRID, AS_OF, calendar(next_in=-7))
    assert find_level(after, 7).daily == pytest.approx(20, rel=0.06)
    unknowing = History.of(events(calendar(next_in=-7), 0.4), GRID, AS_OF)
    assert find_level(unknowing, 7).daily < find_level(after, 7).daily


def test_where_holidays_change_nothing_they_are_left_out():
    won = [History.of(events(calendar(), 1.0, seed=s), GRID, AS_OF, calendar()).holidays.win(0) for s in range(40)]
    # One in twenty is what chance allows.
    assert sum(won) <= 5
    quiet = History.of(events(calendar(), 1.0), GRID, AS_OF, calendar())
    assert find_level(quiet, 7) == find_level(History.of(events(calendar(), 1.0), GRID, AS_OF), 7)


def test_factors_are_drawn_to_their_group_and_to_one():
    # Told 20 a day for the two days, found 8: with 10 events of guess, (8 + 10) / (20 + 10) of the group, by hand.
    daily = np.full(200, 20.0)
    daily[50] = 8.0
    days = special([(50, 0, "day a", "day"), (-1, 1, "day b", "day"), (-3, 2, "week c", "week")])
    off = Holidays.of(days, daily, AS_OF)
    run = {kind: k for k, kind in enumerate(off.kind)}
    assert off.factor(run["day b"], 0) == pytest.approx(18 / 30, rel=0.01)
    assert off.factor(run["day a"], 0) == pytest.approx((8 + 10 * 0.6) / 30, rel=0.01)
    assert off.factor(run["week c"], 0) == 1.0
    # Before that day was over, nothing was known of it.
    assert off.factor(run["day b"], 51) == 1.0


def test_a_rest_day_that_is_worked_counts_as_a_workday():
    # AS_OF is a Monday: age 0 is a Sunday.
    age = np.arange(700)
    daily = np.where((age % 7) < 2, 5.0, 15.0)
    off = Holidays.of(special([(-6, -1, "worked", "worked")]), daily, AS_OF)
    usual, told = off.days(0, 7)
    assert told[5] / usual[5] == pytest.approx(3, rel=0.05)
    assert told[[0, 1, 2, 3, 4, 6]] == pytest.approx(usual[[0, 1, 2, 3, 4, 6]])


def test_what_comes_later_changes_no_bit():
    days = calendar()
    past = History.of(events(days, 0.4), GRID, AS_OF, days)
    later = pd.concat([events(days, 0.4), events(days, 0.4, seed=5).assign(
        event_start=lambda f: f["event_start"] + pd.Timedelta(DAYS + 1, "D"),
        event_end=lambda f: f["event_end"] + pd.Timedelta(DAYS + 1, "D"),
    )])  # fmt: skip
    assert find_level(History.of(later, GRID, AS_OF, days), 7) == find_level(past, 7)
    # And at an earlier moment, the level is that of the history as it stood then.
    moment = AS_OF - pd.DateOffset(days=100)
    then = History.of(events(days, 0.4), GRID, moment, days)
    assert find_level(past, 7, 100).daily == pytest.approx(find_level(then, 7).daily)
