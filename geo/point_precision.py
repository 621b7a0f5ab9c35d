"""How exact points are: precision by how many rows share a point. It moves no point; `geo.clean_points` reads them."""

import re
from collections.abc import Mapping

import numpy as np

from geo.coded import Coded
from geo.locate import place_keys
from geo.report import Notes
from geo.schema import PRECISIONS
from geo.tables import Table

DEFAULT_SHARE, DEFAULT_ROWS, DEFAULT_TIMES = 0.05, 100, 10  # one point that holds so much is a default, not a place
_UNKNOWN = PRECISIONS.index("unknown")


def point_precision(lon: np.ndarray, lat: np.ndarray, decimals: int | None, projected: bool, notes: Notes) -> Coded:
    """How exact points are, from how many rows share one: snapped points are never addresses."""
    known = np.isfinite(lon)
    n = int(np.count_nonzero(known))
    codes = np.full(len(lon), _UNKNOWN, np.int8)
    if n < 50:
        return Coded(codes, PRECISIONS)
    keys = place_keys(lon, lat) if n == len(lon) else place_keys(lon[known], lat[known])
    in_order = np.sort(keys)
    begins = np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1]))
    counts = np.diff(np.append(begins, n))
    most = int(counts.max())
    next_count = int(np.partition(counts, -2)[-2]) if len(counts) > 1 else 0
    is_default = len(counts) > 1 and most >= max(DEFAULT_SHARE * n, DEFAULT_ROWS) and most >= DEFAULT_TIMES * next_count
    rest = n - (most if is_default else 0)
    a_point = rest / max(len(counts) - is_default, 1)
    coarse = decimals is not None and not projected and decimals <= 3
    snapped = coarse or a_point >= 2
    codes[known] = PRECISIONS.index("block" if snapped else "address")
    if snapped:
        notes.add("point.snapped", known, places=len(counts), decimals=decimals if decimals is not None else -1)
    if is_default:
        rows = np.flatnonzero(known)[keys == in_order[begins[int(counts.argmax())]]]
        codes[rows] = _UNKNOWN
        there = np.zeros(len(lon), bool)
        there[rows] = True
        notes.add(
            "point.default",
            there,
            lon=round(float(lon[rows[0]]), 5),
            lat=round(float(lat[rows[0]]), 5),
            share=float(most / n),
            next=next_count,
        )
    return Coded(codes, PRECISIONS)


def written_decimals(table: Table, picked: Mapping[str, str]) -> int | None:
    """Most decimals of degrees among the first cells of the longitude column; None where none are written."""
    if "lon" not in picked:
        return None
    texts = table.columns[picked["lon"]].sample(500)
    if any("°" in text or "度" in text for text in texts[:20]):
        return None
    return max((len(re.sub(r"^[^.,]*[.,]?", "", str(text))) for text in texts), default=0)
