"""
The meeting's slides: one HTML file an area, and the list of all areas, each with everything inside it.

Both languages stand in the file; the script that comes with it moves from slide to slide and between them. The file
holds only texts made from `CommunityContent`, asks nothing of any other machine, and says so to the browser: its own
policy names the digests of its style and script, so that nothing else in it would run.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from geo.community_types import AreaContent, CommunityContent
from geo.taxonomy import Taxonomy, read_taxonomy
from views import community_words as words
from views import style
from views.community_slides import SLIDES, columns, rule_words, season_row, slides, total_head
from views.i18n import LANGUAGES, Translator

TEMPLATES = Path(__file__).parent / "templates"
# What the meeting's process replaces in a served file; in the folder the value is empty, and there are no forms.
ANSWERS_MARK = '<meta name="walkwatch-answers" content="">'
# Nothing that a name could bring stands before it but the area's key, which is escaped.
POLICY = re.compile(
    r'<!doctype html>\n<html[^>]*>\n<head>\n<meta charset="utf-8">\n'
    r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">'
)
UNIT = re.compile(r"(?<![\w.#])(?<!\w-)(-?\d+(?:\.\d+)?)u\b")


def area_html(
    content: AreaContent,
    whole: CommunityContent,
    *,
    map_png: bytes | Mapping[str, bytes] | None,
    topics: Mapping[str, Any],
    languages: Sequence[str] = LANGUAGES,
    answers_url: str | None = None,
    questions: Mapping[str, Sequence[str]] | None = None,
    remark_topics: Sequence[str] | None = None,
    taxonomy: Taxonomy | None = None,
    home: str | None = "../index.html",
) -> str:
    """
    Write one area's eight slides.

    Parameters
    ----------
    content : AreaContent
    whole : CommunityContent
        For the season, the rules and the credit.
    map_png : bytes, or mapping of language to bytes, or None
        The area's outline on its streets.
    topics : mapping of key to geo.topics.Topic
    languages : sequence of str
        The first is shown until another is chosen.
    answers_url : str or None
        Where slides 7 and 8 send what the hall says; None: they have no forms and say that answers go on the sheet.
    questions : mapping of key to options, or None
        What slide 7 asks, best option first; None: it asks nothing.
    remark_topics : sequence of str or None
        What slide 8 offers to choose from; None: every topic given.
    taxonomy : Taxonomy or None
        For the names of groups; None: the one that comes with the program.
    home : str or None
        The way back to the list of areas, relative; None: there is none.

    Returns
    -------
    str
        One HTML document. The same content gives the same text.
    """
    table = taxonomy or _own_taxonomy()
    asked = questions or {}
    offered = list(topics) if remark_topics is None else remark_topics
    told = [slides(content, whole, topics, table, Translator(name), asked, offered) for name in languages]
    sheet = f"{_text('deck.css')}{_map_rule(map_png)}"
    return _document(
        "deck.html",
        sheet,
        _text("deck.js"),
        "'self'",
        told=told,
        area=content.area,
        languages=list(languages),
        names=SLIDES,
        has_map=bool(map_png),
        answers_url=answers_url or "",
        home=home,
    )


def area_file(number: int) -> str:
    """The place of the deck of the area with this number (from 1, in the content's order) in the folder."""
    return f"areas/{number}.html"


def index_html(
    whole: CommunityContent,
    *,
    languages: Sequence[str] = LANGUAGES,
    city_png: bytes | Mapping[str, bytes] | None = None,
    taxonomy: Taxonomy | None = None,
) -> str:
    """
    Write the first page of the folder: choose the neighborhood; the city's figures as a table.

    Parameters
    ----------
    whole : CommunityContent
        `areas/<n>.html` is the area with the number n, from 1, in its order.
    city_png : bytes, or mapping of language to bytes, or None
        The map of all areas.

    Returns
    -------
    str
        One HTML document with relative links only.
    """
    table = taxonomy or _own_taxonomy()
    told = []
    for name in languages:
        t = Translator(name)
        told.append(
            {
                "t": t,
                "station": (whole.station_en if name == "en" and whole.station_en else whole.station),
                "season": words.season_words(whole.season, t),
                "total_head": total_head(whole.season, t),
                "columns": columns(whole.season, t),
                "layers": [season_row(line, whole.season, table, t) for line in whole.layers],
                "lines": [season_row(line, whole.season, table, t) for line in whole.lines],
                "rules": rule_words(whole, t),
            }
        )
    areas = [
        {
            "href": area_file(number),
            "names": {name: words.area_name(content.area, Translator(name)) for name in languages},
            "find": f"{content.area.name} {content.area.name_en} {content.area.area_id}".casefold(),
            "households": content.area.households,
            "too_small": content.area.too_small,
        }
        for number, content in enumerate(whole.areas, start=1)
    ]
    sheet = f"{_text('index.css')}{_map_rule(city_png)}"
    return _document(
        "index.html", sheet, _text("index.js"), "'none'", told=told, areas=areas, whole=whole, has_map=bool(city_png)
    )


def policy_of(page: str) -> str:
    """The policy that a page of ours declares for itself; the strictest for a page that declares none."""
    found = POLICY.match(page)
    return found.group(1).replace("&#39;", "'") if found else "default-src 'none'"


# --- private ------------------------------------------------------------------------------------------------------


def _document(template: str, sheet: str, script: str, connect: str, **facts: Any) -> str:
    rules = (
        "default-src 'none'",
        "img-src 'self' data:",
        f"style-src '{_digest(sheet)}'",
        f"script-src '{_digest(script)}'",
        f"connect-src {connect}",
        "base-uri 'none'",
        "form-action 'none'",
    )
    page = _templates().get_template(template)
    return (
        page.render(policy="; ".join(rules), sheet=Markup(sheet), script=Markup(script), shape=_shape, **facts) + "\n"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _text(name: str) -> str:
    """A style or script of ours; `33u` in a style is 33 pixels of a screen 1920 wide, scaled with the window."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    return UNIT.sub(r"calc(\1*var(--u))", text) if name.endswith(".css") else text


@cache
def _own_taxonomy() -> Taxonomy:
    return read_taxonomy()


def _map_rule(png: bytes | Mapping[str, bytes] | None) -> str:
    """The map as a background, so that one copy of it serves two slides, or both languages."""
    pictures = png if isinstance(png, Mapping) else {"": png} if png else {}
    return "".join(
        f"{'.' + language + ' ' if language else ''}.map i"
        f"{{background-image:url(data:image/png;base64,{base64.b64encode(picture).decode()})}}"
        for language, picture in pictures.items()
    )


def _shape(layer: str) -> Markup:
    """The layer's shape; words beside it say the same."""
    drawing = style.symbol(layer).replace("<svg ", '<svg class="shape" aria-hidden="true" ', 1)
    return Markup(re.sub(r' width="\d+" height="\d+"', "", drawing, count=1))
