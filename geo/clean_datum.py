"""The datum of a table's points: undone where it is declared, asked about where it is suspected; both are told."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np

from geo.china_datum import AGREES_M, declared, is_shifted, to_wgs84
from geo.datum_suspicion import Suspicion, fits_better_before, suspect_datum
from geo.report import Finding, Notes
from geo.schema import GEOGRAPHIC_CRS

Streets = Callable[[], gpd.GeoDataFrame | None]
REPAIR = "datum_undone"


def system_of(crs: str | None) -> tuple[str | None, str | None]:
    """What was declared as a reference system and a datum: GCJ-02 and BD-09 stand in degrees."""
    datum = declared(crs)
    return (GEOGRAPHIC_CRS, datum) if datum else (crs, None)


def undo_datum(
    lon: np.ndarray, lat: np.ndarray, datum: str | None, notes: Notes, mended: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """
    Bring points of a declared datum to WGS 84, once; which rows were moved goes into `mended`.

    Parameters
    ----------
    lon, lat : arrays of n floats
        Degrees in that datum; NaN without a point.
    datum : str or None
        `GCJ-02` or `BD-09`; None leaves all as it is.
    """
    if datum is None:
        return lon, lat
    new_lon, new_lat = to_wgs84(lon, lat, datum)
    moved = (new_lon != lon) | (new_lat != lat)
    moved &= np.isfinite(lon)
    if moved.any():
        east = (new_lon - lon)[moved] * 111_320.0 * np.cos(np.radians(lat[moved]))
        metres = np.hypot(east, (new_lat - lat)[moved] * 111_320.0)
        notes.add("datum.undone", moved, datum=datum, metres=round(float(np.median(metres))), accuracy=AGREES_M)
    notes.add("datum.not_shifted", np.isfinite(lon) & ~moved, datum=datum)
    mended[REPAIR] = moved
    return new_lon, new_lat


def ask_about_datum(
    lon: np.ndarray,
    lat: np.ndarray,
    datum: str | None,
    notes: Notes,
    *,
    neighborhoods: gpd.GeoDataFrame | None,
    streets: Streets | None,
    named: Callable[[], np.ndarray | None] | None = None,
) -> None:
    """
    Ask in a finding where points seem to be in another datum than they pass for; nothing is moved.

    Parameters
    ----------
    lon, lat : arrays of n floats
        Degrees of WGS 84, after what was declared has been undone.
    datum : str or None
        What was declared and undone.
    streets, named : callables
        As for `geo.datum_suspicion.suspect_datum`; called only for points in China.
    """
    if not _in_china(lon, lat):
        return
    here = np.isfinite(lon) & np.isfinite(lat)
    if datum is not None:
        if fits_better_before(lon, lat, datum, streets() if streets else None):
            notes.add("datum.declared_doubtful", here, datum=datum)
        return
    found = suspect_datum(
        lon, lat, neighborhoods=neighborhoods, streets=streets, named=named() if named is not None else None
    )
    for code, facts in findings_of(found) if found else ():
        notes.add(code, here, **facts)


def findings_of(found: Suspicion) -> list[tuple[str, dict[str, float | int | str]]]:
    """The findings that ask: one for the whole file or a part of it, and the evidence beside the one that decides."""
    which = "part_" if found.part < 1 else ""
    facts: dict[str, float | int | str] = {"datum": found.datum, "points": found.points, "part": found.part}
    if found.metres:
        facts |= {name: round(value) for name, value in zip(("given", "gcj", "bd"), found.metres, strict=True)}
    if found.inside:
        facts |= {"inside": found.inside[0], "inside_undone": found.inside[1]}
    if found.named:
        facts |= {"named": found.named[0], "named_undone": found.named[1]}
    asked = [(f"datum.suspected_{which}by_{found.kind}", facts)]
    if found.kind != "streets" and found.metres:
        asked.append(("datum.beside_streets", facts))
    if found.kind != "polygons" and found.inside:
        asked.append(("datum.beside_polygons", facts))
    if found.kind != "names" and found.named:
        asked.append(("datum.beside_names", facts))
    return asked


def finding(code: str, rows: int, **facts: float | int | str) -> Finding:
    """A finding about a file of ground, where no row is meant."""
    return Finding(code, rows, 0, {"n": rows, "row": 0, **facts})


def _in_china(lon: np.ndarray, lat: np.ndarray) -> bool:
    """Whether some of the first hundred points lie where maps are shifted: costs nothing elsewhere."""
    here = np.flatnonzero(np.isfinite(lon))
    some = here[:: max(len(here) // 100, 1)][:100]
    return bool(is_shifted(lon[some], lat[some]).any())
