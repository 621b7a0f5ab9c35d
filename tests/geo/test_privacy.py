"""The gate's rules on small tables: what is shown, small, withheld, city only, and which figures exist."""

import dataclasses
import datetime as dt
import random

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geo.errors import InputError
from geo.periods import days28, month, next_after, require_apart
from geo.privacy import Layout, Rules, city_only_groups, make_layout, make_release, public_areas
from geo.public_counts import countable, counts_of
from geo.release_types import Figure, PublicArea, Release
from geo.settings import Settings
from geo.taxonomy import read_taxonomy
from geo.withholding import LOT, hidden_ranges, lot, range_of, withhold
from tests.geo.test_workspace import make_events

ZONE = "Europe/Paris"
OCTOBER = month("2026-10")
AREAS = (PublicArea("a", "甲", "A", 900), PublicArea("b", "乙", "B", 900))
RULES = Rules()


def events(n, *, day="2026-10-07 10:00", end=None, area="a", **columns):
    """Some events of one kind at one moment (or span) of Paris."""
    start = pd.Timestamp(day, tz=ZONE)
    frame = make_events([f"e{i}" for i in range(n)], neighborhood_id=area, **columns)
    return frame.assign(event_start=start, event_end=start if end is None else pd.Timestamp(end, tz=ZONE))


def rows(*frames):
    return countable(pd.concat(frames, ignore_index=True), {"a": "a", "b": "b", "a1": "a"}, read_taxonomy())


def everything(counted):
    """A layout in which all that is counted has a figure, with the thresholds as they are."""
    keys = {key: RULES.threshold(key[2], key[3]) for key in counts_of(counted, OCTOBER)}
    keys |= {("area_layer", area.area_id, layer, None, None): RULES.threshold(layer)
             for area in AREAS for layer in ("incident", "dispute", "hazard")}  # fmt: skip
    return Layout("2026-10-01", "p", 365, keys, "seed")


def figures(*frames, protect=False):
    counted = rows(*frames)
    release = make_release(counted, AREAS, OCTOBER, everything(counted), RULES, protect=protect)
    return {figure.key: figure for figure in release.figures}


# --- counting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "said"), [(0, "small"), (4, "small"), (5, 5), (7, 5), (8, 10), (12, 10), (13, 15), (22, 20), (23, 25)]
)
def test_a_count_is_small_or_rounded_to_five(count, said):
    frames = [events(count)] if count else [events(5, area="b")]
    figure = figures(*frames)["area_layer", "a", "incident", None, None]
    assert (figure.status if said == "small" else figure.value) == said
    assert figure.below == (5 if said == "small" else None)


@pytest.mark.parametrize(("count", "status"), [(9, "small"), (10, "shown")])
def test_disputes_are_shown_from_ten_on(count, status):
    noise = events(count, layer="dispute", category="dispute.noise")
    found = figures(noise)
    assert found["area_group", "a", "dispute", "dispute.noise", None].status == status
    assert found["area_layer", "a", "dispute", None, None].status == status


def test_a_row_that_stands_for_several_counts_as_many():
    assert figures(events(3, count=4))["area_layer", "a", "incident", None, None].value == 10


def test_incidents_are_grouped_by_the_first_level_and_matters_by_their_own_key():
    found = figures(
        events(6, category="theft.bicycle"), events(6, category="theft.shop"),
        events(6, layer="hazard", category="hazard.lighting"),
    )  # fmt: skip
    assert found["area_group", "a", "incident", "theft", None].value == 10
    assert found["area_group", "a", "hazard", "hazard.lighting", None].value == 5


def test_a_category_that_the_taxonomy_does_not_know_is_called_other():
    assert figures(events(6, category="petitions"))["area_group", "a", "incident", "other", None].value == 5


@pytest.mark.parametrize("category", ["assault.domestic", "assault.sexual", "missing", "assault.homicide"])
def test_what_only_the_city_may_see_is_in_no_area_and_no_total(category):
    found = figures(events(30, category=category), events(6))
    assert found["area_layer", "a", "incident", None, None].value == 5
    assert found["city_layer", None, "incident", None, None].value == 5
    own = [key for key in found if key[3] == category]
    assert own == [("city_group", None, "incident", category, None)]


