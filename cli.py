"""Door 2: the same jobs in batch and by night. Reads settings, calls a job, prints its answer; no logic of its own."""

import json
import locale
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from geo.errors import InputError
from views.i18n import LANGUAGES, Translator

app = typer.Typer(
    help="WalkWatch · 邻望: where to walk, whom to hear, where neighbors keep watch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WorkspaceOption = Annotated[
    Path, typer.Option("-w", "--workspace", envvar="WALKWATCH_WORKSPACE", help="The workspace's folder.")
]
LanguageOption = Annotated[str | None, typer.Option("--lang", help="zh or en.", metavar="zh|en")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="Nothing of this day or later is known: YYYY-MM-DD.")]
LayerFilter = Annotated[list[str] | None, typer.Option("--layer", help="incident, dispute or hazard; may be repeated.")]
CategoryFilter = Annotated[
    list[str] | None, typer.Option("--category", help="A category's key; a parent matches its children. Repeatable.")
]
ResidentsOption = Annotated[bool, typer.Option("--residents-only", help="Leave out what patrols recorded themselves.")]
DEFAULT_WORKSPACE = Path("workspace")


@dataclass
class Door:
    """How one command speaks: its language, and whether standard output is a JSON object or sentences."""

    t: Translator
    as_json: bool

    def step(self, text: str) -> None:
        """Say what is being done, on standard error."""
        typer.echo(text, err=True)

    def answer(self, facts: dict[str, Any], lines: list[str]) -> None:
        """Print the answer: the facts as JSON, or the lines."""
        if self.as_json:
            typer.echo(json.dumps(facts, ensure_ascii=False, default=str))
        else:
            for line in lines:
                typer.echo(line)


@contextmanager
def door(workspace: Path | None, language: str | None, as_json: bool, own: str | None = None) -> Iterator[Door]:
    """Say refusals as one sentence and exit 1; else a bug keeps its traceback. `own` is the language without a wish."""
    if language is not None and language not in LANGUAGES:
        raise typer.BadParameter(f"{language!r} is neither zh nor en", param_hint="--lang")
    t = Translator(language or _default_language(workspace, own))
    try:
        yield Door(t, as_json)
    except InputError as error:
        message = t.error(error)
        if as_json:
            typer.echo(json.dumps({"error": {"key": error.key, "message": message}}, ensure_ascii=False))
        typer.echo(message, err=True)
        raise typer.Exit(1) from error


def _default_language(workspace: Path | None, own: str | None = None) -> str:
    """The environment's choice, else the workspace's or the `own` of what is opened, else that of the machine."""
    chosen = os.environ.get("WALKWATCH_LANG")
    if chosen in LANGUAGES:
        return str(chosen)
    kept = own
    if workspace is not None:
        from geo.settings import read_settings

        try:
            kept = read_settings(workspace).language if workspace.is_dir() else None
        except InputError:  # Said by the command itself, once it opens the workspace.
            kept = None
    return kept or ("zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en")


# --- the sample city ----------------------------------------------------------------------------------------------


@app.command()
def demo(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE, lang: LanguageOption = None, as_json: JsonOption = False
) -> None:
    """Make the sample city's workspace and run the main job on it."""
    with door(workspace, lang, as_json) as d:
        from jobs.demo import run_demo

        clock = time.perf_counter()

        def progress(text: str) -> None:
            d.step(f"[{time.perf_counter() - clock:5.1f} s] {text}")

        result = run_demo(workspace, d.t, progress)
        progress(d.t("demo.step.done"))
        summary = d.t(
            "demo.summary",
            workspace=result.workspace,
            events=result.events,
            hotspots=result.hotspots,
            walks=result.walks,
            watches=result.watches,
        )
        lines = [summary, *result.notes, d.t("demo.files"), *(f"  {path}" for path in result.files)]
        d.answer({"workspace": result.workspace, "files": result.files, "notes": result.notes}, lines)


# --- bringing files in --------------------------------------------------------------------------------------------


