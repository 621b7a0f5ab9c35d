"""Files with something wrong: bytes flipped, rows cut, columns shuffled, encodings mixed, huge fields, deep nesting."""

import gzip
import io
import json
import random
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import pandas as pd

ROWS = 40
KINDS = ("csv", "tsv", "csv.gz", "xlsx", "ods", "geojson", "gpkg", "kml", "kmz", "fgb", "parquet", "zip", "shp.zip")
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "cp1252")


def frame(rng: random.Random) -> pd.DataFrame:
    """A table of events as people keep them, its columns in any order."""
    table = pd.DataFrame(
        {
            "编号": [f"A{i}" for i in range(ROWS)],
            "类型": [rng.choice(["盗窃", "噪音扰民", "路灯不亮", "其它"]) for _ in range(ROWS)],
            "时间": [
                f"2020-0{rng.randint(1, 9)}-{rng.randint(1, 28):02d} {rng.randint(0, 23):02d}:15" for _ in range(ROWS)
            ],
            "经度": [round(116.3 + rng.random() / 10, 6) for _ in range(ROWS)],
            "纬度": [round(39.9 + rng.random() / 10, 6) for _ in range(ROWS)],
            "数量": [rng.randint(1, 3) for _ in range(ROWS)],
            "备注": [rng.choice(["", "两人，一条狗", 'he said "no"', "第一行\n第二行"]) for _ in range(ROWS)],
        }
    )
    names = list(table.columns)
    rng.shuffle(names)
    return table[names]


