"""What a street network is, in figures: nodes, edges, parts, what was gathered and what is left out."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.sidewalks import once

LISTED = 3  # parts that are named
NEAR = 500.0  # metres within which a named street tells where a part lies


def describe(streets: gpd.GeoDataFrame) -> dict[str, Any]:
    """
    Count what a street network holds.

    Parameters
    ----------
    streets : GeoDataFrame
        Columns `geo.schema.STREET_COLUMNS`.

    Returns
    -------
    dict
        `edges`, `nodes`: all pieces and their ends; `walkable_edges`, `walkable_nodes`, `walkable_km`; `parts`,
        `largest_edges`, `largest_nodes`, `largest_km` of what is walkable; `beside_edges`, `beside_km`: sidewalks
        gathered with their street; `once_km`: length with each street counted once; `steps_edges`, `steps_km`;
        `locked_edges`, `locked_km`: private or in compounds; `closed_edges`, `closed_km`: other ways nobody walks;
        `named_share` of the walkable length.
    """
    walked = streets[streets["walkable"].to_numpy(dtype=bool)]
    locked = streets["locked"].to_numpy(dtype=bool)
    groups = {
        "walkable": walked,
        "largest": walked[walked["piece"] == 0],
        "beside": walked[walked["beside"] != ""],
        "steps": walked[walked["steps"].to_numpy(dtype=bool)],
        "locked": streets[locked],
        "closed": streets[~streets["walkable"].to_numpy(dtype=bool) & ~locked],
    }
    facts: dict[str, Any] = {"edges": len(streets), "nodes": _nodes(streets)}
    for name, rows in groups.items():
        facts |= {f"{name}_edges": len(rows), f"{name}_nodes": _nodes(rows), f"{name}_km": _km(rows)}
    named = walked[walked["name"].fillna("") != ""]
    total = float(walked["length_m"].sum())
    facts["parts"] = int(walked["piece"].nunique())
    facts["once_km"] = _km(streets[once(streets)])
    facts["named_share"] = round(float(named["length_m"].sum()) / total, 3) if total else 0.0
    return facts


def largest_apart(streets: gpd.GeoDataFrame, metric_crs: str) -> list[dict[str, Any]]:
    """
    The longest parts that no walk reaches, and where they lie.

    Returns
    -------
    list of dict
        At most `LISTED`, longest first: `pieces`, `km`, `on` (the name that most of its metres bear, "" for none) and
        `near` (the nearest other street with a name, of the longest part, within `NEAR` metres, "" for none).
    """
    walked = streets[streets["walkable"].to_numpy(dtype=bool)]
    main = walked[(walked["piece"] == 0) & (walked["name"] != "")]
    numbers = [int(piece) for piece in np.unique(walked["piece"]) if piece > 0][:LISTED]
    if not numbers:
        return []
    main = main[_near(main, walked[walked["piece"].isin(numbers)])]
    lines = main.geometry.to_crs(metric_crs).to_numpy()
    names = main["name"].to_numpy(dtype=object)
    tree = shapely.STRtree(lines)
    found = []
    for number in numbers:
        part = walked[walked["piece"] == number]
        metres = part[part["name"] != ""].groupby("name")["length_m"].sum().sort_values(ascending=False, kind="stable")
        on = str(metres.index[0]) if len(metres) else ""
        # Of the largest part's streets the nearest; the first in the file where several are equally near.
        shape = shapely.union_all(part.geometry.to_crs(metric_crs).to_numpy())
        at, away = tree.query_nearest(shape, max_distance=NEAR, return_distance=True, all_matches=True)
        other = np.sort(at[names[at] != on]) if len(away) else at
        near = str(names[other[0]]) if len(other) else ""
        found.append(
            {"pieces": len(part), "km": round(float(part["length_m"].sum()) / 1000, 2), "on": on, "near": near}
        )
    return found


def _near(streets: gpd.GeoDataFrame, parts: gpd.GeoDataFrame) -> np.ndarray:
    """Which streets may lie within `NEAR` metres of some of the parts, in degrees and with room to spare."""
    high = 2 * NEAR / 111_320.0
    west, south, east, north = shapely.bounds(parts.geometry.to_numpy()).T
    wide = high / np.maximum(np.cos(np.radians(np.maximum(np.abs(south), np.abs(north)))), 0.01)
    boxes = shapely.box(west - wide, south - high, east + wide, north + high)
    near = np.zeros(len(streets), dtype=bool)
    near[streets.sindex.query(boxes)[1]] = True
    return near


def _nodes(streets: gpd.GeoDataFrame) -> int:
    return len(np.unique(streets[["u", "v"]].to_numpy()))


def _km(streets: gpd.GeoDataFrame) -> float:
    return round(float(streets["length_m"].sum()) / 1000, 1)
