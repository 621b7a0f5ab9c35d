"""
What the community view says: stored releases, promises, coming weeks, polls and remarks, brought into one content.

It reads the store of releases and never the events: no figure here can be finer than what was published. What comes out
still passes `geo.privacy.let_through` before anybody draws it.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from analysis.plan import monday_of
from geo.community_types import AreaContent, CommunityContent, Promise, RemarkLine, SeasonLine
from geo.errors import InputError
from geo.meetings import polls as kept_polls
from geo.meetings import remarks as kept_remarks
from geo.privacy import let_through
from geo.release_types import Figure, Period, PublicArea, Release
from geo.releases import stored
from geo.schema import LAYERS
from geo.topics import read_topics, topics_for
from jobs.dataset import Dataset
from jobs.meetings import poll_results, remark_lines
from jobs.plan_book import coming, promises

SEASON_PERIODS = 3
DATUM = "WGS 84"
EVER = Period("ever", dt.date.min, dt.date.max)


def content(dataset: Dataset, today: dt.date | None = None) -> CommunityContent:
    """
    Bring together what a meeting may see, from what is stored.

    Parameters
    ----------
    dataset : Dataset
    today : date, optional
        Weeks after it are still to come; where the data end, if not given.

    Returns
    -------
    CommunityContent
        Checked by `geo.privacy.let_through`. The season is the last three released periods that follow each other
        without a gap and have the same areas, or fewer.

    Raises
    ------
    InputError
        If nothing was released yet.
    """
    releases = stored(dataset.workspace)
    if not releases:
        raise InputError(
            "Nothing was released yet.",
            remedy="Release a month first: community --month YYYY-MM -o FOLDER.",
            key="community.nothing_released",
        )
    season = season_of(releases)
    periods = tuple(release.period for release in season)
    now = today or dataset.as_of.date()
    settings = dataset.settings
    whole = CommunityContent(
        station=settings.station,
        station_en=settings.station_en or settings.station,
        season=periods,
        layers=_lines(season, "city_layer", None),
        lines=most_first(_lines(season, "city_group", None)),
        areas=tuple(_area(dataset, season, periods, area, now) for area in season[-1].areas),
        rules={name: int(value) for name, value in season[-1].rules.items() if isinstance(value, int)},
        datum=DATUM,
        credit=settings.credit,
        map_review_number=settings.map_review_number,
    )
    return let_through(whole, releases, dataset.taxonomy)


def season_of(releases: Sequence[Release]) -> list[Release]:
    """The last releases that follow each other without a gap over the same areas, at most three, oldest first."""
    season = [releases[-1]]
    for release in reversed(releases[:-1]):
        ids = [{area.area_id for area in one.areas} for one in (release, season[0])]
        if len(season) == SEASON_PERIODS or release.period.end != season[0].period.start or ids[0] != ids[1]:
            break
        season.insert(0, release)
    return season


def season_line(figures: Sequence[Figure]) -> SeasonLine:
    """
    One row over the season and the range its sum lies in.

    Parameters
    ----------
    figures : sequence of Figure
        Of one thing counted, one a period, oldest first.
    """
    first = figures[0]
    low = high = None
    if all(figure.status != "withheld" for figure in figures):
        low = sum(figure.value or 0 for figure in figures if figure.status == "shown")
        high = low + sum((figure.below or 1) - 1 for figure in figures if figure.status == "small")
    return SeasonLine(first.layer, first.group, tuple(figures), low, high)


def most_first(lines: Iterable[SeasonLine]) -> tuple[SeasonLine, ...]:
    """Lines by how much was published of them: the most first, the small after, the withheld last."""

    def order(line: SeasonLine) -> tuple[bool, int, int, int, str]:
        shown = sum(figure.value or 0 for figure in line.figures)
        return shown == 0, -shown, line.low is None, LAYERS.index(line.layer), line.group or ""

    return tuple(sorted(lines, key=order))


def _area(
    dataset: Dataset, season: Sequence[Release], periods: tuple[Period, ...], area: PublicArea, now: dt.date
) -> AreaContent:
    key = area.area_id
    lines = most_first(_lines(season, "area_group", key))
    raised = tuple(remark_lines(kept_remarks(dataset.workspace), key))
    # What was promised since the season's last day is part of the answer too.
    since = Period("since", periods[-1].end, max(now, periods[-1].end))
    kept = (*promises(dataset, key, (*periods, since)), *_answered(raised, now, promises(dataset, key, (EVER,))))
    told = [line.group for line in lines if line.group is not None and any(f.status == "shown" for f in line.figures)]
    return AreaContent(
        area=area,
        layers=_lines(season, "area_layer", key),
        lines=lines,
        settled=_lines(season, "area_settled", key),
        times=tuple(
            figure
            for table in ("area_day", "area_week")
            for figure in season[-1].figures
            if (figure.table, figure.area_id) == (table, key)
        ),
        promises=kept,
        topics=topics_for(periods[-1].end.month, told, dataset.taxonomy, read_topics()),
        coming=coming(dataset, key, now),
        polls=tuple(poll_results(kept_polls(dataset.workspace), key)),
        remarks=raised,
    )


def _lines(season: Sequence[Release], table: str, area_id: str | None) -> tuple[SeasonLine, ...]:
    """One line for each thing that every release of the season counts, in the order of the last one."""
    found = [
        {figure.key: figure for figure in release.figures if (figure.table, figure.area_id) == (table, area_id)}
        for release in season
    ]
    everywhere = [key for key in found[-1] if all(key in one for one in found)]
    return tuple(season_line([one[key] for one in found]) for key in everywhere)


def _answered(raised: Iterable[RemarkLine], now: dt.date, kept: Iterable[Promise]) -> tuple[Promise, ...]:
    """
    Remarks that were answered, as promises: taken up by a week's plan, or not, with the reason.

    A week that is over proves nothing: what was taken up is done once the diary says that somebody came that week, and
    missed once it says that nobody did.
    """
    states: dict[dt.date | None, set[str]] = {}
    for promise in kept:
        states.setdefault(promise.week, set()).add(promise.state)
    found = []
    for line in raised:
        if line.answer == "taken_up":
            came = states.get(line.week, set()) if line.week is not None and line.week < monday_of(now) else set()
            state: Any = "done" if "done" in came else "missed" if came == {"missed"} else "open"
            found.append(Promise("remark", line.week, line.topic, state, line.reason))
        elif line.answer == "not_taken_up":
            found.append(Promise("remark", None, line.topic, "not_taken_up", line.reason))
    return tuple(found)
