"""Every real file of points is put where it was, without a word about its system; what must come out of each."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest

from bench.intake import FILES
from bench.placed import read_placed, table
from jobs.ground import read_grounds, store_grounds
from jobs.intake import IntakeOptions, check

pytestmark = [pytest.mark.open_data, pytest.mark.slow]
PHILADELPHIA = {"2021": (134_383, 54), "2022": (151_208, 890), "2023": (169_023, 6_985)}


@pytest.fixture(scope="module")
def placed(open_data, tmp_path_factory):
    """One reading a file, made when it is asked for."""
    root, ground, known = tmp_path_factory.mktemp("placed"), {}, {}
    of = {(file, polygons): layer for file, polygons, layer in FILES}

    def read(file, polygons=None):
        if file not in {name for name, _ in of}:
            raise KeyError(file)
        key = (file, polygons or next(p for name, p in of if name == file))
        if key not in known:
            layer = next(layer for (name, _), layer in of.items() if name == file)
            known[key] = read_placed(open_data, *key, layer, ground, root)
        return known[key]

    return read


def said(one, code):
    return [finding for finding in one["findings"] if finding.code == code]


@pytest.mark.parametrize("file", [file for file, _, _ in FILES])
def test_every_row_is_accounted_for_and_hardly_any_moves(placed, file):
    one = placed(file)
    assert one["refused"] is None
    assert one["read"] == one["kept"] == one["placed"] + one["no_point"]
    assert sum(one["precision"].values()) == one["kept"]
    # Nothing in the real files is of another system, swapped or shifted: no repair may move a point.
    moving = {"axes_swapped", "other_system", "datum_undone", "sign_restored"}
    assert not moving & set(one["repairs"])
    assert not [finding for finding in one["findings"] if finding.code.startswith("datum.suspected")]


@pytest.mark.parametrize("year", PHILADELPHIA)
def test_philadelphias_rows_without_a_point(placed, year):
    one = placed(f"philadelphia/incidents_{year}.csv.gz")
    assert (one["kept"], one["no_point"]) == PHILADELPHIA[year]
    assert one["crs"] == "EPSG:4326"
    assert one["outside"] < 0.01 * one["kept"]  # moved to the block; the data's own README says 0.25 %


@pytest.mark.parametrize(
    ("file", "rows", "no_point"),
    [
        ("newcastle/street_crime_2020-05_2022-06.csv.gz", 211_622, 501),
        ("city_of_london/street_crime_2018-04_2020-11.csv.gz", 22_111, 1_699),
    ],
)
def test_anonymous_map_points_are_no_addresses_and_no_default(placed, file, rows, no_point):
    one = placed(file)
    assert (one["kept"], one["no_point"]) == (rows, no_point)
    assert one["precision"].get("address", 0) <= 0.1 * rows  # about 6 % have a point of their own, says the README
    # Hundreds of rows share a map point rightly: only what has no point tells of no place.
    assert one["precision"].get("unknown", 0) <= no_point


def test_bostons_city_hall_is_set_aside_by_name(placed):
    one = placed("boston/service_requests_311_2015.csv.gz")
    (hall, *others) = said(one, "point.default")
    assert (hall.rows, hall.facts["lon"], hall.facts["lat"]) == (
        17_070,
        pytest.approx(-71.0587),
        pytest.approx(42.3594),
    )
    assert one["precision"]["unknown"] >= 17_070
    assert sum(other.rows for other in others) <= 0.01 * one["kept"]


def test_bostons_fill_values_are_no_points(placed):
    one = placed("boston/larceny_incidents_2016-2018.csv.gz")
    assert one["no_point"] == 676 + 49


def test_chicagos_points_lie_where_the_city_says(placed):
    one = placed("chicago/abandoned_vehicles_311.csv.gz")
    assert one["crs"] == "EPSG:4326"
    assert said(one, "crs.degrees_preferred")
    (agreement,) = said(one, "point.agreement")
    assert agreement.facts["share"] == pytest.approx(0.9985, abs=5e-5)
    assert one["outside"] == 2


def test_chicagos_own_counts_come_out(open_data, tmp_path):
    expected = json.loads((open_data / "chicago/expected_counts.json").read_text())
    counts = next(value for value in expected.values() if isinstance(value, dict) and len(value) > 50)
    units = {"neighborhoods": open_data / "chicago/community_areas_population.geojson"}
    workspace = store_grounds(tmp_path / "w", read_grounds(None, units))
    reading, _ = check(workspace, [open_data / "chicago/abandoned_vehicles_311.csv.gz"], IntakeOptions(layer="hazard"))
    ours = reading.events["neighborhood_id"].value_counts()
    apart = sum(abs(int(ours.get(str(unit), 0)) - n) for unit, n in counts.items())
    assert apart <= 2 * 0.0015 * sum(counts.values()) + 4  # a row in another area counts twice


def test_chicagos_feet_alone_are_found(open_data, tmp_path):
    rows = pd.read_csv(open_data / "chicago/abandoned_vehicles_311.csv.gz")
    truth = rows[["Longitude", "Latitude"]].to_numpy()
    bare = rows.drop(columns=["Longitude", "Latitude"])
    found = _placed_alone(bare, open_data / "chicago/community_areas_population.geojson", tmp_path, "hazard")
    assert found.report.crs in ("EPSG:3435", "EPSG:6455")
    # Two of the city's own columns agree to 0.002 degrees at worst.
    away = np.abs(found.events[["lon", "lat"]].to_numpy() - truth)
    assert np.isnan(away).any(axis=1).sum() == 1  # one row has degrees alone
    assert np.nanmax(away) <= 0.0021


def test_montreals_lambert_grid_is_read_and_found(placed, open_data, tmp_path):
    one = placed("montreal/montreal.gpkg")
    assert (one["crs"], one["placed"], one["outside"]) == ("EPSG:3797", 347, 0)
    points = gpd.read_file(open_data / "montreal/montreal.gpkg", layer="bike_collisions_2016")
    bare = pd.DataFrame({"date": points["Date"], "x": points.geometry.x, "y": points.geometry.y})
    found = _placed_alone(bare, open_data / "montreal/boroughs.geojson", tmp_path, "incident")
    truth = points.to_crs(4326).geometry
    away = pyproj.Geod(ellps="GRS80").inv(found.events["lon"], found.events["lat"], truth.x, truth.y)[2]
    # The same grid on the older datum lies 34 m off, and no polygon can tell them apart: it is said how far.
    (detected,) = [finding for finding in found.report.findings if finding.code.startswith("crs.detected")]
    assert max(away) <= float(detected.facts["spread"]) + 1 < 40


def _placed_alone(rows, polygons, tmp_path, layer):
    rows.to_csv(tmp_path / "bare.csv", index=False)
    workspace = store_grounds(tmp_path / "w", read_grounds(None, {"neighborhoods": polygons}))
    reading, _ = check(workspace, [tmp_path / "bare.csv"], IntakeOptions(layer=layer))
    return reading


def test_the_state_plane_in_metres_is_found(placed):
    one = placed("peers/chicago_burglary_2016-01.csv")
    assert (one["crs"], one["placed"], one["outside"]) == ("EPSG:26971", 970, 0)


def test_taipeis_rows_without_a_point_are_placed_by_district(placed):
    one = placed("taipei/residential_burglary_utf8bom.csv")
    assert (one["placed"], one["no_point"]) == (931, 667)
    assert one["in_unit"] == 1_598
    assert one["precision"]["area"] == 667


def test_taipeis_rows_are_placed_by_village_where_the_name_allows(open_data, tmp_path):
    rows = pd.read_csv(open_data / "taipei/residential_burglary_utf8bom.csv", dtype=str)
    polygons = open_data / "taipei/villages.geojson"
    bare = rows.drop(columns=["經度", "緯度"])
    found = _placed_alone(bare, polygons, tmp_path, None)
    named = (rows["里"].fillna("") != "").to_numpy()
    by_name = found.events.set_index(found.events["source_row"] - 2)["neighborhood_id"].reindex(range(len(rows)))
    share = by_name[named].notna().mean()
    assert share >= 0.95  # villages newer than the polygons, and one that lost a character
    assert by_name[~named].isna().all()
    # Where the file has a point, it was put inside the village that the row names.
    reading, _ = check(
        store_grounds(tmp_path / "v", read_grounds(None, {"neighborhoods": polygons})),
        [open_data / "taipei/residential_burglary_utf8bom.csv"],
        IntakeOptions(),
    )
    by_point = reading.events.set_index(reading.events["source_row"] - 2)
    both = by_point["lon"].notna() & by_name.notna() & by_point["neighborhood_id"].notna()
    same = by_point.loc[both, "neighborhood_id"].astype(str) == by_name[both].astype(str)
    assert same.mean() >= 0.99  # a few of the points lie beyond a generalised border


def test_the_table_has_a_row_a_file(placed):
    assert len(table([placed(FILES[-1][0])]).splitlines()) == 3
