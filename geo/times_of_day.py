"""Texts of times of day, `14:30`, `下午3时`, `19~21`, `23.51` → seconds from midnight; the reading is decided per column."""

# ruff: noqa: E501  (the patterns of formats read better in long lines)
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DAY = 86_400

CLOCK = (
    r"(?:(?P<a0>上午|下午|晚上|凌晨|中午|早上|傍晚|AM|PM|am|pm)\s*)?(?P<H>\d{1,2})(?:[:：时時点點h](?P<M>\d{1,2})?(?:[:：分](?P<S>\d{1,2})?(?P<F>[.,]\d+)?)?)秒?整?"
    r"\s*(?P<a1>[AaPp]\.?[Mm]\.?|上午|下午)?\s*(?P<Z>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?|[+-]\d{1,2}:\d{2})?"
)
_BARE_CLOCK = CLOCK.partition(r"\s*(?P<Z>")[0]
# A dot between hours and minutes, as in German: only where a whole column is written so, since `9.30` is a number too.
DOTTED = r"(?:[01]?\d|2[0-3])\.[0-5]\d(?:\.[0-5]\d)?(?:\s*(?:Uhr|h))?"


def parse_clock(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """
    Read times of day and bands of hours as seconds from midnight.

    Returns
    -------
    start, end : arrays of n floats
        NaN where unreadable; equal for a moment. `14` and `14时` span an hour.
    reading : str
        `clock`, `hour`, `dotted` ("23.51", where every text is written so), or how bands end: `band_through` ("19~21" runs through the end of hour 21, since the next band
        starts at 22) or `band_until` ("18-21" ends where the next starts).
    """
    start = np.full(len(texts), np.nan)
    end = np.full(len(texts), np.nan)
    array = pa.array(texts, pa.string())
    reading = "clock"
    hour = fields_of(array, r"^(?P<H>\d{1,2})(?P<u>[时時点點]|\.0)?$")["H"]
    only_hour = hour <= 24
    if only_hour.any():
        start[only_hour], end[only_hour], reading = (
            hour[only_hour] * 3600,
            np.minimum(hour[only_hour] + 1, 24) * 3600,
            "hour",
        )
        start[only_hour] %= DAY
        end[only_hour] = np.where(end[only_hour] <= start[only_hour], 3600 + start[only_hour], end[only_hour])
    seconds = np.where(np.isnan(start), seconds_of_day(fields_of(array, rf"^{_BARE_CLOCK}$")), np.nan)
    start = np.where(np.isnan(seconds), start, seconds)
    end = np.where(np.isnan(seconds), end, seconds)
    digits = fields_of(array, r"^(?P<H>\d{1,2})(?P<M>\d{2})(?P<S>\d{2})?$")
    compact = np.isnan(start) & (digits["H"] < 24) & (digits["M"] < 60)
    if compact.any():
        start[compact] = end[compact] = seconds_of_day(digits)[compact]
    dotted = rf"^{DOTTED}$"
    if np.isnan(start).any() and fits(array, dotted) and holds(array, r"^0?[1-9]|^[12]\d"):
        clock = fields_of(array, r"^(?P<H>\d{1,2})\.(?P<M>\d{2})(?:\.(?P<S>\d{2}))?")
        start = seconds_of_day(clock)
        return start, start.copy(), "dotted"
    fraction = fields_of(array, r"^(?P<H>0)\.(?P<M>\d+)$")
    excel = np.isnan(start) & ~np.isnan(fraction["H"])
    if excel.any():
        start[excel] = end[excel] = np.round([float(text) * DAY for text in texts[excel]])
    band = fields_of(
        array,
        r"^(?P<H>\d{1,2})(?:[:：时時点點](?P<M>\d{2})?分?)?\s*(?:[~～〜\-–—－至到]|to)+\s*(?P<I>\d{1,2})(?:[:：时時点點](?P<N>\d{2})?分?)?$",
    )
    banded = np.isnan(start) & (band["H"] <= 24) & (band["I"] <= 24)
    if banded.any():
        whole = np.isnan(band["N"]) & np.isnan(band["M"])
        first, last = band["H"][banded], band["I"][banded]
        through = _ends_through(first, last) if whole[banded].all() else False
        reading = "band_through" if through else "band_until"
        stop = np.minimum(last + 1, 24) if through else last
        start[banded] = (first % 24) * 3600 + np.nan_to_num(band["M"][banded]) * 60
        finish = stop * 3600 + np.nan_to_num(band["N"][banded]) * 60
        minute_end = np.nan_to_num(band["N"][banded]) == 59
        finish = finish + 60 * minute_end
        end[banded] = np.where(finish <= start[banded], finish + DAY, finish)
    return start, end, reading


def fits(array: pa.Array, pattern: str) -> bool:
    """Whether every text of the column is of that form."""
    return bool(len(array)) and bool(pc.all(pc.match_substring_regex(array, pattern)).as_py())


def holds(array: pa.Array, pattern: str) -> bool:
    """Whether some text of the column holds that form."""
    return bool(pc.any(pc.match_substring_regex(array, pattern)).as_py())


def fields_of(
    array: pa.Array, pattern: str, text: tuple[str, ...] = ("a0", "a1", "Z", "F", "u")
) -> dict[str, np.ndarray]:
    """The pattern's groups as arrays: numbers as floats (NaN where absent), the groups in `text` as str."""
    found = pc.extract_regex(array, pattern)
    if found.null_count == len(found):
        names = [found.type.field(i).name for i in range(found.type.num_fields)]
        empty = {n: (np.full(len(array), "", object) if n in text else np.full(len(array), np.nan)) for n in names}
        return empty if "H" in empty and "y" not in empty and "a" not in empty else {}
    fields = {}
    for i in range(found.type.num_fields):
        name = found.type.field(i).name
        values = pc.struct_field(found, name)
        values = pc.if_else(found.is_valid(), values, pa.scalar("", pa.string()))
        if name in text:
            fields[name] = values.to_numpy(zero_copy_only=False).astype(object)
        else:
            numeric = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
            fields[name] = pc.cast(numeric, pa.float64()).to_numpy(zero_copy_only=False)
    return fields


def seconds_of_day(fields: dict[str, np.ndarray]) -> np.ndarray:
    """Seconds from midnight, NaN where there is no valid clock; 24:00 is the day's end."""
    hour = fields["H"].copy()
    minute = np.nan_to_num(fields.get("M", np.zeros(len(hour))))
    second = np.nan_to_num(fields.get("S", np.zeros(len(hour))))
    for name in ("a0", "a1"):
        if name in fields:
            if not (fields[name] != "").any():
                continue
            marks = np.char.lower(fields[name].astype(str))
            afternoon = np.isin(marks, ("pm", "p.m.", "p.m", "下午", "晚上", "傍晚"))
            morning = np.isin(marks, ("am", "a.m.", "a.m", "上午", "凌晨", "早上"))
            hour[afternoon & (hour < 12)] += 12
            hour[morning & (hour == 12)] = 0
    seconds = hour * 3600 + minute * 60 + second
    return np.where((hour <= 24) & (minute < 60) & (second < 61) & (seconds <= DAY), seconds, np.nan)


def _ends_through(first: np.ndarray, last: np.ndarray) -> bool:
    """Whether bands of whole hours include their last hour: then the next band starts one later."""
    starts = set(first % 24)
    after = np.mean([(hour + 1) % 24 in starts or hour == 24 for hour in last])
    at = np.mean([hour % 24 in starts for hour in last])
    return bool(after > at)
