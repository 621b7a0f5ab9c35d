"""Sunset to the minute or two of almanacs."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.daylight import sunset


@pytest.mark.parametrize(
    ("day", "lon", "lat", "zone", "printed"),
    [  # as printed in almanacs, in the local time of the day
        (dt.date(2026, 6, 21), 116.4, 39.9, "Asia/Shanghai", (19, 46)),
        (dt.date(2026, 11, 27), 116.4, 39.9, "Asia/Shanghai", (16, 52)),
        (dt.date(2026, 6, 21), 0.0, 51.48, "Europe/London", (21, 21)),
        (dt.date(2026, 12, 21), -122.68, 45.52, "America/Los_Angeles", (16, 30)),
        (dt.date(2026, 12, 21), 151.2, -33.87, "Australia/Sydney", (20, 5)),
    ],
)
def test_sunset_is_that_of_the_almanac(day, lon, lat, zone, printed):
    found = sunset(day, lon, lat, ZoneInfo(zone))
    assert abs(found.hour * 60 + found.minute - printed[0] * 60 - printed[1]) <= 2


@pytest.mark.parametrize("day", [dt.date(2026, 6, 21), dt.date(2026, 12, 21)])
def test_where_the_sun_does_not_set_or_does_not_rise_there_is_no_time(day):
    assert sunset(day, 25.0, 70.0, ZoneInfo("Europe/Helsinki")) is None


@given(day=st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31)), lon=st.floats(-179, 179), lat=st.floats(-60, 60))
def test_far_from_the_poles_the_sun_sets_every_day_after_noon_by_the_sun(day, lon, lat):
    zone = dt.timezone(dt.timedelta(hours=round(lon / 15)))
    found = sunset(day, lon, lat, zone)
    assert found is not None
    assert 14 <= found.hour + found.minute / 60 <= 22.5
