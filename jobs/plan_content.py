"""What plan.json holds: degrees, names, reasons in words, figures, and the digest of all of it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from views.plan_tables import PlanFacts, PlanWords, note_texts, unreached_place, why_text

DEGREE_DECIMALS = 6


def plan_content(
    plan: Any, words: PlanWords, facts: PlanFacts, to_degrees: Callable[[Any, Any], Any]
) -> dict[str, Any]:
    """
    Lay the plan out as plan.json holds it: degrees, names, reasons in words, and the digest of all of it.

    Returns
    -------
    dict
        Ready for JSON; `digest` is made from everything else.
    """
    content = {
        "week": plan.week.isoformat(),
        "language": words.t.language,
        "as_of": facts.as_of.isoformat(),
        "data_span": [day.isoformat() for day in facts.span],
        "station": words.station,
        "watches": [_watch(watch, words, facts, to_degrees) for watch in plan.watches],
        "walks": [_walk(walk, words, facts, to_degrees) for walk in plan.walks],
        "harm_total": _short(plan.harm_total),
        "harm_covered": _short(plan.harm_covered),
        "harm_covered_bound": _short(plan.harm_covered_bound),
        "harm_covered_all": _short(plan.harm_covered_all),
        "events_covered": _short(plan.events_covered),
        "unreached": [
            {
                "hotspot_id": left.hotspot_id,
                "neighborhood_id": left.neighborhood_id,
                "place": unreached_place(facts, words, left),
                "harm": _short(left.harm),
                "why": why_text(facts, words.t, [left.reason]),
            }
            for left in plan.unreached
        ],
        "visited": list(getattr(plan, "visited", ())),
        "unvisited": list(getattr(plan, "unvisited", ())),
        "worth": [[int(n), _short(share)] for n, share in getattr(plan, "worth", ())],
        "worth_watches": [[int(n), _short(share)] for n, share in getattr(plan, "worth_watches", ())],
        "on_streets": bool(plan.on_streets),
        "detour_factor": plan.detour_factor,
        "parameters": _jsonable(plan.parameters),
        "seed": int(plan.seed),
        "last_week": None if facts.last_week is None else _jsonable(facts.last_week),
        "notes": [*note_texts(plan, facts, words.t), words.t("export.not_prevented")],
    }
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return content | {"digest": " ".join(digest[i : i + 4] for i in range(0, 16, 4))}


def _watch(watch: Any, words: PlanWords, facts: PlanFacts, to_degrees: Callable[[Any, Any], Any]) -> dict[str, Any]:
    return {
        "number": watch.number,
        **_spot(watch, words, facts, to_degrees),
        "date": watch.date.isoformat(),
        "weekday": watch.date.weekday(),
        "start": f"{watch.start:%H:%M}",
        "end": f"{watch.end:%H:%M}",
        "crew": watch.crew,
        "fixed": bool(getattr(watch, "fixed", False)),
    }


def _walk(walk: Any, words: PlanWords, facts: PlanFacts, to_degrees: Callable[[Any, Any], Any]) -> dict[str, Any]:
    lon, lat = to_degrees(walk.start.x, walk.start.y)
    return {
        "number": walk.number,
        "date": walk.date.isoformat(),
        "weekday": walk.date.weekday(),
        "start_time": f"{walk.start_time:%H:%M}",
        "start": {"name": words.start(walk), "lon": _degree(lon), "lat": _degree(lat)},
        "minutes": round(float(walk.minutes), 1),
        "walking_minutes": round(float(walk.walking_minutes), 1),
        "length_m": round(float(walk.length_m), 1),
        "crew": list(walk.crew),
        "harm": _short(walk.harm),
        "events": _short(walk.events),
        "stops": [
            {
                "number": stop.number,
                **_spot(stop, words, facts, to_degrees),
                "arrive_minute": round(float(stop.arrive_minute), 1),
                "dwell_minutes": round(float(stop.dwell_minutes), 1),
                "open_matters": int(stop.open_matters),
                "who": stop.who,
            }
            for stop in walk.stops
        ],
        "topics": list(dict.fromkeys(key for stop in walk.stops for key in stop.topics)),
        "why": why_text(facts, words.t, walk.reasons),
    }


def _spot(spot: Any, words: PlanWords, facts: PlanFacts, to_degrees: Callable[[Any, Any], Any]) -> dict[str, Any]:
    """What a stop and a post have in common."""
    lon, lat = to_degrees(spot.x, spot.y)
    return {
        "place": words.place(spot),
        "neighborhood_id": spot.neighborhood_id,
        "neighborhood": words.area(spot),
        "hotspot_id": spot.hotspot_id,
        "lon": _degree(lon),
        "lat": _degree(lat),
        "harm": _short(spot.harm),
        "events": _short(spot.events),
        "categories": [{"category": key, "count": int(n)} for key, n in spot.categories],
        "topics": list(spot.topics),
        "why": why_text(facts, words.t, spot.reasons),
    }


def _jsonable(value: Any) -> Any:
    """Parameters as JSON knows them: numbers of numpy as numbers, dates as text."""
    if isinstance(value, Mapping):
        return {str(key): _jsonable(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        parts = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return [_jsonable(part) for part in parts]
    if isinstance(value, np.generic):
        return _jsonable(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _short(value: float) -> float:
    return round(float(value), 3)


def _degree(value: float) -> float:
    return round(float(value), DEGREE_DECIMALS)
