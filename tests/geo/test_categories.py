"""Source text → category: the longest word wins, whole words only, and refused subjects are found."""

# ruff: noqa: E501  (tables of cases read better in long lines)
import numpy as np
import pytest

from geo.categories import WordFinder, choose
from geo.headers import REPORTER_WORDS, STATUS_WORDS
from tests.geo.intake_worlds import TAXONOMY, finding, read_text

FINDER = WordFinder(TAXONOMY)


def category(text):
    return FINDER.categorize(np.array([text], dtype=object)).keys[0]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Thefts", "theft"), ("Theft from Vehicle", "theft.vehicle"), ("Motor Vehicle Theft", "vehicle.theft"), ("BIKE - STOLEN", "theft.bicycle"),
        ("LARCENY SHOPLIFTING", "theft.shop"), ("Theft from the person", "theft.person"), ("Burglary Residential", "burglary"),
        ("Burglary Non-Residential", "burglary.business"), ("Robbery No Firearm", "robbery"), ("Firearm offense", "assault.weapon"),
        ("Other Assaults", "assault"), ("Homicide - Criminal", "assault.homicide"), ("Vandalism/Criminal Mischief", "damage"),
        ("Narcotic / Drug Law Violations", "drugs"), ("DRIVING UNDER THE INFLUENCE", "traffic"), ("All Other Offenses", "other"),
        ("Arson", "damage.arson"), ("Anti-social behaviour", "dispute.nuisance"), ("Public order", "order"),
        ("Street Light Outages", "hazard.lighting"), ("Pothole Repair (Internal)", "hazard.road"), ("Abandoned Vehicles", "hazard.vehicle"),
        ("Work Hours-Loud Noise Complaints", "dispute.noise"), ("Heat - Excessive  Insufficient", "dispute.property"),
        ("Fire Hydrant", "hazard.fire"), ("Watermain Break", "hazard.water"), ("Rodent Activity", "hazard.waste"),
        ("住宅竊盜", "burglary"), ("电动车被盗", "theft.bicycle"), ("盗窃电动自行车案", "theft.bicycle"), ("扒窃", "theft.person"),
        ("电信网络诈骗", "fraud.telecom"), ("邻里纠纷", "dispute.neighbor"), ("夜间施工噪音扰民", "dispute.noise"), ("拖欠农民工工资，讨薪", "dispute.wages"),
        ("楼道堆物堵塞消防通道", "hazard.fire"), ("路灯不亮", "hazard.lighting"), ("井盖缺失", "hazard.road"), ("老人走失", "missing"),
        ("酒驾", "traffic"), ("打架斗殴", "assault"), ("群众求助", "request"), ("theft.bicycle", "theft.bicycle"),
        ("firearmless", ""), ("Checkin", ""), ("未分类", ""),
    ],
)  # fmt: skip
def test_texts_of_many_places_are_recognized(text, key):
    assert category(text) == key


@pytest.mark.parametrize(
    "text",
    ["Domestic violence", "Offenses Against Family and Children", "家庭暴力", "家暴", "Rape", "Other Sex Offenses (Not Commercialized)",
     "Sexual assault", "强制猥亵", "Violence and sexual offences", "夫妻吵架"],
)  # fmt: skip
def test_violence_at_home_and_sexual_offences_are_never_listed(text):
    assert not TAXONOMY[category(text)].listed
    assert TAXONOMY[category(text)].who == "referral"


@pytest.mark.parametrize(
    "text", ["上访", "群众信访", "重点人员走访", "Protest", "religious gathering", "吸毒人员管控", "集體遊行"]
)
def test_refused_subjects_are_found(text):
    assert FINDER.categorize(np.array([text], dtype=object)).refused[0]


@pytest.mark.parametrize(
    "text", ["Repetition of noise", "competition", "original sign missing", "Street racing", "trace of burglary"]
)
def test_words_that_only_contain_one_are_not(text):
    assert not FINDER.categorize(np.array([text], dtype=object)).refused[0]


def test_violence_at_home_that_another_column_names_is_never_listed(tmp_path):
    rows = [
        "BATTERY,SIMPLE,false",
        "BATTERY,DOMESTIC BATTERY SIMPLE,false",
        "BATTERY,SIMPLE,true",
        "THEFT,FROM BUILDING,true",
    ]
    text = "date,lon,lat,Primary Type,Description,Domestic\n" + "".join(
        f"2020-01-01,-87.6,41.8,{row}\n" for row in rows
    )
    reading = read_text(tmp_path, text, columns={"category": "Primary Type"})
    assert reading.events["category"].tolist() == ["assault", "assault.domestic", "assault.domestic", "theft"]
    assert finding(reading, "category.protected").rows == 2


def test_status_and_reporter_words():
    status = choose(
        np.array(["已办结", "未办结", "调解中", "Closed", "In Progress", "已整改", "未整改", "whatever"], dtype=object),
        STATUS_WORDS,
    )
    assert status.tolist() == ["closed", "open", "open", "closed", "open", "closed", "open", ""]
    by = choose(
        np.array(["Citizens Connect App", "Employee Generated", "群众报警", "网格员巡查", "监控发现"], dtype=object),
        REPORTER_WORDS,
    )
    assert by.tolist() == ["resident", "patrol", "resident", "patrol", "system"]


def test_layers_come_from_categories_and_the_option_overrides(tmp_path):
    text = "date,lon,lat,type\n2020-01-01,116.39,39.9,theft\n2020-01-01,116.39,39.9,噪音\n2020-01-01,116.39,39.9,路灯不亮\n2020-01-01,116.39,39.9,zzz\n"
    reading = read_text(tmp_path, text)
    assert reading.events["layer"].tolist() == ["incident", "dispute", "hazard", "incident"]
    assert finding(reading, "layer.unknown").rows == 1
    forced = read_text(tmp_path, text, layer="hazard")
    assert forced.events["layer"].unique().tolist() == ["hazard"]
    assert forced.events["category"].tolist() == ["theft", "dispute.noise", "hazard.lighting", "hazard.other"]


def test_a_file_without_categories_is_other_of_its_layer(tmp_path):
    reading = read_text(tmp_path, "date,lon,lat\n2020-01-01,116.39,39.9\n", layer="dispute")
    assert reading.events["category"].tolist() == ["dispute.other"]
    assert finding(reading, "category.none")


def test_what_stayed_other_is_listed_by_count_and_texts_that_hardly_repeat_are_not_kept(tmp_path):
    rows = ["qqq"] * 6 + ["www"] * 5 + ["老王家的事"]
    text = "date,lon,lat,type\n" + "".join(f"2020-01-01,116.39,39.9,{kind}\n" for kind in [*rows, *["theft"] * 20])
    reading = read_text(tmp_path, text)
    unknown = finding(reading, "category.unknown")
    assert unknown.rows == 12
    assert unknown.facts["texts"] == "qqq (6); www (5)"
    kept = reading.events["category_source"]
    assert kept.iloc[:12].tolist()[:11] == rows[:11]
    assert kept.isna().tolist()[11]
