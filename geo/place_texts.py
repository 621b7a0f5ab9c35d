"""
What a text says of a place on a street: a crossing, a section, a block or house, a street alone.

It only takes texts apart; whether such streets exist and meet is `geo.street_places`'s to say. A text that tells a
distance ("200 m north of …") names no place that one could find by its words.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from geo.name_match import is_chinese, keys

CROSSING, SECTION, STREET = "crossing", "section", "street"
_MOST = 14  # characters of a Chinese street's name

_AWAY = re.compile(
    r"\d\s*(?:m|metres?|meters?|km|feet|foot|ft|yards?|yds?|miles?|mi)\b|\b(?:north|south|east|west|[nsew])\s+of\b|"
    r"\b(?:opposite|behind|beyond)\b|\d\s*(?:米|公里|千米|公尺)|[往向朝][东西南北前里東]",
    re.IGNORECASE,
)
_MEET = re.compile(r"\s*(?:&|\+|@|/|\\|\||;)\s*|\s+(?:and|at|x|with|与|和)\s+", re.IGNORECASE)
_FRAME = re.compile(r"^(?:the\s+)?(?:corner|intersection|junction|crossing|crossroads)\s+of\s+", re.IGNORECASE)
_TAIL = re.compile(
    r"\s*(?:交会处|交叉口|路口|\b(?:intersection|junction|crossing|crossroads|corner|jct))\.?\s*$", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"^(?P<street>.+?)[\s,]*(?:\(\s*)?(?:\b(?:between|betw|btwn|bet|b/w)\b\.?|\bfrom\b)\s+(?P<both>.+?)\s*\)?$",
    re.IGNORECASE,
)
_IN_MARKS = re.compile(r"^(?P<street>[^()（）]+?)\s*[(（](?P<both>[^()（）]+)[)）]\s*$")
_TO = re.compile(r"\s*(?:&|/|–|—|--|~)\s*|\s+(?:and|to|-)\s+", re.IGNORECASE)
_HOUSE = re.compile(
    r"^\s*(?:(?:\d+|[x\d]+x)[a-z]?(?:\s*[-–/]\s*\d+[a-z]?)?\s+)?(?:(?:hundred\s+)?blo?c?k\s+(?:of\s+)?|blk\s+(?:of\s+)?)?",
    re.IGNORECASE,
)  # fmt: skip
_ORDINAL = re.compile(r"^\s*\d+(?:st|nd|rd|th)\b", re.IGNORECASE)
_UNIT = re.compile(r"\s+(?:#|apt|unit|flat|suite|ste|room|rm|fl|floor)\b.*$|\s+#.*$", re.IGNORECASE)
# Between two Chinese names: nothing, or a word that joins them; behind the second what says that they meet.
_ZH_MEET = re.compile(r"(?:与|和|同|跟|及|、|/|&|-|—|–|\+|@)?")
_ZH_TO = re.compile(r"(?:至|到|与|和|及|、|-|—|–|~|～)+")
_ZH_OPEN = re.compile(r"[(（,，]?(?:从|由|自)?")
# What a name may stand behind: a mark, a word that joins, or the end of a unit's name.
_ZH_JOINS = "与和同跟及从由自至到"
_ZH_LEVELS = "省市区县镇乡道村里社邻"
_ZH_MARKS = "()（）,，、/&-—–~～+@;；:：."


@dataclass(frozen=True)
class Said:
    """One reading of a text: what it means and the names of streets in it, as written or as keys."""

    kind: str
    street: str
    other: str = ""
    third: str = ""


def readings(text: str, known: Callable[[str], bool]) -> Iterator[Said]:
    """
    The readings of a text, the most exact first.

    Parameters
    ----------
    text : str
    known : function
        Whether a key (`geo.name_match.keys`) is a street's name; Chinese texts have no blanks to part them by.
    """
    text = re.sub(r"\s+", " ", text).strip()
    if not text or _AWAY.search(text):
        return
    if is_chinese(text) and any(is_chinese(part) and known(part) for part in _chinese_parts(text)):
        yield from _chinese(text, known)
    else:
        yield from _latin(text)


def _latin(text: str) -> Iterator[Said]:
    # What stands behind a comma is a town; the first part is the place, unless the second tells between which streets.
    heads = [text] if not re.search(r"[,，]", text) else [text, re.split(r"[,，]", text)[0]]
    for head in heads:
        for pattern in (_BETWEEN, _IN_MARKS):
            if match := pattern.match(head):
                for one, two in _splits(match["both"], _TO):
                    yield Said(SECTION, _street(match["street"]), _street(one), _street(two))
    for head in heads:
        bare = _TAIL.sub("", _FRAME.sub("", head))
        for one, two in _splits(bare, _MEET):
            yield Said(CROSSING, _street(one), _street(two))
    if not any(_splits(heads[-1], _MEET)) and not _BETWEEN.match(text):
        yield Said(STREET, _street(re.sub(r"\s*[(（].*$", "", heads[-1])))


def _splits(text: str, pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Both sides of each place where the text may be parted: names may hold an `and` of their own."""
    found = [(text[: m.start()].strip(), text[m.end() :].strip()) for m in pattern.finditer(text)]
    return [(one, two) for one, two in found if one and two]