FilesArgument = Annotated[list[Path] | None, typer.Argument(help="Files of points.", show_default=False)]
LayerChoice = Annotated[
    str | None, typer.Option("--layer", help="Overrides the categories' own layer: incident, dispute or hazard.")
]
CrsOption = Annotated[
    str | None, typer.Option("--crs", help="The files' reference system, such as EPSG:2263 or GCJ-02.")
]
NeighborhoodsCrsOption = Annotated[
    str | None,
    typer.Option(
        "--neighborhoods-crs", help="The polygons are in GCJ-02, BD-09, or a system their file does not name."
    ),
]
StreetsCrsOption = Annotated[str | None, typer.Option("--streets-crs", help="The streets are in GCJ-02 or BD-09.")]
LandCrsOption = Annotated[str | None, typer.Option("--land-crs", help="Water and parks are in GCJ-02 or BD-09.")]
TimezoneOption = Annotated[
    str | None, typer.Option("--timezone", help="Zone of times without one, for example Asia/Shanghai.")
]
ColumnsOption = Annotated[
    Path | None, typer.Option("--columns", help="TOML: our column = the file's column, in a [columns] table.")
]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", help="The sheet of a workbook; else the one that looks like events.")
]
ReportOption = Annotated[Path | None, typer.Option("--report", help="Where to write the report: .xlsx, .csv or .json.")]
RejectsOption = Annotated[Path | None, typer.Option("--rejects", help="Where to write the rejected rows, CSV or XLSX.")]


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Files of points.")],
    layer: LayerChoice = None,
    crs: CrsOption = None,
    timezone: TimezoneOption = None,
    columns: ColumnsOption = None,
    sheet: SheetOption = None,
    rejects: RejectsOption = None,
    report: ReportOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read and validate files of points, store nothing, print the report."""
    with door(workspace, lang, as_json) as d:
        from jobs import intake

        options = intake.make_options(layer, crs, timezone, columns, sheet)
        reading, known = intake.check(intake.open_or_none(workspace), files, options)
        if rejects:
            intake.write_rejects(reading, rejects, d.t)
        if report:
            intake.write_report(reading.report, report, d.t, known)
        facts = intake.report_json(reading.report, d.t, known)
        d.answer(facts, _report_lines(facts, d.t))


@app.command("import")
def import_(
    files: FilesArgument = None,
    neighborhoods: Annotated[Path | None, typer.Option("--neighborhoods", help="A file of polygons.")] = None,
    population: Annotated[
        Path | None,
        typer.Option("--population", help="People of neighborhoods: a table, or a map of blocks or tracts."),
    ] = None,
    streets: Annotated[Path | None, typer.Option("--streets", help="A file of lines, or .osm.pbf.")] = None,
    land: Annotated[Path | None, typer.Option("--land", help="A file of water, parks and rails.")] = None,
    gazetteer: Annotated[
        Path | None, typer.Option("--gazetteer", help="Names or addresses with points, for rows without coordinates.")
    ] = None,
    layer: LayerChoice = None,
    crs: CrsOption = None,
    neighborhoods_crs: NeighborhoodsCrsOption = None,
    streets_crs: StreetsCrsOption = None,
    land_crs: LandCrsOption = None,
    gazetteer_crs: Annotated[
        str | None, typer.Option("--gazetteer-crs", help="The gazetteer's reference system or datum.")
    ] = None,
    timezone: TimezoneOption = None,
    columns: ColumnsOption = None,
    sheet: SheetOption = None,
    rejects: RejectsOption = None,
    report: ReportOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read files and store them: points, and the ground they stand on. The same rows again add nothing."""
    if not (files or neighborhoods or population or streets or land or gazetteer):
        raise typer.BadParameter("name at least one file")
    with door(workspace, lang, as_json) as d:
        from jobs import ground, intake

        opened = ground.open_or_none(workspace)
        systems = {"neighborhoods": neighborhoods_crs, "streets": streets_crs, "land": land_crs}
        systems["gazetteer"] = gazetteer_crs
        paths = {"neighborhoods": neighborhoods, "population": population, "streets": streets, "land": land}
        paths["gazetteer"] = gazetteer
        grounds = ground.read_grounds(opened, paths, systems)
        # All is read before anything is stored: a refusal leaves the state before.
        units = next((one.frames["neighborhoods"] for one in grounds if one.name == "neighborhoods"), None)
        options = intake.make_options(layer, crs, timezone, columns, sheet)
        lines_in = next((one.frames["streets"] for one in grounds if one.name == "streets"), None)
        names_in = next((one.frames["gazetteer"] for one in grounds if one.name == "gazetteer"), None)
        reading = intake.check(opened, files, options, units, lines_in, names_in)[0] if files else None
        ready = ground.store_grounds(workspace, grounds)
        facts: dict[str, Any] = {one.name: one.number for one in grounds}
        lines = [d.t(f"cli.ground.{one.name}", number=one.number, file=one.source) for one in grounds]
        facts["findings"] = intake.findings_json([finding for one in grounds for finding in one.findings], d.t)
        if files and reading:
            imported = intake.store(ready, reading, [path.name for path in files])
            if rejects:
                intake.write_rejects(reading, rejects, d.t)
            if report:
                intake.write_report(reading.report, report, d.t, imported.rows_known)
            told = intake.report_json(reading.report, d.t, imported.rows_known)
            told["findings"] = facts["findings"] + told["findings"]
            facts |= told | {"import_id": imported.import_id, "events_added": imported.events_added}
            lines += _report_lines(told, d.t)
            lines.append(d.t("cli.added", added=imported.events_added, known=imported.rows_known))
        else:
            lines += [f"  {finding['message']}" for finding in facts["findings"]]
        d.answer(facts, lines)


