"""
Names of places as people write them, and which known name a text means.

Width, case, script (traditional or simplified), marks, abbreviations and the words that only say what a thing is do not
matter. A slip of typing is forgiven only where the name is long, what tells sisters apart (numbers, directions, kinds
of street) stands unchanged, and no other known name is nearly as close. It knows no map and guesses nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

EXACT, LOOSE, LOST, NEAR = "exact", "loose", "lost", "near"  # how a text came to its name, the surest first
MARGIN = 2  # edits by which every other name must be farther away
_LOST = "?□■\ufffd*○●_"  # what stands where a character was lost, once width does not matter
_BLOCK = 2_000_000  # pairs of texts compared at a time

# One English word for each of its short forms; `st` is a saint before a name and a street behind one.
_SHORT = {
    "av": "avenue", "ave": "avenue", "aven": "avenue", "avn": "avenue", "rd": "road", "str": "street",
    "blvd": "boulevard", "boul": "boulevard", "bd": "boulevard", "dr": "drive", "drv": "drive", "ln": "lane",
    "ct": "court", "crt": "court", "pl": "place", "plz": "plaza", "sq": "square", "ter": "terrace", "terr": "terrace",
    "pkwy": "parkway", "pky": "parkway", "hwy": "highway", "fwy": "freeway", "expy": "expressway", "cir": "circle",
    "cres": "crescent", "cr": "crescent", "gdns": "gardens", "gdn": "garden", "gr": "grove", "cl": "close",
    "aly": "alley", "wy": "way", "brg": "bridge", "trl": "trail", "xing": "crossing", "tpke": "turnpike",
    "hts": "heights", "ht": "heights", "mt": "mount", "ft": "fort", "ctr": "center", "centre": "center",
    "pt": "point", "vlg": "village", "pk": "park", "jct": "junction", "n": "north", "s": "south", "e": "east",
    "w": "west",
    "ne": "northeast", "nw": "northwest", "se": "southeast", "sw": "southwest",
    "neighbourhood": "neighborhood", "dist": "district", "comm": "community", "twp": "township",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th",
    "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th", "eleventh": "11th", "twelfth": "12th",
}  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DIRECTIONS = _words("north south east west northeast northwest southeast southwest")
STREET_TYPES = _words(
    "street avenue road boulevard drive lane court place plaza square terrace parkway highway freeway expressway "
    "circle crescent gardens garden grove close alley way bridge trail crossing turnpike mews row walk rue chemin "
    "calle avenida via strasse straße weg allee platz"
)
_AREA_WORDS = ("community area", "ward", "district", "precinct", "neighborhood", "community", "area", "borough")
_SISTERS = _words("upper lower old new inner outer great little greater mid central big small")
_FRONTS = re.compile(r"(north|south|east|west|upper|lower|old|new|mid)(?=\w{3})")
# What tells Chinese sisters apart: numbers, directions, sizes, ages.
_CJK_SISTERS = frozenset(
    "东西南北中上下前后左右大小新老旧内外一二三四五六七八九十零百千0123456789甲乙丙丁abcdefghijklmnopqrstuvwxyz"
)
# Endings that only say what a unit is, by rank: those of one rank may stand for one another.
_CJK_KINDS = (
    (
        "leaf",
        (
            "社区居民委员会",
            "社区居委会",
            "居民委员会",
            "村民委员会",
            "里办公处",
            "居委会",
            "村委会",
            "行政村",
            "社区",
            "村",
            "里",
        ),
    ),
    ("town", ("派出所辖区", "街道办事处", "派出所", "街道办", "街道", "镇", "乡")),
    ("district", ("自治县", "分局", "区", "县", "市", "省")),
)
_KNOWN_WORDS = DIRECTIONS | STREET_TYPES | _SISTERS
_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")


@dataclass(frozen=True)
class Found:
    """The owners of the names that a text may mean (one: it is told; several: it is not), and how it came to them."""

    owners: frozenset[int] = frozenset()
    how: str = ""


NOTHING = Found()


def is_chinese(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return any("\u3400" <= c <= "\u9fff" for c in text)


@cache
def _converter() -> object:
    from opencc import OpenCC

    return OpenCC("t2s")


def simplified(texts: Sequence[str]) -> list[str]:
    """Each text in full width made half, small letters and simplified characters."""
    plain = [unicodedata.normalize("NFKC", str(text)).replace("\n", " ").casefold() for text in texts]
    if not any(map(is_chinese, plain)):
        return plain
    return _converter().convert("\n".join(plain)).split("\n")  # type: ignore[attr-defined, no-any-return]


def keys(texts: Sequence[str]) -> list[str]:
    """
    Texts as they are compared.

    Returns
    -------
    list of str
        Chinese: simplified, without blanks and marks, numbers of sections as digits (`三段` → `3段`). Else: words in
        small letters, short forms written out, with single blanks.
    """
    return [_chinese_key(text) if is_chinese(text) else _latin_key(text) for text in simplified(texts)]


def _chinese_key(text: str) -> str:
    text = re.sub(rf"[^\w{re.escape(_LOST)}]+", "", text)
    return re.sub(r"[一二三四五六七八九](?=段)", lambda number: number.group().translate(_NUMERALS), text)


def _latin_key(text: str) -> str:
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = re.sub(r"[^\w]+|_", " ", re.sub(r"['’.]", "", text).replace("&", " and ")).split()
    return " ".join(_word(word, place, words) for place, word in enumerate(words))


def _word(word: str, place: int, words: list[str]) -> str:
    if word == "st":
        return "saint" if place == 0 and len(words) > 1 else "street"
    return _SHORT.get(word, word)


def stem(key: str) -> tuple[str, str]:
    """A key without the ending that says what it is, and the rank of that ending (`leaf`, `town`, …; "" for none)."""
    if is_chinese(key):
        for rank, endings in _CJK_KINDS:
            for ending in endings:
                if key.endswith(ending) and len(key) > len(ending):
                    return key[: -len(ending)], rank
        return key, ""
    for words in _AREA_WORDS:
        if key.endswith(f" {words}"):
            return key[: -len(words) - 1], "word"
        if key.startswith(f"{words} "):
            return key[len(words) + 1 :], "word"
    return key, ""


def _digit(word: str) -> bool:
    return any(c.isdigit() for c in word)


def only_a_slip(key: str, name: str, words: frozenset[str]) -> bool:
    """
    Whether a text differs from a name as a slip of typing does, and not as a sister's name would.

    Parameters
    ----------
    key, name : str
        The text and the name, as keys.
    words : set of str
        Words of known names: what is one of them was meant so.

    Notes
    -----
    Chinese: numbers, directions, sizes and ages must be the same. Else: only words of four letters and more may
    differ, neither by a number nor by a first part such as `north`, and not into another known word.
    """
    if is_chinese(key):
        return [c for c in key if c in _CJK_SISTERS] == [c for c in name if c in _CJK_SISTERS]
    ours, theirs = key.split(), name.split()
    if len(ours) != len(theirs):
        return False
    for word, meant in zip(ours, theirs, strict=True):
        if word == meant:
            continue
        if len(meant) < 4 or _digit(word) or _digit(meant) or word in words or word in _KNOWN_WORDS:
            return False
        fronts = [front.group() if (front := _FRONTS.match(one)) else "" for one in (word, meant)]
        if fronts[0] != fronts[1]:
            return False
    return True


def edits_allowed(key: str) -> int:
    """How many slips of typing a name bears before it may be another's: none where it is short."""
    length = len(key.replace(" ", ""))
    if is_chinese(key):
        return int(length >= 3)
    return 0 if length < 6 else 1 if length < 12 else 2


