"""Rows without coordinates come where their words say; where two places fit, or words contradict, nowhere."""

import numpy as np
import pytest

from geo.errors import InputError
from geo.gazetteer import read_gazetteer
from geo.place_answers import PlaceSources
from tests.geo.intake_worlds import finding, mapped, read_text, two_villages
from tests.geo.place_world import areas, chinese_town, degrees, english_town, metres_off

DAY = "2026-03-01 10:00"


def town(names=("West", "Middle", "East"), streets=english_town, gazetteer=None, **more):
    units = areas(list(names), **more)
    return {"neighborhoods": units, "places": PlaceSources(units, streets, gazetteer)}


def read(folder, header, rows, **options):
    text = "\n".join([f"number,date,kind,{header}", *(f"N{i},{DAY},theft,{row}" for i, row in enumerate(rows))])
    return read_text(folder, text + "\n", **options)


def told(reading):
    return {f.code for f in reading.report.findings if f.code.startswith("place.")}


def test_a_file_without_coordinates_comes_in_by_its_addresses(tmp_path):
    rows = ["Mill Rd & Elm Ave", "Mill Rd between Oak and Elm", "Angel Mews", "Nowhere Street", "12 Nowhere Street"]
    reading = read(tmp_path, "location", rows, **town())
    events = reading.events
    assert mapped(reading)["address"] == "location"
    assert events["repairs"].tolist() == ["by_crossing", "by_section", "by_section", "", ""]
    assert events["precision"].tolist() == ["block"] * 3 + ["unknown"] * 2
    places = [(200, 0), (100, 0), (40, 100)]
    for row, (x, y) in enumerate(places):
        assert metres_off(events["lon"][row], events["lat"][row], x, y) < 1
    assert events["neighborhood_id"].tolist()[:3] == ["u0"] * 3
    assert reading.report.rows_placed == 3
    assert finding(reading, "place.unplaced").rows == 2


def test_two_columns_of_streets(tmp_path):
    reading = read(tmp_path, "street,cross street", ["Station Rd,Oak", "Station Road,North Church St"], **town())
    assert [round(metres_off(*at, 0, 200)) for at in reading.events[["lon", "lat"]].to_numpy()[:1]] == [0]
    assert metres_off(*reading.events[["lon", "lat"]].to_numpy()[1], 400, 200) < 1


def test_chinese_rows(tmp_path):
    rows = ["中山路与和平街交叉口", "中山路（建设街至和平街）", "東城社區", "东城社区居委会", "中城社区某某小区"]
    reading = read(tmp_path, "案发地点", rows, **town(("西城社区", "中城社区", "东城社区"), chinese_town))
    events = reading.events
    assert events["repairs"].tolist() == ["by_crossing", "by_section", "by_area_name", "by_area_name", "by_area_name"]
    assert events["neighborhood_id"].tolist() == ["u0", "u0", "u2", "u2", "u1"]
    assert events["precision"].tolist() == ["block", "block", "area", "area", "area"]
    assert np.isnan(events["lon"].to_numpy()[2:]).all()


def test_the_gazetteer_comes_first(tmp_path):
    lon, lat = degrees(500, 300)
    path = tmp_path / "names.csv"
    path.write_text(f"name,lon,lat\nOld Market,{lon},{lat}\n12 Angel Mews,{lon},{lat}\n")
    names, _ = read_gazetteer(path)
    reading = read(tmp_path, "address", ["Old Market", "12 Angel Mews", "14 Angel Mews"], **town(gazetteer=names))
    events = reading.events
    assert events["repairs"].tolist() == ["by_gazetteer", "by_gazetteer", "by_section"]
    assert events["precision"].tolist() == ["address", "address", "block"]
    assert metres_off(events["lon"][0], events["lat"][0], 500, 300) < 1


def test_a_name_with_two_places_is_told_by_the_area_of_the_row(tmp_path):
    one, two = degrees(100, 300), degrees(700, 300)
    path = tmp_path / "names.csv"
    path.write_text(f"name,lon,lat\nOld Market,{one[0]},{one[1]}\nOld Market,{two[0]},{two[1]}\n")
    options = town()
    names, _ = read_gazetteer(path, neighborhoods=options["neighborhoods"])
    options = town(gazetteer=names)
    reading = read(tmp_path, "neighborhood,address", ["West,Old Market", "East,Old Market", ",Old Market"], **options)
    events = reading.events
    assert metres_off(events["lon"][0], events["lat"][0], 100, 300) < 1
    assert metres_off(events["lon"][1], events["lat"][1], 700, 300) < 1
    assert np.isnan(events["lon"][2])
    assert finding(reading, "place.several").rows == 1


def test_a_place_outside_the_neighborhood_named_is_not_taken(tmp_path):
    reading = read(tmp_path, "neighborhood,location", ["East,Mill Rd & Oak Ave", "West,Mill Rd & Oak Ave"], **town())
    assert np.isnan(reading.events["lon"][0])
    assert reading.events["neighborhood_id"].tolist() == ["u2", "u0"]
    assert reading.events["precision"].tolist() == ["area", "block"]
    assert finding(reading, "place.conflict").rows == 1


