"""In which systems coordinates may be that are no degrees and name none: said to the planner, never assumed."""

from collections.abc import Sequence

import numpy as np
from shapely.geometry import box

from geo.crs import project, try_systems
from geo.schema import GEOGRAPHIC_CRS

MERCATOR_EDGE = 20_037_509.0  # metres
MOST = 3  # systems named
NEAR = 0.5  # degrees about the area in which polygons are expected


def plausible_systems(bounds: Sequence[float], near: Sequence[float] | None = None) -> str:
    """
    Name the systems in which coordinates of these bounds make sense.

    Parameters
    ----------
    bounds : (west, south, east, north)
        Of coordinates that are no degrees.
    near : (west, south, east, north) in degrees, optional
        Where they are expected; then systems of that region are tried.

    Returns
    -------
    str
        Such as `EPSG:4527 CGCS2000 / 3-degree Gauss-Kruger zone 39`, at most three; empty where none fits.
    """
    west, south, east, north = (float(value) for value in bounds)
    if near is not None:
        corners = np.array(
            [[west, south], [west, north], [east, south], [east, north], [(west + east) / 2, (south + north) / 2]]
        )
        area = box(near[0] - NEAR, near[1] - NEAR, near[2] + NEAR, near[3] + NEAR)
        fits = [fit for fit in try_systems(corners, area) if fit.inside == len(corners)]
        fits.sort(key=lambda fit: (fit.rank, fit.crs))
        if fits:
            return "; ".join(f"{fit.crs} {fit.name}" for fit in fits[:MOST])
    found = []
    zone, easting = divmod((west + east) / 2, 1_000_000)
    if 100_000 <= easting <= 900_000 and south > 0 and north < 10_000_000:
        # Chinese grids write the number of their zone before the easting: 13 to 23 of six degrees, 25 to 45 of three.
        if 25 <= zone <= 45:
            found.append(f"EPSG:{4513 + int(zone) - 25} CGCS2000 / 3-degree Gauss-Kruger zone {int(zone)}")
        elif 13 <= zone <= 23:
            found.append(f"EPSG:{4491 + int(zone) - 13} CGCS2000 / Gauss-Kruger zone {int(zone)}")
    if not found and max(abs(west), abs(east), abs(south), abs(north)) <= MERCATOR_EDGE:
        lon, lat = project(np.array([(west + east) / 2]), np.array([(south + north) / 2]), "EPSG:3857", GEOGRAPHIC_CRS)
        if max(abs(west), abs(east)) > 1_000_000 or max(abs(south), abs(north)) > 10_000_000:
            found.append(f"EPSG:3857 WGS 84 / Pseudo-Mercator ({lon[0]:.2f}°, {lat[0]:.2f}°)")
    if zone == 0 and 100_000 <= easting <= 900_000 and south > 0 and north < 10_000_000:
        found.append("UTM, Gauss-Kruger")
    return "; ".join(found[:MOST])
