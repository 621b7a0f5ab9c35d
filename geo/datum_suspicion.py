"""
Whether points that pass for WGS 84 look shifted as maps of China are: by streets, by neighborhoods, by names.

Nothing is moved here: what is found is a question to the planner, with its evidence. Points are tried as they stand,
with GCJ-02 undone, with BD-09 undone, and under shifts of like length in directions that mean nothing. Only where
undoing a datum fits far better than every one of those is the datum suspected: on a file whose points tell nothing,
or on streets that repeat like wallpaper, undoing fits no better than chance, and nothing is said.

A few kilometres are flat enough for this: metres are degrees times their length at the middle of the points.
"""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo.china_datum import DATUMS, from_wgs84, is_shifted, to_wgs84
from geo.locate import locate
from geo.schema import GEOGRAPHIC_CRS

SAMPLE = 2000  # distinct points that are tried
FEWEST = 30  # distinct points; below it chance says anything
CONTROLS = 60  # shifts that mean nothing
QUICK = 12  # of them are tried first: what fits no better than these is left at once
FAR = 60.0  # metres; beyond it a street is no nearer or farther
STREET_STEP = 12.0  # metres between the points that stand for a street
SHORTEST, LONGEST = 200.0, 1700.0  # metres that the controls are shifted; the datums shift 20 to 700, 690 to 1,520
APART = 100.0  # metres: a control nearer to a datum's own shift than this is none
STRONG, CLEAR = 5.0, 4.0  # standard deviations below the controls: of a part of the rows, of all
LATTICE = 2.0  # the same where streets repeat, for fits that no control comes near
MIN_LATTICE_POINTS = 200
ALONE = 1.5  # a part of the rows must fit so many times as far below the usual as the best control does
KIN = (-1.0, -0.5, 0.4, 0.6, 1.4, 1.7)  # lengths, in a datum's own direction, of shifts that mean nothing
PART = 0.85  # of the rows; above it a file is taken for shifted as a whole
_METRES = 111_320.0


@dataclass(frozen=True)
class Suspicion:
    """
    What speaks for a datum; figures are None where there was nothing to compare with.

    `kind` is `streets`, `polygons` or `names`; `part` the share of points that seem shifted (1 for the whole file).
    `metres` are median distances to the nearest street as given, with GCJ-02 and with BD-09 undone; `inside` the shares
    within the neighborhoods, and `named` the shares in the neighborhood that their row names, as given and undone.
    """

    datum: str
    kind: str
    points: int
    part: float
    metres: tuple[float, float, float] | None = None
    inside: tuple[float, float] | None = None
    named: tuple[float, float] | None = None


def suspect_datum(
    lon: np.ndarray,
    lat: np.ndarray,
    *,
    neighborhoods: gpd.GeoDataFrame | None = None,
    streets: Callable[[], gpd.GeoDataFrame | None] | None = None,
    named: np.ndarray | None = None,
) -> Suspicion | None:
    """
    Say whether points seem to be in GCJ-02 or BD-09.

    Parameters
    ----------
    lon, lat : arrays of n floats
        Degrees, taken for WGS 84; NaN without a point.
    neighborhoods : GeoDataFrame, optional
        Canonical polygons, in any CRS.
    streets : callable, optional
        Gives the workspace's streets in EPSG:4326, or None; called only for points in China.
    named : array of n ints, optional
        The place, among the leaves, of the neighborhood that each row names; -1 for none.

    Returns
    -------
    Suspicion or None
        None elsewhere than in China, for fewer than `FEWEST` points, and where nothing speaks for a datum.
    """
    rows = _sample(lon, lat)
    if len(rows) < FEWEST or is_shifted(lon[rows], lat[rows]).mean() < 0.5:
        return None
    trial = _Trial(lon[rows], lat[rows])
    frame = streets() if streets is not None else None
    near = _Streets(trial, frame) if frame is not None and len(frame) else None
    found = _by_streets(trial, near) if near is not None else None
    units = _Units(trial, neighborhoods) if neighborhoods is not None and len(neighborhoods) else None
    if found is None and units is not None and named is not None:
        found = _by_names(trial, units, named[rows])
    if found is None and units is not None:
        found = _by_polygons(trial, units)
    if found is None:
        return None
    datum, kind, part = found
    undone = trial.undone[datum]
    agree = None
    if units is not None and named is not None:
        agree = units.agreement(trial.given, named[rows]), units.agreement(undone, named[rows])
    return Suspicion(
        datum,
        kind,
        len(rows),
        part,
        None if near is None else near.medians(),
        None if units is None else (1 - units.outside(trial.given), 1 - units.outside(undone)),
        None if agree is None or agree[0] is None or agree[1] is None else (agree[0], agree[1]),
    )


