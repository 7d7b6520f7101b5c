from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOGeometry import vtkGLTFReader

from kaa_gui.colours import LIGHT, POSE_COLOURS, shaded
from kaa_gui.core.errors import KaaError
from kaa_gui.scene_3d import files as scene_files_3d
from kaa_gui.scene_3d.content import CameraPlace, Content3D, to_scene
from kaa_gui.scene_3d.files import ScenePicture, write_gltf
from tests.ui import values

PERSPECTIVE = CameraPlace((900, 600, 3600), (0, 0, 0), 30, None)
PARALLEL = CameraPlace((0, 0, 4000), (0, 0, 0), 30, 1000.0)


@pytest.fixture
def content(qapp) -> Content3D:
    shown = values.snapshot(12, target=True)
    poses = {"clean": shown.clean, "attacked": shown.attacked, "target": shown.target}
    return Content3D(poses, shown.clean, True, None, "left_wrist", PERSPECTIVE, LIGHT, (400, 300))


def read_meshes(path) -> list:
    """Return the meshes of a glTF file, in order."""
    reader = vtkGLTFReader()
    reader.SetFileName(str(path))
    reader.Update()
    scene = reader.GetOutput()
    walk, meshes = scene.NewIterator(), []
    walk.InitTraversal()
    while not walk.IsDoneWithTraversal():
        meshes.append(walk.GetCurrentDataObject())
        walk.GoToNextItem()
    return meshes


def picture(content: Content3D, width: int, height: int) -> np.ndarray:
    drawn = ScenePicture(content, width, height)
    fractions = list(drawn.draw())
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    return drawn.pixels


@pytest.mark.parametrize("camera", [PERSPECTIVE, PARALLEL])
def test_tiles_fit_together(content, camera):
    content = replace(content, camera=camera)
    whole = picture(content, 400, 300)
    assert len(np.unique(whole.reshape(-1, 3), axis=0)) > 500
    # three by three tiles whose sides divide nothing evenly
    large = picture(content, 1201, 901)
    assert large.shape == (901, 1201, 3)
    small = cv2.resize(large, (400, 300), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(small - whole).mean() < 4
    # no seam: neighbouring columns of the background differ across a tile's edge as much as elsewhere
    steps = np.abs(np.diff(large[:80].astype(int), axis=1)).max(axis=(0, 2))
    assert steps.max() <= 1


@pytest.mark.parametrize("camera", [PERSPECTIVE, PARALLEL])
def test_picture_in_tiles_is_the_picture_in_one(content, camera, monkeypatch):
    # small panes make thick lines, which must cross the tiles unbroken
    content = replace(content, camera=camera, pane=(100, 75))
    monkeypatch.setattr(scene_files_3d, "_TILE", 1000)
    whole = picture(content, 600, 450).astype(int)
    monkeypatch.setattr(scene_files_3d, "_TILE", 200)
    tiled = picture(content, 600, 450)
    off = np.abs(tiled - whole).max(axis=2)
    assert (off > 24).mean() < 0.004
    assert off[:, :5].max() <= 2  # the background


def test_picture_given_up_leaves_nothing_open(content):
    drawn = ScenePicture(content, 1600, 1200).draw()
    next(drawn)
    drawn.close()
    assert list(drawn) == []


def test_gltf_is_read_back_with_every_joint_in_metres(content, tmp_path):
    path = tmp_path / "pose.gltf"
    write_gltf(content, path)
    document = json.loads(path.read_text())
    names = [node["name"] for node in document["nodes"] if "mesh" in node]
    assert names == ["clean", "attacked", "target", "arrows"]
    assert all("COLOR_0" in mesh["primitives"][0]["attributes"] for mesh in document["meshes"])
    assert all(buffer["uri"].startswith("data:") for buffer in document["buffers"])
    meshes = read_meshes(path)
    assert len(meshes) == 4
    for mesh, pose in zip(meshes, content.poses.values(), strict=False):
        points = vtk_to_numpy(mesh.GetPoints().GetData())
        joints = to_scene(pose.points_mm) * 1e-3
        distance = np.linalg.norm(points[None] - joints[:, None], axis=2).min(axis=1)
        assert distance.max() < 0.06  # a sphere's radius, the highlighted one's too


def test_gltf_carries_the_poses_colours(content, tmp_path):
    path = tmp_path / "pose.gltf"
    write_gltf(replace(content, arrows=False, highlight=None), path)
    mesh = read_meshes(path)[0]
    colours = vtk_to_numpy(mesh.GetPointData().GetArray("COLOR_0")).astype(float)
    colours = np.rint(colours * (255 if colours.max() <= 1 else 1))
    expected = {shaded(POSE_COLOURS["clean"], side) for side in ("left", "right", "centre")}
    assert {tuple(map(int, row[:3])) for row in np.unique(colours, axis=0)} == expected


def test_empty_scene_is_refused(content, tmp_path):
    with pytest.raises(KaaError, match="empty"):
        write_gltf(replace(content, poses={}, arrows=False), tmp_path / "pose.gltf")
