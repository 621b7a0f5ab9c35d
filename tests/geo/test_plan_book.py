"""The plan book: approved whole or not at all, replaced with a trace, and no word of a person."""

import datetime as dt

import pytest
from sqlalchemy import select

from geo import database
from geo.errors import InputError
from geo.plan_book import LONGEST_NOTE, approve_plan, approved, approved_in, keep_visit, note_of, visits
from geo.workspace import Workspace
from views.i18n import LANGUAGES, Translator

WEEK = dt.date(2026, 11, 23)


def content(week=WEEK, digest="1111 2222 3333 4444"):
    stops = [{"number": n, "neighborhood_id": leaf, "topics": ["noise"]} for n, leaf in ((1, "a1"), (2, "b1"))]
    return {
        "week": week.isoformat(),
        "seed": 7,
        "digest": digest,
        "walks": [{"number": 1, "date": "2026-11-24", "minutes": 80.0, "stops": stops}],
        "watches": [{"number": 1, "date": "2026-11-27", "neighborhood_id": "c1", "topics": []}],
    }


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace.create(tmp_path / "w")


@pytest.fixture
def book(workspace) -> Workspace:
    approve_plan(workspace, content(), areas={"a1": "A", "b1": "B", "z9": "Z"})
    return workspace


def rows(workspace, table):
    with workspace.engine.connect() as connection:
        return list(connection.execute(select(table).order_by(table.c.number)))


def test_an_approval_keeps_the_plan_and_says_who_in_the_log_alone(workspace):
    kept = approve_plan(workspace, content(), " 雨天改期 \n", {"a1": "A", "z9": "Z"})
    assert approved(workspace) == [kept]
    assert (kept.week, kept.seed, kept.digest, kept.note) == (WEEK, 7, "1111 2222 3333 4444", "雨天改期")
    assert kept.content == content()
    assert kept.areas == {"a1": "A"}
    log = rows(workspace, database.audit)[-1]
    assert log.action == "approve"
    assert log.facts == {"week": "2026-11-23", "digest": "1111 2222 3333 4444", "replaced": False}
    assert log.who


def test_approving_again_replaces_with_a_trace(book):
    later = approve_plan(book, content(digest="9999 2222 3333 4444"), "again")
    assert [plan.digest for plan in approved(book)] == ["9999 2222 3333 4444"]
    assert [(row.number, row.replaced_by) for row in rows(book, database.plans)] == [(1, 2), (2, None)]
    assert later.number == 2
    assert rows(book, database.audit)[-1].facts["replaced"] is True


def test_approving_the_same_twice_is_one_approval(book):
    again = approve_plan(book, content())
    assert again.number == 1
    assert len(rows(book, database.plans)) == 1
    assert [row.action for row in rows(book, database.audit)].count("approve") == 1


def test_weeks_are_kept_apart_and_in_order(book):
    approve_plan(book, content(dt.date(2026, 11, 16)))
    assert [plan.week for plan in approved(book)] == [dt.date(2026, 11, 16), WEEK]
    assert approved_in(book, WEEK).week == WEEK
    assert approved_in(book, dt.date(2026, 11, 30)) is None


