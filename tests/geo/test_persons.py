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


@pytest.mark.parametrize(
    "names",
    [
        ["张三", "李小四", "王五", "赵六", "陈七", "刘八", "杨江河"],
        ["欧阳明", "司马光远", "王李小明", "张伟", "刘洋", "陈静"],
        ["John Smith", "Mary Jones", "Robert Brown", "Linda T. Davis", "Xavier Moreau", "Susan O'Neil"],
        ["Smith, John", "Jones, Mary", "Brown, Robert", "Davis, Linda", "Garcia, Maria"],
        ["Wang Wei", "Li Na", "Zhang Min", "Liu Yang", "Chen Jing"],
        ["JEAN DUPONT", "MARIE MARTIN", "PIERRE DURAND", "SOPHIE BERNARD", "LUC PETIT"],
    ],
)
def test_names_are_refused_under_a_header_that_says_nothing(names):
    assert kind("f7", names, 0.6) == "name"
    assert kind("f7", names, 0.1) is None  # few kinds that repeat are no names


@pytest.mark.parametrize(
    "others",
    [
        ["黄河路", "马家堡", "王府井", "宋家庄", "方庄", "张江镇", "金桥"],
        ["高空抛物", "黄赌毒", "盗窃电动车", "邻里纠纷", "噪音扰民", "马路占道"],
        ["Market Street", "John Street", "James Avenue", "Martin Lane", "Henry Road", "St. Mary Street"],
        ["Simple Assault", "Motor Vehicle", "Weapon Violations", "Theft", "Fraud", "Vandalism Graffiti"],
        ["Beacon Hill", "Jamaica Plain", "Victoria Park", "Mission Hill", "Madison Heights", "Hyde Park"],
        ["Street light out", "Theft from vehicle", "Noise", "Rodent Activity", "Grace Hall"],
        ["东城区", "西城区", "朝阳区", "海淀区", "丰台区", "石景山区"],
    ],
)
def test_streets_places_and_kinds_are_not(others):
    assert kind("f7", others) is None


@pytest.mark.parametrize(
    "phone",
    ["+33 6 12 34 56 78", "06 12 34 56 78", "06.12.34.56.78", "0612345678", "+49 171 1234567", "0171/1234567", "030 1234567",
     "020 7946 0958", "+44 20 7946 0958", "+81-3-1234-5678", "03-1234-5678", "090-1234-5678", "+7 912 345-67-89", "8 (912) 345-67-89",
     "98765 43210", "612 345 678", "+55 (11) 91234-5678", "(11) 91234-5678", "0033612345678", "0049 30 123456", "+65 6123 4567",
     "+82 10-1234-5678", "+90 (532) 123 45 67", "+86 138 1234 5678"],
)  # fmt: skip
def test_phones_of_other_countries_are_masked_whole(phone):
    assert mask(f"call {phone} now") == f"call {MASK} now"


@pytest.mark.parametrize(
    "text",
    ["01-02-2024", "2024-01-05", "116.391234", "+116.391234", "0810 - Theft", "2021-01-01 05:00:00+00", "06/12/2021 10:30",
     "202103000007", "00:12:34", "08:00-09:00", "100-200 Main", "123 456 789", "+500123", "40.00786604701008", "40,00786604701008"],
)  # fmt: skip
def test_dates_numbers_and_codes_are_no_phones(text):
    assert mask(text) == text


def test_padded_numbers_of_cases_are_no_column_of_phones():
    assert kind("f7", ["0012345678", "0012345679", "0212345678"]) is None
    assert kind("f7", ["+33 6 12 34 56 78", "+33 6 98 76 54 32"]) == "phone"
