"""The time columns of a table → when each event began and ended, in the zone of the place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from geo.beside_times import compare, compare_hour
from geo.clocks import in_zone, midnights, to_local, to_utc
from geo.columns import ColumnMap, numbers
from geo.report import Notes
from geo.tables import Table, TextColumn
from geo.times import DAY, DAY_ONLY, MOMENT, NAT, NOTHING, Parsed, demoted, month_end, parse_times
from geo.times_of_day import parse_clock

# Zones where month/day/year is the custom.
MONTH_FIRST = {
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix",
    "America/Detroit", "America/Boise", "America/Anchorage", "America/Juneau", "America/Puerto_Rico",
    "Pacific/Honolulu", "Pacific/Guam", "Asia/Manila",
}  # fmt: skip
# Zones where year/month/day is the custom, with two digits a year too.
YEAR_FIRST = {"Asia/Shanghai", "Asia/Taipei", "Asia/Tokyo", "Asia/Seoul", "Asia/Ulaanbaatar", "Europe/Budapest"}


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
    clock: np.ndarray  # the begin on the local clock, datetime64[s]
    in_order: np.ndarray  # the same without what is none, from the first to the last


def clean_times(table: Table, mapping: ColumnMap, zone: str, notes: Notes) -> Moments:
    """Read begin, end, reported and closed times of every row; what could not be read or was mended is noted."""
    picked = mapping.picked
    n = len(table)
    local = _Local(zone, n, _month_first(table, picked, zone), table.epoch_1904)
    if mapping.own:
        return _exact_times(table, picked, local, notes)
    begin = _role(table, picked, ("event_start", "date", "time", "time_band"), local, notes, with_parts=True)
    if "date" in mapping.extra:
        compare(table, mapping.extra, begin.start, notes)
    if "hour" in mapping.extra:
        compare_hour(table.columns[mapping.extra["hour"]], begin.start, begin.kind, notes)
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
    first = local.zoned(start, begin.utc)
    last_utc = None if begin.utc is None else begin.utc if end is start else np.where(end == start, begin.utc, NAT)
    in_order = _in_order(start)
    moments = Moments(
        first, first.copy(deep=True) if end is start else local.zoned(end, last_utc),
        local.zoned(reported.start, reported.utc), local.zoned(closed.start, closed.utc),
        local.moved.copy(), dropped, start, in_order,
    )  # fmt: skip
    if "closed_at" in picked:
        both = ~pd.isna(moments.closed) & ~pd.isna(moments.start)
        notes.add("time.closed_before", both & np.asarray(moments.closed < moments.start))
    notes.add("time.dst_gap", local.moved & ~unread)
    notes.add("time.dst_fold", local.folded & ~unread)
    note_range(in_order, start, notes)
    note_gaps(in_order, begin.kind, notes)
    if mapping.reported_start and "reported_at" not in picked:
        moments.reported = moments.start.copy(deep=True)
    return moments


def _exact_times(table: Table, picked: Mapping[str, str], local: "_Local", notes: Notes) -> Moments:
    """The times of our own export: instants as they were written, an end excluded, a midnight nothing but itself."""

    def read(name: str) -> tuple[pd.DatetimeIndex, np.ndarray]:
        none = np.full(len(table), NAT)
        if name not in picked:
            return local.zoned(none), none
        column = table.columns[picked[name]]
        parsed = parse_times(column.to_read)
        _note_unread(column, parsed, notes)
        clock = np.where(parsed.zoned, local.to_local(np.where(parsed.zoned, parsed.start, NAT)), parsed.start)
        utc = column.spread(np.where(parsed.zoned, parsed.start, NAT), NAT)
        return local.zoned(column.spread(clock, NAT), utc if parsed.zoned.any() else None), column.spread(clock, NAT)

    start, clock = read("event_start")
    end, _ = read("event_end")
    dropped = np.asarray(end < start)
    notes.add("time.end_before_start", dropped)
    end = end.where(~(dropped | pd.isna(end)), start)
    in_order = _in_order(clock)
    note_range(in_order, clock, notes)
    return Moments(
        start, end, read("reported_at")[0], read("closed_at")[0], local.moved.copy(), dropped, clock, in_order
    )


def _in_order(start: np.ndarray) -> np.ndarray:
    """The times from the first to the last, without those that are none."""
    ordered = np.sort(start.view(np.int64))
    return ordered[np.searchsorted(ordered, np.iinfo(np.int64).min, side="right") :].view("M8[s]")


def note_range(in_order: np.ndarray, start: np.ndarray, notes: Notes) -> None:
    """Note times far outside the rest: kept, but moving nothing. The file's own quartiles judge, not today."""
    if len(in_order) < 4:
        return
    low, high = usual_range(in_order)
    if in_order[-1] > high:
        notes.add("time.far_future", start > high, latest=str(in_order[-1])[:10])
    if in_order[0] < low:
        notes.add("time.far_past", start < low, earliest=str(in_order[0])[:10])


