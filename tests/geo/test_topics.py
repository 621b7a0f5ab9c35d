"""The prevention texts: whole in both languages, and refused with a sentence where they are not."""

import pytest

from geo.errors import InputError
from geo.taxonomy import read_taxonomy
from geo.topics import read_topics

WHOLE = """
key = "noise"
title_zh = "噪音"
title_en = "Noise"
tasks_zh = ["约定 22 时"]
tasks_en = ["Agree on 22:00"]
refer_to_zh = "调解室"
refer_to_en = "the mediation room"
source = "judgement"
"""


def test_every_topic_of_the_taxonomy_has_its_texts():
    topics = read_topics()
    asked = {topic for category in read_taxonomy().categories.values() for topic in category.topics}
    assert asked <= set(topics)


def test_every_topic_has_as_many_tasks_in_either_language_and_a_source():
    for topic in read_topics().values():
        assert 1 <= len(topic.tasks_zh) == len(topic.tasks_en) <= 3
        assert topic.source
        assert all(len(task) <= 14 for task in topic.tasks_zh), topic.key  # room beside a box on the walk sheet


def test_a_topic_without_months_matters_all_year(tmp_path):
    (tmp_path / "noise.toml").write_text(WHOLE, encoding="utf-8")
    assert all(read_topics(tmp_path)["noise"].in_season(month) for month in range(1, 13))


def test_a_topic_with_months_matters_in_those(tmp_path):
    (tmp_path / "noise.toml").write_text(WHOLE + "months = [6, 7]\n", encoding="utf-8")
    topic = read_topics(tmp_path)["noise"]
    assert [month for month in range(1, 13) if topic.in_season(month)] == [6, 7]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (WHOLE.replace('title_en = "Noise"', ""), "title_en is missing"),
        (WHOLE.replace('["Agree on 22:00"]', '["a", "b", "c", "d"]'), "tasks_en must hold 1 to 3 texts"),
        (WHOLE.replace('key = "noise"', 'key = "fire"'), "is not the file's name"),
        (WHOLE + "months = [13]\n", "months must be numbers from 1 to 12"),
        ("key = ", "cannot be used"),
    ],
)
def test_a_broken_topic_is_named_with_its_fault(tmp_path, broken, reason):
    (tmp_path / "noise.toml").write_text(broken, encoding="utf-8")
    with pytest.raises(InputError, match=reason) as caught:
        read_topics(tmp_path)
    assert caught.value.key == "topics.invalid"
    assert "noise.toml" in str(caught.value)
