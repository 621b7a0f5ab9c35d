"""Any file of points → canonical events, with a report on every row: the one door that files come in by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from geo.categories import WordFinder
from geo.choices import NOTHING_SAVED, Saved, shape_of
from geo.clean import Cleaned, clean_events, with_area
from geo.clean_datum import Streets
from geo.columns import ColumnMap, guess_columns, is_own
from geo.errors import InputError
from geo.limits import STANDARD, Limits
from geo.moments import usual_range
from geo.place_answers import PlaceSources
from geo.report import Finding, Report
from geo.schema import LAYERS
from geo.tables import Table, read_tables, stack
from geo.taxonomy import Taxonomy


@dataclass(eq=False)
class Reading:
    """
    Events ready to store (`import_id` is empty), the report, and the rejected rows with line and reason.

    `choices` are those made for this reading, by the shapes of its files; storing it keeps them.
    """

    events: pd.DataFrame
    report: Report
    rejects: pd.DataFrame
    choices: Saved = NOTHING_SAVED


def read_events(
    paths: Sequence[Path], *, taxonomy: Taxonomy, layer: str | None = None, crs: str | None = None,
    timezone: str | None = None, columns: Mapping[str, str] | None = None,
    neighborhoods: gpd.GeoDataFrame | None = None, metric_crs: str | None = None,
    categories: Mapping[str, str] | None = None, sheet: str | None = None, saved: Saved = NOTHING_SAVED,
    limits: Limits = STANDARD, streets: Streets | None = None, places: PlaceSources | None = None,
) -> Reading:  # fmt: skip
    """
    Read files of points as events; files of the same shape are judged together.

    Parameters
    ----------
    paths : sequence of Path
        CSV, TSV, TXT, XLSX, XLS, ODS, GeoJSON, GPKG, shapefile, KML, KMZ, FlatGeobuf, Parquet; gzip and zip of these.
    taxonomy : Taxonomy
    layer : str, optional
        `incident`, `dispute` or `hazard`: overrides the categories' own layers.
    crs, timezone : str, optional
        Declared reference system and zone; else read, found, and told.
    columns : mapping of canonical → source, optional
        Overrides the guess.
    neighborhoods : GeoDataFrame, optional
        Canonical polygons in any CRS; they place events and tell unknown reference systems.
    metric_crs : str, optional
        The workspace's CRS, tried first where the points' system is unknown.
    categories : mapping of text → key, optional
        What texts of the column of categories mean; comes before the taxonomy's words.
    sheet : str, optional
        Of workbooks; else the one that looks like events.
    saved : Saved
        Earlier choices; used for files of the same shape where `columns` says nothing, and told.
    limits : Limits
        How much of a file is read.
    streets : callable, optional
        Gives the workspace's streets in EPSG:4326; called only for points in China, whose datum they tell.
    places : PlaceSources, optional
        What rows without a point are placed by; else the neighborhoods and streets above.

    Returns
    -------
    Reading
        `report.rows_read == report.rows_kept + report.rows_rejected`, `len(events) == report.rows_kept`.

    Raises
    ------
    InputError
        If a file cannot be read, or none of its rows can be used; the sentence has file, line, value and remedy.
    """
    if layer is not None and layer not in LAYERS:
        raise InputError(
            f"There is no layer {layer!r}.",
            remedy=f"Choose among {', '.join(LAYERS)}.", key="read.unknown_layer", layer=layer, known=", ".join(LAYERS),
        )  # fmt: skip
    finder = WordFinder(taxonomy, {**saved.categories, **(categories or {})})
    parts: list[tuple[Table, ColumnMap, Cleaned]] = []
    tables = _by_shape([one for path in paths for one in read_tables(Path(path), limits=limits, sheet=sheet)])
    made: dict[str, Mapping[str, str]] = {}
    for table in tables:
        shape = shape_of(table.columns)
        chosen = _chosen(table, columns, alone=len(tables) == 1)
        if chosen:
            made[shape] = chosen
        elif shape in saved.columns:
            chosen = saved.columns[shape]
            told = ", ".join(f"{source} → {canonical}" for canonical, source in chosen.items())
            table.facts.append(("columns.reused", {"columns": told}))
        if is_own(table) and {"lon", "lat"} <= set(table.columns) and not chosen:
            table.point_x = table.point_y = table.crs = None  # the columns hold more digits than the geometry
        mapping = guess_columns(table, finder, chosen)
        cleaned = clean_events(
            table, mapping, taxonomy=taxonomy, finder=finder, layer=layer, crs=crs, timezone=timezone,
            neighborhoods=neighborhoods, metric_crs=metric_crs, streets=streets, places=places,
        )  # fmt: skip
        parts.append((table, with_area(mapping, cleaned.area_column), cleaned))
    events = _joined([cleaned.events for _, _, cleaned in parts])
    rejects = pd.concat([cleaned.rejects for _, _, cleaned in parts], ignore_index=True)
    choices = Saved(made, dict(categories or {}))
    return Reading(events, _report(parts, events, len(rejects)), rejects, choices)


def _chosen(table: Table, columns: Mapping[str, str] | None, *, alone: bool) -> Mapping[str, str] | None:
    """The columns given by hand; among files of several shapes they are for those that have one of them."""
    if not columns or (not alone and not set(columns.values()) & set(table.columns)):
        return None
    return columns


def _by_shape(tables: list[Table]) -> list[Table]:
    """Tables of one header are stacked, so that formats are decided over all of their rows."""
    groups: dict[tuple, list[Table]] = {}
    for table in tables:
        # Broken rows are positions in one file; such files stay alone.
        key = (table.kind, table.crs, tuple(table.columns), table.headerless, table.epoch_1904,
               table.names[0] if table.broken else "")  # fmt: skip
        groups.setdefault(key, []).append(table)
    return [stack(group) for group in groups.values()]


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    if len(frames) == 1:
        return frames[0]
    zone = frames[0]["event_start"].dt.tz
    joined: dict[str, Any] = {}
    for name in frames[0].columns:
        parts = [frame[name] for frame in frames]
        if isinstance(parts[0].dtype, pd.CategoricalDtype):
            joined[name] = union_categoricals(
                [part.astype(pd.CategoricalDtype(part.cat.categories.astype("str"))) for part in parts]
            )
        elif isinstance(parts[0].dtype, pd.DatetimeTZDtype):
            joined[name] = pd.concat([part.dt.tz_convert(zone) for part in parts], ignore_index=True)
        else:
            joined[name] = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(joined)


def _report(parts: list[tuple[Table, ColumnMap, Cleaned]], events: pd.DataFrame, rejected: int) -> Report:
    findings: list[Finding] = []
    for table, mapping, cleaned in parts:
        file = table.names[0]
        for code, facts in table.facts:
            n = int(facts.get("n", 0))
            findings.append(Finding(code, n, 0, {"n": n, "row": 0, "file": file, **facts}))
        if table.broken:
            n, row = len(table.broken), table.broken[0][0]
            findings.append(Finding("row.cells", n, row, {"n": n, "row": row, "file": file}))
        refused = [guess.source for guess in mapping.guesses if guess.refused]
        if refused:
            findings.append(
                Finding(
                    "columns.refused",
                    len(refused),
                    0,
                    {"n": len(refused), "row": 0, "file": file, "columns": ", ".join(refused)},
                )
            )
        if table.headerless:
            findings.append(Finding("read.headerless", 0, 0, {"n": 0, "row": 0, "file": file}))
        if table.encoding not in ("", "utf-8", "utf-8-sig"):
            findings.append(
                Finding("read.encoding", 0, 0, {"n": 0, "row": 0, "file": file, "encoding": table.encoding})
            )
        findings.extend(cleaned.notes.findings)
    read = sum(len(table) + len(table.broken) for table, _, _ in parts)
    return Report(
        rows_read=read,
        rows_kept=len(events),
        rows_placed=sum(cleaned.placed for _, _, cleaned in parts),
        rows_repaired=sum(cleaned.repaired for _, _, cleaned in parts),
        rows_rejected=rejected,
        columns=[guess for _, mapping, _ in parts for guess in mapping.guesses],
        crs=", ".join(dict.fromkeys(cleaned.points.crs for _, _, cleaned in parts if cleaned.points.crs)) or None,
        timezone=", ".join(dict.fromkeys(cleaned.zone for _, _, cleaned in parts)),
        encoding=", ".join(dict.fromkeys(table.encoding for table, _, _ in parts if table.encoding)),
        span=_span(parts, events),
        findings=findings,
    )


def _span(
    parts: list[tuple[Table, ColumnMap, Cleaned]], events: pd.DataFrame
) -> tuple[pd.Timestamp, pd.Timestamp]:  # fmt: skip
    """The first and last begin; a date far beyond the rest, told in a finding, does not stretch it."""
    start = events["event_start"]
    if len(start) >= 4:
        alone = len(parts) == 1
        in_order = parts[0][2].in_order if alone else np.sort(start.dt.tz_localize(None).to_numpy().astype("M8[s]"))
        _, latest = usual_range(in_order)
        if in_order[-1] > latest:
            start = start[(start.dt.tz_localize(None) <= latest).to_numpy()]
    return start.min(), start.max()
