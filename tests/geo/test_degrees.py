"""Degrees, minutes and seconds, alone and in pairs, as people and phones write them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.degrees import read_degree_pairs, read_degrees
from tests.geo.intake_worlds import read_text

TEXTS = {
    "116°23'30\"E": 116.391667, "39°54′20″N": 39.905556, "75°9'12.5\"W": -75.153472, "东经116度23分30秒": 116.391667,
    "北纬39°54.5′": 39.908333, "-33°52'": -33.866667, "S33°52'10''": -33.869444, "116.5": 116.5, "116,5": 116.5,
    "116°": 116.0, "39°75'0\"": np.nan, "north": np.nan, "39°54'20\"N 116°23'": np.nan,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), TEXTS.items())
def test_one(text, value):
    assert read_degrees(np.array([text], dtype=object))[0] == pytest.approx(value, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    "text",
    [
        "39°54'20\"N, 116°23'30\"E",
        "E116°23'30\" N39°54'20\"",
        "北纬39度54分20秒，东经116度23分30秒",
        "39°54'20\" 116°23'30\"",
    ],
)
def test_a_pair_in_any_order(text):
    x, y = read_degree_pairs(np.array([text, "x"], dtype=object))
    assert (x[0], y[0]) == pytest.approx((116.391667, 39.905556), abs=1e-6)
    assert np.isnan(x[1])


@given(st.floats(-179.9, 179.9))
def test_what_is_written_in_parts_is_read_back(value):
    size = round(abs(value) * 3600, 2)
    text = f"{int(size // 3600)}°{int(size // 60 % 60)}'{size % 60:.2f}\"{'W' if value < 0 else 'E'}"
    if size % 60 < 59.99:
        assert read_degrees(np.array([text], dtype=object))[0] == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "date,type,经度,纬度\n2020-01-01,theft,116°23'30\"E,39°54'20\"N\n",
        'date,type,坐标\n2020-01-01,theft,"39°54\'20""N 116°23\'30""E"\n',
        'date,type,坐标\n2020-01-01,theft,"116.391667,39.905556"\n',
        "date,type,位置\n2020-01-01,theft,POINT (116.391667 39.905556)\n",
    ],
)
def test_a_file_written_so_is_placed(tmp_path, text):
    event = read_text(tmp_path, text).events.iloc[0]
    assert (event.lon, event.lat) == pytest.approx((116.391667, 39.905556), abs=1e-5)
