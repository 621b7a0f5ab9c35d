"""A county with a handful of events a month gets a longer period and larger squares by itself, and is told so."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from jobs.dataset import load_dataset
from jobs.ground import import_ground
from jobs.hotspots import hotspot_list, thin_notes
from jobs.intake import import_events, make_options
from views.i18n import Translator

# A county of 19 by 17 km: `make test` has it, `make check` leaves it out.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Three hundred events at random over 400 days, and a hamlet of twelve doors 130 m apart, one each of late."""
    folder = tmp_path_factory.mktemp("county")
    rng = np.random.default_rng(4)
    east, north = np.meshgrid(np.arange(4) * 130 - 195, np.arange(3) * 130 - 130)
    age = np.append(rng.uniform(0, 400, 300), np.linspace(2, 85, 12))
    frame = pd.DataFrame({
        "lon": np.append(rng.uniform(117.0, 117.2, 300), 117.13 + east.ravel() / 95_000),
        "lat": np.append(rng.uniform(31.0, 31.15, 300), 31.08 + north.ravel() / 111_000),
        "time": pd.Timestamp("2026-05-31") - pd.to_timedelta(age.round(3), unit="D"),
        "category": "theft",
    })  # fmt: skip
    frame.to_csv(folder / "points.csv", index=False)
    halves = [shapely.box(117.0, 31.0, 117.1, 31.15), shapely.box(117.1, 31.0, 117.2, 31.15)]
    gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=halves, crs=4326).to_file(folder / "areas.geojson")
    import_ground(folder / "ws", "neighborhoods", folder / "areas.geojson")
    import_events(folder / "ws", [folder / "points.csv"], make_options(None, None, None, None, None))
    return load_dataset(folder / "ws")


def test_the_hamlet_is_listed_and_the_reason_said(county):
    answer = hotspot_list(county)
    assert county.usual_days > county.settings.days
    assert answer.parameters["days"] == county.usual_days
    assert answer.parameters["cell_size"] == 500
    first = answer.hotspots.iloc[0]
    hamlet = gpd.GeoSeries.from_xy([117.13], [31.08], crs=4326).to_crs(county.crs).iloc[0]
    assert np.hypot(first["x"] - hamlet.x, first["y"] - hamlet.y) < 400
    for language in ("zh", "en"):
        notes = thin_notes(answer, county, Translator(language))
        assert len(notes) == 2
        assert str(county.usual_days) in notes[0]
        assert "500" in notes[1]


def test_a_period_that_is_asked_for_is_kept(county):
    assert hotspot_list(county, days=28).parameters["days"] == 28
