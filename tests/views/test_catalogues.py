"""Both languages say everything: the same keys, the same facts, and a sentence for every error the code can raise."""

import ast
import string
from pathlib import Path

import pytest

from views.i18n import LANGUAGES, Translator, catalogue

ROOT = Path(__file__).parents[2]


def facts_of(text) -> set[str]:
    texts = text.values() if isinstance(text, dict) else [text]
    return {
        name.split(".")[0].split("[")[0] for one in texts for _, name, _, _ in string.Formatter().parse(one) if name
    }


def raised_keys() -> dict[str, set[str]]:
    """Each literal `key=` of an InputError in the code, with the names of the facts beside it."""
    found: dict[str, set[str]] = {}
    for path in [p for folder in ("geo", "analysis", "views", "jobs") for p in (ROOT / folder).rglob("*.py")] + [
        ROOT / "cli.py",
        ROOT / "app.py",
    ]:
        if not path.exists():
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InputError":
                words = {word.arg: word.value for word in node.keywords if word.arg}
                if isinstance(words.get("key"), ast.Constant):
                    spread = any(word.arg is None for word in node.keywords)
                    found[words["key"].value] = {"*"} if spread else set(words) - {"key", "remedy"}
    return found


def test_both_catalogues_have_the_same_keys():
    chinese, english = (set(catalogue(language)) for language in LANGUAGES)
    assert chinese - english == set()
    assert english - chinese == set()


def test_both_languages_quote_the_same_facts():
    chinese, english = (catalogue(language) for language in LANGUAGES)
    # English may count where Chinese need not.
    differing = {key for key in chinese if (facts_of(chinese[key]) ^ facts_of(english.get(key, ""))) - {"n"}}
    assert differing == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_its_sentence(language):
    texts = catalogue(language)
    missing = sorted(key for key in raised_keys() if key not in texts)
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_quotes_only_facts_the_error_gives(language):
    texts = catalogue(language)
    unfilled = {
        key: facts_of(texts[name]) - facts
        for key, facts in raised_keys().items()
        if "*" not in facts
        for name in (key, f"{key}.remedy")
        if name in texts and facts_of(texts[name]) - facts
    }
    assert unfilled == {}


def test_english_counts_one_and_many():
    t = Translator("en")
    assert t("cli.hotspots", n=1, tested=9).startswith("1 place is")
    assert t("cli.hotspots", n=2, tested=9).startswith("2 places are")
