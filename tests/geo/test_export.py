import sqlite3
import time

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from shapely.geometry import Polygon

from geo.errors import InputError
from geo.export import WRITERS, export_table, write_layers, write_sheets

SQUARE = Polygon([(450_000, 4_400_000), (450_100, 4_400_000), (450_100, 4_400_100), (450_000, 4_400_100)])


@pytest.fixture
def hotspots() -> gpd.GeoDataFrame:
    table = {
        "hotspot_id": ["h1", "h2"],
        "place": ["柳荫里南口", "=HYPERLINK(1)"],
        "events": [9, 4],
        "p_value": [0.001, np.nan],
        "layers": [["dispute", "hazard"], []],
        "top_categories": [[("dispute.noise", 9)], [("theft", 3), ("fraud", 1)]],
        "peak_days": [None, [4, 5]],
        "seen": pd.to_datetime(["2026-11-20 23:30", "2026-11-21 01:00"]).tz_localize("Asia/Shanghai"),
    }
    shapes = [SQUARE, shapely.affinity.translate(SQUARE, 500, 0)]
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:32650")


def test_every_format_is_the_same_bytes_seconds_apart(hotspots, tmp_path):
    (tmp_path / "again").mkdir()
    first = [export_table(hotspots, tmp_path / f"list{ending}").read_bytes() for ending in WRITERS]
    time.sleep(1.1)  # a stamp of a second's precision would show
    again = [export_table(hotspots, tmp_path / "again" / f"list{ending}").read_bytes() for ending in WRITERS]
    assert [e for e, a, b in zip(WRITERS, first, again, strict=True) if a != b] == []


def test_csv_opens_in_excel_with_chinese_and_without_formulas(hotspots, tmp_path):
    path = export_table(hotspots, tmp_path / "list.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(path)
    assert list(back["place"]) == ["柳荫里南口", "'=HYPERLINK(1)"]
    assert back["layers"][0] == "dispute; hazard"
    assert back["top_categories"][1] == "theft 3; fraud 1"
    points = gpd.GeoSeries.from_xy(back["lon"], back["lat"], crs="EPSG:4326").to_crs("EPSG:32650")
    assert (points.x[0], points.y[0]) == pytest.approx((450_050, 4_400_050), abs=0.2)


def test_a_negative_number_in_text_stays_a_number(tmp_path):
    path = export_table(pd.DataFrame({"a": ["-5", "-x", "+1.5"]}), tmp_path / "n.csv")
    assert path.read_text(encoding="utf-8-sig").split() == ["a", "-5", "'-x", "+1.5"]


def test_xlsx_holds_text_not_formulas_and_the_local_clock(hotspots, tmp_path):
    path = export_table(hotspots, tmp_path / "list.xlsx", sheet="热点")
    page = openpyxl.load_workbook(path)["热点"]
    head = [cell.value for cell in page[1]]
    row = dict(zip(head, page[3], strict=True))
    assert row["place"].value == "=HYPERLINK(1)"
    assert row["place"].data_type == "s"
    assert row["p_value"].value is None
    assert f"{row['seen'].value:%Y-%m-%d %H:%M}" == "2026-11-21 01:00"
    assert page.freeze_panes == "A2"


@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".kml", ".parquet"])
def test_layers_come_back_with_their_polygons(hotspots, tmp_path, ending):
    path = export_table(hotspots, tmp_path / f"list{ending}", sheet="hotspots")
    back = gpd.read_parquet(path) if ending == ".parquet" else gpd.read_file(path)
    assert len(back) == 2
    there = back.to_crs("EPSG:32650").geometry.to_numpy()
    # RFC 7946 and KML are written with few decimals: 0.2 m.
    assert max(shapely.hausdorff_distance(there, hotspots.geometry.to_numpy())) < 0.2


@pytest.mark.parametrize("ending", [".geojson", ".kml"])
def test_web_layers_are_in_degrees(hotspots, tmp_path, ending):
    back = gpd.read_file(export_table(hotspots, tmp_path / f"list{ending}"))
    assert back.crs.to_epsg() == 4326
    assert back.total_bounds[0] == pytest.approx(116.4, abs=0.1)


def test_geojson_names_its_layer_after_the_file(hotspots, tmp_path):
    assert '"name": "list"' in export_table(hotspots, tmp_path / "list.geojson").read_text()


@pytest.mark.parametrize("ending", list(WRITERS))
def test_no_rows_is_an_answer_too(hotspots, tmp_path, ending):
    path = export_table(hotspots.head(0), tmp_path / f"none{ending}")
    assert path.stat().st_size > 0


def test_a_table_with_degrees_becomes_points(tmp_path):
    path = export_table(pd.DataFrame({"lon": [116.4], "lat": [39.9], "n": [3]}), tmp_path / "cells.geojson")
    assert gpd.read_file(path).geometry[0].equals(shapely.Point(116.4, 39.9))


def test_a_table_without_places_is_refused_as_a_layer(tmp_path):
    with pytest.raises(InputError, match="can hold only places") as refused:
        export_table(pd.DataFrame({"n": [1]}), tmp_path / "a.kml")
    assert refused.value.key == "export.not_a_place"
    assert not list(tmp_path.iterdir())


def test_an_unknown_ending_lists_the_known_ones(hotspots, tmp_path):
    with pytest.raises(InputError, match=r"list.docx ends in '.docx'.*\.csv, \.xlsx, \.geojson"):
        export_table(hotspots, tmp_path / "list.docx")


def test_a_folder_that_is_a_file_is_refused_in_words(hotspots, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="cannot be written to"):
        export_table(hotspots, tmp_path / "taken" / "list.csv")


def test_a_failed_write_leaves_the_old_file_and_no_other(hotspots, tmp_path, monkeypatch):
    path = tmp_path / "list.csv"
    path.write_text("old")

    def break_off(*args):
        args[1].write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(WRITERS, ".csv", break_off)
    with pytest.raises(InputError, match="No space left on device"):
        export_table(hotspots, path)
    assert [p.name for p in tmp_path.iterdir()] == ["list.csv"]
    assert path.read_text() == "old"


def test_a_geopackage_holds_several_layers_with_a_fixed_stamp(hotspots, tmp_path):
    points = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(116.4, 39.9)], crs="EPSG:4326")
    path = tmp_path / "all.gpkg"
    write_layers({"hotspots": hotspots, "points": points, "none": points.head(0)}, path)
    assert len(gpd.read_file(path, layer="hotspots")) == 2
    assert gpd.read_file(path, layer="points").crs.to_epsg() == 4326
    with sqlite3.connect(path) as base:
        stamps = {row[0] for row in base.execute("select last_change from gpkg_contents")}
    assert stamps == {"2000-01-01T00:00:00.000Z"}


def test_sheets_print_on_a4_across_with_their_head_on_every_page(tmp_path):
    sheets = {"走访": pd.DataFrame({"地点": ["柳荫里"], "n": [2]}), "a/b:c": pd.DataFrame({"x": []})}
    write_sheets(sheets, tmp_path / "r.xlsx", heading=["第 48 周"], print_landscape=True)
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    page = book["走访"]
    assert book.sheetnames == ["走访", "a_b_c"]
    assert (page["A1"].value, page["A2"].value, page["A3"].value, page["B3"].value) == ("第 48 周", "地点", "柳荫里", 2)
    assert (page.page_setup.orientation, int(page.page_setup.paperSize)) == ("landscape", 9)
    assert page.print_title_rows == "$2:$2"
    assert page.freeze_panes == "A3"
