"""A table of text with its columns known → canonical events, every row kept or rejected with a reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import headers
from geo.categories import WordFinder
from geo.clean_categories import REPEATS, clean_categories, meaning
from geo.clean_datum import Streets, ask_about_datum, system_of
from geo.clean_points import Points, clean_points
from geo.coded import Coded, nothing
from geo.columns import ColumnMap, numbers
from geo.errors import InputError
from geo.far_points import note_outside
from geo.moments import Moments, clean_times
from geo.own_files import own_columns
from geo.persons import MASK, mask
from geo.place_answers import PlaceSources
from geo.place_rows import place_rows, sure_of_some
from geo.report import Notes
from geo.row_ids import event_ids, note_repeats
from geo.schema import EVENT_COLUMNS
from geo.tables import Table
from geo.taxonomy import Taxonomy
from geo.where_columns import PLACE_COLUMNS

# Why a row is rejected, by the number that stands for it while rows are judged.
KEPT, REFUSED, NO_TIME, NO_COUNT = range(4)
REASONS = ("", "subject.refused", "time.none", "count.zero")
# The words of repairs in the order in which a row lists them; words that do not stand here come after.
REPAIRS = (
    "axes_swapped", "other_system", "sign_restored", "decimals_restored", "other_pair", "datum_undone", "by_gazetteer",
    "by_crossing", "by_section", "by_area_name", "clock_moved", "end_dropped",
)  # fmt: skip


@dataclass(eq=False)
class Cleaned:
    """Events of one table, the rows rejected, and what was found."""

    events: pd.DataFrame
    rejects: pd.DataFrame
    notes: Notes
    points: Points
    zone: str
    placed: int
    repaired: int
    area_column: str | None
    in_order: np.ndarray  # the begins on the clock of their zone, datetime64[s], from the first to the last


def clean_events(
    table: Table, mapping: ColumnMap, *, taxonomy: Taxonomy, finder: WordFinder, layer: str | None = None,
    crs: str | None = None, timezone: str | None = None, neighborhoods: gpd.GeoDataFrame | None = None,
    metric_crs: str | None = None, streets: Streets | None = None, places: PlaceSources | None = None,
) -> Cleaned:  # fmt: skip
    """
    Turn a table into events.

    Parameters
    ----------
    table, mapping
        Rows of text and what its columns are.
    taxonomy, finder
        The categories and the words that recognize them.
    layer : str, optional
        Overrides the layers of the categories.
    crs, timezone : str, optional
        Declared reference system and zone; else found, and told.
    neighborhoods : GeoDataFrame, optional
        Canonical polygons, in any CRS.
    metric_crs : str, optional
        The workspace's CRS, tried first where the system of the points is unknown.
    streets : callable, optional
        Gives the workspace's streets; called only for points in China, whose datum they tell.
    places : PlaceSources, optional
        What rows without a point are placed by; else the neighborhoods and streets above.

    Raises
    ------
    InputError
        If no row has a place, no row has a time, or the system or zone cannot be known.
    """
    notes = Notes(table.lines, table.files, table.names)
    picked = mapping.picked
    places = places or PlaceSources(neighborhoods, streets, metric_crs=metric_crs)
    _require_place(table, mapping, places)
    if mapping.own and system_of(crs)[1]:
        notes.add("datum.own_file", None, datum=system_of(crs)[1])
        crs = None
    if _has_points(table, picked):
        points = clean_points(table, picked, notes, neighborhoods=neighborhoods, crs=crs, metric_crs=metric_crs)
    else:
        nowhere = np.full(len(table), np.nan)
        unknown = Coded(np.zeros(len(table), np.int8), ("unknown",))
        points = Points(nowhere, nowhere, unknown, "")
        notes.add("point.none", np.ones(len(table), bool))
    zone = _zone(points, timezone, neighborhoods, table, notes)
    own_points = points
    if mapping.own:
        places = PlaceSources(places.units)  # what an export says of its rows is read to the letter
    there = place_rows(table, mapping, points, places, notes)
    points, units, area_column = there.points, there.units, there.area_column
    if not np.isfinite(points.lon).any() and not (units.codes >= 0).any() and not _has_points(table, picked):
        raise _no_coordinates(table)
    if not mapping.own:
        ask_about_datum(
            own_points.lon, own_points.lat, system_of(crs)[1], notes, neighborhoods=neighborhoods, streets=streets,
            named=lambda: _named_by(table, area_column, places),
        )  # fmt: skip
    _require_time(table, mapping)
    times = clean_times(table, mapping, zone, notes)
    kinds = clean_categories(table, mapping, finder, taxonomy, layer, notes)
    count, no_count = _counts(table, mapping, notes)
    reasons = _reasons(times, kinds.refused, no_count)
    _note_rejects(reasons, notes)
    kept = np.flatnonzero(reasons == KEPT)
    if not len(kept):
        raise _nothing_kept(table, picked, reasons)
    # Where every row stays, nothing is copied.
    rows: Any = slice(None) if len(kept) == len(table) else kept
    repairs = _repairs(points, times)
    placed = np.isfinite(points.lon)
    frame: dict[str, Any] = {
        "event_id": event_ids(table, mapping)[rows],
        "layer": kinds.layer.categorical(rows),
        "category": kinds.key.categorical(rows),
        "category_source": _source_texts(table, picked, rows),
        "event_start": times.start[rows],
        "event_end": times.end[rows],
        "severity": _severity(table, picked, kinds.harm, notes)[rows],
        "status": _status(table, picked, times).categorical(rows),
        "neighborhood_id": units.categorical(rows),
        "precision": _precision(points, units, placed).categorical(rows),
        "count": count[rows],
        "reported_at": times.reported[rows],
        "closed_at": times.closed[rows],
        "reported_by": meaning(table, picked, "reported_by", headers.REPORTER_WORDS).categorical(rows),
        "source": pd.Categorical.from_codes(table.files[rows], pd.Index(table.names)),
        "source_row": table.lines[rows],
        "import_id": pd.Categorical.from_codes(np.zeros(len(kept), np.int8), pd.Index([""])),
        "superseded_by": nothing(len(kept)).categorical(slice(None)),
        "repairs": repairs.categorical(rows),
        "lon": points.lon[rows],
        "lat": points.lat[rows],
    }
    if mapping.own:
        frame |= own_columns(table, picked, kept, no_polygons=neighborhoods is None)
    repaired = int(np.count_nonzero(repairs.codes[rows]))
    if mapping.own:
        repaired = int((pd.Series(frame["repairs"]) != "").sum())
    events = pd.DataFrame({name: frame[name] for name in EVENT_COLUMNS}, copy=False)
    note_repeats(table, mapping, kept, notes)
    if neighborhoods is not None:
        # A default point lies where nothing happened: its rows without an area's name are counted, not outside.
        vague = points.precision.is_word("unknown")
        outside = placed & ~vague & (units.codes < 0) & (reasons == KEPT)
        if points.area is not None:
            note_outside(points.lon, points.lat, outside, placed & (reasons == KEPT), points.area, notes)
    return Cleaned(
        events, _rejects(table, mapping, reasons), notes, points, zone, int(np.count_nonzero(placed[rows])),
        repaired, area_column, times.in_order if len(kept) == len(table) else np.sort(times.clock[kept]),
    )  # fmt: skip


def _precision(points: Points, units: Coded, placed: np.ndarray) -> Coded:
    """The precision of each row; a row without a point that names its unit is exact to the area."""
    words = [*points.precision.words, "area"]
    named = ~placed & (units.codes >= 0)
    codes = np.where(named, np.int8(len(words) - 1), points.precision.codes) if named.any() else points.precision.codes
    return Coded(codes, words)


def _has_points(table: Table, picked: Mapping[str, str]) -> bool:
    pairs = {"lon", "lat"} <= set(picked) or {"x", "y"} <= set(picked)
    return table.point_x is not None or pairs or "point" in picked


def _require_place(table: Table, mapping: ColumnMap, places: PlaceSources) -> None:
    if not _has_points(table, mapping.picked) and not sure_of_some(table, mapping, places):
        raise _no_coordinates(table)


def _no_coordinates(table: Table) -> InputError:
    found = ", ".join(list(table.columns)[:20])
    return InputError(
        f"{table.names[0]}: line {table.header_line}: no coordinate columns among {found}.",
        remedy="Add longitude and latitude, or say with --columns which columns hold them.",
        key="read.no_coordinates", file=table.names[0], line=table.header_line, columns=found,
    )  # fmt: skip


def _require_time(table: Table, mapping: ColumnMap) -> None:
    if not {"event_start", "date", "year"} & set(mapping.picked):
        found = ", ".join(list(table.columns)[:20])
        raise InputError(
            f"{table.names[0]}: line {table.header_line}: no column of dates among {found}.",
            remedy="Add the date of each event, or say with --columns which column holds it.",
            key="read.no_time_column", file=table.names[0], line=table.header_line, columns=found,
        )  # fmt: skip


def _zone(
    points: Points, timezone: str | None, neighborhoods: gpd.GeoDataFrame | None, table: Table, notes: Notes
) -> str:  # fmt: skip
    if timezone:
        try:
            pd.Timestamp(0, tz=timezone)
        except Exception as error:
            raise InputError(
                f"{timezone!r} names no time zone.",
                remedy="Give a name such as Asia/Shanghai.", key="time.unknown_zone", timezone=timezone,
            ) from error  # fmt: skip
        return timezone
    here = np.isfinite(points.lon)
    if neighborhoods is not None and len(neighborhoods):
        # The polygons are the place; points in a wrong system or order may lie anywhere.
        west, south, east, north = (neighborhoods.to_crs(4326) if neighborhoods.crs else neighborhoods).total_bounds
        lon, lat = (west + east) / 2, (south + north) / 2
    elif here.any():
        lon, lat = _median(points.lon[here]), _median(points.lat[here])
    else:
        raise InputError(
            f"{table.names[0]}: no row has a point, so the time zone of the place is unknown.",
            remedy="Say it with --timezone, such as --timezone Asia/Shanghai.", key="time.no_zone", file=table.names[0],
        )  # fmt: skip
    from tzfpy import get_tz

    zone = get_tz(lon, lat) or "Etc/UTC"
    if zone in ("Asia/Urumqi", "Asia/Kashgar"):
        zone = "Asia/Shanghai"  # offices in all of China keep Beijing time
    notes.add("time.zone_of_place", None, zone=zone)
    return zone


def _median(values: np.ndarray) -> float:
    """As numpy's, which looks for three places where one or two will do."""
    half = len(values) // 2
    parted = np.partition(values, half)
    return float(parted[half] if len(values) % 2 else (parted[:half].max() + parted[half]) / 2)


