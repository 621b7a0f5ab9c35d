"""Walks and watch: who goes where, when? A budget in one sentence, its coverage, walks and posts on the map."""

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
import streamlit as st

from analysis.plan_types import Plan
from geo.schema import GEOGRAPHIC_CRS
from geo.topics import read_topics
from jobs.hotspots import hotspot_list, words
from jobs.places import PlaceNames
from jobs.plan import Budget, arrange, coming_week, monday_of, span
from views import style
from views.charts import image, share_text, worth_bars
from views.i18n import Translator
from views.maps import Marks, add_hotspots, add_post, add_start, add_walk, base_map, view_of
from views.mercator import fit, to_mercator
from views.pages.parts import city_bounds, ground, hotspot_entry, legend, markup, plain, show_map, write
from views.pages.plan_approval import approval_text, compared_text, show_approval, show_diary
from views.pages.plan_cards import show_posts, show_unreached, show_walks, show_why, when_text
from views.pages.plan_products import show_exports
from views.pages.state import Asked, choose, given, values
from views.plan_tables import (
    PlanFacts,
    PlanWords,
    unreached_place,
    why_text,
)

MAP_WIDTH, MAP_HEIGHT = 604, 346
WEEKS_BACK, WEEKS_AHEAD = 8, 4


def show(asked: Asked) -> None:
    """The page."""
    t, dataset = asked.t, asked.data
    week, budget, seed = _budget(asked)
    with st.spinner(t("page.plan.working")):
        plan = arrange(dataset, week=week, budget=budget, seed=seed)
    talk, facts = _words(asked, plan)
    head, worth = st.columns([0.55, 0.45], gap="small", vertical_alignment="center")
    with head:
        _headline(plan, talk, facts, [compared_text(asked, plan), approval_text(asked, plan)])
    with worth:
        _worth(plan, budget, t)
    left, right = st.columns([0.55, 0.45], gap="small")
    with left:
        _map(asked, plan, talk, facts)
    with right, st.container(gap=None):
        show_walks(plan, talk, facts)
        show_posts(plan, talk, facts)
    show_diary(asked, plan.week)
    show_why(plan, talk, facts)
    show_unreached(plan, talk, facts)


# --- the budget -----------------------------------------------------------------------------------------------------


def _budget(asked: Asked) -> tuple[dt.date, Budget, int]:
    t, settings = asked.t, asked.data.settings
    now = {
        "walkers": _number("walkers", settings.walkers, 0, 50),
        "minutes": _number("minutes", settings.walk_minutes, 20, 480),
        "posts": _number("posts", settings.watches, 0, 100),
        "hours": _hours(settings.watch_hours),
    }
    seed = _number("seed", 0, 0, 10**6)
    coming = coming_week(asked.data)
    week = _week(coming)
    mondays = sorted({*(coming + dt.timedelta(weeks=n) for n in range(-WEEKS_BACK, WEEKS_AHEAD + 1)), week})
    with (
        st.form("budget", border=True, enter_to_submit=True),
        st.container(horizontal=True, vertical_alignment="center", gap="xsmall"),
    ):
        write(f"<b>{t('page.plan.people')}</b>&ensp;{t('page.plan.walks')}", narrow=True)
        walkers = _input(t("page.plan.walkers"), now["walkers"], 0, 50)
        write(t("page.plan.times"), narrow=True)
        minutes = _input(t("page.plan.minutes"), now["minutes"], 20, 480, step=10, width=78)
        write(f"{t('page.plan.minutes.unit')}&emsp;&emsp;{t('page.plan.watch')}", narrow=True)
        posts = _input(t("page.plan.posts"), now["posts"], 0, 100)
        write(t("page.plan.posts.unit"), narrow=True)
        hours = _input(t("page.plan.hours"), float(now["hours"]), 0.5, 12.0, step=0.5, width=72)
        write(f"{t('page.plan.hours.unit')}&emsp;&emsp;{t('page.plan.week')}", narrow=True)
        chosen = st.selectbox(
            t("page.plan.week"),
            mondays,
            index=mondays.index(week),
            format_func=lambda day: f"{day:%G-W%V} · {day:%m-%d}–{day + dt.timedelta(days=6):%m-%d}",
            label_visibility="collapsed",
            width=212,
        )
        again = st.form_submit_button(t("page.plan.again"), type="primary")
    if again:
        asked_now = {"walkers": walkers, "minutes": minutes, "posts": posts, "hours": hours}
        same = asked_now == now and chosen == week
        for name, value in asked_now.items():
            choose(name, f"{value:g}")
        choose("week", f"{chosen:%G-W%V}")
        # The same budget once more means: another arrangement as good as the first.
        choose("seed", (seed + 1) if same else None)
        st.rerun()
    return week, Budget(int(now["walkers"]), int(now["minutes"]), int(now["posts"]), float(now["hours"])), seed


