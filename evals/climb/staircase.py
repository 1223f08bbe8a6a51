"""The picture of a climb: score with its interval over what an answer costs, as SVG and as text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from cairn.evals.climb.climb_report import Point

WIDTH, HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 24, 24, 48
_COLOURS = {"start": "#6b7280", "kept": "#0f766e", "left": "#b45309"}
_REACH = 9
_BAR = 40


def staircase_svg(points: Sequence[Point], title: str, say: Callable[[str], str] = str) -> str:
    """A picture that needs nothing else to be looked at.

    Args:
        points: The start first, then each rung.
        title: Told to whoever can't see it.
        say: Puts its words into the reader's language.

    Returns:
        An `<svg>` element. Colours follow the page's, so that it is legible in light and dark.
    """
    positions = [(_x(point, points), _y(point.score)) for point in points]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">',
        f"<title>{escape(title)}</title>",
        *_axes(points, say),
    ]
    kept = [place for point, place in zip(points, positions, strict=True) if point.state != "left"]
    parts.append(f'<path d="{_stairs(kept)}" fill="none" stroke="{_COLOURS["kept"]}" stroke-width="2"/>')
    below: list[str] = []
    above: list[str] = []
    taken = [(x - _REACH, y + _REACH, x + _REACH) for x, y in positions]
    for number, (point, (x, y)) in enumerate(zip(points, positions, strict=True)):
        label = (say(point.name) if point.state == "start" else f"{number} {point.name}")[:28]
        label = str(number) if point.state == "left" else label
        height = _free_height(x + _REACH, y, 7 * len(label) + 4, taken, point.state == "left")
        (below if point.state == "left" else above).extend(_drawn(point, x, y, label, height))
    return "\n".join([*parts, *below, *above, "</svg>"])


def _free_height(x: float, y: float, width: float, taken: list[tuple[float, float, float]], beside: bool) -> float:
    """Where a label hides neither a point nor a label, nor lies on the stairs: above its point, below, further off."""
    for height in (*[y + 4] * beside, y - 8, y + 16, y - 22, y + 30, y - 36, y + 44):
        if height > _TOP and all(
            abs(height - top) >= 13 or x >= right or x + width <= left for left, top, right in taken
        ):
            break
    else:
        height = y - 8
    taken.append((x, height, x + width))
    return height


def _drawn(point: Point, x: float, y: float, label: str, height: float) -> list[str]:
    """What was kept is a filled circle with its name; what was not, a hollow diamond with its number alone."""
    colour = _COLOURS[point.state]
    low, high = _y(point.low), _y(point.high)
    hover = f"<title>{escape(f'{point.name}: {point.score:.3f} [{point.low:.3f}, {point.high:.3f}]')}</title>"
    left = point.state == "left"
    shape = (
        f'<path d="M{x - 5:.1f} {y:.1f}l5 -5l5 5l-5 5z" fill="none" stroke="{colour}" stroke-width="1.5">{hover}</path>'
        if left
        else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}">{hover}</circle>'
    )
    weight = ' font-weight="600"' if point.state == "kept" else ' fill-opacity=".7"' if left else ""
    opacity = ".25" if left else ".5"
    return [
        f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{colour}" stroke-opacity="{opacity}"/>',
        shape,
        f'<text x="{x + _REACH:.1f}" y="{height:.1f}"{weight}>{escape(label)}</text>',
    ]


def _axes(points: Sequence[Point], say: Callable[[str], str]) -> list[str]:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    parts = [f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="currentColor" stroke-opacity=".4"/>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.2f}</text>')
        parts.append(
            f'<line x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" stroke-opacity=".08"/>'
        )
    told = "tokens of an answer" if _by_tokens(points) else "in the order in which they were tried"
    parts.append(f'<text x="{right}" y="{HEIGHT - 12}" text-anchor="end">{escape(say(told))}</text>')
    if _by_tokens(points):
        last = -math.inf
        for tokens in sorted({point.tokens or 0 for point in points}):
            if (x := _scaled(tokens, points)) - last > 60:
                parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tokens:,.0f}</text>')
                last = x
    return parts


def _stairs(places: Sequence[tuple[float, float]]) -> str:
    """A step first goes along, then up."""
    if not places:
        return ""
    (x, y), *rest = places
    return f"M{x:.1f} {y:.1f}" + "".join(f"H{right:.1f}V{up:.1f}" for right, up in rest)


def _by_tokens(points: Sequence[Point]) -> bool:
    return all(point.tokens for point in points)


def _x(point: Point, points: Sequence[Point]) -> float:
    if _by_tokens(points):
        return _scaled(point.tokens or 0, points)
    place = next(number for number, other in enumerate(points) if other is point)
    return _LEFT + 16 + (WIDTH - _LEFT - _RIGHT - 140) * place / max(1, len(points) - 1)


def _scaled(tokens: float, points: Sequence[Point]) -> float:
    """Logarithmic: twice the tokens are as far whether there were few or many."""
    logs = [math.log(max(1.0, point.tokens or 1)) for point in points]
    low, high = min(logs), max(logs)
    share = (math.log(max(1.0, tokens)) - low) / (high - low) if high > low else 0.5
    return _LEFT + 16 + (WIDTH - _LEFT - _RIGHT - 140) * share


def _y(score: float) -> float:
    return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - score)


def staircase_text(points: Sequence[Point]) -> str:
    """A line for each configuration: its score as a bar, with the interval's ends."""
    width = max((len(point.name) for point in points), default=0)
    return "\n".join(_line(point, width) for point in points)


def _line(point: Point, width: int) -> str:
    filled, low, high = (round(value * _BAR) for value in (point.score, point.low, point.high))
    cells = ["█" if n < filled else "░" if low <= n < high else " " for n in range(_BAR)]
    mark = {"start": "·", "kept": "+", "left": " "}[point.state]
    tokens = f"{point.tokens:>8,.0f} tokens" if point.tokens else ""
    told = f"{point.score:.3f} [{point.low:.3f} {point.high:.3f}]"
    return f"{mark} {point.name:<{width}}  {''.join(cells)}  {told}{tokens}"
