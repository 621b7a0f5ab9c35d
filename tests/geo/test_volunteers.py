import dataclasses
import datetime as dt
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InputError
from geo.privacy import VolunteerPost, crossings_of, for_volunteers
from geo.settings import SETTINGS_FILE, read_settings
from geo.volunteers import CROSSING_WITHIN, check_ins
from tests.plan_world import BLOCK, X0, Y0, at, place_of, toy_plan, toy_streets


def let_out(plan, crossings=None, **asked):
    return for_volunteers(
        plan,
        street_of=lambda x, y, unit: place_of(x, y, "zh"),
        area_of=lambda unit: f"area {unit}",
        crossings=crossings_of(toy_streets()) if crossings is None else crossings,
        to_degrees=lambda x, y: (116.0 + (x - X0) / 1e5, 39.0 + (y - Y0) / 1e5),
        **({"topics_of": lambda keys, day: keys} | asked),
    )


def test_a_post_holds_only_what_is_on_the_list():
    assert [field.name for field in dataclasses.fields(VolunteerPost)] == [
        "number", "date", "start", "end", "street", "area", "topics", "lon", "lat", "check_in", "sunset",
        "crossing", "round",
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


def test_topics_pass_only_as_the_rule_for_volunteers_gives_them():
    asked = []

    def rule(keys, day):
        asked.append((keys, day))
        return ["fire"]

    plan = toy_plan()
    post = let_out(plan, topics_of=rule)[0]
    assert post.topics == ("fire",)
    assert asked == [(plan.watches[0].topics, plan.watches[0].date)]


@given(dx=st.floats(-70, 70), dy=st.floats(-70, 70))
def test_names_round_and_sunset_are_asked_for_the_crossing_alone(dx, dy):
    plan, asked = toy_plan(), []
    plan.watches[0].x, plan.watches[0].y = at(6, 1)[0] + dx, at(6, 1)[1] + dy

    def round_of(x, y):
        asked.append((x, y))

    def sunset_of(day, lon, lat):
        asked.append((lon, lat))

    post = let_out(plan, round_of=round_of, sunset_of=sunset_of)[0]
    assert asked == [(post.lon, post.lat), at(6, 1)]
    assert (post.crossing, post.round, post.sunset) == (at(6, 1), None, None)


def test_a_round_passes_with_its_crossings_at_four_decimals_and_lengths_to_ten_metres():
    line = shapely.LineString([at(6, 1), at(6, 2), at(6, 1)])
    turn = SimpleNamespace(kind="start", street="新桥路", street_en="New Bridge Road", length_m=154.9)
    way = SimpleNamespace(loop=False, length_m=304.9, turns=(turn,), corners=np.array(line.coords), line=line)
    post = let_out(toy_plan(), round_of=lambda x, y: way)[0]
    assert (post.round.loop, post.round.length_m, post.round.minutes) == (False, 300, 7)
    assert dataclasses.astuple(post.round.turns[0]) == ("start", "新桥路", "New Bridge Road", 150)
    assert post.round.corners == ((116.009, 39.0015), (116.009, 39.003), (116.009, 39.0015))
    assert [field.name for field in dataclasses.fields(post.round)] == [
        "loop", "length_m", "minutes", "turns", "corners", "line",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        ((19, 0), (21, 0), ["19:00", "20:00", "21:00"]),
        ((18, 30), (20, 0), ["18:30", "19:30", "20:00"]),
        ((9, 0), (10, 15), ["09:00", "10:15"]),
        ((22, 0), (0, 0), ["22:00", "23:00", "00:00"]),
        ((20, 0), (20, 30), ["20:00", "20:30"]),
    ],
)
def test_one_checks_in_at_the_start_every_hour_and_at_the_end(start, end, times):
    assert [f"{moment:%H:%M}" for moment in check_ins(dt.time(*start), dt.time(*end))] == times


@pytest.mark.parametrize(
    ("phone", "fits"), [("010-6555 0110", True), ("+86 (10) 6555 0110", True), ("", True), ("call Li", False)]
)
def test_the_number_to_call_is_a_number(tmp_path, phone, fits):
    (tmp_path / SETTINGS_FILE).write_text(f'station_phone = "{phone}"\n', encoding="utf-8")
    if fits:
        assert read_settings(tmp_path).station_phone == phone
    else:
        with pytest.raises(InputError, match="station_phone"):
            read_settings(tmp_path)
