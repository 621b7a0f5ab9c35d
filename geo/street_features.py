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
from geo.street_land import says_anything, unpacked

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


def read_layers(path: Path, *, layer: str | None = None) -> list[tuple[str, gpd.GeoDataFrame]]:
    """
    Read the layers of a file that may hold streets or land, with packed tags as columns of their own.

    Parameters
    ----------
    path : Path
    layer : str, optional
        A layer of a GPKG that must be there.

    Returns
    -------
    list of (name, GeoDataFrame)
        In the CRS that each names; a GeoJSON is one layer without a name.

    Raises
    ------
    InputError
        If the file is of another kind, damaged, or without such a layer.
    """
    kind = kind_of(path)
    if kind == "geojson":
        layers = [("", _read_geojson(path))]
    elif kind == "gpkg":
        layers = _gpkg_layers(path, layer)
    elif kind == "zip":
        layers = _shapefile_layers(path)
    else:
        raise _wrong_kind(path)
    return [(name, unpacked(frame)) for name, frame in layers if isinstance(frame, gpd.GeoDataFrame)]


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


def _gpkg_layers(path: Path, layer: str | None) -> list[tuple[str, gpd.GeoDataFrame]]:
    source = f"GPKG:{path.resolve()}"
    try:
        listed = [(str(name), str(kind or "")) for name, kind in pyogrio.list_layers(source)]
        if layer is not None and layer not in {name for name, _ in listed}:
            raise InputError(
                f"{path.name} has no layer {layer!r}.",
                remedy=f"Choose among {', '.join(name for name, _ in listed)}.",
                key="streets.layer_unknown",
                file=path.name,
                layer=layer,
                known=", ".join(name for name, _ in listed),
            )
        # Points are neither streets nor land; areas are read only where a column could tell which of them are land.
        wanted = [
            name
            for name, kind in listed
            if kind
            and "Point" not in kind
            and (name == layer or "Line" in kind or says_anything(pyogrio.read_info(source, layer=name)["fields"]))
        ]
        return [(name, pyogrio.read_dataframe(source, layer=name, on_invalid="ignore")) for name in wanted]
    except pyogrio.errors.DataSourceError as error:
        raise _wrong_kind(path) from error


def _shapefile_layers(path: Path) -> list[tuple[str, gpd.GeoDataFrame]]:
    parts = (".shp", ".shx", ".dbf", ".prj", ".cpg")
    members = [name for name in require_safe_zip(path) if Path(name).suffix.lower() in parts]
    shapes = [name for name in members if name.lower().endswith(".shp")]
    if not shapes:
        raise InputError(
            f"{path.name} holds no shapefile.",
            remedy="Pack the one with the streets: its .shp, .shx, .dbf and .prj.",
            key="streets.no_shapefile",
            file=path.name,
        )
    layers = []
    try:
        with zipfile.ZipFile(path) as archive:
            for number, shape in enumerate(shapes):
                with tempfile.TemporaryDirectory() as folder:
                    for name in members:
                        # Written under names of our own, so that no path inside the archive counts.
                        if name[:-4] == shape[:-4]:
                            Path(folder, f"{number}{Path(name).suffix.lower()}").write_bytes(archive.read(name))
                    own = Path(folder, f"{number}.shp")
                    info = pyogrio.read_info(own)
                    kind = str(info["geometry_type"] or "")
                    if "Point" in kind or ("Line" not in kind and not says_anything(info["fields"])):
                        layers.append((Path(shape).stem, gpd.GeoDataFrame(geometry=[], crs=info["crs"])))
                        continue
                    layers.append((Path(shape).stem, pyogrio.read_dataframe(own, on_invalid="ignore")))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _wrong_kind(path) from error
    return layers


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
