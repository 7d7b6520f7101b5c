"""Write the 3D scene as a picture of any size, or as glTF. Imports VTK; import it late.

A scene of its own is built from the content, so that nothing on screen is touched. A picture is drawn in
tiles, one at a time: between two of them the window may do other things, or give up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Generator
from pathlib import Path

import numpy as np
import vtkmodules.vtkRenderingOpenGL2
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkIOExport import vtkGLTFExporter
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer, vtkRenderWindow

from kaa_gui.colours import POSE_COLOURS
from kaa_gui.core.errors import KaaError
from kaa_gui.core.types import Pose, UInt8Image
from kaa_gui.scene_3d.bodies import Arrows, Body, Floor, rgb
from kaa_gui.scene_3d.content import THICKNESS, Content3D, to_scene
from kaa_gui.scene_3d.meshes import arrows_mesh, body_mesh

_TILE = 512
_FINER = 2  # each tile is drawn this much larger and averaged: smooth edges on every graphics driver
_THICKEST_LINE = 4
_METRES = 1e-3

Progress = Generator[float, None, None]
"""Yields the fraction done; may be closed at any time."""


class ScenePicture:
    """Draws the content at a width and height in device pixels, tile by tile.

    Attributes:
        pixels: ``(height, width, 3)`` uint8; complete when :meth:`draw` has ended.
    """

    def __init__(self, content: Content3D, width: int, height: int) -> None:
        self.pixels: UInt8Image = np.zeros((height, width, 3), np.uint8)
        self._content = content
        self._count = max(1, math.ceil(max(width, height) / _TILE))
        self._tile = (math.ceil(width / self._count), math.ceil(height / self._count))
        self._ground = (content.theme.scene_bottom, content.theme.scene_top)
        # lines are as thick as on screen, measured by the picture's height
        self._line_scale = height / max(1, content.pane[1])
        # a thick line that leaves a tile is cut off squarely: tiles overlap by that much
        self._edge = math.ceil(_THICKEST_LINE * self._line_scale) + 2

    def draw(self) -> Progress:
        """Draw one tile a step; yield the fraction done. Closed early, it leaves nothing behind."""
        renderer, window = vtkRenderer(), vtkRenderWindow()
        window.SetOffScreenRendering(True)
        window.SetMultiSamples(0)
        window.AddRenderer(renderer)
        window.SetSize(*((side + 2 * self._edge) * _FINER for side in self._tile))
        try:
            fill_scene(renderer, self._content, line_scale=_FINER * self._line_scale)
            renderer.ResetCameraClippingRange()
            for place in range(self._count**2):
                self._draw_tile(renderer, window, *divmod(place, self._count))
                yield (place + 1) / self._count**2
        finally:
            window.RemoveRenderer(renderer)
            window.Finalize()

    def _draw_tile(self, renderer: vtkRenderer, window: vtkRenderWindow, row: int, column: int) -> None:
        """Draw the tile in a row from the bottom and a column from the left."""
        (width, height), edge = self._tile, self._edge
        self._aim(renderer, row, column)
        window.Render()
        across, down = width + 2 * edge, height + 2 * edge
        values = vtkUnsignedCharArray()
        window.GetPixelData(0, 0, across * _FINER - 1, down * _FINER - 1, 0, values, 0)
        fine = vtk_to_numpy(values).reshape(down, _FINER, across, _FINER, 3)
        drawn = fine.mean(axis=(1, 3), dtype=np.float32).round().astype(np.uint8)[::-1]
        drawn = drawn[edge : edge + height, edge : edge + width]
        # the tiles' common height may exceed the picture's by a few rows, cut off at the top; so for columns
        above = self._count * height - len(self.pixels)
        first = (self._count - 1 - row) * height - above
        cut = max(0, -first)
        target = self.pixels[first + cut : first + height, column * width : (column + 1) * width]
        target[:] = drawn[cut : cut + target.shape[0], : target.shape[1]]

    def _aim(self, renderer: vtkRenderer, row: int, column: int) -> None:
        """Turn camera and background to a tile and the edge around it."""
        count, (width, height), edge = self._count, self._tile, self._edge
        camera, place = renderer.GetActiveCamera(), self._content.camera
        part = (height + 2 * edge) / (count * height)
        if place.half_height is None:
            camera.SetViewAngle(2 * math.degrees(math.atan(math.tan(math.radians(place.angle / 2)) * part)))
        else:
            camera.SetParallelScale(place.half_height * part)
        camera.SetWindowCenter(
            *(
                (2 * at - (count - 1)) * side / (side + 2 * edge)
                for at, side in ((column, width), (row, height))
            )
        )
        # each tile has its part of the gradient behind
        bottom, top = (np.array(rgb(shade)) / 255 for shade in self._ground)
        for at, put in ((row, renderer.SetBackground), (row + 1, renderer.SetBackground2)):
            beyond = edge if at > row else -edge
            level = (at * height + beyond) / (count * height)
            put(*np.clip(bottom + (top - bottom) * level, 0, 1).tolist())


def fill_scene(renderer: vtkRenderer, content: Content3D, *, line_scale: float = 1.0) -> list[Body]:
    """Put the content into a renderer, its camera included; return the bodies, in the poses' order."""
    renderer.GradientBackgroundOn()
    bodies = [_body(renderer, name, content) for name in content.poses]
    floor, arrows = Floor(renderer), Arrows(renderer)
    for part in (floor, arrows, *bodies):
        part.take_theme(content.theme)
        part.scale_lines(line_scale)
    if content.level_of is not None:
        level = floor.put_under(to_scene(content.level_of.points_mm))
        for body in bodies:
            body.cast_shadow(level)
    clean, attacked = _way(content)
    arrows.show(clean, attacked)
    camera, place = renderer.GetActiveCamera(), content.camera
    camera.SetPosition(*place.position)
    camera.SetFocalPoint(*place.focus)
    camera.SetViewUp(0, 1, 0)
    camera.SetViewAngle(place.angle)
    camera.SetParallelProjection(place.half_height is not None)
    if place.half_height is not None:
        camera.SetParallelScale(place.half_height)
    return bodies


