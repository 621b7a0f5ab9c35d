"""A printed map while it is drawn: paper and points, layers from the ground up, names last, SVG out."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely

from views.fonts import Face
from views.i18n import Translator
from views.print_labels import Board

INK = "#1B2430"
GREY_TEXT, NAME_TEXT, LAND = "#55585C", "#4C525A", "#FAFAFA"
PX = 72 / 110  # the screens are measured at 110 dots an inch


class Sheet:
    """A map on paper while it is drawn: metres become points, and layers are added from the ground up."""

    def __init__(self, extent: tuple[float, float, float, float], width: float, height: float, face: Face) -> None:
        from matplotlib.figure import Figure

        self.extent, self.width, self.height, self.face = extent, width, height, face
        self.scale = width / (extent[2] - extent[0])  # points a metre
        self.board = Board(width, height, face)
        self.figure = Figure(figsize=(width / 72, height / 72), facecolor=LAND)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, width), ylim=(0, height))
        self.axes.axis("off")
        self._order = 0

    @property
    def metres_a_pixel(self) -> float:
        """Metres on the ground for one pixel of the screens' measures."""
        return PX / self.scale

    def on_paper(self, geometry: Any) -> Any:
        """Geometries in metres, clipped to the sheet with room for their width, in points."""
        room = 20 / self.scale
        x0, y0, x1, y1 = self.extent
        clipped = shapely.clip_by_rect(geometry, x0 - room, y0 - room, x1 + room, y1 + room)
        return shapely.transform(clipped, lambda xy: (xy - (x0, y0)) * self.scale)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """One place in points."""
        return (x - self.extent[0]) * self.scale, (y - self.extent[1]) * self.scale

    def draw(self, geometry: Any, **style: Any) -> None:
        """Draw points-on-paper geometries as one path."""
        path = path_of(geometry)
        if path is not None:
            self.draw_path(path, **style)

    def draw_path(self, path: Any, **style: Any) -> None:
        """Draw a path above all that was drawn before."""
        from matplotlib.patches import PathPatch

        self._order += 1
        defaults = {"facecolor": "none", "edgecolor": "none", "linewidth": 0, "joinstyle": "round", "capstyle": "butt"}
        # As a plain artist: a patch would have its extent worked out, which costs more than drawing it.
        self.axes.add_artist(PathPatch(path, zorder=self._order, **{**defaults, **style}))

    def svg(self) -> str:
        """Write the labels on top and give the picture as SVG text, the same for the same map."""
        from matplotlib.path import Path

        for vertices, codes, color, halo in self.board.outlines:
            path = Path(vertices, codes)
            self.draw_path(path, edgecolor="white", linewidth=halo, alpha=0.92)
            self.draw_path(path, facecolor=color)
        buffer = io.StringIO()
        self.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return buffer.getvalue()


def readable(t: Translator, place: Any, face: Face, fallback: str = "") -> str:
    """A place's name in the translator's language, or the other one, or `fallback`: whichever the face can draw."""
    # A Series' own `.name` is its label, so rows are asked by column.
    by_column = isinstance(place, pd.Series | Mapping)
    name, english = (place.get(c, "") if by_column else getattr(place, c, "") for c in ("name", "name_en"))
    wanted = (english, name) if t.language == "en" else (name, english)
    return next((text for text in wanted if isinstance(text, str) and text and face.can_draw(text)), fallback)


def print_style() -> Any:
    import matplotlib

    # A fixed salt makes ids inside the SVG the same from run to run; dashes are given in points, not in line widths.
    return matplotlib.rc_context({"svg.hashsalt": "walkwatch", "svg.fonttype": "path", "lines.scale_dashes": False})


def path_of(geometry: Any) -> Any:
    """One matplotlib path of any mix of lines and polygons; None where nothing is left."""
    from matplotlib.path import Path

    parts = shapely.get_parts(shapely.get_parts(np.atleast_1d(np.asarray(geometry, dtype=object))))
    parts = shapely.orient_polygons(parts)  # holes run against their rings, or they would be filled
    rings = [ring for part in parts for ring in _rings(part)]
    if not rings:
        return None
    vertices = np.concatenate(rings)
    codes = np.full(len(vertices), Path.LINETO, dtype=Path.code_type)
    codes[np.concatenate([[0], np.cumsum([len(ring) for ring in rings])[:-1]])] = Path.MOVETO
    return Path(vertices, codes)


def _rings(part: Any) -> list[np.ndarray]:
    if part.is_empty or part.geom_type == "Point":
        return []
    if part.geom_type == "Polygon":
        return [np.asarray(ring.coords)[:, :2] for ring in (part.exterior, *part.interiors)]
    if part.geom_type in ("LineString", "LinearRing"):
        return [np.asarray(part.coords)[:, :2]]
    return [ring for inner in shapely.get_parts(part) for ring in _rings(inner)]
