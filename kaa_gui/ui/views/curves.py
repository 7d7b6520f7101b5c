"""Draw the run's numbers by iteration, two at a time, beside those of the run before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QComboBox, QWidget

from kaa_gui.colours import BLUE, BLUISH_GREEN, SKY_BLUE, VERMILLION, Rgb, mixed
from kaa_gui.core.types import Metrics, Snapshot
from kaa_gui.ui.model.trajectory import JointCourse
from kaa_gui.ui.picture_items.canvas import Canvas
from kaa_gui.ui.views.view import View
from kaa_gui.ui.widgets.plot_parts import JointCurve, set_axes_font
from kaa_gui.ui.widgets.steady import SteadyLabel
from kaa_gui.ui.widgets.track import QUANTITIES, Track

_BESIDE = {"position": 0.08, "color": BLUISH_GREEN, "anchors": [(0, 0.5), (0, 0.5)]}
"""Place of a line's words: at its foot, to the right."""


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
        self._course: JointCourse | None = None
        self._numbers: Metrics | None = None
        self._build_controls()
        self._build_plot()
        self.set_content(self.canvas)
        self._apply_font()
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
        self.readout = SteadyLabel()
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
        for side in ("left", "right"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
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
        self.joint_curves = [JointCurve(box) for box in boxes]
        self.success_line = pg.InfiniteLine(angle=90, label="success in memory", labelOpts=_BESIDE)
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

    def show_joint(self, course: JointCourse | None) -> None:
        """Draw one joint's own way beside the pose's, on the axes that measure it."""
        self._course = course
        for curve, choice in zip(self.joint_curves, self.choices, strict=True):
            curve.show_course(course, QUANTITIES[choice.currentIndex()].field)

    def clear(self) -> None:
        super().clear()
        self._track, self._former = Track(), Track()
        self.marker.hide()
        self._draw()
        self._draw_former()
        self.show_joint(None)

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
        self._numbers = metrics
        parts = []
        for entry in QUANTITIES[:4]:
            value = getattr(metrics, entry.field)
            text = f"{value:.3g}".replace("-", "−") if np.isfinite(value) else "–"
            unit = f" {entry.unit}" if entry.unit and entry.unit != "grey levels" else ""
            parts.append(f'<span style="color:{self.theme.muted}">{entry.label}</span> <b>{text}</b>{unit}')
        self.readout.setText(" &nbsp;".join(parts))
        # otherwise every digit that comes or goes would trigger a layout of the row
        self.readout.setMinimumWidth(max(self.readout.minimumWidth(), self.readout.sizeHint().width()))

    def _axis_colours(self) -> tuple[Rgb, Rgb]:
        """Return the colours of the left and right curve, legible on the plot's background."""
        if self.theme.name == "dark":
            return mixed(VERMILLION, (255, 255, 255), 0.22), SKY_BLUE
        return VERMILLION, BLUE

    def _restyle(self) -> None:
        """Take the theme's colours and the chosen quantities' names."""
        theme = self.theme
        ink = QColor(theme.text)
        text = (ink.red(), ink.green(), ink.blue())
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
            self.joint_curves[place].set_colour(mixed(text, colour, 0.35), ratio)
        ratio = self.devicePixelRatioF()
        self.success_line.setPen(pg.mkPen(BLUISH_GREEN, width=1.2 * ratio, style=Qt.PenStyle.DotLine))
        cursor = QColor(theme.text)
        cursor.setAlpha(170)
        self.marker.setPen(pg.mkPen(cursor, width=1))
        self.marker.setHoverPen(pg.mkPen(theme.accent, width=3))
        self._name_axes()
        self._draw()
        self._draw_former()
        self.show_joint(self._course)

    def _apply_theme(self) -> None:
        self._restyle()
        if self._numbers is not None:
            # its words are written in the theme's ink
            self._read_out(self._numbers)

    def _apply_font(self) -> None:
        set_axes_font(self.plot, self.font(), upright=("left", "right"))
        for label in (self.success_line.label, *(curve.label for curve in self.joint_curves)):
            label.setFont(self.font())
        self._name_axes()

    def _dim(self, stale: bool) -> None:
        for curve in self.curves:
            curve.setOpacity(0.4 if stale else 1.0)

    def _follow_size(self) -> None:
        """Keep the right axis' box on top of the left one's."""
        self.right_box.setGeometry(QRectF(self.left_box.sceneBoundingRect()))
        self.right_box.linkedViewChanged(self.left_box, self.right_box.XAxis)
        self._name_axes()

    def _name_axes(self) -> None:
        """Name the axes where there is room for it; the choices above the plot say it as well."""
        for side in ("left", "right"):
            axis = self.plot.getAxis(side)
            fits = axis.label.boundingRect().width() <= axis.size().height()
            if axis.label.isVisibleTo(axis) is not fits:
                axis.showLabel(fits)

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
