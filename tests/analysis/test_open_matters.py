import pandas as pd

from analysis.open_matters import open_matters

AS_OF = pd.Timestamp("2026-03-01", tz="Asia/Shanghai")


def test_only_disputes_and_hazards_begun_before_and_not_settled_are_open():
    day = pd.Timestamp("2026-02-01", tz="Asia/Shanghai")
    rows = pd.DataFrame(
        {
            "layer": ["incident", "dispute", "hazard", "hazard", "dispute", "hazard"],
            "status": ["open", "open", "open", "closed", "open", "closed"],
            "event_start": [day, day, day, day, AS_OF, day],
            # Settled before the moment; settled after it, and so open then.
            "closed_at": [pd.NaT, pd.NaT, day, AS_OF + pd.Timedelta(days=3), pd.NaT, day],
        }
    )
    assert open_matters(rows, AS_OF).tolist() == [False, True, False, True, False, False]
