"""
How far each count can be narrowed: linear and integer programs over all that is known.

A count is safe once two whole tables are found that agree with everything published and give it values four apart.
Random objectives find such pairs for most counts at once; what is left is minimized and maximized one by one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

from tests.attack.knowledge import Atom, Form, Knowledge, Target

VALUES = 5
# A round costs two programs, as one count by itself does.
QUIET_ROUNDS, WORTH_A_ROUND = 3, 2
SLACK = 1e-6


class Contradiction(AssertionError):
    """No table of counts agrees with what was published: either the figures or the attacker's rules are wrong."""


@dataclass(frozen=True)
class Narrowed:
    """A target and the values it may still have; `by` says what found it: `lp`, `integers` or `intervals`."""

    target: Target
    low: int
    high: float
    by: str

    @property
    def values(self) -> float:
        """How many whole numbers are left."""
        return self.high - self.low + 1

    def __str__(self) -> str:
        return f"{self.by}: {self.target.kind} {'/'.join(self.target.name)} in {self.low}..{self.high:.0f}"


def narrowed(known: Knowledge, targets: Sequence[Target] | None = None, *, seed: int = 8) -> list[Narrowed]:
    """
    The targets that everything published narrows to fewer than five values.

    Parameters
    ----------
    known : Knowledge
    targets : sequence of Target, optional
        A sample of `known.targets`, to save time.
    seed : int
        Of the random objectives; it changes how fast, not what is found.

    Returns
    -------
    list of Narrowed

    Raises
    ------
    Contradiction
        If no table agrees with the figures.
    """
    hits = []
    for part in split(known, known.targets if targets is None else targets):
        hits += part.search(np.random.default_rng(seed))
    return hits


def bounds_of(known: Knowledge, target: Target, *, integers: bool = True) -> tuple[float, float]:
    """The least and the greatest value of one target, each solved to the end."""
    (part,) = split(known, [target])
    form = part.row(target.form)
    return float(form @ part.extreme(form, integers)), float(form @ part.extreme(-form, integers))


def split(known: Knowledge, targets: Sequence[Target]) -> list["Part"]:
    """One part for each set of counts that figures tie together: equal to solving all at once, only faster."""
    a, low, high = known.matrix()
    touching = sparse.bmat([[None, a.T], [a, None]], format="csr")
    _, label = connected_components(touching, directed=False)
    columns, rows = label[: a.shape[1]], label[a.shape[1] :]
    by_part: dict[tuple[int, ...], list[Target]] = {}
    for target in targets:
        parts = tuple(sorted({int(columns[known.atoms[atom]]) for atom in target.form}))
        by_part.setdefault(parts, []).append(target)
    found = []
    for labels, own in sorted(by_part.items()):
        mine, which = np.flatnonzero(np.isin(columns, labels)), np.flatnonzero(np.isin(rows, labels))
        place = {int(column): i for i, column in enumerate(mine)}
        numbers = {atom: place[i] for atom, i in known.atoms.items() if i in place}
        found.append(Part(a[which][:, mine], low[which], high[which], numbers, own))
    return found


class Part:
    """The counts that hang together, and the targets among them."""

    def __init__(
        self, a: sparse.csr_matrix, low: np.ndarray, high: np.ndarray, numbers: dict[Atom, int], own: list[Target]
    ):
        self.a, self.low, self.high, self.numbers, self.own = a.tocsr(), low, high, numbers, own
        finite = high[np.isfinite(high)]
        # Nothing is published without an end but totals; any end far above all of them is no knowledge.
        self.most = 2 * float(max([*finite, *low, 0])) + 1000
        self.constraints = [LinearConstraint(self.a, low, high)] if len(low) else []

    def row(self, form: Form) -> np.ndarray:
        row = np.zeros(self.a.shape[1])
        row[[self.numbers[atom] for atom in form]] = 1.0
        return row

    def forms(self) -> sparse.csr_matrix:
        return sparse.csr_matrix(np.array([self.row(target.form) for target in self.own]))

    def extreme(self, objective: np.ndarray | sparse.spmatrix, integers: bool) -> np.ndarray:
        """A table of counts that minimizes the objective."""
        if sparse.issparse(objective):
            objective = np.asarray(objective.todense()).ravel()
        n = self.a.shape[1]
        answer = milp(
            objective, constraints=self.constraints, bounds=Bounds(0, self.most), integrality=np.full(n, int(integers))
        )
        if answer.x is None:
            raise Contradiction(f"{answer.message} ({n} counts, {len(self.low)} equations, {self.own[0].name})")
        return answer.x

    def search(self, rng: np.random.Generator) -> list[Narrowed]:
        forms = self.forms()
        low, high = np.full(len(self.own), np.inf), np.full(len(self.own), -np.inf)

        def witness(objective: np.ndarray) -> None:
            x = self.extreme(objective, integers=False)
            if not self._whole(x):
                x = self.extreme(objective, integers=True)
            values = forms @ np.round(x)
            np.minimum(low, values, out=low)
            np.maximum(high, values, out=high)

        open_, quiet = np.arange(len(self.own)), 0
        while len(open_) and quiet < QUIET_ROUNDS:
            sign = rng.choice([-1.0, 1.0], len(open_)) * rng.uniform(0.5, 1.5, len(open_))
            for direction in (sign, -sign):
                witness(direction @ forms[open_])
            left = np.flatnonzero(high - low + 1 < VALUES)
            quiet = quiet + 1 if len(open_) - len(left) < WORTH_A_ROUND else 0
            open_ = left
        hits = []
        for i in open_:
            if high[i] - low[i] + 1 < VALUES:
                hits += self._one(i, forms, low, high, witness)
        return hits

    def _one(
        self, i: int, forms: sparse.csr_matrix, low: np.ndarray, high: np.ndarray, witness: Callable[[np.ndarray], None]
    ) -> list[Narrowed]:
        form = np.asarray(forms[i].todense()).ravel()
        least, most = self.extreme(form, integers=False) @ form, self.extreme(-form, integers=False) @ form
        least, most = math.ceil(least - SLACK), math.floor(most + SLACK)
        if most - least + 1 < VALUES:
            return [Narrowed(self.own[i], least, most, "lp")]
        for direction in (form, -form):
            if high[i] - low[i] + 1 < VALUES:
                witness(direction)
        if high[i] - low[i] + 1 < VALUES:
            return [Narrowed(self.own[i], int(low[i]), float(high[i]), "integers")]
        return []

    def _whole(self, x: np.ndarray) -> bool:
        rounded = np.round(x)
        if np.abs(x - rounded).max(initial=0) > SLACK:
            return False
        sums = self.a @ rounded
        return bool(((sums >= self.low - SLACK) & (sums <= self.high + SLACK)).all())
