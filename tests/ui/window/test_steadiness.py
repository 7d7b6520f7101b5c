"""What changes many times a second must not make the window arrange itself anew: that holds a frame up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QGraphicsView, QLabel

from kaa_gui.ui.widgets.steady import SLACK, SteadyLabel


class Arrangements(QObject):
    """Counts how often a window is asked to lay itself out, and how often anything in it is."""

    def __init__(self, window) -> None:
        super().__init__()
        self._window = window
        self.count = self._anywhere = 0
        QApplication.instance().installEventFilter(self)

    def eventFilter(self, watched, event) -> bool:  # noqa: N802 - Qt
        if event.type() is QEvent.Type.LayoutRequest:
            # a plot arranges its own axes, and asks nobody else
            self._anywhere += not isinstance(watched, QGraphicsView)
            self.count += watched is self._window
        return False

    def stop(self) -> None:
        QApplication.instance().removeEventFilter(self)

    def come_to_rest(self, qtbot) -> None:
        """Wait until what has happened so far is arranged: widgets ask their parents, one a pass."""
        for _ in range(40):
            self.count = self._anywhere = 0
            for _ in range(5):
                qtbot.wait(10)
            if not self._anywhere:
                return
        raise AssertionError(f"{self._anywhere} widgets still ask to be arranged")


@pytest.fixture
def arrangements(window) -> Iterator[Arrangements]:
    arrangements = Arrangements(window)
    yield arrangements
    arrangements.stop()


def test_dragging_alpha_and_new_iterates_arrange_nothing_anew(qtbot, window, arrangements):
    state, histogram = window.state, window.controls.alpha.histogram
    # from here to 999 the counts keep their digits; every view has its picture
    qtbot.waitUntil(lambda: state.snapshot.iteration >= 100)
    qtbot.waitUntil(lambda: all(view.populated for view in window.views.values() if view.isVisible()))
    arrangements.come_to_rest(qtbot)
    first = state.snapshot.iteration
    qtbot.waitUntil(lambda: state.snapshot.iteration > first + 12)
    # another number may need one digit more
    assert arrangements.count <= 4
    window.conductor.stop()
    # this hand takes its time, and is named when it has come to rest
    window.commands._naming.setInterval(60_000)
    shown = window.views["correlation"]
    middle = state.field.alpha_keeping(0.3)
    histogram.alphaDragged.emit(middle)
    qtbot.waitUntil(lambda: window.display.idle and not window.runner.busy)
    # the line that says where the run was stopped is another one
    arrangements.come_to_rest(qtbot)
    for alpha in np.linspace(0.5 * middle, 1.5 * middle, 10).tolist():
        before = shown.classes
        histogram.alphaDragged.emit(alpha)
        qtbot.waitUntil(lambda before=before: shown.classes is not before)
    assert arrangements.count == 0
    histogram.alphaReleased.emit(middle)


def test_controls_come_to_rest_in_every_size_of_the_window(qtbot, window, arrangements):
    window.conductor.stop()
    for size in ((1000, 700), (1280, 800), (1900, 1000)):
        window.resize(*size)
        arrangements.come_to_rest(qtbot)


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
