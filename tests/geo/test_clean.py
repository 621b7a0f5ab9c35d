"""Rows: kept or rejected with a reason, points mended or set aside, times in the zone of the place."""

# ruff: noqa: E501  (tables of cases read better in long lines)
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from geo.errors import InputError
from geo.schema import EVENT_COLUMNS
from tests.geo.intake_worlds import finding, mapped, read_text, two_villages

HEAD = "lon,lat,date,type\n"
GOOD = "".join(f"116.3{i},39.9,2020-01-0{i + 1},theft\n" for i in range(9))


def codes(reading):
    return [f.code for f in reading.report.findings]


def one_bad(folder, row, **options):
    """Nine good rows and then one: the last row of the events."""
    reading = read_text(folder, HEAD + GOOD + row + "\n", **options)
    return reading, reading.events.iloc[-1]


def test_events_have_all_canonical_columns_in_order(tmp_path):
    events = read_text(tmp_path, HEAD + GOOD).events
    assert list(events.columns) == list(EVENT_COLUMNS)
    for name, kind in EVENT_COLUMNS.items():
        dtype = events[name].dtype
        if kind == "timestamp":
            assert isinstance(dtype, pd.DatetimeTZDtype), name
        elif kind == "category":
            assert isinstance(dtype, pd.CategoricalDtype), name
        elif kind != "string":
            assert str(dtype) == kind, name


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("hello,39.9,2020-01-01,theft", "point.unreadable"),
        (",,2020-01-01,theft", "point.none"),
        ("0,0,2020-01-01,theft", "point.fill"),
        ("-1,-1,2020-01-01,theft", "point.fill"),
        ("1e999,39.9,2020-01-01,theft", "point.out_of_range"),
        ("500,39.9,2020-01-01,theft", "point.out_of_range"),
        ("NaN,NaN,2020-01-01,theft", "point.none"),
    ],
)
def test_a_row_without_a_usable_point_is_kept_and_drawn_nowhere(tmp_path, row, code):
    reading, event = one_bad(tmp_path, row)
    assert np.isnan([event.lon, event.lat]).all()
    assert (reading.report.rows_kept, reading.report.rows_placed) == (10, 9)
    assert (finding(reading, code).rows, finding(reading, code).example_row) == (1, 11)


@pytest.mark.parametrize("options", [{}, {"neighborhoods": two_villages()}])
def test_swapped_axes_are_mended_and_told(tmp_path, options):
    reading, event = one_bad(tmp_path, "39.9,116.35,2020-01-01,theft", **options)
    assert (event.lon, event.lat, event.repairs) == (116.35, 39.9, "axes_swapped")
    assert reading.report.rows_repaired == 1


def test_a_point_outside_is_kept_and_told(tmp_path):
    reading, event = one_bad(tmp_path, "117.9,39.9,2020-01-01,theft", neighborhoods=two_villages())
    assert event.lon == 117.9
    assert pd.isna(event.neighborhood_id)
    assert finding(reading, "point.outside").example_row == 11


@pytest.mark.parametrize("value", ["39,905", "39.905°", " 39.905 "])
def test_numbers_are_read_as_people_write_them(tmp_path, value):
    reading = read_text(tmp_path, f"lon;lat;date;type\n116,391;{value};2020-01-01;theft\n")
    assert reading.events[["lon", "lat"]].iloc[0].tolist() == [116.391, 39.905]


@pytest.mark.parametrize("cell", ["POINT (116.391 39.905)", '"116.391,39.905"', '"(39.905, 116.391)"'])
def test_a_point_in_one_cell(tmp_path, cell):
    reading = read_text(tmp_path, f"id,date,type,geom\nA1,2020-01-01,theft,{cell}\nA2,2020-01-02,theft,{cell}\n")
    assert reading.events[["lon", "lat"]].iloc[0].tolist() == [116.391, 39.905]


def test_text_in_a_coordinate_column_stops_with_line_and_value(tmp_path):
    with pytest.raises(InputError, match=r"file.csv: line 2: 'abc' in column 'lon' is no coordinate"):
        read_text(tmp_path, HEAD + "abc,39.9,2020-01-01,theft\ndef,39.9,2020-01-01,theft\n")


def test_no_coordinate_columns_stop_with_the_columns_found(tmp_path):
    with pytest.raises(InputError, match="line 1: no coordinate columns among id, date, type"):
        read_text(tmp_path, "id,date,type\nA,2020-01-01,theft\n")


def test_names_of_neighborhoods_stand_in_for_coordinates(tmp_path):
    reading = read_text(
        tmp_path,
        "社区,日期,类型\n东村,2020-01-01,盗窃\n外村,2020-01-02,噪音\n东村,2020-01-03,噪音\n",
        neighborhoods=two_villages(),
    )
    assert reading.events["neighborhood_id"].tolist() == ["a", np.nan, "a"]
    assert reading.events["precision"].tolist() == ["area", "unknown", "area"]
    assert reading.report.rows_placed == 0


