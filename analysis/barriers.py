"""Barriers: water and rails that no street crosses. Nobody stands on both sides of them at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

# Around a street that crosses them one gets over: a bridge, a ford, a level crossing.
OPENING = 20.0
# Rails that run in a street (trams) are walked over anywhere.
IN_STREET = 8.0


@dataclass(frozen=True, eq=False)
class Barriers:
    """
    What parts the ground. `areas` and `lines`: arrays of shapely geometries in metres, openings taken out.

    A point that lies in the water itself (a pier, a rough coordinate) is parted from neither bank.
    """

    areas: np.ndarray
    lines: np.ndarray

    @classmethod
    def of(cls, land: Any, streets: Any) -> "Barriers | None":
        """
        Barriers of a city, or None where there are none.

        Parameters
        ----------
        land : GeoDataFrame or None
            Column `kind`; water (areas and lines) and rails count. In metres.
        streets : GeoDataFrame or None
            Column `walkable`, in the same CRS. Without streets nothing is known of crossings: no barriers.
        """
        if land is None or streets is None or not len(land):
            return None
        walked = streets.geometry.to_numpy()[streets["walkable"].to_numpy(dtype=bool)]
        shapes, kind = shapely.get_parts(land.geometry.to_numpy(), return_index=True)
        kind = land["kind"].astype(object).to_numpy()[kind]
        dimension = shapely.get_dimensions(shapes)
        areas = shapely.make_valid(shapes[(kind == "water") & (dimension == 2)])
        lines = shapes[np.isin(kind, ("water", "rail")) & (dimension == 1)]
        rails = kind[np.isin(kind, ("water", "rail")) & (dimension == 1)] == "rail"
        if not len(areas) + len(lines):
            return None
        tree = shapely.STRtree(walked)
        areas = _opened(areas, walked, tree)
        lines = _opened(lines, walked, tree)
        lines[rails] = _without_streets(lines[rails], walked, tree)
        return cls(areas[~shapely.is_empty(areas)], lines[~shapely.is_empty(lines)])

    def between(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """
        Say for each pair of points whether a barrier lies between them.

        Parameters
        ----------
        start, end : arrays of (n, 2) floats
            Metres.

        Returns
        -------
        array of n bools
        """
        parted = np.zeros(len(start), dtype=bool)
        if not len(start):
            return parted
        ways = shapely.linestrings(np.stack([start, end], axis=1))
        if len(self.lines):
            parted[shapely.STRtree(self.lines).query(ways, predicate="intersects")[0]] = True
        if len(self.areas):
            way, area = shapely.STRtree(self.areas).query(ways, predicate="intersects")
            points = [shapely.points(ends[way]) for ends in (start, end)]
            dry = ~np.logical_or(*(shapely.intersects(self.areas[area], point) for point in points))
            parted[way[dry]] = True
        return parted

    def cut(self, shape: Any, points: np.ndarray) -> Any:
        """The parts of a shape, cut along the barriers, that hold any of the points (n, 2); the shape if none would."""
        pieces = shape
        near = [kind[shapely.STRtree(kind).query(shape)] if len(kind) else kind for kind in (self.areas, self.lines)]
        if len(near[0]):
            pieces = shapely.difference(pieces, shapely.union_all(near[0]))
        if len(near[1]):
            pieces = shapely.difference(pieces, shapely.buffer(shapely.union_all(near[1]), 0.5))
        parts = shapely.get_parts(pieces)
        parts = parts[shapely.get_dimensions(parts) == 2]
        held = parts[shapely.intersects(parts, shapely.buffer(shapely.multipoints(points), 1.0))]
        return shapely.union_all(held) if len(held) else shape


def _opened(barriers: np.ndarray, streets: np.ndarray, tree: shapely.STRtree) -> np.ndarray:
    """Each barrier without the ground round the streets that cross it."""
    barriers = barriers.copy()
    which, street = tree.query(barriers, predicate="crosses") if len(barriers) else (np.zeros(0, int),) * 2
    over = shapely.intersection(barriers[which], streets[street])
    for number in np.unique(which):
        openings = shapely.union_all(shapely.buffer(over[which == number], OPENING))
        barriers[number] = shapely.difference(barriers[number], openings)
    return barriers


def _without_streets(rails: np.ndarray, streets: np.ndarray, tree: shapely.STRtree) -> np.ndarray:
    """Each rail without what runs in a street."""
    rails = rails.copy()
    which, street = (
        tree.query(rails, predicate="dwithin", distance=IN_STREET) if len(rails) else (np.zeros(0, int),) * 2
    )
    for number in np.unique(which):
        along = shapely.union_all(shapely.buffer(streets[street[which == number]], IN_STREET))
        rails[number] = shapely.difference(rails[number], along)
    return rails
