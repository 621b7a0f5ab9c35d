"""Crossings, sections and streets in words → the place, letter by letter and with slips; never one of two."""

import numpy as np
import pytest

from geo.street_places import CROSSING, SECTION, SEVERAL, StreetPlaces
from tests.geo.place_world import areas, chinese_town, english_town, metres_off, streets


@pytest.fixture(scope="module")
def english():
    return StreetPlaces(english_town(), [])


@pytest.fixture(scope="module")
def chinese():
    return StreetPlaces(chinese_town(), [])


@pytest.mark.parametrize(
    "text",
    [
        "Mill Road & Elm Avenue",
        "Elm Ave / Mill Rd",
        "MILL RD/ELM AVE",
        "Mill Rd and Elm Ave, Cambridge",
        "Mill Road at Elm",
        "Corner of Mill Road and Elm Avenue",
        "Mill & Elm",
        "12 Mill Road @ Elm Ave",
        "Mill Road / Ellm Avenue",
        "N Mill Rd & Elm Ave",
        "Mill Road 与 Elm Avenue 交会处",
        "Mill Road & Elm Avenue intersection",
    ],
)
def test_a_crossing_however_it_is_written(english, text):
    spot = english.find(text)
    assert spot.way == (CROSSING if "Ellm" not in text else spot.way)
    if "Ellm" in text:
        assert not spot.way or metres_off(spot.lon, spot.lat, 200, 0) < 1  # three letters bear no slip
    else:
        assert metres_off(spot.lon, spot.lat, 200, 0) < 1


@pytest.mark.parametrize(
    "text",
    ["中山路与和平街交叉口", "中山路/和平街", "中山路和平街口", "和平街中山路路口", "中山路和和平街交汇处",
     "中山路、和平街路口", "某某区中山路与和平街交叉口", "中山路與和平街交叉口"],
)  # fmt: skip
def test_a_chinese_crossing(chinese, text):
    spot = chinese.find(text)
    assert spot.way == CROSSING
    assert metres_off(spot.lon, spot.lat, 200, 0) < 1


def test_sections_of_streets_are_numbered_either_way(chinese):
    for text in ("中山路新华路3段口", "中山路与新华路三段交叉口"):
        spot = chinese.find(text)
        assert metres_off(spot.lon, spot.lat, 400, 0) < 1


def test_english_names_of_chinese_streets(chinese):
    spot = chinese.find("Zhongshan Rd & Jianshe St")
    assert metres_off(spot.lon, spot.lat, 0, 0) < 1


@pytest.mark.parametrize(
    "text",
    [
        "Mill Road between Elm Avenue and Oak Avenue",
        "Mill Rd from Oak to Elm",
        "Mill Rd btwn Oak & Elm",
        "Mill Road (Oak Ave - Elm Ave)",
        "Mill Road, between Oak Ave and Elm Ave",
    ],
)
def test_a_section(english, text):
    spot = english.find(text)
    assert spot.way == SECTION
    assert metres_off(spot.lon, spot.lat, 100, 0) < 1


@pytest.mark.parametrize(
    "text",
    ["中山路（建设街至和平街）", "中山路(建设街—和平街)", "中山路建设街到和平街段", "中山路，建设街与和平街之间"],
)
def test_a_chinese_section(chinese, text):
    spot = chinese.find(text)
    assert spot.way == SECTION
    assert metres_off(spot.lon, spot.lat, 100, 0) < 1


@pytest.mark.parametrize(
    "text",
    [
        "Mill Road & Station Road",  # parallel
        "Mill Road & Nowhere Street",
        "200 m north of Mill Road & Elm Avenue",
        "Mill Road",  # 600 m long
        "Mill Road near Elm Avenue",
        "中山路",
        "",
    ],
)
def test_what_names_no_place(english, chinese, text):
    for places in (english, chinese):
        assert not places.find(text).way


@pytest.mark.parametrize(
    "text", ["中山路与解放路交叉口", "中山路与和平街交叉口往东500米", "新中山路与和平街交叉口", "建设街至和平街"]
)
def test_what_names_no_place_in_chinese(chinese, text):
    assert not np.isfinite(chinese.find(text).lon)


def test_a_short_street_is_a_place_with_house_and_block(english):
    for text in ("Angel Mews", "12 Angel Mews", "100 BLOCK OF ANGEL MEWS", "12a Angel Mews, Flat 3, Cambridge"):
        spot = english.find(text)
        assert spot.way == SECTION
        assert metres_off(spot.lon, spot.lat, 40, 100) < 1


def test_streets_that_meet_twice_are_told_apart_by_the_area():
    ring = [("Ring Road", [(0, 0), (0, 300), (600, 300), (600, 0)]), ("Base Line", [(0, 0), (600, 0)])]
    units = areas(["West", "Middle", "East"])
    places = StreetPlaces(streets([], [], more=ring), list(units.geometry))
    assert places.find("Ring Road & Base Line").way == SEVERAL
    east = places.find("Ring Road & Base Line", 2)
    assert metres_off(east.lon, east.lat, 600, 0) < 1


def test_a_long_street_in_one_area_is_exact_to_the_area():
    long = [("Quay Street", [(0, 0), (0, 900)])]
    units = areas(["West", "East"])
    spot = StreetPlaces(streets([], [], more=long), list(units.geometry)).find("Quay Street")
    assert (spot.way, spot.unit) == (SECTION, 0)
    assert np.isnan(spot.lon)


def test_part_of_a_street_in_the_area_named():
    units = areas(["West", "Middle", "East"])
    places = StreetPlaces(streets([], [], more=[("High Street", [(0, 0), (850, 0)])]), list(units.geometry))
    assert not np.isfinite(places.find("High Street").lon)
    spot = places.find("High Street", 1)
    assert metres_off(spot.lon, spot.lat, 400, 0) < 30


def test_a_bridge_does_not_meet_the_road_below():
    lines = [("Over Road", [(0, 0), (400, 0)]), ("Under Road", [(200, -200), (200, 200)])]
    assert not StreetPlaces(streets([], [], more=lines), []).find("Over Road & Under Road").way


def test_a_section_too_long_to_be_a_place(english):
    lines = [
        ("Long Road", [(0, 0), (1200, 0)]),
        ("A Street", [(0, 0), (0, 300)]),
        ("B Street", [(1200, 0), (1200, 300)]),
    ]
    assert not StreetPlaces(streets([], [], more=lines), []).find("Long Road between A Street and B Street").way
