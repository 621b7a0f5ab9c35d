"""The plan in words: cards of walks and posts, their reasons, and what is left out."""

from typing import Any

import pandas as pd
import streamlit as st

from analysis.plan_types import Plan
from views import style
from views.charts import image
from views.i18n import Translator
from views.pages.parts import markup, write
from views.plan_tables import (
    PlanFacts,
    PlanWords,
    crew_text,
    day_text,
    hours_text,
    length_text,
    note_texts,
    ordinal,
    topic_titles,
    unreached_place,
    why_text,
)

CARD = f"border:1px solid {style.CARD_BORDER};border-radius:4px;padding:5px 12px;margin-bottom:6px;font-size:14px"


def show_walks(plan: Plan, talk: PlanWords, facts: PlanFacts) -> None:
    """A card a walk: its line, when and where from, its stops."""
    t = talk.t
    for walk in plan.walks:
        color, _ = style.walk_style(walk.number)
        cells = "".join(_stop_line(stop, color, talk, facts) for stop in walk.stops)
        sums = t(
            "page.plan.walk_sums",
            n=len(walk.stops),
            minutes=f"<b>{t('page.plan.minutes.short', n=round(walk.minutes))}</b>",
            length=length_text(t, walk.length_m),
        )
        write(
            '<div style="display:flex;justify-content:space-between;gap:8px;white-space:nowrap">'
            '<div style="overflow:hidden;text-overflow:ellipsis">'
            f"{image(style.line_sample(walk.number), css='vertical-align:2px;margin-right:8px')}"
            f"<b>{ordinal(t, 'walk', walk.number)}</b>&ensp;{day_text(t, walk.date)} {walk.start_time:%H:%M} "
            f'<span style="color:{style.SECONDARY}">{markup(t("page.plan.from", place=talk.start(walk)))}</span>'
            f"</div><div>{sums}</div></div>"
            f'<div style="display:grid;grid-template-columns:1fr 1fr;gap:1px 14px;margin-top:3px;font-size:13.5px">'
            f"{cells}</div>",
            css=CARD,
        )


def _stop_line(stop: Any, color: str, talk: PlanWords, facts: PlanFacts) -> str:
    t = talk.t
    disc = image(style.ring(str(stop.number), color, size=17), css="vertical-align:-4px;margin-right:5px")
    note = f"{t('page.plan.dwell', n=round(stop.dwell_minutes))} {topic_titles(facts, t, stop.topics, 2)}"
    look = "min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
    return (
        f'<div style="{look}" title="{markup(why_text(facts, t, stop.reasons))}">{disc}{markup(talk.place(stop))} '
        f'<span style="color:{style.SECONDARY};font-size:13px">{markup(note)}</span></div>'
    )


def when_text(watch: Any, t: Translator) -> str:
    """Day and hours of a post."""
    return f"{day_text(t, watch.date)} {hours_text(t, watch.start, watch.end)}"


def show_posts(plan: Plan, talk: PlanWords, facts: PlanFacts) -> None:
    """All posts in one card."""
    t = talk.t
    if not plan.watches:
        return
    cells = "".join(
        f'<div style="display:flex;gap:8px" title="{markup(why_text(facts, t, watch.reasons))}">'
        f"{image(style.shield(str(watch.number), 22), css='flex:none;align-self:flex-start')}"
        f"<div><b>{markup(talk.place(watch))}</b><br>"
        f'<span style="font-size:13px;color:{style.SECONDARY}">{when_text(watch, t)} {crew_text(t, watch.crew)}</span>'
        "</div></div>"
        for watch in plan.watches
    )
    write(f'<div style="display:grid;grid-template-columns:repeat(3,1fr);gap:6px 12px">{cells}</div>', css=CARD)


def show_why(plan: Plan, talk: PlanWords, facts: PlanFacts) -> None:
    """The reasons of every walk, stop and post, behind one click."""
    t = talk.t
    with st.expander(t("page.plan.why"), key="plan_why"):
        lines = []
        for walk in plan.walks:
            head = f"{ordinal(t, 'walk', walk.number)}</b> · {crew_text(t, walk.crew)} · "
            lines.append(f"<b>{head}{markup(why_text(facts, t, walk.reasons))}")
            lines += [
                f"&emsp;{stop.number} {markup(talk.place(stop))} — {markup(why_text(facts, t, stop.reasons))}"
                for stop in walk.stops
            ]
        lines += [
            f"<b>{ordinal(t, 'post', watch.number)}</b> · {crew_text(t, watch.crew)} · "
            f"{markup(talk.place(watch))} — {markup(why_text(facts, t, watch.reasons))}"
            for watch in plan.watches
        ]
        write("<br>".join(lines), css="font-size:13.5px")


def show_unreached(plan: Plan, talk: PlanWords, facts: PlanFacts) -> None:
    """What the plan notes, and the places it leaves out with the reason."""
    t = talk.t
    notes = note_texts(plan, facts, t)
    if notes:
        write(markup(" ".join(notes)), css=f"font-size:13.5px;color:{style.SECONDARY}")
    if plan.unreached:
        st.subheader(t("page.plan.unreached", n=len(plan.unreached)), anchor=False)
        rows = pd.DataFrame(
            {
                t("page.column.place"): [unreached_place(facts, talk, left) for left in plan.unreached],
                t("page.column.harm"): [left.harm for left in plan.unreached],
                t("page.column.reason"): [why_text(facts, t, [left.reason]) for left in plan.unreached],
            }
        )
        st.dataframe(
            rows.style.format({t("page.column.harm"): "{:,.1f}"}),
            hide_index=True,
            row_height=28,
            key="unreached_table",
        )
