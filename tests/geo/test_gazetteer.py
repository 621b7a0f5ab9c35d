"""A planner's list of places: what it may hold, what it must not, and names with two places."""

import numpy as np
import pytest

from geo.errors import InputError
from geo.gazetteer import Gazetteer, read_gazetteer
from geo.gazetteer_texts import entries_named
from tests.geo.intake_worlds import two_villages


def read(folder, text, name="places.csv", **options):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_gazetteer(path, **options)


def codes(findings):
    return [finding.code for finding in findings]


def test_names_addresses_and_other_names_with_a_point(tmp_path):
    frame, findings = read(
        tmp_path, "地名,曾用名,经度,纬度\n人民广场,跑马场;老马场,116.35,39.9\n松山路12号,,116.36,39.9\n"
    )
    assert frame["name"].tolist() == ["人民广场", "", "跑马场", "老马场"]
    assert codes(findings) == ["gazetteer.read"]
    assert findings[0].facts["houses"] == 1
    assert frame.crs == "EPSG:4326"


def test_no_house_number_is_kept(tmp_path):
    frame, _ = read(tmp_path, "address,lon,lat\n12 Mill Road,0.1,52.2\n14 Mill Road,0.11,52.2\n")
    kept = tmp_path / "kept.parquet"
    frame.to_parquet(kept)
    assert frame["name"].tolist() == ["", ""]
    assert not any("mill" in text.casefold() for text in frame["key"])
    gazetteer = Gazetteer(frame)
    assert entries_named("14 MILL RD, Flat 2, Cambridge", gazetteer) == [1]
    assert entries_named("16 Mill Road", gazetteer) == []
    assert entries_named("Mill Road", gazetteer) == []


def test_number_and_street_in_two_columns(tmp_path):
    frame, _ = read(tmp_path, "门牌号,道路,经度,纬度\n12号,松山路,116.35,39.9\n14,松山路,116.36,39.9\n")
    gazetteer = Gazetteer(frame)
    assert [entries_named(text, gazetteer) for text in ("松山路12号", "信义区松山路14號3樓", "松山路16号")] == [
        [0],
        [1],
        [],
    ]


def test_a_map_file_and_other_systems(tmp_path):
    import geopandas as gpd
    from shapely.geometry import Point

    places = gpd.GeoDataFrame(
        {"name": ["Market", "Well"]}, geometry=[Point(116.35, 39.9), Point(116.45, 39.9)], crs=4326
    )
    for name, crs in (("a.geojson", 4326), ("b.gpkg", 32650)):
        places.to_crs(crs).to_file(tmp_path / name)
        frame, _ = read_gazetteer(tmp_path / name, neighborhoods=two_villages())
        assert frame["name"].tolist() == ["Market", "Well"]
        assert np.allclose(frame.geometry.x, [116.35, 116.45], atol=1e-6)


def test_a_name_with_two_places_is_left_out_and_both_are_named(tmp_path):
    frame, findings = read(tmp_path, "name,lon,lat\nOld Hall,116.31,39.9\nOld Hall,116.32,39.9\nWell,116.33,39.9\n")
    assert frame["name"].tolist() == ["Well"]
    told = next(finding for finding in findings if finding.code == "gazetteer.two_places")
    assert (told.facts["name"], told.facts["row"], told.facts["other_row"]) == ("Old Hall", 2, 3)
    assert told.facts["metres"] == pytest.approx(854, abs=5)  # 0.01 degrees of longitude at 39.9 N


def test_a_file_whose_every_name_has_two_places_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"line 2 puts 'Old Hall' at 116.3100, 39.9000, line 3 at 116.3200") as caught:
        read(tmp_path, "name,lon,lat\nOld Hall,116.31,39.9\nOld Hall,116.32,39.9\n")
    assert caught.value.key == "gazetteer.two_places"


def test_a_parent_or_the_area_tells_two_places_of_one_name_apart(tmp_path):
    frame, findings = read(tmp_path, "name,district,lon,lat\nOld Hall,East,116.31,39.9\nOld Hall,West,116.32,39.9\n")
    assert len(frame) == 2
    assert "gazetteer.twins" in codes(findings)
    frame, findings = read(
        tmp_path, "name,lon,lat\nOld Hall,116.31,39.9\nOld Hall,116.42,39.9\n", neighborhoods=two_villages()
    )
    assert len(frame) == 2
    assert "gazetteer.twins" in codes(findings)


def test_one_place_written_twice_is_one(tmp_path):
    frame, _ = read(tmp_path, "name,lon,lat\nOld Hall,116.31,39.9\nOLD HALL,116.3102,39.9\n")
    assert len(frame) == 1


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("姓名,电话,经度,纬度\n王小明,13800138000,116.35,39.9\n李四光,13900138000,116.36,39.9\n", "gazetteer.persons"),
        ("name,lon,lat\n" + "".join(f"{n},116.3{i},39.9\n" for i, n in enumerate(
            ("王小明", "李四光", "张三丰", "陈大文", "周小红", "吴一凡"))), "gazetteer.persons"),
        ("name,kind\nOld Hall,a\nWell,b\n", "gazetteer.no_points"),
        ("name,lon,lat\nOld Hall,,\nWell,,\n", "gazetteer.no_points"),
        ("id,lon,lat\n1,116.31,39.9\n2,116.32,39.9\n", "gazetteer.no_names"),
        ("name,lon,lat\nOld Hall,121.4,31.2\nWell,121.5,31.2\n", "gazetteer.elsewhere"),
    ],
)  # fmt: skip
def test_what_is_no_gazetteer_is_refused_with_a_sentence(tmp_path, text, key):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, neighborhoods=two_villages())
    assert caught.value.key == key


def test_persons_beside_places_are_refused_and_the_places_are_read(tmp_path):
    frame, findings = read(tmp_path, "地名,联系人,经度,纬度\n人民广场,王小明,116.35,39.9\n老马场,李四光,116.36,39.9\n")
    assert frame["name"].tolist() == ["人民广场", "老马场"]
    assert "columns.refused" in codes(findings)
    assert not any("王小明" in str(value) for value in frame.to_numpy().ravel())


def test_entries_of_another_town_are_left_out(tmp_path):
    text = "name,lon,lat\nOld Hall,116.31,39.9\nTower,121.4,31.2\n"
    frame, findings = read(tmp_path, text, neighborhoods=two_villages())
    assert frame["name"].tolist() == ["Old Hall"]
    assert any(finding.code in ("gazetteer.far", "point.other_system", "point.far") for finding in findings)
