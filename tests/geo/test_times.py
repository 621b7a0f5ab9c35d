"""Texts → moments and spans: every format by a value written by hand, and laws over all days."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.times import DAY_ONLY, MOMENT, MONTH_ONLY, NOTHING, YEAR_ONLY, demoted, parse_times
from geo.times_of_day import parse_clock
from tests.geo.intake_worlds import finding, read_text


def one(text, **options):
    parsed = parse_times(np.array([text], dtype=object), **options)
    return str(parsed.start[0]), str(parsed.end[0]), int(parsed.kind[0])


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2021-03-05 14:07:09", "2021-03-05T14:07:09"),
        ("2021-03-05T14:07", "2021-03-05T14:07:00"),
        ("2021/3/5 4:07 PM", "2021-03-05T16:07:00"),
        ("2021.03.05 12:00:00 AM", "2021-03-05T00:00:00"),
        ("2021年3月5日 14时05分", "2021-03-05T14:05:00"),
        ("2021年3月5日下午3时", "2021-03-05T15:00:00"),
        ("20210305 1407", "2021-03-05T14:07:00"),
        ("20210305140709", "2021-03-05T14:07:09"),
        ("5 Mar 2021 14:07", "2021-03-05T14:07:00"),
        ("March 5, 2021 2:07 pm", "2021-03-05T14:07:00"),
        ("2021-03-05T14:07:09.123456", "2021-03-05T14:07:09"),
        ("2021-03-05 24:00", "2021-03-06T00:00:00"),
    ],
)
def test_moments_are_read_as_written(text, start):
    assert one(text) == (start, start, MOMENT)


@pytest.mark.parametrize(
    ("text", "start", "end", "kind"),
    [
        ("2020-02-28", "2020-02-28T00:00:00", "2020-02-29T00:00:00", DAY_ONLY),
        ("2020-02", "2020-02-01T00:00:00", "2020-03-01T00:00:00", MONTH_ONLY),
        ("2020年12月", "2020-12-01T00:00:00", "2021-01-01T00:00:00", MONTH_ONLY),
        ("Feb 2020", "2020-02-01T00:00:00", "2020-03-01T00:00:00", MONTH_ONLY),
        ("民國104年1月1日", "2015-01-01T00:00:00", "2015-01-02T00:00:00", DAY_ONLY),
    ],
)
def test_what_is_no_moment_spans_all_it_may_be(text, start, end, kind):
    assert one(text) == (start, end, kind)


@pytest.mark.parametrize("text", ["soon", "2021-02-30", "2021-13-01", "2021-03-05 25:10", "99", "", "12/2021/05"])
def test_what_is_no_date_is_not_made_into_one(text):
    assert one(text, numbers=True)[2] == NOTHING


def test_a_zone_makes_it_utc():
    parsed = parse_times(np.array(["2021-01-01 05:00:00+00", "2021-01-01 05:00:00+08:00", "2021-01-01T05:00:00Z"]))
    assert parsed.start.astype(str).tolist() == ["2021-01-01T05:00:00", "2020-12-31T21:00:00", "2021-01-01T05:00:00"]
    assert parsed.zoned.all()


@pytest.mark.parametrize(
    ("texts", "order", "certain", "first"),
    [
        (["01/02/2024", "13/02/2024"], "dmy", True, "2024-02-01"),
        (["01/02/2024", "01/13/2024"], "mdy", True, "2024-01-02"),
        (["01/02/24", "01/13/24"], "mdy", True, "2024-01-02"),
        (["01.02.2024", "01.03.2024"], "dmy", True, "2024-02-01"),
        (["01/02/2024", "01/03/2024", "01/04/2024", "01/05/2024"], "mdy", False, "2024-01-02"),
        (["113/03/01", "99/12/31"], "roc", True, "2024-03-01"),
    ],
)
def test_day_and_month_are_told_by_the_whole_column(texts, order, certain, first):
    parsed = parse_times(np.array(texts, dtype=object))
    assert (parsed.order, parsed.certain, str(parsed.start[0])[:10]) == (order, certain, first)


def test_where_nothing_tells_the_custom_of_the_place_does():
    texts = np.array(["01/02/2024", "03/04/2024"], dtype=object)
    assert str(parse_times(texts, month_first=True).start[0])[:10] == "2024-01-02"
    assert str(parse_times(texts, month_first=False).start[0])[:10] == "2024-02-01"


def test_years_of_the_republic_in_six_and_seven_digits():
    parsed = parse_times(np.array(["1040101", "780210", "950116"], dtype=object), numbers=True)
    assert parsed.start.astype("M8[D]").astype(str).tolist() == ["2015-01-01", "1989-02-10", "2006-01-16"]
    assert parsed.order == "roc"


def test_six_digits_without_seven_are_year_and_month():
    parsed = parse_times(np.array(["202005", "202012"], dtype=object), numbers=True)
    assert parsed.end.astype("M8[D]").astype(str).tolist() == ["2020-06-01", "2021-01-01"]


@pytest.mark.parametrize(
    ("text", "start", "kind"),
    [
        ("1577836800", "2020-01-01T00:00:00", MOMENT),
        ("1577836800000", "2020-01-01T00:00:00", MOMENT),
        ("43831", "2020-01-01T00:00:00", DAY_ONLY),
        ("43831.75", "2020-01-01T18:00:00", MOMENT),
        ("2020", "2020-01-01T00:00:00", YEAR_ONLY),
    ],
)
def test_bare_numbers_are_dates_only_where_a_header_says_so(text, start, kind):
    assert one(text, numbers=True)[::2] == (start, kind)
    assert one(text)[2] == NOTHING


@given(st.dates(datetime.date(1912, 1, 1), datetime.date(2100, 12, 31)), st.times())
def test_every_moment_comes_back_as_python_reads_it(day, time):
    moment = datetime.datetime.combine(day, time).replace(microsecond=0)
    for text in (moment.isoformat(), moment.strftime("%Y/%m/%d %I:%M:%S %p"), moment.strftime("%Y%m%d%H%M%S")):
        assert one(text)[0] == moment.isoformat()


@given(st.dates(datetime.date(2011, 1, 1), datetime.date(2030, 12, 31)))
def test_every_day_of_the_republic_comes_back(day):
    text = f"{day.year - 1911}{day:%m%d}"
    assert one(text, numbers=True)[0][:10] == day.isoformat()


def test_moments_that_are_all_midnight_are_days():
    parsed = parse_times(np.array(["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"], dtype=object))
    days = demoted(parsed, np.ones(2))
    assert days.kind.tolist() == [DAY_ONLY, DAY_ONLY]
    assert not days.zoned.any()  # a zone would move them to the day before


@pytest.mark.parametrize(
    ("texts", "hours", "reading"),
    [
        (["14:30", "2:30 PM", "1430", "下午2点30分"], [(14.5, 14.5)] * 4, "clock"),
        (["14", "0"], [(14, 15), (0, 1)], "hour"),
        (["22~24", "19~21", "01~03"], [(22, 24), (19, 22), (1, 4)], "band_through"),
        (["0-3", "3-6", "21-24"], [(0, 3), (3, 6), (21, 24)], "band_until"),
        (["22:00-02:00"], [(22, 26)], "band_until"),
        (["18:00-20:59"], [(18, 21)], "band_until"),
    ],
)
def test_times_of_day_and_bands_of_hours(texts, hours, reading):
    start, end, found = parse_clock(np.array(texts, dtype=object))
    assert [(s / 3600, e / 3600) for s, e in zip(start, end, strict=True)] == hours
    assert found == reading


def test_what_is_no_time_of_day_stays_unread():
    assert np.isnan(parse_clock(np.array(["noonish", "25:00", "12:75", "-"], dtype=object))[0]).all()


@pytest.mark.parametrize(
    ("text", "start", "zoned"),
    [
        ("2021-01-05", "2021-01-05T00:00:00", False),
        ("2021/01/05 10:20", "2021-01-05T10:20:00", False),
        ("2021-01-05 10:20:30", "2021-01-05T10:20:30", False),
        ("2021-01-05T10:20:30.250", "2021-01-05T10:20:30", False),
        ("2021-01-05T10:20:30Z", "2021-01-05T10:20:30", True),
        ("2021-01-05 10:20:30+00", "2021-01-05T10:20:30", True),
        ("2021-01-05 10:20:30.123456+0800", "2021-01-05T02:20:30", True),
        ("2021-01-05T10:20-05:00", "2021-01-05T15:20:00", True),
        ("2021-02-30 10:20:30", "NaT", False),
        ("2021-01-05 25:20:30", "NaT", False),
    ],
)
def test_reading_by_position_says_the_same_as_reading_by_pattern(text, start, zoned):
    alike = parse_times(np.array([text, text], dtype=object))
    # A text of another length beside it sends both through the patterns.
    mixed = parse_times(np.array([text, "2021-1-5"], dtype=object))
    assert str(alike.start[0]) == str(mixed.start[0]) == start
    assert alike.zoned[0] == mixed.zoned[0] == zoned
    assert alike.kind[0] == mixed.kind[0]


def test_an_hour_beside_the_time_is_compared_and_told(tmp_path):
    rows = "".join(f"2020-01-0{i} 10:15:00,{10 if i < 8 else ''},116.3{i},39.9,theft\n" for i in range(1, 9))
    text = f"date,hour,lon,lat,type\n{rows}2020-01-09 10:15:00,23,116.3,39.9,theft\n"
    told = finding(read_text(tmp_path, text), "time.hour_differs")
    assert (told.rows, told.example_row, told.facts["blank"]) == (1, 10, 1)


def test_the_order_of_day_and_month_is_told_with_a_value_that_decides(tmp_path):
    rows = "".join(f"0{i}/0{i}/2020,116.3{i},39.9,theft\n" for i in range(1, 9))
    reading = read_text(tmp_path, f"date,lon,lat,type\n{rows}25/01/2020,116.3,39.9,theft\n")
    assert finding(reading, "time.order_dmy").facts["value"] == "25/01/2020"


def short_dates(order, years, n=60):
    days = [(year, 1 + i % 12, 1 + i % 28) for i in range(n) for year in years]
    forms = {"ymd": "{y:02d}/{m:02d}/{d:02d}", "dmy": "{d:02d}/{m:02d}/{y:02d}", "mdy": "{m:02d}/{d:02d}/{y:02d}"}
    return [forms[order].format(y=y, m=m, d=d) for y, m, d in days]


@pytest.mark.parametrize(("order", "found"), [("ymd", "yymd"), ("dmy", "dmy"), ("mdy", "mdy")])
@pytest.mark.parametrize("years", [(25,), (24, 25), tuple(range(18, 26))])
def test_years_of_two_digits_are_told_by_how_few_they_are(order, found, years):
    parsed = parse_times(np.array(short_dates(order, years), dtype=object))
    assert (parsed.order, parsed.certain) == (found, True)
    assert set(parsed.start.astype("M8[Y]").astype(int) + 1970) == {2000 + year for year in years}
    assert parsed.start[0] == np.datetime64(f"20{years[0]}-01-01")


def test_one_short_date_follows_the_custom_of_the_place_and_says_so():
    short = np.array(["25/01/31"], dtype=object)
    assert parse_times(short).start[0] == np.datetime64("2031-01-25")
    parsed = parse_times(short, year_first=True)
    assert (parsed.start[0], parsed.order, parsed.certain) == (np.datetime64("2025-01-31"), "yymd", False)
    assert parse_times(np.array(["01/31/25"], dtype=object), year_first=True).start[0] == np.datetime64("2025-01-31")


def test_a_dot_between_hours_and_minutes_where_all_are_written_so():
    parsed = parse_times(np.array(["01.02.2025 23.51", "02.02.2025 03.23 Uhr", "3.2.2025 3.05.30"], dtype=object))
    assert parsed.dotted
    wanted = ["2025-02-01T23:51:00", "2025-02-02T03:23:00", "2025-02-03T03:05:30"]
    assert parsed.start.astype(str).tolist() == wanted
    mixed = parse_times(np.array(["01.02.2025 23.51", "02.02.2025 03:23"], dtype=object))
    assert (mixed.dotted, mixed.kind.tolist()) == (False, [NOTHING, MOMENT])


def test_a_column_of_dotted_times_of_day():
    start, end, reading = parse_clock(np.array(["23.51", "0.05", "9.30"], dtype=object))
    assert reading == "dotted"
    assert start.tolist() == end.tolist() == [23 * 3600 + 51 * 60, 300, 9 * 3600 + 30 * 60]
    # Parts of a day, and a column in which some text cannot be such a time, are none.
    assert parse_clock(np.array(["0.50", "0.25"], dtype=object))[0].tolist() == [43_200, 21_600]
    assert parse_clock(np.array(["23.51", "23.75"], dtype=object))[2] != "dotted"
