"""
The meeting's own process: serves a community folder as it lies there, and takes the hall's answers.

It opens no workspace and knows none; what people touch in the hall reaches nothing finer than the folder. Answers are
handed to a callback that checks and writes them. Nothing is listed, nothing outside the folder is read, other hosts
and other sites are refused, and every page is sent with the policy that it was written with.
"""

import datetime as dt
import html
import ipaddress
import json
import re
import socket
import threading
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from analysis.safety import LEAST_ANSWERS, wilson
from geo.errors import InputError
from views.community_deck import ANSWERS_MARK, policy_of
from views.community_slides import poll_words
from views.community_words import good_words
from views.hosts import Hosts, bare
from views.i18n import LANGUAGES, Translator

ANSWERS_URL = "/answers"
ANSWERS_FOLDER = "answers"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".png": "image/png",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".pdf": "application/pdf",
}
MOST_BYTES = 16_384
MOST_FIELDS = 100
LONGEST_VALUE = 200
STRICT = "default-src 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# What the forms call their fields: a question and an option, or a word.
FIELD = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40})?")
AREA = re.compile(r'<html[^>]* data-area="([^"]*)"')

# Takes one answer as a table, with "replace": True where it corrects one; returns the poll kept, or None.
Keep = Callable[[dict[str, Any]], Any]


def make_app(
    folder: Path,
    keep: Keep,
    *,
    hosts: Sequence[str] = (),
    any_address: bool = False,
    today: Callable[[], dt.date] = dt.date.today,
) -> Starlette:
    """
    Make the web app of a meeting.

    Parameters
    ----------
    folder : Path
        A community folder.
    keep : callable
        Given one answer: {"kind": "poll", "area_id", "date", "question", "answers": {option: count}, "present"} or
        {"kind": "remark", "area_id", "date", "topic", "people"}; besides "replace": True where the hall says that a new
        count takes the place of an earlier one. Raises InputError for what makes no sense, or OSError. What it returns
        for a poll may have `answered` and `good`; the share is then told at once.
    hosts : sequence of str
        Host names served besides this machine's own.
    any_address : bool
        Whether requests that name the machine by a bare network address are served; names cannot do so.
    today : callable
        The day of the meeting.

    Returns
    -------
    Starlette
        GET and HEAD for files, POST for `ANSWERS_URL`, nothing else.
    """
    root = folder.resolve()
    areas = _areas(root)
    desk = _Desk(keep, areas, today)

    def file(request: Request) -> Response:
        return _serve_file(root, request.path_params["path"] or "index.html")

    routes = [
        Route(ANSWERS_URL, desk.take, methods=["POST"]),
        Route("/{path:path}", file, methods=["GET"]),
    ]
    guard = Middleware(_Guard, hosts=Hosts(hosts), any_address=any_address)
    return Starlette(routes=routes, middleware=[guard])


def serve(folder: Path, port: int, address: str, keep: Keep, *, say: Callable[[str], None] = print) -> None:
    """
    Serve a meeting until it is stopped.

    Parameters
    ----------
    port : int
        0 for a free one.
    address : str
        The network address to listen on.
    say : callable
        Told the page's address once it is served.

    Raises
    ------
    InputError
        If the folder is no community folder, or nothing can listen there.
    """
    import uvicorn

    if not (folder / "index.html").is_file():
        raise InputError(
            f"{folder} is no community folder: it has no index.html.",
            remedy="Write one first: community -o FOLDER.",
            key="deck.no_folder",
            folder=str(folder),
        )
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listening = socket.create_server((address, port), family=family)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"Nothing can be served at {address}, port {port}: {error}.",
            remedy="Choose another port, or another address of this machine.",
            key="deck.no_port",
            address=address,
            port=port,
            reason=str(error),
        ) from error
    everywhere = ipaddress.ip_address(address).is_unspecified if _is_address(address) else False
    app = make_app(folder, keep, hosts=[f"[{address}]" if ":" in address else address], any_address=everywhere)
    name = "localhost" if everywhere else f"[{address}]" if ":" in address else address
    say(f"http://{name}:{listening.getsockname()[1]}/")
    # What strangers ask for is written down nowhere.
    quiet: dict[str, Any] = {"log_level": "error", "access_log": False, "server_header": False, "lifespan": "off"}
    uvicorn.Server(uvicorn.Config(app, limit_concurrency=200, timeout_keep_alive=5, **quiet)).run(sockets=[listening])


# --- files ------------------------------------------------------------------------------------------------------------