def usual_range(in_order: np.ndarray) -> tuple[np.datetime64, np.datetime64]:
    """From when to when nearly all ordered times lie: five interquartile ranges and a year beyond the quartiles."""
    low, high = _quantile(in_order, 0.25), _quantile(in_order, 0.75)
    reach = 5 * (high - low) + 366 * DAY
    return np.datetime64(int(low - reach), "s"), np.datetime64(int(high + reach), "s")


def _quantile(in_order: np.ndarray, share: float) -> float:
    """A quantile of ordered times, in seconds; between two of them in proportion."""
    place = share * (len(in_order) - 1)
    below = int(place)
    low = float(in_order[below].astype(np.int64))
    high = float(in_order[min(below + 1, len(in_order) - 1)].astype(np.int64))
    part = place - below
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)


def note_gaps(in_order: np.ndarray, kind: np.ndarray, notes: Notes) -> None:
    """Note months, and days where there are many a day, that hold nothing between others that do: missing, not zero."""
    if len(in_order) < 100:
        return
    low, high = (np.datetime64(int(_quantile(in_order, share)), "s") for share in (0.01, 0.99))
    few = np.searchsorted(in_order, low, side="left"), np.searchsorted(in_order, high, side="right")
    for unit, code, least in (("M", "time.months_missing", 20), ("D", "time.days_missing", 20)):
        if unit == "D" and (kind == DAY_ONLY).sum() + (kind == MOMENT).sum() < 0.9 * len(kind):
            continue
        first, last = in_order[few[0]].astype(f"M8[{unit}]"), in_order[few[1] - 1].astype(f"M8[{unit}]")
        edges = np.arange(first, last + 2).astype("M8[s]")
        counts = np.diff(np.clip(np.searchsorted(in_order, edges), *few))
        full = np.flatnonzero(counts > 0)
        empty = np.flatnonzero(counts == 0)
        usual = np.median(counts[full])
        # Only between neighbors that hold what is usual: the thin beginning of a series has empty months by nature.
        before, after = (full[np.clip(np.searchsorted(full, empty) + step, 0, len(full) - 1)] for step in (-1, 0))
        empty = empty[np.minimum(counts[before], counts[after]) >= 0.3 * usual]
        if len(empty) and usual >= least:
            missing = [str(first + int(i)) for i in empty]
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
        return to_local(utc, self.zone)

    def zoned(self, clock: np.ndarray, utc: np.ndarray | None = None) -> pd.DatetimeIndex:
        """Local clock times with their zone; skipped ones move forward, of those that came twice the first is meant."""
        if utc is not None:
            known = ~np.isnat(utc)
            rest = np.flatnonzero(~known & ~np.isnat(clock))
            if len(rest):
                utc = np.where(known, utc, self._to_utc(np.where(known, NAT, clock)))
            return in_zone(utc, self.zone)
        return in_zone(self._to_utc(clock), self.zone)

    def _to_utc(self, clock: np.ndarray) -> np.ndarray:
        found = to_utc(clock, self.zone)
        self.moved[found.moved] = True
        self.folded[found.folded] = True
        return found.utc


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
    counts = column.weights()
    parsed = parse_times(
        column.to_read,
        numbers=True,
        weights=counts,
        month_first=local.month_first,
        epoch_1904=local.epoch_1904,
        year_first=local.zone in YEAR_FIRST,
    )
    parsed = demoted(parsed, counts)
    moments = parsed.start
    zoned = parsed.zoned & (parsed.kind != NOTHING)
    if zoned.any():
        notes.add("time.zone_converted", column.spread(zoned, False), column=column.name, zone=local.zone)
        # Days that an export wrote as moments in UTC are midnights here, once they are local again.
        parsed = demoted(_local_again(parsed, zoned, local), counts)
        zoned = zoned & (parsed.kind == MOMENT)
    if parsed.order in ("yymd", "dmy", "mdy", "roc", "epoch", "excel"):
        code = f"time.order_{parsed.order}" + ("" if parsed.certain else "_guessed")
        facts = {"column": column.name, "against": parsed.against, "value": _deciding(column, parsed)}
        notes.add(code, column.spread(parsed.kind > 0, False), **facts)
    if parsed.dotted:
        notes.add("time.dotted", column.spread(parsed.kind > 0, False), column=column.name)
    _note_unread(column, parsed, notes)
    utc = None
    if zoned.any():
        utc = column.spread(moments if zoned.all() else np.where(zoned, moments, NAT), NAT)
    start = column.spread(parsed.start, NAT)
    end = start if parsed.end is parsed.start else column.spread(parsed.end, NAT)
    return Clock(start, end, column.spread(parsed.kind, np.int8(0)), utc)


