"""
Forecast: how many events to expect in each cell, with a range, and in all.

A mixture of maps of the past (`analysis.mixture`), or decayed counts shrunk to their surroundings
(`analysis.shrinkage`) where the history is too short or thin for it; times a citywide level (`analysis.level`); bent
and given its ranges by what past windows held (`analysis.calibrate`). Every free number is fitted on windows that were
over before `as_of`. It says what would be reported if nothing changes, not what happens, and nothing of persons.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import shrinkage
from analysis.calibrate import Calibration, Trial, calibrate
from analysis.cells import Grid
from analysis.components import Components
from analysis.density import local_mean
from analysis.exact import count_range
from analysis.forecast_parts import expect_parts
from analysis.history import History
from analysis.level import Level, find_level, total_range
from analysis.mixture import WINDOW_DAYS, Mixture
from analysis.week_shape import Timed, WeekSplit, split_week
from geo.checks import require_positive
from geo.errors import InputError

MIXTURE, SIMPLE = "mixture of kernels", "shrunk decayed counts"
COVERAGE = 0.8
# Past windows that bend the map and give ranges.
TRIALS = 8
# Weights of the mixture beside the simple forecast that past windows choose from.
TRUSTED = np.linspace(0.0, 1.0, 11)
# Data that end longer ago than this, or than the horizon, say nothing of the days from `as_of` on.
LONGEST_SILENCE = 28
# A box of more cells round the area would take minutes to fit.
MIXTURE_MAX_BOX = 500_000
# Events that a cell's own mean severity needs to count as much as its surroundings' mean: one grave event is no rule.
SEVERITY_EVENTS, SEVERITY_HALF_LIFE, SEVERITY_WIDTH = 10.0, 365.0, 800.0
COUNT_DAYS = (28, 56, 364)
# Standard deviations of an 80 % range of the normal distribution.
USUAL_WIDTHS = 1.2816


@dataclass(frozen=True)
class Forecast:
    """
    Expected events from `as_of` on for `horizon_days`.

    `cells` has one row a study cell in flat order: row, column (relative to the grid), x, y (centre, metres), expected,
    expected_low, expected_high (80 % range), dispersion (size of the negative binomial), expected_harm, count_28,
    count_56, count_364 (events of the last so many days). `total` is the sum of `expected`: events without a point, or
    outside the area, are not in it. `parameters` tell what was chosen, and by how many past windows. `week` splits the
    total by weekday and hour; None where the dates do not tell. `parts` adds the cells up where parts were asked for.
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
    week: WeekSplit | None = None
    parts: pd.DataFrame | None = None


@dataclass(frozen=True, eq=False)
class Fit:
    """
    What is fitted once a history and serves every horizon.

    `share` is each cell's share of the events to come; `told` are the same maps as they were made for past windows, by
    the age at which the window ended, each from what was known before it.
    """

    method: str
    share: np.ndarray
    told: dict[int, np.ndarray]
    parameters: dict[str, Any]
    choice: shrinkage.Choice | None = None


