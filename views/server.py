"""
The app's own routes: scripts and styles of the maps, tiles, names. So no map asks another machine for anything.

Pages register what a map needs (`register_basemap`, `register_events`); the routes draw it on request and keep it.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from views.basemap import METATILE, Basemap, draw, png
from views.event_picture import EventPicture, draw_events
from views.hosts import Hosts
from views.labels import REGION_PIXELS, WHOLE_CITY_PIXELS, Label, place_labels, svg_of, to_pixels
from views.mercator import HALF_WORLD_M, MAX_ZOOM, MIN_ZOOM, STEPS, TILE, metres_per_pixel, pixels_per_metre

PREFIX = "/walkwatch"
ASSETS = Path(__file__).parent / "assets"
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class _Kept:
    """A small least-recently-used store, safe among threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> Any:
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key]
        return None

    def put(self, key: Any, value: Any) -> None:
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            while len(self._items) > self._size:
                self._items.popitem(last=False)


_basemaps = _Kept(8)
_pictures = _Kept(64)
_avoid = _Kept(256)
_decks = _Kept(64)
_tiles = _Kept(3000)
_labels = _Kept(64)
# Agg is not meant for many threads at once, and two cores gain nothing from them.
_drawing = threading.Lock()


def register_basemap(key: str, make: Callable[[], Basemap]) -> str:
    """Keep a basemap under a key for the tile routes; it is made only if it is not there."""
    if _basemaps.get(key) is None:
        _basemaps.put(key, make())
    return key


def registered_basemap(key: str) -> Basemap | None:
    """The basemap kept under the key, if it still is."""
    return _basemaps.get(key)


def register_events(parts: Sequence[Any], make: Callable[[], EventPicture]) -> str:
    """Keep a picture of events; its key is a digest of what it depends on."""
    key = _digest(parts)
    if _pictures.get(key) is None:
        _pictures.put(key, make())
    return key


def register_marks(marks: Sequence[tuple[float, float, float, float]]) -> str:
    """Keep the boxes names must stay clear of: (x, y) in EPSG:3857, half width and half height in pixels."""
    if not marks:
        return "none"
    key = _digest(marks)
    if _avoid.get(key) is None:
        _avoid.put(key, tuple(marks))
    return key


def register_deck(page: str) -> str:
    """Keep a meeting's slides for a frame of a page; the key is a digest of them."""
    key = _digest(page)
    if _decks.get(key) is None:
        _decks.put(key, page)
    return key


