"""The app's own routes: files of the maps, tiles, names; and the guard that keeps other hosts out."""

import http.client
import threading
import time
from io import BytesIO

import numpy as np
import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette

from tests.views.test_maps_basemap import world
from views import server
from views.event_picture import make_picture

SOCKET = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(scope="module")
def ask():
    """A function that asks the routes, served on a free port of this machine."""
    app = Starlette(routes=server.routes(), middleware=server.middleware())
    running = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    port = running.servers[0].sockets[0].getsockname()[1]

    def asked(path: str, host: str = "127.0.0.1", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.putrequest("GET", path, skip_host=True)
        for name, value in {"Host": host, "Connection": "close", **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    yield asked
    running.should_exit = True
    thread.join(timeout=5)


@pytest.mark.parametrize(
    ("path", "begins"),
    [
        ("/walkwatch/leaflet/leaflet.js", b"/* @preserve"),
        ("/walkwatch/jquery/jquery.min.js", b"/*! jQuery"),
        ("/walkwatch/assets/map.js", b"/*"),
    ],
)
def test_scripts_come_from_the_packages_and_from_our_own_folder(ask, path, begins):
    status, _, body = ask(path)
    assert status == 200
    assert body.startswith(begins)


def test_a_tile_is_drawn_once_and_kept(ask):
    server.register_basemap("tiles-test", world)
    path = "/walkwatch/tiles/tiles-test/100/14/8192/8191.png"
    status, headers, body = ask(path)
    assert status == 200
    assert headers["content-type"] == "image/png"
    pixels = np.asarray(Image.open(BytesIO(body)).convert("RGB"))
    assert pixels.shape == (256, 256, 3)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 3
    assert server._tiles.get(("base", "tiles-test", 100, 14, 8192, 8191)) == body


def test_an_event_tile_is_clear_but_for_its_events(ask):
    key = server.register_events(
        ["x"], lambda: make_picture(np.array([0.002]), np.array([0.002]), np.array(["hazard"]))
    )
    _, _, body = ask(f"/walkwatch/events/{key}/100/14/8192/8191.png")
    alpha = np.asarray(Image.open(BytesIO(body)))[..., 3]
    assert 0 < (alpha > 0).mean() < 0.01


def test_names_are_text_in_the_language_asked_for(ask):
    server.register_basemap("names-test", world)
    marks = server.register_marks([(500.0, 500.0, 10.0, 10.0)])
    for language, name in (("zh", "西园"), ("en", "West")):
        status, headers, body = ask(f"/walkwatch/names/{language}/{marks}/names-test/100/15/16384/16383.svg")
        assert (status, headers["content-type"].partition(";")[0]) == (200, "image/svg+xml")
        assert name in body.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/walkwatch/tiles/nobody/100/14/8192/8191.png",
        "/walkwatch/tiles/tiles-test/101/14/8192/8191.png",
        "/walkwatch/tiles/tiles-test/100/99/1/1.png",
        "/walkwatch/tiles/tiles-test/100/14/99999999/1.png",
        "/walkwatch/names/xx/none/names-test/100/15/1/1.svg",
        "/walkwatch/assets/../server.py",
    ],
)
def test_what_is_not_there_is_not_found(ask, path):
    server.register_basemap("tiles-test", world)
    assert ask(path)[0] == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8501", "", "[::2]:8501"])
def test_another_host_is_refused(ask, host):
    status, _, body = ask("/walkwatch/assets/map.js", host)
    assert status == 400
    assert body == b"this host is not served here"


def test_a_socket_for_another_host_is_refused(ask):
    assert ask("/_stcore/stream", "evil.example", **SOCKET)[0] in (400, 403)


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1", "[::1]:8501"])
def test_this_machine_is_served_with_a_policy_that_names_no_other(ask, host):
    status, headers, _ = ask("/walkwatch/assets/map.js", host)
    assert status == 200
    assert "http" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
