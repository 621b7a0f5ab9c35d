"""
Level: how many events to expect in the whole area, and how far such totals miss.

A decayed daily mean, its half-life by how well it foretold past totals, and what it missed at the same time a year
earlier, as far as such misses came again; missing days are left out. How wide ranges must be is what past totals tell:
whenever one fell outside, they widened, and they narrowed where too many held. It knows no places.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter
from scipy.special import stdtrit

from analysis.history import History

HALF_LIVES = (7.0, 10.0, 14.0, 20.0, 28.0, 40.0, 56.0, 80.0, 112.0, 224.0, 448.0)
USUAL_HALF_LIFE = 112.0
# Windows, a week apart, that choose the half-life and tell how far totals miss: two years.
WINDOWS, STEP_DAYS = 104, 7
LEAST_WINDOWS = 3
# Without enough windows to tell: totals then miss by this share (one standard deviation), Poisson noise apart.
USUAL_MISS = 0.15
# How fast ranges learn: by so much (of their logarithm) a horizon, and at most so much a window.
LEARNING, MOST_LEARNING = 0.8, 0.2
# Totals that lately missed by more than they used to will go on so: a miss counts half after so many days, or horizons.
LATELY_DAYS, LATELY_HORIZONS = 182.0, 6.5
# The same time a year earlier, give or take; and how much of its misses comes again is 0 until the past says otherwise
# (one standard deviation of a guess round 0).
YEAR_DAYS, ROUND_DAYS, SEASON_LEAST_PAST = 364, 28, 56
SEASON_GUESS = 0.5
# Weekdays: of so many days, each with so many events more, so that few events say that all are alike.
WEEKDAY_SPAN, WEEKDAY_LEAST, WEEKDAY_EVENTS = 364, 56, 10.0


@dataclass(frozen=True)
class Level:
    """
    Events a day to expect.

    `miss` is the share by which totals missed (one standard deviation), Poisson noise apart; `widths` is how many
    standard deviations an 80 % range reaches to each side. `season` and `weekday` are the factors by which the time of
    the year, and the weekdays of a horizon that is no whole weeks, moved `daily`. `windows` counts past windows that
    told it, as many as lie side by side; 0 where the usual values are taken.
    """

    daily: float
    half_life_days: float
    miss: float
    widths: float
    season: float
    weekday: float
    windows: int


def find_level(history: History, horizon: int, before: int = 0, coverage: float = 0.8) -> Level:
    """Find the level as it was known `before` days ago, for totals of `horizon` days and ranges of that coverage."""
    ends = np.array(list(history.windows(horizon, WINDOWS, step=min(STEP_DAYS, horizon), before=before)), dtype=int)
    apart = 1 + int(ends[-1] - ends[0]) // horizon if len(ends) else 0
    tail = 0.5 + coverage / 2
    if apart < LEAST_WINDOWS:
        daily = decayed_mean(history, before, USUAL_HALF_LIFE)
        # A mean of few events is itself known to one over their root only.
        events = max(float(np.nansum(history.daily[before:])), 1.0)
        miss = float(np.hypot(USUAL_MISS, events**-0.5))
        return Level(daily, USUAL_HALF_LIFE, miss, float(stdtrit(3, tail)), 1.0, 1.0, 0)
    found = np.array([history.total(end, horizon) for end in ends])
    told = {half_life: horizon * _means(history, half_life)[ends + horizon] for half_life in HALF_LIVES}
    # Square roots, so that busy months do not choose alone.
    half_life = min(HALF_LIVES, key=lambda h: float(np.nanmean((np.sqrt(found) - np.sqrt(told[h])) ** 2)))
    season, past = _season(history, horizon, before, half_life, ends, found, told[half_life])
    expected = told[half_life] * past
    weekday, weekdays = _weekday(history, horizon, before, ends, found, expected)
    expected = expected * weekdays
    usable = np.isfinite(expected) & (expected > 0)
    ends, found, expected = ends[usable], found[usable], expected[usable]
    # As it was known when each window began; the last one is for now.
    forget = max(LATELY_DAYS, LATELY_HORIZONS * horizon)
    misses = _misses(ends, found, expected, np.append(ends + horizon, before), forget)
    miss, misses = float(misses[-1]), misses[:-1]
    # Half-life and share of the season were chosen on these very windows: two numbers, so the truth misses by more.
    chosen = np.sqrt(apart / max(apart - 2, 1))
    off = chosen * np.abs(found - expected) / np.sqrt(expected + (misses * expected) ** 2)
    step = (ends[-1] - ends[0]) / (len(ends) - 1) if len(ends) > 1 else horizon
    learning = min(MOST_LEARNING, LEARNING * step / horizon)
    widths = learn_widths(off[::-1], float(stdtrit(max(apart - 1, 3), tail)), coverage, learning)
    daily = float(_means(history, half_life)[before]) * season * weekday
    return Level(daily, half_life, miss, widths, season, weekday, apart)


def learn_widths(off: np.ndarray, start: float, coverage: float, learning: float) -> float:
    """
    Learn how many standard deviations a range must reach, so that as many held as were promised.

    Parameters
    ----------
    off : array of (windows,) floats ≥ 0
        By how many standard deviations past totals missed, the oldest first.
    start : float
        Where to start.
    coverage : float
        The share that should hold.
    learning : float
        A miss widens by this × `coverage` (of the logarithm), a hit narrows by this × (1 − `coverage`).

    References
    ----------
    Gibbs & Candès (2021), Advances in Neural Information Processing Systems 34: over time the share that held comes to
    `coverage`, whatever the totals do.
    """
    width = np.log(start)
    for value in off:
        width += learning * (float(value > np.exp(width)) - (1 - coverage))
    return float(np.exp(width))


def _season(
    history: History, horizon: int, before: int, half_life: float, ends: np.ndarray, found: np.ndarray,
    told: np.ndarray,
) -> tuple[float, np.ndarray]:  # fmt: skip
    """
    Factor of the time of the year, for now and for each past window; 1 where the history is too short to tell.

    What the level missed at the same time a year earlier comes again by a share that past windows give; their chance
    draws it to 0.
    """
    none = 1.0, np.ones(len(ends))
    if horizon + ROUND_DAYS > YEAR_DAYS:
        return none
    last = len(history.daily) - horizon - max(SEASON_LEAST_PAST, horizon)
    every = np.arange(before, last + 1)
    if len(every) <= YEAR_DAYS - horizon + ROUND_DAYS:
        return none
    total = np.array([history.total(int(end), horizon) for end in every])
    missed = np.log((total + 0.5) / (horizon * _means(history, half_life)[every + horizon] + 0.5))
    known = np.concatenate([[0.0], np.cumsum(np.isfinite(missed))])
    summed = np.concatenate([[0.0], np.cumsum(np.nan_to_num(missed))])

    def year_before(end: np.ndarray) -> np.ndarray:
        first, stop = end - before + YEAR_DAYS - ROUND_DAYS, end - before + YEAR_DAYS + ROUND_DAYS + 1
        reach = first + ROUND_DAYS < len(missed)
        low, high = np.clip(first, 0, len(missed)), np.clip(stop, 0, len(missed))
        count = known[high] - known[low]
        enough = reach & (count >= ROUND_DAYS)
        return np.where(enough, (summed[high] - summed[low]) / np.maximum(count, 1), np.nan)

    then, now = year_before(ends), float(year_before(np.array([before - horizon]))[0])
    lately = np.log((found + 0.5) / (told + 0.5))
    both = np.isfinite(then) & np.isfinite(lately)
    if not np.isfinite(now) or both.sum() < 2 * LEAST_WINDOWS or not (then[both] ** 2).sum():
        return none
    x, y = then[both], lately[both]
    share = float((x @ y) / (x @ x))
    # Windows that overlap tell as much as those that lie side by side.
    apart = 1 + (ends[both][-1] - ends[both][0]) / horizon
    chance = float(((y - share * x) ** 2).mean() / (x @ x) * len(x)) / apart
    share = float(np.clip(share, 0, 1)) * SEASON_GUESS**2 / (SEASON_GUESS**2 + chance)
    return float(np.exp(share * now)), np.where(both, np.exp(share * np.nan_to_num(then)), 1.0)


def _weekday(
    history: History, horizon: int, before: int, ends: np.ndarray, found: np.ndarray, expected: np.ndarray
) -> tuple[float, np.ndarray]:
    """
    Factor of the weekdays that the horizon holds, for now and for each past window.

    1 for whole weeks, and where weekdays did not help to foretell past windows.
    """
    none = 1.0, np.ones(len(ends))
    if horizon % 7 == 0 or history.coarse:
        return none
    days = len(history.daily)
    by_weekday = np.zeros((7, days + 1))
    weekday = np.arange(days) % 7
    by_weekday[weekday, np.arange(days) + 1] = np.nan_to_num(history.daily)
    by_weekday = by_weekday.cumsum(axis=1)

    def factor(moment: int) -> float:
        weeks = min(days - moment, WEEKDAY_SPAN) // 7
        if 7 * weeks < WEEKDAY_LEAST:
            return 1.0
        events = by_weekday[:, moment + 7 * weeks] - by_weekday[:, moment] + WEEKDAY_EVENTS
        return float((7 * events / events.sum())[np.arange(moment - horizon, moment) % 7].mean())

    then = np.array([factor(int(end) + horizon) for end in ends])
    with_it, without = ((np.sqrt(found) - np.sqrt(told)) ** 2 for told in (expected * then, expected))
    return (factor(before), then) if np.nansum(with_it) < np.nansum(without) else none


def _misses(
    ends: np.ndarray, found: np.ndarray, expected: np.ndarray, moments: np.ndarray, half_life: float
) -> np.ndarray:
    """
    Share by which totals missed (one standard deviation) beyond Poisson noise, as known at each moment.

    What was missed lately goes on: windows count half after `half_life` days. Where hardly one was over, all tell.
    """
    age = ends[None, :] - moments[:, None]
    weight = np.where(age >= 0, 0.5 ** (np.maximum(age, 0) / half_life), 0.0)
    weight[(weight > 0).sum(axis=1) < LEAST_WINDOWS] = 1.0
    excess = weight @ ((found - expected) ** 2 - expected)
    total = weight @ expected**2
    return np.sqrt(np.maximum(np.divide(excess, total, out=np.zeros_like(excess), where=total > 0), 0.0))


def decayed_mean(history: History, before: int, half_life: float) -> float:
    """Events a day in the area, the decayed mean of the days before that; NaN where none is known."""
    return float(_means(history, half_life)[before])


def _means(history: History, half_life: float) -> np.ndarray:
    """
    The decayed mean as it stood at every age: array of (days + 1,), NaN where no day was known.

    Rows count from the day they were reported: a level that leans on the last days learns that those are incomplete.
    """
    kept = history.means
    if half_life not in kept:
        known = np.isfinite(history.daily)
        fall = 0.5 ** (1 / half_life)
        seen, weight = (
            lfilter([1.0], [1.0, -fall], series[::-1])[::-1] for series in (np.nan_to_num(history.daily), known * 1.0)
        )
        moment, days, events = history.unseen
        late = np.bincount(moment, weights=events * fall**days, minlength=len(seen))[: len(seen)]
        mean = np.divide(np.maximum(seen - late, 0.0), weight, out=np.full(len(seen), np.nan), where=weight > 0)
        kept[half_life] = np.append(mean, np.nan)
    return kept[half_life]


def total_range(total: float, level: Level) -> tuple[float, float]:
    """The 80 % range of the total, on whole counts: Poisson and miss together, as wide as past totals told."""
    spread = level.widths * np.sqrt(total + (level.miss * total) ** 2)
    return float(max(0.0, np.floor(total - spread))), float(np.ceil(total + spread))
