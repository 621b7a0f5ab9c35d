"""Which columns tell of place, and what the rows at one shared point say in them beside rows elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from geo.text_columns import TextColumn

PLACELIKE = 0.6  # agreement of rows at one place, beyond chance, from which a column tells of place
FEW_PAIRS = 30
AREA_SHARE = 0.34  # distinct texts to distinct places: at most that many where texts name areas, not addresses
KIND_VALUES = 400
NEAR_ROWS, NEAR_METRES = 40, 1500.0
ONE_RATIO, ONE_MIDDLE, ONE_LEAST = 4.0, 0.35, 4  # one default an area: above the next there, how near its middle, areas


@dataclass(eq=False)
class Sample:
    """
    Rows looked at: those of `tops` large places (`group` 0 …) and of some others (`group` −1).

    `metres` (n, 2) in a local plane; `first` finds one row of each top, `top_rows` in the table, whose degrees are
    `lon`, `lat`.
    """

    rows: np.ndarray
    group: np.ndarray
    keys: np.ndarray
    metres: np.ndarray
    tops: int
    first: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    top_rows: np.ndarray

    def __post_init__(self) -> None:
        self.here = self.group >= 0
        self.size = np.bincount(self.group[self.here], minlength=self.tops)
        others = np.flatnonzero(~self.here)
        self.others = others[np.argsort(self.keys[others], kind="stable")]
        self.spots = self.metres[self.first]

    def neighbors(self) -> np.ndarray:
        """Pairs (n, 2) of rows of other places next to each other in space."""
        some = self.others[:: max(len(self.others) // 3000, 1)]
        spots, where = np.unique(self.metres[some], axis=0, return_index=True)
        if len(spots) < 3:
            return np.empty((0, 2), np.intp)
        _, near = cKDTree(spots).query(spots, k=2)
        return np.column_stack([some[where], some[where[near[:, 1]]]])

    def around(self, place: int) -> np.ndarray:
        """The other rows nearest to a top place, within reach."""
        if not len(self.others):
            return self.others
        offset = self.metres[self.others] - self.spots[place]
        far = np.einsum("ij,ij->i", offset, offset)
        near = np.argpartition(far, min(NEAR_ROWS, len(far) - 1))[:NEAR_ROWS]
        return self.others[near[far[near] <= NEAR_METRES**2]]


@dataclass(frozen=True)
class Lack:
    """
    The column in which a place lacks most beyond what is usual: its share of blanks and the usual one.

    `of_area`: some column that it lacks names areas; `several`: it lacks more than one.
    """

    column: str = ""
    blank: float = 0.0
    usual: float = 0.0
    excess: float = 0.0
    of_area: bool = False
    several: bool = False


@dataclass(eq=False)
class Judged:
    """What the columns say of each top place; `areas`: what `area_middles` needs."""

    foreign: np.ndarray
    names: np.ndarray
    many: np.ndarray
    texts: np.ndarray
    alike: np.ndarray
    lift: np.ndarray
    named: np.ndarray
    lacks: list[Lack]
    areas: list[tuple[np.ndarray, ...]]
    named_in: list[str] = field(default_factory=list)
    usual_foreign: float = 0.0
    usual_alike: float = 1.0


def judge_columns(columns: Mapping[str, TextColumn], category: str | None, sample: Sample) -> Judged:
    """Judge every column: one of areas, of addresses, of kinds, or none of these."""
    n = sample.tops
    judged = Judged(
        np.zeros(n), np.zeros(n, np.int64), np.zeros(n), np.zeros(n, np.int64), np.ones(n), np.ones(n),
        np.zeros(n, bool), [Lack()] * n, [],
    )  # fmt: skip
    others = sample.others
    same = np.flatnonzero(sample.keys[others[1:]] == sample.keys[others[:-1]])
    same_pairs = np.column_stack([others[same], others[same + 1]])
    near_pairs = sample.neighbors()
    n_places = len(np.unique(sample.keys[others]))
    likes = []
    for name, column in columns.items():
        given = column.codes_of(sample.rows)
        codes = pd.factorize(given, sort=False)[0].astype(np.int64)
        codes[given < 0] = -1
        rest = codes[others]
        filled = rest[rest >= 0]
        if len(filled) < 20:
            continue
        counts = np.bincount(filled)
        distinct, chance = int((counts > 0).sum()), _pairs(counts)
        if distinct < 2 or chance > 0.95:
            continue
        at_one, beside = _agreement(codes, same_pairs), _agreement(codes, near_pairs)
        together = max(at_one, beside)
        if (together - chance) / (1 - chance) >= PLACELIKE:
            is_area = distinct <= AREA_SHARE * n_places
            _judge_lack(judged, name, codes, is_area, sample)
            _judge_names(judged, name, codes, at_one or together, is_area, sample)
        elif name == category or (distinct <= KIND_VALUES and distinct <= 0.2 * len(filled)):
            likes.append(_likeness(codes, counts, chance, sample))
    if likes:
        _judge_kinds(judged, likes)
    return judged


def _pairs(counts: np.ndarray) -> float:
    """The share of pairs of rows that agree."""
    total = int(counts.sum())
    return float((counts * (counts - 1.0)).sum() / (total * (total - 1.0))) if total > 1 else 1.0


def _agreement(codes: np.ndarray, pairs: np.ndarray) -> float:
    """The share of pairs of filled cells that agree; 0 where few are."""
    one, other = codes[pairs[:, 0]], codes[pairs[:, 1]]
    both = (one >= 0) & (other >= 0)
    return float((one == other)[both].mean()) if np.count_nonzero(both) >= FEW_PAIRS else 0.0


def _by_place(codes: np.ndarray, sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each text at each top place: the place, the text, how many rows."""
    width = int(codes.max(initial=0)) + 1
    mine = sample.here & (codes >= 0)
    found, n = np.unique(sample.group[mine] * width + codes[mine], return_counts=True)
    return found // width, found % width, n


