"""Web Mercator against PROJ, and views that show what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from views import mercator

LON = st.floats(-179, 178)
LAT = st.floats(-70, 69)


def test_mercator_equals_proj():
    lon, lat = np.array([117.46, -75.16, 0.0]), np.array([31.17, 39.95, -33.9])
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform(lon, lat)
    assert np.allclose(mercator.to_mercator(lon, lat), (x, y), atol=1e-6)


@given(LON, LAT)
def test_degrees_come_back(lon, lat):
    back = mercator.to_degrees(*mercator.to_mercator(np.array([lon]), np.array([lat])))
    assert np.allclose(np.ravel(back), [lon, lat], atol=1e-9)


@given(LON, LAT, st.floats(0.003, 0.9), st.floats(0.003, 0.9))
def test_a_view_shows_its_bounds_and_no_closer_one_would(lon, lat, wide, high):
    view = mercator.fit((lon, lat, lon + wide, lat + high), 680, 540, margin=20)
    x, y = mercator.to_mercator(np.array([lon, lon + wide]), np.array([lat, lat + high]))
    scale = mercator.pixels_per_metre(view.zoom, view.step)
    assert (x[1] - x[0]) * scale <= 640 + 1e-6
    assert (y[1] - y[0]) * scale <= 500 + 1e-6
    # The next step, a fifth larger, would not fit.
    if (view.zoom, view.step) != (mercator.MAX_ZOOM, mercator.STEPS[-1]):
        assert max((x[1] - x[0]) / 640, (y[1] - y[0]) / 500) * scale * 1.2 > 1


def test_a_kept_step_stays():
    assert mercator.fit((117.4, 31.1, 117.5, 31.2), 600, 400, step=119).step == 119


def test_metres_per_pixel_at_the_equator_is_the_known_figure():
    # 156,543.03 m at zoom 0, as every description of web maps says.
    assert mercator.metres_per_pixel(0, 100, 0.0) == pytest.approx(156543.03, abs=0.01)
