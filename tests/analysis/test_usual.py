"""A cell against its own past: hand-worked expectations, what is unknown stays unknown, and a flare-up is listed."""

import numpy as np
import pandas as pd
import pytest

from analysis.exact import upper_tail
from analysis.hotspots import find_hotspots
from analysis.usual import PLACE_VARIES, expected_from_past
from tests.analysis.worlds import AS_OF, joined, make_events, planted, scattered, square_city

GRID = square_city()
START = AS_OF - pd.DateOffset(days=28)


def usual(events):
    return expected_from_past(events, GRID, start=START, as_of=AS_OF, bandwidth=800.0)


def at(x: float, y: float, ages: np.ndarray, **columns):
    return make_events(np.full(len(ages), x), np.full(len(ages), y), ages, **columns)


def test_the_expected_number_is_the_posterior_mean_brought_to_the_citys_level():
    # 26 before and 4 now in one cell, 365 before and 28 now elsewhere: the city's level is 32 / 391 of its past.
    events = joined(
        at(1050, 1050, np.linspace(30, 392, 26)),
        at(1050, 1050, np.linspace(1, 27, 4)),
        at(3050, 3050, np.linspace(28.5, 392.5, 365)),
        at(3050, 3050, np.linspace(0.5, 27.5, 28)),
    )
    found = usual(events)
    assert found is not None
    assert found.days == 365
    row, column = 10 - GRID.row0, 10 - GRID.column0
    assert found.counts[row, column] == 4
    # One event of the surroundings' past (tiny here, over the whole square) beside 26 of its own.
    around = found.mean[row, column] / (27 * 32 / 391)
    assert 0 < around < 1
    m0 = around / (1 - around)
    assert found.mean[row, column] == pytest.approx(32 / 391 * 27 / (1 / m0 + 1))
    assert found.shape[row, column] == pytest.approx(min(27, PLACE_VARIES**-2))
    assert found.counts[GRID.study_area].sum() == 32


def test_a_short_past_and_a_layer_without_one_say_nothing():
    young = scattered(np.random.default_rng(1), 500, days=40)
    assert usual(young) is None
    old = scattered(np.random.default_rng(2), 4000, days=390)
    both = usual(joined(old, young.assign(layer="dispute")))
    alone = usual(old)
    assert both is not None
    assert alone is not None
    assert both.counts == pytest.approx(alone.counts)
    assert both.mean == pytest.approx(alone.mean)


def test_a_general_rise_is_nobodys_news():
    rng = np.random.default_rng(3)
    events = joined(scattered(rng, 4000, days=390), scattered(rng, 900, days=27))
    found = usual(events)
    assert found is not None
    area = GRID.study_area
    assert found.mean[area].sum() == pytest.approx(found.counts[area].sum(), rel=0.02)
    p = upper_tail(found.counts[area], found.mean[area], found.shape[area])
    assert (p < 0.01).mean() < 0.015


def test_a_missing_month_is_not_a_calm_one():
    rng = np.random.default_rng(4)
    events = scattered(rng, 4000, days=400)
    age = (AS_OF - events["event_start"]).dt.total_seconds() / 86_400
    found = usual(events[(age < 100) | (age > 160)])
    assert found is not None
    assert found.days == pytest.approx(305, abs=2)


def test_a_flare_up_in_a_busy_quarter_is_listed_as_more_than_usual():
    rng = np.random.default_rng(5)
    # A busy quarter of 7 × 7 cells that hides its calm corner from the surroundings' test.
    quarter = joined(*(
        planted(rng, 156, 1050 + 100 * i, 1050 + 100 * j, days=392, width=49)
        for i in range(7) for j in range(7) if (i, j) != (3, 3)
    ))  # fmt: skip
    flare = planted(rng, 18, 1350, 1350, days=27)
    spots = find_hotspots(joined(scattered(rng, 2000, days=392), quarter, flare), GRID, as_of=AS_OF).hotspots
    here = spots[np.hypot(spots["x"] - 1350, spots["y"] - 1350) < 60]
    assert here["reasons"].tolist() == [["usual"]]
    assert here["expected_usual"].iloc[0] < 3
    assert dict(here["why"].iloc[0])["why.usual"]["n"] == here["events"].iloc[0]
    assert len(spots) == 1


def test_a_place_as_busy_as_ever_is_not_more_than_usual():
    rng = np.random.default_rng(6)
    events = joined(scattered(rng, 2000, days=392), planted(rng, 280, 2050, 2050, days=392))
    spots = find_hotspots(events, GRID, as_of=AS_OF).hotspots
    assert spots["reasons"].tolist() == [["surroundings"]]
    assert "why.usual_too" not in dict(spots["why"].iloc[0])
