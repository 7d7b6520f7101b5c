"""Show layer k's channels side by side: clean, attacked, or by how much they differ."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from kaa_gui.colours import diverging_table, magnitude_table
from kaa_gui.core.types import FloatArray, Scene, Snapshot
from kaa_gui.ui.model.services import Activations
from kaa_gui.ui.picture_items.canvas import Canvas, PictureBox
from kaa_gui.ui.picture_items.mosaic import Mosaic, TileNames
from kaa_gui.ui.views.view import View
from kaa_gui.ui.widgets.colour_bar import ColourBar
from kaa_gui.ui.widgets.foot_label import FootLabel

KINDS = {
    "Difference": "Attacked minus clean",
    "Clean": "F<sup>k</sup>(x)",
    "Attacked": "F<sup>k</sup>(x̃) of the iterate shown",
}
_LEAST_LEVEL = 1e-6


class ActivationsView(View):
    """F^k as a grid of channels; click a cell to see its own row of the Jacobian."""

    name = "activations"
    title = "Activations"
    tooltip = "What layer k holds, channel by channel; click a cell to see which pixels move it."
    empty_text = "The activations of layer k appear here with the attack's first step."

    wanted = Signal(object)
    """The :class:`Snapshot` whose activations are asked for."""

    outputPicked = Signal(int, str)
    """Flat index of an output of layer k, and its words."""

    jointHovered = Signal(str)
    """Name of the joint whose heatmap is pointed at; empty when it is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # not linked with the other pictures: its pixels are the layer's cells
        self.box = PictureBox()
        self.canvas = Canvas(self.box)
        self.canvas.setAccessibleName("Channels of layer k")
        self.image = pg.ImageItem(axisOrder="row-major")
        self.names = TileNames()
        self.box.addItem(self.image)
        self.box.addItem(self.names, ignoreBounds=True)
        self.bar = ColourBar(unit="")
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.bar)
        self.set_content(body)
        self.caption = FootLabel(self.canvas)
        self._scene: Scene | None = None
        self._snapshot: Snapshot | None = None
        self._shown: Activations | None = None
        self._mosaic: Mosaic | None = None
        self._joint = ""
        self._build_controls()
        self.canvas.pointed.connect(self._pointed)
        self.canvas.left.connect(self._left)
        self.box.clicked.connect(self._clicked)
        self._apply_theme()

    def _build_controls(self) -> None:
        self.kind = QComboBox()
        for name, hint in KINDS.items():
            self.kind.addItem(name)
            self.kind.setItemData(self.kind.count() - 1, hint, Qt.ItemDataRole.ToolTipRole)
        self.kind.setToolTip("Clean and attacked share their levels; the difference has a sign")
        self.kind.setAccessibleName("Which activations")
        self.kind.currentTextChanged.connect(self._draw)
        self.controls.add(self.kind)

    # -- what the window calls

    def show_scene(self, scene: Scene) -> None:
        """Forget what another layer or person held."""
        former, self._scene = self._scene, scene
        if former is None or former.layer != scene.layer or not np.array_equal(former.crop, scene.crop):
            self.clear()
            self._scene = scene

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Ask for the activations of an iterate; what is shown stays until they come."""
        self._snapshot = snapshot
        self.wanted.emit(snapshot)

    def show_activations(self, activations: Activations) -> None:
        """Show them."""
        mosaic = Mosaic.of(activations.layer.shape)
        self._shown = activations
        self.set_stale(False)
        self._set_populated(True)
        if mosaic != self._mosaic:
            self._mosaic = mosaic
            heatmaps = activations.layer.kind == "heatmap"
            self.names.set_names(mosaic, self._channel_names() if heatmaps else ())
            self._draw()
            self.box.set_extent(*mosaic.extent)
            self.box.show_whole()
        else:
            self._draw()

    def clear(self) -> None:
        super().clear()
        self._scene = self._snapshot = self._shown = self._mosaic = None
        self.image.clear()

    def reset_range(self) -> None:
        """Show all channels."""
        self.box.show_whole()

    def shutdown(self) -> None:
        """Take the pane apart while Python still holds its items."""
        super().shutdown()
        if not self.canvas.closed:
            self.canvas.left.disconnect(self._left)
            self.box.close()
            self.canvas.close()

    # -- drawing

    def values(self) -> FloatArray | None:
        """Return what is drawn, of the layer's shape; None before anything has come."""
        if self._shown is None:
            return None
        kinds = {"Clean": self._shown.clean, "Attacked": self._shown.attacked}
        difference = self._shown.attacked - self._shown.clean
        return kinds.get(self.kind.currentText(), difference)

    def _draw(self) -> None:
        values = self.values()
        if values is None or self._shown is None or self._mosaic is None:
            return
        signed = self.kind.currentText() == "Difference"
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        if signed:
            high = max(float(np.abs(values).max()), _LEAST_LEVEL)
            low = -high
        else:
            both = np.stack([self._shown.clean, self._shown.attacked])
            low, high = float(np.nanmin(both)), float(np.nanmax(both))
            high = max(high, low + _LEAST_LEVEL)
        table = (diverging_table if signed else magnitude_table)(self.theme)
        self.image.setLookupTable(table)
        self.bar.set_table(table)
        self.bar.set_levels(low, high)
        picture = self._mosaic.compose(values, filling=0.0 if signed else low)
        self.image.setImage(picture, levels=(low, high), autoLevels=False)
        self._tell(None)

    def _channel_names(self) -> list[str]:
        if self._shown is None:
            return []
        layer, joints = self._shown.layer, ()
        if layer.kind == "heatmap" and self._scene is not None:
            joints = self._scene.clean.skeleton.joints
        channels = Mosaic.of(layer.shape).channels
        named = [name.replace("_", " ") for name in joints[:channels]]
        word = "auxiliary" if joints else "channel"
        return named + [f"{word} {number}" for number in range(len(named), channels)]

    def words_of(self, output: int) -> str:
        """Return an output's name: its channel, and its cell where it has one."""
        if self._mosaic is None:
            return f"output {output}"
        channel, cell = divmod(output, self._mosaic.height * self._mosaic.width)
        name = self._channel_names()[channel]
        if self._mosaic.height * self._mosaic.width == 1:
            return name.replace("channel", "output")
        row, column = divmod(cell, self._mosaic.width)
        return f"{name} ({row}, {column})"

    def _tell(self, output: int | None) -> None:
        """Say what is under the pointer, or else what is shown."""
        if self._shown is None:
            return
        text = f"{self._shown.layer.name} · iteration {self._shown.iteration}"
        if output is not None:
            before, after = (float(part.flat[output]) for part in (self._shown.clean, self._shown.attacked))
            text = f"{self.words_of(output)} · {before:.3g} → {after:.3g} ({after - before:+.3g})"
        self.caption.say(text)

    def _dim(self, stale: bool) -> None:
        self.image.setOpacity(0.4 if stale else 1.0)

    def _apply_theme(self) -> None:
        self.canvas.setBackground(self.theme.canvas)
        self._draw()

    # -- the pointer and the keys

    def _output_at(self, at: QPointF) -> int | None:
        return None if self._mosaic is None else self._mosaic.output_at(at.x(), at.y())

    def _pointed(self, position: QPointF) -> None:
        output = self._output_at(QPointF(self.box.mapSceneToView(position)))
        self._tell(output)
        self._set_joint(output)

    def _left(self) -> None:
        self._tell(None)
        self._set_joint(None)

    def _set_joint(self, output: int | None) -> None:
        joint = ""
        if output is not None and self._shown is not None and self._scene is not None:
            joints = self._scene.clean.skeleton.joints
            channel = output // (self._mosaic.height * self._mosaic.width) if self._mosaic else 0
            if self._shown.layer.kind == "heatmap" and channel < len(joints):
                joint = joints[channel]
        if joint != self._joint:
            self._joint = joint
            self.jointHovered.emit(joint)

    def _clicked(self, at: QPointF) -> None:
        if (output := self._output_at(at)) is not None:
            self.outputPicked.emit(output, self.words_of(output))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not plain or not self.box.handle_key(event.key()):
            super().keyPressEvent(event)
