"""Periods that can be released, months or 28 days, and which one comes after those that were."""

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence

from geo.errors import InputError
from geo.release_types import Period

DAYS = 28


def month(text: str) -> Period:
    """
    The calendar month written as YYYY-MM.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        start = dt.datetime.strptime(text, "%Y-%m").date()
    except ValueError as error:
        raise InputError(
            f"{text!r} is no month.",
            remedy="Write it as YYYY-MM, for example 2026-10.",
            key="release.no_month",
            month=text,
        ) from error
    return Period(f"{start:%Y-%m}", start, start + dt.timedelta(days=calendar.monthrange(start.year, start.month)[1]))


def days28(first_day: dt.date) -> Period:
    """The 28 days from that day on."""
    return Period(f"{first_day.isoformat()}+{DAYS}", first_day, first_day + dt.timedelta(days=DAYS))


def by_28_days(period: Period) -> bool:
    """Whether it is 28 days rather than a month."""
    return "+" in period.key


def said(period: Period) -> str:
    """The period as a reader is told of it, in either language: the month, or the first and the last day."""
    return f"{period.start}–{period.end - dt.timedelta(days=1)}" if by_28_days(period) else period.key


def next_after(released: Sequence[Period]) -> Period:
    """The period that comes after all released ones, of the kind of the last of them."""
    last = max(released, key=lambda period: period.end)
    if by_28_days(last):
        return days28(last.end)
    return month(f"{last.end:%Y-%m}")


def require_apart(period: Period, released: Iterable[Period]) -> None:
    """
    Refuse a period that was released, or that shares days with one that was, and say which could be released instead.

    Raises
    ------
    InputError
        Keys `release.twice`, `release.overlap`.
    """
    released = list(released)
    for other in released:
        if other.key == period.key or (period.start < other.end and other.start < period.end):
            after = next_after(released)
            raise _twice(period, after) if other.key == period.key else _overlap(period, other, after)


def _twice(period: Period, after: Period) -> InputError:
    return InputError(
        f"{said(period)} was released already; what is published stays as it is.",
        remedy=f"The next that can be released is {said(after)}, once its days up to {after.end} (exclusive) are in.",
        key="release.twice",
        period=said(period),
        next=said(after),
        day=str(after.end),
    )


def _overlap(period: Period, other: Period, after: Period) -> InputError:
    return InputError(
        f"{said(period)} shares days with {said(other)}, which was released: the one less the other would tell small "
        "counts.",
        remedy=f"The next that can be released is {said(after)}, once its days up to {after.end} (exclusive) are in.",
        key="release.overlap",
        period=said(period),
        other=said(other),
        next=said(after),
        day=str(after.end),
    )
