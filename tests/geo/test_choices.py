"""A planner's corrections are kept by the shape of the file and used again by themselves."""

import pytest

from geo.choices import Choices, Saved, read_choices, read_saved, save, shape_of
from geo.errors import InputError
from tests.geo.intake_worlds import finding, mapped, read_text

TEXT = "甲,乙,丙,丁,戊\n2020-01-01,2021-01-01,116.31,39.9,鸡犬不宁\n2020-01-02,2021-01-02,116.32,39.9,鸡犬不宁\n"
COLUMNS = {"event_start": "乙", "lon": "丙", "lat": "丁", "category": "戊"}


def test_a_shape_is_a_set_of_headers_whatever_their_order_and_case():
    assert shape_of(["Date", "LON", "lat"]) == shape_of(["lat", "date", "lon"])
    assert shape_of(["date", "lon"]) != shape_of(["date", "lon", "lat"])


def test_columns_and_categories_stand_in_one_file(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text('[columns]\nevent_start = "乙"\n[categories]\n"鸡犬不宁" = "dispute.noise"\n', encoding="utf-8")
    assert read_choices(path) == Choices({"event_start": "乙"}, {"鸡犬不宁": "dispute.noise"})
    path.write_text('event_start = "乙"\n[categories]\nx = "theft"\n', encoding="utf-8")
    assert read_choices(path) == Choices({"event_start": "乙"}, {"x": "theft"})


def test_what_is_saved_comes_back_and_categories_join(tmp_path):
    save(tmp_path, Saved({"abc": {"lon": "丙"}}, {"a": "theft"}), "a.csv")
    save(tmp_path, Saved({"abc": {"lon": "x"}}, {"b": "fraud"}), "b.csv")
    assert read_saved(tmp_path) == Saved({"abc": {"lon": "x"}}, {"a": "theft", "b": "fraud"})


def test_a_saved_choice_is_used_for_files_of_the_same_shape_and_told(tmp_path):
    first = read_text(tmp_path, TEXT, columns=COLUMNS, categories={"鸡犬不宁": "dispute.noise"})
    assert first.choices == Saved({shape_of("甲乙丙丁戊"): COLUMNS}, {"鸡犬不宁": "dispute.noise"})
    other_order = "\n".join(",".join(reversed(line.split(","))) for line in TEXT.split()) + "\n"
    again = read_text(tmp_path, other_order, saved=first.choices)
    assert mapped(again)["event_start"] == "乙"
    assert "乙 → event_start" in finding(again, "columns.reused").facts["columns"]
    assert finding(again, "category.chosen").rows == 2
    assert again.events["category"].tolist() == first.events["category"].tolist() == ["dispute.noise"] * 2
    assert again.events["event_id"].tolist() == first.events["event_id"].tolist()


def test_a_choice_by_hand_comes_before_a_saved_one_and_other_shapes_are_guessed(tmp_path):
    saved = Saved({shape_of("甲乙丙丁戊"): {**COLUMNS, "event_start": "甲"}})
    reading = read_text(tmp_path, TEXT, saved=saved, columns=COLUMNS)
    assert mapped(reading)["event_start"] == "乙"
    other = read_text(tmp_path, "date,lon,lat,type\n2020-01-01,116.3,39.9,theft\n", saved=saved)
    assert [f.code for f in other.report.findings if f.code == "columns.reused"] == []


def test_a_category_that_is_none_is_refused_with_its_text(tmp_path):
    with pytest.raises(InputError, match="'鸡犬不宁' is to be 'noise', which is no category"):
        read_text(tmp_path, TEXT, columns=COLUMNS, categories={"鸡犬不宁": "noise"})


def test_a_chosen_category_cannot_let_a_refused_subject_in(tmp_path):
    text = TEXT.replace("鸡犬不宁", "信访")
    with pytest.raises(InputError) as caught:
        read_text(tmp_path, text, columns=COLUMNS, categories={"信访": "dispute.noise"})
    assert caught.value.key == "read.all_refused"