def test_a_village_name_that_two_districts_have_is_told_by_the_district(tmp_path):
    villages = two_villages().assign(name=["新村", "新村"], parent_id=["东区", "西区"], name_en=["", ""])
    rows = "西区,新村,,,2020-01-01,盗窃\n东区,新村,,,2020-01-02,盗窃\n,新村,,,2020-01-03,盗窃\n东区,,116.31,39.9,2020-01-03,盗窃\n"
    reading = read_text(tmp_path, "区,村,经度,纬度,日期,类型\n" + rows, neighborhoods=villages)
    assert reading.events["neighborhood_id"].tolist() == ["b", "a", np.nan, "a"]


def test_a_row_without_a_time_is_rejected_with_its_cells(tmp_path):
    reading = read_text(tmp_path, HEAD + GOOD + "116.3,39.9,soon,theft\n")
    assert reading.rejects.to_dict("records") == [
        {
            "source": "file.csv",
            "source_row": 11,
            "reason": "time.none",
            "lon": "116.3",
            "lat": "39.9",
            "date": "soon",
            "type": "theft",
        }
    ]


def test_no_readable_time_at_all_stops_with_line_and_value(tmp_path):
    with pytest.raises(InputError, match="line 2: 'soon' in column 'date' is no date"):
        read_text(tmp_path, HEAD + "116.3,39.9,soon,theft\n")
    with pytest.raises(InputError, match="no column of dates among lon, lat, type"):
        read_text(tmp_path, "lon,lat,type\n116.3,39.9,theft\n")


def test_a_date_far_ahead_is_kept_and_told(tmp_path):
    reading, event = one_bad(tmp_path, "116.3,39.9,2099-01-01,theft")
    assert event.event_start.year == 2099
    assert reading.report.span[1].year == 2020
    assert finding(reading, "time.far_future").facts["latest"] == "2099-01-01"


def test_times_take_the_zone_of_the_place_or_the_one_given(tmp_path):
    text = "lon,lat,date,type\n-75.1,40.0,2021-07-01 12:00,theft\n"
    assert str(read_text(tmp_path, text).events["event_start"][0]) == "2021-07-01 12:00:00-04:00"
    assert str(read_text(tmp_path, text, timezone="UTC").events["event_start"][0]) == "2021-07-01 12:00:00+00:00"
    with pytest.raises(InputError, match="names no time zone"):
        read_text(tmp_path, text, timezone="Mars/Olympus")


def test_a_clock_that_jumps(tmp_path):
    rows = ["2021-03-14 02:30", "2021-11-07 01:30", "2021-11-07 01:30:00-05:00", "2021-11-07 01:30:00-04:00"]
    reading = read_text(tmp_path, "lon,lat,date,type\n" + "".join(f"-75.1,40.0,{row},theft\n" for row in rows))
    start = [str(moment) for moment in reading.events["event_start"]]
    assert start == [
        "2021-03-14 03:00:00-04:00", "2021-11-07 01:30:00-04:00", "2021-11-07 01:30:00-05:00", "2021-11-07 01:30:00-04:00",
    ]  # fmt: skip
    assert reading.events["repairs"].tolist() == ["clock_moved", "", "", ""]
    assert finding(reading, "time.dst_fold").rows == 1


def test_utc_beside_a_local_clock_is_compared_and_the_zone_wins(tmp_path):
    rows = "".join(
        f"-75.1,40.0,2021-01-0{d + 1} 04:30:00+00,{'2021-01-0' + str(d) if d else '2020-12-31'},23:30:00,theft\n"
        for d in range(5)
    )
    reading = read_text(tmp_path, "lon,lat,dispatch_date_time,dispatch_date,dispatch_time,type\n" + rows)
    assert str(reading.events["event_start"][0]) == "2020-12-31 23:30:00-05:00"
    assert finding(reading, "time.beside_agrees").facts["share"] == 1.0
    assert mapped(reading)["event_start"] == "dispatch_date_time"


def test_days_that_an_export_wrote_as_moments_in_utc_are_days_again(tmp_path):
    rows = "".join(f"-79.3,43.7,2014-01-0{d} 05:00:00+00,robbery\n" for d in range(1, 6))
    events = read_text(tmp_path, "lon,lat,OCC_DATE,type\n" + rows).events
    assert str(events["event_start"][0]) == "2014-01-01 00:00:00-05:00"
    assert (events["event_end"] - events["event_start"]).dt.days.tolist() == [1] * 5


