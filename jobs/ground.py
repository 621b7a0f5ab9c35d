"""The ground that events stand on: neighborhoods and their people, streets, land; read first, put in force together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.china_datum import declared, from_wgs84
from geo.coverage import union_of
from geo.crs import pick_metric_crs
from geo.errors import InputError
from geo.gazetteer import read_gazetteer
from geo.neighborhoods import finding, read_neighborhoods
from geo.population import join_people
from geo.report import Finding
from geo.schema import GEOGRAPHIC_CRS
from geo.streets import read_land, read_streets
from geo.workspace import Workspace
from jobs.dataset import leaf_units
from jobs.ground_datum import ask_about_ground, datum_of, undo_ground

NAMES = ("neighborhoods", "streets", "land", "gazetteer")


@dataclass(frozen=True)
class Ground:
    """What one file of ground holds: `frames` by the name they are kept under, the `number` of pieces, the findings."""

    name: str
    source: str
    frames: dict[str, gpd.GeoDataFrame]
    number: int
    findings: list[Finding]


def read_grounds(
    workspace: Workspace | None, paths: Mapping[str, Path | None], systems: Mapping[str, str | None] | None = None
) -> list[Ground]:
    """
    Read files of ground; store nothing, since a later file may still be refused.

    Parameters
    ----------
    workspace : Workspace or None
        Gives the neighborhoods and the metric CRS that streets are read with, where `paths` bring none.
    paths : mapping from `neighborhoods`, `population`, `streets`, `land`, `gazetteer` to a file or None
        People are joined to the neighborhoods of the same call, else to those of the workspace.
    systems : mapping from the same names to `GCJ-02` or `BD-09`, optional
        Declared for a file; every other system the file names itself. For polygons that name none and are no degrees
        any system may be declared.
    """
    neighborhoods = workspace.ground("neighborhoods") if workspace else None
    crs = workspace.settings.crs if workspace else None
    before, grounds = neighborhoods, []
    for name in NAMES:
        path = paths.get(name)
        if path is None:
            continue
        require_file(path)
        system = (systems or {}).get(name)
        if name == "gazetteer":
            entries, told = read_gazetteer(path, neighborhoods=neighborhoods, crs=system, metric_crs=crs)
            grounds.append(Ground(name, path.name, {name: entries}, len(entries), told))
            continue
        datum = datum_of(path, system) if name != "neighborhoods" else declared(system)
        ground = _read(name, path, neighborhoods, crs, datum, None if datum else system)
        if datum:
            frames, told = undo_ground(ground.frames, datum, ground.source, crs)
            ground = replace(ground, frames=frames, findings=[*ground.findings, *told])
        if name == "neighborhoods":
            neighborhoods = ground.frames["neighborhoods"]
            crs = crs or pick_metric_crs(tuple(neighborhoods.total_bounds))
        grounds.append(ground)
    asked = _asked(workspace, neighborhoods, grounds)
    people = paths.get("population")
    if people is None:
        return _without_people(before, asked)
    require_file(people)
    return _with_people(neighborhoods, people, asked)


def _with_people(neighborhoods: gpd.GeoDataFrame | None, path: Path, grounds: list[Ground]) -> list[Ground]:
    """The grounds with the people of a file in their neighborhoods, or with the workspace's neighborhoods anew."""
    if neighborhoods is None:
        raise InputError(
            f"{path.name}: there are no neighborhoods yet that people could live in.",
            remedy="Import polygons first, or together: --neighborhoods FILE.",
            key="population.no_units",
            file=path.name,
        )
    joined, findings = join_people(neighborhoods, path)
    number = int(joined[["population", "households"]].notna().any(axis=1).sum())
    read_now = any(ground.name == "neighborhoods" for ground in grounds)
    frames = {} if read_now else {"neighborhoods": joined}
    kept = [replace(g, frames={g.name: joined}) if g.name == "neighborhoods" else g for g in grounds]
    return [*kept, Ground("population", path.name, frames, number, findings)]


def _without_people(before: gpd.GeoDataFrame | None, grounds: list[Ground]) -> list[Ground]:
    """The grounds, with a word where new polygons bring no people and those before them had some."""
    if before is None or not before[["population", "households"]].notna().any(axis=None):
        return grounds
    for ground in grounds:
        if ground.name == "neighborhoods":
            units = ground.frames["neighborhoods"]
            if not units[["population", "households"]].notna().any(axis=None):
                ground.findings.append(finding("neighborhoods.people_lost", 0))
    return grounds


