"""What was published stays: stored whole, once, with its layout, whoever else releases at the same time."""

import multiprocessing
import time

import pytest
from sqlalchemy import select

from geo import database
from geo.errors import InputError
from geo.periods import month
from geo.privacy import Layout
from geo.release_types import Figure, PublicArea, Release
from geo.releases import Overtaken, as_json, from_json, keep_release, layouts, stored, stored_entries
from geo.workspace import Workspace

LAYOUT = Layout("2026-10-01", "p", 365, {("area_layer", "a", "incident", None, None): 5}, "seed")
FIGURES = (
    Figure("area_layer", "a", "incident", None, None, "shown", 15),
    Figure("area_group", "a", "incident", "theft", None, "withheld"),
    Figure("city_day", None, "dispute", None, "0-6", "small", below=10),
)


def release(text="2026-10"):
    return Release(month(text), (PublicArea("a", "甲", "A", None),), FIGURES, {"min_events": 5}, f"digest {text}")


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "w")


def keep(workspace, text, *, number=None, known=()):
    keep_release(workspace, release(text), LAYOUT, number, f"rows of {text}", known)


def test_a_release_comes_back_as_it_was_made():
    assert from_json(as_json(release())) == release()
    assert as_json(release())["figures"][0] == {
        "table": "area_layer", "area_id": "a", "layer": "incident", "status": "shown", "value": 15,
    }  # fmt: skip


def test_releases_are_kept_with_their_layout_oldest_first(workspace):
    keep(workspace, "2026-10")
    keep(workspace, "2026-08", number=1, known=[1])
    assert [one.period.key for one in stored(workspace)] == ["2026-08", "2026-10"]
    assert layouts(workspace) == {1: LAYOUT}
    assert [(entry.layout, entry.rows) for entry in stored_entries(workspace)] == [
        (1, "rows of 2026-08"),
        (1, "rows of 2026-10"),
    ]


def test_a_period_is_stored_once_and_a_refusal_leaves_nothing_behind(workspace):
    keep(workspace, "2026-10")
    with pytest.raises(InputError, match="2026-10 was released already") as caught:
        keep(workspace, "2026-10", known=[1])
    assert caught.value.facts["next"] == "2026-11"
    assert len(layouts(workspace)) == 1
    assert [row.action for row in log(workspace)].count("release") == 1


def log(workspace):
    with workspace.engine.connect() as connection:
        return connection.execute(select(database.audit)).all()


def test_the_log_says_which_release_was_made(workspace):
    keep(workspace, "2026-10")
    (entry,) = [row for row in log(workspace) if row.action == "release"]
    assert entry.facts == {"period": "2026-10", "digest": "digest 2026-10"}
    assert entry.who


def test_a_layout_that_another_process_fixed_meanwhile_is_seen(workspace):
    keep(workspace, "2026-10")
    with pytest.raises(Overtaken):
        keep(workspace, "2026-11")
    assert [one.period.key for one in stored(workspace)] == ["2026-10"]


def _race(root, start, answers):
    workspace = Workspace.open(root)
    while time.monotonic() < start:
        time.sleep(0.001)
    try:
        keep(workspace, "2026-10")
        answers.put("stored")
    except (InputError, Overtaken) as error:
        answers.put(getattr(error, "key", "overtaken"))


def test_of_two_processes_at_once_one_wins(workspace):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    start = time.monotonic() + 4
    racers = [context.Process(target=_race, args=(workspace.root, start, answers)) for _ in range(2)]
    for racer in racers:
        racer.start()
    found = sorted(answers.get(timeout=60) for _ in racers)
    for racer in racers:
        racer.join()
    assert found == ["release.twice", "stored"]
    assert len(stored(workspace)) == 1
