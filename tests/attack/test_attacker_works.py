"""The attacker first proves itself: it breaks releases made without a gate, and leaves alone what hides its counts."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

from tests.attack.differences import pairs_of_releases, totals_minus_parts
from tests.attack.knowledge import ELSEWHERE, know
from tests.attack.naive import TABLES, TIMES, days28, events_of, month, publish
from tests.attack.solve import Contradiction, bounds_of, narrowed

MARCH = month("2026-03")
GROUPS = {"incident": ("theft", "burglary", "fraud")}
# Nothing here is small in a total that its neighbors give away: 60 and 60, groups of 20, 30 elsewhere of each.
CALM = {(a, g): 20 for a in ("A", "B") for g in GROUPS["incident"]} | {(None, g): 30 for g in GROUPS["incident"]}


def hit_names(release_or_releases, groups=GROUPS, **options):
    releases = release_or_releases if isinstance(release_or_releases, list) else [release_or_releases]
    return {(hit.target.kind, *hit.target.name[1:]) for hit in narrowed(know(releases, groups=groups, **options))}


def test_a_release_that_hides_its_counts_gives_no_hits():
    release = publish(events_of(CALM | {("A", "fraud"): 2}), MARCH, ["A", "B"], layout={("A", "theft"), ("B", "theft")})
    assert hit_names(release) == set()
    assert totals_minus_parts(release, GROUPS).all_hits == []


def test_one_small_group_beside_shown_ones_is_the_total_minus_the_others():
    # 36 reads 35, so at most 37; 23 and 13 read 25 and 15, so at least 23 and 13: that leaves at most 1.
    table = CALM | {("A", "theft"): 23, ("A", "burglary"): 13, ("A", "fraud"): 0}
    release = publish(events_of(table), MARCH, ["A", "B"])
    assert ("area", "A", "incident", "group", "fraud") in hit_names(release)
    assert any("fraud" in hit for hit in totals_minus_parts(release, GROUPS).all_hits)


def test_totals_that_are_not_rounded_give_the_hidden_group():
    table = CALM | {("A", "theft"): 21, ("A", "burglary"): 13, ("A", "fraud"): 2}
    release = publish(events_of(table), MARCH, ["A", "B"], rounded_to=1)
    assert bounds_of(know([release], groups=GROUPS), _target(release, "area", "A", "fraud")) == (2, 2)
    assert any("fraud" in hit for hit in totals_minus_parts(release, GROUPS).all_hits)


def test_zero_left_visible_is_a_hit():
    table = CALM | {("A", "fraud"): 0}
    release = publish(events_of(table), MARCH, ["A", "B"], zero_shown=True, tables=["area_group"])
    assert ("area", "A", "incident", "group", "fraud") in hit_names(release)


def test_an_area_left_out_is_the_city_minus_the_others():
    table = CALM | {("B", g): 1 for g in GROUPS["incident"]} | {(None, g): 0 for g in GROUPS["incident"]}
    release = publish(events_of(table), MARCH, ["A", "B"], tables=["area_layer", "city_layer"], rounded_to=1)
    assert ("area", "B", "incident", "total", "") in hit_names(release)
    assert any("'B'" in hit for hit in totals_minus_parts(release, GROUPS).all_hits)


def test_quarters_of_the_day_give_the_hours_that_are_unknown():
    table = {("A", "theft", part): 20 for part in ("0-6", "6-12", "12-18", "18-24")} | {("A", "theft", "unknown"): 1}
    events = events_of(table)
    release = publish(events, MARCH, ["A"], tables=["area_layer", "area_day"], rounded_to=1)
    assert ("area", "A", "incident", "day", "unknown") in hit_names(release)


def test_who_knows_the_algorithm_knows_that_the_withheld_reach_the_threshold():
    # 12 reads 10, so at most 12; burglary is at least 5: fraud is 0 to 4. With 5 or more thefts, it is 0 to 2.
    table = {("A", "theft"): 6, ("A", "burglary"): 5, ("A", "fraud"): 1}
    release = publish(
        events_of(table), MARCH, ["A"], tables=["area_layer", "area_group"], withhold={("area_group", "A", "theft")}
    )
    fraud = ("area", "A", "incident", "group", "fraud")
    assert fraud not in hit_names(release)
    assert fraud in hit_names(release, withheld_reaches=True)


def test_only_a_program_sees_what_many_rows_and_columns_give_together():
    """Each row and each column hides two counts, and yet C/theft is columns theft and burglary minus rows A and B."""
    hidden = {
        "A": ("theft", "burglary"), "B": ("theft", "burglary"), "C": ("theft", "fraud"), "D": ("fraud", "damage"),
        "E": ("fraud", "damage"),
    }  # fmt: skip
    groups = {"incident": ("theft", "burglary", "fraud", "damage")}
    table = {(area, group): 40 for area in hidden for group in groups["incident"]}
    table |= {(area, group): 9 for area, pair in hidden.items() for group in pair} | {("C", "theft"): 2}
    withhold = {("area_group", area, group) for area, pair in hidden.items() for group in pair}
    release = publish(events_of(table), MARCH, list(hidden), rounded_to=1, withhold=withhold)
    found = hit_names(release, groups)
    assert ("area", "C", "incident", "group", "theft") in found
    assert not any("('C', 'incident', 'group', 'theft')" in h for h in totals_minus_parts(release, groups).all_hits)


def test_a_month_and_28_days_of_it_give_the_days_between():
    early, late = events_of(CALM), events_of({("A", "theft"): 1}, dt.date(2026, 3, 30))
    events = pd.concat([early, late])
    two = [publish(events, p, ["A", "B"], rounded_to=1) for p in (MARCH, days28(dt.date(2026, 3, 1)))]
    tally = pairs_of_releases(two)
    assert any("area_group', 'A', 'incident', 'theft'" in hit for hit in tally.all_hits)
    # The program sees the same: what both hold is an atom of its own, and the rest of the month another.
    known = know(two, groups=GROUPS)
    rest = frozenset(atom for atom in known.atoms if atom[0] == "A" and atom[3:] == ("group", "theft") and atom[1] == 1)
    assert bounds_of(known, type(known.targets[0])("area", ("rest",), rest)) == (1, 1)


def test_the_same_month_with_other_polygons_gives_the_strip_between():
    whole = events_of({("p", "theft"): 40, ("q", "theft"): 3, ("r", "theft"): 50, (None, "theft"): 60})
    old = whole.assign(area=whole["area"].replace({"p": "A", "q": "A", "r": "B"}))
    new = whole.assign(area=whole["area"].replace({"p": "A", "q": "B", "r": "B"}))
    again = month("2026-03").__class__("2026-03 again", MARCH.start, MARCH.end)
    two = [publish(old, MARCH, ["A", "B"], rounded_to=1), publish(new, again, ["A", "B"], rounded_to=1)]
    pieces = {
        ("2026-03", "A"): ("p", "q"), ("2026-03", "B"): ("r",), ("2026-03 again", "A"): ("p",),
        ("2026-03 again", "B"): ("q", "r"),
    }  # fmt: skip
    assert any("lies between in 3..3" in hit for hit in pairs_of_releases(two, pieces).all_hits)


@pytest.mark.parametrize("change", ["late row", "undone import"])
def test_a_month_served_twice_tells_what_changed(change):
    before = events_of(CALM | {("A", "fraud"): 4})
    late = events_of({("A", "fraud"): 1})
    after = pd.concat([before, late]) if change == "late row" else before.iloc[: len(before) // 2]
    tally = pairs_of_releases([publish(before, MARCH, ["A", "B"]), publish(after, MARCH, ["A", "B"])])
    assert any("is told as" in hit for hit in tally.all_hits)


def test_months_apart_are_tried_and_give_nothing():
    months = [month(f"2026-{n:02}") for n in range(1, 5)]
    releases = [publish(events_of(CALM, period.start), period, ["A", "B"]) for period in months]
    tally = pairs_of_releases(releases)
    assert tally.attempts == {"differences of all pairs": 6 * len(releases[0].figures)}
    assert tally.all_hits == []


@pytest.mark.parametrize("seed", range(6))
def test_bounds_are_those_of_trying_every_table(seed):
    rng = np.random.default_rng(seed)
    groups = {"incident": ("theft", "burglary")}
    cells = list(itertools.product("AB", groups["incident"]))
    table = {cell: int(rng.integers(0, 11)) for cell in cells}
    release = publish(events_of(table), MARCH, ["A", "B"])
    known = know([release], groups=groups, nothing_elsewhere=True)
    grid = np.stack(np.meshgrid(*[np.arange(18)] * 4, indexing="ij"), -1).reshape(-1, 4)
    number = {cell: i for i, cell in enumerate(cells)}

    def value(form):
        total = np.zeros(len(grid))
        for piece, _, _, kind, name in form:
            if piece != ELSEWHERE:
                total += sum(
                    grid[:, i] for (a, g), i in number.items() if a == piece and (kind == "total" or g == name)
                )
        return total

    agrees = np.ones(len(grid), bool)
    for form, low, high, _ in known.figures:
        agrees &= (value(form) >= low) & (value(form) <= high)
    assert agrees[(grid == [table[cell] for cell in cells]).all(axis=1)].all()
    hits = {hit.target: (hit.low, hit.high) for hit in narrowed(known)}
    for target in known.targets:
        values = value(target.form)[agrees]
        assert (target in hits) == (values.max() - values.min() + 1 < 5), target
        if target in hits:
            assert hits[target] == (values.min(), values.max())


def test_figures_that_no_counts_can_have_are_noticed():
    release = publish(events_of(CALM), MARCH, ["A", "B"])
    less = [f if f.table != "city_layer" else type(f)(*f.key, "small", below=5) for f in release.figures]
    with pytest.raises(Contradiction):
        narrowed(know([type(release)(MARCH, release.areas, tuple(less))], groups=GROUPS))


def test_times_of_the_day_are_part_of_the_program():
    table = {("A", "theft", part): 20 for part in ("0-6", "6-12", "12-18", "18-24")}
    release = publish(events_of(table), MARCH, ["A"], tables=(*TABLES, *TIMES))
    assert {target.name[3] for target in know([release], groups=GROUPS).targets if target.kind == "area"} >= {
        "day",
        "week",
    }


def _target(release, kind, area, group):
    targets = know([release], groups=GROUPS).targets
    return next(t for t in targets if (t.kind, t.name[1], t.name[-1]) == (kind, area, group))
