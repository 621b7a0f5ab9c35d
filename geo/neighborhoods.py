"""Polygons of any map file → neighborhoods with canonical columns, mended where broken, and told."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.coverage import TOLD, measure_coverage
from geo.errors import InputError
from geo.headers import (
    AREA_ID,
    AREA_NAME,
    AREA_NAME_EN,
    HOUSEHOLDS,
    PARENT,
    POPULATION,
    has_phrase,
    normal,
)  # fmt: skip
from geo.locate import leaf_neighborhoods
from geo.report import Finding
from geo.schema import GEOGRAPHIC_CRS, NEIGHBORHOOD_COLUMNS
from geo.sniff import sniff
from geo.vector import AREAS, crs_name, read_vector


def read_neighborhoods(path: Path) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """
    Read polygons from GeoJSON (also gzipped), GPKG, KML, FlatGeobuf, or a shapefile, plain or zipped.

    Parameters
    ----------
    path : Path

    Returns
    -------
    neighborhoods : GeoDataFrame
        `geo.schema.NEIGHBORHOOD_COLUMNS` in EPSG:4326, in the file's order; ids are distinct text.
    findings : list of Finding
        What was assumed, mended or left out.

    Raises
    ------
    InputError
        If the file cannot be read, holds no polygons, or its coordinates are no degrees and no system is named.
    """
    path = Path(path)
    frame, layer, others = read_vector(path, sniff(path, ("json", "gpkg", "zip", "shp", "kml", "fgb")), AREAS)
    findings: list[Finding] = []
    if others:
        findings.append(_finding("neighborhoods.layers", len(others), layer=layer, others=", ".join(others)))
    frame = _polygons_only(frame, path, findings)
    frame = _in_degrees(frame, path, findings)
    frame = _mended(frame, findings)
    columns = guess_area_columns(frame)
    named = _named(frame, columns, findings)
    findings.insert(
        0, _finding("neighborhoods.columns", len(named), columns=", ".join(f"{c} ← {s}" for c, s in columns.items()))
    )
    findings.extend(_coverage(named))
    return named, findings


def guess_area_columns(frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Which source column holds the id, the name, the English name, population, households and the parent unit."""
    attributes = [str(c) for c in frame.columns if c != frame.geometry.name]
    words = {column: normal(column) for column in attributes}
    picked: dict[str, str] = {}

    def best(canonical: str, phrases: tuple[str, ...], suits: pd.Series) -> None:
        scores = {
            c: has_phrase(words[c], phrases) + float(suits.get(c, 0)) for c in attributes
            if c not in picked.values() and has_phrase(words[c], phrases) and suits.get(c, 0) > 0
        }  # fmt: skip
        if scores:
            picked[canonical] = max(scores, key=lambda c: scores[c])

    texts = {c: frame[c].dropna().astype(str).str.strip() for c in attributes}
    numeric = {c: pd.to_numeric(frame[c], errors="coerce") for c in attributes}
    share = pd.Series({c: texts[c].nunique() / max(len(frame), 1) for c in attributes})
    worded = pd.Series(
        {c: float(texts[c].str.contains(r"[^\W\d_]", regex=True).mean()) if len(texts[c]) else 0.0 for c in attributes}
    )
    number = pd.Series({c: float((numeric[c] >= 0).mean()) for c in attributes})
    year = pd.Series({c: _year_in(words[c]) for c in attributes})
    best("name_en", AREA_NAME_EN, worded.where(worded > 0.8, 0))
    best("population", POPULATION, (number.where(number > 0.2, 0) * (1 + year / 10_000)))
    best("households", HOUSEHOLDS, (number.where(number > 0.2, 0) * (1 + year / 10_000)))
    # Of several names the finest: most distinct, then the one in mixed case without commas turned round.
    tidy = pd.Series({c: _tidiness(texts[c]) for c in attributes})
    best("name", AREA_NAME, (10 * share + 2 * tidy).where(worded > 0.5, 0))
    distinct = share.where(share >= 0.999, 0)
    best(
        "neighborhood_id",
        AREA_ID,
        distinct
        + 0.5 * pd.Series({c: float(words[c] not in ("objectid", "fid", "id")) for c in attributes}) * distinct,
    )
    if "name" not in picked:
        rest = worded.where((worded > 0.8) & (share > 0.5), 0).drop(list(picked.values()), errors="ignore")
        if len(rest) and rest.max() > 0:
            picked["name"] = str(rest.idxmax())
        elif "neighborhood_id" in picked:
            picked["name"] = picked["neighborhood_id"]
        else:
            best("name", AREA_NAME + AREA_ID, share)
    best("parent_id", PARENT, (share > 0).astype(float) + share)
    return {
        c: picked[c]
        for c in ("neighborhood_id", "name", "name_en", "population", "households", "parent_id")
        if c in picked
    }


