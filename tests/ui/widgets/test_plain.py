from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as RichText
from PySide6.QtGui import QTextDocument

from kaa_gui.ui.widgets.plain import plain_label, plain_tip


@pytest.mark.parametrize(
    "text", ["a.png", "a < b & c", "/x/<b>bold</b><img src=http://a/b>.png", "<p>one\ntwo"]
)
def test_tip_shows_a_text_as_it_stands(qtbot, text):
    tip, document = plain_tip(text), QTextDocument()
    if RichText.mightBeRichText(tip):
        document.setHtml(tip)
        assert document.toPlainText().replace("\u2028", "\n") == text
    else:
        assert tip == text


def test_label_takes_nothing_for_html(qtbot):
    label = plain_label("<b>a</b>")
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText
