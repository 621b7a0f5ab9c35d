"""Where a walk may stop and where a post may stand: hotspots first, then the places expected to bring most harm."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

from analysis.around import FEWEST_POINTS, Known, Surroundings
from analysis.crews import topics_for, who_goes
from analysis.plan_ground import Ground
from analysis.plan_types import CategoryTable, Reason, StartPoint

STOP_RADIUS_M = 100.0
STOP_SPACING_M = 200.0
LARGEST_STOPS = 200
LARGEST_POSTS = 2000
# 12 to 15 minutes a visit (Koper 1995, Justice Quarterly 12, 649–672): the longer where people are to be heard.
DWELL_MINUTES, DWELL_MINUTES_LONG = 12.0, 15.0
# Judgement: an open matter, or a revisit due, earns this share of its harm beside the harm expected.
OPEN_MATTER_SHARE = 0.1
# Judgement: where more happens than around, something there can be mended; a visit to a hotspot earns this much more.
HOTSPOT_WEIGHT = 1.5
# Judgement: what a post covers already is worth this much less to a walk.
COVERED_SHARE = 0.5
# A hotspot farther than this from any street cannot be walked to; its nearest street is another place.
FARTHEST_STOP_M = 150.0
SUGGESTED_STARTS = 20
START_NEIGHBORS_M = 800.0
# Fewer expected events than this are said in words, not as a figure.
FEWEST_SAID = 0.1


@dataclass(frozen=True, eq=False)
class Candidate:
    """A place a walk may stop at. `hotspot` is its row in the hotspots, -1 for none; `kind` says how it came in."""

    x: float
    y: float
    radius: float
    hotspot: int
    kind: str
    here: Surroundings
    who: str
    dwell: float


@dataclass(frozen=True, eq=False)
class Candidates:
    """All of them, the share of each cell that is each one's (at most 1 in all), and each one's worth to a walk."""

    places: list[Candidate]
    xy: np.ndarray
    cells: sparse.csr_matrix
    prize: np.ndarray
    neighborhood: np.ndarray


def stop_candidates(
    ground: Ground,
    known: Known,
    hotspots: pd.DataFrame,
    areas: "Areas",
    taxonomy: CategoryTable,
    by_posts: np.ndarray | float = 0.0,
) -> Candidates:
    """
    Gather the places a walk may stop at.

    Every hotspot; then places at least 200 m from those before, by expected harm; then one place in each neighborhood
    that has none. A place with fewer than three distinct points is left out, since a visit there would show whose
    trouble it is; a neighborhood without any better place is visited near its middle. `by_posts` is the share of each
    cell that posts cover: what they cover earns less, but for hotspots, where a visit does what no post can.
    """
    spots = hotspots[["x", "y"]].to_numpy(dtype=float).reshape(-1, 2)
    radius = np.maximum(STOP_RADIUS_M, hotspots["radius_m"].fillna(0).to_numpy(dtype=float))
    points = hotspots["points"].to_numpy() if "points" in hotspots else np.full(len(spots), FEWEST_POINTS)
    fit = ground.allowed(spots) & (points >= FEWEST_POINTS) & (ground.moved(spots) <= FARTHEST_STOP_M)
    chosen = [(*spots[k], radius[k], int(k), "hotspot") for k in np.flatnonzero(fit)]
    worth = ground.worth_near(ground.pool, STOP_RADIUS_M)
    enough = known.distinct_points(ground.pool, STOP_RADIUS_M) >= FEWEST_POINTS
    order = np.argsort(-worth, kind="stable")
    order = order[(worth[order] > 0) & enough[order]]
    taken = np.array([[x, y] for x, y, *_ in chosen]).reshape(-1, 2)
    for place in ground.pool[order]:
        if len(chosen) >= max(LARGEST_STOPS, 2 * int(fit.sum())):
            break
        if not len(taken) or np.hypot(*(taken - place).T).min() >= STOP_SPACING_M:
            chosen.append((*place, STOP_RADIUS_M, -1, "expected"))
            taken = np.vstack([taken, place])
    chosen += _floor_places(ground, areas, taken, order)
    xy = np.array([[x, y] for x, y, *_ in chosen]).reshape(-1, 2)
    cells = _owned_cells(ground, xy, np.array([c[2] for c in chosen]))
    places = [_candidate(known, taxonomy, *place) for place in chosen]
    extra = np.array([p.here.open_harm + p.here.revisits for p in places])
    spot = np.array([p.hotspot >= 0 for p in places], dtype=bool)
    left = ground.harm * (1.0 - COVERED_SHARE * by_posts)
    harm = np.where(spot, HOTSPOT_WEIGHT * (cells @ ground.harm), cells @ left)
    prize = harm + OPEN_MATTER_SHARE * extra if places else np.zeros(0)
    return Candidates(places, xy, cells, prize, areas.index(xy))


def _candidate(
    known: Known, taxonomy: CategoryTable, x: float, y: float, radius: float, hotspot: int, kind: str
) -> Candidate:
    here = known.around(np.array([x, y]), radius)
    who = who_goes(here.now, taxonomy)
    long = (who == "mediator" and here.year > 0) or here.open_matters > 0
    dwell = DWELL_MINUTES_LONG if long else DWELL_MINUTES
    return Candidate(float(x), float(y), float(radius), hotspot, kind, here, who, dwell)


def _floor_places(ground: Ground, areas: "Areas", taken: np.ndarray, order: np.ndarray) -> list[Any]:
    """One place in each neighborhood without any: the best that shows nobody, else the one nearest its middle."""
    served = set(areas.index(taken).tolist())
    of_pool = areas.index(ground.pool)
    found: list[Any] = []
    for area in range(len(areas.ids)):
        inside = np.flatnonzero(of_pool == area)
        if area in served or not len(inside):
            continue
        best = order[of_pool[order] == area][:1]
        if not len(best):
            middle = shapely.get_coordinates(areas.polygons[area].representative_point())[0]
            best = inside[[np.hypot(*(ground.pool[inside] - middle).T).argmin()]]
        found.append((*ground.pool[best[0]], STOP_RADIUS_M, -1, "floor"))
    return found


def _owned_cells(ground: Ground, xy: np.ndarray, radius: np.ndarray) -> sparse.csr_matrix:
    """Share of each cell within the radius of each place; what is the first one's is not the next one's again."""
    shares = ground.shares_near(xy, radius).tocsc()
    shares.sort_indices()
    first, last = shares.indptr[:-1], shares.indptr[1:]
    for start, end in zip(first[last - first > 1], last[last - first > 1], strict=True):
        left = np.maximum(1.0 - np.concatenate([[0.0], np.cumsum(shares.data[start : end - 1])]), 0.0)
        shares.data[start:end] = np.minimum(shares.data[start:end], left)
    owned = shares.tocsr()
    owned.eliminate_zeros()
    return owned


def post_candidates(ground: Ground, known: Known, hotspots: pd.DataFrame, reach: float) -> np.ndarray:
    """
    Gather the places a post may stand at: crossings near hotspots, then those with most harm around, (n, 2).

    Without streets: hotspot centers and cell centers. At most 2,000, in an order that does not depend on the input's;
    a place with fewer than three distinct points within reach is left out.
    """
    spots = hotspots[["x", "y"]].to_numpy(dtype=float).reshape(-1, 2)
    pool = ground.pool
    if ground.network is None:
        pool = np.vstack([spots[ground.allowed(spots)], pool])
    pool = pool[known.distinct_points(pool, reach) >= FEWEST_POINTS]
    if not len(pool):
        return pool
    worth = ground.worth_near(pool, reach)
    near = cKDTree(spots).query(pool)[0] <= reach if len(spots) else np.zeros(len(pool), dtype=bool)
    order = np.lexsort((pool[:, 0], pool[:, 1], -np.round(worth, 9), ~near))
    return pool[order[worth[order] > 0][:LARGEST_POSTS]]


def suggested_starts(
    ground: Ground, candidates: Candidates, walkers: int, due: np.ndarray | None = None
) -> list[StartPoint]:
    """
    Pick meeting points where none are given.

    For each of the most worthy places (hotspots first; twenty, or two a walk): the crossing nearest to the
    harm-weighted middle of the places within 800 m of it. Each walk then begins at the one that makes it worth most.
    Further ones lie in neighborhoods whose visit is due (`due`, one a candidate, -1 for none), at their best places.
    """
    order = sorted(
        range(len(candidates.places)), key=lambda k: (candidates.places[k].hotspot < 0, -candidates.prize[k], k)
    )
    starts: dict[int, StartPoint] = {}
    tree = cKDTree(ground.pool)
    for k in order[: max(SUGGESTED_STARTS, 2 * walkers)]:
        near = np.flatnonzero(np.hypot(*(candidates.xy - candidates.xy[k]).T) <= START_NEIGHBORS_M)
        weight = candidates.prize[near] + 1e-12
        middle = (candidates.xy[near] * weight[:, None]).sum(axis=0) / weight.sum()
        place = int(tree.query(middle)[1])
        starts.setdefault(place, _meeting_point(ground.pool[place]))
    units = np.full(len(order), -1) if due is None else due
    seen = {-1}
    for k in order:
        if int(units[k]) not in seen:
            seen.add(int(units[k]))
            place = int(tree.query(candidates.xy[k])[1])
            starts.setdefault(place, _meeting_point(ground.pool[place]))
    return list(starts.values())


def _meeting_point(place: np.ndarray) -> StartPoint:
    return StartPoint("", "", float(place[0]), float(place[1]), given=False)


class Areas:
    """The leaf neighborhoods: which one a place lies in."""

    def __init__(self, neighborhoods: Any) -> None:
        if neighborhoods is not None and "parent_id" in neighborhoods:
            parents = set(neighborhoods["parent_id"].dropna())
            neighborhoods = neighborhoods[~neighborhoods["neighborhood_id"].isin(parents)]
        self.ids = [] if neighborhoods is None else neighborhoods["neighborhood_id"].astype(str).tolist()
        self.polygons = np.array([]) if neighborhoods is None else neighborhoods.geometry.to_numpy()
        self._tree = shapely.STRtree(self.polygons)

    def index(self, xy: np.ndarray) -> np.ndarray:
        """Position of the neighborhood each place lies in, -1 for none; the first where they overlap."""
        found = np.full(len(xy), -1)
        if len(xy) and len(self.ids):
            place, area = self._tree.query(shapely.points(xy), predicate="intersects")
            order = np.lexsort((-area, place))
            found[place[order]] = area[order]
        return found

    def name_of(self, place: np.ndarray) -> str | None:
        """The id of the neighborhood a place lies in."""
        at = int(self.index(np.reshape(place, (1, 2)))[0])
        return self.ids[at] if at >= 0 else None


def shown_categories(
    here: Surroundings, hotspot: Any, taxonomy: CategoryTable, *, limit: int = 5
) -> tuple[tuple[str, int], ...]:
    """Most frequent categories of a place: the hotspot's own where it is one; never one that is not listed."""
    own = hotspot["top_categories"] if hotspot is not None and "top_categories" in hotspot else None
    pairs = [(str(key), int(n)) for key, n in own] if isinstance(own, (list, tuple)) and len(own) else here.categories
    return tuple((key, n) for key, n in pairs if taxonomy[key].listed)[:limit]


