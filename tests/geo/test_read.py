"""The one door: files of every kind and place come in, every row accounted for."""

# ruff: noqa: E501  (tables of cases read better in long lines)
import ast
import gzip
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from geo.errors import InputError
from geo.neighborhoods import read_neighborhoods
from geo.read import read_events
from geo.schema import LAYERS, PRECISIONS, STATUSES
from tests.geo.intake_worlds import TAXONOMY, finding, mapped, read_text, two_villages

# Whole runs: `make test` has them, `make check` leaves them out.
pytestmark = pytest.mark.slow


def feature(properties, coordinates, kind="Point"):
    geometry = coordinates and {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def geojson(*features):
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def test_geojson_points_also_gzipped_and_without_a_geometry(tmp_path):
    data = geojson(
        feature({"date": "2020-01-01", "type": "theft"}, [116.39, 39.9]),
        feature({"date": "2020-01-02T10:00:00Z", "type": "robbery"}, None),
    )
    reading = read_text(tmp_path, gzip.compress(data), "points.geojson.gz")
    assert [str(t) for t in reading.events["event_end"]] == ["2020-01-02 00:00:00+08:00", "2020-01-02 18:00:00+08:00"]
    assert (reading.report.rows_kept, reading.report.rows_placed) == (2, 1)


def test_polygons_where_points_are_wanted(tmp_path):
    data = geojson(feature({"date": "2020-01-01"}, [[[0, 0], [1, 0], [1, 1], [0, 0]]], "Polygon"))
    with pytest.raises(InputError, match="feature 1: Polygon where points are wanted"):
        read_text(tmp_path, data, "areas.geojson")


def test_of_several_layers_the_one_with_points_is_read(tmp_path):
    points = gpd.GeoDataFrame(
        {"date": ["2020-01-01"] * 3, "type": ["theft"] * 3},
        geometry=gpd.points_from_xy([116.31, 116.32, 116.33], [39.9] * 3),
        crs=4326,
    )
    two_villages().to_file(tmp_path / "a.gpkg", layer="villages")
    points.to_crs(32650).to_file(tmp_path / "a.gpkg", layer="events")
    points.iloc[:1].to_file(tmp_path / "a.gpkg", layer="few")
    reading = read_events([tmp_path / "a.gpkg"], taxonomy=TAXONOMY)
    assert (reading.report.rows_read, reading.report.crs) == (3, "EPSG:32650")
    assert reading.events["lon"].tolist() == pytest.approx([116.31, 116.32, 116.33])
    assert finding(reading, "read.layers").facts == {
        "n": 0,
        "row": 0,
        "file": "a.gpkg",
        "layer": "events",
        "others": "few",
    }


def test_several_files_of_any_shape_come_in_one_go(tmp_path):
    (tmp_path / "one.csv").write_text("date,lon,lat,type\n2020-01-01,116.31,39.9,theft\n")
    (tmp_path / "two.csv").write_text("date,lon,lat,type\n2020-02-01,116.32,39.9,noise\n")
    (tmp_path / "three.csv").write_text("类型,经度,纬度,日期\n路灯不亮,116.33,39.9,2020-03-01\n", encoding="gb18030")
    reading = read_events([tmp_path / f"{n}.csv" for n in ("one", "two", "three")], taxonomy=TAXONOMY)
    assert reading.events["source"].tolist() == ["one.csv", "two.csv", "three.csv"]
    assert reading.events["layer"].tolist() == ["incident", "dispute", "hazard"]
    assert reading.report.encoding == "utf-8, gb18030"
    assert [str(day)[:10] for day in reading.report.span] == ["2020-01-01", "2020-03-01"]


def test_an_unknown_layer_is_refused(tmp_path):
    with pytest.raises(InputError, match="There is no layer 'crime'"):
        read_text(tmp_path, "date,lon,lat\n2020-01-01,116.31,39.9\n", layer="crime")


def test_text_that_poses_as_a_map_cannot_read_another_file(tmp_path):
    (tmp_path / "secret.csv").write_text("date,lon,lat\n2020-01-01,1,2\n")
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{tmp_path}/secret.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    for name in ("a.geojson", "a.gpkg", "a.csv", "a.json"):
        with pytest.raises(InputError, match="the content is"):
            read_text(tmp_path, vrt, name)


def test_gdal_knows_only_the_drivers_of_the_kinds_that_are_read():
    code = "import geo.gdal as g; print(sorted(g.pyogrio.list_drivers()))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    known = {"ESRI Shapefile", "FlatGeobuf", "GPKG", "GeoJSON", "KML", "LIBKML", "MEM"}
    assert set(ast.literal_eval(done.stdout)) <= known
    assert done.stderr == ""


ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
NAMES = {
    "date": ("发案时间", "发生时间", "occurred", "date"), "lon": ("经度", "lon", "Longitude"), "lat": ("纬度", "lat", "Latitude"),
    "type": ("案件类别", "类型", "offence type"),
}  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_dress_of_a_table_gives_the_same_events(tmp_path, data):
    rows = [
        ("2020-01-05 10:00", "116.31", "39.91", "盗窃"),
        ("2020-01-06 11:30", "116.42", "39.92", "噪音扰民"),
        ("2020-02-07 00:15", "116.43", "39.93", "路灯不亮"),
    ]
    order = data.draw(st.permutations(list(NAMES)))
    header = [data.draw(st.sampled_from(NAMES[name])) for name in order]
    separator = data.draw(st.sampled_from([",", ";", "\t", "|"]))
    cells = [[dict(zip(NAMES, row, strict=True))[name] for name in order] for row in rows]
    text = "\n".join(separator.join(line) for line in [header, *cells]) + data.draw(st.sampled_from(["", "\n", "\r\n"]))
    events = read_text(
        tmp_path, text.encode(data.draw(st.sampled_from(ENCODINGS))), neighborhoods=two_villages()
    ).events
    assert events["category"].tolist() == ["theft", "dispute.noise", "hazard.lighting"]
    assert [str(t)[:16] for t in events["event_start"]] == [row[0] for row in rows]
    assert events["neighborhood_id"].tolist() == ["a", "b", "b"]
    assert events["source_row"].tolist() == [2, 3, 4]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), name=st.sampled_from(["a.csv", "a.geojson", "a.tsv", "a.csv.gz", "a.gpkg"]))
