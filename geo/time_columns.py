"""Which of a table's columns of dates and times tell when an event began, ended, became known and was settled."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geo import headers
from geo.headers import has_phrase
from geo.times import DAY_ONLY, MOMENT, MONTH_ONLY, YEAR_ONLY

if TYPE_CHECKING:
    from geo.columns import Profile


@dataclass
class TimeColumns:
    """Canonical → (source, reason); `beside` holds a date and time beside a column with zone, and a spare hour."""

    picked: dict[str, tuple[str, str]] = field(default_factory=dict)
    reported_start: bool = False
    beside: dict[str, str] = field(default_factory=dict)


@dataclass
class _Role:
    """The time columns of one role by what they hold."""

    moments: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    months: list[str] = field(default_factory=list)
    clocks: list[str] = field(default_factory=list)
    bands: list[str] = field(default_factory=list)
    hours: list[str] = field(default_factory=list)

    def any_date(self) -> bool:
        return bool(self.moments or self.days or self.months)


def pick_times(profiles: "dict[str, Profile]", taken: set[str]) -> TimeColumns:
    """
    Choose the time columns.

    Parameters
    ----------
    profiles : dict of name → Profile
        Columns still free.
    taken : set of str
        Canonical columns mapped by hand; they are left alone.

    Notes
    -----
    The begin is the column that says it happened, else a date that says nothing, else when it was reported. Within a
    role a moment with zone wins over a date and a time apart, since it alone is certain when clocks are set back; the
    pair is kept beside it and compared.
    """
    roles = {name: _Role() for name in headers.TIME_ROLES}
    for name, profile in profiles.items():
        role = _role_of(profile)
        if role:
            _sort_in(roles[role], name, profile)
    out = TimeColumns()
    if not taken & {"event_start", "date", "year"}:
        _pick_start(roles, profiles, out)
    _pick_end(roles, profiles, out, taken)
    _pick_other(roles, out, taken)
    used = {source for source, _ in out.picked.values()} | set(out.beside.values())
    spare = [n for name in ("start", "plain") for n in roles[name].hours if n not in used]
    if spare and out.picked:
        out.beside["hour"] = spare[0]
    return out


def _role_of(profile: "Profile") -> str | None:
    """Whose time a column tells; None where it is no time."""
    is_time = profile.date_kind or profile.clock
    said = {role: has_phrase(profile.words, phrases) for role, phrases in headers.TIME_ROLES.items()}
    dated = any(has_phrase(profile.words, (word,)) >= 2 for word in headers.IS_DATE) or max(said.values()) >= 2
    if not is_time or not profile.column.filled:
        return None
    if profile.date_from_number and not dated and not (profile.clock and _says_clock(profile)):
        return None
    if profile.clock and not profile.date_kind and not _says_clock(profile):
        return None
    if profile.date_kind == YEAR_ONLY and not has_phrase(profile.words, headers.YEAR):
        return None
    # The strongest role; the order of the table breaks ties: an end or a closing says so, "date" says nothing.
    best = max(said, key=lambda role: (said[role] > 0 and role != "plain", said[role]))
    return best if said[best] else ("plain" if not profile.date_from_number or profile.clock else None)


def _says_clock(profile: "Profile") -> bool:
    """Whether a column of times of day is one: `14:30` and `19~21` are, `14` and `1430` only under a fitting header."""
    if any(":" in str(text) or "：" in str(text) for text in profile.column.sample(20)):
        return True
    words = (*headers.HOUR, "time", "tm", "clock", "uhrzeit", "heure", "hora", "时间", "時間", "时刻", "时段", "時段")
    return profile.clock.startswith("band") or has_phrase(profile.words, words) > 0


def _sort_in(role: _Role, name: str, profile: "Profile") -> None:
    if profile.date_kind == MOMENT:
        role.moments.append(name)
    elif profile.date_kind == DAY_ONLY:
        role.days.append(name)
    elif profile.date_kind == MONTH_ONLY:
        role.months.append(name)
    elif profile.clock.startswith("band"):
        role.bands.append(name)
    elif profile.clock == "hour":
        role.hours.append(name)
    elif profile.clock in ("clock", "dotted"):
        role.clocks.append(name)


def _pick_start(roles: dict[str, _Role], profiles: "dict[str, Profile]", out: TimeColumns) -> None:
    for name in ("start", "plain", "reported"):
        role = roles[name]
        if not role.any_date():
            continue
        reason = "header" if name != "plain" else "only_date"
        if role.moments:
            moment = min(role.moments, key=lambda n: (not profiles[n].zoned, -profiles[n].column.filled))
            out.picked["event_start"] = (moment, reason)
            if profiles[moment].zoned and role.days and (role.clocks or role.hours):
                out.beside = {"date": role.days[0], "time": (role.clocks or role.hours)[0]}
        elif role.days:
            out.picked["date"] = (role.days[0], reason)
            clock = (
                role.clocks
                or role.bands
                or role.hours
                or (roles["plain"].clocks or roles["plain"].bands or roles["plain"].hours)
            )
            if clock:
                out.picked["time_band" if clock[0] in (*role.bands, *roles["plain"].bands) else "time"] = (
                    clock[0],
                    "header",
                )
        else:
            out.picked["event_start"] = (role.months[0], reason)
        out.reported_start = name == "reported"
        return
    _pick_parts(profiles, out)


def _pick_parts(profiles: "dict[str, Profile]", out: TimeColumns) -> None:
    """Year, month and day in columns of their own."""
    for canonical, phrases, top in (
        ("year", headers.YEAR, 2200),
        ("month", headers.MONTH, 12),
        ("day", headers.DAY, 31),
    ):
        for name, profile in profiles.items():
            values = profile.numbers
            fits = (
                profile.number_share > 0.9
                and len(values)
                and values[~(values != values)].max() <= top
                and values[~(values != values)].min() >= 1
            )
            if fits and has_phrase(profile.words, phrases) >= 2 and name not in [s for s, _ in out.picked.values()]:
                out.picked[canonical] = (name, "header")
                break
    if "year" not in out.picked or ("day" in out.picked and "month" not in out.picked):
        for canonical in ("year", "month", "day"):
            out.picked.pop(canonical, None)
        _pick_said(profiles, out)
        return
    used = {source for source, _ in out.picked.values()}
    clocks = [n for n, p in profiles.items() if p.clock and n not in used and _says_clock(p)]
    if clocks:
        out.picked["time_band" if profiles[clocks[0]].clock.startswith("band") else "time"] = (clocks[0], "header")


def _pick_said(profiles: "dict[str, Profile]", out: TimeColumns) -> None:
    """A column whose header says date though its cells do not: reading then stops at that cell, with its value."""
    for role in ("start", "plain", "reported"):
        phrases = headers.TIME_ROLES[role]
        said = {n: has_phrase(p.words, phrases) for n, p in profiles.items() if p.column.filled and not p.clock}
        fit = [n for n, strength in said.items() if strength >= 2]
        if fit:
            out.picked["event_start"] = (max(fit, key=lambda n: said[n]), "header")
            return


def _pick_end(roles: dict[str, _Role], profiles: "dict[str, Profile]", out: TimeColumns, taken: set[str]) -> None:
    end = roles["end"]
    if taken & {"event_end", "date_end"}:
        return
    if end.moments:
        out.picked["event_end"] = (end.moments[0], "header")
    elif end.days:
        out.picked["date_end"] = (end.days[0], "header")
    if end.clocks and not end.moments:
        out.picked["time_end"] = (end.clocks[0], "header")


def _pick_other(roles: dict[str, _Role], out: TimeColumns, taken: set[str]) -> None:
    used = {source for source, _ in out.picked.values()} | set(out.beside.values())
    closed = [n for n in roles["closed"].moments + roles["closed"].days if n not in used]
    if closed and "closed_at" not in taken:
        out.picked["closed_at"] = (closed[0], "header")
    reported = roles["reported"]
    moments = [n for n in reported.moments if n not in used]
    days = [n for n in reported.days if n not in used]
    if "reported_at" in taken or out.reported_start:
        return
    if moments:
        out.picked["reported_at"] = (moments[0], "header")
    elif days:
        out.picked["reported_date"] = (days[0], "header")
        clocks = [n for n in reported.clocks if n not in used]
        if clocks and _same_stem(days[0], clocks[0]):
            out.picked["reported_time"] = (clocks[0], "header")


def _same_stem(one: str, other: str) -> bool:
    stem = re.compile(r"(date|time|日期|时间|時間|dt|tm)", re.IGNORECASE)
    return stem.sub("", one).strip(" _-") == stem.sub("", other).strip(" _-")
