"""What came in: the imports in force, and taking one back."""

import pandas as pd
import streamlit as st

from geo.errors import InputError
from geo.workspace import Workspace
from views.i18n import Translator
from views.pages.parts import show_error, write
from views.pages.state import choose


def show_imports(workspace: Workspace | None, t: Translator) -> str | None:
    """The imports in force, newest first, and the way to take one back; what to say once that is done."""
    rows = workspace.imports() if workspace else []
    if not rows or workspace is None:
        return None
    st.subheader(t("page.data.imports", n=len(rows)), anchor=False)
    frame = pd.DataFrame(
        {
            "source": [row["source"] for row in rows],
            "events": [row["events"] for row in rows],
            "span": [" – ".join((moment or "")[:10] for moment in row["span"]) for row in rows],
            "at": [row["at"][:16].replace("T", " ") for row in rows],
            "import_id": [row["import_id"] for row in rows],
        }
    ).iloc[::-1]
    config = {name: st.column_config.Column(t(f"page.data.import.{name}")) for name in frame.columns}
    st.dataframe(
        frame.style.format({"events": "{:,.0f}"}),
        hide_index=True,
        row_height=28,
        column_config=config,
        key="imports_table",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = {row["import_id"]: f"{row['source']} · {row['events']:,}" for row in reversed(rows)}
        chosen = st.selectbox(
            t("page.data.undo.which"), list(names), format_func=lambda key: names[key], key="undo_which", width=420
        )
        with st.popover(t("page.data.undo"), key="undo_popover"):
            write(t("page.data.undo.sure"))
            if st.button(t("page.data.undo.yes"), type="primary", key="undo_yes"):
                try:
                    n = workspace.undo_import(str(chosen))
                except InputError as error:
                    show_error(error, t)
                    return None
                choose("place", None)
                return t("page.data.undone", n=f"{n:,}")
    return None
