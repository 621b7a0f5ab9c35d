"""
Explain: why a place is listed, as pairs of a catalogue key and its facts, so that every language says the same figures.

Each figure is a column of the hotspot and recomputes from the rows behind it.
"""

from collections.abc import Mapping
from typing import Any

Reason = tuple[str, dict[str, Any]]


def why_hotspot(place: Mapping[str, Any], *, days: int) -> list[Reason]:
    """
    Give the reasons for one place, the one that lists it first.

    Parameters
    ----------
    place : mapping
        A row of the hotspot list; `tests`, `open_days`, `recent_days` and `halves_known` beside its columns.
    days : int
        Length of the window.

    Returns
    -------
    list of (key, facts)
        Texts under `why.*`; a fact named `category` is a key of the taxonomy.
    """
    n = int(place["events"])
    reasons: list[Reason] = []
    for number, test in enumerate(place["tests"]):
        facts = {"n": int(test["n"]), "days": days, "expected": _short(test["expected"])}
        if test["layer"] is not None:
            reasons.append((f"why.{test['question']}_layer", {**facts, "layer": test["layer"]}))
        elif number and test["question"] == "usual" and place["tests"][0]["layer"] is None:
            reasons.append(("why.usual_too", {"expected": facts["expected"]}))
        else:
            reasons.append((f"why.{test['question']}", facts))
    if not place["tests"]:
        reasons.append(("why.count", {"n": n, "days": days}))
    if place["meets"]:
        reasons.append(("why.meets", {"layers": list(place["meets"])}))
    if place["events_last_year"] is not None:
        reasons.append(("why.last_year", {"n": int(place["events_last_year"])}))
    if place["halves_known"]:
        reasons.append(("why.recent", {"n": int(place["events_recent"]), "days": int(place["recent_days"])}))
    if place["trend"] != "persistent":
        reasons.append((f"why.trend.{place['trend']}", {}))
    if place["top_categories"] and n > 1:
        category, count = place["top_categories"][0]
        reasons.append(("why.category", {"category": category, "n": int(count)}))
    if place["open_matters"]:
        reasons.append(("why.open", {"n": int(place["open_matters"]), "days": int(place["open_days"])}))
    if place["peak_hours"] is not None:
        reasons.append(("why.peak", {"hours": place["peak_hours"]}))
    if place["peak_days"]:
        reasons.append(("why.peak_days", {"weekdays": list(place["peak_days"])}))
    return reasons


def _short(expected: float) -> str:
    """Two figures, as one says such numbers."""
    return f"{float(f'{expected:.2g}'):g}"
