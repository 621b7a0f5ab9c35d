"""Which columns of a table say where in words: an address, a street, the one that crosses it. They are never kept."""

import re

import numpy as np

from geo import headers
from geo.headers import has_phrase
from geo.name_match import is_chinese, simplified
from geo.persons import MASK, mask
from geo.text_columns import TextColumn

# Read for the place alone: kept nowhere, shown nowhere.
PLACE_COLUMNS = ("address", "street", "cross_street")
LONGEST = 80  # characters on average; longer cells are somebody's words
BY_CONTENT = 0.6  # of distinct cells that read as streets do, where no header tells
BY_HEADER = 0.3

_STREETLIKE = re.compile(
    r"\b(?:st|str|street|ave|av|avenue|rd|road|blvd|boulevard|dr|drive|ln|lane|way|ct|court|pl|place|sq|square|hwy|pkwy|"
    r"ter|terrace|row|walk|close|crescent|mews|rue|calle|avenida|weg|allee|platz)\b|stra(?:ß|ss)e\b|"
    r"(?:路|街|巷|弄|胡同|大道|道|段)(?!道)(?:口|$|[\d一二三四五六七八九十]|[与和及、/至到(（])|\d段|[路街]口|[\d一二三四五六七八九十]+[号號]",
    re.IGNORECASE,
)
_VILLAGELIKE = re.compile(r"(?:社区|社區|村|里|居委会|小区|区|區|镇|鎮|乡|鄉)")
# Headers that also stand over kinds of place (STREET, RESIDENCE): their cells must bear them out.
_VAGUE = frozenset(["location", "location description", "place", "block", "where", "位置", "ort", "lieu", "lugar"])
_SOMEBODYS = re.compile(
    r"\b(?:victim|caller|complainant|owner|suspect|reporter|contact|home|resident|residence|offender|applicant|witness|"
    r"driver|mailing|billing|ip|email|e mail|work|employer)\b|人|户|家庭|单位|邮"
)  # fmt: skip


def street_share(column: TextColumn) -> float:
    """The share of some distinct cells that read as a street, a crossing or a house does."""
    texts = simplified([str(text) for text in column.sample(100)])
    return float(np.mean([bool(_STREETLIKE.search(text)) for text in texts])) if len(texts) else 0.0


def pick_place_columns(
    free: dict[str, tuple[str, TextColumn, float, float]], *, content: bool
) -> dict[str, tuple[str, str]]:
    """
    Choose the columns that say where.

    Parameters
    ----------
    free : mapping of source → (normal header, column, share of numbers, mean length)
        Columns that nothing else took and that hold no persons.
    content : bool
        Whether cells may tell where no header does: only in tables without coordinates.

    Returns
    -------
    mapping of canonical → (source, reason)
    """
    usable = {
        name: (words, column)
        for name, (words, column, numeric, length) in free.items()
        if column.filled and numeric < 0.5 and length <= LONGEST and not _SOMEBODYS.search(words)
    }
    picked: dict[str, tuple[str, str]] = {}
    shares: dict[str, float] = {}

    def share(name: str) -> float:
        if name not in shares:
            shares[name] = street_share(usable[name][1])
        return shares[name]

    roles = (("cross_street", headers.CROSS_STREET), ("street", headers.STREET), ("address", headers.ADDRESS))
    for role, phrases in roles:
        taken = {source for source, _ in picked.values()}
        said = {n: has_phrase(words, phrases) for n, (words, _) in usable.items() if n not in taken}
        fit = {
            n: (score, share(n))
            for n, score in said.items()
            if score >= 2 and _fits(role, *usable[n], share(n), sure=score == 3)
        }
        if fit:
            picked[role] = (max(fit, key=lambda n: fit[n]), "header")
    if content and not {"address", "street"} & set(picked):
        taken = {source for source, _ in picked.values()}
        fit_by = {n: share(n) for n in usable if n not in taken and share(n) >= BY_CONTENT}
        if fit_by:
            picked["address"] = (max(fit_by, key=lambda n: fit_by[n]), "content")
    if "cross_street" in picked and "street" not in picked and "address" not in picked:
        picked["street"] = picked.pop("cross_street")
    return picked


def _fits(role: str, words: str, column: TextColumn, streetlike: float, *, sure: bool) -> bool:
    """Whether the cells bear the header out; `location` may head kinds of place, `街道` a part of the town."""
    if role == "address" and sure and words not in _VAGUE:
        return True
    texts = simplified([str(text) for text in column.sample(100)])
    if any(map(is_chinese, texts[:20])):
        villages = np.mean([bool(_VILLAGELIKE.search(text)) for text in texts])
        return streetlike >= BY_HEADER or (role == "address" and bool(villages >= BY_HEADER))
    return role != "address" or streetlike >= BY_HEADER or column.distinct > max(30, 0.3 * column.filled)


def shown(text: str) -> str:
    """What a report may say of such a text: streets and areas without the numbers of houses; else a mask."""
    text = mask(re.sub(r"\s+", " ", text).strip())
    if re.search(r"[\u3400-\u9fff]", text):
        text = re.sub(r"(?<=[路街巷弄道段])[\d０-９-]+(?:之\d+)?[号號].*$", "", text)
        text = re.sub(r"[\d０-９]+(?![\d０-９]*段)", "•", text)
    else:
        text = re.sub(r"^\s*[\dx]+[a-z]?(?:\s*-\s*\d+)?\s+(?:blo?c?k\s+(?:of\s+)?)?", "", text, flags=re.IGNORECASE)
        text = re.sub(r"\d+(?!\d*(?:st|nd|rd|th)\b)", "•", text, flags=re.IGNORECASE)
    plain = simplified([text])[0]
    return text[:60] if _STREETLIKE.search(plain) or _VILLAGELIKE.search(plain) else MASK
