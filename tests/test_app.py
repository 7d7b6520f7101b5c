from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QObject

from kaa_gui import app

INTERRUPTED = """
import os, runpy, signal, sys, threading, time
from kaa_gui.ui.model.state import State

begun, add = threading.Event(), State.add

def adding(self, snapshot, *more):
    add(self, snapshot, *more)
    if snapshot is not None:
        begun.set()

def interrupt(moment):
    while not ("torch" in sys.modules if moment == "import" else begun.is_set()):
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)

State.add = adding
threading.Thread(target=interrupt, args=sys.argv[1:], daemon=True).start()
sys.argv[:] = ["main.py"]
runpy.run_path("main.py", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.parametrize("moment", ["import", "run"], ids=["while torch is imported", "in mid-run"])
def test_app_interrupted_closes_cleanly(tmp_path, moment):
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
    process = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", INTERRUPTED, moment],
        env=os.environ | homes | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert process.returncode == 0, process.stderr
    assert "Traceback" not in process.stderr


def test_app_is_imported_without_what_is_slow():
    slow = {"torch", "vtk", "cv2", "scipy", "matplotlib"}
    code = f"import sys, kaa_gui.app, kaa_gui.cli; print(sorted({slow} & set(sys.modules)))"
    run = [sys.executable, "-c", code]
    found = subprocess.run(run, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert found.stdout.strip() == "[]"


def test_log_steers_no_terminal(tmp_path, monkeypatch):
    monkeypatch.setattr(app.platformdirs, "user_log_path", lambda *_, **__: tmp_path)
    log = logging.getLogger("kaa_gui")
    before = list(log.handlers)
    path = app._start_log()
    try:
        log.error("uncaught\n%s", "a\x1b[31m.png")
    finally:
        for handler in set(log.handlers) - set(before):
            log.removeHandler(handler)
            handler.close()
    assert r"a\x1b[31m.png" in path.read_text()


def test_clean_environment_removes_only_what_cv2_set(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/site-packages/cv2/qt/plugins")
    monkeypatch.setenv("QT_QPA_FONTDIR", "/my/fonts")
    app.clean_environment()
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
    assert os.environ["QT_QPA_FONTDIR"] == "/my/fonts"


def test_exception_hook_brings_exceptions_of_any_thread_to_the_window(qtbot):
    hook, told = app.ExceptionHook(), []
    hook.raised.connect(told.append)
    hook.install()
    try:
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        sys.excepthook(ValueError, ValueError("here"), None)
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    finally:
        hook.uninstall()
    qtbot.waitUntil(lambda: len(told) == 2)
    assert {type(failure.error) for failure in told} == {ZeroDivisionError, ValueError}
    assert any("1 / 0" in failure.report for failure in told)


def test_garbage_collector_collects_cycles_and_gives_collecting_back(qtbot):
    parent = QObject()
    collector = app.GarbageCollector(parent)
    try:
        assert not gc.isenabled()
        collector.freeze_once()
        # more than the youngest generation may hold: 700 objects up to Python 3.12, 2000 since
        for _ in range(2 * gc.get_threshold()[0]):
            cycle: list[object] = []
            cycle.append(cycle)
        before = gc.get_count()[0]
        collector._collect()
        assert gc.get_count()[0] < before
    finally:
        collector.stop()
        gc.unfreeze()
    assert gc.isenabled()
