"""
Rows whose numbers do not mean what the rest's do: axes, signs, decimal points, and other systems mixed in.

A row is looked at only if it lies nowhere near the ground as it stands, and is mended only where chance cannot put it
there: one row where a random pair of numbers would hit the ground less than once in some ten thousand, several that
agree on one system where many systems were tried. `geo.clean_points` calls it; `geo.far_points` says what stays away.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from geo.crs import MIN_SHARE, SAMPLE, Fit, distinct_points, metres_apart, project, try_systems
from geo.ground_box import Ground, parts_of, sample_near
from geo.mirrored_axes import on_known_places, swapped_within
from geo.report import Notes
from geo.schema import GEOGRAPHIC_CRS

AGREE = 3  # rows, each in another part of the ground, that must agree on one system
AGREE_SHARE = 0.02  # of the rows in question that a system must explain
ROUNDS = 4  # systems looked for, one after the other
CHANCE = 1e-4  # that a random pair of integers is the ground's with a decimal point set; above it several must agree
FAR_DEGREES = 1.0  # beyond which, and twice the ground's size, a mirrored point is not a neighbor's
METRES = 360.0  # numbers beyond it are no degrees
ELSEWHERE = 10.0  # degrees; so far away lies no town of the region, and no grid reaches
_SIGNS = (("sign_lon", -1, 1), ("sign_lat", 1, -1), ("sign_both", -1, -1))


@dataclass(eq=False)
class _Strays:
    """The rows in question: raw numbers, where mends put them, which are still open."""

    rows: np.ndarray
    x: np.ndarray
    y: np.ndarray
    n: int
    notes: Notes
    mended: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lon, self.lat = np.full(len(self.rows), np.nan), np.full(len(self.rows), np.nan)
        self.open = np.ones(len(self.rows), bool)

    def take(self, found: np.ndarray, lon: np.ndarray, lat: np.ndarray, words: tuple[str, ...]) -> np.ndarray:
        """Place the rows found; their mask over the file."""
        self.lon[found], self.lat[found] = lon[found], lat[found]
        self.open &= ~found
        mask = np.zeros(self.n, bool)
        mask[self.rows[found]] = True
        for word in words:
            self.mended[word] = self.mended.get(word, np.zeros(self.n, bool)) | mask
        return mask


def mend_rows(
    x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, rows: np.ndarray, crs: str, ground: Ground,
    notes: Notes, *, projected: bool,
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    """
    Mend the rows that lie nowhere near the ground.

    Parameters
    ----------
    x, y : arrays of n floats
        The numbers of the file; NaN without a point.
    lon, lat : arrays of n floats
        Degrees, as the system of the rest reads them.
    rows : array of ints
        Those that have numbers and lie nowhere near the ground.
    crs : str
        The system of the rest; `projected` says whether it is in metres or feet.
    ground : Ground
        Where points belong.
    notes : Notes
        Gets a finding for each kind of mend.

    Returns
    -------
    lon, lat : arrays of n floats
        New ones where a row was mended, else those given.
    mended : dict of masks
        By the word of the repair.

    Notes
    -----
    A row that several readings would bring home is mended by the first: swapped axes, then the sign, then the decimal
    point; or degrees; then the systems of the region by how many rows agree. Of systems that explain as many rows, the
    one wins whose rows lie nearest to the rest's: events happen again where others did.
    """
    mended: dict[str, np.ndarray] = {}
    new_lon, new_lat = lon, lat
    if len(rows):
        strays = _Strays(rows, x[rows], y[rows], len(x), notes)
        if not projected:
            _swapped(strays, (lon, lat), ground)
        if not ground.few:
            if projected:
                _exchanged(strays, (lon, lat), crs, ground)
                _degrees_among_metres(strays, ground)
            else:
                _signs(strays, ground)
                _decimals(strays, ground)
            _other_systems(strays, (lon, lat), crs, ground)
        if not strays.open.all():
            done = rows[~strays.open]
            new_lon, new_lat = lon.copy(), lat.copy()
            new_lon[done], new_lat[done] = strays.lon[~strays.open], strays.lat[~strays.open]
        mended = strays.mended
    if not ground.rest:
        main = crs if projected else None
        new_lon, new_lat = swapped_within(x, y, new_lon, new_lat, main, ground, notes, mended)
    return new_lon, new_lat, mended


def in_no_system(
    x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, ground: Ground, *, projected: bool
) -> np.ndarray:
    """Of rows away from the ground, those that are in neither the rest's system nor one that was found."""
    if not projected:
        return np.asarray((np.abs(x) > METRES) & (np.abs(y) > METRES))
    west, south, east, north = ground.box
    away = (lon < west - ELSEWHERE) | (lon > east + ELSEWHERE) | (lat < south - ELSEWHERE) | (lat > north + ELSEWHERE)
    return np.asarray(away | np.isnan(lon) | (np.maximum(np.abs(x), np.abs(y)) <= 180))


