"""A meeting's evening in a real browser, in Chinese: eight slides, hands, a remark; and how far it can be read."""

import json
import re
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import skip_or_fail
from tests.views import community_world as world
from tests.views.meeting_hall import TODAY, hall, write_folder

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
SCREENS = [(1280, 720), (1920, 1080)]
# What on the slide on show runs over its edges or over its foot, and the smallest type, in pixels of a screen of 1080.
MEASURES = """() => {
  const slide = document.querySelector('.slide.on:not([hidden])') && [...document.querySelectorAll('.slide.on')]
    .find(one => one.getClientRects().length);
  const scale = Math.min(innerWidth / 1920, innerHeight / 1080);
  const rim = slide.getBoundingClientRect(), foot = slide.querySelector('footer').getBoundingClientRect();
  const over = [], small = [];
  for (const one of document.querySelectorAll('body *')) {
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height || one.closest('.spoken') || one.closest('svg') !== null) continue;
    const beyond = box.right > rim.right + 1 || box.bottom > rim.bottom + 1 || box.left < -1;
    const onFoot = slide.querySelector('.body').contains(one) && box.bottom > foot.top + 1;
    if (beyond || onFoot) over.push(one.outerHTML.slice(0, 80));
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    const size = parseFloat(getComputedStyle(one).fontSize) / scale;
    if (own && size < 25.9) small.push(one.outerHTML.slice(0, 80) + ' ' + size);
  }
  return {over, small, wide: document.documentElement.scrollWidth, high: document.documentElement.scrollHeight};
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_folder(tmp_path_factory.mktemp("evening") / "folder")


@pytest.fixture(scope="module")
def site(folder):
    with hall(folder) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """Chromium."""
    if not Path(CHROMIUM).exists():
        skip_or_fail(f"{CHROMIUM} is missing")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def tab(browser):
    """A page that remembers every request, and everything its console says."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.asked, page.broken = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("websocket", lambda opened: page.asked.append(opened.url))
    page.on("pageerror", lambda error: page.broken.append(str(error)))
    page.on("console", lambda message: page.broken.append(message.text))
    yield page
    page.close()


def shown(page):
    """The slide on show."""
    return page.locator(".slide.on:visible")


def title(page) -> str:
    return shown(page).locator("h1").inner_text()


def number(page) -> str:
    return page.inner_text(".pager .number")


