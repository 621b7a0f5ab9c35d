"""Rows that do not fit the rest: planted in invented cities all over the world, found, and clean files left alone."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geo.crs import pick_metric_crs, project
from geo.errors import InputError
from tests.geo.intake_worlds import finding, read_text

# Where cities lie, and the systems of their offices: metres and feet, both hemispheres, west and east, zone borders.
CITIES = {
    "west of Greenwich, feet": (-83.0, 40.0, "EPSG:3735"),
    "south and east": (172.6, -43.5, "EPSG:2193"),
    "south and west": (-46.6, -23.5, "EPSG:31983"),
    "China, zone without prefix": (113.0, 28.2, "EPSG:4547"),
    "China, zone with prefix": (113.0, 28.2, "EPSG:4526"),
    "across Greenwich and a border of zones": (-0.05, 51.5, "EPSG:27700"),
    "across a border of zones": (12.02, 48.0, "EPSG:31468"),
    "a Lambert grid": (2.35, 48.85, "EPSG:2154"),
    "near the equator": (103.8, 1.35, "EPSG:3414"),
    "far north": (25.5, 65.0, "EPSG:3067"),
}
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
cities = st.sampled_from(sorted(CITIES))
seeds = st.integers(0, 10_000)


def city(name, half=0.12):
    """Nine neighborhoods in a square, and the system of the office."""
    lon, lat, crs = CITIES[name]
    wide = half / np.cos(np.radians(lat))
    xs, ys = np.linspace(lon - wide, lon + wide, 4), np.linspace(lat - half, lat + half, 4)
    boxes = [box(xs[i], ys[j], xs[i + 1], ys[j + 1]) for i in range(3) for j in range(3)]
    names = [f"u{i}" for i in range(9)]
    frame = gpd.GeoDataFrame(
        {"neighborhood_id": names, "name": names, "name_en": names, "population": np.nan, "households": np.nan,
         "parent_id": None}, geometry=boxes, crs=4326,
    )  # fmt: skip
    return frame, crs


def places(units, n, seed):
    """Addresses where it happens again and again, all over the city."""
    rng = np.random.default_rng(seed)
    west, south, east, north = units.total_bounds
    addresses = np.column_stack([rng.uniform(west, east, n // 2), rng.uniform(south, north, n // 2)])
    lon, lat = addresses[rng.integers(0, len(addresses), n)].T
    return np.round(lon, 6), np.round(lat, 6), rng


def as_text(one, other, digits=6, header="lon,lat"):
    rows = [f"A{i},2025-01-{1 + i % 28:02d},theft,{a},{b}" for i, (a, b) in enumerate(zip(one, other, strict=True))]
    return f"id,date,type,{header}\n" + "\n".join(rows) + "\n"


def cells(values, digits):
    return np.array([f"{value:.{digits}f}" for value in values], dtype=object)


def off(reading, lon, lat):
    """Metres by which each row lies elsewhere than it should; NaN without a point."""
    east = (reading.events["lon"].to_numpy() - lon) * np.cos(np.radians(lat)) * 111_320
    return np.hypot(east, (reading.events["lat"].to_numpy() - lat) * 110_574)


# Findings of systems and strays; how exact points are is told elsewhere.
OURS = {
    "point.none", "point.unreadable", "point.fill", "point.fill_repeated", "point.out_of_range", "point.axes_swapped",
    "point.axes_exchanged", "point.swapped_told_apart", "point.other_system", "point.other_system_alone",
    "point.other_degrees", "point.system_unknown", "point.sign_lon", "point.sign_lat", "point.sign_both",
    "point.decimal_lost", "point.pairs_differ", "point.pair_taken", "point.outside", "point.far_away",
    "point.far_from_rest", "point.apart",
}  # fmt: skip


def said(reading):
    codes = {f.code for f in reading.report.findings}
    return (codes & OURS) | {code for code in codes if code.startswith("crs.")}


@FEW
@given(cities, seeds, st.floats(0.02, 0.4))
def test_rows_of_the_offices_grid_among_degrees_come_home(tmp_path, name, seed, share):
    units, crs = city(name)
    lon, lat, rng = places(units, 300, seed)
    bad = rng.random(300) < share
    x, y = project(lon, lat, "EPSG:4326", crs)
    one, other = (np.where(bad, cells(v, 1), cells(d, 6)) for v, d in ((x, lon), (y, lat)))
    reading = read_text(tmp_path, as_text(one, other), neighborhoods=units)
    away = off(reading, lon, lat)
    assert away[~bad].max() < 0.2
    few = len(np.unique(np.column_stack([x, y])[bad], axis=0)) < 8
    if few:  # too few may not tell the system: then they have no point
        assert np.isnan(away[bad]).all() or away[bad].max() < 15
    else:
        assert away[bad].max() < 15
        assert (reading.events["repairs"] == "other_system").to_numpy().tolist() == bad.tolist()
        (told,) = [f for f in reading.report.findings if f.code.startswith("point.other_system")]
        assert told.rows == bad.sum()
        assert told.facts["share"] > 0.9


@FEW
@given(cities, seeds)
def test_degrees_among_the_offices_grid_come_home(tmp_path, name, seed):
    units, crs = city(name)
    lon, lat, rng = places(units, 200, seed)
    bad = rng.random(200) < 0.05
    x, y = project(lon, lat, "EPSG:4326", crs)
    one, other = (np.where(bad, cells(d, 6), cells(v, 1)) for v, d in ((x, lon), (y, lat)))
    reading = read_text(tmp_path, as_text(one, other, header="x,y"), neighborhoods=units, crs=crs)
    assert off(reading, lon, lat).max() < 0.5
    assert ("point.other_degrees" in said(reading)) == bad.any()


@FEW
@given(cities, seeds)
def test_another_utm_zone_in_a_file_of_utm_comes_home(tmp_path, name, seed):
    units, _ = city(name)
    lon, lat, rng = places(units, 300, seed)
    zone = pick_metric_crs(units.total_bounds)
    next_zone = f"EPSG:{int(zone[5:]) + (1 if int(zone[-2:]) < 60 else -1)}"
    bad = rng.random(300) < 0.1
    (x, y), (far_x, far_y) = (project(lon, lat, "EPSG:4326", crs) for crs in (zone, next_zone))
    one, other = cells(np.where(bad, far_x, x), 2), cells(np.where(bad, far_y, y), 2)
    reading = read_text(tmp_path, as_text(one, other, header="x,y"), neighborhoods=units, crs=zone)
    assert off(reading, lon, lat).max() < 5


@FEW
@given(cities, seeds, st.sampled_from([0.01, 0.3, 1.0]))
def test_swapped_axes_lost_signs_and_lost_points_come_home(tmp_path, name, seed, share):
    units, _ = city(name)
    lon, lat, rng = places(units, 150, seed)
    for fault in ("swapped", "unsigned", "whole"):
        bad = rng.random(150) < share
        one, other = lon.copy(), lat.copy()
        if fault == "swapped":
            one, other = np.where(bad, lat, lon), np.where(bad, lon, lat)
        elif fault == "unsigned":
            if (lon < 0).any() and (lon > 0).any():
                continue  # across Greenwich nobody can tell
            one, other = np.where(bad, np.abs(lon), lon), np.where(bad, np.abs(lat), lat)
        texts = [cells(one, 6), cells(other, 6)]
        if fault == "whole":
            if (lon < 0).any() and (lon > 0).any():
                continue
            texts = [np.where(bad, [t.replace(".", "") for t in values], values) for values in texts]
        reading = read_text(tmp_path, as_text(*texts), neighborhoods=units)
        away = off(reading, lon, lat)
        if fault == "whole" and bad.sum() < 8:  # of short numbers a few may not tell; then they have no point
            away = away[~(bad & np.isnan(away))]
        assert away.max() < 0.2, fault


@FEW
@given(cities, seeds, st.sampled_from([3, 6]))
def test_a_clean_file_gets_no_finding_and_every_row_stays(tmp_path, name, seed, digits):
    units, crs = city(name)
    lon, lat, _ = places(units, 250, seed)
    for polygons in (units, None):
        reading = read_text(tmp_path, as_text(cells(lon, digits), cells(lat, digits)), neighborhoods=polygons)
        assert said(reading) <= {"point.outside"}  # rounded to 100 m, some lie beyond the border
        assert set(reading.events["repairs"]) == {""}
        assert np.allclose(reading.events["lon"], np.round(lon, digits), atol=1e-9)
    x, y = project(lon, lat, "EPSG:4326", crs)
    declared = read_text(tmp_path, as_text(cells(x, 2), cells(y, 2), header="x,y"), neighborhoods=units, crs=crs)
    assert said(declared) == set()
    assert off(declared, lon, lat).max() < 0.2


@FEW
@given(cities, seeds)
def test_rows_of_other_towns_stay_where_they_are(tmp_path, name, seed):
    units, _ = city(name)
    lon, lat, rng = places(units, 200, seed)
    out = rng.random(200) < 0.1
    turn = rng.uniform(0, 2 * np.pi, 200)
    lon = np.round(np.where(out, lon + rng.uniform(0.6, 3, 200) * np.cos(turn) / np.cos(np.radians(lat)), lon), 6)
    lat = np.round(np.where(out, lat + rng.uniform(0.6, 3, 200) * np.sin(turn), lat), 6)
    reading = read_text(tmp_path, as_text(cells(lon, 6), cells(lat, 6)), neighborhoods=units)
    assert off(reading, lon, lat).max() < 0.2
    assert set(reading.events["repairs"]) == {""}
    inside = shapely.contains_xy(units.union_all(), lon, lat)
    assert reading.events["neighborhood_id"].notna().sum() == inside.sum()


def test_one_row_of_an_unknown_system_is_set_aside_and_told(tmp_path):
    units, crs = city("west of Greenwich, feet")
    lon, lat, _ = places(units, 60, 1)
    x, y = project(lon[:1], lat[:1], "EPSG:4326", crs)
    one, other = cells(lon, 6), cells(lat, 6)
    one[0], other[0] = f"{x[0]:.2f}", f"{y[0]:.2f}"
    reading = read_text(tmp_path, as_text(one, other), neighborhoods=units)
    assert np.isnan(reading.events["lon"][0])
    assert (finding(reading, "point.system_unknown").rows, finding(reading, "point.system_unknown").example_row) == (
        1,
        2,
    )


def test_two_systems_among_degrees_are_both_found(tmp_path):
    units, crs = city("west of Greenwich, feet")
    lon, lat, rng = places(units, 400, 5)
    kind = rng.choice(3, 400, p=[0.8, 0.12, 0.08])
    (x, y), (u, v) = (project(lon, lat, "EPSG:4326", code) for code in (crs, "EPSG:32617"))
    one, other = (np.choose(kind, [cells(a, 6), cells(b, 2), cells(c, 2)]) for a, b, c in ((lon, x, u), (lat, y, v)))
    reading = read_text(tmp_path, as_text(one, other), neighborhoods=units)
    assert off(reading, lon, lat).max() < 5
    rows = sorted(f.rows for f in reading.report.findings if f.code.startswith("point.other_system"))
    assert rows == sorted(np.bincount(kind)[1:].tolist())


def test_where_both_axes_run_over_the_same_numbers_swapped_rows_are_told_apart_as_far_as_they_can_be(tmp_path):
    # 30 degrees east and north: a swapped row still lies in the padded box.
    units = _square(29.8, 30.0, 30.1, 30.3)
    lon, lat, rng = places(units, 400, 3)
    bad = rng.random(400) < 0.2
    swapped = read_text(
        tmp_path, as_text(cells(np.where(bad, lat, lon), 6), cells(np.where(bad, lon, lat), 6)), neighborhoods=units
    )
    away = off(swapped, lon, lat)
    assert away[~bad].max() < 0.2  # none of the good rows is turned
    seen = bad & (shapely.distance(units.union_all(), shapely.points(lat, lon)) > 0.02)
    assert seen.sum() > 40
    assert away[seen].max() < 0.2
    assert finding(swapped, "point.swapped_told_apart")
    clean = read_text(tmp_path, as_text(cells(lon, 6), cells(lat, 6)), neighborhoods=units)
    assert said(clean) == set()
    town = np.column_stack(
        [rng.uniform(30.12, 30.14, 30), rng.uniform(29.95, 30.08, 30)]
    )  # a town whose mirror is inside
    some = read_text(
        tmp_path,
        as_text(cells(np.append(lon, town[:, 0]), 6), cells(np.append(lat, town[:, 1]), 6)),
        neighborhoods=units,
    )
    assert set(some.events["repairs"]) == {""}


def test_without_neighborhoods_the_rest_of_the_rows_is_the_ground(tmp_path):
    units, crs = city("west of Greenwich, feet")
    lon, lat, rng = places(units, 300, 2)
    kind = rng.choice(4, 300, p=[0.85, 0.05, 0.05, 0.05])
    x, y = project(lon, lat, "EPSG:4326", crs)
    one = np.choose(kind, [cells(lon, 6), cells(x, 2), cells(-lon, 6), cells(lat, 6)])
    other = np.choose(kind, [cells(lat, 6), cells(y, 2), cells(lat, 6), cells(lon, 6)])
    reading = read_text(tmp_path, as_text(one, other))
    away = off(reading, lon, lat)
    assert np.nanmax(away) < 15
    assert np.isnan(away).sum() == 0
    far = read_text(tmp_path, as_text(cells(np.append(lon[:60], 2.35), 6), cells(np.append(lat[:60], 48.85), 6)))
    assert finding(far, "point.far_from_rest").rows == 1
    assert far.events["lon"].iloc[-1] == 2.35


def test_a_declared_system_that_the_data_contradict_is_refused_with_the_better_one(tmp_path):
    units, _ = city("China, zone without prefix")
    lon, lat, _ = places(units, 80, 4)
    x, y = project(lon, lat, "EPSG:4326", "EPSG:4547")
    text = as_text(cells(x, 2), cells(y, 2), header="x,y")
    with pytest.raises(InputError) as error:
        read_text(tmp_path, text, neighborhoods=units, crs="EPSG:4549")  # 120E, 580 km away
    assert error.value.key == "crs.contradicted"
    assert error.value.facts["better"] == "EPSG:4547"
    with pytest.raises(InputError) as error:
        read_text(tmp_path, text, neighborhoods=units, crs="EPSG:4326")
    assert (error.value.key, error.value.facts["share"]) == ("crs.contradicted", 1.0)
    degrees = read_text(
        tmp_path, as_text(cells(lon, 6), cells(lat, 6), header="x,y"), neighborhoods=units, crs="EPSG:4547"
    )
    assert finding(degrees, "crs.declared_ignored")
    assert off(degrees, lon, lat).max() < 0.2


def test_the_evidence_says_share_next_best_and_what_cannot_be_told(tmp_path):
    units, _ = city("China, zone without prefix")
    lon, lat, _ = places(units, 300, 4)
    x, y = project(lon, lat, "EPSG:4326", "EPSG:4547")
    found = read_text(tmp_path, as_text(cells(x, 2), cells(y, 2), header="x,y"), neighborhoods=units)
    evidence = [f for f in found.report.findings if f.code in ("crs.detected", "crs.detected_alone")]
    assert evidence[0].facts["crs"] == "EPSG:4547"
    assert evidence[0].facts["share"] > 0.99
    # All in the middle: the two zones of six degrees and UTM differ by their scale alone, and by more than a kilometre.
    middle = np.median(np.column_stack([lon, lat]), axis=0)
    near = np.hypot(lon - middle[0], lat - middle[1]) < 0.05
    u, v = project(lon[near], lat[near], "EPSG:4326", "EPSG:32649")
    doubtful = read_text(tmp_path, as_text(cells(u, 2), cells(v, 2), header="x,y"), neighborhoods=units)
    assert finding(doubtful, "crs.uncertain").facts["metres"] > 1000


def _square(west, south, east, north):
    """Nine neighborhoods of equal size."""
    xs, ys = np.linspace(west, east, 4), np.linspace(south, north, 4)
    boxes = [box(xs[i], ys[j], xs[i + 1], ys[j + 1]) for i in range(3) for j in range(3)]
    ids = [f"u{i}" for i in range(9)]
    return gpd.GeoDataFrame(
        {"neighborhood_id": ids, "name": ids, "name_en": ids, "population": np.nan, "households": np.nan,
         "parent_id": None}, geometry=boxes, crs=4326,
    )  # fmt: skip


def test_a_town_that_is_the_mirror_image_of_the_city_is_not_turned(tmp_path):
    # Alexandria at 29.9–30.1 E, 31.1–31.3 N; Cairo at 31.1–31.4 E, 29.9–30.15 N.
    units = _square(31.1, 29.9, 31.4, 30.15)
    lon, lat, rng = places(units, 400, 2)
    out = rng.random(400) < 0.1
    there = np.round(np.column_stack([rng.uniform(29.9, 30.1, 400), rng.uniform(31.12, 31.3, 400)]), 6)
    one, other = np.where(out, there[:, 0], lon), np.where(out, there[:, 1], lat)
    town = read_text(tmp_path, as_text(cells(one, 6), cells(other, 6)), neighborhoods=units)
    assert set(town.events["repairs"]) == {""}
    assert finding(town, "point.outside").rows == out.sum()
    one, other = np.where(out, lat, lon), np.where(out, lon, lat)
    swapped = read_text(tmp_path, as_text(cells(one, 6), cells(other, 6)), neighborhoods=units)
    assert off(swapped, lon, lat).max() < 0.2
    assert finding(swapped, "point.axes_swapped").rows == out.sum()


@FEW
@given(cities, seeds, st.booleans())
def test_rows_of_a_whole_country_stay_where_they_are(tmp_path, name, seed, metres):
    units, _ = city(name)
    lon, lat, rng = places(units, 300, seed)
    out = rng.random(300) < 0.7
    lon = np.where(out, np.round(rng.uniform(lon.mean() - 5, lon.mean() + 5, 300), 6), lon)
    lat = np.where(out, np.round(rng.uniform(lat.mean() - 5, lat.mean() + 5, 300), 6), lat)
    zone = pick_metric_crs(units.total_bounds)
    one, other = project(lon, lat, "EPSG:4326", zone) if metres else (lon, lat)
    header, crs = ("x,y", zone) if metres else ("lon,lat", None)
    text = as_text(cells(one, 6), cells(other, 6), header=header)
    assert off(read_text(tmp_path, text, neighborhoods=units, crs=crs), lon, lat).max() < 0.2
    assert off(read_text(tmp_path, text, crs=crs), lon, lat).max() < 0.2


@FEW
@given(cities, seeds)
def test_northing_before_easting_in_some_rows_is_exchanged(tmp_path, name, seed):
    units, crs = city(name)
    lon, lat, rng = places(units, 200, seed)
    bad = rng.random(200) < 0.1
    x, y = project(lon, lat, "EPSG:4326", crs)
    one, other = np.where(bad, y, x), np.where(bad, x, y)
    reading = read_text(tmp_path, as_text(cells(one, 2), cells(other, 2), header="x,y"), neighborhoods=units, crs=crs)
    away = off(reading, lon, lat)
    assert away[~bad].max() < 0.2
    moved = reading.events["repairs"].astype(str).str.contains("axes_swapped").to_numpy()
    assert away[moved].max(initial=0) < 0.2
    # Where both numbers run over the same range a row may lie in or at the city either way.
    there = shapely.points(*np.nan_to_num(project(one, other, crs, "EPSG:4326")))
    at_city = shapely.distance(units.union_all(), there) < 0.05
    assert (moved | np.isnan(away) | at_city)[bad].all()


def test_whole_numbers_of_millionths_of_degrees_are_read(tmp_path):
    units = _square(116.3, 39.8, 116.5, 39.95)
    lon, lat, _ = places(units, 60, 1)
    text = as_text(*(np.array([f"{value * 1e6:.0f}" for value in values], dtype=object) for values in (lon, lat)))
    reading = read_text(tmp_path, text, neighborhoods=units)
    assert off(reading, lon, lat).max() < 0.2
    assert finding(reading, "point.decimal_lost").rows == 60
