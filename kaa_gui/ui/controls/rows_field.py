"""Choose which rows of the Jacobian are read: a rule and, where it takes one, its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QSpinBox

from kaa_gui.core.config import PARAMETERS
from kaa_gui.core.types import Layer
from kaa_gui.ui.controls.fields import BOX_WIDTH, Field, row
from kaa_gui.ui.model.parameters import Parameters
from kaa_gui.ui.widgets.steady import hold_width


@dataclass(frozen=True, slots=True)
class _Number:
    """What the number of a rule means.

    Attributes:
        default: Taken when the rule is chosen, and where the parameter names none.
        least: Smallest one.
        optional: Whether the rule stands alone at its default.
    """

    default: int
    least: int
    optional: bool


_NUMBERS = {
    "peaks": _Number(1, 1, optional=True),
    "sample": _Number(64, 1, optional=True),
    "joint": _Number(0, 0, optional=False),
    "channel": _Number(0, 0, optional=False),
    "output": _Number(0, 0, optional=False),
}
_MOST = 2**31 - 1


class RowsField(Field):
    """A list of rules; beside it the number of the one in force."""

    bursts = True

    def __init__(self) -> None:
        super().__init__("rows")
        self._layer: Layer | None = None
        self.box = QComboBox()
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(6)
        self.box.setAccessibleName(f"{PARAMETERS['rows'].title}: rule")
        self.number = QSpinBox()
        self.number.setKeyboardTracking(False)
        self.number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.number.setAccessibleName(f"{PARAMETERS['rows'].title}: number")
        self.number.setToolTip(
            "<p>Peaks: side of the window of cells around each. Sample: how many outputs. Joint, channel, "
            "output: which one.</p>"
        )
        hold_width(self.number, BOX_WIDTH)
        self.number.hide()
        self.setLayout(row(self.box, self.number))
        self.label.setBuddy(self.box)
        self.box.activated.connect(lambda index: self._choose(self.box.itemData(index)))
        self.number.valueChanged.connect(self._on_number)
        self.set_choices({})

    def set_choices(self, choices: Mapping[str, str]) -> None:
        """Offer these rules; without a choice the field is hidden."""
        with QSignalBlocker(self.box):
            self.box.clear()
            for key, title in choices.items():
                self.box.addItem(title, key)
        self.set_present(len(choices) > 1)

    def set_layer(self, layer: Layer) -> None:
        """Limit the numbers to what the layer has."""
        self._layer = layer
        self._limit(self._rule())

    def show_parameters(self, parameters: Parameters) -> None:
        """Show the rule in force and its number."""
        rule, _, argument = parameters.config.rows.partition(":")
        with QSignalBlocker(self.box), QSignalBlocker(self.number):
            self.box.setCurrentIndex(self.box.findData(rule))
            known = _NUMBERS.get(rule)
            self.number.setVisible(known is not None)
            if known is not None:
                self._limit(rule)
                self.number.setValue(int(argument) if argument.isdecimal() else known.default)

    def _rule(self) -> str:
        return str(self.box.currentData())

    def _limit(self, rule: str) -> None:
        known = _NUMBERS.get(rule)
        if known is None:
            return
        with QSignalBlocker(self.number):
            self.number.setRange(known.least, self._most(rule))

    def _most(self, rule: str) -> int:
        if self._layer is None:
            return _MOST
        shape = self._layer.shape
        return {
            "peaks": max(shape[1:], default=1),
            "sample": self._layer.outputs,
            "joint": shape[0] - 1,
            "channel": shape[0] - 1,
            "output": self._layer.outputs - 1,
        }[rule]

    def _choose(self, rule: str) -> None:
        known = _NUMBERS.get(rule)
        self._emit({"rows": rule if known is None or known.optional else f"{rule}:{known.default}"})

    def _on_number(self, value: int) -> None:
        rule = self._rule()
        known = _NUMBERS[rule]
        alone = known.optional and value == known.default
        self._emit({"rows": rule if alone else f"{rule}:{value}"})
