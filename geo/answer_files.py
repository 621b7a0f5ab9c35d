"""
A meeting's answers as files: one small JSON file an answer in `FOLDER/answers/`, written whole or not at all.

The process that serves a meeting writes them and knows no workspace; `geo.meetings.collect_answers` takes them in. The
name says the day, the kind and a digest of the content, no clock: the same answer twice is one file. A correction is a
file of its own that names the one it replaces, so that nothing is ever overwritten.
"""

import datetime as dt
import hashlib
import json
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import InputError
from geo.files import write_text_whole
from geo.polls import Poll, Remark, checked_poll, checked_remark

ANSWERS_FOLDER = "answers"
VERSION = 1
# The longest answer of ours has under 500 bytes.
MOST_BYTES = 4_096
NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-(poll|remark)-([0-9a-f]{16})\.json")
_POLL = {"version", "kind", "area_id", "date", "question", "answers", "present"}
_REMARK = {"version", "kind", "area_id", "date", "topic", "people"}
_LONGEST_TEXT = 200


@dataclass(frozen=True)
class AnswerFile:
    """One file read: its name, what it says, the name of the file it replaces, and its digest."""

    name: str
    item: Poll | Remark
    replaces: str | None
    digest: str


class NoAnswer(ValueError):
    """The file is none of ours: too large, no plain file, no such form, or changed since it was written."""


def write_answer(folder: Path, item: Poll | Remark, *, replace: bool = False) -> Path:
    """
    Write one answer into `folder`/answers.

    Parameters
    ----------
    folder : Path
        The community folder.
    item : Poll or Remark
        Checked here in itself; area, topic and day are for the caller (`geo.polls.validate_poll`).
    replace : bool
        Whether an answer on the same area, day and question (or topic) that differs is corrected.

    Returns
    -------
    Path
        The file; the one that is there, if it says the same.

    Raises
    ------
    InputError
        `meeting.twice` if another count lies there and `replace` is not set; what `geo.polls` refuses.
    """
    item = checked_poll(item) if isinstance(item, Poll) else checked_remark(item)
    last = _last_of(read_answers(folder)[0], item)
    if last is not None and last.item == item:
        return folder / ANSWERS_FOLDER / last.name
    if last is not None and not replace:
        raise twice(item)
    table = as_json(item) | ({"replaces": last.name} if last else {})
    path = folder / ANSWERS_FOLDER / _name(table)
    write_text_whole(path, _text(table))
    return path


def read_answers(folder: Path) -> tuple[list[AnswerFile], list[str]]:
    """
    All answers in `folder`/answers, replaced ones before those that replace them; then the names that are no answers.

    Temporary files of a writer at work, whose names begin with a dot, are neither.
    """
    found: list[AnswerFile] = []
    refused: list[str] = []
    root = folder / ANSWERS_FOLDER
    for path in sorted(root.iterdir()) if root.is_dir() and not root.is_symlink() else []:
        if path.name.startswith("."):
            continue
        try:
            found.append(read_answer(path))
        except NoAnswer:
            refused.append(path.name)
    return _in_order(found), refused


def read_answer(path: Path) -> AnswerFile:
    """
    Read one file, believing nothing of it.

    Raises
    ------
    NoAnswer
    """
    match = NAME.fullmatch(path.name)
    if match is None:
        raise NoAnswer(path.name)
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > MOST_BYTES:
            raise NoAnswer(path.name)
        text = path.read_bytes()[: MOST_BYTES + 1].decode("utf-8")
        table = json.loads(text, object_pairs_hook=_no_twins, parse_constant=_no_number)
        replaces = table.pop("replaces", None) if isinstance(table, dict) else None
        item = from_json(table)
    except (OSError, ValueError, RecursionError) as error:
        raise NoAnswer(path.name) from error
    if replaces is not None and not (isinstance(replaces, str) and NAME.fullmatch(replaces)):
        raise NoAnswer(path.name)
    whole = as_json(item) | ({"replaces": replaces} if replaces else {})
    if _name(whole) != path.name:
        raise NoAnswer(path.name)
    return AnswerFile(path.name, item, replaces, match[3])


