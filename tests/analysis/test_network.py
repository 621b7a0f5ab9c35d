"""Distances and ways on foot: worked by hand on small grids, by law on a crooked one, against networkx on a city."""

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.nearest_edges import distinct
from analysis.network import Network
from analysis.street_graph import stretch
from geo.errors import InputError
from tests.analysis.street_worlds import crooked_streets, grid_streets, streets_of

GRID = Network.from_streets(grid_streets(4, 4))
CROOKED = Network.from_streets(crooked_streets())
spots = st.tuples(st.floats(-60, 360), st.floats(-100, 220))


def turns_of(leg):
    return [(turn.kind, turn.street, round(turn.length_m, 6)) for turn in leg.turns]


def test_points_move_to_the_nearest_place_on_an_edge():
    at = GRID.snap([50.0, 130.0, np.nan], [12.0, 260.0, 0.0])
    assert at.x[:2].tolist() == [50.0, 100.0]
    assert at.y[:2].tolist() == [0.0, 260.0]
    assert at.moved_m[:2].tolist() == [12.0, 30.0]
    assert at.edge[2] == -1
    assert np.isnan(at.moved_m[2])


def test_distances_around_blocks_worked_by_hand():
    # From the middle of Street 0's first block: east 50 + up 100 + east 30 = 180; on the same block 30.
    found = GRID.distances([(50, 0)], [(130, 100), (80, 0), (50, 100), (0, 300)])
    assert found.tolist() == [[180.0, 30.0, 200.0, 350.0]]


def test_distances_beyond_the_limit_are_infinite():
    found = GRID.distances([(50, 0)], [(130, 100), (80, 0), (np.nan, 0)], limit=179.9)
    assert found.tolist() == [[np.inf, 30.0, np.inf]]


def test_of_parallel_edges_the_shorter_carries_the_way_and_the_longer_keeps_its_places():
    bent = float(shapely.length(CROOKED.lines[0]))
    assert CROOKED.distances([(0, 0)], [(200, 0)])[0, 0] == pytest.approx(200.0)
    top_of_bend = CROOKED.distances([(0, 0)], [(50, 40)])[0, 0]
    assert top_of_bend == pytest.approx(np.hypot(50, 40))
    assert bent > 200


def test_on_a_loop_one_leaves_by_the_shorter_side():
    side = np.hypot(60, 60)
    assert CROOKED.distances([(200, 0)], [(260, 60), (320, 0), (260, -60)])[0] == pytest.approx([side, 2 * side, side])
    assert CROOKED.distances([(260, 60)], [(260, -60)])[0, 0] == pytest.approx(2 * side)
    assert CROOKED.route([(260, 60), (260, -60)]).length_m == pytest.approx(2 * side)


def test_an_island_is_left_out_and_points_on_it_move_to_the_largest_part():
    assert CROOKED.parts == 2
    assert CROOKED.snap([1010.0], [1000.0]).moved_m[0] > 800


def test_a_bridge_does_not_join_the_road_below():
    over = streets_of([("Bridge", [(0, 50), (100, 50)]), ("Below", [(50, 0), (50, 300)])])
    network = Network.from_streets(over)
    assert network.parts == 2
    assert set(network.names) == {"Below"}


def test_streets_that_are_not_walkable_carry_no_way():
    streets = grid_streets(2, 3)
    closed = streets.assign(walkable=~streets["name"].eq("Street 0"))
    assert Network.from_streets(closed).distances([(0, 0)], [(200, 0)])[0, 0] == pytest.approx(400.0)


def test_no_walkable_street_is_said():
    with pytest.raises(InputError, match="There is no street that one may walk"):
        Network.from_streets(grid_streets(2, 2).assign(walkable=False))


def test_degrees_are_refused():
    with pytest.raises(InputError, match="CRS measured in metres"):
        Network.from_streets(grid_streets(2, 2).to_crs("EPSG:4326"))


