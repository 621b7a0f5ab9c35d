"""The meeting's own process: the folder and nothing else, no stranger's page, every answer checked."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest

from geo.errors import InputError
from tests.views.meeting_hall import ROOT, TODAY, hall, keeper, write_folder
from views.community_deck import policy_of
from views.hosts import Hosts
from views.i18n import LANGUAGES, Translator
from views.meeting_server import MOST_BYTES, make_app, serve


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("hall") / "folder")


@pytest.fixture(scope="module")
def site(folder):
    with hall(folder) as address:
        yield address


def ask(site, path, method="GET", body=None, **headers):
    """Status, headers and body of a request written by hand, so that no client mends its path."""
    place = urlsplit(site)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    sent = {"Host": place.netloc, "Connection": "close"} | {k.replace("_", "-"): v for k, v in headers.items()}
    if body is not None:
        sent["Content-Length"] = str(len(body))
    for name, value in sent.items():
        connection.putheader(name, value)
    connection.endheaders()
    if body is not None:
        connection.send(body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


def send(site, **fields):
    """What the page is told after sending a form."""
    body = json.dumps({"area": "c01", "replace": False} | fields).encode()
    status, _, content = ask(site, "/answers", "POST", body, Content_Type="application/json", Origin=site)
    return status, json.loads(content)


SAFE = ("very_safe", "fairly_safe", "bit_unsafe", "very_unsafe")


def poll(present, question="dark", counts=(), **more):
    return (
        {"kind": "poll", "present": present}
        | {f"{question}.{option}": count for option, count in zip(SAFE, counts, strict=False)}
        | more
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/areas/1.html?lang=en", "text/html; charset=utf-8"),
        ("/images/city.png", "image/png"),
        ("/figures.csv", "text/csv; charset=utf-8"),
        ("/release.json", "application/json"),
    ],
)
def test_the_folder_is_served_with_strict_headers(site, path, kind):
    status, headers, _ = ask(site, path)
    assert status == 200
    assert headers["content-type"] == kind
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/areas/",
        "/areas",
        "/answers/secret.json",
        "/ANSWERS/secret.json",
        "/answers",
        "/.hidden.html",
        "/.git/config.json",
        "/notes.txt",
        "/../outside.html",
        "/%2e%2e/outside.html",
        "/areas/..%2f..%2foutside.html",
        "/areas/..%5c..%5coutside.html",
        "/areas//1.html",
        "//etc/passwd",
        "/areas/1.html%00.png",
        "/C:/outside.html",
        "/missing.html",
        "/link.html",
        "/linked/secret.json",
        "/" + "a" * 5000 + ".html",
    ],
)
def test_nothing_else_is_served(site, folder, path):
    for name, target in (("link.html", "../outside.html"), ("linked", "answers")):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(target)
    status, headers, content = ask(site, path)
    assert status in (404, 405)
    assert b"outside" not in content
    assert b"secret" not in content
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_a_page_is_served_with_its_own_policy_and_its_forms(site, folder):
    _, headers, content = ask(site, "/areas/1.html")
    page = content.decode()
    assert headers["content-security-policy"].startswith(policy_of(page))
    assert '<meta name="walkwatch-answers" content="/answers">' in page
    stored = (folder / "areas/1.html").read_text(encoding="utf-8")
    assert page.replace('content="/answers"', 'content=""') == stored


def test_a_page_that_declares_no_policy_may_run_nothing(site, folder):
    (folder / "areas/strange.html").write_text("<html><script>alert(1)</script>", encoding="utf-8")
    _, headers, _ = ask(site, "/areas/strange.html")
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    (folder / "areas/strange.html").unlink()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "10.1.2.3"])
def test_other_hosts_are_refused(site, host):
    assert ask(site, "/", Host=host)[0] == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_other_sites_and_plain_forms_cannot_answer(site, headers, status):
    sent = {"Content-Type": "application/json"} | headers
    assert ask(site, "/answers", "POST", b"{}", **sent)[0] == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "POST"])
def test_files_can_only_be_read(site, method):
    status, headers, _ = ask(site, "/index.html", method, b"", Content_Type="application/json")
    assert status == 405
    assert "access-control-allow-origin" not in headers


def test_a_body_too_long_is_refused(site):
    body = json.dumps({"kind": "poll", "area": "c01", "x": "1" * MOST_BYTES}).encode()
    status, _, content = ask(site, "/answers", "POST", body, Content_Type="application/json")
    assert status == 413
    assert "太长" in json.loads(content)["errors"]["form"]["said"]["zh"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 5000,
        b'{"kind":"poll"}',
        b'{"kind":"poll","area":"nowhere"}',
        b'{"kind":"vote","area":"c01"}',
        b'{"kind":"poll","area":"c01","present":3}',
        b'{"kind":"poll","area":"c01","replace":"yes"}',
        b'{"kind":"poll","area":["c01"]}',
        b'{"kind":"poll","area":"c01","present":"5","\\ud800.x":"3"}',
    ],
)
def test_what_no_form_of_ours_sends_is_refused_with_a_sentence(site, body):
    status, _, content = ask(site, "/answers", "POST", body, Content_Type="application/json")
    assert status == 400
    said = json.loads(content)["errors"]["form"]["said"]
    assert set(said) == set(LANGUAGES)
    assert said["zh"].startswith("没有记下")


def test_a_poll_is_kept_and_its_share_told_with_the_range(site, folder):
    before = set((folder / "answers").iterdir())
    status, told = send(site, **poll("80", counts=("16", "３４", " 19", "7")))
    assert (status, told["errors"]) == (200, {})
    # 50 of 76: 65.8 %; Wilson 54.6 % to 75.5 %.
    assert told["results"]["dark"]["said"]["zh"] == "记下了：觉得安全 66%（55–75%），76 人答"
    assert told["results"]["dark"]["share"] == 66
    (written,) = set((folder / "answers").iterdir()) - before
    table = json.loads(written.read_text(encoding="utf-8"))
    assert table["answers"] == {"very_safe": 16, "fairly_safe": 34, "bit_unsafe": 19, "very_unsafe": 7}
    assert (table["area_id"], table["date"], table["present"]) == ("c01", TODAY.isoformat(), 80)


def test_too_few_answers_say_no_share(site):
    _, told = send(site, area="c02", **poll("9", counts=("3", "2", "1", "1")))
    assert told["results"]["dark"] == {
        "said": {name: Translator(name)("deck.form.kept.few") for name in LANGUAGES},
        "share": None,
    }


def test_a_second_count_asks_before_it_replaces_the_first(site):
    send(site, area="c03", **poll("30", counts=("10", "5")))
    _, told = send(site, area="c03", **poll("30", counts=("11", "5")))
    assert told["results"] == {}
    assert told["errors"]["dark"]["twice"] is True
    assert told["errors"]["dark"]["again"]["zh"] == "以这次为准"
    _, told = send(site, area="c03", replace=True, **poll("30", counts=("11", "5")))
    assert told["errors"] == {}
    _, told = send(site, area="c03", **poll("30", counts=("11", "5")))
    assert told["errors"] == {}, "the same once more is no other count"


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        (poll("", counts=("3",)), "present", "请先填到场几人"),
        (poll("5", counts=("3", "4")), "dark", "举手"),
        (poll("5", counts=("3", "vier")), "dark", "“vier”不是人数"),
        (poll("5", counts=("-1",)), "dark", "“-1”不是人数"),
        (poll("1e9", counts=("3",)), "present", "不是人数"),
        (poll("5"), "form", "还没有填举手数"),
        (poll("0", counts=("0",)), "present", "0"),
        (poll("9", question="who", counts=("3",)), "who", "不是问卷里的问题"),
        ({"kind": "remark", "topic": "", "people": "3"}, "topic", "请选一类事"),
        ({"kind": "remark", "topic": "noise", "people": ""}, "people", "请填几个人"),
        ({"kind": "remark", "topic": "noise", "people": "三"}, "people", "不是人数"),
        ({"kind": "remark", "topic": "family", "people": "3"}, "topic", "family"),
        ({"kind": "remark", "topic": "<b>", "people": "3"}, "topic", "<b>"),
    ],
)
def test_an_answer_that_makes_no_sense_gets_a_sentence_beside_its_field(site, folder, fields, field, said):
    before = set((folder / "answers").iterdir())
    status, told = send(site, area="c04", **fields)
    assert status == 200
    assert list(told["errors"]) == [field]
    assert said in told["errors"][field]["said"]["zh"]
    assert told["errors"][field]["said"]["en"] != told["errors"][field]["said"]["zh"]
    assert set((folder / "answers").iterdir()) == before


def test_what_is_right_is_kept_though_another_question_is_wrong(site):
    fields = poll("20", counts=("8", "4")) | {"day.very_safe": "30"}
    _, told = send(site, area="c05", **fields)
    assert set(told["results"]) == {"dark"}
    assert set(told["errors"]) == {"day"}
    _, told = send(site, area="c05", **(fields | {"day.very_safe": "15"}))
    assert told["errors"] == {}, "the first is the same count once more"
    assert set(told["results"]) == {"dark", "day"}


def test_a_remark_is_kept(site, folder):
    before = set((folder / "answers").iterdir())
    status, told = send(site, kind="remark", topic="noise", people="21")
    assert (status, told["errors"]) == (200, {})
    assert told["results"]["form"]["said"]["en"] == "Kept."
    (written,) = set((folder / "answers").iterdir()) - before
    assert json.loads(written.read_text(encoding="utf-8"))["people"] == 21


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    folder = write_folder(tmp_path / "folder")

    def full(table):
        raise OSError("no space left")

    told = _through(make_app(folder, full, today=lambda: TODAY), poll("20", counts=("8",)))
    assert "写不进去" in told["errors"]["form"]["said"]["zh"]


def _through(app, fields):
    """Ask an app on a thread of this process."""
    import uvicorn

    running = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    try:
        return send(f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}", **fields)[1]
    finally:
        running.should_exit = True
        thread.join(timeout=5)


def test_a_folder_that_is_none_and_a_port_that_is_taken_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"no index\.html") as refused:
        serve(tmp_path, 0, "127.0.0.1", lambda table: None)
    assert refused.value.key == "deck.no_folder"
    folder = write_folder(tmp_path / "folder")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InputError) as refused:
        serve(folder, taken.getsockname()[1], "127.0.0.1", keeper(folder))
    assert refused.value.key == "deck.no_port"


@pytest.mark.parametrize(("host", "ours"), [("localhost:8503", True), ("[::1]:80", True), ("a.b", False)])
def test_hosts_are_compared_without_their_port(host, ours):
    assert (host in Hosts()) == ours
    assert "x.hall.example" in Hosts(["*.hall.example"])


def test_the_meeting_knows_no_workspace_no_database_and_no_frames():
    code = (
        "import sys, views.meeting_server, uvicorn, geo.answer_files, geo.polls, geo.topics;"
        "print([name for name in ('geo.workspace', 'geo.database', 'sqlalchemy', 'pandas', 'geopandas', 'streamlit')"
        " if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