def test_begin_and_end_make_a_span_and_an_end_before_the_begin_is_dropped(tmp_path):
    text = "From,To,lon,lat,type\n2020-01-01 22:00,2020-01-02 07:30,116.3,39.9,burglary\n2020-01-03 10:00,2020-01-03 09:00,116.3,39.9,burglary\n"
    events = read_text(tmp_path, text.replace("From,To", "start date,end date")).events
    hours = (events["event_end"] - events["event_start"]).dt.total_seconds() / 3600
    assert hours.tolist() == [9.5, 0.0]
    assert events["repairs"].tolist() == ["", "end_dropped"]


def test_a_day_without_time_spans_the_day_and_a_band_its_hours(tmp_path):
    text = "日期,时段,经度,纬度,类型\n2020-01-01,19~21,116.3,39.9,盗窃\n2020-01-02,22~24,116.3,39.9,盗窃\n2020-01-03,,116.3,39.9,盗窃\n"
    reading = read_text(tmp_path, text)
    spans = [
        (str(a)[5:16], str(b)[5:16])
        for a, b in zip(reading.events["event_start"], reading.events["event_end"], strict=True)
    ]
    assert spans == [("01-01 19:00", "01-01 22:00"), ("01-02 22:00", "01-03 00:00"), ("01-03 00:00", "01-04 00:00")]
    assert finding(reading, "time.band_through").rows == 2
    assert finding(reading, "time.no_clock").example_row == 4


def test_a_month_missing_between_full_ones_is_told(tmp_path):
    rows = "".join(f"2020-{month:02d},116.3,39.9,theft\n" * 30 for month in (1, 2, 4, 5))
    assert (
        finding(read_text(tmp_path, "Month,lon,lat,type\n" + rows), "time.months_missing").facts["missing"] == "2020-03"
    )


def test_a_report_time_stands_in_for_the_event_and_is_kept_as_such(tmp_path):
    event = read_text(
        tmp_path, "OPEN_DT,CLOSED_DT,lon,lat,TYPE\n2020-01-05 10:00,2020-01-06 12:00,116.3,39.9,noise\n"
    ).events.iloc[0]
    assert event.event_start == event.reported_at
    assert (str(event.closed_at)[:16], event.status) == ("2020-01-06 12:00", "closed")


def test_counts_are_read_and_a_row_of_none_is_rejected(tmp_path):
    rows = ["2 offences", "1", "0", "", "3"]
    reading = read_text(
        tmp_path, "date,lon,lat,type,count\n" + "".join(f"2020-01-01,116.3,39.9,theft,{row}\n" for row in rows)
    )
    assert reading.events["count"].tolist() == [2, 1, 1, 3]
    assert reading.rejects["reason"].tolist() == ["count.zero"]


def test_equal_rows_stay_apart_and_an_id_that_repeats_stays_the_sources(tmp_path):
    row = "2020-01-01,116.3,39.9,theft\n"
    reading = read_text(tmp_path, "date,lon,lat,type\n" + row * 3)
    ids = reading.events["event_id"].tolist()
    assert len(set(ids)) == 3
    assert [ident.removeprefix(ids[0]) for ident in ids] == ["", "-2", "-3"]
    assert finding(reading, "row.repeats").rows == 2
    cases = "".join(f"K{i},2020-01-01,116.3,39.9,theft\n" for i in range(9)) + "K1,2020-01-05,116.3,39.9,noise\n"
    assert read_text(tmp_path, "case id,date,lon,lat,type\n" + cases).events["event_id"].tolist().count("K1") == 2


def test_ids_do_not_depend_on_order_of_columns_or_rows_or_the_encoding(tmp_path):
    one = read_text(tmp_path, "日期,经度,纬度,类型\n2020-01-01,116.3,39.9,盗窃\n2020-01-02,116.3,39.9,噪音\n").events
    two = read_text(
        tmp_path, "类型,日期,纬度,经度\n噪音,2020-01-02,39.9,116.3\n盗窃,2020-01-01,39.9,116.3\n".encode("gb18030")
    ).events
    assert set(one["event_id"]) == set(two["event_id"])


def test_a_default_point_is_told_and_its_precision_unknown(tmp_path):
    rng = np.random.default_rng(3)
    spread = "".join(f"{116.3 + x:.5f},{39.8 + y:.5f},2020-01-01,theft\n" for x, y in rng.uniform(0, 0.15, (900, 2)))
    reading = read_text(tmp_path, HEAD + spread + "116.35001,39.85001,2020-01-01,theft\n" * 120)
    assert finding(reading, "point.default").rows == 120
    assert reading.events["precision"].value_counts().to_dict() == {"address": 900, "unknown": 120}