def _asked(workspace: Workspace | None, neighborhoods: gpd.GeoDataFrame | None, grounds: list[Ground]) -> list[Ground]:
    """The files with a question beside the one whose datum seems to be another than its partner's."""
    files = {ground.name: ground.source for ground in grounds if ground.name in ("neighborhoods", "streets")}
    if not files:
        return grounds
    streets = next((ground.frames["streets"] for ground in grounds if ground.name == "streets"), None)
    if streets is None and workspace:
        streets = workspace.ground("streets")
    asked = ask_about_ground(neighborhoods, streets, files)
    if asked is None:
        return grounds
    return [replace(g, findings=[*g.findings, asked[1]]) if g.name == asked[0] else g for g in grounds]


def store_grounds(root: Path, grounds: list[Ground]) -> Workspace:
    """
    Put what was read in force; the first polygons choose the metric CRS.

    Where polygons came in after events, a finding of that file says how many events lie in another unit than before.
    """
    workspace = Workspace.create(root)
    for ground in grounds:
        if ground.name == "neighborhoods" and workspace.imports():
            before = workspace.events()["neighborhood_id"]
            workspace.replace_ground(ground.source, **ground.frames)
            events = workspace.events()
            ground.findings.append(_moved(before, events["neighborhood_id"]))
            nowhere = int((events["lon"].isna() & events["neighborhood_id"].isna()).sum())
            if nowhere:
                ground.findings.append(finding("neighborhoods.nowhere", nowhere))
        elif ground.frames:
            workspace.replace_ground(ground.source, **ground.frames)
        settings = workspace.settings
        if ground.name == "neighborhoods" and settings.crs is None:
            crs = pick_metric_crs(tuple(ground.frames["neighborhoods"].total_bounds))
            workspace.save_settings(settings.model_copy(update={"crs": crs}))
    return workspace


def _moved(before: pd.Series, after: pd.Series) -> Finding:
    """How many events lie in another unit than before, and how many of those in one for the first time or no more."""
    old, new = (units.astype("str").fillna("").to_numpy() for units in (before, after))
    lies, lay = new != "", old != ""
    return finding(
        "neighborhoods.moved", int((old != new).sum()), total=len(old), gained=int((lies & ~lay).sum()),
        lost=int((lay & ~lies).sum()),
    )  # fmt: skip


def import_ground(root: Path, name: str, path: Path, system: str | None = None) -> Ground:
    """Read one file of ground and put it in force."""
    ground = read_grounds(open_or_none(root), {name: path}, {name: system})[0]
    store_grounds(root, [ground])
    return ground


def open_or_none(root: Path) -> Workspace | None:
    """The workspace, or None where the folder is missing or empty: what is read first may still be refused."""
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return None
    return Workspace.open(root)


def require_file(path: Path) -> None:
    """Raise InputError unless there is such a file."""
    if not path.is_file():
        raise InputError(
            f"There is no file {path}.",
            remedy="Check the name and the folder.",
            key="intake.no_file",
            file=str(path),
        )


def _read(
    name: str, path: Path, neighborhoods: gpd.GeoDataFrame | None, crs: str | None, datum: str | None,
    system: str | None,
) -> Ground:  # fmt: skip
    if name == "neighborhoods":
        near = None if neighborhoods is None else tuple(float(value) for value in neighborhoods.total_bounds)
        units, findings = read_neighborhoods(path, crs=system, near=near)  # type: ignore[arg-type]
        return Ground(name, path.name, {name: units}, len(units), findings)
    if name == "land":
        land = read_land(path).to_crs(GEOGRAPHIC_CRS)
        return Ground(name, path.name, {name: land}, len(land), [])
    area = None if neighborhoods is None else union_of(leaf_units(neighborhoods).geometry.to_numpy())
    if area is not None and datum:
        # The file's own datum says which of its streets are near.
        area = shapely.transform(area, lambda at: np.column_stack(from_wgs84(at[:, 0], at[:, 1], datum)))
    streets, land, findings = read_streets(path, crs, within=area)
    frames = {"streets": streets, "land": land} if len(land) else {"streets": streets}
    return Ground(name, path.name, frames, len(streets), findings)
