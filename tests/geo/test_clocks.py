"""Moments and local clocks, against pandas' own conversion row by row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.clocks import NAT, in_zone, to_local, to_utc

ZONES = ["Asia/Shanghai", "America/New_York", "Europe/Dublin", "Africa/Casablanca", "Australia/Lord_Howe",
         "America/Sao_Paulo", "Asia/Tehran", "Etc/UTC", "Pacific/Apia", "Asia/Taipei"]  # fmt: skip
SECONDS = st.lists(st.integers(-1_500_000_000, 2_500_000_000), max_size=40)
NEAR = st.lists(st.integers(1_300_000_000, 1_340_000_000), max_size=40)


def by_pandas(clock, zone):
    """UTC, moved and folded of each local time, one call a row."""
    utc, moved, folded = [], [], []
    for time in clock:
        stamp = pd.Timestamp(time)
        one = stamp.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
        two = stamp.tz_localize(zone, ambiguous=False, nonexistent="shift_forward")
        utc.append(one.tz_convert(None).to_datetime64().astype("M8[s]"))
        moved.append(one.tz_localize(None) != stamp)
        folded.append(one != two and not moved[-1])
    return utc, np.flatnonzero(moved).tolist(), np.flatnonzero(folded).tolist()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ZONES), st.one_of(SECONDS, NEAR))
def test_the_local_clock_is_pandas_own(zone, seconds):
    utc = np.array(seconds, dtype="M8[s]")
    wanted = pd.DatetimeIndex(utc, tz="UTC").tz_convert(zone).tz_localize(None).to_numpy().astype("M8[s]")
    assert to_local(utc, zone).tolist() == wanted.tolist()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ZONES), st.one_of(SECONDS, NEAR))
def test_moments_of_local_times_are_pandas_own(zone, seconds):
    clock = np.array(seconds, dtype="M8[s]")
    found = to_utc(clock, zone)
    utc, moved, folded = by_pandas(clock, zone)
    assert found.utc.tolist() == np.array(utc, "M8[s]").tolist()
    assert (found.moved.tolist(), found.folded.tolist()) == (moved, folded)


@pytest.mark.parametrize(
    ("text", "utc", "moved", "folded"),
    [
        ("2021-03-14 02:30", "2021-03-14 07:00", [0], []),  # skipped: the first moment after
        ("2021-11-07 01:30", "2021-11-07 05:30", [], [0]),  # twice: the first, still summer time
        ("2021-11-07 02:00", "2021-11-07 07:00", [], []),
        ("2021-03-14 03:00", "2021-03-14 07:00", [], []),
    ],
)
def test_clocks_that_jump_in_new_york(text, utc, moved, folded):
    found = to_utc(np.array([text], "M8[s]"), "America/New_York")
    assert found.utc[0] == np.datetime64(utc, "s")
    assert (found.moved.tolist(), found.folded.tolist()) == (moved, folded)


def test_what_is_no_time_stays_none():
    times = np.array([NAT, np.datetime64("2021-01-01T00:00:00"), NAT], "M8[s]")
    assert np.isnat(to_local(times, "Asia/Shanghai")).tolist() == [True, False, True]
    assert np.isnat(to_utc(times, "Asia/Shanghai").utc).tolist() == [True, False, True]
    nothing = np.full(2, NAT)
    assert np.isnat(to_utc(nothing, "Asia/Shanghai").utc).all()
    assert in_zone(nothing, "Asia/Shanghai").isna().all()
