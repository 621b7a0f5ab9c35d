"""The community folder: whole or not at all, the same bytes, nothing in it but what was released."""

import csv
import datetime as dt
import io
import json
import os
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pytest
from PIL import Image
from shapely.geometry import MultiPolygon, box

from geo.answer_files import write_answer
from geo.community_types import Promise, RemarkLine
from geo.errors import InputError
from geo.meetings import Poll, polls
from geo.periods import month
from geo.privacy import PrivacyError
from geo.release_types import Figure
from geo.releases import as_json, stored
from jobs import community, community_folder
from jobs.community import period_of, write_community
from jobs.community_content import _answered, content, most_first, season_line, season_of
from jobs.community_folder import replace_folder
from jobs.dataset import load_dataset
from jobs.demo_meetings import invent_meetings
from jobs.release import release_period
from tests.jobs.community_city import small_city
from tests.plan_world import X0, Y0, toy_neighborhoods
from views.i18n import Translator

# Whole runs: `make test` has them, `make check` leaves them out.
pytestmark = pytest.mark.slow

ZH, EN = Translator("zh"), Translator("en")
FILES = {"index.html", "figures.csv", "release.json", "sheet.pdf"}


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A city with two released months and invented meetings. Not written to by tests."""
    dataset = small_city(tmp_path_factory.mktemp("city") / "w")
    for text in ("2026-08", "2026-09"):
        release_period(dataset, month(text))
    invent_meetings(dataset)
    return dataset


@pytest.fixture(scope="module")
def written(city, tmp_path_factory):
    return write_community(city, tmp_path_factory.mktemp("out") / "community", ZH)


def test_the_folder_holds_pages_pictures_table_releases_and_sheet(written):
    found = set(contents(written.folder))
    pictures = {f"area-{n}" for n in (1, 2, 3)} | {f"city-{layer}" for layer in ("incident", "dispute", "hazard")}
    pictures = {f"images/{name}-{language}.png" for name in pictures for language in ("zh", "en")}
    assert found == FILES | {f"areas/{n}.html" for n in (1, 2, 3)} | pictures
    assert {str(Path(name).relative_to(written.folder)) for name in written.files} == found
    assert written.release == "2026-10"  # the last whole month, released by the way
    assert not list(written.folder.parent.glob(".community*"))


def test_the_same_city_gives_the_same_bytes_and_releases_nothing_twice(city, written, tmp_path):
    again = write_community(city, tmp_path / "community", ZH)
    assert contents(again.folder) == contents(written.folder)
    assert [r.period.key for r in stored(city.workspace)] == ["2026-08", "2026-09", "2026-10"]
    assert ZH("community.nothing_new", period="2026-10") in again.notes
    with pytest.raises(InputError) as refusal:
        write_community(city, tmp_path / "other", ZH, month("2026-10"))
    assert refusal.value.key == "release.twice"
    assert not (tmp_path / "other").exists()


def test_the_table_says_every_stored_figure_as_published(city, written):
    raw = (written.folder / "figures.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    figures = [figure for release in stored(city.workspace) for figure in release.figures]
    assert len(rows) == len(figures)
    for row, figure in zip(rows, figures, strict=True):
        said = {"shown": str(figure.value), "small": f"0–{(figure.below or 1) - 1}", "withheld": "不单列"}
        assert row["figure"] == said[figure.status]
        assert row["area_id"] == (figure.area_id or "")
    assert {"盗窃", "噪声扰民"} <= {row["group"] for row in rows}
    assert {"Theft"} <= {row["group_en"] for row in rows}
    hidden = [figure for figure in stored(city.workspace)[-1].figures if figure.status != "shown"]
    assert written.withheld == len(hidden)


def test_the_releases_stand_there_as_stored(city, written):
    told = json.loads((written.folder / "release.json").read_text(encoding="utf-8"))
    assert told == [json.loads(json.dumps(as_json(release))) for release in stored(city.workspace)]


def test_pictures_have_no_metadata_and_keep_to_their_size(written):
    for path in sorted((written.folder / "images").glob("*.png")):
        raw = path.read_bytes()
        assert len(raw) < (80_000 if path.name.startswith("area") else 120_000)
        assert set(re.findall(rb"(?:IHDR|PLTE|IDAT|IEND|tEXt|iTXt|zTXt|tIME|eXIf|pHYs|gAMA)", raw)) <= {
            b"IHDR", b"PLTE", b"IDAT", b"IEND"
        }  # fmt: skip
        assert Image.open(path).info == {}


def test_nothing_of_the_records_stands_in_any_file(city, written):
    ids = set(city.events["event_id"])
    for name, raw in contents(written.folder).items():
        text = raw.decode("utf-8", errors="ignore")
        assert "原文编码" not in text, name
        assert "records-of-a-station" not in text, name
        assert not re.search(r"ev-\d{6}-x", text), name
        if not name.endswith((".png", ".pdf")):
            outside = re.sub(r"data:image/png;base64,[\w+/=]+", "", text)
            assert not re.search(r"\d{1,3}\.\d{4,}", outside), name
    assert ids


def test_what_is_found_in_the_files_puts_nothing_in_place(city, written, tmp_path, monkeypatch):
    folder = tmp_path / "community"
    shutil.copytree(written.folder, folder)
    before = contents(folder)
    monkeypatch.setattr(community, "scan_folder", lambda *_: ["index.html: an event's id"])
    with pytest.raises(PrivacyError, match="an event's id"):
        write_community(city, folder, EN)
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["community"]


def test_answers_are_taken_in_and_stay(city, written, tmp_path):
    shutil.copytree(city.workspace.root, tmp_path / "w")
    own = load_dataset(tmp_path / "w")
    folder = tmp_path / "community"
    shutil.copytree(written.folder, folder)
    path = write_answer(folder, Poll("n2", dt.date(2024, 5, 6), "dark", {"very_safe": 20, "fairly_safe": 9}, 31))
    said, known = path.read_bytes(), len(polls(own.workspace))
    first = write_community(own, folder, EN)
    assert len(polls(own.workspace)) == known + 1
    assert EN("community.answers_taken", n=1) in first.notes
    before = contents(folder)
    again = write_community(own, folder, EN)
    assert len(polls(own.workspace)) == known + 1
    assert contents(folder) == before
    assert path.read_bytes() == said
    assert not any(Path(name).parent.name == "answers" for name in again.files)


# --- putting in place ------------------------------------------------------------------------------------------------


def a_folder(path, text="old"):
    (path / "areas").mkdir(parents=True)
    (path / "answers").mkdir()
    for name, said in (("index.html", text), ("release.json", "[]"), ("answers/a.json", "{}")):
        (path / name).write_text(said)
    return path


def fill(target):
    a_folder(target, "new")
    shutil.rmtree(target / "answers")


def test_a_crash_while_writing_leaves_the_old_folder(tmp_path):
    folder = a_folder(tmp_path / "c")
    before = contents(folder)

    def crash(target):
        fill(target)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_folder(folder, crash)
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_rename_that_fails_leaves_the_old_folder(tmp_path, monkeypatch, fails_at):
    folder, calls, real = a_folder(tmp_path / "c"), [], os.replace
    before = contents(folder)

    def replace(source, target):
        calls.append(source)
        if len(calls) == fails_at:
            raise OSError(16, "Device or resource busy")
        real(source, target)

    monkeypatch.setattr(community_folder.os, "replace", replace)
    with pytest.raises(InputError, match="Device or resource busy"):
        replace_folder(folder, fill)
    assert contents(folder) == before


def test_a_power_cut_between_the_two_renames_is_mended_by_the_next_run(tmp_path):
    a_folder(tmp_path / ".c.old")
    replace_folder(tmp_path / "c", fill)
    assert (tmp_path / "c" / "index.html").read_text() == "new"
    assert (tmp_path / "c" / "answers" / "a.json").exists()
    # And after the second one: the new folder stands, the old one's answers come along.
    a_folder(tmp_path / ".c.old")
    (tmp_path / ".c.old" / "answers" / "b.json").write_text("{}")
    replace_folder(tmp_path / "c", fill)
    assert {path.name for path in (tmp_path / "c" / "answers").iterdir()} == {"a.json", "b.json"}
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_what_else_somebody_put_beside_the_answers_stays(tmp_path):
    folder, outside = a_folder(tmp_path / "c"), tmp_path / "outside"
    outside.write_text("of somebody")
    (folder / "answers" / "photos").mkdir()
    (folder / "answers" / "photos" / "a.txt").write_text("a")
    (folder / "answers" / "link.json").symlink_to(outside)
    os.mkfifo(folder / "answers" / "pipe")
    replace_folder(folder, fill)
    assert (folder / "answers" / "photos" / "a.txt").read_text() == "a"
    assert (folder / "answers" / "link.json").is_symlink(), "a link stays a link and is not followed"
    assert not (folder / "answers" / "pipe").exists()
    assert outside.read_text() == "of somebody"


def test_a_folder_of_somebody_else_is_never_replaced(city, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letter.docx").write_text("x")
    with pytest.raises(InputError, match="other things than a community folder") as refusal:
        write_community(city, folder, EN)
    assert refusal.value.key == "community.foreign"
    a_folder(tmp_path / "ours")
    (tmp_path / "ours" / "notes.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    (tmp_path / "pages" / "areas").mkdir(parents=True)
    for name in ("ours", "file", "pages"):
        with pytest.raises(InputError, match="other things"):
            replace_folder(tmp_path / name, fill)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".DS_Store").write_text("x")
    replace_folder(tmp_path / "empty", fill)
    assert (tmp_path / "empty" / "index.html").exists()


def test_a_refused_folder_releases_nothing(tmp_path):
    dataset = small_city(tmp_path / "w")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.docx").write_text("x")
    with pytest.raises(InputError):
        write_community(dataset, tmp_path / "mine", EN)
    assert stored(dataset.workspace) == []
    with pytest.raises(InputError, match="Nothing was released yet"):
        content(dataset)


# --- odd cities ------------------------------------------------------------------------------------------------------


def odd_units():
    """One area of two parts with a hole, one of 100 m, one of few households; names that break markup and formulas."""
    parts = box(X0, Y0, X0 + 600, Y0 + 600).difference(box(X0 + 200, Y0 + 200, X0 + 300, Y0 + 300))
    shapes = [
        MultiPolygon([parts, box(X0 + 700, Y0, X0 + 900, Y0 + 300)]),
        box(X0 + 1000, Y0, X0 + 1100, Y0 + 100),
        box(X0 + 1200, Y0, X0 + 1900, Y0 + 700),
    ]
    rows = {
        "neighborhood_id": ["a/../../x", "=1+1", '"><script>alert(1)</script>'],
        "name": ["=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>", "#let x = 5; *甲* ${y} {{z}}"],
        "name_en": ["", "", ""],
        "population": [None, None, None],
        "households": [900, 800, 12],
        "parent_id": [None, None, None],
    }
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=toy_neighborhoods().crs)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    root = tmp_path_factory.mktemp("odd")
    dataset = small_city(root / "w", units=odd_units(), streets=False)
    return write_community(dataset, root / "community", EN)


def test_hostile_names_stay_words(odd):
    assert {name for name in contents(odd.folder) if name.startswith("areas/")} == {
        f"areas/{n}.html" for n in (1, 2, 3)
    }
    for name, raw in contents(odd.folder).items():
        if name.endswith(".html"):
            assert b"<img src=x" not in raw
            assert b"<script>alert" not in raw
    rows = list(csv.DictReader(io.StringIO((odd.folder / "figures.csv").read_text(encoding="utf-8-sig"))))
    assert {row["area"] for row in rows} == {"", "'=cmd|' /C calc'!A0"}
    assert (odd.folder / "sheet.pdf").read_bytes().startswith(b"%PDF")


def test_an_area_too_small_shows_no_figure_but_has_its_page(odd):
    (release,) = json.loads((odd.folder / "release.json").read_text(encoding="utf-8"))
    small = {area["area_id"] for area in release["areas"] if area["too_small"]}
    assert small == {"=1+1", '"><script>alert(1)</script>'}
    assert not [figure for figure in release["figures"] if figure.get("area_id") in small]
    assert any("small" in note for note in odd.notes)


@pytest.mark.parametrize("name", ["Cell 116.40739, 39.90421", "x" * 201])
def test_a_name_that_cannot_be_public_is_refused_before_anything_is_released(tmp_path, name):
    units = toy_neighborhoods().iloc[:1].assign(name=name)
    dataset = small_city(tmp_path / "w", units=units, streets=False)
    with pytest.raises(InputError) as refused:
        write_community(dataset, tmp_path / "community", EN)
    assert refused.value.key == "community.odd_name"
    assert name[:40] in ZH.error(refused.value)
    assert not stored(dataset.workspace)


@pytest.mark.parametrize("text", ["Incidents", "Settled", "layer", "n1", "大家的意见"])
def test_a_category_called_like_our_own_words_is_no_find(city, written, tmp_path, monkeypatch, text):
    monkeypatch.setattr(community, "_source_texts", lambda _: {text, "原文编码"})
    assert write_community(city, tmp_path / "community", ZH).files
    (tmp_path / "community" / "index.html").write_text("原文编码", encoding="utf-8")
    with pytest.raises(PrivacyError, match="text of a source"):
        community._require_clean(tmp_path / "community", city)


def test_a_city_of_one_area_without_streets_is_written(tmp_path):
    dataset = small_city(tmp_path / "w", units=toy_neighborhoods().iloc[:1], streets=False)
    done = write_community(dataset, tmp_path / "community", EN)
    assert {"areas/1.html", "images/area-1-zh.png"} <= set(contents(done.folder))


def test_without_a_chinese_face_pictures_and_sheet_are_in_english(city, tmp_path, monkeypatch):
    from views import community_sheet, fonts

    latin = fonts.find_face(system_fonts=False)
    monkeypatch.setattr(community, "find_face", lambda: latin)
    monkeypatch.setattr("views.print_page.find_face", lambda: latin)
    told = []
    setting = community_sheet.set_page
    monkeypatch.setattr(community_sheet, "set_page", lambda *a: told.append(a[1]) or setting(*a))
    done = write_community(city, tmp_path / "community", ZH)
    assert ZH("print.no_chinese_face") in done.notes
    assert told[0]["lang"] == "en"
    assert told[0]["sheets"][0]["name"] == "Willow Shade"
    assert told[0]["sheets"][2]["name"] == "n3"  # it has a Chinese name alone
    assert "柳荫社区" in (done.folder / "areas" / "1.html").read_text(encoding="utf-8")


# --- pieces ----------------------------------------------------------------------------------------------------------


def figures(*said):
    made = {"shown": lambda v: {"value": v}, "small": lambda v: {"below": v}, "withheld": lambda v: {}}
    return [Figure("area_group", "a", "incident", "theft", None, s, **made[s](v)) for s, v in said]


def test_a_season_sums_the_published_classes():
    line = season_line(figures(("shown", 15), ("small", 5), ("shown", 10)))
    assert (line.low, line.high) == (25, 29)  # 15 + 0 to 4 + 10
    line = season_line(figures(("small", 10), ("small", 10)))
    assert (line.low, line.high) == (0, 18)
    line = season_line(figures(("shown", 15), ("withheld", None)))
    assert (line.low, line.high) == (None, None)


def test_what_is_most_reported_comes_first_and_the_withheld_last():
    lines = [
        season_line(figures(("withheld", None))),
        season_line(figures(("small", 5))),
        season_line(figures(("shown", 10))),
        season_line(figures(("shown", 30))),
    ]
    assert most_first(lines) == (lines[3], lines[2], lines[1], lines[0])


@pytest.mark.parametrize(
    ("came", "state"),
    [(("done", "missed"), "done"), (("missed",), "missed"), (("missed", "open"), "open"), ((), "open")],
)
def test_a_remark_is_done_once_somebody_came_that_week(came, state):
    week, now = dt.date(2026, 10, 5), dt.date(2026, 10, 20)
    kept = [Promise("walk", week, None, one) for one in came]
    kept.append(Promise("walk", dt.date(2026, 10, 12), None, "done"))
    line = RemarkLine("noise", dt.date(2026, 9, 1), 9, "taken_up", None, week)
    assert [promise.state for promise in _answered([line], now, kept)] == [state]
    assert [promise.state for promise in _answered([line], week, kept)] == ["open"], "its week is not over"


def test_a_season_is_what_follows_without_a_gap(city):
    releases = {release.period.key: release for release in stored(city.workspace)}
    eight, nine = releases["2026-08"], releases["2026-09"]
    assert season_of([eight, nine]) == [eight, nine]
    if "2026-10" in releases:
        assert season_of([eight, releases["2026-10"]]) == [releases["2026-10"]]


def test_only_one_period_can_be_named():
    assert period_of(None, None) is None
    assert period_of("2026-10", None) == month("2026-10")
    assert period_of(None, "2026-10-05").key == "2026-10-05+28"
    with pytest.raises(InputError, match="only one can be meant"):
        period_of("2026-10", "2026-10-05")
