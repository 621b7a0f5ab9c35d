"""The forms of a meeting's answers: what is typed is kept or refused beside its control, in both languages."""

import dataclasses
import datetime as dt
import re

import pytest
from streamlit.testing.v1 import AppTest

from geo.community_types import PollResult, RemarkLine
from geo.meetings import answer_remark, keep_poll, keep_remark, polls, remarks, today_of
from geo.settings import Settings
from geo.workspace import Workspace
from tests.geo.test_polls import POLL, REMARK
from tests.jobs.test_dataset import days, units
from views.i18n import LANGUAGES, Translator
from views.meeting_tables import evenings_table, remarks_table

KEY = re.compile(r"\b(?:page|meeting|plan|finding)\.[a-z_]+(?:\.[a-z_]+)*\b")


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.create(tmp_path / "w", Settings(timezone="Europe/Paris", crs="EPSG:32631"))
    made.replace_ground("a.geojson", neighborhoods=units([None] * 5))
    made.add_events(days(100), "a.csv", {})
    return made


def page(workspace, language="en", area="n0"):
    def script(folder, language, area):
        from pathlib import Path

        from jobs.dataset import load_dataset
        from views.i18n import Translator
        from views.pages.meeting_answers import show_answers
        from views.pages.state import Asked

        dataset = load_dataset(Path(folder))
        show_answers(Asked(Translator(language), Path(folder), dataset, 28, area, [], None))

    shown = AppTest.from_function(script, default_timeout=60, args=(str(workspace.root), language, area))
    return shown.run()


def words(app) -> str:
    kinds = (app.title, app.subheader, app.markdown, app.error, app.warning, app.success)
    parts = [element.value for kind in kinds for element in kind]
    inputs = (app.button, app.number_input, app.selectbox, app.date_input, app.checkbox)
    parts += [element.label for kind in inputs for element in kind]
    parts += [str(option) for box in app.selectbox for option in box.options]
    parts += [frame.value.to_csv() for frame in app.dataframe]
    parts += [str(element.proto.body) for element in app.get("html")]
    return re.sub(r"<[^>]*>", "", "\n".join(map(str, parts)))


def hands(app, question, option, n):
    box = next(box for box in app.number_input if str(box.key).startswith(f"hands_{question}_{option}_"))
    box.set_value(n)


def control(kind, start):
    return next(element for element in kind if str(element.key).startswith(start))


def keep_all(app):
    return control(app.button, "meeting_keep_").click().run()


def today(workspace):
    return today_of(workspace)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_forms_are_worded_and_hold_no_key(workspace, language):
    keep_poll(workspace, dataclasses.replace(POLL, area_id="n0", date=today(workspace)))
    for number, topic in enumerate(("noise", "lighting", "waste")):
        kept = keep_remark(workspace, dataclasses.replace(REMARK, area_id="n0", topic=topic, date=today(workspace)))
        if number:
            answer_remark(workspace, kept, "not_taken_up", "other_office")
    shown = page(workspace, language)
    assert not shown.exception
    text = words(shown)
    assert not KEY.findall(text)
    if language == "zh":
        assert not re.findall(r"[A-Za-z]{2,}", re.sub(r"GPX|CSV|XLSX|Excel", "", text))


def test_without_a_neighborhood_it_asks_for_one(workspace):
    shown = page(workspace, area="")
    assert not shown.number_input
    assert "Choose a neighborhood" in words(shown)


def test_hands_of_one_question_are_kept_and_the_others_were_not_asked(workspace):
    shown = page(workspace)
    control(shown.number_input, "meeting_present_").set_value(23)
    hands(shown, "dark", "very_safe", 4)
    hands(shown, "dark", "bit_unsafe", 8)
    shown = keep_all(shown)
    assert not shown.exception
    assert "One question is kept" in shown.success[0].value
    (poll,) = polls(workspace)
    assert (poll.area_id, poll.question, poll.answered, poll.present, poll.date) == (
        "n0", "dark", 12, 23, today(workspace),
    )  # fmt: skip
    assert "33% (95 %: 14% to 61%)" in words(shown)


def test_more_hands_than_people_are_refused_beside_the_question_and_nothing_is_lost(workspace):
    shown = page(workspace)
    control(shown.number_input, "meeting_present_").set_value(10)
    hands(shown, "dark", "very_safe", 8)
    hands(shown, "day", "very_safe", 11)
    shown = keep_all(shown)
    assert len(shown.error) == 1
    assert "11 hands were counted, but 10 people were present" in shown.error[0].value.replace("\\", "")
    assert polls(workspace) == []
    assert control(shown.number_input, "hands_day_very_safe_").value == 11
    control(shown.number_input, "meeting_present_").set_value(11)
    shown = keep_all(shown)
    assert not shown.error
    assert len(polls(workspace)) == 2


