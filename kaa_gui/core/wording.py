"""Put norms, radii, targets and the criterion of success into words, for files, figures and tables alike."""

from __future__ import annotations

from pathlib import Path

from kaa_gui.core.config import PARAMETERS
from kaa_gui.core.dragged import is_dragged
from kaa_gui.core.types import GREY_LEVELS

NORM_TITLES = PARAMETERS["norm"].choices
PROTOCOLS = {"walk": "#1", "sit": "#2"}
"""The slides' numbers of the two targets."""


def norm_title(norm: str) -> str:
    """Return a norm as it is printed."""
    return NORM_TITLES.get(norm, norm)


def radius_text(norm: str, epsilon: float) -> str:
    """Return ε with its unit: grey levels under l∞, a Euclidean length of intensities under l2."""
    return f"{epsilon * GREY_LEVELS:g}/{GREY_LEVELS:g}" if norm == "linf" else f"{epsilon:g}"


def target_name(target: str) -> str:
    """Return a target's name; a file goes by its own, as a path tells of a machine, not of an attack."""
    if is_dragged(target):
        return "dragged"
    path = Path(target)
    return path.stem if path.suffix else target


def target_text(target: str) -> str:
    """Return a target as figures name it: with the slides' protocol where it has one."""
    name = target_name(target)
    return f"{name} (Protocol {PROTOCOLS[name]})" if target in PROTOCOLS else name


def criterion_text(goal: str, limits: str, *, whose: str = "the 3D pose") -> str:
    """Return when an attack counts as a success.

    Args:
        goal: ``"non-target"`` or ``"target"``.
        limits: Thresholds in millimetres.
        whose: Subject of the sentence: what is judged.
    """
    if goal == "non-target":
        return f"{whose} is more than {limits} mm (MPJPE) from the clean one"
    return f"{whose} is less than {limits} mm (MPJPE) from the target's, and nearer than the clean one"