def _street(text: str) -> str:
    """A street's name without the number of a house or block before it, or of a flat behind it."""
    text = _UNIT.sub("", text.strip())
    return text if _ORDINAL.match(text) else _HOUSE.sub("", text)


def _chinese_parts(text: str) -> Iterator[str]:
    key = _kept(text)
    for start in range(len(key)):
        for end in range(start + 2, min(start + _MOST, len(key)) + 1):
            yield key[start:end]


def _kept(text: str) -> str:
    """The text as it is compared, its marks kept."""
    pieces = re.split(f"([{re.escape(_ZH_MARKS)}])", re.sub(r"\s+", "", text))
    return "".join(piece if piece in _ZH_MARKS else keys([piece])[0] for piece in pieces if piece)


def _chinese(text: str, known: Callable[[str], bool]) -> Iterator[Said]:
    key = _kept(text)
    names = _names(key, known)
    if len(names) == 3:
        (_, a, b), (c, d, e), (f, g, _) = names
        if _ZH_OPEN.fullmatch(key[b:c]) and _ZH_TO.fullmatch(key[e:f]):
            yield Said(SECTION, a, d, g)
            return
    if len(names) == 2:
        (_, one, b), (c, two, e) = names
        gap, tail = key[b:c], key[e:]
        if _ZH_MEET.fullmatch(gap) and re.match(
            r"(?:交叉|交汇|交会|交界|路口|口|十字|拐角|转角|[东西南北]{1,2}角|附近|处|$|[,，(（)）])", tail
        ):
            yield Said(CROSSING, one, two)
            return
        return
    if len(names) == 1:
        (start, name, end) = names[0]
        alone = start == 0 or key[start - 1] in _ZH_LEVELS
        if alone and not re.search(r"交叉|交汇|交会|路口|[至到]", key[end:]):
            yield Said(STREET, name)


def _names(key: str, known: Callable[[str], bool]) -> list[tuple[int, str, int]]:
    """Known streets in a text from left to right, the longest at each place, each where a name can begin."""
    found: list[tuple[int, str, int]] = []
    at = 0
    while at < len(key):
        begins = at == 0 or bool(found and found[-1][2] == at) or key[at - 1] in _ZH_MARKS + _ZH_JOINS + _ZH_LEVELS
        name = None
        if begins:
            ends = range(min(at + _MOST, len(key)), at + 1, -1)
            name = next((key[at:end] for end in ends if is_chinese(key[at:end]) and known(key[at:end])), None)
        if name is None:
            at += 1
        else:
            found.append((at, name, at + len(name)))
            at += len(name)
    return found
