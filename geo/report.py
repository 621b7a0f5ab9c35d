"""What reading found: how many rows went where, what each column was taken for, every finding with its first line."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Finding:
    """
    One thing that reading changed, left out or wants looked at.

    The words are `t("finding." + code, **facts)`; `facts` always holds `n` (rows) and `row` (the first file line, 0
    where no line is meant).
    """

    code: str
    rows: int
    example_row: int
    facts: dict[str, Any]


@dataclass(frozen=True)
class ColumnGuess:
    """
    What one source column was taken for.

    `reason` is a key under `column.reason.`; `samples` are up to three values, masked where they may be personal.
    """

    source: str
    canonical: str | None
    reason: str
    refused: bool = False
    samples: tuple[str, ...] = ()
    file: str = ""


@dataclass
class Report:
    """The account of one reading. `rows_read` is always `rows_kept + rows_rejected`."""

    rows_read: int = 0
    rows_kept: int = 0
    rows_placed: int = 0
    rows_repaired: int = 0
    rows_rejected: int = 0
    columns: list[ColumnGuess] = field(default_factory=list)
    crs: str | None = None
    timezone: str | None = None
    encoding: str = ""
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None
    findings: list[Finding] = field(default_factory=list)


class Notes:
    """Collects the findings of one table; rows are masks or positions, the report says file lines."""

    def __init__(self, lines: np.ndarray, files: np.ndarray | None = None, names: tuple[str, ...] = ()) -> None:
        self.lines = lines
        self.files = files
        self.names = names
        self.findings: list[Finding] = []

    def add(self, code: str, rows: np.ndarray | None = None, **facts: Any) -> None:
        """Add a finding over a mask of rows, none where the mask is empty. Without a mask it is about the file."""
        if rows is None:
            n, row, file = 0, 0, self.names[0] if self.names else ""
        else:
            where = np.flatnonzero(rows)
            if not len(where):
                return
            n, row = len(where), int(self.lines[where[0]])
            file = self.names[int(self.files[where[0]])] if self.files is not None and self.names else ""
        self.findings.append(Finding(code, n, row, {"n": n, "row": row, "file": file, **facts}))
