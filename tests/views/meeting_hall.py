"""A meeting's folder made by hand, and its own process, for the tests that ask it."""

import contextlib
import datetime as dt
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from geo.answer_files import from_json, write_answer
from geo.polls import QUESTIONS, open_topics, validate_poll, validate_remark
from geo.taxonomy import read_taxonomy
from geo.topics import read_topics
from tests.views import community_world as world
from views.community_deck import area_file, area_html, index_html

ROOT = Path(__file__).parents[2]
TODAY = dt.date(2026, 11, 25)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c636060f8cf000000040001f61738550000000049454e44ae426082"
)


def write_folder(folder: Path, content=None, picture: bytes = PNG) -> Path:
    """A community folder of the hand-made city, and things that must not be served."""
    whole = content or world.world()
    topics = read_topics()
    raised = open_topics(topics, read_taxonomy().categories)
    for name in ("areas", "images", "answers", ".git"):
        (folder / name).mkdir(parents=True)
    for number, area in enumerate(whole.areas, start=1):
        page = area_html(area, whole, map_png=picture, topics=topics, questions=QUESTIONS, remark_topics=raised)
        (folder / area_file(number)).write_text(page, encoding="utf-8")
    (folder / "index.html").write_text(index_html(whole, city_png=picture), encoding="utf-8")
    (folder / "images" / "city.png").write_bytes(picture)
    (folder / "figures.csv").write_text("period\n", encoding="utf-8")
    (folder / "release.json").write_text("[]\n", encoding="utf-8")
    (folder / "answers" / "secret.json").write_text("{}", encoding="utf-8")
    (folder / ".git" / "config.json").write_text("{}", encoding="utf-8")
    (folder / ".hidden.html").write_text("hidden", encoding="utf-8")
    (folder / "notes.txt").write_text("notes", encoding="utf-8")
    (folder.parent / "outside.html").write_text("outside", encoding="utf-8")
    return folder


def keeper(folder: Path):
    """Checks an answer and writes it, as the meeting's process does."""
    topics = open_topics(read_topics(), read_taxonomy().categories)
    areas = {area.area_id for area in world.AREAS}

    def keep(table):
        told = dict(table)
        replace = told.pop("replace", False)
        item = from_json(told)
        if told["kind"] == "poll":
            item = validate_poll(item, areas=areas, today=TODAY)
        else:
            item = validate_remark(item, areas=areas, topics=topics, today=TODAY)
        write_answer(folder, item, replace=replace)
        return item

    return keep


@contextlib.contextmanager
def hall(folder: Path) -> Iterator[str]:
    """The address of the meeting's own process over the folder."""
    code = f"""
        import sys
        from pathlib import Path
        from tests.views.meeting_hall import TODAY, keeper
        from views import meeting_server
        made = meeting_server.make_app
        meeting_server.make_app = lambda *given, **more: made(*given, **more, today=lambda: TODAY)
        folder = Path({str(folder)!r})
        meeting_server.serve(folder, 0, "127.0.0.1", keeper(folder), say=lambda text: print(text, flush=True))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip().rstrip("/")
    finally:
        process.terminate()
        process.wait(timeout=10)
