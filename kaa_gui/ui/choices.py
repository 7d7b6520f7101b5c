"""What the panels' own boxes and buttons offer, as entries of the command palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QDockWidget, QToolButton, QWidget

from kaa_gui.ui.elements.chip import Chip
from kaa_gui.ui.elements.grip import Grip
from kaa_gui.ui.fields import Field
from kaa_gui.ui.palette import Command


def choice_commands(docks: Iterable[QDockWidget]) -> list[Command]:
    """Return every choice of the boxes and every small button in the panels; each works as a hand would.

    Parameters are offered wherever they are folded away; of the other panels only those that are open.
    """
    commands = []
    for dock in docks:
        for box in dock.findChildren(QComboBox):
            field = isinstance(box.parentWidget(), Field)
            if box.accessibleName() and _offered(box) and (field or not dock.isHidden()):
                head = (
                    f"{box.accessibleName()}: " if field else f"{dock.windowTitle()}: {box.accessibleName()} "
                )
                commands.extend(_of_box(box, head))
        for button in () if dock.isHidden() else dock.findChildren(QToolButton):
            if (isinstance(button, Chip | Grip) or button.objectName() == "choice") and _offered(button):
                title = f"{dock.windowTitle()}: {button.accessibleName() or button.text()}"
                commands.append(_command(title, button.toolTip(), button.click))
    return commands


def _of_box(box: QComboBox, head: str) -> list[Command]:
    model, column, root = box.model(), box.modelColumn(), box.rootModelIndex()
    return [
        _command(f"{head}{box.itemText(at)}", box.toolTip(), partial(_choose, box, at))
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


def _offered(widget: QWidget) -> bool:
    # not isVisible: a field in a folded group is there to be chosen
    parent = widget.parentWidget()
    return widget.isEnabled() and not widget.isHidden() and not (parent is not None and parent.isHidden())
