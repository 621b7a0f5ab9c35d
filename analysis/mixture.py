"""
Mixture: how much each component map weighs, by what foretold past windows best, for busy and quiet cells apart.

Weights are ≥ 0 and found by expectation–maximization under a Poisson likelihood; a prior draws the weights of each kind
of cell to those of all cells, and these to a plain guess, so that few events move little. How fast windows are
forgotten is chosen by how well their weights foretold the windows after them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.components import Components
from analysis.history import History

WINDOW_DAYS = 28
# Windows that are fitted on, and the latest of them on which the speed of forgetting is chosen.
FIT_WINDOWS, TRIAL_WINDOWS = 13, 3
# Days after which a window counts half.
FORGET_DAYS = (30.0, 120.0, 1e6)
# How many events the guess weighs against what was found, and the common weights against those of one kind of cell.
GUESS_EVENTS, COMMON_EVENTS = 20.0, 20.0
# Where a cell's last weeks stand out, the guess is that this share of its events comes as fast as in them, by the nodes
# of `components.BURST_NODES`: a city in which it never happened before cannot tell.
LATELY_SHARES = (0.5, 0.0, 0.3, 0.7)
LATELY = ("own, 7 days", "own, 30 days")
COMMON_STEPS, KIND_STEPS = 60, 60
# Fewer windows or events than these fit nothing.
LEAST_WINDOWS, LEAST_EVENTS = 3, 100


@dataclass(frozen=True, eq=False)
class Window:
    """
    What a past window tells: the cells in which something was found, and what all cells add up to.

    `shares` (rows, components) are times the window's events, so that weights do not depend on how many there were.
    """

    shares: np.ndarray
    kinds: np.ndarray  # (rows, kinds)
    found: np.ndarray  # (rows,)
    exposure: np.ndarray  # (kinds, components)

    @classmethod
    def of(cls, shares: np.ndarray, kinds: np.ndarray, found: np.ndarray) -> "Window":
        """Take a window from maps of (cells, …) as they stood at its start, and the events found in it."""
        some, events = found > 0, found.sum()
        return cls(
            (shares[some] * events).astype(np.float32), kinds[some].astype(np.float32),
            found[some].astype(np.float32), (kinds.T @ shares) * float(events),
        )  # fmt: skip

    @classmethod
    def joined(cls, windows: Sequence["Window"], weights: Sequence[float]) -> "Window":
        """Several windows as one, each with its weight."""
        found = [window.found * np.float32(weight) for window, weight in zip(windows, weights, strict=True)]
        exposure = sum(w.exposure * weight for w, weight in zip(windows, weights, strict=True))
        return cls(
            np.concatenate([window.shares for window in windows]),
            np.concatenate([window.kinds for window in windows]),
            np.concatenate(found),
            np.asarray(exposure),
        )


def fit_common(window: Window, guess: np.ndarray) -> np.ndarray:
    """
    Find the weights that all cells share.

    Parameters
    ----------
    window : Window
    guess : array of (components,) floats
        Weights if nothing were known; sum one.

    Returns
    -------
    array of (components,) floats ≥ 0

    References
    ----------
    Dempster, Laird & Rubin (1977), J. R. Statist. Soc. B 39, 1–38.
    """
    weights, exposure = guess.copy(), window.exposure.sum(axis=0)
    for _ in range(COMMON_STEPS):
        rate = window.shares @ weights.astype(np.float32)
        seen = weights * ((window.found / np.maximum(rate, 1e-12)) @ window.shares)
        weights = (seen + GUESS_EVENTS * guess) / (exposure + GUESS_EVENTS)
    return weights


def fit_kinds(window: Window, guess: np.ndarray) -> np.ndarray:
    """Find the weights of each kind of cell, drawn to a guess: both arrays of (kinds, components) floats ≥ 0."""
    weights = guess.copy()
    for _ in range(KIND_STEPS):
        rate = ((window.shares @ weights.T.astype(np.float32)) * window.kinds).sum(axis=1)
        seen = weights * ((window.kinds * (window.found / np.maximum(rate, 1e-12))[:, None]).T @ window.shares)
        weights = (seen + COMMON_EVENTS * guess) / (window.exposure + COMMON_EVENTS)
    return weights


def mix(shares: np.ndarray, kinds: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The share of each cell: array of (cells,) floats ≥ 0 whose sum is one."""
    mixed = ((shares @ weights.T) * kinds).sum(axis=1, dtype=float)
    return mixed / mixed.sum()


