"""Show the crop under the four classes of correlation, while the field grows and while α is dragged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from kaa_gui.colours import CLASS_COLOURS, CLASS_HINTS, CLASS_NAMES, diverging_table
from kaa_gui.core.types import CorrelationField, FloatArray, Scene, UInt8Image
from kaa_gui.ui.views.picture_view import STALE_OPACITY, PictureView
from kaa_gui.ui.widgets.buttons import Chip, button
from kaa_gui.ui.widgets.progress_line import ProgressLine

_ROW_PERCENTILE = 99.7
"""Quantiles of a row's magnitudes at the ends of its colours."""

_GAP = 6
"""Between the legend's entries, somewhat more than there is."""

_ORDER = (3, 1, 2, 0)
"""Order of the legend: the class that matters most first."""


_SHARE = "share of the pixels that may be attacked, each by its most relevant channel"


@dataclass(frozen=True, slots=True)
class PixelExtremes:
    """Values that the classes of a field depend on, reduced over the channels once per field.

    Attributes:
        strongest: ``(H, W)``, max of max J and −min J over the channels: relevant where above α.
        relational: ``(H, W)``, largest relational strength of a channel: relational where above α.
        one_sign: ``(H, W)`` uint8, 1 where the pushes up are stronger, else 2.
    """

    strongest: FloatArray
    relational: FloatArray
    one_sign: UInt8Image

    @classmethod
    def of(cls, field: CorrelationField) -> PixelExtremes:
        """Reduce a field's channels; pairwise, as numpy is slow on an axis of three."""
        highest, lowest = _channels(np.maximum, field.maximum), _channels(np.minimum, field.minimum)
        strength = _channels(np.maximum, field.strength)
        # irrelevant, then one sign: adding the comparison gives 1 for positive and 2 for negative
        return cls(np.maximum(highest, -lowest), strength, (highest < -lowest).view(np.uint8) + np.uint8(1))

    def classes(self, alpha: float) -> UInt8Image:
        """Return what :meth:`CorrelationField.classes` returns for the same field."""
        result = np.where(self.strongest > alpha, self.one_sign, np.uint8(0))
        result[self.relational > alpha] = 3
        return result


def _channels(ufunc: np.ufunc, values: FloatArray) -> FloatArray:
    return ufunc(ufunc(values[..., 0], values[..., 1]), values[..., 2])


