"""
The printed sheets: the two-page briefing, a page for each walk, and the volunteers' page.

Templates stand in `views/assets/*.typ`; every value reaches them as data in a JSON file, never as markup. Typst sets
the pages without any system library and, since nothing here asks the clock, gives the same bytes for the same plan.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from views.fonts import LATIN_FAMILY, Face, find_face, latin_folder
from views.i18n import Translator
from views.plan_tables import (
    PlanFacts,
    PlanWords,
    crew_text,
    day_text,
    expected_text,
    found_text,
    hours_text,
    length_text,
    ordinal,
    tasks_of,
    topic_text,
    topic_titles,
    unreached_place,
    why_text,
)
from views.print_maps import plan_map, walk_map
from views.words import number

ASSETS = Path(__file__).parent / "assets"
TEMPLATES = ("sheet.typ", "briefing.typ", "walk.typ", "volunteers.typ")
POINTS_PER_MM = 72 / 25.4
SHEET_WIDTH_MM = 181.4
# The map takes half a page, and less where the table below it is long.
BRIEFING_MAP_MM, WALK_MAP_MM, LEAST_MAP_MM = 137.0, 129.0, 78.0
TASKS_PER_STOP = {"zh": 6, "en": 4}
TASK_COLUMNS = {"zh": 3, "en": 2}
REFERRALS = 6
METHOD_LINES, UNSURE_LINES, RULE_LINES = 5, 4, 5
UNREACHED_LINES = 8


def printing_language(t: Translator, face: Face | None = None) -> tuple[Translator, Face, bool]:
    """
    Decide in which language a sheet can be printed on this machine.

    Returns
    -------
    Translator, Face, bool
        English where Chinese is asked for and no Chinese face is there; the last value says that this happened.
    """
    face = face or find_face()
    if t.language == "zh" and not face.chinese:
        return Translator("en"), face, True
    return t, face, False


def briefing_pdf(plan: Any, words: PlanWords, facts: PlanFacts, *, face: Face, notices: Sequence[str] = ()) -> bytes:
    """
    Set the briefing: page 1 who goes where and when, page 2 why and how sure.

    Parameters
    ----------
    plan : analysis.plan.Plan
    words : PlanWords
        In the language that `printing_language` gave.
    notices : sequence of str
        What has to be said on the page before anything else.

    Returns
    -------
    bytes
        A PDF of two A4 pages; more where the budget has more rows than they hold at a legible size.
    """
    t = words.t
    rows = [_walk_row(walk, words, facts) for walk in plan.walks]
    rows += [_watch_row(watch, words, facts) for watch in plan.watches]
    notices = [*notices, *_street_notices(plan, t)]
    height = _map_height(BRIEFING_MAP_MM, extra=6.3 * max(len(rows) - 7, 0) + 7.5 * len(notices))
    picture = plan_map(
        plan,
        hotspots=facts.hotspots,
        t=t,
        face=face,
        width=SHEET_WIDTH_MM * POINTS_PER_MM,
        height=height * POINTS_PER_MM,
        credit=_credit(facts, t),
        **_ground(facts),
    )
    data = _page(words, facts, face, t("print.briefing_head", **_week(plan, t))) | {
        "title": t("print.title", week=plan.week.isocalendar().week, budget=_budget(plan, t)),
        "notices": notices,
        "sentences": [text for text in words.sentences if words.draws(text)],
        "map_height": height,
        "legend": {name: t(f"print.legend.{name}") for name in ("walk", "stop", "post", "start", "hotspot")},
        "columns": [t(f"print.column.{name}") for name in ("when", "where", "crew", "length", "tasks")],
        "rows": rows,
        "note_head": t("print.note_head"),
        "note": t("print.note"),
        "foot": [_span(facts, t), t("print.see_page_2")],
        "reasons_title": t("print.reasons_title"),
        "reason_columns": [t(f"print.column.{name}") for name in ("mark", "place", "expected", "found", "why")],
        "reasons": _reasons(plan, words, facts),
        "unsure_title": t("print.unsure_title"),
        "unsure": _unsure(plan, t),
        "unreached_title": t("print.unreached_title"),
        "unreached": _unreached(plan, words, facts),
        "method_title": t("print.method_title"),
        "method": [t(f"print.method.{i}", **_method_facts(plan)) for i in range(1, METHOD_LINES + 1)],
        "data_title": t("print.data_title"),
        "data": [_span(facts, t), t("print.figures", **_figures(plan)), t("print.seed", seed=plan.seed)],
    }
    return _compile("briefing.typ", data, face, picture)


def walk_pdf(
    walk: Any, plan: Any, words: PlanWords, facts: PlanFacts, *, face: Face, notices: Sequence[str] = ()
) -> bytes:
    """Set one walk on one page: map, turns by street names, topics to tick at each stop, whom to refer to."""
    t = words.t
    notices = [*notices, *_street_notices(plan, t)]
    way = _way(walk, plan, words)
    stops = [_stop(stop, words, facts) for stop in walk.stops]
    referrals = _referrals(walk, facts, t)
    task_rows = sum(-(-len(stop["tasks"]) // TASK_COLUMNS[t.language]) for stop in stops)
    needed = max(6.2 * len(way), 15.0 * len(stops) + 5.6 * task_rows + 14.0 * -(-len(referrals) // 3) + 10) + 10
    height = _map_height(WALK_MAP_MM, extra=max(needed - 107.0, 0.0) + 7.5 * len(notices))
    picture = walk_map(
        walk,
        stop_names=[words.place(stop) for stop in walk.stops],
        start_name=words.start(walk),
        t=t,
        face=face,
        width=SHEET_WIDTH_MM * POINTS_PER_MM,
        height=height * POINTS_PER_MM,
        credit=_credit(facts, t),
        **_ground(facts),
    )
    name = ordinal(t, "walk", walk.number)
    dwell = walk.minutes - walk.walking_minutes
    pace = walk.length_m / walk.walking_minutes * 0.06 if walk.walking_minutes else 0.0
    minutes = t("print.minutes_to_write", minutes="{minutes}", line="\0").partition("\0")
    data = _page(words, facts, face, t("print.walk_head", **_week(plan, t))) | {
        "title": name,
        "name": name,
        "when": t("print.leaves", when=f"{day_text(t, walk.date)} {walk.start_time:%H:%M}"),
        "total": t("print.total", stops=_stops_text(walk, t), minutes=round(walk.minutes)),
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
    return _compile("walk.typ", data, face, picture)


def volunteers_pdf(
    posts: Sequence[Any], week: Any, words: PlanWords, facts: PlanFacts, *, face: Face, notices: Sequence[str] = ()
) -> bytes:
    """
    Set the volunteers' page from what passed the gate.

    Parameters
    ----------
    posts : sequence of geo.privacy.VolunteerPost
    week : date
        The Monday.
    """
    t = words.t
    data = _page(words, facts, face, t("print.volunteers_head", **_week_of(week, t))) | {
        "title": t("print.volunteers_title", n=len(posts)),
        "notices": list(notices),
        "posts": [
            {
                "number": post.number,
                "street": post.street,
                "area": post.area,
                "when": f"{day_text(t, post.date)} {hours_text(t, post.start, post.end)}",
                "crew": crew_text(t, "volunteers"),
                "tasks": tasks_of(facts, t, post.topics, 6),
            }
            for post in posts
        ],
        "rules": [t(f"print.rule.{i}") for i in range(1, RULE_LINES + 1)],
        "foot": [t("print.volunteers_foot"), ""],
    }
    return _compile("volunteers.typ", data, face, None)


def crew_line(walk: Any, t: Translator) -> str:
    """`Crew: 1 officer, 1 mediator`."""
    return t("print.crew_line", crew=crew_text(t, walk.crew))


def _page(words: PlanWords, facts: PlanFacts, face: Face, head: str) -> dict[str, Any]:
    t = words.t
    station = words.station if words.draws(words.station) else ""
    return {
        "lang": t.language,
        "fonts": [face.family, LATIN_FAMILY] if face.chinese else [LATIN_FAMILY],
        "head_left": station or t("print.product"),
        "head_right": head,
        "page_of": t("print.page_of", page="{page}", pages="{pages}"),
        "digest": t("print.digest", digest=facts.digest),
    }


def _walk_row(walk: Any, words: PlanWords, facts: PlanFacts) -> dict[str, Any]:
    t = words.t
    return {
        "kind": "walk",
        "number": walk.number,
        "name": ordinal(t, "walk", walk.number),
        "when": f"{day_text(t, walk.date)} {walk.start_time:%H:%M}",
        "where": words.start(walk),
        "crew": crew_text(t, walk.crew),
        "length": t(
            "print.row_length",
            stops=_stops_text(walk, t),
            minutes=round(walk.minutes),
            length=length_text(t, walk.length_m),
        ),
        "tasks": topic_titles(facts, t, [key for stop in walk.stops for key in stop.topics], 2),
    }


def _watch_row(watch: Any, words: PlanWords, facts: PlanFacts) -> dict[str, Any]:
    t = words.t
    hours = (watch.end.hour * 60 + watch.end.minute - watch.start.hour * 60 - watch.start.minute) % (24 * 60) / 60
    return {
        "kind": "post",
        "number": watch.number,
        "name": ordinal(t, "post", watch.number),
        "when": f"{day_text(t, watch.date)} {hours_text(t, watch.start, watch.end)}",
        "where": words.place(watch),
        "crew": crew_text(t, watch.crew),
        "length": t("print.hours", n=int(hours) if hours.is_integer() else round(hours, 1)),
        "tasks": topic_titles(facts, t, watch.topics, 2),
    }


def _reasons(plan: Any, words: PlanWords, facts: PlanFacts) -> list[dict[str, Any]]:
    t = words.t
    marked = [("post", "", watch) for watch in plan.watches]
    marked += [("stop", ordinal(t, "walk", walk.number), stop) for walk in plan.walks for stop in walk.stops]
    return [
        {
            "kind": kind,
            "walk": walk,
            "number": spot.number,
            "place": words.place(spot),
            "area": words.area(spot) if words.area(spot) != words.place(spot) else "",
            "expected": expected_text(facts, t, spot),
            "found": found_text(facts, t, spot, limit=2),
            "why": why_text(facts, t, spot.reasons),
        }
        for kind, walk, spot in marked
    ]


def _unreached(plan: Any, words: PlanWords, facts: PlanFacts) -> list[str]:
    t = words.t
    if not plan.unreached:
        return [t("print.unreached_none")]
    most = sorted(plan.unreached, key=lambda left: -left.harm)
    lines = [
        t("print.unreached_line", place=unreached_place(facts, words, left), why=why_text(facts, t, [left.reason]))
        for left in most[:UNREACHED_LINES]
    ]
    left_out = len(most) - UNREACHED_LINES
    return [*lines, t("print.unreached_more", n=left_out)] if left_out > 0 else lines


def _unsure(plan: Any, t: Translator) -> list[str]:
    lines = [t(f"print.unsure.{i}") for i in range(1, UNSURE_LINES + 1)]
    return lines if plan.on_streets else [t("print.unsure.streets", factor=_factor(plan)), *lines]


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
        "found": found_text(facts, t, stop),
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


def _week(plan: Any, t: Translator) -> dict[str, Any]:
    return _week_of(plan.week, t)


def _week_of(monday: Any, t: Translator) -> dict[str, Any]:
    import datetime as dt

    sunday = monday + dt.timedelta(days=6)
    year, week, _ = monday.isocalendar()
    if t.language == "zh":
        return {"year": year, "week": week, "first": f"{monday:%m-%d}", "last": f"{sunday:%m-%d}"}
    return {"year": year, "week": week, "first": day_text(t, monday), "last": day_text(t, sunday)}


def _budget(plan: Any, t: Translator) -> str:
    return t.joined([t("print.walks", n=len(plan.walks)), t("print.posts", n=len(plan.watches))])


def _stops_text(walk: Any, t: Translator) -> str:
    return t("print.stops", n=len(walk.stops))


def _street_notices(plan: Any, t: Translator) -> list[str]:
    return [] if plan.on_streets else [t("print.straight_lines", factor=_factor(plan))]


def _factor(plan: Any) -> str:
    return f"{plan.detour_factor or 1.0:g}"


def _method_facts(plan: Any) -> dict[str, Any]:
    reach = plan.parameters.get("reach")
    return {"reach": number(float(reach)) if reach else "200"}


def _figures(plan: Any) -> dict[str, str]:
    total = plan.harm_total or 1.0
    return {
        "share": f"{100 * plan.harm_covered_all / total:.0f}",
        "events": number(plan.events_covered),
        "posts": f"{100 * plan.harm_covered / total:.0f}",
        "bound": f"{100 * plan.harm_covered_bound / total:.0f}",
    }


def _span(facts: PlanFacts, t: Translator) -> str:
    first, last = facts.span
    return t("print.span", first=first.isoformat(), last=last.isoformat(), as_of=facts.as_of.date().isoformat())


def _credit(facts: PlanFacts, t: Translator) -> str:
    parts = [facts.credit] if facts.credit else []
    parts.append("WGS 84")
    if facts.map_review_number:
        parts.append(t("print.map_review", number=facts.map_review_number))
    return t.joined(parts) if t.language == "en" else "，".join(parts)


def _ground(facts: PlanFacts) -> Mapping[str, Any]:
    return {name: facts.ground.get(name) for name in ("streets", "land", "neighborhoods")}


def _map_height(usual: float, *, extra: float) -> float:
    return round(max(usual - extra, LEAST_MAP_MM), 1)


def _compile(template: str, data: Mapping[str, Any], face: Face, picture: str | None) -> bytes:
    """Set one template in a folder of its own, which holds all that Typst may read."""
    import typst

    with tempfile.TemporaryDirectory(prefix="walkwatch-") as folder:
        root = Path(folder)
        for name in TEMPLATES:
            shutil.copyfile(ASSETS / name, root / name)
        (root / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        if picture is not None:
            (root / "map.svg").write_text(picture, encoding="utf-8")
        return typst.compile(str(root / template), root=str(root), font_paths=_fonts(face.chinese), format="pdf")


@cache
def _fonts(system: bool) -> Any:
    import typst

    return typst.Fonts(include_system_fonts=system, include_embedded_fonts=False, font_paths=[str(latin_folder())])
