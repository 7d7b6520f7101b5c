"""Hold a run's numbers by iteration, ready to be drawn, and list the quantities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.types import Metrics


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that has a value at each iteration.

    Attributes:
        field: Name in :class:`Metrics`.
        title: Title for menus.
        label: Short, for the read-out.
        unit: Empty for a pure number.
        hint: Explanation of the quantity.
    """

    field: str
    title: str
    label: str
    unit: str
    hint: str


QUANTITIES: tuple[Quantity, ...] = (
    Quantity(
        "pose_error_mm",
        "Pose error",
        "error",
        "mm",
        "MPJPE: mean distance from the clean 3D pose, millimetres",
    ),
    Quantity(
        "displacement_px",
        "Displacement",
        "moved",
        "px",
        "Mean distance of the visible 2D joints from the clean pose, pixels of the crop",
    ),
    Quantity("loss", "Loss", "loss", "", "What the attack ascends (non-target) or descends (target)"),
    Quantity(
        "perturbation_rmse",
        "Image RMSE",
        "RMSE",
        "grey levels",
        "Root mean square of the perturbation, grey levels (0-255)",
    ),
    Quantity(
        "perturbation_max",
        "Largest change",
        "max",
        "grey levels",
        "Largest absolute change, grey levels (0-255)",
    ),
)


class Track:
    """Growing arrays of one run's metrics; appending is amortised O(1)."""

    def __init__(self) -> None:
        self._values = np.empty((256, len(QUANTITIES) + 1))
        self._first: Metrics | None = None
        self._length = 0
        self.first_success: int | None = None

    def __len__(self) -> int:
        return self._length

    def continues(self, metrics: Sequence[Metrics]) -> bool:
        """Return whether these are the same run's numbers, and possibly more of them."""
        return self._length == 0 or (len(metrics) >= self._length and metrics[0] is self._first)

    def extend(self, metrics: Sequence[Metrics]) -> None:
        """Append what is new."""
        if len(metrics) > len(self._values):
            grown = np.empty((2 * len(metrics), self._values.shape[1]))
            grown[: self._length] = self._values[: self._length]
            self._values = grown
        for row in range(self._length, len(metrics)):
            item = metrics[row]
            self._values[row] = (item.iteration, *(getattr(item, entry.field) for entry in QUANTITIES))
            if item.success and self.first_success is None:
                self.first_success = item.iteration
        self._first = metrics[0] if metrics else None
        self._length = len(metrics)

    @property
    def iterations(self) -> NDArray[np.float64]:
        """Iteration numbers."""
        return self._values[: self._length, 0]

    def series(self, quantity: int) -> NDArray[np.float64]:
        """Values of a quantity, by its place in :data:`QUANTITIES`."""
        return self._values[: self._length, quantity + 1]
