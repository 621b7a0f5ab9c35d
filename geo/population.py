"""Who lives where: people and households of a table or map joined to the neighborhoods, by key, name or ground."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.coverage import measure_of
from geo.errors import InputError
from geo.headers import has_phrase, normal
from geo.limits import STANDARD, Limits
from geo.locate import leaf_neighborhoods, locate
from geo.neighborhoods import finding, listed
from geo.persons import mask
from geo.population_file import PeopleFile, is_total, read_people
from geo.population_keys import KEY_HEADERS, best_key, leaf_ids, same_key, unit_keys
from geo.report import Finding

KEYED = 0.5  # of the neighborhoods: where a column names so many, it is the key even if rows have ground of their own
HALF = 0.5
COVERED = 0.95  # of a neighborhood: less of it in the polygons of a file is told
SAYS = 3  # keys of each side in a sentence


def join_people(
    neighborhoods: gpd.GeoDataFrame, path: Path, *, limits: Limits = STANDARD, crs: str | None = None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """
    Give neighborhoods the people and households of a file.

    Parameters
    ----------
    neighborhoods : GeoDataFrame
        Canonical columns, EPSG:4326.
    path : Path
        A table with ids or names of neighborhoods, or codes that begin with such ids; a table or map of points with
        people; a map of other polygons with people.
    limits, crs
        As for events and polygons.

    Returns
    -------
    neighborhoods, findings
        `population`, `households` or both replaced by those of the file, NaN where it has none. Rows of one unit are
        added up. Points count where they lie; polygons are shared out by area, which is an estimate. Units above others
        that the file does not name have the sum of their parts.

    Raises
    ------
    InputError
        If the file cannot be read, has no people, names none of the neighborhoods, or sums to nothing.
    """
    near = tuple(float(value) for value in neighborhoods.total_bounds)
    file = read_people(path, limits=limits, crs=crs, near=near)  # type: ignore[arg-type]
    units = neighborhoods["neighborhood_id"].astype(str).to_numpy(dtype=object)
    key = best_key(file.cells, neighborhoods)
    if key is not None and (file.shapes is None or _share(key[1], neighborhoods) >= KEYED):
        found = _by_key(file, neighborhoods, *key)
    elif file.shapes is not None:
        polygons = np.isin(shapely.get_type_id(file.shapes), [3, 6])
        found = _by_area(file, neighborhoods, polygons) if polygons.any() else _by_point(file, neighborhoods)
    else:
        raise _no_match(file, neighborhoods)
    for measure, values in found.items():
        if not np.nansum(values):
            raise InputError(
                f"{file.name}: {file.sources[measure]} sums to nothing in the neighborhoods: "
                f"{int(np.isfinite(values).sum())} rows matched, none has a number above zero.",
                remedy="Check the column, and whether its numbers are text.",
                key="population.nothing", file=file.name, column=file.sources[measure],
                rows=int(np.isfinite(values).sum()),
            )  # fmt: skip
    above = _summed_above(neighborhoods, found)
    if above:
        file.findings.append(finding("population.above", above))
    for measure, values in found.items():
        without = np.isnan(values) & np.isin(units, list(leaf_ids(neighborhoods)))
        if without.any():
            names = neighborhoods["name"].to_numpy(dtype=object)[without]
            file.findings.append(
                finding("population.missing", int(without.sum()), column=file.sources[measure], names=listed(names))
            )
    return neighborhoods.assign(**found), file.findings


# --- by key -----------------------------------------------------------------------------------------------------------


def _by_key(
    file: PeopleFile, neighborhoods: gpd.GeoDataFrame, column: str, unit: pd.Series, length: int
) -> dict[str, np.ndarray]:  # fmt: skip
    file, unit = _without_totals(file, unit, column)
    _tell_unmatched(file, neighborhoods, column, unit)
    ids = neighborhoods["neighborhood_id"].astype(str)
    most = int(unit.value_counts().max()) if unit.notna().any() else 0
    if length:
        file.findings.append(finding("population.prefix", int(unit.notna().sum()), by=column, length=length))
    elif most > 1:
        file.findings.append(finding("population.summed", int(unit.duplicated(keep=False).sum()), most=most))
    found = {}
    for measure, values in file.numbers.items():
        sums = pd.Series(values).groupby(unit.to_numpy()).sum(min_count=1)
        found[measure] = ids.map(sums).to_numpy(dtype=float)
        file.findings.append(finding(
            "population.joined", int(np.isfinite(found[measure]).sum()), column=file.sources[measure],
            by=column, sum=float(sums.sum()),
        ))  # fmt: skip
    leaves = leaf_ids(neighborhoods)
    named = leaves & set(unit.dropna())
    if len(named) < HALF * len(leaves):
        theirs = file.cells[column][unit.isna()]
        without = neighborhoods["name"][ids.isin(leaves - named).to_numpy()]
        file.findings.append(finding(
            "population.half", 0, matched=len(named), units=len(leaves), theirs=_some(theirs), ours=_some(without)
        ))  # fmt: skip
    return found


def _without_totals(file: PeopleFile, unit: pd.Series, column: str) -> tuple[PeopleFile, pd.Series]:
    """Rows that are sums of other rows left out: of a unit whose parts are there too, or of all units."""
    drop = is_total(file.cells[column]) & unit.isna().to_numpy()
    text = file.cells[column][drop].iloc[0] if drop.any() else ""
    for other in file.cells.columns:
        if other == column:
            continue
        totals = is_total(file.cells[other]) & ~drop
        if totals.any():
            parts = set(unit[~totals & ~drop].dropna())
            of_parts = totals & unit.isin(parts).to_numpy()
            text = text or (file.cells[other][of_parts].iloc[0] if of_parts.any() else "")
            drop |= of_parts
    file.tell("population.totals", drop, text=mask(str(text))[:20])
    return file.rows(~drop), unit[~drop].reset_index(drop=True)


def _tell_unmatched(file: PeopleFile, neighborhoods: gpd.GeoDataFrame, column: str, unit: pd.Series) -> None:
    texts = file.cells[column]
    lost = unit.isna() & texts.notna()
    known = unit_keys(neighborhoods)
    several = texts[lost].map({text: len(known.get(same_key(text), ())) > 1 for text in texts[lost].unique()})
    ambiguous = np.zeros(len(texts), bool)
    ambiguous[np.flatnonzero(lost)[several.to_numpy(dtype=bool)]] = True
    file.tell("population.ambiguous", ambiguous, theirs=_some(texts[ambiguous]))
    rest = lost.to_numpy() & ~ambiguous
    file.tell("population.unmatched", rest, theirs=_some(texts[rest]), ours=_some(neighborhoods["name"]))


def _no_match(file: PeopleFile, neighborhoods: gpd.GeoDataFrame) -> InputError:
    column = max(file.cells.columns, key=lambda c: has_phrase(normal(c), KEY_HEADERS), default="")
    theirs = _some(file.cells[column]) if column and has_phrase(normal(column), KEY_HEADERS) else "–"
    ours = "; ".join(
        f"{unit} {name}" if unit != name else str(name)
        for unit, name in neighborhoods[["neighborhood_id", "name"]].head(SAYS).itertuples(index=False)
    )
    return InputError(
        f"{file.name}: no row names a neighborhood. The file has, in {column or '–'}: {theirs}; the neighborhoods "
        f"are: {ours}.",
        remedy="Give the ids or names of the neighborhoods in one column, or points or polygons with their people.",
        key="population.no_match", file=file.name, column=column or "–", theirs=theirs, ours=ours,
    )  # fmt: skip


# --- by ground --------------------------------------------------------------------------------------------------------


def _by_point(file: PeopleFile, neighborhoods: gpd.GeoDataFrame) -> dict[str, np.ndarray]:
    assert file.shapes is not None
    shapes = file.shapes
    points = shapely.centroid(shapes)
    units = locate(shapely.get_x(points), shapely.get_y(points), neighborhoods)
    inside = units.codes >= 0
    if not inside.any():
        raise _elsewhere(file, points)
    word = np.array([*units.words, None], dtype=object)[units.codes]
    found = {}
    for measure, values in file.numbers.items():
        sums = pd.Series(values).groupby(word).sum(min_count=1)
        found[measure] = neighborhoods["neighborhood_id"].astype(str).map(sums).to_numpy(dtype=float)
        file.findings.append(
            finding(
                "population.points",
                int(inside.sum()),
                sum=float(np.nansum(values[inside])),
                column=file.sources[measure],
            )
        )
        _tell_outside(file, measure, float(np.nansum(values[~inside])), float(np.nansum(values)), int((~inside).sum()))
    return found


def _by_area(file: PeopleFile, neighborhoods: gpd.GeoDataFrame, polygons: np.ndarray) -> dict[str, np.ndarray]:
    """Polygons shared out among the finest neighborhoods by area: areal weighting (Goodchild & Lam 1980)."""
    assert file.shapes is not None
    leaves = leaf_neighborhoods(neighborhoods)
    shapes, ground = file.shapes[polygons], measure_of(neighborhoods)
    areas = leaves.geometry.to_numpy()
    unit, row = shapely.STRtree(shapes).query(areas, predicate="intersects")
    common = ground(shapely.intersection(areas[unit], shapes[row]))[0]
    unit, row, common = unit[common > 0], row[common > 0], common[common > 0]
    if not len(unit):
        raise _elsewhere(file, shapely.centroid(shapes))
    sizes = np.maximum(ground(shapes)[0], 1e-9)
    weight = common / sizes[row]
    ids = leaves["neighborhood_id"].astype(str).to_numpy(dtype=object)
    covered = np.bincount(unit, common, len(leaves)) / np.maximum(ground(areas)[0], 1e-9)
    partly = (covered < COVERED) & (covered > 0)
    if partly.any():
        names = leaves["name"].to_numpy(dtype=object)[partly]
        least = float(covered[partly].min())
        file.findings.append(finding("population.partly", int(partly.sum()), names=listed(names), share=least))
    found = {}
    for measure, numbers in file.numbers.items():
        values = numbers[polygons]
        known = np.isfinite(values[row])
        sums = np.bincount(unit[known], weight[known] * values[row][known], len(leaves)).round(1)
        sums[np.bincount(unit[known], minlength=len(leaves)) == 0] = np.nan
        table = pd.Series(sums, index=ids)
        found[measure] = neighborhoods["neighborhood_id"].astype(str).map(table).to_numpy(dtype=float)
        placed = float(np.nansum(sums))
        file.findings.append(finding(
            "population.apportioned", len(np.unique(row[known])), column=file.sources[measure], sum=placed
        ))  # fmt: skip
        away = int((~np.isin(np.arange(len(shapes)), row)).sum())
        _tell_outside(file, measure, float(np.nansum(values)) - placed, float(np.nansum(values)), away)
    return found


def _tell_outside(file: PeopleFile, measure: str, outside: float, total: float, places: int) -> None:
    if total > 0 and outside / total >= 0.0005:
        file.findings.append(
            finding("population.outside", places, sum=outside, column=file.sources[measure], share=outside / total)
        )


def _elsewhere(file: PeopleFile, points: np.ndarray) -> InputError:
    here = points[~shapely.is_missing(points)]
    x, y = (f"{shapely.get_x(here[0]):.4f}", f"{shapely.get_y(here[0]):.4f}") if len(here) else ("–", "–")
    return InputError(
        f"{file.name}: none of its {len(here)} places lies in a neighborhood (the first at {x}, {y}).",
        remedy="Check the reference system, and whether the file is of this city.",
        key="population.elsewhere", file=file.name, n=len(here), x=x, y=y,
    )  # fmt: skip


# --- both -------------------------------------------------------------------------------------------------------------


def _summed_above(neighborhoods: gpd.GeoDataFrame, found: dict[str, np.ndarray]) -> int:
    """Units above others without a number get the sum of their parts where all of those have one; how many did."""
    ids = neighborhoods["neighborhood_id"].astype(str).to_numpy(dtype=object)
    place = {unit: i for i, unit in enumerate(ids)}
    above = np.array([place.get(parent, -1) for parent in neighborhoods["parent_id"]])
    parents = np.unique(above[above >= 0])
    filled: set[int] = set()
    for measure, values in found.items():
        values = found[measure] = values.copy()
        # Level by level, from the finest up.
        for _ in range(len(parents)):
            open_ones = [int(parent) for parent in parents if np.isnan(values[parent])]
            known = [parent for parent in open_ones if np.isfinite(values[above == parent]).all()]
            if not known:
                break
            for parent in known:
                values[parent] = values[above == parent].sum()
            filled |= set(known)
    return len(filled)


def _share(unit: pd.Series, neighborhoods: gpd.GeoDataFrame) -> float:
    leaves = leaf_ids(neighborhoods)
    return len(leaves & set(unit.dropna())) / max(len(leaves), 1)


def _some(texts: pd.Series) -> str:
    return ", ".join(mask(str(text))[:40] for text in texts.dropna().unique()[:SAYS]) or "–"
