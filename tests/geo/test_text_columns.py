"""A column of few texts and one of many say the same, however they are held."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import text_columns
from geo.text_columns import TextColumn, stack_columns, text_column
from geo.text_keys import mixed, shared_keys, text_keys

CELLS = st.lists(st.sampled_from(["", " ", "a", "b ", "NULL", "-", "äö", "\u3000中文", "x" * 70, "12345678", "a\tb"]))


def both_ways(cells, monkeypatch):
    """The column coded by distinct texts, and held cell by cell."""
    coded = text_column("c", pa.array(cells, pa.string()))
    monkeypatch.setattr(text_columns, "_is_varied", lambda _: True)
    return coded, text_column("c", pa.array(cells, pa.string()))


@settings(max_examples=60)
@given(CELLS)
def test_both_ways_of_holding_cells_say_the_same(cells):
    with pytest.MonkeyPatch.context() as patch:
        coded, varied = both_ways(cells, patch)
    assert (coded.cells is None, varied.cells is None) == (True, False)
    assert varied.values.to_pylist() == coded.values.to_pylist()
    assert varied.codes.tolist() == coded.codes.tolist()
    assert (varied.filled, varied.distinct) == (coded.filled, coded.distinct)
    assert varied.is_filled.tolist() == coded.is_filled.tolist()
    assert varied.shared().tolist() == coded.shared().tolist()
    assert [varied.cell(i) for i in range(len(cells))] == [coded.cell(i) for i in range(len(cells))]
    lengths = [
        column.spread(np.array([len(t) for t in column.to_read.to_pylist()], int), -1) for column in (coded, varied)
    ]
    assert lengths[0].tolist() == lengths[1].tolist()
    assert sum(coded.weights()) == len(varied.to_read)
    assert varied.first(2) == coded.first(2)


@settings(max_examples=60)
@given(CELLS, CELLS)
def test_columns_below_one_another_are_one_column(one, two):
    whole = text_column("c", pa.array(one + two, pa.string()))
    with pytest.MonkeyPatch.context() as patch:
        coded, varied = both_ways(one, patch)
        below = text_column("c", pa.array(two, pa.string()))
    for top in (coded, varied):
        stacked = stack_columns([top, below])
        assert stacked.codes.tolist() == whole.codes.tolist()
        assert stacked.values.to_pylist() == whole.values.to_pylist()


def test_cells_are_held_as_they_are_where_most_differ():
    numbers = pa.array([f"K{i}" for i in range(40_000)])
    assert text_column("c", numbers).cells is not None
    assert text_column("c", pa.array([f"K{i % 5000}" for i in range(40_000)])).cells is None


@settings(max_examples=100)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=40))
def test_equal_texts_have_equal_keys_and_others_have_not(texts):
    keys = text_keys(pa.array(texts, pa.string())) if texts else np.empty(0, np.uint64)
    assert len(set(keys.tolist())) == len(set(texts))
    assert len({*zip(texts, keys.tolist(), strict=True)}) == len(set(texts))


@pytest.mark.parametrize("width", [1, 7, 8, 9, 12, 16, 22, 64, 65])
def test_keys_hang_on_every_byte_of_texts_of_one_width(width):
    base = "a" * width
    texts = [base, *(base[:i] + "b" + base[i + 1 :] for i in range(width))]
    keys = text_keys(pa.array(texts).slice(1))
    assert len(set(keys.tolist())) == width
    assert text_keys(pa.array(texts[1:])).tolist() == keys.tolist()


def test_half_a_million_numbers_have_as_many_keys():
    keys = text_keys(pa.array([f"2021{i:08d}" for i in range(500_000)]))
    assert shared_keys(keys) == (500_000, pytest.approx([]))
    grid = np.arange(500_000, dtype=np.uint64)
    assert shared_keys(mixed(mixed(np.uint64(1), grid // np.uint64(700)), grid % np.uint64(700)))[0] == 500_000


@settings(max_examples=100)
@given(st.lists(st.integers(0, 30), max_size=60))
def test_shared_keys_are_those_that_occur_twice(numbers):
    distinct, rows = shared_keys(np.array(numbers, np.uint64))
    assert distinct == len(set(numbers))
    assert rows.tolist() == [i for i, n in enumerate(numbers) if numbers.count(n) > 1]


def test_a_column_of_nothing():
    column = text_column("c", pa.chunked_array([], pa.string()))
    assert (len(column), column.filled, column.distinct, column.first(3)) == (0, 0, 0, [])
    assert isinstance(column, TextColumn)


def test_a_sample_of_many_is_not_fooled_by_a_pattern_of_rows():
    cells = pa.array(["same" if i % 4 == 0 else f"K{i}" for i in range(80_000)])
    some = text_column("c", cells).sample(500)
    assert len(some) == len(set(some)) == 500
    assert np.mean(some == "same") < 0.01
