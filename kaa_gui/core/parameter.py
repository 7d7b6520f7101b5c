"""Describe a parameter once: title, unit, range, choices, default, sentence and formula.

A field of :class:`~kaa_gui.core.config.AttackConfig` carries its :class:`Parameter` as metadata. The range
checks, the command line's help, the window's fields and tooltips, headings of tables and
``resources/docs/parameters.md`` are made from it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Group = Literal["Attack", "Guidance", "Budget", "Refinements", "Run"]
GREY_LEVELS = 255.0
_KEY = "parameter"
_LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Range:
    """Finite numbers that a parameter may take.

    Attributes:
        low: Lower end.
        high: Upper end, included; None for no limit.
        above: Whether the lower end itself is excluded.
    """

    low: float
    high: float | None = None
    above: bool = False

    def __contains__(self, value: float) -> bool:
        """Whether a number lies in the range; never for NaN and infinity."""
        high = sys.float_info.max if self.high is None else self.high
        return (self.low < value if self.above else self.low <= value) and value <= high

    @property
    def rule(self) -> str:
        """The range in words that follow "must be", e.g. ``"from 0 to 64"``."""
        if self.high is None:
            return "positive" if self.above and self.low == 0 else f"at least {self.low:g}"
        high = "2^63 - 1" if self.high == _LARGEST_INTEGER else f"{self.high:.15g}"
        return f"above {self.low:g} and at most {high}" if self.above else f"from {self.low:g} to {high}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """The description of one parameter.

    Attributes:
        title: Label in the window and in the texts of undo.
        group: Heading that it stands under.
        says: One plain sentence: what it does.
        symbol: Letter in formulas; empty without one.
        heading: Name in tables and captions; empty takes the field's name.
        formula: What it sets, with ``<sub>`` and ``<sup>``; empty without one.
        note: Further sentences, as rich text like the formula.
        unit: Unit of its values; empty without one.
        unset: What None stands for, completing "default: ".
        form: What its values look like where neither ``choices`` nor ``known`` says all.
        placeholder: Its value in the usage line of the command line; empty takes the choices, or a default.
        range: Numbers that it may take.
        choices: Key -> title of the words that it may be; closed.
        known: Keys of the bundled entries of a registry, which checks them itself.
    """

    title: str
    group: Group
    says: str
    symbol: str = ""
    heading: str = ""
    formula: str = ""
    note: str = ""
    unit: str = ""
    unset: str = ""
    form: str = ""
    placeholder: str = ""
    range: Range | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    known: tuple[str, ...] = ()

    @property
    def tooltip(self) -> str:
        """Rich text: the sentence, then the formula, then what else there is to know."""
        return "<br>".join(part for part in (self.says, self.formula, self.note) if part)

    @property
    def values_text(self) -> str:
        """The values that it may take, in words; empty where the sentence says all."""
        words = self.form or joined((*self.choices, *self.known))
        return "; ".join(part for part in (words, "" if self.range is None else self.range.rule) if part)

    def default_text(self, default: Any) -> str:
        """Return a default in words; empty for a switch."""
        if isinstance(default, bool):
            return ""
        if default is None:
            return self.unset
        if isinstance(default, float):
            levels = default * GREY_LEVELS
            return (
                f"{levels:g}/{GREY_LEVELS:g}"
                if 0 < default < 1 and levels == round(levels)
                else f"{default:g}"
            )
        return str(default)

    def help(self, default: Any) -> str:
        """Return the help of its option: the sentence, then values, unit and default in brackets."""
        return self.option_help(self.default_text(default))

    def option_help(self, words: str) -> str:
        """Return the help of an option whose default has other words; empty for none."""
        parts = (self.values_text, self.unit, f"default: {words}" if words else "")
        said = "; ".join(part for part in parts if part)
        begin = self.says[0].lower() if self.says[1].islower() else self.says[0]
        return begin + self.says[1:].removesuffix(".") + (f" ({said})" if said else "")

    def fault(self, name: str, value: Any) -> str | None:
        """Return in one line how a value breaks range and choices, or None if it keeps to them."""
        if not (self.range or self.choices):
            return None
        if isinstance(value, str) and value in self.choices:
            return None
        if self.range is None:
            return f"{name} must be {joined(self.choices)}, got {value!r}"
        if not isinstance(value, float | int):
            return f"{name} must be {joined(('a number', *map(repr, self.choices)))}, got {value!r}"
        return None if value in self.range else f"{name} must be {self.range.rule}, got {value}"


def parameter(default: Any, described: Parameter) -> Any:
    """Return a field of a dataclass: its default, with the description as metadata."""
    return field(default=default, metadata={_KEY: described})


def described(metadata: Mapping[Any, Any]) -> Parameter:
    """Return the description that :func:`parameter` has put into a field's metadata."""
    return metadata[_KEY]


def joined(words: Mapping[str, Any] | tuple[str, ...]) -> str:
    """Return words as an enumeration, ``"a, b or c"``."""
    *first, last = words or ("",)
    return f"{', '.join(first)} or {last}" if first else last
