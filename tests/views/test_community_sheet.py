"""The sheet for the meeting: a leaf an area, the words of the slides, a form that asks for numbers alone."""

import json
import re

import pytest

from geo.polls import QUESTIONS
from geo.taxonomy import read_taxonomy
from geo.topics import open_topics, read_topics
from tests.views.community_world import AREAS, content, empty, renamed, world
from views import community_sheet
from views.fonts import find_face
from views.i18n import Translator

TAXONOMY, TOPICS = read_taxonomy(), read_topics()
RAISED = [key for key in TOPICS if key in open_topics(TAXONOMY, TOPICS)]


@pytest.fixture
def told(monkeypatch):
    """What each sheet was set from."""
    sheets = []
    setting = community_sheet.set_page

    def record(template, data, face, picture, pictures):
        sheets.append(data)
        return setting(template, data, face, picture, pictures)

    monkeypatch.setattr(community_sheet, "set_page", record)
    return sheets


def sheet(whole, language="zh", **more):
    given = {"taxonomy": TAXONOMY, "questions": QUESTIONS, "remark_topics": RAISED}
    return community_sheet.sheet_pdf(whole, TOPICS, Translator(language), {}, **(given | more))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_area_has_a_leaf_of_two_pages(language):
    assert len(re.findall(rb"/Type */Page[^s]", sheet(world(), language))) == 2 * len(AREAS)


def test_the_same_content_gives_the_same_bytes():
    whole = world(content())
    assert sheet(whole) == sheet(whole)


def test_figures_stand_as_published_and_too_small_an_area_has_none(told):
    sheet(world(content(), empty(AREAS[-1])))
    first, small = told[0]["sheets"]
    assert ["15", "10", "0–9"] in [row["figures"] for row in first["lines"]]
    assert "不单列" in [figure for row in first["lines"] for figure in row["figures"]]
    assert small["lines"] == small["layers"] == []
    assert small["too_small"]


def test_the_form_asks_every_question_and_never_of_families(told):
    sheet(world(content()))
    (page,) = told[0]["sheets"]
    assert len(page["questions"]) == len(QUESTIONS)
    assert [len(question["options"]) for question in page["questions"]] == [len(o) for o in QUESTIONS.values()]
    assert len(page["topics"]) == len(RAISED)
    assert TOPICS["family"].title_zh not in page["topics"]


def test_nothing_on_it_is_read_as_markup(told):
    name = '#set page(width: 1cm) *甲* ${y} \\ "@x" <b>'
    pdf = sheet(world(renamed(content(), name)))
    assert told[0]["sheets"][0]["name"] == name
    assert pdf.startswith(b"%PDF")


def test_without_a_chinese_face_it_is_in_english_and_says_so(told):
    sheet(world(content(), renamed(content(), "河沿")), face=find_face(system_fonts=False))
    text = json.dumps(told[0], ensure_ascii=False)
    assert told[0]["lang"] == "en"
    assert told[0]["notices"]
    assert not re.search(r"[\u4e00-\u9fff]", text)
