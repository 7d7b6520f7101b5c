"""Build the parts of the 3D scene: bodies, error arrows and the floor. Imports VTK; import it late.

Everything is made once and moved afterwards: a pose change writes into arrays that VTK reads in place.
Coordinates are the scene's: millimetres, x right, y up, z towards the viewer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkTubeFilter
from vtkmodules.vtkFiltersSources import vtkArrowSource, vtkSphereSource
from vtkmodules.vtkRenderingCore import vtkActor, vtkGlyph3DMapper, vtkPolyDataMapper, vtkRenderer

from kaa_gui.colours import Rgb, Theme, mixed, shaded
from kaa_gui.core.skeletons import Skeleton
from kaa_gui.core.types import FloatArray, Pose
from kaa_gui.scene_3d.content import BONE_RADIUS_MM, GRID_MM, JOINT_RADIUS_MM, to_scene

_GRID_CELLS = 10
_FINE = ("eye", "mouth", "ear", "pinky", "index", "thumb", "heel")
_FINE_PART = 0.5
_HIGHLIGHT_PART = 1.9
_SHADOW_WIDTH = 4.0
_ARROW_RADIUS_MM = 14.0


def rgb(colour: str) -> Rgb:
    """Return ``#rrggbb`` as numbers."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


class _Points:
    """Points that VTK reads where numpy writes."""

    def __init__(self, count: int) -> None:
        self.array = np.zeros((count, 3), np.float32)
        self._vtk_array = numpy_to_vtk(self.array)
        self.vtk = vtkPoints()
        self.vtk.SetData(self._vtk_array)

    def moved(self) -> None:
        """Tell VTK that the numbers have changed."""
        self._vtk_array.Modified()
        self.vtk.Modified()


def _lines(pairs: NDArray[np.integer]) -> vtkCellArray:
    """Return two-point lines between pairs of point indices, ``(N, 2)``."""
    cells = vtkCellArray()
    flat = np.ascontiguousarray(pairs, np.int64).ravel()
    offsets = np.arange(0, flat.size + 1, 2, dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(flat, deep=True))
    return cells


