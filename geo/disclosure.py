"""
What can be worked out of hidden counts from published ones, and what to withhold so that nobody can.

Pure arithmetic over one layer of one period: a true count for the whole (total), for each row (an area, and one
unpublished row for elsewhere), and several tables that cut every row into columns (groups, quarters of the day, of the
week; each with one unpublished column for the rest). All are whole numbers, tied by sums; of each the public knows a
range. Every count that is not shown must keep at least `VALUES` values. What is shown, and the ranges, is decided in
`geo.privacy`. The sums are those of flows in networks that share their row totals, so that linear programs end on whole
numbers; the proof by moves (`narrowed`) checks that they do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, csc_array, hstack

VALUES = 5
# A count keeps so many values if it can rise and fall by this much together.
ROOM = VALUES - 1
TOLERANCE = 1e-6
# How many starting points the proof by moves tries before it asks a program for each count that is left.
PASSES = 4


@dataclass(frozen=True, eq=False)
class Structure:
    """
    The counts of one layer as positions in a vector, and the sums that tie them.

    Attributes
    ----------
    total : int
    rows : array of (R + 1,) ints
        The last is elsewhere.
    cells : tuple of arrays of (R + 1, K + 1) ints
        One a table; the last row is elsewhere, the last column the rest.
    columns : tuple of arrays of (K + 1,) ints
        The columns' sums, one array a table.
    size : int
        How many counts there are.
    """

    total: int
    rows: np.ndarray
    cells: tuple[np.ndarray, ...]
    columns: tuple[np.ndarray, ...]
    size: int

    @classmethod
    def of(cls, rows: int, columns: Sequence[int]) -> "Structure":
        """Lay out the counts of so many rows and of tables with so many columns, elsewhere and rest not counted."""
        sums = 1 + np.arange(rows + 1)
        cells, ends, size = [], [], rows + 2
        for width in columns:
            block = size + np.arange((rows + 2) * (width + 1)).reshape(rows + 2, width + 1)
            cells.append(block[:-1])
            ends.append(block[-1])
            size += block.size
        return cls(0, sums, tuple(cells), tuple(ends), size)

    @cached_property
    def sums(self) -> csc_array:
        """The equalities: a row of the matrix times the counts is zero."""
        groups = [(self.rows, self.total)]
        for cells, columns in zip(self.cells, self.columns, strict=True):
            groups += list(zip(cells, self.rows, strict=True)) + list(zip(cells.T, columns, strict=True))
        sizes = np.array([len(parts) + 1 for parts, _ in groups])
        where = np.concatenate([np.append(parts, whole) for parts, whole in groups])
        sign = np.ones(len(where))
        sign[np.cumsum(sizes) - 1] = -1
        number = np.repeat(np.arange(len(groups)), sizes)
        return csc_array(coo_array((sign, (number, where)), shape=(len(groups), self.size)))

    @cached_property
    def moves(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """
        Small changes that keep all sums: positions (n, m) and their signs (m,).

        A row gains in one column what elsewhere loses in it, or what the whole gains; a column gains elsewhere what the
        rest loses there; the whole gains one elsewhere. `swaps` are another kind.
        """
        found = []
        rest = [cells[:, -1] for cells in self.cells]
        for number, (cells, columns) in enumerate(zip(self.cells, self.columns, strict=True)):
            own = cells[:-1]
            others = [part for k, part in enumerate(rest) if k != number]
            gain = [own, self.rows[:-1, None], *(part[:-1, None] for part in others)]
            loss = [cells[-1:], self.rows[-1:, None], *(part[-1:, None] for part in others)]
            parts = [np.broadcast_to(part, own.shape).ravel() for part in (*gain, *loss)]
            found.append((np.stack(parts, axis=1), np.repeat([1, -1], len(gain))))
            ends = [part[-1] for k, part in enumerate(self.columns) if k != number]
            gain = [cells, self.rows[:, None], *(part[:, None] for k, part in enumerate(rest) if k != number)]
            above = [columns[None, :], *(np.array(part) for part in (self.total, *ends))]
            parts = [np.broadcast_to(part, cells.shape).ravel() for part in (*gain, *above)]
            found.append((np.stack(parts, axis=1), np.ones(len(parts), dtype=int)))
            width = len(columns) - 1
            beside = [cells[-1, :-1], columns[:-1], np.full(width, cells[-1, -1]), np.full(width, columns[-1])]
            found.append((np.stack(beside, axis=1), np.array([1, 1, -1, -1])))
        if not self.cells:
            others = [np.full(len(self.rows), self.rows[-1]), np.full(len(self.rows), self.total)]
            found += [
                (np.stack([self.rows, other], axis=1)[: len(self.rows) - (sign < 0)], np.array([1, sign]))
                for other, sign in zip(others, (-1, 1), strict=True)
            ]
        whole = [self.total, self.rows[-1], *(part[-1] for part in rest), *(columns[-1] for columns in self.columns)]
        found.append((np.array([whole]), np.ones(len(whole), dtype=int)))
        return found

    def swaps(self, base: np.ndarray, shown: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Moves within a row from its fullest hidden column to each other, while elsewhere the same goes back."""
        found = []
        for cells in self.cells:
            own, away = cells[:-1], cells[-1]
            fullest = np.where(shown[own], -1.0, base[own]).argmax(axis=1)
            parts = [
                own,
                own[np.arange(len(own)), fullest][:, None],
                away[None, :],
                away[fullest][:, None],
            ]
            stacked = np.stack([np.broadcast_to(part, own.shape).ravel() for part in parts], axis=1)
            found.append((stacked[stacked[:, 0] != stacked[:, 1]], np.array([1, -1, -1, 1])))
        return found


