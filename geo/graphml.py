"""
Street graphs in GraphML, as OSMnx writes them (also gzipped) → lines that share nodes.

Nodes carry the topology. The two directions of a street are one line here; parallel streets between the same crossings
stay two. The text is parsed without entities, since what they stand for may be another file or a text without end.
"""

import gzip
import re
import zlib
from pathlib import Path
from xml.etree.ElementTree import ParseError, iterparse

import numpy as np
import pandas as pd
import pyproj
import shapely

from geo.errors import InputError
from geo.schema import GEOGRAPHIC_CRS
from geo.sniff import read_bytes
from geo.street_files import line_table
from geo.street_lines import Lines

MOST_DATA = 200_000  # characters of one value; a street's shape is far below
_LON, _LAT = ("x", "lon", "longitude"), ("y", "lat", "latitude")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_HEAD = 2_048


def is_graphml(path: Path) -> bool:
    """Whether the file's first bytes, unpacked where they are gzipped, are those of a GraphML document."""
    with path.open("rb") as handle:
        head = handle.read(_HEAD)
    if head.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(path, "rb") as handle:
                head = handle.read(_HEAD)
        except (OSError, EOFError, zlib.error):
            return False
    return re.search(rb"<(\w+:)?graphml[\s>]", head) is not None


def read_graphml(path: Path) -> tuple[Lines, int]:
    """
    Read a street graph.

    Returns
    -------
    Lines
        One a street between two nodes; vertices in degrees, `node` equal where the graph's nodes are.
    int
        How many edges were the other direction of one that is there already.

    Raises
    ------
    InputError
        If the text is damaged, defines entities, or its nodes have no coordinates.
    """
    with path.open("rb") as handle:
        gzipped = handle.read(2) == b"\x1f\x8b"
    data = read_bytes(path, gzipped)
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", data[:100_000].replace(b"\x00", b""), re.IGNORECASE):
        raise InputError(
            f"{path.name}: its XML defines entities, which are never resolved.",
            remedy="Save it again from the program that made it.", key="graphml.entities", file=path.name,
        )  # fmt: skip
    nodes, edges, crs = _parsed(data, path)
    lon, lat = _places(nodes, crs, path)
    number = {name: i for i, name in enumerate(nodes)}
    rows, shapes, ends, twice = _streets(edges, number, np.column_stack([lon, lat]), crs)
    if not rows:
        raise InputError(
            f"{path.name} holds no edge between two places that it knows.",
            remedy="Export the graph again with its nodes and edges.", key="graphml.no_edges", file=path.name,
        )  # fmt: skip
    points, line = shapely.get_coordinates(shapes, return_index=True)
    sizes = np.bincount(line, minlength=len(rows))
    last = np.cumsum(sizes) - 1
    first = last - sizes + 1
    # Vertices between the ends belong to their street alone.
    node = np.arange(len(points)) + len(number)
    node[first], node[last] = ends[:, 0], ends[:, 1]
    points[first], points[last] = np.column_stack([lon, lat])[ends[:, 0]], np.column_stack([lon, lat])[ends[:, 1]]
    table = line_table(pd.DataFrame(rows))  # type: ignore[arg-type]
    return Lines(table, sizes, np.unique(node, return_inverse=True)[1], points[:, 0], points[:, 1]), twice


def _parsed(data: bytes, path: Path) -> tuple[dict[str, dict[str, str]], list[tuple[str, str, dict[str, str]]], str]:
    """The nodes' and edges' own values by name, in the file's order, and the reference system that it names."""
    import io

    names: dict[str, str] = {}
    nodes: dict[str, dict[str, str]] = {}
    edges: list[tuple[str, str, dict[str, str]]] = []
    own: dict[str, str] = {}
    crs = ""
    try:
        for _, element in iterparse(io.BytesIO(data), events=("end",)):
            tag = element.tag.rpartition("}")[2]
            if tag == "key":
                names[element.get("id", "")] = element.get("attr.name", element.get("id", "")).casefold()
            elif tag == "data":
                value = (element.text or "").strip()
                name = names.get(element.get("key", ""), element.get("key", ""))
                if len(value) <= MOST_DATA:
                    own[name] = value
                if name == "crs" and not nodes:
                    crs = value
            elif tag == "node":
                nodes[element.get("id", "")] = own
                own = {}
            elif tag == "edge":
                edges.append((element.get("source", ""), element.get("target", ""), own))
                own = {}
            elif tag == "graph":
                crs = crs or own.get("crs", "")
            if tag != "data":
                element.clear()
    except (ParseError, ValueError) as error:
        line = error.position[0] if isinstance(error, ParseError) else 1
        raise InputError(
            f"{path.name}: line {line}: the GraphML is damaged from here on.",
            remedy="Copy or export it again.", key="graphml.damaged", file=path.name, line=line,
        ) from error  # fmt: skip
    # A graph's own values may stand behind its nodes.
    return nodes, edges, crs


