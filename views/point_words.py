"""The evidence against a point, in words: signs and figures as `geo.default_points` gives them."""

from collections.abc import Iterable, Mapping
from typing import Any

from views.i18n import Translator


def evidence_text(signs: Iterable[str], facts: Mapping[str, Any], t: Translator) -> str:
    """The signs as one list, each with its figures; empty where there are none."""
    return t.joined(t(f"points.sign.{sign}", **facts) for sign in signs)


def with_evidence(message: str, facts: Mapping[str, Any], t: Translator) -> str:
    """A finding's sentence followed by its evidence, where it has any."""
    said = evidence_text(facts.get("signs", ()), facts.get("evidence", {}), t)
    if not said:
        return message
    blank = "" if t.language == "zh" else " "
    return message + blank + t("points.evidence", signs=said)
