"""Every kind gives the same events, alone or packed; what an archive may do is bounded, and each bound is named."""

import gzip
import io
import shutil
import stat
import zipfile

import geopandas as gpd
import pandas as pd
import pytest

from geo.errors import InputError
from geo.limits import Limits
from geo.read import read_events
from geo.tables import read_tables
from geo.unpack import unpacked
from tests.geo.intake_worlds import TAXONOMY, finding, two_villages

ROWS = pd.DataFrame(
    {
        "case_id": ["A1", "A2", "A3"],
        "kind": ["噪音扰民", "盗窃", "路灯不亮"],
        "occurred": ["2020-01-01 10:00", "2020-01-02 11:00", "2020-01-03 12:00"],
    }
)
POINTS = gpd.GeoDataFrame(ROWS, geometry=gpd.points_from_xy([116.31, 116.32, 116.45], [39.9] * 3), crs=4326)
CSV = POINTS.assign(lon=POINTS.geometry.x, lat=POINTS.geometry.y).drop(columns="geometry").to_csv(index=False)


def write(folder, name):
    """The three points as a file of the kind that the name's ending means."""
    path = folder / name
    ending = path.suffix
    if ending in (".csv", ".tsv"):
        path.write_text(CSV if ending == ".csv" else CSV.replace(",", "\t"), encoding="utf-8")
    elif ending in (".xlsx", ".ods"):
        table = pd.read_csv(io.StringIO(CSV))
        table.to_excel(path, index=False) if ending == ".xlsx" else _ods(path, table)
    elif ending == ".parquet":
        POINTS.to_parquet(path)
    elif ending == ".kmz":
        inner = write(folder, "doc.kml")
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(inner, "doc.kml")
            archive.writestr("images/a.png", b"\x89PNG")
    elif ending == ".zip":
        POINTS.to_file(folder / "places.shp", encoding="GBK")
        with zipfile.ZipFile(path, "w") as archive:
            for part in folder.glob("places.*"):
                archive.write(part, f"folder/{part.name}")
    else:
        POINTS.to_file(
            path, driver={".kml": "KML", ".fgb": "FlatGeobuf", ".gpkg": "GPKG", ".geojson": "GeoJSON"}[ending]
        )
    return path


def _ods(path, table):
    """The least that an OpenDocument sheet needs."""

    def cell(value):
        kind = "float" if isinstance(value, float) else "string"
        number = f' office:value="{value}"' if kind == "float" else ""
        return f'<table:table-cell office:value-type="{kind}"{number}><text:p>{value}</text:p></table:table-cell>'

    rows = [list(table.columns), *table.to_numpy().tolist()]
    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="一">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", text)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")


def read(*paths, **options):
    return read_events(list(paths), taxonomy=TAXONOMY, neighborhoods=two_villages(), **options)


def content(reading):
    events = reading.events.sort_values("event_id")
    return [
        (e.event_id, e.category, str(e.event_start)[:16], round(e.lon, 6), round(e.lat, 6), e.neighborhood_id)
        for e in events.itertuples()
    ]


EXPECTED = [
    ("A1", "dispute.noise", "2020-01-01 10:00", 116.31, 39.9, "a"),
    ("A2", "theft", "2020-01-02 11:00", 116.32, 39.9, "a"),
    ("A3", "hazard.lighting", "2020-01-03 12:00", 116.45, 39.9, "b"),
]
KINDS = ("csv", "tsv", "xlsx", "ods", "geojson", "gpkg", "kml", "kmz", "fgb", "parquet", "zip")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_same_events(tmp_path, kind):
    assert content(read(write(tmp_path, f"points.{kind}"))) == EXPECTED


@pytest.mark.parametrize("kind", ["csv", "xlsx", "gpkg", "kml", "parquet"])
def test_also_packed_by_gzip(tmp_path, kind):
    path = tmp_path / f"points.{kind}.gz"
    path.write_bytes(gzip.compress(write(tmp_path, f"points.{kind}").read_bytes()))
    reading = read(path)
    assert content(reading) == EXPECTED
    assert reading.events["source"].unique().tolist() == [path.name]


def test_a_zip_of_many_kinds_is_read_whole_and_what_is_left_alone_is_told(tmp_path):
    kinds = ("csv", "xlsx", "gpkg", "kml", "fgb", "zip")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for kind in kinds:
            archive.write(write(tmp_path, f"points.{kind}"), f"数据/points.{kind}")
        archive.writestr("readme.txt", "what this is")
        archive.writestr("__MACOSX/._points.csv", b"\x00\x05")
        archive.writestr("picture.png", b"\x89PNG")
    reading = read(tmp_path / "all.zip")
    assert (reading.report.rows_read, reading.report.rows_kept) == (18, 18)
    assert set(reading.events["source"]) == {
        *(f"all.zip/数据/points.{kind}" for kind in kinds[:-1]),
        "all.zip/数据/points.zip/folder/places.shp",
    }
    assert finding(reading, "read.zip_ignored").facts["names"] == "picture.png, readme.txt"


def test_a_shapefile_says_its_encoding_beside_it(tmp_path):
    (table,) = read_tables(write(tmp_path, "points.zip"))
    assert "盗窃" in table.columns["kind"].texts


