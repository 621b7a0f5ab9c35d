"""How often the floor of attention is shortened by chance alone, and how often where it should be: simulated cities."""

import numpy as np

from analysis.safety import LEAST_SAFE_WEEKS, least_safe

RUNS, AREAS, SHARE = 1_000, 15, 0.75


def listed(shares: np.ndarray, *, least: int, most: int, seed: int = 0) -> np.ndarray:
    """RUNS by areas: True where an area gets the shorter floor; each has `least` to `most` answers."""
    rng = np.random.default_rng(seed)
    found = np.zeros((RUNS, len(shares)), dtype=bool)
    for run in range(RUNS):
        answered = rng.integers(least, most + 1, len(shares))
        good = rng.binomial(answered, shares)
        latest = {str(i): (int(good[i]), int(answered[i])) for i in range(len(shares))}
        found[run] = [area.weeks == LEAST_SAFE_WEEKS for area in least_safe(latest).values()]
    return found


def main() -> None:
    """Print the two tables of docs/methods.md."""
    for share in (0.5, 0.7, 0.9):
        alike = listed(np.full(AREAS, share), least=15, most=60)
        print(f"{AREAS} alike areas, share {share:.0%}: any listed in {alike.any(axis=1).mean():.1%} of cities")
    for gap in (0.2, 0.3, 0.4):
        shares = np.full(AREAS, SHARE)
        shares[0] -= gap
        one = listed(shares, least=20, most=40)
        others = one[:, 1:].any(axis=1).mean()
        print(f"one area {gap:.0%} below {SHARE:.0%}: listed in {one[:, 0].mean():.1%}, another one in {others:.1%}")


if __name__ == "__main__":
    main()
