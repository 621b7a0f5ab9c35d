"""The Forecast page's map, curve and long work."""

import time

import numpy as np
import pandas as pd
import pyproj
import pytest

from views.forecast_chart import coverage_curve
from views.forecast_map import MOST_OUTLINES, busiest, expected_picture, shade_of
from views.pages import background

CRS = "EPSG:32650"


def cells(side: int = 20, size: float = 100.0) -> pd.DataFrame:
    x, y = np.meshgrid(500_000 + size * (np.arange(side) + 0.5), 3_450_000 + size * (np.arange(side) + 0.5))
    amount = np.arange(side * side, dtype=float)
    return pd.DataFrame({"x": x.ravel(), "y": y.ravel(), "expected": amount})


def test_shades_follow_the_order_of_the_area():
    shades = shade_of(np.arange(100, 0, -1.0))
    # Of 100 cells: 1 is the busiest 1 %, 4 more the 5 %, 5 the 10 %, 10 the 20 %, 30 the half, 50 the rest.
    assert np.bincount(shades, minlength=6).tolist() == [50, 30, 10, 5, 4, 1]
    assert shades[0] == 5
    assert shades[-1] == 0


def test_nothing_expected_is_the_lightest_even_on_an_empty_map():
    assert shade_of(np.zeros(7)).tolist() == [0] * 7


def test_the_picture_lies_where_the_cells_lie():
    frame = cells()
    picture = expected_picture(frame, crs=CRS, cell_size=100.0)
    west, south, east, north = picture.bounds
    outward = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    lon, lat = outward.transform(frame["x"], frame["y"])
    height, width = picture.pixels.shape[:2]
    shades = shade_of(frame["expected"].to_numpy())
    columns = ((np.asarray(lon) - west) / (east - west) * width).astype(int)
    rows = ((north - np.asarray(lat)) / (north - south) * height).astype(int)
    assert max(height, width) == 900
    assert ((picture.pixels[rows, columns, 3] > 0) == (shades > 0)).all()
    busiest_pixel = picture.pixels[rows[-1], columns[-1], :3]
    assert busiest_pixel.tolist() == [0x0F, 0x3D, 0x45]


def test_outlines_are_few_and_never_of_nothing():
    assert len(busiest(cells(side=200))) == MOST_OUTLINES
    assert busiest(cells().assign(expected=0.0)).empty


def test_the_curve_names_every_line_and_escapes_it():
    drawing = coverage_curve({"<ours>": [(0.01, 0.1), (0.05, 0.3)], "counts": [(0.01, 0.05)]}, across="area", up="")
    assert "&lt;ours&gt;" in drawing
    assert "<ours>" not in drawing
    assert drawing.count("<polyline") == 2


@pytest.fixture
def fake_cli(tmp_path, monkeypatch):
    def make(text: str):
        path = tmp_path / "cli.py"
        path.write_text(text)
        monkeypatch.setattr(background, "CLI", path)
        return path

    return make


def finished(work: background.Work) -> background.Work:
    until = time.monotonic() + 20
    while work.running and time.monotonic() < until:
        time.sleep(0.02)
    return work


def test_work_is_started_once_and_says_why_it_was_refused(fake_cli):
    fake_cli('print(\'{"error": {"key": "k", "message": "too short"}}\'); raise SystemExit(1)')
    work = background.begin("backtest", "a")
    assert background.begin("backtest", "a") is work or not work.running
    assert finished(work).problem() == "too short"
    background.end("backtest", "a")
    assert background.running("backtest", "a") is None


def test_work_can_be_cancelled(fake_cli):
    fake_cli("import time; time.sleep(60)")
    work = background.begin("backtest", "b")
    assert work.running
    assert work.problem() is None
    background.end("backtest", "b")
    assert not finished(work).running
