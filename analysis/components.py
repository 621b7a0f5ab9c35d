"""
Components: the maps a forecast is mixed from, as shares: each a kernel in time times one in space over past events.

They are what a cell, its neighbors and its quarter held lately and long ago; `analysis.mixture` weighs them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtr

from analysis.density import smooth
from analysis.history import History

# Days after which an event counts half, and metres (standard deviation of a Gaussian) over which it spreads.
HALF_LIVES = (7.0, 30.0, 90.0, 365.0, 2000.0)
WIDTHS = (120.0, 300.0, 800.0)
# Narrower than a cell: events are spread from their exact points.
NARROW = 40.0
# Events of other kinds.
OTHER_HALF_LIVES = (30.0, 365.0)
# Kinds of cells: nodes of their own events (halved every year), times nodes of how far their last 28 days lie above
# what was usual there, in standard deviations.
OWN_NODES = np.log1p(np.array([0.0, 1.0, 3.0, 10.0, 40.0, 150.0]))
OWN_HALF_LIFE = 365.0
BURST_NODES = np.array([-2.0, 0.5, 2.0, 5.0])
BURST_DAYS, USUAL_DAYS = 28.0, 364.0
# Added to the variance of the last 28 days, so that two events in a quiet cell do not stand out.
FEW_EVENTS = 4.0


@dataclass(frozen=True, eq=False)
class Components:
    """What makes the maps of one history; `others` are events of other kinds in the same place, if any."""

    history: History
    others: History | None = None

    @property
    def names(self) -> list[str]:
        """One name a column of `shares`."""
        spaces = ["own", f"{NARROW:g} m", *(f"{width:g} m" for width in WIDTHS)]
        names = [f"{space}, {half_life:g} days" for half_life in HALF_LIVES for space in spaces]
        if self.others is not None:
            names += [f"others {s}, {h:g} days" for h in OTHER_HALF_LIVES for s in ("own", f"{WIDTHS[0]:g} m")]
        return [*names, "everywhere"]

    def shares(self, before: float) -> np.ndarray:
        """Maps as they stood `before` days ago: array of (cells, components), each column with sum one."""
        history, columns = self.history, []
        for half_life in HALF_LIVES:
            sites = history.decayed_sites(history.weight, before, half_life)
            own = history.by_cell(sites)
            columns += [own, self._narrow @ sites, *(self._spread(own, width) for width in WIDTHS)]
        if self.others is not None:
            for half_life in OTHER_HALF_LIVES:
                own = self.others.decayed(self.others.weight, before, half_life)
                # Logarithms: a quarter full of other events is no place of ours in proportion.
                columns += [np.log1p(own), np.log1p(self._spread(own, WIDTHS[0]))]
        columns.append(np.ones(history.grid.n_cells))
        maps = np.column_stack(columns)
        total = maps.sum(axis=0)
        # A kernel that saw nothing says nothing: the same everywhere.
        maps[:, total <= 0] = 1.0
        return maps / maps.sum(axis=0)

    def kinds(self, before: float) -> np.ndarray:
        """How much each cell was of each kind `before` days ago: array of (cells, kinds) whose rows sum to one."""
        history = self.history
        own = hats(np.log1p(history.decayed(history.weight, before, OWN_HALF_LIFE)), OWN_NODES)
        past = min(len(history.daily) - before - BURST_DAYS, USUAL_DAYS)
        if past < BURST_DAYS:
            burst = np.zeros(history.grid.n_cells)
        else:
            recent = history.counted(BURST_DAYS, before, known_by=before)
            usual = history.counted(past, before + BURST_DAYS, known_by=before) * BURST_DAYS / past
            burst = (recent - usual) / np.sqrt(usual + FEW_EVENTS)
        bursts = hats(burst, BURST_NODES)
        return (own[:, :, None] * bursts[:, None, :]).reshape(len(own), -1)

    @cached_property
    def _kept(self) -> dict[float, np.ndarray]:
        """Share of each cell's mass that its Gaussian leaves inside the area."""
        grid = self.history.grid
        return {
            width: np.maximum(smooth(grid.study_area, width / grid.cell_size)[grid.study_area], 1e-9)
            for width in WIDTHS
        }

    def _spread(self, own: np.ndarray, width: float) -> np.ndarray:
        grid = self.history.grid
        image = np.zeros(grid.shape)
        image[grid.study_area] = own / self._kept[width]
        return smooth(image, width / grid.cell_size)[grid.study_area]

    @cached_property
    def _narrow(self) -> csr_array:
        """From sites to cells: the Gaussian's mass in each cell within reach of the exact point; columns sum to one."""
        history = self.history
        grid, sites = history.grid, np.arange(len(history.site_x))
        sigma = NARROW / grid.cell_size
        reach = int(np.ceil(3.5 * sigma))
        u, v = history.site_x / grid.cell_size - grid.column0, history.site_y / grid.cell_size - grid.row0
        column, row = np.floor(u).astype(int), np.floor(v).astype(int)
        rows, columns = grid.shape
        position = np.full(grid.study_area.size, -1)
        position[grid.flat_index] = np.arange(grid.n_cells)
        entries = []
        for down in range(-reach, reach + 1):
            mass_down = ndtr((row + down + 1 - v) / sigma) - ndtr((row + down - v) / sigma)
            for right in range(-reach, reach + 1):
                mass = mass_down * (ndtr((column + right + 1 - u) / sigma) - ndtr((column + right - u) / sigma))
                r, c = row + down, column + right
                inside = (r >= 0) & (r < rows) & (c >= 0) & (c < columns) & (mass > 1e-4)
                cell = np.where(inside, position[np.where(inside, r * columns + c, 0)], -1)
                entries.append((mass[cell >= 0], cell[cell >= 0], sites[cell >= 0]))
        mass, cell, site = (np.concatenate(part) for part in zip(*entries, strict=True))
        mass /= np.bincount(site, weights=mass, minlength=len(sites))[site]
        return csr_array((mass, (cell, site)), shape=(grid.n_cells, len(sites)))


def hats(values: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Weights of piecewise linear interpolation between nodes: array of (values, nodes) whose rows sum to one."""
    place = np.interp(values, nodes, np.arange(len(nodes)))
    return np.clip(1 - np.abs(place[:, None] - np.arange(len(nodes))), 0, None)
