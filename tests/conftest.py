"""Small worlds built by hand, and the two switches: where the open data lie, and whether a test may skip."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every machine, and no verdict by the clock: a busy machine is no bug.
# `--hypothesis-profile=search` looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile("steady")


def skip_or_fail(reason: str) -> None:
    """Skip with the reason; under WALKWATCH_NO_SKIP, as in CI, fail instead."""
    if os.environ.get("WALKWATCH_NO_SKIP"):
        pytest.fail(f"nothing may be skipped here, but: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The folder of shared open data that WALKWATCH_OPEN_DATA names."""
    folder = os.environ.get("WALKWATCH_OPEN_DATA", "")
    if not folder or not Path(folder).is_dir():
        skip_or_fail("WALKWATCH_OPEN_DATA names no folder of open data")
    return Path(folder)
