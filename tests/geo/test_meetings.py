"""What meetings answered is kept once, corrected with a trace, answered in words of a list, taken in from files."""

import dataclasses
import datetime as dt
import json

import pytest
from sqlalchemy import func, select, text

from geo.errors import InputError
from geo.meeting_tables import engine_of, poll_table, remark_table
from geo.meetings import (
    REASONS,
    answer_remark,
    collect_answers,
    keep,
    keep_poll,
    keep_remark,
    polls,
    remarks,
    today_of,
    write_answer,
)
from geo.settings import Settings
from geo.workspace import Workspace
from tests.geo.test_polls import DAY, POLL, REMARK, TODAY
from tests.geo.test_workspace import squares
from views.i18n import Translator


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.create(tmp_path / "w", Settings(timezone="Asia/Shanghai"))
    made.replace_ground("a.geojson", neighborhoods=squares("A", "B"))
    return made


def rows(workspace, table):
    with engine_of(workspace).connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar()


def changed(item, **changes):
    return dataclasses.replace(item, **changes)


def test_what_is_kept_comes_back_after_opening_again(workspace):
    number = keep_poll(workspace, POLL, today=TODAY)
    keep_remark(workspace, REMARK, today=TODAY)
    again = Workspace.open(workspace.root)
    assert polls(again) == [POLL]
    kept = remarks(again)[0]
    assert (kept.topic, kept.people, kept.answer, kept.week) == ("lighting", 7, "waiting", None)
    assert number == 1


def test_the_same_counts_again_change_nothing(workspace):
    assert keep_poll(workspace, POLL, today=TODAY) == keep_poll(workspace, POLL, today=TODAY)
    assert rows(workspace, poll_table) == 1


def test_other_counts_for_the_same_evening_are_refused_and_replace_leaves_a_trace(workspace):
    first = keep_poll(workspace, POLL, today=TODAY)
    other = changed(POLL, present=40)
    with pytest.raises(InputError, match="counted already for 2026-11-24, with other numbers"):
        keep_poll(workspace, other, today=TODAY)
    assert polls(workspace) == [POLL]
    second = keep_poll(workspace, other, today=TODAY, replace=True)
    assert polls(workspace) == [other]
    assert rows(workspace, poll_table) == 2
    with engine_of(workspace).connect() as connection:
        old = connection.execute(select(poll_table).where(poll_table.c.number == first)).one()
    assert (old.replaced_by, old.present) == (second, 23)


def test_several_answers_are_kept_together_or_not_at_all(workspace):
    with pytest.raises(InputError, match="still to come"):
        keep(workspace, [POLL, changed(POLL, question="day", date=dt.date(2027, 1, 1))], today=TODAY)
    keep_poll(workspace, changed(POLL, question="day", present=99), today=TODAY)
    with pytest.raises(InputError, match="counted already"):
        keep(workspace, [POLL, changed(POLL, question="day")], today=TODAY)
    assert [poll.question for poll in polls(workspace)] == ["day"]


def test_the_database_itself_keeps_one_count_a_matter(workspace):
    keep_poll(workspace, POLL, today=TODAY)
    with engine_of(workspace).begin() as connection, pytest.raises(Exception, match="UNIQUE"):
        connection.execute(
            text(
                "INSERT INTO polls (number, area_id, date, question, answers, present, kept_at) "
                "VALUES (9, 'A', '2026-11-24', 'dark', '{}', 1, '2026-11-24')"
            )
        )


def test_only_areas_that_exist_and_days_that_have_begun(workspace):
    with pytest.raises(InputError, match="no area C"):
        keep_poll(workspace, changed(POLL, area_id="C"), today=TODAY)
    with pytest.raises(InputError, match="still to come"):
        keep_poll(workspace, changed(POLL, date=today_of(workspace) + dt.timedelta(days=1)))
    with pytest.raises(InputError, match="no topic"):
        keep_remark(workspace, changed(REMARK, topic="family"), today=TODAY)


def test_more_people_than_were_present_cannot_say_so(workspace):
    keep_poll(workspace, POLL, today=TODAY)
    with pytest.raises(InputError, match="24 people said so, but 23 were present"):
        keep_remark(workspace, changed(REMARK, people=24), today=TODAY)
    keep_remark(workspace, changed(REMARK, people=23), today=TODAY)


def test_a_remark_is_taken_up_in_a_week_or_not_for_a_reason(workspace):
    first = keep_remark(workspace, REMARK, today=TODAY)
    second = keep_remark(workspace, changed(REMARK, topic="noise"), today=TODAY)
    taken = answer_remark(workspace, first, "taken_up", week=dt.date(2026, 12, 3))
    assert (taken.answer, taken.week, taken.reason) == ("taken_up", dt.date(2026, 11, 30), None)
    left = answer_remark(workspace, second, "not_taken_up", "other_office", dt.date(2026, 12, 3))
    assert (left.answer, left.week, left.reason) == ("not_taken_up", None, "other_office")
    with pytest.raises(InputError, match="answered already"):
        answer_remark(workspace, first, "not_taken_up", "not_here")
    changed_answer = answer_remark(workspace, first, "not_taken_up", "not_here", replace=True)
    assert changed_answer.reason == "not_here"


