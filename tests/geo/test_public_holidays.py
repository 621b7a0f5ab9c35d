"""Calendars of holidays: breaks, eves, single days, swaps of workdays; an unknown one gets a sentence."""

import datetime as dt

import pytest

from geo.errors import InputError
from geo.public_holidays import special_days


def listed(calendar: str, year: int) -> dict[str, tuple[str, str]]:
    frame = special_days(calendar, dt.date(year, 1, 1), dt.date(year, 12, 31))
    return {f"{row.day:%m-%d}": (row.group, row.kind.removeprefix(row.group).strip()) for row in frame.itertuples()}


def test_chinas_breaks_eves_and_swapped_workdays_of_2023():
    # State Council's notice for 2023: Spring Festival 21–27 January (28 and 29 worked), National Day 29 September to
    # 6 October (7 and 8 worked), Labor Day 29 April to 3 May (23 April and 6 May worked).
    days = listed("CN", 2023)
    assert days["01-21"][0] == "eve"
    assert {days[f"01-{day}"][0] for day in range(22, 28)} == {"week"}
    worked = {day for day, (group, _) in days.items() if group == "worked"}
    assert worked == {"01-28", "01-29", "04-23", "05-06", "06-25", "10-07", "10-08"}
    assert {days[day][0] for day in ("09-29", "09-30", "10-01", "10-06")} == {"week"}
    assert days["09-28"][0] == "eve"
    assert days["04-05"][0] == days["06-22"][0] == "day"
    assert days["04-05"][1] != days["06-22"][1]


def test_breaks_bear_the_same_name_every_year_and_days_off_in_a_row_one_run():
    break_of = {year: {k for g, k in listed("CN", year).values() if g == "week"} for year in (2019, 2023, 2024)}
    assert break_of[2023] == break_of[2024]
    frame = special_days("CN", dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    assert frame[frame["group"] == "week"]["run"].nunique() == 1


def test_single_days_have_names_of_their_own_and_stand_ins_none():
    days = listed("US-PA", 2023)
    assert days["11-23"] == ("day", "Thanksgiving Day")
    assert days["11-22"] == ("eve", "Thanksgiving Day")
    assert days["12-24"] == ("eve", "Christmas Day")
    # 1 January was a Sunday: the Monday after stands in for it.
    assert days["01-02"] == ("day", "beside")
    assert "02-21" not in days


def test_parts_of_countries_differ_and_unknown_calendars_get_a_sentence():
    assert "12-26" in listed("GB-ENG", 2023)
    assert listed("GB-SCT", 2023) != listed("GB-ENG", 2023)
    for wrong in ("XX", "US-XX", "china"):
        with pytest.raises(InputError) as caught:
            special_days(wrong, dt.date(2023, 1, 1), dt.date(2023, 2, 1))
        assert caught.value.key == "holidays.unknown_calendar"
