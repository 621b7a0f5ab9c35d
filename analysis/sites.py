"""
Watch posts: which few candidates cover most expected harm within reach, and how far from the best that can be.

Maximal covering (Church & ReVelle 1974, Papers of the Regional Science Association 32, 101–118): a cell counts once,
whoever covers it. Solved as a mixed-integer program by HiGHS, limited by nodes and gap so that the answer never
depends on the machine's speed; the dual bound is part of the answer. Where the solver gives nothing, the lazy greedy
answer (Minoux 1978) stands in, with its own bound. What is worth covering is `analysis.plan`'s question, not this one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from geo.checks import require_positive
from geo.errors import InputError

# The solver stops at whichever comes first; the gap is far below what a forecast can tell apart.
NODE_LIMIT = 500
RELATIVE_GAP = 1e-4
# What keeping all of last week's posts may cost at most, as a share of what is covered.
KEEPING_SHARE = 0.01
# Weight of a candidate's place in the order among equals, as a share of all harm: settles ties, changes nothing else.
TIE_BREAK = 1e-7


@dataclass(frozen=True)
class Sites:
    """
    The chosen candidates.

    `covered` is the demand within reach of them, `bound` what no choice under the same rules can exceed, `method`
    "exact" or "greedy", `order` the chosen from the most to the least worth keeping (each counted after those before).
    """

    order: tuple[int, ...]
    covered: float
    bound: float
    method: str


def straight_coverage(places: np.ndarray, cells: np.ndarray, *, reach: float, detour: float) -> sparse.csr_matrix:
    """
    Tell which cells lie within reach of which candidate, by straight lines times a stated detour factor.

    Parameters
    ----------
    places : array of (n, 2) floats
        Candidates, in metres.
    cells : array of (m, 2) floats
        Centers of the cells, in metres.
    reach : float
        Longest walk from a post, in metres.
    detour : float
        How much longer a walk is than its straight line.

    Returns
    -------
    csr_matrix of (n, m) bools
    """
    require_positive(reach=reach, detour=detour)
    return _near(places, cells, reach / detour)


def walking_coverage(network: Any, places: np.ndarray, cells: np.ndarray, *, reach: float) -> sparse.csr_matrix:
    """
    Tell which cells lie within reach of which candidate along the streets.

    Parameters
    ----------
    network : analysis.network.Network
        Gives `within(sources, targets, limit)`: all pairs within a walking distance.
    places, cells, reach
        As in `straight_coverage`.

    Returns
    -------
    csr_matrix of (n, m) bools
        A cell is covered when its center, snapped to the streets, is within reach. No walk is shorter than its
        straight line: a cell whose center is farther off, in a park or across a river, is never covered.
    """
    require_positive(reach=reach)
    near = _near(places, cells, reach)
    targets = np.unique(near.indices)
    row, column, _ = network.within(places, cells[targets], reach)
    walked = sparse.csr_matrix((np.ones(len(row), dtype=bool), (row, targets[column])), shape=near.shape)
    return walked.multiply(near).tocsr()


def _near(places: np.ndarray, cells: np.ndarray, radius: float) -> sparse.csr_matrix:
    found = cKDTree(cells).query_ball_point(places, radius, return_sorted=True) if len(places) else []
    sizes = np.fromiter((len(cells) for cells in found), dtype=np.int64, count=len(found))
    column = np.concatenate([np.asarray(cells, dtype=np.int64) for cells in found]) if sizes.sum() else np.zeros(0, int)
    pointer = np.concatenate([[0], np.cumsum(sizes)])
    return sparse.csr_matrix((np.ones(len(column), dtype=bool), column, pointer), shape=(len(places), len(cells)))


def pairs_nearer_than(places: np.ndarray, spacing: float) -> np.ndarray:
    """All pairs (i < j) of candidates less than `spacing` metres apart, as an array of (k, 2) ints in order."""
    tree = cKDTree(places)
    # The tree counts a pair at exactly the radius; posts exactly `spacing` apart are far enough.
    pairs = tree.query_pairs(np.nextafter(spacing, 0.0), output_type="ndarray").reshape(-1, 2)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def choose_sites(
    covers: sparse.csr_matrix,
    demand: np.ndarray,
    *,
    budget: int,
    apart: np.ndarray | None = None,
    fixed: Sequence[int] = (),
    preferred: Sequence[int] = (),
    node_limit: int = NODE_LIMIT,
    relative_gap: float = RELATIVE_GAP,
) -> Sites:
    """
    Choose at most `budget` candidates that together cover the most demand.

    Parameters
    ----------
    covers : csr_matrix of (n, m) bools
        Which candidate covers which cell.
    demand : array of (m,) floats ≥ 0
        What covering a cell is worth.
    budget : int
        How many may be chosen, the fixed ones included.
    apart : array of (k, 2) ints, optional
        Pairs of candidates of which at most one may be chosen.
    fixed : sequence of ints
        Candidates chosen whatever they are worth, even when too near one another.
    preferred : sequence of ints
        Candidates that stay where others are hardly better: all together they cost at most 1 % of what is covered.
    node_limit, relative_gap : int, float
        Where the solver stops; never a time.

    Returns
    -------
    Sites
        Among equals, the candidates that stand earlier. Candidates that add nothing are not chosen.

    Raises
    ------
    InputError
        If more are fixed than the budget holds.
    """
    fixed = list(dict.fromkeys(fixed))
    if len(fixed) > budget:
        raise InputError(
            f"{len(fixed)} posts are fixed, but the budget holds {budget}.",
            remedy="Raise the number of watches, or fix fewer posts.",
            key="plan.fixed_over_budget",
            n=len(fixed),
            budget=budget,
        )
    apart = np.zeros((0, 2), dtype=np.int64) if apart is None else _free_of_fixed(apart, fixed)
    covers, demand = _merged(covers.tocsr(), np.asarray(demand, dtype=float))
    greedy = _greedy(covers, demand, budget, apart, fixed)
    if not len(demand) or not budget:
        return greedy
    exact = _solved(covers, demand, budget, apart, fixed, node_limit, relative_gap)
    if exact is None:
        return greedy
    chosen, bound = exact
    order, covered = _ordered(covers, demand, chosen, fixed)
    best = Sites(order, covered, min(greedy.bound, max(bound, covered)), "exact")
    if greedy.covered > covered:
        best = Sites(greedy.order, greedy.covered, min(greedy.bound, max(bound, greedy.covered)), "exact")
    stay = sorted(set(preferred) - set(fixed))
    if not set(stay) - set(best.order):
        return best
    # The best choice first, for its bound; then once more, with a little for each that stays.
    little = np.zeros(covers.shape[0])
    little[stay] = KEEPING_SHARE * best.covered / budget
    again = _solved(covers, demand, budget, apart, fixed, node_limit, relative_gap, little)
    if again is None:
        return best
    order, covered = _ordered(covers, demand, again[0], fixed)
    more = len(set(stay) & set(order)) > len(set(stay) & set(best.order))
    return (
        Sites(order, covered, best.bound, "exact") if more and covered >= (1 - KEEPING_SHARE) * best.covered else best
    )


def greedy_sites(
    covers: sparse.csr_matrix,
    demand: np.ndarray,
    *,
    budget: int,
    apart: np.ndarray | None = None,
    fixed: Sequence[int] = (),
) -> Sites:
    """As `choose_sites`, but one candidate after the other, each the best after those before; the bound is looser."""
    apart = np.zeros((0, 2), dtype=np.int64) if apart is None else _free_of_fixed(apart, list(fixed))
    covers, demand = _merged(covers.tocsr(), np.asarray(demand, dtype=float))
    return _greedy(covers, demand, budget, apart, list(dict.fromkeys(fixed)))


def _free_of_fixed(apart: np.ndarray, fixed: list[int]) -> np.ndarray:
    """Pairs of which both are fixed bind nobody: the planner wanted them so."""
    return apart[~np.isin(apart, fixed).all(axis=1)] if len(apart) else apart.reshape(0, 2)


def _merged(covers: sparse.csr_matrix, demand: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Join cells that the same candidates cover, and drop those that nobody covers: the same problem, much smaller."""
    by_cell = covers.tocsc()
    by_cell.sort_indices()
    groups: dict[bytes, int] = {}
    group = np.full(len(demand), -1)
    for cell in np.flatnonzero(demand > 0):
        members = by_cell.indices[by_cell.indptr[cell] : by_cell.indptr[cell + 1]]
        if len(members):
            group[cell] = groups.setdefault(members.tobytes(), len(groups))
    first = np.unique(group[group >= 0], return_index=True)[1]
    kept = np.flatnonzero(group >= 0)
    merged = np.bincount(group[kept], weights=demand[kept], minlength=len(groups))
    return by_cell[:, kept[first]].tocsr(), merged


