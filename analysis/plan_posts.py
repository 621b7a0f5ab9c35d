"""The posts of a plan: chosen by covering, each with its day, hours, crew, topics and reasons."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree

from analysis.around import Known, Surroundings
from analysis.crews import best_day, clock, watch_shift
from analysis.plan_ground import Ground
from analysis.plan_stops import Areas, place_reasons, post_candidates, shown_categories, shown_topics
from analysis.plan_types import CategoryTable, Reason, Watch
from analysis.sites import Sites, choose_sites, pairs_nearer_than

POST_SPACING_M = 300.0
# A candidate this near to a post of last week is the same place.
SAME_POST_M = 5.0


def choose_posts(
    ground: Ground,
    known: Known,
    hotspots: pd.DataFrame,
    *,
    watches: int,
    reach: float,
    fixed: np.ndarray,
    previous: np.ndarray | None = None,
) -> tuple[Sites, np.ndarray, sparse.csr_matrix]:
    """
    Choose the posts.

    Last week's posts, `previous`, an array of (n, 2) floats, stay where others are hardly better.

    Returns
    -------
    Sites, array of (n, 2) floats, csr_matrix of (n, cells) bools
        The choice, all candidates (the fixed ones first), and the cells that each reaches on foot.
    """
    if not watches and not len(fixed):
        nothing = sparse.csr_matrix((0, len(ground.centers)), dtype=bool)
        return Sites((), 0.0, 0.0, "exact"), np.zeros((0, 2)), nothing
    places = np.vstack([fixed, post_candidates(ground, known, hotspots, reach)])
    cells = ground.coverage(places, reach)
    apart = pairs_nearer_than(places, POST_SPACING_M) if len(places) else None
    stay = same_places(places, previous).tolist()
    sites = choose_sites(cells, ground.harm, budget=watches, apart=apart, fixed=range(len(fixed)), preferred=stay)
    return sites, places, cells


def same_places(places: np.ndarray, previous: np.ndarray | None) -> np.ndarray:
    """Which places are those of last week: the nearest to each, if within a few metres."""
    if previous is None or not len(previous) or not len(places):
        return np.zeros(0, dtype=np.int64)
    away, place = cKDTree(places).query(previous)
    return np.unique(place[away <= SAME_POST_M])


def staff_posts(
    sites: Sites,
    places: np.ndarray,
    cells: sparse.csr_matrix,
    *,
    ground: Ground,
    known: Known,
    city: Surroundings,
    hotspots: pd.DataFrame,
    areas: Areas,
    taxonomy: CategoryTable,
    week: datetime.date,
    hours: float,
    until: float,
    reach: float,
    n_fixed: int,
    previous: np.ndarray | None = None,
) -> list[Watch]:
    """Give each chosen post its day, hours, crew, topics and reasons; the most worthy first, spread over the week."""
    used, watches = np.zeros(7, dtype=int), []
    stayed = set(same_places(places, previous).tolist())
    for number, site in enumerate(sites.order, start=1):
        place, mine = places[site], cells[site].indices
        here = known.around(place, reach)
        hotspot = _hotspot_near(hotspots, place, reach)
        peak_hours, peak_days = (
            (None, None) if hotspot is None else (hotspot.get("peak_hours"), hotspot.get("peak_days"))
        )
        start, crew, why = watch_shift(here, city, taxonomy, hours=hours, until=until, peak_hours=peak_hours)
        day = best_day(here.weekdays, used, range(7), peak_days)
        used[day] += 1
        events = float(ground.events[mine].sum())
        reasons = place_reasons(
            here, hotspot, kind="expected", radius=reach, days=known.days, events=events, any_hotspots=len(hotspots) > 0
        )
        kept: tuple[Reason, ...] = (("plan.reason.fixed", {}),) if site < n_fixed else ()
        if site in stayed and site >= n_fixed:
            kept = (("plan.reason.stayed", {}),)
        watches.append(
            Watch(
                number=number,
                x=float(place[0]),
                y=float(place[1]),
                hotspot_id=None if hotspot is None else str(hotspot["hotspot_id"]),
                neighborhood_id=areas.name_of(place),
                date=week + datetime.timedelta(days=day),
                start=clock(start),
                end=clock(start + hours),
                crew=crew,
                harm=float(ground.harm[mine].sum()),
                events=events,
                categories=shown_categories(here, None, taxonomy),
                topics=shown_topics(here, city, taxonomy),
                reasons=kept + reasons + why,
                fixed=site < n_fixed,
            )
        )
    return watches


def _hotspot_near(hotspots: pd.DataFrame, place: np.ndarray, reach: float) -> Any:
    """The hotspot whose center is nearest, if within reach."""
    if not len(hotspots):
        return None
    away = np.hypot(hotspots["x"].to_numpy(dtype=float) - place[0], hotspots["y"].to_numpy(dtype=float) - place[1])
    return hotspots.iloc[int(away.argmin())] if away.min() <= reach else None
