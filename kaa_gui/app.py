"""Start the window's process: QApplication, exception hooks, log and garbage collection.

Nothing here imports torch, VTK, OpenCV or matplotlib: the window is painted first.
"""

from __future__ import annotations

import gc
import logging
import logging.handlers
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import platformdirs
from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from kaa_gui.core.errors import without_controls
from kaa_gui.ui.appearance.icons import application_icon
from kaa_gui.ui.model.settings import settings_in
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.window.main_window import MainWindow
from kaa_gui.wiring.engine import engine_services

NAME = "kaa-studio"
_LOG_BYTES, _LOG_FILES = 1_000_000, 3
_COLLECT_MS = 1000
_log = logging.getLogger("kaa_gui")


def run_window(
    image: str | None = None,
    device: str = "auto",
    bundle: str | Path | None = None,
    *,
    lifter: str | Path | None = None,
    raw_colours: bool = False,
    interrupted: threading.Event | None = None,
) -> int:
    """Open the window and attack a picture; return the exit code when it is closed.

    Args:
        image: Path of the first picture or session; None takes the first sample.
        device: Device to compute on, unless the user chooses another.
        bundle: A BlazePose ``.task`` file in place of the packaged one.
        lifter: A safetensors file of a lifting network in place of the packaged one.
        raw_colours: Whether colour profiles of pictures are passed over.
        interrupted: Set if Ctrl-C came while there was no window yet; it then closes at once.
    """
    clean_environment()
    log_path = _start_log()
    application = _application()
    settings = settings_in(platformdirs.user_config_path(NAME, appauthor=False) / "window.ini")
    recovery = platformdirs.user_state_path(NAME, appauthor=False) / "recovery"
    services = engine_services(device, bundle, lifter, raw_colours=raw_colours)
    window = MainWindow(services, settings, log_path=log_path, recovery=recovery)
    hook = ExceptionHook()
    hook.raised.connect(window.workspace.tell_failure)
    hook.install()
    collector = GarbageCollector(window)
    window.state.scene_changed.connect(collector.freeze_once)
    window.painted.connect(lambda: window.begin(image))
    window.painted.connect(window.help.offer_tour)
    # the collector's timer gives Python a chance to notice the signal; the handler may run in the middle
    # of a paint, so it only asks for the window to be closed later
    signal.signal(signal.SIGINT, lambda *_: QTimer.singleShot(0, window.leave))
    window.show()
    if interrupted is not None and interrupted.is_set():
        QTimer.singleShot(0, window.leave)
    code = application.exec()
    joined = window.joined
    hook.uninstall()
    collector.stop()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # the widgets must go before the application does
    window.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if not joined:
        # a thread is still inside a library (an import, a long kernel); Python would wait for it, or
        # crash in it. Everything of ours has been written, so leave.
        _log.warning("left while a thread was still busy")
        logging.shutdown()
        os._exit(code)
    return code


def _application() -> QApplication:
    application = QApplication([NAME])
    application.setApplicationName(NAME)
    application.setApplicationDisplayName("KAA Studio")
    application.setDesktopFileName(NAME)
    application.setWindowIcon(application_icon())
    return application


def clean_environment() -> None:
    """Undo what ``import cv2`` does to Qt's environment on Linux: its plug-ins are not ours."""
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if "cv2" in os.environ.get(name, ""):
            del os.environ[name]


def _start_log() -> Path | None:
    """Write warnings and errors to a rotating file; return its path, None if it can't be written."""
    path = platformdirs.user_log_path(NAME, appauthor=False) / "window.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8", delay=True
        )
    except OSError:
        return None
    handler.setFormatter(_LogLines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    _log.addHandler(handler)
    return path


class _LogLines(logging.Formatter):
    """Writes lines that steer no terminal on which the log is read."""

    def format(self, record: logging.LogRecord) -> str:
        return without_controls(super().format(record))


class ExceptionHook(QObject):
    """Brings exceptions that nobody caught, of any thread, to the window; it stays open.

    Signals:
        raised: A :class:`Failure`.
    """

    raised = Signal(object)

    def install(self) -> None:
        """Take over the three hooks of the interpreter."""
        self._former = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = lambda _kind, error, _trace: self._tell(error)
        threading.excepthook = lambda news: self._tell(news.exc_value)
        sys.unraisablehook = lambda news: self._tell(news.exc_value)

    def uninstall(self) -> None:
        """Give them back."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._former

    def _tell(self, error: BaseException | None) -> None:
        if error is None or isinstance(error, KeyboardInterrupt | SystemExit):
            return
        failure = Failure.of(error)
        _log.error("uncaught\n%s", failure.report)
        self.raised.emit(failure)


class GarbageCollector(QObject):
    """Collects in the GUI thread only: the worker must not run the destructors of Qt objects."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._frozen = False
        gc.disable()
        self._timer = QTimer(self, interval=_COLLECT_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def freeze_once(self, _news: Any = None) -> None:
        """Leave what the imports made out of all later collections, which then take no time."""
        if not self._frozen:
            self._frozen = True
            gc.freeze()

    def stop(self) -> None:
        """Give collecting back to Python."""
        self._timer.stop()
        gc.enable()

    def _collect(self) -> None:
        for generation, (count, threshold) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)):
            if count > threshold:
                gc.collect(generation)
