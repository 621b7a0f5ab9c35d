"""Web Mercator as browser maps use it: metres to pixels of a zoom, and the zoom at which a place fills a frame."""

from dataclasses import dataclass

import numpy as np

HALF_WORLD_M = 20037508.342789244  # half the equator of EPSG:3857
TILE = 256
WEB_MERCATOR = "EPSG:3857"
# Whole zoom levels double the scale, so a city may fill only half its frame. Each map may therefore stand on one of
# four steps between two levels; tiles are drawn for that step, never stretched.
STEPS = (100, 119, 141, 168)
MIN_ZOOM, MAX_ZOOM = 6, 18


@dataclass(frozen=True)
class View:
    """Where a map opens: degrees, a whole zoom level, and the step (per cent) between that level and the next."""

    lat: float
    lon: float
    zoom: int
    step: int


def pixels_per_metre(zoom: int, step: int) -> float:
    """Pixels per Mercator metre (not per metre on the ground) at a zoom and step."""
    return TILE * step / 100 * 2.0**zoom / (2 * HALF_WORLD_M)


def metres_per_pixel(zoom: int, step: int, lat: float) -> float:
    """Metres on the ground per pixel at a latitude."""
    return float(np.cos(np.radians(lat)) / pixels_per_metre(zoom, step))


def to_mercator(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees to EPSG:3857 metres."""
    lat = np.clip(lat, -85.05, 85.05)
    x = np.asarray(lon) * HALF_WORLD_M / 180
    y = np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) * HALF_WORLD_M / np.pi
    return x, y


def to_degrees(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """EPSG:3857 metres to degrees (lon, lat)."""
    lon = np.asarray(x) * 180 / HALF_WORLD_M
    lat = np.degrees(2 * np.arctan(np.exp(np.asarray(y) * np.pi / HALF_WORLD_M)) - np.pi / 2)
    return lon, lat


def fit(bounds: tuple[float, float, float, float], width: int, height: int, *, margin: int = 24, step: int = 0) -> View:
    """
    The closest view that shows all of the bounds.

    Parameters
    ----------
    bounds : (west, south, east, north) in degrees
    width, height : int
        The frame in pixels.
    margin : int
        Pixels kept free at every side.
    step : int
        One of `STEPS` to stay on; 0 lets the view choose.
    """
    west, south, east, north = bounds
    x, y = to_mercator(np.array([west, east]), np.array([south, north]))
    wide, high = max(x[1] - x[0], 1.0), max(y[1] - y[0], 1.0)
    room = min((width - 2 * margin) / wide, (height - 2 * margin) / high)
    exact = np.log2(room / pixels_per_metre(0, 100))
    best = MIN_ZOOM, step or STEPS[0]
    for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
        for candidate in (step,) if step else STEPS:
            if zoom + np.log2(candidate / 100) <= exact + 1e-9:
                best = zoom, candidate
    lon, lat = to_degrees(x.mean(), y.mean())
    return View(round(float(lat), 5), round(float(lon), 5), *best)
