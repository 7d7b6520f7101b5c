"""Push buttons of dialogs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton


def push_button(text: str, tip: str, slot: Callable[[], object]) -> QPushButton:
    """Return a button with a tooltip that Enter in a field doesn't press."""
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _checked=False: slot())
    return button
