"""
A week's plan in words: the rows that the briefing, the roster and the walk sheets show, in one language.

It words what the plan holds and computes no figure beyond sums and units; `views.briefing` sets the rows on paper.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.taxonomy import Taxonomy
from views.i18n import Translator
from views.words import category_name, number, sentence, spoken

PlaceOf = Callable[[float, float, str | None], str]


@dataclass(frozen=True, eq=False)
class PlanWords:
    """
    What a plan's places are called in one language.

    Attributes
    ----------
    t : Translator
    station : str
    place_of : callable (x, y, neighborhood_id) -> str
        Metres of the plan's CRS.
    neighborhood_of : callable (neighborhood_id or None) -> str
    hotspot_words : DataFrame or None
        Index as the hotspots; column `place`.
    sentences : sequence of str
        What stands on top of the briefing.
    draws : callable (str) -> bool
        Whether the face has all the characters: what it cannot draw gives way to the next name, at last to an id.
    """

    t: Translator
    station: str
    place_of: PlaceOf
    neighborhood_of: Callable[[str | None], str]
    hotspot_words: pd.DataFrame | None = None
    sentences: Sequence[str] = ()
    draws: Callable[[str], bool] = field(default=bool)

    def place(self, spot: Any) -> str:
        """A stop's or post's place: street and crossings, else its neighborhood by name, else by id."""
        named = self.place_of(spot.x, spot.y, spot.neighborhood_id)
        return self.first(named, self.area(spot), spot.neighborhood_id)

    def area(self, spot: Any) -> str:
        """The neighborhood of a stop or post by name; empty outside all."""
        if not spot.neighborhood_id:
            return ""
        return self.first(self.neighborhood_of(spot.neighborhood_id), spot.neighborhood_id)

    def start(self, walk: Any) -> str:
        """Where a walk begins: its name, else the place of the meeting point."""
        start = walk.start
        english = start.name_en if self.t.language == "en" else ""
        return self.first(english, start.name, self.place_of(start.x, start.y, None), self.t("print.meeting_point"))

    def first(self, *names: str | None) -> str:
        """The first of the names that is one and can be drawn; a question mark where none is."""
        return next((str(name) for name in names if name and self.draws(str(name))), "?")


@dataclass(frozen=True, eq=False)
class PlanFacts:
    """
    What a plan rests on, the same in every language.

    Attributes
    ----------
    taxonomy : Taxonomy
    topics : mapping of key to an object with `title_zh`, `tasks_zh`, `refer_to_zh` and the same in English
    hotspots : GeoDataFrame or None
        In the plan's metric CRS, with `hotspot_id`.
    as_of : Timestamp
    span : (date, date)
        First and last day of the data.
    digest : str
        Of the plan's content, as printed.
    last_week : mapping or None
        What became of the last approved plan, in figures, as `jobs.plan_book.what_was_done` gives them.
    """

    taxonomy: Taxonomy
    topics: Mapping[str, Any]
    hotspots: gpd.GeoDataFrame | None
    as_of: pd.Timestamp
    span: tuple[dt.date, dt.date]
    digest: str
    credit: str = ""
    map_review_number: str = ""
    station_phone: str = ""
    ground: Mapping[str, gpd.GeoDataFrame | None] = field(default_factory=dict)
    last_week: Mapping[str, Any] | None = None

    def hotspot(self, hotspot_id: str | None) -> Any:
        """The hotspot's row, or None."""
        if hotspot_id is None or self.hotspots is None or not len(self.hotspots):
            return None
        rows = self.hotspots[self.hotspots["hotspot_id"] == hotspot_id]
        return rows.iloc[0] if len(rows) else None


def day_text(t: Translator, day: dt.date) -> str:
    """`周二 11-24`, `Tue 24 Nov`."""
    from babel.dates import format_date

    pattern = "EEE MM-dd" if t.language == "zh" else "EEE d MMM"
    return format_date(day, pattern, locale=t.language)


def hours_text(t: Translator, start: dt.time, end: dt.time) -> str:
    """`19–21 时`, `19:00–21:00`, with minutes wherever they are not zero."""
    if t.language == "zh" and start.minute == end.minute == 0:
        return t("print.hours_whole", first=start.hour, last=end.hour)
    return f"{start:%H:%M}–{end:%H:%M}"


def ordinal(t: Translator, kind: str, count: int) -> str:
    """`Walk 1`, `走访一`: a walk or post by its number, in Chinese numerals up to ten."""
    numeral = "一二三四五六七八九十"[count - 1] if t.language == "zh" and 1 <= count <= 10 else f" {count}"
    return f"{t(f'print.{kind}')}{numeral}"


