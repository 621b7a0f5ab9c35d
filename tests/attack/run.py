"""All attacks on a list of releases, counted."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo.release_types import Release
from tests.attack.differences import Tally, pairs_of_releases, totals_minus_parts
from tests.attack.knowledge import Knowledge, Pieces, know
from tests.attack.recount import contradictions, misread, truth_of
from tests.attack.solve import narrowed

READING = "figures against a recount"
PROGRAM = "program over everything published"
KNOWING = "program, knowing that the withheld are not small"


def attack_releases(
    releases: Sequence[Release],
    rows: pd.DataFrame | Sequence[pd.DataFrame] | None = None,
    *,
    pieces: Pieces | None = None,
    sample: int | None = None,
    seed: int = 8,
) -> Tally:
    """
    Totals minus parts, differences of all pairs, and the programs.

    Parameters
    ----------
    releases : sequence of Release
        Everything that was published; where they share days, the attacker's rules cannot be laid beside the truth.
    rows : DataFrame or one a release, optional
        From `recount.rows_of`, as they were: then every figure is counted again, and the attacker's rules are tried on
        the truth.
    pieces : optional
        See `knowledge.know`.
    sample : int, optional
        So many counts, drawn by `seed`, for the programs to aim at; all, if not given.

    Returns
    -------
    Tally
    """
    tally = Tally()
    known = know(releases, pieces=pieces)
    knowing = know(releases, pieces=pieces, withheld_reaches=True)
    if rows is not None:
        each = [rows] * len(releases) if isinstance(rows, pd.DataFrame) else rows
        truths = [truth_of(own, release.period) for own, release in zip(each, releases, strict=True)]
        wrong = [f"{r.period.key} {fault}" for r, t in zip(releases, truths, strict=True) for fault in misread(r, t)]
        tally.add(READING, sum(len(release.figures) for release in releases), wrong + contradictions(known, truths))
        # Were something small withheld, whoever believes otherwise would be led astray.
        led_astray = bool(contradictions(knowing, truths))
    else:
        led_astray = False
    for release in releases:
        tally.join(totals_minus_parts(release))
    tally.join(pairs_of_releases(releases, pieces))
    _solve(tally, PROGRAM, known, sample, seed)
    if not led_astray:
        _solve(tally, KNOWING, knowing, sample, seed)
    return tally


def guess_nothing_elsewhere(releases: Sequence[Release], *, sample: int | None = None, seed: int = 8) -> Tally:
    """What a guess adds that no release confirms: that every event lies in some area."""
    tally = Tally()
    _solve(tally, "guess: nothing lies elsewhere", know(releases, nothing_elsewhere=True), sample, seed)
    return tally


def _solve(tally: Tally, name: str, known: Knowledge, sample: int | None, seed: int) -> None:
    targets = known.targets
    if sample is not None and sample < len(targets):
        chosen = np.random.default_rng(seed).choice(len(targets), sample, replace=False)
        targets = [targets[i] for i in sorted(chosen)]
    tally.add(name, len(targets), narrowed(known, targets, seed=seed))