def _greedy(covers: sparse.csr_matrix, demand: np.ndarray, budget: int, apart: np.ndarray, fixed: list[int]) -> Sites:
    rivals = sparse.coo_matrix(
        (np.ones(2 * len(apart)), (np.r_[apart[:, 0], apart[:, 1]], np.r_[apart[:, 1], apart[:, 0]])),
        shape=(covers.shape[0],) * 2,
    ).tocsr()
    left, allowed, order = demand.copy(), np.ones(covers.shape[0], dtype=bool), []
    # Gains only fall, so one sparse product a step is exact and, at these sizes, faster than a heap.
    for step in range(budget):
        gains = np.where(allowed, covers @ left, 0.0)
        best = fixed[step] if step < len(fixed) else int(np.argmax(gains)) if len(gains) else -1
        if best < 0 or (step >= len(fixed) and gains[best] <= 0):
            break
        order.append(best)
        left[covers[best].indices] = 0.0
        allowed[best] = False
        allowed[rivals[best].indices] = False
    covered = float(demand.sum() - left.sum())
    # Covering is submodular: no other choice gains more than the best `budget` single gains from here, or at all.
    bound = min(covered + _top_sum(covers @ left, budget), _top_sum(covers @ demand, budget), float(demand.sum()))
    return Sites(tuple(order), covered, max(bound, covered), "greedy")


