"""Files → text: encodings, separators, headers, broken rows and line numbers."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from geo.errors import InputError
from geo.sniff import to_text
from geo.tables import read_table, stack

CHINESE = (
    "编号,案件类别,发案时间,经度,纬度\nA01,盗窃电动车,2025-03-01,116.39,39.90\nA02,邻里纠纷,2025-03-02,116.40,39.91\n"
)
TRADITIONAL = "編號,案類,日期,經度,緯度\nK1,住宅竊盜,113/03/01,121.5,25.03\nK2,機車竊盜,112/12/31,121.51,25.03\n"
JAPANESE = (
    "管理番号,発生日時,罪種,経度,緯度\nE1,2025-01-01,車上ねらい,139.7,35.6\nE2,2025-01-02,オートバイ盗,139.7,35.6\n"
)
FRENCH = "id;type;quartier\nA1;vol;Montréal-Nord\nA2;vol;Côte-des-Neiges\n"


def table_of(folder: Path, data: bytes, name: str = "file.csv"):
    (folder / name).write_bytes(data)
    return read_table(folder / name)


def cells(table, name):
    column = table.columns[name]
    return [column.texts[code] if code >= 0 else None for code in column.codes]


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "utf-16", "utf-16"),
        (CHINESE, "utf-16-le", "utf-16"),
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (FRENCH, "cp1252", "cp1252"),
        ("Straße;Größe;über;ähnlich;Übergabe\n", "cp1252", "cp1252"),
        ("España;año;mañana;niño;corazón\n", "cp1252", "cp1252"),
        (JAPANESE, "cp932", "cp932"),
        ("管理番号,罪種\nE1,自転車盗\n", "cp932", "cp932"),
    ],
)
def test_the_same_text_comes_out_of_every_encoding(text, encoding, found):
    body, name = to_text(text.encode(encoding))
    assert (body.decode(), name) == (text, found)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found(tmp_path, separator):
    table = table_of(tmp_path, "a,b,c\n1,2,3\n4,5,6\n".replace(",", separator).encode())
    assert list(table.columns) == ["a", "b", "c"]
    assert cells(table, "c") == ["3", "6"]


def test_lines_are_those_of_the_file(tmp_path):
    table = table_of(tmp_path, b'id,note\nQ1,"two\nlines, here"\nQ2,ok\n\nQ3,\n')
    assert table.lines.tolist() == [2, 4, 6]
    assert cells(table, "note") == ["two\nlines, here", "ok", None]


def test_rows_of_another_width_come_back_apart(tmp_path):
    table = table_of(tmp_path, b"id,a,b\nQ1,1,2\nQ2,1\nQ3,1,2,3\nQ4,1,2\n")
    assert cells(table, "id") == ["Q1", "Q4"]
    assert table.lines.tolist() == [2, 5]
    assert [line for line, _ in table.broken] == [3, 4]


@pytest.mark.parametrize("bad", [b'Q2,"y', b'Q2,5" pipe'])
def test_a_stray_quote_swallows_nothing(tmp_path, bad):
    table = table_of(tmp_path, b'id,a\nQ1,"x, and more"\n' + bad + b"\nQ3,z\nQ4,u\n")
    assert [ident for ident in cells(table, "id") if ident in ("Q3", "Q4")] == ["Q3", "Q4"]
    assert len(table) + len(table.broken) == 4


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_every_line_ending_is_read(tmp_path, ending):
    table = table_of(tmp_path, ending.join([b"a,b", b"1,2", b"3,4"]) + ending)
    assert cells(table, "b") == ["2", "4"]


def test_a_first_row_of_data_is_no_header(tmp_path):
    table = table_of(tmp_path, b"2020-01-01,116.39,39.9,theft\n2020-01-02,116.40,39.9,theft\n")
    assert table.headerless
    assert len(table) == 2
    assert table.lines.tolist() == [1, 2]


def test_titles_above_the_header_are_skipped(tmp_path):
    table = table_of(tmp_path, "某所隐患台账,,,\n\n编号,类型,经度,纬度\n1,路灯,116,39\n2,路灯,116,39\n".encode())
    assert list(table.columns) == ["编号", "类型", "经度", "纬度"]
    assert table.lines.tolist() == [4, 5]


def test_empty_and_repeated_headers_get_names_of_their_own(tmp_path):
    assert list(table_of(tmp_path, b"a,,a\n1,2,3\n1,2,3\n").columns) == ["a", "column 2", "a 2"]


def test_blanks_and_their_stand_ins_are_blank(tmp_path):
    table = table_of(tmp_path, b"id,v\n1, x \n2,NULL\n3,N/A\n4,x\n5,nan\n6,\n")
    assert cells(table, "v") == ["x", None, None, "x", None, None]


def test_files_of_one_shape_stack_with_their_own_lines(tmp_path):
    one = table_of(tmp_path, b"id,v\n1,x\n2,y\n", "one.csv")
    two = table_of(tmp_path, gzip.compress(b"id,v\n3,y\n4,z\n"), "two.csv.gz")
    both = stack([one, two])
    assert cells(both, "v") == ["x", "y", "y", "z"]
    assert both.lines.tolist() == [2, 3, 2, 3]
    assert np.array(both.names)[both.files].tolist() == ["one.csv", "one.csv", "two.csv.gz", "two.csv.gz"]


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("a.csv", b"", "read.empty"),
        ("a.csv", b"\n \n", "read.empty"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "read.empty"),
        ("a.csv", b"lon,lat,date\n", "read.no_rows"),
        ("a.csv", b"PK\x03\x04aaaa", "read.other_kind"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "read.other_kind"),
        ("a.csv", b"<html>sign in</html>", "read.other_kind"),
        ("a.csv", b'{"a": 1}', "read.other_kind"),
        ("a.csv", b"abc\x00\x01\x02defg\x00", "read.other_kind"),
        ("a.xlsx", b"lon,lat\n1,2\n", "read.other_kind"),
        ("a.gpkg", b"lon,lat\n1,2\n", "read.other_kind"),
        ("a.geojson", b"<OGRVRTDataSource/>", "read.other_kind"),
        ("a.geojson", b'{"a": 1}', "read.no_geojson"),
        ("a.gpkg", b"SQLite format 3\x00 and nothing else", "read.map_unreadable"),
        ("a.csv.gz", b"plain", "read.gzip"),
        ("a.pdf", b"%PDF-1.4", "read.ending"),
    ],
)
def test_a_file_that_is_none_ends_in_a_sentence(tmp_path, name, data, key):
    with pytest.raises(InputError, match=r"a.(csv|xlsx|gpkg|geojson|pdf)") as caught:
        table_of(tmp_path, data, name)
    assert caught.value.key == key
    assert caught.value.remedy
    assert str(tmp_path) not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "gone.csv")


def test_an_archive_that_unpacks_beyond_its_ratio_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        table_of(tmp_path, gzip.compress(b"a,b\n" + b"0,0\n" * 10_000_000), "bomb.csv.gz")
    assert caught.value.key == "read.too_large"
