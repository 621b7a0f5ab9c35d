"""Clusters: points that lie close together become places one can stand in and see. Chance is decided elsewhere."""

from dataclasses import dataclass

import numpy as np
import shapely

from analysis.barriers import Barriers

# Points closer than this are one point: a house whose coordinates tremble is not three.
SAME_PLACE = 5.0
LINK = 100.0
MARGIN = 25.0
LEAST_POINTS = 3
LEAST_EVENTS = 3.0
# With barriers, so many of the nearest seeds are asked for one on the point's own side.
SEEDS_ASKED = 6


@dataclass(frozen=True, eq=False)
class Places:
    """
    Places of at most a radius.

    `seeds` (k, 2): where each place is gathered round. `centers` (k, 2): where most of it is. `radius_m` (k,): from the
    center to the rim of its polygon. `polygons` (k,): hulls of the points, with a margin.
    """

    seeds: np.ndarray
    centers: np.ndarray
    radius_m: np.ndarray
    polygons: np.ndarray
    reach: float
    barriers: Barriers | None = None

    def __len__(self) -> int:
        return len(self.seeds)

    def nearest(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The place each point is gathered to: the nearest seed within reach and behind no barrier, else -1."""
        return _nearest(self.seeds, np.column_stack([x, y]), self.reach, self.barriers)


def same_place(values: np.ndarray) -> np.ndarray:
    """Coordinates moved to the middle of squares of 5 m, within which points count as one."""
    return (np.floor(np.asarray(values, dtype=float) / SAME_PLACE) + 0.5) * SAME_PLACE


def find_places(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, *, radius: float, barriers: Barriers | None = None
) -> Places:
    """
    Gather points into places.

    Parameters
    ----------
    x, y : array of (n,) floats
        Metres, already moved by `same_place`; repeats are added up.
    weights : array of (n,) floats
        Events of each point.
    radius : float
        The most metres from a place's center to the rim of its polygon.
    barriers : Barriers, optional
        Water and rails that no street crosses: no place lies on both sides.

    Returns
    -------
    Places
        In order of their seeds; each holds at least three distinct points and three events.

    Notes
    -----
    DBSCAN on unique weighted points joins what lies within 100 m. What does not fit into the radius is cut round its
    busiest spots, the busiest first, as a person would: each point then belongs to the nearest spot.

    References
    ----------
    Ester et al. (1996); Wheeler & Reuter (2021), Police Quarterly 24(1), weighted DBSCAN of crime harm.
    """
    margin = min(MARGIN, radius / 4)
    reach = radius - margin
    points, inverse = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True)
    mass = np.bincount(inverse.ravel(), weights=weights, minlength=len(points))
    # Places of the usual radius are linked over 100 m; larger ones, of thin ground, over two thirds of theirs.
    link = max(LINK, radius * 2 / 3)
    labels = _linked(points, mass, link)
    if barriers is not None:
        labels = _parted(points, labels, link, barriers)
    seeds: list[np.ndarray] = []
    for cluster in range(int(labels.max(initial=-1)) + 1):
        seeds.extend(_seeds(points[labels == cluster], mass[labels == cluster], reach))
    points, mass = points[labels >= 0], mass[labels >= 0]
    kept = _large_enough(np.array(seeds).reshape(-1, 2), points, mass, reach, barriers)
    return _shaped(kept, points, mass, reach, margin, barriers)


def _linked(points: np.ndarray, mass: np.ndarray, link: float) -> np.ndarray:
    """Cluster number of each point; -1 where too little lies around."""
    if not len(points):
        return np.empty(0, dtype=np.int64)
    from sklearn.cluster import DBSCAN

    return DBSCAN(eps=link, min_samples=int(LEAST_EVENTS)).fit(points, sample_weight=mass).labels_


def _parted(points: np.ndarray, labels: np.ndarray, link: float, barriers: Barriers) -> np.ndarray:
    """Clusters whose points hang together across a barrier only, taken apart."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    pairs = cKDTree(points).query_pairs(link, output_type="ndarray") if len(points) else np.zeros((0, 2), dtype=int)
    pairs = pairs[(labels[pairs[:, 0]] == labels[pairs[:, 1]]) & (labels[pairs[:, 0]] >= 0)]
    pairs = pairs[~barriers.between(points[pairs[:, 0]], points[pairs[:, 1]])]
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points), len(points)))
    parts = np.full(len(points), -1, dtype=np.int64)
    held = labels >= 0
    parts[held] = np.unique(connected_components(graph, directed=False)[1][held], return_inverse=True)[1]
    return parts


