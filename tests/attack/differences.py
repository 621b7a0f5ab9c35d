"""Sums anybody can do: totals minus parts inside a release, and one release minus another. Intervals, no program."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from geo.release_types import Release
from tests.attack.knowledge import (
    ELSEWHERE,
    QUARTERS,
    ROUNDED_TO,
    Knowledge,
    Limits,
    Pieces,
    groups_in,
    interval,
    is_exact,
    know,
    threshold_of,
)

VALUES = 5
# Area ("" elsewhere, None the city), layer, kind (total, group, day, week), which of the kind.
Cell = tuple[str | None, str, str, str]
Interval = tuple[float, float]
UNKNOWN: Interval = (0.0, math.inf)


@dataclass
class Tally:
    """Attempts and what they hit, by attack."""

    attempts: dict[str, int] = field(default_factory=dict)
    hits: dict[str, list[str]] = field(default_factory=dict)

    def add(self, attack: str, attempts: int, hits: Sequence[object] = ()) -> None:
        """Count attempts of an attack, and keep the hits in words."""
        self.attempts[attack] = self.attempts.get(attack, 0) + attempts
        self.hits.setdefault(attack, []).extend(map(str, hits))

    def join(self, other: "Tally") -> None:
        """Take another tally in."""
        for attack, attempts in other.attempts.items():
            self.add(attack, attempts, other.hits.get(attack, []))

    @property
    def all_hits(self) -> list[str]:
        """Every hit, with the attack's name before it."""
        return [f"{attack}: {hit}" for attack, hits in self.hits.items() for hit in hits]

    def lines(self) -> list[str]:
        """The table as text."""
        rows = [f"{attack:<52}{n:>12,}{len(self.hits.get(attack, [])):>8,}" for attack, n in self.attempts.items()]
        total = f"{'all':<52}{sum(self.attempts.values()):>12,}{len(self.all_hits):>8,}"
        return [f"{'attack':<52}{'attempts':>12}{'hits':>8}", *rows, total]


def totals_minus_parts(release: Release, groups: Mapping[str, Sequence[str]] | None = None) -> Tally:
    """
    Every total minus its parts, and every part as its total minus the others, again and again until nothing moves.

    Totals and parts are an area's layer and its groups, quarters of day and week; the city's layer, groups, quarters
    and those of its areas; whatever lies elsewhere is one more part.
    """
    bounds, shown = _cells(release)
    sums = _sums(release, groups_in([release], groups))
    attempts, moved = 0, True
    while moved:
        moved = False
        for whole, parts in sums:
            attempts += len(parts) + 1
            moved |= _tighten(whole, parts, bounds)
    name = "totals minus parts"
    hits = [
        f"{release.period.key} {cell} in {low:.0f}..{high:.0f}"
        for cell, (low, high) in bounds.items()
        if cell not in shown and high - low + 1 < VALUES
    ]
    for whole, parts in sums:
        hidden = [part for part in parts if part not in shown]
        if 1 < len(hidden) < len(parts):
            attempts += 1
            seen = [bounds[part] for part in parts if part in shown]
            low, high = bounds[whole]
            low, high = max(low - sum(h for _, h in seen), 0), high - sum(low for low, _ in seen)
            if high - low + 1 < VALUES:
                hits.append(f"{release.period.key} rest of {whole} in {low:.0f}..{high:.0f}")
    tally = Tally()
    tally.add(name, attempts, hits)
    return tally


def _cells(release: Release) -> tuple[dict[Cell, Interval], set[Cell]]:
    exact, limits = is_exact(release), Limits([release])
    bounds, shown = dict[Cell, Interval](), set[Cell]()
    for figure in release.figures:
        what = figure.table.partition("_")[2]
        kind = "total" if what == "layer" else what
        cell = (figure.area_id, figure.layer, kind, str(figure.group or figure.part or ""))
        low, high = interval(figure, limits.of(release, figure), exact=exact)
        before = bounds.get(cell, UNKNOWN)
        bounds[cell] = max(low, before[0]), min(high, before[1])
        if figure.status == "shown" and (figure.value or 0) + ROUNDED_TO // 2 >= threshold_of(release, figure):
            shown.add(cell)
    return bounds, shown


