import datetime as dt
import hashlib
import json
import re
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
from geo.privacy import scan_folder
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
from views import briefing, print_page, volunteer_sheet, walk_sheet
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
    "volunteers/watch-1.gpx",
}

# Of them, those with numbers of four decimals: crossings, and widths of columns.
PLACED = ("watches.geojson", "watches.ics", "watch-1.gpx", "roster.xlsx")


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

    def record(template, data, face, picture, pictures=None):
        sheets.setdefault(template, []).append(json.dumps(data, ensure_ascii=False))
        return setting(template, data, face, picture, pictures)

    for module in (briefing, walk_sheet, volunteer_sheet):
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
    assert list(post.columns) == [
        "number", "street", "area", "date", "start", "end", "check_in", "sunset", "round", "topics", "geometry",
    ]  # fmt: skip
    assert post["number"].tolist() == [1]
    assert "Post 2" not in inside


def test_what_volunteers_get_depends_on_nothing_but_what_the_gate_lets_out(tmp_path):
    # Another plan with the same post: other counts, reasons, categories, hotspots, places of reports, walks, officers.
    other = toy_plan()
    watch = other.watches[0]
    watch.x, watch.y = watch.x + 41.0, watch.y - 37.0
    watch.harm, watch.events, watch.hotspot_id = 99.5, 77.25, "h1"
    watch.categories, watch.reasons = (
        (("dispute.noise", 31),),
        (("print.found", {"category": "dispute.noise", "n": 31}),),
    )
    watch.topics = ("noise", *watch.topics)  # a quarrel's topic does not pass
    other.watches[1].x += 75.0
    other.walks, other.unreached, other.harm_total, other.events_covered = other.walks[:1], (), 500.0, 3.0
    write(tmp_path / "one")
    write(tmp_path / "other", plan=other, hotspots=toy_hotspots().iloc[:1], sentences=["别的话。"])
    one, two = contents(tmp_path / "one" / "volunteers"), contents(tmp_path / "other" / "volunteers")
    assert set(one) == {Path(name).name for name in FOR_VOLUNTEERS}
    assert {name for name in one if one[name] != two[name]} == set()
    assert (tmp_path / "one" / "plan.json").read_bytes() != (tmp_path / "other" / "plan.json").read_bytes()


def test_no_coordinate_for_volunteers_is_finer_than_four_decimals(tmp_path):
    write(tmp_path)
    for path in (tmp_path / "volunteers").iterdir():
        if path.suffix in (".gpx", ".geojson", ".ics"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"\d\.\d{5,}", text.replace("1e-06", "")), path.name
            assert "39.7498" in text


def test_every_byte_for_volunteers_is_searched_and_holds_no_id_and_no_text_of_a_source(tmp_path):
    watch = (plan := toy_plan()).watches[0]
    watch.hotspot_id, watch.categories = "secret-hotspot", (("theft.bicycle", 7),)
    write(tmp_path, plan=plan)
    found = scan_folder(tmp_path / "volunteers", ["secret-hotspot"], ["theft.bicycle", "入室盗窃案"])
    # A workbook holds widths of columns and a file of relations; ids and texts are looked for in both.
    allowed = {f"{name}: holds a number with more than three decimals, as coordinates have" for name in PLACED}
    assert set(found) <= allowed | {"roster.xlsx: is of a kind that is not searched"}
    assert any("secret-hotspot" in path.read_text(encoding="utf-8") for path in [tmp_path / "plan.json"])


def test_a_round_for_phones_leads_by_crossings_back_to_the_post(tmp_path):
    write(tmp_path, "en")
    document = gpxpy.parse((tmp_path / "volunteers" / "watch-1.gpx").read_text(encoding="utf-8"))
    points = document.routes[0].points
    assert (points[0].latitude, points[0].longitude) == (points[-1].latitude, points[-1].longitude)
    assert (document.waypoints[0].latitude, document.waypoints[0].longitude) == (
        points[0].latitude,
        points[0].longitude,
    )
    assert document.routes[0].length() == pytest.approx(600, abs=40)  # 11 m of rounding at each corner
    assert "WGS 84" in document.description
    assert document.tracks == []


def test_the_volunteers_sheet_says_when_where_whom_to_call_and_what_to_say(tmp_path, printed):
    write(tmp_path, "zh", station_phone="010-6555 0110")
    sheet = json.loads(printed["volunteers.typ"][0])
    post = sheet["posts"][0]
    assert post["check_in"] == ["19:00", "20:00", "21:00"]
    assert "16:53 日落" in post["light"]
    assert "有路灯" in post["light"]
    assert [row["street"] for row in post["way"]] == ["桂花巷", "杏林路", "学前街", "新桥路"]
    assert post["topics"] == [
        {"title": "电动车防盗", "advice": ["上两把锁。", "夜里停进车棚。"], "where": "找谁：报警 110"},
    ]
    assert "110" in sheet["calls"][0]
    assert "010-6555 0110" in sheet["calls"][2]
    assert any("两人一组" in rule for rule in sheet["rules"])
    assert post["map"] == "map-1.svg"


def test_a_station_without_a_number_leaves_a_line_to_fill_in(tmp_path, printed):
    write(tmp_path, "en")
    assert "____" in json.loads(printed["volunteers.typ"][0])["calls"][2]


def test_without_streets_volunteers_get_an_area_no_map_and_no_round(tmp_path, printed):
    write(tmp_path, "en", on_streets=False)
    post = json.loads(printed["volunteers.typ"][0])["posts"][0]
    assert (post["street"], post["area"], post["map"], post["way"]) == ("Bell Tower", "", "", [])
    assert post["light"].startswith("After dark")
    assert not list((tmp_path / "volunteers").glob("*.gpx"))


def test_a_round_that_an_earlier_plan_left_goes(tmp_path):
    write(tmp_path)
    (tmp_path / "volunteers" / "watch-7.gpx").write_text("old")
    (tmp_path / "volunteers" / "watch-notes.txt").write_text("mine")
    write(tmp_path)
    assert {path.name for path in (tmp_path / "volunteers").glob("watch-*")} == {"watch-1.gpx", "watch-notes.txt"}


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
