"""Map files (GeoJSON, GPKG, shapefile, KML, FlatGeobuf) → a frame of geometries, by the driver of their kind."""

import re
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geo.errors import InputError
from geo.gdal import pyogrio
from geo.schema import GEOGRAPHIC_CRS
from geo.sniff import Sniffed, read_bytes, require_safe_zip, to_text
from geo.tables import Table, no_rows, text_column

_LINKED = re.compile(rb'"type"\s*:\s*"link"')
KML_LOOKS = ("altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon", "snippet")
KML_FIELDS = ("Name", "description", "timestamp", "begin", "end")
POINTS = ("Point", "MultiPoint")
AREAS = ("Polygon", "MultiPolygon", "GeometryCollection", "CurvePolygon", "MultiSurface")


def read_vector(path: Path, what: Sniffed, wanted: tuple[str, ...]) -> tuple[gpd.GeoDataFrame, str, list[str]]:
    """
    Read the layer that holds geometries of the wanted types.

    Parameters
    ----------
    path, what
        The file and its sniffed kind (`json`, `gpkg`, `zip`, `shp`, `kml`, `fgb`).
    wanted : tuple of str
        Geometry types; the layer with most rows of them is read.

    Returns
    -------
    frame, layer, other layers that would have fitted
    """
    if what.kind == "json":
        data = read_bytes(path, what.gzipped)
        _require_geojson(data, path)
        return _read(data, None, path, DATE_AS_STRING="YES"), path.stem, []
    if what.kind == "zip":
        with tempfile.TemporaryDirectory() as folder:
            return _read(_unpacked_shapefile(path, Path(folder)), None, path), path.stem, []
    if what.kind in ("shp", "fgb"):
        return _read(path, None, path), path.stem, []
    if what.kind == "kml":
        _require_plain_xml(path)
        return _all_layers(path), path.stem, []
    layer, others = _pick_layer(path, wanted)
    return _read(path, layer, path), layer or path.stem, others


def points_table(path: Path, what: Sniffed) -> Table:
    """
    Read a map file of points as a table of text with coordinates beside it.

    Raises
    ------
    InputError
        If it holds no points, or cannot be read.
    """
    frame, layer, others = read_vector(path, what, POINTS)
    if not len(frame):
        raise no_rows(path, 1)
    geometries = frame.geometry.to_numpy() if isinstance(frame, gpd.GeoDataFrame) else np.full(len(frame), None)
    kinds = pd.Series(shapely.get_type_id(geometries))
    empty = shapely.is_empty(geometries)
    is_point = kinds.isin([0, 4]).to_numpy() & ~empty
    if not is_point.any() and (kinds > 0).any():
        kind = _type_name(int(kinds[kinds > 0].mode()[0]))
        raise InputError(
            f"{path.name}: feature 1: {kind} where points are wanted.",
            remedy="Polygons come in with `import --neighborhoods`, streets with `--streets`; events need points.",
            key="read.no_points", file=path.name, kind=kind,
        )  # fmt: skip
    single = np.array(geometries, dtype=object)
    single[~is_point] = None
    multi = kinds.to_numpy() == 4
    if multi.any():
        single[multi] = [
            shapely.get_geometry(g, 0) if shapely.get_num_geometries(g) == 1 else shapely.centroid(g)
            for g in single[multi]
        ]
    attributes = frame.drop(columns=frame.geometry.name) if isinstance(frame, gpd.GeoDataFrame) else frame
    facts: list[tuple[str, dict[str, Any]]] = []
    if others:
        facts.append(("read.layers", {"layer": layer, "others": ", ".join(others)}))
    missed = int((~is_point & (kinds.to_numpy() >= 0) & ~empty).sum())
    if missed:
        facts.append(("point.not_point", {"n": missed}))
    return Table(
        columns={str(name): text_column(str(name), _as_text(attributes[name])) for name in attributes.columns},
        lines=np.arange(1, len(frame) + 1), files=np.zeros(len(frame), np.int16), names=(path.name,), kind="map",
        encoding="utf-8" if what.kind == "json" else "", header_line=0,
        point_x=shapely.get_x(single), point_y=shapely.get_y(single), crs=crs_name(frame), facts=facts,
    )  # fmt: skip


def crs_name(frame: Any) -> str | None:
    """The frame's CRS as `EPSG:n` where it has such a number, else as text; None where it has none."""
    crs = getattr(frame, "crs", None)
    if crs is None:
        return None
    authority = crs.to_authority(min_confidence=70)
    if authority == ("OGC", "CRS84"):
        return GEOGRAPHIC_CRS
    return ":".join(authority) if authority else crs.to_wkt()


def _read(source: Path | bytes, layer: str | None, path: Path, **options: str) -> gpd.GeoDataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # GDAL's remarks on odd dates are our findings' business
            # Dates stay as they are written: GDAL would turn a day among moments into its midnight.
            return pyogrio.read_dataframe(
                source, layer=layer, on_invalid="ignore", datetime_as_string=True, force_2d=True, **options
            )
    except Exception as error:
        reason = _reason(error, path)
        raise InputError(
            f"{path.name}: the map file cannot be read ({reason}).",
            remedy="Open it in QGIS and export it again as GeoJSON or GPKG.",
            key="read.map_unreadable", file=path.name, reason=reason,
        ) from error  # fmt: skip


