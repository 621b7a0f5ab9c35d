"""Forecast: what to expect, how far to trust it? The expected per place, then the score on the workspace's own past."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from analysis.backtest import Backtest
from analysis.forecast import Forecast
from jobs.attention import WEEKS, attention
from jobs.backtest import kept, sentences
from jobs.forecast import expected, export_frame, no_week, week_line
from views import style
from views.charts import hours_heat, image
from views.forecast_chart import coverage_curve
from views.forecast_map import SHADES, add_outlines, add_picture, busiest, expected_picture, legend_shade
from views.maps import base_map
from views.mercator import fit
from views.pages import background
from views.pages.parts import (
    city_bounds,
    downloads,
    ground,
    legend,
    markup,
    neighborhood_entry,
    plain,
    show_map,
    write,
)
from views.pages.state import Asked, choose, given, values

HORIZONS = (7, 28, 91)
SPOKEN = 0.05
MAP_WIDTH, MAP_HEIGHT = 668, 430
LINES = ("count_364", "density", "ceiling")


def show(asked: Asked) -> None:
    """The page."""
    t = asked.t
    head, control = st.columns([0.84, 0.16], gap="small", vertical_alignment="center")
    with control:
        days = _horizon(asked)
    with st.spinner(t("page.working")):
        answer = expected(asked.data, as_of=asked.as_of, days=days, layers=asked.layer_filter)
    with head:
        st.title(plain(_headline(asked, answer)), anchor=False)
    left, right = st.columns([0.58, 0.42], gap="small")
    with left:
        _map(asked, answer)
    with right:
        _units(asked, answer)
        _week(asked, answer)
        _trust(asked)
    _under(asked, answer)


def _horizon(asked: Asked) -> int:
    text = values().get("horizon", "")
    days = int(text) if text.isdecimal() and int(text) in HORIZONS else 28
    st.session_state["forecast_horizon"] = days

    def changed() -> None:
        choose("horizon", st.session_state["forecast_horizon"])

    st.selectbox(
        asked.t("forecast.horizon"), HORIZONS, format_func=lambda n: asked.t("forecast.days", n=n),
        key="forecast_horizon", on_change=changed, label_visibility="collapsed",
    )  # fmt: skip
    return days


def _headline(asked: Asked, answer: Forecast) -> str:
    amount = answer.cells["expected"].to_numpy()
    top = np.sort(amount)[::-1][: max(int(np.ceil(SPOKEN * len(amount))), 1)]
    share = float(top.sum() / amount.sum()) if amount.sum() else 0.0
    facts = {"n": answer.horizon_days, "day": answer.as_of.date().isoformat(), "low": f"{answer.total_low:,.0f}"}
    return asked.t(
        "forecast.title", high=f"{answer.total_high:,.0f}", share=f"{share:.0%}", area=f"{SPOKEN:.0%}", **facts
    )


def _map(asked: Asked, answer: Forecast) -> None:
    t, dataset = asked.t, asked.data
    # Cells of a kind that is never listed anywhere must not be found by its forecast: the map shows listed kinds only.
    shown = expected(dataset, as_of=asked.as_of, days=answer.horizon_days, layers=asked.layer_filter, listed_only=True)
    city = base_map(ground(asked, events=False), fit(city_bounds(asked), MAP_WIDTH, MAP_HEIGHT), t)
    size = dataset.settings.cell_size
    add_picture(city, expected_picture(shown.cells, crs=dataset.crs, cell_size=size))
    top = busiest(shown.cells)
    tips = [
        t("forecast.tip", low=f"{row.expected_low:.0f}", high=f"{row.expected_high:.0f}", about=f"{row.expected:.1f}")
        for row in top.itertuples()
    ]
    add_outlines(city, top, tips, crs=dataset.crs, cell_size=size)
    show_map(city, key="forecast_map", height=MAP_HEIGHT)
    words = [t("forecast.shade", share=f"{share:.0%}") for share in SHADES]
    entries = [(legend_shade(len(SHADES) - at), text) for at, text in enumerate(words)]
    legend([*entries, neighborhood_entry(t)])


def _units(asked: Asked, answer: Forecast) -> None:
    """
    Expected by neighborhood, and its share of reports beside its share of attention; expected numbers add up, ranges do
    not.
    """
    table = units_table(asked, answer)
    if table.empty:
        return
    t = asked.t
    st.subheader(t("forecast.units"), anchor=False)
    table[["share", "attention"]] *= 100
    shown = table.rename(columns={name: t(f"forecast.column.{name}") for name in table.columns})
    st.dataframe(
        shown, hide_index=True, row_height=28, height=36 + 28 * min(len(shown), 6) + 3, key="forecast_units",
        column_config={
            t("forecast.column.expected"): st.column_config.NumberColumn(format="%.0f"),
            t("forecast.column.before"): st.column_config.NumberColumn(format="%d"),
            t("forecast.column.share"): st.column_config.NumberColumn(format="%.0f%%"),
            t("forecast.column.attention"): st.column_config.NumberColumn(format="%.0f%%"),
        },
    )  # fmt: skip
    write(t("forecast.units.note", weeks=WEEKS), css=f"font-size:13px;color:{style.SECONDARY}")


def units_table(asked: Asked, answer: Forecast) -> pd.DataFrame:
    """
    A row a neighborhood.

    `unit`, `expected` events, their `range`, events of as many days `before`, and of the last thirteen weeks its
    `share` of reports and of `attention` (NaN for all where nobody is known to have gone anywhere).
    """
    dataset, t = asked.data, asked.t
    columns = ["unit", "expected", "range", "before", "share", "attention"]
    if dataset.shown_units is None or answer.parts is None:
        return pd.DataFrame(columns=columns)
    names = {
        str(row["neighborhood_id"]): t.name(row) or str(row["neighborhood_id"])
        for row in dataset.shown_units.drop(columns="geometry").to_dict("records")
    }
    parts = answer.parts.set_index("part").reindex(list(names))
    end, events = answer.as_of, dataset.chosen(asked.layer_filter)
    unit = events["neighborhood_id"].astype("str").map(dataset.counted_unit_of)

    def reported(days: int) -> pd.Series:
        recent = (events["event_start"] >= end - pd.Timedelta(days=days)) & (events["event_start"] < end)
        return events.loc[recent, "count"].groupby(unit[recent]).sum().reindex(list(names)).fillna(0.0)

    lately, given_to = reported(7 * WEEKS), attention(dataset, end.date())
    table = pd.DataFrame({
        "unit": list(names.values()),
        "expected": parts["expected"].fillna(0.0),
        "range": [
            t("forecast.range", low=f"{low:,.0f}", high=f"{high:,.0f}")
            for low, high in zip(parts["low"].fillna(0), parts["high"].fillna(0), strict=True)
        ],
        "before": reported(answer.horizon_days).astype(int),
        "share": lately / (lately.sum() or 1.0),
        "attention": pd.Series({key: given_to.get(key, 0.0) for key in names}) if given_to else np.nan,
    }, index=list(names))[columns]  # fmt: skip
    if asked.neighborhood:
        table = table[table.index == asked.neighborhood]
    return table.sort_values("expected", ascending=False, kind="stable").reset_index(drop=True)


def _week(asked: Asked, answer: Forecast) -> None:
    """When: the expected events by weekday and band of hours, and one sentence; or why that is left out."""
    t, missing = asked.t, no_week(answer)
    st.subheader(t("forecast.when"), anchor=False)
    line = week_line(answer, t)
    if line:
        write(markup(line))
    if answer.week is not None and answer.week.by_hour is not None:
        drawing = hours_heat(answer.week.cells, [t(f"weekday.{day}") for day in range(7)])
        write(image(drawing, alt=t("forecast.when.alt")))
    if missing:
        write(markup(t(missing)))


def _trust(asked: Asked) -> None:
    t = asked.t
    st.subheader(t("forecast.trust"), anchor=False)
    moment = asked.as_of if asked.as_of is not None else asked.data.as_of
    tested = kept(asked.data, as_of=moment, layers=asked.layer_filter)
    if tested is not None:
        _score(tested, t)
        return
    command = ["backtest", "-w", str(asked.workspace), "--as-of", moment.date().isoformat(), "--lang", t.language]
    for layer in asked.layer_filter or []:
        command += ["--layer", layer]
    _testing(command, asked)


@st.fragment(run_every=2.0)
def _testing(command: list[str], asked: Asked) -> None:
    """The test on the workspace's own past: minutes of work in a process of its own, so that nobody waits for it."""
    t = asked.t
    work = background.running(*command)
    if work is None:
        write(t("forecast.untested"))
        if st.button(t("forecast.test"), key="forecast_test"):
            background.begin(*command)
            st.rerun(scope="fragment")
        return
    if work.running:
        write(t("forecast.testing"))
        st.progress(0.5, text=t("forecast.testing.note"))
        if st.button(t("forecast.cancel"), key="forecast_cancel"):
            background.end(*command)
            st.rerun(scope="fragment")
        return
    problem = work.problem()
    if problem is None:
        background.end(*command)
        st.rerun()
    st.error(plain(problem or t("forecast.failed")), icon=":material/error:")
    if st.button(t("forecast.again"), key="forecast_again"):
        background.end(*command)
        st.rerun(scope="fragment")


