"""Hotspots: which places, how sure? List, map and card are one selection."""

from typing import Any

import pandas as pd
import streamlit as st

from analysis.hotspots import HotspotAnswer
from jobs.hotspots import export_frame, hotspot_list, thin_notes, words
from views import style
from views.charts import data_address
from views.maps import add_hotspots, base_map, hotspot_at, hotspot_marks, selection, view_of
from views.mercator import fit
from views.pages import place
from views.pages.parts import HEAD_HEIGHT, city_bounds, downloads, ground, plain, show_map, write
from views.pages.state import Asked, choose, given, values

MAP_WIDTH = 668
LIST_ROWS = 8
# List and map share the height that the first screen leaves them.
SHARED_HEIGHT, LEAST_MAP = 402, 200
# Pixels of each column: English places are longer, Chinese heads wider. Together they leave room for a scroll bar.
WIDTHS = {
    "zh": {
        "place": 142, "neighborhood": 68, "layers": 104, "events": 50, "recent": 60, "before": 66, "expected": 66,
        "trend": 62,
    },
    "en": {
        "place": 184, "neighborhood": 62, "layers": 100, "events": 54, "recent": 44, "before": 66, "expected": 46,
        "trend": 70,
    },
}  # fmt: skip
RADII = (50, 75, 100, 125, 150)
RATES = (0.01, 0.05, 0.1, 0.2)


def show(asked: Asked) -> None:
    """The page."""
    t, dataset = asked.t, asked.data
    head, criteria = st.columns([0.86, 0.14], gap="small", vertical_alignment="center")
    with criteria:
        radius, rate = _criteria(asked)
    with st.spinner(t("page.working")):
        answer = hotspot_list(
            dataset,
            as_of=asked.as_of,
            days=asked.days,
            layers=asked.layer_filter,
            radius=radius,
            false_discovery_rate=rate,
        )
    hotspots = place.in_neighborhood(answer.hotspots, asked)
    with head:
        st.title(plain(_headline(asked, answer, hotspots)), anchor=False)
    if hotspots.empty:
        _empty(asked, answer)
        return
    worded = words(answer, dataset, t).loc[hotspots.index]
    chosen = str(values().get("place", ""))
    if chosen not in set(hotspots["hotspot_id"]):
        chosen = str(hotspots["hotspot_id"].iloc[0])
    left, right = st.columns([0.605, 0.395], gap="small")
    with left:
        picked = _list(asked, hotspots, worded, chosen)
        _under_list(asked, answer, hotspots)
        clicked = _map(asked, hotspots, worded, chosen)
    for wish in (picked, clicked):
        if wish and wish != chosen:
            choose("place", wish)
            st.rerun()
    with right:
        place.card(asked, answer, worded, chosen)


def _criteria(asked: Asked) -> tuple[float, float]:
    t, settings = asked.t, asked.data.settings
    rates = sorted({*RATES, settings.false_discovery_rate})
    radii = sorted({*RADII, int(settings.radius)})
    with st.popover(t("page.hotspots.criteria"), width="stretch"):
        rate = st.select_slider(
            t("page.hotspots.rate"),
            rates,
            value=settings.false_discovery_rate,
            format_func=lambda share: f"{share:.0%}",
            key="false_discovery_rate",
            persist_state="session",
            help=t("page.hotspots.rate.help"),
        )
        radius = st.select_slider(
            t("page.hotspots.radius"),
            radii,
            value=int(settings.radius),
            key="radius",
            format_func=lambda metres: t("page.metres", n=metres),
            persist_state="session",
            help=t("page.hotspots.radius.help"),
        )
        write(
            t("page.hotspots.method", bandwidth=f"{settings.bandwidth:.0f}"),
            css=f"font-size:13.5px;color:{style.SECONDARY};max-width:460px",
        )
    return float(radius), float(rate)


def _headline(asked: Asked, answer: HotspotAnswer, hotspots: pd.DataFrame) -> str:
    t = asked.t
    if hotspots.empty:
        return t("page.hotspots.few" if place.cells_without_place(answer) else "page.hotspots.none")
    trends = hotspots["trend"].value_counts()
    said = t.joined(t(f"page.trend.count.{name}", n=int(trends[name])) for name in place.TRENDS if name in trends)
    key = "page.hotspots.title" if answer.tested else "page.hotspots.title.untested"
    return t(key, n=len(hotspots), trends=said)


def _empty(asked: Asked, answer: HotspotAnswer) -> None:
    t = asked.t
    beyond = place.cells_without_place(answer)
    means = t("page.hotspots.few.means", n=beyond) if beyond else t("page.hotspots.none.means")
    write(means, css="font-size:15.5px;max-width:760px")
    city = base_map(ground(asked), fit(city_bounds(asked), 1120, 420), t)
    show_map(city, key="hotspots_empty_map", height=420)
    write(_tested(asked, answer), css=f"font-size:13px;color:{style.SECONDARY}")


def _tested(asked: Asked, answer: HotspotAnswer) -> str:
    if not answer.tested:
        return asked.t("page.hotspots.untested")
    tested = asked.t(
        "page.hotspots.tested",
        cells=f"{answer.tested:,}",
        rate=f"{answer.parameters.get('false_discovery_rate', 0.05):.0%}",
        days=asked.days,
        radius=f"{answer.parameters.get('radius', 150):.0f}",
        bandwidth=f"{answer.parameters.get('bandwidth', 800):.0f}",
    )
    return " ".join([tested, *thin_notes(answer, asked.data, asked.t)])


