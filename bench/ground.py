"""
What street files become, and what the ground costs beside the tools that are usually taken for it.

    python -m bench.ground [--folder FOLDER]          streets: nodes, edges, pieces, gathered, left out, seconds
    python -m bench.ground --ratios [--rounds 7]      reading, distances, snapping, polygons; medians

`FOLDER` is the open data, by default what WALKWATCH_OPEN_DATA names. In a round all take turns within one process,
after one round that does not count; nothing of an alternative's preparation is timed (osmnx finds its extract
converted to XML, networkx its graph with the points already on it, geopandas its frames and search trees), of ours
only the search trees are not. Answers are compared before they are timed.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from analysis.network import Network
from geo.crs import pick_metric_crs
from geo.errors import InputError
from geo.locate import locate
from geo.neighborhoods import read_neighborhoods
from geo.streets import read_streets

FILES = (
    "portland_streets/portland_central.osm.pbf",
    "portland_streets/portland_central_streets.geojson.gz",
    "portland_streets/portland_central_walk.graphml.gz",
    "city_of_london/moorgate.osm.pbf",
    "city_of_london/moorgate_walk.graphml.gz",
    "montreal/montreal.gpkg",
    "peers/geodanet.gpkg",
)
BLOCK = 120.0  # metres between the streets of the grid on which events are snapped
SAME_M = 1e-3
POLYGONS = (
    ("philadelphia", "incidents_*.csv.gz", ("point_x", "point_y"), "neighborhoods.geojson"),
    ("newcastle", "street_crime_*.csv.gz", ("Longitude", "Latitude"), "lsoa_2011.geojson"),
    ("boston", "service_requests_*.csv.gz", ("LONGITUDE", "LATITUDE"), "neighborhoods.geojson"),
)


# --- streets ------------------------------------------------------------------------------------------------------


def show_streets(folder: Path) -> None:
    """Print a Markdown table over the street files."""
    print("| file | all: edges | nodes | pieces, largest | walkable: edges | nodes | pieces | km | walked: edges | km | said | s |")  # fmt: skip # noqa: E501
    print("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --- | --: |")
    for file in FILES:
        try:
            read_streets(folder / file, None)
            started = time.perf_counter()
            streets, land, findings = read_streets(folder / file, None)
            seconds = time.perf_counter() - started
        except InputError as error:
            print(f"| {file} | refused: {error.key} | | | | | | | | | | |")
            continue
        walkable = streets[streets["walkable"]]
        network = Network.from_streets(in_metres(streets))
        nodes, pieces, largest = counted(streets)
        walked_nodes, walked_pieces, _ = counted(walkable)
        said = "; ".join(f"{f.code.removeprefix('streets.')} {f.rows:,}" for f in findings)
        print(
            f"| {file} | {len(streets):,} | {nodes:,} | {pieces}, {largest:,} | {len(walkable):,} | {walked_nodes:,} "
            f"| {walked_pieces} | {walkable['length_m'].sum() / 1000:.1f} | {len(network.u):,} "
            f"| {network.length_m.sum() / 1000:.1f} | {said}; land {len(land):,} | {seconds:.2f} |",
            flush=True,
        )


def counted(streets: pd.DataFrame) -> tuple[int, int, int]:
    """Nodes, connected pieces, and the nodes of the largest piece."""
    ends = np.concatenate([streets["u"], streets["v"]])
    nodes, place = np.unique(ends, return_inverse=True)
    u, v = place[: len(streets)], place[len(streets) :]
    graph = csr_array((np.ones(len(u)), (u, v)), shape=(len(nodes), len(nodes)))
    pieces, label = connected_components(graph, directed=False)
    return len(nodes), int(pieces), int(np.bincount(label).max())


def in_metres(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The streets in the metric CRS of their place."""
    return streets.to_crs(pick_metric_crs(tuple(streets.total_bounds)))


# --- ratios -------------------------------------------------------------------------------------------------------


def take_turns(work: Mapping[str, Callable[..., Any]], rounds: int) -> dict[str, tuple[float, float]]:
    """The median seconds and processor seconds of each, all of them once a round; the first round does not count."""
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, do in work.items():
            started, processor = time.perf_counter(), time.process_time()
            made = do()
            took[name].append((time.perf_counter() - started, time.process_time() - processor))
            del made
    return {
        name: (statistics.median(wall for wall, _ in times[1:]), statistics.median(cpu for _, cpu in times[1:]))
        for name, times in took.items()
    }


def say(what: str, took: Mapping[str, tuple[float, float]], floor: float | None = None) -> None:
    """Print how many times longer each alternative took than the first; of processor time in brackets."""
    (ours, (wall, cpu)), *others = took.items()
    print(f"{what}\n  {ours:<44} {wall * 1000:9.1f} ms ({cpu * 1000:.1f})")
    for name, (seconds, processor) in others:
        wanted = f"   (wanted: {floor:g})" if floor else ""
        ratio = f"ratio {seconds / wall:5.1f} ({processor / cpu:.1f})"
        print(f"  {name:<44} {seconds * 1000:9.1f} ms ({processor * 1000:.1f})   {ratio}{wanted}", flush=True)


