"""Define publication settings: widths of columns, fonts and sizes, by publisher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib import font_manager

from kaa_gui.core.errors import ConfigError
from kaa_gui.figures.limits import Limit

MM_PER_INCH = 25.4
POINT_MM = MM_PER_INCH / 72
PANEL_LETTERS = 29
"""Height of the longest label below a panel."""
MAX_TEXT_PT = 12.0
_HAIR_MM = 1e-6
MIN_TEXT_PT = 6.0
"""Smaller text is refused by most journals."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "sans": ("DejaVu Sans",),
    # metrically a Times; what it lacks comes from the second
    "serif": ("STIXGeneral", "DejaVu Sans"),
}
"""Families that ship with matplotlib, so that every machine draws the same bytes."""


@dataclass(frozen=True, slots=True)
class Preset:
    """Requirements of a publisher.

    Attributes:
        title: Title for menus.
        single_mm: Width of a figure over one column.
        double_mm: Width over the whole text.
        height_mm: Greatest height: what a page of text is high.
        family: Key of :data:`FAMILIES`.
        size_pt: Size of the text.
    """

    title: str
    single_mm: float
    double_mm: float
    height_mm: float
    family: str
    size_pt: float


PRESETS: dict[str, Preset] = {
    "plain": Preset("Plain", 88.0, 180.0, 240.0, "sans", 7.0),
    "ieee": Preset("IEEE (3.5 in, 7.16 in)", 88.9, 181.9, 228.6, "serif", 8.0),
    "acm": Preset("ACM (acmart, two columns)", 84.7, 177.9, 228.6, "serif", 8.0),
    "elsevier": Preset("Elsevier (90 mm, 190 mm)", 90.0, 190.0, 240.0, "sans", 7.0),
    "springer": Preset("Springer (84 mm, 174 mm)", 84.0, 174.0, 234.0, "sans", 7.0),
    # a single column of text: both widths are that of the text
    "neurips": Preset("NeurIPS (5.5 in)", 139.7, 139.7, 228.6, "serif", 8.0),
}


