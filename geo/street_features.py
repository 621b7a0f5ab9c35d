"""
The features of a street or land file: GeoJSON (also gzipped), GeoPackage, zipped shapefile; and what it is at all.

A file is known by its first bytes, and its ending must agree: the driver that reads it is chosen here, since a library
left to guess would open a text that points at other files.
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
from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError

from geo.errors import InputError
from geo.gdal import pyogrio
from geo.graphml import is_graphml
from geo.schema import GEOGRAPHIC_CRS
from geo.sniff import empty, read_bytes, require_safe_zip

_ENDINGS = {
    ".pbf": "osm",
    ".graphml": "graphml",
    ".geojson": "geojson",
    ".json": "geojson",
    ".gpkg": "gpkg",
    ".zip": "zip",
}
_KIND_NAMES = {"osm": "OpenStreetMap PBF", "graphml": "GraphML", "geojson": "JSON", "gpkg": "GeoPackage", "zip": "zip"}


def kind_of(path: Path) -> str:
    """`osm`, `graphml`, `geojson`, `gpkg` or `zip` by the first bytes; InputError for others, or another ending."""
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
    elif is_graphml(path):
        kind = "graphml"
    elif head.startswith(b"\x1f\x8b") or head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        kind = "geojson"
    else:
        raise _wrong_kind(path)
    ending = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    if _ENDINGS.get(ending.lower(), kind) != kind:
        raise InputError(
            f"{path.name} ends in {ending}, but its content is {_KIND_NAMES[kind]}.",
            remedy="Export it again, or give it the ending of what it is.",
            key="streets.other_kind",
            file=path.name,
            ending=ending,
            found=_KIND_NAMES[kind],
        )
    return kind


def _wrong_kind(path: Path) -> InputError:
    return InputError(
        f"{path.name} is no street file: its content is of another kind, or damaged.",
        remedy="Give .osm.pbf, GraphML, GeoJSON (both also .gz), GPKG or a zipped shapefile.",
        key="streets.kind",
        file=path.name,
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
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise InputError(
            f"{path.name}: line {line}: the text is no JSON from here on.",
            remedy="Export it again as GeoJSON.",
            key="streets.not_json",
            file=path.name,
            line=line,
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise InputError(
            f"{path.name} is JSON, but holds no list of features.",
            remedy="Export the streets as a GeoJSON collection of features.",
            key="streets.no_features",
            file=path.name,
        )
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
        raise _unknown_crs(path, str(name or "a link")) from error


def _unknown_crs(path: Path, name: str) -> InputError:
    return InputError(
        f"{path.name} names a reference system that is not known: {name}.",
        remedy="Save it as GeoJSON in degrees (EPSG:4326).",
        key="streets.crs_unknown",
        file=path.name,
        crs=name,
    )


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
        raise _wrong_kind(path) from error


def _read_shapefile(path: Path) -> gpd.GeoDataFrame:
    parts = (".shp", ".shx", ".dbf", ".prj", ".cpg")
    members = [name for name in require_safe_zip(path) if Path(name).suffix.lower() in parts]
    shapes = [name for name in members if name.lower().endswith(".shp")]
    if len(shapes) != 1:
        raise InputError(
            f"{path.name} holds {len(shapes)} shapefiles where one is wanted.",
            remedy="Pack the one with the streets: its .shp, .shx, .dbf and .prj.",
            key="streets.one_shapefile",
            file=path.name,
            n=len(shapes),
        )
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            for name in members:
                # Written under names of our own, so that no path inside the archive counts.
                if name[:-4] == shapes[0][:-4]:
                    Path(folder, "streets" + Path(name).suffix.lower()).write_bytes(archive.read(name))
            return pyogrio.read_dataframe(Path(folder, "streets.shp"), on_invalid="ignore")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _wrong_kind(path) from error


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
        try:
            return frame.to_crs(GEOGRAPHIC_CRS)
        except (ProjError, CRSError) as error:
            raise _unknown_crs(path, frame.crs.name) from error
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
