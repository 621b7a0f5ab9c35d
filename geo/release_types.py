"""What a release to the public consists of: figures by area and period, each shown, small, or withheld."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["shown", "small", "withheld"]
# What a figure counts: of an area or the city, by layer, group, or quarter of the day or week.
Table = Literal[
    "area_layer",
    "area_group",
    "area_day",
    "area_week",
    "area_settled",
    "city_layer",
    "city_group",
    "city_day",
    "city_week",
]
DAY_QUARTERS = ("0-6", "6-12", "12-18", "18-24")
WEEK_QUARTERS = ("mon-tue", "wed-thu", "fri", "sat-sun")


@dataclass(frozen=True)
class Figure:
    """
    One count of one period as the public sees it.

    Attributes
    ----------
    table : str
        See `Table`; `area_settled` counts matters closed in the period, the others those that began in it.
    area_id : str or None
        None for the city.
    layer : str
    group : str or None
        A key of the taxonomy: the first level for incidents, the category itself for disputes and hazards.
    part : str or None
        A quarter of the day or week, or "unknown".
    status : str
        `shown`: `value` is the count rounded to 5. `small`: less than `below`, zero included. `withheld`: no word.
    value, below : int or None
    """

    table: Table
    area_id: str | None
    layer: str
    group: str | None
    part: str | None
    status: Status
    value: int | None = None
    below: int | None = None

    @property
    def key(self) -> tuple[str, str | None, str, str | None, str | None]:
        """What is counted, without how much."""
        return self.table, self.area_id, self.layer, self.group, self.part


@dataclass(frozen=True)
class PublicArea:
    """A published area, a whole neighborhood. `households` is None where unknown; `too_small` areas show nothing."""

    area_id: str
    name: str
    name_en: str
    households: int | None
    too_small: bool = False


@dataclass(frozen=True)
class Period:
    """A fixed month (`key` "2026-10") or 28 days (`key` "2026-10-05+28"); `end` is exclusive. Days of the place."""

    key: str
    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class Release:
    """One period as published, once and for good. `rules` are the thresholds in force, for the reader."""

    period: Period
    areas: tuple[PublicArea, ...]
    figures: tuple[Figure, ...]
    rules: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
