"""A local date and time, or an hour, beside the time that is read: how far they say the same."""

from collections.abc import Mapping

import numpy as np

from geo.report import Notes
from geo.tables import Table
from geo.text_columns import TextColumn
from geo.times import MOMENT, parse_times
from geo.times_of_day import DAY, parse_clock

NEVER = np.iinfo(np.int32).min
AGREES = 0.95  # of rows: a local clock beside a column with zone then says the same


def compare(table: Table, beside: Mapping[str, str], begin: np.ndarray, notes: Notes) -> None:
    """Say how well a local date and time agree with the converted moment beside them."""
    date, clock = table.columns[beside["date"]], table.columns[beside["time"]]
    days = _days(date, parse_times(date.to_read, numbers=True).start)
    ticks = _whole(clock, parse_clock(clock.read_texts())[0])
    start = begin.view(np.int64)
    day, tick = _day_and_second(start)
    known = (days > NEVER) & (ticks > NEVER) & (start != np.iinfo(np.int64).min)
    if not known.any():
        return
    near = (days == day) & (ticks == tick)
    # Nearly all rows say the very same; of the others some differ by less than a minute, perhaps across midnight.
    rest = np.flatnonzero(known & ~near)
    near[rest] = np.abs((day[rest].astype(np.int64) - days[rest]) * DAY + tick[rest] - ticks[rest]) < 60
    same = near if bool(known.all()) else near[known]
    differs = known & ~near
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


def compare_hour(column: TextColumn, begin: np.ndarray, kind: np.ndarray, notes: Notes) -> None:
    """Say in how many rows a column of hours, which was not used, says another hour than the time that was."""
    hour = _whole(column, parse_clock(column.read_texts())[0] // 3600)
    moments = (kind == MOMENT) & ~np.isnat(begin)
    blank = hour == NEVER
    differs = moments & ~blank & (hour != _day_and_second(begin.view(np.int64))[1] // 3600)
    notes.add("time.hour_differs", differs, column=column.name, blank=int(np.count_nonzero(moments & blank)))


def _day_and_second(start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The day since 1970 and the second of the day, in half the memory that times take; NaT gives anything."""
    day = start // DAY
    return day.astype(np.int32), (start - day * DAY).astype(np.int32)


def _days(column: TextColumn, start: np.ndarray) -> np.ndarray:
    """The day since 1970 that each row's text begins with, `NEVER` where it has none."""
    day = np.where(np.isnat(start), NEVER, start.view(np.int64) // DAY).astype(np.int32)
    return column.spread(day, NEVER)


def _whole(column: TextColumn, values: np.ndarray) -> np.ndarray:
    """Whole numbers a row, `NEVER` where there is none."""
    return column.spread(np.where(np.isnan(values), NEVER, np.nan_to_num(values)).astype(np.int32), NEVER)
