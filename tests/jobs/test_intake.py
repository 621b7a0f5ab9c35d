"""Intake as the command line does it: choices that stick, the report as a sheet, rejects that can be mended."""

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from cli import app
from geo.read import read_events
from geo.report import Finding
from jobs import intake
from jobs.intake import EFFECTS, findings_json
from views.i18n import Translator, catalogue

TEXT = (
    "甲,乙,丙,丁,戊\n2020-01-01,2021-01-01,116.31,39.9,鸡犬不宁\n2020-01-02,2021-01-02,116.32,39.9,鸡犬不宁\n"
    "2020-01-03,不详,116.33,39.9,鸡犬不宁\n"
)
CHOICES = """[columns]
event_start = "乙"
lon = "丙"
lat = "丁"
category = "戊"
[categories]
"鸡犬不宁" = "dispute.noise"
"""


def run(*arguments, expect=0):
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == expect, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.fixture
def files(tmp_path):
    for name, text in (("jan.csv", TEXT), ("feb.csv", TEXT.replace("2021-01", "2021-02")), ("m.toml", CHOICES)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def columns(answer):
    return {row["canonical"]: row["source"] for row in answer["columns"] if row["canonical"]}


def codes(answer):
    return {row["code"] for row in answer["findings"]}


def test_the_second_month_needs_no_choice(files):
    workspace = files / "w"
    first = run("import", files / "jan.csv", "-w", workspace, "--columns", files / "m.toml")
    assert (columns(first)["event_start"], first["rows_rejected"]) == ("乙", 1)
    assert len(list((workspace / "columns").iterdir())) == 1
    assert "dispute.noise" in (workspace / "categories.toml").read_text(encoding="utf-8")
    second = run("import", files / "feb.csv", "-w", workspace)
    assert columns(second) == columns(first)
    assert {"columns.reused", "category.chosen"} <= codes(second)
    assert second["events_added"] == 2


def test_a_check_keeps_no_choice(files):
    workspace = files / "w"
    run("import", files / "feb.csv", "-w", workspace, "--columns", files / "m.toml")
    for path in (workspace / "columns").iterdir():
        path.unlink()
    run("check", files / "jan.csv", "-w", workspace, "--columns", files / "m.toml")
    assert list((workspace / "columns").iterdir()) == []


def test_the_report_says_the_same_on_screen_in_json_and_as_a_sheet(files):
    common = ("check", files / "jan.csv", "-w", files / "none", "--columns", files / "m.toml", "--lang", "zh")
    answer = run(*common, "--report", files / "r.xlsx")
    run(*common, "--report", files / "r.csv")
    run(*common, "--report", files / "r.json")
    assert json.loads((files / "r.json").read_text(encoding="utf-8")) == answer
    table = pd.read_csv(files / "r.csv", encoding="utf-8-sig")
    assert table["发现"].tolist() == [row["message"] for row in answer["findings"]]
    assert table["首行"].tolist() == [row["example_row"] for row in answer["findings"]]
    book = openpyxl.load_workbook(files / "r.xlsx")
    sheet = book["发现"]
    assert sheet.cell(1, 1).value.startswith("读入 3 行：保留 2 行")
    assert [row[4].value for row in sheet.iter_rows(min_row=3)] == table["发现"].tolist()
    rejected = table[table["代码"] == "time.none"].iloc[0]
    assert (rejected["首行"], rejected["这些行的去向"]) == (4, "拒收，见拒收清单")
    assert rejected["怎么办"].startswith("请在拒收清单中改正日期")
    assert {"乙", "戊"} <= {row[0].value for row in book["各列"].iter_rows(min_row=3)}


def test_rejected_rows_can_be_mended_and_imported_again(files):
    workspace = files / "w"
    run("import", files / "jan.csv", "-w", workspace, "--columns", files / "m.toml", "--rejects", files / "bad.csv")
    text = (files / "bad.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].startswith("jan.csv,4,")
    (files / "bad.csv").write_text(text.replace("不详", "2021-01-03"), encoding="utf-8")
    again = run("import", files / "bad.csv", "-w", workspace, "--columns", files / "m.toml")
    assert (again["events_added"], again["rows_rejected"]) == (1, 0)


def test_what_reading_may_take_comes_from_the_workspace_s_settings(files, monkeypatch):
    workspace = files / "w"
    run("import", files / "jan.csv", "-w", workspace, "--columns", files / "m.toml")
    (workspace / "walkwatch.toml").write_text("read_memory_mb = 600\nread_seconds = 20\n", encoding="utf-8")
    seen = []

    def read(*paths, limits, **options):
        seen.append((limits.memory_mb, limits.seconds))
        return read_events(*paths, limits=limits, **options)

    monkeypatch.setattr(intake, "read_events", read)
    run("check", files / "jan.csv", "-w", workspace)
    assert seen == [(600, 20)]


def test_a_chosen_sheet_and_a_bad_choice_are_said_in_a_sentence(files):
    path = Path(files / "bad.toml")
    path.write_text('[categories]\n"鸡犬不宁" = "noise"\n', encoding="utf-8")
    answer = run("check", files / "jan.csv", "-w", files / "none", "--columns", path, expect=1)
    assert answer["error"]["key"] == "categories.unknown_key"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_effect_and_remedy_belongs_to_a_finding_and_is_worded(language):
    texts = catalogue(language)
    found = {key.removeprefix("finding.") for key in texts if key.startswith("finding.")}
    codes = {key for key in found if not key.startswith(("remedy.", "effect."))}
    assert set(EFFECTS) <= codes
    assert {key.removeprefix("remedy.") for key in found if key.startswith("remedy.")} <= codes
    assert {f"effect.{name}" for name in EFFECTS.values()} <= found
    (said,) = findings_json([Finding("count.zero", 1, 2, {"n": 1, "row": 2})], Translator(language))
    assert said["effect"]
    assert said["remedy"]
