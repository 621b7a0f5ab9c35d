"""A week's plan over a small city: what must hold of every plan, and what each refusal says."""

import dataclasses
import datetime
from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from analysis.network import Network
from analysis.plan import make_plan, monday_of
from analysis.plan_ground import Ground
from geo.errors import InputError
from geo.taxonomy import read_taxonomy
from tests.analysis.plan_world import (
    AS_OF,
    BLOCK,
    TAXONOMY,
    Expected,
    at,
    expected,
    hotspots,
    neighborhoods,
    reports,
    streets,
)
from views.i18n import Translator
from views.words import sentence

WEEK = datetime.date(2026, 11, 23)
OFFICE = ("柳溪派出所", "Willow Creek station", *at(5, 5))
SPOTS = (at(3, 3), at(6, 4), at(15, 15))


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.from_streets(streets())


def world() -> pd.DataFrame:
    """Bicycles stolen at (3, 3), loud evenings at (6, 4), robberies by night at (15, 15), and a few smaller places."""
    return pd.concat(
        [
            reports(at(3, 3), 38),
            reports(at(3, 3), 2, "hazard.lighting", open_=2),
            reports(at(6, 4), 30, "dispute.noise", hour=20),
            reports(at(15, 15), 25, "robbery", hour=22),
            reports(at(10, 10), 12),
            reports(at(5, 8), 16, "hazard.lighting"),
            reports(at(8, 3), 9),
            reports(at(2, 6), 9),
        ],
        ignore_index=True,
    )


def plan_of(events: pd.DataFrame | None = None, spots=SPOTS, network=None, **asked):
    events = world() if events is None else events
    asked = {
        "week": WEEK, "walkers": 2, "walk_minutes": 90, "watches": 3, "neighborhoods": neighborhoods(),
        "taxonomy": TAXONOMY, "starts": [OFFICE], "expected": expected(events), **asked,
    }  # fmt: skip
    return make_plan(hotspots(*spots), asked.pop("expected"), events, network=network, **asked)


def visits(plan) -> Iterator:
    yield from plan.watches
    for walk in plan.walks:
        yield from walk.stops


# ---------------------------------------------------------------- walks


@pytest.mark.parametrize("on_streets", [True, False])
def test_a_walk_leaves_from_the_office_and_comes_back_within_the_minutes(network, on_streets):
    plan = plan_of(network=network if on_streets else None)
    assert len(plan.walks) == 2
    for walk in plan.walks:
        first, last = walk.line.coords[0], walk.line.coords[-1]
        assert first == pytest.approx((walk.start.x, walk.start.y))
        assert last == pytest.approx(first)
        assert walk.minutes <= 90
        assert walk.minutes == pytest.approx(walk.length_m / 70 + sum(stop.dwell_minutes for stop in walk.stops))
        assert all(12 <= stop.dwell_minutes <= 15 for stop in walk.stops)


def test_on_streets_a_walk_is_as_long_as_its_line_and_every_metre_lies_on_a_street(network):
    ground = streets().union_all().buffer(0.01)
    for walk in plan_of(network=network).walks:
        assert walk.line.length == pytest.approx(walk.length_m)
        assert walk.line.within(ground)
        assert sum(leg.length_m for leg in walk.legs) == pytest.approx(walk.length_m)
        for stop, leg in zip(walk.stops, walk.legs, strict=False):
            assert (stop.x, stop.y) == pytest.approx(leg.line.coords[-1])


def test_without_streets_straight_lines_are_multiplied_and_it_is_said(network):
    plan = plan_of(detour_factor=1.4)
    assert (plan.on_streets, plan.detour_factor) == (False, 1.4)
    for walk in plan.walks:
        assert walk.length_m == pytest.approx(1.4 * walk.line.length)
        assert walk.legs == ()
    assert ("plan.note.no_streets", {"factor": "1.4"}) in plan.notes
    assert plan_of(network=network).detour_factor is None


def test_stops_are_reached_in_order_after_way_and_dwell(network):
    for walk in plan_of(network=network).walks:
        passed = 0.0
        for stop, leg in zip(walk.stops, walk.legs, strict=False):
            passed += leg.length_m / 70
            assert stop.arrive_minute == pytest.approx(passed)
            passed += stop.dwell_minutes


