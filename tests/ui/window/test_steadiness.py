"""What changes many times a second must not make the window arrange itself anew: that holds a frame up."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLabel

from kaa_gui.ui.widgets.steady import SLACK, SteadyLabel


class Arrangements(QObject):
    """Counts how often a widget is asked to lay itself out."""

    def __init__(self, widget) -> None:
        super().__init__()
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event) -> bool:  # noqa: N802 - Qt
        self.count += event.type() is QEvent.Type.LayoutRequest
        return False


def test_dragging_alpha_and_new_iterates_arrange_nothing_anew(qtbot, window):
    state, histogram = window.state, window.controls.alpha.histogram
    first = state.snapshot.iteration
    qtbot.waitUntil(lambda: state.snapshot.iteration > first + 3)
    arrangements = Arrangements(window)
    first = state.snapshot.iteration
    qtbot.waitUntil(lambda: state.snapshot.iteration > first + 12)
    # a number may need one digit more
    assert arrangements.count <= 4
    window.conductor.stop()
    shown = window.views["correlation"]
    middle = state.field.alpha_keeping(0.3)
    histogram.alphaDragged.emit(middle)
    qtbot.waitUntil(lambda: window.display.idle and not window.runner.busy)
    arrangements.count = 0
    for alpha in np.linspace(0.5 * middle, 1.5 * middle, 10).tolist():
        before = shown.classes
        histogram.alphaDragged.emit(alpha)
        qtbot.waitUntil(lambda before=before: shown.classes is not before)
    assert arrangements.count == 0
    histogram.alphaReleased.emit(middle)


def test_controls_come_to_rest_in_every_size_of_the_window(qtbot, window):
    window.conductor.stop()
    arrangements = Arrangements(window)
    for size in ((1000, 700), (1280, 800), (1900, 1000)):
        window.resize(*size)
        counts = []
        while not counts or (counts[-1] and len(counts) < 40):
            arrangements.count = 0
            qtbot.wait(50)
            counts.append(arrangements.count)
        assert counts[-1] == 0, counts


def test_steady_label_grows_at_once_and_shrinks_when_it_is_worth_it(qtbot):
    label = SteadyLabel()
    qtbot.addWidget(label)
    label.setText("iteration 1000 of 1000")
    wide = label.width()
    assert wide >= label.sizeHint().width()
    label.setText("iteration 1 of 1000")
    assert label.width() == wide
    label.setText("iteration 1000 of 1000, and a success")
    assert label.width() > wide
    label.setText("1")
    alone = QLabel("1").sizeHint()
    assert alone.width() <= label.width() <= alone.width() + SLACK
    font = label.font()
    usual, size = label.size(), font.pointSizeF()
    font.setPointSizeF(3 * size)
    label.setFont(font)
    assert label.height() > usual.height()
    font.setPointSizeF(size)
    label.setFont(font)
    assert label.size() == usual
