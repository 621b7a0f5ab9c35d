"""
Points that stand for "somewhere": an office's address, the middle of a district, whatever a system fills in.

Judged are the places that most rows share, each beside places sampled from the rest. A real busy place shares its
names with its neighbors and has events of its own kinds; a default names other parts of the city, lacks what rows
elsewhere have, or mixes events as only the whole city does. No header and no place is known here: which columns
tell of place is seen from rows at one point, or next to one another, agreeing in them. Nothing is dropped; rows at a
default keep their point, and `geo.point_precision` says that it is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo.shared_places import Sample, area_middles, judge_columns
from geo.text_columns import TextColumn

TOP = 48  # places judged
LEAST_ROWS, LEAST_SHARE = 10, 0.0005  # of a place that is looked at
MIN_ROWS = 12  # of a default
ROWS = 1_000  # looked at of each
SAMPLE = 6_000  # rows of other places, all rows of a place or none
FOREIGN, LACKS, MANY = 0.3, 0.3, 0.5  # shares, above what is usual, from which a sign counts
ALIKE, UNLIKE = 0.9, 0.75  # likeness of kinds to the whole city: as a sample of it; as a place of its own
FAR_SHARE, FAR_ROWS, FAR_TIMES, ALONE_TIMES = 0.05, 100, 10, 20  # far above all other places
SURE_SIGNS = ("elsewhere", "one_per_area")


@dataclass(frozen=True)
class DefaultPoint:
    """
    One point set aside, or suspected (`aside` False), in degrees, with its evidence as figures.

    `signs` are keys under `points.sign.`, worded with `facts`; `area` says that it is the middle of an area and stands
    for it. `where` are the positions of its rows.
    """

    lon: float
    lat: float
    rows: int
    share: float
    next: int
    name: str
    signs: tuple[str, ...]
    facts: Mapping[str, Any]
    aside: bool
    area: bool
    where: np.ndarray = field(repr=False, compare=False)


@dataclass(eq=False)
class Places:
    """The distinct places of rows with a point: 64-bit keys a row, and sorted keys with their counts."""

    rows: np.ndarray  # positions in the table of the rows with a point
    keys: np.ndarray
    distinct: np.ndarray
    counts: np.ndarray

    def most(self) -> np.ndarray:
        """Which distinct places hold the most rows, at most `TOP`, the largest first."""
        least = max(LEAST_ROWS, int(np.ceil(LEAST_SHARE * len(self.keys))))
        large = np.flatnonzero(self.counts >= least)
        return large[np.argsort(-self.counts[large], kind="stable")][:TOP]

    def rows_of(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions among `keys` of the rows at these places, and at which of the places each lies."""
        wanted = self.distinct[places]
        # Keys are spread evenly, so their first bits tell nearly all others apart at the cost of one look.
        maybe = np.zeros(1 << 16, bool)
        maybe[(wanted >> np.uint64(48)).astype(np.intp)] = True
        found = np.flatnonzero(maybe[(self.keys >> np.uint64(48)).astype(np.intp)])
        order = np.argsort(wanted)
        at = np.minimum(np.searchsorted(wanted[order], self.keys[found]), len(wanted) - 1)
        same = wanted[order][at] == self.keys[found]
        return found[same], order[at[same]]

    def sample(self, size: int) -> np.ndarray:
        """Positions of rows at a random part of all places, about `size`: all rows of a place, or none."""
        if len(self.keys) <= size:
            return np.arange(len(self.keys))
        return np.flatnonzero(self.keys < np.uint64(int(size / len(self.keys) * 2.0**64)))


def find_places(rows: np.ndarray, keys: np.ndarray) -> Places:
    """Count the rows of each place by its key."""
    in_order = np.sort(keys)
    begins = np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1])) if len(keys) else np.empty(0, np.intp)
    return Places(rows, keys, in_order[begins], np.diff(np.append(begins, len(keys))))


