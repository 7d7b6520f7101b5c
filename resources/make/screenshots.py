"""Make the README's screenshots: the real window on the real network, light and dark.

``xvfb-run -a -s "-screen 0 1920x1080x24 +extension GLX" python -m resources.make.screenshots`` writes
``resources/docs/*.webp``. ``--every FOLDER`` writes, to be looked at, every panel and dialog in three sizes
of the window instead; ``QT_SCALE_FACTOR`` sets the scale, for which the screen must have room.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QEvent, QIODevice, QSettings, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QDialog

from kaa_gui.app import clean_environment
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.window.main_window import MainWindow
from kaa_gui.wiring.engine import engine_services

FOLDER = Path(__file__).resolve().parent.parent / "docs"
SIZE = (1440, 900)
SIZES = ((1024, 720), SIZE, (1920, 1080))
DIALOGS = ("figure_dialog", "presets", "change_shortcuts", "shortcuts", "palette", "about")
MOST_BYTES = 300_000
_PATIENCE_S = 300.0


def wait_until(condition: Callable[[], bool]) -> None:
    """Let the window work until a condition holds."""
    until = time.monotonic() + _PATIENCE_S
    while not condition():
        QApplication.processEvents()
        if time.monotonic() > until:
            raise TimeoutError("the window did not get there")


def settle(window: MainWindow, seconds: float = 1.5) -> None:
    """Let notices, delayed layouts and smooth edges come to rest."""
    until = time.monotonic() + seconds
    wait_until(lambda: window.display.idle and time.monotonic() > until)


def write(pixmap: QPixmap, name: str) -> None:
    """Write a picture of the window as WebP, as good as fits."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    pixmap.save(buffer, "PNG")
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(buffer.data().data())
        file.flush()
        image = Image.open(file.name).convert("RGB")
    path = FOLDER / f"{name}.webp"
    for quality in (92, 86, 80, 70, 60):
        image.save(path, quality=quality, method=6)
        if path.stat().st_size <= MOST_BYTES:
            break
    print(f"{path.relative_to(FOLDER.parent.parent)}: {path.stat().st_size / 1000:.0f} kB")


def open_window(settings: QSettings, iterations: int) -> MainWindow:
    """Open the window on the first sample and let its run come to an end."""
    window = MainWindow(engine_services("cpu"), settings)
    window.painted.connect(window.begin)
    window.state.adopt({"iterations": iterations, "epsilon": 4 / 255})
    window.resize(*SIZE)
    window.show()
    wait_until(lambda: window.runner.phase is Phase.FINISHED and not window.tasks.busy)
    settle(window)
    return window


def write_every(window: MainWindow, folder: Path) -> None:
    """Write each panel in its place, and each dialog, light and dark and in three sizes of the window."""
    scale = window.devicePixelRatioF()
    for scheme in ("dark", "light"):
        window.looks.set_theme(scheme)
        for width, height in SIZES:
            window.resize(width, height)
            window.docks.arrange()
            name = f"{scheme}-{width}-x{scale:g}"
            settle(window)
            window.grab().save(str(folder / f"{name}.png"))
            for panel, dock in window.docks.items():
                if dock.isHidden():
                    window.docks.reveal(panel)
                    settle(window)
                    window.grab().save(str(folder / f"{name}-{panel}.png"))
        for action in DIALOGS:
            write_dialog(window, action, folder / f"{scheme}-x{scale:g}-{action}.png")


def write_dialog(window: MainWindow, action: str, path: Path) -> None:
    """Open a dialog by its action, write it and close it."""
    before = {widget for widget in QApplication.topLevelWidgets() if widget.isVisible()}

    def take() -> None:
        for widget in set(QApplication.topLevelWidgets()) - before:
            if isinstance(widget, QDialog) and widget.isVisible():
                settle(window)
                widget.grab().save(str(path))
                widget.close()

    QTimer.singleShot(500, take)
    window.commands.actions[action].trigger()
    settle(window, 3)


def main() -> None:
    """Write all screenshots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, default=40)
    parser.add_argument("--every", type=Path, metavar="FOLDER", help="write every panel and dialog instead")
    options = parser.parse_args()
    clean_environment()
    FOLDER.mkdir(exist_ok=True)
    application = QApplication(["screenshots"])
    application.setApplicationDisplayName("KAA Studio")
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "window.ini"), QSettings.Format.IniFormat)
        settings.setValue("ask_before_close", "false")
        window = open_window(settings, options.iterations)
        if options.every:
            options.every.mkdir(parents=True, exist_ok=True)
            write_every(window, options.every)
        for scheme in () if options.every else ("dark", "light"):
            window.looks.set_theme(scheme)
            settle(window)
            write(window.grab(), f"window-{scheme}")
        window.leave()
        window.deleteLater()
        application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


if __name__ == "__main__":
    main()