def test_points_that_many_rows_share_stand_for_blocks(tmp_path):
    rows = "".join(f"{116.3 + i / 1000:.5f},39.90001,2020-01-01,theft\n" * 10 for i in range(20))
    reading = read_text(tmp_path, HEAD + rows)
    assert reading.events["precision"].unique().tolist() == ["block"]
    assert finding(reading, "point.snapped").facts["places"] == 20


def test_rows_of_refused_subjects_are_rejected(tmp_path):
    reading = read_text(tmp_path, HEAD + GOOD + "116.3,39.9,2020-01-01,群众上访\n")
    assert reading.rejects["reason"].tolist() == ["subject.refused"]
    assert "category.unknown" not in codes(reading)
    with pytest.raises(InputError, match="every row names a subject"):
        read_text(tmp_path, HEAD + "116.3,39.9,2020-01-01,上访\n")


def test_no_two_columns_of_events_share_memory(tmp_path):
    """What is changed in one column must not change another; to share would spare time."""
    rows = "".join(f"K{i},2021-01-{1 + i % 28:02d} 10:00:00+00,-75.1{i:03d},40.1{i:03d}\n" for i in range(60))
    events = read_text(tmp_path, "id,report_time,lon,lat\n" + rows).events
    held = [getattr(events[name].array, "_ndarray", getattr(events[name].array, "_codes", None)) for name in events]
    held = [array for array in held if isinstance(array, np.ndarray)]
    assert len(held) >= 18
    assert not any(np.shares_memory(one, other) for one, other in combinations(held, 2))
    assert all(array.flags.writeable for array in held if array.dtype == float)


def test_short_years_first_are_read_and_told(tmp_path):
    rows = "".join(f"K{i},24/{1 + i % 12:02d}/{1 + i % 28:02d},2.35,48.85\n" for i in range(60))
    reading = read_text(tmp_path, "id,date,lon,lat\n" + rows)
    assert set(reading.events["event_start"].dt.year) == {2024}
    assert finding(reading, "time.order_yymd").facts["column"] == "date"


def test_a_dot_within_the_clock_is_told(tmp_path):
    rows = "".join(f"K{i},{1 + i % 28:02d}.01.2025,{i % 24}.{i % 60:02d},13.35,52.5\n" for i in range(60))
    reading = read_text(tmp_path, "id,Datum,Uhrzeit,lon,lat\n" + rows)
    assert mapped(reading)["time"] == "Uhrzeit"
    assert finding(reading, "time.dotted").rows == 60
    assert reading.events["event_start"].iloc[7].strftime("%H:%M") == "07:07"


def test_a_count_is_judged_by_rows_and_what_is_none_is_told(tmp_path):
    cells = ["2"] * 30 + ["many"] * 5 + ["0"] * 2
    rows = "".join(f"K{i},2025-01-{1 + i % 28:02d},2.35,48.85,{cell}\n" for i, cell in enumerate(cells))
    reading = read_text(tmp_path, "id,date,lon,lat,count\n" + rows)
    assert mapped(reading)["count"] == "count"
    assert (finding(reading, "count.unreadable").rows, finding(reading, "count.zero").rows) == (5, 2)
    assert reading.events["count"].sum() == 65


@pytest.mark.parametrize("cell", ["1000000", "1.5", "-3", "many"])
def test_a_count_that_is_not_read_is_told(tmp_path, cell):
    rows = "".join(f"K{i},2025-01-{1 + i % 28:02d},2.35,48.85,{cell}\n" for i in range(40))
    reading = read_text(tmp_path, "id,date,lon,lat,count\n" + rows)
    assert "count" not in mapped(reading)
    told = finding(reading, "count.not_read")
    assert (told.rows, told.facts["column"]) == (40, "count")
    assert reading.events["count"].eq(1).all()


def test_one_huge_cell_hides_no_column_of_kinds(tmp_path):
    kinds = ["Theft", "Noise", "Vandalism", "Burglary"]
    cells = [kinds[i % 4] for i in range(80)] + ["x" * 10_000]
    rows = "".join(f"K{i},2025-01-{1 + i % 28:02d},2.35,48.85,{cell}\n" for i, cell in enumerate(cells))
    reading = read_text(tmp_path, "id,date,lon,lat,what\n" + rows)
    assert mapped(reading)["category"] == "what"


def test_words_of_people_are_still_no_kinds(tmp_path):
    said = [f"The neighbor of number {i} came home late and there was a theft, he said at length." for i in range(60)]
    rows = "".join(f"K{i},2025-01-{1 + i % 28:02d},2.35,48.85,{text!r}\n" for i, text in enumerate(said))
    reading = read_text(tmp_path, "id,date,lon,lat,remarks\n" + rows.replace("'", '"'))
    assert "category" not in mapped(reading)