def _places(nodes: dict[str, dict[str, str]], crs: str, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The nodes' degrees; NaN where a node gives none."""

    def column(names: tuple[str, ...]) -> np.ndarray:
        values = [next((own[name] for name in names if name in own), "") for own in nodes.values()]
        return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(dtype=float)

    x, y = column(_LON), column(_LAT)
    if not (np.isfinite(x) & np.isfinite(y)).any():
        raise InputError(
            f"{path.name}: its {len(nodes)} nodes have no coordinates (x and y, or lon and lat).",
            remedy="Export the graph with the places of its nodes, or give the streets as GeoJSON or GPKG.",
            key="graphml.no_coordinates", file=path.name, n=len(nodes),
        )  # fmt: skip
    lon, lat = _to_degrees(x, y, crs)
    wrong = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    if wrong[np.isfinite(x)].mean() > 0.5:
        east, north = (f"{values[np.isfinite(values)][0]:.10g}" for values in (x, y))
        raise InputError(
            f"{path.name}: coordinates such as {east}, {north} are no degrees, "
            "and the graph names no reference system that makes them so.",
            remedy="Export the graph in EPSG:4326.", key="graphml.no_degrees", file=path.name, x=east, y=north,
        )  # fmt: skip
    return np.where(wrong, np.nan, lon), np.where(wrong, np.nan, lat)


def _to_degrees(x: np.ndarray, y: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        system = pyproj.CRS.from_user_input(crs) if crs else None
    except pyproj.exceptions.CRSError:
        system = None
    if system is None or system.to_epsg() == 4326:
        return x, y
    lon, lat = pyproj.Transformer.from_crs(system, GEOGRAPHIC_CRS, always_xy=True).transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def _streets(
    edges: list[tuple[str, str, dict[str, str]]], number: dict[str, int], place: np.ndarray, crs: str
) -> tuple[list[dict[str, str]], np.ndarray, np.ndarray, int]:
    """Each street once: its values, its line from the first to the last node, and those nodes."""
    known = [
        (number[start], number[end], own)
        for start, end, own in edges
        if start in number and end in number and np.isfinite(place[[number[start], number[end]]]).all()
    ]
    shapes = shapely.from_wkt([own.get("geometry") or None for _, _, own in known], on_invalid="ignore")
    is_line = shapely.get_type_id(shapes) == 1
    if is_line.any() and crs:
        points, line = shapely.get_coordinates(shapes[is_line], return_index=True)
        lon, lat = _to_degrees(points[:, 0], points[:, 1], crs)
        shapes[is_line] = shapely.linestrings(np.column_stack([lon, lat]), indices=line)
    rows, kept, ends = [], [], []
    seen: set[tuple[int, int, bytes]] = set()
    for (start, end, own), shape, drawn in zip(known, shapes, is_line, strict=True):
        if not drawn and start == end:
            continue
        points = shapely.get_coordinates(shape) if drawn else place[[start, end]]
        one, other = (start, end, points), (end, start, points[::-1])
        # Of the two directions the one from the lower node; of a loop, the one that sorts first.
        if (end, points[::-1].tolist()) < (start, points.tolist()):
            one = other
        key = (one[0], one[1], np.round(one[2], 7).tobytes())
        if key in seen or not np.isfinite(points).all():
            continue
        seen.add(key)
        rows.append({name: _words(value) for name, value in own.items() if name not in ("geometry", "length")})
        kept.append(shapely.linestrings(one[2]))
        ends.append((one[0], one[1]))
    return rows, np.array(kept, dtype=object), np.array(ends, dtype=np.int64).reshape(-1, 2), len(known) - len(rows)


def _words(value: str) -> str:
    """A list as Python writes it, as values with semicolons between them."""
    if not (value.startswith("[") and value.endswith("]")):
        return value
    quoted = [one or other for one, other in _QUOTED.findall(value[:5_000])]
    return ";".join(quoted or [part.strip() for part in value[1:-1].split(",") if part.strip()])
