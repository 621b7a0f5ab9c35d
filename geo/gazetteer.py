"""
A planner's own list of places or addresses with points: what each name stands for, and where two places share a name.

Names with a number (houses) are kept as digests alone: enough to find them again, nothing to read. A name that two
places bear is used only where a parent or the area tells which is meant.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import headers
from geo.clean_points import clean_points
from geo.columns import guess_coordinates, profiles_of
from geo.errors import InputError
from geo.headers import has_phrase
from geo.limits import STANDARD, Limits
from geo.locate import locate
from geo.name_match import is_chinese, keys
from geo.persons import mask
from geo.report import Finding, Notes
from geo.schema import GEOGRAPHIC_CRS, PRECISIONS
from geo.tables import Table, read_tables
from geo.text_columns import TextColumn

GAZETTEER_COLUMNS = ("name", "key", "parent", "precision", "geometry")
ONE_PLACE = 50.0  # metres within which two points of one name are one place
FAR = 5_000.0  # metres from the neighborhoods beyond which an entry is of another town
_METRES = 111_320.0  # a degree of latitude


@dataclass(frozen=True)
class _Columns:
    names: tuple[str, ...]
    parent: str | None
    precision: str | None
    house: tuple[str, str] | None  # number, street


def read_gazetteer(
    path: Path, *, neighborhoods: gpd.GeoDataFrame | None = None, crs: str | None = None, metric_crs: str | None = None,
    limits: Limits = STANDARD,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:  # fmt: skip
    """
    Read a table or map file of names or addresses with a point.

    Parameters
    ----------
    path : Path
        CSV, XLSX, GeoJSON, GPKG and all else that points come in.
    neighborhoods : GeoDataFrame, optional
        They tell the reference system, which entries are of another town, and which of two places of one name is which.
    crs : str, optional
        Declared system or datum.
    metric_crs : str, optional
    limits : Limits

    Returns
    -------
    GeoDataFrame
        Columns `GAZETTEER_COLUMNS`, EPSG:4326, a row a name. `key` is the name as it is compared, or a digest of it
        (`#…`) where it holds a number; then `name` is empty.
    findings

    Raises
    ------
    InputError
        If no column holds names, they are names of persons, no row has a point, all lie elsewhere, or every name has
        two places.
    """
    frames, findings = [], []
    for table in read_tables(path, limits=limits):
        notes = Notes(table.lines, table.files, table.names)
        frames.append(_entries(table, notes, neighborhoods, crs, metric_crs))
        findings += notes.findings
    entries = pd.concat(frames, ignore_index=True)
    entries, told = _told_apart(entries, neighborhoods, path.name)
    kept = gpd.GeoDataFrame(
        entries[list(GAZETTEER_COLUMNS[:-1])],
        geometry=shapely.points(entries["lon"].to_numpy(float), entries["lat"].to_numpy(float)),
        crs=GEOGRAPHIC_CRS,
    )
    n = len(kept)
    houses = int((kept["name"] == "").sum())
    read = Finding("gazetteer.read", n, 0, {"n": n, "row": 0, "file": path.name, "houses": houses})
    return kept.reset_index(drop=True), [read, *findings, *told]


def entry_key(key: str) -> str:
    """A key as it is kept: names with a number, such as houses, as a digest."""
    if not any(c.isdigit() for c in key):
        return key
    return "#" + hashlib.blake2b(key.encode(), digest_size=10).hexdigest()


def _entries(
    table: Table, notes: Notes, neighborhoods: gpd.GeoDataFrame | None, crs: str | None, metric_crs: str | None
) -> pd.DataFrame:  # fmt: skip
    profiles = profiles_of(table)
    picked = guess_coordinates(table, profiles)
    if table.point_x is None and not picked:
        raise _no_points(table)
    columns = _columns(table, profiles, set(picked.values()), notes)
    points = clean_points(table, picked, notes, neighborhoods=neighborhoods, crs=crs, metric_crs=metric_crs)
    if not np.isfinite(points.lon).any():
        raise _no_points(table)
    parent = _cells(table.columns[columns.parent]) if columns.parent else np.full(len(table), "", dtype=object)
    precision = np.full(len(table), "address", dtype=object)
    if columns.precision:
        given = _cells(table.columns[columns.precision])
        precision = np.where(np.isin(given, PRECISIONS), given, precision)
    texts = [_cells(table.columns[name]) for name in columns.names]
    if columns.house:
        texts.append(_houses(*(_cells(table.columns[name]) for name in columns.house)))
    parts = [
        pd.DataFrame({"text": text, "parent": parent, "precision": precision, "lon": points.lon, "lat": points.lat,
                      "line": table.lines})
        for text in texts
    ]  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    # A cell of other names may hold several.
    frame["text"] = frame["text"].str.split(r"[;；|]")
    frame = frame.explode("text", ignore_index=True)
    frame["text"] = frame["text"].fillna("").str.strip()
    frame = frame[(frame["text"] != "") & np.isfinite(frame["lon"])].reset_index(drop=True)
    frame = _near(frame, neighborhoods, table, notes)
    distinct = frame["text"].unique()
    plain = dict(zip(distinct, keys(list(distinct)), strict=True))
    frame["plain"] = frame["text"].map(plain)
    frame = frame.loc[frame["plain"].to_numpy() != ""]
    frame["key"] = frame["plain"].map(entry_key)
    frame["name"] = [
        mask(text)[:80] if key[0] != "#" else "" for text, key in zip(frame["text"], frame["key"], strict=True)
    ]
    return frame.drop_duplicates(["key", "parent", "lon", "lat"])


def _columns(table: Table, profiles: dict[str, Any], taken: set[str], notes: Notes) -> _Columns:
    """The columns of names, of other names, of the parent; columns of persons are refused and told."""
    free = {n: p for n, p in profiles.items() if n not in taken and p.column.filled}
    refused = [n for n, p in free.items() if p.person not in (None, "address")]
    if refused:
        notes.add("columns.refused", None, columns=", ".join(refused))
    usable = {n: p for n, p in free.items() if p.person is None}

    def best(phrases: tuple[str, ...], least: int = 2) -> str | None:
        scores = {n: has_phrase(p.words, phrases) for n, p in usable.items()}
        fit = {
            n: (s, usable[n].distinct_share) for n, s in scores.items() if s >= least and usable[n].number_share < 0.5
        }
        return max(fit, key=lambda n: fit[n]) if fit else None

    parent = best(headers.PARENT)
    precision = next((n for n, p in usable.items() if p.words in headers.PRECISION), None)
    usable = {n: p for n, p in usable.items() if n not in (parent, precision)}
    address, name = best(headers.ADDRESS), best(headers.PLACE_NAME + headers.AREA_NAME)
    english = best(headers.AREA_NAME_EN)
    other = [n for n, p in usable.items() if has_phrase(p.words, headers.OTHER_NAMES) >= 2]
    house = None
    street = best(headers.STREET)
    number = next((n for n, p in free.items() if has_phrase(p.words, headers.HOUSE_NUMBER) >= 2 and n != street), None)
    if street and number and not address:
        house = (number, street)
    names = tuple(dict.fromkeys(n for n in (name, address, english, *other) if n and n != street))
    if not names and not house:
        names = tuple(n for n in [_by_content(usable)] if n)
    if not names and not house:
        raise _no_names(table, refused)
    return _Columns(names, parent, precision, house)


def _by_content(usable: dict[str, Any]) -> str | None:
    """The column of words that differ most, where no header tells."""
    worded = {
        n: p.distinct_share
        for n, p in usable.items()
        if p.number_share < 0.2 and not p.date_kind and 1 < p.mean_length <= 60 and p.distinct_share > 0.5
    }
    return max(worded, key=lambda n: worded[n]) if worded else None


def _cells(column: TextColumn) -> np.ndarray:
    return np.asarray(column.spread(column.read_texts(), ""), dtype=object)


def _houses(number: np.ndarray, street: np.ndarray) -> np.ndarray:
    """Number and street as one address, in the order of the language."""
    both = [
        "" if not n or not s else (f"{s}{n if n.endswith(('号', '號')) else n + '号'}" if is_chinese(s) else f"{n} {s}")
        for n, s in zip(number, street, strict=True)
    ]
    return np.array(both, dtype=object)


def _near(frame: pd.DataFrame, neighborhoods: gpd.GeoDataFrame | None, table: Table, notes: Notes) -> pd.DataFrame:
    """Only entries in the neighborhoods or within reach of them."""
    if neighborhoods is None or not len(neighborhoods) or frame.empty:
        return frame
    area = shapely.union_all(neighborhoods.to_crs(GEOGRAPHIC_CRS).geometry.to_numpy())
    squeeze = float(np.cos(np.radians(area.centroid.y)))
    flat = shapely.transform(area, lambda at: at * (squeeze * _METRES, _METRES))
    shapely.prepare(flat)
    at = shapely.points(frame["lon"].to_numpy(float) * squeeze * _METRES, frame["lat"].to_numpy(float) * _METRES)
    far = np.logical_not(shapely.dwithin(flat, at, FAR)).astype(bool)
    if far.all():
        first = frame.iloc[0]
        raise InputError(
            f"{table.names[0]}: its places lie around {first.lon:.3f}, {first.lat:.3f}, none within "
            f"{FAR / 1000:.0f} km of the neighborhoods.",
            remedy="Give the places of this city, or name the reference system of the file.",
            key="gazetteer.elsewhere", file=table.names[0], lon=f"{first.lon:.3f}", lat=f"{first.lat:.3f}",
            km=int(FAR / 1000),
        )  # fmt: skip
    if far.any():
        lines = set(frame["line"].to_numpy()[far].tolist())
        notes.add("gazetteer.far", np.isin(table.lines, list(lines)), km=int(FAR / 1000))
    return frame.loc[~far].reset_index(drop=True)


def _told_apart(
    entries: pd.DataFrame, neighborhoods: gpd.GeoDataFrame | None, file: str
) -> tuple[pd.DataFrame, list[Finding]]:  # fmt: skip
    """A place a name, or one a name and area; names with two places in one area are left out and named."""
    if neighborhoods is not None and len(neighborhoods):
        unit = locate(entries["lon"].to_numpy(float), entries["lat"].to_numpy(float), neighborhoods).codes
    else:
        unit = np.full(len(entries), -1)
    spread = _spread(entries, entries["key"])
    area = entries["parent"].where(entries["parent"] != "", pd.Series(unit, index=entries.index).astype(str))
    apart = _spread(entries, entries["key"] + "\n" + area)
    two = apart > ONE_PLACE
    twins = (spread > ONE_PLACE) & ~two
    findings = []
    if two.any():
        clash = entries[two].sort_values(["line", "key"], kind="stable")
        first = clash.iloc[0]
        same = clash[clash["key"] == first["key"]]
        other = same.iloc[int(np.argmax(_metres(same["lon"] - first["lon"], same["lat"] - first["lat"], first["lat"])))]
        facts: dict[str, Any] = {
            "file": file, "name": first["name"] or "•••", "row": int(first["line"]), "other_row": int(other["line"]),
            "metres": round(float(_metres(other["lon"] - first["lon"], other["lat"] - first["lat"], first["lat"]))),
            "n": int(clash["key"].nunique()), "lon": f"{first['lon']:.4f}", "lat": f"{first['lat']:.4f}",
            "other_lon": f"{other['lon']:.4f}", "other_lat": f"{other['lat']:.4f}",
        }  # fmt: skip
        if two.all():
            raise InputError(
                f"{file}: line {facts['row']} puts {facts['name']!r} at {facts['lon']}, {facts['lat']}, line "
                f"{facts['other_row']} at {facts['other_lon']}, {facts['other_lat']}, {facts['metres']} m away; "
                "no name in the file has one place.",
                remedy="Add a column that names the district or neighborhood of each, or keep one place a name.",
                key="gazetteer.two_places", **{k: v for k, v in facts.items() if k not in ("n",)},
            )  # fmt: skip
        findings.append(Finding("gazetteer.two_places", facts["n"], facts["row"], facts))
    kept = entries[~two]
    if twins.any():
        n = int(entries["key"][twins].nunique())
        row = int(entries["line"][twins].min())
        findings.append(Finding("gazetteer.twins", n, row, {"n": n, "row": row, "file": file}))
    # Of points of one place the first of the file stands.
    return kept.assign(area=area[~two]).drop_duplicates(["key", "area"]), findings


def _spread(entries: pd.DataFrame, group: pd.Series) -> np.ndarray:
    """How far, in metres, the points of each entry's group lie apart."""
    by = entries.groupby(group)
    size = {axis: (by[axis].transform("max") - by[axis].transform("min")).to_numpy(float) for axis in ("lon", "lat")}
    return np.asarray(_metres(size["lon"], size["lat"], entries["lat"].to_numpy(float)))