def test_no_two_walks_share_a_stop(network):
    plan = plan_of(network=network, walkers=4)
    places = [(stop.x, stop.y) for walk in plan.walks for stop in walk.stops]
    assert len(places) == len(set(places)) > 4


@settings(max_examples=12, deadline=None)
@given(minutes=st.integers(20, 240), seed=st.integers(0, 1000), column=st.integers(0, 20), row=st.integers(0, 20))
def test_a_walk_never_takes_longer_than_asked(minutes, seed, column, row):
    network = Network.from_streets(streets())
    plan = plan_of(
        network=network, walk_minutes=minutes, seed=seed, starts=[("", "", *at(column + 0.3, row))], watches=0
    )
    assert all(walk.minutes <= minutes for walk in plan.walks)


def test_walks_are_spread_over_the_weekdays_and_held_when_doors_are_opened(network):
    plan = plan_of(network=network, walkers=4)
    days = [walk.date for walk in plan.walks]
    assert len(set(days)) == len(days)
    for walk in plan.walks:
        begin = walk.start_time.hour + walk.start_time.minute / 60
        assert 9 <= begin <= 20.5 - walk.minutes / 60
        assert 0 <= (walk.date - WEEK).days <= 4
    assert [walk.number for walk in plan.walks] == [1, 2, 3, 4][: len(days)]
    assert all((a.date, a.start_time) <= (b.date, b.start_time) for a, b in pairwise(plan.walks))


def test_the_start_that_no_one_gave_is_picked_near_the_hotspots_and_said(network):
    plan = plan_of(network=network, starts=[])
    assert ("plan.note.starts_suggested", {}) in plan.notes
    assert plan.parameters["starts_given"] is False
    assert not any(walk.start.given for walk in plan.walks)
    assert all(min(np.hypot(walk.start.x - x, walk.start.y - y) for x, y in SPOTS) <= 800 for walk in plan.walks)


def test_a_long_stay_where_people_want_to_be_heard(network):
    stops = {stop.hotspot_id: stop for walk in plan_of(network=network).walks for stop in walk.stops}
    assert stops["h1"].dwell_minutes == 15  # two open matters
    assert stops["h2"].dwell_minutes == 15  # a dispute
    assert (stops["h1"].open_matters, stops["h2"].who) == (2, "mediator")


# ---------------------------------------------------------------- posts


def test_posts_stand_apart_and_cover_no_more_than_the_bound(network):
    plan = plan_of(network=network, watches=6)
    for a, b in combinations(plan.watches, 2):
        assert np.hypot(a.x - b.x, a.y - b.y) >= 300 - 1e-6
    assert 0 < plan.harm_covered <= plan.harm_covered_bound
    assert plan.harm_covered <= plan.harm_covered_all <= plan.harm_total + 1e-9


def test_the_post_s_harm_recomputes_from_the_cells_within_reach():
    events = world()
    cells = expected(events).cells
    for watch in plan_of(events).watches:
        away = np.hypot(cells["x"] - watch.x, cells["y"] - watch.y) * 1.3
        assert watch.harm == pytest.approx(cells["expected_harm"][away <= 200].sum())


def test_what_posts_and_stops_cover_is_counted_once(network):
    # One place only: a post and a stop at the same corner cover what the post covers alone.
    events = reports(at(3, 3), 40)
    plan = plan_of(events, [at(3, 3)], network, watches=1, walkers=1)
    assert plan.watches[0].harm + plan.walks[0].harm > plan.harm_total
    assert plan.harm_covered_all <= plan.harm_total + 1e-9


def test_volunteers_only_by_day_and_only_where_it_is_safe(network):
    crews = {watch.hotspot_id: watch for watch in plan_of(network=network).watches}
    assert crews["h1"].crew == "volunteers"
    assert crews["h1"].end <= datetime.time(21)
    assert crews["h3"].crew == "officers"  # robberies
    assert ("plan.reason.crew_violent", {}) in crews["h3"].reasons


