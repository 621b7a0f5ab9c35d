"""Polygons that cover their ground once, twice, or with gaps: shares worked by hand on squares."""

import geopandas as gpd
import pytest
from shapely.geometry import box

from geo.coverage import measure_coverage
from geo.neighborhoods import read_neighborhoods


def areas(*boxes):
    """Squares on the equator, where a degree is as long both ways."""
    return gpd.GeoDataFrame({"name": [f"N{i}" for i in range(len(boxes))]}, geometry=[box(*b) for b in boxes], crs=4326)


def told(folder, frame):
    frame.to_file(folder / "areas.geojson", driver="GeoJSON")
    return {f.code: f for f in read_neighborhoods(folder / "areas.geojson")[1]}


def test_squares_side_by_side_cover_their_ground_once():
    found = measure_coverage(areas((0, 0, 0.1, 0.1), (0.1, 0, 0.2, 0.1)))
    assert (found.overlap, found.gaps) == pytest.approx((0, 0), abs=1e-9)
    assert not len(found.overlapping)
    assert not len(found.nested)


def test_two_squares_that_share_a_half():
    # Two areas of 2, of which 1 is shared: 3 are covered, 1 of them twice.
    found = measure_coverage(areas((0, 0, 0.2, 0.1), (0.1, 0, 0.3, 0.1)))
    assert found.overlap == pytest.approx(1 / 3, rel=1e-6)
    assert found.overlapping.tolist() == [0, 1]
    assert not len(found.nested)


def test_a_square_within_a_square_lies_in_the_smallest_that_holds_it():
    found = measure_coverage(areas((0, 0, 0.4, 0.4), (0, 0, 0.2, 0.2), (0.05, 0.05, 0.1, 0.1)))
    assert found.nested.tolist() == [1, 2]
    assert found.holders.tolist() == [0, 1]


def test_a_ring_of_squares_with_a_hole_of_a_ninth():
    ring = [(x, y, x + 0.1, y + 0.1) for x in (0, 0.1, 0.2) for y in (0, 0.1, 0.2) if (x, y) != (0.1, 0.1)]
    found = measure_coverage(areas(*ring))
    assert found.gaps == pytest.approx(1 / 8, rel=1e-4)
    assert found.holes == 1


def test_the_pair_that_shares_most_is_named_in_hectares():
    # A hundredth of a degree squared at the equator is 1.1132 km by 1.1057 km, 123.1 ha.
    found = measure_coverage(areas((0, 0, 0.02, 0.01), (0.01, 0, 0.03, 0.01), (0.028, 0, 0.05, 0.01)))
    assert found.pair == (0, 1)
    assert found.pair_ha == pytest.approx(123.1, rel=1e-3)
    assert found.pair_share == pytest.approx(0.5, rel=1e-3)
    assert found.overlapping.tolist() == [0, 1, 2]


def test_strips_along_a_border_are_no_true_overlap():
    # Ten metres wide and eleven kilometres long.
    found = measure_coverage(areas((0, 0, 0.1, 0.1), (0.09991, 0, 0.2, 0.1)))
    assert not len(found.overlapping)
    assert found.slivers == 1
    assert found.slivers_ha == pytest.approx(10.0 * 11_057 / 10_000, rel=0.01)


def test_a_strip_that_no_one_has_is_told_apart_from_a_gap():
    ring = [(0, 0, 0.3, 0.1), (0, 0.2, 0.3, 0.3), (0, 0.1, 0.1, 0.2), (0.2, 0.1, 0.3, 0.2)]
    found = measure_coverage(areas(*ring, (0.1, 0.1, 0.19995, 0.2)))
    assert (found.holes, found.gap_slivers) == (0, 1)


def test_reading_tells_what_overlaps_and_is_missing(tmp_path):
    overlap = told(tmp_path, areas((0, 0, 0.2, 0.1), (0.1, 0, 0.3, 0.1)))["neighborhoods.overlap"]
    assert (overlap.rows, round(overlap.facts["share"], 3)) == (2, 0.333)
    assert {overlap.facts["one"], overlap.facts["other"]} == {"N0", "N1"}
    assert overlap.facts["pair_share"] == pytest.approx(0.5, rel=1e-3)
    ring = [(x, y, x + 0.1, y + 0.1) for x in (0, 0.1, 0.2) for y in (0, 0.1, 0.2) if (x, y) != (0.1, 0.1)]
    gaps = told(tmp_path, areas(*ring))["neighborhoods.gaps"]
    assert (gaps.rows, round(gaps.facts["share"], 3)) == (1, 0.125)


def test_levels_that_name_their_parents_are_no_overlap(tmp_path):
    frame = areas((0, 0, 0.4, 0.4), (0, 0, 0.2, 0.4), (0.2, 0, 0.4, 0.4))
    frame["parent"] = [None, "N0", "N0"]
    assert not {"neighborhoods.nested", "neighborhoods.overlap", "neighborhoods.gaps"} & set(told(tmp_path, frame))
