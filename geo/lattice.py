"""Whether points lie on a lattice: rounded numbers, a grid along the axes of the file, or a square grid turned."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geo.default_points import decimals
from geo.locate import place_keys

BLOCK_STEP, AREA_STEP = 20.0, 500.0  # metres: from the first a lattice is no address, beyond the second no block
METRES = 111_195.0  # a degree
LEAST = 30  # distinct points
WINDOW = 4000  # distinct points whose neighbors are measured
OFF = 0.02  # of a step, beside what rounding moves


@dataclass(frozen=True, eq=False)
class Lattice:
    """
    A step in metres; `decimals` where it is that of rounded numbers (−1: it is not), `rows` those on it.

    `kind` is `rounded`, `lattice` (along the file's axes) or `square` (turned, or in metres under degrees).
    """

    kind: str
    metres: float
    decimals: int
    rows: np.ndarray


def find_lattice(
    x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, metres_a_unit: tuple[float, float]
) -> Lattice | None:
    """
    The coarsest lattice that a good part of the points lies on.

    Parameters
    ----------
    x, y : arrays of n floats
        As the file writes them, of rows with a point.
    lon, lat : arrays of n floats
        The same in degrees.
    metres_a_unit : pair of floats
        Metres per unit of x and of y.

    Returns
    -------
    Lattice or None
        None where the step is finer than `BLOCK_STEP`, or fewer than one row in fifty lies on one.
    """
    some = np.arange(len(x)) if len(x) <= WINDOW else np.linspace(0, len(x) - 1, WINDOW).astype(np.intp)
    points, times = _distinct(x[some], y[some])
    if len(points) < LEAST:
        return None
    return (
        _rounded(x, y, points, max(metres_a_unit))
        or _axes(x, y, points, metres_a_unit)
        or _axes(x, y, points[times > 1], metres_a_unit)
        or _square(lon, lat)
    )


def _distinct(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct points, (n, 2), and how many rows share each."""
    _, first, times = np.unique(place_keys(x, y), return_index=True, return_counts=True)
    return np.column_stack([x[first], y[first]]), times


def _rounded(x: np.ndarray, y: np.ndarray, points: np.ndarray, unit: float) -> Lattice | None:
    digits = np.maximum(decimals(points[:, 0]), decimals(points[:, 1]))
    # A number of many digits ends with a naught one time in ten; what is rounder than chance was rounded.
    most = int(np.quantile(digits, 0.95))
    for level in range(int(digits.min()), most + 1):
        if unit * 10.0**-level < BLOCK_STEP:
            return None
        if float((digits <= level).mean()) < max(0.02, 3 * 100.0 ** (level - most)) and level < most:
            continue
        rows = _on_step(x, 10.0**-level, 0.0) & _on_step(y, 10.0**-level, 0.0)
        if rows.mean() >= 0.02:
            return Lattice("rounded", unit * 10.0**-level, level, rows)
    return None


def _on_step(values: np.ndarray, step: float, origin: float) -> np.ndarray:
    at = (values - origin) / step
    return np.asarray(np.abs(at - np.rint(at)) < 1e-4)


def _axes(x: np.ndarray, y: np.ndarray, points: np.ndarray, unit: tuple[float, float]) -> Lattice | None:
    """A grid along both axes, whatever its step and origin."""
    if len(points) < LEAST:
        return None
    steps = [_step(np.unique(points[:, axis])) for axis in (0, 1)]
    if steps[0] is None or steps[1] is None:
        return None
    (step_x, origin_x, ok_x), (step_y, origin_y, ok_y) = steps[0], steps[1]
    metres = max(step_x * unit[0], step_y * unit[1])
    if min(ok_x, ok_y) < 0.97 or metres < BLOCK_STEP:
        return None
    rows = _near_step(x, step_x, origin_x) & _near_step(y, step_y, origin_y)
    return Lattice("lattice", metres, -1, rows)


def _near_step(values: np.ndarray, step: float, origin: float) -> np.ndarray:
    at = (values - origin) / step
    return np.asarray(np.abs(at - np.rint(at)) < 1.5 * OFF)


def _step(values: np.ndarray) -> tuple[float, float, float] | None:
    """Step and origin of distinct sorted numbers, and the share of them that lie on it."""
    gaps = np.diff(values)
    gaps = gaps[gaps > 1e-9 * max(abs(values[-1]), 1.0)]
    if len(gaps) < 8:
        return None
    guess = float(np.quantile(gaps, 0.2))
    whole = np.rint(gaps / guess)
    near = (whole >= 1) & (whole <= 5) & (np.abs(gaps / guess - whole) < 0.1)
    if near.mean() < 0.8:
        return None
    guess = float(gaps[near].sum() / whole[near].sum())
    at = np.concatenate([[0.0], np.cumsum(np.rint(np.diff(values) / guess))])
    step, origin = np.polyfit(at, values, 1)
    place = (values - origin) / step
    return float(step), float(origin), float((np.abs(place - np.rint(place)) < OFF).mean())


def _square(lon: np.ndarray, lat: np.ndarray) -> Lattice | None:
    """A square grid in metres, seen from the distances between next neighbors, in a window full of points."""
    sparse = slice(None, None, max(len(lon) // WINDOW, 1))
    middle = np.array([np.median(lon[sparse]), np.median(lat[sparse])])
    factor = np.array([np.cos(np.radians(middle[1])), 1.0]) * METRES
    if len(lon) > 4 * WINDOW:
        # A square round the middle that holds about so many rows: neighbors must not be thinned out.
        few = np.linspace(0, len(lon) - 1, WINDOW).astype(np.intp)
        far = np.maximum(np.abs(lon[few] - middle[0]) * factor[0], np.abs(lat[few] - middle[1]) * factor[1])
        reach = np.quantile(far, 4 * WINDOW / len(lon)) / factor
        inside = (np.abs(lon - middle[0]) <= reach[0]) & (np.abs(lat - middle[1]) <= reach[1])
        degrees, times = _distinct(lon[inside], lat[inside])
    else:
        degrees, times = _distinct(lon, lat)
    for chosen in (degrees, degrees[times > 1]):
        spots = chosen * factor
        if len(spots) < LEAST:
            continue
        step = _neighbors_step(spots)
        if step is None:
            continue
        everywhere = np.column_stack([lon, lat]) * factor
        if len(chosen) == len(degrees):
            return Lattice("square", step[0], -1, np.ones(len(lon), bool))
        return Lattice("square", step[0], -1, _on_turned(everywhere, spots, *step))
    return None


def _neighbors_step(spots: np.ndarray) -> tuple[float, float] | None:
    """Step and turn of a square grid of which most points have a next neighbor one step away."""
    distance, near = cKDTree(spots).query(spots, k=2)
    distance, offset = distance[:, 1], spots[near[:, 1]] - spots
    step = float(np.median(distance[distance <= np.quantile(distance, 0.5) * 1.02]))
    if step < BLOCK_STEP:
        return None
    slack = OFF * step + 1.0
    one = np.abs(distance - step) <= slack
    whole = one | np.any([np.abs(distance - step * k) <= slack for k in (np.sqrt(2), 2.0, np.sqrt(5))], axis=0)
    if one.mean() < 0.6 or whole.mean() < 0.9:
        return None
    turn = np.angle(np.exp(4j * np.arctan2(offset[one, 1], offset[one, 0])).mean()) / 4
    straight = np.abs(np.exp(4j * np.arctan2(offset[one, 1], offset[one, 0])).mean())
    return (float(distance[one].mean()), float(turn)) if straight >= 0.9 else None


def _on_turned(places: np.ndarray, spots: np.ndarray, step: float, turn: float) -> np.ndarray:
    """Which places lie a whole number of steps, at most six, from a point known to lie on the grid."""
    distance, near = cKDTree(spots).query(places)
    offset = places - spots[near]
    turned = np.column_stack([np.cos(turn) * offset[:, 0] + np.sin(turn) * offset[:, 1],
                              np.cos(turn) * offset[:, 1] - np.sin(turn) * offset[:, 0]]) / step  # fmt: skip
    return np.asarray((np.abs(turned - np.rint(turned)).max(axis=1) < 2 * OFF + 1.0 / step) & (distance <= 6 * step))
