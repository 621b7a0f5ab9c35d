"""The main job on real records: three years of a large city's incidents, and a real city's streets."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tests.test_cli import run

pytestmark = [pytest.mark.open_data, pytest.mark.slow]


@pytest.fixture(scope="module")
def philadelphia(open_data, tmp_path_factory):
    root = tmp_path_factory.mktemp("philadelphia") / "w"
    folder = open_data / "philadelphia"
    run("import", "-w", root, f"--neighborhoods={folder / 'neighborhoods.geojson'}")
    report = run("import", "-w", root, *sorted(folder.glob("incidents_*.csv.gz")))
    return root, report


def test_half_a_million_real_rows_are_all_accounted_for(philadelphia):
    _, report = philadelphia
    assert report["rows_read"] == 454_614
    assert report["rows_read"] == report["rows_kept"] + report["rows_rejected"]
    assert report["rows_kept"] - report["rows_placed"] == 7_929  # rows without coordinates, says the data's own README
    assert report["timezone"] == "America/New_York"


def test_the_real_list_is_short_and_every_figure_recomputes(philadelphia, tmp_path):
    root, _ = philadelphia
    answer = run("hotspots", "-w", root, "-o", tmp_path / "h.gpkg")
    hotspots = gpd.read_file(tmp_path / "h.gpkg")
    assert 0 < answer["hotspots"] < 0.01 * answer["tested"]
    assert (hotspots["radius_m"] <= 150).all()
    parts = hotspots[["incidents", "disputes", "hazards"]].sum(axis=1)
    assert np.allclose(parts, hotspots["events"])


def test_what_is_expected_is_near_what_came(philadelphia, tmp_path):
    root, _ = philadelphia
    answer = run("forecast", "-w", root, "--as-of", "2023-11-01", "--days", "28", "-o", tmp_path / "f.csv")
    came = _placed_starts(root)
    start = pd.Timestamp("2023-11-01", tz="America/New_York")
    real = ((came >= start) & (came < start + pd.DateOffset(days=28))).sum()
    assert answer["total"] == pytest.approx(real, rel=0.2)


def _placed_starts(root: Path) -> pd.Series:
    events = pd.concat(pd.read_parquet(path) for path in (root / "events").glob("*.parquet"))
    return events.loc[events["neighborhood_id"].notna(), "event_start"]


@pytest.fixture(scope="module")
def portland(open_data, tmp_path_factory):
    """Real streets and neighborhoods with points drawn from a seed, three places busier than the rest."""
    root = tmp_path_factory.mktemp("portland") / "w"
    folder = open_data / "portland_streets"
    run("import", "-w", root, f"--neighborhoods={folder / 'neighborhoods.geojson'}")
    run("import", "-w", root, f"--streets={folder / 'portland_central.osm.pbf'}")
    rng = np.random.default_rng(20261124)
    lon, lat = rng.uniform(-122.71, -122.617, 4000), rng.uniform(45.475, 45.553, 4000)
    busy = rng.normal([[-122.676, 45.519]], 0.0004, (60, 2)), rng.normal([[-122.645, 45.505]], 0.0004, (60, 2))
    points = np.vstack([np.column_stack([lon, lat]), *busy])
    days = pd.Timestamp("2026-03-01") + pd.to_timedelta(rng.uniform(0, 240, len(points)), unit="D")
    days = days.where(
        np.arange(len(points)) < 4000, pd.Timestamp("2026-10-27") - (days - pd.Timestamp("2026-03-01")) / 10
    )
    kinds = rng.choice(["Theft of bicycle", "Noise complaint", "Street light out"], len(points), p=[0.6, 0.25, 0.15])
    frame = pd.DataFrame(
        {
            "date": days.floor("min"),
            "category": kinds,
            "longitude": points[:, 0].round(5),
            "latitude": points[:, 1].round(5),
        }
    )
    frame.to_csv(root.parent / "reports.csv", index=False)
    report = run("import", "-w", root, root.parent / "reports.csv")
    assert report["rows_kept"] == len(frame)
    return root


@pytest.fixture(scope="module")
def portland_week(portland, tmp_path_factory):
    folder = tmp_path_factory.mktemp("week")
    starts = ["--start=-122.6765,45.5231", "--start=-122.6500,45.5050"]
    budget = ["--walkers", "4", "--walk-minutes", "90", "--watches", "5"]
    return folder, run("plan", "-w", portland, "--week", "2026-10-26", *budget, *starts, "-o", folder)


def test_every_metre_of_a_walk_lies_on_a_street(portland, portland_week):
    folder, plan = portland_week
    streets = gpd.read_parquet(portland / "streets.parquet").to_crs(32610)
    walks = gpd.read_file(folder / "walks.geojson").to_crs(32610)
    lines = walks[walks.geom_type.str.contains("Line")]
    assert len(lines) == len(plan["walks"]) > 0
    tree = shapely.STRtree(streets.geometry)
    for line in lines.geometry:
        near = streets.geometry.iloc[tree.query(line, predicate="dwithin", distance=5)].union_all()
        # Six decimals of a degree are a decimetre.
        assert line.difference(near.buffer(0.5)).length < 1


def test_real_walks_keep_their_minutes_and_posts_their_bound(portland_week):
    _, plan = portland_week
    assert plan["on_streets"] is True
    assert all(0 < walk["minutes"] <= 90 for walk in plan["walks"])
    assert plan["harm_covered"] <= plan["harm_covered_bound"] * (1 + 1e-9)
    assert len(json.dumps(plan)) > 0