def _top_sum(gains: np.ndarray, n: int) -> float:
    return float(np.sort(gains)[::-1][:n].sum())


def _solved(
    covers: sparse.csr_matrix,
    demand: np.ndarray,
    budget: int,
    apart: np.ndarray,
    fixed: list[int],
    node_limit: int,
    relative_gap: float,
    little: np.ndarray | float = 0.0,
) -> tuple[list[int], float] | None:
    """
    The program's choice and its dual bound; None when the solver found no choice within its nodes.

    `little` is worth that candidates have beside what they cover; the bound then holds no more.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    n, m = covers.shape
    # Scaled, so that the solver's absolute tolerances mean the same in every city.
    scale = 1000.0 / demand.sum()
    penalty = 1000.0 * TIE_BREAK * np.arange(n) / max(n, 1)
    objective = np.r_[penalty - little * scale, -demand * scale]
    covering = sparse.hstack([-covers.T.astype(float), sparse.identity(m)], format="csr")
    count = sparse.csr_matrix(np.r_[np.ones(n), np.zeros(m)])
    constraints = [LinearConstraint(covering, -np.inf, 0.0), LinearConstraint(count, -np.inf, float(budget))]
    cliques = _cliques(apart, n)
    if cliques.shape[0]:
        at_most_one = sparse.hstack([cliques, sparse.csr_matrix((cliques.shape[0], m))])
        constraints.append(LinearConstraint(at_most_one, 0.0, 1.0))
    lower = np.zeros(n + m)
    lower[fixed] = 1.0
    answer = milp(
        objective,
        integrality=np.r_[np.ones(n), np.zeros(m)],
        bounds=Bounds(lower, np.ones(n + m)),
        constraints=constraints,
        options={"node_limit": node_limit, "mip_rel_gap": relative_gap},
    )
    if answer.x is None or answer.mip_dual_bound is None:
        return None
    chosen = np.flatnonzero(answer.x[:n] > 0.5).tolist()
    # The ties' penalty lowered the program's worth by at most this much; the bound is on the demand alone.
    return chosen, (-answer.mip_dual_bound + _top_sum(penalty, budget)) / scale


def _cliques(apart: np.ndarray, n: int) -> sparse.csr_matrix:
    """
    Cover all pairs by groups of which at most one may be chosen.

    A row a group instead of a row a pair: fewer rows, and a relaxation that cannot choose half of each of many.
    """
    rivals: list[set[int]] = [set() for _ in range(n)]
    for i, j in apart.tolist():
        rivals[i].add(j)
        rivals[j].add(i)
    done: set[tuple[int, int]] = set()
    rows: list[list[int]] = []
    for i, j in apart.tolist():
        if (i, j) in done:
            continue
        group, common = [i, j], rivals[i] & rivals[j]
        while common:
            grown = min(common)
            group.append(grown)
            common = common & rivals[grown]
        group.sort()
        done.update((a, b) for at, a in enumerate(group) for b in group[at + 1 :])
        rows.append(group)
    pointer = np.cumsum([0, *(len(row) for row in rows)])
    members = np.array([k for row in rows for k in row], dtype=np.int64)
    return sparse.csr_matrix((np.ones(len(members)), members, pointer), shape=(len(rows), n))


def _ordered(
    covers: sparse.csr_matrix, demand: np.ndarray, chosen: list[int], fixed: list[int]
) -> tuple[tuple[int, ...], float]:
    """The chosen by what each adds after those before it, and what they cover; those that add nothing fall out."""
    left, rest, order = demand.copy(), sorted(chosen), []
    while rest:
        gains = covers[rest] @ left
        best = int(np.argmax(gains))
        if gains[best] > 0 or rest[best] in fixed:
            order.append(rest[best])
        left[covers[rest[best]].indices] = 0.0
        rest.pop(best)
    return tuple(order), float(demand.sum() - left.sum())