def test_too_little_of_what_only_the_city_may_see_is_not_named():
    found = figures(events(4, category="assault.domestic"), events(6))
    assert not [key for key in found if key[3] == "assault.domestic"]


def test_what_lies_nowhere_counts_in_the_city_alone():
    vague = events(6).assign(x=np.nan, y=np.nan)
    found = figures(events(6).assign(x=1.0, y=1.0), vague, events(6, area=None).assign(x=1.0, y=1.0))
    assert found["area_layer", "a", "incident", None, None].value == 5
    assert found["city_layer", None, "incident", None, None].value == 20


def test_units_count_in_the_area_they_nest_in():
    assert figures(events(6, area="a1"))["area_layer", "a", "incident", None, None].value == 5


@pytest.mark.parametrize(
    ("start", "end", "day", "week"),
    [
        ("2026-10-07 05:59", None, "0-6", "wed-thu"),
        ("2026-10-07 06:00", None, "6-12", "wed-thu"),
        ("2026-10-07 18:00", "2026-10-08 00:00", "18-24", "wed-thu"),
        ("2026-10-07 17:00", "2026-10-07 18:01", None, "wed-thu"),
        ("2026-10-09 00:00", "2026-10-10 00:00", None, "fri"),
        ("2026-10-10 12:00", "2026-10-11 13:00", None, "sat-sun"),
        ("2026-10-11 23:00", "2026-10-12 01:00", None, None),
        ("2026-10-04 10:00", "2026-10-10 10:00", None, None),  # Sunday to Saturday: not one weekend
        ("2026-10-01 00:00", "2026-11-01 00:00", None, None),
    ],
)
def test_a_span_counts_in_a_quarter_only_if_it_lies_in_it(start, end, day, week):
    found = figures(events(6, day=start, end=end))
    told = {key[0]: key[4] for key in found if key[0] in ("area_day", "area_week")}
    assert told == {name: part for name, part in (("area_day", day), ("area_week", week)) if part}


def test_a_period_holds_what_began_in_it_by_the_clock_of_the_place():
    counted = rows(
        events(5, day="2026-10-01 00:00"),
        events(5, day="2026-10-31 23:59", end="2026-11-02 10:00"),
        events(50, day="2026-09-30 23:59", end="2026-10-01 02:00"),
        events(50, day="2026-11-01 00:00"),
    )
    assert counts_of(counted, OCTOBER)["area_layer", "a", "incident", None, None] == 10


def test_settled_counts_matters_closed_in_the_period():
    closed = pd.Timestamp("2026-10-20", tz=ZONE)
    found = figures(
        events(10, day="2026-08-01", layer="dispute", category="dispute.noise", closed_at=closed),
        events(10, day="2026-08-01", closed_at=closed),  # incidents are not settled
        events(10, layer="dispute", category="dispute.family", closed_at=closed),
    )
    assert found["area_settled", "a", "dispute", None, None].value == 10
    assert [key for key in found if key[0] == "area_settled"] == [("area_settled", "a", "dispute", None, None)]


# --- areas, rules, layout -----------------------------------------------------------------------------------------


def test_areas_without_fifty_homes_or_250_metres_show_nothing():
    shapes = [box(0, 0, 250, 250), box(0, 0, 249, 250), box(0, 0, 900, 900), box(0, 0, 900, 900)]
    units = gpd.GeoDataFrame(
        {"neighborhood_id": list("abcd"), "name": list("甲乙丙丁"), "name_en": [None, "B", "C", "D"],
         "households": [50, 900, 49, None]}, geometry=shapes, crs="EPSG:32631",
    )  # fmt: skip
    areas = public_areas(units, RULES)
    assert [area.too_small for area in areas] == [False, True, True, False]
    assert [area.households for area in areas] == [50, 900, 49, None]
    counted = rows(events(30), events(30, area="b"))
    release = make_release(counted, areas, OCTOBER, everything(counted), RULES, protect=False)
    assert {figure.area_id for figure in release.figures} == {None, "a"}


