"""Places fit their radius, hold three points, and lie where the points are."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.clusters import find_places, same_place


def test_two_knots_two_places():
    x = np.array([0, 20, 40, 500, 520, 540.0])
    places = find_places(x, np.zeros(6), np.ones(6), radius=150)
    assert len(places) == 2
    assert places.centers.tolist() == [[20, 0], [520, 0]]
    assert places.radius_m.tolist() == [45, 45]  # 20 m to the outermost point and 25 m of margin
    assert places.nearest(np.array([10.0, 530, 300]), np.zeros(3)).tolist() == [0, 1, -1]


def test_the_center_is_where_most_happens():
    places = find_places(np.array([0, 20, 40.0]), np.zeros(3), np.array([8, 1, 1.0]), radius=150)
    assert places.centers[0] == pytest.approx([6, 0])


@pytest.mark.parametrize("points", [[(0, 0), (0, 0), (0, 0)], [(0, 0), (30, 0)]])
def test_fewer_than_three_distinct_points_are_no_place(points):
    x, y = np.array(points, dtype=float).T
    assert len(find_places(x, y, np.full(len(x), 50.0), radius=150)) == 0


def test_a_point_that_trembles_is_one_point():
    x, y = same_place(np.array([1.0, 1.4, 2.2, 4.9])), same_place(np.array([3.0, 3.2, 2.8, 0.1]))
    assert len(find_places(x, y, np.ones(4), radius=150)) == 0


def test_a_street_of_a_kilometre_is_cut_at_its_busy_spots():
    x = np.arange(0, 1000, 40.0)
    weights = np.ones(len(x))
    weights[[5, 18]] = 20
    places = find_places(x, np.zeros(len(x)), weights, radius=150)
    assert len(places) >= 4
    assert places.radius_m.max() <= 150
    assert {200.0, 720.0} <= set(places.seeds[:, 0])
    assert (places.nearest(x, np.zeros(len(x))) >= 0).mean() > 0.9


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 120), st.sampled_from([50.0, 150.0, 400.0]))
def test_laws(seed, n, radius):
    rng = np.random.default_rng(seed)
    x, y = same_place(rng.normal(0, 250, n)), same_place(rng.normal(0, 120, n))
    weights = rng.integers(1, 4, n).astype(float)
    places = find_places(x, y, weights, radius=radius)
    label = places.nearest(x, y)
    for place in range(len(places)):
        own = np.unique(np.column_stack([x, y])[label == place], axis=0)
        assert len(own) >= 3
        assert places.radius_m[place] <= radius + 1e-6
        rim = shapely.get_coordinates(places.polygons[place])
        assert np.hypot(*(rim - places.centers[place]).T).max() <= places.radius_m[place] + 1e-6
    order = rng.permutation(n)
    again = find_places(x[order], y[order], weights[order], radius=radius)
    assert again.seeds == pytest.approx(places.seeds)


def test_no_points_no_places():
    places = find_places(np.array([]), np.array([]), np.array([]), radius=150)
    assert len(places) == 0
    assert places.nearest(np.array([1.0]), np.array([1.0])).tolist() == [-1]