def _input(label: str, value: Any, low: Any, high: Any, *, step: Any = 1, width: int = 66) -> Any:
    return st.number_input(
        label,
        low,
        high,
        value,
        step=step,
        format="%g" if isinstance(value, float) else None,
        label_visibility="collapsed",
        width=width,
        key=f"budget_{label}_{value}",
    )


def _number(name: str, usual: int, low: int, high: int) -> int:
    text = values().get(name, "")
    return min(max(int(text), low), high) if text.isdecimal() and len(text) < 8 else usual


def _hours(usual: float) -> float:
    try:
        hours = float(values().get("hours", usual))
        return min(max(hours, 0.5), 12.0) if math.isfinite(hours) else usual
    except ValueError:
        return usual


def _week(coming: dt.date) -> dt.date:
    text = values().get("week", "")
    try:
        if "W" in text:
            year, _, number = text.partition("-W")
            return dt.date.fromisocalendar(int(year), int(number), 1)
        return monday_of(dt.date.fromisoformat(text))
    except ValueError:
        return coming


# --- in words -------------------------------------------------------------------------------------------------------


def _words(asked: Asked, plan: Plan) -> tuple[PlanWords, PlanFacts]:
    dataset, t = asked.data, asked.t
    names = PlaceNames(dataset)
    moment = pd.Timestamp(plan.parameters.get("as_of", dataset.as_of))
    answer = hotspot_list(dataset, as_of=moment)
    places = _places(names, plan, t)
    talk = PlanWords(
        t=t,
        station="",
        place_of=lambda x, y, unit: places.get((x, y)) or names.places([x], [y], [unit], t)[0],
        neighborhood_of=lambda unit: names.neighborhood(unit, t),
        hotspot_words=words(answer, dataset, t),
    )
    facts = PlanFacts(
        taxonomy=dataset.taxonomy,
        topics=read_topics(),
        hotspots=answer.hotspots,
        as_of=moment,
        span=span(dataset),
        digest="",
    )
    return talk, facts


def _places(names: PlaceNames, plan: Plan, t: Translator) -> dict[tuple[float, float], str]:
    # All at once: the look-up builds a tree of streets each time.
    spots = [stop for walk in plan.walks for stop in walk.stops] + list(plan.watches)
    found = names.places([s.x for s in spots], [s.y for s in spots], [s.neighborhood_id for s in spots], t)
    return {(spot.x, spot.y): place for spot, place in zip(spots, found, strict=True)}


def _headline(plan: Plan, talk: PlanWords, facts: PlanFacts, book: list[str]) -> None:
    t = talk.t
    share = plan.harm_covered_all / plan.harm_total if plan.harm_total else 0.0
    st.title(plain(t("page.plan.title", share=share_text(share), n=f"{plan.events_covered:.0f}")), anchor=False)
    parts = []
    if plan.watches and plan.harm_total:
        own, most = plan.harm_covered / plan.harm_total, plan.harm_covered_bound / plan.harm_total
        parts.append(t("page.plan.bound", n=len(plan.watches), share=share_text(own), most=share_text(most)))
    units = {facts_unit for facts_unit in (talk.neighborhood_of(unit) for unit in plan.visited) if facts_unit}
    parts.append(t("page.plan.visited", n=len(units)))
    if plan.unreached:
        named = t.joined(unreached_place(facts, talk, left) for left in plan.unreached[:2])
        parts.append(
            t(f"page.plan.left_out{'_more' if len(plan.unreached) > 2 else ''}", n=len(plan.unreached), places=named)
        )
    parts += [t("plan.covered_not_prevented"), *(said for said in book if said)]
    write(markup("".join(parts) if t.language == "zh" else " ".join(parts)), css=f"color:{style.SECONDARY}")


