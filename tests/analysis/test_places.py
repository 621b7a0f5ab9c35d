"""Where a point is, said by street names: worked by hand on a grid with names in two scripts."""

from types import SimpleNamespace

import numpy as np
import pytest

from analysis.places import PLACE_COLUMNS, PlaceFinder, describe_places
from geo.errors import InputError
from jobs.places import PlaceNames
from tests.analysis.street_worlds import grid_streets, streets_of
from views.i18n import Translator


def said(x, y, streets):
    row = describe_places([x], [y], streets).iloc[0]
    return row["street"], row["from_street"], row["to_street"], bool(row["at_crossing"])


def test_a_point_lies_between_the_crossings_of_its_block():
    assert said(150, 108, grid_streets(4, 4)) == ("Street 1", "Avenue 1", "Avenue 2", False)
    assert said(192, 250, grid_streets(4, 4)) == ("Avenue 2", "Street 2", "Street 3", False)


def test_a_point_near_a_crossing_is_at_it():
    street, other, to, at = said(103, 215, grid_streets(4, 4))
    assert (street, other, to, at) == ("Avenue 1", "Street 2", "", True)
    assert said(103, 226, grid_streets(4, 4))[3] is False


def test_distance_is_that_to_the_street():
    assert describe_places([150.0], [130.0], grid_streets(4, 4))["distance_m"].tolist() == [30.0]


def test_pieces_of_the_street_and_nameless_paths_are_walked_over():
    streets = streets_of(
        [
            ("Mill", [(0, 0), (100, 0)]),
            ("Mill", [(100, 0), (180, 20)]),
            ("Mill", [(300, 0), (180, 20)]),  # drawn the other way
            ("", [(180, 20), (180, 90)]),
            ("Oak", [(0, 0), (0, 100)]),
            ("Elm", [(300, 0), (300, 100)]),
        ]
    )
    assert said(140, 10, streets) == ("Mill", "Oak", "Elm", False)


def test_a_dead_end_is_near_the_one_crossing_it_has():
    streets = streets_of(
        [("Mill", [(0, 0), (200, 0)]), ("Elm", [(200, -50), (200, 0)]), ("Elm", [(200, 0), (200, 50)])]
    )
    assert said(100, 5, streets) == ("Mill", "Elm", "", False)


def test_between_one_street_and_itself_is_near_it():
    streets = streets_of(
        [
            ("Mill", [(0, 0), (200, 0)]),
            ("Crescent", [(0, 0), (0, 80), (200, 80), (200, 0)]),
        ]
    )
    assert said(100, 5, streets) == ("Mill", "Crescent", "", False)


def test_a_ring_without_crossings_ends_nowhere():
    streets = streets_of([("Ring", [(0, 0), (100, 0), (100, 100)]), ("Ring", [(100, 100), (0, 100), (0, 0)])])
    assert said(50, 0, streets) == ("Ring", "", "", False)


def test_at_a_fork_the_street_goes_on_where_it_turns_least():
    streets = streets_of(
        [
            ("Mill", [(0, 0), (100, 0)]),
            ("Mill", [(100, 0), (200, 10)]),
            ("Mill", [(100, 0), (100, 100)]),
            ("Oak", [(0, 0), (0, 100)]),
            ("Elm", [(200, 10), (200, 100)]),
            ("Yew", [(100, 100), (150, 150)]),
        ]
    )
    assert said(50, 0, streets) == ("Mill", "Oak", "Elm", False)


def test_the_weightiest_cross_street_is_named():
    streets = streets_of(
        [
            ("Mill", [(0, 0), (200, 0)]),
            ("Alley", [(0, 0), (0, 90)], "lane"),
            ("Oak", [(0, 0), (0, -40)], "primary"),
            ("Elm", [(200, 0), (200, 50)]),
        ]
    )
    assert said(100, 0, streets) == ("Mill", "Oak", "Elm", False)


def test_a_sidewalk_says_its_streets_crossings():
    streets = streets_of(
        [
            ("Mill", [(0, 0), (200, 0)]),
            ("Oak", [(0, 0), (0, 100)]),
            ("Elm", [(200, 0), (200, 100)]),
            ("Mill", [(20, 8), (180, 8)], "lane"),
        ]
    )
    assert said(100, 10, streets) == ("Mill", "Oak", "Elm", False)


def test_western_crossing_first_whichever_way_the_street_is_drawn():
    streets = grid_streets(3, 3)
    turned = streets.assign(u=streets["v"], v=streets["u"], geometry=streets.geometry.reverse())
    assert said(150, 100, streets) == said(150, 100, turned) == ("Street 1", "Avenue 1", "Avenue 2", False)


def test_english_names_stand_beside_even_where_one_piece_alone_has_them():
    streets = streets_of(
        [
            ("磨坊路", [(0, 0), (200, 0)]),
            ("橡树街", [(0, 0), (0, 100)]),
            ("榆树街", [(200, 0), (200, 100)]),
            ("磨坊路", [(200, 0), (300, 0)]),
        ],
        name_en=["", "Oak Street", "Elm Street", "Mill Road"],
    )
    row = describe_places([100.0], [0.0], streets).iloc[0]
    assert (row["street"], row["from_street"], row["to_street"]) == ("磨坊路", "橡树街", "榆树街")
    assert (row["street_en"], row["from_street_en"], row["to_street_en"]) == ("Mill Road", "Oak Street", "Elm Street")


