"""Turn bodies and arrows into triangle meshes with a colour a point. Imports VTK; import it late."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkCommonExecutionModel import vtkAlgorithm
from vtkmodules.vtkFiltersCore import (
    vtkAppendPolyData,
    vtkCellDataToPointData,
    vtkGlyph3D,
    vtkTriangleFilter,
)
from vtkmodules.vtkFiltersSources import vtkArrowSource

from kaa_gui.scene_3d.bodies import Arrows, Body, sphere_source

_ARROW_GREY = 40


def body_mesh(body: Body, scale: float) -> vtkPolyData:
    """Return a body's tubes and spheres as one mesh; lengths times ``scale``."""
    tubes = vtkCellDataToPointData()
    tubes.SetInputData(body.tubes)
    joints = vtkPolyData()
    joints.ShallowCopy(body.joint_data)
    joints.GetPointData().SetActiveScalars("size")
    sphere = sphere_source()  # named: a port does not keep its source alive
    spheres = vtkGlyph3D()
    spheres.SetInputData(joints)
    spheres.SetSourceConnection(sphere.GetOutputPort())
    spheres.SetScaleModeToScaleByScalar()
    return _joined([tubes, spheres], scale)


def arrows_mesh(arrows: Arrows, scale: float) -> vtkPolyData | None:
    """Return the arrows as one dark mesh; lengths times ``scale``; None without any."""
    if arrows.data is None:
        return None
    data = vtkPolyData()
    data.ShallowCopy(arrows.data)
    colours = numpy_to_vtk(np.full((data.GetNumberOfPoints(), 3), _ARROW_GREY, np.uint8), deep=True)
    colours.SetName("colour")
    data.GetPointData().AddArray(colours)
    data.GetPointData().SetActiveVectors("error")
    arrow = vtkArrowSource()
    glyphs = vtkGlyph3D()
    glyphs.SetInputData(data)
    glyphs.SetSourceConnection(arrow.GetOutputPort())
    glyphs.SetVectorModeToUseVector()
    glyphs.SetScaleModeToScaleByVector()
    return _joined([glyphs], scale)


def _joined(parts: Sequence[vtkAlgorithm], scale: float) -> vtkPolyData:
    together = vtkAppendPolyData()
    for part in parts:
        together.AddInputConnection(part.GetOutputPort())
    triangles = vtkTriangleFilter()
    triangles.SetInputConnection(together.GetOutputPort())
    triangles.PassLinesOff()
    triangles.PassVertsOff()
    triangles.Update()
    mesh = triangles.GetOutput()
    points = vtk_to_numpy(mesh.GetPoints().GetData()) * scale
    mesh.GetPoints().SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=True))
    # the parts' arrays differ in type, and appending keeps only what is alike; points keep their order
    colours = [vtk_to_numpy(part.GetOutputDataObject(0).GetPointData().GetArray("colour")) for part in parts]
    array = numpy_to_vtk(np.ascontiguousarray(np.vstack(colours), np.uint8), deep=True)
    array.SetName("colour")
    for name in ("radius", "size", "GlyphVector", "error"):
        mesh.GetPointData().RemoveArray(name)
    mesh.GetPointData().SetScalars(array)
    return mesh
