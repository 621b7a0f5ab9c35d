"""
Streets and land from GeoJSON (also gzipped), GeoPackage and zipped shapefiles: features, then lines that share points.

Such files hold no topology: lines meet where they share a vertex, and a loose end that misses the next line's vertex by
less than a metre is joined to it. A file is known by its first bytes, never by its name: the driver that reads it is
chosen here, since a drawing library left to guess would open a text that points at other files.
"""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.errors import InputError
from geo.gdal import pyogrio
from geo.road_rules import plain_word
from geo.schema import GEOGRAPHIC_CRS
from geo.sniff import empty, read_bytes, require_safe_zip
from geo.street_lines import Lines

SAME_VERTEX = 0.1  # metres: coordinates are rounded to this before they are compared
END_TOLERANCE = 1.0  # metres between a loose end and the vertex it is joined to

_ENDINGS = {".pbf": "osm", ".geojson": "geojson", ".json": "geojson", ".gpkg": "gpkg", ".zip": "zip"}
_KIND_NAMES = {"osm": "an OpenStreetMap extract", "geojson": "JSON", "gpkg": "a GeoPackage", "zip": "a zip archive"}
_COLUMN_WORDS = {
    "name": (
        "name name:zh street_name streetname street road_name roadname st_name fullname full_name label nom nom_voie "
        "odonyme 道路名称 道路名 路名 街道名称 街道 道路 名称"
    ),
    "name_en": "name_en name:en nameen name_english english_name 英文名 英文名称",
    "ref": "ref route_no 道路编号",
    "highway": "highway road_class roadclass fclass class road_type roadtype street_type clsrte functional_class type kind 道路等级 等级 道路类型 类型",  # noqa: E501
    "bridge": "bridge is_bridge 桥 桥梁",
    "layer": "layer z_level 层",
    "walkable": "walkable 可步行",
    "access": "access", "foot": "foot", "motorroad": "motorroad", "expressway": "expressway",
    "sidewalk": "sidewalk", "indoor": "indoor", "footway": "footway",
}  # fmt: skip


def kind_of(path: Path) -> str:
    """`osm`, `geojson`, `gpkg` or `zip` by the file's first bytes; InputError for others, or another ending."""
    with path.open("rb") as handle:
        head = handle.read(512)
    if not head:
        raise empty(path)
    if b"OSMHeader" in head[:64]:
        kind = "osm"
    elif head.startswith(b"SQLite format 3\x00"):
        kind = "gpkg"
    elif head.startswith(b"PK\x03\x04"):
        kind = "zip"
    elif head.startswith(b"\x1f\x8b") or head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        kind = "geojson"
    else:
        raise _wrong_kind(path)
    ending = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    if _ENDINGS.get(ending.lower(), kind) != kind:
        raise _wrong_kind(path, f"it ends in {ending}, but its content is {_KIND_NAMES[kind]}")
    return kind


def _wrong_kind(path: Path, reason: str = "its content is of another kind") -> InputError:
    return InputError(
        f"{path.name} cannot be read as a street file: {reason}.",
        remedy="Give .osm.pbf, GeoJSON (also .gz), GPKG or a zipped shapefile.",
        key="streets.kind",
        file=path.name,
        reason=reason,
    )


def read_features(path: Path, *, layer: str | None = None, lines: bool = True) -> tuple[gpd.GeoDataFrame, str, int]:
    """
    Read a file's features with all their columns.

    Parameters
    ----------
    path : Path
    layer : str, optional
        The layer of a GeoPackage; by default the one with most features of the wanted kind.
    lines : bool
        Whether lines are wanted, or any lines and areas.

    Returns
    -------
    GeoDataFrame, str, int
        The features in the file's own CRS (EPSG:4326 where a GeoJSON names none), the layer that was read, and how many
        layers there were to choose from.

    Raises
    ------
    InputError
        If the file is of another kind, damaged, or without such a layer.
    """
    kind = kind_of(path)
    if kind == "geojson":
        return _read_geojson(path), "", 1
    if kind == "gpkg":
        return _read_gpkg(path, layer, lines)
    if kind == "zip":
        return _read_shapefile(path), "", 1
    raise _wrong_kind(path)


