"""Smoothing keeps mass inside the area and does not read the rim as low; the quartic density is the formula's."""

import numpy as np
import pytest
import shapely

from analysis.cells import make_grid
from analysis.density import local_mean, quartic_density, spread_mass
from geo.errors import InputError
from tests.analysis.worlds import CRS, square_city


@pytest.fixture
def ragged() -> np.ndarray:
    return make_grid(shapely.Polygon([(0, 0), (3000, 0), (3000, 500), (900, 2500), (0, 2500)]), 100, CRS).study_area


def test_spreading_loses_nothing_over_the_rim(ragged):
    values = np.random.default_rng(1).poisson(0.4, ragged.shape).astype(float)
    spread = spread_mass(values, ragged, 4.0)
    assert spread.sum() == pytest.approx(values[ragged].sum(), rel=1e-12)
    assert not spread[~ragged].any()


def test_a_flat_city_stays_flat_to_its_rim(ragged):
    assert local_mean(np.full(ragged.shape, 2.5), ragged, 8.0)[ragged] == pytest.approx(2.5, rel=1e-12)


def test_what_lies_outside_does_not_reach_in(ragged):
    values = np.where(ragged, 1.0, 1e6)
    assert local_mean(values, ragged, 3.0)[ragged] == pytest.approx(1.0)


def test_quartic_density_is_the_formula_at_every_center():
    grid = square_city(1500)
    rng = np.random.default_rng(2)
    x, y = rng.uniform(-100, 1600, (2, 60))
    weights = rng.integers(1, 4, 60)
    density = quartic_density(grid, x, y, bandwidth=330.0, weights=weights)
    cx, cy = grid.centers()
    squared = ((cx[:, None] - x) ** 2 + (cy[:, None] - y) ** 2) / 330.0**2
    expected = (3 / (np.pi * 330.0**2) * np.where(squared < 1, (1 - squared) ** 2, 0) * weights).sum(axis=1)
    assert density[grid.study_area] == pytest.approx(expected, rel=1e-10, abs=1e-18)


def test_quartic_density_holds_one_event_per_event():
    grid = square_city(3000)
    density = quartic_density(grid, np.array([1500.0, 1444.0, np.nan]), np.array([1500.0, 1512.0, 3.0]), bandwidth=400)
    assert density.sum() * 100**2 == pytest.approx(2.0, rel=2e-3)


def test_a_bandwidth_of_nothing_is_refused():
    with pytest.raises(InputError, match="`bandwidth` must be above zero"):
        quartic_density(square_city(500), np.array([1.0]), np.array([1.0]), bandwidth=0)
