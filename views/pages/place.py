"""The place card, from any page: why a place is listed, when, what is open, what to expect, and the rows behind it."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from analysis.hotspots import HotspotAnswer
from analysis.open_matters import open_matters
from geo.schema import LAYERS
from jobs.dataset import Dataset
from jobs.hotspots import rows_behind
from views import style
from views.charts import data_address, hours_heat, image, layer_counts, range_bar, week_squares
from views.i18n import Translator
from views.pages.parts import downloads, markup, plain, write
from views.pages.state import Asked, choose
from views.words import category_name

TRENDS = ("new", "growing", "persistent", "fading")
WEEKS = 12
HOURS_FROM = 20  # events with a known hour below which nothing is said about hours


def area(text: Any) -> str:
    """The neighborhood beside a place's name; empty where the place is named by it."""
    return "" if text["neighborhood"] == text["place"] else str(text["neighborhood"])


def in_neighborhood(hotspots: gpd.GeoDataFrame, asked: Asked) -> gpd.GeoDataFrame:
    """The hotspots of the chosen neighborhood, or all."""
    if not asked.neighborhood:
        return hotspots
    units = asked.data.shown_unit_of
    return hotspots[[units.get(str(unit), str(unit)) == asked.neighborhood for unit in hotspots["neighborhood_id"]]]


def cells_without_place(answer: HotspotAnswer) -> int:
    """Cells beyond chance where the list is empty, because none of them holds three distinct points."""
    return int(answer.parameters.get("cells_beyond_chance", 0)) if answer.hotspots.empty else 0


def disc_address(rank: int, *, color: str = style.INK) -> str:
    """The rank's disc as an image address."""
    return data_address(style.disc(str(rank), color=color))


def tips(hotspots: gpd.GeoDataFrame, worded: pd.DataFrame) -> list[str]:
    """What a map says when the pointer rests on a hotspot: the place, then why."""
    return [f"{place}\n{why}" for place, why in zip(worded["place"], worded["why"], strict=True)]


def card(asked: Asked, answer: HotspotAnswer, worded: pd.DataFrame, hotspot_id: str, *, short: bool = False) -> None:
    """
    The card of one hotspot.

    Parameters
    ----------
    short : bool
        Without the charts of weeks and hours, and with a way back.
    """
    t, dataset = asked.t, asked.data
    chosen = answer.hotspots[answer.hotspots["hotspot_id"] == hotspot_id]
    row, text = next(chosen.itertuples()), worded.loc[chosen.index[0]]
    with st.container(border=True, key="place_card"):
        _head(row, text, t)
        if short:
            write(_counts(row, t), css=f"border-top:1px solid {style.RULE};padding-top:8px")
            _expected(row, t)
            _open_matters(dataset, answer, row, asked)
        else:
            behind = events_at(dataset, answer, row, asked)
            one, two = st.columns([0.57, 0.43], gap="small")
            with one:
                _weeks(row, behind, asked)
                _hours(behind, asked)
            with two:
                _expected(row, t)
                _open_matters(dataset, answer, row, asked)
            if not _missing(row.gi_z):
                described = t("page.place.described", z=f"{row.gi_z:.1f}", radius=f"{row.radius_m:.0f}")
                write(markup(described), css=f"font-size:12.5px;color:{style.FAINT}")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(t("page.place.rows", n=int(row.events)), key=f"rows_{hotspot_id}"):
                _rows(asked, answer, hotspot_id, text["place"])
            if short and st.button(t("page.place.back"), key="place_back"):
                choose("place", None)
                st.rerun()


