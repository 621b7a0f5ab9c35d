"""What was promised and what was done: approving a plan, and the plan book read by community and by week."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyproj

from analysis.plan import Plan, monday_of
from analysis.plan_compare import kept_and_new
from geo.community_types import Coming, Promise
from geo.plan_book import Approved, Kind, Visit, approve_plan, approved, keep_visit, visits
from geo.release_types import Period
from geo.schema import GEOGRAPHIC_CRS
from geo.topics import open_topics, read_topics
from geo.workspace import Workspace
from jobs.dataset import Dataset, local_day
from jobs.plan_content import DEGREE_DECIMALS
from views.i18n import Translator

# An older plan is no guide any more to where posts stood last time.
LAST_PLAN_WEEKS = 4
MOST_TOPICS = 4


def approve(dataset: Dataset, plan: Plan, t: Translator, note: str = "") -> Approved:
    """
    Approve a plan in the words of one language; see `geo.plan_book.approve_plan`.

    Raises
    ------
    InputError
        If the note is too long or looks like it holds a number of a person.
    """
    from jobs.plan import content_of

    return approve_plan(dataset.workspace, content_of(dataset, plan, t), note, dataset.shown_unit_of)


def last_visits(dataset: Dataset, before: dt.date | None = None) -> dict[str, dt.date]:
    """
    Tell when each leaf neighborhood was visited last.

    Parameters
    ----------
    before : date, optional
        A Monday: only weeks before it count; the first one that the data do not know, if not given.

    Returns
    -------
    dict of leaf neighborhood to the Monday of that week
        By the diary, where a walk or watch has an entry in it; else an approved plan of a past week is taken as done.
    """
    limit = monday_of(dataset.as_of.date() + dt.timedelta(days=6)) if before is None else before
    found: dict[str, dt.date] = {}
    entries = visits(dataset.workspace)
    told = {(entry.plan, entry.kind, entry.item) for entry in entries}
    seen = [(leaf, monday_of(entry.date)) for entry in entries if entry.done for leaf in entry.neighborhoods]
    for plan in approved(dataset.workspace):
        seen += [
            (leaf, plan.week) for kind, item, leaves in _items(plan) if (plan.number, kind, item) not in told
            for leaf in leaves
        ]  # fmt: skip
    for leaf, week in seen:
        if week < limit:
            found[leaf] = max(week, found.get(leaf, week))
    return dict(sorted(found.items()))


def last_plan(dataset: Dataset, week: dt.date) -> Approved | None:
    """The approved plan before this week, the week before or at most four weeks back."""
    earliest = week - dt.timedelta(weeks=LAST_PLAN_WEEKS)
    return next((plan for plan in reversed(approved(dataset.workspace)) if earliest <= plan.week < week), None)


def promises(dataset: Dataset, area_id: str, season: Sequence[Period]) -> tuple[Promise, ...]:
    """
    List what the approved plans of a season promised to a community, and what became of it.

    Parameters
    ----------
    area_id : str
        A unit of `dataset.shown_units`.
    season : sequence of Period
        Weeks whose Monday lies in one of them.

    Returns
    -------
    tuple of Promise
        By week, walks before watches. `done` or `missed` by the diary; `open` where it has no entry.
    """
    topics = _public_topics(dataset)
    diary = {(entry.plan, entry.kind, entry.item): entry for entry in visits(dataset.workspace)}
    found = []
    for plan in approved(dataset.workspace):
        if not any(period.start <= plan.week < period.end for period in season):
            continue
        for kind, number, spots in _in_area(plan, area_id, dataset):
            state = _state(diary.get((plan.number, kind, number)), area_id, plan, dataset)
            first = _frequent(spots, topics)[:1]
            found.append(Promise(kind, plan.week, first[0] if first else None, state))
    return tuple(found)


def coming(dataset: Dataset, area_id: str, after: dt.date) -> tuple[Coming, ...]:
    """The approved weeks that last longer than that day: how many walks and watches a community gets, about what."""
    topics = _public_topics(dataset)
    found = []
    for plan in approved(dataset.workspace):
        if plan.week + dt.timedelta(days=6) <= after:
            continue
        here = list(_in_area(plan, area_id, dataset))
        if here:
            walks = sum(kind == "walk" for kind, *_ in here)
            about = _frequent([spot for *_, spots in here for spot in spots], topics)
            found.append(Coming(plan.week, walks, len(here) - walks, tuple(about[:MOST_TOPICS])))
    return tuple(found)


def what_was_done(dataset: Dataset, week: dt.date) -> dict[str, Any] | None:
    """
    Sum up the diary of the last approved plan before a week.

    Returns
    -------
    dict or None
        `week`, `walks`, `walks_done`, `watches`, `watches_done`, `missed`, `open` (no entry), `minutes`, `areas`
        (communities visited); None where no plan was approved.
    """
    plan = last_plan(dataset, week)
    if plan is None:
        return None
    entries = [entry for entry in visits(dataset.workspace, plan.week) if entry.plan == plan.number]
    done = [entry for entry in entries if entry.done]
    leaves = {leaf for entry in done for leaf in entry.neighborhoods}
    walks, watches = len(plan.items("walk")), len(plan.items("watch"))
    return {
        "week": plan.week,
        "walks": walks,
        "walks_done": sum(entry.kind == "walk" for entry in done),
        "watches": watches,
        "watches_done": sum(entry.kind == "watch" for entry in done),
        "missed": len(entries) - len(done),
        "open": walks + watches - len(entries),
        "minutes": round(sum(entry.minutes or 0 for entry in done)),
        "areas": len({_area_of(leaf, plan, dataset) for leaf in leaves}),
    }


def as_approved(dataset: Dataset, plan: Plan, kept: Approved) -> bool:
    """Whether the plan is the one that was approved: the same places, days, hours and crews, in whatever language."""
    lon_lat = pyproj.Transformer.from_crs(dataset.crs, GEOGRAPHIC_CRS, always_xy=True).transform

    def at(spot: Any) -> list[float]:
        return [round(float(degree), DEGREE_DECIMALS) for degree in lon_lat(spot.x, spot.y)]

    walks = [
        [walk.date.isoformat(), f"{walk.start_time:%H:%M}", at(walk.start), [at(stop) for stop in walk.stops]]
        for walk in plan.walks
    ]
    watches = [
        [watch.date.isoformat(), f"{watch.start:%H:%M}", f"{watch.end:%H:%M}", watch.crew, at(watch)]
        for watch in plan.watches
    ]
    content = kept.content
    then_walks = [
        [walk["date"], walk["start_time"], _at(walk["start"]), [_at(stop) for stop in walk["stops"]]]
        for walk in content["walks"]
    ]
    then_watches = [
        [watch["date"], watch["start"], watch["end"], watch["crew"], _at(watch)] for watch in content["watches"]
    ]
    return [walks, watches] == [then_walks, then_watches]


def compared(dataset: Dataset, plan: Plan) -> dict[str, Any] | None:
    """How many posts and stops were in the last approved plan, too: its `week`, `kept`, `changed`; None without one."""
    before = last_plan(dataset, plan.week)
    if before is None:
        return None
    to_metres = pyproj.Transformer.from_crs(GEOGRAPHIC_CRS, dataset.crs, always_xy=True).transform
    stops = [stop for walk in plan.walks for stop in walk.stops]
    kept = changed = 0
    for now, then in (
        (plan.watches, before.content["watches"]),
        (stops, [stop for walk in before.content["walks"] for stop in walk["stops"]]),
    ):
        places = np.array([[spot.x, spot.y] for spot in now]).reshape(-1, 2)
        earlier = np.array([to_metres(spot["lon"], spot["lat"]) for spot in then]).reshape(-1, 2)
        same, new = kept_and_new(places, earlier)
        kept, changed = kept + same, changed + new
    return {"week": before.week, "kept": kept, "changed": changed}


# --- the diary, row by row ------------------------------------------------------------------------------------------


def keep(
    workspace: Workspace,
    *,
    week: str,
    walk: int | None,
    watch: int | None,
    done: bool,
    minutes: float | None = None,
    day: str | None = None,
    stops: Sequence[int] | None = None,
) -> Visit:
    """Write down what became of a walk or a watch; days as YYYY-MM-DD. See `geo.plan_book.keep_visit`."""
    kind: Kind = "watch" if walk is None else "walk"
    return keep_visit(
        workspace,
        week=monday_of(day_of(week)),
        kind=kind,
        item=int(watch or 0) if walk is None else walk,
        done=done,
        minutes=minutes,
        date=None if day is None else day_of(day),
        stops=stops or None,
    )


def diary(workspace: Workspace, week: str | None = None) -> list[dict[str, Any]]:
    """
    List the walks and watches of the approved plans with what became of them.

    Returns
    -------
    list of dict
        By week, walks before watches: `week`, `kind`, `number`, `date`, `planned_minutes` (walks), `state` (done,
        missed or open), `minutes`, `stops` visited, `digest` of the plan.
    """
    monday = None if week is None else monday_of(day_of(week))
    entries = {(entry.plan, entry.kind, entry.item): entry for entry in visits(workspace)}
    rows = []
    for plan in approved(workspace):
        if monday is not None and plan.week != monday:
            continue
        for kind, number, _ in _items(plan):
            planned, entry = plan.items(kind)[number], entries.get((plan.number, kind, number))
            rows.append(
                {
                    "week": plan.week.isoformat(),
                    "kind": kind,
                    "number": number,
                    "date": planned["date"] if entry is None else entry.date.isoformat(),
                    "planned_minutes": planned.get("minutes"),
                    "state": "open" if entry is None else "done" if entry.done else "missed",
                    "minutes": None if entry is None else entry.minutes,
                    "stops": [] if entry is None else list(entry.stops),
                    "digest": plan.digest,
                }
            )
    return rows


def diary_line(row: dict[str, Any], t: Translator) -> str:
    """One row of the diary in words."""
    minutes = t("visits.minutes", n=round(row["minutes"])) if row["minutes"] else ""
    said = t("visits.line", week=row["week"], what=t(f"visits.{row['kind']}", number=row["number"]), date=row["date"])
    state = t(f"visits.{row['state']}")
    return f"{said}  {state}  {minutes}".rstrip()


def day_of(text: str) -> dt.date:
    """A day written as YYYY-MM-DD; InputError for anything else."""
    return local_day(text, "UTC").date()


# --- by community ---------------------------------------------------------------------------------------------------


def _items(plan: Approved) -> Iterable[tuple[Kind, int, list[str]]]:
    """Each walk and watch with the leaves it goes to."""
    for number, walk in plan.items("walk").items():
        yield "walk", number, [stop["neighborhood_id"] for stop in walk["stops"] if stop["neighborhood_id"]]
    for number, watch in plan.items("watch").items():
        yield "watch", number, [watch["neighborhood_id"]] if watch["neighborhood_id"] else []


def _in_area(plan: Approved, area_id: str, dataset: Dataset) -> Iterable[tuple[Kind, int, list[dict[str, Any]]]]:
    """Each walk and watch that comes to a community, with its stops there."""
    for number, walk in plan.items("walk").items():
        stops = [stop for stop in walk["stops"] if _area_of(stop["neighborhood_id"], plan, dataset) == area_id]
        if stops:
            yield "walk", number, stops
    for number, watch in plan.items("watch").items():
        if _area_of(watch["neighborhood_id"], plan, dataset) == area_id:
            yield "watch", number, [watch]


def _area_of(leaf: str | None, plan: Approved, dataset: Dataset) -> str | None:
    """The community of a leaf by today's polygons; of one that is drawn no more, by those of the approval."""
    if leaf is None:
        return None
    return dataset.shown_unit_of.get(leaf) or plan.areas.get(leaf)


def _state(entry: Visit | None, area_id: str, plan: Approved, dataset: Dataset) -> Any:
    if entry is None:
        return "open"
    # A walk that was done but left this community out did not keep what was promised to it.
    here = any(_area_of(leaf, plan, dataset) == area_id for leaf in entry.neighborhoods)
    return "done" if entry.done and here else "missed"


def _at(spot: dict[str, Any]) -> list[float]:
    return [spot["lon"], spot["lat"]]


def _public_topics(dataset: Dataset) -> frozenset[str]:
    return open_topics(dataset.taxonomy, read_topics())


def _frequent(spots: Sequence[dict[str, Any]], allowed: frozenset[str]) -> list[str]:
    """The topics of the stops that may be told in public, most frequent first."""
    counts = Counter(key for spot in spots for key in spot["topics"] if key in allowed)
    return [key for key, _ in counts.most_common()]
