"""
What to talk about at a stop and at the meeting: the prevention texts of `data/topics/`, both languages, with sources.

Which of them an area gets follows from the season and from what is published as reported there, never from matters of
a mediator alone or of what is never listed: a topic that such a category names is not chosen.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from geo.errors import InputError
from geo.taxonomy import Category, Taxonomy

DEFAULT_TOPICS = Path(__file__).parents[1] / "data" / "topics"
# A walk sheet has room for this many boxes to tick beside a stop, a slide for this many sentences.
MOST_TASKS = 3
ADVICE = (2, 4)
TEXTS = ("title", "refer_to", "where_to_turn", "evidence", "source")
# Topics of matters that are nobody's but the mediator's, whatever an edited taxonomy says.
NEVER = frozenset({"family"})
# Said where neither reports nor the season ask for anything: what costs most, by judgement.
ALWAYS = ("fraud", "fire", "traffic", "burglary")


@dataclass(frozen=True)
class SeasonNote:
    """What is said besides in some months (1 to 12)."""

    months: tuple[int, ...]
    zh: str
    en: str


@dataclass(frozen=True)
class Topic:
    """
    One topic: its title, up to three short tasks to tick off, whom to refer to; what to say of it at a meeting.

    Attributes
    ----------
    months : tuple of int
        Those in which it matters most (1 to 12); empty for all year.
    source : str
        What it rests on in full, or "judgement"; figures that were not checked at the source carry a dagger here.
    source_zh, source_en : str
        The same, short enough for a screen.
    advice_zh, advice_en : tuples of str
        Two to four sentences that a resident can act on.
    where_to_turn_zh, where_to_turn_en : str
        Whom a resident calls or sees.
    evidence_zh, evidence_en : str
        What a visit or measure of this kind may honestly be expected to change; "little is known" where it is so.
    seasons : tuple of SeasonNote
    """

    key: str
    title_zh: str
    title_en: str
    tasks_zh: tuple[str, ...]
    tasks_en: tuple[str, ...]
    refer_to_zh: str
    refer_to_en: str
    months: tuple[int, ...]
    source: str
    source_zh: str
    source_en: str
    advice_zh: tuple[str, ...]
    advice_en: tuple[str, ...]
    where_to_turn_zh: str
    where_to_turn_en: str
    evidence_zh: str
    evidence_en: str
    seasons: tuple[SeasonNote, ...]

    def in_season(self, month: int) -> bool:
        """Whether the month is one of the topic's; always, for one that matters all year."""
        return not self.months or month in self.months

    def season_note(self, month: int, language: str) -> str:
        """What is said besides in that month, in `zh` or `en`; empty in most."""
        notes = [note for note in self.seasons if month in note.months]
        return "" if not notes else notes[0].zh if language == "zh" else notes[0].en

    def season_months(self) -> frozenset[int]:
        """The months that are its own; none for a topic that is the same all year."""
        return frozenset(self.months).union(*(note.months for note in self.seasons))


def read_topics(folder: Path = DEFAULT_TOPICS) -> dict[str, Topic]:
    """
    Read all topics of a folder.

    Parameters
    ----------
    folder : Path
        Holds one TOML file a topic.

    Returns
    -------
    dict of key to Topic
        In the order of the file names.

    Raises
    ------
    InputError
        If a file is no TOML, lacks a text in either language, has more tasks than a sheet has room for, or more advice
        than a slide.
    """
    # Asked for by every area of a city: the program's own are read once.
    return dict(_own_topics()) if folder == DEFAULT_TOPICS else _read(folder)


@cache
def _own_topics() -> dict[str, Topic]:
    return _read(DEFAULT_TOPICS)


def _read(folder: Path) -> dict[str, Topic]:
    return {topic.key: topic for topic in (_topic(path) for path in sorted(folder.glob("*.toml")))}


def open_topics(taxonomy: Taxonomy, topics: Mapping[str, Topic]) -> frozenset[str]:
    """The topics that may stand in public: none that a category of a mediator alone, or an unlisted one, names."""
    return frozenset(topics) - NEVER - _named(_closed(taxonomy))


def topics_for(
    month: int, categories: Sequence[str], taxonomy: Taxonomy, topics: Mapping[str, Topic], most: int = 4
) -> tuple[str, ...]:
    """
    Choose what to talk about in an area in a month.

    Parameters
    ----------
    month : int
        1 to 12.
    categories : sequence of str
        What is published as reported there, the most first: keys of the taxonomy; a first level stands for all below.
    most : int
        How many at most.

    Returns
    -------
    tuple of str
        Keys of topics: those of what is reported, each category's first before any category's second; the last place
        is kept for the season's own where what is reported leaves it out; where little is reported, the season's and
        then those that matter always.
    """
    allowed = open_topics(taxonomy, topics)
    reported = [key for key in _in_turn([_topics_of(key, taxonomy) for key in categories]) if key in allowed]
    season = [key for key in _of_season(month, topics) if key in allowed]
    first = reported[:most]
    if len(reported) >= most > 1 and season and not set(season) & set(first):
        first = first[: most - 1]
    always = [key for key in ALWAYS if key in allowed]
    return tuple(dict.fromkeys([*first, *season, *reported, *always]))[:most]


