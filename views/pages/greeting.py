"""The first minutes: an empty workspace offers two ways to begin, an own file or the sample city."""

import streamlit as st

from geo.errors import InputError
from jobs.demo import make_sample
from views.pages.parts import plain, show_error, write
from views.pages.state import Asked


def greet(asked: Asked, *, here: bool = False) -> None:
    """What an empty workspace says: bring your own file, or look at the sample city."""
    t = asked.t
    if not here:
        st.title(t("page.greet.title"), anchor=False)
        write(t("page.greet.text"), css="font-size:15.5px;max-width:720px")
    own, sample = st.columns(2, gap="medium")
    if not here:
        with own, st.container(border=True):
            st.subheader(t("page.greet.own"), anchor=False)
            write(t("page.greet.own.text"))
            if st.button(t("page.greet.own.button"), type="primary", key="greet_own"):
                st.switch_page(st.session_state["pages"]["data"])
    with sample if not here else own, st.container(border=True):
        st.subheader(t("page.greet.sample"), anchor=False)
        write(t("page.greet.sample.text"))
        if st.button(t("page.greet.sample.button"), key="greet_sample"):
            _make_sample(asked)


def _make_sample(asked: Asked) -> None:
    t = asked.t
    try:
        with st.status(t("page.greet.sample.working"), expanded=True) as status:
            make_sample(asked.workspace, t, lambda text: st.write(plain(text)))
            status.update(state="complete")
    except InputError as error:
        show_error(error, t)
        return
    st.switch_page(st.session_state["pages"]["overview"])
