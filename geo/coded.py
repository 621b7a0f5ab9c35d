"""A word a row, held as a small number and a short table of words: columns of few values while they are made."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(eq=False)
class Coded:
    """`codes` (n small ints) count in `words`; -1 and the word None are nothing."""

    codes: np.ndarray
    words: Sequence[str | None]

    def is_word(self, word: str) -> np.ndarray:
        """Which rows hold the word."""
        places = [i for i, one in enumerate(self.words) if one == word]
        found = np.zeros(len(self.codes), bool)
        for place in places:
            found |= self.codes == place
        return found

    def categorical(self, rows: np.ndarray | slice) -> pd.Categorical:
        """The words of these rows as a categorical of those that occur, in the order of the alphabet."""
        codes = self.codes[rows]
        if not len(codes) or codes.max() == (only := codes.min()):
            word = self.words[only] if len(codes) and only >= 0 else None
            kinds = [] if word is None else [word]
            same = np.full(len(codes), len(kinds) - 1, np.int8)
            return pd.Categorical.from_codes(same, pd.Index(kinds, dtype="str"), validate=False)
        occurs = np.bincount(np.asarray(codes, np.intp) + 1, minlength=len(self.words) + 1)[1:] > 0
        kinds = sorted({w for w, here in zip(self.words, occurs, strict=True) if here and w is not None})
        place = {word: i for i, word in enumerate(kinds)}
        small = next(kind for kind in (np.int8, np.int16, np.int32) if len(kinds) < np.iinfo(kind).max)
        table = np.array([*(place.get(w, -1) if w is not None else -1 for w in self.words), -1], dtype=small)
        return pd.Categorical.from_codes(table[codes], pd.Index(kinds, dtype="str"), validate=False)


def nothing(n: int) -> Coded:
    """No word in any of n rows."""
    return Coded(np.full(n, -1, np.int8), ())
