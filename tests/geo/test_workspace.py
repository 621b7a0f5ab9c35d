import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geo.errors import InputError
from geo.schema import EVENT_COLUMNS
from geo.workspace import Workspace, empty_events


def make_events(ids, lon=0.5, lat=0.5, day="2026-03-02", **columns):
    frame = empty_events("Europe/Paris").reindex(range(len(ids)))
    frame = frame.assign(
        event_id=list(ids),
        layer="incident",
        category="theft",
        category_source="Theft",
        event_start=pd.Timestamp(day, tz="Europe/Paris"),
        event_end=pd.Timestamp(day, tz="Europe/Paris"),
        severity=1.0,
        count=1,
        lon=lon,
        lat=lat,
        precision="address",
        source="a.csv",
        source_row=range(2, len(ids) + 2),
        repairs="",
    )
    return frame.assign(**columns)


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "w")


def squares(*names):
    boxes = [box(i, 0, i + 1, 1) for i in range(len(names))]
    frame = gpd.GeoDataFrame({"neighborhood_id": names, "name": names}, geometry=boxes, crs="EPSG:4326")
    return frame.assign(name_en=None, population=None, households=None, parent_id=None)


def test_what_is_stored_comes_back_with_all_columns(workspace):
    workspace.add_events(make_events(["a", "b"]), "a.csv", {})
    events = workspace.events()
    assert list(events.columns) == list(EVENT_COLUMNS)
    assert events["event_id"].tolist() == ["a", "b"]
    assert str(events["event_start"].dt.tz) == "Europe/Paris"


def test_the_same_rows_again_add_nothing(workspace):
    first = workspace.add_events(make_events(["a", "b"]), "a.csv", {})
    again = workspace.add_events(make_events(["a", "b"]), "b.csv", {})
    assert (first.events_added, first.rows_known) == (2, 0)
    assert (again.import_id, again.events_added, again.rows_known) == (None, 0, 2)


def test_a_later_version_of_an_id_replaces_all_its_rows(workspace):
    workspace.add_events(make_events(["a", "a", "b"], lon=[0.1, 0.2, 0.3]), "a.csv", {})
    second = workspace.add_events(make_events(["a"], lon=0.9), "b.csv", {})
    assert second.events_added == 1
    assert workspace.events()[["event_id", "lon"]].values.tolist() == [["b", 0.3], ["a", 0.9]]


def test_ids_that_repeat_within_one_file_stay_apart(workspace):
    workspace.add_events(make_events(["a", "a"], lon=[0.1, 0.2]), "a.csv", {})
    assert len(workspace.events()) == 2


def test_undoing_a_correction_brings_the_older_version_back(workspace):
    workspace.add_events(make_events(["a"], lon=0.1), "a.csv", {})
    second = workspace.add_events(make_events(["a"], lon=0.9), "b.csv", {})
    assert workspace.undo_import(second.import_id) == 1
    assert workspace.events()["lon"].tolist() == [0.1]
    assert len(workspace.imports()) == 1


def test_an_undone_import_can_come_in_again(workspace):
    first = workspace.add_events(make_events(["a"]), "a.csv", {})
    workspace.undo_import(first.import_id)
    assert workspace.events().empty
    assert workspace.add_events(make_events(["a"]), "a.csv", {}).events_added == 1


def test_undoing_what_is_not_there_names_what_is(workspace):
    first = workspace.add_events(make_events(["a"]), "a.csv", {})
    with pytest.raises(InputError, match=f"no import 'x'.*{first.import_id}"):
        workspace.undo_import("x")


def test_old_events_are_placed_anew_when_polygons_change(workspace):
    workspace.replace_ground("one.geojson", neighborhoods=squares("west"))
    workspace.add_events(make_events(["a", "b"], lon=[0.5, 1.5]), "a.csv", {})
    assert workspace.events()["neighborhood_id"].astype(object).where(lambda s: s.notna(), None).tolist() == [
        "west",
        None,
    ]
    workspace.replace_ground("two.geojson", neighborhoods=squares("left", "right"))
    assert workspace.events()["neighborhood_id"].tolist() == ["left", "right"]


def test_a_row_without_a_point_keeps_the_neighborhood_its_file_named(workspace):
    workspace.replace_ground("one.geojson", neighborhoods=squares("west"))
    events = make_events(["a", "b"], lon=np.nan, lat=np.nan, neighborhood_id=["west", "nowhere"])
    workspace.add_events(events, "a.csv", {})
    assert workspace.events()["neighborhood_id"].isna().tolist() == [False, True]


