"""
What somebody knows who holds every release: linear equations between counts, and an interval for each published one.

The smallest counts told apart here are *atoms*: of a stretch of time, a piece of ground, a layer, and a group or a
quarter. Every figure is a sum of atoms; releases whose periods or polygons overlap share some. Nothing is taken from
the gate but the words of `geo.release_types`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from geo.release_types import DAY_QUARTERS, WEEK_QUARTERS, Figure, Release
from geo.taxonomy import Taxonomy, read_taxonomy

FLOORS = {"incident": 5, "dispute": 10, "hazard": 5}
ROUNDED_TO = 5
ELSEWHERE = ""
QUARTERS = {"day": (*DAY_QUARTERS, "unknown"), "week": (*WEEK_QUARTERS, "unknown")}
# Piece, stretch of time, layer, kind ("group", "day", "week", "total", "settled", "alone"), and which of the kind.
Atom = tuple[str, int, str, str, str]
Form = frozenset[Atom]
Pieces = Mapping[tuple[str, str], Iterable[str]]


@dataclass(frozen=True)
class Target:
    """A count that nobody may know closer than to five values; `kind` says which sort, `name` which one."""

    kind: str
    name: tuple[str, ...]
    form: Form


@dataclass
class Knowledge:
    """Equations over atoms, bounds on sums of them (each with its release's number and figure's key), and targets."""

    atoms: dict[Atom, int] = field(default_factory=dict)
    equal: list[tuple[Form, Atom]] = field(default_factory=list)
    figures: list[tuple[Form, float, float, tuple[int, object]]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def index(self, atom: Atom) -> int:
        """The number of an atom, given at its first use."""
        return self.atoms.setdefault(atom, len(self.atoms))

    def matrix(self) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
        """Rows of all equations and bounds, their lower and their upper ends."""
        rows: list[tuple[dict[int, float], float, float]] = []
        for parts, whole in self.equal:
            row = dict.fromkeys((self.index(atom) for atom in parts), 1.0)
            row[self.index(whole)] = -1.0
            rows.append((row, 0.0, 0.0))
        for form, low, high, _ in self.figures:
            rows.append((dict.fromkeys((self.index(atom) for atom in form), 1.0), low, high))
        at = np.repeat(np.arange(len(rows)), [len(row) for row, _, _ in rows])
        columns = np.fromiter((column for row, _, _ in rows for column in row), dtype=int, count=len(at))
        values = np.fromiter((value for row, _, _ in rows for value in row.values()), dtype=float, count=len(at))
        a = sparse.csr_matrix((values, (at, columns)), shape=(len(rows), len(self.atoms)))
        return a, np.array([low for _, low, _ in rows]), np.array([high for _, _, high in rows])


def public_groups(taxonomy: Taxonomy | None = None) -> dict[str, tuple[str, ...]]:
    """By layer, the groups that may count below the city: the first level of incidents, the others' own keys."""
    groups: dict[str, dict[str, None]] = {layer: {} for layer in FLOORS}
    for key, category in (taxonomy or read_taxonomy()).categories.items():
        if category.listed and category.public != "city":
            groups[category.layer][key.partition(".")[0] if category.layer == "incident" else key] = None
    return {layer: tuple(found) for layer, found in groups.items()}


def city_only_groups(taxonomy: Taxonomy | None = None) -> set[str]:
    """The categories that only the city may see, each a group of its own."""
    categories = (taxonomy or read_taxonomy()).categories
    return {key for key, category in categories.items() if category.public == "city" or not category.listed}


def groups_in(releases: Iterable[Release], groups: Mapping[str, Sequence[str]] | None = None) -> dict[str, list[str]]:
    """By layer, the groups that make up its total: those of the taxonomy, and any other that a figure names."""
    only = city_only_groups()
    found = {layer: list(names) for layer, names in (groups or public_groups()).items()}
    for release in releases:
        for figure in release.figures:
            names = found.setdefault(figure.layer, [])
            if figure.group is not None and figure.group not in only and figure.group not in names:
                names.append(figure.group)
    return found