def sound(kind: str, rng: random.Random) -> bytes:
    """A file of that kind in good order."""
    table = frame(rng)
    if kind in ("csv", "tsv", "csv.gz"):
        separator = "\t" if kind == "tsv" else rng.choice([",", ";", "|"])
        data = table.to_csv(index=False, sep=separator).encode(rng.choice(ENCODINGS), "replace")
        return gzip.compress(data) if kind == "csv.gz" else data
    if kind == "xlsx":
        sink = io.BytesIO()
        table.to_excel(sink, index=False)
        return sink.getvalue()
    if kind == "ods":
        return _ods(table)
    points = gpd.GeoDataFrame(
        table.drop(columns=["经度", "纬度"]), geometry=gpd.points_from_xy(table["经度"], table["纬度"]), crs=4326
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        if kind == "parquet":
            points.to_parquet(path)
            return path.read_bytes()
        if kind in ("shp.zip", "zip", "kmz"):
            return _archive(kind, points, table, Path(folder))
        driver = {"geojson": "GeoJSON", "gpkg": "GPKG", "kml": "KML", "fgb": "FlatGeobuf"}[kind]
        path = path.with_suffix(f".{kind}")
        points.to_file(path, driver=driver)
        return path.read_bytes()


def mutated(data: bytes, kind: str, rng: random.Random) -> bytes:
    """The bytes with one to eight things wrong, often inside the container, so that it still opens."""
    if rng.random() < 0.6:
        if kind == "csv.gz":
            return gzip.compress(_wronged(gzip.decompress(data), rng))
        if data.startswith(b"PK"):
            return _repacked(data, rng)
        if kind in ("gpkg", "fgb", "parquet"):
            body = bytearray(data)
            for _ in range(rng.choice([1, 3, 30])):
                body[rng.randrange(100, len(body) - 4)] = rng.randrange(256)
            return bytes(body)
    return _wronged(data, rng)


def _repacked(data: bytes, rng: random.Random) -> bytes:
    """The archive with one member wrong."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        names = [name for name in old.namelist() if name != "mimetype"]
        victim = rng.choice([name for name in names if "sheet1" in name or "content" in name] or names)
        for name in old.namelist():
            new.writestr(name, _wronged(old.read(name), rng) if name == victim else old.read(name))
    return sink.getvalue()


def _wronged(data: bytes, rng: random.Random) -> bytes:
    body = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        rng.choice(MUTATIONS)(body, rng)
        if not body:
            break
    return bytes(body)


def nested(rng: random.Random) -> tuple[str, bytes]:
    """Files that are sound bytes and unsound in what they ask for."""
    depth = rng.choice([50, 5_000, 200_000])
    name = rng.choice(["json", "kml", "csv", "zip", "field", "columns"])
    if name == "json":
        return "a.geojson", b'{"type":"FeatureCollection","features":' + b"[" * depth + b"]" * depth + b"}"
    if name == "kml":
        folders = b"<Folder>" * depth + b"</Folder>" * depth
        return "a.kml", b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>' + folders + b"</Document></kml>"
    if name == "zip":
        data = b"date,lon,lat\n2020-01-01,116.3,39.9\n"
        for level in range(rng.randint(2, 8)):
            sink = io.BytesIO()
            with zipfile.ZipFile(sink, "w") as archive:
                archive.writestr("a.csv" if level == 0 else "a.zip", data)
            data = sink.getvalue()
        return "a.zip", data
    if name == "field":
        return "a.csv", b"date,lon,lat,type\n2020-01-01,116.3,39.9," + b"x" * (depth * 20) + b"\n"
    if name == "columns":
        names = ",".join(f"c{i}" for i in range(min(depth, 20_000)))
        return "a.csv", (f"date,lon,lat,{names}\n2020-01-01,116.3,39.9" + "," * min(depth, 20_000) + "\n").encode()
    return "a.csv", b"date,lon,lat,type\n" + b'"' * depth + b"\n2020-01-01,116.3,39.9,theft\n"


def make(rng: random.Random) -> tuple[str, bytes]:
    """One hostile file: its name and its bytes."""
    if rng.random() < 0.08:
        return nested(rng)
    kind = rng.choice(KINDS)
    claimed = kind if rng.random() < 0.93 else rng.choice(KINDS)
    name = f"a.{'zip' if claimed == 'shp.zip' else claimed}"
    return name, mutated(sound(kind, rng), kind, rng)


def _flip(body: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 4, 40])):
        body[rng.randrange(len(body))] = rng.randrange(256)


def _cut(body: bytearray, rng: random.Random) -> None:
    place = rng.randrange(len(body))
    del body[place : place + rng.choice([1, 20, 400, 10_000])]


def _repeat(body: bytearray, rng: random.Random) -> None:
    place = rng.randrange(len(body))
    body[place:place] = body[place : place + 60] * rng.choice([1, 30])


def _insert(body: bytearray, rng: random.Random) -> None:
    place = rng.randrange(len(body))
    body[place:place] = rng.choice(
        [
            b'"',
            b"\n",
            b",",
            b"\x00",
            b"1e999",
            b"nan",
            b"\xff\xfe",
            b"\r",
            "民族".encode(),
            "路".encode("gb18030"),
            b"9" * 400,
        ]
    )


def _huge(body: bytearray, rng: random.Random) -> None:
    place = rng.randrange(len(body))
    body[place:place] = rng.choice([b"x", b"9", b" ", "字".encode()]) * rng.choice([1_000, 200_000])


def _swap_rows(body: bytearray, rng: random.Random) -> None:
    lines = bytes(body).split(b"\n")
    rng.shuffle(lines)
    body[:] = b"\n".join(lines)


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip, _flip, _cut, _cut, _repeat, _insert, _insert, _huge, _swap_rows,
)  # fmt: skip


def _archive(kind: str, points: gpd.GeoDataFrame, table: pd.DataFrame, folder: Path) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        if kind == "shp.zip":
            short = points.rename(columns=dict(zip(points.columns[:-1], "abcdefg", strict=False)))
            short.to_file(folder / "p.shp", encoding="UTF-8")
            for part in folder.glob("p.*"):
                archive.write(part, part.name)
        elif kind == "kmz":
            points.to_file(folder / "doc.kml", driver="KML")
            archive.write(folder / "doc.kml", "doc.kml")
        else:
            archive.writestr("one.csv", table.to_csv(index=False))
            archive.writestr("two.geojson", json.dumps(json.loads(points.to_json())))
    return sink.getvalue()


def _ods(table: pd.DataFrame) -> bytes:
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    rows = [list(table.columns), *table.to_numpy().tolist()]
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(str(v))}</text:p></table:table-cell>'
            for v in row
        )
        + "</table:table-row>"
        for row in rows
    )
    text = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="a">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", text)
    return sink.getvalue()


def outcome(folder: Path, name: str, data: bytes) -> tuple[str, str]:
    """What becomes of one file: `read`, `refused` or `traceback`, and the refusal's key or the exception."""
    from geo.errors import InputError
    from geo.limits import Limits
    from geo.read import read_events
    from geo.taxonomy import read_taxonomy

    path = folder / name
    path.write_bytes(data)
    try:
        reading = read_events([path], taxonomy=read_taxonomy(), limits=Limits(memory_mb=2048, seconds=60))
        report = reading.report
        assert report.rows_read == report.rows_kept + report.rows_rejected
        return "read", ""
    except InputError as error:
        return ("refused", error.key) if str(error).strip() else ("traceback", "no sentence")
    except Exception as error:
        return "traceback", f"{type(error).__name__}: {str(error)[:200]}"
    finally:
        path.unlink()