def _judge_lack(judged: Judged, name: str, codes: np.ndarray, is_area: bool, sample: Sample) -> None:
    """Blanks at a place beside those elsewhere, and those around it: beyond the city's border all lack a ward."""
    blank = np.bincount(sample.group[sample.here & (codes < 0)], minlength=sample.tops) / sample.size
    usual = float((codes[sample.others] < 0).mean())
    for i in np.flatnonzero(blank >= usual + 0.2).tolist():
        around = sample.around(i)
        expected = max(usual, float((codes[around] < 0).mean()) if len(around) >= 10 else usual)
        excess, before = float(blank[i] - expected), judged.lacks[i]
        both = excess >= 0.3 and before.excess >= 0.3
        first = (
            before
            if before.excess >= excess
            else Lack(name, float(blank[i]), expected, excess, is_area, before.several)
        )
        of_area = before.of_area or (is_area and excess >= 0.3)
        judged.lacks[i] = Lack(
            first.column, first.blank, first.usual, first.excess, of_area, before.several or both
        )  # fmt: skip


def _judge_names(judged: Judged, name: str, codes: np.ndarray, together: float, is_area: bool, sample: Sample) -> None:
    place, text, n = _by_place(codes, sample)
    filled = np.bincount(place, weights=n, minlength=sample.tops)
    agree = np.bincount(place, weights=n * (n - 1.0), minlength=sample.tops) / np.maximum(filled * (filled - 1), 1)
    distinct = np.bincount(place, minlength=sample.tops)
    if not is_area:
        apart = np.where(filled >= 8, 1 - agree, 0.0)
        strange = (apart - max(1 - together, float(np.median(apart))) >= 0.5) & (distinct >= 5)
        judged.many = np.maximum(judged.many, np.where(strange, apart, 0))
        judged.texts = np.maximum(judged.texts, np.where(strange, distinct, 0))
        return
    mode = np.zeros(sample.tops)
    np.maximum.at(mode, place, n / np.maximum(filled[place], 1))
    judged.named |= (filled >= 0.95 * sample.size) & (mode >= 0.97)
    # Names from elsewhere: a place on a border names its neighbors, a default names areas whose rows lie far away.
    middle, reach, known = _areas(codes, sample)
    judged.named_in.append(name)
    judged.areas.append((place, text, n, middle, reach, known))
    far = known[text] & (np.hypot(*(sample.spots[place] - middle[text]).T) > 2 * np.maximum(reach[text], 50.0))
    foreign = np.bincount(place[far], weights=n[far], minlength=sample.tops)
    kinds = np.bincount(place[far], minlength=sample.tops)
    share = np.where(kinds >= 3, foreign / sample.size, 0.0)
    better = share > judged.foreign
    judged.foreign = np.where(better, share, judged.foreign)
    judged.names = np.where(
        better, distinct, np.where(judged.foreign > 0, judged.names, np.maximum(judged.names, distinct))
    )
    judged.usual_foreign = max(judged.usual_foreign, min(float(np.median(share)), 0.2))


