"""
Forecast: how many events to expect in each cell, with a range, and in all.

Recent events weigh more; a cell's own past is shrunk towards its surroundings (gamma–Poisson); the citywide level
follows a decayed mean of its own. Every free number is chosen among a few by how well it foretold windows that were
over before `as_of`. It says what would be reported if nothing changes, not what happens, and nothing of persons.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, gammaln

from analysis.as_of import age_days, daily_counts, find_gaps, first_day, known_at
from analysis.cells import Grid
from analysis.density import local_mean, spread_mass
from analysis.exact import count_range
from geo.checks import require_columns, require_positive
from geo.errors import InputError

COVERAGE = 0.8
HALF_LIVES = (28.0, 90.0, 180.0, 365.0, 730.0)
SHAPES = (0.02, 0.05, 0.15, 0.3, 0.6, 1.2, 2.5, 5.0)
# Share of the narrow one in the prior surface of two widths (metres); a trace of the city's mean keeps all above 0.
NARROW_SHARES = (0.0, 0.5, 0.9)
NARROW, WIDE = 300.0, 800.0
FLAT_SHARE = 0.02
# One cell in a hundred may hold five times what its surroundings do, and anything round that.
ODD_SHARE, ODD_FACTOR, ODD_SHAPE = 0.01, 5.0, 0.3
LEVEL_HALF_LIVES = (14.0, 28.0, 56.0, 112.0, 224.0, 448.0)
# Windows that choose the numbers, and windows that tell how far totals miss.
CHOICE_WINDOWS, LEVEL_WINDOWS = 4, 26
# A window is foretold only from at least this many days before it.
LEAST_PAST_DAYS = 21
# Without enough windows to tell: totals then miss by this share (one standard deviation), Poisson noise apart.
USUAL_MISS = 0.15
# Events that a cell's own mean severity needs to count as much as its surroundings' mean: one grave event is no rule.
SEVERITY_EVENTS = 10.0
COUNT_DAYS = (28, 56, 364)
STRATA = 6


@dataclass(frozen=True)
class Forecast:
    """
    Expected events from `as_of` on for `horizon_days`.

    `cells` has one row a study cell in flat order: row, column (relative to the grid), x, y (centre, metres), expected,
    expected_low, expected_high (80 % range), dispersion (size of the negative binomial), expected_harm, count_28,
    count_56, count_364 (events of the last so many days). `total` is the sum of `expected`: events without a point, or
    outside the area, are not in it. `parameters` tell what was chosen, and by how many past windows.
    """

    cells: pd.DataFrame
    total: float
    total_low: float
    total_high: float
    total_harm: float
    method: str
    parameters: dict[str, Any]
    as_of: pd.Timestamp
    horizon_days: int


def forecast(events: pd.DataFrame, grid: Grid, *, as_of: pd.Timestamp, horizon_days: int) -> Forecast:
    """
    Forecast events per cell.

    Parameters
    ----------
    events : DataFrame
        `event_start`, `event_end`, `x`, `y`, `count`, `severity`, perhaps `reported_at`; rows not known at `as_of` are
        ignored to the last bit. Spans weigh at their middle, and are shared out over the windows they overlap when
        counted.
    grid : Grid
    as_of : Timestamp with zone
        The first moment the model may not know.
    horizon_days : int
        How far it looks.

    Raises
    ------
    InputError
        If nothing is known before `as_of`, or nothing lies in the area.

    Notes
    -----
    Time grows with events and cells: 450 thousand events over 38 thousand cells take seconds.

    References
    ----------
    Gamma–Poisson shrinkage: Marshall (1991), Applied Statistics 40(2), 283–294. Log score: Good (1952).
    """
    require_columns(events, ["event_start", "event_end", "x", "y", "count", "severity"], "events")
    require_positive(horizon_days=horizon_days)
    past = _Past.of(events, grid, as_of)
    choice = _choose(past, horizon_days)
    level, miss, windows = _level(past, horizon_days)
    share = past.surface(0.0, choice["half_life_days"], choice["narrow_share"], choice["shape"])
    expected = share * level * horizon_days
    dispersion, strata = _dispersion(past, horizon_days, choice, expected)
    low, high = count_range(expected, expected + expected**2 / dispersion, COVERAGE)
    harm = expected * past.severity(choice["half_life_days"])
    total = float(expected.sum())
    total_low, total_high = _total_range(total, miss, windows)
    row, column = grid.rows_columns()
    x, y = grid.centers()
    cells = pd.DataFrame({
        "row": row, "column": column, "x": x, "y": y, "expected": expected, "expected_low": low, "expected_high": high,
        "dispersion": dispersion, "expected_harm": harm,
        **{f"count_{days}": past.counted(days) for days in COUNT_DAYS},
    })  # fmt: skip
    parameters = {
        **choice, **_level_facts(past, horizon_days), "narrow": past.narrow, "wide": past.wide, "total_miss": miss,
        "total_windows": windows, "strata_windows": strata, "history_days": round(past.days), "coverage": COVERAGE,
    }  # fmt: skip
    return Forecast(
        cells, total, total_low, total_high, float(harm.sum()), "shrunk decayed counts", parameters, as_of, horizon_days
    )


@dataclass(frozen=True, eq=False)
class _Past:
    """The known events in the area, as arrays sorted by cell and age, and the days on which anything was recorded."""

    grid: Grid
    cell: np.ndarray  # position among the study cells
    age: np.ndarray  # days from the middle of the span to as_of
    youngest: np.ndarray  # days from the end and the start of the span
    oldest: np.ndarray
    weight: np.ndarray
    harm: np.ndarray
    daily: np.ndarray  # events of each day of the history, the last first; NaN where the day is missing

    @classmethod
    def of(cls, events: pd.DataFrame, grid: Grid, as_of: pd.Timestamp) -> "_Past":
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
        known = known.loc[flat >= 0]
        daily = daily_counts(known)
        last_day = as_of.tz_localize(None).normalize()
        start = min(first_day(daily), last_day - pd.Timedelta(1, "D"))
        series = daily.reindex(pd.date_range(start, last_day, inclusive="left"), fill_value=0.0).to_numpy()
        series = np.where(find_gaps(daily, start, last_day), np.nan, series)[::-1]
        position = np.searchsorted(grid.flat_index, flat[flat >= 0])
        age = age_days(known, as_of)
        # Ages and cells in one order whatever the order of the rows, so that sums agree to the last bit.
        order = np.lexsort((known["severity"].to_numpy(), known["count"].to_numpy(), age, position))
        weight = known["count"].to_numpy(dtype=float)[order]
        severity = np.nan_to_num(known["severity"].to_numpy(dtype=float))[order]
        youngest = (as_of - known["event_end"]).dt.total_seconds().to_numpy()[order] / 86_400
        oldest = (as_of - known["event_start"]).dt.total_seconds().to_numpy()[order] / 86_400
        return cls(grid, position[order], age[order], youngest, oldest, weight, weight * severity, series)

    @property
    def days(self) -> float:
        """Days of the history that are not missing."""
        return float(np.isfinite(self.daily).sum())

    @property
    def narrow(self) -> float:
        return max(NARROW, 1.5 * self.grid.cell_size)

    @property
    def wide(self) -> float:
        return max(WIDE, 3 * self.grid.cell_size)

    def decayed(self, values: np.ndarray, before: float, half_life: float) -> np.ndarray:
        """Sum per cell of what happened more than `before` days ago, halved every `half_life` days."""
        old = (self.age > before) & (self.age <= len(self.daily) + 1)
        weight = values[old] * np.exp2(-(self.age[old] - before) / half_life)
        return np.bincount(self.cell[old], weights=weight, minlength=self.grid.n_cells)

    def around(self, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What lies around each cell, spread with the narrow and the wide Gaussian."""
        area = self.grid.study_area
        image = np.zeros(area.shape)
        image[area] = own
        narrow, wide = (
            spread_mass(image, area, width / self.grid.cell_size)[area] for width in (self.narrow, self.wide)
        )
        return narrow, wide

    def surface(self, before: float, half_life: float, narrow_share: float, shape: float) -> np.ndarray:
        """Each cell's share of the city's events; sums to one."""
        own = self.decayed(self.weight, before, half_life)
        return _shrink(own, _prior(*self.around(own), narrow_share), shape)

    def severity(self, half_life: float) -> np.ndarray:
        """Mean harm of an event per cell, shrunk to its surroundings' mean, and those to the city's."""
        area, city = self.grid.study_area, self.harm.sum() / self.weight.sum()
        events, harm = (self.decayed(v, 0.0, half_life) for v in (self.weight, self.harm))
        around = []
        for values in (events, harm):
            image = np.zeros(area.shape)
            image[area] = values
            around.append(local_mean(image, area, self.wide / self.grid.cell_size)[area])
        # Surroundings as wide as the kernel hold this many cells.
        cells = 4 * np.pi * (self.wide / self.grid.cell_size) ** 2
        near = (around[1] * cells + SEVERITY_EVENTS * city) / (around[0] * cells + SEVERITY_EVENTS)
        return (harm + SEVERITY_EVENTS * near) / (events + SEVERITY_EVENTS)

    def counted(self, days: float, before: float = 0.0) -> np.ndarray:
        """Events per cell in the `days` before the moment `before` days ago; spans by the share that lies within."""
        length = self.oldest - self.youngest
        overlap = np.minimum(self.oldest, before + days) - np.maximum(self.youngest, before)
        moment = (self.age > before) & (self.age <= before + days)
        share = np.where(length > 0, np.clip(overlap, 0, None) / np.where(length > 0, length, 1), moment)
        return np.bincount(self.cell, weights=self.weight * share, minlength=self.grid.n_cells)

    def total(self, before: int, days: int) -> float:
        """Events in the city in those days; NaN if one of them is missing."""
        return float(self.daily[before : before + days].sum())

    def windows(self, days: int, most: int) -> Iterator[int]:
        """Ages at which complete past windows of that length ended, the latest first, with enough past before them."""
        found, end = 0, 0
        while found < most and end + days + max(LEAST_PAST_DAYS, days) <= len(self.daily):
            if np.isfinite(self.total(end, days)):
                yield end
                found += 1
            end += days


