"""Units within units: parents told by a column or found from the ground, and what then does not fit."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.coverage import HECTARE, LARGER, NESTED, equal_area, union_of
from geo.errors import InputError
from geo.report import Finding

FILLED = 0.8  # of a unit: so much of it lies in units within it, they are its parts
APART = 0.5  # of a unit: less of it within the unit named above it, the two do not belong together
UNCOVERED = 0.05  # of a unit above others: more of it in none of them is told


def nest(named: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """
    Find the units above others from the ground where no column names them, and see whether those named fit.

    Parameters
    ----------
    named : GeoDataFrame
        Canonical columns, valid polygons in EPSG:4326.

    Returns
    -------
    neighborhoods, findings
        A unit of which 99 % lies within a larger one has the smallest such as its parent, where the units within fill
        at least four fifths of it. Where they fill less, a unit was drawn on top of another: its ground is taken out
        of the other, so that it counts once.

    Raises
    ------
    InputError
        If units stand above each other in a circle.
    """
    _require_no_circle(named)
    ids = named["neighborhood_id"].to_numpy(dtype=object)
    drawn = named["parent_id"].isin(set(ids)).to_numpy()
    findings: list[Finding] = []
    shapes = equal_area(named)
    sizes = shapely.area(shapes)
    inner, outer = _held(shapes, sizes, np.flatnonzero(~drawn), _families(named))
    if len(inner):
        named, findings = _with_parents(named, shapes, sizes, inner, outer)
        _require_no_circle(named)
        shapes = equal_area(named)
    return named, findings + _misfits(named, shapes)


def _held(
    shapes: np.ndarray, sizes: np.ndarray, roots: np.ndarray, family: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Units without a parent that lie within a larger one that is none of theirs, and the smallest such of each."""
    # A point of each tells fast which units could hold it; only those are measured.
    tree = shapely.STRtree(shapely.point_on_surface(shapes[roots]))
    outer, point = tree.query(shapes, predicate="contains")
    inner = roots[point]
    larger = (sizes[outer] >= LARGER * sizes[inner]) & (family[outer] != family[inner])
    inner, outer = inner[larger], outer[larger]
    within = shapely.area(shapely.intersection(shapes[inner], shapes[outer])) >= NESTED * sizes[inner]
    inner, outer = inner[within], outer[within]
    order = np.argsort(sizes[outer], kind="stable")
    units, place = np.unique(inner[order], return_index=True)
    return units, outer[order][place]


def _families(named: gpd.GeoDataFrame) -> np.ndarray:
    """A number a unit, the same for all that stand under one root."""
    place = {unit: i for i, unit in enumerate(named["neighborhood_id"])}
    above = [place.get(parent, -1) for parent in named["parent_id"]]
    root = np.arange(len(named))
    for i in range(len(named)):
        while above[root[i]] >= 0:
            root[i] = above[root[i]]
    return root


def _with_parents(
    named: gpd.GeoDataFrame, shapes: np.ndarray, sizes: np.ndarray, inner: np.ndarray, outer: np.ndarray
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    ids, names = (named[c].to_numpy(dtype=object) for c in ("neighborhood_id", "name"))
    parents = named["parent_id"].to_numpy(dtype=object).copy()
    geometry = named.geometry.to_numpy().copy()
    parts: list[int] = []
    above: list[int] = []
    cut: list[tuple[int, int]] = []
    for holder in np.unique(outer):
        units = inner[outer == holder]
        filled = shapely.area(shapely.intersection(union_of(shapes[units]), shapes[holder])) / sizes[holder]
        already = (named["parent_id"] == ids[holder]).any()
        if filled >= FILLED or already:
            parents[units] = ids[holder]
            parts.extend(units)
            above.append(holder)
        else:
            rest = shapely.difference(geometry[holder], shapely.union_all(geometry[units]))
            geometry[holder] = shapely.multipolygons(
                [part for part in shapely.get_parts(rest) if part.geom_type == "Polygon"]
            ) if rest.geom_type != "Polygon" else rest  # fmt: skip
            cut.extend((unit, holder) for unit in units)
    findings = []
    if parts:
        first = min(parts)
        findings.append(_finding(
            "neighborhoods.parents_found", len(parts), row=int(first) + 1, above=len(above), inner=names[first],
            outer=names[outer[inner == first][0]],
        ))  # fmt: skip
    if cut:
        unit, holder = min(cut)
        hectares = float(sizes[[one for one, _ in cut]].sum()) / HECTARE
        findings.append(_finding(
            "neighborhoods.cut_out", len(cut), row=int(unit) + 1, inner=names[unit], outer=names[holder],
            hectares=hectares,
        ))  # fmt: skip
    named = named.assign(parent_id=parents)
    return named.set_geometry(gpd.GeoSeries(geometry, index=named.index, crs=named.crs)), findings


def _misfits(named: gpd.GeoDataFrame, shapes: np.ndarray) -> list[Finding]:
    """Units that lie outside the unit above them, and units above others that those leave partly bare."""
    ids, names = (named[c].to_numpy(dtype=object) for c in ("neighborhood_id", "name"))
    place = {unit: i for i, unit in enumerate(ids)}
    above = np.array([place.get(parent, -1) for parent in named["parent_id"]])
    child = np.flatnonzero(above >= 0)
    if not len(child):
        return []
    parent = above[child]
    findings = []
    sizes = shapely.area(shapes)
    within = shapely.area(shapely.intersection(shapes[child], shapes[parent])) / np.maximum(sizes[child], 1e-9)
    apart = within < APART
    if apart.any():
        first = int(np.flatnonzero(apart)[0])
        findings.append(_finding(
            "neighborhoods.parent_apart", int(apart.sum()), row=int(child[first]) + 1, inner=names[child[first]],
            outer=names[parent[first]], share=float(within[first]),
        ))  # fmt: skip
    holders = np.unique(parent)
    bare = np.array([_bare(shapes[holder], shapes[child[parent == holder]]) for holder in holders])
    share = bare / np.maximum(sizes[holders], 1e-9)
    if (share > UNCOVERED).any():
        worst = int(np.argmax(bare))
        findings.append(_finding(
            "neighborhoods.parent_bare", int((share > UNCOVERED).sum()), row=int(holders[worst]) + 1,
            name=names[holders[worst]], share=float(share[worst]), hectares=float(bare[worst]) / HECTARE,
        ))  # fmt: skip
    return findings


def _bare(holder: shapely.Geometry, parts: np.ndarray) -> float:
    return float(shapely.area(shapely.difference(holder, union_of(parts))))


def _require_no_circle(named: gpd.GeoDataFrame) -> None:
    above = dict(zip(named["neighborhood_id"], named["parent_id"], strict=True))
    clear: set[str] = set()
    for unit in above:
        path: list[str] = []
        at = unit
        while at in above and at not in clear:
            if at in path:
                circle = [*path[path.index(at) :], at]
                raise InputError(
                    f"The units stand above each other in a circle: {' → '.join(circle[:6])}.",
                    remedy="Correct the column that names the unit above each.",
                    key="neighborhoods.circle", units=" → ".join(circle[:6]),
                )  # fmt: skip
            path.append(at)
            parent = above[at]
            if parent is None or pd.isna(parent):
                break
            at = str(parent)
        clear.update(path)


def _finding(code: str, n: int, *, row: int = 0, **facts: object) -> Finding:
    return Finding(code, n, row, {"n": n, "row": row, **facts})
