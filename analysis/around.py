"""What is known around a place on the plan's day: events of a year, open matters, revisits due, hours and weekdays."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from analysis.plan_types import CategoryTable
from geo.checks import require_columns

HISTORY_DAYS = 365
# A span longer than a day says nothing about hours, nor about weekdays.
HOURS_KNOWN_WITHIN = pd.Timedelta(hours=24)
# Fewer than this many events with a known hour: too few to say when.
FEWEST_FOR_PEAKS = 10
# Two reports closer than this come from one point; a place needs three points, or it shows whose quarrel it is.
SAME_POINT_M = 1.0
FEWEST_POINTS = 3
# A theft cannot be settled, so it never stays open.
MATTERS = ("dispute", "hazard")


@dataclass(frozen=True)
class Surroundings:
    """
    What lies within a radius of one place; only listed categories, weighted by `count`.

    `recent` counts the plan's window of days, `categories` its most frequent first. `now` counts by category what is
    recent or open, an open matter of the window twice (where there is neither, those of a year); `frequency` counts a
    year by category. `hours` and `weekdays` hold the events of a year whose hour or day is known; there are `timed`
    with an hour. Only disputes and hazards are matters that stay open.
    """

    recent: int
    year: int
    open_matters: int
    oldest_open_days: int | None
    open_harm: float
    revisits: int
    categories: tuple[tuple[str, int], ...]
    now: dict[str, float]
    frequency: dict[str, float]
    hours: np.ndarray
    weekdays: np.ndarray
    timed: int


class Known:
    """
    The events that a plan may know and show: known before `as_of`, placed, and of a listed category.

    Parameters
    ----------
    events : DataFrame
        Canonical columns and `x`, `y`.
    taxonomy : CategoryTable
        Categories that are not `listed` are left out here, once, for all that follows.
    as_of : Timestamp
        First moment not known.
    week : Timestamp
        Monday 00:00 of the week planned for.
    days : int
        Length of the recent window.
    """

    def __init__(
        self, events: pd.DataFrame, taxonomy: CategoryTable, *, as_of: pd.Timestamp, week: pd.Timestamp, days: int
    ) -> None:
        needed = ["layer", "category", "event_start", "event_end", "severity", "status", "count", "closed_at", "x", "y"]
        require_columns(events, needed, "events")
        listed = [key for key in events["category"].dropna().unique() if taxonomy[key].listed]
        known = events["event_end"] <= as_of
        if "reported_at" in events:
            reported = _moments(events["reported_at"], as_of)
            known &= reported.isna() | (reported < as_of)
        kept = known & events["category"].isin(listed)
        self.left_out = int(events.loc[known & ~events["category"].isin(listed), "count"].sum())
        rows = events.loc[kept & events["x"].notna()]
        self.as_of, self.days = as_of, days
        self.category = rows["category"].astype(str).to_numpy()
        self.weight = rows["count"].to_numpy(dtype=float)
        self.harm = rows["severity"].to_numpy(dtype=float) * self.weight
        self.xy = rows[["x", "y"]].to_numpy(dtype=float)
        self.clock = _Clock.of(rows["event_start"], rows["event_end"])
        self.in_year = (rows["event_start"] >= as_of - pd.Timedelta(days=HISTORY_DAYS)).to_numpy()
        self.in_window = (rows["event_start"] >= as_of - pd.Timedelta(days=days)).to_numpy()
        closed = _moments(rows["closed_at"], as_of)
        settles = rows["layer"].isin(MATTERS)
        self.open = (settles & (((rows["status"] == "open") & ~(closed < as_of)) | (closed >= as_of))).to_numpy(bool)
        self.open_days = (as_of - rows["event_start"]).dt.days.clip(lower=1).to_numpy()
        self.revisit = _revisits_due(rows["category"], closed, taxonomy, as_of, week)
        self.tree = cKDTree(self.xy) if len(rows) else None
        points = np.unique(np.round(self.xy[self.in_year | self.open] / SAME_POINT_M), axis=0) * SAME_POINT_M
        self.points = cKDTree(points) if len(points) else None

    def distinct_points(self, places: np.ndarray, radius: float) -> np.ndarray:
        """How many different points of the past year, or still open, lie within `radius` metres of each place."""
        if self.points is None or not len(places):
            return np.zeros(len(places), dtype=np.int64)
        return np.asarray(self.points.query_ball_point(places, radius, return_length=True))

    def around(self, place: np.ndarray, radius: float) -> Surroundings:
        """What is known within `radius` metres of a place, in a straight line."""
        return self.describe(self.rows_near(place, radius))

    def rows_near(self, place: np.ndarray, radius: float) -> np.ndarray:
        """Positions of the events within `radius` metres, in order."""
        found = [] if self.tree is None else self.tree.query_ball_point(place, radius)
        return np.array(sorted(found), dtype=np.int64)

    def everywhere(self) -> Surroundings:
        """The same for all places together."""
        return self.describe(np.arange(len(self.weight)))

    def describe(self, rows: np.ndarray) -> Surroundings:
        """The same for chosen rows."""
        year, window, opened = rows[self.in_year[rows]], rows[self.in_window[rows]], rows[self.open[rows]]
        pressing = np.concatenate([window, opened])
        frequency = _summed(self.category[year], self.weight[year])
        shown = _summed(self.category[window], self.weight[window])
        hours, weekdays, timed = self.clock.profiles(year, self.weight)
        return Surroundings(
            recent=round(self.weight[window].sum()),
            year=round(self.weight[year].sum()),
            open_matters=round(self.weight[opened].sum()),
            oldest_open_days=int(self.open_days[opened].max()) if len(opened) else None,
            open_harm=float(self.harm[opened].sum()),
            revisits=int(self.revisit[rows].sum()),
            categories=tuple(sorted(((k, round(n)) for k, n in shown.items()), key=lambda pair: (-pair[1], pair[0]))),
            now=_summed(self.category[pressing], self.weight[pressing]) or frequency,
            frequency=frequency,
            hours=hours,
            weekdays=weekdays,
            timed=timed,
        )


def _moments(times: pd.Series, as_of: pd.Timestamp) -> pd.Series:
    """The times; where none is known, nothing of the zone's kind, whatever kind of nothing the column holds."""
    if times.notna().any():
        return times
    return pd.Series(pd.DatetimeIndex([pd.NaT] * len(times), tz=as_of.tz), index=times.index)


