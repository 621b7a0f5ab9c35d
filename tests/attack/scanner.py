"""
What somebody finds who opens every file: numbers that place a point, ids, texts of sources, what tools left behind.

Formats are taken apart down to their text: HTML with the pictures inside it, PNG chunk by chunk, PDF stream by stream
with its fonts' tables back to characters, ZIP and XLSX member by member. Independent of the gate's own scan.
"""

import base64
import html
import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from geo.taxonomy import Taxonomy
from jobs.dataset import Dataset

# Chunks without which a picture is none; everything else tells of something.
PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"pHYs", b"sRGB", b"gAMA", b"sBIT"}
PDF_TELLS = (b"/Author", b"/Creator", b"/Producer", b"/Subject", b"/Keywords", b"/CreationDate", b"/ModDate", b"<xmp:")
FINE_NUMBER = re.compile(r"(?<![\w.])-?\d{1,7}\.\d{4,}(?![\w.])")
DATA_URI = re.compile(r"data:([\w./+-]+)?(?:;[\w=.-]+)*;base64,([A-Za-z0-9+/=]+)")
COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
PATHS = re.compile(r"(?<![\w<])/(?:home|root|tmp|work|Users|var)/[\w./-]+|[A-Z]:\\\\?Users")
TOKEN = re.compile(r"[\w.+:#-]+")


@dataclass(frozen=True)
class Secrets:
    """
    What must not be found.

    Attributes
    ----------
    ids : set of str
        Of events, imports, hotspots.
    texts : set of str
        Of sources, such as file names and what a category was called there.
    ranges : list of (low, high)
        Ranges of metres or degrees in which a number with decimals, or of six digits and more, would be a coordinate.
    decimals : int
        How many a number may have.
    words : set of str
        Words that stand alone, such as keys of categories.
    """

    ids: Collection[str] = ()
    texts: Collection[str] = ()
    ranges: Collection[tuple[float, float]] = ()
    decimals: int = 3
    words: Collection[str] = field(default=())


def secrets_of(dataset: Dataset, taxonomy: Taxonomy, data: Path, *, decimals: int = 3) -> Secrets:
    """What the files of a dataset must not hold: ids, what sources wrote but public words, coordinates."""
    events = dataset.events
    public = " ".join(f"{c.name_zh} {c.name_en}" for c in taxonomy.categories.values()).casefold()
    public += (data / "taxonomy.toml").read_text(encoding="utf-8").casefold()
    texts = {str(text) for name in ("category_source", "source") for text in events[name].dropna().unique()}
    ids = set(events["event_id"].astype(str)) | set(events["import_id"].astype(str))
    spans = [(events[name].min() - 0.05, events[name].max() + 0.05) for name in ("lon", "lat")]
    spans += [(events[name].min() - 5e3, events[name].max() + 5e3) for name in ("x", "y")]
    return Secrets(ids, {text for text in texts if text.casefold() not in public}, spans, decimals)


def scan(folder: Path, secrets: Secrets) -> tuple[int, list[str]]:
    """How many files were opened, and what was found in them: file, what, where."""
    found, files = [], 0
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            files += 1
            name = str(path.relative_to(folder))
            found += [f"{name}: {what}" for what in scan_bytes(path.read_bytes(), path.suffix.lower(), secrets)]
            found += [f"{name}: {what}" for what in in_text(name, secrets)]
    return files, found


def scan_bytes(content: bytes, suffix: str, secrets: Secrets) -> list[str]:
    """What is found in one file or message."""
    found: list[str] = []
    if content.startswith(b"\x89PNG"):
        return [*_in_png(content), *in_text(_latin(content), secrets, raw=True)]
    if content.startswith(b"%PDF"):
        return _in_pdf(content, secrets)
    if zipfile.is_zipfile(BytesIO(content)):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for member in archive.infolist():
                own = scan_bytes(archive.read(member), Path(member.filename).suffix.lower(), secrets)
                found += [f"{member.filename}: {what}" for what in own]
        return found
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return in_text(_latin(content), secrets, raw=True)
    for kind, code in DATA_URI.findall(text):
        inside = scan_bytes(base64.b64decode(code), "", secrets) if "font" not in kind else []
        found += [f"inside {kind}: {what}" for what in inside]
    text = DATA_URI.sub(" ", text)
    if "/spreadsheetml/" in text[:400]:
        # How wide a column is drawn is a number with many decimals.
        text = re.sub(r'\b(?:width|ht|customWidth|baseColWidth)="[\d.]+"', "", text)
    if suffix in (".html", ".svg", ".xml", ".gpx") or "<html" in text[:500].lower():
        found += [f"comment {comment.strip()[:60]!r}" for comment in COMMENT.findall(text)]
        found += [f"generator {tag}" for tag in re.findall(r"<meta[^>]*generator[^>]*>", text)]
    return [*found, *in_text(html.unescape(text), secrets)]


