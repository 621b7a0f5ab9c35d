"""Real street files become the graphs that others found in them."""

import numpy as np
import pytest
import shapely

from bench.ground import counted
from geo.streets import read_streets

pytestmark = [pytest.mark.open_data, pytest.mark.slow]


@pytest.mark.parametrize(
    ("file", "nodes", "pieces", "largest"),
    [
        ("portland_streets/portland_central_walk.graphml.gz", 7_980, 34, 7_888),
        ("city_of_london/moorgate_walk.graphml.gz", 483, 16, 436),
    ],
)
def test_street_graphs_have_the_nodes_and_pieces_their_readme_counts(open_data, file, nodes, pieces, largest):
    assert counted(read_streets(open_data / file, None)[0]) == (nodes, pieces, largest)


def test_geodanet_has_303_arcs_and_230_vertices(open_data):
    streets = read_streets(open_data / "peers/geodanet.gpkg", None)[0]
    assert len(streets) == 293
    # Whoever counts every vertex counts the bends, too: each adds a vertex and an arc.
    bends = shapely.get_num_coordinates(streets.geometry.to_numpy()).sum() - 2 * len(streets)
    assert (len(streets) + bends, counted(streets)[0] + bends) == (303, 230)


def test_montreals_collisions_lie_on_its_streets(open_data):
    import geopandas as gpd

    from analysis.network import Network

    crs = "EPSG:3797"
    streets = read_streets(open_data / "montreal/montreal.gpkg", crs)[0].to_crs(crs)
    points = gpd.read_file(open_data / "montreal/montreal.gpkg", layer="bike_collisions_2016").to_crs(crs).geometry
    at = Network.from_streets(streets).snap(points.x, points.y)
    assert np.quantile(at.moved_m, 0.95) < 0.5  # the data's own README: they lie on the street lines already
