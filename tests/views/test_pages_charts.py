"""Small charts say their figures, in words that can be read, and escape what they are given."""

import numpy as np
import pytest

from views.charts import hours_heat, layer_counts, range_bar, share_text, week_squares, worth_bars


def test_week_squares_hold_every_count_and_the_periods_total():
    drawing = week_squares({"dispute": [0] * 10 + [3, 1], "hazard": [0] * 12}, {"dispute": 4}, "08-30", "11-21")
    assert drawing.count('width="14.4"') == 12
    assert ">4<" in drawing
    assert ">3<" in drawing
    assert ">08-30<" in drawing


def test_hours_without_events_are_empty_cells():
    drawing = hours_heat(np.zeros((7, 8)), ["一", "二", "三", "四", "五", "六", "日"])
    assert drawing.count("#F1F3F3") == 56


def test_a_range_stands_in_order():
    drawing = range_bar(2, 4, 6, None)
    left, middle = (float(drawing.split(part)[1].split('"')[0]) for part in ('<rect x="', '<circle cx="'))
    assert left < middle


def test_the_chosen_number_of_walks_is_bold():
    drawing = worth_bars([(3, 0.26), (4, 0.31)], 4)
    assert 'font-weight="700" text-anchor="middle"' in drawing.replace("  ", " ")
    assert ">31%<" in drawing


@pytest.mark.parametrize(("share", "said"), [(0.31, "31%"), (0.0312, "3.1%"), (0.0, "0%"), (1.0, "100%")])
def test_small_shares_keep_a_digit(share, said):
    assert share_text(share) == said


def test_layers_without_events_are_left_out():
    assert layer_counts({"incident": 0, "dispute": 2, "hazard": 0}).count("<img") == 1


def test_words_are_escaped():
    assert "<b>" not in hours_heat(np.ones((7, 8)), ["<b>"] * 7)
