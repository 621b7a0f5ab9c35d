"""The meeting's desk: answers are checked against the evening's own before they are written."""

import datetime as dt
import json

import pytest

from geo.errors import InputError
from jobs.meeting_desk import answer_keeper

TODAY = dt.date(2026, 11, 3)
POLL = {"kind": "poll", "question": "dark", "answers": {"very_safe": 12, "fairly_safe": 9}, "present": 24}
REMARK = {"kind": "remark", "topic": "lighting", "people": 25}


@pytest.fixture
def keep(tmp_path):
    (tmp_path / "areas").mkdir()
    (tmp_path / "index.html").touch()
    areas = [{"area_id": "a"}, {"area_id": "b"}]
    (tmp_path / "release.json").write_text(json.dumps([{"areas": areas}]), encoding="utf-8")
    kept = answer_keeper(tmp_path, lambda: TODAY)
    return lambda said, **more: kept({"area_id": "a", "date": TODAY.isoformat()} | said | more)


def test_a_remark_of_more_people_than_were_present_is_refused(keep):
    keep(POLL)
    with pytest.raises(InputError, match="24 were present") as refused:
        keep(REMARK)
    assert refused.value.key == "meeting.more_than_present"
    assert keep(REMARK, people=24).people == 24
    assert keep(REMARK, area_id="b").people == 25, "nobody counted there"


def test_a_corrected_number_of_people_present_counts(keep):
    keep(POLL)
    keep(POLL, present=30, replace=True)
    assert keep(REMARK, people=30).people == 30
    keep(POLL, present=22, replace=True)
    with pytest.raises(InputError, match="22 were present"):
        keep(REMARK, topic="noise", people=23)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1]", '[{"areas": 3}]', '[{"areas": [{}]}]', "[" * 5000])
def test_a_damaged_folder_is_refused_with_a_sentence(tmp_path, text):
    (tmp_path / "areas").mkdir()
    (tmp_path / "index.html").touch()
    (tmp_path / "release.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="is damaged"):
        answer_keeper(tmp_path)