def test_far_from_every_street_nothing_is_said():
    row = describe_places([150.0], [700.0], grid_streets(4, 4)).iloc[0]
    assert row["street"] == ""
    assert np.isnan(row["distance_m"])


@pytest.mark.parametrize("names", ["none", "one"])
def test_without_names_or_crossings_the_answer_has_the_same_shape(names):
    streets = grid_streets(3, 3).assign(name="" if names == "none" else "Only Street")
    answer = describe_places([50.0, np.nan], [0.0, 1.0], streets)
    assert list(answer.columns) == list(PLACE_COLUMNS)
    assert answer["street"].tolist() == ["" if names == "none" else "Only Street", ""]
    assert answer["from_street"].tolist() == ["", ""]


def test_no_points_no_rows():
    assert describe_places([], [], grid_streets(2, 2)).shape == (0, len(PLACE_COLUMNS))


def test_a_street_that_nobody_walks_names_no_place():
    streets = grid_streets(3, 3)
    closed = streets.assign(walkable=~streets["name"].eq("Street 0"))
    assert said(50, 5, closed)[0] == "Avenue 0"


def test_degrees_are_refused():
    with pytest.raises(InputError, match="CRS measured in metres"):
        describe_places([0.0], [0.0], grid_streets(2, 2).to_crs("EPSG:4326"))


def ends_of_one_street(north: str, south: str):
    return streets_of(
        [
            (south, [(0, 0), (0, 100)]),
            (north, [(0, 100), (0, 200)]),
            ("Oak", [(-80, 0), (0, 0)]),
            ("Oak", [(0, 0), (80, 0)]),
            ("Elm", [(-80, 200), (0, 200)]),
            ("Elm", [(0, 200), (80, 200)]),
            (south, [(0, -50), (0, 0)]),
            (north, [(0, 200), (0, 250)]),
        ]
    )


@pytest.mark.parametrize(
    ("north", "south"),
    [("North Mill Street", "South Mill Street"), ("解放北路", "解放南路"), ("N. Mill St", "Mill St")],
)
def test_the_other_end_of_a_street_is_not_what_crosses_it(north, south):
    streets = ends_of_one_street(north, south)
    assert said(3, 60, streets) == (south, "Oak", "Elm", False)
    assert said(3, 95, streets) == (south, "Oak", "Elm", False)  # where the name changes there is no crossing
    assert said(3, 150, streets) == (north, "Oak", "Elm", False)


def test_a_street_that_goes_on_under_quite_another_name_ends_there():
    assert said(3, 60, ends_of_one_street("Bridge", "Mill Street")) == ("Mill Street", "Oak", "Bridge", False)


def test_four_streets_named_by_their_ends_still_cross():
    streets = streets_of(
        [
            ("东大街", [(0, 0), (200, 0)]),
            ("西大街", [(-200, 0), (0, 0)]),
            ("南大街", [(0, -200), (0, 0)]),
            ("北大街", [(0, 0), (0, 200)]),
            ("环城东路", [(200, -100), (200, 0)]),
            ("环城东路", [(200, 0), (200, 100)]),
        ]
    )
    street, other, _, at = said(8, 3, streets)
    assert (street, at) == ("东大街", True)
    assert other in ("南大街", "北大街")
    assert said(100, 3, streets) == ("东大街", other, "环城东路", False)


def test_a_road_over_a_crossing_is_not_at_it():
    streets = streets_of(
        [
            ("Viaduct", [(-200, 5), (200, 5)]),
            ("Mill", [(-100, 0), (0, 0)]),
            ("Mill", [(0, 0), (100, 0)]),
            ("Oak", [(0, -100), (0, 0)]),
            ("Oak", [(0, 0), (0, 100)]),
        ]
    )
    assert said(3, 6, streets) == ("Viaduct", "", "", False)
    assert said(3, -1, streets)[3] is True


@pytest.mark.parametrize(
    ("away", "zh", "en"),
    [
        (8, "中山路（解放路—人民路）", "中山路 between 解放路 and 人民路"),
        (64, "中山路（解放路—人民路）附近（相距约 60 米）", "中山路 between 解放路 and 人民路 (about 60 m off)"),
    ],
)
def test_places_read_as_one_would_say_them(away, zh, en):
    streets = streets_of(
        [
            ("中山路", [(0, 0), (300, 0)]),
            ("解放路", [(0, -100), (0, 0)]),
            ("人民路", [(300, -100), (300, 0)]),
        ]
    )
    dataset = SimpleNamespace(place_finder=PlaceFinder(streets), neighborhoods=None, shown_unit_of={})
    for language, text in (("zh", zh), ("en", en)):
        assert PlaceNames(dataset).places([150], [away], [None], Translator(language)) == [text]
