"""When a period may be released: over, complete, apart from others; and what stays when records change."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from geo.errors import InputError
from geo.periods import days28, month
from geo.releases import layouts, stored
from geo.settings import Settings
from geo.workspace import Workspace
from jobs.dataset import load_dataset
from jobs.release import next_period, notes_since, release_period, release_with_notes
from tests.geo.test_workspace import make_events
from tests.jobs.community_city import small_city
from tests.plan_world import toy_neighborhoods


@pytest.fixture
def city(tmp_path):
    """Records from December 2025 to 21 November 2026."""
    return small_city(tmp_path / "w", streets=False, per_day=2)


def again(dataset):
    return load_dataset(dataset.workspace.root)


def refused(dataset, period, key):
    with pytest.raises(InputError) as caught:
        release_period(dataset, period)
    assert caught.value.key == key
    return str(caught.value)


def test_the_last_whole_month_is_released_and_stored(city):
    assert next_period(city).key == "2026-10"
    release = release_period(city)
    assert release.period == month("2026-10")
    assert stored(city.workspace) == [release]
    assert any(figure.status == "shown" and figure.table == "area_group" for figure in release.figures)
    assert release.rules == {"min_events": 5, "min_dispute_events": 10, "min_households": 50, "step": 5}


def test_the_same_records_give_the_same_release(city, tmp_path):
    other = small_city(tmp_path / "other", streets=False, per_day=2)
    assert release_period(city) == release_period(other)


def test_a_month_is_released_once(city):
    release_period(city)
    assert "The next that can be released is 2026-11" in refused(city, month("2026-10"), "release.twice")


def test_28_days_across_a_released_month_are_refused(city):
    release_period(city, month("2026-09"))
    message = refused(city, days28(dt.date(2026, 9, 20)), "release.overlap")
    assert "+28" not in message
    assert "shares days with 2026-09" in message
    assert "The next that can be released is 2026-10" in message


def test_28_days_follow_on_28_days(city):
    release_period(city, days28(dt.date(2026, 9, 1)))
    assert release_period(city).period.start == dt.date(2026, 9, 29)
    assert "2026-11-24" in refused(city, None, "release.not_complete")


def test_a_month_that_is_not_over_is_refused(city):
    message = refused(city, month("2026-11"), "release.not_complete")
    assert "complete up to 2026-11-22" in message
    assert "up to 2026-12-01" in message


def test_a_month_before_the_records_begin_is_refused(city):
    refused(city, month("2025-11"), "release.missing")


def test_a_month_whose_records_are_missing_is_refused_and_its_neighbors_are_not(city):
    events = city.workspace.events()
    (first,) = city.workspace.imports()
    city.workspace.undo_import(first["import_id"])
    start = events["event_start"].dt.strftime("%Y-%m")
    city.workspace.add_events(events[start != "2026-05"], "without-may.csv", {})
    dataset = again(city)
    assert "they are missing, not calm" in refused(dataset, month("2026-05"), "release.missing")
    release_period(dataset, month("2026-04"))
    release_period(dataset, month("2026-06"))


def test_records_dated_by_months_are_released_by_months_alone(tmp_path):
    workspace = Workspace.create(tmp_path / "w", Settings(timezone="Asia/Shanghai", crs="EPSG:32650"))
    workspace.replace_ground("a.geojson", neighborhoods=toy_neighborhoods().to_crs(4326))
    starts = pd.date_range("2026-01-01", "2026-10-01", freq="MS").repeat(40)
    frame = make_events([f"m{i}" for i in range(len(starts))], lon=np.nan, lat=np.nan, neighborhood_id="n1")
    frame = frame.assign(
        event_start=starts.tz_localize("Asia/Shanghai"),
        event_end=(starts + pd.offsets.MonthBegin(1)).tz_localize("Asia/Shanghai"),
    )
    workspace.add_events(frame, "months.csv", {})
    dataset = load_dataset(workspace)
    assert "dated by months" in refused(dataset, days28(dt.date(2026, 3, 1)), "release.months_only")
    release = release_period(dataset, month("2026-08"))
    total = next(f for f in release.figures if f.key == ("area_layer", "n1", "incident", None, None))
    assert total.value == 40
    assert not [figure for figure in release.figures if figure.part]


def test_without_neighborhoods_nothing_can_be_released(tmp_path):
    workspace = Workspace.create(tmp_path / "w", Settings(timezone="Europe/Paris", crs="EPSG:32631"))
    days = pd.date_range("2026-01-01", "2026-03-31", tz="Europe/Paris")
    frame = make_events([f"e{i}" for i in range(len(days))], lon=2.0, lat=48.0)
    workspace.add_events(frame.assign(event_start=days, event_end=days), "a.csv", {})
    assert "There are no neighborhoods" in refused(load_dataset(workspace), None, "release.no_areas")


def test_a_threshold_under_the_floor_is_refused_before_anything_is_stored(city):
    city.workspace.save_settings(city.settings.model_copy(update={"min_events": 3}))
    assert "min_events is 3" in refused(again(city), None, "privacy.floor")
    assert stored(city.workspace) == []


def test_late_corrected_and_undone_records_leave_a_release_as_it_is(city):
    release = release_period(city)
    assert notes_since(city) == []
    late = make_events([f"late{i}" for i in range(50)], lon=117.0, lat=39.7, neighborhood_id="n1")
    moment = pd.Timestamp("2026-10-10 12:00", tz="Asia/Shanghai")
    added = city.workspace.add_events(late.assign(event_start=moment, event_end=moment), "late.csv", {})
    dataset = again(city)
    assert stored(dataset.workspace) == [release]
    assert notes_since(dataset) == [("release.note.stays", {"period": "2026-10"})]
    refused(dataset, month("2026-10"), "release.twice")
    dataset.workspace.undo_import(added.import_id)
    assert notes_since(again(city)) == []


def test_an_earlier_month_follows_the_stored_layout(city):
    first = release_period(city)
    earlier = release_period(city, month("2026-07"))
    assert len(layouts(city.workspace)) == 1
    kinds = [{f.key for f in r.figures if f.table != "city_group"} for r in (first, earlier)]
    assert kinds[0] == kinds[1]


def test_new_neighborhoods_count_from_the_last_release_on(city):
    release_period(city, month("2026-08"))
    units = toy_neighborhoods()
    units.loc[0, "geometry"] = units.geometry.iloc[0].buffer(-10)
    city.workspace.replace_ground("new.geojson", neighborhoods=units.to_crs(4326))
    dataset = again(city)
    assert "periods from 2026-09-01 on" in refused(dataset, month("2026-07"), "release.other_areas")
    release_period(dataset, month("2026-09"))
    assert len(layouts(dataset.workspace)) == 2


def test_new_names_are_no_new_neighborhoods(city):
    release_period(city, month("2026-08"))
    units = toy_neighborhoods().assign(name=["一", "二", "三"])
    city.workspace.replace_ground("new.geojson", neighborhoods=units.to_crs(4326))
    release_period(again(city), month("2026-07"))
    assert len(layouts(city.workspace)) == 1


def test_a_layout_without_history_gives_way_once_more_is_known(city):
    first = release_period(city, month("2025-12"))
    assert {figure.table for figure in first.figures} == {"area_layer", "city_layer"}
    second = release_period(city, month("2026-01"))
    assert "area_group" in {figure.table for figure in second.figures}
    release_period(city, month("2026-02"))
    assert len(layouts(city.workspace)) == 2


def test_a_layer_that_was_never_imported_has_no_figure_and_a_note(tmp_path):
    dataset = small_city(tmp_path / "w", streets=False, per_day=2)
    events = dataset.workspace.events()
    (first,) = dataset.workspace.imports()
    dataset.workspace.undo_import(first["import_id"])
    early = (events["layer"] == "hazard") & (events["event_start"] < pd.Timestamp("2026-10-15", tz="Asia/Shanghai"))
    dataset.workspace.add_events(events[~early], "hazards-from-october.csv", {})
    made = release_with_notes(again(dataset), month("2026-09"))
    assert {figure.layer for figure in made.release.figures} == {"incident", "dispute"}
    assert ("release.note.no_records", {"layer": "hazard"}) in made.notes


def test_small_areas_and_unknown_households_are_told(tmp_path):
    units = toy_neighborhoods().assign(households=[1900, 40, np.nan])
    made = release_with_notes(small_city(tmp_path / "w", units=units, streets=False, per_day=2))
    assert dict(made.notes) == {
        "release.note.too_small": {"n": 1},
        "release.note.households_unknown": {"n": 1},
    }
    assert "n2" not in {figure.area_id for figure in made.release.figures}
