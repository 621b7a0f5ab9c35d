import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.privacy import VolunteerPost, crossings_of, for_volunteers
from geo.volunteers import CROSSING_WITHIN
from tests.plan_world import BLOCK, X0, Y0, at, place_of, toy_plan, toy_streets


def let_out(plan, crossings=None):
    return for_volunteers(
        plan,
        street_of=lambda x, y, unit: place_of(x, y, "zh"),
        area_of=lambda unit: f"area {unit}",
        crossings=crossings_of(toy_streets()) if crossings is None else crossings,
        to_degrees=lambda x, y: (116.0 + (x - X0) / 1e5, 39.0 + (y - Y0) / 1e5),
    )


def test_a_post_holds_only_what_is_on_the_list():
    assert [field.name for field in dataclasses.fields(VolunteerPost)] == [
        "number", "date", "start", "end", "street", "area", "topics", "lon", "lat",
    ]  # fmt: skip


def test_posts_of_officers_do_not_pass():
    plan = toy_plan()
    assert [post.number for post in let_out(plan)] == [w.number for w in plan.watches if w.crew == "volunteers"] == [1]


def test_no_walk_passes():
    plan = toy_plan()
    plan.watches = ()
    assert let_out(plan) == []


@given(dx=st.floats(-70, 70), dy=st.floats(-70, 70))
def test_a_post_stands_at_the_crossing_wherever_the_reports_were(dx, dy):
    plan = toy_plan()
    plan.watches[0].x, plan.watches[0].y = at(6, 1)[0] + dx, at(6, 1)[1] + dy
    post = let_out(plan)[0]
    assert (post.lon, post.lat) == (round(116 + 6 * BLOCK / 1e5, 4), round(39 + BLOCK / 1e5, 4))
    assert post.street == place_of(*at(6, 1), "zh")


@given(x=st.floats(0, 1200), y=st.floats(0, 900))
def test_degrees_have_at_most_four_decimals(x, y):
    plan = toy_plan()
    plan.watches[0].x, plan.watches[0].y = X0 + x, Y0 + y
    post = let_out(plan)[0]
    assert post.lon == round(post.lon, 4)
    assert post.lat == round(post.lat, 4)


@pytest.mark.parametrize("crossings", [np.empty((0, 2)), np.add([at(6, 1)], (0, CROSSING_WITHIN + 1))])
def test_without_a_crossing_in_sight_there_is_an_area_and_no_coordinate(crossings):
    post = let_out(toy_plan(), crossings)[0]
    assert (post.lon, post.lat, post.street) == (None, None, "area n2")


def test_crossings_are_where_three_ways_meet():
    # 9 by 7 streets: 63 nodes, of which the 4 corners join only two pieces.
    assert len(crossings_of(toy_streets())) == 63 - 4
    assert crossings_of(None).shape == (0, 2)
