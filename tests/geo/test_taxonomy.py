"""The table of judgement is whole, and an edited one cannot bring in what is refused."""

# ruff: noqa: E501  (tables of cases read better in long lines)
import pytest

from geo.errors import InputError
from geo.taxonomy import DEFAULT_TAXONOMY, read_taxonomy
from tests.geo.intake_worlds import TAXONOMY

FIRST = [
    "theft",
    "burglary",
    "robbery",
    "vehicle",
    "fraud",
    "assault",
    "damage",
    "order",
    "drugs",
    "traffic",
    "missing",
    "other",
    "dispute",
    "hazard",
    "request",
]
SECOND = (
    [f"dispute.{k}" for k in ["neighbor", "noise", "family", "property", "wages", "consumer", "medical", "land", "other"]]
    + [f"hazard.{k}" for k in ["lighting", "fire", "road", "building", "water", "waste", "vehicle", "school", "other"]]
)  # fmt: skip
TOPICS = {
    "lighting",
    "fire",
    "theft_bicycle",
    "theft_person",
    "theft_vehicle",
    "burglary",
    "fraud",
    "noise",
    "neighbor",
    "parking",
    "wages",
    "consumer",
    "family",
    "road",
    "building",
    "water",
    "waste",
    "order",
    "drugs",
    "traffic",
    "school",
    "vehicle",
    "help",
}


def test_every_category_of_the_design_is_there_with_its_layer():
    for key in FIRST + SECOND:
        head = key.partition(".")[0]
        layer = {"dispute": "dispute", "hazard": "hazard", "request": "hazard"}.get(head, "incident")
        assert TAXONOMY.categories[key].layer == layer


def test_every_category_can_be_said_in_both_languages_and_weighs_something():
    for category in TAXONOMY.categories.values():
        assert category.name_zh
        assert category.name_en
        assert category.words
        assert 0 < category.harm <= 20  # one grave event must not outweigh a street of small ones
        assert set(category.topics) <= TOPICS
        assert category.public in ("square", "neighborhood", "city")
        assert category.revisit_days


def test_a_word_belongs_to_one_category():
    words = [word for category in TAXONOMY.categories.values() for word in category.words]
    assert len(words) == len(set(words))


def test_a_parent_matches_its_children():
    assert set(TAXONOMY.matches(["theft"])) >= {"theft", "theft.bicycle", "theft.shop"}
    assert "vehicle.theft" not in TAXONOMY.matches(["theft"])
    with pytest.raises(InputError, match="There is no category 'thef'"):
        TAXONOMY.matches(["thef"])


def test_an_unknown_key_falls_back_to_its_parent():
    assert TAXONOMY["theft.unheard_of"].key == "theft"
    assert TAXONOMY["nonsense"].key == "other"


def edited(folder, text):
    path = folder / "taxonomy.toml"
    path.write_text(text, encoding="utf-8")
    return path


CATEGORY = '[[category]]\nkey="other"\nlayer="{layer}"\nname_zh="{zh}"\nname_en="Other"\nwords=["{word}"]\nharm=1\nwho="officer"\n'


@pytest.mark.parametrize("word", ["上访", "重点人员", "petition", "Religion"])
def test_an_edited_taxonomy_with_a_refused_subject_is_refused(tmp_path, word):
    with pytest.raises(InputError, match="refuses to hold") as caught:
        read_taxonomy(edited(tmp_path, CATEGORY.format(layer="incident", zh="其他", word=word)))
    assert caught.value.key == "taxonomy.refused"


def test_an_edited_taxonomy_cannot_shorten_the_list_of_refused_subjects(tmp_path):
    path = edited(tmp_path, "[refused]\nwords = []\n" + CATEGORY.format(layer="incident", zh="其他", word="misc"))
    assert read_taxonomy(path).refused == read_taxonomy(DEFAULT_TAXONOMY).refused


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[[category", "taxonomy.unreadable"),
        (CATEGORY.format(layer="opinion", zh="其他", word="misc"), "taxonomy.value"),
    ],
)
def test_a_broken_taxonomy_says_where(tmp_path, text, key):
    with pytest.raises(InputError) as caught:
        read_taxonomy(edited(tmp_path, text))
    assert caught.value.key == key
