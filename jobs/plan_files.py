"""What a plan's folder is written with: files whole or not at all, and a shift as an entry of a calendar."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from geo.calendar import Appointment
from geo.errors import InputError
from geo.files import write_text_whole, write_whole
from views.plan_tables import PlanFacts, PlanWords, ordinal


class Writer:
    """Writes files of one folder whole, and remembers which."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, list[str]()

    def add(self, name: str, write: Callable[[Path], object]) -> None:
        """Write one file with a function that takes its path."""
        try:
            write(self.folder / name)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(
                f"{self.folder} cannot be written to: {reason}.",
                remedy="Check that the folder exists and may be written.",
                key="export.no_folder",
                folder=str(self.folder),
                reason=reason,
            ) from error
        self.files.append(str(self.folder / name))

    def text(self, name: str, text: str) -> None:
        """Write one file of text."""
        self.add(name, lambda path: write_text_whole(path, text))

    def bytes(self, name: str, content: bytes) -> None:
        """Write one file of bytes."""
        self.add(name, lambda path: write_whole(path, lambda temporary: temporary.write_bytes(content)))


def shift_entry(
    post: Any,
    spot: tuple[str, float | None, float | None],
    lines: list[str],
    week: dt.date,
    words: PlanWords,
    facts: PlanFacts,
    zone: ZoneInfo,
) -> Appointment:
    """A watch, or what passed the gate of one, as an appointment at `spot` (place, lon, lat)."""
    begin, end = (dt.datetime.combine(post.date, clock, zone) for clock in (post.start, post.end))
    place, lon, lat = spot
    return Appointment(
        uid=f"post-{post.number}-{week}-{compact(facts.digest)}@walkwatch",
        title=f"{ordinal(words.t, 'post', post.number)}: {place}",
        start=begin,
        end=end if end > begin else end + dt.timedelta(days=1),
        place=place,
        description="\n".join(line for line in lines if line),
        lon=lon,
        lat=lat,
    )


def digest_of(content: Any) -> str:
    """First 16 hexadecimal digits of the SHA-256 of a content ready for JSON, in groups of four; dates as ISO text."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return " ".join(digest[i : i + 4] for i in range(0, 16, 4))


def compact(digest: str) -> str:
    """The digest without blanks, as identifiers carry it."""
    return digest.replace(" ", "")
