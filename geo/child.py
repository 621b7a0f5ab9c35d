"""Run one of our readers in a process of its own, under limits: a hostile file ends only that process.

Run as `python -m geo.child READER FILE OPTIONS MEGABYTES`; the answer on standard output is one line of JSON, then an
Arrow stream. Not what a library says of a broken file is handed on, only what we say: its words are no sentence.
"""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from geo.errors import InputError
from geo.limits import Limits

READERS = {"sheet": "geo.excel_child", "map": "geo.map_child", "parquet": "geo.parquet_child"}


def read_in_child(reader: str, path: Path, limits: Limits, **options: Any) -> tuple[dict[str, Any], pa.Table]:
    """
    Let the reader of that name read the file.

    Returns
    -------
    (dict, pyarrow.Table)
        What the reader says about the file, and its cells.

    Raises
    ------
    InputError
        What the reader raised, or that it ended without an answer: damaged, locked, or beyond the limits.
    """
    command = [sys.executable, "-m", "geo.child", reader, str(path.resolve()), json.dumps(options)]
    command.append(str(limits.memory_mb))
    root = Path(__file__).parents[1]
    try:
        done = subprocess.run(command, capture_output=True, timeout=limits.seconds, cwd=root, check=False)
    except subprocess.TimeoutExpired as error:
        raise InputError(
            f"{path.name}: reading took more than {limits.seconds} seconds and was stopped.",
            remedy="Split the file, save it as CSV, or raise `read_seconds` in walkwatch.toml.",
            key="read.too_slow", file=path.name, seconds=limits.seconds,
        ) from error  # fmt: skip
    line, _, stream = done.stdout.partition(b"\n")
    if done.returncode != 0 or not line:
        raise InputError(
            f"{path.name}: the file cannot be read; it is damaged, locked with a password, or needs more than the "
            f"{limits.memory_mb} MB of memory that reading may take.",
            remedy="Open it in the program that made it and save it again, or save it as CSV; the limit is "
            "`read_memory_mb` in walkwatch.toml.",
            key="read.child_failed", file=path.name, memory_mb=limits.memory_mb,
        )  # fmt: skip
    about = json.loads(line)
    if "error" in about:
        said = about["error"]
        raise InputError(said["message"], remedy=said["remedy"], key=said["key"], **said["facts"])
    return about, pa.ipc.open_stream(stream).read_all()


def main(reader: str, path: str, options: str, megabytes: str) -> None:
    """Read, and write the answer to standard output."""
    limit_memory(int(megabytes))
    out = sys.stdout.buffer
    try:
        about, table = importlib.import_module(READERS[reader]).read(Path(path), **json.loads(options))
    except InputError as error:
        facts = {"message": error.message, "remedy": error.remedy, "key": error.key, "facts": error.facts}
        out.write(json.dumps({"error": facts}).encode() + b"\n")
        return
    out.write(json.dumps(about).encode() + b"\n")
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    out.flush()


def limit_memory(megabytes: int) -> None:
    """Bound this process's memory, and leave no core file behind."""
    try:
        import resource
    except ImportError:  # Windows has no such limit; sizes and counts of cells still hold
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
