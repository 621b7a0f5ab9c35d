"""The words in both languages: one catalogue a language, split by subject into `locales/<language>/*.toml`."""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from babel.lists import format_list

from geo.errors import InputError

LANGUAGES = ("zh", "en")
LOCALES = Path(__file__).parent / "locales"


class Translator:
    """
    Say a key in one language: `t("hotspots.title", n=3)`.

    A text is a format string over the facts. English texts that depend on a number are tables with `one` and `other`,
    chosen by the fact `n`. A missing key raises KeyError: a page must never show a key.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"no catalogue for {language!r}")
        self.language = language
        self._texts = catalogue(language)

    def __call__(self, key: str, **facts: Any) -> str:
        """The text of the key with the facts filled in."""
        text = self._texts[key]
        if isinstance(text, dict):
            text = text["one" if facts.get("n") == 1 else "other"]
        return text.format(**facts)

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def error(self, error: InputError) -> str:
        """The error's sentence and remedy in this language."""
        if self.language == "en":
            return str(error)
        remedy_key = f"{error.key}.remedy"
        sentence = self(error.key, **error.facts)
        return f"{sentence}{self(remedy_key, **error.facts)}" if remedy_key in self._texts else sentence

    def name(self, row: Any) -> str:
        """A place's own name: `name_en` in English where there is one, else `name`."""
        english = row.get("name_en")
        return english if self.language == "en" and isinstance(english, str) and english else row["name"]

    def listed(self, parts: Iterable[str]) -> str:
        """The parts as a list within a sentence, the last one joined by the language's "and"."""
        return format_list(list(parts), style="standard", locale=self.language)

    def joined(self, parts: Iterable[str]) -> str:
        """The parts as one list, with the language's own comma."""
        return ("、" if self.language == "zh" else ", ").join(parts)


@cache
def catalogue(language: str) -> dict[str, Any]:
    """All texts of one language by dotted key; a key that stands in two files is a bug."""
    texts: dict[str, Any] = {}
    for path in sorted((LOCALES / language).glob("*.toml")):
        for key, text in _flatten(tomllib.loads(path.read_text(encoding="utf-8"))).items():
            if key in texts:
                raise ValueError(f"{key} stands twice in locales/{language}")
            texts[key] = text
    return texts


def _flatten(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and set(value) != {"one", "other"}:
            # A key may be both a text and the head of others ("x" and "x.remedy"): the text then stands under "_".
            flat.update({k.removesuffix("._"): v for k, v in _flatten(value, key + ".").items()})
        else:
            flat[key] = value
    return flat
