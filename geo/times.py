"""Texts of dates and times → moments or spans. The format is decided per column by evidence, and said; nothing is guessed by row."""

# ruff: noqa: E501  (the patterns of formats read better in long lines)
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.fixed_times import FIRST_YEAR, LAST_YEAR, NAT, fixed_times
from geo.times_of_day import CLOCK, DAY, DOTTED, fields_of, fits, holds, seconds_of_day

# Kinds of one value: what it fixes.
NOTHING, MOMENT, DAY_ONLY, MONTH_ONLY, YEAR_ONLY = 0, 1, 2, 3, 4
KIND_NAMES = {MOMENT: "moment", DAY_ONLY: "day", MONTH_ONLY: "month", YEAR_ONLY: "year"}

_TAIL = rf"(?:[T\s,，]*{CLOCK})?$"
_WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,?\s+)?"
_MONTHS = {
    name: i
    for i, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}

_YMD = rf"^(?P<y>\d{{4}})\s*[-/.年]\s*(?P<m>\d{{1,2}})\s*[-/.月]\s*(?P<d>\d{{1,2}})[日号號]?(?:\s*[(（]?(?:星期|周|週)[一二三四五六日天][)）]?)?{_TAIL}"
_ROC_MARK = (
    rf"^(?:中華民國|民國|民国)\s*(?P<y>\d{{1,3}})\s*[-/.年]\s*(?P<m>\d{{1,2}})\s*[-/.月]\s*(?P<d>\d{{1,2}})日?{_TAIL}"
)
_XXX = rf"^(?P<a>\d{{1,3}})\s*[-/.年]\s*(?P<b>\d{{1,2}})\s*[-/.月]\s*(?P<c>\d{{4}}|\d{{1,2}})日?{_TAIL}"
_DMY_NAMED = rf"^{_WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[-\s/.]+(?P<n>[A-Za-z]{{3,9}})\.?[-\s,/.]+(?P<y>\d{{4}}|\d{{2}}){_TAIL}"
_MDY_NAMED = rf"^{_WEEKDAY}(?P<n>[A-Za-z]{{3,9}})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){_TAIL}"
_YM = r"^(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})月?$"
_MY_NAMED = r"^(?P<n>[A-Za-z]{3,9})\.?[-\s,/]+(?P<y>\d{4})$|^$"
_MY = r"^(?P<m>\d{1,2})[-/.](?P<y>\d{4})$"
_COMPACT = r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:[T ]?(?P<H>\d{2}):?(?P<M>\d{2}):?(?P<S>\d{2})?(?P<Z>Z|[+-]\d{2}:?\d{2})?)?$"


@dataclass(frozen=True, eq=False)
class Parsed:
    """
    What each text says.

    `start`, `end` are datetime64[s]; `end` is exclusive for spans and equals `start` for moments. Where `zoned`, both are
    UTC; else the clock of an unknown place. `order` names the reading: ymd, yymd (two digits a year), dmy, mdy, roc, epoch,
    excel. `dotted` says that a dot stood between hours and minutes.
    """

    start: np.ndarray
    end: np.ndarray
    kind: np.ndarray
    zoned: np.ndarray
    order: str
    certain: bool  # False where day and month could be swapped and nothing in the column tells
    against: int  # values that contradict the order chosen
    dotted: bool = False


def parse_times(
    texts: np.ndarray | pa.StringArray, *, numbers: bool = False, weights: np.ndarray | None = None, month_first: bool | None = None,
    epoch_1904: bool = False, year_first: bool = False,
) -> Parsed:  # fmt: skip
    """
    Read distinct texts as dates or date-times, in one format decided over all of them.

    Parameters
    ----------
    texts : array of n str
    numbers : bool
        Whether bare numbers may be dates: epoch seconds, Excel serials, six- or seven-digit years of the Republic. Only
        where a header says that the column is a date.
    weights : array of n ints, optional
        Rows that hold each text.
    month_first : bool, optional
        What other columns or the custom of the place say where nothing in this column decides.
    epoch_1904 : bool
        Whether a spreadsheet's day numbers count from 1904.
    year_first : bool
        Whether the custom of the place writes `25/01/31` for a day of 2025, where nothing in the column decides.

    Notes
    -----
    `01/02/2024` is day-month where some value of the column has a first number above 12, month-day where some second
    number is; else the number that takes fewer values is the month. Three-digit years, and all six- or seven-digit dates of
    a column that has seven-digit ones, are years of the Republic of China (+1911). `25/01/31` begins with the year where its
    middle is always a month, and the last number takes at least twice as many values as the first: days are many, years few.
    """
    array = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
    if not len(array):
        return _Out(0).parsed("ymd", True, 0)
    fixed = fixed_times(array)
    if fixed is None:
        out = _Out(len(array))
        return out.parsed(*_by_patterns(out, array, weights, numbers, (month_first, year_first), epoch_1904))
    # Most exports write every time alike; what is no date in that form is left for the other forms.
    out = _Out.of_fixed(fixed.start, fixed.clock, _offset_seconds(fixed.zone) if fixed.zone else None)
    left = np.flatnonzero(out.kind == NOTHING)
    if not len(left):
        return out.parsed("ymd", True, 0)
    rest = _Out(len(left))
    order = _by_patterns(
        rest,
        array.take(pa.array(left)),
        None if weights is None else weights[left],
        numbers,
        (month_first, year_first),
        epoch_1904,
    )
    out.start[left], out.kind[left], out.zoned[left] = rest.start, rest.kind, rest.zoned
    return out.parsed(*order)


