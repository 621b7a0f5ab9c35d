"""An office given by default is set aside with its evidence; a mall as busy is a place; both can be changed."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.errors import InputError
from geo.read import Reading, read_events
from geo.taxonomy import read_taxonomy
from jobs.dataset import load_dataset
from jobs.ground import import_ground
from jobs.intake import import_events, make_options
from jobs.set_aside import list_points, put_back, set_aside

KINDS = ("Theft", "Noise", "Pothole", "Vandalism", "Assault", "Street light out")
OFFICE, MALL = (-71.0501, 42.3502), (-71.0137, 42.3281)
N = 4_000


def areas() -> gpd.GeoDataFrame:
    """Five by five districts of about a kilometre, D00 to D44."""
    boxes = {
        f"D{i}{j}": shapely.box(-71.08 + 0.016 * i, 42.30 + 0.012 * j, -71.064 + 0.016 * i, 42.312 + 0.012 * j)
        for i in range(5)
        for j in range(5)
    }
    names = list(boxes)
    return gpd.GeoDataFrame({"neighborhood_id": names, "name": names}, geometry=list(boxes.values()), crs=4326)


def city(*, office: float = 0.0, blank: float = 0.7, mall: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Rows of a city; shares of them at an office by default (area blank, or anywhere), and at a mall of its own."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(-71.08, -71.0, N).round(6), rng.uniform(42.30, 42.36, N).round(6)
    frame = pd.DataFrame({"lon": lon, "lat": lat, "district": "", "type": rng.choice(KINDS, N)})
    frame["opened"] = (pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.uniform(0, 365, N), unit="D")).strftime("%F %T")
    column = np.minimum(((frame["lon"] + 71.08) / 0.016).astype(int), 4).astype(str)
    row = np.minimum(((frame["lat"] - 42.30) / 0.012).astype(int), 4).astype(str)
    frame["district"] = "D" + column + row
    at = rng.permutation(N)
    here = at[: round(office * N)]
    frame.loc[here, ["lon", "lat"]] = OFFICE
    frame.loc[here[: round(blank * len(here))], "district"] = ""
    there = at[N - round(mall * N) :] if mall else at[:0]
    frame.loc[there, ["lon", "lat", "district"]] = [*MALL, "D42"]
    frame.loc[there, "type"] = rng.choice(["Theft", "Noise"], len(there), p=[0.9, 0.1])
    return frame


def read(tmp_path, frame: pd.DataFrame) -> Reading:
    frame.to_csv(tmp_path / "requests.csv", index=False)
    return read_events([tmp_path / "requests.csv"], taxonomy=read_taxonomy(), neighborhoods=areas())


def told(reading: Reading, code: str) -> list:
    return [finding for finding in reading.report.findings if finding.code == code]


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("blank", [0.0, 0.7, 1.0])
def test_an_office_given_by_default_is_set_aside_with_its_evidence(tmp_path, share, blank):
    reading = read(tmp_path, city(office=share, blank=blank))
    (default,) = told(reading, "point.default")
    rows = round(share * N)
    assert (default.rows, default.facts["lon"], default.facts["lat"]) == (rows, *OFFICE)
    assert default.facts["signs"]
    assert (reading.events["precision"] == "unknown").sum() == rows
    # Rows that name a district count there and nowhere else; a point that tells nothing is not outside either.
    there = reading.events[reading.events["lon"] == OFFICE[0]]
    assert there["neighborhood_id"].isna().sum() == round(blank * rows)
    assert told(reading, "point.outside") == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.02, 0.12, 0.25])
def test_a_mall_as_busy_is_a_place(tmp_path, share, seed):
    reading = read(tmp_path, city(mall=share, seed=seed))
    assert told(reading, "point.default") == []
    assert not (reading.events["precision"] == "unknown").any()


def test_beside_a_mall_the_office_alone_is_set_aside(tmp_path):
    reading = read(tmp_path, city(office=0.05, mall=0.12))
    assert [(f.facts["lon"], f.facts["lat"]) for f in told(reading, "point.default")] == [OFFICE]


def test_a_clean_city_has_no_default(tmp_path):
    reading = read(tmp_path, city())
    assert told(reading, "point.default") == told(reading, "point.suspected") == []
    assert (reading.events["precision"] == "address").all()


@pytest.fixture
def workspace(tmp_path):
    city(office=0.05, mall=0.05).to_csv(tmp_path / "requests.csv", index=False)
    areas().to_file(tmp_path / "areas.geojson")
    import_ground(tmp_path / "ws", "neighborhoods", tmp_path / "areas.geojson")
    import_events(tmp_path / "ws", [tmp_path / "requests.csv"], make_options(None, None, None, None, None))
    return load_dataset(tmp_path / "ws").workspace


def test_it_is_put_back_and_set_aside_again_without_an_import(workspace):
    rows = round(0.05 * N)
    assert load_dataset(workspace).set_aside == rows
    assert [(one.lon, one.lat, one.state, one.rows) for one in list_points(workspace)] == [(*OFFICE, "found", rows)]
    put_back(workspace, OFFICE)
    again = load_dataset(workspace)
    assert again.set_aside == 0
    assert again.events["x"].notna().all()
    there = again.events[again.events["lon"] == OFFICE[0]]
    assert set(there["neighborhood_id"].astype(str)) == {"D14"}
    set_aside(workspace, OFFICE)
    assert load_dataset(workspace).set_aside == rows


def test_a_planner_sets_a_place_aside_by_hand(workspace):
    assert set_aside(workspace, MALL).state == "by_hand"
    assert load_dataset(workspace).set_aside == 2 * round(0.05 * N)
    put_back(workspace, MALL)
    assert load_dataset(workspace).set_aside == round(0.05 * N)


def test_what_is_no_point_or_holds_nothing_is_one_sentence(workspace):
    with pytest.raises(InputError, match="No event lies within a metre"):
        set_aside(workspace, (-71.5, 42.9))
    with pytest.raises(InputError, match="is set aside"):
        put_back(workspace, MALL)
