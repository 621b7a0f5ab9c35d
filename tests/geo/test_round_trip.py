"""What we export comes back as it was, in every format, and a file that only looks like ours gains nothing by it."""

import numpy as np
import pandas as pd
import pytest

from geo.export import export_table
from geo.own_files import unquoted
from geo.read import read_events
from geo.schema import EVENT_COLUMNS
from geo.workspace import Workspace
from tests.geo.intake_worlds import TAXONOMY, finding, mapped, read_text, two_villages

FORMATS = ("csv", "xlsx", "geojson", "gpkg", "kml", "parquet")
KEPT = [name for name in EVENT_COLUMNS if name not in ("import_id", "superseded_by")]


def sample(folder, **options):
    """Events of every sort: moments, days, no point, swapped axes, counts, ids that look like formulas."""
    rows = [
        ("=A1", "盗窃电动车", "2025-03-01 10:00", 116.31, 39.9, "已办结", 2, ""),
        ("-7b", "噪音扰民", "2025-03-02", "", "", "未办结", 1, "东村"),
        ("A3", "路灯不亮", "2025-03-03 23:59:59", 39.9, 116.45, "整改中", 1, ""),
        ("A4", "鸡犬不宁", "2025-03-04 00:00", 116.4123456, 39.91, "", 1, ""),
    ]
    rows += [
        (f"B{i}", "噪音扰民", f"2025-04-{i % 28 + 1:02d} 0{i % 9}:15", 116.3 + i * 0.003, 39.9, "", 1, "")
        for i in range(60)
    ]
    text = "案件编号,案件类别,发案时间,经度,纬度,办理状态,起数,社区\n" + "".join(
        ",".join(map(str, row)) + "\n" for row in rows
    )
    return read_text(folder, text, "first.csv", neighborhoods=two_villages(), **options).events


def back(path, **options):
    return read_events([path], taxonomy=TAXONOMY, **options)


@pytest.mark.parametrize("ending", FORMATS)
def test_every_export_comes_back_equal(tmp_path, ending):
    events = sample(tmp_path)
    placed = events if ending in ("csv", "xlsx", "parquet") else events[events["lon"].notna()].reset_index(drop=True)
    reading = back(export_table(placed, tmp_path / f"out.{ending}"), neighborhoods=two_villages())
    pd.testing.assert_frame_equal(reading.events[KEPT], placed[KEPT], check_categorical=False, check_dtype=False)
    assert (reading.report.rows_rejected, reading.report.rows_read) == (0, len(placed))
    assert mapped(reading)["precision"] == "precision"


def test_a_workspaces_own_file_comes_back_equal_and_adds_nothing(tmp_path):
    workspace = Workspace.create(tmp_path / "w")
    workspace.replace_ground("v", neighborhoods=two_villages())
    first = sample(tmp_path)
    workspace.add_events(first, "first.csv", {})
    (file,) = (tmp_path / "w" / "events").glob("*.parquet")
    reading = back(file, neighborhoods=two_villages())
    pd.testing.assert_frame_equal(reading.events[KEPT], first[KEPT], check_categorical=False, check_dtype=False)
    assert workspace.known_counts(reading.events) == len(first)


def test_without_polygons_the_files_own_neighborhoods_stand(tmp_path):
    events = sample(tmp_path)
    reading = back(export_table(events, tmp_path / "out.csv"), timezone="Asia/Shanghai")
    assert (
        reading.events["neighborhood_id"].astype(object).tolist() == events["neighborhood_id"].astype(object).tolist()
    )


def test_the_rows_behind_a_hotspot_are_enough(tmp_path):
    events = sample(tmp_path)
    columns = ["event_id", "layer", "category", "event_start", "event_end", "severity", "lon", "lat"]
    again = back(export_table(events[columns], tmp_path / "rows.csv")).events
    pd.testing.assert_frame_equal(again[columns], events[columns], check_categorical=False, check_dtype=False)


def test_an_instant_that_came_twice_stays_the_one_it_was(tmp_path):
    text = (
        "id,type,date,lon,lat\n1,theft,2023-11-05T05:30:00Z,-75.15,39.95\n2,theft,2023-11-05T06:30:00Z,-75.15,39.95\n"
    )
    events = read_text(tmp_path, text, timezone="America/New_York").events
    assert [str(t) for t in events["event_start"]] == ["2023-11-05 01:30:00-04:00", "2023-11-05 01:30:00-05:00"]
    for ending in ("csv", "gpkg", "parquet", "geojson"):
        again = back(export_table(events, tmp_path / f"out.{ending}"), timezone="America/New_York").events
        assert again["event_start"].tolist() == events["event_start"].tolist()


def test_columns_named_like_ours_are_still_looked_at(tmp_path):
    header = "event_id,layer,category,event_start,event_end,lon,lat,category_source,precision,repairs,source"
    row = "a{i},incident,theft,2025-01-01,2025-01-02,116.3,39.9,王某住三单元{i},exact,<b>x</b>,call 13812345678"
    text = "\n".join([header, *(row.format(i=i) for i in range(6))])
    events = read_text(tmp_path, text).events
    assert events["category_source"].isna().all()
    assert set(events["precision"]) == {"unknown"}
    assert set(events["repairs"]) == {""}
    assert not events["source"].astype(str).str.contains("1381").any()


def test_a_row_of_ours_without_a_time_is_rejected_like_any_other(tmp_path):
    header = "event_id,layer,category,event_start,event_end,lon,lat"
    text = f"{header}\na,incident,theft,,,116.3,39.9\n" + ("b,hazard,hazard.road,2025-01-01,2024-01-01,116.3,39.9\n")
    reading = read_text(tmp_path, text)
    assert finding(reading, "time.none").rows == 1
    assert (reading.events["event_end"] == reading.events["event_start"]).all()


def test_only_the_apostrophe_that_we_put_there_is_taken_away():
    texts = np.array(["'=1", "'x", "=1", "'-5a", "'"], dtype=object)
    assert unquoted(texts).tolist() == ["=1", "'x", "=1", "-5a", "'"]
