"""Who goes where, when: a week's posts and walks under a budget, and the folder of products that hands them over."""

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from analysis.as_of import daily_counts, find_as_of, in_window, known_at
from analysis.hotspots import HotspotAnswer
from analysis.plan import Plan, make_plan, monday_of
from geo.errors import InputError
from geo.schema import GEOGRAPHIC_CRS
from geo.settings import StartPoint
from geo.topics import read_topics
from jobs import plan_book
from jobs.dataset import Dataset, local_day
from jobs.forecast import expected, method_for
from jobs.hotspots import hotspot_list, words
from jobs.meetings import least_safe
from jobs.overview import overview
from jobs.phone_files import PhoneDatum, phone_datum
from jobs.places import PlaceNames
from jobs.plan_content import plan_content
from jobs.products import Products, write_plan
from views.i18n import Translator
from views.plan_tables import PlanFacts, PlanWords
from views.sentences import headline

WEEK_DAYS = 7
# From this many weeks between the data's end and the planned week on, the plan says so.
LATE_WEEKS = 2


@dataclass(frozen=True)
class Budget:
    """People and minutes for one week. `watch_hours` in hours, `walk_minutes` in minutes, dwell included."""

    walkers: int
    walk_minutes: int
    watches: int
    watch_hours: float = 2.0


def coming_week(dataset: Dataset) -> dt.date:
    """The Monday of the first week that begins on or after the moment the data know."""
    day = dataset.as_of.date()
    return day + dt.timedelta(days=-day.weekday() % WEEK_DAYS)


def arrange(
    dataset: Dataset,
    *,
    week: dt.date,
    budget: Budget,
    starts: list[StartPoint] | None = None,
    seed: int = 0,
) -> Plan:
    """
    Arrange one week, knowing what was approved and done before it.

    Parameters
    ----------
    week : date
        Any day of the week; the plan stands on its Monday and knows nothing of that day or later.
    budget : Budget
        Walks, their minutes, posts, their hours.
    starts : list of StartPoint, optional
        Where walks begin and end; the setting, if not given.
    seed : int
        Varies the order of visits from week to week.

    Raises
    ------
    InputError
        Without neighborhoods, and for budgets and starts that allow no plan.
    """
    if dataset.grid is None or dataset.leaves is None:
        raise InputError(
            "A plan needs neighborhoods: without them nothing can be expected anywhere.",
            remedy="Import polygons with `import --neighborhoods FILE`.",
            key="plan.no_neighborhoods",
        )
    monday = monday_of(week)
    moment = _knowing(dataset, monday)
    chosen = dataset.settings.starts if starts is None else starts
    memory = _memory(dataset, monday)
    parameters: dict[str, Any] = {
        "week": monday.isoformat(),
        "as_of": moment.isoformat(),
        "forecast": method_for(dataset, moment),
        "budget": vars(budget),
        "starts": [start.model_dump() for start in chosen],
        "seed": seed,
        "memory": memory,
    }

    def compute() -> Plan:
        hotspots = hotspot_list(dataset, as_of=moment).hotspots
        week_ahead = expected(dataset, as_of=moment, days=WEEK_DAYS, listed_only=True)
        known = dataset.events[dataset.events["event_start"] < moment]
        return make_plan(
            hotspots,
            week_ahead,
            known,
            network=dataset.network,
            neighborhoods=dataset.leaves,
            taxonomy=dataset.taxonomy.categories,
            week=monday,
            walkers=budget.walkers,
            walk_minutes=budget.walk_minutes,
            watches=budget.watches,
            watch_hours=budget.watch_hours,
            starts=_projected(chosen, dataset),
            reach=dataset.settings.reach,
            days=dataset.usual_days,
            volunteers_until_hour=dataset.settings.volunteers_until_hour,
            seed=seed,
            unit_of=dataset.shown_unit_of,
            **memory,
        )

    return dataset.workspace.result("plan", parameters, compute)


def _memory(dataset: Dataset, monday: dt.date) -> dict[str, Any]:
    """What a plan must know of the weeks before it: who was visited when, how often each must be, where posts stood."""
    weeks: dict[str, int | None] = dict.fromkeys(sorted(set(dataset.shown_unit_of.values())))
    floors = least_safe(dataset, monday)
    for leaf, week in plan_book.last_visits(dataset, before=monday).items():
        unit = dataset.shown_unit_of.get(leaf)
        if unit is not None:
            since = (monday - week).days // WEEK_DAYS
            weeks[unit] = min(since, weeks[unit] or since)
    return {
        "last_visit_weeks": weeks,
        "floor_weeks": floors,
        "previous_posts": _previous_posts(dataset, monday),
    }


def _previous_posts(dataset: Dataset, monday: dt.date) -> list[tuple[float, float]]:
    before = plan_book.last_plan(dataset, monday)
    if before is None:
        return []
    transformer = pyproj.Transformer.from_crs(GEOGRAPHIC_CRS, dataset.crs, always_xy=True)
    places = [transformer.transform(watch["lon"], watch["lat"]) for watch in before.content["watches"]]
    return [(round(x, 2), round(y, 2)) for x, y in places]


def phone_datum_of(dataset: Dataset, wanted: str | None = None) -> PhoneDatum:
    """The datum of files for phones, as wanted or set; InputError where the city's maps are in no such datum."""
    frame = dataset.leaves if dataset.leaves is not None else dataset.streets
    if frame is None or not len(frame):
        return phone_datum(wanted or dataset.settings.phone_datum, np.empty(0), np.empty(0))
    west, south, east, north = frame.total_bounds
    x, y = [west, east, (west + east) / 2], [south, north, (south + north) / 2]
    lon, lat = pyproj.Transformer.from_crs(dataset.crs, GEOGRAPHIC_CRS, always_xy=True).transform(x, y)
    return phone_datum(wanted or dataset.settings.phone_datum, np.asarray(lon), np.asarray(lat))


