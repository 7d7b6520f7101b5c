"""Draw the panels that several figures share: pictures, 2D poses, masks, perturbations, colour bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage
from matplotlib.patches import Patch
from matplotlib.patheffects import Normal, Stroke
from numpy.typing import NDArray

from kaa_gui.colours import CLASS_NAMES
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.metrics import VISIBLE_SCORE
from kaa_gui.core.types import FloatArray, Pose, UInt8Image
from kaa_gui.figures.drawing import colours as palette
from kaa_gui.figures.record import Record
from kaa_gui.figures.style import Style

LEAST_LEVEL = 1e-3
SCALE_PERCENTILE = 99.5
TITLE_PAD_PT = 3.0
AXIS_MM = 10.0
"""Room that ticks and label take beside a plot."""
_GROUND = 0.45
"""Share of a picture's lightness that is left below the classes, all of which are lighter."""


@dataclass(slots=True)
class Heads:
    """Gives panels their letters and titles, in the order of drawing; a panel on its own needs no letter.

    Attributes:
        style: Style with the user's own titles.
        panels: Number of panels.
        panel: Key of the one that is drawn.
        numbers: Numbers of the letters.
    """

    style: Style
    panels: int = 2
    panel: str = ""
    numbers: Iterator[int] = field(default_factory=count)

    def of(self, panel: str) -> Heads:
        """Return the same for the panel of a key."""
        return replace(self, panel=panel)

    def put(self, axes: Axes, title: str) -> None:
        """Put the next letter, bold, and a title above a panel, and the panel's key as the axes' label.

        Raises:
            ConfigError: The style's own title for this panel is too long for it.
        """
        axes.set_label(self.panel)
        letter = chr(ord("a") + next(self.numbers) % 26) if self.style.letters and self.panels > 1 else ""
        shown = self.style.title_of(self.panel, title) if self.style.titles else ""
        if shown != title:
            self._check_room(axes, shown)
        text = axes.set_title(f"{'    ' if letter and shown else ''}{shown}", loc="left")
        if letter:
            axes.annotate(
                letter,
                (0, 1),
                xytext=(0, TITLE_PAD_PT),
                xycoords="axes fraction",
                textcoords="offset points",
                fontweight="bold",
                fontsize=text.get_fontsize(),
                annotation_clip=False,
            )
            if not shown:
                # keeps the room that the letter needs
                axes.set_title(" ", loc="left")

    def _check_room(self, axes: Axes, title: str) -> None:
        place = axes.get_subplotspec()
        width = self.style.width_mm
        room = axes.get_position().width * width if place is None else width / place.get_gridspec().ncols
        most = max(1, int((room - (0 if place is None else AXIS_MM)) / self.style.letter_mm) - 4)
        if len(title) > most:
            raise ConfigError(
                f"title of {self.panel} must be at most {most} characters to fit its panel, got {len(title)}"
            )


def outlined(width: float) -> list[Any]:
    """Return the effects that set a line off from photographs and from white paper."""
    return [Stroke(linewidth=width + 0.7, foreground=palette.OUTLINE), Normal()]


def picture(axes: Axes, pixels: UInt8Image | FloatArray, **looks: Any) -> AxesImage:
    """Show an image whose pixel centres lie at half coordinates, without axes."""
    height, width = pixels.shape[:2]
    options: dict[str, Any] = {"interpolation": "nearest", **looks}
    image = axes.imshow(pixels, extent=(0, width, height, 0), **options)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return image


def skeleton(axes: Axes, pose: Pose, colour: str, *, dashed: bool = False) -> None:
    """Draw a 2D pose over a crop: the bones whose joints the victim sees."""
    width = 0.9 * palette.POSE_WIDTHS.get(colour, 1.0)
    for start, end in pose.skeleton.bones:
        if min(pose.scores[start], pose.scores[end]) < VISIBLE_SCORE:
            continue
        line = pose.keypoints[[start, end]]
        axes.plot(
            line[:, 0],
            line[:, 1],
            color=colour,
            linewidth=width,
            linestyle=(0, (2.5, 1.2)) if dashed else "-",
            solid_capstyle="round",
            path_effects=None if dashed else outlined(width),
            scalex=False,
            scaley=False,
        )