# --- one row alone ------------------------------------------------------------------------------------------------


def _swapped(strays: _Strays, rest: tuple[np.ndarray, np.ndarray], ground: Ground) -> None:
    """Degrees the wrong way round."""
    if not ground.swaps:
        return
    lon, lat = strays.y, strays.x
    found = strays.open & ground.near(lon, lat)
    found &= ~_towns_mirrored(found, lon, lat, strays, rest, ground)
    strays.notes.add("point.axes_swapped", strays.take(found, lon, lat, ("axes_swapped",)))


def _exchanged(strays: _Strays, rest: tuple[np.ndarray, np.ndarray], crs: str, ground: Ground) -> None:
    """Rows that give northing before easting, in the system of the rest."""
    lon, lat = project(strays.y, strays.x, crs, GEOGRAPHIC_CRS)
    possible = strays.open & (np.maximum(np.abs(strays.x), np.abs(strays.y)) > METRES)
    found = _home(possible, lon, lat, ground)
    found &= ~_towns_mirrored(found, lon, lat, strays, rest, ground)
    strays.notes.add("point.axes_exchanged", strays.take(found, lon, lat, ("axes_swapped",)), crs=crs)


def _towns_mirrored(
    found: np.ndarray, lon: np.ndarray, lat: np.ndarray, strays: _Strays, rest: tuple[np.ndarray, np.ndarray],
    ground: Ground,
) -> np.ndarray:  # fmt: skip
    """
    Of the rows whose mirrored place is home, those that may be of a town of the region where they stand.

    Where that is not far (Alexandria is the mirror image of Cairo), most of the rows that lie about as far must come
    home, in several parts, and on places of other rows.
    """
    gap = ground.gap(rest[0][strays.rows], rest[1][strays.rows])
    region = strays.open & (gap <= ELSEWHERE)
    close = found & region
    if not close.any():
        return close
    known = sample_near(*rest, ground)
    mirrored = close & ground.within(lon, lat)
    sure = mirrored.sum() > 0.8 * region.sum() and parts_of(lon[mirrored], lat[mirrored], ground) >= AGREE
    if sure and (len(known) < AGREE or on_known_places(lon[mirrored], lat[mirrored], known)):
        return np.zeros(len(found), bool)
    return close


def _home(possible: np.ndarray, lon: np.ndarray, lat: np.ndarray, ground: Ground) -> np.ndarray:
    """Rows that a reading puts into the area; once several agree on it, also those that it puts beside the area."""
    found = possible & ground.within(lon, lat)
    if found.any() and parts_of(lon[found], lat[found], ground) >= AGREE:
        return possible & ground.near(lon, lat)
    return found


def _degrees_among_metres(strays: _Strays, ground: Ground) -> None:
    for one, other, words in (
        (strays.x, strays.y, ("other_system",)),
        (strays.y, strays.x, ("other_system", "axes_swapped")),
    ):
        found = strays.open & ground.near(one, other)
        strays.notes.add("point.other_degrees", strays.take(found, one, other, words))


