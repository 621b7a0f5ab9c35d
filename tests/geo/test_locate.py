"""Who lies in which polygon, by point and by name."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geo.locate import assign_neighborhoods, border_order, leaf_neighborhoods, match_names
from geo.neighborhoods import read_neighborhoods
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


def _squares(ids):
    """Three by three squares of a degree, which share borders and corners, under the ids given."""
    boxes = [box(i, j, i + 1, j + 1) for i in range(3) for j in range(3)]
    return gpd.GeoDataFrame({"neighborhood_id": ids}, geometry=boxes, crs=4326)


@settings(max_examples=50)
@given(
    st.permutations(range(9)),
    st.lists(st.tuples(*[st.one_of(st.integers(0, 3).map(float), st.floats(0, 3))] * 2), min_size=1, max_size=30),
)
def test_the_order_of_the_file_changes_nothing_on_borders(order, points):
    squares = _squares([f"N{i}" for i in (3, 10, 2, 7, 1, 11, 9, 4, 5)])
    lon, lat = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    there = assign_neighborhoods(lon, lat, squares)
    assert assign_neighborhoods(lon, lat, squares.iloc[list(order)]).tolist() == there.tolist()
    for x, y, unit in zip(lon, lat, there, strict=True):
        holders = [int(row.neighborhood_id[1:]) for row in squares.itertuples() if row.geometry.intersects(Point(x, y))]
        assert unit == f"N{min(holders)}"  # numbers as numbers: N9 comes before N10


def test_ids_come_in_the_order_of_their_numbers():
    ids = ["A10", "A9", "b1", "10", "9", "009", "A"]
    assert [ids[i] for i in border_order(ids)] == ["009", "9", "10", "A", "A9", "A10", "b1"]


@pytest.mark.open_data
def test_chicago_s_own_column_agrees(open_data):
    folder = open_data / "chicago"
    units, _ = read_neighborhoods(folder / "community_areas_population.geojson")
    rows = pd.read_csv(folder / "abandoned_vehicles_311.csv.gz").dropna(subset=["Comm"])
    there = assign_neighborhoods(rows["Longitude"].to_numpy(), rows["Latitude"].to_numpy(), units)
    placed = there != None  # noqa: E711
    agrees = there == rows["Comm"].astype(int).astype(str).to_numpy()
    assert (~placed).sum() == 2
    assert round(100 * agrees[placed].mean(), 2) == 99.85  # both of data/README.md


@pytest.mark.open_data
@pytest.mark.slow
@pytest.mark.parametrize("file", ["neighborhoods.geojson", "census_tracts_population.geojson"])
def test_no_row_of_three_years_differs_from_geopandas(open_data, file):
    folder = open_data / "philadelphia"
    units, _ = read_neighborhoods(folder / file)
    columns = ["point_x", "point_y"]
    rows = pd.concat([pd.read_csv(path, usecols=columns) for path in sorted(folder.glob("incidents_*.csv.gz"))])
    lon, lat = rows["point_x"].to_numpy(), rows["point_y"].to_numpy()
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326).reset_index(drop=True)
    joined = gpd.sjoin(points, units[["neighborhood_id", "geometry"]], how="left", predicate="intersects")
    ids = units["neighborhood_id"].tolist()
    rank = dict(zip([ids[i] for i in border_order(ids)], range(len(ids)), strict=True))
    joined["rank"] = joined["neighborhood_id"].map(rank)
    first = joined.sort_values("rank", kind="stable").groupby(level=0)["neighborhood_id"].first().sort_index()
    ours = pd.Series(assign_neighborhoods(lon, lat, units), dtype=object)
    assert len(ours) == 454_614
    assert (ours.isna() == first.isna().to_numpy()).all()
    assert (ours.dropna() == first.dropna().to_numpy()).all()