def _read_geojson(path: Path) -> gpd.GeoDataFrame:
    try:
        with path.open("rb") as handle:
            gzipped = handle.read(2) == b"\x1f\x8b"
        document = json.loads(read_bytes(path, gzipped).removeprefix(b"\xef\xbb\xbf"))
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise _wrong_kind(path, f"it is no GeoJSON ({error})") from error
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise _wrong_kind(path, "it is JSON, but no GeoJSON collection of features")
    features = [one if isinstance(one, dict) else {} for one in document["features"]]
    rows = [one.get("properties") or {} for one in features]
    frame = pd.DataFrame.from_records([row if isinstance(row, dict) else {} for row in rows], index=range(len(rows)))
    shapes = [_shape(one.get("geometry")) for one in features]
    return gpd.GeoDataFrame(
        frame.drop(columns="geometry", errors="ignore"), geometry=shapes, crs=_named_crs(document, path)
    )


def _shape(geometry: Any) -> Any:
    try:
        return shapely.geometry.shape(geometry)
    except Exception:  # shapely raises many kinds for a broken geometry; each such row is counted by the caller.
        return None


def _named_crs(document: dict[str, Any], path: Path) -> CRS:
    declared = document.get("crs")
    if not isinstance(declared, dict):
        return CRS(GEOGRAPHIC_CRS)
    name = (declared.get("properties") or {}).get("name")
    try:
        # A linked CRS is an address on the network, which is never fetched.
        return CRS(str(name).replace("urn:ogc:def:crs:OGC:1.3:CRS84", GEOGRAPHIC_CRS))
    except CRSError as error:
        raise InputError(
            f"{path.name} names a reference system that is not known: {name or 'a link'}.",
            remedy="Save it as GeoJSON in degrees (EPSG:4326).",
            key="streets.crs_unknown",
            file=path.name,
            crs=str(name or "a link"),
        ) from error


def _read_gpkg(path: Path, layer: str | None, lines: bool) -> tuple[gpd.GeoDataFrame, str, int]:
    source = f"GPKG:{path.resolve()}"
    try:
        listed = [(str(name), str(kind or "")) for name, kind in pyogrio.list_layers(source)]
        wanted = [name for name, kind in listed if kind and (not lines or "Line" in kind or kind.startswith("Unknown"))]
        if layer is not None and layer not in {name for name, _ in listed}:
            raise InputError(
                f"{path.name} has no layer {layer!r}.",
                remedy=f"Choose among {', '.join(name for name, _ in listed)}.",
                key="streets.layer_unknown",
                file=path.name,
                layer=layer,
                known=", ".join(name for name, _ in listed),
            )
        if not wanted and layer is None:
            raise without_lines(path)
        size = {name: pyogrio.read_info(source, layer=name)["features"] for name in wanted}
        chosen = layer or max(wanted, key=lambda name: size[name])
        return pyogrio.read_dataframe(source, layer=chosen, on_invalid="ignore"), chosen, len(wanted)
    except pyogrio.errors.DataSourceError as error:
        raise _wrong_kind(path, f"it is no GeoPackage ({error})") from error


def _read_shapefile(path: Path) -> gpd.GeoDataFrame:
    parts = (".shp", ".shx", ".dbf", ".prj", ".cpg")
    members = [name for name in require_safe_zip(path) if Path(name).suffix.lower() in parts]
    shapes = [name for name in members if name.lower().endswith(".shp")]
    if len(shapes) != 1:
        raise _wrong_kind(path, f"it holds {len(shapes)} shapefiles where one is wanted")
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            for name in members:
                # Written under names of our own, so that no path inside the archive counts.
                if name[:-4] == shapes[0][:-4]:
                    Path(folder, "streets" + Path(name).suffix.lower()).write_bytes(archive.read(name))
            return pyogrio.read_dataframe(Path(folder, "streets.shp"), on_invalid="ignore")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _wrong_kind(path, f"it is no zipped shapefile ({error})") from error


def without_lines(path: Path) -> InputError:
    """The error of a street file that holds no line."""
    return InputError(
        f"{path.name} holds no lines.",
        remedy="Streets are lines: choose the file or layer that holds them.",
        key="streets.no_lines",
        file=path.name,
    )


