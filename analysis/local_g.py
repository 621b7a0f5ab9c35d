"""Gi*: how far each cell and its neighbors lie above the city's mean. It describes; `analysis.hotspots` decides."""

import numpy as np
from scipy.ndimage import convolve

from geo.checks import require_same_shape

QUEEN_AND_SELF = np.ones((3, 3))


def local_g(counts: np.ndarray, study_area: np.ndarray) -> np.ndarray:
    """
    Compute the Gi* z-score of each cell with binary queen weights, self included.

    Parameters
    ----------
    counts : array of (rows, columns) floats
        Events, or harm, per cell. What lies outside the study area is ignored.
    study_area : array of (rows, columns) bools
        True where events can happen; cells without events belong to it.

    Returns
    -------
    array of (rows, columns) floats
        z-scores; NaN outside the study area and where a cell's neighbors are the whole of it; 0 if all cells are equal.

    Raises
    ------
    InputError
        If the shapes differ.

    Notes
    -----
    Cells at the rim have fewer neighbors; k follows them. Time and memory grow with the grid, not with the events.

    References
    ----------
    Ord & Getis (1995), Geographical Analysis 27(4), 286–306.
    """
    require_same_shape(counts=counts, study_area=study_area)
    z = np.full(counts.shape, np.nan)
    n = int(study_area.sum())
    if n < 2:
        return z
    # Counting from the mean keeps the sums small, so that a flat map of large counts gives 0 and not rounding error.
    mean = counts[study_area].mean()
    inside = np.where(study_area, counts - mean, 0.0)
    spread = inside[study_area].std()
    total = convolve(inside, QUEEN_AND_SELF, mode="constant")
    k = convolve(study_area.astype(float), QUEEN_AND_SELF, mode="constant")
    known = study_area & (k < n)
    # A flat map has no spread; dividing by 1 then leaves z at 0 rather than NaN.
    z[known] = total[known] / ((spread or 1.0) * np.sqrt((n * k[known] - k[known] ** 2) / (n - 1)))
    return z
