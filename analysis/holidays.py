"""
Holidays: by how much do single days off, long breaks, their eves and rest days that are worked differ from usual days?

A factor a kind of day, from its earlier occurrences against what the days before them let expect; few are drawn to the
factor of their group, and this to one. They are used only where, walking forward over the place's own past, they
foretold such days better beyond chance. Which days those are is told from outside; nothing is known of any calendar.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.signal import lfilter
from scipy.special import stdtrit

WORKED = "worked"
# What the days before let expect: a decayed mean of usual days, and their shares by weekday over a year.
HALF_LIFE, SPAN_DAYS, WEEKDAY_EVENTS = 28.0, 364, 10.0
# Events that a group's factor weighs against a kind's own, and one against a group's: a guess of about ± 30 %.
GUESS_EVENTS = 10.0
# Occurrences on which factors must have won, and how sure that must be.
LEAST_TRIALS, SURE = 8, 0.95


@dataclass(frozen=True, eq=False)
class Holidays:
    """
    The special days of a history and of the time to come.

    `daily` holds the events of each day, the last first, NaN where the day is missing; the last is `last_weekday`
    (0 = Monday). Of each special day: `age` (the
    day's place in `daily`; negative to come), `run` (number of its occurrence), and of each run its kind and group.
    """

    daily: np.ndarray
    last_weekday: int
    age: np.ndarray
    run: np.ndarray
    kind: np.ndarray
    group: np.ndarray
    _tilts: dict[tuple[int, int], float] = field(default_factory=dict)
    _wins: dict[int, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, days: pd.DataFrame, daily: np.ndarray, as_of: pd.Timestamp) -> "Holidays":
        """Take the days of `geo.public_holidays.special_days`: `day`, `run`, `kind`, `group`."""
        last = as_of.tz_localize(None).normalize() - pd.Timedelta(1, "D")
        age = (last - days["day"]).dt.days.to_numpy(dtype=int)
        # Rest days that are worked belong to no occurrence; each is one of its own.
        single = days["run"].to_numpy() < 0
        label = np.where(single, -1 - np.arange(len(days)), days["run"].to_numpy())
        # The oldest first.
        order = np.argsort(-age, kind="stable")
        _, first, run = np.unique(label[order], return_index=True, return_inverse=True)
        place = np.argsort(np.argsort(first))
        kind, group = (days[name].to_numpy(dtype=str)[order][np.sort(first)] for name in ("kind", "group"))
        return cls(daily, last.day_of_week, age[order], place[run.ravel()], kind, group)

    def win(self, before: int) -> bool:
        """Whether factors foretold the special days that were over `before` days ago better beyond chance."""
        if before not in self._wins:
            gain = self._gains[(self._youngest >= before) & np.isfinite(self._gains)]
            spread = gain.std(ddof=1) if len(gain) >= LEAST_TRIALS else 0.0
            enough = spread > 0 and gain.mean() > stdtrit(len(gain) - 1, SURE) * spread / np.sqrt(len(gain))
            self._wins[before] = bool(enough)
        return self._wins[before]

    def tilt(self, before: int, horizon: int) -> float:
        """Factor of the special days among the `horizon` days from `before` days ago on, as it was known then."""
        key = (before, horizon)
        if key not in self._tilts:
            usual, special = self.days(before, horizon)
            self._tilts[key] = float(special.sum() / usual.sum())
        return self._tilts[key]

    def days(self, before: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Relative level of each day of that time, the first day first: by its weekday alone, and as a special day."""
        age = before - 1 - np.arange(horizon)
        shares = self._weekdays[:, min(max(before, 0), len(self.daily))]
        usual = shares[age % 7]
        special = usual.copy()
        here = (self.age < before) & (self.age >= before - horizon)
        for own, run in zip(self.age[here], self.run[here], strict=True):
            at = before - 1 - own
            worked = self.group[run] == WORKED
            special[at] = self._workday(shares) if worked else usual[at] * self.factor(run, before)
        return usual, special

    def factor(self, run: int, before: int) -> float:
        """How many times as much as usual to expect of a run's days, from the runs that were over `before` days ago."""
        weight = np.where(self._youngest >= before, self._trust, 0.0)
        like = self.group == self.group[run]
        mean = 1.0
        for alike in (like, like & (self.kind == self.kind[run])):
            held = weight[alike]
            mean = float((held @ self._ratio[alike] + GUESS_EVENTS * mean) / (held.sum() + GUESS_EVENTS))
        return mean

    @cached_property
    def usual(self) -> np.ndarray:
        """True for the days of `daily` that are not special."""
        usual = np.ones(len(self.daily), dtype=bool)
        usual[self.age[(self.age >= 0) & (self.age < len(self.daily))]] = False
        return usual

    @cached_property
    def as_usual(self) -> np.ndarray:
        """The events of each day, and of special days what they would have held as usual ones."""
        return np.where(self.usual, self.daily, self._told)

    @cached_property
    def _weekdays(self) -> np.ndarray:
        """Relative level by age modulo seven, from the year before each age: array of (7, days + 1)."""
        days = len(self.daily)
        known = np.isfinite(self.daily) & self.usual
        events, count = np.zeros((7, days + 1)), np.zeros((7, days + 1))
        place = np.arange(days) % 7, np.arange(days) + 1
        events[place], count[place] = np.where(known, self.daily, 0.0), known
        events, count = events.cumsum(axis=1), count.cumsum(axis=1)
        stop = np.minimum(np.arange(days + 1) + SPAN_DAYS, days)
        events, count = (sums[:, stop] - sums for sums in (events, count))
        mean = events.sum(axis=0) / np.maximum(count.sum(axis=0), 1)
        return np.asarray((events + WEEKDAY_EVENTS) / (count * mean + WEEKDAY_EVENTS))

    def _workday(self, shares: np.ndarray) -> float:
        """The level of a usual workday: Monday to Friday, but for weekdays that are worked in exchange."""
        age = np.arange(7)
        exchanged = np.isin(age, self.age[self.group[self.run] == WORKED] % 7)
        return float(shares[((self.last_weekday - age) % 7 < 5) & ~exchanged].mean())

    @cached_property
    def _told(self) -> np.ndarray:
        """What the days before each day let expect of it as a usual one."""
        known = np.isfinite(self.daily) & self.usual
        fall = 0.5 ** (1 / HALF_LIFE)
        seen, weight = (
            lfilter([1.0], [1.0, -fall], series[::-1])[::-1]
            for series in (np.where(known, self.daily, 0.0), known * 1.0)
        )
        mean = np.divide(seen, weight, out=np.full(len(seen), np.nan), where=weight > 0)
        age = np.arange(len(self.daily))
        return np.asarray(np.append(mean[1:], np.nan) * self._weekdays[age % 7, age + 1])

    @cached_property
    def _by_run(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each run: events found, events told, excess of the variance of days before it over chance (a share)."""
        past = (self.age >= 0) & (self.age < len(self.daily))
        found, told = (np.full(len(self.age), np.nan) for _ in range(2))
        found[past], told[past] = self.daily[self.age[past]], self._told[self.age[past]]
        known = np.isfinite(found) & np.isfinite(told)
        sums = [np.bincount(self.run[known], weights=v[known], minlength=len(self.kind)) for v in (found, told)]
        ordinary = self.usual & np.isfinite(self.daily) & np.isfinite(self._told)
        missed, size = np.zeros(len(self.daily)), np.zeros(len(self.daily))
        here = self._told[ordinary]
        missed[ordinary], size[ordinary] = (self.daily[ordinary] - here) ** 2 - here, here**2
        older = [np.append(series[::-1].cumsum()[::-1], 0.0) for series in (missed, size)]
        at = np.clip(self._oldest + 1, 0, len(self.daily))
        excess = np.maximum(older[0][at] / np.maximum(older[1][at], 1e-9), 0.0)
        return sums[0], sums[1], excess

    @cached_property
    def _oldest(self) -> np.ndarray:
        oldest = np.full(len(self.kind), -(10**6))
        np.maximum.at(oldest, self.run, self.age)
        return oldest

    @cached_property
    def _youngest(self) -> np.ndarray:
        youngest = np.full(len(self.kind), 10**6)
        np.minimum.at(youngest, self.run, self.age)
        return youngest

    @cached_property
    def _ratio(self) -> np.ndarray:
        found, told, _ = self._by_run
        return np.divide(found, told, out=np.ones(len(found)), where=told > 0)

    @cached_property
    def _trust(self) -> np.ndarray:
        """How many events each run tells as much as: fewer than it holds, where days scatter beyond chance."""
        _, told, excess = self._by_run
        return told / (1 + excess * told)

    @cached_property
    def _gains(self) -> np.ndarray:
        """By how much each run was foretold better with its factor, in standard deviations; NaN before any is known."""
        found, told, excess = self._by_run
        gains = np.full(len(found), np.nan)
        for run in np.flatnonzero((told > 0) & (self._youngest >= 0) & (self.group != WORKED)):
            earlier = (self._youngest > self._oldest[run]) & (self.group == self.group[run]) & (self._trust > 0)
            if earlier.any():
                with_it = told[run] * self.factor(int(run), int(self._oldest[run]) + 1)
                off = [(np.sqrt(found[run]) - np.sqrt(value)) ** 2 for value in (told[run], with_it)]
                gains[run] = 4 * (off[0] - off[1]) / (1 + excess[run] * told[run])
        return gains
