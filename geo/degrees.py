"""Degrees written with minutes and seconds: `116°23'30"E`, `东经116度23分30秒`, `39°54.5′N`."""

import re

import numpy as np
import pyarrow as pa

from geo.columns import numbers

_SIDES = {"N": 1, "S": -1, "E": 1, "W": -1, "北": 1, "南": -1, "东": 1, "東": 1, "西": -1}
_LATITUDES = "NS北南"
_DMS = re.compile(
    r"(?P<before>[NSEW]|[北南东東西](?:[纬緯经經])?)?\s*(?P<sign>[-+−])?\s*(?P<d>\d{1,3}(?:\.\d+)?)\s*[°º˚度]"
    r"\s*(?:(?P<m>\d{1,2}(?:\.\d+)?)\s*(?:'(?!')|[′’‘分])\s*)?(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:\"|″|”|''|秒)\s*)?"
    r"(?P<after>[NSEW]|[北南东東西])?",
    re.IGNORECASE,
)


def read_degrees(texts: np.ndarray | pa.StringArray) -> np.ndarray:
    """Distinct texts as numbers, NaN where they are none; degrees, minutes and seconds become decimal degrees."""
    values = numbers(texts)
    left = np.flatnonzero(np.isnan(values))
    if len(left):
        values = values.copy()
    for i in left:
        found = _DMS.fullmatch(str(texts[i]).strip()[:80])
        if found:
            values[i] = _value(found)
    return values


def read_degree_pairs(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Texts that hold two of them as x and y, NaN elsewhere.

    The letters say which is the latitude; without letters the first is, as such pairs are spoken, unless it cannot be.
    """
    x, y = np.full(len(texts), np.nan), np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        found = list(_DMS.finditer(str(text)[:160])) if "°" in text or "度" in text or "º" in text else []
        if len(found) != 2:
            continue
        first, second = (_value(match) for match in found)
        side = _side(found[0])
        latitude_first = side in _LATITUDES if side else abs(first) <= 90
        x[i], y[i] = (second, first) if latitude_first else (first, second)
    return x, y


def _side(found: re.Match[str]) -> str:
    return (found["before"] or found["after"] or "")[:1].upper()


def _value(found: re.Match[str]) -> float:
    minutes, seconds = float(found["m"] or 0), float(found["s"] or 0)
    if minutes >= 60 or seconds >= 60:
        return np.nan
    size = float(found["d"]) + minutes / 60 + seconds / 3600
    negative = (found["sign"] or "") in ("-", "−")
    return -size if negative else size * _SIDES.get(_side(found), 1)