def _seeds(points: np.ndarray, mass: np.ndarray, reach: float) -> list[np.ndarray]:
    """One seed where the points fit into the reach, else the busiest spots, none within reach of a busier one."""
    center = _center(points, mass, reach)
    if center is not None:
        return [center]
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    near = tree.sparse_distance_matrix(tree, reach, output_type="coo_matrix")
    # Near events weigh more (quartic), so that the busiest point itself is the spot and not one beside it.
    weight = mass[near.col] * (1 - (near.data / reach) ** 2) ** 2
    around = np.round(np.bincount(near.row, weights=weight, minlength=len(points)), 9)
    free = np.ones(len(points), dtype=bool)
    seeds = []
    for busiest in np.lexsort((points[:, 1], points[:, 0], -around)):
        if free[busiest]:
            seeds.append(points[busiest])
            free[tree.query_ball_point(points[busiest], reach)] = False
    return seeds


def _large_enough(
    seeds: np.ndarray, points: np.ndarray, mass: np.ndarray, reach: float, barriers: Barriers | None
) -> np.ndarray:
    """The seeds that keep enough points and events, by x and y. The least of those near each other go first: what they
    held may make a neighbor large enough."""
    from scipy.spatial import cKDTree

    seeds = seeds[np.lexsort((seeds[:, 1], seeds[:, 0]))]
    while len(seeds):
        label = _nearest(seeds, points, reach, barriers)
        size = np.bincount(label[label >= 0], minlength=len(seeds))
        events = np.bincount(label[label >= 0], weights=mass[label >= 0], minlength=len(seeds))
        small = np.flatnonzero((size < LEAST_POINTS) | (events < LEAST_EVENTS))
        if not len(small):
            break
        pairs = cKDTree(seeds[small]).query_pairs(2 * reach, output_type="ndarray")
        rank = np.argsort(np.lexsort((small, events[small])))
        least = np.ones(len(small), dtype=bool)
        least[np.where(rank[pairs[:, 0]] > rank[pairs[:, 1]], pairs[:, 0], pairs[:, 1])] = False
        seeds = np.delete(seeds, small[least], axis=0)
    return seeds


def _center(points: np.ndarray, mass: np.ndarray, reach: float) -> np.ndarray | None:
    """Where most of the points are, if all lie within reach of it; else the middle of their circle; else None."""
    mean = (points * mass[:, None]).sum(axis=0) / mass.sum()
    if np.hypot(*(points - mean).T).max() <= reach:
        return mean
    circle = shapely.minimum_bounding_circle(shapely.MultiPoint(points))
    middle = np.array(shapely.get_coordinates(circle.centroid)[0])
    return middle if np.hypot(*(points - middle).T).max() <= reach else None


def _nearest(seeds: np.ndarray, points: np.ndarray, reach: float, barriers: Barriers | None) -> np.ndarray:
    if not len(seeds) or not len(points):
        return np.full(len(points), -1, dtype=np.int64)
    from scipy.spatial import cKDTree

    within = np.nextafter(reach, np.inf) + 1e-6
    ranks = 1 if barriers is None else min(SEEDS_ASKED, len(seeds))
    _, found = cKDTree(seeds).query(points, k=np.arange(1, ranks + 1), distance_upper_bound=within)
    label = np.full(len(points), -1, dtype=np.int64)
    for seed in found.T:
        free = np.flatnonzero((label < 0) & (seed < len(seeds)))
        if barriers is not None:
            free = free[~barriers.between(points[free], seeds[seed[free]])]
        label[free] = seed[free]
    return label


def _shaped(
    seeds: np.ndarray, points: np.ndarray, mass: np.ndarray, reach: float, margin: float, barriers: Barriers | None
) -> Places:
    label = _nearest(seeds, points, reach, barriers)
    centers, radius = seeds.copy(), np.zeros(len(seeds))
    polygons = np.empty(len(seeds), dtype=object)
    for place in range(len(seeds)):
        own = points[label == place]
        mean = (own * mass[label == place][:, None]).sum(axis=0) / mass[label == place].sum()
        if np.hypot(*(own - mean).T).max() <= reach:
            centers[place] = mean
        radius[place] = np.hypot(*(own - centers[place]).T).max() + margin
        polygons[place] = shapely.buffer(shapely.MultiPoint(own).convex_hull, margin)
        if barriers is not None:
            polygons[place] = barriers.cut(polygons[place], own)
    return Places(seeds, centers, radius, polygons, reach, barriers)
