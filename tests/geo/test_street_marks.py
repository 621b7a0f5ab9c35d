"""Sidewalks gathered, stairs and closed compounds marked, by towns built by hand and by mappers' own tags."""

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely

from geo.schema import STREET_DEFAULTS
from geo.sidewalks import once
from geo.streets import read_streets
from geo.workspace import Workspace
from tests.geo.test_streets import CRS, STREET, codes, write_geojson, write_osm

FOOTWAY = {"highway": "footway"}
SIDEWALK = FOOTWAY | {"footway": "sidewalk"}


def gathered(streets):
    """The place in the frame of the street that each piece belongs to; -1 for none."""
    place = {street_id: i for i, street_id in enumerate(streets["street_id"])}
    return [place.get(beside, -1) for beside in streets["beside"]]


def test_a_street_with_two_sidewalks_counts_once_and_is_walked_thrice(tmp_path):
    nodes = {1: (0, 0), 2: (100, 0), 3: (0, 12), 4: (100, 12), 5: (0, -12), 6: (100, -12)}
    ways = [([1, 2], STREET | {"name": "Mill Road"}), ([3, 4], SIDEWALK), ([5, 6], FOOTWAY | {"name": "Mill Road"})]
    ways += [([1, 3], FOOTWAY), ([1, 5], FOOTWAY)]
    streets, _, findings = read_streets(write_osm(tmp_path / "a.osm.pbf", nodes, ways), CRS)
    assert gathered(streets) == [-1, 0, 0, -1, -1]
    assert streets["walkable"].all()
    assert streets.loc[once(streets), "length_m"].sum() == pytest.approx(124, rel=5e-3)
    assert codes(findings)["beside"] == 2


def test_a_street_walked_on_its_sidewalks_alone_counts_once(tmp_path):
    nodes = {1: (0, 0), 2: (100, 0), 3: (0, 12), 4: (100, 12), 5: (0, -12), 6: (100, -12)}
    ways = [([1, 2], STREET | {"foot": "use_sidepath"}), ([3, 4], SIDEWALK), ([5, 6], SIDEWALK)]
    streets, _, _ = read_streets(write_osm(tmp_path / "a.osm.pbf", nodes, ways), CRS)
    assert streets["walkable"].tolist() == [False, True, True]
    assert once(streets).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("street", "footway"),
    [
        (STREET | {"name": "Mill Road"}, FOOTWAY | {"name": "River Path"}),
        (STREET | {"name": "Mill Road"}, {"highway": "steps"}),
        (STREET | {"name": "Mill Road"}, {"highway": "pedestrian"}),
        (STREET | {"name": "Mill Road"}, FOOTWAY | {"layer": "-1"}),
        ({"highway": "motorway", "name": "A 1"}, FOOTWAY),
        ({"highway": "service"}, FOOTWAY),
    ],
)
def test_what_is_no_sidewalk_is_not_gathered(tmp_path, street, footway):
    nodes = {1: (0, 0), 2: (100, 0), 3: (0, 12), 4: (100, 12)}
    streets, _, _ = read_streets(write_osm(tmp_path / "a.osm.pbf", nodes, [([1, 2], street), ([3, 4], footway)]), CRS)
    assert gathered(streets) == [-1, -1]


def test_a_sidewalk_past_several_pieces_belongs_to_the_one_beside_its_middle(tmp_path):
    nodes = {1: (0, 0), 2: (60, 0), 3: (140, 0), 4: (200, 0), 5: (60, -50), 6: (140, -50), 7: (0, 10), 8: (200, 10)}
    ways = [([1, 2, 3, 4], STREET), ([2, 5], STREET), ([3, 6], STREET), ([7, 8], SIDEWALK)]
    streets, _, _ = read_streets(write_osm(tmp_path / "a.osm.pbf", nodes, ways), CRS)
    assert gathered(streets)[-1] == 1


@pytest.mark.parametrize("words", [{"highway": "steps"}, {"fclass": "steps"}, {"类型": "台阶"}, {"highway": "a;steps"}])
def test_stairs_are_marked(tmp_path, words):
    streets, _, findings = read_streets(
        write_geojson(tmp_path / "a.geojson", [([(0, 0), (9, 0)], words), ([(9, 0), (99, 0)], {})]), CRS
    )
    assert streets["steps"].tolist() == [True, False]
    assert codes(findings)["steps"] == 1


COMPOUND = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (50, 0), 6: (50, 50), 7: (50, -50), 8: (20, 50)}
INNER = [([7, 5, 6], STREET), ([6, 8], {"highway": "footway"})]