def crew_text(t: Translator, crew: Sequence[str] | str) -> str:
    """Who goes: `民警、调解员各 1`, `1 officer, 1 mediator`, `2 volunteers`."""
    if isinstance(crew, str):
        return t(f"print.crew.{crew}")
    counts = Counter(crew)
    if t.language == "zh" and len(counts) > 1 and set(counts.values()) == {1}:
        return t("print.crew.each_one", names=t.joined(t(f"print.crew.{who}", n=1) for who in counts))
    return t.joined(t("print.crew.count", n=n, name=t(f"print.crew.{who}", n=n)) for who, n in counts.items())


def length_text(t: Translator, metres: float) -> str:
    """Kilometres with one digit from 950 m on, else metres to the next ten."""
    return (
        t("print.km", km=f"{metres / 1000:.1f}")
        if metres >= 950
        else t("print.m", m=f"{max(round(metres, -1), 10):.0f}")
    )


def topic_titles(facts: PlanFacts, t: Translator, keys: Sequence[str], limit: int = 3) -> str:
    """The topics by title, most frequent first; a key without a text is left out."""
    counts = Counter(key for key in keys if key in facts.topics)
    return t.joined(topic_text(facts, t, key, "title") for key, _ in counts.most_common(limit))


def topic_text(facts: PlanFacts, t: Translator, key: str, part: str) -> Any:
    """A topic's `title`, `tasks`, `advice`, `refer_to`, `where_to_turn` in the language; empty where there is none."""
    empty: Any = [] if part in ("tasks", "advice") else ""
    return getattr(facts.topics[key], f"{part}_{t.language}", empty) if key in facts.topics else empty


def tasks_of(facts: PlanFacts, t: Translator, keys: Sequence[str], limit: int) -> list[str]:
    """The topics' tasks, one of each topic in turn, so that no topic crowds out another."""
    queues = [list(topic_text(facts, t, key, "tasks")) for key in keys]
    longest = max((len(queue) for queue in queues), default=0)
    turns = [queue[i] for i in range(longest) for queue in queues if i < len(queue)]
    return list(dict.fromkeys(turns))[:limit]


def found_text(facts: PlanFacts, t: Translator, spot: Any, limit: int = 1, none: str | None = None) -> str:
    """What was reported there: the most frequent categories with counts, what is still open; `none` where nothing."""
    listed = [(key, n) for key, n in spot.categories if facts.taxonomy[key].listed]
    parts = [t("print.found", category=category_name(key, facts.taxonomy, t), n=n) for key, n in listed[:limit]]
    if getattr(spot, "open_matters", 0):
        parts.append(t("print.open", n=spot.open_matters))
    if parts:
        return t.joined(parts)
    return t("print.found_none") if none is None else none


