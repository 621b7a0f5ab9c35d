"""
History: the known events of an area as arrays, to be asked as it stood at any earlier moment. What later rows tell, and
rows that were not over or not reported by then, are not seen from that moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.as_of import age_days, daily_counts, find_gaps, first_day, known_at
from analysis.cells import Grid
from analysis.holidays import Holidays
from geo.checks import require_columns
from geo.errors import InputError

SECONDS_A_DAY = 86_400
# Dates are coarse where most events are dated to no better than a span of this many days.
COARSE_DAYS = 20.0
# A window is foretold only from at least this many days before it.
LEAST_PAST_DAYS = 21


@dataclass(frozen=True, eq=False)
class History:
    """
    The known events inside the area, one entry an event, in an order that does not depend on that of the rows.

    All ages are in days before `as_of`: `age` of the middle of the span, `youngest` and `oldest` of its ends, `known`
    of the moment from which the row could be known (its end, or its report). `site` numbers distinct points; `daily`
    holds the events of each day, the last first, NaN where the day is missing.
    """

    grid: Grid
    site: np.ndarray
    age: np.ndarray
    youngest: np.ndarray
    oldest: np.ndarray
    known: np.ndarray
    weight: np.ndarray
    harm: np.ndarray
    daily: np.ndarray
    site_x: np.ndarray
    site_y: np.ndarray
    site_cell: np.ndarray  # position among the study cells
    holidays: Holidays | None = None

    @classmethod
    def of(
        cls, events: pd.DataFrame, grid: Grid, as_of: pd.Timestamp, holidays: pd.DataFrame | None = None
    ) -> "History":
        """
        Take what is known at `as_of` and lies in the area; `holidays` as `geo.public_holidays.special_days` tells them.

        Raises
        ------
        InputError
            If nothing is known before `as_of`, or nothing lies in the area.
        """
        require_columns(events, ["event_start", "event_end", "x", "y", "count", "severity"], "events")
        known = events.loc[known_at(events, as_of)]
        if not len(known):
            raise InputError(
                f"Nothing is known before {as_of.date()}: there is nothing to forecast from.",
                remedy="Choose a later day, or import earlier events.",
                key="forecast.no_history",
                as_of=str(as_of.date()),
            )
        flat = grid.locate(known["x"].to_numpy(), known["y"].to_numpy())
        if not (flat >= 0).any():
            raise InputError(
                f"None of the {len(known)} events lies in the study area.",
                remedy="Check the coordinates of the events and that the polygons are of the same city.",
                key="analysis.none_inside",
                n=len(known),
            )
        known, flat = known.loc[flat >= 0], flat[flat >= 0]
        x, y = known["x"].to_numpy(dtype=float), known["y"].to_numpy(dtype=float)
        age = age_days(known, as_of)
        youngest = (as_of - known["event_end"]).dt.total_seconds().to_numpy() / SECONDS_A_DAY
        oldest = (as_of - known["event_start"]).dt.total_seconds().to_numpy() / SECONDS_A_DAY
        knowable = youngest
        if "reported_at" in known and known["reported_at"].notna().any():
            reported = (as_of - known["reported_at"]).dt.total_seconds().to_numpy() / SECONDS_A_DAY
            knowable = np.where(np.isfinite(reported), np.minimum(youngest, reported), youngest)
        weight = known["count"].to_numpy(dtype=float)
        severity = np.nan_to_num(known["severity"].to_numpy(dtype=float))
        order = np.lexsort((knowable, oldest, severity, weight, age, x, y))
        sites, site = np.unique(np.column_stack([y, x])[order], axis=0, return_inverse=True)
        cell = np.searchsorted(grid.flat_index, grid.locate(sites[:, 1], sites[:, 0]))
        daily = _daily(known, as_of)
        return cls(
            grid=grid, site=site.ravel(), age=age[order], youngest=youngest[order], oldest=oldest[order],
            known=knowable[order], weight=weight[order], harm=(weight * severity)[order],
            daily=daily, site_x=sites[:, 1], site_y=sites[:, 0], site_cell=cell,
            holidays=None if holidays is None or holidays.empty else Holidays.of(holidays, daily, as_of),
        )  # fmt: skip

    @cached_property
    def cell(self) -> np.ndarray:
        """Position among the study cells of each event."""
        return self.site_cell[self.site]

    @cached_property
    def unseen(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """
        What was over but not yet reported at a moment: the moment's age, how many days before it, how many events.

        One entry a row and whole day between its end and its report.
        """
        late = np.flatnonzero((self.known < self.youngest) & (self.age < len(self.daily)))
        first = np.maximum(np.floor(self.known[late]).astype(int) + 1, 0)
        lasting = np.maximum(np.floor(self.age[late]).astype(int) - first + 1, 0)
        row = np.repeat(late, lasting)
        moment = np.repeat(first, lasting) + np.arange(len(row)) - np.repeat(np.cumsum(lasting) - lasting, lasting)
        return moment, np.floor(self.age[row]).astype(int) - moment, self.weight[row]

    @cached_property
    def means(self) -> dict[tuple[float, bool], np.ndarray]:
        """Decayed daily means by half-life, with or without holidays, remembered by `analysis.level`."""
        return {}

    @property
    def days(self) -> float:
        """Days of the history that are not missing."""
        return float(np.isfinite(self.daily).sum())

    @cached_property
    def coarse(self) -> bool:
        """Whether most events are dated to no better than about a month."""
        return float(self.weight[self.oldest - self.youngest > COARSE_DAYS].sum()) > 0.5 * float(self.weight.sum())

    def decayed_sites(self, values: np.ndarray, before: float, half_life: float) -> np.ndarray:
        """Sum per site of what was known `before` days ago, halved every `half_life` days."""
        old = (self.known >= before) & (self.age > before) & (self.age <= len(self.daily) + 1)
        weight = values[old] * np.exp2(-(self.age[old] - before) / half_life)
        return np.bincount(self.site[old], weights=weight, minlength=len(self.site_x))

    def decayed(self, values: np.ndarray, before: float, half_life: float) -> np.ndarray:
        """Sum per cell of what was known `before` days ago, halved every `half_life` days."""
        return self.by_cell(self.decayed_sites(values, before, half_life))

    def by_cell(self, site_values: np.ndarray) -> np.ndarray:
        """Add up sites per cell."""
        return np.bincount(self.site_cell, weights=site_values, minlength=self.grid.n_cells)

    def counted(self, days: float, before: float = 0.0, *, known_by: float = 0.0) -> np.ndarray:
        """
        Events per cell in the `days` before the moment `before` days ago; spans by the share that lies within.

        Only rows that could be known `known_by` days ago count; for what was found out later, that is 0.
        """
        length = self.oldest - self.youngest
        overlap = np.minimum(self.oldest, before + days) - np.maximum(self.youngest, before)
        moment = (self.age > before) & (self.age <= before + days)
        share = np.where(length > 0, np.clip(overlap, 0, None) / np.where(length > 0, length, 1), moment)
        share = np.where(self.known >= known_by, share, 0.0)
        return np.bincount(self.cell, weights=self.weight * share, minlength=self.grid.n_cells)

    def total(self, before: int, days: int) -> float:
        """Events in the city in those days; NaN if one of them is missing."""
        return float(self.daily[before : before + days].sum())

    def windows(self, days: int, most: int, *, step: int | None = None, before: int = 0) -> Iterator[int]:
        """
        Ages at which complete past windows of that length ended, the latest first, with enough past before them.

        Parameters
        ----------
        before : int
            The windows were over so many days before `as_of`.
        step : int, optional
            Days from window to window; by default they lie end to end. Where dates are coarse, every window begins
            where spans begin, so that no month lies half in it.
        """
        step = days if step is None else step
        found, end, last = 0, before, -1
        while found < most and end + days + max(LEAST_PAST_DAYS, days) <= len(self.daily):
            stop = self._snapped(end + days) - days if self.coarse else end
            if stop >= before and stop != last and np.isfinite(self.total(stop, days)):
                yield stop
                found, last = found + 1, stop
            end += step

    def _snapped(self, age: float) -> int:
        """The whole age nearest to that at which spans begin."""
        return int(self._edges[np.argmin(np.abs(self._edges - age))])

    @cached_property
    def _edges(self) -> np.ndarray:
        return np.unique(np.rint(self.oldest).astype(int))


def _daily(known: pd.DataFrame, as_of: pd.Timestamp) -> np.ndarray:
    """Events of each day of the history, the last first; NaN where the day is missing."""
    daily = daily_counts(known)
    last_day = as_of.tz_localize(None).normalize()
    start = min(first_day(daily), last_day - pd.Timedelta(1, "D"))
    series = daily.reindex(pd.date_range(start, last_day, inclusive="left"), fill_value=0.0).to_numpy()
    return np.where(find_gaps(daily, start, last_day), np.nan, series)[::-1]
