"""
What meetings answered, kept with the workspace: polls by show of hands, remarks by topic and what became of them.

Counts by area and day, never persons, never free text. Nothing is overwritten: a correction takes the place of the
older count, whose row stays and names the newer one. `geo.polls` says which answers make sense, `geo.answer_files` how
the meeting's own process hands them over.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from geo.answer_files import (
    ANSWERS_FOLDER,
    AnswerFile,
    as_json,
    from_json,
    read_answers,
    twice,
    write_answer,
)
from geo.errors import InputError
from geo.meeting_tables import (
    IN_FORCE,
    KeptRemark,
    as_given,
    engine_of,
    poll_of,
    poll_table,
    remark_of,
    remark_table,
    rows_in_force,
    same_matter,
)
from geo.polls import (
    CLOSED_TOPICS,
    GOOD_OPTIONS,
    QUESTIONS,
    REASONS,
    Poll,
    Remark,
    open_topics,
    require_present,
    validate_poll,
    validate_remark,
)
from geo.report import Finding
from geo.topics import read_topics
from geo.workspace import Workspace

__all__ = [
    "ANSWERS_FOLDER", "CLOSED_TOPICS", "GOOD_OPTIONS", "QUESTIONS", "REASONS", "KeptRemark", "Poll", "Remark",
    "answer_remark", "area_ids", "as_json", "collect_answers", "from_json", "keep", "keep_poll", "keep_remark",
    "may_be_raised", "open_topics", "polls", "remarks", "today_of", "validate_poll", "validate_remark", "write_answer",
]  # fmt: skip

# --- keeping ----------------------------------------------------------------------------------------------------------


def keep_poll(
    workspace: Workspace,
    poll: Poll,
    *,
    areas: Collection[str] | None = None,
    today: dt.date | None = None,
    replace: bool = False,
) -> int:
    """
    Keep one poll. The same counts again change nothing.

    Parameters
    ----------
    areas : ids, optional
        The areas that exist; those of the polygons in force, if not given.
    today : date, optional
        The last day that has begun; by the clock and the zone of the place, if not given.
    replace : bool
        Whether it takes the place of another count of the same area, day and question, whose row stays as a trace.

    Returns
    -------
    int
        Its number.

    Raises
    ------
    InputError
        `meeting.twice` for other counts without `replace`; else as `validate_poll`.
    """
    return keep(workspace, [poll], areas=areas, today=today, replace=replace)[0]


def keep_remark(
    workspace: Workspace,
    remark: Remark,
    *,
    areas: Collection[str] | None = None,
    today: dt.date | None = None,
    replace: bool = False,
) -> int:
    """
    Keep one remark, as `keep_poll` does a poll.

    Raises
    ------
    InputError
        `meeting.more_than_present` if a poll of that evening counted fewer people; else as `validate_remark`.
    """
    return keep(workspace, [remark], areas=areas, today=today, replace=replace)[0]


def keep(
    workspace: Workspace,
    items: Sequence[Poll | Remark],
    *,
    areas: Collection[str] | None = None,
    today: dt.date | None = None,
    replace: bool = False,
) -> list[int]:
    """Keep several answers, all or none, as `keep_poll` does one; their numbers."""
    return [number for number, _ in _keep_all(workspace, items, areas, today, replace, None)]


def _keep_all(
    workspace: Workspace,
    items: Sequence[Poll | Remark],
    areas: Collection[str] | None,
    today: dt.date | None,
    replace: bool,
    file: str | None,
) -> list[tuple[int, bool]]:
    """The number of each answer and whether it is new; `file` is the name of the file that brought a single one."""
    known = area_ids(workspace) if areas is None else areas
    last = today_of(workspace) if today is None else today
    engine = engine_of(workspace)
    checked = [_checked(workspace, item, known, last) for item in items]
    try:
        with engine.begin() as connection:
            kept = [_keep(connection, item, replace, file) for item in checked]
    except IntegrityError as error:  # Somebody else kept the same matter since we looked.
        raise twice(checked[0]) from error
    for item, (_, new) in zip(checked, kept, strict=True):
        if new:
            workspace.log("meeting", kind=as_json(item)["kind"], area_id=item.area_id, date=item.date.isoformat())
    return kept


def _checked(workspace: Workspace, item: Poll | Remark, areas: Collection[str], today: dt.date) -> Poll | Remark:
    if isinstance(item, Poll):
        return validate_poll(item, areas=areas, today=today)
    remark = validate_remark(item, areas=areas, topics=may_be_raised(workspace), today=today)
    evening = [poll.present for poll in polls(workspace) if (poll.area_id, poll.date) == (remark.area_id, remark.date)]
    require_present(remark, evening)
    return remark


def _keep(connection: Connection, item: Poll | Remark, replace: bool, file: str | None) -> tuple[int, bool]:
    """Write the row unless the one in force says the same; its number and whether it is new."""
    table = poll_table if isinstance(item, Poll) else remark_table
    old = connection.execute(select(table).where(*same_matter(table, item), text(IN_FORCE))).first()
    if old is not None and as_given(old) == item:
        return int(old.number), False
    if old is not None and not replace:
        raise twice(item)
    number = int(connection.execute(select(func.max(table.c.number))).scalar() or 0) + 1
    if old is not None:
        connection.execute(update(table).where(table.c.number == old.number).values(replaced_by=number))
    row = {name: value for name, value in as_json(item).items() if name not in ("version", "kind")}
    more = {} if isinstance(item, Poll) else {"answer": "waiting"}
    now = dt.datetime.now(dt.UTC)
    connection.execute(insert(table).values(number=number, kept_at=now, file=file, **row, **more))
    return number, True


# --- asking -----------------------------------------------------------------------------------------------------------


def polls(workspace: Workspace) -> list[Poll]:
    """The polls in force, oldest first."""
    return [poll_of(row) for row in rows_in_force(workspace, poll_table)]


def remarks(workspace: Workspace) -> list[KeptRemark]:
    """The remarks in force, oldest first, each with its number and answer."""
    return [remark_of(row) for row in rows_in_force(workspace, remark_table)]


def answer_remark(
    workspace: Workspace,
    number: int,
    answer: str,
    reason: str | None = None,
    week: dt.date | None = None,
    *,
    replace: bool = False,
) -> KeptRemark:
    """
    Say what becomes of a remark.

    Parameters
    ----------
    number : int
        Of the remark in force.
    answer : "taken_up" | "not_taken_up"
    reason : str, optional
        For what is not taken up: one of `REASONS`.
    week : date, optional
        For what is taken up: any day of the week whose plan does; kept as its Monday.
    replace : bool
        Whether an answer already given is changed; the log keeps the older one.

    Raises
    ------
    InputError
        `meeting.no_remark`, `meeting.answered`, `meeting.no_such_answer`, `meeting.no_week`, `meeting.no_reason`.
    """
    # A remark that was replaced by a new count has a new number, and waits for its answer again.
    remark = next((kept for kept in remarks(workspace) if kept.number == number), None)
    if remark is None:
        raise InputError(
            f"There is no remark number {number}.",
            remedy="Choose one of the list.",
            key="meeting.no_remark",
            number=number,
        )
    if remark.answer != "waiting" and not replace:
        raise InputError(
            "This remark was answered already.",
            remedy="Leave the answer, or say that it is changed.",
            key="meeting.answered",
        )
    values = _answer(answer, reason, week)
    with engine_of(workspace).begin() as connection:
        now = dt.datetime.now(dt.UTC)
        connection.execute(
            update(remark_table).where(remark_table.c.number == number).values(answered_at=now, **values)
        )
    workspace.log("remark", number=number, before=remark.answer, **values)
    return next(kept for kept in remarks(workspace) if kept.number == number)


def _answer(answer: str, reason: str | None, week: dt.date | None) -> dict[str, Any]:
    if answer == "taken_up":
        if not isinstance(week, dt.date):
            raise InputError(
                "What is taken up needs the week that does it.",
                remedy="Choose the week.",
                key="meeting.no_week",
            )
        monday = week - dt.timedelta(days=week.weekday())
        return {"answer": answer, "reason": None, "week": monday.isoformat()}
    if answer == "not_taken_up":
        if reason not in REASONS:
            raise InputError(
                "What is not taken up needs a reason from the list.",
                remedy="Choose the reason.",
                key="meeting.no_reason",
            )
        return {"answer": answer, "reason": reason, "week": None}
    raise InputError(
        "A remark is taken up or not; there is no other answer.",
        remedy="Say that it is taken up, with the week, or that it is not, with the reason.",
        key="meeting.no_such_answer",
    )


# --- files of the meeting's own process -------------------------------------------------------------------------------

# What a refused file is told as; every other refusal is one of form.
_FINDINGS = {
    "meeting.twice": "answers.twice",
    "meeting.future": "answers.future",
    "meeting.unknown_area": "answers.unknown_area",
    "meeting.unknown_topic": "answers.unknown_topic",
    "meeting.more_than_present": "answers.more_than_present",
}


def collect_answers(
    workspace: Workspace,
    folder: Path,
    *,
    areas: Collection[str] | None = None,
    today: dt.date | None = None,
    findings: list[Finding] | None = None,
) -> int:
    """
    Take in what a meeting wrote into `folder`/answers, each file once. The files stay where they are.

    Parameters
    ----------
    findings : list, optional
        Receives one Finding a kind of refusal, with the number of files and the first one's name.

    Returns
    -------
    int
        How many answers are new.

    Notes
    -----
    A file is believed nothing: what is too large, no plain file, of another form or changed since it was written is
    left and told. A correction of an answer that never came in is taken in as an answer of its own.
    """
    files, strangers = read_answers(folder)
    refused: dict[str, list[str]] = {"answers.unreadable": strangers} if strangers else {}
    taken, taken_now = _taken(workspace), 0
    for file in files:
        if file.name in taken:
            continue
        try:
            taken_now += _collect(workspace, file, taken, areas, today)
            taken.add(file.name)
        except InputError as error:
            refused.setdefault(_FINDINGS.get(error.key, "answers.unreadable"), []).append(file.name)
    if findings is not None:
        findings += [
            Finding(code, len(names), 0, {"n": len(names), "row": 0, "file": _plain(min(names))})
            for code, names in sorted(refused.items())
        ]
    return taken_now


def _collect(
    workspace: Workspace,
    file: AnswerFile,
    taken: set[str],
    areas: Collection[str] | None,
    today: dt.date | None,
) -> int:
    if _was_kept(workspace, file.item):
        return 0
    corrects = file.replaces is not None and file.replaces in taken
    (_, new), *_ = _keep_all(workspace, [file.item], areas, today, corrects, file.name)
    return int(new)


def _taken(workspace: Workspace) -> set[str]:
    """The names of all files that came in, replaced since or not."""
    with engine_of(workspace).connect() as connection:
        return {
            name
            for table in (poll_table, remark_table)
            for name in connection.execute(select(table.c.file).where(table.c.file.is_not(None))).scalars()
        }


def _was_kept(workspace: Workspace, item: Poll | Remark) -> bool:
    """Whether these very counts were typed in here, in force or corrected since."""
    table = poll_table if isinstance(item, Poll) else remark_table
    with engine_of(workspace).connect() as connection:
        rows = connection.execute(select(table).where(*same_matter(table, item), table.c.file.is_(None)))
        return any(as_given(row) == item for row in rows)


# --- private ----------------------------------------------------------------------------------------------------------


def area_ids(workspace: Workspace) -> frozenset[str]:
    """The ids of all polygons in force; none without any."""
    ground = workspace.ground("neighborhoods")
    return frozenset() if ground is None else frozenset(ground["neighborhood_id"].astype(str))


def may_be_raised(workspace: Workspace) -> tuple[str, ...]:
    """The topics of `data/topics` that the workspace's taxonomy lets people raise in front of others."""
    return open_topics(read_topics(), workspace.taxonomy().categories)


def today_of(workspace: Workspace) -> dt.date:
    """The day that has begun in the zone of the place, by the clock."""
    return dt.datetime.now(ZoneInfo(workspace.settings.timezone or "UTC")).date()


def _plain(name: str) -> str:
    """A file's name for a sentence: a stranger chose it."""
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "?" for sign in name)[:60]
