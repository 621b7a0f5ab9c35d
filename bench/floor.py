"""
Half a year on the sample city, week by week: is everybody visited, and what does that cost?

    python -m bench.floor [--workspace demo/workspace] [--weeks 26]

Each week is arranged as if on its Monday, approved, and remembered by the next. The workspace is copied first. Beside
it the same weeks run without the floor, and without keeping last week's posts. Takes about two minutes.
"""

import argparse
import datetime as dt
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np

from analysis.plan_compare import kept_and_new
from analysis.plan_floor import FLOOR_WEEKS
from analysis.plan_types import Plan
from geo.taxonomy import Taxonomy
from jobs import plan as plans
from jobs.dataset import Dataset, load_dataset
from jobs.plan_book import approve
from views.i18n import Translator


@dataclass
class Run:
    """What half a year of plans came to. `visits` holds, by community, the weeks (0 the first) with a stop or post."""

    plans: list[Plan] = field(default_factory=list)
    visits: dict[str, list[int]] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Share of the expected harm covered, mean of all weeks."""
        return float(np.mean([plan.harm_covered_all / plan.harm_total for plan in self.plans]))

    @property
    def share_posts(self) -> float:
        """The same by posts alone."""
        return float(np.mean([plan.harm_covered / plan.harm_total for plan in self.plans]))

    def longest_gap(self) -> int:
        """Most weeks from one visit to the next in any community; before the first and after the last one, too."""
        ends = [-1, len(self.plans)]
        return max(int(np.diff(sorted([*weeks, *ends])).max()) for weeks in self.visits.values())

    def all_visited_after(self) -> int | None:
        """The week (1 the first) in which the last community had its first visit; None if one has had none."""
        first = [min(weeks, default=None) for weeks in self.visits.values()]
        return None if None in first else 1 + max(week for week in first if week is not None)

    def stays(self, kind: str) -> float:
        """Share of the posts or stops that were in the plan of the week before, too."""
        kept = new = 0
        for before, now in zip(self.plans, self.plans[1:], strict=False):
            same, other = kept_and_new(_places(now, kind), _places(before, kind))
            kept, new = kept + same, new + other
        return kept / max(kept + new, 1)


def simulate(dataset: Dataset, weeks: int, *, floor: bool = True, keep: bool = True, book: bool = True) -> Run:
    """
    Arrange week after week, ending with the coming one.

    Parameters
    ----------
    floor, keep : bool
        Whether neighborhoods have a floor, and whether posts stay.
    book : bool
        Whether each plan is approved in the workspace, as a planner does; else it is remembered here alone.
    """
    settings = dataset.settings
    budget = plans.Budget(settings.walkers, settings.walk_minutes, settings.watches, settings.watch_hours)
    last = plans.coming_week(dataset)
    run = Run(visits={str(unit): [] for unit in sorted(set(dataset.shown_unit_of.values()))})
    for number in range(weeks):
        week = last - dt.timedelta(weeks=weeks - 1 - number)
        if book:
            plan = plans.arrange(dataset, week=week, budget=budget)
            approve(dataset, plan, Translator("zh"))
        else:
            with patch("jobs.plan._memory", return_value=_memory(run, number, floor, keep)):
                plan = plans.arrange(dataset, week=week, budget=budget)
        run.plans.append(plan)
        for unit in {dataset.shown_unit_of[leaf] for leaf in plan.visited}:
            run.visits[unit].append(number)
    return run


def unsafe_posts(run: Run, taxonomy: Taxonomy, until: float) -> int:
    """Posts of volunteers late at night, or where the most frequent category is not for them."""
    return sum(
        watch.end.hour + watch.end.minute / 60 > until
        or bool(watch.categories and taxonomy.categories[watch.categories[0][0]].who not in ("volunteer", "mediator"))
        for plan in run.plans
        for watch in plan.watches
        if watch.crew == "volunteers"
    )


def too_long(run: Run, minutes: float) -> int:
    """Walks that take longer than asked."""
    return sum(walk.minutes > minutes for plan in run.plans for walk in plan.walks)


def _memory(run: Run, number: int, floor: bool, keep: bool) -> dict[str, Any]:
    since: dict[str, int | None] = {u: number - weeks[-1] if weeks else None for u, weeks in run.visits.items()}
    posts = [(watch.x, watch.y) for watch in run.plans[-1].watches] if run.plans and keep else []
    return {
        "last_visit_weeks": since,
        "floor_weeks": dict.fromkeys(since, FLOOR_WEEKS) if floor else {},
        "previous_posts": posts,
    }


def _places(plan: Plan, kind: str) -> np.ndarray:
    spots = plan.watches if kind == "posts" else [stop for walk in plan.walks for stop in walk.stops]
    return np.array([[spot.x, spot.y] for spot in spots]).reshape(-1, 2)


def main() -> None:
    """Print the runs beside one another."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", default="demo/workspace")
    parser.add_argument("--weeks", type=int, default=26)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        shutil.copytree(options.workspace, root)
        dataset = load_dataset(root)
        runs = {
            "as it is": simulate(dataset, options.weeks),
            "no floor": simulate(dataset, options.weeks, floor=False, book=False),
            "posts chosen anew": simulate(dataset, options.weeks, keep=False, book=False),
        }
        settings = dataset.settings
        for name, run in runs.items():
            gap, after = run.longest_gap(), run.all_visited_after()
            rest = sum(left.hotspot_id is None for plan in run.plans for left in plan.unreached)
            print(
                f"{name:<18} harm covered {run.share:.1%} (posts alone {run.share_posts:.1%}); all {len(run.visits)} "
                f"communities visited by week {after}, longest gap {gap} weeks; named as not reached {rest} times; "
                f"walks over their minutes {too_long(run, settings.walk_minutes)}; unsafe posts of volunteers "
                f"{unsafe_posts(run, dataset.taxonomy, settings.volunteers_until_hour)}; posts kept from the week "
                f"before {run.stays('posts'):.0%}, stops {run.stays('stops'):.0%}"
            )
        lost = 1 - runs["as it is"].share / runs["no floor"].share
        print(f"the floor costs {lost:.2%} of the harm covered")


if __name__ == "__main__":
    main()
