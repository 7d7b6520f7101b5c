"""Escape plain text for LaTeX, and spell what its fonts lack as commands."""

from __future__ import annotations

import re

_GREEK = {
    "αβγδζηθικλμνξπρστυχψω": "alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi pi rho "
    "sigma tau upsilon chi psi omega",
    "ΓΔΘΛΞΠΣΦΨΩ": "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega",
    "εφµ": "varepsilon varphi mu",
}
_SYMBOLS = {
    "→": r"\to",
    "←": r"\leftarrow",
    "≤": r"\le",
    "≥": r"\ge",
    "≠": r"\ne",
    "≈": r"\approx",
    "×": r"\times",
    "÷": r"\div",
    "±": r"\pm",
    "·": r"\cdot",
    "−": "-",
    "∞": r"\infty",
    "ℓ": r"\ell",
    "‖": r"\|",
    "°": r"^{\circ}",
    "∈": r"\in",
    "∂": r"\partial",
    "∇": r"\nabla",
    "√": r"\surd",
    "∑": r"\sum",
    "₂": "_{2}",
    "¹": "^{1}",
    "²": "^{2}",
    "³": "^{3}",
    "<": "<",
    ">": ">",
    "|": "|",
}
_COMMANDS = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    '"': r"\char34{}",
    "ℓ∞": r"$\ell_\infty$",
    "ℓ2": r"$\ell_2$",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "\xa0": "~",
}
ESCAPES: dict[str, str] = {
    **_COMMANDS,
    **{symbol: f"${command}$" for symbol, command in _SYMBOLS.items()},
    **{
        letter: f"$\\{name}$"
        for letters, names in _GREEK.items()
        for letter, name in zip(letters, names.split(), strict=True)
    },
}
"""Longer keys win over shorter ones. What stands in none goes through: LaTeX reads UTF-8."""

_LIGATURE = "-(?=-)"
_PATTERN = re.compile("|".join([_LIGATURE, *map(re.escape, sorted(ESCAPES, key=len, reverse=True))]))


def latex_text(text: str) -> str:
    """Return text that LaTeX prints as it stands, whatever characters it has."""
    # the one that is no key is a hyphen before another: LaTeX would make a dash of both
    return _PATTERN.sub(lambda found: ESCAPES.get(found.group(), r"-\kern0pt{}"), text)
