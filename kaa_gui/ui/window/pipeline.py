"""Draw a victim's way from image to pose as a strip of boxes: its layers, k among them, and its break."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolTip, QWidget

from kaa_gui.colours import VERMILLION, Theme
from kaa_gui.core.types import Layer, Scene, VictimSpec
from kaa_gui.ui.appearance.theme import theme_of
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.model.state import ParameterChange, State

_PADDING, _GAP = 7.0, 16.0
_AROUND_WORDS, _AROUND_BOXES = 6.0, 4.0
_CELL, _LEAST_CELL = 13.0, 5.0
_WORDS = {"heatmap": "heatmap", "coordinates": "coordinate"}
"""Kind of layer -> what the step that it belongs to has in its name."""


@dataclass(slots=True)
class _Box:
    """One step: its place, and the layers that are cut points in it."""

    step: int
    name: str
    layers: list[Layer] = field(default_factory=list)
    rectangle: QRectF = field(default_factory=QRectF)
    cells: list[tuple[QRectF, Layer]] = field(default_factory=list)


class PipelineStrip(QWidget):
    """Boxes from left to right; a click on a layer asks for it as k, arrow keys move k.

    What is left of k, F^k, is tinted: the part of the network that an attack goes through.
    """

    layerPicked = Signal(str)
    """Name of the layer wanted as k."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Pipeline")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._spec: VictimSpec | None = None
        self._layers: tuple[Layer, ...] = ()
        self._wanted: Layer | None = None
        self._boxes: list[_Box] = []

    @property
    def layer(self) -> Layer | None:
        """The layer marked as k."""
        return self._wanted

    def show_scene(self, scene: Scene) -> None:
        """Draw a route, and k where it is."""
        self._spec, self._layers, self._wanted = scene.spec, scene.layers, scene.layer
        self._boxes = [_Box(step, name) for step, name in enumerate(scene.spec.pipeline)]
        for layer in scene.layers:
            self._boxes[_step_of(layer, scene.spec)].layers.append(layer)
        self._arrange()

    def show_layer(self, wanted: str | int | None) -> None:
        """Mark another layer as k; None is the last one."""
        if not self._layers:
            return
        found = [layer for layer in self._layers if wanted in (layer.name, layer.index)]
        layer = found[0] if found else self._layers[-1]
        if layer is not self._wanted:
            self._wanted = layer
            self._describe()
            self.update()

    def layer_at(self, at: QPointF) -> Layer | None:
        """Return the layer drawn at a point."""
        for box in self._boxes:
            for rectangle, layer in box.cells:
                if rectangle.contains(at):
                    return layer
        return None

    def tip_at(self, at: QPointF) -> str:
        """Return what is to be said of what is drawn at a point."""
        if (layer := self.layer_at(at)) is not None:
            shape = " × ".join(map(str, layer.shape))
            return f"<b>{escape(layer.name)}</b> · {shape}<br>Click: cut the network here, layer k"
        for box in self._boxes:
            if box.rectangle.contains(at) and self._spec is not None:
                return _step_tip(box, self._spec)
        return ""

    def place_of(self, layer: Layer) -> QPointF:
        """Return the middle of a layer's place, or nowhere for another route's."""
        for box in self._boxes:
            for rectangle, item in box.cells:
                if item == layer:
                    return rectangle.center()
        return QPointF()

    # -- geometry

    def sizeHint(self) -> QSize:
        return QSize(480, round(self._box_height + _AROUND_BOXES))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
            self._arrange()

    @property
    def _box_height(self) -> float:
        return QFontMetricsF(self.font()).height() + _AROUND_WORDS

    def _arrange(self) -> None:
        """Give each box its place: words their width, layers what is left, up to a comfortable size."""
        metrics = QFontMetricsF(self.font())
        words = [metrics.horizontalAdvance(box.name) + 2 * _PADDING for box in self._boxes]
        split = [len(box.layers) if len(box.layers) > 1 else 0 for box in self._boxes]
        left = self.width() - sum(words) - _GAP * len(words) - _PADDING * sum(map(bool, split))
        cell = min(_CELL, max(_LEAST_CELL, left / max(1, sum(split))))
        tall = self._box_height
        x, top = 4.0, (self.height() - tall) / 2
        for box, width, count in zip(self._boxes, words, split, strict=True):
            whole = width + (count * cell + _PADDING if count else 0)
            box.rectangle = QRectF(x, top, whole, tall)
            box.cells = [(box.rectangle, layer) for layer in box.layers] if not count else []
            for place, layer in enumerate(box.layers[:count]):
                box.cells.append((QRectF(x + width + place * cell, top + 4, cell, tall - 8), layer))
            x += whole + _GAP
        self._describe()
        self.update()

    def _describe(self) -> None:
        if self._spec is not None and self._wanted is not None:
            breaks = self._spec.breaks
            steps = ", ".join(
                f"{name} (no gradient)" if step in breaks else name
                for step, name in enumerate(self._spec.pipeline)
            )
            self.setAccessibleDescription(f"{steps}; k is {self._wanted.name}")

    # -- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = theme_of(self.palette())
        cut = next((box.step for box in self._boxes if self._wanted in box.layers), -1)
        for box in self._boxes:
            if box.step:
                self._paint_arrow(painter, box, theme, inside=box.step <= cut)
            self._paint_box(painter, box, theme, inside=box.step <= cut)
        if self.hasFocus() and self._boxes:
            painter.setPen(QPen(QColor(theme.accent), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_arrow(self, painter: QPainter, box: _Box, theme: Theme, *, inside: bool) -> None:
        tip = QPointF(box.rectangle.left() - 2, box.rectangle.center().y())
        painter.setPen(QPen(QColor(theme.accent if inside else theme.muted), 1.4))
        painter.drawLine(tip - QPointF(_GAP - 4, 0), tip)
        for rise in (-3, 3):
            painter.drawLine(tip, tip + QPointF(-4, rise))

    def _paint_box(self, painter: QPainter, box: _Box, theme: Theme, *, inside: bool) -> None:
        whole = box.layers == [self._wanted]
        broken = self._spec is not None and box.step in self._spec.breaks
        fill = QColor(theme.accent)
        fill.setAlphaF(1.0 if whole else 0.14 if inside else 0.0)
        edge = QColor(*VERMILLION) if broken else QColor(theme.accent if inside else theme.line)
        pen = QPen(edge, 1.6 if broken else 1.0, Qt.PenStyle.DashLine if broken else Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.setBrush(fill)
        painter.drawRoundedRect(box.rectangle, 4, 4)
        ink = QColor("#ffffff") if whole else QColor(theme.text if inside else theme.muted)
        painter.setPen(ink)
        words = box.rectangle.adjusted(_PADDING, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, box.name)
        if broken:
            self._paint_cross(painter, box.rectangle)
        if whole:
            self._paint_k(painter, QRectF(box.rectangle.right() - 9, box.rectangle.top() - 2, 12, 12), theme)
        elif len(box.layers) > 1:
            for rectangle, layer in box.cells:
                self._paint_cell(painter, rectangle, layer, theme)

    def _paint_cell(self, painter: QPainter, rectangle: QRectF, layer: Layer, theme: Theme) -> None:
        wanted = self._wanted
        fill = QColor(theme.accent)
        before = wanted is not None and layer.index < wanted.index
        fill.setAlphaF(1.0 if layer == wanted else 0.4 if before else 0.0)
        painter.setPen(QPen(QColor(theme.window), 1) if before else QPen(QColor(theme.line), 1))
        painter.setBrush(fill)
        painter.drawRoundedRect(rectangle.adjusted(0.5, 0, -0.5, 0), 2, 2)
        if layer == wanted:
            self._paint_k(
                painter, QRectF(rectangle.center().x() - 6, rectangle.center().y() - 6, 12, 12), theme
            )

    def _paint_k(self, painter: QPainter, at: QRectF, theme: Theme) -> None:
        painter.setPen(QPen(QColor(theme.window), 1))
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(at)
        font = painter.font()
        small = painter.font()
        small.setBold(True)
        small.setPixelSize(9)
        painter.setFont(small)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(at, Qt.AlignmentFlag.AlignCenter, "k")
        painter.setFont(font)

    def _paint_cross(self, painter: QPainter, rectangle: QRectF) -> None:
        """Cross out the way back through a step without a gradient."""
        centre = QPointF(rectangle.left() - _GAP / 2 - 1, rectangle.center().y())
        painter.setPen(QPen(QColor(*VERMILLION), 2.2))
        for rise in (-1, 1):
            painter.drawLine(centre + QPointF(-4, 4 * rise), centre + QPointF(4, -4 * rise))

    # -- the pointer and the keys

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.tip_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self.layer_at(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        layer = self.layer_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and layer is not None:
            self.layerPicked.emit(layer.name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if not step or self._wanted is None:
            super().keyPressEvent(event)
            return
        place = min(max(self._wanted.index + step, 0), len(self._layers) - 1)
        self.layerPicked.emit(self._layers[place].name)


def _step_of(layer: Layer, spec: VictimSpec) -> int:
    """Return the step of the pipeline that a layer belongs to."""
    word = _WORDS.get(layer.kind)
    named = [step for step, name in enumerate(spec.pipeline) if word is not None and word in name.lower()]
    return named[0] if named else min(1, len(spec.pipeline) - 1)


def _step_tip(box: _Box, spec: VictimSpec) -> str:
    if box.step not in spec.breaks:
        return f"<b>{escape(box.name)}</b>: step {box.step + 1} of {escape(spec.title)}"
    reasons = dict(zip(spec.breaks, spec.break_reasons, strict=False))
    return f"<b>{escape(box.name)}</b> has no gradient. {escape(reasons.get(box.step, ''))}"


class PipelineBar(QToolBar):
    """A toolbar around the strip, so that it can be hidden like any panel."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__("Pipeline", parent)
        self.setObjectName("pipeline")
        self.setMovable(False)
        self._state = state
        self.strip = PipelineStrip()
        self.addWidget(self.strip)
        self.toggleViewAction().setToolTip("Show or hide the strip from image to pose")
        self.strip.layerPicked.connect(self._ask_for)
        state.scene_changed.connect(self.strip.show_scene)
        state.parameters_changed.connect(self._on_parameters)

    def previous_layer(self) -> None:
        """Move k towards the image."""
        self._move(-1)

    def next_layer(self) -> None:
        """Move k towards the pose."""
        self._move(1)

    def _move(self, by: int) -> None:
        scene, wanted = self._state.scene, self._state.parameters.config.layer
        if scene is not None:
            # asked for but not yet in force counts, so that two quick presses make two steps
            last = len(scene.layers) - 1
            at = next((item.index for item in scene.layers if wanted in (item.name, item.index)), last)
            self._ask_for(scene.layers[min(max(at + by, 0), last)].name)

    def _ask_for(self, layer: str) -> None:
        self._state.apply(Edit({"layer": layer}, new_gesture()))

    def _on_parameters(self, change: ParameterChange) -> None:
        self.strip.show_layer(change.after.config.layer)
