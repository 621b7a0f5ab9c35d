"""What jobs take from a workspace: points that say nothing of their place, units shown, the moment of a plan."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from geo.settings import Settings
from geo.workspace import Workspace
from jobs.dataset import load_dataset
from jobs.plan import _knowing
from tests.geo.test_workspace import make_events


def units(parents):
    boxes = [box(2 + 0.01 * i, 48, 2.01 + 0.01 * i, 48.01) for i in range(len(parents))]
    frame = gpd.GeoDataFrame({"neighborhood_id": [f"n{i}" for i in range(len(parents))]}, geometry=boxes, crs=4326)
    frame = frame.assign(name=frame["neighborhood_id"], name_en="", population=None, households=None)
    return frame.assign(parent_id=pd.Series(parents, dtype="str"))


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "w", Settings(timezone="Europe/Paris", crs="EPSG:32631"))


def days(n, **columns):
    events = make_events([f"e{i}" for i in range(n)], lon=2.005, lat=48.005, **columns)
    start = pd.Timestamp("2026-01-01", tz="Europe/Paris") + pd.to_timedelta(np.arange(n) % 90, unit="D")
    return events.assign(event_start=start, event_end=start)


def test_a_default_point_is_counted_but_no_place_is_judged_by_it(workspace):
    workspace.add_events(days(200, precision=["unknown"] * 60 + ["address"] * 140), "a.csv", {})
    dataset = load_dataset(workspace)
    assert dataset.set_aside == 60
    assert dataset.events["x"].notna().sum() == 140
    assert len(dataset.events) == 200


def test_where_no_point_is_known_better_all_of_them_stand(workspace):
    workspace.add_events(days(200, precision="unknown"), "a.csv", {})
    assert load_dataset(workspace).set_aside == 0


def test_a_parent_that_is_named_but_not_drawn_leaves_its_units_shown(workspace):
    workspace.replace_ground("a.geojson", neighborhoods=units(["Town", "Town"]))
    workspace.add_events(days(100), "a.csv", {})
    dataset = load_dataset(workspace)
    assert dataset.shown_units["neighborhood_id"].tolist() == ["n0", "n1"]
    assert dataset.shown_unit_of == {"n0": "n0", "n1": "n1"}


def test_nested_units_are_shown_by_their_parents(workspace):
    workspace.replace_ground("a.geojson", neighborhoods=units([None, "n0", "n0"]))
    workspace.add_events(days(100), "a.csv", {})
    dataset = load_dataset(workspace)
    assert dataset.leaves["neighborhood_id"].tolist() == ["n1", "n2"]
    assert dataset.shown_units["neighborhood_id"].tolist() == ["n0"]


def test_a_plan_stands_on_its_monday(workspace):
    workspace.add_events(days(400), "a.csv", {})
    dataset = load_dataset(workspace)
    assert _knowing(dataset, dt.date(2026, 3, 2)) == pd.Timestamp("2026-03-02", tz="Europe/Paris")
    assert _knowing(dataset, dt.date(2026, 6, 1)) == dataset.as_of


def test_a_plan_over_months_stands_on_the_last_whole_month(workspace):
    month = pd.period_range("2025-01", "2026-03", freq="M").repeat(20)
    events = days(len(month)).assign(
        event_start=month.start_time.tz_localize("Europe/Paris"),
        event_end=(month + 1).start_time.tz_localize("Europe/Paris"),
    )
    workspace.add_events(events, "a.csv", {})
    dataset = load_dataset(workspace)
    assert dataset.as_of == pd.Timestamp("2026-04-01", tz="Europe/Paris")
    assert _knowing(dataset, dt.date(2026, 3, 30)) == pd.Timestamp("2026-03-01", tz="Europe/Paris")
