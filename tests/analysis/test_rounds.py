"""A round leads back to its crossing, stays near it, and follows from the streets alone."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString

from analysis.network import Network
from analysis.rounds import LEAST, LEAST_OUT, MOST, REACH, short_round
from tests.plan_world import BLOCK, COLUMNS, CRS, ROWS, at, toy_streets


@pytest.fixture(scope="module")
def network():
    return Network.from_streets(toy_streets())


def streets_of(*pieces):
    """Streets of (name, [(x, y), …]); ends are crossings by their coordinates."""
    ends = {xy: i for i, xy in enumerate(dict.fromkeys(xy for _, line in pieces for xy in (line[0], line[-1])))}
    rows = {
        "name": [name for name, _ in pieces],
        "name_en": [name for name, _ in pieces],
        "u": [ends[line[0]] for _, line in pieces],
        "v": [ends[line[-1]] for _, line in pieces],
        "walkable": True,
    }
    return Network.from_streets(gpd.GeoDataFrame(rows, geometry=[LineString(line) for _, line in pieces], crs=CRS))


def test_around_one_block_of_150_m_is_600_m_by_four_streets(network):
    found = short_round(network, *at(6, 1))
    assert found.loop
    assert found.length_m == pytest.approx(4 * BLOCK)
    assert [turn.kind for turn in found.turns] in (
        ["start", "left", "left", "left"],
        ["start", "right", "right", "right"],
    )
    assert {turn.street for turn in found.turns} < {*ROWS, *COLUMNS}
    assert sum(turn.length_m for turn in found.turns) == pytest.approx(found.length_m)
    assert tuple(found.corners[0]) == tuple(found.corners[-1]) == at(6, 1)


@given(column=st.integers(0, 8), row=st.integers(0, 6))
def test_a_round_stays_near_lies_on_streets_and_crosses_no_corner_twice(column, row):
    network = Network.from_streets(toy_streets())
    found = short_round(network, *at(column, row))
    away = np.hypot(*(found.corners - at(column, row)).T)
    assert away.max() <= REACH
    assert LEAST <= found.length_m <= MOST
    assert shapely.union_all(network.lines).buffer(0.01).contains(found.line)
    assert found.line.length == pytest.approx(found.length_m)
    inner = [tuple(corner) for corner in found.corners[:-1]]
    assert len(inner) == len(set(inner))


def test_the_same_streets_in_another_order_give_the_same_round(network):
    shuffled = Network.from_streets(toy_streets().sample(frac=1, random_state=3))
    for place in ((6, 1), (2, 3), (0, 2)):
        one, other = short_round(network, *at(*place)), short_round(shuffled, *at(*place))
        assert one.line.equals_exact(other.line, 1e-6)
        assert [t.street for t in one.turns] == [t.street for t in other.turns]


def test_streets_with_names_are_preferred():
    # Two blocks of equal length on either side; the western one is nameless.
    network = streets_of(
        ("甲街", [(0, 0), (0, 150)]), ("乙街", [(0, 150), (150, 150)]), ("丙街", [(150, 150), (150, 0)]),
        ("丁街", [(150, 0), (0, 0)]), ("", [(0, 150), (-150, 150)]), ("", [(-150, 150), (-150, 0)]),
        ("", [(-150, 0), (0, 0)]),
    )  # fmt: skip
    assert [turn.street for turn in short_round(network, 0, 0).turns] == ["甲街", "乙街", "丙街", "丁街"]


def test_without_a_loop_it_leads_there_and_back_and_tells_the_way_there():
    network = streets_of(
        ("甲街", [(0, 0), (0, 200)]), ("乙巷", [(0, 200), (30, 200)]), ("丙巷", [(0, 200), (-40, 200)]),
        ("甲街", [(0, 0), (0, -60)]), ("丁巷", [(0, 0), (50, 0)]),
    )  # fmt: skip
    found = short_round(network, 0, 0)
    assert not found.loop
    assert found.length_m == pytest.approx(400)
    assert [(turn.kind, turn.street, turn.length_m) for turn in found.turns] == [("start", "甲街", 200.0)]
    assert found.corners.tolist() == [[0, 0], [0, 200], [0, 0]]


def test_a_ring_too_small_to_walk_is_no_round():
    # A traffic island of 40 m around, and one short way out.
    network = streets_of(
        ("环岛", [(0, 0), (10, 0)]), ("环岛", [(10, 0), (10, 10)]), ("环岛", [(10, 10), (0, 10)]),
        ("环岛", [(0, 10), (0, 0)]),
        ("甲巷", [(10, 10), (10, 10 + LEAST_OUT / 2)]), ("乙巷", [(0, 0), (-20, 0)]),
    )  # fmt: skip
    assert short_round(network, 0, 0) is None


def test_a_place_that_is_no_crossing_of_the_network_has_no_round(network):
    assert short_round(network, *np.add(at(6, 1), (40, 0))) is None


def test_a_street_that_swings_far_out_is_not_walked():
    far = [(0, 0), (0, 900), (150, 900), (150, 0)]
    network = streets_of(
        ("远街", far), ("近街", [(0, 0), (150, 0)]), ("尾巷", [(150, 0), (160, 0)]), ("头巷", [(0, 0), (-9, 0)])
    )
    found = short_round(network, 0, 0)
    assert [turn.street for turn in found.turns] == ["近街"]
