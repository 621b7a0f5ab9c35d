"""Spreadsheets: titles, merged cells, several sheets, and files meant to hurt."""

import datetime
import zipfile

import openpyxl
import pytest

from geo.errors import InputError
from geo.limits import Limits
from geo.tables import read_table
from tests.geo.intake_worlds import finding, read_text, two_villages

HEADER = ["编号", "事件类型", "发生时间", "经度", "纬度", "处理状态"]


def workbook(path, rows, *, merged=(), second_sheet=False):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    if second_sheet:
        book.create_sheet("说明").append(["填表说明"])
    book.save(path)
    return path


def test_a_ledger_with_title_and_real_dates(tmp_path):
    rows = [[f"YH{i}", "路灯不亮", datetime.datetime(2025, 3, 1 + i, 9, 30), 116.39, 39.9, "整改中"] for i in range(5)]
    path = workbook(tmp_path / "a.xlsx", [["某所隐患台账"], [], HEADER, *rows], merged=["A1:F1"], second_sheet=True)
    reading = read_text(tmp_path, path.read_bytes(), "a.xlsx", neighborhoods=two_villages())
    first = reading.events.iloc[0]
    assert (first.event_id, first.category, first.status, first.source_row) == ("YH0", "hazard.lighting", "open", 4)
    assert str(first.event_start) == "2025-03-01 09:30:00+08:00"
    assert finding(reading, "read.sheets").facts["others"] == "说明"


def test_a_cell_merged_over_rows_belongs_to_each(tmp_path):
    rows = [["噪音" if i % 2 == 0 else None, datetime.date(2025, 1, i + 1), 116.39, 39.9] for i in range(4)]
    path = workbook(tmp_path / "m.xlsx", [["类型", "日期", "经度", "纬度"], *rows], merged=["A2:A3", "A4:A5"])
    reading = read_text(tmp_path, path.read_bytes(), "m.xlsx")
    assert reading.events["category"].tolist() == ["dispute.noise"] * 4


@pytest.mark.parametrize(("rows", "key"), [([], "read.empty"), ([HEADER], "read.no_rows")])
def test_a_workbook_without_rows(tmp_path, rows, key):
    with pytest.raises(InputError) as caught:
        read_table(workbook(tmp_path / "a.xlsx", rows))
    assert caught.value.key == key


def test_a_far_cell_ends_the_child_and_not_the_program(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.cell(1_048_576, 16_384, "x")
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "far.xlsx")
    assert caught.value.key == "read.sheet_too_large"
    assert caught.value.facts["cells"] == 1_048_576 * 16_384
    assert caught.value.facts["limit"] == 40_000_000


def test_a_far_cell_on_another_sheet_hinders_nobody_who_names_theirs(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "台账 & 表"
    for row in [HEADER, ["1", "盗窃", "2025-01-01", 116.39, 39.9, "结案"]]:
        book.active.append(row)
    book.create_sheet("far").cell(1_048_576, 700, "x")
    book.save(tmp_path / "two.xlsx")
    with pytest.raises(InputError, match="far"):
        read_table(tmp_path / "two.xlsx")
    assert len(read_table(tmp_path / "two.xlsx", sheet="台账 & 表")) == 1


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "bomb.xlsx")
    assert caught.value.key == "read.too_large"


def test_half_a_workbook_is_no_workbook(tmp_path):
    whole = workbook(tmp_path / "a.xlsx", [HEADER, ["1", "盗窃", "2025-01-01", 116.39, 39.9, "结案"]]).read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError):
        read_table(tmp_path / "half.xlsx")


def test_of_several_sheets_the_one_that_looks_like_events_is_read_not_the_longest(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "字典"
    for i in range(50):
        book.active.append([f"代码{i}", f"说明{i}"])
    sheet = book.create_sheet("台账")
    for row in [["某所台账"], HEADER, ["1", "盗窃", "2025-01-01", 116.39, 39.9, "结案"]]:
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    reading = read_text(tmp_path, (tmp_path / "a.xlsx").read_bytes(), "a.xlsx")
    assert finding(reading, "read.sheets").facts["sheet"] == "台账"
    assert reading.events["source_row"].tolist() == [3]


def test_a_sheet_can_be_chosen_and_a_wrong_name_lists_the_sheets(tmp_path):
    book = openpyxl.Workbook()
    for name, kind in (("一月", "盗窃"), ("二月", "噪音")):
        sheet = book.create_sheet(name)
        for row in [HEADER, *([str(i), kind, f"2025-01-{i + 1:02d}", 116.39, 39.9, "结案"] for i in range(3))]:
            sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    data = (tmp_path / "a.xlsx").read_bytes()
    assert set(read_text(tmp_path, data, "a.xlsx", sheet="二月").events["category"]) == {"dispute.noise"}
    with pytest.raises(InputError, match=r"there is no sheet '三月'\. Choose among Sheet, 一月, 二月"):
        read_text(tmp_path, data, "a.xlsx", sheet="三月")


@pytest.mark.parametrize("epoch", [openpyxl.utils.datetime.WINDOWS_EPOCH, openpyxl.utils.datetime.MAC_EPOCH])
def test_both_epochs_give_the_same_days_formatted_or_bare(tmp_path, epoch):
    book = openpyxl.Workbook()
    book.epoch = epoch
    moment = datetime.datetime(2025, 3, 1, 9, 30)
    bare = (moment - epoch).total_seconds() / 86400
    book.active.append([*HEADER, "上报时间"])
    for i in range(3):
        book.active.append([f"{i}", "路灯不亮", bare + i, 116.39, 39.9, "整改中", moment + datetime.timedelta(days=i)])
    book.save(tmp_path / "a.xlsx")
    events = read_text(tmp_path, (tmp_path / "a.xlsx").read_bytes(), "a.xlsx").events
    assert [str(t)[:16] for t in events["event_start"]] == [f"2025-03-0{i} 09:30" for i in (1, 2, 3)]
    assert events["reported_at"].tolist() == events["event_start"].tolist()


def test_the_memory_that_reading_may_take_is_named_when_it_runs_out(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx", [HEADER, *([str(i), "盗窃", "2025-01-01", 116.3, 39.9, ""] for i in range(500))]
    )
    with pytest.raises(InputError, match="more than the 50 MB of memory"):
        read_table(path, limits=Limits(memory_mb=50))
