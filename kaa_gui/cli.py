"""The command line. No command but the window imports Qt, and heavy imports wait until they are needed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from kaa_gui.commands import COMMANDS
from kaa_gui.core.errors import KaaError

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the window when none is named.

    Returns:
        0; 2 for something the user can put right; 130 after Ctrl-C.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given or ["gui"])
    try:
        code = options.run(options)
        sys.stdout.flush()
        return code
    except KaaError as error:
        print(f"kaa-studio: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("kaa-studio: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # the reader of our output is gone; at exit Python would try to write the rest again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_USER_ERROR


class Parser(argparse.ArgumentParser):
    """A parser that reports a mistake in one line."""

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