def test_a_way_turns_where_the_streets_do():
    leg = GRID.route([(50, 0), (200, 170)]).legs[0]
    assert leg.length_m == pytest.approx(320.0)
    assert turns_of(leg) in (
        [("start", "Street 0", 150.0), ("left", "Avenue 2", 170.0)],
        [
            ("start", "Street 0", 50.0),
            ("left", "Avenue 1", 100.0),
            ("right", "Street 1", 100.0),
            ("left", "Avenue 2", 70.0),
        ],
    )


def test_pieces_of_one_street_are_one_turn_and_going_back_is_said():
    route = GRID.route([(0, 0), (300, 0), (250, 0)])
    assert turns_of(route.legs[0]) == [("start", "Street 0", 300.0)]
    assert turns_of(route.legs[1]) == [("back", "Street 0", 50.0)]


def test_after_a_stop_the_first_turn_is_told_from_the_way_in():
    route = GRID.route([(50, 0), (150, 0), (280, 0), (300, 50)])
    assert turns_of(route.legs[1]) == [("straight", "Street 0", 130.0)]
    assert turns_of(route.legs[2]) == [("straight", "Street 0", 20.0), ("left", "Avenue 3", 50.0)]


def test_a_short_nameless_piece_belongs_to_the_street_before():
    streets = streets_of(
        [
            ("Oak", [(0, 0), (100, 0)]),
            ("", [(100, 0), (115, 0)]),
            ("Oak", [(115, 0), (200, 0)]),
            ("", [(200, 0), (200, -12)]),
            ("Elm", [(200, -12), (200, -80)]),
            ("", [(200, -80), (280, -80)]),
        ]
    )
    leg = Network.from_streets(streets).route([(0, 0), (280, -80)]).legs[0]
    assert turns_of(leg) == [("start", "Oak", 212.0), ("right", "Elm", 68.0), ("left", "", 80.0)]
    assert leg.length_m == pytest.approx(360.0)


def test_a_way_on_nameless_streets_is_still_a_list():
    streets = streets_of([("", [(0, 0), (10, 0)]), ("", [(10, 0), (10, 10)])])
    assert turns_of(Network.from_streets(streets).route([(0, 0), (10, 10)]).legs[0]) == [("start", "", 20.0)]


def test_english_names_stand_beside():
    streets = grid_streets(2, 2)
    network = Network.from_streets(streets.assign(name="磨坊路", name_en="Mill Road"))
    turn = network.route([(0, 0), (90, 0)]).legs[0].turns[0]
    assert (turn.street, turn.street_en) == ("磨坊路", "Mill Road")


def test_staying_in_place_is_a_leg_without_turns():
    route = GRID.route([(50, 0), (50, 0)])
    assert route.length_m == 0
    assert route.legs[0].turns == ()
    assert len(route.line.coords) == 2


@pytest.mark.parametrize("points", [[(0, 0)], [(0, 0), (np.nan, 1)]])
def test_a_way_needs_two_places(points):
    with pytest.raises(InputError, match="at least two places"):
        GRID.route(points)


def test_crossings_carry_the_names_that_meet():
    crossings = GRID.crossings()
    assert len(crossings) == 12  # of 16 nodes, four are corners where only two pieces meet
    inner = crossings[(crossings["x"] == 100) & (crossings["y"] == 200)]
    assert inner["streets"].tolist() == [["Avenue 1", "Street 2"]]


def test_stretches_keep_the_bends_between_and_follow_the_walk():
    line = shapely.linestrings([(0, 0), (10, 0), (10, 10)])
    assert stretch(line, 4.0, 13.0).tolist() == [[4, 0], [10, 0], [10, 3]]
    assert stretch(line, 13.0, 4.0).tolist() == [[10, 3], [10, 0], [4, 0]]


