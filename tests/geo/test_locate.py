"""Who lies in which polygon, by point and by name."""

import geopandas as gpd
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geo.locate import assign_neighborhoods, leaf_neighborhoods, match_names
from tests.geo.intake_worlds import two_villages


def test_inside_outside_on_the_border_and_nowhere():
    lon = np.array([116.35, 116.45, 116.4, 117.0, np.nan])
    lat = np.array([39.9, 39.9, 39.9, 39.9, np.nan])
    assert assign_neighborhoods(lon, lat, two_villages()).tolist() == ["a", "b", "a", None, None]


def test_polygons_may_be_in_any_system():
    lon, lat = np.array([116.35, 116.45]), np.array([39.9, 39.9])
    assert assign_neighborhoods(lon, lat, two_villages().to_crs(32650)).tolist() == ["a", "b"]


def test_events_lie_in_leaves():
    nested = two_villages()
    nested.loc[2] = ["town", "镇", "Town", 3000.0, np.nan, None, box(116.3, 39.8, 116.5, 39.95)]
    nested["parent_id"] = ["town", "town", None]
    assert leaf_neighborhoods(nested)["neighborhood_id"].tolist() == ["a", "b"]
    assert assign_neighborhoods(np.array([116.35]), np.array([39.9]), nested).tolist() == ["a"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), max_size=30))
def test_the_tree_says_what_asking_each_polygon_says(points):
    squares = gpd.GeoDataFrame(
        {"neighborhood_id": [f"{i}{j}" for i in range(3) for j in range(3)]},
        geometry=[box(i, j, i + 1, j + 1) for i in range(3) for j in range(3)], crs=4326,
    )  # fmt: skip
    lon, lat = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    slow = [
        next((str(row.neighborhood_id) for row in squares.itertuples() if row.geometry.intersects(Point(x, y))), None)
        for x, y in points
    ]
    assert assign_neighborhoods(lon, lat, squares).tolist() == slow


def test_names_match_by_id_name_and_english_name_in_any_dress():
    villages = two_villages()
    texts = np.array(["东村", " East  village", "WEST_VILLAGE", "A", "somewhere"], dtype=object)
    assert match_names(texts, villages).tolist() == ["a", "a", "b", "a", None]


def test_a_name_that_two_units_bear_names_neither():
    twice = two_villages().assign(name=["新村", "新村"])
    assert match_names(np.array(["新村"], dtype=object), twice).tolist() == [None]
