"""What a file is, by its first bytes, and what its bytes say as text; its name only says what it claims to be."""

import codecs
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from geo.errors import InputError
from geo.limits import STANDARD, Limits

KINDS = {
    ".csv": "text", ".tsv": "text", ".txt": "text", ".geojson": "json", ".json": "json",
    ".gpkg": "gpkg", ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".ods": "ods", ".zip": "zip", ".shp": "shp",
    ".kml": "kml", ".kmz": "kmz", ".fgb": "fgb", ".parquet": "parquet", ".geoparquet": "parquet",
}  # fmt: skip
SURE = 0.6  # of characters that are common in Japanese
FREE = 10_000_000  # bytes that any archive may hold, whatever its ratio
# How kinds are named to a reader of either language.
LABELS = {
    "text": "CSV/TXT", "json": "JSON", "gpkg": "GPKG", "xlsx": "XLSX", "xls": "XLS", "ods": "ODS", "zip": "ZIP",
    "shp": "SHP", "kml": "KML", "kmz": "KMZ", "fgb": "FlatGeobuf", "parquet": "Parquet", "gzip": "GZIP",
    "binary": "BIN",
}  # fmt: skip
_MAGIC = (
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"SQLite format 3\x00", "gpkg"), (b"\x1f\x8b", "gzip"), (b"%PDF", "PDF"), (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"PAR1", "parquet"), (b"\x7fELF", "ELF"), (b"MZ\x90", "EXE"),
    (b"7z\xbc\xaf", "7z"), (b"Rar!", "RAR"), (b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"), (b"\x00\x00\x27\x0a", "shp"),
    (b"fgb\x03", "fgb"), (b"ARROW1", "Arrow"),
)  # fmt: skip


@dataclass(frozen=True)
class Sniffed:
    """The kind of a file, one of the values of `KINDS`, and whether it is gzipped."""

    kind: str
    gzipped: bool


def sniff(path: Path, allowed: tuple[str, ...]) -> Sniffed:
    """
    Say which kind of file it is; what it claims and what it holds must agree.

    Parameters
    ----------
    path : Path
        The file; its ending (before `.gz`) declares its kind.
    allowed : tuple of str
        Kinds that the caller can read.

    Raises
    ------
    InputError
        If the file is missing or empty, its ending is unknown, or its content is of another kind.
    """
    if not path.is_file():
        raise InputError(
            f"{path.name}: there is no such file.",
            remedy="Check the path.", key="read.missing", file=path.name,
        )  # fmt: skip
    if path.stat().st_size == 0:
        raise empty(path)
    gzipped = path.suffix.lower() == ".gz"
    ending = Path(path.stem).suffix.lower() if gzipped else path.suffix.lower()
    claimed = KINDS.get(ending)
    if claimed is None or claimed not in allowed or (gzipped and claimed not in ("text", "json")):
        endings = ", ".join(e for e, kind in KINDS.items() if kind in allowed)
        raise InputError(
            f"{path.name}: the ending {path.suffix!r} is none that can be read here.",
            remedy=f"Save it as one of {endings}.",
            key="read.ending", file=path.name, ending=path.suffix, endings=endings,
        )  # fmt: skip
    found = found_kind(_head(path, gzipped), path if not gzipped else None)
    if found != claimed:
        raise InputError(
            f"{path.name}: line 1: the ending says {LABELS[claimed]}, the content is {LABELS.get(found, found)}.",
            remedy="Export it again in the format that its ending says, or give it the ending of what it is.",
            key="read.other_kind", file=path.name, claimed=LABELS[claimed], found=LABELS.get(found, found),
        )  # fmt: skip
    return Sniffed(claimed, gzipped)


def found_kind(head: bytes, path: Path | None = None) -> str:
    """The kind that the first bytes show; an Office archive is told from other zips by its members."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return zip_kind(path) if kind == "zip" and path else kind
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _looks_utf16(head):
        return "text"
    if b"\x00" in head:
        return "binary"
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if text[:1] in (b"{", b"["):
        return "json"
    if text[:1] == b"<":
        return "kml" if re.search(rb"<(\w+:)?kml[\s>]", text) else "HTML/XML"
    return "text"


def read_bytes(path: Path, gzipped: bool, limits: Limits = STANDARD) -> bytes:
    """The file's bytes, unpacked; refused where they exceed the limits."""
    if not gzipped:
        if path.stat().st_size > limits.size:
            raise _too_large(path.name, limits)
        return path.read_bytes()
    data = b"".join(_gunzipped(path, limits))
    if not data.strip():
        raise empty(path)
    return data


def gunzip(path: Path, target: Path, limits: Limits = STANDARD) -> None:
    """Unpack a gzip file to `target`; refused where it exceeds the limits."""
    with target.open("wb") as file:
        for block in _gunzipped(path, limits):
            file.write(block)


def _gunzipped(path: Path, limits: Limits) -> Iterator[bytes]:
    most = min(limits.size, max(path.stat().st_size * limits.ratio, FREE))
    size = 0
    try:
        with gzip.open(path, "rb") as file:
            while block := file.read(1 << 24):
                size += len(block)
                if size > most:
                    raise _too_large(path.name, limits)
                yield block
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path.name}: the gzip archive is damaged ({type(error).__name__}).",
            remedy="Copy or export it again.", key="read.gzip", file=path.name, reason=type(error).__name__,
        ) from error  # fmt: skip


def require_safe_zip(path: Path) -> list[str]:
    """The names of the archive's members, once it is known to be safe."""
    return [member.filename for member in zip_members(path)]


