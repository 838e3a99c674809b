"""Panels of lines with logarithmic axes, as SVG."""

import math
from dataclasses import dataclass
from html import escape

# Told apart by people who see few colours, too: Okabe and Ito's.
COLOURS = ["#d55e00", "#000000", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
WIDTH, HEIGHT = 360, 280
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 36, 48
COLUMNS = 3


@dataclass
class Panel:
    title: str
    axis: str
    """What the horizontal axis counts."""

    lines: dict
    """By name, points of a count and seconds."""


def svg(panels, titles, caption):
    """All panels in a grid, with a legend in the next free place and a caption below."""
    rows = math.ceil((len(panels) + 1) / COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT + 28
    colours = dict(zip(titles, COLOURS * len(titles)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    places = [(index % COLUMNS * WIDTH, index // COLUMNS * HEIGHT) for index in range(len(panels) + 1)]
    for panel, place in zip(panels, places):
        parts.append(f'<g transform="translate({place[0]} {place[1]})">{drawn(panel, colours)}</g>')
    x, y = places[-1]
    for row, (name, title) in enumerate(titles.items()):
        at = y + TOP + 20 * row + 10
        parts.append(f'<path d="M{x + LEFT} {at}h24" stroke="{colours[name]}" stroke-width="2"/>')
        parts.append(text(x + LEFT + 32, at + 4, title, "start"))
    parts.append(text(LEFT, height - 10, caption, "start"))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def drawn(panel, colours):
    points = [point for line in panel.lines.values() for point in line]
    if not points:
        return text(LEFT, TOP - 14, f"{panel.title}: nothing could be measured", "start", bold=True)
    counts = sorted({count for count, _ in points})
    low = math.floor(math.log10(min(seconds for _, seconds in points)))
    high = max(math.ceil(math.log10(max(seconds for _, seconds in points))), low + 1)

    def across(count):
        share = math.log(count / counts[0]) / math.log(counts[-1] / counts[0]) if len(counts) > 1 else 0.5
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def down(seconds):
        share = (math.log10(seconds) - low) / (high - low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [text(LEFT, TOP - 14, panel.title, "start", bold=True)]
    for power in range(low, high + 1):
        y = down(10.0**power)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(text(LEFT - 6, y + 4, power_of_ten(power), "end"))
    for count in counts:
        x = across(count)
        parts.append(f'<path d="M{x:.1f} {HEIGHT - BOTTOM}v4" stroke="#666"/>')
        parts.append(text(x, HEIGHT - BOTTOM + 17, f"{count}", "middle"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, panel.axis, "middle"))
    for name, line in panel.lines.items():
        path = "L".join(f"{across(count):.1f} {down(seconds):.1f}" for count, seconds in line)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
        for count, seconds in line:
            parts.append(f'<circle cx="{across(count):.1f}" cy="{down(seconds):.1f}" r="2.5" fill="{colours[name]}"/>')
    return "".join(parts)


def power_of_ten(power):
    """Seconds that are a power of ten, in a unit without many zeros."""
    for limit, unit in [(0, "s"), (-3, "ms"), (-6, "µs"), (-9, "ns")]:
        if power >= limit:
            return f"{10 ** (power - limit)} {unit}"
    return f"1e{power} s"


def text(x, y, words, anchor, bold=False):
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'