def test_an_evening_from_choosing_the_area_to_the_last_remark(tab, site, folder):
    tab.goto(site)
    tab.get_by_role("link", name="柳荫里").click()
    tab.wait_for_url(f"{site}/areas/1.html?lang=zh#1")
    titles = [title(tab)]
    for _ in range(7):
        tab.keyboard.press("ArrowRight")
        titles.append(title(tab))
    assert len(set(titles)) == 8
    assert all(re.search(r"[\u4e00-\u9fff]", one) for one in titles)
    assert number(tab) == "8 / 8"
    assert tab.url.endswith("#8")
    tab.keyboard.press("ArrowRight")
    assert number(tab) == "8 / 8"

    # Hands are raised, one number is wrong, and nothing typed is lost.
    tab.keyboard.press("PageUp")
    assert title(tab) == "大家觉得安全吗"
    shown(tab).get_by_role("button", name="记下今晚的举手").click()
    hands = {"dark.very_safe": "16", "dark.fairly_safe": "34", "dark.bit_unsafe": "19", "dark.very_unsafe": "70"}
    shown(tab).locator("input[name=present]").fill("80")
    for name, count in hands.items():
        shown(tab).locator(f"input[name='{name}']").fill(count)
    shown(tab).get_by_role("button", name="记下", exact=True).click()
    fault = shown(tab).locator("[data-for=dark]")
    fault.wait_for()
    assert "139" in fault.inner_text()
    assert "80" in fault.inner_text()
    assert shown(tab).locator("input[name='dark.fairly_safe']").input_value() == "34"
    assert shown(tab).locator("input[name='dark.very_unsafe']").get_attribute("aria-invalid") == "true"

    # The other language says the same of the same numbers.
    tab.get_by_role("button", name="EN", exact=True).click()
    assert "139 hands" in shown(tab).locator("[data-for=dark]").inner_text()
    assert shown(tab).locator("input[name='dark.very_unsafe']").input_value() == "70"
    assert "lang=en" in tab.url
    assert tab.url.endswith("#7")
    tab.get_by_role("button", name="中文").click()

    shown(tab).locator("input[name='dark.very_unsafe']").fill("7")
    shown(tab).get_by_role("button", name="记下", exact=True).click()
    result = shown(tab).locator("[data-result=dark]")
    result.wait_for()
    assert result.inner_text() == "记下了：觉得安全 66%（55–75%），76 人答"
    assert result.locator("svg.interval").count() == 1
    assert shown(tab).locator("[data-for=dark]").inner_text() == ""
    assert shown(tab).locator("input[name='dark.very_unsafe']").get_attribute("aria-invalid") is None

    # Counted once more: the new count is taken only when the hall says so.
    shown(tab).locator("input[name='dark.very_unsafe']").fill("8")
    shown(tab).get_by_role("button", name="记下", exact=True).click()
    shown(tab).get_by_role("button", name="以这次为准").click()
    shown(tab).get_by_text("77 人答").wait_for()

    # A remark; arrows in a field move no slide.
    shown(tab).locator("input[name=present]").press("ArrowRight")
    assert number(tab) == "7 / 8"
    tab.locator(".dots button").nth(7).click()
    shown(tab).locator("select[name=topic]").select_option("noise")
    shown(tab).locator("input[name=people]").fill("21")
    shown(tab).get_by_role("button", name="记下", exact=True).click()
    kept = shown(tab).locator("[data-result=form]")
    kept.wait_for()
    assert kept.inner_text() == "记下了。"
    assert shown(tab).locator("input[name=people]").input_value() == ""

    tables = [json.loads(path.read_text("utf-8")) for path in sorted((folder / "answers").glob(f"{TODAY}*.json"))]
    assert sorted(table["kind"] for table in tables) == ["poll", "poll", "remark"]
    assert sum("replaces" in table for table in tables) == 1
    assert tab.broken == []
    assert all(address.startswith((f"{site}/", "data:")) for address in tab.asked)


def test_keys_dots_and_the_address_lead_to_a_slide(tab, site):
    tab.goto(f"{site}/areas/2.html?lang=en#3")
    assert number(tab) == "3 / 8"
    assert title(tab) == "Promised, done, and still open"
    for key, wanted in (("End", "8"), ("Home", "1"), ("PageDown", "2"), ("ArrowDown", "3"), ("ArrowUp", "2")):
        tab.keyboard.press(key)
        assert number(tab) == f"{wanted} / 8"
    tab.get_by_role("button", name="Next slide").click()
    assert tab.url.endswith("?lang=en#3")
    tab.reload()
    assert number(tab) == "3 / 8"
    assert shown(tab).locator("h1").inner_text() == "Promised, done, and still open"
    tab.goto(f"{site}/areas/2.html#99")
    assert number(tab) == "8 / 8"
    tab.get_by_role("link", name="换一个社区").click()
    tab.wait_for_url(f"{site}/index.html?lang=zh")


def test_controls_can_be_reached_by_keyboard_and_show_it(tab, site):
    tab.goto(f"{site}/areas/1.html#7")
    for _ in range(3):
        tab.keyboard.press("Tab")
    look = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert tab.evaluate("document.activeElement.tagName") in ("BUTTON", "A")
    assert look == "solid"
    tab.keyboard.press("Enter")
    assert tab.broken == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("screen", SCREENS, ids=str)
