"""
Folium maps that ask nobody but the app itself.

Every script and style comes from `views.server`'s routes; the ground and the events are pictures drawn there, and only
what can be clicked (hotspots, stops, posts) is an element of its own.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import shapely
from folium.template import Template

from geo.schema import GEOGRAPHIC_CRS
from views import style
from views.i18n import Translator
from views.labels import text_width
from views.mercator import MAX_ZOOM, View, fit, to_mercator
from views.server import PREFIX, register_marks

MAX_MARKS = 150
DISC, STOP, SHIELD = 22, 20, 28
LONGEST_NAME = 104  # pixels; a longer name of a start would cover stops

SCRIPTS = [
    ("leaflet", f"{PREFIX}/leaflet/leaflet.js"),
    ("jquery", f"{PREFIX}/jquery/jquery.min.js"),
    ("walkwatch_map", f"{PREFIX}/assets/map.js"),
]
STYLES = [("leaflet_css", f"{PREFIX}/leaflet/leaflet.css"), ("walkwatch_css", f"{PREFIX}/assets/map.css")]

# Marks: (x, y) in EPSG:3857, half width and half height in pixels; names keep clear of them.
Marks = list[tuple[float, float, float, float]]


@dataclass(frozen=True)
class Ground:
    """What lies under a map: the keys that `views.server` keeps basemap and events under, and whose data they are."""

    basemap: str
    events: str | None
    language: str
    credit: str


def escape(text: str) -> str:
    """
    A text that a browser shows as typed, also inside a JavaScript template.

    `html.escape` is not enough: folium writes tooltips and popups between backticks, where `${…}` runs.
    """
    text = html.escape(text)
    for sign in "\\`$":
        text = text.replace(sign, f"&#{ord(sign)};")
    # Marks that turn the direction of writing would let a name rearrange what stands around it.
    return "".join(letter for letter in text if letter not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def base_map(ground: Ground, view: View, t: Translator, marks: Marks | None = None) -> folium.Map:
    """
    The map without what the page is about: ground, events, names, scale, credit.

    Parameters
    ----------
    ground : Ground
    view : View
        Where it opens.
    t : Translator
    marks : list of boxes, optional
        Where marks will stand; names keep clear of them.
    """
    city = folium.Map(
        location=[view.lat, view.lon],
        zoom_start=view.zoom,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        crs=f"step{view.step}",
        min_zoom=max(view.zoom - 3, 4),
        max_zoom=MAX_ZOOM,
    )
    city.default_js, city.default_css = SCRIPTS, STYLES
    path = f"{view.step}/{{z}}/{{x}}/{{y}}"
    # One credit for both layers: Leaflet shows equal ones once.
    shared: dict[str, Any] = {"attr": escape(ground.credit), "max_zoom": MAX_ZOOM, "control": False, "no_wrap": True}
    folium.TileLayer(f"{PREFIX}/tiles/{ground.basemap}/{path}.png", **shared).add_to(city)
    if ground.events:
        folium.TileLayer(f"{PREFIX}/events/{ground.events}/{path}.png", overlay=True, **shared).add_to(city)
    kept = register_marks(tuple(marks or ()))
    city.add_child(Names(f"{PREFIX}/names/{ground.language}/{kept}/{ground.basemap}/{path}.svg"))
    city.add_child(Controls(t("map.metre"), t("map.kilometre"), t("map.zoom_in"), t("map.zoom_out")))
    return city


class Names(folium.MacroElement):
    """Names of places as a layer of text, above what is drawn and below what is clicked."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        {{ this._parent.get_name() }}.createPane("names").style.zIndex = 450;
        {{ this._parent.get_name() }}.getPane("names").style.pointerEvents = "none";
        new L.GridLayer.Names({url: {{ this.url|tojson }}, pane: "names", maxZoom: 18, noWrap: true})
            .addTo({{ this._parent.get_name() }});
        {% endmacro %}
    """)

    def __init__(self, url: str) -> None:
        super().__init__()
        self._name = "Names"
        self.url = url


class Controls(folium.MacroElement):
    """Scale and zoom with words of the page's language."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        L.control.zoom({position: "topright", zoomInTitle: {{ this.words[2]|tojson }},
            zoomOutTitle: {{ this.words[3]|tojson }}}).addTo({{ this._parent.get_name() }});
        new L.Control.LocalScale({position: "bottomleft", imperial: false, maxWidth: 110,
            metre: {{ this.words[0]|tojson }}, kilometre: {{ this.words[1]|tojson }}})
            .addTo({{ this._parent.get_name() }});
        {% endmacro %}
    """)

    def __init__(self, *words: str) -> None:
        super().__init__()
        self._name = "Controls"
        self.words = words


# --- hotspots -----------------------------------------------------------------------------------------------------


def add_hotspots(
    city: folium.Map,
    hotspots: gpd.GeoDataFrame,
    tips: Sequence[str],
    *,
    faint: bool = False,
) -> None:
    """
    Outlines with their rank outside; never more than `MAX_MARKS`.

    Parameters
    ----------
    hotspots : GeoDataFrame
        With `rank` and polygons, in any CRS.
    tips : list of str
        One tooltip a hotspot, plain text; lines are parted by a line break.
    faint : bool
        Outlines only, for a map that is about something else.
    """
    shapes = degrees(hotspots).head(MAX_MARKS)
    if shapes.empty:
        return
    if faint:
        _outlines(shapes, style.NEIGHBORHOOD_EDGE, 1.6, 0.05).add_to(city)
        return
    _outlines(shapes, "#FFFFFF", 4.8, 0.0, clickable=False).add_to(city)
    _outlines(shapes, style.INK, 2.2, 0.04).add_to(city)
    for (lon, lat), rank, tip in zip(_disc_spots(shapes), shapes["rank"], tips, strict=False):
        # Where discs meet, the earlier rank lies on top.
        _mark(lat, lon, style.disc(str(rank)), (DISC, DISC), (3, 19), tip, above=MAX_MARKS - int(rank)).add_to(city)


def hotspot_marks(hotspots: gpd.GeoDataFrame) -> Marks:
    """The boxes that outlines' discs take; see `register_marks`."""
    shapes = degrees(hotspots).head(MAX_MARKS)
    if shapes.empty:
        return []
    spots = np.array(_disc_spots(shapes))
    x, y = to_mercator(spots[:, 0], spots[:, 1])
    middle = shapely.centroid(np.asarray(shapes.geometry.array))
    cx, cy = to_mercator(shapely.get_x(middle), shapely.get_y(middle))
    discs = [(round(float(a), 1), round(float(b), 1), 15.0, 15.0) for a, b in zip(x, y, strict=True)]
    bodies = [(round(float(a), 1), round(float(b), 1), 9.0, 9.0) for a, b in zip(cx, cy, strict=True)]
    return discs + bodies


