"""
Public holidays of a place: which days are none of the usual ones, and of which kind?

From the calendars of the `holidays` package, which knows them without the net, lunar ones and China's yearly swaps of
workdays included. Which calendar a place keeps is a setting; nothing is guessed.
"""

import datetime as dt
import re
from itertools import pairwise
from typing import Any

import pandas as pd

from geo.errors import InputError

# A break of so many days off in a row is a time of its own, as long as it lasts: Spring Festival, a golden week.
BREAK_DAYS = 5
LEAST_NAMED = 3
WEEK, DAY, EVE, WORKED = "week", "day", "eve", "worked"
COLUMNS = ["day", "run", "kind", "group"]


def special_days(calendar: str, first: dt.date, last: dt.date) -> pd.DataFrame:
    """
    List the days that are off, the day before each, and rest days that are worked.

    Parameters
    ----------
    calendar : str
        A country ("CN", "US", "TW"), or one with its part ("US-PA", "GB-ENG"), by ISO 3166.
    first, last : date
        Both included; breaks that reach over an end are known whole.

    Returns
    -------
    DataFrame
        One row a day, in order: `day` (midnight, no zone), `run` (days of the same break share it), `kind` (a name that
        comes again every year), `group` ("week": one day of a break of five days or more; "day": single days off;
        "eve": the day before either; "worked": a rest day that is worked in exchange).

    Raises
    ------
    InputError
        If no such calendar is known.
    """
    table = _calendar(calendar, range(first.year - 1, last.year + 2))
    worked = set(getattr(table, "weekend_workdays", ()))
    listed = {day: text for day, text in table.items() if day not in worked}
    rows: list[tuple[dt.date, int, str, str]] = [(day, -1, WORKED, WORKED) for day in worked]
    taken = set(listed) | worked
    for number, run in enumerate(_runs(listed, table.weekend, worked)):
        days = [day for day in run if day in listed]
        if len(run) >= BREAK_DAYS and len(days) >= LEAST_NAMED:
            name, begins = _of_break([(day, _name(listed[day])) for day in days])
            rows += [(day, 2 * number, f"{WEEK} {name}", WEEK) for day in run if day >= begins or day in taken]
            rows = [row for row in rows if row[0] != begins - dt.timedelta(days=1)]
            rows.append((begins - dt.timedelta(days=1), 2 * number + 1, f"{EVE} {name}", EVE))
            continue
        own = _own_names({day: listed[day] for day in days})
        rows += [(day, 2 * number, f"{DAY} {own[day]}", DAY) for day in days]
        before = days[0] - dt.timedelta(days=1)
        if before not in taken:
            rows.append((before, 2 * number + 1, f"{EVE} {own[days[0]]}", EVE))
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"day": "datetime64[ns]"})
    frame = frame[frame["day"].between(pd.Timestamp(first), pd.Timestamp(last))]
    return frame.drop_duplicates("day").sort_values("day", kind="stable").reset_index(drop=True)


def _calendar(calendar: str, years: range) -> Any:
    # The package takes a tenth of a second to load: only where a calendar is set.
    import holidays

    country, _, part = calendar.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError as error:
        raise InputError(
            f"No calendar of holidays is known for {calendar!r}.",
            remedy='Write a country ("CN", "US"), or a country and its part ("US-PA"), by ISO 3166; "" for none.',
            key="holidays.unknown_calendar",
            calendar=calendar,
        ) from error


def _of_break(days: list[tuple[dt.date, str]]) -> tuple[str, dt.date]:
    """What a long break is called, by the name most of its days bear, and its first day: its eve may be off as well."""
    names = [name for _, name in days if name]
    name = max(sorted(set(names)), key=names.count) if names else ""
    first = next(day for day, own in days if own == name)
    return name, first if (first - days[0][0]).days <= 1 else days[0][0]


def _own_names(days: dict[dt.date, str]) -> dict[dt.date, str]:
    """Names of single days off: of those that bear the same, the shortest text is the day itself, others lie beside."""
    own: dict[dt.date, str] = {}
    for name in sorted({_name(text) for text in days.values()} - {""}):
        same = [day for day, text in days.items() if _name(text) == name]
        own[min(same, key=lambda day: (len(days[day]), day))] = name
    return {day: own.get(day, "beside") for day in days}


def _name(text: str) -> str:
    """The name by which a day comes again; none where it only stands in for another, which names that one's date."""
    first = sorted(text.split("; "))[0]
    return "" if re.search(r"\d", first) else re.sub(r"\s*[(（].*$", "", first)


def _runs(listed: dict[dt.date, str], weekend: set[int], worked: set[dt.date]) -> list[list[dt.date]]:
    """Days off in a row, with the rest days between and beside them; each holds one holiday at least."""
    off = set(listed)
    for day in listed:
        for step in (-1, 1):
            beside = day + dt.timedelta(days=step)
            while beside.weekday() in weekend and beside not in worked and beside not in off:
                off.add(beside)
                beside += dt.timedelta(days=step)
    ordered = sorted(off)
    runs = [ordered[:1]] if ordered else []
    for before, day in pairwise(ordered):
        if (day - before).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
