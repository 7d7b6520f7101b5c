"""Lead the keyboard through the window: keys for the widget in focus, its frame, F6."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDockWidget,
    QFrame,
    QWidget,
)

from kaa_gui.ui.picture_items.canvas import Canvas

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_PLAIN = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.KeypadModifier


class Keyboard(QObject):
    """Watches the widget in focus, and only that one: a filter on everything would cost every event.

    A shortcut of the window comes before the widget in focus: Space would run the attack instead of ticking
    a box, and a letter would switch a tool instead of finding an entry of a list.
    """

    def __init__(
        self,
        window: QWidget,
        docks: Callable[[], Iterable[QDockWidget]],
        *,
        put_down: Callable[[], bool] = lambda: False,
    ) -> None:
        """Begin to watch.

        Args:
            window: Whose widgets are watched.
            docks: Returns the panels.
            put_down: Asked at Escape; lets go of a tool in hand, if there is one, and says so.
        """
        super().__init__(window)
        self._window, self._docks, self._put_down = window, docks, put_down
        self._watched: QWidget | None = None
        self._frame: QFrame | None = None
        self._application().focusChanged.connect(self._follow)

    def stop(self) -> None:
        """Watch no more."""
        self._application().focusChanged.disconnect(self._follow)
        self._let_go()

    # --- slots of the actions ---

    def next_panel(self) -> None:
        """Put the focus into the next panel."""
        self._step(1)

    def previous_panel(self) -> None:
        """Put the focus into the panel before."""
        self._step(-1)

    # --- inside ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the widget's own keys from the shortcuts; press buttons by Enter as well."""
        if isinstance(event, QKeyEvent):
            overrides = event.type() == QEvent.Type.ShortcutOverride
            if overrides and (_owns(watched, event) or (_is_escape(event) and self._put_down())):
                event.accept()
                return True
            entered = event.type() == QEvent.Type.KeyPress and event.key() in _ENTER
            if entered and isinstance(watched, QAbstractButton) and event.modifiers() in _PLAIN:
                watched.click()
                return True
        elif event.type() == QEvent.Type.Resize and self._frame is not None and self._watched is not None:
            self._frame.setGeometry(self._watched.rect())
        return super().eventFilter(watched, event)

    def _follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        self._let_go()
        # a panel that floats is a window of its own
        if now is None or not any(place.isAncestorOf(now) for place in (self._window, *self._docks())):
            return
        self._watched = now
        now.installEventFilter(self)
        now.destroyed.connect(self._forget)
        if isinstance(now, Canvas) or now.property("pane"):
            self._frame = QFrame(now)
            self._frame.setObjectName("focusFrame")
            self._frame.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self._frame.setGeometry(now.rect())
            self._frame.show()

    def _let_go(self) -> None:
        watched, self._watched = self._watched, None
        if watched is not None:
            watched.destroyed.disconnect(self._forget)
            watched.removeEventFilter(self)
        frame, self._frame = self._frame, None
        if frame is not None:
            frame.hide()
            frame.deleteLater()

    def _forget(self) -> None:
        self._watched = self._frame = None

    def _step(self, by: int) -> None:
        panels = sorted(
            (dock for dock in self._docks() if dock.isVisible() and not dock.visibleRegion().isEmpty()),
            key=lambda dock: (dock.mapToGlobal(dock.rect().topLeft()).y() // 50, dock.x()),
        )
        focus = self._application().focusWidget()
        inside = [place for place, dock in enumerate(panels) if focus and dock.isAncestorOf(focus)]
        place = inside[0] + by if inside else min(0, by)
        for further in range(len(panels)):
            # a panel with nothing in it to work with is passed over
            target = _entrance(panels[(place + by * further) % len(panels)].widget())
            if target is not None:
                target.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def _application(self) -> QApplication:
        application = QApplication.instance()
        assert isinstance(application, QApplication)  # noqa: S101 - a widget cannot be without one
        return application


def _is_escape(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_Escape and event.modifiers() == Qt.KeyboardModifier.NoModifier


def _owns(widget: QObject, event: QKeyEvent) -> bool:
    """Whether a key means something to the widget itself."""
    if event.modifiers() not in _PLAIN:
        return False
    if event.key() == Qt.Key.Key_Space:
        return isinstance(widget, QAbstractButton | QComboBox | QAbstractItemView)
    if event.key() in _ENTER:
        return isinstance(widget, QAbstractButton)
    typed = event.text()
    return bool(typed) and typed.isprintable() and isinstance(widget, QComboBox | QAbstractItemView)


def _entrance(panel: QWidget) -> QWidget | None:
    """Return the widget of a panel that takes the focus first: its picture, else the first control."""
    widgets = panel.findChildren(QWidget)
    panes = [widget for widget in widgets if isinstance(widget, Canvas) or widget.property("pane")]
    for widget in (*panes, *widgets):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and widget.isEnabled():
            return widget
    return None
