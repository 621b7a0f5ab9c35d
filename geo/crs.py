"""In which reference system coordinates are: declared, read, or found by trying which puts points into polygons."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyproj.aoi import AreaOfInterest, AreaOfUse
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from geo.errors import InputError
from geo.schema import GEOGRAPHIC_CRS

SAMPLE = 400  # distinct points that candidates are tried on
MIN_SHARE = 0.5  # of them inside the area, for a system to be taken
MANY = 20_000  # points on which those are told apart that fit the sample alike
PROBES = 25  # points that say whether a system puts anything near the area at all
NEXT_DOOR = 20.0  # metres; systems that differ by less need not be told apart
ZONE = 6.0  # degrees of longitude; how far a zone next door may begin: those of UTM are as wide
WORLDWIDE = 200.0  # degrees of longitude
_CURRENT = ("NAD83 /", "ETRS89 /", "CGCS2000 /", "TWD97 /", "GDA", "JGD2011 /", "SIRGAS 2000 /", "RGF93", "OSGB")


@dataclass(frozen=True)
class CrsGuess:
    """
    The system found, the share of sample points it puts inside the area, and the best other one.

    `spread_m`: by how many metres the systems that fit as well would place the points elsewhere; `spread_crs` is the
    one of them that is farthest.
    """

    crs: str
    name: str
    share: float
    next_crs: str
    next_share: float
    spread_m: float
    spread_crs: str = ""


@dataclass(eq=False)
class Fit:
    """One candidate: how many of the points tried it puts inside, and where it puts each, (n, 2) of degrees."""

    crs: str
    name: str
    inside: int
    rank: tuple[int, int]
    places: np.ndarray


def pick_metric_crs(bounds: Sequence[float]) -> str:
    """
    Choose the UTM zone on WGS 84 for an area.

    Parameters
    ----------
    bounds : (west, south, east, north)
        Degrees.

    Returns
    -------
    str
        Such as `EPSG:32618`; the zone of the middle, so that an area over several zones still gets one.
    """
    west, south, east, north = (float(value) for value in bounds)
    if not (
        np.isfinite([west, south, east, north]).all() and -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    ):
        raise InputError(
            f"The area's bounds {tuple(bounds)} are no degrees.",
            remedy="Give the polygons in EPSG:4326, or say their reference system.",
            key="crs.bounds", bounds=str(tuple(bounds)),
        )  # fmt: skip
    zone = min(int(((west + east) / 2 + 180) // 6) + 1, 60)
    return f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}"


def to_metric(frame: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """The frame projected to a metric CRS; a frame without CRS is taken for EPSG:4326."""
    return (frame if frame.crs else frame.set_crs(GEOGRAPHIC_CRS)).to_crs(crs)


def project(x: np.ndarray, y: np.ndarray, source: str, target: str) -> tuple[np.ndarray, np.ndarray]:
    """Transform coordinates; points that cannot be are NaN."""
    to_x, to_y = _transformer(source, target).transform(np.asarray(x, float), np.asarray(y, float))
    lost = ~(np.isfinite(to_x) & np.isfinite(to_y))
    return np.where(lost, np.nan, to_x), np.where(lost, np.nan, to_y)


def require_crs(crs: str) -> pyproj.CRS:
    """The reference system of that name; InputError where there is none."""
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise InputError(
            f"{crs!r} names no reference system.",
            remedy="Give an EPSG number such as EPSG:4326, EPSG:4547 or EPSG:32650.", key="crs.unknown_name", crs=crs,
        ) from error  # fmt: skip


def detect_crs(x: np.ndarray, y: np.ndarray, area: shapely.Geometry, *, prefer: Sequence[str] = ()) -> CrsGuess | None:
    """
    Find the projected system in which the points fall into the area.

    Parameters
    ----------
    x, y : arrays of floats
        Coordinates in the unknown system; NaN is ignored, and so are degrees among other numbers.
    area : shapely geometry
        The study area in degrees.
    prefer : sequence of str
        Systems that win ties, such as the workspace's own.

    Returns
    -------
    CrsGuess or None
        None where no system of the region puts half of the points inside. Systems that fit a sample alike are tried
        on more points; those that then still fit alike tie, and the preferred one, then the one with the shortest
        name, wins: `spread_m` says what hangs on it.
    """
    points = distinct_points(x, y)
    if not len(points):
        return None
    sample = points[:: max(len(points) // SAMPLE, 1)][:SAMPLE]
    fits = try_systems(sample, area, prefer=prefer)
    best = max((fit.inside for fit in fits), default=0)
    if best < MIN_SHARE * len(sample):
        return None
    # Within half a per cent a sample cannot tell.
    tied = sorted(
        (fit for fit in fits if fit.inside >= best - 0.005 * len(sample)), key=lambda fit: (fit.rank, fit.crs)
    )
    tied = _told_apart(tied, points[:: max(len(points) // MANY, 1)][:MANY], area) if len(points) > SAMPLE else tied
    taken = tied[0]
    others = sorted((fit for fit in fits if fit not in tied), key=lambda fit: (fit.inside, fit.crs), reverse=True)
    away = [metres_apart(taken.places, fit.places) for fit in tied]
    far = int(np.argmax(away))
    return CrsGuess(
        taken.crs, taken.name, taken.inside / len(sample), others[0].crs if others else "",
        others[0].inside / len(sample) if others else 0.0, away[far], tied[far].crs if away[far] > 0 else "",
    )  # fmt: skip


def distinct_points(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The distinct points, (n, 2) in order; where half of them or more exceed all degrees, only those that do."""
    points = np.unique(np.column_stack([x, y])[np.isfinite(x) & np.isfinite(y)], axis=0)
    beyond = (np.abs(points) > 180).any(axis=1)
    return points[beyond] if beyond.sum() * 2 >= len(points) and beyond.any() else points


