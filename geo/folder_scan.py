"""
The last look: every byte of a folder that is to be handed out, searched for what must not be in it.

It knows nothing of how the files were made. What it cannot read it reports, so that no kind of file slips by unread.
"""

import base64
import binascii
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

from geo.taxonomy import read_taxonomy
from geo.topics import DEFAULT_TOPICS

# A decimal of a degree less than three is a door.
COORDINATE = re.compile(r"(?<![\w.])-?\d{1,3}\.\d{4,}(?![\w.]*[a-z%])")
EXACT = re.compile(r"\d\.\d{4,}")
OWN_FILES = re.compile(r"(?:/home/|/Users/|/root/|/tmp/|[A-Z]:\\\\?Users)[^\s\"'<>]*")
DATA_URI = re.compile(r"data:(?P<kind>[\w./+-]+)?(?:;[\w=-]+)*;base64,(?P<data>[A-Za-z0-9+/=\s]+)")
TOKEN = re.compile(r"[^\s\"'<>,;|()\[\]{}=&]+")
TEXT_ENDINGS = (
    ".html",
    ".htm",
    ".css",
    ".js",
    ".csv",
    ".json",
    ".geojson",
    ".txt",
    ".svg",
    ".xml",
    ".ics",
    ".gpx",
    ".md",
)
# What a page's text is made of: strings, and the signs that begin an array or show what was gathered.
PDF_TOKENS = re.compile(rb"\((?:\\.|[^\\)]){0,4000}\)|<[0-9A-Fa-f\s]{0,8000}>|\[|TJ|Tj", re.DOTALL)
PICTURE_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"pHYs", b"sRGB", b"gAMA", b"cHRM", b"bKGD"}
# Shorter ids and texts are found by chance in anything.
LEAST_ID, LEAST_TEXT = 6, 4
PRODUCERS = (b"Typst",)


def scan_folder(folder: Path, event_ids: Collection[str], source_texts: Collection[str]) -> list[str]:
    """
    Search every file of a folder for what must not be public.

    Parameters
    ----------
    folder : Path
        HTML, CSV, JSON and other text; PNG; PDF; XLSX and ZIP. Anything else is reported as unread.
    event_ids : collection of str
        Ids of six characters or more are looked for.
    source_texts : collection of str
        What sources wrote; words of the program's own taxonomy and topics are no find.

    Returns
    -------
    list of str
        "file: what", at most one of a kind a file; empty if clean. Never the id or text itself.
    """
    ids = frozenset(identifier for identifier in event_ids if len(identifier) >= LEAST_ID)
    texts = _telling(source_texts)
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = str(path.relative_to(folder))
            found += [f"{name}: {what}" for what in dict.fromkeys(_in_file(name, path.read_bytes(), ids, texts))]
    return found


def _telling(source_texts: Collection[str]) -> tuple[str, ...]:
    """The texts that only a source can have written."""
    rows = read_taxonomy().categories.values()
    own = [word for row in rows for word in (row.name_zh, row.name_en, *row.words)]
    own += [path.read_text(encoding="utf-8") for path in sorted(DEFAULT_TOPICS.glob("*.toml"))]
    public = "\n".join(own).casefold()
    return tuple(sorted(text for text in source_texts if len(text) >= LEAST_TEXT and text.casefold() not in public))


def _in_file(name: str, content: bytes, ids: frozenset[str], texts: tuple[str, ...]) -> Iterator[str]:
    ending = Path(name).suffix.lower()
    if content.startswith(b"\x89PNG"):
        yield from _in_picture(content)
    elif content.startswith(b"%PDF"):
        yield from _in_pdf(content, ids, texts)
    elif content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _in_file(member, archive.read(member), ids, texts)
    elif ending in TEXT_ENDINGS or ending in (".rels", ".vml"):
        try:
            yield from _in_text(content.decode("utf-8-sig"), ids, texts)
        except UnicodeDecodeError:
            yield "is no text in UTF-8"
    else:
        yield "is of a kind that is not searched"


