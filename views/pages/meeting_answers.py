"""Below the meeting's deck: hands counted tonight, remarks raised, what becomes of them, and the evenings so far."""

import datetime as dt
from collections.abc import Mapping

import streamlit as st

from analysis.plan import monday_of
from geo.answer_files import twice
from geo.errors import InputError
from geo.meetings import (
    QUESTIONS,
    REASONS,
    KeptRemark,
    Poll,
    Remark,
    answer_remark,
    keep,
    keep_remark,
    may_be_raised,
    polls,
    remarks,
    today_of,
    validate_poll,
)
from geo.polls import MOST_PEOPLE
from geo.topics import read_topics
from jobs.meetings import LEAST_PEOPLE, least_safe, poll_results, poll_trend, remark_lines, shown_areas
from views import style
from views.i18n import Translator
from views.meeting_tables import evenings_table, remarks_table
from views.pages.parts import downloads, markup, plain, show_error, write
from views.pages.state import ALL, Asked

WEEKS_AHEAD = 8
# These concern the evening, not one question: they stand beside day and number present.
_OF_THE_EVENING = {"meeting.future", "meeting.no_day", "meeting.unknown_area", "meeting.nobody"}


def show_answers(asked: Asked) -> None:
    """The forms and tables of the neighborhood that the frame's selector names."""
    t = asked.t
    st.subheader(t("meeting.page.title"), anchor=False)
    if asked.neighborhood == ALL:
        write(markup(t("meeting.page.choose")), css=f"color:{style.SECONDARY}")
        return
    said = st.session_state.pop("meeting_said", None)
    if said:
        st.success(plain(said), icon=":material/check:")
    titles = {key: topic.title_zh if t.language == "zh" else topic.title_en for key, topic in read_topics().items()}
    today = today_of(asked.data.workspace)
    day = st.date_input(
        t("meeting.page.date"), today, format="YYYY-MM-DD", key=f"meeting_day_{asked.neighborhood}", width=180
    )
    left, right = st.columns([0.6, 0.4], gap="medium")
    with left:
        _poll_form(asked, day, today)
    with right:
        _remark_form(asked, day, today, titles)
        _waiting(asked, today, titles)
    _evenings(asked, titles)


def _done(sentence: str) -> None:
    st.session_state["meeting_said"] = sentence
    st.rerun()


# --- tonight ----------------------------------------------------------------------------------------------------------


def _poll_form(asked: Asked, day: dt.date, today: dt.date) -> None:
    t, area, workspace = asked.t, asked.neighborhood, asked.data.workspace
    kept = {poll.question: poll for poll in polls(workspace) if (poll.area_id, poll.date) == (area, day)}
    # Controls of another day or area are others; what was typed stays until it is kept.
    mark = f"{area}_{day}"
    slots, counts = {}, {}
    with st.form(f"meeting_poll_{mark}"):
        write(
            f"<b>{markup(t('meeting.page.poll'))}</b><br>"
            f'<span style="font-size:13px;color:{style.SECONDARY}">{markup(t("meeting.page.poll.how"))}</span>'
        )
        before = max((poll.present for poll in kept.values()), default=0)
        present = _count(t("meeting.page.present"), f"meeting_present_{mark}", before)
        evening = st.container()
        for question, options in QUESTIONS.items():
            write(f"<b>{markup(t(f'meeting.question.{question}'))}</b>")
            old = kept[question].answers if question in kept else {}
            cells = st.columns(len(options), gap="small")
            counts[question] = {
                option: _count(
                    t(f"meeting.option.{option}"), f"hands_{question}_{option}_{mark}", old.get(option, 0), cell
                )
                for option, cell in zip(options, cells, strict=True)
            }
            slots[question] = st.container()
        replace = st.checkbox(t("meeting.page.replace"), key=f"meeting_replace_{mark}") if kept else False
        sent = st.form_submit_button(t("meeting.page.keep"), type="primary", key=f"meeting_keep_{mark}")
    if not sent:
        return
    # A question without a hand was not asked, unless it is the count kept before that is being taken back.
    asked_now = [
        Poll(area, day, question, hands, present)
        for question, hands in counts.items()
        if sum(hands.values()) or question in kept
    ]
    if not asked_now:
        with evening:
            st.warning(plain(t("meeting.page.none")))
        return
    refused = _refused(asked_now, kept, shown_areas(asked.data), today, replace=replace)
    for question, error in refused.items():
        with evening if error.key in _OF_THE_EVENING else slots[question]:
            show_error(error, t)
        if error.key in _OF_THE_EVENING:
            return
    if refused:
        return
    try:
        keep(workspace, asked_now, areas=shown_areas(asked.data), today=today, replace=replace)
    except InputError as error:  # Somebody else kept the same evening since this page was drawn.
        with evening:
            show_error(error, t)
        return
    new = sum(kept.get(poll.question) != poll for poll in asked_now)
    _done(t("meeting.page.kept", n=new) if new else t("meeting.page.same"))


def _refused(
    asked_now: list[Poll], kept: Mapping[str, Poll], areas: frozenset[str], today: dt.date, *, replace: bool
) -> dict[str, InputError]:
    """What is wrong with each question, so that it can be said beside it before anything is kept."""
    refused = {}
    for poll in asked_now:
        try:
            validate_poll(poll, areas=areas, today=today)
        except InputError as error:
            refused[poll.question] = error
            continue
        if poll.question in kept and kept[poll.question] != poll and not replace:
            refused[poll.question] = twice(poll)
    return refused


