"""Convert between a slider's whole positions and the values they stand for. Knows no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of values on a slider.

    Attributes:
        low: Smallest value; above 0 on a logarithmic scale.
        high: Largest value.
        steps: Number of intervals between slider positions.
        logarithmic: Equal distances are equal ratios.
        snap: Values are whole multiples of this; 0 for none.
    """

    low: float
    high: float
    steps: int = 1000
    logarithmic: bool = False
    snap: float = 0.0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, got {self.low} and {self.high}")
        if self.logarithmic and self.low <= 0:
            raise ValueError(f"low must be above 0 on a logarithmic scale, got {self.low}")

    def value(self, position: int) -> float:
        """Return the value at a position in [0, steps]."""
        share = min(max(position / self.steps, 0.0), 1.0)
        if self.logarithmic:
            value = self.low * (self.high / self.low) ** share
        else:
            value = self.low + share * (self.high - self.low)
        if self.snap:
            value = round(value / self.snap) * self.snap
        return min(max(value, self.low), self.high)

    def position(self, value: float) -> int:
        """Return the position nearest to a value; one outside the range is at the near end."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(share * self.steps)