def _serve_file(root: Path, path: str) -> Response:
    found = _find(root, path)
    if found is None:
        return PlainTextResponse("\n".join(Translator(name)("deck.index.nothing") for name in LANGUAGES), 404)
    content = found.read_bytes()
    policy = STRICT
    if found.suffix == ".html":
        page = content.decode("utf-8", errors="replace")
        policy = policy_of(page)
        content = page.replace(ANSWERS_MARK, ANSWERS_MARK.replace('""', f'"{ANSWERS_URL}"'), 1).encode()
    headers = {"Content-Security-Policy": f"{policy}; frame-ancestors 'none'"}
    return Response(content, media_type=TYPES[found.suffix], headers=headers)


def _find(root: Path, path: str) -> Path | None:
    """The file that a path of the address names, if it is one that may be seen."""
    parts = path.split("/")
    if any(not part or part.startswith(".") or re.search(r"[\\:\0]", part) for part in parts):
        return None
    try:
        found = (root / Path(*parts)).resolve(strict=True)
        inside = found.relative_to(root).parts
    except (OSError, ValueError, RuntimeError):
        return None
    # Looked at after links are followed: none may lead out, or to what is hidden or answered.
    if any(part.startswith(".") for part in inside) or inside[0].casefold() == ANSWERS_FOLDER:
        return None
    return found if found.suffix in TYPES and found.is_file() else None


def _areas(root: Path) -> frozenset[str]:
    """The keys of the areas that have a page."""
    pages = (root / "areas").glob("*.html") if (root / "areas").is_dir() else ()
    heads = [AREA.search(page.read_text(encoding="utf-8", errors="replace")[:100_000]) for page in pages]
    return frozenset(html.unescape(head.group(1)) for head in heads if head)


# --- answers ----------------------------------------------------------------------------------------------------------

Said = dict[str, str]


class _Desk:
    """Takes what the forms send, hands it on, and answers in both languages, so that the page can switch."""

    def __init__(self, keep: Keep, areas: frozenset[str], today: Callable[[], dt.date]) -> None:
        self._keep = keep
        self._areas = areas
        self._today = today
        self._lock = threading.Lock()

    async def take(self, request: Request) -> Response:
        """One form."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return _answer({"form": {"said": _say("deck.form.too_long")}}, status=413)
        fields = _fields(body)
        if fields is None or fields["area"] not in self._areas:
            return _answer({"form": {"said": _say("deck.form.refused")}}, status=400)
        return await run_in_threadpool(self._take, fields)

    def _take(self, fields: dict[str, Any]) -> Response:
        head = {"kind": fields["kind"], "area_id": fields["area"], "date": self._today().isoformat()}
        if fields["replace"]:
            head["replace"] = True
        values: dict[str, str] = fields["values"]
        return self._poll(head, values) if fields["kind"] == "poll" else self._remark(head, values)

    def _poll(self, head: dict[str, Any], values: dict[str, str]) -> Response:
        errors: dict[str, Any] = {}
        asked: dict[str, dict[str, int]] = {}
        present = self._count(values.get("present", ""), "present", errors)
        for name, text in values.items():
            question, dot, option = name.partition(".")
            if dot and text.strip():
                count = self._count(text, question, errors)
                if count is not None:
                    asked.setdefault(question, {})[option] = count
        if not asked and not errors:
            errors["form"] = {"said": _say("deck.form.nothing")}
        elif present is None and "present" not in errors:
            errors["present"] = {"said": _say("deck.form.no_present")}
        results: dict[str, Any] = {}
        if present is not None:
            for question, answers in asked.items():
                if question not in errors:
                    table = head | {"question": question, "answers": answers, "present": present}
                    self._hand_on(table, "present", question, errors, results)
        return _answer(errors, results)

    def _remark(self, head: dict[str, Any], values: dict[str, str]) -> Response:
        errors: dict[str, Any] = {}
        topic, people = values.get("topic", ""), self._count(values.get("people", ""), "people", errors)
        if not topic:
            errors["topic"] = {"said": _say("deck.form.no_topic")}
        if people is None and "people" not in errors:
            errors["people"] = {"said": _say("deck.form.no_people")}
        results: dict[str, Any] = {}
        if not errors:
            self._hand_on(head | {"topic": topic, "people": people}, "people", "people", errors, results)
            if "people" in results:
                results = {"form": results["people"]}
        return _answer(errors, results)

    def _count(self, text: str, field: str, errors: dict[str, Any]) -> int | None:
        """A number of people as typed, full-width digits too; None, and an error unless the field is empty."""
        typed = unicodedata.normalize("NFKC", text).strip()
        if typed.isdecimal() and len(typed) < 10:
            return int(typed)
        if typed:
            shown = "".join(sign for sign in typed if sign.isprintable())[:20]
            errors[field] = {"said": _say("deck.form.not_whole", value=shown)}
        return None

    def _hand_on(
        self, table: dict[str, Any], people: str, field: str, errors: dict[str, Any], results: dict[str, Any]
    ) -> None:
        try:
            with self._lock:
                kept = self._keep(table)
        except InputError as error:
            place = {"meeting.nobody": people, "meeting.unknown_topic": "topic"}.get(error.key, field)
            errors[place] = {"said": {name: Translator(name).error(error) for name in LANGUAGES}}
            if error.key == "meeting.twice":
                errors[place] |= {"twice": True, "again": _say("deck.form.again")}
        except OSError:
            errors["form"] = {"said": _say("deck.form.not_written")}
        else:
            results[field] = _result(table, kept)


def _fields(body: bytes) -> dict[str, Any] | None:
    """What a form sent; None if it is none of ours."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(sent, dict) or sent.get("kind") not in ("poll", "remark") or len(sent) > MOST_FIELDS:
        return None
    values = {name: value for name, value in sent.items() if name not in ("kind", "area", "replace")}
    area, replace = sent.get("area"), sent.get("replace", False)
    if not isinstance(area, str) or not isinstance(replace, bool):
        return None
    if not all(isinstance(value, str) and len(value) <= LONGEST_VALUE for value in values.values()):
        return None
    if not all(FIELD.fullmatch(name) for name in values):
        return None
    return {"kind": sent["kind"], "area": area, "replace": replace, "values": values}


