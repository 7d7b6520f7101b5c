"""Show one-line notices over the panels' lower right corner; they never block and keep their details.

They cover no button of the timeline and no tab of a panel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPlainTextEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from kaa_gui.ui.messages.free_area import lifted, panels_area, tab_bars

Level = Literal["info", "warning", "error"]
_SYMBOLS: dict[Level, str] = {"info": "✓", "warning": "!", "error": "✕"}
_LIFETIME_MS = 6000
_WIDTH = 640
_KEPT = 3
_MARGIN = 12
_GAP = 6


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell.

    Attributes:
        line: Text, one sentence.
        level: Information goes away by itself; warnings and errors stay until they are closed.
        details: More of it, e.g. a traceback; can be unfolded and copied.
        actions: Remedies: titles of buttons, and what they do; each closes the notice.
    """

    line: str
    level: Level = "info"
    details: str = ""
    actions: tuple[tuple[str, Callable[[], object]], ...] = ()


class Toast(QFrame):
    """One notice on screen."""

    def __init__(self, notice: Notice, parent: QWidget) -> None:
        super().__init__(parent)
        self.notice = notice
        self.setObjectName("toast")
        self.setProperty("level", notice.level)
        self.setAccessibleName(f"{notice.level}: {notice.line}")
        symbol = QLabel(_SYMBOLS[notice.level])
        symbol.setObjectName("toastSymbol")
        symbol.setProperty("level", notice.level)
        symbol.setAlignment(Qt.AlignmentFlag.AlignCenter)
        symbol.setFixedSize(20, 20)
        self.text = QLabel(notice.line)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.text.setSizePolicy(policy)
        self.details = QPlainTextEdit(notice.details)
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Details")
        self.details.setFixedHeight(180)
        self.details.hide()
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(symbol)
        line.addWidget(self.text, 1)
        for title, act in notice.actions:
            line.addWidget(self._button(title, title, partial(self._act, act)))
        if notice.details:
            line.addWidget(self._button("Details", "Show or hide the details", self._toggle_details))
            line.addWidget(self._button("Copy report", "Copy line and details", self.copy_report))
        line.addWidget(self._button("✕", "Close this notice", self.close_now))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 7, 7, 7)
        layout.addLayout(line)
        layout.addWidget(self.details)

    def copy_report(self) -> None:
        """Put line and details on the clipboard."""
        QGuiApplication.clipboard().setText(f"{self.notice.line}\n\n{self.notice.details}")

    def close_now(self) -> None:
        """Go away."""
        self.hide()
        self.deleteLater()

    def _act(self, act: Callable[[], object]) -> None:
        self.close_now()
        act()

    def _toggle_details(self) -> None:
        self.details.setVisible(self.details.isHidden())
        self.adjustSize()

    def _button(self, text: str, tip: str, slot: object) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAutoRaise(True)
        button.setAccessibleName(tip)
        button.clicked.connect(slot)
        return button


class Notifications(QObject):
    """Stacks the newest few notices over the lower right corner of the panels."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._toasts: list[Toast] = []
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._place)
        window.installEventFilter(self)

    @property
    def shown(self) -> tuple[Notice, ...]:
        """On screen, oldest first."""
        return tuple(toast.notice for toast in self._toasts)

    def show(self, notice: Notice) -> None:
        """Tell; a notice that repeats one on screen replaces it, or lets it stay if nothing is new."""
        if self._toasts and self._toasts[-1].notice == notice and notice.level != "info":
            return
        self.withdraw(notice.line)
        while len(self._toasts) >= _KEPT:
            oldest = self._toasts[0]
            oldest.close_now()
            self._forget(oldest)
        toast = Toast(notice, self._window)
        self._toasts.append(toast)
        toast.installEventFilter(self)
        self._place()
        toast.show()
        if notice.level == "info":
            QTimer.singleShot(_LIFETIME_MS, toast, toast.close_now)

    def withdraw(self, line: str) -> None:
        """Close the notice of this line, if it is on screen: it is no longer true."""
        for toast in [*self._toasts]:
            if toast.notice.line == line:
                toast.close_now()
                self._forget(toast)

    def clear(self) -> None:
        """Close them all."""
        for toast in [*self._toasts]:
            toast.close_now()
            self._forget(toast)

    def stop(self) -> None:
        """Place nothing any more."""
        self._later.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the stack in its corner whenever it or the window is laid out."""
        if event.type() is QEvent.Type.Hide and isinstance(watched, Toast) and self._window.isVisible():
            self._forget(watched)
        moving = event.type() is QEvent.Type.LayoutRequest
        moving |= event.type() is QEvent.Type.Resize and watched is self._window
        if moving and self._toasts and self._window.isVisible():
            # not at once: a size set in the middle of a resize would be laid out for the old size
            self._later.start()
        return super().eventFilter(watched, event)

    def _forget(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            self._place()

    def _place(self) -> None:
        if not self._toasts:
            return
        area, tabs = panels_area(self._window), tab_bars(self._window)
        width = min(_WIDTH, area.width() - 2 * _MARGIN)
        bottom = area.bottom() + 1 - _MARGIN
        for toast in reversed(self._toasts):
            height = toast.heightForWidth(width)
            left = area.right() + 1 - _MARGIN - width
            place = lifted(QRect(left, bottom - height, width, height), tabs)
            toast.setGeometry(place)
            toast.raise_()
            bottom = place.top() - _GAP