def write_products(dataset: Dataset, plan: Plan, folder: Path, t: Translator, *, phone: str | None = None) -> Products:
    """
    Write the plan's folder in one language. The log pairs the digest with who and when.

    Parameters
    ----------
    phone : str, optional
        In which datum files for phones are written: `wgs-84`, `gcj-02`, `bd-09`; the setting, if not given.

    Raises
    ------
    InputError
        For a shifted datum where maps are not shifted.
    """
    shifted = phone_datum_of(dataset, phone)
    moment = _knowing(dataset, plan.week)
    answer, own = _worded(dataset, plan, t)
    products = write_plan(
        plan,
        folder,
        t=t,
        crs=dataset.crs,
        station=own.station,
        as_of=moment,
        span=span(dataset),
        place_of=own.place_of,
        neighborhood_of=own.neighborhood_of,
        taxonomy=dataset.taxonomy,
        topics=read_topics(),
        streets=dataset.streets,
        land=dataset.land,
        neighborhoods=dataset.shown_units,
        hotspots=answer.hotspots,
        hotspot_words=own.hotspot_words,
        sentences=own.sentences,
        credit=dataset.settings.credit_in(t.language),
        map_review_number=dataset.settings.map_review_number,
        station_phone=dataset.settings.station_phone,
        timezone=dataset.timezone,
        last_week=plan_book.what_was_done(dataset, plan.week),
        english=lambda: _worded(dataset, plan, Translator("en"))[1],
        phone=shifted,
    )
    late = (plan.week - moment.date()).days // WEEK_DAYS
    if late >= LATE_WEEKS:
        note = t("plan.late", n=late, week=plan.week.isoformat(), known=moment.date().isoformat())
        products = replace(products, notes=[*products.notes, note])
    dataset.workspace.log(
        "export", what="plan", week=plan.week.isoformat(), digest=products.digest, volunteers=products.volunteers_digest
    )
    return products


def content_of(dataset: Dataset, plan: Plan, t: Translator) -> dict[str, Any]:
    """What plan.json holds in one language, with the digest that the products of that language carry."""
    answer, own = _worded(dataset, plan, t)
    facts = PlanFacts(
        taxonomy=dataset.taxonomy,
        topics=read_topics(),
        hotspots=answer.hotspots,
        as_of=_knowing(dataset, plan.week),
        span=span(dataset),
        digest="",
        last_week=plan_book.what_was_done(dataset, plan.week),
    )
    to_degrees = pyproj.Transformer.from_crs(dataset.crs, GEOGRAPHIC_CRS, always_xy=True).transform
    return plan_content(plan, own, facts, to_degrees)


def _worded(dataset: Dataset, plan: Plan, t: Translator) -> tuple[HotspotAnswer, PlanWords]:
    """The hotspots the plan rests on, and what its places are called in one language."""
    moment = _knowing(dataset, plan.week)
    answer = hotspot_list(dataset, as_of=moment)
    summary = overview(dataset, as_of=moment)
    names = PlaceNames(dataset)
    worded = words(answer, dataset, t)
    return answer, PlanWords(
        t,
        _station(dataset, t),
        lambda x, y, unit: names.places([x], [y], [unit], t)[0],
        lambda unit: names.neighborhood(unit, t),
        worded,
        _sentences(summary.layers, worded, plan, t),
    )


def summary_line(plan: Plan, t: Translator) -> str:
    """What the plan covers, in one sentence that says what covering is not."""
    share = 100 * plan.harm_covered_all / plan.harm_total if plan.harm_total else 0.0
    return t(
        "plan.summary",
        walks=len(plan.walks),
        watches=len(plan.watches),
        share=f"{share:.0f}",
        events=f"{plan.events_covered:.0f}",
    )


def _sentences(layers: pd.DataFrame, worded: pd.DataFrame, plan: Plan, t: Translator) -> list[str]:
    first = [t("plan.sentence.first", place=row.place, why=row.why) for row in worded.head(1).itertuples()]
    return [headline(layers, t), *first, summary_line(plan, t)]


def span(dataset: Dataset) -> tuple[dt.date, dt.date]:
    """First and last day of what is known; a stray date years off is neither."""
    return dataset.first_day, dataset.as_of.date() - dt.timedelta(days=1)


def _knowing(dataset: Dataset, monday: dt.date) -> pd.Timestamp:
    """
    The moment a week's plan stands on: its Monday, or where the data end if that is earlier.

    Where the rows span months, the last weeks before a Monday may hold no whole one: the plan then stands on the end of
    the last one known.
    """
    moment = min(local_day(monday.isoformat(), dataset.timezone), dataset.as_of)
    known = dataset.events[known_at(dataset.events, moment)]
    window = in_window(known, moment - pd.DateOffset(days=dataset.settings.days), moment)
    if known.empty or window.any():
        return moment
    return min(moment, local_day(find_as_of(daily_counts(known)).isoformat(), dataset.timezone))


def _projected(starts: list[StartPoint], dataset: Dataset) -> list[tuple[str, str, float, float]]:
    transformer = pyproj.Transformer.from_crs(GEOGRAPHIC_CRS, dataset.crs, always_xy=True)
    return [(start.name, start.name_en, *transformer.transform(start.lon, start.lat)) for start in starts]


def _station(dataset: Dataset, t: Translator) -> str:
    settings = dataset.settings
    return settings.station_en if t.language == "en" and settings.station_en else settings.station
