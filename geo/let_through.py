"""
Whether the whole community content may pass: every field of it against a list of what may stand there.

A whitelist: figures equal stored ones, weeks are Mondays, topics and questions are known, texts are names. Whatever
else is found is a bug of ours, never the reader's, and stops everything.
"""

import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections.abc import Collection, Iterable
from typing import Any

from geo.community_types import (
    AreaContent,
    Coming,
    CommunityContent,
    PollResult,
    Promise,
    RemarkLine,
    SeasonLine,
)
from geo.polls import GOOD_OPTIONS, QUESTIONS, REASONS
from geo.release_types import Figure, Period, PublicArea, Release
from geo.taxonomy import Taxonomy, read_taxonomy
from geo.topics import NEVER, open_topics, read_topics

LEAST_ANSWERS, LEAST_PEOPLE = 10, 5
LONGEST_NAME = 200
CONTENT_TYPES = (CommunityContent, AreaContent, SeasonLine, Figure, Period, PublicArea, Promise, Coming, PollResult)
# A number with more than three decimals is a place.
NOT_A_NAME = re.compile(r"\d\.\d{4,}")
A_KEY = re.compile(r"[a-z][a-z0-9_.]{0,60}")


class PrivacyError(AssertionError):
    """Something that must not be public was about to be; a bug of this program, not of its user."""


def let_through(
    content: CommunityContent, releases: Iterable[Release], taxonomy: Taxonomy | None = None
) -> CommunityContent:
    """
    Check the whole community content field by field, and stamp it with its digest.

    Parameters
    ----------
    content : CommunityContent
    releases : iterable of Release
        All that is stored; the content may say nothing else of counts.
    taxonomy : Taxonomy, optional
        Which topics are closed; the program's own, if not given.

    Returns
    -------
    CommunityContent
        The same with `digest`; the same content gives the same digest.

    Raises
    ------
    PrivacyError
        If anything in it is not on the list.
    """
    _require_plain(content)
    stored = {release.period.key: release for release in releases}
    _require(bool(content.season), "the season has no period")
    for period in content.season:
        _require(period.key in stored and stored[period.key].period == period, f"{period.key} was not released")
    season = [stored[period.key] for period in content.season]
    figures = [{figure.key: figure for figure in release.figures} for release in season]
    topics = open_topics(taxonomy or read_taxonomy(), read_topics())
    for name in (content.station, content.station_en, content.datum, content.credit, content.map_review_number):
        _require_name(name)
    told = season[-1].rules
    _require(all(told.get(name) == value for name, value in content.rules.items()), "rules differ from the release's")
    for line in (*content.layers, *content.lines):
        _require_line(line, None, figures, ("city_layer", "city_group"))
    public = {area.area_id: area for area in season[-1].areas}
    for area in content.areas:
        _require(public.get(area.area.area_id) == area.area, "an area differs from the released one")
        _require_area(area, figures, topics)
    return dataclasses.replace(content, digest=_digest(content))


def _require_area(area: AreaContent, figures: list[dict[Any, Figure]], topics: Collection[str]) -> None:
    own = area.area.area_id
    _require_name(area.area.name)
    _require_name(area.area.name_en)
    for lines, tables in (
        (area.layers, ("area_layer",)),
        (area.lines, ("area_group",)),
        (area.settled, ("area_settled",)),
    ):
        for line in lines:
            _require_line(line, own, figures, tables)
    for figure in area.times:
        _require(figure.area_id == own and figure.table in ("area_day", "area_week"), "a quarter of another area")
        _require(any(one.get(figure.key) == figure for one in figures), "a quarter that was not released")
    counted = bool(area.layers or area.lines or area.settled or area.times)
    _require(not (area.area.too_small and counted), "counts of an area that is too small")
    _require(set(area.topics) <= set(topics), "a closed or unknown topic")
    for promise in area.promises:
        _require_promise(promise, topics)
    for coming in area.coming:
        _require_monday(coming.week)
        _require(min(coming.walks, coming.watches) >= 0 and set(coming.topics) <= set(topics), "a coming week")
    for poll in area.polls:
        _require_poll(poll)
    for remark in area.remarks:
        _require_remark(remark)