def in_degrees(frame: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """The features in EPSG:4326; InputError where the numbers are no degrees and no other system is named."""
    bounds = frame.total_bounds
    degrees = bool(np.all(np.abs(bounds[[0, 2]]) <= 180) and np.all(np.abs(bounds[[1, 3]]) <= 90))
    if frame.crs is not None and not frame.crs.is_geographic:
        return frame.to_crs(GEOGRAPHIC_CRS)
    if not degrees:
        raise InputError(
            f"{path.name} has coordinates such as {bounds[0]:.1f}, {bounds[1]:.1f}, which are no degrees, and names no other system.",  # noqa: E501
            remedy="Save it again with its reference system, as GPKG, or as GeoJSON in degrees.",
            key="streets.not_degrees",
            file=path.name,
            x=f"{bounds[0]:.1f}",
            y=f"{bounds[1]:.1f}",
        )
    return frame.set_crs(GEOGRAPHIC_CRS, allow_override=True) if frame.crs is None else frame.to_crs(GEOGRAPHIC_CRS)


def finite(shapes: Any) -> np.ndarray:
    """Whether each shape is there, holds vertices, and holds only finite numbers."""
    bounds = shapely.bounds(np.asarray(shapes, dtype=object))
    return np.asarray(np.isfinite(bounds).all(axis=1))


def lines_of(frame: gpd.GeoDataFrame, metric_crs: str) -> tuple[Lines, int]:
    """
    Number the vertices of line features, joining what lies at one place.

    Parameters
    ----------
    frame : GeoDataFrame
        Lines in EPSG:4326, with whatever columns the file has.
    metric_crs : str
        The CRS in which places are compared.

    Returns
    -------
    Lines, int
        The lines, and how many loose ends were moved (by less than `END_TOLERANCE`) onto the vertex they missed.
    """
    parts, row = shapely.get_parts(shapely.force_2d(frame.geometry.to_numpy()), return_index=True)
    points, line = shapely.get_coordinates(parts, return_index=True)
    sizes = np.bincount(line, minlength=len(parts))
    x, y = Transformer.from_crs(GEOGRAPHIC_CRS, metric_crs, always_xy=True).transform(points[:, 0], points[:, 1])
    first, node = _shared_places(x, y)
    node, joined = _join_loose_ends(node, line, np.column_stack([x, y])[first])
    places = points[first][node]
    table = line_table(frame).iloc[row].reset_index(drop=True)
    return Lines(table, sizes, node, places[:, 0], places[:, 1]), joined


def _shared_places(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first vertex at each place, and each vertex's place."""
    column, row = (np.round((values - values.min()) / SAME_VERTEX).astype(np.int64) for values in (x, y))
    _, first, place = np.unique(column * (row.max() + 1) + row, return_index=True, return_inverse=True)
    return first, place


def _join_loose_ends(node: np.ndarray, line: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, int]:
    uses = np.bincount(node, minlength=len(places))
    is_end = np.ones(len(node), dtype=bool)
    is_end[1:-1] = (line[1:-1] != line[:-2]) | (line[1:-1] != line[2:])
    loose = np.flatnonzero(is_end & (uses[node] == 1))
    if len(loose) == 0 or len(places) < 2:
        return node, 0
    owner = np.full(len(places), -1, dtype=np.int64)
    owner[node] = line
    owner[uses > 1] = -1  # A place of several lines is another line's place, whoever asks.
    distance, near = cKDTree(places).query(
        places[node[loose]], k=min(8, len(places)), distance_upper_bound=END_TOLERANCE
    )
    near = np.where(np.isfinite(distance), near, node[loose][:, None])
    other = np.isfinite(distance) & (near != node[loose][:, None]) & (owner[near] != line[loose][:, None])
    found = other.any(axis=1)
    target = near[np.arange(len(loose)), other.argmax(axis=1)][found]
    pairs = (np.ones(found.sum()), (node[loose[found]], target))
    group = connected_components(coo_array(pairs, shape=(len(places), len(places))), directed=False)[1]
    # Each group keeps the place of its most used vertex, so that a loose end moves and a crossing stays.
    order = np.lexsort([np.arange(len(places)), -uses])
    leader = np.empty(group.max() + 1, dtype=np.int64)
    leader[group[order[::-1]]] = order[::-1]
    return leader[group][node], int(found.sum())


def line_table(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """The words that `geo.street_lines` needs, from the file's columns by their names; "" where there are none."""
    by_name = {
        str(column).strip().casefold().replace(" ", "_"): column for column in frame.columns if column != "geometry"
    }
    table = pd.DataFrame(index=range(len(frame)))
    for wanted, words in _COLUMN_WORDS.items():
        column = next((by_name[word] for word in words.split() if word in by_name), None)
        values = [""] * len(frame) if column is None else [_text(value) for value in frame[column]]
        table[wanted] = pd.Series(values, dtype=object)
    table["highway"] = table["highway"].map(plain_word)
    shut = table["walkable"].str.casefold().isin(["false", "0", "0.0", "no", "否"])
    table["foot"] = table["foot"].mask(shut, "no")
    table["source_id"] = (np.arange(len(frame)) + 1).astype(str)
    return table.drop(columns="walkable")


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return ""
    if isinstance(value, (list, tuple)):
        return ";".join(str(part) for part in value)
    return str(value).strip()
