"""Polygons and streets in GCJ-02 or BD-09: undone where declared, asked about where they do not meet."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely

from bench.datums import make_town
from bench.planted_places import shifted
from geo.errors import InputError
from jobs.ground import read_grounds, store_grounds
from jobs.intake import findings_json
from views.i18n import Translator


def moved(frame, datum):
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda at: shifted(at, datum))
    return frame.set_geometry(gpd.GeoSeries(shapes, crs=4326))


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Files of polygons cut along streets, and of the streets, in WGS 84 and in GCJ-02."""
    folder = tmp_path_factory.mktemp("town")
    made = make_town("organic", 1)
    faces = shapely.get_parts(shapely.polygonize(made.streets.geometry.to_numpy()))
    units = gpd.GeoDataFrame({"name": [f"社区{i}" for i in range(40)]}, geometry=list(faces[:40]), crs=4326)
    streets = made.streets.assign(highway="residential")
    for name, frame in (("neighborhoods", units), ("streets", streets)):
        frame.to_file(folder / f"{name}.geojson")
        moved(frame, "GCJ-02").to_file(folder / f"{name}-gcj.geojson")
    return folder


def read(town, polygons="neighborhoods", lines="streets", **systems):
    paths = {"neighborhoods": town / f"{polygons}.geojson", "streets": town / f"{lines}.geojson"}
    return {ground.name: ground for ground in read_grounds(None, paths, systems)}


def test_declared_polygons_lie_where_the_others_do(town):
    plain = read(town)["neighborhoods"].frames["neighborhoods"]
    ground = read(town, "neighborhoods-gcj", neighborhoods="火星坐标")["neighborhoods"]
    undone = ground.frames["neighborhoods"]
    one, other = (shapely.get_coordinates(shapely.normalize(f.geometry.to_numpy())) for f in (plain, undone))
    assert other == pytest.approx(one, abs=2e-6)  # the file has its own decimals
    told = next(f for f in ground.findings if f.code == "datum.ground_undone")
    assert told.facts["datum"] == "GCJ-02"
    assert 100 < told.facts["metres"] < 710


def test_declared_streets_keep_their_lengths(town):
    plain = read(town)["streets"].frames["streets"]
    declared = read(town, lines="streets-gcj", streets="GCJ-02")["streets"].frames["streets"]
    assert declared["length_m"].sum() == pytest.approx(plain["length_m"].sum(), rel=2e-4)
    assert np.asarray(declared.total_bounds) == pytest.approx(np.asarray(plain.total_bounds), abs=5e-3)


def test_polygons_that_miss_the_streets_by_the_shift_are_asked_about_and_stay(town):
    grounds = read(town, "neighborhoods-gcj")
    asked = [f for f in grounds["neighborhoods"].findings if f.code.startswith("datum.")]
    assert [f.code for f in asked] == ["datum.ground_suspected"]
    assert asked[0].facts["undone"] < asked[0].facts["given"]
    before = json.loads((town / "neighborhoods-gcj.geojson").read_text(encoding="utf-8"))
    corner = before["features"][0]["geometry"]["coordinates"][0][0]
    kept = shapely.get_coordinates(grounds["neighborhoods"].frames["neighborhoods"].geometry.to_numpy())
    assert np.abs(kept - corner).max(axis=1).min() < 1e-9
    for language in ("zh", "en"):
        told = findings_json(asked, Translator(language))[0]
        assert "--neighborhoods-crs GCJ-02" in told["remedy"]


def test_streets_are_asked_about_when_they_come_after(town, tmp_path):
    workspace = store_grounds(tmp_path / "ws", read_grounds(None, {"neighborhoods": town / "neighborhoods.geojson"}))
    (ground,) = read_grounds(workspace, {"streets": town / "streets-gcj.geojson"})
    assert [f.code for f in ground.findings if f.code.startswith("datum.")] == ["datum.ground_streets_suspected"]


def test_ground_that_fits_is_not_asked_about(town):
    found = [f.code for ground in read(town).values() for f in ground.findings]
    assert not [code for code in found if code.startswith("datum.")]


def test_other_systems_are_for_the_file_to_name(town):
    with pytest.raises(InputError, match="EPSG:4490 cannot be declared for neighborhoods"):
        read(town, neighborhoods="EPSG:4490")
