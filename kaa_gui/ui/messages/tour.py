"""Lead through the window: one frame after another, each beside what it speaks of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSettings, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kaa_gui.ui.widgets.buttons import push_button

_KEY = "tour_seen"
_WIDTH, _GAP = 340, 12


@dataclass(frozen=True, slots=True)
class Step:
    """A stop of the tour.

    Attributes:
        title: Title of the step.
        text: Two or three sentences, rich text.
        target: Returns the widget that is spoken of; None where it isn't there.
    """

    title: str
    text: str
    target: Callable[[], QWidget | None]


class Tour(QFrame):
    """The frame that speaks, and another one around what it speaks of. The window stays usable."""

    def __init__(self, window: QWidget, settings: QSettings, steps: tuple[Step, ...]) -> None:
        super().__init__(window)
        self.setObjectName("tour")
        self.setAccessibleName("Tour")
        self._window, self._settings, self._steps = window, settings, steps
        self._at = 0
        self._outline = QFrame(window)
        self._outline.setObjectName("tourOutline")
        self._outline.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.title, self.text, self.count = QLabel(), QLabel(), QLabel()
        self.title.setObjectName("tourTitle")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.count.setObjectName("hint")
        self.skip = push_button("&Skip", "End the tour; Help > Tour begins it again", self.finish)
        self.back = push_button("&Back", "The step before", self.go_back)
        self.next = push_button("&Next", "The next step", self.go_on)
        buttons = QHBoxLayout()
        buttons.addWidget(self.count)
        buttons.addStretch(1)
        for button in (self.skip, self.back, self.next):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addLayout(buttons)
        self.hide()
        self._outline.hide()

    @property
    def step(self) -> int:
        """Number of the present step."""
        return self._at

    @property
    def seen(self) -> bool:
        """Whether it has been offered or ended before."""
        return self._settings.value(_KEY) is not None

    def remember(self) -> None:
        """Remember that it has been offered: once is enough."""
        self._settings.setValue(_KEY, "true")

    def begin(self) -> None:
        """Begin at the first step."""
        self._at = 0
        self._window.installEventFilter(self)
        self._show()
        self.next.setFocus()

    def go_on(self) -> None:
        """Go to the next step, or end after the last one."""
        if self._at + 1 == len(self._steps):
            self.finish()
        else:
            self._at += 1
            self._show()

    def go_back(self) -> None:
        """Go to the step before."""
        self._at = max(0, self._at - 1)
        self._show()

    def finish(self) -> None:
        """End, and remember that it has been seen."""
        self.remember()
        self._window.removeEventFilter(self)
        self.hide()
        self._outline.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay beside the target as the window changes its size."""
        if watched is self._window and event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Keep Tab inside the frame: what it would go to lies below."""
        buttons = [button for button in (self.skip, self.back, self.next) if button.isEnabled()]
        focused = [place for place, button in enumerate(buttons) if button.hasFocus()]
        place = (focused[0] + (1 if next else -1)) % len(buttons) if focused else 0
        buttons[place].setFocus(Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape skips, arrows and Enter go back and forth."""
        moves = {
            Qt.Key.Key_Escape: self.finish,
            Qt.Key.Key_Right: self.go_on,
            Qt.Key.Key_Return: self.go_on,
            Qt.Key.Key_Enter: self.go_on,
            Qt.Key.Key_Left: self.go_back,
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
        else:
            move()

    def _show(self) -> None:
        step = self._steps[self._at]
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.count.setText(f"{self._at + 1} of {len(self._steps)}")
        self.back.setEnabled(self._at > 0)
        self.next.setText("&Done" if self._at + 1 == len(self._steps) else "&Next")
        self.show()
        self._place()

    def _place(self) -> None:
        self.setFixedWidth(min(_WIDTH, self._window.width() - 2 * _GAP))
        self.adjustSize()
        target = self._steps[self._at].target()
        room = self._window.rect().adjusted(_GAP, _GAP, -_GAP, -_GAP)
        if target is None or not target.isVisible():
            self._outline.hide()
            self.move(room.center() - self.rect().center())
        else:
            around = QRect(target.mapTo(self._window, QPoint(0, 0)), target.size())
            self._outline.setGeometry(around.adjusted(-2, -2, 2, 2).intersected(self._window.rect()))
            self._outline.show()
            self._outline.raise_()
            self.move(_beside(around, self.size().width(), self.size().height(), room))
        self.raise_()


def _beside(target: QRect, width: int, height: int, room: QRect) -> QPoint:
    """Return where a frame stands next to a target: right, left, below or above; else over its corner."""
    places = (
        QPoint(target.right() + _GAP, target.top()),
        QPoint(target.left() - _GAP - width, target.top()),
        QPoint(target.left(), target.bottom() + _GAP),
        QPoint(target.left(), target.top() - _GAP - height),
    )
    for place in places:
        at = QPoint(
            min(max(place.x(), room.left()), room.right() - width),
            min(max(place.y(), room.top()), room.bottom() - height),
        )
        if not QRect(at.x(), at.y(), width, height).intersects(target):
            return at
    return QPoint(target.left() + _GAP, target.top() + 3 * _GAP)