@pytest.mark.parametrize("served", [True, False], ids=["served", "stick"])
def test_every_slide_fits_and_can_be_read_from_ten_metres(tab, site, folder, screen, language, served):
    tab.set_viewport_size({"width": screen[0], "height": screen[1]})
    start = site if served else folder.as_uri()
    for area in (1, 5, 6):
        for slide in range(1, 9):
            tab.goto("about:blank")
            tab.goto(f"{start}/areas/{area}.html?lang={language}#{slide}")
            asking = [False, True] if served and slide == 7 else [False]
            for open_form in asking:
                if open_form:
                    shown(tab).locator(".to-form").click()
                found = tab.evaluate(MEASURES)
                where = (area, slide, open_form)
                assert found["over"] == [], where
                assert found["small"] == [], where
                assert (found["wide"], found["high"]) == screen, where
    assert tab.broken == []


def test_from_a_stick_there_are_no_forms_and_the_sheet_is_named(tab, folder, tmp_path):
    stick = tmp_path / "U 盘 #1"
    shutil.copytree(folder, stick)
    tab.goto(f"{stick.as_uri()}/index.html")
    tab.get_by_role("link", name="北苑").click()
    tab.wait_for_url("**#1")
    tab.keyboard.press("End")
    assert number(tab) == "8 / 8"
    assert tab.locator("form").count() == 0
    assert "会议单" in shown(tab).inner_text()
    tab.get_by_role("button", name="EN", exact=True).click()
    assert title(tab) == "Your remarks, and the answers"
    tab.get_by_role("link", name="Choose another area").click()
    tab.wait_for_url("**/index.html?lang=en")
    assert "Choose your neighborhood" in tab.inner_text("h1")
    assert all(address.startswith(("file:", "data:")) for address in tab.asked)
    assert tab.broken == []


def test_typing_finds_an_area_among_many(tab, tmp_path):
    areas = [world.renamed(world.content(), f"社区{n}号", f"Area {n}") for n in range(1, 160)]
    folder = write_folder(tmp_path / "many", world.world(*areas))
    tab.goto(f"{folder.as_uri()}/index.html")
    assert tab.locator(".areas li:visible").count() == 159
    tab.locator("input[type=search]").fill("社区１５７")
    assert tab.locator(".areas li:visible").count() == 1
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/areas/157.html*")
    tab.go_back()
    tab.locator("input[type=search]").fill("无此地")
    assert "没有叫这个名字的社区" in tab.inner_text("main")
    assert tab.evaluate("document.documentElement.scrollWidth") == 1280


def test_without_scripts_all_eight_slides_stand_below_each_other(browser, folder):
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{folder.as_uri()}/areas/1.html")
    assert page.locator(".slide:visible").count() == 8
    page.close()


def test_it_prints_one_page_a_slide(tab, folder):
    tab.goto(f"{folder.as_uri()}/areas/1.html")
    paper = tab.pdf(prefer_css_page_size=True, print_background=False)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 8


def test_shapes_tell_the_layers_apart_in_grey(tab, folder):
    tab.set_viewport_size({"width": 1920, "height": 1080})
    tab.goto(f"{folder.as_uri()}/areas/1.html#1")
    told = []
    for shape in shown(tab).locator("tbody .shape").all():
        inked = np.asarray(Image.open(BytesIO(shape.screenshot())).convert("L")) < 200
        side = len(inked)
        corner, top, bottom = inked[side // 5, side // 5], inked[: side // 3].mean(), inked[-side // 3 :].mean()
        told.append((bool(corner), bool(bottom > 1.8 * top)))
    # A circle has no corners, a square has, and a triangle is heavy below.
    assert told == [(False, False), (True, False), (False, True)]


@pytest.mark.parametrize("name", ["W" * 10_000, "里" * 10_000, "\u202eevil <b>\u2066", "a\n" * 300])
def test_no_name_pushes_anything_off_the_slide(tab, tmp_path, name):
    folder = write_folder(tmp_path / "names", world.world(world.renamed(world.content(), name)))
    tab.goto(f"{folder.as_uri()}/areas/1.html")
    for _ in range(8):
        found = tab.evaluate(MEASURES)
        clipped = [one for one in found["over"] if "<bdi" not in one]
        assert (clipped, found["wide"], found["high"]) == ([], 1280, 720)
        tab.keyboard.press("ArrowRight")
    tab.goto(f"{folder.as_uri()}/index.html")
    assert tab.evaluate("document.documentElement.scrollWidth") == 1280
