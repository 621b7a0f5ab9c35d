"""A thin place looks further back by itself; a dense one does not, and nobody looks back further than the data."""

import numpy as np
import pandas as pd
import pytest

from analysis.thin import fitting_days

AS_OF = pd.Timestamp("2026-06-01", tz="Asia/Shanghai")


def a_day(rate: float, days: int) -> pd.Series:
    index = pd.date_range(end="2026-05-31", periods=days, freq="D")
    return pd.Series(np.full(days, rate), index=index)


@pytest.mark.parametrize(
    ("rate", "days", "fitting"),
    [(2.0, 800, 28), (0.8, 800, 91), (0.2, 800, 365), (0.05, 800, 365), (0.2, 60, 28), (0.8, 120, 91)],
)
def test_the_period_fits_what_happens(rate, days, fitting):
    assert fitting_days(a_day(rate, days), AS_OF, 28) == fitting


def test_a_longer_wish_is_kept_and_no_data_change_nothing():
    assert fitting_days(a_day(0.2, 800), AS_OF, 182) == 365
    assert fitting_days(a_day(2.0, 800), AS_OF, 182) == 182
    assert fitting_days(pd.Series(dtype=float, index=pd.DatetimeIndex([])), AS_OF, 28) == 28
