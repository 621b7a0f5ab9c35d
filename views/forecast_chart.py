"""The curve of a backtest: share of events caught against share of the area named."""

from collections.abc import Mapping, Sequence

from views import style
from views.charts import TEXT

WIDTH, HEIGHT = 420, 210
LEFT, RIGHT, TOP, BOTTOM = 40, 128, 10, 30
# Lines differ by dash and width, so that grey print keeps them apart.
LOOKS = (
    f'stroke="{style.ACCENT}" stroke-width="3"',
    f'stroke="{style.SECONDARY}" stroke-width="1.8" stroke-dasharray="7 3"',
    f'stroke="{style.SECONDARY}" stroke-width="1.8" stroke-dasharray="2 4" stroke-linecap="round"',
    f'stroke="{style.FAINT}" stroke-width="1.4" stroke-dasharray="12 4 2 4"',
)


def coverage_curve(lines: Mapping[str, Sequence[tuple[float, float]]], *, across: str, up: str) -> str:
    """
    Draw up to four lines.

    Parameters
    ----------
    lines : name → (share of area, share of events), both 0 to 1
        Ours first.
    across, up : str
        What the axes count.
    """
    widest = max((share for points in lines.values() for share, _ in points), default=0.05)
    highest = max((rate for points in lines.values() for _, rate in points), default=1.0) or 1.0
    step = next((step for step in (0.02, 0.05, 0.1, 0.2) if highest / step <= 5.5), 0.25)
    plot_width, plot_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(share: float, rate: float) -> tuple[float, float]:
        return LEFT + share / widest * plot_width, TOP + (1 - rate / (highest * 1.05)) * plot_height

    body = []
    for number in range(int(highest * 1.05 / step) + 1):
        _, y = at(0, number * step)
        body.append(
            f'<line x1="{LEFT}" x2="{LEFT + plot_width}" y1="{y:.1f}" y2="{y:.1f}" stroke="{style.RULE}"/>'
            + _text(f"{number * step:.0%}", LEFT - 5, y + 4, anchor="end")
        )
    for share in sorted({share for points in lines.values() for share, _ in points}):
        x, _ = at(share, 0)
        body.append(_text(f"{share:.1%}".replace(".0%", "%"), x, HEIGHT - BOTTOM + 14, anchor="middle"))
    body.append(_text(across, LEFT + plot_width, HEIGHT - 3, anchor="end"))
    body.append(_text(up, LEFT, TOP - 1, anchor="start") if up else "")
    names = []
    for look, (name, points) in zip(LOOKS, lines.items(), strict=False):
        path = [at(0, 0), *(at(share, rate) for share, rate in points)]
        body.append(f'<polyline fill="none" {look} points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in path)}"/>')
        names.append((path[-1][1], name, look))
    lowest = float(TOP)
    for y, name, look in sorted(names):
        y = max(y, lowest)
        lowest = y + 16
        x = LEFT + plot_width + 6
        body.append(f'<line x1="{x}" x2="{x + 20}" y1="{y:.1f}" y2="{y:.1f}" {look}/>')
        body.append(_text(name, x + 25, y + 4, color=style.INK))
    return style.svg("".join(body), WIDTH, HEIGHT)


def _text(words: str, x: float, y: float, *, anchor: str = "start", color: str = style.SECONDARY) -> str:
    import html

    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="11.5" text-anchor="{anchor}" fill="{color}" {TEXT}>'
        f"{html.escape(words)}</text>"
    )
