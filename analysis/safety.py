"""
How safe do people feel, and where clearly less than elsewhere? Shares of shows of hands with intervals.

Hands raised in a hall are no random sample: who comes differs from who stays at home, and neighbors look at each other.
The intervals say only what chance alone would do to so few hands; docs/methods.md says what they leave out.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import gammaln

from analysis.exact import false_discovery
from geo.errors import InputError

Z_95 = 1.959963984540054
LEVEL = 0.05
# Fewer answers than this say too little, and could be read back to people.
LEAST_ANSWERS = 10
# A line through two evenings is no trend.
LEAST_EVENINGS = 3
# A neighborhood clearly less safe differs from the rest by what people would notice, not by what a large hall proves.
LEAST_GAP = 0.10
# Every neighborhood is visited once a season of 13 weeks; where people feel least safe, twice.
FLOOR_WEEKS, LEAST_SAFE_WEEKS = 13, 6
DAYS_A_YEAR = 365.25

Verdict = Literal["rise", "fall", "chance", "unknown"]


@dataclass(frozen=True)
class Difference:
    """Second share minus first, with its 95 % interval; None and `unknown` where either has too few answers."""

    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Trend:
    """The line through an area's evenings: change of the share in a year, two-sided p, verdict at 5 %."""

    per_year: float | None
    p_value: float | None
    verdict: Verdict


@dataclass(frozen=True)
class AreaSafety:
    """One area beside the rest: shares, q of feeling no less safe (false discovery), and its floor in weeks."""

    share: float
    rest: float
    q_value: float
    weeks: int


def wilson(good: int, answered: int, z: float = Z_95) -> tuple[float, float]:
    """
    The score interval of a share.

    Parameters
    ----------
    good, answered : int
        0 ≤ good ≤ answered, answered ≥ 1.
    z : float
        Normal quantile: 1.96 for 95 %.

    Returns
    -------
    low, high : float
        Within 0 to 1; 0 is reached only with no good answer, 1 only with no other.

    Raises
    ------
    InputError
        If the counts make no share.

    References
    ----------
    Wilson (1927), J. Amer. Statist. Assoc. 22, 209–212; values checked against Newcombe (1998), Statist. Med. 17,
    857–872, table I, method 3.
    """
    _require_share(good, answered)
    share, weight = good / answered, z * z / answered
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / answered + weight / (4 * answered)) / (1 + weight)
    low = 0.0 if good == 0 else max(0.0, middle - half)
    high = 1.0 if good == answered else min(1.0, middle + half)
    return low, high


def newcombe(first: tuple[int, int], second: tuple[int, int], z: float = Z_95) -> tuple[float, float]:
    """
    The interval of the second share minus the first, from both score intervals.

    Parameters
    ----------
    first, second : (good, answered)

    Returns
    -------
    low, high : float
        Within -1 to 1.

    References
    ----------
    Newcombe (1998), Statist. Med. 17, 873–890, method 10.
    """
    (low1, high1), (low2, high2) = wilson(*first, z), wilson(*second, z)
    share1, share2 = first[0] / first[1], second[0] / second[1]
    low = share2 - share1 - math.hypot(share2 - low2, high1 - share1)
    high = share2 - share1 + math.hypot(high2 - share2, share1 - low1)
    return max(-1.0, low), min(1.0, high)


def change(first: tuple[int, int], second: tuple[int, int]) -> Difference:
    """The change from one evening to another, each (good, answered); `unknown` below the least number of answers."""
    for evening in (first, second):
        _require_share(*evening, empty=True)
        if evening[1] < LEAST_ANSWERS:
            return Difference(None, None, None, "unknown")
    low, high = newcombe(first, second)
    verdict: Verdict = "rise" if low > 0 else "fall" if high < 0 else "chance"
    return Difference(second[0] / second[1] - first[0] / first[1], low, high, verdict)


