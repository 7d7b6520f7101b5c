"""Measure the window against its budgets, by hand: ``python -m tests.measure_ui [--json] [--fake]``.

Needs a display (``xvfb-run -a -s "-screen 0 1280x800x24 +extension GLX"`` will do). Opens
the real window on the first sample, lets the attack run, and times what users feel:

- ``gap``: time between two turns of the event loop, beyond the probe's own millisecond;
- ``snapshot_to_view_ms``: what giving one snapshot to one view takes, the slowest view of each snapshot;
- ``alpha_to_mask_ms``: from a move of the α line to the painted overlay;
- ``stop_ms``: from Stop to a worker at rest;
- ``update_3d_ms``: from new poses to the painted 3D pane;
- ``startup_ms``: from the end of the imports to the first paint;
- ``export_gap``: the same as ``gap``, while a figure is written beside a run at rest;
- ``close_ms``: closing in the middle of a run, threads joined.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from kaa_gui.app import GarbageCollector, clean_environment
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.window.main_window import MainWindow

BUDGETS = {
    "gap_p99_ms": 16.0,
    "snapshot_to_view_ms": 5.0,
    "alpha_to_mask_ms": 16.0,
    "stop_ms": 100.0,
    "update_3d_ms": 16.0,
    "export_gap_p99_ms": 16.0,
    "startup_ms": 1000.0,
    "close_ms": 500.0,
}
_REPEATS = 8


class Turns(QObject):
    """Times the turns of the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self, interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._turn)

    def start(self) -> None:
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _turn(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1000 - 1)
        self._last = now


class Painted(QObject):
    """Waits for the next paint of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.at: float | None = None
        self._widget = widget
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and self.at is None:
            self.at = time.perf_counter()
        return False

    def remove(self) -> None:
        self._widget.removeEventFilter(self)


def wait_until(condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
    """Run the event loop until a condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(condition)
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)


def wait(seconds: float) -> None:
    """Run the event loop for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def time_until_painted(widget: QWidget, act: Callable[[], None]) -> float:
    """Return milliseconds from an act to the widget's next paint."""
    painted = Painted(widget)
    started = time.perf_counter()
    act()
    wait_until(lambda: painted.at is not None)
    painted.remove()
    return ((painted.at or started) - started) * 1000


def measure_views(window: MainWindow) -> list[float]:
    """Time every view's show_snapshot from now on; return the list that grows."""
    slowest: dict[int, float] = {}
    taken: list[float] = []
    for view in window.views.values():
        show = view.show_snapshot

        def timed(snapshot, show=show) -> None:
            started = time.perf_counter()
            show(snapshot)
            took = (time.perf_counter() - started) * 1000
            key = id(snapshot)
            slowest[key] = max(slowest.get(key, 0.0), took)
            taken.append(took)

        view.show_snapshot = timed
    return taken


def measure_alpha(window: MainWindow) -> list[float]:
    """Drag the α line about."""
    field, slider = window.state.field, window.controls.alpha.histogram
    canvas = window.views["correlation"].canvas.viewport()  # type: ignore[attr-defined]
    times, alpha = [], slider.alpha
    middle = field.alpha_keeping(0.3)  # type: ignore[union-attr]
    for alpha in np.geomspace(middle / 10, middle * 3, 5 * _REPEATS).tolist():
        times.append(time_until_painted(canvas, lambda alpha=alpha: slider.alphaDragged.emit(alpha)))
        wait(0.01)
    slider.alphaReleased.emit(alpha)
    return times


def measure_stop(window: MainWindow) -> list[float]:
    """Stop and start again."""
    times = []
    for _ in range(_REPEATS):
        run(window)
        started = time.perf_counter()
        window.conductor.stop()
        wait_until(lambda: not window.runner.busy)
        times.append((time.perf_counter() - started) * 1000)
    return times