def _reason(error: Exception, path: Path) -> str:
    """The library's first words, without the folder that the file lies in."""
    first = (str(error) or type(error).__name__).splitlines()[0].partition(";")[0]
    return first.replace(str(path), path.name).rstrip(". ")[:120]


def _require_geojson(data: bytes, path: Path) -> None:
    if _LINKED.search(data):
        raise InputError(
            f"{path.name}: its reference system is a link to another address, which is not followed.",
            remedy="Export it in EPSG:4326 without a `crs` member.", key="read.linked_crs", file=path.name,
        )  # fmt: skip
    if not re.search(
        rb'"type"\s*:\s*"(FeatureCollection|Feature|Point|MultiPoint|Polygon|MultiPolygon|LineString|GeometryCollection)"',
        data,
    ):
        raise InputError(
            f"{path.name}: line 1: the file is JSON, but no GeoJSON: it names no features.",
            remedy="Export it as GeoJSON.", key="read.no_geojson", file=path.name,
        )  # fmt: skip


def _require_plain_xml(path: Path) -> None:
    """Refuse entities: what they stand for may be another file, or a text that grows without end."""
    head = to_text(path.read_bytes())[0]
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", head, re.IGNORECASE):
        raise InputError(
            f"{path.name}: its XML defines entities, which are never resolved.",
            remedy="Save it again from the program or phone that made it.", key="read.xml_entities", file=path.name,
        )  # fmt: skip


def _all_layers(path: Path) -> gpd.GeoDataFrame:
    """The features of all folders of a KML: how a phone sorts its places says nothing here."""
    layers = [str(name) for name, _, _ in _layers(path)]
    frames = [frame for name in layers if len(frame := _read(path, name, path))]
    if not frames:
        raise no_rows(path, 1)
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    # What a KML says of how it is drawn is nobody's data; its ids number the features of this one export.
    dull = [c for c in KML_LOOKS if c in frame.columns]
    dull += [c for c in KML_FIELDS if c in frame.columns and frame[c].replace("", None).isna().all()]
    if "id" in frame.columns and frame["id"].astype("str").fillna("x.1").str.fullmatch(r".*\.\d+").all():
        dull.append("id")
    return frame.drop(columns=dull)


def _layers(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return [(name, kind, pyogrio.read_info(path, layer=name)) for name, kind in pyogrio.list_layers(path)]
    except Exception as error:
        reason = _reason(error, path)
        raise InputError(
            f"{path.name}: the map file cannot be read ({reason}).",
            remedy="Open it in QGIS and export it again as GeoJSON or GPKG.",
            key="read.map_unreadable", file=path.name, reason=reason,
        ) from error  # fmt: skip


def _pick_layer(path: Path, wanted: tuple[str, ...]) -> tuple[str | None, list[str]]:
    layers = _layers(path)
    kinds = {str(name): str(kind or "").split(" ")[0].removeprefix("2.5D").strip() for name, kind, _ in layers}
    sizes = {str(name): info["features"] for name, _, info in layers}
    fitting = [name for name, kind in kinds.items() if kind in wanted] or [
        n for n, kind in kinds.items() if kind in ("Unknown", "Geometry")
    ]
    if not fitting:
        fitting = [name for name, kind in kinds.items() if kind not in ("", "None")] or list(kinds)
    fitting.sort(key=lambda name: -sizes[name])
    return (fitting[0] if fitting else None), fitting[1:]


def _unpacked_shapefile(path: Path, folder: Path) -> Path:
    members = require_safe_zip(path)
    parts = [m for m in members if Path(m).suffix.lower() in (".shp", ".shx", ".dbf", ".prj", ".cpg")]
    shapes = [m for m in parts if m.lower().endswith(".shp")]
    if not shapes:
        raise InputError(
            f"{path.name}: the archive holds no shapefile (.shp).",
            remedy="Zip the .shp with its .dbf, .shx and .prj.", key="read.zip_without_shapefile", file=path.name,
        )  # fmt: skip
    with zipfile.ZipFile(path) as archive:
        for member in parts:
            # Flat, under their own names: nothing is written outside the folder.
            (folder / Path(member).name).write_bytes(archive.read(member))
    return folder / Path(max(shapes, key=lambda m: zipfile.ZipFile(path).getinfo(m).file_size)).name


def _as_text(values: pd.Series) -> pa.Array:
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy(float)
        whole = np.isfinite(numbers) & (numbers == np.floor(numbers)) & (np.abs(numbers) < 1e15)
        if (whole | np.isnan(numbers)).all():
            values = pd.Series(np.where(whole, numbers, 0).astype("int64")).astype(str).where(pd.Series(whole))
    mask = values.isna().to_numpy()
    return pa.array(np.where(mask, "", values.astype(str).to_numpy(dtype=object)), pa.string())


def _type_name(type_id: int) -> str:
    return shapely.GeometryType(type_id).name.title().replace("string", "String")
