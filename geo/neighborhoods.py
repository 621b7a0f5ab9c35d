"""Polygons of any map file → neighborhoods with canonical columns, mended where broken, and told."""

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.area_columns import alias_columns, guess_area_columns, parts_column
from geo.coverage import HECTARE, TOLD, measure_coverage, measure_of
from geo.crs import require_crs
from geo.errors import InputError
from geo.locate import leaf_neighborhoods, name_key
from geo.nesting import nest
from geo.plausible_systems import plausible_systems
from geo.report import Finding
from geo.schema import GEOGRAPHIC_CRS, NEIGHBORHOOD_COLUMNS
from geo.sniff import sniff
from geo.vector import AREAS, crs_name, read_vector

CHANGED = 0.01  # of a polygon's area: what mending changed by more is named
NAMED = 5  # units or keys that a sentence names


def read_neighborhoods(
    path: Path, *, crs: str | None = None, near: tuple[float, float, float, float] | None = None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """
    Read polygons from GeoJSON (also gzipped), GPKG, KML, FlatGeobuf, or a shapefile, plain or zipped.

    Parameters
    ----------
    path : Path
    crs : str, optional
        The system of the coordinates, used where the file names none and they are no degrees.
    near : (west, south, east, north) in degrees, optional
        Where the polygons are to be expected; it helps to say which systems a file without one may be in.

    Returns
    -------
    neighborhoods : GeoDataFrame
        `geo.schema.NEIGHBORHOOD_COLUMNS` in EPSG:4326, in the file's order; ids are distinct text.
    findings : list of Finding
        What was assumed, mended or left out.

    Raises
    ------
    InputError
        If the file cannot be read, holds no polygons, its coordinates are no degrees and no system is named, its
        polygons cross the meridian of 180°, or units stand above each other in a circle.
    """
    path = Path(path)
    frame, layer, others = read_vector(path, sniff(path, ("json", "gpkg", "zip", "shp", "kml", "fgb")), AREAS)
    findings: list[Finding] = []
    if others:
        findings.append(finding("neighborhoods.layers", len(others), layer=layer, others=", ".join(others)))
    frame = _polygons_only(frame, path, findings)
    frame = in_degrees(frame, path, findings, crs, near)
    columns = guess_area_columns(frame)
    frame = _mended(frame, findings, columns.get("name"))
    frame = _once(frame, findings, columns)
    named = _named(frame, columns, findings)
    named, nested = nest(named)
    findings.extend(nested)
    findings.insert(
        0, finding("neighborhoods.columns", len(named), columns=", ".join(f"{c} ← {s}" for c, s in columns.items()))
    )
    findings.extend(_coverage(named))
    return named, findings


def clean_names(names: pd.Series) -> pd.Series:
    """Names as people write them: blanks for underscores, a dash for `--`, no names all in capitals."""
    text = names.fillna("").astype(str).str.replace("_", " ").str.replace("--", "–").str.split().str.join(" ")
    shouting = text.str.isupper() & (text.str.len() > 3) & text.str.contains(r"[A-Z]{3}", regex=True)
    return text.where(~shouting, text.str.title().str.replace(r"(?<=['’])S\b", "s", regex=True))


def _polygons_only(frame: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> gpd.GeoDataFrame:
    geometry = frame.geometry.to_numpy() if isinstance(frame, gpd.GeoDataFrame) else np.full(len(frame), None)
    is_area = (
        np.isin(shapely.get_type_id(geometry), [3, 6, 7]) & ~shapely.is_empty(geometry) & ~shapely.is_missing(geometry)
    )
    if not is_area.any():
        kinds = sorted({g.geom_type for g in geometry[:1000] if g is not None})
        raise InputError(
            f"{path.name}: the file holds no polygons (found: {', '.join(kinds) or 'no geometry'}).",
            remedy="Neighborhoods are polygons; points come in with `import FILE`, streets with `--streets`.",
            key="neighborhoods.none", file=path.name, found=", ".join(kinds) or "-",
        )  # fmt: skip
    if not is_area.all():
        rows = np.flatnonzero(~is_area)
        findings.append(finding("neighborhoods.not_polygon", len(rows), row=int(rows[0]) + 1))
    return frame[is_area].reset_index(drop=True)


def in_degrees(
    frame: gpd.GeoDataFrame, path: Path, findings: list[Finding], crs: str | None,
    near: tuple[float, float, float, float] | None,
) -> gpd.GeoDataFrame:  # fmt: skip
    """The frame in EPSG:4326, told where that was not its own; InputError where its system cannot be known."""
    west, south, east, north = frame.total_bounds
    degrees = west >= -180 and east <= 180 and south >= -90 and north <= 90
    unknown = (frame.crs is None or frame.crs.is_geographic) and not degrees
    if crs is not None and not unknown:
        own = crs_name(frame) or GEOGRAPHIC_CRS
        raise InputError(
            f"{crs} cannot be declared for {path.name}: the file itself is in {own[:60]}.",
            remedy="Leave the declaration out, or save the file with the system it is in.",
            key="neighborhoods.crs_own", file=path.name, crs=crs[:60], own=own[:60],
        )  # fmt: skip
    if unknown:
        if west >= -360 and east <= 360 and south >= -90 and north <= 90:
            raise _at_the_meridian(path, west, east)
        if crs is None:
            likely = plausible_systems((west, south, east, north), near)
            raise InputError(
                f"{path.name}: coordinates such as {west:.0f}, {south:.0f} are no degrees, and the file names no other "
                f"reference system. It may be: {likely or 'none that is known'}.",
                remedy="Export it in EPSG:4326 or as GPKG, which carries its system, or name the system with "
                "--neighborhoods-crs.",
                key="neighborhoods.no_crs", file=path.name, x=f"{west:.0f}", y=f"{south:.0f}", likely=likely or "–",
            )  # fmt: skip
        frame = frame.set_crs(require_crs(crs), allow_override=True)
    elif frame.crs is None:
        findings.append(finding("neighborhoods.crs_assumed", len(frame)))
        frame = frame.set_crs(GEOGRAPHIC_CRS)
    name = crs_name(frame) or ""
    if name != GEOGRAPHIC_CRS:
        findings.append(finding("neighborhoods.crs", len(frame), crs=name[:60]))
        frame = frame.to_crs(GEOGRAPHIC_CRS)
    bounds = frame.total_bounds
    if not np.isfinite(bounds).all():
        raise InputError(
            f"{path.name}: {name} puts its coordinates, such as {west:.0f}, {south:.0f}, nowhere on earth.",
            remedy="Check the file's reference system, or name another with --neighborhoods-crs.",
            key="neighborhoods.crs_nowhere", file=path.name, crs=name[:60], x=f"{west:.0f}", y=f"{south:.0f}",
        )  # fmt: skip
    if bounds[2] - bounds[0] > 180:
        raise _at_the_meridian(path, bounds[0], bounds[2])
    return frame


def _at_the_meridian(path: Path, west: float, east: float) -> InputError:
    return InputError(
        f"{path.name}: the polygons reach from {west:.1f}° to {east:.1f}° of longitude, so they lie on both sides of "
        "the meridian of 180°, where distances and areas cannot be measured in one piece.",
        remedy="Export the units of one side only.",
        key="neighborhoods.meridian", file=path.name, west=f"{west:.1f}", east=f"{east:.1f}",
    )  # fmt: skip


def _mended(frame: gpd.GeoDataFrame, findings: list[Finding], name: str | None) -> gpd.GeoDataFrame:
    """Broken polygons mended, told by name with what that changed; those of which no area is left are left out."""
    geometry = frame.geometry.to_numpy().copy()
    broken = ~shapely.is_valid(geometry) | (shapely.get_type_id(geometry) == 7)
    if not broken.any():
        return frame
    rows = np.flatnonzero(broken)
    whole = [_areas_of(shapely.make_valid(shape, method="structure")) for shape in geometry[broken]]
    # As areas on the ground; a shape as it was drawn has one even where it crosses itself.
    ground = measure_of(frame)
    before, after = ground(geometry[broken])[0], ground(np.array(whole, dtype=object))[0]
    geometry[broken] = whole
    names = _names_of(frame, name)
    share = np.abs(after - before) / np.maximum(np.maximum(before, after), 1e-9)
    gone = shapely.is_empty(geometry[broken]) | (after == 0)
    findings.append(finding(
        "neighborhoods.mended", len(rows), row=int(rows[0]) + 1, names=listed(names[rows]),
        hectares=float(np.abs(after - before).sum()) / HECTARE, share=float(share.max()),
    ))  # fmt: skip
    much = np.flatnonzero((share > CHANGED) & ~gone)
    if len(much):
        much = much[np.argsort(-share[much], kind="stable")]
        worst = much[0]
        findings.append(finding(
            "neighborhoods.mended_much", len(much), row=int(rows[worst]) + 1, names=listed(names[rows[much]]),
            share=float(share[worst]), before=float(before[worst]) / HECTARE, after=float(after[worst]) / HECTARE,
        ))  # fmt: skip
    if gone.any():
        lost = rows[gone]
        findings.append(finding("neighborhoods.no_area", len(lost), row=int(lost[0]) + 1, names=listed(names[lost])))
    frame = frame.set_geometry(gpd.GeoSeries(geometry, crs=frame.crs))
    keep = np.ones(len(frame), bool)
    keep[rows[gone]] = False
    return frame[keep].reset_index(drop=True)


def _once(frame: gpd.GeoDataFrame, findings: list[Finding], columns: dict[str, str]) -> gpd.GeoDataFrame:
    """Each unit in one row: what is given twice is left out, and the parts of one unit are joined."""
    if "name" not in columns:
        return frame
    names = _names_of(frame, columns["name"])
    ids = frame[columns["neighborhood_id"]].astype(str) if "neighborhood_id" in columns else pd.Series(names)
    shapes = pd.Series(shapely.to_wkb(shapely.normalize(frame.geometry.to_numpy())))
    repeats = pd.DataFrame({"id": ids.to_numpy(), "name": names, "shape": shapes}).duplicated().to_numpy()
    if repeats.any():
        rows = np.flatnonzero(repeats)
        findings.append(finding("neighborhoods.twice", len(rows), row=int(rows[0]) + 1, names=listed(names[rows])))
        frame = frame[~repeats].reset_index(drop=True)
    column = parts_column(frame, columns)
    if column is None:
        return frame
    many = frame[column].duplicated(keep=False).to_numpy()
    findings.append(finding(
        "neighborhoods.parts", int(frame.loc[many, column].nunique()), row=int(np.flatnonzero(many)[0]) + 1,
        column=column, rows=int(many.sum()),
    ))  # fmt: skip
    columns["neighborhood_id"] = column
    people = [columns[name] for name in ("population", "households") if name in columns]
    numbers = {name: pd.to_numeric(frame[name], errors="coerce") for name in people}
    joined = frame.dissolve(by=column, sort=False, aggfunc="first").reset_index()[list(frame.columns)]
    for name, values in numbers.items():
        groups = values.groupby(frame[column], sort=False)
        # One figure on each part is the unit's; different figures are the parts'.
        joined[name] = groups.sum(min_count=1).where(groups.min() != groups.max(), groups.first()).to_numpy()
    return joined


def _names_of(frame: gpd.GeoDataFrame, name: str | None) -> np.ndarray:
    if name is None:
        return np.array([str(i) for i in range(1, len(frame) + 1)], dtype=object)
    return np.asarray(clean_names(frame[name]).to_numpy(dtype=object))


def listed(names: np.ndarray) -> str:
    """The first names, for a sentence."""
    return ", ".join(str(name) for name in names[:NAMED]) + (" …" if len(names) > NAMED else "")


def _areas_of(shape: shapely.Geometry) -> shapely.Geometry:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.from_wkt("POLYGON EMPTY")


def _named(frame: gpd.GeoDataFrame, columns: dict[str, str], findings: list[Finding]) -> gpd.GeoDataFrame:
    n = len(frame)
    numbers = pd.Series([str(i) for i in range(1, n + 1)])

    def text(canonical: str) -> pd.Series | None:
        return text_of(frame[columns[canonical]]) if canonical in columns else None

    source_name = text("name")
    name = clean_names(source_name if source_name is not None else numbers)
    name = name.where(name != "", numbers)
    parent = text("parent_id")
    ids = text("neighborhood_id")
    if ids is None:
        ids = name if name.is_unique or parent is None else parent.fillna("").astype(str) + "/" + name
    ids = ids.fillna("").astype(str)
    repeats = ids.groupby(ids).cumcount()
    if (repeats > 0).any():
        findings.append(
            finding("neighborhoods.same_id", int((repeats > 0).sum()), row=int(np.flatnonzero(repeats > 0)[0]) + 1)
        )
        ids = ids.where(repeats == 0, ids + "-" + (repeats + 1).astype(str))
    english = text("name_en")
    others = [text_of(frame[c]) for c in alias_columns(frame, columns)]
    result = gpd.GeoDataFrame(
        {
            "neighborhood_id": ids.to_numpy(),
            "name": name.to_numpy(),
            "name_en": (clean_names(english) if english is not None else pd.Series([""] * n)).to_numpy(),
            "population": _people(frame, columns.get("population"), findings, "population"),
            "households": _people(frame, columns.get("households"), findings, "households"),
            "parent_id": _parents(parent, ids, name, n),
            "aliases": _aliases(others, name, n),
        },
        geometry=frame.geometry.to_numpy(), crs=frame.crs,
    )  # fmt: skip
    return result[list(NEIGHBORHOOD_COLUMNS)]


def text_of(values: pd.Series) -> pd.Series:
    """The cells as text, whole numbers without a decimal point, None where they are empty."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype("string").astype(object).where(values.notna().to_numpy(), None)


def _aliases(columns: list[pd.Series], name: pd.Series, n: int) -> np.ndarray:
    """Other names of each unit, joined by `;`, without its own name in another dress."""
    if not columns:
        return np.full(n, "", dtype=object)
    told = []
    for cells, own in zip(zip(*columns, strict=True), name, strict=True):
        found: dict[str, str] = {}
        for part in (part for cell in cells if cell for part in re.split(r"[;；、/|]", str(cell))):
            found.setdefault(name_key(part), part.strip())
        told.append(";".join(part for key, part in found.items() if key and key != name_key(own)))
    return np.array(told, dtype=object)


def _people(frame: gpd.GeoDataFrame, column: str | None, findings: list[Finding], name: str) -> np.ndarray:
    if column is None:
        return np.full(len(frame), np.nan)
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
    wrong = ~(values >= 0)
    if not values[~wrong].sum() and not wrong.all():
        findings.append(finding("neighborhoods.people_sum_nothing", len(frame), column=column))
        return np.full(len(frame), np.nan)
    if wrong.any():
        findings.append(
            finding("neighborhoods.no_people", int(wrong.sum()), row=int(np.flatnonzero(wrong)[0]) + 1, column=name)
        )
    return np.where(wrong, np.nan, values)


def _parents(parent: pd.Series | None, ids: pd.Series, name: pd.Series, n: int) -> np.ndarray:
    """Parents by id; a name that is some row's name becomes its id, any other stays as it is written."""
    if parent is None:
        return np.full(n, None, dtype=object)
    by_name = dict(zip(name, ids, strict=True))
    known = set(ids)
    found = [
        None if p is None or str(p) == "" else (str(p) if str(p) in known else by_name.get(str(p), str(p)))
        for p in parent
    ]
    return np.array([None if p == unit else p for p, unit in zip(found, ids, strict=True)], dtype=object)


def _coverage(named: gpd.GeoDataFrame) -> list[Finding]:
    """What of the ground lies in two leaves, and what in none: events there go astray."""
    leaves = leaf_neighborhoods(named)
    if len(leaves) < 2:
        return []
    place = np.flatnonzero(named["neighborhood_id"].isin(leaves["neighborhood_id"]))
    found = measure_coverage(leaves)
    name = leaves["name"].to_numpy(dtype=object)
    told = []
    if len(found.overlapping):
        one, other = found.pair
        told.append(finding(
            "neighborhoods.overlap", len(found.overlapping), row=int(place[found.overlapping[0]]) + 1,
            share=found.overlap, hectares=found.overlap_ha, one=name[one], other=name[other],
            pair_hectares=found.pair_ha, pair_share=found.pair_share,
        ))  # fmt: skip
    if found.slivers and (found.overlap >= TOLD or len(found.overlapping)):
        told.append(finding("neighborhoods.slivers", found.slivers, hectares=found.slivers_ha))
    if found.gaps >= TOLD:
        told.append(finding(
            "neighborhoods.gaps", found.holes, share=found.gaps, hectares=found.gaps_ha, slivers=found.gap_slivers
        ))  # fmt: skip
    return told


def finding(code: str, n: int, *, row: int = 0, **facts: object) -> Finding:
    """A finding over n rows, of which `row` is the first."""
    return Finding(code, n, row, {"n": n, "row": row, **facts})
