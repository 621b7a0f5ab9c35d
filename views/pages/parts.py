"""Pieces that several pages show: errors, text made safe, the map with its legend, downloads."""

import html
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import folium
import numpy as np
import streamlit as st

from geo.errors import InputError
from geo.export import export_table
from geo.gpx import WGS84
from geo.schema import LAYERS
from jobs.dataset import Dataset
from views import style
from views.basemap import Basemap, make_basemap
from views.charts import image
from views.event_picture import EventPicture, make_picture
from views.i18n import Translator
from views.maps import Ground
from views.mercator import View, to_degrees, to_mercator
from views.pages.state import Asked
from views.server import register_basemap, register_events, registered_basemap

HEAD_HEIGHT = 36  # of a table, in pixels; its rows are 28
MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:])")
FORMATS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}


def plain(text: str) -> str:
    """A text from files, for places that read Markdown: no sign of it has a meaning."""
    return MARKDOWN.sub(r"\\\1", text)


def show_error(error: InputError, t: Translator) -> None:
    """An error as its sentence and remedy."""
    st.error(plain(t.error(error)), icon=":material/error:")


def markup(text: Any) -> str:
    """A text for `st.html`, escaped."""
    return html.escape(str(text))


def write(body: str, *, css: str = "", narrow: bool = False) -> None:
    """HTML of ours in the type of the page; as wide as its text where `narrow`."""
    width: Any = "content" if narrow else "stretch"
    st.html(f'<div style="font-size:14.5px;line-height:1.5;color:{style.INK};{css}">{body}</div>', width=width)


# --- the map --------------------------------------------------------------------------------------------------------


def ground(asked: Asked, *, events: bool = True) -> Ground:
    """What lies under this page's map; basemap and events are prepared once and drawn by the app's own routes."""
    dataset, t = asked.data, asked.t
    register_basemap(dataset.id, lambda: _basemap(dataset))
    picture = None
    if events:
        moment = asked.as_of
        parts = (dataset.id, str(moment), asked.days, sorted(asked.layers), asked.neighborhood)
        picture = register_events(parts, lambda: _picture(asked))
    own = dataset.settings.credit_in(t.language)
    credit = f"{own} · {WGS84}" if own else t("map.credit")
    if dataset.settings.map_review_number:
        credit = f"{credit} · {t('map.review', number=dataset.settings.map_review_number)}"
    return Ground(dataset.id, picture, t.language, credit)


def _basemap(dataset: Dataset) -> Basemap:
    x, y = to_mercator(dataset.events["lon"].to_numpy(), dataset.events["lat"].to_numpy())
    # Names of the units people speak of; the finer ones have numbers for names.
    return make_basemap(dataset.streets, dataset.land, dataset.shown_units, (x, y))


def window(asked: Asked) -> Any:
    """The events of the period, layers and neighborhood that the page asks for."""
    import pandas as pd

    dataset = asked.data
    events = dataset.chosen(asked.layer_filter)
    end = asked.as_of or dataset.as_of
    inside = (events["event_start"] >= end - pd.Timedelta(days=asked.days)) & (events["event_start"] < end)
    if asked.neighborhood:
        unit = events["neighborhood_id"].astype("str").map(dataset.counted_unit_of)
        inside &= (unit == asked.neighborhood).fillna(False)
    return events[inside.to_numpy(bool)]


def _picture(asked: Asked) -> EventPicture:
    events = window(asked)
    # Violence at home and sexual offences are counted, but no point of a map shows where.
    events = events[~events["category"].isin(asked.data.unlisted)]
    return make_picture(events["lon"].to_numpy(), events["lat"].to_numpy(), events["layer"].astype("str").to_numpy())


def city_bounds(asked: Asked) -> tuple[float, float, float, float]:
    """West, south, east, north of the city or the chosen neighborhood, in degrees."""
    dataset = asked.data
    units = dataset.shown_units
    if asked.neighborhood and units is not None:
        chosen = units[units["neighborhood_id"].astype(str) == asked.neighborhood]
        if len(chosen):
            return tuple(chosen.to_crs("EPSG:4326").total_bounds)
    base = registered_basemap(dataset.id)
    assert base is not None
    west, south, east, north = base.bounds
    lon, lat = to_degrees(np.array([west, east]), np.array([south, north]))
    return float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1])


def show_map(
    city: folium.Map,
    *,
    key: str,
    height: int,
    view: View | None = None,
    group: folium.FeatureGroup | None = None,
) -> dict[str, float] | None:
    """
    Show a map and return a click on one of its objects, once.

    Pans and zooms rerun nothing; the map stays as it is while only `view` or `group` change.
    """
    from streamlit_folium import st_folium

    answer = st_folium(
        city,
        key=key,
        height=height,
        width=None,
        returned_objects=["last_object_clicked"],
        center=(view.lat, view.lon) if view else None,
        zoom=view.zoom if view else None,
        feature_group_to_add=group,
    )
    click = (answer or {}).get("last_object_clicked")
    # The component repeats its last click on every run; only a new one means something.
    if click is None or click == st.session_state.get(f"{key}_click"):
        return None
    st.session_state[f"{key}_click"] = click
    return click


def legend(entries: Sequence[tuple[str, str]], *, narrow: bool = False) -> None:
    """The legend under a map: drawings with their words."""
    look = "vertical-align:-2px;margin-right:6px"
    parts = [
        f'<span style="white-space:nowrap;margin-right:14px">{image(drawing, css=look)}{markup(words)}</span>'
        for drawing, words in entries
    ]
    write("".join(parts), css=f"font-size:13px;color:{style.SECONDARY}", narrow=narrow)


def layer_entries(asked: Asked) -> list[tuple[str, str]]:
    """The legend's entries for the layers shown."""
    return [(style.symbol(name, 11), asked.t(f"page.layer.{name}")) for name in LAYERS if name in asked.layers]


def hotspot_entry(t: Translator) -> tuple[str, str]:
    """The legend's entry for an outline with its rank."""
    body = f'<rect x="2" y="2" width="16" height="9" rx="4.5" fill="#fff" stroke="{style.INK}" stroke-width="2.2"/>'
    return style.svg(body, 20, 13), t("map.legend.hotspot")


def neighborhood_entry(t: Translator) -> tuple[str, str]:
    """The legend's entry for the dashed edges."""
    look = f'stroke="{style.NEIGHBORHOOD_EDGE}" stroke-width="1.6" stroke-dasharray="6 3"'
    line = f'<line x1="0" y1="6" x2="20" y2="6" {look}/>'
    return style.svg(line, 20, 12), t("map.legend.neighborhood")


# --- downloads ------------------------------------------------------------------------------------------------------


def downloads(frame: Any, name: str, t: Translator, *, label: str, key: str, logged: Callable[[str], None]) -> None:
    """Offer a table as CSV, XLSX and, where it has shapes, GeoJSON: exactly what is shown."""
    endings = [ending for ending in FORMATS if ending != "geojson" or hasattr(frame, "crs")]
    with st.popover(label, type="tertiary", key=f"{key}_formats"):
        for ending in endings:

            def content(ending: str = ending) -> bytes:
                logged(f"{name}.{ending}")
                return exported(frame, ending)

            st.download_button(
                t(f"page.download.{ending}"),
                content,
                file_name=f"{name}.{ending}",
                mime=FORMATS[ending],
                key=f"{key}_{ending}",
                on_click="ignore",
                type="tertiary",
            )


def exported(frame: Any, ending: str) -> bytes:
    """The bytes of a table in a format, as the command line writes them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{ending}"
        export_table(frame, path)
        return path.read_bytes()