class Body:
    """One pose: tubes for bones, spheres for joints, and their shadow on the floor."""

    def __init__(
        self, renderer: vtkRenderer, skeleton: Skeleton, colour: Rgb, *, thickness: float = 1.0
    ) -> None:
        self.skeleton = skeleton
        self._thickness = thickness
        self._renderer = renderer
        self._known: NDArray[np.bool_] = np.zeros(0, bool)
        self._coloured = False
        self._fine = np.array([any(part in name for part in _FINE) for name in skeleton.joints], bool)
        self._colours = np.array(
            [shaded(colour, skeleton.side(joint)) for joint in range(len(skeleton))], np.uint8
        ).reshape(-1, 3)
        self._bone_colours = np.array(
            [shaded(colour, skeleton.bone_side(bone)) for bone in skeleton.bones], np.uint8
        ).reshape(-1, 3)
        self.points, self._floor_points = _Points(len(skeleton)), _Points(len(skeleton))
        self._sizes = np.zeros(len(skeleton), np.float32)
        self._joint_colours = self._colours.copy()
        self._bones = self._build_bones()
        self._joints = self._build_joints()
        self._shadow = self._build_shadow()
        for actor in self._actors:
            actor.VisibilityOff()
            actor.PickableOff()
            renderer.AddActor(actor)

    @property
    def _actors(self) -> tuple[vtkActor, vtkActor, vtkActor]:
        return self._bones, self._joints, self._shadow

    def _build_bones(self) -> vtkActor:
        self._bone_data = vtkPolyData()
        self._bone_data.SetPoints(self.points.vtk)
        radius = numpy_to_vtk(
            (BONE_RADIUS_MM * self._thickness * np.where(self._fine, _FINE_PART, 1)).astype(np.float32),
            deep=True,
        )
        radius.SetName("radius")
        self._bone_data.GetPointData().SetScalars(radius)
        tube = vtkTubeFilter()
        tube.SetInputData(self._bone_data)
        tube.SetVaryRadiusToVaryRadiusByAbsoluteScalar()
        tube.SetNumberOfSides(9)
        tube.CappingOn()
        mapper = vtkPolyDataMapper()
        mapper.SetInputConnection(tube.GetOutputPort())
        mapper.SetScalarModeToUseCellFieldData()
        mapper.SelectColorArray("colour")
        return _shiny(mapper)

    def _build_joints(self) -> vtkActor:
        self._joint_data = vtkPolyData()
        self._joint_data.SetPoints(self.points.vtk)
        self._vtk_sizes, self._vtk_joint_colours = (
            numpy_to_vtk(self._sizes),
            numpy_to_vtk(self._joint_colours),
        )
        self._vtk_sizes.SetName("size")
        self._vtk_joint_colours.SetName("colour")
        self._joint_data.GetPointData().AddArray(self._vtk_sizes)
        self._joint_data.GetPointData().AddArray(self._vtk_joint_colours)
        sphere = sphere_source()  # named: a port does not keep its source alive
        mapper = vtkGlyph3DMapper()
        mapper.SetInputData(self._joint_data)
        mapper.SetSourceConnection(sphere.GetOutputPort())
        mapper.SetScaleArray("size")
        mapper.SetScaleModeToScaleByMagnitude()
        mapper.SetScalarModeToUsePointFieldData()
        mapper.SelectColorArray("colour")
        return _shiny(mapper)

    def _build_shadow(self) -> vtkActor:
        self._shadow_data = vtkPolyData()
        self._shadow_data.SetPoints(self._floor_points.vtk)
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(self._shadow_data)
        actor = vtkActor()
        actor.SetMapper(mapper)
        actor.GetProperty().LightingOff()
        actor.GetProperty().SetLineWidth(_SHADOW_WIDTH)
        return actor

    def show(
        self,
        pose: Pose | None,
        *,
        visible: bool,
        highlight: str | None,
        colours: NDArray[np.uint8] | None = None,
    ) -> None:
        """Move to a pose; joints without a place (NaN) and their bones are left out.

        Args:
            pose: None hides the body.
            visible: Whether it is to be seen at all.
            highlight: Name of a joint to enlarge.
            colours: ``(J, 3)`` of the joints, in place of the body's own; a bone has the mean of its ends'.
        """
        shown = visible and pose is not None
        for actor in self._actors:
            actor.SetVisibility(shown)
        if not shown or pose is None:
            return
        places = to_scene(pose.points_mm)
        known = np.all(np.isfinite(places), axis=1)
        self.points.array[:] = np.where(known[:, None], places, 0)
        self.points.moved()
        radius = JOINT_RADIUS_MM * self._thickness
        self._sizes[:] = np.where(known, np.where(self._fine, _FINE_PART, 1.0) * radius, 0)
        own = self._colours if colours is None else colours
        self._joint_colours[:] = own
        if highlight in self.skeleton.joints and known[joint := self.skeleton.index(highlight)]:
            self._sizes[joint] = radius * _HIGHLIGHT_PART
            self._joint_colours[joint] = mixed(own[joint].tolist(), (255, 255, 255), 0.5)
        self._vtk_sizes.Modified()
        self._vtk_joint_colours.Modified()
        self._joint_data.Modified()
        if colours is not None or self._coloured or not np.array_equal(known, self._known):
            self._known, self._coloured = known, colours is not None
            self._link_bones(known, colours)

    def _link_bones(self, known: NDArray[np.bool_], joint_colours: NDArray[np.uint8] | None) -> None:
        """Draw the bones whose both ends are known."""
        bones = np.array(self.skeleton.bones, np.int64).reshape(-1, 2)
        bone_colours = self._bone_colours
        if joint_colours is not None:
            bone_colours = joint_colours[bones].mean(axis=1).astype(np.uint8)
        kept = known[bones].all(axis=1)
        cells = _lines(bones[kept])
        colours = numpy_to_vtk(bone_colours[kept], deep=True)
        colours.SetName("colour")
        self._bone_data.SetLines(cells)
        self._bone_data.GetCellData().AddArray(colours)
        self._shadow_data.SetLines(cells)

    def cast_shadow(self, level: float) -> None:
        """Put the shadow on the floor at this height."""
        self._floor_points.array[:] = self.points.array
        self._floor_points.array[:, 1] = level + 1.0  # above the grid by a millimetre
        self._floor_points.moved()

    @property
    def tubes(self) -> vtkPolyData:
        """The bones as a surface, its cells coloured by ``colour``."""
        mapper = self._bones.GetMapper()
        mapper.Update()
        return mapper.GetInput()

    @property
    def joint_data(self) -> vtkPolyData:
        """The joints as points with ``size`` and ``colour``."""
        return self._joint_data

    def scale_lines(self, factor: float) -> None:
        """Draw lines of constant width by this factor thicker."""
        self._shadow.GetProperty().SetLineWidth(_SHADOW_WIDTH * factor)

    def set_opacity(self, opacity: float) -> None:
        """Fade, or bring back with 1."""
        for actor in (self._bones, self._joints):
            actor.GetProperty().SetOpacity(opacity)

    def take_theme(self, theme: Theme) -> None:
        """Take the shadow's colour, which depends on the ground."""
        dark = theme.name == "dark"
        ground = rgb(theme.scene_bottom)
        shade = mixed(ground, (0, 0, 0), 0.45 if dark else 0.17)
        self._shadow.GetProperty().SetColor(*(value / 255 for value in shade))

    def remove(self) -> None:
        """Leave the scene."""
        for actor in self._actors:
            self._renderer.RemoveActor(actor)