def _worth(plan: Plan, budget: Budget, t: Translator) -> None:
    if not plan.worth:
        return
    shares = dict(plan.worth)
    lines = []
    now = shares.get(budget.walkers)
    for step, key in ((1, "page.plan.one_more"), (-1, "page.plan.one_less")):
        other = shares.get(budget.walkers + step)
        if other is not None and now is not None:
            lines.append(t(key, share=share_text(other)))
    posts = dict(plan.worth_watches)
    fewer = posts.get(budget.watches - 1)
    if fewer is not None:
        lines.append(t("page.plan.one_post_less", share=share_text(fewer)))
    said = "".join(f"<div>{line}</div>" for line in lines)
    write(
        f'<div style="display:flex;gap:22px;align-items:center">{image(worth_bars(plan.worth, budget.walkers))}'
        f'<div>{said}<span style="font-size:13px;color:{style.SECONDARY}">{t("page.plan.axis")}</span></div></div>'
    )


# --- the map --------------------------------------------------------------------------------------------------------


def _map(asked: Asked, plan: Plan, talk: PlanWords, facts: PlanFacts) -> None:
    t, dataset = asked.t, asked.data
    to_degrees = pyproj.Transformer.from_crs(dataset.crs, GEOGRAPHIC_CRS, always_xy=True).transform
    under = ground(asked, events=False)
    view = _view(asked, plan)
    city = base_map(under, view, t, _marks(plan, to_degrees))
    if facts.hotspots is not None:
        add_hotspots(city, facts.hotspots, [], faint=True)
    for walk in plan.walks:
        lon, lat = to_degrees(*np.array(walk.line.coords).T[:2]) if not walk.line.is_empty else ([], [])
        stops = []
        for stop in walk.stops:
            x, y = to_degrees(stop.x, stop.y)
            lines = (
                talk.place(stop),
                t("page.plan.dwell", n=round(stop.dwell_minutes)),
                why_text(facts, t, stop.reasons),
            )
            tip = "\n".join(lines)
            stops.append((y, x, str(stop.number), tip))
        add_walk(city, walk.number, list(zip(lat, lon, strict=True)), stops)
    for name, x, y in {(talk.start(walk), walk.start.x, walk.start.y) for walk in plan.walks}:
        lon, lat = to_degrees(x, y)
        add_start(city, lat, lon, name)
    for watch in plan.watches:
        lon, lat = to_degrees(watch.x, watch.y)
        tip = f"{talk.place(watch)}\n{when_text(watch, t)}\n{why_text(facts, t, watch.reasons)}"
        add_post(city, lat, lon, watch.number, tip)
    show_map(city, key="plan_map", height=MAP_HEIGHT)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xsmall"):
        legend(
            [
                (style.line_sample(1), t("map.legend.walk")),
                (style.ring("1", style.WALK_STYLES[0][0], size=15), t("map.legend.stop")),
                (style.shield("1", 17), t("map.legend.post")),
                (style.flag(14), t("map.legend.start")),
                (hotspot_entry(t)[0], t("map.legend.hotspot_plain")),
            ],
            narrow=True,
        )
        show_approval(asked, plan)
        show_exports(asked, plan)


def _view(asked: Asked, plan: Plan) -> Any:
    import geopandas as gpd

    spots: list[Any] = [shapely.Point(s.x, s.y) for walk in plan.walks for s in walk.stops]
    spots += [shapely.Point(w.x, w.y) for w in plan.watches] + [w.line for w in plan.walks if not w.line.is_empty]
    if not spots:
        return fit(city_bounds(asked), MAP_WIDTH, MAP_HEIGHT)
    frame = gpd.GeoDataFrame(geometry=spots, crs=asked.data.crs)
    return view_of(frame, MAP_WIDTH, MAP_HEIGHT, margin=34, least=600)


def _marks(plan: Plan, to_degrees: Any) -> Marks:
    spots = [(s.x, s.y, 13.0, 13.0, 0.0) for walk in plan.walks for s in walk.stops]
    spots += [(w.x, w.y, 15.0, 17.0, 14.0) for w in plan.watches]
    spots += [(w.start.x, w.start.y, 60.0, 13.0, 0.0) for w in plan.walks]
    marks = []
    for x, y, half_width, half_height, _ in spots:
        lon, lat = to_degrees(x, y)
        mx, my = to_mercator(np.array([lon]), np.array([lat]))
        marks.append((round(float(mx[0]), 1), round(float(my[0]), 1), half_width, half_height))
    return marks


if __name__ == "__main__":
    show(given())
