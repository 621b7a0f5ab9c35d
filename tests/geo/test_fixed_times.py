"""Times of one form, read by position: the same as one by one, and none where they are not alike."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.fixed_times import fixed_times
from geo.times import parse_times


@given(st.lists(st.datetimes(dt.datetime(1850, 1, 1), dt.datetime(2200, 12, 31)), min_size=1, max_size=30),
       st.sampled_from(["%Y-%m-%d", "%Y/%m/%d %H:%M", "%Y.%m.%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f"]))  # fmt: skip
def test_every_time_comes_out_as_python_reads_it(times, form):
    texts = [time.strftime(form) for time in times]
    found = fixed_times(pa.array(texts))
    wanted = [dt.datetime.strptime(text, form).replace(microsecond=0) for text in texts]
    assert found.start.tolist() == wanted
    assert (found.clock, found.zone) == ("%H" in form, "")


@pytest.mark.parametrize(
    "text", ["2021-02-30", "2021-13-01", "2021-00-10", "2021-01-00", "2021-01-32", "1849-12-31", "2201-01-01",
             "2021-01-01 25:00", "2021-01-01 24:01", "2021-01-01 23:60", "2021-01-01 10:00:61"]
)  # fmt: skip
def test_what_is_no_time_is_none(text):
    assert np.isnat(fixed_times(pa.array([text])).start).all()


@pytest.mark.parametrize(
    "texts",
    [
        ["2021-01-01", "2021/01/01"],
        ["2021-01-01", "2021-01-1"],
        ["2021-01-0x"],
        ["20210101"],
        ["2021-01-01 9:00"],
        ["2021-01-01 10:00+08", "2021-01-01 10:00+09"],
        ["2021-01-01 10:00 PM"],
        [],
        [None, "2021-01-01"],
    ],
)
def test_texts_that_are_not_alike_are_left_to_patterns(texts):
    assert fixed_times(pa.array(texts, pa.string())) is None


def test_a_zone_behind_every_time():
    found = fixed_times(pa.array(["2021-01-01 10:00:00.5+05:30", "2021-01-01 10:00:00.7+05:30"]))
    assert (found.clock, found.zone) == (True, "+05:30")
    parsed = parse_times(pa.array(["2021-01-01 10:00:00.5+05:30", "2021-01-01 10:00:00.7+05:30"]))
    assert parsed.zoned.all()
    assert parsed.start[0] == np.datetime64("2021-01-01T04:30:00")


def test_reading_leaves_the_texts_as_they_are():
    texts = pa.array(["2021-01-01"])
    fixed_times(texts)
    assert texts.to_pylist() == ["2021-01-01"]


def test_one_odd_time_among_many_is_read_by_the_other_forms():
    parsed = parse_times(pa.array(["2021-02-03 10:00"] * 5 + ["2021-02-30 10:00"]))
    assert parsed.kind.tolist() == [1] * 5 + [0]
