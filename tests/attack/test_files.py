"""Every file that leaves the station, and every message to a browser, opened and searched; planted ones first."""

import base64
import datetime as dt
import json
import re
import subprocess
import sys
import urllib.request
import zipfile
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import typst
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from geo.releases import stored
from geo.taxonomy import read_taxonomy
from jobs.community import write_community
from jobs.dataset import Dataset, load_dataset
from tests.attack.cities import EAST, SIDE, copied, make, months, random_rows, release_all, rows, squares, stretches
from tests.attack.scanner import Secrets, pdf_text, scan, scan_bytes, secrets_of
from views.i18n import Translator

ROOT = Path(__file__).parents[2]
DATA, TAXONOMY = ROOT / "data", read_taxonomy()
SECRETS = Secrets(ids={"A-3-000017", "104598"}, texts={"来源原文字样", "reports_final.csv"}, ranges=[(116.5, 117.5)])


def picture(**texts: str) -> bytes:
    """A small PNG, with texts in it."""
    told, out = PngInfo(), BytesIO()
    for key, value in texts.items():
        told.add_text(key, value)
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=told)
    return out.getvalue()


def paper(text: str, head: str = "") -> bytes:
    """A PDF page."""
    return typst.compile(f'{head}\n#set text(font: ("Noto Sans CJK SC", "Noto Serif CJK SC"))\n{text}'.encode())


