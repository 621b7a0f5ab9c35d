"""Answers as files: whole, once, corrected by a file of their own; a stranger's file is believed nothing."""

import dataclasses
import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.answer_files import (
    MOST_BYTES,
    NAME,
    NoAnswer,
    as_json,
    from_json,
    read_answer,
    read_answers,
    write_answer,
)
from geo.errors import InputError
from geo.polls import QUESTIONS, Poll, Remark
from tests.geo.test_polls import POLL, REMARK, TODAY


def test_the_process_that_writes_answers_knows_no_workspace():
    code = "import sys, geo.answer_files; print([n for n in sys.modules if n in ('geo.workspace', 'geo.database')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "[]"


def test_an_answer_is_one_small_file_named_by_day_and_content(tmp_path):
    path = write_answer(tmp_path, POLL)
    assert path.parent == tmp_path / "answers"
    assert NAME.fullmatch(path.name)
    assert path.name.startswith("2026-11-24-poll-")
    assert read_answer(path).item == POLL
    assert write_answer(tmp_path, REMARK) != path
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []


def test_the_same_answer_twice_is_one_file(tmp_path):
    first = write_answer(tmp_path, POLL)
    content = first.read_bytes()
    assert write_answer(tmp_path, POLL) == first
    assert first.read_bytes() == content
    assert len(list(first.parent.iterdir())) == 1


def test_another_count_is_refused_and_a_correction_keeps_both(tmp_path):
    write_answer(tmp_path, POLL)
    other = dataclasses.replace(POLL, present=30)
    with pytest.raises(InputError, match="counted already for 2026-11-24"):
        write_answer(tmp_path, other)
    second = write_answer(tmp_path, other, replace=True)
    third = write_answer(tmp_path, POLL, replace=True)  # back to the first count
    files, refused = read_answers(tmp_path)
    assert refused == []
    assert [file.item for file in files] == [POLL, other, POLL]
    assert [file.name for file in files][1:] == [second.name, third.name]
    assert files[2].replaces == second.name


def test_other_questions_days_and_areas_stand_beside_one_another(tmp_path):
    write_answer(tmp_path, POLL)
    write_answer(tmp_path, dataclasses.replace(POLL, question="day"))
    write_answer(tmp_path, dataclasses.replace(POLL, area_id="B"))
    write_answer(tmp_path, dataclasses.replace(POLL, date=TODAY))
    write_answer(tmp_path, REMARK)
    write_answer(tmp_path, dataclasses.replace(REMARK, topic="noise"))
    assert len(read_answers(tmp_path)[0]) == 6


def test_what_makes_no_sense_is_not_written(tmp_path):
    with pytest.raises(InputError, match="hands were counted"):
        write_answer(tmp_path, dataclasses.replace(POLL, present=3))
    assert not (tmp_path / "answers").exists()


@pytest.mark.parametrize(
    "table",
    [
        None, [], 3, "poll", {}, {"kind": "person"}, {"kind": ["poll"]},
        {**as_json(POLL), "name": "x"}, {**as_json(POLL), "version": 2}, {**as_json(POLL), "version": True},
        {**as_json(POLL), "answers": [1, 2]}, {**as_json(POLL), "answers": None}, {**as_json(POLL), "area_id": 5},
        {**as_json(POLL), "area_id": ""}, {**as_json(POLL), "area_id": "x" * 201}, {**as_json(POLL), "date": 20261124},
        {**as_json(POLL), "date": "2026-02-30"}, {**as_json(POLL), "date": "２０２６-11-24"},
        {**as_json(REMARK), "note": "Mr X shouts"}, {key: v for key, v in as_json(REMARK).items() if key != "people"},
    ],
)  # fmt: skip
def test_another_form_is_refused(table):
    with pytest.raises(InputError) as refused:
        from_json(table)
    assert refused.value.key in ("meeting.form", "meeting.unknown_area")


def rewritten(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_hostile_files_are_no_answers(tmp_path):
    path = write_answer(tmp_path, POLL)
    good = path.read_text()
    deep = "[" * 2000 + "]" * 2000
    twins = good.replace('"kind"', '"present": 1,\n "kind"')
    for text in (
        "", "{", deep, "NaN", "9" * 4000, b"\xff\xfe\x00", good.replace("23", "24"), twins,
        good[:-1] + " " * MOST_BYTES,
        json.dumps(json.loads(good) | {"replaces": "../../etc/passwd"}), json.dumps(json.loads(good) | {"replaces": 3}),
        good.replace("23", "NaN"), good.replace("23", "1e3"),
    ):  # fmt: skip
        with pytest.raises(NoAnswer):
            read_answer(rewritten(path, text))


def test_links_folders_and_strange_names_are_refused_by_name(tmp_path):
    path = write_answer(tmp_path, POLL)
    folder = path.parent
    moved = path.rename(tmp_path / "elsewhere.json")
    os.symlink(moved, path)
    (folder / "2026-11-24-poll-0123456789abcdef.json").mkdir()
    (folder / "<script>.json").write_text("{}")
    (folder / ".2026-half.json").write_text("{")
    files, refused = read_answers(tmp_path)
    assert files == []
    assert len(refused) == 3  # the half-written one is a writer at work


def test_a_folder_that_is_not_there_holds_no_answers(tmp_path):
    assert read_answers(tmp_path / "none") == ([], [])
    os.symlink(tmp_path, tmp_path / "answers")
    assert read_answers(tmp_path) == ([], [])


@st.composite
def items(draw):
    area = draw(st.text(min_size=1, max_size=30).filter(lambda s: s.isprintable()))
    day = draw(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)))
    if draw(st.booleans()):
        return Remark(area, day, draw(st.sampled_from(["noise", "fire"])), draw(st.integers(1, 5000)))
    question = draw(st.sampled_from(list(QUESTIONS)))
    answers = {option: draw(st.integers(0, 900)) for option in QUESTIONS[question]}
    return Poll(area, day, question, answers, sum(answers.values()) + draw(st.integers(1, 9)))


@given(items())
def test_an_answer_comes_back_from_json_as_it_was(item):
    assert from_json(json.loads(json.dumps(as_json(item)))) == item


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from([POLL, REMARK]), st.sampled_from(["area_id", "date", "answers", "present", "topic"]), json_values
)
def test_any_value_in_any_place_is_refused_or_read(item, key, value):
    table = as_json(item) | {key: value}
    try:
        assert as_json(from_json(table)).keys() <= table.keys()
    except InputError:  # any other error fails
        return