def in_text(text: str, secrets: Secrets, *, raw: bool = False) -> list[str]:
    """Coordinates, ids, texts and paths in one text; `raw` bytes hold numbers and short words by chance."""
    found = []
    if not raw:
        fine = {n for n in FINE_NUMBER.findall(text) if len(n.partition(".")[2]) > secrets.decimals}
        found += [f"number {n}" for n in sorted(fine)]
        found += [f"coordinate {n}" for n in sorted(_coordinates(text, secrets) - fine)]
        found += [f"id {token}" for token in sorted(set(TOKEN.findall(text)) & set(secrets.ids))]
        found += [f"path {path}" for path in sorted(set(PATHS.findall(text)))]
    folded = text.casefold()
    found += [f"text {one!r}" for one in sorted(secrets.texts) if one and one.casefold() in folded]
    found += [f"word {one!r}" for one in sorted(secrets.words) if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text)]
    if raw:
        long = {one for one in secrets.ids if len(one) >= 8}
        found += [f"id {token}" for token in sorted(set(TOKEN.findall(text)) & long)]
    return found


def _coordinates(text: str, secrets: Secrets) -> set[str]:
    if not secrets.ranges:
        return set()
    numbers = {
        n for n in re.findall(r"(?<![\w.])-?\d{2,7}\.\d+(?![\w.])", text) if len(n.partition(".")[2]) > secrets.decimals
    }
    numbers |= set(re.findall(r"(?<![\w.#-])\d{6,7}(?:\.\d+)?(?![\w.-])", text))
    return {n for n in numbers if any(low <= float(n) <= high for low, high in secrets.ranges)}


def _latin(content: bytes) -> str:
    # Both readings: what a UTF-8 text among other bytes says, and what Latin letters say.
    return content.decode("utf-8", errors="replace")


def _in_png(content: bytes) -> list[str]:
    found, at = [], 8
    while at + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        if kind not in PNG_CHUNKS:
            found.append(f"PNG chunk {kind.decode('latin-1')} {content[at + 8 : at + 8 + min(length, 40)]!r}")
        at += 12 + length
        if kind == b"IEND":
            break
    if at < len(content):
        found.append(f"{len(content) - at} bytes after the picture's end")
    return found


# --- PDF ----------------------------------------------------------------------------------------------------------


def _in_pdf(content: bytes, secrets: Secrets) -> list[str]:
    plain = [content, *_streams(content)]
    found = [
        f"PDF {key.decode()} {match!r}"
        for key in PDF_TELLS
        for part in plain
        for match in re.findall(re.escape(key) + rb"[A-Za-z]*\s*[(<>][^)\n]{0,60}", part)
    ]
    found += [f"PDF attachment {key.decode()}" for key in (b"/EmbeddedFile", b"/JavaScript") for p in plain if key in p]
    return [*found, *in_text(pdf_text(content), secrets), *in_text(_latin(b"\n".join(plain)), secrets, raw=True)]


def _streams(content: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"stream\r?\n", content):
        end = content.find(b"endstream", match.end())
        try:
            yield zlib.decompressobj().decompress(content[match.end() : end])
        except zlib.error:
            continue


def pdf_text(content: bytes) -> str:
    """
    The text of a PDF, so far as its fonts say which characters their glyphs stand for.

    Glyph numbers of all fonts are read by all tables: a text is then found in one of the readings, and the others are
    noise that no secret equals.
    """
    streams = list(_streams(content))
    tables = [table for table in map(_to_unicode, streams) if table]
    texts = []
    for stream in streams:
        if b"BT" not in stream or b"begincmap" in stream:
            continue
        strings = [_glyphs(one) for one in _shown(stream)]
        for table in tables:
            texts.append("".join("".join(table.get(glyph, "") for glyph in glyphs) for glyphs in strings))
    return "\n".join(texts)


def _shown(stream: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"<([0-9A-Fa-f\s]+)>|\(((?:\\.|[^\\()])*)\)|\bET\b", stream, re.DOTALL):
        if match.group(1):
            digits = re.sub(rb"\s", b"", match.group(1))
            yield bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
        elif match.group(2) is not None:
            yield _unescaped(match.group(2))


def _unescaped(text: bytes) -> bytes:
    letters = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def plain(match: re.Match[bytes]) -> bytes:
        code = match.group(1)
        return bytes([int(code, 8) & 255]) if code.isdigit() else letters.get(code, code)

    return re.sub(rb"\\([0-7]{1,3}|.)", plain, text, flags=re.DOTALL)


def _glyphs(text: bytes) -> list[int]:
    return [int.from_bytes(text[i : i + 2], "big") for i in range(0, len(text) - 1, 2)]


def _to_unicode(stream: bytes) -> dict[int, str]:
    if b"begincmap" not in stream:
        return {}
    table: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", stream, re.DOTALL):
        for glyph, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table[int(glyph, 16)] = _utf16(text)
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", stream, re.DOTALL):
        for first, last, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            start = ord(_utf16(text)[-1])
            for i in range(int(last, 16) - int(first, 16) + 1):
                table[int(first, 16) + i] = chr(start + i)
    return table


def _utf16(text: bytes) -> str:
    return bytes.fromhex(text.decode()).decode("utf-16-be", errors="replace")