def why_text(facts: PlanFacts, t: Translator, reasons: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """The reasons as one sentence."""
    return sentence([(key, dict(given)) for key, given in reasons], facts.taxonomy, t)


def note_texts(plan: Any, facts: PlanFacts, t: Translator) -> list[str]:
    """What the plan says of itself, and that there are no streets; that covered is not prevented stands elsewhere."""
    notes = [(key, given) for key, given in getattr(plan, "notes", ()) if key != "plan.covered_not_prevented"]
    said = [t(key, **spoken(dict(given), facts.taxonomy, t)) for key, given in notes]
    if not plan.on_streets and not any(key == "plan.note.no_streets" for key, _ in notes):
        said.append(t("print.straight_lines", factor=f"{plan.detour_factor or 1.0:g}"))
    return said


def expected_text(facts: PlanFacts, t: Translator, spot: Any) -> str:
    """Expected events of the week: the hotspot's range where known, else the expectation, or that it is small."""
    row = facts.hotspot(getattr(spot, "hotspot_id", None))
    low, high = (None, None) if row is None else (row.get("expected_low"), row.get("expected_high"))
    if low is not None and high is not None and pd.notna(low) and pd.notna(high):
        return t("print.expected_range", low=number(float(low)), high=number(float(high)))
    return t("print.expected", events=number(float(spot.events))) if spot.events >= 0.05 else t("print.expected_few")


def unreached_place(facts: PlanFacts, words: PlanWords, left: Any) -> str:
    """What was not reached, by name: the hotspot's place, else the neighborhood, else an id."""
    row = facts.hotspot(left.hotspot_id)
    named: str | None = None
    if row is not None and words.hotspot_words is not None and row.name in words.hotspot_words.index:
        named = str(words.hotspot_words.loc[row.name, "place"])
    elif row is not None and "x" in row and "y" in row:
        named = words.place_of(float(row["x"]), float(row["y"]), left.neighborhood_id)
    return words.first(named, words.area(left), left.hotspot_id)


def roster_frames(plan: Any, words: PlanWords, facts: PlanFacts) -> dict[str, pd.DataFrame]:
    """
    Lay the plan out as tables for people with pens.

    Returns
    -------
    dict of sheet title to DataFrame
        Walks, stops and posts in that order; slots for people are empty columns, never names.
    """
    t = words.t
    slots = [t("export.slot", n=1), t("export.slot", n=2), t("export.done")]
    walks = [
        {
            "walk": ordinal(t, "walk", walk.number),
            "day": day_text(t, walk.date),
            "time": f"{walk.start_time:%H:%M}",
            "start": words.start(walk),
            "crew": crew_text(t, walk.crew),
            "stops": len(walk.stops),
            "minutes": round(walk.minutes),
            "length_km": round(walk.length_m / 1000, 1),
            "topics": topic_titles(facts, t, [key for stop in walk.stops for key in stop.topics]),
        }
        for walk in plan.walks
    ]
    stops = [
        {
            "walk": ordinal(t, "walk", walk.number),
            "stop": stop.number,
            "place": words.place(stop),
            "neighborhood": words.area(stop),
            "arrive": arrival(walk, stop),
            "dwell_minutes": round(stop.dwell_minutes),
            "topics": topic_titles(facts, t, stop.topics),
            "open_matters": int(stop.open_matters),
            "why": why_text(facts, t, stop.reasons),
        }
        for walk in plan.walks
        for stop in walk.stops
    ]
    posts = [
        {
            "post": ordinal(t, "post", watch.number),
            "day": day_text(t, watch.date),
            "time": f"{watch.start:%H:%M}–{watch.end:%H:%M}",
            "place": words.place(watch),
            "neighborhood": words.area(watch),
            "crew": crew_text(t, watch.crew),
            "topics": topic_titles(facts, t, watch.topics),
            "why": why_text(facts, t, watch.reasons),
        }
        for watch in plan.watches
    ]
    return {
        t("export.sheet.walks"): _labelled(walks, WALK_COLUMNS, t, slots),
        t("export.sheet.stops"): _labelled(stops, STOP_COLUMNS, t, [t("export.minutes_done"), t("export.remark")]),
        t("export.sheet.posts"): _labelled(posts, POST_COLUMNS, t, slots),
    }


WALK_COLUMNS = ("walk", "day", "time", "start", "crew", "stops", "minutes", "length_km", "topics")
STOP_COLUMNS = (
    "walk", "stop", "place", "neighborhood", "arrive", "dwell_minutes", "topics", "open_matters", "why",
)  # fmt: skip
POST_COLUMNS = ("post", "day", "time", "place", "neighborhood", "crew", "topics", "why")
VOLUNTEER_COLUMNS = ("post", "day", "time", "place", "neighborhood", "round", "check_in", "topics")


def volunteer_frames(posts: Sequence[Any], facts: PlanFacts, t: Translator) -> dict[str, pd.DataFrame]:
    """The posts that passed the gate, as a table for the volunteers."""
    rows = [
        {
            "post": ordinal(t, "post", post.number),
            "day": day_text(t, post.date),
            "time": f"{post.start:%H:%M}–{post.end:%H:%M}",
            "place": post.street,
            "neighborhood": post.area,
            "round": round_text(post.round, t),
            "check_in": check_in_text(post, t),
            "topics": topic_titles(facts, t, post.topics),
        }
        for post in posts
    ]
    slots = [t("export.volunteer_slot", n=1), t("export.volunteer_slot", n=2), t("export.done")]
    return {t("export.sheet.posts"): _labelled(rows, VOLUNTEER_COLUMNS, t, slots)}


def round_text(way: Any, t: Translator, draws: Callable[[str], bool] = bool) -> str:
    """A volunteers' round as one phrase: its streets, about how far, how many minutes; empty without one."""
    if way is None:
        return ""
    streets = list(dict.fromkeys(turn_street(turn, t, draws) for turn in way.turns))
    kind = "loop" if way.loop else "back"
    return t(
        f"volunteers.round_{kind}",
        streets=t.joined(streets),
        length=length_text(t, way.length_m),
        minutes=way.minutes,
    )


def turn_street(turn: Any, t: Translator, draws: Callable[[str], bool] = bool) -> str:
    """The street of a turn in the language, as far as it has a name that can be drawn."""
    names = (turn.street_en if t.language == "en" else "", turn.street)
    return next((name for name in names if name and draws(name)), t("print.unnamed"))


def check_in_text(post: Any, t: Translator) -> str:
    """The times to check in."""
    return t.joined(f"{moment:%H:%M}" for moment in post.check_in)


def arrival(walk: Any, stop: Any) -> str:
    """The clock at a stop, to the minute."""
    begin = dt.datetime.combine(walk.date, walk.start_time)
    return f"{begin + dt.timedelta(minutes=round(stop.arrive_minute)):%H:%M}"


def _labelled(rows: list[dict[str, Any]], columns: Sequence[str], t: Translator, blanks: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    frame = frame.rename(columns={name: t(f"export.column.{name}") for name in columns})
    return frame.assign(**dict.fromkeys(blanks, ""))
