"""
The meeting's sheet on paper: a leaf for each area, what is known on the front, an empty form on the back.

It says what the slides say, in the same words (`views.community_slides`), black on white for a grey printer. The form
is filled in by hand at the meeting: counts by show of hands and remarks by topic, never a name.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from geo.community_types import AreaContent, CommunityContent
from geo.taxonomy import Taxonomy
from views import community_words as words
from views.community_slides import Slides, rule_words, season_row, slides
from views.fonts import LATIN_FAMILY, Face
from views.i18n import Translator
from views.print_page import printing_language, set_page

MOST_ROWS, MOST_ADVICE = 9, 2
SHAPES = {"incident": "circle", "dispute": "square", "hazard": "triangle"}


def sheet_pdf(
    whole: CommunityContent,
    topics: Mapping[str, Any],
    t: Translator,
    maps: Mapping[str, bytes],
    face: Face | None = None,
    *,
    taxonomy: Taxonomy,
    questions: Mapping[str, Sequence[str]] | None = None,
    remark_topics: Sequence[str] = (),
) -> bytes:
    """
    Set all areas' sheets as one PDF, two A4 pages an area.

    Parameters
    ----------
    whole : CommunityContent
        What passed the gate.
    topics : mapping of key to geo.topics.Topic
    t : Translator
        The language; English where the machine has no Chinese face, and the sheet says so.
    maps : mapping of area id to PNG bytes
        An area without one has more room for words.
    face : Face, optional
        Found on the machine, if not given.
    questions, remark_topics
        What the form asks: questions with their options, topics by key.

    Returns
    -------
    bytes
        The same content gives the same bytes.
    """
    t, face, in_english = printing_language(t, face)
    sheets, pictures = [], dict[str, bytes]()
    for number, area in enumerate(whole.areas, start=1):
        told = slides(area, whole, topics, taxonomy, t, questions or {}, remark_topics)
        sheet = _sheet(area, told, whole, taxonomy, t, face)
        if area.area.area_id in maps:
            sheet["map"] = f"map-{number}.png"
            pictures[sheet["map"]] = _in_grey(maps[area.area.area_id])
        sheets.append(sheet)
    data = {
        "lang": t.language,
        "fonts": [face.family, LATIN_FAMILY] if face.chinese else [LATIN_FAMILY],
        "title": t("community.sheet.title"),
        "head_left": _drawable(face, whole.station_en if t.language == "en" else whole.station) or t("print.product"),
        "head_right": t("community.sheet.head", season=words.season_words(whole.season, t)),
        "page_of": t("print.page_of", page="{page}", pages="{pages}"),
        "digest": t("print.digest", digest=whole.digest[:16]),
        "notices": [t("print.no_chinese_face")] if in_english else [],
        "foot": [rule_words(whole, t), t("deck.foot.withheld")],
        "labels": {name: t(f"community.sheet.{name}") for name in LABELS},
        "sheets": sheets,
    }
    return set_page("community.typ", data, face, None, pictures)


LABELS = (
    "reported", "counts", "few", "layers", "kept", "kept_none", "promised", "done", "open", "missed", "coming",
    "coming_none", "walks", "watches", "prevent", "turn", "polls", "polls_none", "remarks", "remarks_none",
    "form", "form_note", "form_date", "form_present", "form_remarks", "form_people", "form_kept",
)  # fmt: skip


def _sheet(
    area: AreaContent, told: Slides, whole: CommunityContent, taxonomy: Taxonomy, t: Translator, face: Face
) -> dict[str, Any]:
    rows = [season_row(line, whole.season, taxonomy, t) for line in area.lines]
    small = bool(told.too_small)
    return {
        "name": _drawable(face, told.name) or area.area.area_id,
        "beside": told.beside,
        "too_small": told.too_small,
        "columns": list(told.columns),
        "layers": [_row(row) for row in told.layers],
        "lines": [] if small else [_row(row) for row in rows[:MOST_ROWS]],
        "kept": [dict(row) for row in told.kept],
        "details": [dict(row) for row in told.details],
        "coming": [dict(row) for row in told.coming],
        "prevent": [
            {"title": topic["title"], "lines": list(topic["lines"][:MOST_ADVICE]), "turn": topic["turn"]}
            for topic in told.prevent
        ],
        "polls": [
            {"title": poll["title"], "good": poll["good"], "rows": [[r["date"], r["said"]] for r in poll["rows"][:3]]}
            for poll in told.polls
        ],
        "remarks": [dict(remark) for remark in told.remarks],
        "questions": [
            {"title": question["title"], "options": [text for _, text in question["options"]]}
            for question in told.questions
        ],
        "topics": [title for _, title in told.remark_topics],
    }


def _row(row: Any) -> dict[str, Any]:
    figures = [figure.text for figure in row.figures] or [row.total.text]
    return {"shape": SHAPES[row.layer], "name": row.name, "figures": figures}


def _drawable(face: Face, text: str) -> str:
    return text if face.can_draw(text) else ""


def _in_grey(png: bytes) -> bytes:
    """The picture as a grey printer would show it: a third of the size in the PDF."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("L").save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
