"""Lines that cross without a vertex: nodes where a file does not cut its lines, bridges where it does."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.street_files import lines_of
from geo.street_noding import levels_of
from geo.streets import describe, read_streets
from tests.geo.test_streets import CRS, codes, write_geojson

LOW, HIGH = 0, 300
AT = (50, 150, 250)


def whole(extra=()):
    """Three streets across three, each one line of two vertices."""
    rows = [([(LOW, y), (HIGH, y)], {"name": f"Row {y}"}) for y in AT]
    return [*rows, *[([(x, LOW), (x, HIGH)], {"name": f"Column {x}"}) for x in AT], *extra]


def cut():
    """The same town with its lines cut at all crossings."""
    stops = (LOW, *AT, HIGH)
    rows = [([(a, y), (b, y)], {}) for y in AT for a, b in itertools.pairwise(stops)]
    return rows + [([(x, a), (x, b)], {}) for x in AT for a, b in itertools.pairwise(stops)]


def read(tmp_path, rows, **options):
    return read_streets(write_geojson(tmp_path / "a.geojson", rows), CRS, **options)


def test_a_file_that_cuts_nothing_is_cut_where_its_lines_cross(tmp_path):
    streets, _, findings = read(tmp_path, whole())
    again, _, said = read(tmp_path, cut())
    assert codes(findings)["noded"] == 9
    assert "noded" not in codes(said)
    keys = ["edges", "nodes", "parts", "walkable_km"]
    assert [describe(streets)[key] for key in keys] == [describe(again)[key] for key in keys] == [24, 21, 1, 1.8]


@pytest.mark.parametrize("words", [{"bridge": "yes"}, {"tunnel": "yes"}, {"layer": "1"}, {"highway": "motorway"}])
def test_bridges_tunnels_layers_and_motorways_stay_apart(tmp_path, words):
    streets, _, findings = read(tmp_path, whole([([(100, LOW - 10), (100, HIGH + 10)], words)]))
    assert codes(findings)["noded"] == 9
    assert len(streets) == 25
    noded = next(f for f in findings if f.code == "streets.noded")
    assert noded.facts["levels"] == (0 if "highway" in words else 3)


def test_in_a_file_that_cuts_its_lines_crossings_without_a_vertex_are_bridges(tmp_path):
    over = ([(0, 0), (300, 290)], {})
    streets, _, findings = read(tmp_path, [*cut(), over])
    assert len(streets) == 25
    assert codes(findings)["over"] == 6
    assert "noded" not in codes(findings)


def test_one_bridge_in_a_small_town_is_no_evidence(tmp_path):
    streets, _, findings = read(tmp_path, [([(0, 50), (100, 50)], {}), ([(50, 0), (50, 100)], {})])
    assert streets["piece"].tolist() == [0, 1]
    assert codes(findings)["over"] == 1


def test_a_vertex_on_one_of_two_lines_is_enough(tmp_path):
    rows = [([(LOW, y), *[(x, y) for x in AT], (HIGH, y)], {}) for y in AT]
    rows += [([(x, LOW), (x, HIGH)], {}) for x in AT]
    split = [([(a, y), (b, y)], {}) for y in AT for a, b in itertools.pairwise((LOW, *AT, HIGH))]
    split += [([(x, LOW), (x, HIGH)], {}) for x in AT]
    for town in (rows, split):
        streets, _, findings = read(tmp_path, town)
        assert codes(findings)["noded"] == 9
        assert (len(streets), describe(streets)["nodes"]) == (24, 21)


def test_three_streets_through_one_place_meet_there(tmp_path):
    rows = [([(0, 0), (100, 100)], {}), ([(0, 100), (100, 0)], {}), ([(0, 50.02), (100, 50.02)], {})]
    rows += [([(-20, 30), (120, 30)], {})]
    streets, _, _ = read(tmp_path, rows)
    ends = np.bincount(np.concatenate([streets["u"], streets["v"]]))
    assert sorted(ends[ends > 1]) == [4, 4, 6]
    assert describe(streets)["parts"] == 1


def test_noding_changes_no_length_and_does_not_depend_on_the_order_of_lines(tmp_path):
    rng = np.random.default_rng(5)
    rows = [([tuple(p) for p in rng.uniform(0, 1000, (2, 2))], {}) for _ in range(60)]
    first, _, findings = read(tmp_path, rows)
    length = sum(float(np.hypot(*np.subtract(*points))) for points, _ in rows)
    assert codes(findings)["noded"] > 100
    assert first["length_m"].sum() == pytest.approx(length, rel=5e-3)
    again = read(tmp_path, rows[::-1])[0]
    assert describe(again) == describe(first)
    # Crossings counted by another way: each pair of lines by shapely.
    lines = [shapely.LineString(points) for points, _ in rows]
    pairs = sum(a.crosses(b) for a, b in itertools.combinations(lines, 2))
    assert codes(findings)["noded"] == pytest.approx(pairs, abs=2)


def test_the_tolerance_of_loose_ends_is_the_callers(tmp_path):
    rows = [([(0, 0), (100, 0)], {}), ([(102.5, 0), (200, 0)], {})]
    assert read(tmp_path, rows)[0]["piece"].tolist() == [0, 1]
    streets, _, findings = read(tmp_path, rows, join_within=3.0)
    assert streets["piece"].tolist() == [0, 0]
    joined = next(f for f in findings if f.code == "streets.joined")
    assert joined.facts["metres"] == "3"
    assert (
        read(tmp_path, [([(0, 0), (100, 0)], {}), ([(100.5, 0), (200, 0)], {})], join_within=0.0)[0]["piece"].max() == 1
    )


def test_what_stays_apart_is_listed_with_its_place(tmp_path):
    rows = [([(0, 0), (900, 0)], {"name": "Mill Road"}), ([(0, 60), (300, 60)], {"name": "Oak"})]
    rows += [([(400, 90), (600, 90)], {}), ([(0, 9000), (100, 9000)], {}), ([(0, 9900), (50, 9900)], {})]
    _, _, findings = read(tmp_path, rows)
    parts = [(f.code.removeprefix("streets."), f.facts) for f in findings if "apart_part" in f.code]
    assert [code for code, _ in parts] == ["apart_part_on_near", "apart_part_near", "apart_part"]
    assert [facts["km"] for _, facts in parts] == [0.3, 0.2, 0.1]
    assert (parts[0][1]["on"], parts[0][1]["near"]) == ("Oak", "Mill Road")
    apart = next(f for f in findings if f.code == "streets.apart")
    assert (apart.facts["parts"], apart.facts["km"]) == (4, pytest.approx(0.65, abs=0.06))


def test_levels_read_many_words():
    table = pd.DataFrame(
        {
            "bridge": ["", "T", "F", "", "no"],
            "tunnel": ["", "", "", "building_passage", "yes"],
            "layer": ["", "1", "0", "0.0", ""],
            "highway": ["", "", "", "motorway", ""],
        },
        dtype=object,
    )
    level = levels_of(table)
    assert level[0] == level[2]
    assert len({level[0], level[1], level[4]}) == 3
    assert level[3] == -1


def test_a_file_of_one_line_has_no_crossings():
    frame = gpd.GeoDataFrame(geometry=[shapely.LineString([(117, 30), (117.001, 30)])], crs="EPSG:4326")
    lines, mended = lines_of(frame, CRS)
    assert (len(lines.sizes), mended.crossings.bare) == (1, 0)


@pytest.mark.open_data
@pytest.mark.parametrize(
    ("file", "shared", "bare"),
    [
        ("portland_streets/portland_central_streets.geojson.gz", 2501, 232),
        ("montreal/montreal.gpkg", 795, 32),
        ("peers/geodanet.gpkg", 0, 0),
    ],
)
def test_real_line_files_are_cut_at_their_crossings(open_data, file, shared, bare):
    _, _, findings = read_streets(open_data / file, None)
    over = [(f.facts["shared"], f.rows) for f in findings if f.code == "streets.over"]
    assert over == ([(shared, bare)] if bare else [])
    assert not any(f.code == "streets.noded" for f in findings)
