"""Describe a layer and the extremes of its Jacobian's rows over the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.arrays import BoolArray, FloatArray, UInt8Image

LayerKind = Literal["features", "heatmap", "coordinates"]


@dataclass(frozen=True, slots=True)
class Layer:
    """A point at which the network can be cut: a candidate for the K-limiting layer k.

    Attributes:
        index: Position on the route, 0 next to the image.
        name: Stable identifier, e.g. ``"encoder.16.2"`` or ``"heatmap"``.
        shape: Shape of one picture's activation, channels first.
        kind: Kind of activation; decides the default loss and the choice of rows.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    kind: LayerKind = "features"

    @property
    def outputs(self) -> int:
        """Number of outputs p of the layer, i.e. of rows of its Jacobian."""
        return int(np.prod(self.shape))

    def as_json(self) -> dict[str, Any]:
        """Return index, name, shape and outputs, as the command line prints them."""
        return {
            "index": self.index,
            "name": self.name,
            "shape": list(self.shape),
            "outputs": self.outputs,
        }


@dataclass(frozen=True, slots=True, eq=False)
class CorrelationField:
    """Running extremes of the Jacobian J[i, p] over the outputs p read so far.

    Attributes:
        maximum: ``(H, W, 3)`` float32, max over p; output units per unit of intensity.
        minimum: ``(H, W, 3)`` float32, min over p.
        rows_done: Rows read; when it equals ``rows_total`` the field is complete.
        rows_total: Rows asked for.
        rows: The rule that chose them.
        layer: Layer k.
        seconds_left: Estimate for the rest; None before the first chunk.
        per: Whether each channel of a pixel is judged on its own, or all three together.
        inside: ``(H, W)`` bool, pixels that may be attacked: on the picture, and in the region; fractions
            count these alone. None is all of them.
    """

    maximum: FloatArray
    minimum: FloatArray
    rows_done: int
    rows_total: int
    rows: str
    layer: Layer
    seconds_left: float | None = None
    per: Literal["channel", "pixel"] = "channel"
    inside: BoolArray | None = None

    @property
    def complete(self) -> bool:
        """Whether every requested row has been read."""
        return self.rows_done >= self.rows_total

    @property
    def strength(self) -> FloatArray:
        """Relational strength R[i] = min(max_p J, -min_p J), ``(H, W, 3)``; C(α) = [R > α]."""
        highest, lowest = self.maximum, self.minimum
        if self.per == "pixel":
            # pairwise, as numpy is slow on an axis of three
            highest = np.maximum(np.maximum(highest[..., :1], highest[..., 1:2]), highest[..., 2:])
            lowest = np.minimum(np.minimum(lowest[..., :1], lowest[..., 1:2]), lowest[..., 2:])
        return np.broadcast_to(np.minimum(highest, -lowest), self.maximum.shape)

    def alpha_keeping(self, fraction: float) -> float:
        """Return the smallest α ≥ 0 whose mask keeps at most this fraction of the values inside."""
        strength = self.strength_inside.ravel()
        count = int(np.ceil((1 - fraction) * strength.size))
        if count <= 0:
            return 0.0
        return max(0.0, float(np.partition(strength, count - 1)[count - 1]))

    def fraction_kept(self, alpha: float) -> float:
        """Return the fraction of the values inside with C(α) = 1."""
        return float((self.strength_inside > alpha).mean())

    def class_shares(self, classes: UInt8Image) -> NDArray[np.float64]:
        """Return the share of each class among the pixels that may be attacked, ``(4,)``.

        Args:
            classes: Classes as :meth:`classes` returns them.
        """
        whole = self.inside is None or bool(self.inside.all())
        inside = classes.ravel() if whole else classes[self.inside]
        return np.bincount(inside, minlength=4) / max(1, inside.size)

    @property
    def strength_inside(self) -> FloatArray:
        """Relational strength of the values that may be attacked, in any shape."""
        whole = self.inside is None or bool(self.inside.all())
        return self.strength if whole else self.strength[self.inside]

    def classes(self, alpha: float) -> UInt8Image:
        """Return each pixel's class of correlation (seed slides, steps 2 and 3).

        Args:
            alpha: Threshold, at least 0, in output units per unit of intensity.

        Returns:
            ``(H, W)`` uint8: 0 irrelevant, 1 positive only, 2 negative only, 3 both signs (relational).
            A pixel is relational when one of its channels is; else its strongest channel decides.
        """
        highest, lowest = self.maximum.max(axis=2), self.minimum.min(axis=2)
        one_sign = np.where(highest >= -lowest, np.uint8(1), np.uint8(2))
        relevant = (highest > alpha) | (lowest < -alpha)
        both = (self.strength > alpha).any(axis=2)
        return np.where(both, np.uint8(3), np.where(relevant, one_sign, np.uint8(0)))
