"""
The community folder: what a meeting may see, as files that open from a stick with the network off.

`jobs.community_content` brings the content together and `geo.privacy` lets it through; here it is drawn, searched once
more as bytes, and put in place whole or not at all. See docs/operations.md for how an evening goes.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from geo.community_types import CommunityContent
from geo.errors import InputError
from geo.export import export_table
from geo.let_through import LONGEST_NAME, NOT_A_NAME
from geo.meetings import QUESTIONS, collect_answers, may_be_raised
from geo.periods import said
from geo.privacy import PrivacyError, scan_folder
from geo.release_types import Figure, Period, Release
from geo.releases import as_json, stored
from geo.report import Finding
from geo.topics import read_topics
from jobs.community_content import content
from jobs.community_folder import replace_folder, require_writable
from jobs.dataset import Dataset, local_day
from jobs.release import days28, notes_since, release_with_notes
from jobs.release import month as named_month
from views import fonts
from views.community_deck import area_file, area_html, index_html
from views.community_maps import CommunityGround, MapWords, Shade, area_pngs, city_png, community_ground
from views.community_sheet import sheet_pdf
from views.community_words import figure_words
from views.fonts import Face, find_face
from views.i18n import LANGUAGES, Translator
from views.print_page import printing_language

__all__ = ["Community", "content", "period_of", "require_public_names", "write_community"]

# The catalogues and templates, which the folder is written from.
OWN_WORDS = Path(fonts.__file__).parent
OWN_ENDINGS = (".toml", ".html", ".css", ".js", ".typ")
# Where no period is named, these refusals mean that there is nothing new to release.
NOTHING_NEW = ("release.twice", "release.overlap", "release.not_complete")


@dataclass(frozen=True)
class Community:
    """The folder written: its files, how many figures are small or withheld, the last period, what must be said."""

    folder: Path
    files: list[str]
    withheld: int
    release: str
    notes: list[str]


def period_of(month: str | None, first_day: str | None) -> Period | None:
    """
    The period that a command names: a month as YYYY-MM, or 28 days by their first as YYYY-MM-DD; None for neither.

    Raises
    ------
    InputError
        If it names both, or what is no month or day.
    """
    if month is not None and first_day is not None:
        raise InputError(
            "--month and --from are given; only one can be meant.",
            remedy="Use --month for a month, --from for 28 days.",
            key="community.two_periods",
        )
    if first_day is not None:
        return days28(local_day(first_day, "UTC").date())
    return None if month is None else named_month(month)


def write_community(
    dataset: Dataset, folder: Path, t: Translator, period: Period | None = None, today: dt.date | None = None
) -> Community:
    """
    Release a period and write the community folder from all that is stored.

    Parameters
    ----------
    dataset : Dataset
    folder : Path
        A new or empty folder, or one written before: it is replaced whole, but for its answers, which are taken in.
    t : Translator
        The language shown first, and that of the maps, the sheet and the table.
    period : Period, optional
        What to release; the last whole month, if not given and not released yet.
    today : date, optional
        Weeks after it are still to come; where the data end, if not given.

    Returns
    -------
    Community

    Raises
    ------
    InputError
        If the period may not be released (`release.*`), the folder is not ours or cannot be written.
    PrivacyError
        If something that must not be public is found in the files: then nothing is put in place.
    """
    require_writable(folder)
    require_public_names(dataset)
    findings: list[Finding] = []
    taken = collect_answers(dataset.workspace, folder, findings=findings)
    notes = _release(dataset, period, t)
    whole = content(dataset, today)
    releases = stored(dataset.workspace)
    written: list[str] = []

    def write(target: Path) -> None:
        notes.extend(_write_files(dataset, whole, releases, target, t))
        written.extend(sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()))
        _require_clean(target, dataset)

    replace_folder(folder, write)
    last = releases[-1]
    facts = {"period": last.period.key, "digest": whole.digest, "files": len(written)}
    dataset.workspace.log("community", folder=folder.name, **facts)
    if taken:
        notes.append(t("community.answers_taken", n=taken))
    notes += [t(f"finding.{found.code}", **found.facts) for found in findings]
    notes += [t(key, **_spoken(facts, t)) for key, facts in notes_since(dataset)]
    hidden = sum(figure.status != "shown" for figure in last.figures)
    return Community(folder, [str(folder / name) for name in written], hidden, last.period.key, notes)


def require_public_names(dataset: Dataset) -> None:
    """
    Refuse, before anything is released, names that the gate would not let out: a release is for good.

    Raises
    ------
    InputError
        Key `community.odd_name` if an area or the station is called what no name is: very long, or with a coordinate.
    """
    settings, units = dataset.settings, dataset.shown_units
    names: list[str] = [settings.station, settings.station_en, settings.credit, settings.map_review_number]
    if units is not None:
        names += [str(name) for column in ("neighborhood_id", "name", "name_en") for name in units[column].dropna()]
    for name in filter(None, names):
        if len(name) > LONGEST_NAME or NOT_A_NAME.search(name):
            raise InputError(
                f"{name[:40]} is no name that can be published: it is very long, or holds a number with more than "
                "three decimals, as coordinates have.",
                remedy="Give it another name, in the file of neighborhoods or in the settings, and release then.",
                key="community.odd_name",
                name=name[:40],
            )


def _release(dataset: Dataset, period: Period | None, t: Translator) -> list[str]:
    """Release the period; the notes to say. Without one, a month that is out already is no refusal."""
    try:
        made = release_with_notes(dataset, period)
    except InputError as error:
        if period is None and error.key in NOTHING_NEW and stored(dataset.workspace):
            return [t("community.nothing_new", period=said(stored(dataset.workspace)[-1].period))]
        raise
    return [t(key, **_spoken(facts, t)) for key, facts in made.notes]


def _spoken(facts: dict[str, Any], t: Translator) -> dict[str, Any]:
    return {name: t(f"layer.{value}") if name == "layer" else value for name, value in facts.items()}


def _write_files(
    dataset: Dataset, whole: CommunityContent, releases: Sequence[Release], target: Path, t: Translator
) -> list[str]:
    """All files of the folder; what must be said of them."""
    topics, taxonomy, face = read_topics(), dataset.taxonomy, find_face()
    languages = (t.language, *(other for other in LANGUAGES if other != t.language))
    # Where Chinese cannot be drawn, pictures and paper are in English; the pages are set by the reader's browser.
    drawn, face, in_english = printing_language(t, face)
    spoken = [Translator(name) for name in languages] if face.chinese else [Translator("en")]
    images = _pictures(dataset, whole, spoken, face)
    (target / "images").mkdir()
    (target / "areas").mkdir()
    for name, pictures in images.items():
        for language, picture in pictures.items():
            (target / "images" / f"{name}-{language}.png").write_bytes(picture)
    asked, raised = QUESTIONS, may_be_raised(dataset.workspace)
    for number, area in enumerate(whole.areas, start=1):
        own = images.get(f"area-{number}", {})
        page = area_html(
            area, whole, map_png=_by_language(own), topics=topics, languages=languages, questions=asked,
            remark_topics=raised, taxonomy=taxonomy,
        )  # fmt: skip
        (target / area_file(number)).write_text(page, encoding="utf-8")
    city = images.get(f"city-{most_shown_layer(whole)}", {})
    index = index_html(whole, languages=languages, city_png=_by_language(city), taxonomy=taxonomy)
    (target / "index.html").write_text(index, encoding="utf-8")
    told = json.dumps([as_json(release) for release in releases], ensure_ascii=False, indent=1)
    (target / "release.json").write_text(told + "\n", encoding="utf-8")
    export_table(figures_frame(releases, dataset, t), target / "figures.csv")
    numbered = {area.area.area_id: images.get(f"area-{n}", {}) for n, area in enumerate(whole.areas, start=1)}
    maps = {key: pictures[drawn.language] for key, pictures in numbered.items() if pictures}
    paper = sheet_pdf(whole, topics, t, maps, face, taxonomy=taxonomy, questions=asked, remark_topics=raised)
    (target / "sheet.pdf").write_bytes(paper)
    return [t("print.no_chinese_face")] if in_english else []


# --- pictures ------------------------------------------------------------------------------------------------------


def _pictures(
    dataset: Dataset, whole: CommunityContent, languages: Sequence[Translator], face: Face
) -> dict[str, dict[str, bytes]]:
    """The city's pictures by layer and each area's, by name of the file, then by language."""
    units = dataset.shown_units
    assert units is not None  # a release has areas
    ground = community_ground(units, dataset.streets, dataset.land)
    words = MapWords(whole.credit, whole.datum, whole.map_review_number)
    images: dict[str, dict[str, bytes]] = {}
    for line in whole.layers:
        shaded = shades(whole, line.layer)
        for t in languages:
            unit = t("community.map.unit", layer=t(f"layer.{line.layer}"))
            images.setdefault(f"city-{line.layer}", {})[t.language] = city_png(ground, shaded, unit, t, face, words)
    numbered = {area.area.area_id: number for number, area in enumerate(whole.areas, start=1)}
    for key in _drawable(ground, numbered):
        images[f"area-{numbered[key]}"] = area_pngs(ground, key, languages, face, words)
    return images


def _by_language(pictures: dict[str, bytes]) -> bytes | dict[str, bytes] | None:
    """As the pages take a map: one for both languages where only one could be drawn."""
    return next(iter(pictures.values())) if len(pictures) == 1 else pictures or None


def _drawable(ground: CommunityGround, wanted: dict[str, int]) -> list[str]:
    """Areas that were released and are still drawn by the polygons in force."""
    return [key for key in wanted if key in ground.outlines]


def shades(whole: CommunityContent, layer: str) -> dict[str, Shade]:
    """How each area is shaded: by the least that the season's published figures of a layer sum up to."""
    found = {}
    for area in whole.areas:
        line = next((line for line in area.layers if line.layer == layer), None)
        if line is None or line.low is None:
            found[area.area.area_id] = Shade(None)
        else:
            found[area.area.area_id] = Shade(line.low or None, small=line.low == 0)
    return found


