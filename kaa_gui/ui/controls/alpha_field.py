"""Set α on the histogram of R, by value or by the share of pixels that it keeps."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout

from kaa_gui.core.config import PARAMETERS
from kaa_gui.core.types import CorrelationField
from kaa_gui.ui.controls.fields import BOX_WIDTH, Field, NumberBox
from kaa_gui.ui.controls.strength_histogram import StrengthSlider
from kaa_gui.ui.model.parameters import Parameters
from kaa_gui.ui.widgets.steady import hold_width


class AlphaField(Field):
    """Two boxes for one threshold: the one in force is bold, the other follows; Otsu's method sets it."""

    bursts = True

    def __init__(self) -> None:
        super().__init__("alpha")
        self.histogram = StrengthSlider()
        self.alpha_box = NumberBox(digits=3)
        self.alpha_box.setRange(0, 1e9)
        self.alpha_box.setAccessibleName("Threshold α: value")
        self.keep_box = NumberBox()
        self.keep_box.setRange(0.1, 100)
        self.keep_box.setDecimals(1)
        self.keep_box.setSuffix(" %")
        self.keep_box.setAccessibleName("Threshold α: share kept, percent")
        self.otsu = QToolButton()
        self.otsu.setText("Otsu")
        self.otsu.setCheckable(True)
        self.otsu.setToolTip("<p>Take α from Otsu's method: where log R parts best into two heaps</p>")
        self.otsu.setAccessibleName("Threshold α: by Otsu's method")
        self._alpha_label, self._keep_label = QLabel("α"), QLabel("keeps")
        for label, box, name in (
            (self._alpha_label, self.alpha_box, "alpha"),
            (self._keep_label, self.keep_box, "keep"),
        ):
            label.setBuddy(box)
            label.setToolTip(f"<p>{PARAMETERS[name].tooltip}</p>")
            box.setToolTip(label.toolTip())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.histogram)
        layout.addLayout(self._boxes())
        self._parameters = Parameters()
        self._dragging = False
        self.histogram.alphaDragged.connect(self._on_drag)
        self.histogram.alphaReleased.connect(self._on_release)
        self.alpha_box.valueChanged.connect(lambda alpha: self._emit({"alpha": alpha, "keep": None}))
        self.keep_box.valueChanged.connect(lambda keep: self._emit({"alpha": None, "keep": keep / 100}))
        self.otsu.clicked.connect(self._on_otsu)
        self.set_field(None, None)

    def _boxes(self) -> QHBoxLayout:
        layout = QHBoxLayout()
        layout.setSpacing(6)
        layout.addWidget(self._alpha_label)
        layout.addWidget(self.alpha_box)
        layout.addWidget(self.otsu)
        layout.addStretch(1)
        layout.addWidget(self._keep_label)
        layout.addWidget(self.keep_box)
        for box in (self.alpha_box, self.keep_box):
            hold_width(box, BOX_WIDTH - 6)
        return layout

    def show_parameters(self, parameters: Parameters) -> None:
        """Show which of the two is in force, and its value."""
        self._parameters = parameters
        by_value = parameters.config.alpha is not None
        for label, bold in ((self._alpha_label, by_value), (self._keep_label, not by_value)):
            font = label.font()
            if font.bold() != bold:
                font.setBold(bold)
                label.setFont(font)
        with QSignalBlocker(self.otsu):
            self.otsu.setChecked(parameters.config.alpha == "otsu")
        with QSignalBlocker(self.alpha_box), QSignalBlocker(self.keep_box):
            if isinstance(parameters.config.alpha, float | int):
                self.alpha_box.setValue(parameters.config.alpha)
            elif not by_value:
                self.keep_box.setValue(100 * (parameters.config.kept_fraction))

    def set_field(self, field: CorrelationField | None, alpha: float | None) -> None:
        """Show a field and the threshold in force on it; None where the method reads no correlations."""
        known = field is not None and alpha is not None and math.isfinite(alpha)
        self.histogram.setEnabled(known)
        self.alpha_box.setEnabled(known)
        self.otsu.setEnabled(known)
        if field is None or alpha is None or not known:
            self.histogram.clear()
            return
        self.histogram.show_field(field)
        self.histogram.set_alpha(alpha)
        with QSignalBlocker(self.alpha_box), QSignalBlocker(self.keep_box):
            if self._parameters.config.alpha is None:
                self.alpha_box.setValue(alpha)
            else:
                self.alpha_box.setValue(alpha)
                self.keep_box.setValue(100 * field.fraction_kept(alpha))

    def _on_otsu(self, on: bool) -> None:
        if on:
            self._emit({"alpha": "otsu", "keep": None})
        else:
            # the value that the method has found stays, now as one to change
            self._emit({"alpha": self.alpha_box.value(), "keep": None})

    def _on_drag(self, alpha: float) -> None:
        if not self._dragging:
            self._dragging = True
            self._begin_drag()
        self._emit({"alpha": alpha, "keep": None}, dragging=True)

    def _on_release(self, alpha: float) -> None:
        self._dragging = False
        self._emit({"alpha": alpha, "keep": None}, dragging=True)
        self._end_drag()
