"""A small city built by hand: streets every 100 m, two neighborhoods, three years of reports at chosen corners."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, box

CRS = "EPSG:32650"
BLOCK = 100.0
AS_OF = pd.Timestamp("2026-11-23", tz="Asia/Shanghai")
ORIGIN = np.array([500_000.0, 4_000_000.0])


def category(who: str, *topics: str, listed: bool = True, revisit_days: tuple[int, ...] = ()) -> SimpleNamespace:
    return SimpleNamespace(who=who, topics=topics, listed=listed, revisit_days=revisit_days, harm=1.0)


TAXONOMY = {
    "theft.bicycle": category("volunteer", "theft_bicycle"),
    "robbery": category("officer", "theft_person", "order"),
    "dispute.noise": category("mediator", "noise", "neighbor", revisit_days=(7,)),
    "hazard.lighting": category("volunteer", "lighting"),
    "assault.domestic": category("referral", "family", listed=False),
    "other": category("officer", "help"),
}

LAYER = {"dispute": "dispute", "hazard": "hazard"}


def at(column: float, row: float) -> tuple[float, float]:
    """The corner of street `column` and street `row`."""
    return float(ORIGIN[0] + column * BLOCK), float(ORIGIN[1] + row * BLOCK)


def streets(n: int = 20) -> gpd.GeoDataFrame:
    """A grid of n × n blocks; streets are named by their number."""
    rows = []
    for k in range(n + 1):
        for i in range(n):
            east = LineString([at(i, k), at(i + 1, k)])
            north = LineString([at(k, i), at(k, i + 1)])
            rows.append((f"E{k}", east, i * (n + 1) + k, (i + 1) * (n + 1) + k))
            rows.append((f"N{k}", north, k * (n + 1) + i, k * (n + 1) + i + 1))
    names, lines, u, v = zip(*rows, strict=True)
    frame = gpd.GeoDataFrame({"name": names, "u": u, "v": v}, geometry=list(lines), crs=CRS)
    return frame.assign(
        street_id=[str(i) for i in range(len(frame))], name_en=frame["name"], road_class="local", walkable=True,
        bridge=False, length_m=BLOCK, piece=0,
    )  # fmt: skip


def neighborhoods(n: int = 20) -> gpd.GeoDataFrame:
    """West and east halves under one parent."""
    (x0, y0), (x1, y1), (half, _) = at(0, 0), at(n, n), at(n / 2, 0)
    return gpd.GeoDataFrame(
        {
            "neighborhood_id": ["city", "west", "east"],
            "name": ["全市", "西", "东"],
            "parent_id": [None, "city", "city"],
        },
        geometry=[box(x0, y0, x1, y1), box(x0, y0, half, y1), box(half, y0, x1, y1)],
        crs=CRS,
    )


def reports(
    place: tuple[float, float],
    n: int,
    kind: str = "theft.bicycle",
    *,
    hour: int = 18,
    minutes: int = 0,
    spread: float = 30.0,
    open_: int = 0,
    days_apart: float = 2.0,
    points: int = 6,
) -> pd.DataFrame:
    """n events around a corner on `points` different points, the last the day before `AS_OF`; `open_` of them open."""
    angle = 2 * np.pi * (np.arange(n) % points) / points
    day = pd.to_timedelta(1 + np.floor(days_apart * np.arange(n)), unit="D")
    start = AS_OF.normalize() - day + pd.Timedelta(hours=hour)
    start = pd.Series(pd.DatetimeIndex(start))
    status = (
        np.where(np.arange(n) < open_, "open", "closed").astype(object) if open_ else np.full(n, None, dtype=object)
    )
    return pd.DataFrame(
        {
            "layer": LAYER.get(kind.partition(".")[0], "incident"), "category": kind, "event_start": start,
            "event_end": start + pd.Timedelta(minutes=minutes), "severity": 1.0, "status": status,
            "count": 1, "closed_at": pd.Series(pd.NaT, index=start.index, dtype=start.dtype),
            "reported_at": pd.Series(pd.NaT, index=start.index, dtype=start.dtype),
            "x": place[0] + spread * np.cos(angle), "y": place[1] + spread * np.sin(angle),
        }
    )  # fmt: skip


def hotspots(*centers: tuple[float, float], events: int = 8, **columns: Any) -> gpd.GeoDataFrame:
    """Hotspots at the centers, ranked in the order given."""
    n = len(centers)
    xy = np.array(centers, dtype=float).reshape(-1, 2)
    data = {
        "hotspot_id": [f"h{i + 1}" for i in range(n)], "rank": np.arange(1, n + 1), "events": events,
        "radius_m": 60.0, "x": xy[:, 0], "y": xy[:, 1], "points": 5, "harm": 5.0, "expected_next": 2.0,
        "expected_low": 1.0, "expected_high": 4.0, "peak_hours": None, "peak_days": None,
        "top_categories": [[("theft.bicycle", events)] for _ in range(n)],
    }  # fmt: skip
    data.update(columns)
    return gpd.GeoDataFrame(data, geometry=gpd.points_from_xy(*xy.T), crs=CRS, index=range(n))


@dataclass
class Expected:
    """Stands in for a Forecast: the week's share of a year's events, by cell."""

    cells: pd.DataFrame
    as_of: pd.Timestamp = AS_OF
    horizon_days: int = 7
    parameters: dict[str, Any] = field(default_factory=dict)


def expected(events: pd.DataFrame, n: int = 20, *, listed_only: bool = True) -> Expected:
    """Cells of 100 m centered between the streets, each with a 52nd of its events of a year."""
    column, row = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(n)))
    centers = ORIGIN + BLOCK * (np.column_stack([column, row]) + 0.5)
    if listed_only and len(events):
        events = events[[TAXONOMY[key].listed for key in events["category"]]]
    counts = np.zeros((n, n))
    if len(events):
        place = np.floor((events[["x", "y"]].to_numpy() - ORIGIN) / BLOCK).astype(int)
        inside = ((place >= 0) & (place < n)).all(axis=1)
        np.add.at(counts, (place[inside, 1], place[inside, 0]), events["severity"].to_numpy()[inside] / 52)
    harm = counts[row, column]
    return Expected(
        pd.DataFrame(
            {
                "row": row,
                "column": column,
                "x": centers[:, 0],
                "y": centers[:, 1],
                "expected": harm,
                "expected_harm": harm,
            }
        )
    )