@app.command()
def imports(
    undo: Annotated[str | None, typer.Option("--undo", help="Take this import back.")] = None,
    back: Annotated[
        str | None, typer.Option("--put-back", help="Let a point that is set aside count again: lon,lat.")
    ] = None,
    aside: Annotated[str | None, typer.Option("--set-aside", help="Set a point aside: lon,lat.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what came in, or take one import back."""
    with door(workspace, lang, as_json) as d:
        from geo.workspace import Workspace
        from jobs import set_aside as points

        opened = Workspace.open(workspace)
        lines = []
        if undo is not None:
            lines.append(d.t("cli.undone", events=opened.undo_import(undo), import_id=undo))
        for text, job, done in ((back, points.put_back, "put_back"), (aside, points.set_aside, "set_aside")):
            if text is not None:
                lines.append(d.t(f"points.done.{done}", where=job(opened, points.read_point(text)).where))
        listed = [point.as_json(d.t) for point in points.list_points(opened)]
        rows = [{key: row[key] for key in ("import_id", "source", "events", "span", "at")} for row in opened.imports()]
        lines += [f"{r['import_id']}  {r['events']:>9,}  {r['source']}  {r['span'][0]} – {r['span'][1]}" for r in rows]
        lines += [points.said(point, d.t) for point in listed]
        d.answer({"imports": rows, "set_aside": listed}, lines or [d.t("cli.no_imports")])


def _report_lines(facts: dict[str, Any], t: Translator) -> list[str]:
    names = ("rows_read", "rows_kept", "rows_placed", "rows_repaired", "rows_rejected", "rows_known")
    lines = [t("cli.report", **{name: facts[name] for name in names})]
    return lines + [f"  {finding['rows']:>9,}  {finding['message']}" for finding in facts["findings"]]


# --- asking -------------------------------------------------------------------------------------------------------


@app.command()
def hotspots(
    as_of: AsOfOption = None,
    days: Annotated[int | None, typer.Option("--days", min=1, help="Length of the window in days.")] = None,
    layer: LayerFilter = None,
    category: CategoryFilter = None,
    residents_only: ResidentsOption = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Write only the first N.")] = None,
    since: Annotated[
        Path | None, typer.Option("--since-list", help="An earlier list: say what entered and left.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file; its ending says the format.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the places that are more than chance."""
    with door(workspace, lang, as_json) as d:
        from jobs import hotspots as job
        from jobs.dataset import load_dataset
        from jobs.since_list import since_list

        dataset = load_dataset(workspace)
        moment = dataset.moment(as_of)
        answer = job.hotspot_list(
            dataset, as_of=moment, days=days, layers=layer, categories=category, residents_only=residents_only
        )
        # Before writing: the earlier list may be the very file that is about to be replaced.
        compared = since_list(answer, dataset, since, moment, d.t) if since else None
        if output:
            job.write_hotspots(answer, dataset, output, d.t, limit)
        worded = job.export_frame(answer, dataset, d.t, limit)
        found = len(answer.hotspots)
        facts = {"hotspots": found, "tested": answer.tested, "parameters": answer.parameters, "file": output}
        beyond = answer.parameters["cells_beyond_chance"]
        key = "cli.hotspots" if found else "cli.few_points" if beyond else "cli.no_hotspots"
        lines = [d.t(key, n=found or beyond, tested=answer.tested), *job.thin_notes(answer, dataset, d.t)]
        lines += [f"{row.rank:>3}  {row.place}: {row.why}" for row in worded.itertuples()]
        if compared:
            facts |= compared.facts
            lines += ["", *compared.lines]
        d.answer(facts, lines)


@app.command()
def forecast(
    days: Annotated[int, typer.Option("--days", min=1, help="How far to look, in days.")],
    as_of: AsOfOption = None,
    layer: LayerFilter = None,
    category: CategoryFilter = None,
    residents_only: ResidentsOption = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file; its ending says the format.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Expect events per cell, with a range."""
    with door(workspace, lang, as_json) as d:
        from jobs import forecast as job
        from jobs.dataset import load_dataset

        dataset = load_dataset(workspace)
        moment = dataset.moment(as_of)
        chosen: dict[str, Any] = {"layers": layer, "categories": category, "residents_only": residents_only}
        answer = job.expected(dataset, as_of=moment, days=days, **chosen)
        if output:
            job.write_forecast(answer, dataset, output)
        facts = {
            "method": answer.method,
            "crs": dataset.crs,
            "cell_size": dataset.settings.cell_size,
            "total": answer.total,
            "total_low": answer.total_low,
            "total_high": answer.total_high,
            "as_of": moment.date(),
            **job.as_json(answer, dataset, d.t),
            "parameters": answer.parameters,
            "file": output,
        }
        words = {
            "low": f"{answer.total_low:,.0f}",
            "high": f"{answer.total_high:,.0f}",
            "about": f"{answer.total:,.0f}",
        }
        lines = [d.t("cli.forecast", days=days, as_of=moment.date(), **words)]
        lines += [line for line in [job.week_line(answer, d.t)] if line]
        d.answer(facts, lines + job.notes(answer, dataset, d.t, **chosen))


@app.command()
def backtest(
    windows: Annotated[int | None, typer.Option("--windows", min=2, help="How many windows, a week apart.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Length of a window in days.")] = 28,
    as_of: AsOfOption = None,
    layer: LayerFilter = None,
    category: CategoryFilter = None,
    residents_only: ResidentsOption = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file; its ending says the format.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell how good the forecasts would have been, beside simple maps."""
    with door(workspace, lang, as_json) as d:
        from jobs import backtest as job
        from jobs.dataset import load_dataset

        dataset = load_dataset(workspace)
        moment = dataset.moment(as_of)
        answer = job.run(
            dataset, windows=windows, days=days, as_of=moment, layers=layer, categories=category,
            residents_only=residents_only,
        )  # fmt: skip
        if output:
            job.write_backtest(answer, dataset, output)
        d.answer(job.as_json(answer) | {"as_of": moment.date(), "file": output}, job.sentences(answer, d.t))


@app.command()
def plan(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder of the plan's products.")],
    week: Annotated[str, typer.Option("--week", help="Any day of the week to plan: YYYY-MM-DD.")],
    walkers: Annotated[int | None, typer.Option("--walkers", help="Walks in the week, each by one pair.")] = None,
    walk_minutes: Annotated[int | None, typer.Option("--walk-minutes", help="Minutes a walk, dwell included.")] = None,
    watches: Annotated[int | None, typer.Option("--watches", help="Watch posts in the week.")] = None,
    watch_hours: Annotated[float | None, typer.Option("--watch-hours", help="Hours a post.")] = None,
    start: Annotated[
        list[str] | None, typer.Option("--start", help='Where walks begin: "lon,lat". Repeatable.')
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Varies the order of visits.")] = 0,
    phone_datum: Annotated[
        str | None,
        typer.Option("--phone-datum", help="GPX files for phones in China: wgs-84, gcj-02 or bd-09.", metavar="D"),
    ] = None,
    approve: Annotated[
        str | None, typer.Option("--approve", help="Approve the plan, with a note of at most 200 characters.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Arrange a week: posts, walks, roster and briefing."""
    with door(workspace, lang, as_json) as d:
        from geo.plan_book import note_of
        from jobs import plan as job
        from jobs import plan_book
        from jobs.dataset import load_dataset, local_day

        note_of(approve or "")  # A note that is refused stops the plan before it is written.
        dataset = load_dataset(workspace)
        job.phone_datum_of(dataset, phone_datum)
        kept = dataset.settings
        budget = job.Budget(
            walkers=kept.walkers if walkers is None else walkers,
            walk_minutes=kept.walk_minutes if walk_minutes is None else walk_minutes,
            watches=kept.watches if watches is None else watches,
            watch_hours=kept.watch_hours if watch_hours is None else watch_hours,
        )
        day = local_day(week, dataset.timezone).date()
        starts = [_start_point(text) for text in start] if start else None
        arranged = job.arrange(dataset, week=day, budget=budget, starts=starts, seed=seed)
        products = job.write_products(dataset, arranged, output, d.t, phone=phone_datum)
        lines = [job.summary_line(arranged, d.t), *products.notes, *(f"  {path}" for path in products.files)]
        facts = products.plan | {"files": products.files, "notes": products.notes}
        if approve is not None:
            approval = plan_book.approve(dataset, arranged, d.t, approve)
            facts["approved"] = {"digest": approval.digest, "note": approval.note}
            lines.append(d.t("visits.approved", week=approval.week, digest=approval.digest))
        d.answer(facts, lines)


@app.command()
def visits(
    week: Annotated[str | None, typer.Option("--week", help="Any day of an approved week: YYYY-MM-DD.")] = None,
    walk: Annotated[int | None, typer.Option("--walk", help="The number of a walk in the roster.")] = None,
    watch: Annotated[int | None, typer.Option("--watch", help="The number of a post in the roster.")] = None,
    done: Annotated[bool | None, typer.Option("--done/--missed", help="What became of it.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", help="How long it took.")] = None,
    day: Annotated[str | None, typer.Option("--date", help="When, if not on the planned day: YYYY-MM-DD.")] = None,
    stop: Annotated[
        list[int] | None, typer.Option("--stop", help="A stop visited, if not all were. Repeatable.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what became of approved walks and posts, or write it down."""
    named = (walk is not None) + (watch is not None)
    if named != (done is not None) or (named and week is None):
        raise typer.BadParameter("to note one, say --week D, one --walk N or --watch N, and --done or --missed")
    with door(workspace, lang, as_json) as d:
        from geo.workspace import Workspace
        from jobs import plan_book as job

        opened = Workspace.open(workspace)
        if done is not None:
            job.keep(opened, week=str(week), walk=walk, watch=watch, done=done, minutes=minutes, day=day, stops=stop)
        rows = job.diary(opened, week)
        d.answer({"visits": rows}, [job.diary_line(row, d.t) for row in rows] or [d.t("visits.none")])


def _start_point(text: str) -> Any:
    from geo.settings import StartPoint

    try:
        lon, lat = (float(part) for part in text.split(","))
        return StartPoint(name=f"{lat:.5f}, {lon:.5f}", lon=lon, lat=lat)
    except ValueError as error:
        raise InputError(
            f"{text!r} is no start point.",
            remedy='Write it as "lon,lat" in degrees, for example "121.4737,31.2304".',
            key="cli.start",
            text=text,
        ) from error


# --- the public ---------------------------------------------------------------------------------------------------


@app.command()
def community(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write; its answers are taken in.")],
    month: Annotated[
        str | None, typer.Option("--month", help="Release this month: YYYY-MM. Else the last whole one.")
    ] = None,
    first_day: Annotated[
        str | None, typer.Option("--from", help="Release the 28 days from this day on instead: YYYY-MM-DD.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Release a month, once and for good, and write what a meeting may see as a folder of static files."""
    with door(workspace, lang, as_json) as d:
        from jobs import community as job
        from jobs.dataset import load_dataset

        written = job.write_community(load_dataset(workspace), output, d.t, job.period_of(month, first_day))
        facts = {name: getattr(written, name) for name in ("folder", "release", "withheld", "files", "notes")}
        told = facts | {"files": len(written.files)}
        d.answer(facts, [d.t("cli.community", **told), *written.notes])


@app.command()
def meeting(
    folder: Annotated[Path, typer.Argument(help="A folder that `community` wrote.")],
    port: Annotated[int, typer.Option("--port", help="Where it listens; 0 for any free port.")] = 8600,
    address: Annotated[
        str, typer.Option("--address", help="On which address; this machine alone by default.")
    ] = "127.0.0.1",
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve a community folder for a meeting, in a process that opens no workspace, and print its address."""
    from jobs import meeting_desk

    # No workspace here, not even its settings: strangers touch this screen.
    with door(None, lang, as_json, meeting_desk.folder_language(folder)) as d:
        from views.meeting_server import serve

        def say(url: str) -> None:
            d.answer({"url": url}, [d.t("cli.meeting", url=url, folder=folder)])
            sys.stdout.flush()

        serve(folder, port, address, meeting_desk.answer_keeper(folder), say=say)


# --- the web app --------------------------------------------------------------------------------------------------


@app.command("app")
def app_(
    port: Annotated[int, typer.Option("--port", help="Where it listens.")] = 8501,
    address: Annotated[
        str, typer.Option("--address", help="On which address; this machine alone by default.")
    ] = "127.0.0.1",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start the web app on a workspace and print its address."""
    with door(workspace, lang, as_json) as d:
        url = f"http://{address}:{port}"
        d.answer({"url": url}, [d.t("cli.app", url=url)])
        sys.stdout.flush()
        script = Path(__file__).with_name("app.py")
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
        command += ["--server.address", address, "--server.headless", "true"]
        environment = os.environ | {"WALKWATCH_WORKSPACE": str(workspace.resolve())}
        if lang:
            environment["WALKWATCH_LANG"] = lang
        try:
            raise typer.Exit(subprocess.run(command, env=environment, cwd=script.parent, check=False).returncode)
        except KeyboardInterrupt:  # Ctrl-C is how one stops it.
            raise typer.Exit(0) from None


if __name__ == "__main__":
    app()
