"""Open, run, change, close, many times in one process: ``python -m tests.soak [--rounds N] [--fake]``.

By hand; needs a display (``xvfb-run -a -s "-screen 0 1280x800x24 +extension GLX"`` will do). Every round
opens the real window on the first sample, lets the attack run, changes ε, seed and layer, saves a session and
closes in mid-run. Prints the memory held after each tenth of the rounds. Exit code 0 when every window closed
with its threads joined and memory grew by less than 5 % from the second fifth of the rounds to the last
(medians); else 1.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication

from kaa_gui.app import GarbageCollector, clean_environment
from kaa_gui.ui.messages.debug_overlay import resident_bytes
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.model.services import Services
from kaa_gui.ui.window import main_window
from kaa_gui.ui.window.main_window import MainWindow

GROWTH = 0.05
_PATIENCE_S = 120.0


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not condition():
        QApplication.processEvents()
        if time.monotonic() > until:
            raise TimeoutError("the window did not get there")


def one_round(services: Services, folder: Path, number: int) -> bool:
    """Return whether the window closed with its threads joined."""
    settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
    settings.setValue("ask_before_close", "false")
    window = MainWindow(services, settings, recovery=folder / "recovery")
    collector = GarbageCollector(window)
    window.state.adopt({"iterations": 2000})
    window.painted.connect(window.begin)
    window.show()
    state = window.state
    wait_until(lambda: state.snapshot is not None and state.snapshot.iteration >= 2 and not window.tasks.busy)
    wait_until(lambda: all(view.populated for view in window.views.values() if view.isVisible()))
    state.apply(Edit({"epsilon": (2 + number % 3) / 255}, new_gesture()))
    window.sessions.save(folder / "soak.kaa")
    wait_until(lambda: not window.tasks.busy)
    state.apply(Edit({"seed": number + 1}, new_gesture()))
    wait_until(lambda: state.snapshot is not None and state.snapshot.config.seed == number + 1)
    window.pipeline.previous_layer()
    wait_until(lambda: state.snapshot is not None and state.scene.layer.index < len(state.scene.layers) - 1)
    window.leave()
    joined = window.joined
    collector.stop()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    give_back()
    return joined


def give_back() -> None:
    """Have glibc return what is free: otherwise its caches would look like growth."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--fake", action="store_true", help="synthetic events instead of the network")
    options = parser.parse_args()
    clean_environment()
    # a busy machine may be in the middle of a long kernel
    main_window._CLOSE_S = 30.0
    application = QApplication(["soak"])
    if options.fake:
        from tests.ui.fakes import FakeEngine

        services = FakeEngine().services()
    else:
        from kaa_gui.wiring.engine import engine_services

        services = engine_services()
    held: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            if not one_round(services, Path(folder), number):
                print(f"round {number + 1}: a thread was still busy")
                return 1
            held.append(resident_bytes() or 0)
            if (number + 1) % max(1, options.rounds // 10) == 0:
                print(f"round {number + 1:3}: {held[-1] / 2**20:6.0f} MB", flush=True)
    application.processEvents()
    left = [thread.name for thread in threading.enumerate() if thread.name in ("attack", "tasks")]
    fifth = max(1, len(held) // 5)
    growth = statistics.median(held[-fifth:]) / max(1.0, statistics.median(held[fifth : 2 * fifth])) - 1
    print(f"memory growth {growth:+.1%} (limit {GROWTH:.0%}); threads left: {', '.join(left) or 'none'}")
    return int(growth >= GROWTH or bool(left))


if __name__ == "__main__":
    sys.exit(main())
