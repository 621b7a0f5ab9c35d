"""Names as people write them, and which known name a text means; never one of two that fit."""

import pytest

from geo.name_match import EXACT, LOOSE, LOST, NEAR, NameIndex, edits_allowed, keys, stem


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("MILL RD.", "mill road"),
        ("Mill  Road", "mill road"),
        ("St James St", "saint james street"),
        ("N. 5th Ave", "north 5th avenue"),
        ("Fifth Avenue", "5th avenue"),
        ("SW Oak Blvd", "southwest oak boulevard"),
        ("Café Lane", "cafe lane"),
        ("臺北市 信義區", "台北市信义区"),
        ("新生北路三段", "新生北路3段"),
        ("ＭＩＬＬ　ＲＤ", "mill road"),
    ],
)
def test_how_a_name_is_written_does_not_matter(text, key):
    assert keys([text]) == [key]


def test_endings_only_say_what_a_unit_is():
    assert stem("北门社区居委会") == ("北门", "leaf")
    assert stem("信义区") == ("信义", "district")
    assert stem("elm ward") == ("elm", "word")


def index(*names):
    return NameIndex([(name, i) for i, name in enumerate(names)])


def one(found):
    return (sorted(found.owners), found.how)


@pytest.mark.parametrize(
    ("text", "owners", "how"),
    [
        ("三張里", [0], EXACT),
        ("三张", [0], LOOSE),
        ("三张社区", [0], LOOSE),
        ("糖?里", [1], LOST),
        ("糖□里", [1], LOST),
        ("三章里", [], ""),  # two characters bear no slip
        ("三张区", [], ""),  # a district is no village
        ("望江楼西里", [], ""),  # 东 and 西 are sisters
        ("望江搂东里", [2], NEAR),
    ],
)
def test_chinese_villages(text, owners, how):
    found = index("三张里", "糖廍里", "望江楼东里").find([text])[0]
    assert one(found) == (owners, how)


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("Dorchestr", [0]),
        ("S. Boston", [1]),
        ("South Bosten", [1]),
        ("East Boston", []),  # a direction is no slip
        ("South Boston Waterfrnt", [2]),
        ("Ward 5", [3]),
        ("Ward 6", []),
        ("Elm", []),
    ],
)
def test_english_areas(text, owners):
    found = index("Dorchester", "South Boston", "South Boston Waterfront", "Ward 5", "Oak").find([text])[0]
    assert sorted(found.owners) == owners


def test_a_slip_between_two_names_means_neither():
    assert one(index("Hartley", "Hartney").find(["Hartey"])[0]) == ([], "")
    assert one(index("Hartley", "Birchwood").find(["Hartey"])[0]) == ([0], NEAR)


def test_a_slip_that_makes_another_known_word_was_meant():
    assert one(index("Maple Street", "Mable Hill").find(["Mable Street"])[0]) == ([], "")


def test_a_name_that_two_bear_has_two_owners():
    assert one(index("新村", "新村").find(["新村"])[0]) == ([0, 1], EXACT)


def test_short_names_bear_no_slip():
    assert [edits_allowed(key) for key in ("oak", "maple", "birch road", "三张", "望江楼")] == [0, 0, 1, 0, 1]


def test_nothing_is_found_among_no_names():
    assert one(NameIndex([]).find(["Mill"])[0]) == ([], "")
    assert NameIndex([("Mill", 0)]).find([]) == []
