"""Compare clean and attacked pixels: flick while a key is held, blink, swipe, a stronger difference."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QApplication

from kaa_gui.ui.views import InputView, PerturbationView
from kaa_gui.ui.views.view import View

BLINK_MS = 600
"""Between two changes of the pixels while blinking."""

_GLANCE_MS = 1000
"""Duration of a flick from the menu, where no key is released."""


class BeforeAfter(QObject):
    """Apply the comparing actions to the views that show pixels and differences."""

    def __init__(self, views: Mapping[str, View], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._input = next((view for view in views.values() if isinstance(view, InputView)), None)
        self._perturbation = next((v for v in views.values() if isinstance(v, PerturbationView)), None)
        self._actions: Mapping[str, QAction] = {}
        self._by_key = self._held = False
        self._blink = QTimer(self, interval=BLINK_MS)
        self._blink.timeout.connect(self._blink_once)
        self._glance = QTimer(self, singleShot=True, interval=_GLANCE_MS)
        self._glance.timeout.connect(self._let_go)

    def use(self, actions: Mapping[str, QAction]) -> None:
        """Keep switches and buttons alike; learn when a key is behind an action."""
        self._actions = actions
        # the repeats of a held key are no news
        actions["flick"].setAutoRepeat(False)
        actions["flick"].installEventFilter(self)
        if self._input is not None:
            self._input.swipe_button.toggled.connect(actions["swipe"].setChecked)

    def stop(self) -> None:
        """Stop all timers."""
        self._blink.stop()
        self._let_go()

    # --- slots of the actions ---

    def flick(self) -> None:
        """Show the other pixels until the key is released."""
        if self._input is None or self._held:
            return
        self._held = True
        self._input.set_flick(not self._input.flicking)
        if self._by_key:
            application = QApplication.instance()
            if application is not None:
                application.installEventFilter(self)
        else:
            self._glance.start()
        self._by_key = False

    def set_blinking(self, on: bool) -> None:
        """Show clean and attacked pixels in turns, or stop that."""
        if on:
            self._blink.start()
            self._blink_once()
            return
        self._blink.stop()
        if self._input is not None:
            self._input.set_flick(False)

    def set_swipe(self, on: bool) -> None:
        """Show clean and attacked pixels either side of a divider."""
        if self._input is not None:
            self._input.swipe_button.setChecked(on)

    def more_gain(self) -> None:
        """Draw the perturbation twice as strong."""
        self._scale_gain(2)

    def less_gain(self) -> None:
        """Draw the perturbation half as strong."""
        self._scale_gain(0.5)

    # --- inside ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice by which way the action came, and when its key is released or the window loses focus."""
        if event.type() is QEvent.Type.Shortcut and watched is self._actions.get("flick"):
            self._by_key = True
        elif (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyRelease
            and not event.isAutoRepeat()
        ) or event.type() is QEvent.Type.ApplicationDeactivate:
            self._let_go()
        return False

    def _let_go(self) -> None:
        if not self._held:
            return
        self._held = False
        self._glance.stop()
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        if self._input is not None:
            self._input.set_flick(False)

    def _blink_once(self) -> None:
        if self._input is not None and not self._held:
            self._input.set_flick(not self._input.flicking)

    def _scale_gain(self, factor: float) -> None:
        if self._perturbation is not None:
            gain = self._perturbation.gain
            gain.setValue(round(gain.value() * factor))
