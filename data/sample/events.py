"""
Two years of events: addresses along streets, background by category, near repeats, and the planted hotspots.

One frame holds all events of all files, places in metres about the origin, times as naive local time; `files` writes
them out as their sources would.
"""

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.sample.ground import Ground
from data.sample.lanes import Street
from data.sample.patterns import (
    AS_OF,
    BY_TEXT,
    DAYS,
    FIRST_DAY,
    HOURS,
    KINDS,
    PLANTED,
    WEEKS,
    WINDOW_DAYS,
    Kind,
    Planted,
    day_shares,
    hour_shares,
)

ADDRESSES = 3000
CLASS_WEIGHT = {"ring": 0.55, "primary": 1.35, "secondary": 1.2, "local": 1.0, "lane": 0.85}
MINUTES = 1440
FIRST = np.datetime64(FIRST_DAY, "m")
END = np.datetime64(AS_OF, "m")


def make_addresses(ground: Ground, grids: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Addresses along the streets inside the units: x, y, grid, and how much each draws homes, shops and traffic."""
    dry: Any = shapely.union_all(list(grids.geometry)).buffer(-12)
    dry = dry.difference(ground.river.buffer(6)).difference(shapely.union_all([p for *_, p in ground.parks]).buffer(-6))
    pieces = [s for s in ground.pieces if not s.bridge and s.joins and dry.intersects(s.line)]
    lines = np.array([s.line for s in pieces])
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    grid = _locate(middle, grids)
    class_weight = np.array([CLASS_WEIGHT[s.road_class] for s in pieces])
    density = np.where(grid >= 0, grids["density"].to_numpy()[grid], 0)
    weight = shapely.length(lines) * class_weight * np.sqrt(density)
    at = rng.choice(len(lines), size=2 * ADDRESSES, p=weight / weight.sum())
    xy = _beside(lines[at], rng.uniform(0, 1, len(at)), rng.choice([-1, 1], len(at)) * rng.uniform(7, 19, len(at)))
    points: Any = shapely.points(xy)
    keep = np.flatnonzero(shapely.contains(dry, points))[:ADDRESSES]
    at, xy, points = at[keep], xy[keep], points[keep]
    grid = _locate(points, grids)
    main = np.isin([pieces[i].road_class for i in at], ["ring", "primary", "secondary"])
    business = grids["business"].to_numpy()[grid] * np.where(main, 1.3, 0.75)
    draw = rng.gamma(6, 1 / 6, len(at))  # some addresses see more than others, mildly
    people = np.sqrt(grids["density"].to_numpy()[grid])
    village = grids["parent_id"].to_numpy()[grid] == "LX15"
    return pd.DataFrame(
        {
            "x": xy[:, 0], "y": xy[:, 1], "grid": grid,
            "homes": draw * people * (1.15 - business),
            "shops": draw * np.sqrt(people * 0.01) * (0.25 + business),
            "roads": draw * np.where(main, 1.6, 0.7),
            "any": draw * people,
            "village": draw * village,
        }
    )  # fmt: skip


def make_events(ground: Ground, addresses: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, list[dict]]:
    """
    Make all events.

    Returns
    -------
    (DataFrame, list of dicts)
        Events: file, text, x, y, start, end (naive local times), day_only, count, patrol, settled (NaT: open),
        planted (key or ""); and the planted places: key, x, y, spots, and their figures.
    """
    frames = [_background(kind, addresses, rng) for kind in KINDS]
    frames.append(_near_repeats(frames, addresses, rng))
    crossings = _crossings(ground.pieces)
    places = []
    for planted in PLANTED:
        place = _place(planted, crossings, ground.pieces, rng)
        frames.append(_planted(planted, place, rng))
        places.append(place)
    events = pd.concat(frames, ignore_index=True).sort_values(["start", "x", "y"], kind="stable", ignore_index=True)
    return _details(events, rng), places


def _locate(points: np.ndarray, grids: gpd.GeoDataFrame) -> np.ndarray:
    tree = shapely.STRtree(grids.geometry.to_numpy())
    found = np.full(len(points), -1)
    i, j = tree.query(points, predicate="within")
    found[i] = j
    return found


def _beside(lines: np.ndarray, share: np.ndarray, offset: np.ndarray) -> np.ndarray:
    at = shapely.get_coordinates(shapely.line_interpolate_point(lines, share, normalized=True))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.minimum(share + 0.02, 1), normalized=True))
    behind = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, np.maximum(share - 0.02, 0), normalized=True)
    )
    along = ahead - behind
    along /= np.hypot(*along.T)[:, None]
    return at + np.column_stack([-along[:, 1], along[:, 0]]) * offset[:, None]


def _times(days: np.ndarray, humps: tuple, rng: np.random.Generator) -> np.ndarray:
    quarter = rng.choice(96, size=len(days), p=hour_shares(humps))
    return FIRST + (days * MINUTES + quarter * 15 + rng.integers(0, 15, len(days))).astype("timedelta64[m]")


def _background(kind: Kind, addresses: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    days = np.repeat(np.arange(DAYS), rng.poisson(day_shares(kind)))
    weight = addresses[kind.where].to_numpy()
    at = rng.choice(len(addresses), size=len(days), p=weight / weight.sum())
    return _frame(
        kind.text,
        addresses["x"].to_numpy()[at],
        addresses["y"].to_numpy()[at],
        _times(days, HOURS[kind.hours], rng),
        "",
    )


def _near_repeats(frames: list[pd.DataFrame], addresses: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A third of the burglaries is followed by another within 200 m in the next two weeks."""
    first = next(f for f in frames if f["text"].iloc[0] == "入室盗窃")
    first = first[rng.random(len(first)) < 0.33]
    days = ((first["start"].to_numpy() - FIRST) // np.timedelta64(1, "D")).astype(int) + rng.integers(1, 14, len(first))
    away = np.hypot(
        *(addresses[["x", "y"]].to_numpy()[None] - first[["x", "y"]].to_numpy()[:, None]).transpose(2, 0, 1)
    )
    weight = np.where(away < 200, addresses["homes"].to_numpy(), 0).cumsum(axis=1)
    at = (weight < rng.random(len(first))[:, None] * weight[:, -1:]).sum(axis=1)
    known = days < DAYS
    times = _times(days[known], HOURS["office"], rng)
    return _frame("入室盗窃", addresses["x"].to_numpy()[at[known]], addresses["y"].to_numpy()[at[known]], times, "")


def _crossings(pieces: list[Street]) -> pd.DataFrame:
    """Crossings of at least two named streets: x, y, the streets' names."""
    ends = pd.DataFrame(
        [(*np.round(c, 1), s.name, s.name_en) for s in pieces if s.name for c in (s.line.coords[0], s.line.coords[-1])],
        columns=["x", "y", "name", "name_en"],
    ).drop_duplicates()
    met = ends.groupby(["x", "y"], sort=True).agg(streets=("name", list), streets_en=("name_en", list)).reset_index()
    return met[met["streets"].str.len() >= 2].reset_index(drop=True)


def _place(planted: Planted, crossings: pd.DataFrame, pieces: list[Street], rng: np.random.Generator) -> dict:
    away = np.hypot(*(crossings[["x", "y"]].to_numpy() - planted.near).T)
    centre: Any = crossings.iloc[int(away.argmin())]
    disc = shapely.Point(centre["x"], centre["y"]).buffer(planted.radius - 24)
    near = [s.line.intersection(disc) for s in pieces if not s.bridge and s.joins and s.line.intersects(disc)]
    lines = np.array([part for line in near for part in getattr(line, "geoms", [line]) if part.length > 12])
    at = rng.choice(len(lines), size=planted.spots, p=shapely.length(lines) / shapely.length(lines).sum())
    xy = _beside(
        lines[at],
        rng.uniform(0.1, 0.9, planted.spots),
        rng.choice([-1, 1], planted.spots) * rng.uniform(8, 18, planted.spots),
    )
    return {"key": planted.key, "x": float(centre["x"]), "y": float(centre["y"]), "streets": centre["streets"],
            "streets_en": centre["streets_en"], "spots": xy}  # fmt: skip


def _planted(planted: Planted, place: dict, rng: np.random.Generator) -> pd.DataFrame:
    start, end = (planted.start - FIRST_DAY).days, (planted.end - FIRST_DAY).days
    window = DAYS - WINDOW_DAYS
    frames = []
    for text, n in planted.recent.items():
        frames.append(_extra(planted, place, text, n, max(start, window), DAYS, rng))
    for text, rate in planted.before.items():
        days = max(min(end, window) - start, 0)
        frames.append(_extra(planted, place, text, round(rate * days / WINDOW_DAYS), start, min(end, window), rng))
    return pd.concat(frames, ignore_index=True)


def _extra(
    planted: Planted, place: dict, text: str, n: int, first: int, last: int, rng: np.random.Generator
) -> pd.DataFrame:
    days = np.arange(first, last)
    weekday = np.array([(FIRST_DAY + dt.timedelta(int(d))).weekday() for d in days])
    share = np.array(WEEKS[planted.week], dtype=float)[weekday]
    chosen = rng.choice(days, size=n, p=share / share.sum())
    # Spots in turn from a random one: no place rests on a single address.
    spot = (np.arange(n) + rng.integers(len(place["spots"]))) % len(place["spots"])
    times = _times(chosen, planted.hours, rng)
    frame = _frame(text, place["spots"][spot, 0], place["spots"][spot, 1], times, planted.key)
    frame["unsettled"] = first >= DAYS - WINDOW_DAYS
    frame["unsettled"] &= np.arange(n) < planted.unsettled.get(text, 0)
    return frame


def _frame(text: str, x: np.ndarray, y: np.ndarray, start: np.ndarray, planted: str) -> pd.DataFrame:
    return pd.DataFrame({"text": text, "x": x, "y": y, "start": start, "planted": planted, "unsettled": False})


def _details(events: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Spans, days without an hour, counts, finders, and when each matter was settled."""
    n = len(events)
    kinds = events["text"].map(BY_TEXT)
    background = events["planted"].eq("").to_numpy()
    events["file"] = [k.file for k in kinds]
    hours = np.zeros(n)
    burglary = events["text"].eq("入室盗窃").to_numpy() & (rng.random(n) < 0.62)
    hours[burglary] = rng.choice(
        [2, 4, 8, 10, 24, 48, 72], size=burglary.sum(), p=[0.15, 0.2, 0.25, 0.2, 0.1, 0.07, 0.03]
    )
    parked = events["text"].isin(["盗窃电动自行车", "盗窃车内财物"]).to_numpy() & (rng.random(n) < 0.3)
    hours[parked] = rng.choice([1, 3, 8, 10, 12], size=parked.sum())
    minutes = (hours * 60 * rng.uniform(0.8, 1.1, n)).astype(int)
    start = events["start"].to_numpy().astype("datetime64[m]")
    # A span that would reach past the last known day began earlier instead.
    late = np.maximum(
        start + minutes.astype("timedelta64[m]") - (END - np.timedelta64(30, "m")), np.timedelta64(0, "m")
    )
    events["start"] = start - np.where(minutes > 0, late, np.timedelta64(0, "m"))
    events["end"] = events["start"].to_numpy() + minutes.astype("timedelta64[m]")
    events["day_only"] = (
        background & (minutes == 0) & events["file"].eq("incidents.csv").to_numpy() & (rng.random(n) < 0.06)
    )
    several = (
        background
        & events["text"].isin(["盗窃车内财物", "故意损毁财物", "商铺盗窃"]).to_numpy()
        & (rng.random(n) < 0.09)
    )
    events["count"] = np.where(several, rng.choice([2, 3, 4], size=n, p=[0.7, 0.22, 0.08]), 1)
    events["patrol"] = rng.random(n) < np.array([k.patrol for k in kinds])
    known = events["end"].to_numpy() + rng.integers(2, 600, n).astype("timedelta64[m]")
    events["known"] = np.minimum(known, END - np.timedelta64(1, "m"))
    days_open = np.array([k.days_open for k in kinds]) * np.exp(rng.normal(0, 0.75, n))
    settled = events["known"].to_numpy() + (days_open * MINUTES + 30).astype("timedelta64[m]")
    open_still = (settled >= END) | events["unsettled"].to_numpy()
    events["settled"] = np.where(open_still, np.datetime64("NaT", "m"), settled)
    return events.drop(columns="unsettled")
