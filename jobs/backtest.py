"""How good were the forecasts: the walk-forward test of a workspace, kept, worded and written."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.backtest import Backtest, backtest
from geo.errors import InputError
from geo.export import export_table
from geo.public_holidays import special_days
from jobs.dataset import Dataset
from views.i18n import Translator

SEED = 0
DAYS = 28
# The coverage that sentences speak of.
SPOKEN = 0.05


def run(
    dataset: Dataset,
    *,
    windows: int | None = None,
    days: int = DAYS,
    as_of: pd.Timestamp | None = None,
    layers: list[str] | None = None,
    categories: list[str] | None = None,
    residents_only: bool = False,
) -> Backtest:
    """
    Test forecasts of `days` on the workspace's own past; kept with the workspace.

    Parameters
    ----------
    windows : int, optional
        How many windows, a week apart; up to a year of them, if not given.
    layers, categories : list of str, optional
        What to foretell; everything, if not given. Other events then tell where things happen.
    residents_only : bool
        Leave out what patrols recorded themselves: it lies where they walk.

    Raises
    ------
    InputError
        Without neighborhoods, and as `analysis.backtest.backtest` does.
    """
    moment = dataset.as_of if as_of is None else as_of
    parameters = _parameters(moment, days, windows, layers, categories, residents_only)

    def compute() -> Backtest:
        if dataset.grid is None:
            raise InputError(
                "A backtest needs neighborhoods: without them there are no cells.",
                remedy="Import polygons with `import --neighborhoods FILE`.",
                key="backtest.no_grid",
            )
        events, others = ours_and_others(dataset, layers, categories, residents_only=residents_only)
        answer = backtest(
            events, dataset.grid, as_of=moment, horizon_days=days, windows=windows, others=others,
            rng=np.random.default_rng(SEED), holidays=holidays_of(dataset, moment, 0),
        )  # fmt: skip
        facts = {
            "kinds": int(events["category"].nunique()),
            "patrols": int(by_patrols(dataset.chosen(layers, categories)).sum()) if residents_only else 0,
        }
        return replace(answer, facts=answer.facts | facts)

    return dataset.workspace.result("backtest", parameters, compute)


def ours_and_others(
    dataset: Dataset, layers: list[str] | None, categories: list[str] | None, *, residents_only: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    The events to foretell, and those of other kinds that tell where things happen.

    Records made by patrols are in neither, if `residents_only`; what is never listed tells nothing of other kinds.
    """
    events = dataset.chosen(layers, categories)
    others = dataset.events.loc[dataset.events.index.difference(events.index)]
    others = others[~others["category"].isin(dataset.unlisted)]
    if residents_only:
        events, others = (frame[~by_patrols(frame)] for frame in (events, others))
    return events, others


def holidays_of(dataset: Dataset, moment: pd.Timestamp, days: int) -> pd.DataFrame | None:
    """The special days of the calendar that is set, over the whole history and so many days to come; None for none."""
    calendar = dataset.settings.holidays
    if not calendar:
        return None
    return special_days(calendar, dataset.first_day, (moment + pd.DateOffset(days=days)).date())


def by_patrols(events: pd.DataFrame) -> pd.Series:
    """True for records that patrols made themselves."""
    return (events["reported_by"] == "patrol").fillna(False).astype(bool)


def kept(
    dataset: Dataset,
    *,
    as_of: pd.Timestamp,
    layers: list[str] | None = None,
    categories: list[str] | None = None,
    residents_only: bool = False,
) -> Backtest | None:
    """The backtest of these events with the default windows, if one is kept; it is not run here."""

    def refuse() -> Backtest:
        raise _NotKept

    try:
        parameters = _parameters(as_of, DAYS, None, layers, categories, residents_only)
        answer: Backtest = dataset.workspace.result("backtest", parameters, refuse)
    except _NotKept:
        return None
    return answer


