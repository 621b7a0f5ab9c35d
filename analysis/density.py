"""Density: events spread over their surroundings. It describes, and gives tests and forecasts their backgrounds."""

import numpy as np
from scipy.ndimage import gaussian_filter

from analysis.cells import Grid
from geo.checks import require_positive, require_same_shape

# Beyond four standard deviations a Gaussian holds 0.03 % of its mass.
TRUNCATE = 4.0


def local_mean(values: np.ndarray, study_area: np.ndarray, bandwidth_cells: float) -> np.ndarray:
    """
    Average over the surroundings with Gaussian weights, over the study area only, so that the rim does not read low.

    Parameters
    ----------
    values : array of (rows, columns) floats
        What lies outside the study area is ignored.
    study_area : array of (rows, columns) bools or weights ≥ 0
        What counts in the average, and how much.
    bandwidth_cells : float
        Standard deviation of the Gaussian, in cells.

    Returns
    -------
    array of (rows, columns) floats
        A constant stays that constant; 0 where nothing of the area is within reach.
    """
    require_same_shape(values=values, study_area=study_area)
    require_positive(bandwidth_cells=bandwidth_cells)
    weight = study_area.astype(float)
    total, reach = smooth(values * weight, bandwidth_cells), smooth(weight, bandwidth_cells)
    return np.divide(total, reach, out=np.zeros_like(total), where=reach > 0)


def spread_mass(values: np.ndarray, study_area: np.ndarray, bandwidth_cells: float) -> np.ndarray:
    """
    Spread each cell's value over its surroundings inside the study area, losing nothing over the rim.

    Parameters
    ----------
    values : array of (rows, columns) floats
    study_area : array of (rows, columns) bools
    bandwidth_cells : float
        Standard deviation of the Gaussian, in cells.

    Returns
    -------
    array of (rows, columns) floats
        Its sum is the sum of `values` inside the study area; 0 outside.
    """
    require_same_shape(values=values, study_area=study_area)
    require_positive(bandwidth_cells=bandwidth_cells)
    inside = study_area.astype(float)
    kept = smooth(inside, bandwidth_cells)
    share = np.divide(values * inside, kept, out=np.zeros_like(kept), where=kept > 0)
    return smooth(share, bandwidth_cells) * inside


def smooth(values: np.ndarray, bandwidth_cells: float) -> np.ndarray:
    """Convolve with a Gaussian; beyond the array all is zero."""
    return gaussian_filter(np.asarray(values, dtype=float), bandwidth_cells, mode="constant", truncate=TRUNCATE)


def quartic_density(
    grid: Grid, x: np.ndarray, y: np.ndarray, *, bandwidth: float, weights: np.ndarray | None = None
) -> np.ndarray:
    """
    Compute the exact quartic (biweight) kernel density at the centre of each cell, in events per square metre.

    Parameters
    ----------
    x, y : array of (n,) floats
        Metres in the grid's CRS; NaN counts nowhere. Points outside the study area still reach into it.
    bandwidth : float
        Metres; beyond it an event has no weight.
    weights : array of (n,) floats, optional
        What each point counts; 1 by default.

    Returns
    -------
    array of (rows, columns) floats
        0 outside the study area.

    Notes
    -----
    Points that share a place are added up first; then one pass for each cell offset within the bandwidth.

    References
    ----------
    Silverman (1986), Density Estimation for Statistics and Data Analysis, eq. 4.5.
    """
    require_positive(bandwidth=bandwidth)
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    weights = np.ones_like(x) if weights is None else np.asarray(weights, dtype=float)
    require_same_shape(x=x, y=y, weights=weights)
    known = np.isfinite(x) & np.isfinite(y)
    points, inverse = np.unique(np.column_stack([x[known], y[known]]), axis=0, return_inverse=True)
    mass = np.bincount(inverse.ravel(), weights=weights[known], minlength=len(points))
    rows, columns = grid.shape
    # Position of each point in cells, relative to the centre of the cell at row 0, column 0.
    u = points[:, 0] / grid.cell_size - grid.column0 - 0.5
    v = points[:, 1] / grid.cell_size - grid.row0 - 0.5
    near_column, near_row = np.rint(u).astype(np.int64), np.rint(v).astype(np.int64)
    reach = bandwidth / grid.cell_size
    steps = range(-int(reach + 1), int(reach + 1) + 1)
    density = np.zeros(rows * columns)
    for down in steps:
        for right in steps:
            column, row = near_column + right, near_row + down
            squared = ((column - u) ** 2 + (row - v) ** 2) / reach**2
            hit = (squared < 1) & (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
            value = mass[hit] * (1 - squared[hit]) ** 2
            density += np.bincount(row[hit] * columns + column[hit], weights=value, minlength=rows * columns)
    density *= 3 / (np.pi * bandwidth**2)
    return np.where(grid.study_area, density.reshape(rows, columns), 0.0)
