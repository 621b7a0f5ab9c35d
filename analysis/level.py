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
from analysis.holidays import Holidays

HALF_LIVES = (7.0, 10.0, 14.0, 20.0, 28.0, 40.0, 56.0, 80.0, 112.0, 224.0, 448.0)
USUAL_HALF_LIFE = 112.0
# Windows, a week apart, that choose the half-life and tell how far totals miss: two years.
WINDOWS, STEP_DAYS = 104, 7
LEAST_WINDOWS = 3
# Without enough windows to tell: totals then miss by this share (one standard deviation), Poisson noise apart.
USUAL_MISS = 0.15
# Shorter windows, of a week at least, tell too: the share is larger by this power of how much longer the horizon is,
# and so is the half-life that foretells best. The usual share weighs as so many of them.
SHORTEST_DAYS, MISS_GROWS, HALF_LIFE_GROWS, USUAL_WINDOWS = 7, 0.2, 1.0, 2.0
# How fast ranges learn: by so much (of their logarithm) a horizon, and at most so much a window.
LEARNING, MOST_LEARNING = 0.8, 0.2
# Totals that lately missed by more than they used to will go on so: a miss counts half after so many days, or horizons.
LATELY_DAYS, LATELY_HORIZONS = 182.0, 6.5
# The same time a year earlier, give or take; and how much of its misses comes again is 0 until the past says otherwise
# (one standard deviation of a guess round 0).
YEAR_DAYS, ROUND_DAYS, SEASON_LEAST_PAST = 364, 28, 56
SEASON_LEAST_DAYS, SEASON_GUESS = 28, 0.5
# How many standard errors holidays must gain on windows of weeks.
HOLIDAYS_SURE = 1.645
# Weekdays: of so many days, each with so many events more, so that few events say that all are alike.
WEEKDAY_SPAN, WEEKDAY_LEAST, WEEKDAY_EVENTS = 364, 56, 10.0


@dataclass(frozen=True)
class Level:
    """
    Events a day to expect.

    `miss` is the share by which totals missed (one standard deviation), Poisson noise apart; `widths` is how many
    standard deviations an 80 % range reaches to each side. `season`, `weekday` (of a horizon that is no whole weeks)
    and `holidays` are the factors by which these moved `daily`. `windows` counts past windows that told it, as many as
    lie side by side; 0 where the usual values, or shorter windows, tell.
    """

    daily: float
    half_life_days: float
    miss: float
    widths: float
    season: float
    weekday: float
    holidays: float
    windows: int


def find_level(history: History, horizon: int, before: int = 0, coverage: float = 0.8) -> Level:
    """Find the level as it was known `before` days ago, for totals of `horizon` days and ranges of that coverage."""
    ends = _ends(history, horizon, before)
    apart = _apart(ends, horizon)
    tail = 0.5 + coverage / 2
    off = _holidays(history, before)
    shorter = horizon if apart >= LEAST_WINDOWS else _shorter(history, horizon, before)
    if shorter < horizon:
        return _stretched(history, horizon, shorter, before, coverage)
    if apart < LEAST_WINDOWS:
        tilt = 1.0 if off is None else off.tilt(before, horizon)
        daily = decayed_mean(history, before, USUAL_HALF_LIFE) * tilt
        # A mean of few events is itself known to one over their root only.
        events = max(float(np.nansum(history.daily[before:])), 1.0)
        miss = float(np.hypot(USUAL_MISS, events**-0.5))
        return Level(daily, USUAL_HALF_LIFE, miss, float(stdtrit(3, tail)), 1.0, 1.0, tilt, 0)
    found = np.array([history.total(end, horizon) for end in ends])
    half_life, told, error = _best_mean(history, horizon, ends, found, off)
    if off is not None:
        usual = _best_mean(history, horizon, ends, found, None)
        gain = usual[2] - error
        # Single days decide over a horizon of days; a month has few of them and must show that they matter to it.
        chance = 0.0 if horizon <= STEP_DAYS else HOLIDAYS_SURE * float(np.nanstd(gain)) / np.sqrt(apart)
        if np.nanmean(gain) < chance:
            off, (half_life, told, _) = None, usual
    season, past = _season(history, horizon, before, half_life, ends, off)
    expected = told * past
    weekday, weekdays = _weekday(history, horizon, before, ends, found, expected, off)
    expected = expected * weekdays
    usable = np.isfinite(expected) & (expected > 0)
    ends, found, expected = ends[usable], found[usable], expected[usable]
    # As it was known when each window began; the last one is for now.
    forget = max(LATELY_DAYS, LATELY_HORIZONS * horizon)
    misses = _misses(ends, found, expected, np.append(ends + horizon, before), forget)
    miss, misses = float(misses[-1]), misses[:-1]
    # Half-life and share of the season were chosen on these very windows: two numbers, so the truth misses by more.
    chosen = np.sqrt(apart / max(apart - 2, 1))
    far = chosen * np.abs(found - expected) / np.sqrt(expected + (misses * expected) ** 2)
    step = (ends[-1] - ends[0]) / (len(ends) - 1) if len(ends) > 1 else horizon
    learning = min(MOST_LEARNING, LEARNING * step / horizon)
    widths = learn_widths(far[::-1], float(stdtrit(max(apart - 1, 3), tail)), coverage, learning)
    tilt = 1.0 if off is None else off.tilt(before, horizon)
    daily = float(_means(history, half_life, off)[before]) * season * weekday * tilt
    return Level(daily, half_life, miss, widths, season, weekday, tilt, apart)


