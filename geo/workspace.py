"""
The workspace: what is kept, how, and the log of who took what.

A folder of immutable Parquet files, one an import, and a small database whose rows say which of them count. An import
takes effect when its row is committed; a file that no row names is ignored and swept. A power cut at any moment leaves
the state before or the state after.
"""

import getpass
import hashlib
import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely
from pandas.api.types import union_categoricals
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from geo import database
from geo.corrections import keep_newest, unknown_rows
from geo.errors import InputError
from geo.files import digest_of, flush_folder, write_text_whole, write_whole
from geo.locate import assign_neighborhoods, match_names
from geo.point_precision import says_nothing
from geo.schema import EVENT_COLUMNS, GEOGRAPHIC_CRS, STREET_DEFAULTS
from geo.settings import SETTINGS_FILE, Settings, read_settings, settings_text
from geo.taxonomy import DEFAULT_TAXONOMY, Taxonomy, read_taxonomy

GROUNDS = ("neighborhoods", "streets", "land", "gazetteer")
ASKED = GROUNDS[:3]  # what answers rest on; a gazetteer only places rows while they come in
# Beside the events' columns a file keeps the name of the unit that a row without a point named: ids may change.
UNIT_NAME = "unit_name"
# Two writers may take the same number; the later one then takes the next.
TRIES = 20


@dataclass(frozen=True)
class Imported:
    """What one import brought: its id (None if every row was known), the rows added and the rows known before."""

    import_id: str | None
    events_added: int
    rows_known: int


