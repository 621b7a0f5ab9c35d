"""How much of a stranger's file is read: every bound that a refusal may name, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """
    Bounds on one file. Memory and seconds hold for the process that reads it and come from the settings.

    A zip of a zip has depth 2. `ratio` is unpacked to packed: text of the most regular kind packs about 40 to 1.
    """

    gigabytes: float = 2.0
    ratio: int = 200
    members: int = 2_000
    depth: int = 2
    cells: int = 40_000_000
    memory_mb: int = 3_072
    seconds: int = 300

    @property
    def size(self) -> int:
        """The bytes that one file may have, unpacked."""
        return int(self.gigabytes * 10**9)


STANDARD = Limits()
