"""The command line. No command but the window imports Qt, and heavy imports wait until they are needed."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TextIO

from kaa_gui.commands import COMMANDS
from kaa_gui.core.errors import KaaError, without_controls

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130


class StandardOutputError(KaaError):
    """Standard output cannot be written: closed, or its disk is full."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the window when none is named.

    Returns:
        0; 2 for something the user can put right; 130 after Ctrl-C.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    with _safe_streams():
        try:
            return _run(given or ["gui"])
        except KaaError as error:
            print(f"kaa-studio: {error}", file=sys.stderr)
            return EXIT_USER_ERROR
        except KeyboardInterrupt:
            print("kaa-studio: interrupted", file=sys.stderr)
            return EXIT_INTERRUPTED
        except BrokenPipeError:
            # the reader of our output is gone
            return EXIT_USER_ERROR


def _run(given: Sequence[str]) -> int:
    try:
        options = _parser().parse_args(given)
        return options.run(options)
    finally:
        # whatever --help or the command has written; an error of its own comes first
        if not isinstance(sys.exception(), Exception):
            sys.stdout.flush()


@contextmanager
def _safe_streams() -> Iterator[None]:
    """Take any text, whatever the encoding, and say in one line that standard output cannot be written."""
    _fill_closed_descriptors()
    former = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Stream(sys.stdout), _Stream(sys.stderr, needed=False)  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.stdout, sys.stderr = former


def _fill_closed_descriptors() -> None:
    """Open nothing in place of closed standard streams: files of ours would be opened in their place."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


class _Stream:
    """A standard stream that may be closed, full, or of an encoding that lacks our letters.

    Whatever goes through it may come from a file: control characters are escaped.
    """

    def __init__(self, stream: TextIO | None, *, needed: bool = True) -> None:
        """Wrap a stream.

        Args:
            stream: The stream; None is a closed one.
            needed: Whether it is an error that something cannot be written.
        """
        self._stream, self._needed, self._fault = stream, needed, ""
        if isinstance(stream, io.TextIOWrapper):
            # an epsilon on a terminal that has none, or the name of a file that is no text
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        """Write text, none of which steers a terminal; what cannot be written is told at the next flush."""
        shown = without_controls(text)
        if self._stream is None:
            self._fault = "it is closed" if text else self._fault
        else:
            self._try(self._stream, self._stream.write, shown)
        return len(text)

    def flush(self) -> None:
        """Write what is left.

        Raises:
            StandardOutputError: Something could not be written.
        """
        if self._stream is not None:
            self._try(self._stream, self._stream.flush)
        if self._fault and self._needed:
            raise StandardOutputError(
                f"standard output cannot be written ({self._fault}); write to a file or a pipe"
            )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _try(self, stream: TextIO, act: Callable[..., object], *arguments: str) -> None:
        try:
            act(*arguments)
        except OSError as error:
            # at exit Python would try to write the rest again
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if self._needed and isinstance(error, BrokenPipeError):
                raise
            self._fault = error.strerror or str(error)


class Parser(argparse.ArgumentParser):
    """A parser that reports a mistake in one line."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # of Python 3.14: its colours are control characters like any other
        self.color = False

    def error(self, message: str) -> NoReturn:
        """Exit with 2 and one line on standard error."""
        self.exit(EXIT_USER_ERROR, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="kaa-studio",
        description="Explore, understand and publish adversarial attacks on pose-estimation networks. "
        "Without a command, the window opens.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.summary, description=command.summary)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser
