"""Pictures of the folder: outlines of any shape, classes that grey print keeps apart, no metadata, the same bytes."""

import io
import time
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
from PIL import Image, ImageColor
from shapely.geometry import MultiPolygon, box

from tests.plan_world import CRS, X0, Y0, toy_land, toy_neighborhoods, toy_streets
from views import style
from views.community_maps import CITY_SIZE, Shade, area_png, city_png, class_breaks, community_ground
from views.community_marks import MapWords
from views.fonts import find_face
from views.i18n import Translator

ZH = Translator("zh")
FACE = find_face()
WORDS = MapWords("示例数据", "WGS 84", "")


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def near(color, picture, least=6):
    """How many pixels have about this color: a palette of few colors moves each a little."""
    return int((np.abs(picture - np.array(ImageColor.getrgb(color))).max(axis=2) <= least).sum())


@pytest.fixture(scope="module")
def ground():
    return community_ground(toy_neighborhoods(), toy_streets(), toy_land())


def test_an_area_stands_in_its_outline_over_streets_and_water(ground):
    picture = pixels(area_png(ground, "n1", ZH, FACE, WORDS))
    assert picture.shape == (704, 620, 3)
    assert near(style.ACCENT, picture) > 1500
    assert near(style.WATER, picture, 12) > 500


def test_the_same_picture_twice_and_nothing_but_the_picture(ground):
    first, second = (area_png(ground, "n2", ZH, FACE, WORDS) for _ in range(2))
    assert first == second
    assert Image.open(io.BytesIO(first)).info == {}
    shades = {"n1": Shade(10), "n2": Shade(None, small=True)}
    assert city_png(ground, shades, "件", ZH, FACE, WORDS) == city_png(ground, shades, "件", ZH, FACE, WORDS)


@pytest.mark.parametrize(
    "shape",
    [
        MultiPolygon([box(X0, Y0, X0 + 300, Y0 + 300), box(X0 + 2000, Y0, X0 + 2300, Y0 + 300)]),
        box(X0, Y0, X0 + 500, Y0 + 500).difference(box(X0 + 100, Y0 + 100, X0 + 400, Y0 + 400)),
        box(X0, Y0, X0 + 8000, Y0 + 60),
        box(X0, Y0, X0 + 30, Y0 + 30),
    ],
    ids=["parts", "hole", "ribbon", "tiny"],
)
def test_any_shape_is_drawn_without_streets(shape):
    units = toy_neighborhoods().iloc[:1].set_geometry([shape])
    ground = community_ground(units)
    assert near(style.ACCENT, pixels(area_png(ground, "n1", ZH, FACE, WORDS))) > 300
    city_png(ground, {}, "件", ZH, FACE, WORDS)


def test_a_hole_is_not_of_the_area():
    hole = box(X0 + 300, Y0 + 100, X0 + 450, Y0 + 250)
    units = toy_neighborhoods().iloc[:1].set_geometry([box(X0, Y0, X0 + 500, Y0 + 500).difference(hole)])
    picture = pixels(area_png(community_ground(units), "n1", Translator("en"), FACE, WORDS))
    # The area fills the middle 552 of 620 pixels; the hole's middle lies at 0.75, 0.35 of it.
    x, y = round(34 + 552 * 0.75), round(352 + 276 - 552 * 0.35)
    assert picture[y, x].min() > picture[y - 200, x].min()


def test_a_review_number_and_its_empty_place_differ(ground):
    empty = area_png(ground, "n1", ZH, FACE, WORDS)
    assert empty != area_png(ground, "n1", ZH, FACE, MapWords("示例数据", "WGS 84", "GS(2026)0001"))


def test_classes_run_from_light_to_dark_and_the_unstated_have_none(ground):
    shades = {"n1": Shade(10), "n2": Shade(200), "n3": Shade(None)}
    picture = pixels(city_png(ground, shades, "件", ZH, FACE, WORDS))
    assert picture.shape == (CITY_SIZE[1], CITY_SIZE[0], 3)
    light, dark = near(style.RAMP[1], picture), near(style.RAMP[5], picture)
    assert light > 5000
    assert dark > 5000
    # In grey they are apart: each step of the ramp is darker than the one before.
    grey = [sum(ImageColor.getrgb(color)) for color in style.RAMP]
    assert all(a - b > 60 for a, b in pairwise(grey))


@pytest.mark.parametrize(
    ("values", "breaks"),
    [([], []), ([15], [15]), ([10, 10, 10], [10]), ([5, 10, 20, 40, 80], [5, 10, 20, 40, 80]), ([5, 200], [5, 200])],
)
def test_breaks_are_published_values(values, breaks):
    assert class_breaks(values) == breaks


def test_five_classes_hold_about_equally_many():
    values = list(range(5, 505, 5))
    breaks = class_breaks(values)
    assert [sum(b <= v < c for v in values) for b, c in zip(breaks, [*breaks[1:], 999], strict=True)] == [20] * 5


def test_without_a_chinese_face_names_that_it_lacks_are_left_out():
    latin = find_face(system_fonts=False)
    ground = community_ground(toy_neighborhoods(), toy_streets(), toy_land())
    for area_id in ("n1", "n3"):
        assert len(area_png(ground, area_id, Translator("en"), latin, WORDS)) > 5000


def test_hundreds_of_areas_are_one_picture():
    side = 20
    corners = [(X0 + 200 * (i % side), Y0 + 200 * (i // side)) for i in range(side * side)]
    shapes = [box(x, y, x + 200, y + 200) for x, y in corners]
    ids = [f"u{i}" for i in range(side * side)]
    units = gpd.GeoDataFrame({"neighborhood_id": ids, "name": ids, "name_en": ids}, geometry=shapes, crs=CRS)
    units = units.assign(parent_id=None, population=None, households=None)
    ground = community_ground(units)
    shades = {key: Shade(5 * (i % 40) or None, small=i % 40 == 0) for i, key in enumerate(ids)}
    before = time.process_time()
    assert len(city_png(ground, shades, "件", ZH, FACE, WORDS)) < 150_000
    area_png(ground, "u210", ZH, FACE, WORDS)
    assert time.process_time() - before < 10
