"""
The briefing on two pages: page 1 says who goes where and when, page 2 why and how sure.

It words the plan and sets it; `analysis.plan` decided, `views.plan_tables` lays out the rows.
"""

from collections.abc import Sequence
from typing import Any

from views.fonts import Face
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
    note_texts,
    ordinal,
    topic_titles,
    unreached_place,
    why_text,
)
from views.print_maps import plan_map
from views.print_page import (
    POINTS_PER_MM,
    SHEET_WIDTH_MM,
    credit_line,
    ground_of,
    map_height,
    page_frame,
    set_page,
    span_line,
    street_notices,
    week_facts,
)
from views.walk_sheet import stops_text
from views.words import number

# The map takes half a page, and less where the table below it is long.
BRIEFING_MAP_MM, BRIEFING_MOST_MM, USUAL_ROWS = 137.0, 152.0, 7
METHOD_LINES, UNSURE_LINES = 5, 4
UNREACHED_LINES = 8


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
    notices = [*notices, *street_notices(plan, t)]
    height = map_height(
        BRIEFING_MAP_MM, extra=6.9 * (len(rows) - USUAL_ROWS) + 7.5 * len(notices), most=BRIEFING_MOST_MM
    )
    picture = plan_map(
        plan,
        hotspots=facts.hotspots,
        t=t,
        face=face,
        width=SHEET_WIDTH_MM * POINTS_PER_MM,
        height=height * POINTS_PER_MM,
        credit=credit_line(facts, t),
        **ground_of(facts),
    )
    data = page_frame(words, facts, face, t("print.briefing_head", **week_facts(plan.week, t))) | {
        "title": t("print.title", week=plan.week.isocalendar().week, budget=_budget(plan, t)),
        "notices": notices,
        "sentences": [text for text in words.sentences if words.draws(text)],
        "map_height": height,
        "legend": {name: t(f"print.legend.{name}") for name in ("walk", "stop", "post", "start", "hotspot")},
        "columns": [t(f"print.column.{name}") for name in ("when", "where", "crew", "length", "tasks")],
        "rows": rows,
        "note_head": t("print.note_head"),
        "note": t("print.note"),
        "foot": [span_line(facts, t), t("print.see_page_2")],
        "reasons_title": t("print.reasons_title"),
        "reason_columns": [
            t(f"print.column.{name}", **_method_facts(plan)) for name in ("mark", "place", "expected", "found", "why")
        ],
        "reasons": _reasons(plan, words, facts),
        "unsure_title": t("print.unsure_title"),
        "unsure": _unsure(plan, facts, t),
        "unreached_title": t("print.unreached_title"),
        "unreached": _unreached(plan, words, facts),
        "method_title": t("print.method_title"),
        "method": [t(f"print.method.{i}", **_method_facts(plan)) for i in range(1, METHOD_LINES + 1)],
        "last_week_title": t("print.last_week_title"),
        "last_week": _last_week(facts, t),
        "data_title": t("print.data_title"),
        "data": [span_line(facts, t), t("print.figures", **plan_figures(plan)), t("print.seed", seed=plan.seed)],
    }
    return set_page("briefing.typ", data, face, picture)


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
            stops=stops_text(walk, t),
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


def _last_week(facts: PlanFacts, t: Translator) -> list[str]:
    """What became of the last approved plan: what was promised, done, missed, and not noted."""
    if facts.last_week is None:
        return []
    given = dict(facts.last_week) | {"week": f"{facts.last_week['week']:%m-%d}"}
    lines = [t("print.last_week.done", **given)]
    if given["missed"] or given["open"]:
        lines.append(t("print.last_week.not_done", **given))
    return lines


def _unsure(plan: Any, facts: PlanFacts, t: Translator) -> list[str]:
    return [*note_texts(plan, facts, t), *(t(f"print.unsure.{i}") for i in range(1, UNSURE_LINES + 1))]


def _budget(plan: Any, t: Translator) -> str:
    return t.joined([t("print.walks", n=len(plan.walks)), t("print.posts", n=len(plan.watches))])


def _method_facts(plan: Any) -> dict[str, Any]:
    reach, days = (plan.parameters.get(name, usual) for name, usual in (("reach", 200.0), ("days", 28)))
    return {"reach": number(float(reach)), "days": days}


def plan_figures(plan: Any) -> dict[str, str]:
    """Shares of the expected harm in whole per cent, and the events covered."""
    total = plan.harm_total or 1.0
    return {
        "share": f"{100 * plan.harm_covered_all / total:.0f}",
        "events": number(plan.events_covered),
        "posts": f"{100 * plan.harm_covered / total:.0f}",
        "bound": f"{100 * plan.harm_covered_bound / total:.0f}",
    }
