"""
When it gets dark: the time of sunset on a day at a place, for sheets that say until when volunteers need lit streets.

The usual short series for the sun's declination and the equation of time (NOAA Solar Calculator, after Meeus 1998,
Astronomical Algorithms), good to a minute or two between the polar circles; refraction and the sun's radius are in the
90.833 degrees.
"""

import datetime as dt
import math

ZENITH = 90.833  # degrees from overhead at which the upper rim of the sun touches the horizon


def sunset(day: dt.date, lon: float, lat: float, zone: dt.tzinfo) -> dt.time | None:
    """
    Tell when the sun sets.

    Parameters
    ----------
    day : date
        In the zone of the place.
    lon, lat : float
        Degrees, EPSG:4326.
    zone : tzinfo
        Of the answer.

    Returns
    -------
    time or None
        To the whole minute, in the zone; None where the sun does not set or does not rise that day.
    """
    noon = dt.datetime.combine(day, dt.time(12), zone)
    turn = 2 * math.pi / 365.2422 * (day.timetuple().tm_yday - 1 + (18 - lon / 15) / 24)
    declination = (
        0.006918
        - 0.399912 * math.cos(turn)
        + 0.070257 * math.sin(turn)
        - 0.006758 * math.cos(2 * turn)
        + 0.000907 * math.sin(2 * turn)
        - 0.002697 * math.cos(3 * turn)
        + 0.00148 * math.sin(3 * turn)
    )
    equation = 229.18 * (
        0.000075
        + 0.001868 * math.cos(turn)
        - 0.032077 * math.sin(turn)
        - 0.014615 * math.cos(2 * turn)
        - 0.040849 * math.sin(2 * turn)
    )
    latitude = math.radians(lat)
    half_day = math.cos(math.radians(ZENITH)) / (math.cos(latitude) * math.cos(declination)) - math.tan(
        latitude
    ) * math.tan(declination)
    if not -1 <= half_day <= 1:
        return None
    minutes_utc = 720 - 4 * lon - equation + 4 * math.degrees(math.acos(half_day))
    moment = dt.datetime.combine(day, dt.time(0), dt.UTC) + dt.timedelta(minutes=round(minutes_utc))
    local = moment.astimezone(zone)
    # West of Greenwich the sun sets on the next day of UTC; what is asked for is the day of the place.
    shift = dt.timedelta(days=(noon.date() - local.date()).days)
    return (local + shift).time().replace(tzinfo=None)
