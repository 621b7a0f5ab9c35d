"""Cells stay where they are, cover the area to its rim, and lose no event."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cells import Grid, count_events, make_grid
from geo.errors import InputError

CRS = "EPSG:32618"


def test_a_triangle_worked_by_hand():
    # The hypotenuse x + y = 280 leaves the corners (200, 100) and (100, 200) outside.
    grid = make_grid(shapely.Polygon([(50, 50), (230, 50), (50, 230)]), 100, CRS)
    assert (grid.column0, grid.row0) == (0, 0)
    assert grid.study_area.tolist() == [[True, True, True], [True, True, False], [True, False, False]]
    assert grid.n_cells == 6
    assert grid.cell_ids().tolist() == ["0_0", "1_0", "2_0", "0_1", "1_1", "0_2"]
    x, y = grid.centers()
    assert list(zip(x, y, strict=True))[:4] == [(50, 50), (150, 50), (250, 50), (50, 150)]


def test_grid_lines_lie_on_multiples_of_the_size_left_of_and_below_zero_too():
    grid = make_grid(shapely.box(-130, -370, -60, -310), 100, CRS)
    assert (grid.column0, grid.row0, grid.shape) == (-2, -4, (1, 2))


def test_more_area_moves_no_cell():
    small = make_grid(shapely.box(1010, 2010, 1390, 2390), 100, CRS)
    large = make_grid(shapely.union(shapely.box(1010, 2010, 1390, 2390), shapely.box(-777, 555, 333, 999)), 100, CRS)
    assert set(small.cell_ids()) <= set(large.cell_ids())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), min_size=3, max_size=7),
    st.sampled_from([7.0, 50.0, 100.0, 333.3]),
)
def test_a_cell_belongs_exactly_if_a_point_of_the_area_lies_in_it(points, size):
    area = shapely.convex_hull(shapely.MultiPoint(points))
    if area.area < 1:
        return
    grid = make_grid(area, size, CRS)
    whole = Grid(CRS, size, grid.column0, grid.row0, np.ones(grid.shape, dtype=bool))
    # Cells that share a surface with the area are in; cells away from it are out; only cells that touch may be either.
    cells = whole.boxes()
    shared = shapely.area(shapely.intersection(area, cells)).reshape(grid.shape)
    away = shapely.distance(area, cells).reshape(grid.shape) > 0
    assert grid.study_area[shared > 1e-3].all()
    assert not grid.study_area[away].any()


def test_every_point_of_the_area_has_a_cell_its_border_too():
    area = shapely.box(0, 0, 900, 900)
    grid = make_grid(area, 100, CRS)
    border = shapely.get_coordinates(shapely.segmentize(area.exterior, 33.0))
    assert (grid.locate(border[:, 0], border[:, 1]) >= 0).all()


def test_events_are_counted_once_outside_and_unknown_nowhere():
    grid = make_grid(shapely.box(1, 1, 299, 199), 100, CRS)
    x = np.array([0.0, 100.0, 299.99, 150, 150, -1, 400, np.nan, 50, np.inf])
    y = np.array([0.0, 100.0, 199.99, 50, 50, 50, 50, 50, np.nan, 50])
    assert count_events(grid, x, y).tolist() == [[1, 2, 0], [0, 1, 1]]
    assert count_events(grid, x, y, np.arange(10.0)).tolist() == [[0, 7, 0], [0, 1, 2]]
    assert grid.locate(x, y).tolist() == [0, 4, 5, 1, 1, -1, -1, -1, -1, -1]
    assert grid.cell_ids(np.array([4])).tolist() == ["1_1"]


def test_no_events_still_give_a_map():
    grid = make_grid(shapely.box(0, 0, 300, 200), 100, CRS)
    assert count_events(grid, np.array([]), np.array([])).sum() == 0


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2227", "nonsense"])
def test_cells_need_metres(crs):
    with pytest.raises(InputError, match="must be in a CRS measured in metres"):
        make_grid(shapely.box(0, 0, 1, 1), 100, crs)


@pytest.mark.parametrize("area", [shapely.Polygon(), shapely.LineString([(0, 0), (9, 9)]), shapely.box(0, 0, 0, 9)])
def test_an_area_without_surface_is_refused(area):
    with pytest.raises(InputError, match="has no surface"):
        make_grid(area, 100, CRS)


def test_a_stray_polygon_cannot_make_an_endless_grid():
    stray = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(5e5, 4.4e6, 5.1e5, 4.41e6)])
    with pytest.raises(InputError, match="stray polygon") as caught:
        make_grid(stray, 100, CRS)
    assert caught.value.key == "cells.too_many"
    with pytest.raises(InputError, match="at most 2000000"):
        make_grid(shapely.box(0, 0, 2e5, 2e5), 100, CRS)


def test_weights_must_match_the_points():
    grid = make_grid(shapely.box(0, 0, 300, 200), 100, CRS)
    with pytest.raises(InputError, match="must have the same shape"):
        count_events(grid, np.zeros(3), np.zeros(3), np.ones(2))
