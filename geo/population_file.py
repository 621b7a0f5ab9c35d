"""A file about people of places, of any kind → rows with their numbers, and the ground of each where it has one."""

import re
import unicodedata
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import headers
from geo.errors import InputError
from geo.headers import has_phrase, normal
from geo.limits import STANDARD, Limits
from geo.locate import name_key
from geo.neighborhoods import finding, in_degrees, text_of
from geo.persons import mask
from geo.report import Finding
from geo.sniff import sniff
from geo.tables import read_tables
from geo.vector import AREAS, POINTS, read_vector

TABLES = ("text", "xlsx", "xls", "ods", "parquet", "json", "gpkg", "kml", "fgb", "shp", "zip")
MAPS = ("json", "gpkg", "kml", "fgb", "shp")
MEASURES = ("population", "households")
PHRASES = {
    "population": (*headers.POPULATION, "people", "number of people", "人数", "人數", "居民数", "居民人数", "人口总数"),
    "households": (*headers.HOUSEHOLDS, "number of households", "户口数", "总户口数", "戶口數"),
}  # fmt: skip
# What makes a number of people another number.
OTHER = re.compile(
    r"\b(density|per|percent\w*|pct|perc?h|rate|share|change|growth|proportion|ratio|average|avg|mean|size|under|over|aged?|index)\b"
    r"|密度|比例|率|增长|增加|变化|平均|每|岁|占比"
)
MEN, WOMEN = re.compile(r"\b(male|males|men|m)\b|男"), re.compile(r"\b(female|females|women|f)\b|女")
TOTALS = frozenset(
    name_key(word)
    for word in (
        "total", "totals", "all", "sum", "overall", "grand total", "subtotal", "both sexes", "all ages", "合计", "合計",
        "总计", "總計", "小计", "小計", "总数", "全部", "全市", "全区", "共计", "总和",
    )
)  # fmt: skip
READ = 0.5  # of the filled cells: so many numbers make a column of numbers


@dataclass(eq=False)
class PeopleFile:
    """
    Rows about people of places.

    `cells` holds the columns that are no measure, as text, None where blank; `numbers` the measures found, NaN where
    unknown; `sources` which column each came from. `shapes` are the rows' polygons or points in EPSG:4326, or None.
    """

    name: str
    cells: pd.DataFrame
    lines: np.ndarray
    numbers: dict[str, np.ndarray]
    sources: dict[str, str]
    shapes: np.ndarray | None
    findings: list[Finding] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def rows(self, keep: np.ndarray) -> "PeopleFile":
        """The rows of a mask."""
        return replace(
            self, cells=self.cells[keep].reset_index(drop=True), lines=self.lines[keep],
            numbers={name: values[keep] for name, values in self.numbers.items()},
            shapes=None if self.shapes is None else self.shapes[keep],
        )  # fmt: skip

    def tell(self, code: str, rows: np.ndarray, **facts: object) -> None:
        """Note a finding over a mask of rows; none where the mask is empty."""
        if rows.any():
            first = int(self.lines[np.flatnonzero(rows)[0]])
            self.findings.append(finding(code, int(rows.sum()), row=first, **facts))


