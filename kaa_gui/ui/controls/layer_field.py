"""Choose k on a slider whose stops are the layers, from the image on."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QGridLayout, QLabel, QSlider, QSpinBox

from kaa_gui.core.config import PARAMETERS
from kaa_gui.core.types import Layer
from kaa_gui.ui.controls.fields import BOX_WIDTH, CalmSlider, Field
from kaa_gui.ui.model.parameters import Parameters
from kaa_gui.ui.widgets.steady import hold_width


class LayerField(Field):
    """k by slider or number, with the layer's name, shape and number of outputs below."""

    bursts = True

    def __init__(self) -> None:
        super().__init__("layer")
        self._layers: tuple[Layer, ...] = ()
        self._wanted: str | int | None = None
        self.slider = CalmSlider()
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setAccessibleName(PARAMETERS["layer"].title)
        self.box = QSpinBox()
        self.box.setKeyboardTracking(False)
        hold_width(self.box, BOX_WIDTH)
        self.box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.box.setAccessibleName("Layer k: index")
        self.caption = QLabel()
        self.caption.setObjectName("layerCaption")
        self.caption.setWordWrap(True)
        self.caption.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.setHorizontalSpacing(6)
        layout.addWidget(self.slider, 0, 0)
        layout.addWidget(self.box, 0, 1)
        layout.addWidget(self.caption, 1, 0, 1, 2)
        self.label.setBuddy(self.slider)
        self.slider.sliderPressed.connect(self._begin_drag)
        self.slider.sliderReleased.connect(self._end_drag)
        self.slider.valueChanged.connect(self._on_slider)
        self.box.valueChanged.connect(lambda index: self._emit({"layer": self._layers[index].name}))
        self.set_layers(())

    def set_layers(self, layers: tuple[Layer, ...]) -> None:
        """Offer the layers of a route; none before the network is known."""
        self._layers = layers
        last = max(0, len(layers) - 1)
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setRange(0, last)
            self.slider.setPageStep(1)
            self.box.setRange(0, last)
            self.box.setSuffix(f" / {last}" if layers else "")
        self.setEnabled(bool(layers))
        self._show()

    def show_parameters(self, parameters: Parameters) -> None:
        """Show the layer wanted, if it is on offer."""
        self._wanted = parameters.config.layer
        self._show()

    def _show(self) -> None:
        layer = self._chosen()
        if layer is None:
            self.caption.setText("known once the network is loaded")
            return
        if (self.slider.value(), self.box.value()) != (layer.index, layer.index):
            with QSignalBlocker(self.slider), QSignalBlocker(self.box):
                self.slider.setValue(layer.index)
                self.box.setValue(layer.index)
        shape = " × ".join(str(size) for size in layer.shape)
        outputs = f"{layer.outputs:,}".replace(",", "\u202f")
        self.caption.setText(f"<b>{escape(layer.name)}</b> · {shape} · {outputs} outputs")

    def _chosen(self) -> Layer | None:
        """Return the layer wanted by name or index; None means the last one."""
        for layer in self._layers:
            if self._wanted in (layer.name, layer.index):
                return layer
        return self._layers[-1] if self._layers and self._wanted is None else None

    def _on_slider(self, index: int) -> None:
        self._emit({"layer": self._layers[index].name}, dragging=self.slider.isSliderDown())
