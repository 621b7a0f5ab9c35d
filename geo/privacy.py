"""
The one gate to anything public: which counts of a period may be said, and how.

A release is made once for a fixed period and fixed areas. Which figures exist at all is fixed beforehand (`Layout`),
from what was counted before the first period; then each reads as a number rounded to 5, as "fewer than the threshold",
or not at all where it would let a hidden count be worked out (`geo.disclosure`). See docs/privacy.md.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
from scipy.stats import poisson

from geo.errors import InputError
from geo.folder_scan import scan_folder
from geo.let_through import PrivacyError, let_through
from geo.periods import require_apart
from geo.public_counts import Key, counts_of, day_number
from geo.release_types import DAY_QUARTERS, WEEK_QUARTERS, Figure, Period, PublicArea, Release
from geo.schema import LAYERS
from geo.settings import Settings
from geo.volunteers import PUBLIC_CREWS, VolunteerPost, crossings_of, for_volunteers
from geo.withholding import STEP, lot, withhold

__all__ = [
    "PUBLIC_CREWS", "Layout", "PrivacyError", "Rules", "VolunteerPost", "city_only_groups", "crossings_of",
    "for_volunteers", "let_through", "make_layout", "make_release", "public_areas", "scan_folder",
]  # fmt: skip

FLOORS = {"min_events": 5, "min_dispute_events": 10, "min_households": 50}
# An area is at least a square of 250 m.
LEAST_AREA_M2 = 250.0 * 250.0
# A figure exists where a period held on average this many times the threshold in the time before.
LAYOUT_FACTOR = 2.0
LAYOUT_DAYS = 365
# In how many periods a total may be one event short of its class limit.
JUST_MISSED = 0.14
# With less than that known before, only the totals of layers exist.
LEAST_HISTORY_DAYS = 28
TABLES = (
    "city_layer", "city_group", "city_day", "city_week", "area_layer", "area_group", "area_day", "area_week",
    "area_settled",
)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """The thresholds in force: events, disputes (both multiples of 5) and households of an area."""

    min_events: int = FLOORS["min_events"]
    min_dispute_events: int = FLOORS["min_dispute_events"]
    min_households: int = FLOORS["min_households"]

    def __post_init__(self) -> None:
        for name, floor in FLOORS.items():
            value = getattr(self, name)
            if value < floor:
                raise InputError(
                    f"The setting {name} is {value}; in public nothing smaller than {floor} is shown.",
                    remedy=f"Set {name} to {floor} or more, or delete the line.",
                    key="privacy.floor",
                    name=name,
                    value=value,
                    floor=floor,
                )

    @classmethod
    def of(cls, settings: Settings) -> "Rules":
        """
        The thresholds that the settings ask for, those of events rounded up to the step that figures are rounded to.

        Raises
        ------
        InputError
            If one lies below the floor.
        """
        asked = cls(settings.min_events, settings.min_dispute_events, settings.min_households)
        return cls(_stepped(asked.min_events), _stepped(asked.min_dispute_events), asked.min_households)

    def threshold(self, layer: str, group: str | None = None) -> int:
        """The least count that is shown as a number."""
        dispute = layer == "dispute" or (group or "").partition(".")[0] == "dispute"
        return max(self.min_events, self.min_dispute_events) if dispute else self.min_events

    def facts(self) -> dict[str, Any]:
        """What a reader is told of the rules."""
        return {name: getattr(self, name) for name in FLOORS} | {"step": STEP}


@dataclass(frozen=True)
class Layout:
    """
    Which figures exist, for every period from `start` on; fixed once, so that a month's own counts do not decide it.

    `keys` holds what each counts and the least count that it shows as a number. `polygons` is the version of the areas
    it was made for, `history_days` how much it rests on. `seed` is never public: it decides which figures are withheld
    though nothing asks for it.
    """

    start: str
    polygons: str
    history_days: int
    keys: dict[Key, int]
    seed: str

    @property
    def provisional(self) -> bool:
        """Whether too little was known to lay out more than totals."""
        return self.history_days < LEAST_HISTORY_DAYS


def public_areas(units: gpd.GeoDataFrame, rules: Rules) -> tuple[PublicArea, ...]:
    """
    Name the areas and tell those too small for anything to be shown.

    Parameters
    ----------
    units : GeoDataFrame
        Whole neighborhoods, in a metric CRS.
    rules : Rules

    Returns
    -------
    tuple of PublicArea
        By area id.
    """
    areas = []
    for row, size in zip(units.itertuples(), units.geometry.area, strict=True):
        households = None if pd.isna(row.households) else int(row.households)
        few = households is not None and households < rules.min_households
        english = row.name_en if isinstance(row.name_en, str) and row.name_en else row.name
        areas.append(PublicArea(str(row.neighborhood_id), row.name, english, households, few or size < LEAST_AREA_M2))
    return tuple(sorted(areas, key=lambda area: area.area_id))


def make_layout(
    rows: pd.DataFrame,
    areas: Sequence[PublicArea],
    period: Period,
    rules: Rules,
    *,
    polygons: str,
    first_day: Any,
    seed: str,
) -> Layout:
    """
    Decide which figures exist, from at most 365 days before a period.

    Parameters
    ----------
    rows : DataFrame
        From `geo.public_counts.countable`.
    first_day : date
        Where the data begin in earnest.
    seed : str
        Decides what is withheld though nothing asks for it; never public.

    Returns
    -------
    Layout
        Totals of layers exist in every area that is not too small; with less than 28 days known, nothing else. Where a
        total is mostly near the threshold, a higher one holds for it, so that one event more or less seldom decides
        whether it is a number.
    """
    start = day_number(period.start)
    days = max(0, min(LAYOUT_DAYS, start - day_number(first_day)))
    open_areas = [area.area_id for area in areas if not area.too_small]
    totals: list[Key] = [("area_layer", area, layer, None, None) for area in open_areas for layer in LAYERS]
    totals += [("city_layer", None, layer, None, None) for layer in LAYERS]
    keys = {key: rules.threshold(key[2]) for key in totals}
    if days >= LEAST_HISTORY_DAYS:
        before = Period("before", _date(start - days), period.start)
        length = day_number(period.end) - start
        counts = counts_of(rows, before)
        for key in totals:
            keys[key] = _steady(counts.get(key, 0) / days * length, rules.threshold(key[2]))
        for key, count in counts.items():
            table, area, layer, group, _ = key
            enough = count / days * length >= LAYOUT_FACTOR * rules.threshold(layer, group)
            if enough and table not in ("area_layer", "city_layer") and (area is None or area in open_areas):
                keys[key] = rules.threshold(layer, group)
    return Layout(period.start.isoformat(), polygons, days, keys, seed)


def make_release(
    rows: pd.DataFrame,
    areas: Sequence[PublicArea],
    period: Period,
    layout: Layout,
    rules: Rules,
    earlier: Sequence[Release] = (),
    layers: Collection[str] = LAYERS,
    *,
    protect: bool = True,
) -> Release:
    """
    Count one period and let out what may be public of it.

    Parameters
    ----------
    rows : DataFrame
        From `geo.public_counts.countable`.
    areas : sequence of PublicArea
    period : Period
    layout : Layout
        Which figures exist.
    rules : Rules
    earlier : sequence of Release
        All that is published; none may share a day with the period, so that nothing can be subtracted.
    layers : collection of str
        The layers whose records cover the period; the others have no figure at all.

    Returns
    -------
    Release
        Figures by table, area, layer, group and part; the same input gives the same digest.

    Raises
    ------
    InputError
        If the period was released, or shares a day with one that was.
    """
    require_apart(period, [release.period for release in earlier])
    counts = counts_of(rows, period)
    open_areas = {area.area_id for area in areas if not area.too_small}
    keys = [
        key for key in sorted_keys(layout.keys, areas) if key[2] in layers and (key[1] is None or key[1] in open_areas)
    ]

    def threshold(key: Key) -> int:
        return max(rules.threshold(key[2], key[3]), layout.keys[key])

    figures = [_figure(key, counts.get(key, 0), threshold(key)) for key in keys]
    # A category that only the city may see is named where the month held enough of it, and else not at all.
    apart = city_only_groups(rows)
    figures = [figure for figure in figures if figure.status == "shown" or (figure.layer, figure.group) not in apart]
    if protect:
        figures = list(withhold(figures, areas, threshold, apart, lot(layout.seed, period.key)))
    release = Release(period, tuple(areas), tuple(figures), rules.facts())
    return Release(period, release.areas, release.figures, release.rules, digest_of_release(release))


def digest_of_release(release: Release) -> str:
    """A digest of all that is published in a release."""
    parts = [
        release.period.key,
        str(release.period.start),
        str(release.period.end),
        repr(sorted(release.rules.items())),
    ]
    parts += [repr((a.area_id, a.name, a.name_en, a.households, a.too_small)) for a in release.areas]
    parts += [repr((*figure.key, figure.status, figure.value, figure.below)) for figure in release.figures]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def sorted_keys(keys: Iterable[Key], areas: Sequence[PublicArea]) -> list[Key]:
    """Keys in the order they are published: by table, area, layer, group, part."""
    place = {area.area_id: number for number, area in enumerate(areas)}
    parts = {part: number for number, part in enumerate((*DAY_QUARTERS, *WEEK_QUARTERS))}

    def order(key: Key) -> tuple[int, int, int, str, int]:
        table, area, layer, group, part = key
        return (
            TABLES.index(table), place.get(area or "", -1), LAYERS.index(layer), group or "", parts.get(part or "", -1)
        )  # fmt: skip

    return sorted(keys, key=order)


def _figure(key: Key, count: int, threshold: int) -> Figure:
    table, area, layer, group, part = key
    if count < threshold:
        return Figure(table, area, layer, group, part, "small", below=threshold)  # type: ignore[arg-type]
    value = STEP * math.floor(count / STEP + 0.5)
    return Figure(table, area, layer, group, part, "shown", value=value)  # type: ignore[arg-type]


def city_only_groups(rows: pd.DataFrame) -> set[tuple[str, str]]:
    """Layer and group of what only the city may see; such records are in no layer's total."""
    only = rows[rows["city_only"]]
    return set(zip(only["layer"], only["group"], strict=True))


def _steady(mean: float, threshold: int) -> int:
    """The lowest class limit, from the threshold on in steps of 5, that a count of this mean seldom just misses."""
    limit = threshold
    while poisson.pmf(limit - 1, mean) > JUST_MISSED:
        limit += STEP
    return limit


def _date(day: int) -> Any:
    return pd.Timestamp(day, unit="D").date()


def _stepped(value: int) -> int:
    return STEP * math.ceil(value / STEP)