def _summed(keys: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    names, place = np.unique(keys, return_inverse=True)
    return dict(zip(names.tolist(), np.bincount(place, weights=weights, minlength=len(names)).tolist(), strict=True))


def _revisits_due(
    category: pd.Series, closed: pd.Series, taxonomy: CategoryTable, as_of: pd.Timestamp, week: pd.Timestamp
) -> np.ndarray:
    """True for settled matters that the taxonomy wants visited again within the week planned for."""
    due = np.zeros(len(closed), dtype=bool)
    settled = closed < as_of
    for key in category[settled].unique():
        of_category = settled & (category == key)
        for days in getattr(taxonomy[key], "revisit_days", ()):
            day = closed + pd.Timedelta(days=days)
            due |= (of_category & (day >= week) & (day < week + pd.Timedelta(days=7))).to_numpy(dtype=bool)
    return due


@dataclass(frozen=True)
class _Clock:
    """When each event may have happened: weekday, first hour, how many hours from it on, and what of that is known."""

    weekday: np.ndarray
    hour: np.ndarray
    hours: np.ndarray
    timed: np.ndarray
    dated: np.ndarray

    @classmethod
    def of(cls, start: pd.Series, end: pd.Series) -> "_Clock":
        span = (end - start).to_numpy()
        minutes = start.dt.minute.to_numpy() + span / np.timedelta64(1, "m")
        # A bare date is a span of a whole day: it tells the weekday, but not the hour.
        return cls(
            weekday=start.dt.day_of_week.to_numpy(),
            hour=start.dt.hour.to_numpy(),
            hours=np.clip(np.ceil(minutes / 60.0), 1, 24).astype(np.int64),
            timed=span < HOURS_KNOWN_WITHIN.to_timedelta64(),
            dated=span <= HOURS_KNOWN_WITHIN.to_timedelta64(),
        )

    def profiles(self, rows: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """Events by hour and by weekday, each spread evenly over the hours it may have happened in (aoristic)."""
        dated, timed = rows[self.dated[rows]], rows[self.timed[rows]]
        weekdays = np.bincount(self.weekday[dated], weights=weight[dated], minlength=7)
        hours = self.hours[timed]
        step = np.arange(hours.sum()) - np.repeat(np.cumsum(hours) - hours, hours)
        hour = (np.repeat(self.hour[timed], hours) + step) % 24
        share = np.repeat(weight[timed] / hours, hours)
        return np.bincount(hour, weights=share, minlength=24), weekdays, round(weight[timed].sum())
