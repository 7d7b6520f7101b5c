"""Edit the chosen panel's title and limits; a kind without them shows no field."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Signal
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from kaa_gui.ui.model.figure_order import FigureKind, PanelLimit

_LONGEST_TITLE = 60
_AXES = {"x": "Horizontal", "y": "Vertical"}
_ENDS = ("from", "to")


class PanelFields(QWidget):
    """Title and limits of one panel at a time; those of the others are kept.

    Signals:
        edited: Something was typed.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = FigureKind("", ())
        self._panel = ""
        self._titles: dict[str, str] = {}
        self._limits: dict[tuple[str, str], tuple[str, str]] = {}
        self.title = QLineEdit()
        self.title.setMaxLength(_LONGEST_TITLE)
        self.title.setPlaceholderText("usual title")
        self.title.textEdited.connect(lambda _text: self._take())
        self.ends = {axis: (self._number(), self._number()) for axis in _AXES}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.addRow("Title", self.title)
        self._rows: dict[str, QWidget] = {}
        for axis, words in _AXES.items():
            row = QWidget()
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            line.addWidget(self.ends[axis][0], 1)
            line.addWidget(QLabel("to"))
            line.addWidget(self.ends[axis][1], 1)
            self._form.addRow(words, row)
            self._rows[axis] = row

    def offer(self, kind: FigureKind) -> None:
        """Take another kind: nothing is set of it yet."""
        self._kind, self._titles, self._limits = kind, {}, {}
        self.choose(kind.panels[0] if kind.panels else "")

    def set_values(self, titles: tuple[tuple[str, str], ...], limits: tuple[PanelLimit, ...]) -> None:
        """Take titles and limits, as far as the kind has such; tells nobody."""
        self._titles = {panel: title for panel, title in titles if panel in self._kind.titled}
        self._limits = {
            (panel, axis): (_text(low), _text(high))
            for panel, axis, low, high in limits
            if axis in self._kind.limits.get(panel, {})
        }
        self.choose(self._panel)

    def titles(self) -> tuple[tuple[str, str], ...]:
        """Return panels with titles of their own."""
        return tuple(self._titles.items())

    def limits(self) -> tuple[PanelLimit, ...]:
        """Return the limits that are set."""
        found = [(*key, *(_value(text) for text in texts)) for key, texts in self._limits.items()]
        return tuple(
            (panel, axis, low, high) for panel, axis, low, high in found if (low, high) != (None, None)
        )

    def choose(self, panel: str) -> None:
        """Show the fields of a panel."""
        self._panel = panel
        titled, units = panel in self._kind.titled, self._kind.limits.get(panel, {})
        self._form.setRowVisible(self.title, titled)
        self.title.setText(self._titles.get(panel, ""))
        self._name(self.title, f"Title of the panel {panel}", "Written above it instead of the usual one")
        for axis, fields in self.ends.items():
            self._form.setRowVisible(self._rows[axis], axis in units)
            texts = self._limits.get((panel, axis), ("", ""))
            for field, end, text in zip(fields, _ENDS, texts, strict=True):
                field.setText(text)
                name = f"{_AXES[axis]} axis of the panel {panel}, {end}"
                self._name(field, name, f"{units.get(axis, '')}; empty leaves it to the figure")
        self.setVisible(titled or bool(units))

    def _number(self) -> QLineEdit:
        field = QLineEdit()
        validator = QDoubleValidator(field)
        validator.setLocale(QLocale.c())
        field.setValidator(validator)
        field.setPlaceholderText("automatic")
        field.setMinimumWidth(40)
        field.textEdited.connect(lambda _text: self._take())
        return field

    def _name(self, field: QLineEdit, name: str, tip: str) -> None:
        field.setAccessibleName(name)
        field.setToolTip(f"{name}: {tip}")

    def _take(self) -> None:
        if title := self.title.text().strip():
            self._titles[self._panel] = title
        else:
            self._titles.pop(self._panel, None)
        for axis, (low, high) in self.ends.items():
            self._limits[self._panel, axis] = low.text(), high.text()
        self.edited.emit()


def _value(text: str) -> float | None:
    number, valid = QLocale.c().toDouble(text)
    return number if valid else None


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