def _sums(release: Release, groups: Mapping[str, Sequence[str]]) -> list[tuple[Cell, list[Cell]]]:
    areas: list[str] = [area.area_id for area in release.areas]
    published = {figure.table for figure in release.figures}
    sums: list[tuple[Cell, list[Cell]]] = []
    for layer in sorted({figure.layer for figure in release.figures}):
        own = {"group": groups[layer], **{k: v for k, v in QUARTERS.items() if f"area_{k}" in published}}
        for area in (*areas, ELSEWHERE, None):
            for kind, names in own.items():
                sums.append(((area, layer, "total", ""), [(area, layer, kind, name) for name in names]))
        for kind, names in {"total": ("",), **own}.items():
            for name in names:
                parts: list[Cell] = [(area, layer, kind, name) for area in (*areas, ELSEWHERE)]
                sums.append(((None, layer, kind, name), parts))
    return sums


def _tighten(whole: Cell, parts: list[Cell], bounds: dict[Cell, Interval]) -> bool:
    """Make the total and each part as narrow as the others make it; whether anything moved."""
    own = [bounds.setdefault(part, UNKNOWN) for part in parts]
    low, high = bounds.setdefault(whole, UNKNOWN)
    least, most = sum(low for low, _ in own), sum(high for _, high in own)
    new: dict[Cell, Interval] = {whole: (max(low, least), min(high, most))}
    low, high = new[whole]
    unbounded = sum(math.isinf(h) for _, h in own)
    finite = sum(h for _, h in own if not math.isinf(h))
    for part, (a, b) in zip(parts, own, strict=True):
        others = math.inf if unbounded - math.isinf(b) else finite - (0 if math.isinf(b) else b)
        new[part] = max(a, low - others), min(b, high - (least - a))
    moved = any(bounds[cell] != interval_ for cell, interval_ in new.items())
    bounds.update(new)
    return moved


def pairs_of_releases(releases: Sequence[Release], pieces: Pieces | None = None) -> Tally:
    """
    Every figure of every release minus the same figure of every other.

    Where one counts ground and time that hold the other's, the difference is a count of what lies between; the same
    ground and time twice, with two answers, tells what came late or was taken back.
    """
    known = know(releases, pieces=pieces)
    by_release: list[list[int]] = [[] for _ in releases]
    for i, (*_, (number, _)) in enumerate(known.figures):
        by_release[number].append(i)
    tally = Tally()
    for first, second in itertools.combinations(range(len(releases)), 2):
        attempts, hits = _pair(known, by_release[first], by_release[second])
        one, other = releases[first].period, releases[second].period
        apart = one.end <= other.start or other.end <= one.start
        tally.add("differences of all pairs" + ("" if apart else ", sharing days"), attempts, hits)
    return tally


def _pair(known: Knowledge, first: list[int], second: list[int]) -> tuple[int, list[str]]:
    """Differences of two releases' figures of one kind; those that share no atom are no count of anything."""
    attempts, hits = 0, []
    kinds: dict[tuple[str, str, str], list[int]] = {}
    for j in second:
        kinds.setdefault(_kind(known, j), []).append(j)
    for i in first:
        a, low_a, high_a, (_, name) = known.figures[i]
        for j in kinds.get(_kind(known, i), []):
            b, low_b, high_b, (_, other) = known.figures[j]
            attempts += name == other or bool(a & b)
            if a == b:
                if (low_a, high_a) != (low_b, high_b):
                    hits.append(f"{name} is told as {low_a}..{high_a} and as {low_b}..{high_b}")
            elif a < b or b < a:
                low, high = (low_b - high_a, high_b - low_a) if a < b else (low_a - high_b, high_a - low_b)
                if high - max(low, 0) + 1 < VALUES:
                    hits.append(f"{name} and {other}: what lies between in {max(low, 0)}..{high}")
    return attempts, hits


def _kind(known: Knowledge, i: int) -> tuple[str, str, str]:
    _, _, layer, kind, name = next(iter(known.figures[i][0]))
    return layer, kind, name
