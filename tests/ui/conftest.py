from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Sequence

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from kaa_gui.ui.model.services import Services
from kaa_gui.ui.window.main_window import MainWindow
from tests.ui.fakes import FakeEngine

# moves that follow each other within 10 ms would be left out: a test's hand is quicker than that
pg.setConfigOption("mouseRateLimit", 0)


class PatientBot(QtBot):
    """Waits for as long as a busy machine may take: what never happens fails all the same."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = 60_000) -> None:  # noqa: N802
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal, *, timeout: int = 60_000, **how):  # noqa: N802
        return super().waitSignal(signal, timeout=timeout, **how)

    def waitExposed(self, widget: QWidget, *, timeout: int = 60_000):  # noqa: N802
        return super().waitExposed(widget, timeout=timeout)


@pytest.fixture
def qtbot(qapp, request) -> PatientBot:
    return PatientBot(request)


@pytest.fixture(autouse=True)
def collect_in_this_thread() -> Iterator[None]:
    """As in the application: a worker that collects garbage would run the destructors of Qt's objects."""
    gc.disable()
    yield
    # what this test has made is all in the youngest generation
    gc.collect(0)
    gc.enable()


@pytest.fixture
def settings(tmp_path) -> QSettings:
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    # windows are closed at the end of tests, whatever their run has come to
    settings.setValue("ask_before_close", "false")
    return settings


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def services(engine) -> Services:
    """What the window can do; a module of tests that needs more has a fixture of this name."""
    return engine.services()


@pytest.fixture
def window(qtbot, services, settings) -> Iterator[MainWindow]:
    """The real window on synthetic events, shown and attacking the first sample; closed at the end."""
    threads = set(threading.enumerate())
    window = MainWindow(services, settings)
    window.painted.connect(window.begin)
    window.state.adopt({"iterations": 2000})
    window.show()
    qtbot.waitUntil(lambda: window.state.snapshot is not None and not window.tasks.busy)
    yield window
    window.close()
    assert window.joined
    assert [timer for timer in window.findChildren(QTimer) if timer.isActive()] == []
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert {thread.name for thread in threading.enumerate() if thread.is_alive()} <= {
        thread.name for thread in threads
    } | {"MainThread"}


def point_at(widget: QWidget, x: float, y: float) -> None:
    """Move the pointer to a place of a widget, no button pressed."""
    none = Qt.MouseButton.NoButton
    at = QPointF(x, y)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, widget.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(widget, event)


def leave(widget: QWidget) -> None:
    """Take the pointer away."""
    QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))


def drag(
    widget: QWidget,
    points: Sequence[tuple[float, float]],
    *,
    release: bool = True,
    held_button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press at the first point, move through the others, and let go."""
    kinds = [QEvent.Type.MouseButtonPress] + [QEvent.Type.MouseMove] * (len(points) - 1)
    if release:
        kinds.append(QEvent.Type.MouseButtonRelease)
        points = [*points, points[-1]]
    none = Qt.MouseButton.NoButton
    for kind, point in zip(kinds, points, strict=True):
        at = QPointF(*point)
        button = none if kind is QEvent.Type.MouseMove else held_button
        held = none if kind is QEvent.Type.MouseButtonRelease else held_button
        event = QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at)), button, held, modifiers)
        QApplication.sendEvent(widget, event)