def find_defaults(
    places: Places, lon: np.ndarray, lat: np.ndarray, raw: tuple[np.ndarray, np.ndarray],
    columns: Mapping[str, TextColumn], category: str | None, units: Any,
) -> list[DefaultPoint]:  # fmt: skip
    """
    Say which places are defaults, and which cannot be told from one.

    Parameters
    ----------
    places : Places
    lon, lat : arrays of n floats
        Degrees of all rows of the table.
    raw : pair of arrays of n floats
        The coordinates as the file writes them; how round they are is a sign.
    columns : mapping of name to TextColumn
        All columns but those of coordinates. Cells are compared, never kept.
    category : str, optional
        The column of kinds.
    units : GeoDataFrame or None
        Leaf neighborhoods in EPSG:4326.

    Returns
    -------
    list of DefaultPoint
        The largest first; those with `aside` False are only to be told.

    Notes
    -----
    Time grows with the rows by three comparisons of keys; all else looks at 48 places and 6,000 rows.
    """
    most = places.most()
    total = len(places.keys)
    if not len(most) or len(places.counts) < 2 or places.counts[most[0]] < MIN_ROWS:
        return []
    here, group = places.rows_of(most)
    sampled = places.sample(SAMPLE)
    sampled = sampled[~np.isin(sampled, here, assume_unique=True)]
    sample = _sample(places, most, here, group, sampled, lon, lat)
    found = judge_columns(columns, category, sample)
    middles, of_unit = _middles(sample, raw, places, units)
    per_area = area_middles(
        found.areas, sample, places.counts[most], LEAST_ROWS if len(most) < TOP else int(places.counts[most[-1]])
    )
    rounded = _rounder(raw, sample.top_rows, places.rows[sampled])
    sizes = places.counts[most]
    judged: list[DefaultPoint] = []
    signs = [_signs(i, found, middles, per_area, rounded, sizes, total) for i in range(len(most))]
    aside = np.array([_is_default(one) for one in signs])
    rest = np.where(aside, 0, sizes)
    other = int(places.counts[~np.isin(np.arange(len(places.counts)), most)].max(initial=0))
    left = max(int(rest.max(initial=0)), other)
    for i in range(len(most)):
        beside = max(int(np.delete(rest, i).max(initial=0)), other)
        far = sizes[i] >= max(FAR_SHARE * total, FAR_ROWS)
        one = signs[i]
        default = bool(aside[i])
        if not default and far and not one["named"] and not one["skewed"]:
            times = FAR_TIMES if "mixed" in one["signs"] else ALONE_TIMES
            default = sizes[i] >= times * max(beside, 1)
        elif not default and far and "mixed" in one["signs"]:
            default = sizes[i] >= FAR_TIMES * max(beside, 1)
        suspect = sizes[i] >= 0.02 * total and sizes[i] >= 4 * max(beside, 1) and sizes[i] >= 30
        if sizes[i] < MIN_ROWS or not (default or suspect):
            continue
        shown = list(one["signs"])
        if sizes[i] >= 4 * max(left if not default else beside, 1):
            shown.append("far_above")
        where = places.rows[here[group == i]]
        if "lacks" in shown:
            named = [len(np.setdiff1d(columns[name].codes_of(where), [-1])) for name in found.named_in]
            one["facts"]["names"] = max(named, default=0)
            one["facts"]["blank"] = float(np.mean(~columns[one["facts"]["column"]].is_filled[where]))
        judged.append(
            DefaultPoint(
                lon=round(float(sample.lon[i]), 6), lat=round(float(sample.lat[i]), 6), rows=int(sizes[i]),
                share=float(sizes[i] / total), next=beside, name=of_unit[i], signs=tuple(shown), facts=one["facts"],
                aside=default, area=default and ("middle" in shown or "one_per_area" in shown) and not one["scattered"],
                where=where,
            )
        )  # fmt: skip
    return judged


