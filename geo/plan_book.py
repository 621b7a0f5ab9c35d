"""
The plan book: which plans were approved, and the diary of what became of their walks and watches.

An approval keeps the whole content of plan.json. Approving a week again, or correcting an entry of the diary, takes the
earlier one's place and leaves its trace. Each is one transaction with its line in the log. Nobody is named: the diary
holds numbers, minutes and neighborhoods, and a note is the planner's own words, refused where it looks like a phone or
an identity number.
"""

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Connection, Table, insert, select, update

from geo import database
from geo.errors import InputError
from geo.persons import mask
from geo.workspace import Workspace

Kind = Literal["walk", "watch"]
KINDS: tuple[Kind, ...] = ("walk", "watch")
LONGEST_NOTE = 200
LONGEST_MINUTES = 720
# An entry of the diary may lie this many days before or after its week: a walk brought forward, or made up for.
DAYS_ASIDE = 7
# Shorter runs of digits are counts, hours or days; longer ones may be somebody's number.
LONG_NUMBER = re.compile(r"\d{7,}")


@dataclass(frozen=True)
class Approved:
    """One approval. `areas` tells the community of each leaf neighborhood of the plan, as drawn on that day."""

    number: int
    week: dt.date
    seed: int
    digest: str
    content: dict[str, Any]
    areas: dict[str, str]
    note: str
    approved_at: dt.datetime
    replaced_by: int | None

    def items(self, kind: Kind) -> dict[int, dict[str, Any]]:
        """The plan's walks or watches by number, as plan.json holds them."""
        return {int(item["number"]): item for item in self.content["walks" if kind == "walk" else "watches"]}


@dataclass(frozen=True)
class Visit:
    """
    One entry of the diary: what became of a walk or watch.

    `plan` is the number of the approval it belongs to; `stops` the numbers of the stops visited (walks only);
    `neighborhoods` the leaves visited; `minutes` None where nobody noted them.
    """

    plan: int
    week: dt.date
    kind: Kind
    item: int
    date: dt.date
    done: bool
    minutes: float | None
    stops: tuple[int, ...]
    neighborhoods: tuple[str, ...]


def approve_plan(
    workspace: Workspace, plan_json: Mapping[str, Any], note: str = "", areas: Mapping[str, str] | None = None
) -> Approved:
    """
    Approve a plan; an earlier approval of its week is replaced and kept as a trace.

    Parameters
    ----------
    workspace : Workspace
    plan_json : mapping
        The content of plan.json.
    note : str
        The planner's own words, at most 200 characters, without numbers of persons.
    areas : mapping of leaf neighborhood to community, optional
        Which community each neighborhood belongs to now; only those of the plan are kept.

    Returns
    -------
    Approved
        The approval in force; the earlier one where exactly this plan and note were approved already.

    Raises
    ------
    InputError
        If the note is too long or looks like it holds a number of a person.
    """
    content, words = dict(plan_json), note_of(note)
    week = dt.date.fromisoformat(str(content["week"]))
    used = {spot["neighborhood_id"] for spot in _spots(content) if spot["neighborhood_id"]}
    kept = {leaf: str(area) for leaf, area in sorted((areas or {}).items()) if leaf in used}
    with workspace.engine.begin() as connection:
        row = {
            "week": week.isoformat(),
            "seed": int(content["seed"]),
            "digest": str(content["digest"]),
            "content": content,
            "areas": kept,
            "note": words,
            "approved_at": dt.datetime.now(dt.UTC),
        }
        # The insert takes the one write lock: of two approvals at once, the later one replaces the earlier.
        number = _add(connection, database.plans, row)
        old = [one for one in _plans(connection, week) if one.number != number]
        if old and (old[-1].digest, old[-1].note) == (row["digest"], words):
            connection.execute(database.plans.delete().where(database.plans.c.number == number))
            return old[-1]
        _replace(connection, database.plans, [one.number for one in old], number)
        workspace.log_with(connection, "approve", week=row["week"], digest=row["digest"], replaced=bool(old))
        return _plans(connection, week)[-1]


def approved(workspace: Workspace) -> list[Approved]:
    """The approvals in force, one a week, earliest week first."""
    with workspace.engine.connect() as connection:
        return _plans(connection)


