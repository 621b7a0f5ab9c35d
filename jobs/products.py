"""
A plan's folder: everything that hands a week over, in one language, from one plan and with one digest.

`plan.json`, `watches.geojson`, `walks.geojson`, `plan.gpkg`, `plan.ics`, `roster.xlsx`, `briefing.pdf`, a `walk-N.gpx`
and `walk-N.pdf` for each walk, and in `volunteers/` what the gate lets out. Each file is written whole or not at all,
and the same plan gives the same bytes.
"""

import dataclasses
import datetime as dt
import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geo.calendar import Appointment, calendar_bytes
from geo.export import export_table, write_layers, write_sheets
from geo.gpx import Waypoint, route_gpx
from geo.privacy import VolunteerPost
from geo.schema import GEOGRAPHIC_CRS
from geo.taxonomy import Taxonomy
from jobs.phone_files import PhoneDatum
from jobs.plan_content import plan_content
from jobs.plan_files import Writer, compact, shift_entry
from jobs.volunteer_products import VOLUNTEERS, gate, public_facts, sweep_volunteers, write_volunteers
from views.briefing import briefing_pdf, plan_figures
from views.fonts import Face
from views.i18n import Translator
from views.plan_tables import (
    PlanFacts,
    PlanWords,
    crew_text,
    note_texts,
    ordinal,
    roster_frames,
    topic_titles,
)
from views.print_page import printing_language
from views.volunteer_sheet import volunteers_pdf
from views.walk_sheet import crew_line, walk_pdf

# What an earlier, larger plan may have left in the same folder.
WALK_FILES = re.compile(r"walk-\d+\.(gpx|pdf)")


@dataclasses.dataclass(frozen=True)
class Products:
    """
    What was written.

    Attributes
    ----------
    folder : Path
    files : list of str
        In the order they were written.
    digest : str
        First 16 hexadecimal digits of the content's SHA-256, in groups of four.
    plan : dict
        The content of plan.json.
    notes : list of str
        What the reader has to be told: no streets, no Chinese font. Worded in the language asked for.
    volunteers_digest : str
        Of what the gate let out; what stands in `volunteers/` carries this one. Empty where nothing is for them.
    """

    folder: Path
    files: list[str]
    digest: str
    plan: dict[str, Any]
    notes: list[str]
    volunteers_digest: str = ""


