"""Water and rails part a place unless a street leads over them; trams in the street and piers part nothing."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from analysis.barriers import Barriers
from analysis.clusters import find_places
from analysis.hotspots import find_hotspots
from tests.analysis.worlds import AS_OF, CRS, joined, planted, scattered, square_city

# A river 60 m wide from west to east, a bridge at x = 1000, a street along the northern bank.
RIVER = shapely.box(0, 970, 4000, 1030)
STREETS = [
    shapely.LineString([(1000, 0), (1000, 2000)]),
    shapely.LineString([(0, 1040), (4000, 1040)]),
]


def barriers(kinds=("water",), shapes=(RIVER,), streets=STREETS) -> Barriers | None:
    land = gpd.GeoDataFrame({"kind": list(kinds)}, geometry=list(shapes), crs=CRS)
    return Barriers.of(land, gpd.GeoDataFrame({"walkable": [True] * len(streets)}, geometry=streets, crs=CRS))


def parted(found: Barriers | None, *ways) -> list[bool]:
    assert found is not None
    start, end = np.array([way[0] for way in ways], float), np.array([way[1] for way in ways], float)
    return found.between(start, end).tolist()


def test_a_river_parts_but_not_at_its_bridge_nor_along_a_bank():
    found = barriers()
    far, bridge, bank = ((2000, 960), (2000, 1035)), ((990, 960), (1005, 1040)), ((1900, 960), (2100, 960))
    assert parted(found, far, bridge, bank) == [True, False, False]


def test_a_point_in_the_water_belongs_to_both_banks():
    assert parted(barriers(), ((2000, 1000), (2000, 1035)), ((2000, 960), (2000, 1000))) == [False, False]


def test_rails_part_and_trams_in_a_street_do_not():
    street = shapely.LineString([(0, 500), (4000, 500)])
    tram, rail = shapely.LineString([(0, 503), (4000, 503)]), shapely.LineString([(0, 700), (4000, 700)])
    found = barriers(("rail", "rail"), (tram, rail), [*STREETS, street])
    ways = (((2000, 480), (2000, 530)), ((2000, 680), (2000, 720)), ((1000, 690), (1010, 710)))
    assert parted(found, *ways) == [False, True, False]


def test_parks_part_nothing_and_without_streets_nothing_is_known():
    assert barriers(("park",), (RIVER,)) is None
    assert Barriers.of(None, None) is None


def test_a_place_stays_on_its_bank():
    rng = np.random.default_rng(1)
    # Thirty points on each bank, 80 m from each other across the water.
    south = np.column_stack([rng.uniform(1960, 2040, 30), rng.uniform(940, 965, 30)])
    north = np.column_stack([rng.uniform(1960, 2040, 30), rng.uniform(1035, 1060, 30)])
    points = np.vstack([south, north])
    joint = find_places(*points.T, np.ones(60), radius=150)
    assert len(joint) == 1
    apart = find_places(*points.T, np.ones(60), radius=150, barriers=barriers())
    assert len(apart) == 2
    assert not shapely.intersects(apart.polygons, RIVER.buffer(-0.01)).any()
    assert (np.bincount(apart.nearest(*points.T)) == 30).all()
    side = apart.nearest(*points.T)
    assert len(set(side[:30])) == len(set(side[30:])) == 1


def test_at_the_bridge_a_place_may_hold_both_banks():
    rng = np.random.default_rng(2)
    points = np.column_stack([rng.uniform(985, 1015, 40), rng.uniform(940, 1060, 40)])
    assert len(find_places(*points.T, np.ones(40), radius=150, barriers=barriers())) == 1


def test_the_list_is_the_same_but_for_the_parted_place():
    rng = np.random.default_rng(3)
    grid = square_city()
    spots = (planted(rng, 20, 2000, 940, days=27, width=20), planted(rng, 20, 2000, 1060, days=27, width=20))
    events = joined(scattered(rng, 4000, days=390), *spots, planted(rng, 16, 3050, 3050, days=27))
    plain = find_hotspots(events, grid, as_of=AS_OF).hotspots
    cut = find_hotspots(events, grid, as_of=AS_OF, barriers=barriers()).hotspots
    assert len(plain) == 2
    assert len(cut) == 3
    assert set(plain["hotspot_id"]) <= set(cut["hotspot_id"])
    assert not cut.intersects(RIVER.buffer(-0.01)).any()
    assert cut["events"].sum() == pytest.approx(plain["events"].sum(), abs=2)
