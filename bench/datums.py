"""
How often points in GCJ-02 or BD-09 are suspected, and how often points in WGS 84 are: cities invented for it.

    python -m bench.datums [--seeds 12] [--points 800] [--clean]

With `--clean`, files in WGS 84 only, in other towns and of 40, 120 and 800 points: how often are they asked about?

Cities of four shapes of streets, at places in China drawn by the seed, with neighborhoods; in each, files of points
that lie along streets within 15 m, on streets, on a few busy streets, or anywhere in blocks, of which nothing speaks.
Each file is judged as it is, wholly or in part shifted, with and without streets and the names of its neighborhoods.
"""

import argparse
import time
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from bench.place_faults import wilson
from bench.planted_places import shifted
from geo.china_datum import is_shifted
from geo.datum_suspicion import suspect_datum
from geo.locate import locate

SHAPES = ("grid", "uneven", "organic", "sparse")
KINDS = ("along", "snapped", "busy", "blocks")
TRUTHS = {"clean": ("", 0.0), "GCJ-02": ("GCJ-02", 1.0), "BD-09": ("BD-09", 1.0), "half GCJ-02": ("GCJ-02", 0.5),
          "fifth GCJ-02": ("GCJ-02", 0.2)}  # fmt: skip
HALF = 4000.0  # metres from the middle to the border
UNITS = 30
_STEPS = {"grid": (150, 150), "uneven": (110, 260), "organic": (90, 260), "sparse": (350, 900)}


@dataclass(frozen=True)
class Town:
    """Streets and neighborhoods in EPSG:4326, and street pieces in metres around a middle."""

    middle: tuple[float, float]
    pieces: np.ndarray
    streets: gpd.GeoDataFrame
    units: gpd.GeoDataFrame

    def degrees(self, xy: np.ndarray) -> np.ndarray:
        """Metres to degrees."""
        return xy / _scale(self.middle) + self.middle


def _scale(middle: tuple[float, float]) -> np.ndarray:
    return np.array([111_320.0 * np.cos(np.radians(middle[1])), 111_320.0])


def make_town(shape: str, seed: int) -> Town:
    """A town of a shape; streets end with the town or go on for a kilometre and a half."""
    rng = np.random.default_rng([seed, SHAPES.index(shape)])
    middle = (0.0, 0.0)
    while not is_shifted(*np.array(middle)):
        middle = (float(rng.uniform(76, 132)), float(rng.uniform(19, 50)))
    reach = HALF + 1500 * (seed % 2)
    axes = [np.cumsum(rng.uniform(*_STEPS[shape], 400)) for _ in range(2)]
    across, up = (axis[axis < 3 * reach] - 1.5 * reach for axis in axes)
    x, y = np.meshgrid(across, up)
    if shape == "organic":
        x, y = x + 120 * np.sin(y / 700 + 1), y + 120 * np.sin(x / 800)
        x, y = x + rng.normal(0, 25, x.shape), y + rng.normal(0, 25, y.shape)
    turn = rng.uniform(0, 1.5) if shape != "grid" or seed % 3 else 0.0
    xy = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=-1)
    ends = [(xy[:, :-1], xy[:, 1:]), (xy[:-1], xy[1:])]
    pieces = np.concatenate([np.stack([a.reshape(-1, 2), b.reshape(-1, 2)], axis=1) for a, b in ends])
    pieces = pieces[rng.random(len(pieces)) > (0.05 if shape == "grid" else 0.2)]
    pieces = pieces[(np.abs(pieces.mean(axis=1)) < reach).all(axis=1)]
    box = shapely.box(-HALF, -HALF, HALF, HALF)
    seeds = shapely.MultiPoint(rng.uniform(-HALF, HALF, (UNITS, 2)))
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=box)), box)
    scale = _scale(middle)
    lines = shapely.linestrings(pieces / scale + middle)
    polygons = shapely.transform(cells, lambda at: at / scale + middle)
    ids = [f"N{i:02d}" for i in range(len(polygons))]
    return Town(
        middle, pieces,
        gpd.GeoDataFrame({"name": ""}, geometry=lines, crs=4326, index=range(len(lines))),
        gpd.GeoDataFrame({"neighborhood_id": ids, "name": ids}, geometry=polygons, crs=4326),
    )  # fmt: skip


