"""
What a plan's `volunteers/` folder holds, from the gate's answer alone: roster, points, calendar, rounds for phones.

`geo.volunteers` decides what may be said; here it is asked, and its answer written. The sheet is set by
`views.volunteer_sheet`.
"""

import dataclasses
import datetime as dt
import functools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import shapely

from analysis.daylight import sunset
from analysis.network import Network
from analysis.rounds import REACH, Round, short_round
from geo.calendar import calendar_bytes
from geo.errors import InputError
from geo.export import export_table, write_sheets
from geo.gpx import Waypoint, corners_gpx
from geo.privacy import VolunteerPost, crossings_of, for_volunteers
from geo.schema import GEOGRAPHIC_CRS
from geo.topics import volunteer_topics
from jobs.phone_files import PhoneDatum
from jobs.plan_files import Writer, digest_of, shift_entry
from views.plan_tables import (
    PlanFacts,
    PlanWords,
    check_in_text,
    ordinal,
    round_text,
    topic_titles,
    volunteer_frames,
)

VOLUNTEERS = "volunteers"
VOLUNTEER_FILES = ("watches.geojson", "watches.ics", "roster.xlsx", "sheet.pdf")
ROUND_FILES = re.compile(r"watch-\d+\.gpx")
# Streets within this many metres of a crossing are enough to find its round.
AROUND_M = REACH + 200.0


def gate(
    plan: Any,
    facts: PlanFacts,
    streets: gpd.GeoDataFrame | None,
    to_degrees: Callable[[Any, Any], Any],
    zone: ZoneInfo,
) -> Callable[[PlanWords], list[VolunteerPost]]:
    """
    Tie a plan to the gate: the answer gives the posts that may be shown, with names in the language asked for.

    Parameters
    ----------
    plan : analysis.plan.Plan
    streets : GeoDataFrame or None
        In the plan's metric CRS.
    to_degrees : callable (x, y) -> (lon, lat)
    """
    crossings = crossings_of(streets)
    round_of = functools.cache(functools.partial(_round_at, streets))

    def let_out(words: PlanWords) -> list[VolunteerPost]:
        return for_volunteers(
            plan,
            street_of=lambda x, y, unit: words.first(words.place_of(x, y, unit), words.neighborhood_of(unit), unit),
            area_of=lambda unit: words.first(words.neighborhood_of(unit), unit) if unit else "",
            crossings=crossings,
            to_degrees=to_degrees,
            topics_of=lambda keys, day: volunteer_topics(day.month, keys, facts.taxonomy, facts.topics),
            round_of=round_of,
            sunset_of=lambda day, lon, lat: sunset(day, lon, lat, zone),
        )

    return let_out


def public_facts(facts: PlanFacts, posts: Sequence[VolunteerPost]) -> PlanFacts:
    """
    What the volunteers' products rest on: no hotspots, and a digest of what the gate let out instead of the plan's.

    So the same answer of the gate gives the same bytes, whatever else the plan holds; tests/jobs checks that.
    """
    rows = [dataclasses.asdict(dataclasses.replace(post, crossing=None, round=None)) for post in posts]
    rows = [row | {"round": None if p.round is None else p.round.corners} for row, p in zip(rows, posts, strict=True)]
    return dataclasses.replace(facts, hotspots=None, last_week=None, digest=digest_of(rows) if rows else "")


def write_volunteers(
    posts: Sequence[VolunteerPost],
    week: dt.date,
    words: PlanWords,
    facts: PlanFacts,
    zone: ZoneInfo,
    stamp: dt.datetime,
    writer: Writer,
    phone: PhoneDatum = PhoneDatum(),
) -> None:
    """Write roster, points, calendar, and a round for phones where a post stands at a crossing."""
    t = words.t
    sheets = volunteer_frames(posts, facts, t)
    heading = [t("export.not_prevented")]
    path = f"{VOLUNTEERS}/roster.xlsx"
    writer.add(path, lambda path: write_sheets(sheets, path, heading=heading, print_landscape=True))
    layer = _layer(posts, words, facts)
    writer.add(f"{VOLUNTEERS}/watches.geojson", lambda path: export_table(layer, path))
    entries = [
        shift_entry(post, (post.street, post.lon, post.lat), _lines(post, words, facts), week, words, facts, zone)
        for post in posts
    ]
    name = t("export.calendar_name", week=week.isoformat())
    writer.bytes(f"{VOLUNTEERS}/watches.ics", calendar_bytes(entries, name=name, stamp=stamp))
    for post in posts:
        if post.lon is not None and post.lat is not None:
            writer.text(f"{VOLUNTEERS}/watch-{post.number}.gpx", _gpx(post, post.lon, post.lat, words, facts, phone))


def sweep_volunteers(folder: Path, posts: Sequence[VolunteerPost]) -> None:
    """Take away what an earlier plan left and this one does not replace."""
    kept = {f"watch-{post.number}.gpx" for post in posts if post.lon is not None}
    for path in sorted((folder / VOLUNTEERS).glob("watch-*")):
        if ROUND_FILES.fullmatch(path.name) and path.name not in kept:
            path.unlink()
    if not posts:
        for name in VOLUNTEER_FILES:
            (folder / VOLUNTEERS / name).unlink(missing_ok=True)


def _round_at(streets: gpd.GeoDataFrame | None, x: float, y: float) -> Round | None:
    """The round at a crossing, from the streets around it."""
    if streets is None or not len(streets):
        return None
    near = streets.iloc[np.sort(streets.sindex.query(shapely.Point(x, y).buffer(AROUND_M)))]
    try:
        return short_round(Network.from_streets(near), x, y)
    except InputError:  # no street there that one may walk
        return None


def _layer(posts: Sequence[VolunteerPost], words: PlanWords, facts: PlanFacts) -> gpd.GeoDataFrame:
    t = words.t
    rows = [
        {
            "number": post.number,
            "street": post.street,
            "area": post.area,
            "date": post.date.isoformat(),
            "start": f"{post.start:%H:%M}",
            "end": f"{post.end:%H:%M}",
            "check_in": check_in_text(post, t),
            "sunset": f"{post.sunset:%H:%M}" if post.sunset else "",
            "round": round_text(post.round, t),
            "topics": topic_titles(facts, t, post.topics),
        }
        for post in posts
    ]
    points = [
        shapely.Point(post.lon, post.lat) if post.lon is not None and post.lat is not None else None for post in posts
    ]
    return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(points, crs=GEOGRAPHIC_CRS), crs=GEOGRAPHIC_CRS)


def _lines(post: VolunteerPost, words: PlanWords, facts: PlanFacts) -> list[str]:
    """What stands with an entry of the calendar."""
    t = words.t
    checks = t("volunteers.check_line", times=check_in_text(post, t))
    return [round_text(post.round, t), checks, topic_titles(facts, t, post.topics), t("volunteers.call_danger")]


def _gpx(post: VolunteerPost, lon: float, lat: float, words: PlanWords, facts: PlanFacts, phone: PhoneDatum) -> str:
    t = words.t
    name = f"{ordinal(t, 'post', post.number)} {post.date.isoformat()} {post.start:%H:%M}"
    checks = t("volunteers.check_line", times=check_in_text(post, t))
    way = round_text(post.round, t) or t("volunteers.no_round_crossing")
    said = f"{t('volunteers.gpx_description', round=way, checks=checks)} {phone.sentence(t)}"
    mark = Waypoint(lon, lat, post.street, topic_titles(facts, t, post.topics), "Flag")
    return corners_gpx(name, said, mark, post.round.corners if post.round else (), datum=phone.name)
