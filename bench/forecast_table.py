"""
How do all methods score on real records? `.venv/bin/python -m bench.forecast_table [NAME…]` tells, with
`WALKWATCH_OPEN_DATA` naming the folder of open data; without names, all of them, which takes about ten minutes.

Windows of 28 days, weekly origins pooled, each forecast from what was known before it; intervals (95 %) from a
bootstrap of blocks of windows. The ceiling is what a map of the lasting rates would find, by simulation.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from analysis.backtest import METHODS, MIXTURE, Backtest, backtest
from analysis.cells import Grid, make_grid
from analysis.scores import COVERAGES

HAZARDS = [
    "Street Light Outages", "Pothole Repair (Internal)", "Abandoned Vehicles", "Unsafe Dangerous Conditions",
    "Abandoned Building", "Fire Department Request", "Street Light Knock Downs",
]  # fmt: skip
# Where requests without an address are put.
CITY_HALL = (-71.0587, 42.3594)


@dataclass(frozen=True)
class Case:
    """Records (at, lon, lat, kind), the kind foretold, the others beside it (None: all), where and when."""

    title: str
    read: Callable[[Path], pd.DataFrame]
    kind: str | None
    area: str
    crs: str
    zone: str
    cell_size: float
    as_of: str


def main() -> None:
    data = Path(os.environ["WALKWATCH_OPEN_DATA"])
    for name in sys.argv[1:] or CASES:
        clock = time.perf_counter()
        case = CASES[name]
        events, others, grid = load(case, data)
        as_of = pd.Timestamp(case.as_of).tz_localize(case.zone)
        answer = backtest(events, grid, as_of=as_of, others=others, rng=np.random.default_rng(0))
        show(case, answer, grid)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        print(f"\n{time.perf_counter() - clock:.0f} s, {memory:.1f} GB\n", flush=True)


def load(case: Case, data: Path) -> tuple[pd.DataFrame, pd.DataFrame | None, Grid]:
    """Events to foretell, events of other kinds, grid."""
    polygons = gpd.read_file(data / case.area).to_crs(case.crs)
    grid = make_grid(shapely.union_all(shapely.make_valid(polygons.geometry.to_numpy())), case.cell_size, case.crs)
    rows = case.read(data).dropna().reset_index(drop=True)
    x, y = Transformer.from_crs(4326, case.crs, always_xy=True).transform(rows["lon"], rows["lat"])
    start = rows["at"].dt.tz_localize(case.zone, ambiguous=True, nonexistent="shift_forward")
    events = pd.DataFrame({"event_start": start, "event_end": start, "x": x, "y": y, "count": 1, "severity": 1.0})
    if case.kind is None:
        return events, None, grid
    ours = rows["kind"].str.contains(case.kind, regex=False)
    return events[ours], events[~ours], grid


def show(case: Case, answer: Backtest, grid: Grid) -> None:
    """Print one table in Markdown."""
    facts = answer.facts
    first, last = answer.windows[0][0].date(), answer.windows[-1][1].date()
    print(f"### {case.title}\n")
    print(
        f"{facts['windows']} windows of {facts['horizon_days']} days from {first} to {last}; {grid.n_cells} cells of "
        f"{grid.cell_size:g} m; chosen: {answer.chosen}.\n"
    )
    print("| method | " + " | ".join(f"hits in {c:.1%}" for c in COVERAGES) + " | PAI 1% | PEI 1% | log score, bits |")
    print("| --- |" + " --- |" * (len(COVERAGES) + 3))
    summary = answer.summary.set_index("method")
    for name in METHODS:
        rows = answer.scores[answer.scores["method"] == name]
        if rows.empty:
            continue
        hits = " | ".join(f"{r.hit_rate:.1%} ({r.hit_low:.1%}–{r.hit_high:.1%})" for r in rows.itertuples())
        one, row = rows[rows["coverage"] == 0.01].iloc[0], summary.loc[name]
        bits = f"{row.log_score:.2f} ({row.log_low:.2f}–{row.log_high:.2f})"
        print(f"| {name} | {hits} | {one.pai:.1f} | {one.pei:.2f} | {bits} |")
    print("| ceiling | " + " | ".join(f"{rate:.1%}" for rate in answer.ceiling["hit_rate"]) + " | | | |\n")
    above = answer.differences[answer.differences["high"] < 0]
    words = [f"{r.method} at {r.coverage:.1%}" if r.coverage else f"{r.method} in bits" for r in above.itertuples()]
    print("Above the mixture beyond chance (95 %, pairwise): " + (", ".join(words) or "none") + ".")
    row = summary.loc[MIXTURE]
    of_top, of_all = row.expected_over_observed, row.total_over_observed
    print(
        f"80 % ranges held for {row.cover_cells:.1%} (± {row.cover_cells_error:.1%}) of the top 1 % of cells and "
        f"{row.cover_total:.1%} (± {row.cover_total_error:.1%}) of totals; expected over found: "
        f"{of_top:.2f} in the top 1 %, {of_all:.3f} (± {row.total_error:.3f}) in all."
    )


def _philadelphia(data: Path) -> pd.DataFrame:
    columns = ["dispatch_date", "dispatch_time", "point_x", "point_y", "text_general_code"]
    paths = sorted(data.glob("philadelphia/incidents_*.csv.gz"))
    rows = pd.concat([pd.read_csv(path, usecols=columns) for path in paths])
    at = pd.to_datetime(rows["dispatch_date"] + " " + rows["dispatch_time"])
    return pd.DataFrame({"at": at, "lon": rows["point_x"], "lat": rows["point_y"], "kind": rows["text_general_code"]})


def _boston(data: Path) -> pd.DataFrame:
    columns = ["OPEN_DT", "LONGITUDE", "LATITUDE", "TYPE"]
    rows = pd.read_csv(data / "boston" / "service_requests_311_2015.csv.gz", usecols=columns)
    default = (rows["LONGITUDE"] - CITY_HALL[0]).abs().lt(2e-4) & (rows["LATITUDE"] - CITY_HALL[1]).abs().lt(2e-4)
    rows = rows[rows["TYPE"].isin(HAZARDS) & ~default]
    at = pd.to_datetime(rows["OPEN_DT"], format="%m/%d/%Y %I:%M:%S %p")
    return pd.DataFrame({"at": at, "lon": rows["LONGITUDE"], "lat": rows["LATITUDE"], "kind": rows["TYPE"]})


def _taipei(data: Path) -> pd.DataFrame:
    rows = pd.read_csv(data / "taipei" / "residential_burglary_utf8bom.csv", encoding="utf-8-sig", dtype=str)
    date = rows["發生日期"].str.zfill(7)
    year = (date.str[:3].astype(int) + 1911).astype(str)
    hour = rows["發生時段"].str.extract(r"(\d+)")[0].astype(float).fillna(0)
    at = pd.to_datetime(year + date.str[3:], format="%Y%m%d", errors="coerce") + pd.to_timedelta(hour, unit="h")
    frame = pd.DataFrame({"at": at, "lon": rows["經度"].astype(float), "lat": rows["緯度"].astype(float), "kind": ""})
    return frame[frame["at"] >= "2015-01-01"]


PHILADELPHIA = ("philadelphia/neighborhoods.geojson", "EPSG:32618", "America/New_York", 100.0, "2023-12-31")
CASES = {
    "all": Case("Philadelphia, all incidents", _philadelphia, None, *PHILADELPHIA),
    "theft": Case("Philadelphia, theft from vehicle", _philadelphia, "Theft from Vehicle", *PHILADELPHIA),
    "burglary": Case("Philadelphia, burglary", _philadelphia, "Burglary", *PHILADELPHIA),
    "boston": Case(
        "Boston, hazards of 2015", _boston, None, "boston/neighborhoods.geojson", "EPSG:32619", "America/New_York",
        100.0, "2016-01-01",
    ),
    "taipei": Case(
        "Taipei, home burglaries", _taipei, None, "taipei/villages.geojson", "EPSG:32651", "Asia/Taipei", 200.0,
        "2017-08-26",
    ),
}  # fmt: skip


if __name__ == "__main__":
    main()
