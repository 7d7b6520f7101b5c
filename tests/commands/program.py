"""Run the program's commands as its tests do."""

from __future__ import annotations

from pathlib import Path

import pytest

from kaa_gui import cli
from kaa_gui.core.pictures.samples import list_samples

WALKING = str(next(iter(list_samples().values())))
QUICK = ("--device", "cpu", "--iterations", "2", "--views", "0", "--rows", "joint:12")
FILES = ["README.txt", "adversarial.png", "clean.png", "figure.pdf", "perturbation.npz", "run.json"]


def run(*arguments: object) -> int:
    """Run a command in this process, its early exits included."""
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as exit_:
        return int(exit_.code or 0)


def attack(out: Path, *more: object) -> int:
    """Attack the first sample, quickly, into a folder."""
    return run("attack", WALKING, "--out", out, *QUICK, *more)


def failed(code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line of an error."""
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.endswith("\n")
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("kaa-studio")
    return captured.err