def shown_topics(here: Surroundings, city: Surroundings, taxonomy: CategoryTable) -> tuple[str, ...]:
    """Topics of the place's own mix; where nothing is known, of the whole city's."""
    return topics_for(here.now or city.now, taxonomy)


def place_reasons(
    here: Surroundings, hotspot: Any, *, kind: str, radius: float, days: int, events: float, any_hotspots: bool
) -> tuple[Reason, ...]:
    """Why a place is visited, each with figures that recompute from the rows or the forecast."""
    reasons: list[Reason] = []
    if hotspot is not None:
        counted = {"rank": int(hotspot["rank"]), "n": int(hotspot["events"]), "days": days}
        reasons.append(("plan.reason.hotspot", counted))
    else:
        if kind == "floor":
            reasons.append(("plan.reason.floor", {}))
        elif not any_hotspots:
            reasons.append(("plan.reason.no_hotspots", {}))
        if here.year:
            facts = {"n": here.recent, "days": days, "year": here.year, "metres": round(radius)}
            reasons.append(("plan.reason.recent", facts))
    if here.open_matters:
        opened = {"n": here.open_matters, "oldest_days": here.oldest_open_days, "metres": round(radius)}
        reasons.append(("plan.reason.open", opened))
    if here.revisits:
        reasons.append(("plan.reason.revisit", {"n": here.revisits}))
    if hotspot is not None:
        low, high = hotspot.get("expected_low"), hotspot.get("expected_high")
        if pd.notna(low) and pd.notna(high):
            reasons.append(("plan.reason.expected_range", {"low": round(float(low)), "high": round(float(high))}))
            return tuple(reasons)
    if events >= FEWEST_SAID:
        reasons.append(("plan.reason.expected", {"expected": round(events, 1), "metres": round(radius)}))
    else:
        reasons.append(("plan.reason.expected_few", {"metres": round(radius)}))
    return tuple(reasons)
