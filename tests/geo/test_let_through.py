"""Nothing passes that is not on the list: one test a field that could give somebody away."""

import dataclasses
import datetime as dt

import pytest

from geo.community_types import (
    AreaContent,
    Coming,
    CommunityContent,
    PollResult,
    Promise,
    RemarkLine,
    SeasonLine,
)
from geo.periods import month
from geo.privacy import PrivacyError, let_through
from geo.release_types import Figure, PublicArea, Release

MONDAY = dt.date(2026, 11, 2)
AREA = PublicArea("a", "柳荫社区", "Willow Shade", 900)
TOTAL = Figure("area_layer", "a", "incident", None, None, "shown", 15)
CITY = Figure("city_layer", None, "incident", None, None, "small", below=5)
THEFT = Figure("area_group", "a", "incident", "theft", None, "withheld")
NIGHT = Figure("area_day", "a", "incident", None, "0-6", "shown", 5)
RELEASE = Release(month("2026-10"), (AREA,), (CITY, TOTAL, THEFT, NIGHT), {"min_events": 5}, "d")
POLL = PollResult("dark", MONDAY, 12, (("very_safe", 3), ("fairly_safe", 6), ("bit_unsafe", 3)), 0.75, 0.47, 0.91)
REMARK = RemarkLine("lighting", MONDAY, 6, "taken_up", None, MONDAY)


def area(**changes):
    content = AreaContent(
        area=AREA,
        layers=(SeasonLine("incident", None, (TOTAL,), 15, 15),),
        lines=(SeasonLine("incident", "theft", (THEFT,), None, None),),
        settled=(),
        times=(NIGHT,),
        promises=(
            Promise("walk", MONDAY, "lighting", "done"),
            Promise("remark", None, "noise", "not_taken_up", "not_here"),
        ),
        topics=("theft_bicycle",),
        coming=(Coming(MONDAY, 2, 1, ("fire",)),),
        polls=(POLL,),
        remarks=(REMARK,),
    )
    return dataclasses.replace(content, **changes)


def content(part=None, **changes):
    whole = CommunityContent(
        station="柳溪派出所",
        station_en="Liuxi Police Station",
        season=(RELEASE.period,),
        layers=(SeasonLine("incident", None, (CITY,), 0, 4),),
        lines=(),
        areas=(area() if part is None else part,),
        rules={"min_events": 5},
    )
    return dataclasses.replace(whole, **changes)


def test_what_is_on_the_list_passes_and_gets_its_digest():
    passed = let_through(content(), [RELEASE])
    assert dataclasses.replace(passed, digest="") == content()
    assert passed.digest == let_through(content(), [RELEASE]).digest
    assert passed.digest != let_through(content(credit="图"), [RELEASE]).digest


HIGHER = dataclasses.replace(TOTAL, value=20)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (area(layers=(SeasonLine("incident", None, (HIGHER,), 20, 20),)), "is not as released"),
        (area(layers=(SeasonLine("incident", None, (TOTAL,), 13, 17),)), "a sum that the published"),
        (area(layers=(SeasonLine("incident", "theft", (TOTAL,), 15, 15),)), "is called something else"),
        (area(layers=(SeasonLine("incident", None, (CITY,), 0, 4),)), "in the wrong place"),
        (area(layers=(SeasonLine("incident", None, (), 0, 0),)), "misses a period"),
        (area(lines=(SeasonLine("incident", "theft", (THEFT,), 0, 4),)), "a sum that the published"),
        (area(times=(dataclasses.replace(NIGHT, value=10),)), "a quarter that was not released"),
        (area(times=(TOTAL,)), "a quarter of another area"),
        (area(area=dataclasses.replace(AREA, households=12)), "differs from the released one"),
        (area(topics=("family",)), "closed or unknown topic"),
        (area(topics=("a door in Mill Lane",)), "closed or unknown topic"),
        (area(promises=(Promise("walk", MONDAY, "family", "done"),)), "closed or unknown topic"),
        (area(promises=(Promise("walk", MONDAY, None, "done", "Mrs Li was not at home"),)), "a reason that is no key"),
        (area(promises=(Promise("visit", MONDAY, None, "done"),)), "unknown kind"),
        (area(promises=(Promise("walk", MONDAY, None, "late"),)), "unknown state"),
        (area(promises=(Promise("walk", dt.date(2026, 11, 3), None, "done"),)), "begin on a Monday"),
        (area(coming=(Coming(MONDAY, -1, 0, ()),)), "a coming week"),
        (area(coming=(Coming(MONDAY, 1, 0, ("family",)),)), "a coming week"),
        (area(polls=(dataclasses.replace(POLL, question="who"),)), "unknown question"),
        (area(polls=(dataclasses.replace(POLL, options=(("very_safe", 9),), answered=9),)), "too few answers"),
        (area(polls=(dataclasses.replace(POLL, options=()),)), "a share of too few"),
        (area(polls=(dataclasses.replace(POLL, answered=13),)), "do not add up"),
        (area(polls=(dataclasses.replace(POLL, share=0.5),)), "a share of another poll"),
        (area(polls=(dataclasses.replace(POLL, options=(("Mrs Li", 12),)),)), "unknown answer"),
        (area(remarks=(dataclasses.replace(REMARK, people=4),)), "too few people"),
        (area(remarks=(dataclasses.replace(REMARK, topic="family"),)), "closed or unknown topic"),
        (area(remarks=(dataclasses.replace(REMARK, reason="she said so"),)), "a reason that is no key"),
        (area(remarks=(dataclasses.replace(REMARK, answer="no"),)), "unknown answer"),
        (area(times=(dt.datetime(2026, 11, 2, 9, 30),)), "datetime has no place here"),
    ],
)  # fmt: skip
def test_whatever_else_stands_in_an_area_is_stopped(changed, why):
    with pytest.raises(PrivacyError, match=why):
        let_through(content(changed), [RELEASE])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"season": ()}, "no period"),
        ({"season": (month("2026-09"),)}, "was not released"),
        ({"station": "117.46097, 31.17507"}, "more than a name"),
        ({"credit": "x" * 201}, "more than a name"),
        ({"rules": {"min_events": 1}}, "rules differ"),
        ({"layers": (SeasonLine("incident", None, (TOTAL,), 15, 15),)}, "in the wrong place"),
    ],
)
def test_whatever_else_stands_in_the_whole_is_stopped(changes, why):
    with pytest.raises(PrivacyError, match=why):
        let_through(content(**changes), [RELEASE])


def test_an_area_too_small_has_no_figures():
    small = dataclasses.replace(AREA, too_small=True)
    release = dataclasses.replace(RELEASE, areas=(small,))
    with pytest.raises(PrivacyError, match="too small"):
        let_through(content(area(area=small)), [release])


def test_a_field_that_nobody_named_is_stopped():
    whole = content()
    object.__setattr__(whole.areas[0], "points", ((117.1, 31.2),))
    with pytest.raises(PrivacyError, match="a field of no name"):
        let_through(whole, [RELEASE])
