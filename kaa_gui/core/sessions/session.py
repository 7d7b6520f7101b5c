"""Define a session as a value: picture, configuration, run and layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kaa_gui.core.types import AttackConfig, Picture, Run

SUFFIX = ".kaa"


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """Everything that puts the window back to where it was.

    Attributes:
        picture: Under attack.
        config: Of the attack, as set in the panel.
        person: Number of the person under attack.
        device: Where to compute, as chosen.
        run: What has been kept of the run that is shown; None before the first iterate.
        panels: Name of a panel -> whether it is shown.
        zoom: x, y, width, height in pixels of the crop that the pictures show; None is all of it.
        shown: Number of the iterate that is looked at; None follows the newest.
        made_with: Versions of what may change a pixel, and the hash of the victim's weights.
    """

    picture: Picture
    config: AttackConfig
    person: int = 0
    device: str = "auto"
    run: Run | None = None
    panels: Mapping[str, bool] = field(default_factory=dict)
    zoom: tuple[float, float, float, float] | None = None
    shown: int | None = None
    made_with: Mapping[str, str] = field(default_factory=dict)