def make_points(town: Town, kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Points of a kind within the town's neighborhoods, in metres."""
    if kind == "blocks":
        return rng.uniform(-HALF, HALF, (n, 2))
    inside = town.pieces[(np.abs(town.pieces) < HALF).all(axis=(1, 2))]
    weight = rng.gamma(0.02 if kind == "busy" else 0.5, 1.0, len(inside)) + 1e-12
    piece = inside[rng.choice(len(inside), n, p=weight / weight.sum())]
    at = piece[:, 0] + rng.random((n, 1)) * (piece[:, 1] - piece[:, 0])
    return at if kind == "snapped" else np.clip(at + rng.normal(0, 15, at.shape), -HALF, HALF)


def judge(
    town: Town, xy: np.ndarray, truth: str, rng: np.random.Generator, *, with_streets: bool, with_names: bool
) -> Any:
    """What `suspect_datum` says of a file."""
    lonlat = town.degrees(xy)
    datum, share = TRUTHS[truth]
    named = locate(lonlat[:, 0], lonlat[:, 1], town.units).codes
    if datum:
        bad = rng.random(len(lonlat)) < share
        lonlat[bad] = shifted(lonlat[bad], datum)
    wrong = rng.random(len(named)) < 0.03  # rows name a neighbor for other reasons too
    named = np.where(wrong, rng.integers(0, UNITS, len(named)), named)
    return suspect_datum(
        lonlat[:, 0], lonlat[:, 1], neighborhoods=town.units, streets=(lambda: town.streets) if with_streets else None,
        named=named if with_names else None,
    )  # fmt: skip


def run(seeds: int, points: int) -> pd.DataFrame:
    """Judge every kind of file; one row a file."""
    rows = []
    for seed in range(seeds):
        for shape in SHAPES:
            town = make_town(shape, seed)
            for kind in KINDS:
                xy = make_points(town, kind, points, np.random.default_rng([seed, KINDS.index(kind)]))
                for truth, (datum, share) in TRUTHS.items():
                    for known in ("streets", "polygons", "names"):
                        rng = np.random.default_rng([seed, 7])
                        began = time.process_time()
                        found = judge(
                            town, xy, truth, rng, with_streets=known == "streets", with_names=known == "names"
                        )
                        rows.append(
                            {
                                "shape": shape, "points": kind, "truth": truth, "known": known, "seed": seed,
                                "asked": found is not None, "seconds": time.process_time() - began,
                                "right": found is not None and found.datum == datum
                                and (found.part < 1) == (share < 1), "kind": found.kind if found else "",
                                "part": found.part if found else np.nan,
                            }
                        )  # fmt: skip
    return pd.DataFrame(rows)


def clean_only(seeds: int) -> pd.DataFrame:
    """Judge files in WGS 84, few points to many; one row a file."""
    rows = []
    for points in (40, 120, 800):
        for seed in range(100, 100 + seeds):
            for shape in SHAPES:
                town = make_town(shape, seed)
                for kind in KINDS:
                    for known in ("streets", "names"):
                        rng = np.random.default_rng([seed, points])
                        xy = make_points(town, kind, points, rng)
                        found = judge(
                            town, xy, "clean", rng, with_streets=known == "streets", with_names=known == "names"
                        )
                        rows.append(
                            {"points": points, "shape": shape, "known": known, "seed": seed, "asked": found is not None}
                        )
    return pd.DataFrame(rows)


def table(found: pd.DataFrame) -> str:
    """Markdown: asked and rightly asked, by what was known, the truth and the kind of points."""
    lines = [
        "| known | truth | points | asked | with the right datum and extent | 95 % |",
        "| --- | --- | --- | --: | --: | --- |",
    ]
    for (known, truth, kind), files in found.groupby(["known", "truth", "points"], sort=False):
        asked, right = int(files["asked"].sum()), int(files["right"].sum())
        low, high = wilson(asked, len(files))
        lines.append(
            f"| {known} | {truth} | {kind} | {asked} of {len(files)} | {right} | {100 * low:.0f}–{100 * high:.0f} % |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--points", type=int, default=800)
    parser.add_argument("--clean", action="store_true")
    options = parser.parse_args()
    if options.clean:
        found = clean_only(options.seeds)
        low, high = wilson(int(found["asked"].sum()), len(found))
        print(
            f"asked about {found['asked'].sum()} of {len(found)} files in WGS 84 ({100 * low:.2f}–{100 * high:.2f} %)"
        )
        print(found[found["asked"]].to_string())
        return
    found = run(options.seeds, options.points)
    print(table(found))
    by_shape = found[(found["known"] == "streets") & (found["points"] != "blocks")]
    print(by_shape.groupby(["truth", "shape"], sort=False)["right"].agg(["sum", "count"]).to_string())
    print(
        "seconds a file: median",
        round(float(found["seconds"].median()), 3),
        "most",
        round(float(found["seconds"].max()), 2),
    )


if __name__ == "__main__":
    main()
