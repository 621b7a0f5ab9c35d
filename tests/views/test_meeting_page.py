"""The app's meeting page: what will be published is said first, then the slides alone, by a route of our own."""

import io
import re
import zipfile

import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from geo.privacy import FLOORS
from geo.releases import stored
from geo.workspace import Workspace
from jobs.demo import make_sample
from tests.views.test_deck import Page
from tests.views.test_pages import APP, words
from views import server
from views.i18n import LANGUAGES, Translator


@pytest.mark.parametrize("key", ["nothing", ""])
def test_a_deck_that_was_not_registered_is_not_there(key):
    assert asked(key).status_code == 404


def test_a_registered_deck_is_served_once_for_the_same_text():
    key = server.register_deck("<!doctype html>\n<html>")
    assert server.register_deck("<!doctype html>\n<html>") == key
    answer = asked(key)
    assert answer.body == b"<!doctype html>\n<html>"
    assert answer.headers["cache-control"] == "no-store"


def asked(key: str):
    return server.deck(Request({"type": "http", "path_params": {"key": key}, "headers": [], "method": "GET"}))


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A workspace of the sample city without a release."""
    folder = tmp_path_factory.mktemp("meeting") / "workspace"
    make_sample(folder, Translator("en"))
    return folder


@pytest.fixture
def app(sample, monkeypatch):
    monkeypatch.setenv("WALKWATCH_WORKSPACE", str(sample))
    return AppTest.from_file(APP, default_timeout=120)


def opened(app: AppTest, language: str, **query: str) -> AppTest:
    app.query_params["lang"] = language
    for name, value in query.items():
        app.query_params[name] = value
    return app.run().switch_page("views/pages/meeting.py").run()


@pytest.mark.slow
def test_publishing_is_explained_then_the_deck_is_shown_and_packed(app, sample):
    workspace = Workspace.open(sample)
    if not stored(workspace):
        shown = opened(app, "zh")
        assert not shown.exception
        assert "还没有公布过" in shown.title[0].value
        said = words(shown)
        assert f"写作 0–{FLOORS['min_events'] - 1} 或更宽" in said
        assert "不公布任何地点、街道、姓名" in said
        shown.button(key="publish").click().run()
        assert not shown.error
        assert "已经公布" in shown.success[0].value
    assert stored(workspace)

    shown = opened(app, "zh")
    assert "先选一个社区" in shown.title[0].value
    shown.selectbox(key="frame_neighborhood").select_index(1).run()
    assert not shown.exception
    (frame,) = shown.get("iframe")
    key, language = re.fullmatch(r"/walkwatch/meeting/([0-9a-f]{16})\?lang=(\w+)", frame.proto.src).groups()
    assert language == "zh"
    page = Page(asked(key).body.decode())
    assert len(page.slides) > 16
    assert not [tag for tag, _ in page.tags if tag == "form"], "the page below has the forms"

    shown.button(key="community_write").click().run()
    assert not shown.error
    with zipfile.ZipFile(io.BytesIO(shown.session_state["community_zip"])) as packed:
        names = packed.namelist()
        assert {"community/index.html", "community/areas/1.html", "community/sheet.pdf"} <= set(names)
        assert not [name for name in names if "/answers/" in name or "/." in name]


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_area_of_the_address_that_is_not_there_gives_the_list(app, language):
    shown = opened(app, language, neighborhood="nowhere")
    assert not shown.exception
    assert not shown.error
    assert len(shown.title) == 1
