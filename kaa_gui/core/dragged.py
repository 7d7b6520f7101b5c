"""Describe a target made by hand: the clean pose with some joints moved.

It travels as text, ``drag:left_wrist=120.5,80.2;nose=128,40`` in pixels of the crop, so that a configuration
with such a target stays hashable, can be written as JSON and typed on the command line. As crops follow
the person, the same text means the same place beside the body in every picture.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.skeletons import Skeleton
from kaa_gui.core.types import FloatArray, Pose, read_only

PREFIX = "drag:"
CROP_MARGIN_PX = 6.0
"""A target joint stays this far inside the crop: a heatmap has no peak beyond its edge."""

Places = Mapping[str, tuple[float, float]]
"""Joint -> x, y in pixels of the crop."""

_LONGEST_TEXT = 10_000
_FARTHEST_PX = 100_000.0
_ENTRY = re.compile(r"([a-z_0-9]+)=([^,=;]+),([^,=;]+)")


def is_dragged(target: str | None) -> bool:
    """Whether a configuration's target is one made by hand."""
    return target is not None and target.startswith(PREFIX)


def dragged_text(places: Places) -> str:
    """Return the target as the text that a configuration carries; a hundredth of a pixel is kept."""
    return PREFIX + ";".join(f"{joint}={x:.2f},{y:.2f}" for joint, (x, y) in places.items())


def dragged_places(text: str) -> dict[str, tuple[float, float]]:
    """Read what :func:`dragged_text` wrote.

    Raises:
        ConfigError: It is something else, too long, or without a joint.
    """
    body = text.removeprefix(PREFIX)
    if body == text or not body or len(text) > _LONGEST_TEXT:
        raise ConfigError(_rule(text))
    places = {}
    for entry in body.split(";"):
        match = _ENTRY.fullmatch(entry.strip())
        if match is None:
            raise ConfigError(_rule(text))
        places[match[1]] = (_coordinate(match[2], text), _coordinate(match[3], text))
    return places


def dragged_words(text: str) -> str:
    """Return a target made by hand in a few words for people, whatever the text holds."""
    joints = [entry.partition("=")[0].strip() for entry in text.removeprefix(PREFIX).split(";")]
    return (
        f"dragged {joints[0].replace('_', ' ')[:40]}" if len(joints) == 1 else f"{len(joints)} dragged joints"
    )


def dragged_keypoints(clean: Pose, places: Places, crop_side: float | None = None) -> FloatArray:
    """Return the key points with some of them put elsewhere.

    What hangs on a dragged joint goes along unless it is dragged itself: the hand with its wrist, the foot
    with its ankle, the face with the nose.

    Args:
        clean: The pose that was dragged at.
        places: New place of each dragged joint.
        crop_side: Keeps what has moved inside a crop of this side, pixels; None leaves it where it is.

    Returns:
        ``(K, 2)`` float32, crop pixels.

    Raises:
        ConfigError: The pose has no such joint.
    """
    skeleton, points = clean.skeleton, clean.keypoints.astype(np.float32)
    wanted = {skeleton.index(joint): np.array(place, np.float32) for joint, place in places.items()}
    for joint, place in wanted.items():
        for follower in skeleton.carried_by(joint):
            if follower not in wanted:
                points[follower] += place - clean.keypoints[joint]
    for joint, place in wanted.items():
        points[joint] = place
    if crop_side is not None:
        moved = (points != clean.keypoints).any(axis=1)
        points[moved] = points[moved].clip(CROP_MARGIN_PX, crop_side - CROP_MARGIN_PX)
    return read_only(points)


def places_between(clean: Pose, target: Pose, *, tolerance_px: float = 0.5) -> dict[str, tuple[float, float]]:
    """Return what would have to be dragged in one pose to have the key points of another.

    Args:
        clean: Pose to drag.
        target: Pose to arrive at; a joint without a place (NaN) stays.
        tolerance_px: Joints nearer than this are left alone.
    """
    names = (*_first_carriers(clean.skeleton), *clean.skeleton.joints)
    places: dict[str, tuple[float, float]] = {}
    for name in dict.fromkeys(names):
        joint = clean.skeleton.index(name)
        reached = dragged_keypoints(clean, places)[joint]
        x, y = (float(value) for value in target.keypoints[joint])
        if math.hypot(x - float(reached[0]), y - float(reached[1])) > tolerance_px:
            places[name] = (x, y)
    return places


def _first_carriers(skeleton: Skeleton) -> tuple[str, ...]:
    return tuple(name for joint, name in enumerate(skeleton.joints) if skeleton.carried_by(joint))


def _coordinate(text: str, whole: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ConfigError(_rule(whole)) from None
    # NaN is not below any limit either
    if not abs(value) <= _FARTHEST_PX:
        raise ConfigError(_rule(whole))
    return value


def _rule(text: str) -> str:
    return f"a dragged target must read drag:joint=x,y;joint=x,y in pixels of the crop, got {text[:60]!r}"