def _result(table: dict[str, Any], kept: Any) -> dict[str, Any]:
    """What the page says of an answer that was kept, and the numbers of its interval."""
    good, answered = getattr(kept, "good", None), getattr(kept, "answered", None)
    if table["kind"] != "poll" or good is None or answered is None:
        return {"said": _say("deck.form.kept")}
    if answered < LEAST_ANSWERS:
        return {"said": _say("deck.form.kept.few"), "share": None}
    low, high = wilson(good, answered)
    said, numbers = {}, {}
    for name in LANGUAGES:
        t = Translator(name)
        told = poll_words(answered, good / answered, low, high, t)
        said[name] = t("deck.form.kept.share", good=good_words(table["question"], t), said=told["said"])
        numbers = {key: told[key] for key in ("share", "low", "high")}
    return {"said": said, **numbers}


def _say(key: str, **facts: Any) -> Said:
    return {name: Translator(name)(key, **facts) for name in LANGUAGES}


def _answer(errors: dict[str, Any], results: dict[str, Any] | None = None, *, status: int = 200) -> Response:
    return JSONResponse(
        {"errors": errors, "results": results or {}}, status, headers={"Content-Security-Policy": STRICT}
    )


# --- the guard --------------------------------------------------------------------------------------------------------


class _Guard:
    """Refuse other hosts, other sites and other kinds of content before anything is looked at."""

    def __init__(self, app: Any, hosts: Hosts, any_address: bool) -> None:
        self.app = app
        self.hosts = hosts
        self.any_address = any_address

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            refused = self._refusal(scope)
            app = self.app if refused is None else refused
            await app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Any) -> Response | None:
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        host, *others = headers.get("host", [""])
        if others or not self._ours(host):
            return PlainTextResponse("this host is not served here", 400)
        if scope["method"] != "POST":
            return None
        origins = headers.get("origin", [])
        site = headers.get("sec-fetch-site", ["same-origin"])
        if any(urlsplit(origin).netloc != host for origin in origins) or site not in (["same-origin"], ["none"]):
            return PlainTextResponse("answers come from this page only", 403)
        kind = headers.get("content-type", [""])[0].partition(";")[0].strip().casefold()
        return None if kind == "application/json" else PlainTextResponse("answers come as JSON", 415)

    def _ours(self, host: str) -> bool:
        return host in self.hosts or (self.any_address and _is_address(bare(host).strip("[]")))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _with_headers(send: Any) -> Any:
    async def wrapped(message: Any) -> None:
        if message["type"] == "http.response.start":
            given = {name for name, _ in message["headers"]}
            policy = {} if b"content-security-policy" in given else {"Content-Security-Policy": STRICT}
            more = [(name.lower().encode(), value.encode()) for name, value in (HEADERS | policy).items()]
            message["headers"] = [*message["headers"], *more]
        await send(message)

    return wrapped