def test_names_in_a_chinese_zip_are_chinese(tmp_path):
    info = zipfile.ZipInfo("警情.csv".encode("gb18030").decode("cp437"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, CSV)
    data = (tmp_path / "a.zip").read_bytes()
    # Python marks such a name as UTF-8; the Chinese Windows does not, and writes GBK.
    raw = "警情.csv".encode("gb18030")
    data = data.replace(info.filename.encode(), raw)
    (tmp_path / "b.zip").write_bytes(_relabelled(raw))
    assert read(tmp_path / "b.zip").events["source"].unique().tolist() == ["b.zip/警情.csv"]


def _relabelled(raw):
    """A stored zip of one member whose name is bytes of GBK, without the UTF-8 mark."""
    stand_in = "x" * len(raw)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(stand_in, CSV)
    return file.getvalue().replace(stand_in.encode(), raw)


def test_nothing_stays_behind_in_the_temporary_folder(tmp_path):
    with unpacked(write(tmp_path, "points.zip")) as found:
        folder = found.pieces[0].path.parent.parent
        assert folder.is_dir()
    assert not folder.exists()


# --- what archives may not do ----------------------------------------------------------------------------------------


def packed(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def refused(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, **options)
    assert path.name in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "a/../../b.csv", "C:/a.csv", "..\\a.csv"])
def test_a_member_that_leads_outside_refuses_the_archive(tmp_path, name):
    error = refused(packed(tmp_path / "a.zip", [("ok.csv", CSV), (name, CSV)]))
    assert error.key == "read.zip_outside"
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_a_link_within_an_archive_is_not_followed(tmp_path):
    (tmp_path / "secret.csv").write_text(CSV)
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert refused(packed(tmp_path / "a.zip", [(link, str(tmp_path / "secret.csv"))])).key == "read.zip_nothing"


def test_a_bomb_is_refused_by_its_ratio_before_it_is_unpacked(tmp_path):
    error = refused(packed(tmp_path / "a.zip", [("a.csv", b"0" * 30_000_000)]))
    assert error.key == "read.too_large"
    assert "200 times" in str(error)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.gpkg.gz"])
def test_a_gzip_bomb_too(tmp_path, name):
    (tmp_path / name).write_bytes(gzip.compress(b"0" * 30_000_000))
    assert refused(tmp_path / name).key == "read.too_large"


def test_the_sum_of_sizes_is_bounded_over_all_archives_within_one(tmp_path):
    inner = packed(tmp_path / "inner.zip", [("a.csv", CSV + " " * 4000)], zipfile.ZIP_STORED).read_bytes()
    path = packed(tmp_path / "a.zip", [(f"{i}.zip", inner) for i in range(9)])
    assert read(path).report.rows_read > 0
    small = Limits(gigabytes=15 * len(inner) / 1e9)
    assert refused(path, limits=small).key == "read.zip_too_many"


def test_the_number_of_members_is_bounded_and_named(tmp_path):
    error = refused(packed(tmp_path / "a.zip", [(f"{i}.csv", CSV) for i in range(30)]), limits=Limits(members=20))
    assert "20 files" in str(error)


def test_archives_in_archives_are_bounded_in_depth(tmp_path):
    data = packed(tmp_path / "0.zip", [("a.csv", CSV)]).read_bytes()
    for depth in range(1, 4):
        data = packed(tmp_path / f"{depth}.zip", [("inner.zip", data)]).read_bytes()
    assert read(tmp_path / "1.zip").report.rows_kept == 3
    error = refused(tmp_path / "2.zip")
    assert (error.key, error.facts["limit"]) == ("read.too_deep", 2)


def test_members_that_lie_over_one_another_are_refused(tmp_path):
    path = packed(tmp_path / "a.zip", [("a.csv", CSV * 300)])
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = bytes(data[directory:end])
    whole = bytes(data[:directory]) + entry * 50 + bytes(data[end:])
    tail = whole.index(b"PK\x05\x06")
    whole = bytearray(whole)
    whole[tail + 8 : tail + 12] = (50).to_bytes(2, "little") * 2
    whole[tail + 12 : tail + 16] = (50 * len(entry)).to_bytes(4, "little")
    path.write_bytes(whole)
    assert refused(path).key in ("read.too_large", "read.zip")


def test_an_archive_without_anything_to_read_says_what_it_holds(tmp_path):
    error = refused(packed(tmp_path / "a.zip", [("a.pdf", b"%PDF"), ("b.docx", b"PK")]))
    assert (error.key, error.facts["found"]) == ("read.zip_nothing", "a.pdf, b.docx")


def test_a_damaged_member_is_named_with_its_archive(tmp_path):
    error = refused(packed(tmp_path / "a.zip", [("ok.csv", CSV), ("bad.csv", "case_id,lon,lat\n")]))
    assert error.facts["file"] == "a.zip/bad.csv"
    assert "a.zip/bad.csv" in str(error)


def test_half_an_archive_is_no_archive(tmp_path):
    whole = write(tmp_path, "points.zip").read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    assert refused(tmp_path / "half.zip").key in ("read.zip", "read.zip_nothing")


def test_an_archive_that_is_another_kind_says_so(tmp_path):
    shutil.copy(write(tmp_path, "points.xlsx"), tmp_path / "sheet.zip")
    assert refused(tmp_path / "sheet.zip").key == "read.other_kind"


def test_a_large_map_file_is_read_by_the_child_and_says_the_same(tmp_path, monkeypatch):
    path = write(tmp_path, "points.geojson")
    (tmp_path / "points.geojson.gz").write_bytes(gzip.compress(path.read_bytes()))
    here = content(read(path))
    monkeypatch.setattr("geo.map_tables.SMALL", 0)
    assert content(read(path)) == content(read(tmp_path / "points.geojson.gz")) == here == EXPECTED
