"""
A street file → the walking network's pieces, and the land it shows (water, parks, rails).

Reads OpenStreetMap extracts, GraphML, GeoJSON, GeoPackage and zipped shapefiles; says in findings what was left out,
joined or named by its neighbor. Distances and routes on the pieces are `analysis.network`'s.
"""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from geo.crs import pick_metric_crs
from geo.errors import InputError
from geo.loose_ends import END_TOLERANCE
from geo.report import Finding
from geo.schema import LAND_KINDS
from geo.sidewalks import once
from geo.street_facts import describe as describe
from geo.street_facts import largest_apart
from geo.street_features import kind_of, without_lines
from geo.street_files import lines_of
from geo.street_layers import no_land, read_land_layers, read_street_layers
from geo.street_lines import Lines, cut_at_crossings, leads_somewhere

AREA_MARGIN = 2000.0  # metres around the study area within which streets are kept: ways round an edge lead outside it
MIN_CROSSING = 3  # walkable street ends that make a crossing
_METRES_PER_DEGREE = 111_320.0


def read_streets(
    path: Path,
    metric_crs: str | None,
    *,
    within: Any = None,
    layer: str | None = None,
    join_within: float = END_TOLERANCE,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[Finding]]:
    """
    Read a street file, cut its lines at crossings and say which one may walk.

    Parameters
    ----------
    path : Path
        `.osm.pbf`, GraphML, GeoJSON (both also gzipped), GPKG, or a shapefile in a zip; told apart by content.
    metric_crs : str, optional
        The CRS in which lengths are measured and places compared; by default the UTM zone of the streets.
    within : shapely polygon, optional
        The study area in EPSG:4326. Streets beyond its box and `AREA_MARGIN` are left out.
    layer : str, optional
        The layer of a GPKG; by default the line layer with most features.
    join_within : float
        Metres up to which a loose end is joined to the line that it misses, in files that hold no topology. What stays
        apart from the longest part is told.

    Returns
    -------
    streets : GeoDataFrame
        EPSG:4326, columns `geo.schema.STREET_COLUMNS`, one row a piece between crossings. Roads that nobody walks stay,
        with `walkable` False and `piece` -1, since maps draw them. `name` is, for a nameless footway beside a street,
        that street's; of several names joined by `;` the first.
    land : GeoDataFrame
        EPSG:4326, columns `geo.schema.LAND_COLUMNS`; empty where the file holds none.
    findings : list of Finding

    Raises
    ------
    InputError
        If the file is missing, of another kind or damaged, holds no walkable line, or lies away from `within`.
    """
    _require_file(path)
    findings: list[Finding] = []
    if kind_of(path) == "osm":
        from geo.osm import read_osm

        lines, land = read_osm(path)
        _note(findings, "cut_short", lines.cut_short)
    elif kind_of(path) == "graphml":
        from geo.graphml import read_graphml

        lines, twice = read_graphml(path)
        land = no_land()
        _note(findings, "two_way", twice)
    else:
        lines, land = _lines_from_features(path, metric_crs, layer, join_within, findings)
    # A line whose vertices all lie at one place leads nowhere.
    if len(lines.sizes) == 0 or not leads_somewhere(lines).any():
        raise without_lines(path)
    if within is not None:
        lines, land = _near(lines, land, within, path, findings)
    bounds = (lines.lon.min(), lines.lat.min(), lines.lon.max(), lines.lat.max())
    metric_crs = metric_crs or pick_metric_crs(bounds)
    streets = cut_at_crossings(lines, metric_crs)
    if within is not None and not len(streets.sindex.query(within, predicate="intersects")):
        raise _elsewhere(path, lines, within)
    _require_walkable(streets, path)
    findings += _findings(streets, lines, metric_crs)
    counts = land["kind"].value_counts()
    _note(findings, "land", len(land), **{kind: int(counts.get(kind, 0)) for kind in LAND_KINDS})
    return streets.drop(columns="named_beside"), land, findings


def read_land(path: Path) -> gpd.GeoDataFrame:
    """
    Read water, parks and rails from a file of their own, or from an OpenStreetMap extract.

    Parameters
    ----------
    path : Path
        As for `read_streets`. Features are told by a column `kind` with the words of `geo.schema.LAND_KINDS`, or by the
        words of `geo.street_land`; others are left out.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, columns `geo.schema.LAND_COLUMNS`.
    """
    _require_file(path)
    if kind_of(path) == "osm":
        from geo.osm import read_osm

        return read_osm(path)[1]
    return read_land_layers(path)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            f"There is no file {path.name}.",
            remedy="Check the name and the folder.",
            key="streets.missing",
            file=path.name,
        )


def _lines_from_features(
    path: Path, metric_crs: str | None, layer: str | None, join_within: float, findings: list[Finding]
) -> tuple[Lines, gpd.GeoDataFrame]:
    found = read_street_layers(path, layer)
    if found.choices > 1 and layer is None:
        _note(findings, "layer", len(found.streets), layer=found.layer, layers=found.choices)
    _note(findings, "no_line", len(found.others), _row(found.others))
    _note(findings, "no_streets", found.no_streets)
    _note(findings, "not_in_use", found.not_in_use)
    _note(findings, "land_unplaced", len(found.unplaced), layers=", ".join(found.unplaced))
    crs = metric_crs or pick_metric_crs(tuple(found.streets.total_bounds))
    lines, mended = lines_of(found.streets, crs, tolerance=join_within)
    lines.compounds = found.compounds
    _note(findings, "broken", len(found.broken) + mended.lost, _row(found.broken))
    _note(findings, "joined", mended.joined, metres=f"{join_within:g}")
    cross = mended.crossings
    _note(findings, "noded" if cross.noded else "over", cross.bare, shared=cross.shared, levels=cross.levels)
    return lines, found.land


