"""Shares of the week add up, follow spans by the time they cover, and say nothing from few events."""

import numpy as np
import pandas as pd
import pytest

from analysis.week_shape import BANDS, week_shape
from tests.analysis.worlds import AS_OF, ZONE, joined, make_events

# AS_OF is a Monday, so that 2026-05-26 is a Tuesday.
TUESDAY = pd.Timestamp("2026-05-26", tz=ZONE)


def at(moment: pd.Timestamp, hours: float = 0.0, n: int = 1) -> pd.DataFrame:
    return make_events(
        np.full(n, 500.0), 500.0, 1.0, event_start=moment, event_end=moment + pd.Timedelta(hours, "h")
    )  # fmt: skip


def random_week(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return make_events(rng.uniform(0, 900, n), 500.0, rng.uniform(0, 28, n))


def test_shares_sum_to_one_and_moments_lie_in_their_band():
    shape = week_shape(at(TUESDAY + pd.Timedelta(22.5, "h"), n=400), AS_OF)
    assert shape.shape == (7, BANDS)
    assert shape.sum() == pytest.approx(1, rel=1e-12)
    assert shape[1, 7] > 0.9
    assert shape[1, 6] == shape[4, 3] > 0


def test_a_span_is_shared_out_by_the_time_it_covers():
    # From 22:00 to 4:00: two hours of Tuesday's last band, then three and one of Wednesday.
    shape = week_shape(at(TUESDAY + pd.Timedelta(22, "h"), 6.0, n=3000), AS_OF)
    assert shape[1, 7] / shape[2, 0] == pytest.approx(2 / 3, rel=0.01)
    assert shape[2, 1] / shape[2, 0] == pytest.approx(1 / 3, rel=0.01)
    sunday = week_shape(at(TUESDAY + pd.Timedelta(5 * 24 + 23, "h"), 2.0, n=3000), AS_OF + pd.Timedelta(7, "D"))
    # They halve day by day, not hour by hour.
    assert sunday[6, 7] == pytest.approx(sunday[0, 0], rel=0.005)


def test_few_events_take_the_shape_of_the_place_and_the_place_the_same_at_all_times():
    everything = joined(*(at(TUESDAY + pd.Timedelta(9, "h"), n=500), random_week(200)))
    few = at(TUESDAY + pd.Timedelta(3, "h"), n=20)
    assert np.array_equal(week_shape(few, AS_OF, everything), week_shape(everything, AS_OF))
    assert np.allclose(week_shape(few, AS_OF), 1 / 56)
    some = week_shape(at(TUESDAY + pd.Timedelta(3, "h"), n=60), AS_OF, everything)
    assert some[1, 1] > 0.4
    assert some[1, 3] > 0.3


def test_spans_of_days_and_what_is_not_known_say_nothing():
    base = random_week(300)
    long = at(TUESDAY, 30.0, n=500)
    later = at(AS_OF + pd.Timedelta(5, "h"), n=500)
    untold = at(TUESDAY, n=500).assign(reported_at=AS_OF + pd.Timedelta(1, "h"))
    assert np.array_equal(week_shape(joined(base, long, later, untold), AS_OF), week_shape(base, AS_OF))


def test_walking_forward_it_beats_the_same_at_all_times_where_nights_are_busy():
    rng = np.random.default_rng(3)
    days, n = 300, 900
    hour = np.where(rng.uniform(size=n) < 0.6, rng.uniform(18, 24, n), rng.uniform(0, 24, n))
    events = make_events(500.0, 500.0, days - (np.floor(rng.uniform(0, days, n)) + hour / 24))
    bits = 0.0
    for back in (0, 28, 56):
        end = AS_OF - pd.DateOffset(days=back)
        start = end - pd.DateOffset(days=28)
        shape = week_shape(events[events["event_start"] < start], start)
        window = events.loc[(events["event_start"] >= start) & (events["event_start"] < end), "event_start"].dt
        bits += np.log2(56 * shape[window.day_of_week, window.hour // 3]).sum()
    assert bits > 0
