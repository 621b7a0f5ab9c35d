"""The plan book on the plan's page: approve, what is approved, what stayed since the last plan, and the diary."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from analysis.plan_types import Plan
from geo.errors import InputError
from geo.plan_book import LONGEST_MINUTES, LONGEST_NOTE, Approved, approved_in, keep_visit
from geo.workspace import Workspace
from jobs.plan import coming_week
from jobs.plan_book import approve, as_approved, compared, diary
from views import style
from views.i18n import Translator
from views.pages.parts import markup, show_error, write
from views.pages.state import Asked
from views.plan_tables import day_text, ordinal

STATES = ("open", "done", "missed")


def approval_text(asked: Asked, plan: Plan) -> str:
    """Whether this plan is the approved one, by which digest; empty where none of its week is."""
    kept = approved_in(asked.data.workspace, plan.week)
    if kept is None:
        return ""
    same = as_approved(asked.data, plan, kept)
    return asked.t("page.plan.approved" if same else "page.plan.approved_other", digest=kept.digest)


def compared_text(asked: Asked, plan: Plan) -> str:
    """What stayed since the last approved plan; empty where there is none."""
    found = compared(asked.data, plan)
    if found is None:
        return ""
    last_week = plan.week - found["week"] == dt.timedelta(weeks=1)
    facts = {"kept": found["kept"], "changed": found["changed"], "week": f"{found['week']:%m-%d}"}
    return asked.t("page.plan.compared" if last_week else "page.plan.compared_earlier", **facts)


def show_approval(asked: Asked, plan: Plan) -> None:
    """Approve with a note; once approved, when and with which."""
    t, workspace = asked.t, asked.data.workspace
    kept = approved_in(workspace, plan.week)
    same = kept is not None and as_approved(asked.data, plan, kept)
    with st.popover(t("page.plan.approve.done" if same else "page.plan.approve"), key="plan_approve"):
        if kept is not None:
            write(markup(_kept_text(asked, kept, same)), css=f"font-size:13px;color:{style.SECONDARY}")
        if same:
            return
        write(t("page.plan.approve.means"), css=f"font-size:13px;color:{style.SECONDARY}")
        note = st.text_input(
            t("page.plan.approve.note"),
            max_chars=LONGEST_NOTE,
            placeholder=t("page.plan.approve.note_hint"),
            key=f"approve_note_{plan.week}",
        )
        if st.button(t("page.plan.approve.now"), type="primary", key="approve_now"):
            try:
                approve(asked.data, plan, t, note)
            except InputError as error:
                show_error(error, t)
                return
            st.rerun()


def _kept_text(asked: Asked, kept: Approved, same: bool) -> str:
    when = kept.approved_at.astimezone(ZoneInfo(asked.data.timezone)).strftime("%Y-%m-%d %H:%M")
    parts = [asked.t("page.plan.approve.kept", when=when, digest=kept.digest)]
    if kept.note:
        parts.append(asked.t("page.plan.approve.noted", note=kept.note))
    if not same:
        parts.append(asked.t("page.plan.approve.replaces"))
    return "".join(parts) if asked.t.language == "zh" else " ".join(parts)


def show_diary(asked: Asked, week: dt.date) -> None:
    """What became of each walk and post of an approved week that has begun, or is the coming one."""
    t, workspace = asked.t, asked.data.workspace
    kept = approved_in(workspace, week)
    if kept is None or week > max(coming_week(asked.data), dt.date.today()):
        return
    rows = diary(workspace, week.isoformat())
    told = sum(row["state"] != "open" for row in rows)
    with st.expander(t("page.plan.diary", told=told, n=len(rows)), key="plan_diary"):
        write(t("page.plan.diary.means"), css=f"font-size:13px;color:{style.SECONDARY}")
        names = {state: t(f"visits.{state}") for state in STATES}
        what, when, result, minutes = (t(f"page.plan.diary.{name}") for name in ("what", "when", "result", "minutes"))
        table = pd.DataFrame(
            {
                what: [_named(row, kept, t) for row in rows],
                when: [day_text(t, dt.date.fromisoformat(row["date"])) for row in rows],
                result: [names[row["state"]] for row in rows],
                minutes: pd.array([None if row["minutes"] is None else round(row["minutes"]) for row in rows], "Int64"),
            }
        )
        edited = st.data_editor(
            table,
            hide_index=True,
            disabled=[what, when],
            column_config={
                result: st.column_config.SelectboxColumn(options=list(names.values()), required=True),
                minutes: st.column_config.NumberColumn(min_value=1, max_value=LONGEST_MINUTES, step=1),
            },
            row_height=28,
            placeholder="",
            # Another plan, or what was kept since, is another table.
            key=f"diary_{kept.number}_{hash(table.to_csv())}",
        )
        if st.button(t("page.plan.diary.keep"), key="diary_keep"):
            states = {name: state for state, name in names.items()}
            given = zip((states[name] for name in edited[result]), edited[minutes], strict=True)
            try:
                keep_rows(workspace, rows, list(given))
            except InputError as error:
                show_error(error, t)
                return
            st.rerun()


def keep_rows(workspace: Workspace, rows: list[dict[str, Any]], given: list[tuple[str, Any]]) -> int:
    """
    Keep what was changed in the diary's table.

    Parameters
    ----------
    rows : list of dict
        As `jobs.plan_book.diary` gave them.
    given : list of (state, minutes)
        What the table says now, row by row; minutes beside what was not done are left out.

    Returns
    -------
    int
        How many rows were changed. An entry once kept can be corrected, not taken out.
    """
    changed = 0
    for row, (state, minutes) in zip(rows, given, strict=True):
        number = None if pd.isna(minutes) or state != "done" else float(minutes)
        if state == "open" or (state, number) == (row["state"], row["minutes"]):
            continue
        again = state == row["state"]  # Only the minutes are new: the day and the stops stay.
        keep_visit(
            workspace,
            week=dt.date.fromisoformat(row["week"]),
            kind=row["kind"],
            item=row["number"],
            done=state == "done",
            minutes=number,
            date=dt.date.fromisoformat(row["date"]) if again else None,
            stops=row["stops"] if again and row["kind"] == "walk" else None,
        )
        changed += 1
    return changed


def _named(row: dict[str, Any], kept: Approved, t: Translator) -> str:
    planned = kept.items(row["kind"])[row["number"]]
    place = planned["start"]["name"] if row["kind"] == "walk" else planned["place"]
    return f"{ordinal(t, 'walk' if row['kind'] == 'walk' else 'post', row['number'])} · {place}"
