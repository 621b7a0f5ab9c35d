"""Land and streets out of files that hold both, told apart by columns and never by the names of files or layers."""

import json
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon

from geo.errors import InputError
from geo.street_land import land_kinds
from geo.streets import read_land, read_streets
from tests.geo.test_streets import CRS, at, codes


def line(*places):
    return LineString([at(*place) for place in places])


def area(x, y, size=30):
    return Polygon([at(x, y), at(x + size, y), at(x + size, y + size), at(x, y + size)])


def frame(shapes, **columns):
    return gpd.GeoDataFrame(pd.DataFrame(columns, index=range(len(shapes))), geometry=shapes, crs="EPSG:4326")


def kinds(land):
    return land["kind"].value_counts().to_dict()


STREETS = [line((0, 0), (100, 0)), line((100, 0), (100, 100)), line((0, 0), (0, 90))]


def zipped(tmp_path, **frames):
    path = tmp_path / "extract.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, one in frames.items():
            one.to_file(tmp_path / f"{name}.shp", encoding="utf-8")
            for part in tmp_path.glob(f"{name}.*"):
                archive.write(part, f"city/{part.name}")
    return path


def test_a_zip_of_an_extracts_shapefiles_gives_streets_and_land_by_their_classes(tmp_path):
    path = zipped(
        tmp_path,
        # More rivers than roads, and names that say nothing.
        a=frame([line((0, i), (9, i)) for i in range(9)], fclass="river", name="Long River"),
        b=frame(STREETS, fclass=["residential", "footway", "steps"], name=["Oak", None, None], bridge="F", tunnel="F"),
        c=frame([area(200, 0), area(200, 50), area(200, 99)], fclass=["water", "wetland", "reservoir"], name="Lake"),
        d=frame([area(300, 0), area(300, 50)], fclass=["park", "residential"], name=["Island Park", None]),
        e=frame([line((0, 9), (9, 9)), line((0, 19), (9, 19))], fclass=["rail", "subway"], tunnel=["F", "T"]),
        f=frame([Point(*at(0, 0))], fclass=["park"]),
    )
    streets, land, findings = read_streets(path, CRS)
    assert streets["name"].tolist() == ["Oak", "", ""]
    assert streets["steps"].tolist() == [False, False, True]
    assert kinds(land) == {"water": 11, "park": 1, "rail": 1}
    told = next(f for f in findings if f.code == "streets.land")
    assert told.facts == {"n": 13, "row": 0, "water": 11, "park": 1, "rail": 1}
    assert kinds(read_land(path)) == kinds(land)


def test_a_gpkg_with_packed_tags_gives_streets_land_and_compounds(tmp_path):
    path = tmp_path / "city.gpkg"
    shapes = [*STREETS, line((500, 500), (500, 530)), line((0, 50), (90, 50)), line((0, 60), (90, 60))]
    lines = frame(
        [*shapes, line((0, 70), (90, 70)), line((0, 80), (90, 80))],
        highway=["residential", "residential", "service", "service", None, None, None, None],
        waterway=[None] * 4 + ["river", None, None, "stream"],
        other_tags=[
            None, '"bridge"=>"yes","layer"=>"1"', '"access"=>"private"', None, None, '"railway"=>"rail"',
            '"power"=>"line"', None,
        ],
        barrier=[None] * 6 + ["fence", None],
    )  # fmt: skip
    areas = frame(
        [area(200, 0), area(200, 50), area(490, 490, 60), area(600, 0)],
        natural=["water", None, None, None], leisure=[None, "park", None, None],
        landuse=[None, None, "residential", "residential"], barrier=[None, None, "wall", None],
    )  # fmt: skip
    lines.to_file(path, layer="lines")
    areas.to_file(path, layer="multipolygons")
    frame([Point(*at(0, 0))], natural=["tree"]).to_file(path, layer="points")
    streets, land, findings = read_streets(path, CRS)
    assert len(streets) == 4
    assert streets["bridge"].tolist() == [False, True, False, False]
    assert streets["locked"].tolist() == [False, False, True, True]
    assert kinds(land) == {"water": 2, "park": 1, "rail": 1}
    assert codes(findings)["no_streets"] == 2  # a fence and a stream