@settings(max_examples=60, deadline=None)
@given(st.lists(spots, min_size=2, max_size=5))
def test_a_route_is_its_legs_lies_on_edges_and_is_never_shorter_than_straight(points):
    route = CROOKED.route(points)
    at = CROOKED.snap(*np.transpose(points))
    straight = np.hypot(np.diff(at.x), np.diff(at.y))
    lengths = np.array([leg.length_m for leg in route.legs])
    assert route.length_m == pytest.approx(lengths.sum())
    assert route.line.length == pytest.approx(route.length_m, abs=1e-5)
    assert np.all(lengths >= straight - 1e-5)
    for leg in route.legs:
        assert sum(turn.length_m for turn in leg.turns) == pytest.approx(leg.length_m)
    streets = shapely.union_all(CROOKED.lines)
    assert shapely.length(shapely.difference(route.line, shapely.buffer(streets, 1e-5))) == pytest.approx(0, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.lists(spots, min_size=2, max_size=6))
def test_distances_are_symmetric_obey_the_triangle_and_equal_the_routes(points):
    between = CROOKED.distances(points, points)
    assert between == pytest.approx(between.T, abs=1e-9)
    assert np.diag(between) == pytest.approx(0)
    assert np.all(between[:, None, :] <= between[:, :, None] + between[None, :, :] + 1e-6)
    assert CROOKED.route(points[:2]).length_m == pytest.approx(between[0, 1], abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.lists(spots, min_size=1, max_size=8), st.lists(spots, min_size=1, max_size=8), st.floats(20, 400))
def test_near_pairs_are_those_of_the_full_table(sources, targets, limit):
    table = CROOKED.distances(sources, targets)
    source, target, metres = CROOKED.within(sources, targets, limit)
    assert metres == pytest.approx(table[source, target], abs=1e-6)
    clear = np.abs(table - limit) > 1e-6  # a pair at the limit itself may fall either way by rounding
    found = np.zeros(table.shape, dtype=bool)
    found[source, target] = True
    assert np.array_equal(found[clear], (table <= limit)[clear])
    assert np.all(np.diff(source * len(targets) + target) > 0)


def test_near_pairs_over_many_squares_are_those_of_the_full_table():
    city = Network.from_streets(grid_streets(30, 30))
    rng = np.random.default_rng(7)
    sources, targets = rng.uniform(-50, 2950, (60, 2)), rng.uniform(-50, 2950, (300, 2))
    source, target, metres = city.within(sources, targets, 250.0)
    table = city.distances(sources, targets, limit=250.0)
    assert len(source) == np.isfinite(table).sum() > 100
    assert metres == pytest.approx(table[source, target])


def test_metres_to_the_street_count_where_asked():
    assert GRID.within([(50, 20)], [(90, 10)], 65.0)[2].tolist() == [40.0]
    assert GRID.within([(50, 20)], [(90, 10)], 75.0, count_moved=True)[2].tolist() == [70.0]
    assert len(GRID.within([(50, 20)], [(90, 10)], 65.0, count_moved=True)[2]) == 0


def test_nothing_near_nothing():
    empty = np.zeros((0, 2))
    assert [len(part) for part in GRID.within(empty, empty, 100.0)] == [0, 0, 0]
    assert GRID.distances(empty, [(0, 0)]).shape == (0, 1)


def with_points(network: Network, at) -> tuple[nx.Graph, list]:
    """The network in networkx, each edge split at the points that lie on it."""
    graph = nx.Graph()

    def join(a, b, metres):
        if a != b:
            graph.add_edge(a, b, weight=min(metres, graph.get_edge_data(a, b, {"weight": np.inf})["weight"]))

    for edge in range(len(network.u)):
        on = np.flatnonzero(at.edge == edge)
        on = on[np.argsort(at.offset_m[on], kind="stable")]
        stops = [network.u[edge], *[f"point {i}" for i in on], network.v[edge]]
        places = [0.0, *at.offset_m[on], network.length_m[edge]]
        for a, b, start, end in zip(stops, stops[1:], places, places[1:], strict=False):
            join(a, b, end - start)
    return graph, [f"point {i}" for i in range(len(at.edge))]


# --- nearest edges, ways and parts ---------------------------------------------------------------------------------