def forecast(
    events: pd.DataFrame,
    grid: Grid,
    *,
    as_of: pd.Timestamp,
    horizon_days: int,
    others: pd.DataFrame | None = None,
    method: str | None = None,
    fit: Fit | Callable[[], Fit] | None = None,
    holidays: pd.DataFrame | None = None,
    parts: np.ndarray | None = None,
) -> Forecast:
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
    others : DataFrame, optional
        Events of other kinds in the same place, with the same columns: they tell where things happen.
    method : str, optional
        `MIXTURE` or `SIMPLE`; by default the mixture where the history allows it.
    fit : Fit, or a function that gives it, optional
        What `fit_forecast` gave for the same arguments; fitted here, if not given.
    holidays : DataFrame, optional
        Special days of the history and the time to come, as `geo.public_holidays.special_days` lists them.
    parts : array of (cells,), optional
        The neighborhood that each cell belongs to: each gets its expected events and a range.

    Raises
    ------
    InputError
        If nothing is known before `as_of`, nothing lies in the area, the data end long before `as_of`, or the horizon
        is longer than the history.

    Notes
    -----
    Time grows with events and cells; the fit takes seconds for 450 thousand events over 38 thousand cells.
    """
    require_positive(horizon_days=horizon_days)
    history = History.of(events, grid, as_of, holidays)
    _require_reach(history, as_of, horizon_days)
    if fit is None:
        fitted = _fit(history, history_or_none(others, grid, as_of), method)
    else:
        fitted = fit if isinstance(fit, Fit) else fit()
    level = find_level(history, horizon_days)
    calibration = calibrated(history, fitted, horizon_days)
    expected, dispersion = expect(history, fitted.share, calibration, level.daily * horizon_days)
    low, high = count_range(expected, expected + expected**2 / dispersion, COVERAGE)
    harm = expected * _severity(history)
    total = float(expected.sum())
    total_low, total_high = total_range(total, level)
    week = None if history.coarse else _week(history, level, events, others, total, horizon_days, as_of)
    sums = None
    if parts is not None:
        sums = expect_parts(history, fitted.told, calibration, level, expected, parts, horizon_days)
    row, column = grid.rows_columns()
    x, y = grid.centers()
    cells = pd.DataFrame({
        "row": row, "column": column, "x": x, "y": y, "expected": expected, "expected_low": low, "expected_high": high,
        "dispersion": dispersion, "expected_harm": harm,
        **{f"count_{days}": history.counted(days) for days in COUNT_DAYS},
    })  # fmt: skip
    parameters = {
        **fitted.parameters, "level_half_life_days": level.half_life_days, "total_miss": level.miss,
        "total_widths": level.widths, "season": level.season, "weekday": level.weekday,
        "holidays": level.holidays, "coarse": history.coarse, "total_windows": level.windows,
        "strata_windows": calibration.windows if calibration else 0,
        "history_days": round(history.days), "coverage": COVERAGE,
    }  # fmt: skip
    return Forecast(
        cells,
        total,
        total_low,
        total_high,
        float(harm.sum()),
        fitted.method,
        parameters,
        as_of,
        horizon_days,
        week,
        sums,
    )


def _week(
    history: History, level: Level, events: pd.DataFrame, others: pd.DataFrame | None, total: float, horizon: int,
    as_of: pd.Timestamp,
) -> WeekSplit | None:  # fmt: skip
    everything = None
    if others is not None and not others.empty:
        columns = ["event_start", "event_end", "count"]
        columns += ["reported_at"] if "reported_at" in events and "reported_at" in others else []
        everything = Timed.of(pd.concat([events[columns], others[columns]], ignore_index=True), as_of)
    return split_week(
        Timed.of(events, as_of), everything, total=total, horizon_days=horizon,
        miss=level.miss * level.widths / USUAL_WIDTHS, levels=_day_levels(history, level, horizon),
    )  # fmt: skip


def _day_levels(history: History, level: Level, horizon: int) -> np.ndarray | None:
    """How each day to come differs from others of its weekday, where holidays moved the level."""
    if history.holidays is None or level.holidays == 1:
        return None
    usual, special = history.holidays.days(0, horizon)
    return np.asarray(special / usual)


def fit_forecast(
    events: pd.DataFrame,
    grid: Grid,
    *,
    as_of: pd.Timestamp,
    others: pd.DataFrame | None = None,
    method: str | None = None,
    holidays: pd.DataFrame | None = None,
) -> Fit:
    """Fit once what serves every horizon; arguments as in `forecast`."""
    return _fit(History.of(events, grid, as_of, holidays), history_or_none(others, grid, as_of), method)


def history_or_none(others: pd.DataFrame | None, grid: Grid, as_of: pd.Timestamp) -> History | None:
    """The history of events of other kinds, or None where nothing of them is known."""
    if others is None or others.empty:
        return None
    try:
        return History.of(others, grid, as_of)
    except InputError:  # Nothing of other kinds is known here: they tell nothing.
        return None


def _require_reach(history: History, as_of: pd.Timestamp, horizon: int) -> None:
    days = len(history.daily)
    some = np.flatnonzero(np.isfinite(history.daily))
    silent = int(some[0]) if len(some) else days
    if silent > max(LONGEST_SILENCE, horizon):
        raise InputError(
            f"The data end {silent} days before {as_of.date()}: too long ago to tell what to expect from then on.",
            remedy=f"Choose a day until {(as_of - pd.Timedelta(silent, 'D')).date()}, or import what happened since.",
            key="forecast.as_of_outside",
            as_of=str(as_of.date()),
            days=silent,
            last=str((as_of - pd.Timedelta(silent, "D")).date()),
        )
    if horizon > days:
        raise InputError(
            f"{days} days of history tell nothing of the next {horizon} days.",
            remedy=f"Choose at most {days} days, or import earlier events.",
            key="forecast.too_short",
            history=days,
            days=horizon,
        )


def _fit(history: History, others: History | None, method: str | None) -> Fit:
    simple = fit_simple(history)
    mixed = fit_mixture(Mixture(Components(history, others)), simple) if method != SIMPLE else None
    return mixed or simple


def fit_mixture(mixture: Mixture, simple: Fit, before: int = 0) -> Fit | None:
    """
    The mixture as of `before` days ago; None where the history is too short, too thin or the area too large.

    `simple` is the simple forecast of the same moment: the mixture is drawn to it as far as past windows ask for.
    """
    history = mixture.history
    ends = mixture.ends(before) if history.grid.study_area.size <= MIXTURE_MAX_BOX else []
    if not ends:
        return None
    forget = mixture.forget_days(before)
    told = {}
    for end in ends[:TRIALS]:
        start = end + WINDOW_DAYS
        if mixture.ends(start):
            told[end] = mixture.foretold(start, forget)
    trusted = _trusted(history, told, simple.told)
    told = {end: blended(share, simple.told[end], trusted) if end in simple.told else share
            for end, share in told.items()}  # fmt: skip
    share = blended(mixture.foretold(before, forget), simple.share, trusted)
    facts = {
        "fit_windows": len(ends), "window_days": WINDOW_DAYS, "forget_days": forget, "trusted": trusted,
        "others": mixture.components.others is not None,
    }  # fmt: skip
    return Fit(MIXTURE, share, told, facts)


def blended(mixed: np.ndarray, simple: np.ndarray, trusted: float) -> np.ndarray:
    """Geometric mean of two maps, the first with the weight `trusted`; sums to one."""
    if trusted == 1:
        return mixed
    share = np.exp(trusted * np.log(np.maximum(mixed, 1e-15)) + (1 - trusted) * np.log(np.maximum(simple, 1e-15)))
    return np.asarray(share / share.sum())


def _trusted(history: History, mixed: dict[int, np.ndarray], simple: dict[int, np.ndarray]) -> float:
    """How far to trust the mixture: the mean of what past windows, which both foretold, leave likely."""
    score = np.zeros(len(TRUSTED))
    for end in mixed.keys() & simple.keys():
        found = history.counted(WINDOW_DAYS, end)
        for number, trusted in enumerate(TRUSTED):
            score[number] += float(found @ np.log(np.maximum(blended(mixed[end], simple[end], trusted), 1e-15)))
    likely = np.exp(score - score.max())
    return round(float(likely @ TRUSTED / likely.sum()), 3)


def fit_simple(history: History, before: int = 0) -> Fit:
    """The simple forecast as of `before` days ago, for any history."""
    choice = shrinkage.choose(history, WINDOW_DAYS, before)
    told = {}
    for end in history.windows(WINDOW_DAYS, TRIALS, before=before):
        told[end] = shrinkage.surface(history, end + WINDOW_DAYS, choice)
    facts = {
        "half_life_days": choice.half_life_days, "narrow_share": choice.narrow_share, "shape": choice.shape,
        "choice_windows": choice.windows,
    }  # fmt: skip
    return Fit(SIMPLE, shrinkage.surface(history, before, choice), told, facts, choice)


def calibrated(history: History, fit: Fit, horizon: int, before: int = 0) -> Calibration | None:
    """What past windows over `before` days ago say of the fit's promises; None if there are none."""
    long, exact = [], []
    for end, share in fit.told.items():
        start = end + WINDOW_DAYS
        if not np.isfinite(history.total(end, WINDOW_DAYS)):
            continue
        long.append(Trial(share, 0.0, history.counted(WINDOW_DAYS, end)))
        if start - horizon >= before and np.isfinite(history.total(start - horizon, horizon)):
            level = find_level(history, horizon, start)
            if np.isfinite(level.daily):
                exact.append(Trial(share, level.daily * horizon, history.counted(horizon, start - horizon)))
    if not long or sum(trial.found.sum() for trial in long) <= 0:
        return None
    return calibrate(long, exact or [Trial(t.share, t.found.sum(), t.found) for t in long])


