"""What meetings answered, as the public and the plan use it: shares with intervals, remarks, the floor of attention."""

import datetime as dt
from collections.abc import Iterable, Sequence

from analysis.safety import FLOOR_WEEKS, LEAST_ANSWERS, AreaSafety, Trend, trend, wilson
from analysis.safety import least_safe as compare_areas
from geo.community_types import PollResult, RemarkLine
from geo.meetings import QUESTIONS, KeptRemark, Poll, polls
from jobs.dataset import Dataset

# The floor follows the core measure; the others tell what darkness adds and whether people feel served.
FLOOR_QUESTION = "dark"
# An evening older than this says nothing of how safe people feel now.
RECENT_DAYS = 365
# Fewer people than this behind a remark are not told to the public.
LEAST_PEOPLE = 5


def shown_areas(dataset: Dataset) -> frozenset[str]:
    """The areas that meetings speak of: the units shown."""
    units = dataset.shown_units
    return frozenset() if units is None else frozenset(units["neighborhood_id"].astype(str))


def poll_results(kept: Iterable[Poll], area_id: str) -> tuple[PollResult, ...]:
    """
    The evenings of one area as the public sees them, question by question, oldest first.

    Parameters
    ----------
    kept : polls
        Of any areas, in any order.

    Returns
    -------
    tuple of PollResult
        With fewer than ten answers, only how many answered.
    """
    order = list(QUESTIONS)
    own = [poll for poll in kept if poll.area_id == area_id]
    return tuple(_result(poll) for poll in sorted(own, key=lambda poll: (order.index(poll.question), poll.date)))


def _result(poll: Poll) -> PollResult:
    answered = poll.answered
    if answered < LEAST_ANSWERS:
        return PollResult(poll.question, poll.date, answered, (), None, None, None)
    low, high = wilson(poll.good, answered)
    options = tuple(poll.answers.items())
    return PollResult(poll.question, poll.date, answered, options, poll.good / answered, low, high)


def poll_trend(kept: Iterable[Poll], area_id: str, question: str) -> Trend:
    """Whether one area's share of a question rises or falls over its evenings."""
    own = [poll for poll in kept if poll.area_id == area_id and poll.question == question]
    return trend([(poll.date, poll.good, poll.answered) for poll in own])


def remark_lines(kept: Sequence[KeptRemark], area_id: str) -> tuple[RemarkLine, ...]:
    """
    What was raised in one area and what became of it, newest first, then by how many said so.

    The number of people is left out where it is smaller than five.
    """
    own = sorted(
        (remark for remark in kept if remark.area_id == area_id),
        key=lambda remark: (-remark.date.toordinal(), -_told(remark.people), remark.topic),
    )
    return tuple(
        RemarkLine(
            remark.topic,
            remark.date,
            _told(remark.people) or None,
            remark.answer,
            remark.reason,
            remark.week,
        )
        for remark in own
    )


def _told(people: int) -> int:
    # Order must not tell what the line withholds.
    return people if people >= LEAST_PEOPLE else 0


def least_safe(dataset: Dataset, before: dt.date | None = None) -> dict[str, int]:
    """
    How many weeks may pass between visits to each area: 13, or 6 where people feel clearly less safe than elsewhere.

    Parameters
    ----------
    before : date, optional
        Nothing of that day or later is known: the Monday of a plan. Without it, every evening kept counts.

    Returns
    -------
    dict of area to weeks
        Every unit shown, in their order; none without neighborhoods. `floor_weeks` gives the same by leaf.
    """
    units = dataset.shown_units
    if units is None:
        return {}
    found = safety_of_areas(dataset, before)
    return {
        area: found[area].weeks if area in found else FLOOR_WEEKS
        for area in units["neighborhood_id"].astype(str).tolist()
    }


def floor_weeks(dataset: Dataset, before: dt.date | None = None) -> dict[str, int]:
    """`least_safe` by leaf, the units that events lie in and walks visit: each leaf takes its shown unit's floor."""
    weeks = least_safe(dataset, before)
    return {str(leaf): weeks.get(str(unit), FLOOR_WEEKS) for leaf, unit in dataset.shown_unit_of.items()}


def safety_of_areas(dataset: Dataset, before: dt.date | None = None) -> dict[str, AreaSafety]:
    """Each area's latest evening of a year beside the rest: only areas that were asked and answered enough."""
    known = shown_areas(dataset)
    latest: dict[str, Poll] = {}
    recent = [
        poll
        for poll in polls(dataset.workspace)
        if poll.question == FLOOR_QUESTION
        and poll.area_id in known
        and poll.answered >= LEAST_ANSWERS
        and (before is None or poll.date < before)
    ]
    newest = max((poll.date for poll in recent), default=dt.date.min)
    horizon = (before or newest).toordinal() - RECENT_DAYS
    for poll in sorted(recent, key=lambda poll: poll.date):
        if poll.date.toordinal() >= horizon:
            latest[poll.area_id] = poll
    return compare_areas({area: (latest[area].good, latest[area].answered) for area in sorted(latest)})
