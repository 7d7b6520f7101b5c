"""Scrub, step and play through the kept iterates of a run.

Going back never stops the run; what is shown then stays until the strip is told to follow again, or
another run begins.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolBar, QToolButton, QWidget

from kaa_gui.core.types import Scene, Snapshot
from kaa_gui.ui.model.state import State
from kaa_gui.ui.widgets.scrub_bar import ScrubBar
from kaa_gui.ui.widgets.steady import SteadyLabel

STEP_MS = 80
"""Between two iterates while playing."""

_BUTTONS = ("first_iterate", "previous_iterate", "play", "next_iterate", "last_iterate")
_STEPPING = ("first_iterate", "previous_iterate", "next_iterate", "last_iterate", "play", "best_iterate")
_ICON_SIZE = QSize(16, 16)


class Timeline(QToolBar):
    """Buttons, a bar to scrub, the iterate's number, and a switch that follows the run."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__("Timeline", parent)
        self.setObjectName("timeline")
        self.setMovable(False)
        self.setIconSize(_ICON_SIZE)
        self._state = state
        self._actions: dict[str, QAction] = {}
        self.bar = ScrubBar()
        self.bar.setToolTip(
            "Drag to look at an earlier iterate; the run goes on. ▼ above: best, ▲ below: first success in "
            "memory"
        )
        self.label = SteadyLabel()
        self.label.setAccessibleName("Iterate shown")
        self.label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._row = QWidget()
        self._row.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._layout = QHBoxLayout(self._row)
        self._layout.setContentsMargins(2, 0, 2, 0)
        self._layout.setSpacing(3)
        self.addWidget(self._row)
        self._playing = QTimer(self, interval=STEP_MS)
        self._playing.timeout.connect(self._play_on)
        self.bar.valueChanged.connect(self._on_bar)
        state.shown_changed.connect(self._on_shown)
        state.snapshot_changed.connect(self._on_snapshot)
        state.scene_changed.connect(self._on_scene)

    def use(self, actions: Mapping[str, QAction]) -> None:
        """Build the buttons from the registry's actions."""
        self._actions = dict(actions)
        for identifier in _BUTTONS:
            self._layout.addWidget(self._button(actions[identifier]))
        self._layout.addWidget(self.bar, 1)
        self._layout.addWidget(self.label)
        live = self._button(actions["live"])
        live.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        actions["live"].setIconText("Live")
        self._layout.addWidget(live)
        self._update()

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setIconSize(_ICON_SIZE)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(action.text().replace("&", ""))
        button.setObjectName(action.objectName().replace("action.", "timeline."))
        return button

    def stop(self) -> None:
        """Stop playing, for good."""
        self._playing.stop()

    # --- slots of the actions ---

    def go_first(self) -> None:
        """Go to where the attack starts."""
        self._go(0)

    def go_previous(self) -> None:
        """Go one kept iterate back."""
        self._step(-1)

    def go_next(self) -> None:
        """Go one kept iterate on; after the newest, follow the run."""
        self._step(1)

    def go_last(self) -> None:
        """Go to the newest iterate and follow the run."""
        self._go(None)

    def go_best(self) -> None:
        """Go to the best iterate."""
        self._go(self._state.trajectory.best)

    def go_first_success(self) -> None:
        """Go to the first iterate that succeeded."""
        if (found := self._state.trajectory.first_success) is not None:
            self._go(found)

    def set_live(self, live: bool) -> None:
        """Follow the run, or hold what is shown."""
        if live:
            self._go(None)
        else:
            self._state.hold()

    def set_playing(self, playing: bool) -> None:
        """Play from the iterate shown, from the first one if that is the newest; or stop playing."""
        if not playing:
            self._playing.stop()
        elif self._state.shown is not None:
            if self._state.live:
                self._state.go_to(0)
            self._playing.start()
        self._tick("play", self._playing.isActive())

    def go_to(self, iteration: int) -> None:
        """Go to the kept iterate nearest to a number, e.g. one picked in the curves."""
        self._go(iteration)

    def handle_key(self, event: QKeyEvent) -> bool:
        """Step by an arrow, Home or End that nobody else took; return whether it was one of them."""
        slots: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Left: self.go_previous,
            Qt.Key.Key_Right: self.go_next,
            Qt.Key.Key_Home: self.go_first,
            Qt.Key.Key_End: self.go_last,
        }
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        slot = slots.get(event.key()) if plain else None
        if slot is not None and self._state.shown is not None:
            slot()
            return True
        return False

    # --- inside ---

    def _go(self, iteration: int | None) -> None:
        self.set_playing(False)
        self._state.go_to(iteration)
        self._update()

    def _step(self, by: int) -> None:
        self.set_playing(False)
        self._move(by)

    def _move(self, by: int) -> bool:
        """Go to the kept iterate before or after the one shown; return whether there is one."""
        shown, kept = self._state.shown, self._state.trajectory.iterations
        if shown is None or not kept:
            return False
        place = bisect_left(kept, shown.iteration) - 1 if by < 0 else bisect_right(kept, shown.iteration)
        if not 0 <= place < len(kept):
            return False
        self._state.go_to(kept[place])
        return True

    def _play_on(self) -> None:
        if not self._move(1) or self._state.live:
            self.set_playing(False)

    def _on_bar(self, iteration: int) -> None:
        newest = self._state.snapshot
        # the keys of a slider reach beyond what has been computed
        self._go(None if newest is None or iteration >= newest.iteration else iteration)

    def _on_scene(self, _scene: Scene) -> None:
        self.set_playing(False)
        self._update()

    def _on_snapshot(self, _snapshot: Snapshot) -> None:
        if not self._state.live:
            self._update()

    def _on_shown(self, _snapshot: Snapshot) -> None:
        self._update()

    def _update(self) -> None:
        """Show where the run is and where it is looked at."""
        state, trajectory = self._state, self._state.trajectory
        newest, shown = state.snapshot, state.shown
        known = newest is not None and shown is not None
        self.bar.setEnabled(known)
        for identifier in _STEPPING:
            self._enable(identifier, known)
        self._enable("first_success", trajectory.first_success is not None)
        self._enable("live", known)
        self._tick("live", state.live)
        if newest is None or shown is None:
            self.bar.show_run(0, 0)
            self.bar.show_iteration(0)
            self.label.setText("no iterates yet")
            return
        reached = max(newest.iteration, trajectory.iterations[-1])
        best, success = trajectory.best, trajectory.first_success
        self.bar.show_run(reached, newest.iterations, best=best, first_success=success)
        self.bar.show_iteration(shown.iteration)
        text = f"{shown.iteration} / {newest.iterations}"
        self.label.setText(text if state.live else f"{text} · newest {newest.iteration}")

    def _enable(self, identifier: str, enabled: bool) -> None:
        action = self._actions.get(identifier)
        if action is not None and action.isEnabled() != enabled:
            action.setEnabled(enabled)

    def _tick(self, identifier: str, checked: bool) -> None:
        action = self._actions.get(identifier)
        if action is not None and action.isChecked() != checked:
            blocked = action.blockSignals(True)
            action.setChecked(checked)
            action.blockSignals(blocked)
