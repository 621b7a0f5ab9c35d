"""
Backtest: how good would the forecasts have been, walking forward through the past, and which method should be used?

Every map is made from what was known at the start of its window, with numbers fitted on windows that were over by then
(afresh every four weeks). Scores are pooled over windows; intervals come from a bootstrap of blocks of windows, since
windows that overlap are no independent trials.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import baselines, shrinkage
from analysis.calibrate import Calibration
from analysis.ceiling import Pair, find_ceiling
from analysis.cells import Grid
from analysis.components import Components
from analysis.forecast import COVERAGE, Fit, blended, calibrated, expect, fit_mixture, fit_simple, history_or_none
from analysis.history import History
from analysis.level import find_level, total_range
from analysis.mixture import WINDOW_DAYS, Mixture
from analysis.scores import COVERAGES, log_score, range_cover, score_area
from geo.checks import require_positive
from geo.errors import InputError

MIXTURE, SIMPLE = "mixture", "simple"
METHODS = (
    MIXTURE, SIMPLE, "count_28", "count_56", "count_364", "density", "decayed", "tuned_density", "prospective",
    "self_exciting",
)  # fmt: skip
STEP_DAYS, MOST_WINDOWS = 7, 52
# A window needs this much past, so that methods have windows to be fitted on.
LEAST_PAST_DAYS = 56
LEAST_EVENTS, LEAST_WINDOWS = 30, 2
TOP = 0.01
REPEATS = 1000


@dataclass(frozen=True)
class Backtest:
    """
    Scores by method, pooled over `windows` (first and last moment of each).

    `scores`: method, coverage, hit_rate, hit_low, hit_high (95 %), pai, pei. `summary`: method, log_score (bits
    an event over a map that is the same everywhere), log_low, log_high, cover_cells (80 % ranges, top 1 % of cells),
    cover_cells_error (one standard error), cover_total, cover_total_error, expected_over_observed (top 1 %),
    total_over_observed, total_error; NaN where a method gives none. `differences`: the mixture minus each other method,
    by coverage (0 for the log score), with low and high. `ceiling`: coverage, hit_rate of a map that knew the lasting
    rates. `chosen`: the method to use. `facts`: what a sentence needs.
    """

    scores: pd.DataFrame
    summary: pd.DataFrame
    differences: pd.DataFrame
    ceiling: pd.DataFrame
    chosen: str
    windows: list[tuple[pd.Timestamp, pd.Timestamp]]
    facts: dict[str, Any]


def backtest(
    events: pd.DataFrame,
    grid: Grid,
    *,
    as_of: pd.Timestamp,
    horizon_days: int = 28,
    windows: int | None = None,
    others: pd.DataFrame | None = None,
    rng: np.random.Generator,
    holidays: pd.DataFrame | None = None,
) -> Backtest:
    """
    Walk forward through the past before `as_of`.

    Parameters
    ----------
    events, grid, as_of, others, holidays
        As in `analysis.forecast.forecast`.
    horizon_days : int
        Length of a window.
    windows : int, optional
        How many, a week apart (or end to end where they are shorter); by default up to a year, over at most the later
        half of the history, and without those that overlap missing days.
    rng : Generator
        For the bootstrap and the simulated ceiling.

    Raises
    ------
    InputError
        If `as_of` lies outside the data, the history is too short for the horizon or the windows, too few events lie
        in them, or windows asked for overlap missing days.
    """
    require_positive(horizon_days=horizon_days)
    history = History.of(events, grid, as_of, holidays)
    _require_within(history, as_of, horizon_days)
    ends, skipped = _window_ends(history, horizon_days, windows)
    found = {end: history.counted(horizon_days, end) for end in ends}
    scored = sum(float(counts.sum()) for counts in found.values())
    if scored < LEAST_EVENTS:
        raise InputError(
            f"Only {scored:.0f} events lie in the {len(ends)} windows: too few to score.",
            remedy=f"Take more kinds of events, longer windows or more of them: {LEAST_EVENTS} events at least.",
            key="backtest.too_few",
            n=round(scored),
            windows=len(ends),
            least=LEAST_EVENTS,
        )
    mixture = Mixture(Components(history, history_or_none(others, grid, as_of)))
    walk = _Walk(mixture, horizon_days)
    rows, pairs = [], []
    for end in sorted(ends, reverse=True):
        start = end + horizon_days
        foretold = walk.foretell(start)
        rows.append(_score_window(foretold, found[end]))
        if end >= horizon_days and np.isfinite(history.total(end - horizon_days, horizon_days)):
            best = foretold.expected[MIXTURE if MIXTURE in foretold.expected else SIMPLE]
            pairs.append(Pair(best, found[end], history.counted(horizon_days, end - horizon_days)))
    block = max(1, int(np.ceil(2 * horizon_days / min(STEP_DAYS, horizon_days))))
    draws = _draws(len(rows), min(block, max(1, len(rows) // 3)), rng)
    scores, summary, differences, chosen = _pool(rows, draws)
    ceiling = find_ceiling(pairs[:: max(1, len(pairs) // 12)], COVERAGES, rng)
    moments = [
        (as_of - pd.DateOffset(days=end + horizon_days), as_of - pd.DateOffset(days=end))
        for end in sorted(ends, reverse=True)
    ]
    facts = {
        "windows": len(ends), "skipped": skipped, "events": round(scored), "horizon_days": horizon_days,
        "others": mixture.components.others is not None, "history_days": round(history.days),
    }  # fmt: skip
    table = pd.DataFrame({
        "coverage": COVERAGES, "hit_rate": np.full(len(COVERAGES), np.nan) if ceiling is None else ceiling,
    })  # fmt: skip
    return Backtest(scores, summary, differences, table, chosen, moments, facts)


@dataclass(frozen=True, eq=False)
class _Foretold:
    """For one window: expected events per cell by method; ranges for those that give them."""

    expected: dict[str, np.ndarray]
    dispersion: dict[str, np.ndarray]
    total_low: float
    total_high: float


class _Walk:
    """Makes every method's map for one window after another, the oldest first, fitting afresh every four weeks."""

    def __init__(self, mixture: Mixture, horizon: int) -> None:
        self.mixture, self.history, self.horizon = mixture, mixture.history, horizon
        self.fitted_at = -1
        self.weights: np.ndarray | None = None
        self.trusted = 1.0
        self.choice = shrinkage.Choice()
        self.calibrations: dict[str, Calibration | None] = {}
        self.maps: dict[str, dict[int, np.ndarray]] = {}
        self.even: dict[str, float] = {}
        self.makers = self._makers()

    def foretell(self, start: int) -> _Foretold:
        moment = self.horizon + WINDOW_DAYS * int(np.ceil((start - self.horizon) / WINDOW_DAYS))
        # The first fit may lack past of its own: then what is known at the window itself serves.
        moment = moment if moment + 2 * WINDOW_DAYS <= len(self.history.daily) else start
        if moment != self.fitted_at:
            self._fit(moment)
        level = find_level(self.history, self.horizon, start)
        total = level.daily * self.horizon
        expected, dispersion = {}, {}
        shares = {SIMPLE: shrinkage.surface(self.history, start, self.choice)}
        if self.weights is not None:
            mixed = self.mixture.foretold_with(start, self.weights)
            shares[MIXTURE] = blended(mixed, shares[SIMPLE], self.trusted)
        for name, share in shares.items():
            expected[name], dispersion[name] = expect(self.history, share, self.calibrations[name], total)
        for name, make in self.makers.items():
            even = self.even[name]
            expected[name] = ((1 - even) * make(start) + even / self.history.grid.n_cells) * total
        expected["decayed"] = baselines.tuned_column(self.mixture, start, self.fitted_at, own_only=True) * total
        expected["tuned_density"] = baselines.tuned_column(self.mixture, start, self.fitted_at, own_only=False) * total
        expected["self_exciting"] = baselines.self_exciting(self.mixture, start, self.fitted_at) * total
        low, high = total_range(total, level)
        self.mixture.forget_maps(start)
        return _Foretold({name: expected[name] for name in METHODS if name in expected}, dispersion, low, high)

    def _fit(self, moment: int) -> None:
        simple = fit_simple(self.history, moment)
        mixed = fit_mixture(self.mixture, simple, moment)
        fits: dict[str, Fit | None] = {MIXTURE: mixed, SIMPLE: simple}
        self.fitted_at, self.weights = moment, None
        self.choice = simple.choice or shrinkage.Choice()
        if mixed is not None:
            self.weights = self.mixture.weights(moment, mixed.parameters["forget_days"])
            self.trusted = mixed.parameters["trusted"]
        self.calibrations = {
            name: calibrated(self.history, fit, self.horizon, moment) for name, fit in fits.items() if fit is not None
        }
        for name, make in self.makers.items():
            cache = self.maps.setdefault(name, {})
            self.even[name] = baselines.tune_even(make, self.mixture, moment, cache)

    def _makers(self) -> dict[str, Callable[[int], np.ndarray]]:
        history = self.history
        makers: dict[str, Callable[[int], np.ndarray]] = {
            f"count_{days}": lambda before, days=days: baselines.counts(history, before, days)  # type: ignore[misc]
            for days in baselines.COUNT_DAYS
        }
        makers["density"] = lambda before: baselines.density(history, before)
        makers["prospective"] = lambda before: baselines.prospective(history, before)
        return makers