def archive(name: str, content: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return out.getvalue()


PLANTED = {
    "a coordinate in a table": (".csv", b"place,lon\nhere,117.46127\n", "number"),
    "metres": (".json", b'{"x": 440123.5}', "coordinate"),
    "an event's id": (".html", "<p data-id='A-3-000017'>好</p>".encode(), "id"),
    "a short id": (".json", b'{"rows": ["104598"]}', "id"),
    "a source's text": (".html", "<p>来源原文字样</p>".encode(), "text"),
    "a source's text in entities": (
        ".html",
        b"<p>&#26469;&#28304;&#21407;&#25991;&#23383;&#26679;</p>",
        "text",
    ),
    "a comment": (".html", b"<html><!-- 3 burglaries --></html>", "comment"),
    "a picture's words": (".png", picture(Software="matplotlib 3.10"), "PNG chunk tEXt"),
    "words of a picture inside a page": (
        ".html",
        b"<img src='data:image/png;base64," + base64.b64encode(picture(Comment="x")) + b"'>",
        "PNG chunk",
    ),
    "bytes behind a picture": (".png", picture() + b"PK\x03\x04", "after the picture"),
    "a paper's author": (".pdf", paper("a", '#set document(author: "Li Wei")'), "PDF /Author"),
    "a source's text on paper": (".pdf", paper("来源原文字样"), "text"),
    "an id on paper": (".pdf", paper("A-3-000017"), "id"),
    "a file's path": (".txt", b"made from /home/wang/reports", "path"),
    "a workbook's cell": (".xlsx", archive("xl/sharedStrings.xml", "<t>来源原文字样</t>"), "text"),
    "what a taxonomy calls it": (".json", b'{"kind": "assault.sexual"}', "word"),
}


@pytest.mark.parametrize("what", PLANTED)
def test_the_scanner_finds_what_was_planted(tmp_path, what):
    suffix, content, expected = PLANTED[what]
    secrets = Secrets(SECRETS.ids, SECRETS.texts, [*SECRETS.ranges, (440000, 450000)], words={"assault.sexual"})
    (tmp_path / f"file{suffix}").write_bytes(content)
    files, found = scan(tmp_path, secrets)
    assert files == 1
    assert any(expected in one for one in found), found


def test_the_scanner_leaves_alone_what_may_be_told(tmp_path):
    text = "<html><p style='left:12.5px;width:33.333%'>15</p><p>2026-10 · 0–4 · 117.461</p></html>"
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    (tmp_path / "map.png").write_bytes(picture())
    assert scan(tmp_path, SECRETS) == (2, [])
    assert "十五" in pdf_text(paper("十五"))


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A small city of which four months are published."""
    paces = {"A": 3.0, "B": 2.0, "C": 0.8, "D": 0.3}
    events = random_rows(dt.date(2025, 1, 1), 500, paces, 3)
    dataset = make(tmp_path_factory.mktemp("city") / "w", squares(dict.fromkeys(paces, 900)), events)
    release_all(dataset, months("2025-12", 4))
    return dataset


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_file_of_a_small_citys_folder_tells_more_than_its_figures(city, tmp_path, language):
    dataset = copied(city, tmp_path / "w")
    write_community(dataset, tmp_path / "out", Translator(language), months("2026-04", 1)[0])
    files, found = scan(tmp_path / "out", secrets_of(dataset, TAXONOMY, DATA))
    assert files >= 10
    assert found == []


@pytest.mark.slow
def test_records_that_change_later_change_no_byte_of_the_folder(city, tmp_path):
    """Released once, the folder says the same whatever is true now: no file draws on the records."""
    dataset = copied(city, tmp_path / "w")
    t, today = Translator("zh"), dt.date(2026, 5, 4)
    write_community(dataset, tmp_path / "out", t, months("2026-04", 1)[0], today)
    before = folder_bytes(tmp_path / "out")
    door = np.array([[EAST + 0.4 * SIDE, 0.4 * SIDE]])
    days = [dt.date(2026, month, 7) for month in (1, 2, 3)] * 12 + [dt.date(2026, 4, 9)] * 30
    late = rows(days, "burglary", np.repeat(door, len(days), axis=0), prefix="late")
    dataset.workspace.add_events(late, "late.csv", {})
    dataset.workspace.undo_import(dataset.workspace.imports()[0]["import_id"])
    dataset.workspace.add_events(random_rows(dt.date(2025, 1, 1), 480, {"A": 1.0, "B": 5.0}, 4), "other.csv", {})
    write_community(load_dataset(dataset.workspace.root), tmp_path / "out", t, None, today)
    after = folder_bytes(tmp_path / "out")
    assert len(stored(dataset.workspace)) == 5
    assert sorted(before) == sorted(after)
    assert [name for name in before if before[name] != after[name]] == []


# --- the sample city ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample city's workspace with three stretches published, and its community folder."""
    from jobs.demo import make_sample

    root = tmp_path_factory.mktemp("sample")
    dataset = load_dataset(make_sample(root / "w", Translator("zh")))
    release_all(dataset, stretches(dt.date(2026, 8, 2), 3))
    write_community(dataset, root / "out", Translator("zh"), stretches(dt.date(2026, 10, 25), 1)[0])
    return dataset, root / "out"


@pytest.mark.slow
def test_no_file_of_the_sample_citys_folder_tells_more_than_its_figures(sample):
    dataset, folder = sample
    files, found = scan(folder, secrets_of(dataset, TAXONOMY, DATA))
    assert files >= 30
    assert found == []


@pytest.mark.slow
def test_no_message_of_the_meetings_process_tells_more(sample):
    """Every file of the folder, every page that links to one, and refusals, as they come over the wire."""
    dataset, folder = sample
    process = subprocess.Popen(
        [sys.executable, "cli.py", "meeting", "--port", "0", "--json", str(folder)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = re.search(r"http://[\d.]+:\d+", next(line for line in process.stdout if "http://" in line)).group()
        secrets = secrets_of(dataset, TAXONOMY, DATA)
        for path in ["", "index.html", *folder_bytes(folder), "answers/", "../walkwatch.sqlite", "no/such"]:
            try:
                with urllib.request.urlopen(f"{address}/{path}", timeout=20) as answer:
                    head, body = str(answer.headers), answer.read()
            except urllib.error.HTTPError as error:
                head, body = str(error.headers), error.read()
            assert scan_bytes(body, Path(path).suffix, secrets) == [], path
            assert scan_bytes(head.encode(), ".txt", secrets) == [], path
            assert not re.search(r"uvicorn|starlette|python", head, re.IGNORECASE)
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.slow
def test_what_volunteers_get_says_where_and_when_and_never_why(sample, tmp_path):
    from jobs.plan import Budget, arrange, coming_week, write_products

    dataset, _ = sample
    settings = dataset.settings
    budget = Budget(settings.walkers, settings.walk_minutes, 5, settings.watch_hours)
    plan = arrange(dataset, week=coming_week(dataset), budget=budget)
    write_products(dataset, plan, tmp_path / "plan", Translator("zh"))
    folder = tmp_path / "plan" / "volunteers"
    told = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    hotspots = {str(w["hotspot_id"]) for w in told["watches"] if w.get("hotspot_id")}
    secrets = secrets_of(dataset, TAXONOMY, DATA, decimals=4)
    keys = {key for key in TAXONOMY.categories if "." in key}
    files, found = scan(folder, Secrets({*secrets.ids, *hotspots}, secrets.texts, secrets.ranges, 4, keys))
    assert files >= 4
    assert hotspots
    assert found == []
    layer = gpd.read_file(folder / "watches.geojson")
    banned = re.compile(r"harm|event|count|reason|why|hotspot|categor|incident|dispute|hazard|expected", re.IGNORECASE)
    assert [name for name in layer.columns if banned.search(name)] == []
    assert _away_from_crossings(layer, dataset) < 12


def _away_from_crossings(layer: gpd.GeoDataFrame, dataset: Dataset) -> float:
    """How far, in metres, any point handed out lies from the nearest end of three streets."""
    assert dataset.streets is not None
    ends = np.vstack([np.array([line.coords[0], line.coords[-1]])[:, :2] for line in dataset.streets.geometry])
    at, ways = np.unique(ends.round(2), axis=0, return_counts=True)
    crossings = at[ways >= 3]
    points = layer.to_crs(dataset.crs).geometry.dropna()
    return max((float(np.hypot(*(crossings - [p.x, p.y]).T).min()) for p in points), default=0.0)


@pytest.mark.browser
def test_no_message_of_the_apps_meeting_page_tells_more(sample):
    """What the browser gets of the app's own Meeting page: answers, and every message over the socket."""
    from tests.conftest import skip_or_fail
    from tests.views.test_browser import CHROMIUM, FLAGS, served

    dataset, _ = sample
    if not Path(CHROMIUM).exists():
        skip_or_fail(f"{CHROMIUM} is missing")
    sync_api = pytest.importorskip("playwright.sync_api")
    messages: list[bytes] = []
    for address in served(dataset.workspace.root):
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 720})

            def hear(message: str | bytes) -> None:
                messages.append(message if isinstance(message, bytes) else message.encode())

            def keep(response) -> None:
                if "/static/" not in response.url:
                    messages.append(response.url.encode())
                    if response.status == 200:
                        messages.append(response.body())

            page.on("websocket", lambda socket: socket.on("framereceived", hear))
            page.on("response", keep)
            for area in ("", "&neighborhood=LX08", "&neighborhood=LX15"):
                page.goto(f"{address}/meeting?lang=zh{area}")
                page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']", timeout=90_000)
                page.wait_for_timeout(1500)
            browser.close()
    assert len(messages) > 20
    assert any("灯塔社区".encode() in message for message in messages), "the page said nothing"
    secrets = secrets_of(dataset, TAXONOMY, DATA)
    found = sorted({what for message in messages for what in scan_bytes(message, ".txt", secrets)})
    assert found == []
