"""Turn tensors into the values that leave the engine: numpy, read-only, channels last."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
from torch import Tensor

from kaa_gui.core.attacks.loop import Iterate
from kaa_gui.core.attacks.methods import step_count
from kaa_gui.core.attacks.spaces import PictureSpace, Space
from kaa_gui.core.correlation import Extremes
from kaa_gui.core.metrics import compare
from kaa_gui.core.types import (
    GREY_LEVELS,
    AttackConfig,
    BoolArray,
    CorrelationField,
    FloatArray,
    Layer,
    Pose,
    Snapshot,
    read_only,
)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Values that all iterates of an attack share.

    Attributes:
        clean: Pose of the clean crop.
        target: Pose wanted, for targeted attacks.
        layer: Layer k.
        mask: ``(H, W, 3)`` bool, C.
        alpha: Threshold in force; NaN where the mask needs none.
        config: Configuration in force.
        began: When the attack began, on the clock of ``time.perf_counter``.
        activation: Activation of layer k for the clean crop, as :func:`activation_image` shows it.
    """

    clean: Pose
    target: Pose | None
    layer: Layer
    mask: BoolArray
    alpha: float
    config: AttackConfig
    began: float
    activation: FloatArray | None = None


def activation_image(activation: Tensor) -> FloatArray | None:
    """Return the maximum over the channels of a ``(1, C, h, w)`` activation, ``(h, w)``; None for others."""
    if activation.ndim != 4:
        return None
    return read_only(activation.detach()[0].amax(dim=0).float().cpu().numpy())


@dataclass(frozen=True, slots=True, eq=False)
class FieldFrame:
    """Values that all stages of a growing correlation field share.

    Attributes:
        rows: The rule that chose them.
        layer: Layer k.
        on_picture: ``(H, W)`` bool, pixels of the crop that lie on the picture.
        inside: ``(H, W)`` bool, those among them that may be attacked.
        per: Whether channels are judged on their own, or together.
    """

    rows: str
    layer: Layer
    on_picture: BoolArray
    inside: BoolArray
    per: Literal["channel", "pixel"]


def field_value(extremes: Extremes, frame: FieldFrame, seconds_left: float | None) -> CorrelationField:
    """Return running extremes as the value that the views draw; zero where the crop leaves the picture."""
    # where the crop reaches beyond the picture there is nothing to perturb, hence nothing to correlate;
    # the extremes of no rows at all are infinite, and no picture
    known = frame.on_picture[:, :, None] & (extremes.done > 0)
    maximum, minimum = (
        read_only(np.where(known, image.permute(1, 2, 0).cpu().numpy(), np.float32(0)))
        for image in (extremes.maximum, extremes.minimum)
    )
    return CorrelationField(
        maximum,
        minimum,
        extremes.done,
        len(extremes.rows),
        frame.rows,
        frame.layer,
        seconds_left,
        frame.per,
        read_only(frame.inside),
    )


def snapshot_value(point: Iterate, attacked: Pose, frame: Frame, *, offset: int, space: Space) -> Snapshot:
    """Return one iterate of a batch of one as the value that the views draw.

    Args:
        point: Iterate from the loop.
        attacked: Its pose.
        frame: Values that all iterates share.
        offset: Added to the iterate's number: where this restart begins.
        space: What the attack changes.
    """
    change = space.change(point.images, point.ball.clean)[0].mul(GREY_LEVELS).permute(1, 2, 0).cpu().numpy()
    levels, cells = point.ball.levels(point.images), None
    if isinstance(space, PictureSpace):
        cells = read_only(space.cells(levels / GREY_LEVELS))
        levels = (space.crop(levels / GREY_LEVELS) * GREY_LEVELS).round().clamp(0, GREY_LEVELS)
    rounded = levels[0].byte().permute(1, 2, 0).cpu().numpy()
    number, config = point.iteration + offset, frame.config
    values = compare(
        frame.clean,
        attacked,
        frame.target,
        iteration=number,
        loss=float(point.loss[0]),
        change=change,
        success_mm=config.success_mm,
    )
    return Snapshot(
        iteration=number,
        iterations=step_count(config) + offset,
        adversarial=read_only(np.ascontiguousarray(rounded)),
        perturbation=read_only(np.ascontiguousarray(change)),
        mask=frame.mask,
        clean=frame.clean,
        attacked=attacked,
        target=frame.target,
        metrics=values,
        config=config,
        alpha=frame.alpha,
        elapsed_s=time.perf_counter() - frame.began,
        final=point.final,
        activation=activation_image(point.activation),
        clean_activation=frame.activation,
        cells=cells,
    )
