"""Street files: what meets and what does not, who may walk, what is named and what is said when a file is no use."""

import gzip
import json
import zipfile

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
from osmium.osm.mutable import Node, Relation, Way
from shapely.geometry import LineString, Point, box

from geo.errors import InputError
from geo.road_rules import is_true, plain_word, road_classes
from geo.schema import LAND_COLUMNS, ROAD_CLASSES, STREET_COLUMNS
from geo.streets import read_land, read_streets
from views.i18n import Translator

CRS = "EPSG:32650"
LON, LAT = 117.0, 30.0
M = 1 / 111_320  # about one metre in degrees of latitude


def at(x: float, y: float) -> tuple[float, float]:
    """Degrees of a place some metres east and north of the test town's corner."""
    return LON + x * M / np.cos(np.radians(LAT)), LAT + y * M


def write_osm(path, nodes, ways, relations=(), node_tags=None):
    """An extract of nodes {number: (x, y)}, ways [(nodes, tags)] and relations [(members, tags)]."""
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in sorted(nodes.items()):
            writer.add_node(Node(id=number, location=at(*place), tags=(node_tags or {}).get(number, {})))
        for i, (refs, tags) in enumerate(ways):
            writer.add_way(Way(id=1000 + i, nodes=refs, tags=tags))
        for i, (members, tags) in enumerate(relations):
            writer.add_relation(Relation(id=1 + i, members=[("w", m, role) for m, role in members], tags=tags))
    return path


def write_geojson(path, rows, **top):
    """Features of [(points in metres, properties)]."""
    features = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": {"type": "LineString", "coordinates": [at(*p) for p in points]},
        }
        for points, properties in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features} | top), encoding="utf-8")
    return path


def codes(findings):
    return {finding.code.removeprefix("streets."): finding.rows for finding in findings}


CROSS = {1: (0, 100), 2: (100, 100), 3: (200, 100), 4: (100, 0), 5: (100, 200)}
STREET = {"highway": "residential"}


# OpenStreetMap


