import pandas as pd
import pytest

from geo.taxonomy import read_taxonomy
from views.i18n import Translator
from views.sentences import headline
from views.words import number, sentence, spoken


def layers(**verdicts):
    return pd.DataFrame({"verdict": list(verdicts.values())}, index=list(verdicts))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Disputes rose beyond chance; incidents and hazards stayed within chance."),
        ("zh", "纠纷确有上升，警情和隐患在偶然波动之内。"),
    ],
)
def test_the_headline_says_first_what_is_beyond_chance(language, words):
    table = layers(incident="chance", dispute="rise", hazard="chance")
    assert headline(table, Translator(language)) == words


def test_where_nothing_can_be_compared_the_headline_says_so():
    assert "no earlier year" in headline(layers(incident="unknown"), Translator("en"))


def test_reasons_become_one_sentence_with_names_for_keys():
    reasons = [("why.recent", {"n": 3, "days": 14}), ("why.category", {"n": 2, "category": "theft.bicycle"})]
    text = sentence(reasons, read_taxonomy(), Translator("en"))
    assert text.endswith(".")
    assert "theft.bicycle" not in text
    assert "icycle" in text


def test_facts_are_spoken_and_counts_stay_counts():
    taxonomy, t = read_taxonomy(), Translator("en")
    assert spoken({"n": 2, "weekdays": [0, 6], "expected": 0.74}, taxonomy, t) == {
        "n": 2,
        "weekdays": "Mon, Sun",
        "expected": "0.7",
    }


@pytest.mark.parametrize(("value", "text"), [(1234.4, "1,234"), (9.96, "10"), (0.74, "0.7"), (3.0, "3")])
def test_numbers_are_rounded_for_reading(value, text):
    assert number(value) == text
