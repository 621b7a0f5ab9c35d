"""Appointments for calendars: iCalendar (RFC 5545), in UTC, so that a file needs no table of time zones."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Appointment:
    """One entry; `start` and `end` carry a zone, `uid` is the same for the same appointment."""

    uid: str
    title: str
    start: dt.datetime
    end: dt.datetime
    place: str = ""
    description: str = ""
    lon: float | None = None
    lat: float | None = None


def calendar_bytes(appointments: Sequence[Appointment], *, name: str, stamp: dt.datetime) -> bytes:
    """
    Write a calendar.

    Parameters
    ----------
    appointments : sequence of Appointment
    name : str
        Of the calendar, as phones show it.
    stamp : datetime with zone
        When it was made; given, not asked of the clock, so that the same plan gives the same bytes.

    Returns
    -------
    bytes
        iCalendar text in UTF-8.
    """
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//WalkWatch//plan//")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for item in appointments:
        event = Event()
        event.add("uid", item.uid)
        event.add("dtstamp", stamp.astimezone(dt.UTC))
        event.add("dtstart", item.start.astimezone(dt.UTC))
        event.add("dtend", item.end.astimezone(dt.UTC))
        event.add("summary", item.title)
        if item.place:
            event.add("location", item.place)
        if item.description:
            event.add("description", item.description)
        if item.lon is not None and item.lat is not None:
            event.add("geo", (item.lat, item.lon))  # RFC 5545 writes latitude first
        calendar.add_component(event)
    return calendar.to_ical()
