"""What all commands have in common: help, exit codes, one line an error."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

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


def started(*arguments: str, where: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own; ``where`` redirects its output."""
    program = f"import sys; from kaa_gui.cli import main; sys.exit(main({list(arguments)}))"
    return subprocess.run(  # noqa: S603 - our own program, our own interpreter
        ["/bin/sh", "-c", f'"$0" -c "$1" {where}', sys.executable, program],
        capture_output=True,
        encoding="cp1252",
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        timeout=120,
        check=False,
    )


posix = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


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


@posix
@pytest.mark.parametrize(
    ("command", "where", "why"),
    [
        (("attack", "--help"), "> /dev/full", os.strerror(errno.ENOSPC)),
        (("layers", "--device", "cpu"), "> /dev/full", os.strerror(errno.ENOSPC)),
        (("attack", "--help"), ">&-", "it is closed"),
    ],
)
def test_output_that_cannot_be_written_is_one_line(command: tuple[str, ...], where: str, why: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no full device here")
    process = started(*command, where=where)
    assert (process.returncode, process.stdout) == (2, "")
    (line,) = process.stderr.splitlines()
    assert line.startswith(f"kaa-studio: standard output cannot be written ({why})")


@posix
def test_a_full_terminal_ends_no_work() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no full device here")
    assert started("layers", "--victim", "none", where="2> /dev/full").returncode == 2


@posix
def test_letters_that_the_terminal_lacks_are_escaped() -> None:
    process = started("attack", "--help", PYTHONIOENCODING="cp1252")
    assert (process.returncode, process.stderr) == (0, "")
    assert r"\u03b5" in process.stdout


def test_text_from_files_steers_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(options: object) -> int:
        sys.stdout.write("a\x1b]0;pwned\x07\u202e b\tc\n")
        sys.stderr.write("d\x9b2J\n")
        return 0

    layers = COMMANDS["layers"]
    monkeypatch.setitem(COMMANDS, "layers", layers.__class__("x", layers.add_arguments, told))
    assert run("layers") == 0
    captured = capsys.readouterr()
    assert captured.out == "a\\x1b]0;pwned\\x07\\u202e b\tc\n"
    assert captured.err == "d\\x9b2J\n"


def test_defects_of_ours_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(options: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setitem(
        COMMANDS, "layers", COMMANDS["layers"].__class__("x", COMMANDS["layers"].add_arguments, defect)
    )
    with pytest.raises(ZeroDivisionError):
        cli.main(["layers"])
    assert not issubclass(ZeroDivisionError, KaaError)
