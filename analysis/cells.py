"""
Cells: the squares in which everything is counted, fixed to the ground once and for all.

Grid lines lie on multiples of the cell's size in the metric CRS, so no new row and no new polygon ever moves a cell. A
cell holds its lower and left edge; it belongs to the study area if any point of the area lies in it.
"""

from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from geo.checks import require_metric, require_positive, require_same_shape
from geo.errors import InputError

# How many times more cells the bounding box may hold: a long valley is fine, a stray islet at 0, 0 is not.
MAX_BOX_SHARE = 8
# Blocks of this many cells a side are tested first and cut into quarters only where the border runs through them.
FIRST_BLOCK_CELLS = 64
# A cell lacks its upper and right edge; geometry has no half-open boxes, so the box ends this share of a cell earlier.
OPEN_EDGE = 1e-7


@dataclass(frozen=True, eq=False)
class Grid:
    """
    Squares of `cell_size` metres; row 0 is the southernmost, column 0 the westernmost.

    Parameters
    ----------
    crs : str
        A CRS measured in metres.
    cell_size : float
        Metres.
    column0, row0 : int
        Absolute index of the lower left cell: its corner is at `x = column0 * cell_size`, `y = row0 * cell_size`.
    study_area : array of (rows, columns) bools
        True where a cell belongs to the study area.
    """

    crs: str
    cell_size: float
    column0: int
    row0: int
    study_area: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the bounding box."""
        return self.study_area.shape[0], self.study_area.shape[1]

    @cached_property
    def n_cells(self) -> int:
        """Cells of the study area."""
        return int(self.study_area.sum())

    @cached_property
    def flat_index(self) -> np.ndarray:
        """Flat index `row * columns + column` of the study cells, ascending: the order of every table of cells."""
        return np.flatnonzero(self.study_area)

    def locate(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """
        Find the cell of each point.

        Parameters
        ----------
        x, y : array of (n,) floats
            Metres in the grid's CRS; NaN where there is no point.

        Returns
        -------
        array of (n,) ints
            Flat index `row * columns + column`; -1 outside the study area and for NaN.
        """
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        rows, columns = self.shape
        with np.errstate(invalid="ignore"):
            column = np.floor(x / self.cell_size) - self.column0
            row = np.floor(y / self.cell_size) - self.row0
            known = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        flat = np.where(known, row * columns + column, 0).astype(np.int64)
        return np.where(known & self.study_area.ravel()[flat], flat, -1)

    def centers(self) -> tuple[np.ndarray, np.ndarray]:
        """The centres x, y in metres of the study cells, in flat order."""
        row, column = self.rows_columns()
        return (column + self.column0 + 0.5) * self.cell_size, (row + self.row0 + 0.5) * self.cell_size

    def rows_columns(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and column, relative to the box, of the study cells in flat order."""
        row, column = np.divmod(self.flat_index, self.shape[1])
        return row, column

    def cell_ids(self, flat: np.ndarray | None = None) -> np.ndarray:
        """Absolute ids "column_row" of the study cells in flat order, or of the cells at the flat indices given."""
        row, column = np.divmod(self.flat_index if flat is None else np.asarray(flat), self.shape[1])
        return np.array([f"{c + self.column0}_{r + self.row0}" for r, c in zip(row, column, strict=True)], dtype=object)

    def boxes(self, flat: np.ndarray | None = None) -> np.ndarray:
        """Polygons of the study cells in flat order, or of the cells at the flat indices given."""
        row, column = np.divmod(self.flat_index if flat is None else np.asarray(flat), self.shape[1])
        left, bottom = (column + self.column0) * self.cell_size, (row + self.row0) * self.cell_size
        return shapely.box(left, bottom, left + self.cell_size, bottom + self.cell_size)