@pytest.mark.parametrize(("name", "value"), [("min_events", 4), ("min_dispute_events", 9), ("min_households", 49)])
def test_a_threshold_is_not_lowered_below_the_floor(name, value):
    with pytest.raises(InputError, match=f"{name} is {value}; in public nothing smaller") as caught:
        Rules.of(Settings(**{name: value}))
    assert caught.value.key == "privacy.floor"


def test_a_threshold_can_be_raised_and_is_rounded_up_to_the_step():
    rules = Rules.of(Settings(min_events=6, min_households=100))
    assert (rules.min_events, rules.min_dispute_events, rules.min_households) == (10, 10, 100)
    assert rules.threshold("dispute") == rules.threshold("incident") == 10


def history(per_day, days, **columns):
    start = pd.Timestamp("2026-10-01", tz=ZONE) - pd.to_timedelta(np.arange(1, days + 1), unit="D")
    frame = events(per_day * days, **columns)
    moments = np.repeat(start, per_day)
    return frame.assign(event_start=moments, event_end=moments)


def layout(counted, first_day):
    return make_layout(counted, AREAS, OCTOBER, RULES, polygons="p", first_day=first_day, seed="s")


def test_figures_exist_where_the_time_before_held_twice_the_threshold():
    counted = rows(history(1, 100), history(1, 100, category="burglary").iloc[::4])
    keys = layout(counted, dt.date(2026, 6, 23)).keys
    assert ("area_group", "a", "incident", "theft", None) in keys  # 31 a month
    assert ("area_group", "a", "incident", "burglary", None) not in keys  # 8 a month
    assert ("area_group", "b", "incident", "theft", None) not in keys


def test_with_less_than_28_days_known_only_totals_exist():
    laid = layout(rows(history(9, 27)), dt.date(2026, 9, 4))
    assert {key[0] for key in laid.keys} == {"area_layer", "city_layer"}
    assert laid.provisional


def test_the_layout_does_not_see_the_period_itself():
    before = history(1, 100)
    first = dt.date(2026, 6, 23)
    assert layout(rows(before), first) == layout(rows(before, events(500, area="b")), first)


def test_a_total_that_is_mostly_near_the_threshold_gets_a_steadier_limit():
    keys = layout(rows(history(1, 90).iloc[::6]), dt.date(2026, 7, 3)).keys
    # 15 in 90 days, 5.2 a month: 5 would be just missed in 17 %, 10 in 4 %.
    assert keys["area_layer", "a", "incident", None, None] == 10
    assert keys["area_layer", "b", "incident", None, None] == 5


# --- withholding --------------------------------------------------------------------------------------------------


def test_a_group_is_withheld_where_the_rest_could_be_worked_out():
    # 22, 13 and 8 leave 0 or 1 for all other kinds: the smallest figure goes.
    frames = [events(13), events(8, category="burglary"), events(1, category="robbery"), events(30, area="b")]
    assert figures(*frames)["area_group", "a", "incident", "burglary", None].status == "shown"
    found = figures(*frames, protect=True)
    assert found["area_group", "a", "incident", "burglary", None].status == "withheld"
    assert found["area_group", "a", "incident", "theft", None].value == 15


def test_the_lot_depends_on_seed_period_and_figure_and_on_no_count():
    key = ("area_group", "a", "incident", "theft", None)
    first = lot("s", "2026-10")
    assert first(key) == lot("s", "2026-10")(key)
    others = {first(key), lot("t", "2026-10")(key), lot("s", "2026-11")(key), first((*key[:4], "fri"))}
    assert len(others) == 4
    drawn = [first(("area_group", str(i), "incident", "theft", None)) < LOT["area_group"] for i in range(5000)]
    assert 0.03 < np.mean(drawn) < 0.05


