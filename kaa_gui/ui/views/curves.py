"""The run's numbers by iteration, two at a time, beside those of the run before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from kaa_gui.core.types import Metrics, Snapshot
from kaa_gui.ui.elements.canvas import Canvas
from kaa_gui.ui.theme import BLUE, BLUISH_GREEN, SKY_BLUE, VERMILLION, Rgb, mixed
from kaa_gui.ui.views.view import View


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that has a value at each iteration.

    Attributes:
        field: Name in :class:`Metrics`.
        title: For menus.
        label: Short, for the read-out.
        unit: Empty for a pure number.
        hint: What it is.
    """

    field: str
    title: str
    label: str
    unit: str
    hint: str


QUANTITIES: tuple[Quantity, ...] = (
    Quantity(
        "pose_error_mm",
        "Pose error",
        "error",
        "mm",
        "MPJPE: mean distance from the clean 3D pose, millimetres",
    ),
    Quantity(
        "displacement_px",
        "Displacement",
        "moved",
        "px",
        "Mean distance of the visible 2D joints from the clean pose, pixels of the crop",
    ),
    Quantity("loss", "Loss", "loss", "", "What the attack ascends (non-target) or descends (target)"),
    Quantity(
        "perturbation_rmse",
        "Image RMSE",
        "RMSE",
        "grey levels",
        "Root mean square of the perturbation, grey levels (0-255)",
    ),
    Quantity(
        "perturbation_max",
        "Largest change",
        "max",
        "grey levels",
        "Largest absolute change, grey levels (0-255)",
    ),
)


_BESIDE = {"position": 0.08, "color": BLUISH_GREEN, "anchors": [(0, 0.5), (0, 0.5)]}
"""Where a line's words stand: at its foot, to the right."""


class Track:
    """Growing arrays of one run's metrics; appending is amortised O(1)."""

    def __init__(self) -> None:
        self._values = np.empty((256, len(QUANTITIES) + 1))
        self._first: Metrics | None = None
        self._length = 0
        self.first_success: int | None = None

    def __len__(self) -> int:
        return self._length

    def continues(self, metrics: Sequence[Metrics]) -> bool:
        """Return whether these are the same run's numbers, and possibly more of them."""
        return self._length == 0 or (len(metrics) >= self._length and metrics[0] is self._first)

    def extend(self, metrics: Sequence[Metrics]) -> None:
        """Append what is new."""
        if len(metrics) > len(self._values):
            grown = np.empty((2 * len(metrics), self._values.shape[1]))
            grown[: self._length] = self._values[: self._length]
            self._values = grown
        for row in range(self._length, len(metrics)):
            item = metrics[row]
            self._values[row] = (item.iteration, *(getattr(item, entry.field) for entry in QUANTITIES))
            if item.success and self.first_success is None:
                self.first_success = item.iteration
        self._first = metrics[0] if metrics else None
        self._length = len(metrics)

    @property
    def iterations(self) -> NDArray[np.float64]:
        """Iteration numbers."""
        return self._values[: self._length, 0]

    def series(self, quantity: int) -> NDArray[np.float64]:
        """Values of a quantity, by its place in :data:`QUANTITIES`."""
        return self._values[: self._length, quantity + 1]


