"""Show a parameter in a field, and tell when a hand changes it.

A field never changes itself for good: it emits an :class:`Edit`, the state decides, and the field shows
what has come of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
)

from kaa_gui.core.config import PARAMETERS
from kaa_gui.ui.controls.scale import Scale
from kaa_gui.ui.model.parameters import Edit, Parameters, new_gesture
from kaa_gui.ui.widgets.steady import hold_width

BURST_S = 0.8
"""Key presses and wheel turns that follow each other this closely are one gesture."""

BOX_WIDTH = 86


class Field(QWidget):
    """Base of the fields.

    Signals:
        edited: An :class:`Edit`.
        settled: A drag has ended.
    """

    edited = Signal(object)
    settled = Signal()
    bursts = False
    """Whether edits that follow each other closely are one gesture: typing and key presses on a number."""

    def __init__(self, name: str) -> None:
        super().__init__()
        words = PARAMETERS[name]
        self.name = name
        self.setObjectName(f"field.{name}")
        self.label = QLabel(words.title)
        self.label.setObjectName(f"label.{name}")
        for widget in (self, self.label):
            widget.setToolTip(f"<p>{words.tooltip}</p>")
            widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            widget.customContextMenuRequested.connect(self._open_menu)
        self._default: Mapping[str, Any] = {}
        self._gesture = 0
        self._last_edit = -BURST_S

    def show_parameters(self, parameters: Parameters) -> None:
        """Show the value in force; emits nothing."""
        raise NotImplementedError

    def set_default(self, changes: Mapping[str, Any]) -> None:
        """Set what "reset" goes back to."""
        self._default = changes

    def reset(self) -> None:
        """Ask for the default value, as a gesture of its own."""
        self.edited.emit(Edit(self._default, new_gesture()))

    def set_present(self, present: bool) -> None:
        """Show or hide field and label."""
        self.setVisible(present)
        self.label.setVisible(present)

    def _begin_drag(self) -> None:
        self._gesture = new_gesture()

    def _end_drag(self) -> None:
        self._last_edit = -BURST_S
        self.settled.emit()

    def _emit(self, changes: Mapping[str, Any], *, dragging: bool = False) -> None:
        now = time.monotonic()
        if not dragging and (not self.bursts or now - self._last_edit > BURST_S):
            self._gesture = new_gesture()
        self._last_edit = now
        self.edited.emit(Edit(changes, self._gesture, settled=not dragging))

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(f"Reset {PARAMETERS[self.name].title}", self.reset)
        menu.popup(self.cursor().pos())


class CalmSlider(QSlider):
    """A slider whose handle jumps to the pointer, and which lets the wheel scroll the panel."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setMinimumWidth(60)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring the handle to the pointer, then let it be dragged."""
        if event.button() is Qt.MouseButton.LeftButton:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            style, complex_slider = self.style(), QStyle.ComplexControl.CC_Slider
            handle = style.subControlRect(complex_slider, option, QStyle.SubControl.SC_SliderHandle, self)
            if not handle.contains(event.position().toPoint()):
                room = self.width() - handle.width()
                at = round(event.position().x() - handle.width() / 2)
                # pressed before the value changes, so that the jump belongs to the drag
                self.setSliderDown(True)
                self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at, room))
        super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn only with the focus; else the panel scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class NumberBox(QDoubleSpinBox):
    """A number with significant digits rather than decimals, if so wished; the wheel needs focus."""

    def __init__(self, *, digits: int | None = None) -> None:
        super().__init__()
        self._digits = digits
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        hold_width(self, BOX_WIDTH)
        if digits is not None:
            self.setDecimals(12)

    def setValue(self, value: float) -> None:
        """Take a value; the one that is shown already costs no repainting."""
        if value != self.value():
            super().setValue(value)

    def textFromValue(self, value: float) -> str:
        """Write the number with the digits asked for."""
        return super().textFromValue(value) if self._digits is None else f"{value:.{self._digits}g}"

    def stepBy(self, steps: int) -> None:
        """Go by a tenth of the value where only digits count."""
        if self._digits is None:
            super().stepBy(steps)
        else:
            self.setValue(self.value() * 1.1**steps)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn only with the focus; else the panel scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def row(*widgets: QWidget, stretch: int = 0) -> QHBoxLayout:
    """Return widgets side by side; the one at ``stretch`` takes the room."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    for position, widget in enumerate(widgets):
        layout.addWidget(widget, position == stretch)
    return layout


class ChoiceField(Field):
    """One of several keys, shown by their titles; hidden where there is no choice."""

    def __init__(
        self, name: str, *, none_title: str | None = None, also: Mapping[str, Any] | None = None
    ) -> None:
        """Build the field.

        Args:
            name: Of the parameter.
            none_title: Title of the entry for None ("the default"); None if there is no such entry.
            also: Parameters that a change sets besides, because they have lost their meaning.
        """
        super().__init__(name)
        self._also = dict(also or {})
        self._none_title = none_title
        self.box = QComboBox()
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(8)
        self.box.setAccessibleName(PARAMETERS[name].title)
        self.box.activated.connect(self._on_activated)
        self.setLayout(row(self.box))
        self.label.setBuddy(self.box)
        self.set_choices({})

    def set_choices(self, choices: Mapping[Any, str]) -> None:
        """Offer these; a field without a choice is hidden."""
        with QSignalBlocker(self.box):
            self.box.clear()
            if self._none_title is not None:
                self.box.addItem(self._none_title, None)
            for key, title in choices.items():
                self.box.addItem(title, key)
        self.set_present(len(choices) > 1)

    def show_parameters(self, parameters: Parameters) -> None:
        """Choose the key in force."""
        with QSignalBlocker(self.box):
            self.box.setCurrentIndex(self.box.findData(parameters.get(self.name)))

    def _on_activated(self, index: int) -> None:
        self._emit(self._changes(self.box.itemData(index)))

    def _changes(self, key: Any) -> dict[str, Any]:
        return {self.name: key, **self._also}


class SliderField(Field):
    """A number: slider for the hand, box for the keyboard; optionally "auto" (None) at the left end."""

    bursts = True

    def __init__(
        self,
        name: str,
        scale: Scale,
        *,
        decimals: int = 2,
        suffix: str = "",
        factor: float = 1.0,
        auto: bool = False,
        convert: Callable[[float], Any] = float,
    ) -> None:
        """Build the field.

        Args:
            name: Of the parameter.
            scale: In the displayed unit.
            decimals: Of the box.
            suffix: Unit in the box.
            factor: Displayed value = factor x parameter.
            auto: Whether the left end stands for None.
            convert: From the displayed number to the parameter's type, before dividing by the factor.
        """
        super().__init__(name)
        self._auto = auto
        self._convert = convert
        self.slider = CalmSlider()
        self.box = NumberBox()
        for widget, what in ((self.slider, "slider"), (self.box, "value")):
            widget.setAccessibleName(f"{PARAMETERS[name].title}: {what}")
        self.label.setBuddy(self.slider)
        self.setLayout(row(self.slider, self.box))
        self.set_scale(scale, decimals=decimals, suffix=suffix, factor=factor)
        self.slider.sliderPressed.connect(self._begin_drag)
        self.slider.sliderReleased.connect(self._end_drag)
        self.slider.valueChanged.connect(self._on_slider)
        self.box.valueChanged.connect(self._on_box)

    def set_scale(self, scale: Scale, *, decimals: int, suffix: str, factor: float) -> None:
        """Change range and unit; emits nothing."""
        self.scale, self._factor = scale, factor
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            # one more position at the left end for "auto"
            self.slider.setRange(-1 if self._auto else 0, scale.steps)
            self.slider.setPageStep(max(1, scale.steps // 10))
            self.slider.setSingleStep(max(1, scale.steps // 100))
            self.box.setDecimals(decimals)
            # typed values may leave the slider's range, in which most of the interest lies
            limits = PARAMETERS[self.name].range
            most = scale.high * 100 if limits is None or limits.high is None else limits.high * factor
            self.box.setRange(0.0 if self._auto else min(scale.low, 10.0**-decimals), most)
            self.box.setSingleStep(scale.snap or 10.0**-decimals)
            self.box.setSuffix(suffix)
            self.box.setSpecialValueText("auto" if self._auto else "")

    def show_parameters(self, parameters: Parameters) -> None:
        """Move slider and box to the value in force; a handle under a finger stays there."""
        value = parameters.get(self.name)
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            if value is None:
                self.slider.setValue(-1)
                self.box.setValue(self.box.minimum())
            else:
                if not self.slider.isSliderDown():
                    self.slider.setValue(self.scale.position(value * self._factor))
                self.box.setValue(value * self._factor)

    def _on_slider(self, position: int) -> None:
        value = None if position < 0 else self._parameter(self.scale.value(position))
        self._emit({self.name: value}, dragging=self.slider.isSliderDown())

    def _on_box(self, value: float) -> None:
        auto = self._auto and value <= self.box.minimum()
        self._emit({self.name: None if auto else self._parameter(value)})

    def _parameter(self, displayed: float) -> Any:
        value = self._convert(displayed)
        return value if self._factor == 1 else value / self._factor


class SwitchField(Field):
    """On or off; its title is the text of the switch."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.box = QCheckBox(PARAMETERS[name].title)
        self.setLayout(row(self.box))
        self.box.toggled.connect(lambda on: self._emit({self.name: on}))

    def show_parameters(self, parameters: Parameters) -> None:
        """Show whether it is on."""
        with QSignalBlocker(self.box):
            self.box.setChecked(bool(parameters.get(self.name)))