def _in_text(text: str, ids: frozenset[str], texts: tuple[str, ...]) -> Iterator[str]:
    for match in DATA_URI.finditer(text):
        try:
            inner = base64.b64decode(match["data"])
        except (ValueError, binascii.Error):
            yield "holds data that cannot be decoded"
            continue
        if inner.startswith((b"\x89PNG", b"%PDF")):
            yield from _in_file("", inner, ids, texts)
        elif not (match["kind"] or "").startswith("font/"):
            yield "holds data of a kind that is not searched"
    text = DATA_URI.sub(" ", text)
    if EXACT.search(text):
        yield "holds a number with more than three decimals, as coordinates have"
    yield from _words_in(text, ids, texts)
    if re.search(r"<meta[^>]+(?:generator|author)", text, re.IGNORECASE):
        yield "names a tool or an author"


def _words_in(text: str, ids: frozenset[str], texts: tuple[str, ...]) -> Iterator[str]:
    if not ids.isdisjoint(TOKEN.findall(text)):
        yield "holds an event's id"
    for wanted in texts:
        at = text.find(wanted)
        while at >= 0:
            # Whole words: "Arson" stands in no "Parsons".
            before, after = text[at - 1 : at], text[at + len(wanted) : at + len(wanted) + 1]
            if not (_joins(before, wanted[0]) or _joins(wanted[-1], after)):
                yield "holds text of a source"
                break
            at = text.find(wanted, at + 1)
        else:
            continue
        break
    if OWN_FILES.search(text):
        yield "names a file of this machine"


def _joins(left: str, right: str) -> bool:
    return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()


def _in_picture(content: bytes) -> Iterator[str]:
    at = 8
    while at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if kind not in PICTURE_CHUNKS:
            yield f"is a picture with metadata ({kind.decode('latin-1')})"
        at += length + 12
    if at != len(content):
        yield "is a picture with something behind it"


def _in_pdf(content: bytes, ids: frozenset[str], texts: tuple[str, ...]) -> Iterator[str]:
    if re.search(rb"/(?:Author|CreationDate|ModDate)\s*[(<]", content):
        yield "is a PDF that says who made it or when"
    for kind, made_by in re.findall(rb"/(Creator|Producer)\s*\(([^)]*)", content):
        if not made_by.startswith(PRODUCERS):
            yield f"is a PDF that names its {kind.decode().lower()}"
    streams = list(_streams(content))
    maps = [found for found in (_character_map(stream) for stream in streams) if found]
    pages = [_shown_codes(stream) for stream in streams if b"TJ" in stream or b"Tj" in stream]
    # Which font a string is set in does not matter: it is read with each.
    for characters in maps:
        for lines in pages:
            text = "\n".join("".join(characters.get(code, "\0") for code in line) for line in lines)
            yield from _words_in(text.replace("\0", ""), ids, texts)
            if COORDINATE.search(text):
                yield "holds a number with more than three decimals, as coordinates have"


def _streams(content: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"stream\r?\n", content):
        end = content.find(b"endstream", match.end())
        try:
            yield zlib.decompressobj().decompress(content[match.end() : end])
        except zlib.error:
            continue


def _character_map(stream: bytes) -> dict[int, str]:
    """From a font's codes to characters, as the PDF tells readers that copy text."""
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", stream, re.DOTALL):
        for code, character in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(character.decode()).decode("utf-16-be", "replace")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", stream, re.DOTALL):
        for first, last, character in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + step] = chr(int(character, 16) + step)
    return found


def _shown_codes(stream: bytes) -> list[list[int]]:
    """The two-byte codes of each piece of text that a page shows."""
    lines, raw = [], b""
    # Token by token, so that a stream of any bytes (a font's, say) costs no more than its length.
    for match in PDF_TOKENS.finditer(stream):
        token = match[0]
        if token[:1] == b"(":
            raw += _unescaped(token[1:-1])
        elif token[:1] == b"<":
            digits = b"".join(token[1:-1].split())
            raw += bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
        else:
            if raw and token in (b"TJ", b"Tj"):
                lines.append([int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw) - 1, 2)])
            raw = b""
    return lines


def _unescaped(literal: bytes) -> bytes:
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def one(match: re.Match[bytes]) -> bytes:
        told = match[1]
        if told.isdigit():
            return bytes([int(told, 8) & 255])
        return b"" if told in (b"\n", b"\r\n") else named.get(told, told)

    return re.sub(rb"\\([0-7]{1,3}|\r\n|.)", one, literal, flags=re.DOTALL)
