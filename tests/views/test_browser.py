"""In a real browser: maps draw with the network off, no request leaves the machine, clicks and links work."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jobs.demo import make_sample
from tests.conftest import skip_or_fail
from tests.views.test_pages import KEY
from views.i18n import LANGUAGES, Translator

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
PATHS = {"overview": "/", "hotspots": "/hotspots", "plan": "/plan", "data": "/data"}
MAP = "iframe[title*='folium']"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of the app on a workspace of the sample city."""
    folder = tmp_path_factory.mktemp("browser") / "workspace"
    make_sample(folder, Translator("en"))
    yield from served(folder)


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory):
    """The address of the app on a workspace that is still to be made."""
    yield from served(tmp_path_factory.mktemp("empty") / "workspace")


def served(folder: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    environment = os.environ | {"WALKWATCH_WORKSPACE": str(folder), "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).read()
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)


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
    """A page of 1280 × 720 that remembers every request, socket and error."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.asked, page.broken = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("websocket", lambda opened: page.asked.append(opened.url))
    page.on("pageerror", lambda error: page.broken.append(str(error)))
    yield page
    page.close()


def outside(page, site: str) -> list[str]:
    """The addresses asked for that are not the app's."""
    host = site.removeprefix("http://")
    own = re.compile(rf"^(?:(?:https?|wss?)://{re.escape(host)}(?:/|$)|data:|blob:|about:)")
    return [address for address in page.asked if not own.match(address)]


def ready(page) -> None:
    """Wait until the script has run and said something."""
    page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']", timeout=90_000)
    page.wait_for_selector("h1", timeout=60_000)


def shown_period(page) -> str:
    """What the period's box says: its text is the value of an input."""
    return page.locator(".st-key-frame_days input").first.input_value() + page.inner_text(".st-key-frame_days")


def map_frame(page):
    """The map's frame once its tiles are drawn and faded in."""
    page.wait_for_selector(MAP, timeout=60_000)
    frame = page.query_selector(MAP).content_frame()
    frame.wait_for_function(
        "() => { const t = [...document.querySelectorAll('img.leaflet-tile')];"
        "const done = i => i.complete && i.naturalWidth > 0 && i.classList.contains('leaflet-tile-loaded');"
        "return t.length > 3 && t.every(done)"
        "&& document.querySelectorAll('.walkwatch-names text').length > 5; }",
        timeout=60_000,
    )
    page.wait_for_timeout(400)
    return frame


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_answers_and_nothing_leaves_the_machine(tab, site, language):
    for name, path in PATHS.items():
        tab.goto(f"{site}{path}?lang={language}")
        ready(tab)
        if name != "data":
            map_frame(tab)
        said = tab.inner_text("body")
        assert not KEY.findall(said), name
        assert "Traceback" not in said, name
        assert tab.query_selector("[data-testid='stException']") is None, name
        assert tab.query_selector("[data-testid='stAlertContentError']") is None, name
        title = tab.inner_text("h1")
        assert bool(re.search(r"[\u4e00-\u9fff]", title)) == (language == "zh"), name
        # The answer stands on the first screen.
        assert tab.query_selector("h1").bounding_box()["y"] < 300, name
    assert len(tab.asked) > 50
    assert any(address.startswith("ws://") for address in tab.asked)
    assert outside(tab, site) == []
    assert tab.broken == []


@pytest.mark.parametrize("path", ["/", "/hotspots", "/plan"])
def test_the_map_is_drawn(tab, site, path):
    tab.goto(f"{site}{path}?lang=zh")
    ready(tab)
    frame = map_frame(tab)
    for pane in ("tile", "overlay", "marker", "names"):
        assert frame.query_selector(f".leaflet-{pane}-pane") is not None
    assert frame.query_selector_all(".walkwatch-mark svg")
    assert "flag" not in frame.inner_html(".leaflet-control-attribution")
    pixels = np.asarray(Image.open(BytesIO(tab.query_selector(MAP).screenshot())).convert("RGB")).reshape(-1, 3)
    colors, counts = np.unique(pixels // 8, axis=0, return_counts=True)
    assert len(colors) > 60
    assert counts.max() / counts.sum() < 0.85
    dark = (pixels.sum(axis=1) < 200).mean()
    assert 0.001 < dark < 0.2
    marks = frame.query_selector_all(".leaflet-marker-icon")
    assert len(marks) <= 300


def test_a_click_on_a_hotspot_opens_its_card_and_the_map_stays(tab, site):
    tab.goto(f"{site}/?lang=en")
    ready(tab)
    frame = map_frame(tab)
    frame.evaluate("window.kept = 'the same map'")
    frame.query_selector_all(".leaflet-marker-icon.leaflet-interactive")[1].click()
    tab.wait_for_selector(".st-key-place_card", timeout=20_000)
    assert frame.evaluate("window.kept") == "the same map"
    assert "place=" in tab.url
    shown = tab.inner_text(".st-key-place_card")
    assert re.search(r"\d+ events", shown)


def test_pan_and_zoom_rerun_nothing(tab, site):
    tab.goto(f"{site}/?lang=en")
    ready(tab)
    frame = map_frame(tab)
    runs = []
    tab.on("websocket", lambda opened: runs.append(opened))
    tab.evaluate(
        "new MutationObserver(() => { window.reran = true; })"
        ".observe(document.querySelector('[data-testid=stApp]'),"
        "{attributes: true, attributeFilter: ['data-test-script-state']})"
    )
    frame.evaluate("map.panBy([60, 40]); map.setZoom(map.getZoom() + 1)")
    tab.wait_for_timeout(1500)
    assert not tab.evaluate("window.reran || false")


def test_a_link_opens_the_same_view(tab, site):
    tab.goto(f"{site}/hotspots?lang=en&days=91&layers=incident")
    ready(tab)
    assert "Last 91 days" in shown_period(tab)
    assert "91 days, radius" in tab.inner_text("body")


def test_switching_the_language_keeps_page_and_period(tab, site):
    tab.goto(f"{site}/hotspots?lang=en&days=91")
    ready(tab)
    tab.get_by_role("radio", name="中文").or_(tab.get_by_role("button", name="中文")).first.click()
    tab.wait_for_function("/[\\u4e00-\\u9fff]/.test(document.querySelector('h1')?.innerText || '')", timeout=60_000)
    assert "/hotspots" in tab.url
    assert "days=91" in tab.url
    assert "lang=zh" in tab.url
    assert "近 91 天" in shown_period(tab)


def test_a_view_sends_less_than_a_megabyte_of_its_own(tab, site):
    sizes: dict[str, int] = {}

    def kept(response) -> None:
        if "/walkwatch/" in response.url:
            sizes[response.url] = len(response.body())

    tab.on("response", kept)
    tab.goto(f"{site}/?lang=zh")
    ready(tab)
    map_frame(tab)
    drawn = {
        address: size for address, size in sizes.items() if "/leaflet/" not in address and "/jquery/" not in address
    }
    assert len(drawn) > 10
    assert sum(drawn.values()) < 1_000_000


def test_a_newcomer_brings_a_file_and_takes_it_back(tab, empty_site, tmp_path):
    tab.goto(f"{empty_site}/?lang=en")
    tab.wait_for_selector("text=There are no data yet", timeout=60_000)
    tab.get_by_role("button", name="Bring a file").click()
    tab.wait_for_selector("text=Files of points", timeout=30_000)
    rows = [
        f"2024-0{1 + k % 6}-1{k % 9} 10:00,Theft,{-75.16 + k * 0.001:.5f},{39.95 + k * 0.001:.5f},13800138{k:03d}"
        for k in range(40)
    ]
    file = tmp_path / "events.csv"
    file.write_text("time,category,lon,lat,phone\n" + "\n".join(rows) + "\n", encoding="utf-8")
    tab.set_input_files("[data-testid='stFileUploaderDropzoneInput']", str(file))
    tab.get_by_role("button", name="See what was understood").click()
    tab.wait_for_selector("text=Read 40 rows, keep 40", timeout=60_000)
    said = tab.inner_text("body")
    assert "13800138" not in said
    assert "neither stored nor shown" in said
    tab.get_by_role("button", name="Confirm 40 rows").click()
    tab.wait_for_selector("text=40 rows were added", timeout=60_000)
    tab.get_by_role("button", name="Take back", exact=True).click()
    tab.get_by_role("button", name="Take this one back").click()
    tab.wait_for_selector("text=40 rows were taken back", timeout=60_000)
    assert outside(tab, empty_site) == []
