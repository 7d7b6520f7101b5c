"""Show compared methods: pictures side by side, curves in one plot, numbers."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from kaa_gui.colours import CONTROL_COLOUR, Rgb, method_colour
from kaa_gui.ui.appearance.theme import theme_of
from kaa_gui.ui.model.parameters import formatted
from kaa_gui.ui.model.services import Trial
from kaa_gui.ui.panels.method_comparison import CONTESTANTS, Comparison
from kaa_gui.ui.picture_items.canvas import Canvas
from kaa_gui.ui.picture_items.pose_picture import PosePicture
from kaa_gui.ui.widgets.buttons import button
from kaa_gui.ui.widgets.flow import FlowRow
from kaa_gui.ui.widgets.plot_parts import set_axes_font
from kaa_gui.ui.widgets.progress_line import ProgressLine
from kaa_gui.ui.widgets.track import QUANTITIES

ITERATIONS = 40
"""Iterations of each contestant, unless told otherwise: enough to tell them apart."""

COLUMNS = {
    "px": "Mean displacement of the visible joints in the saved picture, pixels of the crop",
    "mm": "MPJPE between the clean 3D pose and that of the saved picture, millimetres",
    "RMSE": "Root mean square of the saved perturbation over the crop, grey levels (0-255)",
    "% kept": "Share of the values that may be attacked that the mask keeps",
    "success": "Whether the saved picture meets the criterion of success",
}
_NAMED_FROM = 260
"""Height of the panel, pixels: in a lower one the vertical axis has no room for its name."""

_STYLES = {"kaa": Qt.PenStyle.SolidLine, "kaa+er": Qt.PenStyle.SolidLine, "random": Qt.PenStyle.DashLine}


class ComparisonPanel(QWidget):
    """Shows a comparison and begins another one."""

    def __init__(self, comparison: Comparison, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Compared methods")
        self._comparison = comparison
        self.pictures = {key: PosePicture(each.title, tip=each.hint) for key, each in CONTESTANTS.items()}
        first, *others = self.pictures.values()
        for picture in others:
            picture.box.setXLink(first.box)
            picture.box.setYLink(first.box)
        self._build_controls()
        self._build_plot()
        self._build_table()
        row = QWidget()
        pictures = QHBoxLayout(row)
        pictures.setContentsMargins(0, 0, 0, 0)
        pictures.setSpacing(0)
        for picture in self.pictures.values():
            pictures.addWidget(picture, 1)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.table)
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.addWidget(row)
        whole.addWidget(side)
        whole.setStretchFactor(0, 3)
        whole.setStretchFactor(1, 2)
        whole.setSizes([320, 320])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._controls)
        layout.addWidget(whole, 1)
        comparison.began.connect(self._on_began)
        comparison.progressed.connect(lambda share: self.progress.show_progress(round(1000 * share), 1000))
        comparison.arrived.connect(self._on_arrived)
        comparison.ended.connect(self._on_ended)
        set_axes_font(self.plot, self.font())
        self._take_theme()

    def _build_controls(self) -> None:
        self._controls = FlowRow(self)
        self.press = button("Compare", tip="Run KAA, KAA+ER and a random mask with the settings at the right")
        self.press.clicked.connect(self.toggle)
        self.iterations = QSpinBox()
        self.iterations.setRange(1, 1000)
        self.iterations.setValue(ITERATIONS)
        self.iterations.setSuffix(" iterations")
        self.iterations.setToolTip("Of each of the three; all other settings are the window's")
        self.iterations.setAccessibleName("Iterations of each method")
        self.quantity = QComboBox()
        for entry in QUANTITIES:
            unit = f" ({entry.unit})" if entry.unit else ""
            self.quantity.addItem(f"{entry.title}{unit}")
            self.quantity.setItemData(self.quantity.count() - 1, entry.hint, Qt.ItemDataRole.ToolTipRole)
        self.quantity.setToolTip("What the curves show, by iteration")
        self.quantity.setAccessibleName("Quantity of the curves")
        self.quantity.currentIndexChanged.connect(self._draw)
        self.progress = ProgressLine()
        self.progress.setFixedSize(120, 6)
        self.progress.setAccessibleName("Progress of the comparison")
        self.progress.hide()
        self._controls.add(self.press, self.iterations, self.quantity, self.progress)

    def _build_plot(self) -> None:
        self._plot_box = pg.ViewBox(enableMenu=False)
        self.plot = pg.PlotItem(viewBox=self._plot_box, enableMenu=False)
        self.plot.hideButtons()
        for side in ("left", "bottom"):
            self.plot.getAxis(side).setGrid(110)
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self.plot.setLabel("bottom", "iteration")
        self.canvas = Canvas(self.plot)
        self.canvas.setAccessibleName("Curves of the compared methods")
        self.canvas.setMinimumHeight(90)
        self.curves = {key: pg.PlotDataItem(connect="finite", antialias=True) for key in CONTESTANTS}
        for curve in self.curves.values():
            self.plot.addItem(curve)

    def _build_table(self) -> None:
        # labels, not a table widget: its items are no QObjects, and what Python keeps of them outlives them
        self.table = QWidget()
        self.table.setAccessibleName("Numbers of the saved pictures")
        grid = QGridLayout(self.table)
        grid.setContentsMargins(6, 2, 6, 4)
        grid.setVerticalSpacing(2)
        for column, (title, tip) in enumerate(COLUMNS.items(), start=1):
            grid.addWidget(_label(title, tip, "hint"), 0, column)
            grid.setColumnStretch(column, 1)
        self.cells: dict[str, list[QLabel]] = {}
        for row, (key, each) in enumerate(CONTESTANTS.items(), start=1):
            grid.addWidget(_label(each.title, each.hint), row, 0)
            self.cells[key] = [_label("–", tip) for tip in COLUMNS.values()]
            for column, cell in enumerate(self.cells[key], start=1):
                cell.setAccessibleName(f"{each.title}: {list(COLUMNS)[column - 1]}")
                grid.addWidget(cell, row, column)

    # --- what the window calls ---

    def toggle(self) -> None:
        """Begin a comparison, or cancel the running one."""
        if self._comparison.running:
            self._comparison.cancel()
        else:
            self._comparison.begin(self.iterations.value())

    def shutdown(self) -> None:
        """Take the panes apart while Python still holds their items."""
        for picture in self.pictures.values():
            picture.shutdown()
        if not self.canvas.closed:
            self.plot.close()
            self.canvas.close()

    # --- news of the comparison ---

    def _on_began(self) -> None:
        for picture in self.pictures.values():
            picture.clear()
        for cells in self.cells.values():
            for cell in cells:
                cell.setText("–")
        self.press.setText("Cancel")
        self.iterations.setEnabled(False)
        self.progress.show_progress(0, 1000)
        self.progress.show()
        self._draw()

    def _on_ended(self) -> None:
        self.press.setText("Compare")
        self.iterations.setEnabled(True)
        self.progress.hide()

    def _on_arrived(self, key: str, trial: Trial) -> None:
        last, picture = trial.run.snapshots[-1], self.pictures[key]
        picture.show_run(trial.run.scene, last)
        colour = QColor(*curve_colour(key)).name()
        verdict = " ✓" if trial.saved.success else ""
        if last.config.smallest:
            verdict += f" ε {formatted('epsilon', last.config.epsilon, last.config)}"
        picture.set_heading(f'<b style="color:{colour}">■</b> <b>{picture.title}</b>{verdict}')
        saved = trial.saved
        texts = (
            _number(saved.displacement_px, 1),
            _number(saved.pose_error_mm, 0),
            _number(saved.perturbation_rmse, 2),
            f"{100 * trial.run.mask_share:.0f}",
            "yes" if saved.success else "no",
        )
        for cell, text in zip(self.cells[key], texts, strict=True):
            cell.setText(text)
        self._draw()

    # --- drawing ---

    def _draw(self) -> None:
        entry = QUANTITIES[self.quantity.currentIndex()]
        self.plot.setLabel("left", self.quantity.currentText())
        self._name_axis()
        for key, curve in self.curves.items():
            trial = self._comparison.trials.get(key)
            metrics = () if trial is None else trial.run.metrics
            curve.setData(
                np.array([item.iteration for item in metrics], float),
                np.array([getattr(item, entry.field) for item in metrics], float),
            )

    def _name_axis(self) -> None:
        """Name the axis where the name fits beside it; the choice above says it as well."""
        self.plot.showLabel("left", self.height() >= _NAMED_FROM)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name_axis()

    def _take_theme(self) -> None:
        theme = theme_of(self.palette())
        self.canvas.setBackground(theme.plot)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).setPen(theme.line)
            self.plot.getAxis(side).setTextPen(theme.muted)
        for key, curve in self.curves.items():
            width = 2 * self.devicePixelRatioF()
            curve.setPen(pg.mkPen(curve_colour(key), width=width, style=_STYLES[key]))
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._take_theme()
        elif event.type() == QEvent.Type.FontChange:
            set_axes_font(self.plot, self.font())


def _label(text: str, tip: str, name: str = "") -> QLabel:
    label = QLabel(text)
    label.setToolTip(tip)
    label.setObjectName(name)
    return label


def _number(value: float, decimals: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{decimals}f}"


def curve_colour(contestant: str) -> Rgb:
    """Return the colour of a contestant's curve and heading."""
    return CONTROL_COLOUR if contestant == "random" else method_colour(contestant)
