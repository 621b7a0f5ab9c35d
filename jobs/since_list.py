"""What became of an earlier hotspot list: what entered, what left and what is there now, what stayed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.as_of import in_window, known_at
from analysis.hotspots import HotspotAnswer
from analysis.list_changes import compare_lists
from geo.crs import project
from geo.earlier_list import read_earlier_list
from geo.schema import GEOGRAPHIC_CRS
from jobs.dataset import Dataset
from jobs.hotspots import export_frame
from views.i18n import Translator


@dataclass(frozen=True)
class SinceList:
    """Facts for `--json`, and the same as lines of one language."""

    facts: dict[str, Any]
    lines: list[str]


def since_list(answer: HotspotAnswer, dataset: Dataset, path: Path, moment: pd.Timestamp, t: Translator) -> SinceList:
    """
    Compare the list with an earlier export.

    Raises
    ------
    InputError
        If the file is no hotspot list.
    """
    before = read_earlier_list(path)
    changes = compare_lists(export_frame(answer, dataset, t), before)
    left = changes.left.copy()
    left["events_now"] = pd.Series(_events_now(left, answer, dataset, moment), index=left.index, dtype=object)
    columns = ["hotspot_id", "rank", "place", "neighborhood"]
    facts = {
        "entered": changes.entered[[*columns, "events", "why"]].to_dict("records"),
        "left": left[[*columns, "events_now"]].rename(columns={"rank": "rank_before"}).to_dict("records"),
        "stayed": changes.stayed.to_dict("records"),
    }
    lines = [t("since.head", stayed=len(changes.stayed), entered=len(changes.entered), left=len(left))]
    lines += [
        t("since.entered", rank=row["rank"], place=row["place"] or row["hotspot_id"], why=row["why"])
        for row in facts["entered"]
    ]
    lines += [
        t(
            "since.left" if row["events_now"] is not None else "since.left_unknown",
            rank=row["rank_before"], place=row["place"] or row["hotspot_id"], n=row["events_now"] or 0,
            days=answer.parameters["days"],
        )
        for row in facts["left"]
    ]  # fmt: skip
    return SinceList(facts, lines)


def _events_now(left: pd.DataFrame, answer: HotspotAnswer, dataset: Dataset, moment: pd.Timestamp) -> list[int | None]:
    """Events of the window within the radius of each place that left; None where the file does not say where it was."""
    asked = answer.parameters
    events = dataset.chosen(asked["layers"], asked["categories"])
    events = events[known_at(events, moment) & ~events["category"].isin(dataset.unlisted).to_numpy()]
    events = events[in_window(events, moment - pd.DateOffset(days=asked["days"]), moment)]
    x, y = project(left["lon"].to_numpy(), left["lat"].to_numpy(), GEOGRAPHIC_CRS, dataset.crs)
    counts: list[int | None] = []
    for place_x, place_y in zip(x, y, strict=True):
        near = np.hypot(events["x"].to_numpy() - place_x, events["y"].to_numpy() - place_y) <= asked["radius"]
        counts.append(int(events.loc[near, "count"].sum()) if np.isfinite(place_x) else None)
    return counts