def write_plan(
    plan: Any,
    folder: Path,
    *,
    t: Translator,
    crs: str,
    station: str,
    as_of: pd.Timestamp,
    span: tuple[dt.date, dt.date],
    place_of: Callable[[float, float, str | None], str],
    neighborhood_of: Callable[[str | None], str],
    taxonomy: Taxonomy,
    topics: Mapping[str, Any],
    streets: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
    neighborhoods: gpd.GeoDataFrame | None,
    hotspots: gpd.GeoDataFrame | None,
    hotspot_words: pd.DataFrame | None = None,
    sentences: Sequence[str] = (),
    credit: str = "",
    map_review_number: str = "",
    station_phone: str = "",
    timezone: str = "UTC",
    last_week: Mapping[str, Any] | None = None,
    english: Callable[[], PlanWords] | None = None,
    face: Face | None = None,
    phone: PhoneDatum = PhoneDatum(),
) -> Products:
    """
    Write all products of a plan into a folder.

    Parameters
    ----------
    plan : analysis.plan.Plan
        Places in metres of `crs`.
    folder : Path
        Made if missing; files of an earlier plan in it are replaced.
    t : Translator
        The language of every product.
    station, place_of, neighborhood_of, hotspot_words, sentences
        Names in that language; see `views.plan_tables.PlanWords`.
    as_of : Timestamp
        The last moment the data know, with its zone; stamps inside files are made from it.
    span : (date, date)
        First and last day of the data.
    streets, land, neighborhoods, hotspots : GeoDataFrames or None
        In `crs`.
    station_phone : str
        Printed on the volunteers' sheets beside 110; empty leaves a line to fill in.
    timezone : str
        The zone in which the plan's hours are meant.
    last_week : mapping, optional
        What became of the last approved plan; see `views.plan_tables.PlanFacts`.
    english : callable () -> PlanWords, optional
        The English names, asked for only if Chinese sheets cannot be printed here. Without it, names that the machine
        cannot draw are shown as ids.
    face : Face, optional
        What to print in; found on the machine, if not given.
    phone : PhoneDatum
        In which datum the files for phones are written; each says so.

    Returns
    -------
    Products
    """
    folder = Path(folder)
    # Each place is named on many products, and finding its street costs more than all else.
    place_of = functools.cache(place_of)
    words = PlanWords(t, station, place_of, neighborhood_of, hotspot_words, tuple(sentences))
    facts = PlanFacts(
        taxonomy=taxonomy,
        topics=topics,
        hotspots=hotspots,
        as_of=as_of,
        span=span,
        digest="",
        credit=credit,
        map_review_number=map_review_number,
        station_phone=station_phone,
        ground={"streets": streets, "land": land, "neighborhoods": neighborhoods},
        last_week=last_week,
    )
    to_degrees = pyproj.Transformer.from_crs(crs, GEOGRAPHIC_CRS, always_xy=True).transform
    content = plan_content(plan, words, facts, to_degrees)
    facts = dataclasses.replace(facts, digest=content["digest"])
    zone = ZoneInfo(str(timezone))
    let_out = gate(plan, facts, streets, to_degrees, zone)
    posts = let_out(words)
    _sweep(folder, len(plan.walks), posts)
    writer = Writer(folder)
    writer.text("plan.json", json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    _write_layers(plan, content, crs, facts, writer)
    stamp = as_of.to_pydatetime() if as_of.tzinfo else as_of.tz_localize(zone).to_pydatetime()
    writer.bytes("plan.ics", _calendar(plan, content, words, facts, zone, stamp))
    _write_roster(plan, words, facts, writer)
    for walk, row in zip(plan.walks, content["walks"], strict=True):
        writer.text(f"walk-{walk.number}.gpx", _gpx(walk, row, plan, words, facts, to_degrees, phone))
    # What volunteers get says nothing of the plan's content, not even its digest: it has one of its own.
    public = public_facts(facts, posts)
    in_english = _write_sheets(plan, let_out, words, facts, public, english, face, writer)
    if posts:
        write_volunteers(posts, plan.week, words, public, zone, stamp, writer, phone)
    notes = note_texts(plan, facts, t)
    if in_english:
        notes.append(t("print.no_chinese_face"))
    return Products(folder, writer.files, facts.digest, content, notes, public.digest)


def _sweep(folder: Path, walks: int, posts: Sequence[VolunteerPost]) -> None:
    """Take away what an earlier plan left and this one does not replace: a stale walk sheet would be walked."""
    kept = {f"walk-{n}.{ending}" for n in range(1, walks + 1) for ending in ("gpx", "pdf")}
    for path in sorted(folder.glob("walk-*")):
        if WALK_FILES.fullmatch(path.name) and path.name not in kept:
            path.unlink()
    sweep_volunteers(folder, posts)


def _write_layers(plan: Any, content: dict[str, Any], crs: str, facts: PlanFacts, writer: Writer) -> None:
    """The GeoJSON files and the GeoPackage: posts and stops as points, walks as lines."""
    watches = _points(content["watches"], plan.watches, crs, WATCH_FIELDS)
    stops = [(row, stop) for row, walk in zip(content["walks"], plan.walks, strict=True) for stop in walk.stops]
    rows = [{"walk": row["number"], **row["stops"][i]} for row in content["walks"] for i in range(len(row["stops"]))]
    stop_layer = _points(rows, [stop for _, stop in stops], crs, STOP_FIELDS)
    table = [{**row, "start": row["start"]["name"], "stops": len(row["stops"])} for row in content["walks"]]
    lines = [shapely.force_2d(walk.line) for walk in plan.walks]
    straight = [not plan.on_streets] * len(table)
    frame = pd.DataFrame(table, columns=WALK_FIELDS).assign(straight_lines=pd.Series(straight, dtype=bool))
    walks = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(lines, crs=crs), crs=crs)
    writer.add("watches.geojson", lambda path: export_table(watches, path))
    writer.add("walks.geojson", lambda path: export_table(walks, path))
    layers = {"watches": watches, "stops": stop_layer, "walks": walks}
    if facts.hotspots is not None and len(facts.hotspots):
        names = [name for name in ("hotspot_id", "rank", "neighborhood_id", "geometry") if name in facts.hotspots]
        layers["hotspots"] = facts.hotspots[names]
    writer.add("plan.gpkg", lambda path: write_layers(layers, path))


WATCH_FIELDS = [
    "number", "place", "neighborhood", "neighborhood_id", "hotspot_id", "date", "start", "end", "crew", "harm",
    "events", "topics", "lon", "lat", "why",
]  # fmt: skip
STOP_FIELDS = [
    "walk", "number", "place", "neighborhood", "neighborhood_id", "hotspot_id", "arrive_minute", "dwell_minutes",
    "harm", "events", "open_matters", "who", "topics", "lon", "lat", "why",
]  # fmt: skip
WALK_FIELDS = [
    "number", "date", "start_time", "start", "stops", "minutes", "walking_minutes", "length_m", "crew", "harm",
    "events", "topics", "why",
]  # fmt: skip


