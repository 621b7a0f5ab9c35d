"""The datum of files of ground: undone where it is declared, asked about where borders and streets do not meet."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo.china_datum import AGREES_M, declared, to_wgs84
from geo.clean_datum import finding
from geo.crs import pick_metric_crs
from geo.datum_suspicion import suspect_borders
from geo.errors import InputError
from geo.report import Finding


def datum_of(path: Path, crs: str | None) -> str | None:
    """
    The datum declared for a file of ground; None where nothing was.

    Raises
    ------
    InputError
        For any other system: ground names its own.
    """
    datum = declared(crs)
    if crs and datum is None:
        raise InputError(
            f"{crs} cannot be declared for {path.name}: only GCJ-02 and BD-09 can.",
            remedy="Any other system must be named by the file itself; save it with its reference system.",
            key="datum.ground_other",
            crs=crs,
            file=path.name,
        )
    return datum


def undo_ground(
    frames: dict[str, gpd.GeoDataFrame], datum: str, file: str, metric_crs: str | None
) -> tuple[dict[str, gpd.GeoDataFrame], list[Finding]]:
    """
    Move shapes of a declared datum to WGS 84, and say by how much.

    Parameters
    ----------
    frames : dict of GeoDataFrames
        In degrees of that datum; lengths of streets are measured anew.
    metric_crs : str or None
        In which lengths are measured; the UTM zone of the shapes, if not given.
    """
    undone, moved = {}, []
    for name, frame in frames.items():
        shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
        before = shapely.get_coordinates(shapes)
        after = np.column_stack(to_wgs84(before[:, 0], before[:, 1], datum))
        way = (after - before) * [111_320.0, 111_320.0]
        moved.append(np.hypot(way[:, 0] * np.cos(np.radians(before[:, 1])), way[:, 1]))
        new = frame.set_geometry(
            gpd.GeoSeries(shapely.set_coordinates(shapes.copy(), after), frame.index, crs=frame.crs)
        )
        if "length_m" in new.columns:
            new["length_m"] = new.to_crs(metric_crs or pick_metric_crs(tuple(new.total_bounds))).length
        undone[name] = new
    metres = float(np.median(np.concatenate(moved)))
    number = sum(len(frame) for frame in frames.values())
    if metres == 0:
        return undone, [finding("datum.ground_not_shifted", number, file=file, datum=datum)]
    told = finding("datum.ground_undone", number, file=file, datum=datum, metres=round(metres), accuracy=AGREES_M)
    return undone, [told]


def ask_about_ground(
    neighborhoods: gpd.GeoDataFrame | None,
    streets: gpd.GeoDataFrame | None,
    files: dict[str, str],
) -> tuple[str, Finding] | None:
    """
    Ask where borders and streets seem to be in different datums.

    Parameters
    ----------
    neighborhoods, streets : GeoDataFrames or None
        In EPSG:4326.
    files : dict from `neighborhoods`, `streets` to the file just read
        What is in force already is not asked about again; its partner is, by the file that came.

    Returns
    -------
    (name, Finding) or None
        With which file the question belongs.
    """
    if neighborhoods is None or streets is None or not len(neighborhoods) or not len(streets):
        return None
    found = suspect_borders(neighborhoods, streets)
    if found is None or found[0] not in files:
        return None
    which, datum, points, given, undone = found
    code = "datum.ground_suspected" if which == "neighborhoods" else "datum.ground_streets_suspected"
    facts: dict[str, float | int | str] = {
        "datum": datum,
        "points": points,
        "given": round(given),
        "undone": round(undone),
    }
    return which, finding(code, points, file=files[which], **facts)
