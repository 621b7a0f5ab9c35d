"""The prevention texts: whole in both languages, refused in words where they are not, chosen by season and reports."""

import dataclasses
import re

import pytest

from geo.errors import InputError
from geo.taxonomy import read_taxonomy
from geo.topics import ALWAYS, NEVER, open_topics, read_topics, topics_for, volunteer_topics

WHOLE = """
key = "noise"
title_zh = "噪音"
title_en = "Noise"
tasks_zh = ["约定 22 时"]
tasks_en = ["Agree on 22:00"]
refer_to_zh = "调解室"
refer_to_en = "the mediation room"
source = "judgement"
source_zh = "经验判断"
source_en = "Judgement"
advice_zh = ["先当面说。", "谈不拢请调解。"]
advice_en = ["Talk first.", "Then ask the mediator."]
where_to_turn_zh = "调解室"
where_to_turn_en = "The mediation room"
evidence_zh = "所知很少。"
evidence_en = "Little is known."
"""
SEASON = '[[season]]\nmonths = [7]\nzh = "天热"\nen = "Heat"\n'
NUMBERS = {"110", "119", "120", "122", "12345", "96110", "12348", "12338", "12333", "12315", "12355"}
LIMITS = {"advice_zh": 30, "advice_en": 92, "where_to_turn_zh": 34, "where_to_turn_en": 96, "evidence_zh": 110}


@pytest.fixture(scope="module")
def topics():
    return read_topics()


@pytest.fixture(scope="module")
def taxonomy():
    return read_taxonomy()


def texts(topic, language):
    """Every text of a topic in one language."""
    singles = [getattr(topic, f"{name}_{language}") for name in ("title", "refer_to", "where_to_turn", "evidence")]
    lists = [*getattr(topic, f"tasks_{language}"), *getattr(topic, f"advice_{language}")]
    return [*singles, *lists, *(getattr(note, language) for note in topic.seasons)]


def test_every_topic_of_the_taxonomy_has_its_texts(topics, taxonomy):
    asked = {topic for category in taxonomy.categories.values() for topic in category.topics}
    assert asked <= set(topics)


def test_every_topic_has_as_many_tasks_in_either_language_and_a_source(topics):
    for topic in topics.values():
        assert 1 <= len(topic.tasks_zh) == len(topic.tasks_en) <= 3
        assert 2 <= len(topic.advice_zh) == len(topic.advice_en) <= 4
        assert topic.source
        assert all(len(task) <= 14 for task in topic.tasks_zh), topic.key  # room beside a box on the walk sheet


def test_the_texts_fit_a_slide(topics):
    for topic in topics.values():
        for name, most in LIMITS.items():
            given = getattr(topic, name)
            for text in (given,) if isinstance(given, str) else given:
                assert len(text) <= most, (topic.key, name, text)
        assert len(topic.evidence_en) <= 340, topic.key


def test_chinese_texts_hold_no_latin_and_english_ones_no_chinese(topics):
    for topic in topics.values():
        for text in [*texts(topic, "zh"), topic.source_zh]:
            assert not re.search("[A-Za-z]", text), (topic.key, text)
        for text in [*texts(topic, "en"), topic.source_en]:
            assert not re.search("[\u4e00-\u9fff]", text), (topic.key, text)


def test_both_languages_name_the_same_numbers_to_call(topics):
    for topic in topics.values():
        for part in ("where_to_turn", "advice"):
            said = [
                set(
                    re.findall(
                        r"\d{3,5}", " ".join(v if isinstance(v := getattr(topic, f"{part}_{x}"), tuple) else [v])
                    )
                )
                for x in ("zh", "en")
            ]
            assert said[0] == said[1] <= NUMBERS, (topic.key, part)


def test_evidence_gives_the_same_figures_in_both_languages_or_says_that_little_is_known(topics):
    for topic in topics.values():
        zh, en = (set(re.findall(r"\d+(?:\.\d+)?", text)) for text in (topic.evidence_zh, topic.evidence_en))
        assert {n for n in zh if "%" in topic.evidence_zh and f"{n}%" in topic.evidence_zh} <= en, topic.key
        assert ("†" in topic.evidence_zh) == ("†" in topic.evidence_en) == ("†" in topic.source), topic.key
        known_little = "所知很少" in topic.evidence_zh, "ittle is known" in topic.evidence_en
        assert known_little[0] == known_little[1], topic.key
        assert known_little[0] or re.search("证据|试验|综述", topic.evidence_zh), topic.key


def test_what_the_issue_asks_for_is_said_in_its_season(topics):
    assert "春节" in topics["burglary"].season_note(1, "zh")
    assert "一氧化碳" in topics["fire"].season_note(12, "zh")
    assert "carbon monoxide" in topics["fire"].season_note(1, "en")
    assert "26 June" in topics["drugs"].season_note(6, "en")
    assert topics["water"].season_note(7, "zh")
    assert "毕业" in topics["fraud"].season_note(6, "zh")
    assert "开学" in topics["fraud"].season_note(9, "zh")
    assert topics["drugs"].season_note(1, "zh") == ""


def test_a_topic_without_months_matters_all_year(tmp_path):
    (tmp_path / "noise.toml").write_text(WHOLE, encoding="utf-8")
    assert all(read_topics(tmp_path)["noise"].in_season(month) for month in range(1, 13))
    assert read_topics(tmp_path)["noise"].season_months() == frozenset()