def most_shown_layer(whole: CommunityContent) -> str:
    """The layer of which most areas show a number; the first of equals."""
    layers = [line.layer for line in whole.layers] or ["incident"]
    return max(layers, key=lambda layer: sum(s.value is not None for s in shades(whole, layer).values()))


# --- the table -----------------------------------------------------------------------------------------------------


def figures_frame(releases: Sequence[Release], dataset: Dataset, t: Translator) -> pd.DataFrame:
    """
    One row a figure of every release, as published.

    Returns
    -------
    DataFrame
        `period`, `first_day`, `last_day`, `area_id`, `area`, `area_en` (empty for the city), `counts` (what is
        counted), `layer`, `group`, `group_en`, `quarter`, `figure` ("15", "0–4", or that it is not stated).
    """
    rows = [
        _figure_row(figure, release, {area.area_id: area for area in release.areas}, dataset, t)
        for release in releases
        for figure in release.figures
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = [
    "period", "first_day", "last_day", "area_id", "area", "area_en", "counts", "layer", "group", "group_en", "quarter",
    "figure",
]  # fmt: skip


def _figure_row(
    figure: Figure, release: Release, areas: dict[str, Any], dataset: Dataset, t: Translator
) -> tuple[str, ...]:
    area = areas.get(figure.area_id or "")
    group = dataset.taxonomy[figure.group] if figure.group else None
    settled = "settled" if figure.table == "area_settled" else "began"
    return (
        release.period.key,
        release.period.start.isoformat(),
        (release.period.end - dt.timedelta(days=1)).isoformat(),
        figure.area_id or "",
        area.name if area else "",
        area.name_en if area else "",
        t(f"community.counts.{settled}"),
        t(f"layer.{figure.layer}"),
        group.name_zh if group else "",
        group.name_en if group else "",
        t(f"deck.part.{figure.part}") if figure.part else "",
        figure_words(figure, t).replace(",", ""),
    )


# --- the last look -------------------------------------------------------------------------------------------------


def _require_clean(target: Path, dataset: Dataset) -> None:
    """Search all bytes written; what is found there would be a bug, and nothing is put in place."""
    events = dataset.events
    own = _own_words(dataset)
    texts = {text for text in _source_texts(dataset) if text.casefold() not in own}
    found = scan_folder(target, set(events["event_id"].astype(str)), texts)
    if found:
        raise PrivacyError(f"the community folder would give away: {'; '.join(found[:5])}")


def _source_texts(dataset: Dataset) -> set[str]:
    """What sources wrote, and what they are called."""
    events = dataset.events
    return {str(text) for column in ("category_source", "source") for text in events[column].dropna().unique()}


def _own_words(dataset: Dataset) -> str:
    """What the pages say whatever the sources wrote: a category called "Incidents", or like an area, gives nothing."""
    settings, releases = dataset.settings, stored(dataset.workspace)
    names = [settings.station, settings.station_en, settings.credit, settings.map_review_number, *COLUMNS]
    names += [text for one in releases for area in one.areas for text in (area.area_id, area.name, area.name_en)]
    names += [str(key) for one in releases for row in as_json(one)["figures"] for key in (*row, row["table"])]
    texts = [path.read_text(encoding="utf-8") for path in sorted(OWN_WORDS.rglob("*")) if path.suffix in OWN_ENDINGS]
    return "\n".join(filter(None, [*dict.fromkeys(names), *texts])).casefold()
