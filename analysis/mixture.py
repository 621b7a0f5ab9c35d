"""
Mixture: how much each component map weighs, by what foretold past windows best, for busy and quiet cells apart.

Weights are ≥ 0 and found by expectation–maximization under a Poisson likelihood; a prior draws the weights of each kind
of cell to those of all cells, and these to a plain guess, so that few events move little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# How many events the guess weighs against what was found, and the common weights against those of one kind of cell.
GUESS_EVENTS, COMMON_EVENTS = 20.0, 40.0
COMMON_STEPS, GATED_STEPS = 60, 60


@dataclass(frozen=True, eq=False)
class Window:
    """A past window: shares of (cells, components) as they stood at its start, gates of (cells, nodes), events found."""

    shares: np.ndarray
    gates: np.ndarray
    found: np.ndarray


@dataclass(frozen=True, eq=False)
class _Rows:
    """The cells in which something was found, over all windows, and what all cells add up to."""

    shares: np.ndarray  # (rows, components), times the window's events
    gates: np.ndarray
    found: np.ndarray
    exposure: np.ndarray  # (nodes, components)

    @classmethod
    def of(cls, window: Window) -> "_Rows":
        some, events = window.found > 0, window.found.sum()
        return cls(
            (window.shares[some] * events).astype(np.float32), window.gates[some].astype(np.float32),
            window.found[some].astype(np.float32), (window.gates.T @ window.shares) * events,
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence["_Rows"]) -> "_Rows":
        return cls(
            np.concatenate([part.shares for part in parts]),
            np.concatenate([part.gates for part in parts]),
            np.concatenate([part.found for part in parts]),
            sum((part.exposure for part in parts[1:]), parts[0].exposure),
        )


def fit_weights(rows: _Rows, guess: np.ndarray) -> np.ndarray:
    """
    Find the weights.

    Parameters
    ----------
    rows : what `prepare` made of past windows
    guess : array of (components,) floats
        Weights if nothing were known; sum one.

    Returns
    -------
    array of (nodes, components) floats ≥ 0

    References
    ----------
    Dempster, Laird & Rubin (1977), J. R. Statist. Soc. B 39, 1–38.
    """
    common, exposure = guess.copy(), rows.exposure.sum(axis=0)
    for _ in range(COMMON_STEPS):
        rate = rows.shares @ common.astype(np.float32)
        seen = common * ((rows.found / np.maximum(rate, 1e-12)) @ rows.shares)
        common = (seen + GUESS_EVENTS * guess) / (exposure + GUESS_EVENTS)
    weights = np.repeat(common[None, :], rows.exposure.shape[0], axis=0)
    for _ in range(GATED_STEPS):
        rate = ((rows.shares @ weights.T.astype(np.float32)) * rows.gates).sum(axis=1)
        seen = weights * ((rows.gates * (rows.found / np.maximum(rate, 1e-12))[:, None]).T @ rows.shares)
        weights = (seen + COMMON_EVENTS * common) / (rows.exposure + COMMON_EVENTS)
    return weights


def mix(shares: np.ndarray, gates: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The share of each cell: array of (cells,) floats above zero whose sum is one."""
    mixed = ((shares @ weights.T) * gates).sum(axis=1)
    return mixed / mixed.sum()


def prepare(window: Window) -> _Rows:
    """Keep of a window what the fit needs."""
    return _Rows.of(window)