@example(data=b"\xfe\xff", name="a.csv")
@example(data=b"\xff\xfe\x00\x00", name="a.tsv")
def test_noise_ends_in_events_or_in_a_sentence(tmp_path, data, name):
    with suppress(InputError):
        read_text(tmp_path, data, name)


BASE = "编号,类型,时间,经度,纬度,数量\n" + "".join(
    f"A{i},盗窃,2020-01-{i % 28 + 1:02d} 10:00,116.3{i},39.9,1\n" for i in range(12)
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_table_ends_in_events_or_in_a_sentence(tmp_path, data):
    body = bytearray(BASE.encode(data.draw(st.sampled_from(ENCODINGS))))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(body) - 1))
        action = data.draw(st.sampled_from(["flip", "cut", "insert", "repeat"]))
        if action == "flip":
            body[place] = data.draw(st.integers(0, 255))
        elif action == "cut":
            del body[place : place + data.draw(st.integers(1, 40))]
        elif action == "insert":
            body[place:place] = data.draw(
                st.sampled_from([b'"', b"\n", b",", b"\x00", b"1e999", b"\xff\xfe", "民族".encode()])
            )
        else:
            body[place:place] = body[place : place + 30] * 3
        if not body:
            return
    with suppress(InputError):
        events = read_text(tmp_path, bytes(body)).events
        assert np.isfinite(events["lon"]).eq(np.isfinite(events["lat"])).all()
        assert (events["event_end"] >= events["event_start"]).all()


OPEN = [
    # file, its polygons, options, rows, placed, neighborhoods known
    ("newcastle/street_crime_2020-05_2022-06.csv.gz", "newcastle/lsoa_2011.geojson", {}, 211_622, 211_121, 211_119),
    ("newcastle/2021-05-northumbria-street.csv.gz", "newcastle/lsoa_2011.geojson", {}, 16_828, 16_828, None),
    ("city_of_london/street_crime_2018-04_2020-11.csv.gz", "city_of_london/wards_2013.geojson", {}, 22_111, 20_412, 18_829),
    ("boston/service_requests_311_2015.csv.gz", "boston/neighborhoods.geojson", {}, 121_145, 121_145, 108_235),
    ("boston/larceny_incidents_2016-2018.csv.gz", "boston/neighborhoods.geojson", {}, 20_929, 20_204, 20_189),
    ("chicago/abandoned_vehicles_311.csv.gz", "chicago/community_areas_population.geojson", {"layer": "hazard"}, 2_635, 2_635, 2_633),
    ("memphis/robberies_2019.csv.gz", "memphis/precincts.geojson", {}, 2_245, 2_245, 2_244),
    ("montreal/montreal.gpkg", "montreal/boroughs.geojson", {"layer": "incident"}, 347, 347, 347),
    ("taipei/residential_burglary_utf8bom.csv", "taipei/districts.geojson", {}, 1_598, 931, 1_598),
    ("peers/chicago_burglary_2016-01.csv", "chicago/community_areas_population.geojson", {}, 970, 970, 970),
]  # fmt: skip


@pytest.mark.open_data
@pytest.mark.parametrize(("file", "polygons", "options", "rows", "placed", "located"), OPEN)
def test_real_files_keep_every_row(open_data, file, polygons, options, rows, placed, located):
    neighborhoods, _ = read_neighborhoods(open_data / polygons)
    reading = read_events([open_data / file], taxonomy=TAXONOMY, neighborhoods=neighborhoods, **options)
    report, events = reading.report, reading.events
    assert (report.rows_read, report.rows_kept, report.rows_placed, report.rows_rejected) == (rows, rows, placed, 0)
    assert len(events) == rows
    assert located is None or events["neighborhood_id"].notna().sum() == located
    assert set(events["layer"]) <= set(LAYERS)
    assert set(events["precision"]) <= set(PRECISIONS)
    assert set(events["status"].dropna()) <= set(STATUSES)
    assert set(events["category"]) <= set(TAXONOMY.categories)
    assert (events["event_end"] >= events["event_start"]).all()


@pytest.mark.open_data
@pytest.mark.slow
def test_philadelphia_in_one_go(open_data):
    neighborhoods, _ = read_neighborhoods(open_data / "philadelphia/neighborhoods.geojson")
    paths = [open_data / f"philadelphia/incidents_{year}.csv.gz" for year in (2021, 2022, 2023)]
    before = time.process_time()
    reading = read_events(paths, taxonomy=TAXONOMY, neighborhoods=neighborhoods)
    seconds = time.process_time() - before
    report, events = reading.report, reading.events
    assert (report.rows_read, report.rows_kept, report.rows_placed) == (454_614, 454_614, 446_685)
    assert finding(reading, "point.none").rows == 7_929
    # The local clock beside the UTC column says the same in every row, so day boundaries are New York's.
    assert finding(reading, "time.beside_agrees").facts["share"] == 1.0
    assert events.groupby(events["source"], observed=True).size().tolist() == [134_383, 151_208, 169_023]
    assert events.groupby(events["event_start"].dt.year).size().tolist() == [134_383, 151_208, 169_023]
    outside = events["lon"].notna() & events["neighborhood_id"].isna()
    assert outside.sum() / events["lon"].notna().sum() == pytest.approx(0.0025, abs=0.002)
    assert events["event_id"].str.len().eq(12).all()
    assert finding(reading, "row.repeats").rows == pytest.approx(50, abs=5)
    assert (events["category"] == "other").mean() < 0.1
    assert seconds < float(os.environ.get("WALKWATCH_READ_SECONDS", "30"))


