"""Small worlds for the tests of hotspots and forecasts: frames of events made by hand or by a seed."""

from typing import Any

import numpy as np
import pandas as pd
import shapely

from analysis.cells import Grid, make_grid

CRS = "EPSG:32618"
ZONE = "Asia/Shanghai"
AS_OF = pd.Timestamp("2026-06-01", tz=ZONE)


def square_city(side: float = 4000.0) -> Grid:
    """A square of cells of 100 m whose edges lie on the grid's lines."""
    return make_grid(shapely.box(0, 0, side - 1, side - 1), 100.0, CRS)


def make_events(x: Any, y: Any, days_ago: Any, **columns: Any) -> pd.DataFrame:
    """Events at points and ages; other columns as given, else plain."""
    x, y, days_ago = (np.asarray(a, dtype=float) for a in np.broadcast_arrays(x, y, days_ago))
    start = pd.Series(AS_OF - pd.to_timedelta(days_ago, unit="D"))
    frame = pd.DataFrame({
        "event_id": np.arange(len(x)).astype(str), "layer": "incident", "category": "theft", "event_start": start,
        "event_end": start, "severity": 1.0, "status": None, "neighborhood_id": "A", "precision": "address", "count": 1,
        "reported_at": pd.Series(pd.NaT, index=range(len(x)), dtype=f"datetime64[us, {ZONE}]"),
        "closed_at": pd.Series(pd.NaT, index=range(len(x)), dtype=f"datetime64[us, {ZONE}]"), "x": x, "y": y,
    })  # fmt: skip
    for name, values in columns.items():
        frame[name] = values
    return frame


def scattered(rng: np.random.Generator, n: int, *, days: float, side: float = 3999.0) -> pd.DataFrame:
    """Events at random over the square city and over the last `days`."""
    return make_events(rng.uniform(0, side, n), rng.uniform(0, side, n), rng.uniform(0.01, days, n))


def planted(rng: np.random.Generator, n: int, x: float, y: float, *, days: float, width: float = 40.0) -> pd.DataFrame:
    """Extra events round one spot."""
    return make_events(x + rng.uniform(-width, width, n), y + rng.uniform(-width, width, n), rng.uniform(0.01, days, n))


def joined(*frames: pd.DataFrame) -> pd.DataFrame:
    """Frames one under another with a fresh index."""
    return pd.concat(frames, ignore_index=True)
