"""What the public and the plan get of a meeting's answers."""

import dataclasses
import datetime as dt

import pytest

from geo.meetings import KeptRemark, Poll, answer_remark, keep_poll, keep_remark, remarks
from geo.settings import Settings
from geo.workspace import Workspace
from jobs.dataset import load_dataset
from jobs.meetings import floor_weeks, least_safe, poll_results, poll_trend, remark_lines, safety_of_areas, shown_areas
from tests.geo.test_polls import DAY, POLL, REMARK, TODAY
from tests.jobs.test_dataset import days, units

MONDAY = dt.date(2026, 11, 30)


def poll(area, good, answered, date=DAY, question="dark"):
    return Poll(area, date, question, {"very_safe": good, "very_unsafe": answered - good}, answered)


@pytest.fixture
def dataset(tmp_path):
    """Two towns of two grids each, and three places that stand for themselves."""
    workspace = Workspace.create(tmp_path / "w", Settings(timezone="Europe/Paris", crs="EPSG:32631"))
    workspace.replace_ground("a.geojson", neighborhoods=units([None, "n0", "n0", None, "n3", "n3", None, None, None]))
    workspace.add_events(days(100), "a.csv", {})
    return load_dataset(workspace)


def test_results_stand_by_question_then_day_with_intervals():
    kept = [poll("A", 12, 20, DAY), poll("A", 8, 16, DAY, "day"), poll("A", 5, 20, dt.date(2026, 8, 1)), POLL]
    results = poll_results([*kept[:3], dataclasses.replace(POLL, area_id="B")], "A")
    assert [(r.question, r.date.month) for r in results] == [("dark", 8), ("dark", 11), ("day", 11)]
    last = results[1]
    assert (last.answered, last.share) == (20, 0.6)
    assert (last.low, last.high) == pytest.approx((0.3866, 0.7812), abs=5e-5)  # Wilson, 12 of 20
    assert poll_results(kept, "Z") == ()


def test_below_ten_answers_only_their_number_is_told():
    (result,) = poll_results([poll("A", 9, 9)], "A")
    assert (result.answered, result.options, result.share, result.low, result.high) == (9, (), None, None, None)
    (result,) = poll_results([poll("A", 9, 10)], "A")
    assert result.share == 0.9


def test_few_people_behind_a_remark_are_not_told_nor_seen_from_the_order():
    kept = [
        KeptRemark("A", DAY, "noise", 4, 1),
        KeptRemark("A", DAY, "fire", 1, 2),
        KeptRemark("A", DAY, "waste", 5, 3, "not_taken_up", "other_office"),
        KeptRemark("A", TODAY, "road", 2, 4, "taken_up", None, MONDAY),
        KeptRemark("B", TODAY, "road", 30, 5),
    ]
    lines = remark_lines(kept, "A")
    assert [(line.topic, line.people) for line in lines] == [
        ("road", None), ("waste", 5), ("fire", None), ("noise", None),
    ]  # fmt: skip
    assert (lines[0].answer, lines[0].week) == ("taken_up", MONDAY)
    assert (lines[1].answer, lines[1].reason) == ("not_taken_up", "other_office")


def test_without_a_poll_every_area_keeps_the_common_floor(dataset):
    assert shown_areas(dataset) == {"n0", "n3", "n6", "n7", "n8"}
    assert least_safe(dataset) == dict.fromkeys(["n0", "n3", "n6", "n7", "n8"], 13)


def test_the_area_that_feels_clearly_least_safe_is_visited_twice_a_season_in_all_its_parts(dataset):
    for area in ("n3", "n6", "n7", "n8"):
        keep_poll(dataset.workspace, poll(area, 24, 30), today=TODAY)
    keep_poll(dataset.workspace, poll("n0", 8, 30), today=TODAY)
    assert least_safe(dataset) == {"n0": 6, "n3": 13, "n6": 13, "n7": 13, "n8": 13}
    assert floor_weeks(dataset) == {"n1": 6, "n2": 6, "n4": 13, "n5": 13, "n6": 13, "n7": 13, "n8": 13}


def test_a_plan_knows_no_evening_of_its_week_or_later(dataset):
    for area in ("n3", "n6", "n7"):
        keep_poll(dataset.workspace, poll(area, 24, 30, dt.date(2026, 10, 1)), today=TODAY)
    keep_poll(dataset.workspace, poll("n0", 8, 30), today=TODAY)
    assert least_safe(dataset, DAY)["n0"] == 13
    assert least_safe(dataset, DAY + dt.timedelta(days=1))["n0"] == 6


def test_the_latest_evening_counts_and_an_old_one_not_at_all(dataset):
    for area in ("n3", "n6", "n7"):
        keep_poll(dataset.workspace, poll(area, 24, 30), today=TODAY)
    keep_poll(dataset.workspace, poll("n0", 8, 30, dt.date(2026, 5, 1)), today=TODAY)
    keep_poll(dataset.workspace, poll("n8", 8, 30, dt.date(2024, 5, 1)), today=TODAY)
    found = safety_of_areas(dataset)
    assert found["n0"].weeks == 6
    assert "n8" not in found
    keep_poll(dataset.workspace, poll("n0", 25, 30, dt.date(2026, 8, 1)), today=TODAY)
    keep_poll(dataset.workspace, poll("n0", 1, 3, dt.date(2026, 9, 1)), today=TODAY)  # too few to say
    assert least_safe(dataset)["n0"] == 13


def test_another_question_moves_no_floor(dataset):
    for area in ("n3", "n6", "n7"):
        keep_poll(dataset.workspace, poll(area, 24, 30, question="day"), today=TODAY)
    keep_poll(dataset.workspace, poll("n0", 8, 30, question="day"), today=TODAY)
    assert set(least_safe(dataset).values()) == {13}


def test_a_trend_is_of_one_area_and_question():
    kept = [poll("A", good, 40, dt.date(2026, month, 1)) for month, good in ((1, 10), (5, 20), (9, 30))]
    assert poll_trend([*kept, POLL], "A", "dark").verdict == "rise"
    assert poll_trend(kept, "A", "day").verdict == "unknown"


def test_an_answered_remark_comes_out_answered(dataset):
    number = keep_remark(dataset.workspace, dataclasses.replace(REMARK, area_id="n0"), today=TODAY)
    answer_remark(dataset.workspace, number, "taken_up", week=MONDAY)
    (line,) = remark_lines(remarks(dataset.workspace), "n0")
    assert (line.people, line.answer, line.week) == (7, "taken_up", MONDAY)