def fits_better_before(lon: np.ndarray, lat: np.ndarray, datum: str, streets: gpd.GeoDataFrame | None) -> bool:
    """Whether points whose declared datum was undone lay on streets before that: it was declared wrongly, it seems."""
    rows = _sample(lon, lat)
    if streets is None or not len(streets) or len(rows) < FEWEST:
        return False
    trial = _Trial(lon[rows], lat[rows], {"": from_wgs84(lon[rows], lat[rows], datum)})
    found = _by_streets(trial, _Streets(trial, streets))
    return found is not None and found[2] == 1.0


def suspect_borders(
    neighborhoods: gpd.GeoDataFrame, streets: gpd.GeoDataFrame
) -> tuple[str, str, int, float, float] | None:
    """
    Say whether neighborhoods and streets seem to be in different datums, where borders run along streets.

    Parameters
    ----------
    neighborhoods, streets : GeoDataFrames
        In EPSG:4326.

    Returns
    -------
    tuple or None
        Which of both seems shifted (`neighborhoods` or `streets`), its datum, how many places along borders were tried,
        and their median distances to a street in metres as given and once that is undone.
    """
    borders = shapely.line_merge(shapely.unary_union(shapely.boundary(neighborhoods.geometry.to_numpy())))
    step = max(float(shapely.length(borders)) / (3 * SAMPLE), 1e-5)
    along = shapely.get_coordinates(shapely.segmentize(borders, step))
    rows = _sample(along[:, 0], along[:, 1])
    lon, lat = along[rows, 0], along[rows, 1]
    if len(rows) < FEWEST or is_shifted(lon, lat).mean() < 0.5:
        return None
    undone = {f"neighborhoods {datum}": to_wgs84(lon, lat, datum) for datum in DATUMS}
    undone |= {f"streets {datum}": from_wgs84(lon, lat, datum) for datum in DATUMS}
    trial = _Trial(lon, lat, undone)
    lines = _Streets(trial, streets)
    found = _by_streets(trial, lines)
    if found is None or found[2] < 1:
        return None
    which, datum = found[0].split(" ")
    given, mended = lines.median(trial.given), lines.median(trial.undone[found[0]])
    return which, datum, len(rows), given, mended


