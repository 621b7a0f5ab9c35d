"""One walk on one page: the map, the turns by street names, what to say at each stop, whom to refer to."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from views.fonts import Face
from views.i18n import Translator
from views.plan_tables import (
    PlanFacts,
    PlanWords,
    crew_text,
    day_text,
    found_text,
    length_text,
    ordinal,
    tasks_of,
    topic_text,
)
from views.print_maps import walk_map
from views.print_page import (
    POINTS_PER_MM,
    SHEET_WIDTH_MM,
    credit_line,
    ground_of,
    map_height,
    page_frame,
    set_page,
    street_notices,
    week_facts,
)

# The map takes nearly half a page, and less where the lists below it are long.
WALK_MAP_MM, WALK_MOST_MM, LISTS_MM = 129.0, 140.0, 107.0
TASKS_PER_STOP = {"zh": 6, "en": 4}
TASK_COLUMNS = {"zh": 3, "en": 2}
REFERRALS = 6
WAY_ROWS = 24


def walk_pdf(
    walk: Any, plan: Any, words: PlanWords, facts: PlanFacts, *, face: Face, notices: Sequence[str] = ()
) -> bytes:
    """Set one walk on one page: map, turns by street names, topics to tick at each stop, whom to refer to."""
    t = words.t
    notices = [*notices, *street_notices(plan, t)]
    way = _in_columns(_way(walk, plan, words))
    stops = [_stop(stop, words, facts) for stop in walk.stops]
    referrals = _referrals(walk, facts, t)
    task_rows = sum(-(-len(stop["tasks"]) // TASK_COLUMNS[t.language]) for stop in stops)
    needed = max(6.6 * len(way[0]), 16.0 * len(stops) + 5.8 * task_rows + 14.5 * -(-len(referrals) // 3) + 10) + 10
    height = map_height(WALK_MAP_MM, extra=needed - LISTS_MM + 7.5 * len(notices), most=WALK_MOST_MM)
    picture = walk_map(
        walk,
        stop_names=[words.place(stop) for stop in walk.stops],
        start_name=words.start(walk),
        t=t,
        face=face,
        width=SHEET_WIDTH_MM * POINTS_PER_MM,
        height=height * POINTS_PER_MM,
        credit=credit_line(facts, t),
        **ground_of(facts),
    )
    name = ordinal(t, "walk", walk.number)
    dwell = walk.minutes - walk.walking_minutes
    pace = walk.length_m / walk.walking_minutes * 0.06 if walk.walking_minutes else 0.0
    minutes = t("print.minutes_to_write", minutes="{minutes}", line="\0").partition("\0")
    data = page_frame(words, facts, face, t("print.walk_head", **week_facts(plan.week, t))) | {
        "title": name,
        "name": name,
        "when": t("print.leaves", when=f"{day_text(t, walk.date)} {walk.start_time:%H:%M}"),
        "total": t("print.total", stops=stops_text(walk, t), minutes=round(walk.minutes)),
        "detail": t(
            "print.detail",
            walking=round(walk.walking_minutes),
            dwell=round(dwell),
            length=length_text(t, walk.length_m),
        ),
        "notices": notices,
        "map_height": height,
        "way_title": t("print.way_title"),
        "way": way,
        "stops_title": t("print.stops_title"),
        "stops": stops,
        "task_columns": TASK_COLUMNS[t.language],
        "minutes_before": minutes[0],
        "minutes_after": minutes[2],
        "remark": t("print.remark"),
        "referrals": referrals,
        "note": t("print.walk_note"),
        "foot": [t("print.pace" if plan.on_streets else "print.pace_straight", pace=f"{pace:.1f}"), crew_line(walk, t)],
    }
    return set_page("walk.typ", data, face, picture)


def crew_line(walk: Any, t: Translator) -> str:
    """`Crew: 1 officer, 1 mediator`."""
    return t("print.crew_line", crew=crew_text(t, walk.crew))


def stops_text(walk: Any, t: Translator) -> str:
    """`4 stops`."""
    return t("print.stops", n=len(walk.stops))


def _way(walk: Any, plan: Any, words: PlanWords) -> list[dict[str, Any]]:
    """The turn list: each leg's turns by street, then the stop it leads to; the last leads back."""
    t = words.t
    names = [{"kind": "stop", "number": stop.number, "name": words.place(stop)} for stop in walk.stops]
    ends: list[dict[str, Any]] = [*names, {"kind": "end", "name": t("print.back", start=words.start(walk))}]
    if not walk.legs:
        return [row for end, length in zip(ends, _straight(walk, plan), strict=True) for row in (_go(length, t), end)]
    rows: list[dict[str, Any]] = []
    for leg, end in zip(walk.legs, ends, strict=False):
        rows += _turns(leg, words)
        rows.append(end)
    return rows


def _in_columns(way: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """One column, or two of nearly equal length where one would be longer than the page."""
    if len(way) <= WAY_ROWS:
        return [way]
    middle = -(-len(way) // 2)
    return [way[:middle], way[middle:]]


def _turns(leg: Any, words: PlanWords) -> list[dict[str, Any]]:
    """A leg's turns; going straight on along the same street joins the turn before."""
    t = words.t
    unnamed = t("print.unnamed")
    joined: list[list[Any]] = []
    for turn in leg.turns:
        street = words.first(turn.street_en if t.language == "en" else "", turn.street, unnamed)
        if joined and turn.kind == "straight" and joined[-1][1] == street:
            joined[-1][2] += turn.length_m
        else:
            joined.append([turn.kind, street, turn.length_m])
    rows = []
    for kind, street, length in joined:
        before, _, after = t(f"print.turn.{kind}", street="\0").partition("\0")
        rows.append(
            {"kind": "turn", "before": before, "street": street, "after": after, "length": length_text(t, length)}
        )
    return rows


def _go(length: float, t: Translator) -> dict[str, Any]:
    before, _, after = t("print.turn.direct", street="\0").partition("\0")
    return {"kind": "turn", "before": before, "street": "", "after": after, "length": length_text(t, length)}


def _straight(walk: Any, plan: Any) -> np.ndarray:
    """Lengths of the legs without streets: straight lines from stop to stop times the detour factor."""
    places = [walk.start, *walk.stops, walk.start]
    points = shapely.points([(place.x, place.y) for place in places])
    return shapely.distance(points[:-1], points[1:]) * (plan.detour_factor or 1.0)


def _stop(stop: Any, words: PlanWords, facts: PlanFacts) -> dict[str, Any]:
    t = words.t
    return {
        "number": stop.number,
        "name": words.place(stop),
        "found": found_text(facts, t, stop, none=""),
        "minutes": str(round(stop.dwell_minutes)),
        "tasks": tasks_of(facts, t, stop.topics, TASKS_PER_STOP[t.language]),
    }


def _referrals(walk: Any, facts: PlanFacts, t: Translator) -> list[dict[str, str]]:
    keys = dict.fromkeys(key for stop in walk.stops for key in stop.topics)
    rows = [
        {
            "title": topic_text(facts, t, key, "title"),
            "refer": t("print.refer", to=topic_text(facts, t, key, "refer_to")),
        }
        for key in keys
        if topic_text(facts, t, key, "refer_to")
    ]
    return rows[:REFERRALS]