def _head(row: Any, text: pd.Series, t: Translator) -> None:
    chip = (
        "background:#0E5A62;color:#fff" if row.trend in ("new", "growing") else f"background:#EEF1F1;color:{style.INK}"
    )
    disc = image(style.disc(str(row.rank), color=style.ACCENT, size=26), css="vertical-align:-6px;margin-right:8px")
    write(
        f'<div style="display:flex;justify-content:space-between;align-items:center;gap:10px"><div>{disc}'
        f'<b style="font-size:20px">{markup(text["place"])}</b> '
        f'<span style="color:{style.SECONDARY}">{markup(area(text))}</span></div>'
        f'<span style="font-size:13px;padding:1px 8px;border-radius:3px;white-space:nowrap;{chip}">'
        f"{markup(text['trend'])}</span></div>"
        f'<p style="margin:8px 0 0;font-size:15px;line-height:24px">{markup(text["why"])}</p>'
    )


def _counts(row: Any, t: Translator) -> str:
    shapes = layer_counts({"incident": row.incidents, "dispute": row.disputes, "hazard": row.hazards}, size=12)
    return f"<b>{t('page.place.counts', n=int(row.events))}</b>{shapes}"


def _expected(row: Any, t: Translator) -> None:
    if pd.isna(row.expected_next):
        return
    low, high = (round(float(value)) for value in (row.expected_low, row.expected_high))
    before = None if _missing(row.events_last_year) else float(row.events_last_year) / 4
    drawing = image(range_bar(low, float(row.expected_next), high, None), css="display:block;margin:4px 0 0")
    write(
        f'<b style="font-size:15px">{t("page.place.next_week")}</b> '
        f'<b style="font-size:18px;color:{style.ACCENT}">{t("page.place.range", low=low, high=high)}</b>{drawing}'
        f'<span style="font-size:13px;color:{style.SECONDARY}">'
        f"{t('page.place.about', n=f'{float(row.expected_next):.1f}')}</span>"
    )
    del before


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def events_at(dataset: Dataset, answer: HotspotAnswer, row: Any, asked: Asked) -> pd.DataFrame:
    """The events of the last year at a place: of the period, the rows it was listed for; before, those in its cells."""
    end = asked.as_of or dataset.as_of
    events = dataset.chosen(asked.layer_filter)
    west, south, east, north = row.geometry.bounds
    x, y = events["x"].to_numpy(), events["y"].to_numpy()
    margin = 2 * dataset.settings.cell_size
    near = (x >= west - margin) & (x <= east + margin) & (y >= south - margin) & (y <= north + margin)
    near &= (events["event_start"] >= end - pd.Timedelta(days=364)).to_numpy()
    near &= (events["event_start"] < end).to_numpy()
    found = events[near & ~events["category"].isin(dataset.unlisted).to_numpy()]
    size = dataset.settings.cell_size
    columns, rows = np.floor(found["x"] / size).astype(int), np.floor(found["y"] / size).astype(int)
    ids = columns.astype(str) + "_" + rows.astype(str)
    listed = answer.rows.index[answer.rows == row.hotspot_id]
    now = found["event_start"] >= end - pd.Timedelta(days=asked.days)
    return found[np.where(now, found.index.isin(listed), ids.isin(set(row.cell_ids)))]