def tangled_streets(seed: int, n: int = 60):
    """Corners at random joined to their neighbors, with parallel edges, loops, chains, an island."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 1000, (n, 2)).round(1)
    rows = []
    for i in range(n):
        for j in np.argsort(np.hypot(*(corners - corners[i]).T))[1:4]:
            a, b = tuple(corners[i]), tuple(corners[j])
            middle = tuple(((corners[i] + corners[j]) / 2 + rng.normal(0, 15, 2)).round(1))
            if rng.random() < 0.3:  # a chain: the corner between has two ends
                rows += [("Chain", [a, middle]), ("Chain", [middle, b])]
            else:
                rows.append(("Bent", [a, middle, b]))
            if rng.random() < 0.2:
                rows.append(("Parallel", [a, b]))
        if rng.random() < 0.15:
            x, y = corners[i]
            rows.append(("Loop", [(x, y), (x + 30, y + 10), (x + 10, y + 40), (x, y)]))
    rows.append(("Island", [(3000.0, 3000.0), (3100.0, 3000.0)]))
    return streets_of(rows)


@pytest.mark.parametrize("seed", range(5))
def test_200_by_200_distances_on_tangled_streets_equal_networkx_to_a_millimetre(seed):
    network = Network.from_streets(tangled_streets(seed))
    points = np.random.default_rng(seed).uniform(-100, 1100, (400, 2))
    ours = network.ways(points[:200], points[200:])
    assert ours.metres == pytest.approx(network.distances(points[:200], points[200:]))
    graph, names = with_points(network, network.snap(points[:, 0], points[:, 1]))
    for row, name in enumerate(names[:200]):
        theirs = nx.single_source_dijkstra_path_length(graph, name)
        assert ours.metres[row] == pytest.approx([theirs[target] for target in names[200:]], abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_ways_are_as_long_as_their_distances_and_join_the_places_asked_for(seed):
    network = Network.from_streets(tangled_streets(seed))
    points = np.random.default_rng(seed).uniform(0, 1000, (24, 2))
    ways = network.ways(points[:12], points[12:])
    at = network.snap(points[:, 0], points[:, 1])
    streets = shapely.buffer(shapely.union_all(network.lines), 1e-5)
    for i in range(12):
        for j in range(12):
            line = ways.line(i, j)
            assert line.length == pytest.approx(ways.metres[i, j], abs=1e-5)
            assert line.coords[0] == pytest.approx((at.x[i], at.y[i]), abs=1e-6)
            assert line.coords[-1] == pytest.approx((at.x[12 + j], at.y[12 + j]), abs=1e-6)
            assert shapely.covers(streets, line)
            steps = ways.edges(i, j)
            assert ways.metres[i, j] <= network.length_m[steps].sum() + 1e-6


def test_a_way_from_nowhere_is_none():
    ways = GRID.ways([(np.nan, 0), (0, 0)], [(100, 100), (0, 0)])
    assert ways.metres[0].tolist() == [np.inf, np.inf]
    assert ways.line(0, 0) is None
    assert ways.edges(0, 0) == []
    assert ways.line(1, 1) is None
    assert ways.line(1, 0).length == pytest.approx(200)


@pytest.mark.parametrize(("seed", "spread"), [(0, 10), (1, 200), (2, 3000)])
def test_the_nearest_edge_is_that_of_a_plain_search_among_all(seed, spread):
    network = Network.from_streets(tangled_streets(seed))
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 1000, (2000, 2)) + rng.normal(0, spread, (2000, 2))
    points[:60] = np.column_stack([network.node_x, network.node_y])[rng.integers(0, len(network.node_x), 60)]
    at = network.snap(points[:, 0], points[:, 1])
    away = shapely.distance(shapely.points(points)[:, None], network.lines[None, :])
    assert at.moved_m == pytest.approx(away.min(axis=1), abs=1e-7)
    # Of edges equally near the first, whether squares or the tree answered.
    assert np.array_equal(at.edge, (away <= away.min(axis=1)[:, None] + 1e-7).argmax(axis=1))
    on = shapely.line_interpolate_point(network.lines[at.edge], at.offset_m)
    assert shapely.get_x(on) == pytest.approx(at.x, abs=1e-6)
    few = network.snap(points[:50, 0], points[:50, 1])
    assert np.array_equal(few.edge, at.edge[:50])
    assert few.offset_m == pytest.approx(at.offset_m[:50], abs=1e-6)


def test_points_that_share_a_place_are_told_from_those_that_do_not():
    x, y = np.array([1.0, 2.0, 1.0, 0.0, -0.0]), np.array([2.0, 1.0, 2.0, 0.0, 0.0])
    first, inverse = distinct(x, y)
    assert first.tolist() == [0, 1, 3]
    assert inverse.tolist() == [0, 1, 0, 2, 2]


def test_what_moved_far_is_listed_farthest_first():
    at = GRID.snap([50.0, 150.0, 50.0, np.nan], [-80.0, -50.0, -60.0, 0.0])
    assert at.far().tolist() == [0, 2]  # 50 m is not more than 50 m
    assert at.far(70).tolist() == [0]


def test_the_parts_left_out_are_listed_longest_first():
    streets = streets_of(
        [
            ("Main", [(0, 0), (500, 0)]),
            ("Yard", [(0, 300), (40, 300)]),
            ("Yard", [(40, 300), (40, 360)]),
            ("Path", [(900, 0), (930, 0)]),
        ]
    )
    network = Network.from_streets(streets)
    assert network.parts == 3
    assert network.apart[["edges", "length_m", "x", "y"]].to_numpy().tolist() == [[2, 100, 40, 330], [1, 30, 915, 0]]
    assert len(GRID.apart) == 0


def test_a_locked_compound_is_never_walked():
    streets = grid_streets(2, 3)
    locked = streets.assign(locked=streets["name"].eq("Street 0"))
    assert Network.from_streets(locked).distances([(0, 0)], [(200, 0)])[0, 0] == pytest.approx(400.0)


CITIES = {
    "portland": ("portland_streets/portland_central.osm.pbf", "EPSG:32610"),
    "portland features": ("portland_streets/portland_central_streets.geojson.gz", "EPSG:32610"),
    "moorgate": ("city_of_london/moorgate.osm.pbf", "EPSG:32630"),
    "montreal": ("montreal/montreal.gpkg", "EPSG:32618"),
    "geodanet": ("peers/geodanet.gpkg", "EPSG:32612"),
}


@pytest.mark.open_data
@pytest.mark.slow
@pytest.mark.parametrize("city", CITIES)
def test_200_by_200_distances_of_real_streets_equal_networkx_to_a_millimetre(open_data, city):
    from geo.streets import read_streets

    file, crs = CITIES[city]
    streets = read_streets(open_data / file, crs)[0].to_crs(crs)
    network = Network.from_streets(streets)
    rng = np.random.default_rng(11)
    at = rng.integers(0, len(network.lines), 400)
    points = shapely.get_coordinates(
        shapely.line_interpolate_point(network.lines[at], rng.random(400), normalized=True)
    )
    points += rng.normal(0, 20, points.shape)
    ways = network.ways(points[:200], points[200:])
    graph, names = with_points(network, network.snap(points[:, 0], points[:, 1]))
    for row, name in enumerate(names[:200]):
        theirs = nx.single_source_dijkstra_path_length(graph, name)
        assert ways.metres[row] == pytest.approx([theirs[target] for target in names[200:]], abs=1e-3)
    for i, j in rng.integers(0, 200, (100, 2)):
        line = ways.line(int(i), int(j))
        assert (line.length if line else 0.0) == pytest.approx(ways.metres[i, j], abs=1e-3)
    assert network.apart["length_m"].sum() + network.length_m.sum() == pytest.approx(
        shapely.length(streets.geometry[streets["walkable"]]).sum()
    )
