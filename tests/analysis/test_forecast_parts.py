"""Neighborhoods add up to the total, and their ranges hold about as often as they promise."""

import numpy as np
import pandas as pd
import pytest

from analysis.forecast import SIMPLE, forecast
from analysis.scores import range_cover
from tests.analysis.worlds import AS_OF, make_events, square_city

GRID = square_city(2000.0)


def quarters() -> np.ndarray:
    """Sixteen neighborhoods of 500 m."""
    x, y = GRID.centers()
    return np.char.add(np.char.add((x // 500).astype(int).astype(str), "-"), (y // 500).astype(int).astype(str))


def wandering(seed: int, days: int = 600) -> pd.DataFrame:
    """Events whose neighborhoods each go up and down by themselves."""
    rng = np.random.default_rng(seed)
    frames = []
    for column in range(4):
        for row in range(4):
            walk = np.exp(np.cumsum(rng.normal(size=days // 14 + 1) * 0.15))
            count = rng.poisson(np.repeat(walk, 14)[:days] * 0.4)
            ago = np.repeat(np.arange(days)[::-1], count) + rng.uniform(0.05, 0.95, count.sum()) - 28
            x, y = rng.uniform(0, 500, (2, count.sum()))
            frames.append(make_events(column * 500 + x, row * 500 + y, ago))
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("horizon", [7, 28])
def test_parts_add_up_and_their_ranges_hold(horizon):
    held = []
    for seed in range(8):
        events = wandering(seed)
        answer = forecast(events, GRID, as_of=AS_OF, horizon_days=horizon, method=SIMPLE, parts=quarters())
        parts = answer.parts
        assert parts["expected"].sum() == pytest.approx(answer.total)
        assert len(parts) == 16
        end = AS_OF + pd.DateOffset(days=horizon)
        came = events[(events["event_start"] >= AS_OF) & (events["event_start"] < end)]
        name = (came["x"] // 500).astype(int).astype(str) + "-" + (came["y"] // 500).astype(int).astype(str)
        found = name.value_counts().reindex(parts["part"]).fillna(0).to_numpy()
        held.append(range_cover(found, parts["expected"].to_numpy(), parts["dispersion"].to_numpy()).mean())
    assert np.mean(held) == pytest.approx(0.8, abs=0.09)


def test_week_splits_the_total_over_the_days_to_come():
    events = wandering(0)
    answer = forecast(events, GRID, as_of=AS_OF, horizon_days=10, method=SIMPLE)
    assert answer.week.by_weekday["expected"].sum() == pytest.approx(answer.total)
    assert answer.week.by_hour["expected"].sum() == pytest.approx(answer.total)
    assert answer.week.cells.sum() == pytest.approx(answer.total)
    # AS_OF is a Monday: ten days hold Monday to Wednesday twice.
    days = answer.week.by_weekday["expected"].to_numpy()
    assert days[:3].min() > 1.5 * days[3:].max()
    assert answer.parts is None
