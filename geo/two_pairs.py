"""Files that give each place twice, in degrees and in metres or feet: where the two disagree, and which to trust."""

from dataclasses import dataclass

import numpy as np
import shapely

from geo.crs import SAMPLE, detect_crs, metres_apart, project, try_systems
from geo.ground_box import Ground
from geo.mixed_systems import METRES
from geo.schema import GEOGRAPHIC_CRS

SAME_PLACE = 1_000.0  # metres; the median way between the two pairs, up to which they mean the same places
APART = (
    250.0  # metres from which a row's two pairs disagree: less is rounding, another datum, the other side of a block
)
TIMES = 5.0  # and by how much more than the file's usual


@dataclass(frozen=True, eq=False)
class Pairs:
    """The second pair in degrees, its system, the rows that disagree with the first and their median in metres."""

    lon: np.ndarray
    lat: np.ndarray
    crs: str
    differ: np.ndarray
    metres: float


def compare_pairs(
    lon: np.ndarray, lat: np.ndarray, x: np.ndarray, y: np.ndarray, ground: Ground | None
) -> Pairs | None:
    """
    Bring the second pair of coordinates to degrees and compare it with the first.

    Parameters
    ----------
    lon, lat : arrays of n floats
        The first pair, degrees; NaN where none.
    x, y : arrays of n floats
        The second pair, in a system to be found: the one that lies nearest to the first, else the one that lies in the
        area.
    ground : Ground or None
        Where points belong.

    Returns
    -------
    Pairs or None
        None where the second pair is in no system of the region.
    """
    both = np.isfinite(lon) & np.isfinite(lat) & np.isfinite(x) & np.isfinite(y)
    if ground is not None:
        both &= ground.near(lon, lat)
    crs, turned = _system(lon, lat, x, y, np.flatnonzero(both), ground)
    if crs is None:
        return None
    second_lon, second_lat = project(*((y, x) if turned else (x, y)), crs, GEOGRAPHIC_CRS)
    metres = _flat_metres(lon, lat, second_lon, second_lat)
    known = np.isfinite(metres)
    usual = float(np.median(metres[known & both])) if (known & both).any() else 0.0
    differ = known & (metres > max(APART, TIMES * usual))
    return Pairs(second_lon, second_lat, crs, differ, float(np.median(metres[differ])) if differ.any() else 0.0)


def _system(
    lon: np.ndarray, lat: np.ndarray, x: np.ndarray, y: np.ndarray, rows: np.ndarray, ground: Ground | None
) -> tuple[str | None, bool]:
    """The system of the second pair, and whether its northing comes first."""
    rows = rows[:: max(len(rows) // SAMPLE, 1)][:SAMPLE]
    if len(rows):
        first, second = np.column_stack([lon[rows], lat[rows]]), np.column_stack([x[rows], y[rows]])
        if np.median(np.abs(second).max(axis=1)) <= METRES:
            straight, turned = metres_apart(first, second), metres_apart(first, second[:, ::-1])
            return (GEOGRAPHIC_CRS, turned < straight) if min(straight, turned) <= SAME_PLACE else (None, False)
        low, high = (np.quantile(first, share, axis=0) for share in (0.02, 0.98))
        around = shapely.box(*(low - 0.01), *(high + 0.01))
        for turned, points in ((False, second), (True, second[:, ::-1])):
            fits = [(metres_apart(fit.places, first), fit) for fit in try_systems(points, around)]
            least = min((away for away, _ in fits), default=np.inf)
            if least <= SAME_PLACE:
                # Of systems as near to the next house, the usual one.
                return min((fit.rank, fit.crs) for away, fit in fits if away <= least + 10)[1], turned
    if ground is None:
        return None, False
    for turned, (one, other) in enumerate(((x, y), (y, x))):
        guess = detect_crs(one, other, ground.area)
        if guess is not None:
            return guess.crs, bool(turned)
    return None, False


def _flat_metres(lon: np.ndarray, lat: np.ndarray, other_lon: np.ndarray, other_lat: np.ndarray) -> np.ndarray:
    """Metres between points of one city, on the flat; far apart it is a rough figure."""
    east = (lon - other_lon) * np.cos(np.radians((lat + other_lat) / 2)) * 111_320
    return np.asarray(np.hypot(east, (lat - other_lat) * 110_574))
