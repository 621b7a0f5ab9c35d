"""Swapped axes where both axes run over the same numbers: a swapped row lies near the ground too."""

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo.crs import project
from geo.ground_box import Ground, parts_of, sample_near
from geo.report import Notes
from geo.schema import GEOGRAPHIC_CRS

LEAST_PARTS = 6  # of the ground that swapped rows must lie in
OFF = 0.05  # of the ground's size; nearer to it a row may be a good one beside the border
SAME_HOUSE = 15.0  # metres


def swapped_within(
    x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, crs: str | None, ground: Ground, notes: Notes,
    mended: dict[str, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """
    Mend swapped rows that the padded box still holds, since both axes run over the same numbers there.

    Parameters
    ----------
    x, y, lon, lat : arrays of n floats
        The numbers of the file, and the degrees that they stand for so far.
    crs : str or None
        The system of the numbers; None for degrees.
    ground : Ground
        Where points belong.
    notes, mended
        Get a finding and the rows mended.

    Notes
    -----
    Such rows must lie outside the area as they stand and inside once swapped, be many more than the rows outside that a
    swap does not bring home, lie in several parts, and fall, swapped, on places of other rows: a town beside the area
    whose mirror image lies inside would do all but the last. Files whose two axes run over different numbers, which
    is nearly all, cost a comparison.
    """
    west, south, east, north = ground.box
    near = None
    if crs is not None:
        near = ground.near(lon, lat)
        if not near.any():
            return lon, lat
        west, east, south, north = x[near].min(), x[near].max(), y[near].min(), y[near].max()
    if max(west, south) >= min(east, north):
        return lon, lat
    near = ground.near(lon, lat) if near is None else near
    for rows_mended in mended.values():
        near &= ~rows_mended
    rows = np.flatnonzero(near)
    rows = rows[~ground.within(lon[rows], lat[rows])]
    new_lon, new_lat = (y[rows], x[rows]) if crs is None else project(y[rows], x[rows], crs, GEOGRAPHIC_CRS)
    away = shapely.distance(ground.area, shapely.points(lon[rows], lat[rows])) > OFF * ground.size
    home = away & ground.within(new_lon, new_lat)
    if home.sum() < 4 * max((away & ~home).sum(), 1) or parts_of(new_lon[home], new_lat[home], ground) < LEAST_PARTS:
        return lon, lat
    if not on_known_places(new_lon[home], new_lat[home], sample_near(lon, lat, ground)):
        return lon, lat
    mask = np.zeros(len(x), bool)
    mask[rows[home]] = True
    notes.add("point.swapped_told_apart", mask)
    mended["axes_swapped"] = mended.get("axes_swapped", np.zeros(len(x), bool)) | mask
    lon, lat = lon.copy(), lat.copy()
    lon[rows[home]], lat[rows[home]] = new_lon[home], new_lat[home]
    return lon, lat


def on_known_places(lon: np.ndarray, lat: np.ndarray, known: np.ndarray) -> bool:
    """Whether points fall on known places, (n, 2), to a house, and far more of them than when moved by some streets."""
    scale = np.array([111_320 * np.cos(np.radians(lat.mean())), 110_574])
    tree, flat = cKDTree(known * scale), np.column_stack([lon, lat]) * scale

    def hits(east: float, north: float) -> float:
        return float((tree.query(flat + np.array([east, north]))[0] <= SAME_HOUSE).mean())

    by_chance = sum(hits(*move) for move in ((400.0, 0.0), (-400.0, 0.0), (0.0, 400.0), (0.0, -400.0))) / 4
    return hits(0, 0) >= max(0.3, 3 * by_chance)
