"""
What happens in the sample city and when: rates, seasons, weeks and hours by category, and the planted hotspots.

All rates are invented. Their shapes follow what is commonly reported (quarrels about noise on summer evenings, homes
burgled by day before the Spring Festival, lamps that fail in winter), so that pages have something to show.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

FIRST_DAY, AS_OF = date(2024, 11, 22), date(2026, 11, 22)  # the last is not known any more
DAYS = (AS_OF - FIRST_DAY).days
WINDOW_DAYS = 28
SPRING_FESTIVALS = (date(2025, 1, 29), date(2026, 2, 17))

# Shares of the day as humps: (hour of the middle, spread in hours, weight).
HOURS = {
    "evening": ((19.5, 2.2, 1.0), (13, 4, 0.35)),
    "night": ((22.6, 1.7, 1.0), (1, 1.4, 0.45)),
    "office": ((10, 1.8, 1.0), (15.2, 2.0, 0.9)),
    "afternoon": ((14.8, 2.0, 1.0), (18, 1.8, 0.4)),
    "rush": ((7.8, 0.9, 1.0), (17.6, 1.3, 1.0), (12.5, 3.5, 0.55)),
    "late": ((21, 1.6, 1.0), (7, 1.5, 0.12)),
    "home": ((20, 2.5, 1.0), (9, 3, 0.6)),
    "school": ((7.5, 0.5, 1.0), (16.7, 0.6, 1.0)),
}
WEEKS = {
    "even": (1, 1, 1, 1, 1, 1, 1),
    "weekend": (0.8, 0.8, 0.85, 0.9, 1.15, 1.35, 1.2),
    "friday": (0.6, 0.6, 0.7, 0.85, 1.7, 1.8, 0.9),
    "workday": (1.2, 1.15, 1.1, 1.1, 1.15, 0.7, 0.6),
    "school": (1.4, 1.4, 1.4, 1.4, 1.4, 0, 0),
}
# January to December.
SEASONS = {
    "flat": (1,) * 12,
    "summer": (0.7, 0.6, 0.8, 0.95, 1.15, 1.35, 1.45, 1.4, 1.15, 1.0, 0.85, 0.7),
    "winter": (1.3, 1.2, 1.05, 0.95, 0.85, 0.75, 0.75, 0.8, 0.95, 1.1, 1.1, 1.2),
    "autumn": (0.85, 0.7, 0.9, 0.95, 1.0, 1.05, 1.05, 1.05, 1.15, 1.2, 1.1, 1.0),
    "yearend": (1.5, 1.1, 0.85, 0.85, 0.9, 0.95, 0.9, 0.9, 0.95, 0.95, 1.05, 1.3),
}


@dataclass(frozen=True)
class Kind:
    """One category as its source writes it: mean events in 28 days, its rhythm, and the addresses it prefers."""

    file: str
    text: str
    layer: str
    rate: float
    season: str
    week: str
    hours: str
    where: str  # homes · shops · roads · any · village
    patrol: float = 0.0  # share found by officers
    days_open: float = 3.0  # median days until settled
    growth: float = 0.0  # change of the rate in a year
    festival: float = 1.0  # factor in the week of the Spring Festival


def _kinds(file: str, layer: str, rows: tuple[tuple, ...]) -> list[Kind]:
    return [Kind(file, row[0], layer, *row[1:]) for row in rows]


KINDS = (
    *_kinds(
        "incidents.csv",
        "incident",
        (
            ("盗窃电动自行车", 72, "autumn", "even", "evening", "any", 0.0, 9, -0.03, 0.5),
            ("扒窃", 22, "flat", "weekend", "afternoon", "shops", 0.05, 8, -0.1, 0.9),
            ("盗窃车内财物", 19, "winter", "even", "night", "roads", 0.0, 9, -0.05, 0.8),
            ("商铺盗窃", 20, "flat", "weekend", "afternoon", "shops", 0.0, 6, 0.0, 0.6),
            ("入室盗窃", 17, "yearend", "even", "office", "homes", 0.0, 14, -0.05, 1.6),
            ("电信诈骗", 44, "yearend", "workday", "office", "homes", 0.0, 20, 0.04, 0.5),
            ("打架斗殴", 25, "summer", "friday", "night", "shops", 0.1, 5, -0.04, 1.2),
            ("故意损毁财物", 15, "flat", "weekend", "night", "any", 0.04, 7, 0.0, 1.1),
            ("交通事故", 56, "autumn", "workday", "rush", "roads", 0.08, 4, -0.03, 0.7),
            ("家庭暴力", 12, "flat", "weekend", "late", "homes", 0.0, 6, 0.0, 1.3),
            ("酒后滋事", 13, "summer", "friday", "night", "shops", 0.35, 2, 0.0, 1.4),
            ("老人走失", 6, "flat", "even", "office", "homes", 0.15, 1, 0.0, 0.7),
            ("抢夺", 2.5, "flat", "even", "late", "roads", 0.0, 12, 0.0, 0.5),
            ("赌博", 3, "winter", "weekend", "late", "homes", 0.5, 5, 0.0, 2.0),
            ("其它求助", 6, "flat", "even", "home", "any", 0.0, 1, 0.0, 0.8),
        ),
    ),
    *_kinds(
        "disputes.xlsx",
        "dispute",
        (
            ("噪音扰民", 16, "summer", "weekend", "late", "homes", 0.0, 5, 0.3, 1.2),
            ("邻里纠纷", 13, "flat", "weekend", "home", "homes", 0.0, 8, 0.15, 0.8),
            ("停车纠纷", 12, "flat", "even", "evening", "any", 0.0, 3, 0.3, 1.2),
            ("消费纠纷", 9, "flat", "weekend", "afternoon", "shops", 0.0, 6, 0.25, 1.0),
            ("物业纠纷", 7, "winter", "workday", "office", "homes", 0.0, 15, 0.2, 0.4),
            ("劳资纠纷", 4, "yearend", "workday", "office", "shops", 0.0, 12, 0.0, 0.2),
            ("家庭纠纷", 5, "flat", "weekend", "late", "homes", 0.0, 6, 0.0, 1.4),
            ("医疗纠纷", 1, "flat", "workday", "office", "shops", 0.0, 20, 0.0, 0.5),
            ("土地纠纷", 0.8, "flat", "workday", "office", "village", 0.0, 30, 0.0, 0.3),
        ),
    ),
    *_kinds(
        "hazards.csv",
        "hazard",
        (
            ("路灯不亮", 8, "winter", "even", "evening", "roads", 0.45, 9, 0.0, 0.6),
            ("占道堆物", 6, "flat", "even", "office", "shops", 0.7, 3, 0.0, 0.5),
            ("消防通道堵塞", 5, "flat", "even", "home", "homes", 0.6, 4, 0.05, 1.2),
            ("电动车进楼充电", 4, "winter", "even", "home", "homes", 0.5, 5, 0.1, 1.0),
            ("路面坑洼", 2.5, "summer", "workday", "office", "roads", 0.4, 18, 0.0, 0.4),
            ("井盖缺失", 1.6, "flat", "even", "office", "roads", 0.5, 2, 0.0, 0.7),
            ("墙体开裂", 1.4, "summer", "workday", "office", "homes", 0.3, 35, 0.0, 0.3),
            ("护栏损坏", 1.4, "flat", "even", "office", "roads", 0.6, 14, 0.0, 0.6),
            ("垃圾堆放", 2.2, "summer", "even", "office", "any", 0.5, 3, 0.0, 1.3),
        ),
    ),
    *_kinds(
        "reports.geojson",
        "hazard",
        (
            ("Street light out", 5, "winter", "even", "evening", "roads", 0.0, 10, 0.15, 0.5),
            ("Pothole", 2.5, "summer", "even", "home", "roads", 0.0, 20, 0.1, 0.5),
            ("Blocked fire lane", 2.5, "flat", "even", "home", "homes", 0.0, 4, 0.1, 1.0),
            ("Rubbish", 2.5, "summer", "even", "home", "any", 0.0, 3, 0.1, 1.2),
            ("Fallen tree", 0.8, "summer", "even", "home", "roads", 0.0, 2, 0.0, 0.7),
            ("Request for help", 1.7, "winter", "even", "home", "homes", 0.0, 2, 0.0, 1.2),
        ),
    ),
    Kind("reports.geojson", "Noise", "dispute", 4.5, "summer", "weekend", "late", "homes", 0.0, 4, 0.15, 1.2),
)
BY_TEXT = {kind.text: kind for kind in KINDS}


@dataclass(frozen=True)
class Planted:
    """A place with more than its surroundings. `recent`: extra events of the last 28 days by category."""

    key: str
    near: tuple[float, float]
    kind: str  # new · persistent · fading · weak
    start: date
    end: date
    recent: dict[str, int]
    before: dict[str, float]  # extra events in 28 days, from `start` until the last 28 days or `end`
    hours: tuple[tuple[float, float, float], ...]
    week: str
    radius: float = 90.0
    spots: int = 7
    unsettled: dict[str, int] = field(default_factory=dict)  # of the recent ones, still open


PLANTED = (
    Planted(
        "night-market", (-560, 610), "new", date(2026, 10, 10), AS_OF,
        {"噪音扰民": 9, "路灯不亮": 3, "邻里纠纷": 2}, {"噪音扰民": 4}, ((21, 1.2, 1),), "friday", 76, 7,
        unsettled={"路灯不亮": 2, "噪音扰民": 2},
    ),
    Planted(
        "station-square", (560, 960), "persistent", FIRST_DAY, AS_OF,
        {"盗窃电动自行车": 8, "扒窃": 3, "停车纠纷": 2}, {"盗窃电动自行车": 5, "扒窃": 2, "停车纠纷": 1},
        ((18.7, 1.5, 1),), "even", 80, 8,
    ),
    Planted(
        "shopping-street", (20, -690), "persistent", FIRST_DAY, AS_OF,
        {"扒窃": 8, "消费纠纷": 3, "停车纠纷": 2}, {"扒窃": 5, "消费纠纷": 2}, ((15, 1.4, 1),), "weekend", 80, 8,
        unsettled={"消费纠纷": 1},
    ),
    Planted(
        "burglary-lane", (520, -1030), "new", date(2026, 10, 27), AS_OF,
        {"入室盗窃": 11, "盗窃电动自行车": 3}, {}, ((11, 1.6, 1), (15, 1.2, 0.6)), "workday", 80, 8,
    ),
    Planted(
        "school-gate", (-140, 960), "persistent", date(2025, 9, 1), AS_OF,
        {"交通事故": 8, "停车纠纷": 3, "占道堆物": 3}, {"交通事故": 5, "停车纠纷": 2, "占道堆物": 1},
        ((7.5, 0.45, 1), (16.7, 0.5, 1)), "school", 74, 6, unsettled={"占道堆物": 1},
    ),
    Planted(
        "bar-street", (110, 330), "persistent", date(2025, 4, 1), AS_OF,
        {"打架斗殴": 7, "酒后滋事": 5, "噪音扰民": 3}, {"打架斗殴": 5, "酒后滋事": 3, "噪音扰民": 1},
        ((23, 1.1, 1),), "friday", 74, 6, unsettled={"噪音扰民": 1},
    ),
    Planted(
        "hospital-gate", (-1260, -250), "fading", FIRST_DAY, date(2026, 9, 15),
        {}, {"盗窃电动自行车": 7, "扒窃": 2, "停车纠纷": 1}, ((10, 2, 1),), "workday", 80, 7,
    ),
    Planted(
        "summer-square", (1420, 430), "fading", date(2026, 5, 10), date(2026, 10, 5),
        {}, {"噪音扰民": 9, "打架斗殴": 2}, ((20.8, 1.1, 1),), "weekend", 80, 6,
    ),
    Planted(
        "dark-corner", (1120, -270), "weak", date(2026, 9, 20), AS_OF,
        {"路灯不亮": 2, "盗窃车内财物": 1, "井盖缺失": 1}, {"盗窃车内财物": 1}, ((22, 1.5, 1),), "even", 118, 5,
        unsettled={"路灯不亮": 2},
    ),
    Planted(
        "parking-corner", (-980, -950), "weak", date(2026, 8, 1), AS_OF,
        {"停车纠纷": 3, "故意损毁财物": 1}, {"停车纠纷": 1}, ((19, 1.5, 1),), "even", 110, 5,
    ),
)  # fmt: skip


def hour_shares(humps: tuple[tuple[float, float, float], ...], floor: float = 0.012) -> np.ndarray:
    """The share of each minute-of-day quarter (96 of them), wrapped at midnight."""
    quarter = (np.arange(96) + 0.5) / 4
    share = np.full(96, floor)
    for middle, spread, weight in humps:
        away = np.abs(quarter - middle)
        away = np.minimum(away, 24 - away)
        share += weight / spread * np.exp(-0.5 * (away / spread) ** 2)
    return share / share.sum()


def day_shares(kind: Kind) -> np.ndarray:
    """Expected events of a kind on each day from the first: rate, trend, season, weekday and festival."""
    ordinal = FIRST_DAY.toordinal() + np.arange(DAYS)
    days = [date.fromordinal(int(o)) for o in ordinal]
    season = np.array([SEASONS[kind.season][d.month - 1] for d in days])
    season = season / np.mean(SEASONS[kind.season])
    week = np.array([WEEKS[kind.week][d.weekday()] for d in days]) / np.mean(WEEKS[kind.week])
    trend = 1 + kind.growth * (np.arange(DAYS) / 365 - 1)
    holiday = np.ones(DAYS)
    for festival in SPRING_FESTIVALS:
        holiday[np.abs(ordinal - festival.toordinal() - 2) <= 4] = kind.festival
    return kind.rate / WINDOW_DAYS * season * week * trend * holiday