def _shiny(mapper: vtkPolyDataMapper | vtkGlyph3DMapper) -> vtkActor:
    """Return an actor whose colours are the mapper's array, with a soft highlight."""
    mapper.SetColorModeToDirectScalars()
    mapper.ScalarVisibilityOn()
    actor = vtkActor()
    actor.SetMapper(mapper)
    material = actor.GetProperty()
    material.SetInterpolationToPhong()
    material.SetAmbient(0.25)
    material.SetDiffuse(0.75)
    material.SetSpecular(0.25)
    material.SetSpecularPower(25)
    return actor


def sphere_source() -> vtkSphereSource:
    """Return the sphere that a joint is, of radius 1."""
    sphere = vtkSphereSource()
    sphere.SetRadius(1.0)
    sphere.SetThetaResolution(12)
    sphere.SetPhiResolution(9)
    return sphere


class Arrows:
    """From each joint's clean place to its attacked one."""

    def __init__(self, renderer: vtkRenderer) -> None:
        self._data = vtkPolyData()
        arrow = vtkArrowSource()
        arrow.SetShaftRadius(0.3)
        arrow.SetTipRadius(1.0)
        arrow.SetTipLength(0.2)
        mapper = vtkGlyph3DMapper()
        mapper.SetInputData(self._data)
        mapper.SetSourceConnection(arrow.GetOutputPort())
        mapper.SetOrientationArray("error")
        mapper.SetOrientationModeToDirection()
        mapper.SetScaleArray("size")
        mapper.SetScaleModeToScaleByVectorComponents()
        mapper.ScalarVisibilityOff()
        self._actor = vtkActor()
        self._actor.SetMapper(mapper)
        self._actor.PickableOff()
        self._actor.VisibilityOff()
        renderer.AddActor(self._actor)

    def show(self, clean: Pose | None, attacked: Pose | None) -> None:
        """Draw the errors, or nothing if a pose is missing or the skeletons differ."""
        shown = clean is not None and attacked is not None and clean.skeleton_3d == attacked.skeleton_3d
        self._actor.SetVisibility(shown)
        if not shown or clean is None or attacked is None:
            return
        start, end = to_scene(clean.points_mm), to_scene(attacked.points_mm)
        known = np.all(np.isfinite(start), axis=1) & np.all(np.isfinite(end), axis=1)
        points = vtkPoints()
        points.SetData(numpy_to_vtk(np.ascontiguousarray(start[known]), deep=True))
        error = (end - start)[known]
        # as long as the error, but all of the same thickness
        size = np.full_like(error, _ARROW_RADIUS_MM)
        size[:, 0] = np.linalg.norm(error, axis=1)
        self._data.SetPoints(points)
        for name, values in (("error", error), ("size", size)):
            array = numpy_to_vtk(np.ascontiguousarray(values), deep=True)
            array.SetName(name)
            self._data.GetPointData().AddArray(array)
        self._data.Modified()

    @property
    def data(self) -> vtkPolyData | None:
        """Starting points of the arrows, with their ways as ``error``; None while there are none."""
        return self._data if self._actor.GetVisibility() and self._data.GetNumberOfPoints() else None

    def scale_lines(self, factor: float) -> None:
        """Arrows are solid: nothing changes."""

    def take_theme(self, theme: Theme) -> None:
        """Take the colour of text: legible on the ground of either theme."""
        self._actor.GetProperty().SetColor(*(value / 255 for value in rgb(theme.text)))


