"""
Which street a footway runs along: sidewalks drawn beside their street are gathered with it, and called by its name.

A street with a sidewalk on either side is three lines in many files. All three are walked; who counts by metre or draws
a map takes the street once (`once`).
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.road_rules import WALKERS_OWN, never_walked, road_classes

BESIDE = 20.0  # metres between a sidewalk and the middle of its street
PARALLEL = 0.35  # sine of the largest angle between the two, about 20 degrees
SAMPLES = (0.2, 0.5, 0.8)  # places along the footway that are looked at
AGREEING = 2  # of which so many must lie beside the same street
_STEP = 2.0  # metres over which a direction is taken
_NO_SIDEWALK = ("steps", "pedestrian")  # stairs and squares are ways of their own, whatever they run along
_CROSSINGS = ("crossing", "traffic_island")


def once(streets: gpd.GeoDataFrame) -> np.ndarray:
    """
    Whether each piece counts where a street's length counts once.

    Parameters
    ----------
    streets : GeoDataFrame
        Columns `geo.schema.STREET_COLUMNS`.

    Returns
    -------
    array of bools
        True for what is walked and is no sidewalk of another piece, and for a street that is walked on its sidewalks
        alone.
    """
    beside = streets["beside"].to_numpy(dtype=object)
    walked = streets["walkable"].to_numpy(dtype=bool)
    on_sidewalks = streets["street_id"].isin(set(beside[walked]) - {""}).to_numpy(dtype=bool)
    return (walked | on_sidewalks) & (beside == "")


def streets_beside(metric: np.ndarray, names: np.ndarray, tags: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """
    For each line the street whose name it borrows, and the street that it is a sidewalk of.

    Parameters
    ----------
    metric : array of LineStrings
        In a metric CRS.
    names : array of objects
        Each line's own name, "" for none.
    tags : DataFrame
        Columns `highway`, `footway`, `layer`, `source_id`, row by row as `metric`. Only footways, paths, steps and the
        like borrow or are gathered; the street is another road of the same layer.

    Returns
    -------
    source, street : arrays of ints
        Indices of lines; -1 where a line has a name or runs along none. A line with a name of its own is gathered with
        a street of that name alone, unless it says that it is a sidewalk; nobody is gathered with a motorway.
    """
    source = np.full(len(metric), -1, dtype=np.int64)
    street = source.copy()
    own = tags["highway"].isin(WALKERS_OWN).to_numpy()
    candidates = np.flatnonzero(own & ~tags["footway"].isin(_CROSSINGS).to_numpy())
    # A footway beside a nameless drive or parking aisle is no part of it.
    roads = np.flatnonzero(~own & ((names != "") | (road_classes(tags["highway"]) != "lane")))
    if len(roads) == 0 or len(candidates) == 0:
        return source, street
    layers = pd.factorize(tags["layer"].replace({"": "0"}))[0]
    votes = _beside(metric, roads, candidates, layers)
    # A street lies beside with several of its pieces: a nameless one is known by the line it was cut from.
    keys = np.where(names != "", names, "\0" + tags["source_id"].to_numpy(dtype=object))
    votes["key"] = pd.factorize(keys[votes["street"]])[0]
    line, road = votes["line"].to_numpy(), votes["street"].to_numpy()
    nameless = names[line] == ""
    best = _agreed(votes[nameless & (names[road] != "")])
    source[best["line"]] = best["street"]
    kind = tags["highway"].to_numpy(dtype=object)
    is_sidewalk = (tags["footway"] == "sidewalk").to_numpy()
    may = (~np.isin(kind, _NO_SIDEWALK) | is_sidewalk)[line] & ~never_walked(tags["highway"])[road]
    best = _agreed(votes[may & (nameless | (names[line] == names[road]) | is_sidewalk[line])], names)
    street[best["line"]] = best["street"]
    return source, street


def _agreed(votes: pd.DataFrame, names: np.ndarray | None = None) -> pd.DataFrame:
    """
    Of each line the street beside which most of its samples lie, then the nearest; none where too few agree.

    With `names`, streets with names come before those without.
    """
    # A sample votes once a street, for the nearest piece.
    votes = votes.sort_values(["line", "sample", "distance", "street"]).drop_duplicates(["line", "sample", "key"])
    # The piece beside the middle stands for the street.
    votes = votes.assign(off=(votes["sample"] % len(SAMPLES) - len(SAMPLES) // 2).abs()).sort_values(
        ["line", "key", "off", "sample"], kind="stable"
    )
    count = votes.groupby(["line", "key"]).agg(
        n=("sample", "size"), distance=("distance", "mean"), street=("street", "first")
    )
    count = count[count["n"] >= AGREEING].reset_index()
    count["plain"] = False if names is None else names[count["street"]] == ""
    count = count.sort_values(["line", "plain", "n", "distance"], ascending=[True, True, False, True])
    return count.drop_duplicates("line")


def _beside(metric: np.ndarray, streets: np.ndarray, footways: np.ndarray, layers: np.ndarray) -> pd.DataFrame:
    """Every sampled place of a footway with every street that lies beside it there and runs its way."""
    line = np.repeat(footways, len(SAMPLES))
    share = np.tile(SAMPLES, len(footways))
    flat = _Flat(metric)
    at: np.ndarray = share * flat.length[line]
    points = np.asarray(shapely.points(flat.place(line, at)))
    sample, found = shapely.STRtree(metric[streets]).query(points, predicate="dwithin", distance=BESIDE)
    street = streets[found]
    along = np.asarray(shapely.line_locate_point(metric[street], points[sample]))
    sine = _cross(flat.direction(line, at)[sample], flat.direction(street, along))
    fits = (np.abs(sine) <= PARALLEL) & (layers[street] == layers[line[sample]])
    sample, street = sample[fits], street[fits]
    distance = shapely.distance(metric[street], points[sample])
    return pd.DataFrame({"line": line[sample], "sample": sample, "street": street, "distance": distance})


class _Flat:
    """Many lines as one row of vertices, with the metres to each from the first of all: places found all at once."""

    def __init__(self, lines: np.ndarray) -> None:
        self.xy, line = shapely.get_coordinates(lines, return_index=True)
        step = np.hypot(*np.diff(self.xy, axis=0).T)
        step[line[1:] != line[:-1]] = 0
        self.metres = np.append(0, np.cumsum(step))
        ends = np.append(0, np.cumsum(np.bincount(line, minlength=len(lines))))
        self.first, self.last = ends[:-1], ends[1:] - 1
        self.length = self.metres[self.last] - self.metres[self.first]

    def place(self, line: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Where lines are at metres from their start, (n, 2); at an end where that is beyond it."""
        first, last = self.first[line], self.last[line]
        metres = self.metres[first] + np.clip(at, 0, self.length[line])
        after = np.clip(np.searchsorted(self.metres, metres, side="right"), first + 1, last)
        step = self.metres[after] - self.metres[after - 1]
        share = (metres - self.metres[after - 1]) / np.where(step == 0, 1.0, step)
        return self.xy[after - 1] + np.clip(share, 0, 1)[:, None] * (self.xy[after] - self.xy[after - 1])

    def direction(self, line: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Unit vectors along lines at metres from their start; zero where a line is a point."""
        step = self.place(line, at + _STEP) - self.place(line, at - _STEP)
        size = np.hypot(step[:, 0], step[:, 1])
        return step / np.where(size == 0, 1.0, size)[:, None]


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
