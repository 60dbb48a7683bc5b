# SPDX-License-Identifier: GPL-2.0
"""A picture of what report.py has collected, as SVG: for report.py alone.

Rows of work are bars on a logarithmic scale: how much of the peer's cost hostmem has, to
the left of 1 where it is less. Rows of threads are bars from 0: how much two threads do of
what one does.
"""

import math
from xml.sax.saxutils import escape

WIDTH = 980
LABEL = 330         # where bars may begin
RIGHT = WIDTH - 190 # and end; values have room behind them
LINE = 17           # height of a row
TOP = 74
LEAST, MOST = 0.01, 100
COLORS = {"peer": "#3b6ea5", "peer_huge": "#8fb8de", "lost": "#c0392b", "lost_huge": "#e59a8f",
          "goal": "#2e8b57"}
NAMES = {"peer": "against 4 KiB pages or the one peer", "peer_huge": "against huge pages"}


def text(x, y, words, size=11, anchor="start", weight="normal", color="#222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}" fill="{color}">{escape(words)}</text>')


def rect(x, y, width, height, color):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" '
            f'height="{height:.1f}" fill="{color}"/>')


def line(x, top, bottom, color, width=1):
    return (f'<line x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" '
            f'stroke="{color}" stroke-width="{width}"/>')


def svg(height, parts):
    return "\n".join([
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="DejaVu Sans, sans-serif">',
        rect(0, 0, WIDTH, height, "#ffffff"), *parts, "</svg>", ""])


def by_section(rows):
    """Sections in their order, each with its rows."""
    sections = {}
    for row in rows:
        sections.setdefault(row["section"], []).append(row)
    return sections.items()


def log_x(ratio):
    share = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LABEL + share * (RIGHT - LABEL)


def bars(row, y):
    """A bar for each peer, from the line at 1, and its number behind the scale."""
    parts, values = [], []
    for nr, (peer, ratio) in enumerate(sorted(row["ratios"].items())):
        lost = peer in row["loses_to"]
        color = COLORS[peer.replace("peer", "lost") if lost else peer]
        height = (LINE - 5) / len(row["ratios"])
        start, end = sorted((log_x(1), log_x(ratio)))
        parts.append(rect(start, y - LINE + 5 + nr * height, end - start, height - 0.5, color))
        values.append(f"{ratio:.2g}" if ratio < 0.1 else f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}")
    words = "; ".join(values)
    if not values:
        words = "no peer here" if row["hostmem"] else "not on this kernel"
    parts.append(text(RIGHT + 10, y - 1, words, weight="bold" if row["loses_to"] else "normal",
                      color=COLORS["lost"] if row["loses_to"] else "#222"))
    return parts


def scale(bottom):
    parts = []
    for ratio in (0.01, 0.1, 1, 10, 100):
        parts.append(line(log_x(ratio), TOP - 8, bottom, "#222" if ratio == 1 else "#ddd"))
        parts.append(text(log_x(ratio), TOP - 12, f"{ratio:g}", anchor="middle"))
    return parts


def legend():
    parts = [text(LABEL, 42, "worse than its peer:", color="#222")]
    x = LABEL + 122
    parts += [rect(x, 33, 14, 10, COLORS["lost"]), rect(x + 16, 33, 14, 10, COLORS["lost_huge"])]
    x = 10
    for peer, name in NAMES.items():
        parts += [rect(x, 33 if peer == "peer" else 47, 14, 10, COLORS[peer]),
                  text(x + 20, 42 if peer == "peer" else 56, name)]
    return parts


def draw_work(results):
    parts, y = [], TOP
    for section, rows in by_section(results["rows"]):
        y += LINE + 4
        parts.append(text(10, y - 2, section, size=12, weight="bold"))
        for row in rows:
            y += LINE
            parts.append(text(LABEL - 90, y - 1, row["work"].strip(), anchor="end"))
            parts.append(text(LABEL - 12, y - 1, row["size"], anchor="end", color="#666"))
            parts += bars(row, y)
    title = f"hostmem's cost as a share of its peers' in {results['unit']}, Linux {results['kernel']}"
    return svg(y + 20, [text(10, 20, title, size=15, weight="bold")] + legend() +
               scale(y + 8) + parts)


def draw_threads(results):
    parts, y = [], TOP
    most = max([2.0] + [row["ratio"] or 0 for row in results["rows"]])

    def x_of(ratio):
        return LABEL + ratio / most * (RIGHT - LABEL)

    for row in results["rows"]:
        y += LINE + 4
        color = COLORS["peer"] if row["side"] == "hostmem" else COLORS["peer_huge"]
        parts.append(text(LABEL - 12, y - 1, f"{row['work']}: {row['side']}", anchor="end"))
        parts.append(rect(LABEL, y - LINE + 5, x_of(row["ratio"] or 0) - LABEL, LINE - 5, color))
        if row["goal"]:
            parts.append(line(x_of(row["goal"]), y - LINE + 2, y + 3, COLORS["goal"], 3))
        parts.append(text(RIGHT + 10, y - 1, f"{row['ratio'] or 0:.2f}: {row['two']:,.0f} a second"))
    axis = []
    for ratio in (0, 0.5, 1, 1.5, 2):
        axis.append(line(x_of(ratio), TOP - 8, y + 8, "#222" if ratio == 1 else "#ddd"))
        axis.append(text(x_of(ratio), TOP - 12, f"{ratio:g}", anchor="middle"))
    title = f"What two threads do of what one does, Linux {results['kernel']}"
    goal = "green: the goal of hostmem's bars"
    return svg(y + 20, [text(10, 20, title, size=15, weight="bold"),
                        text(10, 42, goal, color=COLORS["goal"])] + axis + parts)


def draw(results):
    """The whole file."""
    if "side" in results["rows"][0]:
        return draw_threads(results)
    return draw_work(results)
