"""
What the printed sheets share: in which language, what frames a page, and how Typst sets it.

Templates stand in `views/assets/*.typ`; every value reaches them as data in a JSON file, never as markup. Typst sets
the pages without any system library and, since nothing here asks the clock, gives the same bytes for the same plan.
"""

import datetime as dt
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from views.fonts import LATIN_FAMILY, Face, find_face, latin_folder
from views.i18n import Translator
from views.plan_tables import PlanFacts, PlanWords, day_text

ASSETS = Path(__file__).parent / "assets"
TEMPLATES = ("sheet.typ", "briefing.typ", "walk.typ", "volunteers.typ", "community.typ")
POINTS_PER_MM = 72 / 25.4
SHEET_WIDTH_MM = 181.4
LEAST_MAP_MM = 78.0


def printing_language(t: Translator, face: Face | None = None) -> tuple[Translator, Face, bool]:
    """
    Decide in which language a sheet can be printed on this machine.

    Returns
    -------
    Translator, Face, bool
        English where Chinese is asked for and no Chinese face is there; the last value says that this happened.
    """
    face = face or find_face()
    if t.language == "zh" and not face.chinese:
        return Translator("en"), face, True
    return t, face, False


def page_frame(words: PlanWords, facts: PlanFacts, face: Face, head: str) -> dict[str, Any]:
    """What every page has: language, faces, head, page number, digest."""
    t = words.t
    station = words.station if words.draws(words.station) else ""
    return {
        "lang": t.language,
        "fonts": [face.family, LATIN_FAMILY] if face.chinese else [LATIN_FAMILY],
        "head_left": station or t("print.product"),
        "head_right": head,
        "page_of": t("print.page_of", page="{page}", pages="{pages}"),
        "digest": t("print.digest", digest=facts.digest),
    }


def week_facts(monday: Any, t: Translator) -> dict[str, Any]:
    """Year, week and its first and last day, as heads quote them."""
    sunday = monday + dt.timedelta(days=6)
    year, week, _ = monday.isocalendar()
    if t.language == "zh":
        return {"year": year, "week": week, "first": f"{monday:%m-%d}", "last": f"{sunday:%m-%d}"}
    return {"year": year, "week": week, "first": day_text(t, monday), "last": day_text(t, sunday)}


def street_notices(plan: Any, t: Translator) -> list[str]:
    """That there are no streets, where there are none."""
    return [] if plan.on_streets else [t("print.straight_lines", factor=detour_text(plan))]


def detour_text(plan: Any) -> str:
    """The detour factor as printed."""
    return f"{plan.detour_factor or 1.0:g}"


def span_line(facts: PlanFacts, t: Translator) -> str:
    """The data's span and the moment they know."""
    first, last = facts.span
    return t("print.span", first=first.isoformat(), last=last.isoformat(), as_of=facts.as_of.date().isoformat())


def credit_line(facts: PlanFacts, t: Translator) -> str:
    """Who made the map's data, its datum, and the map-review number where there is one."""
    parts = [facts.credit] if facts.credit else []
    parts.append("WGS 84")
    if facts.map_review_number:
        parts.append(t("print.map_review", number=facts.map_review_number))
    return t.joined(parts) if t.language == "en" else "，".join(parts)


def ground_of(facts: PlanFacts) -> Mapping[str, Any]:
    """The frames a map is drawn on."""
    return {name: facts.ground.get(name) for name in ("streets", "land", "neighborhoods")}


def map_height(usual: float, *, extra: float, most: float) -> float:
    """Millimetres left for a map when the rest of the page needs `extra` more than usual."""
    return round(min(max(usual - extra, LEAST_MAP_MM), most), 1)


def set_page(
    template: str,
    data: Mapping[str, Any],
    face: Face,
    picture: str | None,
    pictures: Mapping[str, bytes] | None = None,
) -> bytes:
    """
    Set one template in a folder of its own, which holds all that Typst may read.

    `picture` is the SVG that the template calls map.svg; `pictures` are others, by file name.
    """
    import typst

    with tempfile.TemporaryDirectory(prefix="walkwatch-") as folder:
        root = Path(folder)
        for name in TEMPLATES:
            shutil.copyfile(ASSETS / name, root / name)
        (root / "data.json").write_text(_kept_together(json.dumps(data, ensure_ascii=False)), encoding="utf-8")
        if picture is not None:
            (root / "map.svg").write_text(picture, encoding="utf-8")
        for name, content in (pictures or {}).items():
            (root / name).write_bytes(content)
        pdf = typst.compile(str(root / template), root=str(root), font_paths=_fonts(face.chinese), format="pdf")
    return _nameless(pdf)


def _nameless(pdf: bytes) -> bytes:
    """The same paper without the name and version of the program that set it; blanks keep every offset."""
    names = rb"/Creator\([^)]*\)|<xmp:CreatorTool>[^<]*</xmp:CreatorTool>"
    return re.sub(names, lambda found: b" " * len(found[0]), pdf)


def _kept_together(text: str) -> str:
    """A number and the Chinese measure word after it stay on one line."""
    return re.sub(r"(?<=\d) (?=[\u4e00-\u9fff])", "\u00a0", text)


@cache
def _fonts(system: bool) -> Any:
    import typst

    return typst.Fonts(include_system_fonts=system, include_embedded_fonts=False, font_paths=[str(latin_folder())])
