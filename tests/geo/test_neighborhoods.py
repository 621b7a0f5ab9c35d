"""Polygons of any kind come in with canonical columns, mended and told."""

# ruff: noqa: E501  (tables of cases read better in long lines)
import gzip
import json
import warnings
import zipfile

import numpy as np
import pytest
import shapely

from geo.errors import InputError
from geo.neighborhoods import read_neighborhoods
from geo.schema import NEIGHBORHOOD_COLUMNS
from tests.geo.intake_worlds import two_villages

BOW_TIE = [[[116.1, 39], [116.2, 39.1], [116.2, 39], [116.1, 39.1], [116.1, 39]]]
SQUARE = [[[116, 39], [116.1, 39], [116.1, 39.1], [116, 39.1], [116, 39]]]


def geojson(*features, **members):
    return json.dumps(
        {
            "type": "FeatureCollection", **members,
            "features": [
                {"type": "Feature", "properties": properties, "geometry": geometry and {"type": kind, "coordinates": geometry}}
                for properties, kind, geometry in features
            ],
        }
    )  # fmt: skip


def read(folder, text, name="n.geojson"):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_neighborhoods(folder / name)


def codes(findings):
    return [f.code for f in findings]


def test_chinese_columns_and_a_polygon_that_crosses_itself(tmp_path):
    first = {
        "社区名称": "花园社区",
        "社区编号": "001",
        "人口": 1200,
        "户数": 400,
        "所属派出所": "东门所",
        "英文名": "Garden",
    }
    second = {
        "社区名称": "湖滨社区",
        "社区编号": "002",
        "人口": 900,
        "户数": None,
        "所属派出所": "东门所",
        "英文名": "Lakeside",
    }
    frame, findings = read(tmp_path, geojson((first, "Polygon", SQUARE), (second, "Polygon", BOW_TIE)))
    assert tuple(frame.columns) == NEIGHBORHOOD_COLUMNS
    assert frame.iloc[0, :6].tolist() == ["001", "花园社区", "Garden", 1200.0, 400.0, "东门所"]
    assert np.isnan(frame["households"][1])
    assert frame.geometry.is_valid.all()
    assert {"neighborhoods.mended", "neighborhoods.no_people"} <= set(codes(findings))


def test_names_are_cleaned_and_ids_made_from_them(tmp_path):
    frame, _ = read(
        tmp_path,
        geojson(({"NAME": "BREWERY_TOWN"}, "Polygon", SQUARE), ({"NAME": "Pierrefonds--Roxboro"}, "Polygon", SQUARE)),
    )
    assert frame["name"].tolist() == ["BREWERY TOWN".title(), "Pierrefonds–Roxboro"]
    assert frame["neighborhood_id"].tolist() == frame["name"].tolist()


def test_of_several_names_the_readable_one_is_taken(tmp_path):
    frame, _ = read(
        tmp_path,
        geojson(
            ({"NAME": "AIRPORT_NORTH", "MAPNAME": "North Airport", "LISTNAME": "Airport, North"}, "Polygon", SQUARE)
        ),
    )
    assert frame["name"].tolist() == ["North Airport"]


def test_nested_units_keep_their_parents_and_the_latest_population(tmp_path):
    station = {"id": "S1", "name": "东门派出所", "POP2000": 1, "POP2010": 3000, "parent_id": None}
    village = {"id": "V1", "name": "东村", "POP2000": 1, "POP2010": 1000, "parent_id": "S1"}
    frame, _ = read(tmp_path, geojson((station, "Polygon", SQUARE), (village, "Polygon", SQUARE)))
    assert frame["parent_id"].isna().tolist() == [True, False]
    assert frame["parent_id"][1] == "S1"
    assert frame["population"].tolist() == [3000, 1000]


def test_ids_that_repeat_are_told_apart(tmp_path):
    frame, findings = read(
        tmp_path, geojson(({"name": "新村"}, "Polygon", SQUARE), ({"name": "新村"}, "Polygon", SQUARE))
    )
    assert frame["neighborhood_id"].tolist() == ["新村", "新村-2"]
    assert "neighborhoods.same_id" in codes(findings)