def test_a_topic_with_months_matters_in_those(tmp_path):
    (tmp_path / "noise.toml").write_text(WHOLE + "months = [6, 7]\n" + SEASON, encoding="utf-8")
    topic = read_topics(tmp_path)["noise"]
    assert [month for month in range(1, 13) if topic.in_season(month)] == [6, 7]
    assert [topic.season_note(month, "en") for month in (6, 7)] == ["", "Heat"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (WHOLE.replace('title_en = "Noise"', ""), "title_en is missing"),
        (WHOLE.replace('["Agree on 22:00"]', '["a", "b", "c", "d"]'), "tasks_en must hold 1 to 3 texts"),
        (WHOLE.replace('["Talk first.", "Then ask the mediator."]', '["Talk."]'), "advice_en must hold 2 to 4 texts"),
        (
            WHOLE.replace('["先当面说。", "谈不拢请调解。"]', '["甲", "乙", "丙"]'),
            "advice_zh and advice_en must say the same",
        ),
        (WHOLE.replace('evidence_zh = "所知很少。"', ""), "evidence_zh is missing"),
        (
            WHOLE.replace('where_to_turn_en = "The mediation room"', 'where_to_turn_en = " "'),
            "where_to_turn_en is missing",
        ),
        (WHOLE.replace('key = "noise"', 'key = "fire"'), "is not the file's name"),
        (WHOLE + "months = [13]\n", "months must be numbers from 1 to 12"),
        (WHOLE + "months = [true]\n", "months must be numbers from 1 to 12"),
        (WHOLE + SEASON.replace("[7]", "[0]"), "months of a season must be numbers from 1 to 12"),
        (WHOLE + SEASON.replace('en = "Heat"', ""), "a season's note must have zh and en"),
        (WHOLE + "season = [1]\n", "season must be a list of notes"),
        ("key = ", "cannot be used"),
    ],
)
def test_a_broken_topic_is_named_with_its_fault(tmp_path, broken, reason):
    (tmp_path / "noise.toml").write_text(broken, encoding="utf-8")
    with pytest.raises(InputError, match=reason) as caught:
        read_topics(tmp_path)
    assert caught.value.key == "topics.invalid"
    assert "noise.toml" in str(caught.value)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_something_to_say_even_where_nothing_may_be_published(month, topics, taxonomy):
    chosen = topics_for(month, [], taxonomy, topics)
    assert len(chosen) == len(set(chosen)) == 4
    own = [key for key in chosen if month in topics[key].season_months()]
    assert own == list(chosen[: len(own)])  # the season's own before those of all year


def test_what_is_reported_comes_first_each_category_in_turn(topics, taxonomy):
    chosen = topics_for(4, ["dispute.noise", "theft", "traffic"], taxonomy, topics)
    assert chosen[:3] == ("noise", "theft_person", "traffic")
    assert topics_for(4, ["theft"], taxonomy, topics)[:3] == ("theft_person", "theft_bicycle", "theft_vehicle")


def test_the_season_keeps_a_place_where_much_is_reported(topics, taxonomy):
    reported = ["theft", "dispute.noise", "dispute.consumer", "hazard.road", "hazard.waste"]
    assert topics_for(6, reported, taxonomy, topics) == (
        "theft_person",
        "noise",
        "consumer",
        "road",
    )  # consumer is June's
    assert topics_for(10, [*reported[1:], "order"], taxonomy, topics)[-1] == "theft_bicycle"
    assert len(topics_for(6, reported, taxonomy, topics, most=2)) == 2


def test_the_answer_is_the_same_each_time_and_unknown_categories_change_nothing(topics, taxonomy):
    for month in range(1, 13):
        one = topics_for(month, ["theft", "hazard.water"], taxonomy, topics)
        shuffled = dict(reversed(topics.items()))
        assert one == topics_for(month, ["nothing.such", "theft", "hazard.water"], taxonomy, shuffled)


def test_what_a_mediator_alone_knows_is_never_a_topic(topics, taxonomy):
    closed = [row for row in taxonomy.categories.values() if row.who == "referral" or not row.listed]
    assert {"dispute.family", "assault.sexual"} <= {row.key for row in closed}
    every = list(taxonomy.categories)
    for month in range(1, 13):
        for most in (4, 99):
            chosen = set(topics_for(month, every, taxonomy, topics, most))
            assert not chosen & {topic for row in closed for topic in row.topics}
            assert topics_for(month, [row.key for row in closed], taxonomy, topics) == topics_for(
                month, [], taxonomy, topics
            )


def test_an_edited_taxonomy_cannot_open_the_family_topic(topics, taxonomy):
    opened = {key: dataclasses.replace(row, who="volunteer", listed=True) for key, row in taxonomy.categories.items()}
    edited = dataclasses.replace(taxonomy, categories=opened)
    assert not open_topics(edited, topics) & NEVER
    assert "help" in open_topics(edited, topics)


def test_volunteers_talk_of_no_quarrel_and_of_nothing_that_is_the_officers(topics, taxonomy):
    quarrels = {topic for row in taxonomy.categories.values() if row.layer == "dispute" for topic in row.topics}
    for month in range(1, 13):
        chosen = volunteer_topics(month, list(topics), taxonomy, topics, most=99)
        assert not set(chosen) & (quarrels | {"help", "family"})
        assert len(volunteer_topics(month, ["noise"], taxonomy, topics)) == 3
        # A post whose reports were all quarrels has the same list as one without any.
        assert volunteer_topics(month, ["noise", "neighbor"], taxonomy, topics) == volunteer_topics(
            month, [], taxonomy, topics
        )
    assert volunteer_topics(4, ["noise", "drugs", "theft_bicycle"], taxonomy, topics)[0] == "theft_bicycle"


def test_what_matters_always_exists(topics, taxonomy):
    assert set(ALWAYS) <= open_topics(taxonomy, topics)
