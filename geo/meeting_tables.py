"""The tables of what meetings answered, on the workspace's database, and their rows as polls and remarks."""

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import JSON, Column, DateTime, Engine, Index, Integer, String, Table, select, text
from sqlalchemy.schema import CreateIndex, CreateTable

from geo.database import metadata
from geo.polls import QUESTIONS, Poll, Remark
from geo.workspace import Workspace

Answer = Literal["waiting", "taken_up", "not_taken_up"]
IN_FORCE = "replaced_by IS NULL"


def _columns(*own: Column) -> list[Column]:
    return [
        Column("number", Integer, primary_key=True),
        Column("area_id", String, nullable=False),
        Column("date", String, nullable=False),
        *own,
        Column("kept_at", DateTime(timezone=True), nullable=False),
        # The file that brought it, so that it comes in once; none for what was typed in here.
        Column("file", String, unique=True),
        Column("replaced_by", Integer),
    ]


# `answers` are counts by option; who was present and raised no hand is the difference to `present`.
poll_table = Table(
    "polls",
    metadata,
    *_columns(
        Column("question", String, nullable=False),
        Column("answers", JSON, nullable=False),
        Column("present", Integer, nullable=False),
    ),
)
# `answer` and what follows is what the planner said to it: `week` is a Monday, `reason` one of `REASONS`.
remark_table = Table(
    "remarks",
    metadata,
    *_columns(
        Column("topic", String, nullable=False),
        Column("people", Integer, nullable=False),
        Column("answer", String, nullable=False),
        Column("reason", String),
        Column("week", String),
        Column("answered_at", DateTime(timezone=True)),
    ),
)
# One count in force for each matter, whoever writes at the same moment.
for _table, _matter in ((poll_table, "question"), (remark_table, "topic")):
    Index(
        f"{_table.name}_in_force",
        _table.c.area_id,
        _table.c.date,
        _table.c[_matter],
        unique=True,
        sqlite_where=text(IN_FORCE),
        postgresql_where=text(IN_FORCE),
    )


@dataclass(frozen=True)
class KeptRemark(Remark):
    """A remark as kept, with its number and what the planner answered."""

    number: int = 0
    answer: Answer = "waiting"
    reason: str | None = None
    week: dt.date | None = None


def engine_of(workspace: Workspace) -> Engine:
    """The workspace's engine, its two tables made where an older workspace lacks them."""
    engine = workspace.engine
    with engine.begin() as connection:
        for table in (poll_table, remark_table):
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
    return engine


def rows_in_force(workspace: Workspace, table: Table) -> list[Any]:
    """The rows that no correction replaced, oldest first."""
    with engine_of(workspace).connect() as connection:
        return list(connection.execute(select(table).where(text(IN_FORCE)).order_by(table.c.date, table.c.number)))


def same_matter(table: Table, item: Poll | Remark) -> list[Any]:
    """The conditions that find all rows on the matter of an answer: area, day, question or topic."""
    area_id, day, matter = item.key
    column = table.c.question if isinstance(item, Poll) else table.c.topic
    return [table.c.area_id == area_id, table.c.date == day.isoformat(), column == matter]


def as_given(row: Any) -> Poll | Remark:
    """The row as the answer that was given, without what was said to it."""
    if hasattr(row, "question"):
        return poll_of(row)
    kept = remark_of(row)
    return Remark(**{field.name: getattr(kept, field.name) for field in fields(Remark)})


def poll_of(row: Any) -> Poll:
    """A row of polls."""
    # JSON columns keep the order of their keys on some databases only.
    answers = {option: int(row.answers[option]) for option in QUESTIONS[row.question]}
    return Poll(row.area_id, dt.date.fromisoformat(row.date), row.question, answers, row.present)


def remark_of(row: Any) -> KeptRemark:
    """A row of remarks, with what was answered."""
    week = None if row.week is None else dt.date.fromisoformat(row.week)
    day = dt.date.fromisoformat(row.date)
    return KeptRemark(row.area_id, day, row.topic, row.people, row.number, row.answer, row.reason, week)
