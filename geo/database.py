"""The workspace's small tables: what came in, which ground is in force, who took what. SQLAlchemy, so SQLite today."""

from pathlib import Path

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
)

DATABASE_FILE = "walkwatch.sqlite"
metadata = MetaData()

# An import counts from the moment its row is committed; `undone_at` takes it back and keeps the trace.
imports = Table(
    "imports",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("import_id", String, unique=True, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("source", String, nullable=False),
    Column("file", String, nullable=False),
    Column("events", Integer, nullable=False),
    Column("span_start", String),
    Column("span_end", String),
    Column("neighborhoods_version", String),
    Column("report", JSON, nullable=False),
    Column("undone_at", DateTime(timezone=True)),
)

# Which version of neighborhoods, streets and land is in force; the newest row of a name wins.
grounds = Table(
    "grounds",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("version", String, nullable=False),
    Column("source", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("who", String, nullable=False),
    Column("action", String, nullable=False),
    Column("facts", JSON, nullable=False),
)

# Approved plans; `replaced_by` is the number of the approval that took this one's place. The log says who approved.
plans = Table(
    "plans",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("week", String, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("digest", String, nullable=False),
    Column("content", JSON, nullable=False),
    Column("areas", JSON, nullable=False),
    Column("note", String, nullable=False),
    Column("approved_at", DateTime(timezone=True), nullable=False),
    Column("replaced_by", Integer),
)

# The diary: what became of each walk and watch of an approved plan. No names; `stops` are numbers of the plan.
visits = Table(
    "visits",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("plan", Integer, nullable=False),
    Column("week", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("item", Integer, nullable=False),
    Column("date", String, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("minutes", Float),
    Column("stops", JSON, nullable=False),
    Column("neighborhoods", JSON, nullable=False),
    Column("kept_at", DateTime(timezone=True), nullable=False),
    Column("replaced_by", Integer),
)

# What was published, each period once and for good: `content` is all of it, `rows` a digest of the records it counted,
# which is never published.
releases = Table(
    "releases",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("period", String, unique=True, nullable=False),
    Column("start", String, nullable=False),
    Column("end", String, nullable=False),
    Column("layout", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    Column("digest", String, nullable=False),
    Column("rows", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# Which figures exist, from a day on; fixed before the counts they hold are known.
release_layouts = Table(
    "release_layouts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("content", JSON, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)


def open_database(workspace: Path) -> Engine:
    """Open, and at first use make, the tables of a workspace."""
    engine = create_engine(f"sqlite:///{workspace / DATABASE_FILE}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection, _record) -> None:  # type: ignore[no-untyped-def]
        # WAL lets readers go on while one writes; FULL makes a committed row survive a power cut.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    metadata.create_all(engine)
    return engine
