"""Every neighborhood is visited in time, or named with what it would take; posts stay where others hardly do more."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from analysis.network import Network
from analysis.plan_compare import kept_and_new
from analysis.plan_floor import FLOOR_WEEKS, Floor
from analysis.sites import choose_sites
from analysis.walks import best_loop, choose_loops
from geo.taxonomy import read_taxonomy
from tests.analysis.plan_world import at, reports, streets
from tests.analysis.test_plan import plan_of, visits
from views.i18n import LANGUAGES, Translator
from views.words import sentence


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.from_streets(streets())


def floor_of(since, weeks=None, harm=None) -> Floor:
    n = len(since)
    ids = [f"u{k:02}" for k in range(n)]
    harm = np.arange(n, 0, -1.0) if harm is None else np.asarray(harm, dtype=float)
    return Floor(ids, np.arange(n), list(since), list(weeks or [FLOOR_WEEKS] * n), harm)


def all_of(floor) -> np.ndarray:
    return np.ones(len(floor.ids), dtype=bool)


# ---------------------------------------------------------------- who is due


def test_the_last_chance_is_the_thirteenth_week():
    floor = floor_of([12, 13, 14, 1])
    assert floor.due(all_of(floor)) == [2, 1]


def test_where_residents_feel_least_safe_it_comes_sooner():
    floor = floor_of([4, 4, 1], weeks=[13, 4, 4])
    assert floor.due(all_of(floor)) == [1]
    assert floor.reasons(1) == (("plan.reason.not_visited", {"n": 3}), ("plan.reason.least_safe", {"n": 4}))


def test_those_never_visited_are_taken_in_turn_the_most_harm_first():
    floor = floor_of([None] * 30, harm=np.arange(30))
    assert floor.a_week == 3  # 30 in 13 weeks
    assert floor.due(all_of(floor)) == [29, 28, 27]
    assert floor.reasons(0) == (("plan.reason.never_visited", {}),)


def test_what_no_walk_can_reach_takes_nobodys_turn():
    floor = floor_of([None, None, 13])
    assert floor.due(np.array([False, True, False])) == [2, 1]


def test_many_with_one_last_chance_begin_earlier():
    # Ten can be served in four weeks at one a week or so: a_week is ceil(10 / 13) = 1; all ten are due in three weeks.
    floor = floor_of([10] * 10)
    assert len(floor.due(all_of(floor))) == 7  # three may wait for the three weeks to come


@given(st.lists(st.one_of(st.none(), st.integers(1, 30)), min_size=1, max_size=40), st.integers(1, 13))
def test_who_is_late_is_always_due_and_nobody_twice(since, weeks):
    floor = floor_of(since, weeks=[weeks] * len(since))
    due = floor.due(all_of(floor))
    assert len(due) == len(set(due))
    assert {k for k, s in enumerate(since) if s is not None and s >= weeks} <= set(due)


@pytest.mark.parametrize("n", [1, 15, 26, 98])
def test_kept_at_its_pace_the_floor_holds_from_the_first_week_on(n):
    since: list = [None] * n
    for week in range(40):
        floor = floor_of(since)
        due = floor.due(all_of(floor))
        assert len(due) <= 2 * floor.a_week
        since = [1 if k in due else None if s is None else s + 1 for k, s in enumerate(since)]
        assert week < FLOOR_WEEKS or None not in since
        assert all(s is None or s <= FLOOR_WEEKS for s in since)


# ---------------------------------------------------------------- walks


def road():
    """Start at 0; two rich stops 5 minutes off, a poor one 20 minutes off the other way."""
    position = np.array([0.0, 5.0, 6.0, -20.0])
    return np.abs(position[:, None] - position), np.full(3, 12.0), np.array([5.0, 5.0, 0.01])


@pytest.mark.parametrize("exact_stops", [0, 10])
def test_a_walk_goes_where_a_visit_is_due_and_keeps_its_minutes(exact_stops):
    travel, dwell, prize = road()
    asked = {"budget": 55, "max_stops": 6, "exact_stops": exact_stops, "premium": 20.0}
    plain = best_loop(travel, dwell, prize, rng=np.random.default_rng(0), **asked)
    due = best_loop(travel, dwell, prize, rng=np.random.default_rng(0), serves=np.array([-1, -1, 4]), **asked)
    assert set(plain) == {0, 1}
    assert set(due) == {2}  # 40 minutes on the way, 12 there: nothing else fits
    too_far = best_loop(travel, dwell, prize, rng=np.random.default_rng(0), serves=np.array([-1, -1, 4]),
                        **asked | {"budget": 50})  # fmt: skip
    assert set(too_far) == {0, 1}


@pytest.mark.parametrize("exact_stops", [0, 10])
def test_two_stops_in_one_due_neighborhood_count_once(exact_stops):
    travel, dwell, prize = np.full((5, 5), 5.0), np.full(4, 10.0), np.array([1.0, 1.0, 3.0, 1.0])
    np.fill_diagonal(travel, 0.0)
    serves = np.array([0, 0, -1, 1])
    found = best_loop(travel, dwell, prize, budget=60, max_stops=3, rng=np.random.default_rng(0),
                      exact_stops=exact_stops, serves=serves, premium=10.0)  # fmt: skip
    assert sorted(serves[list(found)]) == [-1, 0, 1]


def test_the_next_walk_need_not_go_where_the_first_has_been():
    travel, dwell, prize = np.full((5, 5), 5.0), np.full(4, 30.0), np.array([1.0, 2.0, 9.0, 8.0])
    np.fill_diagonal(travel, 0.0)
    loops = choose_loops(travel[:1, 1:], travel[1:, 1:], dwell, prize, walks=2, budget=45, max_stops=3, seed=0,
                         serves=np.array([0, 0, -1, -1]))  # fmt: skip
    assert [loop.stops for loop in loops] == [(1,), (2,)]


# ---------------------------------------------------------------- the whole plan


def quiet_east():
    """All that happens, happens in the west."""
    events = pd.concat([reports(at(3, 3), 40), reports(at(6, 4), 30, "dispute.noise"), reports(at(5, 8), 20)])
    return events.reset_index(drop=True)


def floored(network, since, *, weeks=None, spots=(at(3, 3), at(6, 4)), **asked):
    floor = {"west": 13, "east": 13} | (weeks or {})
    return plan_of(quiet_east(), spots, network, **{"last_visit_weeks": since, "floor_weeks": floor, **asked})


def reasons_in(plan, leaf) -> list:
    return [reason for visit in visits(plan) if visit.neighborhood_id == leaf for reason in visit.reasons]


@pytest.mark.parametrize("on_streets", [True, False])
def test_a_neighborhood_whose_visit_is_due_gets_a_stop_that_says_so(network, on_streets):
    ground = network if on_streets else None
    without = floored(ground, {"west": 1, "east": 5}, walkers=1, watches=0)
    assert without.visited == ("west",)
    due = floored(ground, {"west": 1, "east": 13}, walkers=1, watches=0)
    assert "east" in due.visited
    assert ("plan.reason.not_visited", {"n": 12}) in reasons_in(due, "east")
    assert ("plan.reason.floor", {}) not in reasons_in(due, "east")
    assert due.parameters["floor_due"] == ["east"]
    assert all(walk.minutes <= 90 for walk in due.walks)


def test_it_is_said_once_and_where_people_feel_least_safe_too(network):
    plan = floored(network, {"west": 1, "east": 6}, weeks={"east": 6}, walkers=2, watches=0)
    said = reasons_in(plan, "east")
    assert said.count(("plan.reason.least_safe", {"n": 6})) == 1
    assert said.count(("plan.reason.not_visited", {"n": 5})) == 1


def test_one_that_no_walk_reaches_is_named_with_what_it_would_take(network):
    far = floored(network, {"west": 1, "east": 13}, starts=[("", "", *at(1, 1))], walk_minutes=30, walkers=2)
    named = {left.neighborhood_id: left.reason for left in far.unreached if left.hotspot_id is None}
    key, facts = named["east"]
    assert key == "plan.unreached.due_too_far"
    assert (facts["weeks"], facts["limit"]) == (13, 30)
    assert facts["minutes"] > 30
    # Half an hour a walk is too short for it, but not that much time.
    enough = floored(network, {"west": 1, "east": 13}, starts=[("", "", *at(1, 1))], walk_minutes=facts["minutes"] + 1)
    assert "east" in enough.visited


def test_without_walks_or_with_too_few_it_is_named_as_well(network):
    none = floored(network, {"west": 13, "east": 13}, walkers=0, watches=1)
    assert [left.reason for left in none.unreached if left.hotspot_id is None] == [
        ("plan.unreached.due_no_walkers", {"weeks": 13})
    ]
    one = floored(network, {"west": 13, "east": 13}, walkers=1, watches=0, walk_minutes=45, starts=[])
    assert [left.reason for left in one.unreached if left.hotspot_id is None] == [
        ("plan.unreached.due_more_walks", {"weeks": 13, "n": 1})
    ]


def test_a_post_will_do(network):
    plan = floored(network, {"west": 13, "east": 1}, walkers=0, watches=1)
    assert plan.visited == ("west",)
    assert plan.watches[0].reasons[0] == ("plan.reason.not_visited", {"n": 12})
    assert not [left for left in plan.unreached if left.hotspot_id is None]


def test_leaves_count_for_the_neighborhood_they_lie_in(network):
    plan = plan_of(
        quiet_east(), (at(3, 3),), network, walkers=1, watches=0,
        unit_of={"west": "city", "east": "city"}, floor_weeks={"city": 13}, last_visit_weeks={"city": 13},
    )  # fmt: skip
    assert plan.parameters["floor_due"] == ["city"]
    assert not [left for left in plan.unreached if left.hotspot_id is None]


def test_without_a_floor_nothing_is_due(network):
    plan = plan_of(network=network)
    assert plan.parameters["floor_due"] == []
    assert list(visits(plan)) == list(visits(plan_of(network=network, last_visit_weeks={"west": 50})))


def test_the_same_memory_gives_the_same_plan(network):
    first, second = (floored(network, {"west": None, "east": None}) for _ in range(2))
    assert list(visits(first)) == list(visits(second))
    assert first.unreached == second.unreached


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_of_it_is_said_in_both_languages(network, language):
    t, taxonomy = Translator(language), read_taxonomy()
    plans = [
        floored(network, {"west": 13, "east": None}, weeks={"east": 6}),
        floored(network, {"west": 13, "east": 13}, walkers=0, watches=1),
        floored(network, {"west": 1, "east": 13}, starts=[("", "", *at(1, 1))], walk_minutes=30),
        floored(network, {"west": 13, "east": 13}, walkers=1, watches=0, walk_minutes=45, starts=[]),
    ]
    for plan in plans:
        reasons = [left.reason for left in plan.unreached] + [r for visit in visits(plan) for r in visit.reasons]
        assert all("{" not in sentence([reason], taxonomy, t) for reason in reasons)


# ---------------------------------------------------------------- last week's posts


def table(rows) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.array(rows, dtype=bool))


def test_last_weeks_post_stays_for_one_per_cent_and_no_more():
    covers = table([[1, 0], [0, 1]])
    assert choose_sites(covers, np.array([100.0, 99.2]), budget=1, preferred=[1]).order == (1,)
    assert choose_sites(covers, np.array([100.0, 98.8]), budget=1, preferred=[1]).order == (0,)
    kept = choose_sites(covers, np.array([100.0, 99.2]), budget=1, preferred=[1])
    assert (kept.covered, kept.bound) == (pytest.approx(99.2), pytest.approx(100, rel=1e-3))


@given(seed=st.integers(0, 10**4))
def test_keeping_posts_never_costs_more_than_one_per_cent(seed):
    rng = np.random.default_rng(seed)
    covers = sparse.csr_matrix(rng.random((12, 30)) < 0.2)
    demand = rng.gamma(0.5, 1.0, 30)
    best = choose_sites(covers, demand, budget=4)
    stayed = choose_sites(covers, demand, budget=4, preferred=rng.choice(12, 4, replace=False).tolist())
    assert stayed.covered >= 0.99 * best.covered - 1e-9
    assert stayed.covered <= stayed.bound + 1e-9


def test_last_weeks_posts_are_known_again_and_say_so(network):
    first = plan_of(network=network)
    posts = [(watch.x, watch.y) for watch in first.watches]
    again = plan_of(network=network, previous_posts=posts)
    assert [(watch.x, watch.y) for watch in again.watches] == posts
    assert all(("plan.reason.stayed", {}) in watch.reasons for watch in again.watches)
    assert again.harm_covered >= 0.99 * first.harm_covered


def test_places_kept_and_new_are_counted():
    now, before = np.array([[0.0, 0.0], [500.0, 0.0]]), np.array([[60.0, 0.0], [900.0, 0.0]])
    assert kept_and_new(now, before) == (1, 1)
    assert kept_and_new(now, before[:0]) == (0, 2)
    assert kept_and_new(now[:0], before) == (0, 0)