def approved_in(workspace: Workspace, week: dt.date) -> Approved | None:
    """The approval in force of the week that begins on this Monday, if there is one."""
    with workspace.engine.connect() as connection:
        return next(iter(_plans(connection, week)), None)


def keep_visit(
    workspace: Workspace,
    *,
    week: dt.date,
    kind: Kind,
    item: int,
    done: bool,
    minutes: float | None = None,
    date: dt.date | None = None,
    stops: Collection[int] | None = None,
) -> Visit:
    """
    Write down what became of a walk or watch; an earlier entry is replaced and kept as a trace.

    Parameters
    ----------
    week : date
        The Monday of an approved plan.
    kind : "walk" or "watch"
    item : int
        Its number in the plan.
    done : bool
    minutes : float, optional
        How long it took; None where nobody noted it, and always where it was not done.
    date : date, optional
        When; the planned day, if not given.
    stops : collection of int, optional
        Numbers of the stops visited; all of a walk done, if not given.

    Raises
    ------
    InputError
        If no plan of the week is approved, it has no such walk, watch or stop, the minutes are not between 1 and 720 or
        given for what was not done, or the date lies more than seven days off the week.
    """
    plan = approved_in(workspace, week)
    if plan is None:
        raise InputError(
            f"No plan of the week of {week} is approved.",
            remedy="Approve the week's plan first, or name another week.",
            key="plan_book.no_plan",
            week=week.isoformat(),
        )
    planned = _planned(plan, kind, item)
    day = dt.date.fromisoformat(planned["date"]) if date is None else date
    _require_minutes(minutes, done)
    _require_near(day, week)
    numbers, leaves = _visited(planned, kind, item, done, stops)
    entry = Visit(plan.number, week, kind, item, day, done, minutes or None, numbers, leaves)
    with workspace.engine.begin() as connection:
        number = _add(connection, database.visits, _visit_row(entry))
        old = [row for row in _visit_rows(connection, plan.number, kind, item) if row.number != number]
        if old and _visit(old[-1]) == entry:
            connection.execute(database.visits.delete().where(database.visits.c.number == number))
            return entry
        _replace(connection, database.visits, [row.number for row in old], number)
        workspace.log_with(
            connection, "visit", week=week.isoformat(), kind=kind, item=item, done=done, replaced=bool(old)
        )
    return entry


def visits(workspace: Workspace, week: dt.date | None = None) -> list[Visit]:
    """
    The diary, as corrected: by week, then walks before watches, by number.

    Entries of a plan that another approval has replaced since stay in it: what was done was done. Each names its plan.
    """
    with workspace.engine.connect() as connection:
        entries = [_visit(row) for row in _visit_rows(connection)]
    chosen = [entry for entry in entries if week is None or entry.week == week]
    return sorted(chosen, key=lambda entry: (entry.week, KINDS.index(entry.kind), entry.item, entry.plan))


def note_of(text: str) -> str:
    """
    The note in one line.

    Raises
    ------
    InputError
        If it is longer than 200 characters or looks like it holds a phone, identity or plate number.
    """
    words = " ".join(text.split())
    if len(words) > LONGEST_NOTE:
        raise InputError(
            f"The note has {len(words)} characters; {LONGEST_NOTE} are the most.",
            remedy="Say it shorter.",
            key="plan_book.note_long",
            length=len(words),
            most=LONGEST_NOTE,
        )
    if mask(words) != words or LONG_NUMBER.search(words):
        raise InputError(
            "The note seems to hold a phone, identity or plate number.",
            remedy="Take it out: the plan book names no person.",
            key="plan_book.note_person",
        )
    return words


# --- what an entry may say ------------------------------------------------------------------------------------------


def _planned(plan: Approved, kind: Kind, item: int) -> dict[str, Any]:
    found = plan.items(kind)
    if item not in found:
        raise InputError(
            f"The plan of the week of {plan.week} has no {kind} {item}; it has {len(found)}.",
            remedy="Give a number that stands in the roster.",
            key=f"plan_book.no_{kind}",
            week=plan.week.isoformat(),
            item=item,
            known=len(found),
        )
    return found[item]


def _require_minutes(minutes: float | None, done: bool) -> None:
    if minutes is None or (not done and minutes == 0):
        return
    if not done:
        raise InputError(
            f"What was not done took no minutes; {minutes:g} are given.",
            remedy="Leave the minutes out, or mark it as done.",
            key="plan_book.minutes_missed",
            minutes=minutes,
        )
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InputError(
            f"The minutes must lie between 1 and {LONGEST_MINUTES}; they are {minutes:g}.",
            remedy="Give the minutes from setting out to coming back.",
            key="plan_book.minutes",
            minutes=minutes,
            most=LONGEST_MINUTES,
        )


