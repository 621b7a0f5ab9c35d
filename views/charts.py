"""Small charts as SVG: weeks of a place, hours of a week, a range, what one more walk buys."""

import html
from collections.abc import Mapping, Sequence

import numpy as np

from geo.schema import LAYERS
from views import style
from views.style import svg

TEXT = f'font-family="{style.FACES}"'


def layer_counts(counts: Mapping[str, int], *, size: int = 11) -> str:
    """The counts of a place by layer as shapes with numbers; layers without events are left out."""
    keep = "white-space:nowrap;margin-left:10px"
    parts = [
        f'<span style="{keep}">{image(style.symbol(layer, size))}&thinsp;{counts[layer]:,}</span>'
        for layer in LAYERS
        if counts.get(layer)
    ]
    return "".join(parts)


def image(drawing: str, *, alt: str = "", css: str = "vertical-align:-1px") -> str:
    """An SVG as an `img` with a data address: `st.html` takes out inline SVG but keeps this."""
    from base64 import b64encode

    code = b64encode(drawing.encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{code}" alt="{html.escape(alt)}" style="{css}">'


def data_address(drawing: str) -> str:
    """The SVG as a data address, for image cells of tables."""
    from base64 import b64encode

    return "data:image/svg+xml;base64," + b64encode(drawing.encode()).decode()


def week_squares(weeks: Mapping[str, Sequence[int]], totals: Mapping[str, int], first: str, last: str) -> str:
    """
    Twelve weeks of a place, a row a layer, each square shaded by its count.

    Parameters
    ----------
    weeks : layer → counts, oldest first
    totals : layer → the period's count, shown at the left
    first, last : str
        Words under the first and the last week.
    """
    rows = sorted((layer for layer in LAYERS if any(weeks.get(layer, ()))), key=lambda layer: -sum(weeks[layer]))
    most = max((max(weeks[layer]) for layer in rows), default=1) or 1
    body = []
    for number, layer in enumerate(rows):
        top = number * 19
        body.append(f'<g transform="translate(0 {top + 2})">{_bare(style.symbol(layer))}</g>')
        body.append(_text(totals.get(layer, 0), 31, top + 13, size=13, weight=700, anchor="end"))
        for week, count in enumerate(weeks[layer]):
            share = count / most
            color = _mix(style.LAYER_COLORS[layer], 0.16 + 0.84 * share) if count else style.EMPTY_CELL
            left = 39 + week * 16
            body.append(f'<rect x="{left}" y="{top + 1}" width="14.4" height="14.4" rx="1.5" fill="{color}"/>')
            if count:
                ink = "#FFFFFF" if share > 0.6 and layer == "dispute" else style.INK
                body.append(_text(count, left + 7.2, top + 12, size=9.5, color=ink, anchor="middle"))
    height = len(rows) * 19
    body.append(_text(first, 39, height + 11, size=10.5, color=style.FAINT))
    body.append(_text(last, 39 + 12 * 16, height + 11, size=10.5, color=style.FAINT, anchor="end"))
    return svg("".join(body), 234, height + 15)


def hours_heat(counts: np.ndarray, days: Sequence[str]) -> str:
    """
    Hours by weekday, in bands of three hours.

    Parameters
    ----------
    counts : array of (7, 8)
        Monday first; bands from midnight.
    days : seven names
    """
    most = counts.max() or 1
    body = []
    for day in range(7):
        body.append(_text(days[day], 0, day * 15 + 11, size=10.5, color=style.SECONDARY))
        for band in range(8):
            share = counts[day, band] / most
            step = int(np.ceil(share * len(style.RAMP))) - 1
            color = style.RAMP[step] if counts[day, band] else style.EMPTY_CELL
            body.append(f'<rect x="{32 + band * 21}" y="{day * 15}" width="19.4" height="13.4" rx="1" fill="{color}"/>')
    for hour in range(0, 25, 6):
        body.append(_text(hour, 32 + hour * 7, 117, size=10, color=style.FAINT, anchor="middle"))
    return svg("".join(body), 210, 121)


def range_bar(low: float, middle: float, high: float, before: float | None) -> str:
    """An expected range with its middle, and a dotted line where a week of last year stood."""
    top = max(high, before or 0, 1) * 1.35
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if top / s <= 6)
    top = step * np.ceil(top / step)
    width = 146

    def at(value: float) -> float:
        return 8 + width * value / top

    body = [
        f'<line x1="8" y1="24" x2="{8 + width}" y2="24" stroke="{style.CARD_BORDER}"/>',
        f'<rect x="{at(low):.1f}" y="6" width="{max(at(high) - at(low), 4):.1f}" height="11" rx="5.5" '
        f'fill="{style.RANGE}"/>',
        f'<circle cx="{at(middle):.1f}" cy="11.5" r="5.4" fill="{style.ACCENT}" stroke="#fff" stroke-width="1.2"/>',
    ]
    for tick in np.arange(0, top + step / 2, step):
        body.append(f'<line x1="{at(tick):.1f}" y1="24" x2="{at(tick):.1f}" y2="28" stroke="{style.CARD_BORDER}"/>')
        body.append(_text(f"{tick:g}", at(tick), 39, size=10, color=style.FAINT, anchor="middle"))
    if before is not None:
        body.append(
            f'<line x1="{at(before):.1f}" y1="1" x2="{at(before):.1f}" y2="23" stroke="{style.INK}" '
            'stroke-width="1.4" stroke-dasharray="2 2"/>'
        )
    return svg("".join(body), width + 18, 42)


def share_text(share: float) -> str:
    """A share in per cent; small ones with a digit, so that one more walk in a big city is seen to count."""
    return f"{share:.1%}" if 0 < share < 0.095 else f"{share:.0%}"


def worth_bars(shares: Sequence[tuple[int, float]], chosen: int) -> str:
    """What each number of walks covers; the chosen one in the accent color."""
    top = max((share for _, share in shares), default=0) or 1
    body = []
    for place, (number, share) in enumerate(shares):
        height = 40 * share / top
        left, here = 6 + place * 42, number == chosen
        color = style.ACCENT if here else style.BAR
        body.append(f'<rect x="{left}" y="{54 - height:.1f}" width="26" height="{height:.1f}" fill="{color}"/>')
        weight = 700 if here else 400
        body.append(_text(share_text(share), left + 13, 50 - height, size=10.5, weight=weight, anchor="middle"))
        body.append(_text(number, left + 13, 67, size=10.5, weight=weight, color=style.SECONDARY, anchor="middle"))
    width = 12 + 42 * max(len(shares), 1)
    body.append(f'<line x1="0" y1="54.5" x2="{width}" y2="54.5" stroke="{style.BAR}"/>')
    return svg("".join(body), width, 71)


def _text(
    value: object,
    x: float,
    y: float,
    *,
    size: float,
    color: str = style.INK,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{color}" font-weight="{weight}" '
        f'text-anchor="{anchor}" {TEXT}>{html.escape(str(value))}</text>'
    )


def _bare(drawing: str) -> str:
    return drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")]


def _mix(color: str, share: float) -> str:
    parts = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - part) * share):02X}" for part in parts)
