"""Who goes and when: the hours and days a place is busiest, who may stand there, and what to talk about."""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.around import FEWEST_FOR_PEAKS, HISTORY_DAYS, Surroundings
from analysis.plan_types import CategoryTable, Reason

# Walks leave people time to open the door: from nine, and home by half past eight.
WALK_EARLIEST, WALK_LATEST = 9.0, 20.5
# A shift stays within one calendar day, so that its date means what it says.
WATCH_EARLIEST, WATCH_LATEST = 0.0, 23.0
# Volunteers take an earlier shift that ends in time, if it holds at least this share of the busiest one.
EARLIER_IS_AS_GOOD = 0.8
# Volunteers stand only where at most this share of a year's events is of a kind that is not for them.
UNSAFE_SHARE = 0.25
SAFE_FOR_VOLUNTEERS = ("volunteer", "mediator")
TOPICS_PER_STOP = 3
BALANCE = 1.0


def hours_worth(here: Surroundings, city: Surroundings, peak_hours: Any = None) -> tuple[np.ndarray, Reason]:
    """
    Weigh the hours of a day, and say from what.

    Parameters
    ----------
    here, city : Surroundings
        The place, and everywhere: the city's hours stand in where the place has fewer than ten events with an hour.
    peak_hours : str or None
        The hotspot's own peak, "19–22": its hours then come first, whatever the others hold.

    Returns
    -------
    array of (24,) floats, Reason
    """
    enough = here.timed >= FEWEST_FOR_PEAKS
    source = here if enough else city
    worth = source.hours if source.hours.sum() > 0 else np.ones(24)
    # One hour's count is mostly chance; its neighbors steady it.
    worth = (np.roll(worth, 1) + 2 * worth + np.roll(worth, -1)) / (4 * worth.sum())
    band = peak_band(peak_hours)
    if band is not None:
        inside = np.zeros(24, dtype=bool)
        inside[(band[0] + np.arange((band[1] - band[0]) % 24 or 24)) % 24] = True
        return worth + inside, ("plan.reason.peak_of_hotspot", {"first": band[0], "last": band[1] or 24})
    if enough:
        return worth, ("plan.reason.peak_here", {"n": here.timed, "days": HISTORY_DAYS})
    if city.timed:
        return worth, ("plan.reason.peak_city", {"n": here.timed, "fewest": FEWEST_FOR_PEAKS})
    return worth, ("plan.reason.hours_unknown", {})


def peak_band(text: Any) -> tuple[int, int] | None:
    """The hours of "19–22" as (19, 22), the second not included; None where there is no such text."""
    found = re.findall(r"\d+", text) if isinstance(text, str) else []
    return (int(found[0]) % 24, int(found[1]) % 24) if len(found) >= 2 else None


def best_start(
    worth: np.ndarray, hours: float, *, earliest: float, latest: float, around: float
) -> tuple[float, float]:
    """
    Find when a stay of `hours` should begin, on the half hour, to lie in the most worthy hours.

    Parameters
    ----------
    worth : array of (24,) floats
    hours, earliest, latest : float
        The stay lies between `earliest` and `latest`; if it does not fit, it begins at `earliest`.
    around : float
        Among equals, the start nearest to this hour.

    Returns
    -------
    (float, float)
        The start in hours after midnight, and what its hours are worth.
    """
    starts = np.arange(np.ceil(earliest * 2), np.floor((latest - hours) * 2 + 1e-9) + 1) / 2
    if not len(starts):
        starts = np.array([earliest])
    edges = np.concatenate([[0.0], np.cumsum(np.tile(worth, 2))])
    value = np.interp(starts + hours, np.arange(49), edges) - np.interp(starts, np.arange(49), edges)
    best = np.lexsort((starts, np.abs(starts - around), -np.round(value, 9)))[0]
    return float(starts[best]), float(value[best])