def try_systems(
    points: np.ndarray, area: shapely.Geometry, *, prefer: Sequence[str] = (), enough: float = 0.9
) -> list[Fit]:
    """
    Try every system of the region on some points.

    Parameters
    ----------
    points : array of (n, 2) floats
        Coordinates in the unknown system.
    area : shapely geometry
        The study area in degrees.
    prefer : sequence of str
        Systems that come first among equals.
    enough : float
        The share inside from which the systems of neighboring zones are not tried any more.

    Returns
    -------
    list of Fit
        Those that put a point near the area at all.
    """
    west, south, east, north = (float(value) for value in shapely.bounds(area))
    pad = 0.25 * max(east - west, north - south)
    box = (west - pad, south - pad, east + pad, north + pad)
    shapely.prepare(area)
    probes = points[np.linspace(0, len(points) - 1, min(len(points), PROBES)).astype(int)]
    fits: list[Fit] = []
    bounds = tuple(round(value, 3) for value in (west, south, east, north))
    here = _candidates(*bounds, 0.0)
    for number, candidates in enumerate((here, _candidates(*bounds, ZONE))):
        if number and max((fit.inside for fit in fits), default=0) >= enough * len(points):
            break
        for crs, name in candidates if not number else [row for row in candidates if row not in set(here)]:
            places = _places(points, probes, crs, box)
            if places is not None:
                inside = int(np.count_nonzero(shapely.contains_xy(area, places[:, 0], places[:, 1])))
                fits.append(Fit(crs, name, inside, _preference(crs, name, prefer), places))
    return fits


def _places(points: np.ndarray, probes: np.ndarray, crs: str, box: tuple[float, ...]) -> np.ndarray | None:
    """Where a system puts the points; None where it puts no probe near the area."""
    try:
        # Without the shift of datum, which moves by some hundred metres at most and costs most of the time.
        lon, lat = _inverse(crs)(probes[:, 0], probes[:, 1], inverse=True)
        if not ((lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3])).any():
            return None
        return np.column_stack(project(points[:, 0], points[:, 1], crs, GEOGRAPHIC_CRS))
    except (pyproj.exceptions.ProjError, pyproj.exceptions.CRSError):
        return None  # a few systems of the database have no way to degrees


def _told_apart(tied: list[Fit], points: np.ndarray, area: shapely.Geometry) -> list[Fit]:
    """Of systems that fit a sample alike, those that also fit many points alike, by how many fall outside."""
    if max(metres_apart(tied[0].places, fit.places) for fit in tied) <= NEXT_DOOR:
        return tied
    outside = []
    for fit in tied:
        lon, lat = project(points[:, 0], points[:, 1], fit.crs, GEOGRAPHIC_CRS)
        outside.append(int(np.count_nonzero(~shapely.contains_xy(area, lon, lat))))
    least = min(outside)
    return [fit for fit, n in zip(tied, outside, strict=True) if n <= least + 3 * np.sqrt(least + 1)]


def metres_apart(one: np.ndarray, other: np.ndarray) -> float:
    """The median distance of the same points, (n, 2) of degrees, in metres on the ellipsoid."""
    here = np.isfinite(one).all(axis=1) & np.isfinite(other).all(axis=1)
    if not here.any():
        return float("inf")
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(one[here, 0], one[here, 1], other[here, 0], other[here, 1])
    return float(np.median(metres))


def _preference(crs: str, name: str, prefer: Sequence[str]) -> tuple[int, int]:
    """Which of systems that tie to take: the preferred, then those on datums in use, then plain names."""
    if crs in prefer:
        return 0, 0
    rank = 1 if name.startswith("WGS 84 /") else 2 if name.startswith(_CURRENT) else 3
    return rank, len(name)


@lru_cache(maxsize=16)
def _candidates(west: float, south: float, east: float, north: float, zone: float) -> tuple[tuple[str, str], ...]:
    """
    Projected systems used in the area: national grids, state planes in metres and feet, UTM, Lambert.

    With a `zone`, degrees of longitude, also those that hold only part of the area, or lie so near: a city across a
    border of zones, or one whose office keeps to the zone next door. Systems that Esri made for the world are left out.
    """
    around = AreaOfInterest(max(west - zone, -180), south, min(east + zone, 180), north)
    found = query_crs_info(pj_types=[PJType.PROJECTED_CRS], area_of_interest=around, contains=zone == 0)
    kept = [
        (f"{info.auth_name}:{info.code}", info.name)
        for info in found
        if not info.deprecated
        and (info.auth_name == "EPSG" or (info.auth_name == "ESRI" and _is_regional(info.area_of_use)))
    ]
    return tuple(sorted(kept, key=lambda row: (not row[0].startswith("EPSG"), row[0])))


def _is_regional(use: AreaOfUse | None) -> bool:
    return use is not None and abs(use.east - use.west) < WORLDWIDE


@lru_cache(maxsize=1024)
def _inverse(crs: str) -> pyproj.Proj:
    return pyproj.Proj(crs)


@lru_cache(maxsize=512)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)
