"""Gi* by hand, by esda's implementation, and at its edges."""

import numpy as np
import pytest

from analysis.local_g import local_g
from geo.errors import InputError


@pytest.fixture
def city_9x9() -> np.ndarray:
    return np.ones((9, 9), dtype=bool)


def one_hot(area: np.ndarray, *, row: int, column: int, events: float) -> np.ndarray:
    counts = np.zeros(area.shape)
    counts[row, column] = events
    return counts


def test_one_hot_cell_in_a_city_of_nine_by_nine(city_9x9):
    z = local_g(one_hot(city_9x9, row=4, column=4, events=81), city_9x9)
    assert z[4, 4] == pytest.approx(2.8284, abs=1e-4)  # 9 of 81 cells share one hot neighbor; worked by hand
    assert z[0, 0] < 0


@pytest.mark.parametrize("shape", [(9, 8), (3, 9)])
def test_counts_and_area_must_have_one_shape(city_9x9, shape):
    with pytest.raises(InputError, match="`counts` and `study_area` must have the same shape"):
        local_g(np.zeros(shape), city_9x9)


def test_a_flat_city_is_nowhere_hot(city_9x9):
    assert np.abs(local_g(np.full((9, 9), 1e6 / 3), city_9x9)).max() == 0


def test_outside_is_unknown_and_does_not_count(city_9x9):
    area = city_9x9.copy()
    area[:, 5:] = False
    counts = one_hot(area, row=2, column=2, events=5)
    inside = local_g(counts, area)
    counts[:, 5:] = 1e9
    assert np.isnan(inside[:, 5:]).all()
    assert local_g(counts, area)[:, :5] == pytest.approx(inside[:, :5])


def test_where_the_neighbors_are_the_whole_city_nothing_can_be_said():
    assert np.isnan(local_g(np.eye(2), np.ones((2, 2), dtype=bool))).all()
    assert np.isnan(local_g(np.ones((1, 1)), np.ones((1, 1), dtype=bool))).all()


@pytest.mark.slow
def test_esda_finds_the_same(city_9x9):
    from esda.getisord import G_Local
    from libpysal.weights import W

    rng = np.random.default_rng(5)
    area = rng.uniform(size=(12, 15)) < 0.8
    counts = rng.poisson(1.3, area.shape).astype(float)
    cells = [tuple(cell) for cell in np.argwhere(area)]
    number = {cell: k for k, cell in enumerate(cells)}
    near = {
        k: [number[r + dr, c + dc] for dr in (-1, 0, 1) for dc in (-1, 0, 1) if (r + dr, c + dc) in number]
        for (r, c), k in number.items()
    }
    oracle = G_Local(counts[area], W(near, silence_warnings=True), transform="B", star=None, permutations=0)
    assert local_g(counts, area)[area] == pytest.approx(oracle.Zs, abs=1e-12)
