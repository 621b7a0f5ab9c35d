"""Meeting: what of our neighborhood? The published slides, full width; below them tonight's answers."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from geo.community_types import AreaContent, CommunityContent
from geo.errors import InputError
from geo.releases import stored
from geo.topics import read_topics
from jobs.community import content, require_public_names, write_community
from jobs.dataset import Dataset
from jobs.release import next_period, release_period
from views import style
from views.community_deck import area_html
from views.community_maps import MapWords, area_png, community_ground
from views.community_words import area_name, period_words
from views.fonts import find_face
from views.i18n import LANGUAGES, Translator
from views.pages.meeting_answers import show_answers
from views.pages.parts import markup, plain, show_error, write
from views.pages.state import Asked, choose, given
from views.server import PREFIX, register_deck

# The deck is as wide as the page and keeps the shape of a screen.
FRAME = "<style>.st-key-meeting_deck iframe{width:100%;height:auto;aspect-ratio:16/9}</style>"


def show(asked: Asked) -> None:
    """The page."""
    t = asked.t
    said = st.session_state.pop("meeting_published", None)
    if not stored(asked.data.workspace):
        st.title(t("deck.page.title.none"), anchor=False)
        write(t("deck.page.none"), css="font-size:15.5px")
        _publish(asked, primary=True)
        return
    whole = content(asked.data)
    area = next((one for one in whole.areas if one.area.area_id == asked.neighborhood), None)
    if area is None:
        _choose(asked, whole)
    else:
        _deck(asked, area, whole)
    if said:
        st.success(plain(said), icon=":material/check:")
    _folder(asked)
    show_answers(asked)


def _publish(asked: Asked, *, primary: bool) -> None:
    """One button for the period that is next, and before it what will be public."""
    t = asked.t
    try:
        period = next_period(asked.data)
    except InputError as error:
        show_error(error, t)
        return
    name = period_words(period, t, year=True)
    write(markup(t("deck.page.what", period=name)), css="max-width:860px")
    if st.button(t("deck.page.publish", period=name), type="primary" if primary else "secondary", key="publish"):
        try:
            with st.spinner(t("deck.page.publishing")):
                require_public_names(asked.data)
                release_period(asked.data)
        except InputError as error:
            show_error(error, t)
            return
        st.session_state["meeting_published"] = t("deck.page.published", period=name)
        st.rerun()


def _choose(asked: Asked, whole: CommunityContent) -> None:
    t = asked.t
    st.title(t("deck.page.title.choose"), anchor=False)
    write(markup(t("deck.page.gone" if asked.neighborhood else "deck.page.choose")), css="font-size:15.5px")
    names = {one.area.area_id: area_name(one.area, t) for one in whole.areas}

    def chosen() -> None:
        choose("neighborhood", st.session_state["meeting_area"])

    st.pills(
        t("page.neighborhood.label"),
        list(names),
        format_func=lambda key: plain(names[key]),
        key="meeting_area",
        on_change=chosen,
        label_visibility="collapsed",
    )


def _deck(asked: Asked, area: AreaContent, whole: CommunityContent) -> None:
    t = asked.t
    page = area_html(
        area,
        whole,
        map_png=_maps(asked.data.id, area.area.area_id, whole, _dataset=asked.data) or None,
        topics=read_topics(),
        remark_topics=(),  # the forms stand below the deck
        languages=(t.language, *(name for name in LANGUAGES if name != t.language)),
        taxonomy=asked.data.taxonomy,
        home=None,
    )
    address = f"{PREFIX}/meeting/{register_deck(page)}?lang={t.language}"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(plain(t("deck.page.title", name=area_name(area.area, t))), anchor=False)
        look = f"font-size:14px;color:{style.SECONDARY};white-space:nowrap"
        link = f'<a href="{markup(address)}" target="_blank" rel="noopener" style="color:{style.ACCENT}">'
        full = f"{link}{markup(t('deck.page.full'))}</a>"
        write(f"{markup(t('deck.page.keys'))} {full}", css=look, narrow=True)
    st.html(FRAME)
    with st.container(key="meeting_deck"):
        st.iframe(address, height=630)


@st.cache_data(max_entries=64, show_spinner=False)
def _maps(dataset_id: str, area_id: str, whole: CommunityContent, *, _dataset: Dataset) -> dict[str, bytes]:
    """The area's outline in each language; none for an area whose polygon is no longer there."""
    units = _dataset.shown_units
    if units is None or area_id not in set(units["neighborhood_id"].astype(str)):
        return {}
    ground = community_ground(units, _dataset.streets, _dataset.land)
    said = MapWords(whole.credit, whole.datum, whole.map_review_number)
    return {name: area_png(ground, area_id, Translator(name), find_face(), said) for name in LANGUAGES}


def _folder(asked: Asked) -> None:
    """Write the community folder, and hand it out as one file."""
    t = asked.t
    waits = _waiting(asked)
    note = [t("deck.page.folder.what")] + ([t("deck.page.folder.releases", period=waits)] if waits else [])
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(t("deck.page.folder.write"), key="community_write"):
            try:
                with st.spinner(t("deck.page.folder.writing")):
                    st.session_state["community_zip"] = _zipped(asked)
            except InputError as error:
                show_error(error, t)
        made = st.session_state.get("community_zip")
        if made:
            st.download_button(
                t("deck.page.folder"), made, file_name="community.zip", mime="application/zip", key="community_zip_get",
                on_click="ignore", type="primary",
            )  # fmt: skip
        write(markup(" ".join(note)), css=f"font-size:13.5px;color:{style.SECONDARY}", narrow=True)


def _waiting(asked: Asked) -> str:
    """The period that writing the folder would publish; empty where it is published already."""
    try:
        period = next_period(asked.data)
    except InputError:
        return ""
    known = {release.period.key for release in stored(asked.data.workspace)}
    return "" if period.key in known else period_words(period, asked.t, year=True)


def _zipped(asked: Asked) -> bytes:
    packed = io.BytesIO()
    with TemporaryDirectory() as parent:
        folder = Path(parent) / "community"
        write_community(asked.data, folder, asked.t)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.writestr(_entry(f"community/{path.relative_to(folder).as_posix()}"), path.read_bytes())
    return packed.getvalue()


def _entry(name: str) -> Any:
    """A file of the archive without the moment it was written: the same content gives the same bytes."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


if __name__ == "__main__":
    show(given())