def _require_within(history: History, as_of: pd.Timestamp, horizon: int) -> None:
    known = np.flatnonzero(np.isfinite(history.daily) & (history.daily > 0))
    latest = int(known[0]) if len(known) else len(history.daily)
    if latest > max(28, horizon):
        raise InputError(
            f"The data end {latest} days before {as_of.date()}: nothing tells what happened up to then.",
            remedy="Choose a day within the data.",
            key="backtest.as_of_outside",
            as_of=str(as_of.date()),
            days=latest,
        )
    needed = 2 * horizon + LEAST_PAST_DAYS
    if needed > len(history.daily):
        raise InputError(
            f"{len(history.daily)} days of history are too short to test forecasts of {horizon} days.",
            remedy=f"It takes {needed} days: choose a shorter horizon, or import earlier events.",
            key="backtest.too_short",
            history=len(history.daily),
            days=horizon,
            needed=needed,
        )


def _window_ends(history: History, horizon: int, windows: int | None) -> tuple[list[int], int]:
    """Ages at which the windows end, and how many were left out because days in them are missing."""
    step = min(STEP_DAYS, horizon)
    room = len(history.daily) - horizon - LEAST_PAST_DAYS
    if windows is None:
        most = min(MOST_WINDOWS, 1 + max(0, min(room, len(history.daily) // 2)) // step)
    else:
        most = windows
        if (windows - 1) * step > room:
            raise InputError(
                f"{windows} windows of {horizon} days, {step} days apart, reach beyond the history of "
                f"{len(history.daily)} days.",
                remedy=f"Ask for at most {1 + room // step} windows.",
                key="backtest.too_many_windows",
                windows=windows,
                days=horizon,
                step=step,
                history=len(history.daily),
                most=1 + room // step,
            )
    planned = most if windows is not None else None
    reach = (most - 1) * step + horizon
    if planned is not None and not history.coarse and not np.isfinite(history.daily[:reach]).all():
        missing = np.flatnonzero(~np.isfinite(history.daily[:reach]))
        raise InputError(
            f"Windows overlap days that are missing from the data, {int(missing[0])} to {int(missing[-1]) + 1} days "
            "before the day of the test.",
            remedy=f"Ask for fewer windows, at most {max(0, 1 + (int(missing[0]) - horizon) // step)}, or leave their "
            "number open: windows that overlap missing days are then left out.",
            key="backtest.missing_days",
            first=int(missing[0]),
            last=int(missing[-1]) + 1,
            most=max(0, 1 + (int(missing[0]) - horizon) // step),
        )
    ends = [end for end in history.windows(horizon, most, step=step) if end <= max(room, 0)]
    if windows is None:
        ends = [end for end in ends if end <= (most - 1) * step]
    if len(ends) < LEAST_WINDOWS:
        raise InputError(
            f"Only {len(ends)} complete windows of {horizon} days can be foretold: too few to score.",
            remedy="Choose a shorter horizon, ask for more windows, or import the missing days.",
            key="backtest.too_few_windows",
            n=len(ends),
            days=horizon,
        )
    # Months are longer than the steps between windows: several steps lead to one month.
    gaps = sum(not np.isfinite(history.total(number * step, horizon)) for number in range(most))
    return ends, round(gaps * step / 30) if history.coarse else most - len(ends)


def _score_window(foretold: _Foretold, found: np.ndarray) -> dict[str, Any]:
    """Everything that is pooled later, of one window."""
    events, top = float(found.sum()), max(1, round(TOP * len(found)))
    row: dict[str, Any] = {"events": events, "methods": {}}
    for name, expected in foretold.expected.items():
        areas = score_area(expected, found)
        first = np.argsort(-expected, kind="stable")[:top]
        cover = np.nan
        if name in foretold.dispersion:
            cover = float(range_cover(found[first], expected[first], foretold.dispersion[name][first], COVERAGE).mean())
        row["methods"][name] = {
            "hits": np.array([area.hits for area in areas]), "best": np.array([area.best for area in areas]),
            "bits": events * log_score(expected, found) if events else 0.0, "cover": cover,
            "top_expected": float(expected[first].sum()), "top_found": float(found[first].sum()),
        }  # fmt: skip
        row["total"] = float(expected.sum())
    row["total_held"] = float(foretold.total_low <= round(events) <= foretold.total_high)
    return row


def _draws(n: int, block: int, rng: np.random.Generator) -> np.ndarray:
    """How often each window is drawn: array of (repeats, windows); blocks run on from the end to the beginning."""
    starts = rng.integers(0, n, size=(REPEATS, int(np.ceil(n / block))))
    drawn = ((starts[:, :, None] + np.arange(block)) % n).reshape(REPEATS, -1)[:, :n]
    return np.apply_along_axis(np.bincount, 1, drawn, minlength=n).astype(float)


def _pool(rows: list[dict[str, Any]], draws: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, str]:
    """Pool windows: events weigh alike, whichever window they lie in."""
    names = [name for name in METHODS if all(name in row["methods"] for row in rows)]
    events = np.array([row["events"] for row in rows])
    of = {name: {key: np.array([row["methods"][name][key] for row in rows]) for key in rows[0]["methods"][name]}
          for name in names}  # fmt: skip
    drawn_events = draws @ events
    rates = {name: draws @ of[name]["hits"] / drawn_events[:, None] for name in names}
    bits = {name: draws @ of[name]["bits"] / drawn_events for name in names}
    scores, summary, differences = [], [], []
    totals, held = np.array([row["total"] for row in rows]), np.array([row["total_held"] for row in rows])
    for name in names:
        data = of[name]
        low, high = np.quantile(rates[name], [0.025, 0.975], axis=0)
        hits, best = data["hits"].sum(axis=0), data["best"].sum(axis=0)
        for n, coverage in enumerate(COVERAGES):
            scores.append((name, coverage, hits[n] / events.sum(), low[n], high[n], hits[n] / events.sum() / coverage,
                           hits[n] / best[n]))  # fmt: skip
        log_low, log_high = np.quantile(bits[name], [0.025, 0.975])
        drawn = draws.sum(axis=1)
        ranged = np.isfinite(data["cover"]).all()
        summary.append({
            "method": name, "log_score": data["bits"].sum() / events.sum(), "log_low": log_low, "log_high": log_high,
            "cover_cells": data["cover"].mean(), "cover_cells_error": (draws @ data["cover"] / drawn).std(),
            "cover_total": held.mean() if ranged else np.nan,
            "cover_total_error": (draws @ held / drawn).std() if ranged else np.nan,
            "expected_over_observed": data["top_expected"].sum() / max(data["top_found"].sum(), 1e-9),
            "total_over_observed": totals.sum() / events.sum(),
            "total_error": (draws @ totals / drawn_events).std(),
        })  # fmt: skip
        if MIXTURE in names and name != MIXTURE:
            for n, coverage in enumerate((*COVERAGES, 0.0)):
                if coverage:
                    apart = rates[MIXTURE][:, n] - rates[name][:, n]
                    point = (of[MIXTURE]["hits"].sum(axis=0)[n] - hits[n]) / events.sum()
                else:
                    apart = bits[MIXTURE] - bits[name]
                    point = (of[MIXTURE]["bits"].sum() - data["bits"].sum()) / events.sum()
                differences.append((name, coverage, point, *np.quantile(apart, [0.025, 0.975])))
    wide = pd.DataFrame(differences, columns=["method", "coverage", "difference", "low", "high"])
    return (
        pd.DataFrame(scores, columns=["method", "coverage", "hit_rate", "hit_low", "hit_high", "pai", "pei"]),
        pd.DataFrame(summary), wide, _choose(wide),
    )  # fmt: skip


def _choose(differences: pd.DataFrame) -> str:
    """The mixture where its log score beats the simple forecast beyond chance and it finds no less in the top 1 %."""
    against = differences[differences["method"] == SIMPLE]
    bits, top = against[against["coverage"] == 0], against[against["coverage"] == TOP]
    return MIXTURE if (bits["low"] > 0).any() and not (top["high"] < 0).any() else SIMPLE
