"""Which column is what, by header, by content, by hand."""

# ruff: noqa: E501  (tables of cases read better in long lines)
import pytest

from geo.columns import read_columns
from geo.errors import InputError
from geo.headers import normal
from tests.geo.intake_worlds import finding, mapped, read_text, two_villages

PLAIN = "lon,lat,date,type\n116.39,39.9,2020-01-01,theft\n"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("dispatch_date_time", "dispatch date time"),
        ("CreationDt", "creation dt"),
        ("LSOA11CD", "lsoa 11 cd"),
        ("经度（°）", "经度"),
    ],
)
def test_headers_are_compared_as_words(header, words):
    assert normal(header) == words


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (
            "案件编号,案件类别,发案日期,发案时间,经度,纬度,办理状态,办结时间",
            "A01,盗窃,2025-03-01,14:30,116.39,39.9,已办结,2025-03-09",
            {"event_id": "案件编号", "category": "案件类别", "date": "发案日期", "time": "发案时间", "lon": "经度", "lat": "纬度",
             "status": "办理状态", "closed_at": "办结时间"},
        ),
        (
            "編號,案件類型,發生日期,發生時段,經度,緯度",
            "K1,住宅竊盜,1040101,19~21,121.5,25.0",
            {"event_id": "編號", "category": "案件類型", "date": "發生日期", "time_band": "發生時段", "lon": "經度", "lat": "緯度"},
        ),
        (
            "DR_NO,Date Rptd,DATE OCC,TIME OCC,Crm Cd Desc,LAT,LON",
            "1903A,03/21/2020 12:00:00 AM,03/20/2020 12:00:00 AM,2130,BURGLARY,34.0,-118.3",
            {"event_id": "DR_NO", "reported_date": "Date Rptd", "date": "DATE OCC", "time": "TIME OCC", "category": "Crm Cd Desc",
             "lat": "LAT", "lon": "LON"},
        ),
        (
            "Crime ID,Month,Longitude,Latitude,Crime type,Last outcome category",
            "ab12,2021-05,-1.57,54.9,Burglary,Under investigation",
            {"event_id": "Crime ID", "event_start": "Month", "lon": "Longitude", "lat": "Latitude", "category": "Crime type"},
        ),
        (
            "From Date,From Time,To Date,To Time,lon,lat,offence,count",
            "2020-01-01,22:00,2020-01-02,07:30,116.39,39.9,burglary,2",
            {"date": "From Date", "time": "From Time", "date_end": "To Date", "time_end": "To Time", "lon": "lon", "lat": "lat",
             "category": "offence", "count": "count"},
        ),
        (
            "年,月,日,小时,经度,纬度,类型",
            "2020,1,5,13,116.391,39.905,盗窃",
            {"year": "年", "month": "月", "day": "日", "time": "小时", "lon": "经度", "lat": "纬度", "category": "类型"},
        ),
    ],
)  # fmt: skip
def test_headers_of_many_places_are_understood(tmp_path, header, row, expected):
    assert mapped(read_text(tmp_path, f"{header}\n{row}\n")) == expected


def test_headers_that_say_nothing_are_judged_by_content(tmp_path):
    rows = "\n".join(
        f"c{i},116.39{i},39.9{i},2020-01-0{i + 1} 10:00,{kind}"
        for i, kind in enumerate(["theft", "robbery", "theft", "noise"])
    )
    reading = read_text(tmp_path, f"f1,f2,f3,f4,f5\n{rows}\n")
    assert mapped(reading) == {"lon": "f2", "lat": "f3", "event_start": "f4", "category": "f5"}
    assert {guess.reason for guess in reading.report.columns if guess.canonical in ("lon", "lat", "category")} == {
        "content"
    }


def test_without_any_header_columns_are_judged_by_content(tmp_path):
    reading = read_text(
        tmp_path,
        "2020-01-01 10:00,116.391,39.905,theft\n2020-01-02 10:00,116.392,39.906,theft\n2020-01-03 10:00,116.393,39.9,theft\n",
    )
    assert reading.report.rows_kept == 3
    assert finding(reading, "read.headerless")


def test_of_several_columns_of_kinds_the_one_that_tells_most_apart_is_taken(tmp_path):
    rows = "\n".join(
        f"2020-01-0{i % 9 + 1},116.39,39.9,Larceny,{kind}"
        for i, kind in enumerate(["SHOPLIFTING", "THEFT OF BICYCLE", "PICK-POCKET"] * 4)
    )
    assert mapped(read_text(tmp_path, f"date,lon,lat,group,description\n{rows}\n"))["category"] == "description"


def test_a_number_that_only_counts_lines_is_no_id(tmp_path):
    rows = "\n".join(f"{i},2020-01-01,116.39{i},39.9,theft" for i in range(1, 6))
    reading = read_text(tmp_path, f"序号,日期,经度,纬度,类型\n{rows}\n")
    assert "event_id" not in mapped(reading)
    assert reading.report.columns[0].reason == "running_number"


def test_ids_keep_their_leading_zeros(tmp_path):
    reading = read_text(
        tmp_path,
        "case number,date,lon,lat,type\n00071,2020-01-01,116.39,39.9,theft\n00070,2020-01-02,116.39,39.9,theft\n",
    )
    assert reading.events["event_id"].tolist() == ["00071", "00070"]


def test_the_hand_beats_the_guess(tmp_path):
    text = "lon,lat,date,date2,type\n116.39,39.9,2020-01-01,2021-05-05,theft\n"
    assert read_text(tmp_path, text).events["event_start"].dt.year.tolist() == [2020]
    assert read_text(tmp_path, text, columns={"event_start": "date2"}).events["event_start"].dt.year.tolist() == [2021]


@pytest.mark.parametrize(
    ("columns", "key"),
    [({"event_start": "gone"}, "columns.unknown_source"), ({"banana": "date"}, "columns.unknown_canonical")],
)
def test_a_mapping_must_name_what_exists(tmp_path, columns, key):
    with pytest.raises(InputError) as caught:
        read_text(tmp_path, PLAIN, columns=columns)
    assert caught.value.key == key


def test_a_mapping_cannot_let_persons_in(tmp_path):
    with pytest.raises(InputError, match="personal data"):
        read_text(tmp_path, "lon,lat,date,电话\n116.39,39.9,2020-01-01,13812345678\n", columns={"event_id": "电话"})


def test_a_mapping_is_read_from_toml(tmp_path):
    (tmp_path / "m.toml").write_text('[columns]\nevent_start = "发案时间"\n', encoding="utf-8")
    assert read_columns(tmp_path / "m.toml") == {"event_start": "发案时间"}
    (tmp_path / "bad.toml").write_text("event_start = ", encoding="utf-8")
    with pytest.raises(InputError, match=r"bad.toml cannot be read as a mapping"):
        read_columns(tmp_path / "bad.toml")


def test_numbers_of_wards_are_not_taken_for_neighborhoods_that_points_deny(tmp_path):
    villages = two_villages().assign(neighborhood_id=["1", "2"])
    # `ward` holds the same numbers the other way round; `comm` is right.
    rows = "\n".join(
        f"2020-01-01,{116.311 + i / 200:.4f},39.9,theft,{2 if i < 15 else 1},{1 if i < 18 else 2}" for i in range(36)
    )
    reading = read_text(tmp_path, f"date,lon,lat,type,ward,comm\n{rows}\n", neighborhoods=villages)
    assert mapped(reading)["neighborhood"] == "comm"
    assert finding(reading, "point.agreement").facts["share"] == 1.0