def _list(asked: Asked, hotspots: pd.DataFrame, worded: pd.DataFrame, chosen: str) -> str | None:
    t = asked.t
    ids = hotspots["hotspot_id"].astype(str).tolist()
    frame = pd.DataFrame(
        {
            "rank": [
                place.disc_address(rank, color=style.ACCENT if key == chosen else style.INK)
                for rank, key in zip(hotspots["rank"], ids, strict=True)
            ],
            "place": worded["place"].to_numpy(),
            "neighborhood": [place.area(text) for text in worded.to_dict("records")],
            "layers": [
                _shapes(*(int(count) for count in counts))
                for counts in hotspots[["incidents", "disputes", "hazards"]].to_numpy()
            ],
            "events": hotspots["events"].to_numpy(),
            "recent": hotspots["events_recent"].to_numpy(),
            "before": pd.to_numeric(hotspots["events_last_year"]).to_numpy(),
            "expected": [
                "" if pd.isna(low) else f"{low:.0f}–{high:.0f}"
                for low, high in zip(hotspots["expected_low"], hotspots["expected_high"], strict=True)
            ],
            "trend": worded["trend"].to_numpy(),
        }
    )
    bold = {"place": "font-weight:700", "events": "font-weight:700", "before": f"color:{style.FAINT}"}
    bold["neighborhood"] = f"color:{style.SECONDARY}"
    accent = [f"background-color:{style.SELECTED}" if key == chosen else "" for key in ids]
    looks = frame.style.apply(
        lambda column: [";".join(filter(None, (bold.get(str(column.name)), shade))) for shade in accent], axis=0
    ).format({"events": "{:,.0f}", "recent": "{:,.0f}", "before": "{:,.0f}"}, na_rep="")
    widths = WIDTHS[t.language]
    config: dict[str, Any] = {
        name: st.column_config.Column(t(f"page.column.{name}", n=max(asked.days // 2, 1)), width=widths.get(name))
        for name in frame.columns
    }
    config["rank"] = st.column_config.ImageColumn("", width=36)
    config["layers"] = st.column_config.ImageColumn(t("page.column.layers"), width=widths["layers"])
    # The table keeps its own marks; a click on the map starts a table anew, with the mark on that row.
    state = st.dataframe(
        looks,
        hide_index=True,
        row_height=28,
        height=HEAD_HEIGHT + 28 * min(LIST_ROWS, len(frame)) + 3,
        column_config=config,
        on_select="rerun",
        selection_mode="single-cell",
        key="hotspot_list",
        alt=t("page.hotspots.list.alt"),
    )
    cells = state["selection"]["cells"] if state else []
    seen = st.session_state.get("hotspot_list_seen")
    now = int(cells[0][0]) if cells else None
    st.session_state["hotspot_list_seen"] = now
    if now is None or now == seen or now >= len(ids):
        return None
    return ids[now]


def _shapes(*counts: int) -> str:
    body, left = [], 0
    for layer, count in zip(("incident", "dispute", "hazard"), counts, strict=True):
        if not count:
            continue
        drawing = style.symbol(layer)
        inside = drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")]
        text = f'<text x="15" y="10.6" font-size="12.5" fill="{style.INK}" font-family="{style.FACES}">{count}</text>'
        body.append(f'<g transform="translate({left} 1)">{inside}{text}</g>')
        left += 24 + 7 * len(str(count))
    return data_address(style.svg(f'<g transform="translate(2 5)">{"".join(body)}</g>', 104, 24))


def _under_list(asked: Asked, answer: HotspotAnswer, hotspots: pd.DataFrame) -> None:
    t = asked.t
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        write(
            f"{t('page.hotspots.count', n=len(hotspots))}{_tested(asked, answer)}",
            css=f"font-size:13px;color:{style.SECONDARY}",
            narrow=True,
        )
        frame = export_frame(answer, asked.data, t)
        frame = frame[frame["hotspot_id"].isin(hotspots["hotspot_id"])]
        downloads(
            frame,
            "hotspots",
            t,
            label=t("page.hotspots.download", n=len(frame)),
            key="hotspots",
            logged=lambda file: asked.data.workspace.log(
                "export", what="hotspots", file=file, rows=len(frame), parameters=answer.parameters
            ),
        )


def _map(asked: Asked, hotspots: Any, worded: pd.DataFrame, chosen: str) -> str | None:
    t = asked.t
    under = ground(asked)
    height = max(LEAST_MAP, SHARED_HEIGHT - 28 * min(LIST_ROWS, len(hotspots)))
    whole = fit(city_bounds(asked), MAP_WIDTH, height)
    city = base_map(under, whole, t, hotspot_marks(hotspots))
    add_hotspots(city, hotspots, place.tips(hotspots, worded))
    near = view_of(hotspots[hotspots["hotspot_id"] == chosen], MAP_WIDTH, height, margin=46, step=whole.step, least=260)
    click = show_map(city, key="hotspots_map", height=height, view=near, group=selection(hotspots, chosen))
    return hotspot_at(hotspots, click)


if __name__ == "__main__":
    show(given())