def test_what_happens_after_the_volunteers_hour_is_for_officers(network):
    late = reports(at(3, 3), 40, hour=22)
    plan = plan_of(late, [at(3, 3)], network, watches=1, walkers=0)
    assert (plan.watches[0].crew, plan.watches[0].start) == ("officers", datetime.time(21))
    assert ("plan.reason.crew_late", {"hour": "21"}) in plan.watches[0].reasons


def test_a_post_stands_in_the_hotspot_s_own_peak(network):
    plan = make_plan(
        hotspots(at(3, 3), peak_hours="15–18"), expected(world()), world(), network=network, taxonomy=TAXONOMY,
        week=WEEK, walkers=0, walk_minutes=90, watches=1,
    )  # fmt: skip
    watch = plan.watches[0]
    assert watch.hotspot_id == "h1"
    assert datetime.time(15) <= watch.start < watch.end <= datetime.time(18)


def test_a_fixed_post_is_kept_and_counts(network):
    corner = at(12, 2)
    plan = plan_of(network=network, watches=2, fixed=[corner])
    kept = [watch for watch in plan.watches if watch.fixed]
    assert len(plan.watches) == 2
    assert [(watch.x, watch.y) for watch in kept] == [corner]
    assert kept[0].reasons[0] == ("plan.reason.fixed", {})


@pytest.mark.parametrize("on_streets", [True, False])
def test_nothing_stands_or_stops_in_the_forbidden_area(network, on_streets):
    (x0, y0), (x1, y1) = at(1.5, 1.5), at(4.5, 4.5)
    forbidden = box(x0, y0, x1, y1)
    plan = plan_of(network=network if on_streets else None, forbidden=forbidden)
    assert not any(forbidden.contains(box(v.x, v.y, v.x, v.y).centroid) for v in visits(plan))
    alone = plan_of(network=network if on_streets else None, forbidden=forbidden, watches=0)
    assert {left.hotspot_id: left.reason for left in alone.unreached}["h1"] == ("plan.unreached.forbidden", {})


# ---------------------------------------------------------------- never


@pytest.mark.parametrize("on_streets", [True, False])
def test_violence_at_home_is_never_a_stop_a_post_a_figure_or_a_reason(network, on_streets):
    hidden = reports(at(17, 5), 60, "assault.domestic", open_=5)
    with_it = pd.concat([world(), hidden], ignore_index=True)
    ground = network if on_streets else None
    plan, without = plan_of(with_it, network=ground), plan_of(network=ground)
    assert list(visits(plan)) == list(visits(without))
    assert plan.parameters["events_never_listed"] == 60
    for visit in visits(plan):
        assert np.hypot(visit.x - at(17, 5)[0], visit.y - at(17, 5)[1]) > 150
        assert "assault.domestic" not in str(visit)


def test_a_hotspot_s_own_list_is_cleaned_too(network):
    spots = hotspots(at(3, 3), top_categories=[[("assault.domestic", 9), ("theft.bicycle", 3)]])
    plan = make_plan(
        spots, expected(world()), world(), network=network, taxonomy=TAXONOMY, week=WEEK, walkers=1,
        walk_minutes=90, watches=0, starts=[OFFICE],
    )  # fmt: skip
    stop = next(stop for walk in plan.walks for stop in walk.stops if stop.hotspot_id == "h1")
    assert stop.categories == (("theft.bicycle", 3),)


def test_one_door_that_calls_often_is_no_stop_and_no_post(network):
    door = reports(at(17, 5), 80, "dispute.noise", points=2)
    plan = plan_of(pd.concat([world(), door], ignore_index=True), network=network, watches=5, walkers=4)
    assert all(np.hypot(v.x - at(17, 5)[0], v.y - at(17, 5)[1]) > 100 for walk in plan.walks for v in walk.stops)
    assert all(np.hypot(v.x - at(17, 5)[0], v.y - at(17, 5)[1]) > 150 for v in plan.watches)


def test_nothing_of_the_week_itself_is_known(network):
    events = world()
    later = reports(at(12, 12), 30).assign(reported_at=AS_OF + pd.Timedelta(hours=5))
    future = reports(at(12, 12), 30)
    future[["event_start", "event_end"]] += pd.Timedelta(days=90)
    known = expected(events)
    plan = plan_of(pd.concat([events, later, future], ignore_index=True), network=network, expected=known)
    assert list(visits(plan)) == list(visits(plan_of(network=network)))


