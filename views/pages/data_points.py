"""Points set aside: which, on what evidence, and the way to put one back or set it aside again."""

import pandas as pd
import streamlit as st

from geo.errors import InputError
from geo.workspace import Workspace
from jobs.set_aside import SetAside, list_points, put_back, set_aside
from views.i18n import Translator
from views.pages.parts import show_error, write
from views.pages.state import choose
from views.point_words import evidence_text


def show_points(workspace: Workspace | None, t: Translator) -> str | None:
    """The points set aside with their evidence, and a button for one of them; what to say once it is pressed."""
    points = list_points(workspace) if workspace else []
    if not points or workspace is None:
        return None
    st.subheader(t("points.title", n=len(points)), anchor=False)
    write(t("points.intro.some"))
    frame = pd.DataFrame(
        {
            "place": [point.where for point in points],
            "rows": [point.rows for point in points],
            "share": [point.share for point in points],
            "evidence": [evidence_text(point.signs, point.facts, t) or t(_without(point)) for point in points],
            "state": [t(f"points.state.{point.state}") for point in points],
        }
    )
    config = {name: st.column_config.Column(t(f"points.column.{name}")) for name in frame.columns}
    st.dataframe(
        frame.style.format({"rows": "{:,.0f}", "share": "{:.1%}"}),
        hide_index=True,
        row_height=28,
        column_config=config,
        key="points_table",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            t("points.which"),
            range(len(points)),
            format_func=lambda i: f"{points[i].where} · {points[i].rows:,}",
            key="points_which",
            width=420,
        )
        return _button(workspace, points[int(chosen or 0)], t)


def _without(point: SetAside) -> str:
    return "points.state.by_hand" if point.state == "by_hand" else "points.earlier"


def _button(workspace: Workspace, point: SetAside, t: Translator) -> str | None:
    back = point.state != "put_back"
    if not st.button(t("points.put_back" if back else "points.set_aside"), key="points_change"):
        return None
    try:
        (put_back if back else set_aside)(workspace, (point.lon, point.lat))
    except InputError as error:
        show_error(error, t)
        return None
    choose("place", None)
    return t("points.done.put_back" if back else "points.done.set_aside", where=point.where)
