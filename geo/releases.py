"""
The store of what was published: each release once, as it was made, never remade; and the layouts they follow.

What a release holds is decided in `geo.privacy`; when one may be made, in `jobs.release`.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select

from geo import database
from geo.periods import require_apart
from geo.privacy import Layout
from geo.release_types import Figure, Period, PublicArea, Release
from geo.workspace import Workspace, _now, _who


@dataclass(frozen=True)
class Stored:
    """A release with what is kept beside it and never published: its layout's number, a digest of the rows counted."""

    release: Release
    layout: int
    rows: str


def stored(workspace: Workspace) -> list[Release]:
    """All releases of a workspace, the oldest period first."""
    return [entry.release for entry in stored_entries(workspace)]


def stored_entries(workspace: Workspace) -> list[Stored]:
    """All releases with what is kept beside them, the oldest period first."""
    table = database.releases
    with workspace.engine.connect() as connection:
        rows = connection.execute(select(table).order_by(table.c.start)).all()
    return [Stored(from_json(row.content), row.layout, row.rows) for row in rows]


def layouts(workspace: Workspace) -> dict[int, Layout]:
    """The layouts in force and before, by number."""
    table = database.release_layouts
    with workspace.engine.connect() as connection:
        rows = connection.execute(select(table).order_by(table.c.number)).all()
    return {row.number: _layout(row.content) for row in rows}


class Overtaken(Exception):
    """Another process fixed a layout since the release was made; make it anew."""


def keep_release(
    workspace: Workspace,
    release: Release,
    layout: Layout,
    layout_number: int | None,
    rows: str,
    known: Collection[int],
) -> None:
    """
    Store a release, with its layout where that is new, in one transaction; the log says who released what.

    Parameters
    ----------
    layout_number : int or None
        The stored layout it follows; None stores `layout` as a new one.
    rows : str
        A digest of the records counted.
    known : collection of int
        The numbers of the layouts that were known when the release was made.

    Raises
    ------
    Overtaken
        If another process fixed a layout in the meantime.
    InputError
        If another process released the period, or one that shares days with it, in the meantime.
    """
    table, plans = database.releases, database.release_layouts
    with workspace.engine.begin() as connection:
        # The first insert takes the one write lock, so that what is read below can change no more.
        facts = {"period": release.period.key, "digest": release.digest}
        connection.execute(insert(database.audit).values(at=_now(), who=_who(), action="release", facts=facts))
        others = connection.execute(select(table.c.content)).all()
        require_apart(release.period, [_period(row.content["period"]) for row in others])
        if sorted(row.number for row in connection.execute(select(plans.c.number))) != sorted(known):
            raise Overtaken
        if layout_number is None:
            layout_number = max(known, default=0) + 1
            values = {"number": layout_number, "content": _layout_json(layout), "at": _now()}
            connection.execute(insert(plans).values(**values))
        connection.execute(
            insert(table).values(
                period=release.period.key,
                start=release.period.start.isoformat(),
                end=release.period.end.isoformat(),
                layout=layout_number,
                content=as_json(release),
                digest=release.digest,
                rows=rows,
                at=_now(),
            )
        )


def as_json(release: Release) -> dict[str, Any]:
    """A release as plain JSON; what is None is left out of figures."""
    return {
        "period": _period_json(release.period),
        "areas": [asdict(area) for area in release.areas],
        "figures": [
            {name: value for name, value in asdict(figure).items() if value is not None} for figure in release.figures
        ],
        "rules": dict(release.rules),
        "digest": release.digest,
    }


def from_json(content: dict[str, Any]) -> Release:
    """The release that `as_json` wrote."""
    empty = {"area_id": None, "group": None, "part": None}
    return Release(
        _period(content["period"]),
        tuple(PublicArea(**area) for area in content["areas"]),
        tuple(Figure(**(empty | figure)) for figure in content["figures"]),
        dict(content["rules"]),
        content["digest"],
    )


def _period(content: dict[str, str]) -> Period:
    return Period(content["key"], dt.date.fromisoformat(content["start"]), dt.date.fromisoformat(content["end"]))


def _period_json(period: Period) -> dict[str, str]:
    return {"key": period.key, "start": period.start.isoformat(), "end": period.end.isoformat()}


def _layout_json(layout: Layout) -> dict[str, Any]:
    return asdict(layout) | {"keys": sorted([[*key, least] for key, least in layout.keys.items()], key=repr)}


def _layout(content: dict[str, Any]) -> Layout:
    return Layout(**(content | {"keys": {tuple(key): least for *key, least in content["keys"]}}))
