"""Every colour of the project: palettes, plot colours, themes and colour-blind-safe schemes.

The categorical colours are from Okabe and Ito's "Color Universal Design". Of their triples, blue or sky
blue with vermillion and yellow keeps the largest smallest distance, beside a neutral grey too, under
simulated protanopia, deuteranopia and tritanopia; so poses and classes of correlation use that triple.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rgb = tuple[int, int, int]
Diverging = tuple[Rgb, Rgb, Rgb, Rgb, Rgb]

SKY_BLUE: Rgb = (86, 180, 233)
BLUE: Rgb = (0, 114, 178)
VERMILLION: Rgb = (213, 94, 0)
YELLOW: Rgb = (240, 228, 66)
ORANGE: Rgb = (230, 159, 0)
BLUISH_GREEN: Rgb = (0, 158, 115)
REDDISH_PURPLE: Rgb = (204, 121, 167)

POSE_COLOURS: dict[str, Rgb] = {"clean": SKY_BLUE, "attacked": VERMILLION, "target": YELLOW}
"""Colours of the three poses, in every view and figure."""

CLASS_COLOURS: tuple[Rgb, Rgb, Rgb, Rgb] = ((128, 128, 128), VERMILLION, SKY_BLUE, YELLOW)
"""By class of correlation: irrelevant, positive only, negative only, relational."""

CLASS_NAMES: tuple[str, str, str, str] = ("irrelevant", "positive only", "negative only", "relational")
CLASS_HINTS: tuple[str, str, str, str] = (
    "|J| ≤ α for every output: the pixel moves nothing much",
    "J > α for some output, J < −α for none: the pixel only pushes up",
    "J < −α for some output, J > α for none: the pixel only pushes down",
    "J > α for some outputs and J < −α for others: C = 1, the attack may change the pixel",
)

ERROR_ANCHORS: tuple[Rgb, ...] = (
    (73, 3, 160),
    (114, 1, 168),
    (150, 19, 161),
    (182, 48, 139),
    (208, 77, 115),
    (229, 106, 93),
    (245, 139, 71),
    (253, 174, 50),
)
"""Colours of joint errors, small to large: plasma (Smith and van der Walt 2015), 12 to 82 %, perceptually
even and safe for colour-blind eyes; its ends are too dark for a dark ground, and the yellow of targets."""

METHOD_COLOURS: dict[str, Rgb] = {
    "fgsm": BLUISH_GREEN,
    "i-fgsm": ORANGE,
    "bpda": REDDISH_PURPLE,
    "kaa": BLUE,
    "kaa+er": VERMILLION,
}
"""Colour of each method, in the window, in figures and in reports."""

CONTROL_COLOUR: Rgb = (148, 148, 148)
"""Colour of the random mask: as grey it is lighter than KAA and KAA+ER, whose own greys are a step apart."""

UNKNOWN_METHOD: Rgb = (77, 77, 77)

ERROR_FRAME: Rgb = (204, 51, 17)
"""Colour of failures: frames in figures, notices in the window."""


def method_colour(method: str, mask: str | None = None, variant: int = 0) -> Rgb:
    """Return the one colour of a method.

    Args:
        method: Its key, e.g. ``"kaa+er"``; an unknown one is dark grey.
        mask: Its mask rule, if it is not the method's own; the random control is grey.
        variant: Number among attacks that share method and mask; each has a shade of its own.
    """
    colour = CONTROL_COLOUR if mask == "random" else METHOD_COLOURS.get(method, UNKNOWN_METHOD)
    ground, amount = _SHADES[variant % len(_SHADES)]
    return mixed(colour, ground, amount)


_SHADES: tuple[tuple[Rgb, float], ...] = (
    ((0, 0, 0), 0.0),
    ((0, 0, 0), 0.5),
    ((255, 255, 255), 0.45),
    ((0, 0, 0), 0.25),
    ((255, 255, 255), 0.7),
)


def hexadecimal(colour: Rgb) -> str:
    """Return a colour as ``#RRGGBB``."""
    return "#{:02X}{:02X}{:02X}".format(*colour)


@dataclass(frozen=True, slots=True)
class Theme:
    """The neutral colours of one scheme, as ``#rrggbb``, and its diverging map.

    Attributes:
        name: ``"light"`` or ``"dark"``.
        window: Behind widgets.
        base: Behind text fields and lists.
        raised: Background of buttons.
        text: Colour of body text.
        muted: Colour of secondary text; at least 4.5:1 against ``window``.
        line: Colour of borders and grids.
        accent: Colour of selection and focus.
        canvas: Behind pictures.
        plot: Behind curves.
        scene_top: Behind the 3D scene, upper edge.
        scene_bottom: Behind the 3D scene, lower edge.
        floor: Colour of the 3D scene's grid.
        diverging: Five anchors of the signed colour map, from negative to positive.
    """

    name: Literal["light", "dark"]
    window: str
    base: str
    raised: str
    text: str
    muted: str
    line: str
    accent: str
    canvas: str
    plot: str
    scene_top: str
    scene_bottom: str
    floor: str
    diverging: Diverging


