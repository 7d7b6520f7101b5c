"""The command gui, before there is a window."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kaa_gui.commands import gui
from kaa_gui.core.errors import DeviceError
from tests.commands.program import failed, run


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # pytest's folders are too deep for the address of a socket
    with TemporaryDirectory() as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


def test_no_display_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in failed(run("gui"), capsys)


@pytest.mark.skipif(find_library("xcb") is None, reason="the library of X is not there")
@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize(
    ("variable", "name"), [("DISPLAY", ":54321"), ("DISPLAY", "nonsense"), ("WAYLAND_DISPLAY", "wayland-321")]
)
def test_display_that_nobody_answers_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    monkeypatch.setenv(variable, name)
    assert f"none answers at {variable} {name}" in failed(run("gui"), capsys)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets here")
def test_display_that_answers_will_do(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":54321")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-5")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(runtime / "wayland-5"))
        server.listen()
        assert gui.check_display() == "wayland-5"
        monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
        with pytest.raises(DeviceError, match="DISPLAY :54321"):
            gui.check_display()


def test_platform_without_a_display_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":54321")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert gui.check_display() == "offscreen"
