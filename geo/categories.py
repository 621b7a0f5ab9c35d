"""Source text → categories, by the words of the taxonomy; what no word recognizes stays `other` and is listed."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from geo.errors import InputError
from geo.taxonomy import Taxonomy

_LETTER = re.compile(r"[^\W\d_]")
_MARKS = re.compile(r"[^\w']+|_")
_CHINESE = re.compile("[\u3400-\u9fff]")
UNKNOWN = {"incident": "other", "dispute": "dispute.other", "hazard": "hazard.other"}


@dataclass(frozen=True, eq=False)
class Categorized:
    """
    One answer per distinct text: the category's key (`""` where no word occurs), the refused word it names, and whether
    a saved choice gave the key.
    """

    keys: np.ndarray
    refused: np.ndarray
    chosen: np.ndarray


class WordFinder:
    """Finds the longest taxonomy word in a text: English ones as whole words in any number, Chinese ones anywhere."""

    def __init__(self, taxonomy: Taxonomy, chosen: Mapping[str, str] | None = None) -> None:
        self.keys = set(taxonomy.categories)
        unknown = {text: key for text, key in (chosen or {}).items() if key not in self.keys}
        if unknown:
            text, key = next(iter(unknown.items()))
            raise InputError(
                f"{text!r} is to be {key!r}, which is no category.",
                remedy=f"Choose among {', '.join(sorted(self.keys))}.",
                key="categories.unknown_key", text=text, category=key, known=", ".join(sorted(self.keys)),
            )  # fmt: skip
        self.chosen = {_form(text): key for text, key in (chosen or {}).items()}
        pairs = [(word_form(word), key) for key, category in taxonomy.categories.items() for word in category.words]
        names = [(word_form(n), key) for key, c in taxonomy.categories.items() for n in (c.name_zh, c.name_en)]
        # Longest first: the first that occurs is the answer. A Chinese character says as much as three letters.
        self.words = sorted(dict(reversed(pairs + names)).items(), key=lambda pair: (-_length(pair[0]), pair[0]))
        self.refused = [word_form(word) for word in taxonomy.refused]

    def categorize(self, texts: np.ndarray) -> Categorized:
        """Categories and refused subjects of distinct texts."""
        keys, refused = np.full(len(texts), "", dtype=object), np.full(len(texts), "", dtype=object)
        chosen = np.zeros(len(texts), bool)
        for i, text in enumerate(texts):
            # The one loop over texts: they are distinct, and few. Numbers and dates hold no word.
            if not _LETTER.search(str(text)):
                continue
            bare = _form(str(text))
            form = f" {bare} "
            refused[i] = next((word.strip() for word in self.refused if word in form), "")
            plain = str(text).strip()
            chosen[i] = bare in self.chosen
            if chosen[i]:
                keys[i] = self.chosen[bare]
            else:
                keys[i] = plain if plain in self.keys else next((key for word, key in self.words if word in form), "")
        return Categorized(keys, refused, chosen)


def word_form(word: str) -> str:
    """A word as it is looked up: English between blanks so that `fire` is not found in `firearm`."""
    form = _form(word)
    return form if _has_chinese(form) else f" {form} "


def choose(texts: np.ndarray, words: dict[str, tuple[str, ...]]) -> np.ndarray:
    """The meaning of each distinct text by a small table of words (status, reporter, layer); `""` where none fits."""
    exact = {_form(word): meaning for meaning, group in words.items() for word in group}
    longest = sorted(exact.items(), key=lambda pair: -_length(pair[0]))
    answers = np.full(len(texts), "", dtype=object)
    for i, text in enumerate(texts):
        form = _form(text)
        padded = f" {form} "
        answers[i] = exact.get(form) or next(
            (
                meaning
                for word, meaning in longest
                if len(word) > 1 and (word in form if _has_chinese(word) else f" {word} " in padded)
            ),
            "",
        )
    return answers


@lru_cache(20_000)  # the words of the taxonomy are asked for with every file
def _form(text: str) -> str:
    """Lower case, one kind of width, marks as blanks, and English words in the singular."""
    plain = str(text)
    folded = (plain if plain.isascii() else unicodedata.normalize("NFKC", plain)).casefold()
    words = _MARKS.sub(" ", folded).replace("'", "").split()
    return " ".join(_singular(word) for word in words)


def _singular(word: str) -> str:
    if len(word) > 3 and word.isascii():
        if word.endswith("ies"):
            return word[:-3] + "y"
        if word.endswith("s") and not word.endswith(("ss", "us", "is")):
            return word[:-1]
    return word


def _length(form: str) -> int:
    return len(form.strip()) + 2 * len(_CHINESE.findall(form))


def _has_chinese(text: str) -> bool:
    return not text.isascii() and bool(_CHINESE.search(text))
