"""
When a period may be released, and the making of it: over, complete, not yet released, apart from all released ones.

What is let out is decided in `geo.privacy`; `geo.releases` keeps it. A release is never remade: rows that came or went
since leave it as it was published.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.as_of import daily_counts, find_gaps
from geo.errors import InputError
from geo.periods import DAYS, by_28_days, days28, month, next_after, require_apart, said
from geo.privacy import Layout, Rules, make_layout, make_release, public_areas
from geo.public_counts import countable, day_number
from geo.release_types import Period, PublicArea, Release
from geo.releases import Overtaken, Stored, keep_release, layouts, stored_entries
from geo.schema import LAYERS
from jobs.dataset import Dataset

# Records are dated by months where most spans are longer than that.
COARSE_DAYS = 20
TRIES = 5


__all__ = ["Released", "days28", "month", "notes_since", "release_period", "release_with_notes"]


@dataclass(frozen=True)
class Released:
    """A release just made, and what must be said beside it: pairs of a catalogue key and its facts."""

    release: Release
    notes: tuple[tuple[str, dict[str, Any]], ...]


def release_period(dataset: Dataset, period: Period | None = None) -> Release:
    """
    Make a release and store it; see `release_with_notes`.

    Raises
    ------
    InputError
        If the period may not be released; the sentence says which may.
    """
    return release_with_notes(dataset, period).release


def release_with_notes(dataset: Dataset, period: Period | None = None) -> Released:
    """
    Make the release of a period and store it, once and for good.

    Parameters
    ----------
    dataset : Dataset
    period : Period, optional
        The last whole month, if not given; where the workspace releases by 28 days, the 28 days after the last ones.

    Raises
    ------
    InputError
        Keys `release.*`: no areas, released already, sharing days with a released one, not over or not complete,
        without records, or before released ones that had other areas.
    """
    for _ in range(TRIES):
        try:
            return _released(dataset, period)
        except Overtaken:
            continue
    raise RuntimeError("other processes kept changing the layout")


def _released(dataset: Dataset, period: Period | None) -> Released:
    entries = stored_entries(dataset.workspace)
    wanted = period or _next(dataset, entries)
    rules = Rules.of(dataset.settings)
    areas = _areas(dataset, rules)
    require_apart(wanted, [entry.release.period for entry in entries])
    _require_complete(wanted, dataset)
    layers = _covered_layers(wanted, dataset)
    rows = countable(dataset.events, dataset.counted_unit_of, dataset.taxonomy)
    known = layouts(dataset.workspace)
    number, layout = _layout_for(wanted, dataset, rows, areas, rules, entries, known)
    release = make_release(rows, areas, wanted, layout, rules, [entry.release for entry in entries], layers)
    keep_release(dataset.workspace, release, layout, number, _rows_digest(rows, wanted), list(known))
    return Released(release, tuple(_notes(release, layers)))


def notes_since(dataset: Dataset) -> list[tuple[str, dict[str, Any]]]:
    """What must be said of releases whose records changed since: that they stay as they were, never by how much."""
    rows = countable(dataset.events, dataset.counted_unit_of, dataset.taxonomy)
    return [
        ("release.note.stays", {"period": said(entry.release.period)})
        for entry in stored_entries(dataset.workspace)
        if entry.rows != _rows_digest(rows, entry.release.period)
    ]


def next_period(dataset: Dataset) -> Period:
    """What `release_period` would release if nothing else is asked for; it may be released already."""
    return _next(dataset, stored_entries(dataset.workspace))


# --- which period -------------------------------------------------------------------------------------------------


def _next(dataset: Dataset, entries: list[Stored]) -> Period:
    """The last whole month before the data end, or the 28 days after the last ones."""
    if entries and by_28_days(entries[-1].release.period):
        return next_after([entry.release.period for entry in entries])
    first = _today(dataset).replace(day=1)
    return month(f"{first - dt.timedelta(days=1):%Y-%m}")


def _today(dataset: Dataset) -> dt.date:
    return dataset.as_of.date()


def _areas(dataset: Dataset, rules: Rules) -> tuple[PublicArea, ...]:
    units = dataset.shown_units
    if units is None or not len(units):
        raise InputError(
            "There are no neighborhoods: counts are published for whole neighborhoods only.",
            remedy="Import a file of neighborhoods first.",
            key="release.no_areas",
        )
    return public_areas(units, rules)


def _require_complete(wanted: Period, dataset: Dataset) -> None:
    if wanted.end > _today(dataset):
        raise InputError(
            f"{said(wanted)} is not complete: the records are complete up to {_today(dataset)}, exclusive.",
            remedy=f"Release it once its records up to {wanted.end}, exclusive, are in; or release an earlier period.",
            key="release.not_complete",
            period=said(wanted),
            known=str(_today(dataset)),
            day=str(wanted.end),
        )
    daily = daily_counts(dataset.events)
    if wanted.start < dataset.first_day or _missing(daily, wanted, dataset).any():
        raise InputError(
            f"{said(wanted)} has days without a single record between days that have many, or lies before the records "
            "begin: they are missing, not calm.",
            remedy="Import the missing records first, or release another period.",
            key="release.missing",
            period=said(wanted),
        )
    if by_28_days(wanted) and _by_months(dataset):
        raise InputError(
            f"The records are dated by months: {said(wanted)} cannot be counted from them.",
            remedy="Release whole months, such as 2026-10.",
            key="release.months_only",
            period=said(wanted),
        )


def _covered_layers(wanted: Period, dataset: Dataset) -> tuple[str, ...]:
    """The layers whose records cover the period: a file that was never imported must not read as few."""
    layer = dataset.events["layer"].astype("str")
    covered = []
    for name in LAYERS:
        of_layer = dataset.events[(layer == name).to_numpy()]
        if len(of_layer) and not _missing(daily_counts(of_layer), wanted, dataset).any():
            covered.append(name)
    return tuple(covered)


def _missing(daily: pd.Series, wanted: Period, dataset: Dataset) -> np.ndarray:
    first, stop = pd.Timestamp(dataset.first_day), dataset.as_of.tz_localize(None)
    missing = find_gaps(daily, first, stop)
    begin = day_number(wanted.start) - day_number(dataset.first_day)
    return missing[max(0, begin) : begin + (wanted.end - wanted.start).days]


def _by_months(dataset: Dataset) -> bool:
    span = dataset.events["event_end"] - dataset.events["event_start"]
    return bool((span > pd.Timedelta(days=COARSE_DAYS)).mean() > 0.5)


# --- layout, notes ------------------------------------------------------------------------------------------------


def _layout_for(
    wanted: Period,
    dataset: Dataset,
    rows: pd.DataFrame,
    areas: tuple[PublicArea, ...],
    rules: Rules,
    entries: list[Stored],
    known: dict[int, Layout],
) -> tuple[int | None, Layout]:
    """The stored layout that the period follows, or a new one (without a number yet)."""
    polygons = _polygons(areas, dataset)
    last = max((entry.release.period.end for entry in entries), default=dt.date.min)
    if known:
        after = wanted.start >= last
        newest = max(known)
        fitting = [n for n, layout in known.items() if layout.start <= wanted.start.isoformat()] or [min(known)]
        number = newest if after else max(fitting)
        layout = known[number]
        if layout.polygons == polygons and not (after and layout.provisional and _history(wanted, dataset) >= DAYS):
            return number, layout
        if not after:
            raise InputError(
                f"{said(wanted)} lies before periods that were released with other neighborhoods: the two together "
                "would tell of the strips between them.",
                remedy=f"With the neighborhoods of today, periods from {last} on can be released.",
                key="release.other_areas",
                period=said(wanted),
                day=str(last),
            )
    seed = next(iter(known.values())).seed if known else _seed(dataset, wanted)
    first = dataset.first_day
    return None, make_layout(rows, areas, wanted, rules, polygons=polygons, first_day=first, seed=seed)


def _history(wanted: Period, dataset: Dataset) -> int:
    return max(0, (wanted.start - dataset.first_day).days)


def _polygons(areas: tuple[PublicArea, ...], dataset: Dataset) -> str:
    """What tells one set of areas from another: ids and outlines, not names."""
    units = dataset.shown_units
    assert units is not None
    outlines = {str(row.neighborhood_id): row.geometry.wkb_hex for row in units.itertuples()}
    leaves = sorted(dataset.shown_unit_of.items())
    return hashlib.sha256(repr([(a.area_id, outlines[a.area_id]) for a in areas] + leaves).encode()).hexdigest()[:16]


def _seed(dataset: Dataset, period: Period) -> str:
    """
    What decides which figures are withheld though nothing asks for it: drawn from all records before the first layout.

    Nobody without the records can tell it, and the same records give the same bytes. Those of the period itself do not
    enter, so that one record more or less in it draws no other lot; without any before it, all do.
    """
    columns = ["event_id", "layer", "category", "event_start", "lon", "lat", "count"]
    before = dataset.events["event_start"] < pd.Timestamp(period.start).tz_localize(dataset.timezone)
    events = dataset.events[before] if before.any() else dataset.events
    hashed = pd.util.hash_pandas_object(events[columns], index=False).to_numpy()
    return hashlib.sha256(np.sort(hashed).tobytes()).hexdigest()


def _rows_digest(rows: pd.DataFrame, period: Period) -> str:
    """A digest of the records that a period counts, whatever their order and whichever polygons they lie in."""
    days = day_number(period.start), day_number(period.end)
    inside = ((rows["day"] >= days[0]) & (rows["day"] < days[1])) | (
        (rows["closed_day"] >= days[0]) & (rows["closed_day"] < days[1])
    )
    hashed = pd.util.hash_pandas_object(rows[inside].drop(columns="area_id"), index=False).to_numpy()
    return hashlib.sha256(np.sort(hashed).tobytes()).hexdigest()[:16]


def _notes(release: Release, layers: tuple[str, ...]) -> list[tuple[str, dict[str, Any]]]:
    notes: list[tuple[str, dict[str, Any]]] = []
    small = [area for area in release.areas if area.too_small]
    if small:
        notes.append(("release.note.too_small", {"n": len(small)}))
    if any(area.households is None for area in release.areas):
        notes.append(("release.note.households_unknown", {"n": sum(a.households is None for a in release.areas)}))
    notes += [("release.note.no_records", {"layer": layer}) for layer in LAYERS if layer not in layers]
    if not any(figure.status == "shown" for figure in release.figures):
        notes.append(("release.note.nothing_shown", {"period": said(release.period)}))
    return notes