class RegionField(Field):
    """A box of the picture, taken from what is visible; an empty one is everywhere.

    Signals:
        visible_wanted: The user wants the part of the picture that is visible now.
    """

    visible_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("region")
        self.text = QLabel()
        self.take = QToolButton()
        self.take.setText("Visible part")
        self.take.setToolTip("Limit the mask to the part of the picture that is zoomed in on")
        self.everywhere = QToolButton()
        self.everywhere.setText("✕")
        self.everywhere.setToolTip("Let the mask be everywhere again")
        self.everywhere.setAccessibleName("Remove the region")
        self.setLayout(row(self.text, self.take, self.everywhere))
        self.take.clicked.connect(self.visible_wanted)
        self.everywhere.clicked.connect(lambda: self._emit({"region": None, "region_mask": None}))

    def show_parameters(self, parameters: Parameters) -> None:
        """Show the size of the box."""
        box, painted = parameters.config.region, parameters.config.region_mask
        words = [] if box is None else [f"{box[2]:.0f} × {box[3]:.0f} px"]
        words += [] if painted is None else ["painted"]
        self.text.setText(" ∩ ".join(words) or "Everywhere")
        self.everywhere.setVisible(bool(words))


class SeedField(Field):
    """A whole number, and a button for another one."""

    bursts = True

    def __init__(self, name: str = "seed") -> None:
        super().__init__(name)
        self.box = QSpinBox()
        self.box.setRange(0, 2**31 - 1)
        self.box.setKeyboardTracking(False)
        self.box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.box.setAccessibleName(PARAMETERS[name].title)
        self.button = QToolButton()
        self.button.setText("Next")
        self.button.setToolTip("Take the next seed")
        self.label.setBuddy(self.box)
        self.setLayout(row(self.box, self.button))
        self.box.valueChanged.connect(lambda value: self._emit({self.name: value}))
        self.button.clicked.connect(self.box.stepUp)

    def show_parameters(self, parameters: Parameters) -> None:
        """Show the seed in force."""
        if parameters.get(self.name) != self.box.value():
            with QSignalBlocker(self.box):
                self.box.setValue(parameters.get(self.name))
