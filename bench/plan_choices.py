"""
How near the optimum posts and walks come, and in what time, on generated instances.

    python -m bench.plan_choices

Posts: 20 of 2,000 candidates over 37,000 cells, 300 m apart or not, against greedy and against the solver's bound.
Walks: 12 stops against trying all; 200 stops against insertion with reordering, the search's own first answer.
"""

import time
from statistics import median

import numpy as np
from scipy.ndimage import gaussian_filter

from analysis.sites import choose_sites, greedy_sites, pairs_nearer_than, straight_coverage
from analysis.walks import best_loop

SEED = 20261122
CANDIDATES, POSTS, SPACING, REACH = 2000, 20, 300.0, 200.0
ROWS, COLUMNS, CELL = 185, 200, 100.0
WALK_MINUTES, MAX_STOPS, PACE = 90.0, 6, 70.0


def posts() -> None:
    """Print seconds, gap and what greedy misses."""
    rng = np.random.default_rng(SEED)
    spots = np.zeros((ROWS, COLUMNS))
    np.add.at(spots, (rng.integers(ROWS, size=60), rng.integers(COLUMNS, size=60)), rng.gamma(1.0, 30.0, 60))
    demand = (gaussian_filter(spots, 2) + 0.3 * gaussian_filter(rng.gamma(0.05, 1.0, spots.shape), 1)).ravel()
    column, row = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS))
    cells = (np.column_stack([column.ravel(), row.ravel()]) + 0.5) * CELL
    anywhere = rng.uniform(0, 1, (30_000, 2)) * [COLUMNS * CELL, ROWS * CELL]
    near = straight_coverage(anywhere, cells, reach=REACH, detour=1.0) @ demand
    places = anywhere[np.argsort(-near, kind="stable")[:CANDIDATES]]
    covers = straight_coverage(places, cells, reach=REACH, detour=1.0)
    print(f"posts: {POSTS} of {CANDIDATES} over {len(cells)} cells")
    for name, apart in (("free", None), ("300 m apart", pairs_nearer_than(places, SPACING))):
        seconds = []
        for _ in range(5):
            begun = time.perf_counter()
            sites = choose_sites(covers, demand, budget=POSTS, apart=apart)
            seconds.append(time.perf_counter() - begun)
        greedy = greedy_sites(covers, demand, budget=POSTS, apart=apart)
        gap = sites.bound / sites.covered - 1
        short = 1 - greedy.covered / sites.covered
        print(f"  {name:<12} median {median(seconds):.2f} s, gap {gap:.1e}, {sites.method}; greedy {short:.1%} short")


def walks() -> None:
    """Print how often the search equals trying all, and its gain over its first answer."""
    equal, instances = 0, 100
    for seed in range(instances):
        travel, dwell, prize = _stops(12, seed, side=1500.0)
        found, best = (
            best_loop(
                travel, dwell, prize, budget=WALK_MINUTES, max_stops=MAX_STOPS, exact_stops=exact,
                rng=np.random.default_rng(seed),
            )
            for exact in (0, 12)
        )  # fmt: skip
        equal += bool(np.isclose(prize[list(found)].sum(), prize[list(best)].sum()))
    print(f"walks: search equals trying all in {equal} of {instances} instances of 12 stops")
    seconds, gains = [], []
    for seed in range(instances):
        travel, dwell, prize = _stops(200, seed, side=3000.0)
        options = {"budget": WALK_MINUTES, "max_stops": MAX_STOPS}
        first = best_loop(travel, dwell, prize, rng=np.random.default_rng(seed), rounds=0, **options)
        begun = time.perf_counter()
        found = best_loop(travel, dwell, prize, rng=np.random.default_rng(seed), **options)
        seconds.append(time.perf_counter() - begun)
        gains.append(prize[list(found)].sum() / prize[list(first)].sum() - 1)
    worst, mean = min(gains), float(np.mean(gains))
    print(f"  200 stops: median {median(seconds):.3f} s; over insertion with reordering {mean:.1%}, worst {worst:.1%}")


def _stops(n: int, seed: int, side: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, side, (n + 1, 2))
    metres = 1.3 * np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    return metres / PACE, rng.choice([12.0, 15.0], n), rng.gamma(0.7, 1.0, n)


if __name__ == "__main__":
    posts()
    walks()