# ---------------------------------------------------------------- together


def test_same_input_and_seed_give_the_same_plan(network):
    first, second = (plan_of(network=network, seed=4) for _ in range(2))
    for item in dataclasses.fields(first):
        assert getattr(first, item.name) == getattr(second, item.name), item.name


def test_the_order_of_rows_changes_nothing(network):
    events = world()
    shuffled = events.sample(frac=1, random_state=1).reset_index(drop=True)
    assert list(visits(plan_of(shuffled, network=network))) == list(visits(plan_of(events, network=network)))


def test_a_seed_turns_walks_round(network):
    orders = {
        tuple(tuple(stop.hotspot_id for stop in walk.stops) for walk in plan_of(network=network, seed=seed).walks)
        for seed in range(6)
    }
    assert len(orders) > 1


def test_any_day_stands_for_its_monday(network):
    assert monday_of(datetime.date(2026, 11, 29)) == WEEK
    plan = plan_of(network=network, week=datetime.date(2026, 11, 26))
    assert plan.week == WEEK
    assert all(WEEK <= visit.date < WEEK + datetime.timedelta(days=7) for visit in [*plan.walks, *plan.watches])


def test_hotspots_are_reached_or_named_with_what_it_would_take(network):
    far = at(19.5, 0.5)
    plan = plan_of(network=network, spots=(*SPOTS, far), walkers=1, watches=1, walk_minutes=60)
    reached = {visit.hotspot_id for visit in visits(plan)}
    named = {left.hotspot_id: left.reason for left in plan.unreached}
    assert reached | set(named) >= {"h1", "h2", "h3", "h4"}
    assert named["h4"] == ("plan.unreached.too_far", {"minutes": 68, "limit": 60})  # 2 × (1450 + 500) m / 70 + 12
    reason = plan_of(network=network, walkers=0, watches=1).unreached[0].reason
    assert reason == ("plan.unreached.no_walkers", {"n": 1})


def test_one_walk_more_is_named_where_it_would_do(network):
    # 300 m to one and 400 m to the other: 25 and 27 minutes alone, 44 together.
    plan = plan_of(network=network, walkers=1, watches=0, walk_minutes=40)
    reasons = {left.hotspot_id: left.reason for left in plan.unreached}
    assert ("plan.unreached.more_walks", {"n": 1}) in reasons.values()


def test_worth_grows_with_people_and_meets_the_plan(network):
    plan = plan_of(network=network)
    shares = [share for _, share in plan.worth]
    assert [n for n, _ in plan.worth] == [0, 1, 2, 3, 4]
    assert shares == sorted(shares)
    assert dict(plan.worth)[2] == pytest.approx(plan.harm_covered_all / plan.harm_total)
    assert dict(plan.worth_watches)[3] == pytest.approx(plan.harm_covered_all / plan.harm_total)
    assert dict(plan.worth_watches)[2] <= dict(plan.worth_watches)[3] <= dict(plan.worth_watches)[4]


def test_leaf_neighborhoods_are_visited_or_named(network):
    plan = plan_of(network=network, walkers=1, watches=1)
    assert set(plan.visited) | set(plan.unvisited) == {"west", "east"}
    assert {visit.neighborhood_id for visit in visits(plan)} == set(plan.visited)


def test_a_neighborhood_where_nothing_happens_can_still_be_visited(network):
    events = reports(at(3, 3), 40)
    plan = plan_of(events, [at(3, 3)], network, walkers=2, watches=0, walk_minutes=120)
    floor = [stop for walk in plan.walks for stop in walk.stops if ("plan.reason.floor", {}) in stop.reasons]
    assert [stop.neighborhood_id for stop in floor] == ["east"]


def test_without_hotspots_it_still_plans_by_expected_harm_and_says_so(network):
    plan = plan_of(network=network, spots=())
    assert len(plan.walks) == 2
    assert len(plan.watches) == 3
    assert ("plan.note.no_hotspots", {}) in plan.notes
    assert all(
        any(key in ("plan.reason.no_hotspots", "plan.reason.floor") for key, _ in v.reasons) for v in visits(plan)
    )