def selection(hotspots: gpd.GeoDataFrame, hotspot_id: str | None) -> folium.FeatureGroup:
    """The chosen hotspot in the accent color, to be laid over a map that stays as it is."""
    group = folium.FeatureGroup(name="selection", control=False)
    shapes = degrees(hotspots)
    chosen = shapes[shapes["hotspot_id"] == hotspot_id]
    if chosen.empty:
        return group
    _outlines(chosen, "#FFFFFF", 6.4, 0.0, clickable=False).add_to(group)
    _outlines(chosen, style.ACCENT, 3.2, 0.10).add_to(group)
    (lon, lat), rank = _disc_spots(chosen)[0], chosen["rank"].iloc[0]
    _mark(
        lat, lon, style.disc(str(rank), color=style.ACCENT, size=26), (26, 26), (5, 21), "", above=2 * MAX_MARKS
    ).add_to(group)
    return group


def _outlines(
    shapes: gpd.GeoDataFrame, color: str, width: float, fill: float, *, clickable: bool = True
) -> folium.GeoJson:
    def look(_: Any) -> dict[str, Any]:
        return {
            "color": color,
            "weight": width,
            "opacity": 1,
            "fillColor": color,
            "fillOpacity": fill,
            "interactive": clickable,
        }

    # Only the shape goes to the browser: no name, no id, nothing that a hostile file could have filled.
    return folium.GeoJson(shapes[["geometry"]].to_json(), style_function=look, control=False, smooth_factor=0.4)


