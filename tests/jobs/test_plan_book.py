"""Promised and done: approved plans by community, the diary before the plan, and six weeks in which all are visited."""

import datetime as dt
import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.plan_floor import FLOOR_WEEKS
from bench.floor import simulate, too_long, unsafe_posts
from cli import app
from geo.plan_book import approve_plan, keep_visit
from geo.release_types import Period
from geo.taxonomy import read_taxonomy
from geo.workspace import Workspace
from jobs.dataset import load_dataset
from jobs.demo import make_sample
from jobs.plan import Budget, arrange, coming_week, write_products
from jobs.plan_book import approve, coming, diary, last_plan, last_visits, promises, what_was_done
from views.i18n import Translator

WEEK = dt.date(2026, 11, 23)
NOVEMBER = Period("2026-11", dt.date(2026, 11, 1), dt.date(2026, 12, 1))


def content(week=WEEK, topics=("noise", "family")):
    """One walk through A and B, and a post in B."""
    leaves = ("a1", "a2", "b1")
    stops = [{"number": n, "neighborhood_id": leaf, "topics": list(topics)} for n, leaf in enumerate(leaves, start=1)]
    return {
        "week": week.isoformat(),
        "seed": 0,
        "digest": f"{week:%Y %m%d} 0000 0000",
        "walks": [{"number": 1, "date": week.isoformat(), "minutes": 80.0, "stops": stops}],
        "watches": [{"number": 1, "date": week.isoformat(), "neighborhood_id": "b1", "topics": ["theft_bicycle"]}],
    }


@pytest.fixture
def dataset(tmp_path):
    """As much of a dataset as the plan book asks for."""
    return SimpleNamespace(
        workspace=Workspace.create(tmp_path / "w"),
        shown_unit_of={"a1": "A", "a2": "A", "b1": "B", "c1": "C"},
        taxonomy=read_taxonomy(),
        as_of=pd.Timestamp("2026-12-07", tz="Asia/Shanghai"),
    )


def test_what_is_promised_is_open_until_the_diary_says_otherwise(dataset):
    approve_plan(dataset.workspace, content())
    said = [(p.kind, p.week, p.topic, p.state) for p in promises(dataset, "B", [NOVEMBER])]
    assert said == [("walk", WEEK, "noise", "open"), ("watch", WEEK, "theft_bicycle", "open")]
    keep_visit(dataset.workspace, week=WEEK, kind="walk", item=1, done=True, stops=[1])
    keep_visit(dataset.workspace, week=WEEK, kind="watch", item=1, done=True)
    # The walk was done, but left B out.
    assert [p.state for p in promises(dataset, "A", [NOVEMBER])] == ["done"]
    assert [p.state for p in promises(dataset, "B", [NOVEMBER])] == ["missed", "done"]
    assert promises(dataset, "C", [NOVEMBER]) == ()
    assert promises(dataset, "B", [Period("2026-10", dt.date(2026, 10, 1), dt.date(2026, 11, 1))]) == ()


def test_no_topic_of_the_family_is_told(dataset):
    approve_plan(dataset.workspace, content(topics=("family",)))
    assert [p.topic for p in promises(dataset, "A", [NOVEMBER])] == [None]
    assert coming(dataset, "A", dt.date(2026, 11, 20))[0].topics == ()


def test_coming_weeks_are_those_that_last_longer_than_the_day(dataset):
    for week in (WEEK, WEEK + dt.timedelta(weeks=1)):
        approve_plan(dataset.workspace, content(week))
    (first, second) = coming(dataset, "B", dt.date(2026, 11, 28))
    assert (first.week, first.walks, first.watches) == (WEEK, 1, 1)
    assert set(first.topics) == {"noise", "theft_bicycle"}
    assert [one.week for one in coming(dataset, "B", dt.date(2026, 11, 29))] == [second.week]
    assert coming(dataset, "C", WEEK) == ()


def test_the_diary_comes_before_the_plan(dataset):
    first, second = WEEK, WEEK + dt.timedelta(weeks=1)
    for week in (first, second):
        approve_plan(dataset.workspace, content(week))
    assert last_visits(dataset) == dict.fromkeys(("a1", "a2", "b1"), second)
    # Only weeks before the one planned for count, so that approving it does not change it.
    assert last_visits(dataset, before=second) == dict.fromkeys(("a1", "a2", "b1"), first)
    keep_visit(dataset.workspace, week=second, kind="walk", item=1, done=True, stops=[1])
    assert last_visits(dataset) == {"a1": second, "a2": first, "b1": second}  # b1 had its post
    keep_visit(dataset.workspace, week=second, kind="walk", item=1, done=False)
    assert last_visits(dataset) == {"a1": first, "a2": first, "b1": second}
    # A walk made up for in the week after was there in that week.
    later = second + dt.timedelta(days=8)
    keep_visit(dataset.workspace, week=second, kind="walk", item=1, done=True, date=later, stops=[2])
    assert last_visits(dataset, before=later + dt.timedelta(days=6))["a2"] == second + dt.timedelta(weeks=1)


def test_a_leaf_that_is_drawn_no_more_keeps_its_community(dataset):
    approve_plan(dataset.workspace, content(), areas={"a1": "A", "a2": "A", "b1": "B"})
    redrawn = SimpleNamespace(**vars(dataset) | {"shown_unit_of": {"a9": "A", "b9": "B"}})
    assert [p.kind for p in promises(redrawn, "B", [NOVEMBER])] == ["walk", "watch"]


def test_the_last_plan_is_at_most_four_weeks_old(dataset):
    approve_plan(dataset.workspace, content())
    assert last_plan(dataset, WEEK) is None
    assert last_plan(dataset, WEEK + dt.timedelta(weeks=4)).week == WEEK
    assert last_plan(dataset, WEEK + dt.timedelta(weeks=5)) is None