@dataclass(eq=False)
class Mixture:
    """
    The mixture of one history, fitted as of any earlier moment on the windows that were over by then.

    What windows tell, and maps once made, are remembered: moments that lie whole windows apart share them.
    """

    components: Components
    _windows: dict[int, Window] = field(default_factory=dict)
    _maps: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    _told: dict[tuple[int, float], np.ndarray] = field(default_factory=dict)

    @property
    def history(self) -> History:
        return self.components.history

    def ends(self, before: int = 0) -> list[int]:
        """Ages at which the windows ended that are fitted on, the latest first; none where they tell too little."""
        ends = list(self.history.windows(WINDOW_DAYS, FIT_WINDOWS, before=before))
        events = sum(self.history.total(end, WINDOW_DAYS) for end in ends)
        return ends if len(ends) >= LEAST_WINDOWS and events >= LEAST_EVENTS else []

    def forget_days(self, before: int = 0) -> float:
        """Days after which a window should count half, by how well the latest windows were foretold."""
        ends = self.ends(before)
        trials = ends[: min(TRIAL_WINDOWS, len(ends) - LEAST_WINDOWS + 1)]

        def score(forget: float) -> float:
            told = 0.0
            for number, end in enumerate(trials):
                window = self.window(end)
                weights = fit_common(self._joined(ends[number + 1 :], end, forget), self._guess)
                told += float(window.found @ np.log(np.maximum(window.shares @ weights.astype(np.float32), 1e-12)))
                told -= float(window.exposure.sum(axis=0) @ weights)
            return told

        return max(FORGET_DAYS, key=lambda forget: (score(forget), forget)) if len(trials) > 1 else FORGET_DAYS[-1]

    def weights(self, before: int, forget: float) -> np.ndarray:
        """Weights of (kinds, components) fitted on the windows over by then."""
        joined = self._joined(self.ends(before), before, forget)
        common = fit_common(joined, self._guess)
        lately = np.array([name in LATELY for name in self.components.names]) / len(LATELY)
        share = np.tile(LATELY_SHARES, joined.exposure.shape[0] // len(LATELY_SHARES))[:, None]
        return fit_kinds(joined, (1 - share) * common + share * lately)

    def foretold(self, before: int, forget: float) -> np.ndarray:
        """Each cell's share of the events to come, as fitted and foretold `before` days ago."""
        key = (before, forget)
        if key not in self._told:
            self._told[key] = mix(*(self._maps.get(before) or self._made(before)), self.weights(before, forget))
        return self._told[key]

    def foretold_with(self, before: int, weights: np.ndarray) -> np.ndarray:
        """Each cell's share of the events to come `before` days ago, with weights that were fitted earlier."""
        return mix(*self.maps_at(before), weights)

    def forget_maps(self, from_age: int) -> None:
        """Let go of the large arrays of that age and more; what windows tell is kept."""
        for age in [age for age in self._maps if age >= from_age]:
            del self._maps[age]

    @property
    def _guess(self) -> np.ndarray:
        names = self.components.names
        return np.full(len(names), 1 / len(names))

    def _joined(self, ends: Sequence[int], before: int, forget: float) -> Window:
        return Window.joined([self.window(end) for end in ends], [0.5 ** ((end - before) / forget) for end in ends])

    def window(self, end: int) -> Window:
        """What the window tells that ended `end` days ago."""
        if end not in self._windows:
            # Not remembered: all windows' maps of a large area together would fill the memory.
            start = end + WINDOW_DAYS
            shares, kinds = self._maps.get(start) or self._made(start)
            self._windows[end] = Window.of(shares, kinds, self.history.counted(WINDOW_DAYS, end))
        return self._windows[end]

    def maps_at(self, before: int) -> tuple[np.ndarray, np.ndarray]:
        """Shares of (cells, components) and kinds of (cells, kinds) as they stood then."""
        if before not in self._maps:
            self._maps[before] = self._made(before)
        return self._maps[before]

    def _made(self, before: int) -> tuple[np.ndarray, np.ndarray]:
        shares, kinds = self.components.shares(before), self.components.kinds(before)
        return shares.astype(np.float32), kinds.astype(np.float32)
