"""
What the community folder and the meeting page are made from: nothing but what passed the gate.

`jobs.community` fills these, `geo.privacy` lets them through, the deck, the sheet and the table draw them and nothing
else. Texts are keys of the catalogues or of `data/topics`, so that both languages say the same.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from geo.release_types import Figure, Period, PublicArea


@dataclass(frozen=True)
class SeasonLine:
    """
    One row of figures over the season: as published, oldest period first, and the range their sum lies in.

    `low` and `high` are sums over the published classes (a small figure counts 0 to `below` - 1, a shown one its
    rounded value twice); None where a period's figure is withheld.
    """

    layer: str
    group: str | None
    figures: tuple[Figure, ...]
    low: int | None
    high: int | None


@dataclass(frozen=True)
class Promise:
    """One thing promised to an area: a walk, a watch, or the answer to a remark. `week` is a Monday."""

    kind: Literal["walk", "watch", "remark"]
    week: dt.date | None
    topic: str | None
    state: Literal["done", "open", "missed", "not_taken_up"]
    reason: str | None = None


@dataclass(frozen=True)
class Coming:
    """Walks and watches of one coming week in an area: how many, and about what. No place, no hour, no door."""

    week: dt.date
    walks: int
    watches: int
    topics: tuple[str, ...]


@dataclass(frozen=True)
class PollResult:
    """
    One evening's show of hands on one question: how many answered, the share that answered well, its 95 % interval.

    `options` are (key, count) in the order of the question; below the least number of answers, `options` is empty and
    the shares are None: too few to say.
    """

    question: str
    date: dt.date
    answered: int
    options: tuple[tuple[str, int], ...]
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RemarkLine:
    """What neighbors raised, by topic: how many said so (None: too few to say), and the answer with a reason's key."""

    topic: str
    date: dt.date
    people: int | None
    answer: Literal["waiting", "taken_up", "not_taken_up"]
    reason: str | None
    week: dt.date | None = None


@dataclass(frozen=True)
class AreaContent:
    """Everything the meeting sees of one area."""

    area: PublicArea
    layers: tuple[SeasonLine, ...]
    lines: tuple[SeasonLine, ...]
    settled: tuple[SeasonLine, ...]
    times: tuple[Figure, ...]
    promises: tuple[Promise, ...]
    topics: tuple[str, ...]
    coming: tuple[Coming, ...]
    polls: tuple[PollResult, ...]
    remarks: tuple[RemarkLine, ...]


@dataclass(frozen=True)
class CommunityContent:
    """The whole community view: the city's lines, then each area. `season` are its periods, oldest first."""

    station: str
    station_en: str
    season: tuple[Period, ...]
    layers: tuple[SeasonLine, ...]
    lines: tuple[SeasonLine, ...]
    areas: tuple[AreaContent, ...]
    rules: dict[str, int]
    datum: str = "WGS 84"
    credit: str = ""
    map_review_number: str = ""
    digest: str = ""
