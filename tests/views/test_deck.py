"""The meeting's slides as text: all that passed the gate, nothing else, in both languages, whatever a name holds."""

import dataclasses
import datetime as dt
import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from geo.community_types import PollResult
from geo.polls import QUESTIONS
from tests.views import community_world as world
from views import community_deck, community_words
from views.community_deck import ANSWERS_MARK, area_file, area_html, index_html, policy_of
from views.community_slides import SLIDES
from views.i18n import LANGUAGES, Translator

DECK_KEYS = set(tomllib.loads((Path(community_deck.__file__).parent / "locales/en/deck.toml").read_text("utf-8")))
HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "${7*7} {{7*7}} {% raw %}",
    "\u202eevil\u202c \u2066x",
    "-->&amp;<!--",
    "里" * 10_000,
    "line\nbreak\ttab",
]


class Page(HTMLParser):
    """What a browser would find: texts by language, tags, attributes, comments."""

    VOID = frozenset({"meta", "input", "br", "path", "rect", "circle", "img", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, dict]] = []
        self.tags: list[tuple[str, dict]] = []
        self.comments: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.slides: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.tags.append((tag, facts))
        if tag not in self.VOID:
            self.stack.append((tag, facts))

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_comment(self, data):
        self.comments.append(data)

    def handle_data(self, data):
        tags = [tag for tag, _ in self.stack]
        if "style" in tags or "script" in tags:
            return
        language = next((facts["lang"] for _, facts in reversed(self.stack) if "lang" in facts), "")
        slide = next((facts["id"] for tag, facts in self.stack if tag == "section" and "id" in facts), "")
        if data.strip():
            self.texts.append((language, data))
            self.slides[slide] = self.slides.get(slide, "") + " " + data.strip()


def deck(content=None, **options) -> str:
    content = content or world.content()
    whole = options.pop("whole", None) or world.world(content)
    options = {"map_png": None, "topics": world.TOPICS, "questions": QUESTIONS} | options
    return area_html(content, whole, **options)


def slide(page: str, name: str, language: str) -> str:
    return Page(page).slides[f"{language}-{SLIDES.index(name) + 1}"]


def test_both_languages_hold_eight_slides_each():
    page = Page(deck())
    wanted = {f"{language}-{number}" for language in LANGUAGES for number in range(1, 9)}
    assert wanted == {facts["id"] for tag, facts in page.tags if tag == "section"}
    for language in LANGUAGES:
        for number, name in enumerate(SLIDES, start=1):
            assert Translator(language)(f"deck.title.{name}") in page.slides[f"{language}-{number}"]


def test_a_chinese_slide_has_no_latin_and_an_english_one_no_chinese():
    content = world.content()
    page = Page(deck(content))
    for slide_id, text in page.slides.items():
        if slide_id.startswith("zh"):
            assert re.findall(r"[A-Za-z]+", text) == [], slide_id
        elif slide_id.startswith("en"):
            assert re.findall(r"[\u4e00-\u9fff]", text) == [], slide_id


def test_no_key_stands_for_a_word():
    said = " ".join(text for _, text in Page(deck() + index_html(world.world())).texts)
    assert not re.findall(r"\b(?:deck|meeting|page|layer|community)\.[a-z_.]+", said)


def test_the_same_content_gives_the_same_bytes():
    assert deck(map_png=b"\x89PNG") == deck(map_png=b"\x89PNG")
    assert index_html(world.world()) == index_html(world.world())


def test_figures_read_as_published():
    text = slide(deck(), "most", "zh")
    # 14, 11, 6 disputes about noise: 15 and 10 rounded, fewer than 10.
    assert "噪声扰民 25–34 15 10 0–9" in text
    assert "照明 15–19 10 5 0–4" in text
    assert "盗窃 40 15 10 15" in text
    assert "交通事故与违法 不单列 5 不单列 5" in text
    assert "还有 1 项，见会议单" in text
    english = slide(deck(), "most", "en")
    assert "Traffic not shown on its own 5 not shown on its own 5" in english
    assert "and 1 more on the sheet" in english
    assert "0–4" in english