def test_a_crash_between_leaves_the_state_before(book, monkeypatch):
    monkeypatch.setattr(Workspace, "log_with", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        approve_plan(book, content(digest="9999 2222 3333 4444"))
    with pytest.raises(ZeroDivisionError):
        keep_visit(book, week=WEEK, kind="walk", item=1, done=True)
    assert [plan.digest for plan in approved(Workspace.open(book.root))] == ["1111 2222 3333 4444"]
    assert visits(book) == []


@pytest.mark.parametrize(
    "note",
    ["打 13812345678 找他", "call 212-555-0199", "身份证 310101199001011237", "沪A12345", "a@b.cn", "编号20261123456"],
)
def test_a_note_that_looks_like_a_person_s_number_is_refused(workspace, note):
    with pytest.raises(InputError, match="seems to hold a phone") as caught:
        approve_plan(workspace, content(), note)
    assert caught.value.key == "plan_book.note_person"
    assert approved(workspace) == []


def test_a_note_is_short(workspace):
    assert note_of("好" * LONGEST_NOTE) == "好" * LONGEST_NOTE
    assert note_of("2026-11-23 下雨，第 3 站改 15 分钟") == "2026-11-23 下雨，第 3 站改 15 分钟"
    with pytest.raises(InputError, match="has 201 characters; 200 are the most"):
        approve_plan(workspace, content(), "x" * 201)


def test_the_diary_holds_what_was_done_and_where(book):
    keep_visit(book, week=WEEK, kind="watch", item=1, done=False)
    walk = keep_visit(book, week=WEEK, kind="walk", item=1, done=True, minutes=75, stops=[2])
    assert (walk.date, walk.stops, walk.neighborhoods) == (dt.date(2026, 11, 24), (2,), ("b1",))
    assert [(v.kind, v.done, v.neighborhoods) for v in visits(book)] == [("walk", True, ("b1",)), ("watch", False, ())]
    assert visits(book, dt.date(2026, 11, 30)) == []


def test_a_walk_done_visited_all_its_stops_unless_said_otherwise(book):
    walk = keep_visit(book, week=WEEK, kind="walk", item=1, done=True)
    assert (walk.stops, walk.neighborhoods, walk.minutes) == ((1, 2), ("a1", "b1"), None)


def test_an_entry_corrected_leaves_a_trace_and_the_same_again_none(book):
    keep_visit(book, week=WEEK, kind="walk", item=1, done=False)
    for _ in range(2):
        keep_visit(book, week=WEEK, kind="walk", item=1, done=True, minutes=80)
    assert [v.done for v in visits(book)] == [True]
    assert [(row.number, row.replaced_by) for row in rows(book, database.visits)] == [(1, 2), (2, None)]


def test_what_was_done_stays_done_when_the_plan_is_replaced(book):
    keep_visit(book, week=WEEK, kind="walk", item=1, done=True)
    approve_plan(book, content(digest="9999 2222 3333 4444"))
    assert [(v.plan, v.done) for v in visits(book)] == [(1, True)]
    keep_visit(book, week=WEEK, kind="walk", item=1, done=False)
    assert [(v.plan, v.done) for v in visits(book)] == [(1, True), (2, False)]


@pytest.mark.parametrize(
    ("asked", "key", "words"),
    [
        ({"week": dt.date(2026, 11, 30)}, "plan_book.no_plan", "No plan of the week of 2026-11-30 is approved"),
        ({"item": 4}, "plan_book.no_walk", "has no walk 4; it has 1"),
        ({"kind": "watch", "item": 0}, "plan_book.no_watch", "has no watch 0; it has 1"),
        ({"stops": [2, 5]}, "plan_book.no_stop", "Walk 1 has no stop 5; it has 2"),
        ({"minutes": 0}, "plan_book.minutes", "between 1 and 720; they are 0"),
        ({"minutes": 721}, "plan_book.minutes", "they are 721"),
        ({"minutes": float("nan")}, "plan_book.minutes", "they are nan"),
        ({"done": False, "minutes": 30}, "plan_book.minutes_missed", "took no minutes; 30 are given"),
        ({"date": dt.date(2026, 11, 15)}, "plan_book.date", "from 2026-11-16 to 2026-12-06"),
        ({"date": dt.date(2026, 12, 7)}, "plan_book.date", "too far from the week"),
    ],
)
def test_what_makes_no_sense_is_refused_in_both_languages(book, asked, key, words):
    with pytest.raises(InputError, match=words) as caught:
        keep_visit(book, **({"week": WEEK, "kind": "walk", "item": 1, "done": True} | asked))
    assert caught.value.key == key
    for language in LANGUAGES:
        assert "{" not in Translator(language).error(caught.value)
    assert visits(book) == []


def test_the_last_days_that_may_be_named(book):
    for day in (dt.date(2026, 11, 16), dt.date(2026, 12, 6)):
        assert keep_visit(book, week=WEEK, kind="walk", item=1, done=True, date=day).date == day