def volunteer_topics(
    month: int, wanted: Sequence[str], taxonomy: Taxonomy, topics: Mapping[str, Topic], most: int = 3
) -> tuple[str, ...]:
    """
    Choose what volunteers at a post talk about.

    Parameters
    ----------
    month : int
    wanted : sequence of str
        The post's own topics, the most fitting first.

    Returns
    -------
    tuple of str
        Of the wanted ones those that no quarrel and nothing of officers or mediators alone names; filled up with the
        season's, so that the list is about as long at every post.
    """
    rows = taxonomy.categories.values()
    safe = open_topics(taxonomy, topics) - _named([row for row in rows if row.layer == "dispute"])
    theirs = safe & _named([row for row in rows if row.who == "volunteer"])
    others = [key for key in (*_of_season(month, topics), *ALWAYS) if key in safe]
    return tuple(dict.fromkeys([*(key for key in wanted if key in theirs), *others]))[:most]


def _closed(taxonomy: Taxonomy) -> list[Category]:
    return [row for row in taxonomy.categories.values() if row.who == "referral" or not row.listed]


def _named(categories: Collection[Category]) -> frozenset[str]:
    return frozenset(topic for row in categories for topic in row.topics)


def _topics_of(key: str, taxonomy: Taxonomy) -> list[str]:
    """The topics of a category and of all below it, its own first."""
    below = [row for name, row in taxonomy.categories.items() if name.startswith(key + ".")]
    own = [taxonomy.categories[key]] if key in taxonomy.categories else []
    return list(dict.fromkeys(topic for row in own + below for topic in row.topics))


def _in_turn(queues: Sequence[Sequence[str]]) -> list[str]:
    longest = max((len(queue) for queue in queues), default=0)
    return list(dict.fromkeys(queue[i] for i in range(longest) for queue in queues if i < len(queue)))


def _of_season(month: int, topics: Mapping[str, Topic]) -> list[str]:
    """The month's own topics: those whose months it is, then those with a note for it; the rarer first, then by key."""
    own = [topic for topic in topics.values() if month in topic.season_months()]

    def order(topic: Topic) -> tuple[bool, int, str]:
        return month not in topic.months, len(topic.months or topic.season_months()), topic.key

    return [topic.key for topic in sorted(own, key=order)]


def _topic(path: Path) -> Topic:
    try:
        row = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _refusal(path, str(error)) from error
    for reason in _faults(row, path):
        raise _refusal(path, reason)
    lists: dict[str, Any] = {name: tuple(row[name]) for name in ("tasks_zh", "tasks_en", "advice_zh", "advice_en")}
    texts = {f"{name}_{language}": row[f"{name}_{language}"] for name in TEXTS for language in ("zh", "en")}
    notes = tuple(SeasonNote(tuple(note["months"]), note["zh"], note["en"]) for note in row.get("season", ()))
    return Topic(
        key=row["key"], source=row["source"], months=tuple(row.get("months", ())), seasons=notes, **lists, **texts
    )


def _faults(row: dict[str, Any], path: Path) -> Iterator[str]:
    for name in ("key", "source", *(f"{name}_{language}" for name in TEXTS for language in ("zh", "en"))):
        if not _is_text(row.get(name)):
            yield f"{name} is missing"
    for name, (least, most) in (("tasks", (1, MOST_TASKS)), ("advice", ADVICE)):
        for language in ("zh", "en"):
            given = row.get(f"{name}_{language}")
            if not isinstance(given, list) or not least <= len(given) <= most or not all(map(_is_text, given)):
                yield f"{name}_{language} must hold {least} to {most} texts"
        if len(row[f"{name}_zh"]) != len(row[f"{name}_en"]):
            yield f"{name}_zh and {name}_en must say the same, text by text"
    if row.get("key") != path.stem:
        yield f"key {row.get('key')!r} is not the file's name"
    if not _are_months(row.get("months", [])):
        yield "months must be numbers from 1 to 12"
    notes = row.get("season", [])
    if not isinstance(notes, list) or not all(isinstance(note, dict) for note in notes):
        yield "season must be a list of notes"
    for note in notes:
        if not note.get("months") or not _are_months(note["months"]):
            yield "months of a season must be numbers from 1 to 12"
        if not _is_text(note.get("zh")) or not _is_text(note.get("en")):
            yield "a season's note must have zh and en"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_months(value: Any) -> bool:
    return isinstance(value, list) and all(type(month) is int and 1 <= month <= 12 for month in value)


def _refusal(path: Path, reason: str) -> InputError:
    return InputError(
        f"The topic {path.name} cannot be used: {reason}.",
        remedy="Mend the file; the topics that come with the program show the form.",
        key="topics.invalid",
        file=path.name,
        reason=reason,
    )