def read_people(
    path: Path, *, limits: Limits = STANDARD, crs: str | None = None,
    near: tuple[float, float, float, float] | None = None,
) -> PeopleFile:  # fmt: skip
    """
    Read a table, a map of points or a map of polygons with people or households.

    Parameters
    ----------
    path : Path
        Any kind that events or polygons come in.
    limits : Limits
    crs, near
        As for `geo.neighborhoods.read_neighborhoods`.

    Raises
    ------
    InputError
        If it cannot be read, or has no column of people or households.
    """
    path = Path(path)
    what = sniff(path, TABLES)
    findings: list[Finding] = []
    if what.kind in MAPS or (what.kind == "zip" and _holds_shapes(path)):
        frame, _, _ = read_vector(path, what, AREAS + POINTS)
        shapes = None
        if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.notna().any():
            shapes = _shapes(in_degrees(frame, path, findings, crs, near))
            frame = frame.drop(columns=frame.geometry.name)
        cells = pd.DataFrame({str(name): text_of(frame[name]).to_numpy(dtype=object) for name in frame.columns})
        lines = np.arange(1, len(cells) + 1)
    else:
        table = _best_table(path, limits)
        columns = table.columns.values()
        cells = pd.DataFrame({column.name: column.take(column.texts, None) for column in columns})
        lines, shapes = table.lines, None
        if table.point_x is not None and table.point_y is not None:
            points = gpd.GeoSeries(gpd.points_from_xy(table.point_x, table.point_y), crs=table.crs or None)
            shapes = _shapes(in_degrees(gpd.GeoDataFrame(geometry=points), path, findings, crs, near))
    sources = _measures(cells)
    if not sources:
        raise no_column(path.name, list(cells.columns))
    file = PeopleFile(path.name, cells, np.asarray(lines), {}, {}, shapes, findings)
    for measure, columns_of in sources.items():
        values = np.zeros(len(cells))
        for column in columns_of:
            values = values + _read_numbers(file, column)
        file.numbers[measure], file.sources[measure] = values, " + ".join(columns_of)
    file.cells = cells.drop(columns=[column for columns_of in sources.values() for column in columns_of])
    if file.shapes is None:
        file.shapes = _points_of(file, path, crs, near)
    return _each_once(file)


def no_column(name: str, columns: list[str]) -> InputError:
    """The error of a file that has no numbers of people."""
    found = ", ".join(columns[:20]) or "-"
    return InputError(
        f"{name}: no column of people or households among {found}.",
        remedy="Call it `population` or `households`, one number a row.",
        key="population.no_column", file=name, columns=found,
    )  # fmt: skip


def is_total(texts: pd.Series) -> np.ndarray:
    """Which texts say that a row is a sum of others."""
    known = {text: name_key(text) in TOTALS for text in texts.dropna().unique()}
    return texts.map(known).fillna(False).to_numpy(dtype=bool)


def parse_people(texts: pd.Series) -> np.ndarray:
    """Texts as numbers of people, NaN where they are none: `1,234`, `1 234`, `１２３４`, `1234人`, `1.2万`."""
    known = {text: _number(text) for text in texts.dropna().unique()}
    return texts.map(known).to_numpy(dtype=float)


def _number(text: str) -> float:
    tidy = re.sub(r"[\s,'’\u00a0]|[人户戶口]$", "", unicodedata.normalize("NFKC", str(text)))
    found = re.fullmatch(r"([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(万|萬)?", tidy)
    if found is None:
        return float("nan")
    value = float(found[1]) * (10_000 if found[2] else 1)
    return value if np.isfinite(value) else float("nan")