def _prior(narrow: np.ndarray, wide: np.ndarray, narrow_share: float) -> np.ndarray:
    """The surroundings' mean per cell: two widths and a trace of the city's mean."""
    mixed = narrow_share * narrow + (1 - narrow_share) * wide
    return (1 - FLAT_SHARE) * mixed + FLAT_SHARE * mixed.mean()


def _shrink(own: np.ndarray, prior: np.ndarray, shape: float) -> np.ndarray:
    """
    Mean of the posterior, as shares: own counts, and a gamma prior whose mean is the surroundings'.

    A few cells follow another rule, a wide one: where their own counts are too many for the first, they are believed.
    One shape for all would think a sudden spot away in a city that is even elsewhere.
    """
    mean = np.maximum(prior, 1e-12)
    usual = (shape + own) / (shape / mean + 1)
    odd = (ODD_SHAPE + own) / (ODD_SHAPE / (ODD_FACTOR * mean) + 1)
    against = _log_marginal(own, shape, mean) - _log_marginal(own, ODD_SHAPE, ODD_FACTOR * mean)
    weight = expit(np.log(ODD_SHARE / (1 - ODD_SHARE)) - against)
    rate = np.where(prior > 0, (1 - weight) * usual + weight * odd, 0.0)
    total = rate.sum()
    return rate / total if total > 0 else np.full(len(own), 1 / len(own))