def test_the_range_of_a_season_is_one_number_where_its_ends_meet():
    assert "115 40 35 40" in slide(deck(), "ours", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_rounding_and_small_figures_are_explained_below(language):
    said = {"zh": ("取整到 5", "0–4", "也包括没有的", "到过不等于防住"), "en": ("rounded to 5", "0–4", "none included")}
    for name in ("ours", "most", "kept", "helped"):
        assert all(part in slide(deck(), name, language) for part in said[language])
    stricter = dataclasses.replace(world.world(), rules={"min_events": 10, "min_dispute_events": 20, "step": 5})
    assert "0–19" in slide(deck(whole=stricter), "ours", language)


def test_a_figure_under_the_wrong_month_is_left_out():
    content = world.content()
    short = dataclasses.replace(content.layers[0], figures=content.layers[0].figures[1:])
    text = slide(deck(dataclasses.replace(content, layers=(short,))), "ours", "en")
    assert "Incidents 115" in text
    assert "115 35" not in text


def test_a_quarter_that_is_never_counted_apart_says_why():
    content = world.content()
    times = tuple(one for one in content.times if one.part in ("18-24", "sat-sun"))
    text = slide(deck(dataclasses.replace(content, times=times)), "most", "zh")
    assert "0–6 时 一向不多" in text
    assert "18–24 时 10" in text


def test_one_month_is_told_once():
    content = world.content()
    one = dataclasses.replace(content.layers[0], figures=content.layers[0].figures[:1], low=40, high=40)
    whole = dataclasses.replace(world.world(), season=world.SEASON[:1])
    text = slide(deck(dataclasses.replace(content, layers=(one,)), whole=whole), "ours", "en")
    assert "How much was reported Sep Incidents 40 These" in text


def test_what_was_promised_adds_up():
    text = slide(deck(), "kept", "en")
    assert "Walks 5 3 1 1" in text
    assert "Watches 3 2 1 0" in text
    # Not taken up is an answer, no promise.
    assert "Acting on remarks 2 1 1 0" in text
    assert "Week of 9 Nov, walk (Noise) not enough people this time" in text
    assert "Disputes 25–34" in text


def test_no_walk_is_said_beside_what_was_promised():
    content = world.content()
    rest = tuple(promise for promise in content.promises if promise.kind != "walk")
    text = slide(deck(dataclasses.replace(content, promises=rest)), "kept", "zh")
    assert "这一季还没有答应过走访" in text
    only = tuple(promise for promise in content.promises if promise.state == "not_taken_up")
    text = slide(deck(dataclasses.replace(content, promises=only)), "kept", "en")
    assert "your remark (Bicycle theft) another office" in text


def test_what_helped_stands_beside_the_trials():
    text = slide(deck(), "helped", "en")
    assert "Bicycle theft 3 walks and watches done Little is known" in text
    assert "Lighting 1 walk or watch done, 1 remark acted on In a randomized trial" in text
    assert "Fire and wiring Nothing yet" in text
    unknown = {"noise": dataclasses.replace(world.TOPICS["noise"], evidence_en="", evidence_zh="")}
    assert "Little is known." in slide(deck(topics=unknown), "helped", "en")
    assert "所知不多。" in slide(deck(topics=unknown), "helped", "zh")


def test_the_polls_are_drawn_with_their_range_and_too_few_is_said():
    page = deck()
    text = slide(page, "safe", "zh")
    assert "66%（55–76%），76 人答" in text
    assert "回答的人太少，说不出" in text
    assert "too few answers to say" in slide(page, "safe", "en")
    drawings = re.findall(r'<rect class="range" x="(\d+)" y="18" width="(\d+)"', page)
    assert ("550", "210") in drawings
    # Of an evening with too few answers nothing else is told.
    assert len(re.findall(r'<svg class="interval"', page)) == 2 * 7


def test_remarks_say_how_they_were_answered():
    text = slide(deck(), "remarks", "zh")
    assert "照明 14 人 8 月 19 日 采纳了，排在 10 月 19 日那一周" in text
    assert "没采纳：属于其他部门，已转告" in text
    assert "人数太少，不细说" in text


EMPTY = {
    "ours": ("还没有公布过本社区的件数", "Nothing has been published for this neighborhood"),
    "most": ("没有哪一类多到可以单独写出来", "No kind of matter is frequent enough"),
    "kept": ("还没有答应过走访或守望", "No walk or watch has been promised"),
    "helped": ("还没有做过可以对照的事", "Nothing has been done yet that could be compared"),
    "prevent": ("没有要特别提醒的", "Nothing in particular this season"),
    "coming": ("还没有批准的走访", "No walk has been approved"),
    "safe": ("还没有问过大家", "Nobody has been asked yet"),
    "remarks": ("还没有收到意见", "No remarks yet"),
}


@pytest.mark.parametrize("name", SLIDES)
def test_an_empty_slide_says_so_in_words(name):
    page = deck(world.empty(world.AREAS[0]))
    for language, said in zip(LANGUAGES, EMPTY[name], strict=True):
        assert said in slide(page, name, language)


def test_a_small_area_shows_no_figure_and_says_why():
    # Were figures to come along by mistake, they must not reach the page.
    small = dataclasses.replace(world.content(), area=world.AREAS[5])
    page = deck(small)
    for name in ("ours", "most"):
        assert "太小（不足 50 户" in slide(page, name, "zh")
        assert "too small (fewer than 50 households" in slide(page, name, "en")
    for figure in ("25–34", "115", "15–19", "35–44"):
        assert figure not in page
    assert "38" not in "".join(text for _, text in Page(page).texts)


def test_unknown_households_are_told():
    assert "户数不详" in slide(deck(world.content(world.AREAS[4])), "ours", "zh")
    assert "households unknown" in slide(deck(world.content(world.AREAS[4])), "ours", "en")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_comes_out_as_it_was_typed(name):
    content = world.renamed(world.content(), name)
    whole = world.world(content)
    for text in (area_html(content, whole, map_png=None, topics=world.TOPICS), index_html(whole)):
        page = Page(text)
        assert any(data == name for _, data in page.texts), "the name is there, whole"
        assert [tag for tag, _ in page.tags].count("script") == 1
        assert [tag for tag, _ in page.tags].count("style") == 1
        assert not any(attribute.startswith("on") for _, facts in page.tags for attribute in facts)
        assert page.comments == []


def test_nothing_hidden_goes_along():
    content = world.content()
    # Too few: `answered` alone is known, and of it nothing but that is said.
    few = PollResult("dark", dt.date(2026, 9, 9), 7, (("very_safe", 7),), None, None, None)
    page = deck(dataclasses.replace(content, polls=(few,)))
    assert "too few answers to say" in page
    assert "<!--" not in page
    assert "title=" not in page
    data = {name for _, facts in Page(page).tags for name in facts if name.startswith("data-")}
    assert data <= {"data-area", "data-lang", "data-to", "data-step", "data-question", "data-for", "data-result"} | {
        "data-kind",
        "data-unreached",
    }
    assert re.findall(r"\b7\b", slide(page, "safe", "en")) == []


def test_the_page_needs_nothing_from_outside():
    for text in (deck(map_png=b"\x89PNG"), index_html(world.world(), city_png=b"\x89PNG")):
        page = Page(text)
        links = [facts[name] for _, facts in page.tags for name in ("src", "href", "action") if name in facts]
        assert all(re.fullmatch(r"(\.\./)?(areas/\d+|index)\.html|data:,", link) for link in links)
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in text
        assert re.findall(r"url\((?!data:image/png)", text) == []


def test_the_page_lets_only_its_own_style_and_script_run():
    page = deck()
    policy = policy_of(page)
    assert policy.startswith("default-src 'none'; img-src 'self' data:; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not any("style" in facts for _, facts in Page(page).tags)
    assert policy_of("<!doctype html>\n<html>\n<head>") == "default-src 'none'"


def test_a_changed_script_has_another_digest():
    page = deck()
    script = re.search(r"<script>(.*)</script>", page, re.S).group(1)
    assert community_deck._digest(script) in policy_of(page)
    assert community_deck._digest(script + " ") not in policy_of(page)


def test_forms_are_asleep_in_the_folder_and_named_when_served():
    assert ANSWERS_MARK in deck()
    assert ANSWERS_MARK not in deck(answers_url="/answers")
    assert 'content="/answers"' in deck(answers_url="/answers")
    page = Page(deck())
    inside = [facts for tag, facts in page.tags if tag == "form"]
    assert len(inside) == 4
    assert deck().count("<template") == deck().count("</template>") == 4
    assert "今晚的举手数请写在会议单上" in slide(deck(), "safe", "zh")
    assert not [tag for tag, _ in Page(deck(questions={}, remark_topics=())).tags if tag == "form"]


def test_the_form_asks_what_a_poll_asks():
    names = {facts.get("name") for tag, facts in Page(deck()).tags if tag == "input"}
    assert names == {"present", "people", *(f"{q}.{option}" for q, options in QUESTIONS.items() for option in options)}


def test_the_index_leads_to_every_area():
    whole = world.world(*(world.content(dataclasses.replace(world.AREAS[0], area_id=f"c{n}")) for n in range(159)))
    page = Page(index_html(whole))
    links = [facts["href"] for tag, facts in page.tags if tag == "a"]
    assert links == [area_file(number) for number in range(1, 160)]
    assert "共 159 个社区" in "".join(text for _, text in page.texts)
    assert "Theft 215 80 65 70" in " ".join(text for language, text in page.texts if language == "en")


def test_an_index_without_areas_or_figures_says_so():
    nothing = dataclasses.replace(world.world(), areas=(), layers=(), lines=(), season=())
    said = "".join(text for _, text in Page(index_html(nothing)).texts)
    assert "There are no neighborhoods to choose" in said
    assert "还没有公布过全市的件数" in said


def test_a_map_stands_once_in_each_language_it_was_drawn_for():
    assert deck(map_png=b"abc").count("data:image/png;base64,") == 1
    both = deck(map_png={"zh": b"abc", "en": b"abd"})
    assert ".zh .map i{background-image:url(data:image/png;base64,YWJj)}" in both
    assert ".en .map i{background-image:url(data:image/png;base64,YWJk)}" in both


@pytest.mark.parametrize(
    ("periods", "zh", "en"),
    [
        (world.SEASON, "2026 年秋季（9 月至 11 月）", "Autumn 2026 (Sep to Nov)"),
        (world.SEASON[:1], "2026 年 9 月", "Sep 2026"),
        (world.SEASON[:2], "2026 年 9 月至 10 月", "Sep to Oct 2026"),
        ((), "还没有公布过", "Nothing published yet"),
    ],
)
def test_a_season_has_a_name(periods, zh, en):
    assert community_words.season_words(periods, Translator("zh")) == zh
    assert community_words.season_words(periods, Translator("en")) == en


def test_a_season_by_28_days_names_its_first_and_last_day():
    first = community_words.Period("2026-10-05+28", dt.date(2026, 10, 5), dt.date(2026, 11, 2))
    assert community_words.season_words((first,), Translator("zh")) == "2026 年 10 月 5 日至 2026 年 11 月 1 日"
    assert community_words.period_words(first, Translator("en")) == "from 5 Oct"


def test_every_text_of_the_deck_is_used():
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("", "templates", "pages")
        for path in sorted((Path(community_deck.__file__).parent / folder).iterdir())
        if path.suffix in (".py", ".html")
    )
    unused = {
        key
        for key in DECK_KEYS
        if key.startswith("deck.")
        and not key.endswith(".remedy")
        and not re.search(rf"""["']{re.escape(key)}["']""", code)
        and not re.search(rf'"{re.escape(key.rpartition(".")[0])}\.["{{]', code)
    }
    assert unused == set()
