"""Place the 3D scene's camera. Knows VTK only by the camera that it is handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF

from kaa_gui.core.targets.library import pixels_per_millimetre
from kaa_gui.core.types import FloatArray, Pose
from kaa_gui.scene_3d.content import CameraPlace, to_scene

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkCamera

CAMERAS: dict[str, tuple[float, float, float]] = {
    "Front": (0.0, 0.12, 1.0),
    "Side": (1.0, 0.12, 0.0),
    "Top": (0.0, 1.0, 0.02),
}
"""Place of the camera, as seen from the middle of the body: x right, y up, z towards the viewer."""

RESET = (0.45, 0.25, 1.0)


def stand(camera: vtkCamera, direction: tuple[float, float, float], points_mm: FloatArray) -> None:
    """Stand in a direction from a body's middle, upright, so far away that all of it is seen.

    Args:
        camera: Camera to move.
        direction: Right, up, towards the viewer.
        points_mm: ``(J, 3)``, the body; NaN joints don't count.
    """
    points = to_scene(points_mm)
    points = points[np.all(np.isfinite(points), axis=1)]
    if not len(points):
        return
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    reach = 0.62 * float(np.linalg.norm(high - low)) / _slope(camera)
    camera.ParallelProjectionOff()
    camera.SetPosition(*(middle + np.array(direction) / np.linalg.norm(direction) * reach))
    camera.SetFocalPoint(*middle)
    camera.SetViewUp(0, 1, 0)


def stand_at_picture(camera: vtkCamera, pose: Pose, seen: QRectF, aspect: float) -> None:
    """Stand where the picture was taken from, so that the 3D pose lies as its key points do.

    A single crop tells no distance: the projection is parallel, at the scale that best lays the 3D pose
    over the key points.

    Args:
        camera: Camera to move.
        pose: Pose with matching key points and 3D points.
        seen: The part of the crop that is to be seen, pixels.
        aspect: Width by height of the pane.
    """
    scale = pixels_per_millimetre(pose)
    common = [name for name in pose.skeleton_3d.joints if name in pose.skeleton.joints]
    flat = pose.keypoints[[pose.skeleton.index(name) for name in common]]
    space = pose.points_mm[[pose.skeleton_3d.index(name) for name in common], :2]
    known = np.isfinite(flat).all(axis=1) & np.isfinite(space).all(axis=1)
    if not known.any() or not np.isfinite(scale) or scale <= 0 or aspect <= 0:
        return
    origin = flat[known].mean(axis=0) - scale * space[known].mean(axis=0)
    x = (seen.center().x() - float(origin[0])) / scale
    y = -(seen.center().y() - float(origin[1])) / scale
    half_height = max(seen.height(), seen.width() / aspect) / 2 / scale
    camera.ParallelProjectionOn()
    camera.SetParallelScale(half_height)
    camera.SetFocalPoint(x, y, 0)
    # as far away as makes things as large in perspective: leaving the link then changes little
    camera.SetPosition(x, y, half_height / _slope(camera))
    camera.SetViewUp(0, 1, 0)


def camera_place(camera: vtkCamera) -> CameraPlace:
    """Return where a camera stands, as a value."""
    return CameraPlace(
        camera.GetPosition(),
        camera.GetFocalPoint(),
        camera.GetViewAngle(),
        camera.GetParallelScale() if camera.GetParallelProjection() else None,
    )


def _slope(camera: vtkCamera) -> float:
    return float(np.tan(np.deg2rad(camera.GetViewAngle() / 2)))