def _log_marginal(own: np.ndarray, shape: float, mean: np.ndarray) -> np.ndarray:
    """Log probability of a count whose rate is gamma of that shape and mean, but for a term that all priors share."""
    return gammaln(shape + own) - gammaln(shape) + own * np.log(mean / (shape + mean)) - shape * np.log1p(mean / shape)


def _choose(past: _Past, horizon: int) -> dict[str, Any]:
    """The half-life, widths and shape under which the cells of the events of past windows were likeliest."""
    # A day's events hardly tell two maps apart: windows of at least four weeks do, where the history has them.
    days = horizon
    if len(past.daily) >= 28 * (CHOICE_WINDOWS + 3):
        days = max(horizon, 28)
    ends = list(past.windows(days, CHOICE_WINDOWS))
    if not ends or past.weight.sum() < 20:
        return {"half_life_days": 180.0, "narrow_share": 0.5, "shape": 1.2, "choice_windows": 0}
    scores: dict[tuple[float, float, float], float] = {}
    for end in ends:
        found = past.counted(days, end)
        some = found > 0
        for half_life in HALF_LIVES:
            own = past.decayed(past.weight, end + days, half_life)
            if not own.sum():
                continue
            around = past.around(own)
            for narrow_share in NARROW_SHARES:
                prior = _prior(*around, narrow_share)
                for shape in SHAPES:
                    score = float(found[some] @ np.log(np.maximum(_shrink(own, prior, shape)[some], 1e-12)))
                    key = (half_life, narrow_share, shape)
                    scores[key] = scores.get(key, 0.0) + score
    half_life, narrow_share, shape = max(scores, key=lambda key: (scores[key], key))
    return {"half_life_days": half_life, "narrow_share": narrow_share, "shape": shape, "choice_windows": len(ends)}


