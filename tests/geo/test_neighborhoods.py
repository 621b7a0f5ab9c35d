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
    elsewhere = [[[x + 1, y] for x, y in SQUARE[0]]]
    frame, findings = read(
        tmp_path, geojson(({"name": "新村"}, "Polygon", SQUARE), ({"name": "新村"}, "Polygon", elsewhere))
    )
    assert frame["neighborhood_id"].tolist() == ["新村", "新村-2"]
    assert "neighborhoods.same_id" in codes(findings)


def test_a_unit_given_twice_is_taken_once(tmp_path):
    frame, findings = read(
        tmp_path, geojson(({"name": "新村"}, "Polygon", SQUARE), ({"name": "新村"}, "Polygon", SQUARE))
    )
    assert frame["neighborhood_id"].tolist() == ["新村"]
    assert [f.facts["names"] for f in findings if f.code == "neighborhoods.twice"] == ["新村"]


def moved(square, dx, dy=0.0):
    return [[[x + dx, y + dy] for x, y in square[0]]]


def test_the_parts_of_one_unit_are_joined(tmp_path):
    island = {"code": "A1", "name": "海岛村", "population": 300}
    shore = {"code": "A2", "name": "海滨村", "population": 500}
    frame, findings = read(
        tmp_path,
        geojson(
            (island, "Polygon", SQUARE),
            (shore, "Polygon", moved(SQUARE, 1)),
            (island, "Polygon", moved(SQUARE, 2)),
            ({**shore, "population": 40}, "Polygon", moved(SQUARE, 3)),
        ),
    )
    assert frame["neighborhood_id"].tolist() == ["A1", "A2"]
    assert frame["population"].tolist() == [
        300,
        540,
    ]  # one figure on each part is the unit's, different ones are theirs
    assert frame.geometry.iloc[0].geom_type == "MultiPolygon"
    (parts,) = [f for f in findings if f.code == "neighborhoods.parts"]
    assert (parts.rows, parts.facts["rows"]) == (2, 4)


def test_mending_says_which_and_how_much_it_changed(tmp_path):
    # As written the two lobes of a bow tie, one of them three times as wide, go round opposite ways: 9 - 1 of 10 parts.
    tie = [[[0, 0], [0.03, 0.03], [0.04, 0.02], [0.04, 0.04], [0.03, 0.03], [0, 0.06], [0, 0]]]
    bow = [[[0, 0.1], [0.04, 0.14], [0.04, 0.13], [0, 0.17], [0, 0.1]]]
    spike = [[[1, 1], [1.1, 1], [1.1, 1.1], [1.1, 1.2], [1.1, 1.1], [1, 1.1], [1, 1]]]
    frame, findings = read(
        tmp_path,
        geojson(
            ({"name": "tie"}, "Polygon", tie), ({"name": "bow"}, "Polygon", bow), ({"name": "spike"}, "Polygon", spike)
        ),
    )
    assert frame.geometry.is_valid.all()
    (mended,) = [f for f in findings if f.code == "neighborhoods.mended"]
    assert mended.facts["names"] == "tie, bow, spike"
    (much,) = [f for f in findings if f.code == "neighborhoods.mended_much"]
    assert "bow" in much.facts["names"]
    assert "spike" not in much.facts["names"]  # a line has no area


def test_a_polygon_without_area_is_left_out_by_name(tmp_path):
    flat = [[[116, 39], [117, 39], [116, 39], [116, 39]]]
    frame, findings = read(tmp_path, geojson(({"name": "a"}, "Polygon", SQUARE), ({"name": "flat"}, "Polygon", flat)))
    assert frame["name"].tolist() == ["a"]
    assert [f.facts["names"] for f in findings if f.code == "neighborhoods.no_area"] == ["flat"]


def test_older_and_further_names_are_kept_as_aliases(tmp_path):
    row = {"NAME": "AIRPORT_NORTH", "MAPNAME": "North Airport", "LISTNAME": "Airport, North", "曾用名": "机场村;老机场"}
    frame, _ = read(tmp_path, geojson((row, "Polygon", SQUARE)))
    assert frame["name"].tolist() == ["North Airport"]
    assert frame["aliases"].tolist() == ["AIRPORT_NORTH;机场村;老机场"]


@pytest.mark.parametrize(
    "shape", [moved(SQUARE, 64.05), [[[-179.9, 10], [179.9, 10], [179.9, 11], [-179.9, 10]]], moved(SQUARE, 120)]
)
def test_polygons_at_the_meridian_of_180_degrees_are_refused_in_words(tmp_path, shape):
    rows = [({"name": "a"}, "Polygon", shape)]
    with pytest.raises(InputError, match="both sides of the meridian of 180°"):
        read(tmp_path, geojson(*rows, ({"name": "b"}, "Polygon", [[[-179, 1], [-178, 1], [-178, 2], [-179, 1]]])))


@pytest.mark.parametrize(
    ("x", "y", "near", "likely"),
    [
        (39_442_000, 4_410_000, None, "EPSG:4527 CGCS2000 / 3-degree Gauss-Kruger zone 39"),
        (20_442_000, 4_410_000, None, "EPSG:4498 CGCS2000 / Gauss-Kruger zone 20"),
        (-8_366_000, 4_859_000, None, r"EPSG:3857 .*\(-75.15°, 39.96°\)"),
        (448_262, 4_413_044, (116.0, 39.5, 117.0, 40.2), "EPSG:32650 WGS 84 / UTM zone 50N"),
        (442_000, 4_410_000, None, "UTM, Gauss-Kruger"),
    ],
)
def test_systems_that_would_fit_are_named(tmp_path, x, y, near, likely):
    square = [[[x, y], [x + 900, y], [x + 900, y + 900], [x, y]]]
    path = tmp_path / "n.geojson"
    path.write_text(geojson(({"name": "p"}, "Polygon", square)))
    with pytest.raises(InputError, match=f"It may be: {likely}"):
        read_neighborhoods(path, near=near)


def test_a_system_may_be_named_where_the_file_names_none(tmp_path):
    path = tmp_path / "n.geojson"
    square = [[[448262, 4413044], [449262, 4413044], [449262, 4414044], [448262, 4413044]]]
    path.write_text(geojson(({"name": "p"}, "Polygon", square)))
    frame, findings = read_neighborhoods(path, crs="EPSG:32650")
    assert frame.total_bounds[:2] == pytest.approx([116.394, 39.866], abs=0.002)
    assert "neighborhoods.crs" in codes(findings)


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
