"""Names, phones, identity and plate numbers do not come in, and do not show."""

# ruff: noqa: E501  (tables of cases read better in long lines)
import pytest

from geo.headers import normal
from geo.persons import MASK, mask, person_kind
from geo.read import read_events
from geo.taxonomy import read_taxonomy
from tests.geo.intake_worlds import finding, read_text

NAMES = ["张三", "李小四", "王五", "赵六", "陈七", "刘八"]


def kind(header, samples=("x",), distinct_share=1.0):
    return person_kind(header, normal(header), list(samples), distinct_share=lambda: distinct_share)


@pytest.mark.parametrize(
    ("header", "found"),
    [("报警人", "name"), ("联系电话1", "phone"), ("身份证号", "identity"), ("车牌号", "plate"), ("民族", "attribute"), ("门牌号", "address"),
     ("Victim_Name", "name"), ("PHONE", "phone"), ("Vict Age", "attribute"), ("license_plate", "plate"), ("VIC_RACE", "attribute")],
)  # fmt: skip
def test_headers_that_name_persons_are_refused(header, found):
    assert kind(header) == found


@pytest.mark.parametrize(
    "header", ["dc_key", "案件编号", "neighborhood", "Property_Type", "language", "package", "name of street lamp id"]
)
def test_other_headers_are_not(header):
    assert kind(header, ["A17", "B20"]) is None


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        (["13812345678", "139-1234-5678"], "phone"),
        (["(215) 555-0133", "267-555-0101"], "phone"),
        (["11010119800101123X", "310101199912310012"], "identity"),
        (["A123456789", "F131104093"], "identity"),
        (["京A12345", "沪B6789C"], "plate"),
        (["a.b@example.org", "c@d.com"], "email"),
        (NAMES, "name"),
    ],
)
def test_values_that_look_like_persons_are_refused(samples, found):
    assert kind("f1", samples) == found


@pytest.mark.parametrize(
    "samples",
    [
        ["I162049563", "I172000010", "I162000117", "I162000118"],  # case numbers with the shape of an identity number
        ["202103000007", "202112000046"],
        ["101001240734", "101001240735"],
        ["1577836800", "1577840400"],
        ["东城区", "西城区", "朝阳区", "海淀区", "丰台区"],
    ],
)
def test_numbers_of_cases_are_not(samples):
    assert kind("f1", samples) is None


def test_masked_within_text():
    assert mask("来电13812345678反映噪音") == f"来电{MASK}反映噪音"
    assert mask("Case 202103000007") == "Case 202103000007"


def test_nothing_of_a_person_is_left_anywhere(tmp_path):
    rows = "\n".join(
        f"2020-01-{i + 1:02d},116.39,39.9,{'重点人员' if i == 0 else '噪音'},{name},1381234567{i},{name}打电话1390000000{i}说楼上每天晚上都很吵，已经反映过三次，一直没有人管，请尽快派人到现场处理"
        for i, name in enumerate(NAMES)
    )
    reading = read_text(tmp_path, f"日期,经度,纬度,类型,甲,乙,丙\n{rows}\n")
    shown = reading.events.to_csv() + reading.rejects.to_csv() + repr(reading.report)
    for secret in (*NAMES, "13812345670", "13900000000"):
        assert secret not in shown
    assert [guess.refused for guess in reading.report.columns] == [False, False, False, False, True, True, False]
    assert finding(reading, "columns.refused").facts["columns"] == "甲, 乙"
    assert reading.rejects["reason"].tolist() == ["subject.refused"]


def test_what_is_not_read_is_not_shown(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{i},2026-01-{1 + i % 28:02d},2.3{i:03d},48.8{i:03d},Theft,Jean Dupont {i}" for i in range(40)]
    rows.append("41,unknown,2.3,48.8,Theft,call 0612345678 Mme Dupont")
    path.write_text("id,date,longitude,latitude,category,remarks\n" + "\n".join(rows) + "\n", encoding="utf-8")
    reading = read_events([path], taxonomy=read_taxonomy())
    shown = " ".join(sample for guess in reading.report.columns for sample in guess.samples)
    assert "Dupont" not in shown
    assert len(reading.rejects) == 1
    assert "Dupont" not in reading.rejects.to_csv()
