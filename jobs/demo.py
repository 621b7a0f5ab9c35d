"""The sample city's workspace, and the main job run on it from file to product."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geo.settings import read_settings
from geo.workspace import Workspace
from jobs import forecast as forecasts
from jobs import hotspots as lists
from jobs.community import write_community
from jobs.dataset import Dataset, load_dataset
from jobs.demo_meetings import approve_once, invent_meetings, release_last_months, walk_a_week
from jobs.ground import read_grounds, store_grounds
from jobs.intake import IntakeOptions, import_events
from jobs.plan import Budget, arrange, coming_week, write_products
from views.i18n import Translator

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
GROUND_FILES = ("neighborhoods", "streets", "land")
EVENT_FILES = ("incidents.csv", "disputes.xlsx", "hazards.csv", "reports.geojson")
FORECAST_DAYS = 7

Progress = Callable[[str], None]


@dataclass(frozen=True)
class DemoResult:
    """Where the workspace is, what was written, and the figures of the summary."""

    workspace: Path
    files: list[Path]
    events: int
    hotspots: int
    walks: int
    watches: int
    notes: list[str]
    plan: dict[str, Any]


def make_sample(root: Path, t: Translator, progress: Progress = lambda text: None) -> Workspace:
    """Import the sample city into a workspace; doing it twice adds nothing."""
    settings = read_settings(SAMPLE)
    workspace = Workspace.create(root, settings)
    progress(t("demo.step.ground"))
    if workspace.ground("neighborhoods") is None:
        store_grounds(root, read_grounds(workspace, {name: SAMPLE / f"{name}.geojson" for name in GROUND_FILES}))
    for name in EVENT_FILES:
        progress(t("demo.step.import", file=name))
        import_events(root, [SAMPLE / name], IntakeOptions())
    return workspace


def run_demo(root: Path, t: Translator, progress: Progress) -> DemoResult:
    """Make the sample workspace and its meetings, then all products and the community folder, saying each step."""
    dataset = load_dataset(make_sample(root, t, progress))
    folder = root / "products"
    # Before the plan, which follows what was walked and how safe people feel: a second run then gives the same.
    progress(t("demo.step.meetings"))
    invent_meetings(dataset)
    walk_a_week(dataset, _budget(dataset), t)
    result = run_main_job(dataset, folder, t, progress)
    approve_once(dataset, result.plan, t)
    progress(t("demo.step.release"))
    release_last_months(dataset)
    progress(t("demo.step.community"))
    public = write_community(dataset, folder / "community", t)
    notes = [*result.notes, t("demo.invented")]
    return replace(result, files=[*result.files, *map(Path, public.files)], notes=notes)


def run_main_job(dataset: Dataset, folder: Path, t: Translator, progress: Progress) -> DemoResult:
    """From a loaded workspace to all products in one folder."""
    progress(t("demo.step.hotspots"))
    answer = lists.hotspot_list(dataset)
    files = [folder / "hotspots.xlsx", folder / "hotspots.geojson"]
    for path in files:
        lists.write_hotspots(answer, dataset, path, t)
    progress(t("demo.step.forecast"))
    files.append(folder / "forecast.csv")
    forecasts.write_forecast(forecasts.expected(dataset, days=FORECAST_DAYS), dataset, files[-1])
    progress(t("demo.step.plan"))
    plan = arrange(dataset, week=coming_week(dataset), budget=_budget(dataset))
    progress(t("demo.step.products"))
    products = write_products(dataset, plan, folder / "plan", t)
    files += map(Path, products.files)
    return DemoResult(
        workspace=dataset.workspace.root,
        files=files,
        events=len(dataset.events),
        hotspots=len(answer.hotspots),
        walks=len(plan.walks),
        watches=len(plan.watches),
        notes=list(products.notes),
        plan=products.plan,
    )


def _budget(dataset: Dataset) -> Budget:
    settings = dataset.settings
    return Budget(settings.walkers, settings.walk_minutes, settings.watches, settings.watch_hours)
