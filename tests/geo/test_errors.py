"""Every sentence that reading can say exists in both languages, and says its facts."""

# ruff: noqa: E501  (tables of cases read better in long lines)
import re
from pathlib import Path

import pytest

from geo.errors import InputError
from geo.read import read_events
from geo.settings import read_settings
from tests.geo.intake_worlds import TAXONOMY, read_text
from views.i18n import Translator, catalogue

MINE = [
    "categories",
    "checks",
    "clean",
    "clean_points",
    "columns",
    "crs",
    "excel",
    "locate",
    "moments",
    "neighborhoods",
    "persons",
    "read",
    "report",
    "settings",
    "sniff",
    "tables",
    "taxonomy",
    "time_columns",
    "times",
    "vector",
]
SOURCES = {name: (Path(__file__).parents[2] / "geo" / f"{name}.py").read_text(encoding="utf-8") for name in MINE}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_key_of_an_error_has_its_sentence_and_remedy(language):
    texts = catalogue(language)
    keys = {key for source in SOURCES.values() for key in re.findall(r'key="([a-z_.]+)"', source)}
    assert len(keys) > 40
    assert not [key for key in sorted(keys) if key not in texts or f"{key}.remedy" not in texts]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_finding_has_its_sentence(language):
    texts = catalogue(language)
    pattern = r'(?:notes\.add|Finding|_finding)\(\s*"([a-z_.]+)"|facts\.append\(\("([a-z_.]+)"'
    codes = {a or b for source in SOURCES.values() for a, b in re.findall(pattern, source)}
    codes |= {f"time.order_{o}{g}" for o in ("dmy", "mdy") for g in ("", "_guessed")} | {
        "time.order_roc",
        "time.order_epoch",
        "time.order_excel",
    }
    codes |= {"time.band_through", "time.band_until", "time.hour", "time.days", "time.months", "time.years"}
    assert not [code for code in sorted(codes) if f"finding.{code}" not in texts]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_finding_of_a_bad_file_can_be_said(tmp_path, language):
    rows = ["116.3,39.9,2020-01-01,theft,A,13800000000,2", "39.9,116.3,05/13/2020 10:00,nothing known,A,13800000001,0", "0,0,2099-01-01,theft,A,13800000002,x",
            "x,39.9,2020-01-01,上访,A,13800000003,1", ",,soon,theft,A,13800000004,1"] + ["116.3,39.9,2020-01-01,theft,B,13800000005,1"] * 20  # fmt: skip
    reading = read_text(tmp_path, "lon,lat,date,type,case id,phone,count\n" + "\n".join(rows) + "\n")
    t = Translator(language)
    said = [t(f"finding.{finding.code}", **finding.facts) for finding in reading.report.findings]
    assert len(said) >= 8
    assert all("{" not in sentence for sentence in said)
    reasons = {guess.reason for guess in reading.report.columns}
    assert all(f"column.reason.{reason}" in t for reason in reasons)


def test_an_error_is_said_in_both_languages_with_its_value():
    with pytest.raises(InputError) as caught:
        read_events([Path("gone.csv")], taxonomy=TAXONOMY)
    assert Translator("en").error(caught.value) == "gone.csv: there is no such file. Check the path."
    assert Translator("zh").error(caught.value) == "gone.csv：没有这个文件。请核对路径。"


def test_settings_that_cannot_be_used_say_which_line(tmp_path):
    (tmp_path / "walkwatch.toml").write_text("cell_size = -5\n")
    with pytest.raises(InputError, match="cell_size") as caught:
        read_settings(tmp_path)
    assert "无法使用" in Translator("zh").error(caught.value)