def make_grid(area: BaseGeometry, cell_size: float, crs: str, *, max_cells: int = 2_000_000) -> Grid:
    """
    Lay cells over an area: every cell in which a point of the area lies belongs to it.

    Parameters
    ----------
    area : polygon or multipolygon
        The study area, in `crs`.
    cell_size : float
        Metres.
    crs : str
        A CRS measured in metres.
    max_cells : int
        The most cells the study area may have.

    Raises
    ------
    InputError
        If the CRS is not metric, the area has no surface, or it would need more than `max_cells` cells.

    Notes
    -----
    Blocks of cells wholly inside are filled at once; only blocks on the border are cut further, so time follows the
    length of the border, not the surface.
    """
    require_positive(cell_size=cell_size)
    require_metric(_parse_crs(crs), "crs")
    if area is None or area.is_empty or not (np.isfinite(area.bounds).all() and area.area > 0):
        raise InputError(
            "The study area has no surface.",
            remedy="Import polygons of the neighborhoods that enclose an area.",
            key="cells.no_area",
        )
    left, bottom, right, top = area.bounds
    column0, row0 = floor(left / cell_size), floor(bottom / cell_size)
    columns, rows = floor(right / cell_size) - column0 + 1, floor(top / cell_size) - row0 + 1
    if area.area / cell_size**2 > max_cells or rows * columns > MAX_BOX_SHARE * max_cells:
        raise _too_many(area, cell_size, rows * columns, max_cells)
    inside = _rasterize(area, cell_size, column0, row0, rows, columns)
    if inside.sum() > max_cells:
        raise _too_many(area, cell_size, rows * columns, max_cells)
    used_rows, used_columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    row, column = int(used_rows[0]), int(used_columns[0])
    inside = np.ascontiguousarray(inside[row : used_rows[-1] + 1, column : used_columns[-1] + 1])
    return Grid(str(crs), float(cell_size), column0 + column, row0 + row, inside)


def count_events(grid: Grid, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """
    Add up events, or their weights, per cell.

    Parameters
    ----------
    x, y : array of (n,) floats
        Metres in the grid's CRS. Points outside the study area and NaN count nowhere.
    weights : array of (n,) floats, optional
        What each point counts; 1 by default.

    Returns
    -------
    array of (rows, columns) floats
    """
    flat = grid.locate(x, y)
    inside = flat >= 0
    if weights is not None:
        weights = np.asarray(weights, dtype=float)
        require_same_shape(x=flat, weights=weights)
        weights = weights[inside]
    counts = np.bincount(flat[inside], weights=weights, minlength=grid.study_area.size)
    return counts.astype(float).reshape(grid.shape)


def _rasterize(area: BaseGeometry, cell_size: float, column0: int, row0: int, rows: int, columns: int) -> np.ndarray:
    """True where the half-open cell holds a point of the area, by blocks cut into quarters along the border."""
    inside = np.zeros((rows, columns), dtype=bool)
    block = FIRST_BLOCK_CELLS
    row, column = (a.ravel() for a in np.mgrid[0 : ceil(rows / block), 0 : ceil(columns / block)])
    row, column = row * block, column * block
    shapely.prepare(area)
    while len(row):
        left, bottom = (column + column0) * cell_size, (row + row0) * cell_size
        side = (block - OPEN_EDGE) * cell_size
        boxes = shapely.box(left, bottom, left + side, bottom + side)
        met = shapely.intersects(area, boxes)
        if block == 1:
            inside[row[met], column[met]] = True
            break
        full = np.zeros_like(met)
        full[met] = shapely.contains_properly(area, boxes[met])
        for r, c in zip(row[full], column[full], strict=True):
            inside[r : r + block, c : c + block] = True
        cut, half = met & ~full, block // 2
        row = (row[cut][:, None] + [0, 0, half, half]).ravel()
        column = (column[cut][:, None] + [0, half, 0, half]).ravel()
        here = (row < rows) & (column < columns)
        row, column, block = row[here], column[here], half
    return inside


def _parse_crs(crs: str) -> CRS | None:
    try:
        return CRS.from_user_input(crs)
    except CRSError:
        return None


def _too_many(area: BaseGeometry, cell_size: float, box_cells: int, max_cells: int) -> InputError:
    left, bottom, right, top = area.bounds
    width, height = round((right - left) / 1000), round((top - bottom) / 1000)
    cells = max(round(area.area / cell_size**2), box_cells // MAX_BOX_SHARE)
    return InputError(
        f"The study area spans {width} by {height} km: about {cells} cells of {cell_size:g} m; "
        f"at most {max_cells} are counted.",
        remedy="Choose larger cells, or look for a stray polygon far from the others.",
        key="cells.too_many",
        width=width,
        height=height,
        cells=cells,
        cell_size=f"{cell_size:g}",
        max_cells=max_cells,
    )