def _require_line(
    line: SeasonLine, area_id: str | None, figures: list[dict[Any, Figure]], tables: tuple[str, ...]
) -> None:
    _require(len(line.figures) == len(figures), "a line that misses a period")
    for figure, released in zip(line.figures, figures, strict=True):
        _require(released.get(figure.key) == figure, f"{figure.key} is not as released")
        _require(figure.table in tables and figure.area_id == area_id, f"{figure.key} stands in the wrong place")
        _require((figure.layer, figure.group) == (line.layer, line.group), f"{figure.key} is called something else")
    low: int | None = sum(figure.value or 0 for figure in line.figures)
    high: int | None = sum(
        (figure.value or 0) if figure.status == "shown" else (figure.below or 1) - 1 for figure in line.figures
    )
    if any(figure.status == "withheld" for figure in line.figures):
        low = high = None
    _require((line.low, line.high) == (low, high), "a sum that the published figures do not give")


def _require_promise(promise: Promise, topics: Collection[str]) -> None:
    _require(promise.kind in ("walk", "watch", "remark"), "a promise of an unknown kind")
    _require(promise.state in ("done", "open", "missed", "not_taken_up"), "a promise in an unknown state")
    allowed = set(read_topics()) - NEVER if promise.kind == "remark" else topics
    _require(promise.topic is None or promise.topic in allowed, "a promise about a closed or unknown topic")
    _require(promise.reason is None or A_KEY.fullmatch(promise.reason) is not None, "a reason that is no key")
    if promise.week is not None:
        _require_monday(promise.week)


def _require_poll(poll: PollResult) -> None:
    options = QUESTIONS.get(poll.question)
    if options is None:
        raise PrivacyError("an unknown question")
    if not poll.options:
        _require((poll.share, poll.low, poll.high) == (None, None, None), "a share of too few answers")
        return
    counts = dict(poll.options)
    _require(set(counts) <= set(options) and len(counts) == len(poll.options), "an unknown answer")
    _require(poll.answered >= LEAST_ANSWERS, "too few answers to tell")
    _require(min(counts.values()) >= 0 and sum(counts.values()) == poll.answered, "answers that do not add up")
    share, low, high = (-1.0 if value is None else value for value in (poll.share, poll.low, poll.high))
    good = sum(counts.get(option, 0) for option in options[:GOOD_OPTIONS])
    _require(abs(share - good / poll.answered) < 1e-9 and 0 <= low <= share <= high <= 1, "a share of another poll")


def _require_remark(remark: RemarkLine) -> None:
    _require(remark.topic in set(read_topics()) - NEVER, "a remark on a closed or unknown topic")
    _require(remark.people is None or remark.people >= LEAST_PEOPLE, "a remark of too few people to tell")
    _require(remark.answer in ("waiting", "taken_up", "not_taken_up"), "an unknown answer to a remark")
    _require(remark.reason is None or remark.reason in REASONS, "a reason that is no key")
    if remark.week is not None:
        _require_monday(remark.week)


def _require_monday(week: dt.date) -> None:
    _require(week.weekday() == 0, "a week that does not begin on a Monday")


def _require_name(text: str) -> None:
    _require(len(text) <= LONGEST_NAME and NOT_A_NAME.search(text) is None, "a name that holds more than a name")


def _require_plain(value: Any) -> None:
    """Nothing but our own types, numbers, keys, names and days: no frame, no geometry, no moment."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        _require(type(value) in (*CONTENT_TYPES, RemarkLine), f"{type(value).__name__} has no place here")
        _require(vars(value).keys() == {field.name for field in dataclasses.fields(value)}, "a field of no name")
        for part in vars(value).values():
            _require_plain(part)
    elif isinstance(value, tuple):
        for part in value:
            _require_plain(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            _require_plain(key)
            _require_plain(part)
    else:
        _require(
            type(value) in (str, int, float, bool, dt.date, type(None)), f"{type(value).__name__} has no place here"
        )


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise PrivacyError(what)


def _digest(content: CommunityContent) -> str:
    plain = dataclasses.asdict(content) | {"digest": ""}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