def deck(request: Request) -> Response:
    """A meeting's slides, under the policy that they were written with; they are shown again only by asking again."""
    page = _decks.get(request.path_params["key"])
    if page is None:
        return PlainTextResponse("no such deck", 404)
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def _digest(parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def base_tile(request: Request) -> Response:
    """One tile of the basemap."""
    return _tile_response(request, "base", _basemaps.get(request.path_params["key"]), _draw_base)


def event_tile(request: Request) -> Response:
    """One tile of events on a clear ground."""
    return _tile_response(request, "events", _pictures.get(request.path_params["key"]), _draw_events)


def _tile_response(request: Request, kind: str, source: Any, drawn: Callable[..., np.ndarray]) -> Response:
    step, zoom, column, row = (request.path_params[name] for name in ("step", "zoom", "column", "row"))
    if source is None or not _sensible(step, zoom, column, row):
        return PlainTextResponse("no such tile", 404)
    key = (kind, request.path_params["key"], step, zoom)
    kept = _tiles.get((*key, column, row))
    if kept is None:
        with _drawing:
            kept = _tiles.get((*key, column, row))  # Another request may have drawn it while this one waited.
            if kept is None:
                kept = _draw_metatile(key, source, drawn, column, row)
    return Response(kept, media_type="image/png", headers=FOREVER)


def _sensible(step: int, zoom: int, column: int, row: int) -> bool:
    if step not in STEPS or not MIN_ZOOM - 2 <= zoom <= MAX_ZOOM:
        return False
    last = step / 100 * 2**zoom
    return 0 <= column <= last and 0 <= row <= last


def _draw_metatile(key: tuple, source: Any, drawn: Callable[..., np.ndarray], column: int, row: int) -> bytes:
    _, _, step, zoom = key
    scale = pixels_per_metre(zoom, step)
    first_column, first_row = column - column % METATILE, row - row % METATILE
    side = METATILE * TILE
    left, top = first_column * TILE / scale - HALF_WORLD_M, HALF_WORLD_M - first_row * TILE / scale
    pixels = drawn(source, left=left, top=top, scale=scale, width=side, height=side)
    for i in range(METATILE):
        for j in range(METATILE):
            part = pixels[i * TILE : (i + 1) * TILE, j * TILE : (j + 1) * TILE]
            _tiles.put((*key, first_column + j, first_row + i), _encode(part, key[0]))
    return _tiles.get((*key, column, row))


def _encode(part: np.ndarray, kind: str) -> bytes:
    return png(np.ascontiguousarray(part), flat=kind == "base")


def _draw_base(source: Basemap, **where: Any) -> np.ndarray:
    return draw(source, **where)


def _draw_events(source: EventPicture, **where: Any) -> np.ndarray:
    return draw_events(source, **where)


def label_tile(request: Request) -> Response:
    """The names whose middle lies in one tile, as SVG for the browser's own fonts."""
    params = request.path_params
    base = _basemaps.get(params["key"])
    step, zoom, column, row = (params[name] for name in ("step", "zoom", "column", "row"))
    if base is None or params["language"] not in ("zh", "en") or not _sensible(step, zoom, column, row):
        return PlainTextResponse("no such tile", 404)
    labels = _labels_near(base, params["key"], params["language"], params["marks"], step, zoom, column, row)
    left, top = column * TILE, row * TILE
    inside = [label for label in labels if left <= label.x < left + TILE and top <= label.y < top + TILE]
    headers = {"Cache-Control": "public, max-age=600"}
    return Response(svg_of(inside, left, top), media_type="image/svg+xml", headers=headers)


def _labels_near(
    base: Basemap, key: str, language: str, marks: str, step: int, zoom: int, column: int, row: int
) -> list[Label]:
    scale = pixels_per_metre(zoom, step)
    west, south, east, north = base.bounds
    whole = max(east - west, north - south) * scale <= WHOLE_CITY_PIXELS
    across = REGION_PIXELS // TILE
    corner = (0, 0) if whole else (column - column % across, row - row % across)
    kept_key = (key, language, marks, step, zoom, corner)
    labels = _labels.get(kept_key)
    if labels is None:
        with _drawing:
            labels = _labels.get(kept_key)
            if labels is None:
                left, top = corner[0] * TILE, corner[1] * TILE
                region = None if whole else (left, top, left + REGION_PIXELS, top + REGION_PIXELS)
                boxes = [(*to_pixels(x, y, scale), *reach) for x, y, *reach in _avoid.get(marks) or ()]
                labels = place_labels(base, scale, language, boxes, region)
                _labels.put(kept_key, labels)
    return labels


def resolution_of(key: str, zoom: int, step: int) -> float:
    """Metres on the ground per pixel of a map on the basemap with this key."""
    base = _basemaps.get(key)
    return metres_per_pixel(zoom, step, base.lat if base else 0.0)


class LocalHostOnly:
    """
    Refuse requests and sockets that name a host other than this machine or one of those allowed.

    A page of another site whose name resolves to this machine would otherwise reach the app (DNS rebinding).
    """

    def __init__(self, app: Any, hosts: Sequence[str] = ()) -> None:
        self.app = app
        self.hosts = Hosts(hosts)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get(b"host", "") not in self.hosts:
            await self._refuse(scope, receive, send)
            return
        await self.app(scope, receive, _with_headers(send))

    async def _refuse(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await PlainTextResponse("this host is not served here", 400)(scope, receive, send)


# Also when a library of a later version would like to: the browser itself refuses to ask another machine.
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'self'; base-uri 'self'; "
    "object-src 'none'"
)


def _with_headers(send: Any) -> Any:
    async def wrapped(message: Any) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                (b"content-security-policy", POLICY.encode()),
                (b"x-content-type-options", b"nosniff"),
                (b"referrer-policy", b"no-referrer"),
            ]
        await send(message)

    return wrapped


def library_folder(package: str) -> Path:
    """Where an XStatic package keeps the files it ships."""
    from importlib import import_module

    return Path(import_module(f"xstatic.pkg.{package}").BASE_DIR)


def routes() -> list[Any]:
    """All routes of the maps, to be given to the app."""
    where = "{key:str}/{step:int}/{zoom:int}/{column:int}/{row:int}"
    return [
        Mount(f"{PREFIX}/leaflet", StaticFiles(directory=library_folder("leaflet"))),
        Mount(f"{PREFIX}/jquery", StaticFiles(directory=library_folder("jquery"))),
        Mount(f"{PREFIX}/assets", StaticFiles(directory=ASSETS)),
        Route(f"{PREFIX}/tiles/{where}.png", base_tile),
        Route(f"{PREFIX}/events/{where}.png", event_tile),
        Route(f"{PREFIX}/names/{{language:str}}/{{marks:str}}/{where}.svg", label_tile),
        Route(f"{PREFIX}/meeting/{{key:str}}", deck),
    ]


def middleware(hosts: Sequence[str] = ()) -> list[Middleware]:
    """The guard in front of everything the app serves."""
    return [Middleware(LocalHostOnly, hosts=tuple(hosts))]
