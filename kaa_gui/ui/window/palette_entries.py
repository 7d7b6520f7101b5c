"""Offer the panels' boxes and buttons as entries of the command palette."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QDockWidget, QPushButton, QWidget

from kaa_gui.ui.actions.command_palette import Command
from kaa_gui.ui.controls.fields import Field
from kaa_gui.ui.window.docks import Docks

_PATIENCE_MS = 5000
"""For a panel that has been opened to have something in it; what its button does would surprise later."""

_NO_COMMANDS = ("sectionHeader", "more")


def choice_commands(docks: Docks) -> list[Command]:
    """Return every choice of the boxes and every button in the panels; each works as a hand would.

    A panel that is closed, or behind another one, comes to the front first. Parameters are offered wherever
    they are folded away.
    """
    commands = []
    for name, dock in docks.items():
        wait = partial(_act, docks, name)
        for box in dock.widget().findChildren(QComboBox):
            if box.accessibleName() and _offered(box, dock):
                field = isinstance(box.parentWidget(), Field)
                head = "" if field else f"{dock.windowTitle()}: "
                words = f"{head}{box.accessibleName()}{': ' if field else ' '}"
                commands.extend(_of_box(box, words, wait))
        for button in dock.widget().findChildren(QAbstractButton):
            if (words := _words(button)) and _offered(button, dock):
                title = f"{dock.windowTitle()}: {words}"
                commands.append(_command(title, button.toolTip(), partial(wait, button, button.click)))
    return commands


def _words(button: QAbstractButton) -> str:
    """Return what a button is called; nothing for those that Qt itself has put in."""
    if button.objectName() in _NO_COMMANDS:
        return ""
    ours = isinstance(button, QCheckBox | QPushButton)
    return button.accessibleName() or (button.text().replace("&", "") if ours else "")


def _of_box(
    box: QComboBox, head: str, wait: Callable[[QWidget, Callable[[], object]], None]
) -> list[Command]:
    model, column, root = box.model(), box.modelColumn(), box.rootModelIndex()
    return [
        _command(f"{head}{box.itemText(at)}", box.toolTip(), partial(wait, box, partial(_choose, box, at)))
        for at in range(box.count())
        if model.flags(model.index(at, column, root)) & Qt.ItemFlag.ItemIsEnabled
    ]


def _choose(box: QComboBox, at: int) -> None:
    box.setCurrentIndex(at)
    box.activated.emit(at)


def _command(title: str, tip: str, act: Callable[[], object]) -> Command:
    action = QAction(title)
    action.setToolTip(tip)
    action.triggered.connect(lambda _checked=False: act())
    return Command(title, action)


def _offered(widget: QWidget, dock: QDockWidget) -> bool:
    # not isVisible: a field in a folded group is there to be chosen
    parent = widget.parentWidget()
    if widget.isHidden() or parent is None or parent.isHidden():
        return False
    # what a panel out of sight would show is known only once it is opened
    return widget.isEnabled() or (not _in_sight(dock) and widget.isEnabledTo(parent))


def _in_sight(panel: QWidget) -> bool:
    return panel.isVisible() and not panel.visibleRegion().isEmpty()


def _act(docks: Docks, name: str, widget: QWidget, act: Callable[[], object]) -> None:
    """Bring a widget's panel to the front, and act as soon as the widget can be used."""
    if not _in_sight(docks[name]):
        docks.reveal(name)
    if widget.isEnabled():
        act()
    else:
        _Waiting(widget, act)


class _Waiting(QObject):
    """Acts once a widget can be used; gives up after a while."""

    def __init__(self, widget: QWidget, act: Callable[[], object]) -> None:
        super().__init__(widget)
        self._act = act
        widget.installEventFilter(self)
        QTimer.singleShot(_PATIENCE_MS, self, self.deleteLater)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Act after the panel has drawn what it is enabled for."""
        if event.type() == QEvent.Type.EnabledChange and isinstance(watched, QWidget) and watched.isEnabled():
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._finish)
        return super().eventFilter(watched, event)

    def _finish(self) -> None:
        self._act()
        self.deleteLater()
