"""The time columns of a table → when each event began and ended, in the zone of the place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.columns import ColumnMap, numbers
from geo.report import Notes
from geo.tables import Table, TextColumn
from geo.times import DAY, DAY_ONLY, MOMENT, NAT, NOTHING, Parsed, demoted, month_end, parse_clock, parse_times

# Zones where month/day/year is the custom.
MONTH_FIRST = {
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix",
    "America/Detroit", "America/Boise", "America/Anchorage", "America/Juneau", "America/Puerto_Rico",
    "Pacific/Honolulu", "Pacific/Guam", "Asia/Manila",
}  # fmt: skip
AGREES = 0.95  # of rows: a local clock beside a column with zone then says the same


@dataclass(eq=False)
class Clock:
    """Times of one role as datetime64[s] on the local clock, NaT where unreadable; `utc` where a zone was written."""

    start: np.ndarray
    end: np.ndarray
    kind: np.ndarray
    utc: np.ndarray | None = None


@dataclass(eq=False)
class Moments:
    """Times in the zone of the place; `start` is NaT where the row has no readable time."""

    start: pd.DatetimeIndex
    end: pd.DatetimeIndex
    reported: pd.DatetimeIndex
    closed: pd.DatetimeIndex
    moved: np.ndarray  # rows whose clock did not exist, since clocks were set forward
    end_dropped: np.ndarray


def clean_times(table: Table, mapping: ColumnMap, zone: str, notes: Notes) -> Moments:
    """Read begin, end, reported and closed times of every row; what could not be read or was mended is noted."""
    picked = mapping.picked
    n = len(table)
    local = _Local(zone, n, _month_first(table, picked, zone), table.epoch_1904)
    if mapping.own:
        return _exact_times(table, picked, local, notes)
    begin = _role(table, picked, ("event_start", "date", "time", "time_band"), local, notes, with_parts=True)
    if "date" in mapping.extra:
        _compare(table, mapping.extra, begin, notes)
    if "hour" in mapping.extra:
        _compare_hour(table.columns[mapping.extra["hour"]], begin, notes)
    unread = begin.kind == NOTHING
    start, end = begin.start, begin.end
    dropped = np.zeros(n, bool)
    if {"event_end", "date_end"} & set(picked) or "time_end" in picked:
        last = _end_role(table, picked, begin, local, notes)
        known = ~np.isnat(last.end)
        dropped = known & (last.end < start)
        notes.add("time.end_before_start", dropped)
        end = np.where(known & ~dropped, np.maximum(last.end, start), end)
    reported = _role(table, picked, ("reported_at", "reported_date", "reported_time", ""), local, notes)
    closed = _role(table, picked, ("closed_at", "", "", ""), local, notes)
    _note_kinds(begin, notes)
    moments = Moments(
        local.zoned(start, begin.utc), local.zoned(end, _same_moments(begin, end)),
        local.zoned(reported.start, reported.utc),
        local.zoned(closed.start, closed.utc), local.moved.copy(), dropped,
    )  # fmt: skip
    both = ~pd.isna(moments.closed) & ~pd.isna(moments.start)
    notes.add("time.closed_before", both & np.asarray(moments.closed < moments.start))
    notes.add("time.dst_gap", local.moved & ~unread)
    notes.add("time.dst_fold", local.folded & ~unread)
    note_range(start, notes)
    note_gaps(start, begin.kind, notes)
    if mapping.reported_start and "reported_at" not in picked:
        moments.reported = moments.start
    return moments


def _exact_times(table: Table, picked: Mapping[str, str], local: "_Local", notes: Notes) -> Moments:
    """The times of our own export: instants as they were written, an end excluded, a midnight nothing but itself."""

    def read(name: str) -> tuple[pd.DatetimeIndex, np.ndarray]:
        none = np.full(len(table), NAT)
        if name not in picked:
            return local.zoned(none), none
        column = table.columns[picked[name]]
        parsed = parse_times(column.values)
        unread = column.take(parsed.kind == NOTHING, False)
        if unread.any():
            value = str(column.texts[np.flatnonzero(parsed.kind == NOTHING)[0]])[:40]
            notes.add("time.unreadable", unread, column=column.name, value=value)
        clock = np.where(parsed.zoned, local.to_local(np.where(parsed.zoned, parsed.start, NAT)), parsed.start)
        utc = column.take(np.where(parsed.zoned, parsed.start, NAT), NAT)
        return local.zoned(column.take(clock, NAT), utc if parsed.zoned.any() else None), column.take(clock, NAT)

    start, clock = read("event_start")
    end, _ = read("event_end")
    dropped = np.asarray(end < start)
    notes.add("time.end_before_start", dropped)
    end = end.where(~(dropped | pd.isna(end)), start)
    note_range(clock, notes)
    return Moments(start, end, read("reported_at")[0], read("closed_at")[0], local.moved.copy(), dropped)


def note_range(start: np.ndarray, notes: Notes) -> None:
    """Note times far outside the rest: kept, but moving nothing. The file's own quartiles judge, not today."""
    known = ~np.isnat(start)
    if known.sum() < 4:
        return
    low, high = usual_range(start)
    late, early = known & (start > high), known & (start < low)
    if late.any():
        notes.add("time.far_future", late, latest=str(start[late].max())[:10])
    if early.any():
        notes.add("time.far_past", early, earliest=str(start[early].min())[:10])