def _row(rows: np.ndarray) -> int:
    """The first of the rows, counted from 1 as a reader counts features; 0 for none."""
    return int(rows[0]) + 1 if len(rows) else 0


def _note(findings: list[Finding], code: str, rows: int, example_row: int = 0, **facts: Any) -> None:
    if rows:
        findings.append(Finding(f"streets.{code}", rows, example_row, {"n": rows, "row": example_row, **facts}))


def _near(
    lines: Lines, land: gpd.GeoDataFrame, within: Any, path: Path, findings: list[Finding]
) -> tuple[Lines, gpd.GeoDataFrame]:
    """Only the lines that touch the area's box, widened by the margin."""
    west, south, east, north = within.bounds
    high = AREA_MARGIN / _METRES_PER_DEGREE
    wide = high / max(np.cos(np.radians((south + north) / 2)), 0.01)
    box = (west - wide, south - high, east + wide, north + high)
    starts = np.append(0, np.cumsum(lines.sizes)[:-1])
    low_x, high_x = np.minimum.reduceat(lines.lon, starts), np.maximum.reduceat(lines.lon, starts)
    low_y, high_y = np.minimum.reduceat(lines.lat, starts), np.maximum.reduceat(lines.lat, starts)
    keep = (low_x <= box[2]) & (high_x >= box[0]) & (low_y <= box[3]) & (high_y >= box[1])
    if not keep.any():
        raise _elsewhere(path, lines, within)
    if keep.all():
        return lines, land
    _note(findings, "outside", int((~keep).sum()), metres=int(AREA_MARGIN))
    vertex = np.repeat(keep, lines.sizes)
    # Nodes are numbered anew; a gate outside goes with its line.
    nodes, node = np.unique(lines.node[vertex], return_inverse=True)
    near = Lines(
        table=lines.table[keep].reset_index(drop=True),
        sizes=lines.sizes[keep],
        node=node,
        lon=lines.lon[vertex],
        lat=lines.lat[vertex],
        shut=np.flatnonzero(np.isin(nodes, lines.shut)),
        cut_short=lines.cut_short,
        compounds=lines.compounds,
    )
    return near, land.cx[box[0] : box[2], box[1] : box[3]].reset_index(drop=True)


def _elsewhere(path: Path, lines: Lines, within: Any) -> InputError:
    middle = within.representative_point()
    lon, lat = float(np.median(lines.lon)), float(np.median(lines.lat))
    return InputError(
        f"The streets of {path.name} lie around {lon:.3f}, {lat:.3f}; the neighborhoods lie around {middle.x:.3f}, {middle.y:.3f}.",  # noqa: E501
        remedy="Give the streets of this city.",
        key="streets.elsewhere",
        file=path.name,
        lon=f"{lon:.3f}",
        lat=f"{lat:.3f}",
        area_lon=f"{middle.x:.3f}",
        area_lat=f"{middle.y:.3f}",
    )


def _require_walkable(streets: gpd.GeoDataFrame, path: Path) -> None:
    if not streets["walkable"].any():
        raise InputError(
            f"{path.name} holds no street that one may walk.",
            remedy="Motorways and private ways do not count; give a file that holds the other streets too.",
            key="streets.none_walkable",
            file=path.name,
        )


def _findings(streets: gpd.GeoDataFrame, lines: Lines, metric_crs: str) -> list[Finding]:
    findings: list[Finding] = []
    walked = streets[streets["walkable"]]
    apart = walked[walked["piece"] > 0]
    km = _km(walked)
    crossings = int((np.bincount(np.concatenate([walked["u"], walked["v"]])) >= MIN_CROSSING).sum())
    _note(findings, "read", len(walked), km=km, crossings=crossings)
    locked = streets[streets["locked"]]
    _note(findings, "not_walkable", int((~streets["walkable"] & ~streets["locked"]).sum()))
    _note(findings, "locked", len(locked), km=_km(locked))
    _note(findings, "apart", len(apart), parts=int(apart["piece"].nunique()), km=_km(apart))
    for part in largest_apart(streets, metric_crs):
        key = "_".join(["apart_part", *(word for word in ("on", "near") if part[word])])
        _note(findings, key, part.pop("pieces"), **part)
    _note(findings, "named_beside", int(streets["named_beside"].sum()))
    gathered = walked[walked["beside"] != ""]
    _note(findings, "beside", len(gathered), km=_km(gathered), once=_km(streets[once(streets)]))
    stairs = walked[walked["steps"]]
    _note(findings, "steps", len(stairs), km=_km(stairs))
    _note(findings, "gates", len(lines.shut))
    if not (walked["name"] != "").any():
        _note(findings, "no_names", len(walked))
    return findings


def _km(streets: gpd.GeoDataFrame) -> float:
    return round(float(streets["length_m"].sum()) / 1000, 1)