def test_a_day_to_come_and_an_empty_hall_are_refused(workspace):
    shown = page(workspace)
    control(shown.date_input, "meeting_day_").set_value(today(workspace) + dt.timedelta(days=3)).run()
    control(shown.number_input, "meeting_present_").set_value(11)
    hands(shown, "day", "very_safe", 11)
    shown = keep_all(shown)
    assert "still to come" in shown.error[0].value
    control(shown.date_input, "meeting_day_").set_value(today(workspace)).run()
    hands(shown, "day", "very_safe", 11)
    shown = keep_all(shown)
    assert "number of people is 0" in shown.error[0].value
    assert polls(workspace) == []


def test_no_hand_at_all_keeps_nothing(workspace):
    shown = page(workspace)
    control(shown.number_input, "meeting_present_").set_value(11)
    shown = keep_all(shown)
    assert "No hand was counted yet" in shown.warning[0].value
    assert polls(workspace) == []


def test_a_kept_evening_is_changed_only_where_that_is_said(workspace):
    kept = dataclasses.replace(POLL, area_id="n0", date=today(workspace))
    keep_poll(workspace, kept)
    shown = page(workspace)
    assert control(shown.number_input, "hands_dark_fairly_safe_").value == 9
    hands(shown, "dark", "fairly_safe", 3)
    shown = keep_all(shown)
    assert "counted already" in shown.error[0].value
    assert polls(workspace) == [kept]
    control(shown.checkbox, "meeting_replace_").check()
    shown = keep_all(shown)
    assert not shown.error
    assert polls(workspace)[0].answers["fairly_safe"] == 3


def test_keeping_the_same_again_says_so(workspace):
    keep_poll(workspace, dataclasses.replace(POLL, area_id="n0", date=today(workspace)))
    shown = keep_all(page(workspace))
    assert "nothing has changed" in shown.success[0].value


def test_a_remark_is_kept_then_taken_up(workspace):
    shown = page(workspace)
    control(shown.selectbox, "meeting_topic_").set_value("lighting")
    control(shown.number_input, "meeting_people_").set_value(7)
    shown = control(shown.button, "remark_keep_").click().run()
    assert not shown.exception
    (kept,) = remarks(workspace)
    assert (kept.topic, kept.people, kept.answer) == ("lighting", 7, "waiting")
    assert "One remark waits" in words(shown)
    shown = shown.button(key=f"remark_take_{kept.number}").click().run()
    assert remarks(workspace)[0].answer == "taken_up"
    assert remarks(workspace)[0].week > today(workspace)
    assert "No remark waits" in words(shown)
    assert "taken up" in words(shown)


def test_not_taking_up_needs_a_reason(workspace):
    number = keep_remark(workspace, dataclasses.replace(REMARK, area_id="n0", date=today(workspace), people=2))
    shown = page(workspace)
    assert "fewer than 5" in words(shown)
    shown = shown.button(key=f"remark_leave_{number}").click().run()
    assert "needs a reason" in shown.error[0].value
    shown.selectbox(key=f"remark_reason_{number}").set_value("other_office")
    shown = shown.button(key=f"remark_leave_{number}").click().run()
    assert not shown.error
    assert remarks(workspace)[0].reason == "other_office"


def test_nobody_said_so_is_refused_beside_the_remark(workspace):
    shown = control(page(workspace).button, "remark_keep_").click().run()
    assert "number of people is 0" in shown.error[0].value
    assert remarks(workspace) == []


def test_topics_of_a_family_are_not_offered(workspace):
    offered = control(page(workspace).selectbox, "meeting_topic_").options
    assert "Noise" in offered
    assert "Family" not in offered


def test_the_answers_of_another_area_are_not_shown(workspace):
    keep_poll(workspace, dataclasses.replace(POLL, area_id="n1", date=today(workspace)))
    shown = page(workspace)
    assert "No evening is kept" in words(shown)
    assert not shown.dataframe


def test_tables_say_too_few_instead_of_small_numbers():
    t = Translator("zh")
    results = [
        PollResult("dark", dt.date(2026, 8, 1), 9, (), None, None, None),
        PollResult("dark", dt.date(2026, 11, 1), 20, (), 0.6, 0.3866, 0.7812),
    ]
    table = evenings_table(results, t)
    assert table["回答较好的比例"].tolist() == ["60%（95% 区间 39% 至 78%）", "人数太少，不下结论"]
    assert len(evenings_table([], t)) == 0
    lines = [RemarkLine("gone", dt.date(2026, 8, 1), None, "waiting", None)]
    assert remarks_table(lines, {}, t)["人数"].tolist() == ["不足 5 人"]
