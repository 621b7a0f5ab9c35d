"""Hours, days, crews and topics: worked by hand."""

import datetime

import numpy as np
import pandas as pd
import pytest

from analysis.around import Known, Surroundings
from analysis.crews import (
    best_day,
    best_start,
    clock,
    hours_worth,
    peak_band,
    topics_for,
    unsafe_share,
    walk_crew,
    watch_shift,
    who_goes,
)
from tests.analysis.plan_world import AS_OF, TAXONOMY, at, reports


def around(events: pd.DataFrame) -> Surroundings:
    return Known(events, TAXONOMY, as_of=AS_OF, week=AS_OF, days=28).everywhere()


def hours(**counts: float) -> np.ndarray:
    profile = np.zeros(24)
    for hour, count in counts.items():
        profile[int(hour[1:])] = count
    return profile


@pytest.mark.parametrize(
    ("text", "band"), [("19–22", (19, 22)), ("22–1", (22, 1)), ("21–24", (21, 0)), (None, None), (float("nan"), None)]
)
def test_a_peak_is_read_from_its_text(text, band):
    assert peak_band(text) == band


def test_a_stay_begins_where_its_hours_hold_most():
    profile = hours(h16=4, h17=4, h18=1)
    assert best_start(profile, 2, earliest=9, latest=20.5, around=15) == (16.0, 8.0)
    assert best_start(profile, 1.5, earliest=9, latest=20.5, around=15) == (16.0, 6.0)  # 4 + half of 4, as 16:30 would


def test_a_stay_lies_within_the_hours_allowed():
    late = hours(h22=10)
    assert best_start(late, 2, earliest=9, latest=20.5, around=15)[0] == 15.0  # nothing to gain: the middle of the day
    assert best_start(late, 2, earliest=0, latest=23, around=18)[0] == 21.0
    assert best_start(late, 30, earliest=9, latest=20.5, around=15)[0] == 9.0


def test_a_place_with_few_known_hours_takes_the_city_s():
    few, many = around(reports(at(1, 1), 9, hour=6)), around(reports(at(1, 1), 40, hour=19))
    worth, why = hours_worth(few, many)
    assert worth.argmax() == 19
    assert why == ("plan.reason.peak_city", {"n": 9, "fewest": 10})
    worth, why = hours_worth(around(reports(at(1, 1), 10, hour=6)), many)
    assert worth.argmax() == 6
    assert why == ("plan.reason.peak_here", {"n": 10, "days": 365})


def test_the_hotspot_s_own_peak_comes_first():
    worth, why = hours_worth(around(reports(at(1, 1), 40, hour=10)), around(reports(at(1, 1), 40)), "21–24")
    assert set(np.argsort(-worth)[:3]) == {21, 22, 23}
    assert why == ("plan.reason.peak_of_hotspot", {"first": 21, "last": 24})


@pytest.mark.parametrize(("value", "time"), [(19.5, "19:30"), (9, "09:00"), (24, "00:00"), (20.999, "21:00")])
def test_hours_become_a_time_of_day(value, time):
    assert clock(value) == datetime.time.fromisoformat(time)


def test_days_are_shared_out_and_peaks_come_first():
    used = np.zeros(7, dtype=int)
    assert best_day(np.zeros(7), used, range(7)) == 0
    assert best_day(np.zeros(7), used, range(7), [5]) == 5
    friday = np.array([1, 1, 1, 1, 16, 0, 0])
    assert best_day(friday, used, range(5)) == 4
    used[4] = 9
    assert best_day(friday, used, range(5)) == 0


@pytest.mark.parametrize(
    ("kinds", "share"),
    [
        ({"theft.bicycle": 9, "robbery": 1}, 0.1),
        ({"theft.bicycle": 4, "robbery": 6}, 1.0),  # what happens most decides alone
        ({"dispute.noise": 5}, 0.0),
        ({}, None),
    ],
)
def test_the_share_that_is_not_for_volunteers(kinds, share):
    assert unsafe_share(kinds, TAXONOMY) == share


@pytest.mark.parametrize(
    ("bicycles", "robberies", "crew"),
    [(30, 0, "volunteers"), (30, 10, "volunteers"), (30, 11, "officers"), (5, 30, "officers"), (0, 0, "officers")],
)
def test_volunteers_stand_only_where_a_quarter_at_most_is_not_for_them(bicycles, robberies, crew):
    here = around(pd.concat([reports(at(1, 1), bicycles), reports(at(1, 1), robberies, "robbery")], ignore_index=True))
    assert watch_shift(here, here, TAXONOMY, hours=2, until=21)[1] == crew


@pytest.mark.parametrize(
    ("until", "crew", "start"), [(21, "volunteers", 19.0), (20.5, "volunteers", 18.5), (19, "officers", 19.0)]
)
def test_a_volunteers_shift_ends_by_the_hour(until, crew, start):
    # All from 19:00 to 21:00: a shift that ends half an hour earlier is nearly as good, one that ends at 19:00 is not.
    events = pd.concat([reports(at(1, 1), 20, hour=19), reports(at(1, 1), 20, hour=20)], ignore_index=True)
    here = around(events)
    assert watch_shift(here, here, TAXONOMY, hours=2, until=until)[:2] == (start, crew)


def test_who_goes_follows_what_happens_most():
    assert who_goes({"dispute.noise": 3.0, "robbery": 2.0}, TAXONOMY) == "mediator"
    assert who_goes({"dispute.noise": 1.0, "robbery": 2.0}, TAXONOMY) == "officer"
    assert who_goes({}, TAXONOMY) == "mediator"
    assert walk_crew(["officer", "mediator"]) == ("officer", "mediator")
    assert walk_crew(["officer", "officer"]) == ("officer", "officer")


def test_topics_follow_what_happens_most_and_a_category_s_first_topic_counts_most():
    # noise 3, neighbor 3/2, theft_person 2, order 2/2
    assert topics_for({"dispute.noise": 3.0, "robbery": 2.0}, TAXONOMY) == ("noise", "theft_person", "neighbor")