class CorrelationView(PictureView):
    """Show which pixels push outputs up, down, both ways or not at all."""

    name = "correlation"
    title = "Correlation classes"
    tooltip = "How the pixels move layer k's outputs: up, down, both ways (relational, C = 1) or not at all."
    empty_text = "The correlation overlay appears here when a picture is open."

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.overlay = pg.ImageItem(axisOrder="row-major")
        self.overlay.setZValue(5)
        self.view_box.addItem(self.overlay)
        self.row = pg.ImageItem(axisOrder="row-major")
        self.row.setZValue(6)
        self.row.hide()
        self.view_box.addItem(self.row)
        self._row_words = ""
        self._shares: NDArray[np.floating] | None = None
        self._terse: bool | None = None
        self._sizes: dict[bool, dict[int, QSize]] = {False: {}, True: {}}
        self._field: CorrelationField | None = None
        self._extremes: PixelExtremes | None = None
        self._build_controls()
        self._label_chips(None)
        self._set_table()
        self._apply_theme()

    def _build_controls(self) -> None:
        row = self.controls
        self.chips: dict[int, Chip] = {}
        for index in _ORDER:
            chip = Chip(
                CLASS_NAMES[index],
                CLASS_COLOURS[index],
                tip=f"{CLASS_HINTS[index]}; {_SHARE}",
                checked=index != 0,
            )
            chip.toggled.connect(self._set_table)
            self.chips[index] = chip
            row.add(chip)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(70)
        self.opacity.setFixedWidth(84)
        self.opacity.setToolTip("Opacity of the overlay, per cent")
        self.opacity.setAccessibleName("Opacity of the overlay, per cent")
        self.opacity.valueChanged.connect(self._set_table)
        pair = QWidget()
        together = QHBoxLayout(pair)
        together.setContentsMargins(4, 0, 0, 0)
        together.addWidget(QLabel("Opacity"))
        together.addWidget(self.opacity)
        row.add(pair)
        self._measure()
        row.more.toggled.connect(self._choose_words)
        self.row_button = button(
            "Row of J",
            tip="One output's own row of the Jacobian: orange pixels push it up, blue ones down. Pick an "
            "output in the activations",
            checkable=True,
        )
        self.row_button.toggled.connect(self._choose_overlay)
        self.row_button.hide()
        row.add(self.row_button)
        self.progress = ProgressLine(self.canvas)
        self.progress.setFixedHeight(5)
        self.progress.setAccessibleName("Rows of the Jacobian read")
        self.progress.hide()

    # -- what the window calls

    def show_scene(self, scene: Scene) -> None:
        """Show the crop in grey; an overlay of another crop is dropped, one of the same crop dims."""
        former = self._scene
        super().show_scene(scene)
        grey = (scene.crop @ np.array([0.299, 0.587, 0.114], np.float32)).astype(np.uint8)
        self.image.setImage(grey, levels=(0, 255), autoLevels=False)
        if former is None or former.layer != scene.layer or not np.array_equal(former.crop, scene.crop):
            self._drop_row()
        if former is None or not np.array_equal(former.crop, scene.crop):
            self._field = self._extremes = None
            self.overlay.clear()
            self._label_chips(None)
            self.set_caption("")
            self.progress.hide()

    def show_field(self, field: CorrelationField, alpha: float) -> None:
        """Show the classes at a threshold; the reduction over channels is kept while the field is."""
        if field is not self._field or self._extremes is None:
            self._field = field
            self._extremes = PixelExtremes.of(field)
            self._show_progress(field)
            self.set_stale(False)
        classes = self._extremes.classes(alpha)
        self.overlay.setImage(classes, autoLevels=False, levels=None)
        self._label_chips(field.class_shares(classes))

    def show_row(self, values: FloatArray, words: str) -> None:
        """Show one output's row of J in place of the classes, until told otherwise.

        Args:
            values: ``(H, W, 3)``, output units per unit of intensity.
            words: Name of the output.
        """
        highest, lowest = _channels(np.maximum, values), _channels(np.minimum, values)
        signed = np.where(highest >= -lowest, highest, lowest)
        magnitude = np.abs(signed)
        # a few pixels right at the joint would leave all others without a colour
        end = max(float(np.percentile(magnitude, _ROW_PERCENTILE)), 1e-12)
        self._row_words = f"row of {words} · |J| ≤ {float(magnitude.max()):.3g}"
        self.row.setImage(signed, levels=(-end, end), autoLevels=False)
        self.row_button.show()
        self.row_button.setChecked(True)
        self._choose_overlay()

    def _drop_row(self) -> None:
        self.row.clear()
        self.row_button.setChecked(False)
        self.row_button.hide()

    def _choose_overlay(self) -> None:
        """Show the row or the classes, and say which."""
        rows = self.row_button.isChecked()
        self.row.setVisible(rows)
        self.overlay.setVisible(not rows)
        if rows:
            self.set_caption(self._row_words)
        elif self._field is not None:
            self._show_progress(self._field)

    def clear(self) -> None:
        super().clear()
        self._drop_row()
        self._field = self._extremes = None
        self.overlay.clear()
        self._label_chips(None)
        self.progress.hide()

    @property
    def classes(self) -> UInt8Image | None:
        """``(H, W)``, the classes on screen; None before the first field."""
        return self.overlay.image

    # -- drawing

    def _label_chips(self, shares: NDArray[np.floating] | None) -> None:
        self._shares = shares
        for index, chip in self.chips.items():
            share = None if shares is None else float(shares[index])
            chip.setText(_legend(index, share, terse=bool(self._terse)))

    def _measure(self) -> None:
        """Note how large each entry of the legend is at most: it must not jump while α is dragged."""
        for terse in (False, True):
            for index, chip in self.chips.items():
                # hardly ever has a class all pixels; without names every digit of room counts
                longest = _legend(index, 0.88 if terse else 1.0, terse=terse)
                self._sizes[terse][index] = chip.room_for(longest)
        self._terse = None
        self._choose_words()

    def _choose_words(self) -> None:
        """Leave the classes' names out of the legend where one line is all there is and cannot hold them."""
        row, sizes = self.controls, self._sizes[False].values()
        needed = sum(size.width() + _GAP for size in sizes) + row.corner_width
        terse = row.lines == 1 and not row.unfolded and self.width() < needed
        if terse is not self._terse:
            self._terse = terse
            for index, chip in self.chips.items():
                # a fixed size, so that a new text triggers no layout
                chip.setFixedSize(self._sizes[terse][index])
            self._label_chips(self._shares)

    def _show_progress(self, field: CorrelationField) -> None:
        self.progress.setVisible(not field.complete)
        self.progress.show_progress(field.rows_done, max(1, field.rows_total))
        if self.row_button.isChecked():
            return
        if field.complete:
            self.set_caption(f"{field.layer.name} · {field.rows_total} rows ({field.rows})")
        else:
            left = "" if field.seconds_left is None else f" — {_duration(field.seconds_left)} left"
            self.set_caption(f"rows {field.rows_done}/{field.rows_total}{left}")

    def _set_table(self) -> None:
        """Colour the classes by the switches and the opacity; the picture of classes stays as it is."""
        table = np.zeros((256, 4), np.uint8)
        alpha = round(self.opacity.value() * 2.55)
        for index, chip in self.chips.items():
            table[index] = (*CLASS_COLOURS[index], alpha if chip.isChecked() else 0)
        self.overlay.setLookupTable(table)

    def _apply_theme(self) -> None:
        super()._apply_theme()
        table = np.empty((256, 4), np.uint8)
        table[:, :3] = diverging_table(self.theme)
        # what hardly moves the output lets the picture through
        table[:, 3] = np.rint(255 * np.minimum(1, 3 * np.abs(np.linspace(-1, 1, 256))))
        self.row.setLookupTable(table)

    def _apply_font(self) -> None:
        self._measure()

    def _dim(self, stale: bool) -> None:
        super()._dim(stale)
        self.overlay.setOpacity(STALE_OPACITY if stale else 1.0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.progress.setGeometry(0, 0, self.canvas.width(), self.progress.height())
        self._choose_words()


def _legend(index: int, share: float | None, *, terse: bool) -> str:
    """Return a class' short name and its share of the pixels, or the share alone."""
    if terse:
        return "–" if share is None else f"{100 * share:.0f}%"
    name = CLASS_NAMES[index].removesuffix(" only")
    return f"{name} –" if share is None else f"{name} {100 * share:.0f} %"


def _duration(seconds: float) -> str:
    """Return a time as people say it: seconds up to two minutes, then minutes, then hours."""
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    if seconds < 7200:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
