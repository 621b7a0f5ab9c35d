"""What to talk about at a stop: the prevention texts of `data/topics/`, in both languages, with their sources."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import InputError

DEFAULT_TOPICS = Path(__file__).parents[1] / "data" / "topics"
# A walk sheet has room for this many boxes to tick beside a stop.
MOST_TASKS = 3


@dataclass(frozen=True)
class Topic:
    """
    One topic: its title, up to three short tasks to tick off, whom to refer to.

    `months` are those in which it matters most (1 to 12), empty for all year; `source` names what it rests on, or
    says "judgement".
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

    def in_season(self, month: int) -> bool:
        """Whether the month is one of the topic's; always, for one that matters all year."""
        return not self.months or month in self.months


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
        If a file is no TOML, lacks a text in either language, or has more tasks than a sheet has room for.
    """
    return {topic.key: topic for topic in (_topic(path) for path in sorted(folder.glob("*.toml")))}


def _topic(path: Path) -> Topic:
    try:
        row = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _refusal(path, str(error)) from error
    for reason in _faults(row, path):
        raise _refusal(path, reason)
    return Topic(
        key=row["key"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        tasks_zh=tuple(row["tasks_zh"]),
        tasks_en=tuple(row["tasks_en"]),
        refer_to_zh=row["refer_to_zh"],
        refer_to_en=row["refer_to_en"],
        months=tuple(row.get("months", ())),
        source=row["source"],
    )


def _faults(row: dict[str, Any], path: Path) -> Iterator[str]:
    for name in ("key", "title_zh", "title_en", "refer_to_zh", "refer_to_en", "source"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            yield f"{name} is missing"
    for name in ("tasks_zh", "tasks_en"):
        tasks = row.get(name)
        if (
            not isinstance(tasks, list)
            or not 1 <= len(tasks) <= MOST_TASKS
            or not all(isinstance(t, str) for t in tasks)
        ):
            yield f"{name} must hold 1 to {MOST_TASKS} texts"
    if row.get("key") != path.stem:
        yield f"key {row.get('key')!r} is not the file's name"
    months = row.get("months", [])
    if not isinstance(months, list) or any(month not in range(1, 13) for month in months):
        yield "months must be numbers from 1 to 12"


def _refusal(path: Path, reason: str) -> InputError:
    return InputError(
        f"The topic {path.name} cannot be used: {reason}.",
        remedy="Mend the file; the topics that come with the program show the form.",
        key="topics.invalid",
        file=path.name,
        reason=reason,
    )
