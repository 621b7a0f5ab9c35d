"""How far from the neighborhoods the points outside of them lie, so that a near miss and another continent differ."""

import numpy as np
import pyproj
import shapely
from scipy.spatial import cKDTree

from geo.report import Notes

NEAR_KM = 1.0  # as far from the border as a generalized outline or a point in the river may lie
ABSURD_KM = 1_000.0  # no event of the place lies so far away
STEP_DEGREES = 0.0005  # into pieces of which the border is cut, and how many there may be
MOST_STEPS = 20_000
APART_KM = 10.0  # where all points lie farther, the two files are of different places


def metres_to_area(lon: np.ndarray, lat: np.ndarray, area: shapely.Geometry) -> np.ndarray:
    """
    Metres from points outside an area to its nearest border.

    Parameters
    ----------
    lon, lat : arrays of n floats
        Degrees.
    area : polygon or multipolygon
        Degrees.

    Returns
    -------
    array of n floats
        On the ellipsoid of WGS 84, to the point of the border that is nearest on a plane scaled at the area's middle,
        of the two pieces that meet at the nearest corner; the border is first cut into pieces of about 50 m.
    """
    if not len(lon):
        return np.empty(0)
    points, which = np.unique(np.column_stack([lon, lat]), axis=0, return_inverse=True)
    _, south, _, north = shapely.bounds(area)
    scale = np.array([np.cos(np.radians((south + north) / 2)), 1.0])
    boundary = shapely.transform(shapely.boundary(area), lambda xy: xy * scale)
    step = max(STEP_DEGREES, boundary.length / MOST_STEPS)
    corners, ring = shapely.get_coordinates(shapely.get_parts(shapely.segmentize(boundary, step)), return_index=True)
    flat = points * scale
    _, nearest = cKDTree(corners).query(flat)
    feet = [_foot(flat, corners, ring, nearest, nearest + side) for side in (-1, 1)]
    ways = [np.hypot(*(foot - flat).T) for foot in feet]
    foot = np.where((ways[0] < ways[1])[:, None], *feet) / scale
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(points[:, 0], points[:, 1], foot[:, 0], foot[:, 1])
    return np.asarray(metres)[which.reshape(-1)]


def _foot(points: np.ndarray, corners: np.ndarray, ring: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The nearest point of the piece between two corners of a ring; the first corner where there is no such piece."""
    other = np.clip(other, 0, len(corners) - 1)
    other = np.where(ring[other] == ring[one], other, one)
    begin, way = corners[one], corners[other] - corners[one]
    along = ((points - begin) * way).sum(axis=1) / np.maximum((way**2).sum(axis=1), 1e-30)
    return np.asarray(begin + np.clip(along, 0, 1)[:, None] * way)


def note_outside(
    lon: np.ndarray, lat: np.ndarray, outside: np.ndarray, placed: np.ndarray, area: shapely.Geometry, notes: Notes
) -> None:
    """
    Tell of the points outside the area by distance; none is moved.

    Parameters
    ----------
    lon, lat : arrays of n floats
        Degrees.
    outside, placed : masks
        Rows with a point in no neighborhood, and rows with a point.
    area : shapely geometry
        All neighborhoods together, degrees.
    notes : Notes
        Gets `point.apart` where no point lies in the area or near it, else `point.outside` and `point.far_away`.
    """
    rows = np.flatnonzero(outside)
    if not len(rows):
        return
    km = metres_to_area(lon[rows], lat[rows], area) / 1000
    if len(rows) == np.count_nonzero(placed) and km.min() >= APART_KM:
        west, south, east, north = shapely.bounds(area)
        notes.add(
            "point.apart", outside, km=_short(km.min()), lon=round(float(np.median(lon[rows])), 3),
            lat=round(float(np.median(lat[rows])), 3), area_lon=round(float((west + east) / 2), 3),
            area_lat=round(float((south + north) / 2), 3),
        )  # fmt: skip
        return
    absurd = km >= ABSURD_KM
    usual = km[~absurd]
    if len(usual):
        notes.add(
            "point.outside", _mask(rows[~absurd], len(lon)), near=int((usual <= NEAR_KM).sum()),
            beyond=int((usual > NEAR_KM).sum()), km=_short(usual.max()),
        )  # fmt: skip
    notes.add("point.far_away", _mask(rows[absurd], len(lon)), km=_short(km.max()), limit=round(ABSURD_KM))


def _mask(rows: np.ndarray, n: int) -> np.ndarray:
    mask = np.zeros(n, bool)
    mask[rows] = True
    return mask


def _short(km: float) -> float:
    """Kilometres with as many digits as a reader wants: 0.04, 3.1, 512."""
    return round(km) if km >= 10 else round(km, 1) if km >= 1 else round(km, 2)
