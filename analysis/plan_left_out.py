"""What a plan leaves out: the hotspots that nobody gets to, each with what it would take."""

import math

import numpy as np
import pandas as pd

from analysis.plan_ground import Ground
from analysis.plan_stops import FARTHEST_STOP_M, STOP_RADIUS_M, Areas, Candidates
from analysis.plan_types import Reason, Unreached, Walk, Watch
from analysis.plan_walks import FURTHER_WALKS
from analysis.walks import Loop


def left_out(
    ground: Ground,
    hotspots: pd.DataFrame,
    candidates: Candidates,
    alone: np.ndarray,
    further: list[Loop],
    *,
    watches: list[Watch],
    walks: list[Walk],
    reach: float,
    walkers: int,
    walk_minutes: float,
    starts_given: bool,
    areas: Areas,
) -> list[Unreached]:
    """Hotspots that nobody gets to, by rank, each with what it would take."""
    spots = hotspots[["x", "y"]].to_numpy(dtype=float).reshape(-1, 2)
    posts = np.array([[watch.x, watch.y] for watch in watches]).reshape(-1, 2)
    visited = {stop.hotspot_id for walk in walks for stop in walk.stops} | {watch.hotspot_id for watch in watches}
    candidate_of = {place.hotspot: k for k, place in enumerate(candidates.places) if place.hotspot >= 0}
    allowed, moved = ground.allowed(spots), ground.moved(spots)
    left = []
    for at, (hotspot_id, spot) in enumerate(zip(hotspots["hotspot_id"].astype(str), spots, strict=True)):
        if hotspot_id in visited or (len(posts) and np.hypot(*(posts - spot).T).min() <= reach):
            continue
        k = candidate_of.get(at)
        mine = ground.shares_near(spot[None], STOP_RADIUS_M) if k is None else candidates.cells[k]
        if not allowed[at]:
            reason: Reason = ("plan.unreached.forbidden", {})
        elif moved[at] > FARTHEST_STOP_M:
            reason = ("plan.unreached.off_streets", {"metres": round(float(moved[at]))})
        elif k is None:
            reason = ("plan.unreached.few_points", {})
        else:
            reason = _shortfall(k, float(alone[k]), further, walkers, len(watches), walk_minutes, starts_given)
        left.append(Unreached(hotspot_id, areas.name_of(spot), float((mine @ ground.harm)[0]), reason))
    return left


def _shortfall(
    k: int, alone: float, further: list[Loop], walkers: int, n_watches: int, walk_minutes: float, starts_given: bool
) -> Reason:
    """What it would take to get to a hotspot that is left out."""
    if not walkers:
        return ("plan.unreached.no_walkers", {"n": n_watches})
    if starts_given and not math.isfinite(alone):
        return ("plan.unreached.no_way", {})
    if alone > walk_minutes and starts_given:
        return ("plan.unreached.too_far", {"minutes": math.ceil(alone), "limit": math.floor(walk_minutes)})
    for more, loop in enumerate(further, start=1):
        if k in loop.stops:
            return ("plan.unreached.more_walks", {"n": more})
    if starts_given:
        return ("plan.unreached.alone", {"minutes": math.ceil(alone)})
    # A meeting point can be picked right there: it is people that lack, not minutes.
    return ("plan.unreached.many_more", {"n": FURTHER_WALKS})
