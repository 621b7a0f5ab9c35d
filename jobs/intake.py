"""Bringing files in: check, import, list, take back; and the ground they stand on."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from analysis.as_of import daily_counts, find_as_of, first_day
from geo.choices import NOTHING_SAVED, read_choices, read_saved
from geo.choices import save as save_choices
from geo.export import export_table, write_sheets
from geo.files import write_text_whole
from geo.limits import STANDARD, Limits
from geo.place_answers import PlaceSources
from geo.read import Reading, read_events
from geo.report import Finding, Report
from geo.settings import Settings
from geo.taxonomy import read_taxonomy
from geo.workspace import Imported, Workspace
from jobs.dataset import leaf_units
from jobs.ground import open_or_none, require_file
from views.i18n import Translator
from views.point_words import with_evidence

REPORT_COLUMNS = ["code", "rows", "example_row", "file", "message", "remedy", "effect"]
# What a finding of one point says of it to a machine.
POINT_FACTS = ("lon", "lat", "name", "where", "share", "next", "signs", "evidence")
# What became of the rows that a finding names; every other finding only tells.
EFFECTS = {
    **dict.fromkeys(("subject.refused", "time.none", "count.zero", "row.cells"), "rejected"),
    **dict.fromkeys(
        (
            "point.none",
            "point.not_point",
            "point.unreadable",
            "point.fill",
            "point.out_of_range",
            "point.fill_repeated",
            "point.system_unknown",
            "place.unplaced",
        ),
        "no_point",
    ),
    **dict.fromkeys(
        (
            "place.by_gazetteer",
            "place.by_crossing",
            "place.by_section",
            "point.axes_swapped",
            "point.axes_exchanged",
            "point.swapped_told_apart",
            "point.other_system",
            "point.other_system_alone",
            "point.other_degrees",
            "point.sign_lon",
            "point.sign_lat",
            "point.sign_both",
            "point.decimal_lost",
            "point.pair_taken",
            "time.dst_gap",
            "time.end_before_start",
            "read.broken_characters",
        ),
        "mended",
    ),
    **dict.fromkeys(
        (
            "time.far_future",
            "time.far_past",
            "row.repeats",
            "row.same_id",
            "point.outside",
            "point.far_away",
            "point.far_from_rest",
            "point.apart",
            "point.pairs_differ",
        ),
        "kept",
    ),
    **dict.fromkeys(("category.unknown", "category.blank", "category.none"), "other"),
    **dict.fromkeys(("columns.refused",), "not_read"),
    **dict.fromkeys(("datum.undone", "datum.ground_undone"), "mended"),
}


@dataclass(frozen=True)
class IntakeOptions:
    """What the planner says about the files; None is found from the files themselves."""

    layer: str | None = None
    crs: str | None = None
    timezone: str | None = None
    columns: Mapping[str, str] | None = None
    categories: Mapping[str, str] | None = None
    sheet: str | None = None


def make_options(
    layer: str | None, crs: str | None, timezone: str | None, columns: Path | None, sheet: str | None
) -> IntakeOptions:
    """The options as a command line gives them; `columns` is a TOML file of columns and categories."""
    choices = read_choices(columns) if columns else None
    return IntakeOptions(
        layer, crs, timezone, choices.columns if choices else None, choices.categories if choices else None, sheet
    )


def _limits(settings: Settings | None) -> Limits:
    if settings is None:
        return STANDARD
    return replace(STANDARD, memory_mb=settings.read_memory_mb, seconds=settings.read_seconds)


def check(
    workspace: Workspace | None,
    paths: list[Path],
    options: IntakeOptions,
    neighborhoods: gpd.GeoDataFrame | None = None,
    streets: gpd.GeoDataFrame | None = None,
    gazetteer: gpd.GeoDataFrame | None = None,
) -> tuple[Reading, int]:
    """
    Read and validate files of points; store nothing.

    `neighborhoods`, `streets` and `gazetteer` are those about to come into force (EPSG:4326); else the workspace's.

    Returns
    -------
    (Reading, int)
        What was understood, and how many of its rows the workspace knows already.
    """
    for path in paths:
        require_file(path)
    if neighborhoods is None and workspace:
        neighborhoods = workspace.ground("neighborhoods")
    if gazetteer is None and workspace:
        gazetteer = workspace.ground("gazetteer")
    settings = workspace.settings if workspace else None
    lines = cache(lambda: streets if streets is not None or not workspace else workspace.ground("streets"))
    reading = read_events(
        paths,
        taxonomy=workspace.taxonomy() if workspace else read_taxonomy(),
        layer=options.layer,
        crs=options.crs,
        timezone=options.timezone or (settings.timezone if settings else None),
        columns=options.columns,
        neighborhoods=None if neighborhoods is None else leaf_units(neighborhoods),
        metric_crs=settings.crs if settings else None,
        categories=options.categories,
        sheet=options.sheet,
        saved=read_saved(workspace.root) if workspace else NOTHING_SAVED,
        limits=_limits(settings),
        streets=lines,
        places=PlaceSources(neighborhoods, lines, gazetteer, settings.crs if settings else None),
    )
    reading = replace(reading, report=replace(reading.report, span=_span(reading.events)))
    return reading, workspace.known_counts(reading.events) if workspace else 0


def import_events(root: Path, paths: list[Path], options: IntakeOptions) -> tuple[Reading, Imported]:
    """Read files of points and store the rows that the workspace does not know; the first import makes it."""
    reading, _ = check(open_or_none(root), paths, options)
    return reading, store(Workspace.create(root), reading, [path.name for path in paths])


def store(workspace: Workspace, reading: Reading, sources: list[str]) -> Imported:
    """Store what was read, the choices made for it, and the zone of the place if none is set yet."""
    report = report_json(reading.report, Translator("en"))
    span = (report["span"][0], report["span"][1])
    imported = workspace.add_events(reading.events, ", ".join(sources), report, span)
    save_choices(workspace.root, reading.choices, ", ".join(sources))
    settings = workspace.settings
    # Files of several zones have none in common; the zone is then asked for again with each import.
    if settings.timezone is None and reading.report.timezone and ", " not in reading.report.timezone:
        workspace.save_settings(settings.model_copy(update={"timezone": reading.report.timezone}))
    return imported


def write_rejects(reading: Reading, path: Path, t: Translator) -> None:
    """Write the rejected rows with file, line and reason."""
    rejects = reading.rejects.copy()
    rejects["reason"] = [
        t(f"finding.{code}", n=1, row=row) for code, row in zip(rejects["reason"], rejects["source_row"], strict=True)
    ]
    export_table(rejects, path)


def write_report(report: Report, path: Path, t: Translator, rows_known: int = 0) -> None:
    """
    Write the report as a sheet (`.xlsx`, `.csv`) or as JSON: what the screen says, one finding a row.

    Raises
    ------
    InputError
        For another ending, or a folder that cannot be written.
    """
    facts = report_json(report, t, rows_known)
    if path.suffix.lower() == ".json":
        write_text_whole(path, json.dumps(facts, ensure_ascii=False, indent=1, default=str) + "\n")
        return
    findings = pd.DataFrame(facts["findings"], columns=REPORT_COLUMNS)
    findings.columns = [t(f"report.{name}") for name in REPORT_COLUMNS]
    if path.suffix.lower() != ".xlsx":
        export_table(findings, path)
        return
    columns = pd.DataFrame(facts["columns"], columns=["source", "canonical", "reason"])
    named = [
        t(f"column.canonical.{name}") if f"column.canonical.{name}" in t else name for name in columns["canonical"]
    ]
    columns["canonical"] = [name if isinstance(name, str) else "" for name in named]
    columns.columns = [t(f"report.{name}") for name in ("source", "reads", "reason")]
    rows = t("report.rows_line", **{name: facts[name] for name in facts if name.startswith("rows_")})
    write_sheets({t("report.findings"): findings, t("report.columns"): columns}, path, heading=[rows])


def _said(key: str, t: Translator, facts: Mapping[str, Any]) -> str:
    return t(key, **facts) if key in t else ""


def findings_json(findings: list[Finding], t: Translator) -> list[dict[str, Any]]:
    """The findings with their sentences in one language."""
    return [
        {
            "code": finding.code,
            "rows": finding.rows,
            "example_row": finding.example_row,
            "file": finding.facts.get("file", ""),
            "message": with_evidence(t(f"finding.{finding.code}", **finding.facts), finding.facts, t),
            "remedy": _said(f"finding.remedy.{finding.code}", t, finding.facts),
            "effect": t(f"finding.effect.{EFFECTS.get(finding.code, 'told')}"),
            **{name: finding.facts[name] for name in POINT_FACTS if name in finding.facts and "signs" in finding.facts},
            **({"points": finding.facts["points"]} if "points" in finding.facts else {}),
        }
        for finding in findings
    ]


def report_json(report: Report, t: Translator, rows_known: int = 0) -> dict[str, Any]:
    """The report on every row, in the shape that `check --json` prints."""
    return {
        "rows_read": report.rows_read,
        "rows_kept": report.rows_kept,
        "rows_placed": report.rows_placed,
        "rows_repaired": report.rows_repaired,
        "rows_rejected": report.rows_rejected,
        "rows_known": rows_known,
        "columns": [
            {
                "source": guess.source,
                "canonical": guess.canonical,
                "reason": t(f"column.reason.{guess.reason}"),
                "refused": guess.refused,
                "samples": list(guess.samples),
            }
            for guess in report.columns
        ],
        "crs": report.crs,
        "timezone": report.timezone,
        "encoding": report.encoding,
        "span": [str(moment.date()) for moment in report.span] if report.span else [None, None],
        "findings": findings_json(report.findings, t),
    }


def _span(events: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """First and last day of the rows in earnest; one date in 2099 is not the end of the data."""
    if events.empty:
        return None
    daily = daily_counts(events)
    last = pd.Timestamp(find_as_of(daily) - dt.timedelta(days=1))
    within = daily.index[daily.index <= max(last, first_day(daily))]
    return first_day(daily), within.max()
