"""A declared datum is undone once, told with its accuracy; a suspected one is asked about and left alone."""

import numpy as np
import pytest

from bench.datums import make_points, make_town
from bench.planted_places import shifted
from geo.china_datum import from_wgs84
from geo.export import export_table
from geo.read import read_events
from tests.geo.intake_worlds import TAXONOMY, finding, read_text, two_villages


def rows_of(lonlat, decimals=7):
    lines = [
        f"R{i},2026-01-{1 + i % 28:02d} 10:00,盗窃,{lon:.{decimals}f},{lat:.{decimals}f}"
        for i, (lon, lat) in enumerate(lonlat)
    ]
    return "编号,时间,类别,经度,纬度\n" + "\n".join(lines) + "\n"


def villagers(n=60):
    rng = np.random.default_rng(0)
    return np.column_stack([rng.uniform(116.32, 116.48, n), rng.uniform(39.82, 39.93, n)])


def codes(reading):
    return {f.code for f in reading.report.findings}


@pytest.mark.parametrize(("text", "datum"), [("GCJ-02", "GCJ-02"), ("火星坐标", "GCJ-02"), ("bd09", "BD-09")])
def test_a_declared_datum_is_undone_and_told(tmp_path, text, datum):
    true = villagers()
    given = np.column_stack(from_wgs84(*true.T, datum))
    reading = read_text(tmp_path, rows_of(given), crs=text, neighborhoods=two_villages())
    assert reading.events[["lon", "lat"]].to_numpy() == pytest.approx(true, abs=2e-7)  # seven decimals were written
    assert set(reading.events["repairs"]) == {"datum_undone"}
    assert reading.report.rows_repaired == len(true)
    assert reading.report.crs == datum
    told = finding(reading, "datum.undone")
    assert told.rows == len(true)
    assert told.facts["accuracy"] == 5
    low, high = {"GCJ-02": (400, 710), "BD-09": (1000, 1530)}[datum]
    assert low < told.facts["metres"] < high


def test_rows_without_a_point_and_beyond_china_stay_and_are_told(tmp_path):
    text = rows_of([*villagers(3), (121.56, 25.04)]) + "R9,2026-01-05 10:00,盗窃,,\n"
    reading = read_text(tmp_path, text, crs="GCJ-02")
    events = reading.events.set_index("event_id")
    assert (events.loc["R3", "lon"], events.loc["R3", "lat"]) == (121.56, 25.04)
    assert np.isnan(events.loc["R9", "lon"])
    assert finding(reading, "datum.undone").rows == 3
    assert finding(reading, "datum.not_shifted").rows == 1
    assert list(events["repairs"]) == ["datum_undone"] * 3 + ["", ""]


def test_a_datum_in_another_order_of_axes_is_undone_too(tmp_path):
    given = np.column_stack(from_wgs84(*villagers().T, "GCJ-02"))
    given[7] = given[7, ::-1]
    reading = read_text(tmp_path, rows_of(given), crs="GCJ-02", neighborhoods=two_villages())
    assert reading.events[["lon", "lat"]].to_numpy() == pytest.approx(villagers(), abs=2e-7)
    assert reading.events.loc[7, "repairs"] == "axes_swapped datum_undone"


def test_an_export_of_ours_is_not_undone_once_more(tmp_path):
    given = np.column_stack(from_wgs84(*villagers().T, "GCJ-02"))
    first = read_text(tmp_path, rows_of(given), crs="GCJ-02", neighborhoods=two_villages(), timezone="Asia/Shanghai")
    export_table(first.events, tmp_path / "ours.csv")
    again = read_events(
        [tmp_path / "ours.csv"], taxonomy=TAXONOMY, crs="GCJ-02", neighborhoods=two_villages(),
        timezone="Asia/Shanghai",
    )  # fmt: skip
    assert "datum.own_file" in codes(again)
    assert again.events[["lon", "lat"]].to_numpy() == pytest.approx(first.events[["lon", "lat"]].to_numpy(), abs=1e-12)
    assert set(again.events["repairs"]) == {"datum_undone"}


@pytest.fixture(scope="module")
def town():
    return make_town("organic", 1)


@pytest.fixture(scope="module")
def along(town):
    return town.degrees(make_points(town, "along", 600, np.random.default_rng(4)))


def read_town(folder, town, lonlat, **options):
    return read_text(
        folder, rows_of(lonlat), neighborhoods=town.units, streets=lambda: town.streets, timezone="Asia/Shanghai",
        **options,
    )  # fmt: skip


def test_a_suspected_datum_is_asked_about_and_nothing_is_moved(tmp_path, town, along):
    given = shifted(along, "GCJ-02")
    reading = read_town(tmp_path, town, given)
    asked = finding(reading, "datum.suspected_by_streets")
    assert asked.rows == len(given)
    assert asked.facts["datum"] == "GCJ-02"
    assert asked.facts["gcj"] < 15 < asked.facts["given"]
    beside = finding(reading, "datum.beside_polygons").facts
    assert beside["inside_undone"] > beside["inside"]
    assert reading.events[["lon", "lat"]].to_numpy() == pytest.approx(given, abs=1e-7)
    assert set(reading.events["repairs"]) == {""}


def test_once_declared_it_is_not_asked_about_again(tmp_path, town, along):
    reading = read_town(tmp_path, town, shifted(along, "GCJ-02"), crs="GCJ-02")
    assert {code for code in codes(reading) if code.startswith("datum.")} == {"datum.undone"}


def test_points_in_wgs84_declared_to_be_shifted_are_doubted(tmp_path, town, along):
    assert "datum.declared_doubtful" in codes(read_town(tmp_path, town, along, crs="GCJ-02"))
    assert not {code for code in codes(read_town(tmp_path, town, along)) if code.startswith("datum.")}
