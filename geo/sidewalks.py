"""Which street a nameless footway runs along: the named street beside it, so that a turn list can say it."""

import numpy as np
import pandas as pd
import shapely

from geo.road_rules import WALKERS_OWN

BESIDE = 20.0  # metres between a sidewalk and the middle of its street
PARALLEL = 0.35  # sine of the largest angle between the two, about 20 degrees
SAMPLES = (0.2, 0.5, 0.8)  # places along the footway that are looked at
AGREEING = 2  # of which so many must lie beside the same street
_STEP = 2.0  # metres over which a direction is taken


def names_beside(metric: np.ndarray, names: np.ndarray, tags: pd.DataFrame) -> np.ndarray:
    """
    For each line the index of the street whose name it borrows; -1 where it has its own or runs along none.

    Parameters
    ----------
    metric : array of LineStrings
        In a metric CRS.
    names : array of objects
        Each line's own name, "" for none.
    tags : DataFrame
        Columns `highway`, `footway`, `layer`, row by row as `metric`. Only footways, paths, steps and the like borrow;
        they borrow from other roads of the same layer.

    Returns
    -------
    array of ints
    """
    source = np.full(len(metric), -1, dtype=np.int64)
    own = tags["highway"].isin(WALKERS_OWN).to_numpy()
    crosses = tags["footway"].isin(["crossing", "traffic_island"]).to_numpy()
    streets = np.flatnonzero((names != "") & ~own)
    nameless = np.flatnonzero((names == "") & own & ~crosses)
    if len(streets) == 0 or len(nameless) == 0:
        return source
    layers = pd.factorize(tags["layer"].replace({"": "0"}))[0]
    votes = _beside(metric, streets, nameless, layers)
    votes["name"] = pd.factorize(names[votes["street"]])[0]
    # One street may lie beside with several of its pieces: a sample votes once a name, for the nearest piece.
    votes = votes.sort_values(["line", "sample", "distance", "street"]).drop_duplicates(["line", "sample", "name"])
    count = votes.groupby(["line", "name"]).agg(
        n=("sample", "size"), distance=("distance", "mean"), street=("street", "first")
    )
    count = (
        count[count["n"] >= AGREEING]
        .reset_index()
        .sort_values(["line", "n", "distance"], ascending=[True, False, True])
    )
    best = count.drop_duplicates("line")
    source[best["line"].to_numpy()] = best["street"].to_numpy()
    return source


def _beside(metric: np.ndarray, streets: np.ndarray, nameless: np.ndarray, layers: np.ndarray) -> pd.DataFrame:
    """Every sampled place of a nameless line with every street that lies beside it there and runs its way."""
    line = np.repeat(nameless, len(SAMPLES))
    share = np.tile(SAMPLES, len(nameless))
    at = share * shapely.length(metric[line])
    points = shapely.line_interpolate_point(metric[line], at)
    sample, found = shapely.STRtree(metric[streets]).query(points, predicate="dwithin", distance=BESIDE)
    street = streets[found]
    along = shapely.line_locate_point(metric[street], points[sample])
    sine = _cross(_direction(metric[line[sample]], at[sample]), _direction(metric[street], along))
    fits = (np.abs(sine) <= PARALLEL) & (layers[street] == layers[line[sample]])
    distance = shapely.distance(metric[street], points[sample])
    return pd.DataFrame({"line": line[sample], "sample": sample, "street": street, "distance": distance})[fits]


def _direction(lines: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Unit vectors along lines at a distance from their start; zero where a line is a point."""
    length = shapely.length(lines)
    before = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(at - _STEP, 0)))
    after = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.minimum(at + _STEP, length)))
    step = after - before
    size = np.hypot(step[:, 0], step[:, 1])
    return step / np.where(size == 0, 1.0, size)[:, None]


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