def _local_again(parsed: Parsed, zoned: np.ndarray, local: _Local) -> Parsed:
    """What was read with a zone on the local clock."""
    if zoned.all():
        start = local.to_local(parsed.start)
        end = start if parsed.end is parsed.start else local.to_local(parsed.end)
    else:
        start, end = parsed.start.copy(), parsed.end.copy()
        start[zoned], end[zoned] = local.to_local(start[zoned]), local.to_local(end[zoned])
    none = np.zeros(len(start), bool)
    return replace(parsed, start=start, end=end, zoned=none)


def _note_unread(column: TextColumn, parsed: Parsed, notes: Notes) -> None:
    unread = parsed.kind == NOTHING
    if unread.any():
        value = str(column.to_read[int(np.flatnonzero(unread)[0])].as_py())[:40]
        notes.add("time.unreadable", column.spread(unread, False), column=column.name, value=value)


def _add_clock(times: Clock, column: TextColumn, notes: Notes) -> None:
    """Put times of day on the rows that have only a day; rows without one keep the whole day."""
    first, last, reading = parse_clock(column.read_texts())
    begin, stop = column.spread(first, np.nan), column.spread(last, np.nan)
    days = times.kind == DAY_ONLY
    good = days & ~np.isnan(begin)
    notes.add("time.no_clock", days & np.isnan(begin) & ~column.is_filled, column=column.name)
    unread = days & np.isnan(begin) & column.is_filled
    if unread.any():
        value = column.cell(int(np.flatnonzero(unread)[0]))[:40]
        notes.add("time.clock_unreadable", unread, column=column.name, value=value)
    day = midnights(times.start[good].view(np.int64))
    times.start[good] = (day + begin[good].astype(np.int64)).view("M8[s]")
    times.end[good] = (day + stop[good].astype(np.int64)).view("M8[s]")
    times.kind[good] = MOMENT
    if reading.startswith("band") or reading in ("hour", "dotted"):
        notes.add(f"time.{reading}", good, column=column.name)


def _parts(table: Table, picked: Mapping[str, str]) -> Clock:
    n = len(table)

    def part(name: str, default: float) -> np.ndarray:
        if name not in picked:
            return np.full(n, default)
        column = table.columns[picked[name]]
        return column.spread(numbers(column.to_read), np.nan)

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


def _deciding(column: TextColumn, parsed: Parsed) -> str:
    """A value whose day is above 12, so that no other order could read it; the first one where none is."""
    day = (parsed.start.astype("M8[D]") - parsed.start.astype("M8[M]")).astype("int64") + 1
    read = np.flatnonzero(parsed.kind > 0)
    clear = read[day[read] > 12]
    row = int((clear if len(clear) else read)[0]) if len(read) else -1
    return str(column.to_read[row].as_py())[:30] if row >= 0 else ""


def _note_kinds(begin: Clock, notes: Notes) -> None:
    for kind, code in ((DAY_ONLY, "time.days"), (3, "time.months"), (4, "time.years")):
        notes.add(code, begin.kind == kind)