class Floor:
    """A square grid at the height of the lowest foot, fading outwards."""

    def __init__(self, renderer: vtkRenderer) -> None:
        half = _GRID_CELLS // 2
        line = np.linspace(-half, half, 2 * _GRID_CELLS + 1) * GRID_MM
        across = np.arange(-half, half + 1) * GRID_MM
        along_x = np.stack(np.broadcast_arrays(line[None], 0.0, across[:, None]), -1)
        along_z = along_x[..., ::-1]
        self._offsets = np.concatenate([along_x, along_z]).reshape(-1, 3).astype(np.float32)
        count = len(line)
        first = np.arange(len(self._offsets)).reshape(-1, count)
        pairs = np.stack([first[:, :-1], first[:, 1:]], -1).reshape(-1, 2)
        self._points = _Points(len(self._offsets))
        self._data = vtkPolyData()
        self._data.SetPoints(self._points.vtk)
        self._data.SetLines(_lines(pairs))
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(self._data)
        mapper.SetScalarModeToUsePointData()
        mapper.SetColorModeToDirectScalars()
        self._actor = vtkActor()
        self._actor.SetMapper(mapper)
        self._actor.PickableOff()
        self._actor.GetProperty().LightingOff()
        self._actor.GetProperty().SetLineWidth(1.0)
        self._actor.VisibilityOff()
        renderer.AddActor(self._actor)

    def put_under(self, body: FloatArray) -> float:
        """Put the grid under a body, ``(J, 3)``, and return its height; NaN joints do not count."""
        known = body[np.all(np.isfinite(body), axis=1)]
        self._actor.SetVisibility(bool(len(known)))
        if not len(known):
            return 0.0
        level = float(known[:, 1].min()) - BONE_RADIUS_MM
        self._points.array[:] = self._offsets + np.array([0, level, 0], np.float32)
        self._points.moved()
        return level

    def scale_lines(self, factor: float) -> None:
        """Draw the lines by this factor thicker."""
        self._actor.GetProperty().SetLineWidth(factor)

    def take_theme(self, theme: Theme) -> None:
        """Take the lines' colour."""
        reach = np.linalg.norm(self._offsets, axis=1) / (_GRID_CELLS / 2 * GRID_MM)
        opacity = np.clip(1 - reach, 0, 1) ** 0.8
        table = np.empty((len(opacity), 4), np.uint8)
        table[:, :3] = rgb(theme.floor)
        table[:, 3] = np.rint(255 * opacity)
        colours = numpy_to_vtk(table, deep=True)
        self._data.GetPointData().SetScalars(colours)
        self._data.Modified()
