"""Where the data end, whatever a typo, a late report, a month without days or a hole in the middle suggests."""

import datetime

import numpy as np
import pandas as pd
import pytest

from analysis.as_of import daily_counts, find_as_of, find_gaps, first_day, in_window, known_at
from geo.errors import InputError
from tests.analysis.worlds import AS_OF, ZONE, make_events

END = datetime.date(2026, 6, 1)


def at_rate(rate: float, *, days: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = rng.poisson(rate * days)
    return make_events(0.0, 0.0, rng.uniform(0, days, n) if n else [])


def moved(frame: pd.DataFrame, day: str) -> pd.DataFrame:
    """One more event, on that day."""
    extra = frame.iloc[[0]].copy()
    extra["event_start"] = extra["event_end"] = pd.Timestamp(day, tz=ZONE)
    return pd.concat([frame, extra], ignore_index=True)


@pytest.mark.parametrize("rate", [0.8, 5.0, 60.0])
@pytest.mark.parametrize("stray", [None, "2099-01-01", "1970-01-01", "2027-02-11"])
def test_one_typo_does_not_move_the_end(rate, stray):
    frame = at_rate(rate)
    frame = moved(frame, stray) if stray else frame
    found = find_as_of(daily_counts(frame))
    assert abs((found - END).days) <= (3 if rate < 1 else 0)


def test_sparse_data_end_the_day_after_their_last_event():
    frame = make_events(0.0, 0.0, np.arange(300) * 1.2 + 3.5)
    assert find_as_of(daily_counts(frame)) == END - datetime.timedelta(days=3)


def test_days_still_trickling_in_are_not_covered():
    rng = np.random.default_rng(4)
    full = make_events(0.0, 0.0, rng.uniform(4, 200, 196 * 50))
    late = make_events(0.0, 0.0, np.concatenate([np.full(n, 3.5 - k) for k, n in enumerate((30, 20, 8, 1))]))
    frame = pd.concat([full, late], ignore_index=True)
    assert find_as_of(daily_counts(frame)) == END - datetime.timedelta(days=4)


def test_weekends_without_office_hours_are_no_end():
    day = pd.date_range("2026-01-01", "2026-05-31", tz=ZONE)
    day = day[day.day_of_week < 5].repeat(20)
    frame = make_events(0.0, 0.0, np.zeros(len(day)), event_start=day, event_end=day)
    assert find_as_of(daily_counts(frame)) == datetime.date(2026, 5, 30)  # 29 May 2026 is a Friday


def test_months_only_data_end_with_their_month():
    month = pd.date_range("2025-01-01", "2026-04-01", freq="MS", tz=ZONE).repeat(40)
    frame = make_events(0.0, 0.0, np.zeros(len(month)), event_start=month, event_end=month + pd.offsets.MonthBegin(1))
    assert find_as_of(daily_counts(frame)) == datetime.date(2026, 5, 1)


def test_a_hole_in_the_middle_is_a_gap_and_no_end():
    frame = at_rate(8.0)
    age = (AS_OF - frame["event_start"]).dt.days
    frame = frame[(age < 60) | (age >= 91)]
    daily = daily_counts(frame)
    assert find_as_of(daily) == END
    gaps = find_gaps(daily, pd.Timestamp("2025-09-01"), pd.Timestamp("2026-06-01"))
    days = pd.date_range("2025-09-01", "2026-06-01", inclusive="left")[gaps]
    assert (days[0], days[-1], len(days)) == (pd.Timestamp("2026-03-02"), pd.Timestamp("2026-04-01"), 31)


def test_a_quiet_fortnight_of_a_quiet_village_is_no_gap():
    frame = make_events(0.0, 0.0, np.concatenate([np.arange(20, 200, 6.0), np.arange(0, 3, 1.0)]))
    daily = daily_counts(frame)
    assert not find_gaps(daily, daily.index[0], daily.index[-1]).any()


def test_old_strays_are_not_where_data_begin():
    frame = moved(moved(at_rate(3.0), "1989-05-01"), "2011-01-01")
    assert first_day(daily_counts(frame)) >= pd.Timestamp("2025-08-01")


def test_spans_are_spread_over_their_days_and_midnight_belongs_to_the_day_before():
    start = pd.Series(pd.to_datetime(["2026-05-01 00:00", "2026-05-03 00:00", "2026-05-04 12:00"]).tz_localize(ZONE))
    end = pd.Series(pd.to_datetime(["2026-05-03 00:00", "2026-05-03 00:00", "2026-05-04 12:00"]).tz_localize(ZONE))
    daily = daily_counts(make_events(0.0, 0.0, [0, 0, 0], event_start=start, event_end=end, count=[4, 1, 2]))
    assert daily.tolist() == [2.0, 2.0, 1.0, 2.0]
    assert daily.index[0] == pd.Timestamp("2026-05-01")


def test_days_are_local_days():
    late = pd.Series(pd.to_datetime(["2026-05-01 23:30"]).tz_localize(ZONE))
    daily = daily_counts(make_events(0.0, 0.0, [0.0], event_start=late, event_end=late))
    assert daily.index[0] == pd.Timestamp("2026-05-01")


def test_a_span_counts_in_the_window_that_holds_its_middle_and_only_once():
    month = pd.date_range("2025-06-01", "2026-05-01", freq="MS", tz=ZONE)
    frame = make_events(0.0, 0.0, np.zeros(12), event_start=month, event_end=month + pd.offsets.MonthBegin(1))
    edges = pd.date_range("2025-06-01", "2026-06-01", periods=14, tz=ZONE)
    hits = np.sum([in_window(frame, *edges[k : k + 2]) for k in range(13)], axis=0)
    assert hits.tolist() == [1] * 12


def test_what_is_known_at_a_moment():
    frame = make_events(0.0, 0.0, [1.0, 0.0, -1.0, 2.0, 2.0])
    frame.loc[3, "event_end"] = AS_OF + pd.Timedelta(1, "h")
    frame.loc[4, "reported_at"] = AS_OF
    assert known_at(frame, AS_OF).tolist() == [True, False, False, False, False]


def test_no_events_have_no_end():
    with pytest.raises(InputError, match="There are no events"):
        find_as_of(daily_counts(at_rate(0.0)))


@pytest.mark.open_data
def test_newcastles_january_is_missing_and_its_data_end_with_june(open_data):
    month = pd.to_datetime(
        pd.read_csv(open_data / "newcastle" / "street_crime_2020-05_2022-06.csv.gz", usecols=["Month"])["Month"]
    ).dt.tz_localize("Europe/London")
    frame = make_events(0.0, 0.0, np.zeros(len(month)), event_start=month, event_end=month + pd.offsets.MonthBegin(1))
    daily = daily_counts(frame)
    assert find_as_of(daily) == datetime.date(2022, 7, 1)
    days = pd.date_range("2020-05-01", "2022-07-01", inclusive="left")
    missing = days[find_gaps(daily, days[0], days[-1] + pd.Timedelta(1, "D"))]
    assert (missing[0], missing[-1], len(missing)) == (pd.Timestamp("2022-01-01"), pd.Timestamp("2022-01-31"), 31)


@pytest.mark.parametrize("typos", [1, 4, 10, 15])
def test_even_many_rows_dated_in_one_far_year_move_nothing(typos):
    days = pd.date_range("2025-01-01", periods=40, freq="9D").append(pd.DatetimeIndex(["2099-01-01"] * typos))
    start = pd.Series(days.tz_localize("Europe/Paris"))
    daily = daily_counts(pd.DataFrame({"event_start": start, "event_end": start, "count": 1}))
    assert find_as_of(daily).year == 2025
    assert first_day(daily).year == 2025


def test_a_year_without_records_parts_no_data_from_data():
    days = pd.date_range("2023-01-01", "2023-12-31").append(pd.date_range("2025-01-01", "2025-12-31"))
    start = pd.Series(days.tz_localize("Europe/Paris"))
    daily = daily_counts(pd.DataFrame({"event_start": start, "event_end": start, "count": 1}))
    assert (first_day(daily).year, find_as_of(daily).year) == (2023, 2026)
