"""A view's controls in panes of any size: what fits is there, the rest behind a button, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QApplication, QToolButton, QVBoxLayout, QWidget

from kaa_gui.ui.widgets.buttons import button
from kaa_gui.ui.widgets.folding_row import FoldingRow


class Pane(QWidget):
    """Eight buttons over a picture."""

    def __init__(self) -> None:
        super().__init__()
        # made before the controls, as in the views
        self.picture = QWidget()
        self.picture.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.picture)
        self.row = FoldingRow(self)
        self.row.resized.connect(lambda height: layout.setContentsMargins(0, height, 0, 0))
        self.buttons = [button(f"Button {number}", tip="Does nothing") for number in range(8)]
        self.grip = QToolButton()
        self.grip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.row.add(*self.buttons)
        self.row.add_to_corner(self.grip)


@pytest.fixture
def pane(qtbot) -> Iterator[Pane]:
    pane = Pane()
    qtbot.addWidget(pane)
    pane.resize(240, 220)
    pane.show()
    pane.activateWindow()
    qtbot.waitUntil(pane.isActiveWindow)
    yield pane
    pane.row.stop()


def _in_sight(pane: Pane) -> list[bool]:
    return [not each.visibleRegion().isEmpty() for each in pane.buttons]


def test_low_pane_has_one_line_and_a_high_one_more(qtbot, pane):
    line = pane.row.height()
    assert line < 0.2 * pane.height()
    assert _in_sight(pane) == sorted(_in_sight(pane), reverse=True)
    assert 0 < sum(_in_sight(pane)) < 8
    assert pane.row.more.isVisible()
    pane.resize(240, 900)
    qtbot.waitUntil(lambda: all(_in_sight(pane)))
    assert not pane.row.more.isVisible()
    assert pane.row.height() > 2 * line
    pane.resize(1200, 220)
    qtbot.waitUntil(lambda: pane.row.height() == line)
    assert all(_in_sight(pane))
    assert not pane.row.more.isVisible()


def test_nothing_overlaps_and_the_corner_stays_at_the_right(qtbot, pane):
    for width in (130, 240, 331, 480, 700):
        pane.resize(width, 300)
        qtbot.waitUntil(lambda width=width: pane.row.width() == width)
        shown = [each for each in (*pane.buttons, pane.grip, pane.row.more) if each.isVisible()]
        for place, first in enumerate(shown):
            assert first.geometry().right() < width
            assert not any(first.geometry().intersects(other.geometry()) for other in shown[place + 1 :])
        assert pane.grip.geometry().right() == width - 4
        assert pane.picture.geometry().top() == pane.row.folded_height


def test_more_shows_the_rest_over_the_picture_until_something_else_is_wanted(qtbot, pane):
    stops: list[bool] = []
    QShortcut(Qt.Key.Key_Escape, pane).activated.connect(lambda: stops.append(True))
    place = pane.picture.geometry()
    for leave in (
        lambda: qtbot.mouseClick(pane.row.more, Qt.MouseButton.LeftButton),
        lambda: qtbot.mouseClick(pane.picture, Qt.MouseButton.LeftButton, pos=QPoint(100, 150)),
        lambda: qtbot.keyClick(pane.picture, Qt.Key.Key_Escape),
    ):
        pane.picture.setFocus()
        qtbot.mouseClick(pane.row.more, Qt.MouseButton.LeftButton)
        assert pane.row.unfolded
        assert all(_in_sight(pane))
        assert pane.picture.geometry() == place
        leave()
        assert not pane.row.unfolded
        assert not all(_in_sight(pane))
    assert not stops
    qtbot.keyClick(pane.picture, Qt.Key.Key_Escape)
    assert stops == [True]


def test_press_inside_keeps_it_open(qtbot, pane):
    pane.row.more.click()
    pressed: list[bool] = []
    pane.buttons[-1].clicked.connect(lambda: pressed.append(True))
    qtbot.mouseClick(pane.buttons[-1], Qt.MouseButton.LeftButton)
    assert pressed
    assert pane.row.unfolded


def test_focus_unfolds_the_row_on_its_way_through(qtbot, pane):
    hidden = pane.buttons[-1]
    assert not pane.row.shows(hidden)
    hidden.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(hidden.hasFocus)
    assert pane.row.unfolded
    assert pane.row.shows(hidden)
    pane.picture.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: not pane.row.unfolded)


def test_room_that_comes_folds_what_was_unfolded(qtbot, pane):
    pane.row.more.click()
    pane.resize(1200, 220)
    qtbot.waitUntil(lambda: not pane.row.unfolded)
    assert all(_in_sight(pane))


def test_hidden_controls_take_no_room(qtbot, pane):
    for each in pane.buttons[1:]:
        each.hide()
    qtbot.waitUntil(lambda: not pane.row.more.isVisible())
    for each in pane.buttons[1:]:
        each.show()
    qtbot.waitUntil(pane.row.more.isVisible)


def test_keyboard_goes_through_the_controls_in_order_and_then_to_the_picture(qtbot, pane):
    pane.buttons[0].setFocus()
    seen: list[QWidget] = []
    for _ in range(10):
        now = QApplication.focusWidget()
        assert now is not None
        seen.append(now)
        qtbot.keyClick(now, Qt.Key.Key_Tab)
    # the last but one is what unfolds the rest
    assert seen[:8] == pane.buttons
    assert seen[8:] == [pane.row.more, pane.picture]
