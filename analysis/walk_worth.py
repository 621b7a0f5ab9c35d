"""What the stops of a walk are worth: each its prize, and each neighborhood that must be visited once a premium."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Worth:
    """What stops are worth: each its prize, and a premium for each neighborhood that the first of them serves."""

    prize: np.ndarray
    serves: np.ndarray
    premium: float

    @cached_property
    def due(self) -> bool:
        """Whether any stop serves a neighborhood that must be visited."""
        return bool((self.serves >= 0).any())

    def total(self, stops: Sequence[int]) -> float:
        """What these stops are worth together."""
        at = list(stops)
        served = len(set(self.serves[at].tolist()) - {-1}) if self.due else 0
        return float(self.prize[at].sum()) + self.premium * served

    def added(self, stops: list[int]) -> np.ndarray:
        """What each stop would add to these."""
        if not self.due:
            return self.prize
        new = (self.serves >= 0) & (self.serves[:, None] != self.serves[stops]).all(axis=1)
        return self.prize + self.premium * new

    def of_sets(self, member: np.ndarray) -> np.ndarray:
        """What each set of stops is worth; `member` says which stops are in it."""
        served = [member[:, self.serves == one].any(axis=1) for one in np.unique(self.serves[self.serves >= 0])]
        return member @ self.prize + self.premium * np.sum([np.zeros(len(member)), *served], axis=0)