@pytest.mark.parametrize(
    ("area", "locked"),
    [
        ({"landuse": "residential", "barrier": "wall"}, True),
        ({"landuse": "residential", "barrier": "fence"}, True),
        ({"landuse": "residential", "access": "private"}, True),
        ({"landuse": "residential"}, False),
        ({"landuse": "residential", "barrier": "wall", "foot": "yes"}, False),
        ({"landuse": "cemetery", "barrier": "wall"}, False),
    ],
)
def test_ways_inside_a_closed_compound_are_not_walked(tmp_path, area, locked):
    ways = [*INNER, ([1, 5, 2, 3, 4, 1], area)]
    gate = {5: {"barrier": "gate", "access": "private"}}
    streets, land, findings = read_streets(
        write_osm(tmp_path / "a.osm.pbf", COMPOUND, ways, node_tags=gate if locked else None), CRS
    )
    outside = shapely.get_y(shapely.centroid(streets.geometry.to_numpy())) < 30.0
    assert streets.loc[~outside, "locked"].tolist() == [locked] * int((~outside).sum())
    assert streets.loc[~outside, "walkable"].tolist() == [not locked] * int((~outside).sum())
    # A stop may stand at the gate: the way to it stays.
    assert streets.loc[outside, "walkable"].all()
    assert codes(findings).get("locked", 0) == (2 if locked else 0)
    assert len(land) == 0


def test_a_way_that_admits_walkers_stays_open_inside_a_wall(tmp_path):
    ways = [([7, 5, 6], STREET), ([6, 8], FOOTWAY | {"foot": "yes"})]
    ways.append(([1, 5, 2, 3, 4, 1], {"landuse": "residential", "barrier": "wall"}))
    streets, _, _ = read_streets(write_osm(tmp_path / "a.osm.pbf", COMPOUND, ways), CRS)
    assert streets["locked"].tolist() == [False, False]


def test_private_ways_are_locked_and_walkers_admitted_are_not(tmp_path):
    ways = [([1, 5], STREET), ([5, 2], STREET | {"access": "private"})]
    ways += [([5, 6], STREET | {"access": "private", "foot": "yes"}), ([5, 7], {"highway": "motorway", "access": "no"})]
    streets, _, _ = read_streets(write_osm(tmp_path / "a.osm.pbf", COMPOUND, ways), CRS)
    assert streets["locked"].tolist() == [False, True, False, False]
    assert streets["walkable"].tolist() == [True, False, True, False]


def test_what_lies_behind_a_locked_gate_is_locked_and_an_island_is_not(tmp_path):
    nodes = COMPOUND | {9: (500, 500), 10: (520, 500)}
    ways = [([7, 5, 6], STREET), ([1, 7], STREET), ([7, 2], STREET), ([6, 8], FOOTWAY), ([9, 10], STREET)]
    gate = {5: {"barrier": "gate", "locked": "yes"}}
    streets, _, _ = read_streets(write_osm(tmp_path / "a.osm.pbf", nodes, ways, node_tags=gate), CRS)
    assert streets["locked"].tolist() == [False, True, False, False, True, False]
    assert streets["piece"].tolist() == [0, -1, 0, 0, -1, 1]


def test_streets_kept_before_the_marks_open_with_defaults(tmp_path):
    frame = gpd.GeoDataFrame(
        {"street_id": ["1-0"], "walkable": [True]}, geometry=[shapely.LineString([(0, 0), (1, 1)])], crs="EPSG:4326"
    )
    workspace = Workspace.create(tmp_path / "ws")
    workspace.replace_ground("old.geojson", streets=frame)
    streets = workspace.ground("streets")
    assert streets[list(STREET_DEFAULTS)].iloc[0].to_dict() == STREET_DEFAULTS
    assert streets.columns[-1] == "geometry"
    assert once(streets).tolist() == [True]


@pytest.mark.open_data
def test_sidewalks_of_portland_are_gathered_as_its_mappers_tagged_them(open_data):
    """`footway=sidewalk` decides nothing for nameless footways, so it is an independent word on them."""
    path = open_data / "portland_streets" / "portland_central.osm.pbf"
    tags = {str(way.id): dict(way.tags) for way in osmium.FileProcessor(str(path)) if way.is_way()}
    streets, _, _ = read_streets(path, "EPSG:32610")
    own = streets["street_id"].str.rsplit("-", n=1).str[0].map(tags)
    is_sidewalk = own.map(lambda words: words.get("footway") == "sidewalk").to_numpy() & streets["walkable"].to_numpy()
    length, beside = streets["length_m"].to_numpy(), (streets["beside"] != "").to_numpy()
    assert length[is_sidewalk].sum() == pytest.approx(28_347, abs=5)
    assert length[is_sidewalk & beside].sum() / length[is_sidewalk].sum() > 0.9
    walked = length[streets["walkable"]].sum()
    assert walked == pytest.approx(812_800, abs=100)
    assert length[once(streets)].sum() == pytest.approx(777_600, abs=100)
    # No street stands for itself and is a sidewalk at once.
    parents = streets["street_id"].isin(set(streets["beside"]) - {""})
    assert not (parents & beside).any()
    assert np.isin(streets["beside"][beside], streets["street_id"]).all()
