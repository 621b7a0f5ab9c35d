import datetime as dt
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import gpxpy
import openpyxl
import pandas as pd
import pytest
from icalendar import Calendar

from geo.errors import InputError
from geo.taxonomy import read_taxonomy
from jobs.products import write_plan
from tests.plan_world import (
    CRS,
    place_of,
    toy_hotspots,
    toy_land,
    toy_neighborhoods,
    toy_plan,
    toy_streets,
    toy_topics,
)
from views import briefing, print_page, walk_sheet
from views.fonts import find_face
from views.i18n import Translator

# Whole runs: `make test` has them, `make check` leaves them out.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ALWAYS = {
    "plan.json", "watches.geojson", "walks.geojson", "plan.gpkg", "plan.ics", "roster.xlsx", "briefing.pdf",
    "walk-1.gpx", "walk-1.pdf", "walk-2.gpx", "walk-2.pdf",
}  # fmt: skip
FOR_VOLUNTEERS = {
    "volunteers/roster.xlsx",
    "volunteers/watches.geojson",
    "volunteers/watches.ics",
    "volunteers/sheet.pdf",
}


def write(folder, language="zh", *, plan=None, on_streets=True, face=None, **changed):
    t = Translator(language)
    units = toy_neighborhoods().set_index("neighborhood_id")
    given = {
        "t": t,
        "crs": CRS,
        "station": "柳溪派出所" if language == "zh" else "Willow Stream station",
        "as_of": pd.Timestamp("2026-11-22", tz="Asia/Shanghai"),
        "span": (dt.date(2026, 10, 25), dt.date(2026, 11, 21)),
        "place_of": lambda x, y, unit: place_of(x, y, language),
        "neighborhood_of": lambda unit: t.name(units.loc[unit]) if unit else "",
        "taxonomy": read_taxonomy(),
        "topics": toy_topics(),
        "streets": toy_streets() if on_streets else None,
        "land": toy_land(),
        "neighborhoods": toy_neighborhoods(),
        "hotspots": toy_hotspots(),
        "sentences": ["纠纷确有上升。"] if language == "zh" else ["Disputes have risen."],
        "timezone": "Asia/Shanghai",
        "face": face,
    }
    return write_plan(plan or toy_plan(on_streets=on_streets), folder, **(given | changed))


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def all_text(folder):
    """Every word in a folder of products, whatever the format; PDFs by what `printed` recorded beside them."""
    texts = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".xlsx":
            pages = openpyxl.load_workbook(path).worksheets
            texts += [str(c.value) for page in pages for row in page.iter_rows() for c in row if c.value is not None]
        elif path.suffix in (".json", ".geojson", ".gpx", ".ics"):
            texts.append(path.read_text(encoding="utf-8"))
    return "\n".join(texts)


@pytest.fixture
def printed(monkeypatch):
    """What each sheet was set from, by template: the pages hold these values and the map, nothing else."""
    sheets: dict[str, list[str]] = {}
    setting = print_page.set_page

    def record(template, data, face, picture):
        sheets.setdefault(template, []).append(json.dumps(data, ensure_ascii=False))
        return setting(template, data, face, picture)

    for module in (briefing, walk_sheet):
        monkeypatch.setattr(module, "set_page", record)
    return sheets


@pytest.fixture(scope="module")
def chinese(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan")
    return write(folder)


def test_the_folder_holds_what_the_design_names_and_lists_it(chinese):
    found = set(contents(chinese.folder))
    assert found == ALWAYS | FOR_VOLUNTEERS
    assert {str(Path(name).relative_to(chinese.folder)) for name in chinese.files} == found


def test_the_same_plan_gives_the_same_bytes_in_another_process_later(chinese, tmp_path):
    code = "from pathlib import Path; import sys; from tests.jobs.test_products import write; write(Path(sys.argv[1]))"
    time.sleep(1.1)
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=ROOT)
    here, there = contents(chinese.folder), contents(tmp_path)
    assert {name for name in here if here[name] != there.get(name)} == set()


