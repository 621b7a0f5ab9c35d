"""
Baselines: the maps that a forecast must beat, as their users make them. Each is a share per cell, summing to one.

All are asked as of an earlier moment, and what they tune is tuned on windows that were over by then.
"""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import convolve

from analysis.components import HALF_LIVES, NARROW, WIDTHS
from analysis.density import quartic_density
from analysis.history import History
from analysis.mixture import WINDOW_DAYS, Mixture, Window, fit_common

COUNT_DAYS = (28, 56, 364)
DENSITY_DAYS, DENSITY_BANDWIDTH = 365, 250.0
TUNING_WINDOWS = 4
# Prospective mapping: 400 m and two months, a weight of 1 / (1 + weeks) / (1 + half-cells of 50 m).
PROSPECTIVE_WEEKS, PROSPECTIVE_REACH, PROSPECTIVE_STEP = 8, 400.0, 50.0
# Self-exciting: a lasting background, and events that follow near and soon.
BACKGROUND = {f"{width:g} m, {half_life:g} days" for width in WIDTHS for half_life in HALF_LIVES[3:]} | {"everywhere"}
TRIGGERED = {
    f"{space}, {half_life:g} days" for space in (f"{NARROW:g} m", f"{WIDTHS[0]:g} m") for half_life in (7.0, 30.0)
}
# Maps of counts say "never" of empty cells: a share of the same everywhere, tuned like the rest, lets them be scored.
EVEN_SHARES = np.array([0.01, 0.03, 0.1, 0.2, 0.4, 0.7])


def counts(history: History, before: int, days: int) -> np.ndarray:
    """The plain count of the last `days`."""
    return _share(history.counted(days, before, known_by=before))


def density(history: History, before: int) -> np.ndarray:
    """The year's quartic density with 250 m: what most crime maps draw."""
    grid = history.grid
    year = (history.known >= before) & (history.age > before) & (history.age <= before + DENSITY_DAYS)
    mass = np.bincount(history.site[year], weights=history.weight[year], minlength=len(history.site_x))
    some = mass > 0
    bandwidth = max(DENSITY_BANDWIDTH, grid.cell_size)
    surface = quartic_density(grid, history.site_x[some], history.site_y[some], bandwidth=bandwidth, weights=mass[some])
    return _share(surface[grid.study_area])


def prospective(history: History, before: int) -> np.ndarray:
    """
    Prospective mapping: recent and near events, with weights that fall with weeks and half-cells.

    References
    ----------
    Bowers, Johnson & Pease (2004), British Journal of Criminology 44(5), 641–658.
    """
    grid = history.grid
    recent = (history.known >= before) & (history.age > before) & (history.age <= before + 7 * PROSPECTIVE_WEEKS)
    weeks = np.floor((history.age[recent] - before) / 7)
    weight = history.weight[recent] / (1 + weeks)
    own = np.bincount(history.cell[recent], weights=weight, minlength=grid.n_cells)
    reach = int(PROSPECTIVE_REACH // grid.cell_size)
    step = np.arange(-reach, reach + 1) * grid.cell_size
    distance = np.hypot(step[:, None], step[None, :])
    kernel = np.where(distance <= PROSPECTIVE_REACH, 1 / (1 + distance / PROSPECTIVE_STEP), 0.0)
    image = np.zeros(grid.shape)
    image[grid.study_area] = own
    return _share(convolve(image, kernel, mode="constant")[grid.study_area])


def tuned_column(mixture: Mixture, before: int, fitted_at: int, *, own_only: bool) -> np.ndarray:
    """Decayed counts, or a decayed Gaussian density: the one kernel that foretold the last windows best."""
    names = mixture.components.names
    spaces = ("own",) if own_only else tuple(f"{width:g} m" for width in (NARROW, *WIDTHS))
    columns = [n for n, name in enumerate(names) if name.split(",")[0] in spaces]
    everywhere = names.index("everywhere")
    windows = [mixture.window(end) for end in mixture.ends(fitted_at)[:TUNING_WINDOWS]]

    def score(choice: tuple[int, float]) -> float:
        column, even = choice
        told = [(1 - even) * window.shares[:, column] + even * window.shares[:, everywhere] for window in windows]
        return sum(float(w.found @ np.log(np.maximum(t, 1e-30))) for w, t in zip(windows, told, strict=True))

    best, even = max(((c, e) for c in columns for e in EVEN_SHARES), key=lambda choice: (score(choice), choice))
    values = mixture.maps_at(before)[0]
    return _share((1 - even) * values[:, best].astype(float) + even * values[:, everywhere])


def self_exciting(mixture: Mixture, before: int, fitted_at: int) -> np.ndarray:
    """
    A self-exciting point process: a background that lasts and kernels of what follows near and soon, weighed by EM.

    References
    ----------
    Mohler, Short, Brantingham, Schoenberg & Tita (2011), J. Am. Statist. Assoc. 106, 100–108.
    """
    names = mixture.components.names
    columns = np.array([n for n, name in enumerate(names) if name in BACKGROUND | TRIGGERED])
    guess = np.full(len(columns), 1 / len(columns))
    ends = mixture.ends(fitted_at)
    if ends:
        windows = [mixture.window(end) for end in ends]
        parts = [Window(w.shares[:, columns], w.kinds, w.found, w.exposure[:, columns]) for w in windows]
        guess = fit_common(Window.joined(parts, [1.0] * len(parts)), guess)
    return _share(mixture.maps_at(before)[0][:, columns].astype(float) @ guess)


def tune_even(make: Callable[[int], np.ndarray], mixture: Mixture, before: int, cache: dict[int, np.ndarray]) -> float:
    """The share of the same everywhere under which a map would have foretold the last windows best."""
    ends = mixture.ends(before)[:TUNING_WINDOWS]
    score = np.zeros(len(EVEN_SHARES))
    cells = mixture.history.grid.n_cells
    for end in ends:
        start = end + WINDOW_DAYS
        if start not in cache:
            cache[start] = make(start)
        found = mixture.history.counted(WINDOW_DAYS, end)
        some = found > 0
        for number, even in enumerate(EVEN_SHARES):
            score[number] += float(found[some] @ np.log((1 - even) * cache[start][some] + even / cells))
    return float(EVEN_SHARES[int(np.argmax(score))]) if ends else 0.1


def _share(values: np.ndarray) -> np.ndarray:
    total = values.sum()
    return values / total if total > 0 else np.full(len(values), 1 / len(values))
