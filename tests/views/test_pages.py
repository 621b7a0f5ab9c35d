"""Pages in both languages: no error, no key for a word, state in the address, sentences for what is wrong."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jobs.demo import make_sample
from views.i18n import LANGUAGES, Translator

# Whole runs: `make test` has them, `make check` leaves them out.
pytestmark = pytest.mark.slow

APP = str(Path(__file__).parents[2] / "app.py")
KEY = re.compile(r"\b(?:page|map|layer|finding|plan|why|headline|place|trend|reason)\.[a-z_]+(?:\.[a-z_]+)*\b")
PAGES = ("overview", "hotspots", "plan", "forecast", "data")


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """A workspace of the sample city."""
    folder = tmp_path_factory.mktemp("app") / "workspace"
    make_sample(folder, Translator("en"))
    return folder


@pytest.fixture
def app(sample, monkeypatch):
    monkeypatch.setenv("WALKWATCH_WORKSPACE", str(sample))
    return AppTest.from_file(APP, default_timeout=90)


def opened(app: AppTest, page: str, **query: str) -> AppTest:
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    return app if page == "overview" else app.switch_page(f"views/pages/{page}.py").run()


def words(app: AppTest) -> str:
    """Everything that the page says, without the addresses of pictures."""
    parts = [
        element.value for kind in (app.title, app.subheader, app.markdown, app.error, app.success) for element in kind
    ]
    parts += [element.label for element in app.button]
    parts += [str(element.proto.body) for element in app.get("html")]
    return re.sub(r'src="data:[^"]*"|<style>.*?</style>', "", "\n".join(map(str, parts)), flags=re.S)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_in_both_languages(app, page, language):
    shown = opened(app, page, lang=language)
    assert not shown.exception
    assert not shown.error
    assert len(shown.title) == 1
    text = words(shown)
    assert not KEY.findall(text)
    han = re.findall(r"[\u4e00-\u9fff]", shown.title[0].value)
    assert bool(han) == (language == "zh")


def test_every_page_has_its_own_title(app):
    titles = {opened(app, page, lang="en").title[0].value for page in PAGES}
    assert len(titles) == len(PAGES)


def test_the_address_brings_the_view_back(app):
    shown = opened(app, "overview", lang="en", days="91", layers="dispute")
    assert shown.selectbox(key="frame_days").value == 91
    assert "Incidents" not in words(shown)
    assert "Disputes" in words(shown)


@pytest.mark.parametrize(
    "query",
    [
        {"days": "a", "layers": "x", "neighborhood": "nowhere", "as_of": "2099-99-99", "place": "<b>"},
        {"days": "99999999999999", "lang": "xx", "week": "2026-W99", "walkers": "-1", "hours": "nan"},
    ],
)
@pytest.mark.parametrize("page", ["overview", "plan"])
def test_a_senseless_address_falls_back_to_the_defaults(app, page, query):
    shown = opened(app, page, **query)
    assert not shown.exception
    assert not shown.error
    assert len(shown.title) == 1


def test_a_neighborhood_narrows_every_figure(app):
    shown = opened(app, "overview", lang="en")
    city = words(shown)
    choices = shown.selectbox(key="frame_neighborhood")
    shown.selectbox(key="frame_neighborhood").select_index(1).run()
    assert not shown.exception
    assert not shown.error
    assert len(choices.options) > 10
    assert words(shown) != city


def test_opening_a_place_shows_its_card(app):
    shown = opened(app, "overview", lang="en")
    place = next(button for button in shown.button if str(button.key).startswith("open_"))
    place.click().run()
    assert not shown.exception
    assert any(button.key == "place_back" for button in shown.button)
    shown.button(key="place_back").click().run()
    assert any(str(button.key).startswith("open_") for button in shown.button)


def test_an_empty_workspace_greets_with_two_choices(tmp_path, monkeypatch):
    monkeypatch.setenv("WALKWATCH_WORKSPACE", str(tmp_path / "none"))
    shown = AppTest.from_file(APP, default_timeout=60)
    shown.query_params["lang"] = "zh"
    shown.run()
    assert not shown.exception
    assert {button.key for button in shown.button} == {"greet_own", "greet_sample"}
    assert not (tmp_path / "none").exists()


def test_a_folder_that_is_no_workspace_gets_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "notes.txt").write_text("x")
    monkeypatch.setenv("WALKWATCH_WORKSPACE", str(tmp_path))
    for language, part in (("zh", "不是工作区"), ("en", "is not a workspace")):
        shown = AppTest.from_file(APP, default_timeout=60)
        shown.query_params["lang"] = language
        shown.run()
        assert not shown.exception
        assert part in shown.error[0].value.replace("\\", "")


def test_a_bug_shows_a_number_and_no_traceback(app, monkeypatch):
    monkeypatch.setattr("jobs.overview.overview", lambda *a, **k: 1 / 0)
    app.query_params["lang"] = "en"
    app.run()
    assert not app.exception
    assert "could not be drawn" in app.error[0].value
    assert "division" not in app.error[0].value


def test_the_plan_reads_its_budget_from_the_address(app):
    shown = opened(app, "plan", lang="en", walkers="1", minutes="60", posts="1", hours="1")
    text = words(shown)
    assert "Walk 1" in text
    assert "Walk 2" not in text


def test_a_download_holds_exactly_what_is_shown(sample):
    from jobs.dataset import load_dataset
    from jobs.hotspots import export_frame, hotspot_list
    from views.pages.parts import exported

    dataset = load_dataset(sample)
    frame = export_frame(hotspot_list(dataset), dataset, Translator("zh"))
    text = exported(frame, "csv")
    assert text.startswith(b"\xef\xbb\xbf")  # Excel takes UTF-8 for Chinese only with the mark
    assert len(text.decode("utf-8-sig").strip().splitlines()) == len(frame) + 1
    assert len(json.loads(exported(frame, "geojson"))["features"]) == len(frame)
    assert exported(frame, "xlsx").startswith(b"PK")


def test_markup_and_markdown_of_names_have_no_meaning():
    from views.pages.parts import markup, plain

    assert markup("<b>x</b>") == "&lt;b&gt;x&lt;/b&gt;"
    assert plain("![x](y) **z** :red[w]") == r"\!\[x\]\(y\) \*\*z\*\* \:red\[w\]"


def test_the_plan_comes_as_the_command_lines_folder_in_one_archive(sample):
    from jobs.dataset import load_dataset
    from jobs.plan import Budget, arrange, coming_week
    from views.pages.plan_products import _products, zipped

    dataset = load_dataset(sample)
    plan = arrange(dataset, week=coming_week(dataset), budget=Budget(1, 60, 1))
    files = _products("test", _dataset=dataset, _plan=plan, _t=Translator("en"))
    assert {"plan.json", "roster.xlsx", "briefing.pdf", "plan.ics", "walk-1.gpx"} <= set(files)
    assert zipped(files) == zipped(dict(files))
    names = zipfile.ZipFile(io.BytesIO(zipped(files))).namelist()
    assert sorted(names) == sorted(files)
