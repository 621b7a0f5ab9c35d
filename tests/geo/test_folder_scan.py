"""The last look finds what must not be public in every kind of file, and nothing in clean ones."""

import base64
import io
import struct
import zipfile
import zlib

import pytest
import typst

from geo.folder_scan import _shown_codes
from geo.privacy import scan_folder

IDS = {"case-2026-0001", "7", "LX-0017"}
TEXTS = {"楼上漏水找物业", "Larceny, Mill Ln", "盗窃", "Arson of Shed"}


def png(*chunks):
    kinds = [(b"IHDR", b"\0" * 13), *chunks, (b"IDAT", b"x"), (b"IEND", b"")]
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in kinds
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def pdf(text):
    source = f'#set document(date: none)\n#set text(font: "DejaVu Sans Mono")\n{text}'
    return typst.compile(source.encode(), format="pdf")


def packed(name, content):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def uri(kind, content):
    return f'<img src="data:{kind};base64,{base64.b64encode(content).decode()}">'.encode()


def found(tmp_path, name, content):
    path = tmp_path / "folder" / "areas" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return scan_folder(tmp_path / "folder", IDS, TEXTS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("index.html", "<p>盗窃 15 起，7 月；半径 0.125，宽 12.5px</p>".encode()),
        ("figures.csv", b"a,15,2026-10\n"),
        ("release.json", b'{"value": 15, "digest": "a1b2c3d4"}'),
        ("map.png", png((b"pHYs", b"\0" * 9))),
        ("page.html", uri("image/png", png())),
        ("page.html", uri("font/woff2", b"\0\1\2")),
        ("sheet.pdf", pdf("Willow Shade: 15 thefts")),
        ("table.xlsx", packed("xl/sheet.xml", b"<c>15</c>")),
    ],
)
def test_clean_files_are_clean(tmp_path, name, content):
    assert found(tmp_path, name, content) == []


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("index.html", b"<i data-at='117.46097'></i>", "more than three decimals"),
        ("figures.csv", b"lat\n31.1750\n", "more than three decimals"),
        ("index.html", b'<a title="case-2026-0001">', "an event's id"),
        ("release.json", b'{"id": "LX-0017"}', "an event's id"),
        ("index.html", "<p>楼上漏水找物业</p>".encode(), "text of a source"),
        ("figures.csv", b'"Larceny, Mill Ln",1', "text of a source"),
        ("index.html", b"<!-- /home/li/ww/page.html -->", "a file of this machine"),
        ("index.html", b'<meta name="generator" content="x">', "names a tool"),
        ("map.png", png((b"tEXt", b"Software\0x")), "metadata"),
        ("map.png", png((b"eXIf", b"x")), "metadata"),
        ("map.png", png() + b"case", "something behind it"),
        ("page.html", uri("image/png", png((b"tEXt", b"Author\0x"))), "metadata"),
        ("page.html", uri("application/json", b"{}"), "not searched"),
        ("sheet.pdf", pdf("see case-2026-0001 there"), "an event's id"),
        ("sheet.pdf", pdf("at 117.46097 east"), "more than three decimals"),
        ("sheet.pdf", pdf("#set document(author: \"Li\")\nx"), "who made it"),
        ("table.xlsx", packed("xl/sheet.xml", b"<c>case-2026-0001</c>"), "an event's id"),
        ("notes.bin", b"\0\1", "not searched"),
        ("index.html", "楼上".encode("gb18030"), "no text in UTF-8"),
    ],
)  # fmt: skip
def test_what_must_not_be_public_is_found(tmp_path, name, content, what):
    (finding, *_) = found(tmp_path, name, content)
    assert finding.startswith(f"areas/{name}: ")
    assert what in finding
    assert "case-2026" not in finding


def test_words_of_the_program_and_parts_of_words_are_no_find(tmp_path):
    assert found(tmp_path, "index.html", "<p>盗窃；Arson of Sheds</p>".encode()) == []


def test_text_of_pages_is_read_token_by_token():
    assert _shown_codes(b"BT [(\\000A) -20 <0042>] TJ (\\000C) Tj ET") == [[65, 66], [67]]
    # A font's bytes may look like the beginning of text many times over; they must cost no more than their length.
    assert _shown_codes(b"TJ[" + b"\\a" * 5_000 + b"(" * 200 + b"TJ") == []