def _areas(codes: np.ndarray, sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middle and reach of the other rows that name each text, and which texts enough of them name."""
    others = sample.others[codes[sample.others] >= 0]
    width = int(codes.max(initial=0)) + 1
    text, spots = codes[others], sample.metres[others]
    count = np.bincount(text, minlength=width)
    begin = np.cumsum(count) - count
    some = np.maximum(count, 1)

    def ranked(values: np.ndarray, share: float) -> np.ndarray:
        in_order = np.append(values[np.lexsort((values, text))], 0.0)
        return np.where(count > 0, in_order[np.minimum(begin + (share * (some - 1)).astype(np.intp), len(values))], 0.0)

    middle = np.column_stack([ranked(spots[:, axis], 0.5) for axis in (0, 1)])
    reach = ranked(np.hypot(*(spots - middle[text]).T), 0.9)
    return middle, reach, count >= 5


def _likeness(
    codes: np.ndarray, counts: np.ndarray, chance: float, sample: Sample
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """How like the whole city's the kinds of each top place are (1: a sample of it), and how many in effect."""
    place, text, n = _by_place(codes, sample)
    filled = np.bincount(place, weights=n, minlength=sample.tops)
    share = np.append(counts / counts.sum(), np.zeros(int(codes.max(initial=0)) + 1 - len(counts)))
    # Pairs of rows of one place without the row itself, so that few rows do not look skewed by chance.
    own = np.bincount(place, weights=n * (n - 1.0), minlength=sample.tops) / np.maximum(filled * (filled - 1), 1)
    cross = np.bincount(place, weights=n * share[text], minlength=sample.tops) / np.maximum(filled, 1)
    alike = np.where(filled >= 8, np.minimum(cross / np.sqrt(np.maximum(own, 1e-9) * chance), 1.0), 1.0)
    return alike, 1 / np.maximum(own, 1 / np.maximum(filled, 1))


def _judge_kinds(judged: Judged, likes: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """The column in which busy places differ most from the whole city tells best who does not."""
    usual = [float(np.median(alike)) for alike, _ in likes]
    best = int(np.argmin(usual))
    alike, effective = likes[best]
    judged.alike, judged.usual_alike = alike, usual[best]
    judged.lift = effective / max(float(np.median(effective)), 1e-9)


def area_middles(areas: list[tuple[np.ndarray, ...]], sample: Sample, sizes: np.ndarray, least: int) -> np.ndarray:
    """Which top places lie near the middle of their area, far above all others in it, where most areas have one."""
    chosen = np.zeros(sample.tops, bool)
    for place, text, n, middle, reach, known in areas:
        clear = n >= 0.9 * sample.size[place]
        at, named = place[clear], text[clear]
        hits = []
        for area in np.unique(named):
            tops = at[named == area]
            order = tops[np.argsort(-sizes[tops])]
            second = sizes[order[1]] if len(order) > 1 else least
            away = np.hypot(*(sample.spots[order[0]] - middle[area]))
            if known[area] and sizes[order[0]] >= ONE_RATIO * second and away <= ONE_MIDDLE * reach[area]:
                hits.append(int(order[0]))
        if len(hits) >= max(ONE_LEAST, 0.5 * int(known.sum())):
            chosen[hits] = True
    return chosen
