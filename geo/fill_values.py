"""Numbers that stand for no place: 0, 0; −1, −1; 999; a number repeated far beyond the ground. They are set aside."""

import numpy as np

from geo.ground_box import Ground
from geo.mixed_systems import ELSEWHERE, FAR_DEGREES, METRES

LISTED = (0, -1, 1, 99, 999, 9999, 99999, 999999, -9, -99, -999, -9999)
SEVERAL = 3  # rows that share a number far beyond the ground, for it to be a filler


def listed_fills(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Pairs that stand for nothing wherever the ground lies: 0, 0; −1, −1; 999, 999 and the like."""
    same = x == y
    if not same.any():
        return same
    same &= np.isin(x, LISTED)
    return same | ((x == 0) & (y == 0))


def far_fills(
    x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, rows: np.ndarray, ground: Ground, *, projected: bool
) -> tuple[np.ndarray, np.ndarray]:
    """
    Fillers among rows that lie nowhere near the ground.

    Parameters
    ----------
    x, y : arrays of n floats
        The numbers of the file.
    lon, lat : arrays of n floats
        Where they lie, degrees; NaN where nowhere.
    rows : array of ints
        Those that have numbers and lie nowhere near the ground.
    ground : Ground
        Where points belong.
    projected : bool
        Whether the file is in metres or feet.

    Returns
    -------
    filler, repeated : masks
        One number twice, or a filler such as 0 or 999 beside a good number; and what several rows share, a pair or a
        number of one axis, though it lies far beyond the ground or nowhere on earth.
    """
    filler, repeated = np.zeros(len(x), bool), np.zeros(len(x), bool)
    if not len(rows):
        return filler, repeated
    one, other = x[rows], y[rows]
    west, south, east, north = _ranges(x, y, ground.near(lon, lat)) if projected else ground.box
    apart = 2 * max(east - west, north - south) if projected else FAR_DEGREES
    bad_x = _is_filler(one) & ((one < west - apart) | (one > east + apart))
    bad_y = _is_filler(other) & ((other < south - apart) | (other > north + apart))
    good_x, good_y = (one >= west) & (one <= east), (other >= south) & (other <= north)
    filler[rows] = (one == other) | (bad_x & (good_y | bad_y)) | (bad_y & good_x)
    far = ~(ground.gap(lon[rows], lat[rows]) <= ELSEWHERE)  # nowhere on earth is far too
    far &= ~filler[rows]
    if far.any():
        rows, one, other = rows[far], one[far], other[far]
        _, which, times = np.unique(np.column_stack([one, other]), axis=0, return_inverse=True, return_counts=True)
        shared = times[which.reshape(-1)] >= SEVERAL
        low = np.maximum(np.abs(one), np.abs(other)) <= METRES
        # One axis alone may be shared by chance where numbers are long; of degrees far away it is not.
        for values, rest in ((one, other), (other, one)):
            shared |= _shared(values, rest) & (low | _is_filler(values))
        repeated[rows] = shared
    return filler, repeated


def _shared(values: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Numbers that several rows share while their other number differs."""
    _, which, times = np.unique(values, return_inverse=True, return_counts=True)
    seen = np.unique(np.column_stack([which.reshape(-1), np.unique(rest, return_inverse=True)[1].reshape(-1)]), axis=0)
    kinds = np.bincount(seen[:, 0], minlength=len(times))
    return np.asarray(((times >= SEVERAL) & (kinds >= SEVERAL))[which.reshape(-1)])


def _is_filler(values: np.ndarray) -> np.ndarray:
    """0, 1, −1 and whole numbers of nines, and ten to a power from a thousand on."""
    size = np.abs(values)
    with np.errstate(divide="ignore"):
        power = np.round(np.log10(np.where(size > 0, size + 1, 1)))
    nines = (size >= 9) & (size + 1 == 10.0**power)
    tens = (size >= 1000) & (size == 10.0 ** np.round(np.log10(np.where(size > 0, size, 1))))
    return np.asarray((size <= 1) & (size == np.round(size)) | nines | tens)


def _ranges(x: np.ndarray, y: np.ndarray, near: np.ndarray) -> tuple[float, float, float, float]:
    """Over which numbers the good rows run; nothing is in range where there are none."""
    x, y = x[near], y[near]
    if not len(x):
        return np.inf, np.inf, -np.inf, -np.inf
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())