def _weeks(row: Any, behind: pd.DataFrame, asked: Asked) -> None:
    t = asked.t
    end = asked.as_of or asked.data.as_of
    age = ((end - behind["event_start"]).dt.total_seconds() // (7 * 86400)).astype(int)
    weeks = {}
    for layer in LAYERS:
        mine = (behind["layer"] == layer) & (age < WEEKS)
        weeks[layer] = list(
            np.bincount(WEEKS - 1 - age[mine], weights=behind["count"][mine], minlength=WEEKS).astype(int)
        )
    totals = {"incident": int(row.incidents), "dispute": int(row.disputes), "hazard": int(row.hazards)}
    first = (end - pd.Timedelta(weeks=WEEKS)).strftime("%m-%d")
    last = (end - pd.Timedelta(days=1)).strftime("%m-%d")
    drawing = week_squares(weeks, totals, first, t("page.place.until", day=last))
    note = t("page.place.weeks.note", n=asked.days)
    write(
        f'<b style="font-size:15px">{t("page.place.weeks", n=WEEKS)}</b> '
        f'<span style="font-size:13px;color:{style.SECONDARY}">{note}</span><br>'
        f"{image(drawing, css='display:block;margin-top:6px')}"
    )


def _hours(behind: pd.DataFrame, asked: Asked) -> None:
    t = asked.t
    # Only moments say something about hours; a day or a month is drawn nowhere.
    sure = behind[(behind["event_end"] - behind["event_start"]) <= pd.Timedelta(hours=3)]
    title = f'<b style="font-size:15px">{t("page.place.hours")}</b> '
    if sure["count"].sum() < HOURS_FROM:
        write(f'{title}<span style="color:{style.SECONDARY}">{t("page.place.hours.few")}</span>')
        return
    counts = np.zeros((7, 8))
    np.add.at(counts, (sure["event_start"].dt.day_of_week, sure["event_start"].dt.hour // 3), sure["count"])
    drawing = hours_heat(counts, [t(f"weekday.{day}") for day in range(7)])
    note = t("page.place.hours.note", n=int(sure["count"].sum()))
    write(
        f'{title}<span style="font-size:13px;color:{style.SECONDARY}">{note}</span><br>'
        f"{image(drawing, css='display:block;margin-top:6px')}"
    )


def _open_matters(dataset: Dataset, answer: HotspotAnswer, row: Any, asked: Asked) -> None:
    t = asked.t
    end = asked.as_of or dataset.as_of
    # The sentence above counts the same matters; those of more than a year ago stand in its number alone.
    behind = events_at(dataset, answer, row, asked)
    waiting = behind[open_matters(behind, end)]
    if not row.open_matters:
        write(f'<b style="font-size:15px">{t("page.place.open.none")}</b>')
        return
    groups = waiting.groupby(["layer", "category"], observed=True).agg(n=("count", "sum"), since=("event_start", "min"))
    lines = []
    for group in groups.sort_values("n", ascending=False).head(3).reset_index().to_dict("records"):
        layer, category, days = group["layer"], group["category"], (end - group["since"]).days
        lines.append(
            f"<div>{image(style.symbol(layer, 11))} {markup(category_name(category, dataset.taxonomy, t))} "
            f"{t('page.place.open.n', n=int(group['n']))}<br>"
            f'<span style="font-size:13px;color:{style.SECONDARY};padding-left:16px">'
            f"{t('page.place.open.days', n=days)}</span></div>"
        )
    write(f'<b style="font-size:15px">{t("page.place.open", n=int(row.open_matters))}</b>{"".join(lines)}')


def _rows(asked: Asked, answer: HotspotAnswer, hotspot_id: str, name: str) -> None:
    t, dataset = asked.t, asked.data
    rows = rows_behind(answer, dataset, hotspot_id)
    shown = pd.DataFrame(
        {
            t("page.column.when"): rows["event_start"].dt.strftime("%Y-%m-%d %H:%M"),
            t("page.column.layer"): [t(f"page.layer.{layer}") for layer in rows["layer"]],
            t("page.column.category"): [category_name(key, dataset.taxonomy, t) for key in rows["category"]],
            t("page.column.status"): [t(f"page.status.{s}") if isinstance(s, str) else "" for s in rows["status"]],
            t("page.column.count"): rows["count"],
            t("page.column.source"): rows["source"].astype("str") + " · " + rows["source_row"].astype("str"),
        }
    )

    @st.dialog(plain(t("page.place.rows.title", place=name)), width="large")
    def dialog() -> None:
        st.dataframe(shown, hide_index=True, row_height=28, key="rows_table")
        downloads(
            shown,
            f"rows-{hotspot_id}",
            t,
            label=t("page.download"),
            key="rows",
            logged=lambda file: dataset.workspace.log("export", what="rows", hotspot=hotspot_id, file=file),
        )

    dialog()