def _signs(strays: _Strays, ground: Ground) -> None:
    """
    Points that lie in the area once a sign is changed, and nowhere near it as they stand.

    Near zero the mirrored place is not far: there a town of the region may lie, so most of the rows that lie about as
    far must come home, in several parts.
    """
    least = max(FAR_DEGREES, 2 * ground.size)
    for turned in (False, True) if ground.swaps else (False,):
        one, other = (strays.y, strays.x) if turned else (strays.x, strays.y)
        gap = ground.gap(one, other)
        possible = (np.abs(one) <= 180) & (np.abs(other) <= 90) & (gap > least)
        for code, lon_sign, lat_sign in _SIGNS:
            lon, lat = lon_sign * one, lat_sign * other
            found = _home(possible & strays.open & (gap > ELSEWHERE), lon, lat, ground)
            region = possible & strays.open & (gap <= ELSEWHERE)
            mirrored = region & ground.within(lon, lat)
            if mirrored.sum() > 0.8 * region.sum() and parts_of(lon[mirrored], lat[mirrored], ground) >= AGREE:
                found |= mirrored
            words = ("sign_restored", "axes_swapped") if turned else ("sign_restored",)
            strays.notes.add(f"point.{code}", strays.take(found, lon, lat, words))


def _decimals(strays: _Strays, ground: Ground) -> None:
    """Whole numbers that lie in the area once their decimal point is set, for which there is one place only."""
    lon, lat, chance = _pointed(strays.x, strays.y, ground)
    found = _home(strays.open, lon, lat, ground)
    if not found.any() or (chance > CHANCE and parts_of(lon[found], lat[found], ground) < AGREE):
        return
    strays.notes.add("point.decimal_lost", strays.take(found, lon, lat, ("decimals_restored",)))