def _level_facts(past: _Past, horizon: int) -> dict[str, Any]:
    return {"level_half_life_days": _level_half_life(past, horizon)}


def _decayed_level(past: _Past, before: int, half_life: float) -> float:
    """Events a day in the city, the decayed mean of the days before."""
    series = past.daily[before:]
    known = np.isfinite(series)
    weight = np.exp2(-np.arange(len(series)) / half_life)[known]
    return float((series[known] * weight).sum() / weight.sum()) if known.any() else np.nan


def _level_half_life(past: _Past, horizon: int) -> float:
    """The half-life that foretold past totals best."""
    ends = list(past.windows(horizon, LEVEL_WINDOWS))
    if len(ends) < 3:
        return 112.0
    found = np.array([past.total(end, horizon) for end in ends])

    def miss(half_life: float) -> float:
        told = np.array([_decayed_level(past, end + horizon, half_life) for end in ends]) * horizon
        return float(np.mean((np.sqrt(found) - np.sqrt(told)) ** 2))

    return min(LEVEL_HALF_LIVES, key=miss)


def _level(past: _Past, horizon: int) -> tuple[float, float, int]:
    """Events a day to expect; the share totals missed by (one standard deviation, Poisson apart); windows that told."""
    half_life = _level_half_life(past, horizon)
    level = _decayed_level(past, 0, half_life)
    ends = list(past.windows(horizon, LEVEL_WINDOWS))
    found = np.array([past.total(end, horizon) for end in ends])
    told = np.array([_decayed_level(past, end + horizon, half_life) for end in ends]) * horizon
    usable = np.isfinite(found) & np.isfinite(told) & (told > 0)
    if usable.sum() < 3:
        return level, USUAL_MISS, 0
    found, told = found[usable], told[usable]
    excess = ((found - told) ** 2 - told).sum() / (told**2).sum()
    return level, float(np.sqrt(max(excess, 0.0))), int(usable.sum())


def _total_range(total: float, miss: float, windows: int) -> tuple[float, float]:
    """80 % range of the total: Poisson and miss together, widened by Student's t for the few windows that told."""
    from scipy.special import stdtrit

    spread = np.sqrt(total + (miss * total) ** 2)
    factor = float(stdtrit(max(windows - 1, 3), 0.5 + COVERAGE / 2))
    return float(max(0.0, np.floor(total - factor * spread))), float(np.ceil(total + factor * spread))


def _dispersion(past: _Past, horizon: int, choice: dict[str, Any], expected: np.ndarray) -> tuple[np.ndarray, int]:
    """Size of the negative binomial per cell, by strata of the forecast, from how far past windows missed."""
    ends = list(past.windows(horizon, CHOICE_WINDOWS))
    told, found = [], []
    for end in ends:
        own = past.decayed(past.weight, end + horizon, choice["half_life_days"])
        level = _decayed_level(past, end + horizon, 112.0)
        if not own.sum() or not np.isfinite(level):
            continue
        share = _shrink(own, _prior(*past.around(own), choice["narrow_share"]), choice["shape"])
        told.append(share * level * horizon)
        found.append(past.counted(horizon, end))
    # Where no window tells, the posterior's own shape: prior and events seen.
    own = past.decayed(past.weight, 0.0, choice["half_life_days"])
    posterior = choice["shape"] + own
    if not told:
        return posterior, 0
    mean, count = np.concatenate(told), np.concatenate(found)
    # Strata by equal shares of the expected events, so that each has events to tell by.
    order = np.argsort(mean, kind="stable")
    shares = np.cumsum(mean[order]) / mean.sum()
    edges = mean[order][np.searchsorted(shares, np.arange(1, STRATA) / STRATA)]
    stratum = np.searchsorted(edges, mean, side="right")
    squares = np.bincount(stratum, weights=mean**2, minlength=STRATA)
    excess = np.bincount(stratum, weights=(count - mean) ** 2 - mean, minlength=STRATA)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(excess > 0, squares / excess, 1e6)
    size = np.clip(np.where(squares > 0, size, 1.0), 0.02, 1e6)
    return size[np.searchsorted(edges, expected, side="right")], len(told)
