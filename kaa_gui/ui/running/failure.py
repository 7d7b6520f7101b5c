"""Keep an exception for telling it in another thread."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from kaa_gui.core.errors import KaaError


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """An exception, ready to be told.

    Attributes:
        error: The exception.
        report: Its traceback.
    """

    error: BaseException
    report: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Keep an exception together with its traceback."""
        return cls(error, "".join(traceback.format_exception(error)))

    @property
    def expected(self) -> bool:
        """Whether the user can put it right; else it is a defect of ours."""
        return isinstance(self.error, KaaError)

    @property
    def line(self) -> str:
        """The failure in one line."""
        text = " ".join(str(self.error).split()) or type(self.error).__name__
        return text if self.expected else f"Unexpected {type(self.error).__name__}: {text}"
