"""
How a published figure, a season, a week and a name are said on the deck, and on anything else the public is handed.

A figure has three ways of being said: its value rounded to 5, "0–4" for fewer, or that it is not shown on its own.
"""

import datetime as dt
import math
from collections.abc import Sequence

from geo.community_types import SeasonLine
from geo.release_types import Figure, Period, PublicArea
from geo.taxonomy import Taxonomy
from views.i18n import Translator

SEASONS = {3: "spring", 6: "summer", 9: "autumn", 12: "winter"}


def figure_words(figure: Figure, t: Translator) -> str:
    """One published figure: "25", "0–4", or that it is not shown on its own."""
    if figure.status == "shown" and figure.value is not None:
        return f"{figure.value:,}"
    if figure.status == "small" and figure.below is not None:
        return t("deck.small", most=figure.below - 1)
    return t("deck.withheld")


def range_words(line: SeasonLine, t: Translator) -> str:
    """The range a season's sum lies in; one number where both ends are the same; else that it is not shown."""
    if line.low is None or line.high is None:
        return t("deck.withheld")
    return f"{line.low:,}" if line.low == line.high else f"{line.low:,}–{line.high:,}"


def status_of(line: SeasonLine) -> str:
    """How a line's sum is drawn: `shown`, `small` (zero is possible), or `withheld`."""
    if line.low is None or line.high is None:
        return "withheld"
    return "small" if line.low == 0 else "shown"


def line_name(line: SeasonLine | Figure, taxonomy: Taxonomy, t: Translator) -> str:
    """What a line counts: its group by name, else its layer."""
    return t(f"page.layer.{line.layer}") if line.group is None else taxonomy[line.group].name(t.language)


def area_name(area: PublicArea, t: Translator) -> str:
    """The area's own name; in English its English one where there is one; its key where it has none."""
    return (area.name_en if t.language == "en" and area.name_en else area.name) or area.name_en or area.area_id


def is_month(period: Period) -> bool:
    """Whether the period is a calendar month."""
    return period.start.day == 1 and "+" not in period.key


def period_words(period: Period, t: Translator, *, year: bool = False) -> str:
    """A period in short, over a column: "9 月", "Sep", or the day it begins on; with its year where asked."""
    if not is_month(period):
        return t("deck.period.from", day=day_words(period.start, t, year=year))
    month = months(t)[period.start.month - 1]
    return t("deck.period.month", month=month, year=period.start.year) if year else month


def season_words(season: Sequence[Period], t: Translator) -> str:
    """The season by name and months, or by its first and last day."""
    if not season:
        return t("deck.season.none")
    first, last = season[0], season[-1]
    if not all(map(is_month, season)):
        end = last.end - dt.timedelta(days=1)
        return t("deck.season.days", first=day_words(first.start, t, year=True), last=day_words(end, t, year=True))
    if len(season) == 1:
        return period_words(first, t, year=True)
    names = months(t)
    from_month, to_month = names[first.start.month - 1], names[last.start.month - 1]
    name = SEASONS.get(first.start.month) if len(season) == 3 else None
    if name:
        facts = {"year": first.start.year, "first": from_month, "last": to_month}
        return t("deck.season.named", name=t(f"deck.season.{name}"), **facts)
    if first.start.year == last.start.year:
        return t("deck.season.months", first=from_month, last=to_month, year=first.start.year)
    ends = (period_words(period, t, year=True) for period in (first, last))
    return t("deck.season.years", first=next(ends), last=next(ends))


def day_words(day: dt.date, t: Translator, *, year: bool = False) -> str:
    """A day: "11 月 23 日", "23 Nov"; with its year where asked."""
    facts = {"day": day.day, "month": months(t)[day.month - 1], "year": day.year}
    return t("deck.day.year", **facts) if year else t("deck.day", **facts)


def week_words(monday: dt.date, t: Translator) -> str:
    """A week by its first day."""
    return t("deck.week", day=day_words(monday, t))


def in_words(prefixes: Sequence[str], key: str, t: Translator) -> str:
    """The text of a key under the first prefix that has it; else what stands for a reason without words."""
    return next((t(f"{prefix}.{key}") for prefix in prefixes if f"{prefix}.{key}" in t), t("deck.no_words"))


def question_words(key: str, t: Translator) -> str:
    """A poll's question."""
    return in_words(("meeting.question",), key, t)


def good_words(key: str, t: Translator) -> str:
    """What a good answer to the question says, for the head of its shares."""
    return in_words(("meeting.good",), key, t)


def option_words(question: str, option: str, t: Translator) -> str:
    """An answer to choose."""
    return in_words((f"meeting.option.{question}", "meeting.option"), option, t)


def lines_of(text: str, width: float) -> int:
    """About how many lines a text takes where `width` signs as wide as high stand in one; Latin ones take half."""
    wide = sum(1.0 if ord(sign) > 0x2E80 else 0.54 for sign in text)
    # Words that do not fit leave room at the end of a line.
    return max(1, math.ceil(wide / width + 0.08))


def months(t: Translator) -> list[str]:
    """The twelve months in short, from January."""
    return t("deck.months").split(",")