def test_without_neighborhoods_and_without_hours_it_still_plans(network):
    events = world()
    events["event_end"] = events["event_start"] + pd.Timedelta(days=30)
    events["event_start"], events["event_end"] = events["event_start"] - pd.Timedelta(days=31), events["event_start"]
    plan = plan_of(events, network=network, neighborhoods=None)
    assert len(plan.walks) == 2
    assert plan.visited == ()
    assert ("plan.reason.hours_unknown", {}) in plan.watches[0].reasons


def test_the_recent_count_recomputes_from_the_rows(network):
    events = world()
    for walk in plan_of(events, network=network, spots=()).walks:
        for stop in walk.stops:
            facts = dict(stop.reasons).get("plan.reason.recent")
            if facts:
                near = np.hypot(events["x"] - stop.x, events["y"] - stop.y) <= facts["metres"]
                recent = events["event_start"] >= AS_OF - pd.Timedelta(days=28)
                assert facts["n"] == (near & recent).sum()
                assert sum(n for _, n in stop.categories) == facts["n"]


def test_a_settled_dispute_is_due_for_another_look(network):
    events = reports(at(6, 4), 10, "dispute.noise")
    # Revisit after 7 days: closed on the Wednesday before, due on the Wednesday of the week.
    events.loc[0, "closed_at"] = pd.Timestamp("2026-11-18 10:00", tz="Asia/Shanghai")
    plan = plan_of(events, [at(6, 4)], network, walkers=1, watches=0)
    assert ("plan.reason.revisit", {"n": 1}) in plan.walks[0].stops[0].reasons


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_and_note_is_said_in_both_languages(network, language):
    t, taxonomy = Translator(language), read_taxonomy()
    plans = [
        plan_of(network=network, spots=(*SPOTS, at(19.5, 0.5)), walkers=1, watches=1, walk_minutes=60),
        plan_of(spots=(), starts=[]),
        plan_of(network=network, fixed=[at(12, 2)], walkers=0),
    ]
    for plan in plans:
        reasons = [*plan.notes, *(left.reason for left in plan.unreached)]
        reasons += [reason for walk in plan.walks for reason in walk.reasons]
        reasons += [reason for visit in visits(plan) for reason in visit.reasons]
        for reason in reasons:
            assert "{" not in sentence([reason], taxonomy, t)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("asked", "key", "words"),
    [
        ({"walkers": 0, "watches": 0}, "plan.budget_empty", "no walkers and no watches"),
        ({"walkers": -1}, "plan.negative_walkers", "walkers must not be negative; it is -1"),
        ({"watches": -2}, "plan.negative_watches", "watches must not be negative; it is -2"),
        ({"walk_minutes": 0}, "plan.walk_minutes", "longer than 0 minutes; it is 0"),
        ({"watch_hours": 13}, "plan.watch_hours", "between 0 and 12 hours; it is 13"),
        ({"reach": 5000}, "plan.reach", "the width of the area, 2000 m; it is 5000 m"),
        ({"reach": 0}, "plan.reach", "it is 0 m"),
        (
            {"starts": [("郊外", "", *at(40, 5))]},
            "plan.start_off_streets",
            "Start 1 '郊外' lies 2000 m from the streets",
        ),
        ({"fixed": [at(30, 5)]}, "plan.fixed_outside", "Fixed post 1 lies outside the area, 1001 m from it"),
        ({"fixed": [at(2, 2), at(9, 9), at(14, 3)], "watches": 2}, "plan.fixed_over_budget", "3 posts are fixed"),
        ({"forbidden": box(*at(-5, -5), *at(30, 30))}, "plan.forbidden_all", "leaves no place"),
        (
            {"forbidden": box(*at(1, 1), *at(4, 4)), "fixed": [at(2, 2)]},
            "plan.fixed_forbidden",
            "Fixed post 1 lies in the forbidden area",
        ),
    ],
)
def test_what_cannot_be_planned_is_refused_with_a_sentence_in_both_languages(network, asked, key, words):
    with pytest.raises(InputError, match=words) as caught:
        plan_of(network=network, **asked)
    assert caught.value.key == key
    for language in ("zh", "en"):
        t = Translator(language)
        assert "{" not in t(key, **caught.value.facts) + t(f"{key}.remedy", **caught.value.facts)