@pytest.mark.open_data
def test_taipei_reads_alike_in_both_encodings_with_years_of_the_republic(open_data):
    districts, _ = read_neighborhoods(open_data / "taipei/districts.geojson")
    one, two = (
        read_events([open_data / f"taipei/residential_burglary_{e}.csv"], taxonomy=TAXONOMY, neighborhoods=districts)
        for e in ("gb18030", "utf8bom")
    )
    pd.testing.assert_frame_equal(one.events.drop(columns="source"), two.events.drop(columns="source"))
    start = one.events["event_start"]
    assert str(start.min()) == "1989-02-10 10:00:00+08:00"
    assert (start < "2015-01-01").sum() == 23
    # 22~24 and the rest are bands of three hours, the last of the day ends at midnight.
    assert set((one.events["event_end"] - start).dt.total_seconds() / 3600) == {2.0, 3.0}
    assert one.events["category"].unique().tolist() == ["burglary"]


@pytest.mark.open_data
def test_newcastle_keeps_months_as_spans_and_misses_january(open_data):
    reading = read_events([open_data / "newcastle/street_crime_2020-05_2022-06.csv.gz"], taxonomy=TAXONOMY)
    days = (
        reading.events["event_end"].dt.tz_localize(None) - reading.events["event_start"].dt.tz_localize(None)
    ).dt.days
    assert set(days) == {28, 30, 31}
    assert finding(reading, "time.months_missing").facts["missing"] == "2022-01"
    assert finding(reading, "row.repeats").rows == 57_942  # flagged, never dropped: points are snapped
    assert finding(reading, "point.snapped")
    assert set(reading.events["layer"]) == {"incident", "dispute"}


@pytest.mark.open_data
def test_chicago_agrees_with_its_own_column(open_data):
    areas, _ = read_neighborhoods(open_data / "chicago/community_areas_population.geojson")
    path = open_data / "chicago/abandoned_vehicles_311.csv.gz"
    reading = read_events([path], taxonomy=TAXONOMY, layer="hazard", neighborhoods=areas)
    own = pd.read_csv(path, dtype=str)["Comm"]
    given = own.notna()
    assert mapped(reading)["neighborhood"] == "Comm"
    assert (reading.events["neighborhood_id"].astype(object)[given] == own[given]).mean() == pytest.approx(
        0.9985, abs=0.001
    )
    assert finding(reading, "crs.degrees_preferred")


@pytest.mark.open_data
def test_bostons_city_hall_is_named_for_what_it_is(open_data):
    hoods, _ = read_neighborhoods(open_data / "boston/neighborhoods.geojson")
    reading = read_events(
        [open_data / "boston/service_requests_311_2015.csv.gz"], taxonomy=TAXONOMY, neighborhoods=hoods
    )
    default = finding(reading, "point.default")
    assert (default.rows, default.facts["lon"], default.facts["lat"]) == (17_070, -71.0587, 42.3594)
    assert (reading.events["precision"] == "unknown").sum() == 17_070
    assert set(reading.events["layer"]) == set(LAYERS)
    assert reading.events["status"].value_counts().to_dict() == {"closed": 101_272, "open": 19_873}


@pytest.mark.open_data
def test_fill_values_are_set_aside(open_data):
    reading = read_events([open_data / "boston/larceny_incidents_2016-2018.csv.gz"], taxonomy=TAXONOMY)
    assert finding(reading, "point.fill").rows == 49
    assert finding(reading, "point.none").rows == 676
    assert finding(reading, "row.same_id").rows == 210


def test_what_was_read_comes_back_equal_from_its_own_export(tmp_path):
    text = "案件编号,案件类别,发案时间,经度,纬度,办理状态,起数\nA1,盗窃电动车,2025-03-01 10:00,116.31,39.9,已办结,2\nA2,噪音,2025-03-02,,,未办结,1\nA3,路灯不亮,2025-03-03 09:00,39.9,116.45,整改中,1\n"
    first = read_text(tmp_path, text, neighborhoods=two_villages()).events
    again = read_text(tmp_path, first.to_csv(index=False), "again.csv", neighborhoods=two_villages()).events
    same = [
        "event_id",
        "layer",
        "category",
        "event_start",
        "event_end",
        "severity",
        "status",
        "neighborhood_id",
        "count",
        "lon",
        "lat",
    ]
    pd.testing.assert_frame_equal(first[same], again[same])
