"""Overview: what is getting worse, and where? The answer in words, the city beside it."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from analysis.hotspots import HotspotAnswer
from analysis.trend import compare_windows
from geo.schema import LAYERS
from jobs.hotspots import words
from jobs.overview import Overview
from jobs.overview import overview as look_over
from jobs.places import PlaceNames
from views import style
from views.charts import image, layer_counts
from views.i18n import Translator
from views.maps import add_hotspots, base_map, hotspot_at, hotspot_marks, selection
from views.mercator import fit
from views.pages import place
from views.pages.parts import (
    HEAD_HEIGHT,
    city_bounds,
    downloads,
    ground,
    hotspot_entry,
    layer_entries,
    legend,
    markup,
    neighborhood_entry,
    plain,
    show_map,
    write,
)
from views.pages.state import Asked, choose, given, values
from views.sentences import headline
from views.words import sentence

MAP_WIDTH, MAP_HEIGHT = 684, 530
FIRST = 3
# Of the reasons for a place, those that say what happened there; the card gives them all.
SHORT = ("why.category", "why.recent", "why.open")


def show(asked: Asked) -> None:
    """The page."""
    t, dataset = asked.t, asked.data
    with st.spinner(t("page.working")):
        summary = look_over(dataset, as_of=asked.as_of, days=asked.days, layers=asked.layer_filter)
        layers = _layers(asked, summary)
    hotspots = place.in_neighborhood(summary.hotspots.hotspots, asked)
    worded = words(summary.hotspots, dataset, t).loc[hotspots.index]
    left, right = st.columns([0.385, 0.615], gap="small")
    with right:
        clicked = _map(asked, hotspots, worded)
        if clicked:
            choose("place", clicked)
            st.rerun()
    with left, st.container(gap="xsmall"):
        st.title(plain(headline(layers, t)), anchor=False)
        _layer_table(layers, asked.days, t)
        chosen = str(values().get("place", ""))
        if chosen in set(hotspots["hotspot_id"]):
            place.card(asked, summary.hotspots, worded, chosen, short=True)
        else:
            _first_places(asked, summary.hotspots, hotspots, worded)
            _neighborhoods(asked, summary)


def _layers(asked: Asked, summary: Overview) -> pd.DataFrame:
    """Each layer against the same days a year earlier; of the chosen neighborhood where there is one."""
    if not asked.neighborhood:
        return summary.layers.reindex([name for name in LAYERS if name in asked.layers])
    dataset = asked.data
    events = dataset.chosen(asked.layer_filter)
    unit = events["neighborhood_id"].astype("str").map(dataset.counted_unit_of)
    inside = (unit == asked.neighborhood).fillna(False).to_numpy(bool)
    compared = compare_windows(
        events[inside], as_of=asked.as_of or dataset.as_of, days=asked.days, by="layer", fallback=True
    )
    return compared.reindex([name for name in LAYERS if name in asked.layers])


def _before(row: Any, days: int, t: Translator) -> str:
    """What a count is held against, in words: last year, or the days before where the data do not reach back."""
    key = "page.weeks_before" if row["against"] == "weeks_before" else "page.last_year"
    return t(key, n=f"{int(row['before']):,}", days=days)


def _layer_table(layers: pd.DataFrame, days: int, t: Translator) -> None:
    rows = []
    for layer, row in zip(layers.index.astype(str), layers.to_dict("records"), strict=True):
        told = row["verdict"] if isinstance(row["verdict"], str) else "unknown"
        beyond = told in ("rise", "fall")
        now = 0 if pd.isna(row["now"]) else int(row["now"])
        verdict = t(f"page.verdict.{told if now or told != 'unknown' else 'none'}")
        before = "" if pd.isna(row["before"]) else _before(row, days, t)
        strong = "font-weight:700" if beyond else f"color:{style.SECONDARY}"
        rows.append(
            f'<tr style="border-bottom:1px solid {style.RULE}">'
            f'<td style="width:24px">{image(style.symbol(layer, 13))}</td>'
            f"<td>{t(f'page.layer.{layer}')}</td>"
            f'<td style="text-align:right;font-size:20px;font-weight:700">{now:,}'
            f'<span style="font-size:13px;font-weight:400;color:{style.SECONDARY}">{t("page.unit")}</span></td>'
            f'<td style="padding-left:14px;color:{style.SECONDARY}">{before}</td>'
            f'<td style="text-align:right;{"font-weight:700" if beyond else ""}">{change(row["change"])}</td>'
            f'<td style="text-align:right;{strong}">{verdict}</td></tr>'
        )
    table_style = "width:100%;margin-top:4px;border-collapse:collapse;font-variant-numeric:tabular-nums"
    write(f'<table style="{table_style}">{"".join(rows)}</table>')


def change(share: Any) -> str:
    """A change as a per cent with its sign; empty where there was nothing to compare with."""
    if share is None or pd.isna(share) or not np.isfinite(share):
        return ""
    sign = "+" if share > 0 else "−" if share < 0 else "±"
    return f"{sign}{abs(share):.0%}"


def _first_places(asked: Asked, answer: HotspotAnswer, hotspots: Any, worded: pd.DataFrame) -> None:
    t = asked.t
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        count = min(FIRST, len(hotspots))
        none = "page.hotspots.few" if place.cells_without_place(answer) else "page.overview.none"
        st.subheader(t("page.overview.first", n=count) if count else t(none), anchor=False)
        if st.button(t("page.overview.to_plan"), type="primary", key="to_plan"):
            st.switch_page(st.session_state["pages"]["plan"])
    if not len(hotspots):
        beyond = place.cells_without_place(answer)
        means = t("page.hotspots.few.means", n=beyond) if beyond else t("page.overview.none.means")
        write(means, css=f"color:{style.SECONDARY}")
        return
    with st.container(gap="xsmall"):
        for row, text in zip(
            hotspots.head(FIRST).itertuples(), worded.head(FIRST).itertuples(index=False), strict=True
        ):
            _place_row(row, text, asked)
    trends = hotspots["trend"].value_counts()
    said = t.joined(t(f"page.trend.count.{name}", n=int(trends[name])) for name in place.TRENDS if name in trends)
    write(
        markup(t("page.overview.count", n=len(hotspots), trends=said)), css=f"font-size:13.5px;color:{style.SECONDARY}"
    )


def _place_row(row: Any, text: Any, asked: Asked) -> None:
    t = asked.t
    beside = place.area(text._asdict())
    counts = layer_counts({"incident": row.incidents, "dispute": row.disputes, "hazard": row.hazards})
    with st.container(gap=None):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xsmall"
        ):
            with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
                write(image(style.disc(str(row.rank)), css="display:block"), narrow=True)
                if st.button(
                    f"**{plain(text.place)}**" + (f" :gray[{plain(beside)}]" if beside else ""),
                    key=f"open_{row.hotspot_id}",
                    type="tertiary",
                    help=t("page.overview.open"),
                ):
                    choose("place", row.hotspot_id)
                    st.rerun()
            write(counts, css="font-size:14px;white-space:nowrap;text-align:right", narrow=True)
        short = sorted((r for r in row.why if r[0] in SHORT), key=lambda r: SHORT.index(r[0])) or row.why[:2]
        why = sentence(short, asked.data.taxonomy, t)
        look = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
        write(
            f'<div style="{look};border-bottom:1px solid {style.RULE};padding:0 0 5px 30px" title="{markup(text.why)}">'
            f"{markup(why)}</div>",
            css="font-size:14px",
        )


def _neighborhoods(asked: Asked, summary: Overview) -> None:
    t = asked.t
    table = summary.neighborhoods
    if asked.neighborhood:
        table = table[table.index.astype(str) == asked.neighborhood]
    if table.empty:
        return
    names = PlaceNames(asked.data)
    frame = pd.DataFrame(
        {
            "name": [names.neighborhood(unit, t) or str(unit) for unit in table.index],
            "now": table["now"].to_numpy(),
            "before": table["before"].to_numpy(),
            "verdict": [t(f"page.verdict.short.{verdict}") for verdict in table["verdict"]],
            "open": table["open"].to_numpy(),
        }
    )
    if summary.rate_per:
        frame["rate"] = [rate_range(row) for row in table.to_dict("records")]
    few = ~table["enough"].to_numpy(dtype=bool)
    beyond = table["verdict"].isin(["rise", "fall"]).to_numpy()

    def looks(column: pd.Series) -> list[str]:
        if column.name in ("name", "now"):
            return ["font-weight:700"] * len(column)
        if column.name == "before":
            return [f"color:{style.FAINT}"] * len(column)
        if column.name == "verdict":
            return ["font-weight:700" if strong else f"color:{style.SECONDARY}" for strong in beyond]
        if column.name == "rate":
            return [f"color:{style.FAINT}" if vague else "" for vague in few]
        return [""] * len(column)

    heads = {name: t(f"page.column.{name}") for name in frame.columns if name != "rate"}
    if (table["against"] == "weeks_before").any():
        heads["before"] = t("page.column.before.weeks", days=asked.days)
    if summary.rate_per:
        heads["rate"] = t(f"page.column.rate.{summary.rate_per}")
    shown = {name: st.column_config.Column(head) for name, head in heads.items()}
    if summary.rate_per:
        shown["rate"] = st.column_config.Column(heads["rate"], help=t("page.column.rate.help", days=asked.days))
    st.dataframe(
        frame.style.apply(looks).format({"now": "{:,.0f}", "before": "{:,.0f}", "open": "{:,.0f}"}, na_rep=""),
        hide_index=True,
        row_height=28,
        height=HEAD_HEIGHT + 28 * min(4, len(frame)) + 3,
        column_config=shown,
        key="neighborhood_table",
        alt=t("page.overview.neighborhoods.alt"),
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        write(
            t("page.overview.neighborhoods.count", n=len(frame)),
            css=f"font-size:13px;color:{style.SECONDARY}",
        )
        downloads(
            frame.rename(columns=heads),
            "neighborhoods",
            t,
            label=t("page.download"),
            key="neighborhoods",
            logged=lambda file: asked.data.workspace.log("export", what="neighborhoods", file=file, rows=len(frame)),
        )


def rate_range(row: Any) -> str:
    """A rate with its range; empty where nothing is known to count by."""
    if pd.isna(row["rate"]):
        return ""
    return "{:.2g} ({:.2g}–{:.2g})".format(row["rate"], row["low"], row["high"])


def _map(asked: Asked, hotspots: Any, worded: pd.DataFrame) -> str | None:
    t = asked.t
    under = ground(asked)
    view = fit(city_bounds(asked), MAP_WIDTH, MAP_HEIGHT)
    city = base_map(under, view, t, hotspot_marks(hotspots))
    add_hotspots(city, hotspots, place.tips(hotspots, worded))
    group = selection(hotspots, values().get("place"))
    click = show_map(city, key="overview_map", height=MAP_HEIGHT, group=group)
    legend([*layer_entries(asked), hotspot_entry(t), neighborhood_entry(t)])
    return hotspot_at(hotspots, click)


if __name__ == "__main__":
    show(given())
