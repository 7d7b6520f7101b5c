from __future__ import annotations

import threading

import pytest
from PySide6.QtGui import QGuiApplication

from kaa_gui.app import ExceptionHook
from kaa_gui.core.errors import AttackError, DeviceMemoryError
from kaa_gui.ui.running.attack_runner import Phase


def _last(window):
    return window.notifications.shown[-1]


def test_defect_in_a_thread_becomes_a_notice_with_a_report_and_the_window_goes_on(qtbot, window, engine):
    hook = ExceptionHook()
    hook.raised.connect(window.workspace.tell_failure)
    hook.install()
    try:
        thread = threading.Thread(target=lambda: {}[1])
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: bool(window.notifications.shown))
    finally:
        hook.uninstall()
    notice = _last(window)
    assert notice.level == "error"
    assert notice.line.startswith("Unexpected KeyError")
    for part in ("torch", "PySide6", "Python", "Device: cpu", '"method": "kaa+er"', "Traceback", "{}[1]"):
        assert part in notice.details
    assert window.state.picture.name not in notice.details
    window.notifications._toasts[-1].copy_report()
    assert notice.details in QGuiApplication.clipboard().text()
    number = window.state.snapshot.iteration
    qtbot.waitUntil(lambda: window.state.snapshot.iteration > number)


def test_defect_in_a_run_keeps_the_last_good_picture(qtbot, window, engine):
    qtbot.waitUntil(lambda: window.state.snapshot.iteration > 2 and window.views["input"].populated)
    engine.error = ZeroDivisionError("in the engine")
    qtbot.waitUntil(lambda: window.runner.phase is Phase.FAILED)
    assert "in the engine" in _last(window).line
    assert window.state.snapshot is not None
    assert window.views["input"].populated
    engine.error = None
    window.conductor.start()
    qtbot.waitUntil(lambda: window.runner.phase is Phase.RUNNING and window.state.snapshot is not None)


def test_gradient_that_is_not_finite_stops_the_run_and_says_where(qtbot, window, engine):
    engine.error = AttackError("the loss or its gradient is not finite at iteration 7, layer heatmap")
    qtbot.waitUntil(lambda: window.runner.phase is Phase.FAILED)
    assert _last(window).line.endswith("at iteration 7, layer heatmap")
    assert _last(window).level == "warning"


@pytest.mark.parametrize(
    ("title", "changed"),
    [
        ("With the peaks' rows alone", {"rows": "auto"}),
        ("Without jittered views", {"views": 0}),
        ("On the CPU", {"device": "cpu"}),
    ],
)
def test_memory_that_has_run_out_offers_what_takes_less_of_it(qtbot, window, engine, title, changed):
    window.state.adopt({"device": "cuda", "views": 1, "rows": "all"})
    engine.error = DeviceMemoryError("device cuda has run out of memory")
    qtbot.waitUntil(lambda: window.runner.phase is Phase.FAILED)
    engine.error = None
    offered = dict(_last(window).actions)
    assert set(offered) == {"With the peaks' rows alone", "Without jittered views", "On the CPU"}
    offered[title]()
    qtbot.waitUntil(lambda: window.runner.phase is Phase.RUNNING)
    assert all(window.state.parameters.get(name) == value for name, value in changed.items())
    window.state.undo_stack.undo()
    assert window.state.parameters.get("device") == "cuda"
