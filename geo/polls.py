"""
What a meeting answers, and which answers make sense: a poll by show of hands, and remarks by topic.

Counts of people, never who. Nothing here touches a workspace, so that the process which serves a meeting can use it.

The questions follow published surveys (docs/methods.md names them): walking alone after dark is indicator 16.1.4 of the
United Nations and the core question of the Crime Survey for England and Wales, with its four options; the same by day
tells what darkness adds; `served` asks what that survey asks of police and council, as 满意度 is asked in China.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from geo.errors import InputError

_SAFE = ("very_safe", "fairly_safe", "bit_unsafe", "very_unsafe")
_SERVED = ("very_satisfied", "fairly_satisfied", "neither", "fairly_dissatisfied", "very_dissatisfied")
# Question → its options, best first.
QUESTIONS: dict[str, tuple[str, ...]] = {"dark": _SAFE, "day": _SAFE, "served": _SERVED}
# Of every question, the first two options count as answering well: "very or fairly".
GOOD_OPTIONS = 2
# Why a remark is not taken up; anything else would need free text, which may name somebody.
REASONS = (
    "not_enough_people",
    "other_office",
    "needs_a_date",
    "not_here",
    "already_done",
    "refused_subject",
)
# A hall, not a city: more is a slip of the finger.
MOST_PEOPLE = 5_000
# Never raised in front of others: a mediator hears of it alone.
CLOSED_TOPICS = frozenset({"family"})


@dataclass(frozen=True)
class Poll:
    """One show of hands: `answers` are counts by option; who was present and answered nothing is the difference."""

    area_id: str
    date: dt.date
    question: str
    answers: dict[str, int]
    present: int

    @property
    def answered(self) -> int:
        """How many hands were counted."""
        return sum(self.answers.values())

    @property
    def no_answer(self) -> int:
        """How many were present and raised no hand."""
        return self.present - self.answered

    @property
    def good(self) -> int:
        """How many answered well: the question's first two options."""
        return sum(self.answers.get(option, 0) for option in QUESTIONS[self.question][:GOOD_OPTIONS])

    @property
    def key(self) -> tuple[str, dt.date, str]:
        """What is asked only once: this question in this area on this day."""
        return self.area_id, self.date, self.question


@dataclass(frozen=True)
class Remark:
    """How many people of an area raised a topic (a key of `data/topics`) on a day. No free text."""

    area_id: str
    date: dt.date
    topic: str
    people: int

    @property
    def key(self) -> tuple[str, dt.date, str]:
        """What is raised only once: this topic in this area on this day."""
        return self.area_id, self.date, self.topic


def open_topics(topics: Iterable[str], categories: Mapping[str, Any]) -> tuple[str, ...]:
    """
    The topics that people may raise in front of others, in the order given.

    Parameters
    ----------
    topics : keys of `data/topics`
    categories : key → Category
        Of the taxonomy. A topic that only categories for a mediator alone (`who = "referral"`) use is left out.
    """
    alone = {topic for category in categories.values() if category.who == "referral" for topic in category.topics}
    others = {topic for category in categories.values() if category.who != "referral" for topic in category.topics}
    closed = CLOSED_TOPICS | (alone - others)
    return tuple(topic for topic in topics if topic not in closed)


def validate_poll(poll: Poll, *, areas: Collection[str], today: dt.date) -> Poll:
    """
    The poll with all options in their order, those not named as 0.

    Parameters
    ----------
    areas : ids of the areas that exist
    today : date
        The last day a meeting can have been held on.

    Raises
    ------
    InputError
        `meeting.unknown_area`, `.unknown_question`, `.unknown_option`, `.future`, `.no_day`, `.not_whole`,
        `.too_many`, `.nobody`, `.more_answers`.
    """
    _require_area(poll.area_id, areas)
    _require_day(poll.date, today)
    return checked_poll(poll)


def validate_remark(remark: Remark, *, areas: Collection[str], topics: Collection[str], today: dt.date) -> Remark:
    """
    The remark as it is, if it makes sense.

    Parameters
    ----------
    topics : keys that may be raised, from `open_topics`

    Raises
    ------
    InputError
        `meeting.unknown_area`, `.unknown_topic`, `.future`, `.no_day`, `.not_whole`, `.too_many`, `.nobody`.
    """
    _require_area(remark.area_id, areas)
    _require_day(remark.date, today)
    if not isinstance(remark.topic, str) or remark.topic not in topics or remark.topic in CLOSED_TOPICS:
        raise InputError(
            f"{_quoted(remark.topic)} is no topic that is raised at a meeting.",
            remedy="Choose one of the list; what concerns one family is for the mediator alone.",
            key="meeting.unknown_topic", topic=_quoted(remark.topic),
        )  # fmt: skip
    return checked_remark(remark)


