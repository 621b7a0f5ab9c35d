"""Small street networks drawn by hand, in metres."""

import geopandas as gpd
from shapely.geometry import LineString

CRS = "EPSG:32650"


def streets_of(rows: list[tuple], **columns) -> gpd.GeoDataFrame:
    """Street pieces from (name, [(x, y), …]) or (name, points, road class); they meet where they end at one place."""
    lines = [LineString(row[1]) for row in rows]
    ends = [line.coords[i] for i in (0, -1) for line in lines]
    numbers = {place: i for i, place in enumerate(dict.fromkeys(ends))}
    n = len(rows)
    table = {
        "street_id": [str(i) for i in range(n)],
        "name": [row[0] for row in rows],
        "name_en": [""] * n,
        "road_class": [row[2] if len(row) > 2 else "local" for row in rows],
        "walkable": [True] * n,
        "bridge": [False] * n,
        "length_m": [line.length for line in lines],
        "u": [numbers[line.coords[0]] for line in lines],
        "v": [numbers[line.coords[-1]] for line in lines],
        "piece": [0] * n,
    }
    return gpd.GeoDataFrame(table | columns, geometry=lines, crs=CRS)


def grid_streets(rows: int, columns: int, *, step: float = 100.0) -> gpd.GeoDataFrame:
    """Avenues 0, 1, … from south to north at x = 0, step, …; streets 0, 1, … from west to east at y = 0, step, …"""
    pieces = [
        (f"Street {j}", [(i * step, j * step), ((i + 1) * step, j * step)])
        for j in range(rows)
        for i in range(columns - 1)
    ]
    pieces += [
        (f"Avenue {i}", [(i * step, j * step), (i * step, (j + 1) * step)])
        for i in range(columns)
        for j in range(rows - 1)
    ]
    return streets_of(pieces)


def crooked_streets() -> gpd.GeoDataFrame:
    """A network with a bent street, a loop, two parallel ways, a dead end and an island that is not connected."""
    bend = [(0, 0), (50, 40), (110, 10), (200, 0)]
    loop = [(200, 0), (260, 60), (320, 0), (260, -60), (200, 0)]
    return streets_of(
        [
            ("Bent", bend),
            ("Straight", [(0, 0), (200, 0)]),
            ("Loop", loop),
            ("North", [(0, 0), (0, 150)]),
            ("Top", [(0, 150), (200, 150)]),
            ("East", [(200, 150), (200, 0)]),
            ("Dead end", [(200, 150), (290, 190)]),
            ("Island", [(1000, 1000), (1050, 1000)]),
        ]
    )
