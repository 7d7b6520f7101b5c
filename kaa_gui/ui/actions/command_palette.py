"""Find any command by typing a few letters of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

_WIDTH = 520
_ROWS = 12


@dataclass(frozen=True, slots=True)
class Command:
    """An entry.

    Attributes:
        title: Title that is typed and shown, e.g. ``"File: Open picture"``.
        action: Triggered when chosen; disabled ones are not offered.
    """

    title: str
    action: QAction


def match(query: str, title: str) -> int | None:
    """Return how badly a query fits a title: smaller is better, None is not at all.

    Every word of the query must occur, else its letters in order; early and whole occurrences are better.
    """
    query, title = query.casefold().strip(), title.casefold()
    if not query:
        return 0
    name = title.partition(": ")[2] or title
    for text, penalty in ((name, 0), (title, 500)):
        places = [text.find(word) for word in query.split()]
        if min(places) >= 0:
            inside = sum(place > 0 and text[place - 1].isalnum() for place in places)
            # of two equally good ones the shorter is nearer to what was typed
            return 100 * inside + 2 * sum(places) + len(text) + penalty
    at = -1
    for letter in query.replace(" ", ""):
        at = title.find(letter, at + 1)
        if at < 0:
            return None
    return 1000 + at


class CommandPalette(QDialog):
    """A list that narrows while you type; Enter runs the chosen command."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._window = parent
        self.setObjectName("palette")
        self.setAccessibleName("Command palette")
        self.query = QLineEdit()
        self.query.setPlaceholderText("Type a command, a sample, a panel…")
        self.query.setAccessibleName("Command")
        self.query.setClearButtonEnabled(True)
        self.results = QListWidget()
        self.results.setAccessibleName("Commands found")
        self.results.setUniformItemSizes(True)
        self.results.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        hint = QLabel("↑ ↓ choose · Enter run · Esc close")
        hint.setObjectName("hint")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 8)
        layout.setSpacing(6)
        for widget in (self.query, self.results, hint):
            layout.addWidget(widget)
        self._commands: Sequence[Command] = ()
        self.query.textChanged.connect(self._narrow)
        self.query.returnPressed.connect(self.run)
        self.query.installEventFilter(self)
        self.results.itemClicked.connect(self.run)

    def show_commands(self, commands: Sequence[Command]) -> None:
        """Open with these commands, in this order while nothing is typed."""
        self._commands = [command for command in commands if command.action.isEnabled()]
        self.query.clear()
        self._narrow("")
        row = self.results.sizeHintForRow(0) if self._commands else 24
        self.results.setFixedHeight(row * _ROWS + 4)
        self.resize(_WIDTH, self.sizeHint().height())
        corner = self._window.mapToGlobal(QPoint(0, 0))
        self.move(corner.x() + (self._window.width() - self.width()) // 2, corner.y() + 72)
        self.show()
        self.query.setFocus()

    def run(self) -> None:
        """Close, then trigger the chosen command."""
        item = self.results.currentItem()
        self.close()
        if item is not None:
            command: Command = item.data(Qt.ItemDataRole.UserRole)
            command.action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys walk through the list while the query keeps the focus."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            moves = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: _ROWS,
                Qt.Key.Key_PageUp: -_ROWS,
            }
            move = moves.get(Qt.Key(event.key()))
            if move is not None:
                last = self.results.count() - 1
                self.results.setCurrentRow(max(0, min(self.results.currentRow() + move, last)))
                return True
        return super().eventFilter(watched, event)

    def _narrow(self, query: str) -> None:
        ranked = [(match(query, command.title), command) for command in self._commands]
        found = [(rank, command) for rank, command in ranked if rank is not None]
        if query.strip():
            found.sort(key=lambda pair: pair[0])
        self.results.clear()
        for _, command in found:
            keys = command.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QListWidgetItem(f"{command.title}    {keys}" if keys else command.title)
            item.setToolTip(command.action.toolTip())
            item.setData(Qt.ItemDataRole.UserRole, command)
            self.results.addItem(item)
        self.results.setCurrentRow(0)
