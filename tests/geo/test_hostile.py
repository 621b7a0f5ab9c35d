"""Files meant to hurt: each ends in a sentence that names its limit; nothing else is read, fetched or stored."""

import io
import json
import os
import random
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from bench.mutants import make, outcome
from geo.errors import InputError
from geo.limits import Limits
from geo.read import read_events
from tests.geo.intake_worlds import TAXONOMY, finding, read_text

# Whole runs: `make test` has them, `make check` leaves them out.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SECRET = "date,lon,lat,type\n2020-01-01,116.31,39.9,TOPSECRET\n"


def refusal(folder, data, name, **options):
    with pytest.raises(InputError) as caught:
        read_text(folder, data, name, **options)
    assert name in str(caught.value)
    return caught.value


@pytest.fixture
def listener():
    """A server that counts who calls; nobody may."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    calls, stop = [], threading.Event()

    def listen():
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            calls.append(connection.recv(100))
            connection.close()

    thread = threading.Thread(target=listen)
    thread.start()
    yield server.getsockname()[1], calls
    stop.set()
    thread.join()
    server.close()


# --- another file on the machine ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a.geojson", "a.json", "a.csv", "a.kml", "a.gpkg", "a.fgb", "a.parquet", "a.shp", "a.xls"]
)
def test_a_vrt_under_any_name_reads_no_other_file(tmp_path, name):
    (tmp_path / "secret.csv").write_text(SECRET)
    source = f"<SrcDataSource>{tmp_path}/secret.csv</SrcDataSource>"
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="secret">{source}</OGRVRTLayer></OGRVRTDataSource>'
    assert "TOPSECRET" not in str(refusal(tmp_path, vrt, name))


@pytest.mark.parametrize("dress", ["<kml>{}</kml>", "<!-- <kml > -->{}"])
def test_a_vrt_dressed_as_kml_reads_no_other_file(tmp_path, dress):
    (tmp_path / "secret.csv").write_text(SECRET)
    source = f"<SrcDataSource>{tmp_path}/secret.csv</SrcDataSource>"
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="secret">{source}</OGRVRTLayer></OGRVRTDataSource>'
    assert "TOPSECRET" not in str(refusal(tmp_path, dress.format(vrt), "a.kml"))


KML = """<?xml version="1.0"?>{doctype}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{extra}
<Placemark><name>theft {entity}</name><TimeStamp><when>2020-01-01T10:00:00Z</when></TimeStamp>
<Point><coordinates>116.31,39.9</coordinates></Point></Placemark></Document></kml>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_in_kml_are_refused_before_any_parser_sees_them(tmp_path, encoding):
    (tmp_path / "secret.txt").write_text("TOPSECRET")
    doctype = f'<!DOCTYPE x [<!ENTITY s SYSTEM "file://{tmp_path}/secret.txt">]>'
    error = refusal(tmp_path, KML.format(doctype=doctype, extra="", entity="&s;").encode(encoding), "a.kml")
    assert error.key in ("read.xml_entities", "read.other_kind")
    assert "TOPSECRET" not in str(error)


def test_an_entity_bomb_in_kml_is_refused(tmp_path):
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    doctype = f'<!DOCTYPE x [<!ENTITY l0 "lol">{levels}]>'
    assert refusal(tmp_path, KML.format(doctype=doctype, extra="", entity="&l11;"), "a.kml").key == "read.xml_entities"


def test_a_phones_kml_is_read_and_its_network_links_are_not_followed(tmp_path, listener):
    port, calls = listener
    link = f"<NetworkLink><Link><href>http://127.0.0.1:{port}/more.kml</href></Link></NetworkLink>"
    reading = read_text(tmp_path, KML.format(doctype="", extra=link, entity=""), "a.kml")
    assert reading.events["category"].tolist() == ["theft"]
    assert str(reading.events["event_start"][0]) == "2020-01-01 18:00:00+08:00"
    assert calls == []


