"""Units within units: parents from the ground where no column names them, and what does not fit told."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import box

from geo.errors import InputError
from geo.locate import assign_neighborhoods, leaf_neighborhoods
from geo.neighborhoods import read_neighborhoods
from geo.nesting import nest


def units(boxes, parents=None):
    names = list(boxes)
    return gpd.GeoDataFrame(
        {"neighborhood_id": names, "name": names, "parent_id": [(parents or {}).get(name) for name in names]},
        geometry=[box(*corners) if len(corners) == 4 else corners for corners in boxes.values()], crs=4326,
    )  # fmt: skip


THREE_LEVELS = {
    "g1": (0, 0, 0.1, 0.1), "g2": (0.1, 0, 0.2, 0.1), "station": (0, 0, 0.4, 0.1), "c1": (0, 0, 0.2, 0.1),
    "g3": (0.2, 0, 0.3, 0.1), "c2": (0.2, 0, 0.4, 0.1), "g4": (0.3, 0, 0.4, 0.1),
}  # fmt: skip


def parents_of(frame):
    parents = frame["parent_id"].astype(object).where(frame["parent_id"].notna(), None)
    return dict(zip(frame["neighborhood_id"], parents, strict=True))


def told(findings):
    return {f.code: f for f in findings}


def test_three_levels_in_one_file_find_their_parents_from_the_ground():
    frame, findings = nest(units(THREE_LEVELS))
    assert parents_of(frame) == {
        "station": None, "c1": "station", "c2": "station", "g1": "c1", "g2": "c1", "g3": "c2", "g4": "c2",
    }  # fmt: skip
    found = told(findings)["neighborhoods.parents_found"]
    assert (found.rows, found.facts["above"]) == (6, 3)
    assert leaf_neighborhoods(frame)["neighborhood_id"].tolist() == ["g1", "g2", "g3", "g4"]


def test_borders_drawn_with_some_play_still_nest():
    rng = np.random.default_rng(4)
    boxes = {name: tuple(np.array(corners) + rng.uniform(-0.0002, 0.0002, 4)) for name, corners in THREE_LEVELS.items()}
    frame, _ = nest(units(boxes))
    assert parents_of(frame)["g4"] == "c2"
    assert parents_of(frame)["c1"] == "station"


def test_parents_named_by_a_column_stay_and_only_missing_ones_are_found():
    named = {"g1": "c1", "g2": "c1", "g3": "c2", "g4": "c2"}
    frame, findings = nest(units(THREE_LEVELS, named))
    assert parents_of(frame) == {**named, "station": None, "c1": "station", "c2": "station"}
    assert told(findings)["neighborhoods.parents_found"].rows == 2


def test_a_unit_drawn_on_another_takes_its_ground():
    frame, findings = nest(units({"town": (0, 0, 0.4, 0.4), "park": (0.1, 0.1, 0.2, 0.2)}))
    assert parents_of(frame) == {"town": None, "park": None}
    assert shapely.area(frame.geometry.to_numpy()).tolist() == pytest.approx([0.15, 0.01])
    cut = told(findings)["neighborhoods.cut_out"]
    assert (cut.facts["inner"], cut.facts["outer"]) == ("park", "town")
    assert cut.facts["hectares"] == pytest.approx(12_310, rel=1e-3)
    lon, lat = np.array([0.15, 0.05]), np.array([0.15, 0.05])
    assert assign_neighborhoods(lon, lat, frame).tolist() == ["park", "town"]


def test_the_same_ground_twice_makes_no_family():
    frame, _ = nest(units({"a": (0, 0, 0.1, 0.1), "b": (0, 0, 0.1, 0.1)}))
    assert parents_of(frame) == {"a": None, "b": None}


def test_a_unit_far_from_its_parent_and_a_parent_partly_bare_are_told():
    boxes = {"station": (0, 0, 0.4, 0.1), "c1": (0, 0, 0.3, 0.1), "c2": (1, 0, 1.1, 0.1)}
    _, findings = nest(units(boxes, {"c1": "station", "c2": "station"}))
    apart, bare = told(findings)["neighborhoods.parent_apart"], told(findings)["neighborhoods.parent_bare"]
    assert (apart.facts["inner"], apart.facts["outer"], apart.facts["share"]) == ("c2", "station", 0)
    assert bare.facts["share"] == pytest.approx(0.25, rel=1e-3)


def test_parents_in_a_circle_are_refused():
    with pytest.raises(InputError, match="in a circle: a → b → a"):
        nest(units({"a": (0, 0, 0.1, 0.1), "b": (0.1, 0, 0.2, 0.1)}, {"a": "b", "b": "a"}))


def test_a_file_of_one_level_stays_as_it_is():
    one = {name: corners for name, corners in THREE_LEVELS.items() if name[0] == "g"}
    frame, findings = nest(units(one))
    assert not findings
    assert frame["parent_id"].isna().all()


def test_reading_a_file_of_three_levels_tells_what_was_found(tmp_path):
    frame = units(THREE_LEVELS).drop(columns="parent_id").rename(columns={"neighborhood_id": "id"})
    frame.to_file(tmp_path / "units.geojson", driver="GeoJSON")
    named, findings = read_neighborhoods(tmp_path / "units.geojson")
    assert {"neighborhoods.parents_found"} == {f.code for f in findings} - {"neighborhoods.columns"}
    assert parents_of(named)["g4"] == "c2"
