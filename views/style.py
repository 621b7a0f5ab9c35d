"""The colors and measures of every map and page; one place, so that a legend cannot differ from its map."""

import html

import numpy as np

INK, SECONDARY, FAINT = "#1B2430", "#55606E", "#68727E"
ACCENT, SELECTED = "#0E5A62", "#E8F0F0"
RULE, CARD_BORDER = "#E6E9EB", "#D9DEE2"
HEAD = "#F7F8F7"
RANGE, BAR = "#A9C6C8", "#BFD0D2"
LAYER_COLORS = {"incident": "#D55E00", "dispute": "#0072B2", "hazard": "#E69F00"}
RAMP = ("#E4ECEC", "#C2D4D5", "#94B4B7", "#5F8D92", "#2D656C", "#0F3D45")
EMPTY_CELL = "#F1F3F3"
FACES = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"

LAND, WATER, BANK, PARK = "#F5F4F0", "#CADDE7", "#A9C4D1", "#DCE7D5"
RAIL, CASING, BRIDGE_CASING, HAIRLINE = "#C3C5C7", "#CDCAC0", "#8F989F", "#E7E5DE"
NEIGHBORHOOD_EDGE, CITY_EDGE = "#7E8994", "#6B7682"
COMMUNITY_LABEL, STREET_LABEL, WATER_LABEL, PARK_LABEL = "#5E6A77", "#6A7178", "#4F7B92", "#56734D"

# White width in pixels at 8, 4, 2 and 1 metres a pixel, and what the casing adds.
ROAD_WIDTHS = {
    "ring": ((4.2, 6.5, 10, 16), 1.4),
    "primary": ((3, 4.8, 8, 13), 1.3),
    "secondary": ((2, 3.2, 5.5, 10), 1.2),
    "local": ((1.3, 2.4, 4.2, 8), 1.1),
    "lane": ((0.9, 1.5, 3.2, 6), 1.0),
}
# Walks differ by color and by dash, so that grey print keeps them apart.
WALK_STYLES = (
    ("#0E5A62", ""),
    ("#8A3B6B", "9 5"),
    ("#5C5A14", "2 5"),
    ("#3B4B63", "12 4 2 4"),
)


def road_width(road_class: str, metres_per_pixel: float) -> float:
    """The white width in pixels of a road class at a scale; between the four given scales by their logarithm."""
    widths, _ = ROAD_WIDTHS[road_class]
    scale = np.log2(metres_per_pixel)
    width = float(np.interp(scale, (0, 1, 2, 3), widths[::-1]))
    # Beyond the table, roads thin out toward a hairline, or grow slowly toward the eye.
    return max(width * 2.0 ** (-(scale - 3) * 0.6), 0.5) if scale > 3 else width * (1 + 0.35 * max(-scale, 0))


def walk_style(number: int) -> tuple[str, str]:
    """Color and dash of the walk with this number, from 1; the four repeat."""
    return WALK_STYLES[(number - 1) % len(WALK_STYLES)]


def symbol(layer: str, size: int = 12) -> str:
    """The layer's shape as SVG: circle, square or triangle."""
    color = LAYER_COLORS[layer]
    shape = {
        "incident": f'<circle cx="6" cy="6" r="5" fill="{color}"/>',
        "dispute": f'<rect x="1.5" y="1.5" width="9" height="9" fill="{color}"/>',
        "hazard": f'<path d="M6 .8 11.6 11H.4Z" fill="{color}"/>',
    }[layer]
    return svg(shape, 12, 12, width=size, height=size)


def svg(body: str, box_width: float, box_height: float, *, width: float = 0, height: float = 0) -> str:
    """An SVG element around a body."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width or box_width:g}" height="{height or box_height:g}" '
        f'viewBox="0 0 {box_width:g} {box_height:g}">{body}</svg>'
    )


def shield(number: str, height: float = 27) -> str:
    """The mark of a watch post with its number."""
    body = (
        f'<path d="M12 1 22.6 4.6V13C22.6 20 18 24.6 12 27 6 24.6 1.4 20 1.4 13V4.6Z" fill="{INK}" stroke="#fff" '
        f'stroke-width="1.6"/><text x="12" y="18.4" text-anchor="middle" font-size="14" font-weight="700" '
        f'fill="#fff" font-family="{FACES}">{html.escape(number)}</text>'
    )
    return svg(body, 24, 28, width=height * 24 / 28, height=height)


def disc(number: str, *, color: str = INK, size: int = 22) -> str:
    """A filled disc with a white number: a hotspot's rank."""
    font = 12.5 if len(number) < 3 else 9.5
    body = (
        f'<circle cx="11" cy="11" r="10" fill="{color}" stroke="#fff" stroke-width="1.6"/><text x="11" y="15.3" '
        f'text-anchor="middle" font-size="{font}" font-weight="700" fill="#fff" font-family="{FACES}">'
        f"{html.escape(number)}</text>"
    )
    return svg(body, 22, 22, width=size, height=size)


def ring(number: str, color: str, *, size: int = 20) -> str:
    """A white disc with a colored edge and number: a walk's stop."""
    body = (
        f'<circle cx="11" cy="11" r="9.4" fill="#fff" stroke="{color}" stroke-width="2.4"/><text x="11" y="15.3" '
        f'text-anchor="middle" font-size="12" font-weight="700" fill="{color}" font-family="{FACES}">'
        f"{html.escape(number)}</text>"
    )
    return svg(body, 22, 22, width=size, height=size)


def flag(size: int = 18) -> str:
    """The mark of a start point."""
    body = (
        f'<rect x="1" y="1" width="18" height="18" rx="2.5" fill="#fff" stroke="{INK}" stroke-width="2"/>'
        f'<path d="M6 15.5V4.8h8.6l-2 2.9 2 2.9H7.6v4.9Z" fill="{INK}"/>'
    )
    return svg(body, 20, 20, width=size, height=size)


def line_sample(number: int, width: int = 30) -> str:
    """The line of a walk, as in a legend."""
    color, dash = walk_style(number)
    cap = ' stroke-linecap="round"' if dash == "2 5" else ""
    ends = f'x1="2" y1="5" x2="{width - 2}" y2="5"'
    body = f'<line {ends} stroke="{color}" stroke-width="3.4" stroke-dasharray="{dash}"{cap}/>'
    return svg(body, width, 10)
