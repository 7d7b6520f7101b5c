"""Define the errors that the user can act on.

A :class:`KaaError` carries one clear line: it names the input and the remedy. The command line prints
it and exits with 2; the window shows it as a notification. Every other exception is a defect of ours
and keeps its traceback.
"""

from __future__ import annotations

import re

_LONGEST, _KEPT_END = 1500, 400
"""Characters of a message; a longer one loses its middle, as the remedy stands at the end."""
_BREAKS = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
# what steers a terminal or turns the direction of writing; a carriage return alone would hide a line's start
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
    "|(?<!^)\r(?!\n|$)"
)


def one_line(text: str) -> str:
    r"""Return text from anywhere as one line: breaks as spaces, what cannot be printed as ``\x1b``."""
    return "".join(
        letter if letter.isprintable() else " " if letter.isspace() else _escaped(letter)
        for letter in _BREAKS.sub(" ", text)
    )


def without_controls(text: str) -> str:
    r"""Return text from anywhere, lines and all, that steers no terminal: controls as ``\x1b``."""
    return _CONTROLS.sub(lambda found: _escaped(found[0]), text)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


class KaaError(Exception):
    """Something the user can put right; the message says how, in one line whatever it repeats."""

    def __str__(self) -> str:
        line = one_line(super().__str__())
        if len(line) > _LONGEST:
            line = f"{line[: _LONGEST - _KEPT_END]} … {line[-_KEPT_END:]}"
        return line


class ConfigError(KaaError):
    """A parameter is out of its range, or two parameters contradict each other."""


class OutputError(ConfigError):
    """A file would be replaced that is not ours, or that is read."""


class PictureError(KaaError):
    """A picture cannot be read, is too large, or is no picture."""


class RunFolderError(KaaError):
    """The folder of a run is missing, damaged, or not that of a finished run."""


class ModelFileError(KaaError):
    """A model file is missing, damaged, not the expected one, or needs an unsupported operator."""


class NoPersonError(KaaError):
    """The detector found nobody in the picture, or not the person that was asked for."""


class AttackError(KaaError):
    """An attack cannot go on: no gradient, a zero or non-finite gradient, or an unbroken route is needed."""


class MemberError(AttackError):
    """One of several attacks in one pass cannot go on.

    Attributes:
        reason: Why, as it would be said of this attack alone.
        number: Its place in the batch, from 0.
        members: How many there are.
    """

    def __init__(self, reason: str, number: int, members: int) -> None:
        super().__init__(reason, number, members)
        self.reason, self.number, self.members = reason, number, members

    def __str__(self) -> str:
        who = "" if self.members == 1 else f"attack {self.number + 1} of {self.members}: "
        return who + self.reason


class DeviceError(KaaError):
    """The requested compute device is not there or has run out of memory."""


class DeviceMemoryError(DeviceError):
    """The compute device has run out of memory; less at once, or another device, may do."""


class SessionError(KaaError):
    """A session file cannot be read, is damaged, or holds what it should not."""
