"""Which entries of a gazetteer a text names: the whole of it, or the place or house that it begins or ends with."""

import re
from collections.abc import Iterator

from geo.gazetteer import Gazetteer
from geo.name_match import is_chinese, keys

_UNIT = re.compile(r"\s+(?:#|apt|unit|flat|suite|ste|room|rm|fl|floor)\b.*$|\s+#.*$", re.IGNORECASE)
_LEVELS = "省市区區县縣镇鎮乡鄉村里社道"


def entries_named(text: str, gazetteer: Gazetteer) -> list[int]:
    """
    The entries that a text names.

    Parameters
    ----------
    text : str
        `12 Mill Rd, Flat 3, Cambridge`, `信义区松山路12号3楼`: flats, towns and districts may stand beside the name.
    gazetteer : Gazetteer

    Returns
    -------
    list of int
        Rows of the gazetteer, several where the name has places in several areas; empty for none.
    """
    for form in _forms(text):
        rows = gazetteer.rows(keys([form])[0])
        if rows:
            return rows
    return []


def _forms(text: str) -> Iterator[str]:
    """The text, then less and less of it; never a part that could be another place's name."""
    yield text
    if not is_chinese(text):
        parts = [_UNIT.sub("", part.strip()) for part in re.split(r"[,，;]", text)]
        for end in range(len(parts), 0, -1):
            yield " ".join(parts[:end])
        return
    bare = re.sub(r"\s+", "", text)
    house = re.match(r"^.*?[\d０-９一二三四五六七八九十]+[号號](?:之\d+)?", bare)
    starts = [0, *(i + 1 for i, c in enumerate(bare[:24]) if c in _LEVELS)]
    for whole in (bare, *([house.group()] if house else [])):
        for start in starts:
            if len(whole) - start >= 2:
                yield whole[start:]