def test_a_start_far_outside_is_refused_without_streets_too():
    with pytest.raises(InputError, match="from the area") as caught:
        plan_of(starts=[("", "", *at(200, 5))])
    assert caught.value.key == "plan.start_outside"


def test_streets_of_another_city_are_refused():
    elsewhere = streets()
    elsewhere["geometry"] = elsewhere.geometry.translate(50_000, 0)
    with pytest.raises(InputError, match="do not overlap") as caught:
        plan_of(network=Network.from_streets(elsewhere))
    assert caught.value.key == "plan.streets_elsewhere"


def test_where_nothing_is_expected_nothing_is_planned(network):
    nothing = expected(world().iloc[:0])
    with pytest.raises(InputError, match="Nothing is expected anywhere"):
        plan_of(network=network, expected=nothing)
    with pytest.raises(InputError, match="Nothing is expected anywhere"):
        plan_of(network=network, expected=Expected(nothing.cells.iloc[:0]))


def test_a_stop_on_a_bend_of_the_street_costs_its_real_length(network):
    # The start lies between two crossings and 40 m off the street: the way to the door is walked, too.
    start = (*OFFICE[:2], OFFICE[2] + 0.4 * BLOCK, OFFICE[3] + 40)
    plan = plan_of(network=network, starts=[start], walkers=1)
    walk = plan.walks[0]
    assert walk.walking_minutes == pytest.approx((walk.length_m + 2 * 40) / 70)
    assert walk.stops[0].arrive_minute == pytest.approx((walk.legs[0].length_m + 40) / 70)


def test_starts_and_fixed_posts_that_lie_far_from_the_streets_are_listed_with_their_metres():
    x, y = at(5, 4)
    every_other = streets()
    every_other = every_other[every_other["name"].str[1:].astype(int) % 2 == 0]
    starts = [("", "", x, y), ("", "", x, y + 50), ("", "", x, y + 63.4)]
    plan = plan_of(network=Network.from_streets(every_other), starts=starts, watches=2, fixed=[(x, y + 51)])
    notes = [note for note in plan.notes if note[0].endswith("_moved")]
    assert notes == [
        ("plan.note.start_moved", {"number": 3, "metres": 63}),
        ("plan.note.post_moved", {"number": 1, "metres": 51}),
    ]
    for t in (Translator("en"), Translator("zh")):
        assert all(str(facts["metres"]) in t(key, **facts) for key, facts in notes)
    without = plan_of(starts=starts, watches=2)
    assert not [note for note in without.notes if note[0].endswith("_moved")]


def test_a_stop_is_credited_with_the_share_of_a_cell_within_its_radius():
    cells = expected(world()).cells
    ground = Ground(cells, None, 1.3, None)
    center = cells[["x", "y"]].to_numpy()[[45]]
    # A circle of 50 m holds pi / 4 of a cell of 100 m; one of 200 m holds 4 pi cells. A cell is cut into 16 parts.
    assert ground.shares_near(center, 50).toarray()[0, 45] == pytest.approx(np.pi / 4, abs=0.05)
    shares = ground.shares_near(center, 200.0)
    assert shares.sum() == pytest.approx(np.pi * 4, rel=0.05)
    assert shares.max() == 1.0


@pytest.mark.parametrize("on_streets", [True, False])
def test_where_nothing_happened_for_a_year_only_the_floor_is_left(network, on_streets):
    old = world()
    old[["event_start", "event_end"]] -= pd.Timedelta(days=800)
    plan = plan_of(old, (), network if on_streets else None, seed=-1)
    assert plan.watches == ()
    assert ("plan.note.fewer_watches", {"n": 0, "asked": 3}) in plan.notes
    assert all(("plan.reason.floor", {}) in stop.reasons for walk in plan.walks for stop in walk.stops)
    assert plan.harm_covered <= plan.harm_covered_all
