"""The ground under the maps: colors where they belong, tiles that meet, names that do not collide."""

from io import BytesIO

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image, ImageColor

from views import style
from views.basemap import draw, make_basemap, png
from views.event_picture import draw_events, make_picture
from views.labels import place_labels, svg_of, to_pixels

CRS = "EPSG:3857"
SCALE = 0.25  # pixels a metre


def world():
    """A city of two neighborhoods, 2 km wide, with a lake, a park, a straight avenue and a lane that bends at once."""
    avenue = shapely.LineString([(0, 500), (2000, 500)])
    steep = shapely.LineString([(500, 0), (500, 1000)])
    bend = shapely.LineString([(1500 + 40 * np.cos(a), 250 + 40 * np.sin(a)) for a in np.linspace(0, 6, 40)])
    streets = gpd.GeoDataFrame(
        {
            "name": ["槐树街", "柳荫里", "弯弯曲曲的小巷子"],
            "name_en": ["Huaishu Street", "", ""],
            "road_class": ["primary", "secondary", "lane"],
            "bridge": [False, False, False],
        },
        geometry=[avenue, steep, bend],
        crs=CRS,
    )
    land = gpd.GeoDataFrame(
        {"kind": ["water", "park"], "name": ["", ""], "name_en": ["", ""]},
        geometry=[shapely.box(200, 700, 400, 900), shapely.box(1700, 700, 1900, 900)],
        crs=CRS,
    )
    units = gpd.GeoDataFrame(
        {
            "neighborhood_id": ["a", "b"],
            "name": ["西园", "东风里"],
            "name_en": ["West", "East"],
            "parent_id": [None, None],
        },
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
        crs=CRS,
    )
    return make_basemap(streets, land, units)


def color_at(pixels: np.ndarray, x: float, y: float, left: float, top: float) -> tuple[int, ...]:
    return tuple(int(v) for v in pixels[int((top - y) * SCALE), int((x - left) * SCALE), :3])


def test_water_park_and_land_have_their_colors():
    pixels = draw(world(), left=-200, top=1200, scale=SCALE, width=600, height=350)
    for x, y, color in ((300, 800, style.WATER), (1800, 800, style.PARK), (1300, 800, style.LAND)):
        assert color_at(pixels, x, y, -200, 1200) == ImageColor.getrgb(color)


def test_outside_the_city_everything_lies_under_white():
    pixels = draw(world(), left=-200, top=1200, scale=SCALE, width=600, height=350)
    seen = np.array(color_at(pixels, -100, 1100, -200, 1200))
    land = np.array(ImageColor.getrgb(style.LAND))
    assert np.abs(seen - (land + (255 - land) * 0.62)).max() <= 1


def test_a_wide_street_is_white_in_the_middle():
    pixels = draw(world(), left=0, top=1000, scale=SCALE, width=500, height=250)
    assert color_at(pixels, 1200, 500, 0, 1000) == (255, 255, 255)


def test_two_tiles_meet_without_a_seam():
    whole = draw(world(), left=0, top=1000, scale=SCALE, width=512, height=256)
    right = draw(world(), left=256 / SCALE, top=1000, scale=SCALE, width=256, height=256)
    # Dashes start anew in each picture; everything else is the same to a shade.
    differing = np.abs(whole[:, 256:].astype(int) - right.astype(int)).max(axis=2) > 40
    assert differing.mean() < 0.01


def test_a_flat_picture_keeps_the_colors_of_the_ground():
    pixels = draw(world(), left=0, top=1000, scale=SCALE, width=256, height=256)
    kept = np.asarray(Image.open(BytesIO(png(pixels, flat=True))).convert("RGB"))
    plain = (pixels[..., :3] == np.array(ImageColor.getrgb(style.LAND))).all(axis=2)
    assert plain.sum() > 1000
    assert (kept[plain] == np.array(ImageColor.getrgb(style.LAND))).all()


def test_nothing_but_points_still_gives_a_map():
    base = make_basemap(None, None, None, (np.array([0.0, 1000.0]), np.array([0.0, 800.0])))
    pixels = draw(base, left=0, top=800, scale=0.2, width=200, height=160)
    assert (pixels[..., :3] == np.array(ImageColor.getrgb(style.LAND))).all()
    assert place_labels(base, 0.2, "zh") == []


def test_names_do_not_collide_with_marks_or_one_another():
    base = world()
    x, y = to_pixels(500.0, 500.0, SCALE)
    boxes = [(x, y, 30.0, 30.0)]
    boxes += [(label.x, label.y, *label.reach) for label in place_labels(base, SCALE, "zh", boxes)]
    assert len(boxes) >= 3
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            assert abs(one[0] - other[0]) >= one[2] + other[2] or abs(one[1] - other[1]) >= one[3] + other[3]


def test_a_street_that_bends_at_once_is_not_named():
    assert "弯弯曲曲的小巷子" not in {label.text for label in place_labels(world(), 1.0, "zh")}


def test_steep_chinese_stands_upright_and_english_turns():
    steep = next(label for label in place_labels(world(), 0.6, "zh") if label.text == "柳荫里")
    assert steep.stacked
    named = {label.text: label for label in place_labels(world(), 0.6, "en")}
    assert "Huaishu Street" in named
    assert not named["Huaishu Street"].stacked
    assert "West" in named


def test_a_name_of_markup_is_shown_as_typed():
    base = world()
    base.neighborhoods.loc[0, "name"] = "<b>&"
    text = svg_of(place_labels(base, SCALE, "zh"), 0, 0)
    assert "&lt;b&gt;&amp;" in text
    assert "<b>" not in text


@pytest.mark.parametrize(("layer", "color"), list(style.LAYER_COLORS.items()))
def test_an_event_has_the_color_of_its_layer(layer, color):
    picture = make_picture(np.array([0.001, np.nan]), np.array([0.001, 0.0]), np.array([layer, layer]))
    assert len(picture.x) == 1
    pixels = draw_events(picture, left=0, top=250, scale=1, width=250, height=250)
    row, column = np.unravel_index(pixels[..., 3].argmax(), pixels.shape[:2])
    assert abs(column - picture.x[0]) < 6
    assert abs(row - (250 - picture.y[0])) < 6
    assert np.abs(pixels[row, column, :3].astype(int) - ImageColor.getrgb(color)).max() <= 6


def test_no_events_leave_the_picture_clear():
    picture = make_picture(np.array([]), np.array([]), np.array([], dtype=str))
    assert draw_events(picture, left=0, top=1, scale=1, width=64, height=64)[..., 3].max() == 0
