"""The frame of every page: name, pages, period, neighborhood, layers, language, always in the same place."""

import logging
import uuid
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from geo.errors import InputError
from geo.schema import LAYERS
from jobs.dataset import Dataset
from views.i18n import LANGUAGES, Translator
from views.pages.greeting import greet
from views.pages.parts import show_error
from views.pages.state import (
    ALL,
    PERIODS,
    Asked,
    choose,
    chosen_layers,
    give,
    language,
    load,
    period,
    values,
    workspace_folder,
    write_address,
)

ASSETS = Path(__file__).parents[1] / "assets"
PAGES = ("overview", "hotspots", "plan", "forecast", "meeting", "data")
log = logging.getLogger("walkwatch.app")


def run() -> None:
    """Show the page that the address names."""
    folder = workspace_folder()
    t = Translator(language(folder))
    st.set_page_config(
        page_title=t("page.app"), page_icon=str(ASSETS / "icon.svg"), layout="wide", initial_sidebar_state="collapsed"
    )
    st.html(ASSETS / "page.css")
    st.logo(str(ASSETS / f"logo-{t.language}.svg"), size="large")
    try:
        _run(folder, t)
    except InputError as error:
        show_error(error, t)
    except Exception:
        number = uuid.uuid4().hex[:8]
        log.exception("page failed, number %s", number)
        st.error(t("page.failed", number=number))


def _run(folder: Path, t: Translator) -> None:
    dataset, problem = _dataset(folder)
    pages = {
        name: st.Page(
            f"views/pages/{name}.py",
            title=t(f"page.{name}.nav"),
            url_path="" if name == "overview" else name,
            default=name == "overview",
        )
        for name in PAGES
    }
    st.session_state["pages"] = pages
    chosen = st.navigation(list(pages.values()), position="top")
    with st.container(gap="small"):
        asked = _controls(folder, dataset, t)
        give(asked)
        write_address()
        if problem is not None:
            show_error(problem, t)
        elif dataset is None and chosen.url_path != "data":
            greet(asked)
            return
        if problem is None or chosen.url_path == "data":
            chosen.run()


def _dataset(folder: Path) -> tuple[Dataset | None, InputError | None]:
    """The dataset; None for a workspace that is still to be filled; else what is wrong with it."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None, None
    try:
        return load(folder), None
    except InputError as error:
        return None, None if error.key == "dataset.empty" else error


def _controls(folder: Path, dataset: Dataset | None, t: Translator) -> Asked:
    days = period() or (dataset.usual_days if dataset else 28)
    layers = chosen_layers()
    unit = values().get("neighborhood", ALL)
    units = _units(dataset, t)
    unit = unit if unit in units else ALL
    moment = _moment(dataset)
    row = st.columns([1.05, 1.35, 3.1, 1.75, 1.0], gap="small", vertical_alignment="center")
    if dataset is not None:
        with row[0]:
            _select("days", sorted({*PERIODS, days}), days, lambda n: t("page.period", n=n), t("page.period.label"))
        with row[1]:
            _select("neighborhood", list(units), unit, lambda key: units[key], t("page.neighborhood.label"))
        with row[2]:
            _pills(layers, t)
        with row[3]:
            st.html(
                f'<div style="text-align:right;color:#55606E;font-size:13.5px;white-space:nowrap">'
                f"{t('page.as_of', day=moment.date().isoformat() if moment is not None else '')}</div>"
            )
    with row[4]:
        _languages(t)
    return Asked(t, folder, dataset, days, unit, layers, moment)


def _moment(dataset: Dataset | None) -> pd.Timestamp | None:
    if dataset is None:
        return None
    day = values().get("as_of")
    try:
        return dataset.moment(day)
    except InputError:
        choose("as_of", None)
        return dataset.as_of


def _units(dataset: Dataset | None, t: Translator) -> dict[str, str]:
    units = {ALL: t("page.neighborhood.all")}
    if dataset is not None and dataset.shown_units is not None:
        rows = dataset.shown_units.drop(columns="geometry").to_dict("records")
        named = sorted((t.name(row) or str(row["neighborhood_id"]), str(row["neighborhood_id"])) for row in rows)
        units.update({key: name for name, key in named})
    return units


def _select(name: str, options: list[Any], value: Any, words: Any, label: str) -> None:
    key = f"frame_{name}"
    st.session_state[key] = value

    def changed() -> None:
        choose(name, st.session_state[key] if st.session_state[key] != ALL else None)
        choose("place", None)

    st.selectbox(label, options, format_func=words, key=key, on_change=changed, label_visibility="collapsed")


def _pills(layers: list[str], t: Translator) -> None:
    st.session_state["frame_layers"] = layers

    def changed() -> None:
        wanted = st.session_state["frame_layers"]
        # None chosen means all: an empty map would answer nothing.
        choose("layers", ",".join(wanted) if wanted and len(wanted) < len(LAYERS) else None)
        choose("place", None)

    st.pills(
        t("page.layers.label"),
        LAYERS,
        selection_mode="multi",
        format_func=lambda name: f"![](/walkwatch/assets/{name}.svg) {t(f'page.layer.{name}')}",
        key="frame_layers",
        on_change=changed,
        label_visibility="collapsed",
    )


def _languages(t: Translator) -> None:
    st.session_state["frame_lang"] = t.language

    def changed() -> None:
        choose("lang", st.session_state["frame_lang"] or t.language)

    with st.container(horizontal=True, horizontal_alignment="right"):
        st.segmented_control(
            t("page.language.label"),
            LANGUAGES,
            format_func=lambda name: {"zh": "中文", "en": "EN"}[name],
            key="frame_lang",
            on_change=changed,
            label_visibility="collapsed",
        )
