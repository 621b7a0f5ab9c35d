"""Sentences from reasons: `analysis` gives keys and facts, the catalogues give words, the taxonomy gives names."""

from collections.abc import Iterable
from typing import Any

from geo.taxonomy import Taxonomy
from views.i18n import Translator

Reason = tuple[str, dict[str, Any]]


def sentence(reasons: Iterable[Reason], taxonomy: Taxonomy, t: Translator) -> str:
    """All reasons as one run of clauses with a full stop."""
    clauses = [t(key, **spoken(facts, taxonomy, t)) for key, facts in reasons]
    if not clauses:
        return ""
    if t.language == "zh":
        return "；".join(clauses) + "。"
    text = "; ".join(clauses)
    return text[:1].upper() + text[1:] + "."


def spoken(facts: dict[str, Any], taxonomy: Taxonomy, t: Translator) -> dict[str, Any]:
    """The facts with category and layer keys replaced by names, and numbers rounded for reading."""
    words: dict[str, Any] = {}
    for name, value in facts.items():
        if name in ("category", "categories"):
            keys = [value] if isinstance(value, str) else value
            words[name] = t.joined(category_name(key, taxonomy, t) for key in keys)
        elif name in ("layer", "layers"):
            layers = [value] if isinstance(value, str) else value
            words[name] = t.listed(t(f"layer.{layer}") for layer in layers)
        elif name in ("weekday", "weekdays"):
            days = [value] if isinstance(value, int) else value
            words[name] = t.joined(t(f"weekday.{day}") for day in days)
        elif isinstance(value, float) and name != "n":
            words[name] = number(value)
        else:
            words[name] = value
    return words


def category_name(key: str, taxonomy: Taxonomy, t: Translator) -> str:
    """A category's name; one the taxonomy does not know keeps its parent's."""
    return taxonomy[key].name(t.language)


def category_list(top: Iterable[tuple[str, int]], taxonomy: Taxonomy, t: Translator) -> str:
    """Categories with their counts, most first."""
    return t.joined(f"{category_name(key, taxonomy, t)} {count}" for key, count in top)


def layer_list(layers: Iterable[str], t: Translator) -> str:
    """Layers by name."""
    return t.joined(t(f"layer.{layer}") for layer in layers)


def number(value: float) -> str:
    """A number as people read it: whole from ten on, one digit below, thousands separated."""
    rounded = round(value, 1)
    return f"{value:,.0f}" if abs(rounded) >= 10 or float(value).is_integer() else f"{rounded:.1f}"
