"""A community view made by hand: six neighborhoods over an autumn, with every kind of figure and of answer."""

import datetime as dt
from dataclasses import dataclass, replace

from geo.community_types import AreaContent, Coming, CommunityContent, PollResult, Promise, RemarkLine, SeasonLine
from geo.release_types import DAY_QUARTERS, WEEK_QUARTERS, Figure, Period, PublicArea

SEASON = tuple(
    Period(f"2026-{month:02}", dt.date(2026, month, 1), dt.date(2026, month + 1, 1)) for month in (9, 10, 11)
)
RULES = {"min_events": 5, "min_dispute_events": 10, "min_households": 50, "step": 5}
SAFE = ("very_safe", "fairly_safe", "bit_unsafe", "very_unsafe")
QUESTIONS = {
    "dark": SAFE,
    "day": SAFE,
    "served": ("very_satisfied", "fairly_satisfied", "neither", "fairly_dissatisfied", "very_dissatisfied"),
}
AREAS = (
    PublicArea("c01", "柳荫里", "Liuyinli", 2140),
    PublicArea("c02", "北苑", "Beiyuan", 3310),
    PublicArea("c03", "河沿", "Heyan", 1875),
    PublicArea("c04", "钟楼", "Zhonglou", 2602),
    PublicArea("c05", "学前", "Xueqian", None),
    PublicArea("c06", "闸口巷", "Zhakou Lane", 38, too_small=True),
)


@dataclass(frozen=True)
class Topic:
    """As `geo.topics.Topic`, so far as the deck reads it."""

    key: str
    title_zh: str
    title_en: str
    advice_zh: tuple[str, ...]
    advice_en: tuple[str, ...]
    where_to_turn_zh: str
    where_to_turn_en: str
    evidence_zh: str
    evidence_en: str


TOPICS = {
    topic.key: topic
    for topic in (
        Topic(
            "noise",
            "噪音调解",
            "Noise",
            (
                "晚上 10 点以后，音响和装修停下来。",
                "先当面说一声；说不通，请社区调解。",
                "约好了就写下来，过一周再看。",
            ),
            (
                "After ten at night, music and building work stop.",
                "Say a word in person first; if that fails, ask for mediation.",
                "Write down what was agreed and look again after a week.",
            ),
            "社区调解室",
            "The neighborhood mediation room",
            "一项调解试验里，同一起纠纷再报警的次数少了许多；能不能照搬到这里，还不知道。",
            "In a trial of mediation, the same disputes led to far fewer further calls; whether here too is not known.",
        ),
        Topic(
            "lighting",
            "照明",
            "Lighting",
            ("看见坏灯，记下杆号就报。", "楼道灯说好由谁来换。"),
            ("Saw a dead lamp? Note the post's number and report it.", "Agree who changes the stairwell lamp."),
            "12345",
            "Call 12345",
            "一项随机试验里，增加照明的小区，夜间户外案件明显减少。",
            "In a randomized trial, added lighting was followed by clearly fewer outdoor crimes at night.",
        ),
        Topic(
            "theft_bicycle",
            "电动车防盗",
            "Bicycle theft",
            ("车锁两道，锁在固定物上。", "买车时刻号、登记。", "电池带走，但不进楼充电。"),
            (
                "Use two locks and lock to something fixed.",
                "Have the frame marked and registered.",
                "Take the battery with you, but do not charge it indoors.",
            ),
            "派出所",
            "The police station",
            "刻号、登记对防盗有多大用，所知不多。",
            "Little is known about how much marking and registering prevents.",
        ),
        Topic(
            "fire",
            "用火用电",
            "Fire and wiring",
            ("电动车、电池不进楼。", "楼道不堆物，门不反锁。"),
            ("No e-bike or battery inside the building.", "Keep stairs and exits clear."),
            "物业；着火打 119",
            "The property manager; 119 in a fire",
            "入户查看、装报警器后，火灾伤亡减少；只发传单看不出作用。",
            "Home visits with alarms were followed by fewer injuries; leaflets alone showed no effect.",
        ),
        Topic(
            "fraud",
            "防诈骗",
            "Fraud",
            ("要钱、要验证码的电话，先挂断。", "再打 96110 问一问。", "给家里老人讲一遍。"),
            ("Asked for money or a code? Hang up first.", "Then call 96110.", "Tell the elderly at home."),
            "反诈专线 96110",
            "The anti-fraud line 96110",
            "讲过的人，短期里更能识破；能维持多久，所知不多。",
            "People who were told recognize more of it for a while; how long it lasts is little known.",
        ),
    )
}


def figure(table: str, layer: str, count: int | None, *, area: str | None = "c01", group=None, part=None) -> Figure:
    """A figure as the gate would say it; None is one that is withheld."""
    below = 10 if layer == "dispute" else 5
    if count is None:
        return Figure(table, area, layer, group, part, "withheld")
    if count < below:
        return Figure(table, area, layer, group, part, "small", below=below)
    return Figure(table, area, layer, group, part, "shown", value=5 * round(count / 5))


def line(table: str, layer: str, counts, *, area: str | None = "c01", group=None) -> SeasonLine:
    """A line over the season, with its range."""
    figures = tuple(figure(table, layer, count, area=area, group=group) for count in counts)
    if any(f.status == "withheld" for f in figures):
        return SeasonLine(layer, group, figures, None, None)
    low = sum(f.value or 0 for f in figures)
    high = sum(f.value if f.value is not None else f.below - 1 for f in figures)
    return SeasonLine(layer, group, figures, low, high)


