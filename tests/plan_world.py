"""A small city and a week's plan made by hand, of the shapes the plan has, for whatever prints or writes one."""

import datetime
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString, Polygon, box

from geo.topics import Topic

CRS = "EPSG:32650"
X0, Y0, BLOCK = 450_000.0, 4_400_000.0, 150.0
ROWS = ("学前街", "桂花巷", "槐树街", "灯市路", "双井巷", "南门大街", "竹园路")
COLUMNS = ("柳荫里", "书院路", "望溪大道", "钟楼街", "东风路", "杏林路", "新桥路", "河沿路", "石桥街")
ROWS_EN = (
    "School Lane",
    "Osmanthus Lane",
    "Locust Street",
    "Lantern Road",
    "Twin Well Lane",
    "South Gate Street",
    "Bamboo Road",
)
COLUMNS_EN = (
    "Willow Shade", "Academy Road", "Stream Avenue", "Bell Tower Street", "East Wind Road", "Apricot Road",
    "New Bridge Road", "Riverside Road", "Stone Bridge Street",
)  # fmt: skip
TURNS = ("start", "right", "right", "right")


def at(column: float, row: float) -> tuple[float, float]:
    """The crossing of a column and a row of the street grid, in metres."""
    return X0 + column * BLOCK, Y0 + row * BLOCK


def toy_streets() -> gpd.GeoDataFrame:
    """A grid of 9 by 7 streets, cut at every crossing."""
    rows = []
    for r, (name, english) in enumerate(zip(ROWS, ROWS_EN, strict=True)):
        for c in range(len(COLUMNS) - 1):
            rows.append(
                (name, english, "secondary" if r == 2 else "local", r * 9 + c, r * 9 + c + 1, at(c, r), at(c + 1, r))
            )
    for c, (name, english) in enumerate(zip(COLUMNS, COLUMNS_EN, strict=True)):
        for r in range(len(ROWS) - 1):
            road_class = "primary" if c == 2 else "local"
            rows.append((name, english, road_class, r * 9 + c, (r + 1) * 9 + c, at(c, r), at(c, r + 1)))
    frame = pd.DataFrame(rows, columns=["name", "name_en", "road_class", "u", "v", "a", "b"])
    lines = [LineString([a, b]) for a, b in zip(frame.pop("a"), frame.pop("b"), strict=True)]
    frame = frame.assign(
        street_id=[str(i) for i in range(len(frame))], walkable=True, bridge=False, length_m=BLOCK, piece=0
    )
    return gpd.GeoDataFrame(frame, geometry=lines, crs=CRS)


def toy_land() -> gpd.GeoDataFrame:
    """A river along the north and a park."""
    river = LineString([at(-1, 6.4), at(4, 6.6), at(10, 6.3)]).buffer(45)
    park = box(*at(5.2, 3.2), *at(5.8, 3.8))
    rows = {"kind": ["water", "park"], "name": ["柳溪河", ""], "name_en": ["Willow Stream", ""]}
    return gpd.GeoDataFrame(rows, geometry=[river, park], crs=CRS)


def toy_neighborhoods() -> gpd.GeoDataFrame:
    """Three neighborhoods over the grid; the third has no English name."""
    shapes = [box(*at(-0.5, -0.5), *at(3.5, 7)), box(*at(3.5, -0.5), *at(8.5, 3.5)), box(*at(3.5, 3.5), *at(8.5, 7))]
    rows = {
        "neighborhood_id": ["n1", "n2", "n3"],
        "name": ["柳荫社区", "钟楼社区", "石桥社区"],
        "name_en": ["Willow Shade", "Bell Tower", ""],
        "population": [5200, 4100, 3000],
        "households": [1900, 1500, 1100],
        "parent_id": [None, None, None],
    }
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)


def toy_hotspots() -> gpd.GeoDataFrame:
    """Two hotspots."""
    shapes = [shapely.Point(at(1, 2)).buffer(70), Polygon([at(5.6, 0.7), at(6.4, 0.8), at(6.1, 1.5)])]
    rows = {"hotspot_id": ["h1", "h2"], "rank": [1, 2], "neighborhood_id": ["n1", "n2"]}
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)


def toy_plan(*, on_streets: bool = True) -> Any:
    """Two walks, two posts (one for volunteers), two places not reached."""
    walks = (
        _walk(1, datetime.date(2026, 11, 24), datetime.time(15, 0), [(1, 1), (1, 4), (3, 4), (3, 1)], on_streets),
        _walk(2, datetime.date(2026, 11, 26), datetime.time(9, 30), [(6, 0), (6, 3), (4, 3), (4, 0)], on_streets),
    )
    watches = (_watch(1, (6, 1), "volunteers", "h2"), _watch(2, (1, 2), "officers", "h1"))
    unreached = (
        SimpleNamespace(
            hotspot_id="h9", neighborhood_id="n3", harm=3.2, reason=("print.expected_range", {"low": 3, "high": 6})
        ),
        SimpleNamespace(hotspot_id=None, neighborhood_id="n2", harm=0.0, reason=("print.expected_few", {})),
    )
    return SimpleNamespace(
        week=datetime.date(2026, 11, 23),
        watches=watches,
        walks=walks,
        harm_total=120.5,
        harm_covered=37.4,
        harm_covered_bound=39.0,
        harm_covered_all=49.0,
        events_covered=38.2,
        unreached=unreached,
        on_streets=on_streets,
        detour_factor=None if on_streets else 1.3,
        parameters={"reach": 200.0, "walk_minutes": 90, "walkers": 2, "watches": 2, "pace_kmh": 4.2},
        seed=7,
    )