@st.composite
def small_worlds(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frames = [
        events(int(n), area=area, category=category, day=f"2026-10-{rng.integers(1, 29):02} {hour:02}:00")
        for area in ("a", "b", None)
        for category in ("theft", "burglary", "robbery")
        for hour in (3, 15)
        if (n := rng.poisson(rng.choice([1, 4, 9])))
    ]
    return [frame.assign(x=1.0) for frame in frames] or [events(6).assign(x=1.0)]


@settings(max_examples=25, deadline=None)
@given(small_worlds())
def test_every_hidden_count_keeps_five_values(frames):
    counted = rows(*frames)
    release = make_release(counted, AREAS, OCTOBER, everything(counted), RULES)
    ranges = hidden_ranges(release.figures, AREAS, lambda key: RULES.threshold(key[2]), city_only_groups(counted))
    for name, (least, most) in ranges.items():
        assert np.floor(most + 1e-6) - np.ceil(least - 1e-6) >= 4, name


@settings(max_examples=25, deadline=None)
@given(small_worlds(), st.randoms(use_true_random=False))
def test_who_knows_the_program_learns_nothing_from_what_is_withheld(frames, chance: random.Random):
    """
    Other counts behind the withheld figures give the same release, if the lot falls that way.

    The other counts are drawn at random from all that the published figures allow; none is ruled out.
    """
    counted = rows(*frames)
    apart = city_only_groups(counted)
    release = make_release(counted, AREAS, OCTOBER, everything(counted), RULES)

    def threshold(key):
        return RULES.threshold(key[2])

    withheld = {figure.key for figure in release.figures if figure.status == "withheld"}
    # The lot withholds just these: what the figures read was all that the audit was told.
    other = [
        dataclasses.replace(figure, status="shown", value=5 * chance.randint(1, 20))
        if figure.key in withheld
        else figure
        for figure in release.figures
    ]
    again = withhold(other, AREAS, threshold, apart, lambda key: 0.0 if key in withheld else 1.0)
    assert again == release.figures


def test_the_same_rows_in_another_order_give_the_same_release():
    frames = [events(13), events(8, category="burglary"), events(30, area="b")]
    counted = rows(*frames)
    laid = everything(counted)
    mixed = counted.sample(frac=1, random_state=3)
    first = make_release(counted, AREAS, OCTOBER, laid, RULES)
    assert first == make_release(mixed, AREAS, OCTOBER, laid, RULES)
    assert first.digest


def test_what_a_figure_stands_for():
    figure = Figure("area_layer", "a", "incident", None, None, "shown", 5)
    assert range_of(figure, 5) == (5, 7)
    assert range_of(dataclasses.replace(figure, value=20), 5) == (18, 22)
    assert range_of(dataclasses.replace(figure, status="small", value=None, below=10), 10) == (0, 9)
    assert range_of(dataclasses.replace(figure, status="withheld", value=None), 5) == (5, np.inf)


# --- periods ------------------------------------------------------------------------------------------------------


def test_periods_follow_one_another():
    assert (month("2028-02").start, month("2028-02").end) == (dt.date(2028, 2, 1), dt.date(2028, 3, 1))
    assert next_after([month("2026-12"), month("2026-11")]).key == "2027-01"
    assert next_after([days28(dt.date(2026, 10, 5))]).key == "2026-11-02+28"
    # After 28 days amid a month comes the next whole stretch of them.
    assert next_after([month("2026-09"), days28(dt.date(2026, 10, 1))]).start == dt.date(2026, 10, 29)


@pytest.mark.parametrize("text", ["2026", "2026-13", "october"])
def test_no_month_is_refused(text):
    with pytest.raises(InputError, match="is no month") as caught:
        month(text)
    assert caught.value.key == "release.no_month"


@pytest.mark.parametrize(
    ("wanted", "key"),
    [(OCTOBER, "release.twice"), (days28(dt.date(2026, 9, 5)), "release.overlap"),
     (days28(dt.date(2026, 10, 31)), "release.overlap")],
)  # fmt: skip
def test_a_period_that_shares_a_day_with_a_released_one_is_refused(wanted, key):
    with pytest.raises(InputError, match="The next that can be released is 2026-11") as caught:
        require_apart(wanted, [month("2026-09"), OCTOBER] if wanted == OCTOBER else [OCTOBER])
    assert caught.value.key == key
    earlier = Release(OCTOBER, AREAS, ())
    with pytest.raises(InputError):
        make_release(rows(events(5)), AREAS, wanted, everything(rows(events(5))), RULES, [earlier])


def test_periods_beside_released_ones_are_free():
    require_apart(days28(dt.date(2026, 11, 1)), [OCTOBER])
    require_apart(month("2026-09"), [OCTOBER])