def clean_names(names: pd.Series) -> pd.Series:
    """Names as people write them: blanks for underscores, a dash for `--`, no names all in capitals."""
    text = names.fillna("").astype(str).str.replace("_", " ").str.replace("--", "–").str.split().str.join(" ")
    shouting = text.str.isupper() & (text.str.len() > 3) & text.str.contains(r"[A-Z]{3}", regex=True)
    return text.where(~shouting, text.str.title().str.replace(r"(?<=['’])S\b", "s", regex=True))


def _polygons_only(frame: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> gpd.GeoDataFrame:
    geometry = frame.geometry.to_numpy() if isinstance(frame, gpd.GeoDataFrame) else np.full(len(frame), None)
    is_area = (
        np.isin(shapely.get_type_id(geometry), [3, 6, 7]) & ~shapely.is_empty(geometry) & ~shapely.is_missing(geometry)
    )
    if not is_area.any():
        kinds = sorted({g.geom_type for g in geometry[:1000] if g is not None})
        raise InputError(
            f"{path.name}: the file holds no polygons (found: {', '.join(kinds) or 'no geometry'}).",
            remedy="Neighborhoods are polygons; points come in with `import FILE`, streets with `--streets`.",
            key="neighborhoods.none", file=path.name, found=", ".join(kinds) or "-",
        )  # fmt: skip
    if not is_area.all():
        rows = np.flatnonzero(~is_area)
        findings.append(_finding("neighborhoods.not_polygon", len(rows), row=int(rows[0]) + 1))
    return frame[is_area].reset_index(drop=True)


def _in_degrees(frame: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> gpd.GeoDataFrame:
    west, south, east, north = frame.total_bounds
    degrees = west >= -180 and east <= 180 and south >= -90 and north <= 90
    if (frame.crs is None or frame.crs.is_geographic) and not degrees:
        raise InputError(
            f"{path.name}: coordinates such as {west:.0f}, {south:.0f} are no degrees, "
            "and the file names no other reference system.",
            remedy="Export it in EPSG:4326, or as GPKG, which carries its system.",
            key="neighborhoods.no_crs", file=path.name, x=f"{west:.0f}", y=f"{south:.0f}",
        )  # fmt: skip
    if frame.crs is None:
        findings.append(_finding("neighborhoods.crs_assumed", len(frame)))
        return frame.set_crs(GEOGRAPHIC_CRS)
    name = crs_name(frame) or ""
    if name != GEOGRAPHIC_CRS:
        findings.append(_finding("neighborhoods.crs", len(frame), crs=name[:60]))
    return frame.to_crs(GEOGRAPHIC_CRS)


def _mended(frame: gpd.GeoDataFrame, findings: list[Finding]) -> gpd.GeoDataFrame:
    geometry = frame.geometry.to_numpy().copy()
    broken = ~shapely.is_valid(geometry) | (shapely.get_type_id(geometry) == 7)
    if broken.any():
        rows = np.flatnonzero(broken)
        geometry[broken] = [_areas_of(shapely.make_valid(shape, method="structure")) for shape in geometry[broken]]
        findings.append(_finding("neighborhoods.mended", len(rows), row=int(rows[0]) + 1))
        frame = frame.set_geometry(gpd.GeoSeries(geometry, crs=frame.crs))
    gone = shapely.is_empty(geometry)
    return frame[~gone].reset_index(drop=True)


def _areas_of(shape: shapely.Geometry) -> shapely.Geometry:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.from_wkt("POLYGON EMPTY")


def _named(frame: gpd.GeoDataFrame, columns: dict[str, str], findings: list[Finding]) -> gpd.GeoDataFrame:
    n = len(frame)
    numbers = pd.Series([str(i) for i in range(1, n + 1)])

    def text(canonical: str) -> pd.Series | None:
        if canonical not in columns:
            return None
        values = frame[columns[canonical]]
        if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
            values = values.astype("Int64")
        return values.astype("string").astype(object).where(values.notna().to_numpy(), None)

    source_name = text("name")
    name = clean_names(source_name if source_name is not None else numbers)
    name = name.where(name != "", numbers)
    parent = text("parent_id")
    ids = text("neighborhood_id")
    if ids is None:
        ids = name if name.is_unique or parent is None else parent.fillna("").astype(str) + "/" + name
    ids = ids.fillna("").astype(str)
    repeats = ids.groupby(ids).cumcount()
    if (repeats > 0).any():
        findings.append(
            _finding("neighborhoods.same_id", int((repeats > 0).sum()), row=int(np.flatnonzero(repeats > 0)[0]) + 1)
        )
        ids = ids.where(repeats == 0, ids + "-" + (repeats + 1).astype(str))
    english = text("name_en")
    result = gpd.GeoDataFrame(
        {
            "neighborhood_id": ids.to_numpy(),
            "name": name.to_numpy(),
            "name_en": (clean_names(english) if english is not None else pd.Series([""] * n)).to_numpy(),
            "population": _people(frame, columns.get("population"), findings, "population"),
            "households": _people(frame, columns.get("households"), findings, "households"),
            "parent_id": _parents(parent, ids, name, n),
        },
        geometry=frame.geometry.to_numpy(), crs=frame.crs,
    )  # fmt: skip
    return result[list(NEIGHBORHOOD_COLUMNS)]


def _people(frame: gpd.GeoDataFrame, column: str | None, findings: list[Finding], name: str) -> np.ndarray:
    if column is None:
        return np.full(len(frame), np.nan)
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
    wrong = ~(values >= 0)
    if wrong.any():
        findings.append(
            _finding("neighborhoods.no_people", int(wrong.sum()), row=int(np.flatnonzero(wrong)[0]) + 1, column=name)
        )
    return np.where(wrong, np.nan, values)


def _parents(parent: pd.Series | None, ids: pd.Series, name: pd.Series, n: int) -> np.ndarray:
    """Parents by id; a name that is some row's name becomes its id, any other stays as it is written."""
    if parent is None:
        return np.full(n, None, dtype=object)
    by_name = dict(zip(name, ids, strict=True))
    known = set(ids)
    found = [
        None if p is None or str(p) == "" else (str(p) if str(p) in known else by_name.get(str(p), str(p)))
        for p in parent
    ]
    return np.array([None if p == unit else p for p, unit in zip(found, ids, strict=True)], dtype=object)


def _coverage(named: gpd.GeoDataFrame) -> list[Finding]:
    """What of the ground lies in two leaves, what leaf within another, and what in none: events there go astray."""
    leaves = leaf_neighborhoods(named)
    place = np.flatnonzero(named["neighborhood_id"].isin(leaves["neighborhood_id"]))
    if len(leaves) < 2:
        return []
    found = measure_coverage(leaves)
    name = leaves["name"].to_numpy(dtype=object)
    told = []
    if len(found.nested):
        inner, outer = found.nested[0], found.holders[0]
        told.append(_finding(
            "neighborhoods.nested", len(found.nested), row=int(place[inner]) + 1, inner=name[inner], outer=name[outer]
        ))  # fmt: skip
    elif found.overlap >= TOLD:
        row = int(place[found.overlapping[0]]) + 1 if len(found.overlapping) else 0
        told.append(_finding("neighborhoods.overlap", len(found.overlapping), row=row, share=found.overlap))
    if found.gaps >= TOLD:
        told.append(_finding("neighborhoods.gaps", found.holes, share=found.gaps))
    return told


def _year_in(words: str) -> int:
    years = [int(part) for part in words.split() if part.isdigit() and 1900 <= int(part) <= 2100]
    return max(years, default=0)


def _tidiness(texts: pd.Series) -> float:
    if not len(texts):
        return 0.0
    return float(1 - 0.5 * texts.str.isupper().mean() - 0.3 * texts.str.contains("_|, ").mean())


def _finding(code: str, n: int, *, row: int = 0, **facts: object) -> Finding:
    return Finding(code, n, row, {"n": n, "row": row, **facts})
