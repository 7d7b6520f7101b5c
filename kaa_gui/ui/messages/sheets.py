"""Show the shortcut sheet and the text about the program."""

from __future__ import annotations

import platform
from collections.abc import Iterable

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QScrollArea, QVBoxLayout, QWidget

from kaa_gui.ui.actions.registry import shortcut_table
from kaa_gui.ui.actions.spec import ActionSpec
from kaa_gui.ui.messages.failure_report import installed

POINTER_TABLE = (
    ("Wheel", "zoom at the pointer, in pictures and in 3D"),
    ("Drag", "pan a picture; orbit in 3D, with Shift pan"),
    ("Double click, 0", "show the whole picture"),
    ("Right click on a parameter", "reset it"),
    ("Drop or paste", "attack that picture"),
)
_CELL = 'style="padding: 3px 14px 3px 0"'


def _native(shortcut: str) -> str:
    form = QKeySequence.SequenceFormat.NativeText
    return " or ".join(QKeySequence(text).toString(form) for text in shortcut.split(" or "))


def shortcut_html(specs: Iterable[tuple[ActionSpec, str]] | None = None) -> str:
    """Return the sheet as rich text; of the given actions with their shortcuts, or of all as they come."""
    rows, last = [], ""
    for menu, title, shortcut in shortcut_table(specs):
        if menu != last:
            rows.append(f'<tr><td colspan="2"><br><b>{menu}</b></td></tr>')
            last = menu
        rows.append(f"<tr><td {_CELL}><code>{_native(shortcut)}</code></td><td {_CELL}>{title}</td></tr>")
    rows.append('<tr><td colspan="2"><br><b>Pointer</b></td></tr>')
    rows.extend(
        f"<tr><td {_CELL}>{gesture}</td><td {_CELL}>{effect}</td></tr>" for gesture, effect in POINTER_TABLE
    )
    return f"<table>{''.join(rows)}</table>"


def about_html() -> str:
    """Return what the program is, and what it stands on."""
    found = installed()
    version = found.pop("kaa-studio", "from a checkout")
    lines = [f"{package} {number}" for package, number in found.items()]
    return (
        f"<h3>KAA Studio {version}</h3>"
        "<p>Explore, understand and publish adversarial attacks on pose-estimation networks.</p>"
        "<p>Implements the K-limiting adversarial attack with relational guidance from the slides "
        "“Explainable K-limiting Relational Adversarial Attack on Coordinate Regression Learning”, "
        "Mengxi Jiang, Xiamen University.</p>"
        f"<p>Python {platform.python_version()} · Qt {qVersion()} · {' · '.join(lines)}</p>"
        "<p>Apache License 2.0. Nothing that you open leaves this computer.</p>"
    )


class Sheet(QDialog):
    """Rich text in a window that doesn't block."""

    def __init__(self, title: str, html: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.text = QLabel(html)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setWordWrap(True)
        self.text.setMargin(12)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.text)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(area)
        layout.addWidget(buttons)
        room = parent.size()
        self.resize(min(520, room.width() - 40), min(self.text.heightForWidth(480) + 80, room.height() - 60))