@pytest.mark.parametrize("kind", ["zip", "shp", "gpkg", "geojson.gz"])
def test_every_kind_of_file_gives_the_same_polygons(tmp_path, kind):
    villages = two_villages()[["name", "population", "geometry"]]
    if kind == "gpkg":
        villages.to_crs(32650).to_file(tmp_path / "v.gpkg", layer="社区")
    elif kind == "geojson.gz":
        (tmp_path / "v.geojson.gz").write_bytes(gzip.compress(villages.to_json().encode()))
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            villages.to_file(tmp_path / "v.shp", encoding="utf-8")
        with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
            for part in tmp_path.glob("v.???"):
                if part.suffix != ".zip":
                    archive.write(part, f"folder/{part.name}")
    frame, _ = read_neighborhoods(tmp_path / f"v.{kind}")
    assert frame["name"].tolist() == ["东村", "西村"]
    assert frame["population"].tolist() == [1000, 2000]
    assert str(frame.crs) == "EPSG:4326"
    difference = shapely.symmetric_difference(frame.geometry.to_numpy(), villages.geometry.to_numpy())
    assert shapely.area(difference).max() < 1e-9


def test_features_that_are_no_polygons_are_left_out_and_told(tmp_path):
    frame, findings = read(
        tmp_path,
        geojson(({"name": "a"}, "Polygon", SQUARE), ({"name": "p"}, "Point", [116, 39]), ({"name": "n"}, "", None)),
    )
    assert frame["name"].tolist() == ["a"]
    assert "neighborhoods.not_polygon" in codes(findings)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (geojson(({"name": "p"}, "Point", [116, 39])), "neighborhoods.none"),
        (geojson(), "neighborhoods.none"),
        (geojson(({"name": "p"}, "Polygon", [[[442000, 4410000], [443000, 4410000], [443000, 4411000], [442000, 4410000]]])), "neighborhoods.no_crs"),
        (geojson(({"name": "a"}, "Polygon", SQUARE), crs={"type": "link", "properties": {"href": "http://example.org"}}), "read.linked_crs"),
        ("", "read.empty"),
        ("name,geometry\n", "read.other_kind"),
    ],
)  # fmt: skip
def test_files_that_hold_no_neighborhoods_end_in_a_sentence(tmp_path, text, key):
    with pytest.raises(InputError, match=r"n.geojson") as caught:
        read(tmp_path, text)
    assert caught.value.key == key


def test_an_archive_that_leads_outside_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.writestr("../../evil.shp", b"\x00\x00\x27\x0a")
    with pytest.raises(InputError, match="names files outside itself"):
        read_neighborhoods(tmp_path / "v.zip")


OPEN = [
    ("philadelphia/neighborhoods.geojson", 159, "Bridesburg", None),
    ("philadelphia/census_tracts_population.geojson", 408, "Census Tract 122.04", 3873),
    ("chicago/community_areas_population.geojson", 77, "Douglas", 18238),
    ("newcastle/lsoa_2011.geojson", 432, "Newcastle upon Tyne 027A", 1321),
    ("taipei/villages.geojson", 448, "三玉里", None),
    ("china/beijing_districts_low_resolution.geojson", 16, "东城区", None),
]


@pytest.mark.open_data
@pytest.mark.parametrize(("file", "count", "name", "population"), OPEN)
def test_real_polygons(open_data, file, count, name, population):
    frame, _ = read_neighborhoods(open_data / file)
    assert (len(frame), frame["name"][0], frame["neighborhood_id"].is_unique) == (count, name, True)
    assert frame["population"][0] == population if population else np.isnan(frame["population"][0])
    assert frame.geometry.is_valid.all()


@pytest.mark.open_data
@pytest.mark.parametrize(
    ("file", "broken"),
    [
        ("boston/neighborhoods.geojson", 4),
        ("memphis/precincts.geojson", 1),
        ("portland_streets/neighborhoods.geojson", 6),
    ],
)
def test_real_polygons_that_are_broken_are_mended(open_data, file, broken):
    _, findings = read_neighborhoods(open_data / file)
    assert [f.rows for f in findings if f.code == "neighborhoods.mended"] == [broken]


@pytest.mark.parametrize(("ending", "driver"), [("kml", "KML"), ("fgb", "FlatGeobuf")])
def test_polygons_from_a_phone_or_the_web_are_the_same(tmp_path, ending, driver):
    two_villages().to_crs(4326).to_file(tmp_path / f"v.{ending}", driver=driver)
    frame, _ = read_neighborhoods(tmp_path / f"v.{ending}")
    assert sorted(frame["name"]) == ["东村", "西村"]
    assert sorted(frame["neighborhood_id"]) == ["a", "b"]
    assert frame.to_crs(32650).area.sum() == pytest.approx(two_villages().to_crs(32650).area.sum())