class NameIndex:
    """
    Known names and whose they are.

    Parameters
    ----------
    names : iterable of (text, owner)
        One owner may have several names (old ones, English ones), one name several owners.
    kinds : bool
        Whether endings that say what a unit is (`社区`, `Ward`) may be left out or exchanged.
    """

    def __init__(self, names: Iterable[tuple[str, int]], *, kinds: bool = True) -> None:
        pairs = [(text, owner) for text, owner in names if str(text).strip()]
        self.exact: dict[str, set[int]] = {}
        self.stems: dict[str, set[tuple[int, str]]] = {}
        for key, (_, owner) in zip(keys([text for text, _ in pairs]), pairs, strict=True):
            if key:
                self.exact.setdefault(key, set()).add(owner)
                bare, rank = stem(key) if kinds else (key, "")
                self.stems.setdefault(bare, set()).add((owner, rank))
        self.kinds = kinds
        self._names = sorted(self.stems)
        self._words = frozenset(word for name in self._names if not is_chinese(name) for word in name.split())

    def find(self, texts: Sequence[str], *, near: bool = True) -> list[Found]:
        """
        Say which name each text means.

        Parameters
        ----------
        texts : sequence of str
            Distinct; each costs a comparison with all names where none is equal.
        near : bool
            Whether slips of typing are forgiven.
        """
        found = [self.lookup(key) for key in keys(texts)]
        if near:
            open_ = [i for i, one in enumerate(found) if not one.how]
            wanted = [stem(key) if self.kinds else (key, "") for key in keys([texts[i] for i in open_])]
            for place, one in zip(open_, self._nearest(wanted), strict=True):
                found[place] = one
        return found

    def lookup(self, key: str) -> Found:
        """The owners of a key (`keys`) letter by letter, else without its ending, else with a lost character."""
        if key in self.exact:
            return Found(frozenset(self.exact[key]), EXACT)
        bare, rank = stem(key) if self.kinds else (key, "")
        fitting = {owner for owner, other in self.stems.get(bare, ()) if not rank or not other or rank == other}
        if fitting:
            return Found(frozenset(fitting), LOOSE)
        if is_chinese(key) and any(c in _LOST for c in key):
            return self._lost(bare, rank)
        return NOTHING

    def _lost(self, bare: str, rank: str) -> Found:
        if sum(c not in _LOST for c in bare) == 0:
            return NOTHING
        pattern = re.compile("".join("." if c in _LOST else re.escape(c) for c in bare))
        owners = {
            owner
            for name in self._names
            if len(name) == len(bare) and pattern.fullmatch(name)
            for owner, other in self.stems[name]
            if not rank or not other or rank == other
        }
        return Found(frozenset(owners), LOST) if owners else NOTHING

    def _nearest(self, wanted: list[tuple[str, str]]) -> list[Found]:
        """The one name within the edits allowed that all others are clearly farther from."""
        answers = [NOTHING] * len(wanted)
        worth = [i for i, (key, _) in enumerate(wanted) if edits_allowed(key) and not key.replace(" ", "").isdigit()]
        if not worth or not self._names:
            return answers
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist

        step = max(_BLOCK // len(self._names), 1)
        for top in range(0, len(worth), step):
            rows = worth[top : top + step]
            far = 2 + MARGIN
            distance = cdist(
                [wanted[i][0] for i in rows],
                self._names,
                scorer=OSA.distance,
                score_cutoff=far,
                dtype=np.uint8,
                workers=1,
            )
            for i, row in zip(rows, distance, strict=True):
                answers[i] = self._judged(*wanted[i], row)
        return answers

    def _judged(self, key: str, rank: str, distance: np.ndarray) -> Found:
        best = int(distance.min())
        names = [self._names[j] for j in np.flatnonzero(distance < best + MARGIN)]
        if best == 0 or not names:
            return NOTHING  # equal but for an ending of another rank: another unit
        ranked = {one for name in names for one in self.stems[name]}
        owners = {owner for owner, _ in ranked}
        if rank and any(other and other != rank for _, other in ranked):
            return NOTHING
        name = self._names[int(distance.argmin())]
        allowed = min(edits_allowed(key), edits_allowed(name))
        if len(owners) > 1 or best > allowed or not only_a_slip(key, name, self._words):
            return NOTHING
        return Found(frozenset(owners), NEAR)
