"""What all commands have in common: help, exit codes, one line an error."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kaa_gui import cli
from kaa_gui.commands import COMMANDS
from kaa_gui.core.errors import KaaError
from tests.commands.program import WALKING, failed, run


@pytest.mark.parametrize(
    "arguments", [("else",), ("attack",), ("attack", WALKING), ("layers", "--victim", "x")]
)
def test_incomplete_commands_exit_with_2_and_one_line(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    failed(run(*arguments), capsys)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "--help") == 0
    assert COMMANDS[command].summary in capsys.readouterr().out


def test_a_reader_that_leaves_early_is_no_crash() -> None:
    program = "import sys; from kaa_gui.cli import main; sys.exit(main(['layers', '--device', 'cpu']))"
    process = subprocess.Popen(  # noqa: S603 - our own program, our own interpreter
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait(120) == 2
    assert "Traceback" not in error
    assert "Exception ignored" not in error


def test_defects_of_ours_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(options: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setitem(
        COMMANDS, "layers", COMMANDS["layers"].__class__("x", COMMANDS["layers"].add_arguments, defect)
    )
    with pytest.raises(ZeroDivisionError):
        cli.main(["layers"])
    assert not issubclass(ZeroDivisionError, KaaError)
