"""`community` and `meeting` through the door: keys, refusals in a sentence, and a process that opens no workspace."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from tests.jobs.community_city import small_city
from tests.jobs.test_community import contents

# Whole runs: `make test` has them, `make check` leaves them out.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def run(*arguments, expect=0):
    """Run a command in this process; its JSON answer."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == expect, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    root = tmp_path_factory.mktemp("cli") / "w"
    small_city(root)
    return root


@pytest.fixture(scope="module")
def folder(city, tmp_path_factory):
    out = tmp_path_factory.mktemp("public") / "community"
    run("community", "-w", city, "-o", out, "--month", "2026-09", "--lang", "zh")
    return out


def test_a_month_is_released_and_the_folder_written(city, folder, tmp_path):
    answer = run("community", "-w", city, "-o", tmp_path / "c", "--lang", "en")
    assert {"withheld", "files", "release", "notes", "folder"} <= set(answer)
    assert answer["release"] == "2026-10"
    assert isinstance(answer["withheld"], int)
    assert {str(Path(name).relative_to(tmp_path / "c")) for name in answer["files"]} == set(contents(tmp_path / "c"))
    told = json.loads((tmp_path / "c" / "release.json").read_text(encoding="utf-8"))
    assert [release["period"]["key"] for release in told] == ["2026-09", "2026-10"]
    said = CliRunner().invoke(app, ["community", "-w", str(city), "-o", str(tmp_path / "c"), "--lang", "zh"])
    assert said.exit_code == 0
    assert "没有新的月份可以发布" in said.stdout


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (("--month", "2026-09"), "release.twice"),
        (("--from", "2026-09-15"), "release.overlap"),
        (("--month", "2026-11"), "release.not_complete"),
        (("--month", "2026-1x"), "release.no_month"),
        (("--from", "someday"), "dataset.no_day"),
        (("--month", "2026-10", "--from", "2026-10-05"), "community.two_periods"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_period_that_cannot_be_released_is_refused_in_a_sentence(city, folder, tmp_path, arguments, key, language):
    error = run("community", "-w", city, "-o", tmp_path / "c", "--lang", language, *arguments, expect=1)["error"]
    assert error["key"] == key
    assert error["message"].endswith("。" if language == "zh" else ".")
    assert not (tmp_path / "c").exists()


def test_a_folder_that_is_no_workspace_is_refused(city, tmp_path):
    answer = run("community", "-w", tmp_path / "none", "-o", tmp_path / "c", expect=1)
    assert answer["error"]["key"] == "workspace.none"


@pytest.mark.parametrize("what", ["missing", "empty", "workspace", "file"])
def test_a_meeting_needs_a_community_folder(city, tmp_path, what):
    places = {"missing": tmp_path / "x", "empty": tmp_path, "workspace": city, "file": city / "walkwatch.toml"}
    error = run("meeting", places[what], "--lang", "en", expect=1)["error"]
    assert error["key"] == "community.no_folder"
    assert "no community folder" in error["message"]


def test_a_port_in_use_is_refused(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        error = run("meeting", "--port", taken.getsockname()[1], folder, expect=1)["error"]
    assert error["key"] == "deck.no_port"
    assert "端口" in error["message"]  # the folder's own language


def test_the_meeting_opens_no_workspace(folder):
    code = (
        "import sys; import views.meeting_server as server; from typer.testing import CliRunner; from cli import app\n"
        "server.serve = lambda *a, say, **k: say('http://x/')\n"
        f"result = CliRunner().invoke(app, ['meeting', {str(folder)!r}])\n"
        "assert result.exit_code == 0, result.output\n"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert "views.meeting_server" in loaded
    assert not loaded & {"geo.workspace", "geo.database", "sqlalchemy", "sqlite3", "geo.settings"}


def test_an_evening_is_served_answered_and_taken_in(city, folder, tmp_path):
    own, mine = tmp_path / "w", tmp_path / "community"
    shutil.copytree(city, own)
    shutil.copytree(folder, mine)
    command = [sys.executable, "cli.py", "meeting", "--port", "0", str(mine), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with urllib.request.urlopen(url + "areas/1.html") as page:
            assert re.search(r'name="walkwatch-answers" content="[^"]+"', page.read().decode())
        sent = {"kind": "poll", "area": "n1", "present": "30", "dark.very_safe": "12", "dark.bit_unsafe": "9"}
        request = urllib.request.Request(
            url + "answers", json.dumps(sent).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            assert json.loads(answer.read())["errors"] == {}
    finally:
        guard.cancel()
        process.terminate()
        process.wait(20)
    (file,) = (mine / "answers").iterdir()
    assert "n1" in file.read_text(encoding="utf-8")
    notes = run("community", "-w", own, "-o", mine, "--lang", "en")["notes"]
    assert "One answer of a meeting was taken in." in notes
    assert (mine / "answers" / file.name).exists()
