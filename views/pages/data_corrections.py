"""Corrections to what was understood of a file; each is read again at once, and the state before is kept."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import streamlit as st

from geo.categories import UNKNOWN
from geo.columns import CANONICAL
from geo.errors import InputError
from geo.read import Reading
from geo.schema import LAYERS
from geo.taxonomy import Taxonomy
from geo.workspace import Workspace
from jobs.intake import IntakeOptions, check
from views.i18n import Translator
from views.pages.parts import markup, show_error, write

# A list longer than this is no list to choose from; the command line takes a file of any length.
MOST_TEXTS = 200


@dataclass(frozen=True, eq=False)
class Upload:
    """
    Files handed over and what was understood of them, until they are confirmed or dropped.

    `files` are name and bytes: they live in memory only, and on disk no longer than one reading takes, since raw files
    may hold what about persons is refused.
    """

    files: tuple[tuple[str, bytes], ...]
    options: IntakeOptions
    reading: Reading
    known: int
    sheets: tuple[str, ...] = field(default=())

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.files]


def read_upload(
    workspace: Workspace | None, files: tuple[tuple[str, bytes], ...], options: IntakeOptions, sheets: tuple[str, ...]
) -> Upload:
    """
    Read the files with these options; nothing is stored.

    Raises
    ------
    InputError
        As `jobs.intake.check`.
    """
    with TemporaryDirectory(prefix="walkwatch-") as folder:
        paths = []
        for number, (name, content) in enumerate(files):
            # The name is the sender's; only its last part is a file's name, in a folder of its own.
            path = Path(folder) / str(number) / (Path(name.replace("\\", "/")).name or "file")
            path.parent.mkdir()
            path.write_bytes(content)
            paths.append(path)
        reading, known = check(workspace, paths, options)
    return Upload(files, options, reading, known, _sheets(reading) or sheets)


def _sheets(reading: Reading) -> tuple[str, ...]:
    """The sheets to choose among, as the report names them; none where there is one only."""
    for finding in reading.report.findings:
        if finding.code == "read.sheets":
            return (finding.facts["sheet"], *finding.facts["others"].split(", "))
    return ()


def show_corrections(upload: Upload, workspace: Workspace | None, taxonomy: Taxonomy, t: Translator) -> None:
    """The controls; a correction is read at once, and where it cannot be, the state before stays with a sentence."""
    with st.expander(t("data.correct"), expanded=bool(st.session_state.get("correcting"))):
        asked = _column(upload, t) or _category(upload, taxonomy, t) or _whole(upload, t) or _forget(upload, t)
        problem = st.session_state.pop("correction_problem", None)
        if problem is not None:
            show_error(problem, t)
    if asked is None:
        return
    st.session_state["correcting"] = True
    try:
        with st.spinner(t("page.data.reading")):
            st.session_state["reading"] = read_upload(workspace, upload.files, asked, upload.sheets)
    except InputError as error:
        st.session_state["correction_problem"] = error
    st.rerun()


def _column(upload: Upload, t: Translator) -> IntakeOptions | None:
    usable = [guess for guess in upload.reading.report.columns if not guess.refused]
    reads = {guess.source: guess.canonical for guess in usable}
    one, two, go = _row()
    source = one.selectbox(
        t("data.correct.column"),
        list(reads),
        format_func=lambda name: f"{_short(name)} → {_canonical(reads[name], t)}",
        key="correct_column",
    )
    canonical = two.selectbox(
        t("data.correct.is"), CANONICAL, format_func=lambda name: _canonical(name, t), key="correct_canonical"
    )
    if not go.button(t("data.correct.apply"), key="apply_column", disabled=source is None):
        return None
    columns = {name: column for name, column in (upload.options.columns or {}).items() if column != source}
    return replace(upload.options, columns={**columns, canonical: source})


def _category(upload: Upload, taxonomy: Taxonomy, t: Translator) -> IntakeOptions | None:
    texts = texts_of(upload.reading.events)
    if texts.empty:
        return None
    names = {key: category.name_zh if t.language == "zh" else category.name_en for key, category in _sorted(taxonomy)}
    meant = dict(zip(texts["text"], texts["category"], strict=True))
    counts = dict(zip(texts["text"], texts["rows"], strict=True))
    one, two, go = _row()
    text = one.selectbox(
        t("data.correct.text"),
        list(meant),
        format_func=lambda text: f"{_short(text)} ({counts[text]:,}) → {names.get(meant[text], meant[text])}",
        key="correct_text",
    )
    key = two.selectbox(
        t("data.correct.is"),
        list(names),
        format_func=lambda key: f"{names[key]} · {t(f'page.layer.{taxonomy[key].layer}')}",
        key="correct_category",
    )
    if not go.button(t("data.correct.apply"), key="apply_category"):
        return None
    return replace(upload.options, categories={**(upload.options.categories or {}), text: key})


def texts_of(events: pd.DataFrame) -> pd.DataFrame:
    """The texts that stood for a category, the unrecognized first, then by rows: `text`, `category`, `rows`."""
    kept = events[["category_source", "category"]].dropna().astype("str")
    texts = kept.value_counts().reset_index(name="rows")
    texts.columns = ["text", "category", "rows"]
    texts = texts[texts["text"] != ""].drop_duplicates("text")
    unknown = texts["category"].isin(set(UNKNOWN.values()))
    return texts.assign(known=~unknown).sort_values(["known", "rows"], ascending=[True, False]).head(MOST_TEXTS)


def _whole(upload: Upload, t: Translator) -> IntakeOptions | None:
    options = upload.options
    cells = st.columns([1, 1, 1, 0.6], vertical_alignment="bottom", gap="small")
    layers = [None, *LAYERS]
    layer = cells[0].selectbox(
        t("page.data.layer"),
        layers,
        index=layers.index(options.layer),
        format_func=lambda name: t("page.data.layer.auto") if name is None else t(f"page.layer.{name}"),
        key="correct_layer",
    )
    crs = cells[1].text_input(t("page.data.crs"), options.crs or "", placeholder="EPSG:4548", key="correct_crs")
    zone = cells[2].text_input(
        t("page.data.timezone"), options.timezone or "", placeholder="Asia/Shanghai", key="correct_zone"
    )
    sheet = options.sheet
    if len(upload.sheets) > 1:
        at = upload.sheets.index(sheet) if sheet in upload.sheets else 0
        sheet = st.selectbox(t("data.correct.sheet"), upload.sheets, index=at, key="correct_sheet")
    if not cells[3].button(t("data.correct.apply"), key="apply_whole"):
        return None
    return replace(options, layer=layer, crs=crs.strip() or None, timezone=zone.strip() or None, sheet=sheet)


def _forget(upload: Upload, t: Translator) -> IntakeOptions | None:
    """What was corrected so far, and the way back."""
    options = upload.options
    made = [f"{source} → {_canonical(name, t)}" for name, source in (options.columns or {}).items()]
    made += [f"{text} → {key}" for text, key in (options.categories or {}).items()]
    if not made:
        return None
    write(markup(t("data.correct.made", n=len(made), list=t.joined(made))))
    if not st.button(t("data.correct.forget"), key="forget_corrections"):
        return None
    return replace(options, columns=None, categories=None)


def _row() -> Any:
    return st.columns([1.5, 1.5, 0.6], vertical_alignment="bottom", gap="small")


def _sorted(taxonomy: Taxonomy) -> list[tuple[str, Any]]:
    order = {layer: at for at, layer in enumerate(LAYERS)}
    return sorted(taxonomy.categories.items(), key=lambda item: (order[item[1].layer], item[0]))


def _canonical(name: str | None, t: Translator) -> str:
    return t("page.data.unused") if name is None else t(f"column.canonical.{name}")


def _short(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
