"""
Time and memory of each step of the main job on one's own files.

    python -m bench.main_job --neighborhoods N.geojson [--streets S.osm.pbf] [--layer incident] POINTS...

Each step is one command in a process of its own; seconds are wall time, memory is the process's peak. The workspace is
made in a temporary folder, and kept answers are not reused between steps but where the job itself does.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(name: str, *arguments: str) -> dict:
    """Run one command, print its seconds and peak memory, return its JSON answer."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "cli.py", *arguments, "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, megabytes = time.perf_counter() - started, usage.ru_maxrss / 1024
    print(f"{name:<22}{seconds:>8.1f} s {megabytes:>8.0f} MB   exit {process.returncode}", flush=True)
    answer = json.loads(text)
    if "error" in answer:
        raise SystemExit(answer["error"]["message"])
    return answer


def main() -> None:
    """Run the steps and print a table, then the figures that each answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("points", nargs="+")
    parser.add_argument("--neighborhoods", required=True)
    parser.add_argument("--streets")
    parser.add_argument("--layer")
    parser.add_argument("--folder", help="keep workspace and products here")
    options = parser.parse_args()
    folder = Path(options.folder or tempfile.mkdtemp()).resolve()
    workspace = ["-w", str(folder / "workspace")]
    layer = ["--layer", options.layer] if options.layer else []
    run("import neighborhoods", "import", *workspace, "--neighborhoods", options.neighborhoods)
    if options.streets:
        run("import streets", "import", *workspace, "--streets", options.streets)
    report = run("import points", "import", *workspace, *options.points, *layer)
    again = run("import again", "import", *workspace, *options.points, *layer)
    hotspots = run("hotspots", "hotspots", *workspace, "-o", str(folder / "hotspots.xlsx"))
    forecast = run("forecast 28 days", "forecast", *workspace, "--days", "28", "-o", str(folder / "forecast.csv"))
    week = forecast["as_of"]
    plan = run("plan", "plan", *workspace, "--week", week, "-o", str(folder / "plan"))
    rows = {name: value for name, value in report.items() if name.startswith("rows_")}
    print(f"rows        {rows}, again added {again['events_added']}")
    for finding in report["findings"]:
        print(f"finding     {finding['rows']:>8}  {finding['message']}")
    print(f"hotspots    {hotspots['hotspots']} of {hotspots['tested']} cells tested, as of {week}")
    print(f"forecast    {forecast['total']:.0f} ({forecast['total_low']:.0f} to {forecast['total_high']:.0f})")
    covered, bound = plan["harm_covered"], plan["harm_covered_bound"]
    print(f"plan        {len(plan['watches'])} posts cover {covered:.1f} of at most {bound:.1f}; walks:")
    for walk in plan["walks"]:
        print(f"            {walk['minutes']:.0f} min, {walk['length_m']:.0f} m, {len(walk['stops'])} stops")


if __name__ == "__main__":
    main()
