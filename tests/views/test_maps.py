"""Maps send nothing elsewhere, show names as typed, and stay small whatever the rows."""

import html
import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from folium.elements import JSCSSMixin
from hypothesis import given
from hypothesis import strategies as st
from streamlit_folium import generate_leaflet_string

from views import maps, style
from views.i18n import Translator
from views.mercator import View

VIEW = View(31.17, 117.46, 14, 141)
GROUND = maps.Ground("abc", "def", "zh", "示例数据")
HOSTILE = "<script>alert(1)</script>${alert(2)}`\\\"'&&#36;"


def hotspots(n: int = 3) -> gpd.GeoDataFrame:
    """Hexagons 300 m apart on a line eastward."""
    shapes = [shapely.Point(543_000 + 300 * k, 3_448_000).buffer(80, quad_segs=2) for k in range(n)]
    return gpd.GeoDataFrame(
        {"hotspot_id": [f"H{k}" for k in range(n)], "rank": range(1, n + 1)}, geometry=shapes, crs="EPSG:32650"
    )


def full_map(n: int = 3, tip: str = "柳荫里\n噪音 9 起"):
    city = maps.base_map(GROUND, VIEW, Translator("zh"), maps.hotspot_marks(hotspots(n)))
    maps.add_hotspots(city, hotspots(n), [tip] * n)
    maps.add_walk(city, 1, [(31.17, 117.46), (31.171, 117.46), (31.171, 117.468)], [(31.17, 117.46, "1", tip)])
    maps.add_post(city, 31.17, 117.461, 1, tip)
    maps.add_start(city, 31.169, 117.46, "柳溪派出所")
    return city


def script(city) -> str:
    city.get_root().render()
    return generate_leaflet_string(city)


def test_no_address_of_another_machine_is_in_a_map():
    text = script(full_map())
    assert not re.findall(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[\w.-]+\.\w+", text)


def test_every_script_and_style_comes_from_the_app_itself():
    def walk(element):
        yield element
        for child in element._children.values():
            yield from walk(child)

    city = full_map()
    links = [
        link
        for element in walk(city)
        if isinstance(element, JSCSSMixin)
        for _, link in (*element.default_js, *element.default_css)
    ]
    assert links
    assert all(link.startswith("/walkwatch/") for link in links)


def test_a_hostile_name_comes_out_as_typed():
    said = maps.escape(HOSTILE)
    assert html.unescape(said) == HOSTILE
    assert not set(said) & set("<>`\\$\"'")


@given(st.text())
def test_any_text_survives_escaping_but_for_marks_that_turn_it(text):
    turned = dict.fromkeys(range(0x202A, 0x202F)) | dict.fromkeys(range(0x2066, 0x206A))
    said = maps.escape(text)
    assert (
        html.unescape(said) == text.translate(turned) or "\r" in text or any(ord(c) in range(0x80, 0xA0) for c in text)
    )
    assert not set(said) & set("<>`\\$")


def test_a_hostile_tip_runs_nothing():
    text = script(full_map(tip=HOSTILE))
    assert "${alert" not in text
    assert "<script>alert" not in text


def test_a_thousand_hotspots_stay_within_three_hundred_marks():
    text = script(full_map(1000))
    assert text.count("L.marker(") <= 300
    assert len(text) < 400_000


def test_the_rank_stands_at_the_upper_right_of_its_outline():
    shapes = maps.degrees(hotspots(1))
    lon, lat = maps._disc_spots(shapes)[0]
    middle = shapes.geometry.iloc[0].centroid
    assert lon > middle.x
    assert lat > middle.y


def test_a_click_means_the_place_it_fell_into():
    middle = maps.degrees(hotspots()).geometry.iloc[1].centroid
    assert maps.hotspot_at(hotspots(), {"lat": middle.y, "lng": middle.x}) == "H1"


def test_a_click_far_from_every_place_means_none():
    assert maps.hotspot_at(hotspots(), {"lat": 31.5, "lng": 117.0}) is None


@pytest.mark.parametrize("click", [None, {}])
def test_no_click_means_no_place(click):
    assert maps.hotspot_at(hotspots(), click) is None


def test_no_hotspots_draw_nothing():
    city = maps.base_map(GROUND, VIEW, Translator("en"))
    maps.add_hotspots(city, hotspots(0), [])
    assert "L.marker(" not in script(city)
    assert maps.hotspot_marks(hotspots(0)) == []


def test_four_walks_differ_in_color_and_in_dash():
    looks = [style.walk_style(n) for n in range(1, 5)]
    assert len({color for color, _ in looks}) == 4
    assert len({dash for _, dash in looks}) == 4
    assert style.walk_style(5) == style.walk_style(1)


def test_arrows_point_along_the_way():
    # One leg due north, then one due east, each about 1.1 km and 0.95 km.
    arrows = maps._arrows([(31.0, 117.0), (31.01, 117.0), (31.01, 117.01)])
    north, east = [a for *_, a in arrows if abs(a) < 1], [a for *_, a in arrows if abs(a - 90) < 1]
    assert len(north) >= 2
    assert len(east) >= 2
    assert len(north) + len(east) == len(arrows)


def test_an_equal_map_has_an_equal_script():
    # Otherwise the component would mount the map anew at every click.
    assert script(full_map()) == script(full_map())


def test_selection_draws_only_the_chosen_place():
    group = maps.selection(hotspots(), "H2")
    assert len(group._children) == 3
    assert len(maps.selection(hotspots(), "gone")._children) == 0


def test_degrees_keeps_five_digits():
    coordinates = shapely.get_coordinates(np.asarray(maps.degrees(hotspots()).geometry.array))
    assert np.allclose(coordinates, np.round(coordinates, 5), atol=1e-12)