def _best_mean(
    history: History, horizon: int, ends: np.ndarray, found: np.ndarray, off: Holidays | None
) -> tuple[float, np.ndarray, np.ndarray]:
    """The half-life whose mean foretold past windows best, what it told of each, and how far that was off."""
    tilts = np.array([1.0 if off is None else off.tilt(int(end) + horizon, horizon) for end in ends])
    told = {h: horizon * _means(history, h, off)[ends + horizon] * tilts for h in HALF_LIVES}
    # Square roots, so that busy months do not choose alone.
    error = {h: (np.sqrt(found) - np.sqrt(told[h])) ** 2 for h in HALF_LIVES}
    best = min(HALF_LIVES, key=lambda h: float(np.nanmean(error[h])))
    return best, told[best], error[best]


def _ends(history: History, horizon: int, before: int) -> np.ndarray:
    """Ages at which the windows ended that tell of the level, the latest first."""
    return np.array(list(history.windows(horizon, WINDOWS, step=min(STEP_DAYS, horizon), before=before)), dtype=int)


def _apart(ends: np.ndarray, horizon: int) -> int:
    """How many windows lie side by side."""
    return 1 + int(ends[-1] - ends[0]) // horizon if len(ends) else 0


def _shorter(history: History, horizon: int, before: int) -> int:
    """The longest halving of the horizon of which enough windows tell; the horizon itself, if none does."""
    days = horizon // 2
    while days >= SHORTEST_DAYS and not history.coarse:
        if _apart(_ends(history, days, before), days) >= LEAST_WINDOWS:
            return days
        days //= 2
    return horizon


def _stretched(history: History, horizon: int, shorter: int, before: int, coverage: float) -> Level:
    """The level of a horizon that too few windows tell of, from what shorter windows tell."""
    told = find_level(history, shorter, before, coverage)
    times = horizon / shorter
    half_life = min(HALF_LIVES, key=lambda h: abs(np.log(h / (told.half_life_days * times**HALF_LIFE_GROWS))))
    miss = (told.windows * told.miss**2 + USUAL_WINDOWS * USUAL_MISS**2) / (told.windows + USUAL_WINDOWS)
    off = _holidays(history, before)
    tilt = 1.0 if off is None else off.tilt(before, horizon)
    daily = float(_means(history, half_life, off)[before]) * tilt
    return Level(daily, half_life, float(np.sqrt(miss)) * times**MISS_GROWS, told.widths, 1.0, 1.0, tilt, 0)


