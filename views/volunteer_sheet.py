"""
The volunteers' sheets, one page a post: map, round by street names, when to check in, whom to call, what to say.

It sets what passed the gate (`geo.volunteers`) and nothing of the plan: no count, no reason, no hotspot, no door.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from views.fonts import Face
from views.plan_tables import (
    PlanFacts,
    PlanWords,
    crew_text,
    day_text,
    hours_text,
    length_text,
    ordinal,
    topic_text,
    turn_street,
)
from views.print_maps import post_map
from views.print_page import POINTS_PER_MM, SHEET_WIDTH_MM, credit_line, ground_of, page_frame, set_page, week_facts

MAP_MM = 94.0
RULE_LINES = 5


def volunteers_pdf(
    posts: Sequence[Any], week: dt.date, words: PlanWords, facts: PlanFacts, *, face: Face, notices: Sequence[str] = ()
) -> bytes:
    """
    Set the volunteers' sheets from what passed the gate.

    Parameters
    ----------
    posts : sequence of geo.privacy.VolunteerPost
    week : date
        The Monday.
    words : PlanWords
        In the language that `printing_language` gave.
    notices : sequence of str
        What has to be said on the page before anything else.

    Returns
    -------
    bytes
        A PDF of one A4 page a post.
    """
    t = words.t
    maps = {f"map-{post.number}.svg": _map(post, words, facts, face) for post in posts if post.crossing is not None}
    data = page_frame(words, facts, face, t("print.volunteers_head", **week_facts(week, t))) | {
        "title": t("volunteers.title", n=len(posts)),
        "notices": list(notices),
        "map_height": MAP_MM,
        "posts": [_post(post, words, facts) for post in posts],
        "check_title": t("volunteers.check_title"),
        "check_note": t("volunteers.check_note"),
        "call_title": t("volunteers.call_title"),
        "calls": _calls(words, facts),
        "light_title": t("volunteers.light_title"),
        "topics_title": t("volunteers.topics_title"),
        "rules_title": t("volunteers.rules_title"),
        "rules": [t(f"print.rule.{i}") for i in range(1, RULE_LINES + 1)],
        "foot": [t("print.volunteers_foot"), ""],
    }
    return set_page("volunteers.typ", data, face, None, {name: svg.encode() for name, svg in maps.items()})


def light_text(post: Any, words: PlanWords) -> str:
    """Until when it is light, and what to do after."""
    t = words.t
    if post.sunset is None:
        return t("volunteers.light_unknown")
    overnight = post.end <= post.start
    key = "after" if overnight or post.sunset < post.end else "before"
    return t(f"volunteers.light_{key}", sunset=f"{post.sunset:%H:%M}")


def _map(post: Any, words: PlanWords, facts: PlanFacts, face: Face) -> str:
    return post_map(
        post,
        t=words.t,
        face=face,
        width=SHEET_WIDTH_MM * POINTS_PER_MM,
        height=MAP_MM * POINTS_PER_MM,
        credit=credit_line(facts, words.t),
        **ground_of(facts),
    )


def _post(post: Any, words: PlanWords, facts: PlanFacts) -> dict[str, Any]:
    t = words.t
    way, title, end = _way(post, words)
    return {
        "number": post.number,
        "name": ordinal(t, "post", post.number),
        "street": post.street,
        "area": post.area if post.area != post.street else "",
        "when": f"{day_text(t, post.date)} {hours_text(t, post.start, post.end)}",
        "crew": crew_text(t, "volunteers"),
        "map": "" if post.crossing is None else f"map-{post.number}.svg",
        "way_title": title,
        "way": way,
        "way_end": end,
        "check_in": [f"{moment:%H:%M}" for moment in post.check_in],
        "light": light_text(post, words),
        "topics": [_topic(key, post.date.month, words, facts) for key in post.topics if key in facts.topics],
    }


def _way(post: Any, words: PlanWords) -> tuple[list[dict[str, str]], str, str]:
    """The turns by street names, what stands above and below them."""
    t, way = words.t, post.round
    if way is None:
        key = "volunteers.no_round" if post.crossing is None else "volunteers.no_round_crossing"
        return [], t(key), ""
    rows = []
    for turn in way.turns:
        before, _, after = t(f"print.turn.{turn.kind}", street="\0").partition("\0")
        street = turn_street(turn, t, words.draws)
        rows.append({"before": before, "street": street, "after": after, "length": length_text(t, turn.length_m)})
    title = t("volunteers.way_title", length=length_text(t, way.length_m), minutes=way.minutes)
    return rows, title, t("volunteers.way_loop" if way.loop else "volunteers.way_back")


def _calls(words: PlanWords, facts: PlanFacts) -> list[str]:
    t = words.t
    station = words.station if words.station and words.draws(words.station) else t("volunteers.station")
    last = (
        t("volunteers.call_station", station=station, phone=facts.station_phone)
        if facts.station_phone
        else t("volunteers.call_station_blank", station=station)
    )
    return [t("volunteers.call_danger"), t("volunteers.call_fire"), last]


def _topic(key: str, month: int, words: PlanWords, facts: PlanFacts) -> dict[str, Any]:
    t = words.t
    topic = facts.topics[key]
    note = topic.season_note(month, t.language)
    where = topic_text(facts, t, key, "where_to_turn")
    return {
        "title": topic_text(facts, t, key, "title"),
        "advice": [*([note] if note else []), *topic_text(facts, t, key, "advice")],
        "where": t("volunteers.turn_to", where=where) if where else "",
    }
