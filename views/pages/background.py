"""Long work outside the page: a command of ours in a process of its own, started once for all, and cancellable."""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

CLI = Path(__file__).parents[2] / "cli.py"


@dataclass(frozen=True, eq=False)
class Work:
    """One running or finished command and what it says."""

    process: "subprocess.Popen[bytes]"
    output: IO[bytes]

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def problem(self) -> str | None:
        """The sentence of a command that was refused; None for one that did its work."""
        if self.process.poll() in (None, 0):
            return None
        self.output.seek(0)
        try:
            return str(json.loads(self.output.read())["error"]["message"])
        except (ValueError, KeyError):
            return ""


_works: dict[tuple[str, ...], Work] = {}
_lock = threading.Lock()


def begin(*command: str) -> Work:
    """Start `cli.py COMMAND --json`, or join the same command where it runs already."""
    with _lock:
        work = _works.get(command)
        if work is None or not work.running:
            output = TemporaryFile()  # noqa: SIM115 - lives as long as the work
            arguments: list[Any] = [sys.executable, str(CLI), *command, "--json"]
            process = subprocess.Popen(arguments, stdout=output, stderr=subprocess.DEVNULL, cwd=CLI.parent)
            work = _works[command] = Work(process, output)
        return work


def running(*command: str) -> Work | None:
    """The work under this command, running or finished, or None."""
    with _lock:
        return _works.get(command)


def end(*command: str) -> None:
    """Cancel the work, or forget that it is finished."""
    with _lock:
        work = _works.pop(command, None)
    if work is not None and work.running:
        work.process.terminate()