def measure_3d(window: MainWindow) -> list[float]:
    """Move the bodies."""
    view, snapshots = window.views["skeleton_3d"], window.state._trajectory.snapshots
    pane = view.pane  # type: ignore[attr-defined]
    return [
        time_until_painted(pane, lambda snapshot=snapshot: view.show_snapshot(snapshot))
        for snapshot in snapshots[: 3 * _REPEATS]
    ]


def measure_export(window: MainWindow, folder: Path) -> list[float]:
    """Write the overview of what is on screen, as Ctrl+E does."""
    window.conductor.stop()
    wait_until(lambda: window.display.idle and not window.runner.busy)
    turns, shown = Turns(), window.state.shown_run()
    turns.start()
    for number in range(3):
        window.run_files.write_figure(shown, folder / f"{number}.pdf")
        wait_until(lambda: not window.tasks.busy)
    turns.stop()
    return turns.gaps


def run(window: MainWindow) -> None:
    """Start an attack and wait for its first iterates."""
    window.conductor.start()
    wait_until(
        lambda: (
            window.runner.phase is Phase.RUNNING
            and window.state.snapshot is not None
            and 2 < window.state.snapshot.iteration < 50
        )
    )


def measure(window: MainWindow, seconds: float, folder: Path) -> dict[str, float]:
    """Measure a window that is already attacking; files go to a folder."""
    per_view = measure_views(window)
    turns = Turns()
    run(window)
    turns.start()
    wait(seconds)
    turns.stop()
    speed = window.status._speed.per_second or float("nan")
    gaps = np.array(turns.gaps)
    results = {
        "gap_p50_ms": float(np.percentile(gaps, 50)),
        "gap_p99_ms": float(np.percentile(gaps, 99)),
        "gap_max_ms": float(gaps.max()),
        "snapshot_to_view_ms": float(np.percentile(per_view, 95)),
        "iterations_per_s": speed,
    }
    alpha = measure_alpha(window)
    results["alpha_to_mask_p50_ms"] = float(np.percentile(alpha, 50))
    results["alpha_to_mask_ms"] = float(np.percentile(alpha, 95))
    results["stop_ms"] = float(np.percentile(measure_stop(window), 95))
    results["update_3d_ms"] = float(np.percentile(measure_3d(window), 95))
    export = np.array(measure_export(window, folder))
    results["export_gap_p99_ms"] = float(np.percentile(export, 99))
    results["export_gap_max_ms"] = float(export.max())
    run(window)
    started = time.perf_counter()
    window.close()
    results["close_ms"] = (time.perf_counter() - started) * 1000
    results["joined"] = float(window.joined)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--fake", action="store_true", help="synthetic events at 12 a second")
    parser.add_argument("--seconds", type=float, default=8.0, help="of watching the event loop")
    options = parser.parse_args()
    clean_environment()
    application = QApplication(["measure_ui"])
    if options.fake:
        from tests.ui.fakes import FakeEngine

        services = FakeEngine(pause_s=0.08).services()
    else:
        from kaa_gui.wiring.engine import engine_services

        services = engine_services()
    folder = tempfile.TemporaryDirectory()
    settings = QSettings(str(Path(folder.name) / "window.ini"), QSettings.Format.IniFormat)
    settings.setValue("ask_before_close", "false")
    started = time.perf_counter()
    window = MainWindow(services, settings)
    seen: list[float] = []
    window.painted.connect(lambda: seen.append(time.perf_counter()))
    window.show()
    wait_until(lambda: bool(seen))
    collector = GarbageCollector(window)
    window.state.scene_changed.connect(collector.freeze_once)
    window.begin()
    wait_until(lambda: window.state.snapshot is not None and not window.tasks.busy)
    window.state.adopt({"iterations": 2000})
    results = {"startup_ms": (seen[0] - started) * 1000} | measure(window, options.seconds, Path(folder.name))
    collector.stop()
    application.processEvents()
    if options.json:
        print(json.dumps(results, indent=2))
        return 0
    for name, value in results.items():
        budget = BUDGETS.get(name)
        verdict = "" if budget is None else f"   budget {budget:g}   {'ok' if value <= budget else 'MISSED'}"
        print(f"{name:22} {value:9.2f}{verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
