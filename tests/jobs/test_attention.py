"""Shares of attention follow the minutes spent: by the diary where there is one, else by approved plans."""

import datetime as dt
from types import SimpleNamespace

import pytest

from geo.plan_book import Approved, Visit
from jobs import attention as job

WEEK = dt.date(2026, 11, 2)
CONTENT = {
    "walks": [
        {"number": 1, "stops": [
            {"number": 1, "neighborhood_id": "a1", "dwell_minutes": 12.0},
            {"number": 2, "neighborhood_id": "b", "dwell_minutes": 18.0},
        ]},
    ],
    "watches": [{"number": 1, "neighborhood_id": "b", "start": "23:00", "end": "01:00"}],
}  # fmt: skip


def plan(week: dt.date) -> Approved:
    return Approved(1, week, 0, "", CONTENT, {}, "", dt.datetime(2026, 11, 1), None)


def entry(kind: str, *, done: bool, stops: tuple[int, ...] = ()) -> Visit:
    return Visit(
        plan=1, week=WEEK, kind=kind, item=1, date=WEEK, done=done, stops=stops, neighborhoods=(), minutes=None
    )


def shares(monkeypatch: pytest.MonkeyPatch, week: dt.date, diary: list[Visit]) -> dict[str, float]:
    dataset = SimpleNamespace(workspace=None, shown_unit_of={"a1": "a", "a2": "a", "b": "b"})
    monkeypatch.setattr(job, "approved", lambda workspace: [plan(week)])
    monkeypatch.setattr(job, "visits", lambda workspace: diary)
    return job.attention(dataset, dt.date(2026, 11, 9))


def test_an_approved_plan_of_a_past_week_is_taken_as_done(monkeypatch):
    assert shares(monkeypatch, WEEK, []) == pytest.approx({"a": 12 / 150, "b": 138 / 150})


def test_the_diary_says_what_was_missed_and_which_stops_were_visited(monkeypatch):
    diary = [entry("walk", done=True, stops=(1,)), entry("watch", done=False)]
    assert shares(monkeypatch, WEEK, diary) == {"a": 1.0}


def test_weeks_to_come_and_old_ones_do_not_count(monkeypatch):
    assert shares(monkeypatch, dt.date(2026, 11, 9), []) == {}
    assert shares(monkeypatch, WEEK - dt.timedelta(weeks=13), []) == {}