def test_points_stay_where_they_are(tmp_path):
    lon, lat = degrees(500, 500)
    rows = [f"{lon},{lat},Mill Rd & Oak Ave", ",,Mill Rd & Oak Ave"]
    reading = read(tmp_path, "lon,lat,location", rows, **town())
    assert metres_off(reading.events["lon"][0], reading.events["lat"][0], 500, 500) < 1
    assert metres_off(reading.events["lon"][1], reading.events["lat"][1], 0, 0) < 1
    assert reading.events["repairs"].tolist() == ["", "by_crossing"]


def test_parent_and_child(tmp_path):
    options = town(("三张里", "三张里", "六合里"), chinese_town, parents=["信义区", "大安区", "大安区"])
    rows = ["信义区,三张里", "大安區,三張里", ",三张里", "大安区,", "信义区,六合里"]
    reading = read(tmp_path, "行政区,里", rows, **options)
    assert [None if one != one else one for one in reading.events["neighborhood_id"]] == ["u0", "u1", None, None, None]
    assert {"place.city", "place.conflict"} <= told(reading)


def test_parent_and_child_in_one_text(tmp_path):
    options = town(("三张里", "三张里", "六合里"), chinese_town, parents=["信义区", "大安区", "大安区"])
    reading = read(tmp_path, "地址", ["台北市信义区三张里无名路5号", "大安区三张里", "大安區六合里12鄰"], **options)
    assert reading.events["neighborhood_id"].tolist() == ["u0", "u1", "u2"]


def test_old_names_and_lost_characters(tmp_path):
    options = town(("糖廍里", "六合里", "望江楼里"), chinese_town, aliases=["", "老马村;马家村", ""])
    reading = read(tmp_path, "村里", ["糖?里", "老马村", "马家村", "望江搂里", "六和里"], **options)
    assert reading.events["neighborhood_id"].tolist()[:4] == ["u0", "u1", "u1", "u2"]
    assert reading.events["neighborhood_id"].isna().tolist() == [False] * 4 + [True]
    assert finding(reading, "place.slips").facts["pairs"] == "糖?里 → 糖廍里, 望江搂里 → 望江楼里"


def test_a_drawn_parent_counts_rows_that_name_only_it(tmp_path):
    units = areas(["District", "West", "East"], parents=[None, "u0", "u0"])
    units.loc[0, "geometry"] = units.geometry.union_all()
    options = {"neighborhoods": units, "places": PlaceSources(units)}
    reading = read(tmp_path, "neighborhood", ["West", "District", "East"], **options)
    assert reading.events["neighborhood_id"].tolist() == ["u1", "u0", "u2"]
    assert finding(reading, "place.parent").rows == 1


def test_nothing_of_an_address_is_kept_or_shown(tmp_path):
    rows = ["77 Hidden Street"] * 6 + ["王小明家"] * 6 + ["Mill Rd & Elm Ave"] * 3
    reading = read(tmp_path, "address", rows, **town())
    kept = reading.events.to_csv() + str(reading.report) + reading.rejects.to_csv()
    assert "77" not in kept.replace(DAY, "")
    assert "王小明" not in kept
    assert finding(reading, "place.unplaced").facts["texts"] == "Hidden Street (6), ••• (6)"


def test_rejected_rows_show_no_address(tmp_path):
    rows = ("A,2026-03-01,theft,12 Mill Road", "B,,theft,77 Hidden Street", "C,2026-03-01,theft,Angel Mews")
    text = "\n".join(["number,date,kind,address", *rows])
    reading = read_text(tmp_path, text, **town())
    assert reading.rejects["address"].tolist() == ["•••"]


def test_addresses_where_nothing_is_known_to_find_them_by(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, "address", ["12 Mill Road", "14 Mill Road"], timezone="Europe/London")
    assert caught.value.key == "read.no_coordinates"
    with pytest.raises(InputError) as caught:
        read(tmp_path, "address", ["12 Nowhere", "14 Nowhere"], neighborhoods=two_villages())
    assert caught.value.key == "read.no_coordinates"


def test_the_hand_says_which_column_is_the_street(tmp_path):
    options = town() | {"columns": {"street": "a", "cross_street": "b"}}
    reading = read(tmp_path, "a,b", ["Mill Road,Elm Avenue"], **options)
    assert metres_off(reading.events["lon"][0], reading.events["lat"][0], 200, 0) < 1


def test_addresses_are_found_by_their_cells(tmp_path):
    reading = read(tmp_path, "remark", ["Mill Rd & Elm Ave", "Mill Rd & Oak Ave", "Station Rd / Oak Ave"], **town())
    assert mapped(reading)["address"] == "remark"


def test_somebodys_address_is_not_the_place(tmp_path):
    lon, lat = degrees(500, 500)
    reading = read(tmp_path, "lon,lat,victim address", [f"{lon},{lat},12 Mill Road"], **town())
    assert "address" not in mapped(reading)
