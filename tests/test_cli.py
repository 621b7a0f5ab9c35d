"""The command line from file to product on the sample city: keys, exit statuses, refusals, what they leave behind."""

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cli import app

# Whole runs: `make test` has them, `make check` leaves them out.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
PLAN_FILES = {"plan.json", "watches.geojson", "walks.geojson", "plan.gpkg", "plan.ics", "roster.xlsx", "briefing.pdf"}


def run(*arguments, expect=0):
    """Run a command in this process; its JSON answer."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == expect, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.fixture(scope="session")
def city(tmp_path_factory):
    """A workspace of the sample city, imported through the door."""
    root = tmp_path_factory.mktemp("city") / "workspace"
    ground = [f"--{name}={SAMPLE / name}.geojson" for name in ("neighborhoods", "streets", "land")]
    run("import", "-w", root, *ground)
    run("import", "-w", root, *(SAMPLE / name for name in ("incidents.csv", "disputes.xlsx", "hazards.csv")))
    return root


def test_every_row_is_accounted_for_and_stored_once(tmp_path):
    files = [SAMPLE / "incidents.csv", SAMPLE / "hazards.csv"]
    neighborhoods = f"--neighborhoods={SAMPLE / 'neighborhoods.geojson'}"
    first = run("import", "-w", tmp_path / "w", neighborhoods, *files)
    assert first["rows_read"] == first["rows_kept"] + first["rows_rejected"]
    assert first["events_added"] == first["rows_kept"]
    again = run("import", "-w", tmp_path / "w", *files)
    assert (again["events_added"], again["rows_known"]) == (0, again["rows_kept"])
    listed = run("imports", "-w", tmp_path / "w")["imports"]
    assert [row["import_id"] for row in listed] == [first["import_id"]]
    assert run("imports", "-w", tmp_path / "w", "--undo", first["import_id"])["imports"] == []


def test_check_stores_nothing(tmp_path):
    answer = run("check", "-w", tmp_path / "w", SAMPLE / "incidents.csv")
    assert {"rows_read", "rows_placed", "rows_repaired", "columns", "crs", "span", "findings"} <= set(answer)
    assert {"code", "rows", "example_row", "message"} <= set(answer["findings"][0])
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("ending", ["csv", "xlsx", "geojson", "gpkg", "kml", "parquet"])
def test_the_hotspot_list_has_one_length_in_every_format(city, tmp_path, ending):
    file = tmp_path / f"list.{ending}"
    answer = run("hotspots", "-w", city, "-o", file)
    readers = {
        "csv": pd.read_csv,
        "xlsx": lambda path: pd.read_excel(path, engine="openpyxl"),
        "parquet": gpd.read_parquet,
    }
    written = readers.get(ending, gpd.read_file)(file)
    assert len(written) == answer["hotspots"] > 0
    assert answer["tested"] > 500
    assert {"hotspot_id", "rank", "why", "place"} <= {str(name) for name in written.columns} | (
        {"hotspot_id", "rank", "why", "place"} if ending == "kml" else set()
    )


def test_the_list_finds_most_of_what_was_planted(city, tmp_path):
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    run("hotspots", "-w", city, "-o", tmp_path / "list.gpkg")
    found = gpd.read_file(tmp_path / "list.gpkg")
    metric = found.estimate_utm_crs()
    shapes = found.to_crs(metric).geometry
    planted = [place for place in truth["hotspots"] if place["kind"] in ("new", "persistent")]
    points = gpd.GeoSeries.from_xy([p["lon"] for p in planted], [p["lat"] for p in planted], crs=4326).to_crs(metric)
    hit = [bool((shapes.distance(point) < 100).any()) for point in points]
    assert sum(hit) >= 0.8 * len(hit)


def test_same_input_same_bytes(city, tmp_path):
    for name in ("a", "b"):
        run("hotspots", "-w", city, "-o", tmp_path / f"{name}.xlsx")
        for kept in (city / "results").glob("*"):
            kept.unlink()
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_the_forecast_adds_up(city, tmp_path):
    answer = run("forecast", "-w", city, "--days", "7", "-o", tmp_path / "f.csv")
    cells = pd.read_csv(tmp_path / "f.csv")
    assert cells["expected"].sum() == pytest.approx(answer["total"], rel=1e-3)
    assert (cells["expected_low"] <= cells["expected_high"]).all()
    assert answer["total_low"] < answer["total"] < answer["total_high"]
    assert answer["crs"].startswith("EPSG:")


@pytest.fixture(scope="session")
def week(city, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan")
    options = ["--week", "2026-11-25", "--walkers", "3", "--walk-minutes", "80", "--watches", "2"]
    start = ["--start", _start(city)]
    return folder, run("plan", "-w", city, *options, *start, "-o", folder)


def _start(city):
    x, y = gpd.read_parquet(city / "streets.parquet").geometry.iloc[0].coords[0][:2]
    return f"{x:.6f},{y:.6f}"


def test_a_plan_keeps_its_budget_and_writes_its_folder(week):
    folder, plan = week
    names = {path.name for path in folder.iterdir()}
    assert names >= PLAN_FILES | {f"walk-{n}.{e}" for n in range(1, len(plan["walks"]) + 1) for e in ("gpx", "pdf")}
    assert len(plan["walks"]) <= 3
    assert len(plan["watches"]) <= 2
    assert all(walk["minutes"] <= 80 for walk in plan["walks"])
    assert 0 < plan["harm_covered"] <= plan["harm_covered_bound"] * (1 + 1e-9)
    assert plan["week"] == "2026-11-23"  # the Monday of the week that was named
    assert {"events_covered", "unreached"} <= set(plan)


def test_walks_lie_on_streets(week, city):
    folder, _ = week
    streets = gpd.read_parquet(city / "streets.parquet")
    metric = streets.estimate_utm_crs()
    ground = streets.to_crs(metric).union_all().buffer(1.0)
    walks = gpd.read_file(folder / "walks.geojson").to_crs(metric)
    lines = walks.geometry[walks.geometry.geom_type.str.contains("Line")]
    assert len(lines) > 0
    assert all(line.difference(ground).length < 0.01 * line.length for line in lines)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_plan_without_streets_says_so(tmp_path, lang):
    root = tmp_path / "w"
    run("import", "-w", root, f"--neighborhoods={SAMPLE / 'neighborhoods.geojson'}", SAMPLE / "incidents.csv")
    plan = run("plan", "-w", root, "--week", "2026-11-23", "--lang", lang, "-o", tmp_path / "p")
    assert plan["on_streets"] is False
    assert plan["detour_factor"] > 1
    assert all(walk["minutes"] <= 90 for walk in plan["walks"])


def test_without_polygons_the_list_ranks_by_counts_and_says_that_nothing_was_tested(tmp_path):
    root = tmp_path / "w"
    run("import", "-w", root, SAMPLE / "incidents.csv")
    answer = run("hotspots", "-w", root, "-o", tmp_path / "l.csv")
    assert answer["tested"] == 0
    assert answer["hotspots"] > 0


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


BAD_POINTS = {
    "empty.csv": "",
    "no-coordinates.csv": "id,when\n1,2026-01-02\n2,2026-01-03\n",
    "text.csv": "id,date,longitude,latitude\n1,2026-01-02,north,south\n2,2026-01-03,here,there\n",
    "picture.csv": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "broken.geojson": '{"type": "FeatureCollection", "features": [',
    "fake.xlsx": "date,longitude,latitude\n2026-01-02,1,2\n",
}


@pytest.mark.parametrize("name", BAD_POINTS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_bad_file_gets_a_sentence_and_leaves_nothing(tmp_path, name, lang):
    encoding = "latin-1" if name == "picture.csv" else "utf-8"
    path = write(tmp_path / name, BAD_POINTS[name], encoding)
    answer = run("import", "-w", tmp_path / "w", path, "--lang", lang, expect=1)
    assert name in answer["error"]["message"]
    assert not (tmp_path / "w").exists()


def test_a_polygon_file_without_polygons_is_refused(tmp_path):
    points = '{"type":"Feature","properties":{"name":"a"},"geometry":{"type":"Point","coordinates":[1,2]}}'
    path = write(tmp_path / "p.geojson", f'{{"type":"FeatureCollection","features":[{points}]}}')
    answer = run("import", "-w", tmp_path / "w", f"--neighborhoods={path}", expect=1)
    assert "p.geojson" in answer["error"]["message"]


def test_a_folder_that_is_no_workspace_is_refused(tmp_path):
    write(tmp_path / "x.txt", "x")
    answer = run("hotspots", "-w", tmp_path, expect=1)
    assert answer["error"]["key"] == "workspace.none"


def test_an_empty_period_is_refused_with_what_there_is(city):
    answer = run("hotspots", "-w", city, "--as-of", "1999-01-01", expect=1)
    assert "1999" in answer["error"]["message"] or "1998" in answer["error"]["message"]


def test_wrong_usage_exits_2():
    result = subprocess.run([sys.executable, "cli.py", "forecast"], cwd=ROOT, capture_output=True, check=False)
    assert result.returncode == 2


def test_rejected_rows_come_back_with_line_and_reason_and_without_phones(tmp_path):
    file = tmp_path / "rejects.csv"
    answer = run("check", "-w", tmp_path / "w", SAMPLE / "incidents.csv", "--rejects", file, "--lang", "en")
    rejects = pd.read_csv(file, encoding="utf-8-sig")
    assert len(rejects) == answer["rows_rejected"] > 0
    lines = (SAMPLE / "incidents.csv").read_text(encoding="utf-8-sig").splitlines()
    assert all(str(row["接警编号"]) in lines[row["source_row"] - 1] for _, row in rejects.iterrows())
    assert rejects["reason"].str.contains("no time").all()
    assert not rejects.astype(str).apply(lambda column: column.str.contains(r"1\d{10}")).any().any()


def test_a_date_in_2099_moves_neither_the_span_nor_as_of(city):
    spans = [row["span"] for row in run("imports", "-w", city)["imports"]]
    assert max(end for _, end in spans) == "2026-11-21"
    assert run("forecast", "-w", city, "--days", "7")["as_of"] == "2026-11-22"


def test_what_is_never_listed_is_refused_in_words(city):
    answer = run("hotspots", "-w", city, "--category", "assault.domestic", expect=1)
    assert answer["error"]["key"] == "hotspots.never_listed"


def test_a_week_long_after_the_data_is_planned_and_says_so(city, tmp_path):
    plan = run("plan", "-w", city, "--week", "2027-03-01", "--lang", "en", "-o", tmp_path)
    assert any("2026-11-22" in note for note in plan["notes"])


def test_a_refused_import_stores_nothing_of_what_came_with_it(tmp_path):
    empty = write(tmp_path / "empty.csv", "")
    run("import", "-w", tmp_path / "w", f"--neighborhoods={SAMPLE / 'neighborhoods.geojson'}", empty, expect=1)
    assert not (tmp_path / "w").exists()


def test_cells_beyond_chance_on_single_points_are_not_called_chance(tmp_path):
    """Thirty reports on one point of a quiet city: no place may be listed, and the answer says that it is no chance."""
    ground = f"--neighborhoods={SAMPLE / 'neighborhoods.geojson'}"
    units = gpd.read_file(SAMPLE / "neighborhoods.geojson")
    rng = np.random.default_rng(7)
    west, south, east, north = units.total_bounds
    points = np.column_stack([rng.uniform(west, east, 600), rng.uniform(south, north, 600)])
    points = np.vstack([points, np.repeat([[(west + east) / 2, (south + north) / 2]], 30, axis=0)])
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 300, 600), unit="D")
    late = pd.Timestamp("2026-10-01") + pd.to_timedelta(rng.integers(0, 25, 30), unit="D")
    frame = pd.DataFrame(
        {"date": days.append(late), "category": "Theft", "longitude": points[:, 0], "latitude": points[:, 1]}
    )
    frame.to_csv(tmp_path / "reports.csv", index=False)
    run("import", "-w", tmp_path / "w", ground, tmp_path / "reports.csv")
    answer = run("hotspots", "-w", tmp_path / "w", "--as-of", "2026-10-27")
    assert answer["hotspots"] == 0
    assert answer["parameters"]["cells_beyond_chance"] >= 1
    said = CliRunner().invoke(app, ["hotspots", "-w", str(tmp_path / "w"), "--as-of", "2026-10-27", "--lang", "en"])
    assert "exceed" in said.stdout
    assert "Nothing exceeds chance" not in said.stdout