class CurvesView(View):
    """Two quantities against the iteration; a cursor to go back to any of them."""

    name = "curves"
    title = "Curves"
    tooltip = "Pose error and perturbation by iteration; drag the cursor to look at an earlier one."
    empty_text = "The curves start with the attack's first step."

    iterationPicked = Signal(int)
    """Iteration that the user goes to, by dragging the cursor, a click or the arrow keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._track, self._former = Track(), Track()
        self._build_controls()
        self._build_plot()
        self.set_content(self.canvas)
        self._apply_theme()

    # -- construction

    def _build_controls(self) -> None:
        row = self.controls
        self.choices: list[QComboBox] = []
        for side, chosen in (("Left axis", 0), ("Right axis", 3)):
            box = QComboBox()
            for entry in QUANTITIES:
                box.addItem(entry.title)
                box.setItemData(box.count() - 1, entry.hint, Qt.ItemDataRole.ToolTipRole)
            box.setCurrentIndex(chosen)
            box.setToolTip(f"{side}: the quantity drawn against it")
            box.setAccessibleName(f"{side}: quantity")
            box.currentIndexChanged.connect(self._restyle)
            self.choices.append(box)
            row.add(box)
        self.readout = QLabel()
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self.readout.setToolTip("\n".join(f"{entry.label}: {entry.hint}" for entry in QUANTITIES[:4]))
        self.readout.setAccessibleName("Current values")
        row.add(self.readout)

    def _build_plot(self) -> None:
        self.left_box, self.right_box = pg.ViewBox(enableMenu=False), pg.ViewBox(enableMenu=False)
        self.plot = pg.PlotItem(viewBox=self.left_box, enableMenu=False)
        self.plot.hideButtons()
        self.canvas = Canvas(self.plot)
        self.canvas.setAccessibleName("Curves by iteration")
        self.plot.setLabel("bottom", "iteration")
        self.plot.showAxis("right")
        for side in ("left", "bottom"):  # a third grid, of the right axis, would only add noise
            axis = self.plot.getAxis(side)
            axis.setGrid(110)
            axis.setStyle(maxTickLevel=0)
        metrics = self.fontMetrics()
        for side in ("left", "right"):  # a fixed width: the plot must not jump when a digit comes
            self.plot.getAxis(side).enableAutoSIPrefix(False)
            self.plot.getAxis(side).setWidth(metrics.height() + metrics.horizontalAdvance("0000") + 14)
        self.plot.setContentsMargins(4, 6, 4, 2)
        self.canvas.addItem(self.right_box)
        self.plot.getAxis("right").linkToView(self.right_box)
        self.right_box.setXLink(self.plot)
        self.right_box.setMouseEnabled(x=False, y=False)
        self.left_box.setMouseEnabled(x=True, y=False)
        self.left_box.sigResized.connect(self._follow_size)
        boxes = (self.left_box, self.right_box)
        self.former_curves = [self._curve(box, depth=1) for box in boxes]
        self.curves = [self._curve(box, depth=5) for box in boxes]
        self.success_line = pg.InfiniteLine(angle=90, label="success", labelOpts=_BESIDE)
        self.success_line.setZValue(3)
        self.success_line.hide()
        self.plot.addItem(self.success_line, ignoreBounds=True)
        self.marker = pg.InfiniteLine(angle=90, movable=True, hoverPen=pg.mkPen(width=3))
        self.marker.setZValue(20)
        self.marker.hide()
        self.plot.addItem(self.marker, ignoreBounds=True)
        self.marker.sigDragged.connect(self._cursor_dragged)
        self.canvas.clicked.connect(self._clicked)

    def _curve(self, box: pg.ViewBox, *, depth: int) -> pg.PlotDataItem:
        curve = pg.PlotDataItem(
            connect="finite",
            antialias=True,
            autoDownsample=True,
            autoDownsampleFactor=1.0,
            downsampleMethod="peak",
        )
        curve.setZValue(depth)
        box.addItem(curve)
        return curve

    # -- what the window calls

    def show_history(self, metrics: Sequence[Metrics]) -> None:
        """Draw all numbers so far; another run's first numbers make the run before them faint."""
        if not metrics:
            return
        if not self._track.continues(metrics):
            self._former, self._track = self._track, Track()
            self._draw_former()
        self._track.extend(metrics)
        self._set_populated(True)
        self.set_stale(False)
        self._draw()
        if self.marker.isVisible():
            return  # the cursor's iterate decides, which need not be the newest
        self._read_out(metrics[-1])

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Put the cursor and the read-outs at an iterate."""
        self.marker.show()
        self.marker.setPos(snapshot.iteration)
        self._read_out(snapshot.metrics)

    def clear(self) -> None:
        super().clear()
        self._track, self._former = Track(), Track()
        self.marker.hide()
        self._draw()
        self._draw_former()

    def shutdown(self) -> None:
        """Take the pane apart while Python still holds its items."""
        super().shutdown()
        if not self.canvas.closed:
            self.left_box.sigResized.disconnect(self._follow_size)
            self.right_box.close()
            self.plot.close()
            self.canvas.close()

    # -- drawing

    def _draw(self) -> None:
        first = self._track.first_success
        self.success_line.setVisible(first is not None)
        if first is not None:
            self.success_line.setPos(first)
        for curve, choice in zip(self.curves, self.choices, strict=True):
            curve.setData(self._track.iterations, self._track.series(choice.currentIndex()))

    def _draw_former(self) -> None:
        for curve, choice in zip(self.former_curves, self.choices, strict=True):
            curve.setData(self._former.iterations, self._former.series(choice.currentIndex()))

    def _read_out(self, metrics: Metrics) -> None:
        parts = []
        for entry in QUANTITIES[:4]:
            value = getattr(metrics, entry.field)
            text = f"{value:.3g}".replace("-", "−") if np.isfinite(value) else "–"
            unit = f" {entry.unit}" if entry.unit and entry.unit != "grey levels" else ""
            parts.append(f'<span style="color:{self.theme.muted}">{entry.label}</span> <b>{text}</b>{unit}')
        self.readout.setText(" &nbsp;".join(parts))
        # the row would otherwise be laid out anew whenever a digit comes or goes
        self.readout.setMinimumWidth(max(self.readout.minimumWidth(), self.readout.sizeHint().width()))

    def _axis_colours(self) -> tuple[Rgb, Rgb]:
        """Return the colours of the left and right curve, legible on the plot's background."""
        if self.theme.name == "dark":
            return mixed(VERMILLION, (255, 255, 255), 0.22), SKY_BLUE
        return VERMILLION, BLUE

    def _restyle(self) -> None:
        """Take the theme's colours and the chosen quantities' names."""
        theme = self.theme
        self.canvas.setBackground(theme.plot)
        bottom = self.plot.getAxis("bottom")
        bottom.setPen(theme.line)
        bottom.setTextPen(theme.muted)
        sides = zip(("left", "right"), self.choices, self._axis_colours(), strict=True)
        for place, (side, choice, colour) in enumerate(sides):
            entry = QUANTITIES[choice.currentIndex()]
            axis = self.plot.getAxis(side)
            unit = f" ({entry.unit})" if entry.unit else ""
            axis.setLabel(f"{entry.title}{unit}", color=QColor(*colour).name())
            axis.setPen(theme.line)
            axis.setTextPen(QColor(*colour))
            faint = QColor(*colour)
            faint.setAlpha(90)
            style = Qt.PenStyle.SolidLine if place == 0 else Qt.PenStyle.DashLine
            # pyqtgraph's pens are cosmetic: their widths are in physical pixels
            ratio = self.devicePixelRatioF()
            self.curves[place].setPen(pg.mkPen(colour, width=2 * ratio, style=style))
            self.former_curves[place].setPen(pg.mkPen(faint, width=1.5 * ratio, style=style))
        ratio = self.devicePixelRatioF()
        self.success_line.setPen(pg.mkPen(BLUISH_GREEN, width=1.2 * ratio, style=Qt.PenStyle.DotLine))
        cursor = QColor(theme.text)
        cursor.setAlpha(170)
        self.marker.setPen(pg.mkPen(cursor, width=1))
        self.marker.setHoverPen(pg.mkPen(theme.accent, width=3))
        self._draw()
        self._draw_former()

    def _apply_theme(self) -> None:
        self._restyle()

    def _dim(self, stale: bool) -> None:
        for curve in self.curves:
            curve.setOpacity(0.4 if stale else 1.0)

    def _follow_size(self) -> None:
        """Keep the right axis' box on top of the left one's."""
        self.right_box.setGeometry(QRectF(self.left_box.sceneBoundingRect()))
        self.right_box.linkedViewChanged(self.left_box, self.right_box.XAxis)

    # -- the pointer and the keys

    def pick(self, iteration: float) -> None:
        """Go to the iteration nearest to a place of the axis."""
        if not len(self._track):
            return
        iterations = self._track.iterations
        nearest = int(iterations[np.abs(iterations - iteration).argmin()])
        self.marker.show()
        self.marker.setPos(nearest)
        self.iterationPicked.emit(nearest)

    def _cursor_dragged(self) -> None:
        self.pick(self.marker.pos().x())

    def _clicked(self, event: MouseClickEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.left_box.enableAutoRange()
        elif self.left_box.sceneBoundingRect().contains(event.scenePos()):
            self.pick(self.left_box.mapSceneToView(event.scenePos()).x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps and len(self._track):
            self.pick(self.marker.pos().x() + steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.left_box.enableAutoRange()
        else:
            super().keyPressEvent(event)