def audit(structure: Structure, low: np.ndarray, high: np.ndarray, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Find the least and the greatest value that each hidden count may have, given everything shown.

    Parameters
    ----------
    structure : Structure
    low, high : arrays of (size,) floats
        What is known of each count by itself; `inf` where nothing bounds it.
    shown : array of (size,) bools
        Counts that are published as numbers; they hide nothing.

    Returns
    -------
    low, high : arrays of (size,) floats
        Exact by linear programming, two programs a hidden count: slow, for tests and trials. What is shown keeps its
        own range.

    Raises
    ------
    ValueError
        If no counts fit what is shown.
    """
    least, most = low.astype(float).copy(), high.astype(float).copy()
    for position in np.flatnonzero(~shown).tolist():
        least[position] = _extreme(structure, low, high, position, 1.0)[0]
        most[position] = _extreme(structure, low, high, position, -1.0)[0]
    return least, most


def narrowed(structure: Structure, low: np.ndarray, high: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """
    Find hidden counts that keep fewer than five values; quickly, by a proof that most keep them.

    One program finds counts in keeping with all that is shown, from which small moves go as far as they can; a count
    that some move changes by four is proved to keep five values. Only the others cost programs of their own.

    Returns
    -------
    array of ints
        Positions, ascending; of the cells of one row of one table at most one is named.
    """
    found = []
    for group in _doubtful(structure, low, high, shown):
        for position in group:
            if _kept(structure, low, high, position) < ROOM:
                found.append(position)
                break
    return np.array(sorted(found), dtype=int)


def withhold_more(
    structure: Structure,
    low: np.ndarray,
    high: np.ndarray,
    shown: np.ndarray,
    *,
    floor: np.ndarray,
    order: np.ndarray,
) -> np.ndarray:
    """
    Choose which shown counts to withhold besides, so that no hidden count keeps fewer than five values.

    Parameters
    ----------
    structure, low, high, shown
        As for `audit`.
    floor : array of (size,) floats
        The least that a withheld count can be: it is withheld only where it would be shown.
    order : array of (size,) ints
        Which to withhold first: the smallest.

    Returns
    -------
    array of ints
        Positions of what is to be withheld, in the order chosen. The same input gives the same answer.

    Notes
    -----
    First by sums alone, row by row; then by linear programs, whose marginals tell which shown counts bind.
    """
    low, high, shown = low.astype(float).copy(), high.astype(float).copy(), shown.copy()
    chosen: list[int] = []

    def withhold(position: int) -> None:
        low[position], high[position], shown[position] = floor[position], np.inf, False
        chosen.append(position)

    while True:
        by_sums = [(parts, whole, room) for parts, whole, room in _tight_sums(structure, low, high) if room < ROOM]
        if by_sums:
            for parts, whole, room in by_sums:
                candidates = [p for p in (*parts, whole) if shown[p]]
                gain = {p: np.inf if p == whole else low[p] - floor[p] for p in candidates}
                if candidates:
                    withhold(_least_needed(candidates, gain, ROOM - room, order))
                else:
                    _withhold_all(shown, order, withhold)
            continue
        tight = narrowed(structure, low, high, shown)
        if not len(tight):
            return np.array(chosen, dtype=int)
        for position in tight:
            binding, room = _binding(structure, low, high, shown, int(position))
            if room >= ROOM:  # An earlier choice of this round helped.
                continue
            gain = {p: np.inf if upper else low[p] - floor[p] for p, upper in binding.items()}
            if binding:
                withhold(_least_needed(list(binding), gain, ROOM - room, order))
            else:
                _withhold_all(shown, order, withhold)


# --- sums alone ---------------------------------------------------------------------------------------------------


def _tight_sums(structure: Structure, low: np.ndarray, high: np.ndarray) -> list[tuple[np.ndarray, int, float]]:
    """
    Each sum with the room that its hidden parts have by itself: the whole's most less the parts' least.

    A sum has at least one hidden part, so that less room than four is proof that this part is narrowed. Where one sum
    is too tight, the sums above it wait.
    """
    least = low.copy()
    found = []
    for cells, columns in zip(structure.cells, structure.columns, strict=True):
        for parts, wholes in ((cells, structure.rows), (cells.T, columns)):
            needed = low[parts].sum(axis=1)
            room = high[wholes] - needed
            found += [(parts[i], int(wholes[i]), float(room[i])) for i in np.flatnonzero(room < ROOM)]
            least[wholes] = np.maximum(least[wholes], needed)
    if not found:
        for parts in (structure.rows, *structure.columns):
            room = high[structure.total] - least[parts].sum()
            found.append((parts, structure.total, float(room)))
    return found


def _least_needed(candidates: list[int], gain: dict[int, float], need: float, order: np.ndarray) -> int:
    """The first in order whose withholding gives room enough; if none does, the one that gives most."""
    enough = [p for p in candidates if gain[p] >= need]
    return min(enough, key=lambda p: (order[p], p)) if enough else max(candidates, key=lambda p: (gain[p], -order[p]))


def _withhold_all(shown: np.ndarray, order: np.ndarray, withhold) -> None:  # type: ignore[no-untyped-def]
    """Where no single figure is to blame, say nothing at all."""
    for position in sorted(np.flatnonzero(shown), key=lambda p: (order[p], p)):
        withhold(int(position))


# --- proof by moves -----------------------------------------------------------------------------------------------


def _doubtful(structure: Structure, low: np.ndarray, high: np.ndarray, shown: np.ndarray) -> list[np.ndarray]:
    """Hidden counts not proved to keep five values, those of one row of one table together."""
    kept = np.zeros(structure.size)
    away = np.unique(np.concatenate([structure.rows[-1:], *(cells[-1] for cells in structure.cells)]))
    wanted = np.ones(len(away), dtype=bool)
    doubtful = ~shown
    # Where elsewhere is too small to hold four in every column at once, it holds them in turn.
    for number in range(PASSES):
        # At the last start everything is as low as can be, so that the whole has room to gain.
        last = number == PASSES - 1 or not wanted.any()
        base = _roomy(structure, low, high, shown, away, np.where(wanted, 10.0, 1.0) * (not last))
        wanted &= base[away] < ROOM
        for where, sign in [*structure.moves, *structure.swaps(base, shown)]:
            rise, fall = high[where] - base[where], base[where] - low[where]
            up = np.floor(np.where(sign > 0, rise, fall).min(axis=1) + TOLERANCE)
            down = np.floor(np.where(sign > 0, fall, rise).min(axis=1) + TOLERANCE)
            np.maximum.at(kept, where.ravel(), np.repeat(up + down, where.shape[1]))
        doubtful = ~shown & (kept < ROOM)
        if last or not doubtful.any():
            break
    groups = [row[doubtful[row]] for cells in structure.cells for row in cells]
    groups += [np.array([p]) for p in (structure.total, *structure.rows) if doubtful[p]]
    groups += [np.array([p]) for columns in structure.columns for p in columns if doubtful[p]]
    # The rest of a row first: where it is narrowed, so are the others.
    return [group[::-1] for group in groups if len(group)]


def _roomy(
    structure: Structure, low: np.ndarray, high: np.ndarray, shown: np.ndarray, away: np.ndarray, worth: np.ndarray
) -> np.ndarray:
    """
    Counts in keeping with everything shown, from which others have room to move.

    Elsewhere (`away`, by `worth`) holds four in every column where it can, rows and hidden cells are low; only a row
    whose own range is narrower than four keeps something in a hidden column.
    """
    narrow = high[structure.rows[:-1]] - low[structure.rows[:-1]] < ROOM
    inner = np.concatenate([cells[:-1].ravel() for cells in structure.cells] or [away[:0]])
    pivots = np.concatenate([cells[:-1][narrow].ravel() for cells in structure.cells] or [away[:0]])
    pivots = pivots[~shown[pivots]]
    cost = np.zeros(structure.size)
    cost[structure.rows[:-1][~narrow]] = 0.1
    cost[[structure.total, *(p for columns in structure.columns for p in columns)]] = 0.1 * (not worth.any())
    cost[inner[~shown[inner]]] = 0.01
    # What is kept is split in two: its first four are worth having, more of it is worth nothing.
    kept = np.concatenate([away, pivots])
    room = np.minimum(ROOM, high[kept] - low[kept])
    most = high.copy()
    most[kept] -= room
    cost = np.concatenate([cost, -worth, np.full(len(pivots), -1.0)])
    answer = linprog(
        cost,
        A_eq=hstack([structure.sums, structure.sums[:, kept]], format="csc"),
        b_eq=np.zeros(structure.sums.shape[0]),
        bounds=np.stack([np.append(low, np.zeros(len(kept))), np.append(most, room)], axis=1),
        method="highs-ds",
    )
    if answer.x is None:
        raise ValueError("no counts fit what is shown")
    base = answer.x[: structure.size].copy()
    base[kept] += answer.x[structure.size :]
    whole = np.rint(base)
    fits = not np.any(structure.sums @ whole) and np.all((whole >= low) & (whole <= high))
    return whole if fits else base


# --- single programs ----------------------------------------------------------------------------------------------


def _extreme(
    structure: Structure, low: np.ndarray, high: np.ndarray, position: int, sign: float
) -> tuple[float, np.ndarray, np.ndarray]:
    """The least (sign 1) or greatest (-1) value of a count, and the marginals of the lower and upper bounds."""
    cost = np.zeros(structure.size)
    cost[position] = sign
    answer = linprog(
        cost,
        A_eq=structure.sums,
        b_eq=np.zeros(structure.sums.shape[0]),
        bounds=np.stack([low, high], axis=1),
        method="highs-ds",
    )
    if answer.status == 3:
        return -sign * np.inf, np.zeros(structure.size), np.zeros(structure.size)
    if answer.x is None:
        raise ValueError("no counts fit what is shown")
    return float(answer.x[position]), answer.lower.marginals, answer.upper.marginals


def _kept(structure: Structure, low: np.ndarray, high: np.ndarray, position: int) -> float:
    """How far apart the greatest and the least whole value of a count lie."""
    most = _extreme(structure, low, high, position, -1.0)[0]
    least = _extreme(structure, low, high, position, 1.0)[0]
    return float(np.floor(most + TOLERANCE) - np.ceil(least - TOLERANCE))


def _binding(
    structure: Structure, low: np.ndarray, high: np.ndarray, shown: np.ndarray, position: int
) -> tuple[dict[int, bool], float]:
    """The shown counts whose bounds narrow a count (True: the upper one), and the room it has."""
    most, most_lower, most_upper = _extreme(structure, low, high, position, -1.0)
    least, least_lower, least_upper = _extreme(structure, low, high, position, 1.0)
    lower = np.abs(most_lower) + np.abs(least_lower) > TOLERANCE
    upper = np.abs(most_upper) + np.abs(least_upper) > TOLERANCE
    binding = {int(p): bool(upper[p]) for p in np.flatnonzero(shown & (lower | upper))}
    return binding, float(np.floor(most + TOLERANCE) - np.ceil(least - TOLERANCE))
