"""Each layer by itself and all together: taking one away changes only what rests on it, and meetings are no chance."""

import numpy as np
import pandas as pd
import pytest

from analysis.hotspots import find_hotspots
from analysis.layer_tests import meeting_layers
from tests.analysis.worlds import AS_OF, joined, planted, scattered, square_city

GRID = square_city()
SPOTS = {"theft": (1050, 2050), "both": (3050, 750), "noise": (2050, 3250), "lamps": (750, 750)}


@pytest.fixture(scope="module")
def town() -> pd.DataFrame:
    """Two layers scattered over 13 months; spots of one layer, of both, and of lamps."""
    rng = np.random.default_rng(31)
    quarrels = {"layer": "dispute", "category": "dispute.noise"}
    return joined(
        scattered(rng, 3000, days=392),
        scattered(rng, 2000, days=392).assign(**quarrels),
        scattered(rng, 1000, days=392).assign(layer="hazard", category="hazard.lighting"),
        planted(rng, 14, *SPOTS["theft"], days=27),
        planted(rng, 10, *SPOTS["both"], days=27),
        planted(rng, 9, *SPOTS["both"], days=27).assign(**quarrels),
        planted(rng, 12, *SPOTS["noise"], days=27).assign(**quarrels),
        planted(rng, 12, *SPOTS["lamps"], days=27).assign(layer="hazard", category="hazard.lighting"),
    )


@pytest.fixture(scope="module")
def whole(town):
    return find_hotspots(town, GRID, as_of=AS_OF).hotspots


def at(spots, name: str):
    away = np.hypot(spots["x"] - SPOTS[name][0], spots["y"] - SPOTS[name][1])
    here = spots[away < 60]
    return here.iloc[0] if len(here) else None


def test_each_place_says_what_it_rests_on_and_who_meets(whole):
    assert len(whole) == 4
    assert at(whole, "theft")["rests_on"] == ["incident"]
    assert at(whole, "noise")["rests_on"] == ["dispute"]
    assert at(whole, "lamps")["rests_on"] == ["hazard"]
    assert at(whole, "both")["meets"] == ["incident", "dispute"]
    assert [at(whole, name)["meets"] for name in ("theft", "noise", "lamps")] == [[], [], []]
    assert dict(at(whole, "both")["why"])["why.meets"] == {"layers": ["incident", "dispute"]}


@pytest.mark.parametrize("gone", ["incident", "dispute", "hazard"])
def test_without_a_layer_only_what_rests_on_it_goes(town, whole, gone):
    kept = find_hotspots(town[town["layer"] != gone], GRID, as_of=AS_OF, naming=town).hotspots
    rest = whole[[set(layers) != {gone} for layers in whole["rests_on"]]]
    assert set(rest["hotspot_id"]) <= set(kept["hotspot_id"])
    assert not any(gone in layers for layers in kept["rests_on"])
    assert len(kept) == len(rest)


def test_a_layer_asked_for_alone_is_listed_as_in_the_whole(town, whole):
    alone = find_hotspots(town[town["layer"] == "dispute"], GRID, as_of=AS_OF, naming=town).hotspots
    resting = whole[["dispute" in layers for layers in whole["rests_on"]]]
    assert set(alone["hotspot_id"]) == set(resting["hotspot_id"])


def test_two_halves_of_a_spot_count_together():
    rng = np.random.default_rng(32)
    halves = (planted(rng, 4, 2050, 2050, days=27), planted(rng, 4, 2050, 2050, days=27).assign(layer="dispute"))
    others = (scattered(rng, 14000, days=392), scattered(rng, 14000, days=392).assign(layer="dispute"))
    spots = find_hotspots(joined(*others, *halves), GRID, as_of=AS_OF).hotspots
    spots = spots[np.hypot(spots["x"] - 2050, spots["y"] - 2050) < 60]
    assert spots["rests_on"].tolist() == [[]]
    question, facts = spots["why"].iloc[0][0]
    assert question in ("why.surroundings", "why.usual")
    assert facts["n"] == spots["events"].iloc[0] >= 8


def test_by_chance_layers_meet_at_no_more_than_the_level():
    rng = np.random.default_rng(33)
    around = 1.5
    places = [
        {"rests_on": ["incident"], "by_layer": {"incident": 12, "dispute": int(n)}, "around": {"dispute": around}}
        for n in rng.poisson(around, 400)
    ]
    assert sum(bool(layers) for layers in meeting_layers(places, 0.05)) <= 2
    places[7]["by_layer"]["dispute"] = 15
    assert meeting_layers(places, 0.05)[7] == ["incident", "dispute"]
