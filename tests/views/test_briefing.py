import datetime as dt
import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.taxonomy import read_taxonomy
from tests.conftest import skip_or_fail
from tests.plan_world import (
    at,
    place_of,
    toy_hotspots,
    toy_land,
    toy_neighborhoods,
    toy_plan,
    toy_streets,
    toy_topics,
)
from views import briefing, print_maps, print_page, walk_sheet
from views.fonts import find_face
from views.i18n import Translator
from views.plan_tables import (
    PlanFacts,
    PlanWords,
    crew_text,
    expected_text,
    found_text,
    length_text,
    ordinal,
    tasks_of,
)
from views.print_labels import Board, in_two_lines, label_along, label_at
from views.print_marks import DASHES

# Whole runs: `make test` has them, `make check` leaves them out.
pytestmark = pytest.mark.slow

LATIN = find_face(system_fonts=False)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type */Page[^s]", pdf))


def words_in(language, **changed):
    t = Translator(language)
    units = toy_neighborhoods().set_index("neighborhood_id")
    given = {
        "t": t,
        "station": "柳溪派出所" if language == "zh" else "Willow Stream station",
        "place_of": lambda x, y, unit: place_of(x, y, language),
        "neighborhood_of": lambda unit: t.name(units.loc[unit]),
        "sentences": ("一。", "二。") if language == "zh" else ("One.", "Two."),
    }
    return PlanWords(**(given | changed))


def facts_of(**changed):
    ground = {"streets": toy_streets(), "land": toy_land(), "neighborhoods": toy_neighborhoods()}
    given = {
        "taxonomy": read_taxonomy(),
        "topics": toy_topics(),
        "hotspots": toy_hotspots(),
        "as_of": pd.Timestamp("2026-11-22", tz="Asia/Shanghai"),
        "span": (dt.date(2026, 10, 25), dt.date(2026, 11, 21)),
        "digest": "7f3a 91c2 0be4 d86f",
        "ground": ground,
    }
    return PlanFacts(**(given | changed))


@pytest.fixture
def printed(monkeypatch):
    """What each page was set from."""
    sheets = []
    setting = print_page.set_page

    def record(template, data, face, picture):
        sheets.append(data)
        return setting(template, data, face, picture)

    for module in (briefing, walk_sheet):
        monkeypatch.setattr(module, "set_page", record)
    return sheets


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_briefing_has_two_pages_and_a_walk_one(language):
    t, face, _ = print_page.printing_language(Translator(language))
    words, plan = words_in(t.language), toy_plan()
    assert pages(briefing.briefing_pdf(plan, words, facts_of(), face=face)) == 2
    assert pages(walk_sheet.walk_pdf(plan.walks[0], plan, words, facts_of(), face=face)) == 1


def test_a_long_walk_still_keeps_to_one_page():
    plan = toy_plan()
    walk = plan.walks[0]
    walk.legs[0].turns = tuple(
        SimpleNamespace(kind="left", street=f"A very long name of street {i}", street_en="", length_m=20.0)
        for i in range(24)
    )
    walk.stops = (*walk.stops, *walk.stops)
    walk.legs = (*walk.legs, *walk.legs[1:])
    assert pages(walk_sheet.walk_pdf(walk, plan, words_in("en"), facts_of(), face=LATIN)) == 1


def test_the_same_page_is_the_same_bytes():
    plan, words = toy_plan(), words_in("en")
    first = briefing.briefing_pdf(plan, words, facts_of(), face=LATIN)
    assert first == briefing.briefing_pdf(plan, words, facts_of(), face=LATIN)
    assert b"CreationDate" not in first


@pytest.mark.parametrize(
    "text", ['#panic("x")', "*bold* _it_ $x^2$", '#read("/etc/passwd")', "\\ ] [ ` ~ @x <y>", "{stops} {0} %s"]
)
def test_no_value_is_ever_read_as_markup(text, printed):
    words = words_in("en", station=text, place_of=lambda x, y, unit: text, sentences=(text,))
    plan = toy_plan()
    briefing.briefing_pdf(plan, words, facts_of(credit=text), face=LATIN)
    walk_sheet.walk_pdf(plan.walks[0], plan, words, facts_of(credit=text), face=LATIN)
    assert [sheet["head_left"] for sheet in printed] == [text, text]
    assert printed[0]["sentences"] == [text]
    assert printed[1]["stops"][0]["name"] == text


