"""The real window, used in any order: nothing stale on screen, an idle end, no thread or timer left."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication

from kaa_gui.core.errors import AttackError
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.views import VIEWS
from kaa_gui.ui.window import main_window
from kaa_gui.ui.window.main_window import MainWindow
from tests.ui.conftest import drag
from tests.ui.fakes import FakeEngine

_VIEWS = {name: view for name, view in VIEWS.items() if not view.slow_modules}


class Hand:
    """A window, and what a hand may do with it."""

    def __init__(self, folder: Path) -> None:
        self.threads = set(threading.enumerate())
        self.engine, self.folder = FakeEngine(pause_s=0.001), folder
        self.stale: list[str] = []
        ini = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        self.window = MainWindow(self.engine.services(), ini, views=_VIEWS, recovery=folder / "recovery")
        self.window.state.adopt({"iterations": 300})
        self.window.state.snapshot_changed.connect(self._check_fresh)
        self.window.painted.connect(self.window.begin)
        self.window.show()
        self.wait_for(lambda: self.window.state.snapshot is not None)

    def _check_fresh(self, snapshot: object) -> None:
        state, phase = self.window.state, self.window.runner.phase
        if snapshot.clean is not state.scene.clean and phase is Phase.STOPPED:
            self.stale.append("an opened session's iterate of another scene")
        if phase in (Phase.RUNNING, Phase.PAUSED):
            newest = self.engine.requests[-1]
            if state.scene.picture is not newest.picture:
                self.stale.append("another picture's scene")
            if snapshot.config.seed != newest.config.seed:
                self.stale.append(f"seed {snapshot.config.seed}, asked for {newest.config.seed}")

    def check_screen(self) -> None:
        """What is painted is the iterate that the state says is shown."""
        window = self.window
        self.wait_for(lambda: window.display.idle)
        view, shown = window.views["input"], window.state.shown
        # the worker may have brought another one since: then the view is due again
        if window.display.idle and shown is not None and view.isVisible() and not view.shows_clean:
            assert np.array_equal(view.image.image, shown.adversarial)

    def wait_for(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        until = time.monotonic() + seconds
        while not condition() and time.monotonic() < until:
            QApplication.processEvents()
        assert condition()

    def _edit(self, *, settled: bool = True, **changes: object) -> None:
        self.window.state.apply(Edit(changes, new_gesture(), settled))

    def load(self, number: int) -> None:
        self.window.opening.open_path(f"{number}.png")

    def load_broken(self, number: int) -> None:
        self.window.opening.open_path(("broken.png", "empty.png")[number % 2])

    def toggle(self, _number: int) -> None:
        self.window.commands.actions["run"].trigger()

    def stop(self, _number: int) -> None:
        self.window.commands.actions["stop"].trigger()

    def live(self, number: int) -> None:
        self.window.controls.fields["epsilon"].box.setValue(1.0 + number)

    def seed(self, number: int) -> None:
        self._edit(seed=number)

    def drag(self, number: int) -> None:
        self._edit(alpha=number / 10, keep=None, settled=False)

    def layer(self, number: int) -> None:
        self.window.commands.actions[("previous_layer", "next_layer")[number % 2]].trigger()

    def preset(self, number: int) -> None:
        actions = self.window.presets_menu.actions()
        actions[number % len(actions)].trigger()

    def undo(self, number: int) -> None:
        self.window.commands.actions[("undo", "undo", "redo")[number % 3]].trigger()

    def scrub(self, number: int) -> None:
        self.window.state.go_to(None if number > 7 else 3 * number)

    def save(self, number: int) -> None:
        self.window.sessions.save(self.folder / f"{number % 2}.kaa")

    def reopen(self, number: int) -> None:
        self.window.opening.open_path(self.folder / f"{number % 2}.kaa")

    def compare(self, _number: int) -> None:
        self.window.commands.actions["compare_methods"].trigger()

    def blink(self, number: int) -> None:
        self.window.commands.actions["blink"].setChecked(number % 2 == 0)

    def aim(self, number: int) -> None:
        if number % 3:
            self.window.targets.draw(f"drag:left_wrist={60 + number},70")
        else:
            self.window.commands.actions["clear_target"].trigger()

    def region(self, number: int) -> None:
        self._edit(region=(1.0 * number, 2.0, 90.0, 80.0) if number % 3 else None)

    def paint(self, number: int) -> None:
        self.window.commands.actions["brush"].setChecked(number != 0)
        held = Qt.MouseButton.RightButton if number % 3 == 0 else Qt.MouseButton.LeftButton
        pane = self.window.views["input"].canvas.viewport()
        drag(pane, [(40 + 12 * number, 60), (90, 30 + 9 * number)], release=number < 8, held_button=held)

    def point(self, number: int) -> None:
        self.window.focus.hover(("left_wrist", "nose", "")[number % 3])

    def camera(self, number: int) -> None:
        self.window.commands.actions["camera"].setChecked(number % 2 == 0)

    def hide(self, number: int) -> None:
        name = list(_VIEWS)[number % len(_VIEWS)]
        self.window.docks[name].setVisible(number < 5)

    def resize(self, number: int) -> None:
        self.window.resize(900 + 60 * number, 640 + 30 * number)

    def fail(self, number: int) -> None:
        self.engine.error = AttackError("no gradient") if number % 3 == 0 else None

    def wait(self, number: int) -> None:
        until = time.monotonic() + 0.01 * number
        while time.monotonic() < until:
            QApplication.processEvents()

    def close(self) -> None:
        window = self.window
        window.leave()
        assert window.joined
        assert not window.runner.busy
        assert [timer.parent() for timer in window.findChildren(QTimer) if timer.isActive()] == []
        assert set(threading.enumerate()) <= self.threads
        assert self.engine.closed == len(self.engine.requests)
        kept = weakref.ref(window.state.trajectory)
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        del window, self.window
        gc.collect()
        assert kept() is None, "something still holds the run of a window that is gone"


STEPS: tuple[Callable[[Hand, int], None], ...] = (
    Hand.load,
    Hand.load_broken,
    Hand.toggle,
    Hand.stop,
    Hand.live,
    Hand.seed,
    Hand.drag,
    Hand.layer,
    Hand.preset,
    Hand.undo,
    Hand.scrub,
    Hand.save,
    Hand.reopen,
    Hand.compare,
    Hand.blink,
    Hand.aim,
    Hand.region,
    Hand.paint,
    Hand.point,
    Hand.camera,
    Hand.hide,
    Hand.resize,
    Hand.fail,
    Hand.wait,
    Hand.wait,
)


@pytest.fixture
def patience(monkeypatch):
    """On a busy machine threads may take their time to end."""
    monkeypatch.setattr(main_window, "_CLOSE_S", 20.0)


@pytest.mark.slow
@pytest.mark.usefixtures("qapp", "patience")
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), min_size=4, max_size=20))
def test_window_used_in_any_order_shows_nothing_stale_and_ends_idle(steps):
    with TemporaryDirectory() as folder:
        hand = Hand(Path(folder))
        try:
            for step, number in steps:
                step(hand, number)
                QApplication.processEvents()
            hand.check_screen()
            assert hand.stale == []
        finally:
            hand.close()
