"""Set ε, the step and their norm; the unit follows the norm."""

from __future__ import annotations

import math
from typing import Any

from kaa_gui.core.types import GREY_LEVELS, AttackConfig
from kaa_gui.ui.controls.fields import ChoiceField, SliderField
from kaa_gui.ui.controls.scale import Scale
from kaa_gui.ui.model.parameters import Parameters

CROP_VALUES = 256 * 256 * 3
"""Values of a crop until a scene says otherwise; only for going from one norm to another."""

_RADIUS = {
    "linf": Scale(0.25, 16, logarithmic=True, snap=0.25),
    "l2": Scale(0.25, 32, logarithmic=True, snap=0.05),
}
_STEP = {
    "linf": Scale(0.05, 8, logarithmic=True, snap=0.05),
    "l2": Scale(0.05, 16, logarithmic=True, snap=0.05),
}


class RadiusField(SliderField):
    """A length: in grey levels under ℓ∞, Euclidean under ℓ2."""

    def __init__(self, name: str, *, auto: bool = False) -> None:
        self._scales = _STEP if auto else _RADIUS
        self._norm = "linf"
        super().__init__(name, self._scales["linf"], suffix="/255", factor=GREY_LEVELS, auto=auto)

    def show_parameters(self, parameters: Parameters) -> None:
        """Show the length in the unit of the norm in force."""
        norm = parameters.config.norm
        if norm != self._norm:
            self._norm = norm
            grey = norm == "linf"
            self.set_scale(
                self._scales[norm],
                decimals=2,
                suffix="/255" if grey else "",
                factor=GREY_LEVELS if grey else 1.0,
            )
        super().show_parameters(parameters)


class NormField(ChoiceField):
    """The norm; changing it turns ε into a ball in which the same RMSE is reached."""

    def __init__(self) -> None:
        super().__init__("norm")
        self.crop_values = CROP_VALUES
        self._config = AttackConfig()

    def show_parameters(self, parameters: Parameters) -> None:
        """Show the norm, and remember the radius that another norm would have to convert."""
        self._config = parameters.config
        super().show_parameters(parameters)

    def _changes(self, key: Any) -> dict[str, Any]:
        if key == self._config.norm:
            return {}
        ratio = math.sqrt(self.crop_values)
        epsilon = self._config.epsilon * ratio if key == "l2" else self._config.epsilon / ratio
        if key == "linf":
            # back on the slider's grid of quarter grey levels
            epsilon = max(0.25, round(epsilon * GREY_LEVELS * 4) / 4) / GREY_LEVELS
        return {"norm": key, "epsilon": epsilon, "step_size": None}
