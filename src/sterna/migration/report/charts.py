"""Pictures of numbers as SVG inside a page: no script, colours from the page's own style, every bar says its number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from sterna.migration.report.numbers import size

_WIDTH: Final = 720
_HEIGHT: Final = 220
_LEFT: Final = 68
_TOP: Final = 12
_BOTTOM: Final = 26
_LABEL_WIDTH: Final = 46
"""Room that a label below a bar needs, so that neighbours do not run into each other."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what stands below it, how high it is, and what it says when it is pointed at or read aloud."""

    label: str
    value: float
    said: str


def bars(title: str, data: Sequence[Bar], axis: Callable[[float], str], *, bytes_: bool = False) -> Markup:
    """Return a column chart.

    Args:
        title: what a reader who does not see the picture is told first.
        data: from left to right.
        axis: writes a number of the vertical axis.
        bytes_: the numbers are bytes, so steps are powers of 1,024 and not of ten.
    """
    top = _ceiling(max((bar.value for bar in data), default=0), 1024 if bytes_ else 1000)
    plot_height, plot_width = _HEIGHT - _TOP - _BOTTOM, _WIDTH - _LEFT - 8
    step = plot_width / max(1, len(data))
    every = max(1, -(-_LABEL_WIDTH // max(1, int(step))))
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-label="{t}"><title>{t}</title>').format(
            w=_WIDTH, h=_HEIGHT, t=title
        )
    ]
    for share in (0, 0.5, 1):
        y = _TOP + plot_height * (1 - share)
        parts.append(
            Markup('<line class="grid" x1="{x}" x2="{x2}" y1="{y:.1f}" y2="{y:.1f}"/>').format(
                x=_LEFT, x2=_WIDTH - 8, y=y
            )
        )
        parts.append(
            Markup('<text class="tick" x="{x}" y="{y:.1f}" text-anchor="end">{t}</text>').format(
                x=_LEFT - 8, y=y + 4, t=axis(top * share)
            )
        )
    for number, bar in enumerate(data):
        high = plot_height * bar.value / top if top else 0
        if bar.value:
            high = max(high, 1.0)  # something that is there is seen
        x = _LEFT + number * step
        parts.append(
            Markup(
                '<g><title>{said}</title><rect class="hit" x="{x:.2f}" y="{top}" width="{w:.2f}" height="{all_:.1f}"/>'
                '<rect class="column" x="{bx:.2f}" y="{y:.2f}" width="{bw:.2f}" height="{h:.2f}"/></g>'
            ).format(
                said=bar.said,
                x=x,
                top=_TOP,
                w=step,
                all_=plot_height,
                bx=x + step * 0.1,
                y=_TOP + plot_height - high,
                bw=step * 0.8,
                h=high,
            )
        )
        if number % every == 0:
            parts.append(
                Markup('<text class="tick" x="{x:.1f}" y="{y}" text-anchor="middle">{t}</text>').format(
                    x=x + step / 2, y=_HEIGHT - 8, t=bar.label
                )
            )
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def share(value: float, whole: float) -> Markup:
    """Return a small bar for the cell of a table; its number stands beside it."""
    width = 100 * min(1.0, value / whole) if whole > 0 else 0
    return Markup(
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="rest" width="100" height="8" rx="1"/>'
        '<rect class="column" width="{w:.2f}" height="8" rx="1"/></svg>'
    ).format(w=max(width, 0.6) if value else 0)


def size_axis(value: float) -> str:
    """Write a number of bytes at an axis."""
    return size(value) if value else "0"


def count_axis(value: float) -> str:
    """Write a number at an axis."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _ceiling(most: float, base: int) -> float:
    """Return the round number that is the top of an axis up to `most`."""
    if most <= 0:
        return 1.0
    unit = 1.0
    while most / unit >= base:
        unit *= base
    for factor in (1, 2, 4, 5, 10, 20, 40, 50, 100, 200, 400, 500, base):
        if most <= factor * unit:
            return factor * unit
    raise AssertionError("the last factor is the next unit")