def require_present(remark: Remark, evening: Collection[int]) -> None:
    """
    Refuse a remark of more people than were present that evening.

    Parameters
    ----------
    evening : collection of int
        How many were present by each poll of the same area and day; nothing is refused without one.

    Raises
    ------
    InputError
        `meeting.more_than_present`.
    """
    if evening and remark.people > max(evening):
        raise InputError(
            f"{remark.people} people said so, but {max(evening)} were present that day.",
            remedy="Mend the number of people, or the number present.",
            key="meeting.more_than_present",
            people=remark.people,
            present=max(evening),
        )


def checked_poll(poll: Poll) -> Poll:
    """`validate_poll` without area and day: question, options and counts."""
    if not isinstance(poll.question, str) or poll.question not in QUESTIONS:
        raise InputError(
            f"{_quoted(poll.question)} is no question of the poll.",
            remedy="Ask one of the questions of the meeting page.",
            key="meeting.unknown_question", question=_quoted(poll.question),
        )  # fmt: skip
    options = QUESTIONS[poll.question]
    for option in poll.answers:
        if option not in options:
            raise InputError(
                f"{_quoted(option)} is no answer to this question.",
                remedy="Use the answers that stand under the question.",
                key="meeting.unknown_option", option=_quoted(option),
            )  # fmt: skip
    present = _whole(poll.present)
    _require_somebody(present)
    answers = {option: _whole(poll.answers.get(option, 0)) for option in options}
    answered = sum(answers.values())
    if answered > present:
        raise InputError(
            f"{answered} hands were counted, but {present} people were present.",
            remedy="Count the hands of this question again, or mend the number present.",
            key="meeting.more_answers", answered=answered, present=present,
        )  # fmt: skip
    return replace(poll, answers=answers, present=present)


def checked_remark(remark: Remark) -> Remark:
    """`validate_remark` without area, topic and day: the number of people."""
    people = _whole(remark.people)
    _require_somebody(people)
    return replace(remark, people=people)


def _require_area(area_id: object, areas: Collection[str]) -> None:
    if not isinstance(area_id, str) or area_id not in areas:
        raise InputError(
            f"There is no area {_quoted(area_id)}.",
            remedy="Choose one of the neighborhoods on the list.",
            key="meeting.unknown_area", area=_quoted(area_id),
        )  # fmt: skip


def _require_day(day: object, today: dt.date) -> None:
    # A moment is a date too for Python, but not a day of the place.
    if not isinstance(day, dt.date) or isinstance(day, dt.datetime):
        raise InputError(
            f"{_quoted(day)} is no day.",
            remedy="Write it as YYYY-MM-DD, for example 2026-03-02.",
            key="meeting.no_day", day=_quoted(day),
        )  # fmt: skip
    if day > today:
        raise InputError(
            f"The meeting's day {day.isoformat()} is still to come; today is {today.isoformat()}.",
            remedy="Give the day on which the hands were counted.",
            key="meeting.future", day=day.isoformat(), today=today.isoformat(),
        )  # fmt: skip


def _whole(count: object) -> int:
    # True is an int for Python; nobody counts hands in booleans.
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise InputError(
            f"{_quoted(count)} is no number of people.",
            remedy="Give whole numbers from 0 on.",
            key="meeting.not_whole", value=_quoted(count),
        )  # fmt: skip
    if count > MOST_PEOPLE:
        raise InputError(
            f"More than {MOST_PEOPLE} people at one meeting cannot be right.",
            remedy="Check the number.",
            key="meeting.too_many", most=MOST_PEOPLE,
        )  # fmt: skip
    return count


def _require_somebody(people: int) -> None:
    if people == 0:
        raise InputError(
            "The number of people is 0.",
            remedy="Say how many people there were; leave out what nobody raised.",
            key="meeting.nobody",
        )


def _quoted(value: object) -> str:
    """A stranger's value short enough for a sentence, without signs that draw."""
    # Numbers beyond all measure cannot even be written out.
    if isinstance(value, int) and abs(value) > 10**12:
        return "…"
    text = "".join(sign for sign in str(value)[:80] if sign.isprintable())
    return text if len(text) <= 40 else text[:39] + "…"
