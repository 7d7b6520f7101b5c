"""The command doctor."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kaa_gui.commands import doctor
from tests.commands.program import run


def test_doctor_reports_every_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_probe", lambda program: "works")
    monkeypatch.setattr(doctor, "check_display", lambda: ":7")
    assert run("doctor") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * len(lines)
    assert [line.split()[1] for line in lines] == [
        "python", "packages", "devices", "victim", "samples", "Qt", "OpenGL", "display",
    ]  # fmt: skip
    assert "hash verified" in lines[3]


def test_doctor_goes_on_after_a_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "OPENGL_PROBE", "raise SystemExit('no driver')")
    monkeypatch.setattr(doctor, "QT_PROBE", "import time; time.sleep(30)")
    monkeypatch.setattr(doctor, "PROBE_SECONDS", 0.2)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert run("doctor", "--bundle", tmp_path / "missing.task") == 2
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    wrong = [line.split()[1] for line in lines if line.startswith("FAIL")]
    assert wrong == ["victim", "Qt", "OpenGL"]
    assert lines[-1].startswith("note  display")
    assert not any("Traceback" in line for line in lines)


def test_doctor_finds_a_server_without_a_display_healthy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_probe", lambda program: "works")
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert run("doctor") == 0
    assert "xvfb-run" in capsys.readouterr().out


def test_doctor_says_what_cannot_be_imported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise ImportError("No module named 'torch'")

    monkeypatch.setattr(doctor, "_probe", lambda program: "works")
    monkeypatch.setattr(doctor, "_devices", missing)
    assert run("doctor") == 2
    assert "No module named 'torch'; install the program again" in capsys.readouterr().out