def _remark_form(asked: Asked, day: dt.date, today: dt.date, titles: Mapping[str, str]) -> None:
    t, workspace = asked.t, asked.data.workspace
    mark = f"{asked.neighborhood}_{day}"
    with st.form(f"meeting_remark_{mark}"):
        write(
            f"<b>{markup(t('meeting.page.remark'))}</b><br>"
            f'<span style="font-size:13px;color:{style.SECONDARY}">{markup(t("meeting.page.remark.how"))}</span>'
        )
        topics = sorted(may_be_raised(workspace), key=lambda key: titles[key])
        topic: str = st.selectbox(
            t("meeting.page.topic"), topics, format_func=titles.__getitem__, key=f"meeting_topic_{mark}"
        )
        people = _count(t("meeting.page.people"), f"meeting_people_{mark}", 0)
        slot = st.container()
        earlier = any(kept.key == (asked.neighborhood, day, kept.topic) for kept in remarks(workspace))
        replace = st.checkbox(t("meeting.page.replace"), key=f"remark_replace_{mark}") if earlier else False
        sent = st.form_submit_button(t("meeting.page.remark.keep"), key=f"remark_keep_{mark}")
    if not sent:
        return
    try:
        remark = Remark(asked.neighborhood, day, topic, people)
        keep_remark(workspace, remark, areas=shown_areas(asked.data), today=today, replace=replace)
    except InputError as error:
        with slot:
            show_error(error, t)
        return
    _done(t("meeting.page.remark.kept", topic=titles[topic]))


def _count(label: str, key: str, value: int, where: object = st) -> int:
    number = where.number_input(label, 0, MOST_PEOPLE, value, step=1, key=key)  # type: ignore[attr-defined]
    return int(number or 0)


# --- what becomes of remarks ------------------------------------------------------------------------------------------


def _waiting(asked: Asked, today: dt.date, titles: Mapping[str, str]) -> None:
    t = asked.t
    own = [
        kept
        for kept in remarks(asked.data.workspace)
        if kept.area_id == asked.neighborhood and kept.answer == "waiting"
    ]
    if not own:
        write(markup(t("meeting.page.waiting.none")), css=f"color:{style.SECONDARY}")
        return
    write(f"<b>{markup(t('meeting.page.waiting', n=len(own)))}</b>")
    for remark in own:
        _waiting_one(asked, remark, today, titles)


def _waiting_one(asked: Asked, remark: KeptRemark, today: dt.date, titles: Mapping[str, str]) -> None:
    t, number = asked.t, remark.number
    # A screen in a hall shows no smaller numbers than what is published of it.
    line = t(
        "meeting.page.waiting.line" if remark.people >= LEAST_PEOPLE else "meeting.page.waiting.few",
        topic=titles.get(remark.topic, remark.topic),
        day=remark.date.isoformat(),
        n=remark.people,
    )
    mondays = [monday_of(today) + dt.timedelta(weeks=n) for n in range(WEEKS_AHEAD + 1)]
    with st.form(f"remark_{number}"):
        write(markup(line))
        one, two = st.columns(2, gap="small", vertical_alignment="bottom")
        # The next plan is the one that can still take it up.
        week = one.selectbox(
            t("meeting.page.week"), mondays, index=1, format_func=_week_words, key=f"remark_week_{number}"
        )
        taken = one.form_submit_button(t("meeting.page.take_up"), key=f"remark_take_{number}", type="primary")
        reason = two.selectbox(
            t("meeting.page.reason"),
            REASONS,
            index=None,
            placeholder="—",
            format_func=lambda key: t(f"meeting.reason.{key}"),
            key=f"remark_reason_{number}",
        )
        left = two.form_submit_button(t("meeting.page.not_take_up"), key=f"remark_leave_{number}")
        slot = st.container()
    if not (taken or left):
        return
    try:
        if taken:
            answer_remark(asked.data.workspace, number, "taken_up", week=week)
        else:
            answer_remark(asked.data.workspace, number, "not_taken_up", reason)
    except InputError as error:
        with slot:
            show_error(error, t)
        return
    _done(f"{line} → {t('meeting.answer.taken_up' if taken else 'meeting.answer.not_taken_up')}")


def _week_words(monday: dt.date) -> str:
    return f"{monday:%m-%d}–{monday + dt.timedelta(days=6):%m-%d}"


# --- so far -----------------------------------------------------------------------------------------------------------


def _evenings(asked: Asked, titles: Mapping[str, str]) -> None:
    t, area, workspace = asked.t, asked.neighborhood, asked.data.workspace
    kept = polls(workspace)
    results = poll_results(kept, area)
    st.subheader(t("meeting.page.evenings"), anchor=False)
    if not results:
        write(markup(t("meeting.page.evenings.none")), css=f"color:{style.SECONDARY}")
    else:
        weeks = least_safe(asked.data).get(area)
        sentences = [t(f"meeting.trend.{poll_trend(kept, area, 'dark').verdict}")]
        sentences += [t(f"meeting.floor.{weeks}", weeks=weeks)] if weeks is not None else []
        write(markup(_run(sentences, t)))
        table = evenings_table(results, t)
        st.dataframe(table, hide_index=True, row_height=28, key="meeting_evenings")
        write(markup(t("meeting.page.evenings.note")), css=f"font-size:13px;color:{style.SECONDARY}")

        def logged(file: str) -> None:
            workspace.log("export", what="meeting", area_id=area, file=file)

        downloads(table, f"meeting-{area}", t, label=t("meeting.page.download"), key="meeting_download", logged=logged)
    answered = [kept for kept in remarks(workspace) if kept.answer != "waiting"]
    lines = remark_lines(answered, area)
    if lines:
        write(f"<b>{markup(t('meeting.page.answered'))}</b>")
        st.dataframe(remarks_table(lines, titles, t), hide_index=True, row_height=28, key="meeting_remarks")


def _run(sentences: list[str], t: Translator) -> str:
    return "".join(sentences) if t.language == "zh" else " ".join(sentences)