def _sample(
    places: Places, most: np.ndarray, here: np.ndarray, group: np.ndarray, sampled: np.ndarray,
    lon: np.ndarray, lat: np.ndarray,
) -> Sample:  # fmt: skip
    # Of a large place some rows, spread over the file, say as much as all.
    order = np.argsort(group, kind="stable")
    count = np.bincount(group, minlength=len(most))
    rank = np.arange(len(here)) - np.repeat(np.cumsum(count) - count, count)
    kept = order[rank % np.maximum(count // ROWS, 1)[group[order]] == 0]
    here, group = here[kept], group[kept]
    first = np.zeros(len(most), np.intp)
    first[group] = np.arange(len(here))
    at = places.rows[here[first]]
    rows = np.concatenate([places.rows[here], places.rows[sampled]])
    scale = np.cos(np.radians(np.median(lat[at])))
    metres = np.column_stack([lon[rows] * scale, lat[rows]]) * 111_195.0
    groups = np.concatenate([group, np.full(len(sampled), -1)])
    keys = np.concatenate([places.keys[here], places.keys[sampled]])
    return Sample(rows, groups, keys, metres, len(most), first, lon[at], lat[at], at)


def _signs(
    i: int, found: Any, middles: np.ndarray, per_area: np.ndarray, rounded: np.ndarray, sizes: np.ndarray, total: int
) -> dict[str, Any]:  # fmt: skip
    """The signs of one place, and whether names or kinds speak for a place of its own."""
    signs: list[str] = []
    facts: dict[str, Any] = {}
    if found.foreign[i] >= FOREIGN + found.usual_foreign and found.foreign[i] * sizes[i] >= 8:
        signs.append("elsewhere")
        facts |= {"elsewhere": float(found.foreign[i]), "names": int(found.names[i])}
    lack = found.lacks[i]
    if lack.excess >= LACKS and lack.excess * sizes[i] >= 8:
        signs.append("lacks")
        facts |= {"column": lack.column, "blank": lack.blank, "blank_else": lack.usual, "names": int(found.names[i])}
    if found.many[i] >= MANY:
        signs.append("many_names")
        facts |= {"texts": int(found.texts[i])}
    if found.alike[i] >= ALIKE and found.usual_alike <= ALIKE - 0.1 and sizes[i] >= 20:
        signs.append("mixed")
        facts |= {"alike": float(found.alike[i]), "alike_else": float(found.usual_alike)}
        facts |= {"lift": float(found.lift[i])}
    if rounded[i]:
        signs.append("rounded")
    if middles[i] > 0:
        signs.append("middle")
        facts |= {"exact": bool(middles[i] > 1)}
    if per_area[i]:
        signs.append("one_per_area")
        facts |= {"areas": int(per_area.sum())}
    facts |= {"share": float(sizes[i] / total)}
    return {
        "signs": signs, "facts": facts, "named": bool(found.named[i]), "skewed": bool(found.alike[i] < UNLIKE),
        "partly": bool(0.05 < lack.blank < 0.95), "area_lacks": lack.of_area, "several": lack.several,
        "scattered": "elsewhere" in signs or found.names[i] >= 5,
    }  # fmt: skip


def _is_default(one: Mapping[str, Any]) -> bool:
    """Whether the signs suffice: names from elsewhere do alone, every other needs a second one of another kind."""
    signs = set(one["signs"])
    if signs & set(SURE_SIGNS):
        return True
    more = signs & {"mixed", "rounded", "middle"}
    if "lacks" in signs and (more or (one["area_lacks"] and not one["named"] and (one["partly"] or one["several"]))):
        return True
    if "many_names" in signs and (more or (not one["named"] and not one["skewed"])):
        return True
    if "middle" in signs and ((one["facts"]["exact"] and not one["skewed"]) or more - {"middle"}):
        return True
    return {"mixed", "rounded"} <= signs


def _middles(
    sample: Sample, raw: tuple[np.ndarray, np.ndarray], places: Places, units: Any
) -> tuple[np.ndarray, list[str]]:  # fmt: skip
    """Whether each place is the middle of a polygon: 2 to the metre or as rounded, 1 about; and the unit it lies in."""
    exact = np.zeros(sample.tops, np.int8)
    names = [""] * sample.tops
    if units is None or not len(units):
        return exact, names
    shapes = np.asarray(units.geometry.to_numpy(), dtype=object)
    points = np.asarray(shapely.points(sample.lon, sample.lat))
    place, unit = shapely.STRtree(points).query(shapes, predicate="intersects")[::-1]
    for p, u in zip(place.tolist(), unit.tolist(), strict=True):
        names[p] = names[p] or str(units["name"].iloc[u])
    # Where the polygons are many, only those around a place are measured: another one's middle lies elsewhere.
    near = np.unique(unit)
    if not len(near):
        return exact, names
    chosen = shapes[near]
    left, low, right, top = shapely.bounds(chosen).T
    boxes = shapely.points((left + right) / 2, (low + top) / 2)
    kinds = (shapely.centroid(chosen), shapely.point_on_surface(chosen), boxes)
    scale = np.cos(np.radians(float(np.median(sample.lat))))
    factor = np.array([scale, 1.0]) * 111_195.0
    size = np.sqrt(shapely.area(chosen) * scale) * 111_195.0
    at = np.column_stack([sample.lon, sample.lat]) * factor
    step = 0.75 * _steps(raw, places.rows) * 111_195.0
    for kind in kinds:
        distance, which = cKDTree(shapely.get_coordinates(np.asarray(kind)) * factor).query(at)
        tight = np.minimum(3.0 + step, 0.02 * size[which])
        exact = np.maximum(exact, np.where(distance <= tight, 2, np.where(distance <= 0.01 * size[which], 1, 0)))
    return exact.astype(np.int8), names


def _steps(raw: tuple[np.ndarray, np.ndarray], rows: np.ndarray) -> float:
    """Degrees between numbers as the file writes them; 0 where it writes metres or feet."""
    some = rows[:: max(len(rows) // 500, 1)]
    if np.nanmax(np.abs(raw[0][some]), initial=0) > 360:
        return 0.0
    return float(10.0 ** -np.quantile(decimals(raw[0][some]), 0.9))


def decimals(values: np.ndarray) -> np.ndarray:
    """Decimals with which each number is written, −3 for whole thousands; at most 9."""
    found = np.full(len(values), 9)
    for k in range(8, -4, -1):
        scaled = values * 10.0**k
        found[np.abs(scaled - np.rint(scaled)) < np.maximum(1e-9 * np.abs(scaled), 1e-6)] = k
    return found


def _rounder(raw: tuple[np.ndarray, np.ndarray], tops: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which places are written with at least two digits less, on both axes, than all but one in two hundred others."""
    if len(others) < 200:
        return np.zeros(len(tops), bool)
    own = np.maximum(decimals(raw[0][tops]), decimals(raw[1][tops]))
    rest = np.sort(np.maximum(decimals(raw[0][others]), decimals(raw[1][others])))
    as_round = np.searchsorted(rest, own, side="right") / len(rest)
    return np.asarray((as_round <= 0.005) & (own <= np.median(rest) - 2))