def read_ratio(folder: Path, rounds: int) -> None:
    """`.osm.pbf` → a graph one can ask, against osmnx."""
    import osmium
    import osmnx

    path = folder / "portland_streets/portland_central.osm.pbf"
    with tempfile.TemporaryDirectory() as temporary:
        xml = Path(temporary) / "streets.osm"
        writer = osmium.SimpleWriter(str(xml))
        for thing in osmium.FileProcessor(str(path)):
            writer.add(thing)
        writer.close()
        work = {
            "read_streets, Network": lambda: Network.from_streets(in_metres(read_streets(path, None)[0])),
            f"osmnx {osmnx.__version__} graph_from_xml": lambda: osmnx.graph_from_xml(xml, simplify=True),
        }
        say("streets of Portland: .osm.pbf → graph", take_turns(work, rounds), 14)


def distance_ratio(folder: Path, rounds: int) -> None:
    """200 × 200 walking distances against networkx on the same graph."""
    import networkx

    network = Network.from_streets(in_metres(read_streets(folder / FILES[0], None)[0]))
    points = places_along(network, 400, np.random.default_rng(1))
    sources, targets = points[:200], points[200:]
    graph, names = with_points(network, points)

    def theirs() -> np.ndarray:
        table = np.full((200, 200), np.inf)
        for row, name in enumerate(names[:200]):
            found = networkx.single_source_dijkstra_path_length(graph, name)
            table[row] = [found.get(target, np.inf) for target in names[200:]]
        return table

    apart = np.abs(network.distances(sources, targets) - theirs()).max()
    print(f"200 × 200 distances differ from networkx by {apart * 1000:.6f} mm at most")
    assert apart <= SAME_M
    work = {
        "Network.distances, snapping included": lambda: network.distances(sources, targets),
        f"networkx {networkx.__version__} single_source_dijkstra": theirs,
    }
    say("200 × 200 walking distances, Portland", take_turns(work, rounds), 15)
    again = {"Network.ways, all 40,000 ways at hand": lambda: network.ways(sources, targets)}
    say("the same with ways", take_turns(again, rounds))


def places_along(network: Network, n: int, rng: np.random.Generator) -> np.ndarray:
    """Places beside edges, (n, 2)."""
    line = network.lines[rng.integers(0, len(network.lines), n)]
    on = shapely.get_coordinates(shapely.line_interpolate_point(line, rng.random(n), normalized=True))
    return on + rng.normal(0, 10, on.shape)


def with_points(network: Network, points: np.ndarray) -> tuple[Any, list[str]]:
    """The network in networkx with each edge split where points lie on it, of parallel edges the shortest."""
    import networkx

    at = network.snap(points[:, 0], points[:, 1])
    graph = networkx.Graph()
    here: dict[int, list[int]] = {}
    for i in np.argsort(at.offset_m, kind="stable").tolist():
        here.setdefault(int(at.edge[i]), []).append(i)
    for edge, (u, v, length) in enumerate(zip(network.u, network.v, network.length_m, strict=True)):
        on = here.get(edge, [])
        stops = [int(u), *[f"point {i}" for i in on], int(v)]
        along = [0.0, *[float(at.offset_m[i]) for i in on], float(length)]
        for a, b, start, end in zip(stops, stops[1:], along, along[1:], strict=False):
            known = graph.get_edge_data(a, b)
            if a != b and (known is None or end - start < known["weight"]):
                graph.add_edge(a, b, weight=end - start)
    return graph, [f"point {i}" for i in range(len(points))]


def points_of(folder: Path, city: str, pattern: str, columns: tuple[str, str]) -> np.ndarray:
    """Longitude and latitude of all rows that have both, (n, 2)."""
    frames = [pd.read_csv(path, usecols=list(columns)) for path in sorted((folder / city).glob(pattern))]
    rows = pd.concat(frames)[list(columns)].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    return rows[np.isfinite(rows).all(axis=1)]