def _score(tested: Backtest, t: Any) -> None:
    for line in sentences(tested, t):
        write(markup(line))
    lines = {t("forecast.ours"): _points(tested.scores, tested.chosen)}
    for name in LINES[:-1]:
        lines[t(f"forecast.line.{name}")] = _points(tested.scores, name)
    limit = tested.ceiling.dropna()
    if len(limit):
        lines[t("forecast.line.ceiling")] = list(zip(limit["coverage"], limit["hit_rate"], strict=True))
    drawn = {name: points for name, points in lines.items() if points}
    write(image(coverage_curve(drawn, across=t("forecast.across"), up=""), alt=t("forecast.curve.alt")))


def _points(scores: pd.DataFrame, method: str) -> list[tuple[float, float]]:
    rows = scores[(scores["method"] == method) & scores["hit_rate"].notna()].sort_values("coverage")
    return list(zip(rows["coverage"], rows["hit_rate"], strict=True))


def _under(asked: Asked, answer: Forecast) -> None:
    t = asked.t
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        write(
            t("forecast.note", cells=f"{len(answer.cells):,}", size=f"{asked.data.settings.cell_size:.0f}"),
            css=f"font-size:13px;color:{style.SECONDARY}", narrow=True,
        )  # fmt: skip
        frame = export_frame(answer, asked.data)
        downloads(
            frame, "forecast", t, label=t("forecast.download", n=len(frame)), key="forecast",
            logged=lambda file: asked.data.workspace.log("export", what="forecast", file=file, total=answer.total),
        )  # fmt: skip


if __name__ == "__main__":
    show(given())
