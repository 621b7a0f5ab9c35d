"""
Generate the sample city: `python -m data.sample.generate -o FOLDER`. Same seed, same bytes.

City, river, streets, units, figures and events are invented; see README.md beside this file.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import linemerge, nearest_points

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from data.sample import files, names
from data.sample.events import make_addresses, make_events
from data.sample.ground import FRAME, Ground, draw_ground
from data.sample.patterns import AS_OF, BY_TEXT, DAYS, FIRST_DAY, PLANTED, WINDOW_DAYS, Planted, hour_shares
from data.sample.shapes import degrees
from data.sample.units import draw_units

SEED = 20261122
HIGHWAYS = {"ring": "trunk", "primary": "primary", "secondary": "secondary", "local": "residential", "lane": "service"}
# Where walks begin: name, Latin name, and a point in metres from the origin near which the door lies.
STARTS = (
    (*names.STATION, 90, 570),
    ("东关警务室", "Dongguan Police Post", 860, 490),
    ("南市警务室", "Nanshi Police Post", 150, -300),
    ("梅园警务室", "Meiyuan Police Post", -260, -1050),
)


def generate(folder: Path, seed: int = SEED) -> list[Path]:
    """
    Write all files of the sample city into a folder.

    Parameters
    ----------
    folder : Path
        Made if missing; files of the same names are replaced.
    seed : int
        The streets, the figures and the events follow from it alone.

    Returns
    -------
    list of Paths
        The files written, in order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    streams = np.random.SeedSequence(seed).spawn(5)
    ground_rng, unit_rng, address_rng, event_rng, fault_rng = (np.random.default_rng(s) for s in streams)
    ground = draw_ground(ground_rng)
    units, grids = draw_units(ground, unit_rng)
    addresses = make_addresses(ground, grids, address_rng)
    events, places = make_events(ground, addresses, event_rng)
    rows = files.sources(events, _communities(events, grids, units), fault_rng)
    starts = _starts(ground)
    contents: dict[str, str | bytes] = {
        "neighborhoods.geojson": _units_text(units),
        "streets.geojson": _streets_text(ground),
        "land.geojson": _land_text(ground),
        "incidents.csv": files.incidents_text(rows["incidents.csv"], fault_rng),
        "disputes.xlsx": files.disputes_book(rows["disputes.xlsx"]),
        "hazards.csv": files.hazards_text(rows["hazards.csv"]),
        "reports.geojson": files.reports_text(rows["reports.geojson"]),
        "walkwatch.toml": _settings_text(starts),
        "truth.json": _truth_text(seed, rows, places, units, grids, starts),
    }
    return [files.write(folder, name, content) for name, content in contents.items()]


def _communities(events: pd.DataFrame, grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> np.ndarray:
    parent = _at(events["x"].to_numpy(), events["y"].to_numpy(), grids, "parent_id")
    name_of = units.set_index("neighborhood_id")["name"].to_dict()
    return np.array([name_of.get(key, "") for key in parent])


def _at(x: np.ndarray, y: np.ndarray, grids: gpd.GeoDataFrame, column: str) -> np.ndarray:
    tree = shapely.STRtree(grids.geometry.to_numpy())
    found = np.full(len(x), "", dtype=object)
    i, j = tree.query(shapely.points(x, y), predicate="within")
    found[i] = grids[column].to_numpy()[j]
    return found


def _units_text(units: gpd.GeoDataFrame) -> str:
    columns = ["neighborhood_id", "name", "name_en", "population", "households", "parent_id"]
    records = units[columns].to_dict("records")
    return files.feature_collection(
        [_feature(r | {"parent_id": r["parent_id"] or None}, g) for r, g in zip(records, units.geometry, strict=True)]
    )


def _streets_text(ground: Ground) -> str:
    """Streets as people keep them: long lines that share vertices where they meet, cut at bridges and branches."""
    groups: dict[tuple, list[shapely.LineString]] = {}
    for piece in ground.pieces:
        groups.setdefault((piece.road_class, piece.name, piece.name_en, piece.bridge, piece.joins), []).append(
            piece.line
        )
    features = []
    for (road_class, name, latin, bridge, joins), lines in groups.items():
        merged = linemerge(lines) if len(lines) > 1 else lines[0]
        for line in sorted(getattr(merged, "geoms", [merged]), key=lambda part: part.bounds):
            highway = HIGHWAYS[road_class] if joins else "footway"
            words = {"name": name, "name_en": latin, "highway": highway, "road_class": road_class, "bridge": bridge}
            features.append(_feature(words, degrees(line)))
    return files.feature_collection(features)


def _land_text(ground: Ground) -> str:
    water = ground.river.intersection(FRAME)
    features = [_feature({"kind": "water", "name": names.RIVER[0], "name_en": names.RIVER[1]}, degrees(water))]
    for pond in ground.ponds:
        features.append(_feature({"kind": "water", "name": "", "name_en": ""}, degrees(pond)))
    for name, latin, park in ground.parks:
        features.append(_feature({"kind": "park", "name": name, "name_en": latin}, degrees(park)))
    features.append(_feature({"kind": "rail", "name": names.RAIL[0], "name_en": names.RAIL[1]}, degrees(ground.rail)))
    return files.feature_collection(features)


def _feature(properties: dict, geometry: Any) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(geometry)}


