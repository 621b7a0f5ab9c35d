"""
What the meeting's own process does with an answer: checks it and writes it into the folder, knowing no workspace.

It serves strangers, so nothing that it imports opens a workspace or a database; `geo.meetings.collect_answers` takes
the answers in later, and checks them once more by the workspace's own areas and topics.
"""

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geo.answer_files import from_json, read_answers, write_answer
from geo.polls import Poll, Remark, open_topics, require_present, validate_poll, validate_remark
from geo.taxonomy import read_taxonomy
from geo.topics import read_topics
from jobs.community_folder import no_community_folder, require_community_folder
from views.i18n import LANGUAGES

LANGUAGE = re.compile(r'<html[^>]*\blang="(\w+)')


def answer_keeper(
    folder: Path, today: Callable[[], dt.date] = dt.date.today
) -> Callable[[dict[str, Any]], Poll | Remark]:
    """
    Make what the meeting's server hands answers to.

    Parameters
    ----------
    folder : Path
        A community folder.
    today : callable
        The day of the meeting: no answer lies after it.

    Returns
    -------
    callable
        Takes one answer as a table, with `replace` where it corrects one; writes it and returns it as checked.

    Raises
    ------
    InputError
        Key `community.no_folder` if it is none; from the callable, `meeting.*` for what makes no sense.
    """
    require_community_folder(folder)
    areas = _areas(folder)
    topics = open_topics(read_topics(), read_taxonomy().categories)

    def keep(table: dict[str, Any]) -> Poll | Remark:
        told = dict(table)
        replace = bool(told.pop("replace", False))
        item = from_json(told)
        checked: Poll | Remark
        if isinstance(item, Poll):
            checked = validate_poll(item, areas=areas, today=today())
        else:
            checked = validate_remark(item, areas=areas, topics=topics, today=today())
            require_present(checked, _present(folder, checked))
        write_answer(folder, checked, replace=replace)
        return checked

    return keep


def _areas(folder: Path) -> frozenset[str]:
    """The areas of the last release; the folder may have been damaged on its way."""
    try:
        releases = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        return frozenset(str(area["area_id"]) for area in releases[-1]["areas"])
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise no_community_folder(folder) from error


def _present(folder: Path, remark: Remark) -> list[int]:
    """How many were present by the polls in force of the remark's area and day."""
    files = read_answers(folder)[0]
    replaced = {file.replaces for file in files}
    return [
        file.item.present
        for file in files
        if isinstance(file.item, Poll)
        and file.name not in replaced
        and (file.item.area_id, file.item.date) == (remark.area_id, remark.date)
    ]


def folder_language(folder: Path) -> str | None:
    """The language in which a community folder opens, or None."""
    try:
        with (folder / "index.html").open(encoding="utf-8", errors="replace") as page:
            found = LANGUAGE.search(page.read(2_000))
    except OSError:
        return None
    return found[1] if found and found[1] in LANGUAGES else None
