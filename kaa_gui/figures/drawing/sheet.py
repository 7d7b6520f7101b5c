"""Place panels on a page to the tenth of a millimetre: rows of squares, aligned."""

from __future__ import annotations

import re

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from kaa_gui.figures.style import POINT_MM, Style

BAR_MM, BAR_GAP_MM = 1.6, 1.2
_GLUE = "\N{NO-BREAK SPACE}"
_UNIT = re.compile(r"(?<=\d) (?=(?:mm|px|grey|iterations?)\b)|(?<=RMSE) (?=\d)")
"""The blank between a number and its unit, or its name."""


class Sheet:
    """A figure with places in millimetres from its upper left corner."""

    def __init__(self, style: Style, height_mm: float) -> None:
        self.style, self.height_mm = style, height_mm
        self.figure = Figure(figsize=style.inches(height_mm))

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Return new axes whose frame lies there, in millimetres."""
        page = self.style.width_mm
        bottom = self.height_mm - top - height
        return self.figure.add_axes(
            (left / page, bottom / self.height_mm, width / page, height / self.height_mm)
        )

    def heading(self, text: str) -> None:
        """Write a line or two above everything, broken so that they fit the width."""
        self.figure.text(0.5, 1 - 1.0 / self.height_mm, text, ha="center", va="top")

    def colour_bar(
        self, image: AxesImage, label: str, *, left: float, top: float, width: float, beyond: bool = False
    ) -> Axes:
        """Draw a colour bar with its unit, its upper edge there; return its axes.

        Args:
            image: Image that the colours belong to.
            label: Label with its unit.
            left: Millimetres.
            top: Millimetres.
            width: Millimetres.
            beyond: Whether values lie beyond both ends.
        """
        bar = self.figure.colorbar(
            image,
            cax=self.axes(left, top, width, BAR_MM),
            orientation="horizontal",
            extend="both" if beyond else "neither",
        )
        bar.set_label(label, labelpad=1.0)
        bar.ax.tick_params(pad=1.5)
        bar.outline.set_linewidth(0.5)  # type: ignore[operator]
        return bar.ax


def title_mm(style: Style) -> float:
    """Return the height of a panel's title, gap included."""
    return style.text_pt * POINT_MM * 1.3 + 1.6


def foot_mm(style: Style) -> float:
    """Return the height of what stands below a panel: a colour bar with ticks and label, or a legend."""
    return BAR_GAP_MM + BAR_MM + (style.small_pt * 1.4 + style.text_pt * 1.4) * POINT_MM + 2.0


def heading_mm(lines: list[str], style: Style) -> float:
    """Return the height of a heading of so many lines, gap included; 0 without one."""
    return len(lines) * style.text_pt * POINT_MM * 1.35 + 2.0 if lines else 0.0


def lines_fitting(text: str, style: Style) -> list[str]:
    """Break a text at its spaces into lines of like length that fit the page; a number keeps its unit."""
    glued = _UNIT.sub(_GLUE, " ".join(text.split()))
    words = [word.replace(_GLUE, " ") for word in glued.split(" ") if word]
    room = int(style.width_mm / style.letter_mm)
    lines = _broken(words, room)
    while room > 1 and len(narrower := _broken(words, room - 1)) == len(lines):
        room, lines = room - 1, narrower
    return lines


def _broken(words: list[str], room: int) -> list[str]:
    """Fill lines of so many letters, one after another."""
    lines = [""] if words else []
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