def snap_ratio(folder: Path, rounds: int) -> None:
    """All events of a city, and its distinct points, onto a grid of streets drawn over it, against sjoin_nearest."""
    city, pattern, columns, polygons = POLYGONS[0]
    lonlat = points_of(folder, city, pattern, columns)
    units = read_neighborhoods(folder / city / polygons)[0]
    crs = pick_metric_crs(tuple(units.total_bounds))
    area = units.to_crs(crs).union_all()
    points = gpd.GeoSeries(gpd.points_from_xy(lonlat[:, 0], lonlat[:, 1]), crs=4326).to_crs(crs)
    xy = np.column_stack([points.x, points.y])
    network = Network.from_streets(grid_over(area, crs))
    edges = gpd.GeoDataFrame({"edge": np.arange(len(network.lines))}, geometry=network.lines, crs=crs)
    for what, some in (("all points", xy), ("distinct points", np.unique(xy, axis=0))):
        frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(some[:, 0], some[:, 1]), crs=crs)
        joined = gpd.sjoin_nearest(frame, edges, distance_col="metres")
        nearest = joined["metres"].groupby(level=0).min().to_numpy()
        at = network.snap(some[:, 0], some[:, 1])
        apart = np.abs(nearest - at.moved_m).max()
        print(f"{len(some):,} {what}: metres to the street differ from sjoin_nearest by {apart * 1000:.6f} mm at most")
        assert apart <= SAME_M
        work = {
            "Network.snap: edge, offset, place, metres": lambda some=some: network.snap(some[:, 0], some[:, 1]),
            "geopandas sjoin_nearest: edge, metres": lambda f=frame: gpd.sjoin_nearest(f, edges, distance_col="metres"),
        }
        floor = 5 if what == "all points" else None
        say(f"{len(some):,} {what} of {city} onto {len(network.lines):,} edges", take_turns(work, rounds), floor)


def grid_over(area: Any, crs: str) -> gpd.GeoDataFrame:
    """A turned grid of streets over an area, a piece between each two crossings."""
    west, south, east, north = area.buffer(BLOCK).bounds
    side = int(max(east - west, north - south) / BLOCK * 1.5)
    i, j = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    turn, middle = 0.3, np.array([(west + east) / 2, (south + north) / 2])
    a, b = (i - side / 2) * BLOCK, (j - side / 2) * BLOCK
    x, y = a * np.cos(turn) - b * np.sin(turn) + middle[0], a * np.sin(turn) + b * np.cos(turn) + middle[1]
    node = i * side + j
    u = np.concatenate([node[:-1].ravel(), node[:, :-1].ravel()])
    v = np.concatenate([node[1:].ravel(), node[:, 1:].ravel()])
    xy = np.column_stack([x.ravel(), y.ravel()])
    shapely.prepare(area)
    inside = shapely.intersects_xy(area, *((xy[u] + xy[v]) / 2).T)
    u, v = u[inside], v[inside]
    frame = {"name": "", "name_en": "", "walkable": True, "u": u, "v": v}
    return gpd.GeoDataFrame(frame, geometry=shapely.linestrings(np.stack([xy[u], xy[v]], axis=1)), crs=crs)


def polygon_ratio(folder: Path, rounds: int) -> None:
    """Points to polygons against sjoin, no row different."""
    for city, pattern, columns, polygons in POLYGONS:
        lonlat = points_of(folder, city, pattern, columns)
        units = read_neighborhoods(folder / city / polygons)[0].to_crs(4326)
        frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lonlat[:, 0], lonlat[:, 1]), crs=4326)
        right = units[["neighborhood_id", "geometry"]]
        found = locate(lonlat[:, 0], lonlat[:, 1], units)
        ours = np.array([*found.words, None], dtype=object)[found.codes]
        joined = gpd.sjoin(frame, right, predicate="intersects")
        pairs = pd.Series(joined["neighborhood_id"].to_numpy(), index=joined.index)
        several = int((pairs.groupby(level=0).size() > 1).sum())
        one = pairs[~pairs.index.duplicated()].reindex(range(len(frame)))
        differ = pd.Series(ours) != one.where(one.notna(), None)
        differ &= ~(pd.Series(ours).isna() & one.isna())
        # Where a point lies in several polygons, any of them is the same answer; which one is a rule of ours.
        among = set(zip(pairs.index, pairs, strict=True))
        wrong = sum((i, ours[i]) not in among for i in np.flatnonzero(differ))
        print(
            f"{city}: {len(frame):,} points, {len(units)} polygons; rows different from sjoin {wrong}, "
            f"in several polygons {several}"
        )
        assert wrong == 0
        work = {
            "locate": lambda xy=lonlat, units=units: locate(xy[:, 0], xy[:, 1], units),
            "geopandas sjoin": lambda frame=frame, right=right: gpd.sjoin(frame, right, predicate="intersects"),
        }
        say(f"points to polygons, {city}", take_turns(work, rounds), 1.7)


def main() -> None:
    """Run what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=os.environ.get("WALKWATCH_OPEN_DATA"))
    parser.add_argument("--ratios", nargs="*", choices=["read", "distances", "snap", "polygons"])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if options.folder is None:
        parser.error("give --folder, or set WALKWATCH_OPEN_DATA")
    folder = Path(options.folder)
    if options.ratios is None:
        show_streets(folder)
        return
    all_of_them = {"read": read_ratio, "distances": distance_ratio, "snap": snap_ratio, "polygons": polygon_ratio}
    for name in options.ratios or all_of_them:
        all_of_them[name](folder, options.rounds)


if __name__ == "__main__":
    main()