LIGHT = Theme(
    name="light",
    window="#f3f4f6",
    base="#ffffff",
    raised="#e9ebee",
    text="#1b1f24",
    muted="#5b6470",
    line="#c9ced6",
    accent="#0b66b0",
    canvas="#e2e5ea",
    plot="#ffffff",
    scene_top="#cfd7e2",
    scene_bottom="#f4f6f9",
    floor="#8a95a5",
    diverging=((0, 45, 92), (40, 125, 190), (250, 250, 250), (220, 105, 30), (105, 35, 0)),
)

DARK = Theme(
    name="dark",
    window="#202429",
    base="#171a1e",
    raised="#2c3138",
    text="#e4e8ee",
    muted="#a0a9b5",
    line="#3d444d",
    accent="#4c9fe6",
    canvas="#131518",
    plot="#171a1e",
    scene_top="#161a20",
    scene_bottom="#333a45",
    floor="#7b8696",
    diverging=((170, 222, 255), (20, 120, 200), (19, 21, 24), (205, 85, 10), (255, 205, 150)),
)

PRINT_MAP: Diverging = ((5, 30, 75), (30, 80, 140), (128, 128, 128), (235, 170, 90), (255, 238, 160))
"""Signed map of the figures, from negative to positive. Its lightness rises all the way, so that a sign is
told in greyscale too: below zero darker, above lighter than the middle grey."""

DEFAULT_MAP = "Blue – orange"
DIVERGING_MAPS: dict[str, dict[str, Diverging]] = {
    DEFAULT_MAP: {"light": LIGHT.diverging, "dark": DARK.diverging},
    "Blue – red": {
        "light": ((5, 48, 97), (67, 147, 195), (247, 247, 247), (214, 96, 77), (103, 0, 31)),
        "dark": ((146, 197, 222), (33, 102, 172), (19, 21, 24), (178, 24, 43), (244, 165, 130)),
    },
    "Green – purple": {
        "light": ((0, 68, 27), (90, 174, 97), (247, 247, 247), (153, 112, 171), (64, 0, 75)),
        "dark": ((166, 219, 160), (27, 120, 55), (19, 21, 24), (118, 42, 131), (194, 165, 207)),
    },
    "Teal – brown": {
        "light": ((0, 60, 48), (53, 151, 143), (245, 245, 245), (191, 129, 45), (84, 48, 5)),
        "dark": ((128, 205, 193), (1, 102, 94), (19, 21, 24), (140, 81, 10), (223, 194, 125)),
    },
    "Dark – light": dict.fromkeys(("light", "dark"), PRINT_MAP),
}
"""Signed maps by name and scheme. Three are RdBu, PRGn and BrBG (Brewer and Harrower, ColorBrewer), which
stay apart for colour-blind eyes; on a dark ground they run the other way, bright at the ends. The last one is
:data:`PRINT_MAP`."""


@cache
def diverging_table(theme: Theme) -> NDArray[np.uint8]:
    """Return the signed colour map, ``(256, 3)`` uint8."""
    return interpolated(theme.diverging)


@cache
def magnitude_table(theme: Theme) -> NDArray[np.uint8]:
    """Return a map for quantities without a sign, ``(256, 3)`` uint8: the positive half, stretched."""
    return interpolated(diverging_table(theme)[128:])


def interpolated(anchors: ArrayLike) -> NDArray[np.uint8]:
    """Return the map through ``(N, 3)`` colours at equal distances, ``(256, 3)`` uint8."""
    colours = np.asarray(anchors, np.float64)
    at = np.linspace(0, len(colours) - 1, 256)
    channels = [np.interp(at, np.arange(len(colours)), colours[:, channel]) for channel in range(3)]
    return np.rint(np.column_stack(channels)).astype(np.uint8)


def shaded(colour: Rgb, side: str) -> Rgb:
    """Return a pose colour for a side of the body: left lighter, right darker, centre as it is."""
    if side == "left":
        return mixed(colour, (255, 255, 255), 0.28)
    if side == "right":
        return mixed(colour, (0, 0, 0), 0.28)
    return colour


def mixed(colour: Rgb, other: Rgb, amount: float) -> Rgb:
    """Return the mix of two colours; ``amount`` 0 is the first, 1 the second."""
    red, green, blue = (round(a + (b - a) * amount) for a, b in zip(colour, other, strict=True))
    return red, green, blue