def _by_patterns(
    out: "_Out", array: pa.Array, weights: np.ndarray | None, numbers: bool, custom: tuple[bool | None, bool],
    epoch_1904: bool,
) -> tuple[str, bool, int, bool]:  # fmt: skip
    """Read by one pattern after another: the order, whether it is certain, what speaks against it, whether dots stood."""
    order, certain, against = "ymd", True, 0
    weights = np.ones(len(array)) if weights is None else weights
    # To try a long pattern on texts that cannot fit it costs more than to look whether any can.
    dotted = fits(array, rf"\d\D+\d+\D+\d+[\sT,]+{DOTTED}$")
    if dotted:
        array = pc.replace_substring_regex(array, r"([\sT,]\d{1,2})\.(\d{2})\s*(?:Uhr|h)?$", r"\1:\2")
        array = pc.replace_substring_regex(array, r"([\sT,]\d{1,2})\.(\d{2})\.(\d{2})\s*(?:Uhr|h)?$", r"\1:\2:\3")
    three, letters = holds(array, r"\d\D+\d+\D+\d"), holds(array, r"[A-Za-z]{3}")
    if three and out.fill(array, _YMD, DAY_ONLY):
        order = "ymd"
    if out.left():
        out.fill(array, _COMPACT, DAY_ONLY)
        out.fill(array, _YM, MONTH_ONLY)
        if three and out.fill(array, _ROC_MARK, DAY_ONLY, years=1911):
            order = "roc"
    if three and out.left():
        order, certain, against = _three_numbers(out, array, weights, order, *custom)
    if out.left():
        for pattern, kind in (
            (_DMY_NAMED, DAY_ONLY),
            (_MDY_NAMED, DAY_ONLY),
            (_MY_NAMED, MONTH_ONLY),
            (_MY, MONTH_ONLY),
        ):
            if letters or pattern == _MY:
                out.fill(array, pattern, kind)
    if numbers and out.left():
        order = _bare_numbers(out, array, order, 24_107 if epoch_1904 else 25_569)
    return order, certain, against, dotted


def month_end(start: np.ndarray) -> np.ndarray:
    """The first second after the month that each datetime64[s] opens."""
    return (start.astype("M8[M]") + 1).astype("M8[s]")


