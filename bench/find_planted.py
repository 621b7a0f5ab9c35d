"""
Are planted spots found, and by what else? `WALKWATCH_OPEN_DATA=… .venv/bin/python -m bench.find_planted [--rounds 5]`

Real places of a city, their days dealt out anew over 393 days, so that each keeps its rate and nothing else is news;
into the last 28 days, 20 spots of 3, 5 or 10 extra events each are planted within 50 m of places drawn from the city's
own smoothed past. Every method ranks its places by its own score. Recall is the share of planted spots within 150 m of
the first L places, for the length of our own list and for 20, 50 and 100; precision the share of those places that lie
within 150 m of a planted spot: real spots count against every method alike.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import label, maximum_filter
from scipy.special import erfc, xlogy
from sklearn.cluster import DBSCAN

from analysis.cells import Grid, count_events
from analysis.density import local_mean, quartic_density
from analysis.exact import false_discovery
from analysis.hotspots import find_hotspots
from analysis.local_g import local_g
from bench.null_runs import CITIES, City, as_events, draw, read_city

AS_OF = pd.Timestamp("2024-01-01", tz="UTC")
SPOTS, WIDTH, NEAR, LENGTHS = 20, 50.0, 150.0, (20, 50, 100)
Places = np.ndarray  # (n, 2) metres, best first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--city", action="append")
    asked = parser.parse_args()
    data = Path(os.environ["WALKWATCH_OPEN_DATA"])
    heads = "".join(f" recall at {length} |" for length in LENGTHS)
    print(f"| city | extra | method | listed | recall at our length | precision there |{heads}")
    print("| --- | --- | --- | --- | --- | --- |" + " --- |" * len(LENGTHS))
    for city in CITIES:
        if not asked.city or city.name in asked.city:
            _city(city, data, asked.rounds)


def _city(city: City, data: Path, rounds: int) -> None:
    grid, surfaces = read_city(city, data)
    real = surfaces["own past, 800 m"]
    for extra in (3, 5, 10):
        told: dict[str, list[list[float]]] = {name: [] for name in METHODS}
        for seed in range(rounds):
            events, spots = _planted(city, grid, data, real, extra, seed)
            found = {name: method(events, grid) for name, method in METHODS.items()}
            ours = len(found["ours"])
            for name, places in found.items():
                near = _near(places, spots)
                first = near[:ours]
                told[name].append(
                    [
                        len(places),
                        first.any(axis=0).mean() if ours else 0.0,
                        first.any(axis=1).mean() if len(first) else np.nan,
                    ]
                    + [near[:length].any(axis=0).mean() if len(near) else 0.0 for length in LENGTHS]
                )
        for name, rows in told.items():
            listed = np.array(rows, dtype=float)
            mean = np.nanmean(np.where(np.isnan(listed).all(axis=0), 0.0, listed), axis=0)
            spread = np.std([row[1] for row in rows], ddof=1) / np.sqrt(rounds) if rounds > 1 else np.nan
            rest = "".join(f" {share:.0%} |" for share in mean[3:])
            print(
                f"| {city.name} | {extra} | {name} | {mean[0]:.0f} | {mean[1]:.0%} ± {2 * spread:.0%} "
                f"| {mean[2]:.0%} |{rest}", flush=True,
            )  # fmt: skip


def _near(places: Places, spots: np.ndarray) -> np.ndarray:
    """Which place lies by which planted spot: (places, spots)."""
    away = np.hypot(places[:, :1] - spots[:, 0], places[:, 1:] - spots[:, 1]) if len(places) else np.zeros((0, SPOTS))
    return away <= NEAR


def _planted(
    city: City, grid: Grid, data: Path, surface: np.ndarray, extra: int, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Real places at days dealt out anew, with spots planted into the last 28; and where those lie."""
    rng = np.random.default_rng([seed, extra])
    points = city.points(data)
    x, y = _metric(city, points)
    inside = grid.locate(x, y) >= 0
    x, y = x[inside], y[inside]
    wanted = min(len(x), round(city.events * 393 / 28))
    chosen = rng.choice(len(x), wanted, replace=False)
    # Places keep their own rates; days are dealt out anew, so that nothing but the planted is news.
    background = as_events(x[chosen], y[chosen], rng, (0.001, 393.0))
    spot_x, spot_y = draw(grid, surface, rng, SPOTS)
    angle, away = rng.uniform(0, 2 * np.pi, (SPOTS, extra)), WIDTH * np.sqrt(rng.uniform(size=(SPOTS, extra)))
    more = as_events(
        (spot_x[:, None] + away * np.cos(angle)).ravel(), (spot_y[:, None] + away * np.sin(angle)).ravel(), rng
    )
    return pd.concat([background, more], ignore_index=True), np.column_stack([spot_x, spot_y])