def expect(
    history: History, share: np.ndarray, calibration: Calibration | None, total: float
) -> tuple[np.ndarray, np.ndarray]:
    """Expected events and the size of their negative binomial, per cell."""
    if calibration is None:
        # No window tells: the size of a gamma posterior of one event beside those seen.
        return share * total, 1 + history.decayed(history.weight, 0, SEVERITY_HALF_LIFE)
    return calibration.bend(share) * total, calibration.size(share)


def _severity(history: History) -> np.ndarray:
    """Mean harm of an event per cell, shrunk to its surroundings' mean, and those to the city's."""
    grid = history.grid
    city = history.harm.sum() / history.weight.sum()
    width = max(SEVERITY_WIDTH, 3 * grid.cell_size) / grid.cell_size
    events, harm = (history.decayed(v, 0.0, SEVERITY_HALF_LIFE) for v in (history.weight, history.harm))
    around = []
    for values in (events, harm):
        image = np.zeros(grid.shape)
        image[grid.study_area] = values
        around.append(local_mean(image, grid.study_area, width)[grid.study_area])
    # Surroundings as wide as the kernel hold this many cells.
    cells = 4 * np.pi * width**2
    near = (around[1] * cells + SEVERITY_EVENTS * city) / (around[0] * cells + SEVERITY_EVENTS)
    return (harm + SEVERITY_EVENTS * near) / (events + SEVERITY_EVENTS)