def zip_members(path: Path, limits: Limits = STANDARD, name: str = "") -> list[zipfile.ZipInfo]:
    """The archive's members, once their number, sizes and ratio are within the limits and none leads outside."""
    name = name or path.name
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(
            f"{name}: the archive is damaged ({type(error).__name__}).",
            remedy="Copy or export it again.", key="read.zip", file=name, reason=type(error).__name__,
        ) from error  # fmt: skip
    size = sum(member.file_size for member in members)
    packed = max(path.stat().st_size, 1)
    if len(members) > limits.members or size > limits.size or (size > FREE and size / packed > limits.ratio):
        raise _too_large(name, limits)
    # Members that lie over one another unpack to more than the archive holds.
    if sum(member.compress_size for member in members) > packed:
        raise _too_large(name, limits)
    if any(_leads_outside(member.filename) for member in members):
        raise InputError(
            f"{name}: the archive names files outside itself.",
            remedy="Pack it again from one folder.", key="read.zip_outside", file=name,
        )  # fmt: skip
    return members


def _leads_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in name or "\x00" in name


def to_text(data: bytes) -> tuple[bytes, str]:
    """
    The bytes as UTF-8 without a mark, and the name of the encoding they were in.

    A mark decides, else strict UTF-8, else the evidence: Chinese text reads as common characters in GB18030 or Big5,
    Japanese in Shift-JIS;
    text where single high bytes stand between Latin letters is Windows-1252. Libraries guess short Chinese files wrong.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            body = data[len(mark) :]
            encoding = "utf-8" if name == "utf-8-sig" else name
            return body.decode(encoding, "replace").encode(), (name if name == "utf-8-sig" else "utf-16")
    if _looks_utf16(data[:4000]):
        name = "utf-16-le" if data[1:4000:2].count(0) > data[0:4000:2].count(0) else "utf-16-be"
        return data.decode(name, "replace").encode(), "utf-16"
    if data.isascii():
        return data, "utf-8"
    try:
        data.decode("utf-8")
        return data, "utf-8"
    except UnicodeDecodeError:
        name = _by_evidence(data)
    return data.decode(name, "replace").encode(), name


def empty(path: Path) -> InputError:
    """The error of a file without content."""
    return InputError(
        f"{path.name}: line 1: the file is empty.",
        remedy="Export it again and check its size.", key="read.empty", file=path.name,
    )  # fmt: skip


def _too_large(name: str, limits: Limits) -> InputError:
    return InputError(
        f"{name}: unpacked it is larger than this program reads ({limits.gigabytes:g} GB, {limits.ratio} times its "
        f"packed size, {limits.members} files).",
        remedy="Split it by year, or export only the columns that are needed.",
        key="read.too_large", file=name, gigabytes=f"{limits.gigabytes:g}", ratio=limits.ratio, members=limits.members,
    )  # fmt: skip


def _head(path: Path, gzipped: bool) -> bytes:
    try:
        with gzip.open(path, "rb") if gzipped else path.open("rb") as file:
            head = file.read(4096)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path.name}: the content is no gzip archive ({type(error).__name__}).",
            remedy="Copy it again, or take `.gz` off its name.", key="read.gzip", file=path.name,
            reason=type(error).__name__,
        ) from error  # fmt: skip
    if not head.strip(b" \t\r\n\x00" + codecs.BOM_UTF8):
        raise empty(path)
    return head


def zip_kind(path: Path) -> str:
    """What a zip is by its members: `xlsx`, `ods` or any other `zip`."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "ZIP"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return "ods"
    return "zip"


def _looks_utf16(head: bytes) -> bool:
    half = max(len(head) // 2, 1)
    even, odd = head[0::2].count(0), head[1::2].count(0)
    return max(even, odd) > 0.3 * half and min(even, odd) < 0.02 * half


def _by_evidence(data: bytes) -> str:
    sample = b"\n".join([line for line in data[:2_000_000].split(b"\n") if any(byte > 127 for byte in line)][:3000])
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", sample)]
    scores = {name: _common_share(sample, name) for name in ("gb18030", "big5", "cp932")}
    if scores["cp932"] < SURE:  # nearly all bytes are some character of Shift-JIS
        del scores["cp932"]
    scores["cp1252"] = sum(length == 1 for length in runs) / max(len(runs), 1) * 0.9
    return max(scores, key=lambda name: scores[name])


def _common_share(sample: bytes, encoding: str) -> float:
    """The share of characters outside ASCII that are common; 0 where the bytes are not in that encoding."""
    text = sample.decode(encoding, "replace")
    wide = [c for c in text if ord(c) > 127]
    # A stray broken character must not decide over a long file; many of them do.
    common = _common_japanese() if encoding == "cp932" else _common()
    return sum(c in common for c in wide) / max(len(wide), 1) - 5 * text.count("\ufffd") / max(len(wide), 1)


@cache
def _common() -> frozenset[str]:
    """The characters in use: the first level of GB 2312 and of Big5, and full-width marks."""
    simplified = bytes(b for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF) for b in (lead, trail))
    traditional = bytes(
        b for lead in range(0xA4, 0xC7) for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)) for b in (lead, trail)
    )
    return frozenset(
        simplified.decode("gb2312", "ignore") + traditional.decode("big5", "ignore") + "，。、；：（）「」～－？！／"
    )


@cache
def _common_japanese() -> frozenset[str]:
    """The characters in use: kana, the first level of JIS X 0208, and marks; kana of half width prove nothing."""
    kanji = bytes(
        b for lead in range(0x88, 0x99) for trail in (*range(0x40, 0x7F), *range(0x80, 0xFD)) for b in (lead, trail)
    )
    kana = "".join(map(chr, (*range(0x3041, 0x3097), *range(0x30A1, 0x30FD))))
    return frozenset(kanji.decode("cp932", "ignore") + kana + "、。・「」（）～：／－？！")
