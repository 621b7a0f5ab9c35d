"""
What the cells of one row say of its place: a name of the gazetteer, a crossing, a section, a neighborhood, its parent.

Judged are distinct sets of cells. Two places that fit equally, a place outside the neighborhood that the row names, and
names that contradict each other give none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.area_names import AreaNames, Named
from geo.gazetteer import Gazetteer
from geo.gazetteer_texts import entries_named
from geo.locate import leaf_neighborhoods
from geo.name_match import EXACT, LOOSE
from geo.schema import GEOGRAPHIC_CRS
from geo.street_places import CROSSING, SECTION, SEVERAL, Spot, StreetPlaces
from geo.text_columns import TextColumn

TOLERANCE = 0.002  # degrees, about 200 m: a place so near to the neighborhood named does not deny it
GAZETTEER, AREA, PARENT, CITY = "gazetteer", "area", "parent", "city"


@dataclass(eq=False)
class PlaceSources:
    """
    What rows without a point are placed by.

    `units` are all neighborhoods, parents too; `streets` is called only where texts name streets.
    """

    units: gpd.GeoDataFrame | None = None
    streets: Callable[[], gpd.GeoDataFrame | None] | None = None
    gazetteer: gpd.GeoDataFrame | None = None
    metric_crs: str | None = None

    @cached_property
    def names(self) -> AreaNames | None:
        """The names of the neighborhoods."""
        return None if self.units is None or not len(self.units) else AreaNames(self.units)

    @cached_property
    def areas(self) -> list[Any]:
        """The leaves in degrees, then each parent as its children together."""
        if self.units is None or self.names is None:
            return []
        leaves = leaf_neighborhoods(self.units)
        leaves = leaves.to_crs(GEOGRAPHIC_CRS) if leaves.crs is not None else leaves
        shapes = leaves.geometry.to_numpy()
        parents = [shapely.union_all(shapes[sorted(under)]) for under in self.names.under]
        return [*shapes, *parents]

    @cached_property
    def street_places(self) -> StreetPlaces | None:
        """The named streets, or None where there are none."""
        streets = self.streets() if self.streets else None
        if streets is None or not (streets["name"].fillna("") != "").any():
            return None
        leaves = len(self.names.ids) if self.names else 0
        return StreetPlaces(streets, self.areas, self.metric_crs, leaves=leaves)

    @cached_property
    def entries(self) -> Gazetteer | None:
        """The gazetteer for looking names up."""
        return None if self.gazetteer is None or not len(self.gazetteer) else Gazetteer(self.gazetteer)


@dataclass
class Answer:
    """What the cells of a row tell: a point, a leaf, a parent, and the ways to them."""

    way: str = CITY
    lon: float = np.nan
    lat: float = np.nan
    precision: str = ""
    unit: int = -1  # a leaf; beyond the leaves a parent
    near: bool = False
    several: bool = False
    conflict: bool = False


@dataclass(eq=False)
class Areas:
    """The columns of areas that may be believed, the best first, and what each of their texts names."""

    columns: list[TextColumn] = field(default_factory=list)
    named: list[list[Named]] = field(default_factory=list)
    best: str | None = None
    agreement: float | None = None


def answers_of(
    codes: np.ndarray, areas: Areas, where: Sequence[TextColumn | None], sources: PlaceSources
) -> list[Answer]:  # fmt: skip
    """An answer for each distinct set of cells."""
    texts = [[None] if c is None else [*c.texts, None] for c in where]
    told = len(areas.columns)
    streets = sources.street_places if any(where) else None
    address_named: dict[int, Named] = {}
    names = sources.names
    if names is not None and where[0] is not None:
        used = np.unique(codes[:, told][codes[:, told] >= 0])
        address_named = dict(zip(used.tolist(), names.in_texts([texts[0][i] for i in used]), strict=True))
    answers = []
    for row in codes.tolist():
        named = [one[code] for one, code in zip(areas.named, row[:told], strict=True) if code >= 0]
        said = [text[code] if code >= 0 else None for text, code in zip(texts, row[told:], strict=True)]
        beside = address_named.get(row[told])
        leaf, parents, how, clash = _agreed(named, beside, names)
        answer = _point(said, leaf, parents, sources, streets)
        if answer.way in (CITY, AREA) and answer.unit < 0:
            if leaf >= 0:
                answer.way, answer.unit, answer.near = AREA, leaf, how not in (EXACT, LOOSE)
            elif len(parents) == 1 and names is not None:
                answer.way, answer.unit = PARENT, len(names.ids) + next(iter(parents))
        answer.conflict |= clash
        answers.append(answer)
    return answers


def _agreed(
    named: list[Named], beside: Named | None, names: AreaNames | None
) -> tuple[int, frozenset[int], str, bool]:  # fmt: skip
    """The one leaf that all names of a row allow, the parents that they allow, how, and whether some contradict."""
    every = [*named, *([beside] if beside is not None else [])]
    parents: frozenset[int] = frozenset()
    clash = any(one.clash for one in every)
    for one in every:
        if one.parents:
            finer = names.finest(parents, one.parents) if names is not None else one.parents
            if finer is None:
                return -1, frozenset(), "", True
            parents = finer
    if clash:
        return -1, parents, "", True
    for one in every:
        if not one.leaves or names is None:
            continue
        within = sorted(one.leaves & names.leaves_under(parents) if parents else one.leaves)
        if not within:
            return -1, parents, "", True
        if len(within) == 1:
            leaf = within[0]
            # The words of an address must not name another neighborhood than its column does.
            if one is not beside and beside is not None and beside.leaves and leaf not in beside.leaves:
                return -1, parents, "", True
            return leaf, parents, one.how, False
    return -1, parents, "", False


def _point(
    said: list[Any], leaf: int, parents: frozenset[int], sources: PlaceSources, streets: StreetPlaces | None
) -> Answer:  # fmt: skip
    """The place that address, street and crossing street tell; nothing where it lies outside the area named."""
    address, street, cross = said
    area = leaf
    if leaf < 0 and len(parents) == 1 and sources.names is not None:
        area = len(sources.names.ids) + next(iter(parents))
    answer = Answer()
    if sources.entries is not None:
        for text in (address, street):
            found = entries_named(text, sources.entries) if text else []
            told = _of_entries(found, area, sources) if found else None
            if told is not None and told.way == GAZETTEER:
                return told
            if told is not None:
                answer.several |= told.several
                answer.conflict |= told.conflict
    spots = []
    if streets is not None:
        if street and cross:
            spots.append(streets.meet(street, cross, area))
        spots += [streets.find(text, area) for text in (address, street) if text]
    for spot in sorted((s for s in spots if s.way), key=_rank):
        if spot.way == SEVERAL:
            answer.several = True
            continue
        if np.isfinite(spot.lon) and area >= 0 and not _within(spot, sources.areas[area]):
            return replace(answer, conflict=True)
        if spot.unit >= 0 and area >= 0 and not _same_area(spot.unit, leaf, parents, sources.names):
            return replace(answer, conflict=True)
        return replace(
            answer, way=spot.way, lon=spot.lon, lat=spot.lat, precision="block" if spot.unit < 0 else "area",
            unit=spot.unit, near=spot.near, several=False,
        )  # fmt: skip
    return answer


def _rank(spot: Spot) -> int:
    """A crossing before a section, both before what only says that two places fit."""
    return (CROSSING, SECTION, SEVERAL).index(spot.way) + 3 * (spot.way == SECTION and spot.unit >= 0)


def _of_entries(rows: list[int], area: int, sources: PlaceSources) -> Answer:
    """The one entry that the row's area allows."""
    entries = sources.entries
    assert entries is not None
    if area >= 0:
        inside = [i for i in rows if _within(Spot(GAZETTEER, entries.lon[i], entries.lat[i]), sources.areas[area])]
        if len(rows) > 1 and not inside:
            return Answer(several=True)
        if not inside:
            return Answer(conflict=True)
        rows = inside
    if len(rows) > 1:
        return Answer(several=True)
    i = rows[0]
    return Answer(GAZETTEER, float(entries.lon[i]), float(entries.lat[i]), entries.precision[i])


def _within(spot: Spot, area: Any) -> bool:
    return bool(shapely.dwithin(area, shapely.Point(spot.lon, spot.lat), TOLERANCE))


def _same_area(unit: int, leaf: int, parents: frozenset[int], names: AreaNames | None) -> bool:
    return unit == leaf if leaf >= 0 else names is None or not parents or unit in names.leaves_under(parents)