def _holidays(history: History, before: int) -> Holidays | None:
    """What is known of holidays, where by then it had helped to foretell them; months-only dates cannot tell."""
    off = history.holidays
    return off if off is not None and not history.coarse and off.win(before) else None


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
    history: History, horizon: int, before: int, half_life: float, ends: np.ndarray, off: Holidays | None
) -> tuple[float, np.ndarray]:
    """
    Factor of the time of the year, for now and for each past window; 1 where the history is too short to tell.

    What the level missed at the same time a year earlier comes again by a share that past windows give; their chance
    draws it to 0. Windows of four weeks at least tell it: the time of the year moves slowly, and days say little.
    """
    none = 1.0, np.ones(len(ends))
    days = max(horizon, SEASON_LEAST_DAYS)
    if days + ROUND_DAYS > YEAR_DAYS:
        return none
    last = len(history.daily) - days - max(SEASON_LEAST_PAST, days)
    every = np.arange(before, last + 1)
    if len(every) <= YEAR_DAYS - days + ROUND_DAYS:
        return none
    total = np.array([history.total(int(end), days) for end in every])
    tilts = np.array([1.0 if off is None else off.tilt(int(end) + days, days) for end in every])
    missed = np.log((total + 0.5) / (days * _means(history, half_life, off)[every + days] * tilts + 0.5))
    known = np.concatenate([[0.0], np.cumsum(np.isfinite(missed))])
    summed = np.concatenate([[0.0], np.cumsum(np.nan_to_num(missed))])

    def year_before(end: np.ndarray) -> np.ndarray:
        first, stop = end - before + YEAR_DAYS - ROUND_DAYS, end - before + YEAR_DAYS + ROUND_DAYS + 1
        reach = first + ROUND_DAYS < len(missed)
        low, high = np.clip(first, 0, len(missed)), np.clip(stop, 0, len(missed))
        count = known[high] - known[low]
        enough = reach & (count >= ROUND_DAYS)
        return np.where(enough, (summed[high] - summed[low]) / np.maximum(count, 1), np.nan)

    long = ends if days == horizon else _ends(history, days, before)
    long = long[long <= last]
    x, y = year_before(long), missed[long - before]
    both, now = np.isfinite(x) & np.isfinite(y), float(year_before(np.array([before - days]))[0])
    if not np.isfinite(now) or both.sum() < 2 * LEAST_WINDOWS or not (x[both] ** 2).sum():
        return none
    x, y, long = x[both], y[both], long[both]
    share = float((x @ y) / (x @ x))
    # Windows that overlap tell as much as those that lie side by side.
    apart = 1 + (long[-1] - long[0]) / days
    chance = float(((y - share * x) ** 2).mean() / (x @ x) * len(x)) / apart
    share = float(np.clip(share, 0, 1)) * SEASON_GUESS**2 / (SEASON_GUESS**2 + chance)
    return float(np.exp(share * now)), np.exp(share * np.nan_to_num(year_before(ends + horizon - days)))


def _weekday(
    history: History, horizon: int, before: int, ends: np.ndarray, found: np.ndarray, expected: np.ndarray,
    off: Holidays | None,
) -> tuple[float, np.ndarray]:  # fmt: skip
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
    by_weekday[weekday, np.arange(days) + 1] = np.nan_to_num(history.daily if off is None else off.as_usual)
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


def _means(history: History, half_life: float, off: Holidays | None = None) -> np.ndarray:
    """
    The decayed mean as it stood at every age, of usual days where holidays are known: array of (days + 1,), NaN where
    no day was known.

    Rows count from the day they were reported: a level that leans on the last days learns that those are incomplete.
    """
    kept, key = history.means, (half_life, off is not None)
    if key not in kept:
        known = np.isfinite(history.daily) & (True if off is None else off.usual)
        fall = 0.5 ** (1 / half_life)
        seen, weight = (
            lfilter([1.0], [1.0, -fall], series[::-1])[::-1]
            for series in (np.where(known, history.daily, 0.0), known * 1.0)
        )
        moment, days, events = history.unseen
        events = events if off is None else events * off.usual[np.minimum(moment + days, len(off.usual) - 1)]
        late = np.bincount(moment, weights=events * fall**days, minlength=len(seen))[: len(seen)]
        mean = np.divide(np.maximum(seen - late, 0.0), weight, out=np.full(len(seen), np.nan), where=weight > 0)
        kept[key] = np.append(mean, np.nan)
    return kept[key]


def total_range(total: float, level: Level) -> tuple[float, float]:
    """The 80 % range of the total, on whole counts: Poisson and miss together, as wide as past totals told."""
    spread = level.widths * np.sqrt(total + (level.miss * total) ** 2)
    return float(max(0.0, np.floor(total - spread))), float(np.ceil(total + spread))
