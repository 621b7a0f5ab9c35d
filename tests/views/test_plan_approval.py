"""The plan's page approves, says by which digest, tells when the plan shown is another one, and keeps the diary."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from geo.errors import InputError
from geo.plan_book import approve_plan, approved, keep_visit, visits
from geo.workspace import Workspace
from jobs.demo import make_sample
from jobs.plan_book import diary
from tests.geo.test_plan_book import WEEK, content
from tests.views.test_pages import APP, KEY, opened, words
from views.i18n import Translator
from views.pages.plan_approval import keep_rows


@pytest.fixture
def book(tmp_path) -> Workspace:
    workspace = Workspace.create(tmp_path / "w")
    approve_plan(workspace, content())
    return workspace


def rows_of(book):
    return diary(book, WEEK.isoformat())


def test_only_what_was_changed_is_kept(book):
    assert keep_rows(book, rows_of(book), [("done", 70), ("open", None)]) == 1
    assert keep_rows(book, rows_of(book), [("done", 70), ("open", None)]) == 0
    assert keep_rows(book, rows_of(book), [("missed", 70), ("done", None)]) == 2
    assert [(v.kind, v.done, v.minutes) for v in visits(book)] == [("walk", False, None), ("watch", True, None)]
    # Once kept, an entry can be corrected, not taken out.
    assert keep_rows(book, rows_of(book), [("open", None), ("open", None)]) == 0


def test_new_minutes_leave_the_day_and_the_stops(book):
    day = dt.date(2026, 11, 30)
    keep_visit(book, week=WEEK, kind="walk", item=1, done=True, minutes=60, date=day, stops=[2])
    keep_rows(book, rows_of(book), [("done", 75), ("open", None)])
    assert [(v.minutes, v.date, v.stops) for v in visits(book)] == [(75, day, (2,))]


def test_senseless_minutes_are_refused(book):
    with pytest.raises(InputError, match="between 1 and 720"):
        keep_rows(book, rows_of(book), [("done", 900), ("open", None)])


# ---------------------------------------------------------------- the page


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("approval") / "workspace"
    make_sample(folder, Translator("en"))
    return folder


@pytest.fixture
def app(sample, tmp_path, monkeypatch):
    root = tmp_path / "workspace"
    shutil.copytree(sample, root)
    monkeypatch.setenv("WALKWATCH_WORKSPACE", str(root))
    return AppTest.from_file(APP, default_timeout=120)


@pytest.mark.slow
def test_a_plan_is_approved_with_a_note_and_the_page_says_so(app, tmp_path):
    root = tmp_path / "workspace"
    shown = opened(app, "plan", lang="zh")
    assert "已批准" not in words(shown)
    shown.text_input[0].set_value("打 13812345678")
    shown.button(key="approve_now").click().run()
    assert "电话" in shown.error[0].value
    assert approved(Workspace.open(root)) == []
    shown.text_input[0].set_value("周四下雨改周五")
    shown.button(key="approve_now").click().run()
    assert not shown.exception
    (kept,) = approved(Workspace.open(root))
    assert kept.note == "周四下雨改周五"
    assert f"已批准，摘要 {kept.digest}" in words(shown)
    assert "走访记录：7 项已填 0 项" in {expander.label for expander in shown.expander}
    # The digest is of the language approved in; the plan is the same in the other one.
    other = opened(AppTest.from_file(APP, default_timeout=120), "plan", lang="en")
    assert f"Approved: {kept.digest}." in words(other)
    assert not KEY.findall(words(other))


@pytest.mark.slow
def test_another_budget_is_another_plan_and_last_week_is_compared(app):
    shown = opened(app, "plan", lang="en", week="2026-W47")
    shown.button(key="approve_now").click().run()
    later = opened(AppTest.from_file(APP, default_timeout=120), "plan", lang="en", week="2026-W48")
    assert "Since last week:" in words(later)
    assert "Approved:" not in words(later)
    changed = opened(AppTest.from_file(APP, default_timeout=120), "plan", lang="en", week="2026-W47", walkers="2")
    assert "Approved for this week is another plan" in words(changed)
