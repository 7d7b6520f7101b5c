"""Describe what the 3D view shows as a value, enough to draw or write it elsewhere. Knows no VTK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kaa_gui.colours import Theme
from kaa_gui.core.types import FloatArray, Pose


@dataclass(frozen=True, slots=True)
class CameraPlace:
    """Place of a camera.

    Attributes:
        position: Position of the eye, millimetres of the scene.
        focus: Point that it looks at.
        angle: Angle of view, from top to bottom, degrees.
        half_height: Half the visible height in parallel projection, millimetres; None is perspective.
    """

    position: tuple[float, float, float]
    focus: tuple[float, float, float]
    angle: float
    half_height: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Content3D:
    """The scene of the 3D view at one moment.

    Attributes:
        poses: Those that are seen, by name.
        level_of: The pose whose lowest foot the floor is under.
        arrows: Whether the way from clean to attacked is drawn.
        attacked_colours: ``(J, 3)`` uint8 of the attacked joints in place of the body's own colour.
        highlight: Name of the joint brought out.
        camera: Place that it is seen from.
        theme: Colours of the ground.
        pane: Width and height of the pane, logical pixels: what line widths are relative to.
    """

    poses: Mapping[str, Pose]
    level_of: Pose | None
    arrows: bool
    attacked_colours: NDArray[np.uint8] | None
    highlight: str | None
    camera: CameraPlace
    theme: Theme
    pane: tuple[int, int]


BONE_RADIUS_MM = 18.0
JOINT_RADIUS_MM = 29.0
THICKNESS = {"clean": 0.86, "attacked": 1.0, "target": 0.72}
"""Thickness of the bodies; where two coincide the thicker one is seen, instead of both flickering."""

GRID_MM = 250.0
"""Between two lines of the floor."""


def to_scene(points_mm: FloatArray) -> FloatArray:
    """Turn x right, y down, z away from the camera into x right, y up, z towards the viewer."""
    return (points_mm * np.array([1, -1, -1], np.float32)).astype(np.float32)