def test_a_linked_reference_system_is_not_fetched(tmp_path, listener):
    port, calls = listener
    link = {"type": "link", "properties": {"href": f"http://127.0.0.1:{port}/crs", "type": "proj4"}}
    feature = {
        "type": "Feature",
        "properties": {"date": "2020-01-01"},
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    data = json.dumps({"type": "FeatureCollection", "crs": link, "features": [feature]})
    assert refusal(tmp_path, data, "a.geojson").key == "read.linked_crs"
    assert calls == []


def test_entities_in_a_workbook_are_not_resolved(tmp_path):
    (tmp_path / "secret.txt").write_text("TOPSECRET")
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["date", "lon", "lat", "type"], *(["2020-01-01", 116.31, 39.9, "MARK"] for _ in range(6))):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    sink = io.BytesIO()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(sink, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/sharedStrings.xml":
                head = f'<!DOCTYPE x [<!ENTITY s SYSTEM "file://{tmp_path}/secret.txt">]><sst'.encode()
                data = data.replace(b"<sst", head, 1).replace(b"MARK", b"&s;")
            new.writestr(name, data)
    # Refused or read without it; which of the two is the library's choice.
    try:
        said = read_text(tmp_path, sink.getvalue(), "b.xlsx").events.to_csv()
    except InputError as error:
        said = str(error)
    assert "TOPSECRET" not in said


@pytest.mark.parametrize(
    "name", ["/vsicurl/http://127.0.0.1:9/a.geojson", "http://127.0.0.1:9/a.geojson", "PG:dbname=x"]
)
def test_a_name_that_is_an_address_is_only_a_missing_file(name):
    with pytest.raises(InputError) as caught:
        read_events([Path(name)], taxonomy=TAXONOMY)
    assert caught.value.key in ("read.missing", "read.ending")


# --- sizes ----------------------------------------------------------------------------------------------------------


def test_a_cell_beyond_the_limit_is_refused_with_its_line(tmp_path):
    text = SECRET + "2020-01-02,116.31,39.9," + "x" * 100_001 + "\n"
    error = refusal(tmp_path, text, "a.csv")
    assert (error.key, error.facts["line"], error.facts["limit"]) == ("read.long_cell", 3, 100_000)


def test_a_long_cell_costs_no_more_than_its_length(tmp_path):
    text = SECRET + "2020-01-02,116.31,39.9," + "x" * 99_000 + "\n2020-01-02," + "a." * 40_000 + ",39.9,theft\n"
    assert refusal(tmp_path, text, "a.csv").key == "read.coordinate_text"


def test_columns_beyond_the_limit_are_refused(tmp_path):
    error = refusal(tmp_path, ",".join(f"c{i}" for i in range(501)) + "\n1\n", "a.csv")
    assert error.facts["limit"] == 500


def test_a_reader_beyond_its_memory_or_time_ends_in_a_sentence_that_names_the_limit(tmp_path):
    kml = KML.format(doctype="", extra="", entity="")
    assert "60 MB" in str(refusal(tmp_path, kml, "a.kml", limits=Limits(memory_mb=60)))
    assert "0.01 seconds" in str(refusal(tmp_path, kml, "a.kml", limits=Limits(seconds=0.01)))


@pytest.mark.parametrize("depth", [1_000, 300_000])
def test_deep_nesting_ends_in_a_sentence(tmp_path, depth):
    data = b'{"type":"FeatureCollection","features":' + b"[" * depth + b"]" * depth + b"}"
    refusal(tmp_path, data, "a.geojson")


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["NaN", "inf", "-inf", "1e999", "999", "1e5"])
def test_numbers_that_are_no_place_give_no_point_and_are_told_by_row(tmp_path, bad):
    rows = "".join(f"2020-01-0{i},116.3{i},39.9,theft\n" for i in range(1, 9))
    reading = read_text(tmp_path, f"date,lon,lat,type\n{rows}2020-01-09,{bad},39.9,theft\n")
    assert np.isfinite(reading.events["lon"]).sum() == 8
    told = {f.code: f.example_row for f in reading.report.findings if f.code.startswith("point.")}
    assert 10 in told.values()


def test_swapped_axes_are_turned_row_by_row(tmp_path):
    rows = "".join(f"2020-01-0{i},116.3{i},39.9,theft\n" for i in range(1, 9))
    reading = read_text(tmp_path, f"date,lon,lat,type\n{rows}2020-01-09,39.9,116.35,theft\n")
    assert finding(reading, "point.axes_swapped").rows == 1
    assert reading.events["repairs"].tolist()[-1] == "axes_swapped"


def test_points_nowhere_on_earth_in_a_map_file_are_no_points(tmp_path):
    features = [
        {
            "type": "Feature",
            "properties": {"date": "2020-01-01", "type": "theft"},
            "geometry": {"type": "Point", "coordinates": c},
        }
        for c in ([116.3, 39.9], [116.31, 39.9], [1e300, 39.9])
    ]
    data = json.dumps({"type": "FeatureCollection", "features": features})
    reading = read_text(tmp_path, data, "a.geojson")
    assert np.isfinite(reading.events["lon"]).tolist() == [True, True, False]
    assert refusal(tmp_path, data.replace("1e+300", "1e999"), "b.geojson").key == "read.map_unreadable"


# --- anything at all ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", range(5))
def test_mutated_files_end_in_events_or_in_a_sentence(tmp_path, batch):
    outcomes = [outcome(tmp_path, *make(random.Random(7_000 + batch * 30 + i))) for i in range(30)]
    assert [said for what, said in outcomes if what == "traceback"] == []
    assert list(tmp_path.iterdir()) == []


def test_the_child_leaves_nothing_and_says_nothing_on_standard_error(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 no workbook")
    command = [sys.executable, "-m", "geo.child", "sheet", str(path), "{}", "2000"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env={**os.environ}, check=False)
    assert done.returncode != 0
    assert done.stdout == b""
    assert list(tmp_path.iterdir()) == [path]
