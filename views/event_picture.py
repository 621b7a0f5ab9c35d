"""All events of a window as a picture: thousands of points that the browser receives as a few small images."""

from dataclasses import dataclass

import numpy as np

from geo.schema import LAYERS
from views import style
from views.mercator import to_mercator

RADII = ((0.6, 6.0), (1.2, 4.2), (2.4, 3.2), (5.0, 2.4), (12.0, 2.0))  # metres a pixel → radius in pixels
EDGE_BELOW = 0.9  # metres a pixel below which symbols get a white edge
OPACITY, LEAST_OPACITY = 0.72, 0.45
CROWDED, LEAST_RADIUS = 0.32, 0.95
BIN = 8  # pixels


@dataclass(frozen=True, eq=False)
class EventPicture:
    """Points in EPSG:3857, their layer's position in `LAYERS`, and the latitude that turns metres into pixels."""

    x: np.ndarray
    y: np.ndarray
    layer: np.ndarray
    lat: float


def make_picture(lon: np.ndarray, lat: np.ndarray, layers: np.ndarray) -> EventPicture:
    """
    Prepare events for drawing; rows without a point are left out.

    Parameters
    ----------
    lon, lat : arrays of floats, degrees
    layers : array of str
    """
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    placed = np.isfinite(lon) & np.isfinite(lat)
    x, y = to_mercator(lon[placed], lat[placed])
    codes = np.select([np.asarray(layers)[placed] == name for name in LAYERS], range(len(LAYERS)), default=0)
    return EventPicture(x, y, codes, float(np.median(lat[placed])) if placed.any() else 0.0)


def draw_events(picture: EventPicture, *, left: float, top: float, scale: float, width: int, height: int) -> np.ndarray:
    """
    Draw the events of a rectangle on a clear ground; arguments as `views.basemap.draw`.

    Returns
    -------
    array of (height, width, 4) uint8
    """
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.colors import to_rgba
    from matplotlib.path import Path
    from matplotlib.transforms import Affine2D, IdentityTransform

    renderer = RendererAgg(width, height, 72)
    resolution = float(np.cos(np.radians(picture.lat)) / scale)
    scales, radii = np.array(RADII).T
    radius = float(np.interp(np.log2(resolution), np.log2(scales), radii))
    # Where a big city's points would run into one another, they become smaller and lighter, down to a texture.
    spacing = _spacing(picture, scale)
    radius, crowd = max(min(radius, CROWDED * spacing), LEAST_RADIUS), min(spacing / 8.0, 1.0)
    px, py = (picture.x - left) * scale, height - (top - picture.y) * scale
    seen = (px > -10) & (px < width + 10) & (py > -10) & (py < height + 10)
    edge = resolution < EDGE_BELOW
    shapes = (
        Path.unit_circle(),
        Path([(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88), (-0.88, -0.88)], closed=True),
        Path([(0, 1.1), (1.05, -0.85), (-1.05, -0.85), (0, 1.1)], closed=True),
    )
    for code, name in enumerate(LAYERS):
        chosen = seen & (picture.layer == code)
        # What falls on one pixel is one mark: a year of a big city stays a quick picture.
        spots = np.unique(
            np.round(np.column_stack([px[chosen], py[chosen]]) * (1 if chosen.sum() > 5000 else 4)), axis=0
        )
        if not len(spots):
            continue
        spots = spots / (1 if chosen.sum() > 5000 else 4)
        context = renderer.new_gc()
        context.set_antialiased(True)
        context.set_snap(False)
        context.set_linewidth(1.3 if edge else 0)
        context.set_foreground(to_rgba("#FFFFFF", 0.95 if edge else 0), isRGBA=True)
        face = to_rgba(style.LAYER_COLORS[name], 0.92 if edge else LEAST_OPACITY + (OPACITY - LEAST_OPACITY) * crowd)
        marks = Path(spots, np.full(len(spots), Path.MOVETO, Path.code_type))
        renderer.draw_markers(context, shapes[code], Affine2D().scale(radius), marks, IdentityTransform(), face)
    return np.asarray(renderer.buffer_rgba()).copy()


def _spacing(picture: EventPicture, scale: float) -> float:
    """The usual distance in pixels between neighbors, over the ground that holds any: the same for all tiles."""
    if not len(picture.x):
        return np.inf
    bins = np.floor(np.column_stack([picture.x, picture.y]) * (scale / BIN)).astype(np.int64)
    return float(BIN * np.sqrt(len(np.unique(bins, axis=0)) / len(bins)))
