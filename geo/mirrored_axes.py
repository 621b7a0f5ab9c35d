"""Swapped axes where longitude and latitude run over the same numbers: a swapped row lies near the ground too."""

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo.ground_box import Ground, parts_of, sample_near
from geo.report import Notes

LEAST_PARTS = 6  # of the ground that swapped rows must lie in
OFF = 0.05  # of the ground's size; nearer to it a row may be a good one beside the border
SAME_HOUSE = 15.0  # metres


def swapped_within(
    x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, ground: Ground, notes: Notes,
    mended: dict[str, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """
    Swapped rows that the padded box still holds, since both axes run over the same numbers there.

    They must lie outside the area as they stand and inside once swapped, be many more than the rows outside that a
    swap does not bring home, lie in several parts, and fall, swapped, on places of other rows: a town beside the area
    whose mirror image lies inside would do all but the last.
    """
    west, south, east, north = ground.box
    if max(west, south) >= min(east, north):
        return lon, lat
    rows = np.flatnonzero(ground.near(lon, lat) & ground.near(lat, lon) & (lon == x) & (lat == y))
    one, other = lon[rows], lat[rows]
    outside = ~ground.within(one, other)
    rows, one, other = rows[outside], one[outside], other[outside]
    away = shapely.distance(ground.area, shapely.points(one, other)) > OFF * ground.size
    home = away & ground.within(other, one)
    if home.sum() < 4 * max((away & ~home).sum(), 1) or parts_of(other[home], one[home], ground) < LEAST_PARTS:
        return lon, lat
    if not _on_known_places(np.column_stack([other[home], one[home]]), sample_near(lon, lat, ground)):
        return lon, lat
    mask = np.zeros(len(x), bool)
    mask[rows[home]] = True
    notes.add("point.swapped_told_apart", mask)
    mended["axes_swapped"] = mended.get("axes_swapped", np.zeros(len(x), bool)) | mask
    return np.where(mask, lat, lon), np.where(mask, lon, lat)


def _on_known_places(points: np.ndarray, rest: np.ndarray) -> bool:
    """Whether points fall on places of the rest, to a house, and far more of them than when moved by some streets."""
    scale = np.array([111_320 * np.cos(np.radians(points[:, 1].mean())), 110_574])
    tree = cKDTree(rest * scale)

    def hits(east: float, north: float) -> float:
        return float((tree.query(points * scale + (east, north))[0] <= SAME_HOUSE).mean())

    by_chance = sum(hits(*move) for move in ((400.0, 0.0), (-400.0, 0.0), (0.0, 400.0), (0.0, -400.0))) / 4
    return hits(0, 0) >= max(0.3, 3 * by_chance)