def test_the_digest_is_of_all_else_in_the_plan(chinese):
    content = json.loads((chinese.folder / "plan.json").read_text(encoding="utf-8"))
    digest = content.pop("digest")
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert digest.replace(" ", "") == hashlib.sha256(canonical.encode()).hexdigest()[:16]
    assert digest == chinese.digest


def test_another_plan_has_another_digest(chinese, tmp_path):
    plan = toy_plan()
    plan.walks[0].stops[0].dwell_minutes = 13.0
    assert write(tmp_path, plan=plan).digest != chinese.digest


def test_plan_json_has_the_keys_others_build_on(chinese):
    content = json.loads((chinese.folder / "plan.json").read_text(encoding="utf-8"))
    assert {
        "week", "watches", "walks", "harm_covered", "harm_covered_bound", "harm_total", "events_covered", "unreached",
        "on_streets", "detour_factor", "parameters", "seed", "digest",
    } <= set(content)  # fmt: skip
    walk = content["walks"][0]
    assert walk["minutes"] == pytest.approx(1500 / 70 + 36, abs=0.05)
    assert walk["length_m"] == 1500
    assert [stop["number"] for stop in walk["stops"]] == [1, 2, 3]
    assert all(stop["lon"] == round(stop["lon"], 6) for stop in walk["stops"])
    assert content == chinese.plan


def test_layers_and_figures_agree_with_the_plan(chinese):
    walks = gpd.read_file(chinese.folder / "walks.geojson")
    assert walks.to_crs(CRS).length.tolist() == pytest.approx([1500, 1500], abs=0.5)
    stops = gpd.read_file(chinese.folder / "plan.gpkg", layer="stops")
    assert stops.crs.to_string() == CRS
    assert stops.groupby("walk").size().tolist() == [3, 3]
    assert gpd.list_layers(chinese.folder / "plan.gpkg")["name"].tolist() == ["watches", "stops", "walks", "hotspots"]
    watches = gpd.read_file(chinese.folder / "watches.geojson")
    assert [str(start)[:5] for start in watches["start"]] == ["19:00", "19:00"]


def test_routes_and_calendar_agree_with_the_plan(chinese):
    route = gpxpy.parse((chinese.folder / "walk-1.gpx").read_text(encoding="utf-8"))
    assert len(route.routes[0].points) == 5
    assert route.tracks[0].length_2d() == pytest.approx(1500, rel=0.005)
    assert "WGS 84" in route.description
    events = Calendar.from_ical((chinese.folder / "plan.ics").read_bytes()).walk("VEVENT")
    assert len(events) == 4
    assert min(e.decoded("dtstart") for e in events) == dt.datetime(2026, 11, 24, 7, tzinfo=dt.UTC)


def test_the_roster_names_slots_never_people(chinese):
    book = openpyxl.load_workbook(chinese.folder / "roster.xlsx")
    assert book.sheetnames == ["走访", "停留站", "守望"]
    head = [cell.value for cell in book["走访"][3]]
    slot = head.index("值班位 1（签名）")
    assert {row[slot].value or "" for row in book["走访"].iter_rows(min_row=4)} == {""}
    assert [page.max_row for page in book] == [3 + 2, 3 + 6, 3 + 2]
    assert chinese.digest in book["走访"]["A1"].value


def test_a_place_that_looks_like_a_formula_stays_text_in_the_roster(tmp_path):
    write(tmp_path, place_of=lambda x, y, unit: "=cmd|' /C calc'!A0")
    page = openpyxl.load_workbook(tmp_path / "roster.xlsx")["守望"]
    cells = [cell for row in page.iter_rows() for cell in row if cell.value == "=cmd|' /C calc'!A0"]
    assert cells
    assert all(cell.data_type == "s" for cell in cells)