def _disc_spots(shapes: gpd.GeoDataFrame) -> list[tuple[float, float]]:
    """The corner of each outline that lies farthest to the upper right: the number stands there, outside."""
    coordinates, owner = shapely.get_coordinates(np.asarray(shapes.geometry.array), return_index=True)
    # One factor for all: with each corner's own latitude, the product would also fall toward the north.
    lean = coordinates[:, 0] * np.cos(np.radians(coordinates[:, 1].mean())) + 1.2 * coordinates[:, 1]
    order = np.lexsort((lean, owner))
    last = order[np.r_[np.flatnonzero(np.diff(owner[order])), len(order) - 1]]
    return [(round(float(lon), 6), round(float(lat), 6)) for lon, lat in coordinates[last]]


def hotspot_at(hotspots: gpd.GeoDataFrame, click: dict[str, float] | None) -> str | None:
    """
    The id of the hotspot a click meant: the one it fell into, else the nearest within its own size.

    Parameters
    ----------
    click : {"lat", "lng"} in degrees, or None
    """
    shapes = degrees(hotspots)
    if not click or shapes.empty:
        return None
    point = shapely.Point(click["lng"], click["lat"])
    distances = shapely.distance(np.asarray(shapes.geometry.array), point)
    nearest = int(np.argmin(distances))
    west, south, east, north = shapes.geometry.iloc[nearest].bounds
    return str(shapes["hotspot_id"].iloc[nearest]) if distances[nearest] <= max(east - west, north - south) else None


# --- walks and posts -------------------------------------------------------------------------------------------------