def test_one_geojson_of_streets_water_and_parks(tmp_path):
    shapes = [*STREETS, area(200, 0), area(200, 50), area(200, 99), line((0, 50), (90, 50))]
    mixed = frame(
        shapes, 类型=["支路", "支路", "巷", "水域", "公园", "学校", "铁路"], 名称=["橡树路", "", "", "长湖", "", "", ""]
    )
    path = tmp_path / "a.geojson"
    path.write_text(mixed.to_json(), encoding="utf-8")
    streets, land, findings = read_streets(path, CRS)
    assert streets["road_class"].tolist() == ["local", "local", "lane"]
    assert land[["kind", "name"]].values.tolist() == [["water", "长湖"], ["park", ""], ["rail", ""]]
    assert codes(findings)["no_line"] == 1


def test_a_street_is_no_park_for_its_name_and_no_rail_for_a_railway_in_it(tmp_path):
    rows = frame(
        STREETS, highway=["residential", "footway", "service"], railway=["tram", None, None], name=["Park", "River", ""]
    )
    assert land_kinds(rows).tolist() == ["rail", "", ""]
    path = tmp_path / "a.geojson"
    path.write_text(rows.to_json(), encoding="utf-8")
    streets, _, _ = read_streets(path, CRS)
    assert len(streets) == 3


def test_words_count_for_the_shapes_they_fit():
    rows = frame(
        [area(0, 0), line((0, 0), (9, 9)), area(0, 0), line((0, 0), (9, 9))], fclass=["rail", "park", "river", "river"]
    )
    assert land_kinds(rows).tolist() == ["", "", "water", "water"]


@pytest.mark.parametrize("shapes", [[area(0, 0)], [Point(*at(0, 0))]])
def test_a_file_of_areas_or_points_holds_no_streets(tmp_path, shapes):
    path = tmp_path / "a.geojson"
    path.write_text(frame(shapes, fclass=["park"]).to_json(), encoding="utf-8")
    with pytest.raises(InputError, match="holds no lines"):
        read_streets(path, CRS)
    gpkg = tmp_path / "a.gpkg"
    frame(shapes, fclass=["park"]).to_file(gpkg, layer="x")
    with pytest.raises(InputError, match="holds no lines"):
        read_streets(gpkg, CRS)


def test_a_zip_without_a_shapefile_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.dbf", b"x")
    with pytest.raises(InputError, match="holds no shapefile"):
        read_streets(path, CRS)


def test_land_without_words_is_refused_and_of_other_kinds_is_empty(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(frame([area(0, 0)], colour=["blue"]).to_json(), encoding="utf-8")
    with pytest.raises(InputError, match="no column `kind`"):
        read_land(path)
    path.write_text(json.dumps(json.loads(frame([area(0, 0)], kind=["ditch"]).to_json())), encoding="utf-8")
    assert read_land(path).empty


def test_land_in_metres_without_a_system_is_told(tmp_path):
    path = tmp_path / "a.gpkg"
    frame(STREETS, highway="residential").to_file(path, layer="streets")
    metres = gpd.GeoDataFrame({"natural": ["water"]}, geometry=[shapely.box(500_000, 1, 500_100, 100)])
    metres.to_file(path, layer="lakes")
    streets, land, findings = read_streets(path, CRS)
    assert (len(streets), len(land)) == (3, 0)
    assert next(f.facts for f in findings if f.code == "streets.land_unplaced")["layers"] == "lakes"


def test_columns_of_no_words_change_nothing():
    rows = frame(STREETS, width=[3, None, 5], type=pd.Series([None, None, None], dtype=object))
    assert land_kinds(rows).tolist() == ["", "", ""]