def grey(pixels: UInt8Image) -> UInt8Image:
    """Return a picture in grey, lightened, as the ground of an overlay."""
    light = 255 - (255 - pixels.mean(axis=2, keepdims=True)) * 0.75
    return np.repeat(light, 3, axis=2).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Classes:
    """The four classes of correlation, drawn over a crop.

    Attributes:
        found: ``(H, W)``, 0 to 3.
        drawn: ``(H, W, 3)``, what is seen.
        shares: ``(4,)``, of the pixels that may be attacked.
    """

    found: NDArray[np.uint8]
    drawn: UInt8Image
    shares: NDArray[np.float64]

    def seen(self, number: int) -> tuple[float, float, float]:
        """Return the colour, 0 to 1, that a class has on the page: that of its pixels on average."""
        chosen = self.drawn[self.found == number]
        if not chosen.size:
            return to_rgb(palette.CLASS_COLOURS[number])
        red, green, blue = (float(part) / 255 for part in chosen.mean(axis=0))
        return red, green, blue


def classes(axes: Axes, record: Record, *, opacity: float = 0.7) -> Classes | None:
    """Show the four classes of correlation over the crop; None where the run has no field."""
    dark = np.repeat(record.run.scene.crop.mean(axis=2, keepdims=True), 3, axis=2) * _GROUND
    field_ = record.run.field
    if field_ is None or not np.isfinite(record.last.alpha):
        picture(axes, dark.astype(np.uint8))
        return None
    found = field_.classes(record.last.alpha)
    colours = 255 * np.array([to_rgb(colour) for colour in palette.CLASS_COLOURS])
    share = np.where(found == 0, 0.0, opacity)[..., None]
    drawn = np.rint(dark * (1 - share) + colours[found] * share).astype(np.uint8)
    picture(axes, drawn)
    return Classes(found, drawn, field_.class_shares(found))


def class_legend(axes: Axes, shown: Classes, *, columns: int = 2) -> None:
    """Name the classes below their picture, each with its share."""
    shares = shown.shares
    handles = [
        Patch(
            facecolor=shown.seen(number),
            edgecolor=palette.OUTLINE,
            linewidth=0.3,
            label=f"{CLASS_NAMES[number].removesuffix(' only')} {shares[number]:.0%}",
        )
        for number in range(4)
    ]
    axes.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=columns,
        handlelength=1.0,
        columnspacing=0.8,
        borderpad=0.1,
        borderaxespad=0.3,
    )


def strongest(change: FloatArray) -> FloatArray:
    """Return the signed change of each pixel's most changed channel, ``(H, W)``, grey levels."""
    return np.take_along_axis(change, np.abs(change).argmax(axis=2)[:, :, None], axis=2)[:, :, 0]


def scale_limit(changes: Iterable[FloatArray]) -> tuple[float, bool]:
    """Return the end of a colour scale for perturbations, and whether single pixels lie beyond it.

    Args:
        changes: Each ``(H, W, 3)``, grey levels.
    """
    sizes = np.concatenate([np.abs(strongest(change)).ravel() for change in changes])
    # under l2 a few pixels take most of the length; all others would be white
    limit = max(float(np.percentile(sizes, SCALE_PERCENTILE)), LEAST_LEVEL)
    return limit, bool(sizes.max() > limit * 1.001)


def perturbation(axes: Axes, change: FloatArray, limit: float | None = None) -> AxesImage:
    """Show a perturbation, its most changed channel, symmetric about zero; ``limit`` in grey levels."""
    shown = strongest(change)
    limit = scale_limit([change])[0] if limit is None else limit
    return picture(axes, shown, cmap=palette.DIVERGING, vmin=-limit, vmax=limit)


def failure_frame(axes: Axes) -> None:
    """Frame a picture in red."""
    axes.set_axis_on()
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=palette.FAILURE, linewidth=1.6)
