"""
Which neighborhood a text names: by id, name, older or English name, a slip of typing forgiven, parent and child in one.

Of two that fit equally none is taken. What a text says beside a name (a road, a house) is left to `geo.street_places`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geo.locate import leaf_neighborhoods, name_key
from geo.name_match import EXACT, LOOSE, NameIndex, is_chinese, keys

_CITY = re.compile(r"^[\u4e00-\u9fff]{2,8}?(?:特别行政区|自治区|自治州|省|市)")
_LEVELS = "省市区县镇乡道村里居邻"  # what a name may stand behind in a Chinese address
_STREET_ENDS = "路街巷弄道段"
_SEGMENTS = re.compile(r"\s*[,，;；()（）|]\s*|\s+[-–—]\s+")
_ALTERNATIVES = re.compile(r"\s*[/／、]\s*|\s+(?:or|oder|ou)\s+", re.IGNORECASE)
_BARE = re.compile(r"(?:[a-z]+\s*)?0*(\d+)(?:\.0)?")


@dataclass(frozen=True)
class Named:
    """
    The leaves a text may mean, the parents it names, and whether a slip was forgiven.

    One leaf: it is told. None and one parent: only the parent is. `clash` marks a child of another parent.
    """

    leaves: frozenset[int] = frozenset()
    parents: frozenset[int] = frozenset()
    how: str = ""
    clash: bool = False


NONE = Named()


class AreaNames:
    """
    The names of one set of neighborhoods.

    Parameters
    ----------
    units : GeoDataFrame
        Canonical columns, all units; leaves are numbered in their order (`ids`), parents apart (`parents`): by id where
        they are drawn, else by the name that their children give them.
    """

    def __init__(self, units: gpd.GeoDataFrame) -> None:
        leaves = leaf_neighborhoods(units)
        self.ids: list[str] = leaves["neighborhood_id"].astype(str).tolist()
        given = dict(zip(units["neighborhood_id"].astype(str), _texts(units, "parent_id"), strict=True))
        self.parents: list[str] = list(dict.fromkeys(text for text in given.values() if text))
        number = {parent: i for i, parent in enumerate(self.parents)}
        above = [_above(ident, given) for ident in self.ids]
        self.under = [frozenset(i for i, chain in enumerate(above) if name in chain) for name in self.parents]
        self._by_id: dict[str, set[int]] = {}
        for i, ident in enumerate(self.ids):
            self._by_id.setdefault(name_key(ident), set()).add(i)
        self._leaves = NameIndex(_named_rows(leaves))
        known = units["neighborhood_id"].astype(str).isin(self.parents).to_numpy()
        self.drawn = set(units["neighborhood_id"].astype(str)[known])
        rows = [(text, number[parent]) for parent, text in _parent_rows(units[known])]
        self._parents = NameIndex([*rows, *((text, i) for text, i in number.items())])
        self._parent_texts = sorted(
            ((key, i) for key, owners in self._parents.exact.items() for i in owners), key=lambda one: -len(one[0])
        )

    def resolve(self, texts: Iterable[str]) -> list[Named]:
        """Say what each distinct text names."""
        texts = [str(text) for text in texts]
        answers = [self._whole(text) for text in texts]
        left = [i for i, one in enumerate(answers) if one is NONE and re.search(r"[^\W\d_]", texts[i])]
        for i in left:
            answers[i] = self._composite(texts[i])
        left = [i for i in left if answers[i] is NONE]
        # Only a text that is a name and nothing else may hold a slip.
        for i, found in zip(left, self._leaves.find([texts[i] for i in left]), strict=True):
            if found.how:
                answers[i] = Named(found.owners, how=found.how)
        left = [i for i in left if answers[i] is NONE]
        for i, found in zip(left, self._parents.find([texts[i] for i in left]), strict=True):
            if found.how:
                answers[i] = Named(parents=found.owners, how=found.how)
        return answers

    def in_texts(self, texts: Iterable[str]) -> list[Named]:
        """Say what each address names beside its street: no slip is forgiven, and no name alone without its ending."""
        answers = []
        for text in map(str, texts):
            found = self._composite(text) if is_chinese(text) or re.search(r"[,;(]", text) else NONE
            answers.append(found if found.how in ("", EXACT, LOOSE) else NONE)
        return answers

    def _whole(self, text: str) -> Named:
        plain = name_key(text)
        if plain in self._by_id:
            return Named(frozenset(self._by_id[plain]), how=EXACT)
        key = keys([text])[0]
        found, parent = self._leaves.lookup(key), self._parents.lookup(key)
        if found.how == EXACT or (found.how and not parent.how):
            return Named(found.owners, how=found.how)
        if parent.how:
            # `信义` may be the district 信义区 or the village 信义里: then neither is told.
            return NONE if found.how and parent.how == LOOSE else Named(parents=parent.owners, how=parent.how)
        number = _BARE.fullmatch(text.casefold().strip())
        if number:
            leaves = self._by_id.get(number.group(1)) or self._leaves.exact.get(number.group(1))
            return Named(frozenset(leaves), how=EXACT) if leaves else NONE
        return NONE

    def _composite(self, text: str) -> Named:
        return self._chinese(text) if is_chinese(text) else self._segments(text)

    def _chinese(self, text: str) -> Named:
        """`台北市信义区三张里松山路12号` → the child, where it is the parent's."""
        key = keys([text])[0]
        parents: frozenset[int] = frozenset()
        start = 0
        while start < len(key):
            rest = key[start:]
            head = next((one for one in self._parent_texts if rest.startswith(one[0])), None)
            if head is not None:
                named = self.finest(parents, frozenset(i for one, i in self._parent_texts if one == head[0]))
                if named is None:
                    return Named(parents=parents, how=EXACT, clash=True)
                parents = named
                start += len(head[0])
            elif start == 0 and (city := _CITY.match(rest)):
                start += city.end()
            else:
                break
        rest = key[start:]
        if not rest:
            return Named(parents=parents, how=EXACT) if parents else NONE
        found = self._leaves.find([rest])[0] if start else self._leaves.lookup(rest)
        if not found.how or (found.how == LOOSE and not parents):
            leading = self._leading(rest)
            if leading is not None:
                return self._of(leading, parents, EXACT)
            return Named(parents=parents, how=EXACT) if parents else NONE
        return self._of(found.owners, parents, found.how)

    def _leading(self, rest: str) -> frozenset[int] | None:
        """The longest full name that the text begins with, unless a street's name goes on from it."""
        for end in range(min(len(rest), 14), 2, -1):
            owners = self._leaves.exact.get(rest[:end])
            if owners and rest[end - 1] in _LEVELS and rest[end : end + 1] not in tuple(_STREET_ENDS):
                return frozenset(owners)
        return None

    def leaves_under(self, parents: Iterable[int]) -> frozenset[int]:
        """The leaves of any of these parents, at any depth."""
        return frozenset().union(*(self.under[i] for i in parents))

    def finest(self, parents: frozenset[int], others: frozenset[int]) -> frozenset[int] | None:
        """Of two sets of parents the one within the other; None where they contradict each other."""
        if not parents or not others:
            return parents or others
        one, two = self.leaves_under(parents), self.leaves_under(others)
        return parents if one <= two else others if two <= one else None

    def _of(self, leaves: frozenset[int], parents: frozenset[int], how: str) -> Named:
        if not parents:
            return Named(leaves, how=how)
        within = leaves & self.leaves_under(parents)
        return Named(within, parents, how, clash=not within)

    def _segments(self, text: str) -> Named:
        """`Sanzhang, Xinyi District`: what all parts that name something agree on; `A / B` is one of the two."""
        alternatives = [part for part in _ALTERNATIVES.split(text) if part]
        if len(alternatives) > 1:
            named = [self._whole(part) for part in alternatives]
            # A part that is unknown may be anywhere.
            same = all(one.leaves and one.leaves == named[0].leaves for one in named)
            return named[0] if same else NONE
        parts = [part for part in _SEGMENTS.split(text) if part and re.search(r"[^\W\d_]", part)]
        if len(parts) < 2:
            return NONE
        named = [self._whole(part) for part in parts]
        leaves = {one.leaves for one in named if one.leaves}
        parents: frozenset[int] = frozenset()
        for one in named:
            finer = self.finest(parents, one.parents)
            if finer is None:
                return Named(parents=parents, how=LOOSE, clash=True)
            parents = finer
        if len(leaves) == 1:
            return self._of(next(iter(leaves)), parents, LOOSE)
        return Named(parents=parents, how=LOOSE) if parents and not leaves else NONE


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    if column not in frame:
        return [""] * len(frame)
    return [str(value) if isinstance(value, str) else "" for value in frame[column].to_numpy(dtype=object)]


def _above(ident: str, given: dict[str, str]) -> frozenset[str]:
    """All units above one, by the parent that each names; a circle ends where it began."""
    chain: list[str] = []
    while (ident := given.get(ident, "")) and ident not in chain:
        chain.append(ident)
    return frozenset(chain)


def _named_rows(leaves: pd.DataFrame) -> list[tuple[str, int]]:
    rows = [(text, i) for column in ("name", "name_en") for i, text in enumerate(_texts(leaves, column)) if text]
    return rows + [
        (part, i) for i, text in enumerate(_texts(leaves, "aliases")) for part in text.split(";") if part.strip()
    ]


def _parent_rows(drawn: pd.DataFrame) -> list[tuple[str, str]]:
    ids = drawn["neighborhood_id"].astype(str).tolist()
    return [(ids[i], text) for text, i in _named_rows(drawn)]
