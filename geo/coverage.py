"""How well polygons cover their ground once: what lies in two of them, what within another, and what in none."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

EQUAL_AREA = "EPSG:6933"
TOLD = 0.001  # of the area; less is how borders are drawn
NESTED = 0.95  # of a polygon: so much of it in another, it lies within
SHARED = 0.01  # of a polygon: so much of it in another, the two overlap
MOST_PAIRS = 200_000


@dataclass(frozen=True)
class Coverage:
    """
    Shares of the area covered: `overlap` lies in more than one polygon, `gaps` is enclosed by them and lies in none.

    `overlapping` and `nested` are the positions of polygons that share ground with another, and that lie within a
    larger one; `holders` are the larger ones, in the order of `nested`; `holes` how many gaps there are.
    """

    overlap: float
    overlapping: np.ndarray
    nested: np.ndarray
    holders: np.ndarray
    gaps: float
    holes: int


def measure_coverage(areas: gpd.GeoDataFrame) -> Coverage:
    """
    Measure how polygons of one level cover their ground.

    Parameters
    ----------
    areas : GeoDataFrame
        Valid polygons in any CRS.

    Returns
    -------
    Coverage
        Areas are measured on an equal-area projection.
    """
    shapes = areas.geometry.to_crs(EQUAL_AREA).to_numpy()
    sizes = shapely.area(shapes)
    whole = shapely.union_all(shapes)
    total = float(shapely.area(whole))
    none = np.empty(0, np.int64)
    if not total:
        return Coverage(0.0, none, none, none, 0.0, 0)
    filled = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole)))
    gaps = max(float(shapely.area(shapely.union_all(filled))) - total, 0.0) / total
    holes = int(shapely.get_num_interior_rings(shapely.get_parts(whole)).sum())
    overlap = max(float(sizes.sum()) - total, 0.0) / total
    if overlap < TOLD:
        return Coverage(overlap, none, none, none, gaps, holes)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first = one < other
    one, other = one[first][:MOST_PAIRS], other[first][:MOST_PAIRS]
    small = np.where(sizes[one] <= sizes[other], one, other)
    large = one + other - small
    share = shapely.area(shapely.intersection(shapes[one], shapes[other])) / np.maximum(sizes[small], 1e-9)
    within = share >= NESTED
    # Of several that hold it the smallest is its parent.
    order = np.argsort(sizes[large[within]], kind="stable")
    nested, place = np.unique(small[within][order], return_index=True)
    sharing = np.unique(np.concatenate([small[share >= SHARED], large[share >= SHARED]]))
    return Coverage(overlap, sharing, nested, large[within][order][place], gaps, holes)
