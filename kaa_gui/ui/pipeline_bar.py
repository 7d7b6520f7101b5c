"""The strip under the toolbar: the victim's pipeline, where k is, and a click that moves it."""

from __future__ import annotations

from PySide6.QtWidgets import QToolBar, QWidget

from kaa_gui.ui.elements.pipeline_strip import PipelineStrip
from kaa_gui.ui.fields import new_gesture
from kaa_gui.ui.parameters import Edit
from kaa_gui.ui.state import ParameterChange, State


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

    def _ask_for(self, layer: str) -> None:
        self._state.apply(Edit({"layer": layer}, new_gesture()))

    def _on_parameters(self, change: ParameterChange) -> None:
        self.strip.show_layer(change.after.config.layer)