def test_what_the_face_cannot_draw_gives_way_to_an_id(printed):
    words = words_in("en", place_of=lambda x, y, unit: "柳荫里南口", station="柳溪派出所", draws=LATIN.can_draw)
    plan = toy_plan()
    plan.walks[0].start.name_en = ""
    walk_sheet.walk_pdf(plan.walks[0], plan, words, facts_of(credit="示例数据"), face=LATIN)
    briefing.briefing_pdf(plan, words, facts_of(), face=LATIN)
    for sheet in printed:
        assert LATIN.can_draw(json.dumps(sheet, ensure_ascii=False))
    # The neighborhood's English name where there is one; n3 has none and shows its id.
    assert printed[0]["stops"][0]["name"] == "Willow Shade"
    assert printed[0]["way"][0][-1]["name"] == "Back to Meeting point"
    assert "n3: 3 to 6." in printed[1]["unreached"]


def test_the_turn_list_joins_straight_stretches_and_names_every_stop(printed):
    plan = toy_plan()
    walk = plan.walks[0]
    straight = SimpleNamespace(kind="straight", street="书院路", street_en="Academy Road", length_m=100.0)
    nameless = SimpleNamespace(kind="left", street="", street_en="", length_m=33.0)
    walk.legs[0].turns = (*walk.legs[0].turns, straight, nameless)
    walk_sheet.walk_pdf(walk, plan, words_in("en"), facts_of(), face=LATIN)
    (way,) = printed[0]["way"]
    assert [(row["before"], row["street"], row["length"]) for row in way[:2]] == [
        ("Set out along ", "Academy Road", "550 m"),
        ("Left into ", "unnamed lane", "30 m"),
    ]
    assert [row["kind"] for row in way] == ["turn", "turn", "stop", "turn", "stop", "turn", "stop", "turn", "end"]


def test_without_streets_the_way_is_straight_lines_times_the_factor(printed):
    plan = toy_plan(on_streets=False)
    ground = {"streets": None, "land": None, "neighborhoods": toy_neighborhoods()}
    walk_sheet.walk_pdf(plan.walks[0], plan, words_in("en"), facts_of(ground=ground), face=LATIN)
    lengths = [row["length"] for row in printed[0]["way"][0] if row["kind"] == "turn"]
    assert lengths == ["580 m", "390 m", "580 m", "390 m"]  # 450 and 300 m times 1.3, to the next ten
    assert "straight lines times 1.3" in printed[0]["notices"][0]


def test_a_plan_of_nothing_prints():
    plan = toy_plan()
    plan.walks, plan.watches, plan.unreached = (), (), ()
    assert pages(briefing.briefing_pdf(plan, words_in("en"), facts_of(), face=LATIN)) == 2


def test_a_large_budget_prints_on_as_many_pages_as_it_needs():
    plan = toy_plan()
    plan.walks = tuple(SimpleNamespace(**{**vars(plan.walks[i % 2]), "number": i + 1}) for i in range(12))
    plan.watches = tuple(SimpleNamespace(**{**vars(plan.watches[0]), "number": i + 1}) for i in range(20))
    assert pages(briefing.briefing_pdf(plan, words_in("en"), facts_of(), face=LATIN)) >= 2


def test_a_category_that_is_not_listed_is_never_printed():
    taxonomy = read_taxonomy()
    hidden = next(key for key, row in taxonomy.categories.items() if not row.listed)
    spot = SimpleNamespace(categories=((hidden, 7), ("theft.bicycle", 2)), open_matters=1)
    text = found_text(facts_of(), Translator("en"), spot, limit=3)
    assert text == "Bicycle theft 2, 1 open"


def test_the_hotspots_range_is_printed_before_a_single_number():
    hotspots = toy_hotspots().assign(expected_low=2.0, expected_high=6.0)
    facts, t = facts_of(hotspots=hotspots), Translator("en")
    assert expected_text(facts, t, SimpleNamespace(hotspot_id="h1", events=4.0)) == "2 to 6"
    assert expected_text(facts, t, SimpleNamespace(hotspot_id=None, events=0.74)) == "about 0.7"
    assert expected_text(facts, t, SimpleNamespace(hotspot_id=None, events=0.01)) == "few"


def test_tasks_take_turns_so_that_no_topic_crowds_out_another():
    tasks = tasks_of(facts_of(), Translator("en"), ("theft_bicycle", "noise", "unknown"), 3)
    assert tasks == ["Lock and engrave", "Agree on 22:00", "Where the guarded shed is"]


@pytest.mark.parametrize(
    ("language", "kind", "number", "text"),
    [
        ("zh", "walk", 1, "走访一"),
        ("zh", "post", 10, "守望十"),
        ("zh", "walk", 11, "走访 11"),
        ("en", "post", 3, "Post 3"),
    ],
)
def test_walks_and_posts_are_counted_as_people_do(language, kind, number, text):
    assert ordinal(Translator(language), kind, number) == text


