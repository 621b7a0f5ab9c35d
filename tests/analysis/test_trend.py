"""Change is called by an exact test, missing months are unknown, peaks come from spans and need ten events."""

import numpy as np
import pandas as pd
import pytest

from analysis.exact import conditional_test
from analysis.trend import compare_windows, hour_weights, peak_days, peak_hours, weekday_weights
from tests.analysis.worlds import AS_OF, ZONE, joined, make_events


def steady(layer: str, *, days: int = 800, every: float = 1.0, neighborhood: str = "A") -> pd.DataFrame:
    return make_events(0.0, 0.0, np.arange(0.5, days, every), layer=layer, neighborhood_id=neighborhood)


def test_this_month_against_the_same_dates_a_year_earlier():
    events = joined(
        steady("incident"),
        make_events(0.0, 0.0, np.linspace(1, 27, 40), layer="incident"),
        steady("hazard", every=2.0),
    )
    table = compare_windows(events, AS_OF, 28)
    assert table.loc["incident", ["now", "before"]].tolist() == [68, 28]
    assert table.loc["incident", "change"] == pytest.approx(68 / 28 - 1)
    assert table.loc["incident", "p_value"] == pytest.approx(conditional_test(68, 28))
    assert table["verdict"].to_dict() == {"incident": "rise", "hazard": "chance"}
    assert set(table["against"]) == {"last_year"}


def test_a_fall_is_called_a_fall():
    events = steady("dispute", every=0.25)
    age = (AS_OF - events["event_start"]).dt.days
    events = events[(age >= 28) | (np.arange(len(events)) % 4 == 0)]
    assert compare_windows(events, AS_OF, 28).loc["dispute", "verdict"] == "fall"


def test_two_to_four_is_chance():
    table = compare_windows(steady("hazard", every=10.0), AS_OF, 28)
    assert table.loc["hazard", "verdict"] == "chance"


def test_a_missing_month_is_unknown_not_zero():
    events = steady("incident", every=0.5)
    age = (AS_OF - events["event_start"]).dt.days
    table = compare_windows(events[(age < 370) | (age > 400)], AS_OF, 28)
    assert table.loc["incident", "verdict"] == "unknown"
    assert np.isnan(table.loc["incident", "before"])
    assert np.isnan(table.loc["incident", "change"])


def test_a_short_history_says_unknown_or_compares_with_the_weeks_before_and_says_so():
    events = steady("incident", days=90)
    assert compare_windows(events, AS_OF, 28).loc["incident", "verdict"] == "unknown"
    table = compare_windows(events, AS_OF, 28, fallback=True)
    assert table.loc["incident", ["before", "against"]].tolist() == [28, "weeks_before"]


def test_neighborhoods_are_compared_only_where_every_layer_reaches_back():
    events = joined(steady("incident", neighborhood="A"), steady("incident", neighborhood="B", every=0.5))
    table = compare_windows(events, AS_OF, 28, by="neighborhood_id")
    assert table["now"].to_dict() == {"A": 28, "B": 56}
    assert set(table["verdict"]) == {"chance"}
    young = joined(events, steady("hazard", days=60))
    assert set(compare_windows(young, AS_OF, 28, by="neighborhood_id")["verdict"]) == {"unknown"}


def test_counts_weigh_and_the_day_of_as_of_is_unknown():
    events = joined(steady("incident"), make_events(0.0, 0.0, [-0.1, 3.0], count=[1000, 7]))
    assert compare_windows(events, AS_OF, 28).loc["incident", "now"] == 35


def test_no_events_give_an_empty_table():
    table = compare_windows(steady("incident").iloc[:0], AS_OF, 28)
    assert len(table) == 0
    assert "verdict" in table


def spans(*pairs: tuple[str, str]) -> tuple[pd.Series, pd.Series]:
    start, end = zip(*pairs, strict=True)
    return (pd.Series(pd.to_datetime(list(side)).tz_localize(ZONE)) for side in (start, end))


def test_hours_from_spans_by_hand():
    start, end = spans(
        ("2026-05-04 22:30", "2026-05-05 01:00"),  # half an hour of 22, an hour of 23, an hour of 0: of 2.5
        ("2026-05-04 10:59", "2026-05-04 10:59"),
        ("2026-05-04 00:00", "2026-05-05 00:00"),  # a whole day tells nothing
    )
    hours = hour_weights(start, end, np.array([1.0, 2.0, 5.0]))
    assert hours[[22, 23, 0, 10]] == pytest.approx([0.2, 0.4, 0.4, 2.0])
    assert hours.sum() == pytest.approx(3.0)


def test_weekdays_from_spans_by_hand():
    start, end = spans(
        ("2026-05-10 12:00", "2026-05-11 12:00"),  # Sunday noon to Monday noon
        ("2026-05-05 08:00", "2026-05-05 08:00"),
        ("2026-05-01 00:00", "2026-05-31 00:00"),  # a month tells nothing
    )
    days = weekday_weights(start, end, np.array([1.0, 3.0, 9.0]))
    assert days == pytest.approx([0.5, 3.0, 0, 0, 0, 0, 0.5])


def test_peaks_need_ten_events():
    hours = np.zeros(24)
    hours[[23, 0, 1]] = 3
    assert peak_hours(hours) is None
    hours[12] = 1
    assert peak_hours(hours) == "23–2"
    assert peak_days(np.array([9, 0, 0, 0, 0, 0, 0.0])) is None
    assert peak_days(np.array([2, 2, 1, 2, 1, 12, 0.0])) == [5]
    assert peak_days(np.array([3, 3, 3, 3, 3, 3, 3.0])) == []


def test_a_band_that_ends_at_midnight_ends_at_24():
    hours = np.zeros(24)
    hours[21:24] = 5
    assert peak_hours(hours) == "21–24"