def usual_range(start: np.ndarray) -> tuple[np.datetime64, np.datetime64]:
    """From when to when nearly all times lie: five interquartile ranges and a year beyond the quartiles."""
    seconds = start[~np.isnat(start)].astype("int64").astype(float)
    low, high = np.quantile(seconds, (0.25, 0.75))
    reach = 5 * (high - low) + 366 * DAY
    return np.datetime64(int(low - reach), "s"), np.datetime64(int(high + reach), "s")


def note_gaps(start: np.ndarray, kind: np.ndarray, notes: Notes) -> None:
    """Note months, and days where there are many a day, that hold nothing between others that do: missing, not zero."""
    known = start[~np.isnat(start)]
    if len(known) < 100:
        return
    low, high = np.quantile(known.astype("int64"), (0.01, 0.99)).astype("int64").astype("M8[s]")
    for unit, code, least in (("M", "time.months_missing", 20), ("D", "time.days_missing", 20)):
        if unit == "D" and (kind == DAY_ONLY).sum() + (kind == MOMENT).sum() < 0.9 * len(start):
            continue
        bins = known[(known >= low) & (known <= high)].astype(f"M8[{unit}]")
        counts = np.bincount((bins - bins.min()).astype("int64"))
        full = np.flatnonzero(counts > 0)
        empty = np.flatnonzero(counts == 0)
        usual = np.median(counts[full])
        # Only between neighbors that hold what is usual: the thin beginning of a series has empty months by nature.
        before, after = (full[np.clip(np.searchsorted(full, empty) + step, 0, len(full) - 1)] for step in (-1, 0))
        empty = empty[np.minimum(counts[before], counts[after]) >= 0.3 * usual]
        if len(empty) and usual >= least:
            missing = [str(bins.min() + int(i)) for i in empty]
            shown = ", ".join(missing[:6]) + (" …" if len(missing) > 6 else "")
            notes.add(code, None, missing=shown, count=len(missing))


def _month_first(table: Table, picked: Mapping[str, str], zone: str) -> bool:
    """Whether months come first where a column cannot tell: as in other columns, else by custom of the place."""
    for canonical in ("event_start", "date", "reported_at", "reported_date", "event_end", "date_end", "closed_at"):
        if canonical in picked:
            parsed = parse_times(table.columns[picked[canonical]].sample(2000))
            if parsed.order in ("dmy", "mdy") and parsed.certain:
                return parsed.order == "mdy"
    return zone in MONTH_FIRST or zone.startswith(("America/Indiana/", "America/Kentucky/", "America/North_Dakota/"))


class _Local:
    """Keeps which rows fell into a changed clock while times are brought to the zone of the place."""

    def __init__(self, zone: str, n: int, month_first: bool, epoch_1904: bool = False) -> None:
        self.zone = zone
        self.month_first = month_first
        self.epoch_1904 = epoch_1904
        self.moved, self.folded = np.zeros(n, bool), np.zeros(n, bool)

    def to_local(self, utc: np.ndarray) -> np.ndarray:
        return pd.DatetimeIndex(utc, tz="UTC").tz_convert(self.zone).tz_localize(None).to_numpy().astype("M8[s]")

    def zoned(self, clock: np.ndarray, utc: np.ndarray | None = None) -> pd.DatetimeIndex:
        """Local clock times with their zone; skipped ones move forward, of those that came twice the first is meant."""
        if utc is not None:
            known = ~np.isnat(utc)
            if (~known & ~np.isnat(clock)).any():
                rest = self.zoned(np.where(known, NAT, clock)).tz_convert(None).to_numpy().astype("M8[s]")
                utc = np.where(known, utc, rest)
            return pd.DatetimeIndex(utc, tz="UTC").tz_convert(self.zone)
        distinct, inverse = np.unique(clock, return_inverse=True)
        index = pd.DatetimeIndex(distinct)
        summer = np.ones(len(index), bool)
        first = index.tz_localize(self.zone, ambiguous=summer, nonexistent="shift_forward")
        second = index.tz_localize(self.zone, ambiguous=~summer, nonexistent="shift_forward")
        valid = ~np.isnat(distinct)
        moved = valid & np.asarray(first.tz_localize(None) != index)
        folded = valid & np.asarray(first != second) & ~moved
        self.moved |= moved[inverse]
        self.folded |= folded[inverse]
        return first.take(inverse)


