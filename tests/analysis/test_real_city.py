"""On a real city: the forecast beats a year's counts, the list is short and small, and both are quick."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from analysis.cells import Grid, count_events, make_grid
from analysis.forecast import forecast
from analysis.hotspots import find_hotspots
from tests.analysis.worlds import make_events

AS_OF = pd.Timestamp("2023-06-01", tz="America/New_York")


@pytest.fixture(scope="module")
def philadelphia(open_data) -> tuple[pd.DataFrame, Grid]:
    folder = open_data / "philadelphia"
    rows = pd.concat([
        pd.read_csv(path, usecols=["dispatch_date", "dispatch_time", "text_general_code", "point_x", "point_y"])
        for path in sorted(folder.glob("incidents_*.csv.gz"))
    ], ignore_index=True)  # fmt: skip
    x, y = Transformer.from_crs(4326, 32618, always_xy=True).transform(rows["point_x"], rows["point_y"])
    local = pd.to_datetime(rows["dispatch_date"] + " " + rows["dispatch_time"])
    start = local.dt.tz_localize("America/New_York", ambiguous=True, nonexistent="shift_forward")
    polygons = gpd.read_file(folder / "neighborhoods.geojson").to_crs(32618)
    grid = make_grid(shapely.union_all(shapely.make_valid(polygons.geometry.to_numpy())), 100.0, "EPSG:32618")
    x, y = np.where(np.isfinite(x), x, np.nan), np.where(np.isfinite(y), y, np.nan)
    return make_events(x, y, 0.0, event_start=start, event_end=start, category=rows["text_general_code"]), grid


@pytest.mark.open_data
@pytest.mark.slow
def test_a_months_forecast_beats_a_years_counts_at_one_per_cent_of_the_area(philadelphia):
    events, grid = philadelphia
    answer = forecast(events, grid, as_of=AS_OF, horizon_days=28)
    after = events[(events["event_start"] >= AS_OF) & (events["event_start"] < AS_OF + pd.Timedelta(28, "D"))]
    found = count_events(grid, after["x"], after["y"])[grid.study_area]
    covered = grid.n_cells // 100

    def hit_rate(surface: pd.Series) -> float:
        return found[np.argsort(-surface.to_numpy(), kind="stable")[:covered]].sum() / found.sum()

    assert hit_rate(answer.cells["expected"]) > 1.1 * hit_rate(answer.cells["count_364"])
    assert answer.total_low <= found.sum() <= answer.total_high


@pytest.mark.open_data
@pytest.mark.slow
def test_the_list_is_short_small_and_keeps_its_names(philadelphia):
    events, grid = philadelphia
    spots = find_hotspots(events, grid, as_of=AS_OF).hotspots
    assert 10 <= len(spots) <= 150
    assert spots["radius_m"].max() <= 150
    assert spots["points"].min() >= 3
    assert (spots["events"] > 2 * spots["expected_surroundings"]).all()
    kept = np.random.default_rng(1).uniform(size=len(events)) >= 0.01
    again = find_hotspots(events[kept], grid, as_of=AS_OF).hotspots
    assert spots["hotspot_id"].head(20).isin(again["hotspot_id"]).mean() >= 0.9