def _sample(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Rows of distinct points, spread over the file; always the same ones."""
    here = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    here = here[:: max(len(here) // (3 * SAMPLE), 1)]
    _, first = np.unique(lon[here] + 1j * lat[here], return_index=True)
    rows = here[np.sort(first)]
    # By the golden ratio rather than every so many: files go round through days and districts.
    order = np.argsort((np.arange(len(rows)) * 0.6180339887498949) % 1.0, kind="stable")
    return np.sort(rows[order[:SAMPLE]])


Place = tuple[np.ndarray, np.ndarray]


class _Trial:
    """The points in metres as given, under each datum undone, and under shifts that mean nothing."""

    def __init__(self, lon: np.ndarray, lat: np.ndarray, undone: dict[str, Place] | None = None) -> None:
        self.middle = float(np.median(lon)), float(np.median(lat))
        self.scale = _METRES * float(np.cos(np.radians(self.middle[1]))), _METRES
        self.given = self.metres(lon, lat)
        undone = undone or {datum: to_wgs84(lon, lat, datum) for datum in DATUMS}
        self.undone = {datum: self.metres(*place) for datum, place in undone.items()}
        number = np.arange(4 * CONTROLS)
        length = SHORTEST + (LONGEST - SHORTEST) * (number * 0.41421356237309515 % 1.0)
        turn = number * 2.399963229728653
        shifts = np.column_stack([length * np.cos(turn), length * np.sin(turn)])
        own = np.array([np.median(place - self.given, axis=0) for place in self.undone.values()])
        # Along a long straight street half of the points stay on it however far they are shifted that way: shifts in a
        # datum's own direction, but of other lengths, must fit worse too.
        kin = (own[:, None] * np.array(KIN)[None, :, None]).reshape(-1, 2)
        kin = kin[(np.hypot(*kin.T) > APART) & (_nearest(kin, own) > APART)]
        self.controls = np.concatenate([kin, shifts[_nearest(shifts, own) > APART][:CONTROLS]])

    def length(self, datum: str) -> float:
        """How far undoing a datum moves the points, in metres."""
        return float(np.hypot(*np.median(self.undone[datum] - self.given, axis=0)))

    def metres(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Metres east and north of the middle, (n, 2)."""
        return np.column_stack([(lon - self.middle[0]) * self.scale[0], (lat - self.middle[1]) * self.scale[1]])

    def degrees(self, place: np.ndarray) -> Place:
        """The degrees of metres."""
        return place[:, 0] / self.scale[0] + self.middle[0], place[:, 1] / self.scale[1] + self.middle[1]

    def judge(self, misfit: Callable[[np.ndarray], float]) -> tuple[str, float, float, np.ndarray] | None:
        """The datum that fits best, its misfit, that of the points as given, those of the controls."""
        fits = {datum: misfit(place) for datum, place in self.undone.items()}
        best = min(fits, key=lambda datum: fits[datum])
        controls = [misfit(self.given + shift) for shift in self.controls[:QUICK]]
        if fits[best] >= min(controls):
            return None
        controls += [misfit(self.given + shift) for shift in self.controls[QUICK:]]
        return best, fits[best], misfit(self.given), np.array(controls)


def _nearest(shifts: np.ndarray, own: np.ndarray) -> np.ndarray:
    """How far each shift is from the datums' own."""
    return np.asarray(np.hypot(*(shifts[:, None] - own[None]).transpose(2, 0, 1)).min(axis=1))


class _Streets:
    """The streets around the points, as points in a tree."""

    def __init__(self, trial: _Trial, streets: gpd.GeoDataFrame) -> None:
        self.trial = trial
        lines = np.asarray(streets.geometry.to_numpy())
        if streets.crs is not None and streets.crs != GEOGRAPHIC_CRS:
            lines = np.asarray(streets.to_crs(GEOGRAPHIC_CRS).geometry.to_numpy())
        parts, _ = shapely.get_parts(lines, return_index=True)
        vertices, line = shapely.get_coordinates(parts, return_index=True)
        at = trial.metres(vertices[:, 0], vertices[:, 1])
        low, high = trial.given.min(axis=0) - LONGEST, trial.given.max(axis=0) + LONGEST
        one, two = at[:-1], at[1:]
        box = (np.maximum(one, two) >= low).all(axis=1) & (np.minimum(one, two) <= high).all(axis=1)
        keep = (line[:-1] == line[1:]) & box
        self.tree = cKDTree(_along(one[keep], two[keep])) if keep.any() else None

    def misfit(self, place: np.ndarray) -> float:
        """The mean distance to the nearest street, at most `FAR`."""
        return float(np.minimum(self._distances(place, FAR), FAR).mean())

    def medians(self) -> tuple[float, float, float]:
        """Median distances as given, with GCJ-02 and with BD-09 undone; metres, to `STREET_STEP` / 2."""
        gcj, bd = (self.median(self.trial.undone[datum]) for datum in DATUMS)
        return self.median(self.trial.given), gcj, bd

    def median(self, place: np.ndarray) -> float:
        """The median distance to the nearest street, in metres."""
        return float(np.median(self._distances(place, np.inf)))

    def _distances(self, place: np.ndarray, most: float) -> np.ndarray:
        if self.tree is None:
            return np.full(len(place), most)
        return np.asarray(self.tree.query(place, distance_upper_bound=most)[0])


def _along(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Points every `STREET_STEP` metres along pieces, their ends among them."""
    steps = np.maximum(np.ceil(np.hypot(*(two - one).T) / STREET_STEP).astype(np.int64), 1)
    piece = np.repeat(np.arange(len(one)), steps + 1)
    number = np.arange(len(piece)) - np.repeat(np.cumsum(steps + 1) - (steps + 1), steps + 1)
    return np.asarray(one[piece] + (number / steps[piece])[:, None] * (two - one)[piece])


def _by_streets(trial: _Trial, streets: _Streets) -> tuple[str, str, float] | None:
    judged = trial.judge(streets.misfit)
    if judged is None:
        return None
    datum, fit, given, controls = judged
    usual, spread, least = float(np.median(controls)), float(controls.std()), float(controls.min())
    stands_out, given_stands_out = usual - fit, usual - given
    if stands_out <= 0 or fit >= least:
        return None
    part = stands_out / (stands_out + max(given_stands_out, 0.0))
    if part < PART and given_stands_out >= STRONG * spread:
        # What is moved by a few tens of metres fits half as well by being nearly where it was.
        alone = (
            trial.length(datum) > APART
            and stands_out >= STRONG * spread
            and stands_out >= ALONE * (usual - least)
            and given < least
        )
        return (datum, "streets", part) if alone else None
    clear = stands_out >= CLEAR * spread
    clear |= stands_out >= LATTICE * spread and fit <= 0.85 * least and len(trial.given) >= MIN_LATTICE_POINTS
    return (datum, "streets", 1.0) if clear and fit <= 0.75 * given else None


class _Units:
    """The neighborhoods under the points."""

    def __init__(self, trial: _Trial, neighborhoods: gpd.GeoDataFrame) -> None:
        self.trial, self.neighborhoods = trial, neighborhoods

    def _codes(self, place: np.ndarray) -> np.ndarray:
        return locate(*self.trial.degrees(place), self.neighborhoods).codes

    def outside(self, place: np.ndarray) -> float:
        """The share of points outside every neighborhood."""
        return float((self._codes(place) < 0).mean())

    def agreement(self, place: np.ndarray, named: np.ndarray) -> float | None:
        """The share of points in the neighborhood that their row names; None where hardly any row names one."""
        rows = named >= 0
        return float((self._codes(place)[rows] == named[rows]).mean()) if rows.sum() >= FEWEST else None


def _by_names(trial: _Trial, units: _Units, named: np.ndarray) -> tuple[str, str, float] | None:
    """Rows that name a neighborhood which only holds their point once a datum is undone."""
    rows = named >= 0
    if rows.sum() < FEWEST:
        return None
    wrong = units._codes(trial.given) != named
    if (wrong & rows).sum() < 10:
        return None

    def misfit(place: np.ndarray) -> float:
        return float((units._codes(place) != named)[rows & wrong].mean())

    judged = trial.judge(misfit)
    if judged is None:
        return None
    datum, fit, _, controls = judged
    mended = round((1 - fit) * int((wrong & rows).sum()))
    # Most of the wrong rows come right together, and under no other shift as many. Rows that miss their neighborhood by
    # metres, to all sides, come right by halves whichever way they are shifted.
    if fit > 0.4 or mended < 10 or fit >= float(controls.min()):
        return None
    # Of rows that undoing would bring into another neighborhood than their own, those that are shifted.
    moved = rows & (units._codes(trial.undone[datum]) != units._codes(trial.given))
    part = mended / max(int(moved.sum()), 1)
    return datum, "names", 1.0 if part >= PART else part


def _by_polygons(trial: _Trial, units: _Units) -> tuple[str, str, float] | None:
    """Points that fill the neighborhoods to their borders only once a datum is undone."""
    given = units.outside(trial.given)
    n = len(trial.given)
    if given < 0.01 or given * n < 10:
        return None
    judged = trial.judge(units.outside)
    if judged is None:
        return None
    datum, fit, _, controls = judged
    return (datum, "polygons", 1.0) if fit <= 0.2 * given and fit < float(np.quantile(controls, 0.02)) else None
