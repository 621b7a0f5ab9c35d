"""How much of a plan is the last one's: its posts and stops that stay, and those that are new."""

import numpy as np
from scipy.spatial import cKDTree

# Nearer than half the spacing of stops: the same place to those who walk there.
SAME_PLACE_M = 100.0


def kept_and_new(now: np.ndarray, before: np.ndarray, *, near: float = SAME_PLACE_M) -> tuple[int, int]:
    """
    Count the places that were in the last plan, too, and the others.

    Parameters
    ----------
    now, before : arrays of (n, 2) and (m, 2) floats
        Metres. Posts and stops are compared apart from each other.
    near : float
        Metres within which two places are the same.
    """
    if not len(now) or not len(before):
        return 0, len(now)
    kept = int((cKDTree(before).query(now)[0] <= near).sum())
    return kept, len(now) - kept
