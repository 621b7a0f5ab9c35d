"""Where the points of a file belong: in the neighborhoods, or without any where most of its rows lie."""

from dataclasses import dataclass

import numpy as np
import shapely

BOX_PAD = 0.2  # of the ground's size, all round: there a point is not looked at
PARTS = 50  # of the ground's size is a part of it


@dataclass(frozen=True, eq=False)
class Ground:
    """
    Where points belong, in degrees; `box` has a pad.

    `swaps`: whether a row in the mirrored box is a swapped one. `rest`: whether the ground is no polygons but where
    most rows lie; `few`: whether these are too few to judge more than swapped axes by.
    """

    area: shapely.Geometry
    box: tuple[float, float, float, float]
    swaps: bool = True
    rest: bool = False
    few: bool = False

    def near(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Which points lie in the padded box."""
        west, south, east, north = self.box
        return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)

    def within(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Which points lie in the area itself."""
        found = self.near(lon, lat)
        if found.any():
            shapely.prepare(self.area)
            found[found] = shapely.contains_xy(self.area, lon[found], lat[found])
        return found

    def gap(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """By how many degrees points lie beyond the area's own box, along the axis where it is more."""
        west, south, east, north = shapely.bounds(self.area)
        return np.asarray(np.maximum.reduce([west - lon, lon - east, south - lat, lat - north]))

    @property
    def size(self) -> float:
        """The longer side of the area, degrees."""
        west, south, east, north = shapely.bounds(self.area)
        return float(max(east - west, north - south))


def ground_of(area: shapely.Geometry) -> Ground:
    """The ground of an area given by polygons."""
    west, south, east, north = (float(value) for value in shapely.bounds(area))
    pad = BOX_PAD * max(east - west, north - south)
    return Ground(area, (west - pad, south - pad, east + pad, north + pad))


def parts_of(lon: np.ndarray, lat: np.ndarray, ground: Ground) -> int:
    """In how many parts of the ground points lie: rows of one place are one witness."""
    side = ground.size / PARTS or 1.0
    return len(np.unique(np.floor(np.column_stack([lon, lat]) / side), axis=0))


def sample_near(lon: np.ndarray, lat: np.ndarray, ground: Ground) -> np.ndarray:
    """Up to 20,000 points of the rest, (n, 2)."""
    rows = np.flatnonzero(ground.near(lon, lat))
    rows = rows[:: max(len(rows) // 20_000, 1)]
    return np.column_stack([lon[rows], lat[rows]])
