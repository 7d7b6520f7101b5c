"""Write ``resources/docs/parameters.md``, the reference of all parameters, from their descriptions.

python resources/make/parameters_page.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from kaa_gui.commands.evaluate import ATTACK_LISTS
from kaa_gui.commands.options import flag
from kaa_gui.core.config import PARAMETERS, AttackConfig
from kaa_gui.core.parameter import Group, Parameter

PAGE = Path(__file__).parents[1] / "docs" / "parameters.md"
_HEAD = """\
# Parameters

Every parameter of an attack. Its name is the field in `run.json` and in plan files and the column in an
evaluation's rows. This page is made by `python resources/make/parameters_page.py` from the fields of
`AttackConfig` (`kaa_gui/core/config.py`), as the command line's help and the window's tooltips are.

x is the clean crop, x̃ the attacked one, F<sup>k</sup> the network up to layer k, J the Jacobian
∂F<sup>k</sup>/∂x, and R the relational strength min(max<sub>p</sub> J, −min<sub>p</sub> J).
"""
_DEFAULTS: dict[str, Any] = {item.name: item.default for item in fields(AttackConfig)}
_DEFAULTS |= {"person": 0, "device": "auto"}


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join((_HEAD, *(line for group in get_args(Group) for line in _group(group))))


def _group(group: str) -> Iterator[str]:
    yield f"## {group}\n"
    for name, known in PARAMETERS.items():
        if known.group == group:
            yield from _entry(name, known)


def _entry(name: str, known: Parameter) -> Iterator[str]:
    yield f"### {known.title}: `{name}`\n"
    for part in (known.says, known.formula, known.note):
        if part:
            # h* is no emphasis
            yield part.replace("*", "\\*") + "\n"
    several = "; several values in `evaluate`" if name in ATTACK_LISTS else ""
    yield f"- Option: `{flag(name)}`{several}"
    switch = isinstance(_DEFAULTS[name], bool)
    default = "off" if switch else known.default_text(_DEFAULTS[name])
    for title, words in (("Values", known.values_text), ("Unit", known.unit), ("Default", default)):
        if words:
            yield f"- {title}: {words}"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"written {PAGE}")