def trend(evenings: Sequence[tuple[dt.date, int, int]]) -> Trend:
    """
    Whether an area's share rises or falls over its evenings.

    Parameters
    ----------
    evenings : (date, good, answered)
        In any order; those with too few answers are left out.

    Returns
    -------
    Trend
        `unknown` with fewer than three evenings left, or with all of them on one day.

    References
    ----------
    Cochran (1954), Biometrics 10, 417–451; Armitage (1955), Biometrics 11, 375–386.
    """
    kept = [evening for evening in evenings if evening[2] >= LEAST_ANSWERS]
    for _, good, answered in kept:
        _require_share(good, answered)
    if len(kept) < LEAST_EVENINGS or len({day for day, _, _ in kept}) < 2:
        return Trend(None, None, "unknown")
    days = np.array([day.toordinal() for day, _, _ in kept], dtype=float)
    slope, p = trend_of_shares(days - days.min(), [good for _, good, _ in kept], [n for _, _, n in kept])
    verdict: Verdict = "chance" if p > LEVEL else "rise" if slope > 0 else "fall"
    return Trend(slope * DAYS_A_YEAR, p, verdict)


def trend_of_shares(scores: Sequence[float], good: Sequence[int], answered: Sequence[int]) -> tuple[float, float]:
    """
    The Cochran–Armitage test: slope of the shares over the scores, and its two-sided p (1 where all answers are alike).

    Parameters
    ----------
    scores, good, answered : equally long; two different scores at least
    """
    t, x, n = (np.asarray(values, dtype=float) for values in (scores, good, answered))
    share = x.sum() / n.sum()
    spread = float((n * (t - (n * t).sum() / n.sum()) ** 2).sum())
    moved = float((t * (x - n * share)).sum())
    variance = share * (1 - share) * spread
    p = math.erfc(abs(moved) / math.sqrt(2 * variance)) if variance > 0 else 1.0
    return moved / spread, p


def least_safe(latest: Mapping[str, tuple[int, int]]) -> dict[str, AreaSafety]:
    """
    Which areas feel clearly less safe than all others together, and how many weeks may pass between visits to each.

    Parameters
    ----------
    latest : area → (good, answered)
        One evening an area. Areas with too few answers are left out of the comparison and of the answer.

    Returns
    -------
    dict of area to AreaSafety
        In the order given. `weeks` is 6 for an area whose share lies ten points or more below the rest's, beyond chance
        (exact one-sided test given the totals, false discovery held at 5 % over the areas); else 13.

    Notes
    -----
    An area is never listed for being last: of areas that are alike, one always is.

    References
    ----------
    Fisher (1935), J. R. Statist. Soc. 98, 39–54; Benjamini & Hochberg (1995), J. R. Statist. Soc. B 57, 289–300.
    """
    for good, answered in latest.values():
        _require_share(good, answered, empty=True)
    kept = {area: evening for area, evening in latest.items() if evening[1] >= LEAST_ANSWERS}
    if len(kept) < 2:
        return {area: AreaSafety(good / n, math.nan, 1.0, FLOOR_WEEKS) for area, (good, n) in kept.items()}
    all_good, all_answered = (sum(evening[i] for evening in kept.values()) for i in (0, 1))
    p = [_lower_tail(good, n, all_good, all_answered) for good, n in kept.values()]
    answer = {}
    for (area, (good, n)), q in zip(kept.items(), false_discovery(np.array(p)), strict=True):
        share, rest = good / n, (all_good - good) / (all_answered - n)
        clearly = q <= LEVEL and rest - share >= LEAST_GAP - 1e-12
        answer[area] = AreaSafety(share, rest, float(q), LEAST_SAFE_WEEKS if clearly else FLOOR_WEEKS)
    return answer


def _lower_tail(good: int, answered: int, all_good: int, all_answered: int) -> float:
    """P(at most `good` of `answered`), if `all_good` of `all_answered` fell on the areas by lot (hypergeometric)."""
    k = np.arange(max(0, answered - (all_answered - all_good)), good + 1, dtype=float)

    def choices(n: float, taken: np.ndarray) -> np.ndarray:
        return gammaln(n + 1) - gammaln(taken + 1) - gammaln(n - taken + 1)

    all_ways = choices(all_answered, np.array([float(answered)]))
    ways = choices(all_good, k) + choices(all_answered - all_good, answered - k) - all_ways
    return float(min(1.0, np.exp(ways).sum()))


def _require_share(good: int, answered: int, *, empty: bool = False) -> None:
    if not (0 <= good <= answered and (answered > 0 or empty)):
        raise InputError(
            f"{good} of {answered} answers make no share.",
            remedy="Count the answers again.",
            key="safety.no_share",
            good=good,
            answered=answered,
        )
