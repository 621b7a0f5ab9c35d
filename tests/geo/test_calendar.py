import datetime as dt
from zoneinfo import ZoneInfo

from icalendar import Calendar

from geo.calendar import Appointment, calendar_bytes

SHANGHAI = ZoneInfo("Asia/Shanghai")
STAMP = dt.datetime(2026, 11, 22, tzinfo=SHANGHAI)
POST = Appointment(
    "post-1@walkwatch",
    "守望一: 灯市口; 东, 西",
    dt.datetime(2026, 11, 27, 19, tzinfo=SHANGHAI),
    dt.datetime(2026, 11, 27, 21, tzinfo=SHANGHAI),
    place="灯市口",
    description="看管电动车\n指路",
    lon=116.4,
    lat=39.9,
)


def test_an_appointment_reads_back_at_its_moment_in_utc():
    event = Calendar.from_ical(calendar_bytes([POST], name="计划", stamp=STAMP)).walk("VEVENT")[0]
    assert event.decoded("dtstart") == dt.datetime(2026, 11, 27, 11, tzinfo=dt.UTC)
    assert event.decoded("dtend") == dt.datetime(2026, 11, 27, 13, tzinfo=dt.UTC)
    assert str(event["summary"]) == POST.title
    assert str(event["description"]) == POST.description
    assert event["geo"].to_ical() == "39.9;116.4"


def test_the_stamp_is_the_given_moment_so_the_bytes_stay():
    first = calendar_bytes([POST], name="计划", stamp=STAMP)
    assert b"DTSTAMP:20261121T160000Z" in first
    assert first == calendar_bytes([POST], name="计划", stamp=STAMP)


def test_an_hour_lost_to_summer_time_is_no_hour_of_work():
    # 29 March 2026, Berlin: 02:00 does not exist; 01:00–04:00 lasts two hours.
    berlin = ZoneInfo("Europe/Berlin")
    night = Appointment(
        "n", "n", dt.datetime(2026, 3, 29, 1, tzinfo=berlin), dt.datetime(2026, 3, 29, 4, tzinfo=berlin)
    )
    event = Calendar.from_ical(calendar_bytes([night], name="n", stamp=STAMP)).walk("VEVENT")[0]
    assert event.decoded("dtend") - event.decoded("dtstart") == dt.timedelta(hours=2)


def test_no_appointments_is_a_calendar_too():
    assert Calendar.from_ical(calendar_bytes([], name="n", stamp=STAMP)).walk("VEVENT") == []