class Workspace:
    """One workspace on disk. Use `Workspace.open` or `Workspace.create`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.engine = database.open_database(root)
        self._finish_interrupted()

    @classmethod
    def open(cls, root: Path) -> "Workspace":
        """
        Open a workspace that exists.

        Raises
        ------
        InputError
            If there is no folder, or the folder is no workspace.
        """
        if not (root / SETTINGS_FILE).exists():
            raise _not_a_workspace(root)
        try:
            return cls(root)
        except DatabaseError as error:
            raise _not_a_workspace(root) from error

    @classmethod
    def create(cls, root: Path, settings: Settings | None = None) -> "Workspace":
        """Open the workspace, making it first where the folder is missing or empty."""
        if (root / SETTINGS_FILE).exists():
            return cls.open(root)
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise _not_a_workspace(root)
        (root / "events").mkdir(parents=True, exist_ok=True)
        workspace_settings = settings or Settings()
        write_text_whole(root / SETTINGS_FILE, settings_text(workspace_settings))
        return cls(root)

    # --- settings and words ---------------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The settings as they stand in `walkwatch.toml` now."""
        return read_settings(self.root)

    def save_settings(self, settings: Settings) -> None:
        """Write the settings, keeping the file's comments."""
        path = self.root / SETTINGS_FILE
        previous = path.read_text(encoding="utf-8") if path.exists() else ""
        write_text_whole(path, settings_text(settings, previous))

    def taxonomy(self) -> Taxonomy:
        """The workspace's own taxonomy where it keeps one, else the program's."""
        own = self.root / "taxonomy.toml"
        return read_taxonomy(own if own.exists() else DEFAULT_TAXONOMY)

    # --- events ---------------------------------------------------------------------------------------------------

    def events(self) -> pd.DataFrame:
        """
        All events in force, with their neighborhood by the polygons in force.

        Returns
        -------
        DataFrame
            The columns of `geo.schema.EVENT_COLUMNS`, one row an event record, newest version of each id. Ordered by
            import, then line.
        """
        rows = self._import_rows()
        if not rows:
            return empty_events(self.settings.timezone or "UTC")
        version = self.version("neighborhoods")
        stale = any(row.neighborhoods_version != version for row in rows)
        neighborhoods = self.ground("neighborhoods") if stale else None
        frames = []
        for row in rows:
            frame = self._read_events(row.file)
            if row.neighborhoods_version != version:
                frame["neighborhood_id"] = _placed(frame, neighborhoods, self._unit_names(row.file))
            frames.append(frame)
        frames = keep_newest(frames)
        return _joined(frames, self.settings.timezone)

    def known_counts(self, events: pd.DataFrame) -> int:
        """How many of these rows an import brought already."""
        return len(events) - int(unknown_rows(events, self._stored_frames()).sum())

    def add_events(
        self,
        events: pd.DataFrame,
        source: str,
        report: dict[str, Any],
        span: tuple[str | None, str | None] = (None, None),
    ) -> Imported:
        """
        Store the rows that no import brought yet, as one import.

        A row is known when its id and its content are stored, even if a correction came later; a row of a known id with
        other content brings all rows of that id anew, and the older ones are superseded. `span` is what the list of
        imports shows: first and last day.
        """
        for _ in range(TRIES):
            in_force = [row.import_id for row in self._import_rows()]
            new = events[unknown_rows(events, self._stored_frames())]
            known = len(events) - len(new)
            if new.empty:
                return Imported(None, 0, known)
            stored = new.assign(neighborhood_id=self._place(new))
            content = pd.util.hash_pandas_object(stored["event_id"], index=False).to_numpy().tobytes()
            number = self._next_number(database.imports)
            import_id = f"{number:04d}-{hashlib.sha256(content).hexdigest()[:8]}"
            try:
                self._store(stored.assign(import_id=import_id), import_id, number, source, span, report, in_force)
            except (IntegrityError, _Overtaken):
                continue
            self.log("import", import_id=import_id, source=source, events=len(stored))
            return Imported(import_id, len(stored), known)
        raise RuntimeError("no import number could be had")

    def _store(
        self,
        events: pd.DataFrame,
        import_id: str,
        number: int,
        source: str,
        span: tuple[str | None, str | None],
        report: dict[str, Any],
        in_force: list[str],
    ) -> None:
        """Write the file, then the row that makes it count, unless other imports came into force meanwhile."""
        file = f"{import_id}.parquet"
        names = _unit_names(events, self.ground("neighborhoods"))
        write_whole(self.root / "events" / file, lambda path: _write_events(events, path, names))
        row = insert(database.imports).values(
            number=number,
            import_id=import_id,
            at=_now(),
            source=source,
            file=file,
            events=len(events),
            span_start=span[0],
            span_end=span[1],
            neighborhoods_version=self.version("neighborhoods"),
            report=report,
        )
        with self.engine.begin() as connection:
            # The insert takes the one write lock; what is in force can change no more until the commit.
            connection.execute(row)
            now = [other.import_id for other in connection.execute(_in_force()) if other.import_id != import_id]
            if now != in_force:
                raise _Overtaken

    def imports(self) -> list[dict[str, Any]]:
        """The imports in force, oldest first: `import_id`, `source`, `events`, `span`, `at`, `report`."""
        return [
            {
                "import_id": row.import_id,
                "source": row.source,
                "events": row.events,
                "span": [row.span_start, row.span_end],
                "at": row.at.replace(tzinfo=UTC).isoformat(),
                "report": row.report,
            }
            for row in self._import_rows()
        ]

    def undo_import(self, import_id: str) -> int:
        """
        Take one import back; versions that it superseded are in force again.

        Returns
        -------
        int
            The rows taken back.

        Raises
        ------
        InputError
            If no import in force has that id.
        """
        rows = {row.import_id: row for row in self._import_rows()}
        if import_id not in rows:
            known = ", ".join(rows) or "none"
            raise InputError(
                f"There is no import {import_id!r}.",
                remedy=f"The imports in force are: {known}.",
                key="workspace.no_import",
                import_id=import_id,
                known=known,
            )
        with self.engine.begin() as connection:
            connection.execute(
                update(database.imports).where(database.imports.c.import_id == import_id).values(undone_at=_now())
            )
        (self.root / "events" / rows[import_id].file).unlink(missing_ok=True)
        self.log("undo", import_id=import_id, events=rows[import_id].events)
        return int(rows[import_id].events)

    # --- ground ---------------------------------------------------------------------------------------------------

    def ground(self, name: str) -> gpd.GeoDataFrame | None:
        """The neighborhoods, streets, land or gazetteer in force (EPSG:4326), or None."""
        path = self.root / f"{name}.parquet"
        if not path.exists():
            return None
        frame = gpd.read_parquet(path)
        if name == "neighborhoods" and "aliases" not in frame:
            frame.insert(frame.columns.get_loc("geometry"), "aliases", "")  # kept before units had other names
        if name == "streets":
            for column, value in STREET_DEFAULTS.items():
                if column not in frame:
                    frame.insert(frame.columns.get_loc("geometry"), column, value)
        return frame

    def version(self, name: str) -> str | None:
        """The version in force of neighborhoods, streets, land or gazetteer."""
        query = (
            select(database.grounds.c.version)
            .where(database.grounds.c.name == name)
            .order_by(database.grounds.c.number.desc())
        )
        with self.engine.connect() as connection:
            return connection.execute(query.limit(1)).scalar()

    def replace_ground(self, source: str, **frames: gpd.GeoDataFrame) -> None:
        """
        Put new neighborhoods, streets or land in force, all of the call together.

        The files are staged, one transaction names them, then they are renamed; opening the workspace finishes what a
        crash in between left.
        """
        versions = {}
        for name, frame in frames.items():
            staged = self.root / f".{name}.staged.parquet"
            frame.to_parquet(staged, compression="zstd")
            versions[name] = digest_of(staged)[:16]
            staged.rename(self._staged(name, versions[name]))
        flush_folder(self.root)
        with self.engine.begin() as connection:
            for name, version in versions.items():
                connection.execute(
                    insert(database.grounds).values(name=name, version=version, source=source, at=_now())
                )
        self._finish_interrupted()
        self.log("ground", source=source, names=list(frames))

    # --- computed answers and the log -------------------------------------------------------------------------------

    @cached_property
    def code_version(self) -> str:
        """A digest of the code that answers, so that what older code computed is not taken for today's answer."""
        root = Path(__file__).parents[1]
        digest = hashlib.sha256()
        for path in sorted([*root.glob("analysis/*.py"), *root.glob("jobs/*.py")]):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def data_version(self) -> str:
        """A digest of everything an answer rests on: imports and ground in force, settings, taxonomy, code."""
        parts = [row.import_id for row in self._import_rows()]
        parts += [f"{name}:{self.version(name)}" for name in ASKED]
        parts += [(self.root / SETTINGS_FILE).read_text(encoding="utf-8"), self.code_version]
        own = self.root / "taxonomy.toml"
        parts.append(digest_of(own if own.exists() else DEFAULT_TAXONOMY))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def result(self, name: str, parameters: dict[str, Any], compute: Callable[[], Any]) -> Any:
        """The answer kept for these inputs and parameters, computed and kept if there is none."""
        text = json.dumps([self.data_version(), name, parameters], sort_keys=True, default=str)
        path = self.root / "results" / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:24]}.pickle"
        if path.exists():
            try:
                return pickle.loads(path.read_bytes())
            except Exception:  # A damaged file costs a computation, nothing else: results are safe to delete.
                path.unlink(missing_ok=True)
        answer = compute()
        write_whole(path, lambda temporary: temporary.write_bytes(pickle.dumps(answer)))
        return answer

    def log(self, action: str, **facts: Any) -> None:
        """Write down who did what and when."""
        with self.engine.begin() as connection:
            self.log_with(connection, action, **facts)

    def log_with(self, connection: Any, action: str, **facts: Any) -> None:
        """The same within a transaction under way: the deed and the word of it are kept together or not at all."""
        connection.execute(insert(database.audit).values(at=_now(), who=_who(), action=action, facts=facts))

    # --- private ----------------------------------------------------------------------------------------------------

    def _import_rows(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(_in_force()))

    def _stored_frames(self) -> list[pd.DataFrame]:
        return [self._read_events(row.file) for row in self._import_rows()]

    def _read_events(self, file: str) -> pd.DataFrame:
        # The geometry column is for QGIS and DuckDB; lon and lat stand beside it as floats.
        table = pq.read_table(self.root / "events" / file, columns=list(EVENT_COLUMNS))
        return table.to_pandas()

    def _unit_names(self, file: str) -> pd.Series | None:
        path = self.root / "events" / file
        if UNIT_NAME not in pq.read_schema(path).names:
            return None
        return pq.read_table(path, columns=[UNIT_NAME]).to_pandas()[UNIT_NAME]

    def _place(self, events: pd.DataFrame) -> pd.Series:
        return _placed(events, self.ground("neighborhoods"))

    def _next_number(self, table: Any) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.max(table.c.number))).scalar() or 0) + 1

    def _staged(self, name: str, version: str) -> Path:
        return self.root / f".{name}.{version}.parquet"

    def _finish_interrupted(self) -> None:
        """Rename staged ground that a committed row names; sweep what no row names."""
        for name in GROUNDS:
            version = self.version(name)
            for staged in self.root.glob(f".{name}.*.parquet"):
                if version is not None and staged == self._staged(name, version):
                    staged.replace(self.root / f"{name}.parquet")
                    flush_folder(self.root)
        self._sweep()

    def _sweep(self) -> None:
        # Half-written files of a crash; young ones may belong to a writer at work.
        horizon = datetime.now().timestamp() - 3600
        named = {row.file for row in self._import_rows()}
        for path in [*self.root.glob("events/*.parquet"), *self.root.glob("events/.*"), *self.root.glob(".*.parquet")]:
            if path.name not in named and path.stat().st_mtime < horizon:
                path.unlink(missing_ok=True)


