"""
The sample city's meetings: invented hands, remarks and a week walked, so that a meeting's pages say something.

Everything follows from one seed and the ids of the areas: the same city gives the same answers, and a second run adds
nothing.
"""

import datetime as dt
import random
from typing import Any

from analysis.plan import monday_of
from geo.errors import InputError
from geo.meetings import QUESTIONS, Poll, Remark, answer_remark, keep, may_be_raised, remarks
from geo.periods import month
from geo.plan_book import approve_plan, approved, keep_visit, visits
from jobs import plan_book
from jobs.dataset import Dataset
from jobs.plan import Budget, arrange
from jobs.release import release_period
from views.i18n import Translator

SEED = 20261122
RELEASED_MONTHS = 3
EVENINGS_BEFORE = (95, 32)  # days before the data end
# Chances of each answer, best first: an ordinary evening, and one where people feel less safe.
SAFE, LESS_SAFE = (0.3, 0.42, 0.2, 0.08), (0.12, 0.3, 0.36, 0.22)
SERVED = (0.2, 0.4, 0.22, 0.13, 0.05)
RAISED = ("lighting", "noise", "theft_bicycle", "waste", "parking", "fire", "road")
WEEKS_AGO = 2


def release_last_months(dataset: Dataset, months: int = RELEASED_MONTHS) -> None:
    """Release the last whole months, oldest first; what is released already stays."""
    first = dataset.as_of.date().replace(day=1)
    wanted = []
    for _ in range(months):
        first = (first - dt.timedelta(days=1)).replace(day=1)
        wanted.append(month(f"{first:%Y-%m}"))
    for period in reversed(wanted):
        try:
            release_period(dataset, period)
        except InputError as error:
            if error.key not in ("release.twice", "release.overlap"):
                raise


def invent_meetings(dataset: Dataset, seed: int = SEED) -> None:
    """Keep two evenings of polls and a few remarks an area, the older remarks answered."""
    units = dataset.shown_units
    if units is None:
        return
    workspace, last = dataset.workspace, dataset.as_of.date()
    evenings = [last - dt.timedelta(days=days) for days in EVENINGS_BEFORE]
    allowed = [topic for topic in RAISED if topic in may_be_raised(workspace)]
    items: list[Poll | Remark] = []
    for area_id in sorted(units["neighborhood_id"].astype(str)):
        rng = random.Random(f"{seed}-{area_id}")
        uneasy = rng.random() < 0.2
        for evening in evenings:
            present = rng.randint(18, 64)
            items += [_poll(rng, area_id, evening, question, present, uneasy) for question in QUESTIONS]
            chosen = rng.sample(allowed, k=min(2, len(allowed)))
            items += [Remark(area_id, evening, topic, rng.randint(3, max(4, present // 2))) for topic in chosen]
    areas = {item.area_id for item in items}
    keep(workspace, items, areas=areas, today=last)
    _answer(dataset, evenings[0], random.Random(f"{seed}-answers"))


def walk_a_week(dataset: Dataset, budget: Budget, t: Translator) -> None:
    """Approve a plan of two weeks ago and note what became of it: all done but the last walk."""
    week = monday_of(dataset.as_of.date()) - dt.timedelta(weeks=WEEKS_AGO)
    if any(plan.week == week for plan in approved(dataset.workspace)):
        return
    plan = arrange(dataset, week=week, budget=budget)
    plan_book.approve(dataset, plan, t, t("demo.note"))
    if visits(dataset.workspace, week):
        return
    for number in range(1, len(plan.walks) + 1):
        done = number < len(plan.walks) or number == 1
        keep_visit(dataset.workspace, week=week, kind="walk", item=number, done=done)
    for number in range(1, len(plan.watches) + 1):
        keep_visit(dataset.workspace, week=week, kind="watch", item=number, done=True)


def approve_once(dataset: Dataset, plan: dict[str, Any], t: Translator) -> None:
    """Approve the coming week's plan, unless this very plan is approved."""
    known = {(kept.week.isoformat(), kept.digest) for kept in approved(dataset.workspace)}
    if (plan["week"], plan["digest"]) not in known:
        approve_plan(dataset.workspace, plan, t("demo.note"), dataset.shown_unit_of)


def _poll(rng: random.Random, area_id: str, evening: dt.date, question: str, present: int, uneasy: bool) -> Poll:
    options = QUESTIONS[question]
    weights = SERVED if len(options) == len(SERVED) else LESS_SAFE if uneasy and question == "dark" else SAFE
    hands = rng.choices(options, weights, k=present - rng.randint(0, present // 8))
    return Poll(area_id, evening, question, {option: hands.count(option) for option in options}, present)


def _answer(dataset: Dataset, evening: dt.date, rng: random.Random) -> None:
    week = monday_of(dataset.as_of.date())
    for remark in remarks(dataset.workspace):
        if remark.date != evening or remark.answer != "waiting":
            continue
        draw = rng.random()
        if draw < 0.55:
            day = evening + dt.timedelta(weeks=rng.randint(2, 6))
            answer_remark(dataset.workspace, remark.number, "taken_up", None, day)
        elif draw < 0.75:
            answer_remark(dataset.workspace, remark.number, "taken_up", None, week)
        else:
            reason = rng.choice(("not_enough_people", "other_office", "already_done"))
            answer_remark(dataset.workspace, remark.number, "not_taken_up", reason)
