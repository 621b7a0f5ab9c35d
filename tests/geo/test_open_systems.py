"""Real files without a word about their system: every row lies where the file puts it, and nothing else is said."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo.crs import project
from geo.neighborhoods import read_neighborhoods
from geo.read import read_events
from geo.taxonomy import read_taxonomy

pytestmark = [pytest.mark.open_data, pytest.mark.slow]
TAXONOMY = read_taxonomy()

# File, polygons, layer, columns of longitude and latitude, rows without a usable point.
DEGREES = [
    ("philadelphia/incidents_2021.csv.gz", "philadelphia/neighborhoods.geojson", None, "point_x", "point_y", 54),
    ("philadelphia/incidents_2023.csv.gz", "philadelphia/neighborhoods.geojson", None, "point_x", "point_y", 6985),
    ("newcastle/street_crime_2020-05_2022-06.csv.gz", "newcastle/lsoa_2011.geojson", None, "Longitude", "Latitude",
     501),
    ("newcastle/2021-05-northumbria-street.csv.gz", "newcastle/lsoa_2011.geojson", None, "Longitude", "Latitude", 0),
    ("city_of_london/street_crime_2018-04_2020-11.csv.gz", "city_of_london/wards_2013.geojson", None, "Longitude",
     "Latitude", 1699),
    ("boston/service_requests_311_2015.csv.gz", "boston/neighborhoods.geojson", None, "LONGITUDE", "LATITUDE", 0),
    ("boston/larceny_incidents_2016-2018.csv.gz", "boston/neighborhoods.geojson", None, "Long", "Lat", 725),
    ("chicago/abandoned_vehicles_311.csv.gz", "chicago/community_areas_population.geojson", "hazard", "Longitude",
     "Latitude", 0),
    ("memphis/robberies_2019.csv.gz", "memphis/precincts.geojson", None, "longitude", "latitude", 0),
    ("taipei/residential_burglary_utf8bom.csv", "taipei/districts.geojson", None, "經度", "緯度", 667),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "polygons", "layer", "lon", "lat", "without"), DEGREES, ids=[row[0] for row in DEGREES]
)
@pytest.mark.parametrize("with_polygons", [True, False], ids=["polygons", "bare"])
def test_degrees_stay_to_the_last_digit(open_data, file, polygons, layer, lon, lat, without, with_polygons):
    neighborhoods = read_neighborhoods(open_data / polygons)[0] if with_polygons else None
    reading = read_events([open_data / file], taxonomy=TAXONOMY, layer=layer, neighborhoods=neighborhoods)
    raw = pd.read_csv(open_data / file, low_memory=False)
    names = {name.casefold(): name for name in raw.columns}
    true = raw[[names[lon.casefold()], names[lat.casefold()]]].to_numpy(dtype=float)
    at = reading.events["source_row"].to_numpy() - 2
    ours = reading.events[["lon", "lat"]].to_numpy()
    here = np.isfinite(ours[:, 0])
    given = np.isfinite(true[at]).all(axis=1) & ~(true[at] == -1).all(axis=1)
    # Names may give a row a point where polygons are known, never move one.
    assert (~given & here).sum() == 0 or with_polygons
    assert (given & ~here).sum() == 0
    assert (ours[given] == true[at][given]).all()
    assert (~given).sum() == without
    assert set(reading.events["repairs"].astype(str)) & {
        "axes_swapped", "other_system", "sign_restored", "decimals_restored", "other_pair"
    } == set()  # fmt: skip
    said = {f.code for f in reading.report.findings if f.code.startswith(("crs.", "point."))}
    assert not said & {
        "point.other_system", "point.other_degrees", "point.system_unknown", "point.sign_lon", "point.sign_lat",
        "point.sign_both", "point.decimal_lost", "point.swapped_told_apart", "point.fill_repeated",
        "point.pairs_differ", "point.pair_taken", "point.far_away", "point.far_from_rest", "point.apart",
        "point.axes_swapped", "point.axes_exchanged", "point.out_of_range", "crs.detected", "crs.uncertain",
    }  # fmt: skip


def test_montreal_keeps_the_lambert_grid_its_file_names(open_data):
    reading = read_events(
        [open_data / "montreal" / "montreal.gpkg"], taxonomy=TAXONOMY, layer="incident",
        neighborhoods=read_neighborhoods(open_data / "montreal" / "boroughs.geojson")[0],
    )  # fmt: skip
    raw = gpd.read_file(open_data / "montreal" / "montreal.gpkg", layer="bike_collisions_2016").to_crs(4326)
    ours = np.sort(reading.events["lon"].to_numpy())
    assert reading.report.crs == "EPSG:3797"
    assert ours == pytest.approx(np.sort(raw.geometry.x.to_numpy()), abs=1e-9)


def test_feet_and_metres_of_chicago_without_their_degrees_are_found(open_data, tmp_path):
    areas = read_neighborhoods(open_data / "chicago" / "community_areas_population.geojson")[0]
    raw = pd.read_csv(open_data / "chicago" / "abandoned_vehicles_311.csv.gz")
    raw.drop(columns=["Longitude", "Latitude"]).to_csv(tmp_path / "feet.csv", index=False)
    reading = read_events([tmp_path / "feet.csv"], taxonomy=TAXONOMY, layer="hazard", neighborhoods=areas)
    lon, lat = project(raw["X"].to_numpy(), raw["Y"].to_numpy(), "EPSG:3435", "EPSG:4326")
    away = np.hypot((reading.events["lon"] - lon) * 83_000, (reading.events["lat"] - lat) * 111_000)
    assert away.max() < 3
    metres = read_events([open_data / "peers" / "chicago_burglary_2016-01.csv"], taxonomy=TAXONOMY, neighborhoods=areas)
    assert metres.report.crs == "EPSG:26971"