class _Overtaken(Exception):
    """Another import came into force since the rows were compared with what is known."""


def _in_force() -> Any:
    return select(database.imports).where(database.imports.c.undone_at.is_(None)).order_by(database.imports.c.number)


def _placed(
    events: pd.DataFrame, neighborhoods: gpd.GeoDataFrame | None, names: pd.Series | None = None
) -> pd.Series:  # fmt: skip
    """
    The unit of each event: where its point lies, else the one that its row named.

    `names` are those of the units that rows named under earlier polygons. A name that one unit bears now comes before
    the id that it had; without either the row lies in none.
    """
    if neighborhoods is None:
        return events["neighborhood_id"]
    lon, lat = events["lon"].to_numpy(), events["lat"].to_numpy()
    ids = pd.Series(assign_neighborhoods(lon, lat, neighborhoods), index=events.index, dtype="str")
    # A default point lies somewhere, its rows happened elsewhere: only what they name counts.
    nowhere = np.isnan(lon) | says_nothing(events)
    named = events["neighborhood_id"].astype("str")
    named = named.where(named.isin(neighborhoods["neighborhood_id"]))
    if names is not None and names.notna().any():
        texts = names.dropna().unique()
        found = dict(zip(texts, match_names(np.asarray(texts, dtype=object), neighborhoods), strict=True))
        named = names.astype(object).map(found).astype("str").set_axis(events.index).fillna(named)
    return ids.mask(nowhere).fillna(named.where(nowhere)).astype("category")


