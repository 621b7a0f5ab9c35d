"""Data: what came in, what is wrong with it? Upload, see what was understood, confirm, take back."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from geo.china_datum import DATUMS
from geo.errors import InputError
from geo.schema import LAYERS
from geo.taxonomy import read_taxonomy
from geo.workspace import Workspace
from jobs.ground import import_ground
from jobs.intake import (
    IntakeOptions,
    findings_json,
    store,
    write_rejects,
    write_report,
)
from views import style
from views.basemap import draw, make_basemap, png
from views.event_picture import draw_events, make_picture
from views.i18n import Translator
from views.mercator import fit, pixels_per_metre, to_mercator
from views.pages.data_corrections import Upload, read_upload, show_corrections
from views.pages.data_imports import show_imports
from views.pages.data_points import show_points
from views.pages.greeting import greet
from views.pages.parts import FORMATS, markup, plain, show_error, write
from views.pages.state import Asked, choose, given

POINT_FILES = [
    "csv", "tsv", "txt", "xlsx", "xls", "ods", "geojson", "json", "gpkg", "kml", "kmz", "fgb", "parquet", "gz", "zip",
]  # fmt: skip
POLYGON_FILES = ["geojson", "json", "gpkg", "kml", "fgb", "zip"]
PEOPLE_FILES = [*POINT_FILES, "xlsm"]
STREET_FILES = ["geojson", "json", "gpkg", "pbf", "graphml", "zip", "gz"]
PICTURE = (320, 196)
GROUNDS = ("streets", "land", "neighborhoods")
# Streamlit's upload box speaks English; `page.css` hides its words, these rules put ours in their place.
BOX = """<style>[data-testid="stFileUploaderDropzone"] [data-testid="stBaseButton-secondary"]::after
{{content:"{choose}";font-size:14px}}
[data-testid="stFileUploaderDropzone"]::after{{content:"{hint}";font-size:13.5px;color:#55606E;margin-left:12px;
align-self:center}}</style>"""


def show(asked: Asked) -> None:
    """The page."""
    t = asked.t
    st.html(BOX.format(choose=t("page.data.choose"), hint=t("page.data.hint")))
    reading = st.session_state.get("reading")
    _steps(t, 3 if reading else 1)
    if reading is None:
        _said_before()
        left, right = st.columns([0.62, 0.38], gap="medium")
        with left:
            _upload_points(asked)
        with right:
            _upload_ground(asked)
        if asked.dataset is None:
            greet(asked, here=True)
        said = show_imports(_workspace(asked), t) or show_points(_workspace(asked), t)
        if said:
            _finish(said)
    else:
        _report(asked, reading)


def _said_before() -> None:
    said = st.session_state.pop("said", None)
    if said:
        st.success(plain(said), icon=":material/check:")


def _steps(t: Translator, now: int) -> None:
    parts = []
    for number in range(1, 4):
        done, here = number < now, number == now
        color = style.ACCENT if done or here else style.FAINT
        disc = (
            f'<span style="display:inline-block;width:22px;height:22px;border-radius:11px;border:1.4px solid {color};'
            f"text-align:center;line-height:20px;font-size:12.5px;margin-right:8px;"
            f'{"background:" + style.ACCENT + ";color:#fff" if here else "color:" + color}">'
            f"{'✓' if done else number}</span>"
        )
        weight = "font-weight:700" if here else f"color:{style.SECONDARY}"
        parts.append(f'{disc}<span style="{weight}">{t(f"page.data.step.{number}")}</span>')
    look = f"display:inline-block;width:34px;height:1px;background:{style.CARD_BORDER};margin:4px 12px"
    bar = f'<span style="{look}"></span>'
    write(bar.join(parts))


# --- step 1: files ---------------------------------------------------------------------------------------------------


def _upload_points(asked: Asked) -> None:
    t = asked.t
    st.title(t("page.data.title"), anchor=False)
    write(t("page.data.intro"), css=f"color:{style.SECONDARY}")
    files = st.file_uploader(
        t("page.data.points"),
        type=POINT_FILES,
        accept_multiple_files=True,
        key=f"points_{st.session_state.get('uploads', 0)}",
    )
    with st.expander(t("page.data.corrections")):
        one, two, three = st.columns(3)
        layer = one.selectbox(
            t("page.data.layer"),
            [None, *LAYERS],
            format_func=lambda name: t("page.data.layer.auto") if name is None else t(f"page.layer.{name}"),
            key="intake_layer",
        )
        crs = two.text_input(t("page.data.crs"), placeholder="GCJ-02 · BD-09 · EPSG:4548", key="intake_crs")
        zone = three.text_input(t("page.data.timezone"), placeholder="Asia/Shanghai", key="intake_zone")
    if files and st.button(t("page.data.check"), type="primary", key="check"):
        options = IntakeOptions(layer=layer, crs=crs.strip() or None, timezone=zone.strip() or None)
        handed = tuple((Path(file.name.replace("\\", "/")).name or "file", file.getvalue()) for file in files)
        try:
            with st.spinner(t("page.data.reading")):
                st.session_state["reading"] = read_upload(_workspace(asked), handed, options, ())
        except InputError as error:
            show_error(error, t)
            return
        st.session_state.pop("correcting", None)
        st.rerun()


def _kept(file: Any, folder: Path) -> Path:
    # The name is the sender's; only its last part is a file's name, in a folder of its own.
    folder.mkdir()
    path = folder / (Path(file.name.replace("\\", "/")).name or "file")
    path.write_bytes(file.getbuffer())
    return path


def _workspace(asked: Asked) -> Workspace | None:
    try:
        return Workspace.open(asked.workspace)
    except InputError:
        return None


def _upload_ground(asked: Asked) -> None:
    t = asked.t
    st.subheader(t("page.data.ground"), anchor=False)
    workspace = _workspace(asked)
    names = ("neighborhoods", "streets", "gazetteer")
    has = {name: workspace is not None and workspace.version(name) is not None for name in names}
    lines = [t(f"page.data.has.{name}" if there else f"page.data.misses.{name}") for name, there in has.items()]
    write("<br>".join(lines), css=f"color:{style.SECONDARY}")
    turn = st.session_state.get("uploads", 0)
    jobs = [("neighborhoods", POLYGON_FILES), ("streets", STREET_FILES), ("land", POLYGON_FILES)]
    if has["neighborhoods"]:
        jobs.insert(1, ("population", PEOPLE_FILES))
        jobs.append(("gazetteer", POINT_FILES))
    with st.expander(t("page.data.ground.upload"), expanded=not has["neighborhoods"]):
        for name, endings in jobs:
            file = st.file_uploader(t(f"page.data.{name}"), type=endings, key=f"{name}_{turn}")
            if file is None:
                continue
            system = None
            if name != "population":
                system = st.selectbox(
                    t("page.data.ground_crs.label"),
                    (None, *DATUMS),
                    format_func=lambda datum: datum or t("page.data.ground_crs.own"),
                    key=f"crs_{name}",
                )
            if st.button(t("page.data.use"), key=f"use_{name}"):
                _use(asked, name, file, system)


def _use(asked: Asked, name: str, file: Any, system: str | None) -> None:
    t = asked.t
    try:
        with st.spinner(t("page.data.reading")), TemporaryDirectory(prefix="walkwatch-") as folder:
            ground = import_ground(asked.workspace, name, _kept(file, Path(folder) / "file"), system)
    except InputError as error:
        show_error(error, t)
        return
    said = [t(f"page.data.used.{name}", n=ground.number)]
    said += [finding["message"] for finding in findings_json(ground.findings, t)]
    _finish(" ".join(said))


def _finish(said: str) -> None:
    st.session_state["said"] = said
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
    st.session_state.pop("reading", None)
    st.rerun()


# --- steps 2 and 3: what was understood, confirm ---------------------------------------------------------------------


def _report(asked: Asked, upload: Upload) -> None:
    t, reading, known, names = asked.t, upload.reading, upload.known, upload.names
    report = reading.report
    st.title(
        plain(
            t(
                "page.data.rows",
                read=f"{report.rows_read:,}",
                kept=f"{report.rows_kept:,}",
                rejected=f"{report.rows_rejected:,}",
                placed=f"{report.rows_placed:,}",
            )
        ),
        anchor=False,
    )
    known_text = t("page.data.known", n=known) if known else ""
    write(markup(f"{t('page.data.not_yet')}{known_text}"), css=f"color:{style.SECONDARY}")
    left, right = st.columns([0.7, 0.3], gap="small")
    with left:
        st.subheader(t("page.data.columns"), anchor=False)
        write(_columns(report, t))
        workspace = _workspace(asked)
        show_corrections(upload, workspace, workspace.taxonomy() if workspace else read_taxonomy(), t)
        st.subheader(t("page.data.findings", n=len(report.findings)), anchor=False)
        write(_findings(report, t))
    with right:
        st.subheader(t("page.data.understood"), anchor=False)
        _picture(asked, reading)
        write(_facts(reading, names, t))
        _decide(asked, reading, known, names)


HEAD = f"background:{style.HEAD};color:{style.SECONDARY};font-weight:400;text-align:left;padding:3px 9px"
CELL = f"border-top:1px solid {style.RULE};padding:2px 9px;max-width:230px;overflow-wrap:anywhere"
TABLE = f"width:100%;border-collapse:collapse;font-size:13.5px;border:1px solid {style.CARD_BORDER}"


def _columns(report: Any, t: Translator) -> str:
    rows = []
    for guess in report.columns:
        if guess.refused:
            reads, color = t("page.data.refused"), style.INK
            look = f"display:inline-block;width:96px;height:10px;border-radius:2px;background:{style.BAR}"
            note = f'<td style="{CELL};color:{style.SECONDARY}" colspan="2">{t("page.data.refused.text")}</td>'
            samples = f'<td style="{CELL}"><span style="{look}"></span></td>{note}'
            sign = "✕"
        else:
            sign, color = ("→", style.ACCENT) if guess.canonical else ("–", style.FAINT)
            reads = _canonical(guess.canonical, t) if guess.canonical else t("page.data.unused")
            shown = [*guess.samples, "", "", ""][:3]
            samples = "".join(
                f'<td style="{CELL};color:{style.SECONDARY}">{markup(_short(text))}</td>' for text in shown
            )
        rows.append(
            f'<tr><td style="{CELL};font-weight:700">{markup(_short(guess.source))}</td>'
            f'<td style="{CELL}"><span style="color:{color}">{sign}</span>&ensp;{markup(reads)}</td>{samples}</tr>'
        )
    head = (
        f'<tr><th style="{HEAD}">{t("page.data.column.source")}</th>'
        f'<th style="{HEAD}">{t("page.data.column.reads")}</th>'
        f'<th style="{HEAD}" colspan="3">{t("page.data.column.samples")}</th></tr>'
    )
    return f'<table style="{TABLE}">{head}{"".join(rows)}</table>'


def _short(text: Any, limit: int = 60) -> str:
    text = str(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _canonical(name: str, t: Translator) -> str:
    key = f"page.canonical.{name}"
    return t(key) if key in t else name


def _findings(report: Any, t: Translator) -> str:
    if not report.findings:
        return markup(t("page.data.findings.none"))
    rows = [
        f'<tr><td style="{CELL};max-width:none">{markup(found["message"])}</td>'
        f'<td style="{CELL};text-align:right">{found["rows"]:,}</td>'
        f'<td style="{CELL};text-align:right;color:{style.SECONDARY}">{found["example_row"] or ""}</td></tr>'
        for found in findings_json(report.findings, t)
    ]
    head = (
        f'<tr><th style="{HEAD}">{t("page.data.finding")}</th>'
        f'<th style="{HEAD};text-align:right">{t("page.data.finding.rows")}</th>'
        f'<th style="{HEAD};text-align:right;white-space:nowrap">{t("page.data.finding.first")}</th></tr>'
    )
    return f'<table style="{TABLE}">{head}{"".join(rows)}</table>'


def _picture(asked: Asked, reading: Any) -> None:
    """A small map of what was read, drawn at once: nothing is stored yet, so no tile could show it."""
    events = reading.events
    placed = events.dropna(subset=["lon", "lat"])
    if placed.empty:
        return
    low, high = placed[["lon", "lat"]].quantile(0.005), placed[["lon", "lat"]].quantile(0.995)
    width, height = PICTURE
    view = fit((low["lon"], low["lat"], high["lon"], high["lat"]), width, height, margin=12)
    scale = pixels_per_metre(view.zoom, view.step)
    x, y = to_mercator(np.array([view.lon]), np.array([view.lat]))
    where: dict[str, Any] = {
        "left": x[0] - width / 2 / scale,
        "top": y[0] + height / 2 / scale,
        "scale": scale,
        "width": width,
        "height": height,
    }
    workspace = _workspace(asked)
    streets, land, units = (workspace.ground(name) if workspace else None for name in GROUNDS)
    points_at = to_mercator(placed["lon"].to_numpy(), placed["lat"].to_numpy())
    under = draw(make_basemap(streets, land, units, points_at), **where)
    points = make_picture(placed["lon"].to_numpy(), placed["lat"].to_numpy(), placed["layer"].astype("str").to_numpy())
    over = draw_events(points, **where).astype(float)
    # Colors of the upper picture come unmultiplied, with their opacity beside them.
    mixed = over[..., :3] * (over[..., 3:] / 255) + under[..., :3] * (1 - over[..., 3:] / 255)
    under[..., :3] = np.clip(mixed, 0, 255).astype(np.uint8)
    st.image(png(under), width="stretch")


def _facts(reading: Any, names: list[str], t: Translator) -> str:
    report = reading.report
    counts = reading.events["layer"].astype("str").value_counts()
    rows = {
        "file": ", ".join(names),
        "kind": t.joined(f"{t(f'page.layer.{name}')} {counts[name]:,}" for name in LAYERS if counts.get(name)),
        "time": "" if report.span is None or report.span[0] is None else t.joined(_days(report.span, t)),
        "place": t("page.data.fact.placed", n=f"{report.rows_placed:,}"),
        "crs": report.crs or "",
        "timezone": report.timezone or "",
        "encoding": report.encoding or "",
    }
    look = f"color:{style.SECONDARY};padding:1px 14px 1px 0;white-space:nowrap"
    cells = "".join(
        f'<tr><td style="{look}">{t(f"page.data.fact.{name}")}'
        f'</td><td style="overflow-wrap:anywhere">{markup(_short(text, 90))}</td></tr>'
        for name, text in rows.items()
        if text
    )
    return f'<table style="font-size:13.5px">{cells}</table>'


def _days(span: Any, t: Translator) -> list[str]:
    first, last = (pd.Timestamp(moment).date().isoformat() for moment in span)
    return [t("page.data.fact.span", first=first, last=last)]


def _decide(asked: Asked, reading: Any, known: int, names: list[str]) -> None:
    t, report = asked.t, reading.report
    new = report.rows_kept - known
    with st.container(horizontal=True):
        if st.button(t("page.data.confirm", n=f"{new:,}"), type="primary", key="confirm", disabled=new <= 0):
            try:
                with st.spinner(t("page.data.storing")):
                    imported = store(Workspace.create(asked.workspace), reading, names)
            except InputError as error:
                show_error(error, t)
                return
            choose("place", None)
            _finish(t("page.data.stored", n=f"{imported.events_added:,}", known=f"{imported.rows_known:,}"))
        if st.button(t("page.data.drop"), key="drop"):
            _finish(t("page.data.dropped"))
    st.download_button(
        t("data.report"),
        lambda: _report_sheet(reading, known, t),
        file_name="report.xlsx",
        mime=FORMATS["xlsx"],
        key="report_sheet",
        on_click="ignore",
    )
    if report.rows_rejected:
        st.download_button(
            t("page.data.rejects", n=f"{report.rows_rejected:,}"),
            lambda: _rejects(reading, t),
            file_name="rejected.csv",
            mime=FORMATS["csv"],
            key="rejects",
            on_click="ignore",
        )


def _report_sheet(reading: Any, known: int, t: Translator) -> bytes:
    with TemporaryDirectory(prefix="walkwatch-") as folder:
        path = Path(folder) / "report.xlsx"
        write_report(reading.report, path, t, known)
        return path.read_bytes()


def _rejects(reading: Any, t: Translator) -> bytes:
    with TemporaryDirectory(prefix="walkwatch-") as folder:
        path = Path(folder) / "rejected.csv"
        write_rejects(reading, path, t)
        return path.read_bytes()


if __name__ == "__main__":
    show(given())
