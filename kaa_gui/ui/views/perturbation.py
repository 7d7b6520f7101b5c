"""Show the perturbation as a signed heatmap in grey levels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtWidgets import QComboBox, QSpinBox, QWidget

from kaa_gui.colours import diverging_table, magnitude_table
from kaa_gui.core.types import FloatArray, Scene, Snapshot
from kaa_gui.ui.views.picture_view import PictureView
from kaa_gui.ui.widgets.buttons import button
from kaa_gui.ui.widgets.colour_bar import ColourBar


def _strongest_sign(values: FloatArray) -> FloatArray:
    """Return the mean magnitude over the channels with the sign of the largest one."""
    red, green, blue = values[..., 0], values[..., 1], values[..., 2]
    high, low = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    magnitude = (np.abs(red) + np.abs(green) + np.abs(blue)) / np.float32(3)
    return np.where(high >= -low, magnitude, -magnitude)


def _length(values: FloatArray) -> FloatArray:
    """Return the Euclidean length over the channels."""
    red, green, blue = values[..., 0], values[..., 1], values[..., 2]
    return np.sqrt(red * red + green * green + blue * blue)


CHANNELS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "All, signed": _strongest_sign,
    "Red": lambda values: np.ascontiguousarray(values[..., 0]),
    "Green": lambda values: np.ascontiguousarray(values[..., 1]),
    "Blue": lambda values: np.ascontiguousarray(values[..., 2]),
    "Length ‖·‖": _length,
}
"""From ``(H, W, 3)`` to ``(H, W)``, by the name in the menu."""

UNSIGNED = "Length ‖·‖"

_LEAST_LEVEL = 1e-3
"""Grey levels; a perturbation of zero still has a colour bar."""


class PerturbationView(PictureView):
    """Show what the attack adds to the crop."""

    name = "perturbation"
    title = "Perturbation"
    tooltip = "What the attack adds to the crop, in grey levels (0-255), with its sign."
    empty_text = "The perturbation appears here with the attack's first step."

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = ColourBar(unit="grey levels")
        self._body_layout.addWidget(self.bar)
        self._snapshot: Snapshot | None = None
        self._level = 1.0
        self._build_controls()
        self._apply_theme()

    def _build_controls(self) -> None:
        row = self.controls
        self.channel = QComboBox()
        self.channel.addItems(list(CHANNELS))
        self.channel.setToolTip(
            "Which channel: all together (mean magnitude, sign of the strongest), one, "
            "or the Euclidean length over the three, which has no sign"
        )
        self.channel.setAccessibleName("Channel of the perturbation")
        self.channel.currentTextChanged.connect(self._restyle)
        row.add(self.channel)
        self.gain = QSpinBox()
        self.gain.setRange(1, 64)
        self.gain.setPrefix("gain ×")
        self.gain.setToolTip("Magnify small values: the colours' ends move to level / gain")
        self.gain.setAccessibleName("Gain")
        self.gain.valueChanged.connect(self._draw)
        row.add(self.gain)
        self.lock_button = button(
            "Lock levels",
            tip="Keep the colours' ends as they are now, to compare iterations and runs; "
            "otherwise they follow the largest change of the picture shown",
            checkable=True,
        )
        self.lock_button.toggled.connect(self._draw)
        row.add(self.lock_button)
        self.rounded_button = button(
            "8-bit",
            tip="Show what is left after rounding to whole grey levels, as a saved file holds it",
            checkable=True,
        )
        self.rounded_button.toggled.connect(self._draw)
        row.add(self.rounded_button)

    # -- what the window calls

    def show_scene(self, scene: Scene) -> None:
        """Keep the perturbation of the same crop; drop that of another."""
        former = self._scene
        if former is None or not np.array_equal(former.crop, scene.crop):
            self.clear()
        shown = self.populated
        super().show_scene(scene)
        if not shown:
            self._set_populated(False)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show an iterate's perturbation."""
        super().show_snapshot(snapshot)
        self._set_populated(True)
        self.set_stale(False)
        self._snapshot = snapshot
        self._draw()

    def clear(self) -> None:
        super().clear()
        self._snapshot = None

    # -- drawing

    def values(self) -> FloatArray | None:
        """Return what is drawn, ``(H, W)`` in grey levels, before gain; None before the first iterate."""
        if self._snapshot is None:
            return None
        changes = self._snapshot.perturbation
        if self.rounded_button.isChecked() and self._scene is not None:
            changes = self._snapshot.adversarial.astype(np.float32) - self._scene.crop
        return CHANNELS[self.channel.currentText()](changes)

    def _draw(self) -> None:
        values = self.values()
        if values is None or self._snapshot is None:
            return
        largest = max(float(values.max()), -float(values.min()))
        caption = f"largest change {largest:.3g} · RMSE {self._snapshot.metrics.perturbation_rmse:.3g}"
        if not np.isfinite(largest):  # a NaN would also send the drawing down its slow path
            broken = int((~np.isfinite(values)).sum())
            values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
            largest = float(np.abs(values).max())
            caption = f"{broken} values are not finite and drawn as 0"
        if not self.lock_button.isChecked():
            self._level = max(largest, _LEAST_LEVEL)
        end = self._level / self.gain.value()
        low = 0.0 if self.channel.currentText() == UNSIGNED else -end
        self.image.setImage(values, levels=(low, end), autoLevels=False)
        self.bar.set_levels(low, end)
        self.set_caption(caption)

    def _restyle(self) -> None:
        """Choose the colours for signed values or for lengths."""
        make = magnitude_table if self.channel.currentText() == UNSIGNED else diverging_table
        table = make(self.theme)
        self.image.setLookupTable(table)
        self.bar.set_table(table)
        self._draw()

    def _apply_theme(self) -> None:
        super()._apply_theme()
        self._restyle()