def clock(hours: float) -> datetime.time:
    """Hours after midnight as a time of day."""
    minutes = round(hours * 60) % (24 * 60)
    return datetime.time(minutes // 60, minutes % 60)


def best_day(weekdays: np.ndarray, used: np.ndarray, allowed: Sequence[int], peak_days: Any = None) -> int:
    """
    Pick a weekday (0 is Monday): busy ones first, but those that already have a shift count less for each.

    Parameters
    ----------
    weekdays : array of (7,) floats
        Events by weekday; all zero means that none is known to be busier.
    used : array of (7,) ints
        Shifts already set.
    allowed : sequence of ints
    peak_days : sequence of ints or None
        The hotspot's own peak; those days count double.
    """
    share = np.ones(7) if weekdays.sum() < FEWEST_FOR_PEAKS else 0.5 / 7 + 0.5 * weekdays / weekdays.sum()
    share = share / share.sum()
    for day in peak_days if isinstance(peak_days, (list, tuple, np.ndarray)) else ():
        share[int(day)] *= 2
    score = share / (1.0 + BALANCE * used)
    return max(allowed, key=lambda day: (round(float(score[day]), 9), -day))


def watch_shift(
    here: Surroundings,
    city: Surroundings,
    taxonomy: CategoryTable,
    *,
    hours: float,
    until: float,
    peak_hours: Any = None,
) -> tuple[float, str, tuple[Reason, ...]]:
    """
    Set a post's hours and crew.

    Volunteers stand only where the events are safe for them and never past `until`; all else is for officers.

    Returns
    -------
    (start in hours after midnight, "volunteers" or "officers", reasons)
    """
    worth, why = hours_worth(here, city, peak_hours)
    start, value = best_start(worth, hours, earliest=WATCH_EARLIEST, latest=max(WATCH_LATEST, hours), around=18.0)
    unsafe = unsafe_share(here.frequency, taxonomy)
    if unsafe is None:
        return start, "officers", (why, ("plan.reason.crew_unknown", {}))
    if unsafe == 1.0:
        return start, "officers", (why, ("plan.reason.crew_violent", {}))
    percent = round(100 * unsafe)
    if unsafe > UNSAFE_SHARE:
        return start, "officers", (why, ("plan.reason.crew_unsafe", {"percent": percent}))
    early, early_value = best_start(worth, hours, earliest=7.0, latest=until, around=18.0)
    if early + hours > until or early_value < EARLIER_IS_AS_GOOD * value:
        return start, "officers", (why, ("plan.reason.crew_late", {"hour": f"{until:g}"}))
    return early, "volunteers", (why, ("plan.reason.crew_volunteers", {"percent": percent, "hour": f"{until:g}"}))


def unsafe_share(frequency: Mapping[str, float], taxonomy: CategoryTable) -> float | None:
    """Share of events of a kind that is not for volunteers, 1 if the most frequent kind is not; None without events."""
    total = sum(frequency.values())
    if not total:
        return None
    unsafe = {key: n for key, n in frequency.items() if taxonomy[key].who not in SAFE_FOR_VOLUNTEERS}
    top = max(sorted(frequency), key=lambda key: frequency[key])
    return 1.0 if top in unsafe else sum(unsafe.values()) / total


def who_goes(frequency: Mapping[str, float], taxonomy: CategoryTable) -> str:
    """Whom most of what happens asks for: officer, mediator or volunteer; a referral is a mediator's."""
    parts: dict[str, float] = {}
    for key, n in frequency.items():
        who = "mediator" if taxonomy[key].who == "referral" else taxonomy[key].who
        parts[who] = parts.get(who, 0.0) + n
    return max(sorted(parts), key=lambda who: parts[who]) if parts else "mediator"


def walk_crew(whos: Sequence[str]) -> tuple[str, ...]:
    """The pair of a walk: an officer, and a mediator unless every stop asks for an officer only."""
    return ("officer", "officer") if whos and all(who == "officer" for who in whos) else ("officer", "mediator")


def topics_for(
    frequency: Mapping[str, float], taxonomy: CategoryTable, *, limit: int = TOPICS_PER_STOP
) -> tuple[str, ...]:
    """
    The topics of what happens there, those of most events first: what residents report most comes first.

    A category's first topic counts most, its second half as much.
    """
    weight: dict[str, float] = {}
    for key in sorted(frequency):
        for place, topic in enumerate(taxonomy[key].topics):
            weight[topic] = weight.get(topic, 0.0) + frequency[key] / (1 + place)
    return tuple(sorted(weight, key=lambda topic: (-weight[topic], topic))[:limit])