def test_volunteers_get_nothing_that_the_gate_keeps_back(tmp_path, printed):
    # Every secret is a string that occurs nowhere else, planted where the plan holds counts, reasons, categories, ids.
    plan = toy_plan()
    for watch in plan.watches:
        watch.harm, watch.events = 8715.25, 6423.75
        watch.categories = (("theft.bicycle", 91827),)
        watch.hotspot_id = "secret-hotspot"
    plan.harm_total = 777_123.0
    write(tmp_path, "en", plan=plan)
    inside = all_text(tmp_path / "volunteers") + "".join(printed["volunteers.typ"])
    outside = all_text(tmp_path)
    for secret in ("8715.25", "6423.75", "91827", "secret-hotspot", "777123.0"):
        assert secret in outside
        assert secret not in inside
    post = gpd.read_file(tmp_path / "volunteers" / "watches.geojson")
    assert list(post.columns) == ["number", "street", "area", "date", "start", "end", "topics", "geometry"]
    assert post["number"].tolist() == [1]
    assert "Post 2" not in inside
    assert not list((tmp_path / "volunteers").glob("*.gp*"))


def test_without_volunteers_there_is_nothing_for_them_and_old_files_go(tmp_path):
    write(tmp_path)
    plan = toy_plan()
    plan.watches, plan.walks = plan.watches[1:], plan.walks[:1]
    (tmp_path / "mine.txt").write_text("kept")
    products = write(tmp_path, plan=plan)
    found = set(contents(tmp_path))
    assert not any("volunteers" in name or name.startswith("walk-2") for name in found)
    assert "mine.txt" in found
    assert found - {"mine.txt"} == {str(Path(name).relative_to(tmp_path)) for name in products.files}


def test_without_streets_every_product_says_so(tmp_path, printed):
    products = write(tmp_path, "en", on_streets=False)
    assert products.notes == ["No street data: distances are straight lines times 1.3; choose the way on the spot."]
    content = products.plan
    assert (content["on_streets"], content["detour_factor"]) == (False, 1.3)
    sheets = printed["briefing.typ"] + printed["walk.typ"]
    assert ["straight lines times 1.3" in sheet for sheet in sheets] == [True] * 3
    assert "straight lines times 1.3" in (tmp_path / "walk-1.gpx").read_text()
    assert "straight lines times 1.3" in openpyxl.load_workbook(tmp_path / "roster.xlsx")["Walks"]["A3"].value
    assert gpd.read_file(tmp_path / "walks.geojson")["straight_lines"].all()
    assert gpd.read_file(tmp_path / "volunteers" / "watches.geojson").geometry.isna().all()


def test_a_machine_without_chinese_type_prints_english_and_says_so_in_the_language_asked_for(tmp_path, printed):
    products = write(tmp_path, "zh", face=find_face(system_fonts=False))
    assert products.notes == ["这台电脑没有中文字体，打印件改用英文。"]
    face = find_face(system_fonts=False)
    for sheet in [text for sheets in printed.values() for text in sheets]:
        assert "no Chinese font" in sheet
        assert face.can_draw(sheet)
    # Tables and routes are read on screens that have the type: they stay in the language asked for.
    assert "柳荫" in (tmp_path / "plan.json").read_text(encoding="utf-8")


def test_an_empty_plan_is_a_folder_too(tmp_path):
    plan = toy_plan()
    plan.walks, plan.watches, plan.unreached = (), (), ()
    products = write(tmp_path, plan=plan)
    assert products.plan["walks"] == []
    assert set(contents(tmp_path)) == {
        "plan.json", "watches.geojson", "walks.geojson", "plan.gpkg", "plan.ics", "roster.xlsx", "briefing.pdf",
    }  # fmt: skip
    assert len(gpd.read_file(tmp_path / "walks.geojson")) == 0


def test_a_folder_that_is_a_file_is_refused_in_words(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="cannot be written to") as refused:
        write(tmp_path / "taken")
    assert refused.value.key == "export.no_folder"
