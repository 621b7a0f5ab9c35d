"""An earlier hotspot list, as `hotspots -o` wrote it in any of its kinds, read back for comparison."""

from pathlib import Path

import numpy as np
import pandas as pd

from geo.errors import InputError
from geo.limits import STANDARD, Limits
from geo.persons import mask
from geo.sniff import sniff
from geo.tables import read_tables
from geo.vector import AREAS, read_vector

_MAPS = ("json", "gpkg", "kml", "fgb", "shp")


def read_earlier_list(path: Path, *, limits: Limits = STANDARD) -> pd.DataFrame:
    """
    Read the ids, ranks and places of an earlier list.

    Returns
    -------
    DataFrame
        One row a place in the file's order: hotspot_id, rank (its position where the file gives none), place,
        neighborhood ("" where the file gives none), lon, lat (degrees; NaN where unknown).

    Raises
    ------
    InputError
        If the file cannot be read or holds no column `hotspot_id`.
    """
    frame = _rows(path, limits)
    if "hotspot_id" not in frame:
        found = ", ".join(map(str, list(frame)[:12]))
        raise InputError(
            f"{path.name} is no hotspot list: it has no column hotspot_id (found: {found}).",
            remedy="Give a list that `hotspots -o FILE` wrote.",
            key="since.no_list", file=path.name, columns=found,
        )  # fmt: skip
    ids = frame["hotspot_id"].fillna("").astype(str).str.strip()
    read = pd.DataFrame({"hotspot_id": ids, "rank": _numbers(frame, "rank")})
    read["rank"] = read["rank"].fillna(pd.Series(np.arange(1.0, len(frame) + 1), index=frame.index)).astype("int64")
    for name in ("place", "neighborhood"):
        texts = frame[name].fillna("").astype(str) if name in frame else pd.Series("", index=frame.index)
        read[name] = [mask(text)[:120] for text in texts]
    for name in ("lon", "lat"):
        read[name] = _numbers(frame, name)
    return read[ids != ""].drop_duplicates("hotspot_id").reset_index(drop=True)


def _rows(path: Path, limits: Limits) -> pd.DataFrame:
    """The file's columns; lists are polygons in map files, which are no tables of points."""
    what = sniff(path, ("text", "json", "gpkg", "xlsx", "xls", "ods", "kml", "fgb", "parquet", "shp", "zip"))
    if what.kind in _MAPS:
        frame, _, _ = read_vector(path, what, AREAS)
        return pd.DataFrame(frame.drop(columns=frame.geometry.name))
    table = read_tables(path, limits=limits)[0]
    rows = range(len(table))
    return pd.DataFrame({name: [column.cell(row) for row in rows] for name, column in table.columns.items()})


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame:
        return pd.Series(np.nan, index=frame.index)
    return pd.to_numeric(frame[name], errors="coerce").astype(float)