def _require_near(day: dt.date, week: dt.date) -> None:
    first, last = week - dt.timedelta(days=DAYS_ASIDE), week + dt.timedelta(days=6 + DAYS_ASIDE)
    if not first <= day <= last:
        raise InputError(
            f"{day} is too far from the week of {week}.",
            remedy=f"Give a day from {first} to {last}, or name the week it belongs to.",
            key="plan_book.date",
            date=day.isoformat(),
            week=week.isoformat(),
            first=first.isoformat(),
            last=last.isoformat(),
        )


def _visited(
    planned: dict[str, Any], kind: Kind, item: int, done: bool, stops: Collection[int] | None
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The numbers of the stops visited, and their neighborhoods; of a watch, its own."""
    if kind == "watch":
        leaf = planned["neighborhood_id"]
        return (), (str(leaf),) if done and leaf else ()
    of_stop = {int(stop["number"]): stop["neighborhood_id"] for stop in planned["stops"]}
    wanted = sorted(set(of_stop if stops is None else stops)) if done else []
    unknown = [number for number in wanted if number not in of_stop]
    if unknown:
        raise InputError(
            f"Walk {item} has no stop {unknown[0]}; it has {len(of_stop)}.",
            remedy="Give numbers of stops that stand on the walk's sheet.",
            key="plan_book.no_stop",
            item=item,
            stop=unknown[0],
            known=len(of_stop),
        )
    return tuple(wanted), tuple(dict.fromkeys(str(of_stop[number]) for number in wanted if of_stop[number]))


# --- rows -----------------------------------------------------------------------------------------------------------


def _add(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
    return int(cast(Any, connection.execute(insert(table).values(**row))).inserted_primary_key[0])


def _replace(connection: Connection, table: Table, numbers: list[int], by: int) -> None:
    connection.execute(update(table).where(table.c.number.in_(numbers)).values(replaced_by=by))


def _plans(connection: Connection, week: dt.date | None = None) -> list[Approved]:
    """Approvals in force by week; within a transaction also the one being added, last."""
    table = database.plans
    query = select(table).where(table.c.replaced_by.is_(None)).order_by(table.c.week, table.c.number)
    if week is not None:
        query = query.where(table.c.week == week.isoformat())
    return [
        Approved(
            number=row.number,
            week=dt.date.fromisoformat(row.week),
            seed=row.seed,
            digest=row.digest,
            content=row.content,
            areas=row.areas,
            note=row.note,
            approved_at=row.approved_at.replace(tzinfo=dt.UTC),
            replaced_by=row.replaced_by,
        )
        for row in connection.execute(query)
    ]


def _visit_rows(
    connection: Connection, plan: int | None = None, kind: Kind | None = None, item: int | None = None
) -> list[Any]:
    table = database.visits
    query = select(table).where(table.c.replaced_by.is_(None)).order_by(table.c.number)
    for column, value in ((table.c.plan, plan), (table.c.kind, kind), (table.c.item, item)):
        if value is not None:
            query = query.where(column == value)
    return list(connection.execute(query))


def _visit_row(entry: Visit) -> dict[str, Any]:
    return {
        "plan": entry.plan,
        "week": entry.week.isoformat(),
        "kind": entry.kind,
        "item": entry.item,
        "date": entry.date.isoformat(),
        "done": entry.done,
        "minutes": entry.minutes,
        "stops": list(entry.stops),
        "neighborhoods": list(entry.neighborhoods),
        "kept_at": dt.datetime.now(dt.UTC),
    }


def _visit(row: Any) -> Visit:
    return Visit(
        plan=row.plan,
        week=dt.date.fromisoformat(row.week),
        kind=row.kind,
        item=row.item,
        date=dt.date.fromisoformat(row.date),
        done=row.done,
        minutes=row.minutes,
        stops=tuple(row.stops),
        neighborhoods=tuple(row.neighborhoods),
    )


def _spots(content: Mapping[str, Any]) -> list[Any]:
    return [stop for walk in content["walks"] for stop in walk["stops"]] + list(content["watches"])