def are_whole_degrees(x: np.ndarray, y: np.ndarray, ground: Ground) -> bool:
    """Whether most of the distinct pairs are degrees of the area whose decimal point was lost."""
    points = distinct_points(x, y)
    points = points[:: max(len(points) // SAMPLE, 1)]
    if not len(points):
        return False
    lon, lat, chance = _pointed(points[:, 0], points[:, 1], ground)
    found = ground.within(lon, lat)
    several = chance <= CHANCE or parts_of(lon[found], lat[found], ground) >= AGREE
    return bool(several and found.mean() > 0.5)


def _pointed(x: np.ndarray, y: np.ndarray, ground: Ground) -> tuple[np.ndarray, np.ndarray, float]:
    """Degrees with the decimal point set where it can stand in one place only, and the chance of a random pair."""
    west, south, east, north = ground.box
    chance, placed, moved = 1.0, [], np.zeros(len(x), bool)
    for values, low, high in ((x, west, east), (y, south, north)):
        if low <= 0 <= high:
            return np.full(len(x), np.nan), np.full(len(x), np.nan), 1.0
        chance *= abs(np.log10(high / low))
        degrees = np.where((values >= low) & (values <= high), values, np.nan)
        times = np.isfinite(degrees).astype(int)
        whole = (np.abs(values) > 180) & (values == np.round(values))
        for power in range(1, 14):
            small = values / 10.0**power
            hit = whole & (small >= low) & (small <= high)
            degrees = np.where(hit, small, degrees)
            times += hit
            moved |= hit
        placed.append(np.where(times == 1, degrees, np.nan))
    lon, lat = (np.where(moved, values, np.nan) for values in placed)
    return lon, lat, chance


# --- rows that agree ----------------------------------------------------------------------------------------------


def _other_systems(strays: _Strays, rest: tuple[np.ndarray, np.ndarray], crs: str, ground: Ground) -> None:
    """Look for the system in which most of the open rows lie in the area, take it, and look again."""
    trusted: np.ndarray | None = None
    for _ in range(ROUNDS):
        asked = strays.open & (np.maximum(np.abs(strays.x), np.abs(strays.y)) > METRES)
        points = distinct_points(strays.x[asked], strays.y[asked])
        if len(points) < AGREE:
            return
        sample = points[:: max(len(points) // SAMPLE, 1)][:SAMPLE]
        if trusted is None:
            trusted = sample_near(*rest, ground)
        fits = [(fit, False) for fit in try_systems(sample, ground.area, prefer=[crs]) if fit.crs != crs]
        fits += [(fit, True) for fit in try_systems(sample[:, ::-1], ground.area, prefer=[crs])]
        found = _agreed(fits, sample, trusted, ground)
        if found is None:
            return
        (fit, turned), tied, following = found
        one, other = (strays.y, strays.x) if turned else (strays.x, strays.y)
        lon, lat = project(one, other, fit.crs, GEOGRAPHIC_CRS)
        taken = asked & ground.near(lon, lat)
        # Rows of a whole country lie everywhere: some are home in any system of a neighboring zone.
        region = asked & (ground.gap(rest[0][strays.rows], rest[1][strays.rows]) <= ELSEWHERE)
        if (taken & region).sum() < MIN_SHARE * region.sum():
            taken &= ~region
        if not taken.any():
            return
        words = ("other_system", "axes_swapped") if turned else ("other_system",)
        facts: dict[str, Any] = {
            "crs": fit.crs, "name": fit.name, "share": fit.inside / len(sample),
            "spread": round(max(metres_apart(fit.places, like.places) for like in tied)),
        }  # fmt: skip
        placed = strays.take(taken, lon, lat, words)
        if following is not None and following.inside:
            facts |= {"next": following.crs, "next_share": following.inside / len(sample)}
            strays.notes.add("point.other_system", placed, **facts)
        else:
            strays.notes.add("point.other_system_alone", placed, **facts)


def _agreed(
    fits: list[tuple[Fit, bool]], sample: np.ndarray, trusted: np.ndarray, ground: Ground
) -> tuple[tuple[Fit, bool], list[Fit], Fit | None] | None:
    """The system on which enough rows agree, those that fit alike, and the best of the others."""
    best = max((fit.inside for fit, _ in fits), default=0)
    if best < max(AGREE, AGREE_SHARE * len(sample)):
        return None
    alike = [(fit, turned) for fit, turned in fits if fit.inside >= 0.98 * best]
    straight = [row for row in alike if not row[1]] or alike
    away = {fit.crs: _metres_to_rest(fit, trusted, ground) for fit, _ in straight}
    nearest = min(away.values())
    # Those that lie as near to the rest as the nearest, to the next house.
    near = [row for row in straight if away[row[0].crs] <= max(2 * nearest, nearest + 10)]
    fit, turned = min(near, key=lambda row: (row[0].rank, row[0].crs))
    inside = ground.within(fit.places[:, 0], fit.places[:, 1])
    if parts_of(fit.places[inside, 0], fit.places[inside, 1], ground) < AGREE:
        return None
    if len(trusted) >= 20 and away[fit.crs] > 0.25 * 111_000 * ground.size:
        return None
    others = [other for other, _ in fits if other.inside < 0.98 * best or other.crs not in {f.crs for f, _ in near}]
    following = max(others, key=lambda other: (other.inside, other.crs), default=None)
    return (fit, turned), [other for other, _ in near], following


def _metres_to_rest(fit: Fit, trusted: np.ndarray, ground: Ground) -> float:
    """The median way from where a system puts rows inside to the nearest point of the rest, metres on the flat."""
    inside = ground.within(fit.places[:, 0], fit.places[:, 1])
    if len(trusted) < 20 or not inside.any():
        return 0.0
    scale = np.array([111_320 * np.cos(np.radians(trusted[:, 1].mean())), 110_574])
    metres, _ = cKDTree(trusted * scale).query(fit.places[inside] * scale)
    return float(np.median(metres))