@dataclass(frozen=True, slots=True)
class Style:
    """Looks of a figure.

    Attributes:
        preset: Key of :data:`PRESETS`.
        columns: 1 or 2: the width, over one column or over the whole text.
        family: Key of :data:`FAMILIES` or an installed font family; None takes the preset's.
        size_pt: Size of the text in points, at least 7 (labels are 1 pt smaller); None takes the preset's.
        dpi: Resolution of pictures inside vector formats and of PNG.
        letters: Whether panels carry letters a, b, c, ...
        titles: Whether panels carry titles.
        panels: Keys of the panels to draw, in order; None draws the kind's own.
        methods: Methods to draw, in order; empty draws all, in the usual order.
        heading: A line above everything; empty leaves it to the kind.
        order: Methods that come first, in order; the others follow in the usual order. For ``methods`` empty.
        limits: Limits of axes.
        panel_titles: Panel's key and the title that it carries instead of its own.
    """

    preset: str = "plain"
    columns: int = 2
    family: str | None = None
    size_pt: float | None = None
    dpi: int = 300
    letters: bool = True
    titles: bool = True
    panels: tuple[str, ...] | None = None
    methods: tuple[str, ...] = ()
    heading: str = ""
    order: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    panel_titles: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ConfigError(f"preset must be one of {', '.join(PRESETS)}, got {self.preset!r}")
        if self.columns not in (1, 2):
            raise ConfigError(f"columns must be 1 or 2, got {self.columns}")
        if not MIN_TEXT_PT + 1 <= self.text_pt <= MAX_TEXT_PT:
            raise ConfigError(
                f"font size must be from {MIN_TEXT_PT + 1:g} to {MAX_TEXT_PT:g} pt, got {self.text_pt:g}"
            )
        if not 72 <= self.dpi <= 1200:
            raise ConfigError(f"dpi must be from 72 to 1200, got {self.dpi}")
        if self.family is not None and self.family not in FAMILIES:
            _check_family(self.family)
        if len(self.heading) > 200:
            raise ConfigError("heading must be at most 200 characters; use the caption for the rest")

    def title_of(self, panel: str, usual: str) -> str:
        """Return the title that a panel carries."""
        return dict(self.panel_titles).get(panel, usual)

    @property
    def width_mm(self) -> float:
        """Width of the page."""
        preset = PRESETS[self.preset]
        return preset.single_mm if self.columns == 1 else preset.double_mm

    @property
    def height_mm(self) -> float:
        """Greatest height of the page."""
        return PRESETS[self.preset].height_mm

    @property
    def text_pt(self) -> float:
        """Size of titles and axis labels."""
        return PRESETS[self.preset].size_pt if self.size_pt is None else self.size_pt

    @property
    def small_pt(self) -> float:
        """Size of tick labels and legends."""
        return max(MIN_TEXT_PT, self.text_pt - 1)

    @property
    def families(self) -> tuple[str, ...]:
        """Font families, the first one first."""
        family = self.family or PRESETS[self.preset].family
        return FAMILIES.get(family, (family, "DejaVu Sans"))

    @property
    def letter_mm(self) -> float:
        """A cautious mean width of the text's letters."""
        narrow = self.families[0] == FAMILIES["serif"][0]
        return self.text_pt * POINT_MM * (0.48 if narrow else 0.58)

    @property
    def stretch(self) -> float:
        """Factor by which plots must be higher than with 8 pt text, so that their axes' labels have room."""
        return max(1.0, self.text_pt / 8)

    def columns_of(self, panels: int, letters: int = PANEL_LETTERS) -> int:
        """Return how many panels stand side by side when each must hold a line of so many letters."""
        return max(1, min(panels, int(self.width_mm / (letters * self.letter_mm))))

    def inches(self, height_mm: float) -> tuple[float, float]:
        """Return the size of a page of this style, in inches.

        Raises:
            ConfigError: It would be higher than the publisher's page.
        """
        if height_mm > self.height_mm + _HAIR_MM:
            raise ConfigError(
                f"height must be at most {self.height_mm:g} mm, this figure would need {height_mm:.0f}; "
                "choose two columns, fewer panels, or a smaller font"
            )
        return self.width_mm / MM_PER_INCH, height_mm / MM_PER_INCH

    def rc(self) -> dict[Any, Any]:
        """Return matplotlib's settings."""
        return {
            "font.family": list(self.families),
            "font.size": self.text_pt,
            "axes.titlesize": self.text_pt,
            "axes.labelsize": self.text_pt,
            "xtick.labelsize": self.small_pt,
            "ytick.labelsize": self.small_pt,
            "legend.fontsize": self.small_pt,
            "figure.titlesize": self.text_pt,
            "axes.linewidth": 0.6,
            "lines.linewidth": 1.0,
            "lines.markersize": 3.0,
            "xtick.major.width": 0.6,
            "ytick.major.width": 0.6,
            "xtick.major.size": 2.5,
            "ytick.major.size": 2.5,
            "xtick.minor.size": 1.5,
            "ytick.minor.size": 1.5,
            "axes.titlepad": 3.0,
            "axes.labelpad": 2.0,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.unicode_minus": True,
            "legend.frameon": False,
            "legend.handlelength": 1.8,
            "legend.handletextpad": 0.5,
            "legend.columnspacing": 1.0,
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "pdf.fonttype": 42,
            "ps.fonttype": 42,
            "svg.fonttype": "none",
            "svg.hashsalt": "kaa-studio",
            "pdf.compression": 6,
            "mathtext.default": "regular",
        }

    def as_json(self) -> Mapping[str, Any]:
        """Return the settings as JSON values."""
        return {
            "preset": self.preset,
            "columns": self.columns,
            "width_mm": self.width_mm,
            "family": self.families[0],
            "size_pt": self.text_pt,
            "dpi": self.dpi,
            "letters": self.letters,
            "titles": self.titles,
            "panels": None if self.panels is None else list(self.panels),
            "methods": list(self.methods),
            "heading": self.heading,
            "order": list(self.order),
            "limits": [limit.as_json() for limit in sorted(self.limits, key=lambda limit: limit.axis)],
            "panel_titles": dict(self.panel_titles),
        }


def _check_family(family: str) -> None:
    try:
        font_manager.findfont(family, fallback_to_default=False)
    except ValueError:
        raise ConfigError(
            f"font must be {', '.join(FAMILIES)} or an installed family, got {family!r}; "
            "install it, or choose another"
        ) from None