def _named_by(table: Table, column: str | None, places: PlaceSources) -> np.ndarray | None:
    """Which leaf each row names in the column that names neighborhoods; None where none does."""
    if column is None or places.names is None:
        return None
    named = places.names.resolve(table.columns[column].texts)
    leaf = [next(iter(one.leaves)) if len(one.leaves) == 1 else -1 for one in named]
    return table.columns[column].take(np.array(leaf, np.int32), -1)


def _status(table: Table, picked: Mapping[str, str], times: Moments) -> Coded:
    if "status" not in picked and "closed_at" in picked:
        return Coded(np.asarray(~pd.isna(times.closed)).astype(np.int8), ("open", "closed"))
    return meaning(table, picked, "status", headers.STATUS_WORDS)


def _counts(table: Table, mapping: ColumnMap, notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    """How many events each row stands for, and which rows stand for none."""
    n, picked = len(table), mapping.picked
    for guess in mapping.guesses:
        if guess.reason == "count_unread":
            column = table.columns[guess.source]
            notes.add("count.not_read", column.is_filled, column=column.name)
    if "count" not in picked:
        return np.ones(n, np.int64), np.zeros(n, bool)
    column = table.columns[picked["count"]]
    found = [re.match(r"\s*(\d{1,6})(?:\.0+)?(?!\d)", str(text)) for text in column.texts]
    values = np.array([int(match.group(1)) if match else -1 for match in found], dtype=np.int64)
    count = column.take(values, np.int64(-1))
    notes.add("count.unreadable", count < 0, column=column.name)
    notes.add("count.several", count > 1, column=column.name)
    return np.where(count < 0, 1, count), count == 0


def _severity(table: Table, picked: Mapping[str, str], harm: np.ndarray, notes: Notes) -> np.ndarray:
    if "severity" not in picked:
        return harm
    column = table.columns[picked["severity"]]
    given = column.spread(numbers(column.to_read), np.nan)
    good = given >= 0
    notes.add("severity.from_source", good, column=column.name)
    notes.add("severity.unreadable", ~good & column.is_filled, column=column.name)
    return np.where(good, given, harm)


def _reasons(times: Moments, refused: np.ndarray, no_count: np.ndarray) -> np.ndarray:
    """Why each row is rejected, by its number in `REASONS`."""
    reasons = np.zeros(len(refused), np.int8)
    reasons[no_count] = NO_COUNT
    reasons[np.isnat(times.clock)] = NO_TIME
    reasons[refused] = REFUSED
    return reasons


def _note_rejects(reasons: np.ndarray, notes: Notes) -> None:
    for number in (REFUSED, NO_TIME, NO_COUNT):
        notes.add(REASONS[number], reasons == number)


def _nothing_kept(table: Table, picked: Mapping[str, str], reasons: np.ndarray) -> InputError:
    name = table.names[int(table.files[0])]
    if (reasons == REFUSED).any():
        return InputError(
            f"{name}: line {table.lines[0]}: every row names a subject that this program refuses to hold.",
            remedy="Places are mapped here, never opinions, beliefs or persons.",
            key="read.all_refused", file=name, line=int(table.lines[0]),
        )  # fmt: skip
    source = next((picked[c] for c in ("event_start", "date", "year") if c in picked), "")
    column = table.columns[source]
    value = next((mask(text)[:40] for text in column.first(1)), "")
    return InputError(
        f"{name}: line {table.lines[0]}: {value!r} in column {source!r} is no date, nor is any of {len(table)} rows.",
        remedy="Write dates as 2026-03-01 or 2026-03-01 14:05, or say with --columns which column holds them.",
        key="read.no_time", file=name, line=int(table.lines[0]), column=source, value=value, n=len(table),
    )  # fmt: skip


def _repairs(points: Points, times: Moments) -> Coded:
    """What was mended in each row: the words of its repairs, first those of its place, in a fixed order."""
    masks = {**points.mended, "clock_moved": times.moved, "end_dropped": times.end_dropped}
    order = [*REPAIRS, *sorted(set(masks) - set(REPAIRS))]
    done = [(word, masks[word]) for word in order if word in masks and masks[word].any()]
    codes: np.ndarray = np.zeros(len(points.lon), np.int8 if len(done) < 7 else np.int32)
    for bit, (_, mended) in enumerate(done):
        codes = codes | (mended.astype(codes.dtype) << bit)
    words = [
        " ".join(word for bit, (word, _) in enumerate(done) if mends >> bit & 1) for mends in range(1 << len(done))
    ]
    return Coded(codes, words)


def _source_texts(table: Table, picked: Mapping[str, str], rows: np.ndarray | slice) -> pd.Categorical:
    """Category texts of the source, masked; those that hardly repeat are not kept."""
    if "category" not in picked:
        return nothing(len(table)).categorical(rows)
    column = table.columns[picked["category"]]
    counts = np.bincount(column.codes[rows] + 1, minlength=len(column.texts) + 1)[1:]
    texts = [mask(str(text)) if often else None for text, often in zip(column.texts, counts >= REPEATS, strict=True)]
    return Coded(column.codes, texts).categorical(rows)


def _rejects(table: Table, mapping: ColumnMap, reasons: np.ndarray) -> pd.DataFrame:
    """The rejected rows with file, line, reason and their cells, masked where they may be personal."""
    rows = np.flatnonzero(reasons != KEPT)
    names = np.array(table.names, dtype=object)
    why = np.array(REASONS, dtype=object)[reasons[rows]]
    frame = {"source": names[table.files[rows]], "source_row": table.lines[rows], "reason": why}
    for guess in mapping.guesses:
        column = table.columns[guess.source]
        hidden = guess.refused or guess.canonical is None or guess.canonical in PLACE_COLUMNS
        cells = [MASK if hidden and text else mask(text) for text in map(column.cell, rows.tolist())]
        frame[guess.source] = np.array(cells, dtype=object)
    if table.broken:
        extra = pd.DataFrame(
            {"source": table.names[0], "source_row": [line for line, _ in table.broken], "reason": "row.cells"}
        )
        return pd.concat([pd.DataFrame(frame), extra], ignore_index=True).fillna("")
    return pd.DataFrame(frame)


def with_area(mapping: ColumnMap, column: str | None) -> ColumnMap:
    """The mapping with the column that names the neighborhood, once it is known."""
    if column is None or mapping.picked.get("neighborhood") == column:
        return mapping
    guesses = [
        replace(g, canonical="neighborhood", reason="area_matched") if g.source == column else g
        for g in mapping.guesses
    ]
    return replace(mapping, guesses=guesses)
