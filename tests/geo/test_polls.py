"""Which answers of a meeting make sense: each refusal has its sentence, and what passes adds up."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InputError
from geo.polls import (
    CLOSED_TOPICS,
    GOOD_OPTIONS,
    MOST_PEOPLE,
    QUESTIONS,
    Poll,
    Remark,
    open_topics,
    validate_poll,
    validate_remark,
)
from geo.taxonomy import read_taxonomy
from geo.topics import read_topics
from views.i18n import Translator

TODAY = dt.date(2026, 11, 25)
DAY = dt.date(2026, 11, 24)
POLL = Poll("A", DAY, "dark", {"very_safe": 4, "fairly_safe": 9, "bit_unsafe": 5, "very_unsafe": 1}, 23)
REMARK = Remark("A", DAY, "lighting", 7)


def checked(poll: Poll, **changes) -> Poll:
    return validate_poll(dataclasses.replace(poll, **changes), areas={"A", "B"}, today=TODAY)


def raised(remark: Remark, **changes) -> Remark:
    return validate_remark(
        dataclasses.replace(remark, **changes), areas={"A"}, topics={"lighting", "family"}, today=TODAY
    )


def test_a_poll_knows_who_answered_well_and_who_not_at_all():
    assert (POLL.answered, POLL.no_answer, POLL.good) == (19, 4, 13)
    assert checked(POLL) == POLL


def test_options_left_out_are_zero_and_stand_in_order():
    poll = checked(POLL, answers={"very_unsafe": 2, "very_safe": 1})
    assert list(poll.answers.items()) == [
        ("very_safe", 1), ("fairly_safe", 0), ("bit_unsafe", 0), ("very_unsafe", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"present": 18}, "meeting.more_answers", "19 hands were counted, but 18 people were present"),
        ({"answers": {"very_safe": -1}}, "meeting.not_whole", "-1 is no number of people"),
        ({"answers": {"very_safe": 1.5}}, "meeting.not_whole", "1.5 is no number"),
        ({"answers": {"very_safe": True}}, "meeting.not_whole", "True is no number"),
        ({"answers": {"very_safe": "3"}}, "meeting.not_whole", "3 is no number"),
        ({"answers": {"very_safe": None}}, "meeting.not_whole", "None is no number"),
        ({"present": 10**5000}, "meeting.too_many", "More than 5000 people"),
        ({"present": -(10**5000)}, "meeting.not_whole", "… is no number"),
        ({"present": 0, "answers": {}}, "meeting.nobody", "The number of people is 0"),
        ({"area_id": "C"}, "meeting.unknown_area", "no area C"),
        ({"area_id": None}, "meeting.unknown_area", "no area None"),
        ({"question": "faith"}, "meeting.unknown_question", "faith is no question"),
        ({"question": ["dark"]}, "meeting.unknown_question", "is no question"),
        ({"answers": {"safe": 3}}, "meeting.unknown_option", "safe is no answer"),
        ({"question": "served"}, "meeting.unknown_option", "very_safe is no answer"),
        ({"date": dt.date(2026, 11, 26)}, "meeting.future", "2026-11-26 is still to come; today is 2026-11-25"),
        ({"date": "2026-11-24"}, "meeting.no_day", "2026-11-24 is no day"),
        ({"date": dt.datetime(2026, 11, 24)}, "meeting.no_day", "is no day"),
    ],
)
def test_a_poll_that_makes_no_sense_is_refused_with_a_sentence(changes, key, words):
    with pytest.raises(InputError, match=words) as refused:
        checked(POLL, **changes)
    assert refused.value.key == key
    for language in ("zh", "en"):
        assert Translator(language).error(refused.value)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"people": 0}, "meeting.nobody"),
        ({"people": -2}, "meeting.not_whole"),
        ({"people": MOST_PEOPLE + 1}, "meeting.too_many"),
        ({"topic": "x" * 500}, "meeting.unknown_topic"),
        ({"topic": "family"}, "meeting.unknown_topic"),
        ({"topic": 3}, "meeting.unknown_topic"),
        ({"area_id": "B"}, "meeting.unknown_area"),
        ({"date": dt.date(2027, 1, 1)}, "meeting.future"),
    ],
)
def test_a_remark_that_makes_no_sense_is_refused(changes, key):
    with pytest.raises(InputError) as refused:
        raised(REMARK, **changes)
    assert refused.value.key == key
    assert len(str(refused.value)) < 200  # a stranger's text is quoted short


def test_a_remark_of_today_is_fine():
    assert raised(REMARK, date=TODAY).people == 7


def test_what_concerns_a_family_is_never_raised_in_front_of_others():
    topics = open_topics(read_topics(), read_taxonomy().categories)
    assert not CLOSED_TOPICS & set(topics)
    assert {"lighting", "noise", "help", "theft_bicycle"} <= set(topics)


def test_a_topic_for_a_mediator_alone_is_closed():
    category = read_taxonomy().categories["dispute.family"]
    categories = {
        "a": dataclasses.replace(category, who="referral", topics=("quiet", "help")),
        "b": dataclasses.replace(category, who="volunteer", topics=("help",)),
    }
    assert open_topics(["help", "quiet", "family", "other"], categories) == ("help", "other")


def test_every_question_has_four_or_five_options_best_first_and_words():
    for language in ("zh", "en"):
        t = Translator(language)
        for question, options in QUESTIONS.items():
            assert len(options) in (4, 5)
            assert t(f"meeting.question.{question}")
            assert len({t(f"meeting.option.{option}") for option in options}) == len(options)
    assert GOOD_OPTIONS == 2


counts = st.integers(-3, 40) | st.booleans() | st.floats(allow_nan=False) | st.none() | st.text(max_size=3)
options = st.sampled_from(sorted({o for group in QUESTIONS.values() for o in group} | {"unknown"}))


@given(st.sampled_from([*QUESTIONS, "x"]), st.dictionaries(options, counts, max_size=6), counts)
def test_whatever_comes_is_refused_or_adds_up(question, answers, present):
    try:
        poll = validate_poll(Poll("A", DAY, question, answers, present), areas=["A"], today=TODAY)
    except InputError:  # any other error fails
        return
    assert list(poll.answers) == list(QUESTIONS[question])
    assert all(type(count) is int and count >= 0 for count in poll.answers.values())
    assert 0 <= poll.good <= poll.answered <= poll.present
    assert poll.answered + poll.no_answer == poll.present
    assert validate_poll(poll, areas=["A"], today=TODAY) == poll