def content(area: PublicArea = AREAS[0]) -> AreaContent:
    """An area about which there is something to say on every slide."""
    key = area.area_id
    return AreaContent(
        area=area,
        layers=(
            line("area_layer", "incident", (41, 33, 38), area=key),
            line("area_layer", "dispute", (22, 14, 7), area=key),
            line("area_layer", "hazard", (17, 12, 9), area=key),
        ),
        lines=(
            line("area_group", "dispute", (14, 11, 6), area=key, group="dispute.noise"),
            line("area_group", "hazard", (11, 6, 3), area=key, group="hazard.lighting"),
            line("area_group", "incident", (16, 12, 15), area=key, group="theft"),
            line("area_group", "incident", (6, 2, 8), area=key, group="fraud"),
            line("area_group", "hazard", (3, 1, 2), area=key, group="hazard.fire"),
            line("area_group", "incident", (5, None, 6), area=key, group="traffic"),
            line("area_group", "hazard", (2, 1, 0), area=key, group="hazard.waste"),
        ),
        settled=(
            line("area_settled", "dispute", (15, 11, 4), area=key),
            line("area_settled", "hazard", (9, 10, 6), area=key),
        ),
        times=(
            *(
                figure("area_day", "incident", count, area=key, part=part)
                for part, count in zip(DAY_QUARTERS, (3, 9, 14, 12), strict=True)
            ),
            *(
                figure("area_week", "incident", count, area=key, part=part)
                for part, count in zip(WEEK_QUARTERS, (8, 7, None, 18), strict=True)
            ),
        ),
        promises=(
            Promise("walk", dt.date(2026, 9, 14), "noise", "done"),
            Promise("walk", dt.date(2026, 10, 5), "lighting", "done"),
            Promise("walk", dt.date(2026, 10, 26), "theft_bicycle", "done"),
            Promise("walk", dt.date(2026, 11, 9), "noise", "missed", "not_enough_people"),
            Promise("walk", dt.date(2026, 11, 23), "fire", "open"),
            Promise("watch", dt.date(2026, 10, 12), "theft_bicycle", "done"),
            Promise("watch", dt.date(2026, 11, 2), "theft_bicycle", "done"),
            Promise("watch", dt.date(2026, 11, 23), "noise", "open"),
            Promise("remark", dt.date(2026, 10, 19), "lighting", "done"),
            Promise("remark", None, "noise", "open"),
            Promise("remark", None, "theft_bicycle", "not_taken_up", "other_office"),
        ),
        topics=("noise", "lighting", "theft_bicycle", "fire"),
        coming=(
            Coming(dt.date(2026, 11, 30), 2, 1, ("noise", "lighting")),
            Coming(dt.date(2026, 12, 7), 1, 0, ("fire",)),
            Coming(dt.date(2026, 12, 14), 1, 2, ("theft_bicycle", "fire")),
        ),
        polls=(
            poll("dark", dt.date(2026, 5, 20), (9, 21, 22, 12)),
            poll("dark", dt.date(2026, 8, 19), (11, 26, 20, 9)),
            poll("dark", dt.date(2026, 11, 25), (16, 34, 19, 7)),
            poll("day", dt.date(2026, 5, 20), (25, 29, 7, 3)),
            poll("day", dt.date(2026, 8, 19), (28, 30, 6, 2)),
            poll("day", dt.date(2026, 11, 25), (35, 33, 6, 2)),
            poll("served", dt.date(2026, 8, 19), (3, 2, 1, 0, 0)),
            poll("served", dt.date(2026, 11, 25), (14, 27, 16, 9, 4)),
        ),
        remarks=(
            RemarkLine("lighting", dt.date(2026, 8, 19), 14, "taken_up", None, dt.date(2026, 10, 19)),
            RemarkLine("theft_bicycle", dt.date(2026, 8, 19), 9, "not_taken_up", "other_office"),
            RemarkLine("noise", dt.date(2026, 11, 25), 21, "waiting", None),
            RemarkLine("fire", dt.date(2026, 11, 25), None, "waiting", None),
        ),
    )


def poll(question: str, date: dt.date, counts) -> PollResult:
    """An evening's result with a plain interval; too few to say below ten answers."""
    answered = sum(counts)
    if answered < 10:
        return PollResult(question, date, answered, (), None, None, None)
    options = tuple(zip(QUESTIONS[question], counts, strict=True))
    share = sum(counts[:2]) / answered
    half = 1.96 * (share * (1 - share) / answered) ** 0.5
    return PollResult(question, date, answered, options, share, max(share - half, 0.0), min(share + half, 1.0))


def empty(area: PublicArea) -> AreaContent:
    """An area of which nothing is known yet."""
    return AreaContent(area, (), (), (), (), (), (), (), (), ())


def world(*areas: AreaContent) -> CommunityContent:
    """The city with these areas; all six where none is given."""
    chosen = areas or tuple(empty(area) if area.too_small else content(area) for area in AREAS)
    return CommunityContent(
        station="望溪派出所",
        station_en="Wangxi station",
        season=SEASON,
        layers=(
            line("city_layer", "incident", (212, 188, 197), area=None),
            line("city_layer", "dispute", (96, 88, 71), area=None),
            line("city_layer", "hazard", (83, 61, 66), area=None),
        ),
        lines=(
            line("city_group", "incident", (78, 66, 71), area=None, group="theft"),
            line("city_group", "dispute", (52, 41, 37), area=None, group="dispute.noise"),
            line("city_group", "hazard", (38, 25, 29), area=None, group="hazard.lighting"),
            line("city_group", "incident", (4, 2, 3), area=None, group="robbery"),
            line("city_group", "incident", (5, None, 7), area=None, group="burglary"),
        ),
        areas=chosen,
        rules=RULES,
        credit="示例数据",
        digest="4f2a",
    )


def renamed(area_content: AreaContent, name: str, name_en: str = "") -> AreaContent:
    """The same area under another name."""
    return replace(area_content, area=replace(area_content.area, name=name, name_en=name_en))