def kept_choice(
    dataset: Dataset,
    *,
    as_of: pd.Timestamp,
    layers: list[str] | None = None,
    categories: list[str] | None = None,
    residents_only: bool = False,
) -> str | None:
    """The method that a backtest of these events chose, if one is kept for them; it is not run here."""
    answer = kept(dataset, as_of=as_of, layers=layers, categories=categories, residents_only=residents_only)
    return None if answer is None else answer.chosen


class _NotKept(Exception):
    """No backtest is kept."""


def _parameters(
    as_of: pd.Timestamp, days: int, windows: int | None, layers: list[str] | None, categories: list[str] | None,
    residents_only: bool,
) -> dict[str, Any]:  # fmt: skip
    return {
        "as_of": as_of.isoformat(), "days": days, "windows": windows, "layers": sorted(layers or []),
        "categories": sorted(categories or []), "residents_only": residents_only,
    }  # fmt: skip


def export_frame(answer: Backtest) -> pd.DataFrame:
    """The scores of every method and of the ceiling by coverage, with what tells of a method as a whole beside them."""
    ceiling = answer.ceiling.dropna().assign(method="ceiling")
    ceiling["pai"] = ceiling["hit_rate"] / ceiling["coverage"]
    frame = pd.concat([answer.scores, ceiling], ignore_index=True).merge(answer.summary, on="method", how="left")
    return frame.assign(chosen=frame["method"] == answer.chosen)


def write_backtest(answer: Backtest, dataset: Dataset, path: Path) -> None:
    """Write the table; the format follows the file's ending. The log remembers it."""
    export_table(export_frame(answer), path)
    dataset.workspace.log("export", what="backtest", file=path.name, chosen=answer.chosen, **answer.facts)


def as_json(answer: Backtest) -> dict[str, Any]:
    """The scores by method and coverage, what tells of a method as a whole, the ceiling and the choice."""

    def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
        plain = frame.astype(object).where(frame.notna(), None)
        return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]

    return {
        "scores": rows(answer.scores), "summary": rows(answer.summary), "differences": rows(answer.differences),
        "ceiling": rows(answer.ceiling), "chosen": answer.chosen, **answer.facts,
    }  # fmt: skip


def sentences(answer: Backtest, t: Translator) -> list[str]:
    """What a commander reads: the windows, the score beside a year's density, how near the limit, what was chosen."""
    rates = answer.scores[answer.scores["coverage"] == SPOKEN].set_index("method")["hit_rate"]
    summary = answer.summary.set_index("method")
    best = answer.chosen
    facts = answer.facts
    lines = [
        t(
            "backtest.windows", windows=facts["windows"], days=facts["horizon_days"], events=facts["events"],
            first=answer.windows[0][0].date(), last=answer.windows[-1][1].date(),
        ),
        t(
            "backtest.hits", ours=round(100 * rates[best]), density=round(100 * rates["density"]),
            counts=round(100 * rates["count_28"]), area=f"{100 * SPOKEN:g}",
        ),
    ]  # fmt: skip
    limit = answer.ceiling.set_index("coverage")["hit_rate"].get(SPOKEN, np.nan)
    if np.isfinite(limit) and limit > 0:
        lines.append(t("backtest.ceiling", share=min(100, round(100 * float(rates[best]) / float(limit)))))
    row = summary.loc[best]
    if np.isfinite(row["cover_cells"]):
        lines.append(
            t("backtest.ranges", cells=round(100 * row["cover_cells"]), totals=round(100 * row["cover_total"]))
        )
    if facts["skipped"]:
        lines.append(t("backtest.skipped", n=facts["skipped"]))
    if facts["kinds"] == 1 and not facts["others"]:
        lines.append(t("forecast.note.one_kind"))
    if facts["patrols"]:
        lines.append(t("forecast.note.residents", n=facts["patrols"]))
    return [*lines, t(f"backtest.chosen.{answer.chosen}")]
