"""Reference systems: a zone for every city, and the system found that puts points where the polygons lie."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geo.checks import require_metric
from geo.crs import detect_crs, pick_metric_crs, project, to_metric
from geo.errors import InputError
from tests.geo.intake_worlds import finding, read_text, two_villages


@pytest.mark.parametrize(
    ("bounds", "crs"),
    [
        ((-75.3, 39.9, -75.0, 40.1), "EPSG:32618"),  # Philadelphia
        ((121.4, 24.9, 121.7, 25.2), "EPSG:32651"),  # Taipei
        ((151.0, -34.0, 151.3, -33.7), "EPSG:32756"),  # Sydney
        ((-0.2, 51.4, 0.1, 51.6), "EPSG:32630"),  # London, over two zones
        ((179.5, 10, 180, 11), "EPSG:32660"),
    ],
)
def test_the_zone_of_a_city(bounds, crs):
    assert pick_metric_crs(bounds) == crs


def test_bounds_that_are_no_degrees_are_refused():
    with pytest.raises(InputError, match="are no degrees"):
        pick_metric_crs((440000, 4400000, 450000, 4410000))


@given(st.floats(-179, 179), st.floats(-79, 79))
def test_every_place_gets_a_zone_in_metres_that_keeps_distances(lon, lat):
    crs = pick_metric_crs((lon, lat, lon, lat))
    require_metric(pyproj.CRS(crs), "area")
    x, y = project(np.array([lon, lon]), np.array([lat, lat + 0.01]), "EPSG:4326", crs)
    _, _, true = pyproj.Geod(ellps="WGS84").inv(lon, lat, lon, lat + 0.01)
    assert np.hypot(np.diff(x), np.diff(y))[0] == pytest.approx(true, rel=1.5e-3)


def test_to_metric_takes_a_frame_without_system_for_degrees():
    # On the central meridian of the zone x is its false easting.
    frame = to_metric(gpd.GeoDataFrame(geometry=[Point(117, 0)]), "EPSG:32650")
    assert frame.geometry.x[0] == pytest.approx(500_000, abs=0.01)


@pytest.mark.parametrize(
    ("area", "crs"),
    [
        (box(116.3, 39.8, 116.5, 39.95), "EPSG:32650"),
        (box(-87.9, 41.65, -87.5, 42.0), "EPSG:26971"),  # Illinois East, metres
        (box(-87.9, 41.65, -87.5, 42.0), "EPSG:3435"),  # the same grid in US feet
        (box(-73.7, 45.45, -73.5, 45.6), "EPSG:3798"),  # a Lambert grid of Québec
        (box(-1.75, 54.95, -1.5, 55.05), "EPSG:27700"),
        (box(121.45, 25.0, 121.6, 25.1), "EPSG:3826"),  # TWD97 / TM2 zone 121
        (box(116.3, 39.8, 116.5, 39.95), "EPSG:4548"),  # CGCS2000 three-degree zone, 117E
    ],
)
def test_points_in_a_national_grid_are_brought_back_to_a_few_metres(area, crs):
    rng = np.random.default_rng(7)
    west, south, east, north = area.bounds
    lon, lat = rng.uniform(west, east, 300), rng.uniform(south, north, 300)
    x, y = project(lon, lat, "EPSG:4326", crs)
    guess = detect_crs(x, y, area)
    back = project(x, y, guess.crs, "EPSG:4326")
    assert guess.share > 0.99
    # Systems that differ by metres tie; none may move a point to the next house.
    assert np.hypot((back[0] - lon) * 85_000, (back[1] - lat) * 111_000).max() < 15


def test_the_workspaces_own_system_wins_a_tie():
    x, y = project(np.linspace(116.31, 116.49, 50), np.linspace(39.81, 39.94, 50), "EPSG:4326", "EPSG:32650")
    assert detect_crs(x, y, box(116.3, 39.8, 116.5, 39.95), prefer=["EPSG:32250"]).crs == "EPSG:32250"


def test_numbers_that_fit_nowhere_are_not_forced():
    assert detect_crs(np.array([1e8, 2e8]), np.array([5.0, 6.0]), box(116.3, 39.8, 116.5, 39.95)) is None


UTM = "id,date,x,y,type\nA1,2020-01-01,442000,4410000,theft\n"


def test_projected_columns_are_detected_declared_or_refused(tmp_path):
    found = read_text(tmp_path, UTM, neighborhoods=two_villages())
    assert (found.report.crs, found.report.rows_placed) == ("EPSG:32650", 1)
    assert finding(found, "crs.detected_alone").facts["share"] == 1.0
    told = read_text(tmp_path, UTM, crs="EPSG:32650")
    assert told.events["lon"][0] == pytest.approx(found.events["lon"][0])
    with pytest.raises(InputError, match=r"file.csv: line 2: the coordinates 442000, 4410000 are no degrees"):
        read_text(tmp_path, UTM)
    with pytest.raises(InputError, match="names no reference system"):
        read_text(tmp_path, UTM, crs="EPSG:banana")


def _grid_rows(tmp_path, *, turned):
    lon, lat = np.linspace(116.31, 116.49, 60), np.linspace(39.81, 39.94, 60)
    x, y = project(lon, lat, "EPSG:4326", "EPSG:32650")
    one, other = (y, x) if turned else (x, y)
    rows = "".join(f"A{i},2020-01-01,{a:.1f},{b:.1f},theft\n" for i, (a, b) in enumerate(zip(one, other, strict=True)))
    return f"id,date,x,y,type\n{rows}", lon, lat


@pytest.mark.parametrize("crs", [None, "EPSG:32650"])
def test_northing_before_easting_is_exchanged_where_neighborhoods_show_it(tmp_path, crs):
    text, lon, lat = _grid_rows(tmp_path, turned=True)
    reading = read_text(tmp_path, text, neighborhoods=two_villages(), crs=crs)
    assert np.abs(reading.events["lon"] - lon).max() < 2e-4
    assert np.abs(reading.events["lat"] - lat).max() < 2e-4
    assert finding(reading, "point.axes_exchanged").rows == 60
    assert set(reading.events["repairs"]) == {"axes_swapped"}
    straight = read_text(tmp_path, _grid_rows(tmp_path, turned=False)[0], neighborhoods=two_villages(), crs=crs)
    assert not [f for f in straight.report.findings if f.code == "point.axes_exchanged"]


def test_a_refusal_asks_for_neighborhoods_only_where_there_are_none(tmp_path):
    text = UTM.replace("442000,4410000", "100000000,5000")
    with pytest.raises(InputError) as without:
        read_text(tmp_path, text)
    with pytest.raises(InputError) as beside:
        read_text(tmp_path, text, neighborhoods=two_villages())
    assert (without.value.key, beside.value.key) == ("crs.unknown", "crs.nowhere")


def test_the_zone_is_that_of_the_neighborhoods_wherever_the_points_lie(tmp_path):
    text = "date,lon,lat,type\n2020-01-01 10:00,2.35,48.85,theft\n"
    assert read_text(tmp_path, text, neighborhoods=two_villages()).report.timezone == "Asia/Shanghai"
    assert read_text(tmp_path, text).report.timezone == "Europe/Paris"


def test_degrees_win_over_a_grid_beside_them(tmp_path):
    text = "date,X,Y,Latitude,Longitude,type\n2016-09-26,1149743.561,1863164.435,41.78032,-87.72670,theft\n"
    reading = read_text(tmp_path, text)
    assert (reading.events["lon"][0], reading.report.crs) == (-87.7267, "EPSG:4326")
    assert finding(reading, "crs.degrees_preferred")
