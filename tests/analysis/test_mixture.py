"""The mixture reacts to new places, forgets old ones, shares out mass and looks at nothing that came later."""

import numpy as np
import pandas as pd
import pytest

from analysis.components import Components, hats
from analysis.forecast import MIXTURE, SIMPLE, fit_forecast, forecast
from analysis.history import History
from analysis.mixture import Mixture, Window, fit_common, fit_kinds, mix
from tests.analysis.worlds import AS_OF, joined, make_events, planted, scattered, square_city

GRID = square_city()


@pytest.fixture(scope="module")
def town() -> pd.DataFrame:
    """Two years, eight a day; a new place with 15 in the last 28 days and one in the year before; one that faded."""
    rng = np.random.default_rng(21)
    return joined(
        scattered(rng, 5840, days=730),
        planted(rng, 15, 1050, 2050, days=28),
        make_events([1050.0], [2050.0], [200.0]),
        planted(rng, 200, 3050, 3050, days=400).assign(
            event_start=lambda e: e["event_start"] - pd.Timedelta(90, "D"), event_end=lambda e: e["event_start"]
        ),
    )


@pytest.fixture(scope="module")
def components(town) -> Components:
    return Components(History.of(town, GRID, AS_OF), History.of(town.iloc[::3], GRID, AS_OF))


def at(cells: pd.DataFrame, column: int, row: int) -> pd.Series:
    return cells[(cells["column"] == column) & (cells["row"] == row)].iloc[0]


def test_a_new_place_is_believed_and_a_faded_one_forgotten(town):
    week = forecast(town, GRID, as_of=AS_OF, horizon_days=7)
    assert week.method == MIXTURE
    new, faded = at(week.cells, 10, 20), at(week.cells, 30, 30)
    assert 1.2 < new["expected"] < 3.8  # 15 in 28 days are 3.8 a week, one in the year before is none
    assert new["expected_high"] >= 3
    assert faded["expected"] < 200 / 400 * 7 / 2  # three and a half a week, until three months ago
    assert new["expected"] > faded["expected"]


def test_every_component_is_a_share_of_one(components):
    shares = components.shares(100)
    assert shares.shape == (GRID.n_cells, len(components.names))
    assert shares.sum(axis=0) == pytest.approx(1)
    assert (shares >= 0).all()
    assert components.kinds(100).sum(axis=1) == pytest.approx(1)


def test_narrow_kernels_start_from_the_exact_point():
    right_edge = make_events([1099.0], [2050.0], [3.0])
    components = Components(History.of(right_edge, GRID, AS_OF))
    narrow = components.shares(0)[:, components.names.index("40 m, 7 days")]
    own, right, left = (narrow[20 * 40 + column] for column in (10, 11, 9))
    assert own == pytest.approx(right, rel=0.06)  # the point stands a metre from the line between them
    assert left < 0.01


def test_moments_see_nothing_that_came_after_them(town, components):
    seen = [frame[frame["event_start"] < AS_OF - pd.Timedelta(100, "D")] for frame in (town, town.iloc[::3])]
    earlier = Components(*(History.of(frame, GRID, AS_OF) for frame in seen))
    assert (earlier.shares(100) == components.shares(100)).all()
    assert (earlier.kinds(100) == components.kinds(100)).all()


def test_rows_reported_late_are_unknown_until_then(town):
    late = make_events([555.0] * 50, [555.0] * 50, [120.0] * 50, reported_at=AS_OF - pd.Timedelta(20, "D"))
    plain, mixed = (History.of(frame, GRID, AS_OF) for frame in (town, joined(town, late)))
    assert (plain.decayed(plain.weight, 60, 365) == mixed.decayed(mixed.weight, 60, 365)).all()
    assert mixed.decayed(mixed.weight, 10, 365).sum() > plain.decayed(plain.weight, 10, 365).sum() + 30