def threshold_of(release: Release, figure: Figure) -> int:
    """The least that anything like the figure has to reach, by the rules that the release tells."""
    names = {"min_events": 5, "min_dispute_events": 10}
    least, dispute = (max(floor, int(release.rules.get(name, floor))) for name, floor in names.items())
    is_dispute = figure.layer == "dispute" or (figure.group or "").partition(".")[0] == "dispute"
    return max(least, dispute) if is_dispute else least


class Limits:
    """
    What each figure had to reach to be shown: told whenever it is small, and the same as long as the layout stays.

    A layout is known by its rules, its areas and which figures there are of them.

    Where a figure is small with other limits at other times, only its own word counts.
    """

    def __init__(self, releases: Iterable[Release]) -> None:
        """Collect what the small figures of all releases tell."""
        self.told: dict[tuple[object, ...], set[int]] = {}
        self.layouts: dict[int, tuple[object, ...]] = {}
        for release in releases:
            for figure in release.figures:
                if figure.below is not None:
                    self.told.setdefault(self._name(release, figure), set()).add(figure.below)

    def of(self, release: Release, figure: Figure) -> int:
        """The limit of one figure in one release."""
        told = self.told.get(self._name(release, figure), set())
        floor = threshold_of(release, figure)
        if figure.below is not None:
            return figure.below
        return max(floor, *told) if len(told) == 1 else floor

    def _name(self, release: Release, figure: Figure) -> tuple[object, ...]:
        if id(release) not in self.layouts:
            keys = frozenset(one.key for one in release.figures if one.area_id is not None)
            self.layouts[id(release)] = (keys, release.areas, repr(sorted(release.rules.items())))
        return (*figure.key, *self.layouts[id(release)])