def add_walk(
    city: folium.Map,
    number: int,
    line: Sequence[tuple[float, float]],
    stops: Sequence[tuple[float, float, str, str]],
) -> None:
    """
    One walk: its line in its own dash with arrows, and its numbered stops.

    Parameters
    ----------
    number : int
        From 1; chooses color and dash.
    line : list of (lat, lon)
    stops : list of (lat, lon, number, tip)
    """
    color, dash = style.walk_style(number)
    path = [(round(lat, 6), round(lon, 6)) for lat, lon in line]
    if len(path) > 1:
        folium.PolyLine(path, color="#FFFFFF", weight=6.6, opacity=1, interactive=False).add_to(city)
        cap = "round" if dash in ("", "2 5") else "butt"
        folium.PolyLine(
            path, color=color, weight=3.4, opacity=1, dash_array=dash or None, line_cap=cap, interactive=False
        ).add_to(city)
    for lat, lon, angle in _arrows(path):
        arrow = style.svg(
            f'<path d="M7 0 12.6 12.6H1.4Z" fill="{color}" stroke="#fff" stroke-width="1" '
            f'transform="rotate({angle:.0f} 7 7)"/>',
            14,
            14,
        )
        _mark(lat, lon, arrow, (14, 14), (7, 7), "", clickable=False).add_to(city)
    for lat, lon, text, tip in stops:
        _mark(lat, lon, style.ring(text, color, size=STOP), (STOP, STOP), (STOP // 2, STOP // 2), tip).add_to(city)


def add_post(city: folium.Map, lat: float, lon: float, number: int, tip: str) -> None:
    """A watch post: a dark shield with its number, up and left of the place so that a stop there stays to be seen."""
    _mark(lat, lon, style.shield(str(number), SHIELD), (24, SHIELD), (29, SHIELD + 1), tip, above=2 * MAX_MARKS).add_to(
        city
    )


def add_start(city: folium.Map, lat: float, lon: float, name: str) -> None:
    """Where walks begin and end: a flag, with its name beside it where that is short, else on resting there."""
    width = round(text_width(name, 12)) + 24
    if width > LONGEST_NAME:
        _mark(lat, lon, style.flag(), (18, 18), (9, 9), name).add_to(city)
        return
    label = (
        f'<div style="display:flex;gap:5px;align-items:center;white-space:nowrap;font:700 12px {style.FACES};'
        f'color:{style.INK};text-shadow:0 0 3px #fff,0 0 3px #fff,0 0 3px #fff">{style.flag()}'
        f"<span>{escape(name)}</span></div>"
    )
    _mark(lat, lon, label, (width, 18), (9, 9), "", clickable=False).add_to(city)


def _arrows(path: Sequence[tuple[float, float]], every: float = 330.0) -> list[tuple[float, float, float]]:
    """Places and compass directions of arrows along a line, one in about so many metres, on its longer legs."""
    if len(path) < 2:
        return []
    points = np.array(path)
    east = np.radians(points[:, 1]) * np.cos(np.radians(points[:, 0].mean())) * 6_371_000
    north = np.radians(points[:, 0]) * 6_371_000
    run, rise = np.diff(east), np.diff(north)
    lengths = np.hypot(run, rise)
    walked = np.r_[0, np.cumsum(lengths)]
    found = []
    for at in np.arange(every / 2, walked[-1], every):
        leg = int(np.searchsorted(walked, at) - 1)
        if lengths[leg] < 15:
            continue
        share = (at - walked[leg]) / lengths[leg]
        lat, lon = points[leg] + share * (points[leg + 1] - points[leg])
        found.append((round(float(lat), 6), round(float(lon), 6), float(np.degrees(np.arctan2(run[leg], rise[leg])))))
    return found


# --- common ---------------------------------------------------------------------------------------------------------


def _mark(
    lat: float,
    lon: float,
    body: str,
    size: tuple[int, int],
    anchor: tuple[int, int],
    tip: str,
    *,
    clickable: bool = True,
    above: int = 0,
) -> folium.Marker:
    icon = folium.DivIcon(html=body, icon_size=size, icon_anchor=anchor, class_name="walkwatch-mark")
    marker = folium.Marker(
        [round(lat, 6), round(lon, 6)],
        icon=icon,
        interactive=clickable,
        keyboard=clickable,
        z_index_offset=10 * above,
    )
    if tip:
        lines = [escape(line) for line in tip.splitlines()]
        marker.add_child(folium.Tooltip(f"<b>{lines[0]}</b>" + "".join(f"<br>{line}" for line in lines[1:])))
    return marker


def degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame in degrees with five digits, about a metre: enough to see, little to send."""
    shapes = frame.to_crs(GEOGRAPHIC_CRS)
    rounded = shapely.transform(np.asarray(shapes.geometry.array), lambda coordinates: np.round(coordinates, 5))
    return shapes.set_geometry(rounded, crs=GEOGRAPHIC_CRS)


def view_of(
    frame: gpd.GeoDataFrame, width: int, height: int, *, margin: int = 24, step: int = 0, least: float = 0
) -> View:
    """The view that shows all shapes of the frame, and at least `least` metres each way."""
    west, south, east, north = frame.to_crs(GEOGRAPHIC_CRS).total_bounds
    per_degree = 111_320.0
    lat_pad = max(least / per_degree - (north - south), 0) / 2
    lon_pad = max(least / per_degree / np.cos(np.radians((south + north) / 2)) - (east - west), 0) / 2
    bounds = (west - lon_pad, south - lat_pad, east + lon_pad, north + lat_pad)
    return fit(bounds, width, height, margin=margin, step=step)