def write_gltf(content: Content3D, path: Path) -> None:
    """Write the bodies and arrows as glTF 2.0: metres, y up, one named node each, all in one file.

    Args:
        content: Content that is seen.
        path: Path to write to; the caller renames it.

    Raises:
        KaaError: Nothing is seen, or the file could not be written.
    """
    stage, renderer, window = vtkRenderer(), vtkRenderer(), vtkRenderWindow()
    bodies = fill_scene(stage, content)
    meshes: dict[str, vtkPolyData] = {
        name: body_mesh(body, _METRES) for name, body in zip(content.poses, bodies, strict=True)
    }
    arrows = Arrows(stage)
    arrows.show(*_way(content))
    if (ways := arrows_mesh(arrows, _METRES)) is not None:
        meshes["arrows"] = ways
    if not meshes:
        raise KaaError("the 3D scene is empty: switch a pose on first")
    window.SetOffScreenRendering(True)
    window.AddRenderer(renderer)
    for mesh in meshes.values():
        mapper, actor = vtkPolyDataMapper(), vtkActor()
        mapper.SetInputData(mesh)
        mapper.SetColorModeToDirectScalars()
        actor.SetMapper(mapper)
        renderer.AddActor(actor)
    exporter = vtkGLTFExporter()
    exporter.SetRenderWindow(window)
    exporter.SetFileName(str(path))
    exporter.InlineDataOn()
    exporter.Write()
    _name_nodes(path, list(meshes))


def _name_nodes(path: Path, names: list[str]) -> None:
    """Call the meshes by what they are, and check by the way that the file can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if len(document["meshes"]) != len(names):
            raise ValueError(f"{len(document['meshes'])} meshes instead of {len(names)}")
        for node in document["nodes"]:
            if "mesh" in node:
                node["name"] = document["meshes"][node["mesh"]]["name"] = names[node["mesh"]]
        path.write_text(json.dumps(document), encoding="utf-8")
    except (OSError, ValueError, KeyError) as error:
        # VTK doesn't tell of a file that it couldn't end
        raise KaaError(
            f"{path.name}: the scene cannot be written whole; make room on the disk, or choose another folder"
        ) from error


def _body(renderer: vtkRenderer, name: str, content: Content3D) -> Body:
    pose = content.poses[name]
    body = Body(renderer, pose.skeleton_3d, POSE_COLOURS[name], thickness=THICKNESS[name])
    colours: NDArray[np.uint8] | None = content.attacked_colours if name == "attacked" else None
    body.show(pose, visible=True, highlight=content.highlight, colours=colours)
    return body


def _way(content: Content3D) -> tuple[Pose | None, Pose | None]:
    """Return from where to where the arrows go; twice None without them."""
    if not content.arrows:
        return None, None
    return content.level_of, content.poses.get("attacked")


_ = vtkmodules.vtkRenderingOpenGL2
