"""Neighborhoods and their people put in force together or one after the other; what moved is told."""

import geopandas as gpd
import pytest
from shapely.geometry import box

from geo.errors import InputError
from geo.workspace import Workspace
from jobs.ground import import_ground, read_grounds, store_grounds
from tests.geo.test_workspace import make_events
from views.i18n import Translator

TABLE = "村,人口\n甲,5\n乙,7\n"


@pytest.fixture
def files(tmp_path):
    units = gpd.GeoDataFrame({"name": ["甲", "乙"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=4326)
    units.to_file(tmp_path / "units.geojson")
    units.assign(geometry=[box(0, 0, 0.4, 1), box(0.4, 0, 2, 1)]).to_file(tmp_path / "moved.geojson")
    (tmp_path / "people.csv").write_text(TABLE)
    return tmp_path


def told(ground):
    return {finding.code: finding.facts for finding in ground.findings}


def test_polygons_and_people_come_in_together(files):
    grounds = read_grounds(None, {"neighborhoods": files / "units.geojson", "population": files / "people.csv"})
    workspace = store_grounds(files / "w", grounds)
    assert [ground.name for ground in grounds] == ["neighborhoods", "population"]
    assert workspace.ground("neighborhoods")["population"].tolist() == [5, 7]


def test_people_come_in_later_and_are_missed_when_polygons_bring_none(files):
    root = files / "w"
    import_ground(root, "neighborhoods", files / "units.geojson")
    people = import_ground(root, "population", files / "people.csv")
    assert people.number == 2
    assert Workspace.open(root).ground("neighborhoods")["population"].tolist() == [5, 7]
    assert "neighborhoods.people_lost" in told(import_ground(root, "neighborhoods", files / "moved.geojson"))


def test_people_without_neighborhoods_are_refused_before_anything_is_made(files):
    with pytest.raises(InputError, match="no neighborhoods yet"):
        read_grounds(None, {"population": files / "people.csv"})
    assert not (files / "w").exists()


def test_new_polygons_say_how_many_events_changed_unit(files):
    root = files / "w"
    workspace = Workspace.create(root)
    workspace.add_events(make_events(["a", "b", "c"], lon=[0.2, 0.6, 1.5]), "a.csv", {})
    first = told(import_ground(root, "neighborhoods", files / "units.geojson"))["neighborhoods.moved"]
    assert (first["n"], first["total"], first["gained"], first["lost"]) == (3, 3, 3, 0)
    second = told(import_ground(root, "neighborhoods", files / "moved.geojson"))["neighborhoods.moved"]
    assert (second["n"], second["gained"], second["lost"]) == (1, 0, 0)


def test_rows_that_named_their_unit_before_there_were_any_are_told_with_the_way_out(files):
    root = files / "w"
    workspace = Workspace.create(root)
    workspace.add_events(make_events(["a", "b"], lon=[0.2, None], lat=[0.5, None]), "a.csv", {})
    ground = import_ground(root, "neighborhoods", files / "units.geojson")
    assert told(ground)["neighborhoods.nowhere"]["n"] == 1
    assert "imports --undo" in Translator("en")("finding.remedy.neighborhoods.nowhere")
