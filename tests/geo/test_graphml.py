"""Street graphs: both directions are one street, shapes and names are kept, and hostile or empty ones are refused."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from geo.errors import InputError
from geo.graphml import is_graphml, read_graphml
from geo.streets import read_streets

HEAD = (
    '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    '<key id="a" for="node" attr.name="x"/><key id="b" for="node" attr.name="y"/>'
    '<key id="n" for="edge" attr.name="name"/><key id="h" for="edge" attr.name="highway"/>'
    '<key id="g" for="edge" attr.name="geometry"/><key id="c" for="graph" attr.name="crs"/>'
)
NODES = {"1": (117.0, 31.0), "2": (117.001, 31.0), "3": (117.002, 31.0)}


def graph(edges: str, *, nodes=NODES, crs: str = "epsg:4326") -> str:
    places = "".join(
        f'<node id="{k}"><data key="a">{x}</data><data key="b">{y}</data></node>' for k, (x, y) in nodes.items()
    )
    return f'{HEAD}<graph edgedefault="directed"><data key="c">{crs}</data>{places}{edges}</graph></graphml>'


def edge(start: str, end: str, name: str = "", highway: str = "residential", geometry: str = "") -> str:
    shape = f'<data key="g">{geometry}</data>' if geometry else ""
    return (
        f'<edge source="{start}" target="{end}"><data key="n">{name}</data><data key="h">{highway}</data>{shape}</edge>'
    )


def written(tmp_path: Path, text: str, name: str = "streets.graphml") -> Path:
    path = tmp_path / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


ARC = "LINESTRING (117 31, 117.0005 31.0005, 117.001 31)"
BACK = "LINESTRING (117.001 31, 117.0005 31.0005, 117 31)"


@pytest.mark.parametrize("name", ["streets.graphml", "streets.graphml.gz"])
def test_two_directions_are_one_street_and_parallel_ones_stay(tmp_path, name):
    both = edge("1", "2", "Mill Road") + edge("2", "1", "Mill Road") + edge("2", "3", "['Oak', 'Elm']")
    parallel = edge("1", "2", "Arc", geometry=ARC) + edge("2", "1", "Arc", geometry=BACK)
    path = written(tmp_path, graph(both + parallel), name)
    assert is_graphml(path)
    lines, twice = read_graphml(path)
    assert (len(lines.sizes), twice) == (3, 2)
    streets, land, findings = read_streets(path, "EPSG:32650")
    assert sorted(streets["name"]) == ["Arc", "Mill Road", "Oak"]
    assert len(land) == 0
    assert {finding.code: finding.rows for finding in findings}["streets.two_way"] == 2
    arc = streets.set_index("name").loc["Arc"]
    assert arc["length_m"] == pytest.approx(146, abs=2)
    # Both run between the same crossings.
    mill = streets.set_index("name").loc["Mill Road"]
    assert {arc["u"], arc["v"]} == {mill["u"], mill["v"]}


def test_a_shape_that_crosses_another_on_the_map_does_not_meet_it(tmp_path):
    nodes = {**NODES, "4": (117.0005, 30.9995), "5": (117.0005, 31.0005)}
    streets, _, _ = read_streets(written(tmp_path, graph(edge("1", "2") + edge("4", "5"), nodes=nodes)), "EPSG:32650")
    assert streets["piece"].nunique() == 2


def test_metres_are_brought_to_degrees(tmp_path):
    nodes = {"1": (500_000.0, 3_430_000.0), "2": (500_100.0, 3_430_000.0)}
    lines, _ = read_graphml(written(tmp_path, graph(edge("1", "2"), nodes=nodes, crs="EPSG:32650")))
    assert lines.lon[0] == pytest.approx(117.0, abs=1e-6)
    assert lines.lat[0] == pytest.approx(31.0, abs=0.01)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE g [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    + graph(edge("1", "2")).partition("?>")[2]
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (BOMB, "graphml.entities"),
        (graph(edge("1", "2"))[:-30], "graphml.damaged"),
        (graph(edge("1", "2")).replace('attr.name="x"', 'attr.name="q"'), "graphml.no_coordinates"),
        (graph(edge("1", "9")), "graphml.no_edges"),
        (graph(edge("1", "2"), nodes={"1": (5e5, 3e6), "2": (5.1e5, 3e6)}, crs=""), "graphml.no_degrees"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, text, key):
    with pytest.raises(InputError) as caught:
        read_streets(written(tmp_path, text), "EPSG:32650")
    assert caught.value.key == key


@pytest.mark.open_data
@pytest.mark.parametrize(
    ("file", "nodes", "edges", "pieces", "largest"),
    [
        ("portland_streets/portland_central_walk.graphml.gz", 7_980, 24_546, 34, 7_888),
        ("city_of_london/moorgate_walk.graphml.gz", 483, 1_154, 16, 436),
    ],
)
def test_the_known_graphs_have_their_nodes_edges_and_pieces(open_data, file, nodes, edges, pieces, largest):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    lines, twice = read_graphml(open_data / file)
    last = np.cumsum(lines.sizes) - 1
    start, end = lines.node[last - lines.sizes + 1], lines.node[last]
    ends, numbered = np.unique(np.concatenate([start, end]), return_inverse=True)
    assert len(ends) == nodes
    assert len(lines.sizes) + twice == edges
    one, other = np.split(numbered, 2)
    links = coo_array((np.ones(len(one)), (one, other)), shape=(nodes, nodes))
    count, part = connected_components(links, directed=False)
    assert (count, np.bincount(part).max()) == (pieces, largest)
