"""What is expected where: one picture over the map and outlines of the busiest cells, never a mark for every cell."""

from collections.abc import Sequence
from dataclasses import dataclass

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geo.schema import GEOGRAPHIC_CRS
from views import style
from views.mercator import to_degrees, to_mercator

# Shares of the area, the busiest first, that one shade each stands for; the rest is the lightest.
SHADES = (0.01, 0.05, 0.10, 0.20, 0.50)
LONGEST_SIDE = 900  # pixels of the picture
MOST_OUTLINES = 150
OPACITY = 0.78


@dataclass(frozen=True, eq=False)
class ExpectedPicture:
    """An RGBA picture, north up, and its west, south, east and north in degrees."""

    pixels: np.ndarray
    bounds: tuple[float, float, float, float]


def shade_of(expected: np.ndarray) -> np.ndarray:
    """
    The shade of each cell by its place in the order: 5 is the busiest 1 % of the area, 0 the quieter half.

    Parameters
    ----------
    expected : array of (cells,) floats

    Returns
    -------
    array of (cells,) ints
        0 to 5; a cell where nothing is expected is 0, wherever it stands.
    """
    order = np.argsort(-expected, kind="stable")
    rank = np.empty(len(expected), dtype=int)
    rank[order] = np.arange(len(expected))
    # At least one cell has the darkest shade.
    limits = np.maximum(np.ceil(np.array(SHADES) * len(expected)), 1)
    shades = len(SHADES) - np.searchsorted(limits, rank, side="right")
    return np.where(expected > 0, shades, 0)


def expected_picture(cells: pd.DataFrame, *, crs: str, cell_size: float) -> ExpectedPicture:
    """
    Draw the cells of a forecast.

    Parameters
    ----------
    cells : DataFrame
        `x`, `y` (centres, metres of `crs`), `expected`.
    crs : str
    cell_size : float
        Metres.
    """
    x, y = cells["x"].to_numpy(), cells["y"].to_numpy()
    columns = np.round((x - x.min()) / cell_size).astype(int)
    rows = np.round((y - y.min()) / cell_size).astype(int)
    grid = np.full((rows.max() + 1, columns.max() + 1), -1)
    grid[rows, columns] = shade_of(cells["expected"].to_numpy())
    edges = np.array([x.min(), x.max()]) + np.array([-0.5, 0.5]) * cell_size
    sides = np.array([y.min(), y.max()]) + np.array([-0.5, 0.5]) * cell_size
    outward = pyproj.Transformer.from_crs(crs, GEOGRAPHIC_CRS, always_xy=True)
    corner_lon, corner_lat = outward.transform(np.repeat(edges, 2), np.tile(sides, 2))
    mx, my = to_mercator(np.asarray(corner_lon), np.asarray(corner_lat))
    west, east, south, north = mx.min(), mx.max(), my.min(), my.max()
    scale = LONGEST_SIDE / max(east - west, north - south)
    width, height = max(int((east - west) * scale), 1), max(int((north - south) * scale), 1)
    across, down = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    lon, lat = to_degrees(west + across * (east - west), north - down * (north - south))
    inward = pyproj.Transformer.from_crs(GEOGRAPHIC_CRS, crs, always_xy=True)
    px, py = inward.transform(lon, lat)
    at_column = np.floor((px - edges[0]) / cell_size).astype(int)
    at_row = np.floor((py - sides[0]) / cell_size).astype(int)
    inside = (at_row >= 0) & (at_row < grid.shape[0]) & (at_column >= 0) & (at_column < grid.shape[1])
    shade = np.where(inside, grid[np.where(inside, at_row, 0), np.where(inside, at_column, 0)], -1)
    colors = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in style.RAMP], dtype=np.uint8)
    pixels = np.zeros((height, width, 4), dtype=np.uint8)
    pixels[..., :3] = colors[np.maximum(shade, 0)]
    # The quieter half stays clear, so that the streets can be read.
    pixels[..., 3] = np.where(shade > 0, 255, 0)
    lon_edges, lat_edges = to_degrees(np.array([west, east]), np.array([south, north]))
    return ExpectedPicture(pixels, (float(lon_edges[0]), float(lat_edges[0]), float(lon_edges[1]), float(lat_edges[1])))


def add_picture(city: folium.Map, picture: ExpectedPicture) -> None:
    """Lay the picture over the ground, under the names."""
    west, south, east, north = (round(degree, 6) for degree in picture.bounds)
    folium.raster_layers.ImageOverlay(
        picture.pixels, bounds=[[south, west], [north, east]], opacity=OPACITY, control=False, zindex=2
    ).add_to(city)


def busiest(cells: pd.DataFrame, *, share: float = 0.01) -> pd.DataFrame:
    """The busiest share of the area, at most `MOST_OUTLINES` cells, the busiest first."""
    n = min(max(int(np.ceil(share * len(cells))), 1), MOST_OUTLINES)
    chosen = cells.sort_values("expected", ascending=False, kind="stable").head(n)
    return chosen[chosen["expected"] > 0]


def add_outlines(city: folium.Map, cells: pd.DataFrame, tips: Sequence[str], *, crs: str, cell_size: float) -> None:
    """Outline cells; each says its range on hover. `tips` are our own words and numbers."""
    if cells.empty:
        return
    x, y, half = cells["x"].to_numpy(), cells["y"].to_numpy(), cell_size / 2
    shapes = gpd.GeoDataFrame(
        {"says": list(tips)}, geometry=shapely.box(x - half, y - half, x + half, y + half), crs=crs
    ).to_crs(GEOGRAPHIC_CRS)
    shapes["geometry"] = shapely.set_precision(np.asarray(shapes.geometry.array), 1e-6)
    look = {"color": style.INK, "weight": 1.4, "opacity": 1, "fillOpacity": 0}
    folium.GeoJson(
        shapes.to_json(),
        style_function=lambda _: look,
        control=False,
        tooltip=folium.GeoJsonTooltip(["says"], labels=False),
    ).add_to(city)


def legend_shade(number: int) -> str:
    """The legend's sample of a shade."""
    return style.svg(f'<rect x="0" y="1" width="18" height="11" fill="{style.RAMP[number]}"/>', 18, 13)
