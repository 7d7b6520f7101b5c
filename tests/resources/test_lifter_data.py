"""What the lifter is trained on: hand-computed bodies, cameras and joints."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

MAKE = Path(__file__).parents[2] / "resources" / "make"
sys.path.insert(0, str(MAKE))

from lifter.bodies import POINTS, Proportions, place  # noqa: E402
from lifter.motions import BALLS, Postures, read_clips  # noqa: E402
from lifter.postures import captured, mirror, synthetic, training_postures  # noqa: E402
from lifter.quality import aligned  # noqa: E402
from lifter.rotations import about, between, from_axis_angle, multiply, random_axes, to_matrix  # noqa: E402
from lifter.views import CLEAN, NOMINAL_MM, Noise, as_human36m, look_at, nominal  # noqa: E402

from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, convert  # noqa: E402


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def at_rest(count: int = 1) -> Postures:
    balls = torch.zeros(count, len(BALLS), 4)
    balls[..., 0] = 1
    return Postures(balls, torch.zeros(count, 4))


def a_body(count: int = 1) -> Proportions:
    lengths = torch.tensor([0.42, 0.41, 0.28, 0.25])
    offsets = torch.tensor(
        [[0.0, 0, 0.1], [0, 0.2, 0], [0, 0.3, 0.17], [0, 0.35, 0], [0.03, 0.12, 0.08], [0.13, 0.11, 0]]
    )
    return Proportions(lengths.expand(count, -1), offsets.expand(count, -1, -1))


def point(points: torch.Tensor, name: str) -> list[float]:
    return points[0, POINTS.index(name)].tolist()


def test_body_at_rest_stands_with_hanging_arms() -> None:
    points = place(at_rest(), a_body())

    assert point(points, "right_ankle") == pytest.approx([0, -0.83, 0.1])
    assert point(points, "left_wrist") == pytest.approx([0, 0.5 - 0.53, -0.17])
    assert point(points, "nose") == pytest.approx([0.13, 0.66, 0])


def test_bent_hips_and_knees_sit() -> None:
    posture = at_rest()
    for name in ("right_hip", "left_hip"):
        posture.balls[:, BALLS.index(name)] = about("z", torch.tensor([torch.pi / 2]))
    posture.hinges[:, :2] = torch.pi / 2

    points = place(posture, a_body())

    assert point(points, "left_knee") == pytest.approx([0.42, 0, -0.1], abs=1e-6)
    assert point(points, "left_ankle") == pytest.approx([0.42, -0.41, -0.1], abs=1e-6)


def test_bent_elbow_brings_the_hand_forward() -> None:
    posture = at_rest()
    posture.hinges[:, 2] = torch.pi / 2

    assert point(place(posture, a_body()), "right_wrist") == pytest.approx([0.25, 0.22, 0.17], abs=1e-6)


@pytest.mark.parametrize("kind", ["synthetic", "captured"])
def test_mirrored_postures_place_mirrored_points(kind: str) -> None:
    postures = synthetic(40, generator())
    if kind == "captured":
        postures = captured(postures, 40, generator())
    swap = [POINTS.index(_other(name)) for name in POINTS]

    points, mirrored = place(postures, a_body(40)), place(mirror(postures), a_body(40))

    torch.testing.assert_close(mirrored, points[:, swap] * torch.tensor([1.0, 1, -1]), atol=1e-5, rtol=0)
    torch.testing.assert_close(mirror(mirror(postures)).balls, postures.balls)


def _other(name: str) -> str:
    side, _, part = name.partition("_")
    if not part:
        return name
    return f"{'left' if side == 'right' else 'right'}_{part}"


def test_joints_are_those_of_convert() -> None:
    points = torch.randn(5, len(POINTS), 3, generator=generator())
    landmarks = np.full((5, len(BLAZEPOSE_33), 3), np.nan, np.float32)
    landmarks[:, [BLAZEPOSE_33.index(name) for name in POINTS]] = points.numpy()

    np.testing.assert_allclose(as_human36m(points), convert(landmarks, BLAZEPOSE_33, HUMAN36M_17), rtol=1e-5)


def test_views_project_the_pose_they_tell() -> None:
    points = place(synthetic(200, generator()), a_body(200))

    views = look_at(points, generator(), noise=CLEAN)

    assert views.keypoints.shape == (200, 17, 2)
    assert views.pose_mm.shape == (200, 17, 3)
    assert (views.pose_mm[:, 0] == 0).all()
    # near enough to an orthographic picture: x and y correlate with the picture's
    for axis in (0, 1):
        pixels = views.keypoints[..., axis] - views.keypoints[..., axis].mean(dim=1, keepdim=True)
        metric = views.pose_mm[..., axis] - views.pose_mm[..., axis].mean(dim=1, keepdim=True)
        assert torch.cosine_similarity(pixels, metric, dim=1).median() > 0.97
    assert (views.keypoints > 0).float().mean() > 0.97
    assert (views.keypoints < 256).float().mean() > 0.97


def test_nominal_bodies_have_the_nominal_size() -> None:
    scaled = nominal(1.3 * as_human36m(place(at_rest(), a_body())))[0]
    joints = dict(zip(HUMAN36M_17.joints, scaled, strict=True))

    size = (joints["thorax"] - joints["pelvis"]).norm()
    for chain in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")):
        for start, end in pairwise(chain):
            for side in ("left", "right"):
                size = size + (joints[f"{side}_{start}"] - joints[f"{side}_{end}"]).norm()
    assert float(size) == pytest.approx(NOMINAL_MM)


def test_noise_is_on_cells_missing_and_seeded() -> None:
    points = place(synthetic(300, generator()), a_body(300))
    noise = Noise(quantised=1.0, missing=1.0)

    first, second = (look_at(points, generator(), noise=noise).keypoints for _ in range(2))

    torch.testing.assert_close(first, second, equal_nan=True)
    nose = first[:, HUMAN36M_17.index("nose")]
    seen = nose[nose.isfinite().all(dim=1)]
    assert 0 < len(seen) < 300
    assert (seen % 4 == 2).all()


def test_training_postures_are_as_many_as_asked_for() -> None:
    frames = synthetic(20, generator())

    postures = training_postures(frames, 101, generator())

    assert len(postures) == 101
    torch.testing.assert_close(postures.balls.norm(dim=-1), torch.ones(101, len(BALLS)))


def test_rotations_agree_with_one_another() -> None:
    axes, angle = random_axes(20, generator()), torch.rand(20, generator=generator()) * 3
    first, second = from_axis_angle(axes, angle), about("y", angle)

    torch.testing.assert_close(to_matrix(multiply(first, second)), to_matrix(first) @ to_matrix(second))
    torch.testing.assert_close((to_matrix(first) @ axes[..., None])[..., 0], axes)
    other = random_axes(20, torch.Generator().manual_seed(4))
    torch.testing.assert_close((between(axes, other) @ axes[..., None])[..., 0], other, atol=1e-5, rtol=0)


def test_aligned_undoes_a_similarity() -> None:
    truth = torch.randn(6, 17, 3, generator=generator(), dtype=torch.float64)
    turn = to_matrix(from_axis_angle(random_axes(6, generator()), torch.full((6,), 2.0))).double()

    moved = 3 * truth @ turn.mT + 5

    torch.testing.assert_close(aligned(moved, truth), truth, atol=1e-5, rtol=0)


def test_read_clips_reads_what_the_format_says(tmp_path: Path) -> None:
    frame = [0.03, 0, 1, 0] + [2, 0, 0, 0] * 4 + [-0.5] + [1, 0, 0, 0] * 2 + [0.7] + [1, 0, 0, 0]
    frame += [-0.25] + [1, 0, 0, 0] * 2 + [0.3]
    (tmp_path / "humanoid3d_nod.txt").write_text(json.dumps({"Loop": "none", "Frames": [frame, frame]}))
    (tmp_path / "laikago_walk.txt").write_text(json.dumps({"Frames": [[0.0] * 20]}))

    clips = read_clips(tmp_path)

    assert list(clips) == ["nod"]
    assert clips["nod"].hinges[0].tolist() == pytest.approx([0.5, 0.25, 0.7, 0.3])
    assert torch.equal(clips["nod"].balls, at_rest(2).balls)


def test_read_clips_says_when_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="pybullet"):
        read_clips(tmp_path)