def _holds_shapes(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(name.lower().endswith(".shp") for name in archive.namelist())


def _best_table(path: Path, limits: Limits):  # type: ignore[no-untyped-def]
    tables = read_tables(path, limits=limits)
    return max(tables, key=lambda table: any(_says(normal(c), m) for c in table.columns for m in MEASURES))


def _shapes(frame: gpd.GeoDataFrame) -> np.ndarray:
    shapes = np.asarray(frame.geometry.to_numpy())
    broken = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    if broken.any():
        shapes = shapes.copy()
        shapes[broken] = [shapely.make_valid(shape, method="structure") for shape in shapes[broken]]
    return shapes


def _measures(cells: pd.DataFrame) -> dict[str, list[str]]:
    """The columns of people and of households: one each, or those of men and of women where there is no other."""
    found: dict[str, list[str]] = {}
    for measure in MEASURES:
        scores: dict[str, float] = {}
        for column in cells.columns:
            words = normal(column)
            says = _says(words, measure)
            taken = [name for names in found.values() for name in names]
            if says and column not in taken and _numeric_share(cells[column]) >= READ:
                years = [int(part) for part in words.split() if part.isdigit() and 1900 <= int(part) <= 2100]
                scores[column] = says + max(years, default=0) / 10_000
        whole = {c: score for c, score in scores.items() if not MEN.search(normal(c)) and not WOMEN.search(normal(c))}
        if whole:
            found[measure] = [max(whole, key=lambda c: whole[c])]
        elif len(scores) == 2 and any(WOMEN.search(normal(c)) for c in scores):
            found[measure] = list(scores)
    if not found:
        # The file was handed over as one of people: where it has one column of numbers, that is them.
        other = (*headers.AREA_ID, *headers.YEAR, *headers.LON, *headers.LAT, *headers.X, *headers.Y)
        single = [
            c for c in cells.columns
            if _numeric_share(cells[c]) >= 0.9 and has_phrase(normal(c), other) < 2 and not OTHER.search(normal(c))
        ]  # fmt: skip
        if len(single) == 1:
            found["population"] = single
    return found


def _says(words: str, measure: str) -> int:
    return 0 if OTHER.search(words) else has_phrase(words, PHRASES[measure])


def _numeric_share(texts: pd.Series) -> float:
    filled = texts.dropna()
    return float(np.isfinite(parse_people(filled)).mean()) if len(filled) else 0.0


def _read_numbers(file: PeopleFile, column: str) -> np.ndarray:
    """The numbers of one column; what is below zero or no number is unknown, and told."""
    texts = file.cells[column]
    values = parse_people(texts)
    negative = values < 0
    unreadable = texts.notna().to_numpy() & np.isnan(values)
    for code, rows in (("population.negative", negative), ("population.unreadable", unreadable)):
        if rows.any():
            file.tell(code, rows, column=column, value=mask(str(texts[rows].iloc[0]))[:20])
    return np.where(negative, np.nan, values)


def _points_of(
    file: PeopleFile, path: Path, crs: str | None, near: tuple[float, float, float, float] | None
) -> np.ndarray | None:
    """Points from columns of coordinates."""
    words = {column: normal(column) for column in file.cells.columns}
    for east, north in ((headers.LON, headers.LAT), (headers.X, headers.Y)):
        pair = [max(words, key=lambda c, p=phrases: has_phrase(words[c], p), default="") for phrases in (east, north)]  # type: ignore[misc]
        if not all(name and has_phrase(words[name], p) >= 2 for name, p in zip(pair, (east, north), strict=True)):
            continue
        x, y = (pd.to_numeric(file.cells[name], errors="coerce").to_numpy(dtype=float) for name in pair)
        if not (np.isfinite(x) & np.isfinite(y)).any() or pair[0] == pair[1]:
            continue
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y))
        points.loc[~(np.isfinite(x) & np.isfinite(y)), "geometry"] = None
        there = in_degrees(points, path, file.findings, crs, near)
        # Columns called longitude and latitude need no word that they are degrees.
        file.findings[:] = [one for one in file.findings if one.code != "neighborhoods.crs_assumed"]
        return np.asarray(there.geometry.to_numpy())
    return None


def _each_once(file: PeopleFile) -> PeopleFile:
    """Rows that repeat others in every cell left out; of several years the latest."""
    whole = file.cells.assign(**{f"#{name}": values for name, values in file.numbers.items()})
    if file.shapes is not None:
        whole["#shape"] = pd.Series(shapely.to_wkb(file.shapes))
    repeats = whole.duplicated().to_numpy()
    file.tell("population.repeats", repeats)
    file = file.rows(~repeats)
    for column in file.cells.columns:
        texts = file.cells[column]
        if has_phrase(normal(column), headers.YEAR) >= 2 and len(texts.dropna().unique()) > 1:
            years = pd.to_numeric(texts.str.extract(r"((?:19|20)\d\d)")[0], errors="coerce").to_numpy(dtype=float)
            if np.isfinite(years).all():
                latest = int(years.max())
                file.findings.append(finding("population.latest", 0, column=column, year=latest))
                file = file.rows(years == latest)
    return file