def test_ways_are_cut_where_they_share_a_node(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf", CROSS, [([1, 2, 3], STREET | {"name": "Oak"}), ([4, 2, 5], STREET)])
    streets, land, findings = read_streets(path, CRS)
    assert list(streets.columns) == list(STREET_COLUMNS)
    assert streets.crs == "EPSG:4326"
    assert streets["length_m"].to_numpy() == pytest.approx(100, rel=5e-3)
    assert len(set(streets["u"]) | set(streets["v"])) == 5
    assert streets["piece"].tolist() == [0, 0, 0, 0]
    assert streets["name"].tolist() == ["Oak", "Oak", "", ""]
    assert len(streets["street_id"].unique()) == 4
    assert list(land.columns) == list(LAND_COLUMNS)
    assert findings[0].facts == {"n": 4, "row": 0, "km": 0.4, "crossings": 1}


def test_a_bridge_does_not_join_the_road_below(tmp_path):
    ways = [([1, 3], STREET), ([4, 5], STREET | {"bridge": "viaduct", "layer": "1"})]
    streets, _, findings = read_streets(write_osm(tmp_path / "a.osm.pbf", CROSS, ways), CRS)
    assert streets["piece"].tolist() == [0, 1]
    assert streets["bridge"].tolist() == [False, True]
    assert codes(findings)["apart"] == 1


@pytest.mark.parametrize(
    ("tags", "walked"),
    [
        ({"highway": "footway"}, True),
        ({"highway": "steps"}, True),
        ({"highway": "service", "access": "destination"}, True),
        ({"highway": "motorway"}, False),
        ({"highway": "motorway_link", "foot": "yes"}, False),
        ({"highway": "service", "access": "private"}, False),
        ({"highway": "service", "access": "private", "foot": "yes"}, True),
        ({"highway": "residential", "foot": "no"}, False),
        ({"highway": "secondary", "foot": "use_sidepath"}, False),
        ({"highway": "trunk"}, True),
        ({"highway": "trunk", "motorroad": "yes"}, False),
        ({"highway": "trunk", "sidewalk": "no"}, False),
        ({"highway": "cycleway"}, False),
        ({"highway": "cycleway", "foot": "designated"}, True),
        ({"highway": "corridor"}, False),
    ],
)
def test_who_may_walk(tmp_path, tags, walked):
    path = write_osm(tmp_path / "a.osm.pbf", CROSS, [([1, 2], STREET), ([2, 3], tags)])
    streets, _, _ = read_streets(path, CRS)
    assert streets["walkable"].tolist() == [True, walked]
    assert streets["piece"].tolist() == [0, 0 if walked else -1]


def test_ways_that_are_not_there_yet_are_left_out(tmp_path):
    ways = [([1, 2], STREET), ([2, 3], {"highway": "construction"}), ([4, 2], {"highway": "proposed"})]
    assert len(read_streets(write_osm(tmp_path / "a.osm.pbf", CROSS, ways), CRS)[0]) == 1


def test_a_locked_gate_parts_the_way(tmp_path):
    gate = {2: {"barrier": "gate", "access": "private"}}
    path = write_osm(tmp_path / "a.osm.pbf", CROSS, [([1, 2, 3], STREET)], node_tags=gate)
    streets, _, findings = read_streets(path, CRS)
    assert len(streets) == 2
    assert len(set(streets["u"]) | set(streets["v"])) == 4
    assert codes(findings)["gates"] == 1
    open_gate = {2: {"barrier": "gate", "access": "private", "foot": "yes"}}
    path = write_osm(tmp_path / "b.osm.pbf", CROSS, [([1, 2, 3], STREET)], node_tags=open_gate)
    assert len(read_streets(path, CRS)[0]) == 1


def test_a_way_that_leaves_the_extract_is_two(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf", CROSS | {6: (300, 100)}, [([1, 2, 99, 3, 6], STREET)])
    streets, _, findings = read_streets(path, CRS)
    assert len(streets) == 2
    assert codes(findings)["cut_short"] == 1


def test_nodes_with_negative_numbers_have_their_places(tmp_path):
    nodes = {-2: (0, 0), -1: (100, 0), 3: (200, 0)}
    streets, _, _ = read_streets(write_osm(tmp_path / "a.osm.pbf", nodes, [([-2, -1, 3], STREET)]), CRS)
    assert streets["length_m"].sum() == pytest.approx(200, rel=5e-3)


def test_a_way_that_meets_itself_is_cut_there(tmp_path):
    nodes = {1: (0, 0), 2: (100, 0), 3: (150, 50), 4: (150, -50)}
    streets, _, _ = read_streets(write_osm(tmp_path / "a.osm.pbf", nodes, [([1, 2, 3, 4, 2], STREET)]), CRS)
    assert len(streets) == 2
    assert (streets["u"] == streets["v"]).tolist() == [False, True]


def test_names_come_in_both_scripts_and_main_roads_without_one_by_number(tmp_path):
    ways = [
        ([1, 2], STREET | {"name": "磨坊路", "name:en": "Mill Road"}),
        ([2, 3], {"highway": "primary", "ref": "G107"}),
        ([4, 2], {"highway": "service", "ref": "7"}),
        ([2, 5], STREET | {"name": "Oak Street;Elm Street"}),
    ]
    streets, _, findings = read_streets(write_osm(tmp_path / "a.osm.pbf", CROSS, ways), CRS)
    assert streets["name"].tolist() == ["磨坊路", "G107", "", "Oak Street"]
    assert streets["name_en"].tolist() == ["Mill Road", "", "", ""]
    assert "no_names" not in codes(findings)


def test_a_sidewalk_borrows_the_name_of_the_street_beside_it(tmp_path):
    nodes = {1: (0, 0), 2: (100, 0), 3: (0, 12), 4: (100, 12), 5: (0, -30), 6: (100, -30), 7: (50, -9), 8: (50, 9)}
    nodes |= {9: (0, -10), 10: (100, -10)}
    ways = [
        ([1, 2], STREET | {"name": "Mill Road", "name:en": "Mill Road"}),
        ([3, 4], {"highway": "footway", "footway": "sidewalk"}),
        ([5, 6], {"highway": "footway"}),  # too far
        ([7, 8], {"highway": "footway"}),  # across
        ([9, 10], {"highway": "footway", "layer": "-1"}),  # an underpass
    ]
    streets, _, findings = read_streets(write_osm(tmp_path / "a.osm.pbf", nodes, ways), CRS)
    assert streets["name"].tolist() == ["Mill Road", "Mill Road", "", "", ""]
    assert streets["name_en"].tolist()[1] == "Mill Road"
    assert codes(findings)["named_beside"] == 1


def test_land_comes_with_the_streets(tmp_path):
    nodes = dict(enumerate([(0, 0), (100, 0), (100, 100), (0, 100)], 1))
    nodes |= dict(enumerate([(40, 40), (60, 40), (60, 60), (40, 60)], 11))
    ways = [
        ([1, 2], STREET),
        ([1, 2, 3, 4, 1], {}),
        ([11, 12, 13, 14, 11], {}),
        ([11, 12, 13, 14, 11], {"leisure": "park", "name": "岛园", "name:en": "Island Park"}),
        ([1, 3], {"waterway": "river", "name": "Long River"}),
        ([2, 4], {"railway": "rail"}),
        ([2, 4], {"railway": "rail", "tunnel": "yes"}),
        ([1, 2, 3], {"natural": "water"}),  # not closed: no area
    ]
    lake = [([(1001, "outer"), (1002, "inner")], {"type": "multipolygon", "natural": "water"})]
    path = write_osm(tmp_path / "a.osm.pbf", nodes, ways, lake)
    land = read_land(path).to_crs(CRS)
    assert land["kind"].tolist() == ["park", "water", "rail", "water"]
    assert land["name_en"].tolist() == ["Island Park", "", "", ""]
    assert land.area.to_numpy() == pytest.approx([400, 0, 0, 9600], rel=1e-2)


# Files without topology


def test_lines_meet_at_shared_vertices_and_nowhere_else(tmp_path):
    rows = [([(0, 100), (100, 100), (200, 100)], {}), ([(100, 0), (100, 200)], {}), ([(0, 50), (200, 50)], {})]
    shared = [rows[0], ([(100, 0), (100, 100), (100, 200)], {})]
    assert len(read_streets(write_geojson(tmp_path / "a.geojson", shared), CRS)[0]) == 4
    apart, _, findings = read_streets(write_geojson(tmp_path / "b.geojson", rows), CRS)
    assert len(apart) == 3
    assert sorted(apart["piece"]) == [0, 1, 2]
    assert codes(findings)["no_names"] == 3


@pytest.mark.parametrize(("gap", "joined"), [(0.6, True), (3.0, False)])
def test_a_loose_end_is_joined_within_a_metre(tmp_path, gap, joined):
    rows = [([(0, 0), (100, 0), (200, 0)], {}), ([(100, gap), (100, 90)], {})]
    streets, _, findings = read_streets(write_geojson(tmp_path / "a.geojson", rows), CRS)
    assert (codes(findings).get("joined") == 1) is joined
    assert len(streets) == (3 if joined else 2)
    assert streets["piece"].max() == (0 if joined else 1)
    if joined:  # the loose end moves onto the crossing, so that a way never leaves the lines
        assert streets.geometry.iloc[2].coords[0] == streets.geometry.iloc[0].coords[-1]


def test_loose_ends_on_a_stretch_without_vertices_give_it_some(tmp_path):
    rows = [
        ([(0, 0), (200, 0)], {}),
        ([(150, 0.5), (150, 90)], {}),
        ([(50, -0.4), (50, -90)], {}),
        ([(100, 5), (100, 90)], {}),  # too far
    ]
    streets, _, findings = read_streets(write_geojson(tmp_path / "a.geojson", rows), CRS)
    assert codes(findings)["joined"] == 2
    assert streets["street_id"].tolist() == ["1-0", "1-1", "1-2", "2-0", "3-0", "4-0"]
    assert streets["piece"].tolist() == [0, 0, 0, 0, 0, 1]
    assert streets["length_m"].iloc[:3].to_numpy() == pytest.approx([50, 100, 50], rel=5e-3)
    assert streets.geometry.iloc[3].coords[0] == streets.geometry.iloc[1].coords[-1]


def test_a_short_line_does_not_close_on_itself(tmp_path):
    rows = [([(0, 0), (100, 0)], {}), ([(100, 0), (100.5, 0.5)], {})]
    streets, _, _ = read_streets(write_geojson(tmp_path / "a.geojson", rows), CRS)
    assert len(streets) == 2
    assert (streets["u"] != streets["v"]).all()


@pytest.mark.parametrize(
    ("column", "values", "classes"),
    [
        ("highway", ["residential", "['primary', 'secondary']", "steps"], ["local", "primary", "lane"]),
        ("ClsRte", ["Locale", "Artère", "Collectrice municipale"], ["local", "primary", "secondary"]),
        ("道路等级", ["支路", "主干路", "胡同"], ["local", "primary", "lane"]),
        ("road_class", ["ring", "lane", "secondary"], ["ring", "lane", "secondary"]),
        ("width", [3, 4, 5], ["local", "local", "local"]),
    ],
)
def test_road_classes_from_the_words_of_many_files(tmp_path, column, values, classes):
    rows = [([(0, 50 * i), (100, 50 * i)], {column: value}) for i, value in enumerate(values)]
    streets, _, _ = read_streets(write_geojson(tmp_path / "a.geojson", rows), CRS)
    assert streets["road_class"].tolist() == classes
    assert set(ROAD_CLASSES) >= set(classes)


def test_columns_are_known_by_many_names(tmp_path):
    properties = {"路名": "磨坊路", "Name_EN": "Mill Road", "Bridge": "yes", "walkable": True}
    rows = [([(0, 0), (100, 0)], properties), ([(0, 50), (100, 50)], {"walkable": False})]
    streets, _, _ = read_streets(write_geojson(tmp_path / "a.geojson", rows), CRS)
    assert streets[["name", "name_en", "bridge", "walkable"]].values.tolist() == [
        ["磨坊路", "Mill Road", True, True],
        ["", "", False, False],
    ]


def test_every_format_gives_the_same_streets(tmp_path):
    rows = [([(0, 100), (100, 100), (200, 100)], {"name": "Oak"}), ([(100, 0), (100, 100)], {"name": "Elm"})]
    plain = write_geojson(tmp_path / "a.geojson", rows)
    packed = tmp_path / "a.geojson.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    metric = gpd.read_file(plain, engine="pyogrio").to_crs(CRS)
    metric.to_file(tmp_path / "a.gpkg", layer="roads")
    gpd.GeoDataFrame({"a": [1]}, geometry=[Point(0, 0)], crs=CRS).to_file(tmp_path / "a.gpkg", layer="lamps")
    metric.to_file(tmp_path / "shape.shp")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in tmp_path.glob("shape.*"):
            archive.write(part, f"folder/{part.name}")
    first = read_streets(plain, CRS)[0]
    for other in (packed, tmp_path / "a.gpkg", tmp_path / "a.zip"):
        again = read_streets(other, CRS)[0]
        assert again[["name", "u", "v", "piece"]].equals(first[["name", "u", "v", "piece"]])
        assert again["length_m"].to_numpy() == pytest.approx(first["length_m"].to_numpy(), abs=1e-4)


def test_of_several_line_layers_the_fullest_is_read_and_said(tmp_path):
    path = tmp_path / "a.gpkg"
    roads = [LineString([at(0, 0), at(100, 0)]), LineString([at(100, 0), at(100, 90)])]
    gpd.GeoDataFrame({"name": ["Oak", "Elm"]}, geometry=roads, crs="EPSG:4326").to_file(path, layer="roads")
    gpd.GeoDataFrame({"name": ["Pipe"]}, geometry=roads[:1], crs="EPSG:4326").to_file(path, layer="pipes")
    streets, _, findings = read_streets(path, CRS)
    assert streets["name"].tolist() == ["Oak", "Elm"]
    assert findings[0].facts == {"n": 2, "row": 0, "layer": "roads", "layers": 2}
    assert read_streets(path, CRS, layer="pipes")[0]["name"].tolist() == ["Pipe"]
    with pytest.raises(InputError, match="no layer 'canals'"):
        read_streets(path, CRS, layer="canals")


def test_rows_without_a_line_are_counted(tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [([(0, 0), (100, 0)], {})])
    document = json.loads(path.read_text())
    for geometry in (None, {"type": "Point", "coordinates": at(1, 1)}, {"type": "LineString", "coordinates": "x"}):
        document["features"].append({"type": "Feature", "properties": {}, "geometry": geometry})
    path.write_text(json.dumps(document))
    streets, _, findings = read_streets(path, CRS)
    found = {finding.code: (finding.rows, finding.example_row) for finding in findings}
    assert len(streets) == 1
    assert found["streets.broken"] == (2, 2)
    assert found["streets.no_line"] == (1, 3)


def test_a_line_that_has_no_place_in_the_reference_system_is_counted(tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [([(0, 0), (100, 0)], {}), ([(0, 50), (100, 50)], {})])
    document = json.loads(path.read_text())
    document["features"][0]["geometry"]["coordinates"][0] = [117.0 - 90, 0.0]
    path.write_text(json.dumps(document))
    streets, _, findings = read_streets(path, CRS)
    assert streets["street_id"].tolist() == ["2-0"]
    assert codes(findings)["broken"] == 1


def test_a_line_at_one_place_is_no_street(tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [([(0, 0), (0, 0.01)], {})])
    with pytest.raises(InputError, match="holds no lines"):
        read_streets(path, CRS)


def test_streets_far_outside_the_area_are_left_out(tmp_path):
    rows = [([(0, 0), (100, 0)], {}), ([(2500, 0), (2600, 0)], {}), ([(1900, 0), (2100, 0)], {})]
    area = box(*at(0, -100), *at(50, 100))
    streets, _, findings = read_streets(write_geojson(tmp_path / "a.geojson", rows), CRS, within=area)
    assert len(streets) == 2
    assert codes(findings)["outside"] == 1


def test_without_a_reference_system_streets_are_measured_in_their_own_zone(tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [([(0, 0), (100, 0)], {})])
    assert read_streets(path, None)[0]["length_m"].tolist() == read_streets(path, CRS)[0]["length_m"].tolist()


def test_land_of_its_own_file(tmp_path):
    rows = [
        ([(0, 0), (100, 0)], {"kind": "water", "name": "长河", "name_en": "Long River"}),
        ([(0, 0), (1, 1)], {"kind": "ditch"}),
    ]
    land = read_land(write_geojson(tmp_path / "land.geojson", rows))
    assert land[["kind", "name", "name_en"]].values.tolist() == [["water", "长河", "Long River"]]
    with pytest.raises(InputError, match="no column `kind`"):
        read_land(write_geojson(tmp_path / "b.geojson", [([(0, 0), (1, 1)], {})]))


# What is no use


VRT = "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>b.gpkg</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.geojson", b"", "the file is empty"),
        ("a.geojson", VRT.encode(), "content is of another kind"),
        ("a.geojson", b"PK\x03\x04 rest", "content is zip"),
        ("a.gpkg", b'{"type": "FeatureCollection", "features": []}', "content is JSON"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [', "line 1: the text is no JSON"),
        ("a.geojson", b'{"rows": []}', "holds no list of features"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}', "holds no lines"),
        ("a.geojson.gz", b"\x1f\x8b broken", "damaged|cannot be read"),
        ("a.osm.pbf", b"\x00\x00\x00\x0dnothing of the kind", "content is of another kind"),
        ("a.gpkg", b"SQLite format 3\x00 and no more", "or damaged"),
        ("a.zip", b"PK\x03\x04 and no more", "damaged"),
    ],
)
def test_files_of_no_use_are_refused_with_a_sentence(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_streets(path, CRS)
    assert name in str(caught.value)
    assert name in Translator("zh").error(caught.value)
    assert Translator("en")(caught.value.key, **caught.value.facts) == caught.value.message


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(InputError, match=r"There is no file nowhere\.geojson"):
        read_streets(tmp_path / "nowhere.geojson", CRS)


def test_a_truncated_extract_is_said(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf", CROSS, [([1, 2, 3], STREET)])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="cannot be read as an OpenStreetMap extract"):
        read_streets(path, CRS)


def test_points_are_no_streets(tmp_path):
    gpd.GeoDataFrame({"a": [1]}, geometry=[Point(at(0, 0))], crs="EPSG:4326").to_file(tmp_path / "a.geojson")
    gpd.GeoDataFrame({"a": [1]}, geometry=[Point(at(0, 0))], crs="EPSG:4326").to_file(tmp_path / "a.gpkg")
    for name in ("a.geojson", "a.gpkg"):
        with pytest.raises(InputError, match=f"{name} holds no lines"):
            read_streets(tmp_path / name, CRS)


def test_streets_of_another_city_are_refused(tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [([(0, 0), (100, 0)], {})])
    with pytest.raises(InputError, match=r"lie around 117\.001, 30\.000; the neighborhoods lie around 2\.500, 48\.500"):
        read_streets(path, CRS, within=box(2, 48, 3, 49))


def test_streets_beside_the_area_are_another_citys_too(tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [([(0, 0), (100, 0)], {})])
    with pytest.raises(InputError, match="Give the streets of this city"):
        read_streets(path, CRS, within=box(*at(500, 500), *at(900, 900)))


def test_motorways_alone_are_no_walking_network(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf", CROSS, [([1, 2, 3], {"highway": "motorway"})])
    with pytest.raises(InputError, match="no street that one may walk"):
        read_streets(path, CRS)


@pytest.mark.parametrize(
    ("crs", "words"),
    [
        ({"type": "link", "properties": {"href": "http://127.0.0.1:9/crs"}}, "not known: a link"),
        ({"type": "name", "properties": {"name": "my grid"}}, "not known: my grid"),
    ],
)
def test_a_linked_or_unknown_reference_system_is_refused(tmp_path, crs, words):
    path = write_geojson(tmp_path / "a.geojson", [([(0, 0), (100, 0)], {})], crs=crs)
    with pytest.raises(InputError, match=words):
        read_streets(path, CRS)


def test_metres_without_a_reference_system_are_refused(tmp_path):
    line = {"type": "LineString", "coordinates": [[500000, 3300000], [500100, 3300000]]}
    document = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": line}]}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"500000\.0, 3300000\.0, which are no degrees"):
        read_streets(path, CRS)
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32650"}}
    path.write_text(json.dumps(document))
    assert read_streets(path, CRS)[0]["length_m"].to_numpy() == pytest.approx([100.0], abs=1e-4)


def test_words_of_class_and_truth():
    assert plain_word("Collectrice municipale;Locale") == "collectrice_municipale"
    assert plain_word(None) == ""
    assert road_classes(pd.Series(["motorway", "unheard_of"])).tolist() == ["ring", "local"]
    assert is_true(pd.Series(["yes", "no", "0", "movable", None, "True"])).tolist() == [
        True,
        False,
        False,
        True,
        False,
        True,
    ]


# Real files


@pytest.mark.open_data
def test_portland_reads_as_a_connected_city(open_data):
    streets, land, findings = read_streets(open_data / "portland_streets" / "portland_central.osm.pbf", "EPSG:32610")
    walked = streets[streets["walkable"]]
    assert len(walked) == 14086
    assert walked["length_m"].sum() / 1000 == pytest.approx(812.8, abs=0.1)
    assert walked.loc[walked["piece"] == 0, "length_m"].sum() / walked["length_m"].sum() > 0.99
    assert land.empty
    assert codes(findings)["gates"] == 8
    freeway = streets[streets["name"].str.contains("Freeway", na=False) & streets["road_class"].eq("ring")]
    assert len(freeway) > 50
    assert not freeway["walkable"].any()


@pytest.mark.open_data
def test_portlands_lines_have_as_many_nodes_and_parts_as_its_graph(open_data):
    streets, _, _ = read_streets(open_data / "portland_streets" / "portland_central_streets.geojson.gz", "EPSG:32610")
    # Both as the folder's README counts them in the graph made from the same extract.
    assert streets["piece"].max() + 1 == 34
    assert len(set(streets["u"]) | set(streets["v"])) == 7980


@pytest.mark.open_data
def test_moorgate_has_streets_parks_and_water(open_data):
    streets, land, _ = read_streets(open_data / "city_of_london" / "moorgate.osm.pbf", "EPSG:32630")
    assert (streets["piece"] == 0).sum() == 740
    assert {"London Wall", "Moorgate"} <= set(streets["name"])
    assert land["kind"].value_counts().to_dict() == {"park": 18, "water": 8}
    assert land.geometry.is_valid.all()


@pytest.mark.open_data
def test_montreals_classes_are_understood(open_data):
    streets, _, findings = read_streets(open_data / "montreal" / "montreal.gpkg", "EPSG:32618")
    assert streets["street_id"].str.split("-").str[0].nunique() == 2945
    walked = streets.loc[streets["walkable"], "road_class"].astype(str)
    assert walked.value_counts().to_dict() == {"local": 1641, "primary": 808, "secondary": 472}
    assert set(streets.loc[~streets["walkable"], "road_class"]) == {"ring"}
    assert codes(findings)["joined"] == 1  # a ramp that ends on a motorway between two of its vertices
    assert codes(findings)["no_names"] == 2921


@pytest.mark.open_data
def test_geodanet_has_the_published_arcs_and_vertices(open_data):
    """303 arcs and 230 vertices count each bend as a vertex; cut at crossings and ends it is 293 pieces, 220 nodes."""
    streets, _, _ = read_streets(open_data / "peers" / "geodanet.gpkg", "EPSG:32612")
    bends = sum(len(line.coords) - 2 for line in streets.geometry)
    nodes = len(set(streets["u"]) | set(streets["v"]))
    assert (len(streets), nodes) == (293, 220)
    assert (len(streets) + bends, nodes + bends) == (303, 230)
    assert streets["piece"].max() == 0