def interval(
    figure: Figure, threshold: int, *, exact: bool = False, withheld_reaches: bool = False
) -> tuple[int, float]:
    """
    The counts that a published figure may stand for.

    Parameters
    ----------
    figure : Figure
    threshold : int
        What it had to reach to be shown.
    exact : bool
        The table was not rounded.
    withheld_reaches : bool
        The attacker knows that what is neither shown nor small was withheld for the sake of others, and reaches the
        threshold.
    """
    if figure.status == "small":
        return 0, (figure.below or threshold) - 1
    if figure.status == "withheld":
        return (threshold if withheld_reaches else 0), math.inf
    value = figure.value or 0
    if exact:
        return value, value
    low, high = max(value - ROUNDED_TO // 2, 0), value + ROUNDED_TO // 2
    # What is shown has reached the threshold; a value that cannot have was shown against the rule.
    return (max(low, threshold), high) if high >= threshold else (low, high)


def is_exact(release: Release) -> bool:
    """Whether the values show that they were not rounded."""
    return any((figure.value or 0) % ROUNDED_TO for figure in release.figures if figure.status == "shown")


def know(
    releases: Sequence[Release],
    *,
    pieces: Pieces | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    withheld_reaches: bool = False,
    nothing_elsewhere: bool = False,
) -> Knowledge:
    """
    Put everything published into one system of equations and bounds.

    Parameters
    ----------
    releases : sequence of Release
        All that were ever published.
    pieces : mapping of (period key, area id) to pieces, optional
        Where polygons changed between releases: the pieces of ground both can be put together from. Without it, equal
        ids mean equal ground.
    groups : mapping of layer to groups, optional
        Those of the taxonomy, if not given.
    withheld_reaches : bool
        See `interval`.
    nothing_elsewhere : bool
        A guess no release confirms: every event lies in some area.

    Returns
    -------
    Knowledge
        With the targets: every count of an area or the city, by layer, group and quarter, that is not rightly shown,
        the elsewhere of each, and what remains of a total when its shown parts are taken away.
    """
    known, exact, limits = Knowledge(), any(is_exact(release) for release in releases), Limits(releases)
    groups = groups_in(releases, groups)
    edges = sorted({day for release in releases for day in (release.period.start, release.period.end)})
    whole_city = sorted({piece for r in releases for a in r.areas for piece in _pieces(r, a.area_id, pieces)})
    for number, release in enumerate(releases):
        times = [i for i, day in enumerate(edges[:-1]) if release.period.start <= day < release.period.end]
        view = _View(release, times, pieces, whole_city, groups)
        for figure in release.figures:
            form = view.form(figure)
            low, high = interval(figure, limits.of(release, figure), exact=exact, withheld_reaches=withheld_reaches)
            known.figures.append((form, low, high, (number, figure.key)))
        known.targets += view.targets()
    for atom in sorted({atom for form, *_ in known.figures for atom in form} | _all_atoms(known.targets)):
        known.index(atom)
    _add_sums(known, groups)
    if nothing_elsewhere:
        for atom in [atom for atom in known.atoms if atom[0] == ELSEWHERE]:
            known.figures.append((frozenset({atom}), 0, 0, (-1, "nothing elsewhere")))
    return known


def _all_atoms(targets: Iterable[Target]) -> set[Atom]:
    return {atom for target in targets for atom in target.form}


def _pieces(release: Release, area_id: str, pieces: Pieces | None) -> tuple[str, ...]:
    return tuple((pieces or {}).get((release.period.key, area_id), (area_id,)))


def _add_sums(known: Knowledge, groups: Mapping[str, Sequence[str]]) -> None:
    """Groups make up the total of their piece, and so do the quarters, the unknown one among them."""
    kinds: dict[tuple[str, int, str], set[str]] = {}
    for piece, time, layer, kind, _ in known.atoms:
        kinds.setdefault((piece, time, layer), set()).add(kind)
    for (piece, time, layer), found in sorted(kinds.items()):
        total = (piece, time, layer, "total", "")
        for kind in sorted(found & {"group", "day", "week"}):
            names = groups[layer] if kind == "group" else QUARTERS[kind]
            parts = frozenset((piece, time, layer, kind, name) for name in names)
            for atom in (*sorted(parts), total):
                known.index(atom)
            known.equal.append((parts, total))


class _View:
    """One release: the form of each of its figures, and the counts it should keep."""

    def __init__(
        self,
        release: Release,
        times: Sequence[int],
        pieces: Pieces | None,
        whole_city: Sequence[str],
        groups: Mapping[str, Sequence[str]],
    ) -> None:
        self.release, self.times, self.groups = release, times, groups
        self.ground: dict[str | None, tuple[str, ...]] = {
            area.area_id: _pieces(release, area.area_id, pieces) for area in release.areas
        }
        own = {piece for found in self.ground.values() for piece in found}
        # Ground that a later map draws, and this release's own does not, is elsewhere to this release.
        self.elsewhere = (*[piece for piece in whole_city if piece not in own], ELSEWHERE) if pieces else (ELSEWHERE,)
        self.ground[None] = (*sorted(own), *self.elsewhere)
        self.published = {figure.key: figure for figure in release.figures}

    def form(self, figure: Figure) -> Form:
        what = figure.table.partition("_")[2]
        if what == "layer":
            return self._sum(figure.area_id, figure.layer, "total", "")
        if what == "group":
            if figure.group not in self.groups[figure.layer]:
                return frozenset(("*", time, figure.layer, "alone", str(figure.group)) for time in self.times)
            return self._sum(figure.area_id, figure.layer, "group", str(figure.group))
        if what == "settled":
            return self._sum(figure.area_id, figure.layer, "settled", str(figure.group or ""))
        return self._sum(figure.area_id, figure.layer, what, str(figure.part))

    def _sum(self, area_id: str | None, layer: str, kind: str, name: str) -> Form:
        return frozenset((piece, time, layer, kind, name) for piece in self.ground[area_id] for time in self.times)

    def targets(self) -> list[Target]:
        found: list[Target] = []
        layers = sorted({figure.layer for figure in self.release.figures})
        kinds = {
            (figure.layer, figure.table.partition("_")[2])
            for figure in self.release.figures
            if figure.table.partition("_")[2] in QUARTERS
        }
        for layer in layers:
            parts = [("layer", None, ""), *(("group", group, group) for group in self.groups[layer])]
            parts += [(what, part, part) for what in QUARTERS if (layer, what) in kinds for part in QUARTERS[what]]
            for area_id in sorted(area.area_id for area in self.release.areas):
                for what, group_or_part, name in parts:
                    if not self._rightly_shown(f"area_{what}", area_id, layer, group_or_part):
                        kind = "total" if what == "layer" else what
                        found.append(self._target("area", area_id, layer, kind, name))
                found += self._rest_of_area(area_id, layer)
            for what, group_or_part, name in parts:
                kind = "total" if what == "layer" else what
                if what in QUARTERS and not any(f.table == f"city_{what}" for f in self.release.figures):
                    continue
                if not self._rightly_shown(f"city_{what}", None, layer, group_or_part):
                    found.append(self._target("city", None, layer, kind, name))
                found += self._rest_of_city(what, layer, kind, name)
        for figure in self.release.figures:
            alone = figure.table == "city_group" and figure.group not in self.groups[figure.layer]
            settled = figure.table == "area_settled"
            if (alone or settled) and not self._right(figure):
                name = (self.release.period.key, figure.table, str(figure.area_id), figure.layer, str(figure.group))
                found.append(Target("settled" if settled else "city only", name, self.form(figure)))
        return found

    def _right(self, figure: Figure) -> bool:
        reached = (figure.value or 0) + ROUNDED_TO // 2 >= threshold_of(self.release, figure)
        return figure.status == "shown" and reached

    def _rightly_shown(self, table: str, area_id: str | None, layer: str, name: str | None) -> bool:
        key = (
            table,
            area_id,
            layer,
            name if table.endswith("group") else None,
            name if table[5:] in QUARTERS else None,
        )
        figure = self.published.get(key)
        return figure is not None and self._right(figure)

    def _target(self, kind: str, area_id: str | None, layer: str, what: str, name: str) -> Target:
        label = (self.release.period.key, str(area_id or "city"), layer, what, name)
        return Target(kind, label, self._sum(area_id, layer, what, name))

    def _rest_of_area(self, area_id: str, layer: str) -> list[Target]:
        """What remains of an area's layer without the groups that are shown."""
        hidden = [g for g in self.groups[layer] if not self._rightly_shown("area_group", area_id, layer, g)]
        if len(hidden) in (0, 1, len(self.groups[layer])):
            return []
        form = frozenset().union(*(self._sum(area_id, layer, "group", group) for group in hidden))
        return [Target("rest of area", (self.release.period.key, area_id, layer), form)]

    def _rest_of_city(self, what: str, layer: str, kind: str, name: str) -> list[Target]:
        """What lies elsewhere, and what remains of the city's figure without the areas whose own is shown."""
        key = (self.release.period.key, layer, kind, name)
        part = None if what == "layer" else name
        hidden = [
            area.area_id
            for area in self.release.areas
            if not self._rightly_shown(f"area_{what}", area.area_id, layer, part)
        ]
        elsewhere = frozenset((piece, time, layer, kind, name) for piece in self.elsewhere for time in self.times)
        found = [Target("elsewhere", key, elsewhere)]
        if 0 < len(hidden) < len(self.release.areas):
            form = elsewhere.union(*(self._sum(area_id, layer, kind, name) for area_id in hidden))
            found.append(Target("rest of city", key, form))
        return found
