"""
Does the hotspot list hold still? `.venv/bin/python -m bench.hold_still WORKSPACE… [--times 20]`

For each workspace, the list as of its last complete day against: the list with 1 % of all rows dropped at random; with
rows added outside the area; with rows added inside, more than 2 km from every listed place; and a week earlier, or a
month where dates are months; and without each layer: how many places that rest on another stay, how many under their
name. Shares of the top 20 that keep their ids, Kendall's tau of the ranks of those kept, and
what entered and left.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.forecast import forecast
from analysis.hotspots import find_hotspots
from geo.errors import InputError
from jobs.dataset import Dataset, load_dataset

TOP = 20
DROPPED = 0.01
APART = 2000.0
ADDED = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspaces", type=Path, nargs="+")
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    heads = (
        "workspace", "listed", "kept of the top 20: median, least of runs", "tau of ranks: median, least",
        "outside changes", "2 km away: ids lost, entered", "without a layer: stay, same id",
        "a week or month: stayed, entered, left",
    )  # fmt: skip
    print(f"| {' | '.join(heads)} |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for folder in asked.workspaces:
        print(_line(folder.name, load_dataset(folder), asked.times), flush=True)


def _line(name: str, dataset: Dataset, times: int) -> str:
    events = dataset.events
    whole = _list(dataset, events, dataset.as_of)
    kept, taus = [], []
    for seed in range(times):
        rng = np.random.default_rng(seed)
        drawn = _list(dataset, events[rng.random(len(events)) >= DROPPED], dataset.as_of)
        top = whole.head(TOP)
        both = top.merge(drawn, on="hotspot_id", suffixes=("", "_drawn"))
        kept.append(len(both) / max(len(top), 1))
        taus.append(_tau(both["rank"].to_numpy(), both["rank_drawn"].to_numpy()))
    outside = _list(dataset, pd.concat([events, _outside(dataset)]), dataset.as_of)
    away = _list(dataset, pd.concat([events, _away(dataset, whole)]), dataset.as_of)
    lost = ~whole["hotspot_id"].isin(away["hotspot_id"])
    new = ~away["hotspot_id"].isin(whole["hotspot_id"])
    before = _list(dataset, events, _earlier(dataset))
    stayed = before["hotspot_id"].isin(whole["hotspot_id"]).sum()
    return (
        f"| {name} | {len(whole)} | {np.median(kept):.0%}, {min(kept):.0%} | {np.median(taus):.2f}, {min(taus):.2f} "
        f"| {'none' if outside['hotspot_id'].equals(whole['hotspot_id']) else 'some'} "
        f"| {lost.sum()} (q {_q(whole[lost])}), {new.sum()} (q {_q(away[new])}) "
        f"| {_without_layers(dataset, whole)} "
        f"| {stayed} of {len(before)}, {len(whole) - stayed}, {len(before) - stayed} |"
    )


def _earlier(dataset: Dataset) -> pd.Timestamp:
    """A week earlier; where dates are months, the month before."""
    spans = (dataset.events["event_end"] - dataset.events["event_start"]).median()
    return dataset.as_of - (pd.DateOffset(months=1) if spans > pd.Timedelta(7, "D") else pd.DateOffset(days=7))


def _list(dataset: Dataset, events: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    listed = events[~events["category"].isin(dataset.unlisted).to_numpy()]
    try:
        week = forecast(listed, dataset.grid, as_of=as_of, horizon_days=7)
    except InputError:
        week = None
    answer = find_hotspots(
        events,
        dataset.grid,
        as_of=as_of,
        unlisted=dataset.unlisted,
        expected=week,
        barriers=dataset.barriers,
        naming=dataset.events[~dataset.events["category"].isin(dataset.unlisted).to_numpy()],
    )
    return answer.hotspots[["hotspot_id", "rank", "p_value", "x", "y", "rests_on"]].reset_index(drop=True)


def _tau(one: np.ndarray, other: np.ndarray) -> float:
    """Kendall's tau of two rankings without ties; 1 where there is nothing to compare."""
    if len(one) < 2:
        return 1.0
    upper = np.triu_indices(len(one), 1)
    return float(np.mean(np.sign(one[:, None] - one)[upper] * np.sign(other[:, None] - other)[upper]))


def _more(dataset: Dataset, x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Rows of the window like others of it, at these points."""
    rows = dataset.events[dataset.events["event_start"] >= dataset.as_of - pd.Timedelta(28, "D")]
    rows = rows[rows["event_start"] < dataset.as_of].iloc[: len(x)]
    return rows.assign(x=x[: len(rows)], y=y[: len(rows)])


def _outside(dataset: Dataset) -> pd.DataFrame:
    assert dataset.grid is not None
    x, y = dataset.grid.centers()
    rng = np.random.default_rng(1)
    return _more(dataset, x.max() + rng.uniform(5000, 6000, ADDED), y.max() + rng.uniform(5000, 6000, ADDED))


def _away(dataset: Dataset, listed: pd.DataFrame) -> pd.DataFrame:
    """One busy place in the cell farthest from all listed ones, 2 km away where the city is large enough."""
    assert dataset.grid is not None
    x, y = dataset.grid.centers()
    away = np.full(len(x), np.inf)
    for place in listed.itertuples():
        away = np.minimum(away, np.hypot(x - place.x, y - place.y))
    far = int(np.argmax(np.minimum(away, APART)))
    rng = np.random.default_rng(2)
    return _more(dataset, x[far] + rng.uniform(-45, 45, 30), y[far] + rng.uniform(-45, 45, 30))


def _without_layers(dataset: Dataset, whole: pd.DataFrame) -> str:
    resting = stays = same = 0
    for layer in dataset.events["layer"].unique():
        left = _list(dataset, dataset.events[dataset.events["layer"] != layer], dataset.as_of)
        for place in whole[[bool(set(layers) - {layer}) for layers in whole["rests_on"]]].itertuples():
            near = np.hypot(left["x"] - place.x, left["y"] - place.y) <= 150
            resting, stays, same = (
                resting + 1,
                stays + bool(near.any()),
                same + (place.hotspot_id in set(left["hotspot_id"])),
            )
    return f"{stays} of {resting}, {same}"


def _q(places: pd.DataFrame) -> str:
    return "–" if places.empty else f"{places['p_value'].min():.3g} at least"


if __name__ == "__main__":
    main()
