"""How well polygons cover their ground once: what lies in two of them, what within another, and what in none."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from geo.schema import GEOGRAPHIC_CRS

TOLD = 0.001  # of the area; less is how borders are drawn
NESTED = 0.99  # of a polygon: so much of it in another, it lies within
LARGER = 1.1  # times as large is what holds another; units of one size on one ground are the same unit twice
SHARED = 0.01  # of a polygon: so much of it in another, the two overlap
SLIVER_M = 15.0  # narrower ground between two borders is how they are drawn, no place
NOISE = 1e-6  # of the area; less overlap is not looked for
MOST_PAIRS = 200_000
HECTARE = 10_000.0


@dataclass(frozen=True)
class Coverage:
    """
    What polygons of one level cover twice and what they leave out.

    Parameters
    ----------
    overlap, overlap_ha : float
        The share of the area covered that lies in more than one polygon, and its hectares.
    overlapping : array of ints
        Positions of polygons that truly overlap: by a hundredth of the smaller, over more than `SLIVER_M`.
    pair, pair_ha, pair_share
        The two that share most ground, how much, and its share of the smaller; (-1, -1) where none overlap.
    slivers, slivers_ha
        Pairs that share only narrow strips along their border.
    nested, holders : arrays of ints
        Positions of polygons that lie within a larger one, and in that order the smallest that holds each.
    gaps, gaps_ha, holes
        The share of the area covered that is enclosed and lies in none, its hectares, and how many such gaps there are
        that are wider than a sliver.
    gap_slivers : int
        How many gaps are no wider.
    """

    overlap: float
    overlap_ha: float
    overlapping: np.ndarray
    pair: tuple[int, int]
    pair_ha: float
    pair_share: float
    slivers: int
    slivers_ha: float
    nested: np.ndarray
    holders: np.ndarray
    gaps: float
    gaps_ha: float
    holes: int
    gap_slivers: int


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
        Areas and widths are measured on an equal-area projection about the middle of the polygons. The width of a
        strip is twice its area over its circumference.
    """
    # Borders meet in the system they were drawn in; another one bends long edges between their ends.
    shapes = areas.geometry.to_numpy()
    ground = measure_of(areas)
    sizes = ground(shapes)[0]
    whole = union_of(shapes)
    total = float(ground(np.array([whole]))[0][0])
    none = np.empty(0, np.int64)
    if not total:
        return Coverage(0.0, 0.0, none, (-1, -1), 0.0, 0.0, 0, 0.0, none, none, 0.0, 0.0, 0, 0)
    # What lies within a gap, as an island, is covered and no part of it.
    holes = _holes(whole)
    gap_sizes, gap_widths = ground(holes)
    wide = gap_widths >= SLIVER_M
    gaps = (float(gap_sizes.sum()) / total, float(gap_sizes.sum()) / HECTARE, int(wide.sum()), int((~wide).sum()))
    overlap = max(float(sizes.sum()) - total, 0.0)
    if overlap < NOISE * total:
        return Coverage(overlap / total, overlap / HECTARE, none, (-1, -1), 0.0, 0.0, 0, 0.0, none, none, *gaps)
    small, large, common = shared_ground(shapes, sizes)
    shared, width = ground(common)
    share = shared / np.maximum(sizes[small], 1e-9)
    true = (share >= SHARED) & (width >= SLIVER_M)
    sliver = (shared > 1.0) & ~true  # square metres; less is rounding
    within = (share >= NESTED) & (sizes[large] >= LARGER * sizes[small])
    nested, holders = _smallest_holders(small[within], large[within], sizes)
    worst = int(np.argmax(np.where(true, shared, 0.0))) if true.any() else -1
    return Coverage(
        overlap / total, overlap / HECTARE, np.unique(np.concatenate([small[true], large[true]])),
        (int(large[worst]), int(small[worst])) if true.any() else (-1, -1),
        float(shared[worst]) / HECTARE if true.any() else 0.0, float(share[worst]) if true.any() else 0.0,
        int(sliver.sum()), float(shared[sliver].sum()) / HECTARE, nested, holders, *gaps,
    )  # fmt: skip


def equal_area(areas: gpd.GeoDataFrame | gpd.GeoSeries) -> np.ndarray:
    """The shapes in metres on an equal-area projection about their middle, nearly true to shape within a city."""
    shapes = areas.geometry if areas.crs is not None else areas.geometry.set_crs(GEOGRAPHIC_CRS)
    return np.asarray(shapes.to_crs(_projection(shapes)).to_numpy())


def _projection(areas: gpd.GeoDataFrame | gpd.GeoSeries) -> str:
    shapes = areas.geometry if areas.crs is not None else areas.geometry.set_crs(GEOGRAPHIC_CRS)
    west, south, east, north = shapes.to_crs(GEOGRAPHIC_CRS).total_bounds
    lon, lat = (round(float(value), 1) for value in ((west + east) / 2, (south + north) / 2))
    return f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m"


def measure_of(areas: gpd.GeoDataFrame) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """What gives areas (square metres) and widths (metres) of shapes in the system of these areas."""
    source = areas.crs or GEOGRAPHIC_CRS
    target = _projection(areas)

    def measure(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there = gpd.GeoSeries(shapes, crs=source).to_crs(target).to_numpy()
        area = shapely.area(there)
        return area, 2 * area / np.maximum(shapely.length(there), 1e-9)

    return measure


def union_of(shapes: np.ndarray) -> shapely.Geometry:
    """The union of valid polygons; many times faster where they meet point by point and share no ground."""
    if shapely.coverage_is_valid(shapes):
        return shapely.coverage_union_all(shapes)
    return shapely.union_all(shapes)


def shared_ground(shapes: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Every two shapes that share ground.

    Returns
    -------
    small, large, common
        Positions of the smaller and the larger of each two, and the ground that they share. Of two of one size the
        one that comes later is the smaller.
    """
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first = one < other
    one, other = one[first][:MOST_PAIRS], other[first][:MOST_PAIRS]
    small = np.where(sizes[one] < sizes[other], one, other)
    large = one + other - small
    common = shapely.intersection(shapes[one], shapes[other])
    shares = shapely.area(common) > 0
    return small[shares], large[shares], common[shares]


def _smallest_holders(inner: np.ndarray, outer: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(sizes[outer], kind="stable")
    nested, place = np.unique(inner[order], return_index=True)
    return nested, outer[order][place]


def _holes(whole: shapely.Geometry) -> np.ndarray:
    """What is enclosed and not covered, a polygon each."""
    outer = [shapely.Polygon(part.exterior) for part in shapely.get_parts(whole)]
    bare = shapely.get_parts(shapely.difference(shapely.union_all(outer), whole))
    return np.asarray(bare[shapely.get_type_id(bare) == 3])