def as_json(item: Poll | Remark) -> dict[str, Any]:
    """The answer as a JSON object."""
    table: dict[str, Any] = {"version": VERSION, "area_id": item.area_id, "date": item.date.isoformat()}
    if isinstance(item, Poll):
        return table | {
            "kind": "poll",
            "question": item.question,
            "answers": dict(item.answers),
            "present": item.present,
        }
    return table | {"kind": "remark", "topic": item.topic, "people": item.people}


def from_json(table: Any) -> Poll | Remark:
    """
    The answer that a JSON object says, checked in itself; `version` may be left out.

    Raises
    ------
    InputError
        `meeting.form` for unknown or missing keys and values of another kind; what `geo.polls` refuses.
    """
    if not isinstance(table, dict) or table.get("kind") not in ("poll", "remark"):
        raise _form("kind")
    keys = _POLL if table["kind"] == "poll" else _REMARK
    for key in sorted((set(table) ^ keys) - {"version"}, key=str):
        raise _form(key)
    version = table.get("version", VERSION)
    if type(version) is not int or version != VERSION:
        raise _form("version")
    for key in sorted(keys & {"area_id", "question", "topic"}):
        if not isinstance(table[key], str) or not 0 < len(table[key]) <= _LONGEST_TEXT:
            raise _form(key)
    day = _day(table["date"])
    if table["kind"] == "remark":
        return checked_remark(Remark(table["area_id"], day, table["topic"], table["people"]))
    answers = table["answers"]
    if not isinstance(answers, dict) or not all(isinstance(option, str) for option in answers):
        raise _form("answers")
    return checked_poll(Poll(table["area_id"], day, table["question"], dict(answers), table["present"]))


def twice(item: Poll | Remark) -> InputError:
    """The refusal of a second count for one area, day and question or topic."""
    return InputError(
        f"This was counted already for {item.date.isoformat()}, with other numbers.",
        remedy="Leave it as it is, or say that the new count replaces the old one.",
        key="meeting.twice",
        day=item.date.isoformat(),
    )


def _day(text: object) -> dt.date:
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise _form("date")
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise _form("date") from error


def _form(field: object) -> InputError:
    name = "".join(sign for sign in str(field)[:40] if sign.isalnum() or sign in "_-")
    return InputError(
        f"The answer has no readable `{name}`, or one too many.",
        remedy="Use the meeting page's forms.",
        key="meeting.form",
        field=name,
    )


def _name(table: dict[str, Any]) -> str:
    digest = hashlib.sha256(_text(table).encode()).hexdigest()[:16]
    return f"{table['date']}-{table['kind']}-{digest}.json"


def _text(table: dict[str, Any]) -> str:
    return json.dumps(table, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _last_of(files: list[AnswerFile], item: Poll | Remark) -> AnswerFile | None:
    """The answer in force on the same matter: the last of its chain of corrections."""
    same = [file for file in files if type(file.item) is type(item) and file.item.key == item.key]
    replaced = {file.replaces for file in same}
    return next((file for file in reversed(same) if file.name not in replaced), None)


def _in_order(files: list[AnswerFile]) -> list[AnswerFile]:
    by_name = {file.name: file for file in files}

    def depth(file: AnswerFile) -> int:
        # A name holds a digest of what it replaces, so no chain closes; the bound is for hostile ones all the same.
        steps, now = 0, file
        while now.replaces in by_name and steps <= len(files):
            steps, now = steps + 1, by_name[now.replaces]
        return steps

    return sorted(files, key=lambda file: (depth(file), file.name))


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice")
    return table


def _no_number(text: str) -> None:
    raise ValueError(text)
