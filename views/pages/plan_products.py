"""The plan's products as downloads: the same folder that the command line writes."""

import io
import zipfile
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from analysis.plan_types import Plan
from jobs.dataset import Dataset
from jobs.phone_files import PHONE_DATUMS
from jobs.plan import phone_datum_of, write_products
from jobs.plan_book import what_was_done
from views import style
from views.i18n import Translator
from views.pages.parts import write
from views.pages.state import Asked

PRODUCTS = ("roster.xlsx", "briefing.pdf", "plan.ics")


def show_exports(asked: Asked, plan: Plan) -> None:
    """The plan's folder, whole or by piece."""
    t = asked.t
    done = what_was_done(asked.data, plan.week)
    key = repr((asked.data.id, plan.week, sorted(plan.parameters.items(), key=str), plan.seed, t.language, done))
    with st.popover(t("page.plan.export"), key="plan_formats"):
        write(t("page.plan.export.note"), css=f"font-size:13px;color:{style.SECONDARY}")
        phone = _phone(asked)
        key = f"{key} {phone}"
        st.download_button(
            t("page.plan.export.all"),
            lambda: zipped(_products(key, phone, _dataset=asked.data, _plan=plan, _t=t)),
            file_name=f"plan-{plan.week:%G-W%V}.zip",
            mime="application/zip",
            key="plan_zip",
            on_click="ignore",
            type="primary",
        )
        for name in PRODUCTS:
            st.download_button(
                t(f"page.plan.export.{name.partition('.')[2]}"),
                partial(_product, name, key, phone, asked, plan),
                file_name=f"{plan.week:%G-W%V}-{name}",
                key=f"plan_{name}",
                on_click="ignore",
            )
        st.download_button(
            t("page.plan.export.gpx"),
            lambda: zipped(
                {
                    name: content
                    for name, content in _products(key, phone, _dataset=asked.data, _plan=plan, _t=t).items()
                    if name.endswith(".gpx")
                }
            ),
            file_name=f"{plan.week:%G-W%V}-gpx.zip",
            mime="application/zip",
            key="plan_gpx",
            on_click="ignore",
        )


def _phone(asked: Asked) -> str:
    """In which datum files for phones are written: asked only where maps are shifted."""
    t = asked.t
    kept = asked.data.settings.phone_datum
    if not phone_datum_of(asked.data, "wgs-84").in_china:
        return "wgs-84"
    return st.selectbox(
        t("page.plan.phone.label"),
        PHONE_DATUMS,
        index=PHONE_DATUMS.index(kept),
        format_func=lambda name: t(f"page.plan.phone.{name}"),
        key="plan_phone_datum",
    )


def _product(name: str, key: str, phone: str, asked: Asked, plan: Plan) -> bytes:
    return _products(key, phone, _dataset=asked.data, _plan=plan, _t=asked.t)[name]


@st.cache_resource(max_entries=4, show_spinner=False)
def _products(
    key: str, phone: str | None = None, *, _dataset: Dataset, _plan: Plan, _t: Translator
) -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        root = Path(folder) / "plan"
        write_products(_dataset, _plan, root, _t, phone=phone)
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def zipped(files: dict[str, bytes]) -> bytes:
    """The files as one archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # A fixed stamp: the same plan gives the same bytes.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()
