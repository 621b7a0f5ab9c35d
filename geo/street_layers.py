"""
The layers of a map file → its street lines, its land and its closed compounds.

Which layer holds the streets, and which rows are water, parks or rails, is told by the words in the columns.
"""

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import InputError
from geo.road_rules import NO_ROAD, ROAD_CLASS_OF
from geo.schema import GEOGRAPHIC_CRS, LAND_COLUMNS, LAND_KINDS
from geo.street_features import finite, in_degrees, read_layers, without_lines
from geo.street_files import line_table
from geo.street_land import compounds_of, land_kinds, no_streets

_LINES = ("LineString", "MultiLineString", "LinearRing")


@dataclass
class Layers:
    """
    What a file holds: `streets` (EPSG:4326, the file's own columns), `land`, `compounds`, and what was left out.

    `layer` and `choices` say which of how many line layers was read; `broken` and `others` are rows of it without a
    usable line and with another shape; `not_in_use` and `no_streets` count lines that are planned or removed, and those
    that are something else; `unplaced` names layers of land without a known reference system.
    """

    streets: gpd.GeoDataFrame
    land: gpd.GeoDataFrame
    compounds: np.ndarray
    layer: str = ""
    choices: int = 1
    broken: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    others: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    not_in_use: int = 0
    no_streets: int = 0
    unplaced: list[str] = field(default_factory=list)


def read_street_layers(path: Path, layer: str | None = None) -> Layers:
    """
    Read the streets and the land of a GeoJSON, a GPKG or a zip of shapefiles.

    Parameters
    ----------
    path : Path
    layer : str, optional
        The layer with the streets; by default the line layer with most roads, then with most lines.

    Returns
    -------
    Layers

    Raises
    ------
    InputError
        If the file is of another kind, damaged, or holds no line that could be a street.
    """
    layers = [(name, frame) for name, frame in read_layers(path, layer=layer) if len(frame)]
    kinds = [land_kinds(frame) for _, frame in layers]
    ranks = [_rank(frame, own) for (_, frame), own in zip(layers, kinds, strict=True)]
    choices = [i for i, (_, lines) in enumerate(ranks) if lines]
    if layer is not None:
        choices = [i for i in choices if layers[i][0] == layer]
    if not choices:
        raise without_lines(path)
    chosen = max(choices, key=lambda i: (*ranks[i], -i))
    land, unplaced = _land(layers, kinds, path, skip_errors=True)
    name, frame = layers[chosen]
    found = _streets(frame, kinds[chosen], path)
    found.land, found.unplaced, found.layer, found.choices = land, unplaced, name, len(choices)
    areas = [compounds_of(_placed(frame, path)) for name, frame in layers if name not in unplaced]
    found.compounds = np.concatenate([np.zeros(0, dtype=object), *areas])
    return found


def read_land_layers(path: Path) -> gpd.GeoDataFrame:
    """
    Read the land of all layers.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, columns `geo.schema.LAND_COLUMNS`; empty where a column `kind` names other kinds alone.

    Raises
    ------
    InputError
        If no feature can be told to be water, park or rail and there is no column `kind`.
    """
    layers = [(name, frame) for name, frame in read_layers(path) if len(frame)]
    land, _ = _land(layers, [land_kinds(frame) for _, frame in layers], path, skip_errors=False)
    if not len(land) and not any("kind" in frame.columns for _, frame in layers):
        raise InputError(
            f"{path.name} has no column `kind`, and no other that tells water, parks and rails.",
            remedy=f"Give each shape a `kind`: {', '.join(LAND_KINDS)}.",
            key="streets.land_kind", file=path.name, known=", ".join(LAND_KINDS),
        )  # fmt: skip
    return land


def no_land() -> gpd.GeoDataFrame:
    """Land of no rows."""
    return gpd.GeoDataFrame({"kind": [], "name": [], "name_en": []}, geometry=[], crs=GEOGRAPHIC_CRS, dtype=object)


def _rank(frame: gpd.GeoDataFrame, kinds: np.ndarray) -> tuple[int, int]:
    """How many lines are roads by their class, and how many could be streets."""
    lines = np.flatnonzero(frame.geom_type.isin(_LINES).to_numpy() & finite(frame.geometry))
    if len(lines) == 0:
        return 0, 0
    some = frame.iloc[lines]
    highway = line_table(some)["highway"]
    other = no_streets(some, kinds[lines], highway)
    return int(highway.isin(set(ROAD_CLASS_OF)).to_numpy()[~other].sum()), int((~other).sum())


def _streets(frame: gpd.GeoDataFrame, kinds: np.ndarray, path: Path) -> Layers:
    whole = finite(frame.geometry)
    is_line = frame.geom_type.isin(_LINES).to_numpy()
    highway = line_table(frame)["highway"]
    other = no_streets(frame, kinds, highway) & is_line & whole
    gone = highway.isin(NO_ROAD).to_numpy() & is_line & whole & ~other
    streets = _placed(frame[whole & is_line & ~other & ~gone], path)
    if streets.empty:
        raise without_lines(path)
    return Layers(
        streets,
        no_land(),
        np.zeros(0, dtype=object),
        # Areas of a file of land and streets in one are no fault, and no broken lines.
        broken=np.flatnonzero(~whole),
        others=np.flatnonzero(whole & ~is_line & (kinds == "")),
        not_in_use=int(gone.sum()),
        no_streets=int((other & (kinds == "")).sum()),
    )


def _placed(frame: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    return frame if frame.empty else in_degrees(frame, path)


def _land(
    layers: list[tuple[str, gpd.GeoDataFrame]], kinds: list[np.ndarray], path: Path, *, skip_errors: bool
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """The land of all layers, and the layers whose place is not known."""
    found, unplaced = [], []
    for (name, frame), kind in zip(layers, kinds, strict=True):
        keep = (kind != "") & finite(frame.geometry)
        if not keep.any():
            continue
        rows = frame[keep]
        words = line_table(rows)
        land = gpd.GeoDataFrame(
            {"kind": kind[keep], "name": words["name"], "name_en": words["name_en"]},
            geometry=shapely.force_2d(rows.geometry.to_numpy()),
            crs=rows.crs,
        )
        try:
            found.append(in_degrees(land, path)[list(LAND_COLUMNS)])
        except InputError:
            if not skip_errors:
                raise
            unplaced.append(name)
    if not found:
        return no_land(), unplaced
    return gpd.GeoDataFrame(pd.concat(found, ignore_index=True), crs=GEOGRAPHIC_CRS), unplaced