def test_a_row_without_a_point_follows_its_unit_s_name_to_a_new_id(workspace):
    workspace.replace_ground("one.geojson", neighborhoods=squares("1", "2").assign(name=["West", "East"]))
    events = make_events(["a", "b", "c"], lon=[np.nan, np.nan, 0.5], lat=[np.nan, np.nan, 0.5])
    workspace.add_events(events.assign(neighborhood_id=["1", "2", None]), "a.csv", {})
    # Numbered the other way round, under the same names; the point stays where it lies.
    workspace.replace_ground("two.geojson", neighborhoods=squares("2", "1").assign(name=["West", "East"]))
    assert workspace.events()["neighborhood_id"].tolist() == ["2", "1", "2"]
    # A name that nobody bears any more: the id counts where there still is one.
    workspace.replace_ground("three.geojson", neighborhoods=squares("2", "9").assign(name=["West", "South"]))
    assert workspace.events()["neighborhood_id"].astype(object).where(lambda s: s.notna(), None).tolist() == [
        "2",
        "2",
        "2",
    ]
    workspace.replace_ground("one.geojson", neighborhoods=squares("1", "2").assign(name=["West", "East"]))
    assert workspace.events()["neighborhood_id"].tolist() == ["1", "2", "1"]


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 2.5]), st.floats(0, 1)), min_size=1, max_size=12),
    st.permutations(["points", "more points", "polygons", "other polygons"]).filter(
        lambda order: order.index("other polygons") < order.index("polygons")
    ),
)
def test_the_order_of_imports_does_not_matter(tmp_path_factory, points, order):
    ground = {"polygons": squares("left", "right"), "other polygons": squares("west")}
    half = len(points) // 2
    parts = {"points": points[:half], "more points": points[half:]}

    def units_after(steps):
        workspace = Workspace.create(tmp_path_factory.mktemp("w") / "w")
        for step in steps:
            if step in ground:
                workspace.replace_ground(step, neighborhoods=ground[step])
            elif parts[step]:
                lon, lat = zip(*parts[step], strict=True)
                ids = [f"{step} {i}" for i in range(len(lon))]
                workspace.add_events(make_events(ids, lon=list(lon), lat=list(lat)), step, {})
        events = workspace.events()
        units = events["neighborhood_id"].astype(object).where(events["neighborhood_id"].notna(), None)
        return dict(zip(events["event_id"], units, strict=True))

    assert units_after(order) == units_after(["other polygons", "polygons", "points", "more points"])


def test_polygons_kept_before_units_had_other_names_are_read(workspace):
    workspace.replace_ground("one.geojson", neighborhoods=squares("west"))
    assert workspace.ground("neighborhoods")["aliases"].tolist() == [""]


def test_a_file_that_no_row_names_is_ignored(workspace):
    workspace.add_events(make_events(["a"]), "a.csv", {})
    stored = next((workspace.root / "events").glob("*.parquet"))
    (workspace.root / "events" / "0002-deadbeef.parquet").write_bytes(stored.read_bytes())
    assert len(Workspace.open(workspace.root).events()) == 1


def test_ground_that_a_crash_left_staged_is_finished_on_opening(workspace):
    workspace.replace_ground("one.geojson", neighborhoods=squares("west"))
    final = workspace.root / "neighborhoods.parquet"
    final.rename(workspace.root / f".neighborhoods.{workspace.version('neighborhoods')}.parquet")
    assert Workspace.open(workspace.root).ground("neighborhoods")["name"].tolist() == ["west"]


def test_the_files_open_as_geoparquet(workspace):
    workspace.add_events(make_events(["a", "b"], lon=[0.5, np.nan]), "a.csv", {})
    frame = gpd.read_parquet(next((workspace.root / "events").glob("*.parquet")))
    assert frame.crs == "EPSG:4326"
    assert frame.geometry.isna().tolist() == [False, True]


@pytest.mark.parametrize("make", [lambda p: p.mkdir(), lambda p: (p.mkdir(), (p / "x.txt").write_text("x"))])
def test_a_folder_that_is_no_workspace_is_refused_in_words(tmp_path, make):
    make(tmp_path / "f")
    with pytest.raises(InputError, match="is not a workspace"):
        Workspace.open(tmp_path / "f")


def test_a_folder_of_other_things_is_not_turned_into_a_workspace(tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(InputError, match="is not a workspace"):
        Workspace.create(tmp_path)


def test_a_kept_answer_is_computed_once_and_anew_when_the_data_change(workspace):
    workspace.add_events(make_events(["a"]), "a.csv", {})
    calls = []
    for _ in range(2):
        assert workspace.result("x", {"n": 1}, lambda: calls.append(1) or len(calls)) == 1
    workspace.add_events(make_events(["b"]), "b.csv", {})
    assert workspace.result("x", {"n": 1}, lambda: calls.append(1) or len(calls)) == 2


@pytest.mark.parametrize("unit", ["s", "ms", "ns"])
def test_rows_are_known_whatever_the_unit_of_their_times(workspace, unit):
    workspace.add_events(make_events(["a"]), "a.csv", {})
    again = make_events(["a"])
    for name in ("event_start", "event_end", "reported_at", "closed_at"):
        again[name] = again[name].dt.as_unit(unit)
    assert workspace.add_events(again, "b.csv", {}).events_added == 0


def test_imports_with_and_without_a_column_s_values_join(workspace):
    workspace.add_events(make_events(["a"], reported_by="patrol", status=None), "a.csv", {})
    workspace.add_events(make_events(["b"], reported_by=None, status="open"), "b.csv", {})
    assert workspace.events()["status"].isna().tolist() == [True, False]
    assert workspace.events()["reported_by"].tolist()[0] == "patrol"


def test_an_import_that_is_overtaken_compares_again(workspace, monkeypatch):
    other = Workspace.open(workspace.root)
    place = workspace._place

    def overtaken(events):
        monkeypatch.setattr(workspace, "_place", place)
        other.add_events(make_events(["a", "b"]), "same rows.csv", {})
        return place(events)

    monkeypatch.setattr(workspace, "_place", overtaken)
    answer = workspace.add_events(make_events(["a", "b", "c"]), "a.csv", {})
    assert (answer.events_added, answer.rows_known) == (1, 2)
    assert sorted(workspace.events()["event_id"]) == ["a", "b", "c"]


def test_the_same_file_once_more_undoes_no_correction(workspace):
    workspace.add_events(make_events(["a", "b"], lon=0.1), "a.csv", {})
    workspace.add_events(make_events(["a"], lon=0.9), "correction.csv", {})
    again = workspace.add_events(make_events(["a", "b"], lon=0.1), "a.csv", {})
    assert (again.events_added, again.rows_known) == (0, 2)
    assert sorted(workspace.events()["lon"]) == [0.1, 0.9]
