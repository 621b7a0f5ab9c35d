"""What is known around a place: only what was known, only what may be listed, only as exact as it is."""

import numpy as np
import pandas as pd
import pytest

from analysis.around import Known
from tests.analysis.plan_world import AS_OF, TAXONOMY, at, reports

PLACE = np.array(at(1, 1))


def known(events: pd.DataFrame) -> Known:
    return Known(events, TAXONOMY, as_of=AS_OF, week=AS_OF, days=28)


def test_counts_are_of_the_window_and_weighted():
    events = reports(at(1, 1), 20)  # every other day: 14 within 28 days
    events["count"] = 2
    here = known(events).around(PLACE, 100)
    assert (here.recent, here.year) == (28, 40)
    assert here.categories == (("theft.bicycle", 28),)


def test_what_happens_farther_away_is_not_counted():
    near, far = reports(at(1, 1), 5), reports(at(3, 1), 5)
    assert known(pd.concat([near, far], ignore_index=True)).around(PLACE, 100).year == 5


def test_rows_without_a_point_are_left_out():
    events = reports(at(1, 1), 5)
    events.loc[:1, ["x", "y"]] = np.nan
    assert known(events).around(PLACE, 100).year == 3


def test_what_was_open_on_the_day_is_open():
    events = reports(at(1, 1), 4, "hazard.lighting", open_=1)
    # The second was closed on the day itself, the third the day before.
    events.loc[1, "closed_at"] = AS_OF
    events.loc[2, "closed_at"] = AS_OF - pd.Timedelta(days=1)
    here = known(events).around(PLACE, 100)
    assert here.open_matters == 2
    assert here.oldest_open_days == 2  # the second happened at 18:00 three days before


@pytest.mark.parametrize(
    ("closed", "due"), [("2026-11-15", 0), ("2026-11-16", 1), ("2026-11-22", 1), ("2026-11-23", 0)]
)
def test_a_revisit_is_due_in_the_week_its_day_falls_in(closed, due):
    events = reports(at(1, 1), 3, "dispute.noise")  # seven days after it was settled
    events.loc[0, "closed_at"] = pd.Timestamp(closed, tz="Asia/Shanghai")
    assert known(events).around(PLACE, 100).revisits == due


def test_an_hour_counts_only_where_it_is_known():
    exact = reports(at(1, 1), 6, hour=18)
    band = reports(at(1, 1), 4, hour=20, minutes=120)
    day = reports(at(1, 1), 5, hour=0, minutes=24 * 60)
    month = reports(at(1, 1), 7, hour=0, minutes=30 * 24 * 60)
    month["event_start"], month["event_end"] = month["event_start"] - pd.Timedelta(days=31), month["event_start"]
    here = known(pd.concat([exact, band, day, month], ignore_index=True)).everywhere()
    assert here.timed == 10
    assert here.hours[[18, 20, 21]].tolist() == [6, 2, 2]
    assert here.hours.sum() == 10
    assert here.weekdays.sum() == 15


def test_one_point_that_reports_often_stays_one_point():
    one = reports(at(1, 1), 30, points=1)
    assert known(one).distinct_points(PLACE[None], 100).tolist() == [1]
    assert known(reports(at(1, 1), 30, points=5)).distinct_points(PLACE[None], 100).tolist() == [5]


def test_nothing_known_is_an_answer_of_the_same_shape():
    here = known(reports(at(1, 1), 0)).around(PLACE, 100)
    assert (here.recent, here.open_matters, here.oldest_open_days, here.categories) == (0, 0, None, ())
    assert here.hours.shape == (24,)


def test_a_column_without_any_time_may_be_of_any_kind():
    events = reports(at(1, 1), 5, open_=2)
    events["layer"], events["closed_at"] = "hazard", pd.NaT
    events["reported_at"] = None
    assert known(events).around(PLACE, 100).open_matters == 2


def test_a_theft_never_stays_open():
    assert known(reports(at(1, 1), 4, open_=4)).around(PLACE, 100).open_matters == 0
    assert known(reports(at(1, 1), 4, "dispute.noise", open_=4)).around(PLACE, 100).open_matters == 4


def test_what_is_open_presses_twice():
    events = pd.concat([reports(at(1, 1), 3), reports(at(1, 1), 2, "hazard.lighting", open_=2)], ignore_index=True)
    assert known(events).around(PLACE, 100).now == {"hazard.lighting": 4.0, "theft.bicycle": 3.0}
