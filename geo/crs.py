"""In which reference system coordinates are: declared, read, or found by trying which puts points into polygons."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from geo.errors import InputError
from geo.schema import GEOGRAPHIC_CRS

SAMPLE = 400  # distinct points that candidates are tried on
MIN_SHARE = 0.5  # of them inside the area, for a system to be taken
_AUTHORITIES = ("EPSG", "ESRI")
_CURRENT = ("NAD83 /", "ETRS89 /", "CGCS2000 /", "TWD97 /", "GDA", "JGD2011 /", "SIRGAS 2000 /", "RGF93", "OSGB")


@dataclass(frozen=True)
class CrsGuess:
    """
    The system found, the share of sample points it puts inside the area, and the best other one.

    `spread_m`: by how many metres the systems that fit as well would place the points elsewhere.
    """

    crs: str
    name: str
    share: float
    next_crs: str
    next_share: float
    spread_m: float


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
        Coordinates in the unknown system; NaN is ignored.
    area : shapely geometry
        The study area in degrees.
    prefer : sequence of str
        Systems that win ties, such as the workspace's own.

    Returns
    -------
    CrsGuess or None
        None where no system of the region puts half of the points inside. Systems that differ by metres tie; the
        preferred one, then the one with the shortest name, wins: no event moves by more than what they differ by.
    """
    points = np.unique(np.column_stack([x, y])[np.isfinite(x) & np.isfinite(y)], axis=0)
    if not len(points):
        return None
    points = points[:: max(len(points) // SAMPLE, 1)][:SAMPLE]
    middle = np.median(points, axis=0)
    bounds = shapely.bounds(area)
    pad = 0.25 * max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    shapely.prepare(area)
    scored: list[tuple[float, tuple[int, int], str, str]] = []
    places: dict[str, np.ndarray] = {}
    for crs, name in _candidates(*(float(value) for value in np.round(bounds, 3))):
        try:
            # Without the shift of datum, which moves by some hundred metres at most and costs most of the time.
            lon, lat = pyproj.Proj(crs)(middle[0], middle[1], inverse=True)
            if not (bounds[0] - pad <= lon <= bounds[2] + pad and bounds[1] - pad <= lat <= bounds[3] + pad):
                continue
            lons, lats = project(points[:, 0], points[:, 1], crs, GEOGRAPHIC_CRS)
        except (pyproj.exceptions.ProjError, pyproj.exceptions.CRSError):
            continue  # a few systems of the database have no way to degrees
        share = float(shapely.contains_xy(area, lons, lats).mean())
        scored.append((share, _preference(crs, name, prefer), crs, name))
        places[crs] = np.column_stack([lons, lats])
    if not scored:
        return None
    best = max(share for share, *_ in scored)
    # Within half a per cent the data cannot tell.
    tied = sorted((row for row in scored if row[0] >= best - 0.005), key=lambda row: row[1:])
    share, _, crs, name = tied[0]
    others = sorted((row for row in scored if row not in tied), reverse=True)
    if share < MIN_SHARE:
        return None
    spread = max(_metres_apart(places[crs], places[row[2]]) for row in tied)
    return CrsGuess(crs, name, share, others[0][2] if others else "", others[0][0] if others else 0.0, spread)


def _metres_apart(one: np.ndarray, other: np.ndarray) -> float:
    """The median distance of the same points, in metres on the ellipsoid."""
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(one[:, 0], one[:, 1], other[:, 0], other[:, 1])
    return float(np.median(metres))


def _preference(crs: str, name: str, prefer: Sequence[str]) -> tuple[int, int]:
    """Which of systems that tie to take: the preferred, then those on datums in use, then plain names."""
    if crs in prefer:
        return 0, 0
    rank = 1 if name.startswith("WGS 84 /") else 2 if name.startswith(_CURRENT) else 3
    return rank, len(name)


@lru_cache(maxsize=8)
def _candidates(west: float, south: float, east: float, north: float) -> tuple[tuple[str, str], ...]:
    """Projected systems used in the area: national grids, state planes in metres and feet, UTM, Lambert."""
    found = query_crs_info(
        pj_types=[PJType.PROJECTED_CRS], area_of_interest=AreaOfInterest(west, south, east, north), contains=True
    )
    kept = [
        (f"{info.auth_name}:{info.code}", info.name)
        for info in found
        if info.auth_name in _AUTHORITIES and not info.deprecated
    ]
    return tuple(sorted(kept, key=lambda row: (not row[0].startswith("EPSG"), row[0])))


@lru_cache(maxsize=512)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)