def _role(
    table: Table, picked: Mapping[str, str], names: tuple[str, str, str, str], local: _Local, notes: Notes, *,
    with_parts: bool = False,
) -> Clock:  # fmt: skip
    """The times of one role: a moment column, or a date with a clock or a band beside it, or year, month and day."""
    whole, date, clock, band = names
    n = len(table)
    if with_parts and "year" in picked:
        out = _parts(table, picked)
    elif whole in picked or date in picked:
        out = _column(table.columns[picked[whole if whole in picked else date]], local, notes)
    else:
        return Clock(np.full(n, NAT), np.full(n, NAT), np.zeros(n, np.int8))
    for name in (clock, band):
        if name in picked:
            _add_clock(out, table.columns[picked[name]], notes)
    return out


def _end_role(table: Table, picked: Mapping[str, str], begin: Clock, local: _Local, notes: Notes) -> Clock:
    if "event_end" not in picked and "date_end" not in picked:
        # Only a clock for the end: the same day, or the next where it is earlier.
        out = Clock(
            begin.start.astype("M8[D]").astype("M8[s]"),
            begin.end.copy(),
            np.where(begin.kind > 0, DAY_ONLY, 0).astype(np.int8),
        )
        _add_clock(out, table.columns[picked["time_end"]], notes)
        over = out.end < begin.start
        out.end[over] += np.timedelta64(DAY, "s")
        return out
    return _role(table, picked, ("event_end", "date_end", "time_end", ""), local, notes)


def _column(column: TextColumn, local: _Local, notes: Notes) -> Clock:
    counts = column.counts()
    parsed = parse_times(
        column.values, numbers=True, weights=counts, month_first=local.month_first, epoch_1904=local.epoch_1904
    )
    parsed = demoted(parsed, counts)
    start, end, moments = parsed.start, parsed.end, parsed.start
    zoned = parsed.zoned & (parsed.kind != NOTHING)
    if zoned.any():
        start, end = start.copy(), end.copy()
        start[zoned] = local.to_local(start[zoned])
        end[zoned] = local.to_local(end[zoned])
        notes.add("time.zone_converted", column.take(zoned, False), column=column.name, zone=local.zone)
        # Days that an export wrote as moments in UTC are midnights here, once they are local again.
        there = Parsed(
            start, end, parsed.kind, np.zeros(len(start), bool), parsed.order, parsed.certain, parsed.against
        )
        parsed = demoted(there, counts)
        start, end = parsed.start, parsed.end
        zoned = zoned & (parsed.kind == MOMENT)
    if parsed.order in ("dmy", "mdy", "roc", "epoch", "excel"):
        code = f"time.order_{parsed.order}" + ("" if parsed.certain else "_guessed")
        facts = {"column": column.name, "against": parsed.against, "value": _deciding(column, parsed)}
        notes.add(code, column.take(parsed.kind > 0, False), **facts)
    unread = column.take(parsed.kind == NOTHING, False)
    if unread.any():
        value = str(column.texts[np.flatnonzero(parsed.kind == NOTHING)[0]])[:40]
        notes.add("time.unreadable", unread, column=column.name, value=value)
    utc = None
    if zoned.any():
        utc = column.take(np.where(zoned, moments, NAT), NAT)
    return Clock(column.take(start, NAT), column.take(end, NAT), column.take(parsed.kind, np.int8(0)), utc)


def _same_moments(begin: Clock, end: np.ndarray) -> np.ndarray | None:
    """The UTC of ends that equal their begin: they share its zone, also where the clock came twice."""
    return None if begin.utc is None else np.where(end == begin.start, begin.utc, NAT)