def _metric(city: City, points: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    from pyproj import Transformer

    x, y = Transformer.from_crs(4326, city.crs, always_xy=True).transform(*points.to_numpy(dtype=float).T)
    return np.asarray(x), np.asarray(y)


def _window(events: pd.DataFrame) -> pd.DataFrame:
    return events[events["event_start"] >= AS_OF - pd.Timedelta(28, "D")]


def _counts(events: pd.DataFrame, grid: Grid) -> np.ndarray:
    return count_events(grid, events["x"].to_numpy(), events["y"].to_numpy())


def ours(events: pd.DataFrame, grid: Grid) -> Places:
    """What the hotspot list holds, the surest first."""
    listed = find_hotspots(events, grid, as_of=AS_OF).hotspots.sort_values(["p_value", "rank"])
    return listed[["x", "y"]].to_numpy(dtype=float)


def density(events: pd.DataFrame, grid: Grid) -> Places:
    """The peaks of a quartic density of 250 m, the highest first."""
    now = _window(events)
    surface = quartic_density(grid, now["x"].to_numpy(), now["y"].to_numpy(), bandwidth=250.0)
    peaks = (surface == maximum_filter(surface, 3)) & grid.study_area & (surface > 0)
    return _cells(grid, peaks, surface)


def plain_dbscan(events: pd.DataFrame, grid: Grid) -> Places:
    """DBSCAN of the points (100 m, five events), the largest cluster first."""
    now = _window(events)
    points = np.column_stack([now["x"], now["y"]])
    labels = DBSCAN(eps=100.0, min_samples=5).fit(points).labels_
    sizes = np.bincount(labels[labels >= 0])
    centers = [points[labels == cluster].mean(axis=0) for cluster in np.argsort(-sizes, kind="stable")]
    return np.array(centers).reshape(-1, 2)


def hot_cells(events: pd.DataFrame, grid: Grid) -> Places:
    """Gi* with the normal approximation, false-discovery control at 5 %, touching cells joined; the hottest first."""
    area = grid.study_area
    z = local_g(_counts(_window(events), grid), area)
    q = np.ones(area.shape)
    q[area] = false_discovery(erfc(z[area] / np.sqrt(2)) / 2)
    groups, n = label((q <= 0.05) & (z > 0), np.ones((3, 3)))
    peaks = np.zeros(area.shape, dtype=bool)
    for group in range(1, n + 1):
        peaks.ravel()[np.argmax(np.where(groups == group, z, -np.inf))] = True
    return _cells(grid, peaks, z)


def circular_scan(events: pd.DataFrame, grid: Grid) -> Places:
    """Kulldorff's Poisson ratio of circles of 150 m against the past smoothed at 800 m, none within another."""
    area, now = grid.study_area, _counts(_window(events), grid)
    past = local_mean(_counts(events, grid) - now, area, 8.0) * area
    expected = past * now[area].sum() / past[area].sum()
    reach = np.hypot(*np.mgrid[-1:2, -1:2]) <= 1.5
    from scipy.ndimage import convolve

    seen = convolve(now * area, reach.astype(float), mode="constant")
    mean = np.maximum(convolve(expected, reach.astype(float), mode="constant"), 1e-9)
    total = now[area].sum()
    ratio = xlogy(seen, seen / mean) + xlogy(total - seen, (total - seen) / np.maximum(total - mean, 1e-9))
    ratio = np.where((seen > mean) & area, ratio, 0.0)
    peaks = (ratio == maximum_filter(ratio, 5)) & (ratio > 0)
    return _cells(grid, peaks, ratio)


def _cells(grid: Grid, chosen: np.ndarray, score: np.ndarray) -> Places:
    """The centres of the chosen cells, by falling score."""
    row, column = np.nonzero(chosen)
    order = np.argsort(-score[row, column], kind="stable")
    return np.column_stack([
        (column[order] + grid.column0 + 0.5) * grid.cell_size, (row[order] + grid.row0 + 0.5) * grid.cell_size
    ])  # fmt: skip


METHODS: dict[str, Callable[[pd.DataFrame, Grid], Places]] = {
    "ours": ours, "density, 250 m": density, "DBSCAN": plain_dbscan, "Gi*, false-discovery control": hot_cells,
    "circular scan": circular_scan,
}  # fmt: skip

if __name__ == "__main__":
    main()
