"""
How often is a month more than usual with nothing new? `.venv/bin/python -m bench.usual_months WORKSPACE…`

For each 28 days of the last two years that have a year before them (the calendar month, where dates are months), every
cell with five events or more in that year is tested against its own past, as the hotspot list does. With the variation
allowed for (`analysis.usual.PLACE_VARIES`) about one in a hundred should lie beyond p = 0.01; real flare-ups add to it.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.as_of import known_at
from analysis.cells import count_events
from analysis.exact import upper_tail
from analysis.usual import expected_from_past
from jobs.dataset import Dataset, load_dataset

LEVELS = (0.05, 0.01, 0.001)
LEAST_A_YEAR = 5
BANDWIDTH = 800.0


def main() -> None:
    print("| workspace | windows | cells a window | " + " | ".join(f"p < {level}" for level in LEVELS) + " |")
    print("| --- | --- | --- |" + " --- |" * len(LEVELS))
    for folder in sys.argv[1:]:
        windows, cells, shares = beyond(load_dataset(Path(folder)))
        told = " | ".join(f"{share:.2%}" for share in shares)
        print(f"| {Path(folder).name} | {windows} | {cells:,.0f} | {told} |", flush=True)


def beyond(dataset: Dataset) -> tuple[int, float, np.ndarray]:
    """Windows looked at, cells tested in each, and the shares of them beyond each level."""
    assert dataset.grid is not None
    events = dataset.events[~dataset.events["category"].isin(dataset.unlisted).to_numpy()]
    span = (events["event_end"] - events["event_start"]).median()
    step = pd.DateOffset(months=1) if span > pd.Timedelta(7, "D") else pd.DateOffset(days=28)
    end, counts = dataset.as_of, []
    for _ in range(24):
        start = end - step
        if start - pd.DateOffset(days=365) < pd.Timestamp(dataset.first_day, tz=dataset.timezone):
            break
        known = events[known_at(events, end)]
        usual = expected_from_past(known, dataset.grid, start=start, as_of=end, bandwidth=BANDWIDTH)
        before = known[(known["event_start"] >= start - pd.DateOffset(days=365)) & (known["event_start"] < start)]
        year = count_events(dataset.grid, before["x"].to_numpy(), before["y"].to_numpy(), before["count"].to_numpy())
        if usual is not None and usual.counts.sum() > 0:
            busy = dataset.grid.study_area & (year >= LEAST_A_YEAR)
            p = upper_tail(usual.counts[busy], usual.mean[busy], usual.shape[busy])
            counts.append([len(p), *((p < level).sum() for level in LEVELS)])
        end = start
    table = np.array(counts, dtype=float)
    return len(table), float(table[:, 0].mean()), table[:, 1:].sum(axis=0) / table[:, 0].sum()


if __name__ == "__main__":
    main()