def _add_clock(times: Clock, column: TextColumn, notes: Notes) -> None:
    """Put times of day on the rows that have only a day; rows without one keep the whole day."""
    first, last, reading = parse_clock(column.texts)
    begin, stop = column.take(first, np.nan), column.take(last, np.nan)
    days = times.kind == DAY_ONLY
    good = days & ~np.isnan(begin)
    notes.add("time.no_clock", days & np.isnan(begin) & (column.codes < 0), column=column.name)
    unread = days & np.isnan(begin) & (column.codes >= 0)
    if unread.any():
        value = str(column.texts[column.codes[np.flatnonzero(unread)[0]]])[:40]
        notes.add("time.clock_unreadable", unread, column=column.name, value=value)
    day = times.start[good].astype("M8[D]").astype("M8[s]")
    times.start[good] = day + begin[good].astype("m8[s]")
    times.end[good] = day + stop[good].astype("m8[s]")
    times.kind[good] = MOMENT
    if reading.startswith("band") or reading == "hour":
        notes.add(f"time.{reading}", good, column=column.name)


def _parts(table: Table, picked: Mapping[str, str]) -> Clock:
    n = len(table)

    def part(name: str, default: float) -> np.ndarray:
        if name not in picked:
            return np.full(n, default)
        column = table.columns[picked[name]]
        return column.take(numbers(column.values), np.nan)

    year, month, day = part("year", np.nan), part("month", 1), part("day", 1)
    year = np.where(year < 200, year + 1911, year)  # years of the Republic
    valid = (year >= 1850) & (year <= 2200) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    y, m, d = (np.where(valid, values, 1).astype("int64") for values in (year, month, day))
    months = (y - 1970).astype("M8[Y]").astype("M8[M]") + (m - 1)
    dates = months.astype("M8[D]") + (d - 1)
    valid &= dates.astype("M8[M]") == months
    start = np.where(valid, dates.astype("M8[s]"), NAT)
    if "day" in picked:
        return Clock(start, start + np.timedelta64(DAY, "s"), np.where(valid, DAY_ONLY, 0).astype(np.int8))
    if "month" in picked:
        return Clock(start, month_end(start), np.where(valid, 3, 0).astype(np.int8))
    return Clock(start, (start.astype("M8[Y]") + 1).astype("M8[s]"), np.where(valid, 4, 0).astype(np.int8))


def _compare(table: Table, beside: Mapping[str, str], begin: Clock, notes: Notes) -> None:
    """Say how well a local date and time agree with the converted moment beside them."""
    date, clock = table.columns[beside["date"]], table.columns[beside["time"]]
    day = date.take(parse_times(date.values, numbers=True).start, NAT)
    seconds = clock.take(parse_clock(clock.texts)[0], np.nan)
    both = ~np.isnat(day) & ~np.isnan(seconds) & ~np.isnat(begin.start)
    if not both.any():
        return
    local = day[both] + seconds[both].astype("m8[s]")
    same = np.abs((begin.start[both] - local).astype("int64")) < 60
    differs = np.zeros(len(table), bool)
    differs[np.flatnonzero(both)[~same]] = True
    share = float(same.mean())
    notes.add(
        "time.beside_agrees" if share >= AGREES else "time.beside_differs",
        None,
        date=date.name,
        time=clock.name,
        share=share,
    )
    if share >= AGREES:
        notes.add("time.beside_rows", differs, date=date.name, time=clock.name)


def _compare_hour(column: TextColumn, begin: Clock, notes: Notes) -> None:
    """Say in how many rows a column of hours, which was not used, says another hour than the time that was."""
    hour = column.take(parse_clock(column.texts)[0] // 3600, np.nan)
    moments = (begin.kind == MOMENT) & ~np.isnat(begin.start)
    said = (begin.start - begin.start.astype("M8[D]").astype("M8[s]")).astype("int64") // 3600
    differs = moments & ~np.isnan(hour) & (hour != said)
    notes.add("time.hour_differs", differs, column=column.name, blank=int((moments & np.isnan(hour)).sum()))


def _deciding(column: TextColumn, parsed: Parsed) -> str:
    """A value whose day is above 12, so that no other order could read it; the first one where none is."""
    day = (parsed.start.astype("M8[D]") - parsed.start.astype("M8[M]")).astype("int64") + 1
    read = np.flatnonzero(parsed.kind > 0)
    clear = read[day[read] > 12]
    return str(column.values[int((clear if len(clear) else read)[0])])[:30] if len(read) else ""


def _note_kinds(begin: Clock, notes: Notes) -> None:
    for kind, code in ((DAY_ONLY, "time.days"), (3, "time.months"), (4, "time.years")):
        notes.add(code, begin.kind == kind)