@pytest.mark.parametrize(
    ("language", "crew", "text"),
    [
        ("zh", ("officer", "mediator"), "民警、调解员各 1"),
        ("zh", ("officer", "officer"), "民警 2 人"),
        ("en", ("officer", "officer"), "2 officers"),
        ("en", ("officer", "mediator"), "1 officer, 1 mediator"),
        ("en", "volunteers", "2 volunteers"),
    ],
)
def test_crews_are_said_in_words(language, crew, text):
    assert crew_text(Translator(language), crew) == text


@pytest.mark.parametrize(
    ("metres", "text"), [(3, "10 m"), (44, "40 m"), (944, "940 m"), (950, "0.9 km"), (1540, "1.5 km")]
)
def test_lengths_are_rounded_as_one_walks_them(metres, text):
    assert length_text(Translator("en"), metres) == text


def test_a_number_and_its_measure_word_stay_on_one_line():
    assert print_page._kept_together('{"a": "9 起 b, 3 of 4"}') == '{"a": "9\u00a0起 b, 3 of 4"}'


def test_a_chinese_sheet_needs_a_chinese_face():
    t, face, in_english = print_page.printing_language(Translator("zh"), LATIN)
    assert (t.language, face, in_english) == ("en", LATIN, True)
    t, _, in_english = print_page.printing_language(Translator("en"), LATIN)
    assert (t.language, in_english) == ("en", False)


def test_the_four_lines_are_four_patterns():
    assert len(set(DASHES)) == 4
    assert DASHES[0] == ()


def test_the_map_is_the_same_picture_each_time_and_shows_all_marks():
    given = {
        "streets": toy_streets(), "land": toy_land(), "neighborhoods": toy_neighborhoods(),
        "hotspots": toy_hotspots(), "t": Translator("en"), "face": LATIN, "width": 515, "height": 388, "credit": "c",
    }  # fmt: skip
    first = print_maps.plan_map(toy_plan(), **given)
    assert first == print_maps.plan_map(toy_plan(), **given)
    assert "<dc:date>" not in first
    plan = toy_plan()
    plan.watches = ()
    assert len(print_maps.plan_map(plan, **given)) < len(first)


@given(points=st.lists(st.tuples(st.floats(0, 500), st.floats(0, 300)), max_size=25))
@settings(max_examples=40, deadline=None)
def test_no_label_lies_on_another_or_off_the_paper(points):
    board = Board(500, 300, LATIN)
    for number, point in enumerate(points):
        label_at(board, f"Name {number}", [point], size=9, color="k")
    boxes = board.taken
    paper = shapely.box(0, 0, 500, 300)
    assert all(paper.contains(box) for box in boxes)
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_street_under_a_route_is_named_beside_it():
    board = Board(500, 300, LATIN)
    street = shapely.LineString([(50, 150), (450, 150)])
    board.lines.append(street.buffer(3))
    assert label_along(board, "Locust Street", [street], size=8, color="k", beside=11) == 1
    assert abs(board.taken[0].centroid.y - 150) == pytest.approx(11)


def test_a_wide_name_breaks_at_the_space_nearest_its_middle():
    assert in_two_lines("Salmon Street at 25th Avenue", 9, LATIN, most=80) == "Salmon Street\nat 25th Avenue"
    assert in_two_lines("Salmon Street", 9, LATIN, most=80) == "Salmon Street"
    assert in_two_lines("柳荫里南口柳荫里南口", 9, LATIN, most=8) == "柳荫里南口柳荫里南口"


def test_a_bend_carries_no_name():
    board = Board(500, 300, LATIN)
    corner = shapely.LineString([(200, 150), (225, 150), (225, 175)])
    assert label_along(board, "Locust Street", [corner], size=8, color="k") == 0


def test_chinese_stands_upright_along_a_steep_street():
    face = find_face()
    if not face.chinese:
        skip_or_fail("no Chinese face on this machine")
    board = Board(500, 300, face)
    street = shapely.LineString([(250, 20), (250, 280)])
    assert label_along(board, "柳荫里", [street], size=8, color="k") == 1
    vertices = board.outlines[0][0]
    assert np.ptp(vertices[:, 1]) > 2 * np.ptp(vertices[:, 0])


def test_the_sheet_shows_a_place_whose_stops_share_a_start():
    plan = toy_plan()
    for walk in plan.walks:
        walk.start.x, walk.start.y = at(4, 2)
    assert pages(briefing.briefing_pdf(plan, words_in("en"), facts_of(), face=LATIN)) == 2