def _points(rows: list[dict[str, Any]], spots: Sequence[Any], crs: str, fields: list[str]) -> gpd.GeoDataFrame:
    points = gpd.GeoSeries.from_xy([spot.x for spot in spots], [spot.y for spot in spots], crs=crs)
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=fields), geometry=points, crs=crs)


def _calendar(
    plan: Any, content: dict[str, Any], words: PlanWords, facts: PlanFacts, zone: ZoneInfo, stamp: dt.datetime
) -> bytes:
    t = words.t
    entries = []
    for walk, row in zip(plan.walks, content["walks"], strict=True):
        begin = dt.datetime.combine(walk.date, walk.start_time, zone)
        entries.append(
            Appointment(
                uid=f"walk-{walk.number}-{plan.week}-{compact(facts.digest)}@walkwatch",
                title=f"{ordinal(t, 'walk', walk.number)}: {row['start']['name']}",
                start=begin,
                end=begin + dt.timedelta(minutes=round(walk.minutes)),
                place=row["start"]["name"],
                description="\n".join(
                    [crew_line(walk, t), *(f"{stop['number']} {stop['place']}" for stop in row["stops"])]
                ),
                lon=row["start"]["lon"],
                lat=row["start"]["lat"],
            )
        )
    for watch, row in zip(plan.watches, content["watches"], strict=True):
        topics = topic_titles(facts, t, watch.topics)
        crew = t("print.crew_line", crew=crew_text(t, watch.crew))
        spot = (row["place"], row["lon"], row["lat"])
        entries.append(shift_entry(watch, spot, [crew, topics], plan.week, words, facts, zone))
    name = t("export.calendar_name", week=plan.week.isoformat())
    return calendar_bytes(entries, name=name, stamp=stamp)


def _write_roster(plan: Any, words: PlanWords, facts: PlanFacts, writer: Writer) -> None:
    t = words.t
    heading = [t("export.roster_title", week=plan.week.isoformat(), digest=facts.digest), t("export.not_prevented")]
    if not plan.on_streets:
        heading.append(t("export.straight_lines", factor=f"{plan.detour_factor or 1.0:g}"))
    sheets = roster_frames(plan, words, facts)
    writer.add("roster.xlsx", lambda path: write_sheets(sheets, path, heading=heading, print_landscape=True))


def _gpx(
    walk: Any,
    row: dict[str, Any],
    plan: Any,
    words: PlanWords,
    facts: PlanFacts,
    to_degrees: Callable[[Any, Any], Any],
    phone: PhoneDatum,
) -> str:
    t = words.t
    start = Waypoint(row["start"]["lon"], row["start"]["lat"], row["start"]["name"], symbol="Flag")
    stops = [
        Waypoint(
            place["lon"],
            place["lat"],
            f"{stop.number} {place['place']}",
            topic_titles(facts, t, stop.topics),
            "Circle",
        )
        for stop, place in zip(walk.stops, row["stops"], strict=True)
    ]
    said = [phone.sentence(t), t("print.digest", digest=facts.digest)]
    if not plan.on_streets:
        said.insert(0, t("export.straight_lines", factor=f"{plan.detour_factor or 1.0:g}"))
    line = shapely.get_coordinates(walk.line)
    track = np.column_stack(to_degrees(line[:, 0], line[:, 1])) if len(line) else np.empty((0, 2))
    name = f"{ordinal(t, 'walk', walk.number)} {walk.date.isoformat()}"
    return route_gpx(name, " ".join(said), [start, *stops, start], track, datum=phone.name)


def _write_sheets(
    plan: Any,
    let_out: Callable[[PlanWords], list[VolunteerPost]],
    words: PlanWords,
    facts: PlanFacts,
    public: PlanFacts,
    english: Callable[[], PlanWords] | None,
    face: Face | None,
    writer: Writer,
) -> bool:
    """The PDFs; returns whether they had to be in English."""
    t, face, in_english = printing_language(words.t, face)
    if in_english:
        summary = (t("print.figures", **plan_figures(plan)),)
        words = english() if english else dataclasses.replace(words, t=t, sentences=summary)
    words = dataclasses.replace(words, draws=face.can_draw)
    notices = [t("print.no_chinese_face")] if in_english else []
    writer.bytes("briefing.pdf", briefing_pdf(plan, words, facts, face=face, notices=notices))
    for walk in plan.walks:
        sheet = walk_pdf(walk, plan, words, facts, face=face, notices=notices)
        writer.bytes(f"walk-{walk.number}.pdf", sheet)
    posts = let_out(words)
    if posts:
        sheet = volunteers_pdf(posts, plan.week, words, public, face=face, notices=notices)
        writer.bytes(f"{VOLUNTEERS}/sheet.pdf", sheet)
    return in_english
