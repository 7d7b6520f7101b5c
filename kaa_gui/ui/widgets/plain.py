"""Show text that comes from files as it stands: Qt takes for HTML whatever looks like it."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as RichText
from PySide6.QtWidgets import QLabel

from kaa_gui.core.errors import without_controls


def plain_label(text: str = "") -> QLabel:
    """Return a label that never takes its text for HTML."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def plain_tip(text: str) -> str:
    """Return what shows a text as a tool tip, tags and all."""
    text = without_controls(text)
    return f"<p>{'<br>'.join(escape(text).splitlines())}</p>" if RichText.mightBeRichText(text) else text