def _unit_names(events: pd.DataFrame, neighborhoods: gpd.GeoDataFrame | None) -> pd.Series | None:
    """The polygons' own name of the unit of each row without a point; None where there is no such row."""
    rows = events["lon"].isna() & events["neighborhood_id"].notna()
    if neighborhoods is None or not rows.any():
        return None
    names = dict(zip(neighborhoods["neighborhood_id"].astype(str), neighborhoods["name"], strict=True))
    return events["neighborhood_id"].astype("str").map(names).where(rows).astype("category")


def empty_events(timezone: str) -> pd.DataFrame:
    """A frame of no events with all canonical columns."""
    types = {
        "string": "str",
        "category": "category",
        "timestamp": f"datetime64[us, {timezone}]",
    }
    return pd.DataFrame({name: pd.Series(dtype=types.get(kind, kind)) for name, kind in EVENT_COLUMNS.items()})


def _joined(frames: list[pd.DataFrame], timezone: str | None) -> pd.DataFrame:
    """One frame in one zone, categories united without spelling every row out."""
    columns: dict[str, pd.Series] = {}
    for name, kind in EVENT_COLUMNS.items():
        parts = [frame[name] for frame in frames]
        if kind == "timestamp" and timezone:
            parts = [part.dt.tz_convert(timezone) for part in parts]
        if kind == "category":
            united = union_categoricals([_categorical(part) for part in parts], sort_categories=True)
            columns[name] = pd.Series(united)
        else:
            columns[name] = parts[0].reset_index(drop=True) if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    return pd.DataFrame(columns)


def _categorical(column: pd.Series) -> pd.Series:
    # A column without any value comes back from the file without a type of its own.
    found = column.astype("category")
    return found.cat.set_categories(found.cat.categories.astype("str"))


def _write_events(events: pd.DataFrame, path: Path, unit_names: pd.Series | None = None) -> None:
    points = np.full(len(events), None, dtype=object)
    placed = events["lon"].notna().to_numpy()
    points[placed] = shapely.points(events["lon"].to_numpy()[placed], events["lat"].to_numpy()[placed])
    frame = gpd.GeoDataFrame(events[list(EVENT_COLUMNS)], geometry=points, crs=GEOGRAPHIC_CRS)
    if unit_names is not None:
        frame[UNIT_NAME] = unit_names.to_numpy()
    frame.to_parquet(path, index=False, compression="zstd")


def _not_a_workspace(root: Path) -> InputError:
    return InputError(
        f"{root} is not a workspace: it holds no usable {SETTINGS_FILE}.",
        remedy="Name a workspace with -w, or make one: the first import into an empty folder does.",
        key="workspace.none",
        folder=str(root),
        file=SETTINGS_FILE,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container may run under a number without a name.
        return "unknown"
