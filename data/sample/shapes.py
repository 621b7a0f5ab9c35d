"""Small tools of the drawing: smooth lines, ribbons, faces, and metres about the origin into degrees."""

from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from scipy.interpolate import CubicSpline
from shapely import LineString, Polygon
from shapely.ops import polygonize

from data.sample import names

SNAP = 0.1  # metres; the six digits of the files are no finer


def degrees(geometry: Any) -> Any:
    """Metres about the origin → degrees (EPSG:4326), six digits; equal points stay equal."""
    easting, northing = _transformer(inverse=False).transform(names.ORIGIN_LON, names.ORIGIN_LAT)
    to_degrees = _transformer(inverse=True)

    def convert(xy: np.ndarray) -> np.ndarray:
        lon, lat = to_degrees.transform(xy[:, 0] + easting, xy[:, 1] + northing)
        return np.round(np.column_stack([lon, lat]), 6)

    return shapely.transform(geometry, convert)


def _transformer(*, inverse: bool) -> Transformer:
    pair = (names.METRIC_CRS, "EPSG:4326") if inverse else ("EPSG:4326", names.METRIC_CRS)
    return Transformer.from_crs(*pair, always_xy=True)


def spline(points: tuple, step: float) -> np.ndarray:
    """Points on the smooth curve through the given ones, about `step` metres apart."""
    xy = np.array(points, dtype=float)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    return CubicSpline(along, xy)(np.linspace(0, along[-1], int(along[-1] / step)))


def sides_of(line: LineString, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The line moved to its left and to its right by an offset a vertex."""
    xy = np.array(line.coords)
    direction = np.gradient(xy, axis=0)
    direction /= np.hypot(*direction.T)[:, None]
    normal = np.column_stack([-direction[:, 1], direction[:, 0]])
    return xy + normal * offset[:, None], xy - normal * offset[:, None]


def ribbon(axis: LineString, half: np.ndarray) -> Polygon:
    """The area within `half` metres (one value a vertex) of the axis."""
    left, right = sides_of(axis, half)
    return Polygon(np.vstack([left, right[::-1]]))


def parts(geometry: Any) -> list[Any]:
    """The lines in a geometry."""
    if geometry.is_empty:
        return []
    if geometry.geom_type == "LineString":
        return [geometry]
    return [part for part in geometry.geoms if part.geom_type == "LineString"]


def faces_of(lines: list[Any]) -> list[Polygon]:
    """The areas that the lines enclose."""
    return list(polygonize(shapely.unary_union(lines, grid_size=SNAP)))
