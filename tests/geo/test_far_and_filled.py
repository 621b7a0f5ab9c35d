"""Fillers, points far from the neighborhoods, and files that give each place twice."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from geo.crs import project
from geo.far_points import metres_to_area
from tests.geo.intake_worlds import finding, read_text, two_villages
from tests.geo.test_mixed_systems import FEW, as_text, cells, cities, city, off, places, said, seeds

FILLERS = [("0", "0"), ("-1", "-1"), ("999", "999"), ("99999", "99999"), ("1e9", "1e9"), ("-99.9", "-99.9"),
           ("0", None), (None, "0"), ("999", None), (None, "-999"), ("999999", None), ("0", "999"), ("-179.5", None),
           ("1000000000", "39.5"), ("-170.25", "-80.25")]  # fmt: skip


@FEW
@given(cities, seeds, st.sampled_from(FILLERS))
def test_fillers_lose_their_point_and_nothing_else_does(tmp_path, name, seed, filler):
    units, crs = city(name)
    lon, lat, rng = places(units, 120, seed)
    bad = np.zeros(120, bool)
    bad[rng.choice(120, 6, replace=False)] = True
    for header, one, other in (
        ("lon,lat", cells(lon, 6), cells(lat, 6)),
        ("x,y", *(cells(v, 2) for v in project(lon, lat, "EPSG:4326", crs))),
    ):
        if header == "x,y" and filler not in FILLERS[:9]:
            continue
        here = units.total_bounds
        if filler[0] == "0" and here[0] < 1 < here[2] + 1.5 and abs(here[0]) < 2:
            continue  # at Greenwich 0 is a longitude
        if filler[1] in ("0",) and filler[0] is None and abs(here[1]) < 2:
            continue
        one[bad], other[bad] = filler[0] or one[bad], filler[1] or other[bad]
        reading = read_text(
            tmp_path, as_text(one, other, header=header), neighborhoods=units, crs=crs if header == "x,y" else None
        )
        assert np.isnan(reading.events["lon"][bad]).all(), header
        assert off(reading, lon, lat)[~bad].max() < 0.5
        assert said(reading) & {"point.fill", "point.fill_repeated", "point.out_of_range", "point.system_unknown"}


@pytest.mark.parametrize("value", ["inf", "-inf", "1e999", "NaN", "1e308"])
def test_numbers_that_are_not_finite_are_no_place(tmp_path, value):
    rows = "".join(f"2020-01-01,{lon},39.9,theft\n" for lon in ("116.35", value, "116.36"))
    text = f"date,lon,lat,type\n{rows}"
    reading = read_text(tmp_path, text, neighborhoods=two_villages())
    assert np.isnan(reading.events["lon"]).tolist() == [False, True, False]
    assert said(reading) & {"point.out_of_range", "point.unreadable", "point.none", "point.fill"}


def test_a_station_in_the_next_town_where_many_rows_lie_is_no_filler(tmp_path):
    units, _ = city("west of Greenwich, feet")
    lon, lat, _ = places(units, 100, 1)
    lon[:20], lat[:20] = -82.4, 40.4
    reading = read_text(tmp_path, as_text(cells(lon, 6), cells(lat, 6)), neighborhoods=units)
    assert reading.events["lon"].notna().all()
    facts = finding(reading, "point.outside").facts
    assert (facts["n"], facts["near"], facts["beyond"]) == (20, 0, 20)


def test_points_outside_are_told_by_distance_and_stay(tmp_path):
    # The villages end at 116.5 E; at 39.9 N a thousandth of a degree of longitude is 85.5 m.
    rows = [(116.45, 39.9), (116.501, 39.9), (116.6, 39.9), (117.5, 39.9), (2.35, 48.85)]
    lon, lat = np.array(rows).T
    reading = read_text(tmp_path, as_text(cells(lon, 4), cells(lat, 4)), neighborhoods=two_villages())
    outside, away = finding(reading, "point.outside").facts, finding(reading, "point.far_away").facts
    assert (outside["n"], outside["row"], outside["near"], outside["beyond"]) == (3, 3, 1, 2)
    assert outside["km"] == pytest.approx(85.5, abs=1)
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(2.35, 48.85, 116.3, 39.95)
    assert (away["n"], away["row"]) == (1, 6)
    assert away["km"] == pytest.approx(metres / 1000, rel=0.01)
    assert reading.events["lon"].notna().all()
    assert reading.events["neighborhood_id"].isna().sum() == 4


def test_points_and_polygons_that_do_not_meet_are_told_in_degrees(tmp_path):
    text = as_text(["2.35", "2.36"], ["48.85", "48.86"])
    facts = finding(read_text(tmp_path, text, neighborhoods=two_villages()), "point.apart").facts
    assert (facts["lon"], facts["lat"], facts["area_lon"], facts["area_lat"]) == (2.355, 48.855, 116.4, 39.875)
    assert facts["km"] > 8000


@given(st.integers(0, 1000))
def test_metres_to_an_area_are_those_of_the_geodesic_to_its_nearest_border(seed):
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, 12))
    reach = rng.uniform(0.03, 0.1, 12)
    ring = np.column_stack([10 + reach * np.cos(turn) / 0.7, 45 + reach * np.sin(turn)])
    area = shapely.make_valid(shapely.Polygon(ring))
    lon, lat = rng.uniform(9.7, 10.3, 40), rng.uniform(44.8, 45.2, 40)
    flat = gpd.GeoSeries([area, *shapely.points(lon, lat)], crs=4326).to_crs("+proj=aeqd +lat_0=45 +lon_0=10")
    true = shapely.distance(flat.iloc[0].boundary, np.asarray(flat.iloc[1:]))
    assert np.abs(metres_to_area(lon, lat, area) - true).max() < 1 + 0.01 * true.max()


def _twice(lon, lat, x, y):
    rows = [
        f"A{i},2025-01-{1 + i % 28:02d},theft,{a:.6f},{b:.6f},{c:.2f},{d:.2f}"
        for i, (a, b, c, d) in enumerate(zip(lon, lat, x, y, strict=True))
    ]
    return "id,date,type,longitude,latitude,x,y\n" + "\n".join(rows).replace("nan", "") + "\n"


@FEW
@given(cities, seeds, st.booleans())
def test_two_pairs_that_agree_say_nothing_and_that_differ_are_told(tmp_path, name, seed, polygons):
    units, crs = city(name)
    lon, lat, rng = places(units, 150, seed)
    x, y = project(lon, lat, "EPSG:4326", crs)
    options = {"neighborhoods": units} if polygons else {}
    agree = read_text(tmp_path, _twice(lon, lat, x, y), **options)
    assert said(agree) <= {"crs.degrees_preferred"}
    bad = np.zeros(150, bool)
    bad[rng.choice(150, 12, replace=False)] = True
    shift_x = np.where(bad, 3000 * (1 if abs(x).max() < 1e6 else 3), 0)
    differ = read_text(tmp_path, _twice(lon, lat, x + shift_x, y), **options)
    told = finding(differ, "point.pairs_differ")
    assert (told.rows, told.example_row) == (12, 2 + int(np.flatnonzero(bad)[0]))
    assert 2000 < told.facts["metres"] < 10_000
    assert off(differ, lon, lat).max() < 0.2


def test_a_place_is_taken_from_the_pair_that_lies_in_the_area(tmp_path):
    units, crs = city("west of Greenwich, feet")
    lon, lat, _ = places(units, 100, 3)
    x, y = project(lon, lat, "EPSG:4326", crs)
    wrong_lon, wrong_lat = lon.copy(), lat.copy()
    wrong_lon[:5] = np.nan  # blank
    wrong_lat[:5] = np.nan
    wrong_lon[5:9], wrong_lat[5:9] = 0, 0
    wrong_lat[9:12] += 3  # three degrees north
    reading = read_text(tmp_path, _twice(wrong_lon, wrong_lat, x, y), neighborhoods=units)
    assert off(reading, lon, lat).max() < 15
    assert finding(reading, "point.pair_taken").rows == 12
    assert (reading.events["repairs"] == "other_pair").sum() == 12
    assert finding(reading, "point.pairs_differ").rows == 3


def test_polygons_of_one_village_and_one_row_need_no_crowd(tmp_path):
    one = gpd.GeoDataFrame(
        {"neighborhood_id": ["a"], "name": ["a"], "name_en": ["a"], "population": [1.0], "households": [1.0],
         "parent_id": [None]}, geometry=[box(116.3, 39.8, 116.4, 39.95)], crs=4326,
    )  # fmt: skip
    reading = read_text(tmp_path, as_text(["-116.35"], ["39.9"]), neighborhoods=one)
    assert (reading.events["lon"][0], reading.events["repairs"][0]) == (116.35, "sign_restored")