def toy_topics() -> dict[str, Topic]:
    """Two prevention topics in both languages."""
    shared: dict[str, Any] = {"months": (), "seasons": (), "source": "", "source_zh": "", "source_en": ""}
    shared |= {"evidence_zh": "所知很少。", "evidence_en": "Little is known."}
    return {
        "noise": Topic(
            key="noise",
            title_zh="噪音调解", title_en="Noise", refer_to_zh="社区调解室", refer_to_en="community mediation",
            tasks_zh=("噪音：约定 22 时", "留下调解室开放时间"),
            tasks_en=("Agree on 22:00", "Leave the mediator's hours"),
            advice_zh=("先当面说。", "谈不拢请调解。"), advice_en=("Talk first.", "Then ask the mediator."),
            where_to_turn_zh="社区调解室", where_to_turn_en="The mediation room",
            **shared,
        ),
        "theft_bicycle": Topic(
            key="theft_bicycle",
            title_zh="电动车防盗", title_en="Bicycle theft", refer_to_zh="派出所", refer_to_en="the station",
            tasks_zh=("电动车上锁、刻号", "看管车棚在哪里", "旧车换锁登记"),
            tasks_en=("Lock and engrave", "Where the guarded shed is", "Register a new lock"),
            advice_zh=("上两把锁。", "夜里停进车棚。"), advice_en=("Use two locks.", "Use the shed at night."),
            where_to_turn_zh="报警 110", where_to_turn_en="Police 110",
            **shared,
        ),
    }  # fmt: skip


def place_of(x: float, y: float, language: str) -> str:
    """Name of the nearest crossing of the grid."""
    column, row = int(np.clip(round((x - X0) / BLOCK), 0, 8)), int(np.clip(round((y - Y0) / BLOCK), 0, 6))
    if language == "zh":
        return f"{COLUMNS[column]}{ROWS[row]}口"
    return f"{COLUMNS_EN[column]} at {ROWS_EN[row]}"


def _walk(
    number: int, date: datetime.date, time: datetime.time, corners: list[tuple[int, int]], on_streets: bool
) -> Any:
    start = SimpleNamespace(
        name="柳溪派出所", name_en="Willow Stream station", x=at(*corners[0])[0], y=at(*corners[0])[1]
    )
    if number == 2:
        start = SimpleNamespace(
            name="钟楼警务室", name_en="Bell Tower office", x=at(*corners[0])[0], y=at(*corners[0])[1]
        )
    ring = [at(*corner) for corner in [*corners, corners[0]]]
    legs = [_leg(i, corners) for i in range(4)] if on_streets else []
    stops = [_stop(i + 1, corners[i + 1], number) for i in range(3)]
    line = LineString(ring)
    return SimpleNamespace(
        number=number,
        date=date,
        start_time=time,
        start=start,
        stops=tuple(stops),
        line=line,
        length_m=line.length,
        minutes=line.length / 70 + 36,
        walking_minutes=line.length / 70,
        legs=tuple(legs),
        crew=("officer", "mediator"),
        harm=11.5,
        events=9.0,
        reasons=(("print.stops", {"n": 3}),),
    )


def _leg(i: int, corners: list[tuple[int, int]]) -> Any:
    a, b = corners[i], corners[(i + 1) % 4]
    line = LineString([at(*a), at(*b)])
    names = (COLUMNS[a[0]], COLUMNS_EN[a[0]]) if a[0] == b[0] else (ROWS[a[1]], ROWS_EN[a[1]])
    turn = SimpleNamespace(kind=TURNS[i], street=names[0], street_en=names[1], length_m=line.length)
    return SimpleNamespace(line=line, length_m=line.length, turns=(turn,))


def _stop(number: int, corner: tuple[int, int], walk: int) -> Any:
    x, y = at(*corner)
    return SimpleNamespace(
        number=number,
        x=x,
        y=y,
        hotspot_id="h1" if number == 1 else None,
        neighborhood_id="n1" if walk == 1 else "n2",
        arrive_minute=10.0 * number,
        dwell_minutes=12.0,
        harm=4.1,
        events=3.0,
        open_matters=2 if number == 1 else 0,
        categories=(("dispute.noise", 9), ("theft.bicycle", 3)),
        topics=("noise", "theft_bicycle") if number == 1 else ("theft_bicycle",),
        who="mediator",
        reasons=(
            ("print.found", {"category": "dispute.noise", "n": 9}),
            ("print.expected_range", {"low": 2, "high": 6}),
        ),
    )


def _watch(number: int, corner: tuple[int, int], crew: str, hotspot_id: str) -> Any:
    x, y = at(*corner)
    return SimpleNamespace(
        number=number,
        x=x,
        y=y,
        hotspot_id=hotspot_id,
        neighborhood_id="n2" if corner[0] > 3 else "n1",
        date=datetime.date(2026, 11, 27),
        start=datetime.time(19, 0),
        end=datetime.time(21, 0),
        crew=crew,
        harm=8.2,
        events=6.4,
        categories=(("theft.bicycle", 7),),
        topics=("theft_bicycle",),
        reasons=(("print.found", {"category": "theft.bicycle", "n": 7}),),
    )