def test_weights_find_the_kernel_that_made_the_events():
    rng = np.random.default_rng(5)
    shares = rng.gamma(0.3, 1, (3000, 4))
    shares /= shares.sum(axis=0)
    found = rng.poisson(20_000 * shares @ [0.7, 0.0, 0.3, 0.0])
    window = Window.of(shares, np.ones((3000, 1)), found)
    common = fit_common(window, np.full(4, 0.25))
    assert common == pytest.approx([0.7, 0, 0.3, 0], abs=0.03)
    assert common.sum() == pytest.approx(1, abs=1e-3)  # EM keeps the total
    weights = fit_kinds(window, common[None, :])
    assert mix(shares, np.ones((3000, 1)), weights).sum() == pytest.approx(1)


def test_without_events_the_guess_stands():
    guess = np.array([0.2, 0.8])
    nothing = Window.of(np.full((10, 2), 0.1), np.ones((10, 1)), np.zeros(10))
    assert fit_common(nothing, guess) == pytest.approx(guess)


def test_hats_interpolate():
    nodes = np.array([0.0, 1.0, 3.0])
    assert hats(np.array([-5.0, 0.5, 2.0, 9.0]), nodes) == pytest.approx(
        np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 0.5, 0.5], [0, 0, 1]])
    )


def test_far_away_events_hardly_move_a_place(town):
    rng = np.random.default_rng(6)
    far = planted(rng, 400, 3850, 150, days=700)
    first, second = (forecast(frame, GRID, as_of=AS_OF, horizon_days=28).cells for frame in (town, joined(town, far)))
    here = (first["column"] < 15) & (first["row"] > 25)
    assert second.loc[here, "expected"].sum() == pytest.approx(first.loc[here, "expected"].sum(), rel=0.1)


@pytest.mark.parametrize(("n", "days"), [(400, 90), (60, 700), (500, 21), (3, 400)])
def test_thin_and_short_histories_take_the_simple_forecast_and_say_so(n, days):
    events = scattered(np.random.default_rng(n), n, days=days)
    answer = forecast(events, GRID, as_of=AS_OF, horizon_days=min(28, days - 1))
    assert answer.method == SIMPLE
    assert "half_life_days" in answer.parameters


def test_twenty_five_events_a_month_are_enough_for_the_mixture():
    answer = forecast(scattered(np.random.default_rng(4), 600, days=730), GRID, as_of=AS_OF, horizon_days=28)
    assert answer.method == MIXTURE
    assert answer.total == pytest.approx(600 / 730 * 28, rel=0.4)


def test_a_fit_serves_every_horizon(town):
    fit = fit_forecast(town, GRID, as_of=AS_OF)
    for days in (1, 7, 91):
        answer = forecast(town, GRID, as_of=AS_OF, horizon_days=days, fit=fit)
        again = forecast(town, GRID, as_of=AS_OF, horizon_days=days)
        pd.testing.assert_frame_equal(answer.cells, again.cells, check_exact=True)
        assert answer.total == pytest.approx(8.5 * days, rel=0.2)
        assert answer.cells["expected"].sum() == pytest.approx(answer.total)


def test_others_tell_where_things_happen():
    rng = np.random.default_rng(12)
    spots = rng.uniform(300, 3700, (40, 2))

    def around(n, days):
        which = rng.integers(0, 40, n)
        return make_events(*(spots[which] + rng.uniform(-40, 40, (n, 2))).T, rng.uniform(0.01, days, n))

    rare, many = around(300, 700), around(8000, 700)
    alone, helped = (
        forecast(rare, GRID, as_of=AS_OF, horizon_days=28, others=others).cells["expected"] for others in (None, many)
    )
    columns, rows = (spots // 100).astype(int).T
    there = np.isin(np.arange(GRID.n_cells), rows * 40 + columns)
    assert helped[there].sum() > alone[there].sum()


def test_windows_of_a_mixture_lie_before_its_moment(components):
    assert min(Mixture(components).ends(57)) == 57