def _starts(ground: Ground) -> list[dict]:
    pieces = [s for s in ground.pieces if not s.bridge and s.joins]
    lines = shapely.multilinestrings([s.line for s in pieces])
    starts = []
    for name, latin, x, y in STARTS:
        door = nearest_points(lines, shapely.Point(x, y))[0]
        lon, lat = degrees(door).coords[0]
        starts.append({"name": name, "name_en": latin, "lon": lon, "lat": lat})
    return starts


def _settings_text(starts: list[dict]) -> str:
    lines = [
        f'station = "{names.STATION[0]}"',
        f'station_en = "{names.STATION[1]}"',
        f'timezone = "{names.TIMEZONE}"',
        # Maps that are handed out say whose data they show; these are invented.
        'credit = "示例数据"',
        'credit_en = "Sample data"',
    ]
    for start in starts:
        lines += ["", "[[starts]]", f'name = "{start["name"]}"', f'name_en = "{start["name_en"]}"']
        lines += [f"lon = {start['lon']}", f"lat = {start['lat']}"]
    return "\n".join(lines) + "\n"


def _truth_text(
    seed: int,
    rows: dict[str, pd.DataFrame],
    places: list[dict],
    units: gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame,
    starts: list[dict],
) -> str:
    everything = pd.concat(rows.values(), ignore_index=True)
    truth = {
        "about": "Invented. What was planted in the sample city, for tests.",
        "seed": seed,
        "first_day": str(FIRST_DAY),
        "as_of": str(AS_OF),
        "days": DAYS,
        "timezone": names.TIMEZONE,
        "crs": names.METRIC_CRS,
        "window_days": WINDOW_DAYS,
        "hotspots": [_planted_truth(p, place, everything, grids) for p, place in zip(PLANTED, places, strict=True)],
        "answers": {name: files.answers(name, part) for name, part in sorted(rows.items())},
        "layers": _layer_truth(everything),
        "layer_of_category": {text: kind.layer for text, kind in sorted(BY_TEXT.items())},
        "unknown_category": files.UNKNOWN_CATEGORY,
        "refused_columns": {"incidents.csv": ["报警人电话"]},
        "near_repeat": {"category": "入室盗窃", "within_m": 200, "within_days": 14, "share": 0.33},
        "units": {
            "station": 1,
            "communities": len(names.COMMUNITIES),
            "villages": 1,
            "grids": len(grids),
            "population": int(units["population"].iloc[0]),
            "households": int(units["households"].iloc[0]),
            "under_50_households": units.loc[units["households"] < 50, "neighborhood_id"].tolist(),
        },
        "bridges": 5,
        "starts": starts,
    }
    return json.dumps(truth, ensure_ascii=False, indent=1) + "\n"


def _planted_truth(planted: Planted, place: dict, everything: pd.DataFrame, grids: gpd.GeoDataFrame) -> dict:
    mine = everything[everything["planted"] == planted.key]
    begin = pd.Timestamp(AS_OF) - pd.Timedelta(days=WINDOW_DAYS)
    recent = mine[mine["start"] >= begin]
    layers = recent["text"].map(lambda text: BY_TEXT[text].layer).value_counts()
    lon, lat = degrees(shapely.Point(place["x"], place["y"])).coords[0]
    share = hour_shares(planted.hours).reshape(24, 4).sum(axis=1)
    return {
        "key": planted.key,
        "kind": planted.kind,
        "streets": place["streets"],
        "streets_en": place["streets_en"],
        "lon": lon,
        "lat": lat,
        "radius_m": planted.radius,
        "neighborhood_id": str(
            _at(np.array([place["x"]]) + 1.0, np.array([place["y"]]) + 1.0, grids, "neighborhood_id")[0]
        ),
        "start": str(planted.start),
        "end": None if planted.end == AS_OF else str(planted.end),
        "extra_last_28": len(recent),
        "extra_before": len(mine) - len(recent),
        "layers_last_28": {layer: int(layers.get(layer, 0)) for layer in ("incident", "dispute", "hazard")},
        "categories_last_28": {text: int(n) for text, n in sorted(recent["text"].value_counts().items())},
        "distinct_points_last_28": len(recent[["lon", "lat"]].drop_duplicates()),
        "open_last_28": int(recent.loc[recent["file"] != "incidents.csv", "settled"].isna().sum()),
        "peak_hours": sorted(int(h) for h in np.argsort(-share)[:4]),
        "event_ids_last_28": recent["id"].tolist(),
    }


def _layer_truth(everything: pd.DataFrame) -> dict:
    """Events by layer (counts summed, every kept row, the repeats too) in the last 28 days and a year before."""
    rows = everything[~everything["fault"].isin(["text_in_time", "year_2099", "unknown_category"])]
    layer = rows["text"].map(lambda text: BY_TEXT[text].layer)
    begin = pd.Timestamp(AS_OF) - pd.Timedelta(days=WINDOW_DAYS)
    year = pd.Timedelta(days=365)
    now = rows["start"] >= begin
    then = (rows["start"] >= begin - year) & (rows["start"] < pd.Timestamp(AS_OF) - year)
    return {
        name: {
            "last_28": int(rows.loc[now & (layer == name), "count"].sum()),
            "year_before": int(rows.loc[then & (layer == name), "count"].sum()),
        }
        for name in ("incident", "dispute", "hazard")
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent, help="folder to write into")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    for path in generate(options.output, options.seed):
        print(f"{path.name}\t{path.stat().st_size}")


if __name__ == "__main__":
    main()