def test_what_was_done_is_summed_up(dataset):
    coming_monday = WEEK + dt.timedelta(weeks=1)
    assert what_was_done(dataset, coming_monday) is None
    approve_plan(dataset.workspace, content())
    keep_visit(dataset.workspace, week=WEEK, kind="walk", item=1, done=True, minutes=75)
    assert what_was_done(dataset, coming_monday) == {
        "week": WEEK, "walks": 1, "walks_done": 1, "watches": 1, "watches_done": 0, "missed": 0, "open": 1,
        "minutes": 75, "areas": 2,
    }  # fmt: skip


# ---------------------------------------------------------------- the sample city


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book") / "workspace"
    make_sample(folder, Translator("en"))
    return folder


@pytest.fixture
def city(sample, tmp_path):
    """A copy whose plan book is empty; what was computed before is there already."""
    root = tmp_path / "workspace"
    shutil.copytree(sample, root)
    yield load_dataset(root)
    shutil.copytree(root / "results", sample / "results", dirs_exist_ok=True)


@pytest.mark.slow
def test_in_six_weeks_every_community_is_visited_and_no_rule_is_broken(city):
    run = simulate(city, 6)
    settings = city.settings
    assert run.all_visited_after() <= 6
    assert run.longest_gap() <= FLOOR_WEEKS
    assert too_long(run, settings.walk_minutes) == 0
    assert unsafe_posts(run, city.taxonomy, settings.volunteers_until_hour) == 0
    without = simulate(city, 6, floor=False, book=False)
    assert run.share >= 0.95 * without.share
    assert run.stays("posts") > 0.5


@pytest.mark.slow
def test_the_plan_changes_with_the_book_and_with_nothing_else(city, tmp_path):
    week, t = coming_week(city), Translator("zh")
    before = arrange(city, week=week, budget=Budget(4, 90, 3))
    products = write_products(city, before, tmp_path / "plan", t)
    kept = approve(city, before, t, "下雨改期")
    assert kept.digest == products.digest == json.loads((tmp_path / "plan" / "plan.json").read_text())["digest"]
    assert kept.areas.items() <= city.shown_unit_of.items()
    # Approving a week leaves its own plan as it is; the next one knows of it.
    again = arrange(city, week=week, budget=Budget(4, 90, 3))
    assert again.parameters == before.parameters
    later = arrange(city, week=week + dt.timedelta(weeks=1), budget=Budget(4, 90, 3))
    assert later.parameters["previous_posts"] == len(before.watches)
    assert set(later.parameters["last_visit_weeks"].values()) == {None, 1}
    visited = {city.shown_unit_of[leaf] for leaf in before.visited}
    assert {unit for unit, s in later.parameters["last_visit_weeks"].items() if s == 1} == visited
    missed = arrange(replace(city), week=week + dt.timedelta(weeks=1), budget=Budget(4, 90, 3))
    assert missed.walks == later.walks


@pytest.mark.slow
def test_the_command_line_approves_lists_and_keeps(city, tmp_path):
    def run(*words):
        return CliRunner().invoke(app, [*words, "-w", str(city.workspace.root), "--lang", "en"])

    asked = ["plan", "--week", "2026-11-25", "--walkers", "1", "--watches", "1", "-o", str(tmp_path / "plan"), "--json"]
    refused = run(*asked, "--approve", "call 212-555-0199")
    assert refused.exit_code == 1
    assert not (tmp_path / "plan").exists()
    answer = json.loads(run(*asked, "--approve", "as told").stdout.splitlines()[-1])
    assert answer["approved"] == {"digest": answer["digest"], "note": "as told"}
    kept = run("visits", "--week", "2026-11-24", "--walk", "1", "--done", "--minutes", "70", "--json")
    rows = json.loads(kept.stdout)["visits"]
    assert [(row["kind"], row["state"], row["minutes"]) for row in rows] == [
        ("walk", "done", 70),
        ("watch", "open", None),
    ]
    listed = run("visits")
    assert "walk 1" in listed.stdout
    assert "70 minutes" in listed.stdout
    assert run("visits", "--week", "2026-11-24", "--walk", "9", "--missed").exit_code == 1
    assert run("visits", "--week", "2026-11-24", "--walk", "1").exit_code == 2
    assert run("visits", "--walk", "1", "--done").exit_code == 2
    assert diary(city.workspace, "2026-11-29") == rows


@pytest.mark.slow
def test_the_briefing_says_what_was_done_last_week(city, tmp_path, monkeypatch):
    from views import briefing

    sheets = []
    setting = briefing.set_page
    monkeypatch.setattr(briefing, "set_page", lambda *given: (sheets.append(given[1]), setting(*given))[1])
    week, t, budget = coming_week(city), Translator("zh"), Budget(1, 60, 1)
    last = week - dt.timedelta(weeks=1)
    plan = arrange(city, week=week, budget=budget)
    first = write_products(city, plan, tmp_path / "first", t)
    approve(city, arrange(city, week=last, budget=budget), t)
    keep_visit(city.workspace, week=last, kind="walk", item=1, done=True, minutes=58)
    second = write_products(city, plan, tmp_path / "second", t)
    briefings = [sheet for sheet in sheets if "last_week" in sheet]
    assert briefings[0]["last_week"] == []
    assert "走访 1 次，去了 1 次" in briefings[1]["last_week"][0]
    assert briefings[1]["last_week"][1] == "没去成 0 项，未填 1 项。"
    # What is printed is in the digest.
    assert first.digest != second.digest
    assert second.plan["last_week"]["minutes"] == 58
