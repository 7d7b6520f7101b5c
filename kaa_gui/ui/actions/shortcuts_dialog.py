"""Let the user choose shortcuts; one that is taken is refused in words."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from kaa_gui.core.errors import ConfigError
from kaa_gui.ui.actions.shortcuts import Shortcuts
from kaa_gui.ui.widgets.buttons import push_button
from kaa_gui.ui.widgets.plain import plain_label


class ShortcutsDialog(QDialog):
    """A table of all actions, and a field that takes the keys for the chosen one."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.setObjectName("shortcutsDialog")
        self.setWindowTitle("Change shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find an action…")
        self.search.setAccessibleName("Find an action")
        self.search.setClearButtonEnabled(True)
        self.table = self._make_table()
        self.keys = QKeySequenceEdit()
        self.keys.setAccessibleName("Keys for the chosen action")
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.complaint = plain_label()
        self.complaint.setObjectName("warning")
        self.complaint.setWordWrap(True)
        self.set_button = push_button(
            "&Set", "Give the chosen action these keys; empty takes them away", self._set
        )
        self.reset_button = push_button("&Reset", "Give the chosen action its usual keys back", self._reset)
        self.all_button = push_button("Reset &all", "Give every action its usual keys back", self._reset_all)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.close)
        line = QHBoxLayout()
        line.addWidget(QLabel("Press keys:"))
        line.addWidget(self.keys, 1)
        for button in (self.set_button, self.reset_button, self.all_button):
            line.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.table, 1)
        layout.addLayout(line)
        layout.addWidget(self.complaint)
        layout.addWidget(close)
        self.resize(620, min(560, parent.height() - 40))
        self.search.textChanged.connect(self._narrow)
        self.table.currentCellChanged.connect(lambda *_: self._on_chosen())
        self._fill()
        self.table.setCurrentCell(0, 0)

    def choose(self, name: str) -> None:
        """Choose an action by its id."""
        for row in range(self.table.rowCount()):
            if self._name(row) == name:
                self.table.setCurrentCell(row, 0)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 2)
        table.setAccessibleName("Actions and their shortcuts")
        table.setHorizontalHeaderLabels(["Action", "Shortcut"])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        return table

    def _fill(self) -> None:
        specs = self._shortcuts.specs()
        self.table.setRowCount(len(specs))
        for row, (spec, keys) in enumerate(specs):
            title = QTableWidgetItem(f"{spec.menu.replace('&', '')} > {spec.plain_title}")
            title.setData(Qt.ItemDataRole.UserRole, spec.id)
            title.setToolTip(spec.tip)
            native = QKeySequence.SequenceFormat.NativeText
            shown = (
                " or ".join(QKeySequence(text).toString(native) for text in keys.split(" or "))
                if keys
                else ""
            )
            cell = QTableWidgetItem(shown)
            font = cell.font()
            font.setBold(self._shortcuts.is_own(spec.id))
            cell.setFont(font)
            self.table.setItem(row, 0, title)
            self.table.setItem(row, 1, cell)

    def _name(self, row: int) -> str:
        item = self.table.item(row, 0)
        return "" if item is None else item.data(Qt.ItemDataRole.UserRole)

    def _narrow(self, text: str) -> None:
        for row in range(self.table.rowCount()):
            cells = (self.table.item(row, column) for column in (0, 1))
            line = " ".join(cell.text() for cell in cells if cell is not None)
            self.table.setRowHidden(row, text.casefold() not in line.casefold())

    def _on_chosen(self) -> None:
        name = self._name(self.table.currentRow())
        self.complaint.clear()
        if name:
            self.keys.setKeySequence(QKeySequence(self._shortcuts.keys(name).split(" or ")[0]))

    def _set(self) -> None:
        text = self.keys.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        self._change(lambda name: self._shortcuts.set(name, text))

    def _reset(self) -> None:
        self._change(self._shortcuts.reset)

    def _reset_all(self) -> None:
        self._change(lambda _name: self._shortcuts.reset_all())

    def _change(self, work: Callable[[str], None]) -> None:
        name = self._name(self.table.currentRow())
        if not name:
            return
        try:
            work(name)
        except ConfigError as error:
            self.complaint.setText(str(error))
        else:
            self._fill()
            self._on_chosen()
