"""Generated tables, in any encoding, kind, order and naming of columns, give the same events."""

import csv
import io

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.geo.intake_worlds import read_text, two_villages

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-le")
SEPARATORS = (",", ";", "\t", "|")
NAMES = {
    "id": ("案件编号", "編號", "incident_number", "Case ID"),
    "date": ("发生时间", "發生時間", "occurred_on", "Event Date"),
    "lon": ("经度", "經度", "lon", "Longitude", "POINT_X"),
    "lat": ("纬度", "緯度", "lat", "Latitude", "POINT_Y"),
    "type": ("案件类别", "案件類型", "Offense Type", "category"),
    "status": ("处理状态", "處理狀態", "status"),
    "count": ("起数", "件數", "number of incidents"),
}
KINDS = {
    "竊盜": "theft", "theft": "theft", "噪音": "dispute.noise", "noise complaint": "dispute.noise",
    "路燈": "hazard.lighting", "street light out": "hazard.lighting", "搶奪": "robbery", "robbery": "robbery",
}  # fmt: skip
KEPT = ["event_id", "category", "layer", "event_start", "event_end", "status", "count", "lon", "lat", "neighborhood_id"]

rows_of = st.lists(
    st.tuples(
        st.datetimes(pd.Timestamp("2018-01-01"), pd.Timestamp("2024-12-31")).map(lambda t: t.replace(microsecond=0)),
        st.integers(116_310_000, 116_490_000),
        st.integers(39_810_000, 39_940_000),
        st.sampled_from(sorted(KINDS)),
        st.sampled_from(["open", "closed", ""]),
        st.integers(1, 4),
    ),
    min_size=2,
    max_size=25,
)


def dressed(data, rows):
    """The rows as the bytes of a text file in clothes that Hypothesis chooses."""
    order = data.draw(st.permutations(list(NAMES)))
    header = [data.draw(st.sampled_from(NAMES[name])) for name in order]
    form = data.draw(
        st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y年%m月%d日%H时%M分%S秒"])
    )
    sink = io.StringIO()
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    # The Chinese date has characters that Big5 lacks.
    encoding = data.draw(st.sampled_from([e for e in ENCODINGS if e != "big5" or ("时" not in form and _fits(header))]))
    writer = csv.writer(sink, delimiter=data.draw(st.sampled_from(SEPARATORS)), quoting=quoting, lineterminator=end)
    writer.writerow(header)
    for i, (moment, lon, lat, kind, status, count) in enumerate(rows):
        cells = {
            "id": f"K{i:04d}x", "date": moment.strftime(form), "lon": f"{lon / 1e6:.6f}", "lat": f"{lat / 1e6:.6f}",
            "type": kind, "status": status, "count": str(count),
        }  # fmt: skip
        writer.writerow([cells[name] for name in order])
    return sink.getvalue().encode(encoding)


def _fits(header):
    try:
        "".join(header).encode("big5")
    except UnicodeEncodeError:
        return False
    return True


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of, data=st.data())
def test_any_dress_gives_the_events_that_the_rows_say(tmp_path, rows, data):
    events = read_text(tmp_path, dressed(data, rows), neighborhoods=two_villages(), timezone="Asia/Shanghai").events
    assert events["event_id"].tolist() == [f"K{i:04d}x" for i in range(len(rows))]
    assert events["category"].tolist() == [KINDS[row[3]] for row in rows]
    assert events["lon"].tolist() == [row[1] / 1e6 for row in rows]
    assert events["lat"].tolist() == [row[2] / 1e6 for row in rows]
    assert events["neighborhood_id"].tolist() == ["a" if row[1] <= 116_400_000 else "b" for row in rows]
    assert events["source_row"].tolist() == list(range(2, len(rows) + 2))
    said = [row[4] or None for row in rows]
    assert events["status"].astype(object).where(events["status"].notna(), None).tolist() == said
    # Where all times are midnight they are days; else each is the moment that it says.
    moments = [pd.Timestamp(row[0], tz="Asia/Shanghai") for row in rows]
    assert events["event_start"].tolist() == moments
    if not all(moment == moment.normalize() for moment in moments):
        assert events["event_end"].tolist() == moments


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of, data=st.data())
def test_two_dresses_of_the_same_rows_are_the_same_events(tmp_path, rows, data):
    one, other = (read_text(tmp_path, dressed(data, rows), timezone="Asia/Shanghai").events[KEPT] for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