def demoted(parsed: Parsed, counts: np.ndarray | None) -> Parsed:
    """Moments that are all midnight are days; with a zone too: then midnight is written by habit, not measured."""
    seconds = parsed.start.view(np.int64)
    if counts is None and len(seconds) > 10_000:
        # Of many times a hundredth that are none suffices to say that not all are.
        some = slice(0, len(seconds) // 50)
        clear = (parsed.kind[some] == MOMENT) & (seconds[some] % DAY != 0)
        if np.count_nonzero(clear) > 0.005 * len(seconds):
            return parsed
    moments = parsed.kind == MOMENT
    if not moments.any():
        return parsed
    midnight = moments & (seconds % DAY == 0)
    counts = np.ones(len(seconds)) if counts is None else counts
    if counts[midnight].sum() < 0.995 * counts[moments].sum():
        return parsed
    kind, end, zoned = parsed.kind.copy(), parsed.end.copy(), parsed.zoned.copy()
    kind[midnight] = DAY_ONLY
    end[midnight] = parsed.start[midnight] + np.timedelta64(DAY, "s")
    zoned[midnight] = False
    return replace(parsed, end=end, kind=kind, zoned=zoned)


class _Out:
    """The arrays under construction; each format fills what earlier ones left."""

    def __init__(self, n: int) -> None:
        self.start = np.full(n, NAT)
        self.kind = np.zeros(n, np.int8)
        self.zoned = np.zeros(n, bool)

    @classmethod
    def of_fixed(cls, start: np.ndarray, clock: bool, offset: int | None) -> "_Out":
        """The arrays of texts of one form; `offset` is their zone's, in seconds, None where they have none."""
        out = cls(0)
        out.start = start if offset is None else (start.view(np.int64) - offset).view("M8[s]")
        out.start[np.isnat(start)] = NAT
        read = ~np.isnat(start)
        out.kind = np.where(read, MOMENT if clock else DAY_ONLY, NOTHING).astype(np.int8)
        out.zoned = read if offset is not None else np.zeros(len(start), bool)
        return out

    def left(self) -> bool:
        return bool((self.kind == NOTHING).any())

    def fill(self, array: pa.Array, pattern: str, kind: int, *, years: int = 0) -> int:
        """Fill by a pattern with groups y, m or n, d and the clock's; returns how many values it read."""
        fields = fields_of(array, pattern, text=("n", "a0", "a1", "Z", "F"))
        if not fields:
            return 0
        year = _full_years(fields["y"]) + years if not years else fields["y"] + years
        month = _month_numbers(fields["n"]) if "n" in fields else fields["m"]
        day = fields.get("d", np.ones(len(year)))
        return self.put(year, month, day, fields, kind)

    def put(
        self, year: np.ndarray, month: np.ndarray, day: np.ndarray, fields: dict[str, np.ndarray], kind: int
    ) -> int:
        dates = _dates(year, month, day)
        seconds = seconds_of_day(fields) if "H" in fields else np.full(len(dates), np.nan)
        # "2021-01-01 25:99" is no day without time: its clock is wrong.
        bad_clock = ~np.isnan(fields["H"]) & np.isnan(seconds) if "H" in fields else np.zeros(len(dates), bool)
        new = (self.kind == NOTHING) & ~np.isnat(dates) & ~bad_clock
        with_clock = new & ~np.isnan(seconds)
        self.start[new] = dates[new]
        self.kind[new] = kind
        self.start[with_clock] += seconds[with_clock].astype("m8[s]")
        self.kind[with_clock] = MOMENT
        if "Z" in fields:
            self._shift(fields["Z"], with_clock)
        return int(new.sum())

    def _shift(self, zones: np.ndarray, rows: np.ndarray) -> None:
        for zone in sorted(set(zones[rows]) - {""}):
            here = rows & (zones == zone)
            self.start[here] -= np.timedelta64(_offset_seconds(zone), "s")
            self.zoned[here] = True

    def parsed(self, order: str, certain: bool, against: int, dotted: bool = False) -> Parsed:
        if not (self.kind > MOMENT).any():  # moments only: they end as they begin
            return Parsed(self.start, self.start, self.kind, self.zoned, order, certain, against, dotted)
        end = self.start.copy()
        end[self.kind == DAY_ONLY] += np.timedelta64(DAY, "s")
        months = self.kind == MONTH_ONLY
        end[months] = month_end(self.start[months])
        whole = self.kind == YEAR_ONLY
        end[whole] = (self.start[whole].astype("M8[Y]") + 1).astype("M8[s]")
        return Parsed(self.start, end, self.kind, self.zoned, order, certain, against, dotted)


def _three_numbers(
    out: _Out, array: pa.Array, weights: np.ndarray, order: str, month_first: bool | None, year_first: bool
) -> tuple[str, bool, int]:  # fmt: skip
    fields = fields_of(array, _XXX, text=("a0", "a1", "Z", "F"))
    if not fields:
        return order, True, 0
    a, b, c = fields["a"], fields["b"], fields["c"]
    here = ~np.isnan(a) & (out.kind == NOTHING)
    if not here.any():
        return order, True, 0
    if (a[here] > 99).any() and (c[here] <= 31).all():
        out.put(a + 1911, b, c, fields, DAY_ONLY)
        return "roc", True, 0
    if (c[here] <= 31).all() and (a[here] > 31).any():
        out.put(_full_years(a), b, c, fields, DAY_ONLY)
        return "yymd", True, 0
    told, certain = _year_before(a[here], b[here], c[here], year_first)
    if told:
        out.put(_full_years(a), b, c, fields, DAY_ONLY)
        return "yymd", certain, 0
    first, second = float(weights[here & (a > 12)].sum()), float(weights[here & (b > 12)].sum())
    certain = bool(first or second)
    few, many = sorted((len(np.unique(a[here])), len(np.unique(b[here]))))
    if certain:
        month_first = second > first
    elif "." in str(array[int(np.flatnonzero(here)[0])])[:6]:
        month_first, certain = False, True  # dots stand between day and month, nowhere between month and day
    elif many >= 2 * few or month_first is None:
        month_first = len(np.unique(a[here])) < len(np.unique(b[here]))
    year = _full_years(c)
    out.put(year, a if month_first else b, b if month_first else a, fields, DAY_ONLY)
    return ("mdy" if month_first else "dmy"), certain, int(min(first, second))


def _year_before(a: np.ndarray, b: np.ndarray, c: np.ndarray, custom: bool) -> tuple[bool, bool]:
    """Whether dates of three short numbers begin with the year, and whether that is certain."""
    if (a < 10).any() or (b > 12).any() or (c > 31).any() or (c < 1).any():
        return False, False
    years, days = len(np.unique(a)), len(np.unique(c))
    if days >= 4 and days >= 2 * years:
        return True, True
    if years >= 4 and years >= 2 * days:
        return False, False
    return custom, False


def _bare_numbers(out: _Out, array: pa.Array, order: str, day_1970: int = 25_569) -> str:
    number = fields_of(array, r"^(?P<v>\d{4,13}(?:\.\d+)?)$", text=("v",))
    if not number:
        return order
    texts = number["v"]
    here = (texts != "") & (out.kind == NOTHING)
    values = np.array([float(text) if text else np.nan for text in texts])
    length = np.char.str_len(np.array([text.partition(".")[0] for text in texts], dtype=str))
    none = np.full(len(texts), np.nan)
    roc = here & np.isin(length, (6, 7)) & (values == np.floor(values))
    if (roc & (length == 7)).any() or (roc.any() and not _is_year_month(values[roc])):
        year, month, day = values // 10_000 + 1911, values // 100 % 100, values % 100
        if out.put(np.where(roc, year, np.nan), np.where(roc, month, np.nan), np.where(roc, day, np.nan), {}, DAY_ONLY):
            return "roc"
    elif roc.any():
        out.put(
            np.where(roc, values // 100, np.nan),
            np.where(roc, values % 100, np.nan),
            np.ones(len(values)),
            {},
            MONTH_ONLY,
        )
    epoch = here & (out.kind == NOTHING) & (((length == 10) & (values < 4.2e9)) | (length == 13))
    if epoch.any():
        seconds = np.where(length == 13, values / 1000, values)
        out.start[epoch] = seconds[epoch].astype("int64").astype("M8[s]")
        out.kind[epoch], out.zoned[epoch] = MOMENT, True
        order = "epoch"
    serial = here & (out.kind == NOTHING) & (values >= 15_000) & (values < 80_000)
    if serial.any():
        # Day 60 of Excel's calendar never was; serials count from 30 December 1899 for every later day.
        seconds = np.round((values[serial] - day_1970) * DAY)
        out.start[serial] = seconds.astype("int64").astype("M8[s]")
        out.kind[serial] = np.where(seconds % DAY == 0, DAY_ONLY, MOMENT)
        order = "excel"
    years = here & (out.kind == NOTHING) & (values >= 1900) & (values <= 2100) & (length == 4)
    if years.any():
        out.put(np.where(years, values, np.nan), np.where(years, 1, none), np.where(years, 1, none), {}, YEAR_ONLY)
    return order


def _is_year_month(values: np.ndarray) -> bool:
    year, month = values // 100, values % 100
    return bool(((year >= 1950) & (year <= 2100) & (month >= 1) & (month <= 12)).mean() > 0.9)


def _dates(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    valid = (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    y, m, d = (np.where(valid, part, 1).astype("int64") for part in (year, month, day))
    months = (y - 1970).astype("M8[Y]").astype("M8[M]") + (m - 1)
    dates = months.astype("M8[D]") + (d - 1)
    valid &= dates.astype("M8[M]") == months  # 31 April would roll over
    return np.where(valid, dates.astype("M8[s]"), NAT)


def _full_years(year: np.ndarray) -> np.ndarray:
    return np.where(year < 100, year + np.where(year <= 68, 2000, 1900), year)


def _month_numbers(names: np.ndarray) -> np.ndarray:
    return np.array([_MONTHS.get(str(name)[:3].casefold(), np.nan) for name in names], dtype=float)


def _offset_seconds(zone: str) -> int:
    if zone in ("Z", "UTC", "GMT"):
        return 0
    digits = zone[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    return (1 if zone[0] == "+" else -1) * (int(hours) * 3600 + int(minutes) * 60)