@pytest.mark.parametrize(
    ("answer", "reason", "key"),
    [
        ("taken_up", None, "meeting.no_week"),
        ("not_taken_up", None, "meeting.no_reason"),
        ("not_taken_up", "Mr X is difficult", "meeting.no_reason"),
        ("perhaps", None, "meeting.no_such_answer"),
    ],
)
def test_an_answer_needs_what_belongs_to_it(workspace, answer, reason, key):
    number = keep_remark(workspace, REMARK, today=TODAY)
    with pytest.raises(InputError) as refused:
        answer_remark(workspace, number, answer, reason)
    assert refused.value.key == key
    with pytest.raises(InputError, match="no remark number 99"):
        answer_remark(workspace, 99, "taken_up", week=DAY)


def test_a_new_count_of_a_remark_waits_again(workspace):
    number = keep_remark(workspace, REMARK, today=TODAY)
    answer_remark(workspace, number, "taken_up", week=DAY)
    keep_remark(workspace, changed(REMARK, people=9), today=TODAY, replace=True)
    assert [(kept.people, kept.answer) for kept in remarks(workspace)] == [(9, "waiting")]
    with pytest.raises(InputError, match="no remark number"):
        answer_remark(workspace, number, "taken_up", week=DAY)


def test_reasons_are_worded_in_both_languages():
    for language in ("zh", "en"):
        t = Translator(language)
        assert len({t(f"meeting.reason.{reason}") for reason in REASONS}) == len(REASONS)


def test_the_log_tells_what_was_kept_without_counts_or_persons(workspace):
    keep_poll(workspace, POLL, today=TODAY)
    with workspace.engine.connect() as connection:
        last = connection.execute(text("SELECT action, facts FROM audit ORDER BY number DESC")).first()
    assert last[0] == "meeting"
    assert set(json.loads(last[1])) == {"kind", "area_id", "date"}


# --- files --------------------------------------------------------------------------------------------------------


def test_files_come_in_once_and_stay(workspace, tmp_path):
    write_answer(tmp_path, POLL)
    write_answer(tmp_path, REMARK)
    before = sorted((tmp_path / "answers").iterdir())
    assert collect_answers(workspace, tmp_path, today=TODAY) == 2
    assert collect_answers(workspace, tmp_path, today=TODAY) == 0
    assert sorted((tmp_path / "answers").iterdir()) == before
    assert polls(workspace) == [POLL]
    assert rows(workspace, remark_table) == 1


def test_a_correction_in_the_folder_corrects_here(workspace, tmp_path):
    other = changed(POLL, present=30)
    write_answer(tmp_path, POLL)
    assert collect_answers(workspace, tmp_path, today=TODAY) == 1
    write_answer(tmp_path, other, replace=True)
    write_answer(tmp_path, changed(POLL, present=31), replace=True)
    assert collect_answers(workspace, tmp_path, today=TODAY) == 2
    assert polls(workspace) == [changed(POLL, present=31)]
    write_answer(tmp_path, POLL, replace=True)
    assert collect_answers(workspace, tmp_path, today=TODAY) == 1
    assert polls(workspace) == [POLL]
    assert rows(workspace, poll_table) == 4


def test_what_was_corrected_here_is_not_brought_back_by_its_file(workspace, tmp_path):
    write_answer(tmp_path, POLL)
    collect_answers(workspace, tmp_path, today=TODAY)
    mended = changed(POLL, present=25)
    keep_poll(workspace, mended, today=TODAY, replace=True)
    assert collect_answers(workspace, tmp_path, today=TODAY) == 0
    assert polls(workspace) == [mended]


def test_what_was_typed_in_already_is_known(workspace, tmp_path):
    keep_poll(workspace, POLL, today=TODAY)
    write_answer(tmp_path, POLL)
    findings = []
    assert collect_answers(workspace, tmp_path, today=TODAY, findings=findings) == 0
    assert findings == []


def test_what_cannot_come_in_is_told_in_both_languages_and_left(workspace, tmp_path):
    keep_poll(workspace, POLL, today=TODAY)
    write_answer(tmp_path, changed(POLL, present=99))
    write_answer(tmp_path, changed(POLL, area_id="C"))
    write_answer(tmp_path, changed(POLL, date=dt.date(2029, 1, 1)))
    write_answer(tmp_path, changed(REMARK, topic="family"))
    write_answer(tmp_path, changed(REMARK, people=50))
    write_answer(tmp_path, changed(REMARK, topic="noise"))
    (tmp_path / "answers" / "张三\n<b>.json").write_text("{}")
    (tmp_path / "answers" / "2026-11-24-poll-0123456789abcdef.json").write_text("[" * 3000)
    findings = []
    assert collect_answers(workspace, tmp_path, today=TODAY, findings=findings) == 1
    assert {finding.code: finding.rows for finding in findings} == {
        "answers.twice": 1,
        "answers.unknown_area": 1,
        "answers.future": 1,
        "answers.unknown_topic": 1,
        "answers.more_than_present": 1,
        "answers.unreadable": 2,
    }
    for language in ("zh", "en"):
        t = Translator(language)
        sentences = [t(f"finding.{finding.code}", **finding.facts) for finding in findings]
        assert not any("张三" in sentence or "<" in sentence or "\n" in sentence for sentence in sentences)
    assert polls(workspace) == [POLL]
    assert [remark.topic for remark in remarks(workspace)] == ["noise"]


def test_a_folder_without_answers_brings_none(workspace, tmp_path):
    assert collect_answers(workspace, tmp_path / "none", today=TODAY) == 0