def _metres(lon: Any, lat: Any, at: Any) -> Any:
    return (
        np.hypot(np.asarray(lon, float) * np.cos(np.radians(np.asarray(at, float))), np.asarray(lat, float)) * _METRES
    )


def _no_points(table: Table) -> InputError:
    return InputError(
        f"{table.names[0]}: none of its names has a point.",
        remedy="Give a table of names or addresses with longitude and latitude beside them.",
        key="gazetteer.no_points", file=table.names[0],
    )  # fmt: skip


def _no_names(table: Table, refused: Iterable[str]) -> InputError:
    columns = ", ".join(refused)
    if columns:
        return InputError(
            f"{table.names[0]}: the column {columns} names persons or their numbers; no other column names places.",
            remedy="Give names of places or addresses only.",
            key="gazetteer.persons", file=table.names[0], columns=columns,
        )  # fmt: skip
    known = ", ".join(list(table.columns)[:20])
    return InputError(
        f"{table.names[0]}: no column of names or addresses among {known}.",
        remedy="Call the column `name` or `address`.",
        key="gazetteer.no_names", file=table.names[0], columns=known,
    )  # fmt: skip


class Gazetteer:
    """
    The names of a gazetteer in force, for looking texts up.

    Parameters
    ----------
    frame : GeoDataFrame
        As `read_gazetteer` gives it.
    """

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        self.lon = shapely.get_x(frame.geometry.to_numpy())
        self.lat = shapely.get_y(frame.geometry.to_numpy())
        self.parent = frame["parent"].fillna("").astype(str).tolist()
        self.precision = frame["precision"].astype(str).tolist()
        self._rows: dict[str, list[int]] = {}
        for i, key in enumerate(frame["key"].astype(str)):
            self._rows.setdefault(key, []).append(i)

    def rows(self, key: str) -> list[int]:
        """The entries of a name by its key (`geo.name_match.keys`)."""
        return self._rows.get(entry_key(key), [])
